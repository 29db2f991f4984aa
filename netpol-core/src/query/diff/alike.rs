//! What is surely as it was: pods of a cluster that is the same, to which the same rules apply.
//!
//! Between two ends, one that sends by the same rules and one that is sent to by the same rules, nothing
//! changed: what else a verdict rests on is the cluster and the profile.

use super::Asked;
use crate::engine::{Engine, SubjectId};
use crate::ir::{Direction, List, NamespaceMatch, Origin, Peer, Ports};
use crate::model::{Backer, Cluster, Endpoint, EndpointId, EndpointKind, NamespaceId};
use crate::query::joint::Joint;
use crate::selector::{Requirement, SelectorId};
use crate::set::TrafficSet;
use crate::sorted::{Arrange, SortedSet};
use crate::symbol::Symbol;
use fixedbitset::FixedBitSet;
use indexmap::IndexSet;
use std::collections::HashMap;
use std::fmt::Write;

/// The pods of both states of which that is so.
pub(super) struct Alike {
    /// Of each pod before, which it is after.
    now: Vec<EndpointId>,
    /// By state and direction, the pods to which the same rules apply.
    pods: [[FixedBitSet; 2]; 2],
}

impl Alike {
    /// None: the cluster, the profile or who is asked about is not the same, so that nothing is known.
    pub(super) fn new(old: &Engine, new: &Engine, asked: &[Asked; 2]) -> Option<Self> {
        let [a, b] = asked;
        let same_outside = a.from.addresses == b.from.addresses && a.to.addresses == b.to.addresses;
        let same = same_outside && old.profile == new.profile && old.names == new.names && old.of_name == new.of_name;
        if !same || old.cluster.endpoints.len() != new.cluster.endpoints.len() {
            return None;
        }
        let mut names: IndexSet<String, foldhash::fast::RandomState> = IndexSet::default();
        let before: Vec<EndpointId> = endpoints(old).collect();
        names.extend(before.iter().map(|id| name(&old.cluster, *id)));
        let mut now = vec![None; names.len()];
        for id in endpoints(new) {
            let (at, is_new) = names.insert_full(name(&new.cluster, id));
            if is_new || now[at].replace(id).is_some() {
                return None;
            }
        }
        // Two of one name, or one without its like.
        let now: Vec<EndpointId> = now.into_iter().flatten().collect();
        if now.len() != before.len() {
            return None;
        }
        let rest = |engine: &Engine| surroundings(&engine.cluster);
        let is_same = |(a, b): (&EndpointId, &EndpointId)| looks(&old.cluster, *a) == looks(&new.cluster, *b);
        if !before.iter().zip(&now).all(is_same) || rest(old) != rest(new) {
            return None;
        }
        let mut pods: [[FixedBitSet; 2]; 2] = Default::default();
        for direction in Direction::ALL {
            let mut texts = Texts::default();
            let [olds, news] = [old, new].map(|engine| texts.of(engine, direction));
            for state in &mut pods {
                state[direction as usize] = FixedBitSet::with_capacity(before.len());
            }
            for (a, b) in before.iter().zip(&now) {
                if olds[a.index()] == news[b.index()] {
                    pods[0][direction as usize].insert(a.index());
                    pods[1][direction as usize].insert(b.index());
                }
            }
        }
        Some(Self { now, pods })
    }

    /// Whether a pod of a state is one to which the same rules of a direction apply.
    pub(super) fn pod(&self, at: usize, direction: Direction, id: EndpointId) -> bool {
        self.pods[at][direction as usize].contains(id.index())
    }

    /// Whether all pods of a state are such.
    pub(super) fn all_pods(&self, at: usize, direction: Direction) -> bool {
        self.pods[at][direction as usize].count_ones(..) == self.now.len()
    }

    /// Whether pods of both states are the same ones, and the same rules of a direction apply to each.
    pub(super) fn joint(&self, direction: Direction, joint: &Joint) -> bool {
        let (Some(old), Some(new)) = (&joint.old, &joint.new) else { return false };
        let mut now: Vec<EndpointId> = old.members.iter().map(|id| self.now[id.index()]).collect();
        let mut there = new.members.clone();
        now.arrange_fast();
        there.arrange_fast();
        now == there && old.members.iter().all(|id| self.pod(0, direction, *id))
    }

    /// The ports of nodes that lead to pods of a state to which other rules apply.
    pub(super) fn node_ports(&self, at: usize, cluster: &Cluster) -> TrafficSet {
        let changed = |id: EndpointId| !self.pod(at, Direction::Ingress, id);
        let services = cluster.services.iter().filter(|service| service.pods().any(changed));
        let of_services = services.flat_map(|service| &service.ports);
        let of_services = of_services.filter_map(|port| Some(TrafficSet::port(port.protocol, port.node_port?)));
        let hosted = cluster.host_ports.iter().filter(|port| changed(port.endpoint));
        let hosted = hosted.map(|port| TrafficSet::port(port.protocol, port.host));
        of_services.chain(hosted).fold(TrafficSet::empty(), |all, one| all.union(&one))
    }
}

fn endpoints(engine: &Engine) -> impl Iterator<Item = EndpointId> {
    (0..engine.cluster.endpoints.len()).map(EndpointId::of)
}

/// What makes it the same pod in another state.
fn name(cluster: &Cluster, id: EndpointId) -> String {
    let endpoint = cluster.endpoint(id);
    let workload = cluster.workload(endpoint.workload);
    let kind = match endpoint.kind {
        EndpointKind::Pod => 'p',
        EndpointKind::Template => 't',
        EndpointKind::Hypothetical => 'h',
    };
    let namespace = cluster.namespace_name(endpoint.namespace);
    format!("{kind}/{namespace}/{}/{}/{}", workload.kind_name, workload.name, endpoint.name)
}

fn labels(cluster: &Cluster, labels: &[(Symbol, Symbol)], out: &mut String) {
    let text = |symbol: Symbol| cluster.symbols.text(symbol);
    // What is open is open to every rule that asks for it; where none does, it is not written down.
    let known = labels.iter().filter(|(_, value)| *value != Symbol::OPEN);
    let mut pairs: Vec<(&str, Option<&str>)> =
        known.map(|(key, value)| (text(*key), (!value.is_open()).then(|| text(*value)))).collect();
    pairs.arrange();
    let _ = write!(out, "{pairs:?}");
}

/// All that rules can see of a pod.
fn looks(cluster: &Cluster, id: EndpointId) -> String {
    let Endpoint { labels: own, ports, addresses, node, host_network, .. } = cluster.endpoint(id);
    let mut out = String::new();
    labels(cluster, cluster.labels(*own), &mut out);
    let mut named: Vec<_> = cluster
        .ports(*ports)
        .iter()
        .map(|p| (cluster.symbols.text(p.name), p.protocol, p.port, p.sidecar, p.of_rules, p.of_services))
        .collect();
    named.arrange();
    let node = node.map(|id| &*cluster.node(id).name);
    let _ = write!(out, "{named:?}{addresses:?}{node:?}{host_network}");
    out
}

/// All that a verdict rests on beside pods and policies.
fn surroundings(cluster: &Cluster) -> Vec<String> {
    let mut out = Vec::new();
    let namespaces: SortedSet<NamespaceId> = cluster.endpoints.iter().map(|endpoint| endpoint.namespace).collect();
    for namespace in namespaces.iter().map(|id| cluster.namespace(*id)) {
        let mut text = format!("{} {}", cluster.symbols.text(namespace.name), namespace.labels_known);
        labels(cluster, &namespace.labels, &mut text);
        out.push(text);
    }
    for node in &cluster.nodes {
        let mut text = format!("{} {:?} {} {}", node.name, node.addresses, node.declared, node.control_plane);
        labels(cluster, &node.labels, &mut text);
        out.push(text);
    }
    let who = |backer: &Backer| match backer {
        Backer::Endpoint(id) => name(cluster, *id),
        Backer::Node(id) => cluster.node(*id).name.to_string(),
        other => format!("{other:?}"),
    };
    let sorted = |mut names: Vec<String>| {
        names.arrange();
        names
    };
    for service in &cluster.services {
        let backends = service.backends.iter().map(|all| sorted(all.iter().map(|id| name(cluster, *id)).collect()));
        let backends: Vec<Vec<String>> = backends.collect();
        let listed = service
            .listed
            .iter()
            .flatten()
            .map(|port| (&port.name, port.protocol, port.port, sorted(port.backers.iter().map(who).collect())));
        let listed: Vec<_> = listed.collect();
        let ports = service.ports.iter().map(|port| {
            let target = match &port.target {
                crate::model::TargetPort::Number(number) => number.to_string(),
                crate::model::TargetPort::Name(name) => cluster.symbols.text(*name).to_owned(),
            };
            (&port.name, port.protocol, port.port, target, port.node_port)
        });
        let ports: Vec<_> = ports.collect();
        let namespace = cluster.namespace_name(service.namespace);
        let kept = (service.keeps_source, service.stays_on_node, service.listed.is_some());
        out.push(format!(
            "{namespace} {} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {kept:?} {ports:?} {backends:?} {listed:?}",
            service.name,
            service.kind,
            service.addresses,
            service.cluster_ips,
            service.external_ips,
            service.balancer_names,
            service.source_ranges,
            service.external_name,
        ));
    }
    for port in &cluster.host_ports {
        let (pod, address) = (name(cluster, port.endpoint), port.address);
        out.push(format!("{pod} {} {} {} {address:?}", port.protocol, port.host, port.container));
    }
    out.arrange();
    out.push(format!("{:?}", cluster.space));
    out
}

/// Lists of rules in words, what applies to pods of them, and all that applies to one: each once.
#[derive(Default)]
struct Texts {
    lists: IndexSet<String, foldhash::fast::RandomState>,
    applied: IndexSet<Applied, foldhash::fast::RandomState>,
    all: IndexSet<Vec<usize>, foldhash::fast::RandomState>,
}

/// A list that applies to a pod: its tier and track, its place in the order of those that do, its
/// words, and whether it surely applies.
type Applied = (usize, u8, usize, usize, bool, bool);

impl Texts {
    /// What applies to each pod of a state in a direction, as far as it decides anything.
    fn of(&mut self, engine: &Engine, direction: Direction) -> Vec<usize> {
        // By where the list is, and by subject.
        let mut words: HashMap<*const List, usize, foldhash::fast::RandomState> = HashMap::default();
        let mut of_subject: HashMap<SubjectId, usize, foldhash::fast::RandomState> = HashMap::default();
        let side = engine.side(direction);
        let mut of = |id: EndpointId| match side.subject(id) {
            None => self.all.insert_full(Vec::new()).0,
            Some(subject) => {
                *of_subject.entry(subject).or_insert_with(|| self.applied(engine, direction, id, &mut words))
            }
        };
        endpoints(engine).map(&mut of).collect()
    }

    fn applied(
        &mut self,
        engine: &Engine,
        direction: Direction,
        id: EndpointId,
        words: &mut HashMap<*const List, usize, foldhash::fast::RandomState>,
    ) -> usize {
        let tiers = &engine.ir.chain(direction).tiers;
        let mut applied: Vec<Applied> = Vec::new();
        for one in engine.lists_of(direction, id) {
            let tier = &tiers[one.tier];
            let said = *words.entry(std::ptr::from_ref(one.list)).or_insert_with(|| {
                let ways = (tier.pass_to, tier.judges_own_node, tiers.len());
                self.lists.insert_full(format!("{ways:?}{}", said(engine, one.list))).0
            });
            applied.push((one.tier, tier.ranks[one.rank].track, one.rank, said, one.certain, one.open));
        }
        applied.arrange_fast();
        // Ranks have numbers of each state.
        let (mut place, mut last) = (0, None);
        let placed = applied.into_iter().map(|(tier, track, rank, said, certain, open)| {
            place += usize::from(last.replace((tier, track, rank)).is_some_and(|last| last != (tier, track, rank)));
            self.applied.insert_full((tier, track, place, said, certain, open)).0
        });
        let placed = placed.collect();
        self.all.insert_full(placed).0
    }
}

/// What the rules of a list say, wherever they stand.
fn said(engine: &Engine, list: &List) -> String {
    let cluster = &engine.cluster;
    let text = |symbol: Symbol| cluster.symbols.text(symbol);
    let selector = |id: SelectorId| {
        let requirements = engine.selectors.get(id).requirements.iter().map(|requirement| {
            let (operator, values): (_, &[Symbol]) = match requirement {
                Requirement::In(_, values) => ("in", values),
                Requirement::NotIn(_, values) => ("notin", values),
                Requirement::Exists(_) => ("exists", &[]),
                Requirement::DoesNotExist(_) => ("absent", &[]),
            };
            let mut values: Vec<&str> = values.iter().map(|value| text(*value)).collect();
            values.arrange();
            (text(requirement.key()), operator, values)
        });
        let mut requirements: Vec<(&str, &str, Vec<&str>)> = requirements.collect();
        requirements.arrange();
        requirements
    };
    let namespaces = |of: NamespaceMatch| match of {
        NamespaceMatch::Own(id) => format!("{:?}", cluster.namespace_name(id)),
        NamespaceMatch::Selected(id) => format!("{:?}", selector(id)),
    };
    let mut out = String::new();
    if let NamespaceMatch::Selected(_) = list.subject.namespaces {
        // Of a namespace whose labels are not known, it may apply or not.
        let _ = write!(out, "{}", namespaces(list.subject.namespaces));
    }
    for rule in &list.rules {
        let peer = match &rule.peer {
            Peer::Pods { namespaces: of, pods, hosts } => {
                format!("pods {} {:?} {hosts:?}", namespaces(*of), selector(*pods))
            }
            Peer::Nodes(nodes) => format!("nodes {:?}", selector(*nodes)),
            other => format!("{other:?}"),
        };
        let origin = match &rule.origin {
            Origin::Rule { .. } => "rule",
            Origin::Isolation { .. } => "isolation",
            Origin::IsolationOther { .. } => "other",
            Origin::Profile { option, .. } => option.code(),
            Origin::Unmodelled { .. } => "unmodelled",
        };
        let traffic = rule.traffic.iter().map(|port| match &port.ports {
            Ports::Set(set) => set.to_string(),
            Ports::Named(protocol, name) => format!("{protocol} {}", text(*name)),
        });
        let traffic: Vec<String> = traffic.collect();
        let _ = write!(out, "|{peer} {traffic:?} {:?} {} {origin}", rule.action, rule.certain);
    }
    out
}
