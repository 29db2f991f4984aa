//! How much changes beside what was asked.

use super::selectors::Members;
use crate::engine::Engine;
use crate::model::{EndpointId, NodeId, WorkloadId};
use crate::query::{Change, DiffAnswer, Peer, PeerKind};
use crate::set::{AddressSet, Family, Protocol, TrafficSet};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use std::net::IpAddr;
use std::sync::Arc;

/// Everybody that a peer of an answer names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) endpoints: SortedSet<EndpointId>,
    pub(super) nodes: SortedSet<NodeId>,
    pub(super) addresses: AddressSet,
    /// What has no pods of its own: Services by their names, and a controller that is not in the input.
    others: SortedSet<(String, String)>,
}

/// Finds who is named in answers.
pub(super) struct Names<'e> {
    engine: &'e Engine,
    workloads: SortedMap<(String, String), Vec<WorkloadId>>,
}

impl<'e> Names<'e> {
    pub(super) fn new(engine: &'e Engine) -> Self {
        let cluster = &engine.cluster;
        let mut all: Vec<((String, String), WorkloadId)> = (0..cluster.workloads.len())
            .map(WorkloadId::of)
            .map(|id| {
                let workload = cluster.workload(id);
                ((cluster.namespace_name(workload.namespace).to_owned(), workload.name.to_string()), id)
            })
            .collect();
        all.arrange();
        let mut workloads: SortedMap<(String, String), Vec<WorkloadId>> = SortedMap::new();
        for (key, id) in all {
            workloads.entry(key).or_default().push(id);
        }
        Self { engine, workloads }
    }

    pub(super) fn of(&self, peers: &[Peer]) -> Named {
        let mut named = Named::default();
        peers.iter().for_each(|peer| self.add(peer, &mut named));
        named
    }

    fn add(&self, peer: &Peer, named: &mut Named) {
        let cluster = &self.engine.cluster;
        let text = |of: &Option<Arc<str>>| of.as_deref().unwrap_or_default().to_owned();
        match peer.kind_of {
            PeerKind::Workload | PeerKind::Pod | PeerKind::Hypothetical => {
                let found = self.workloads.get(&(text(&peer.namespace), text(&peer.name)));
                for id in found.into_iter().flatten() {
                    let workload = cluster.workload(*id);
                    let is_kind = peer.kind.as_ref().is_none_or(|kind| **kind == *workload.kind_name);
                    if !is_kind {
                        continue;
                    }
                    let all = peer.pods.is_empty() && !peer.template;
                    named.endpoints.extend(workload.endpoints.iter().copied().filter(|id| {
                        let endpoint = cluster.endpoint(*id);
                        let is_template = endpoint.kind == crate::model::EndpointKind::Template;
                        all || (is_template && peer.template)
                            || (!is_template && peer.pods.iter().any(|pod| **pod == *endpoint.name))
                    }));
                }
            }
            PeerKind::Node | PeerKind::Nodes => {
                let wanted = |name: &str| match peer.kind_of {
                    PeerKind::Node => peer.name.as_deref() == Some(name),
                    _ => peer.nodes.is_empty() || peer.nodes.iter().any(|node| **node == *name),
                };
                named.nodes.extend(self.engine.all_nodes().into_iter().filter(|id| wanted(&cluster.node(*id).name)));
            }
            PeerKind::Addresses => {
                let nets = peer.cidrs.iter().filter_map(|cidr| cidr.parse().ok());
                named.addresses = named.addresses.union(&AddressSet::nets(nets));
            }
            PeerKind::Name => {
                let known = self.engine.addresses_of_name(peer.name.as_deref().unwrap_or_default());
                named.addresses = named.addresses.union(&AddressSet::addresses(&known));
            }
            PeerKind::Service | PeerKind::IngressController => {
                named.others.insert((text(&peer.namespace), text(&peer.name)));
            }
            PeerKind::Namespace => {}
        }
    }
}

impl Named {
    /// What selectors mean and what only addresses do.
    pub(super) fn members(&self, engine: &Engine) -> Members {
        let mut members = Members { addresses: self.addresses.clone(), ..Members::default() };
        let mut pods = Vec::new();
        let mut add = |addresses: &[IpAddr]| {
            members.nameless |= addresses.is_empty();
            members.addresses = members.addresses.union(&AddressSet::addresses(addresses));
        };
        self.nodes.iter().for_each(|id| add(&engine.cluster.node(*id).addresses));
        for id in self.endpoints.iter() {
            let endpoint = engine.cluster.endpoint(*id);
            match (endpoint.host_network, endpoint.node) {
                (false, _) => pods.push(*id),
                (true, Some(on)) => add(&engine.cluster.node(on).addresses),
                (true, None) => add(&endpoint.addresses),
            }
        }
        members.pods = pods.into_iter().collect();
        members
    }

    /// These too.
    pub(super) fn add_all(&mut self, more: Self) {
        let Self { endpoints, nodes, addresses, others } = more;
        self.endpoints.extend(endpoints);
        self.nodes.extend(nodes);
        self.addresses = self.addresses.union(&addresses);
        self.others.extend(others);
    }

    fn size(&self) -> u128 {
        let count = self.endpoints.len() + self.nodes.len() + self.others.len();
        addresses(&self.addresses).saturating_add(count as u128)
    }

    fn both(&self, other: &Self) -> Self {
        Self {
            endpoints: self.endpoints.iter().copied().filter(|id| other.endpoints.contains(id)).collect(),
            nodes: self.nodes.iter().copied().filter(|id| other.nodes.contains(id)).collect(),
            addresses: self.addresses.intersection(&other.addresses),
            others: self.others.iter().filter(|name| other.others.contains(name)).cloned().collect(),
        }
    }
}

fn addresses(set: &AddressSet) -> u128 {
    let size = |(low, high): (IpAddr, IpAddr)| match (low, high) {
        (IpAddr::V4(low), IpAddr::V4(high)) => u128::from(u32::from(high) - u32::from(low)) + 1,
        // So that the one family does not drown the other.
        (IpAddr::V6(low), IpAddr::V6(high)) => ((u128::from(high) - u128::from(low)) >> 96) + 1,
        _ => 0,
    };
    Family::ALL
        .into_iter()
        .flat_map(|family| set.intersection(&AddressSet::family(family)).ranges())
        .map(size)
        .fold(0, u128::saturating_add)
}

/// All of ICMP is one.
fn ports(set: &TrafficSet) -> u128 {
    let size = |(protocol, low, high): (Protocol, u16, u16)| match protocol {
        Protocol::Icmp => 1,
        _ => u128::from(high - low) + 1,
    };
    set.ranges().map(size).sum()
}

/// What was asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub(super) from: Named,
    pub(super) to: Named,
    pub(super) traffic: TrafficSet,
}

impl Asked {
    /// Whether a pod is named at either end.
    pub(super) fn has(&self, id: EndpointId) -> bool {
        self.from.endpoints.contains(&id) || self.to.endpoints.contains(&id)
    }
}

/// How much of a difference was not asked, as source × destination × port.
pub(super) fn weigh(names: &Names<'_>, asked: &Asked, diff: &DiffAnswer) -> u128 {
    let weight = |change: &Change| {
        let from = names.of(std::slice::from_ref(&change.from));
        let to = names.of(std::slice::from_ref(&change.to));
        let traffic = change.opened.union(&change.closed).union(&change.undecided);
        let product = |from: &Named, to: &Named, traffic: &TrafficSet| {
            from.size().saturating_mul(to.size()).saturating_mul(ports(traffic))
        };
        let own = product(&from.both(&asked.from), &to.both(&asked.to), &traffic.intersection(&asked.traffic));
        product(&from, &to, &traffic).saturating_sub(own)
    };
    diff.changes.iter().map(weight).fold(0, u128::saturating_add)
}
