//! Whom a peer may reach and who may reach it, in short, and where that is undefined.

use super::Code;
use super::policy::{Statement, listed, statement};
use crate::analysis::Analysis;
use crate::diagnostic::Params;
use crate::engine::{Engine, Party};
use crate::ir::Direction;
use crate::model::{EndpointId, EndpointKind, NodeId};
use crate::query::{
    self, Connection, Grain, Group, Most, Part, Peer, PeerKind, PortExpr, QueryError, Question, Relation, Verdict,
};
use crate::set::{AddressSet, Family, TrafficSet};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use serde::Serialize;

/// Of so many others, each is asked why it is undefined; of more, one of those that are alike.
const MOST_ASKED: usize = 64;

/// Others with whom it is undefined whether they may talk.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct OpenTo {
    /// Who opens the connections: the others, or whom is explained.
    pub direction: Direction,
    /// The others.
    pub peers: Vec<Peer>,
    /// Which pairs of pods and nodes, when it is not all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relation: Option<Relation>,
    /// The address families this is about, when they differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub families: Vec<Family>,
    /// What is undefined.
    pub traffic: TrafficSet,
    /// Why.
    pub reasons: Vec<Statement>,
    /// Whether the reasons are those of one of the others.
    #[serde(skip)]
    pub(super) witness: bool,
}

/// The own nodes of pods, where they are known, each with a family.
pub(super) type OwnNodes = SortedSet<(Option<NodeId>, Family)>;

/// What makes others alike.
type Alike = (PeerKind, Option<Relation>, Vec<Family>, TrafficSet);

impl Analysis {
    /// Whom pods may reach and who may reach them, and where that is undefined.
    pub(super) fn reach(&self, pods: &[EndpointId]) -> Result<(Vec<Statement>, Vec<OpenTo>), QueryError> {
        let engine = self.engine();
        let own = Group { endpoints: pods.to_vec(), ..Group::default() };
        let everybody = engine.everybody();
        let (mut said, mut open) = (Vec::new(), Vec::new());
        for direction in [Direction::Ingress, Direction::Egress] {
            let (from, to) = match direction {
                Direction::Ingress => (&everybody, &own),
                Direction::Egress => (&own, &everybody),
            };
            let table = query::matrix(engine, from, to, &PortExpr::Any, Grain::Workload, Most::OF_A_TABLE)?;
            said.extend(in_short(engine, direction, pods, &table.connections));
            open.extend(undefined(engine, direction, &own, &table.connections));
        }
        Ok((said, open))
    }
}

/// The other end of a connection.
fn other(direction: Direction, connection: &Connection) -> &Peer {
    match direction {
        Direction::Egress => &connection.to,
        Direction::Ingress => &connection.from,
    }
}

/// Ports behind a name, with a space; nothing for all of them.
fn ports(traffic: &TrafficSet) -> String {
    if TrafficSet::all_ports().is_subset(traffic) { String::new() } else { format!(" {traffic}") }
}

/// What somebody may send, or get, in each family.
#[derive(Default)]
struct OfFamilies([TrafficSet; Family::ALL.len()]);

impl OfFamilies {
    fn add(&mut self, connection: &Connection) {
        for (family, known) in Family::ALL.iter().zip(&mut self.0) {
            if connection.families.is_empty() || connection.families.contains(family) {
                *known = known.union(&connection.allow);
            }
        }
    }

    /// What is said behind a name: the family, where the other differs, and the ports.
    fn said(&self) -> Vec<(&'static str, String)> {
        let [first, others @ ..] = &self.0;
        if others.iter().all(|other| other == first) {
            return vec![("", ports(first))];
        }
        let of = Family::ALL.iter().zip(&self.0).filter(|(_, traffic)| !traffic.is_empty());
        of.map(|(family, traffic)| (family.name(), ports(traffic))).collect()
    }
}

/// A name, with the family behind it where there is one.
fn with_family(name: &str, family: &str) -> String {
    if family.is_empty() { name.to_owned() } else { format!("{name} {family}") }
}

/// Whether a connection with nodes is one with others than the pods' own, for some of them.
fn beside_own(engine: &Engine, direction: Direction, pods: &[EndpointId], connection: &Connection) -> bool {
    let (nodes, own) = match direction {
        Direction::Ingress => (&connection.from, &connection.to),
        Direction::Egress => (&connection.to, &connection.from),
    };
    let (nodes, own) = (group_of(engine, nodes).nodes, group_of(engine, own).endpoints);
    let own = own.into_iter().filter(|pod| pods.contains(pod));
    let homes: Vec<Option<NodeId>> = own.map(|pod| engine.cluster.endpoint(pod).node).collect();
    connection.relation != Some(Relation::SameNode)
        && nodes.iter().any(|node| homes.iter().any(|home| *home != Some(*node)))
}

/// What is allowed with workloads, nodes and addresses outside.
fn in_short(engine: &Engine, direction: Direction, pods: &[EndpointId], connections: &[Connection]) -> Vec<Statement> {
    let (inside, nobody, nodes, outside, not_outside) = match direction {
        Direction::Ingress => (
            Code::ReachedBy,
            Code::ReachedByNobody,
            Code::ReachedByNodes,
            Code::ReachedFromOutside,
            Code::NotFromOutside,
        ),
        Direction::Egress => {
            (Code::Reaches, Code::ReachesNobody, Code::ReachesNodes, Code::ReachesOutside, Code::NotToOutside)
        }
    };
    let allowed = || connections.iter().filter(|c| !c.allow.is_empty()).map(|c| (other(direction, c), c));
    let is_workload = |peer: &Peer| matches!(peer.kind_of, PeerKind::Workload | PeerKind::Pod);
    // Where something is undefined, nothing is said as far as that is decided.
    let nothing = |code, is: &dyn Fn(&Peer) -> bool| {
        let open = connections.iter().any(|c| !c.undefined.is_empty() && is(other(direction, c)));
        statement(code, if open { Params::from([("open", String::new())]) } else { Params::new() })
    };
    let mut said = Vec::new();
    // Of a workload, all that some pair may send; those together that may send the same.
    let mut by_name: SortedMap<String, OfFamilies> = SortedMap::new();
    for (peer, connection) in allowed().filter(|(p, _)| is_workload(p)) {
        let of = peer.namespace.as_deref().unwrap_or_default();
        let name = format!("{of}/{}", peer.name.as_deref().unwrap_or_default());
        by_name.entry(name).or_default().add(connection);
    }
    let count = by_name.len();
    let mut by_ports: SortedMap<(bool, String), Vec<String>> = SortedMap::new();
    for (name, traffic) in by_name {
        for (family, ports) in traffic.said() {
            by_ports.entry((!ports.is_empty(), ports)).or_default().push(with_family(&name, family));
        }
    }
    let names: Vec<String> = by_ports.iter().map(|((_, ports), names)| format!("{}{ports}", listed(names))).collect();
    let mut params = Params::from([("count", count.to_string()), ("workloads", names.join("; "))]);
    if count > 1 {
        params.insert("many", count.to_string());
    }
    said.push(if count == 0 { nothing(nobody, &is_workload) } else { statement(inside, params) });
    // The own node is another matter.
    let mut traffic = OfFamilies::default();
    let of_nodes = allowed().filter(|(p, _)| matches!(p.kind_of, PeerKind::Node | PeerKind::Nodes));
    of_nodes.filter(|(_, c)| beside_own(engine, direction, pods, c)).for_each(|(_, c)| traffic.add(c));
    if traffic.0.iter().any(|traffic| !traffic.is_empty()) {
        let of = traffic.said().into_iter().map(|(family, ports)| with_family("", family) + &ports);
        said.push(statement(nodes, Params::from([("ports", of.collect::<Vec<_>>().join(";"))])));
    }
    let mut params = Params::new();
    let mut listed: Vec<String> = Vec::new();
    for (peer, connection) in allowed().filter(|(peer, _)| peer.kind_of == PeerKind::Addresses) {
        let ports = ports(&connection.allow);
        match everywhere(peer, &engine.world()).filter(|_| !params.contains_key("everywhere")) {
            Some(found) => {
                params.extend(found);
                params.insert("everywhere", ports);
            }
            None if peer.cidrs.len() <= 3 => listed.push(format!("{}{ports}", peer.cidrs.join(", "))),
            None => listed.push(format!("{}, …{ports}", peer.cidrs[..2].join(", "))),
        }
    }
    if !listed.is_empty() {
        if !params.is_empty() {
            params.insert("and", String::new());
        }
        params.insert("addresses", listed.join("; "));
    }
    let is_outside = |peer: &Peer| peer.kind_of == PeerKind::Addresses;
    said.push(if params.is_empty() { nothing(not_outside, &is_outside) } else { statement(outside, params) });
    said
}

/// What is to be said of addresses that are all that there are outside, in a family or but for a few.
fn everywhere(peer: &Peer, world: &AddressSet) -> Option<Params> {
    let set = addresses(peer);
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

fn addresses(peer: &Peer) -> AddressSet {
    AddressSet::nets(peer.cidrs.iter().filter_map(|cidr| cidr.parse().ok()))
}

/// What is undefined, those together for whom it is the same for the same reasons.
fn undefined(engine: &Engine, direction: Direction, own: &Group, connections: &[Connection]) -> Vec<OpenTo> {
    type Together = (Option<Relation>, Vec<Family>, TrafficSet, Vec<Statement>);
    let mut found: SortedMap<Together, (Vec<Peer>, bool)> = SortedMap::new();
    let mut known: SortedMap<Alike, Vec<Statement>> = SortedMap::new();
    let mut asked = 0;
    for connection in connections.iter().filter(|c| !c.undefined.is_empty()) {
        let peer = other(direction, connection);
        let alike: Alike =
            (peer.kind_of, connection.relation, connection.families.clone(), connection.undefined.clone());
        let before = known.get(&alike).filter(|_| asked >= MOST_ASKED).cloned();
        let witness = before.is_some();
        let reasons = before.unwrap_or_else(|| {
            asked += 1;
            why(engine, direction, own, connection)
        });
        let (_, relation, families, traffic) = alike.clone();
        known.insert(alike, reasons.clone());
        let (peers, of_one) = found.entry((relation, families, traffic, reasons)).or_default();
        peers.push(peer.clone());
        *of_one |= witness;
    }
    let found = found.into_iter().map(|((relation, families, traffic, reasons), (mut peers, witness))| {
        peers.arrange();
        OpenTo { direction, peers, relation, families, traffic, reasons, witness }
    });
    let mut found: Vec<OpenTo> = found.collect();
    found.arrange();
    found
}

/// Why something is undefined.
fn why(engine: &Engine, direction: Direction, own: &Group, connection: &Connection) -> Vec<Statement> {
    let group = group_of(engine, other(direction, connection));
    let (from, to) = match direction {
        Direction::Egress => (own, &group),
        Direction::Ingress => (&group, own),
    };
    let port = PortExpr::Set(connection.undefined.clone());
    let question = Question { from: String::new(), to: String::new(), port: String::new() };
    let Ok(answer) = query::check(engine, question, from, to, &port) else { return Vec::new() };
    let is_it = |part: &&Part| {
        let open = part.verdict == Verdict::Undefined || part.verdict == Verdict::Mixed;
        let related = connection.relation.is_none() || part.relation.is_none() || part.relation == connection.relation;
        open && related && part.relation != Some(Relation::Itself)
    };
    let parts: Vec<&Part> = answer.parts.iter().filter(is_it).collect();
    let directions = parts.iter().flat_map(|part| [&part.egress, &part.ingress]);
    let reasons = directions.filter(|of| of.verdict == Verdict::Undefined).flat_map(|of| &of.reasons);
    let reasons: SortedSet<Statement> = reasons
        .map(|reason| {
            let mut said = statement(reason.code, reason.params.clone());
            // What the profile leaves open, it does so of every policy.
            if let Some(origin) = reason.origin.as_ref().filter(|_| reason.code != Code::OpenInProfile) {
                said.field = Some(origin.field.clone());
                said.place = origin.place.clone();
            }
            said
        })
        .collect();
    // What keeps it open comes before what it would be decided by.
    let decides = |said: &Statement| {
        matches!(said.code, Code::AllowedByRule | Code::DeniedByRule | Code::DeniedByIsolation | Code::NotIsolated)
    };
    let (last, first): (Vec<Statement>, Vec<Statement>) = reasons.into_iter().partition(decides);
    first.into_iter().chain(last).collect()
}

/// Who is meant by an end of a table.
fn group_of(engine: &Engine, peer: &Peer) -> Group {
    let cluster = &engine.cluster;
    let mut group = Group::default();
    match peer.kind_of {
        PeerKind::Addresses => group.addresses = addresses(peer),
        PeerKind::Nodes | PeerKind::Node => {
            group.nodes = engine.all_nodes();
            let is_named =
                |name: &str| peer.name.as_deref() == Some(name) || peer.nodes.iter().any(|node| **node == *name);
            let all = peer.kind_of == PeerKind::Nodes && peer.nodes.is_empty();
            group.nodes.retain(|id| all || is_named(&cluster.node(*id).name));
        }
        _ => {
            let namespace = peer.namespace.as_deref().and_then(|name| cluster.find_namespace(name));
            let is_it = |workload: &&crate::model::Workload| {
                Some(workload.namespace) == namespace
                    && peer.name.as_deref() == Some(&*workload.name)
                    && peer.kind.as_deref().is_none_or(|kind| kind == &*workload.kind_name)
            };
            let workloads = cluster.workloads.iter().filter(is_it);
            group.endpoints = workloads.flat_map(|workload| workload.endpoints.iter().copied()).collect();
            let part = !peer.pods.is_empty() || peer.template;
            group.endpoints.retain(|id| {
                let endpoint = cluster.endpoint(*id);
                let made = endpoint.kind == EndpointKind::Template;
                !part || if made { peer.template } else { peer.pods.iter().any(|pod| **pod == *endpoint.name) }
            });
        }
    }
    group
}

impl Engine {
    /// What policies let the own nodes of pods send them, or get from them, surely and at most; with these
    /// nodes, where they are known, and the families.
    pub(super) fn with_own_nodes(
        &self,
        direction: Direction,
        pods: &[EndpointId],
    ) -> SortedMap<(TrafficSet, TrafficSet), OwnNodes> {
        let all = TrafficSet::all_ports();
        let mut found: SortedMap<(TrafficSet, TrafficSet), OwnNodes> = SortedMap::new();
        let nodes: SortedMap<_, EndpointId> = pods.iter().map(|pod| (self.cluster.endpoint(*pod).node, *pod)).collect();
        for (node, pod) in nodes {
            // Of a node that is not known, any may be its own.
            let host = node.map_or(Party::SomeNode, Party::Node);
            for family in self.common_families(Party::Endpoint(pod), host) {
                let planes = self.with_own_node(direction, pod, host, family).within(&all);
                found.entry((planes.must, planes.may)).or_default().insert((node, family));
            }
        }
        found
    }
}
