//! The corners that the API leaves to implementations (semantics A6), as named options.

use crate::diagnostic::codes;
use serde::Serialize;

/// What to assume where the NetworkPolicy API leaves a choice.
///
/// A profile decides how policies are lowered and what a flow looks like; never how rules are
/// evaluated. Each of its [options](ProfileOption) can be set by itself, and each network plugin has
/// settings of its own that stand for some of them.
///
/// ```
/// use netpol_core::{Profile, ProfileOption};
///
/// let cilium = Profile::by_name("cilium").ok_or("no such profile")?;
/// assert_eq!(cilium.value(ProfileOption::IpBlockMatchesPods), "no");
/// let cilium = cilium.with("policy-cidr-match-mode", "pods")?;
/// assert_eq!(cilium.value(ProfileOption::IpBlockMatchesPods), "yes");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Profile {
    /// The name shown in answers.
    pub name: &'static str,
    /// Whether policies are enforced at all.
    pub enforced: bool,
    /// Whether an `ipBlock` matches the addresses of pods. The upstream conformance tests require
    /// it; Cilium does not do it.
    pub ip_block_matches_pods: bool,
    /// Whether an `ipBlock` matches the addresses of nodes.
    pub ip_block_matches_nodes: bool,
    /// How a pod on the host's network is treated.
    pub host_network: HostNetwork,
    /// How selectors treat a pod on the host's network as a peer.
    pub host_peers: HostPeers,
    /// How a pod's ingress policies treat its own node.
    pub own_node_ingress: OwnNode,
    /// How a pod's egress policies treat its own node.
    pub own_node_egress: OwnNode,
    /// What isolation does to ICMP.
    pub icmp: Icmp,
    /// Whether SCTP is supported where policies apply.
    pub sctp: bool,
    /// What a port name in a rule comes to.
    pub named_ports: NamedPorts,
    /// Where a port name of an egress rule without `to` is looked up.
    pub egress_port_names: EgressPortNames,
    /// On which pods a port name of an ingress rule is looked up.
    pub ingress_port_names: IngressPortNames,
    /// Of which containers the port names count.
    pub port_names_of: PortNamesOf,
    /// Which isolation keeps the Baseline tier from being reached.
    pub baseline_after: BaselineAfter,
    /// Which policies of the administrative tiers are enforced.
    pub admin_tiers: AdminTiers,
    /// How a pod is treated that reaches itself through a Service.
    pub to_itself_by_service: Hairpin,
    /// What egress policies see of a connection to a Service.
    pub service_egress: ServiceEgress,
    /// The source that policies see of a visitor who comes by a node port, a load balancer or an
    /// external address of a Service without `externalTrafficPolicy: Local`, or by a `hostPort`.
    pub visitor_source: SourceAddress,
    /// Whether policies of egress see the pods behind a port of a node, and never the node.
    pub egress_after_node_port: bool,
    /// What becomes of connections that are open when a policy changes.
    pub open_connections: OpenConnections,
    /// Whether a pod is open until its policies are in place.
    pub at_start: AtStart,
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
    /// Whether entry points lead only to ports of TCP that containers declare, carried by a controller
    /// of no labels, whatever the input has, that is a row of `matrix` and `graph`.
    pub entries_to_declared_ports: bool,
    /// What [`ReadOptions::schema_checks`](crate::ReadOptions::schema_checks) should be for it.
    pub schema_checks: bool,
}

/// Defines the values of an option, with their names.
macro_rules! choice {
    ($(#[$outer:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl $name {
            const NAMES: &'static [&'static str] = &[$($text),*];

            const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

choice! {
    /// How a pod's policies treat its own node.
    OwnNode {
        /// They do not apply.
        Exempt = "exempt",
        /// What they deny may be let through all the same.
        Undefined = "undefined",
        /// They apply as to anybody.
        Policed = "policed",
    }
}

choice! {
    /// How selectors treat a pod on the host's network as a peer.
    HostPeers {
        /// They do not see it: it is its node's address.
        ByAddress = "by-address",
        /// Where its labels match, it is left open.
        Undefined = "undefined",
        /// They admit its address, and so everybody on its node.
        NodeAddress = "node-address",
    }
}

choice! {
    /// What isolation does to ICMP.
    Icmp {
        /// Not specified.
        Undefined = "undefined",
        /// Rules without ports allow it, and nothing else does.
        PortlessRules = "portless-rules",
        /// It is never blocked.
        Allowed = "allowed",
    }
}

choice! {
    /// What a port name in a rule comes to.
    NamedPorts {
        /// The number that the destination gives it.
        Resolved = "resolved",
        /// Every port of the protocol.
        AnyPort = "any-port-of-the-protocol",
    }
}

choice! {
    /// Where a port name of an egress rule without `to` is looked up.
    EgressPortNames {
        /// On every destination.
        Everywhere = "everywhere",
        /// On pods of the policy's own namespace: what any of them calls so is open at every
        /// destination.
        OwnNamespace = "own-namespace",
        /// Nowhere: the port allows nothing, as it does beside an `ipBlock`.
        Nowhere = "nowhere",
    }
}

choice! {
    /// On which pods a port name of an ingress rule is looked up.
    IngressPortNames {
        /// On the destination itself.
        Destination = "destination",
        /// On all pods that the policy selects: what any of them calls so is open on all.
        Selected = "all-selected-pods",
    }
}

choice! {
    /// Of which containers the port names count.
    PortNamesOf {
        /// Of `containers` alone.
        Containers = "containers",
        /// Of sidecars too: init containers that keep running.
        Sidecars = "containers-and-sidecars",
        /// Of every init container.
        All = "all-containers",
    }
}

choice! {
    /// Which isolation keeps the Baseline tier from being reached.
    BaselineAfter {
        /// That of the same direction.
        SameDirection = "same-direction",
        /// That of either direction.
        EitherDirection = "either-direction",
    }
}

choice! {
    /// Which policies of the administrative tiers are enforced.
    AdminTiers {
        /// All.
        Enforced = "enforced",
        /// AdminNetworkPolicy and BaselineAdminNetworkPolicy; of ClusterNetworkPolicies it is not known.
        V1Alpha1 = "v1alpha1",
        /// It is not known.
        Undefined = "undefined",
    }
}

choice! {
    /// What egress policies see of a connection to a Service.
    ServiceEgress {
        /// Who answers, on the port that it is asked on.
        Translated = "translated",
        /// The Service's own address and port.
        Untranslated = "untranslated",
    }
}

choice! {
    /// What becomes of connections that are open when a policy changes.
    OpenConnections {
        /// Not known.
        Undefined = "undefined",
        /// They live on.
        Kept = "kept",
        /// They are judged anew.
        JudgedAnew = "judged-anew",
    }
}

choice! {
    /// Whether a pod is open until its policies are in place.
    AtStart {
        /// Not known.
        Undefined = "undefined",
        /// It is.
        Open = "open",
        /// It is closed until then.
        Closed = "closed",
    }
}

choice! {
    /// The source address that policies see.
    SourceAddress {
        /// The client's own or a node's: not specified.
        Undefined = "undefined",
        /// The client's own.
        Kept = "kept",
        /// That of a node.
        Node = "node",
    }
}

choice! {
    /// How a pod is treated that reaches itself through a Service.
    Hairpin {
        /// Allowed where no policy isolates the pod; else not specified.
        Undefined = "undefined",
        /// Never blocked.
        Allowed = "allowed",
    }
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

codes! {
    /// A corner that implementations fill differently.
    ProfileOption {
        /// Whether policies are enforced at all.
        Enforced = "enforced",
        /// Whether an `ipBlock` matches the addresses of pods.
        IpBlockMatchesPods = "ip-block-matches-pods",
        /// Whether an `ipBlock` matches the addresses of nodes.
        IpBlockMatchesNodes = "ip-block-matches-nodes",
        /// How selectors treat a pod on the host's network.
        HostPeers = "host-peers",
        /// How ingress policies treat the own node.
        OwnNodeIngress = "own-node-ingress",
        /// How egress policies treat the own node.
        OwnNodeEgress = "own-node-egress",
        /// What isolation does to ICMP.
        Icmp = "icmp",
        /// Whether SCTP is supported where policies apply.
        Sctp = "sctp",
        /// What a port name in a rule comes to.
        NamedPorts = "named-ports",
        /// Where a port name of an egress rule without `to` is looked up.
        EgressPortNames = "egress-port-names",
        /// On which pods a port name of an ingress rule is looked up.
        IngressPortNames = "ingress-port-names",
        /// Of which containers the port names count.
        PortNamesOf = "port-names-of",
        /// Which isolation keeps the Baseline tier from being reached.
        BaselineAfter = "baseline-after",
        /// Which policies of the administrative tiers are enforced.
        AdminTiers = "admin-tiers",
        /// How a pod is treated that reaches itself through a Service.
        ToItselfByService = "to-itself-by-service",
        /// What egress policies see of a connection to a Service.
        ServiceEgress = "service-egress",
        /// The source that policies see of a visitor who came by a node.
        VisitorSource = "visitor-source",
        /// What becomes of connections that are open when a policy changes.
        OpenConnections = "open-connections",
        /// Whether a pod is open until its policies are in place.
        AtStart = "at-start",
    }
}

/// A setting of a network plugin: the profile's name, the setting and a value of it, and what it
/// means for options.
type Setting = (&'static str, &'static str, &'static str, &'static [(ProfileOption, &'static str)]);

const SETTINGS: &[Setting] = &[
    ("cilium", "policy-cidr-match-mode", "nodes", &[(ProfileOption::IpBlockMatchesNodes, "yes")]),
    ("cilium", "policy-cidr-match-mode", "pods", &[(ProfileOption::IpBlockMatchesPods, "yes")]),
    ("cilium", "allow-localhost", "auto", &[(ProfileOption::OwnNodeIngress, "exempt")]),
    ("cilium", "allow-localhost", "always", &[(ProfileOption::OwnNodeIngress, "exempt")]),
    ("cilium", "allow-localhost", "policy", &[(ProfileOption::OwnNodeIngress, "policed")]),
    ("cilium", "enable-sctp", "true", &[(ProfileOption::Sctp, "yes")]),
    ("aws-vpc-cni", "network-policy-enforcing-mode", "standard", &[(ProfileOption::AtStart, "open")]),
    ("aws-vpc-cni", "network-policy-enforcing-mode", "strict", &[(ProfileOption::AtStart, "closed")]),
    (
        "flannel",
        "netpol.enabled",
        "true",
        &[
            (ProfileOption::Enforced, "yes"),
            (ProfileOption::OwnNodeIngress, "undefined"),
            (ProfileOption::OwnNodeEgress, "policed"),
            (ProfileOption::Icmp, "portless-rules"),
            (ProfileOption::PortNamesOf, "containers"),
            (ProfileOption::BaselineAfter, "either-direction"),
        ],
    ),
];

const fn yes_or_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

impl ProfileOption {
    /// The values that it can have.
    pub fn values(self) -> &'static [&'static str] {
        match self {
            Self::Enforced | Self::IpBlockMatchesPods | Self::IpBlockMatchesNodes | Self::Sctp => &["yes", "no"],
            Self::HostPeers => HostPeers::NAMES,
            Self::OwnNodeIngress | Self::OwnNodeEgress => OwnNode::NAMES,
            Self::Icmp => Icmp::NAMES,
            Self::NamedPorts => NamedPorts::NAMES,
            Self::EgressPortNames => EgressPortNames::NAMES,
            Self::IngressPortNames => IngressPortNames::NAMES,
            Self::PortNamesOf => PortNamesOf::NAMES,
            Self::BaselineAfter => BaselineAfter::NAMES,
            Self::AdminTiers => AdminTiers::NAMES,
            Self::ToItselfByService => Hairpin::NAMES,
            Self::ServiceEgress => ServiceEgress::NAMES,
            Self::VisitorSource => SourceAddress::NAMES,
            Self::OpenConnections => OpenConnections::NAMES,
            Self::AtStart => AtStart::NAMES,
        }
    }
}

/// An option or a value that there is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownSetting {
    /// What is not known.
    pub found: String,
    /// What is.
    pub accepted: Vec<&'static str>,
}

impl std::fmt::Display for UnknownSetting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` is not known here; accepted: {}", self.found, self.accepted.join(", "))
    }
}

impl std::error::Error for UnknownSetting {}

impl Profile {
    /// The specification: the default column of semantics A6, undecided where it is.
    pub const GENERIC: Self = Self {
        name: "generic",
        enforced: true,
        ip_block_matches_pods: true,
        ip_block_matches_nodes: true,
        host_network: HostNetwork::Node,
        host_peers: HostPeers::ByAddress,
        own_node_ingress: OwnNode::Exempt,
        own_node_egress: OwnNode::Undefined,
        icmp: Icmp::Undefined,
        sctp: true,
        named_ports: NamedPorts::Resolved,
        egress_port_names: EgressPortNames::Everywhere,
        ingress_port_names: IngressPortNames::Destination,
        port_names_of: PortNamesOf::Sidecars,
        baseline_after: BaselineAfter::SameDirection,
        admin_tiers: AdminTiers::Enforced,
        to_itself_by_service: Hairpin::Undefined,
        service_egress: ServiceEgress::Translated,
        visitor_source: SourceAddress::Undefined,
        egress_after_node_port: false,
        open_connections: OpenConnections::Undefined,
        at_start: AtStart::Undefined,
        missing_namespace: MissingNamespace::Unknown,
        workload: WorkloadIdentity::TopOwner,
        ipv4_only: false,
        addresses_have_owners: true,
        controller_labels: true,
        finished_pods: false,
        entries_to_declared_ports: false,
        schema_checks: true,
    };

    /// Calico.
    pub const CALICO: Self = Self {
        name: "calico",
        own_node_egress: OwnNode::Policed,
        icmp: Icmp::PortlessRules,
        port_names_of: PortNamesOf::All,
        open_connections: OpenConnections::Kept,
        ..Self::GENERIC
    };

    /// Cilium.
    pub const CILIUM: Self = Self {
        name: "cilium",
        ip_block_matches_pods: false,
        ip_block_matches_nodes: false,
        icmp: Icmp::PortlessRules,
        sctp: false,
        to_itself_by_service: Hairpin::Allowed,
        admin_tiers: AdminTiers::Undefined,
        ..Self::GENERIC
    };

    /// Antrea.
    pub const ANTREA: Self = Self {
        name: "antrea",
        port_names_of: PortNamesOf::Containers,
        to_itself_by_service: Hairpin::Allowed,
        open_connections: OpenConnections::Kept,
        ..Self::GENERIC
    };

    /// OVN-Kubernetes.
    pub const OVN_KUBERNETES: Self = Self {
        name: "ovn-kubernetes",
        host_peers: HostPeers::Undefined,
        named_ports: NamedPorts::AnyPort,
        admin_tiers: AdminTiers::V1Alpha1,
        to_itself_by_service: Hairpin::Allowed,
        open_connections: OpenConnections::JudgedAnew,
        ..Self::GENERIC
    };

    /// kube-router.
    pub const KUBE_ROUTER: Self = Self {
        name: "kube-router",
        icmp: Icmp::Allowed,
        egress_port_names: EgressPortNames::OwnNamespace,
        port_names_of: PortNamesOf::Containers,
        admin_tiers: AdminTiers::Undefined,
        open_connections: OpenConnections::Kept,
        ..Self::GENERIC
    };

    /// The network policy agent of the AWS VPC CNI.
    pub const AWS_VPC_CNI: Self = Self {
        name: "aws-vpc-cni",
        host_peers: HostPeers::NodeAddress,
        own_node_egress: OwnNode::Exempt,
        egress_port_names: EgressPortNames::Nowhere,
        ingress_port_names: IngressPortNames::Selected,
        port_names_of: PortNamesOf::Containers,
        admin_tiers: AdminTiers::Undefined,
        service_egress: ServiceEgress::Untranslated,
        at_start: AtStart::Open,
        ..Self::GENERIC
    };

    /// kindnet, which embeds kube-network-policies.
    pub const KINDNET: Self = Self {
        name: "kindnet",
        own_node_ingress: OwnNode::Undefined,
        own_node_egress: OwnNode::Policed,
        icmp: Icmp::PortlessRules,
        port_names_of: PortNamesOf::Containers,
        baseline_after: BaselineAfter::EitherDirection,
        ..Self::GENERIC
    };

    /// Flannel, which enforces no policies.
    pub const FLANNEL: Self = Self { name: "flannel", enforced: false, ..Self::GENERIC };

    /// The assumptions of np-guard's netpol-analyzer, to compare with its results.
    pub const NP_GUARD: Self = Self {
        name: "np-guard",
        ip_block_matches_pods: false,
        host_network: HostNetwork::OrdinaryPod,
        own_node_ingress: OwnNode::Policed,
        own_node_egress: OwnNode::Policed,
        missing_namespace: MissingNamespace::NameOnly,
        workload: WorkloadIdentity::DirectOwner,
        ipv4_only: true,
        addresses_have_owners: false,
        controller_labels: false,
        finished_pods: true,
        entries_to_declared_ports: true,
        schema_checks: false,
        ..Self::GENERIC
    };

    /// Those that stand for the specification and for network plugins.
    pub const PLUGINS: [Self; 9] = [
        Self::GENERIC,
        Self::CALICO,
        Self::CILIUM,
        Self::ANTREA,
        Self::OVN_KUBERNETES,
        Self::KUBE_ROUTER,
        Self::AWS_VPC_CNI,
        Self::KINDNET,
        Self::FLANNEL,
    ];

    /// The names of all.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::PLUGINS.iter().map(|profile| profile.name).chain([Self::NP_GUARD.name])
    }

    /// The profile of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::PLUGINS.into_iter().chain([Self::NP_GUARD]).find(|p| p.name == name)
    }

    /// The value of an option.
    pub fn value(&self, option: ProfileOption) -> &'static str {
        match option {
            ProfileOption::Enforced => yes_or_no(self.enforced),
            ProfileOption::IpBlockMatchesPods => yes_or_no(self.ip_block_matches_pods),
            ProfileOption::IpBlockMatchesNodes => yes_or_no(self.ip_block_matches_nodes),
            ProfileOption::HostPeers => self.host_peers.name(),
            ProfileOption::OwnNodeIngress => self.own_node_ingress.name(),
            ProfileOption::OwnNodeEgress => self.own_node_egress.name(),
            ProfileOption::Icmp => self.icmp.name(),
            ProfileOption::Sctp => yes_or_no(self.sctp),
            ProfileOption::NamedPorts => self.named_ports.name(),
            ProfileOption::EgressPortNames => self.egress_port_names.name(),
            ProfileOption::IngressPortNames => self.ingress_port_names.name(),
            ProfileOption::PortNamesOf => self.port_names_of.name(),
            ProfileOption::BaselineAfter => self.baseline_after.name(),
            ProfileOption::AdminTiers => self.admin_tiers.name(),
            ProfileOption::ToItselfByService => self.to_itself_by_service.name(),
            ProfileOption::ServiceEgress => self.service_egress.name(),
            ProfileOption::VisitorSource => self.visitor_source.name(),
            ProfileOption::OpenConnections => self.open_connections.name(),
            ProfileOption::AtStart => self.at_start.name(),
        }
    }

    /// The options in which it differs from another.
    pub fn differences(&self, other: &Self) -> impl Iterator<Item = ProfileOption> {
        ProfileOption::ALL.iter().copied().filter(|option| self.value(*option) != other.value(*option))
    }

    /// The same with an option at another value, or with a setting of the plugin's own, such as
    /// Cilium's `policy-cidr-match-mode`.
    ///
    /// # Errors
    /// An option or setting that there is not, or a value that it does not have.
    pub fn with(self, name: &str, value: &str) -> Result<Self, UnknownSetting> {
        let unknown = |found: &str, mut accepted: Vec<&'static str>| {
            accepted.sort_unstable();
            accepted.dedup();
            UnknownSetting { found: found.to_owned(), accepted }
        };
        if let Some(option) = ProfileOption::ALL.iter().find(|option| option.code() == name) {
            let changed = self.set(*option, value);
            return changed.ok_or_else(|| unknown(value, option.values().to_vec()));
        }
        let own = || SETTINGS.iter().filter(|setting| setting.0 == self.name);
        let named = || own().filter(|setting| setting.1 == name);
        if named().next().is_none() {
            let options = ProfileOption::ALL.iter().map(|option| option.code());
            return Err(unknown(name, own().map(|setting| setting.1).chain(options).collect()));
        }
        let Some((.., options)) = named().find(|setting| setting.2 == value) else {
            return Err(unknown(value, named().map(|setting| setting.2).collect()));
        };
        let mut changed = self.clone();
        for (option, value) in *options {
            changed = changed.set(*option, value).unwrap_or(changed);
        }
        Ok(changed)
    }

    /// The settings of the plugin's own, each with a value that it can have.
    pub fn settings(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let name = self.name;
        SETTINGS.iter().filter(move |setting| setting.0 == name).map(|setting| (setting.1, setting.2))
    }

    fn set(&self, option: ProfileOption, value: &str) -> Option<Self> {
        let switch = || match value {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        };
        let mut changed = self.clone();
        match option {
            ProfileOption::Enforced => changed.enforced = switch()?,
            ProfileOption::IpBlockMatchesPods => changed.ip_block_matches_pods = switch()?,
            ProfileOption::IpBlockMatchesNodes => changed.ip_block_matches_nodes = switch()?,
            ProfileOption::HostPeers => changed.host_peers = HostPeers::from_name(value)?,
            ProfileOption::OwnNodeIngress => changed.own_node_ingress = OwnNode::from_name(value)?,
            ProfileOption::OwnNodeEgress => changed.own_node_egress = OwnNode::from_name(value)?,
            ProfileOption::Icmp => changed.icmp = Icmp::from_name(value)?,
            ProfileOption::Sctp => changed.sctp = switch()?,
            ProfileOption::NamedPorts => changed.named_ports = NamedPorts::from_name(value)?,
            ProfileOption::EgressPortNames => changed.egress_port_names = EgressPortNames::from_name(value)?,
            ProfileOption::IngressPortNames => changed.ingress_port_names = IngressPortNames::from_name(value)?,
            ProfileOption::PortNamesOf => changed.port_names_of = PortNamesOf::from_name(value)?,
            ProfileOption::BaselineAfter => changed.baseline_after = BaselineAfter::from_name(value)?,
            ProfileOption::AdminTiers => changed.admin_tiers = AdminTiers::from_name(value)?,
            ProfileOption::ToItselfByService => changed.to_itself_by_service = Hairpin::from_name(value)?,
            ProfileOption::ServiceEgress => changed.service_egress = ServiceEgress::from_name(value)?,
            ProfileOption::VisitorSource => changed.visitor_source = SourceAddress::from_name(value)?,
            ProfileOption::OpenConnections => changed.open_connections = OpenConnections::from_name(value)?,
            ProfileOption::AtStart => changed.at_start = AtStart::from_name(value)?,
        }
        Some(changed)
    }

    /// With the value that another profile has for an option.
    #[must_use]
    pub fn with_option_of(&self, option: ProfileOption, other: &Self) -> Self {
        self.set(option, other.value(option)).unwrap_or_else(|| self.clone())
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self::GENERIC
    }
}
