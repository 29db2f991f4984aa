//! One direction's subjects: pods folded by the lists that apply to them.

use super::label_fold::LabelFold;
use super::lists::Lists;
use super::port_fold::PortFold;
use super::row::{OutsideRow, Row};
use crate::ir::{Direction, NamespaceMatch};
use crate::model::{Cluster, EndpointId, Namespace, NamespaceId};
use crate::selector::{Match, Selector, SelectorId, Selectors};
use indexmap::{IndexMap, IndexSet};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// Pods to which the same lists apply, and for which the lists' port names mean the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SubjectId(pub(super) u32);

/// A list that applies to a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Applied {
    pub(super) list: u32,
    /// Whether the pods' labels surely fit.
    pub(super) certain: bool,
    /// Whether it depends on labels of the namespace that are not known.
    pub(super) open: bool,
}

impl Applied {
    /// Whether it surely does.
    pub(super) fn surely(&self) -> bool {
        self.certain && !self.open
    }
}

#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub(super) lists: Box<[Applied]>,
    /// The port names of the subject itself (ingress): a set of [`Subjects::ports`].
    pub(super) ports: u32,
    /// Whether the rows over classes and over addresses were computed before an edit that did not
    /// concern them.
    pub(super) adopted: [bool; 2],
    pub(super) row: OnceLock<Arc<Row>>,
    pub(super) outside: OnceLock<Arc<OutsideRow>>,
    /// The row over the lists that judge what the own node sends and gets.
    pub(super) own_node: OnceLock<Arc<Row>>,
}

impl Subject {
    pub(super) fn is_open(&self) -> bool {
        self.lists.iter().any(|applied| applied.open)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Subjects {
    /// By endpoint; none for pods on the host's network.
    pub(super) of_endpoint: Arc<[Option<SubjectId>]>,
    pub(super) all: Vec<Subject>,
    pub(super) ports: PortFold,
    pub(super) evaluations: u64,
}

/// What policies can tell of a subject: namespace, projected labels, projected ports.
type Key = (NamespaceId, u32, u32);

impl Subjects {
    pub(super) fn fold(cluster: &Cluster, selectors: &Selectors, lists: &Lists, direction: Direction) -> Self {
        let mut labels = LabelFold::default();
        let mut with_lists: Vec<bool> = vec![false; cluster.namespaces.len()];
        let mut chosen: Chosen = HashMap::default();
        for list in &lists.all {
            labels.names(selectors.get(list.subject.pods));
            match list.subject.namespaces {
                NamespaceMatch::Own(namespace) => with_lists[namespace.index()] = true,
                NamespaceMatch::Selected(selector) => {
                    let of = chosen.entry(selector).or_insert_with(|| choose(cluster, selectors.get(selector)));
                    of.iter().for_each(|(namespace, _)| with_lists[namespace.index()] = true);
                }
            }
        }
        let mut ports = PortFold::new(lists);
        let mut projected: Vec<Option<u32>> = Vec::new();
        // Folded by what they look like…
        let mut keys: IndexSet<Key, foldhash::fast::RandomState> = IndexSet::default();
        let class_of: Vec<Option<Option<u32>>> = cluster
            .endpoints
            .iter()
            .map(|endpoint| {
                if endpoint.host_network {
                    return None;
                }
                if !with_lists[endpoint.namespace.index()] {
                    return Some(None);
                }
                let at = endpoint.labels.index();
                if projected.len() <= at {
                    projected.resize(at + 1, None);
                }
                let set = *projected[at].get_or_insert_with(|| labels.project(cluster.labels(endpoint.labels)));
                let ports = match direction {
                    Direction::Ingress => ports.project(endpoint.ports, cluster.ports(endpoint.ports)),
                    Direction::Egress => 0,
                };
                Some(Some(crate::source::to_u32(keys.insert_full((endpoint.namespace, set, ports)).0)))
            })
            .collect();
        // … then by the lists that apply.
        let applied = Self::apply(&keys, &mut labels, selectors, lists, &chosen);
        let by_name: Vec<bool> = lists.all.iter().map(|l| names_ports(lists, l)).collect();
        let mut subjects: IndexMap<(Box<[Applied]>, u32), (), foldhash::fast::RandomState> = IndexMap::default();
        subjects.insert((Box::default(), 0), ());
        let subject_of_class: Vec<SubjectId> = keys
            .iter()
            .zip(applied)
            .map(|((_, _, ports), lists)| {
                let ports = if lists.iter().any(|a| by_name[a.list as usize]) { *ports } else { 0 };
                SubjectId(crate::source::to_u32(subjects.insert_full((lists.into(), ports), ()).0))
            })
            .collect();
        let of_endpoint = class_of
            .into_iter()
            .map(|class| class.map(|class| class.map_or(SubjectId(0), |c| subject_of_class[c as usize])))
            .collect();
        let all = subjects
            .into_keys()
            .map(|(lists, ports)| Subject {
                lists,
                ports,
                adopted: [false; 2],
                row: OnceLock::new(),
                outside: OnceLock::new(),
                own_node: OnceLock::new(),
            })
            .collect();
        Self { of_endpoint, all, ports, evaluations: labels.evaluations }
    }

    /// For each class the lists that apply to it, in their order.
    fn apply(
        keys: &IndexSet<Key, foldhash::fast::RandomState>,
        labels: &mut LabelFold,
        selectors: &Selectors,
        lists: &Lists,
        chosen: &Chosen,
    ) -> Vec<Vec<Applied>> {
        let mut in_namespace: HashMap<NamespaceId, Vec<u32>, foldhash::fast::RandomState> = HashMap::default();
        let mut looks_like: HashMap<(NamespaceId, u32), Vec<u32>, foldhash::fast::RandomState> = HashMap::default();
        for ((namespace, set, _), class) in keys.iter().zip(0..) {
            in_namespace.entry(*namespace).or_default().push(class);
            looks_like.entry((*namespace, *set)).or_default().push(class);
        }
        let mut applied: Vec<Vec<Applied>> = vec![Vec::new(); keys.len()];
        let mut last = None;
        let mut found: Vec<(u32, bool, bool)> = Vec::new();
        for (list, number) in lists.all.iter().zip(0..) {
            // The lists of one policy have one subject.
            if last != Some(list.subject) {
                last = Some(list.subject);
                found.clear();
                let matched = labels.matched(list.subject.pods, selectors);
                let few = matched.yes.len(labels.len()) + matched.maybe.len();
                let own;
                let namespaces = match list.subject.namespaces {
                    NamespaceMatch::Own(namespace) => {
                        own = [(namespace, false)];
                        &own[..]
                    }
                    NamespaceMatch::Selected(selector) => chosen.get(&selector).map_or(&[][..], Vec::as_slice),
                };
                for (namespace, open) in namespaces.iter().filter(|_| few > 0) {
                    let Some(classes) = in_namespace.get(namespace) else { continue };
                    if few < classes.len() {
                        let yes = matched.yes.iter(labels.len()).map(|s| (s, true));
                        for (set, certain) in yes.chain(matched.maybe.iter().map(|s| (*s, false))) {
                            let classes = looks_like.get(&(*namespace, set));
                            found.extend(classes.into_iter().flatten().map(|c| (*c, certain, *open)));
                        }
                    } else {
                        found.extend(classes.iter().filter_map(|class| {
                            let (_, set, _) = keys[*class as usize];
                            match matched.of(set) {
                                Match::No => None,
                                matched => Some((*class, matched == Match::Yes, *open)),
                            }
                        }));
                    }
                }
            }
            for (class, certain, open) in &found {
                applied[*class as usize].push(Applied { list: number, certain: *certain, open: *open });
            }
        }
        applied
    }

    /// The subject that a pod is; none on the host's network.
    pub(super) fn of(&self, endpoint: EndpointId) -> Option<SubjectId> {
        self.of_endpoint[endpoint.index()]
    }
}

/// The namespaces that a selector matches, by selector, and of each whether it only may.
type Chosen = HashMap<SelectorId, Vec<(NamespaceId, bool)>, foldhash::fast::RandomState>;

fn choose(cluster: &Cluster, selector: &Selector) -> Vec<(NamespaceId, bool)> {
    let matched = |namespace: &Namespace| selector.matches(|key| namespace.label(key));
    let all = cluster.namespaces.iter().map(matched).enumerate();
    let found = all.filter(|(_, found)| *found != Match::No);
    found.map(|(at, found)| (NamespaceId::of(at), found == Match::Maybe)).collect()
}

fn names_ports(lists: &Lists, list: &super::lists::CompiledList) -> bool {
    let mut ports = list.rules.iter().flat_map(|r| lists.ports(r.ports));
    ports.any(|p| matches!(p, super::lists::PortKey::Named(..)))
}
