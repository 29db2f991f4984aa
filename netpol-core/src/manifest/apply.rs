//! What a cluster would be after `kubectl apply` and `kubectl delete`, as far as its objects say.

use super::kinds::{PolicyKind, WorkloadKind};
use super::read::{Located, Snapshot, UnmodelledObject};
use super::reading::PolicyName;
use super::routing::{Detail, RoutingKind};
use super::types::{ObjectMeta, PodObject, PodTemplate, WorkloadObject};
use crate::sorted::SortedSet;
use crate::source::{FileId, to_u32};
use compact_str::CompactString;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::sync::Arc;

/// Kind, namespace, name of a controller.
type Controller = (CompactString, CompactString, CompactString);

impl Snapshot {
    /// Adds the objects of `changes`; those of the same kind, namespace and name are replaced.
    ///
    /// The pods of a workload whose template changes are taken to be replaced as well: what counts
    /// is the cluster after the rollout, not during it.
    pub fn apply(&mut self, changes: Self) {
        let first = to_u32(self.files.len());
        self.files.extend(changes.files);
        self.report.diagnostics.extend(changes.report.diagnostics);
        self.report.left_out.extend(changes.report.left_out);
        for (kind, count) in changes.report.other_kinds {
            *self.report.other_kinds.entry(kind).or_default() += count;
        }
        let moved = |file: FileId| FileId(file.0 + first);
        let known: HashMap<Controller, &WorkloadObject> =
            self.workloads.iter().rev().map(|l| (controller(l), &l.object.1)).collect();
        let mut replaced: SortedSet<Controller> = SortedSet::new();
        for located in &changes.workloads {
            let (kind, object) = &located.object;
            let old = known.get(&controller(located));
            if old.is_some_and(|old| template(old, *kind) != template(object, *kind)) {
                replaced.insert(controller(located));
            }
        }
        self.remove_pods_of(replaced);
        let named = |meta: &ObjectMeta| (meta.namespace.clone(), meta.name.clone());
        put(&mut self.namespaces, changes.namespaces, moved, |n| n.metadata.name.clone());
        put(&mut self.pods, changes.pods, moved, |p| named(&p.metadata));
        put(&mut self.workloads, changes.workloads, moved, |w| (w.0.name(), named(&w.1.metadata)));
        put(&mut self.services, changes.services, moved, |s| named(&s.metadata));
        put(&mut self.nodes, changes.nodes, moved, |n| n.metadata.name.clone());
        put(&mut self.routing, changes.routing, moved, |r| (r.kind, named(&r.metadata)));
        put(&mut self.policies, changes.policies, moved, |p| (p.namespace.clone(), p.name.clone()));
        put(&mut self.admin, changes.admin, moved, |p| (p.kind.name(), p.name.clone()));
        let key = |o: &UnmodelledObject| (o.kind.name, o.namespace.clone(), o.name.clone());
        let new: HashMap<_, usize> = changes.unmodelled.iter().zip(0..).map(|(o, at)| (key(o), at)).collect();
        self.unmodelled.retain(|o| !new.contains_key(&key(o)));
        // Of one that is there twice, the last.
        let last = changes.unmodelled.into_iter().zip(0..).filter(|(o, at)| new.get(&key(o)) == Some(at));
        self.unmodelled.extend(last.map(|(object, _)| object));
        self.count();
    }

    /// Takes an object out: a kind as Kubernetes writes it, a namespace (empty for kinds without
    /// one), a name. With a workload go its pods, with a Namespace all that is in it. `false`: there
    /// is no such object.
    pub fn delete(&mut self, kind: &str, namespace: &str, name: &str) -> bool {
        let before = self.size();
        let is = |meta: &ObjectMeta| meta.namespace == namespace && meta.name == name;
        match kind {
            "Namespace" => {
                let there = self.namespaces.iter().any(|l| l.object.metadata.name == name);
                self.namespaces.retain(|l| l.object.metadata.name != name);
                self.pods.retain(|l| l.object.metadata.namespace != name);
                self.workloads.retain(|l| l.object.1.metadata.namespace != name);
                self.services.retain(|l| l.object.metadata.namespace != name);
                self.routing.retain(|l| l.object.metadata.namespace != name);
                self.policies.retain(|l| l.object.namespace != name);
                self.unmodelled.retain(|o| o.namespace != name);
                if !there {
                    self.count();
                    return before != self.size();
                }
            }
            "Pod" => {
                self.pods.retain(|l| !is(&l.object.metadata));
                self.remove_endpoints(&SortedSet::from([(namespace.into(), name.into())]));
            }
            "Service" => self.services.retain(|l| !is(&l.object.metadata)),
            "Node" => self.nodes.retain(|l| l.object.metadata.name != name),
            "NetworkPolicy" => self.policies.retain(|l| l.object.namespace != namespace || l.object.name != name),
            _ if self.admin.iter().any(|l| l.object.kind.name() == kind) => {
                self.admin.retain(|l| l.object.kind.name() != kind || l.object.name != name);
            }
            _ => match WorkloadKind::from_name(kind) {
                Some(wanted) => {
                    let there =
                        |l: &Located<(WorkloadKind, WorkloadObject)>| l.object.0 == wanted && is(&l.object.1.metadata);
                    if self.workloads.iter().any(there) {
                        self.remove_pods_of(SortedSet::from([(kind.into(), namespace.into(), name.into())]));
                        self.workloads.retain(|l| !there(l));
                    }
                }
                None if RoutingKind::names().any(|known| known == kind) => {
                    self.routing.retain(|l| l.object.kind.name() != kind || !is(&l.object.metadata));
                }
                None => self
                    .unmodelled
                    .retain(|o| !(o.kind.is_named(&[kind.to_owned()]) && o.namespace == namespace && o.name == name)),
            },
        }
        self.count();
        before != self.size()
    }

    /// Takes out the policies that are not wanted.
    pub(crate) fn retain_policies(&mut self, wanted: impl Fn(&PolicyName) -> bool) {
        let before = self.policies.len() + self.admin.len();
        let network = PolicyKind::NetworkPolicy.name();
        self.policies.retain(|l| wanted(&(network.into(), l.object.namespace.clone(), l.object.name.clone())));
        let of_kind = |kind: PolicyKind| kind.name().into();
        self.admin.retain(|l| wanted(&(of_kind(l.object.kind), CompactString::default(), l.object.name.clone())));
        if self.policies.len() + self.admin.len() != before {
            self.count();
        }
    }

    /// Adds the policies of another snapshot, without a look at their names.
    pub(crate) fn append(&mut self, other: Self) {
        let first = to_u32(self.files.len());
        self.files.extend(other.files);
        let moved = other.policies.into_iter().map(|l| Located { file: FileId(l.file.0 + first), ..l });
        self.policies.extend(moved);
    }

    /// The namespaces that are declared, or that something else than a policy is in.
    pub(crate) fn namespaces_in_use(&self) -> SortedSet<CompactString> {
        let declared = self.namespaces.iter().map(|l| &l.object.metadata.name);
        let pods = self.pods.iter().map(|l| &l.object.metadata.namespace);
        let workloads = self.workloads.iter().map(|l| &l.object.1.metadata.namespace);
        declared.chain(pods).chain(workloads).cloned().collect()
    }

    fn size(&self) -> usize {
        self.namespaces.len()
            + self.pods.len()
            + self.workloads.len()
            + self.services.len()
            + self.nodes.len()
            + self.routing.len()
            + self.policies.len()
            + self.admin.len()
            + self.unmodelled.len()
    }

    /// Removes the pods of workloads, and the controllers between these and them.
    fn remove_pods_of(&mut self, mut controllers: SortedSet<Controller>) {
        if controllers.is_empty() {
            return;
        }
        let owned_by = |meta: &ObjectMeta, controllers: &SortedSet<Controller>| {
            let Some(owner) = &meta.owner else { return false };
            let of = |kind: &str, name: &str| controllers.contains(&(kind.into(), meta.namespace.clone(), name.into()));
            // A Deployment names its ReplicaSets after the hash that it also sets as a label.
            let deployment = |hash: &str| owner.name.strip_suffix(hash).and_then(|d| d.strip_suffix('-'));
            of(&owner.kind, &owner.name)
                || (owner.kind == "ReplicaSet"
                    && meta.labels.iter().any(|(k, v)| {
                        k == "pod-template-hash" && deployment(v).is_some_and(|name| of("Deployment", name))
                    }))
        };
        let between: Vec<Controller> =
            self.workloads.iter().filter(|l| owned_by(&l.object.1.metadata, &controllers)).map(controller).collect();
        self.workloads.retain(|l| !owned_by(&l.object.1.metadata, &controllers));
        controllers.extend(between);
        let gone = |l: &Located<PodObject>| owned_by(&l.object.metadata, &controllers);
        let pods: SortedSet<(CompactString, CompactString)> = self
            .pods
            .iter()
            .filter(|l| gone(l))
            .map(|l| (l.object.metadata.namespace.clone(), l.object.metadata.name.clone()))
            .collect();
        self.pods.retain(|l| !gone(l));
        self.remove_endpoints(&pods);
    }

    /// Takes pods that are there no more out of the lists of who answers for Services.
    fn remove_endpoints(&mut self, pods: &SortedSet<(CompactString, CompactString)>) {
        for located in &mut self.routing {
            let Detail::Slices(slices) = &*located.object.detail else { continue };
            let mut slices = slices.clone();
            for slice in &mut slices {
                slice.endpoints.retain(|e| e.pod.as_ref().is_none_or(|pod| !pods.contains(pod)));
            }
            located.object.detail = Arc::new(Detail::Slices(slices));
        }
    }

    /// Brings the counts of the report up to date.
    fn count(&mut self) {
        let mut kinds = std::collections::BTreeMap::new();
        let mut add = |kind: &'static str, count: usize| {
            if count > 0 {
                *kinds.entry(kind).or_default() += count;
            }
        };
        add("Namespace", self.namespaces.len());
        add("Pod", self.pods.len());
        add("Service", self.services.len());
        add("Node", self.nodes.len());
        add("NetworkPolicy", self.policies.len());
        self.workloads.iter().for_each(|l| add(l.object.0.name(), 1));
        self.routing.iter().for_each(|l| add(l.object.kind.name(), 1));
        self.admin.iter().for_each(|l| add(l.object.kind.name(), 1));
        self.unmodelled.iter().filter(|o| !o.kind.left_out).for_each(|o| add(o.kind.name, 1));
        self.report.kinds = kinds;
    }
}

fn controller(located: &Located<(WorkloadKind, WorkloadObject)>) -> Controller {
    let (kind, object) = &located.object;
    (kind.name().into(), object.metadata.namespace.clone(), object.metadata.name.clone())
}

fn template(object: &WorkloadObject, kind: WorkloadKind) -> &PodTemplate {
    match kind {
        WorkloadKind::CronJob => &object.spec.job_template.spec.template,
        _ => &object.spec.template,
    }
}

/// Replaces the objects that are the same as a new one, by a key, and adds the new ones.
fn put<T, K: Eq + Hash>(
    all: &mut Vec<Located<T>>,
    new: Vec<Located<T>>,
    moved: impl Fn(FileId) -> FileId,
    key: impl Fn(&T) -> K,
) {
    if new.is_empty() {
        return;
    }
    // Of one that is there twice, the first.
    let mut places: HashMap<K, usize> = HashMap::with_capacity(all.len() + new.len());
    for (located, at) in all.iter().zip(0..) {
        places.entry(key(&located.object)).or_insert(at);
    }
    for located in new {
        let located = Located { file: moved(located.file), ..located };
        match places.entry(key(&located.object)) {
            Entry::Occupied(place) => all[*place.get()] = located,
            Entry::Vacant(place) => {
                place.insert(all.len());
                all.push(located);
            }
        }
    }
}

/// The kind that kubectl's names mean: `netpol`, `deploy`, `svc` and so on, in any case; policy
/// kinds that are not modelled by their full name.
///
/// ```
/// assert_eq!(netpol_core::object_kind("netpol"), Some("NetworkPolicy"));
/// assert_eq!(netpol_core::object_kind("Deployments"), Some("Deployment"));
/// assert_eq!(netpol_core::object_kind("secret"), None);
/// ```
pub fn object_kind(name: &str) -> Option<&'static str> {
    const SHORT: [(&str, &str); 15] = [
        ("anp", "AdminNetworkPolicy"),
        ("banp", "BaselineAdminNetworkPolicy"),
        ("cj", "CronJob"),
        ("cnp", "ClusterNetworkPolicy"),
        ("deploy", "Deployment"),
        ("ds", "DaemonSet"),
        ("ing", "Ingress"),
        ("netpol", "NetworkPolicy"),
        ("no", "Node"),
        ("ns", "Namespace"),
        ("po", "Pod"),
        ("rc", "ReplicationController"),
        ("rs", "ReplicaSet"),
        ("sts", "StatefulSet"),
        ("svc", "Service"),
    ];
    let kinds = [
        "AdminNetworkPolicy",
        "BaselineAdminNetworkPolicy",
        "ClusterNetworkPolicy",
        "Namespace",
        "NetworkPolicy",
        "Node",
        "Service",
    ];
    let kinds = kinds.into_iter();
    let kinds = kinds.chain(WorkloadKind::ALL.into_iter().map(WorkloadKind::name)).chain(super::unmodelled_kinds());
    let kinds = kinds.chain(RoutingKind::names());
    let lower = name.to_ascii_lowercase();
    let short = SHORT.iter().find(|(short, _)| *short == lower).map(|(_, kind)| *kind);
    short.or_else(|| {
        kinds.into_iter().find(|kind| {
            let kind = kind.to_ascii_lowercase();
            let plural = if kind.ends_with('s') {
                format!("{kind}es")
            } else if kind.ends_with('y') {
                format!("{}ies", &kind[..kind.len() - 1])
            } else {
                format!("{kind}s")
            };
            lower == kind || lower == plural
        })
    })
}
