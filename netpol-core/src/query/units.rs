//! The cluster as rows and columns of a table: pods of a workload that nothing loaded can tell
//! apart are one unit.

use super::answer::Relation;
use crate::engine::{Engine, Party, PlanesId, Reach, Role};
use crate::ir::Direction;
use crate::model::{EndpointId, EndpointKind, NodeId, WorkloadId};
use crate::set::{AddressSet, Family, TrafficSet};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use indexmap::IndexMap;
use std::collections::BTreeMap;

/// Pods of one workload that are alike to every policy, towards everybody.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    pub(crate) workload: WorkloadId,
    /// Ascending; never empty.
    pub(crate) members: Vec<EndpointId>,
    /// Any of them.
    pub(crate) party: Party,
}

/// What makes two pods one unit.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    workload: WorkloadId,
    kind: EndpointKind,
    role: Role,
}

/// What one unit may send another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// Which pairs of pods, when it is not all of them.
    pub(crate) relation: Option<Relation>,
    /// Of which families, when these differ.
    pub(crate) families: Vec<Family>,
    pub(crate) planes: PlanesId,
}

/// Rows with the same columns together: the rows of each set of columns.
pub(super) fn rectangles<T: Ord>(rows: BTreeMap<usize, SortedSet<T>>) -> SortedMap<SortedSet<T>, Vec<usize>> {
    let mut found: SortedMap<SortedSet<T>, Vec<usize>> = SortedMap::new();
    for (row, columns) in rows {
        found.entry(columns).or_default().push(row);
    }
    found
}

/// What a unit may have to do with a set of addresses outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outside {
    pub(crate) addresses: AddressSet,
    pub(crate) allow: TrafficSet,
    pub(crate) undefined: TrafficSet,
}

impl Engine {
    /// What a unit may send to addresses outside, or get from them; where nothing may pass, nothing
    /// is said. The sets of addresses are disjoint, and no two have the same traffic.
    pub(crate) fn outside_of(
        &self,
        direction: Direction,
        unit: &Unit,
        addresses: &AddressSet,
        asked: &TrafficSet,
    ) -> Vec<Outside> {
        let space = AddressSet::families(self.outside_families(unit.party)).intersection(addresses);
        let side = self.side(direction);
        let Some(subject) = self.pod(unit.party).and_then(|pod| side.subject(pod)) else {
            let outside = Outside { addresses: space, allow: asked.clone(), undefined: TrafficSet::empty() };
            return if outside.addresses.is_empty() || asked.is_empty() { Vec::new() } else { vec![outside] };
        };
        let mut found: IndexMap<(TrafficSet, TrafficSet), AddressSet> = IndexMap::new();
        for (planes, addresses) in side.outside(subject, &self.cluster, &self.selectors).by_address(&space) {
            let planes = planes.within(asked);
            if planes.may.is_empty() {
                continue;
            }
            let undefined = planes.may.difference(&planes.must);
            let entry = found.entry((planes.must, undefined)).or_default();
            *entry = entry.union(&addresses);
        }
        let found = found.into_iter();
        found.map(|((allow, undefined), addresses)| Outside { addresses, allow, undefined }).collect()
    }

    /// The units of some endpoints, in the order of their workloads' namespaces, kinds and names.
    pub(crate) fn units(&self, endpoints: impl Iterator<Item = EndpointId>) -> Vec<Unit> {
        let mut units: IndexMap<Key, Vec<EndpointId>> = IndexMap::new();
        for id in endpoints {
            let endpoint = self.cluster.endpoint(id);
            let key = Key { workload: endpoint.workload, kind: endpoint.kind, role: self.role(id) };
            units.entry(key).or_default().push(id);
        }
        let mut units: Vec<Unit> = units
            .into_iter()
            .filter_map(|(key, mut members)| {
                members.arrange_by(|a, b| {
                    let name = |id: &EndpointId| &self.cluster.endpoint(*id).name;
                    name(a).cmp(name(b)).then(a.cmp(b))
                });
                let party = Party::Endpoint(*members.first()?);
                Some(Unit { workload: key.workload, members, party })
            })
            .collect();
        units.arrange_by_key(|unit| {
            let workload = self.cluster.workload(unit.workload);
            let first = unit.members.first().map(|id| self.cluster.endpoint(*id));
            (
                self.cluster.namespace_name(workload.namespace).to_owned(),
                workload.kind_name.clone(),
                workload.name.clone(),
                first.map(|e| (e.kind as u8, e.name.clone())),
            )
        });
        units
    }

    /// What a unit may send another, pod for pod. A pod to itself is left out: it always may.
    pub(crate) fn links(&self, reach: &mut Reach<'_>, from: &Unit, to: &Unit) -> Vec<Link> {
        if from.members == to.members {
            let alone = matches!(from.members.as_slice(), [only] if !self.is_many(*only));
            return if alone { Vec::new() } else { self.links_among(reach, from) };
        }
        let hosts = [from.party, to.party].iter().any(|p| self.node_of_host(*p).is_some());
        if !hosts {
            let planes = |reach: &mut Reach<'_>, f| reach.pair(from.party, to.party, f);
            return self.by_family(reach, from.party, to.party, None, planes);
        }
        // A node's traffic to its own pods is another matter than to those of other nodes.
        let mut links: Vec<Link> = Vec::new();
        for (relation, a, b) in self.by_node(from, to) {
            let planes = |reach: &mut Reach<'_>, f| reach.pair(Party::Endpoint(a), Party::Endpoint(b), f);
            links.extend(self.by_family(reach, from.party, to.party, Some(relation), planes));
        }
        if links.iter().all(|l| l.planes == links[0].planes && l.families == links[0].families) {
            links.truncate(1);
            links.iter_mut().for_each(|l| l.relation = None);
        }
        links
    }

    /// What the pods of a unit may send each other; of a single pod, what one like it could.
    pub(crate) fn links_among(&self, reach: &mut Reach<'_>, unit: &Unit) -> Vec<Link> {
        let (Some(a), Some(b)) = (unit.members.first(), unit.members.last()) else { return Vec::new() };
        let planes = |reach: &mut Reach<'_>, f| reach.pair(Party::Endpoint(*a), Party::Endpoint(*b), f);
        self.by_family(reach, unit.party, unit.party, None, planes)
    }

    /// A pair of pods of two units; where nodes matter, one that relates so.
    pub(crate) fn pair_of(&self, from: &Unit, to: &Unit, relation: Option<Relation>) -> Option<(Party, Party)> {
        if let Some(wanted) = relation {
            let found = self.by_node(from, to).into_iter().find(|(r, ..)| *r == wanted);
            return found.map(|(_, a, b)| (Party::Endpoint(a), Party::Endpoint(b)));
        }
        let first = *from.members.first()?;
        // Of one and the same unit, two different pods where it has them.
        let other = to.members.iter().find(|id| **id != first).or_else(|| to.members.first())?;
        Some((Party::Endpoint(first), Party::Endpoint(*other)))
    }

    /// `namespace/name` of a pod; of a template, that of its workload.
    pub(crate) fn pod_name(&self, id: EndpointId) -> String {
        let endpoint = self.cluster.endpoint(id);
        format!("{}/{}", self.cluster.namespace_name(endpoint.namespace), endpoint.name)
    }

    /// One pair of pods for each way in which their nodes can relate.
    fn by_node(&self, from: &Unit, to: &Unit) -> Vec<(Relation, EndpointId, EndpointId)> {
        let node = |id: &EndpointId| self.cluster.endpoint(*id).node;
        let first_by_node = |unit: &Unit| {
            let mut firsts: IndexMap<Option<NodeId>, EndpointId> = IndexMap::new();
            unit.members.iter().for_each(|id| {
                firsts.entry(node(id)).or_insert(*id);
            });
            firsts
        };
        let (sources, targets) = (first_by_node(from), first_by_node(to));
        let mut found: Vec<(Relation, EndpointId, EndpointId)> = Vec::new();
        let mut add = |relation, a: EndpointId, b: EndpointId| {
            if found.iter().all(|(r, ..)| *r != relation) {
                found.push((relation, a, b));
            }
        };
        for (node, a) in &sources {
            if let Some(b) = node.and_then(|n| targets.get(&Some(n))) {
                add(Relation::SameNode, *a, *b);
            }
            let known = |n: &Option<NodeId>| n.is_some() && node.is_some();
            // One of each is enough: past the first two nodes nothing new is found.
            if let Some((_, b)) = targets.iter().find(|(n, _)| known(n) && *n != node) {
                add(Relation::OtherNodes, *a, *b);
            }
            if let Some((_, b)) = targets.iter().find(|(n, _)| !known(n)) {
                add(Relation::UnknownNodes, *a, *b);
            }
        }
        found.arrange_by(|a, b| a.0.cmp(&b.0));
        found
    }

    /// The planes of each common family; together where they are the same.
    fn by_family(
        &self,
        reach: &mut Reach<'_>,
        from: Party,
        to: Party,
        relation: Option<Relation>,
        planes: impl Fn(&mut Reach<'_>, Family) -> PlanesId,
    ) -> Vec<Link> {
        let common = reach.common_families(from, to);
        let mut links: Vec<Link> = Vec::new();
        for family in &common {
            let planes = planes(reach, *family);
            match links.iter_mut().find(|l| l.planes == planes) {
                Some(link) => link.families.push(*family),
                None => links.push(Link { relation, families: vec![*family], planes }),
            }
        }
        for link in links.iter_mut().filter(|l| l.families == common) {
            link.families.clear();
        }
        links
    }
}
