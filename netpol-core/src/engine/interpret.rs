//! The bulk interpreter: what rules make of all traffic at once, for peers that the same rules
//! match. It gives verdicts only; [`trace`](super::trace) finds the reasons, flow by flow.

use crate::ir::Action;
use fixedbitset::FixedBitSet;

/// A rule, or an entry of its ports, that matches the peers at hand. Traffic is a set of atoms:
/// pieces of all traffic that no rule of the subject cuts.
#[derive(Clone, Copy)]
pub(super) struct Step<'r> {
    pub(super) tier: usize,
    pub(super) rank: usize,
    /// Rules of one list are tried in order; lists of one rank have no order.
    pub(super) list: u32,
    pub(super) action: Action,
    /// Whether it surely applies and matches.
    pub(super) certain: bool,
    pub(super) traffic: &'r FixedBitSet,
}

/// Runs the tiers (see [`crate::ir`]): the traffic that must be allowed, and what may be. `steps`
/// are in the order of tiers, ranks, lists and rules; `tiers` has for each where Pass goes to.
pub(super) fn interpret(everything: &FixedBitSet, tiers: &[(usize, usize)], steps: &[Step<'_>]) -> [FixedBitSet; 2] {
    let nothing = FixedBitSet::with_capacity(everything.len());
    let mut arrivals = vec![nothing.clone(); tiers.len() + 1];
    arrivals[0] = everything.clone();
    let (mut allow, mut deny) = (nothing.clone(), nothing.clone());
    let mut rest = steps;
    for (at, (pass_to, _)) in tiers.iter().enumerate() {
        let mut open = std::mem::replace(&mut arrivals[at], nothing.clone());
        let of_tier;
        (of_tier, rest) = rest.split_at(rest.partition_point(|s| s.tier <= at));
        for rank in of_tier.chunk_by(|a, b| a.rank == b.rank) {
            if open.is_clear() {
                break;
            }
            let mut unmatched = open.clone();
            let mut passed = nothing.clone();
            for list in rank.chunk_by(|a, b| a.list == b.list) {
                let mut left = open.clone();
                for step in list {
                    let outcome = match step.action {
                        Action::Allow => &mut allow,
                        Action::Deny => &mut deny,
                        Action::Pass => &mut passed,
                    };
                    let words = outcome.as_mut_slice().iter_mut().zip(left.as_slice()).zip(step.traffic.as_slice());
                    for ((outcome, left), traffic) in words {
                        *outcome |= left & traffic;
                    }
                    if step.certain {
                        left.difference_with(step.traffic);
                    }
                }
                unmatched.intersect_with(&left);
            }
            if let Some(arrival) = arrivals.get_mut(*pass_to) {
                arrival.union_with(&passed);
            }
            open = unmatched;
        }
        arrivals[at + 1].union_with(&open);
    }
    allow.union_with(&arrivals[tiers.len()]);
    let mut must = allow.clone();
    must.difference_with(&deny);
    [must, allow]
}
