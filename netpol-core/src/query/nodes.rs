//! Nodes as ends of connections: no policy applies to them, and what comes from a pod's own node is
//! never blocked.

use super::answer::{Peer, PeerKind, Relation};
use super::units::Unit;
use crate::engine::{Engine, Party, PeerId, Planes, Reach};
use crate::ir::Direction;
use crate::model::{EndpointId, NodeId};
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

/// What makes two nodes alike: their class in each family, and the families that they have.
type NodeKey = (Vec<Option<PeerId>>, Vec<Family>);

impl Engine {
    /// The nodes of the input.
    pub(crate) fn all_nodes(&self) -> Vec<NodeId> {
        (0..self.cluster.nodes.len()).map(NodeId::of).collect()
    }

    /// Some nodes, those together that a direction's policies cannot tell apart.
    pub(super) fn node_classes(&self, direction: Direction, nodes: &[NodeId]) -> Vec<Vec<NodeId>> {
        let mut classes: SortedMap<NodeKey, Vec<NodeId>> = SortedMap::new();
        for id in nodes {
            let peers = Family::ALL.map(|f| self.side(direction).peer(Party::Node(*id), f)).to_vec();
            classes.entry((peers, self.families(Party::Node(*id)))).or_default().push(*id);
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

    /// What a pod and a node may send each other: in egress the pod opens the connection.
    pub(super) fn with_node(
        &self,
        reach: &mut Reach<'_>,
        direction: Direction,
        (pod, node): (EndpointId, NodeId),
        family: Family,
    ) -> Planes {
        let (pod, node) = (Party::Endpoint(pod), Party::Node(node));
        match direction {
            Direction::Egress => {
                let planes = reach.pair(pod, node, family);
                self.to_node(reach.get(planes), reach.asked())
            }
            Direction::Ingress => {
                let planes = reach.pair(node, pod, family);
                reach.get(planes).clone()
            }
        }
    }

    /// What reaches a node: a connection to a port that leads to a Service does not end there, and
    /// what it looks like to policies on its way to the pods is not specified.
    pub(super) fn to_node(&self, planes: &Planes, asked: &TrafficSet) -> Planes {
        let through = self.cluster.node_ports().intersection(asked);
        if through.is_empty() {
            return planes.clone();
        }
        Planes { must: planes.must.difference(&through), may: planes.may.union(&through) }
    }

    /// What passes between a unit and nodes that are alike, by relation and family.
    pub(super) fn node_links(
        &self,
        reach: &mut Reach<'_>,
        direction: Direction,
        unit: &Unit,
        class: &[NodeId],
    ) -> Vec<BetweenNodes> {
        let mut found: Vec<Vec<BetweenNodes>> = Vec::new();
        for NodeCase { relation, nodes, pod } in self.node_cases(unit, class) {
            let common = reach.common_families(Party::Endpoint(pod), Party::Node(nodes[0]));
            let mut links: Vec<BetweenNodes> = Vec::new();
            for family in &common {
                let planes = self.with_node(reach, direction, (pod, nodes[0]), *family);
                match links.iter_mut().find(|l| l.planes == planes) {
                    Some(link) => link.families.push(*family),
                    None => links.push(BetweenNodes {
                        relation: Some(relation),
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
