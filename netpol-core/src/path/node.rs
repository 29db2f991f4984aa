//! The ways through the ports of nodes: node ports and external addresses of Services, and the
//! `hostPort` of pods.

use super::service::{Answering, Through, node_of};
use super::{Fate, Group, SeenSource, Way};
use crate::explain::Code;
use crate::model::{Cluster, NodeId, ServiceId, ServiceKind};
use crate::profile::{Profile, SourceAddress};
use crate::set::{Family, TrafficSet};

/// So many pairs of a node and a port are looked at one by one.
const MOST_PORTS: usize = 4096;

/// The ways of some clients to nodes: those that end there, and those that a port leads on.
pub(crate) fn through_nodes(
    (cluster, profile): (&Cluster, &Profile),
    nodes: &[NodeId],
    families: &[Family],
    from: &Group,
    asked: &TrafficSet,
    ways: &mut Vec<Way>,
) {
    let ports = cluster.service_node_ports().intersection(asked);
    let exposed = cluster.services.iter().map(|s| s.ports.len()).sum::<usize>() + cluster.host_ports.len();
    let too_many = nodes.len().saturating_mul(exposed) > MOST_PORTS && nodes.len() > 1;
    let mut plain: Vec<(TrafficSet, Vec<NodeId>)> = Vec::new();
    for node in nodes {
        let own = cluster.leading_on(*node).intersection(asked).union(&ports);
        let direct = asked.difference(&own);
        match plain.iter_mut().find(|(traffic, _)| *traffic == direct) {
            Some((_, alike)) => alike.push(*node),
            None => plain.push((direct, vec![*node])),
        }
    }
    for (traffic, nodes) in plain {
        let to = Group { nodes, families: families.to_vec(), ..Group::default() };
        let led = asked.difference(&traffic);
        if too_many && !led.is_empty() {
            let fate = Some((Fate::Open, Code::NodePort));
            ways.push(Way {
                from: from.clone(),
                to: to.clone(),
                asked: led.clone(),
                traffic: led,
                fate,
                ..Way::default()
            });
        }
        if !traffic.is_empty() {
            ways.push(Way { from: from.clone(), to, asked: traffic.clone(), traffic, ..Way::default() });
        }
    }
    if !too_many {
        for node in nodes {
            At { cluster, profile, node: *node, families, from, asked }.ways(ways);
        }
    }
}

/// The source that visitors of a node's port are seen with.
pub(super) fn shifted(profile: &Profile) -> SeenSource {
    match profile.visitor_source {
        SourceAddress::Kept => SeenSource::Kept,
        SourceAddress::Undefined => SeenSource::MaybeNode,
        SourceAddress::Node => SeenSource::Node,
    }
}

struct At<'a> {
    cluster: &'a Cluster,
    profile: &'a Profile,
    node: NodeId,
    families: &'a [Family],
    from: &'a Group,
    asked: &'a TrafficSet,
}

impl At<'_> {
    fn ways(&self, ways: &mut Vec<Way>) {
        let addresses = &self.cluster.node(self.node).addresses;
        for (at, service) in self.cluster.services.iter().enumerate() {
            let here = service.external_ips.iter().any(|ip| addresses.contains(ip));
            let by_port = matches!(service.kind, ServiceKind::NodePort | ServiceKind::LoadBalancer);
            for port in &service.ports {
                let node_port = port.node_port.filter(|_| by_port);
                for number in node_port.into_iter().chain(here.then_some(port.port)) {
                    let asked = self.asked.intersection(&TrafficSet::port(port.protocol, number));
                    if asked.is_empty() {
                        continue;
                    }
                    let id = ServiceId::of(at);
                    let answering = Answering::on(self.cluster, id, port);
                    let Some(families) = self.families_of(id) else {
                        self.no_family(id, asked, ways);
                        continue;
                    };
                    let (asked, answering) = (&asked, &answering);
                    let (cluster, profile) = (self.cluster, self.profile);
                    let through = Through { cluster, profile, id, asked, families: &families, answering };
                    self.service(&through, service.keeps_source, ways);
                }
            }
        }
        self.host_ports(ways);
    }

    /// A Service forwards in the families of its own addresses.
    fn families_of(&self, id: ServiceId) -> Option<Vec<Family>> {
        let addresses = &self.cluster.service(id).cluster_ips;
        let own = |f: &Family| addresses.is_empty() || addresses.iter().any(|ip| Family::of(*ip) == *f);
        let asked = self.of_node();
        if asked.is_empty() && addresses.is_empty() {
            return Some(Vec::new());
        }
        let asked = if asked.is_empty() { Family::ALL.to_vec() } else { asked };
        let common: Vec<Family> = asked.into_iter().filter(own).collect();
        (!common.is_empty()).then_some(common)
    }

    /// The Service is of another family than the node.
    fn no_family(&self, id: ServiceId, asked: TrafficSet, ways: &mut Vec<Way>) {
        let (from, to) = (self.from.clone(), Group { services: vec![id], ..Group::default() });
        let fate = Some((Fate::Open, Code::NoCommonFamily));
        ways.push(Way { from, to, traffic: asked.clone(), asked, service: Some(id), fate, ..Way::default() });
    }

    /// The families that are asked about, else those of the node's addresses.
    fn of_node(&self) -> Vec<Family> {
        if !self.families.is_empty() {
            return self.families.to_vec();
        }
        let addresses = &self.cluster.node(self.node).addresses;
        Family::ALL.into_iter().filter(|f| addresses.iter().any(|ip| Family::of(*ip) == *f)).collect()
    }

    fn service(&self, through: &Through<'_>, local: bool, ways: &mut Vec<Way>) {
        let first = ways.len();
        let here = |backer| node_of(self.cluster, backer).map(|node| node.map(|n| n == self.node));
        let outside = self.from.outside(None, true);
        if !outside.is_empty() {
            let keep = |backer| match (local, here(backer)) {
                (false, _) | (true, Some(Some(true))) => Some(None),
                (true, Some(None)) => Some(Some(Code::LocalUnknown)),
                (true, _) => None,
            };
            through.some(outside, through.shifted(), &keep, ways);
        }
        let inside = self.from.inside();
        if !inside.is_empty() {
            // From a pod of this very node everybody answers; from others that differs.
            let own = inside.only_pods()
                && inside.endpoints.iter().all(|id| self.cluster.endpoint(*id).node == Some(self.node));
            let keep = |backer| match (local && !own, here(backer)) {
                (false, _) | (true, Some(Some(true))) => Some(None),
                (true, _) => Some(Some(Code::LocalOrAll)),
            };
            let source = if local && own { SeenSource::Kept } else { shifted(self.profile) };
            through.some(inside, source, &keep, ways);
        }
        for way in ways.iter_mut().skip(first) {
            way.node = Some(self.node);
            way.or_node = Some(self.node).filter(|_| !self.profile.egress_after_node_port);
        }
    }

    fn host_ports(&self, ways: &mut Vec<Way>) {
        let addresses = &self.cluster.node(self.node).addresses;
        for port in &self.cluster.host_ports {
            let asked = self.asked.intersection(&TrafficSet::port(port.protocol, port.host));
            let elsewhere = port.address.is_some_and(|ip| !addresses.contains(&ip));
            let node = self.cluster.endpoint(port.endpoint).node;
            if asked.is_empty() || elsewhere || node.is_some_and(|node| node != self.node) {
                continue;
            }
            ways.push(Way {
                from: self.from.clone(),
                to: Group { endpoints: vec![port.endpoint], families: self.of_node(), ..Group::default() },
                asked,
                traffic: TrafficSet::port(port.protocol, port.container),
                node: Some(self.node),
                translated: true,
                source: shifted(self.profile),
                doubt: node.is_none().then_some(Code::LocalUnknown),
                or_node: Some(self.node).filter(|_| !self.profile.egress_after_node_port),
                ..Way::default()
            });
        }
    }
}

impl Cluster {
    /// The ports of a node that lead on to pods, beside the node ports of Services.
    pub(crate) fn leading_on(&self, node: NodeId) -> TrafficSet {
        let addresses = &self.node(node).addresses;
        let external = self.services.iter().filter(|s| s.external_ips.iter().any(|ip| addresses.contains(ip)));
        let external = external.flat_map(|s| &s.ports).map(|p| TrafficSet::port(p.protocol, p.port));
        let host = self.host_ports.iter().filter(|port| {
            let here = self.endpoint(port.endpoint).node.is_none_or(|own| own == node);
            here && port.address.is_none_or(|ip| addresses.contains(&ip))
        });
        let host = host.map(|port| TrafficSet::port(port.protocol, port.host));
        external.chain(host).fold(TrafficSet::empty(), |all, one| all.union(&one))
    }
}
