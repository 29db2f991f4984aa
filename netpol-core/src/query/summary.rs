//! `summary`: who is isolated and who is open, what is worst, and what to ask next.

use super::answer::{Note, Peer, PeerKind, PolicyRef, Verdict};
use super::basis::Basis;
use super::entries::{ByWorkload, Entries, EntryPoint};
use super::internet::is_open;
use super::metadata::{METADATA, WellKnown, dns_ports};
use super::resolve::Group;
use super::survey::{Survey, on_ports};
use super::units::{Outside, Unit};
use crate::diagnostic::Params;
use crate::engine::{Engine, SubjectId};
use crate::explain::Code;
use crate::ir::Direction;
use crate::model::{EndpointId, NamespaceId, WorkloadId};
use crate::set::Family;
use crate::sorted::{Arrange, SortedMap};
use serde::Serialize;
use std::collections::HashMap;

/// Counts of workloads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All of them, those on their node's network included.
    pub workloads: usize,
    /// All of whose pods are isolated in egress: only what policies allow leaves them.
    pub egress_isolated: usize,
    /// All of whose pods are isolated in ingress: only what policies allow reaches them.
    pub ingress_isolated: usize,
    /// For which policies of the administrative tiers have rules, in one direction at least.
    #[serde(skip_serializing_if = "is_zero")]
    pub ruled: usize,
    /// With pods on their node's network, where no policy applies.
    pub host_network: usize,
    /// That can reach some address outside on some port.
    pub reach_outside: usize,
    /// That can reach the whole internet, or most of it, on some port.
    pub reach_internet: usize,
    /// That some address outside can reach on some port, as far as policies go.
    pub reached_from_outside: usize,
    /// That can ask the cluster's DNS.
    pub resolve_names: usize,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// One namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NamespaceSummary {
    /// Which.
    pub namespace: Peer,
    /// Its workloads.
    #[serde(flatten)]
    pub counts: Counts,
}

/// Something to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is. [`crate::lang`] has the words.
    pub code: Code,
    /// Values of the sentence.
    #[serde(skip_serializing_if = "Params::is_empty")]
    pub params: Params,
    /// Whom it is about, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub peers: Vec<Peer>,
    /// Which policies it is about, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<PolicyRef>,
}

/// A command to run next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The arguments of `netpol`, without those that name the input.
    pub command: Vec<String>,
    /// What it shows. [`crate::lang`] has the words.
    pub code: Code,
}

/// The answer of `summary`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SummaryAnswer {
    /// `netpol.summary/v1`.
    pub schema: &'static str,
    /// All namespaces together.
    pub total: Counts,
    /// How many policies were read, those of kinds that are not modelled included.
    pub policies: usize,
    /// The namespaces that have workloads, by name.
    pub namespaces: Vec<NamespaceSummary>,
    /// What to look at, worst first.
    pub findings: Vec<Finding>,
    /// What to ask next.
    pub next: Vec<Step>,
    /// What the answer rests on.
    pub basis: Basis,
}

/// What the pods of a workload come to, of which one is enough for "can" and all are needed for
/// "is".
#[derive(Clone, Copy, Debug, Default)]
struct Traits {
    hosts: bool,
    egress_open: bool,
    ingress_open: bool,
    ruled: bool,
    outside: bool,
    internet: bool,
    from_outside: bool,
    /// Of pods that are not on the host's network: whether all can ask the cluster's DNS, and
    /// whether some can ask nobody.
    dns: bool,
    mute: bool,
    /// For each of [`METADATA`].
    metadata: [bool; METADATA.len()],
    tunnel: bool,
    /// Some probe of its kubelet is denied.
    unprobed: bool,
    /// Everything to and from everywhere, by direction.
    all_out: bool,
    all_in: bool,
}

/// What the outside is to a subject.
#[derive(Clone, Copy, Default)]
struct Seen {
    some: bool,
    /// Whether somebody there may be asked on port 53.
    resolver: bool,
    all: bool,
    internet: bool,
    tunnel: bool,
    metadata: [bool; METADATA.len()],
}

type SeenKey = (Direction, Option<SubjectId>, Vec<Family>);

pub(crate) fn summary(engine: &Engine, carriers: Option<&Group>) -> SummaryAnswer {
    let units = engine.units(engine.cluster.real_endpoints());
    let mut survey = Survey::new(engine, engine.in_families_of(&units, &engine.world()));
    let mut seen: HashMap<SeenKey, Seen, foldhash::fast::RandomState> = HashMap::default();
    let mut workloads: Vec<(WorkloadId, Traits)> = Vec::new();
    for group in units.chunk_by(|a, b| a.workload == b.workload) {
        let mut traits = Traits { dns: true, all_out: true, all_in: true, ..Traits::default() };
        for unit in group {
            let host = engine.pod(unit.party).is_none();
            let [egress, ingress] = Direction::ALL.map(|d| survey.isolating(d, unit).is_empty());
            let [out, into] = Direction::ALL.map(|direction| {
                let key = (direction, survey.subject(direction, unit), engine.outside_families(unit.party));
                *seen.entry(key).or_insert_with(|| survey.look(direction, unit))
            });
            traits.hosts |= host;
            traits.ruled |= Direction::ALL.into_iter().any(|d| engine.judges_own_node(d, unit.party));
            traits.egress_open |= host || egress;
            traits.ingress_open |= host || ingress;
            traits.outside |= out.some;
            traits.internet |= out.internet;
            traits.from_outside |= into.some;
            for (all, one) in traits.metadata.iter_mut().zip(out.metadata) {
                *all |= one && !host;
            }
            traits.tunnel |= out.tunnel && !host;
            traits.unprobed |= engine.fails_probes(unit);
            traits.all_out &= out.all && !host;
            traits.all_in &= into.all && !host;
            let (udp, tcp) = survey.ask_dns(unit, |_, _, _| {});
            traits.dns &= udp == Verdict::Allow || tcp == Verdict::Allow;
            traits.mute |= !out.resolver && [udp, tcp] == [Verdict::Deny; 2];
        }
        workloads.extend(group.first().map(|unit| (unit.workload, traits)));
    }
    let mut by_namespace: SortedMap<NamespaceId, Counts> = SortedMap::new();
    let mut total = Counts::default();
    for (id, traits) in &workloads {
        let namespace = by_namespace.entry(engine.cluster.workload(*id).namespace).or_default();
        total.add(traits);
        namespace.add(traits);
    }
    let mut findings = findings(engine, &survey, &units, &workloads, &by_namespace);
    // Too many entries to look at one by one are left to `ingress`, which says so.
    let found = engine.entries(None, carriers).unwrap_or_default();
    let assumed = carriers.is_none() && found.0.entries.iter().any(EntryPoint::is_assumed);
    of_entries(engine, workloads.len(), found, &mut findings);
    let next = steps(engine, &findings);
    let mut namespaces: Vec<NamespaceSummary> = by_namespace
        .into_iter()
        .map(|(id, counts)| NamespaceSummary { namespace: engine.namespace_peer(id), counts })
        .collect();
    namespaces.arrange_by(|a, b| a.namespace.cmp(&b.namespace));
    let policies = engine.policies();
    let mut basis = engine.basis_of_outside(true);
    if assumed {
        basis.assumptions.push(Note { code: Code::ControllerAssumed, params: Params::new() });
        basis.assumptions.arrange();
    }
    SummaryAnswer { schema: "netpol.summary/v1", total, policies, namespaces, findings, next, basis }
}

impl Counts {
    fn add(&mut self, traits: &Traits) {
        self.workloads += 1;
        self.egress_isolated += usize::from(!traits.egress_open);
        self.ingress_isolated += usize::from(!traits.ingress_open);
        self.ruled += usize::from(traits.ruled);
        self.host_network += usize::from(traits.hosts);
        self.reach_outside += usize::from(traits.outside);
        self.reach_internet += usize::from(traits.internet);
        self.reached_from_outside += usize::from(traits.from_outside);
        self.resolve_names += usize::from(traits.dns);
    }
}

impl Survey<'_> {
    /// What the outside is to a unit.
    fn look(&mut self, direction: Direction, unit: &Unit) -> Seen {
        let outside = self.outside(direction, unit);
        let outside: &[Outside] = &outside;
        let own = self.engine.in_families_of(std::slice::from_ref(unit), &self.space);
        let metadata = self.metadata(unit, outside);
        let open = |m: &WellKnown| metadata.iter().any(|o| o.address == m.address && o.verdict == Verdict::Allow);
        Seen {
            resolver: !on_ports(outside, &dns_ports()).is_empty(),
            some: outside.iter().any(|o| !o.allow.is_empty()),
            all: is_open(outside, &own, &self.all),
            internet: !self.internet.open_ports(outside, &self.all).is_empty(),
            tunnel: !self.internet.tunnels(outside).is_empty(),
            metadata: METADATA.map(|m| open(&m)),
        }
    }
}

/// Everything to look at, worst first.
fn findings(
    engine: &Engine,
    survey: &Survey<'_>,
    units: &[Unit],
    workloads: &[(WorkloadId, Traits)],
    namespaces: &SortedMap<NamespaceId, Counts>,
) -> Vec<Finding> {
    let of = |code, holds: &dyn Fn(&Traits) -> bool| {
        let found = workloads.iter().filter(|(_, traits)| holds(traits));
        let mut peers: Vec<Peer> =
            found.map(|(id, _)| engine.workload_peer(*id, &engine.cluster.workload(*id).endpoints)).collect();
        peers.arrange();
        finding(code, workloads.len(), peers, Vec::new())
    };
    let hosts = selected_hosts(engine);
    let idle: Vec<PolicyRef> = survey.idle_policies(units).into_iter().map(|p| engine.policy_ref(p)).collect();
    let bare = namespaces
        .iter()
        .filter(|(_, c)| c.egress_isolated + c.ingress_isolated + c.ruled == 0 && c.workloads > c.host_network);
    let mut bare: Vec<Peer> = bare.map(|(id, _)| engine.namespace_peer(*id)).collect();
    bare.arrange();
    let mut metadata = of(Code::MetadataOpen, &|t| t.metadata.contains(&true));
    if let Some(finding) = &mut metadata {
        // One that somebody can reach, the best known first.
        let open = |at: &usize| workloads.iter().any(|(_, traits)| traits.metadata[*at]);
        let address = (0..METADATA.len()).find(open).map(|at| METADATA[at].address);
        finding.params.extend(address.map(|a| ("address", a.to_string())));
    }
    let policies = &engine.ir.policies;
    let unmodelled = (0..)
        .zip(policies)
        .filter(|(_, p)| !p.removed && p.place.is_none())
        .map(|(p, _)| engine.policy_ref(p))
        .collect();
    let all = [
        finding(Code::UnmodelledPolicies, engine.policies(), Vec::new(), unmodelled),
        of(Code::OpenBothWays, &|t| t.all_out && t.all_in),
        metadata,
        of(Code::ProbesDenied, &|t| t.unprobed),
        of(Code::TunnelDespitePolicy, &|t| t.tunnel && !t.egress_open),
        of(Code::NoNames, &|t| t.mute),
        finding(Code::HostNetworkSelected, workloads.len(), hosts, Vec::new()),
        finding(Code::PolicySelectsNothing, engine.policies(), Vec::new(), idle),
        finding(Code::NamespaceOpen, namespaces.len(), bare, Vec::new()),
        of(Code::OpenEgress, &|t| t.all_out && !t.all_in),
        of(Code::OpenIngress, &|t| t.all_in && !t.all_out),
    ];
    all.into_iter().flatten().collect()
}

/// What entry points and the calls of the API server come to, put where it belongs by its weight.
fn of_entries(
    engine: &Engine,
    total: usize,
    (found, [entered, called]): (Entries, [ByWorkload; 2]),
    findings: &mut Vec<Finding>,
) {
    let those = |of: &ByWorkload, holds: &dyn Fn(&Verdict) -> bool| {
        let some = of.iter().filter(|(_, verdicts)| verdicts.iter().any(holds));
        let mut peers: Vec<Peer> =
            some.map(|(id, _)| engine.workload_peer(*id, &engine.cluster.workload(*id).endpoints)).collect();
        peers.arrange();
        peers
    };
    let mut broken: Vec<Peer> = Vec::new();
    for entry in found.entries.iter().chain(&found.calls) {
        if let Some(name) = entry.trouble.as_ref().and_then(|trouble| trouble.params.get("service")) {
            let (namespace, name) = name.split_once('/').unwrap_or(("", name));
            let (namespace, name) = (Some(namespace.into()), Some(name.into()));
            broken.push(Peer { namespace, name, ..Peer::new(PeerKind::Service) });
        }
    }
    broken.arrange();
    broken.dedup();
    let all = found.entries.len() + found.calls.len();
    let new = [
        finding(Code::CallsDenied, total, those(&called, &|v| *v != Verdict::Allow), Vec::new()),
        finding(Code::EntryDenied, total, those(&entered, &|v| *v == Verdict::Deny), Vec::new()),
        finding(Code::EntryBroken, all, broken, Vec::new()),
        finding(
            Code::EnteredFromOutside,
            total,
            those(&entered, &|v| matches!(v, Verdict::Allow | Verdict::Mixed)),
            Vec::new(),
        ),
    ];
    findings.extend(new.into_iter().flatten());
    // The order of the codes is that of their weight.
    findings.arrange_by(|a, b| a.code.cmp(&b.code));
}

/// A finding about some of a number; none about nobody.
fn finding(code: Code, total: usize, peers: Vec<Peer>, mut policies: Vec<PolicyRef>) -> Option<Finding> {
    policies.arrange();
    let count = peers.len() + policies.len();
    let params = Params::from([("count", count.to_string()), ("total", total.to_string())]);
    (!(peers.is_empty() && policies.is_empty())).then_some(Finding { code, params, peers, policies })
}

/// Workloads on their node's network that some policy selects in vain.
fn selected_hosts(engine: &Engine) -> Vec<Peer> {
    let mut selected: HashMap<(u32, u32), bool, foldhash::fast::RandomState> = HashMap::default();
    let mut found: SortedMap<WorkloadId, Vec<EndpointId>> = SortedMap::new();
    for id in engine.cluster.real_endpoints() {
        let endpoint = engine.cluster.endpoint(id);
        if !endpoint.host_network {
            continue;
        }
        // No list applies to such a pod, so the subjects are looked at themselves.
        let in_vain = || {
            let lists = Direction::ALL.into_iter().flat_map(|d| &engine.ir.chain(d).tiers);
            let mut lists = lists.flat_map(|tier| &tier.ranks).flat_map(|rank| &rank.lists);
            lists.any(|list| engine.selects(&list.subject, id))
        };
        if *selected.entry((endpoint.namespace.0, endpoint.labels.0)).or_insert_with(in_vain) {
            found.entry(endpoint.workload).or_default().push(id);
        }
    }
    let mut peers: Vec<Peer> = found.iter().map(|(id, members)| engine.workload_peer(*id, members)).collect();
    peers.arrange();
    peers
}

/// Commands that show more of what was found; each once.
fn steps(engine: &Engine, findings: &[Finding]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut add = |code, words: &[&str]| {
        let command: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
        if steps.iter().all(|s| s.command != command) {
            steps.push(Step { command, code });
        }
    };
    for finding in findings.iter().take(3) {
        let Some(first) = finding.peers.first() else { continue };
        let name = engine.typed(first);
        match finding.code {
            Code::OpenBothWays | Code::OpenIngress => add(Code::StepIngress, &["ingress", &name]),
            Code::MetadataOpen => {
                if let Some(address) = finding.params.get("address") {
                    add(Code::StepWhoReaches, &["egress", "--to", address]);
                }
            }
            Code::TunnelDespitePolicy | Code::OpenEgress | Code::NoNames => add(Code::StepEgress, &["egress", &name]),
            Code::HostNetworkSelected | Code::ProbesDenied | Code::CallsDenied | Code::EntryDenied => {
                add(Code::StepIngress, &["ingress", &name]);
            }
            _ => {}
        }
    }
    add(Code::StepOutside, &["egress"]);
    add(Code::StepMatrix, &["matrix", "--by", "namespace"]);
    steps
}

impl Engine {
    /// A workload as somebody would type it: with its kind where the name alone is not enough.
    fn typed(&self, peer: &Peer) -> String {
        let text = |part: &Option<std::sync::Arc<str>>| part.as_deref().unwrap_or_default().to_owned();
        let (namespace, name) = (text(&peer.namespace), text(&peer.name));
        let alike =
            self.cluster.workloads.iter().filter(|w| {
                *w.name == *name && !w.hypothetical && self.cluster.namespace_name(w.namespace) == namespace
            });
        if alike.count() > 1 {
            let kind = peer.kind.as_deref().unwrap_or("pod").to_ascii_lowercase();
            return format!("{namespace}/{kind}/{name}");
        }
        format!("{namespace}/{name}")
    }
}
