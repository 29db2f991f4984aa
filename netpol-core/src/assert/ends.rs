//! Who a test is about: the peers of `check`, selectors, and pods that could exist.

use crate::engine::{Engine, World};
use crate::manifest;
use crate::model::{EndpointId, NamespaceId};
use crate::query::{Group, PeerExpr, QueryError, QueryProblem};
use crate::selector::{self, Match, Requirement, label};
use crate::set::AddressSet;
use crate::sorted::Arrange;
use crate::symbol::{Symbol, Symbols};
use serde::{Serialize, Serializer};

/// One end of a test.
#[derive(Clone, Debug)]
pub struct TestPeer {
    text: String,
    pub(crate) form: Form,
}

/// Parties of one side that can be asked about at once, with how they were named.
#[derive(Clone, Debug)]
pub(super) struct End {
    pub(super) group: Group,
    pub(super) text: String,
}

/// In which way an end is named.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// As in `check`.
    Expr(PeerExpr),
    /// Pods by selectors.
    Pods { namespaces: Namespaces, pods: manifest::Selector },
    /// Every address outside of the cluster, or those within some blocks, but for others.
    World { within: Option<AddressSet>, except: AddressSet },
    /// Any pod that could exist in a namespace.
    AnyPodIn(String),
}

/// The namespaces of a selector.
#[derive(Clone, Debug)]
pub(crate) enum Namespaces {
    /// The one of those that name none.
    Default,
    Named(String),
    Selected(manifest::Selector),
}

impl TestPeer {
    pub(crate) fn new(form: Form, written: &str) -> Self {
        let text = match &form {
            Form::Expr(_) => written.to_owned(),
            Form::AnyPodIn(namespace) => format!("{{anyPodIn: {namespace}}}"),
            Form::World { within, except } => {
                let list =
                    |set: &AddressSet| set.cidrs().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                let within = within.as_ref().map(|set| format!(" within {}", list(set))).unwrap_or_default();
                let but = if except.is_empty() { String::new() } else { format!(" except {}", list(except)) };
                format!("world{within}{but}")
            }
            Form::Pods { namespaces, pods } => {
                let namespaces = match namespaces {
                    Namespaces::Default => String::new(),
                    Namespaces::Named(name) => format!("{name}/"),
                    Namespaces::Selected(selector) => format!("[{}]/", selector_text(selector)),
                };
                format!("{namespaces}[{}]", selector_text(pods))
            }
        };
        Self { text, form }
    }

    /// In one line, for people.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// As `check` takes it; none: it is a selector, or a pod that could exist.
    pub fn expr(&self) -> Option<&PeerExpr> {
        match &self.form {
            Form::Expr(expr) => Some(expr),
            _ => None,
        }
    }

    /// Whether pods are meant that could exist.
    pub fn is_any_pod(&self) -> bool {
        self.any_pod_in().is_some()
    }

    /// The namespace in which pods are meant that could exist.
    pub(crate) fn any_pod_in(&self) -> Option<&str> {
        match &self.form {
            Form::AnyPodIn(namespace) => Some(namespace),
            _ => None,
        }
    }
}

impl Serialize for TestPeer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// A selector as kubectl writes it, and `*` for every pod.
fn selector_text(selector: &manifest::Selector) -> String {
    if selector.requirements.is_empty() { "*".to_owned() } else { selector.to_string() }
}

/// A selector over the strings that a cluster knows; those that it does not know match nothing.
fn known_selector(selector: &manifest::Selector, symbols: &Symbols) -> selector::Selector {
    use manifest::RequirementOperator as Op;
    let values = |values: &[String]| {
        let mut found: Vec<Symbol> = values.iter().filter_map(|value| symbols.find(value)).collect();
        found.arrange();
        found.dedup();
        found.into_boxed_slice()
    };
    let requirement = |r: &manifest::Requirement| {
        let key = symbols.find(&r.key).unwrap_or(Symbol::FRESH);
        match &r.operator {
            Op::In(names) => Requirement::In(key, values(names)),
            Op::NotIn(names) => Requirement::NotIn(key, values(names)),
            Op::Exists => Requirement::Exists(key),
            Op::DoesNotExist => Requirement::DoesNotExist(key),
        }
    };
    selector::Selector { requirements: selector.requirements.iter().map(requirement).collect() }
}

impl Engine {
    /// The parties of one side of a test, in groups that can each be asked about at once.
    pub(super) fn ends(&self, peers: &[TestPeer], default_namespace: &str) -> Result<Vec<End>, QueryError> {
        let mut ends: Vec<End> = Vec::new();
        for peer in peers {
            let group = match &peer.form {
                Form::Expr(expr) => self.resolve(expr, default_namespace)?,
                Form::Pods { namespaces, pods } => {
                    let endpoints = self.selected_by(peer, namespaces, pods, default_namespace)?;
                    Group { endpoints, ..Group::default() }
                }
                Form::World { within, except } => {
                    let world = self.world();
                    let addresses = within.as_ref().map_or_else(|| world.clone(), |set| world.intersection(set));
                    let addresses = addresses.difference(except);
                    if addresses.is_empty() {
                        return Err(QueryError::new(QueryProblem::NothingOutside).with("found", peer.text()));
                    }
                    Group { addresses, world: true, ..Group::default() }
                }
                Form::AnyPodIn(namespace) => {
                    Group { endpoints: self.pods_in(self.namespace_named(namespace)?), ..Group::default() }
                }
            };
            // Pods and nodes stand together, for a pod that two peers mean is one pod.
            let plain = |g: &Group| {
                g.services.is_empty() && g.addresses.is_empty() && g.name.is_none() && g.families.is_empty()
            };
            match ends.iter_mut().find(|known| plain(&known.group)).filter(|_| plain(&group)) {
                Some(known) => {
                    known.group.endpoints.extend(group.endpoints);
                    known.group.nodes.extend(group.nodes);
                    known.text = format!("{}, {}", known.text, peer.text());
                }
                None => ends.push(End { group, text: peer.text().to_owned() }),
            }
        }
        for End { group, .. } in &mut ends {
            group.endpoints.arrange();
            group.endpoints.dedup();
            group.nodes.arrange();
            group.nodes.dedup();
        }
        Ok(ends)
    }

    /// A namespace by its name.
    pub(super) fn namespace_named(&self, name: &str) -> Result<NamespaceId, QueryError> {
        let found = self.cluster.find_namespace(name);
        found.ok_or_else(|| self.unknown_namespace(name, None))
    }

    /// The pods of a namespace that policies apply to.
    fn pods_in(&self, namespace: NamespaceId) -> Vec<EndpointId> {
        let pods = self.cluster.real_endpoints().filter(|id| {
            let endpoint = self.cluster.endpoint(*id);
            endpoint.namespace == namespace && !endpoint.host_network
        });
        pods.collect()
    }

    fn selected_by(
        &self,
        peer: &TestPeer,
        namespaces: &Namespaces,
        pods: &manifest::Selector,
        default_namespace: &str,
    ) -> Result<Vec<EndpointId>, QueryError> {
        let wanted = match namespaces {
            Namespaces::Default => Ok(self.namespace_named(default_namespace)?),
            Namespaces::Named(name) => Ok(self.namespace_named(name)?),
            Namespaces::Selected(selector) => Err(known_selector(selector, &self.cluster.symbols)),
        };
        let pods = known_selector(pods, &self.cluster.symbols);
        let mut found = Vec::new();
        for id in self.cluster.real_endpoints() {
            let endpoint = self.cluster.endpoint(id);
            let labels = self.cluster.labels(endpoint.labels);
            let by_labels = pods.matches(|key| label(labels, key));
            let in_namespace = match &wanted {
                Ok(namespace) => Match::from(*namespace == endpoint.namespace),
                Err(selector) => {
                    let world = World::default();
                    selector.matches(|key| self.namespace_label(endpoint.namespace, key, &world))
                }
            };
            match in_namespace.and(by_labels) {
                Match::Yes => found.push(id),
                Match::No => {}
                // Whether the pod is meant is not known, so neither is whom the test is about.
                Match::Maybe => {
                    return Err(QueryError::new(QueryProblem::OpenSelector)
                        .with("found", peer.text())
                        .with("pod", self.pod_name(id)));
                }
            }
        }
        if found.is_empty() {
            return Err(QueryError::new(QueryProblem::NoSelected).with("found", peer.text()));
        }
        Ok(found)
    }
}
