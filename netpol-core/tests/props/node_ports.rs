//! Ports of nodes that lead on to pods: the tables, and the egress of pods, against `check`.

use super::matrix::{about, dressed, listed, matrix, related, stands_for};
use super::oracle::{Cluster, Party, Phase};
use super::services::{self, Kind, Service};
use super::{analysis, config, name, part_of_clusters, random};
use netpol_core::Analysis;
use netpol_core::explain::Code;
use netpol_core::query::{Change, CheckAnswer, EgressQuery, Grain, Range, Verdict};
use netpol_core::set::{AddressSet, Family, Protocol, TrafficSet};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde::Deserialize as _;
use serde_json::{Value, json};
use std::cell::Cell;

/// A port of the node of each pod that leads to it.
const HOST_PORT: u16 = 30081;

/// With a Service, and a `hostPort` of each pod that is not on its node's network.
fn manifests(cluster: &Cluster, service: &Service) -> String {
    let mut list = dressed(cluster);
    let items = list["items"].as_array_mut().unwrap();
    for pod in items.iter_mut().filter(|o| o["kind"] == "Pod" && o["spec"]["hostNetwork"] != true) {
        let container = json!({"name": "exposed", "ports": [{"containerPort": 8080, "hostPort": HOST_PORT}]});
        match pod["spec"]["containers"].as_array_mut() {
            Some(containers) => containers.push(container),
            None => pod["spec"]["containers"] = json!([container]),
        }
    }
    for document in serde_yaml::Deserializer::from_str(&services::to_yaml(cluster, service)) {
        items.push(Value::deserialize(document).unwrap());
    }
    list.to_string()
}

/// What `check` says of a port, of all who may answer together; none: there is no flow.
fn told(answer: &CheckAnswer) -> Option<Verdict> {
    let flows = answer.parts.iter().filter(|p| p.egress.reasons.iter().all(|r| r.code != Code::NoCommonFamily));
    let verdicts: Vec<Verdict> = flows.map(|p| p.verdict).collect();
    let all = |verdict: Verdict| verdicts.iter().all(|v| *v == verdict);
    match verdicts.is_empty() {
        true => None,
        false if all(Verdict::Allow) => Some(Verdict::Allow),
        false if all(Verdict::Deny) => Some(Verdict::Deny),
        false => Some(Verdict::Undefined),
    }
}

fn shown(allow: &TrafficSet, undefined: &TrafficSet, (protocol, port): (Protocol, u16)) -> Verdict {
    match (allow.contains(protocol, port), undefined.contains(protocol, port)) {
        (true, _) => Verdict::Allow,
        (_, true) => Verdict::Undefined,
        _ => Verdict::Deny,
    }
}

/// Whether somebody has an address of a family, or may have.
fn shares(cluster: &Cluster, party: Party, family: Family) -> bool {
    let own = match party {
        Party::Address(ip) => vec![ip],
        Party::Pod(i) => cluster.pods[i].ips.clone(),
        Party::Node(i) => cluster.nodes[i].addresses.clone(),
    };
    own.is_empty() || own.iter().any(|ip| Family::of(*ip) == family)
}

/// What a change says of a packet: opened, closed, undecided.
fn said(change: &Change, (protocol, port): (Protocol, u16)) -> [bool; 3] {
    [&change.opened, &change.closed, &change.undecided].map(|of| of.contains(protocol, port))
}

#[test]
fn differences_follow_the_ports_of_nodes_as_check_does() {
    let strategy = random::cluster().prop_flat_map(|cluster| (services::service(&cluster), Just(cluster)));
    let tally = Cell::new([0_usize; 2]);
    let result = TestRunner::new(config(part_of_clusters(3))).run(&strategy, |(service, cluster)| {
        let protocol = super::protocol(service.protocol);
        let mut fewer = cluster.clone();
        fewer.policies.truncate(cluster.policies.len() / 2);
        fewer.admin.truncate(cluster.admin.len() / 2);
        // A Service may be new, or be another one.
        let mut other = service.clone();
        match cluster.pods.len() % 3 {
            0 => other.outside_local = !service.outside_local,
            1 => other.kind = Kind::ClusterIp,
            _ => {}
        }
        let of = |cluster: &Cluster, service| analysis(cluster, "cluster.json", manifests(cluster, service));
        let (before, after) = (of(&cluster, &service), of(&fewer, &other));
        let diff = before.diff(&after).unwrap();
        let pods = (0..cluster.pods.len()).filter(|i| cluster.pods[*i].phase != Phase::Finished).map(Party::Pod);
        let nodes = (0..cluster.nodes.len()).map(Party::Node);
        let outside = random::outside(&cluster).into_iter().map(Party::Address);
        for client in pods.chain(nodes.clone()).chain(outside) {
            let from = name(&cluster, client);
            for node in nodes.clone().filter(|node| *node != client) {
                let Party::Node(at) = node else { continue };
                for (protocol, port) in [(protocol, services::NODE_PORT), (Protocol::Tcp, HOST_PORT)] {
                    let asked = format!("{port}/{protocol:?}").to_lowercase();
                    for ip in &cluster.nodes[at].addresses {
                        let family = Family::of(*ip);
                        if !shares(&cluster, client, family) {
                            continue;
                        }
                        let verdict = |analysis: &Analysis| {
                            let answer = analysis.check(&from, &ip.to_string(), &asked).ok();
                            answer.as_ref().and_then(told).unwrap_or(Verdict::Deny)
                        };
                        let (old, new) = (verdict(&before), verdict(&after));
                        let expected = [
                            new == Verdict::Allow && old != Verdict::Allow,
                            old == Verdict::Allow && new != Verdict::Allow,
                            [old, new].contains(&Verdict::Undefined) && [old, new].contains(&Verdict::Deny),
                        ];
                        let meant = diff.changes.iter().filter(|c| {
                            stands_for(&cluster, &c.from, client)
                                && stands_for(&cluster, &c.to, node)
                                && about(&c.families, family)
                                && related(&cluster, c.relation, client, node)
                        });
                        let found = meant
                            .map(|c| said(c, (protocol, port)))
                            .fold([false; 3], |all, one| [0, 1, 2].map(|at| all[at] | one[at]));
                        prop_assert_eq!(
                            found,
                            expected,
                            "{} -> {}:{} {:?} {:?} {:?}\n{}\n---\n{}",
                            from,
                            name(&cluster, node),
                            asked,
                            family,
                            old,
                            new,
                            manifests(&cluster, &service),
                            manifests(&fewer, &other)
                        );
                        let [same, changed] = tally.get();
                        tally.set(if old == new { [same + 1, changed] } else { [same, changed + 1] });
                    }
                }
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let [same, changed] = tally.get();
    println!("{same} the same, {changed} changed");
    assert!(same > 25 && changed > 25, "the clusters are too small to tell");
}

#[test]
fn tables_follow_the_ports_of_nodes_as_check_does() {
    let strategy = random::cluster().prop_flat_map(|cluster| (services::service(&cluster), Just(cluster)));
    let tally = Cell::new([0_usize; 3]);
    let result = TestRunner::new(config(part_of_clusters(3))).run(&strategy, |(service, cluster)| {
        let protocol = super::protocol(service.protocol);
        let by_service = matches!(service.kind, Kind::NodePort | Kind::LoadBalancer);
        let ports = [(protocol, services::NODE_PORT), (Protocol::Tcp, HOST_PORT)];
        let analysis = analysis(&cluster, "cluster.json", manifests(&cluster, &service));
        let tables = [Grain::Pod, Grain::Workload].map(|by| matrix(&analysis, by));
        let pods = (0..cluster.pods.len()).filter(|i| cluster.pods[*i].phase != Phase::Finished).map(Party::Pod);
        let nodes = (0..cluster.nodes.len()).map(Party::Node);
        let outside = random::outside(&cluster).into_iter().map(Party::Address);
        for client in pods.chain(nodes.clone()).chain(outside) {
            let from = name(&cluster, client);
            let mut query = EgressQuery::default();
            query.from = Some(from.clone());
            let egress = matches!(client, Party::Pod(_)).then(|| analysis.egress(&query).unwrap());
            for node in nodes.clone().filter(|node| *node != client) {
                let Party::Node(at) = node else { continue };
                for (protocol, port) in ports.iter().copied().filter(|(_, p)| by_service || *p == HOST_PORT) {
                    let asked = format!("{port}/{protocol:?}").to_lowercase();
                    for family in Family::ALL {
                        let has = cluster.nodes[at].addresses.iter().any(|ip| Family::of(*ip) == family);
                        if !has || !shares(&cluster, client, family) {
                            continue;
                        }
                        // By an address of the node, one family is asked about.
                        let ip = cluster.nodes[at].addresses.iter().find(|ip| Family::of(**ip) == family).unwrap();
                        let answer = analysis.check(&from, &ip.to_string(), &asked).unwrap();
                        let expected = told(&answer).unwrap_or(Verdict::Deny);
                        let text = || {
                            let who = format!("{from} -> {}:{asked} {family:?}", name(&cluster, node));
                            let parts: Vec<_> = answer.parts.iter().map(|p| (p.verdict, &p.families)).collect();
                            format!("{who} {parts:?}\n{}", manifests(&cluster, &service))
                        };
                        for table in &tables {
                            let (allow, undefined) = listed(&cluster, table, client, node, family);
                            let found = shown(&allow, &undefined, (protocol, port));
                            prop_assert_eq!(found, expected, "{:?}: {}", table.by, text());
                        }
                        let rows = egress.iter().flat_map(|e| &e.workloads).flat_map(|of| &of.cluster);
                        let rows: Vec<_> = rows.filter(|r| r.range == Range::Nodes).map(|r| &r.opening).collect();
                        if egress.is_some() {
                            let cidrs = |to: &netpol_core::query::Peer| {
                                AddressSet::nets(to.cidrs.iter().map(|c| c.parse().unwrap()))
                            };
                            let ips = cluster.nodes[at].addresses.iter().filter(|ip| Family::of(**ip) == family);
                            for ip in ips {
                                let here = rows.iter().filter(|o| cidrs(&o.to).contains(*ip));
                                let (mut allow, mut undefined) = (TrafficSet::empty(), TrafficSet::empty());
                                here.for_each(|o| {
                                    allow = allow.union(&o.allow);
                                    undefined = undefined.union(&o.undefined);
                                });
                                let found = shown(&allow, &undefined, (protocol, port));
                                prop_assert_eq!(found, expected, "egress: {}", text());
                            }
                        }
                        let [mut a, mut d, mut u] = tally.get();
                        match expected {
                            Verdict::Allow => a += 1,
                            Verdict::Deny => d += 1,
                            _ => u += 1,
                        }
                        tally.set([a, d, u]);
                    }
                }
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let [allowed, denied, undefined] = tally.get();
    println!("{allowed} allowed, {denied} denied, {undefined} undefined");
    assert!(allowed > 25 && denied > 25 && undefined > 25, "the clusters are too small to tell");
}
