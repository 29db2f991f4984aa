//! The bulk interpreter: verdicts of a set of traffic, without reasons.

use super::{End, Engine, Planes, World};
use crate::ir::{Action, Direction};
use crate::selector::Match;
use crate::set::TrafficSet;

impl Engine {
    /// What one direction of a flow allows of `asked`, in one world and with the addresses given.
    pub(crate) fn bulk(
        &self,
        direction: Direction,
        subject: End,
        peer: End,
        world: &World,
        asked: &TrafficSet,
    ) -> Planes {
        let Some(pod) = self.pod(subject.party) else { return Planes::allow(asked) };
        let own_node = self.own_node(subject.party, peer.party);
        if direction == Direction::Ingress && own_node == Match::Yes {
            return Planes::allow(asked);
        }
        let destination = match direction {
            Direction::Egress => peer.party,
            Direction::Ingress => subject.party,
        };
        let tiers = &self.ir.chain(direction).tiers;
        let mut arrivals = vec![TrafficSet::empty(); tiers.len() + 1];
        arrivals[0] = asked.clone();
        let (mut allow, mut deny) = (TrafficSet::empty(), TrafficSet::empty());
        for (at, tier) in tiers.iter().enumerate() {
            let mut open = std::mem::take(&mut arrivals[at]);
            for rank in &tier.ranks {
                if open.is_empty() {
                    break;
                }
                let (mut unmatched, mut passed) = (open.clone(), TrafficSet::empty());
                for (list, applies) in self.lists_of(rank, pod) {
                    let mut left = open.clone();
                    for rule in &list.rules {
                        let matched = self.peer_matches(&rule.peer, &peer, world);
                        if matched == Match::No || left.is_empty() {
                            continue;
                        }
                        let (must, may) = self.rule_traffic(rule, destination);
                        let hit = left.intersection(&may);
                        let outcome = match rule.action {
                            Action::Allow => &mut allow,
                            Action::Deny => &mut deny,
                            Action::Pass => &mut passed,
                        };
                        *outcome = outcome.union(&hit);
                        if matched == Match::Yes && rule.certain && applies {
                            left = left.difference(&must);
                        }
                    }
                    unmatched = unmatched.intersection(&left);
                }
                if let Some(arrival) = arrivals.get_mut(tier.pass_to) {
                    *arrival = arrival.union(&passed);
                }
                open = unmatched;
            }
            arrivals[at + 1] = arrivals[at + 1].union(&open);
        }
        allow = allow.union(&arrivals[tiers.len()]);
        let mut planes = Planes { must: allow.difference(&deny), may: allow };
        // Ingress from what may be the own node, and egress to what is or may be it: allowed by
        // some, policed by others (semantics A6).
        if own_node != Match::No {
            planes.may = asked.clone();
        }
        planes
    }
}
