//! Who owns whom: the workload at the top of a pod's owners, and the controllers in between.

use super::build::{Builder, WorkloadKey, controller};
use super::{EndpointId, NamespaceId, OwnedController, OwnedId, WorkloadId};
use crate::manifest::{ObjectMeta, Snapshot, WorkloadKind};
use crate::profile::WorkloadIdentity;

/// More owners above one another than this are a circle.
const MOST_OWNERS: usize = 8;

impl Builder<'_> {
    /// Makes a workload of every controller that no other controller owns, and maps owned ones
    /// (ReplicaSets, Jobs) to the workload at the top.
    pub(super) fn owners(&mut self, snapshot: &Snapshot) {
        if self.profile.workload == WorkloadIdentity::TopOwner {
            for located in &snapshot.workloads {
                let (kind, object) = &located.object;
                if let Some((owner_kind, owner_name)) = controller(&object.metadata) {
                    let ns = self.namespace(&object.metadata.namespace);
                    let owner = self.workload_key(ns, owner_kind, owner_name);
                    self.owned(ns, *kind, &object.metadata.name, owner);
                }
            }
        }
        for located in &snapshot.workloads {
            let (kind, object) = &located.object;
            let ns = self.namespace(&object.metadata.namespace);
            let key = self.workload_key(ns, kind.name(), &object.metadata.name);
            let top = self.chain(key).last().map_or(key, |(_, owner)| *owner);
            let (top_kind, top_name) = (self.text(top.1), self.text(top.2));
            let workload = self.workload(ns, &top_kind, &top_name);
            self.workload_index.insert(key, workload);
        }
    }

    fn text(&self, symbol: crate::symbol::Symbol) -> String {
        self.cluster.symbols.text(symbol).to_owned()
    }

    /// Notes that a controller has an owner.
    fn owned(&mut self, namespace: NamespaceId, kind: WorkloadKind, name: &str, owner: WorkloadKey) -> OwnedId {
        let key = self.workload_key(namespace, kind.name(), name);
        if let Some((id, _)) = self.owned_index.get(&key) {
            return *id;
        }
        let id = OwnedId::of(self.cluster.owned.len());
        let (endpoints, finished) = (Vec::new(), false);
        self.cluster.owned.push(OwnedController { namespace, kind, name: name.into(), endpoints, finished });
        self.owned_index.insert(key, (id, owner));
        id
    }

    /// The owned controllers from a key upwards, each with its owner.
    fn chain(&self, mut key: WorkloadKey) -> Vec<(OwnedId, WorkloadKey)> {
        let mut chain = Vec::new();
        while let Some((id, owner)) = self.owned_index.get(&key).filter(|_| chain.len() < MOST_OWNERS) {
            chain.push((*id, *owner));
            key = *owner;
        }
        chain
    }

    /// The workload that the owner of a pod belongs to.
    pub(super) fn owner_of_pod(&mut self, ns: NamespaceId, kind: &str, name: &str, meta: &ObjectMeta) -> WorkloadId {
        let key = self.workload_key(ns, kind, name);
        let known = self.workload_index.contains_key(&key);
        if !known && kind == "ReplicaSet" && self.profile.workload == WorkloadIdentity::TopOwner {
            // A Deployment names its ReplicaSets after the hash that it also sets as a label.
            let hash = meta.labels.iter().find(|(k, _)| k == "pod-template-hash").map(|(_, v)| v.as_str());
            let deployment = hash.and_then(|h| name.strip_suffix(h)).and_then(|n| n.strip_suffix('-'));
            if let Some(deployment) = deployment.filter(|d| !d.is_empty()) {
                let owner = self.workload_key(ns, "Deployment", deployment);
                self.owned(ns, WorkloadKind::ReplicaSet, name, owner);
                return self.workload(ns, "Deployment", deployment);
            }
        }
        self.workload(ns, kind, name)
    }

    /// Adds an endpoint to the owned controllers that it belongs to. One number for each is all
    /// that a pod costs here.
    pub(super) fn belongs(&mut self, ns: NamespaceId, kind: &str, name: &str, endpoint: EndpointId) {
        let key = self.workload_key(ns, kind, name);
        for (id, _) in self.chain(key) {
            self.cluster.owned[id.index()].endpoints.push(endpoint);
        }
    }

    /// Notes that a controller, if it is owned, had pods that have finished.
    pub(super) fn has_finished(&mut self, ns: NamespaceId, kind: &str, name: &str) {
        let key = self.workload_key(ns, kind, name);
        for (id, _) in self.chain(key) {
            self.cluster.owned[id.index()].finished = true;
        }
    }
}
