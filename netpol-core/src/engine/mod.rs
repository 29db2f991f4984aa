//! The engine: evaluates the intermediate representation, and nothing else decides.
//!
//! Two interpreters of the same form: [`bulk`](Engine::bulk) gives the verdicts of a set of
//! traffic, [`trace`](Engine::trace) asks for one protocol and port and returns every reason.

mod bulk;
mod matching;
mod pair;
mod trace;
mod worlds;

#[cfg(test)]
mod tests;

pub(crate) use matching::{End, Party};
pub(crate) use pair::PairPlanes;
pub(crate) use trace::{RuleHit, Trace};
pub(crate) use worlds::World;

use crate::ir::PolicyIr;
use crate::manifest::Snapshot;
use crate::model::{self, Cluster};
use crate::policy;
use crate::profile::Profile;
use crate::selector::Selectors;
use crate::set::TrafficSet;
use ipnet::IpNet;
use std::sync::Arc;

/// Everything that decisions rest on.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    pub(crate) cluster: Cluster,
    pub(crate) selectors: Selectors,
    pub(crate) ir: PolicyIr,
    pub(crate) profile: Profile,
    /// Names of the inputs, by file number.
    pub(crate) files: Vec<Arc<str>>,
}

impl Engine {
    pub(crate) fn compile(
        snapshot: &Snapshot,
        profile: Profile,
        pod_cidrs: &[IpNet],
        service_cidrs: &[IpNet],
        ignored: &[String],
    ) -> Self {
        let mut cluster = model::build(snapshot, &profile, pod_cidrs, service_cidrs);
        let mut selectors = Selectors::default();
        let ir = policy::lower(snapshot, &mut cluster, &mut selectors, ignored);
        Self { cluster, selectors, ir, profile, files: snapshot.files.clone() }
    }
}

/// A verdict on a set of traffic, as two planes: what must be allowed and what may be.
/// What may and need not is Undefined; what may not is Deny.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Planes {
    pub(crate) must: TrafficSet,
    pub(crate) may: TrafficSet,
}

impl Planes {
    pub(crate) fn allow(asked: &TrafficSet) -> Self {
        Self { must: asked.clone(), may: asked.clone() }
    }

    /// Both must let it through.
    pub(crate) fn and(&self, other: &Self) -> Self {
        Self { must: self.must.intersection(&other.must), may: self.may.intersection(&other.may) }
    }

    /// One of the two holds, and it is not known which.
    pub(crate) fn or_else(&self, other: &Self) -> Self {
        Self { must: self.must.intersection(&other.must), may: self.may.union(&other.may) }
    }

    pub(crate) fn join(all: impl IntoIterator<Item = Self>) -> Option<Self> {
        all.into_iter().reduce(|a, b| a.or_else(&b))
    }
}
