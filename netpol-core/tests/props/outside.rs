//! What `egress` and `ingress` say is what `check` says, address by address and port by port.

use super::cluster::{Cluster, Phase};
use super::oracle::Party;
use super::{analysis, config, name, part_of_clusters, random};
use netpol_core::Analysis;
use netpol_core::explain::Code;
use netpol_core::query::{
    CheckAnswer, EgressQuery, IngressQuery, Part, Peer, PeerKind, QueryError, QueryProblem, Range, Source, Verdict,
};
use netpol_core::set::{AddressSet, Family, Protocol, TrafficSet};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Addresses with what may pass.
type Cells = Vec<(AddressSet, TrafficSet, TrafficSet)>;

fn addresses(peer: &Peer) -> AddressSet {
    AddressSet::nets(peer.cidrs.iter().map(|c| c.parse().unwrap()))
}

/// The parts of an answer that are about addresses, on one side.
fn cells(answer: &CheckAnswer, side: impl Fn(&Part) -> &Vec<Peer>) -> Cells {
    let mut cells = Cells::new();
    // Without a common family there is no flow, and nothing to tell.
    let no_flow = |p: &&Part| p.egress.reasons.iter().any(|r| r.code == Code::NoCommonFamily);
    for part in answer.parts.iter().filter(|p| !no_flow(p)) {
        let families = if part.families.is_empty() { Family::ALL.to_vec() } else { part.families.clone() };
        let families = families.into_iter().fold(AddressSet::empty(), |all, f| all.union(&AddressSet::family(f)));
        for peer in side(part).iter().filter(|p| p.kind_of == PeerKind::Addresses) {
            let (allow, undefined) = match part.verdict {
                Verdict::Allow => (part.traffic.clone(), TrafficSet::empty()),
                Verdict::Undefined => (TrafficSet::empty(), part.traffic.clone()),
                _ => continue,
            };
            cells.push((addresses(peer).intersection(&families), allow, undefined));
        }
    }
    cells
}

fn verdict(cells: &Cells, address: IpAddr, protocol: Protocol, port: u16) -> Verdict {
    let holding = || cells.iter().filter(|(set, ..)| set.contains(address));
    match () {
        () if holding().any(|(_, allow, _)| allow.contains(protocol, port)) => Verdict::Allow,
        () if holding().any(|(.., undefined)| undefined.contains(protocol, port)) => Verdict::Undefined,
        () => Verdict::Deny,
    }
}

/// Two tellings agree at every address and port where one of them changes.
fn same(told: &Cells, asked: &Cells, text: &str) -> Result<(), TestCaseError> {
    let both = || told.iter().chain(asked);
    let points: BTreeSet<IpAddr> = both().flat_map(|c| c.0.ranges()).flat_map(|(a, b)| [a, b]).collect();
    let ports: BTreeSet<(Protocol, u16)> = both()
        .flat_map(|(_, allow, undefined)| allow.ranges().chain(undefined.ranges()).collect::<Vec<_>>())
        .flat_map(|(p, low, high)| [low.max(2) - 1, low, high, high.min(65534) + 1].map(|n| (p, n)))
        .collect();
    for address in points {
        for (protocol, port) in &ports {
            let [told, asked] = [told, asked].map(|cells| verdict(cells, address, *protocol, *port));
            prop_assert_eq!(told, asked, "{}: {} {} {}", text, address, protocol, port);
        }
    }
    Ok(())
}

/// An answer; none where the two have no family in common, or the pod has finished.
fn ask(analysis: &Analysis, from: &str, to: &str) -> Option<CheckAnswer> {
    match analysis.check(from, to, "any") {
        Ok(answer) => Some(answer),
        Err(QueryError { code: QueryProblem::NoFlow | QueryProblem::Finished, .. }) => None,
        Err(error) => panic!("{from} → {to}: {error}"),
    }
}

fn is(peer: &Peer, cluster: &Cluster, pod: usize) -> bool {
    peer.namespace.as_deref() == Some(&*cluster.pods[pod].ns) && peer.name.as_deref() == Some(&*cluster.pods[pod].name)
}

fn each_cluster(part: u32, test: impl Fn(&Cluster, &Analysis) -> Result<(), TestCaseError>) {
    let mut runner = TestRunner::new(config(part_of_clusters(part)));
    let result = runner.run(&random::cluster(), |cluster| {
        let text = random::to_yaml(&cluster);
        let analysis = analysis(&cluster, "cluster.yaml", text.clone());
        test(&cluster, &analysis).map_err(|e| TestCaseError::fail(format!("{e}\n{text}")))
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn egress_says_what_check_says_of_the_world_and_of_nodes() {
    each_cluster(3, |cluster, analysis| {
        let answer = analysis.egress(&EgressQuery::default()).unwrap();
        for pod in 0..cluster.pods.len() {
            let from = name(cluster, Party::Pod(pod));
            let told = answer.workloads.iter().find(|of| is(&of.peer, cluster, pod));
            let Some(told) = told else {
                prop_assert!(ask(analysis, &from, "world").is_none(), "{} is left out", from);
                continue;
            };
            let asked = ask(analysis, &from, "world").map(|a| cells(&a, |p| &p.to)).unwrap_or_default();
            let outside = told.outside.iter().map(|o| (addresses(&o.to), o.allow.clone(), o.undefined.clone()));
            same(&outside.collect(), &asked, &from)?;
            let nodes = told.cluster.iter().filter(|r| r.range == Range::Nodes).map(|r| &r.opening);
            let nodes: Cells = nodes.map(|o| (addresses(&o.to), o.allow.clone(), o.undefined.clone())).collect();
            for node in 0..cluster.nodes.len() {
                let to = name(cluster, Party::Node(node));
                nodes_agree(
                    &nodes,
                    ask(analysis, &from, &to).as_ref(),
                    &cluster.nodes[node].addresses,
                    &format!("{from} → {to}"),
                )?;
            }
        }
        Ok(())
    });
}

#[test]
fn dns_is_what_check_says_of_its_pods() {
    each_cluster(3, |cluster, _| {
        // One pod is the cluster's DNS.
        let mut cluster = cluster.clone();
        let Some(dns) = cluster.pods.iter().position(|p| p.phase != Phase::Finished) else { return Ok(()) };
        cluster.pods[dns].labels.insert("k8s-app".to_owned(), "kube-dns".to_owned());
        let analysis = analysis(&cluster, "cluster.yaml", random::to_yaml(&cluster));
        let answer = analysis.egress(&EgressQuery::default()).unwrap();
        for pod in (0..cluster.pods.len()).filter(|pod| *pod != dns) {
            let Some(told) = answer.workloads.iter().find(|of| is(&of.peer, &cluster, pod)) else { continue };
            let told = told.dns.as_ref().unwrap();
            let (from, to) = (name(&cluster, Party::Pod(pod)), name(&cluster, Party::Pod(dns)));
            for (port, told) in [("53/udp", told.udp), ("53/tcp", told.tcp)] {
                let asked = analysis.check(&from, &to, port);
                let parts = asked.as_ref().map(|a| &*a.parts).unwrap_or_default().iter();
                let parts = parts.filter(|p| p.egress.reasons.iter().all(|r| r.code != Code::NoCommonFamily));
                let verdicts: BTreeSet<Verdict> = parts.map(|p| p.verdict).collect();
                let expected = match () {
                    () if verdicts.contains(&Verdict::Allow) => Verdict::Allow,
                    () if verdicts.contains(&Verdict::Undefined) => Verdict::Undefined,
                    () => Verdict::Deny,
                };
                prop_assert_eq!(told, expected, "{} → {} {}\n{}", from, to, port, random::to_yaml(&cluster));
            }
        }
        Ok(())
    });
}

/// What is told of the addresses of a node is what an answer about that node says.
fn nodes_agree(told: &Cells, asked: Option<&CheckAnswer>, ips: &[IpAddr], text: &str) -> Result<(), TestCaseError> {
    for ip in ips {
        let mut cells = Cells::new();
        for part in asked.iter().flat_map(|a| &a.parts) {
            if part.families.is_empty() || part.families.contains(&Family::of(*ip)) {
                let (allow, undefined) = match part.verdict {
                    Verdict::Allow => (part.traffic.clone(), TrafficSet::empty()),
                    Verdict::Undefined => (TrafficSet::empty(), part.traffic.clone()),
                    _ => continue,
                };
                cells.push((AddressSet::address(*ip), allow, undefined));
            }
        }
        let here = told.iter().filter(|c| c.0.contains(*ip));
        let here: Cells = here.map(|(_, a, u)| (AddressSet::address(*ip), a.clone(), u.clone())).collect();
        // A pod without that family says so in its parts by saying nothing of it.
        if !(here.is_empty() && asked.is_some_and(|a| a.parts.iter().all(|p| p.families.is_empty()))) {
            same(&here, &cells, text)?;
        }
    }
    Ok(())
}

#[test]
fn asking_who_reaches_a_place_turns_the_view_round() {
    each_cluster(10, |cluster, analysis| {
        for to in ["world", "10.0.0.0/8", "203.0.113.0/24", "2000::/3", "169.254.169.254"] {
            let mut query = EgressQuery::default();
            query.to = Some(to.to_owned());
            let Ok(answer) = analysis.egress(&query) else { continue };
            let mut straight = BTreeSet::new();
            for of in &answer.workloads {
                straight.extend(
                    of.outside.iter().map(|o| (of.peer.clone(), o.to.clone(), o.allow.clone(), o.undefined.clone())),
                );
            }
            let mut round = BTreeSet::new();
            for row in &answer.reached_by {
                let of = |from: &Peer| (from.clone(), row.to.clone(), row.allow.clone(), row.undefined.clone());
                round.extend(row.from.iter().map(of));
            }
            prop_assert_eq!(&straight, &round, "{}", to);
            for pod in 0..cluster.pods.len() {
                let from = name(cluster, Party::Pod(pod));
                let asked = ask(analysis, &from, to).map(|a| cells(&a, |p| &p.to)).unwrap_or_default();
                let told = round.iter().filter(|(peer, ..)| is(peer, cluster, pod));
                let told: Cells = told.map(|(_, to, a, u)| (addresses(to), a.clone(), u.clone())).collect();
                same(&told, &asked, &format!("{from} → {to}"))?;
            }
        }
        Ok(())
    });
}

#[test]
fn ingress_says_what_check_says_of_everybody() {
    each_cluster(6, |cluster, analysis| {
        let answer = analysis.ingress(&IngressQuery::default()).unwrap();
        for pod in 0..cluster.pods.len() {
            let to = name(cluster, Party::Pod(pod));
            let Some(told) = answer.workloads.iter().find(|of| is(&of.peer, cluster, pod)) else {
                prop_assert!(ask(analysis, "world", &to).is_none(), "{} is left out", to);
                continue;
            };
            let cells_of = |sources: &[Source]| -> Cells {
                sources.iter().map(|s| (addresses(&s.from[0]), s.allow.clone(), s.undefined.clone())).collect()
            };
            let asked = ask(analysis, "world", &to).map(|a| cells(&a, |p| &p.from)).unwrap_or_default();
            same(&cells_of(&told.outside), &asked, &to)?;
            for node in 0..cluster.nodes.len() {
                let from = name(cluster, Party::Node(node));
                let asked = ask(analysis, &from, &to);
                nodes_agree(
                    &cells_of(&told.nodes),
                    asked.as_ref(),
                    &cluster.nodes[node].addresses,
                    &format!("{from} → {to}"),
                )?;
            }
            for other in (0..cluster.pods.len()).filter(|other| *other != pod) {
                let from = name(cluster, Party::Pod(other));
                let Some(asked) = ask(analysis, &from, &to) else { continue };
                // Families differ in a part only where both ends have them: one address stands for each.
                for family in Family::ALL {
                    let here = |families: &[Family]| families.is_empty() || families.contains(&family);
                    let any = AddressSet::family(family);
                    let named = |s: &Source| s.from.iter().any(|p| is(p, cluster, other));
                    let meant = |s: &&Source| named(s) || s.everybody && !cluster.pods[other].host_network;
                    let sources = told.inside.iter().filter(|s| here(&s.families)).filter(meant);
                    let inside: Cells = sources.map(|s| (any.clone(), s.allow.clone(), s.undefined.clone())).collect();
                    let parts = asked.parts.iter().filter(|p| here(&p.families));
                    let parts = parts.filter(|p| p.verdict != Verdict::Deny).filter(|p| {
                        // Without a common family there is no flow, and nothing to tell.
                        p.egress.reasons.iter().all(|r| r.code != Code::NoCommonFamily)
                    });
                    let asked: Cells = parts
                        .map(|p| match p.verdict {
                            Verdict::Allow => (any.clone(), p.traffic.clone(), TrafficSet::empty()),
                            _ => (any.clone(), TrafficSet::empty(), p.traffic.clone()),
                        })
                        .collect();
                    same(&inside, &asked, &format!("{from} → {to} {family:?}"))?;
                }
            }
        }
        Ok(())
    });
}
