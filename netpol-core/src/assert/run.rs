//! Runs a test: asks every pair, counts, and shows one that is not as expected.

use super::any_pod::{Labels, name_of};
use super::ends::End;
use super::{Coverage, DecidedBy, Expect, Test, list};
use crate::analysis::Analysis;
use crate::diagnostic::codes;
use crate::engine::Engine;
use crate::explain::Code;
use crate::ir::Direction;
use crate::manifest::WorkloadKind;
use crate::model::{EndpointId, EndpointKind};
use crate::query::{
    self, CheckAnswer, DirectionAnswer, Group, JudgedPairs, Judging, PairEnd, Peer, PortExpr, QueryError, QueryProblem,
    Question, Verdict,
};
use crate::set::{AddressSet, TrafficSet};
use crate::source::Place;
use serde::Serialize;

codes! {
    /// What came of a test.
    Outcome {
        /// Every pair is as expected.
        Passed = "passed",
        /// Some pair is not.
        Failed = "failed",
        /// There is no pair that it could be about.
        Unmatched = "unmatched",
        /// It could not be asked.
        Error = "error",
    }
}

impl Outcome {
    /// Whether it is the one that is wanted.
    pub fn is_good(self) -> bool {
        self == Self::Passed
    }
}

/// The pairs of a test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pairs {
    /// How many were looked at. The outside counts as one end, whatever its addresses.
    pub asked: usize,
    /// How many of them are not as expected.
    pub failed: usize,
    /// Pods with their own addresses, which were left out: they always reach themselves by these.
    pub itself: usize,
    /// How many kinds of pods that could exist were among the sources.
    #[serde(skip_serializing_if = "is_zero")]
    pub assumed: usize,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(super) fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// A pair that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Witness {
    /// The labels of the source, if it is a pod that could exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<std::collections::BTreeMap<String, String>>,
    /// What has to be among the reasons, and is not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<DecidedBy>,
    /// What `check` answers about the pair; its parts are those that are not as expected.
    pub answer: CheckAnswer,
    /// All addresses outside that the pair was asked about: those of the parts may be some of them.
    #[serde(skip)]
    pub asked: AddressSet,
}

/// What came of a test, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TestAnswer {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// What came of it.
    pub outcome: Outcome,
    /// Who is asked about, as written.
    pub question: Question,
    /// What is expected.
    pub expect: Expect,
    /// What has to be among the reasons.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub decided_by: Vec<DecidedBy>,
    /// The pairs, in numbers.
    pub pairs: Pairs,
    /// One that is not as expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<Box<Witness>>,
    /// Why there is no pair, or no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<QueryError>,
}

impl TestAnswer {
    fn new(test: &Test, outcome: Outcome, problem: Option<QueryError>) -> Self {
        Self {
            name: test.name.clone(),
            place: test.place.clone(),
            outcome,
            question: Question { from: list(&test.from), to: list(&test.to), port: test.port_text() },
            expect: test.expect,
            decided_by: test.decided_by.clone(),
            pairs: Pairs::default(),
            witness: None,
            problem,
        }
    }

    /// A test that there is no cluster for; none: the errors of its suite say why.
    pub fn unasked(test: &Test, problem: Option<QueryError>) -> Self {
        Self::new(test, Outcome::Error, problem)
    }
}

impl Analysis {
    /// Runs a test. See [`crate::assert`] for an example.
    pub fn test(&self, test: &Test) -> TestAnswer {
        self.run(test, None, true)
    }

    /// What comes of a test, without a look at why.
    pub(super) fn outcome(&self, test: &Test) -> Outcome {
        self.run(test, None, false).outcome
    }

    /// The same, and notes what it rests on, so that [`Coverage::settle`] can tell what it would miss.
    pub fn test_covering(&self, test: &Test, coverage: &mut Coverage) -> TestAnswer {
        coverage.begin(test);
        let answer = self.run(test, Some(coverage), true);
        coverage.end(answer.outcome);
        answer
    }

    /// Who is meant by the two ends of a test, workload by workload; pods that could exist are not
    /// among them.
    ///
    /// # Errors
    /// As for [`check`](Self::check).
    pub fn ends_of_test(&self, test: &Test) -> Result<(Vec<Peer>, Vec<Peer>), QueryError> {
        let engine = self.engine();
        let peers = |ends: Vec<End>| ends.iter().flat_map(|end| engine.peers_of_group(&end.group)).collect();
        let namespace = self.default_namespace();
        Ok((peers(engine.ends(&test.from, namespace)?), peers(engine.ends(&test.to, namespace)?)))
    }

    /// The ports that a test is about, by number; none: a port name that is not the same number for all who
    /// are meant.
    ///
    /// # Errors
    /// As for [`check`](Self::check).
    pub fn ports_of_test(&self, test: &Test) -> Result<Option<TrafficSet>, QueryError> {
        let (name, protocol) = match port_of(test)? {
            PortExpr::Any => return Ok(Some(TrafficSet::all_ports())),
            PortExpr::Set(set) => return Ok(Some(set)),
            PortExpr::Named(name, protocol) => (name, protocol),
        };
        let engine = self.engine();
        let mut found: Vec<TrafficSet> = Vec::new();
        for End { group, .. } in engine.ends(&test.to, self.default_namespace())? {
            let plain = group.addresses.is_empty() && group.name.is_none() && group.nodes.is_empty();
            if !plain || group.families.len() == 1 {
                return Ok(None);
            }
            found.extend(group.endpoints.iter().map(|id| engine.declared(*id, &name, protocol)));
            found.extend(group.services.iter().map(|id| {
                let ports = &engine.cluster.service(*id).ports;
                let ports = ports.iter().filter(|p| *p.name == *name && protocol.is_none_or(|of| of == p.protocol));
                ports.fold(TrafficSet::empty(), |all, p| all.union(&TrafficSet::port(p.protocol, p.port)))
            }));
        }
        found.dedup();
        Ok(found.pop().filter(|only| found.is_empty() && !only.is_empty()))
    }

    fn run(&self, test: &Test, coverage: Option<&mut Coverage>, why: bool) -> TestAnswer {
        let mut answer = TestAnswer::new(test, Outcome::Passed, None);
        match self.judge(test, &mut answer, coverage, why) {
            Ok(()) if answer.pairs.failed > 0 => answer.outcome = Outcome::Failed,
            Ok(()) => {}
            Err(problem) => {
                answer.outcome = if is_absence(problem.code) { Outcome::Unmatched } else { Outcome::Error };
                answer.problem = Some(problem);
            }
        }
        answer
    }

    fn judge(
        &self,
        test: &Test,
        answer: &mut TestAnswer,
        mut coverage: Option<&mut Coverage>,
        why: bool,
    ) -> Result<(), QueryError> {
        let namespace = self.default_namespace();
        let to = self.engine().ends(&test.to, namespace)?;
        let port = port_of(test)?;
        test.decided_by.iter().try_for_each(|decided| decided.is_there(self.engine()))?;
        let assumed = assume(self.engine(), test, &to)?;
        let engine = assumed.engine.as_ref().unwrap_or(self.engine());
        let from = assumed.among(self.engine().ends(&test.from, namespace)?);
        answer.pairs.assumed = assumed.pods.len();
        // A group of pods that holds nobody is no side of a question.
        let mut first: Option<(JudgedPairs, End, End)> = None;
        let mut no_flow = None;
        for source in from.iter().filter(|end| !is_nobody(&end.group)) {
            for target in &to {
                let judged = match self.ask(engine, test, &port, (source, target), coverage.as_deref_mut()) {
                    Ok(judged) => judged,
                    // Some other pair of ends may have one.
                    Err(error) if error.code == QueryProblem::NoFlow => {
                        no_flow = Some(error);
                        continue;
                    }
                    Err(error) => return Err(error),
                };
                answer.pairs.asked += judged.pairs;
                answer.pairs.failed += judged.failed;
                answer.pairs.itself += judged.itself;
                if first.is_none() && judged.witness.is_some() {
                    first = Some((judged, source.clone(), target.clone()));
                }
            }
        }
        if answer.pairs.asked == 0 {
            let found = || format!("{} → {}", answer.question.from, answer.question.to);
            let code = if answer.pairs.itself > 0 { QueryProblem::NoPairs } else { QueryProblem::NoFlow };
            return Err(no_flow.unwrap_or_else(|| QueryError::new(code).with("found", found())));
        }
        if let Some((judged, source, target)) = first.filter(|_| why)
            && let Some(pair) = judged.witness
        {
            answer.witness = self.witness(engine, test, &port, pair, (&source, &target), &assumed)?.map(Box::new);
        }
        Ok(())
    }

    /// Asks about the pairs of two ends.
    fn ask(
        &self,
        engine: &Engine,
        test: &Test,
        port: &PortExpr,
        (source, target): (&End, &End),
        mut coverage: Option<&mut Coverage>,
    ) -> Result<JudgedPairs, QueryError> {
        let question = Question { from: source.text.clone(), to: target.text.clone(), port: test.port_text() };
        let of_name = for_name(engine, &target.group);
        let engine = of_name.as_ref().unwrap_or(engine);
        let is_met = |total, egress: &DirectionAnswer, ingress: &DirectionAnswer| {
            test.expect.is_met(total, egress.verdict, ingress.verdict)
                && test.decided_by.iter().all(|d| d.is_among(&test.expect.deciding(total, egress, ingress)))
        };
        let trace = coverage.is_some() || !test.decided_by.is_empty();
        let mut each = |_, egress: &DirectionAnswer, ingress: &DirectionAnswer| {
            if let Some(coverage) = &mut coverage {
                resting(test.expect, egress, ingress).into_iter().for_each(|answer| coverage.note(answer));
            }
        };
        let mut judging = Judging { question: &question, port, trace, is_met: &is_met, each: &mut each };
        let judged = query::judge(engine, &source.group, &target.group, &mut judging);
        let too_many = judged.as_ref().is_err_and(|error| error.code == QueryProblem::TooManyPairs);
        if !(too_many && trace && test.decided_by.is_empty()) {
            return judged;
        }
        // Whether a test passes does not hang on whether somebody counts what it depends on.
        judging.trace = false;
        let judged = query::judge(engine, &source.group, &target.group, &mut judging);
        if let Some(coverage) = coverage {
            coverage.skip(&test.name);
        }
        judged
    }

    /// A pair that is not as expected, with what `check` says of it.
    fn witness(
        &self,
        engine: &Engine,
        test: &Test,
        port: &PortExpr,
        (source, target): (PairEnd, PairEnd),
        (from, to): (&End, &End),
        assumed: &Assumed,
    ) -> Result<Option<Witness>, QueryError> {
        let of_name = for_name(engine, &to.group);
        let engine = of_name.as_ref().unwrap_or(engine);
        // What a Service or a port of a node leads to is asked for through it.
        let meant = match target {
            PairEnd::Pod(id) => to.group.endpoints.contains(&id),
            PairEnd::Node(id) => to.group.nodes.contains(&id),
            PairEnd::Outside => !to.group.addresses.is_empty(),
            PairEnd::Service(_) => false,
        };
        let through = !to.group.services.is_empty() || !meant;
        let target_group = if through { to.group.clone() } else { query::alone(target, &to.group) };
        let question = Question {
            from: end_text(engine, source, &from.text),
            to: if through { to.text.clone() } else { end_text(engine, target, &to.text) },
            port: test.port_text(),
        };
        let source_group = query::alone(source, &from.group);
        let mut answer = query::check(engine, question, &source_group, &target_group, port)?;
        let mut missing: Vec<DecidedBy> = Vec::new();
        let mut parts = std::mem::take(&mut answer.parts);
        let peers = parts.iter().flat_map(|part| part.from.iter().chain(&part.to));
        let asked = AddressSet::nets(peers.flat_map(|peer| &peer.cidrs).filter_map(|block| block.parse().ok()));
        parts.retain(|part| {
            // What was left out of the pairs is no part of one.
            if part.egress.reasons.iter().any(|reason| reason.code == Code::Loopback) {
                return false;
            }
            let deciding = test.expect.deciding(part.verdict, &part.egress, &part.ingress);
            let lacks = |decided: &&DecidedBy| !decided.is_among(&deciding);
            let lacking: Vec<DecidedBy> = test.decided_by.iter().filter(lacks).cloned().collect();
            let met = test.expect.is_met(part.verdict, part.egress.verdict, part.ingress.verdict);
            let bad = !met || !lacking.is_empty();
            missing.extend(lacking.into_iter().filter(|_| met));
            bad
        });
        missing.sort();
        missing.dedup();
        answer.verdict = Verdict::of_parts(parts.iter().map(|part| part.verdict));
        answer.parts = parts;
        self.complete(&mut answer.basis);
        let labels = assumed.pods.iter().find(|(id, _)| PairEnd::Pod(*id) == source);
        let labels = labels.map(|(_, labels)| labels.iter().cloned().collect());
        Ok((!answer.parts.is_empty()).then_some(Witness { labels, missing, answer, asked }))
    }
}

/// The directions that what came of a pair rests on: what one denies is denied whatever the other says; else a
/// change of either can make it another verdict.
fn resting<'a>(expect: Expect, egress: &'a DirectionAnswer, ingress: &'a DirectionAnswer) -> Vec<&'a DirectionAnswer> {
    let denied = [egress, ingress].iter().any(|answer| answer.verdict == Verdict::Deny);
    let rests = |answer: &&DirectionAnswer| match expect {
        Expect::Directions { egress, ingress } => match answer.direction {
            Direction::Egress => egress.is_some(),
            Direction::Ingress => ingress.is_some(),
        },
        Expect::Verdict(_) => !denied || answer.verdict == Verdict::Deny,
    };
    [egress, ingress].into_iter().filter(rests).collect()
}

/// Pods that could exist, put into a cluster.
#[derive(Default)]
struct Assumed {
    engine: Option<Engine>,
    pods: Vec<(EndpointId, Labels)>,
}

impl Assumed {
    /// The sources with these pods among them.
    fn among(&self, mut from: Vec<End>) -> Vec<End> {
        let plain = |end: &&mut End| {
            let g = &end.group;
            g.services.is_empty() && g.addresses.is_empty() && g.name.is_none() && g.families.is_empty()
        };
        // An end of pods is there: that of the namespace, though it may have none.
        if let Some(end) = from.iter_mut().find(plain) {
            end.group.endpoints.extend(self.pods.iter().map(|(id, _)| *id));
        }
        from
    }
}

fn assume(engine: &Engine, test: &Test, to: &[End]) -> Result<Assumed, QueryError> {
    let mut assumed = Assumed::default();
    let groups: Vec<&Group> = to.iter().map(|end| &end.group).collect();
    for name in test.from.iter().filter_map(|peer| peer.any_pod_in()) {
        let namespace = engine.namespace_named(name)?;
        let kinds = engine.kinds_of_pods(namespace, &groups)?;
        let named: Vec<(String, Labels)> = kinds.iter().map(|labels| (name_of(labels), labels.clone())).collect();
        let base = assumed.engine.as_ref().unwrap_or(engine);
        let (with_pods, ids) = base.with_pods(namespace, &named);
        assumed.pods.extend(ids.into_iter().zip(kinds));
        assumed.engine = Some(with_pods);
    }
    Ok(assumed)
}

/// Rules about domain names tell of a name what they do not tell of an address.
fn for_name(engine: &Engine, to: &Group) -> Option<Engine> {
    let name = to.name.as_deref().or_else(|| engine.external_name(to))?;
    engine.for_name(name)
}

fn is_nobody(group: &Group) -> bool {
    group.is_empty() && group.services.is_empty()
}

fn port_of(test: &Test) -> Result<PortExpr, QueryError> {
    match (&test.except_ports, query::parse_port(&test.ports)?) {
        (None, port) | (Some(_), port @ PortExpr::Named(..)) => Ok(port),
        (Some(except), _) => port_left(&test.ports, except).map(PortExpr::Set),
    }
}

/// The ports of a text; a name has none.
pub(super) fn port_set(text: &str) -> Result<TrafficSet, QueryError> {
    Ok(match query::parse_port(text)? {
        PortExpr::Any => TrafficSet::all_ports(),
        PortExpr::Set(set) => set,
        PortExpr::Named(..) => TrafficSet::empty(),
    })
}

/// The ports of a text without those of another.
pub(super) fn port_left(ports: &str, except: &str) -> Result<TrafficSet, QueryError> {
    Ok(port_set(ports)?.difference(&port_set(except)?))
}

/// One end, as `check` takes it where it can.
fn end_text(engine: &Engine, end: PairEnd, written: &str) -> String {
    let cluster = &engine.cluster;
    match end {
        PairEnd::Pod(id) => {
            let endpoint = cluster.endpoint(id);
            let workload = cluster.workload(endpoint.workload);
            let namespace = cluster.namespace_name(endpoint.namespace);
            match endpoint.kind {
                EndpointKind::Pod if workload.kind == WorkloadKind::Pod => format!("{namespace}/{}", endpoint.name),
                EndpointKind::Pod => format!("{namespace}/pod/{}", endpoint.name),
                EndpointKind::Template => {
                    format!("{namespace}/{}/{}", workload.kind_name.to_ascii_lowercase(), workload.name)
                }
                EndpointKind::Hypothetical => format!("{namespace}/{}", endpoint.name),
            }
        }
        PairEnd::Node(id) => format!("node/{}", cluster.node(id).name),
        PairEnd::Outside | PairEnd::Service(_) => written.to_owned(),
    }
}

/// Whether it says that what a test is about is not there.
fn is_absence(code: QueryProblem) -> bool {
    use QueryProblem as P;
    matches!(
        code,
        P::UnknownName
            | P::UnknownNamespace
            | P::UnknownService
            | P::UnknownNode
            | P::UnknownPortName
            | P::UnknownPolicy
            | P::UnknownField
            | P::ServicePort
            | P::Finished
            | P::NoPods
            | P::NoMatch
            | P::NoSelected
            | P::NothingOutside
            | P::NoFlow
            | P::NoPairs
    )
}
