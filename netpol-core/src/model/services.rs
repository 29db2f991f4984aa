//! Services and the pods behind them.

use super::build::{Builder, addresses};
use super::{EndpointId, NamespaceId, Service, ServiceKind, ServicePort, TargetPort};
use crate::manifest::{IntOrString, ServiceObject, Snapshot};
use crate::set::Protocol;
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
                    .chain(object.status.load_balancer.ingress.iter().map(|i| &i.ip)),
            ),
            backends,
            external_name: spec.external_name.as_str().into(),
            keeps_source: spec.external_traffic_policy == "Local",
        }
    }
}
