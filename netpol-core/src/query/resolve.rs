//! From a peer expression to the parties it names.

use super::peer::{LabelTerm, NamespaceExpr, PeerExpr};
use crate::diagnostic::{Params, codes};
use crate::engine::Engine;
use crate::model::{
    AddressOwner, EndpointId, EndpointKind, NamespaceId, NodeId, OwnedId, ServiceId, ServiceKind, WorkloadId,
};
use crate::path::Face;
pub(crate) use crate::path::Group;
use crate::selector::{Label, label};
use crate::set::{AddressSet, Family};
use crate::sorted::{Arrange, SortedSet};
use serde::Serialize;
use std::fmt;

codes! {
    /// Why a question cannot be answered as it stands.
    QueryProblem {
        /// Not a form of the peer grammar.
        InvalidPeer = "invalid-peer",
        /// Not a form of the port grammar.
        InvalidPort = "invalid-port",
        /// A list of ports with a part that cannot stand in one.
        PortList = "port-list",
        /// Every port of a protocol, written with `any`.
        PortAnyOf = "port-any-of",
        /// A range whose end is below its start.
        PortRangeBackwards = "port-range-backwards",
        /// A port number outside of 1 to 65535.
        PortOutOfRange = "port-out-of-range",
        /// A protocol that does not exist, or has no ports.
        UnknownProtocol = "unknown-protocol",
        /// Nothing has that name.
        UnknownName = "unknown-name",
        /// No such namespace.
        UnknownNamespace = "unknown-namespace",
        /// No such Service.
        UnknownService = "unknown-service",
        /// No such policy.
        UnknownPolicy = "unknown-policy",
        /// No field of a policy that can decide has that path.
        UnknownField = "unknown-field",
        /// No such node.
        UnknownNode = "unknown-node",
        /// Several have that name.
        Ambiguous = "ambiguous",
        /// The pod, or every pod of the workload, has finished.
        Finished = "finished",
        /// The controller has no pods.
        NoPods = "no-pods",
        /// No pod matches the selector.
        NoMatch = "no-match",
        /// No destination declares that port name.
        UnknownPortName = "unknown-port-name",
        /// The Service does not have that port.
        ServicePort = "service-port",
        /// A Service cannot be a source.
        ServiceAsSource = "service-as-source",
        /// More pairs of distinguishable groups than one question may have.
        TooManyPairs = "too-many-pairs",
        /// More pairs or connections than are listed one by one.
        TooManyRows = "too-many-rows",
        /// More peers of workloads than are named one by one.
        TooManySources = "too-many-sources",
        /// A Service, or for paths a node, where only pods and addresses can stand.
        NotARow = "not-a-row",
        /// No address family is common to any pair.
        NoFlow = "no-flow",
        /// An address that never leaves the machine.
        Loopback = "loopback-address",
        /// Neither end is in the cluster.
        OutsideToOutside = "outside-to-outside",
        /// More arrows than a picture can hold.
        TooManyArrows = "too-many-arrows",
        /// More pairs of distinguishable groups than paths are looked for in.
        TooManyHops = "too-many-hops",
        /// Something else where pods are meant.
        NotPods = "not-pods",
        /// Something else where addresses outside are meant.
        NotOutside = "not-outside",
        /// It is not known whether a selector means a pod.
        OpenSelector = "open-selector",
        /// More kinds of pods could exist, as far as selectors tell them apart, than are looked at.
        TooManyLabelSets = "too-many-label-sets",
        /// No pod that selectors mean.
        NoSelected = "no-selected",
        /// No address outside that is meant.
        NothingOutside = "nothing-outside",
        /// No pair but of pods with themselves.
        NoPairs = "no-pairs",
    }
}

/// A question that cannot be answered: usage, not verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QueryError {
    /// What is wrong.
    pub code: QueryProblem,
    /// Values of the message: `found`, `nearest`, `candidates` …
    pub params: Params,
}

impl QueryError {
    pub(crate) fn new(code: QueryProblem) -> Self {
        Self { code, params: Params::new() }
    }

    /// Something that cannot be a row of a table.
    pub(crate) fn not_a_row(found: &str) -> Self {
        Self::new(QueryProblem::NotARow).with("found", found)
    }

    /// Something else than pods, where only these can stand.
    pub(crate) fn not_pods(found: &str) -> Self {
        Self::new(QueryProblem::NotPods).with("found", found)
    }

    /// More pairs than are looked at.
    pub(crate) fn too_many_pairs(pairs: usize, limit: usize) -> Self {
        Self::new(QueryProblem::TooManyPairs).with("pairs", pairs).with("limit", limit)
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.params.insert(name, value.to_string());
        self
    }
}

impl fmt::Display for QueryError {
    /// The English sentence; without the feature `sentences`, the code instead.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[cfg(feature = "sentences")]
        return f.write_str(&crate::lang::Lang::En.query_problem(self));
        #[cfg(not(feature = "sentences"))]
        f.write_str(self.code.code())
    }
}

impl std::error::Error for QueryError {}

impl Group {
    /// The families that a question about this and another side asks about.
    pub(crate) fn families_with(&self, other: &Self) -> Vec<Family> {
        let asks = |group: &Self, family: &Family| group.families.is_empty() || group.families.contains(family);
        Family::ALL.into_iter().filter(|family| asks(self, family) && asks(other, family)).collect()
    }
}

impl Engine {
    /// Every pod and node of the input, and the outside. Where addresses stand for nobody, nodes are
    /// part of the outside.
    pub(crate) fn everybody(&self) -> Group {
        let endpoints = self.cluster.real_endpoints().collect();
        let nodes = if self.profile.addresses_have_owners { self.all_nodes() } else { Vec::new() };
        Group { endpoints, nodes, addresses: self.world(), world: true, ..Group::default() }
    }

    pub(crate) fn resolve(&self, expr: &PeerExpr, default_namespace: &str) -> Result<Group, QueryError> {
        let mut group = Group::default();
        match expr {
            PeerExpr::World => {
                group.addresses = self.world();
                group.world = true;
            }
            PeerExpr::Name(name) => {
                match self.addresses_of_name(name).as_slice() {
                    [] => group.addresses = self.world(),
                    known if self.profile.addresses_have_owners => {
                        self.owners_of(&AddressSet::addresses(known), &mut group);
                    }
                    known => group.addresses = AddressSet::addresses(known),
                }
                if !group.addresses.is_empty() {
                    group.name = Some(name.clone());
                }
            }
            PeerExpr::Addresses(set) if self.profile.addresses_have_owners && is_loopback(set) => {
                let found = set.cidrs().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                return Err(QueryError::new(QueryProblem::Loopback).with("found", found));
            }
            PeerExpr::Addresses(set) if self.profile.addresses_have_owners => self.owners_of(set, &mut group),
            PeerExpr::Addresses(set) => group.addresses = set.clone(),
            PeerExpr::Node(name) => {
                let found =
                    (0..self.cluster.nodes.len()).map(NodeId::of).find(|id| *self.cluster.node(*id).name == **name);
                let names = self.cluster.nodes.iter().map(|n| &*n.name);
                group.nodes.push(found.ok_or_else(|| unknown(QueryProblem::UnknownNode, name, names))?);
            }
            PeerExpr::Service { namespace, name } => {
                group.services.push(self.service(namespace, name, default_namespace)?)
            }
            PeerExpr::Workload { namespace, kind, name } => {
                group.endpoints = self.workload_named(namespace, *kind, name, default_namespace)?;
            }
            PeerExpr::Pods { namespace, terms } => {
                group.endpoints = self.pods_with(namespace, terms, default_namespace)?
            }
        }
        Ok(group)
    }

    /// The name that an ExternalName Service stands for.
    pub(crate) fn external_name(&self, group: &Group) -> Option<&str> {
        let services = group.services.iter().map(|id| self.cluster.service(*id));
        services.filter(|s| s.kind == ServiceKind::ExternalName).map(|s| &*s.external_name).next()
    }

    /// Who in the cluster has the addresses; the rest stay addresses.
    fn owners_of(&self, set: &AddressSet, group: &mut Group) {
        let mut owned = Vec::new();
        let mut seen = SortedSet::new();
        for (address, owner) in self.owners_in(set) {
            owned.push(address);
            match owner {
                AddressOwner::Endpoint(id) => {
                    if seen.insert((0, id.index())) {
                        group.endpoints.push(id);
                    }
                }
                AddressOwner::Node(id) => {
                    if seen.insert((1, id.index())) {
                        group.nodes.push(id);
                    }
                }
                AddressOwner::Service(id) => {
                    let face = Face::of(self.cluster.service(id), address);
                    if seen.insert((3 + face as usize, id.index())) {
                        group.faces.push((id, face));
                    }
                    if seen.insert((2, id.index())) {
                        group.services.push(id);
                    }
                }
            }
        }
        // An address stands for its owner in its own family only.
        group.families = Family::ALL.into_iter().filter(|f| set.has_family(*f)).collect();
        group.addresses = set.difference(&AddressSet::addresses(&owned));
        group.endpoints.arrange();
        group.nodes.arrange();
        group.services.arrange();
    }

    fn owners_in(&self, set: &AddressSet) -> Vec<(std::net::IpAddr, AddressOwner)> {
        let cluster = &self.cluster;
        // One address is looked up; a block is compared with every address that is known.
        if let [(low, high)] = set.ranges().as_slice()
            && low == high
        {
            return cluster.owners.get(low).map(|owner| (*low, *owner)).into_iter().collect();
        }
        let endpoints = cluster.endpoints.iter().filter(|e| !e.host_network).flat_map(|e| e.addresses.iter());
        let nodes = cluster.nodes.iter().flat_map(|n| &n.addresses);
        let services = cluster.services.iter().flat_map(|s| &s.addresses);
        let mut found: Vec<_> = endpoints
            .chain(nodes)
            .chain(services)
            .filter(|ip| set.contains(**ip))
            .filter_map(|ip| cluster.owners.get(ip).map(|owner| (*ip, *owner)))
            .collect();
        found.arrange_by(|a, b| a.0.cmp(&b.0));
        found.dedup_by_key(|(ip, _)| *ip);
        found
    }

    /// The namespaces an expression names; `None`: all. `wanted` is the name to be looked for there.
    fn namespace_of(
        &self,
        expr: &NamespaceExpr,
        wanted: Option<&str>,
        default: &str,
    ) -> Result<Option<NamespaceId>, QueryError> {
        let name = match expr {
            NamespaceExpr::All => return Ok(None),
            NamespaceExpr::Default => default,
            NamespaceExpr::Name(name) => name,
        };
        self.cluster.find_namespace(name).map(Some).ok_or_else(|| self.unknown_namespace(name, wanted))
    }

    fn service(&self, namespace: &NamespaceExpr, name: &str, default: &str) -> Result<ServiceId, QueryError> {
        let all = (0..self.cluster.services.len()).map(ServiceId::of);
        let named: Vec<ServiceId> = all.filter(|id| *self.cluster.service(*id).name == *name).collect();
        let in_namespace = |ns: &str| {
            named.iter().copied().find(|id| self.cluster.namespace_name(self.cluster.service(*id).namespace) == ns)
        };
        let found = match namespace {
            NamespaceExpr::Name(ns) => {
                self.namespace_of(namespace, Some(name), default)?;
                in_namespace(ns)
            }
            NamespaceExpr::Default | NamespaceExpr::All => in_namespace(default)
                .filter(|_| *namespace == NamespaceExpr::Default)
                .or(if let [only] = named.as_slice() { Some(*only) } else { None }),
        };
        if let Some(found) = found {
            return Ok(found);
        }
        if named.len() > 1 && !matches!(namespace, NamespaceExpr::Name(_)) {
            return Err(ambiguous(name, named.iter().map(|id| self.service_text(*id)).collect()));
        }
        Err(self.unknown_service(namespace, name, default))
    }

    fn workload_named(
        &self,
        namespace: &NamespaceExpr,
        kind: Option<crate::manifest::WorkloadKind>,
        name: &str,
        default: &str,
    ) -> Result<Vec<EndpointId>, QueryError> {
        if let NamespaceExpr::Name(_) = namespace {
            self.namespace_of(namespace, Some(name), default)?;
        }
        let in_scope = |ns: NamespaceId, scope: &NamespaceExpr| match scope {
            NamespaceExpr::All => true,
            NamespaceExpr::Default => self.cluster.namespace_name(ns) == default,
            NamespaceExpr::Name(wanted) => self.cluster.namespace_name(ns) == wanted,
        };
        let candidates = |scope: &NamespaceExpr| -> Vec<Candidate> {
            let workloads = (0..self.cluster.workloads.len()).map(WorkloadId::of).filter(|id| {
                let w = self.cluster.workload(*id);
                *w.name == *name && !w.hypothetical && in_scope(w.namespace, scope) && kind.is_none_or(|k| k == w.kind)
            });
            let mut found: Vec<Candidate> = workloads.map(Candidate::Workload).collect();
            // A pod that a workload owns, by its own name.
            if kind.is_none_or(|k| k == crate::manifest::WorkloadKind::Pod) {
                found.extend(self.cluster.real_endpoints().filter_map(|id| {
                    let e = self.cluster.endpoint(id);
                    let owned = self.cluster.workload(e.workload).kind != crate::manifest::WorkloadKind::Pod;
                    (e.kind == EndpointKind::Pod && *e.name == *name && owned && in_scope(e.namespace, scope))
                        .then_some(Candidate::Pod(id))
                }));
            }
            // A controller that another one owns: by its kind, or where nothing else has the name.
            if found.is_empty() || kind.is_some() {
                found.extend((0..self.cluster.owned.len()).map(OwnedId::of).filter_map(|id| {
                    let o = self.cluster.owned(id);
                    (*o.name == *name && in_scope(o.namespace, scope) && kind.is_none_or(|k| k == o.kind))
                        .then_some(Candidate::Owned(id))
                }));
            }
            found
        };
        let mut found = candidates(namespace);
        if found.is_empty() && *namespace == NamespaceExpr::Default {
            found = candidates(&NamespaceExpr::All);
        }
        match found.as_slice() {
            [Candidate::Pod(id)] => Ok(vec![*id]),
            [Candidate::Workload(id)] => {
                let workload = self.cluster.workload(*id);
                if workload.endpoints.is_empty() {
                    let name = format!("{}/{}", self.cluster.namespace_name(workload.namespace), workload.name);
                    let phase = self
                        .cluster
                        .finished
                        .iter()
                        .find(|p| p.namespace == workload.namespace && *p.name == *workload.name);
                    return Err(QueryError::new(QueryProblem::Finished)
                        .with("found", format!("{} {name}", workload.kind_name))
                        .with("phase", phase.map_or("Complete", |p| &p.phase)));
                }
                Ok(workload.endpoints.clone())
            }
            [Candidate::Owned(id)] => {
                let owned = self.cluster.owned(*id);
                if !owned.endpoints.is_empty() {
                    return Ok(owned.endpoints.clone());
                }
                let name =
                    format!("{} {}/{}", owned.kind.name(), self.cluster.namespace_name(owned.namespace), owned.name);
                Err(if owned.finished {
                    QueryError::new(QueryProblem::Finished).with("found", name).with("phase", "Complete")
                } else {
                    QueryError::new(QueryProblem::NoPods).with("found", name)
                })
            }
            [] => {
                if let Some(pod) =
                    self.cluster.finished.iter().find(|p| *p.name == *name && in_scope(p.namespace, namespace))
                {
                    let found = format!("Pod {}/{}", self.cluster.namespace_name(pod.namespace), pod.name);
                    return Err(QueryError::new(QueryProblem::Finished).with("found", found).with("phase", &pod.phase));
                }
                Err(self.unknown_workload(namespace, kind, name))
            }
            several => Err(ambiguous(name, several.iter().map(|c| self.candidate_text(c)).collect())),
        }
    }

    fn candidate_text(&self, candidate: &Candidate) -> String {
        let (ns, kind, name) = match candidate {
            Candidate::Workload(id) => {
                let w = self.cluster.workload(*id);
                (w.namespace, &*w.kind_name, &*w.name)
            }
            Candidate::Pod(id) => {
                let e = self.cluster.endpoint(*id);
                (e.namespace, "Pod", &*e.name)
            }
            Candidate::Owned(id) => {
                let o = self.cluster.owned(*id);
                (o.namespace, o.kind.name(), &*o.name)
            }
        };
        format!("{}/{}/{name}", self.cluster.namespace_name(ns), kind.to_ascii_lowercase())
    }

    fn pods_with(
        &self,
        namespace: &NamespaceExpr,
        terms: &[LabelTerm],
        default: &str,
    ) -> Result<Vec<EndpointId>, QueryError> {
        let missing = *namespace == NamespaceExpr::Default && self.cluster.find_namespace(default).is_none();
        let scope = if missing { None } else { self.namespace_of(namespace, None, default)? };
        let holds = |term: &LabelTerm, id: EndpointId| {
            let labels = self.cluster.labels(self.cluster.endpoint(id).labels);
            let value = |key: &str| {
                let found = self.cluster.symbols.find(key).map_or(Label::Absent, |key| label(labels, key));
                if let Label::Value(v) = found { Some(self.cluster.symbols.text(v)) } else { None }
            };
            match term {
                LabelTerm::Equals(k, v) => value(k) == Some(v),
                LabelTerm::NotEquals(k, v) => value(k) != Some(v),
            }
        };
        let found: Vec<EndpointId> = self
            .cluster
            .real_endpoints()
            .filter(|id| !missing && scope.is_none_or(|ns| ns == self.cluster.endpoint(*id).namespace))
            .filter(|id| terms.iter().all(|t| holds(t, *id)))
            .collect();
        if found.is_empty() {
            let wanted: Vec<String> = terms
                .iter()
                .map(|t| match t {
                    LabelTerm::Equals(k, v) => format!("{k}={v}"),
                    LabelTerm::NotEquals(k, v) => format!("{k}!={v}"),
                })
                .collect();
            let wanted = if wanted.is_empty() { "*".to_owned() } else { wanted.join(",") };
            let ns = scope.map_or(if missing { default } else { "*" }, |ns| self.cluster.namespace_name(ns));
            return Err(QueryError::new(QueryProblem::NoMatch).with("found", wanted).with("namespace", ns));
        }
        Ok(found)
    }
}

/// Whether a set holds loopback addresses only.
fn is_loopback(set: &AddressSet) -> bool {
    set.ranges().iter().all(|(low, high)| low.is_loopback() && high.is_loopback())
}

enum Candidate {
    Workload(WorkloadId),
    Pod(EndpointId),
    Owned(OwnedId),
}

fn unknown<'a>(code: QueryProblem, found: &str, names: impl Iterator<Item = &'a str>) -> QueryError {
    let error = QueryError::new(code).with("found", found);
    match crate::lang::nearest(found, names) {
        Some(nearest) => error.with("nearest", nearest),
        None => error,
    }
}

fn ambiguous(found: &str, mut candidates: Vec<String>) -> QueryError {
    candidates.arrange();
    QueryError::new(QueryProblem::Ambiguous).with("found", found).with("candidates", candidates.join(", "))
}
