//! Services and the pods behind them.

use super::build::{Builder, addresses};
use super::{Backer, Cluster, EndpointId, NamespaceId, Service, ServiceKind, ServicePort, TargetPort};
use crate::manifest::{IntOrString, ServiceObject, Snapshot};
use crate::set::{AddressSet, Protocol, TrafficSet};
use crate::symbol::Symbol;
use std::collections::HashMap;

impl Builder<'_> {
    /// Makes the Services, each with the pods behind it.
    pub(super) fn services(&mut self, snapshot: &Snapshot) {
        let mut by_namespace: HashMap<NamespaceId, Vec<EndpointId>, foldhash::fast::RandomState> = HashMap::default();
        for id in self.cluster.real_endpoints() {
            by_namespace.entry(self.cluster.endpoint(id).namespace).or_default().push(id);
        }
        for located in &snapshot.services {
            let object = &located.object;
            let namespace = self.namespace(&object.metadata.namespace);
            let wanted: Vec<(Symbol, Symbol)> = object
                .spec
                .selector
                .iter()
                .map(|(k, v)| (self.cluster.symbols.intern(k), self.cluster.symbols.intern(v)))
                .collect();
            let backends = (!wanted.is_empty()).then(|| {
                let candidates = by_namespace.get(&namespace).map_or(&[][..], Vec::as_slice);
                let selected = |id: &EndpointId| {
                    let labels = self.cluster.labels(self.cluster.endpoint(*id).labels);
                    wanted.iter().all(|w| labels.binary_search(w).is_ok())
                };
                candidates.iter().copied().filter(selected).collect()
            });
            let service = self.service(object, namespace, backends);
            self.cluster.services.push(service);
        }
    }

    fn service(
        &mut self,
        object: &ServiceObject,
        namespace: NamespaceId,
        backends: Option<Vec<EndpointId>>,
    ) -> Service {
        let spec = &object.spec;
        let headless = spec.cluster_ip == "None" || spec.cluster_ips.iter().any(|ip| ip == "None");
        let kind = match &*spec.kind {
            "ExternalName" => ServiceKind::ExternalName,
            "NodePort" => ServiceKind::NodePort,
            "LoadBalancer" => ServiceKind::LoadBalancer,
            _ if headless => ServiceKind::Headless,
            _ => ServiceKind::ClusterIp,
        };
        let balancer = &object.status.load_balancer.ingress;
        let ranges = spec.load_balancer_source_ranges.iter();
        let ranges = AddressSet::nets(ranges.filter_map(|range| crate::manifest::parse_cidr(range.trim())));
        let ports = spec.ports.iter().filter_map(|p| {
            let port = u16::try_from(p.port).ok()?;
            let target = match &p.target_port {
                Some(IntOrString::Int(n)) if *n != 0 => TargetPort::Number(u16::try_from(*n).ok()?),
                Some(IntOrString::String(name)) if !name.is_empty() => match name.parse::<u16>() {
                    Ok(n) => TargetPort::Number(n),
                    Err(_) => TargetPort::Name(self.cluster.symbols.intern(name)),
                },
                _ => TargetPort::Number(port),
            };
            Some(ServicePort {
                name: p.name.as_str().into(),
                protocol: Protocol::from_name(&p.protocol).unwrap_or(Protocol::Tcp),
                port,
                target,
                node_port: u16::try_from(p.node_port).ok().filter(|n| *n > 0),
            })
        });
        Service {
            namespace,
            name: object.metadata.name.as_str().into(),
            kind,
            ports: ports.collect(),
            addresses: addresses(
                spec.cluster_ips
                    .iter()
                    .chain([&spec.cluster_ip])
                    .chain(&spec.external_ips)
                    .chain(balancer.iter().map(|b| &b.ip)),
            ),
            backends,
            external_name: spec.external_name.as_str().into(),
            keeps_source: spec.external_traffic_policy == "Local",
            stays_on_node: spec.internal_traffic_policy == "Local",
            cluster_ips: addresses(spec.cluster_ips.iter().chain([&spec.cluster_ip])),
            external_ips: addresses(spec.external_ips.iter()),
            balancer_names: balancer.iter().filter(|b| !b.hostname.is_empty()).map(|b| (&*b.hostname).into()).collect(),
            source_ranges: (kind == ServiceKind::LoadBalancer && !ranges.is_empty()).then_some(ranges),
            listed: None,
        }
    }
}

impl Service {
    /// Whether it can be reached from outside of the cluster.
    pub(crate) fn is_open_outside(&self) -> bool {
        self.has_node_ports() || !self.external_ips.is_empty()
    }

    /// Whether nodes lead on to it, each on the same ports.
    pub(crate) fn has_node_ports(&self) -> bool {
        matches!(self.kind, ServiceKind::NodePort | ServiceKind::LoadBalancer)
    }

    /// The pods of the input that may answer.
    pub(crate) fn pods(&self) -> impl Iterator<Item = EndpointId> {
        let listed = self.listed.iter().flatten().flat_map(|port| &port.backers);
        let listed = listed.filter_map(|backer| if let Backer::Endpoint(id) = backer { Some(*id) } else { None });
        listed.chain(self.backends.iter().flatten().copied())
    }
}

impl Cluster {
    /// What a port of a Service comes to at a pod behind it; nothing if the pod lacks the name.
    pub(crate) fn target_of(&self, port: &ServicePort, pod: EndpointId) -> TrafficSet {
        match &port.target {
            TargetPort::Number(n) => TrafficSet::port(port.protocol, *n),
            TargetPort::Name(name) => {
                let ports = self.ports(self.endpoint(pod).ports).iter().filter(|p| p.of_services);
                let named = ports.filter(|p| p.name == *name && p.protocol == port.protocol).map(|p| p.port);
                named.min().map_or_else(TrafficSet::empty, |n| TrafficSet::port(port.protocol, n))
            }
        }
    }
}
