//! The corners that the API leaves to implementations (semantics A6), as named options.

use serde::Serialize;

/// What to assume where the NetworkPolicy API leaves a choice.
///
/// A profile decides how policies are lowered and what a flow looks like; never how rules are
/// evaluated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Profile {
    /// The name shown in answers.
    pub name: &'static str,
    /// Whether an `ipBlock` matches the addresses of pods. The upstream conformance tests require
    /// it; Cilium does not do it.
    pub ip_block_matches_pods: bool,
    /// How a pod on the host's network is treated.
    pub host_network: HostNetwork,
    /// Whether traffic from a pod's own node is exempt from its ingress policies.
    pub own_node_exempt: bool,
    /// What labels a namespace has that is mentioned but not in the input.
    pub missing_namespace: MissingNamespace,
    /// Which workload a pod belongs to.
    pub workload: WorkloadIdentity,
    /// Whether IPv6 is left out of account.
    pub ipv4_only: bool,
    /// Whether an address that is asked for stands for the pod, node or Service that has it.
    pub addresses_have_owners: bool,
    /// Whether the pods of a template have the labels that controllers set with values of their
    /// own choice, such as `pod-template-hash`: present, with a value that is not known.
    pub controller_labels: bool,
    /// Whether pods that have run to their end count as endpoints.
    pub finished_pods: bool,
    /// The source that policies see of a visitor who comes by a node port, a load balancer or an
    /// external address of a Service without `externalTrafficPolicy: Local`, or by a `hostPort`.
    pub visitor_source: SourceAddress,
    /// Whether policies of egress see the pods behind a port of a node, and never the node.
    pub egress_after_node_port: bool,
    /// How a pod is treated that reaches itself through a Service.
    pub to_itself_by_service: Hairpin,
    /// Whether entry points lead only to ports of TCP that containers declare, carried by a controller
    /// of no labels, whatever the input has, that is a row of `matrix` and `graph`.
    pub entries_to_declared_ports: bool,
}

/// The source address that policies see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceAddress {
    /// The client's own or a node's: not specified.
    Undefined,
    /// The client's own.
    Kept,
    /// That of a node.
    Node,
}

/// How a pod is treated that reaches itself through a Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hairpin {
    /// Allowed where no policy isolates the pod; else not specified.
    Undefined,
    /// Never blocked.
    Allowed,
}

/// How a pod on the host's network is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostNetwork {
    /// Not policed, not selectable: its traffic is that of its node's address.
    Node,
    /// A pod like any other.
    OrdinaryPod,
}

/// What labels a namespace has that is mentioned but not in the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MissingNamespace {
    /// `kubernetes.io/metadata.name`, and others that are not known.
    Unknown,
    /// `kubernetes.io/metadata.name` only.
    NameOnly,
}

/// Which workload a pod belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkloadIdentity {
    /// The top of the owner chain: a Deployment, not its ReplicaSet.
    TopOwner,
    /// The controller that owns the pod directly.
    DirectOwner,
}

impl Profile {
    /// The specification: the default column of semantics A6, undecided where it is.
    pub const GENERIC: Self = Self {
        name: "generic",
        ip_block_matches_pods: true,
        host_network: HostNetwork::Node,
        own_node_exempt: true,
        missing_namespace: MissingNamespace::Unknown,
        workload: WorkloadIdentity::TopOwner,
        ipv4_only: false,
        addresses_have_owners: true,
        controller_labels: true,
        finished_pods: false,
        visitor_source: SourceAddress::Undefined,
        egress_after_node_port: false,
        to_itself_by_service: Hairpin::Undefined,
        entries_to_declared_ports: false,
    };

    /// The assumptions of np-guard's netpol-analyzer, to compare with its results.
    pub const NP_GUARD: Self = Self {
        name: "np-guard",
        ip_block_matches_pods: false,
        host_network: HostNetwork::OrdinaryPod,
        own_node_exempt: false,
        missing_namespace: MissingNamespace::NameOnly,
        workload: WorkloadIdentity::DirectOwner,
        ipv4_only: true,
        addresses_have_owners: false,
        controller_labels: false,
        finished_pods: true,
        visitor_source: SourceAddress::Undefined,
        egress_after_node_port: false,
        to_itself_by_service: Hairpin::Undefined,
        entries_to_declared_ports: true,
    };

    /// Every profile.
    pub const ALL: [Self; 2] = [Self::GENERIC, Self::NP_GUARD];

    /// The profile of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.name == name)
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self::GENERIC
    }
}
