//! What is needed, the changes that may do it, and what each of them comes to.

use super::edit::Edit;
use super::places;
use super::policies::{Policies, PolicyText};
use super::selectors::Members;
use super::value::Value;
use super::weigh::{Asked, Named, Names, weigh};
use super::{Fix, FixStep, PolicyEdit, TextEdit};
use crate::Direction;
use crate::analysis::Analysis;
use crate::diagnostic::Params;
use crate::engine::Engine;
use crate::explain::Code;
use crate::ir::Origin;
use crate::manifest::{ReadOptions, Snapshot, read};
use crate::model::{EndpointId, NamespaceId};
use crate::query::{CheckAnswer, DiffAnswer, DirectionAnswer, Part, Peer, PeerKind, PolicyRef, Question, Verdict};
use crate::set::{AddressSet, Protocol, TrafficSet};
use crate::sorted::{Arrange, SortedSet};
use crate::source::{Inputs, Place, Span};
use std::cell::RefCell;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// So many names of a list are said.
const MOST_NAMED: usize = 6;

/// What has to become otherwise in a direction.
#[derive(Clone, Debug)]
pub(super) struct Need {
    pub(super) direction: Direction,
    /// Pods whose policies are to be changed.
    pub(super) subjects: SortedSet<EndpointId>,
    /// Those at the other end.
    pub(super) peers: Named,
    pub(super) traffic: TrafficSet,
    /// Who is at the other end may be seen with the address of some node, so that only everybody will do.
    pub(super) anybody: bool,
}

/// A change of one policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) what: What,
    pub(super) step: FixStep,
}

impl Change {
    /// How many pods that were not asked about the policy also selects.
    fn others(&self, planner: &Planner<'_>, asked: &SortedSet<EndpointId>) -> usize {
        let (What::Edit(_), Some(policy)) = (&self.what, planner.policies.get(&self.namespace, &self.name)) else {
            return 0;
        };
        let Some(namespace) = planner.engine.cluster.find_namespace(&self.namespace) else { return 0 };
        planner.engine.selected(namespace, &policy.spec.pod_selector).iter().filter(|id| !asked.contains(id)).count()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    Edit(Vec<Edit>),
    New(Value),
}

impl Change {
    pub(super) fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.step.params.insert(name, value.to_string());
        self
    }
}

impl PolicyText {
    /// An edit of this policy.
    pub(super) fn change(&self, code: Code, edits: Vec<Edit>, (field, span): (&str, Span)) -> Change {
        let name = format!("{}/{}", self.namespace, self.name);
        let params = Params::from([("policy", name), ("field", field.to_owned())]);
        let place = Place { file: self.file.clone(), span: self.in_file(span) };
        Change {
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            what: What::Edit(edits),
            step: FixStep { code, params, place: Some(place) },
        }
    }
}

/// Makes changes and tries them.
pub(super) struct Planner<'a> {
    pub(super) analysis: &'a Analysis,
    pub(super) engine: &'a Engine,
    pub(super) policies: Policies,
    pub(super) names: Names<'a>,
    pub(super) question: Question,
    pub(super) wanted: Verdict,
    pub(super) asked: Asked,
    /// Whether what else changes is counted.
    pub(super) counting: bool,
    /// The first answer after changes that did not do it.
    pub(super) undone: RefCell<Option<CheckAnswer>>,
    /// Of what is to be stopped, those who send it and to whom no policy applies, nor to where it goes.
    pub(super) left: SortedSet<String>,
}

impl<'a> Planner<'a> {
    pub(super) fn new(
        analysis: &'a Analysis,
        inputs: &Inputs,
        answer: &CheckAnswer,
        wanted: Verdict,
        counting: bool,
    ) -> Self {
        let engine = analysis.engine();
        let names = Names::new(engine);
        let mut asked = Asked::default();
        let mut known: SortedSet<(String, String)> = SortedSet::new();
        for part in &answer.parts {
            let (from, to) = (names.of(&part.from), names.of(&part.to));
            for (all, one) in [(&mut asked.from, from), (&mut asked.to, to)] {
                all.add_all(one);
            }
            asked.traffic = asked.traffic.union(&part.traffic);
            if let Some(via) = &part.via {
                asked.to.add_all(names.of(std::slice::from_ref(&via.service)));
                asked.traffic = asked.traffic.union(&via.traffic);
            }
            let of_reasons = |policy: &PolicyRef| {
                let namespace = policy.namespace.as_deref().filter(|_| policy.kind == "NetworkPolicy")?;
                Some((namespace.to_owned(), policy.name.to_string()))
            };
            for direction in [&part.egress, &part.ingress] {
                known.extend(direction.isolated_by.iter().filter_map(of_reasons));
                let origins = direction.reasons.iter().filter_map(|reason| reason.origin.as_ref());
                known.extend(origins.filter_map(|origin| of_reasons(&origin.policy)));
            }
        }
        let known: Vec<(String, String)> = known.into_iter().collect();
        let policies = Policies::find(engine, inputs, &known);
        let (question, undone) = (answer.question.clone(), RefCell::default());
        let unpoliced = answer.parts.iter().filter(|part| wanted == Verdict::Deny && is_unpoliced(part));
        let left = unpoliced.flat_map(|part| &part.from).map(peer_text).collect();
        Self { analysis, engine, policies, names, question, wanted, asked, counting, undone, left }
    }

    /// The policies that surely isolate a pod in a direction.
    pub(super) fn isolated_by(&self, direction: Direction, pod: EndpointId) -> SortedSet<u32> {
        let lists = self.engine.lists_of(direction, pod).filter(|applied| applied.surely());
        let isolating = lists.flat_map(|applied| &applied.list.rules).filter_map(|rule| match rule.origin {
            Origin::Isolation { policy, .. } => Some(policy),
            _ => None,
        });
        isolating.collect()
    }

    /// The parts that are not as wanted, and that policies could make so.
    pub(super) fn open_parts<'p>(&self, answer: &'p CheckAnswer) -> Vec<&'p Part> {
        let parts = answer.parts.iter().filter(|part| !part.egress.is_no_flow());
        parts.filter(|part| part.verdict != self.wanted && !self.is_beyond(part)).collect()
    }

    /// A pod to itself is never blocked, nor is what no policy applies to at either end; and SCTP, where the profile leaves it open, nobody settles who asks
    /// for other traffic as well.
    fn is_beyond(&self, part: &Part) -> bool {
        let is_sctp = part.traffic.is_subset(&TrafficSet::protocol(Protocol::Sctp));
        self.wanted == Verdict::Deny && (is_loopback(part) || is_unpoliced(part))
            || is_sctp && part.verdict == Verdict::Undefined && self.leaves_sctp()
    }

    /// Whether SCTP is asked about beside other traffic, and left open by the profile.
    fn leaves_sctp(&self) -> bool {
        let sctp = TrafficSet::protocol(Protocol::Sctp);
        !self.engine.profile.sctp && self.asked.traffic.meets(&sctp) && !self.asked.traffic.is_subset(&sctp)
    }

    /// Whether an answer is as wanted throughout.
    pub(super) fn holds(&self, answer: &CheckAnswer) -> bool {
        let some = answer.parts.iter().any(|part| part.verdict == self.wanted);
        some && self.open_parts(answer).is_empty()
    }

    /// A name for pods, and for who else is meant.
    pub(super) fn title(&self, pods: &SortedSet<EndpointId>, members: &Members) -> String {
        let workloads = self.engine.by_workload(pods);
        let cluster = &self.engine.cluster;
        let namespaces = self.engine.by_namespace(pods);
        let alone = members.addresses.is_empty();
        let cidrs = members.addresses.cidrs();
        match (workloads.len(), cidrs.as_slice()) {
            (1, _) if alone => {
                workloads.keys().next().map_or_else(String::new, |id| cluster.workload(*id).name.to_string())
            }
            (0, [net]) if net.prefix_len() == net.max_prefix_len() => net.addr().to_string(),
            (0, [net]) => format!("{}-{}", net.addr(), net.prefix_len()),
            (0, _) => "outside".to_owned(),
            _ if namespaces.len() == 1 && alone => {
                let id = namespaces.keys().next();
                id.map_or_else(String::new, |id| cluster.namespace_name(*id).to_owned())
            }
            _ => "some".to_owned(),
        }
    }

    /// Who is meant, by name; the first few of many.
    pub(super) fn named(&self, members: &Members) -> String {
        let cluster = &self.engine.cluster;
        let workloads = self.engine.by_workload(&members.pods);
        let workloads = workloads.keys().map(|id| {
            let workload = cluster.workload(*id);
            format!("{}/{}", cluster.namespace_name(workload.namespace), workload.name)
        });
        let all: Vec<String> = workloads.chain(members.addresses.cidrs().iter().map(ToString::to_string)).collect();
        first_few(&all)
    }

    /// A policy of a direction.
    pub(super) fn new_policy(
        &self,
        direction: Direction,
        namespace: NamespaceId,
        title: &str,
        selector: Value,
        rules: Vec<Value>,
    ) -> Change {
        let cluster = &self.engine.cluster;
        let taken = |name: &str| {
            self.engine.ir.policies.iter().any(|p| !p.removed && p.namespace == Some(namespace) && *p.name == *name)
        };
        let base = object_name(title);
        let name = std::iter::once(base.clone())
            .chain((2..).map(|number: u32| format!("{base}-{number}")))
            .find(|name| !taken(name))
            .unwrap_or_default();
        let namespace = cluster.namespace_name(namespace).to_owned();
        let types = match direction {
            Direction::Egress => "Egress",
            Direction::Ingress => "Ingress",
        };
        let mut spec = Value::map([("podSelector", selector), ("policyTypes", Value::List(vec![Value::text(types)]))]);
        if !rules.is_empty() {
            spec.set(direction.name(), Value::List(rules));
        }
        let metadata = Value::map([("name", Value::text(&name)), ("namespace", Value::text(&namespace))]);
        let object = Value::map([
            ("apiVersion", Value::text("networking.k8s.io/v1")),
            ("kind", Value::text("NetworkPolicy")),
            ("metadata", metadata),
            ("spec", spec),
        ]);
        let params =
            Params::from([("policy", format!("{namespace}/{name}")), ("direction", direction.name().to_owned())]);
        let step = FixStep { code: Code::FixNewPolicy, params, place: None };
        Change { namespace, name, what: What::New(object), step }
    }

    /// Tries changes: what they come to, if it is as wanted afterwards.
    pub(super) fn try_changes(&self, changes: &[Change]) -> Option<Fix> {
        let mut edits: Vec<(String, String, What)> = Vec::new();
        for change in changes {
            let same = edits.iter_mut().find(|(ns, name, _)| *ns == change.namespace && *name == change.name);
            match (same, &change.what) {
                (Some((_, _, What::Edit(all))), What::Edit(more)) => all.extend(more.iter().cloned()),
                (Some(_), _) => return None,
                (None, what) => edits.push((change.namespace.clone(), change.name.clone(), what.clone())),
            }
        }
        let mut policies = Vec::new();
        let mut inputs = Inputs::default();
        for (namespace, name, what) in edits {
            let edit = self.policy_edit(namespace, name, &what)?;
            inputs.push(edit.file.clone().unwrap_or_else(|| edit.suggested_file().into()), edit.read_as.clone());
            policies.push(edit);
        }
        let options = ReadOptions::default();
        let snapshot: Snapshot = read(&inputs, &options);
        if snapshot.report().has_errors() || snapshot.policies.len() != policies.len() {
            return None;
        }
        let after = self.analysis.with_policies(&snapshot);
        let Question { from, to, port } = &self.question;
        let answer = after.check(from, to, port).ok()?;
        if !self.holds(&answer) {
            self.undone.borrow_mut().get_or_insert(answer);
            return None;
        }
        let mut diff: Option<DiffAnswer> = if self.counting { self.analysis.diff_of_all(&after).ok() } else { None };
        if let Some(diff) = &mut diff {
            places::settle(&mut diff.changes, &self.policies, &policies);
        }
        let beside = diff.as_ref().map(|diff| weigh(&self.names, &self.asked, diff));
        let lines = policies.iter().map(|policy| policy.lines).sum();
        let steps = changes.iter().map(|change| change.step.clone()).collect();
        let asked: SortedSet<EndpointId> =
            self.asked.from.endpoints.iter().chain(self.asked.to.endpoints.iter()).copied().collect();
        let others = changes.iter().map(|change| change.others(self, &asked)).sum();
        Some(Fix { steps, mind: self.mind(changes), policies, beside, others, lines, diff })
    }

    /// What is to be known of changes: exceptions that are pods' addresses hold for the pods of today,
    /// and blocks without them may hold pods, where it is not known where pods get their addresses.
    fn mind(&self, changes: &[Change]) -> Vec<FixStep> {
        let cluster = &self.engine.cluster;
        let values: Vec<&Value> = changes.iter().flat_map(|change| change.what.values()).collect();
        let held = values.iter().fold(AddressSet::empty(), |all, value| all.union(&value.held()));
        let pods = cluster.real_endpoints().filter(|id| !cluster.endpoint(*id).host_network);
        let (asked, others): (Vec<EndpointId>, Vec<EndpointId>) = pods.partition(|id| self.asked.has(*id));
        let own = |ids: &[EndpointId]| {
            let all: Vec<IpAddr> = ids.iter().flat_map(|id| cluster.endpoint(*id).addresses.iter().copied()).collect();
            AddressSet::addresses(&all)
        };
        let (asked, others) = (own(&asked), own(&others));
        let pods = asked.union(&others);
        let mut excepted = changes.iter().flat_map(|change| change.what.exceptions());
        let pinned = excepted.any(|net| AddressSet::net(net).is_subset(&pods));
        let others = others.difference(&cluster.space.known_pods);
        let opened = self.engine.profile.ip_block_matches_pods && held.meets(&others);
        let mind = |code| FixStep { code, params: Params::new(), place: None };
        let of_pods = match (pinned, opened) {
            (true, _) => Some(mind(Code::FixExceptsPods)),
            (false, true) => Some(mind(Code::FixHoldsPods)),
            (false, false) => None,
        };
        let sctp = self.leaves_sctp().then(|| {
            let params = Params::from([("profile", self.engine.profile.name.to_owned())]);
            FixStep { code: Code::FixLeavesSctp, params, place: None }
        });
        let left = (!self.left.is_empty()).then(|| {
            let peers: Vec<String> = self.left.iter().cloned().collect();
            let params = Params::from([("peers", first_few(&peers))]);
            FixStep { code: Code::FixLeavesUnpoliced, params, place: None }
        });
        of_pods.into_iter().chain(sctp).chain(left).collect()
    }

    fn policy_edit(&self, namespace: String, name: String, what: &What) -> Option<PolicyEdit> {
        let edits = match what {
            What::New(object) => {
                let yaml = object.document();
                let (file, in_place, lines) = (None, None, yaml.lines().count());
                let read_as = yaml.clone();
                return Some(PolicyEdit { namespace, name, is_new: true, file, in_place, read_as, yaml, lines });
            }
            What::Edit(_) => what.edits(),
        };
        let policy = self.policies.get(&namespace, &name)?;
        let yaml = policy.edited(edits)?.document();
        let in_place =
            policy.edited_text(edits).map(|text| TextEdit { start: policy.range.start, end: policy.range.end, text });
        let read_as = match &in_place {
            Some(edit) => policy.indented(&edit.text),
            None => yaml.clone(),
        };
        let lines = super::patch::changed_lines(&policy.edited(&[])?.document(), &yaml);
        let file = Some(policy.file.clone());
        Some(PolicyEdit { namespace, name, is_new: false, file, in_place, read_as, yaml, lines })
    }
}

pub(super) fn is_loopback(part: &Part) -> bool {
    [&part.egress, &part.ingress].iter().any(|d| d.reasons.iter().any(|reason| reason.code == Code::Loopback))
}

/// Whether no NetworkPolicy applies at either end, or could.
fn is_unpoliced(part: &Part) -> bool {
    let beyond = |code| matches!(code, Code::HostNetwork | Code::NotAPod | Code::OwnNode | Code::OwnNodeReached);
    let of = |direction: &DirectionAnswer| {
        !direction.reasons.is_empty() && direction.reasons.iter().all(|reason| beyond(reason.code))
    };
    part.verdict == Verdict::Allow && of(&part.egress) && of(&part.ingress)
}

fn first_few(names: &[String]) -> String {
    let more = if names.len() > MOST_NAMED { ", …" } else { "" };
    format!("{}{more}", names.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join(", "))
}

/// A peer as one would ask for it.
fn peer_text(peer: &Peer) -> String {
    let name = peer.name.as_deref().unwrap_or_default();
    match (&peer.namespace, peer.kind_of) {
        (_, PeerKind::Node) => format!("node/{name}"),
        (_, PeerKind::Nodes) => "node/*".to_owned(),
        (Some(namespace), _) => format!("{namespace}/{name}"),
        (None, _) if name.is_empty() => peer.cidrs.join(", "),
        (None, _) => name.to_owned(),
    }
}

/// A name that an object can have.
fn object_name(text: &str) -> String {
    let letters = text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    let mut name: String = letters.take(58).collect();
    while name.contains("--") {
        name = name.replace("--", "-");
    }
    name.trim_matches('-').to_owned()
}

/// Fixes, the best first: those beside which least changes, then those that are least to read.
pub(super) fn rank(fixes: &mut Vec<Fix>) {
    let key = |fix: &Fix| {
        let names: Vec<Arc<str>> = fix.policies.iter().map(|p| Arc::from(p.name.as_str())).collect();
        let pinned = fix.mind.iter().any(|mind| mind.code == Code::FixExceptsPods);
        (fix.beside.unwrap_or(u128::MAX), pinned, fix.others, fix.lines, names)
    };
    fixes.arrange_by(|a, b| key(a).cmp(&key(b)).then_with(|| a.steps.cmp(&b.steps)));
    let mut seen: Vec<Vec<String>> = Vec::new();
    fixes.retain(|fix| {
        let own: Vec<String> = fix.policies.iter().map(|policy| policy.yaml.clone()).collect();
        let new = !seen.contains(&own);
        seen.push(own);
        new
    });
}
