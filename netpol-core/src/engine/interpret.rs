//! The bulk interpreter: what one subject's lists make of a whole region of peers at once.
//!
//! A region is a set of peer classes or of addresses; both are decided by the same code. It gives
//! verdicts only; [`trace`](super::trace) finds the reasons, flow by flow.

use super::class_set::ClassSet;
use crate::ir::Action;
use crate::set::AddressSet;
use fixedbitset::FixedBitSet;

/// A set of peers that rules cut up.
pub(super) trait Region: Clone {
    /// What a rule names.
    type Peers;

    fn is_empty(&self) -> bool;
    /// Adds the peers that are in `within`.
    fn add(&mut self, peers: &Self::Peers, within: &Self);
    fn add_all(&mut self, other: &Self);
    fn remove(&mut self, peers: &Self::Peers);
    fn remove_all(&mut self, other: &Self);
    fn keep(&mut self, other: &Self);
    /// A measure of the work of one operation with these peers: words of a bit set, list members.
    fn cost(&self, peers: &Self::Peers) -> usize;
}

/// A rule as it applies to one piece of traffic.
pub(super) struct Step<'r, P> {
    pub(super) action: Action,
    /// Those it surely matches; `None` where it is not certain to apply at all.
    pub(super) must: Option<&'r P>,
    /// Those it may match.
    pub(super) may: &'r P,
}

/// A tier: its ranks, and in each the lists, rule by rule.
pub(super) struct TierSteps<'r, P> {
    pub(super) pass_to: usize,
    pub(super) ranks: Vec<Vec<Vec<Step<'r, P>>>>,
}

/// What must be allowed and what may be, of `everything`.
pub(super) struct Outcome<R> {
    pub(super) must: R,
    pub(super) may: R,
    pub(super) cost: usize,
}

/// Runs the tiers (see [`crate::ir`]) on every peer of a region at once.
pub(super) fn interpret<R: Region>(everything: &R, nothing: &R, tiers: &[TierSteps<'_, R::Peers>]) -> Outcome<R> {
    let mut arrivals = vec![nothing.clone(); tiers.len() + 1];
    arrivals[0] = everything.clone();
    let (mut allow, mut deny, mut cost) = (nothing.clone(), nothing.clone(), 0);
    for (at, tier) in tiers.iter().enumerate() {
        let mut open = std::mem::replace(&mut arrivals[at], nothing.clone());
        for rank in tier.ranks.iter().filter(|r| !r.is_empty()) {
            if open.is_empty() {
                break;
            }
            let (mut unmatched, mut passed) = (open.clone(), nothing.clone());
            for list in rank {
                // A list of one rule, as NetworkPolicy has them, needs no set of its own.
                let mut left = if list.len() > 1 { Some(open.clone()) } else { None };
                for step in list {
                    let outcome = match step.action {
                        Action::Allow => &mut allow,
                        Action::Deny => &mut deny,
                        Action::Pass => &mut passed,
                    };
                    outcome.add(step.may, left.as_ref().unwrap_or(&open));
                    cost += open.cost(step.may);
                    if let Some(must) = step.must {
                        left.as_mut().unwrap_or(&mut unmatched).remove(must);
                        cost += open.cost(must);
                    }
                }
                if let Some(left) = left {
                    unmatched.keep(&left);
                }
            }
            if let Some(arrival) = arrivals.get_mut(tier.pass_to) {
                arrival.add_all(&passed);
            }
            open = unmatched;
        }
        arrivals[at + 1].add_all(&open);
    }
    allow.add_all(&arrivals[tiers.len()]);
    let mut must = allow.clone();
    must.remove_all(&deny);
    Outcome { must, may: allow, cost }
}

impl Region for FixedBitSet {
    type Peers = ClassSet;

    fn is_empty(&self) -> bool {
        self.is_clear()
    }

    fn add(&mut self, peers: &ClassSet, within: &Self) {
        match peers {
            ClassSet::All => self.union_with(within),
            ClassSet::Sparse(members) => {
                members.iter().map(|m| *m as usize).filter(|m| within.contains(*m)).for_each(|m| self.insert(m));
            }
            ClassSet::Dense(bits) => {
                for (word, (a, b)) in self.as_mut_slice().iter_mut().zip(bits.as_slice().iter().zip(within.as_slice()))
                {
                    *word |= a & b;
                }
            }
        }
    }

    fn add_all(&mut self, other: &Self) {
        self.union_with(other);
    }

    fn remove(&mut self, peers: &ClassSet) {
        match peers {
            ClassSet::All => self.clear(),
            ClassSet::Sparse(members) => members.iter().for_each(|m| self.set(*m as usize, false)),
            ClassSet::Dense(bits) => self.difference_with(bits),
        }
    }

    fn remove_all(&mut self, other: &Self) {
        self.difference_with(other);
    }

    fn keep(&mut self, other: &Self) {
        self.intersect_with(other);
    }

    fn cost(&self, peers: &ClassSet) -> usize {
        peers.words(self.len())
    }
}

impl Region for AddressSet {
    type Peers = Self;

    fn is_empty(&self) -> bool {
        Self::is_empty(self)
    }

    fn add(&mut self, peers: &Self, within: &Self) {
        *self = self.union(&peers.intersection(within));
    }

    fn add_all(&mut self, other: &Self) {
        *self = self.union(other);
    }

    fn remove(&mut self, peers: &Self) {
        *self = self.difference(peers);
    }

    fn remove_all(&mut self, other: &Self) {
        *self = self.difference(other);
    }

    fn keep(&mut self, other: &Self) {
        *self = self.intersection(other);
    }

    fn cost(&self, _: &Self) -> usize {
        1
    }
}
