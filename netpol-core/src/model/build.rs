//! From the objects of a snapshot to the cluster.

use super::{
    AddressOwner, AddressSpace, Cluster, Endpoint, EndpointId, EndpointKind, FinishedPod, HostPort, LabelSetId,
    NamedPort, Namespace, NamespaceId, Node, NodeId, OwnedId, PortSetId, Probe, Probes, ServiceId, Workload,
    WorkloadId,
};
use crate::manifest::{Container, IntOrString, ObjectMeta, PodObject, PodSpec, Snapshot, WorkloadKind, WorkloadObject};
use crate::profile::{HostNetwork, MissingNamespace, PortNamesOf, Profile};
use crate::set::{AddressSet, Family, Protocol, TrafficSet};
use crate::sorted::{Arrange, SortedSet};
use crate::source::FileId;
use crate::symbol::Symbol;
use compact_str::CompactString;
use indexmap::IndexSet;
use ipnet::IpNet;
use std::collections::HashMap;
use std::net::IpAddr;

/// The label that the API server sets on every namespace (KEP-2161).
pub(crate) const METADATA_NAME: &str = "kubernetes.io/metadata.name";

/// The labels of the nodes that the API server runs on; the second is the one of old clusters.
const CONTROL_PLANE: [&str; 2] = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];

/// Of a StatefulSet with more replicas than this, the template stands for all.
const MOST_REPLICAS: i32 = 500;

/// Builds the cluster. `pod_cidrs` and `service_cidrs` are what the user says of the address
/// space; without them it is what the Nodes say.
pub(crate) fn build(snapshot: &Snapshot, profile: &Profile, pod_cidrs: &[IpNet], service_cidrs: &[IpNet]) -> Cluster {
    let mut builder = Builder {
        cluster: Cluster::default(),
        profile,
        workload_index: HashMap::default(),
        owned_index: HashMap::default(),
        node_index: HashMap::default(),
        node_cidrs: AddressSet::empty(),
        labels: Vec::new(),
        named_ports: Vec::new(),
        host_ports: Vec::new(),
        probes: Vec::new(),
        pod_addresses: Vec::new(),
    };
    builder.namespaces(snapshot);
    builder.nodes(snapshot);
    builder.owners(snapshot);
    builder.pods(snapshot);
    builder.templates(snapshot);
    builder.services(snapshot);
    builder.dns();
    builder.addresses(pod_cidrs, service_cidrs);
    builder.slices(snapshot);
    builder.entries(snapshot);
    builder.led_on();
    builder.cluster.endpoints.shrink_to_fit();
    builder.cluster
}

/// Namespace, kind, name.
pub(super) type WorkloadKey = (NamespaceId, Symbol, Symbol);

pub(super) struct Builder<'a> {
    pub(super) cluster: Cluster,
    pub(super) profile: &'a Profile,
    /// (namespace, kind, name) → workload, and for owned controllers the workload of their owner.
    pub(super) workload_index: HashMap<WorkloadKey, WorkloadId, foldhash::fast::RandomState>,
    /// Owned controllers, with their owners.
    pub(super) owned_index: HashMap<WorkloadKey, (OwnedId, WorkloadKey), foldhash::fast::RandomState>,
    node_index: HashMap<Box<str>, NodeId, foldhash::fast::RandomState>,
    node_cidrs: AddressSet,
    /// Of the endpoint that is being made; room that is used again for the next.
    labels: Vec<(Symbol, Symbol)>,
    named_ports: Vec<NamedPort>,
    host_ports: Vec<HostPort>,
    probes: Vec<Probe>,
    /// Every address that a pod has or had: they show which families the cluster has.
    pod_addresses: Vec<IpAddr>,
}

impl Builder<'_> {
    fn namespaces(&mut self, snapshot: &Snapshot) {
        for located in &snapshot.namespaces {
            let meta = &located.object.metadata;
            let id = self.namespace(&meta.name);
            let own = (METADATA_NAME, meta.name.as_str());
            let others = meta.labels.iter().map(|(k, v)| (k.as_str(), v.as_str())).filter(|(k, _)| *k != METADATA_NAME);
            let mut labels: Vec<(Symbol, Symbol)> = Vec::with_capacity(meta.labels.len() + 1);
            for (k, v) in others.chain([own]) {
                labels.push((self.cluster.symbols.intern(k), self.cluster.symbols.intern(v)));
            }
            labels.arrange_fast();
            let namespace = &mut self.cluster.namespaces[id.index()];
            namespace.labels = labels;
            namespace.labels_known = true;
        }
        for policy in &snapshot.policies {
            self.namespace(&policy.object.namespace);
        }
        for object in snapshot.unmodelled.iter().filter(|o| !o.namespace.is_empty()) {
            self.namespace(&object.namespace);
        }
    }

    /// The namespace of that name; one that is only mentioned is made up.
    pub(super) fn namespace(&mut self, name: &str) -> NamespaceId {
        self.cluster.mention(name, self.profile)
    }

    fn nodes(&mut self, snapshot: &Snapshot) {
        for located in &snapshot.nodes {
            let object = &located.object;
            let id = self.node(&object.metadata.name);
            let addresses = object
                .status
                .addresses
                .iter()
                .filter(|a| matches!(&*a.kind, "InternalIP" | "ExternalIP"))
                .filter_map(|a| a.address.parse().ok());
            self.cluster.nodes[id.index()].addresses = addresses.collect();
            self.cluster.nodes[id.index()].declared = true;
            let labels = object.metadata.labels.iter();
            let mut labels: Vec<(Symbol, Symbol)> =
                labels.map(|(k, v)| (self.cluster.symbols.intern(k), self.cluster.symbols.intern(v))).collect();
            labels.arrange_fast();
            self.cluster.nodes[id.index()].labels = labels.into();
            self.cluster.nodes[id.index()].control_plane =
                object.metadata.labels.iter().any(|(key, _)| CONTROL_PLANE.contains(&&**key));
            for cidr in object.spec.pod_cidrs.iter().chain([&object.spec.pod_cidr]) {
                if let Some(cidr) = crate::manifest::parse_cidr(cidr) {
                    self.node_cidrs = self.node_cidrs.union(&AddressSet::net(cidr));
                }
            }
        }
    }

    fn node(&mut self, name: &str) -> NodeId {
        if let Some(id) = self.node_index.get(name) {
            return *id;
        }
        let id = NodeId::of(self.cluster.nodes.len());
        self.cluster.nodes.push(Node {
            name: name.into(),
            addresses: Vec::new(),
            declared: false,
            control_plane: false,
            labels: Box::default(),
        });
        self.node_index.insert(name.into(), id);
        id
    }

    pub(super) fn workload_key(&mut self, namespace: NamespaceId, kind: &str, name: &str) -> WorkloadKey {
        (namespace, self.cluster.symbols.intern(kind), self.cluster.symbols.intern(name))
    }

    pub(super) fn workload(&mut self, namespace: NamespaceId, kind: &str, name: &str) -> WorkloadId {
        let key = self.workload_key(namespace, kind, name);
        if let Some(id) = self.workload_index.get(&key) {
            return *id;
        }
        let id = WorkloadId::of(self.cluster.workloads.len());
        self.cluster.workloads.push(Workload {
            namespace,
            kind: WorkloadKind::from_name(kind).unwrap_or(WorkloadKind::Other),
            kind_name: kind.into(),
            name: name.into(),
            endpoints: Vec::new(),
            finished: false,
            hypothetical: false,
        });
        self.workload_index.insert(key, id);
        id
    }

    fn pods(&mut self, snapshot: &Snapshot) {
        for located in &snapshot.pods {
            let pod = &located.object;
            let ns = self.namespace(&pod.metadata.namespace);
            let workload = match controller(&pod.metadata) {
                // A static pod: the kubelet names its own Node as the owner.
                Some(("Node", _)) | None => self.workload(ns, "Pod", &pod.metadata.name),
                Some((kind, name)) => self.owner_of_pod(ns, kind, name, &pod.metadata),
            };
            if matches!(&*pod.status.phase, "Succeeded" | "Failed") && !self.profile.finished_pods {
                let name = pod.metadata.name.as_str().into();
                self.cluster.finished.push(FinishedPod {
                    namespace: ns,
                    name,
                    phase: pod.status.phase.as_str().into(),
                });
                self.pod_addresses.extend(pod_addresses(pod));
                if let Some((kind, name)) = controller(&pod.metadata) {
                    self.has_finished(ns, kind, name);
                }
                continue;
            }
            let id = self.pod(pod, ns, workload, (located.file, located.offset));
            if let Some((kind, name)) = controller(&pod.metadata) {
                self.belongs(ns, kind, name, id);
            }
        }
    }

    fn pod(&mut self, pod: &PodObject, ns: NamespaceId, workload: WorkloadId, origin: (FileId, u32)) -> EndpointId {
        let node = (!pod.spec.node_name.is_empty()).then(|| self.node(&pod.spec.node_name));
        let mut ips = pod_addresses(pod);
        self.pod_addresses.extend(&ips);
        if let Some(node) = node {
            let node = &mut self.cluster.nodes[node.index()];
            if !node.declared {
                let own = pod.status.host_ips.iter().map(|a| &a.ip).chain([&pod.status.host_ip]);
                let of_pod = ips.iter().filter(|_| pod.spec.host_network);
                for ip in addresses(own).iter().chain(of_pod) {
                    if !node.addresses.contains(ip) {
                        node.addresses.push(*ip);
                    }
                }
            }
            if pod.spec.host_network {
                ips.extend(node.addresses.iter().copied().filter(|ip| !ips.contains(ip)).collect::<Vec<_>>());
            }
        }
        if self.profile.ipv4_only {
            ips.retain(IpAddr::is_ipv4);
        }
        let made = (EndpointKind::Pod, &[][..]);
        let endpoint = self.endpoint(ns, &pod.metadata, &pod.spec, workload, made, Some(origin));
        self.push(Endpoint { addresses: ips.into(), node, ..endpoint })
    }

    /// `made`: what the endpoint is, and the labels that it will have with values not known yet.
    fn endpoint(
        &mut self,
        namespace: NamespaceId,
        meta: &ObjectMeta,
        spec: &PodSpec,
        workload: WorkloadId,
        (kind, unvalued): (EndpointKind, &[&str]),
        origin: Option<(FileId, u32)>,
    ) -> Endpoint {
        let mut labels = std::mem::take(&mut self.labels);
        labels.clear();
        for key in unvalued {
            labels.push((self.cluster.symbols.intern(key), Symbol::UNKNOWN));
        }
        for (k, v) in meta.labels.iter().filter(|(k, _)| !unvalued.contains(&k.as_str())) {
            labels.push((self.cluster.symbols.intern(k), self.cluster.symbols.intern(v)));
        }
        labels.arrange_fast();
        let of_labels = LabelSetId::of(number_of(&mut self.cluster.label_sets, &labels));
        self.labels = labels;
        let ports = self.ports(spec);
        Endpoint {
            namespace,
            name: meta.name.as_str().into(),
            workload,
            labels: of_labels,
            ports,
            addresses: Box::default(),
            node: None,
            kind,
            host_network: spec.host_network && self.profile.host_network == HostNetwork::Node,
            origin,
        }
    }

    /// The ports that a pod declares. Of the pod that is pushed next, keeps the ports of nodes that lead
    /// to it, and those on which the kubelet asks it; on the network of its node it asks the node itself.
    fn ports(&mut self, spec: &PodSpec) -> PortSetId {
        let mut named = std::mem::take(&mut self.named_ports);
        named.clear();
        self.host_ports.clear();
        self.probes.clear();
        for (container, uses) in containers_of(spec) {
            let of_rules = uses.of_rules(self.profile.port_names_of);
            for port in container.ports.iter().filter(|_| of_rules || uses.lives) {
                let named_so = !port.name.is_empty();
                let lead = uses.lives && port.host_port > 0 && !spec.host_network;
                if !named_so && !lead {
                    continue;
                }
                let protocol = Protocol::from_name(&port.protocol).unwrap_or(Protocol::Tcp);
                let Ok(number) = u16::try_from(port.container_port) else { continue };
                if named_so {
                    named.push(NamedPort {
                        name: self.cluster.symbols.intern(&port.name),
                        protocol,
                        port: number,
                        sidecar: uses.init,
                        of_rules,
                        of_services: uses.lives,
                    });
                }
                if let Some(host) = u16::try_from(port.host_port).ok().filter(|_| lead) {
                    let address = port.host_ip.parse().ok().filter(|ip: &IpAddr| !ip.is_unspecified());
                    self.host_ports.push(HostPort {
                        endpoint: EndpointId(0),
                        protocol,
                        host,
                        container: number,
                        address,
                    });
                }
            }
            if uses.lives && !spec.host_network {
                self.note_probes(container);
            }
        }
        named.arrange();
        named.dedup();
        let ports = PortSetId::of(number_of(&mut self.cluster.port_sets, &named));
        self.named_ports = named;
        ports
    }

    fn note_probes(&mut self, container: &Container) {
        let probes = [&container.liveness_probe, &container.readiness_probe, &container.startup_probe];
        for (at, probe) in probes.into_iter().enumerate() {
            // A name is looked up in the container itself.
            let number = match probe.as_ref().and_then(|probe| probe.port()) {
                Some(IntOrString::Int(number)) => Some(*number),
                Some(IntOrString::String(name)) => {
                    container.ports.iter().find(|p| p.name == *name).map(|p| i64::from(p.container_port))
                }
                None => None,
            };
            let Some(port) = number.and_then(|number| u16::try_from(number).ok()).filter(|port| *port > 0) else {
                continue;
            };
            match self.probes.iter_mut().find(|known| known.port == port) {
                Some(known) => known.by.add(Probes::one(at)),
                None => self.probes.push(Probe { endpoint: EndpointId(0), port, by: Probes::one(at) }),
            }
        }
    }

    pub(super) fn push(&mut self, endpoint: Endpoint) -> EndpointId {
        let id = EndpointId::of(self.cluster.endpoints.len());
        self.cluster.host_ports.extend(self.host_ports.drain(..).map(|port| HostPort { endpoint: id, ..port }));
        self.cluster.probes.extend(self.probes.drain(..).map(|probe| Probe { endpoint: id, ..probe }));
        self.cluster.workloads[endpoint.workload.index()].endpoints.push(id);
        self.cluster.endpoints.push(endpoint);
        id
    }

    /// Adds what a template would make, where no living pod stands for it.
    fn templates(&mut self, snapshot: &Snapshot) {
        let mut declared: SortedSet<WorkloadId> = SortedSet::new();
        for located in &snapshot.workloads {
            let (kind, object) = &located.object;
            let ns = self.namespace(&object.metadata.namespace);
            let id = self.workload(ns, kind.name(), &object.metadata.name);
            let workload = self.cluster.workload(id);
            if workload.kind == *kind && *workload.name == *object.metadata.name {
                declared.insert(id);
            }
        }
        for located in &snapshot.workloads {
            let (kind, object) = &located.object;
            let ns = self.namespace(&object.metadata.namespace);
            let workload = self.workload(ns, kind.name(), &object.metadata.name);
            let owned = *self.cluster.workload(workload).name != *object.metadata.name
                || self.cluster.workload(workload).kind != *kind;
            if owned && job_finished(*kind, object) {
                self.has_finished(ns, kind.name(), &object.metadata.name);
            }
            // An owned ReplicaSet or Job speaks for its owner only when that is not here itself,
            // and not for a revision that is scaled away.
            if owned && (declared.contains(&workload) || object.spec.replicas == Some(0)) {
                continue;
            }
            if job_finished(*kind, object) && !self.profile.finished_pods {
                let w = &mut self.cluster.workloads[workload.index()];
                w.finished = w.endpoints.is_empty();
                continue;
            }
            let template = match kind {
                WorkloadKind::CronJob => &object.spec.job_template.spec.template,
                _ => &object.spec.template,
            };
            let origin = Some((located.file, located.offset));
            let mut meta = template.metadata.clone();
            meta.name.clone_from(&object.metadata.name);
            for (key, value) in controller_labels(*kind, &object.metadata.name) {
                set_label(&mut meta, key, value);
            }
            let mut unvalued = if self.profile.controller_labels { chosen_labels(*kind, &meta) } else { Vec::new() };
            let made = (EndpointKind::Template, &*unvalued);
            let endpoint = self.endpoint(ns, &meta, &template.spec, workload, made, origin);
            let living = &self.cluster.workload(workload).endpoints;
            if living.iter().any(|e| self.stands_for(*e, &endpoint)) {
                continue;
            }
            let replicas = object.spec.replicas.unwrap_or(1);
            if *kind != WorkloadKind::StatefulSet || !(1..=MOST_REPLICAS).contains(&replicas) {
                let id = self.push(endpoint);
                self.belongs(ns, kind.name(), &object.metadata.name, id);
                continue;
            }
            // The pods of a StatefulSet are known by name, and policies can tell them apart.
            unvalued.retain(|key| !INDEX_LABELS.contains(key));
            for index in object.spec.ordinals.start..object.spec.ordinals.start.saturating_add(replicas) {
                meta.name = format!("{}-{index}", object.metadata.name).into();
                let name = meta.name.clone();
                let [name_label, index_label] = INDEX_LABELS;
                set_label(&mut meta, name_label, &name);
                set_label(&mut meta, index_label, &index.to_string());
                let made = (EndpointKind::Pod, &*unvalued);
                let pod = self.endpoint(ns, &meta, &template.spec, workload, made, origin);
                let id = self.push(pod);
                self.belongs(ns, kind.name(), &object.metadata.name, id);
            }
        }
        for workload in &mut self.cluster.workloads {
            workload.finished |= workload.endpoints.is_empty();
        }
    }

    /// Whether a living pod is what the template makes: admission may add labels and ports to it,
    /// but takes none away. What a controller chooses tells nothing.
    fn stands_for(&self, living: EndpointId, template: &Endpoint) -> bool {
        let pod = self.cluster.endpoint(living);
        let labels = self.cluster.labels(pod.labels);
        let ports = self.cluster.ports(pod.ports);
        pod.host_network == template.host_network
            && self
                .cluster
                .labels(template.labels)
                .iter()
                .filter(|(_, value)| *value != Symbol::UNKNOWN)
                .all(|l| labels.binary_search(l).is_ok())
            && self.cluster.ports(template.ports).iter().all(|p| ports.contains(p))
    }

    /// Finds the cluster's DNS, or assumes the usual one.
    fn dns(&mut self) {
        let wanted =
            [("k8s-app", "kube-dns"), ("k8s-app", "coredns"), ("dns.operator.openshift.io/daemonset-dns", "default")];
        let pairs: Vec<(Symbol, Symbol)> = wanted
            .iter()
            .filter_map(|(k, v)| Some((self.cluster.symbols.find(k)?, self.cluster.symbols.find(v)?)))
            .collect();
        let found: Vec<EndpointId> = self
            .cluster
            .real_endpoints()
            .filter(|id| {
                let labels = self.cluster.labels(self.cluster.endpoint(*id).labels);
                pairs.iter().any(|p| labels.binary_search(p).is_ok())
            })
            .collect();
        if !found.is_empty() {
            self.cluster.dns = found;
            return;
        }
        let namespace = self.namespace("kube-system");
        let workload = self.workload(namespace, "Deployment", "(cluster DNS)");
        self.cluster.workloads[workload.index()].hypothetical = true;
        let mut meta = ObjectMeta { name: "(cluster DNS)".into(), ..ObjectMeta::default() };
        meta.labels.push(("k8s-app".into(), "kube-dns".into()));
        let mut endpoint =
            self.endpoint(namespace, &meta, &PodSpec::default(), workload, (EndpointKind::Hypothetical, &[]), None);
        let mut ports = Vec::new();
        for (name, protocol) in [("dns", Protocol::Udp), ("dns-tcp", Protocol::Tcp)] {
            ports.push(NamedPort {
                name: self.cluster.symbols.intern(name),
                protocol,
                port: 53,
                sidecar: false,
                of_rules: true,
                of_services: true,
            });
        }
        ports.arrange();
        endpoint.ports = PortSetId::of(self.cluster.port_sets.insert_full(ports.into()).0);
        let id = self.push(endpoint);
        self.cluster.workloads[workload.index()].finished = false;
        self.cluster.dns = vec![id];
    }

    /// Sums up the ports of nodes that lead on to pods.
    fn led_on(&mut self) {
        let cluster = &mut self.cluster;
        let on_node = |ip: &IpAddr| matches!(cluster.owners.get(ip), Some(AddressOwner::Node(_)));
        let external = cluster.services.iter().filter(|s| s.external_ips.iter().any(on_node)).flat_map(|s| &s.ports);
        let mut ports: Vec<(Protocol, u16)> = external.map(|port| (port.protocol, port.port)).collect();
        ports.extend(cluster.host_ports.iter().map(|port| (port.protocol, port.host)));
        ports.arrange();
        ports.dedup();
        let all = cluster.service_node_ports();
        cluster.led_on = ports.iter().fold(all, |all, (protocol, port)| all.union(&TrafficSet::port(*protocol, *port)));
    }

    fn addresses(&mut self, pod_cidrs: &[IpNet], service_cidrs: &[IpNet]) {
        let cluster = &mut self.cluster;
        let mut taken = AddressSet::nets(service_cidrs.iter().copied());
        let mut seen = AddressSet::nets(pod_cidrs.iter().copied()).union(&self.node_cidrs);
        let (mut service_ips, mut cluster_ips): (Vec<IpAddr>, Vec<IpAddr>) = Default::default();
        for (i, service) in cluster.services.iter().enumerate() {
            for ip in &service.addresses {
                cluster.owners.insert(*ip, AddressOwner::Service(ServiceId::of(i)));
                service_ips.push(*ip);
            }
            cluster_ips.extend(&service.cluster_ips);
        }
        // An address that was given to a Service from outside says nothing of the cluster's own.
        seen = seen.union(&taken).union(&AddressSet::addresses(&cluster_ips));
        taken = taken.union(&AddressSet::addresses(&service_ips));
        let mut owned: Vec<IpAddr> = Vec::new();
        for (i, endpoint) in cluster.endpoints.iter().enumerate().filter(|(_, e)| !e.host_network) {
            for ip in &endpoint.addresses {
                cluster.owners.insert(*ip, AddressOwner::Endpoint(EndpointId::of(i)));
                owned.push(*ip);
            }
        }
        for (i, node) in cluster.nodes.iter().enumerate() {
            for ip in &node.addresses {
                cluster.owners.insert(*ip, AddressOwner::Node(NodeId::of(i)));
                owned.push(*ip);
            }
        }
        let owned = AddressSet::addresses(&owned);
        seen = seen.union(&owned).union(&AddressSet::addresses(&self.pod_addresses));
        let space = &mut cluster.space;
        let families =
            Family::ALL.into_iter().filter(|f| seen.has_family(*f) && !(self.profile.ipv4_only && *f == Family::V6));
        space.families = families.collect();
        space.families_known = !space.families.is_empty();
        if space.families.is_empty() {
            space.families.push(Family::V4);
        }
        let given = AddressSet::nets(pod_cidrs.iter().copied());
        let known = if given.is_empty() { self.node_cidrs.clone() } else { given };
        space.pods_known = !known.is_empty();
        space.pods = known.clone();
        for family in Family::ALL {
            if !known.has_family(family) {
                space.pods = space.pods.union(&AddressSpace::default_pods().intersection(&AddressSet::family(family)));
            }
        }
        // A node that is not in the input may have any address but a pod's.
        space.nodes = AddressSpace::default_nodes().difference(&known);
        space.outside = AddressSpace::routable().difference(&known).difference(&owned).difference(&taken);
        (space.known_pods, space.services) = (known, taken);
    }
}

/// What a container of a pod is to those who look at its ports.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Uses {
    /// One of the `initContainers`.
    pub(crate) init: bool,
    /// It goes on as long as the pod: Services mean its ports by their names.
    pub(crate) lives: bool,
}

impl Uses {
    /// Whether rules mean its ports by their names.
    pub(crate) fn of_rules(self, of: PortNamesOf) -> bool {
        !self.init
            || match of {
                PortNamesOf::Containers => false,
                PortNamesOf::Sidecars => self.lives,
                PortNamesOf::All => true,
            }
    }
}

/// The containers of a pod, each with what it is.
pub(crate) fn containers_of(spec: &PodSpec) -> impl Iterator<Item = (&Container, Uses)> {
    let init = spec.init_containers.iter();
    let init = init.map(|c| (c, Uses { init: true, lives: c.restart_policy == "Always" }));
    spec.containers.iter().map(|c| (c, Uses { init: false, lives: true })).chain(init)
}

/// The number of an element; most are there already, and need no room of their own.
fn number_of<T: Clone + Eq + std::hash::Hash>(
    set: &mut IndexSet<Box<[T]>, foldhash::fast::RandomState>,
    element: &[T],
) -> usize {
    set.get_index_of(element).unwrap_or_else(|| set.insert_full(element.into()).0)
}

/// The controller among an object's owners.
pub(super) fn controller(meta: &ObjectMeta) -> Option<(&str, &str)> {
    meta.owner.as_ref().map(|owner| (&*owner.kind, &*owner.name))
}

/// The labels that a controller is known to set on its pods, besides those of the template.
fn controller_labels(kind: WorkloadKind, name: &str) -> Vec<(&'static str, &str)> {
    match kind {
        WorkloadKind::Job => vec![("batch.kubernetes.io/job-name", name), ("job-name", name)],
        _ => Vec::new(),
    }
}

/// The labels that a StatefulSet sets on each of its pods: its name and its number.
const INDEX_LABELS: [&str; 2] = ["statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"];

/// The labels that a controller sets on the pods of a template with values that are known only when
/// they are there. A Job that the API server has seen has its own in its template; the other
/// controllers overwrite what the template says.
fn chosen_labels(kind: WorkloadKind, meta: &ObjectMeta) -> Vec<&'static str> {
    const UID: [&str; 2] = ["batch.kubernetes.io/controller-uid", "controller-uid"];
    const JOB: [&str; 2] = ["batch.kubernetes.io/job-name", "job-name"];
    let mut keys: Vec<&'static str> = match kind {
        WorkloadKind::Deployment => return vec!["pod-template-hash"],
        WorkloadKind::DaemonSet => return vec!["controller-revision-hash", "pod-template-generation"],
        WorkloadKind::StatefulSet => return [&["controller-revision-hash"], &INDEX_LABELS[..]].concat(),
        WorkloadKind::Job => UID.to_vec(),
        WorkloadKind::CronJob => [UID, JOB].concat(),
        WorkloadKind::ReplicaSet | WorkloadKind::ReplicationController | WorkloadKind::Pod | WorkloadKind::Other => {
            Vec::new()
        }
    };
    keys.retain(|key| meta.labels.iter().all(|(k, _)| k != key));
    keys
}

fn set_label(meta: &mut ObjectMeta, key: &str, value: &str) {
    meta.labels.retain(|(k, _)| k != key);
    meta.labels.push((key.into(), value.into()));
}

fn job_finished(kind: WorkloadKind, object: &WorkloadObject) -> bool {
    kind == WorkloadKind::Job
        && object.status.conditions.iter().any(|c| matches!(&*c.kind, "Complete" | "Failed") && c.status == "True")
}

fn pod_addresses(pod: &PodObject) -> Vec<IpAddr> {
    addresses(pod.status.pod_ips.iter().map(|a| &a.ip).chain([&pod.status.pod_ip]))
}

/// Parses addresses, without repeats; what does not parse was reported at reading.
pub(super) fn addresses<'a>(texts: impl Iterator<Item = &'a CompactString>) -> Vec<IpAddr> {
    let mut out: Vec<IpAddr> = Vec::new();
    let mut last = None;
    for text in texts {
        // A pod's only address is written twice.
        if last.replace(text) == Some(text) {
            continue;
        }
        let Ok(ip) = text.parse() else { continue };
        if !out.contains(&ip) {
            out.push(ip);
        }
    }
    out
}

impl Cluster {
    /// The namespace of that name; one that is only mentioned is made up.
    pub(crate) fn mention(&mut self, name: &str, profile: &Profile) -> NamespaceId {
        let symbol = self.symbols.intern(name);
        if let Some(id) = self.namespace_index.get(&symbol) {
            return *id;
        }
        let id = NamespaceId::of(self.namespaces.len());
        let key = self.symbols.intern(METADATA_NAME);
        self.namespaces.push(Namespace {
            name: symbol,
            labels: vec![(key, symbol)],
            labels_known: profile.missing_namespace == MissingNamespace::NameOnly,
        });
        self.namespace_index.insert(symbol, id);
        id
    }
}
