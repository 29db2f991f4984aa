//! Where the outside enters, and what the API server calls: the objects of the input as they bear on
//! Services and pods.

use super::build::Builder;
use super::{
    Cluster, Endpoint, EndpointId, EndpointKind, LabelSetId, Namespace, NamespaceId, PortSetId, ServiceId, WorkloadId,
};
use crate::explain::Code;
use crate::manifest::{
    self, Admits, Detail, EntryBackend, EntryObject, EntryPort, GatewayObject, GrantObject, Located, RoutingKind,
    RoutingObject, Snapshot,
};
use crate::profile::MissingNamespace;
use crate::selector::{Match, SelectorId, Selectors};
use crate::set::{Protocol, TrafficSet};
use crate::sorted::{Arrange, SortedMap};
use crate::source::{FileId, Span};
use crate::symbol::Symbol;

/// A backend of an Ingress or route.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) kind: RoutingKind,
    pub(crate) namespace: NamespaceId,
    pub(crate) name: Box<str>,
    pub(crate) place: (FileId, Span),
    /// Empty: every host, every path.
    pub(crate) hosts: Vec<Box<str>>,
    pub(crate) paths: Vec<Box<str>>,
    pub(crate) target: EntryTarget,
    /// Who carries it; empty: nobody who is in the input.
    pub(crate) carriers: Vec<EndpointId>,
    /// Whether it is certain that it is one at all.
    pub(crate) doubt: Option<Code>,
}

/// Where an entry leads.
#[derive(Clone, Debug)]
pub(crate) enum EntryTarget {
    /// To some ports of a Service, by their places.
    Service(ServiceId, Vec<usize>),
    /// Nowhere, and why: the Service as it is named, and the port.
    Nowhere(Code, String, String),
}

/// A Service that the API server calls.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) kind: RoutingKind,
    pub(crate) name: Box<str>,
    /// Of one webhook among several.
    pub(crate) hook: Box<str>,
    pub(crate) place: (FileId, Span),
    pub(crate) target: EntryTarget,
}

/// A kind of controller: its name, and the labels of its pods; an empty value stands for any.
type Known = (&'static str, &'static [(&'static str, &'static str)], &'static [RoutingKind]);

const INGRESS: &[RoutingKind] = &[RoutingKind::Ingress];
const GATEWAYS: &[RoutingKind] = &[
    RoutingKind::HttpRoute,
    RoutingKind::GrpcRoute,
    RoutingKind::TcpRoute,
    RoutingKind::TlsRoute,
    RoutingKind::UdpRoute,
];
const BOTH: &[RoutingKind] = &[
    RoutingKind::Ingress,
    RoutingKind::HttpRoute,
    RoutingKind::GrpcRoute,
    RoutingKind::TcpRoute,
    RoutingKind::TlsRoute,
    RoutingKind::UdpRoute,
];
const ROUTES: &[RoutingKind] = &[RoutingKind::Ingress, RoutingKind::Route];
const NAME: &str = "app.kubernetes.io/name";

/// The labels that the controllers' own charts and manifests set.
const KNOWN: [Known; 14] = [
    ("nginx", &[(NAME, "ingress-nginx"), ("app.kubernetes.io/component", "controller")], INGRESS),
    ("nginx", &[(NAME, "nginx-ingress")], INGRESS),
    ("nginx", &[(NAME, "nginx-gateway-fabric")], GATEWAYS),
    ("traefik", &[(NAME, "traefik")], BOTH),
    ("haproxy", &[(NAME, "kubernetes-ingress")], INGRESS),
    ("haproxy", &[(NAME, "haproxy-ingress")], INGRESS),
    ("contour", &[(NAME, "contour"), ("app.kubernetes.io/component", "envoy")], BOTH),
    ("contour", &[("app", "envoy")], BOTH),
    ("istio", &[("istio", "ingressgateway")], BOTH),
    ("kong", &[(NAME, "kong")], BOTH),
    ("kong", &[("app", "ingress-kong")], INGRESS),
    ("cilium", &[(NAME, "cilium-envoy")], BOTH),
    ("openshift", &[("ingresscontroller.operator.openshift.io/deployment-ingresscontroller", "")], ROUTES),
    ("envoy", &[(NAME, "envoy"), ("gateway.envoyproxy.io/owning-gateway-name", "")], GATEWAYS),
];

/// The labels of pods that were made for one Gateway, with its name.
const OF_GATEWAY: [&str; 2] = ["gateway.networking.k8s.io/gateway-name", "gateway.envoyproxy.io/owning-gateway-name"];

/// The pods of the input that carry entries: for each, the kind of controller that it is.
type Controllers = Vec<(&'static Known, EndpointId)>;

/// A Gateway, with the selectors of its listeners.
struct Gateway<'a> {
    namespace: &'a str,
    name: &'a str,
    object: &'a GatewayObject,
    selectors: Vec<Option<SelectorId>>,
}

/// What is known of Services while entries are resolved.
struct Resolving<'a> {
    gateways: Vec<Gateway<'a>>,
    grants: Vec<(&'a str, &'a GrantObject)>,
    controllers: Controllers,
    selectors: Selectors,
}

impl Builder<'_> {
    /// Resolves entries and calls.
    pub(super) fn entries(&mut self, snapshot: &Snapshot) {
        let wanted = |o: &RoutingObject| matches!(*o.detail, Detail::Entry(_) | Detail::Calls(_));
        if !snapshot.routing.iter().any(|l| wanted(&l.object)) {
            return;
        }
        for located in snapshot.routing.iter().filter(|l| l.object.kind.namespaced() && wanted(&l.object)) {
            self.namespace(&located.object.metadata.namespace);
        }
        let services = std::mem::take(&mut self.cluster.services);
        let (gateways, grants, controllers) = (Vec::new(), Vec::new(), self.controllers());
        let mut resolving = Resolving { gateways, grants, controllers, selectors: Selectors::default() };
        for RoutingObject { metadata, detail, .. } in snapshot.routing.iter().map(|l| &l.object) {
            match &**detail {
                Detail::Gateway(object) => {
                    let selectors = object.listeners.iter().map(|listener| match &listener.admits {
                        Admits::Selected(Some(s)) => Some(resolving.selectors.intern(s, &mut self.cluster.symbols)),
                        _ => None,
                    });
                    let selectors = selectors.collect();
                    let (namespace, name) = (&*metadata.namespace, &*metadata.name);
                    resolving.gateways.push(Gateway { namespace, name, object, selectors });
                }
                Detail::Grant(grant) => resolving.grants.push((&metadata.namespace, grant)),
                _ => {}
            }
        }
        let (mut entries, mut calls) = (Vec::new(), Vec::new());
        for located in &snapshot.routing {
            match &*located.object.detail {
                Detail::Entry(entry) => self.entry(located, entry, &resolving, &services, &mut entries),
                Detail::Calls(of) => {
                    calls.extend(of.iter().map(|call| self.call(located, call, &services)));
                }
                _ => {}
            }
        }
        self.cluster.services = services;
        if entries.iter().any(|entry: &Entry| entry.carriers.is_empty()) {
            self.assume_controller();
        }
        if self.profile.entries_to_declared_ports {
            self.declare(snapshot);
        }
        (self.cluster.entries, self.cluster.calls) = (entries.into(), calls.into());
    }

    fn controllers(&self) -> Controllers {
        let mut found = Vec::new();
        for known in &KNOWN {
            let wanted: Option<Vec<(Symbol, Option<Symbol>)>> = known
                .1
                .iter()
                .map(|(key, value)| {
                    let key = self.cluster.symbols.find(key)?;
                    let value = if value.is_empty() { None } else { Some(self.cluster.symbols.find(value)?) };
                    Some((key, value))
                })
                .collect();
            let Some(wanted) = wanted else { continue };
            found.extend(self.cluster.real_endpoints().filter(|id| self.has(*id, &wanted)).map(|id| (known, id)));
        }
        found
    }

    fn has(&self, id: EndpointId, wanted: &[(Symbol, Option<Symbol>)]) -> bool {
        let labels = self.cluster.labels(self.cluster.endpoint(id).labels);
        wanted.iter().all(|(key, value)| labels.iter().any(|(k, v)| k == key && value.is_none_or(|value| value == *v)))
    }

    fn entry(
        &self,
        located: &Located<RoutingObject>,
        entry: &EntryObject,
        resolving: &Resolving<'_>,
        services: &[super::Service],
        out: &mut Vec<Entry>,
    ) {
        let RoutingObject { kind, metadata, .. } = &located.object;
        let route = kind.is_route();
        if route && entry.parents.is_empty() {
            return;
        }
        let Some(namespace) = self.cluster.find_namespace(&metadata.namespace) else { return };
        let own = (metadata.namespace.as_str(), self.cluster.namespace(namespace));
        let attached = if route { resolving.attached((*kind, entry), own) } else { Attached::default() };
        let carriers = self.carriers(*kind, &entry.class, &attached, resolving);
        for backend in &entry.backends {
            let own = if backend.namespace.is_empty() { &metadata.namespace } else { &backend.namespace };
            let target = match attached.trouble {
                Some(code) => EntryTarget::Nowhere(code, format!("{own}/{}", backend.service), String::new()),
                None if *own != metadata.namespace && !resolving.granted(*kind, &metadata.namespace, backend) => {
                    EntryTarget::Nowhere(Code::NotGranted, format!("{own}/{}", backend.service), String::new())
                }
                None => self.target(own, &backend.service, &backend.port, kind.protocol(), services),
            };
            let texts = |texts: &[compact_str::CompactString]| texts.iter().map(|t| (&**t).into()).collect::<Vec<_>>();
            let hosts = if backend.hosts.is_empty() { &attached.hosts } else { &backend.hosts };
            out.push(Entry {
                kind: *kind,
                namespace,
                name: metadata.name.as_str().into(),
                place: (located.file, backend.span),
                hosts: texts(hosts),
                paths: texts(&backend.paths),
                target,
                carriers: carriers.clone(),
                doubt: attached.doubt,
            });
        }
    }

    fn call(&self, located: &Located<RoutingObject>, call: &manifest::Call, services: &[super::Service]) -> Call {
        let port = EntryPort::Number(call.port);
        Call {
            kind: located.object.kind,
            name: located.object.metadata.name.as_str().into(),
            hook: call.name.as_str().into(),
            place: (located.file, call.span),
            target: self.target(&call.namespace, &call.service, &port, Protocol::Tcp, services),
        }
    }

    /// The ports of a Service that are meant, of the protocol that comes in.
    fn target(
        &self,
        namespace: &str,
        name: &str,
        port: &EntryPort,
        protocol: Protocol,
        services: &[super::Service],
    ) -> EntryTarget {
        let found = self
            .cluster
            .find_namespace(namespace)
            .and_then(|ns| services.iter().position(|service| service.namespace == ns && *service.name == *name));
        let named = format!("{namespace}/{name}");
        let Some(id) = found.map(ServiceId::of) else {
            return EntryTarget::Nowhere(Code::NoSuchService, named, String::new());
        };
        let service = &services[id.index()];
        let targets = |wanted: u16, p: &super::ServicePort| {
            let listed = service.listed.iter().flatten();
            p.target == super::TargetPort::Number(wanted)
                || listed.into_iter().any(|l| l.name == p.name && l.protocol == p.protocol && l.port == wanted)
                || service.backends.iter().flatten().any(|pod| {
                    let target = self.cluster.target_of(p, *pod);
                    target.contains(p.protocol, wanted)
                })
        };
        let is_meant = |p: &super::ServicePort| match port {
            _ if p.protocol != protocol => false,
            EntryPort::Any => true,
            EntryPort::Number(number) => p.port == *number,
            EntryPort::Name(name) => *p.name == **name,
            EntryPort::TargetName(name) => *p.name == **name || p.target_is_named(name, &self.cluster),
            EntryPort::Target(number) => targets(*number, p),
        };
        let ports: Vec<usize> = (0..).zip(&service.ports).filter(|(_, p)| is_meant(p)).map(|(at, _)| at).collect();
        if ports.is_empty() {
            let text = match port {
                EntryPort::Any => String::new(),
                EntryPort::Number(number) | EntryPort::Target(number) => number.to_string(),
                EntryPort::Name(name) | EntryPort::TargetName(name) => name.to_string(),
            };
            return EntryTarget::Nowhere(Code::NoSuchServicePort, named, text);
        }
        EntryTarget::Service(id, ports)
    }

    /// Who carries an entry: the pods of its Gateway, else the controllers of its class, else all
    /// that carry such entries.
    fn carriers(
        &self,
        kind: RoutingKind,
        class: &str,
        attached: &Attached<'_>,
        resolving: &Resolving<'_>,
    ) -> Vec<EndpointId> {
        let mut own: Vec<EndpointId> = Vec::new();
        if self.profile.entries_to_declared_ports {
            return own;
        }
        for (namespace, name, _) in &attached.gateways {
            let namespace = self.cluster.find_namespace(namespace);
            let name = self.cluster.symbols.find(name);
            for key in OF_GATEWAY {
                let Some(label) = self.cluster.symbols.find(key).zip(name) else { continue };
                let here = |id: &EndpointId| {
                    let same = key != OF_GATEWAY[0] || Some(self.cluster.endpoint(*id).namespace) == namespace;
                    same && self.has(*id, &[(label.0, Some(label.1))])
                };
                own.extend(self.cluster.real_endpoints().filter(here));
            }
        }
        if own.is_empty() {
            let serving = || resolving.controllers.iter().filter(|(known, _)| known.2.contains(&kind));
            let classes = attached.gateways.iter().map(|(.., class)| *class).chain([class]);
            let classes: Vec<&str> = classes.filter(|class| !class.is_empty()).collect();
            own =
                serving().filter(|(known, _)| classes.iter().any(|c| c.contains(known.0))).map(|(_, id)| *id).collect();
            if own.is_empty() {
                own = serving().map(|(_, id)| *id).collect();
            }
        }
        own.arrange();
        own.dedup();
        own
    }

    /// Assumes a controller of which nothing is known but that it is a pod.
    fn assume_controller(&mut self) {
        let name = self.cluster.symbols.intern(super::ASSUMED_NAMESPACE);
        let namespace = NamespaceId::of(self.cluster.namespaces.len());
        let labels_known = self.profile.missing_namespace == MissingNamespace::NameOnly;
        self.cluster.namespaces.push(Namespace { name, labels: Vec::new(), labels_known });
        let workload = self.workload(namespace, "Deployment", super::ASSUMED_CONTROLLER);
        self.cluster.workloads[workload.index()].hypothetical = true;
        let labels = LabelSetId::of(self.cluster.label_sets.insert_full(Box::default()).0);
        let ports = PortSetId::of(self.cluster.port_sets.insert_full(Box::default()).0);
        let id = self.push(Endpoint {
            namespace,
            name: super::ASSUMED_CONTROLLER.into(),
            workload: WorkloadId::of(workload.index()),
            labels,
            ports,
            addresses: Box::default(),
            node: None,
            kind: EndpointKind::Hypothetical,
            host_network: false,
            origin: None,
        });
        self.cluster.assumed_controller = Some(id);
    }

    /// Keeps the ports that containers declare.
    fn declare(&mut self, snapshot: &Snapshot) {
        let mut by_place: SortedMap<(FileId, u32), TrafficSet> = SortedMap::new();
        let pods = snapshot.pods.iter().map(|l| ((l.file, l.offset), &l.object.spec));
        let templates = snapshot.workloads.iter().map(|l| {
            let (kind, object) = &l.object;
            let job = *kind == manifest::WorkloadKind::CronJob;
            let template = if job { &object.spec.job_template.spec.template } else { &object.spec.template };
            ((l.file, l.offset), &template.spec)
        });
        for (place, spec) in pods.chain(templates) {
            let ports = spec.containers.iter().flat_map(|c| &c.ports).filter_map(|port| {
                let protocol = Protocol::from_name(&port.protocol).unwrap_or(Protocol::Tcp);
                Some(TrafficSet::port(protocol, u16::try_from(port.container_port).ok()?))
            });
            by_place.insert(place, ports.fold(TrafficSet::empty(), |all, one| all.union(&one)));
        }
        for (at, endpoint) in self.cluster.endpoints.iter().enumerate() {
            if let Some(ports) = endpoint.origin.and_then(|place| by_place.get(&place)) {
                self.cluster.declared_ports.push((EndpointId::of(at), ports.clone()));
            }
        }
    }
}

/// The Gateways that a route comes in by.
#[derive(Default)]
struct Attached<'a> {
    /// Namespace, name, class.
    gateways: Vec<(&'a str, &'a str, &'a str)>,
    hosts: Vec<compact_str::CompactString>,
    trouble: Option<Code>,
    doubt: Option<Code>,
}

impl<'a> Resolving<'a> {
    /// By which listeners a route comes in.
    fn attached(
        &'a self,
        (kind, entry): (RoutingKind, &'a EntryObject),
        (own, labels): (&'a str, &Namespace),
    ) -> Attached<'a> {
        let mut found = Attached::default();
        let mut best = Match::No;
        for parent in &entry.parents {
            let namespace: &str = if parent.namespace.is_empty() { own } else { &parent.namespace };
            let gateway = self.gateways.iter().find(|g| g.namespace == namespace && *g.name == *parent.name);
            let Some(Gateway { name, object, selectors, .. }) = gateway else {
                // Not in the input: it may admit the route.
                found.gateways.push((namespace, &parent.name, ""));
                best = best.or(Match::Maybe);
                continue;
            };
            let listeners = object.listeners.iter().zip(selectors).filter(|(l, _)| {
                (parent.listener.is_empty() || l.name == parent.listener)
                    && (parent.port.is_none() || l.port == parent.port)
                    && fits(&l.hostname, entry)
            });
            for (listener, selector) in listeners {
                let admits = match (&listener.admits, selector) {
                    (Admits::All, _) => Match::Yes,
                    (Admits::Same, _) => (namespace == own).into(),
                    (Admits::Selected(_), Some(id)) => self.selectors.get(*id).matches(|key| labels.label(key)),
                    (Admits::Selected(_), None) => Match::Maybe,
                    (Admits::None, _) => Match::No,
                };
                let admits = admits.and(listener.takes(kind));
                if admits == Match::Yes && !listener.hostname.is_empty() {
                    found.hosts.push(listener.hostname.clone());
                }
                best = best.or(admits);
            }
            found.gateways.push((namespace, name, &object.class));
        }
        found.hosts.arrange();
        found.hosts.dedup();
        match best {
            Match::Yes => {}
            Match::Maybe => found.doubt = Some(Code::MaybeNotAttached),
            Match::No => found.trouble = Some(Code::NotAttached),
        }
        found
    }

    /// Whether a namespace lets a route of another one refer to its Service.
    fn granted(&self, kind: RoutingKind, own: &str, backend: &EntryBackend) -> bool {
        self.grants.iter().filter(|(ns, _)| *ns == backend.namespace).any(|(_, grant)| {
            grant.from.iter().any(|(k, ns)| k == kind.name() && ns == own)
                && grant.to.iter().any(|name| name.is_empty() || *name == backend.service)
        })
    }
}

/// Whether a listener's host name and those of a route have something in common.
fn fits(listener: &str, entry: &EntryObject) -> bool {
    let hosts = entry.backends.first().map_or(&[][..], |backend| &backend.hosts);
    let covers = |wide: &str, narrow: &str| wide.strip_prefix('*').is_some_and(|end| narrow.ends_with(end));
    listener.is_empty()
        || hosts.is_empty()
        || hosts.iter().any(|host| host == listener || covers(listener, host) || covers(host, listener))
}

impl super::ServicePort {
    /// Whether it leads to the port of that name of the pods.
    fn target_is_named(&self, name: &str, cluster: &Cluster) -> bool {
        matches!(&self.target, super::TargetPort::Name(symbol) if cluster.symbols.text(*symbol) == name)
    }
}

impl Cluster {
    /// Gives the controller that is assumed every label that a selector names, of which none is
    /// known to be there.
    pub(crate) fn open_labels(&mut self, selectors: &Selectors) {
        let Some(id) = self.assumed_controller else { return };
        if self.namespace(self.endpoint(id).namespace).labels_known {
            return;
        }
        let labels: Vec<(Symbol, Symbol)> = selectors.keys().into_iter().map(|key| (key, Symbol::OPEN)).collect();
        let labels = LabelSetId::of(self.label_sets.insert_full(labels.into()).0);
        self.endpoints[id.index()].labels = labels;
    }
}
