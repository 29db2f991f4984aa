//! What a verdict does not say, and on what it rests.

use super::answer::{Note, Part, Verdict};
use super::basis::Basis;
use super::direction::Flow;
use super::fold::{Class, Members};
use super::resolve::Group;
use crate::diagnostic::Params;
use crate::engine::{Engine, Party};
use crate::explain::Code;
use crate::ir::Direction;
use crate::model::{EndpointId, EndpointKind, Probes, ServiceId};
use crate::profile::{AtStart, OpenConnections};
use crate::set::{AddressSet, Protocol, TrafficSet};
use crate::sorted::{SortedMap, SortedSet};

/// So many names of a list are said.
const MOST_NAMED: usize = 5;

/// Collects notes while a question is answered.
#[derive(Default)]
pub(super) struct Notes {
    notes: SortedSet<Note>,
    pub(super) witness_reasons: bool,
    pub(super) port_name_missing: bool,
    /// An address that is not known could have mattered.
    address_unknown: bool,
    /// Pods on their node's network.
    hosts: SortedMap<Code, SortedSet<EndpointId>>,
    /// Ports on which nodes that are asked about probe their own pods.
    probes: Vec<((u16, Probes), SortedSet<EndpointId>)>,
    /// Sources by what DNS comes to for them.
    dns: SortedMap<Code, SortedSet<EndpointId>>,
}

impl Notes {
    fn add(&mut self, code: Code, params: Params) {
        self.notes.insert(Note { code, params });
    }

    /// Can this source resolve names?
    pub(super) fn look_at_source(&mut self, engine: &Engine, source: &Class) {
        let Members::Endpoints(members) = &source.members else { return };
        let Some(first) = members.first() else { return };
        if engine.cluster.endpoint(*first).host_network {
            self.hosts.entry(Code::HostNetworkSource).or_default().extend(members);
        }
        let Some(pod) = engine.pod(Party::Endpoint(*first)) else { return };
        if engine.rules_of(Direction::Egress, pod).next().is_none() {
            return;
        }
        let (mut any_allowed, mut any_undefined) = (false, false);
        for dns in &engine.cluster.dns {
            for family in engine.families(Party::Endpoint(*dns)) {
                let asked = engine.dns_ports(*dns);
                let planes = engine.pair(Party::Endpoint(pod), Party::Endpoint(*dns), family, &asked).total;
                any_allowed |= !planes.must.is_empty();
                any_undefined |= !planes.may.is_empty();
            }
        }
        let code = match (any_allowed, any_undefined) {
            (true, _) => return,
            (false, true) => Code::DnsUndefined,
            (false, false) => Code::DnsDenied,
        };
        self.dns.entry(code).or_default().extend(members);
    }

    /// Is this destination on its node's network?
    pub(super) fn look_at_target(&mut self, engine: &Engine, target: &Class) {
        if let Members::Endpoints(members) = &target.members
            && members.first().is_some_and(|id| engine.cluster.endpoint(*id).host_network)
        {
            self.hosts.entry(Code::HostNetworkDestination).or_default().extend(members);
        }
    }

    /// Is this how a kubelet asks pods of its own?
    pub(super) fn look_at_probes(&mut self, engine: &Engine, source: &Class, target: &Class, traffic: &TrafficSet) {
        let (Members::Node(node), Members::Endpoints(pods)) = (&source.members, &target.members) else { return };
        for pod in pods.iter().filter(|pod| engine.cluster.endpoint(**pod).node == Some(*node)) {
            for probe in engine.probes_of(*pod).iter().filter(|probe| traffic.contains(Protocol::Tcp, probe.port)) {
                let key = (probe.port, probe.by);
                match self.probes.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, pods)) => _ = pods.insert(*pod),
                    None => self.probes.push((key, [*pod].into_iter().collect())),
                }
            }
        }
    }

    /// What the balancers of Services do that no verdict says.
    pub(super) fn look_at_services(&mut self, engine: &Engine, to: &Group, from: &Group) {
        for (at, service) in engine.cluster.services.iter().enumerate() {
            let id = ServiceId::of(at);
            if let Some(name) =
                to.name.as_ref().filter(|name| service.balancer_names.iter().any(|own| **own == ***name))
            {
                let params = Params::from([("name", name.clone()), ("service", engine.service_text(id))]);
                self.add(Code::NameIsBalancer, params);
            }
            let node_ports = service.ports.iter().any(|port| port.node_port.is_some());
            if service.source_ranges.is_some() && node_ports && to.services.contains(&id) && !from.addresses.is_empty()
            {
                self.add(Code::NodePortsUnranged, Params::from([("service", engine.service_text(id))]));
            }
        }
    }

    pub(super) fn look_at_flow(&mut self, engine: &Engine, flow: Flow, traffic: &TrafficSet) {
        for (direction, party) in [(Direction::Egress, flow.destination), (Direction::Ingress, flow.source)] {
            let (subject, peer) = flow.ends(direction);
            self.address_unknown |= engine.families(party).into_iter().any(|family| {
                engine.addresses(party, family).is_empty()
                    && engine.address_cases(direction, subject, peer, family).len() > 1
            });
        }
        if let Some(name) = engine.names_sidecar_port(flow, traffic) {
            self.add(Code::SidecarPort, Params::from([("port", name)]));
        }
    }

    pub(super) fn finish(mut self, engine: &Engine, from: &Group, to: &Group, parts: &[Part]) -> (Vec<Note>, Basis) {
        for (code, endpoints) in std::mem::take(&mut self.dns) {
            self.add(code, Params::from([("from", engine.names_of(&endpoints))]));
        }
        for ((port, by), endpoints) in std::mem::take(&mut self.probes) {
            let params =
                [("pod", engine.names_of(&endpoints)), ("port", format!("TCP {port}")), ("probes", by.names())];
            self.add(Code::ProbePort, Params::from(params));
        }
        for (code, endpoints) in std::mem::take(&mut self.hosts) {
            let mut params = Params::from([("pod", engine.names_of(&endpoints))]);
            // One pod has one place; of several, the names must do.
            if let (1, Some(id)) = (endpoints.len(), endpoints.first())
                && let Some((file, offset)) = engine.cluster.endpoint(*id).origin
                && let Some(file) = engine.files.get(file.0 as usize)
            {
                params.insert("file", file.to_string());
                params.insert("offset", offset.to_string());
            }
            self.add(code, params);
        }
        if parts.iter().any(|p| p.verdict == Verdict::Deny) {
            if engine.profile.open_connections != OpenConnections::JudgedAnew {
                self.add(Code::OldConnections, Params::new());
            }
            if engine.profile.at_start == AtStart::Open {
                self.add(Code::OpenAtStart, Params::new());
            }
            self.add(Code::Suspects, Params::new());
        }
        if self.port_name_missing {
            self.add(Code::PortNameMissing, Params::new());
        }
        let mut reasons = parts.iter().flat_map(|p| p.egress.reasons.iter().chain(&p.ingress.reasons));
        if self.address_unknown && !reasons.any(|r| r.code == Code::UnknownAddress) {
            self.add(Code::AddressUnknownSame, Params::new());
        }
        let space = &engine.cluster.space;
        let groups = [from, to];
        let endpoints: Vec<EndpointId> = groups.iter().flat_map(|g| g.endpoints.iter().copied()).collect();
        let unknown = |id: &EndpointId| {
            let e = engine.cluster.endpoint(*id);
            e.addresses.is_empty() && !e.host_network
        };
        let is_single = |g: &Group| !g.world && g.name.is_none() && !g.addresses.is_empty();
        if groups.iter().any(|g| is_single(g) && !g.addresses.intersection(&space.pods).is_empty()) {
            self.add(Code::AddressMayBePod, Params::new());
        }
        let unresolved = |name: &&String| engine.addresses_of_name(name).is_empty();
        for name in groups.iter().filter_map(|g| g.name.as_ref()).filter(unresolved) {
            self.add(Code::NameStandsForWorld, Params::from([("name", name.clone())]));
        }
        if engine.of_name && parts.iter().any(|p| p.egress.verdict == Verdict::Deny) {
            self.add(Code::NamesShareAddresses, Params::new());
        }
        let mut assumptions = SortedSet::new();
        let mut assume = |code, params| assumptions.insert(Note { code, params });
        let matters = |group: &Group, direction, other: &Group| {
            group.endpoints.iter().any(unknown) && !engine.blocks_of_group(direction, other).is_empty()
        };
        let address_matters = matters(to, Direction::Egress, from) || matters(from, Direction::Ingress, to);
        if address_matters && !space.pods_known {
            let families = AddressSet::families(space.families.iter().copied());
            let cidrs: Vec<String> =
                space.pods.intersection(&families).cidrs().iter().map(ToString::to_string).collect();
            assume(Code::PodCidrs, Params::from([("cidrs", cidrs.join(", "))]));
        }
        let by_address = address_matters || groups.iter().any(|g| !g.addresses.is_empty());
        if by_address && engine.families_open() {
            assume(Code::FamilyNotShown, Params::new());
        }
        let undeclared: SortedSet<&str> = endpoints
            .iter()
            .map(|id| engine.cluster.endpoint(*id).namespace)
            .filter(|ns| !engine.cluster.namespace(*ns).labels_known)
            .map(|ns| engine.cluster.namespace_name(ns))
            .collect();
        if !undeclared.is_empty() {
            let names = undeclared.into_iter().collect::<Vec<_>>().join(", ");
            assume(Code::NamespacesUnknown, Params::from([("namespaces", names)]));
        }
        let assumed_dns =
            engine.cluster.dns.iter().any(|id| engine.cluster.endpoint(*id).kind == EndpointKind::Hypothetical);
        let dns_said = self.notes.iter().any(|n| matches!(n.code, Code::DnsDenied | Code::DnsUndefined));
        if dns_said && assumed_dns {
            assume(Code::DnsAssumed, Params::new());
        }
        if self.witness_reasons {
            assume(Code::WitnessReasons, Params::new());
        }
        let basis =
            Basis { profile: engine.profile.name, assumptions: assumptions.into_iter().collect(), ..Basis::default() };
        (self.notes.into_iter().collect(), basis)
    }
}

impl Engine {
    /// The ports that a pod declares by that name, of one protocol if it is given.
    pub(crate) fn declared(&self, id: EndpointId, name: &str, protocol: Option<Protocol>) -> TrafficSet {
        let declared = self.cluster.ports(self.cluster.endpoint(id).ports).iter();
        let named = declared.filter(|p| {
            self.cluster.symbols.text(p.name) == name && protocol.is_none_or(|wanted| wanted == p.protocol)
        });
        named.fold(TrafficSet::empty(), |all, p| all.union(&TrafficSet::port(p.protocol, p.port)))
    }

    /// What an answer about the whole cluster rests on.
    pub(crate) fn basis_of_all(&self) -> Basis {
        let group = self.everybody();
        Notes::default().finish(self, &group, &group, &[]).1
    }

    /// The ports on which a DNS pod is asked: where a Service sends port 53, else 53 itself.
    pub(crate) fn dns_ports(&self, dns: EndpointId) -> TrafficSet {
        let services = self.cluster.services.iter().filter(|s| s.backends.as_ref().is_some_and(|b| b.contains(&dns)));
        let ports = services.flat_map(|s| &s.ports).filter(|p| p.port == 53);
        let targets = ports.fold(TrafficSet::empty(), |all, p| all.union(&self.cluster.target_of(p, dns)));
        if targets.is_empty() {
            TrafficSet::port(Protocol::Udp, 53).union(&TrafficSet::port(Protocol::Tcp, 53))
        } else {
            targets
        }
    }

    /// The names of endpoints, sorted; the first few of many.
    fn names_of(&self, endpoints: &SortedSet<EndpointId>) -> String {
        let names: SortedSet<String> = endpoints.iter().map(|id| self.endpoint_name(*id)).collect();
        let more = names.len().saturating_sub(MOST_NAMED);
        let mut text = names.into_iter().take(MOST_NAMED).collect::<Vec<_>>().join(", ");
        if more > 0 {
            text.push_str(&format!(" (+{more})"));
        }
        text
    }

    /// `namespace/name` of the workload an endpoint belongs to.
    pub(super) fn endpoint_name(&self, id: EndpointId) -> String {
        let endpoint = self.cluster.endpoint(id);
        let workload = self.cluster.workload(endpoint.workload);
        format!("{}/{}", self.cluster.namespace_name(endpoint.namespace), workload.name)
    }
}
