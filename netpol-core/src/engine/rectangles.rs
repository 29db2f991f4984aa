//! The factors as rectangles: sets of subjects, and the sets of peers to which they are alike.
//!
//! As with rows, the work is that of the exceptions, and the product of the factors is not built.

use super::{Engine, Party, PeerId, Planes, SubjectId};
use crate::ir::Direction;
use crate::model::{EndpointId, NamespaceId, NodeId};
use crate::set::{AddressSet, Family, TrafficSet};
use crate::sorted::{Arrange, SortedMap};
use indexmap::{IndexMap, IndexSet};
use std::collections::HashMap;

type Hasher = foldhash::fast::RandomState;

/// All that policies can tell of a pod: pods with the same role are alike, but for their node's own
/// traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Role {
    /// By direction.
    subjects: [Option<SubjectId>; 2],
    /// By direction and family; none: it has no address of the family.
    peers: [[Option<PeerId>; 2]; 2],
    /// Its namespace, where labels of it that are not known tell which policies apply.
    pub(crate) open_in: Option<NamespaceId>,
    pub(crate) host_network: bool,
}

/// A role that pods have, and what is asked of them.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    pub(crate) role: Role,
    /// Whether connections from here are asked for, and connections to here.
    pub(crate) source: bool,
    pub(crate) destination: bool,
    /// The traffic that is asked of it as a destination.
    pub(crate) asked: TrafficSet,
}

/// A set of actors, by their numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Actors {
    All,
    Only(Vec<u32>),
    Except(Vec<u32>),
}

/// Subjects and peers that are alike, in one direction.
#[derive(Clone, Debug)]
pub(crate) struct Rectangle {
    pub(crate) subjects: Vec<u32>,
    pub(crate) peers: Actors,
    /// Empty: every family.
    pub(crate) families: Vec<Family>,
    pub(crate) planes: Planes,
}

/// Subjects, and addresses outside to which they are alike, in one direction.
#[derive(Clone, Debug)]
pub(crate) struct OutsideRectangle {
    pub(crate) subjects: Vec<u32>,
    pub(crate) addresses: AddressSet,
    pub(crate) planes: Planes,
}

impl Role {
    /// Its class as a peer.
    pub(super) fn peer(&self, direction: Direction, family: Family) -> Option<PeerId> {
        self.peers[direction as usize][family as usize]
    }

    /// All that counts of it where it is the subject of a direction, towards whomever: its subject
    /// there, and its class as a peer of the other direction.
    pub(crate) fn as_subject(&self, direction: Direction) -> (Option<SubjectId>, [Option<PeerId>; 2]) {
        (self.subjects[direction as usize], self.peers[direction.reversed() as usize])
    }

    /// The same, in these families only.
    pub(crate) fn within(mut self, families: &[Family]) -> Self {
        for peers in &mut self.peers {
            Family::ALL.into_iter().filter(|f| !families.contains(f)).for_each(|f| peers[f as usize] = None);
        }
        self
    }

    /// The families in which it has addresses.
    pub(crate) fn families(&self) -> Vec<Family> {
        Family::ALL.into_iter().filter(|f| self.peers[0][*f as usize].is_some()).collect()
    }
}

impl Actor {
    fn is_subject(&self, direction: Direction) -> bool {
        match direction {
            Direction::Egress => self.source,
            Direction::Ingress => self.destination,
        }
    }

    fn is_peer(&self, direction: Direction) -> bool {
        match direction {
            Direction::Egress => self.destination,
            Direction::Ingress => self.source,
        }
    }
}

impl Engine {
    pub(crate) fn role(&self, id: EndpointId) -> Role {
        let party = Party::Endpoint(id);
        let families = self.families(party);
        let class = |d, f| self.side(d).peer(party, f).filter(|_| families.contains(&f));
        Role {
            subjects: Direction::ALL.map(|d| self.side(d).subject(id)),
            peers: Direction::ALL.map(|d| Family::ALL.map(|f| class(d, f))),
            open_in: self.open_in(id),
            host_network: self.cluster.endpoint(id).host_network,
        }
    }

    /// The namespace of a pod, where labels of it that are not known tell which policies apply: then
    /// pods of two such namespaces are not alike.
    pub(crate) fn open_in(&self, id: EndpointId) -> Option<NamespaceId> {
        let open = Direction::ALL.into_iter().any(|direction| self.side(direction).is_open(id));
        open.then(|| self.cluster.endpoint(id).namespace)
    }

    /// The same of a node, to which no policy applies.
    pub(crate) fn role_of_node(&self, id: NodeId) -> Role {
        let party = Party::Node(id);
        let families = self.families(party);
        let class = |d, f| self.side(d).peer(party, f).filter(|_| families.contains(&f));
        let peers = Direction::ALL.map(|d| Family::ALL.map(|f| class(d, f)));
        Role { subjects: [None; 2], peers, open_in: None, host_network: true }
    }

    /// The subject that a role is in a direction; none: no policy applies.
    pub(super) fn policed(&self, direction: Direction, role: &Role) -> Option<SubjectId> {
        role.subjects[direction as usize].filter(|subject| self.side(direction).is_policed(*subject))
    }

    /// Whether a policy that may apply to a role judges what its own node sends and gets.
    pub(crate) fn role_judges_own_node(&self, direction: Direction, role: &Role) -> bool {
        self.policed(direction, role).is_some_and(|subject| self.side(direction).judges_own_node(subject))
    }

    /// What a role's policies say of its own node, where no tier that does not judge it denies it;
    /// none: no policy applies, or there is no such family.
    pub(crate) fn own_node_planes(
        &self,
        direction: Direction,
        role: &Role,
        host: &Role,
        family: Family,
    ) -> Option<Planes> {
        let (subject, class) = (self.policed(direction, role)?, host.peer(direction, family)?);
        let row = self.side(direction).own_node_row(subject, &self.cluster, &self.selectors);
        Some(row.planes(class).clone())
    }

    /// Whether a policy applies in a direction.
    pub(crate) fn is_policed(&self, direction: Direction, role: &Role) -> bool {
        self.policed(direction, role).is_some()
    }

    /// Whether anything that is asked is undefined for a role in a direction, towards whomever.
    pub(crate) fn has_undefined(&self, direction: Direction, role: &Role, asked: &TrafficSet) -> bool {
        let Some(subject) = self.policed(direction, role) else { return false };
        let row = self.side(direction).row(subject, &self.cluster, &self.selectors);
        row.planes.iter().any(|planes| !planes.may.difference(&planes.must).intersection(asked).is_empty())
    }

    /// One direction's factor, of the traffic that is asked of any destination; where nothing may
    /// pass, nothing is said. Sorted.
    pub(crate) fn rectangles(&self, direction: Direction, actors: &[Actor]) -> Vec<Rectangle> {
        let mut factor = Factor::new(self, direction, actors);
        for ((subject, asked), subjects) in factor.subjects() {
            factor.row(subject, &asked, &subjects);
        }
        let Factor { found, planes, .. } = factor;
        let mut rectangles: Vec<Rectangle> = found
            .into_iter()
            .map(|((number, families, peers), mut subjects)| {
                subjects.arrange_fast();
                let planes = planes[number as usize].clone();
                Rectangle { subjects, peers, families, planes }
            })
            .collect();
        rectangles.arrange_by(|a, b| {
            let key = |r: &Rectangle| (r.planes.must.clone(), r.planes.may.clone());
            (&a.subjects, &a.peers, &a.families).cmp(&(&b.subjects, &b.peers, &b.families)).then(key(a).cmp(&key(b)))
        });
        rectangles
    }

    /// The same towards addresses outside.
    pub(crate) fn outside_rectangles(
        &self,
        direction: Direction,
        actors: &[Actor],
        addresses: &AddressSet,
    ) -> Vec<OutsideRectangle> {
        if addresses.is_empty() {
            return Vec::new();
        }
        let factor = Factor::new(self, direction, actors);
        // Rows repeat their sets of addresses, so each is looked at once.
        let mut spaces: IndexSet<AddressSet, Hasher> = IndexSet::default();
        let mut known: HashMap<(AddressSet, Vec<Family>), usize, Hasher> = HashMap::default();
        let mut found: IndexMap<(usize, Planes), Vec<u32>, Hasher> = IndexMap::default();
        for ((subject, asked), subjects) in factor.subjects() {
            let mut cells: IndexMap<Planes, Vec<&AddressSet>, Hasher> = IndexMap::default();
            let all = AddressSet::all();
            match subject {
                None => drop(cells.insert(Planes::allow(&asked), vec![&all])),
                Some(subject) => {
                    for (planes, addresses) in
                        &self.side(direction).outside(subject, &self.cluster, &self.selectors).cells
                    {
                        cells.entry(planes.within(&asked)).or_default().push(addresses);
                    }
                }
            }
            let mut by_family: SortedMap<Vec<Family>, Vec<u32>> = SortedMap::new();
            for at in subjects {
                let role = &actors[at as usize].role;
                let families = if self.families_open() { Family::ALL.to_vec() } else { role.families() };
                by_family.entry(families).or_default().push(at);
            }
            for (planes, sets) in cells.into_iter().filter(|(planes, _)| !planes.may.is_empty()) {
                let set = if let [only] = sets.as_slice() { (*only).clone() } else { AddressSet::union_of(sets) };
                for (families, subjects) in by_family.iter() {
                    let space = *known.entry((set.clone(), families.clone())).or_insert_with(|| {
                        let own = AddressSet::families(families.iter().copied());
                        spaces.insert_full(addresses.intersection(&set.intersection(&own))).0
                    });
                    if !spaces[space].is_empty() {
                        found.entry((space, planes.clone())).or_default().extend(subjects);
                    }
                }
            }
        }
        let mut rectangles: Vec<OutsideRectangle> = found
            .into_iter()
            .map(|((space, planes), mut subjects)| {
                subjects.arrange_fast();
                OutsideRectangle { subjects, addresses: spaces[space].clone(), planes }
            })
            .collect();
        rectangles.arrange_by(|a, b| {
            let key = |r: &OutsideRectangle| (r.planes.must.clone(), r.planes.may.clone());
            (&a.subjects, &a.addresses).cmp(&(&b.subjects, &b.addresses)).then_with(|| key(a).cmp(&key(b)))
        });
        rectangles
    }
}

type Key = (u32, Vec<Family>, Actors);

/// One direction, as it is gathered.
struct Factor<'e> {
    engine: &'e Engine,
    direction: Direction,
    actors: &'e [Actor],
    /// What is asked of any destination.
    asked: TrafficSet,
    /// The peers that are asked about, by class.
    at_class: Vec<Vec<u32>>,
    peers: usize,
    planes: IndexSet<Planes, Hasher>,
    found: IndexMap<Key, Vec<u32>, Hasher>,
}

impl<'e> Factor<'e> {
    fn new(engine: &'e Engine, direction: Direction, actors: &'e [Actor]) -> Self {
        let mut at_class: Vec<Vec<u32>> = vec![Vec::new(); engine.side(direction).peer_count()];
        let mut peers = 0;
        for (actor, at) in actors.iter().zip(0..).filter(|(a, _)| a.is_peer(direction)) {
            peers += 1;
            for class in actor.role.peers[direction as usize].into_iter().flatten() {
                let of = &mut at_class[class.0 as usize];
                if of.last() != Some(&at) {
                    of.push(at);
                }
            }
        }
        let mut asked = IndexSet::<&TrafficSet, Hasher>::default();
        asked.extend(actors.iter().filter(|a| a.destination).map(|a| &a.asked));
        let asked = asked.into_iter().fold(TrafficSet::empty(), |all, a| all.union(a));
        let (planes, found) = (IndexSet::default(), IndexMap::default());
        Self { engine, direction, actors, asked, at_class, peers, planes, found }
    }

    /// Subjects (none: not policed) with what is asked of them, and the actors that are so.
    fn subjects(&self) -> IndexMap<(Option<SubjectId>, TrafficSet), Vec<u32>, Hasher> {
        let mut subjects: IndexMap<_, Vec<u32>, Hasher> = IndexMap::default();
        let actors = self.actors.iter().zip(0..);
        for (actor, at) in actors.filter(|(a, _)| a.is_subject(self.direction)) {
            let subject = self.engine.policed(self.direction, &actor.role);
            let asked = match self.direction {
                // What a port name comes to is the destination's matter.
                Direction::Egress => &self.asked,
                Direction::Ingress => &actor.asked,
            };
            subjects.entry((subject, asked.clone())).or_default().push(at);
        }
        subjects
    }

    fn add(&mut self, planes: u32, families: Vec<Family>, peers: Actors, subjects: &[u32]) {
        if !self.planes[planes as usize].may.is_empty() {
            self.found.entry((planes, families, peers)).or_default().extend(subjects);
        }
    }

    fn intern(&mut self, planes: Planes) -> u32 {
        crate::source::to_u32(self.planes.insert_full(planes).0)
    }

    /// All peers but some; none: there are no others.
    fn all_but(&self, but: Vec<u32>) -> Option<Actors> {
        match but.len() {
            0 => Some(Actors::All),
            n if n >= self.peers => None,
            n if n * 2 > self.peers => Some(Actors::Only(self.others(&but))),
            _ => Some(Actors::Except(but)),
        }
    }

    fn only(&self, peers: Vec<u32>) -> Actors {
        match peers.len() {
            n if n >= self.peers => Actors::All,
            n if n * 2 > self.peers => Actors::Except(self.others(&peers)),
            _ => Actors::Only(peers),
        }
    }

    /// The peers that are not in a list, which is ascending.
    fn others(&self, peers: &[u32]) -> Vec<u32> {
        let all = (0..).zip(self.actors).filter(|(_, a)| a.is_peer(self.direction));
        all.map(|(at, _)| at).filter(|at| peers.binary_search(at).is_err()).collect()
    }

    fn row(&mut self, subject: Option<SubjectId>, asked: &TrafficSet, subjects: &[u32]) {
        let engine = self.engine;
        if self.peers == 0 {
            return;
        }
        let Some(subject) = subject else {
            let planes = self.intern(Planes::allow(asked));
            return self.add(planes, Vec::new(), Actors::All, subjects);
        };
        let row = engine.side(self.direction).row(subject, &engine.cluster, &engine.selectors);
        let numbers: Vec<u32> = row.planes.iter().map(|planes| self.intern(planes.within(asked))).collect();
        let classes = row.exceptions().filter(|(_, number)| numbers[*number as usize] != numbers[0]);
        let mut others: Vec<u32> = classes.flat_map(|(class, _)| &self.at_class[class as usize]).copied().collect();
        others.arrange_fast();
        others.dedup();
        let mut by_planes: SortedMap<(u32, Vec<Family>), Vec<u32>> = SortedMap::new();
        for at in &others {
            let peers = self.actors[*at as usize].role.peers[self.direction as usize];
            let number = |class: Option<PeerId>| class.map(|c| numbers[row.number(c.0) as usize]);
            let mut push = |planes, families| by_planes.entry((planes, families)).or_default().push(*at);
            match peers.map(number) {
                [Some(a), Some(b)] if a != b => {
                    push(a, vec![Family::ALL[0]]);
                    push(b, vec![Family::ALL[1]]);
                }
                [a, b] => drop(a.or(b).map(|planes| push(planes, Vec::new()))),
            }
        }
        if let Some(rest) = self.all_but(others) {
            self.add(numbers[0], Vec::new(), rest, subjects);
        }
        for ((planes, families), peers) in by_planes {
            let peers = self.only(peers);
            self.add(planes, families, peers, subjects);
        }
    }
}
