//! The names that a cluster knows: what an editor offers to complete.

use crate::engine::Engine;
use crate::model::{EndpointKind, NamespaceId};
use crate::sorted::{Arrange, SortedSet};
use crate::symbol::Symbol;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// So many values of a label are named; more are of no use to choose from.
pub const MOST_LABEL_VALUES: usize = 100;

/// The names that a cluster knows. All lists are sorted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Vocabulary {
    /// `netpol.vocabulary/v1`.
    pub schema: &'static str,
    /// Namespaces.
    pub namespaces: BTreeSet<String>,
    /// Workloads and bare pods, as `NAMESPACE/NAME`; where two kinds share a name, as
    /// `NAMESPACE/KIND/NAME`.
    pub workloads: BTreeSet<String>,
    /// Services, as `NAMESPACE/svc/NAME`.
    pub services: BTreeSet<String>,
    /// Nodes, as `node/NAME`.
    pub nodes: BTreeSet<String>,
    /// Label keys of pods, with at most [`MOST_LABEL_VALUES`] of their values.
    pub pod_labels: BTreeMap<String, BTreeSet<String>>,
    /// The same of namespaces.
    pub namespace_labels: BTreeMap<String, BTreeSet<String>>,
    /// Port names that pods declare, each with its numbers as `TCP 8080`.
    pub port_names: BTreeMap<String, BTreeSet<String>>,
}

impl Default for Vocabulary {
    /// No names.
    fn default() -> Self {
        Self {
            schema: "netpol.vocabulary/v1",
            namespaces: BTreeSet::new(),
            workloads: BTreeSet::new(),
            services: BTreeSet::new(),
            nodes: BTreeSet::new(),
            pod_labels: BTreeMap::new(),
            namespace_labels: BTreeMap::new(),
            port_names: BTreeMap::new(),
        }
    }
}

pub(crate) fn vocabulary(engine: &Engine) -> Vocabulary {
    let cluster = &engine.cluster;
    let text = |symbol: Symbol| cluster.symbols.text(symbol).to_owned();
    let mut words = Vocabulary::default();
    let add = |labels: &mut BTreeMap<String, BTreeSet<String>>, (key, value): (Symbol, Symbol)| {
        let values = labels.entry(text(key)).or_default();
        if values.len() < MOST_LABEL_VALUES {
            values.insert(text(value));
        }
    };
    let (mut label_sets, mut port_sets, mut in_use) = (SortedSet::new(), SortedSet::new(), SortedSet::new());
    for endpoint in cluster.endpoints.iter().filter(|e| e.kind != EndpointKind::Hypothetical) {
        in_use.insert(endpoint.namespace);
        if label_sets.insert(endpoint.labels) {
            cluster.labels(endpoint.labels).iter().for_each(|pair| add(&mut words.pod_labels, *pair));
        }
        if port_sets.insert(endpoint.ports) {
            for port in cluster.ports(endpoint.ports) {
                let numbers = words.port_names.entry(text(port.name)).or_default();
                numbers.insert(format!("{} {}", port.protocol, port.port));
            }
        }
    }
    let assumed = cluster.assumed_controller.map(|id| cluster.endpoint(id).namespace);
    for (namespace, id) in cluster.namespaces.iter().zip((0..).map(NamespaceId::of)) {
        if assumed == Some(id) {
            continue;
        }
        if namespace.labels_known || in_use.contains(&id) {
            words.namespaces.insert(text(namespace.name));
            namespace.labels.iter().for_each(|pair| add(&mut words.namespace_labels, *pair));
        }
    }
    let mut named: Vec<(&str, &str, &str)> = Vec::new();
    for workload in cluster.workloads.iter().filter(|w| !w.hypothetical && !w.finished) {
        let namespace = cluster.namespace_name(workload.namespace);
        named.push((namespace, &workload.name, &workload.kind_name));
    }
    named.arrange();
    for alike in named.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        for (namespace, name, kind) in alike {
            words.workloads.insert(match alike {
                [_] => format!("{namespace}/{name}"),
                _ => format!("{namespace}/{kind}/{name}"),
            });
        }
    }
    for service in &cluster.services {
        words.services.insert(format!("{}/svc/{}", cluster.namespace_name(service.namespace), service.name));
    }
    words.nodes.extend(cluster.nodes.iter().map(|node| format!("node/{}", node.name)));
    words
}
