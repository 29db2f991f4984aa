//! The matrix, by pod, by workload and as groups, against `check` pair by pair.

use super::cluster::Phase;
use super::oracle::{Cluster, Party};
use super::{analysis, config, name, no_flow, part_of_clusters, random};
use netpol_core::query::{
    CheckAnswer, Connection, Grain, GroupException, GroupRectangle, MatrixAnswer, MatrixGroups, MatrixQuery, Part,
    Peer, PeerKind, Relation, Verdict,
};
use netpol_core::set::{AddressSet, Family, TrafficSet};
use netpol_core::{Analysis, Direction, OwnNode, explain::Code};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::net::IpAddr;

/// What is allowed, and what is neither allowed nor denied.
pub(super) type Said = (TrafficSet, TrafficSet);

pub(super) fn nothing() -> Said {
    (TrafficSet::empty(), TrafficSet::empty())
}

fn add(said: &mut Said, allow: &TrafficSet, undefined: &TrafficSet) {
    *said = (said.0.union(allow), said.1.union(undefined));
}

pub(super) fn about(families: &[Family], family: Family) -> bool {
    families.is_empty() || families.contains(&family)
}

/// The pods as those of two ReplicaSets a namespace.
pub(super) fn dressed(cluster: &Cluster) -> serde_json::Value {
    let mut list: serde_json::Value = serde_json::from_str(&random::to_json(cluster)).unwrap();
    let pods = list["items"].as_array_mut().unwrap().iter_mut().filter(|o| o["kind"] == "Pod");
    for (pod, number) in pods.zip(0..) {
        let owner = format!("set-{}", number % 2);
        pod["metadata"]["ownerReferences"] =
            serde_json::json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": owner, "controller": true}]);
    }
    list
}

/// The same, and a Service on a port of every node.
fn owned(cluster: &Cluster) -> String {
    let mut list = dressed(cluster);
    let port = serde_json::json!({"port": 80, "nodePort": 30080});
    let service = serde_json::json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "exposed", "namespace": cluster.namespaces[0].name},
        "spec": {"type": "NodePort", "ports": [port]}
    });
    list["items"].as_array_mut().unwrap().push(service);
    list.to_string()
}

pub(super) fn matrix(analysis: &Analysis, by: Grain) -> MatrixAnswer {
    let mut query = MatrixQuery::default();
    query.by = by;
    analysis.matrix(&query).unwrap()
}

/// What `check` says of a pair in a family; none: it has no flow in it.
pub(super) fn checked(answer: &CheckAnswer, family: Family) -> Option<Said> {
    let parts = answer.parts.iter().filter(|p| about(&p.families, family) && p.relation != Some(Relation::Itself));
    let says = |p: &&Part, code: Code| p.egress.reasons.iter().any(|r| r.code == code);
    let parts: Vec<&Part> = parts.filter(|p| !says(p, Code::NoCommonFamily)).collect();
    // What is said of a node's port is said in no family: nobody is known behind it.
    parts.iter().find(|p| !says(p, Code::NoBackends))?;
    let mut said = nothing();
    for part in parts {
        match part.verdict {
            Verdict::Allow => add(&mut said, &part.traffic, &TrafficSet::empty()),
            Verdict::Undefined => add(&mut said, &TrafficSet::empty(), &part.traffic),
            _ => {}
        }
    }
    Some(said)
}

/// Whether a peer of the matrix stands for a pod or node, among others perhaps.
pub(super) fn stands_for(cluster: &Cluster, peer: &Peer, party: Party) -> bool {
    let is = |name: &str| peer.name.as_deref() == Some(name);
    let pod = match party {
        Party::Pod(pod) => pod,
        Party::Node(node) => {
            let node = &*cluster.nodes[node].name;
            return match peer.kind_of {
                PeerKind::Node => is(node),
                PeerKind::Nodes => peer.nodes.is_empty() || peer.nodes.iter().any(|n| **n == *node),
                _ => false,
            };
        }
        Party::Address(address) => return holds(&peer.cidrs, address),
    };
    let pod_name = &*cluster.pods[pod].name;
    peer.namespace.as_deref() == Some(&*cluster.pods[pod].ns)
        && match peer.kind_of {
            PeerKind::Pod => is(pod_name),
            PeerKind::Workload if is(&format!("set-{}", pod % 2)) => {
                peer.pods.is_empty() || peer.pods.iter().any(|p| **p == *pod_name)
            }
            _ => false,
        }
}

pub(super) fn related(cluster: &Cluster, relation: Option<Relation>, a: Party, b: Party) -> bool {
    let node = |party| match party {
        Party::Pod(pod) => cluster.pods[pod].node.as_ref(),
        Party::Node(node) => Some(&cluster.nodes[node].name),
        Party::Address(_) => None,
    };
    let actual = match (node(a), node(b)) {
        (Some(x), Some(y)) if x == y => Relation::SameNode,
        (Some(_), Some(_)) => Relation::OtherNodes,
        _ => Relation::UnknownNodes,
    };
    relation.is_none_or(|r| r == actual)
}

pub(super) fn listed(cluster: &Cluster, answer: &MatrixAnswer, a: Party, b: Party, family: Family) -> Said {
    let mut said = nothing();
    let of_pair = |c: &&Connection| {
        stands_for(cluster, &c.from, a)
            && stands_for(cluster, &c.to, b)
            && about(&c.families, family)
            && related(cluster, c.relation, a, b)
    };
    answer.connections.iter().filter(of_pair).for_each(|c| add(&mut said, &c.allow, &c.undefined));
    said
}

pub(super) fn holds(cidrs: &[String], address: IpAddr) -> bool {
    AddressSet::nets(cidrs.iter().map(|c| c.parse().unwrap())).contains(address)
}

fn listed_outside(cluster: &Cluster, answer: &MatrixAnswer, pod: Party, address: IpAddr) -> [Said; 2] {
    let (mut out, mut into) = (nothing(), nothing());
    for c in &answer.connections {
        if stands_for(cluster, &c.from, pod) && holds(&c.to.cidrs, address) {
            add(&mut out, &c.allow, &c.undefined);
        }
        if stands_for(cluster, &c.to, pod) && holds(&c.from.cidrs, address) {
            add(&mut into, &c.allow, &c.undefined);
        }
    }
    [out, into]
}

fn group_of(cluster: &Cluster, groups: &MatrixGroups, pod: Party) -> u32 {
    let ids: Vec<u32> =
        groups.groups.iter().filter(|g| g.members.iter().any(|m| stands_for(cluster, m, pod))).map(|g| g.id).collect();
    assert_eq!(ids.len(), 1, "a pod or node is in one group");
    ids[0]
}

/// The rectangles multiplied out, for two pods that have addresses of a family.
fn multiplied(cluster: &Cluster, groups: &MatrixGroups, a: Party, b: Party, family: Family) -> Said {
    let (from, to) = (group_of(cluster, groups, a), group_of(cluster, groups, b));
    let factor = |rectangles: &[GroupRectangle]| {
        let mut said = nothing();
        let of_pair = |r: &&GroupRectangle| r.from.contains(from) && r.to.contains(to) && about(&r.families, family);
        rectangles.iter().filter(of_pair).for_each(|r| add(&mut said, &r.allow, &r.undefined));
        said
    };
    let (mut egress, mut ingress) = (factor(&groups.egress), factor(&groups.ingress));
    let all = &groups.traffic;
    for exception in &groups.exceptions {
        match exception {
            GroupException::OwnNode { groups, ingress: of_ingress, egress: of_egress, judged } => {
                let hosts = (groups.contains(&from), groups.contains(&to));
                let same = related(cluster, Some(Relation::SameNode), a, b);
                let unknown = related(cluster, Some(Relation::UnknownNodes), a, b);
                let (direction, mode, group, host) = match hosts {
                    (true, false) => (Direction::Ingress, *of_ingress, to, from),
                    (false, true) => (Direction::Egress, *of_egress, from, to),
                    _ => continue,
                };
                if !(same || unknown) {
                    continue;
                }
                let exempt = judged
                    .iter()
                    .find(|j| (j.direction, j.group, j.host) == (direction, group, host) && about(&j.families, family))
                    .map_or((all.clone(), TrafficSet::empty()), |j| (j.allow.clone(), j.undefined.clone()));
                let factor = if direction == Direction::Ingress { &mut ingress } else { &mut egress };
                let may = |said: &Said| said.0.union(&said.1);
                match mode {
                    OwnNode::Exempt if same => *factor = exempt,
                    OwnNode::Policed => {}
                    _ => {
                        let must = factor.0.intersection(&exempt.0);
                        let may = may(factor).union(&may(&exempt));
                        *factor = (must.clone(), may.difference(&must));
                    }
                }
            }
            GroupException::NodePorts { groups, undefined } if groups.contains(&to) => {
                ingress = (ingress.0.difference(undefined), ingress.1.union(undefined));
                egress = (egress.0.difference(undefined), egress.1.union(undefined));
            }
            GroupException::NodePorts { .. } => {}
            GroupException::SharedUnknown { from: x, to: y, families, allow, undefined } => {
                if (*x, *y) == (from, to) && about(families, family) {
                    return (allow.clone(), undefined.clone());
                }
            }
        }
    }
    let must = egress.0.intersection(&ingress.0);
    let may = egress.0.union(&egress.1).intersection(&ingress.0.union(&ingress.1));
    let undefined = may.difference(&must);
    (must, undefined)
}

fn multiplied_outside(cluster: &Cluster, groups: &MatrixGroups, pod: Party, address: IpAddr) -> [Said; 2] {
    let id = group_of(cluster, groups, pod);
    let (mut out, mut into) = (nothing(), nothing());
    for r in groups.outside_egress.iter().filter(|r| r.from.contains(&id) && holds(&r.cidrs, address)) {
        add(&mut out, &r.allow, &r.undefined);
    }
    for r in groups.outside_ingress.iter().filter(|r| r.to.contains(&id) && holds(&r.cidrs, address)) {
        add(&mut into, &r.allow, &r.undefined);
        for exception in &groups.exceptions {
            if let GroupException::NodePorts { groups, undefined } = exception
                && groups.contains(&id)
            {
                into = (into.0.difference(undefined), into.1.union(undefined));
            }
        }
    }
    [out, into]
}

#[test]
fn the_matrix_says_what_check_says_of_every_pair() {
    let mut runner = TestRunner::new(config(part_of_clusters(5)));
    let tally = std::cell::Cell::new([0_usize; 5]);
    let result = runner.run(&random::cluster(), |cluster| {
        let alive = (0..cluster.pods.len()).filter(|i| cluster.pods[*i].phase != Phase::Finished).map(Party::Pod);
        let alive: Vec<Party> = alive.chain((0..cluster.nodes.len()).map(Party::Node)).collect();
        let analysis = analysis(&cluster, "cluster.json", owned(&cluster));
        let (by_pod, by_workload) = (matrix(&analysis, Grain::Pod), matrix(&analysis, Grain::Workload));
        let groups = analysis.matrix_groups(&MatrixQuery::default()).unwrap();
        let text = || random::to_yaml(&cluster);
        let [mut pairs, mut open, mut outside, mut nodes] = [0; 4];
        for a in &alive {
            for b in alive.iter().filter(|b| *b != a) {
                let answer = analysis.check(&name(&cluster, *a), &name(&cluster, *b), "any");
                for family in Family::ALL {
                    let flow = answer.as_ref().ok().filter(|a| !no_flow(a)).and_then(|a| checked(a, family));
                    let expected = flow.clone().unwrap_or_else(nothing);
                    let who = format!("{} → {} {family:?}", name(&cluster, *a), name(&cluster, *b));
                    // Families are named where they differ only, so one without a flow may go unsaid.
                    if flow.is_some() {
                        pairs += 1;
                        nodes += usize::from([a, b].iter().any(|p| matches!(p, Party::Node(_))));
                        open += usize::from(!expected.1.is_empty());
                        let product = multiplied(&cluster, &groups, *a, *b, family);
                        let shown = listed(&cluster, &by_pod, *a, *b, family);
                        prop_assert_eq!(&shown, &expected, "by pod: {}\n{}", who, text());
                        let shown = listed(&cluster, &by_workload, *a, *b, family);
                        prop_assert_eq!(&shown, &expected, "by workload: {}\n{}", who, text());
                        let named = |id: u32| &groups.groups[id as usize].families;
                        let has = |i: Party| about(named(group_of(&cluster, &groups, i)), family);
                        if has(*a) && has(*b) {
                            prop_assert_eq!(&product, &expected, "groups: {}\n{:#?}\n{}", who, groups, text());
                        }
                    }
                }
            }
            for address in random::outside(&cluster) {
                let family = Family::of(address);
                let party = (name(&cluster, *a), address.to_string());
                if !holds(&groups.outside, address) {
                    continue;
                }
                let said = |from: &str, to: &str| {
                    let answer = analysis.check(from, to, "any").ok().filter(|a| !no_flow(a))?;
                    checked(&answer, family)
                };
                let expected = [said(&party.0, &party.1), said(&party.1, &party.0)].map(|s| s.unwrap_or_else(nothing));
                outside += 1;
                let shown = listed_outside(&cluster, &by_pod, *a, address);
                prop_assert_eq!(&shown, &expected, "by pod: {:?}\n{}", party, text());
                let shown = listed_outside(&cluster, &by_workload, *a, address);
                prop_assert_eq!(&shown, &expected, "by workload: {:?}\n{}", party, text());
                let shown = multiplied_outside(&cluster, &groups, *a, address);
                prop_assert_eq!(&shown, &expected, "groups: {:?}\n{}", party, text());
            }
        }
        let [p, o, x, s, n] = tally.get();
        let shared = groups.exceptions.iter().filter(|e| matches!(e, GroupException::SharedUnknown { .. })).count();
        tally.set([p + pairs, o + open, x + outside, s + shared, n + nodes]);
        Ok(())
    });
    let [pairs, open, outside, shared, nodes] = tally.get();
    println!(
        "{pairs} pairs ({nodes} with a node), {open} of them partly undefined, {outside} ends with an address, {shared} shared unknowns"
    );
    if let Err(error) = result {
        panic!("{error}");
    }
    assert!(pairs > 100 && nodes > 100 && open > 10 && outside > 100, "the clusters are too small to tell");
}

#[test]
fn the_bytes_of_a_matrix_do_not_depend_on_the_order_of_documents() {
    let mut runner = TestRunner::new(config(part_of_clusters(5)));
    let result = runner.run(&random::cluster(), |cluster| {
        let mut list: serde_json::Value = serde_json::from_str(&owned(&cluster)).unwrap();
        let forward = analysis(&cluster, "a.json", list.to_string());
        list["items"].as_array_mut().unwrap().reverse();
        let backward = analysis(&cluster, "a.json", list.to_string());
        let bytes = |analysis: &Analysis| {
            let mut all: Vec<String> =
                Grain::ALL.map(|by| serde_json::to_string_pretty(&matrix(analysis, by)).unwrap()).into();
            all.push(serde_json::to_string_pretty(&analysis.matrix_groups(&MatrixQuery::default()).unwrap()).unwrap());
            all
        };
        for (a, b) in bytes(&forward).iter().zip(&bytes(&backward)) {
            if let Some((x, y)) = a.lines().zip(b.lines()).find(|(x, y)| x != y) {
                prop_assert!(false, "{x} / {y}\n{}", random::to_yaml(&cluster));
            }
            prop_assert_eq!(a.len(), b.len());
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
