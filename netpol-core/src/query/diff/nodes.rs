//! What changed between nodes and everybody. Where a port of a node leads on to pods, those who may ask
//! there are looked at one by one, as in `matrix`.

use super::{Change, Comparing, Delta, Key, Links, MAX_EXPLAINED, Witness, differing, name_of, named};
use crate::engine::{Engine, Party, Planes, Reach};
use crate::ir::Direction;
use crate::model::NodeId;
use crate::query::answer::{Peer, PeerKind, Relation};
use crate::query::check::address_set;
use crate::query::direction::Flow;
use crate::query::fold::Members;
use crate::query::joint::{Joint, peer_of};
use crate::query::nodes::BetweenNodes;
use crate::query::resolve::Group;
use crate::query::units::{Unit, rectangles};
use crate::set::{AddressSet, Family};
use crate::sorted::{Arrange, SortedMap, SortedSet};

/// Nodes that no policy tells apart, before and after; none on a side where they are not there.
pub(super) struct NodePair {
    old: Vec<NodeId>,
    new: Vec<NodeId>,
}

/// Whether a node is gone, and its number in the state that has it.
type DiffNode = (bool, NodeId);

/// The same of a unit and nodes.
fn node_links(
    engine: &Engine,
    reach: &mut Reach<'_>,
    direction: Direction,
    unit: Option<&Unit>,
    nodes: &[NodeId],
    through: bool,
) -> Option<Links> {
    let links = engine.node_links(reach, direction, unit?, nodes, through).into_iter();
    Some(links.map(|BetweenNodes { relation, families, planes, .. }| (relation, families, planes)).collect())
}

impl Comparing<'_> {
    /// Whether ports of nodes that lead on are followed, in each state.
    pub(super) fn follows(&self) -> [bool; 2] {
        if name_of(self.port).is_some() || self.addresses_have_no_owners() {
            return [false; 2];
        }
        [(self.old, &self.asked[0]), (self.new, &self.asked[1])]
            .map(|(engine, asked)| engine.table_looks_through(&asked.from.nodes, &asked.to.nodes))
    }

    fn addresses_have_no_owners(&self) -> bool {
        [self.old, self.new].iter().any(|e| !e.profile.addresses_have_owners)
    }

    /// The nodes of both states, by name.
    pub(super) fn node_pairs(&self, direction: Direction, through: bool) -> Vec<NodePair> {
        if self.addresses_have_no_owners() {
            return Vec::new();
        }
        let [olds, news] = [0, 1].map(|at: usize| self.asked[at].others(direction).nodes.clone());
        let name = |engine: &Engine, id: NodeId| engine.cluster.node(id).name.to_string();
        let mut by_name: SortedMap<String, [Option<NodeId>; 2]> = SortedMap::new();
        for (at, (engine, nodes)) in [(self.old, &olds), (self.new, &news)].into_iter().enumerate() {
            nodes.iter().for_each(|id| by_name.entry(name(engine, *id)).or_default()[at] = Some(*id));
        }
        let classes = |engine: &Engine, nodes: &[NodeId]| -> SortedMap<NodeId, usize> {
            let classes = engine.node_classes(direction, nodes, through);
            classes.iter().zip(0..).flat_map(|(class, number)| class.iter().map(move |id| (*id, number))).collect()
        };
        let (old, new) = (classes(self.old, &olds), classes(self.new, &news));
        let mut pairs: SortedMap<(Option<usize>, Option<usize>), NodePair> = SortedMap::new();
        for [a, b] in by_name.into_values() {
            let class = |of: &SortedMap<NodeId, usize>, id: Option<NodeId>| id.and_then(|id| of.get(&id).copied());
            let pair = pairs.entry((class(&old, a), class(&new, b)));
            let pair = pair.or_insert(NodePair { old: Vec::new(), new: Vec::new() });
            pair.old.extend(a);
            pair.new.extend(b);
        }
        pairs.into_values().collect()
    }

    /// What changed between the pods of a workload and nodes.
    pub(super) fn nodes(&mut self, direction: Direction, units: &[Joint], alike: &[NodePair], through: [bool; 2]) {
        let mut cells: SortedMap<Key, SortedMap<usize, SortedSet<DiffNode>>> = SortedMap::new();
        for (at, joint) in units.iter().enumerate() {
            for NodePair { old, new } in alike {
                let mut before = node_links(self.old, &mut self.before, direction, joint.old.as_ref(), old, through[0]);
                let mut after = node_links(self.new, &mut self.after, direction, joint.new.as_ref(), new, through[1]);
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
                let (Delta { opened, closed, undecided }, families) = (delta.clone(), families.clone());
                self.changes.push(Change { from, to, relation, families, opened, closed, undecided, witness });
            }
        }
    }

    /// Nodes of both states as a peer: all that there are now, or those that are named.
    fn nodes_peer(&self, nodes: &SortedSet<DiffNode>) -> Peer {
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
        // What a node does with the port of a Service is no matter of its policies.
        if [self.old, self.new].iter().any(|e| e.cluster.node_ports().contains(protocol, port)) {
            return None;
        }
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
        Some(Witness { from, to, protocol, port, before, after })
    }

    /// What a node gets on ports that lead on, from clients to whom no policy applies before it does;
    /// before and after.
    fn at_nodes(&self, from: [Group; 2], to: [NodeId; 2], family: Family, through: [bool; 2]) -> [Planes; 2] {
        let asked = self.before.asked();
        let [old, new] = from;
        let at = |engine: &Engine, from: Group, node: NodeId, through: bool| {
            engine.to_node(&Planes::allow(asked), asked, through.then_some((from, node, family)))
        };
        [at(self.old, old, to[0], through[0]), at(self.new, new, to[1], through[1])]
    }

    /// What changed for nodes and addresses outside that ask at ports of nodes that lead on; at all
    /// other ports, no policy has a say.
    pub(super) fn at_ports_that_lead_on(&mut self, through: [bool; 2]) {
        let asked = self.before.asked();
        let leads = |engine: &Engine| !engine.cluster.node_ports().intersection(asked).is_empty();
        let named = name_of(self.port).is_some();
        if named || self.addresses_have_no_owners() || !(leads(self.old) || leads(self.new)) {
            return;
        }
        let targets = self.in_both(Direction::Egress);
        self.nodes_on(&targets, through);
        self.outside_on(&targets, through);
    }

    /// The other ends of a direction that are nodes before and after.
    fn in_both(&self, direction: Direction) -> Vec<[NodeId; 2]> {
        let pairs = self.node_pairs(direction, true).into_iter();
        pairs.flat_map(|pair| pair.old.into_iter().zip(pair.new).map(|(old, new)| [old, new])).collect()
    }

    fn nodes_on(&mut self, targets: &[[NodeId; 2]], through: [bool; 2]) {
        let sources = self.in_both(Direction::Ingress);
        let mut cells: SortedMap<Key, SortedMap<usize, SortedSet<DiffNode>>> = SortedMap::new();
        for (at, source) in sources.iter().enumerate() {
            for target in targets {
                let common = |engine: &Engine, at: usize| {
                    engine.common_families(Party::Node(source[at]), Party::Node(target[at]))
                };
                let both = [common(self.old, 0), common(self.new, 1)];
                let families: Vec<Family> = Family::ALL
                    .into_iter()
                    .filter(|f| both.iter().all(|of| of.contains(f)) && self.before.families().contains(f))
                    .collect();
                let (mut before, mut after): (Links, Links) = (Vec::new(), Vec::new());
                for family in &families {
                    let from = source.map(|node| Group { nodes: vec![node], ..Group::default() });
                    let [old, new] = self.at_nodes(from, *target, *family, through);
                    before.push((None, vec![*family], old));
                    after.push((None, vec![*family], new));
                }
                for key in differing(Some(&before), Some(&after), &families) {
                    cells.entry(key).or_default().entry(at).or_default().insert((false, target[1]));
                }
            }
        }
        for ((_, families, delta), rows) in cells {
            for (targets, rows) in rectangles(rows) {
                let from: SortedSet<DiffNode> = rows.into_iter().map(|at| (false, sources[at][1])).collect();
                if from.len() == 1 && from == targets {
                    continue;
                }
                let ends = (self.nodes_peer(&from), self.nodes_peer(&targets));
                self.push_unexplained(ends, families.clone(), delta.clone());
            }
        }
    }

    fn outside_on(&mut self, targets: &[[NodeId; 2]], through: [bool; 2]) {
        let [old, new] = [&self.asked[0], &self.asked[1]].map(|asked| {
            let families = asked.from.families_with(&asked.to);
            AddressSet::families(families).intersection(&asked.from.addresses)
        });
        let addresses = old.intersection(&new);
        let mut blocks = [self.old.blocks_behind_nodes(), self.new.blocks_behind_nodes()].concat();
        blocks.arrange();
        blocks.dedup();
        let whole = Group { addresses, ..Group::default() };
        let classes = self.new.fold(&whole, &blocks, false);
        let followed = |engine: &Engine, through: bool| through && engine.looks_through(classes.len(), targets.len());
        let through = [followed(self.old, through[0]), followed(self.new, through[1])];
        let mut found: SortedMap<Vec<(Delta, AddressSet)>, Vec<usize>> = SortedMap::new();
        for (at, target) in targets.iter().enumerate() {
            let mut deltas: SortedMap<Delta, AddressSet> = SortedMap::new();
            for class in &classes {
                let Members::Addresses(ranges) = &class.members else { continue };
                let Some((first, _)) = ranges.first() else { continue };
                let addresses = address_set(ranges);
                let before = self.old.outside_of_node(target[0], &addresses);
                let addresses = self.new.outside_of_node(target[1], &before);
                if addresses.is_empty() {
                    continue;
                }
                let from = [0, 1].map(|_| Group { addresses: addresses.clone(), ..Group::default() });
                let [before, after] = self.at_nodes(from, *target, Family::of(*first), through);
                if let Some(delta) = Delta::of(&before, &after) {
                    let all = deltas.entry(delta).or_default();
                    *all = all.union(&addresses);
                }
            }
            found.entry(deltas.into_iter().collect()).or_default().push(at);
        }
        for (deltas, of) in found {
            let nodes: SortedSet<DiffNode> = of.into_iter().map(|at| (false, targets[at][1])).collect();
            for (delta, addresses) in deltas {
                let ends = (self.new.address_peer(&addresses), self.nodes_peer(&nodes));
                self.push_unexplained(ends, Vec::new(), delta);
            }
        }
    }

    /// What a node makes of its ports is no matter of its policies, so that no rule explains it.
    fn push_unexplained(&mut self, (from, to): (Peer, Peer), families: Vec<Family>, delta: Delta) {
        let Delta { opened, closed, undecided } = delta;
        self.changes.push(Change { from, to, relation: None, families, opened, closed, undecided, witness: None });
    }
}
