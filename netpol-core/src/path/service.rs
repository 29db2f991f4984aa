//! The ways through a Service.

use super::{Face, Fate, Group, SeenSource, Way};
use crate::explain::Code;
use crate::model::{Backer, Cluster, EndpointId, NodeId, ServiceId, ServiceKind, ServicePort};
use crate::profile::Profile;
use crate::set::{AddressSet, Family, TrafficSet};
use crate::sorted::{Arrange, SortedMap};
use std::net::IpAddr;

/// The ports that are asked for.
#[derive(Clone, Copy)]
pub(crate) enum Asked<'a> {
    Any,
    Set(&'a TrafficSet),
    /// Those of a name; of one protocol if it is given.
    Named(&'a str, Option<crate::set::Protocol>),
}

impl Asked<'_> {
    /// Of a port of a Service, what is asked for.
    fn of(&self, port: &ServicePort) -> TrafficSet {
        let own = TrafficSet::port(port.protocol, port.port);
        match self {
            Self::Any => own,
            Self::Set(set) => set.intersection(&own),
            Self::Named(name, protocol) if *port.name == **name && protocol.is_none_or(|p| p == port.protocol) => own,
            Self::Named(..) => TrafficSet::empty(),
        }
    }
}

/// Whom of those who answer a way leads to, and what leaves that open.
pub(super) type Keep<'a> = &'a dyn Fn(Backer) -> Option<Option<Code>>;

/// Who answers on one port of a Service, by what they see.
#[derive(Default)]
pub(super) struct Answering {
    by_target: Vec<(TrafficSet, Vec<Backer>)>,
    /// Whether some pods that should be behind it are not in the input.
    missing: bool,
    /// Whether it is certain that there are no others.
    listed: bool,
}

impl Answering {
    /// Who answers on a port of a Service.
    pub(super) fn on(cluster: &Cluster, id: ServiceId, port: &ServicePort) -> Self {
        let service = cluster.service(id);
        let mut found = Self { listed: service.listed.is_some(), ..Self::default() };
        let headless = service.kind == ServiceKind::Headless;
        // A headless Service is only names: clients reach the pod on the port they choose.
        let own = TrafficSet::port(port.protocol, port.port);
        for listed in service.listed.iter().flatten().filter(|l| l.name == port.name && l.protocol == port.protocol) {
            let target = if headless { own.clone() } else { TrafficSet::port(listed.protocol, listed.port) };
            for backer in &listed.backers {
                match backer {
                    Backer::Missing => found.missing = true,
                    known => found.add(&target, *known),
                }
            }
        }
        for pod in service.backends.iter().flatten() {
            if found.listed && !cluster.endpoint(*pod).addresses.is_empty() {
                continue;
            }
            let target = if headless { own.clone() } else { cluster.target_of(port, *pod) };
            if !target.is_empty() {
                found.add(&target, Backer::Endpoint(*pod));
            }
        }
        found
    }

    fn add(&mut self, target: &TrafficSet, backer: Backer) {
        match self.by_target.iter_mut().find(|(known, _)| known == target) {
            Some((_, backers)) => backers.push(backer),
            None => self.by_target.push((target.clone(), vec![backer])),
        }
    }

    /// Groups of those who answer with what they see; `keep` says whom, and how surely.
    fn groups(&self, families: &[Family], keep: Keep<'_>) -> Vec<(Group, TrafficSet, Option<Code>)> {
        let mut found = Vec::new();
        for (target, backers) in &self.by_target {
            let kept: Vec<(Backer, Option<Code>)> = backers.iter().filter_map(|b| Some((*b, keep(*b)?))).collect();
            let mut rest: &[(Backer, Option<Code>)] = &kept;
            let mut doubts: Vec<Option<Code>> = Vec::new();
            while let Some(((_, doubt), others)) = rest.split_first() {
                rest = others;
                if !doubts.contains(doubt) {
                    doubts.push(*doubt);
                    let same: Vec<Backer> = kept.iter().filter(|(_, d)| d == doubt).map(|(b, _)| *b).collect();
                    found.push((group(&same, families), target.clone(), *doubt));
                }
            }
        }
        found
    }
}

fn group(backers: &[Backer], families: &[Family]) -> Group {
    let mut group = Group { families: families.to_vec(), ..Group::default() };
    let mut addresses: Vec<IpAddr> = Vec::new();
    for backer in backers {
        match backer {
            Backer::Endpoint(id) => group.endpoints.push(*id),
            Backer::Node(id) => group.nodes.push(*id),
            Backer::Address(ip) => addresses.push(*ip),
            Backer::Missing => {}
        }
    }
    group.addresses = AddressSet::addresses(&addresses);
    group.endpoints.arrange();
    group.endpoints.dedup();
    group.nodes.arrange();
    group.nodes.dedup();
    group
}

/// The node that somebody who answers is on; `None`: not known. What is outside is on none.
pub(super) fn node_of(cluster: &Cluster, backer: Backer) -> Option<Option<NodeId>> {
    match backer {
        Backer::Endpoint(id) => Some(cluster.endpoint(id).node),
        Backer::Node(id) => Some(Some(id)),
        Backer::Address(_) | Backer::Missing => None,
    }
}

/// The ways of some clients through a Service; `false`: it has none of the ports.
pub(crate) fn through_service(
    (cluster, profile): (&Cluster, &Profile),
    id: ServiceId,
    from: &Group,
    asked: Asked<'_>,
    (faces, families): (&[Face], &[Family]),
    ways: &mut Vec<Way>,
) -> bool {
    let service = cluster.service(id);
    // A Service forwards in the families of its own addresses.
    let own = |f: &Family| service.cluster_ips.iter().any(|ip| Family::of(*ip) == *f);
    let families: Vec<Family> = match (families, service.cluster_ips.is_empty()) {
        ([], true) => Vec::new(),
        ([], false) => Family::ALL.into_iter().filter(own).collect(),
        (asked, _) => asked.to_vec(),
    };
    let mut found = false;
    // A headless Service may leave its ports out: it is only names.
    if service.kind == ServiceKind::Headless && service.ports.is_empty() {
        let asked = match asked {
            Asked::Any => TrafficSet::all_ports(),
            Asked::Set(set) => set.clone(),
            Asked::Named(..) => return false,
        };
        ways.push(portless(id, from, asked, service.backends.as_deref(), families));
        return true;
    }
    for port in &service.ports {
        let seen = asked.of(port);
        if seen.is_empty() {
            continue;
        }
        found = true;
        let answering = Answering::on(cluster, id, port);
        for face in faces {
            let one = Through { cluster, profile, id, asked: &seen, families: &families, answering: &answering };
            one.ways(*face, from, ways);
        }
    }
    found
}

/// To the pods behind a Service that is only names, on whatever port.
fn portless(
    id: ServiceId,
    from: &Group,
    asked: TrafficSet,
    backends: Option<&[EndpointId]>,
    families: Vec<Family>,
) -> Way {
    let endpoints = backends.unwrap_or_default().to_vec();
    let fate = endpoints.is_empty().then_some((Fate::Open, Code::NoBackends));
    let services = if fate.is_some() { vec![id] } else { Vec::new() };
    let to = Group { endpoints, services, families, ..Group::default() };
    Way { from: from.clone(), to, traffic: asked.clone(), asked, service: Some(id), fate, ..Way::default() }
}

/// One port of a Service.
pub(super) struct Through<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) profile: &'a Profile,
    pub(super) id: ServiceId,
    pub(super) asked: &'a TrafficSet,
    pub(super) families: &'a [Family],
    pub(super) answering: &'a Answering,
}

impl Through<'_> {
    fn ways(&self, face: Face, from: &Group, ways: &mut Vec<Way>) {
        let service = self.cluster.service(self.id);
        let inside = from.inside();
        if !inside.is_empty() {
            match face {
                Face::Name | Face::Cluster if service.stays_on_node && service.kind != ServiceKind::Headless => {
                    self.by_node(&inside, ways);
                }
                Face::Name | Face::Cluster => self.all(inside, SeenSource::Kept, None, ways),
                // A balancer need not look at what comes from inside.
                Face::Balancer => self.by_range(inside, ways),
                Face::External => self.all(inside, self.shifted(), None, ways),
            }
        }
        if from.addresses.is_empty() {
            return;
        }
        if face == Face::Cluster || !service.is_open_outside() {
            return self.ended(from.outside(None, true), Fate::Open, Code::NotExposed, ways);
        }
        let ranges = service.source_ranges.as_ref().filter(|_| face != Face::External);
        if ranges.is_some() {
            let shut = from.outside(ranges, false);
            if !shut.addresses.is_empty() {
                self.ended(shut, Fate::Dropped, Code::SourceRange, ways);
            }
        }
        let admitted = from.outside(ranges, true);
        if !admitted.addresses.is_empty() {
            self.all(admitted, self.shifted(), None, ways);
        }
    }

    /// By the balancer's address from inside: a balancer need not look at who comes from there.
    fn by_range(&self, mut from: Group, ways: &mut Vec<Way>) {
        if let Some(ranges) = &self.cluster.service(self.id).source_ranges {
            let admitted = |ips: &[IpAddr]| !ips.is_empty() && ips.iter().all(|ip| ranges.contains(*ip));
            let mut doubtful = Group { families: from.families.clone(), ..Group::default() };
            let pods = |id: &EndpointId| admitted(&self.cluster.endpoint(*id).addresses);
            (from.endpoints, doubtful.endpoints) = from.endpoints.into_iter().partition(pods);
            (from.nodes, doubtful.nodes) =
                from.nodes.into_iter().partition(|id| admitted(&self.cluster.node(*id).addresses));
            if !doubtful.is_empty() {
                self.all(doubtful, self.shifted(), Some(Code::MaybeSourceRange), ways);
            }
        }
        if !from.is_empty() {
            self.all(from, self.shifted(), None, ways);
        }
    }

    /// The source that a visitor from outside, or to an outside address, is seen with.
    pub(super) fn shifted(&self) -> SeenSource {
        match self.cluster.service(self.id).keeps_source {
            true => SeenSource::Kept,
            false => super::node::shifted(self.profile),
        }
    }

    fn way(&self, from: Group) -> Way {
        let asked = self.asked.clone();
        let translated = self.cluster.service(self.id).kind != ServiceKind::Headless;
        Way { from, traffic: asked.clone(), asked, service: Some(self.id), translated, ..Way::default() }
    }

    pub(super) fn ended(&self, from: Group, fate: Fate, code: Code, ways: &mut Vec<Way>) {
        let to = Group { services: vec![self.id], ..Group::default() };
        ways.push(Way { to, fate: Some((fate, code)), ..self.way(from) });
    }

    /// To everybody who answers.
    fn all(&self, from: Group, source: SeenSource, doubt: Option<Code>, ways: &mut Vec<Way>) {
        self.some(from, source, &|_| Some(doubt), ways);
    }

    /// To some of those who answer; if there is nobody at all, that is said.
    pub(super) fn some(&self, from: Group, source: SeenSource, keep: Keep<'_>, ways: &mut Vec<Way>) {
        let before = ways.len();
        for (to, traffic, doubt) in self.answering.groups(self.families, keep) {
            ways.push(Way { to, traffic, doubt, source, ..self.way(from.clone()) });
        }
        if self.answering.missing {
            return self.ended(from, Fate::Open, Code::BackendNotRead, ways);
        }
        if ways.len() > before {
            return;
        }
        let (fate, code) = match (&self.cluster.service(self.id).backends, self.answering.by_target.is_empty()) {
            (_, false) => (Fate::Dropped, Code::NoLocalBackend),
            _ if self.answering.listed => (Fate::Dropped, Code::NobodyAnswers),
            (Some(pods), _) if !pods.is_empty() => (Fate::Open, Code::NoTargetPort),
            _ => (Fate::Open, Code::NoBackends),
        };
        self.ended(from, fate, code, ways);
    }

    /// Each client to those on its own node.
    fn by_node(&self, from: &Group, ways: &mut Vec<Way>) {
        let mut by_node: SortedMap<Option<NodeId>, Group> = SortedMap::new();
        let empty = || Group { families: from.families.clone(), ..Group::default() };
        for id in &from.endpoints {
            by_node.entry(self.cluster.endpoint(*id).node).or_insert_with(empty).endpoints.push(*id);
        }
        for id in &from.nodes {
            by_node.entry(Some(*id)).or_insert_with(empty).nodes.push(*id);
        }
        // Clients on nodes without anybody who answers are all alike.
        let backers = || self.answering.by_target.iter().flat_map(|(_, backers)| backers);
        let mut alone = empty();
        for (node, clients) in by_node {
            let near = |backer| match (node_of(self.cluster, backer), node) {
                (Some(Some(a)), Some(b)) => (a == b).then_some(None),
                (None, _) => None,
                _ => Some(Some(Code::LocalUnknown)),
            };
            if backers().any(|backer| near(*backer).is_some()) {
                self.some(clients, SeenSource::Kept, &near, ways);
            } else {
                alone.endpoints.extend(clients.endpoints);
                alone.nodes.extend(clients.nodes);
            }
        }
        if !alone.is_empty() {
            self.some(alone, SeenSource::Kept, &|_| None, ways);
        }
    }
}
