//! Tests of today's behaviour, grouped as a person would: by workload and namespace, not by pod.

use crate::analysis::Analysis;
use crate::engine::{Engine, Reach};
use crate::ir::Direction;
use crate::manifest::WorkloadKind;
use crate::model::{EndpointId, EndpointKind, NamespaceId, WorkloadId};
use crate::query::{QueryError, Unit, Verdict};
use crate::set::{AddressSet, TrafficSet};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use ipnet::IpNet;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// More pairs of workloads than this are not looked at.
const MOST_PAIRS: usize = 1_000_000;

/// An outside of more blocks than this gets no test of its own.
const MOST_BLOCKS: usize = 24;

/// Tests that pass today.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Proposal {
    /// The tests, those about one namespace together.
    pub tests: Vec<ProposedTest>,
    /// How many sets of pods or addresses could not be written as peers, so that nothing is tested of
    /// them.
    pub left_out: usize,
}

/// A test as it would be written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProposedTest {
    /// Where its destinations are: namespaces, or `world`.
    pub about: String,
    /// Its name.
    pub name: String,
    /// The peers that open connections.
    pub from: Vec<ProposedPeer>,
    /// The peers to reach.
    pub to: Vec<ProposedPeer>,
    /// The ports; none: any.
    pub ports: Option<String>,
    /// Ports to leave out.
    pub except_ports: Option<String>,
    /// What is so today.
    pub expect: Verdict,
}

/// A peer as it would be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProposedPeer {
    /// As `check` takes it.
    Named(String),
    /// Every address outside of the cluster but these blocks.
    WorldExcept(Vec<String>),
    /// The addresses outside of the cluster that are in these blocks.
    WorldWithin(Vec<String>),
}

impl fmt::Display for ProposedPeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(text) => f.write_str(text),
            Self::WorldExcept(blocks) => write!(f, "world except {}", shorter(&blocks.join(","))),
            Self::WorldWithin(blocks) => write!(f, "world within {}", shorter(&blocks.join(","))),
        }
    }
}

/// What one end may send another: what is surely allowed, denied and undefined. The rest is decided in
/// different ways for different pods or addresses of it, and is left out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Decided {
    allow: TrafficSet,
    deny: TrafficSet,
    undefined: TrafficSet,
}

impl Decided {
    fn of(allow: TrafficSet, undefined: TrafficSet) -> Self {
        let deny = TrafficSet::all_ports().difference(&allow).difference(&undefined);
        Self { allow, deny, undefined }
    }

    fn and(&self, other: &Self) -> Self {
        Self {
            allow: self.allow.intersection(&other.allow),
            deny: self.deny.intersection(&other.deny),
            undefined: self.undefined.intersection(&other.undefined),
        }
    }
}

/// One row or column: a workload, pods of one, or the outside as far as it is alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Unit(usize),
    Outside(usize),
}

/// What each source may send to one destination; nothing said of a pod to itself.
type Column = SortedMap<Side, usize>;

impl Analysis {
    /// Tests of what is allowed, denied and undefined today, between all workloads, and between these
    /// and the outside. Nodes, Services and ICMP are left out.
    ///
    /// ```
    /// # use netpol_core::{Analysis, Inputs, Profile, ReadOptions, query::Verdict, read};
    /// # let mut inputs = Inputs::default();
    /// # inputs.push("a.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: b, namespace: x}}");
    /// # let analysis = Analysis::new(read(&inputs, &ReadOptions::default()), Profile::GENERIC);
    /// let proposal = analysis.propose_tests()?;
    /// assert!(proposal.tests.iter().all(|test| test.expect == Verdict::Allow));
    /// assert_eq!(proposal.tests[0].from[0].to_string(), "*/*");
    /// # Ok::<(), netpol_core::query::QueryError>(())
    /// ```
    ///
    /// # Errors
    /// More pairs of workloads than can be looked at.
    pub fn propose_tests(&self) -> Result<Proposal, QueryError> {
        let engine = self.engine();
        let units = engine.units(engine.cluster.real_endpoints());
        let pairs = units.len().saturating_mul(units.len());
        if pairs > MOST_PAIRS {
            return Err(QueryError::too_many_pairs(pairs, MOST_PAIRS));
        }
        let mut table = Table::new(engine, units);
        table.fill();
        Ok(table.proposal())
    }
}

/// Whether what a destination gets from every source is what those of a group get. Nothing is said of a
/// pod alone with itself.
fn fits(target: &Side, column: &Column, targets: &[Side], known: &Column) -> bool {
    let there = |(source, value): (&Side, &usize)| match known.get(source) {
        Some(other) => other == value,
        None => *targets == [source.clone()],
    };
    let missing = |source: &Side| column.contains_key(source) || source == target;
    column.iter().all(there) && known.keys().all(missing)
}

struct Table<'e> {
    engine: &'e Engine,
    units: Vec<Unit>,
    /// Sets of addresses, each alike to every pod that it is about.
    outside: Vec<AddressSet>,
    /// How many pods each namespace has.
    in_namespace: SortedMap<NamespaceId, usize>,
    /// What can be decided, each once.
    decided: Vec<Decided>,
    /// Where they are.
    values: SortedMap<Decided, usize>,
    columns: SortedMap<Side, Column>,
}

impl<'e> Table<'e> {
    fn new(engine: &'e Engine, units: Vec<Unit>) -> Self {
        let mut in_namespace: SortedMap<NamespaceId, usize> = SortedMap::new();
        for id in engine.cluster.real_endpoints() {
            *in_namespace.entry(engine.cluster.endpoint(id).namespace).or_default() += 1;
        }
        Self {
            engine,
            units,
            outside: Vec::new(),
            in_namespace,
            decided: Vec::new(),
            values: SortedMap::new(),
            columns: SortedMap::new(),
        }
    }

    fn value(&mut self, decided: Decided) -> usize {
        let next = self.decided.len();
        let value = *self.values.entry(decided.clone()).or_insert(next);
        if value == next {
            self.decided.push(decided);
        }
        value
    }

    fn fill(&mut self) {
        let engine = self.engine;
        let all = TrafficSet::all_ports();
        let mut reach = Reach::new(engine, &all);
        for to in 0..self.units.len() {
            for from in 0..self.units.len() {
                let links = engine.links(&mut reach, &self.units[from], &self.units[to]);
                let decided = links.iter().map(|link| {
                    let planes = reach.get(link.planes);
                    Decided::of(planes.must.clone(), planes.may.difference(&planes.must))
                });
                if let Some(decided) = decided.reduce(|a, b| a.and(&b)) {
                    let value = self.value(decided);
                    self.columns.entry(Side::Unit(to)).or_default().insert(Side::Unit(from), value);
                }
            }
        }
        for at in 0..self.units.len() {
            for direction in Direction::ALL {
                for (addresses, decided) in self.with_outside(at, direction) {
                    let value = self.value(decided);
                    let outside = match self.outside.iter().position(|known| *known == addresses) {
                        Some(known) => known,
                        None => {
                            self.outside.push(addresses);
                            self.outside.len() - 1
                        }
                    };
                    let (from, to) = match direction {
                        Direction::Egress => (Side::Unit(at), Side::Outside(outside)),
                        Direction::Ingress => (Side::Outside(outside), Side::Unit(at)),
                    };
                    self.columns.entry(to).or_default().insert(from, value);
                }
            }
        }
    }

    /// What a unit may have to do with the outside: sets of addresses, and what is decided of each.
    fn with_outside(&self, at: usize, direction: Direction) -> Vec<(AddressSet, Decided)> {
        let (engine, unit) = (self.engine, &self.units[at]);
        let world = engine.world();
        let space = AddressSet::families(engine.outside_families(unit.party)).intersection(&world);
        let mut rest = space.clone();
        let mut found: Vec<(AddressSet, Decided)> = Vec::new();
        for part in engine.outside_of(direction, unit, &world, &TrafficSet::all_ports()) {
            rest = rest.difference(&part.addresses);
            found.push((part.addresses, Decided::of(part.allow, part.undefined)));
        }
        if !rest.is_empty() {
            found.push((rest, Decided::of(TrafficSet::empty(), TrafficSet::empty())));
        }
        // All of the outside that the unit has to do with is what `world` means to it.
        if let [(addresses, _)] = found.as_mut_slice() {
            *addresses = world;
        }
        found
    }

    fn proposal(&self) -> Proposal {
        let mut proposal = Proposal::default();
        for (targets, column) in self.alike() {
            let mut by_value: SortedMap<usize, Vec<Side>> = SortedMap::new();
            for (source, value) in column.iter() {
                by_value.entry(*value).or_default().push(source.clone());
            }
            let mut groups: Vec<(Vec<Side>, &Decided)> =
                by_value.into_iter().map(|(value, sources)| (sources, &self.decided[value])).collect();
            // Few sources are the exception, and come first.
            groups.arrange_by(|a, b| (a.0.len(), &a.0).cmp(&(b.0.len(), &b.0)));
            for (sources, decided) in groups {
                self.tests_of(&sources, &targets, decided, &mut proposal);
            }
        }
        proposal.tests.arrange_by(|a, b| a.about.cmp(&b.about));
        number_names(&mut proposal.tests);
        proposal
    }

    /// Destinations with the same column together.
    fn alike(&self) -> Vec<(Vec<Side>, Column)> {
        let mut groups: Vec<(Vec<Side>, Column)> = Vec::new();
        for (target, column) in self.columns.iter() {
            let is_outside = |side: &Side| matches!(side, Side::Outside(_));
            let found = groups.iter_mut().find(|(targets, known)| {
                targets.first().is_some_and(|first| is_outside(first) == is_outside(target))
                    && fits(target, column, targets, known)
            });
            match found {
                Some((targets, known)) => {
                    targets.push(target.clone());
                    for (source, value) in column.iter() {
                        known.insert(source.clone(), *value);
                    }
                }
                None => groups.push((vec![target.clone()], column.clone())),
            }
        }
        groups
    }

    fn tests_of(&self, sources: &[Side], targets: &[Side], decided: &Decided, proposal: &mut Proposal) {
        let (Some(to), Some(about)) = (self.peers(targets), self.about(targets)) else {
            proposal.left_out += 1;
            return;
        };
        // Pods and the outside are told apart: they read as two things.
        let (inside, outside): (Vec<Side>, Vec<Side>) =
            sources.iter().cloned().partition(|side| matches!(side, Side::Unit(_)));
        for sources in [inside, outside] {
            let Some(from) = self.peers(&sources) else {
                proposal.left_out += 1;
                continue;
            };
            if from.is_empty() {
                continue;
            }
            for (expect, traffic) in [
                (Verdict::Allow, &decided.allow),
                (Verdict::Undefined, &decided.undefined),
                (Verdict::Deny, &decided.deny),
            ] {
                if traffic.is_empty() {
                    continue;
                }
                let rest = TrafficSet::all_ports().difference(traffic);
                let (ports, except_ports) = match () {
                    () if rest.is_empty() => (None, None),
                    () if port_text(&rest).len() < port_text(traffic).len() => (None, Some(port_text(&rest))),
                    () => (Some(port_text(traffic)), None),
                };
                let name = name_of(&from, &to, expect, ports.as_deref(), except_ports.as_deref());
                let (about, from, to) = (about.clone(), from.clone(), to.clone());
                proposal.tests.push(ProposedTest { about, name, from, to, ports, except_ports, expect });
            }
        }
    }

    /// The namespaces of some destinations, or `world`.
    fn about(&self, sides: &[Side]) -> Option<String> {
        let namespaces: SortedSet<String> = sides
            .iter()
            .map(|side| match side {
                Side::Unit(at) => self.namespace(&self.units[*at]).to_owned(),
                Side::Outside(_) => "world".to_owned(),
            })
            .collect();
        let names: Vec<String> = namespaces.into_iter().collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    fn namespace(&self, unit: &Unit) -> &str {
        self.engine.cluster.namespace_name(self.engine.cluster.workload(unit.workload).namespace)
    }

    /// Some rows or columns as peers: whole namespaces as such. None: they cannot be written.
    fn peers(&self, sides: &[Side]) -> Option<Vec<ProposedPeer>> {
        let mut pods: SortedSet<EndpointId> = SortedSet::new();
        let mut outside = AddressSet::empty();
        for side in sides {
            match side {
                Side::Unit(at) => pods.extend(self.units[*at].members.iter().copied()),
                Side::Outside(at) => outside = outside.union(&self.outside[*at]),
            }
        }
        let mut peers: Vec<ProposedPeer> = self.pod_peers(&pods)?.into_iter().map(ProposedPeer::Named).collect();
        peers.extend(self.outside_peers(&outside)?);
        Some(peers)
    }

    /// Addresses outside: as the world, as all of it but some blocks, or as blocks.
    fn outside_peers(&self, addresses: &AddressSet) -> Option<Vec<ProposedPeer>> {
        let world = self.engine.world();
        if addresses.is_empty() {
            return Some(Vec::new());
        }
        if *addresses == world {
            return Some(vec![ProposedPeer::Named("world".to_owned())]);
        }
        let texts = |nets: Vec<IpNet>| nets.iter().map(ToString::to_string).collect::<Vec<String>>();
        let blocks = texts(addresses.cidrs());
        let within = texts(covering(&world, addresses));
        let except = texts(covering(&world, &world.difference(addresses)));
        let least = blocks.len().min(within.len()).min(except.len());
        match () {
            () if least > MOST_BLOCKS => None,
            () if blocks.len() == least => Some(blocks.into_iter().map(ProposedPeer::Named).collect()),
            () if except.len() == least => Some(vec![ProposedPeer::WorldExcept(except)]),
            () => Some(vec![ProposedPeer::WorldWithin(within)]),
        }
    }

    /// Whether nothing else in the namespace has a workload's name.
    fn is_only(&self, id: WorkloadId) -> bool {
        let cluster = &self.engine.cluster;
        let (namespace, name) = (cluster.workload(id).namespace, &*cluster.workload(id).name);
        let other = (0..cluster.workloads.len()).map(WorkloadId::of).any(|other| {
            let workload = cluster.workload(other);
            other != id && workload.namespace == namespace && *workload.name == *name
        });
        let owned = cluster.owned.iter().any(|owned| owned.namespace == namespace && *owned.name == *name);
        let pod = cluster.endpoints.iter().any(|pod| {
            pod.namespace == namespace && *pod.name == *name && pod.workload != id && pod.kind == EndpointKind::Pod
        });
        !(other || owned || pod)
    }

    fn pod_peers(&self, pods: &SortedSet<EndpointId>) -> Option<Vec<String>> {
        let cluster = &self.engine.cluster;
        if pods.is_empty() {
            return Some(Vec::new());
        }
        if cluster.real_endpoints().all(|id| pods.contains(&id)) {
            return Some(vec!["*/*".to_owned()]);
        }
        let mut by_namespace: SortedMap<&str, Vec<EndpointId>> = SortedMap::new();
        for id in pods {
            by_namespace.entry(cluster.namespace_name(cluster.endpoint(*id).namespace)).or_default().push(*id);
        }
        let mut peers = Vec::new();
        for (name, ids) in by_namespace {
            let namespace = cluster.endpoint(*ids.first()?).namespace;
            if self.in_namespace.get(&namespace).is_some_and(|all| *all > 1 && *all == ids.len()) {
                peers.push(format!("{name}/*"));
                continue;
            }
            let mut workloads: SortedMap<WorkloadId, Vec<EndpointId>> = SortedMap::new();
            for id in ids {
                workloads.entry(cluster.endpoint(id).workload).or_default().push(id);
            }
            let mut own: Vec<String> = Vec::new();
            for (id, members) in workloads {
                let workload = cluster.workload(id);
                let whole = members.len() == workload.endpoints.len();
                if whole && workload.kind != WorkloadKind::Other {
                    let kind = workload.kind_name.to_ascii_lowercase();
                    own.push(match self.is_only(id) {
                        true => format!("{name}/{}", workload.name),
                        false => format!("{name}/{kind}/{}", workload.name),
                    });
                    continue;
                }
                for member in members {
                    let endpoint = cluster.endpoint(member);
                    // Pods that a template would make, beside those that are there, have no name.
                    if endpoint.kind != EndpointKind::Pod {
                        return None;
                    }
                    own.push(format!("{name}/pod/{}", endpoint.name));
                }
            }
            own.arrange();
            peers.extend(own);
        }
        Some(peers)
    }
}

/// Few blocks that hold, of all addresses of the world, just those that are wanted. What is not of the
/// world may be in them or not.
fn covering(world: &AddressSet, wanted: &AddressSet) -> Vec<IpNet> {
    let whole = [IpNet::new(Ipv4Addr::UNSPECIFIED.into(), 0), IpNet::new(Ipv6Addr::UNSPECIFIED.into(), 0)];
    let mut open: Vec<IpNet> = whole.into_iter().flatten().rev().collect();
    let mut found = Vec::new();
    while let Some(net) = open.pop() {
        let block = AddressSet::net(net);
        let (all, own) = (world.intersection(&block), wanted.intersection(&block));
        if own.is_empty() {
            continue;
        }
        if own == all {
            found.push(net);
            continue;
        }
        let mut halves: Vec<IpNet> = net.subnets(net.prefix_len() + 1).into_iter().flatten().collect();
        halves.reverse();
        open.extend(halves);
    }
    found
}

/// Traffic in the grammar of PORT.
fn port_text(traffic: &TrafficSet) -> String {
    let ranges = traffic.ranges().map(|(protocol, low, high)| {
        let protocol = protocol.name().to_ascii_lowercase();
        match (low, high) {
            (0..=1, u16::MAX) => protocol,
            (low, high) => {
                let ports = if low == high { low.to_string() } else { format!("{low}-{high}") };
                if protocol == "tcp" { ports } else { format!("{ports}/{protocol}") }
            }
        }
    });
    ranges.collect::<Vec<_>>().join(",")
}

/// A name as a person would give it.
fn name_of(
    from: &[ProposedPeer],
    to: &[ProposedPeer],
    expect: Verdict,
    ports: Option<&str>,
    except: Option<&str>,
) -> String {
    let short = |peers: &[ProposedPeer]| match peers {
        [] => String::new(),
        [only] => only.to_string(),
        [first, second] => format!("{first} and {second}"),
        [first, rest @ ..] => format!("{first} and {} others", rest.len()),
    };
    let verb = match expect {
        Verdict::Allow => "may reach",
        Verdict::Deny => "may not reach",
        _ => "may or may not reach",
    };
    let on = match (ports, except) {
        (Some(ports), _) => format!(" on {}", shorter(ports)),
        (_, Some(except)) => format!(" on other ports than {}", shorter(except)),
        _ => String::new(),
    };
    format!("{} {verb} {}{on}", short(from), short(to))
}

/// A list that is not too long for a name.
fn shorter(ports: &str) -> String {
    let parts: Vec<&str> = ports.split(',').collect();
    match parts.as_slice() {
        [a, b, c, rest @ ..] if rest.len() > 1 => format!("{a}, {b}, {c} and {} others", rest.len()),
        all => all.join(", "),
    }
}

/// Names that stand twice get numbers.
fn number_names(tests: &mut [ProposedTest]) {
    let mut seen: SortedMap<String, usize> = SortedMap::new();
    for test in tests {
        let count = seen.entry(test.name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            test.name = format!("{} ({count})", test.name);
        }
    }
}
