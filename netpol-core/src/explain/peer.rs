//! Everything that applies to a peer, in the order in which it counts.

use super::Code;
use super::policy::{Statement, listed, policy_text, profile_says, statement};
use super::reach::{OpenTo, OwnNodes};
use crate::analysis::Analysis;
use crate::diagnostic::Params;
use crate::engine::Party;
use crate::ir::{self, Direction, Inside, Origin};
use crate::model::{EndpointId, NodeId, WorkloadId};
use crate::policy::{ADMIN, BASELINE, NETWORK_POLICY};
use crate::profile::{OwnNode, ProfileOption};
use crate::query::{Basis, Note, Peer, PolicyRef, QueryError, Step};
use crate::set::{Family, TrafficSet};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use crate::source::Place;
use serde::Serialize;

/// A policy that applies to somebody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct AppliedPolicy {
    /// The policy.
    pub policy: PolicyRef,
    /// In which directions.
    pub directions: Vec<Direction>,
    /// Whether it is not known that it applies: that hangs on labels which the input does not tell.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub maybe: bool,
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// The policies of a tier that apply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AppliedTier {
    /// Which tier, and what it means.
    pub tier: Statement,
    /// Its policies; in the administrators' tiers in the order in which they count, as far as there is one.
    pub policies: Vec<AppliedPolicy>,
}

/// What applies to pods of a workload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExplainedWorkload {
    /// The pods.
    pub peer: Peer,
    /// What is to be said of each direction: isolated, open, on its node's network.
    pub directions: Vec<Statement>,
    /// The tiers with a policy for it, in the order in which they count.
    pub tiers: Vec<AppliedTier>,
    /// What its own node and the kubelet there may send it and get from it, where policies apply to it.
    pub own_node: Vec<Statement>,
    /// What the profile makes of these policies that the specification does not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub profile: Vec<Statement>,
    /// Whom it may reach and who may reach it, in short; empty where many are explained at once.
    pub reach: Vec<Statement>,
    /// Whom it is undefined whether it may reach, and who it is undefined whether they may reach it;
    /// empty where many are explained at once.
    pub undefined: Vec<OpenTo>,
    /// Commands that say more.
    pub next: Vec<Step>,
}

/// The answer of `explain PEER`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PeerExplanation {
    /// `netpol.explain-peer/v1`.
    pub schema: &'static str,
    /// The peer, as typed.
    pub question: String,
    /// The addresses that are outside.
    pub outside: Peer,
    /// Its pods, those together to which the same applies.
    pub workloads: Vec<ExplainedWorkload>,
    /// What the answer rests on.
    pub basis: Basis,
}

/// Of more than so many, it is not said whom they reach and who reaches them.
const MOST_REACHING: usize = 20;

/// The policies of each tier: in which directions each applies, and in which it surely does.
type Applied = SortedMap<usize, SortedMap<(Rank, u32), SortedMap<Direction, bool>>>;

/// Where a policy stands in its tier: its API, and its priority there.
type Rank = (u8, u16);

impl Analysis {
    /// What applies to pods: the policies of each tier in order, and whom they may reach and who may
    /// reach them, in short.
    ///
    /// ```
    /// # use netpol_core::{Analysis, Inputs, Profile, ReadOptions, read};
    /// # let mut inputs = Inputs::default();
    /// # inputs.push("a.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {app: a}}}\n---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: a}, spec: {podSelector: {}}}");
    /// let analysis = Analysis::new(read(&inputs, &ReadOptions::default()), Profile::GENERIC);
    /// let said = analysis.explain_peer("default/a")?;
    /// assert_eq!(said.workloads[0].tiers[0].policies.len(), 1);
    /// # Ok::<(), netpol_core::query::QueryError>(())
    /// ```
    ///
    /// # Errors
    /// As for [`check`](Self::check); something else than pods.
    pub fn explain_peer(&self, peer: &str) -> Result<PeerExplanation, QueryError> {
        let engine = self.engine();
        let group = self.group(peer)?;
        if group.endpoints.is_empty() {
            return Err(QueryError::not_pods(peer));
        }
        // Pods of a workload to which the same applies.
        let mut units: Vec<(WorkloadId, Applied, bool, Vec<EndpointId>)> = Vec::new();
        for id in group.endpoints.iter().copied() {
            let endpoint = engine.cluster.endpoint(id);
            let applied = if endpoint.host_network { Applied::new() } else { self.applied(id) };
            let key = (endpoint.workload, applied, endpoint.host_network);
            let same = units.iter_mut().find(|unit| unit.0 == key.0 && unit.1 == key.1 && unit.2 == key.2);
            match same {
                Some(unit) => unit.3.push(id),
                None => units.push((key.0, key.1, key.2, vec![id])),
            }
        }
        let mut workloads = Vec::new();
        let few = units.len() <= MOST_REACHING;
        for (workload, applied, host_network, pods) in units {
            workloads.push(self.workload(workload, &applied, (host_network, few), &pods)?);
        }
        workloads.arrange_by(|a, b| a.peer.cmp(&b.peer));
        let mut basis = self.basis();
        if workloads.iter().flat_map(|of| &of.undefined).any(|open| open.witness) {
            basis.assumptions.push(Note { code: Code::WitnessReasons, params: Params::new() });
            basis.assumptions.arrange();
        }
        Ok(PeerExplanation {
            schema: "netpol.explain-peer/v1",
            question: peer.to_owned(),
            outside: engine.address_peer(&engine.world()),
            workloads,
            basis,
        })
    }

    fn applied(&self, id: EndpointId) -> Applied {
        let mut found = Applied::new();
        for direction in Direction::ALL {
            for applied in self.engine().lists_of(direction, id) {
                let Some(policy) = applied.list.policy() else { continue };
                // A policy of the other direction that keeps the baseline from being asked isolates nobody.
                let beside = |rule: &ir::Rule| {
                    matches!(rule.origin, Origin::Profile { option: ProfileOption::BaselineAfter, .. })
                };
                if applied.list.rules.iter().all(beside) {
                    continue;
                }
                // In the tier of NetworkPolicies there is no order.
                let of = &self.engine().ir.chain(direction).tiers[applied.tier].ranks[applied.rank];
                let rank = if applied.tier == NETWORK_POLICY { (0, 0) } else { (of.track, of.order) };
                let tier = found.entry(applied.tier).or_default();
                let surely = tier.entry((rank, policy)).or_default().entry(direction).or_insert(false);
                *surely |= applied.surely();
            }
        }
        found
    }

    fn workload(
        &self,
        workload: WorkloadId,
        applied: &Applied,
        (host_network, few): (bool, bool),
        pods: &[EndpointId],
    ) -> Result<ExplainedWorkload, QueryError> {
        let engine = self.engine();
        let peer = engine.workload_peer(workload, pods);
        let name = match pods {
            // One pod of several says more by its own name.
            [only] if !peer.pods.is_empty() => engine.pod_name(*only),
            _ => {
                let of = engine.cluster.workload(workload);
                format!("{}/{}", engine.cluster.namespace_name(of.namespace), of.name)
            }
        };
        let plain = |code| statement(code, Params::new());
        let mut directions = Vec::new();
        if host_network {
            directions.push(plain(Code::HostNetwork));
        } else if engine.profile.enforced {
            for (direction, isolated, open) in [
                (Direction::Ingress, Code::ExplainIsolatedIn, Code::ExplainUnisolatedIn),
                (Direction::Egress, Code::ExplainIsolatedOut, Code::ExplainUnisolatedOut),
            ] {
                let of_policies = applied.get(&NETWORK_POLICY).into_iter().flat_map(SortedMap::values);
                let surely: Vec<bool> = of_policies.filter_map(|of| of.get(&direction).copied()).collect();
                let mut params = Params::new();
                if !surely.is_empty() && !surely.contains(&true) {
                    params.insert("maybe", String::new());
                }
                directions.push(statement(if surely.is_empty() { open } else { isolated }, params));
            }
        } else {
            directions.push(statement(Code::NotEnforced, Params::from([("profile", engine.profile.name.to_owned())])));
        }
        let mut tiers = Vec::new();
        for (tier, policies) in applied.iter() {
            let code = match *tier {
                ADMIN => Code::TierAdmin,
                NETWORK_POLICY => Code::TierNetworkPolicy,
                BASELINE => Code::TierBaseline,
                _ => Code::TierUnmodelled,
            };
            let mut all: Vec<(Rank, AppliedPolicy)> = Vec::new();
            for ((rank, policy), directions) in policies.iter() {
                let info = &engine.ir.policies[*policy as usize];
                let place = info
                    .place
                    .and_then(|(file, span)| Some(Place { file: engine.files.get(file.0 as usize)?.clone(), span }));
                let policy = PolicyRef {
                    kind: info.kind,
                    namespace: info.namespace.map(|ns| engine.cluster.namespace_name(ns).into()),
                    name: info.name.clone(),
                };
                let maybe = !directions.values().any(|surely| *surely);
                let directions = directions.iter().map(|(direction, _)| *direction).collect();
                all.push((*rank, AppliedPolicy { policy, directions, maybe, place }));
            }
            all.arrange();
            let params = if matches!(*tier, ADMIN | BASELINE) { without_order(&all) } else { Params::new() };
            let policies = all.into_iter().map(|(_, policy)| policy).collect();
            tiers.push(AppliedTier { tier: statement(code, params), policies });
        }
        let (reach, undefined) = if few { self.reach(pods)? } else { (Vec::new(), Vec::new()) };
        let own_node = if host_network { Vec::new() } else { self.own_node_of(applied, pods) };
        let profile = if host_network { Vec::new() } else { self.profile_of(applied, pods) };
        let step = |code, words: &[&str]| Step { command: words.iter().map(|w| (*w).to_owned()).collect(), code };
        let mut next = vec![step(Code::StepIngress, &["ingress", &name]), step(Code::StepEgress, &["egress", &name])];
        let first = tiers.iter().flat_map(|tier| &tier.policies).find(|p| p.policy.kind == "NetworkPolicy");
        if let Some(first) = first {
            let of = first.policy.namespace.as_deref().unwrap_or_default();
            next.push(step(Code::StepExplain, &["explain", &format!("{of}/np/{}", first.policy.name)]));
        }
        Ok(ExplainedWorkload { peer, directions, tiers, own_node, profile, reach, undefined, next })
    }

    /// What the own node of pods may send them and get from them, and what its kubelet asks.
    fn own_node_of(&self, applied: &Applied, pods: &[EndpointId]) -> Vec<Statement> {
        let engine = self.engine();
        let mut said = Vec::new();
        let codes = [(Direction::Ingress, Code::ExplainOwnNodeIn), (Direction::Egress, Code::ExplainOwnNodeOut)];
        for (direction, code) in codes {
            let treated = engine.own_node_of(direction);
            let in_tier = |policies: &SortedMap<_, SortedMap<Direction, bool>>| {
                policies.values().any(|directions| directions.contains_key(&direction))
            };
            if !applied.values().any(in_tier) {
                continue;
            }
            let isolated = applied.get(&NETWORK_POLICY).is_some_and(in_tier);
            let treated = match treated {
                OwnNode::Exempt => "exempt",
                OwnNode::Undefined => "unsettled",
                OwnNode::Policed => "policed",
            };
            let found = engine.with_own_nodes(direction, pods);
            let several = found.len() > 1;
            let all_of: Vec<_> = found.values().flatten().copied().collect();
            for ((must, may), nodes) in found {
                let (all, open) = (TrafficSet::all_ports(), may.difference(&must));
                let mut params = Params::new();
                // What holds whatever NetworkPolicies do needs no word about them.
                let matters = match treated {
                    "exempt" => !may.is_empty(),
                    "unsettled" => !open.is_empty(),
                    _ => !all.is_subset(&must),
                };
                if isolated && matters {
                    params.insert(treated, String::new());
                }
                params.extend(self.deniers(direction, pods, &nodes, &all.difference(&may)));
                match (all.is_subset(&must), may.is_empty(), must.is_empty()) {
                    (true, ..) => _ = params.insert("all", String::new()),
                    (false, true, _) => _ = params.insert("none", String::new()),
                    (false, false, true) => {}
                    (false, false, false) => _ = params.insert("ports", must.to_string()),
                }
                if !open.is_empty() {
                    params.insert(if must.is_empty() { "some" } else { "undefined" }, open.to_string());
                }
                if several {
                    params.extend(self.which_nodes(&nodes, &all_of));
                }
                said.push(statement(code, params));
            }
        }
        let mut asked: Vec<Note> = Vec::new();
        for unit in engine.units(pods.iter().copied()).iter().filter(|_| !said.is_empty()) {
            asked.extend(engine.probe_findings(unit, true));
        }
        asked.arrange();
        asked.dedup();
        said.extend(asked.into_iter().map(|note| statement(note.code, note.params)));
        said
    }

    /// The administrators' policies that deny what is denied with own nodes.
    fn deniers(&self, direction: Direction, pods: &[EndpointId], nodes: &OwnNodes, denied: &TrafficSet) -> Params {
        let engine = self.engine();
        let (mut names, mut by_them) = (SortedSet::new(), TrafficSet::empty());
        for (node, family) in nodes.iter().filter(|_| !denied.is_empty()) {
            let Some(pod) = pods.iter().copied().find(|pod| engine.cluster.endpoint(*pod).node == *node) else {
                continue;
            };
            let (own, host) = (Party::Endpoint(pod), node.map_or(Party::SomeNode, Party::Node));
            let (from, to) = if direction == Direction::Egress { (own, host) } else { (host, own) };
            let lists = engine.lists_of(direction, pod).filter(|of| of.tier == ADMIN || of.tier == BASELINE);
            for rule in lists.flat_map(|of| &of.list.rules).filter(|rule| rule.action == ir::Action::Deny) {
                let traffic = engine.rule_traffic(rule, to).0.intersection(denied);
                let Some((protocol, port)) = traffic.first() else { continue };
                let found = engine.evidence(from, to, *family, protocol, port);
                let trace = if direction == Direction::Egress { found.egress } else { found.ingress };
                if trace.hits.iter().any(|hit| hit.certain && hit.origin == rule.origin) {
                    let info = &engine.ir.policies[rule.origin.policy() as usize];
                    names.insert(format!("{} {}", info.kind, info.name));
                    by_them = by_them.union(&traffic);
                }
            }
        }
        let names: Vec<String> = names.into_iter().collect();
        let is_all = TrafficSet::all_ports().is_subset(&by_them);
        match names.as_slice() {
            [] => Params::new(),
            names => Params::from([(if is_all { "by" } else { "also" }, listed(names))]),
        }
    }

    /// Which of all own nodes, and families, something is said of.
    fn which_nodes(&self, nodes: &OwnNodes, all_of: &[(Option<NodeId>, Family)]) -> Params {
        let engine = self.engine();
        let families = |of: Option<NodeId>, all: &mut dyn Iterator<Item = &(Option<NodeId>, Family)>| {
            let found: Vec<&str> = all.filter(|(node, _)| *node == of).map(|(_, family)| family.name()).collect();
            found
        };
        let one = |node: Option<NodeId>| {
            let here = families(node, &mut nodes.iter());
            let alike = here.len() == families(node, &mut all_of.iter()).len();
            if alike { String::new() } else { here.join(", ") }
        };
        let named: SortedSet<Option<NodeId>> = nodes.iter().map(|(node, _)| *node).collect();
        let names: SortedSet<String> = named
            .iter()
            .filter_map(|node| node.map(|id| (id, one(*node))))
            .map(|(node, family)| format!("{} {family}", engine.cluster.node(node).name).trim_end().to_owned())
            .collect();
        let mut params = Params::new();
        if !names.is_empty() {
            params.insert("nodes", listed(&names.into_iter().collect::<Vec<_>>()));
        }
        if named.contains(&None) {
            // Where none is known, there is nothing to tell it from.
            if all_of.iter().any(|(node, _)| node.is_some()) {
                params.insert("elsewhere", String::new());
            }
            let family = one(None);
            if !family.is_empty() {
                params.insert("family", family);
            }
        }
        params
    }

    /// What the profile makes of the policies that apply to pods, where the specification says otherwise.
    fn profile_of(&self, applied: &Applied, pods: &[EndpointId]) -> Vec<Statement> {
        let engine = self.engine();
        let rules = pods
            .first()
            .into_iter()
            .flat_map(|pod| Direction::ALL.into_iter().flat_map(move |direction| engine.rules_of(direction, *pod)));
        let blocks =
            rules.filter(|rule| matches!(&rule.peer, ir::Peer::Addresses(_, inside) if *inside != Inside::ALL));
        let blocks = blocks.count() > 0;
        let isolated = applied.contains_key(&NETWORK_POLICY);
        let bears = [
            (ProfileOption::AdminTiers, applied.contains_key(&ADMIN) || applied.contains_key(&BASELINE)),
            (ProfileOption::BaselineAfter, isolated && applied.contains_key(&BASELINE)),
            (ProfileOption::IpBlockMatchesPods, blocks),
            (ProfileOption::IpBlockMatchesNodes, blocks),
            (ProfileOption::ServiceEgress, isolated),
            (ProfileOption::Icmp, isolated),
        ];
        let bears = bears.into_iter().filter(|(_, bears)| *bears);
        bears.filter_map(|(option, _)| profile_says(&engine.profile, option)).collect()
    }
}

/// Which policies of a tier have no order among them: those of one priority, and those of two APIs.
fn without_order(all: &[(Rank, AppliedPolicy)]) -> Params {
    let meet = |a: &AppliedPolicy, b: &AppliedPolicy| a.directions.iter().any(|of| b.directions.contains(of));
    let pairs = || all.iter().enumerate().flat_map(|(at, a)| all[at + 1..].iter().map(move |b| (a, b)));
    let pairs = || pairs().filter(|(a, b)| meet(&a.1, &b.1));
    let mut equal: SortedMap<Rank, SortedSet<String>> = SortedMap::new();
    for (a, b) in pairs().filter(|(a, b)| a.0 == b.0) {
        let names = equal.entry(a.0).or_default();
        names.insert(a.1.name());
        names.insert(b.1.name());
    }
    let equal: Vec<String> =
        equal.into_iter().map(|(_, names)| listed(&names.into_iter().collect::<Vec<_>>())).collect();
    let mut params = Params::new();
    if !equal.is_empty() {
        params.insert("equal", equal.join("; "));
    }
    if pairs().any(|(a, b)| a.0.0 != b.0.0) {
        params.insert("apis", String::new());
    }
    params
}

impl AppliedPolicy {
    /// Its kind, unless that is NetworkPolicy, and its name.
    pub fn name(&self) -> String {
        policy_text(&self.policy)
    }
}
