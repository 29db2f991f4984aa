//! What changed between nodes and pods, on ports of nodes that do not lead on.

use super::{Change, Comparing, Delta, Key, Links, MAX_EXPLAINED, Witness, differing, named};
use crate::engine::{Engine, Party, Planes, Reach};
use crate::ir::Direction;
use crate::model::NodeId;
use crate::query::answer::{Peer, PeerKind, Relation};
use crate::query::direction::Flow;
use crate::query::joint::{Joint, peer_of};
use crate::query::nodes::BetweenNodes;
use crate::query::units::{Unit, rectangles};
use crate::set::{Family, TrafficSet};
use crate::sorted::{Arrange, SortedMap, SortedSet};

/// Nodes that no policy tells apart, before and after; none on a side where they are not there.
pub(super) struct NodePair {
    old: Vec<NodeId>,
    new: Vec<NodeId>,
}

/// Whether a node is gone, and its number in the state that has it.
pub(super) type DiffNode = (bool, NodeId);

/// The same of a unit and nodes.
fn node_links(
    engine: &Engine,
    reach: &mut Reach<'_>,
    direction: Direction,
    unit: Option<&Unit>,
    nodes: &[NodeId],
    led: &TrafficSet,
) -> Option<Links> {
    let links = engine.node_links(reach, direction, unit?, nodes, false).into_iter();
    let rest = |planes: Planes| Planes { must: planes.must.difference(led), may: planes.may.difference(led) };
    Some(links.map(|BetweenNodes { relation, families, planes, .. }| (relation, families, rest(planes))).collect())
}

impl Comparing<'_> {
    pub(super) fn addresses_have_no_owners(&self) -> bool {
        [self.old, self.new].iter().any(|e| !e.profile.addresses_have_owners)
    }

    /// The nodes of both states, by name.
    pub(super) fn node_pairs(&self, direction: Direction) -> Vec<NodePair> {
        if self.addresses_have_no_owners() {
            return Vec::new();
        }
        let [olds, news] = [0, 1].map(|at: usize| &self.asked[at].others(direction).nodes);
        let classes = |engine: &Engine, nodes: &[NodeId]| -> SortedMap<NodeId, usize> {
            let classes = engine.node_classes(direction, nodes, false);
            classes.iter().zip(0..).flat_map(|(class, number)| class.iter().map(move |id| (*id, number))).collect()
        };
        let (old, new) = (classes(self.old, olds), classes(self.new, news));
        let mut pairs: SortedMap<(Option<usize>, Option<usize>), NodePair> = SortedMap::new();
        for [a, b] in self.nodes_by_name(direction) {
            let class = |of: &SortedMap<NodeId, usize>, id: Option<NodeId>| id.and_then(|id| of.get(&id).copied());
            let pair = pairs.entry((class(&old, a), class(&new, b)));
            let pair = pair.or_insert(NodePair { old: Vec::new(), new: Vec::new() });
            pair.old.extend(a);
            pair.new.extend(b);
        }
        pairs.into_values().collect()
    }

    /// What changed between the pods of a workload and nodes.
    pub(super) fn nodes(&mut self, direction: Direction, units: &[Joint], alike: &[NodePair]) {
        // What leads on from a node is another matter.
        let led = if direction == Direction::Egress { self.led() } else { TrafficSet::empty() };
        let mut cells: SortedMap<Key, SortedMap<usize, SortedSet<DiffNode>>> = SortedMap::new();
        for (at, joint) in units.iter().enumerate() {
            if self.is_alike(direction, joint) {
                continue;
            }
            for NodePair { old, new } in alike {
                let mut before = node_links(self.old, &mut self.before, direction, joint.old.as_ref(), old, &led);
                let mut after = node_links(self.new, &mut self.after, direction, joint.new.as_ref(), new, &led);
                // A port name is looked up on a pod.
                let is_pod = direction == Direction::Ingress;
                named(self.old, self.port, joint.old.as_ref().filter(|_| is_pod), before.as_mut());
                named(self.new, self.port, joint.new.as_ref().filter(|_| is_pod), after.as_mut());
                let with = |engine: &Engine, unit: &Option<Unit>, nodes: &[NodeId]| match (unit, nodes.first()) {
                    (Some(unit), Some(node)) => engine.common_families(unit.party, Party::Node(*node)),
                    _ => Vec::new(),
                };
                let of = [with(self.old, &joint.old, old), with(self.new, &joint.new, new)];
                let families: Vec<Family> =
                    Family::ALL.into_iter().filter(|f| of.iter().any(|of| of.contains(f))).collect();
                let (is_gone, ids) = if new.is_empty() { (true, old) } else { (false, new) };
                for key in differing(before.as_ref(), after.as_ref(), &families) {
                    let nodes = ids.iter().map(|id| (is_gone, *id));
                    cells.entry(key).or_default().entry(at).or_default().extend(nodes);
                }
            }
        }
        for ((relation, families, delta), rows) in cells {
            for (nodes, rows) in rectangles(rows) {
                let Some(pods) = peer_of(self.old, self.new, rows.iter().map(|at| &units[*at])) else { continue };
                let first = rows.first().map(|at| &units[*at]);
                let witness = first.and_then(|j| self.witness_node(direction, j, &nodes, relation, &families, &delta));
                let nodes = self.nodes_peer(&nodes);
                let (from, to) = match direction {
                    Direction::Egress => (pods, nodes),
                    Direction::Ingress => (nodes, pods),
                };
                let families = families.clone();
                self.changes.push(Change { relation, families, witness, ..Change::new(from, to, delta.clone()) });
            }
        }
    }

    /// Nodes of both states as a peer: all that there are now, or those that are named.
    pub(super) fn nodes_peer(&self, nodes: &SortedSet<DiffNode>) -> Peer {
        let of = |gone: bool| nodes.iter().filter(move |node| node.0 == gone).map(|node| node.1);
        let (old, new): (Vec<NodeId>, Vec<NodeId>) = (of(true).collect(), of(false).collect());
        if old.is_empty() {
            return self.new.nodes_peer(new.into_iter());
        }
        let mut peer = Peer::new(PeerKind::Nodes);
        peer.nodes = nodes.iter().map(|node| (*self.node_name(*node)).into()).collect();
        peer.nodes.arrange();
        peer
    }

    fn node_name(&self, (is_gone, id): DiffNode) -> &str {
        let engine = if is_gone { self.old } else { self.new };
        &engine.cluster.node(id).name
    }

    /// A packet between a pod and one of some nodes that relate so.
    fn witness_node(
        &self,
        direction: Direction,
        joint: &Joint,
        nodes: &SortedSet<DiffNode>,
        relation: Option<Relation>,
        families: &[Family],
        delta: &Delta,
    ) -> Option<Witness> {
        if self.changes.len() >= MAX_EXPLAINED {
            return None;
        }
        let (protocol, port) = delta.first()?;
        let names: SortedSet<&str> = nodes.iter().map(|node| self.node_name(*node)).collect();
        // As it is after, else as it was.
        let found = [(self.new, &joint.new), (self.old, &joint.old)].into_iter().find_map(|(engine, unit)| {
            let mut all = engine.all_nodes();
            all.retain(|id| names.contains(&*engine.cluster.node(*id).name));
            let pairs = unit.as_ref()?.members.iter().flat_map(|pod| all.iter().map(move |node| (*pod, *node)));
            let fits = |pod, node| relation.is_none_or(|wanted| engine.relation_to(pod, node) == wanted);
            let (pod, node) = pairs.into_iter().find(|(pod, node)| fits(*pod, *node))?;
            Some((engine.pod_name(pod), engine.cluster.node(node).name.clone()))
        });
        let (pod_name, node_name) = found?;
        let decide = |engine: &Engine, unit: &Option<Unit>| {
            let members = &unit.as_ref()?.members;
            let pod = members
                .iter()
                .copied()
                .find(|id| engine.pod_name(*id) == pod_name)
                .or_else(|| members.first().copied());
            let node = engine.all_nodes().into_iter().find(|n| engine.cluster.node(*n).name == node_name)?;
            let (pod, node) = (Party::Endpoint(pod?), Party::Node(node));
            let family = families.first().copied().or_else(|| engine.common_families(pod, node).first().copied())?;
            let (source, destination) = match direction {
                Direction::Egress => (pod, node),
                Direction::Ingress => (node, pod),
            };
            Some(engine.decision(Flow { source, destination, family }, protocol, port))
        };
        let (before, after) = (decide(self.old, &joint.old), decide(self.new, &joint.new));
        let node = format!("node/{node_name}");
        let (from, to) = match direction {
            Direction::Egress => (pod_name.clone(), node),
            Direction::Ingress => (node, pod_name.clone()),
        };
        Some(Witness { from, to, behind: None, protocol, port, before, after })
    }

    /// The other ends of a direction that are nodes, in both states by name.
    pub(super) fn nodes_by_name(&self, direction: Direction) -> Vec<[Option<NodeId>; 2]> {
        let mut by_name: SortedMap<String, [Option<NodeId>; 2]> = SortedMap::new();
        for (at, engine) in self.engines().into_iter().enumerate() {
            for id in &self.asked[at].others(direction).nodes {
                by_name.entry(engine.cluster.node(*id).name.to_string()).or_default()[at] = Some(*id);
            }
        }
        by_name.into_values().collect()
    }

    /// The same, of those that are nodes before and after.
    pub(super) fn in_both(&self, direction: Direction) -> Vec<[NodeId; 2]> {
        self.nodes_by_name(direction).into_iter().filter_map(|[old, new]| Some([old?, new?])).collect()
    }
}
