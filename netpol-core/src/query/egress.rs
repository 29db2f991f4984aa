//! `egress`: what each workload can reach outside of the cluster, and who can reach a place there.

use super::answer::{Note, Peer, PeerKind, PolicyRef, Verdict};
use super::basis::Basis;
use super::direction::verdict_of;
use super::dns::DnsReach;
use super::internet::Share;
use super::metadata::{METADATA, metadata_port};
use super::resolve::{Group, QueryError, QueryProblem};
use super::survey::{NodeLink, Opening, Space, Survey};
use super::units::{Outside, Unit};
use crate::diagnostic::Params;
use crate::engine::{Engine, Planes};
use crate::explain::Code;
use crate::ir::Direction;
use crate::model::{NodeId, ServiceKind, TargetPort};
use crate::set::{AddressSet, Family, Protocol, TrafficSet};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use serde::Serialize;
use std::net::IpAddr;
use std::sync::Arc;

/// What is asked of `egress`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EgressQuery {
    /// Whose egress, in the grammar of [`parse_peer`](super::parse_peer); none: every workload's.
    #[serde(rename = "peer", skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Addresses outside, or `world`: who can reach these? None: the outside as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// Addresses that are the cluster's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Range {
    /// Where pods get theirs.
    Pods,
    /// Where Services get theirs.
    Services,
    /// Those of the nodes.
    Nodes,
}

/// A range of the cluster's own addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClusterRange {
    /// Whose they are.
    pub range: Range,
    /// The addresses.
    pub addresses: Peer,
}

/// What may pass to a range of the cluster's own addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RangeOpening {
    /// Which range.
    pub range: Range,
    /// What may pass. Of pods and Services, to an address that nothing in the input has: what the
    /// address blocks of policies open, whoever gets that address.
    #[serde(flatten)]
    pub opening: Opening,
}

/// A metadata or credential service of a cloud.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MetadataReach {
    /// Its address.
    pub address: IpAddr,
    /// Whose it is, in its own name.
    pub provider: &'static str,
    /// Whether TCP 80, where it answers, can be reached.
    pub verdict: Verdict,
}

/// What may pass to a domain name that rules are about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NameOpening {
    /// The name as the rules write it; `*.` before it means every name below.
    pub name: Arc<str>,
    /// What may pass, whichever addresses the name has.
    pub allow: TrafficSet,
    /// What depends on the address, or is left open by the specification.
    #[serde(skip_serializing_if = "TrafficSet::is_empty")]
    pub undefined: TrafficSet,
}

/// What one workload can reach outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EgressOf {
    /// The workload, or the part of its pods that this is about.
    pub peer: Peer,
    /// On its node's network, so no policy applies to it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub host_network: bool,
    /// The policies that isolate it in this direction; none: everything is allowed.
    pub isolated_by: Vec<PolicyRef>,
    /// The policies of the administrative tiers that have rules for it in this direction.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ruled_by: Vec<PolicyRef>,
    /// The addresses outside that it can reach; disjoint, and no two with the same traffic.
    pub outside: Vec<Opening>,
    /// The domain names that rules are about, with what may pass to each. To be of use, a name has
    /// to resolve: see `dns`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<NameOpening>,
    /// What of the cluster's own addresses it can reach by address.
    pub cluster: Vec<RangeOpening>,
    /// Name resolution; left out with `to`, as is what follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dns: Option<DnsReach>,
    /// The metadata services of clouds, in the families that it has.
    pub metadata: Vec<MetadataReach>,
    /// The nodes on which the API server may run, on its ports.
    pub api_server: Vec<Opening>,
    /// What to look at, worst first.
    pub findings: Vec<Note>,
}

/// Who can reach addresses outside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ReachedBy {
    /// The addresses.
    pub to: Peer,
    /// What is allowed.
    pub allow: TrafficSet,
    /// What the specification, or the input, leaves open.
    #[serde(skip_serializing_if = "TrafficSet::is_empty")]
    pub undefined: TrafficSet,
    /// Who can, sorted.
    pub from: Vec<Peer>,
}

/// The answer of `egress`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EgressAnswer {
    /// `netpol.egress/v1`.
    pub schema: &'static str,
    /// What was asked, as typed.
    pub question: EgressQuery,
    /// The addresses that are outside, as far as they were asked about.
    pub outside: Peer,
    /// The cluster's own addresses, as far as they are known.
    pub ranges: Vec<ClusterRange>,
    /// Each workload that was asked about, in the order of namespaces, kinds and names.
    pub workloads: Vec<EgressOf>,
    /// With `to`: the same, turned round.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reached_by: Vec<ReachedBy>,
    /// What holds for all.
    pub notes: Vec<Note>,
    /// What the answer rests on.
    pub basis: Basis,
}

pub(crate) fn egress(
    engine: &Engine,
    question: EgressQuery,
    from: &Group,
    to: Option<&Group>,
) -> Result<EgressAnswer, QueryError> {
    if let Some(found) = question.from.as_ref().filter(|_| from.endpoints.is_empty()) {
        return Err(QueryError::new(QueryProblem::NotPods).with("found", found));
    }
    let inside = |g: &Group| !(g.endpoints.is_empty() && g.nodes.is_empty() && g.services.is_empty());
    let space = match to {
        Some(to) if to.addresses.is_empty() => {
            return Err(QueryError::new(QueryProblem::NotOutside).with("found", question.to.unwrap_or_default()));
        }
        Some(to) => to.addresses.clone(),
        None => engine.world(),
    };
    let mut notes = SortedSet::new();
    if to.is_some_and(inside) {
        let to = question.to.clone().unwrap_or_default();
        notes.insert(Note { code: Code::PartlyInside, params: Params::from([("found", to)]) });
    }
    let server = ApiServer::find(engine);
    if to.is_none() {
        notes.insert(server.note(engine));
        if !engine.cluster.space.services.is_empty() {
            notes.insert(Note { code: Code::ServiceAddresses, params: Params::new() });
        }
    }
    let units = engine.units(from.endpoints.iter().copied());
    let space = engine.in_families_of(&units, &space);
    if let Some(found) = question.to.as_ref().filter(|_| space.is_empty() && !units.is_empty()) {
        return Err(QueryError::new(QueryProblem::NoFlow).with("found", found));
    }
    let mut survey = Survey::new(engine, space);
    let mut names = Names { engine, known: SortedMap::new() };
    let mut reached: SortedMap<(TrafficSet, TrafficSet, AddressSet), Vec<Peer>> = SortedMap::new();
    let mut workloads = Vec::new();
    let units = if survey.through && to.is_none() { engine.apart(&units, &engine.behind_nodes()) } else { units };
    let rows = survey.rows(&units, |survey, unit| {
        let outside = survey.outside(Direction::Egress, unit);
        let whole = to.is_none();
        let cluster = if whole { survey.ranges(unit) } else { Vec::new() };
        let dns = whole.then(|| survey.dns(unit, &outside));
        let metadata = if whole { survey.metadata(unit, &outside) } else { Vec::new() };
        let api_server = if whole { server.openings(survey, unit) } else { Vec::new() };
        let mut findings = SortedSet::new();
        if whole {
            findings.extend(dns.as_ref().and_then(DnsReach::findings));
            findings.extend(metadata_findings(&metadata));
            findings.extend(survey.internet.tunnels(&outside).into_iter().map(|(share, ports)| tunnel(share, &ports)));
        }
        let of = EgressOf {
            peer: Peer::new(PeerKind::Workload),
            host_network: engine.pod(unit.party).is_none(),
            isolated_by: survey.isolated_by(Direction::Egress, unit),
            ruled_by: engine.ruled_by(Direction::Egress, unit.party),
            outside: survey.openings(&outside),
            names: if whole { names.openings(unit, &survey.space) } else { Vec::new() },
            cluster,
            dns,
            metadata,
            api_server,
            findings: findings.into_iter().collect(),
        };
        (of, outside)
    });
    for (peer, (of, outside)) in rows {
        if to.is_some() {
            for one in outside.iter() {
                let key = (one.allow.clone(), one.undefined.clone(), one.addresses.clone());
                reached.entry(key).or_default().push(peer.clone());
            }
        }
        workloads.push(EgressOf { peer, ..of });
    }
    let reached = reached.into_iter().map(|((allow, undefined, addresses), mut from)| {
        from.arrange();
        ReachedBy { to: engine.address_peer(&addresses), allow, undefined, from }
    });
    let mut reached_by: Vec<ReachedBy> = reached.collect();
    reached_by.arrange();
    Ok(EgressAnswer {
        schema: "netpol.egress/v1",
        question,
        outside: engine.address_peer(&survey.space),
        ranges: engine.ranges(),
        workloads,
        reached_by,
        notes: notes.into_iter().collect(),
        basis: engine.basis_of_outside(to.is_none()),
    })
}

/// The cluster as it is to each domain name that rules are about.
struct Names<'e> {
    engine: &'e Engine,
    known: SortedMap<Arc<str>, Option<Engine>>,
}

impl Names<'_> {
    fn openings(&mut self, unit: &Unit, space: &AddressSet) -> Vec<NameOpening> {
        let engine = self.engine;
        let names = engine.pod(unit.party).map(|pod| engine.domains_of(pod)).unwrap_or_default();
        let all = TrafficSet::all_ports();
        let openings = names.into_iter().filter_map(|name| {
            let of_name = self.known.entry(name.clone()).or_insert_with(|| {
                // Below a wildcard, a name that nothing else is about.
                engine.for_name(&name.replacen('*', "any-other-name", 1))
            });
            let outside = of_name.as_ref()?.outside_of(Direction::Egress, unit, space, &all);
            let space = engine.in_families_of(std::slice::from_ref(unit), space);
            let reached = outside.iter().fold(AddressSet::empty(), |all, one| all.union(&one.addresses));
            let may = outside.iter().fold(TrafficSet::empty(), |all, one| all.union(&one.allow.union(&one.undefined)));
            let must = match space.is_subset(&reached) {
                true => outside.iter().fold(all.clone(), |all, one| all.intersection(&one.allow)),
                false => TrafficSet::empty(),
            };
            Some(NameOpening { name, undefined: may.difference(&must), allow: must })
        });
        openings.collect()
    }
}

impl Engine {
    /// The cluster's own addresses, as far as they are known.
    fn ranges(&self) -> Vec<ClusterRange> {
        let found = self.own_addresses().into_iter().filter(|(_, set)| !set.is_empty());
        found.map(|(range, set)| ClusterRange { range, addresses: self.address_peer(&set) }).collect()
    }

    fn own_addresses(&self) -> [(Range, AddressSet); 3] {
        let nodes: Vec<IpAddr> = self.cluster.nodes.iter().flat_map(|n| n.addresses.iter().copied()).collect();
        let space = &self.cluster.space;
        [
            (Range::Pods, space.known_pods.clone()),
            (Range::Services, space.services.clone()),
            (Range::Nodes, AddressSet::addresses(&nodes)),
        ]
    }
}

impl Survey<'_> {
    /// What of the cluster's own addresses a unit can reach by address.
    fn ranges(&mut self, unit: &Unit) -> Vec<RangeOpening> {
        let mut found = Vec::new();
        for (range, space) in [(Range::Pods, Space::Pods), (Range::Services, Space::Services)] {
            let outside = self.addresses(space, Direction::Egress, unit);
            found.extend(self.openings(&outside).into_iter().map(|opening| RangeOpening { range, opening }));
        }
        let links = self.nodes(Direction::Egress, unit, None);
        let nodes = links.into_iter().map(|link| RangeOpening { range: Range::Nodes, opening: self.to_nodes(link) });
        found.extend(nodes);
        found
    }

    fn to_nodes(&self, link: NodeLink) -> Opening {
        let NodeLink { relation, addresses, allow, undefined } = link;
        Opening { to: self.engine.address_peer(&addresses), relation, families: Vec::new(), allow, undefined }
    }

    /// The metadata services, as far as they are outside.
    pub(super) fn metadata(&self, unit: &Unit, outside: &[Outside]) -> Vec<MetadataReach> {
        let families = self.engine.outside_families(unit.party);
        let known = METADATA.into_iter().filter(|m| families.contains(&Family::of(m.address)));
        let known = known.filter(|m| self.space.contains(m.address));
        known
            .map(|m| MetadataReach {
                address: m.address,
                provider: m.provider,
                verdict: verdict_at(outside, m.address, &metadata_port()),
            })
            .collect()
    }
}

/// What the openings of a unit say of one address outside.
pub(super) fn verdict_at(outside: &[Outside], address: IpAddr, traffic: &TrafficSet) -> Verdict {
    let Some(one) = outside.iter().find(|o| o.addresses.contains(address)) else { return Verdict::Deny };
    let planes = Planes { must: one.allow.clone(), may: one.allow.union(&one.undefined) };
    verdict_of(&planes, traffic)
}

/// The metadata services that can be reached, as one finding.
fn metadata_findings(metadata: &[MetadataReach]) -> Option<Note> {
    let open = metadata.iter().filter(|m| m.verdict == Verdict::Allow);
    let named: Vec<String> = open.map(|m| format!("{} ({})", m.address, m.provider)).collect();
    let params = Params::from([("addresses", named.join(", "))]);
    (!named.is_empty()).then_some(Note { code: Code::MetadataReachable, params })
}

/// A tunnel as a finding.
fn tunnel(share: Share, ports: &TrafficSet) -> Note {
    let share = match share {
        Share::Whole => "whole",
        Share::Most => "most",
    };
    Note { code: Code::TunnelPossible, params: Params::from([("ports", ports.to_string()), (share, String::new())]) }
}

/// Where the API server is, as far as the input shows it.
struct ApiServer {
    nodes: Vec<NodeId>,
    /// Whether the nodes are known to be the control plane's.
    known: bool,
    ports: TrafficSet,
}

impl ApiServer {
    fn find(engine: &Engine) -> Self {
        let cluster = &engine.cluster;
        let all: Vec<NodeId> =
            (0..cluster.nodes.len()).map(NodeId::of).filter(|n| !cluster.node(*n).addresses.is_empty()).collect();
        let control: Vec<NodeId> = all.iter().copied().filter(|n| cluster.node(*n).control_plane).collect();
        let mut ports = [443, 6443].map(|p| TrafficSet::port(Protocol::Tcp, p)).to_vec();
        let kubernetes = cluster.services.iter().filter(|s| {
            *s.name == *"kubernetes"
                && s.kind == ServiceKind::ClusterIp
                && cluster.namespace_name(s.namespace) == "default"
        });
        ports.extend(kubernetes.flat_map(|s| &s.ports).filter_map(|p| match p.target {
            TargetPort::Number(n) => Some(TrafficSet::port(p.protocol, n)),
            TargetPort::Name(_) => None,
        }));
        let ports = ports.iter().fold(TrafficSet::empty(), |all, p| all.union(p));
        let known = !control.is_empty();
        Self { nodes: if known { control } else { all }, known, ports }
    }

    fn note(&self, engine: &Engine) -> Note {
        let code = match (self.known, self.nodes.is_empty()) {
            (true, _) => Code::ApiServerOnControlPlane,
            (false, false) => Code::ApiServerOnSomeNode,
            (false, true) => Code::ApiServerUnknown,
        };
        let mut params = Params::new();
        if !self.nodes.is_empty() {
            params.insert("ports", self.ports.to_string());
        }
        if self.known {
            let names: Vec<&str> = self.nodes.iter().map(|n| &*engine.cluster.node(*n).name).collect();
            params.insert("nodes", names.join(", "));
        }
        Note { code, params }
    }

    fn openings(&self, survey: &mut Survey<'_>, unit: &Unit) -> Vec<Opening> {
        if self.nodes.is_empty() {
            return Vec::new();
        }
        let links = survey.nodes(Direction::Egress, unit, Some(&self.nodes));
        let links = links.into_iter().map(|link| NodeLink {
            allow: link.allow.intersection(&self.ports),
            undefined: link.undefined.intersection(&self.ports),
            ..link
        });
        links.filter(|l| !(l.allow.is_empty() && l.undefined.is_empty())).map(|link| survey.to_nodes(link)).collect()
    }
}
