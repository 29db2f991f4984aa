//! Where the outside enters, what the API server calls, and whether policies let these through.

use super::answer::{Note, Part, Peer, PeerKind, Verdict};
use super::check::parts_of;
use super::matrix::Connection;
use super::resolve::{Group, QueryError};
use crate::diagnostic::Params;
use crate::engine::Engine;
use crate::manifest::RoutingKind;
use crate::model::{ASSUMED_CONTROLLER, EndpointId, EntryTarget, ServiceId, ServiceKind, WorkloadId};
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
    /// webhook configuration or APIService.
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
        for entry in &self.cluster.entries {
            let namespace = Some(self.cluster.namespace_name(entry.namespace).to_owned());
            let object = ObjectRef {
                kind: entry.kind.name().to_owned(),
                namespace,
                name: entry.name.to_string(),
                webhook: None,
                place: self.place_of(entry.place),
            };
            let texts = |texts: &[Box<str>]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
            let ways = path::to_entry(context, entry, carriers);
            collecting.add(object, [texts(&entry.hosts), texts(&entry.paths)], &entry.target, ways)?;
        }
        let outside = Group { addresses: self.world(), world: true, ..Group::default() };
        for id in (0..self.cluster.services.len()).map(ServiceId::of) {
            let service = self.cluster.service(id);
            let ways = path::from_outside(context, id, &outside);
            if service.kind == ServiceKind::ExternalName || ways.is_empty() {
                continue;
            }
            let object = ObjectRef {
                kind: "Service".to_owned(),
                namespace: Some(self.cluster.namespace_name(service.namespace).to_owned()),
                name: service.name.to_string(),
                webhook: None,
                place: None,
            };
            let hosts = service.balancer_names.iter().map(ToString::to_string).collect();
            collecting.add(object, [hosts, Vec::new()], &EntryTarget::Service(id, Vec::new()), ways)?;
        }
        let mut hosted: SortedMap<WorkloadId, Vec<EndpointId>> = SortedMap::new();
        for port in &self.cluster.host_ports {
            hosted.entry(self.cluster.endpoint(port.endpoint).workload).or_default().push(port.endpoint);
        }
        for (id, mut pods) in hosted {
            pods.dedup();
            let workload = self.cluster.workload(id);
            let object = ObjectRef {
                kind: workload.kind_name.to_string(),
                namespace: Some(self.cluster.namespace_name(workload.namespace).to_owned()),
                name: workload.name.to_string(),
                webhook: None,
                place: None,
            };
            let ways: Vec<Way> = pods.into_iter().flat_map(|pod| path::to_host_ports(context, pod, &outside)).collect();
            if !ways.is_empty() {
                let target = EntryTarget::Service(ServiceId::of(0), Vec::new());
                collecting.add(object, [Vec::new(), Vec::new()], &target, ways)?;
            }
        }
        let (mut entries, entered) = (collecting.found, collecting.workloads);
        let mut collecting = Collecting { engine: self, among, found: Vec::new(), workloads: ByWorkload::new() };
        if !self.cluster.calls.is_empty() {
            let caller = Caller::find(&self.cluster, self.world().union(&self.cluster.space.nodes));
            for call in &self.cluster.calls {
                let object = ObjectRef {
                    kind: call.kind.name().to_owned(),
                    namespace: None,
                    name: call.name.to_string(),
                    webhook: (!call.hook.is_empty()).then(|| call.hook.to_string()),
                    place: self.place_of(call.place),
                };
                let ways = path::to_calls(context, call, &caller);
                collecting.add(object, [Vec::new(), Vec::new()], &call.target, ways)?;
            }
        }
        let (mut calls, called) = (collecting.found, collecting.workloads);
        entries.arrange();
        calls.arrange();
        Ok((Entries { entries, calls }, [entered, called]))
    }

    fn place_of(&self, (file, span): (FileId, Span)) -> Option<Place> {
        Some(Place { file: self.files.get(file.0 as usize)?.clone(), span })
    }

    /// What the controller that carries entries may send, as rows of a table.
    pub(crate) fn controller_rows(&self, to: &Group, asked: &TrafficSet) -> Result<Vec<Connection>, QueryError> {
        let mut from = Peer::new(PeerKind::IngressController);
        from.name = Some(ASSUMED_CONTROLLER.into());
        let mut rows: SortedMap<Peer, (TrafficSet, TrafficSet)> = SortedMap::new();
        let (found, _) = self.entries(Some(&to.endpoints), None)?;
        let of_objects = found.entries.iter().filter(|e| RoutingKind::names().any(|kind| kind == e.object.kind));
        for part in of_objects.flat_map(|entry| &entry.parts) {
            let traffic = part.traffic.intersection(asked);
            for to in &part.to {
                let (allow, undefined) = rows.entry(to.clone()).or_default();
                match part.verdict {
                    Verdict::Allow => *allow = allow.union(&traffic),
                    Verdict::Undefined => *undefined = undefined.union(&traffic),
                    Verdict::Deny | Verdict::Mixed => {}
                }
            }
        }
        let rows = rows.into_iter().filter(|(_, (allow, undefined))| !(allow.is_empty() && undefined.is_empty()));
        let row = |(to, (allow, undefined)): (Peer, (TrafficSet, TrafficSet))| Connection {
            from: from.clone(),
            to,
            relation: None,
            families: Vec::new(),
            undefined: undefined.difference(&allow),
            allow,
        };
        Ok(rows.map(row).collect())
    }
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
        [hosts, paths]: [Vec<String>; 2],
        target: &EntryTarget,
        mut ways: Vec<Way>,
    ) -> Result<(), QueryError> {
        let mut trouble = None;
        if let EntryTarget::Nowhere(code, service, port) = target {
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
            if ways.is_empty() {
                return Ok(());
            }
        }
        let mut parts = Vec::new();
        for way in ways {
            let found = parts_of(self.engine, std::slice::from_ref(&way))?;
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
        self.found.push(EntryPoint { object, hosts, paths, verdict, parts, trouble });
        Ok(())
    }
}
