//! The traced interpreter: one flow, and every rule that bore on it.
//!
//! It walks the same form as the bulk interpreter, but point by point and keeping what it meets;
//! tests prove that both come to the same verdict.

use super::{End, Engine, World};
use crate::ir::{Action, Direction, List, Origin};
use crate::selector::Match;
use crate::set::Protocol;
use crate::sorted::SortedSet;
use crate::source::Span;

/// What can come of a flow in one direction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Trace {
    pub(crate) may_allow: bool,
    pub(crate) may_deny: bool,
    /// The rules that decide, or may decide.
    pub(crate) hits: SortedSet<RuleHit>,
    /// No policy selects the pod in this direction.
    pub(crate) not_isolated: bool,
}

/// A rule that matched a flow.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RuleHit {
    pub(crate) origin: Origin,
    pub(crate) action: Action,
    /// Whether it surely applies.
    pub(crate) certain: bool,
    /// The first entry of the rule's `ports` that covers the port, if it lists any.
    pub(crate) port: Option<(u32, Span)>,
    /// The match rests on a port name that has several numbers.
    pub(crate) ambiguous_name: bool,
}

impl Trace {
    pub(crate) fn join(&mut self, other: Self) {
        // A rule that decides in one case and not in another is not certain.
        let both: SortedSet<RuleHit> = self.hits.iter().filter(|hit| other.hits.contains(*hit)).cloned().collect();
        let all = std::mem::take(&mut self.hits).into_iter().chain(other.hits);
        self.hits = all.map(|hit| if both.contains(&hit) { hit } else { RuleHit { certain: false, ..hit } }).collect();
        self.may_allow |= other.may_allow;
        self.may_deny |= other.may_deny;
        self.not_isolated &= other.not_isolated;
    }
}

impl Engine {
    /// Everything that bears on one direction of one flow, own-node exemptions aside.
    pub(crate) fn trace(
        &self,
        direction: Direction,
        subject: End,
        peer: End,
        world: &World,
        protocol: Protocol,
        port: u16,
    ) -> Trace {
        let mut trace = Trace::default();
        let Some(pod) = self.pod(subject.party) else {
            (trace.may_allow, trace.not_isolated) = (true, true);
            return trace;
        };
        let destination = match direction {
            Direction::Egress => peer.party,
            Direction::Ingress => subject.party,
        };
        let tiers = &self.ir.chain(direction).tiers;
        let lists: Vec<(usize, usize, &List, bool)> = self.lists_of(direction, pod).collect();
        trace.not_isolated = lists.is_empty();
        let mut arrived = vec![false; tiers.len() + 1];
        arrived[0] = true;
        for (at, tier) in tiers.iter().enumerate() {
            let mut open = arrived[at];
            for rank in 0..tier.ranks.len() {
                if !open {
                    break;
                }
                let mut unmatched = true;
                for (.., list, applies) in lists.iter().filter(|(t, r, ..)| (*t, *r) == (at, rank)) {
                    for rule in &list.rules {
                        let matched = self.peer_matches(&rule.peer, &peer, world);
                        if matched == Match::No {
                            continue;
                        }
                        let mut sure = false;
                        let mut entry = None;
                        for candidate in rule.traffic.iter() {
                            let (must, may) = self.traffic_of(&candidate.ports, destination);
                            if may.contains(protocol, port) && (entry.is_none() || must.contains(protocol, port)) {
                                entry = Some(candidate);
                                sure = must.contains(protocol, port);
                            }
                            if sure {
                                break;
                            }
                        }
                        let Some(entry) = entry else { continue };
                        let certain = matched == Match::Yes && rule.certain && *applies && sure;
                        trace.hits.insert(RuleHit {
                            origin: rule.origin.clone(),
                            action: rule.action,
                            certain,
                            port: entry.index,
                            ambiguous_name: !sure,
                        });
                        match rule.action {
                            Action::Allow => trace.may_allow = true,
                            Action::Deny => trace.may_deny = true,
                            Action::Pass => {
                                if let Some(next) = arrived.get_mut(tier.pass_to) {
                                    *next = true;
                                }
                            }
                        }
                        if certain {
                            unmatched = false;
                            break;
                        }
                    }
                }
                open &= unmatched;
            }
            arrived[at + 1] |= open;
        }
        trace.may_allow |= arrived[tiers.len()];
        trace
    }
}
