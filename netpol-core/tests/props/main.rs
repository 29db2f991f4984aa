//! The engine against the naive oracle, on random clusters, and against itself.
//!
//! `NETPOL_CLUSTERS=20000 cargo test --release -p netpol-core --test props` runs as many.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../oracle/admin.rs"]
#[allow(missing_docs, unreachable_pub, reason = "the oracle is a program of its own")]
mod admin;
#[path = "../oracle/cluster.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, reason = "the oracle is a program of its own")]
mod cluster;
#[path = "../oracle/manifests.rs"]
#[allow(missing_docs, unreachable_pub, reason = "the oracle is a program of its own")]
mod manifests;
mod matrix;
#[path = "../oracle/network_policy.rs"]
#[allow(missing_docs, unreachable_pub, reason = "the oracle is a program of its own")]
mod network_policy;
#[path = "../oracle/options.rs"]
#[allow(missing_docs, unreachable_pub, reason = "the oracle is a program of its own")]
mod options;
#[path = "../oracle/oracle.rs"]
#[allow(missing_docs, unreachable_pub, reason = "the oracle is a program of its own")]
mod oracle;
#[path = "../oracle/random.rs"]
#[allow(missing_docs, unreachable_pub, reason = "the oracle is a program of its own")]
mod random;
#[path = "../oracle/services.rs"]
#[allow(missing_docs, unreachable_pub, dead_code, reason = "the oracle is a program of its own")]
mod services;
#[path = "../oracle/worlds.rs"]
#[allow(missing_docs, unreachable_pub, reason = "the oracle is a program of its own")]
mod worlds;

mod coverage;
mod explain;
mod families;
mod fix;
mod graph;
mod lint;
mod node_ports;
mod outside;
mod profiles;
#[path = "services.rs"]
mod through_services;

use netpol_core::query::{CheckAnswer, QueryProblem, Verdict};
use netpol_core::{Analysis, AnalysisOptions, Inputs, Profile, ProfileOption, ReadOptions, explain::Code, read, set};
use oracle::{Answer, Cluster, Family, Party, Protocol, decide};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeMap;

fn clusters() -> u32 {
    std::env::var("NETPOL_CLUSTERS").ok().and_then(|n| n.parse().ok()).unwrap_or(300)
}

/// A part of them, for tests that ask many questions of each; of many, a smaller part.
fn part_of_clusters(part: u32) -> u32 {
    (clusters() / part).min(800 + clusters() / 50)
}

/// Whether there are so many that what is rare is among them.
fn are_many() -> bool {
    clusters() >= 2000
}

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, max_shrink_iters: 4000, ..Config::default() }
}

/// The profile that does what the cluster's plugin does.
fn profile(cluster: &Cluster) -> Profile {
    let options = ProfileOption::ALL.iter().map(|option| option.code());
    options.fold(Profile::GENERIC, |profile, option| profile.with(option, cluster.options.get(option)).unwrap())
}

fn analysis(cluster: &Cluster, name: &str, text: String) -> Analysis {
    let mut inputs = Inputs::default();
    inputs.push(name, text);
    let snapshot = read(&inputs, &ReadOptions::default());
    assert!(!snapshot.report().has_errors(), "{:?}", snapshot.report().diagnostics);
    let mut options = AnalysisOptions::from(profile(cluster));
    options.pod_cidrs =
        cluster.pod_cidrs.iter().map(|c| format!("{}/{}", c.address, c.prefix).parse().unwrap()).collect();
    Analysis::new(snapshot, options)
}

fn name(cluster: &Cluster, party: Party) -> String {
    match party {
        Party::Pod(i) => format!("{}/pod/{}", cluster.pods[i].ns, cluster.pods[i].name),
        Party::Node(i) => format!("node/{}", cluster.nodes[i].name),
        Party::Address(ip) => ip.to_string(),
    }
}

fn protocol(p: Protocol) -> set::Protocol {
    match p {
        Protocol::Tcp => set::Protocol::Tcp,
        Protocol::Udp => set::Protocol::Udp,
        Protocol::Sctp => set::Protocol::Sctp,
        Protocol::Icmp => set::Protocol::Icmp,
    }
}

/// What the parts of an answer say of one packet.
fn verdict(answer: &CheckAnswer, family: Family, proto: Protocol, port: u16) -> Result<Verdict, String> {
    let family = if family == Family::V4 { set::Family::V4 } else { set::Family::V6 };
    let parts: Vec<_> = answer
        .parts
        .iter()
        .filter(|p| p.families.is_empty() || p.families.contains(&family))
        .filter(|p| p.traffic.contains(protocol(proto), port))
        .collect();
    match parts.as_slice() {
        [part] => Ok(part.verdict),
        other => Err(format!("{} parts hold the packet: {other:?}", other.len())),
    }
}

fn no_flow(answer: &CheckAnswer) -> bool {
    answer.parts.iter().all(|p| p.egress.reasons.iter().any(|r| r.code == Code::NoCommonFamily))
}

/// Verdicts, and how often they were seen.
type Tally = BTreeMap<&'static str, usize>;

/// Every probe of a cluster, by the engine and by the oracle.
fn agrees(cluster: &Cluster, tally: &mut Tally) -> Result<(), TestCaseError> {
    let analysis = match cluster.pods.len() % 2 {
        0 => analysis(cluster, "cluster.yaml", random::to_yaml(cluster)),
        _ => analysis(cluster, "cluster.json", random::to_json(cluster)),
    };
    let mut answers = BTreeMap::new();
    for (src, dst, family, proto, port) in random::probes(cluster) {
        let expected = decide(cluster, src, dst, family, proto, port);
        let (from, to) = (name(cluster, src), name(cluster, dst));
        let traffic = if proto == Protocol::Icmp { "icmp" } else { "any" };
        let key = (from.clone(), to.clone(), traffic);
        let answer = answers.entry(key).or_insert_with(|| analysis.check(&from, &to, traffic));
        let text = || format!("{from} → {to} {family:?} {proto:?} {port} {:?}", cluster.options);
        let actual = match answer {
            Err(error) => {
                prop_assert_eq!(error.code, QueryProblem::Finished, "{}: {}", text(), error);
                prop_assert_eq!(expected, Answer::NoFlow, "{}", text());
                continue;
            }
            // An answer says which family only where families differ.
            Ok(answer) if expected == Answer::NoFlow => {
                let one_family = answer.parts.iter().all(|p| p.families.is_empty());
                prop_assert!(no_flow(answer) || one_family, "{}: no flow, yet {:?}", text(), answer.parts);
                continue;
            }
            Ok(answer) => {
                verdict(answer, family, proto, port).map_err(|e| TestCaseError::fail(format!("{}: {e}", text())))?
            }
        };
        let expected = match expected {
            Answer::Allow => Verdict::Allow,
            Answer::Deny => Verdict::Deny,
            Answer::Undefined | Answer::NoFlow => Verdict::Undefined,
        };
        *tally.entry(expected.name()).or_default() += 1;
        prop_assert_eq!(actual, expected, "{}\n{}", text(), random::to_yaml(cluster));
    }
    Ok(())
}

#[test]
fn the_engine_agrees_with_the_oracle() {
    let seen = std::cell::RefCell::new(Tally::new());
    let mut runner = TestRunner::new(config(clusters()));
    let result = runner.run(&random::cluster(), |cluster| agrees(&cluster, &mut seen.borrow_mut()));
    println!("{} clusters, packets by verdict: {seen:?}", clusters());
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn groups_are_the_union_of_their_members() {
    let mut runner = TestRunner::new(config(clusters() / 10));
    let result = runner.run(&random::cluster(), |cluster| {
        let analysis = analysis(&cluster, "cluster.yaml", random::to_yaml(&cluster));
        let Ok(all) = analysis.check("*/*", "*/*", "any") else { return Ok(()) };
        let living = |i: &usize| analysis.check(&name(&cluster, Party::Pod(*i)), "*/*", "any").is_ok();
        let pods: Vec<usize> = (0..cluster.pods.len()).filter(living).collect();
        for a in &pods {
            for b in &pods {
                let one =
                    analysis.check(&name(&cluster, Party::Pod(*a)), &name(&cluster, Party::Pod(*b)), "any").unwrap();
                // What the big answer says of this pair, by verdict and family, is what the small one says.
                let names = |p: &netpol_core::query::Peer, i: usize| {
                    p.namespace.as_deref() == Some(&*cluster.pods[i].ns)
                        && p.name.as_deref() == Some(&*cluster.pods[i].name)
                };
                for part in &one.parts {
                    for (proto, low, high) in part.traffic.ranges() {
                        for port in [low, high] {
                            let same = all.parts.iter().any(|p| {
                                p.verdict == part.verdict
                                    && p.traffic.contains(proto, port)
                                    && (p.families.is_empty()
                                        || part.families.is_empty()
                                        || part.families.iter().all(|f| p.families.contains(f)))
                                    && p.from.iter().any(|x| names(x, *a))
                                    && p.to.iter().any(|x| names(x, *b))
                                    && (p.relation != Some(netpol_core::query::Relation::Itself) || a == b)
                            });
                            prop_assert!(
                                same,
                                "{} → {}: {part:?}\nnot in {:#?}",
                                name(&cluster, Party::Pod(*a)),
                                name(&cluster, Party::Pod(*b)),
                                all.parts
                            );
                        }
                    }
                }
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn the_order_of_documents_does_not_matter() {
    let mut runner = TestRunner::new(config(clusters() / 10));
    let result = runner.run(&random::cluster(), |cluster| {
        let text = random::to_yaml(&cluster);
        let mut documents: Vec<&str> = text.split("---\n").filter(|d| !d.trim().is_empty()).collect();
        let forward = analysis(&cluster, "a.yaml", documents.join("---\n"));
        documents.reverse();
        let backward = analysis(&cluster, "a.yaml", documents.join("---\n"));
        let strip = |analysis: &Analysis| {
            let mut answer = analysis.check("*/*", "*/*", "any").ok()?;
            for part in &mut answer.parts {
                for direction in [&mut part.egress, &mut part.ingress] {
                    for reason in direction.reasons.iter_mut().chain(&mut direction.near_misses) {
                        if let Some(origin) = &mut reason.origin {
                            (origin.place, origin.port) = (None, None);
                        }
                    }
                    direction.reasons.sort();
                    direction.near_misses.clear();
                }
            }
            // Where an object stands in its file does depend on the order.
            answer.notes.iter_mut().for_each(|n| drop(n.params.remove("offset")));
            answer.parts.sort();
            Some(answer)
        };
        let (a, b) = (format!("{:#?}", strip(&forward)), format!("{:#?}", strip(&backward)));
        if let Some((x, y)) = a.lines().zip(b.lines()).find(|(x, y)| x != y) {
            prop_assert!(false, "{x} / {y}");
        }
        prop_assert_eq!(a.len(), b.len());
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
