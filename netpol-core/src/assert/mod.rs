//! Connectivity tests: what is expected of a cluster, kept in files beside its policies.
//!
//! A test asks the question of [`check`](crate::Analysis::check) of every pair of its ends and holds
//! the verdicts against what it expects. Nothing is decided here: a test is a view of the engine.
//!
//! ```
//! use netpol_core::assert::{Outcome, read_tests};
//! use netpol_core::{Analysis, Inputs, Profile, ReadOptions, read};
//!
//! let mut inputs = Inputs::default();
//! inputs.push("shop.yaml", r#"
//! {apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}}
//! ---
//! {apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}}
//! ---
//! apiVersion: networking.k8s.io/v1
//! kind: NetworkPolicy
//! metadata: {name: db, namespace: shop}
//! spec: {podSelector: {matchLabels: {app: db}}}
//! ---
//! apiVersion: netpol.dev/v1alpha1
//! kind: ConnectivityTest
//! metadata: {name: shop}
//! tests:
//! - {name: nobody reaches the database, from: shop/*, to: shop/db, expect: deny}
//! - {name: web reaches the database, from: shop/web, to: shop/db, ports: 5432, expect: allow}
//! "#);
//! let tests = read_tests(&inputs);
//! assert!(tests.diagnostics.is_empty());
//! let analysis = Analysis::new(read(&inputs, &ReadOptions::default()), Profile::GENERIC);
//! let outcomes: Vec<Outcome> =
//!     tests.suites[0].tests.iter().map(|test| analysis.test(test).outcome).collect();
//! assert_eq!(outcomes, [Outcome::Passed, Outcome::Failed]);
//! ```

mod any_pod;
mod coverage;
mod decided;
mod ends;
mod propose;
mod read;
mod report;
mod run;

pub use coverage::{Coverage, Covered, PolicyCoverage, Uncovered};
pub use decided::DecidedBy;
pub use ends::TestPeer;
pub use propose::{Proposal, ProposedPeer, ProposedTest};
pub use read::{API_VERSION, KIND, TestFiles, read_tests};
pub use report::{CoverageReport, OutcomeCounts, SuiteReport, TestReport};
pub use run::{Outcome, Pairs, TestAnswer, Witness};

use crate::profile::Profile;
use crate::query::{DirectionAnswer, Verdict};
use crate::source::Place;
use serde::{Serialize, Serializer};
use std::fmt;

/// A document of kind `ConnectivityTest`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Suite {
    /// `metadata.name`.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// Files and folders with the cluster and its policies, as written: relative to the file of the
    /// tests. None: what stands in that file beside the tests.
    pub resources: Vec<Resource>,
    /// The namespace of objects and peers that name none.
    pub namespace: Option<String>,
    /// The profile, with its settings; none: whoever runs the tests says.
    pub profile: Option<Profile>,
    /// The tests, in their order.
    pub tests: Vec<Test>,
}

/// A file or folder that a suite names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// As written.
    pub path: String,
    /// Where.
    pub place: Place,
}

/// One test.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Test {
    /// Its name, of which there is only one in a suite.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// Who opens connections: any of these.
    pub from: Vec<TestPeer>,
    /// Whom they are to reach: any of these.
    pub to: Vec<TestPeer>,
    /// Which ports, in the grammar of [`parse_port`](crate::query::parse_port).
    pub ports: String,
    /// Ports to leave out of these, in the same grammar.
    pub except_ports: Option<String>,
    /// What is expected of each pair.
    pub expect: Expect,
    /// What has to be among the reasons of each pair.
    pub decided_by: Vec<DecidedBy>,
}

impl Test {
    /// The question in one line: `FROM → TO  PORT`.
    pub fn question(&self) -> String {
        format!("{} → {}  {}", list(&self.from), list(&self.to), self.port_text())
    }

    /// The ports, with those that are left out.
    pub fn port_text(&self) -> String {
        match &self.except_ports {
            Some(except) => format!("{} \\ {except}", self.ports),
            None => self.ports.clone(),
        }
    }
}

/// Peers with commas between them.
pub(crate) fn list(peers: &[TestPeer]) -> String {
    peers.iter().map(TestPeer::text).collect::<Vec<_>>().join(", ")
}

/// What is expected of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// A verdict on the connection as a whole.
    Verdict(Verdict),
    /// A verdict on each direction that is given, by itself.
    Directions {
        /// What the policies of the source say.
        egress: Option<Verdict>,
        /// What the policies of the destination say.
        ingress: Option<Verdict>,
    },
}

impl Expect {
    /// Whether verdicts on a whole connection, its egress and its ingress are the ones expected.
    pub fn is_met(self, total: Verdict, egress: Verdict, ingress: Verdict) -> bool {
        match self {
            Self::Verdict(expected) => total == expected,
            Self::Directions { egress: e, ingress: i } => {
                e.is_none_or(|expected| expected == egress) && i.is_none_or(|expected| expected == ingress)
            }
        }
    }
}

impl Expect {
    /// The directions whose reasons decide: those that are asked about; else those that keep a
    /// connection from being allowed, or both where it is.
    pub fn deciding<'a>(
        self,
        total: Verdict,
        egress: &'a DirectionAnswer,
        ingress: &'a DirectionAnswer,
    ) -> Vec<&'a DirectionAnswer> {
        let decides = |answer: &DirectionAnswer, asked: Option<Verdict>| match (self, total) {
            (Self::Directions { .. }, _) => asked.is_some(),
            (_, Verdict::Deny) => answer.verdict == Verdict::Deny,
            (_, Verdict::Undefined) => answer.verdict != Verdict::Allow,
            _ => true,
        };
        let (e, i) = match self {
            Self::Directions { egress, ingress } => (egress, ingress),
            Self::Verdict(_) => (None, None),
        };
        [(egress, e), (ingress, i)].into_iter().filter(|(a, asked)| decides(a, *asked)).map(|(a, _)| a).collect()
    }
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verdict(verdict) => f.write_str(verdict.name()),
            Self::Directions { egress, ingress } => {
                let of = |name: &str, verdict: &Option<Verdict>| verdict.map(|v| format!("{name} {}", v.name()));
                let both = [of("egress", egress), of("ingress", ingress)];
                f.write_str(&both.into_iter().flatten().collect::<Vec<_>>().join(", "))
            }
        }
    }
}

impl Serialize for Expect {
    /// A verdict, or a mapping of directions to verdicts, as in the file.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        match self {
            Self::Verdict(verdict) => verdict.serialize(serializer),
            Self::Directions { egress, ingress } => {
                let mut map = serializer.serialize_map(None)?;
                for (name, verdict) in [("egress", egress), ("ingress", ingress)] {
                    if let Some(verdict) = verdict {
                        map.serialize_entry(name, verdict)?;
                    }
                }
                map.end()
            }
        }
    }
}
