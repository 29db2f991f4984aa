//! The pods of two states of a cluster, side by side.

use super::answer::Peer;
use super::units::Unit;
use crate::engine::Engine;
use crate::model::{EndpointId, EndpointKind};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use crate::symbol::Symbol;

/// Pods of one workload that are one unit before, and one unit after.
#[derive(Clone, Debug)]
pub(super) struct Joint {
    /// Namespace, kind, name: what makes it the same workload.
    pub(super) workload: (String, String, String),
    /// Before; none if it was not there.
    pub(super) old: Option<Unit>,
    /// After; none if it is gone.
    pub(super) new: Option<Unit>,
}

impl Joint {
    /// Its pods in a state: 0 before, 1 after.
    pub(super) fn unit(&self, at: usize) -> Option<&Unit> {
        if at == 0 { self.old.as_ref() } else { self.new.as_ref() }
    }
}

/// Labels that controllers give anew to each revision or pod; they do not make it another pod.
const OF_A_REVISION: [&str; 4] =
    ["pod-template-hash", "controller-revision-hash", "pod-template-generation", "controller-uid"];

/// The units of a state by workload, each with its pods by name.
type ByWorkload = SortedMap<(String, String, String), Vec<Unit>>;

fn by_workload(engine: &Engine, endpoints: &[EndpointId], apart: Option<&SortedSet<EndpointId>>) -> ByWorkload {
    let mut found: ByWorkload = SortedMap::new();
    let units = engine.units(endpoints.iter().copied());
    for unit in if let Some(alone) = apart { engine.apart(&units, alone) } else { units } {
        let workload = engine.cluster.workload(unit.workload);
        let key = (
            engine.cluster.namespace_name(workload.namespace).to_owned(),
            workload.kind_name.to_string(),
            workload.name.to_string(),
        );
        found.entry(key).or_default().push(unit);
    }
    found
}

/// Puts pods of two states side by side. Pods are the same by name; of those that have another name (the
/// rollout of a Deployment), the ones with the same labels are.
pub(super) fn joints((old, olds): (&Engine, &[EndpointId]), (new, news): (&Engine, &[EndpointId])) -> Vec<Joint> {
    joined((old, new), by_workload(old, olds, None), by_workload(new, news, None), false)
}

/// The same; some pods of each state stand alone, and those that are on the network of a node. Of pods that
/// look alike, each is the same as one: on the same node, if there is such a one.
pub(super) fn joints_apart(
    (old, olds, old_alone): (&Engine, &[EndpointId], &SortedSet<EndpointId>),
    (new, news, new_alone): (&Engine, &[EndpointId], &SortedSet<EndpointId>),
) -> Vec<Joint> {
    joined((old, new), by_workload(old, olds, Some(old_alone)), by_workload(new, news, Some(new_alone)), true)
}

fn joined((old, new): (&Engine, &Engine), mut before: ByWorkload, after: ByWorkload, one_by_one: bool) -> Vec<Joint> {
    let mut joints = Vec::new();
    for (workload, units) in after {
        let others = before.remove(&workload).unwrap_or_default();
        join((old, new), &workload, (&others, &units), one_by_one, &mut joints);
    }
    for (workload, units) in before {
        join((old, new), &workload, (&units, &[]), one_by_one, &mut joints);
    }
    joints.arrange_by(|a, b| a.workload.cmp(&b.workload));
    joints
}

/// A pod of one side, with the number of its unit.
type Pod = (usize, EndpointId);

/// The pods of one side of a workload, by name and by what they look like.
struct Side<'u> {
    engine: &'u Engine,
    units: &'u [Unit],
    by_name: SortedMap<(bool, String), Pod>,
    by_look: SortedMap<Look, SortedMap<usize, EndpointId>>,
}

/// Labels, and whether on the host's network.
type Look = (Vec<(String, String)>, bool);

impl<'u> Side<'u> {
    fn new(engine: &'u Engine, units: &'u [Unit]) -> Self {
        let mut side = Self { engine, units, by_name: SortedMap::new(), by_look: SortedMap::new() };
        for (number, unit) in units.iter().enumerate() {
            for id in &unit.members {
                side.by_name.insert(side.name(*id), (number, *id));
                side.by_look.entry(look(engine, *id)).or_default().entry(number).or_insert(*id);
            }
        }
        side
    }

    fn name(&self, id: EndpointId) -> (bool, String) {
        let endpoint = self.engine.cluster.endpoint(id);
        (endpoint.kind == EndpointKind::Template, endpoint.name.to_string())
    }

    fn pods(&self) -> impl Iterator<Item = Pod> {
        self.units.iter().enumerate().flat_map(|(number, unit)| unit.members.iter().map(move |id| (number, *id)))
    }

    /// Who on this side is a pod of the other: the one of its name, else one of each unit with
    /// pods that look alike, or of the first.
    fn same_as(&self, other: &Self, id: EndpointId, one: bool) -> Vec<Pod> {
        if let Some(pod) = self.by_name.get(&other.name(id)) {
            return vec![*pod];
        }
        let alike = self.by_look.get(&look(other.engine, id));
        let alike = alike.into_iter().flat_map(SortedMap::iter).map(|(number, id)| (*number, *id));
        alike.take(if one { 1 } else { usize::MAX }).collect()
    }

    /// The name of the node that a pod is on.
    fn node(&self, id: EndpointId) -> Option<&str> {
        self.engine.cluster.endpoint(id).node.map(|node| &*self.engine.cluster.node(node).name)
    }
}

/// Pods that have another name on the other side, each with one that looks alike: on the same node before others.
fn matched(olds: &Side<'_>, news: &Side<'_>) -> Vec<(Pod, Pod)> {
    let renamed = |side: &Side<'_>, other: &Side<'_>| -> Vec<(Look, Pod)> {
        let pods = side.pods().filter(|(_, id)| !other.by_name.contains_key(&side.name(*id)));
        let mut pods: Vec<(Look, (bool, String), Pod)> =
            pods.map(|pod| (look(side.engine, pod.1), side.name(pod.1), pod)).collect();
        pods.arrange();
        pods.into_iter().map(|(look, _, pod)| (look, pod)).collect()
    };
    let (mut before, mut after) = (renamed(olds, news), renamed(news, olds));
    let mut found = Vec::new();
    for on_node in [true, false] {
        after.retain(|(look, new)| {
            let fits = |(other, old): &(Look, Pod)| other == look && (!on_node || olds.node(old.1) == news.node(new.1));
            let at = before.iter().position(fits);
            found.extend(at.map(|at| (before.remove(at).1, *new)));
            at.is_none()
        });
    }
    found
}

fn join(
    (old, new): (&Engine, &Engine),
    workload: &(String, String, String),
    (before, after): (&[Unit], &[Unit]),
    one_by_one: bool,
    joints: &mut Vec<Joint>,
) {
    let (olds, news) = (Side::new(old, before), Side::new(new, after));
    // Pairs of units, with the pods that make them one.
    let mut pairs: SortedMap<(usize, usize), [SortedSet<EndpointId>; 2]> = SortedMap::new();
    let mut pair = |a: Pod, b: Pod| {
        let [olds, news] = pairs.entry((a.0, b.0)).or_default();
        olds.insert(a.1);
        news.insert(b.1);
    };
    let (mut gone, mut fresh): (Vec<Pod>, Vec<Pod>) = (Vec::new(), Vec::new());
    let matched = if one_by_one { matched(&olds, &news) } else { Vec::new() };
    for pod in news.pods() {
        let same = match matched.iter().find(|(_, new)| *new == pod) {
            Some((old, _)) => vec![*old],
            None => olds.same_as(&news, pod.1, one_by_one),
        };
        same.iter().for_each(|other| pair(*other, pod));
        if same.is_empty() {
            fresh.push(pod);
        }
    }
    for pod in olds.pods().filter(|pod| !matched.iter().any(|(old, _)| old == pod)) {
        let same = news.same_as(&olds, pod.1, one_by_one);
        same.iter().for_each(|other| pair(pod, *other));
        if same.is_empty() {
            gone.push(pod);
        }
    }
    // Pods that changed their looks: any of those before may be any of those after.
    if !gone.is_empty() && !fresh.is_empty() {
        gone.iter().for_each(|a| fresh.iter().for_each(|b| pair(*a, *b)));
    } else {
        let alone = |pods: &[Pod], units: &[Unit]| -> Vec<Unit> {
            let mut by_unit: SortedMap<usize, SortedSet<EndpointId>> = SortedMap::new();
            pods.iter().for_each(|(number, id)| _ = by_unit.entry(*number).or_default().insert(*id));
            by_unit.into_iter().map(|(number, ids)| part(&units[number], ids)).collect()
        };
        let workload = || workload.clone();
        let fresh = alone(&fresh, after).into_iter().map(|u| Joint { workload: workload(), old: None, new: Some(u) });
        joints.extend(fresh);
        let gone = alone(&gone, before).into_iter().map(|u| Joint { workload: workload(), old: Some(u), new: None });
        joints.extend(gone);
    }
    for ((other, number), [olds, news]) in pairs {
        let (old, new) = (Some(part(&before[other], olds)), Some(part(&after[number], news)));
        joints.push(Joint { workload: workload.clone(), old, new });
    }
}

/// Some of the pods of a unit, in their order there.
fn part(unit: &Unit, members: SortedSet<EndpointId>) -> Unit {
    let members: Vec<EndpointId> = unit.members.iter().copied().filter(|id| members.contains(id)).collect();
    let party = members.first().map_or(unit.party, |id| crate::engine::Party::Endpoint(*id));
    Unit { workload: unit.workload, members, party }
}

/// What a pod looks like, revisions aside.
fn look(engine: &Engine, id: EndpointId) -> Look {
    let endpoint = engine.cluster.endpoint(id);
    let text = |symbol: Symbol| engine.cluster.symbols.text(symbol).to_owned();
    let labels = engine.cluster.labels(endpoint.labels).iter().map(|(k, v)| (text(*k), text(*v)));
    let mut labels: Vec<(String, String)> = labels.filter(|(k, _)| !OF_A_REVISION.contains(&&**k)).collect();
    labels.arrange();
    (labels, endpoint.host_network)
}

/// A workload, or some of its pods, as a peer: as it is after, else as it was.
pub(super) fn peer_of<'j>(old: &Engine, new: &Engine, of: impl Iterator<Item = &'j Joint>) -> Option<Peer> {
    let all: Vec<&Joint> = of.collect();
    let members = |side: fn(&Joint) -> Option<&Unit>| {
        let units: Vec<&Unit> = all.iter().filter_map(|j| side(j)).collect();
        let mut members: Vec<EndpointId> = units.iter().flat_map(|u| u.members.iter().copied()).collect();
        members.arrange();
        members.dedup();
        units.first().map(|u| (u.workload, members))
    };
    if let Some((workload, members)) = members(|j| j.new.as_ref()) {
        return Some(new.workload_peer(workload, &members));
    }
    let (workload, members) = members(|j| j.old.as_ref())?;
    Some(old.workload_peer(workload, &members))
}
