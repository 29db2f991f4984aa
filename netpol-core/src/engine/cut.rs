//! The rules of a subject, cut into pieces that apply to all traffic, or to none, of each atom.

use super::class_set::ClassSet;
use super::lists::{PeerKey, PortKey};
use super::side::Side;
use super::subjects::Applied;
use crate::ir::{Action, Direction, Inside};
use crate::set::{AddressSet, Protocol, TrafficSet};
use crate::sorted::{Arrange, SortedMap};
use crate::symbol::Symbol;
use fixedbitset::FixedBitSet;
use std::borrow::{Borrow, Cow};
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

/// Rules, or entries of their ports, that apply to the subject in the same way, but for the peers.
pub(super) struct Piece<'s> {
    pub(super) tier: usize,
    pub(super) track: u8,
    pub(super) rank: usize,
    pub(super) list: u32,
    pub(super) action: Action,
    pub(super) certain: bool,
    traffic: Cow<'s, TrafficSet>,
    /// Peers of the lists; some only for the classes of a mask, on which a port name has the
    /// numbers of `traffic`.
    pub(super) peers: Vec<(u32, Option<u32>)>,
}

/// Up to so many, looking at each is faster than a table.
const FEW: usize = 16;

/// Keys with numbers: the first few by looking at each, more by a table.
pub(super) struct Known<K> {
    few: Vec<(K, u32)>,
    more: HashMap<K, u32, foldhash::fast::RandomState>,
}

impl<K> Default for Known<K> {
    fn default() -> Self {
        Self { few: Vec::new(), more: HashMap::default() }
    }
}

impl<K: Eq + Hash> Known<K> {
    pub(super) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<u32>
    where
        K: Borrow<Q>,
    {
        let few = self.few.iter().find(|(known, _)| known.borrow() == key).map(|(_, number)| *number);
        few.or_else(|| if self.more.is_empty() { None } else { self.more.get(key).copied() })
    }

    /// Of a key that is not known.
    pub(super) fn insert(&mut self, key: K, number: u32) {
        if self.few.len() < FEW {
            self.few.reserve_exact(if self.few.is_empty() { FEW } else { 0 });
            self.few.push((key, number));
        } else {
            self.more.insert(key, number);
        }
    }
}

/// For each port name, the numbers that it has and the mask of the classes on which it has them.
type NumbersByName = HashMap<(Protocol, Symbol), Vec<(Vec<u16>, u32)>>;

/// For some lists, which entries of their ports to leave out.
pub(super) type PortsOut = SortedMap<u32, Vec<u32>>;

/// What becomes of a rule, by its list and its place there: another action, or nothing where it is thought away.
pub(super) type Change<'c> = dyn Fn(u32, usize, Action) -> Option<Action> + 'c;

/// The rules of a subject, cut into pieces.
pub(super) struct Cut<'s> {
    pub(super) side: &'s Side,
    /// In the order of tiers, ranks, lists and rules.
    pub(super) pieces: Vec<Piece<'s>>,
    pub(super) masks: Vec<ClassSet>,
    /// Intervals of traffic that no piece cuts.
    pub(super) atoms: Vec<(u32, u32)>,
    /// For each piece its traffic as a set of atoms: as many words as everything takes.
    traffic: FixedBitSet,
    pub(super) everything: FixedBitSet,
    /// See [`Cut::blocks`]; for peers without a port name.
    blocks: OnceCell<Vec<Block<'s>>>,
}

/// The addresses that a piece names, and the number of the piece.
pub(super) type Block<'s> = (Cow<'s, AddressSet>, u32);

impl<'s> Cut<'s> {
    /// Of a subject to which these lists apply; `ports` are its own (see [`super::subjects::Subject`]).
    /// `own_node`: for the traffic with its own node, which tiers that do not judge it let pass.
    pub(super) fn new(side: &'s Side, lists: &[Applied], ports: u32, own_node: bool) -> Self {
        Self::without(side, lists, ports, own_node, &PortsOut::new(), None)
    }

    /// The same without some ports of some lists, and with some rules changed.
    pub(super) fn without(
        side: &'s Side,
        lists: &[Applied],
        ports: u32,
        own_node: bool,
        out: &PortsOut,
        change: Option<&Change<'_>>,
    ) -> Self {
        let mut cut = Self {
            side,
            pieces: Vec::with_capacity(lists.len().min(FEW)),
            masks: Vec::new(),
            atoms: Vec::new(),
            traffic: FixedBitSet::new(),
            everything: FixedBitSet::new(),
            blocks: OnceCell::new(),
        };
        let mut by_name = HashMap::new();
        let (mut seen, mut alike) = (Known::default(), Known::default());
        for (applied, number) in lists.iter().zip(0..) {
            let list = &side.lists.all[applied.list as usize];
            let (tier, track, rank) = (list.tier, list.track, list.rank);
            // Policies repeat each other, above all in how they isolate.
            let this = (tier, rank, list.content, applied.certain);
            let out = out.get(&applied.list).map(Vec::as_slice).unwrap_or_default();
            if out.is_empty() && change.is_none() {
                if seen.get(&this).is_some() {
                    continue;
                }
                seen.insert(this, 0);
            }
            for (rule, at) in list.rules.iter().zip(0..) {
                let exempt = own_node && !side.lists.tiers[tier].judges_own_node;
                let changed = change.map_or(Some(rule.action), |change| change(applied.list, at, rule.action));
                let Some(action) = changed else { continue };
                let action = if exempt { action.exempt() } else { action };
                let certain = rule.certain && applied.certain;
                let (fixed, by_place) = match side.lists.fixed(rule.ports).filter(|_| out.is_empty()) {
                    Some(traffic) => {
                        ((!traffic.is_empty()).then_some((Cow::Borrowed(traffic), certain, None)), Vec::new())
                    }
                    None => (None, cut.traffic_of(ports, (rule.ports, out), certain, &mut by_name)),
                };
                for (mut traffic, certain, mask) in fixed.into_iter().chain(by_place) {
                    // Lists of one rule have no order among them: on the same traffic, what they
                    // say of some peers they say of all of them.
                    if list.rules.len() == 1 {
                        let this = (tier, rank, action, certain, traffic);
                        if let Some(at) = alike.get(&this) {
                            cut.pieces[at as usize].peers.push((rule.peer, mask));
                            continue;
                        }
                        let at = crate::source::to_u32(cut.pieces.len());
                        traffic = this.4.clone();
                        alike.insert(this, at);
                    }
                    let peers = vec![(rule.peer, mask)];
                    cut.pieces.push(Piece { tier, track, rank, list: number, action, certain, traffic, peers });
                }
            }
        }
        cut.pieces.arrange_by(|a, b| (a.tier, a.rank, a.list).cmp(&(b.tier, b.rank, b.list)));
        cut.cut();
        cut
    }

    /// What a rule's ports come to, but for some of them: numbers together, and names by what they mean
    /// and where.
    fn traffic_of(
        &mut self,
        own: u32,
        (ports, out_of_it): (u32, &[u32]),
        certain: bool,
        by_name: &mut NumbersByName,
    ) -> Vec<(Cow<'s, TrafficSet>, bool, Option<u32>)> {
        let side = self.side;
        let mut out: Vec<(Cow<'s, TrafficSet>, bool, Option<u32>)> = Vec::new();
        let mut sure = TrafficSet::empty();
        for (port, _) in side.lists.ports(ports).iter().zip(0..).filter(|(_, at)| !out_of_it.contains(at)) {
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
                Direction::Ingress => match side.subjects.ports.numbers(own, protocol, name).as_slice() {
                    [] => {}
                    [one] => sure = sure.union(&TrafficSet::port(protocol, *one)),
                    several => out.push((Cow::Owned(set(several)), false, None)),
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
                        groups.iter().map(|(numbers, mask)| {
                            (Cow::Owned(set(numbers)), certain && numbers.len() == 1, Some(*mask))
                        }),
                    );
                }
            }
        }
        if !sure.is_empty() {
            out.push((Cow::Owned(sure), certain, None));
        }
        out
    }

    /// Cuts all traffic where some piece begins or ends.
    fn cut(&mut self) {
        self.atoms = match self.pieces.len() <= FEW {
            true => TrafficSet::all().cut(self.pieces.iter().map(|p| &*p.traffic)),
            false => {
                let distinct: HashSet<&TrafficSet, foldhash::fast::RandomState> =
                    self.pieces.iter().map(|p| &*p.traffic).collect();
                TrafficSet::all().cut(distinct)
            }
        };
        self.everything = FixedBitSet::with_capacity(self.atoms.len());
        self.everything.insert_range(..);
        let (atoms, room) = (&self.atoms, self.words() * usize::BITS as usize);
        let mut bits = FixedBitSet::with_capacity(self.pieces.len() * room);
        for (piece, number) in self.pieces.iter().zip(0..) {
            for (low, high) in piece.traffic.intervals() {
                let first = atoms.partition_point(|(from, _)| from < low);
                let last = atoms.partition_point(|(from, _)| from <= high);
                bits.insert_range(number * room + first..number * room + last);
            }
        }
        self.traffic = bits;
    }

    /// How many words a set of atoms takes.
    pub(super) fn words(&self) -> usize {
        self.everything.as_slice().len()
    }

    /// The atoms of a piece.
    pub(super) fn traffic(&self, piece: usize) -> &[usize] {
        &self.traffic.as_slice()[piece * self.words()..(piece + 1) * self.words()]
    }

    /// For each piece that names blocks that hold who is asked about: their addresses, and the number
    /// of the piece. Of peers that stand under a mask, those whose mask is wanted.
    pub(super) fn blocks(&self, wanted: impl Fn(Option<u32>) -> bool, hold: impl Fn(Inside) -> bool) -> Vec<Block<'s>> {
        let side = self.side;
        let of_piece = |piece: &Piece<'_>| -> Cow<'s, AddressSet> {
            let mut blocks = piece.peers.iter().filter(|(_, mask)| wanted(*mask)).filter_map(|(peer, _)| {
                match side.lists.peer(*peer) {
                    PeerKey::Block(block, inside) if hold(*inside) => Some(&**side.lists.blocks.get(*block)),
                    _ => None,
                }
            });
            match (blocks.next(), blocks.next()) {
                (None, _) => Cow::Owned(AddressSet::empty()),
                (Some(one), None) => Cow::Borrowed(one),
                (Some(one), Some(two)) => {
                    Cow::Owned(AddressSet::union_of([one, two].into_iter().chain(blocks).collect()))
                }
            }
        };
        let all = self.pieces.iter().map(of_piece).zip(0..);
        all.filter(|(set, _)| !set.is_empty()).collect()
    }

    /// The same for peers without a port name.
    pub(super) fn unmasked(&self) -> &[Block<'s>] {
        self.blocks.get_or_init(|| self.blocks(|mask| mask.is_none(), |_| true))
    }

    /// Whether some block does not match everybody inside.
    pub(super) fn tells_inside(&self) -> bool {
        let mut peers = self.pieces.iter().flat_map(|piece| &piece.peers);
        let tells = |peer: &PeerKey| matches!(peer, PeerKey::Block(_, inside) if *inside != Inside::ALL);
        peers.any(|(peer, _)| tells(self.side.lists.peer(*peer)))
    }
}
