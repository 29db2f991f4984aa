//! Policies and their rules, as they were written and as the engine has them.

use crate::ir::{self, Direction, Subject};
use crate::manifest::{self, NetworkPolicy};
use crate::model::{EndpointId, NamespaceId};
use crate::selector::SelectorId;
use crate::set::TrafficSet;
use crate::source::{FileId, Span};
use std::cell::OnceCell;
use std::rc::Rc;

/// A NetworkPolicy.
pub(super) struct PolicyView<'a> {
    /// Its number in the engine.
    pub(super) id: u32,
    pub(super) file: FileId,
    pub(super) namespace: NamespaceId,
    pub(super) name: &'a str,
    pub(super) spec: &'a NetworkPolicy,
    /// What it selects, to the engine.
    pub(super) pods: SelectorId,
    pub(super) selected: OnceCell<Rc<Vec<EndpointId>>>,
}

/// A peer of an allow rule of a NetworkPolicy, or the rule itself where it names none.
pub(super) struct AllowView<'a> {
    /// Which of [`Context::policies`].
    pub(super) policy: usize,
    pub(super) view: RuleView<'a>,
}

impl<'a> std::ops::Deref for AllowView<'a> {
    type Target = RuleView<'a>;

    fn deref(&self) -> &RuleView<'a> {
        &self.view
    }
}

/// A peer of a rule of a policy of administrators.
pub(super) struct AdminView<'a> {
    /// Its number in the engine.
    pub(super) policy: u32,
    /// Where the rule stands.
    pub(super) span: Span,
    pub(super) view: RuleView<'a>,
}

impl<'a> std::ops::Deref for AdminView<'a> {
    type Target = RuleView<'a>;

    fn deref(&self) -> &RuleView<'a> {
        &self.view
    }
}

/// A peer of a rule of any kind of policy.
pub(super) struct RuleView<'a> {
    /// Its number among the lists of its direction.
    pub(super) list: u32,
    /// Whom it applies to.
    pub(super) subject: Subject,
    pub(super) direction: Direction,
    pub(super) rule: u32,
    pub(super) peer: Option<u32>,
    /// Its place in the list.
    pub(super) at: usize,
    pub(super) of: &'a ir::Rule,
}

impl AllowView<'_> {
    /// The rule as it was written.
    pub(super) fn written<'p>(&self, policy: &PolicyView<'p>) -> Option<&'p manifest::Rule> {
        policy.rules(self.direction).get(self.rule as usize)
    }
}

impl RuleView<'_> {
    /// What a Deny, or a Pass, is called in the sentence of a finding; an Accept is what they are about.
    pub(super) fn action_word(&self) -> Option<&'static str> {
        match self.of.action {
            ir::Action::Deny => Some("deny"),
            ir::Action::Pass => Some("pass"),
            _ => None,
        }
    }

    /// What its ports come to without port names.
    pub(super) fn fixed_traffic(&self) -> TrafficSet {
        self.of.traffic.iter().fold(TrafficSet::empty(), |all, entry| match &entry.ports {
            ir::Ports::Set(set) => all.union(set),
            ir::Ports::Named(..) => all,
        })
    }
}

impl<'a> PolicyView<'a> {
    pub(super) fn rules(&self, direction: Direction) -> &'a [manifest::Rule] {
        match direction {
            Direction::Egress => &self.spec.egress,
            Direction::Ingress => &self.spec.ingress,
        }
    }

    pub(super) fn isolates(&self, direction: Direction) -> bool {
        match direction {
            Direction::Egress => self.spec.isolates_egress,
            Direction::Ingress => self.spec.isolates_ingress,
        }
    }
}

/// `to` or `from`.
pub(super) const fn peers_field(direction: Direction) -> &'static str {
    match direction {
        Direction::Egress => "to",
        Direction::Ingress => "from",
    }
}

/// Such as `spec.egress[0]`.
pub(super) fn rule_field(direction: Direction, rule: usize) -> String {
    format!("spec.{}[{rule}]", direction.name())
}

/// Such as `spec.egress[0].to[1]`.
pub(super) fn peer_field(direction: Direction, rule: usize, peer: usize) -> String {
    format!("{}.{}[{peer}]", rule_field(direction, rule), peers_field(direction))
}

/// Such as `spec.egress[0].ports[1]`.
pub(super) fn port_field(direction: Direction, rule: usize, port: usize) -> String {
    format!("{}.ports[{port}]", rule_field(direction, rule))
}
