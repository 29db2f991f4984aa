//! What one subject's policies allow, for every peer and all traffic: a row of a factor.
//!
//! Peers that the same rules match have the same verdicts. So a row first finds, for each class of
//! peers, how the rules that match it differ from those that match most; and then decides once for
//! each such difference. Addresses outside are cut where a block of the subject's rules begins or
//! ends, and treated alike.

use super::Planes;
use super::cases::Cases;
use super::class_set::ClassSet;
use super::interpret::{Step, interpret};
use super::lists::{PeerKey, PortKey};
use super::side::Side;
use super::subjects::Subject;
use crate::ir::{Action, Direction};
use crate::model::Cluster;
use crate::selector::{Match, Selectors};
use crate::set::{AddressSet, Protocol, TrafficSet};
use crate::sorted::Arrange;
use crate::symbol::Symbol;
use fixedbitset::FixedBitSet;
use indexmap::IndexSet;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

/// The verdicts of a subject towards every class of peers.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Distinct ones; the first is that of every class that is no exception.
    pub(crate) planes: Box<[Planes]>,
    exceptions: Exceptions,
    /// Entries that were looked at, and words of bit sets.
    pub(crate) cost: usize,
}

/// Classes with other planes than the first, in the smaller of two forms.
#[derive(Clone, Debug)]
enum Exceptions {
    /// Class and number of its planes, ascending.
    Few(Box<[(u32, u32)]>),
    /// The number for every class.
    Many(Box<[u8]>),
}

impl Row {
    fn new(planes: IndexSet<Planes, foldhash::fast::RandomState>, few: Vec<(u32, u32)>, classes: usize) -> Self {
        let exceptions = if few.len() * size_of::<(u32, u32)>() <= classes || planes.len() > usize::from(u8::MAX) {
            Exceptions::Few(few.into())
        } else {
            let mut many = vec![0; classes];
            few.into_iter().for_each(|(class, number)| many[class as usize] = u8::try_from(number).unwrap_or_default());
            Exceptions::Many(many.into())
        };
        Self { planes: planes.into_iter().collect(), exceptions, cost: 0 }
    }

    /// Everything is allowed.
    pub(crate) fn open() -> Self {
        let planes = [Planes::allow(&TrafficSet::all())].into();
        Self { planes, exceptions: Exceptions::Few(Box::default()), cost: 0 }
    }

    /// The number of the planes of a class.
    pub(crate) fn number(&self, class: u32) -> u32 {
        match &self.exceptions {
            Exceptions::Few(few) => few.binary_search_by_key(&class, |(c, _)| *c).map_or(0, |at| few[at].1),
            Exceptions::Many(many) => u32::from(many[class as usize]),
        }
    }

    /// Names each class with other planes than the first, and their number; ascending.
    pub(crate) fn exceptions(&self) -> impl Iterator<Item = (u32, u32)> {
        let (few, many) = match &self.exceptions {
            Exceptions::Few(few) => (&few[..], &[][..]),
            Exceptions::Many(many) => (&[][..], &many[..]),
        };
        let many = many.iter().zip(0..).filter(|(number, _)| **number != 0);
        few.iter().copied().chain(many.map(|(number, class)| (class, u32::from(*number))))
    }
}

/// The verdicts of a subject towards every address outside.
#[derive(Clone, Debug)]
pub(crate) struct OutsideRow {
    /// Planes, all different, and the addresses that have them.
    pub(crate) cells: Box<[(Planes, AddressSet)]>,
}

impl OutsideRow {
    pub(crate) fn open() -> Self {
        Self { cells: [(Planes::allow(&TrafficSet::all()), AddressSet::all())].into() }
    }
}

/// Rules, or entries of their ports, that apply to the subject in the same way, but for the peers.
struct Piece {
    tier: usize,
    rank: usize,
    list: u32,
    action: Action,
    certain: bool,
    traffic: TrafficSet,
    /// Peers of the lists; some only for the classes of a mask, on which a port name has the
    /// numbers of `traffic`.
    peers: Vec<(u32, Option<u32>)>,
}

/// For each port name, the numbers that it has and the mask of the classes on which it has them.
type NumbersByName = HashMap<(Protocol, Symbol), Vec<(Vec<u16>, u32)>>;

/// The rules of a subject, cut into pieces.
pub(super) struct Cut<'s> {
    side: &'s Side,
    /// In the order of tiers, ranks, lists and rules.
    pieces: Vec<Piece>,
    masks: Vec<ClassSet>,
    /// Intervals of traffic that no piece cuts.
    atoms: Vec<(u32, u32)>,
    /// For each piece its traffic as a set of atoms.
    traffic: Vec<FixedBitSet>,
    everything: FixedBitSet,
}

/// Verdicts by how the pieces that match differ from those that match most.
struct Decided<'c, 's> {
    cut: &'c Cut<'s>,
    /// The pieces that match unless an entry says otherwise: twice the number of the piece, and
    /// one more where it only may match. Ascending.
    usual: Vec<u32>,
    planes: IndexSet<Planes, foldhash::fast::RandomState>,
    by_difference: HashMap<Box<[u32]>, u32, foldhash::fast::RandomState>,
    cost: usize,
}

impl<'s> Cut<'s> {
    pub(super) fn new(side: &'s Side, subject: &'s Subject) -> Self {
        let mut cut = Self {
            side,
            pieces: Vec::new(),
            masks: Vec::new(),
            atoms: Vec::new(),
            traffic: Vec::new(),
            everything: FixedBitSet::new(),
        };
        let mut by_name = HashMap::new();
        let mut seen = HashSet::<_, foldhash::fast::RandomState>::default();
        let mut alike = HashMap::<_, usize, foldhash::fast::RandomState>::default();
        for (applied, number) in subject.lists.iter().zip(0..) {
            let list = &side.lists.all[applied.list as usize];
            let (tier, rank) = (list.tier, list.rank);
            // Policies repeat each other, above all in how they isolate.
            if !seen.insert((tier, rank, &list.rules, applied.certain)) {
                continue;
            }
            for rule in &list.rules {
                let action = rule.action;
                let pieces = cut.traffic_of(subject, rule.ports, rule.certain && applied.certain, &mut by_name);
                for (traffic, certain, mask) in pieces {
                    // Lists of one rule have no order among them: on the same traffic, what they
                    // say of some peers they say of all of them.
                    if list.rules.len() == 1 {
                        let at =
                            *alike.entry((tier, rank, action, certain, traffic.clone())).or_insert(cut.pieces.len());
                        if let Some(piece) = cut.pieces.get_mut(at) {
                            piece.peers.push((rule.peer, mask));
                            continue;
                        }
                    }
                    let peers = vec![(rule.peer, mask)];
                    cut.pieces.push(Piece { tier, rank, list: number, action, certain, traffic, peers });
                }
            }
        }
        cut.pieces.arrange_by(|a, b| (a.tier, a.rank, a.list).cmp(&(b.tier, b.rank, b.list)));
        cut.cut();
        cut
    }

    /// What a rule's ports come to: numbers together, and names by what they mean and where.
    fn traffic_of(
        &mut self,
        subject: &Subject,
        ports: u32,
        certain: bool,
        by_name: &mut NumbersByName,
    ) -> Vec<(TrafficSet, bool, Option<u32>)> {
        let side = self.side;
        let mut out: Vec<(TrafficSet, bool, Option<u32>)> = Vec::new();
        let mut sure = TrafficSet::empty();
        for port in side.lists.ports(ports) {
            let (protocol, name) = match port {
                PortKey::Set(set) => {
                    sure = sure.union(side.lists.traffic(*set));
                    continue;
                }
                PortKey::Named(protocol, name) => (*protocol, *name),
            };
            let set = |numbers: &[u16]| {
                numbers.iter().fold(TrafficSet::empty(), |all, n| all.union(&TrafficSet::port(protocol, *n)))
            };
            // Two numbers for one name: which one counts is not specified (semantics F).
            match side.direction {
                Direction::Ingress => match side.subjects.ports.numbers(subject.ports, protocol, name).as_slice() {
                    [] => {}
                    [one] => sure = sure.union(&TrafficSet::port(protocol, *one)),
                    several => out.push((set(several), false, None)),
                },
                Direction::Egress => {
                    let groups = by_name.entry((protocol, name)).or_insert_with(|| {
                        let groups = side.peers.by_number(protocol, name).into_iter();
                        let numbered = groups.map(|(numbers, classes)| {
                            self.masks.push(classes);
                            (numbers, crate::source::to_u32(self.masks.len() - 1))
                        });
                        numbered.collect()
                    });
                    out.extend(
                        groups.iter().map(|(numbers, mask)| (set(numbers), certain && numbers.len() == 1, Some(*mask))),
                    );
                }
            }
        }
        if !sure.is_empty() {
            out.push((sure, certain, None));
        }
        out
    }

    /// Cuts all traffic where some piece begins or ends.
    fn cut(&mut self) {
        let distinct: HashSet<&TrafficSet, foldhash::fast::RandomState> =
            self.pieces.iter().map(|p| &p.traffic).collect();
        self.atoms = TrafficSet::all().cut(distinct);
        self.everything = FixedBitSet::with_capacity(self.atoms.len());
        self.everything.insert_range(..);
        let atoms = &self.atoms;
        let bits = |traffic: &TrafficSet| {
            let mut bits = FixedBitSet::with_capacity(atoms.len());
            for (low, high) in traffic.intervals() {
                let first = atoms.partition_point(|(from, _)| from < low);
                let last = atoms.partition_point(|(from, _)| from <= high);
                bits.insert_range(first..last);
            }
            bits
        };
        self.traffic = self.pieces.iter().map(|p| bits(&p.traffic)).collect();
    }

    /// What a piece surely matches, and what it may match, cases aside.
    fn matched(&self, piece: &Piece) -> [ClassSet; 2] {
        let classes = self.side.peers.len();
        let (mut must, mut maybe) = (Union::default(), Union::default());
        for (peer, mask) in &piece.peers {
            let known = &self.side.peers.sets[*peer as usize];
            for (set, union) in [&known.must, &known.maybe].into_iter().zip([&mut must, &mut maybe]) {
                match mask {
                    None => union.add(set, classes),
                    Some(mask) => union.add(&set.intersection(&self.masks[*mask as usize], classes), classes),
                }
            }
        }
        [must.finish(classes), maybe.finish(classes)]
    }

    /// The row over classes.
    pub(super) fn row(&self, selectors: &Selectors, cluster: &Cluster) -> Row {
        let classes = self.side.peers.len();
        let sets: Vec<ClassSet> = self.pieces.iter().flat_map(|p| self.matched(p)).collect();
        let mut usual = Vec::new();
        let mut entries: Vec<(u32, u32)> = Vec::new();
        let wide = sets.len() <= u64::BITS as usize && sets.iter().any(|s| matches!(s, ClassSet::Dense(_)));
        for (set, entry) in sets.iter().zip(0_u32..) {
            let differs = |class| {
                if !wide {
                    entries.push((class, entry))
                }
            };
            if set.each_difference(classes, differs) {
                usual.push(entry);
            }
        }
        let mut decided = Decided::new(self, usual);
        let mut exceptions = Vec::new();
        if wide {
            decided.by_signature(&sets, classes, &mut exceptions);
        } else {
            entries.sort_unstable();
            decided.cost += entries.len();
            let mut difference: Vec<u32> = Vec::new();
            for of_class in entries.chunk_by(|a, b| a.0 == b.0) {
                difference.clear();
                difference.extend(of_class.iter().map(|(_, entry)| *entry));
                let planes = decided.planes(&difference);
                if planes != 0 {
                    exceptions.push((of_class[0].0, planes));
                }
            }
        }
        let peers = self.pieces.iter().flat_map(|p| p.peers.iter().map(|(peer, _)| *peer));
        let cases = Cases::new(self.side, selectors, cluster, peers);
        let uncertain = cases.classes();
        if !uncertain.is_empty() {
            let blocks = self.blocks(|mask| mask.is_none());
            let joined: Vec<(u32, u32)> =
                uncertain.iter().map(|class| (*class, decided.by_case(&cases, &sets, &blocks, *class))).collect();
            exceptions.retain(|(class, _)| uncertain.binary_search(class).is_err());
            exceptions.extend(joined.into_iter().filter(|(_, planes)| *planes != 0));
            exceptions.sort_unstable();
        }
        Row { cost: decided.cost, ..Row::new(decided.planes, exceptions, classes) }
    }

    /// For each piece that names blocks: their addresses, and the number of the piece. Of peers that
    /// stand under a mask, those whose mask is wanted.
    fn blocks(&self, wanted: impl Fn(Option<u32>) -> bool) -> Vec<(AddressSet, u32)> {
        let of_piece = |piece: &Piece| {
            let blocks = piece.peers.iter().filter(|(_, mask)| wanted(*mask)).filter_map(|(peer, _)| {
                match self.side.lists.peer(*peer) {
                    PeerKey::Block(block) => Some(&**self.side.lists.blocks.get(*block)),
                    _ => None,
                }
            });
            AddressSet::union_of(blocks.collect())
        };
        let all = self.pieces.iter().map(of_piece).zip(0..);
        all.filter(|(set, _)| !set.is_empty()).collect()
    }

    /// The row over addresses outside.
    pub(super) fn outside(&self) -> OutsideRow {
        // A port name is looked up on a pod.
        let blocks = self.blocks(|mask| mask.is_none());
        let everybody = |piece: &Piece| {
            let everybody = |peer| matches!(self.side.lists.peer(peer), PeerKey::Any | PeerKey::Outside);
            piece.peers.iter().any(|(peer, mask)| mask.is_none() && everybody(*peer))
        };
        let usual: Vec<u32> = (0_u32..).zip(&self.pieces).filter(|(_, p)| everybody(p)).map(|(n, _)| n * 2).collect();
        let blocks: Vec<(AddressSet, u32)> = blocks
            .into_iter()
            .map(|(set, number)| (set, number * 2))
            .filter(|(_, entry)| usual.binary_search(entry).is_err())
            .collect();
        let sets: Vec<&AddressSet> = blocks.iter().map(|(set, _)| set).collect();
        let atoms = AddressSet::all().atoms(&sets);
        let mut entries: Vec<(u32, u32)> = Vec::new();
        for (set, entry) in &blocks {
            for (low, high) in set.ranges() {
                let first = atoms.partition_point(|(from, _)| *from < low);
                let last = atoms.partition_point(|(from, _)| *from <= high);
                entries.extend((first..last).map(|atom| (crate::source::to_u32(atom), *entry)));
            }
        }
        entries.sort_unstable();
        let mut decided = Decided::new(self, usual);
        let mut of_atom = vec![0; atoms.len()];
        for entries in entries.chunk_by(|a, b| a.0 == b.0) {
            let difference: Vec<u32> = entries.iter().map(|(_, entry)| *entry).collect();
            of_atom[entries[0].0 as usize] = decided.planes(&difference);
        }
        let mut ranges: Vec<Vec<(IpAddr, IpAddr)>> = vec![Vec::new(); decided.planes.len()];
        for (range, planes) in atoms.into_iter().zip(of_atom) {
            ranges[planes as usize].push(range);
        }
        let cells = decided.planes.into_iter().zip(ranges).filter(|(_, ranges)| !ranges.is_empty());
        OutsideRow { cells: cells.map(|(planes, ranges)| (planes, AddressSet::from_ranges(&ranges))).collect() }
    }
}

/// Gathers sets of classes.
#[derive(Default)]
struct Union {
    members: Vec<u32>,
    bits: Option<FixedBitSet>,
    all: bool,
}

impl Union {
    fn add(&mut self, set: &ClassSet, classes: usize) {
        match set {
            ClassSet::All => self.all = true,
            ClassSet::Sparse(members) => self.members.extend(members),
            ClassSet::Dense(bits) => {
                self.bits.get_or_insert_with(|| FixedBitSet::with_capacity(classes)).union_with(bits);
            }
        }
    }

    fn finish(mut self, classes: usize) -> ClassSet {
        if self.all {
            return ClassSet::All;
        }
        if let Some(mut bits) = self.bits {
            bits.extend(self.members.into_iter().map(|m| m as usize));
            return ClassSet::from_bits(&bits);
        }
        self.members.sort_unstable();
        self.members.dedup();
        ClassSet::from_sorted(self.members, classes)
    }
}

impl<'c, 's> Decided<'c, 's> {
    fn new(cut: &'c Cut<'s>, usual: Vec<u32>) -> Self {
        let mut decided = Self { cut, usual, planes: IndexSet::default(), by_difference: HashMap::default(), cost: 0 };
        decided.planes(&[]);
        decided
    }

    /// Finds the exceptions where sets are wide: for each class its entries as the bits of a number.
    fn by_signature(&mut self, sets: &[ClassSet], classes: usize, exceptions: &mut Vec<(u32, u32)>) {
        let mut signatures = vec![0_u64; classes];
        for (set, bit) in sets.iter().zip((0..u64::BITS).map(|n| 1_u64 << n)) {
            set.each_difference(classes, |class| signatures[class as usize] |= bit);
            self.cost += classes.div_ceil(u64::BITS as usize);
        }
        let mut known: HashMap<u64, u32, foldhash::fast::RandomState> = HashMap::default();
        let mut last = (0, 0);
        for (signature, class) in signatures.into_iter().zip(0..).filter(|(s, _)| *s != 0) {
            if signature != last.0 {
                let number = *known.entry(signature).or_insert_with(|| {
                    let bits = (0..u64::BITS).filter(|bit| signature >> bit & 1 == 1);
                    self.planes(&bits.collect::<Vec<u32>>())
                });
                last = (signature, number);
            }
            if last.1 != 0 {
                exceptions.push((class, last.1));
            }
        }
    }

    /// The planes of a class of which not all is known: one of its cases holds, and it is not known
    /// which. `blocks` are those of the pieces, for classes without a port name.
    fn by_case(&mut self, cases: &Cases<'_>, sets: &[ClassSet], blocks: &[(AddressSet, u32)], class: u32) -> u32 {
        let cut = self.cut;
        let masked = cut.pieces.iter().flat_map(|p| &p.peers).any(|(_, mask)| mask.is_some());
        let own;
        let blocks = match masked {
            true => {
                own = cut.blocks(|mask| mask.is_none_or(|m| cut.masks[m as usize].contains(class)));
                &own
            }
            false => blocks,
        };
        let addresses = cases.addresses(class, blocks);
        let mut joined: Option<Planes> = None;
        for world in cases.worlds(class) {
            let mut known: Vec<(bool, bool)> = Vec::with_capacity(cut.pieces.len());
            for (piece, at) in cut.pieces.iter().zip(0_usize..) {
                let (mut must, mut maybe) = (sets[at * 2].contains(class), sets[at * 2 + 1].contains(class));
                for (peer, mask) in piece.peers.iter().filter(|_| world.is_some()) {
                    if must || mask.is_some_and(|m| !cut.masks[m as usize].contains(class)) {
                        continue;
                    }
                    match cases.matches(world, class, *peer) {
                        Match::Yes => must = true,
                        Match::Maybe => maybe = true,
                        Match::No => {}
                    }
                }
                known.push((must, maybe));
            }
            let mut usual_differs = Vec::new();
            for ((must, maybe), at) in known.iter().zip(0_u32..) {
                for (holds, entry) in [(*must, at * 2), (*maybe, at * 2 + 1)] {
                    if holds != self.usual.binary_search(&entry).is_ok() {
                        usual_differs.push(entry);
                    }
                }
            }
            for holding in &addresses {
                // A case adds pieces to those that match anyway.
                let added: Vec<u32> = holding.iter().filter(|at| !known[**at as usize].0).map(|at| at * 2).collect();
                let difference: Vec<u32> = in_one_of(&usual_differs, &added).collect();
                let number = self.planes(&difference) as usize;
                joined = Some(match joined {
                    None => self.planes[number].clone(),
                    Some(so_far) => so_far.or_else(&self.planes[number]),
                });
            }
        }
        joined.map_or(0, |planes| crate::source::to_u32(self.planes.insert_full(planes).0))
    }

    /// The planes of peers for which these entries differ from the usual ones.
    fn planes(&mut self, difference: &[u32]) -> u32 {
        if let Some(known) = self.by_difference.get(difference) {
            return *known;
        }
        let mut steps: Vec<Step<'_>> = Vec::with_capacity(self.usual.len() + difference.len());
        let push = |entry: u32| {
            let piece = &self.cut.pieces[entry as usize / 2];
            steps.push(Step {
                tier: piece.tier,
                rank: piece.rank,
                list: piece.list,
                action: piece.action,
                certain: piece.certain && entry.is_multiple_of(2),
                traffic: &self.cut.traffic[entry as usize / 2],
            });
        };
        in_one_of(&self.usual, difference).for_each(push);
        self.cost += steps.len() * self.cut.everything.as_slice().len();
        let [must, may] = interpret(&self.cut.everything, &self.cut.side.lists.tiers, &steps);
        let set = |bits: &FixedBitSet| TrafficSet::from_intervals(bits.ones().map(|at| self.cut.atoms[at]));
        let planes = Planes { must: set(&must), may: set(&may) };
        let number = crate::source::to_u32(self.planes.insert_full(planes).0);
        self.by_difference.insert(difference.into(), number);
        number
    }
}

/// What is in one of two ascending lists and not in the other, ascending.
fn in_one_of<'l>(a: &'l [u32], b: &'l [u32]) -> impl Iterator<Item = u32> + 'l {
    let (mut a, mut b) = (a.iter().copied().peekable(), b.iter().copied().peekable());
    std::iter::from_fn(move || {
        while a.peek().is_some() && a.peek() == b.peek() {
            a.next();
            b.next();
        }
        match (a.peek(), b.peek()) {
            (Some(x), Some(y)) if x < y => a.next(),
            (Some(_), None) => a.next(),
            _ => b.next(),
        }
    })
}
