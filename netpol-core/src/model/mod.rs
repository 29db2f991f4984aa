//! The cluster: namespaces, endpoints, workloads, nodes, services and the address space.

mod build;
mod entries;
mod owners;
mod services;
mod slices;
mod space;

pub(crate) use build::{METADATA_NAME, build, containers_of};
pub(crate) use entries::{Call, Entry, EntryTarget};
pub(crate) use space::AddressSpace;

use crate::manifest::WorkloadKind;
use crate::selector::{Label, label};
use crate::set::{AddressSet, Protocol, TrafficSet};
use crate::sorted::Arrange;
use crate::source::FileId;
use crate::symbol::{Symbol, Symbols};
use indexmap::IndexSet;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

macro_rules! index_type {
    ($($(#[$doc:meta])* $name:ident),*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(crate) struct $name(pub(crate) u32);
        impl $name {
            pub(crate) fn of(index: usize) -> Self { Self(crate::source::to_u32(index)) }
            pub(crate) fn index(self) -> usize { self.0 as usize }
        }
    )*};
}
index_type!(
    /// A namespace.
    NamespaceId,
    /// A pod, or the template of pods that are not there yet.
    EndpointId,
    /// A workload.
    WorkloadId,
    /// A controller that another one owns.
    OwnedId,
    /// A node.
    NodeId,
    /// A Service.
    ServiceId,
    /// A set of labels that endpoints share.
    LabelSetId,
    /// A list of container ports that endpoints share.
    PortSetId
);

/// The controller that is assumed where the input has none, and its namespace, which has no name that
/// anybody could give.
pub(crate) const ASSUMED_CONTROLLER: &str = "ingress-controller";
pub(crate) const ASSUMED_NAMESPACE: &str = "(ingress-controller)";

#[derive(Clone, Debug)]
pub(crate) struct Namespace {
    pub(crate) name: Symbol,
    /// Sorted; with `kubernetes.io/metadata.name`.
    pub(crate) labels: Vec<(Symbol, Symbol)>,
    /// Whether there are no other labels than these.
    pub(crate) labels_known: bool,
}

impl Namespace {
    /// What is known of one of its labels.
    pub(crate) fn label(&self, key: Symbol) -> Label {
        match label(&self.labels, key) {
            Label::Absent if !self.labels_known => Label::Unknown,
            known => known,
        }
    }
}

/// A container port. Ports without a name cannot be meant by a policy, and are not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NamedPort {
    pub(crate) name: Symbol,
    pub(crate) protocol: Protocol,
    pub(crate) port: u16,
    /// Declared by a sidecar (an init container that restarts always), not by a main container.
    pub(crate) sidecar: bool,
    /// Whether the names of rules mean it, by the profile.
    pub(crate) of_rules: bool,
    /// Whether the target port of a Service means it: that is Kubernetes' own matter.
    pub(crate) of_services: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) namespace: NamespaceId,
    pub(crate) name: Box<str>,
    pub(crate) workload: WorkloadId,
    pub(crate) labels: LabelSetId,
    pub(crate) ports: PortSetId,
    /// Empty: not known.
    pub(crate) addresses: Box<[IpAddr]>,
    pub(crate) node: Option<NodeId>,
    pub(crate) kind: EndpointKind,
    /// On the host's network, where the profile makes that a matter.
    pub(crate) host_network: bool,
    /// Where the object stood; nowhere for a hypothetical endpoint.
    pub(crate) origin: Option<(FileId, u32)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum EndpointKind {
    Pod,
    /// The pods that a template would make: any number of them.
    Template,
    /// Not in the input, assumed to exist (the cluster's DNS).
    Hypothetical,
}

#[derive(Clone, Debug)]
pub(crate) struct Workload {
    pub(crate) namespace: NamespaceId,
    pub(crate) kind: WorkloadKind,
    /// The kind's name; of use for [`WorkloadKind::Other`].
    pub(crate) kind_name: Box<str>,
    pub(crate) name: Box<str>,
    pub(crate) endpoints: Vec<EndpointId>,
    /// All its pods have finished, and it makes no more.
    pub(crate) finished: bool,
    pub(crate) hypothetical: bool,
}

/// A controller that another one owns, such as a ReplicaSet of a Deployment. Its pods are shown as
/// those of the workload at the top.
#[derive(Clone, Debug)]
pub(crate) struct OwnedController {
    pub(crate) namespace: NamespaceId,
    pub(crate) kind: WorkloadKind,
    pub(crate) name: Box<str>,
    pub(crate) endpoints: Vec<EndpointId>,
    /// It, or a pod of it, has finished.
    pub(crate) finished: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) name: Box<str>,
    pub(crate) addresses: Vec<IpAddr>,
    /// Sorted; none where the object itself is not in the input.
    pub(crate) labels: Box<[(Symbol, Symbol)]>,
    /// Whether the Node object itself is in the input.
    pub(crate) declared: bool,
    /// Whether its labels say that the control plane runs here.
    pub(crate) control_plane: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) namespace: NamespaceId,
    pub(crate) name: Box<str>,
    pub(crate) kind: ServiceKind,
    pub(crate) ports: Vec<ServicePort>,
    pub(crate) addresses: Vec<IpAddr>,
    /// `None`: no selector, so the backends are not known.
    pub(crate) backends: Option<Vec<EndpointId>>,
    pub(crate) external_name: Box<str>,
    /// Only a backend on the node that is visited answers, and the visitor keeps its address
    /// (`externalTrafficPolicy: Local`).
    pub(crate) keeps_source: bool,
    /// Only a backend on the client's own node answers (`internalTrafficPolicy: Local`).
    pub(crate) stays_on_node: bool,
    /// Which of the addresses are the cluster's own, which are `externalIPs`; the others are a
    /// balancer's.
    pub(crate) cluster_ips: Vec<IpAddr>,
    pub(crate) external_ips: Vec<IpAddr>,
    /// The names of its balancer.
    pub(crate) balancer_names: Vec<Box<str>>,
    /// Whom the balancer lets in; `None`: everybody.
    pub(crate) source_ranges: Option<AddressSet>,
    /// Who answers, where EndpointSlices or Endpoints say so: for each port that they name.
    pub(crate) listed: Option<Vec<ListedPort>>,
}

/// Who answers on a port of a Service, as its EndpointSlices say.
#[derive(Clone, Debug)]
pub(crate) struct ListedPort {
    pub(crate) name: Box<str>,
    pub(crate) protocol: Protocol,
    /// What those who answer see.
    pub(crate) port: u16,
    pub(crate) backers: Vec<Backer>,
}

/// Somebody who stands behind a Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Backer {
    Endpoint(EndpointId),
    Node(NodeId),
    /// Outside of the cluster.
    Address(IpAddr),
    /// A pod that is not in the input, or a name.
    Missing,
}

/// A port of a pod that its node passes on to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HostPort {
    pub(crate) endpoint: EndpointId,
    pub(crate) protocol: Protocol,
    pub(crate) host: u16,
    pub(crate) container: u16,
    /// The one address of the node at which it does; `None`: at each.
    pub(crate) address: Option<IpAddr>,
}

/// A port of TCP on which the kubelet of a pod's node asks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Probe {
    pub(crate) endpoint: EndpointId,
    pub(crate) port: u16,
    pub(crate) by: Probes,
}

/// The probes of a container that ask for a port: liveness, readiness, startup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Probes([bool; 3]);

impl Probes {
    /// One of them, by its place in the order above.
    pub(crate) fn one(at: usize) -> Self {
        Self([0, 1, 2].map(|place| place == at))
    }

    pub(crate) fn add(&mut self, other: Self) {
        for (has, more) in self.0.iter_mut().zip(other.0) {
            *has |= more;
        }
    }

    /// Their fields.
    pub(crate) fn names(self) -> String {
        let all = ["livenessProbe", "readinessProbe", "startupProbe"].into_iter().zip(self.0);
        all.filter(|(_, has)| *has).map(|(name, _)| name).collect::<Vec<_>>().join(", ")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServiceKind {
    ClusterIp,
    Headless,
    NodePort,
    LoadBalancer,
    ExternalName,
}

#[derive(Clone, Debug)]
pub(crate) struct ServicePort {
    pub(crate) name: Box<str>,
    pub(crate) protocol: Protocol,
    pub(crate) port: u16,
    pub(crate) target: TargetPort,
    pub(crate) node_port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TargetPort {
    Number(u16),
    Name(Symbol),
}

/// Who has an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AddressOwner {
    Endpoint(EndpointId),
    Node(NodeId),
    Service(ServiceId),
}

/// A pod that has run to its end: no endpoint, but a name that somebody may ask for.
#[derive(Clone, Debug)]
pub(crate) struct FinishedPod {
    pub(crate) namespace: NamespaceId,
    pub(crate) name: Box<str>,
    pub(crate) phase: Box<str>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Cluster {
    pub(crate) symbols: Symbols,
    pub(crate) namespaces: Vec<Namespace>,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) workloads: Vec<Workload>,
    pub(crate) owned: Vec<OwnedController>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) services: Vec<Service>,
    pub(crate) host_ports: Vec<HostPort>,
    /// What kubelets ask of pods, in the order of the pods.
    pub(crate) probes: Vec<Probe>,
    led_on: TrafficSet,
    /// Where the outside enters, beside Services.
    pub(crate) entries: Arc<[Entry]>,
    /// What the API server calls.
    pub(crate) calls: Arc<[Call]>,
    /// Who carries entries of which the input has no controller.
    pub(crate) assumed_controller: Option<EndpointId>,
    /// The ports that containers declare, of pods behind entries, where these are all that count.
    pub(crate) declared_ports: Vec<(EndpointId, TrafficSet)>,
    pub(crate) finished: Vec<FinishedPod>,
    pub(crate) space: AddressSpace,
    pub(crate) owners: HashMap<IpAddr, AddressOwner, foldhash::fast::RandomState>,
    /// The cluster's DNS endpoints; a hypothetical one when none is in the input.
    pub(crate) dns: Vec<EndpointId>,
    namespace_index: HashMap<Symbol, NamespaceId, foldhash::fast::RandomState>,
    label_sets: IndexSet<Box<[(Symbol, Symbol)]>, foldhash::fast::RandomState>,
    port_sets: IndexSet<Box<[NamedPort]>, foldhash::fast::RandomState>,
}

impl Cluster {
    pub(crate) fn namespace(&self, id: NamespaceId) -> &Namespace {
        &self.namespaces[id.index()]
    }

    pub(crate) fn namespace_name(&self, id: NamespaceId) -> &str {
        self.symbols.text(self.namespace(id).name)
    }

    pub(crate) fn find_namespace(&self, name: &str) -> Option<NamespaceId> {
        self.namespace_index.get(&self.symbols.find(name)?).copied()
    }

    pub(crate) fn endpoint(&self, id: EndpointId) -> &Endpoint {
        &self.endpoints[id.index()]
    }

    pub(crate) fn workload(&self, id: WorkloadId) -> &Workload {
        &self.workloads[id.index()]
    }

    pub(crate) fn owned(&self, id: OwnedId) -> &OwnedController {
        &self.owned[id.index()]
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    pub(crate) fn service(&self, id: ServiceId) -> &Service {
        &self.services[id.index()]
    }

    pub(crate) fn labels(&self, id: LabelSetId) -> &[(Symbol, Symbol)] {
        &self.label_sets[id.index()]
    }

    pub(crate) fn ports(&self, id: PortSetId) -> &[NamedPort] {
        &self.port_sets[id.index()]
    }

    /// The numbers that a port name of a rule has on an endpoint, for one protocol; sorted, without
    /// repeats.
    pub(crate) fn named_ports(&self, id: EndpointId, name: Symbol, protocol: Protocol) -> Vec<u16> {
        let ports = self.ports(self.endpoint(id).ports).iter().filter(|p| p.of_rules);
        let mut numbers: Vec<u16> =
            ports.filter(|p| p.name == name && p.protocol == protocol).map(|p| p.port).collect();
        numbers.arrange();
        numbers.dedup();
        numbers
    }

    /// All endpoints that are really in the input.
    pub(crate) fn real_endpoints(&self) -> impl Iterator<Item = EndpointId> + '_ {
        (0..self.endpoints.len()).map(EndpointId::of).filter(|id| self.endpoint(*id).kind != EndpointKind::Hypothetical)
    }

    /// Adds a pod that is not in the input: in a namespace, with these labels, and nothing else known of
    /// it. No Service takes it for a backend, and no peer of the input means it.
    pub(crate) fn assume(&mut self, namespace: NamespaceId, name: &str, labels: &[(String, String)]) -> EndpointId {
        let id = EndpointId::of(self.endpoints.len());
        let workload = WorkloadId::of(self.workloads.len());
        let (kind, name): (_, Box<str>) = (WorkloadKind::Pod, name.into());
        self.workloads.push(Workload {
            namespace,
            kind,
            kind_name: kind.name().into(),
            name: name.clone(),
            endpoints: vec![id],
            finished: false,
            hypothetical: true,
        });
        let labels = labels.iter().map(|(key, value)| (self.symbols.intern(key), self.symbols.intern(value)));
        let mut labels: Vec<(Symbol, Symbol)> = labels.collect();
        labels.arrange();
        self.endpoints.push(Endpoint {
            namespace,
            name,
            workload,
            labels: LabelSetId::of(self.label_sets.insert_full(labels.into()).0),
            ports: PortSetId::of(self.port_sets.insert_full(Box::default()).0),
            addresses: Box::default(),
            node: None,
            kind: EndpointKind::Hypothetical,
            host_network: false,
            origin: None,
        });
        id
    }

    /// The ports of nodes that lead on to pods, on some node at least.
    pub(crate) fn node_ports(&self) -> &TrafficSet {
        &self.led_on
    }

    /// The node ports of Services: on every node.
    pub(crate) fn service_node_ports(&self) -> TrafficSet {
        let exposed =
            self.services.iter().filter(|s| matches!(s.kind, ServiceKind::NodePort | ServiceKind::LoadBalancer));
        let ports = exposed.flat_map(|s| &s.ports).filter_map(|p| Some(TrafficSet::port(p.protocol, p.node_port?)));
        ports.fold(TrafficSet::empty(), |all, one| all.union(&one))
    }

    /// The network plugin that a DaemonSet of the input gives away, as a profile is named; with the
    /// DaemonSet.
    pub(crate) fn plugin(&self) -> Option<(&'static str, String)> {
        const DAEMON_SETS: [(&str, &str); 13] = [
            ("anetd", "cilium"),
            ("antrea-agent", "antrea"),
            ("aws-node", "aws-vpc-cni"),
            ("calico-node", "calico"),
            ("canal", "calico"),
            ("cilium", "cilium"),
            ("kindnet", "kindnet"),
            ("kube-flannel", "flannel"),
            ("kube-flannel-ds", "flannel"),
            ("kube-router", "kube-router"),
            ("ovnkube", "ovn-kubernetes"),
            ("ovnkube-node", "ovn-kubernetes"),
            ("rke2-canal", "calico"),
        ];
        let daemons = self.workloads.iter().filter(|w| w.kind == WorkloadKind::DaemonSet);
        let known = daemons.filter_map(|workload| {
            let (_, profile) = DAEMON_SETS.iter().find(|(name, _)| **name == *workload.name)?;
            Some((*profile, format!("DaemonSet {}/{}", self.namespace_name(workload.namespace), workload.name)))
        });
        // One that chains with another enforces in its place.
        known.min_by_key(|(profile, object)| (matches!(*profile, "flannel" | "aws-vpc-cni"), object.clone()))
    }

    /// Addresses outside of the cluster: neither pods nor nodes nor Services, as far as is known.
    pub(crate) fn outside(&self) -> AddressSet {
        self.space.outside.clone()
    }
}
