//! The ways in from outside, and those of the API server to what it calls.

use super::service::{Answering, Through};
use super::{Face, Group, SeenSource, Way, through_service};
use crate::explain::Code;
use crate::model::{
    AddressOwner, Backer, Call, Cluster, EndpointId, EndpointKind, Entry, EntryTarget, HostPort, NodeId, ServiceId,
};
use crate::profile::Profile;
use crate::set::{AddressSet, Protocol, TrafficSet};
use crate::sorted::Arrange;

/// The ways of the controllers of an entry to the pods behind it: they go to these themselves.
pub(crate) fn to_entry((cluster, profile): (&Cluster, &Profile), entry: &Entry, carriers: Option<&Group>) -> Vec<Way> {
    let EntryTarget::Service(id, ports) = &entry.target else { return Vec::new() };
    let assumed = carriers.is_none() && entry.carriers.is_empty();
    let from = match (carriers, cluster.assumed_controller) {
        (Some(given), _) => given.clone(),
        (None, Some(controller)) if assumed => Group { endpoints: vec![controller], ..Group::default() },
        (None, _) => Group { endpoints: entry.carriers.clone(), ..Group::default() },
    };
    let mut ways = Vec::new();
    for port in ports {
        let port = &cluster.service(*id).ports[*port];
        let (asked, answering) = (TrafficSet::port(port.protocol, port.port), Answering::on(cluster, *id, port));
        let through = Through { cluster, profile, id: *id, asked: &asked, families: &[], answering: &answering };
        through.some(from.clone(), SeenSource::Kept, &|_| Some(entry.doubt), &mut ways);
    }
    if profile.entries_to_declared_ports {
        ways = ways.into_iter().flat_map(|way| declared(cluster, way)).collect();
    }
    for way in &mut ways {
        way.unknown = assumed.then_some(Code::ControllerUnknown);
    }
    ways
}

/// Of a way, what leads to ports of TCP that the pods declare.
fn declared(cluster: &Cluster, way: Way) -> Vec<Way> {
    let tcp = TrafficSet::protocol(Protocol::Tcp).intersection(&way.traffic);
    let declares = |id: &EndpointId| {
        let at = cluster.declared_ports.binary_search_by(|(pod, _)| pod.cmp(id));
        at.is_ok_and(|at| tcp.is_subset(&cluster.declared_ports[at].1))
    };
    let mut way = way;
    way.to.endpoints.retain(declares);
    if tcp.is_empty() || way.fate.is_some() || way.to.endpoints.is_empty() { Vec::new() } else { vec![way] }
}

/// The ways of the outside through a Service; nothing where it is not open there.
pub(crate) fn from_outside(context: (&Cluster, &Profile), id: ServiceId, outside: &Group) -> Vec<Way> {
    let mut ways = Vec::new();
    if context.0.service(id).is_open_outside() {
        through_service(context, id, outside, super::Asked::Any, (&[Face::Name], &[]), &mut ways);
    }
    ways
}

/// The way of the outside through a port of a node to a pod; none by an address that the node keeps
/// to itself.
pub(crate) fn to_host_port((cluster, profile): (&Cluster, &Profile), port: &HostPort, outside: &Group) -> Option<Way> {
    if port.address.is_some_and(|ip| ip.is_loopback()) {
        return None;
    }
    Some(Way {
        from: outside.clone(),
        to: Group { endpoints: vec![port.endpoint], ..Group::default() },
        asked: TrafficSet::port(port.protocol, port.host),
        traffic: TrafficSet::port(port.protocol, port.container),
        node: cluster.endpoint(port.endpoint).node,
        translated: true,
        source: super::node::shifted(profile),
        ..Way::default()
    })
}

/// Where the API server calls from.
pub(crate) struct Caller {
    pub(crate) group: Group,
    /// Nothing in the input says where it is.
    pub(crate) unknown: bool,
}

impl Caller {
    /// As the input says: agents that carry its calls, else the endpoints of `default/kubernetes`,
    /// else its own pods, else the nodes of the control plane; else anywhere.
    pub(crate) fn find(cluster: &Cluster, anywhere: AddressSet) -> Self {
        let agents = pods_with(cluster, &[("k8s-app", "konnectivity-agent")]);
        let known = |group: Group| Self { group, unknown: false };
        if !agents.is_empty() {
            return known(Group { endpoints: agents, ..Group::default() });
        }
        let kubernetes = cluster
            .services
            .iter()
            .find(|service| *service.name == *"kubernetes" && cluster.namespace_name(service.namespace) == "default");
        let mut group = Group::default();
        let mut addresses = Vec::new();
        for backer in kubernetes.iter().flat_map(|s| s.listed.iter().flatten()).flat_map(|port| &port.backers) {
            match backer {
                Backer::Endpoint(id) => group.endpoints.push(*id),
                Backer::Node(id) => group.nodes.push(*id),
                Backer::Address(ip) => match cluster.owners.get(ip) {
                    Some(AddressOwner::Node(id)) => group.nodes.push(*id),
                    _ => addresses.push(*ip),
                },
                Backer::Missing => {}
            }
        }
        group.addresses = AddressSet::addresses(&addresses);
        if group.is_empty() {
            let labels = [("component", "kube-apiserver"), ("app", "openshift-kube-apiserver")];
            group.endpoints = pods_with(cluster, &labels);
        }
        if group.is_empty() {
            let nodes = (0..cluster.nodes.len()).map(NodeId::of);
            group.nodes = nodes.filter(|id| cluster.node(*id).control_plane).collect();
        }
        if !group.is_empty() {
            group.endpoints.arrange();
            group.nodes.arrange();
            group.nodes.dedup();
            return known(group);
        }
        let group = Group { addresses: anywhere, name: Some("kube-apiserver".to_owned()), ..Group::default() };
        Self { group, unknown: true }
    }
}

/// The pods of the input that have one of these labels.
fn pods_with(cluster: &Cluster, labels: &[(&str, &str)]) -> Vec<EndpointId> {
    let wanted: Vec<_> =
        labels.iter().filter_map(|(k, v)| Some((cluster.symbols.find(k)?, cluster.symbols.find(v)?))).collect();
    let has = |id: &EndpointId| {
        let endpoint = cluster.endpoint(*id);
        endpoint.kind == EndpointKind::Pod
            && wanted.iter().any(|pair| cluster.labels(endpoint.labels).binary_search(pair).is_ok())
    };
    cluster.real_endpoints().filter(has).collect()
}

/// The ways of the API server to what it calls.
pub(crate) fn to_calls((cluster, profile): (&Cluster, &Profile), call: &Call, caller: &Caller) -> Vec<Way> {
    let EntryTarget::Service(id, ports) = &call.target else { return Vec::new() };
    let mut ways = Vec::new();
    for port in ports {
        let port = &cluster.service(*id).ports[*port];
        let (asked, answering) = (TrafficSet::port(port.protocol, port.port), Answering::on(cluster, *id, port));
        let through = Through { cluster, profile, id: *id, asked: &asked, families: &[], answering: &answering };
        // It may be on some node, or outside.
        let source = if caller.unknown { SeenSource::MaybeNode } else { SeenSource::Kept };
        through.some(caller.group.clone(), source, &|_| Some(None), &mut ways);
    }
    for way in &mut ways {
        way.unknown = caller.unknown.then_some(Code::CallerUnknown);
    }
    ways
}
