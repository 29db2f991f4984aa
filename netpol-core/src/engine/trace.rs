//! The traced interpreter: one flow, and every rule that bore on it.
//!
//! It walks the same form as the bulk interpreter, but point by point and keeping what it meets;
//! tests prove that both come to the same verdict.

use super::matching::AppliedList;
use super::{End, Engine, Party, World};
use crate::ir::{Action, Direction, Origin, Peer, Rank, Rule};
use crate::selector::Match;
use crate::set::Protocol;
use crate::sorted::SortedSet;
use crate::source::Span;
use std::sync::Arc;

/// What can come of a flow in one direction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Trace {
    pub(crate) may_allow: bool,
    pub(crate) may_deny: bool,
    /// The rules that decide, or may decide.
    pub(crate) hits: SortedSet<RuleHit>,
    /// No policy selects the pod in this direction.
    pub(crate) not_isolated: bool,
    /// Policies select it, and it may be that no rule of theirs decides.
    pub(crate) unmatched: bool,
    /// Policies of one priority decide differently.
    pub(crate) tie: bool,
    /// Policies of two APIs without an order between them decide differently.
    pub(crate) unordered: bool,
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
    /// The match rests on which addresses this domain name has.
    pub(crate) domain: Option<Arc<str>>,
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
        self.unmatched |= other.unmatched;
        self.tie |= other.tie;
        self.unordered |= other.unordered;
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
        self.trace_tiers(direction, subject, peer, world, (protocol, port), false)
    }

    /// The same for the traffic with the own node, which tiers that do not judge it let pass.
    pub(crate) fn trace_own_node(
        &self,
        direction: Direction,
        subject: End,
        peer: End,
        world: &World,
        flow: (Protocol, u16),
    ) -> Trace {
        self.trace_tiers(direction, subject, peer, world, flow, true)
    }

    fn trace_tiers(
        &self,
        direction: Direction,
        subject: End,
        peer: End,
        world: &World,
        (protocol, port): (Protocol, u16),
        own_node: bool,
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
        let lists = self.lists_of(direction, pod).map(|applied| {
            let applies = self.applies(&applied, pod, world);
            (applied, applies)
        });
        let lists: Vec<(AppliedList<'_>, Match)> = lists.filter(|(_, applies)| *applies != Match::No).collect();
        trace.not_isolated = lists.is_empty();
        let mut arrived = vec![false; tiers.len() + 1];
        arrived[0] = true;
        for (at, tier) in tiers.iter().enumerate() {
            if !arrived[at] {
                continue;
            }
            let exempt = own_node && !tier.judges_own_node;
            let mut through = true;
            let mut outcomes: Vec<Option<Action>> = Vec::new();
            for track in tier.ranks.chunk_by(|a, b| a.track == b.track) {
                let mut open = true;
                for rank in track {
                    if !open {
                        break;
                    }
                    // What lists surely come to, each by itself.
                    let mut sure: SortedSet<Action> = SortedSet::new();
                    let here = |rank: &Rank| (rank.track, rank.order);
                    let of_rank = lists
                        .iter()
                        .filter(|(applied, _)| applied.tier == at && here(&tier.ranks[applied.rank]) == here(rank));
                    for (applied, applies) in of_rank {
                        for rule in &applied.list.rules {
                            let Some(hit) = self.hit(rule, *applies, &peer, destination, world, (protocol, port))
                            else {
                                continue;
                            };
                            let action = if exempt { rule.action.exempt() } else { rule.action };
                            match action {
                                Action::Allow => trace.may_allow = true,
                                Action::Deny => trace.may_deny = true,
                                Action::Either => (trace.may_allow, trace.may_deny) = (true, true),
                                Action::Pass => {
                                    if let Some(next) = arrived.get_mut(tier.pass_to) {
                                        *next = true;
                                    }
                                }
                            }
                            let certain = hit.certain;
                            // An exemption is no rule of theirs.
                            if action == rule.action {
                                trace.hits.insert(hit);
                            }
                            if certain {
                                sure.insert(action);
                                break;
                            }
                        }
                    }
                    // What the profile leaves open is no policy beside others.
                    trace.tie |= sure.iter().filter(|action| **action != Action::Either).count() > 1;
                    open = sure.is_empty();
                    if !open {
                        outcomes.push(sure.iter().next().copied());
                    }
                }
                through &= open;
            }
            trace.unordered |= outcomes.windows(2).any(|pair| pair[0] != pair[1]);
            arrived[at + 1] |= through;
        }
        trace.unmatched = arrived[tiers.len()] && !trace.not_isolated;
        trace.may_allow |= arrived[tiers.len()];
        trace
    }

    /// The rule as it bears on a flow, if it may match.
    fn hit(
        &self,
        rule: &Rule,
        applies: Match,
        peer: &End,
        destination: Party,
        world: &World,
        (protocol, port): (Protocol, u16),
    ) -> Option<RuleHit> {
        let matched = self.peer_matches(&rule.peer, peer, world);
        if matched == Match::No {
            return None;
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
        let entry = entry?;
        Some(RuleHit {
            origin: rule.origin.clone(),
            action: rule.action,
            certain: matched == Match::Yes && rule.certain && applies == Match::Yes && sure,
            port: entry.index,
            ambiguous_name: !sure,
            domain: match &rule.peer {
                Peer::Domain(domain) => Some(domain.clone()),
                _ => None,
            },
        })
    }
}
