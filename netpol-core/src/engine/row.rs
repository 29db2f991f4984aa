//! What one subject's policies allow, for every peer and all traffic: a row of a factor.

use super::class_set::ClassSet;
use super::interpret::{Outcome, Step, TierSteps, interpret};
use super::lists::{PeerKey, PortKey};
use super::scenario::Scenarios;
use super::side::Side;
use super::subjects::Subject;
use crate::ir::{Action, Direction};
use crate::selector::Selectors;
use crate::set::{AddressSet, TrafficSet};
use fixedbitset::FixedBitSet;
use indexmap::IndexMap;
use std::collections::HashMap;
use std::sync::Arc;

/// Traffic that has the same verdict for every peer, with the peers it must be allowed for and
/// those it may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell<P> {
    pub(crate) traffic: TrafficSet,
    pub(crate) must: Arc<P>,
    pub(crate) may: Arc<P>,
}

/// Cells that together are all traffic, ascending.
#[derive(Clone, Debug)]
pub(crate) struct Cells<P> {
    pub(crate) cells: Box<[Cell<P>]>,
    /// Words of bit sets and list members that were looked at.
    pub(crate) cost: usize,
}

/// Over the classes of peers.
pub(crate) type Row = Cells<ClassSet>;

/// Over the addresses outside of the cluster.
pub(crate) type OutsideRow = Cells<AddressSet>;

/// A rule, or an entry of its ports, as it applies to the subject.
struct Piece {
    /// Which of the subject's lists.
    list: u32,
    action: Action,
    certain: bool,
    peer: u32,
    /// Only for these classes: those on which a port name has the numbers of `traffic`.
    mask: Option<u32>,
    traffic: TrafficSet,
}

/// The rules of a subject, cut into pieces.
pub(super) struct Cut<'s> {
    side: &'s Side,
    subject: &'s Subject,
    pieces: Vec<Piece>,
    masks: Vec<ClassSet>,
    /// Traffic that the same pieces cover, with these pieces.
    groups: Vec<(TrafficSet, Vec<u32>)>,
}

impl<'s> Cut<'s> {
    pub(super) fn new(side: &'s Side, subject: &'s Subject) -> Self {
        let mut cut = Self::pieces(side, subject);
        cut.group();
        cut
    }

    /// The rules as pieces, not yet put together.
    fn pieces(side: &'s Side, subject: &'s Subject) -> Self {
        let mut cut = Self { side, subject, pieces: Vec::new(), masks: Vec::new(), groups: Vec::new() };
        let mut by_name = HashMap::new();
        for (applied, number) in subject.lists.iter().zip(0..) {
            for rule in &side.lists.all[applied.list as usize].rules {
                let certain = rule.certain && applied.certain;
                let mut push = |traffic: TrafficSet, certain, mask| {
                    let (action, peer) = (rule.action, rule.peer);
                    cut.pieces.push(Piece { list: number, action, certain, peer, mask, traffic });
                };
                for port in side.lists.ports(rule.ports) {
                    let (protocol, name) = match port {
                        PortKey::Set(set) => {
                            push(side.lists.traffic(*set).clone(), certain, None);
                            continue;
                        }
                        PortKey::Named(protocol, name) => (*protocol, *name),
                    };
                    let set = |numbers: &[u16]| {
                        TrafficSet::from_intervals(
                            numbers.iter().flat_map(|n| TrafficSet::port(protocol, *n).intervals().to_vec()),
                        )
                    };
                    // Two numbers for one name: which one counts is not specified (semantics F).
                    match side.direction {
                        Direction::Ingress => {
                            let numbers = side.subjects.ports.numbers(subject.ports, protocol, name);
                            if !numbers.is_empty() {
                                push(set(&numbers), certain && numbers.len() == 1, None);
                            }
                        }
                        Direction::Egress => {
                            let groups = by_name.entry((protocol, name)).or_insert_with(|| {
                                let groups = side.peers.by_number(protocol, name);
                                let first = cut.masks.len();
                                let (numbers, masks): (Vec<_>, Vec<_>) = groups.into_iter().unzip();
                                cut.masks.extend(masks);
                                numbers.into_iter().zip(first..).collect::<Vec<(Vec<u16>, usize)>>()
                            });
                            for (numbers, mask) in groups {
                                let mask = Some(crate::source::to_u32(*mask));
                                push(set(numbers), certain && numbers.len() == 1, mask);
                            }
                        }
                    }
                }
            }
        }
        cut
    }

    /// The same for some traffic only: what is said of the rest is of no meaning.
    pub(super) fn within(side: &'s Side, subject: &'s Subject, asked: &TrafficSet) -> Self {
        let mut cut = Self::pieces(side, subject);
        for piece in &mut cut.pieces {
            piece.traffic = piece.traffic.intersection(asked);
        }
        cut.pieces.retain(|piece| !piece.traffic.is_empty());
        cut.group();
        cut
    }

    /// Cuts all traffic where some piece begins or ends, and puts together what the same pieces
    /// cover.
    fn group(&mut self) {
        let distinct: std::collections::HashSet<&TrafficSet> = self.pieces.iter().map(|p| &p.traffic).collect();
        let atoms = TrafficSet::all().cut(distinct);
        let mut covering: Vec<Vec<u32>> = vec![Vec::new(); atoms.len()];
        for (piece, number) in self.pieces.iter().zip(0..) {
            for (low, high) in piece.traffic.intervals() {
                let first = atoms.partition_point(|(from, _)| from < low);
                let last = atoms.partition_point(|(from, _)| from <= high);
                covering[first..last].iter_mut().for_each(|list| list.push(number));
            }
        }
        let mut groups: IndexMap<Vec<u32>, Vec<(u32, u32)>> = IndexMap::new();
        for (atom, pieces) in atoms.into_iter().zip(covering) {
            groups.entry(pieces).or_default().push(atom);
        }
        let groups = groups.into_iter();
        self.groups = groups.map(|(pieces, atoms)| (TrafficSet::from_intervals(atoms), pieces)).collect();
    }

    /// The tiers as they apply to one group of traffic; `peers` gives what a piece surely matches
    /// and may match, or nothing.
    fn steps<'r, P>(
        &self,
        pieces: &[u32],
        peers: impl Fn(usize, &Piece) -> Option<(&'r P, &'r P)>,
    ) -> Vec<TierSteps<'r, P>> {
        let tiers = self.side.lists.tiers.iter();
        let mut tiers: Vec<TierSteps<'r, P>> = tiers
            .map(|(pass_to, ranks)| TierSteps { pass_to: *pass_to, ranks: (0..*ranks).map(|_| Vec::new()).collect() })
            .collect();
        let mut last = None;
        for number in pieces {
            let number = *number as usize;
            let piece = &self.pieces[number];
            let Some((must, may)) = peers(number, piece) else { continue };
            let list = &self.side.lists.all[self.subject.lists[piece.list as usize].list as usize];
            let rank = &mut tiers[list.tier].ranks[list.rank];
            if last != Some(piece.list) {
                rank.push(Vec::new());
                last = Some(piece.list);
            }
            let step = Step { action: piece.action, must: piece.certain.then_some(must), may };
            if let Some(list) = rank.last_mut() {
                list.push(step);
            }
        }
        tiers
    }

    /// The row over classes.
    pub(super) fn row(&self, selectors: &Selectors, unknown: &super::scenario::Unknown<'_>) -> Row {
        let classes = self.side.peers.len();
        let nothing = FixedBitSet::with_capacity(classes);
        let mut everything = nothing.clone();
        everything.insert_range(..);
        // Peers of one rule and port name stand for many pieces.
        let mut operands: IndexMap<(u32, Option<u32>), ()> = IndexMap::new();
        let operand_of: Vec<usize> = self.pieces.iter().map(|p| operands.insert_full((p.peer, p.mask), ()).0).collect();
        let peers = operands.keys().map(|(peer, _)| *peer);
        let scenarios = Scenarios::new(self.side, selectors, unknown, peers);
        let mut cost = 0;
        let mut joined: Vec<Option<(FixedBitSet, FixedBitSet)>> = vec![None; self.groups.len()];
        for scenario in 0..scenarios.len() {
            let sets: Vec<(Option<ClassSet>, Option<ClassSet>)> = operands
                .keys()
                .map(|(peer, mask)| {
                    let own = scenarios.sets(scenario, *peer);
                    let Some(mask) = mask else { return own };
                    let mask = &self.masks[*mask as usize];
                    let known = &self.side.peers.sets[*peer as usize];
                    let masked = |set: &ClassSet| Some(set.intersection(mask, classes));
                    (masked(own.0.as_ref().unwrap_or(&known.must)), masked(own.1.as_ref().unwrap_or(&known.may)))
                })
                .collect();
            for ((_, pieces), joined) in self.groups.iter().zip(&mut joined) {
                let tiers = self.steps(pieces, |number, piece| {
                    let known = &self.side.peers.sets[piece.peer as usize];
                    let (must, may) = &sets[operand_of[number]];
                    let (must, may) = (must.as_ref().unwrap_or(&known.must), may.as_ref().unwrap_or(&known.may));
                    (!may.is_empty()).then_some((must, may))
                });
                let outcome = interpret(&everything, &nothing, &tiers);
                cost += outcome.cost;
                match joined {
                    None => *joined = Some((outcome.must, outcome.may)),
                    Some((must, may)) => {
                        must.intersect_with(&outcome.must);
                        may.union_with(&outcome.may);
                    }
                }
            }
        }
        let decided = self.groups.iter().zip(joined).filter_map(|((traffic, _), outcome)| {
            let (must, may) = outcome?;
            Some((traffic, ClassSet::from_bits(&must), ClassSet::from_bits(&may)))
        });
        cells(decided, cost)
    }

    /// The row over addresses outside.
    pub(super) fn outside(&self) -> OutsideRow {
        let all = AddressSet::all();
        let mut cost = 0;
        let decided: Vec<(&TrafficSet, AddressSet, AddressSet)> = self
            .groups
            .iter()
            .map(|(traffic, pieces)| {
                let tiers = self.steps(pieces, |_, piece| match self.side.lists.peer(piece.peer) {
                    // A port name is looked up on a pod.
                    _ if piece.mask.is_some() => None,
                    PeerKey::Any | PeerKey::Outside => Some((&all, &all)),
                    PeerKey::Pods(..) => None,
                    PeerKey::Block(block) => {
                        let block: &AddressSet = self.side.lists.blocks.get(*block);
                        Some((block, block))
                    }
                });
                let Outcome { must, may, cost: own } = interpret(&all, &AddressSet::empty(), &tiers);
                cost += own;
                (traffic, must, may)
            })
            .collect();
        cells(decided.into_iter(), cost)
    }
}

/// Puts together the traffic that has the same outcome.
fn cells<'t, P: PartialEq>(decided: impl Iterator<Item = (&'t TrafficSet, P, P)>, cost: usize) -> Cells<P> {
    let mut cells: Vec<Cell<P>> = Vec::new();
    for (traffic, must, may) in decided {
        match cells.iter_mut().find(|c| *c.must == must && *c.may == may) {
            Some(cell) => cell.traffic = cell.traffic.union(traffic),
            None => {
                let must = Arc::new(must);
                let may = if *must == may { must.clone() } else { Arc::new(may) };
                cells.push(Cell { traffic: traffic.clone(), must, may });
            }
        }
    }
    cells.sort_by(|a, b| a.traffic.cmp(&b.traffic));
    Cells { cells: cells.into(), cost }
}
