//! Everything that applies to a peer, in the order in which it counts.

use super::Code;
use super::policy::{Statement, listed, policy_text, statement};
use crate::analysis::Analysis;
use crate::diagnostic::Params;
use crate::ir::Direction;
use crate::model::{EndpointId, WorkloadId};
use crate::policy::{ADMIN, BASELINE, NETWORK_POLICY};
use crate::query::{Basis, Connection, MatrixQuery, Peer, PeerKind, PolicyRef, QueryError, Step};
use crate::set::{AddressSet, Family, TrafficSet};
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
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// The policies of a tier that apply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AppliedTier {
    /// Which tier, and what it means.
    pub tier: Statement,
    /// Its policies; in the administrators' tiers in the order in which they count.
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
    /// Whom it may reach and who may reach it, in short; empty where many are explained at once.
    pub reach: Vec<Statement>,
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
    /// Its pods, those together to which the same applies.
    pub workloads: Vec<ExplainedWorkload>,
    /// What the answer rests on.
    pub basis: Basis,
}

/// Of more than so many, it is not said whom they reach and who reaches them.
const MOST_REACHING: usize = 20;

/// The policies of each tier, by directions.
type Applied = SortedMap<usize, SortedMap<(usize, u32), SortedSet<Direction>>>;

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
        Ok(PeerExplanation {
            schema: "netpol.explain-peer/v1",
            question: peer.to_owned(),
            workloads,
            basis: self.basis(),
        })
    }

    fn applied(&self, id: EndpointId) -> Applied {
        let mut found = Applied::new();
        for direction in Direction::ALL {
            for applied in self.engine().lists_of(direction, id) {
                let Some(policy) = applied.list.policy() else { continue };
                // In the tier of NetworkPolicies there is no order.
                let rank = if applied.tier == NETWORK_POLICY { 0 } else { applied.rank };
                let tier = found.entry(applied.tier).or_default();
                tier.entry((rank, policy)).or_default().insert(direction);
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
        } else {
            for (direction, isolated, open) in [
                (Direction::Ingress, Code::ExplainIsolatedIn, Code::ExplainUnisolatedIn),
                (Direction::Egress, Code::ExplainIsolatedOut, Code::ExplainUnisolatedOut),
            ] {
                let of_policies = applied.get(&NETWORK_POLICY);
                let is_isolated = of_policies.is_some_and(|of| of.values().any(|set| set.contains(&direction)));
                directions.push(plain(if is_isolated { isolated } else { open }));
            }
        }
        let mut tiers = Vec::new();
        for (tier, policies) in applied.iter() {
            let code = match *tier {
                ADMIN => Code::TierAdmin,
                NETWORK_POLICY => Code::TierNetworkPolicy,
                BASELINE => Code::TierBaseline,
                _ => Code::TierUnmodelled,
            };
            let mut all: Vec<(usize, AppliedPolicy)> = Vec::new();
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
                let directions = directions.iter().copied().collect();
                all.push((*rank, AppliedPolicy { policy, directions, place }));
            }
            all.arrange();
            let policies = all.into_iter().map(|(_, policy)| policy).collect();
            tiers.push(AppliedTier { tier: plain(code), policies });
        }
        let reach = if few { self.reach(&name)? } else { Vec::new() };
        let step = |code, words: &[&str]| Step { command: words.iter().map(|w| (*w).to_owned()).collect(), code };
        let mut next = vec![step(Code::StepIngress, &["ingress", &name]), step(Code::StepEgress, &["egress", &name])];
        let first = tiers.iter().flat_map(|tier| &tier.policies).find(|p| p.policy.kind == "NetworkPolicy");
        if let Some(first) = first {
            let of = first.policy.namespace.as_deref().unwrap_or_default();
            next.push(step(Code::StepExplain, &["explain", &format!("{of}/np/{}", first.policy.name)]));
        }
        Ok(ExplainedWorkload { peer, directions, tiers, reach, next })
    }

    /// Whom somebody may reach, and who may reach them.
    fn reach(&self, name: &str) -> Result<Vec<Statement>, QueryError> {
        let mut out = Vec::new();
        for (direction, inside, nobody, outside, not_outside) in [
            (
                Direction::Ingress,
                Code::ReachedBy,
                Code::ReachedByNobody,
                Code::ReachedFromOutside,
                Code::NotFromOutside,
            ),
            (Direction::Egress, Code::Reaches, Code::ReachesNobody, Code::ReachesOutside, Code::NotToOutside),
        ] {
            let mut query = MatrixQuery::default();
            match direction {
                Direction::Egress => query.from = Some(name.to_owned()),
                Direction::Ingress => query.to = Some(name.to_owned()),
            }
            let table = self.matrix(&query)?;
            let other = |c: &Connection| if direction == Direction::Egress { c.to.clone() } else { c.from.clone() };
            let allowed = || table.connections.iter().filter(|c| !c.allow.is_empty());
            let names: SortedSet<String> = allowed()
                .map(other)
                .filter(|peer| matches!(peer.kind_of, PeerKind::Workload | PeerKind::Pod))
                .map(|peer| {
                    let of = peer.namespace.as_deref().unwrap_or_default();
                    format!("{of}/{}", peer.name.as_deref().unwrap_or_default())
                })
                .collect();
            let names: Vec<String> = names.into_iter().collect();
            let mut params = Params::from([("count", names.len().to_string()), ("workloads", listed(&names))]);
            if names.len() > 1 {
                params.insert("many", names.len().to_string());
            }
            out.push(match names.is_empty() {
                true => statement(nobody, Params::new()),
                false => statement(inside, params),
            });
            let outside_of =
                allowed().map(|c| (other(c), &c.allow)).filter(|(peer, _)| peer.kind_of == PeerKind::Addresses);
            let mut params = Params::new();
            let mut said: Vec<String> = Vec::new();
            for (peer, allow) in outside_of {
                let all = TrafficSet::all_ports().is_subset(allow);
                let ports = if all { String::new() } else { format!(" {allow}") };
                match everywhere(&peer, &self.engine().world()).filter(|_| !params.contains_key("everywhere")) {
                    Some(found) => {
                        params.extend(found);
                        params.insert("everywhere", ports);
                    }
                    None if peer.cidrs.len() <= 3 => said.push(format!("{}{ports}", peer.cidrs.join(", "))),
                    None => said.push(format!("{}, …{ports}", peer.cidrs[..2].join(", "))),
                }
            }
            if !said.is_empty() {
                if !params.is_empty() {
                    params.insert("and", String::new());
                }
                params.insert("addresses", said.join("; "));
            }
            out.push(statement(if params.is_empty() { not_outside } else { outside }, params));
        }
        Ok(out)
    }
}

/// What is to be said of addresses that are all that there are outside, in a family or but for a few.
fn everywhere(peer: &Peer, world: &AddressSet) -> Option<Params> {
    let set = AddressSet::nets(peer.cidrs.iter().filter_map(|cidr| cidr.parse().ok()));
    let of = |family| world.intersection(&AddressSet::family(family));
    let within = Family::ALL.into_iter().find(|family| set.is_subset(&of(*family)));
    let all = within.map_or_else(|| world.clone(), of);
    let rest: Vec<String> = all.difference(&set).cidrs().iter().map(ToString::to_string).collect();
    // One block is said shortest as it is.
    if peer.cidrs.len() == 1 || rest.len() > 3 || rest.len() >= peer.cidrs.len() {
        return None;
    }
    let mut params = Params::new();
    if let Some(family) = within.filter(|_| all != *world) {
        params.insert("family", family.name().to_owned());
    }
    if !rest.is_empty() {
        params.insert("except", rest.join(", "));
    }
    Some(params)
}

impl AppliedPolicy {
    /// Its kind, unless that is NetworkPolicy, and its name.
    pub fn name(&self) -> String {
        policy_text(&self.policy)
    }
}
