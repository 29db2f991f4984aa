//! `check` through a Service against the naive oracle of Services.

use super::oracle::{Answer, Cluster, Family, Party, Phase};
use super::services::{self, Outcome, Service};
use super::{analysis, clusters, config, name, random};
use netpol_core::query::{CheckAnswer, Part, QueryProblem, Relation, Verdict};
use netpol_core::set;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Whether a part leads to a pod.
fn leads_to(part: &Part, cluster: &Cluster, pod: usize) -> bool {
    let pod = &cluster.pods[pod];
    part.to.iter().any(|to| to.namespace.as_deref() == Some(&*pod.ns) && to.name.as_deref() == Some(&*pod.name))
}

fn of_family(answer: &CheckAnswer, family: Family) -> impl Iterator<Item = &Part> {
    let family = if family == Family::V4 { set::Family::V4 } else { set::Family::V6 };
    answer.parts.iter().filter(move |p| p.families.is_empty() || p.families.contains(&family))
}

fn as_verdict(answer: Answer) -> Verdict {
    match answer {
        Answer::Allow => Verdict::Allow,
        Answer::Deny => Verdict::Deny,
        Answer::Undefined | Answer::NoFlow => Verdict::Undefined,
    }
}

#[test]
fn services_lead_where_the_oracle_says() {
    let strategy = random::cluster().prop_flat_map(|cluster| (services::service(&cluster), Just(cluster)));
    let seen = RefCell::new(BTreeMap::<String, usize>::new());
    let result =
        TestRunner::new(config(clusters())).run(&strategy, |(service, cluster)| look(&cluster, &service, &seen));
    if let Err(error) = result {
        panic!("{error}");
    }
    let seen = seen.into_inner();
    println!("{seen:?}");
    for kind in
        ["at Allow", "at Deny", "at Undefined", "ended Deny", "ended Undefined", "node at Allow", "node at Deny"]
    {
        assert!(seen.get(kind).is_some_and(|n| *n * 100 > clusters() as usize), "too few of {kind}: {seen:?}");
    }
}

pub(super) fn look(
    cluster: &Cluster,
    service: &Service,
    seen: &RefCell<BTreeMap<String, usize>>,
) -> Result<(), TestCaseError> {
    let text = random::to_yaml(cluster) + &services::to_yaml(cluster, service);
    let analysis = analysis(cluster, "cluster.yaml", text);
    let count = |what: String| *seen.borrow_mut().entry(what).or_default() += 1;
    let outside = ["203.0.113.7", "8.8.8.8", "2001:db8::7"].map(|ip| Party::Address(ip.parse().unwrap()));
    let owned = |party: &Party| match party {
        Party::Address(ip) => {
            let pods = cluster.pods.iter().flat_map(|p| &p.ips).chain(cluster.nodes.iter().flat_map(|n| &n.addresses));
            pods.into_iter().any(|own| own == ip) || cluster.pod_cidrs.iter().any(|c| c.contains(*ip))
        }
        _ => false,
    };
    let pods = (0..cluster.pods.len()).filter(|i| cluster.pods[*i].phase != Phase::Finished).map(Party::Pod);
    let nodes = (0..cluster.nodes.len()).map(Party::Node);
    for client in pods.chain(nodes).chain(outside.into_iter().filter(|p| !owned(p))) {
        let (from, to) = (name(cluster, client), format!("{}/svc/probe", service.ns));
        let protocol = format!("{}/{:?}", service.port, service.protocol).to_lowercase();
        let answer = match analysis.check(&from, &to, &protocol) {
            Ok(answer) => answer,
            Err(error) => {
                prop_assert_eq!(error.code, QueryProblem::NoFlow, "{} → {}: {}", from, to, error);
                continue;
            }
        };
        for family in [Family::V4, Family::V6] {
            let context = format!("{from} → {to} {family:?} {:?}: {service:?}", cluster.options);
            if let Some(outcome) = services::seen_through(cluster, service, client, family) {
                compare(cluster, client, family, &answer, outcome, &context, &count)?;
            }
        }
        // The same by its port at a node.
        for node in 0..cluster.nodes.len() {
            if !matches!(service.kind, services::Kind::NodePort | services::Kind::LoadBalancer) {
                continue;
            }
            let to = format!("node/{}", cluster.nodes[node].name);
            let port = format!("{}/{:?}", services::NODE_PORT, service.protocol).to_lowercase();
            let Ok(answer) = analysis.check(&from, &to, &port) else { continue };
            for family in [Family::V4, Family::V6] {
                // Without a family in common, no port is visited.
                let own = match client {
                    Party::Address(ip) => vec![ip],
                    Party::Pod(i) => cluster.pods[i].ips.clone(),
                    Party::Node(i) => cluster.nodes[i].addresses.clone(),
                };
                let in_family = |ips: &[IpAddr]| ips.iter().any(|ip| ip.is_ipv4() == (family == Family::V4));
                let there = in_family(&cluster.nodes[node].addresses) && (own.is_empty() || in_family(&own));
                let outcome = services::at_node(cluster, service, client, node, family).filter(|_| there);
                let context = format!("{from} → {to}:{port} {family:?}: {service:?}");
                if let Some(outcome) = outcome {
                    compare(cluster, client, family, &answer, outcome, &context, &|what| {
                        count(format!("node {what}"))
                    })?;
                }
            }
        }
    }
    Ok(())
}

fn compare(
    cluster: &Cluster,
    client: Party,
    family: Family,
    answer: &CheckAnswer,
    outcome: Outcome,
    context: &str,
    count: &dyn Fn(String),
) -> Result<(), TestCaseError> {
    let blocks =
        || cluster.policies.iter().flat_map(|p| p.ingress.iter().flatten()).flat_map(|r| r.peers.iter().flatten());
    let loose = context.contains(":30080") && blocks().any(|peer| peer.ip_block.is_some());
    match outcome {
        Outcome::Ended(expected) => {
            count(format!("ended {expected:?}"));
            for part in of_family(answer, family) {
                prop_assert_eq!(part.verdict, as_verdict(expected), "{}: {:?}", context, part);
            }
        }
        Outcome::At(pods) => {
            for part in of_family(answer, family) {
                let known = pods.iter().any(|(pod, _)| leads_to(part, cluster, *pod));
                prop_assert!(known, "{}: nobody expected at {:?}", context, part);
            }
            for (pod, expected) in pods {
                if expected == Answer::NoFlow {
                    continue;
                }
                count(format!("at {expected:?}"));
                // Of a pod to itself and to others, the part that is about this pair.
                let other = if client == Party::Pod(pod) { Relation::Others } else { Relation::Itself };
                let parts = of_family(answer, family).filter(|p| leads_to(p, cluster, pod));
                let parts: Vec<&Part> = parts.filter(|p| p.relation != Some(other)).collect();
                prop_assert!(!parts.is_empty(), "{}: nothing of {}", context, cluster.pods[pod].name);
                for part in parts {
                    // Of a node that is visited, which of its addresses a pod sees matters to blocks: there
                    // less is said than is so.
                    if part.verdict == Verdict::Undefined && loose {
                        continue;
                    }
                    let pod = &cluster.pods[pod].name;
                    prop_assert_eq!(part.verdict, as_verdict(expected), "{} at {}: {:?}", context, pod, part);
                }
            }
        }
    }
    Ok(())
}
