//! Whether a rule matches an end of a flow.

use super::{Engine, World};
use crate::ir::{Direction, Inside, List, NamespaceMatch, Peer, Ports, Rule, Subject};
use crate::model::{EndpointId, EndpointKind, NamespaceId, NodeId};
use crate::profile::{HostPeers, OwnNode};
use crate::selector::{Label, Match, SelectorId, label};
use crate::set::{Family, TrafficSet};
use std::net::IpAddr;

/// One end of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Party {
    Endpoint(EndpointId),
    Node(NodeId),
    /// An address that neither a pod nor a node has.
    Address(IpAddr),
    /// Some node, not known which: what a NodePort makes of a visitor.
    SomeNode,
}

/// An end with the address it has in the case at hand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    pub(crate) party: Party,
    /// `None`: no rule that is looked at depends on it.
    pub(crate) address: Option<IpAddr>,
}

/// A list that applies to a pod, or may.
pub(crate) struct AppliedList<'e> {
    pub(crate) tier: usize,
    pub(crate) rank: usize,
    pub(crate) list: &'e List,
    /// Whether the pods' labels surely fit.
    pub(crate) certain: bool,
    /// Whether it depends on labels of the pod's namespace that are not known.
    pub(crate) open: bool,
}

impl AppliedList<'_> {
    /// Whether it surely applies.
    pub(crate) fn surely(&self) -> bool {
        self.certain && !self.open
    }
}

impl Engine {
    /// The pod behind a party that selectors can see and policies apply to: not one on the host's
    /// network.
    pub(crate) fn pod(&self, party: Party) -> Option<EndpointId> {
        match party {
            Party::Endpoint(id) if !self.cluster.endpoint(id).host_network => Some(id),
            _ => None,
        }
    }

    /// The node whose traffic this party's is: `Some(None)` for one that is not known.
    pub(crate) fn node_of_host(&self, party: Party) -> Option<Option<NodeId>> {
        match party {
            Party::Node(id) => Some(Some(id)),
            Party::SomeNode => Some(None),
            Party::Endpoint(id) if self.cluster.endpoint(id).host_network => Some(self.cluster.endpoint(id).node),
            _ => None,
        }
    }

    /// The pod on a node's network behind a party, where selectors may see it.
    pub(super) fn host_seen(&self, party: Party) -> Option<EndpointId> {
        match party {
            Party::Endpoint(id) if self.profile.host_peers != HostPeers::ByAddress => {
                Some(id).filter(|id| self.cluster.endpoint(*id).host_network)
            }
            _ => None,
        }
    }

    /// Whether `host` is the node that `pod` runs on, as far as that matters in a direction.
    pub(crate) fn own_node(&self, direction: Direction, pod: Party, host: Party) -> Match {
        let (Some(pod), Some(host)) = (self.pod(pod), self.node_of_host(host)) else { return Match::No };
        if self.own_node_of(direction) == OwnNode::Policed {
            return Match::No;
        }
        match (self.cluster.endpoint(pod).node, host) {
            (Some(a), Some(b)) => Match::from(a == b),
            _ => Match::Maybe,
        }
    }

    /// How policies of a direction treat the pod's own node.
    pub(crate) fn own_node_of(&self, direction: Direction) -> OwnNode {
        match direction {
            Direction::Egress => self.profile.own_node_egress,
            Direction::Ingress => self.profile.own_node_ingress,
        }
    }

    /// Whether blocks match a party by its address.
    pub(crate) fn in_blocks(&self, inside: Inside, party: Party) -> bool {
        matches!(party, Party::Address(_)) || inside.holds(self.pod(party).is_some())
    }

    /// Whether selectors admit somebody on a node's network: by its own labels, or by those of anybody
    /// with the same address.
    fn host_matches(
        &self,
        (namespaces, pods): (NamespaceMatch, SelectorId),
        hosts: HostPeers,
        party: Party,
        world: &World,
    ) -> Match {
        let selected = |id: EndpointId| {
            let endpoint = self.cluster.endpoint(id);
            let labels = self.cluster.labels(endpoint.labels);
            let namespace = self.in_namespace(namespaces, endpoint.namespace, world);
            namespace.and(self.selectors.get(pods).matches(|key| label(labels, key)))
        };
        let own = if let Party::Endpoint(id) = party { selected(id) } else { Match::No };
        match hosts {
            HostPeers::ByAddress => Match::No,
            HostPeers::Undefined => own.and(Match::Maybe),
            HostPeers::NodeAddress => {
                let node = self.node_of_host(party).flatten();
                let all = self.cluster.real_endpoints().filter(|id| self.cluster.endpoint(*id).host_network);
                let others = all.map(|id| match (node, self.cluster.endpoint(id).node) {
                    (Some(a), Some(b)) if a != b => Match::No,
                    (Some(_), Some(_)) => selected(id),
                    _ => selected(id).and(Match::Maybe),
                });
                others.fold(own, Match::or)
            }
        }
    }

    /// The known addresses of a party in one family; empty: not known.
    pub(crate) fn addresses(&self, party: Party, family: Family) -> Vec<IpAddr> {
        let known = match party {
            Party::Endpoint(id) => &*self.cluster.endpoint(id).addresses,
            Party::Node(id) => &self.cluster.node(id).addresses,
            Party::SomeNode => &[],
            Party::Address(ip) => return vec![ip],
        };
        known.iter().copied().filter(|ip| Family::of(*ip) == family).collect()
    }

    /// Whether more than one pod may stand behind an endpoint.
    pub(crate) fn is_many(&self, id: EndpointId) -> bool {
        self.cluster.endpoint(id).kind != EndpointKind::Pod
    }

    /// Whether a policy's subject surely means a pod by its labels, even one on the host's network.
    pub(crate) fn selects(&self, subject: &Subject, id: EndpointId) -> bool {
        let endpoint = self.cluster.endpoint(id);
        let labels = self.cluster.labels(endpoint.labels);
        let namespace = self.in_namespace(subject.namespaces, endpoint.namespace, &World::default());
        namespace.and(self.selectors.get(subject.pods).matches(|key| label(labels, key))) == Match::Yes
    }

    /// Whether namespaces that are meant include one.
    fn in_namespace(&self, wanted: NamespaceMatch, id: NamespaceId, world: &World) -> Match {
        match wanted {
            NamespaceMatch::Own(own) => Match::from(own == id),
            NamespaceMatch::Selected(selector) => {
                self.selectors.get(selector).matches(|key| self.namespace_label(id, key, world))
            }
        }
    }

    /// The lists that apply to a pod in a direction, or may (by a label whose value a controller
    /// chooses, or by labels of a namespace that are not known).
    pub(crate) fn lists_of(&self, direction: Direction, pod: EndpointId) -> impl Iterator<Item = AppliedList<'_>> {
        let tiers = &self.ir.chain(direction).tiers;
        self.side(direction).applied(pod).map(|(list, applied)| AppliedList {
            tier: list.tier,
            rank: list.rank,
            list: &tiers[list.tier].ranks[list.rank].lists[list.index],
            certain: applied.certain,
            open: applied.open,
        })
    }

    /// Whether a list applies to a pod in a world.
    pub(super) fn applies(&self, applied: &AppliedList<'_>, pod: EndpointId, world: &World) -> Match {
        let pods = if applied.certain { Match::Yes } else { Match::Maybe };
        match applied.open {
            false => pods,
            true => {
                let namespace = self.cluster.endpoint(pod).namespace;
                self.in_namespace(applied.list.subject.namespaces, namespace, world).and(pods)
            }
        }
    }

    pub(crate) fn peer_matches(&self, peer: &Peer, end: &End, world: &World) -> Match {
        match peer {
            Peer::Any => Match::Yes,
            Peer::Outside => Match::from(matches!(end.party, Party::Address(_))),
            Peer::Pods { namespaces, pods, hosts } => {
                let Some(id) = self.pod(end.party) else {
                    return match self.node_of_host(end.party) {
                        Some(_) => self.host_matches((*namespaces, *pods), *hosts, end.party, world),
                        None => Match::No,
                    };
                };
                let endpoint = self.cluster.endpoint(id);
                let labels = self.cluster.labels(endpoint.labels);
                let namespace = self.in_namespace(*namespaces, endpoint.namespace, world);
                if namespace == Match::No {
                    return Match::No;
                }
                namespace.and(self.selectors.get(*pods).matches(|key| label(labels, key)))
            }
            Peer::Nodes(selector) => {
                let Some(host) = self.node_of_host(end.party) else { return Match::No };
                let selector = self.selectors.get(*selector);
                match host.map(|id| self.cluster.node(id)).filter(|node| node.declared) {
                    Some(node) => selector.matches(|key| label(&node.labels, key)),
                    None if selector.requirements.is_empty() => Match::Yes,
                    None => Match::Maybe,
                }
            }
            // It is not known which addresses a name has.
            Peer::Domain(_) if matches!(end.party, Party::Address(_)) => Match::Maybe,
            Peer::Domain(_) => Match::No,
            Peer::Addresses(set, inside) => {
                if !self.in_blocks(*inside, end.party) {
                    return Match::No;
                }
                match end.address {
                    Some(address) => Match::from(set.contains(address)),
                    None => Match::Maybe,
                }
            }
        }
    }

    pub(crate) fn namespace_label(&self, id: NamespaceId, key: crate::symbol::Symbol, world: &World) -> Label {
        let namespace = self.cluster.namespace(id);
        match label(&namespace.labels, key) {
            Label::Absent if !namespace.labels_known => world.label(id, key),
            known => known,
        }
    }

    /// What a rule's ports come to at a destination: surely, and possibly.
    pub(crate) fn traffic_of(&self, ports: &Ports, destination: Party) -> (TrafficSet, TrafficSet) {
        match ports {
            Ports::Set(set) => (set.clone(), set.clone()),
            Ports::Named(protocol, name) => {
                let Some(pod) = self.pod(destination) else { return (TrafficSet::empty(), TrafficSet::empty()) };
                let numbers = self.cluster.named_ports(pod, *name, *protocol);
                let any =
                    numbers.iter().fold(TrafficSet::empty(), |all, n| all.union(&TrafficSet::port(*protocol, *n)));
                // Two numbers for one name: which one counts is not specified (semantics F).
                (if numbers.len() == 1 { any.clone() } else { TrafficSet::empty() }, any)
            }
        }
    }

    pub(crate) fn rule_traffic(&self, rule: &Rule, destination: Party) -> (TrafficSet, TrafficSet) {
        let mut all = (TrafficSet::empty(), TrafficSet::empty());
        for port in rule.traffic.iter() {
            let (must, may) = self.traffic_of(&port.ports, destination);
            all = if all.1.is_empty() { (must, may) } else { (all.0.union(&must), all.1.union(&may)) };
        }
        all
    }
}
