//! The one intermediate representation that every policy kind is lowered to.
//!
//! A verdict is egress at the source and ingress at the destination. A direction is a [`Chain`] of
//! tiers; a tier is a list of ranks in order of precedence; lists of one rank have no order among
//! them; inside a list the first match counts. Off the last tier: Allow.

use crate::model::NamespaceId;
use crate::profile::{HostPeers, ProfileOption};
use crate::selector::SelectorId;
use crate::set::{AddressSet, Protocol, TrafficSet};
use crate::source::{FileId, Span};
use crate::symbol::Symbol;
use serde::Serialize;
use std::sync::Arc;

/// Which way a policy looks from the pod that it selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Out of the selected pod.
    Egress,
    /// Into the selected pod.
    Ingress,
}

impl Direction {
    /// Both, in the order of a flow.
    pub const ALL: [Self; 2] = [Self::Egress, Self::Ingress];

    /// The other one.
    pub(crate) const fn reversed(self) -> Self {
        match self {
            Self::Egress => Self::Ingress,
            Self::Ingress => Self::Egress,
        }
    }

    /// `egress` or `ingress`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Egress => "egress",
            Self::Ingress => "ingress",
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct PolicyIr {
    pub(crate) egress: Chain,
    pub(crate) ingress: Chain,
    /// The loaded policies, that origins refer to.
    pub(crate) policies: Vec<PolicyInfo>,
}

impl PolicyIr {
    pub(crate) fn chain(&self, direction: Direction) -> &Chain {
        match direction {
            Direction::Egress => &self.egress,
            Direction::Ingress => &self.ingress,
        }
    }

    /// Takes a policy out; `false`: there is none of that kind and name.
    pub(crate) fn remove(&mut self, kind: &str, namespace: Option<NamespaceId>, name: &str) -> bool {
        let is = |p: &PolicyInfo| {
            !p.removed && p.kind == kind && p.place.is_some() && p.namespace == namespace && *p.name == *name
        };
        let Some(at) = self.policies.iter().position(is) else { return false };
        self.policies[at].removed = true;
        let number = crate::source::to_u32(at);
        for direction in Direction::ALL {
            for rank in self.chain_mut(direction).tiers.iter_mut().flat_map(|t| &mut t.ranks) {
                rank.lists.retain(|list| list.policy() != Some(number));
            }
        }
        true
    }

    pub(crate) fn chain_mut(&mut self, direction: Direction) -> &mut Chain {
        match direction {
            Direction::Egress => &mut self.egress,
            Direction::Ingress => &mut self.ingress,
        }
    }
}

/// A policy as origins name it.
#[derive(Clone, Debug)]
pub(crate) struct PolicyInfo {
    pub(crate) kind: &'static str,
    pub(crate) namespace: Option<NamespaceId>,
    pub(crate) name: Arc<str>,
    /// Nowhere for a policy that is not modelled.
    pub(crate) place: Option<(FileId, Span)>,
    /// Taken out again; its number is not given anew.
    pub(crate) removed: bool,
    /// Of a kind that is modelled, but it could not be used.
    pub(crate) left_out: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Chain {
    pub(crate) tiers: Vec<Tier>,
}

impl Chain {
    /// Whether a list says nothing as things are: that the baseline is not reached, where there is none.
    pub(crate) fn is_mute(&self, list: &List) -> bool {
        let of_baseline =
            |rule: &Rule| matches!(rule.origin, Origin::Profile { option: ProfileOption::BaselineAfter, .. });
        list.rules.first().is_some_and(of_baseline)
            && self
                .tiers
                .get(crate::policy::BASELINE)
                .is_none_or(|tier| tier.ranks.iter().all(|rank| rank.lists.is_empty()))
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Tier {
    /// The tier that Pass goes to; past the last: Allow.
    pub(crate) pass_to: usize,
    /// Whether it judges what the pod's own node sends and gets.
    pub(crate) judges_own_node: bool,
    /// Ordered by track and order.
    pub(crate) ranks: Vec<Rank>,
}

impl Tier {
    /// The rank of a track at a place in its order; made if it is not there.
    pub(crate) fn rank(&mut self, track: u8, order: u16) -> &mut Rank {
        let at = match self.ranks.binary_search_by_key(&(track, order), |r| (r.track, r.order)) {
            Ok(at) => at,
            Err(at) => {
                self.ranks.insert(at, Rank { track, order, lists: Vec::new() });
                at
            }
        };
        &mut self.ranks[at]
    }
}

/// Lists without an order among them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rank {
    /// Ranks of a tier follow each other within a track. Between tracks there is no order.
    pub(crate) track: u8,
    pub(crate) order: u16,
    pub(crate) lists: Vec<List>,
}

/// Rules of one subject, in order: the first that matches counts.
#[derive(Clone, Debug)]
pub(crate) struct List {
    pub(crate) subject: Subject,
    pub(crate) rules: Vec<Rule>,
}

impl List {
    /// The policy that it comes from.
    pub(crate) fn policy(&self) -> Option<u32> {
        self.rules.first().map(|rule| rule.origin.policy())
    }
}

/// The pods a policy applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) namespaces: NamespaceMatch,
    pub(crate) pods: SelectorId,
}

#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) peer: Peer,
    pub(crate) traffic: Arc<[PortMatch]>,
    pub(crate) action: Action,
    /// Whether the rule surely applies where it matches.
    pub(crate) certain: bool,
    pub(crate) origin: Origin,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Action {
    Allow,
    Deny,
    /// On to the tier that the tier names.
    Pass,
    /// Allow or Deny: what the specification leaves open.
    Either,
}

impl Action {
    /// What it comes to for traffic that is never denied.
    pub(crate) const fn exempt(self) -> Self {
        match self {
            Self::Deny | Self::Either => Self::Allow,
            other => other,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Peer {
    /// Anybody, inside and outside.
    Any,
    /// Anybody but pods and nodes.
    Outside,
    /// Pods by selectors, and what these make of pods on their node's network.
    Pods { namespaces: NamespaceMatch, pods: SelectorId, hosts: HostPeers },
    /// Addresses, outside and of these inside.
    Addresses(Arc<AddressSet>, Inside),
    /// Nodes by their labels: whoever has an address of theirs.
    Nodes(SelectorId),
    /// A domain name, or with `*.` all those below one: whoever outside has an address of it.
    Domain(Arc<str>),
}

/// Whose addresses blocks match, beside those outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Inside {
    pub(crate) pods: bool,
    pub(crate) nodes: bool,
}

impl Inside {
    pub(crate) const ALL: Self = Self { pods: true, nodes: true };

    /// Whether those of a pod, or of what is on a node's network, are matched.
    pub(crate) const fn holds(self, pod: bool) -> bool {
        if pod { self.pods } else { self.nodes }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum NamespaceMatch {
    /// One namespace: the policy's own.
    Own(NamespaceId),
    /// By labels.
    Selected(SelectorId),
}

/// Ports of a rule, with the place that names them.
#[derive(Clone, Debug)]
pub(crate) struct PortMatch {
    pub(crate) ports: Ports,
    /// Index in the rule's `ports`; none when the rule has no list of ports.
    pub(crate) index: Option<(u32, Span)>,
}

#[derive(Clone, Debug)]
pub(crate) enum Ports {
    Set(TrafficSet),
    /// Looked up on the destination pod.
    Named(Protocol, Symbol),
}

/// Where a rule comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Origin {
    /// A peer of a rule: policy, direction, rule index, and the peer's index if the rule has peers.
    Rule { policy: u32, direction: Direction, rule: u32, peer: Option<u32>, span: Span },
    /// The policy selects the pod, so what it does not allow is denied.
    Isolation { policy: u32, span: Span },
    /// As before, for protocols whose treatment is left to the implementation.
    IsolationOther { policy: u32, span: Span },
    /// What the profile makes of the policy, or leaves open about it.
    Profile { policy: u32, option: ProfileOption, span: Span },
    /// A policy of a kind that is not modelled.
    Unmodelled { policy: u32 },
}

impl Origin {
    pub(crate) fn policy(&self) -> u32 {
        match self {
            Self::Rule { policy, .. }
            | Self::Isolation { policy, .. }
            | Self::IsolationOther { policy, .. }
            | Self::Profile { policy, .. }
            | Self::Unmodelled { policy } => *policy,
        }
    }
}
