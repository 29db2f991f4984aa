//! What changed at addresses behind which others answer: ports of nodes that lead on, and Services.
//!
//! A change is told of those who answer, one by one, for what one of them refuses says nothing of
//! another. Of a Service that is open to the outside, everything that changed is told. Of its own name,
//! which pods ask for, only what no line of the pods behind it tells: that its ports lead elsewhere.

use super::answering::{Answering, Atom, Behind};
use super::services::Faced;
use super::{Change, Comparing, Delta, Key, MAX_EXPLAINED, covering, name_of};
use crate::engine::{Engine, Party};
use crate::ir::Direction;
use crate::model::{EndpointId, NodeId, Service, ServiceId};
use crate::path::{self, Asked, Face, Way};
use crate::profile::ServiceEgress;
use crate::query::answer::{Peer, PeerKind, Relation};
use crate::query::behind::{Answers, Told};
use crate::query::check::address_set;
use crate::query::fold::Members;
use crate::query::joint::{Joint, joints_apart, peer_of};
use crate::query::resolve::Group;
use crate::query::units::rectangles;
use crate::set::{AddressSet, Family, TrafficSet};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use std::net::IpAddr;

/// So many times somebody who asks is held against somebody who answers on a port, of each kind of them:
/// some five seconds.
const MOST_LOOKS: usize = 2_000_000;

/// An address behind which others answer, before and after.
#[derive(Clone, Debug)]
pub(super) enum Front {
    /// Of a node, the ports that lead on somewhere in one of the states.
    Node([Option<NodeId>; 2]),
    /// Whatever node, where none is known: the node ports of Services and the `hostPort`s of pods.
    SomeNode,
    /// A Service by its name.
    Service([Option<ServiceId>; 2]),
    /// An address of Services that is not their own.
    Address(IpAddr, [Vec<Faced>; 2]),
}

/// Those who ask, of one kind.
#[derive(Clone, Copy)]
pub(super) enum Clients<'c> {
    /// Of one workload.
    Pods(&'c [Joint]),
    Nodes(&'c [[NodeId; 2]]),
    Outside(&'c [AddressSet]),
}

/// What changed, of whom: none: of all who answer.
type Changed = (Delta, Option<Behind>);

/// What changed, in which families.
type ChangedIn = (Vec<Family>, Delta, Option<Behind>);

/// What is asked for.
#[derive(Clone)]
pub(super) struct Ports {
    /// At nodes: the ports that lead on in one of the states.
    pub(super) at_nodes: TrafficSet,
    /// At everything else.
    pub(super) others: TrafficSet,
}

/// What is looked at.
pub(super) struct Looking {
    ports: Ports,
    /// The ports at nodes that those ask for who are as they were: behind the others all are as they were.
    at_nodes: TrafficSet,
    /// The pods that may answer.
    pub(super) backers: Vec<Joint>,
    /// Their numbers, by what they are in each state.
    pub(super) numbers: [SortedMap<EndpointId, Vec<usize>>; 2],
    /// Whether Services are asked for by their names.
    by_name: bool,
}

/// A piece of what changed, to be shown by one packet.
pub(super) struct Piece<'p> {
    pub(super) relation: Option<Relation>,
    pub(super) families: &'p [Family],
    pub(super) delta: &'p Delta,
    pub(super) behind: Option<&'p Behind>,
}

impl Front {
    /// The node that it is, as it is after, else as it was; with the state.
    pub(super) fn node(&self) -> Option<(usize, NodeId)> {
        match self {
            Self::Node([old, new]) => new.map(|id| (1, id)).or(old.map(|id| (0, id))),
            _ => None,
        }
    }

    /// The same of a Service.
    pub(super) fn service(&self) -> Option<(usize, ServiceId)> {
        match self {
            Self::Service([old, new]) => new.map(|id| (1, id)).or(old.map(|id| (0, id))),
            _ => None,
        }
    }
}

impl<'c> Clients<'c> {
    /// The pods of a row, if it is of pods.
    pub(super) fn joint(&self, row: usize) -> Option<&'c Joint> {
        if let Self::Pods(joints) = self { joints.get(row) } else { None }
    }

    fn len(&self) -> usize {
        match self {
            Self::Pods(joints) => joints.len(),
            Self::Nodes(nodes) => nodes.len(),
            Self::Outside(addresses) => addresses.len(),
        }
    }
}

impl Comparing<'_> {
    pub(super) fn engines(&self) -> [&Engine; 2] {
        [self.old, self.new]
    }

    /// The ports of nodes that lead on, in one of the states.
    pub(super) fn led(&self) -> TrafficSet {
        let [old, new] = self.engines().map(|engine| engine.cluster.node_ports());
        old.union(new).intersection(self.before.asked())
    }

    /// What changed at all of them.
    pub(super) fn fronts(&mut self) {
        if name_of(self.port).is_some() || self.addresses_have_no_owners() {
            return;
        }
        let led = self.led();
        let nodes: Vec<Front> = match led.is_empty() {
            true => Vec::new(),
            false => self.nodes_by_name(Direction::Egress).into_iter().map(Front::Node).collect(),
        };
        let services = self.services();
        if nodes.is_empty() && services.is_empty() {
            return;
        }
        let by_name = [services.by_name.clone(), services.by_name_on_node.clone()].concat();
        let behind = [0, 1].map(|at| self.behind(at, &by_name));
        let joints = |comparing: &Self, of: [&[EndpointId]; 2]| {
            let [old, new] = comparing.engines();
            joints_apart((old, of[0], &behind[0]), (new, of[1], &behind[1]))
        };
        let all = self.engines().map(|engine| engine.cluster.real_endpoints().collect::<Vec<_>>());
        let from = [&self.asked[0].from.endpoints, &self.asked[1].from.endpoints].map(|of| of.clone());
        let pods = joints(self, [&from[0], &from[1]]);
        let mut backers = if all == from { pods.clone() } else { joints(self, [&all[0], &all[1]]) };
        let is_behind = |joint: &Joint, at: usize| {
            joint.unit(at).is_some_and(|unit| unit.members.iter().any(|id| behind[at].contains(id)))
        };
        backers.retain(|joint| (0..2).any(|at| is_behind(joint, at)));
        // In an order that does not hang on that of the input.
        let names = |joint: &Joint| {
            let name = |at: usize| joint.unit(at).map(|unit| self.engines()[at].pod_name(unit.members[0]));
            (joint.workload.clone(), name(1), name(0))
        };
        backers.sort_by_cached_key(names);
        let numbers = [0, 1].map(|at| {
            let mut numbers: SortedMap<EndpointId, Vec<usize>> = SortedMap::new();
            for (number, joint) in backers.iter().enumerate() {
                joint.unit(at).into_iter().for_each(|unit| numbers.entry(unit.members[0]).or_default().push(number));
            }
            numbers
        });
        let sources = self.in_both(Direction::Ingress);
        let classes = self.outside_classes(&behind);
        let mut at_nodes = led.clone();
        if let Some(alike) = &self.alike {
            let changed = self.engines().map(|engine| &engine.cluster);
            let changed = [0, 1].map(|at| alike.node_ports(at, changed[at]));
            at_nodes = led.intersection(&changed[0].union(&changed[1]));
        }
        let ports = Ports { at_nodes: led, others: self.before.asked().clone() };
        let mut looking = Looking { ports, at_nodes, backers, numbers, by_name: false };
        let groups = pods.chunk_by(|a, b| a.workload == b.workload).map(Clients::Pods);
        let insiders: Vec<Clients<'_>> = groups.chain([Clients::Nodes(&sources)]).collect();
        let outsiders = [Clients::Outside(&classes)];
        self.look_all(&insiders, &services.by_address, &looking);
        self.look_all(&outsiders, &services.from_outside, &looking);
        self.look_all(&insiders, &nodes, &looking);
        self.look_all(&outsiders, &nodes, &looking);
        looking.by_name = true;
        self.look_all(&insiders, &services.by_name, &looking);
        if !services.by_name_on_node.is_empty() {
            // Who answers is another matter for each pod.
            let alone = [0, 1].map(|at| from[at].iter().copied().collect::<SortedSet<EndpointId>>());
            let pods = joints_apart((self.old, &from[0], &alone[0]), (self.new, &from[1], &alone[1]));
            let groups = pods.chunk_by(|a, b| a.workload == b.workload).map(Clients::Pods);
            let insiders: Vec<Clients<'_>> = groups.chain([Clients::Nodes(&sources)]).collect();
            self.look_all(&insiders, &services.by_name_on_node, &looking);
        }
    }

    /// What changed for all who ask, unless that is too much to look at.
    fn look_all(&mut self, all: &[Clients<'_>], fronts: &[Front], looking: &Looking) {
        let answers = |alike: bool| fronts.iter().map(|front| self.answers_at(front, alike, looking)).sum::<usize>();
        let clients = |alike: bool| {
            let of = |clients: &Clients<'_>| {
                (0..clients.len()).filter(|row| self.asks_alike(clients, *row) == alike).count()
            };
            all.iter().map(of).sum::<usize>()
        };
        let looks = [false, true].map(|alike| match clients(alike) {
            0 => 0,
            some => answers(alike).saturating_mul(some),
        });
        if looks[0].saturating_add(looks[1]) > MOST_LOOKS {
            self.not_compared = true;
            return;
        }
        all.iter().for_each(|clients| self.look(clients, fronts, looking));
    }

    /// Whether those who ask are surely as they were.
    fn asks_alike(&self, clients: &Clients<'_>, row: usize) -> bool {
        match clients.joint(row) {
            Some(joint) => self.is_alike(Direction::Egress, joint),
            None => self.alike.is_some(),
        }
    }

    /// Whether all who answer there are surely as they were.
    fn answers_alike(&self, front: &Front, looking: &Looking) -> bool {
        let Some(alike) = &self.alike else { return false };
        let changed = |at: usize, id: EndpointId| !alike.pod(at, Direction::Ingress, id);
        let behind =
            |at: usize, id: ServiceId| self.engines()[at].cluster.service(id).pods().any(|pod| changed(at, pod));
        match front {
            Front::Node(_) => looking.at_nodes.is_empty(),
            Front::SomeNode => (0..2).all(|at| alike.all_pods(at, Direction::Ingress)),
            Front::Service(ids) => (0..2).all(|at| ids[at].is_none_or(|id| !behind(at, id))),
            Front::Address(_, faced) => (0..2).all(|at| faced[at].iter().all(|(id, _)| !behind(at, *id))),
        }
    }

    /// How many pods answer there on how many ports, in the state with more of them; for those who are
    /// as they were only where somebody who answers is not.
    fn answers_at(&self, front: &Front, is_alike: bool, looking: &Looking) -> usize {
        if is_alike && self.answers_alike(front, looking) {
            return 0;
        }
        let asked = if is_alike { &looking.at_nodes } else { &looking.ports.at_nodes };
        let of = |at: usize| {
            let cluster = &self.engines()[at].cluster;
            let by = |id: ServiceId| cluster.service(id).ports.len() * cluster.service(id).pods().count();
            match front {
                Front::Node(nodes) => nodes[at].map_or(0, |node| {
                    let is_asked = |protocol, port| asked.contains(protocol, port);
                    let open = cluster.services.iter().filter(|service| service.is_open_outside());
                    let ports = |service: &Service| {
                        let ports = service.ports.iter();
                        ports.filter(|p| p.node_port.is_some_and(|number| is_asked(p.protocol, number))).count()
                    };
                    let here = |pod: EndpointId| cluster.endpoint(pod).node.is_none_or(|own| own == node);
                    let hosted = cluster.host_ports.iter().filter(|p| here(p.endpoint) && is_asked(p.protocol, p.host));
                    open.map(|service| ports(service) * service.pods().count()).sum::<usize>() + hosted.count()
                }),
                Front::SomeNode => cluster.host_ports.len(),
                Front::Service(ids) => ids[at].map_or(0, by),
                Front::Address(_, faced) => faced[at].iter().map(|(id, _)| by(*id)).sum(),
            }
        };
        of(0).max(of(1)) + 1
    }

    /// The pods that may answer behind any of them.
    fn behind(&self, at: usize, by_name: &[Front]) -> SortedSet<EndpointId> {
        let engine = self.engines()[at];
        let mut behind = engine.behind_nodes();
        for front in by_name {
            if let Front::Service(ids) = front {
                ids[at].into_iter().for_each(|id| behind.extend(engine.cluster.service(id).pods()));
            }
        }
        behind
    }

    /// Addresses outside, those together that nothing here tells apart.
    fn outside_classes(&self, behind: &[SortedSet<EndpointId>; 2]) -> Vec<AddressSet> {
        let [old, new] = [&self.asked[0], &self.asked[1]].map(|asked| {
            let families = asked.from.families_with(&asked.to);
            AddressSet::families(families).intersection(&asked.from.addresses)
        });
        let mut blocks: Vec<&AddressSet> = Vec::new();
        for (at, engine) in self.engines().into_iter().enumerate() {
            let behind = Group { endpoints: behind[at].iter().copied().collect(), ..Group::default() };
            blocks.extend(engine.blocks_of_group(Direction::Ingress, &behind));
            blocks.extend(engine.cluster.services.iter().filter_map(|service| service.source_ranges.as_ref()));
        }
        blocks.arrange();
        blocks.dedup();
        let whole = Group { addresses: old.intersection(&new), ..Group::default() };
        let classes = self.new.fold(&whole, &blocks, false).into_iter();
        let addresses = classes.filter_map(|class| match class.members {
            Members::Addresses(ranges) => Some(address_set(&ranges)),
            _ => None,
        });
        addresses.collect()
    }

    /// What changed for some who ask.
    fn look(&mut self, clients: &Clients<'_>, fronts: &[Front], looking: &Looking) {
        let mut cells: SortedMap<(Key, Option<Behind>), SortedMap<usize, SortedSet<usize>>> = SortedMap::new();
        let as_it_was: Vec<bool> = fronts.iter().map(|front| self.answers_alike(front, looking)).collect();
        let fewer = Ports { at_nodes: looking.at_nodes.clone(), ..looking.ports.clone() };
        for row in 0..clients.len() {
            let is_alike = self.asks_alike(clients, row);
            let ports = if is_alike { &fewer } else { &looking.ports };
            for (column, front) in fronts.iter().enumerate().filter(|(column, _)| !is_alike || !as_it_was[*column]) {
                for key in self.changed((clients, row), front, ports, looking) {
                    cells.entry(key).or_default().entry(row).or_default().insert(column);
                }
            }
        }
        for (((relation, families, delta), behind), rows) in cells {
            for (columns, rows) in rectangles(rows) {
                let Some(from) = self.clients_peer(clients, &rows) else { continue };
                // A node to itself is no connection.
                let own = |row: usize, column: usize| match (clients, &fronts[column]) {
                    (Clients::Nodes(nodes), Front::Node(ids)) => ids[1] == Some(nodes[row][1]),
                    _ => false,
                };
                let mut pairs = rows.iter().flat_map(|row| columns.iter().map(move |column| (*row, *column)));
                let Some((row, first)) = pairs.find(|(row, column)| !own(*row, *column)) else { continue };
                let piece = Piece { relation, families: &families, delta: &delta, behind: behind.as_ref() };
                for (to, column) in self.fronts_peers(fronts, &columns) {
                    // Of nodes together, one that is not who asks.
                    let column = if matches!(fronts[column], Front::Node(_)) { first } else { column };
                    let explained = self.changes.len() < MAX_EXPLAINED;
                    let witness = explained.then(|| self.witness_at((clients, row), &fronts[column], &piece, looking));
                    let behind = behind.as_ref().map_or_else(Vec::new, |of| self.behind_peers(of, looking));
                    let (families, witness) = (families.clone(), witness.flatten());
                    let change = Change::new(from.clone(), to, delta.clone());
                    self.changes.push(Change { relation, families, behind, witness, ..change });
                }
            }
        }
    }

    /// What changed between one who asks and those who answer, by relation and family.
    fn changed(
        &self,
        (clients, row): (&Clients<'_>, usize),
        front: &Front,
        ports: &Ports,
        looking: &Looking,
    ) -> Vec<(Key, Option<Behind>)> {
        let mut found: Vec<(Option<Relation>, Vec<ChangedIn>)> = Vec::new();
        let client = clients.joint(row);
        for (relation, groups) in self.groups(clients, row, front) {
            let of = [0, 1].map(|at| self.families_at(at, groups[at].as_ref(), front));
            let families: Vec<Family> =
                Family::ALL.into_iter().filter(|f| of.iter().any(|families| families.contains(f))).collect();
            let answers = |at: usize| -> Vec<Option<Answers>> {
                let of_family = |family: &Family| {
                    let from = groups[at].as_ref().filter(|_| of[at].contains(family))?;
                    let ways = self.ways(at, front, from, *family, ports)?;
                    Some(self.engines()[at].answers(&ways))
                };
                let mut found: Vec<Option<Answers>> = families.iter().map(of_family).collect();
                // Where it is not known of which family a Service is, it is of one in which somebody answers.
                if self.is_of_some_family(at, front) {
                    let has = |answers: &&Option<Answers>| answers.as_ref().is_some_and(|a| !a.all.asked().is_empty());
                    if let Some(known) = found.iter().find(has).cloned() {
                        found.iter_mut().filter(|of| !has(&&**of)).for_each(|of| of.clone_from(&known));
                    }
                }
                found
            };
            let mut changed: SortedMap<Changed, Vec<Family>> = SortedMap::new();
            for ((family, old), new) in families.iter().zip(answers(0)).zip(answers(1)) {
                for delta in self.deltas(&[old, new], front, looking, client) {
                    changed.entry(delta).or_default().push(*family);
                }
            }
            let changed = changed.into_iter().map(|((delta, behind), of)| {
                let of = if of == families { Vec::new() } else { of };
                (of, delta, behind)
            });
            found.push((relation, changed.collect()));
        }
        if found.iter().all(|(_, changed)| *changed == found[0].1) {
            found.truncate(1);
            found.iter_mut().for_each(|(relation, _)| *relation = None);
        }
        let keyed = found.into_iter().flat_map(|(relation, changed)| {
            changed.into_iter().map(move |(families, delta, behind)| ((relation, families, delta), behind))
        });
        keyed.collect()
    }

    /// Those who ask, in both states: of a workload's pods, those together that relate alike to a node.
    pub(super) fn groups(
        &self,
        clients: &Clients<'_>,
        row: usize,
        front: &Front,
    ) -> Vec<(Option<Relation>, [Option<Group>; 2])> {
        let pods = |endpoints: Vec<EndpointId>| Group { endpoints, ..Group::default() };
        match clients {
            Clients::Nodes(nodes) => {
                let group = |id: NodeId| Some(Group { nodes: vec![id], ..Group::default() });
                vec![(None, nodes[row].map(group))]
            }
            Clients::Outside(classes) => {
                let group = || Some(Group { addresses: classes[row].clone(), ..Group::default() });
                vec![(None, [group(), group()])]
            }
            Clients::Pods(joints) => {
                let units = [&joints[row].old, &joints[row].new];
                let Front::Node(nodes) = front else {
                    return vec![(None, units.map(|unit| unit.as_ref().map(|unit| pods(unit.members.clone()))))];
                };
                let related: Vec<SortedMap<Relation, Vec<EndpointId>>> = (0..2)
                    .map(|at| {
                        let mut related: SortedMap<Relation, Vec<EndpointId>> = SortedMap::new();
                        if let (Some(unit), Some(node)) = (units[at], nodes[at]) {
                            let engine = self.engines()[at];
                            for id in &unit.members {
                                related.entry(engine.relation_to(*id, node)).or_default().push(*id);
                            }
                        }
                        related
                    })
                    .collect();
                let relations: SortedSet<Relation> = related.iter().flat_map(SortedMap::keys).copied().collect();
                // Pods that came to another node are compared with what they were.
                let group = |at: usize, relation: Relation| {
                    let of: &SortedMap<Relation, Vec<EndpointId>> = &related[at];
                    of.get(&relation).or_else(|| of.values().next()).map(|members| pods(members.clone()))
                };
                relations.into_iter().map(|of| (Some(of), [group(0, of), group(1, of)])).collect()
            }
        }
    }

    /// The families in which somebody can ask there.
    pub(super) fn families_at(&self, at: usize, from: Option<&Group>, front: &Front) -> Vec<Family> {
        let (engine, Some(from)) = (self.engines()[at], from) else { return Vec::new() };
        let party = match (from.endpoints.first(), from.nodes.first(), from.addresses.ranges().first()) {
            (Some(id), ..) => Party::Endpoint(*id),
            (_, Some(id), _) => Party::Node(*id),
            (.., Some((ip, _))) => Party::Address(*ip),
            _ => return Vec::new(),
        };
        let of = |addresses: &[IpAddr], family: &Family| addresses.iter().any(|ip| Family::of(*ip) == *family);
        let served = |id: ServiceId, family: &Family| {
            let addresses = &engine.cluster.service(id).cluster_ips;
            addresses.is_empty() || of(addresses, family)
        };
        let mut families = match front {
            Front::Node(nodes) => {
                nodes[at].map_or_else(Vec::new, |node| engine.common_families(party, Party::Node(node)))
            }
            _ => engine.families(party),
        };
        families.retain(|family| {
            self.before.families().contains(family)
                && match front {
                    Front::Node(_) | Front::SomeNode => true,
                    Front::Service(ids) => ids[at].is_some_and(|id| served(id, family)),
                    Front::Address(ip, _) => Family::of(*ip) == *family,
                }
        });
        families
    }

    fn is_of_some_family(&self, at: usize, front: &Front) -> bool {
        match front {
            Front::Service(ids) => {
                ids[at].is_some_and(|id| self.engines()[at].cluster.service(id).cluster_ips.is_empty())
            }
            _ => false,
        }
    }

    /// The ways there; none where it is not there.
    pub(super) fn ways(
        &self,
        at: usize,
        front: &Front,
        from: &Group,
        family: Family,
        ports: &Ports,
    ) -> Option<Vec<Way>> {
        let engine = self.engines()[at];
        let context = (&*engine.cluster, &engine.profile);
        let mut ways = Vec::new();
        let mut through = |(id, face): Faced| {
            let (asked, faces) = (Asked::Set(&ports.others), (&[face][..], &[family][..]));
            path::through_service(context, id, from, asked, faces, &mut ways);
        };
        match front {
            Front::Node(nodes) => {
                path::through_nodes(context, &[nodes[at]?], &[family], from, &ports.at_nodes, &mut ways);
            }
            Front::SomeNode => {
                let services = (0..).map(ServiceId::of).zip(engine.cluster.services.iter());
                let exposed = services.filter(|(_, service)| service.has_node_ports());
                for (id, port) in exposed.flat_map(|(id, service)| service.ports.iter().map(move |port| (id, port))) {
                    let Some(number) = port.node_port.map(|number| TrafficSet::port(port.protocol, number)) else {
                        continue;
                    };
                    let own = TrafficSet::port(port.protocol, port.port);
                    let first = ways.len();
                    // Whom a balancer lets in is no matter there.
                    let faces = (&[Face::External][..], &[family][..]);
                    if number.is_subset(&ports.others) {
                        path::through_service(context, id, from, Asked::Set(&own), faces, &mut ways);
                    }
                    ways.iter_mut().skip(first).for_each(|way| way.asked = number.clone());
                }
                let hosted = engine.cluster.host_ports.iter();
                ways.extend(hosted.filter_map(|port| path::to_host_port(context, port, from)));
                ways.retain(|way| way.asked.is_subset(&ports.others));
            }
            Front::Service(ids) => through((ids[at]?, Face::Name)),
            Front::Address(ip, faced) if faced[at].is_empty() => {
                // Nobody's, it is one outside; on the ports that a Service has there in the other state.
                let other = &self.engines()[1 - at].cluster;
                let of = faced[1 - at].iter().flat_map(|(id, _)| &other.service(*id).ports);
                let asked = of.map(|port| TrafficSet::port(port.protocol, port.port));
                let asked = asked.fold(TrafficSet::empty(), |all, one| all.union(&one)).intersection(&ports.others);
                let to = Group { addresses: AddressSet::address(*ip), ..Group::default() };
                ways.push(Way { from: from.clone(), to, traffic: asked.clone(), asked, ..Way::default() });
            }
            Front::Address(_, faced) => faced[at].iter().for_each(|faced| through(*faced)),
        }
        Some(ways)
    }

    /// What changed of those who answer, port by port; where of none of them, of all together.
    fn deltas(
        &self,
        answers: &[Option<Answers>; 2],
        front: &Front,
        looking: &Looking,
        client: Option<&Joint>,
    ) -> Vec<Changed> {
        let answering = self.answering(answers, front, looking, client);
        let all = answers.each_ref().map(|of| of.as_ref().map(|answers| &answers.all));
        let asked = all.map(|told| told.map(Told::asked).unwrap_or_default());
        let all = all.map(|told| told.map(Told::planes).unwrap_or_default());
        let cuts = answering.iter().flat_map(Answering::cuts).chain(&asked);
        let cuts = cuts.chain(all.iter().flat_map(|planes| [&planes.must, &planes.may]));
        let cuts: Vec<TrafficSet> = cuts.cloned().collect();
        let mut found: SortedMap<Option<Behind>, Delta> = SortedMap::new();
        for atom in asked[0].union(&asked[1]).atoms(&cuts) {
            let here: Vec<&Answering> = answering.iter().filter(|of| (0..2).any(|at| of.answers(at, &atom))).collect();
            let atom = Atom { here, said: asked.each_ref().map(|asked| asked.meets(&atom)), all: &all, traffic: &atom };
            for (behind, delta) in atom.changes() {
                found.entry(behind).or_default().add(&delta);
            }
        }
        found.into_iter().map(|(behind, delta)| (delta, behind)).collect()
    }

    /// Those who answer in one of the states.
    fn answering(
        &self,
        answers: &[Option<Answers>; 2],
        front: &Front,
        looking: &Looking,
        client: Option<&Joint>,
    ) -> Vec<Answering> {
        let mut found = Vec::new();
        let mut numbers: SortedSet<usize> = SortedSet::new();
        for (answers, known) in answers.iter().zip(&looking.numbers) {
            let pods = answers.iter().flat_map(|answers| answers.pods.keys());
            pods.filter_map(|id| known.get(id)).for_each(|of| numbers.extend(of.iter().copied()));
        }
        for number in numbers {
            let joint = &looking.backers[number];
            let told = |at: usize| answers[at].as_ref()?.pods.get(joint.unit(at)?.members.first()?);
            let told = [told(0), told(1)];
            let is_told = looking.by_name && self.is_told(joint, client, answers, &told);
            let who = Behind { pods: [number].into_iter().collect(), ..Behind::default() };
            found.push(Answering { is_told, ..Answering::new(who, told) });
        }
        let nodes = |at: usize| -> SortedMap<String, &Told> {
            let nodes = answers[at].iter().flat_map(|answers| answers.nodes.iter());
            nodes.map(|(id, told)| (self.engines()[at].cluster.node(*id).name.to_string(), told)).collect()
        };
        let own = front.node().map(|(at, id)| self.engines()[at].cluster.node(id).name.to_string());
        let (old, new) = (nodes(0), nodes(1));
        for name in old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))) {
            let who = Behind { nodes: [name.clone()].into_iter().collect(), ..Behind::default() };
            let told = [old.get(name).copied(), new.get(name).copied()];
            found.push(Answering { is_own: own.as_ref() == Some(name), ..Answering::new(who, told) });
        }
        let pieces = |at: usize| {
            let pieces = answers[at].iter().flat_map(|answers| &answers.addresses);
            pieces.map(|(addresses, told)| (addresses.clone(), Some(told))).collect::<Vec<_>>()
        };
        let (old, new) = (pieces(0), pieces(1));
        let space = old.iter().chain(&new).fold(AddressSet::empty(), |all, (one, _)| all.union(one));
        for (addresses, old) in covering(old, &space) {
            for (others, new) in covering(new.clone(), &space) {
                let addresses = addresses.intersection(&others);
                let is_own = matches!(front, Front::Address(ip, _) if addresses == AddressSet::address(*ip));
                if !addresses.is_empty() {
                    let who = Behind { addresses, ..Behind::default() };
                    found.push(Answering { is_own, ..Answering::new(who, [old, new]) });
                }
            }
        }
        found
    }

    /// Whether a line between those who ask and a pod that answers tells what changed: where a Service
    /// leads to the same ports of it, or one of them was not there. A pod and itself are never told of.
    fn is_told(
        &self,
        backer: &Joint,
        client: Option<&Joint>,
        answers: &[Option<Answers>; 2],
        told: &[Option<&Told>; 2],
    ) -> bool {
        let is_new = backer.old.is_none() || backer.new.is_none() || answers.iter().any(Option::is_none);
        let members = |joint: &Joint, at: usize| joint.unit(at).map(|unit| unit.members.clone());
        let same = |client: &Joint, at: usize| members(client, at).is_some_and(|of| members(backer, at) == Some(of));
        let itself = client.is_some_and(|client| (0..2).any(|at| same(client, at)));
        let leads = |at: usize| told[at].map(|told| &told.leads);
        is_new || itself || leads(0) == leads(1) && !self.untranslated()
    }

    /// Whether policies see Services where others see pods.
    pub(super) fn untranslated(&self) -> bool {
        self.engines().iter().any(|engine| engine.profile.service_egress == ServiceEgress::Untranslated)
    }

    fn clients_peer(&self, clients: &Clients<'_>, rows: &[usize]) -> Option<Peer> {
        match clients {
            Clients::Pods(joints) => peer_of(self.old, self.new, rows.iter().map(|at| &joints[*at])),
            Clients::Nodes(nodes) => {
                let nodes = rows.iter().map(|at| (false, nodes[*at][1])).collect();
                Some(self.nodes_peer(&nodes))
            }
            Clients::Outside(classes) => {
                let all = rows.iter().fold(AddressSet::empty(), |all, at| all.union(&classes[*at]));
                Some(self.new.address_peer(&all))
            }
        }
    }

    /// Nodes and addresses together, Services one by one; each with the number of one of them.
    fn fronts_peers(&self, fronts: &[Front], columns: &SortedSet<usize>) -> Vec<(Peer, usize)> {
        let (mut nodes, mut addresses, mut out) = (SortedSet::new(), Vec::new(), Vec::new());
        let mut first = [None, None];
        for at in columns.iter().copied() {
            let front = &fronts[at];
            match front {
                Front::Node(_) => {
                    nodes.extend(front.node().map(|(state, id)| (state == 0, id)));
                    first[0].get_or_insert(at);
                }
                Front::SomeNode => out.push((Peer::new(PeerKind::Nodes), at)),
                Front::Service(_) => {
                    out.extend(front.service().map(|(state, id)| (self.engines()[state].service_peer(id), at)));
                }
                Front::Address(ip, _) => {
                    addresses.push(*ip);
                    first[1].get_or_insert(at);
                }
            }
        }
        out.extend(first[0].map(|at| (self.nodes_peer(&nodes), at)));
        out.extend(first[1].map(|at| (self.new.address_peer(&AddressSet::addresses(&addresses)), at)));
        out
    }

    fn behind_peers(&self, behind: &Behind, looking: &Looking) -> Vec<Peer> {
        let joints: Vec<&Joint> = behind.pods.iter().map(|at| &looking.backers[*at]).collect();
        let pods = joints.chunk_by(|a, b| a.workload == b.workload);
        let mut out: Vec<Peer> = pods.filter_map(|of| peer_of(self.old, self.new, of.iter().copied())).collect();
        out.extend(
            behind.nodes.iter().map(|name| Peer { name: Some(name.as_str().into()), ..Peer::new(PeerKind::Node) }),
        );
        if !behind.addresses.is_empty() {
            out.push(self.new.address_peer(&behind.addresses));
        }
        out
    }
}
