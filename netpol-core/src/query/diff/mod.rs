//! `diff`: what changed between two states of a cluster, connection by connection.

mod alike;
mod answering;
mod fronts;
mod nodes;
mod services;
mod shown;

use crate::diagnostic::Params;
use crate::engine::{Engine, MOST_PAIRS, Openings, Party, Planes, Reach};
use crate::explain::Code;
use crate::ir::Direction;
use crate::query::answer::{DirectionAnswer, Note, Peer, Relation, Verdict};
use crate::query::basis::Basis;
use crate::query::direction::{Flow, verdict_of};
use crate::query::joint::{Joint, joints, peer_of};
use crate::query::port::PortExpr;
use crate::query::resolve::{Group, QueryError};
use crate::query::units::{Link, Outside, Unit, rectangles};
use crate::set::{AddressSet, Family, Protocol, TrafficSet};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use alike::Alike;
use fixedbitset::FixedBitSet;
use serde::Serialize;
use std::net::IpAddr;

/// More pairs of what can be told apart, and between which something may pass before or after, are
/// not compared one by one.
const MAX_PAIRS: usize = 25_000_000;

/// So many changes are explained by their rules; of more, only the traffic is said.
const MAX_EXPLAINED: usize = 1000;

/// What changed between one and another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Who opens the connections.
    pub from: Peer,
    /// Whom they reach.
    pub to: Peer,
    /// Which pairs of pods, when it is not all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relation: Option<Relation>,
    /// The address families this is about, when they differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub families: Vec<Family>,
    /// Allowed now, and not before.
    #[serde(skip_serializing_if = "TrafficSet::is_empty")]
    pub opened: TrafficSet,
    /// Allowed before, and not now.
    #[serde(skip_serializing_if = "TrafficSet::is_empty")]
    pub closed: TrafficSet,
    /// Denied before and undefined now, or the other way round.
    #[serde(skip_serializing_if = "TrafficSet::is_empty")]
    pub undecided: TrafficSet,
    /// Of all this, what was undefined before.
    #[serde(skip_serializing_if = "TrafficSet::is_empty")]
    pub undefined_before: TrafficSet,
    /// Of all this, what is undefined now.
    #[serde(skip_serializing_if = "TrafficSet::is_empty")]
    pub undefined_now: TrafficSet,
    /// Where others answer at the destination (a port of a node, a Service): those of whom this is
    /// told, when it is not all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub behind: Vec<Peer>,
    /// A packet of which the verdict changed, with the rules on both sides of the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<Witness>,
}

/// A packet whose verdict is another than it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Witness {
    /// The pod, node or address that sends it.
    pub from: String,
    /// The pod, node, Service or address that it is sent to.
    pub to: String,
    /// Who answers there, if it is somebody else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind: Option<String>,
    /// Its protocol.
    pub protocol: Protocol,
    /// Its destination port.
    pub port: u16,
    /// The verdict before; none if one of the two was not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Decision>,
    /// The verdict now; none if one of the two is no longer there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Decision>,
}

/// A verdict with the reasons of both directions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// Allow, deny or undefined.
    pub verdict: Verdict,
    /// What the source's policies say.
    pub egress: DirectionAnswer,
    /// What the destination's policies say.
    pub ingress: DirectionAnswer,
}

/// The answer of `diff`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DiffAnswer {
    /// `netpol.diff/v1`.
    pub schema: &'static str,
    /// Whether nothing changed at all: no workload, no connection. Not so where something was not compared.
    pub same: bool,
    /// Workloads that are new.
    pub added: Vec<Peer>,
    /// Workloads that are gone.
    pub removed: Vec<Peer>,
    /// The addresses outside that were compared: those of one of the states.
    pub outside: Peer,
    /// Connections that changed, sorted. Those of new workloads are opened, of gone ones closed.
    pub changes: Vec<Change>,
    /// What was not compared, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// What the answer rests on, of the state before.
    pub before: Basis,
    /// What the answer rests on, of the state after.
    pub after: Basis,
}

/// What changed of one piece.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Delta {
    opened: TrafficSet,
    closed: TrafficSet,
    undecided: TrafficSet,
    undefined_before: TrafficSet,
    undefined_now: TrafficSet,
}

impl Change {
    /// What changed between two.
    fn new(from: Peer, to: Peer, delta: Delta) -> Self {
        let Delta { opened, closed, undecided, undefined_before, undefined_now } = delta;
        Self {
            from,
            to,
            relation: None,
            families: Vec::new(),
            opened,
            closed,
            undecided,
            undefined_before,
            undefined_now,
            behind: Vec::new(),
            witness: None,
        }
    }
}

impl Delta {
    fn of(before: &Planes, after: &Planes) -> Option<Self> {
        if before == after {
            return None;
        }
        let opened = after.must.difference(&before.must);
        let closed = before.must.difference(&after.must);
        let (a, b) = (before.may.difference(&before.must), after.may.difference(&after.must));
        // What is undefined on one side only, and not allowed on the other.
        let undecided = a.difference(&b).union(&b.difference(&a)).difference(&opened).difference(&closed);
        let changed = opened.union(&closed).union(&undecided);
        let (undefined_before, undefined_now) = (a.intersection(&changed), b.intersection(&changed));
        Some(Self { opened, closed, undecided, undefined_before, undefined_now })
    }

    /// Both together.
    fn add(&mut self, other: &Self) {
        let Self { opened, closed, undecided, undefined_before, undefined_now } = other;
        self.opened = self.opened.union(opened);
        self.closed = self.closed.union(closed);
        self.undecided = self.undecided.union(undecided);
        self.undefined_before = self.undefined_before.union(undefined_before);
        self.undefined_now = self.undefined_now.union(undefined_now);
    }

    fn first(&self) -> Option<(Protocol, u16)> {
        [&self.opened, &self.closed, &self.undecided].into_iter().find_map(TrafficSet::first)
    }
}

/// Whom one state is asked about.
pub(crate) struct Asked {
    pub(crate) from: Group,
    pub(crate) to: Group,
}

impl Asked {
    pub(crate) fn everything(engine: &Engine) -> Self {
        Self { from: engine.everybody(), to: engine.everybody() }
    }

    /// The other ends of those whom a direction is about.
    fn others(&self, direction: Direction) -> &Group {
        match direction {
            Direction::Egress => &self.to,
            Direction::Ingress => &self.from,
        }
    }
}

/// Two states side by side.
struct Comparing<'e> {
    old: &'e Engine,
    new: &'e Engine,
    before: Reach<'e>,
    after: Reach<'e>,
    asked: [Asked; 2],
    port: &'e PortExpr,
    changes: Vec<Change>,
    /// What needs no look.
    alike: Option<Alike>,
    /// Whether there is too much to look at behind ports of nodes and Services.
    not_compared: bool,
}

type Key = (Option<Relation>, Vec<Family>, Delta);

/// `asked` is whom each state is asked about, on `port`.
pub(crate) fn diff(old: &Engine, new: &Engine, asked: [Asked; 2], port: &PortExpr) -> Result<DiffAnswer, QueryError> {
    let side = |of: fn(&Asked) -> &Group| {
        let [a, b] = [&asked[0], &asked[1]].map(|asked| of(asked).endpoints.as_slice());
        joints((old, a), (new, b))
    };
    let sources = side(|asked| &asked.from);
    let alike = asked.iter().all(|asked| asked.from.endpoints == asked.to.endpoints);
    let others = if alike { Vec::new() } else { side(|asked| &asked.to) };
    let joints = if alike { &sources } else { &others };
    let pairs = sources.len().saturating_mul(joints.len());
    if pairs > MOST_PAIRS {
        return Err(QueryError::too_many_pairs(pairs, MOST_PAIRS));
    }
    let traffic = if let PortExpr::Set(set) = port { set.clone() } else { TrafficSet::all_ports() };
    let reach = |engine, asked: &Asked| Reach::new(engine, &traffic).within(&asked.from.families_with(&asked.to));
    let (before, after) = (reach(old, &asked[0]), reach(new, &asked[1]));
    let alike = Alike::new(old, new, &asked);
    let changes = Vec::new();
    let mut comparing = Comparing { old, new, before, after, asked, port, changes, alike, not_compared: false };
    let unlike = |direction: Direction, of: &[Joint]| -> FixedBitSet {
        let mut unlike = FixedBitSet::with_capacity(of.len());
        unlike.extend((0..of.len()).filter(|at| !comparing.is_alike(direction, &of[*at])));
        unlike
    };
    let (from_other_rules, to_other_rules) = (unlike(Direction::Egress, &sources), unlike(Direction::Ingress, joints));
    // Where nothing may pass before and after, nothing changed.
    let first = |unit: &Option<Unit>| unit.as_ref().and_then(|unit| unit.members.first().copied());
    let mut olds = Openings::new(old, Direction::Egress, joints.iter().map(|j| first(&j.old)), &traffic);
    let mut news = Openings::new(new, Direction::Egress, joints.iter().map(|j| first(&j.new)), &traffic);
    let mut open = |at: usize| {
        let joint = &sources[at];
        if !from_other_rules.contains(at) && to_other_rules.is_clear() {
            return FixedBitSet::new();
        }
        let mut open = first(&joint.old).map(|id| olds.of(id)).unwrap_or_default();
        open.union_with(&first(&joint.new).map(|id| news.of(id)).unwrap_or_default());
        if !from_other_rules.contains(at) {
            open.intersect_with(&to_other_rules);
        }
        open
    };
    let pairs = (0..sources.len()).map(|at| open(at).count_ones(..)).fold(0, usize::saturating_add);
    if pairs > MAX_PAIRS {
        return Err(QueryError::too_many_pairs(pairs, MAX_PAIRS));
    }
    let mut done = 0;
    for sources in sources.chunk_by(|a, b| a.workload == b.workload) {
        let open: Vec<FixedBitSet> = (done..done + sources.len()).map(&mut open).collect();
        done += sources.len();
        let mut targets = FixedBitSet::new();
        open.iter().for_each(|one| targets.union_with(one));
        let targets: Vec<usize> = targets.ones().collect();
        for targets in targets.chunk_by(|a, b| joints[*a].workload == joints[*b].workload) {
            comparing.workloads(sources, targets, joints, &open);
        }
    }
    for direction in Direction::ALL {
        let alike = comparing.node_pairs(direction);
        let subjects = if direction == Direction::Egress { &sources } else { joints };
        for units in subjects.chunk_by(|a, b| a.workload == b.workload) {
            comparing.outside(direction, units);
            comparing.nodes(direction, units, &alike);
        }
    }
    comparing.fronts();
    comparing.controller()?;
    let compared = |asked: &Asked| asked.from.addresses.union(&asked.to.addresses);
    let outside = new.address_peer(&compared(&comparing.asked[0]).union(&compared(&comparing.asked[1])));
    let notes = comparing.not_compared.then(|| Note { code: Code::TooManyToCompare, params: Params::new() });
    let mut changes = comparing.changes;
    changes.arrange_by(|a, b| {
        let key = |c: &Change| (c.from.clone(), c.to.clone(), c.relation, c.families.clone(), c.behind.clone());
        key(a).cmp(&key(b))
    });
    let only = |wanted: fn(&Joint) -> bool| -> Vec<Peer> {
        let whole = |of: &[Joint]| of.iter().all(wanted).then(|| peer_of(old, new, of.iter())).flatten();
        let mut found: Vec<Peer> = [&sources, joints]
            .iter()
            .flat_map(|all| all.chunk_by(|a, b| a.workload == b.workload))
            .filter_map(whole)
            .collect();
        found.arrange();
        found.dedup();
        found
    };
    let (added, removed) = (only(|j| j.old.is_none()), only(|j| j.new.is_none()));
    Ok(DiffAnswer {
        schema: "netpol.diff/v1",
        same: changes.is_empty() && added.is_empty() && removed.is_empty() && notes.is_none(),
        added,
        removed,
        outside,
        changes,
        notes: notes.into_iter().collect(),
        before: old.basis_of_all(),
        after: new.basis_of_all(),
    })
}

/// What a pair may send, by relation and family.
type Links = Vec<(Option<Relation>, Vec<Family>, Planes)>;

/// What a pair may send; none where one of the two is not there. `many`: a single pod stands for
/// several of its kind.
fn links(engine: &Engine, reach: &mut Reach<'_>, a: Option<&Unit>, b: Option<&Unit>, many: bool) -> Option<Links> {
    let (a, b) = (a?, b?);
    let links = if many && a.members == b.members { engine.links_among(reach, a) } else { engine.links(reach, a, b) };
    let links = links.into_iter();
    Some(links.map(|Link { relation, families, planes }| (relation, families, reach.get(planes).clone())).collect())
}

/// The port name that is asked about.
fn name_of(port: &PortExpr) -> Option<(&str, Option<Protocol>)> {
    if let PortExpr::Named(name, protocol) = port { Some((name, *protocol)) } else { None }
}

/// What a pod calls so; none: nothing.
fn declared(engine: &Engine, unit: Option<&Unit>, (name, protocol): (&str, Option<Protocol>)) -> TrafficSet {
    let pod = unit.and_then(|unit| unit.members.first());
    pod.map_or_else(TrafficSet::empty, |pod| engine.declared(*pod, name, protocol))
}

/// Where a port name is asked about, only what the destination calls so.
fn named(engine: &Engine, port: &PortExpr, target: Option<&Unit>, links: Option<&mut Links>) {
    let Some(name) = name_of(port) else { return };
    let asked = declared(engine, target, name);
    links.into_iter().flatten().for_each(|(.., planes)| *planes = planes.within(&asked));
}

/// The planes for a relation and a family.
fn planes_for(links: Option<&Links>, relation: Option<Relation>, family: Family) -> Planes {
    let fits = |(of, families, _): &&(Option<Relation>, Vec<Family>, Planes)| {
        (of.is_none() || *of == relation) && (families.is_empty() || families.contains(&family))
    };
    links.into_iter().flatten().find(fits).map(|(.., planes)| planes.clone()).unwrap_or_default()
}

/// What differs between two states of a pair, by relation and family.
fn differing(before: Option<&Links>, after: Option<&Links>, families: &[Family]) -> Vec<Key> {
    let all = || before.into_iter().chain(after).flatten();
    let relations: SortedSet<Option<Relation>> = all().map(|(relation, ..)| *relation).collect();
    // A side that makes no difference by nodes has the same planes for all of them.
    let relations: Vec<Option<Relation>> = match relations.iter().any(Option::is_some) {
        true => relations.into_iter().filter(Option::is_some).collect(),
        false => relations.into_iter().collect(),
    };
    let mut found: SortedMap<(Option<Relation>, Delta), Vec<Family>> = SortedMap::new();
    for relation in relations {
        for family in families {
            let (old, new) = (planes_for(before, relation, *family), planes_for(after, relation, *family));
            if let Some(delta) = Delta::of(&old, &new) {
                found.entry((relation, delta)).or_default().push(*family);
            }
        }
    }
    let keys = found.into_iter().map(|((relation, delta), of)| {
        let of = if of == families { Vec::new() } else { of };
        (relation, of, delta)
    });
    keys.collect()
}

impl Comparing<'_> {
    /// Whether pods are surely as they were in a direction.
    fn is_alike(&self, direction: Direction, joint: &Joint) -> bool {
        self.alike.as_ref().is_some_and(|alike| alike.joint(direction, joint))
    }

    /// What changed between the pods of two workloads.
    fn workloads(&mut self, sources: &[Joint], targets: &[usize], joints: &[Joint], open: &[FixedBitSet]) {
        let mut cells: SortedMap<Key, SortedMap<usize, SortedSet<usize>>> = SortedMap::new();
        for (s, source) in sources.iter().enumerate() {
            for t in targets.iter().filter(|t| open[s].contains(**t)) {
                for key in self.pair(source, &joints[*t]) {
                    cells.entry(key).or_default().entry(s).or_default().insert(*t);
                }
            }
        }
        for ((relation, families, delta), rows) in cells {
            for (columns, rows) in rectangles(rows) {
                let from = peer_of(self.old, self.new, rows.iter().map(|s| &sources[*s]));
                let to = peer_of(self.old, self.new, columns.iter().map(|t| &joints[*t]));
                let (Some(from), Some(to)) = (from, to) else { continue };
                let witness = match (rows.first(), columns.first()) {
                    (Some(s), Some(t)) => {
                        let family = families.first().copied();
                        self.witness_inside(&sources[*s], &joints[*t], relation, family, &delta)
                    }
                    _ => None,
                };
                let families = families.clone();
                self.changes.push(Change { relation, families, witness, ..Change::new(from, to, delta.clone()) });
            }
        }
    }

    fn pair(&mut self, source: &Joint, target: &Joint) -> Vec<Key> {
        // One pod, and later many: what the many may send each other is compared with what another
        // one could have been sent before.
        let many = |side: &Option<Unit>, engine: &Engine| match side.as_ref().map(|u| u.members.as_slice()) {
            Some([only]) => engine.is_many(*only),
            Some(_) => true,
            None => false,
        };
        let many = many(&source.old, self.old) || many(&source.new, self.new);
        let mut before = links(self.old, &mut self.before, source.old.as_ref(), target.old.as_ref(), many);
        let mut after = links(self.new, &mut self.after, source.new.as_ref(), target.new.as_ref(), many);
        named(self.old, self.port, target.old.as_ref(), before.as_mut());
        named(self.new, self.port, target.new.as_ref(), after.as_mut());
        let families = self.families(source, target);
        differing(before.as_ref(), after.as_ref(), &families)
    }

    /// The families in which a pair has anything to do with each other, before or after.
    fn families(&self, source: &Joint, target: &Joint) -> Vec<Family> {
        let common = |engine: &Engine, a: &Option<Unit>, b: &Option<Unit>| match (a, b) {
            (Some(a), Some(b)) => engine.common_families(a.party, b.party),
            _ => Vec::new(),
        };
        let before = common(self.old, &source.old, &target.old);
        let after = common(self.new, &source.new, &target.new);
        Family::ALL.into_iter().filter(|f| before.contains(f) || after.contains(f)).collect()
    }

    fn witness_inside(
        &self,
        source: &Joint,
        target: &Joint,
        relation: Option<Relation>,
        family: Option<Family>,
        delta: &Delta,
    ) -> Option<Witness> {
        if self.changes.len() >= MAX_EXPLAINED {
            return None;
        }
        let (protocol, port) = delta.first()?;
        let ends = |engine: &Engine, a: &Option<Unit>, b: &Option<Unit>| {
            let (a, b) = (a.as_ref()?, b.as_ref()?);
            engine.pair_of(a, b, relation)
        };
        let before = ends(self.old, &source.old, &target.old);
        let after = ends(self.new, &source.new, &target.new);
        let named = |engine: &Engine, party: Party| match party {
            Party::Endpoint(id) => engine.pod_name(id),
            _ => String::new(),
        };
        let (from, to) = match (after, before) {
            (Some((a, b)), _) => (named(self.new, a), named(self.new, b)),
            (None, Some((a, b))) => (named(self.old, a), named(self.old, b)),
            (None, None) => return None,
        };
        let family = family.or_else(|| self.families(source, target).first().copied()).unwrap_or(Family::V4);
        let decide = |engine: &Engine, ends: Option<(Party, Party)>| {
            let (source, destination) = ends?;
            Some(engine.decision(Flow { source, destination, family }, protocol, port))
        };
        let (before, after) = (decide(self.old, before), decide(self.new, after));
        Some(Witness { from, to, behind: None, protocol, port, before, after })
    }

    /// What changed between the pods of a workload and the outside.
    fn outside(&mut self, direction: Direction, units: &[Joint]) {
        // An address that a pod came to or gave up is no other outside for it. A family that only one
        // state has is all new, or gone.
        let [old, new] = [&self.asked[0], &self.asked[1]].map(|asked| {
            let families = asked.from.families_with(&asked.to);
            AddressSet::families(families).intersection(&asked.others(direction).addresses)
        });
        let alone = |world: &AddressSet, other: &AddressSet| {
            let families = Family::ALL.into_iter().filter(|f| !other.has_family(*f));
            world.intersection(&AddressSet::families(families))
        };
        let space = old.intersection(&new).union(&alone(&old, &new)).union(&alone(&new, &old));
        let asked = |engine: &Engine, unit: Option<&Unit>| {
            let unit = unit.filter(|_| direction == Direction::Ingress);
            name_of(self.port).map_or_else(|| self.before.asked().clone(), |name| declared(engine, unit, name))
        };
        // Units with the same deltas, by these.
        let mut found: SortedMap<Vec<(Delta, AddressSet)>, Vec<usize>> = SortedMap::new();
        for (at, joint) in units.iter().enumerate().filter(|(_, joint)| !self.is_alike(direction, joint)) {
            let before =
                outside_planes(self.old, direction, joint.old.as_ref(), &space, &asked(self.old, joint.old.as_ref()));
            let after =
                outside_planes(self.new, direction, joint.new.as_ref(), &space, &asked(self.new, joint.new.as_ref()));
            let deltas = deltas_of_addresses(&before, &after);
            let deltas = deltas.into_iter().filter_map(|(delta, addresses)| Some((delta?, addresses)));
            found.entry(deltas.collect()).or_default().push(at);
        }
        for (deltas, of) in found {
            for (delta, addresses) in deltas {
                let Some(pods) = peer_of(self.old, self.new, of.iter().map(|at| &units[*at])) else { continue };
                let witness =
                    of.first().and_then(|at| self.witness_outside(direction, &units[*at], &addresses, &delta));
                let world = self.new.address_peer(&addresses);
                let (from, to) = match direction {
                    Direction::Egress => (pods, world),
                    Direction::Ingress => (world, pods),
                };
                self.changes.push(Change { witness, ..Change::new(from, to, delta) });
            }
        }
    }

    fn witness_outside(
        &self,
        direction: Direction,
        joint: &Joint,
        addresses: &AddressSet,
        delta: &Delta,
    ) -> Option<Witness> {
        if self.changes.len() >= MAX_EXPLAINED {
            return None;
        }
        let (protocol, port) = delta.first()?;
        let (address, _) = *addresses.ranges().first()?;
        let named = |engine: &Engine, unit: &Unit| unit.members.first().map(|id| engine.pod_name(*id));
        let pod = match (&joint.new, &joint.old) {
            (Some(unit), _) => named(self.new, unit)?,
            (None, Some(unit)) => named(self.old, unit)?,
            (None, None) => return None,
        };
        let decide = |engine: &Engine, unit: &Option<Unit>| {
            let flow = outside_flow(direction, unit.as_ref()?.party, address);
            Some(engine.decision(flow, protocol, port))
        };
        let (before, after) = (decide(self.old, &joint.old), decide(self.new, &joint.new));
        let (from, to) = match direction {
            Direction::Egress => (pod, address.to_string()),
            Direction::Ingress => (address.to_string(), pod),
        };
        Some(Witness { from, to, behind: None, protocol, port, before, after })
    }
}

fn outside_flow(direction: Direction, pod: Party, address: IpAddr) -> Flow {
    let family = Family::of(address);
    match direction {
        Direction::Egress => Flow { source: pod, destination: Party::Address(address), family },
        Direction::Ingress => Flow { source: Party::Address(address), destination: pod, family },
    }
}

/// What a unit has to do with every address of a space: the sets are disjoint and cover it.
fn outside_planes(
    engine: &Engine,
    direction: Direction,
    unit: Option<&Unit>,
    space: &AddressSet,
    asked: &TrafficSet,
) -> Vec<(AddressSet, Planes)> {
    let found: Vec<Outside> = match unit {
        Some(unit) => engine.outside_of(direction, unit, space, asked),
        None => Vec::new(),
    };
    let planes = |allow: TrafficSet, undefined: &TrafficSet| Planes { may: allow.union(undefined), must: allow };
    let found = found.into_iter().map(|o| (o.addresses, planes(o.allow, &o.undefined)));
    covering(found.collect(), space)
}

/// Disjoint pieces of a space, and nothing for the rest of it.
fn covering<T: Default>(mut pieces: Vec<(AddressSet, T)>, space: &AddressSet) -> Vec<(AddressSet, T)> {
    let rest = pieces.iter().fold(space.clone(), |rest, (piece, _)| rest.difference(piece));
    pieces.push((rest, T::default()));
    pieces
}

/// What changed for which addresses; of each side, the pieces cover the same space.
fn deltas_of_addresses(
    before: &[(AddressSet, Planes)],
    after: &[(AddressSet, Planes)],
) -> SortedMap<Option<Delta>, AddressSet> {
    let mut deltas: SortedMap<Option<Delta>, AddressSet> = SortedMap::new();
    for (old, planes) in before {
        for (new, others) in after {
            let both = old.intersection(new);
            if !both.is_empty() {
                let entry = deltas.entry(Delta::of(planes, others)).or_default();
                *entry = entry.union(&both);
            }
        }
    }
    deltas
}

impl Engine {
    /// The verdict of one packet, with its reasons.
    fn decision(&self, flow: Flow, protocol: Protocol, port: u16) -> Decision {
        let traffic = TrafficSet::port(protocol, port);
        let planes = self.pair(flow.source, flow.destination, flow.family, &traffic);
        let explain = |direction, planes: &Planes| {
            let mut answer = self.explain(direction, flow, planes, &traffic);
            if answer.verdict == Verdict::Deny {
                answer.near_misses = self.near_misses(direction, &[flow], &traffic);
            }
            answer
        };
        Decision {
            verdict: verdict_of(&planes.total, &traffic),
            egress: explain(Direction::Egress, &planes.egress),
            ingress: explain(Direction::Ingress, &planes.ingress),
        }
    }
}
