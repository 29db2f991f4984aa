//! The kinds of cluster.

mod antrea;
mod burner;
mod plain;
mod rh_prod;
mod unique_labels;

use super::objects::Object;
use super::random::Seeded;
use std::io;

/// Where a profile puts its objects.
type Emit<'a> = dyn FnMut(Object) -> io::Result<()> + 'a;

/// How many objects of each kind a cluster has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    /// Namespaces.
    pub(crate) namespaces: usize,
    /// Pods.
    pub(crate) pods: usize,
    /// Policies.
    pub(crate) policies: usize,
}

/// A kind of cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// A production cluster, by its published histograms.
    RhProd,
    /// Very many small namespaces.
    AntreaSmall,
    /// One namespace, where every policy selects every pod.
    AntreaOneNamespace,
    /// Policies that admit pods of other namespaces.
    AntreaCross,
    /// Workloads that admit one another.
    Plain,
    /// Policies with several of everything.
    Burner,
    /// Every pod has labels of its own, and policies select by them.
    UniqueLabels,
}

impl Profile {
    /// All of them.
    pub(crate) const ALL: [Self; 7] = [
        Self::RhProd,
        Self::AntreaSmall,
        Self::AntreaOneNamespace,
        Self::AntreaCross,
        Self::Plain,
        Self::Burner,
        Self::UniqueLabels,
    ];

    /// The profile of that name.
    pub(crate) fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.name() == name)
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::RhProd => "rh-prod",
            Self::AntreaSmall => "antrea-small",
            Self::AntreaOneNamespace => "antrea-one-ns",
            Self::AntreaCross => "antrea-cross",
            Self::Plain => "plain",
            Self::Burner => "burner",
            Self::UniqueLabels => "unique-labels",
        }
    }

    /// What it is like, in one line.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::RhProd => "a production cluster: a quarter of the policies select nothing, few peers are huge",
            Self::AntreaSmall => "namespaces of 4 pods and 3 policies",
            Self::AntreaOneNamespace => "one namespace; every policy selects every pod and admits an app of its own",
            Self::AntreaCross => "namespaces of 100 pods in 20 apps; policies admit apps of two other namespaces",
            Self::Plain => "workloads of 20 pods, and a tenth as many policies as pods",
            Self::Burner => "namespaces of 10 pods and 20 policies with 5 of everything, as kube-burner makes them",
            Self::UniqueLabels => "every pod has labels of its own, and policies list, except and require them",
        }
    }

    /// How many pods it has, unless somebody says otherwise.
    pub(crate) fn pods(self) -> usize {
        match self {
            Self::RhProd => rh_prod::PODS,
            Self::AntreaSmall | Self::AntreaCross => 100_000,
            Self::AntreaOneNamespace | Self::Plain | Self::UniqueLabels => 10_000,
            Self::Burner => 2_400,
        }
    }

    /// How many objects there are with so many pods.
    pub(crate) fn size(self, pods: usize) -> Size {
        let per_namespace = |each: usize, policies: usize| {
            let namespaces = pods.div_ceil(each);
            Size { namespaces, pods, policies: namespaces * policies }
        };
        match self {
            Self::RhProd => rh_prod::size(pods),
            Self::AntreaSmall => per_namespace(antrea::SMALL_PODS, antrea::SMALL_POLICIES),
            Self::AntreaOneNamespace => Size { namespaces: 1, pods, policies: pods },
            Self::AntreaCross => per_namespace(antrea::CROSS_PODS, antrea::CROSS_POLICIES),
            Self::Plain => Size { namespaces: plain::NAMESPACES, pods, policies: pods / 10 },
            Self::Burner => per_namespace(burner::PODS, burner::POLICIES),
            Self::UniqueLabels => Size { namespaces: unique_labels::NAMESPACES, pods, policies: pods / 10 },
        }
    }

    /// Hands out the objects one by one: namespaces, pods, policies.
    pub(super) fn each(self, size: Size, seeded: &mut Seeded, emit: &mut Emit<'_>) -> io::Result<()> {
        match self {
            Self::RhProd => rh_prod::each(size, seeded, emit),
            Self::AntreaSmall => antrea::small(size, emit),
            Self::AntreaOneNamespace => antrea::one_namespace(size, emit),
            Self::AntreaCross => antrea::cross(size, seeded, emit),
            Self::Plain => plain::each(size, seeded, emit),
            Self::Burner => burner::each(size, seeded, emit),
            Self::UniqueLabels => unique_labels::each(size, seeded, emit),
        }
    }
}
