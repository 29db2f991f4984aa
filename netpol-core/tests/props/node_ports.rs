//! Ports of nodes that lead on to pods: the tables, and the egress of pods, against `check`.

use super::matrix::{about, dressed, listed, matrix, related, stands_for};
use super::oracle::{Cluster, Party, Phase};
use super::oracle::{PortRef, cidr};
use super::services::{self, Kind, Service};
use super::{analysis, clusters, config, name, part_of_clusters, random};
use netpol_core::Analysis;
use netpol_core::explain::Code;
use netpol_core::query::{Change, CheckAnswer, EgressQuery, Grain, PeerKind, Range, Relation, Verdict};
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

/// Whether anybody of the cluster has an address of a family.
fn exists(cluster: &Cluster, family: Family) -> bool {
    let pods = cluster.pods.iter().flat_map(|pod| &pod.ips);
    let mut known = pods.chain(cluster.nodes.iter().flat_map(|node| &node.addresses));
    known.any(|ip| Family::of(*ip) == family)
}

/// What a change says of a packet: opened, closed, undecided; undefined before, undefined now.
type Flags = [bool; 5];

fn said(change: &Change, (protocol, port): (Protocol, u16)) -> Flags {
    let Change { opened, closed, undecided, undefined_before, undefined_now, .. } = change;
    [opened, closed, undecided, undefined_before, undefined_now].map(|of| of.contains(protocol, port))
}

fn flags(old: Verdict, new: Verdict) -> Flags {
    let differ = old != new;
    [
        differ && new == Verdict::Allow,
        differ && old == Verdict::Allow,
        differ && old != Verdict::Allow && new != Verdict::Allow,
        differ && old == Verdict::Undefined,
        differ && new == Verdict::Undefined,
    ]
}

/// What `check` says of those who answer, one by one, and of all together; none: they are not asked.
struct Told {
    each: Vec<Option<Verdict>>,
    all: Option<Verdict>,
}

impl Told {
    fn of_all(&self) -> Verdict {
        self.all.unwrap_or(Verdict::Deny)
    }

    /// Whether somebody answers to whom it is led on.
    fn leads(&self, own: Option<usize>) -> bool {
        self.each.iter().enumerate().any(|(at, told)| told.is_some() && Some(at) != own)
    }
}

fn told_of_each(cluster: &Cluster, who: &[Party], client: Party, answer: Option<&CheckAnswer>) -> Told {
    let parts = |party: Party| {
        let mut answer = answer.cloned()?;
        answer.parts.retain(|part| {
            let related = match part.relation {
                Some(Relation::Itself) => party == client,
                Some(Relation::Others) => party != client,
                _ => true,
            };
            related && part.to.iter().any(|to| stands_for(cluster, to, party))
        });
        told(&answer)
    };
    Told { each: who.iter().map(|party| parts(*party)).collect(), all: answer.and_then(told) }
}

/// What is to be said of each who answers, none: nothing in particular; if of nobody, of all together.
/// `own` is who was asked for.
fn expected(old: &Told, new: &Told, own: Option<usize>) -> (Vec<Option<Flags>>, Option<Flags>) {
    let of_all = Some(flags(old.of_all(), new.of_all()));
    let each = |of: &dyn Fn(usize) -> Option<Flags>| (0..old.each.len()).map(of).collect::<Vec<_>>();
    let nobody = [false; 5];
    match ([old.leads(own), new.leads(own)], [old.all.is_some(), new.all.is_some()]) {
        ([false, false], _) => (each(&|_| None), of_all),
        // Elsewhere in one of the states: those count who are reached there.
        ([true, false], [_, true]) | ([false, true], [true, _]) => {
            let (here, there) = if old.leads(own) { (old, new) } else { (new, old) };
            let is_own = own.is_some_and(|at| there.each[at].is_some());
            let other = if is_own { Verdict::Deny } else { there.of_all() };
            let (before, after) = if old.leads(own) { (Verdict::Allow, other) } else { (other, Verdict::Allow) };
            let changed = each(&|at| {
                let open = here.each[at] == Some(Verdict::Allow) && Some(at) != own;
                open.then(|| flags(before, after))
            });
            let some = changed.iter().flatten().any(|flags| *flags != nobody);
            (changed, if some { None } else { of_all })
        }
        _ => {
            let of = |told: &Told, at: usize| told.each[at].unwrap_or(Verdict::Deny);
            let changed = each(&|at| (Some(at) != own).then(|| flags(of(old, at), of(new, at))));
            let some = changed.iter().flatten().any(|flags| *flags != nobody);
            (changed, if some { None } else { of_all })
        }
    }
}

/// What changes say of a packet: of each who answers; and together.
fn changed(cluster: &Cluster, who: &[Party], changes: &[&Change], packet: (Protocol, u16)) -> (Vec<Flags>, Flags) {
    let all = |party: Option<Party>| {
        let of = changes.iter().filter(|c| {
            c.behind.is_empty() || party.is_none_or(|party| c.behind.iter().any(|b| stands_for(cluster, b, party)))
        });
        of.map(|c| said(c, packet)).fold([false; 5], |all, one| [0, 1, 2, 3, 4].map(|at| all[at] | one[at]))
    };
    (who.iter().map(|party| all(Some(*party))).collect(), all(None))
}

#[test]
fn differences_follow_those_who_answer_as_check_does() {
    let strategy = random::cluster().prop_flat_map(|cluster| (services::service(&cluster), Just(cluster)));
    let tally = Cell::new([0_usize; 6]);
    let result = TestRunner::new(config(part_of_clusters(3))).run(&strategy, |(service, cluster)| {
        let protocol = super::protocol(service.protocol);
        let mut fewer = cluster.clone();
        fewer.policies.truncate(cluster.policies.len() / 2);
        fewer.admin.truncate(cluster.admin.len() / 2);
        // A Service may be another one.
        let mut other = service.clone();
        match cluster.pods.len() % 5 {
            0 => other.outside_local = !service.outside_local,
            1 => other.kind = Kind::ClusterIp,
            2 => other.ranges = if service.ranges.is_empty() { vec![cidr("203.0.113.0/25")] } else { Vec::new() },
            3 | 4 => other.target = PortRef::Number(8080),
            _ => {}
        }
        let of = |cluster: &Cluster, service| analysis(cluster, "cluster.json", manifests(cluster, service));
        let (before, after) = (of(&cluster, &service), of(&fewer, &other));
        let diff = before.diff(&after).unwrap();
        prop_assert!(diff.notes.is_empty());
        let pods: Vec<Party> =
            (0..cluster.pods.len()).filter(|i| cluster.pods[*i].phase != Phase::Finished).map(Party::Pod).collect();
        let nodes: Vec<Party> = (0..cluster.nodes.len()).map(Party::Node).collect();
        let who = [pods.clone(), nodes.clone()].concat();
        let text =
            |what: String| format!("{what}\n{}\n---\n{}", manifests(&cluster, &service), manifests(&fewer, &other));
        let check = |analysis: &Analysis, from: &str, to: &str, packet: (Protocol, u16)| {
            analysis.check(from, to, &format!("{}/{:?}", packet.1, packet.0).to_lowercase()).ok()
        };
        let count = |at: usize, changed: bool| {
            let mut all = tally.get();
            all[2 * at + usize::from(changed)] += 1;
            tally.set(all);
        };
        let outside = random::outside(&cluster).into_iter().map(Party::Address);
        for client in who.iter().copied().chain(outside) {
            let from = name(&cluster, client);
            let is_from = |c: &&Change| stands_for(&cluster, &c.from, client);
            for node in nodes.iter().copied().filter(|node| *node != client) {
                let Party::Node(at) = node else { continue };
                for packet in [(protocol, services::NODE_PORT), (Protocol::Tcp, HOST_PORT)] {
                    for ip in &cluster.nodes[at].addresses {
                        let family = Family::of(*ip);
                        if !shares(&cluster, client, family) {
                            continue;
                        }
                        let [old, new] = [&before, &after].map(|analysis| {
                            let answer = check(analysis, &from, &ip.to_string(), packet);
                            told_of_each(&cluster, &who, client, answer.as_ref())
                        });
                        let meant: Vec<&Change> = diff
                            .changes
                            .iter()
                            .filter(is_from)
                            .filter(|c| {
                                said(c, packet) != [false; 5]
                                    && stands_for(&cluster, &c.to, node)
                                    && about(&c.families, family)
                                    && related(&cluster, c.relation, client, node)
                            })
                            .collect();
                        let (each, all) = changed(&cluster, &who, &meant, packet);
                        let own = who.iter().position(|party| *party == node);
                        let (of_each, of_all) = expected(&old, &new, own);
                        let context = || {
                            let of = |told: &Told| format!("{:?} {:?}", told.each, told.all);
                            let who: Vec<String> = who.iter().map(|party| name(&cluster, *party)).collect();
                            let way = format!("{from} -> {}:{packet:?} {family:?}", name(&cluster, node));
                            text(format!("{way} {} {} {who:?} {meant:?}", of(&old), of(&new)))
                        };
                        match of_all {
                            Some(of_all) => prop_assert_eq!(all, of_all, "{}", context()),
                            None => {
                                // Who does not answer there has nothing to do with what is said of all.
                                let of_all = meant.iter().all(|c| c.behind.is_empty());
                                for (at, flags) in of_each.iter().enumerate() {
                                    let Some(flags) = flags.filter(|flags| !of_all || *flags != [false; 5]) else {
                                        continue;
                                    };
                                    prop_assert_eq!(each[at], flags, "{}: {}", name(&cluster, who[at]), context());
                                }
                            }
                        }
                        count(0, old.each != new.each);
                    }
                }
            }
            // By the Service: from outside where a balancer leads in; from inside by its name.
            let to = format!("{}/svc/probe", service.ns);
            let packet = (protocol, service.port);
            let outsider = matches!(client, Party::Address(_));
            let there = |service: &Service| !outsider || service.kind == Kind::LoadBalancer;
            let is_of = |c: &&Change| is_from(c) && c.to.kind_of == PeerKind::Service;
            if !outsider && [&service, &other].iter().all(|service| service.kind == Kind::Headless) {
                prop_assert!(!diff.changes.iter().any(|c| is_of(&c)));
                continue;
            }
            for family in Family::ALL.into_iter().filter(|f| shares(&cluster, client, *f) && exists(&cluster, *f)) {
                let [old, new] = [(&before, &service), (&after, &other)].map(|(analysis, service)| {
                    let mut answer = check(analysis, &from, &to, packet).filter(|_| there(service));
                    if let Some(answer) = &mut answer {
                        answer.parts.retain(|part| about(&part.families, family));
                    }
                    told_of_each(&cluster, &who, client, answer.as_ref())
                });
                // Of a Service of which no family is known, `check` tells of those who have the family and of
                // others alike.
                let concerned = |at: usize| old.each[at].is_some() || new.each[at].is_some();
                if (0..who.len()).any(|at| concerned(at) && !shares(&cluster, who[at], family)) {
                    continue;
                }
                let meant: Vec<&Change> =
                    diff.changes.iter().filter(is_of).filter(|c| about(&c.families, family)).collect();
                let (each, all) = changed(&cluster, &who, &meant, packet);
                let (of_each, of_all) = expected(&old, &new, None);
                let context = || {
                    let of = |told: &Told| format!("{:?} {:?}", told.each, told.all);
                    let who: Vec<String> = who.iter().map(|party| name(&cluster, *party)).collect();
                    text(format!("{from} -> {to} {family:?} {} {} {who:?} {meant:?}", of(&old), of(&new)))
                };
                // Of one who asks inside, another line may tell of the pod itself; and nothing of itself.
                let itself = |at: usize| {
                    let of_pod = |c: &&Change| is_from(c) && stands_for(&cluster, &c.to, who[at]);
                    !outsider && (who[at] == client || diff.changes.iter().any(|c| of_pod(&c)))
                };
                let by_line = (0..who.len()).any(|at| concerned(at) && itself(at));
                match of_all {
                    Some(of_all) if !by_line => prop_assert_eq!(all, of_all, "{}", context()),
                    Some(of_all) => prop_assert!(all == of_all || all == [false; 5], "{}", context()),
                    None => {
                        for at in (0..who.len()).filter(|at| concerned(*at)) {
                            let Some(flags) = of_each[at] else { continue };
                            if !(itself(at) && each[at] == [false; 5]) {
                                prop_assert_eq!(each[at], flags, "{}: {}", name(&cluster, who[at]), context());
                            }
                        }
                    }
                }
                count(if outsider { 1 } else { 2 }, each.iter().any(|flags| *flags != [false; 5]));
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let all = tally.get();
    println!("ports of nodes, from outside, by name: each the same, and changed: {all:?}");
    // Few clusters have few of the rarest.
    let least = if clusters() < 10_000 { 0 } else { 25 };
    assert!(all.iter().all(|count| *count >= least), "the clusters are too small to tell: {all:?}");
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
