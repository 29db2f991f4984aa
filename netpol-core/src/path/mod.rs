//! What a connection looks like on its way: between what a client addresses and who answers.
//!
//! A client addresses a Service, a node's port or a pod. Who answers sees another port, and perhaps
//! another source address, than the client sent: Services translate the destination, node ports and
//! load balancers may replace the source by a node's address. A [`Way`] is one such translation; the
//! verdict on it is egress as seen at the source ∧ ingress as seen at the destination. Nothing is
//! decided here about policies, and the engine knows nothing of Services.

mod entry;
mod node;
mod service;

pub(crate) use entry::{Caller, from_outside, to_calls, to_entry, to_host_port};
pub(crate) use node::through_nodes;
pub(crate) use service::{Asked, through_service};

use crate::explain::Code;
use crate::model::{EndpointId, NodeId, Service, ServiceId};
use crate::set::{AddressSet, Family, TrafficSet};
use std::net::IpAddr;

/// The parties of FROM or TO.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    pub(crate) endpoints: Vec<EndpointId>,
    pub(crate) nodes: Vec<NodeId>,
    /// Addresses that nothing in the cluster has.
    pub(crate) addresses: AddressSet,
    /// Services, each standing for its backends.
    pub(crate) services: Vec<ServiceId>,
    /// By which of their addresses the Services were asked for; none: by name.
    pub(crate) faces: Vec<(ServiceId, Face)>,
    /// The addresses are those that this name may resolve to.
    pub(crate) name: Option<String>,
    /// Whether the outside as a whole is meant.
    pub(crate) world: bool,
    /// The families that are asked about; empty: every family that the parties have.
    pub(crate) families: Vec<Family>,
}

impl Group {
    /// Its pods and nodes.
    fn inside(&self) -> Self {
        Self {
            endpoints: self.endpoints.clone(),
            nodes: self.nodes.clone(),
            families: self.families.clone(),
            ..Self::default()
        }
    }

    /// Its addresses, as far as they are among these.
    fn outside(&self, among: Option<&AddressSet>, inside: bool) -> Self {
        let addresses = match (among, inside) {
            (None, _) => self.addresses.clone(),
            (Some(among), true) => self.addresses.intersection(among),
            (Some(among), false) => self.addresses.difference(among),
        };
        let (name, families) = (self.name.clone(), self.families.clone());
        Self { addresses, name, world: self.world, families, ..Self::default() }
    }

    /// Whether it holds nobody; Services do not count.
    pub(crate) fn is_empty(&self) -> bool {
        self.endpoints.is_empty() && self.nodes.is_empty() && self.addresses.is_empty()
    }

    /// Whether it holds pods and nobody else.
    fn only_pods(&self) -> bool {
        self.nodes.is_empty() && self.addresses.is_empty()
    }
}

/// By which of its addresses a Service is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Face {
    /// By name: inside by its own address, from outside by whatever is open there.
    Name,
    /// By its own address.
    Cluster,
    /// By one of its `externalIPs`.
    External,
    /// By the address of its load balancer.
    Balancer,
}

impl Face {
    /// Which of the addresses of a Service this is.
    pub(crate) fn of(service: &Service, address: IpAddr) -> Self {
        if service.cluster_ips.contains(&address) {
            Self::Cluster
        } else if service.external_ips.contains(&address) {
            Self::External
        } else {
            Self::Balancer
        }
    }
}

/// What became of a connection before any policy saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It does not get through.
    Dropped,
    /// Nothing can be said.
    Open,
}

/// The source that those who answer see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SeenSource {
    /// The client's own.
    #[default]
    Kept,
    /// The client's own, or some node's.
    MaybeNode,
    /// Some node's.
    Node,
}

/// One way from clients to those who answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Way {
    pub(crate) from: Group,
    pub(crate) to: Group,
    /// What the clients send; of a Service, its own ports.
    pub(crate) asked: TrafficSet,
    /// What those who answer see.
    pub(crate) traffic: TrafficSet,
    pub(crate) service: Option<ServiceId>,
    /// A node's port that leads to those who answer.
    pub(crate) node: Option<NodeId>,
    /// Whether the destination is translated on the way, so that a pod can come back to itself.
    pub(crate) translated: bool,
    pub(crate) source: SeenSource,
    /// Nobody gets to see it, and why.
    pub(crate) fate: Option<(Fate, Code)>,
    /// It is not certain that it is this way that is taken, and why.
    pub(crate) doubt: Option<Code>,
    /// Why it is open who the source is.
    pub(crate) unknown: Option<Code>,
    /// A node and its port that policies of egress may see in place of those who answer.
    pub(crate) or_node: Option<NodeId>,
}
