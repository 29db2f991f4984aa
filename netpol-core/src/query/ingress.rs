//! `ingress`: who can reach each workload, from inside and from outside.

use super::answer::{Note, Part, Peer, PeerKind, PolicyRef, Relation, Verdict};
use super::basis::Basis;
use super::entries::{Entries, EntryPoint};
use super::resolve::{Group, QueryError, QueryProblem};
use super::survey::{NodeLink, Survey};
use super::units::Unit;
use crate::diagnostic::Params;
use crate::engine::{Engine, MOST_PAIRS, Openings};
use crate::explain::Code;
use crate::ir::Direction;
use crate::model::{EndpointId, WorkloadId};
use crate::profile::OwnNode;
use crate::set::{Family, TrafficSet};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use serde::Serialize;

/// More pairs of sources and destinations between which something may pass are not looked at one by
/// one.
const MAX_PAIRS: usize = 100_000_000;

/// What is asked of `ingress`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct IngressQuery {
    /// Whose ingress, in the grammar of [`parse_peer`](super::parse_peer); none: every workload's.
    #[serde(rename = "peer", skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// Sources that may send the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Source {
    /// Who they are, sorted; beside `everybody`, only who else.
    pub from: Vec<Peer>,
    /// Of the pods and nodes, which pairs, when it is not all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relation: Option<Relation>,
    /// The address families this is about, when they differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub families: Vec<Family>,
    /// Whether these are all pods of the input but those on their node's network, which are not named
    /// one by one; a pod by itself never counts as a source of its own.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub everybody: bool,
    /// What is allowed.
    pub allow: TrafficSet,
    /// What the specification, or the input, leaves open.
    #[serde(skip_serializing_if = "TrafficSet::is_empty")]
    pub undefined: TrafficSet,
}

/// Who can reach one workload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IngressOf {
    /// The workload, or the part of its pods that this is about.
    pub peer: Peer,
    /// On its node's network, so no policy applies to it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub host_network: bool,
    /// The policies that isolate it in this direction; none: everybody is let in.
    pub isolated_by: Vec<PolicyRef>,
    /// The policies of the administrative tiers that have rules for it in this direction.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ruled_by: Vec<PolicyRef>,
    /// Pods. One to itself is left out: it always may.
    pub inside: Vec<Source>,
    /// Nodes, by their addresses; their pods with `hostNetwork` stand under `inside`.
    pub nodes: Vec<Source>,
    /// Addresses outside; disjoint, and no two with the same traffic.
    pub outside: Vec<Source>,
    /// What to look at.
    pub findings: Vec<Note>,
}

/// The answer of `ingress`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IngressAnswer {
    /// `netpol.ingress/v1`.
    pub schema: &'static str,
    /// What was asked, as typed.
    pub question: IngressQuery,
    /// The addresses that are outside.
    pub outside: Peer,
    /// Each workload that was asked about, in the order of namespaces, kinds and names.
    pub workloads: Vec<IngressOf>,
    /// Where the outside enters, sorted: what leads to those that were asked about.
    pub entries: Vec<EntryPoint>,
    /// What the API server calls: webhooks, APIServices and conversions of custom resources.
    pub calls: Vec<EntryPoint>,
    /// What holds for all.
    pub notes: Vec<Note>,
    /// What the answer rests on.
    pub basis: Basis,
}

/// More than so many peers are not named: a gigabyte of them.
const MOST_SOURCES: usize = 4_000_000;

pub(crate) fn ingress(
    engine: &Engine,
    question: IngressQuery,
    to: &Group,
    carriers: Option<&Group>,
) -> Result<IngressAnswer, QueryError> {
    if let Some(found) = question.to.as_ref().filter(|_| to.endpoints.is_empty()) {
        return Err(QueryError::new(QueryProblem::NotPods).with("found", found));
    }
    let units = engine.units(to.endpoints.iter().copied());
    let sources = engine.units(engine.cluster.real_endpoints());
    let pairs = units.len().saturating_mul(sources.len());
    if pairs > MOST_PAIRS {
        return Err(QueryError::too_many_pairs(pairs, MOST_PAIRS));
    }
    let on_pods = sources.iter().filter(|u| engine.pod(u.party).is_some()).map(|u| u.members.len()).sum();
    let mut survey = Survey::new(engine, engine.in_families_of(&units, &engine.world()));
    let who = sources.iter().map(|unit| unit.members.first().copied());
    let mut openings = Openings::new(engine, Direction::Ingress, who, &survey.all);
    let shifted: Vec<(EndpointId, &str)> = engine.behind_shifting_services().into_iter().collect();
    let pairs = units.iter().filter_map(|unit| unit.members.first());
    let pairs = pairs.map(|id| openings.of(*id).count_ones(..)).fold(0, usize::saturating_add);
    if pairs > MAX_PAIRS {
        return Err(QueryError::too_many_pairs(pairs, MAX_PAIRS));
    }
    let mut named = 0;
    let rows = survey.rows(&units, |survey, unit| {
        let nodes = survey.nodes(Direction::Ingress, unit, None).into_iter().map(|link| {
            let NodeLink { relation, addresses, allow, undefined } = link;
            let from = vec![engine.address_peer(&addresses)];
            Source { from, relation, families: Vec::new(), everybody: false, allow, undefined }
        });
        let nodes = nodes.collect();
        let outside = survey.outside(Direction::Ingress, unit);
        let outside = outside.iter().map(|o| Source {
            from: vec![engine.address_peer(&o.addresses)],
            relation: None,
            families: Vec::new(),
            everybody: false,
            allow: o.allow.clone(),
            undefined: o.undefined.clone(),
        });
        let host_network = engine.pod(unit.party).is_none();
        let services = |id| {
            let first = shifted.partition_point(|(pod, _)| pod < id);
            shifted[first..].iter().take_while(move |(pod, _)| pod == id).map(|(_, service)| *service)
        };
        let behind: SortedSet<&str> = unit.members.iter().flat_map(services).collect();
        let isolated_by = survey.isolated_by(Direction::Ingress, unit);
        let mut findings = Vec::new();
        if !behind.is_empty() && !isolated_by.is_empty() {
            let names = behind.into_iter().collect::<Vec<_>>().join(", ");
            findings.push(Note { code: Code::ShiftedSource, params: Params::from([("services", names)]) });
        }
        findings.extend(engine.probe_findings(unit, question.to.is_some()));
        // Once there are too many, the rest is not looked at.
        let fits = named <= MOST_SOURCES;
        let inside = if fits { survey.inside(&mut openings, &sources, unit, on_pods) } else { Vec::new() };
        named += inside.iter().map(|source| source.from.len()).sum::<usize>();
        IngressOf {
            peer: Peer::new(PeerKind::Workload),
            host_network,
            isolated_by,
            ruled_by: engine.ruled_by(Direction::Ingress, unit.party),
            outside: outside.collect(),
            inside,
            nodes,
            findings,
        }
    });
    if named > MOST_SOURCES {
        return Err(QueryError::new(QueryProblem::TooManySources).with("limit", MOST_SOURCES));
    }
    let among = question.to.as_ref().map(|_| to.endpoints.as_slice());
    let (Entries { entries, calls }, _) = engine.entries(among, carriers)?;
    let mut basis = engine.basis_of_outside(false);
    if carriers.is_none() && entries.iter().any(EntryPoint::is_assumed) {
        basis.assumptions.push(Note { code: Code::ControllerAssumed, params: Params::new() });
        basis.assumptions.arrange();
    }
    let workloads = rows.into_iter().map(|(peer, of)| IngressOf { peer, ..of });
    let workloads: Vec<IngressOf> = workloads.map(|of| of.with_calls(&calls)).collect();
    let mut notes = Vec::new();
    if engine.profile.own_node_ingress == OwnNode::Exempt {
        notes.push(Note { code: Code::OwnNode, params: Params::new() });
    }
    Ok(IngressAnswer {
        schema: "netpol.ingress/v1",
        question,
        outside: engine.address_peer(&survey.space),
        workloads,
        entries,
        calls,
        notes,
        basis,
    })
}

impl IngressOf {
    /// With what is to be said of the calls of the API server that lead to it.
    fn with_calls(mut self, calls: &[EntryPoint]) -> Self {
        for (code, wanted) in
            [(Code::CallDenied, [Verdict::Deny; 2]), (Code::CallUndefined, [Verdict::Undefined, Verdict::Mixed])]
        {
            let leads =
                |part: &Part| wanted.contains(&part.verdict) && part.to.iter().any(|to| same_workload(to, &self.peer));
            let told = calls.iter().filter(|call| call.parts.iter().any(leads));
            let mut told: Vec<String> = told.map(|call| call.object.title()).collect();
            told.arrange();
            told.dedup();
            if !told.is_empty() {
                self.findings.push(Note { code, params: Params::from([("calls", told.join(", "))]) });
            }
        }
        self
    }
}

/// Whether two peers are, or are of, one workload.
fn same_workload(a: &Peer, b: &Peer) -> bool {
    let of = |peer: &Peer| (peer.kind_of, peer.namespace.clone(), peer.kind.clone(), peer.name.clone());
    let apart = !a.pods.is_empty() && !b.pods.is_empty() && !a.pods.iter().any(|pod| b.pods.contains(pod));
    of(a) == of(b) && !apart
}

impl Survey<'_> {
    /// The pods that may send something to a unit; `on_pods` is how many there are in all.
    fn inside(&mut self, openings: &mut Openings<'_>, sources: &[Unit], target: &Unit, on_pods: usize) -> Vec<Source> {
        let engine = self.engine;
        let open = target.members.first().map(|id| openings.of(*id)).unwrap_or_default();
        type Key = (Option<Relation>, Vec<Family>, TrafficSet, TrafficSet);
        let mut found: SortedMap<Key, SortedMap<WorkloadId, Vec<EndpointId>>> = SortedMap::new();
        for source in open.ones().map(|at| &sources[at]) {
            for link in engine.links(&mut self.reach, source, target) {
                let planes = self.reach.get(link.planes);
                if planes.may.is_empty() {
                    continue;
                }
                let undefined = planes.may.difference(&planes.must);
                let key = (link.relation, link.families, planes.must.clone(), undefined);
                found.entry(key).or_default().entry(source.workload).or_default().extend(&source.members);
            }
        }
        let alone =
            matches!(target.members.as_slice(), [only] if !engine.is_many(*only)) && engine.pod(target.party).is_some();
        let sources = found.into_iter().map(|((relation, families, allow, undefined), workloads)| {
            let on_host = |id: &EndpointId| engine.cluster.endpoint(*id).host_network;
            let found_on_pods = workloads.values().flatten().filter(|id| !on_host(id)).count();
            let everybody = relation.is_none() && found_on_pods + usize::from(alone) >= on_pods;
            let named = workloads.into_iter().filter_map(|(id, mut members)| {
                members.retain(|member| !everybody || on_host(member));
                (!members.is_empty()).then(|| engine.workload_peer(id, &members))
            });
            let mut from: Vec<Peer> = named.collect();
            from.arrange();
            Source { from, relation, families, everybody, allow, undefined }
        });
        let mut sources: Vec<Source> = sources.collect();
        sources.arrange();
        sources
    }
}

impl Engine {
    /// The pods behind Services that take visitors from outside and may replace their address by a
    /// node's, with the names of these Services.
    fn behind_shifting_services(&self) -> SortedSet<(EndpointId, &str)> {
        let exposed = self.cluster.services.iter().filter(|s| s.is_open_outside() && !s.keeps_source);
        exposed.flat_map(|s| s.backends.iter().flatten().map(|id| (*id, &*s.name))).collect()
    }
}
