//! What tests depend on: the policies, rules, peers and ports that are among deciding reasons.

use crate::analysis::Analysis;
use crate::ir::{Direction, Origin};
use crate::query::{DirectionAnswer, PolicyRef};
use crate::sorted::{SortedMap, SortedSet};
use crate::source::Place;
use serde::Serialize;
use std::sync::Arc;

/// Notes what the reasons of tests rest on.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// The field paths that were reasons, by policy.
    used: SortedMap<Key, SortedSet<String>>,
    /// Tests of more pairs than can be asked for their reasons.
    skipped: SortedSet<String>,
}

/// A policy, with the file that it stands in.
type Key = (PolicyRef, Option<Arc<str>>);

/// How many there are, and how many of them some test depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Covered {
    /// Those that some test depends on.
    pub covered: usize,
    /// All.
    pub total: usize,
}

impl Covered {
    /// In percent, rounded down; all, where there is nothing to cover.
    pub fn percent(self) -> usize {
        (self.covered * 100).checked_div(self.total).unwrap_or(100)
    }

    fn add(&mut self, covered: bool) {
        self.total += 1;
        self.covered += usize::from(covered);
    }
}

impl std::ops::AddAssign for Covered {
    fn add_assign(&mut self, other: Self) {
        self.covered += other.covered;
        self.total += other.total;
    }
}

/// A policy of which something is not covered, or all is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyCoverage {
    /// The policy.
    pub policy: PolicyRef,
    /// Whether some test depends on it at all.
    pub covered: bool,
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The rules, peers and ports that no test depends on, by field path, with their places.
    pub uncovered: Vec<Uncovered>,
    /// Its rules.
    pub rules: Covered,
    /// The peers of its rules.
    pub peers: Covered,
    /// The ports of its rules.
    pub ports: Covered,
}

/// A part of a policy that no test depends on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Uncovered {
    /// Its field path.
    pub field: String,
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

impl Coverage {
    /// Notes the reasons of a direction.
    pub(super) fn note(&mut self, answer: &DirectionAnswer) {
        for origin in answer.reasons.iter().filter_map(|reason| reason.origin.as_ref()) {
            let fields = std::iter::once(&origin.field).chain(origin.port.iter().map(|port| &port.field));
            let key = (origin.policy.clone(), origin.place.as_ref().map(|place| place.file.clone()));
            match self.used.get(&key) {
                Some(known) if fields.clone().all(|field| known.contains(field)) => {}
                _ => self.used.entry(key).or_default().extend(fields.cloned()),
            }
        }
    }

    /// Takes over what another has noted: of the same policies under another profile, say.
    pub fn merge(&mut self, other: &Self) {
        for (key, fields) in other.used.iter() {
            self.used.entry(key.clone()).or_default().extend(fields.iter().cloned());
        }
        self.skipped.extend(other.skipped.iter().cloned());
    }

    /// Notes that a test has too many pairs for its reasons to be asked.
    pub(super) fn skip(&mut self, test: &str) {
        self.skipped.insert(test.to_owned());
    }

    /// The tests that were run without a look at their reasons, as they have too many pairs; sorted.
    pub fn skipped(&self) -> impl Iterator<Item = &str> {
        self.skipped.iter().map(String::as_str)
    }

    /// Whether a field of a policy was a reason, or something below it.
    fn covers(&self, key: &Key, field: &str) -> bool {
        let below = |used: &String| used.strip_prefix(field).is_some_and(|r| r.is_empty() || r.starts_with(['.', '[']));
        self.used.get(key).is_some_and(|fields| fields.iter().any(below))
    }

    /// Every policy of a cluster with what of it is covered; sorted.
    pub fn of(&self, analysis: &Analysis) -> Vec<PolicyCoverage> {
        let engine = analysis.engine();
        let mut policies: SortedMap<u32, Fields> = SortedMap::new();
        let numbered = (0..).zip(&engine.ir.policies);
        for (number, _) in numbered.filter(|(_, info)| info.place.is_some() && !info.removed) {
            policies.insert(number, Fields::default());
        }
        for direction in Direction::ALL {
            let ranks = engine.ir.chain(direction).tiers.iter().flat_map(|tier| &tier.ranks);
            for rule in ranks.flat_map(|rank| &rank.lists).flat_map(|list| &list.rules) {
                let Origin::Rule { policy, direction, rule: index, peer, .. } = &rule.origin else { continue };
                let entry = policies.entry(*policy).or_default();
                let at = format!("spec.{}[{index}]", direction.name());
                let of_peer = engine.origin_ref(&rule.origin, None);
                if peer.is_some() {
                    entry.peers.insert(of_peer.field.clone(), of_peer.place.clone());
                }
                entry.rules.entry(at).or_insert(of_peer.place);
                for port in rule.traffic.iter() {
                    if let Some(port) = engine.origin_ref(&rule.origin, port.index).port {
                        entry.ports.insert(port.field, Some(port.place));
                    }
                }
            }
        }
        let mut found: Vec<PolicyCoverage> =
            policies.into_iter().map(|(number, fields)| self.of_policy(analysis, number, fields)).collect();
        found.sort_by(|a, b| a.policy.cmp(&b.policy));
        found
    }

    fn of_policy(&self, analysis: &Analysis, number: u32, fields: Fields) -> PolicyCoverage {
        let engine = analysis.engine();
        let (policy, place) = (engine.policy_ref(number), engine.place_of_policy(number));
        let key = (policy.clone(), place.as_ref().map(|place| place.file.clone()));
        let mut answer = PolicyCoverage {
            covered: self.used.contains_key(&key),
            place,
            uncovered: Vec::new(),
            rules: Covered::default(),
            peers: Covered::default(),
            ports: Covered::default(),
            policy,
        };
        let mut missing: SortedSet<Uncovered> = SortedSet::new();
        let lists = [(fields.rules, 0), (fields.peers, 1), (fields.ports, 2)];
        for (fields, which) in lists {
            for (field, place) in fields {
                let covered = self.covers(&key, &field);
                [&mut answer.rules, &mut answer.peers, &mut answer.ports][which].add(covered);
                // What is within a rule that is not covered needs no line of its own.
                let within = missing.iter().any(|known| field.starts_with(&format!("{}.", known.field)));
                if !covered && !within {
                    missing.insert(Uncovered { field, place });
                }
            }
        }
        answer.uncovered = missing.into_iter().collect();
        answer
    }
}

/// The parts of a policy, by field path.
#[derive(Default)]
struct Fields {
    rules: SortedMap<String, Option<Place>>,
    peers: SortedMap<String, Option<Place>>,
    ports: SortedMap<String, Option<Place>>,
}
