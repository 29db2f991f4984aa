//! Where the outside enters, what the API server calls, and whether policies let these through.

use super::answer::{Note, Part, Peer, PeerKind, Verdict};
use super::check::parts_of;
use super::matrix::Connection;
use super::resolve::{Group, QueryError};
use crate::diagnostic::Params;
use crate::engine::Engine;
use crate::manifest::RoutingKind;
use crate::model::{ASSUMED_CONTROLLER, EndpointId, EntryTarget, NamespaceId, ServiceId, WorkloadId};
use crate::path::{self, Caller, Way};
use crate::set::TrafficSet;
use crate::sorted::{Arrange, SortedMap, SortedSet};
use crate::source::{FileId, Place, Span};
use serde::Serialize;

/// An object of the input.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ObjectRef {
    /// Its kind, as Kubernetes writes it.
    pub kind: String,
    /// Its namespace, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// Of one webhook among several, its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<String>,
    /// Where it names what is behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

impl ObjectRef {
    /// As it is named in a sentence.
    pub(super) fn title(&self) -> String {
        let Self { kind, namespace, name, webhook, .. } = self;
        let (namespace, webhook) = (namespace.as_deref(), webhook.as_deref());
        let name = namespace.map_or_else(|| name.clone(), |ns| format!("{ns}/{name}"));
        webhook.map_or_else(|| format!("{kind} {name}"), |webhook| format!("{kind} {name} ({webhook})"))
    }
}

/// A way in: from outside by an entry point, or of the API server to what it calls.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct EntryPoint {
    /// What it is in the input: an Ingress, a route, a Service, a workload with a `hostPort`; a
    /// webhook configuration, APIService or CustomResourceDefinition.
    pub object: ObjectRef,
    /// The hosts that it serves; none: every host.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// The paths; none: every path.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// Whether those who come in get to the pods.
    pub verdict: Verdict,
    /// How each of them does; `from` is who carries it, such as an ingress controller.
    pub parts: Vec<Part>,
    /// What is wrong with it: then it leads nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Note>,
}

impl EntryPoint {
    /// Whether who carries it is assumed.
    pub(super) fn is_assumed(&self) -> bool {
        let assumed = |from: &Peer| from.kind_of == PeerKind::Hypothetical;
        self.parts.iter().any(|part| part.from.iter().any(assumed))
    }
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entries {
    pub(crate) entries: Vec<EntryPoint>,
    pub(crate) calls: Vec<EntryPoint>,
}

/// Workloads by what comes to them on their ways in.
pub(super) type ByWorkload = SortedMap<WorkloadId, SortedSet<Verdict>>;

impl Engine {
    /// The entry points and calls that lead to some of these pods; `None`: all, and those that lead
    /// nowhere. `carriers` take the place of the controllers of the input.
    pub(crate) fn entries(
        &self,
        among: Option<&[EndpointId]>,
        carriers: Option<&Group>,
    ) -> Result<(Entries, [ByWorkload; 2]), QueryError> {
        let context = (&*self.cluster, &self.profile);
        let mut collecting = Collecting { engine: self, among, found: Vec::new(), workloads: ByWorkload::new() };
        for entry in self.cluster.entries.iter() {
            let mut object = self.object(entry.kind.name(), Some(entry.namespace), &entry.name);
            object.place = self.place_of(entry.place);
            let ways = path::to_entry(context, entry, carriers);
            collecting.add(object, [&entry.hosts, &entry.paths], Some(&entry.target), ways)?;
        }
        let outside = Group { addresses: self.world(), world: true, ..Group::default() };
        for id in (0..self.cluster.services.len()).map(ServiceId::of) {
            let service = self.cluster.service(id);
            let object = self.object("Service", Some(service.namespace), &service.name);
            let ways = path::from_outside(context, id, &outside);
            collecting.add(object, [&service.balancer_names, &[]], None, ways)?;
        }
        let mut hosted: SortedMap<WorkloadId, Vec<Way>> = SortedMap::new();
        for port in &self.cluster.host_ports {
            let workload = self.cluster.endpoint(port.endpoint).workload;
            hosted.entry(workload).or_default().extend(path::to_host_port(context, port, &outside));
        }
        for (id, ways) in hosted {
            let workload = self.cluster.workload(id);
            let object = self.object(&workload.kind_name, Some(workload.namespace), &workload.name);
            collecting.add(object, [&[], &[]], None, ways)?;
        }
        let (mut entries, entered) = (collecting.found, collecting.workloads);
        let mut collecting = Collecting { engine: self, among, found: Vec::new(), workloads: ByWorkload::new() };
        if !self.cluster.calls.is_empty() {
            let caller = Caller::find(&self.cluster, self.world().union(&self.cluster.space.nodes));
            for call in self.cluster.calls.iter() {
                let mut object = self.object(call.kind.name(), None, &call.name);
                object.webhook = (!call.hook.is_empty()).then(|| call.hook.to_string());
                object.place = self.place_of(call.place);
                let ways = path::to_calls(context, call, &caller);
                collecting.add(object, [&[], &[]], Some(&call.target), ways)?;
            }
        }
        let (mut calls, called) = (collecting.found, collecting.workloads);
        entries.arrange();
        calls.arrange();
        Ok((Entries { entries, calls }, [entered, called]))
    }

    fn object(&self, kind: &str, namespace: Option<NamespaceId>, name: &str) -> ObjectRef {
        let namespace = namespace.map(|ns| self.cluster.namespace_name(ns).to_owned());
        ObjectRef { kind: kind.to_owned(), namespace, name: name.to_owned(), webhook: None, place: None }
    }

    fn place_of(&self, (file, span): (FileId, Span)) -> Option<Place> {
        Some(Place { file: self.files.get(file.0 as usize)?.clone(), span })
    }

    /// What the controller that carries entries may send, as rows of a table.
    pub(crate) fn controller_rows(&self, to: &Group, asked: &TrafficSet) -> Result<Vec<Connection>, QueryError> {
        let mut from = Peer::new(PeerKind::IngressController);
        from.name = Some(ASSUMED_CONTROLLER.into());
        let rows = self.carried(to, asked, |_| true)?.into_iter();
        let row = |(to, of): (Peer, Carried)| {
            let Carried { allow, undefined, .. } = of;
            let undefined = undefined.difference(&allow);
            Connection { from: from.clone(), to, relation: None, families: Vec::new(), allow, undefined }
        };
        Ok(rows.filter(|(_, of)| !(of.allow.is_empty() && of.undefined.is_empty())).map(row).collect())
    }

    /// What comes to pods by the Ingresses and routes that are meant.
    pub(super) fn carried(
        &self,
        to: &Group,
        asked: &TrafficSet,
        meant: impl Fn(&EntryPoint) -> bool,
    ) -> Result<SortedMap<Peer, Carried>, QueryError> {
        let mut rows: SortedMap<Peer, Carried> = SortedMap::new();
        let (found, _) = self.entries(Some(&to.endpoints), None)?;
        let of_objects = found.entries.into_iter().filter(|e| RoutingKind::names().any(|kind| kind == e.object.kind));
        for part in of_objects.filter(meant).flat_map(|entry| entry.parts) {
            let traffic = part.traffic.intersection(asked);
            for to in &part.to {
                let Carried { allow, undefined, parts } = rows.entry(to.clone()).or_default();
                match part.verdict {
                    Verdict::Allow => *allow = allow.union(&traffic),
                    Verdict::Undefined => *undefined = undefined.union(&traffic),
                    Verdict::Deny | Verdict::Mixed => {}
                }
                parts.push(part.clone());
            }
        }
        Ok(rows)
    }
}

/// What an ingress controller may send.
#[derive(Default)]
pub(super) struct Carried {
    pub(super) allow: TrafficSet,
    pub(super) undefined: TrafficSet,
    pub(super) parts: Vec<Part>,
}

struct Collecting<'e> {
    engine: &'e Engine,
    among: Option<&'e [EndpointId]>,
    found: Vec<EntryPoint>,
    workloads: ByWorkload,
}

impl Collecting<'_> {
    fn add(
        &mut self,
        object: ObjectRef,
        texts: [&[Box<str>]; 2],
        target: Option<&EntryTarget>,
        mut ways: Vec<Way>,
    ) -> Result<(), QueryError> {
        let mut trouble = None;
        if let Some(EntryTarget::Nowhere(code, service, port)) = target {
            let params = [("service", service), ("port", port)].map(|(name, text)| (name, text.clone()));
            let params: Params = params.into_iter().filter(|(_, text)| !text.is_empty()).collect();
            trouble = Some(Note { code: *code, params });
        }
        if let Some(among) = self.among {
            for way in &mut ways {
                way.to.endpoints.retain(|id| among.contains(id));
                (way.to.nodes, way.to.addresses) = Default::default();
            }
            ways.retain(|way| !way.to.endpoints.is_empty());
        }
        // What leads to nobody who is asked about, and a Service that is not open outside.
        if ways.is_empty() && (self.among.is_some() || target.is_none()) {
            return Ok(());
        }
        let mut parts = Vec::new();
        for way in ways {
            let mut found = parts_of(self.engine, std::slice::from_ref(&way))?;
            // The API server, where nothing says where it is.
            let unknown = found.iter_mut().flat_map(|part| &mut part.from).filter(|p| p.kind_of == PeerKind::Name);
            unknown.for_each(|peer| peer.kind_of = PeerKind::Hypothetical);
            for id in &way.to.endpoints {
                let verdicts = self.workloads.entry(self.engine.cluster.endpoint(*id).workload).or_default();
                verdicts.insert(Verdict::of_parts(found.iter().map(|part| part.verdict)));
            }
            parts.extend(found);
        }
        parts.arrange();
        parts.dedup();
        let verdict = match trouble {
            Some(_) => Verdict::Deny,
            None => Verdict::of_parts(parts.iter().map(|p| p.verdict)),
        };
        let [hosts, paths] = texts.map(|texts| texts.iter().map(ToString::to_string).collect());
        self.found.push(EntryPoint { object, hosts, paths, verdict, parts, trouble });
        Ok(())
    }
}
