//! What changed of those who answer at one address, on traffic of which each has one verdict before and after.

use super::Delta;
use crate::engine::Planes;
use crate::query::behind::Told;
use crate::set::{AddressSet, TrafficSet};
use crate::sorted::{SortedMap, SortedSet};

/// Some of those who answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Behind {
    /// By their number among all pods that may.
    pub(super) pods: SortedSet<usize>,
    pub(super) nodes: SortedSet<String>,
    pub(super) addresses: AddressSet,
}

impl Behind {
    pub(super) fn add(&mut self, other: &Self) {
        self.pods.extend(other.pods.iter().copied());
        self.nodes.extend(other.nodes.iter().cloned());
        self.addresses = self.addresses.union(&other.addresses);
    }
}

/// Somebody who answers, before and after.
pub(super) struct Answering {
    pub(super) who: Behind,
    /// On what.
    pub(super) asked: [TrafficSet; 2],
    pub(super) planes: [Planes; 2],
    /// Whether another line tells what changed.
    pub(super) is_told: bool,
    /// Whether it is who was asked for: nothing leads on from there.
    pub(super) is_own: bool,
}

impl Answering {
    pub(super) fn new(who: Behind, told: [Option<&Told>; 2]) -> Self {
        let asked = told.map(|told| told.map(Told::asked).unwrap_or_default());
        let planes = told.map(|told| told.map(Told::planes).unwrap_or_default());
        Self { who, asked, planes, is_told: false, is_own: false }
    }

    pub(super) fn cuts(&self) -> impl Iterator<Item = &TrafficSet> {
        self.planes.iter().flat_map(|planes| [&planes.must, &planes.may]).chain(&self.asked)
    }

    pub(super) fn answers(&self, at: usize, atom: &TrafficSet) -> bool {
        self.asked[at].meets(atom)
    }
}

/// Traffic of which everybody has one verdict in each state.
pub(super) struct Atom<'a> {
    pub(super) traffic: &'a TrafficSet,
    /// Those who answer there in one of the states.
    pub(super) here: Vec<&'a Answering>,
    /// Whether anything is said of it, in each state.
    pub(super) said: [bool; 2],
    pub(super) all: &'a [Planes; 2],
}

impl Atom<'_> {
    fn delta(&self, planes: [&Planes; 2]) -> Option<Delta> {
        let [old, new] = planes.map(|planes| planes.within(self.traffic));
        Delta::of(&old, &new)
    }

    fn whole(&self, behind: Option<Behind>) -> Vec<(Option<Behind>, Delta)> {
        self.delta(self.all.each_ref()).map(|delta| (behind, delta)).into_iter().collect()
    }

    pub(super) fn changes(&self) -> Vec<(Option<Behind>, Delta)> {
        let others = || self.here.iter().filter(|of| !of.is_own);
        let led = [0, 1].map(|at| others().any(|of| of.answers(at, self.traffic)));
        match (led, self.said) {
            ([false, false], _) => return self.whole(None),
            ([true, false], [_, true]) => return self.led_in_one(0),
            ([false, true], [true, _]) => return self.led_in_one(1),
            _ => {}
        }
        let mut by_delta: SortedMap<Option<Delta>, Behind> = SortedMap::new();
        let mut told = false;
        for of in others() {
            let delta = self.delta(of.planes.each_ref());
            match of.is_told && delta.is_some() {
                true => told = true,
                false => by_delta.entry(delta).or_default().add(&of.who),
            }
        }
        if !told && by_delta.keys().all(Option::is_none) {
            // Somebody came or went who is not reached.
            let mut of_one = Behind::default();
            let is_of_one = |of: &&&Answering| of.answers(0, self.traffic) != of.answers(1, self.traffic);
            others().filter(is_of_one).for_each(|of| of_one.add(&of.who));
            return self.whole((of_one != Behind::default()).then_some(of_one));
        }
        let alike = by_delta.len() == 1 && !told;
        let changes = by_delta.into_iter();
        changes.filter_map(|(delta, behind)| Some(((!alike).then_some(behind), delta?))).collect()
    }

    /// In one state others answer; in the other who was asked for does, or nobody gets to see it.
    fn led_in_one(&self, at: usize) -> Vec<(Option<Behind>, Delta)> {
        let own = self.here.iter().any(|of| of.is_own && of.answers(1 - at, self.traffic));
        let none = Planes::default();
        let mut by_delta: SortedMap<Delta, Behind> = SortedMap::new();
        let (mut all_open, mut told) = (true, false);
        for of in self.here.iter().filter(|of| of.answers(at, self.traffic)) {
            if !self.traffic.is_subset(&of.planes[at].must) {
                all_open = false;
                continue;
            }
            let mut planes = [if own { &none } else { &self.all[0] }, if own { &none } else { &self.all[1] }];
            planes[at] = &of.planes[at];
            match self.delta(planes) {
                Some(_) if of.is_told => told = true,
                Some(delta) => by_delta.entry(delta).or_default().add(&of.who),
                None => all_open = false,
            }
        }
        if by_delta.is_empty() {
            return if told { Vec::new() } else { self.whole(None) };
        }
        let alike = by_delta.len() == 1 && all_open && !told;
        by_delta.into_iter().map(|(delta, behind)| ((!alike).then_some(behind), delta)).collect()
    }
}
