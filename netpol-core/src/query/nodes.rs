//! Nodes as ends of connections: no policy applies to them, and what comes from a pod's own node is
//! never blocked.

use super::answer::{Peer, PeerKind, Relation};
use super::resolve::Group;
use super::units::Unit;
use crate::engine::{Engine, Party, PeerId, Planes, Reach};
use crate::ir::Direction;
use crate::model::{EndpointId, NodeId, Service};
use crate::set::{AddressSet, Family, TrafficSet};
use crate::sorted::{Arrange, SortedMap, SortedSet};

/// What passes between a unit and nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BetweenNodes {
    /// Which pairs, when it is not all of them.
    pub(super) relation: Option<Relation>,
    /// Of which families, when these differ.
    pub(super) families: Vec<Family>,
    /// Those that relate so to some pod of the unit.
    pub(super) nodes: Vec<NodeId>,
    pub(super) planes: Planes,
}

/// Some nodes, with a pod that relates to the first of them so.
pub(super) struct NodeCase {
    pub(super) relation: Relation,
    pub(super) nodes: Vec<NodeId>,
    pub(super) pod: EndpointId,
}

/// What makes two nodes alike: their class in each family, and the families that they have; which it
/// is, where its ports lead on.
type NodeKey = (Vec<Option<PeerId>>, Vec<Family>, Option<NodeId>);

/// So many ports of nodes are looked at one by one for all who may ask; of more, that they lead on is
/// undefined.
const MOST_THROUGH: usize = 20_000;

impl Engine {
    /// The nodes of the input.
    pub(crate) fn all_nodes(&self) -> Vec<NodeId> {
        (0..self.cluster.nodes.len()).map(NodeId::of).collect()
    }

    /// Whether tables ask of each port of these nodes that leads on who answers there.
    pub(super) fn looks_through(&self, clients: usize, nodes: usize) -> bool {
        let open = self.cluster.services.iter().filter(|service| service.is_open_outside());
        let exposed = open.map(|service| service.ports.len()).sum::<usize>() + self.cluster.host_ports.len();
        let all = clients.saturating_mul(nodes).saturating_mul(exposed);
        !self.cluster.node_ports().is_empty() && all <= MOST_THROUGH
    }

    /// The same of a table: its clients are all pods, and the nodes that are its sources.
    pub(super) fn table_looks_through(&self, sources: &[NodeId], targets: &[NodeId]) -> bool {
        self.looks_through(self.cluster.endpoints.len() + sources.len(), targets.len())
    }

    /// The blocks that tell addresses outside apart where they ask at ports of nodes.
    pub(super) fn blocks_behind_nodes(&self) -> Vec<&AddressSet> {
        let behind = Group { endpoints: self.behind_nodes().into_iter().collect(), ..Group::default() };
        self.blocks_of_group(Direction::Ingress, &behind)
    }

    /// Those who may answer by the ports of nodes.
    pub(crate) fn behind_nodes(&self) -> SortedSet<EndpointId> {
        let services = self.cluster.services.iter().filter(|service| service.is_open_outside());
        let hosted = self.cluster.host_ports.iter().map(|port| port.endpoint);
        services.flat_map(Service::pods).chain(hosted).collect()
    }

    /// The same units, where others answer: a pod that may answer there itself, or that is on the network
    /// of a node, stands alone.
    pub(super) fn apart(&self, units: &[Unit], behind: &SortedSet<EndpointId>) -> Vec<Unit> {
        let alone = |id: &EndpointId| behind.contains(id) || self.cluster.endpoint(*id).host_network;
        let mut found = Vec::new();
        for unit in units {
            let (single, together): (Vec<EndpointId>, Vec<EndpointId>) = unit.members.iter().partition(|id| alone(id));
            let parts = single.into_iter().map(|id| vec![id]).chain([together]);
            found.extend(parts.filter(|members| !members.is_empty()).map(|members| Unit {
                workload: unit.workload,
                party: Party::Endpoint(members[0]),
                members,
            }));
        }
        found
    }

    /// Some nodes, those together that a direction's policies cannot tell apart; one by one, if what
    /// their ports lead to is looked at.
    pub(super) fn node_classes(&self, direction: Direction, nodes: &[NodeId], through: bool) -> Vec<Vec<NodeId>> {
        let alone = through && direction == Direction::Egress;
        let mut classes: SortedMap<NodeKey, Vec<NodeId>> = SortedMap::new();
        for id in nodes {
            let peers = Family::ALL.map(|f| self.side(direction).peer(Party::Node(*id), f)).to_vec();
            let key = (peers, self.families(Party::Node(*id)), alone.then_some(*id));
            classes.entry(key).or_default().push(*id);
        }
        classes.into_values().collect()
    }

    /// The ways in which the pods of a unit and nodes that are alike relate.
    pub(super) fn node_cases(&self, unit: &Unit, nodes: &[NodeId]) -> Vec<NodeCase> {
        let (mut known, mut unknown): (SortedMap<NodeId, EndpointId>, _) = (SortedMap::new(), None);
        for id in &unit.members {
            match self.cluster.endpoint(*id).node {
                Some(node) => _ = known.entry(node).or_insert(*id),
                None => unknown = unknown.or(Some(*id)),
            }
        }
        let own: Vec<NodeId> = nodes.iter().copied().filter(|n| known.contains_key(n)).collect();
        // Those that are not the own node of some pod.
        let others: Vec<NodeId> =
            nodes.iter().copied().filter(|n| known.len() > usize::from(known.contains_key(n))).collect();
        let own_pod = own.first().and_then(|n| known.get(n).copied());
        let stranger = others.first().and_then(|n| known.iter().find(|(node, _)| *node != n).map(|(_, pod)| *pod));
        let cases = [
            (Relation::SameNode, own, own_pod),
            (Relation::OtherNodes, others, stranger),
            (Relation::UnknownNodes, nodes.to_vec(), unknown),
        ];
        let cases = cases.into_iter().filter(|(_, nodes, _)| !nodes.is_empty());
        cases.filter_map(|(relation, nodes, pod)| Some(NodeCase { relation, nodes, pod: pod? })).collect()
    }

    /// How a pod and a node relate.
    pub(super) fn relation_to(&self, pod: EndpointId, node: NodeId) -> Relation {
        match self.cluster.endpoint(pod).node {
            Some(own) if own == node => Relation::SameNode,
            Some(_) => Relation::OtherNodes,
            None => Relation::UnknownNodes,
        }
    }

    /// What a pod of a unit and a node may send each other: in egress the pod opens the connection, and
    /// where it leads on is looked at if `through`.
    pub(super) fn with_node(
        &self,
        reach: &mut Reach<'_>,
        direction: Direction,
        (unit, case): (&Unit, &NodeCase),
        family: Family,
        through: bool,
    ) -> Planes {
        let (pod, node) = (Party::Endpoint(case.pod), Party::Node(case.nodes[0]));
        match direction {
            Direction::Egress => {
                let planes = reach.pair(pod, node, family);
                let clients = through.then(|| {
                    let related = |id: &EndpointId| self.relation_to(*id, case.nodes[0]) == case.relation;
                    let endpoints = unit.members.iter().copied().filter(related).collect();
                    (Group { endpoints, ..Group::default() }, case.nodes[0], family)
                });
                self.to_node(reach.get(planes), reach.asked(), clients)
            }
            Direction::Ingress => {
                let planes = reach.pair(node, pod, family);
                reach.get(planes).clone()
            }
        }
    }

    /// What reaches a node: a connection to a port that leads to a Service does not end there. It is
    /// followed for these clients; without them it is undefined.
    pub(super) fn to_node(
        &self,
        planes: &Planes,
        asked: &TrafficSet,
        clients: Option<(Group, NodeId, Family)>,
    ) -> Planes {
        let mut led = self.cluster.node_ports().intersection(asked);
        if led.is_empty() {
            return planes.clone();
        }
        let Some((from, node, family)) = clients else {
            return Planes { must: planes.must.difference(&led), may: planes.may.union(&led) };
        };
        led = led.intersection(&self.cluster.leading_on(node).union(&self.cluster.service_node_ports()));
        let found = self.through_node(&from, node, family, &led);
        Planes {
            must: planes.must.difference(&led).union(&found.must),
            may: planes.may.difference(&led).union(&found.may),
        }
    }

    /// What passes between a unit and nodes that are alike, by relation and family.
    pub(super) fn node_links(
        &self,
        reach: &mut Reach<'_>,
        direction: Direction,
        unit: &Unit,
        class: &[NodeId],
        through: bool,
    ) -> Vec<BetweenNodes> {
        let mut found: Vec<Vec<BetweenNodes>> = Vec::new();
        for case in self.node_cases(unit, class) {
            let NodeCase { relation, nodes, pod } = &case;
            let common = reach.common_families(Party::Endpoint(*pod), Party::Node(nodes[0]));
            let mut links: Vec<BetweenNodes> = Vec::new();
            for family in &common {
                let planes = self.with_node(reach, direction, (unit, &case), *family, through);
                match links.iter_mut().find(|l| l.planes == planes) {
                    Some(link) => link.families.push(*family),
                    None => links.push(BetweenNodes {
                        relation: Some(*relation),
                        families: vec![*family],
                        nodes: nodes.clone(),
                        planes,
                    }),
                }
            }
            links.iter_mut().filter(|l| l.families == common).for_each(|l| l.families.clear());
            found.push(links);
        }
        let said = |links: &[BetweenNodes]| -> Vec<_> {
            links.iter().map(|l| (l.families.clone(), l.planes.clone())).collect()
        };
        if found.iter().all(|links| said(links) == said(&found[0])) {
            found.truncate(1);
            for link in found.iter_mut().flatten() {
                (link.relation, link.nodes) = (None, class.to_vec());
            }
        }
        found.into_iter().flatten().collect()
    }

    /// Nodes with the same families, which alone count among nodes and towards the outside.
    pub(super) fn nodes_by_family(&self, nodes: &[NodeId]) -> SortedMap<Vec<Family>, SortedSet<NodeId>> {
        let mut found: SortedMap<Vec<Family>, SortedSet<NodeId>> = SortedMap::new();
        nodes.iter().for_each(|id| _ = found.entry(self.families(Party::Node(*id))).or_default().insert(*id));
        found
    }

    /// The addresses of a set that nodes of some families have to do with.
    pub(super) fn outside_of_node(&self, node: NodeId, addresses: &AddressSet) -> AddressSet {
        AddressSet::families(self.outside_families(Party::Node(node))).intersection(addresses)
    }

    /// A node by itself.
    pub(super) fn node_peer(&self, id: NodeId) -> Peer {
        Peer { name: Some((*self.cluster.node(id).name).into()), ..Peer::new(PeerKind::Node) }
    }

    /// Nodes together: all of the input, or those that are named.
    pub(super) fn nodes_peer(&self, nodes: impl ExactSizeIterator<Item = NodeId>) -> Peer {
        let mut peer = Peer::new(PeerKind::Nodes);
        if nodes.len() < self.cluster.nodes.len() {
            peer.nodes = nodes.map(|id| (*self.cluster.node(id).name).into()).collect();
            peer.nodes.arrange();
        }
        peer
    }
}
