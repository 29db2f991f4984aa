//! The bulk interpreter: what rules make of all traffic at once, for peers that the same rules
//! match. It gives verdicts only; [`trace`](super::trace) finds the reasons, flow by flow.

use super::lists::TierOf;
use crate::ir::Action;

/// A rule, or an entry of its ports, that matches the peers at hand. Traffic is a set of atoms, as
/// the bits of words: pieces of all traffic that no rule of the subject cuts.
#[derive(Clone, Copy)]
pub(super) struct Step<'r> {
    pub(super) tier: usize,
    pub(super) track: u8,
    pub(super) rank: usize,
    /// Rules of one list are tried in order; lists of one rank have no order.
    pub(super) list: u32,
    pub(super) action: Action,
    /// Whether it surely applies and matches.
    pub(super) certain: bool,
    pub(super) traffic: &'r [usize],
}

/// Words of atoms. Atoms have nothing to do with each other, so the tiers are run for some at a time.
pub(super) type Words<const N: usize> = [usize; N];

/// `N` words from a place on; behind the end there is nothing.
fn words<const N: usize>(all: &[usize], from: usize) -> Words<N> {
    let rest = &all[from..];
    rest.first_chunk().copied().unwrap_or_else(|| std::array::from_fn(|at| rest.get(at).copied().unwrap_or(0)))
}

fn each<const N: usize>(words: &mut Words<N>, other: &Words<N>, what: impl Fn(usize, usize) -> usize) {
    words.iter_mut().zip(other).for_each(|(a, b)| *a = what(*a, *b));
}

/// Runs the tiers (see [`crate::ir`]) on the atoms of `N` words: the traffic that must be allowed,
/// and what may be. `steps` are in the order of tiers, ranks, lists and rules; `tiers` has for each
/// where Pass goes to. `arrivals` is room to work in.
pub(super) fn interpret<const N: usize>(
    everything: &[usize],
    from: usize,
    tiers: &[TierOf],
    steps: &[Step<'_>],
    arrivals: &mut Vec<Words<N>>,
) -> [Words<N>; 2] {
    arrivals.clear();
    arrivals.resize(tiers.len() + 1, [0; N]);
    arrivals[0] = words(everything, from);
    let (mut allow, mut deny) = ([0; N], [0; N]);
    let mut rest = steps;
    for (at, TierOf { pass_to, .. }) in tiers.iter().enumerate() {
        let arrived = std::mem::replace(&mut arrivals[at], [0; N]);
        let of_tier;
        (of_tier, rest) = rest.split_at(rest.partition_point(|s| s.tier <= at));
        let mut through = arrived;
        // Tracks have no order among them: each begins with all that arrived.
        for track in of_tier.chunk_by(|a, b| a.track == b.track) {
            let mut open = arrived;
            for rank in track.chunk_by(|a, b| a.rank == b.rank) {
                if open == [0; N] {
                    break;
                }
                let mut unmatched = open;
                let mut passed = [0; N];
                for list in rank.chunk_by(|a, b| a.list == b.list) {
                    let mut left = open;
                    for step in list {
                        let mut matched = words(step.traffic, from);
                        each(&mut matched, &left, |traffic, left| traffic & left);
                        let outcome = match step.action {
                            Action::Allow => &mut allow,
                            Action::Deny => &mut deny,
                            Action::Pass => &mut passed,
                            Action::Either => {
                                each(&mut allow, &matched, |allow, matched| allow | matched);
                                &mut deny
                            }
                        };
                        each(outcome, &matched, |outcome, matched| outcome | matched);
                        if step.certain {
                            each(&mut left, &matched, |left, matched| left & !matched);
                        }
                    }
                    each(&mut unmatched, &left, |unmatched, left| unmatched & left);
                }
                if let Some(arrival) = arrivals.get_mut(*pass_to) {
                    each(arrival, &passed, |arrival, passed| arrival | passed);
                }
                open = unmatched;
            }
            each(&mut through, &open, |through, open| through & open);
        }
        each(&mut arrivals[at + 1], &through, |arrival, through| arrival | through);
    }
    each(&mut allow, &arrivals[tiers.len()], |allow, arrived| allow | arrived);
    let mut must = allow;
    each(&mut must, &deny, |must, deny| must & !deny);
    [must, allow]
}
