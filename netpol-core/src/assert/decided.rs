//! `decidedBy`: a policy, or a field of one, that has to be among the reasons.

use crate::diagnostic::first_of;
use crate::engine::Engine;
use crate::ir::Direction;
use crate::query::{DirectionAnswer, OriginRef, PolicyRef, QueryError, QueryProblem};
use crate::sorted::Arrange;
use serde::Serialize;
use std::fmt;

/// Kinds as they may be written, with the kind that is meant.
const KINDS: [(&str, &str); 12] = [
    ("netpol", "NetworkPolicy"),
    ("networkpolicy", "NetworkPolicy"),
    ("networkpolicies", "NetworkPolicy"),
    ("anp", "AdminNetworkPolicy"),
    ("adminnetworkpolicy", "AdminNetworkPolicy"),
    ("banp", "BaselineAdminNetworkPolicy"),
    ("baselineadminnetworkpolicy", "BaselineAdminNetworkPolicy"),
    ("cnp", "ClusterNetworkPolicy"),
    ("clusternetworkpolicy", "ClusterNetworkPolicy"),
    ("np", "NetworkPolicy"),
    ("adminnetworkpolicies", "AdminNetworkPolicy"),
    ("clusternetworkpolicies", "ClusterNetworkPolicy"),
];

/// A policy, or a field of one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct DecidedBy {
    /// Its kind; none: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// Its namespace; none: any, or none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its name.
    pub policy: String,
    /// A field path, such as `spec.ingress[0]`: what lies below it counts too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

impl DecidedBy {
    /// Reads `[KIND/][NAMESPACE/]NAME`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let kind_of = |text: &str| {
            let text = text.to_ascii_lowercase();
            KINDS.iter().find(|(written, _)| *written == text).map(|(_, kind)| *kind)
        };
        let parts: Vec<&str> = text.split('/').collect();
        let (kind, namespace, name) = match parts.as_slice() {
            [name] => (None, None, *name),
            [first, name] => match kind_of(first) {
                Some(kind) => (Some(kind), None, *name),
                None => (None, Some(*first), *name),
            },
            // The administrators' kinds are in no namespace.
            [kind, namespace, name] => {
                let kind = kind_of(kind).filter(|kind| *kind == "NetworkPolicy")?;
                (Some(kind), Some(*namespace), *name)
            }
            _ => return None,
        };
        let fits = namespace.is_none_or(crate::manifest::is_dns_label) && crate::manifest::is_dns_subdomain(name);
        fits.then(|| Self { kind, namespace: namespace.map(str::to_owned), policy: name.to_owned(), field: None })
    }

    pub(super) fn is_of(&self, policy: &PolicyRef) -> bool {
        *policy.name == *self.policy
            && self.kind.is_none_or(|kind| kind == policy.kind)
            && self.namespace.as_deref().is_none_or(|ns| policy.namespace.as_deref() == Some(ns))
    }

    /// Whether there is such a policy, and such a field that can decide.
    pub(super) fn is_there(&self, engine: &Engine) -> Result<(), QueryError> {
        let numbered = engine.ir.policies.iter().zip(0..).filter(|(info, _)| !info.removed);
        let all: Vec<(u32, PolicyRef)> = numbered.map(|(_, number)| (number, engine.policy_ref(number))).collect();
        let own: Vec<u32> = all.iter().filter(|(_, policy)| self.is_of(policy)).map(|(number, _)| *number).collect();
        if own.is_empty() {
            let known = all.iter().map(|(_, policy)| match &policy.namespace {
                Some(namespace) if self.namespace.is_some() => format!("{namespace}/{}", policy.name),
                _ => policy.name.to_string(),
            });
            let error = QueryError::new(QueryProblem::UnknownPolicy).with("found", self);
            let name = self.namespace.as_ref().map_or_else(String::new, |namespace| format!("{namespace}/"));
            return Err(near(error, &format!("{name}{}", self.policy), known.collect()));
        }
        let Some(field) = &self.field else { return Ok(()) };
        let mut fields = Vec::new();
        for direction in Direction::ALL {
            let ranks = engine.ir.chain(direction).tiers.iter().flat_map(|tier| &tier.ranks);
            let rules = ranks.flat_map(|rank| &rank.lists).flat_map(|list| &list.rules);
            for rule in rules.filter(|rule| own.contains(&rule.origin.policy())) {
                fields.push(engine.origin_ref(&rule.origin, None).field);
                let ports = rule.traffic.iter().map(|port| engine.origin_ref(&rule.origin, port.index).port);
                fields.extend(ports.flatten().map(|port| port.field));
            }
        }
        // Under a profile that enforces nothing, none is.
        if fields.is_empty() || fields.iter().any(|at| is_within(at, field)) {
            return Ok(());
        }
        let policy = Self { field: None, ..self.clone() };
        let error = QueryError::new(QueryProblem::UnknownField).with("found", field).with("policy", policy);
        Err(near(error, field, fields))
    }

    /// Whether a reason rests on it.
    fn names(&self, origin: &OriginRef) -> bool {
        self.is_of(&origin.policy)
            && self.field.as_deref().is_none_or(|field| {
                let port = origin.port.as_ref().map(|port| port.field.as_str());
                [Some(origin.field.as_str()), port].into_iter().flatten().any(|at| is_within(at, field))
            })
    }

    /// Whether it is among the reasons of the directions that decide.
    pub(crate) fn is_among(&self, deciding: &[&DirectionAnswer]) -> bool {
        let reasons = deciding.iter().flat_map(|answer| &answer.reasons);
        reasons.filter_map(|reason| reason.origin.as_ref()).any(|origin| self.names(origin))
    }
}

/// What is nearest to a name, or all that there are.
fn near(error: QueryError, found: &str, mut known: Vec<String>) -> QueryError {
    const MOST: usize = 6;
    known.arrange();
    known.dedup();
    if let Some(nearest) = crate::lang::nearest(found, known.iter().map(String::as_str)) {
        return error.with("nearest", nearest);
    }
    if known.is_empty() {
        return error;
    }
    error.with("known", first_of(&known, MOST))
}

/// Whether a field path is another or lies below it.
fn is_within(field: &str, whole: &str) -> bool {
    field.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

impl fmt::Display for DecidedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(kind) = self.kind.filter(|kind| *kind != "NetworkPolicy") {
            write!(f, "{kind} ")?;
        }
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(&self.policy)?;
        self.field.iter().try_for_each(|field| write!(f, " {field}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        let parts = |text: &str| DecidedBy::parse(text).map(|d| (d.kind, d.namespace, d.policy));
        assert_eq!(parts("db"), Some((None, None, "db".into())));
        assert_eq!(parts("shop/db"), Some((None, Some("shop".into()), "db".into())));
        assert_eq!(parts("anp/deny.all"), Some((Some("AdminNetworkPolicy"), None, "deny.all".into())));
        assert_eq!(parts("NetworkPolicy/shop/db"), Some((Some("NetworkPolicy"), Some("shop".into()), "db".into())));
        for bad in ["", "a/", "/a", "shop/x/db", "a b", "netpol/shop/db/x", "Shop/db", "anp/shop/db"] {
            assert!(parts(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_field_has_those_below_it() {
        assert!(is_within("spec.ingress[0].from[1]", "spec.ingress[0]"));
        assert!(is_within("spec.ingress[0]", "spec.ingress[0]"));
        assert!(!is_within("spec.ingress[10]", "spec.ingress[1"));
        assert!(!is_within("spec.ingress[1]", "spec.ingress[10]"));
    }
}
