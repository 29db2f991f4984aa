//! `matrix`: every pair at once.

use super::answer::{Peer, Relation};
use super::basis::Basis;
use super::check::address_set;
use super::fold::Members;
use super::port::PortExpr;
use super::resolve::{Group, QueryError, QueryProblem};
use super::units::{Link, Outside, Unit, rectangles};
use crate::engine::{Engine, MOST_PAIRS, Openings, Party, Planes, Reach};
use crate::ir::Direction;
use crate::model::{EndpointId, NamespaceId, NodeId, WorkloadId};
use crate::set::{AddressSet, Family, TrafficSet};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use fixedbitset::FixedBitSet;
use indexmap::IndexMap;
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// More connections than this are not listed; their rectangles are.
pub const MAX_CONNECTIONS: usize = 1_000_000;

/// More pairs of rows and columns between which something may pass are not looked at one by one.
const MAX_PAIRS: usize = 100_000_000;

/// What the rows and columns of a matrix are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grain {
    /// Workloads; several rows for one whose pods policies treat differently. The nodes together.
    #[default]
    Workload,
    /// Each pod and each node by itself.
    Pod,
    /// Namespaces: what any pod of one may send to any pod of the other. The nodes together.
    Namespace,
}

impl Grain {
    /// All, in the order of the command line.
    pub const ALL: [Self; 3] = [Self::Workload, Self::Pod, Self::Namespace];

    /// `workload`, `pod` or `namespace`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Workload => "workload",
            Self::Pod => "pod",
            Self::Namespace => "namespace",
        }
    }
}

/// What one may send to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Connection {
    /// Who opens it.
    pub from: Peer,
    /// Whom it reaches.
    pub to: Peer,
    /// Which pairs of pods and nodes, when it is not all of them. Pods to themselves are never listed: they
    /// always reach themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relation: Option<Relation>,
    /// The address families this is about, when they differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub families: Vec<Family>,
    /// What is allowed.
    pub allow: TrafficSet,
    /// What the specification, or the input, leaves open.
    #[serde(skip_serializing_if = "TrafficSet::is_empty")]
    pub undefined: TrafficSet,
}

/// The answer of `matrix`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MatrixAnswer {
    /// `netpol.matrix/v1`.
    pub schema: &'static str,
    /// What the rows and columns are.
    pub by: Grain,
    /// The traffic that was asked about.
    pub traffic: TrafficSet,
    /// Every row and column, sorted; with the outside where addresses were asked for.
    pub endpoints: Vec<Peer>,
    /// Pairs of which something is allowed or undefined, sorted.
    pub connections: Vec<Connection>,
    /// What the answer rests on.
    pub basis: Basis,
}

/// What is asked of a matrix.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct MatrixQuery {
    /// What the rows and columns are.
    pub by: Grain,
    /// The rows, in the grammar of [`parse_peer`](super::parse_peer); none: all pods, all nodes and the
    /// outside.
    pub from: Option<String>,
    /// The columns, likewise.
    pub to: Option<String>,
    /// The traffic, in the grammar of [`parse_port`](super::parse_port); none: every port of TCP,
    /// UDP and SCTP.
    pub port: Option<String>,
}

/// One side of a matrix.
struct Rows {
    units: Vec<Unit>,
    nodes: Vec<NodeId>,
    addresses: AddressSet,
}

impl Rows {
    fn new(engine: &Engine, group: &Group, families: &[Family]) -> Self {
        let units = engine.units(group.endpoints.iter().copied());
        let addresses = AddressSet::families(families.iter().copied()).intersection(&group.addresses);
        Self { units, nodes: group.nodes.clone(), addresses }
    }

    /// How many pairs with nodes there are.
    fn pairs_with_nodes(&self, columns: &Self) -> usize {
        let pods = |rows: &Self| rows.units.iter().map(|u| u.members.len()).sum::<usize>();
        let sent = (pods(self) + self.nodes.len()).saturating_mul(columns.nodes.len());
        sent.saturating_add(pods(columns).saturating_mul(self.nodes.len()))
    }
}

/// Where an end of a connection is put: what it is part of, and which pods are meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Workload(WorkloadId, Vec<EndpointId>),
    Namespace(NamespaceId),
}

/// Units that are alike, but for their nodes.
struct Alike {
    units: Vec<usize>,
    /// Whether they are on the host's network.
    host: bool,
    /// What is asked of them, where that is another matter for each.
    asked: Option<TrafficSet>,
}

/// Collects connections.
struct Table<'e> {
    engine: &'e Engine,
    reach: Reach<'e>,
    by: Grain,
    /// For a named port: the traffic that it comes to at each destination.
    named: Option<(String, Option<crate::set::Protocol>)>,
    connections: Vec<Connection>,
    most: Most,
    /// Whether the ports of nodes that lead on are followed.
    through: bool,
}

/// So many pairs are looked at; of more, this is said.
#[derive(Clone, Copy)]
pub(crate) struct Most {
    pub(crate) pairs: usize,
    pub(crate) error: fn(pairs: usize, limit: usize) -> QueryError,
}

impl Most {
    /// Of a table, which can be asked for as groups instead.
    pub(crate) const OF_A_TABLE: Self =
        Self { pairs: MAX_PAIRS, error: |_, limit| QueryError::new(QueryProblem::TooManyRows).with("limit", limit) };

    fn check(self, pairs: usize) -> Result<(), QueryError> {
        self.check_against(pairs, self.pairs)
    }

    fn check_against(self, pairs: usize, limit: usize) -> Result<(), QueryError> {
        if pairs > limit { Err((self.error)(pairs, limit)) } else { Ok(()) }
    }
}

type Key = (Option<Relation>, Vec<Family>, TrafficSet, TrafficSet);

/// What is allowed, and what is undefined.
type Open = (TrafficSet, TrafficSet);

/// The same of addresses, those together for which it is the same.
type OpenTo = Vec<(Open, AddressSet)>;

pub(crate) fn matrix(
    engine: &Engine,
    from: &Group,
    to: &Group,
    port: &PortExpr,
    by: Grain,
    most: Most,
) -> Result<MatrixAnswer, QueryError> {
    let families = from.families_with(to);
    let (rows, columns) = (Rows::new(engine, from, &families), Rows::new(engine, to, &families));
    most.check_against(rows.units.len().saturating_mul(columns.units.len()), MOST_PAIRS)?;
    if by == Grain::Pod {
        most.check(rows.pairs_with_nodes(&columns))?;
    }
    let traffic = match port {
        PortExpr::Set(set) => set.clone(),
        PortExpr::Any | PortExpr::Named(..) => TrafficSet::all_ports(),
    };
    let named = if let PortExpr::Named(name, protocol) = port { Some((name.clone(), *protocol)) } else { None };
    let reach = Reach::new(engine, &traffic).within(&families);
    let through = by != Grain::Namespace && engine.table_looks_through(&rows.nodes, &columns.nodes);
    let mut table = Table { engine, reach, by, named, connections: Vec::new(), most, through };
    table.inside(&rows.units, &columns.units)?;
    let apart = if through { Some(engine.apart(&rows.units, &engine.behind_nodes())) } else { None };
    table.with_nodes(Direction::Egress, apart.as_ref().unwrap_or(&rows.units), &columns.nodes)?;
    table.with_nodes(Direction::Ingress, &columns.units, &rows.nodes)?;
    table.among_nodes(&rows.nodes, &columns.nodes)?;
    table.outside(Direction::Egress, &rows.units, &columns.addresses)?;
    table.outside(Direction::Ingress, &columns.units, &rows.addresses)?;
    table.outside_of_nodes(Direction::Egress, &rows.nodes, &columns.addresses)?;
    table.outside_of_nodes(Direction::Ingress, &columns.nodes, &rows.addresses)?;
    let mut connections = table.connections;
    connections.arrange();
    let mut endpoints: Vec<Peer> = Vec::new();
    for unit in rows.units.iter().chain(&columns.units) {
        for place in places(engine, by, unit) {
            let whole = match place {
                Place::Workload(id, _) if by == Grain::Workload => {
                    Place::Workload(id, engine.cluster.workload(id).endpoints.clone())
                }
                place => place,
            };
            endpoints.push(peer(engine, &whole));
        }
    }
    let nodes: SortedSet<NodeId> = rows.nodes.iter().chain(&columns.nodes).copied().collect();
    if by == Grain::Pod {
        endpoints.extend(nodes.into_iter().map(|id| engine.node_peer(id)));
    } else if !nodes.is_empty() {
        endpoints.push(engine.nodes_peer(engine.all_nodes().into_iter()));
    }
    let outside = rows.addresses.union(&columns.addresses);
    if !outside.is_empty() {
        endpoints.push(engine.address_peer(&outside));
    }
    endpoints.arrange();
    endpoints.dedup();
    let basis = engine.basis_of_all();
    Ok(MatrixAnswer { schema: "netpol.matrix/v1", by, traffic, endpoints, connections, basis })
}

/// The rows or columns that a unit is part of.
fn places(engine: &Engine, by: Grain, unit: &Unit) -> Vec<Place> {
    match by {
        Grain::Workload => vec![Place::Workload(unit.workload, unit.members.clone())],
        Grain::Pod => unit.members.iter().map(|id| Place::Workload(unit.workload, vec![*id])).collect(),
        Grain::Namespace => vec![Place::Namespace(engine.cluster.workload(unit.workload).namespace)],
    }
}

fn peer(engine: &Engine, place: &Place) -> Peer {
    match place {
        Place::Workload(id, members) => engine.workload_peer(*id, members),
        Place::Namespace(id) => engine.namespace_peer(*id),
    }
}

impl Table<'_> {
    /// What is asked of a destination.
    fn asked(&self, to: &Unit) -> Option<TrafficSet> {
        let (name, protocol) = self.named.as_ref()?;
        let id = to.members.first()?;
        Some(self.engine.declared(*id, name, *protocol))
    }

    /// Splits planes into what is allowed and what is undefined; nothing of either: none.
    fn split(planes: &Planes, asked: Option<&TrafficSet>) -> Option<(TrafficSet, TrafficSet)> {
        let planes = asked.map_or_else(|| planes.clone(), |asked| planes.within(asked));
        let undefined = planes.may.difference(&planes.must);
        (!planes.may.is_empty()).then_some((planes.must, undefined))
    }

    fn push(&mut self, connection: Connection) -> Result<(), QueryError> {
        if self.connections.len() >= MAX_CONNECTIONS {
            return Err(QueryError::new(QueryProblem::TooManyRows).with("limit", MAX_CONNECTIONS));
        }
        self.connections.push(connection);
        Ok(())
    }

    fn inside(&mut self, rows: &[Unit], columns: &[Unit]) -> Result<(), QueryError> {
        if self.by == Grain::Namespace {
            return self.namespaces(rows, columns);
        }
        let who = columns.iter().map(|unit| unit.members.first().copied());
        let mut openings = Openings::new(self.engine, Direction::Egress, who, self.reach.asked());
        let mut open = |unit: &Unit| unit.members.first().map(|id| openings.of(*id)).unwrap_or_default();
        let mut pairs = 0_usize;
        for source in rows {
            let open = open(source);
            pairs = pairs.saturating_add(match self.by {
                Grain::Pod => source.members.len() * open.ones().map(|at| columns[at].members.len()).sum::<usize>(),
                _ => open.count_ones(..),
            });
            self.most.check(pairs)?;
        }
        match self.by {
            Grain::Workload => {
                for sources in rows.chunk_by(|a, b| a.workload == b.workload) {
                    let mut targets = FixedBitSet::new();
                    sources.iter().for_each(|unit| targets.union_with(&open(unit)));
                    // Of the workloads of which some unit can be reached, every unit.
                    let mut targets = targets.ones().peekable();
                    while let Some(first) = targets.next() {
                        let same = |unit: &&Unit| unit.workload == columns[first].workload;
                        let from = first - columns[..first].iter().rev().take_while(same).count();
                        let to = first + columns[first..].iter().take_while(same).count();
                        while targets.next_if(|at| *at < to).is_some() {}
                        self.workloads(sources, &columns[from..to])?;
                    }
                }
            }
            Grain::Pod => {
                for source in rows {
                    for target in open(source).ones() {
                        self.pods(source, &columns[target])?;
                    }
                }
            }
            Grain::Namespace => {}
        }
        Ok(())
    }

    /// What any pod of one namespace may send to any pod of another.
    fn namespaces(&mut self, rows: &[Unit], columns: &[Unit]) -> Result<(), QueryError> {
        let engine = self.engine;
        let namespace = |unit: &Unit| engine.cluster.workload(unit.workload).namespace;
        let (sources, targets) = (self.alike(Direction::Egress, rows), self.alike(Direction::Ingress, columns));
        let who = targets.iter().map(|group| columns[group.units[0]].members.first().copied());
        let mut openings = Openings::new(engine, Direction::Egress, who, self.reach.asked());
        let mut all = HashMap::<(NamespaceId, NamespaceId, Vec<Family>), Open, foldhash::fast::RandomState>::default();
        // Where families cannot differ, nothing is to be added to everything.
        let one_family = engine.cluster.space.families.len() == 1;
        let mut full = HashSet::<_, foldhash::fast::RandomState>::default();
        // Many pods of two namespaces are alike.
        let mut seen = HashSet::<_, foldhash::fast::RandomState>::default();
        let mut pairs = 0_usize;
        for source in &sources {
            let Some(first) = rows[source.units[0]].members.first() else { continue };
            let open = openings.of(*first);
            pairs = pairs.saturating_add(open.count_ones(..));
            self.most.check(pairs)?;
            let a = namespace(&rows[source.units[0]]);
            for target in open.ones().map(|at| &targets[at]) {
                let b = namespace(&columns[target.units[0]]);
                if full.contains(&(a, b)) {
                    continue;
                }
                let ends = source.units.iter().flat_map(|s| target.units.iter().map(|t| (&rows[*s], &columns[*t])));
                // A pod to itself is no pair, so of those that are alike another one, if there is. On
                // the host's network, each pair has its nodes.
                let other = ends.clone().find(|(from, to)| from.members != to.members).or(ends.clone().next());
                let each = source.host || target.host;
                let all_of_them = ends.filter(|_| each);
                let one = other.into_iter().filter(|_| !each);
                let links: Vec<Link> =
                    one.chain(all_of_them).flat_map(|(from, to)| engine.links(&mut self.reach, from, to)).collect();
                for Link { families, planes, .. } in links {
                    if !seen.insert((a, b, families.clone(), planes, &target.asked)) {
                        continue;
                    }
                    let Some((allow, undefined)) = Self::split(self.reach.get(planes), target.asked.as_ref()) else {
                        continue;
                    };
                    let (so_far, open) = all.entry((a, b, families)).or_default();
                    *so_far = so_far.union(&allow);
                    *open = open.union(&undefined);
                    if one_family && *so_far == *self.reach.asked() {
                        full.insert((a, b));
                    }
                }
            }
        }
        for ((a, b, families), (allow, undefined)) in all.into_iter().collect::<SortedMap<_, Open>>() {
            let undefined = undefined.difference(&allow);
            let (from, to) = (engine.namespace_peer(a), engine.namespace_peer(b));
            self.push(Connection { from, to, relation: None, families, allow, undefined })?;
        }
        Ok(())
    }

    /// Units of a namespace that are alike as subjects of a direction, towards whomever. Those on the
    /// host's network stand alone, since their nodes count too.
    fn alike(&self, direction: Direction, units: &[Unit]) -> Vec<Alike> {
        let engine = self.engine;
        let mut found = IndexMap::<_, Alike, foldhash::fast::RandomState>::default();
        for (at, unit) in units.iter().enumerate() {
            let Some(first) = unit.members.first() else { continue };
            let role = engine.role(*first);
            let asked = if direction == Direction::Ingress { self.asked(unit) } else { None };
            let host = role.host_network.then_some(at);
            let key = (engine.cluster.workload(unit.workload).namespace, role.as_subject(direction), host, asked);
            let asked = &key.3;
            let new = Alike { units: Vec::new(), host: role.host_network, asked: asked.clone() };
            found.entry(key).or_insert(new).units.push(at);
        }
        found.into_values().collect()
    }

    /// The units of one workload with those of another, put together where they are alike.
    fn workloads(&mut self, sources: &[Unit], targets: &[Unit]) -> Result<(), QueryError> {
        let (Some(a), Some(b)) = (sources.first(), targets.first()) else { return Ok(()) };
        let mut cells: SortedMap<Key, SortedMap<usize, SortedSet<usize>>> = SortedMap::new();
        for (t, target) in targets.iter().enumerate() {
            let asked = self.asked(target);
            for (s, source) in sources.iter().enumerate() {
                for link in self.engine.links(&mut self.reach, source, target) {
                    if let Some((allow, undefined)) = Self::split(self.reach.get(link.planes), asked.as_ref()) {
                        let key = (link.relation, link.families, allow, undefined);
                        cells.entry(key).or_default().entry(s).or_default().insert(t);
                    }
                }
            }
        }
        let members = |units: &[Unit], of: &mut dyn Iterator<Item = usize>| -> Vec<EndpointId> {
            of.flat_map(|at| units[at].members.iter().copied()).collect()
        };
        for ((relation, families, allow, undefined), rows) in cells {
            for (columns, rows) in rectangles(rows) {
                let from = self.engine.workload_peer(a.workload, &members(sources, &mut rows.into_iter()));
                let to = self.engine.workload_peer(b.workload, &members(targets, &mut columns.into_iter()));
                let families = families.clone();
                let (allow, undefined) = (allow.clone(), undefined.clone());
                self.push(Connection { from, to, relation, families, allow, undefined })?;
            }
        }
        Ok(())
    }

    /// Pod by pod.
    fn pods(&mut self, source: &Unit, target: &Unit) -> Result<(), QueryError> {
        let asked = self.asked(target);
        let engine = self.engine;
        for a in &source.members {
            for b in &target.members {
                let one = |unit: &Unit, id: EndpointId| Unit {
                    members: vec![id],
                    party: crate::engine::Party::Endpoint(id),
                    workload: unit.workload,
                };
                for link in engine.links(&mut self.reach, &one(source, *a), &one(target, *b)) {
                    if let Some((allow, undefined)) = Self::split(self.reach.get(link.planes), asked.as_ref()) {
                        let from = engine.workload_peer(source.workload, &[*a]);
                        let to = engine.workload_peer(target.workload, &[*b]);
                        let families = link.families;
                        self.push(Connection { from, to, relation: None, families, allow, undefined })?;
                    }
                }
            }
        }
        Ok(())
    }

    /// What units and nodes may send each other: in egress, what units send.
    fn with_nodes(&mut self, direction: Direction, units: &[Unit], nodes: &[NodeId]) -> Result<(), QueryError> {
        let engine = self.engine;
        let classes = engine.node_classes(direction, nodes, self.through);
        let mut by_namespace: SortedMap<(NamespaceId, Vec<Family>), (TrafficSet, TrafficSet)> = SortedMap::new();
        for group in units.chunk_by(|a, b| a.workload == b.workload) {
            let mut cells: SortedMap<Key, SortedMap<usize, SortedSet<NodeId>>> = SortedMap::new();
            for (at, unit) in group.iter().enumerate() {
                // A port name is looked up on a pod.
                let asked = match direction {
                    Direction::Ingress => self.asked(unit),
                    Direction::Egress => self.named.as_ref().map(|_| TrafficSet::empty()),
                };
                for class in &classes {
                    for link in engine.node_links(&mut self.reach, direction, unit, class, self.through) {
                        let Some((allow, undefined)) = Self::split(&link.planes, asked.as_ref()) else { continue };
                        match self.by {
                            Grain::Workload => {
                                let key = (link.relation, link.families, allow, undefined);
                                cells.entry(key).or_default().entry(at).or_default().extend(link.nodes);
                            }
                            Grain::Namespace => {
                                let namespace = engine.cluster.workload(unit.workload).namespace;
                                let (a, u) = by_namespace.entry((namespace, link.families)).or_default();
                                *a = a.union(&allow);
                                *u = u.union(&undefined);
                            }
                            Grain::Pod => {
                                for (pod, node) in unit.members.iter().flat_map(|p| link.nodes.iter().map(|n| (*p, *n)))
                                {
                                    if link.relation.is_none_or(|r| r == engine.relation_to(pod, node)) {
                                        let ends =
                                            (engine.workload_peer(unit.workload, &[pod]), engine.node_peer(node));
                                        let (allow, undefined) = (allow.clone(), undefined.clone());
                                        self.push_towards(
                                            direction,
                                            ends,
                                            None,
                                            link.families.clone(),
                                            allow,
                                            undefined,
                                        )?;
                                    }
                                }
                            }
                        }
                    }
                }
            }
            for ((relation, families, allow, undefined), rows) in cells {
                for (nodes, rows) in rectangles(rows) {
                    let members: Vec<EndpointId> =
                        rows.into_iter().flat_map(|at| group[at].members.iter().copied()).collect();
                    let ends =
                        (engine.workload_peer(group[0].workload, &members), engine.nodes_peer(nodes.into_iter()));
                    let (allow, undefined) = (allow.clone(), undefined.clone());
                    self.push_towards(direction, ends, relation, families.clone(), allow, undefined)?;
                }
            }
        }
        for ((namespace, families), (allow, undefined)) in by_namespace {
            let undefined = undefined.difference(&allow);
            let ends = (engine.namespace_peer(namespace), engine.nodes_peer(engine.all_nodes().into_iter()));
            self.push_towards(direction, ends, None, families, allow, undefined)?;
        }
        Ok(())
    }

    /// A connection whose first end is the one of the direction's subject.
    fn push_towards(
        &mut self,
        direction: Direction,
        (subject, other): (Peer, Peer),
        relation: Option<Relation>,
        families: Vec<Family>,
        allow: TrafficSet,
        undefined: TrafficSet,
    ) -> Result<(), QueryError> {
        let (from, to) = match direction {
            Direction::Egress => (subject, other),
            Direction::Ingress => (other, subject),
        };
        self.push(Connection { from, to, relation, families, allow, undefined })
    }

    /// Nodes as this table shows them: together, or one by one.
    fn nodes_shown(&self, nodes: &SortedSet<NodeId>) -> Vec<Peer> {
        match self.by {
            Grain::Pod => nodes.iter().map(|id| self.engine.node_peer(*id)).collect(),
            Grain::Workload => vec![self.engine.nodes_peer(nodes.iter().copied())],
            Grain::Namespace => vec![self.engine.nodes_peer(self.engine.all_nodes().into_iter())],
        }
    }

    /// What nodes get from anybody to whom no policy applies; a port name means nothing to them.
    fn to_nodes(&self) -> Option<(TrafficSet, TrafficSet)> {
        let asked = self.reach.asked();
        let named = self.named.as_ref().map(|_| TrafficSet::empty());
        Self::split(&self.engine.to_node(&Planes::allow(asked), asked, None), named.as_ref())
    }

    /// What reaches one node from some clients, by what its ports lead to.
    fn through(&self, from: Group, node: NodeId, family: Family) -> Open {
        let asked = self.reach.asked();
        let Planes { must, may } = self.engine.to_node(&Planes::allow(asked), asked, Some((from, node, family)));
        let undefined = may.difference(&must);
        (must, undefined)
    }

    /// Between nodes, where what their ports lead to is looked at.
    fn through_nodes(&mut self, from: &[NodeId], to: &[NodeId]) -> Result<(), QueryError> {
        let mut cells: SortedMap<Key, SortedMap<usize, SortedSet<NodeId>>> = SortedMap::new();
        for (at, source) in from.iter().enumerate() {
            for target in to {
                let common = self.reach.common_families(Party::Node(*source), Party::Node(*target));
                let mut found: Vec<(Open, Vec<Family>)> = Vec::new();
                for family in &common {
                    let clients = Group { nodes: vec![*source], ..Group::default() };
                    let open = self.through(clients, *target, *family);
                    match found.iter_mut().find(|(known, _)| *known == open) {
                        Some((_, families)) => families.push(*family),
                        None => found.push((open, vec![*family])),
                    }
                }
                for ((allow, undefined), mut families) in found {
                    if families == common {
                        families.clear();
                    }
                    let key = (None, families, allow, undefined);
                    cells.entry(key).or_default().entry(at).or_default().insert(*target);
                }
            }
        }
        for ((_, families, allow, undefined), rows) in cells {
            for (targets, rows) in rectangles(rows) {
                let sources: SortedSet<NodeId> = rows.into_iter().map(|at| from[at]).collect();
                self.between_nodes(&sources, &targets, &families, (&allow, &undefined))?;
            }
        }
        Ok(())
    }

    /// What some nodes may send others; one to itself is left out.
    fn between_nodes(
        &mut self,
        sources: &SortedSet<NodeId>,
        targets: &SortedSet<NodeId>,
        families: &[Family],
        (allow, undefined): (&TrafficSet, &TrafficSet),
    ) -> Result<(), QueryError> {
        let nothing = allow.is_empty() && undefined.is_empty();
        if nothing || targets.is_empty() || (targets.len() == 1 && sources == targets) {
            return Ok(());
        }
        for from in self.nodes_shown(sources) {
            for to in self.nodes_shown(targets) {
                if from != to || self.by != Grain::Pod {
                    let (from, families) = (from.clone(), families.to_vec());
                    let (allow, undefined) = (allow.clone(), undefined.clone());
                    self.push(Connection { from, to, relation: None, families, allow, undefined })?;
                }
            }
        }
        Ok(())
    }

    /// From addresses outside to nodes, where what their ports lead to is looked at.
    fn through_from_outside(&mut self, nodes: &[NodeId], addresses: &AddressSet) -> Result<(), QueryError> {
        let engine = self.engine;
        let blocks = engine.blocks_behind_nodes();
        let whole = Group { addresses: addresses.clone(), ..Group::default() };
        let classes = engine.fold(&whole, &blocks, false);
        if !engine.looks_through(classes.len(), nodes.len()) {
            return self.passing_outside(Direction::Ingress, nodes, addresses);
        }
        let mut found: Vec<(OpenTo, SortedSet<NodeId>)> = Vec::new();
        for node in nodes {
            let mut alike = OpenTo::new();
            for class in &classes {
                let Members::Addresses(ranges) = &class.members else { continue };
                let Some((first, _)) = ranges.first() else { continue };
                let addresses = engine.outside_of_node(*node, &address_set(ranges));
                if addresses.is_empty() {
                    continue;
                }
                let clients = Group { addresses: addresses.clone(), ..Group::default() };
                let open = self.through(clients, *node, Family::of(*first));
                match alike.iter_mut().find(|(known, _)| *known == open) {
                    Some((_, so_far)) => *so_far = so_far.union(&addresses),
                    None => alike.push((open, addresses)),
                }
            }
            match found.iter_mut().find(|(known, _)| *known == alike) {
                Some((_, nodes)) => _ = nodes.insert(*node),
                None => found.push((alike, [*node].into_iter().collect())),
            }
        }
        for (alike, nodes) in found {
            for ((allow, undefined), addresses) in alike {
                for node in self.nodes_shown(&nodes) {
                    if !(allow.is_empty() && undefined.is_empty()) {
                        let ends = (node, engine.address_peer(&addresses));
                        self.push_towards(
                            Direction::Ingress,
                            ends,
                            None,
                            Vec::new(),
                            allow.clone(),
                            undefined.clone(),
                        )?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Between nodes no policy has a say. One to itself is left out, as with pods.
    fn among_nodes(&mut self, from: &[NodeId], to: &[NodeId]) -> Result<(), QueryError> {
        if self.through && self.named.is_none() {
            return self.through_nodes(from, to);
        }
        let Some((allow, undefined)) = self.to_nodes() else { return Ok(()) };
        let (sources, targets) = (self.engine.nodes_by_family(from), self.engine.nodes_by_family(to));
        let mut rows: SortedMap<usize, SortedSet<NodeId>> = SortedMap::new();
        for (at, families) in sources.keys().enumerate() {
            let asked = |f: &Family| families.contains(f) && self.reach.families().contains(f);
            let meets = targets.iter().filter(|(others, _)| others.iter().any(asked));
            rows.entry(at).or_default().extend(meets.flat_map(|(_, nodes)| nodes));
        }
        let sources: Vec<SortedSet<NodeId>> = sources.into_values().collect();
        for (targets, rows) in rectangles(rows) {
            let sources: SortedSet<NodeId> = rows.into_iter().flat_map(|at| &sources[at]).copied().collect();
            self.between_nodes(&sources, &targets, &[], (&allow, &undefined))?;
        }
        Ok(())
    }

    /// Between nodes and the outside no policy has a say.
    fn outside_of_nodes(
        &mut self,
        direction: Direction,
        nodes: &[NodeId],
        addresses: &AddressSet,
    ) -> Result<(), QueryError> {
        if self.through && self.named.is_none() && direction == Direction::Ingress {
            return self.through_from_outside(nodes, addresses);
        }
        self.passing_outside(direction, nodes, addresses)
    }

    /// The same, where all ports that lead on are one.
    fn passing_outside(
        &mut self,
        direction: Direction,
        nodes: &[NodeId],
        addresses: &AddressSet,
    ) -> Result<(), QueryError> {
        let passing = match direction {
            Direction::Ingress => self.to_nodes(),
            Direction::Egress if self.named.is_some() => None,
            Direction::Egress => Self::split(&Planes::allow(self.reach.asked()), None),
        };
        let Some((allow, undefined)) = passing else { return Ok(()) };
        let mut by_addresses: SortedMap<AddressSet, SortedSet<NodeId>> = SortedMap::new();
        for node in nodes {
            let own = self.engine.outside_of_node(*node, addresses);
            by_addresses.entry(own).or_default().insert(*node);
        }
        by_addresses.remove(&AddressSet::empty());
        if self.by == Grain::Namespace && by_addresses.len() > 1 {
            let all = by_addresses.keys().fold(AddressSet::empty(), |all, one| all.union(one));
            by_addresses = [(all, nodes.iter().copied().collect())].into_iter().collect();
        }
        for (addresses, nodes) in by_addresses {
            for node in self.nodes_shown(&nodes) {
                let ends = (node, self.engine.address_peer(&addresses));
                self.push_towards(direction, ends, None, Vec::new(), allow.clone(), undefined.clone())?;
            }
        }
        Ok(())
    }

    /// What units have to do with addresses outside: where they go, or who comes in.
    fn outside(&mut self, direction: Direction, units: &[Unit], addresses: &AddressSet) -> Result<(), QueryError> {
        if addresses.is_empty() {
            return Ok(());
        }
        let engine = self.engine;
        let mut places_of: SortedMap<(Place, TrafficSet, TrafficSet), AddressSet> = SortedMap::new();
        // What decides about the outside, and what it comes to.
        let mut known = IndexMap::<_, Rc<Vec<Outside>>, foldhash::fast::RandomState>::default();
        let mut seen = HashSet::<(NamespaceId, usize), foldhash::fast::RandomState>::default();
        for group in units.chunk_by(|a, b| a.workload == b.workload) {
            // Units that the outside is alike to are named together.
            let mut alike: Vec<(Rc<Vec<Outside>>, Unit)> = Vec::new();
            for unit in group {
                let asked = match direction {
                    Direction::Ingress => self.asked(unit),
                    // A port name is looked up on a pod.
                    Direction::Egress => self.named.as_ref().map(|_| TrafficSet::empty()),
                };
                let all = TrafficSet::all_ports();
                let traffic = asked.as_ref().unwrap_or_else(|| self.reach.asked());
                let subject = engine.pod(unit.party).and_then(|pod| engine.side(direction).subject(pod));
                let entry = known.entry((subject, engine.outside_families(unit.party), asked.clone()));
                let number = entry.index();
                let found = entry.or_insert_with(|| {
                    Rc::new(engine.outside_of(direction, unit, addresses, &traffic.intersection(&all)))
                });
                let found = found.clone();
                let namespace = engine.cluster.workload(unit.workload).namespace;
                if self.by == Grain::Namespace && !seen.insert((namespace, number)) {
                    continue;
                }
                match alike.iter_mut().find(|(other, _)| *other == found) {
                    Some((_, so_far)) => so_far.members.extend(&unit.members),
                    None => alike.push((found, unit.clone())),
                }
            }
            for (found, unit) in alike {
                for place in places(engine, self.by, &unit) {
                    for outside in found.iter() {
                        let key = (place.clone(), outside.allow.clone(), outside.undefined.clone());
                        let entry = places_of.entry(key).or_default();
                        *entry = entry.union(&outside.addresses);
                    }
                }
            }
        }
        for ((place, allow, undefined), addresses) in places_of {
            let (pods, world) = (peer(engine, &place), engine.address_peer(&addresses));
            let (from, to) = match direction {
                Direction::Egress => (pods, world),
                Direction::Ingress => (world, pods),
            };
            self.push(Connection { from, to, relation: None, families: Vec::new(), allow, undefined })?;
        }
        Ok(())
    }
}
