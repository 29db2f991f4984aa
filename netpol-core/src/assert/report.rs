//! The answers of many tests together.

use super::coverage::{Coverage, Covered, PolicyCoverage};
use super::run::{Outcome, TestAnswer, is_zero};
use crate::diagnostic::Diagnostic;
use crate::source::Place;
use serde::Serialize;

/// The answer of `netpol test`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TestReport {
    /// `netpol.test/v1`.
    pub schema: &'static str,
    /// How many tests came to what.
    pub counts: OutcomeCounts,
    /// The documents with tests, in the order of the input.
    pub suites: Vec<SuiteReport>,
    /// What the tests would miss, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<CoverageReport>,
}

/// The tests of one document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SuiteReport {
    /// `metadata.name`.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// The profile under which it ran.
    pub profile: &'static str,
    /// Its tests, in their order; those that were not selected are left out.
    pub tests: Vec<TestAnswer>,
    /// Why none of them could be asked: the errors of its files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Diagnostic>,
}

/// Tests by what came of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OutcomeCounts {
    /// Every pair as expected.
    pub passed: usize,
    /// Some pair otherwise.
    pub failed: usize,
    /// No pair at all.
    pub unmatched: usize,
    /// Not to be asked.
    pub error: usize,
}

impl OutcomeCounts {
    /// All.
    pub fn all(self) -> usize {
        self.passed + self.failed + self.unmatched + self.error
    }

    fn add(&mut self, outcome: Outcome) {
        *match outcome {
            Outcome::Passed => &mut self.passed,
            Outcome::Failed => &mut self.failed,
            Outcome::Unmatched => &mut self.unmatched,
            Outcome::Error => &mut self.error,
        } += 1;
    }
}

/// What the tests of all documents would miss.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CoverageReport {
    /// Policies.
    pub policies: Covered,
    /// Their rules.
    pub rules: Covered,
    /// The peers of these.
    pub peers: Covered,
    /// The ports of these.
    pub ports: Covered,
    /// All four together, in percent, rounded down.
    pub percent: usize,
    /// One by one, by the policies' places.
    pub by_policy: Vec<PolicyCoverage>,
    /// Tests that do not count, as they have too many pairs for their reasons to be asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<String>,
    /// How many parts count because they decide a test, though it was not tried whether it misses them: there
    /// are too many.
    #[serde(skip_serializing_if = "is_zero")]
    pub unproven: usize,
}

impl CoverageReport {
    /// Sums up what a coverage has of some policies. What has the same place is one: the same files may be read under several profiles.
    pub fn new(mut policies: Vec<PolicyCoverage>, coverage: &Coverage) -> Self {
        policies.sort_by(|a, b| (&a.place, &a.policy).cmp(&(&b.place, &b.policy)));
        policies.dedup_by(|a, b| (&a.place, &a.policy) == (&b.place, &b.policy));
        let mut report = Self {
            policies: Covered::default(),
            rules: Covered::default(),
            peers: Covered::default(),
            ports: Covered::default(),
            percent: 100,
            by_policy: policies,
            skipped: coverage.skipped().map(str::to_owned).collect(),
            unproven: coverage.unproven(),
        };
        let mut all = Covered::default();
        for policy in &report.by_policy {
            let own = Covered { covered: usize::from(policy.covered), total: 1 };
            report.policies += own;
            report.rules += policy.rules;
            report.peers += policy.peers;
            report.ports += policy.ports;
            for part in [own, policy.rules, policy.peers, policy.ports] {
                all += part;
            }
        }
        report.percent = all.percent();
        report
    }
}

impl TestReport {
    /// Sums up.
    pub fn new(suites: Vec<SuiteReport>, coverage: Option<CoverageReport>) -> Self {
        let mut counts = OutcomeCounts::default();
        suites.iter().flat_map(|suite| &suite.tests).for_each(|test| counts.add(test.outcome));
        Self { schema: "netpol.test/v1", counts, suites, coverage }
    }
}
