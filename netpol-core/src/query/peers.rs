//! Classes as [`Peer`]s of the output.

use super::answer::{Peer, PeerKind};
use super::check::address_set;
use super::fold::{Class, Members};
use super::resolve::Group;
use crate::engine::Engine;
use crate::manifest::WorkloadKind;
use crate::model::{Endpoint, EndpointId, EndpointKind, NamespaceId, ServiceId, WorkloadId};
use crate::set::AddressSet;
use crate::sorted::{Arrange, SortedMap};
use std::sync::Arc;

impl Engine {
    /// The members of classes, workloads put together again; sorted.
    pub(crate) fn peers_of<'c>(&self, classes: impl Iterator<Item = &'c Class>) -> Vec<Peer> {
        let mut workloads: SortedMap<WorkloadId, Vec<EndpointId>> = SortedMap::new();
        let mut addresses = AddressSet::empty();
        let mut out = Vec::new();
        for class in classes {
            match &class.members {
                Members::Endpoints(ids) => {
                    for id in ids {
                        workloads.entry(self.cluster.endpoint(*id).workload).or_default().push(*id);
                    }
                }
                Members::Node(id) => {
                    out.push(self.node_peer(*id));
                }
                Members::Addresses(ranges) => addresses = addresses.union(&address_set(ranges)),
                Members::Name(name) => {
                    out.push(Peer { name: Some(name.as_str().into()), ..Peer::new(PeerKind::Name) });
                }
            }
        }
        out.extend(workloads.into_iter().map(|(id, endpoints)| self.workload_peer(id, &endpoints)));
        if !addresses.is_empty() {
            out.push(self.address_peer(&addresses));
        }
        out.arrange();
        out
    }

    /// The parties of a group, one by one; Services as themselves.
    pub(crate) fn peers_of_group(&self, group: &Group) -> Vec<Peer> {
        let pods_and_addresses = Group { services: Vec::new(), ..group.clone() };
        let mut peers = self.peers_of(self.fold(&pods_and_addresses, &[], false).iter());
        peers.extend(group.services.iter().map(|id| self.service_peer(*id)));
        peers
    }

    pub(crate) fn workload_peer(&self, id: WorkloadId, endpoints: &[EndpointId]) -> Peer {
        let workload = self.cluster.workload(id);
        let kind_of = match workload.kind {
            _ if workload.hypothetical => PeerKind::Hypothetical,
            WorkloadKind::Pod => PeerKind::Pod,
            _ => PeerKind::Workload,
        };
        let mut pods: Vec<Arc<str>> = Vec::new();
        let mut template = false;
        if endpoints.len() < workload.endpoints.len() {
            let (made, living): (Vec<&Endpoint>, Vec<&Endpoint>) =
                endpoints.iter().map(|id| self.cluster.endpoint(*id)).partition(|e| e.kind == EndpointKind::Template);
            template = !made.is_empty();
            pods = living.into_iter().map(|e| Arc::from(&*e.name)).collect();
            pods.arrange();
        }
        // The controller that is assumed is in no namespace that could be named.
        let named = self.cluster.assumed_controller.is_none_or(|c| self.cluster.endpoint(c).workload != id);
        Peer {
            namespace: Some(self.cluster.namespace_name(workload.namespace).into()).filter(|_| named),
            kind: (kind_of == PeerKind::Workload).then(|| (*workload.kind_name).into()),
            name: Some((*workload.name).into()),
            pods,
            template,
            ..Peer::new(kind_of)
        }
    }

    /// Addresses, as the shortest exact list of blocks.
    pub(crate) fn address_peer(&self, addresses: &AddressSet) -> Peer {
        let cidrs = addresses.cidrs().iter().map(ToString::to_string).collect();
        Peer { cidrs, ..Peer::new(PeerKind::Addresses) }
    }

    pub(crate) fn namespace_peer(&self, id: NamespaceId) -> Peer {
        Peer { name: Some(self.cluster.namespace_name(id).into()), ..Peer::new(PeerKind::Namespace) }
    }

    pub(crate) fn service_peer(&self, id: ServiceId) -> Peer {
        let service = self.cluster.service(id);
        Peer {
            namespace: Some(self.cluster.namespace_name(service.namespace).into()),
            name: Some((*service.name).into()),
            ..Peer::new(PeerKind::Service)
        }
    }
}
