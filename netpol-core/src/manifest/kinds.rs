//! Which kinds mean something here.

use super::routing::RoutingKind;
use crate::sorted::Arrange;
use serde::Serialize;

/// The kinds that own pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[allow(missing_docs, reason = "the names are Kubernetes' own kinds")]
pub enum WorkloadKind {
    CronJob,
    DaemonSet,
    Deployment,
    Job,
    Pod,
    ReplicaSet,
    ReplicationController,
    StatefulSet,
    /// An owner of a kind that is not in the input, such as an operator's custom resource.
    Other,
}

impl WorkloadKind {
    /// The kinds with a pod template, and Pod.
    pub const ALL: [Self; 8] = [
        Self::CronJob,
        Self::DaemonSet,
        Self::Deployment,
        Self::Job,
        Self::Pod,
        Self::ReplicaSet,
        Self::ReplicationController,
        Self::StatefulSet,
    ];

    /// The kind as Kubernetes writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CronJob => "CronJob",
            Self::DaemonSet => "DaemonSet",
            Self::Deployment => "Deployment",
            Self::Job => "Job",
            Self::Pod => "Pod",
            Self::ReplicaSet => "ReplicaSet",
            Self::ReplicationController => "ReplicationController",
            Self::StatefulSet => "StatefulSet",
            Self::Other => "Other",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.name() == name)
    }
}

/// The policy kinds that are modelled.
#[allow(clippy::enum_variant_names, reason = "the names are Kubernetes' own kinds")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum PolicyKind {
    NetworkPolicy,
    AdminNetworkPolicy,
    BaselineAdminNetworkPolicy,
    /// Of `v1alpha2`, or of `v1beta1`, which takes blocks without host bits only.
    ClusterNetworkPolicy {
        strict: bool,
    },
}

impl PolicyKind {
    /// The kind as Kubernetes writes it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::NetworkPolicy => "NetworkPolicy",
            Self::AdminNetworkPolicy => "AdminNetworkPolicy",
            Self::BaselineAdminNetworkPolicy => "BaselineAdminNetworkPolicy",
            Self::ClusterNetworkPolicy { .. } => "ClusterNetworkPolicy",
        }
    }

    /// One that was left out because of errors: what it would do is not known.
    pub(crate) const fn left_out(self) -> &'static UnmodelledKind {
        match self {
            Self::NetworkPolicy => &LEFT_OUT[0],
            Self::AdminNetworkPolicy => &LEFT_OUT[1],
            Self::BaselineAdminNetworkPolicy => &LEFT_OUT[2],
            Self::ClusterNetworkPolicy { .. } => &LEFT_OUT[3],
        }
    }
}

/// The group of the administrative tiers.
pub(super) const ADMIN_GROUP: &str = "policy.networking.k8s.io";

/// What a policy of a kind that is loaded but not modelled could do to a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnmodelledEffect {
    /// Allow what is denied, and deny what is allowed.
    Any,
    /// Only deny what is allowed on the way in.
    DenyIngress,
    /// Only decide where no NetworkPolicy isolates.
    Unisolated,
    /// Only deny egress to addresses outside of the cluster.
    DenyExternalEgress,
}

/// A policy kind that exists, and that this version does not model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UnmodelledKind {
    pub(crate) group: &'static str,
    pub(crate) kind: &'static str,
    /// The name in answers: the kind, with its group where another group has the same kind.
    pub(crate) name: &'static str,
    pub(crate) namespaced: bool,
    pub(crate) effect: UnmodelledEffect,
    /// A kind that is modelled, of which this one could not be used.
    pub(crate) left_out: bool,
}

impl UnmodelledKind {
    /// Whether one of the names, in any case, means this kind.
    pub(crate) fn is_named(&self, names: &[String]) -> bool {
        names.iter().any(|n| n.eq_ignore_ascii_case(self.kind) || n.eq_ignore_ascii_case(self.name))
    }
}

const fn unmodelled(
    group: &'static str,
    kind: &'static str,
    name: &'static str,
    namespaced: bool,
    effect: UnmodelledEffect,
) -> UnmodelledKind {
    UnmodelledKind { group, kind, name, namespaced, effect, left_out: false }
}

const fn left_out(kind: &'static str, namespaced: bool, effect: UnmodelledEffect) -> UnmodelledKind {
    UnmodelledKind { group: "", kind, name: kind, namespaced, effect, left_out: true }
}

static LEFT_OUT: [UnmodelledKind; 4] = [
    left_out("NetworkPolicy", true, UnmodelledEffect::Any),
    left_out("AdminNetworkPolicy", false, UnmodelledEffect::Any),
    left_out("BaselineAdminNetworkPolicy", false, UnmodelledEffect::Unisolated),
    left_out("ClusterNetworkPolicy", false, UnmodelledEffect::Any),
];

/// The kinds of policies that are loaded but not modelled, as `--ignore-kind` takes them.
pub fn unmodelled_kinds() -> Vec<&'static str> {
    let mut names: Vec<&'static str> = UNMODELLED.iter().flat_map(|u| [u.name, u.kind]).collect();
    names.arrange();
    names.dedup();
    names
}

/// The kind that a kind without a meaning was meant to be: one of the same group, spelt alike.
pub(crate) fn misspelt(api_version: &str, kind: &str) -> Option<&'static str> {
    const KNOWN: &[(&str, &str)] = &[
        ("", "Namespace"),
        ("", "Pod"),
        ("", "Service"),
        ("", "Node"),
        ("", "ReplicationController"),
        ("apps", "Deployment"),
        ("apps", "ReplicaSet"),
        ("apps", "StatefulSet"),
        ("apps", "DaemonSet"),
        ("batch", "Job"),
        ("batch", "CronJob"),
        ("networking.k8s.io", "NetworkPolicy"),
        (ADMIN_GROUP, "AdminNetworkPolicy"),
        (ADMIN_GROUP, "BaselineAdminNetworkPolicy"),
        (ADMIN_GROUP, "ClusterNetworkPolicy"),
    ];
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let singular =
        kind.strip_suffix("ies").map(|k| format!("{k}y")).or_else(|| kind.strip_suffix('s').map(str::to_owned));
    let known = || {
        let others = UNMODELLED.iter().map(|u| (u.group, u.kind));
        KNOWN.iter().copied().chain(others).filter(|(g, _)| *g == group).map(|(_, k)| k)
    };
    let exact = |name: &str| known().find(|k| k.eq_ignore_ascii_case(name));
    exact(kind)
        .or_else(|| exact(singular.as_deref()?))
        .or_else(|| crate::lang::nearest(kind, known()).filter(|k| k.len() > 5))
}

const UNMODELLED: &[UnmodelledKind] = &[
    unmodelled("cilium.io", "CiliumNetworkPolicy", "CiliumNetworkPolicy", true, UnmodelledEffect::Any),
    unmodelled(
        "cilium.io",
        "CiliumClusterwideNetworkPolicy",
        "CiliumClusterwideNetworkPolicy",
        false,
        UnmodelledEffect::Any,
    ),
    unmodelled(
        "crd.projectcalico.org",
        "NetworkPolicy",
        "NetworkPolicy.crd.projectcalico.org",
        true,
        UnmodelledEffect::Any,
    ),
    unmodelled(
        "crd.projectcalico.org",
        "GlobalNetworkPolicy",
        "GlobalNetworkPolicy.crd.projectcalico.org",
        false,
        UnmodelledEffect::Any,
    ),
    unmodelled("projectcalico.org", "NetworkPolicy", "NetworkPolicy.projectcalico.org", true, UnmodelledEffect::Any),
    unmodelled(
        "projectcalico.org",
        "GlobalNetworkPolicy",
        "GlobalNetworkPolicy.projectcalico.org",
        false,
        UnmodelledEffect::Any,
    ),
    unmodelled("crd.antrea.io", "NetworkPolicy", "NetworkPolicy.crd.antrea.io", true, UnmodelledEffect::Any),
    unmodelled(
        "crd.antrea.io",
        "ClusterNetworkPolicy",
        "ClusterNetworkPolicy.crd.antrea.io",
        false,
        UnmodelledEffect::Any,
    ),
    unmodelled("k8s.ovn.org", "EgressFirewall", "EgressFirewall", true, UnmodelledEffect::DenyExternalEgress),
    unmodelled(
        "networking.k8s.aws",
        "ApplicationNetworkPolicy",
        "ApplicationNetworkPolicy",
        true,
        UnmodelledEffect::Any,
    ),
    unmodelled(
        "networking.k8s.aws",
        "ClusterNetworkPolicy",
        "ClusterNetworkPolicy.networking.k8s.aws",
        false,
        UnmodelledEffect::Any,
    ),
    unmodelled("security.istio.io", "AuthorizationPolicy", "AuthorizationPolicy", true, UnmodelledEffect::DenyIngress),
];

/// What a document's kind is to us.
#[derive(Clone, Copy, Debug)]
pub(crate) enum KindClass {
    Namespace,
    Pod,
    Workload(WorkloadKind),
    Service,
    Node,
    Policy(PolicyKind),
    Routing(RoutingKind),
    List,
    Unmodelled(&'static UnmodelledKind),
    /// A kind we know in an API version that no longer has it, with the one that does.
    WrongVersion(&'static str),
    /// No meaning here: counted and named.
    Other,
}

impl KindClass {
    pub(crate) fn of(api_version: &str, kind: &str) -> Self {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        let known = match kind {
            "Namespace" => (Self::Namespace, "v1"),
            "Pod" => (Self::Pod, "v1"),
            "Service" => (Self::Service, "v1"),
            "Node" => (Self::Node, "v1"),
            "ReplicationController" => (Self::Workload(WorkloadKind::ReplicationController), "v1"),
            "Deployment" => (Self::Workload(WorkloadKind::Deployment), "apps/v1"),
            "ReplicaSet" => (Self::Workload(WorkloadKind::ReplicaSet), "apps/v1"),
            "StatefulSet" => (Self::Workload(WorkloadKind::StatefulSet), "apps/v1"),
            "DaemonSet" => (Self::Workload(WorkloadKind::DaemonSet), "apps/v1"),
            "Job" => (Self::Workload(WorkloadKind::Job), "batch/v1"),
            "CronJob" => (Self::Workload(WorkloadKind::CronJob), "batch/v1"),
            "NetworkPolicy" => (Self::Policy(PolicyKind::NetworkPolicy), "networking.k8s.io/v1"),
            "AdminNetworkPolicy" => (Self::Policy(PolicyKind::AdminNetworkPolicy), "policy.networking.k8s.io/v1alpha1"),
            "BaselineAdminNetworkPolicy" => {
                (Self::Policy(PolicyKind::BaselineAdminNetworkPolicy), "policy.networking.k8s.io/v1alpha1")
            }
            "ClusterNetworkPolicy" if api_version == "policy.networking.k8s.io/v1beta1" => {
                return Self::Policy(PolicyKind::ClusterNetworkPolicy { strict: true });
            }
            "ClusterNetworkPolicy" => {
                (Self::Policy(PolicyKind::ClusterNetworkPolicy { strict: false }), "policy.networking.k8s.io/v1alpha2")
            }
            _ if kind == "List" || (kind.ends_with("List") && group.is_empty()) => return Self::List,
            _ => {
                if let Some(kind) = RoutingKind::of(api_version, kind) {
                    return Self::Routing(kind);
                }
                let found = UNMODELLED.iter().find(|u| u.group == group && u.kind == kind);
                return match (found, kind.strip_suffix("List")) {
                    (Some(u), _) => Self::Unmodelled(u),
                    (None, Some(item)) if !matches!(Self::of(api_version, item), Self::Other) => Self::List,
                    _ => Self::Other,
                };
            }
        };
        if api_version == known.1 {
            return known.0;
        }
        if let Some(u) = UNMODELLED.iter().find(|u| u.group == group && u.kind == kind) {
            return Self::Unmodelled(u);
        }
        let same_group = known.1.split_once('/').map_or("", |(group, _)| group) == group;
        match (same_group, group) {
            // Removed betas of groups that once held the kind: the API server has them no longer.
            (true, _) | (_, "extensions") => Self::WrongVersion(known.1),
            _ => Self::Other,
        }
    }
}
