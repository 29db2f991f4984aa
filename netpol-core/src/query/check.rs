//! `check`: can FROM reach TO on PORT, and why.

use super::answer::{CheckAnswer, DirectionAnswer, Part, Question, Relation, Verdict, Via};
use super::direction::{Flow, plain, reason, verdict_of};
use super::fold::{Class, Members};
use super::notes::Notes;
use super::port::PortExpr;
use super::resolve::{Group, QueryError, QueryProblem};
use super::units::rectangles;
use crate::engine::{Engine, PairPlanes, Party, Planes};
use crate::explain::Code;
use crate::ir::Direction;
use crate::model::{EndpointId, ServiceKind};
use crate::path::{self, Asked, Face, Fate, SeenSource, Way};
use crate::profile::{Hairpin, ServiceEgress};
use crate::set::{AddressSet, Family, TrafficSet};
use crate::sorted::{Arrange, SortedMap, SortedSet};

/// Above so many cells, reasons are traced for one cell of each group with the same verdicts.
const MAX_TRACED_CELLS: usize = 4096;

/// More cells than this are not compared in one question: some twenty seconds of work.
const MAX_CELLS: usize = 4_000_000;

/// What makes two cells one part.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PartKey {
    pub(super) verdict: Verdict,
    pub(super) relation: Option<Relation>,
    families: Vec<Family>,
    pub(super) traffic: TrafficSet,
    pub(super) egress: DirectionAnswer,
    pub(super) ingress: DirectionAnswer,
}

/// Of so many cells of a part the nearest misses are looked for.
const MOST_FLOWS: usize = 8;

/// Cells of one part: for each source class the destination classes, and flows to look closer at.
#[derive(Default)]
struct Cells {
    rows: SortedMap<usize, SortedSet<usize>>,
    flows: Vec<Flow>,
}

pub(crate) fn check(
    engine: &Engine,
    question: Question,
    from: &Group,
    to: &Group,
    port: &PortExpr,
) -> Result<CheckAnswer, QueryError> {
    if !from.services.is_empty() && from.endpoints.is_empty() && from.nodes.is_empty() && from.addresses.is_empty() {
        return Err(QueryError::new(QueryProblem::ServiceAsSource).with("found", &question.from));
    }
    let inside = |g: &Group| !(g.endpoints.is_empty() && g.nodes.is_empty() && g.services.is_empty());
    if !inside(from) && !inside(to) {
        return Err(QueryError::new(QueryProblem::OutsideToOutside)
            .with("found", format!("{} → {}", question.from, question.to)));
    }
    let mut notes = Notes::default();
    let mut parts = Vec::new();
    for way in &ways(engine, from, to, port, &question, &mut notes)? {
        Asking { engine, from: &way.from, way }.parts(&mut parts, &mut notes)?;
    }
    notes.look_at_services(engine, to, from);
    if parts.is_empty() {
        return Err(QueryError::new(QueryProblem::NoFlow).with("found", format!("{} → {}", question.from, question.to)));
    }
    parts.arrange();
    parts.dedup();
    let verdict = Verdict::of_parts(parts.iter().map(|p| p.verdict));
    let (notes, basis) = notes.finish(engine, from, to, &parts);
    Ok(CheckAnswer { schema: "netpol.check/v1", verdict, question, parts, notes, basis })
}

/// The parts of some ways, sorted.
pub(crate) fn parts_of(engine: &Engine, ways: &[Way]) -> Result<Vec<Part>, QueryError> {
    let (mut parts, mut notes) = (Vec::new(), Notes::default());
    for way in ways {
        Asking { engine, from: &way.from, way }.parts(&mut parts, &mut notes)?;
    }
    parts.arrange();
    parts.dedup();
    Ok(parts)
}

/// The ways to the destinations, by the ports on which they are asked.
pub(super) fn ways(
    engine: &Engine,
    from: &Group,
    to: &Group,
    port: &PortExpr,
    question: &Question,
    notes: &mut Notes,
) -> Result<Vec<Way>, QueryError> {
    let mut ways = Vec::new();
    let direct = |to: Group, traffic: TrafficSet| Way {
        from: from.clone(),
        to,
        asked: traffic.clone(),
        traffic,
        ..Way::default()
    };
    let group = Group { services: Vec::new(), nodes: Vec::new(), ..to.clone() };
    let whole = |traffic: &TrafficSet, ways: &mut Vec<Way>| {
        if !group.is_empty() {
            ways.push(direct(group.clone(), traffic.clone()));
        }
        let context = (&*engine.cluster, &engine.profile);
        path::through_nodes(context, &to.nodes, &to.families, from, traffic, ways);
    };
    let asked = match port {
        PortExpr::Any => {
            whole(&TrafficSet::all_ports(), &mut ways);
            Asked::Any
        }
        PortExpr::Set(traffic) => {
            whole(traffic, &mut ways);
            Asked::Set(traffic)
        }
        PortExpr::Named(name, protocol) => {
            let mut by_number: SortedMap<TrafficSet, Vec<EndpointId>> = SortedMap::new();
            for id in &group.endpoints {
                by_number.entry(engine.declared(*id, name, *protocol)).or_default().push(*id);
            }
            let missing = by_number.remove(&TrafficSet::empty()).is_some();
            let direct_only = to.services.is_empty() && !(group.is_empty() && to.nodes.is_empty());
            if by_number.is_empty() && (missing || direct_only) {
                return Err(engine.unknown_port_name(&question.port, &question.to, &group.endpoints));
            }
            notes.port_name_missing |= missing;
            for (traffic, endpoints) in by_number {
                let group = Group { endpoints, families: to.families.clone(), ..Group::default() };
                ways.push(direct(group, traffic));
            }
            Asked::Named(name, *protocol)
        }
    };
    for id in &to.services {
        let service = engine.cluster.service(*id);
        if service.kind == ServiceKind::ExternalName {
            let traffic = if let PortExpr::Set(set) = port { set.clone() } else { TrafficSet::all_ports() };
            let name = Some(service.external_name.to_string());
            let addresses = match engine.addresses_of_name(&service.external_name).as_slice() {
                [] => engine.world(),
                known => AddressSet::addresses(known),
            };
            let group = Group { addresses, name, ..Group::default() };
            ways.push(Way { service: Some(*id), ..direct(group, traffic) });
            continue;
        }
        let mut faces: Vec<Face> = to.faces.iter().filter(|(of, _)| of == id).map(|(_, face)| *face).collect();
        if faces.is_empty() {
            faces.push(Face::Name);
        }
        let context = (&*engine.cluster, &engine.profile);
        if !path::through_service(context, *id, from, asked, (&faces, &to.families), &mut ways) {
            return Err(engine.unknown_service_port(&question.port, service));
        }
    }
    Ok(ways)
}

/// One way of a question.
pub(super) struct Asking<'a> {
    pub(super) engine: &'a Engine,
    pub(super) from: &'a Group,
    pub(super) way: &'a Way,
}

/// What a pair comes to on a way, with what may leave a direction open beside policies.
struct Seen {
    planes: PairPlanes,
    egress: Vec<Code>,
    ingress: Vec<Code>,
}

/// A cell's verdicts on one piece of traffic.
struct Piece {
    verdict: Verdict,
    relation: Option<Relation>,
    family: Option<Family>,
    traffic: TrafficSet,
    egress: DirectionAnswer,
    ingress: DirectionAnswer,
}

impl Asking<'_> {
    fn parts(&self, parts: &mut Vec<Part>, notes: &mut Notes) -> Result<(), QueryError> {
        let engine = self.engine;
        if let Some(part) = self.early_end() {
            parts.push(part);
            return Ok(());
        }
        let (sources, targets) = self.classes();
        let cells = sources.len().saturating_mul(targets.len());
        if cells > MAX_CELLS {
            return Err(QueryError::new(QueryProblem::TooManyPairs).with("pairs", cells).with("limit", MAX_CELLS));
        }
        let trace_all = cells <= MAX_TRACED_CELLS;
        notes.witness_reasons |= !trace_all;
        let mut grouped: SortedMap<PartKey, Cells> = SortedMap::new();
        for (s, source) in sources.iter().enumerate() {
            for (t, target) in targets.iter().enumerate() {
                for (key, flow) in self.cell(source, target, trace_all) {
                    let cells = grouped.entry(key).or_default();
                    cells.rows.entry(s).or_default().insert(t);
                    if cells.flows.len() < MOST_FLOWS {
                        cells.flows.push(flow);
                    }
                }
            }
            notes.look_at_source(engine, source);
        }
        for target in &targets {
            notes.look_at_target(engine, target);
            for source in &sources {
                if !self.way.translated {
                    notes.look_at_probes(engine, source, target, &self.way.traffic);
                }
                if let (Some(s), Some(d)) = (source.representatives.first(), target.representatives.first()) {
                    notes.look_at_flow(
                        engine,
                        Flow { source: *s, destination: *d, family: Family::V4 },
                        &self.way.traffic,
                    );
                }
            }
        }
        for (mut key, cells) in grouped {
            // Rows with the same columns are one rectangle.
            let rectangles = rectangles(cells.rows);
            if let Some(flow) = cells.flows.first().filter(|_| !trace_all) {
                self.fill_in(&mut key, *flow);
            }
            for answer in [&mut key.egress, &mut key.ingress] {
                if answer.verdict == Verdict::Deny {
                    let first = cells.flows.first();
                    let judged = first.map_or(&key.traffic, |flow| self.judged(answer.direction, flow, &key.traffic));
                    answer.near_misses = engine.near_misses(answer.direction, &cells.flows, judged);
                }
            }
            for (columns, rows) in rectangles {
                parts.push(Part {
                    verdict: key.verdict,
                    from: engine.peers_of(rows.iter().filter_map(|s| sources.get(*s))),
                    to: engine.peers_of(columns.iter().filter_map(|t| targets.get(*t))),
                    relation: key.relation,
                    families: key.families.clone(),
                    traffic: key.traffic.clone(),
                    via: self.via(),
                    egress: key.egress.clone(),
                    ingress: key.ingress.clone(),
                });
            }
        }
        Ok(())
    }

    /// The ends of the way, folded into classes.
    pub(super) fn classes(&self) -> (Vec<Class>, Vec<Class>) {
        let (engine, to) = (self.engine, &self.way.to);
        let to_blocks = engine.blocks_of_group(Direction::Egress, self.from);
        let from_blocks = engine.blocks_of_group(Direction::Ingress, to);
        let host = |g: &Group| {
            !g.nodes.is_empty() || g.endpoints.iter().any(|id| engine.node_of_host(Party::Endpoint(*id)).is_some())
        };
        // Which node a pod is on can matter where a node's address takes the place of an end's.
        let sources = engine.fold(self.from, &from_blocks, host(to) || self.way.or_node.is_some());
        let targets = engine.fold(to, &to_blocks, host(self.from) || self.way.source != SeenSource::Kept);
        (sources, targets)
    }

    /// The part of the way if it ends before any policy is asked.
    pub(super) fn early_end(&self) -> Option<Part> {
        let (engine, (fate, code)) = (self.engine, self.way.fate?);
        // Of a node without an address of the family, no port is visited.
        let apart = self.way.node.is_some_and(|node| {
            let from = engine.fold(self.from, &[], false);
            let mut from = from.iter().flat_map(|class| &class.representatives);
            from.all(|party| engine.common_families(*party, Party::Node(node)).is_empty())
        });
        let (fate, code) = if apart { (Fate::Open, Code::NoCommonFamily) } else { (fate, code) };
        Some(self.ended(fate, code))
    }

    fn via(&self) -> Option<Via> {
        let service = match (self.way.service, self.way.node) {
            (Some(service), _) => self.engine.service_peer(service),
            (None, Some(node)) => self.engine.node_peer(node),
            (None, None) if self.way.translated => self.engine.nodes_peer(self.engine.all_nodes().into_iter()),
            (None, None) => return None,
        };
        Some(Via { service, traffic: self.way.asked.clone() })
    }

    /// The part of a way that ends before any policy is asked.
    fn ended(&self, fate: Fate, code: Code) -> Part {
        let traffic = self.way.asked.clone();
        let classes = self.engine.fold(self.from, &[], false);
        let verdict = if fate == Fate::Dropped { Verdict::Deny } else { Verdict::Undefined };
        Part {
            verdict,
            from: self.engine.peers_of(classes.iter()),
            to: match self.way.to.services.as_slice() {
                [] => self.engine.peers_of(self.engine.fold(&self.way.to, &[], false).iter()),
                services => services.iter().map(|s| self.engine.service_peer(*s)).collect(),
            },
            relation: None,
            families: Vec::new(),
            via: None,
            egress: plain(Direction::Egress, verdict, code, &traffic),
            ingress: plain(Direction::Ingress, verdict, code, &traffic),
            traffic,
        }
    }

    /// Whether a pod of two classes can have to do with itself, and whether one can with another.
    pub(super) fn itself_and_others(&self, source: &Class, target: &Class) -> (bool, bool) {
        let (Members::Endpoints(a), Members::Endpoints(b)) = (&source.members, &target.members) else {
            return (false, true);
        };
        let itself = a.iter().any(|id| b.binary_search(id).is_ok());
        let same_one = a.len() == 1 && b.len() == 1 && a == b;
        (itself, !same_one || a.iter().any(|id| self.engine.is_many(*id)))
    }

    /// The parts of one pair of classes.
    pub(super) fn cell(&self, source: &Class, target: &Class, trace: bool) -> Vec<(PartKey, Flow)> {
        let engine = self.engine;
        let (itself, others) = self.itself_and_others(source, target);
        let (Some(s), Some(t)) = (source.representatives.first(), target.representatives.first()) else {
            return Vec::new();
        };
        // Between two outside addresses no policy has a say.
        if let (Party::Address(_), Party::Address(_)) = (s, t) {
            return Vec::new();
        }
        let common = self.families(source, target);
        let mut out = Vec::new();
        if itself {
            // The first member stands for all: a pod and itself.
            let flow = |p: &Piece| Flow { source: *s, destination: *s, family: p.family.unwrap_or(Family::V4) };
            let relation = others.then_some(Relation::Itself);
            let families = if common.is_empty() { engine.families(*s) } else { common.clone() };
            out.extend(self.to_itself(*s, &families, relation).into_iter().map(|p| {
                let flow = flow(&p);
                (p, flow)
            }));
        }
        if !others {
            return self.keyed(out, common.len());
        }
        let relation = itself.then_some(Relation::Others);
        // Of the outside as a whole, a pod has to do only with the families that it has itself.
        let whole = |g: &Group| g.world || g.name.is_some();
        if common.is_empty() && !whole(self.from) && !whole(&self.way.to) {
            let flow = Flow { source: *s, destination: *t, family: Family::V4 };
            let code = Code::NoCommonFamily;
            let traffic = &self.way.traffic;
            let piece = Piece {
                verdict: Verdict::Undefined,
                relation,
                family: None,
                traffic: traffic.clone(),
                egress: plain(Direction::Egress, Verdict::Undefined, code, traffic),
                ingress: plain(Direction::Ingress, Verdict::Undefined, code, traffic),
            };
            out.push((piece, flow));
        }
        for family in &common {
            // Of a name's addresses, one of this family.
            let of = |class: &Class, first: Party| {
                let fits = |p: &&Party| !matches!(p, Party::Address(ip) if Family::of(*ip) != *family);
                class.representatives.iter().find(fits).copied().unwrap_or(first)
            };
            let flow = Flow { source: of(source, *s), destination: of(target, *t), family: *family };
            let pieces = self.pieces(source, target, flow, relation, trace);
            out.extend(pieces.into_iter().map(|p| (p, flow)));
        }
        self.keyed(out, common.len())
    }

    /// Turns pieces into keys; pieces that all families share lose their family.
    fn keyed(&self, pieces: Vec<(Piece, Flow)>, families: usize) -> Vec<(PartKey, Flow)> {
        let mut keys: Vec<(PartKey, Flow, Vec<Family>)> = Vec::new();
        for (piece, flow) in pieces {
            let key = PartKey {
                verdict: piece.verdict,
                relation: piece.relation,
                families: Vec::new(),
                traffic: piece.traffic,
                egress: piece.egress,
                ingress: piece.ingress,
            };
            match keys.iter_mut().find(|(k, ..)| *k == key) {
                Some((_, _, seen)) => seen.extend(piece.family),
                None => keys.push((key, flow, piece.family.into_iter().collect())),
            }
        }
        keys.into_iter()
            .map(|(mut key, flow, seen)| {
                if seen.len() < families {
                    key.families = seen;
                }
                (key, flow)
            })
            .collect()
    }

    /// The families in which a connection is possible; of a name, whichever its addresses may have.
    fn families(&self, source: &Class, target: &Class) -> Vec<Family> {
        let groups = [self.from, &self.way.to];
        let asked = |f: &Family| groups.iter().all(|g| g.families.is_empty() || g.families.contains(f));
        let mut common: SortedSet<Family> = SortedSet::new();
        for s in &source.representatives {
            for t in &target.representatives {
                common.extend(self.engine.common_families(*s, *t).into_iter().filter(asked));
            }
        }
        common.into_iter().collect()
    }

    fn to_itself(&self, pod: Party, families: &[Family], relation: Option<Relation>) -> Vec<Piece> {
        let engine = self.engine;
        let traffic = &self.way.traffic;
        // What comes back may have a node's address, which NetworkPolicies of either kind may mean.
        let isolated = Direction::ALL.iter().any(|d| engine.may_isolate(*d, pod));
        let settled = engine.profile.to_itself_by_service == Hairpin::Allowed;
        let of = |family: Family| match (self.way.translated, self.way.doubt) {
            (_, Some(doubt)) => (Verdict::Undefined, doubt),
            (false, None) => (Verdict::Allow, Code::Loopback),
            (true, None) if settled || !isolated && self.let_back(pod, family) => (Verdict::Allow, Code::Hairpin),
            (true, None) => (Verdict::Undefined, Code::Hairpin),
        };
        let piece = |(verdict, code): (Verdict, Code), family: Option<Family>| Piece {
            verdict,
            relation,
            family,
            traffic: traffic.clone(),
            egress: plain(Direction::Egress, verdict, code, traffic),
            ingress: plain(Direction::Ingress, verdict, code, traffic),
        };
        let found: Vec<(Family, (Verdict, Code))> = families.iter().map(|f| (*f, of(*f))).collect();
        match &*found {
            [(_, one), rest @ ..] if rest.iter().all(|(_, other)| other == one) => vec![piece(*one, None)],
            _ => found.into_iter().map(|(family, one)| piece(one, Some(family))).collect(),
        }
    }

    /// Whether the administrative tiers let a pod come back to itself, be it with its own address or
    /// with a node's.
    fn let_back(&self, pod: Party, family: Family) -> bool {
        let (engine, traffic) = (self.engine, &self.way.traffic);
        let own = engine.pair(pod, pod, family, traffic);
        let shifted = engine.pair(Party::SomeNode, pod, family, traffic).ingress;
        traffic.is_subset(&own.total.must.intersection(&shifted.must))
    }

    /// Decides a pair of classes in one family, and cuts the traffic where a verdict changes.
    fn pieces(
        &self,
        source: &Class,
        target: &Class,
        flow: Flow,
        relation: Option<Relation>,
        trace: bool,
    ) -> Vec<Piece> {
        let engine = self.engine;
        let asked = &self.way.traffic;
        let sources = &source.representatives;
        let mut cases =
            sources.iter().flat_map(|s| target.representatives.iter().map(move |t| (*s, *t))).filter(|(s, t)| {
                // Of a name's addresses, those of this family.
                [s, t].iter().all(|p| if let Party::Address(ip) = p { Family::of(*ip) == flow.family } else { true })
            });
        let Some((s, t)) = cases.next() else { return Vec::new() };
        let mut seen = self.seen(s, t, flow.family);
        for (s, t) in cases {
            let other = self.seen(s, t, flow.family);
            seen.planes = PairPlanes {
                egress: seen.planes.egress.or_else(&other.planes.egress),
                ingress: seen.planes.ingress.or_else(&other.planes.ingress),
                total: seen.planes.total.or_else(&other.planes.total),
            };
            seen.egress.extend(other.egress);
            seen.ingress.extend(other.ingress);
        }
        let Seen { planes, egress: at_source, ingress: at_destination } = seen;
        let cuts: Vec<TrafficSet> = [&planes.egress, &planes.ingress, &planes.total]
            .iter()
            .flat_map(|p: &&Planes| [p.must.clone(), p.may.clone()])
            .collect();
        let mut by_verdict: SortedMap<[Verdict; 3], TrafficSet> = SortedMap::new();
        for atom in asked.atoms(&cuts) {
            let verdicts = [&planes.total, &planes.egress, &planes.ingress].map(|p| verdict_of(p, &atom));
            let entry = by_verdict.entry(verdicts).or_default();
            *entry = entry.union(&atom);
        }
        by_verdict
            .into_iter()
            .map(|([verdict, egress, ingress], traffic)| {
                let answer = |direction, planes: &Planes, verdict| {
                    if !trace {
                        return plain(direction, verdict, Code::WitnessReasons, &traffic);
                    }
                    if direction == Direction::Egress
                        && let Some(before) = self.before_service(flow, verdict, &traffic, &at_source)
                    {
                        return before;
                    }
                    let mut answer = engine.explain(direction, self.flow(direction, flow), planes, &traffic);
                    // Of somebody who is assumed, this is what is not known.
                    if self.way.unknown.is_some() {
                        answer.reasons.retain(|r| r.code != Code::UnknownLabels);
                    }
                    if verdict == Verdict::Undefined {
                        // What one of those who may be seen comes to is not all.
                        answer.verdict = verdict;
                        // What is joined over several representatives has reasons of its own.
                        let (named, joined) = match direction {
                            Direction::Egress => (is_name(target), &at_source),
                            Direction::Ingress => (is_name(source), &at_destination),
                        };
                        let named = named && self.way.unknown.is_none();
                        let codes = named.then_some(Code::UnresolvedName).into_iter().chain(joined.iter().copied());
                        answer.reasons.extend(codes.map(|code| reason(code, &traffic)));
                        answer.reasons.arrange();
                        answer.reasons.dedup();
                    }
                    answer
                };
                Piece {
                    verdict,
                    relation,
                    family: Some(flow.family),
                    egress: answer(Direction::Egress, &planes.egress, egress),
                    ingress: answer(Direction::Ingress, &planes.ingress, ingress),
                    traffic,
                }
            })
            .collect()
    }

    /// Traces the reasons of a group by one of its cells.
    fn fill_in(&self, key: &mut PartKey, flow: Flow) {
        if !key.egress.reasons.iter().any(|r| r.code == Code::WitnessReasons) {
            return;
        }
        let seen = self.seen(flow.source, flow.destination, flow.family);
        let explain = |verdict, direction, planes: &Planes, joined: Vec<Code>| {
            let flow = self.flow(direction, flow);
            if direction == Direction::Egress
                && let Some(before) = self.before_service(flow, verdict, &key.traffic, &joined)
            {
                return before;
            }
            let mut answer = self.engine.explain(direction, flow, &planes.within(&key.traffic), &key.traffic);
            if verdict == Verdict::Undefined {
                answer.verdict = verdict;
                answer.reasons.extend(joined.into_iter().map(|code| reason(code, &key.traffic)));
                answer.reasons.arrange();
                answer.reasons.dedup();
            }
            answer
        };
        let [out, into] = [key.egress.verdict, key.ingress.verdict];
        let egress = explain(out, Direction::Egress, &seen.planes.egress, seen.egress);
        let ingress = explain(into, Direction::Ingress, &seen.planes.ingress, seen.ingress);
        key.ingress = ingress;
        key.egress = egress;
    }

    /// Whether policies judge what a pod sends before the address and port of a Service are translated.
    fn is_before_service(&self, source: Party) -> bool {
        let Self { engine, way, .. } = self;
        engine.profile.service_egress == ServiceEgress::Untranslated
            && way.translated
            && way.or_node.is_none()
            && way.service.is_some()
            && engine.pod(source).is_some()
    }

    /// The reasons for which egress is decided there: those on the Service's own port.
    fn before_service(
        &self,
        flow: Flow,
        verdict: Verdict,
        traffic: &TrafficSet,
        codes: &[Code],
    ) -> Option<DirectionAnswer> {
        if verdict == Verdict::Undefined || !self.is_before_service(flow.source) {
            return None;
        }
        let (engine, asked) = (self.engine, &self.way.asked);
        let planes = engine.pair(flow.source, flow.destination, flow.family, asked).egress;
        let mut answer = engine.explain(Direction::Egress, flow, &planes, asked);
        if answer.verdict != verdict {
            // It is by the Service's address.
            answer.reasons.clear();
        }
        answer.verdict = verdict;
        answer.reasons.iter_mut().for_each(|reason| reason.traffic = traffic.clone());
        if codes.contains(&Code::ServiceUntranslated) || answer.reasons.is_empty() {
            answer.reasons.push(reason(Code::ServiceUntranslated, traffic));
            answer.reasons.arrange();
        }
        Some(answer)
    }

    /// What near misses of a direction are about: the ports that its policies see.
    pub(super) fn judged<'t>(&'t self, direction: Direction, flow: &Flow, traffic: &'t TrafficSet) -> &'t TrafficSet {
        match direction {
            Direction::Egress if self.is_before_service(flow.source) => &self.way.asked,
            _ => traffic,
        }
    }

    /// The flow that policies of a direction see.
    fn flow(&self, direction: Direction, flow: Flow) -> Flow {
        match (direction, self.way.source) {
            (Direction::Ingress, SeenSource::Node) => Flow { source: Party::SomeNode, ..flow },
            _ => flow,
        }
    }

    /// Ingress as it is seen when a node's address has taken the place of the source's.
    fn shifted(&self, destination: Party, family: Family) -> Planes {
        let (engine, way) = (self.engine, self.way);
        let some = engine.pair(Party::SomeNode, destination, family, &way.traffic).ingress;
        let on = engine.pod(destination).and_then(|pod| engine.cluster.endpoint(pod).node);
        let (Some(visited), Some(on)) = (way.node, on) else { return some };
        if visited == on {
            return some;
        }
        // Visited at another node, so it is not the own node's traffic; which of the addresses of
        // the node visited it has, one of its tunnels perhaps, matters to blocks only.
        let known = engine.pair(Party::Node(visited), destination, family, &way.traffic).ingress;
        let blocks = engine.blocks_of_group(Direction::Ingress, &way.to);
        let may = if blocks.is_empty() { known.may } else { some.may };
        Planes { must: some.must.intersection(&known.must), may }
    }

    /// What a pair comes to on this way: egress as it is seen at the source, ingress as it is seen
    /// at the destination.
    fn seen(&self, source: Party, destination: Party, family: Family) -> Seen {
        let (engine, way) = (self.engine, self.way);
        let mut seen = Seen {
            planes: engine.pair(source, destination, family, &way.traffic),
            egress: Vec::new(),
            ingress: Vec::new(),
        };
        let planes = &mut seen.planes;
        if way.source != SeenSource::Kept {
            let shifted = self.shifted(destination, family);
            let total = planes.egress.and(&shifted);
            if way.source == SeenSource::Node {
                (planes.ingress, planes.total) = (shifted, total);
            } else {
                planes.ingress = planes.ingress.or_else(&shifted);
                planes.total = planes.total.or_else(&total);
                seen.ingress.extend(way.unknown.is_none().then_some(Code::SourceNat));
            }
        }
        if let (Some(node), Some(_)) = (way.or_node, engine.pod(source)) {
            // The port of the node stands for all that those behind it see.
            let at_node = engine.pair(source, Party::Node(node), family, &way.asked).egress;
            let whole = |set: &TrafficSet| {
                if way.asked.is_subset(set) { way.traffic.clone() } else { TrafficSet::empty() }
            };
            let before = Planes { must: whole(&at_node.must), may: whole(&at_node.may) };
            let total = before.and(&planes.ingress);
            planes.egress = planes.egress.or_else(&before);
            planes.total = planes.total.or_else(&total);
            seen.egress.push(Code::EgressBeforeNat);
        }
        // At a port of a node, what is seen before is the node, which is among the two already.
        if self.is_before_service(source) {
            self.before_translation(source, destination, family, &mut seen);
        }
        seen.ingress.extend(way.unknown);
        if let Some(doubt) = way.doubt {
            seen.planes.ingress.must = TrafficSet::empty();
            seen.planes.total.must = TrafficSet::empty();
            seen.ingress.push(doubt);
        }
        seen
    }
}

impl Asking<'_> {
    /// Egress as it is seen before a Service's address and port are translated: selectors admit the
    /// Service of the pods that they admit, on its own port; blocks are held against its address.
    fn before_translation(&self, source: Party, destination: Party, family: Family, seen: &mut Seen) {
        let (engine, way) = (self.engine, self.way);
        let Some(service) = way.service else { return };
        let whole = |set: &TrafficSet| way.asked.is_subset(set);
        let on_port = engine.pair(source, destination, family, &way.asked).egress;
        let mut all: Vec<(bool, bool)> = vec![(whole(&on_port.must), whole(&on_port.may))];
        let blocks = engine.blocks_of_group(Direction::Egress, &way.from);
        if !blocks.is_empty() {
            // Which of the two a rule means, a block or a selector, is not told apart here.
            let addresses = &engine.cluster.service(service).addresses;
            let addresses = addresses.iter().copied().filter(|ip| Family::of(*ip) == family);
            for address in addresses {
                let at = engine.pair(source, Party::Address(address), family, &way.asked).egress;
                all.push((whole(&at.must), whole(&at.may)));
            }
        }
        let some = |holds: bool| if holds { way.traffic.clone() } else { TrafficSet::empty() };
        let must = some(all.iter().all(|(must, _)| *must));
        let may = some(all.iter().any(|(_, may)| *may));
        if must != may || must != seen.planes.egress.must {
            seen.egress.push(Code::ServiceUntranslated);
        }
        seen.planes.egress = Planes { must, may };
        seen.planes.total = seen.planes.egress.and(&seen.planes.ingress);
    }
}

/// Whether a class stands for the addresses of a domain name.
fn is_name(class: &Class) -> bool {
    matches!(class.members, Members::Name(_))
}

/// The addresses of ranges.
pub(super) fn address_set(ranges: &[(std::net::IpAddr, std::net::IpAddr)]) -> AddressSet {
    ranges.iter().fold(AddressSet::empty(), |all, (low, high)| all.union(&AddressSet::range(*low, *high)))
}
