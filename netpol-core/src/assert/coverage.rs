//! What tests depend on: the policies, rules, peers and ports that some test would miss.
//!
//! A test misses a part of a policy if its outcome is another one without it. Only what is among the
//! deciding reasons of a test can be missed by it, and where two rules allow the same, neither is.

use super::{Outcome, Test};
use crate::analysis::Analysis;
use crate::ir::{self, Direction, Origin};
use crate::query::{DirectionAnswer, PolicyRef};
use crate::sorted::{SortedMap, SortedSet};
use crate::source::Place;
use serde::Serialize;
use std::sync::Arc;

/// So much work is done to see what tests say without parts of policies: for each part, the pods and policies
/// that are compiled anew, and each test as [`WORK_OF_A_TEST`] of these. Of what is left then, those parts
/// count that are among the reasons of a test.
const MOST_WORK: usize = 20_000_000;

/// How much work a test is.
const WORK_OF_A_TEST: usize = 100;

/// Notes what tests rest on, and what they would miss.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// The field paths that were reasons, by policy, each with the tests whose reason it was.
    used: SortedMap<Key, SortedMap<String, SortedSet<usize>>>,
    /// The tests with what came of them.
    tests: Vec<(Test, Outcome)>,
    /// The field paths that some test would miss, by policy; the policy itself has none.
    missed: SortedMap<Key, SortedSet<String>>,
    /// Parts that count by reasons alone.
    unproven: usize,
    /// Tests of more pairs than can be asked for their reasons.
    skipped: SortedSet<String>,
}

/// A policy, with the file that it stands in.
type Key = (PolicyRef, Option<Arc<str>>);

/// A part of a policy, as it can be taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Policy,
    Rule(Direction, u32),
    Peer(Direction, u32, u32),
    Port(Direction, u32, u32),
}

impl Part {
    /// The list that a peer or a port stands in: the rule, and whether it is that of its ports.
    const fn list(self) -> Option<(Direction, u32, bool)> {
        match self {
            Self::Policy | Self::Rule(..) => None,
            Self::Peer(direction, rule, _) => Some((direction, rule, false)),
            Self::Port(direction, rule, _) => Some((direction, rule, true)),
        }
    }

    /// Takes the part out of a rule of its policy; whether something of the rule is left.
    fn leaves(self, rule: &mut ir::Rule) -> bool {
        let Origin::Rule { direction, rule: index, peer, .. } = rule.origin else { return self != Self::Policy };
        match self {
            Self::Policy => false,
            Self::Rule(of, at) => (of, at) != (direction, index),
            Self::Peer(of, at, number) => (of, at, Some(number)) != (direction, index, peer),
            Self::Port(of, at, number) => {
                if (of, at) == (direction, index) {
                    let is_it = |port: &ir::PortMatch| port.index.is_some_and(|(index, _)| index == number);
                    rule.traffic = rule.traffic.iter().filter(|port| !is_it(port)).cloned().collect();
                }
                !rule.traffic.is_empty()
            }
        }
    }
}

/// How many there are, and how many of them some test would miss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Covered {
    /// Those that some test would miss.
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

/// A policy of which something is not covered, or all is. What no test would miss is not covered: without
/// it, every test comes to what it comes to with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyCoverage {
    /// The policy.
    pub policy: PolicyRef,
    /// Whether some test would miss it.
    pub covered: bool,
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The rules, peers and ports that no test would miss, by field path, with their places.
    pub uncovered: Vec<Uncovered>,
    /// Its rules.
    pub rules: Covered,
    /// The peers of its rules.
    pub peers: Covered,
    /// The ports of its rules.
    pub ports: Covered,
}

/// A part of a policy that no test would miss.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Uncovered {
    /// Its field path.
    pub field: String,
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

impl Coverage {
    /// Begins with a test; what is noted next is about it.
    pub(super) fn begin(&mut self, test: &Test) {
        self.tests.push((test.clone(), Outcome::Passed));
    }

    /// Ends with the test that was begun.
    pub(super) fn end(&mut self, outcome: Outcome) {
        self.tests.last_mut().into_iter().for_each(|(_, known)| *known = outcome);
    }

    /// Notes the reasons of a direction.
    pub(super) fn note(&mut self, answer: &DirectionAnswer) {
        let test = self.tests.len().saturating_sub(1);
        for origin in answer.reasons.iter().filter_map(|reason| reason.origin.as_ref()) {
            let fields = std::iter::once(&origin.field).chain(origin.port.iter().map(|port| &port.field));
            let key = (origin.policy.clone(), origin.place.as_ref().map(|place| place.file.clone()));
            let of = self.used.entry(key).or_default();
            for field in fields {
                match of.get(field) {
                    Some(known) if known.contains(&test) => {}
                    _ => _ = of.entry(field.clone()).or_default().insert(test),
                }
            }
        }
    }

    /// Takes over what another has found: of the same policies under another profile, say.
    pub fn merge(&mut self, other: &Self) {
        for (key, fields) in other.missed.iter() {
            self.missed.entry(key.clone()).or_default().extend(fields.iter().cloned());
        }
        self.unproven += other.unproven;
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

    /// How many parts count because they are among the reasons of a test, and not because the test is
    /// known to miss them: there were too many to try.
    pub fn unproven(&self) -> usize {
        self.unproven
    }

    /// Asks the tests that were run, without each part of the policies that is among their reasons, whether
    /// they miss it. `analysis` is the one that they were run on.
    pub fn settle(&mut self, analysis: &Analysis) {
        let engine = analysis.engine();
        let size = engine.cluster.endpoints.len() + engine.ir.policies.len();
        let mut work = 0_usize;
        for (number, fields) in parts(analysis) {
            let place = engine.place_of_policy(number);
            let key = (engine.policy_ref(number), place.map(|place| place.file));
            let used = self.used.get(&key);
            // Of a policy that a test names, it hangs on it that there is one.
            let named =
                self.tests.iter().enumerate().filter(|(_, (test, _))| test.decided_by.iter().any(|d| d.is_of(&key.0)));
            let named: Vec<usize> = named.map(|(at, _)| at).collect();
            if used.is_none() && named.is_empty() {
                continue;
            }
            // Without its only peer, or its only port, a rule is as good as gone.
            let all = fields.peers.values().chain(fields.ports.values());
            let all: Vec<Part> = all.map(|(part, _)| *part).collect();
            let is_alone = |part: &Part| all.iter().filter(|other| other.list() == part.list()).count() == 1;
            let of_policy = std::iter::once((String::new(), Part::Policy));
            let of_rules = [fields.rules, fields.peers, fields.ports].into_iter().flatten();
            for (field, part) in of_policy.chain(of_rules.map(|(field, (part, _))| (field, part))) {
                let below = used.into_iter().flat_map(SortedMap::iter);
                let below = below.filter(|(at, _)| field.is_empty() || is_within(at, &field));
                let resting = below.flat_map(|(_, tests)| tests.iter().copied());
                let tests: SortedSet<usize> = resting.chain(named.iter().copied()).collect();
                if tests.is_empty() {
                    continue;
                }
                let rule =
                    part.list().filter(|_| is_alone(&part)).map(|(direction, rule, _)| rule_field(direction, rule));
                if rule.is_none() {
                    work = work.saturating_add(size + tests.len() * WORK_OF_A_TEST);
                }
                let is_missed = if let Some(rule) = rule {
                    self.covers(&key, &rule)
                } else if work > MOST_WORK {
                    self.unproven += 1;
                    true
                } else {
                    let without = analysis.with_rules(number, |rule| part.leaves(rule));
                    let mut tests = tests.iter().filter_map(|at| self.tests.get(*at));
                    tests.any(|(test, outcome)| without.outcome(test) != *outcome)
                };
                if is_missed {
                    self.missed.entry(key.clone()).or_default().insert(field);
                }
            }
        }
    }

    /// Whether a part of a policy is missed by some test; the policy itself has an empty path.
    fn covers(&self, key: &Key, field: &str) -> bool {
        self.missed.get(key).is_some_and(|fields| fields.contains(field))
    }

    /// Every policy of a cluster with what of it is covered, as far as it was [settled](Self::settle);
    /// sorted.
    pub fn of(&self, analysis: &Analysis) -> Vec<PolicyCoverage> {
        let policies = parts(analysis).into_iter();
        let mut found: Vec<PolicyCoverage> =
            policies.map(|(number, fields)| self.of_policy(analysis, number, fields)).collect();
        found.sort_by(|a, b| a.policy.cmp(&b.policy));
        found
    }

    fn of_policy(&self, analysis: &Analysis, number: u32, fields: Fields) -> PolicyCoverage {
        let engine = analysis.engine();
        let (policy, place) = (engine.policy_ref(number), engine.place_of_policy(number));
        let key = (policy.clone(), place.as_ref().map(|place| place.file.clone()));
        let mut answer = PolicyCoverage {
            covered: self.covers(&key, ""),
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
            for (field, (_, place)) in fields {
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

/// Whether a field path is another or lies below it.
fn is_within(field: &str, whole: &str) -> bool {
    field.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

fn rule_field(direction: Direction, rule: u32) -> String {
    format!("spec.{}[{rule}]", direction.name())
}

/// The policies of a cluster by their numbers, with their parts.
fn parts(analysis: &Analysis) -> SortedMap<u32, Fields> {
    let engine = analysis.engine();
    let mut policies: SortedMap<u32, Fields> = SortedMap::new();
    let numbered = (0..).zip(&engine.ir.policies);
    for (number, _) in numbered.filter(|(_, info)| info.place.is_some() && !info.removed) {
        policies.insert(number, Fields::default());
    }
    for direction in Direction::ALL {
        let ranks = engine.ir.chain(direction).tiers.iter().flat_map(|tier| &tier.ranks);
        for rule in ranks.flat_map(|rank| &rank.lists).flat_map(|list| &list.rules) {
            let Origin::Rule { policy, direction, rule: index, peer, .. } = rule.origin else { continue };
            let entry = policies.entry(policy).or_default();
            let at = rule_field(direction, index);
            let of_peer = engine.origin_ref(&rule.origin, None);
            if let Some(peer) = peer {
                let part = Part::Peer(direction, index, peer);
                entry.peers.insert(of_peer.field.clone(), (part, of_peer.place.clone()));
            }
            entry.rules.entry(at).or_insert((Part::Rule(direction, index), of_peer.place));
            for (number, port) in rule
                .traffic
                .iter()
                .filter_map(|port| Some((port.index?.0, engine.origin_ref(&rule.origin, port.index).port?)))
            {
                entry.ports.insert(port.field, (Part::Port(direction, index, number), Some(port.place)));
            }
        }
    }
    policies
}

/// The parts of a policy, by field path.
#[derive(Default)]
struct Fields {
    rules: SortedMap<String, (Part, Option<Place>)>,
    peers: SortedMap<String, (Part, Option<Place>)>,
    ports: SortedMap<String, (Part, Option<Place>)>,
}
