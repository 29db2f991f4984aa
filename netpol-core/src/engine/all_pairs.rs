//! All pairs at once: how many are allowed on a port, and a digest of every verdict.
//!
//! The product of the factors is never built. A pod is a subject and a peer on either side; the
//! number of allowed pairs is a sum over (subject of the source, subject of the destination) of
//! weights that each factor gives by itself.

use super::{Engine, Party, Role, join};
use crate::ir::Direction;
use crate::model::{EndpointId, EndpointKind, NamespaceId};
use crate::profile::OwnNode;
use crate::selector::Match;
use crate::set::{Family, Protocol, TrafficSet};
use crate::sorted::SortedMap;
use fixedbitset::FixedBitSet;
use indexmap::IndexMap;
use serde::Serialize;
use std::collections::HashMap;
use std::hash::BuildHasher;

/// What all pairs come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AllPairs {
    /// How many pods took part; a template counts as one.
    pub pods: u64,
    /// Ordered pairs of different pods of which the first may surely reach the second.
    pub allowed: u64,
    /// A number that differs when any verdict of any pair differs, as good as surely: equal for
    /// equal verdicts, whatever the order of the files and the number of threads.
    pub digest: u64,
}

/// Above so many steps of the sparse join, the dense one is taken.
const SPARSE_STEPS: u64 = 4_000_000;

/// A subject (none: not policed) as an index.
fn subject_index(subject: Option<super::SubjectId>) -> u32 {
    subject.map_or(0, |s| s.0 + 1)
}

/// Pods by what they are as sources and as destinations.
struct Roles {
    /// (egress subject, ingress peer) → pods
    sources: HashMap<(u32, u32), u64, foldhash::fast::RandomState>,
    /// (egress peer, ingress subject) → pods
    destinations: HashMap<(u32, u32), u64, foldhash::fast::RandomState>,
    pods: Vec<EndpointId>,
}

impl Engine {
    /// Computes the rows of every subject, in both directions.
    pub(crate) fn compile_all(&self) {
        for direction in Direction::ALL {
            self.side(direction).compile_rows(&self.cluster, &self.selectors);
        }
    }

    /// Counts the pairs that are allowed on a port, in the cluster's first family.
    pub(crate) fn all_pairs(&self, protocol: Protocol, port: u16) -> AllPairs {
        self.all_pairs_by(SPARSE_STEPS, protocol, port)
    }

    /// The same, with the dense join above so many steps.
    pub(super) fn all_pairs_by(&self, sparse_steps: u64, protocol: Protocol, port: u16) -> AllPairs {
        self.compile_all();
        let family = self.cluster.space.families.first().copied().unwrap_or(Family::V4);
        let roles = self.roles(family);
        let allowed = || {
            let rows = Direction::ALL.map(|direction| self.sets_at(direction, protocol, port));
            count(self, &roles, &rows, sparse_steps) + self.corrections(&roles, &rows, family, (protocol, port))
        };
        let (allowed, digest) = join(allowed, || self.digest());
        AllPairs { pods: roles.pods.len() as u64, allowed: u64::try_from(allowed.max(0)).unwrap_or_default(), digest }
    }

    fn roles(&self, family: Family) -> Roles {
        let (egress, ingress) = (self.side(Direction::Egress), self.side(Direction::Ingress));
        let mut roles = Roles { sources: HashMap::default(), destinations: HashMap::default(), pods: Vec::new() };
        for (id, endpoint) in self.cluster.endpoints.iter().enumerate() {
            let (id, party) = (EndpointId::of(id), Party::Endpoint(EndpointId::of(id)));
            if endpoint.kind == EndpointKind::Hypothetical {
                continue;
            }
            let (Some(to), Some(from)) = (egress.peer(party, family), ingress.peer(party, family)) else { continue };
            *roles.sources.entry((subject_index(egress.subject(id)), from.0)).or_default() += 1;
            *roles.destinations.entry((to.0, subject_index(ingress.subject(id)))).or_default() += 1;
            roles.pods.push(id);
        }
        roles
    }

    /// For each subject the peers that it must be allowed on a port.
    fn sets_at(&self, direction: Direction, protocol: Protocol, port: u16) -> Vec<PortSet> {
        let side = self.side(direction);
        let of_subject = (0..side.subject_count()).map(|subject| {
            let row = side.row(super::SubjectId(crate::source::to_u32(subject)), &self.cluster, &self.selectors);
            let allows: Vec<bool> = row.planes.iter().map(|p| p.must.contains(protocol, port)).collect();
            let others = row.exceptions().filter(|(_, planes)| allows[*planes as usize] != allows[0]);
            PortSet { usual: allows[0], others: others.map(|(class, _)| class).collect() }
        });
        std::iter::once(PortSet { usual: true, others: Vec::new() }).chain(of_subject).collect()
    }

    /// What the factors do not see: a pod is no pair with itself, what comes from a pod's own node is
    /// judged by some tiers only, and labels that are not known may be looked at twice.
    fn corrections(
        &self,
        roles: &Roles,
        rows: &[Vec<PortSet>; 2],
        family: Family,
        (protocol, port): (Protocol, u16),
    ) -> i128 {
        let (egress, ingress) = (self.side(Direction::Egress), self.side(Direction::Ingress));
        let sent = |from: EndpointId, to: EndpointId| {
            let peer = egress.peer(Party::Endpoint(to), family);
            peer.is_some_and(|p| rows[0][subject_index(egress.subject(from)) as usize].contains(p.0))
        };
        let admitted = |to: EndpointId, from: EndpointId| {
            let peer = ingress.peer(Party::Endpoint(from), family);
            peer.is_some_and(|p| rows[1][subject_index(ingress.subject(to)) as usize].contains(p.0))
        };
        let with_itself = roles.pods.iter().filter(|id| sent(**id, **id) && admitted(**id, **id)).count();
        let mut correction = -(with_itself as i128);
        let mut by_node: HashMap<_, Vec<EndpointId>, foldhash::fast::RandomState> = HashMap::default();
        for id in &roles.pods {
            if let Some(node) = self.cluster.endpoint(*id).node {
                by_node.entry(node).or_default().push(*id);
            }
        }
        for host in roles.pods.iter().filter(|id| self.cluster.endpoint(**id).host_network) {
            let node = self.cluster.endpoint(*host).node;
            for pod in node.and_then(|n| by_node.get(&n)).into_iter().flatten().filter(|p| *p != host) {
                let (a, b) = (Party::Endpoint(*host), Party::Endpoint(*pod));
                let exempt = |direction| {
                    self.own_node_of(direction) == OwnNode::Exempt && self.own_node(direction, b, a) == Match::Yes
                };
                if exempt(Direction::Ingress) && sent(*host, *pod) && !admitted(*pod, *host) {
                    let total = self.pair(a, b, family, &TrafficSet::all()).total;
                    correction += i128::from(total.must.contains(protocol, port));
                }
                if exempt(Direction::Egress) && !sent(*pod, *host) && admitted(*host, *pod) {
                    let total = self.pair(b, a, family, &TrafficSet::all()).total;
                    correction += i128::from(total.must.contains(protocol, port));
                }
            }
        }
        let mut open: SortedMap<NamespaceId, IndexMap<Role, Vec<EndpointId>, foldhash::fast::RandomState>> =
            SortedMap::new();
        for id in roles.pods.iter().filter(|id| !self.cluster.endpoint(**id).host_network) {
            let namespace = self.cluster.endpoint(*id).namespace;
            if !self.cluster.namespace(namespace).labels_known {
                open.entry(namespace).or_default().entry(self.role(*id)).or_default().push(*id);
            }
        }
        // Within such a namespace, a direction may look at the same labels as the subject's and the
        // peer's.
        for of_role in open.values().filter(|of_role| of_role.keys().any(|role| role.open_in.is_some())) {
            for (a, sources) in of_role {
                for (b, destinations) in of_role {
                    let (Some(source), Some(destination)) = (sources.first(), destinations.last()) else { continue };
                    let with_itself = if a == b { sources.len() } else { 0 };
                    let pairs = sources.len() as i128 * destinations.len() as i128 - with_itself as i128;
                    if pairs == 0 || (sent(*source, *destination) && admitted(*destination, *source)) {
                        continue;
                    }
                    let (source, destination) = (Party::Endpoint(*source), Party::Endpoint(*destination));
                    let total = self.pair(source, destination, family, &TrafficSet::all()).total;
                    correction += if total.must.contains(protocol, port) { pairs } else { 0 };
                }
            }
        }
        correction
    }

    /// A digest of every row for every subject, outside included.
    fn digest(&self) -> u64 {
        let state = foldhash::quality::FixedState::with_seed(0);
        let names: Vec<u64> = self
            .cluster
            .endpoints
            .iter()
            .map(|e| state.hash_one((self.cluster.namespace_name(e.namespace), &*e.name, e.kind as u8)))
            .collect();
        let [egress, ingress] = Direction::ALL;
        let (egress, ingress) =
            join(|| self.digest_of(egress, &names, &state), || self.digest_of(ingress, &names, &state));
        egress.wrapping_add(ingress)
    }

    /// The same of one direction. `names` are of the endpoints.
    fn digest_of(&self, direction: Direction, names: &[u64], state: &foldhash::quality::FixedState) -> u64 {
        let mut digest = 0_u64;
        let side = self.side(direction);
        let mut of_class = vec![0_u64; side.peer_count()];
        for (id, name) in names.iter().enumerate() {
            for family in Family::ALL {
                if let Some(peer) = side.peer(Party::Endpoint(EndpointId::of(id)), family) {
                    let class = &mut of_class[peer.0 as usize];
                    *class = class.wrapping_add(state.hash_one((*name, family)));
                }
            }
        }
        for (id, node) in self.cluster.nodes.iter().enumerate() {
            for family in Family::ALL {
                if let Some(peer) = side.peer(Party::Node(crate::model::NodeId::of(id)), family) {
                    let class = &mut of_class[peer.0 as usize];
                    *class = class.wrapping_add(state.hash_one((&*node.name, family)));
                }
            }
        }
        let total = of_class.iter().fold(0_u64, |all, c| all.wrapping_add(*c));
        let mut rows: Vec<Option<u64>> = vec![None; side.subject_count()];
        for (id, name) in names.iter().enumerate() {
            let Some(subject) = side.subject(EndpointId::of(id)) else { continue };
            let row = *rows[subject.0 as usize]
                .get_or_insert_with(|| self.row_digest(direction, subject, &of_class, total, state));
            digest = digest.wrapping_add(state.hash_one((direction as u8, *name, row)));
        }
        digest
    }

    fn row_digest(
        &self,
        direction: Direction,
        subject: super::SubjectId,
        of_class: &[u64],
        total: u64,
        state: &foldhash::quality::FixedState,
    ) -> u64 {
        let side = self.side(direction);
        let row = side.row(subject, &self.cluster, &self.selectors);
        let mut members = vec![0_u64; row.planes.len()];
        members[0] = total;
        for (class, planes) in row.exceptions() {
            let digest = of_class[class as usize];
            members[0] = members[0].wrapping_sub(digest);
            members[planes as usize] = members[planes as usize].wrapping_add(digest);
        }
        // Planes that no pod or node has are none of the result.
        let inside = row.planes.iter().zip(members).filter(|(_, members)| *members != 0);
        let inside = inside.map(|(planes, members)| state.hash_one((planes, members)));
        let outside =
            side.outside(subject, &self.cluster, &self.selectors).cells.iter().map(|cell| state.hash_one(cell));
        inside.chain(outside).fold(0, u64::wrapping_add)
    }
}

/// Peers: those that most are, and those that are not.
struct PortSet {
    usual: bool,
    /// Ascending.
    others: Vec<u32>,
}

impl PortSet {
    fn is_all(&self) -> bool {
        self.usual && self.others.is_empty()
    }

    fn contains(&self, class: u32) -> bool {
        self.usual != self.others.binary_search(&class).is_ok()
    }

    /// The sum of the members' weights.
    fn weigh(&self, weights: &[u64], total: u64) -> i128 {
        let others: i128 = self.others.iter().map(|c| i128::from(weights[*c as usize])).sum();
        if self.usual { i128::from(total) - others } else { others }
    }
}

/// The sum over all pairs of roles, itself included.
fn count(engine: &Engine, roles: &Roles, rows: &[Vec<PortSet>; 2], sparse_steps: u64) -> i128 {
    let classes = Direction::ALL.map(|d| engine.side(d).peer_count());
    let full = |direction: usize, subject: u32| rows[direction][subject as usize].is_all();
    let mut sources: Vec<(u32, u32, u64)> = roles.sources.iter().map(|((s, q), n)| (*s, *q, *n)).collect();
    let mut destinations: Vec<(u32, u32, u64)> = roles.destinations.iter().map(|((p, t), n)| (*p, *t, *n)).collect();
    sources.sort_unstable();
    destinations.sort_unstable();
    // Unrestricted on both sides, on one, on the other.
    let mut from_full = vec![0_u64; classes[1]];
    let mut to_full = vec![0_u64; classes[0]];
    let (mut all_from_full, mut all_to_full) = (0_u64, 0_u64);
    let mut by_source: HashMap<u32, Vec<(u32, u64)>, foldhash::fast::RandomState> = HashMap::default();
    let mut by_destination: HashMap<u32, u64, foldhash::fast::RandomState> = HashMap::default();
    for (s, q, n) in &sources {
        if full(0, *s) {
            from_full[*q as usize] += n;
            all_from_full += n;
        } else {
            by_source.entry(*s).or_default().push((*q, *n));
        }
    }
    let mut at_peer: Vec<Vec<(u32, u64)>> = vec![Vec::new(); classes[0]];
    for (p, t, n) in &destinations {
        if full(1, *t) {
            to_full[*p as usize] += n;
            all_to_full += n;
        } else {
            *by_destination.entry(*t).or_default() += n;
            at_peer[*p as usize].push((*t, *n));
        }
    }
    let mut total = i128::from(all_from_full) * i128::from(all_to_full);
    let mut restricted: Vec<(u32, u64)> = by_destination.into_iter().collect();
    restricted.sort_unstable();
    for (t, n) in &restricted {
        total += i128::from(*n) * rows[1][*t as usize].weigh(&from_full, all_from_full);
    }
    let mut by_source: Vec<(u32, Vec<(u32, u64)>)> = by_source.into_iter().collect();
    by_source.sort_unstable();
    let mut steps = 0_u64;
    for (s, of) in &by_source {
        let pods: u64 = of.iter().map(|(_, n)| n).sum();
        let set = &rows[0][*s as usize];
        total += i128::from(pods) * set.weigh(&to_full, all_to_full);
        let touched: u64 = match set.usual {
            true => restricted.len() as u64,
            false => set.others.iter().map(|p| at_peer[*p as usize].len() as u64).sum(),
        };
        steps = steps.saturating_add(touched * of.len() as u64);
    }
    if steps <= sparse_steps {
        return total + sparse(&by_source, &at_peer, rows);
    }
    total + dense(&by_source, &at_peer, rows, classes)
}

/// Restricted sources to restricted destinations, pair of subjects by pair of subjects.
fn sparse(by_source: &[(u32, Vec<(u32, u64)>)], at_peer: &[Vec<(u32, u64)>], rows: &[Vec<PortSet>; 2]) -> i128 {
    let mut total = 0;
    let mut reached = vec![0_u64; rows[1].len()];
    for (s, of) in by_source {
        let mut touched = Vec::new();
        let set = &rows[0][*s as usize];
        let members: Vec<usize> = match set.usual {
            true => (0..at_peer.len()).filter(|p| set.contains(crate::source::to_u32(*p))).collect(),
            false => set.others.iter().map(|p| *p as usize).collect(),
        };
        for (t, n) in members.into_iter().flat_map(|p| &at_peer[p]) {
            if reached[*t as usize] == 0 {
                touched.push(*t);
            }
            reached[*t as usize] += n;
        }
        for t in touched {
            let weight = std::mem::take(&mut reached[t as usize]);
            let admitted: u64 = of.iter().filter(|(q, _)| rows[1][t as usize].contains(*q)).map(|(_, n)| n).sum();
            total += i128::from(weight) * i128::from(admitted);
        }
    }
    total
}

/// The same by bit sets over the destinations' roles.
fn dense(
    by_source: &[(u32, Vec<(u32, u64)>)],
    at_peer: &[Vec<(u32, u64)>],
    rows: &[Vec<PortSet>; 2],
    classes: [usize; 2],
) -> i128 {
    // Roles of destinations, in the order of their peers.
    let targets: Vec<(usize, u32, u64)> =
        at_peer.iter().enumerate().flat_map(|(p, of)| of.iter().map(move |(t, n)| (p, *t, *n))).collect();
    let weights = planes(targets.iter().map(|(.., n)| *n));
    let first: Vec<usize> = at_peer
        .iter()
        .scan(0, |sum, of| {
            let at = *sum;
            *sum += of.len();
            Some(at)
        })
        .collect();
    // For each class of sources, the destinations that admit it: those that admit most, and the
    // exceptions.
    let mut usual = FixedBitSet::with_capacity(targets.len());
    let mut wanted = vec![false; classes[1]];
    by_source.iter().flat_map(|(_, of)| of).for_each(|(q, _)| wanted[*q as usize] = true);
    targets.iter().enumerate().filter(|(_, (_, t, _))| rows[1][*t as usize].usual).for_each(|(at, _)| usual.insert(at));
    let mut slots: Vec<Option<FixedBitSet>> = wanted.into_iter().map(|w| w.then(|| usual.clone())).collect();
    for (at, (_, t, _)) in targets.iter().enumerate() {
        for q in &rows[1][*t as usize].others {
            if let Some(bits) = &mut slots[*q as usize] {
                bits.toggle(at);
            }
        }
    }
    let mut total = 0;
    for (s, of) in by_source {
        let set = &rows[0][*s as usize];
        let mut sent = FixedBitSet::with_capacity(targets.len());
        sent.set_range(.., set.usual);
        for p in &set.others {
            let from = first[*p as usize];
            sent.toggle_range(from..from + at_peer[*p as usize].len());
        }
        for (q, n) in of {
            let Some(admitting) = &slots[*q as usize] else { continue };
            let words = sent.as_slice().iter().zip(admitting.as_slice());
            let mut weight = 0_u64;
            for (plane, value) in &weights {
                let ones: u32 = words.clone().zip(plane.as_slice()).map(|((a, b), c)| (a & b & c).count_ones()).sum();
                weight += u64::from(ones) * value;
            }
            total += i128::from(weight) * i128::from(*n);
        }
    }
    total
}

/// Weights as bit planes: the positions whose weight has a bit, with the bit's value.
fn planes(weights: impl Iterator<Item = u64> + Clone) -> Vec<(FixedBitSet, u64)> {
    let (count, all) = weights.clone().fold((0, 0), |(count, all), weight| (count + 1, all | weight));
    let bits = (0..u64::BITS).map(|bit| 1_u64 << bit).filter(|value| all & value != 0);
    bits.map(|value| {
        let mut plane = FixedBitSet::with_capacity(count);
        weights.clone().enumerate().filter(|(_, w)| w & value != 0).for_each(|(at, _)| plane.insert(at));
        (plane, value)
    })
    .collect()
}
