//! What one subject's policies allow, for every peer and all traffic: a row of a factor.
//!
//! Peers that the same rules match have the same verdicts. So a row first finds, for each class of
//! peers, how the rules that match it differ from those that match most; and then decides once for
//! each such difference. Addresses outside are cut where a block of the subject's rules begins or
//! ends, and treated alike.

use super::Planes;
use super::cases::Cases;
use super::class_set::ClassSet;
use super::cut::{Cut, Known, Piece};
use super::interpret::{Step, Words, interpret};
use super::lists::PeerKey;
use super::peers::AddressPart;
use crate::model::Cluster;
use crate::selector::{Match, Selectors};
use crate::set::{AddressSet, IntervalSet, Point, TrafficSet};
use crate::sorted::Arrange;
use fixedbitset::FixedBitSet;
use indexmap::{IndexMap, IndexSet};
use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

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

    /// What holds if one of these rows does, and it is not known which.
    pub(super) fn join(rows: &[Self], classes: usize) -> Self {
        let mut planes = IndexSet::default();
        let mut known: HashMap<Vec<u32>, u32, foldhash::fast::RandomState> = HashMap::default();
        let mut number = |numbers: Vec<u32>| match known.get(&numbers) {
            Some(known) => *known,
            None => {
                let of_rows = rows.iter().zip(&numbers).map(|(row, number)| &row.planes[*number as usize]);
                let joined = of_rows.cloned().reduce(|a, b| a.or_else(&b)).unwrap_or_default();
                let number = crate::source::to_u32(planes.insert_full(joined).0);
                known.insert(numbers, number);
                number
            }
        };
        number(vec![0; rows.len()]);
        let mut exceptions: Vec<u32> = rows.iter().flat_map(Self::exceptions).map(|(class, _)| class).collect();
        exceptions.arrange_fast();
        exceptions.dedup();
        let numbered =
            exceptions.into_iter().map(|class| (class, number(rows.iter().map(|r| r.number(class)).collect())));
        let few = numbered.filter(|(_, number)| *number != 0).collect();
        Self { cost: rows.iter().map(|row| row.cost).sum(), ..Self::new(planes, few, classes) }
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
    /// Entries that were looked at, and words of bit sets.
    pub(crate) cost: usize,
}

impl OutsideRow {
    pub(crate) fn open() -> Self {
        Self { cells: [(Planes::allow(&TrafficSet::all()), AddressSet::all())].into(), cost: 0 }
    }
}

impl OutsideRow {
    /// What holds if one of these rows does, and it is not known which.
    pub(super) fn join(rows: &[Self]) -> Self {
        let mut cells: IndexMap<Planes, AddressSet, foldhash::fast::RandomState> = IndexMap::default();
        let mut together: Vec<(Planes, AddressSet)> = rows.first().map(|row| row.cells.to_vec()).unwrap_or_default();
        for row in rows.iter().skip(1) {
            let pairs = together.iter().flat_map(|a| row.cells.iter().map(move |b| (a, b)));
            let both = pairs.map(|((a, of_a), (b, of_b))| (a.or_else(b), of_a.intersection(of_b)));
            together = both.filter(|(_, addresses)| !addresses.is_empty()).collect();
        }
        for (planes, addresses) in together {
            let cell = cells.entry(planes).or_default();
            *cell = cell.union(&addresses);
        }
        Self { cells: cells.into_iter().collect(), cost: rows.iter().map(|row| row.cost).sum() }
    }
}

/// Verdicts by how the pieces that match differ from those that match most.
struct Decided<'c, 's> {
    cut: &'c Cut<'s>,
    /// The pieces that match unless an entry says otherwise: twice the number of the piece, and
    /// one more where it only may match. Ascending.
    usual: Vec<u32>,
    planes: IndexSet<Planes, foldhash::fast::RandomState>,
    by_difference: Known<Box<[u32]>>,
    /// Where no piece stands under a mask: by what is known of an address, the pieces whose blocks
    /// may hold it, case by case.
    holding: HashMap<&'s AddressPart, Rc<[Vec<u32>]>, foldhash::fast::RandomState>,
    /// And with the difference that matches anyway, the planes over all cases.
    by_part: HashMap<(&'s AddressPart, Vec<u32>), u32, foldhash::fast::RandomState>,
    cost: usize,
    /// Room to work in.
    steps: Vec<Step<'c>>,
    found: [Vec<(u32, u32)>; 2],
}

impl<'s> Cut<'s> {
    /// What a piece surely matches, and what it may match, cases aside.
    fn matched(&self, piece: &Piece<'_>) -> [Cow<'s, ClassSet>; 2] {
        let classes = self.side.peers.len();
        if let [(peer, None)] = piece.peers.as_slice() {
            let known = &self.side.peers.sets[*peer as usize];
            return [Cow::Borrowed(&known.must), Cow::Borrowed(&known.maybe)];
        }
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
        [Cow::Owned(must.finish(classes)), Cow::Owned(maybe.finish(classes))]
    }

    /// The row over classes. `outside` is that over addresses.
    pub(super) fn row<'o>(
        &self,
        selectors: &Selectors,
        cluster: &Cluster,
        outside: impl Fn() -> &'o OutsideRow,
    ) -> Row {
        let classes = self.side.peers.len();
        let sets: Vec<Cow<'_, ClassSet>> = self.pieces.iter().flat_map(|p| self.matched(p)).collect();
        let mut usual = Vec::new();
        let mut entries: Vec<(u32, u32)> = Vec::new();
        let wide = sets.len() <= u64::BITS as usize && sets.iter().any(|s| matches!(**s, ClassSet::Dense(_)));
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
            entries.arrange_fast();
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
            let joined: Vec<(u32, u32)> = uncertain
                .iter()
                .map(|class| match self.space_of_host(*class) {
                    Some(space) => (*class, decided.in_space(outside(), space)),
                    None => (*class, decided.by_case(&cases, &sets, *class)),
                })
                .collect();
            exceptions.retain(|(class, _)| uncertain.binary_search(class).is_err());
            exceptions.extend(joined.into_iter().filter(|(_, planes)| *planes != 0));
            exceptions.arrange_fast();
        }
        Row { cost: decided.cost, ..Row::new(decided.planes, exceptions, classes) }
    }

    /// Of a class that only its address tells from the outside, and that is not known: where it may
    /// be.
    fn space_of_host(&self, class: u32) -> Option<&'s AddressSet> {
        let AddressPart::UnknownNode(family) = self.side.peers.host(class)? else { return None };
        let mut peers = self.pieces.iter().flat_map(|p| &p.peers);
        let tells = |peer: &PeerKey| match peer {
            PeerKey::Block(_, inside) => !inside.nodes,
            peer => matches!(peer, PeerKey::Outside | PeerKey::Nodes(_) | PeerKey::Domain(_)),
        };
        let apart = peers.any(|(peer, _)| tells(self.side.lists.peer(*peer)));
        (!apart).then(|| &self.side.peers.spaces[1][*family as usize])
    }

    /// The row over addresses outside.
    pub(super) fn outside(&self) -> OutsideRow {
        // Of a domain name, it is not known which addresses it has.
        let matched = |piece: &Piece<'_>| {
            let peers = piece.peers.iter().filter(|(_, mask)| mask.is_none());
            let matches = peers.map(|(peer, _)| match self.side.lists.peer(*peer) {
                PeerKey::Any | PeerKey::Outside => Match::Yes,
                PeerKey::Domain(_) => Match::Maybe,
                PeerKey::Pods(..) | PeerKey::Block(..) | PeerKey::Nodes(_) => Match::No,
            });
            matches.fold(Match::No, Match::or)
        };
        let usual = (0_u32..).zip(&self.pieces).filter_map(|(number, piece)| match matched(piece) {
            Match::Yes => Some(number * 2),
            Match::Maybe => Some(number * 2 + 1),
            Match::No => None,
        });
        let usual: Vec<u32> = usual.collect();
        // A port name is looked up on a pod.
        let blocks = self.unmasked().iter().map(|(set, number)| (&**set, number * 2));
        let blocks: Vec<(&AddressSet, u32)> = blocks.filter(|(_, entry)| usual.binary_search(entry).is_err()).collect();
        let mut decided = Decided::new(self, usual);
        let v4 = decided.line(blocks.iter().map(|(set, entry)| (set.v4(), *entry)));
        let v6 = decided.line(blocks.iter().map(|(set, entry)| (set.v6(), *entry)));
        let (mut v4, mut v6) = (v4.into_iter(), v6.into_iter());
        let sets = std::iter::from_fn(|| {
            let (v4, v6) = (v4.next().unwrap_or_default(), v6.next().unwrap_or_default());
            Some(AddressSet::of(v4, v6))
        });
        let cells = decided.planes.into_iter().zip(sets).filter(|(_, addresses)| !addresses.is_empty());
        OutsideRow { cells: cells.collect(), cost: decided.cost }
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
        self.members.arrange_fast();
        self.members.dedup();
        ClassSet::from_sorted(self.members, classes)
    }
}

impl<'c, 's> Decided<'c, 's> {
    fn new(cut: &'c Cut<'s>, usual: Vec<u32>) -> Self {
        let (planes, by_difference) = (IndexSet::default(), Known::default());
        let (holding, by_part) = (HashMap::default(), HashMap::default());
        let mut decided = Self {
            cut,
            usual,
            planes,
            by_difference,
            holding,
            by_part,
            cost: 0,
            steps: Vec::new(),
            found: Default::default(),
        };
        decided.planes(&[]);
        decided
    }

    /// Finds the exceptions where sets are wide: for each class its entries as the bits of a number.
    fn by_signature(&mut self, sets: &[Cow<'_, ClassSet>], classes: usize, exceptions: &mut Vec<(u32, u32)>) {
        let mut signatures = vec![0_u64; classes];
        for (set, bit) in sets.iter().zip((0..u64::BITS).map(|n| 1_u64 << n)) {
            set.each_difference(classes, |class| signatures[class as usize] |= bit);
            self.cost += classes.div_ceil(u64::BITS as usize);
        }
        let mut known: Known<u64> = Known::default();
        let mut last = (0, 0);
        for (signature, class) in signatures.into_iter().zip(0..).filter(|(s, _)| *s != 0) {
            if signature != last.0 {
                let number = known.get(&signature).unwrap_or_else(|| {
                    let bits = (0..u64::BITS).filter(|bit| signature >> bit & 1 == 1);
                    let number = self.planes(&bits.collect::<Vec<u32>>());
                    known.insert(signature, number);
                    number
                });
                last = (signature, number);
            }
            if last.1 != 0 {
                exceptions.push((class, last.1));
            }
        }
    }

    /// The planes of what has one of these addresses, and is met by the same rules as the outside.
    fn in_space(&mut self, outside: &OutsideRow, space: &AddressSet) -> u32 {
        let cells = outside.cells.iter().filter(|(_, addresses)| addresses.meets(space));
        let joined = cells.map(|(planes, _)| planes.clone()).reduce(|a, b| a.or_else(&b));
        joined.map_or(0, |planes| crate::source::to_u32(self.planes.insert_full(planes).0))
    }

    /// The planes of a class of which not all is known: one of its cases holds, and it is not known
    /// which.
    fn by_case(&mut self, cases: &Cases<'_>, sets: &[Cow<'_, ClassSet>], class: u32) -> u32 {
        let cut = self.cut;
        let part = &cut.side.peers.classes[class as usize].address;
        // Whether blocks that hold the address match is then another matter for each class.
        let masked = !cut.masks.is_empty() || cut.tells_inside();
        let addresses = match self.holding.get(part).filter(|_| !masked) {
            Some(known) => known.clone(),
            None => {
                let own;
                let blocks = match masked {
                    true => {
                        let pod = cut.side.peers.is_pod(class);
                        let wanted = |mask: Option<u32>| mask.is_none_or(|m| cut.masks[m as usize].contains(class));
                        own = cut.blocks(wanted, |inside| inside.holds(pod));
                        own.as_slice()
                    }
                    false => cut.unmasked(),
                };
                let found: Rc<[Vec<u32>]> = cases.addresses(class, blocks).into();
                self.holding.insert(part, found.clone());
                found
            }
        };
        let mut joined: Option<Planes> = None;
        let mut alike: Option<(&AddressPart, Vec<u32>)> = None;
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
            if world.is_none() && !masked {
                // Without worlds, classes differ by their address and by the pieces that match them.
                let key = (part, usual_differs.clone());
                if let Some(known) = self.by_part.get(&key) {
                    return *known;
                }
                alike = Some(key);
            }
            for holding in addresses.iter() {
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
        let number = joined.map_or(0, |planes| crate::source::to_u32(self.planes.insert_full(planes).0));
        self.by_part.extend(alike.map(|key| (key, number)));
        number
    }

    /// Cuts a line of addresses where an interval begins or ends: for each number of planes, what has
    /// them.
    fn line<'a, T: Point + 'a>(
        &mut self,
        sets: impl Iterator<Item = (&'a IntervalSet<T>, u32)> + Clone,
    ) -> Vec<IntervalSet<T>> {
        if sets.clone().all(|(set, _)| set.is_empty()) {
            return vec![IntervalSet::full()];
        }
        let atoms = IntervalSet::full().atoms(sets.clone().map(|(set, _)| set));
        let mut entries: Vec<(u32, u32)> = Vec::new();
        for (set, entry) in sets {
            for (low, high) in set.intervals() {
                let first = atoms.partition_point(|(from, _)| from < low);
                let last = atoms.partition_point(|(from, _)| from <= high);
                entries.extend((first..last).map(|atom| (crate::source::to_u32(atom), entry)));
            }
        }
        entries.arrange_fast();
        self.cost += entries.len();
        let mut cells: Vec<(u32, (T, T))> = atoms.into_iter().map(|atom| (0, atom)).collect();
        let mut difference: Vec<u32> = Vec::new();
        for entries in entries.chunk_by(|a, b| a.0 == b.0) {
            difference.clear();
            difference.extend(entries.iter().map(|(_, entry)| *entry));
            cells[entries[0].0 as usize].0 = self.planes(&difference);
        }
        cells.arrange_fast();
        let mut sets = vec![IntervalSet::empty(); self.planes.len()];
        let mut intervals: Vec<(T, T)> = Vec::new();
        for of_planes in cells.chunk_by(|a, b| a.0 == b.0) {
            intervals.clear();
            intervals.extend(of_planes.iter().map(|(_, interval)| *interval));
            sets[of_planes[0].0 as usize] = IntervalSet::from_ascending(&intervals);
        }
        sets
    }

    /// The planes of peers for which these entries differ from the usual ones.
    fn planes(&mut self, difference: &[u32]) -> u32 {
        if let Some(known) = self.by_difference.get(difference) {
            return known;
        }
        let (cut, words) = (self.cut, self.cut.words());
        self.steps.clear();
        for entry in in_one_of(&self.usual, difference) {
            let at = entry as usize / 2;
            let piece = &cut.pieces[at];
            self.steps.push(Step {
                tier: piece.tier,
                track: piece.track,
                rank: piece.rank,
                list: piece.list,
                action: piece.action,
                certain: piece.certain && entry.is_multiple_of(2),
                traffic: cut.traffic(at),
            });
        }
        self.cost += self.steps.len() * words;
        // Most subjects have few atoms.
        match words {
            0 | 1 => cut.decide::<1>(&self.steps, &mut self.found),
            _ => cut.decide::<32>(&self.steps, &mut self.found),
        }
        let [must, may] = &self.found;
        let planes = Planes { must: TrafficSet::from_ascending(must), may: TrafficSet::from_ascending(may) };
        let number = crate::source::to_u32(self.planes.insert_full(planes).0);
        self.by_difference.insert(difference.into(), number);
        number
    }
}

impl Cut<'_> {
    /// What steps come to, `N` words of atoms at a time: the intervals that must be allowed, and that
    /// may be.
    fn decide<const N: usize>(&self, steps: &[Step<'_>], found: &mut [Vec<(u32, u32)>; 2]) {
        let everything = self.everything.as_slice();
        let mut arrivals: Vec<Words<N>> = Vec::new();
        found.iter_mut().for_each(Vec::clear);
        for from in (0..everything.len()).step_by(N) {
            let planes = interpret(everything, from, &self.side.lists.tiers, steps, &mut arrivals);
            for (words, found) in planes.into_iter().zip(&mut *found) {
                for (mut word, at) in words.into_iter().zip(from..) {
                    while word != 0 {
                        found.push(self.atoms[at * usize::BITS as usize + word.trailing_zeros() as usize]);
                        word &= word - 1;
                    }
                }
            }
        }
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
