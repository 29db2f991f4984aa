//! Who answers for Services, as EndpointSlices and Endpoints say.

use super::build::Builder;
use super::{AddressOwner, Backer, EndpointId, EndpointKind, ListedPort, NamespaceId, NodeId, Service};
use crate::manifest::{Detail, RoutingKind, Slice, SliceEndpoint, Snapshot};
use crate::set::Protocol;
use crate::sorted::{Arrange, SortedMap, SortedSet};
use std::net::IpAddr;

/// Pods, sorted by namespace and name.
type Pods<'a> = [(NamespaceId, &'a str, EndpointId)];

/// Those of a port that are ready, and those that are on their way out and still serve.
#[derive(Default)]
struct Answering {
    ready: Vec<Backer>,
    leaving: Vec<Backer>,
}

impl Builder<'_> {
    /// Notes who answers for each Service. Where there are EndpointSlices, Endpoints of the same
    /// name say nothing more.
    pub(super) fn slices(&mut self, snapshot: &Snapshot) {
        let of_kind = |wanted: RoutingKind| {
            let found = snapshot.routing.iter().map(|located| &located.object).filter(move |o| o.kind == wanted);
            found.filter_map(|o| match &*o.detail {
                Detail::Slices(slices) => Some((&o.metadata.namespace, slices)),
                _ => None,
            })
        };
        let mut by_service: SortedMap<(NamespaceId, Box<str>), Vec<&Slice>> = SortedMap::new();
        for kind in [RoutingKind::EndpointSlice, RoutingKind::Endpoints] {
            let mut found: SortedMap<(NamespaceId, Box<str>), Vec<&Slice>> = SortedMap::new();
            for (namespace, slices) in of_kind(kind) {
                let Some(namespace) = self.cluster.find_namespace(namespace) else { continue };
                for slice in slices.iter().filter(|slice| !slice.service.is_empty()) {
                    found.entry((namespace, slice.service.as_str().into())).or_default().push(slice);
                }
            }
            for (service, slices) in found {
                if !by_service.contains_key(&service) {
                    by_service.insert(service, slices);
                }
            }
        }
        if by_service.is_empty() {
            return;
        }
        let mut services = std::mem::take(&mut self.cluster.services);
        let mut pods: Vec<(NamespaceId, &str, EndpointId)> = Vec::new();
        for (at, endpoint) in self.cluster.endpoints.iter().enumerate() {
            if endpoint.kind == EndpointKind::Pod {
                pods.push((endpoint.namespace, &endpoint.name, EndpointId::of(at)));
            }
        }
        pods.arrange();
        for service in &mut services {
            if let Some(slices) = by_service.get(&(service.namespace, service.name.clone())) {
                self.list(service, slices, &pods);
            }
        }
        self.cluster.services = services;
    }

    fn list(&self, service: &mut Service, slices: &[&Slice], pods: &Pods<'_>) {
        let mut found: SortedMap<(Box<str>, Protocol, u16), Answering> = SortedMap::new();
        for slice in slices {
            for port in &slice.ports {
                let answering = found.entry((port.name.as_str().into(), port.protocol, port.port)).or_default();
                for endpoint in slice.endpoints.iter().filter(|e| e.ready || e.leaving) {
                    let list = if endpoint.ready { &mut answering.ready } else { &mut answering.leaving };
                    self.backers(endpoint, pods, list);
                }
            }
        }
        // A port has those who are ready; if nobody is, those who are on their way out.
        let ready: SortedSet<(Box<str>, Protocol)> = found
            .iter()
            .filter(|(_, answering)| !answering.ready.is_empty())
            .map(|((name, protocol, _), _)| (name.clone(), *protocol))
            .collect();
        let listed = found.into_iter().map(|((name, protocol, port), answering)| {
            let some_ready = ready.iter().any(|(n, p)| *n == name && *p == protocol);
            let mut backers = if some_ready { answering.ready } else { answering.leaving };
            backers.arrange();
            backers.dedup();
            ListedPort { name, protocol, port, backers }
        });
        let listed: Vec<ListedPort> = listed.collect();
        let mut known: Vec<EndpointId> = listed
            .iter()
            .flat_map(|port| &port.backers)
            .filter_map(|backer| if let Backer::Endpoint(id) = backer { Some(*id) } else { None })
            .collect();
        // A pod without an address cannot be in a slice yet.
        let selected = service.backends.iter().flatten();
        known.extend(selected.filter(|id| self.cluster.endpoint(**id).addresses.is_empty()));
        known.arrange();
        known.dedup();
        (service.backends, service.listed) = (Some(known), Some(listed));
    }

    fn backers(&self, endpoint: &SliceEndpoint, pods: &Pods<'_>, out: &mut Vec<Backer>) {
        if let Some((namespace, name)) = &endpoint.pod {
            let namespace = self.cluster.find_namespace(namespace);
            let at = |ns| pods.binary_search_by(|pod| (pod.0, pod.1).cmp(&(ns, name))).ok();
            let known = namespace.and_then(at).map(|at| pods[at].2);
            out.push(known.map_or(Backer::Missing, Backer::Endpoint));
            return;
        }
        if endpoint.named {
            out.push(Backer::Missing);
        }
        out.extend(endpoint.addresses.iter().map(|ip| self.backer(*ip, &endpoint.node)));
    }

    fn backer(&self, ip: IpAddr, node: &str) -> Backer {
        match self.cluster.owners.get(&ip) {
            Some(AddressOwner::Endpoint(id)) => Backer::Endpoint(*id),
            Some(AddressOwner::Node(id)) => Backer::Node(*id),
            _ if self.cluster.space.outside.contains(ip) => {
                let named = (0..self.cluster.nodes.len()).map(NodeId::of);
                let named = named.into_iter().find(|id| !node.is_empty() && *self.cluster.node(*id).name == *node);
                named.map_or(Backer::Address(ip), Backer::Node)
            }
            _ => Backer::Missing,
        }
    }
}
