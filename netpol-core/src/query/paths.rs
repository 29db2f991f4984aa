//! `paths`: chains of hops, as somebody moves who has taken over a pod.
//!
//! The outside is where a chain may begin or end; none leads through it.

use super::answer::{Note, Peer};
use super::basis::Basis;
use super::hops::{Asked, Hops, Sure, sure_outside};
use super::matrix::Connection;
use super::port::PortExpr;
use super::resolve::{Group, QueryError, QueryProblem};
use crate::diagnostic::Params;
use crate::engine::Engine;
use crate::explain::Code;
use crate::ir::Direction;
use crate::model::{EndpointId, WorkloadId};
use crate::set::{AddressSet, TrafficSet};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use petgraph::algo::{dominators, has_path_connecting};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::NodeFiltered;
use serde::Serialize;

/// What is asked of paths.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct PathsQuery {
    /// Where the chain begins, in the grammar of [`parse_peer`](super::parse_peer).
    pub from: String,
    /// Where it ends, likewise; none: all that can be reached.
    pub to: Option<String>,
    /// The traffic of the last hop, in the grammar of [`parse_port`](super::parse_port); none: every
    /// port of TCP, UDP and SCTP.
    pub port: Option<String>,
    /// The traffic of the hops before it, likewise.
    pub via_port: Option<String>,
    /// Whether hops may be over traffic that is undefined.
    pub undefined: bool,
}

/// What was asked, as typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PathsQuestion {
    /// Where the chain begins.
    pub from: String,
    /// Where it ends; none: all that can be reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The traffic of the last hop.
    pub port: String,
    /// The traffic of the hops before it.
    pub via_port: String,
    /// Whether hops may be over traffic that is undefined.
    pub undefined: bool,
}

/// The shortest chain to where it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PathAnswer {
    /// Whether there is one.
    pub found: bool,
    /// Its hops, in their order. One without allowed traffic rests on what is undefined, which is said
    /// only where it was asked for.
    pub hops: Vec<Connection>,
}

/// Somebody who can be reached.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Reached {
    /// In how many hops, from 1.
    pub distance: usize,
    /// The last of them, on one of the shortest chains.
    #[serde(flatten)]
    pub hop: Connection,
}

/// All that can be reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BlastRadius {
    /// By distance, then by name.
    pub reached: Vec<Reached>,
    /// How many workloads that is, without those where it began.
    pub workloads: usize,
    /// How many other workloads there are.
    pub of_workloads: usize,
    /// Who is on every path to the outside, from the beginning to the end of the path; undefined hops
    /// count as paths. None where the outside cannot be reached, or in more than one way.
    pub choke_points: Vec<Peer>,
}

/// The answer of `paths`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PathsAnswer {
    /// `netpol.paths/v1`.
    pub schema: &'static str,
    /// What was asked.
    pub question: PathsQuestion,
    /// The shortest chain, where an end was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathAnswer>,
    /// All that can be reached, where none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blast_radius: Option<BlastRadius>,
    /// What the answer does not say by itself.
    pub notes: Vec<Note>,
    /// What it rests on.
    pub basis: Basis,
}

impl PathsAnswer {
    /// Whether there is a path, or anything that can be reached.
    pub fn found(&self) -> bool {
        let path = self.path.as_ref().is_some_and(|p| p.found);
        path || self.blast_radius.as_ref().is_some_and(|b| !b.reached.is_empty())
    }
}

/// A stage of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Outside,
    Unit(usize),
}

/// How a unit was reached: in how many hops, how many of them undefined, and from where. Nothing
/// before it: it is where the chain begins.
#[derive(Clone, Copy, Debug)]
struct Found {
    distance: usize,
    undefined: usize,
    before: Option<Stage>,
}

/// What makes units of a workload one row: distance, workload, from where, and what passes.
type Row = (usize, WorkloadId, Peer, TrafficSet, TrafficSet);

/// A search from one place.
struct Search<'e, 'q> {
    hops: Hops<'e>,
    /// Addresses outside where chains begin, and where they end.
    from: &'q AddressSet,
    to: &'q AddressSet,
    via: &'q Asked,
    last: &'q Asked,
    undefined: bool,
}

pub(crate) fn paths(
    engine: &Engine,
    question: PathsQuestion,
    from: &Group,
    to: Option<&Group>,
    port: &PortExpr,
    via: &PortExpr,
) -> Result<PathsAnswer, QueryError> {
    let (last, via) = (Asked::new(port), Asked::new(via));
    if to.is_some_and(|to| to.endpoints.is_empty() && from.endpoints.is_empty()) {
        let found = format!("{} → {}", question.from, question.to.as_deref().unwrap_or_default());
        return Err(QueryError::new(QueryProblem::OutsideToOutside).with("found", found));
    }
    let everything = last.set.union(&via.set).union(&TrafficSet::all_ports());
    let nowhere = (Vec::new(), engine.world());
    let (targets, addresses) = to.map_or(nowhere, |to| (to.endpoints.clone(), to.addresses.clone()));
    let search = |split, undefined| {
        let hops = Hops::new(engine, &from.endpoints, &targets, &everything, split);
        Search { hops, from: &from.addresses, to: &addresses, via: &via, last: &last, undefined }
    };
    // Pods of one workload are told apart by their nodes only where that matters.
    fn precisely<'e, 'q, T>(
        search: impl Fn(bool) -> Search<'e, 'q>,
        run: impl Fn(&mut Search<'e, 'q>) -> Result<T, QueryError>,
    ) -> Result<T, QueryError> {
        let mut first = search(false);
        let found = run(&mut first)?;
        if first.hops.by_node { run(&mut search(true)) } else { Ok(found) }
    }
    let basis = engine.basis_of_all();
    let mut answer =
        PathsAnswer { schema: "netpol.paths/v1", question, path: None, blast_radius: None, notes: Vec::new(), basis };
    let undefined = answer.question.undefined;
    if to.is_none() {
        answer.blast_radius = Some(precisely(|split| search(split, undefined), Search::blast_radius)?);
        return Ok(answer);
    }
    if let Some(name) = last.name()
        && targets.iter().all(|id| engine.declared(*id, name, None).is_empty())
    {
        let to = answer.question.to.clone().unwrap_or_default();
        return Err(QueryError::new(QueryProblem::UnknownPortName).with("found", name).with("to", to));
    }
    let hops = precisely(|split| search(split, undefined), Search::shortest)?;
    if hops.is_none()
        && !undefined
        && let Some(hops) = precisely(|split| search(split, true), Search::shortest)?
    {
        let params = Params::from([("hops", hops.len().to_string())]);
        answer.notes.push(Note { code: Code::PathUndefined, params });
    }
    answer.path = Some(PathAnswer { found: hops.is_some(), hops: hops.unwrap_or_default() });
    Ok(answer)
}

impl Search<'_, '_> {
    fn counts(&self, sure: Option<Sure>) -> Option<usize> {
        match sure? {
            Sure::Allowed => Some(0),
            Sure::Undefined => self.undefined.then_some(1),
        }
    }

    /// Where chains begin.
    fn start(&self, without: Option<usize>) -> Vec<Option<Found>> {
        let begin = Found { distance: 0, undefined: 0, before: None };
        let is_source = |at: &usize| self.hops.sources.contains(at) && Some(*at) != without;
        (0..self.hops.units.len()).map(|at| is_source(&at).then_some(begin)).collect()
    }

    /// Who is reached next from those at a distance; the fewest undefined hops, then the first name.
    fn step(&mut self, found: &mut [Option<Found>], distance: usize) -> Result<bool, QueryError> {
        let mut frontier: Vec<(usize, Stage)> = Vec::new();
        if distance == 0 && !self.from.is_empty() {
            frontier.push((0, Stage::Outside));
        }
        let here = found.iter().enumerate().filter_map(|(at, f)| Some((at, (*f)?)));
        frontier.extend(here.filter(|(_, f)| f.distance == distance).map(|(at, f)| (f.undefined, Stage::Unit(at))));
        frontier.arrange();
        let mut new: Vec<(usize, Found)> = Vec::new();
        for to in (0..found.len()).filter(|to| found[*to].is_none()) {
            let asked = self.via.at(self.hops.engine, &self.hops.units[to]);
            let mut best: Option<(usize, Stage)> = None;
            for (so_far, from) in &frontier {
                if best.is_some_and(|(least, _)| least <= *so_far) {
                    break;
                }
                let sure = match from {
                    Stage::Unit(from) => self.hops.sure(*from, to, &asked)?,
                    Stage::Outside => sure_outside(&self.hops.outside(Direction::Ingress, to, self.from, &asked)),
                };
                if let Some(more) = self.counts(sure)
                    && best.is_none_or(|(least, _)| so_far + more < least)
                {
                    best = Some((so_far + more, *from));
                }
            }
            if let Some((undefined, from)) = best {
                new.push((to, Found { distance: distance + 1, undefined, before: Some(from) }));
            }
        }
        let any = !new.is_empty();
        for (to, reached) in new {
            found[to] = Some(reached);
        }
        Ok(any)
    }

    /// The hops of the shortest chain.
    fn shortest(&mut self) -> Result<Option<Vec<Connection>>, QueryError> {
        // A single pod that is at both ends is reached from another one, not from itself.
        let (both, others): (Vec<usize>, Vec<usize>) =
            self.hops.targets.iter().partition(|at| self.hops.sources.contains(at) && !self.hops.is_several(**at));
        let length = |c: &(usize, Vec<Stage>)| (c.1.len(), c.0);
        let mut best = self.chain(None, &others)?;
        for target in both {
            if best.as_ref().is_some_and(|best| length(best) <= (2, 0)) {
                break;
            }
            let chain = self.chain(Some(target), &[target])?;
            if let Some(chain) = chain
                && best.as_ref().is_none_or(|best| length(&chain) < length(best))
            {
                best = Some(chain);
            }
        }
        let Some((_, stages)) = best else { return Ok(None) };
        let last = stages.len().saturating_sub(2);
        let pairs = stages.windows(2).enumerate();
        Ok(Some(pairs.map(|(at, pair)| self.hop(pair[0], pair[1], at == last)).collect()))
    }

    /// The stages of the shortest chain to one of the targets or to the addresses, with how many of
    /// its hops are undefined.
    fn chain(&mut self, without: Option<usize>, targets: &[usize]) -> Result<Option<(usize, Vec<Stage>)>, QueryError> {
        let mut found = self.start(without);
        for distance in 0.. {
            let mut best: Option<(usize, Stage, Stage)> = None;
            let mut offer = |undefined: usize, from: Stage, to: Stage| {
                if best.is_none_or(|(least, ..)| undefined < least) {
                    best = Some((undefined, from, to));
                }
            };
            let here: Vec<(usize, usize)> = found
                .iter()
                .enumerate()
                .filter_map(|(at, f)| f.filter(|f| f.distance == distance).map(|f| (at, f.undefined)))
                .collect();
            for to in targets {
                let asked = self.last.at(self.hops.engine, &self.hops.units[*to]);
                if distance == 0 && !self.from.is_empty() {
                    let outside = self.hops.outside(Direction::Ingress, *to, self.from, &asked);
                    if let Some(more) = self.counts(sure_outside(&outside)) {
                        offer(more, Stage::Outside, Stage::Unit(*to));
                    }
                }
                for (from, so_far) in &here {
                    // Within a unit a hop is one between two of its pods.
                    let sure = self.hops.sure(*from, *to, &asked)?;
                    if let Some(more) = self.counts(sure) {
                        offer(so_far + more, Stage::Unit(*from), Stage::Unit(*to));
                    }
                }
            }
            if without.is_none() && !self.to.is_empty() {
                for (from, so_far) in &here {
                    let outside = self.hops.outside(Direction::Egress, *from, self.to, &self.last.outside());
                    if let Some(more) = self.counts(sure_outside(&outside)) {
                        offer(so_far + more, Stage::Unit(*from), Stage::Outside);
                    }
                }
            }
            if let Some((undefined, from, to)) = best {
                let mut stages = vec![to];
                stages.extend(back(&found, from));
                stages.reverse();
                return Ok(Some((undefined, stages)));
            }
            if !self.step(&mut found, distance)? {
                break;
            }
        }
        Ok(None)
    }

    fn peer(&self, stage: Stage) -> Peer {
        match stage {
            Stage::Outside => self.hops.engine.address_peer(self.from),
            Stage::Unit(at) => {
                let unit = &self.hops.units[at];
                self.hops.engine.workload_peer(unit.workload, &unit.members)
            }
        }
    }

    /// What passes on a hop.
    fn hop(&mut self, from: Stage, to: Stage, is_last: bool) -> Connection {
        let asked = if is_last { self.last } else { self.via };
        let (mut allow, mut undefined) = (TrafficSet::empty(), TrafficSet::empty());
        let (mut relation, mut families) = (None, Vec::new());
        let mut reached = AddressSet::empty();
        match (from, to) {
            (Stage::Unit(from), Stage::Unit(to)) => {
                let asked = asked.at(self.hops.engine, &self.hops.units[to]);
                let between = self.hops.between(from, to, &asked);
                for (_, a, u) in &between {
                    (allow, undefined) = (allow.union(a), undefined.union(u));
                }
                if let [(link, ..)] = between.as_slice() {
                    (relation, families) = (link.relation, link.families.clone());
                }
            }
            (Stage::Unit(from), Stage::Outside) => {
                for outside in self.hops.outside(Direction::Egress, from, self.to, &asked.outside()) {
                    if self.undefined || !outside.allow.is_empty() {
                        reached = reached.union(&outside.addresses);
                    }
                    (allow, undefined) = (allow.union(&outside.allow), undefined.union(&outside.undefined));
                }
            }
            (Stage::Outside, Stage::Unit(to)) => {
                let asked = asked.at(self.hops.engine, &self.hops.units[to]);
                for outside in self.hops.outside(Direction::Ingress, to, self.from, &asked) {
                    (allow, undefined) = (allow.union(&outside.allow), undefined.union(&outside.undefined));
                }
            }
            (Stage::Outside, Stage::Outside) => {}
        }
        undefined = if self.undefined { undefined.difference(&allow) } else { TrafficSet::empty() };
        let target = if to == Stage::Outside { self.hops.engine.address_peer(&reached) } else { self.peer(to) };
        Connection { from: self.peer(from), to: target, relation, families, allow, undefined }
    }

    fn blast_radius(&mut self) -> Result<BlastRadius, QueryError> {
        let mut found = self.start(None);
        let mut distance = 0;
        while self.step(&mut found, distance)? {
            distance += 1;
        }
        let own: SortedSet<WorkloadId> = self.hops.sources.iter().map(|at| self.hops.units[*at].workload).collect();
        let all: SortedSet<WorkloadId> = self.hops.units.iter().map(|u| u.workload).collect();
        let mut rows: Vec<(Row, Connection, usize)> = Vec::new();
        let mut reached: SortedSet<WorkloadId> = SortedSet::new();
        for (at, way) in found.iter().enumerate() {
            let Some(Found { distance, before: Some(before), .. }) = way else { continue };
            let hop = self.hop(*before, Stage::Unit(at), false);
            let unit = &self.hops.units[at];
            if !own.contains(&unit.workload) {
                reached.insert(unit.workload);
            }
            let key = (*distance, unit.workload, hop.from.clone(), hop.allow.clone(), hop.undefined.clone());
            rows.push((key, hop, at));
        }
        rows.arrange_by(|a, b| a.0.cmp(&b.0));
        let mut rows: Vec<Reached> = rows
            .chunk_by(|a, b| a.0 == b.0)
            .filter_map(|alike| {
                let ((distance, workload, ..), hop, _) = alike.first()?;
                let members: Vec<EndpointId> =
                    alike.iter().flat_map(|row| &self.hops.units[row.2].members).copied().collect();
                let to = self.hops.engine.workload_peer(*workload, &members);
                Some(Reached { distance: *distance, hop: Connection { to, ..hop.clone() } })
            })
            .collect();
        if self.from.is_empty() {
            rows.extend(self.outside_by_distance(&found));
        }
        rows.arrange_by(|a, b| (a.distance, &a.hop.to, &a.hop).cmp(&(b.distance, &b.hop.to, &b.hop)));
        let leaves = rows.iter().any(|r| r.hop.to.kind_of == super::answer::PeerKind::Addresses);
        let choke_points = if leaves { self.choke_points()? } else { Vec::new() };
        let of_workloads = all.difference(&own).count();
        Ok(BlastRadius { reached: rows, workloads: reached.len(), of_workloads, choke_points })
    }

    /// Addresses outside, each at the least distance.
    fn outside_by_distance(&self, found: &[Option<Found>]) -> Vec<Reached> {
        let mut order: Vec<(usize, usize)> =
            found.iter().enumerate().filter_map(|(at, f)| f.map(|f| (f.distance, at))).collect();
        order.arrange();
        let mut left = self.to.clone();
        let mut rows = Vec::new();
        for (distance, at) in order {
            if left.is_empty() {
                break;
            }
            for outside in self.hops.outside(Direction::Egress, at, &left, &self.via.outside()) {
                if outside.allow.is_empty() && !self.undefined {
                    continue;
                }
                left = left.difference(&outside.addresses);
                let hop = Connection {
                    from: self.peer(Stage::Unit(at)),
                    to: self.hops.engine.address_peer(&outside.addresses),
                    relation: None,
                    families: Vec::new(),
                    allow: outside.allow,
                    undefined: if self.undefined { outside.undefined } else { TrafficSet::empty() },
                };
                rows.push(Reached { distance: distance + 1, hop });
            }
        }
        rows
    }

    /// The workloads that every path to the outside goes through. Undefined hops count: one of them
    /// may be a way around.
    fn choke_points(&mut self) -> Result<Vec<Peer>, QueryError> {
        let own: SortedSet<WorkloadId> = self.hops.sources.iter().map(|at| self.hops.units[*at].workload).collect();
        let trivial = |workload: WorkloadId| own.len() == 1 && own.contains(&workload);
        let leaves = |at: usize| !self.hops.outside(Direction::Egress, at, self.to, &self.via.outside()).is_empty();
        if own.len() == 1 && self.hops.sources.iter().any(|at| leaves(*at)) {
            return Ok(Vec::new());
        }
        let was = std::mem::replace(&mut self.undefined, true);
        let found = self.search_all();
        self.undefined = was;
        let found = found?;
        let reached: Vec<usize> = (0..found.len()).filter(|at| found[*at].is_some()).collect();
        let mut graph: DiGraph<Option<usize>, ()> = DiGraph::new();
        let (root, sink) = (graph.add_node(None), graph.add_node(None));
        let nodes: SortedMap<usize, NodeIndex> = reached.iter().map(|at| (*at, graph.add_node(Some(*at)))).collect();
        for (from, node) in nodes.iter() {
            if self.hops.sources.contains(from) {
                graph.add_edge(root, *node, ());
            }
            if !self.hops.outside(Direction::Egress, *from, self.to, &self.via.outside()).is_empty() {
                graph.add_edge(*node, sink, ());
            }
            for (to, target) in nodes.iter() {
                // Nobody has to come back to where he began.
                if from != to && !self.hops.sources.contains(to) {
                    let asked = self.via.at(self.hops.engine, &self.hops.units[*to]);
                    if self.hops.sure(*from, *to, &asked)?.is_some() {
                        graph.add_edge(*node, *target, ());
                    }
                }
            }
        }
        let dominators = dominators::simple_fast(&graph, root);
        let units = dominators.strict_dominators(sink).into_iter().flatten().filter_map(|node| graph[node]);
        let mut points: SortedMap<(usize, WorkloadId), Vec<EndpointId>> = SortedMap::new();
        let distance = |at: usize| found[at].map_or(0, |f| f.distance);
        for at in units.filter(|at| !trivial(self.hops.units[*at].workload)) {
            let unit = &self.hops.units[at];
            points.entry((distance(at), unit.workload)).or_default().extend(&unit.members);
        }
        // Of a workload of several units none may be on every path, and yet one of them is.
        let mut parts: SortedMap<WorkloadId, Vec<usize>> = SortedMap::new();
        for at in &reached {
            parts.entry(self.hops.units[*at].workload).or_default().push(*at);
        }
        let named: SortedSet<WorkloadId> = points.keys().map(|(_, workload)| *workload).collect();
        for (workload, units) in parts {
            if units.len() < 2 || trivial(workload) || named.contains(&workload) {
                continue;
            }
            let without = NodeFiltered::from_fn(&graph, |node| graph[node].is_none_or(|at| !units.contains(&at)));
            if !has_path_connecting(&without, root, sink, None) {
                let first = units.iter().map(|at| distance(*at)).min().unwrap_or_default();
                let members = units.iter().flat_map(|at| self.hops.units[*at].members.clone());
                points.entry((first, workload)).or_default().extend(members);
            }
        }
        let peers = points.into_iter().map(|((_, id), members)| self.hops.engine.workload_peer(id, &members));
        Ok(peers.collect())
    }

    fn search_all(&mut self) -> Result<Vec<Option<Found>>, QueryError> {
        let mut found = self.start(None);
        let mut distance = 0;
        while self.step(&mut found, distance)? {
            distance += 1;
        }
        Ok(found)
    }
}

/// The stages from one back to where its chain begins.
fn back(found: &[Option<Found>], from: Stage) -> Vec<Stage> {
    let mut stages = vec![from];
    let mut at = from;
    while let Stage::Unit(unit) = at
        && let Some(Found { before: Some(before), .. }) = found[unit]
    {
        stages.push(before);
        at = before;
    }
    stages
}
