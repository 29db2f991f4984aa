//! `matrix --groups`: the two factors of the matrix, each as rectangles. Their product, which is
//! what grows with the square of a cluster, is left to the reader.

use super::answer::Peer;
use super::basis::Basis;
use super::port::PortExpr;
use super::resolve::Group;
use crate::engine::{Actor, Actors, Engine, Party, Planes, Reach, join};
use crate::ir::Direction;
use crate::model::{EndpointId, NamespaceId, NodeId, WorkloadId};
use crate::profile::OwnNode;
use crate::set::{AddressSet, Family, TrafficSet};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use indexmap::IndexMap;
use serde::Serialize;

/// Pods, or nodes, that nothing loaded tells apart, in either direction, but for the traffic of nodes
/// with their own pods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PodGroup {
    /// Its number, from 0.
    pub id: u32,
    /// Workloads and pods, or nodes, sorted.
    pub members: Vec<Peer>,
    /// The address families that they have, of those asked about, when the cluster has another.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub families: Vec<Family>,
}

/// A set of groups: in JSON `"all"`, a list of numbers, or `{"except": [numbers]}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum GroupSet {
    /// Every group.
    All(All),
    /// These, ascending.
    Only(Vec<u32>),
    /// Every group but these.
    Except {
        /// Ascending.
        except: Vec<u32>,
    },
}

/// The word `all`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum All {
    /// `all`
    All,
}

impl GroupSet {
    /// Whether a group is one of them.
    pub fn contains(&self, id: u32) -> bool {
        match self {
            Self::All(_) => true,
            Self::Only(ids) => ids.binary_search(&id).is_ok(),
            Self::Except { except } => except.binary_search(&id).is_err(),
        }
    }
}

impl From<Actors> for GroupSet {
    fn from(actors: Actors) -> Self {
        match actors {
            Actors::All => Self::All(All::All),
            Actors::Only(ids) => Self::Only(ids),
            Actors::Except(except) => Self::Except { except },
        }
    }
}

/// What one direction's policies say of every pair of two sets of groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupRectangle {
    /// Who opens the connection.
    pub from: GroupSet,
    /// Whom it reaches.
    pub to: GroupSet,
    /// The address families this is about, when they differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub families: Vec<Family>,
    /// What is allowed.
    pub allow: TrafficSet,
    /// What is neither allowed nor denied.
    #[serde(skip_serializing_if = "TrafficSet::is_empty")]
    pub undefined: TrafficSet,
}

/// What groups may send to addresses outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutsideEgress {
    /// The groups, ascending.
    pub from: Vec<u32>,
    /// The addresses: the shortest exact list of blocks.
    pub cidrs: Vec<String>,
    /// What is allowed.
    pub allow: TrafficSet,
    /// What is neither allowed nor denied.
    #[serde(skip_serializing_if = "TrafficSet::is_empty")]
    pub undefined: TrafficSet,
}

/// What groups may get from addresses outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutsideIngress {
    /// The groups, ascending.
    pub to: Vec<u32>,
    /// The addresses: the shortest exact list of blocks.
    pub cidrs: Vec<String>,
    /// What is allowed.
    pub allow: TrafficSet,
    /// What is neither allowed nor denied.
    #[serde(skip_serializing_if = "TrafficSet::is_empty")]
    pub undefined: TrafficSet,
}

/// What policies of the administrative tiers say of a pod's own node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Judged {
    /// Of which direction of the pods.
    pub direction: Direction,
    /// The group of the pods.
    pub group: u32,
    /// The group on the node's network.
    pub host: u32,
    /// The address families this is about, when they differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub families: Vec<Family>,
    /// What is allowed.
    pub allow: TrafficSet,
    /// What is neither allowed nor denied.
    #[serde(skip_serializing_if = "TrafficSet::is_empty")]
    pub undefined: TrafficSet,
}

/// Where the two factors alone do not decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum GroupException {
    /// Between a member of these groups, which are nodes and pods on their node's network, and a pod
    /// of that node. Let the exempt factor be everything, or what `judged` says. A direction that is
    /// `exempt` has the exempt factor in place of its own; one that is `undefined` has either of the
    /// two, and it is not known which. Where it is not known on which node one of the two is, that
    /// holds for an `exempt` direction too.
    OwnNode {
        /// The groups on their node's network, ascending.
        groups: Vec<u32>,
        /// How the other pod's ingress is.
        ingress: OwnNode,
        /// How the other pod's egress is.
        egress: OwnNode,
        /// The exempt factors that are not everything, because policies of an administrative tier
        /// judge the own node.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        judged: Vec<Judged>,
    },
    /// What reaches these groups, which are nodes, on the ports that lead to Services: undefined,
    /// whatever the factors say.
    NodePorts {
        /// The groups, ascending.
        groups: Vec<u32>,
        /// The ports, of those that were asked about.
        undefined: TrafficSet,
    },
    /// Both directions rest on the same labels that are not known; this is what they come to.
    SharedUnknown {
        /// Who opens the connection.
        from: u32,
        /// Whom it reaches.
        to: u32,
        /// The address families this is about, when they differ.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        families: Vec<Family>,
        /// What is allowed.
        allow: TrafficSet,
        /// What is neither allowed nor denied.
        #[serde(skip_serializing_if = "TrafficSet::is_empty")]
        undefined: TrafficSet,
    },
}

/// The answer of `matrix --groups`. A connection is allowed where a rectangle of `egress` and one of
/// `ingress` both allow it, and a pod always reaches itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MatrixGroups {
    /// `netpol.matrix-groups/v1`.
    pub schema: &'static str,
    /// The traffic that was asked about.
    pub traffic: TrafficSet,
    /// The addresses outside that were asked about: the shortest exact list of blocks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outside: Vec<String>,
    /// Every pod and node that was asked about is in one.
    pub groups: Vec<PodGroup>,
    /// What the policies of `from` let out, sorted; what is in no rectangle is denied.
    pub egress: Vec<GroupRectangle>,
    /// What the policies of `to` let in, likewise.
    pub ingress: Vec<GroupRectangle>,
    /// Where groups may go outside of the cluster.
    pub outside_egress: Vec<OutsideEgress>,
    /// Who may come in from outside of the cluster.
    pub outside_ingress: Vec<OutsideIngress>,
    /// What the factors alone do not tell.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<GroupException>,
    /// What the answer rests on.
    pub basis: Basis,
}

/// A group, with all that is needed to decide for it.
struct Found {
    actor: Actor,
    /// Pods; none: it is a group of nodes.
    members: Vec<EndpointId>,
    peers: Vec<Peer>,
}

/// A group by its number, with its first and last member of a namespace.
type End = (u32, EndpointId, EndpointId);

pub(crate) fn matrix_groups(engine: &Engine, from: &Group, to: &Group, port: &PortExpr) -> MatrixGroups {
    let traffic = match port {
        PortExpr::Set(set) => set.clone(),
        PortExpr::Any | PortExpr::Named(..) => TrafficSet::all_ports(),
    };
    engine.compile_all();
    let found = engine.groups(from, to, port, &traffic);
    let actors: Vec<Actor> = found.iter().map(|f| f.actor.clone()).collect();
    let rectangles = |direction| {
        let found = engine.rectangles(direction, &actors).into_iter();
        let rectangles = found.map(|r| {
            let (subjects, peers) = (GroupSet::Only(r.subjects), r.peers.into());
            let (from, to) = match direction {
                Direction::Egress => (subjects, peers),
                Direction::Ingress => (peers, subjects),
            };
            let undefined = r.planes.may.difference(&r.planes.must);
            GroupRectangle { from, to, families: r.families, allow: r.planes.must, undefined }
        });
        rectangles.collect::<Vec<_>>()
    };
    let outside = |direction, addresses| {
        let found = engine.outside_rectangles(direction, &actors, addresses).into_iter();
        found.map(|r| {
            let undefined = r.planes.may.difference(&r.planes.must);
            (r.subjects, engine.address_peer(&r.addresses).cidrs, r.planes.must, undefined)
        })
    };
    // A port name is looked up on a pod.
    let asked = AddressSet::families(from.families_with(to));
    let (origin, goal) = (from.addresses.intersection(&asked), to.addresses.intersection(&asked));
    let nowhere = AddressSet::empty();
    let goal = if matches!(port, PortExpr::Named(..)) { &nowhere } else { &goal };
    let outside_egress = || -> Vec<OutsideEgress> {
        let found = outside(Direction::Egress, goal);
        found.map(|(from, cidrs, allow, undefined)| OutsideEgress { from, cidrs, allow, undefined }).collect()
    };
    let outside_ingress = || -> Vec<OutsideIngress> {
        let found = outside(Direction::Ingress, &origin);
        found.map(|(to, cidrs, allow, undefined)| OutsideIngress { to, cidrs, allow, undefined }).collect()
    };
    let ((egress, outside_egress), (ingress, outside_ingress)) = join(
        || join(|| rectangles(Direction::Egress), outside_egress),
        || join(|| rectangles(Direction::Ingress), outside_ingress),
    );
    MatrixGroups {
        schema: "netpol.matrix-groups/v1",
        egress,
        ingress,
        outside_egress,
        outside_ingress,
        outside: engine.address_peer(&from.addresses.union(&to.addresses).intersection(&asked)).cidrs,
        exceptions: engine.exceptions(&found, &traffic),
        groups: engine.pod_groups(found),
        traffic,
        basis: engine.basis_of_all(),
    }
}

impl Engine {
    /// The groups of the pods on either side, sorted by their members.
    fn groups(&self, from: &Group, to: &Group, port: &PortExpr, traffic: &TrafficSet) -> Vec<Found> {
        let families = from.families_with(to);
        let mut sides: Vec<[bool; 2]> = vec![[false; 2]; self.cluster.endpoints.len()];
        from.endpoints.iter().for_each(|id| sides[id.index()][0] = true);
        to.endpoints.iter().for_each(|id| sides[id.index()][1] = true);
        let mut groups: IndexMap<_, Vec<EndpointId>, foldhash::fast::RandomState> = IndexMap::default();
        for (at, [source, destination]) in sides.into_iter().enumerate().filter(|(_, sides)| sides.contains(&true)) {
            let id = EndpointId::of(at);
            let asked = match port {
                PortExpr::Named(name, protocol) if destination => Some(self.declared(id, name, *protocol)),
                _ => None,
            };
            groups.entry((self.role(id).within(&families), source, destination, asked)).or_default().push(id);
        }
        let found = groups.into_iter().map(|((role, source, destination, asked), members)| {
            let mut workloads: SortedMap<WorkloadId, Vec<EndpointId>> = SortedMap::new();
            members.iter().for_each(|id| workloads.entry(self.cluster.endpoint(*id).workload).or_default().push(*id));
            let mut peers: Vec<Peer> = workloads.into_iter().map(|(id, of)| self.workload_peer(id, &of)).collect();
            peers.arrange();
            let asked = asked.unwrap_or_else(|| traffic.clone());
            Found { actor: Actor { role, source, destination, asked }, members, peers }
        });
        let mut found: Vec<Found> = found.collect();
        found.extend(self.groups_of_nodes(from, to, port, traffic));
        found.arrange_by(|a, b| a.peers.cmp(&b.peers));
        found
    }

    /// The groups of the nodes on either side.
    fn groups_of_nodes(&self, from: &Group, to: &Group, port: &PortExpr, traffic: &TrafficSet) -> Vec<Found> {
        let mut groups: IndexMap<_, SortedSet<NodeId>, foldhash::fast::RandomState> = IndexMap::default();
        let sides: [SortedSet<NodeId>; 2] = [from, to].map(|group| group.nodes.iter().copied().collect());
        let both: SortedSet<NodeId> = sides.iter().flatten().copied().collect();
        let families = from.families_with(to);
        for id in &both {
            let [source, destination] = [0, 1].map(|side: usize| sides[side].contains(id));
            groups.entry((self.role_of_node(*id).within(&families), source, destination)).or_default().insert(*id);
        }
        // A port name is looked up on a pod.
        let asked = if matches!(port, PortExpr::Named(..)) { TrafficSet::empty() } else { traffic.clone() };
        let found = groups.into_iter().map(|((role, source, destination), nodes)| {
            let peers = vec![self.nodes_peer(nodes.into_iter())];
            Found { actor: Actor { role, source, destination, asked: asked.clone() }, members: Vec::new(), peers }
        });
        found.collect()
    }

    fn pod_groups(&self, found: Vec<Found>) -> Vec<PodGroup> {
        let all = self.cluster.space.families.len();
        let groups = found.into_iter().zip(0..).map(|(found, id)| {
            let mut families = found.actor.role.families();
            if families.len() >= all {
                families.clear();
            }
            PodGroup { id, members: found.peers, families }
        });
        groups.collect()
    }

    fn exceptions(&self, found: &[Found], traffic: &TrafficSet) -> Vec<GroupException> {
        let mut exceptions = Vec::new();
        let policed = |f: &Found| Direction::ALL.into_iter().any(|d| self.is_policed(d, &f.actor.role));
        let hosts = (0..).zip(found).filter(|(_, f)| f.actor.role.host_network).map(|(at, _)| at);
        let groups: Vec<u32> = hosts.collect();
        let special = Direction::ALL.iter().any(|d| self.own_node_of(*d) != OwnNode::Policed);
        if special && !groups.is_empty() && found.iter().any(policed) {
            let [egress, ingress] = Direction::ALL.map(|direction| self.own_node_of(direction));
            let judged = self.judged(found, &groups, traffic);
            exceptions.push(GroupException::OwnNode { groups, ingress, egress, judged });
        }
        let taken = self.cluster.node_ports();
        let through = |f: &Found| taken.intersection(&f.actor.asked);
        let nodes = (0..).zip(found).filter(|(_, f)| f.members.is_empty() && f.actor.destination);
        let nodes: Vec<(u32, TrafficSet)> = nodes.map(|(at, f)| (at, through(f))).filter(|n| !n.1.is_empty()).collect();
        if let Some((_, undefined)) = nodes.first() {
            let groups = nodes.iter().map(|(at, _)| *at).collect();
            exceptions.push(GroupException::NodePorts { groups, undefined: undefined.clone() });
        }
        // Only where both directions leave something open can they rest on the same unknown.
        let mut open: SortedMap<NamespaceId, [Vec<End>; 2]> = SortedMap::new();
        for (f, at) in found.iter().zip(0..) {
            let wanted = [f.actor.source, f.actor.destination];
            for (direction, wanted) in Direction::ALL.into_iter().zip(wanted) {
                if wanted && self.has_undefined(direction, &f.actor.role, traffic) {
                    let mut ends: SortedMap<NamespaceId, (EndpointId, EndpointId)> = SortedMap::new();
                    for id in &f.members {
                        let namespace = self.cluster.endpoint(*id).namespace;
                        if !self.cluster.namespace(namespace).labels_known {
                            ends.entry(namespace).or_insert((*id, *id)).1 = *id;
                        }
                    }
                    for (namespace, (first, last)) in ends {
                        open.entry(namespace).or_default()[direction as usize].push((at, first, last));
                    }
                }
            }
        }
        // A group whose policies depend on such labels, with everybody else.
        let mut pairs: SortedSet<[(u32, EndpointId); 2]> = SortedSet::new();
        let ends = |f: &Found| Some((*f.members.first()?, *f.members.last()?));
        // On a node's network only one direction is judged, so nothing is looked at twice.
        let policed = |f: &Found| !f.actor.role.host_network;
        for (a, at) in found.iter().zip(0..).filter(|(a, _)| a.actor.source && policed(a)) {
            for (b, to) in found.iter().zip(0..).filter(|(b, _)| b.actor.destination && policed(b)) {
                if a.actor.role.open_in.is_some() || b.actor.role.open_in.is_some() {
                    let (Some((source, _)), Some((_, destination))) = (ends(a), ends(b)) else { continue };
                    if source != destination || self.is_many(source) {
                        pairs.insert([(at, source), (to, destination)]);
                    }
                }
            }
        }
        let mut reach = Reach::new(self, &TrafficSet::all());
        let mut shared: Vec<(u32, u32, Vec<Family>, TrafficSet, TrafficSet)> = Vec::new();
        for [sources, destinations] in open.into_values() {
            for (a, source, _) in sources {
                for (b, _, destination) in &destinations {
                    if source != *destination || self.is_many(source) {
                        pairs.insert([(a, source), (*b, *destination)]);
                    }
                }
            }
        }
        for pair in pairs {
            self.shared_unknown(&mut reach, pair, found, &mut shared);
        }
        shared.arrange();
        shared.dedup();
        exceptions.extend(shared.into_iter().map(|(from, to, families, allow, undefined)| {
            GroupException::SharedUnknown { from, to, families, allow, undefined }
        }));
        exceptions
    }

    /// The exempt factors that are not everything.
    fn judged(&self, found: &[Found], hosts: &[u32], traffic: &TrafficSet) -> Vec<Judged> {
        let mut judged = Vec::new();
        for (f, group) in found.iter().zip(0..) {
            for direction in Direction::ALL {
                if !self.role_judges_own_node(direction, &f.actor.role) {
                    continue;
                }
                for host in hosts {
                    let of = &found[*host as usize].actor.role;
                    let planes = |family| self.own_node_planes(direction, &f.actor.role, of, family);
                    let all: Vec<(Family, Planes)> =
                        Family::ALL.into_iter().filter_map(|family| Some((family, planes(family)?))).collect();
                    let mut by_planes: SortedMap<(TrafficSet, TrafficSet), Vec<Family>> = SortedMap::new();
                    for (family, planes) in &all {
                        let planes = planes.within(traffic);
                        let undefined = planes.may.difference(&planes.must);
                        by_planes.entry((planes.must, undefined)).or_default().push(*family);
                    }
                    for ((allow, undefined), mut families) in by_planes {
                        if families.len() == all.len() {
                            families.clear();
                        }
                        if allow != *traffic {
                            judged.push(Judged { direction, group, host: *host, families, allow, undefined });
                        }
                    }
                }
            }
        }
        judged.arrange();
        judged
    }

    /// Adds what a pair comes to where that is not what the factors do.
    fn shared_unknown(
        &self,
        reach: &mut Reach<'_>,
        ends: [(u32, EndpointId); 2],
        found: &[Found],
        out: &mut Vec<(u32, u32, Vec<Family>, TrafficSet, TrafficSet)>,
    ) {
        let [(a, source), (b, destination)] = ends;
        let asked = &found[b as usize].actor.asked;
        let of = |at: u32| found[at as usize].actor.role.families();
        let common: Vec<Family> = of(a).into_iter().filter(|f| of(b).contains(f)).collect();
        let (from, to) = (Party::Endpoint(source), Party::Endpoint(destination));
        let mut differing: Vec<(Vec<Family>, TrafficSet, TrafficSet)> = Vec::new();
        for family in &common {
            let id = reach.pair(from, to, *family);
            let total = reach.get(id).within(asked);
            let Some(factors) = reach.factors(from, to, *family) else { continue };
            if factors.within(asked) == total {
                continue;
            }
            let undefined = total.may.difference(&total.must);
            match differing.iter_mut().find(|(_, allow, open)| *allow == total.must && *open == undefined) {
                Some((families, ..)) => families.push(*family),
                None => differing.push((vec![*family], total.must, undefined)),
            }
        }
        for (mut families, allow, undefined) in differing {
            if families == common {
                families.clear();
            }
            out.push((a, b, families, allow, undefined));
        }
    }
}
