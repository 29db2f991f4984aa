//! The objects that say how traffic comes to pods, beside Services: EndpointSlices, entry points
//! (Ingress, Gateway API, OpenShift Routes), and what the API server calls (webhooks, APIServices,
//! conversions of custom resources).
//!
//! All are read from trees, by hand: only a few of their fields count.

use super::issues::Issue;
use super::look::Look;
use super::policy::Selector;
use super::types::ObjectMeta;
use crate::selector::Match;
use crate::set::Protocol;
use crate::source::Span;
use crate::yaml::Node;
use compact_str::CompactString;
use std::net::IpAddr;
use std::sync::Arc;

/// The kinds that are read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum RoutingKind {
    ApiService,
    CustomResourceDefinition,
    Endpoints,
    EndpointSlice,
    Gateway,
    GrpcRoute,
    HttpRoute,
    Ingress,
    MutatingWebhook,
    ReferenceGrant,
    Route,
    TcpRoute,
    TlsRoute,
    UdpRoute,
    ValidatingWebhook,
}

/// Kind, group, versions, whether it is in a namespace.
type Row = (RoutingKind, &'static str, &'static str, &'static [&'static str], bool);

const GATEWAY: &str = "gateway.networking.k8s.io";
const ADMISSION: &str = "admissionregistration.k8s.io";
const BETA: &[&str] = &["v1", "v1beta1"];
const ALPHA: &[&str] = &["v1", "v1alpha2", "v1alpha3"];

const KINDS: [Row; 15] = [
    (RoutingKind::ApiService, "APIService", "apiregistration.k8s.io", &["v1"], false),
    (RoutingKind::CustomResourceDefinition, "CustomResourceDefinition", "apiextensions.k8s.io", &["v1"], false),
    (RoutingKind::Endpoints, "Endpoints", "", &["v1"], true),
    (RoutingKind::EndpointSlice, "EndpointSlice", "discovery.k8s.io", &["v1"], true),
    (RoutingKind::Gateway, "Gateway", GATEWAY, BETA, true),
    (RoutingKind::GrpcRoute, "GRPCRoute", GATEWAY, &["v1", "v1alpha2"], true),
    (RoutingKind::HttpRoute, "HTTPRoute", GATEWAY, BETA, true),
    (RoutingKind::Ingress, "Ingress", "networking.k8s.io", &["v1"], true),
    (RoutingKind::MutatingWebhook, "MutatingWebhookConfiguration", ADMISSION, &["v1"], false),
    (RoutingKind::ReferenceGrant, "ReferenceGrant", GATEWAY, BETA, true),
    (RoutingKind::Route, "Route", "route.openshift.io", &["v1"], true),
    (RoutingKind::TcpRoute, "TCPRoute", GATEWAY, ALPHA, true),
    (RoutingKind::TlsRoute, "TLSRoute", GATEWAY, ALPHA, true),
    (RoutingKind::UdpRoute, "UDPRoute", GATEWAY, ALPHA, true),
    (RoutingKind::ValidatingWebhook, "ValidatingWebhookConfiguration", ADMISSION, &["v1"], false),
];

impl RoutingKind {
    /// The kinds' own names.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        KINDS.iter().map(|row| row.1)
    }

    /// The kind of an object, if it is one of these in a version that is read.
    pub(super) fn of(api_version: &str, kind: &str) -> Option<Self> {
        let row = KINDS.iter().find(|row| row.1 == kind)?;
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        (row.2 == group && row.3.contains(&version)).then_some(row.0)
    }

    /// The kind as Kubernetes writes it.
    pub(crate) fn name(self) -> &'static str {
        KINDS[self as usize].1
    }

    /// Whether it is a route of the Gateway API.
    pub(crate) fn is_route(self) -> bool {
        use RoutingKind::{GrpcRoute, HttpRoute, TcpRoute, TlsRoute, UdpRoute};
        matches!(self, GrpcRoute | HttpRoute | TcpRoute | TlsRoute | UdpRoute)
    }

    /// The protocol of what comes in by its objects.
    pub(crate) fn protocol(self) -> Protocol {
        if self == Self::UdpRoute { Protocol::Udp } else { Protocol::Tcp }
    }

    /// Whether its objects are in a namespace.
    pub(crate) fn namespaced(self) -> bool {
        KINDS[self as usize].4
    }
}

/// Whether the objects of a kind that is read here are in no namespace.
pub(super) fn is_cluster_wide(kind: &str) -> bool {
    KINDS.iter().any(|row| !row.4 && row.1 == kind)
}

/// The fields that count, beside `metadata` and `spec`.
pub(super) const FIELDS: [&str; 5] = ["addressType", "endpoints", "ports", "subsets", "webhooks"];

#[derive(Clone, Debug)]
pub(crate) struct RoutingObject {
    pub(crate) kind: RoutingKind,
    pub(crate) metadata: ObjectMeta,
    /// Shared: it is never changed.
    pub(crate) detail: Arc<Detail>,
}

#[derive(Debug)]
pub(crate) enum Detail {
    Slices(Vec<Slice>),
    Entry(EntryObject),
    Gateway(GatewayObject),
    Grant(GrantObject),
    Calls(Vec<Call>),
}

/// Who answers for a Service.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slice {
    pub(crate) service: CompactString,
    pub(crate) ports: Vec<SlicePort>,
    pub(crate) endpoints: Vec<SliceEndpoint>,
}

#[derive(Clone, Debug)]
pub(crate) struct SlicePort {
    pub(crate) name: CompactString,
    pub(crate) protocol: Protocol,
    pub(crate) port: u16,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct SliceEndpoint {
    pub(crate) addresses: Vec<IpAddr>,
    /// It has only names (`addressType: FQDN`).
    pub(crate) named: bool,
    pub(crate) ready: bool,
    /// Not ready, but on its way out and still serving: asked where nobody is ready.
    pub(crate) leaving: bool,
    /// The pod it is: its namespace and name.
    pub(crate) pod: Option<(CompactString, CompactString)>,
    pub(crate) node: CompactString,
}

/// A way in from outside: the rules of an Ingress or of a route.
#[derive(Debug, Default)]
pub(crate) struct EntryObject {
    /// The class of an Ingress.
    pub(crate) class: CompactString,
    /// The Gateways that a route is attached to.
    pub(crate) parents: Vec<ParentRef>,
    pub(crate) backends: Vec<EntryBackend>,
}

#[derive(Debug)]
pub(crate) struct ParentRef {
    /// Empty: the route's own.
    pub(crate) namespace: CompactString,
    /// Empty: not a Gateway.
    pub(crate) name: CompactString,
    /// Empty: every listener.
    pub(crate) listener: CompactString,
    pub(crate) port: Option<u16>,
}

/// A Service that an entry point leads to.
#[derive(Debug)]
pub(crate) struct EntryBackend {
    /// Empty: every host.
    pub(crate) hosts: Vec<CompactString>,
    /// Empty: every path.
    pub(crate) paths: Vec<CompactString>,
    /// Empty: the object's own.
    pub(crate) namespace: CompactString,
    pub(crate) service: CompactString,
    pub(crate) port: EntryPort,
    /// Where the Service is named.
    pub(crate) span: Span,
}

/// The port of a Service that an entry point names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EntryPort {
    Number(u16),
    Name(CompactString),
    /// Of the pods behind the Service (OpenShift).
    Target(u16),
    /// The same by its name, or that of the Service's own port (OpenShift).
    TargetName(CompactString),
    /// Whichever it has.
    Any,
}

#[derive(Debug, Default)]
pub(crate) struct GatewayObject {
    pub(crate) class: CompactString,
    pub(crate) listeners: Vec<Listener>,
}

#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) name: CompactString,
    pub(crate) hostname: CompactString,
    pub(crate) port: Option<u16>,
    pub(crate) protocol: CompactString,
    /// Whether it says that it decrypts TLS itself.
    pub(crate) terminates: bool,
    /// The kinds of routes that it takes, of those that go with its protocol; empty: all of them.
    pub(crate) kinds: Vec<CompactString>,
    pub(crate) admits: Admits,
}

/// Whose routes a listener takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Admits {
    Same,
    All,
    /// Those of namespaces by their labels; which, must be said.
    Selected(Option<Selector>),
    None,
}

impl Listener {
    /// Whether it takes routes of a kind.
    pub(crate) fn takes(&self, kind: RoutingKind) -> Match {
        use RoutingKind::{GrpcRoute, HttpRoute, TcpRoute, TlsRoute, UdpRoute};
        if !self.kinds.is_empty() && !self.kinds.iter().any(|name| name == kind.name()) {
            return Match::No;
        }
        let is = |name: &str| self.protocol.eq_ignore_ascii_case(name);
        let wanted: &[RoutingKind] = if is("HTTP") || is("HTTPS") {
            &[GrpcRoute, HttpRoute]
        } else if is("TCP") {
            &[TcpRoute]
        } else if is("UDP") {
            &[UdpRoute]
        } else if is("TLS") && (kind != TcpRoute || self.terminates) {
            &[TcpRoute, TlsRoute]
        } else {
            // A protocol of an implementation's own; or TLS that is passed on, of which it is not said.
            return Match::Maybe;
        };
        wanted.contains(&kind).into()
    }
}

/// From whom to what a namespace lets others refer.
#[derive(Debug, Default)]
pub(crate) struct GrantObject {
    /// Kind and namespace, of the group of the Gateway API.
    pub(crate) from: Vec<(CompactString, CompactString)>,
    /// Services; an empty name is all.
    pub(crate) to: Vec<CompactString>,
}

/// A Service that the API server calls.
#[derive(Debug)]
pub(crate) struct Call {
    /// Of one webhook among several.
    pub(crate) name: CompactString,
    pub(crate) namespace: CompactString,
    pub(crate) service: CompactString,
    pub(crate) port: u16,
    pub(crate) span: Span,
}

/// The strategy of conversions that asks a Service.
pub(super) const CONVERTED: &str = "Webhook";

/// The port of what the API server calls, if none is named.
const HTTPS: u16 = 443;

/// Reads an object; `root` has its fields, but perhaps not `metadata`, unless it is an Ingress.
pub(super) fn routing(kind: RoutingKind, metadata: ObjectMeta, root: &Node) -> (RoutingObject, Vec<(Issue, Span)>) {
    let mut look = Look::default();
    let detail = match kind {
        RoutingKind::EndpointSlice => {
            let service = metadata.labels.iter().find(|(key, _)| key == "kubernetes.io/service-name");
            let service = service.map(|(_, name)| name.clone()).unwrap_or_default();
            Detail::Slices(vec![slice(&mut look, root, service, &metadata.namespace)])
        }
        RoutingKind::Endpoints => {
            let subsets = look.items(root, "subsets");
            let subset = |subset| legacy(&mut look, subset, metadata.name.clone(), &metadata.namespace);
            Detail::Slices(subsets.into_iter().map(subset).collect())
        }
        RoutingKind::Ingress => Detail::Entry(ingress(&mut look, root)),
        RoutingKind::Route => Detail::Entry(openshift(&mut look, root)),
        RoutingKind::HttpRoute
        | RoutingKind::GrpcRoute
        | RoutingKind::TcpRoute
        | RoutingKind::TlsRoute
        | RoutingKind::UdpRoute => Detail::Entry(route(&mut look, root)),
        RoutingKind::Gateway => Detail::Gateway(gateway(&mut look, root)),
        RoutingKind::ReferenceGrant => Detail::Grant(grant(&mut look, root)),
        RoutingKind::ApiService => Detail::Calls(look.map(root, "spec").map_or_else(Vec::new, |spec| {
            let call = look.map(spec, "service").map(|service| call(&mut look, service, ""));
            call.into_iter().collect()
        })),
        RoutingKind::CustomResourceDefinition => Detail::Calls(conversion(&mut look, root).into_iter().collect()),
        RoutingKind::MutatingWebhook | RoutingKind::ValidatingWebhook => {
            let hooks = look.items(root, "webhooks").into_iter().filter_map(|hook| {
                let name = look.text(hook, "name");
                let config = look.map(hook, "clientConfig")?;
                let service = look.map(config, "service")?;
                Some(call(&mut look, service, name))
            });
            Detail::Calls(hooks.collect())
        }
    };
    let issues = look.finish(root);
    (RoutingObject { kind, metadata, detail: Arc::new(detail) }, issues)
}

/// The Service that converts custom resources from one version to another.
fn conversion(look: &mut Look, root: &Node) -> Option<Call> {
    let spec = look.map(root, "spec")?;
    let conversion = look.map(spec, "conversion")?;
    if look.text(conversion, "strategy") != CONVERTED {
        return None;
    }
    let webhook = look.map(conversion, "webhook")?;
    let config = look.map(webhook, "clientConfig")?;
    let service = look.map(config, "service")?;
    Some(call(look, service, ""))
}

fn call(look: &mut Look, service: &Node, name: &str) -> Call {
    Call {
        name: name.into(),
        namespace: look.namespace(service, "namespace").into(),
        service: look.service(service, "name").into(),
        port: look.port(service, "port").unwrap_or(HTTPS),
        span: service.span,
    }
}

fn pod_of(look: &mut Look, endpoint: &Node, own: &CompactString) -> Option<(CompactString, CompactString)> {
    let target = look.map(endpoint, "targetRef")?;
    if look.text(target, "kind") != "Pod" {
        return None;
    }
    let namespace = look.text(target, "namespace");
    let namespace = if namespace.is_empty() { own.clone() } else { namespace.into() };
    Some((namespace, look.text(target, "name").into()))
}

fn ports(look: &mut Look, node: &Node) -> Vec<SlicePort> {
    let ports = look.items(node, "ports").into_iter().filter_map(|port| {
        let (name, protocol) = (look.text(port, "name").into(), look.protocol(port, "protocol"));
        Some(SlicePort { name, protocol, port: look.port(port, "port")? })
    });
    ports.collect()
}

fn slice(look: &mut Look, root: &Node, service: CompactString, own: &CompactString) -> Slice {
    let named = look.text(root, "addressType") == "FQDN";
    let endpoints = look.items(root, "endpoints").into_iter().map(|endpoint| {
        let conditions = look.map(endpoint, "conditions");
        let mut condition = |name| conditions.and_then(|node| look.flag(node, name));
        // What is not said is `true` for readiness; `serving` is then what `ready` is.
        let ready = condition("ready").unwrap_or(true);
        let serving = condition("serving").unwrap_or(ready);
        let leaving = serving && condition("terminating").unwrap_or(false);
        SliceEndpoint {
            addresses: if named { Vec::new() } else { look.addresses(endpoint, "addresses") },
            named,
            ready,
            leaving: leaving && !ready,
            pod: pod_of(look, endpoint, own),
            node: look.text(endpoint, "nodeName").into(),
        }
    });
    let endpoints = endpoints.collect();
    Slice { service, ports: ports(look, root), endpoints }
}

/// A subset of an Endpoints object.
fn legacy(look: &mut Look, subset: &Node, service: CompactString, own: &CompactString) -> Slice {
    let mut endpoints = Vec::new();
    for (key, ready) in [("addresses", true), ("notReadyAddresses", false)] {
        for endpoint in look.items(subset, key) {
            endpoints.push(SliceEndpoint {
                addresses: look.address(endpoint, "ip").into_iter().collect(),
                ready,
                pod: pod_of(look, endpoint, own),
                node: look.text(endpoint, "nodeName").into(),
                ..SliceEndpoint::default()
            });
        }
    }
    Slice { service, ports: ports(look, subset), endpoints }
}

/// An Ingress. The old annotation still counts before the field.
fn ingress(look: &mut Look, root: &Node) -> EntryObject {
    let annotations = root.get("metadata").and_then(|metadata| look.map(metadata, "annotations"));
    let class = annotations.map_or("", |annotations| look.text(annotations, "kubernetes.io/ingress.class"));
    let Some(spec) = look.map(root, "spec") else { return EntryObject::default() };
    let mut backends = Vec::new();
    let default = look.map(spec, "defaultBackend");
    backends.extend(default.and_then(|backend| ingress_backend(look, backend, "", "")));
    for rule in look.items(spec, "rules") {
        let host = look.text(rule, "host");
        let Some(http) = look.map(rule, "http") else { continue };
        for path in look.items(http, "paths") {
            let (text, backend) = (look.text(path, "path"), look.map(path, "backend"));
            match backend {
                Some(backend) => backends.extend(ingress_backend(look, backend, host, text)),
                None => look.missing(path, "backend"),
            }
        }
    }
    let class = if class.is_empty() { look.text(spec, "ingressClassName") } else { class };
    EntryObject { class: class.into(), parents: Vec::new(), backends }
}

fn ingress_backend(look: &mut Look, backend: &Node, host: &str, path: &str) -> Option<EntryBackend> {
    // A `resource` is no Service.
    let service = look.map(backend, "service")?;
    let name = look.service(service, "name");
    let port = look.map(service, "port").map_or(EntryPort::Any, |port| match look.port(port, "number") {
        Some(number) => EntryPort::Number(number),
        None => EntryPort::Name(look.text(port, "name").into()),
    });
    let some = |text: &str| if text.is_empty() { Vec::new() } else { vec![text.into()] };
    Some(EntryBackend {
        hosts: some(host),
        paths: some(path),
        namespace: CompactString::default(),
        service: name.into(),
        port,
        span: service.span,
    })
}

fn openshift(look: &mut Look, root: &Node) -> EntryObject {
    let Some(spec) = look.map(root, "spec") else { return EntryObject::default() };
    let (host, path) = (look.text(spec, "host"), look.text(spec, "path"));
    let port = look.map(spec, "port").map_or(EntryPort::Any, |port| match port.get("targetPort") {
        Some(name) if name.as_str().is_some() => EntryPort::TargetName(look.text(port, "targetPort").into()),
        _ => look.port(port, "targetPort").map_or(EntryPort::Any, EntryPort::Target),
    });
    let mut backends = Vec::new();
    let first = look.map(spec, "to");
    if first.is_none() {
        look.missing(spec, "to");
    }
    for to in first.into_iter().chain(look.items(spec, "alternateBackends")) {
        let idle = look.number(to, "weight") == Some(0);
        let kind = look.text(to, "kind");
        if idle || !matches!(kind, "" | "Service") {
            continue;
        }
        let some = |text: &str| if text.is_empty() { Vec::new() } else { vec![text.into()] };
        backends.push(EntryBackend {
            hosts: some(host),
            paths: some(path),
            namespace: CompactString::default(),
            service: look.service(to, "name").into(),
            port: port.clone(),
            span: to.span,
        });
    }
    EntryObject { backends, ..EntryObject::default() }
}

/// A route of the Gateway API.
fn route(look: &mut Look, root: &Node) -> EntryObject {
    let Some(spec) = look.map(root, "spec") else { return EntryObject::default() };
    let mut parents = Vec::new();
    for parent in look.items(spec, "parentRefs") {
        let kind = look.text(parent, "kind");
        // A route of a mesh has a Service for a parent: nobody comes in by that.
        if matches!(kind, "Service" | "ServiceImport") {
            continue;
        }
        // Of another kind, such as a ListenerSet, nothing is known.
        let name = if matches!(kind, "" | "Gateway") { look.text(parent, "name") } else { "" };
        parents.push(ParentRef {
            namespace: look.namespace(parent, "namespace").into(),
            name: name.into(),
            listener: look.text(parent, "sectionName").into(),
            port: look.port(parent, "port"),
        });
    }
    let hosts: Vec<CompactString> = look.texts(spec, "hostnames").into_iter().map(CompactString::from).collect();
    let mut backends = Vec::new();
    for rule in look.items(spec, "rules") {
        let matches = look.items(rule, "matches");
        let mut paths: Vec<CompactString> = matches.into_iter().filter_map(|one| path_of(look, one)).collect();
        paths.dedup();
        for backend in look.items(rule, "backendRefs") {
            let (kind, group) = (look.text(backend, "kind"), look.text(backend, "group"));
            let idle = look.number(backend, "weight") == Some(0);
            if idle || !matches!(kind, "" | "Service") || !group.is_empty() {
                continue;
            }
            let port = look.port(backend, "port");
            if backend.get("port").is_none() {
                look.missing(backend, "port");
            }
            backends.push(EntryBackend {
                hosts: hosts.clone(),
                paths: paths.clone(),
                namespace: look.namespace(backend, "namespace").into(),
                service: look.service(backend, "name").into(),
                port: port.map_or(EntryPort::Any, EntryPort::Number),
                span: backend.span,
            });
        }
    }
    EntryObject { class: CompactString::default(), parents, backends }
}

/// The path of an HTTP match, or the service and method of a gRPC one.
fn path_of(look: &mut Look, one: &Node) -> Option<CompactString> {
    if let Some(path) = look.map(one, "path") {
        let value = look.text(path, "value");
        return Some(if value.is_empty() { "/".into() } else { value.into() });
    }
    // Of HTTP a method is a text.
    let method = one.get("method").filter(|m| m.as_str().is_none())?;
    let (service, name) = (look.text(method, "service"), look.text(method, "method"));
    Some(format!("/{service}/{name}").into())
}

fn gateway(look: &mut Look, root: &Node) -> GatewayObject {
    let Some(spec) = look.map(root, "spec") else { return GatewayObject::default() };
    let listeners = look.items(spec, "listeners").into_iter().map(|listener| {
        let allowed = look.map(listener, "allowedRoutes");
        let from = allowed.and_then(|allowed| look.map(allowed, "namespaces"));
        let admits = match from.map_or("", |namespaces| look.text(namespaces, "from")) {
            "All" => Admits::All,
            "Selector" => Admits::Selected(from.and_then(|namespaces| look.selector(namespaces, "selector"))),
            "None" => Admits::None,
            _ => Admits::Same,
        };
        // A kind of another group is none that is read.
        let kinds = allowed.map_or_else(Vec::new, |allowed| look.items(allowed, "kinds")).into_iter();
        let kinds = kinds.map(|one| match look.text(one, "group") {
            "" | GATEWAY => look.text(one, "kind").into(),
            _ => CompactString::default(),
        });
        let kinds = kinds.collect();
        let tls = look.map(listener, "tls");
        if listener.get("protocol").is_none() {
            look.missing(listener, "protocol");
        }
        Listener {
            name: look.text(listener, "name").into(),
            hostname: look.text(listener, "hostname").into(),
            port: look.port(listener, "port"),
            protocol: look.text(listener, "protocol").into(),
            terminates: tls.is_some_and(|tls| look.text(tls, "mode") == "Terminate"),
            kinds,
            admits,
        }
    });
    let listeners = listeners.collect();
    GatewayObject { class: look.text(spec, "gatewayClassName").into(), listeners }
}

fn grant(look: &mut Look, root: &Node) -> GrantObject {
    let Some(spec) = look.map(root, "spec") else { return GrantObject::default() };
    let mut found = GrantObject::default();
    for from in look.items(spec, "from") {
        if look.text(from, "group") == GATEWAY {
            found.from.push((look.text(from, "kind").into(), look.text(from, "namespace").into()));
        }
    }
    for to in look.items(spec, "to") {
        if look.text(to, "group").is_empty() && look.text(to, "kind") == "Service" {
            found.to.push(look.text(to, "name").into());
        }
    }
    found
}
