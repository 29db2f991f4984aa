//! One direction's peers: pods, nodes and whoever else a packet may come from or go to, folded by
//! what the rules of that direction can tell of them. Addresses outside are not classes: they are
//! decided as sets of addresses.

use super::blocks::{Blocks, Located};
use super::class_set::ClassSet;
use super::label_fold::{LabelFold, Matched};
use super::lists::{Lists, PeerKey};
use super::matching::Party;
use super::port_fold::PortFold;
use crate::ir::{Direction, NamespaceMatch};
use crate::model::{Cluster, Endpoint, NamespaceId, NodeId};
use crate::profile::{HostPeers, Profile};
use crate::selector::{Match, SelectorId, Selectors};
use crate::set::{AddressSet, Family};
use crate::sorted::{Arrange, SortedSet};
use crate::symbol::Symbol;
use indexmap::{IndexMap, IndexSet};
use std::net::IpAddr;
use std::sync::Arc;

/// A class of peers, of one direction and family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PeerId(pub(super) u32);

impl PeerId {
    /// Its number among the classes of its side.
    pub(crate) fn number(self) -> u32 {
        self.0
    }
}

/// What is known of a peer's address, as far as blocks can tell.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum AddressPart {
    /// In the blocks of this membership.
    Known(u32),
    /// It has several addresses in one family, and which one a packet carries is not known.
    Several(Box<[u32]>),
    /// Somewhere in the pod space.
    UnknownPod(Family),
    /// Somewhere in the node space.
    UnknownNode(Family),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PeerClass {
    /// Namespace class and projected labels; none for what selectors cannot see.
    pub(super) selectable: Option<(u32, u32)>,
    pub(super) address: AddressPart,
    /// Projected ports, of pods (egress).
    pub(super) ports: Option<u32>,
    /// Of what is on a node's network, as far as rules look there.
    pub(super) host: Option<HostPart>,
}

/// What rules can see of something on a node's network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct HostPart {
    /// Where a rule selects nodes.
    pub(super) node: Option<NodePart>,
    /// Where selectors of pods see it: the node, if it is known.
    pub(super) seen: Option<Option<NodeId>>,
}

/// What selectors can see of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum NodePart {
    /// Projected labels.
    Known(u32),
    /// A node that is not in the input, or that is not known.
    Unknown,
}

/// Namespaces that no rule of the direction can tell apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct NamespaceClass {
    /// Where a rule means this very namespace.
    own: Option<NamespaceId>,
    labels: u32,
    /// The namespace itself, if labels of it are not known that a rule names.
    pub(super) unknown: Option<NamespaceId>,
}

/// The classes that a peer of a rule matches.
#[derive(Debug)]
pub(super) struct PeerSets {
    pub(super) must: ClassSet,
    /// Those of which it is not known.
    pub(super) maybe: ClassSet,
    /// Namespace classes on whose unknown labels more depends.
    pub(super) open: Box<[u32]>,
}

#[derive(Clone, Debug)]
pub(super) struct Peers {
    pub(super) classes: Arc<[PeerClass]>,
    of_endpoint: Arc<[[Option<PeerId>; 2]]>,
    of_node: Arc<[[Option<PeerId>; 2]]>,
    some_node: [Option<PeerId>; 2],
    pub(super) namespaces: Arc<[NamespaceClass]>,
    /// Selectable classes by namespace class.
    pub(super) by_namespace: Arc<[Vec<u32>]>,
    /// By number of the lists' peers.
    pub(super) sets: Arc<[PeerSets]>,
    /// Classes whose address is not one known address.
    pub(super) floating: Arc<[u32]>,
    /// Where an address that is not known may be: of pods and of nodes, by family.
    pub(super) spaces: Arc<[[AddressSet; 2]; 2]>,
    pub(super) ports: PortFold,
    by_ports: Arc<[Vec<u32>]>,
    /// Which projected pod labels each selector matches.
    pub(super) matched: Arc<[(SelectorId, Arc<Matched>)]>,
    pub(super) evaluations: u64,
}

struct Builder<'a> {
    cluster: &'a Cluster,
    profile: &'a Profile,
    lists: &'a mut Lists,
    labels: LabelFold,
    namespace_labels: LabelFold,
    /// None: no rule selects nodes.
    node_labels: Option<LabelFold>,
    own: Vec<bool>,
    ports: PortFold,
    classes: IndexSet<PeerClass, foldhash::fast::RandomState>,
    namespaces: IndexSet<NamespaceClass, foldhash::fast::RandomState>,
    class_of_namespace: Vec<Option<u32>>,
    projected: Vec<Option<u32>>,
}

impl Peers {
    pub(super) fn fold(
        cluster: &Cluster,
        profile: &Profile,
        selectors: &Selectors,
        lists: &mut Lists,
        direction: Direction,
    ) -> Self {
        let (mut labels, mut namespace_labels) = (LabelFold::default(), LabelFold::default());
        let mut node_labels: Option<LabelFold> = None;
        let mut own = vec![false; cluster.namespaces.len()];
        for peer in &lists.peers {
            match peer {
                PeerKey::Pods(namespaces, pods, _) => {
                    labels.names(selectors.get(*pods));
                    match namespaces {
                        NamespaceMatch::Own(id) => own[id.index()] = true,
                        NamespaceMatch::Selected(selector) => namespace_labels.names(selectors.get(*selector)),
                    }
                }
                PeerKey::Nodes(nodes) => {
                    node_labels.get_or_insert_default().names(selectors.get(*nodes));
                }
                PeerKey::Any | PeerKey::Outside | PeerKey::Block(..) | PeerKey::Domain(_) => {}
            }
        }
        let builder = Builder {
            ports: match direction {
                Direction::Egress => PortFold::new(lists),
                Direction::Ingress => PortFold::default(),
            },
            cluster,
            profile,
            lists,
            labels,
            namespace_labels,
            node_labels,
            own,
            classes: IndexSet::default(),
            namespaces: IndexSet::default(),
            class_of_namespace: vec![None; cluster.namespaces.len()],
            projected: Vec::new(),
        };
        builder.run(selectors)
    }

    /// The class of a party in a family; none for addresses, and where the party has no such family.
    pub(super) fn of(&self, party: Party, family: Family) -> Option<PeerId> {
        let classes = match party {
            Party::Endpoint(id) => &self.of_endpoint[id.index()],
            Party::Node(id) => &self.of_node[id.index()],
            Party::SomeNode => &self.some_node,
            Party::Address(_) => return None,
        };
        classes[family as usize]
    }

    /// The classes whose address is not one known address and may be in a block.
    pub(super) fn maybe_in(&self, block: &AddressSet) -> impl Iterator<Item = u32> {
        let space = |kind: usize, family: Family| &self.spaces[kind][family as usize];
        self.floating.iter().copied().filter(move |class| match self.classes[*class as usize].address {
            AddressPart::UnknownPod(family) => space(0, family).meets(block),
            AddressPart::UnknownNode(family) => space(1, family).meets(block),
            AddressPart::Known(_) | AddressPart::Several(_) => true,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.classes.len()
    }

    /// Whether a class is of pods, and not of what is on a node's network.
    pub(super) fn is_pod(&self, class: u32) -> bool {
        self.classes[class as usize].ports.is_some()
    }

    /// The address of a class that selectors and port names see nothing of.
    pub(super) fn host(&self, class: u32) -> Option<&AddressPart> {
        let class = &self.classes[class as usize];
        (class.selectable.is_none() && class.ports.is_none() && class.host.is_none()).then_some(&class.address)
    }

    /// Whether the classes have the same members.
    pub(super) fn is_same_partition(&self, other: &Self) -> bool {
        self.of_endpoint == other.of_endpoint && self.of_node == other.of_node && self.some_node == other.some_node
    }

    /// The classes on which a port name has certain numbers, for each such list of numbers.
    pub(super) fn by_number(&self, protocol: crate::set::Protocol, name: Symbol) -> Vec<(Vec<u16>, ClassSet)> {
        let mut groups: IndexMap<Vec<u16>, Vec<u32>> = IndexMap::new();
        for set in 0..self.ports.len() {
            let numbers = self.ports.numbers(crate::source::to_u32(set), protocol, name);
            if !numbers.is_empty() {
                groups.entry(numbers).or_default().extend(&self.by_ports[set]);
            }
        }
        groups.sort_unstable_keys();
        let sorted = groups.into_iter().map(|(numbers, mut classes)| {
            classes.arrange_fast();
            (numbers, ClassSet::from_sorted(classes, self.len()))
        });
        sorted.collect()
    }

    /// The projected pod labels that a selector of the lists matches.
    pub(super) fn pods_matched(&self, selector: SelectorId) -> Option<&Matched> {
        let at = self.matched.binary_search_by_key(&selector, |(id, _)| *id).ok()?;
        Some(&self.matched[at].1)
    }
}

impl Builder<'_> {
    fn run(mut self, selectors: &Selectors) -> Peers {
        let cluster = self.cluster;
        let hosts = cluster.nodes.iter().flat_map(|n| n.addresses.iter());
        let in_blocks = [false, true].map(|pod| self.lists.blocks_hold(pod));
        let pods = cluster.endpoints.iter().filter(|e| in_blocks[usize::from(!e.host_network)]);
        let addresses = pods.flat_map(|e| e.addresses.iter()).chain(hosts).copied();
        let located = if self.lists.blocks.is_empty() {
            self.lists.blocks.locate(std::iter::empty())
        } else {
            self.lists.blocks.locate(addresses)
        };
        let of_endpoint: Vec<[Option<PeerId>; 2]> = cluster
            .endpoints
            .iter()
            .map(|endpoint| {
                let seen = !endpoint.host_network || self.profile.host_peers != HostPeers::ByAddress;
                let selectable = if seen { Some(self.selectable(endpoint)) } else { None };
                let (ports, host) = if endpoint.host_network {
                    (None, self.host(endpoint.node))
                } else {
                    (Some(self.ports.project(endpoint.ports, cluster.ports(endpoint.ports))), None)
                };
                self.families(&endpoint.addresses, |_, family, known| {
                    let pod = !endpoint.host_network;
                    let address = address(pod, in_blocks[usize::from(pod)], family, known, &located);
                    PeerClass { selectable, address, ports, host }
                })
            })
            .collect();
        let mut host = |id: Option<NodeId>, addresses: &[IpAddr]| {
            let host = self.host(id);
            self.families(addresses, |_, family, known| {
                let address = address(false, in_blocks[0], family, known, &located);
                PeerClass { selectable: None, address, ports: None, host }
            })
        };
        let of_node: Vec<_> =
            cluster.nodes.iter().enumerate().map(|(at, n)| host(Some(NodeId::of(at)), &n.addresses)).collect();
        let some_node = host(None, &[]);
        let mut by_namespace = vec![Vec::new(); self.namespaces.len()];
        let mut by_labels = vec![Vec::new(); self.labels.len()];
        let mut by_ports = vec![Vec::new(); self.ports.len()];
        let mut by_block = vec![Vec::new(); self.lists.blocks.len()];
        let mut floating = Vec::new();
        for (class, number) in self.classes.iter().zip(0..) {
            if let Some((namespace, labels)) = class.selectable {
                by_namespace[namespace as usize].push(number);
                by_labels[labels as usize].push(number);
            }
            if let Some(ports) = class.ports {
                by_ports[ports as usize].push(number);
            }
            match class.address {
                AddressPart::Known(membership) => {
                    for block in self.lists.blocks.of_membership(membership) {
                        by_block[*block as usize].push(number);
                    }
                }
                _ => floating.push(number),
            }
        }
        let mut namespaces_with = vec![Vec::new(); self.namespace_labels.len()];
        for (class, number) in self.namespaces.iter().zip(0..).filter(|(c, _)| c.unknown.is_none()) {
            namespaces_with[class.labels as usize].push(number);
        }
        let peers: Vec<PeerKey> = self.lists.peers.iter().copied().collect();
        let mut sets = Vec::with_capacity(peers.len());
        for peer in peers {
            sets.push(match peer {
                PeerKey::Any => PeerSets::sure(ClassSet::from_sorted(
                    (0..crate::source::to_u32(self.classes.len())).collect(),
                    self.classes.len(),
                )),
                PeerKey::Outside | PeerKey::Domain(_) => PeerSets::sure(ClassSet::empty()),
                PeerKey::Nodes(nodes) => self.nodes_selected(nodes, selectors),
                PeerKey::Block(block, inside) => {
                    let classes = by_block[block as usize].iter().copied();
                    let held = |class: &u32| inside.holds(self.is_pod(*class));
                    let classes: Vec<u32> = classes.filter(held).collect();
                    PeerSets::sure(ClassSet::from_sorted(classes, self.classes.len()))
                }
                PeerKey::Pods(namespaces, pods, hosts) => {
                    self.selected(namespaces, (pods, hosts), selectors, &namespaces_with, &by_namespace, &by_labels)
                }
            });
        }
        let mut matched: Vec<(SelectorId, Arc<Matched>)> = Vec::new();
        if sets.iter().any(|s| !s.open.is_empty()) {
            let pods = self.lists.peers.iter().filter_map(|p| match p {
                PeerKey::Pods(_, pods, _) => Some(*pods),
                _ => None,
            });
            let pods: SortedSet<SelectorId> = pods.collect();
            matched.extend(pods.into_iter().map(|id| (id, self.labels.matched(id, selectors))));
        }
        Peers {
            of_endpoint: of_endpoint.into(),
            of_node: of_node.into(),
            some_node,
            namespaces: self.namespaces.into_iter().collect(),
            by_namespace: by_namespace.into(),
            sets: sets.into(),
            floating: floating.into(),
            spaces: Arc::new([&cluster.space.pods, &cluster.space.nodes].map(in_family)),
            ports: self.ports,
            by_ports: by_ports.into(),
            matched: matched.into(),
            evaluations: self.labels.evaluations
                + self.namespace_labels.evaluations
                + self.node_labels.as_ref().map_or(0, |labels| labels.evaluations),
            classes: self.classes.into_iter().collect(),
        }
    }

    /// The class in each family that a party with these addresses has.
    fn families(
        &mut self,
        addresses: &[IpAddr],
        mut class: impl FnMut(&mut Self, Family, &[IpAddr]) -> PeerClass,
    ) -> [Option<PeerId>; 2] {
        let space = &self.cluster.space;
        Family::ALL.map(|family| {
            let several: Vec<IpAddr>;
            let known = match addresses {
                [] => addresses,
                [one] if Family::of(*one) == family => addresses,
                [_] => &[],
                _ => {
                    several = addresses.iter().copied().filter(|ip| Family::of(*ip) == family).collect();
                    &several
                }
            };
            let has = if addresses.is_empty() {
                // Where the input shows no address at all, both may be asked for (`families`).
                space.families.contains(&family) || (!space.families_known && !self.profile.ipv4_only)
            } else {
                !known.is_empty()
            };
            has.then(|| {
                let class = class(self, family, known);
                PeerId(crate::source::to_u32(self.classes.insert_full(class).0))
            })
        })
    }

    fn is_pod(&self, class: u32) -> bool {
        self.classes[class as usize].ports.is_some()
    }

    /// What selectors of nodes can see of a node; none where there are no such selectors.
    fn node(&mut self, id: Option<NodeId>) -> Option<NodePart> {
        let labels = self.node_labels.as_mut()?;
        let node = id.map(|id| self.cluster.node(id)).filter(|node| node.declared);
        Some(node.map_or(NodePart::Unknown, |node| NodePart::Known(labels.project(&node.labels))))
    }

    fn host(&mut self, node: Option<NodeId>) -> Option<HostPart> {
        let seen = (self.profile.host_peers != HostPeers::ByAddress).then_some(node);
        let node = self.node(node);
        (node.is_some() || seen.is_some()).then_some(HostPart { node, seen })
    }

    /// What selectors make of classes on a node's network, from what they make of their labels.
    fn hosts_selected(&self, of_hosts: HostPeers, opened: &[u32], must: &mut Vec<u32>, maybe: &mut Vec<u32>) {
        let host = |class: &u32| self.classes[*class as usize].host?.seen;
        let matched: Vec<(u32, Option<NodeId>, bool)> = [(&**must, true), (&**maybe, false), (opened, false)]
            .into_iter()
            .flat_map(|(all, sure)| all.iter().filter_map(move |class| Some((*class, host(class)?, sure))))
            .collect();
        must.retain(|class| host(class).is_none());
        maybe.retain(|class| host(class).is_none());
        for (class, number) in self.classes.iter().zip(0..) {
            let Some(node) = class.host.and_then(|host| host.seen) else { continue };
            let admitted = |(other, of, sure): &(u32, Option<NodeId>, bool)| {
                let own = *other == number;
                match (of_hosts, node, *of) {
                    (HostPeers::ByAddress, ..) => Match::No,
                    (HostPeers::NodeAddress, _, _) if own => Match::from(*sure).or(Match::Maybe),
                    (HostPeers::NodeAddress, Some(a), Some(b)) if a != b => Match::No,
                    (HostPeers::NodeAddress, Some(_), Some(_)) if *sure => Match::Yes,
                    (HostPeers::NodeAddress, ..) => Match::Maybe,
                    _ if own => Match::Maybe,
                    _ => Match::No,
                }
            };
            match matched.iter().map(admitted).fold(Match::No, Match::or) {
                Match::Yes => must.push(number),
                Match::Maybe => maybe.push(number),
                Match::No => {}
            }
        }
    }

    fn nodes_selected(&mut self, selector: SelectorId, selectors: &Selectors) -> PeerSets {
        let (mut must, mut maybe) = (Vec::new(), Vec::new());
        if let Some(labels) = self.node_labels.as_mut() {
            let matched = labels.matched(selector, selectors);
            let every = selectors.get(selector).requirements.is_empty();
            for (class, number) in self.classes.iter().zip(0..) {
                match class.host.and_then(|host| host.node) {
                    Some(NodePart::Known(set)) if matched.of(set) == Match::Yes => must.push(number),
                    Some(NodePart::Unknown) if every => must.push(number),
                    Some(NodePart::Unknown) => maybe.push(number),
                    _ => {}
                }
            }
        }
        let total = self.classes.len();
        PeerSets { must: sorted(must, total), maybe: sorted(maybe, total), open: Box::default() }
    }

    fn selectable(&mut self, endpoint: &Endpoint) -> (u32, u32) {
        let namespace = self.namespace(endpoint.namespace);
        let at = endpoint.labels.index();
        if self.projected.len() <= at {
            self.projected.resize(at + 1, None);
        }
        let labels = match self.projected[at] {
            Some(known) => known,
            None => {
                let labels = self.labels.project(self.cluster.labels(endpoint.labels));
                self.projected[at] = Some(labels);
                labels
            }
        };
        (namespace, labels)
    }

    fn namespace(&mut self, id: NamespaceId) -> u32 {
        if let Some(known) = self.class_of_namespace[id.index()] {
            return known;
        }
        let namespace = self.cluster.namespace(id);
        let class = NamespaceClass {
            own: self.own[id.index()].then_some(id),
            labels: self.namespace_labels.project(&namespace.labels),
            unknown: (!namespace.labels_known && !self.namespace_labels.is_trivial()).then_some(id),
        };
        let class = crate::source::to_u32(self.namespaces.insert_full(class).0);
        self.class_of_namespace[id.index()] = Some(class);
        class
    }

    /// The namespace classes that a selector surely matches, and those of which it is not known;
    /// both ascending.
    fn namespaces_matched(
        &mut self,
        selector: SelectorId,
        selectors: &Selectors,
        namespaces_with: &[Vec<u32>],
    ) -> (Vec<u32>, Vec<u32>) {
        let matched = self.namespace_labels.matched(selector, selectors);
        let sets = matched.yes.iter(self.namespace_labels.len());
        let mut inside: Vec<u32> = sets.flat_map(|s| &namespaces_with[s as usize]).copied().collect();
        let mut open = Vec::new();
        for (class, number) in self.namespaces.iter().zip(0..).filter(|(c, _)| c.unknown.is_some()) {
            // Of unknown labels, what holds whatever they are.
            let selector = selectors.get(selector);
            match selector.matches(|key| self.namespace_labels.label(class.labels, key, false)) {
                Match::Yes => inside.push(number),
                Match::Maybe => open.push(number),
                Match::No => {}
            }
        }
        inside.arrange_fast();
        (inside, open)
    }

    #[allow(clippy::too_many_arguments, reason = "indices over one partition, all read here")]
    fn selected(
        &mut self,
        namespaces: NamespaceMatch,
        (pods, of_hosts): (SelectorId, HostPeers),
        selectors: &Selectors,
        namespaces_with: &[Vec<u32>],
        by_namespace: &[Vec<u32>],
        by_labels: &[Vec<u32>],
    ) -> PeerSets {
        let (mut inside, mut open): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
        let mut every = false;
        match namespaces {
            NamespaceMatch::Own(id) => inside.extend(self.class_of_namespace[id.index()]),
            NamespaceMatch::Selected(selector) => {
                every = selectors.get(selector).requirements.is_empty();
                if !every {
                    (inside, open) = self.namespaces_matched(selector, selectors, namespaces_with);
                }
            }
        }
        let matched = self.labels.matched(pods, selectors);
        let total = self.classes.len();
        let hosts = self.profile.host_peers != HostPeers::ByAddress;
        if every && matched.yes == ClassSet::All && !hosts {
            let selectable = by_namespace.iter().flatten().copied();
            return PeerSets::sure(sorted(selectable.collect(), total));
        }
        let labels_of = |class: u32| self.classes[class as usize].selectable.map(|(_, labels)| labels);
        let mut must: Vec<u32> = Vec::new();
        let mut maybe: Vec<u32> = Vec::new();
        let few_labels = matched.yes.len(self.labels.len()) + matched.maybe.len();
        let in_labels =
            |sets: &mut dyn Iterator<Item = u32>| -> usize { sets.map(|s| by_labels[s as usize].len()).sum() };
        let by_label_cost = if few_labels <= 64 || every {
            in_labels(&mut matched.yes.iter(self.labels.len()).chain(matched.maybe.iter().copied()))
        } else {
            usize::MAX
        };
        let by_namespace_cost: usize = inside.iter().map(|n| by_namespace[*n as usize].len()).sum();
        if every || by_label_cost < by_namespace_cost {
            let is_inside = |class: &u32| {
                every
                    || self.classes[*class as usize]
                        .selectable
                        .is_some_and(|(namespace, _)| inside.binary_search(&namespace).is_ok())
            };
            for set in matched.yes.iter(self.labels.len()) {
                must.extend(by_labels[set as usize].iter().filter(|c| is_inside(c)));
            }
            for set in &matched.maybe {
                maybe.extend(by_labels[*set as usize].iter().filter(|c| is_inside(c)));
            }
        } else {
            for class in inside.iter().flat_map(|n| &by_namespace[*n as usize]) {
                match labels_of(*class).map_or(Match::No, |labels| matched.of(labels)) {
                    Match::Yes => must.push(*class),
                    Match::Maybe => maybe.push(*class),
                    Match::No => {}
                }
            }
        }
        if matched.is_empty() {
            open.clear();
        }
        if hosts {
            // Of a namespace of which not all labels are known, as far as the labels of pods tell.
            let opened = open.iter().flat_map(|namespace| &by_namespace[*namespace as usize]).copied();
            let opened = opened.filter(|class| {
                labels_of(*class).is_some_and(|labels| matched.of(labels) != Match::No) && !self.is_pod(*class)
            });
            let opened: Vec<u32> = opened.collect();
            self.hosts_selected(of_hosts, &opened, &mut must, &mut maybe);
        }
        PeerSets { must: sorted(must, total), maybe: sorted(maybe, total), open: open.into() }
    }
}

/// What blocks can tell of the address of a pod, or of what is on a node's network, if they match it.
fn address(pod: bool, in_blocks: bool, family: Family, known: &[IpAddr], located: &Located) -> AddressPart {
    if !in_blocks {
        return AddressPart::Known(Blocks::NONE);
    }
    match known {
        [] if pod => AddressPart::UnknownPod(family),
        [] => AddressPart::UnknownNode(family),
        [one] => AddressPart::Known(located.membership(*one)),
        several => {
            let mut memberships: Vec<u32> = several.iter().map(|ip| located.membership(*ip)).collect();
            memberships.arrange_fast();
            memberships.dedup();
            match memberships.as_slice() {
                [one] => AddressPart::Known(*one),
                several => AddressPart::Several(several.into()),
            }
        }
    }
}

fn in_family(space: &AddressSet) -> [AddressSet; 2] {
    Family::ALL.map(|family| space.intersection(&AddressSet::family(family)))
}

fn sorted(mut classes: Vec<u32>, total: usize) -> ClassSet {
    classes.arrange_fast();
    ClassSet::from_sorted(classes, total)
}

impl PeerSets {
    fn sure(set: ClassSet) -> Self {
        Self { must: set, maybe: ClassSet::empty(), open: Box::default() }
    }
}
