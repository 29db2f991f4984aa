//! The names that a cluster knows: what an editor offers to complete.

use crate::engine::Engine;
use crate::model::{EndpointKind, NamespaceId};
use crate::sorted::{Arrange, SortedSet};
use crate::symbol::Symbol;
use serde::{Serialize, Serializer};

/// So many values of a label are named; more are of no use to choose from.
pub const MOST_LABEL_VALUES: usize = 100;

/// The names that a cluster knows. All lists are sorted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Vocabulary {
    /// `netpol.vocabulary/v1`.
    pub schema: &'static str,
    /// Namespaces.
    pub namespaces: Vec<String>,
    /// Workloads and bare pods, as `NAMESPACE/NAME`; where two kinds share a name, as
    /// `NAMESPACE/KIND/NAME`.
    pub workloads: Vec<String>,
    /// Services, as `NAMESPACE/svc/NAME`.
    pub services: Vec<String>,
    /// Nodes, as `node/NAME`.
    pub nodes: Vec<String>,
    /// Label keys of pods, with at most [`MOST_LABEL_VALUES`] of their values. In JSON, as the others
    /// below, a mapping.
    #[serde(serialize_with = "as_map")]
    pub pod_labels: Vec<(String, Vec<String>)>,
    /// The same of namespaces.
    #[serde(serialize_with = "as_map")]
    pub namespace_labels: Vec<(String, Vec<String>)>,
    /// Port names that pods declare, each with its numbers as `TCP 8080`.
    #[serde(serialize_with = "as_map")]
    pub port_names: Vec<(String, Vec<String>)>,
}

fn as_map<S: Serializer>(words: &[(String, Vec<String>)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(words.iter().map(|(key, values)| (key, values)))
}

impl Default for Vocabulary {
    /// No names.
    fn default() -> Self {
        Self {
            schema: "netpol.vocabulary/v1",
            namespaces: Vec::new(),
            workloads: Vec::new(),
            services: Vec::new(),
            nodes: Vec::new(),
            pod_labels: Vec::new(),
            namespace_labels: Vec::new(),
            port_names: Vec::new(),
        }
    }
}

pub(crate) fn vocabulary(engine: &Engine) -> Vocabulary {
    let cluster = &engine.cluster;
    let text = |symbol: Symbol| cluster.symbols.text(symbol).to_owned();
    let mut words = Vocabulary::default();
    let pair = |(key, value): &(Symbol, Symbol)| (text(*key), text(*value));
    let (mut of_pods, mut of_namespaces, mut of_ports) = (Vec::new(), Vec::new(), Vec::new());
    let (mut label_sets, mut port_sets, mut in_use) = (SortedSet::new(), SortedSet::new(), SortedSet::new());
    for endpoint in cluster.endpoints.iter().filter(|e| e.kind != EndpointKind::Hypothetical) {
        in_use.insert(endpoint.namespace);
        if label_sets.insert(endpoint.labels) {
            of_pods.extend(cluster.labels(endpoint.labels).iter().map(pair));
        }
        if port_sets.insert(endpoint.ports) {
            for port in cluster.ports(endpoint.ports) {
                of_ports.push((text(port.name), format!("{} {}", port.protocol, port.port)));
            }
        }
    }
    let assumed = cluster.assumed_controller.map(|id| cluster.endpoint(id).namespace);
    for (namespace, id) in cluster.namespaces.iter().zip((0..).map(NamespaceId::of)) {
        if assumed == Some(id) {
            continue;
        }
        if namespace.labels_known || in_use.contains(&id) {
            words.namespaces.push(text(namespace.name));
            of_namespaces.extend(namespace.labels.iter().map(pair));
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
            words.workloads.push(match alike {
                [_] => format!("{namespace}/{name}"),
                _ => format!("{namespace}/{kind}/{name}"),
            });
        }
    }
    for service in &cluster.services {
        words.services.push(format!("{}/svc/{}", cluster.namespace_name(service.namespace), service.name));
    }
    words.nodes.extend(cluster.nodes.iter().map(|node| format!("node/{}", node.name)));
    for list in [&mut words.namespaces, &mut words.workloads, &mut words.services, &mut words.nodes] {
        list.arrange();
        list.dedup();
    }
    words.pod_labels = by_key(of_pods, MOST_LABEL_VALUES);
    words.namespace_labels = by_key(of_namespaces, MOST_LABEL_VALUES);
    words.port_names = by_key(of_ports, usize::MAX);
    words
}

/// Pairs by their first, each with the first few of its seconds.
fn by_key(mut pairs: Vec<(String, String)>, most: usize) -> Vec<(String, Vec<String>)> {
    pairs.arrange();
    pairs.dedup();
    let of = |alike: &[(String, String)]| {
        let values = alike.iter().take(most).map(|(_, value)| value.clone()).collect();
        Some((alike.first()?.0.clone(), values))
    };
    pairs.chunk_by(|a, b| a.0 == b.0).filter_map(of).collect()
}
