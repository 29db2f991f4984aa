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
use crate::model::{EndpointId, ServiceId, ServiceKind, ServicePort};
use crate::set::{AddressSet, Family, TrafficSet};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use std::collections::BTreeMap;

/// Above so many cells, reasons are traced for one cell of each group with the same verdicts.
const MAX_TRACED_CELLS: usize = 4096;

/// More cells than this are not compared in one question: some twenty seconds of work.
const MAX_CELLS: usize = 4_000_000;

/// Destinations that are asked on the same ports.
struct Lane {
    group: Group,
    /// What the destinations themselves see.
    traffic: TrafficSet,
    via: Option<(ServiceId, TrafficSet)>,
    /// A reason why no pod can be named, and nothing is decided.
    blocked: Option<Code>,
}

/// What makes two cells one part.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct PartKey {
    verdict: Verdict,
    relation: Option<Relation>,
    families: Vec<Family>,
    traffic: TrafficSet,
    egress: DirectionAnswer,
    ingress: DirectionAnswer,
}

/// Of so many cells of a part the nearest misses are looked for.
const MOST_FLOWS: usize = 8;

/// Cells of one part: for each source class the destination classes, and flows to look closer at.
#[derive(Default)]
struct Cells {
    rows: BTreeMap<usize, SortedSet<usize>>,
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
    let lanes = lanes(engine, to, port, &question, &mut notes)?;
    let mut parts = Vec::new();
    for lane in &lanes {
        Asking { engine, from, lane }.parts(&mut parts, &mut notes)?;
    }
    if parts.is_empty() {
        return Err(QueryError::new(QueryProblem::NoFlow).with("found", format!("{} → {}", question.from, question.to)));
    }
    parts.arrange();
    parts.dedup();
    let verdict = Verdict::of_parts(parts.iter().map(|p| p.verdict));
    let (notes, basis) = notes.finish(engine, from, to, &parts);
    Ok(CheckAnswer { schema: "netpol.check/v1", verdict, question, parts, notes, basis })
}

/// Groups the destinations by the ports on which they are asked.
fn lanes(
    engine: &Engine,
    to: &Group,
    port: &PortExpr,
    question: &Question,
    notes: &mut Notes,
) -> Result<Vec<Lane>, QueryError> {
    let mut lanes = Vec::new();
    let direct = Group { services: Vec::new(), ..to.clone() };
    let has_direct = !(direct.endpoints.is_empty() && direct.nodes.is_empty() && direct.addresses.is_empty());
    if has_direct {
        match port {
            PortExpr::Any => {
                lanes.push(Lane { group: direct, traffic: TrafficSet::all_ports(), via: None, blocked: None })
            }
            PortExpr::Set(traffic) => {
                lanes.push(Lane { group: direct, traffic: traffic.clone(), via: None, blocked: None })
            }
            PortExpr::Named(name, protocol) => {
                let mut by_number: SortedMap<TrafficSet, Vec<EndpointId>> = SortedMap::new();
                for id in &direct.endpoints {
                    by_number.entry(engine.declared(*id, name, *protocol)).or_default().push(*id);
                }
                let missing = by_number.remove(&TrafficSet::empty()).is_some();
                if by_number.is_empty() && (missing || to.services.is_empty()) {
                    return Err(engine.unknown_port_name(&question.port, &question.to, &direct.endpoints));
                }
                notes.port_name_missing |= missing;
                for (traffic, endpoints) in by_number {
                    let group = Group { endpoints, families: to.families.clone(), ..Group::default() };
                    lanes.push(Lane { group, traffic, via: None, blocked: None });
                }
            }
        }
    }
    node_ports(engine, &mut lanes);
    for id in &to.services {
        service_lanes(engine, *id, port, question, &to.families, &mut lanes)?;
    }
    Ok(lanes)
}

/// Takes the node ports of Services out of what nodes are asked on: such a connection does not end
/// at the node, and what it looks like to policies on its way to the pods is not specified.
fn node_ports(engine: &Engine, lanes: &mut Vec<Lane>) {
    let taken = engine.cluster.node_ports();
    let mut out = Vec::new();
    for mut lane in std::mem::take(lanes) {
        let through = lane.traffic.intersection(&taken);
        if lane.group.nodes.is_empty() || through.is_empty() {
            out.push(lane);
            continue;
        }
        let nodes = Group {
            nodes: std::mem::take(&mut lane.group.nodes),
            families: lane.group.families.clone(),
            ..Group::default()
        };
        let direct = lane.traffic.difference(&taken);
        if !direct.is_empty() {
            out.push(Lane { group: nodes.clone(), traffic: direct, via: None, blocked: None });
        }
        out.push(Lane { group: nodes, traffic: through, via: None, blocked: Some(Code::NodePort) });
        if !(lane.group.endpoints.is_empty() && lane.group.addresses.is_empty()) {
            out.push(lane);
        }
    }
    *lanes = out;
}

/// What a Service's ports come to at its backends.
fn service_lanes(
    engine: &Engine,
    id: ServiceId,
    port: &PortExpr,
    question: &Question,
    asked_families: &[Family],
    lanes: &mut Vec<Lane>,
) -> Result<(), QueryError> {
    let service = engine.cluster.service(id);
    let wanted = |p: &ServicePort| match port {
        PortExpr::Any => TrafficSet::port(p.protocol, p.port),
        PortExpr::Set(set) => set.intersection(&TrafficSet::port(p.protocol, p.port)),
        PortExpr::Named(name, protocol) if *p.name == **name && protocol.is_none_or(|w| w == p.protocol) => {
            TrafficSet::port(p.protocol, p.port)
        }
        PortExpr::Named(..) => TrafficSet::empty(),
    };
    if matches!(service.kind, ServiceKind::ExternalName) {
        let traffic = if let PortExpr::Set(set) = port { set.clone() } else { TrafficSet::all_ports() };
        lanes.push(Lane {
            group: Group {
                addresses: match engine.addresses_of_name(&service.external_name).as_slice() {
                    [] => engine.world(),
                    known => AddressSet::addresses(known),
                },
                name: Some(service.external_name.to_string()),
                ..Group::default()
            },
            traffic: traffic.clone(),
            via: Some((id, traffic)),
            blocked: None,
        });
        return Ok(());
    }
    // A Service forwards in the families of its own addresses.
    let own = |f: &Family| service.addresses.iter().any(|ip| Family::of(*ip) == *f);
    let families: Vec<Family> = match (asked_families, service.addresses.is_empty()) {
        ([], true) => Vec::new(),
        ([], false) => Family::ALL.into_iter().filter(own).collect(),
        (asked, _) => asked.to_vec(),
    };
    let mut asked = TrafficSet::empty();
    let mut by_target: SortedMap<(TrafficSet, TrafficSet), Vec<EndpointId>> = SortedMap::new();
    for port in &service.ports {
        let seen = wanted(port);
        if seen.is_empty() {
            continue;
        }
        asked = asked.union(&seen);
        for backend in service.backends.iter().flatten() {
            // A headless Service is only names: clients reach the pod on the port they choose.
            let target = match service.kind {
                ServiceKind::Headless => seen.clone(),
                _ => engine.target_of(port, *backend),
            };
            if !target.is_empty() {
                by_target.entry((seen.clone(), target)).or_default().push(*backend);
            }
        }
    }
    if asked.is_empty() {
        return Err(engine.unknown_service_port(&question.port, service));
    }
    if by_target.is_empty() {
        let group = Group { services: vec![id], ..Group::default() };
        let has_backends = service.backends.as_ref().is_some_and(|b| !b.is_empty());
        let code = if has_backends { Code::NoTargetPort } else { Code::NoBackends };
        lanes.push(Lane { group, traffic: asked.clone(), via: Some((id, asked)), blocked: Some(code) });
    }
    for ((seen, traffic), endpoints) in by_target {
        let group = Group { endpoints, families: families.clone(), ..Group::default() };
        lanes.push(Lane { group, traffic, via: Some((id, seen)), blocked: None });
    }
    Ok(())
}

/// One lane of a question.
struct Asking<'a> {
    engine: &'a Engine,
    from: &'a Group,
    lane: &'a Lane,
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
        let (engine, to) = (self.engine, &self.lane.group);
        if let Some(code) = self.lane.blocked {
            parts.push(self.blocked(code));
            return Ok(());
        }
        let to_blocks = engine.blocks_of_group(Direction::Egress, self.from);
        let from_blocks = engine.blocks_of_group(Direction::Ingress, to);
        let host = |g: &Group| {
            !g.nodes.is_empty() || g.endpoints.iter().any(|id| engine.node_of_host(Party::Endpoint(*id)).is_some())
        };
        // A NodePort may give a visitor any node's address.
        let through_node = self.lane.via.is_some() && !self.from.addresses.is_empty();
        let sources = engine.fold(self.from, &from_blocks, host(to));
        let targets = engine.fold(to, &to_blocks, host(self.from) || through_node);
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
                if let (Some(s), Some(d)) = (source.representatives.first(), target.representatives.first()) {
                    notes.look_at_flow(
                        engine,
                        Flow { source: *s, destination: *d, family: Family::V4 },
                        &self.lane.traffic,
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
                    answer.near_misses = engine.near_misses(answer.direction, &cells.flows, &key.traffic);
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

    fn via(&self) -> Option<Via> {
        let (service, traffic) = self.lane.via.as_ref()?;
        Some(Via { service: self.engine.service_peer(*service), traffic: traffic.clone() })
    }

    /// The part of a lane in which nothing can be decided.
    fn blocked(&self, code: Code) -> Part {
        let traffic = self.lane.traffic.clone();
        let classes = self.engine.fold(self.from, &[], false);
        Part {
            verdict: Verdict::Undefined,
            from: self.engine.peers_of(classes.iter()),
            to: match self.lane.group.services.as_slice() {
                [] => self.engine.peers_of(self.engine.fold(&self.lane.group, &[], false).iter()),
                services => services.iter().map(|s| self.engine.service_peer(*s)).collect(),
            },
            relation: None,
            families: Vec::new(),
            via: None,
            egress: plain(Direction::Egress, Verdict::Undefined, code, &traffic),
            ingress: plain(Direction::Ingress, Verdict::Undefined, code, &traffic),
            traffic,
        }
    }

    /// The parts of one pair of classes.
    fn cell(&self, source: &Class, target: &Class, trace: bool) -> Vec<(PartKey, Flow)> {
        let engine = self.engine;
        let (mut itself, mut others) = (false, true);
        if let (Members::Endpoints(a), Members::Endpoints(b)) = (&source.members, &target.members) {
            itself = a.iter().any(|id| b.binary_search(id).is_ok());
            let same_one = a.len() == 1 && b.len() == 1 && a == b;
            others = !same_one || a.iter().any(|id| engine.is_many(*id));
        }
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
            // The first member stands for all: a pod and itself, whatever the family.
            let flow = Flow { source: *s, destination: *s, family: Family::V4 };
            let relation = others.then_some(Relation::Itself);
            out.extend(self.to_itself(*s, relation).into_iter().map(|p| (p, flow)));
        }
        if !others {
            return self.keyed(out, 1);
        }
        let relation = itself.then_some(Relation::Others);
        // Of the outside as a whole, a pod has to do only with the families that it has itself.
        let whole = |g: &Group| g.world || g.name.is_some();
        if common.is_empty() && !whole(self.from) && !whole(&self.lane.group) {
            let flow = Flow { source: *s, destination: *t, family: Family::V4 };
            let code = Code::NoCommonFamily;
            let traffic = &self.lane.traffic;
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
            let pieces = if self.not_exposed(*s) {
                let code = Code::NotExposed;
                let traffic = &self.lane.traffic;
                vec![Piece {
                    verdict: Verdict::Undefined,
                    relation,
                    family: Some(*family),
                    traffic: traffic.clone(),
                    egress: plain(Direction::Egress, Verdict::Allow, Code::NotAPod, traffic),
                    ingress: plain(Direction::Ingress, Verdict::Undefined, code, traffic),
                }]
            } else {
                self.pieces(source, target, flow, relation, trace)
            };
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
        let groups = [self.from, &self.lane.group];
        let asked = |f: &Family| groups.iter().all(|g| g.families.is_empty() || g.families.contains(f));
        let mut common: SortedSet<Family> = SortedSet::new();
        for s in &source.representatives {
            for t in &target.representatives {
                common.extend(self.engine.common_families(*s, *t).into_iter().filter(asked));
            }
        }
        common.into_iter().collect()
    }

    /// Whether a visitor from outside cannot be sent to the lane's Service at all.
    fn not_exposed(&self, source: Party) -> bool {
        let Some((service, _)) = &self.lane.via else { return false };
        let kind = self.engine.cluster.service(*service).kind;
        matches!(source, Party::Address(_)) && !matches!(kind, ServiceKind::NodePort | ServiceKind::LoadBalancer)
    }

    fn to_itself(&self, pod: Party, relation: Option<Relation>) -> Vec<Piece> {
        let engine = self.engine;
        let traffic = &self.lane.traffic;
        let (verdict, code) = match &self.lane.via {
            Some((id, _)) if engine.cluster.service(*id).kind != ServiceKind::Headless => {
                let isolated = Direction::ALL.iter().any(|d| match engine.pod(pod) {
                    Some(id) => engine.rules_of(*d, id).next().is_some(),
                    None => false,
                });
                (if isolated { Verdict::Undefined } else { Verdict::Allow }, Code::Hairpin)
            }
            _ => (Verdict::Allow, Code::Loopback),
        };
        vec![Piece {
            verdict,
            relation,
            family: None,
            traffic: traffic.clone(),
            egress: plain(Direction::Egress, verdict, code, traffic),
            ingress: plain(Direction::Ingress, verdict, code, traffic),
        }]
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
        let asked = &self.lane.traffic;
        let mut sources = source.representatives.clone();
        if let Some((service, _)) = &self.lane.via
            && matches!(flow.source, Party::Address(_))
            && !engine.cluster.service(*service).keeps_source
        {
            sources.push(Party::SomeNode);
        }
        let mut cases =
            sources.iter().flat_map(|s| target.representatives.iter().map(move |t| (*s, *t))).filter(|(s, t)| {
                // Of a name's addresses, those of this family.
                [s, t].iter().all(|p| if let Party::Address(ip) = p { Family::of(*ip) == flow.family } else { true })
            });
        let Some((s, t)) = cases.next() else { return Vec::new() };
        let mut planes = engine.pair(s, t, flow.family, asked);
        for (s, t) in cases {
            let other = engine.pair(s, t, flow.family, asked);
            planes = PairPlanes {
                egress: planes.egress.or_else(&other.egress),
                ingress: planes.ingress.or_else(&other.ingress),
                total: planes.total.or_else(&other.total),
            };
        }
        let shifted = sources.len() > source.representatives.len();
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
                    let mut answer = engine.explain(direction, flow, planes, &traffic);
                    if verdict == Verdict::Undefined {
                        // What is joined over several representatives has reasons of its own.
                        let joined = match direction {
                            Direction::Egress => is_name(target).then_some(Code::UnresolvedName),
                            Direction::Ingress if is_name(source) => Some(Code::UnresolvedName),
                            Direction::Ingress => shifted.then_some(Code::SourceNat),
                        };
                        answer.reasons.extend(joined.map(|code| reason(code, &traffic)));
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
        let planes = self.engine.pair(flow.source, flow.destination, flow.family, &key.traffic);
        key.egress = self.engine.explain(Direction::Egress, flow, &planes.egress, &key.traffic);
        key.ingress = self.engine.explain(Direction::Ingress, flow, &planes.ingress, &key.traffic);
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
