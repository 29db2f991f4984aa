//! Verified changes of NetworkPolicies that make a connection as it is wanted.
//!
//! A change is made in the policy's tree and in its text, the text is read again, and the engine is
//! asked what it comes to: whether the connection is as wanted for every pair that was asked about,
//! and which connections change beside it.

mod allow;
mod deny;
mod edit;
mod patch;
mod places;
mod plan;
mod policies;
mod selectors;
mod value;
mod weigh;

use crate::Direction;
use crate::analysis::Analysis;
use crate::diagnostic::Params;
use crate::explain::Code;
use crate::model::EndpointId;
use crate::profile::{HostPeers, ServiceEgress};
use crate::query::{Basis, CheckAnswer, DiffAnswer, DirectionAnswer, Part, QueryError, Question, Reason, Verdict};
use crate::set::TrafficSet;
use crate::sorted::{Arrange, SortedSet};
use crate::source::{Inputs, Place};
use plan::{Change, Need, Planner};
use serde::Serialize;
use std::sync::Arc;
use weigh::Named;

/// So many ways are tried for each direction.
const MOST_TRIED: usize = 12;

/// A connection, and what it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixQuery {
    /// FROM, TO and PORT as for [`Analysis::check`].
    pub question: Question,
    /// [`Verdict::Allow`] or [`Verdict::Deny`].
    pub wanted: Verdict,
}

impl FixQuery {
    /// To let `from` reach `to` on `port`; an empty port means every one.
    pub fn allow(from: &str, to: &str, port: &str) -> Self {
        Self::new(Verdict::Allow, from, to, port)
    }

    /// To keep `from` from reaching `to` on `port`; an empty port means every one.
    pub fn deny(from: &str, to: &str, port: &str) -> Self {
        Self::new(Verdict::Deny, from, to, port)
    }

    fn new(wanted: Verdict, from: &str, to: &str, port: &str) -> Self {
        let port = if port.is_empty() { "any" } else { port };
        Self { question: Question { from: from.to_owned(), to: to.to_owned(), port: port.to_owned() }, wanted }
    }
}

/// One of the things that a fix does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FixStep {
    /// What it is.
    pub code: Code,
    /// Values of the sentence: `policy`, `field` …
    pub params: Params,
    /// Where the policy is changed; nowhere, if it is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// Bytes of a file and what is to stand there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TextEdit {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What stands there afterwards.
    pub text: String,
}

/// A policy as it is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyEdit {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Whether there is none of that name yet.
    #[serde(rename = "new")]
    pub is_new: bool,
    /// The input that it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<Arc<str>>,
    /// The edit of that input; none for a new policy, and where the text is of a form that is not
    /// edited in place (anchors that are used twice, for instance).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_place: Option<TextEdit>,
    /// The whole policy, for `kubectl apply`.
    pub yaml: String,
    /// The text that was verified.
    #[serde(skip)]
    read_as: String,
    /// How much there is to read of it: lines that differ, or all of a new policy.
    #[serde(skip)]
    lines: usize,
}

impl PolicyEdit {
    /// A name for the file of a new policy.
    pub fn suggested_file(&self) -> String {
        format!("{}.yaml", self.name)
    }
}

/// Changes of policies that together make a connection as it is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// What is done.
    pub steps: Vec<FixStep>,
    /// What is to be known of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mind: Vec<FixStep>,
    /// The policies that are changed or new.
    pub policies: Vec<PolicyEdit>,
    /// How much else changes, as sources × destinations × ports (of IPv6, blocks of /32 in the place
    /// of addresses); 0: nothing, none: it was not counted.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_number")]
    pub beside: Option<u128>,
    /// How many pods the changed policies select that were not asked about: what is changed holds for
    /// these too, even where another policy keeps it from making a difference today.
    pub others: usize,
    /// How many lines of manifests differ.
    pub lines: usize,
    /// All that changes, what was asked for included; none: there is too much to compare.
    #[serde(rename = "changes", skip_serializing_if = "Option::is_none", serialize_with = "changes_only")]
    pub diff: Option<DiffAnswer>,
}

/// JSON has no integers as large.
#[allow(clippy::ref_option, reason = "serde passes a reference")]
fn as_number<S: serde::Serializer>(number: &Option<u128>, serializer: S) -> Result<S::Ok, S::Error> {
    let number = number.unwrap_or_default().min(1 << 53);
    serializer.serialize_u64(u64::try_from(number).unwrap_or(u64::MAX))
}

/// What the answer rests on is said once.
#[allow(clippy::ref_option, reason = "serde passes a reference")]
fn changes_only<S: serde::Serializer>(diff: &Option<DiffAnswer>, serializer: S) -> Result<S::Ok, S::Error> {
    diff.as_ref().map(|diff| &diff.changes).serialize(serializer)
}

impl Fix {
    /// The files that exist already and change, each with its new text. A policy that is not edited in
    /// place has none.
    pub fn files(&self, inputs: &Inputs) -> Vec<(Arc<str>, String)> {
        let mut out = Vec::new();
        for (file, changes) in self.by_file() {
            let Some(text) = inputs.text(&file) else { continue };
            let mut text = text.to_owned();
            for (range, with) in changes.into_iter().rev() {
                if text.get(range.clone()).is_some() {
                    text.replace_range(range, &with);
                }
            }
            out.push((file, text));
        }
        out
    }

    /// The policies that go into a new file, as one text; empty: there is none.
    pub fn new_text(&self) -> String {
        let new = self.policies.iter().filter(|policy| policy.is_new);
        new.map(|policy| policy.yaml.as_str()).collect::<Vec<_>>().join("---\n")
    }

    /// A name for the file of the policies that are new; none: there is none.
    pub fn new_file(&self) -> Option<String> {
        self.policies.iter().find(|policy| policy.is_new).map(PolicyEdit::suggested_file)
    }

    /// The unified difference of the manifests, as `git apply` takes it; `new_file` is where the new
    /// policies go.
    pub fn patch(&self, inputs: &Inputs, new_file: &str) -> String {
        let mut out = String::new();
        for (file, changes) in self.by_file() {
            if let Some(text) = inputs.text(&file) {
                out.push_str(&patch::unified(&file, text, &changes));
            }
        }
        let new = self.new_text();
        if !new.is_empty() {
            out.push_str(&patch::created(new_file, &new));
        }
        out
    }

    fn by_file(&self) -> Vec<(Arc<str>, Vec<patch::Splice>)> {
        let mut files: Vec<(Arc<str>, Vec<patch::Splice>)> = Vec::new();
        for policy in &self.policies {
            let (Some(file), Some(edit)) = (&policy.file, &policy.in_place) else { continue };
            let change = (edit.start..edit.end, edit.text.clone());
            match files.iter_mut().find(|(of, _)| of == file) {
                Some((_, all)) => all.push(change),
                None => files.push((file.clone(), vec![change])),
            }
        }
        files.arrange_by(|a, b| a.0.cmp(&b.0));
        for (_, changes) in &mut files {
            changes.arrange_by(|a, b| a.0.start.cmp(&b.0.start));
        }
        files
    }
}

/// The answer of `fix`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FixAnswer {
    /// `netpol.fix/v1`.
    pub schema: &'static str,
    /// The connection.
    pub question: Question,
    /// What it is to be.
    pub wanted: Verdict,
    /// What it is.
    pub verdict: Verdict,
    /// Whether it is so already.
    pub done: bool,
    /// Ways to make it so, best first.
    pub fixes: Vec<Fix>,
    /// Where there is no way: what stands against it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<Reason>,
    /// What the answer rests on.
    pub basis: Basis,
}

impl Analysis {
    /// Changes of policies that make a connection as it is wanted: each verified, those that change
    /// least beside it first. `inputs` are the texts that were read: policies are edited in them.
    ///
    /// ```
    /// use netpol_core::{Analysis, Inputs, Profile, ReadOptions, fix::FixQuery, read};
    ///
    /// let mut inputs = Inputs::default();
    /// inputs.push("shop.yaml", "\
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, namespace: shop, labels: {app: web}}
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: db, namespace: shop, labels: {app: db}}
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: {name: db, namespace: shop}
    /// spec:
    ///   podSelector: {matchLabels: {app: db}}
    ///   ingress:
    ///   - from:
    ///     - podSelector: {matchLabels: {app: web}}
    ///     ports:
    ///     - port: 5432 # the database
    /// ");
    /// let analysis = Analysis::new(read(&inputs, &ReadOptions::default()), Profile::GENERIC);
    /// let answer = analysis.fix(&inputs, &FixQuery::allow("shop/web", "shop/db", "9187"))?;
    /// let best = &answer.fixes[0];
    /// assert_eq!(best.beside, Some(0), "nothing else changes");
    /// assert!(best.patch(&inputs, "new.yaml").contains("\
    ///      - port: 5432 # the database
    /// +    - protocol: TCP
    /// +      port: 9187
    /// "));
    /// # Ok::<(), netpol_core::query::QueryError>(())
    /// ```
    ///
    /// # Errors
    /// As for [`check`](Self::check).
    pub fn fix(&self, inputs: &Inputs, query: &FixQuery) -> Result<FixAnswer, QueryError> {
        let Question { from, to, port } = &query.question;
        let answer = self.check(from, to, port)?;
        let planner = Planner::new(self, inputs, &answer, query.wanted, true);
        let holds = planner.holds(&answer);
        let done = holds && planner.left.is_empty();
        let mut fixes = if holds { Vec::new() } else { planner.fixes(&answer, MOST_TRIED) };
        plan::rank(&mut fixes);
        let why = if done || !fixes.is_empty() { Vec::new() } else { planner.obstacles(&answer) };
        Ok(FixAnswer {
            schema: "netpol.fix/v1",
            question: query.question.clone(),
            wanted: query.wanted,
            verdict: answer.verdict,
            done,
            fixes,
            why,
            basis: answer.basis,
        })
    }
}

/// So many ways are tried for the one that is shown beside an answer, where what else changes is not
/// compared; else all.
const MOST_QUICK: usize = 3;

/// Clusters with more pods than this have no fix beside an answer: trying one would cost about as much
/// as the answer.
const MOST_PODS_QUICK: usize = 3000;

/// The same of policies.
const MOST_POLICIES_QUICK: usize = 1000;

/// Of clusters with more pods than this, what else changes is not compared beside an answer.
const MOST_PODS_COMPARED: usize = 300;

impl Analysis {
    /// The best way to allow what an answer denies, the first of [`fix`](Self::fix); none: the answer has
    /// no deny, nothing that was tried does it, or the cluster is too large to try it in passing. In
    /// clusters of more than 300 pods what else changes is not compared, and fewer ways are tried.
    pub fn quick_fix(&self, inputs: &Inputs, answer: &CheckAnswer) -> Option<Fix> {
        let pods = self.engine().cluster.endpoints.len();
        let denied = match answer.verdict {
            Verdict::Deny => true,
            // Of every port, some are meant to be denied.
            Verdict::Mixed => {
                answer.question.port != "any" && answer.parts.iter().any(|part| part.verdict == Verdict::Deny)
            }
            Verdict::Allow | Verdict::Undefined => false,
        };
        if !denied || pods > MOST_PODS_QUICK || self.engine().policies() > MOST_POLICIES_QUICK {
            return None;
        }
        let compared = pods <= MOST_PODS_COMPARED;
        let planner = Planner::new(self, inputs, answer, Verdict::Allow, compared);
        let mut fixes = planner.fixes(answer, if compared { MOST_TRIED } else { MOST_QUICK });
        plan::rank(&mut fixes);
        (!fixes.is_empty()).then(|| fixes.swap_remove(0))
    }
}

impl Planner<'_> {
    fn fixes(&self, answer: &CheckAnswer, most: usize) -> Vec<Fix> {
        let parts = self.open_parts(answer);
        match self.wanted {
            Verdict::Allow => self.allowing(&parts, most),
            _ => self.denying(&parts, most),
        }
    }

    /// The ports that policies of a direction see.
    fn judged<'p>(&self, direction: Direction, part: &'p Part) -> &'p TrafficSet {
        let before = self.engine.profile.service_egress == ServiceEgress::Untranslated;
        match &part.via {
            Some(via) if before && direction == Direction::Egress => &via.traffic,
            _ => &part.traffic,
        }
    }

    /// What parts need in a direction, where it is not as wanted there.
    fn need(&self, direction: Direction, parts: &[&Part]) -> Option<Need> {
        let (subjects, peers, traffic) = (SortedSet::new(), Named::default(), TrafficSet::empty());
        let mut need = Need { direction, subjects, peers, traffic, anybody: false };
        for part in parts {
            let (own, other, answer) = match direction {
                Direction::Egress => (&part.from, &part.to, &part.egress),
                Direction::Ingress => (&part.to, &part.from, &part.ingress),
            };
            if answer.verdict == self.wanted {
                continue;
            }
            let subjects = self.names.of(own).endpoints;
            need.subjects.extend(subjects.into_iter().filter(|id| !self.engine.cluster.endpoint(*id).host_network));
            need.peers.add_all(self.names.of(other));
            need.traffic = need.traffic.union(self.judged(direction, part));
            need.anybody |= answer.reasons.iter().any(|reason| reason.code == Code::SourceNat);
        }
        // Where neither blocks nor selectors match what is on a node's network, nothing else does.
        let profile = &self.engine.profile;
        let unseen = !profile.ip_block_matches_nodes && profile.host_peers == HostPeers::ByAddress;
        let is_host = |id: &EndpointId| self.engine.cluster.endpoint(*id).host_network;
        need.anybody |= unseen && (!need.peers.nodes.is_empty() || need.peers.endpoints.iter().any(is_host));
        (!need.subjects.is_empty()).then_some(need)
    }

    fn allowing(&self, parts: &[&Part], most: usize) -> Vec<Fix> {
        let ways = |direction| match self.need(direction, parts) {
            Some(need) => {
                let mut ways = self.ways_to_allow(&need);
                // A new policy is the last of them, and always among those that are tried.
                if ways.len() > most {
                    let last = ways.pop();
                    ways.truncate(most - 1);
                    ways.extend(last);
                }
                ways
            }
            None => Vec::new(),
        };
        let [egress, ingress] = Direction::ALL.map(ways);
        let joined = |a: &[Change], b: &[Change]| self.try_changes(&[a, b].concat());
        match (egress.as_slice(), ingress.as_slice()) {
            ([], ways) | (ways, []) => ways.iter().filter_map(|way| self.try_changes(way)).collect(),
            (egress, ingress) => {
                let (Some(last_out), Some(last_in)) = (egress.last(), ingress.last()) else { return Vec::new() };
                let mut out: Vec<(Fix, usize)> =
                    egress.iter().enumerate().filter_map(|(at, way)| Some((joined(way, last_in)?, at))).collect();
                let mut into: Vec<(Fix, usize)> =
                    ingress.iter().enumerate().filter_map(|(at, way)| Some((joined(last_out, way)?, at))).collect();
                let best = |of: &[(Fix, usize)]| {
                    of.iter().min_by_key(|(fix, at)| (fix.beside, fix.others, fix.lines, *at)).map(|(_, at)| *at)
                };
                let both = best(&out).zip(best(&into)).and_then(|(a, b)| joined(&egress[a], &ingress[b]));
                out.append(&mut into);
                both.into_iter().chain(out.into_iter().map(|(fix, _)| fix)).collect()
            }
        }
    }

    fn denying(&self, parts: &[&Part], most: usize) -> Vec<Fix> {
        let ways = |direction: Direction| {
            // It has to be stopped here for all of them.
            let answers = parts.iter().map(|part| direction_of(part, direction));
            let policed = parts.iter().all(|part| {
                let own = if direction == Direction::Egress { &part.from } else { &part.to };
                let named = self.names.of(own);
                let none = named.nodes.is_empty() && named.addresses.is_empty() && !named.endpoints.is_empty();
                none && named.endpoints.iter().all(|id| !self.engine.cluster.endpoint(*id).host_network)
            });
            let admitting = deny::admitting(direction, answers.flat_map(|answer| &answer.reasons));
            match (self.need(direction, parts), admitting) {
                (Some(need), Some(admitting)) if policed => self.ways_to_deny(&need, &admitting),
                _ => Vec::new(),
            }
        };
        let ways = Direction::ALL.into_iter().flat_map(ways).take(most);
        ways.filter_map(|way| self.try_changes(&way)).collect()
    }

    /// What stands against it, where there is no way: after what was tried, if that is not only what
    /// the policies say that were changed; else as it is.
    fn obstacles(&self, answer: &CheckAnswer) -> Vec<Reason> {
        let profile = &self.engine.profile;
        if !profile.enforced {
            let params = Params::from([("profile", profile.name.to_owned())]);
            let traffic = self.asked.traffic.clone();
            return vec![Reason { code: Code::NotEnforced, params, origin: None, traffic }];
        }
        let tried = self.undone.borrow();
        let after =
            tried.iter().map(|answer| self.against(answer)).find(|why| why.iter().any(|reason| !is_own(reason)));
        after.unwrap_or_else(|| self.against(answer))
    }

    fn against(&self, answer: &CheckAnswer) -> Vec<Reason> {
        let mut why: Vec<Reason> = Vec::new();
        let open = self.open_parts(answer);
        let parts: Vec<&Part> = if open.is_empty() { answer.parts.iter().collect() } else { open };
        for part in parts {
            for direction in Direction::ALL.map(|direction| direction_of(part, direction)) {
                if direction.verdict != self.wanted {
                    why.extend(direction.reasons.iter().cloned());
                }
            }
        }
        why.arrange();
        why.dedup();
        if why.iter().any(|reason| !is_own(reason)) {
            why.retain(|reason| !is_own(reason));
        }
        why
    }
}

/// Whether a NetworkPolicy says it, and could be changed: it is named only where there is nothing else.
fn is_own(reason: &Reason) -> bool {
    matches!(reason.code, Code::DeniedByIsolation | Code::NotIsolated)
        || reason.origin.as_ref().is_some_and(|origin| origin.policy.kind == "NetworkPolicy")
}

fn direction_of(part: &Part, direction: Direction) -> &DirectionAnswer {
    match direction {
        Direction::Egress => &part.egress,
        Direction::Ingress => &part.ingress,
    }
}
