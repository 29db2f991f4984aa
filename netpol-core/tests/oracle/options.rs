//! The corners of semantics.md, A6, that network plugins fill in their own way, by the names and
//! values of the documentation (docs/profiles.md).

use std::collections::BTreeMap;

/// The value of each option that the oracle knows; of one that is not here, the specification's.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Options(BTreeMap<String, String>);

/// What the specification has, and what else there is that the oracle can tell.
const KNOWN: &[(&str, &[&str])] = &[
    ("enforced", &["yes", "no"]),
    ("ip-block-matches-pods", &["yes", "no"]),
    ("ip-block-matches-nodes", &["yes", "no"]),
    ("host-peers", &["by-address", "undefined", "node-address"]),
    ("own-node-ingress", &["exempt", "undefined", "policed"]),
    ("own-node-egress", &["undefined", "exempt", "policed"]),
    ("icmp", &["undefined", "portless-rules", "allowed"]),
    ("sctp", &["yes", "no"]),
    ("named-ports", &["resolved", "any-port-of-the-protocol"]),
    ("egress-port-names", &["everywhere", "own-namespace", "nowhere"]),
    ("ingress-port-names", &["destination", "all-selected-pods"]),
    ("port-names-of", &["containers-and-sidecars", "containers", "all-containers"]),
    ("baseline-after", &["same-direction", "either-direction"]),
    ("admin-tiers", &["enforced", "v1alpha1", "undefined"]),
    ("to-itself-by-service", &["undefined", "allowed"]),
    ("visitor-source", &["undefined", "kept", "node"]),
    // Of a Service that egress sees by its own address, the oracle says nothing.
    ("service-egress", &["translated", "untranslated"]),
    // What no verdict shows.
    ("open-connections", &["undefined", "kept", "judged-anew"]),
    ("at-start", &["undefined", "open", "closed"]),
];

impl Options {
    /// Every option with a value of it.
    pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
        KNOWN.iter().flat_map(|(option, values)| values.iter().map(|value| (*option, *value)))
    }

    /// With an option at a value; panics on what is not known.
    pub fn with(mut self, option: &str, value: &str) -> Options {
        let (_, values) = KNOWN.iter().find(|known| known.0 == option).expect("an option");
        assert!(values.contains(&value), "{option}: {value}");
        self.0.insert(option.to_string(), value.to_string());
        self
    }

    pub fn get(&self, option: &str) -> &str {
        let (_, values) = KNOWN.iter().find(|known| known.0 == option).expect("an option");
        self.0.get(option).map_or(values[0], String::as_str)
    }

    /// Of an option with two values, whether it is the first of them.
    pub fn usual(&self, option: &str) -> bool {
        let (_, values) = KNOWN.iter().find(|known| known.0 == option).expect("an option");
        self.get(option) == values[0]
    }
}
