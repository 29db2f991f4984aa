//! Whether a rule matches an end of a flow.

use super::{Engine, World};
use crate::ir::{Direction, List, NamespaceMatch, Peer, Ports, Rule, Subject};
use crate::model::{EndpointId, EndpointKind, NodeId};
use crate::selector::{Label, Match, label};
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

    /// Whether `host` is the node that `pod` runs on.
    pub(crate) fn own_node(&self, pod: Party, host: Party) -> Match {
        let (Some(pod), Some(host)) = (self.pod(pod), self.node_of_host(host)) else { return Match::No };
        if !self.profile.own_node_exempt {
            return Match::No;
        }
        match (self.cluster.endpoint(pod).node, host) {
            (Some(a), Some(b)) => Match::from(a == b),
            _ => Match::Maybe,
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
        subject.namespace.is_none_or(|ns| ns == endpoint.namespace)
            && self.selectors.get(subject.pods).matches(|key| label(labels, key)) == Match::Yes
    }

    /// The lists that apply to a pod in a direction, or may (by a label whose value a controller
    /// chooses): each with its tier and rank, and whether it surely does.
    pub(crate) fn lists_of(
        &self,
        direction: Direction,
        pod: EndpointId,
    ) -> impl Iterator<Item = (usize, usize, &List, bool)> {
        let tiers = &self.ir.chain(direction).tiers;
        self.side(direction).applied(pod).map(|(list, certain)| {
            (list.tier, list.rank, &tiers[list.tier].ranks[list.rank].lists[list.index], certain)
        })
    }

    pub(crate) fn peer_matches(&self, peer: &Peer, end: &End, world: &World) -> Match {
        match peer {
            Peer::Any => Match::Yes,
            Peer::Outside => Match::from(matches!(end.party, Party::Address(_))),
            Peer::Pods { namespaces, pods } => {
                let Some(id) = self.pod(end.party) else { return Match::No };
                let endpoint = self.cluster.endpoint(id);
                let labels = self.cluster.labels(endpoint.labels);
                let namespace = match namespaces {
                    NamespaceMatch::Own(own) => Match::from(*own == endpoint.namespace),
                    NamespaceMatch::Selected(selector) => self
                        .selectors
                        .get(*selector)
                        .matches(|key| self.namespace_label(endpoint.namespace, key, world)),
                };
                if namespace == Match::No {
                    return Match::No;
                }
                namespace.and(self.selectors.get(*pods).matches(|key| label(labels, key)))
            }
            Peer::Addresses(set) => {
                if self.pod(end.party).is_some() && !self.profile.ip_block_matches_pods {
                    return Match::No;
                }
                match end.address {
                    Some(address) => Match::from(set.contains(address)),
                    None => Match::Maybe,
                }
            }
        }
    }

    pub(crate) fn namespace_label(
        &self,
        id: crate::model::NamespaceId,
        key: crate::symbol::Symbol,
        world: &World,
    ) -> Label {
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
