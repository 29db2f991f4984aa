//! One rule of address families for every command: IPv4 only, IPv6 only, both, and no address at all.

use super::matrix::{Said, about, checked, holds, matrix, nothing, related, stands_for};
use super::oracle::{Cluster, Party};
use super::{analysis, config, name, no_flow, part_of_clusters, random};
use netpol_core::explain::Code;
use netpol_core::graph::GraphQuery;
use netpol_core::query::{Basis, Change, EgressQuery, Grain, IngressQuery, MatrixQuery, PathsQuery, Peer, PeerKind};
use netpol_core::set::{Family, TrafficSet};
use netpol_core::{Analysis, Profile, compare_matrix};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What a cluster shows of addresses.
const SHOWN: [&[Family]; 4] = [&[Family::V4], &[Family::V6], &[Family::V4, Family::V6], &[]];

/// The same cluster, with addresses of these families only.
fn showing(cluster: &Cluster, families: &[Family]) -> Cluster {
    let mut cluster = cluster.clone();
    let shown = |ip: &IpAddr| families.contains(&Family::of(*ip));
    cluster.pods.iter_mut().for_each(|p| p.ips.retain(shown));
    cluster.nodes.iter_mut().for_each(|n| n.addresses.retain(shown));
    cluster.nodes.retain(|n| !n.addresses.is_empty());
    cluster.pod_cidrs.retain(|c| shown(&c.address));
    cluster
}

/// The outside of an answer, as blocks.
fn outside(peers: &[Peer]) -> Vec<String> {
    let found = peers.iter().filter(|p| p.kind_of == PeerKind::Addresses).flat_map(|p| p.cidrs.clone());
    found.collect()
}

/// What check says of a pair in a family, and whether there is a flow at all.
fn said(analysis: &Analysis, from: &str, to: &str, port: &str, family: Family) -> Option<Said> {
    let answer = analysis.check(from, to, port).ok().filter(|a| !no_flow(a))?;
    checked(&answer, family)
}

/// What changed: allowed now, allowed before, undefined on one side only.
fn delta(before: &Said, after: &Said) -> [TrafficSet; 3] {
    let (opened, closed) = (after.0.difference(&before.0), before.0.difference(&after.0));
    let undecided = before.1.difference(&after.1).union(&after.1.difference(&before.1));
    let undecided = undecided.difference(&opened).difference(&closed);
    [opened, closed, undecided]
}

fn each(test: impl Fn(&Cluster) -> Result<(), TestCaseError>) {
    let mut runner = TestRunner::new(config(part_of_clusters(10)));
    let result = runner.run(&random::cluster(), |cluster| {
        for families in SHOWN {
            let cluster = showing(&cluster, families);
            test(&cluster)
                .map_err(|e| TestCaseError::fail(format!("{families:?}: {e}\n{}", random::to_yaml(&cluster))))?;
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn every_command_speaks_of_the_same_outside() {
    each(|cluster| {
        let analysis = analysis(cluster, "cluster.yaml", random::to_yaml(cluster));
        let by_pod = matrix(&analysis, Grain::Pod);
        let groups = analysis.matrix_groups(&MatrixQuery::default()).unwrap();
        let graph = analysis.graph(&GraphQuery::default()).unwrap();
        let egress = analysis.egress(&EgressQuery::default()).unwrap();
        let ingress = analysis.ingress(&IngressQuery::default()).unwrap();
        let summary = analysis.summary();
        let diff = analysis.diff(&analysis).unwrap();
        let mut bases: BTreeMap<&str, &Basis> = BTreeMap::from([
            ("matrix", &by_pod.basis),
            ("groups", &groups.basis),
            ("graph", &graph.basis),
            ("egress", &egress.basis),
            ("ingress", &ingress.basis),
            ("summary", &summary.basis),
            ("diff", &diff.after),
        ]);
        let living: Vec<String> = (0..cluster.pods.len()).map(|i| name(cluster, Party::Pod(i))).collect();
        let living: Vec<&String> = living.iter().filter(|n| analysis.check(n, n, "any").is_ok()).collect();
        let Some(first) = living.first() else { return Ok(()) };
        let mut query = PathsQuery::default();
        query.from = (*first).clone();
        let paths = analysis.paths(&query).unwrap();
        let check = analysis.check(first, "world", "any");
        bases.insert("paths", &paths.basis);
        bases.extend(check.as_ref().ok().map(|c| ("check", &c.basis)));
        // What each rests on.
        let shown = !super::cluster::shown(cluster).is_empty();
        for (command, basis) in bases {
            let said = basis.assumptions.iter().any(|n| n.code == Code::FamilyNotShown);
            prop_assert_eq!(said, !shown, "{}", command);
        }
        // Where there is something to ask, in the same families.
        let asked = outside(&by_pod.endpoints);
        prop_assert_eq!(&asked, &groups.outside);
        prop_assert_eq!(&asked, &graph.outside.as_ref().map(|p| p.cidrs.clone()).unwrap_or_default());

        for address in random::outside(cluster) {
            let flow = |from: &str, to: &str| said(&analysis, from, to, "any", Family::of(address)).is_some();
            let text = address.to_string();
            let reached = living.iter().any(|pod| flow(pod, &text));
            prop_assert_eq!(reached, living.iter().any(|pod| flow(&text, pod)), "{}", address);
            prop_assert_eq!(reached, holds(&egress.outside.cidrs, address), "{}", address);
            prop_assert_eq!(reached, holds(&ingress.outside.cidrs, address), "{}", address);
            prop_assert!(!reached || holds(&asked, address), "{}", address);
            prop_assert!(shown || reached, "{}: refused, and nothing says why", address);
            // As a whole the outside is what it is address by address.
            for pod in &living {
                let (one, all) =
                    (said(&analysis, pod, &text, "any", Family::of(address)), analysis.check(pod, "world", "any"));
                let told = all.ok().map(|a| {
                    let mut said = nothing();
                    let parts = a.parts.iter().filter(|p| p.to.iter().any(|peer| holds(&peer.cidrs, address)));
                    for part in parts.filter(|p| about(&p.families, Family::of(address))) {
                        match part.verdict {
                            netpol_core::query::Verdict::Allow => said.0 = said.0.union(&part.traffic),
                            netpol_core::query::Verdict::Undefined => said.1 = said.1.union(&part.traffic),
                            _ => {}
                        }
                    }
                    said
                });
                if let Some(one) = one {
                    prop_assert_eq!(Some(one), told, "{} → {}", pod, address);
                }
            }
        }
        Ok(())
    });
}

/// What is told of differences is what check says of each pair before and after.
fn differ_as_check(
    cluster: &Cluster,
    [before, after]: [&Analysis; 2],
    changes: &[&Change],
    port: &str,
) -> Result<(), TestCaseError> {
    let mut pairs: Vec<(String, String, Family, [TrafficSet; 3])> = Vec::new();
    let none = || [TrafficSet::empty(), TrafficSet::empty(), TrafficSet::empty()];
    let mut add = |from: &str, to: &str, family: Family, changes: &mut dyn Iterator<Item = &&Change>| {
        let mut told = none();
        for change in changes {
            let of = [&change.opened, &change.closed, &change.undecided];
            told.iter_mut().zip(of).for_each(|(all, one)| *all = all.union(one));
        }
        pairs.push((from.to_owned(), to.to_owned(), family, told));
    };
    let parties: Vec<Party> =
        (0..cluster.pods.len()).map(Party::Pod).chain((0..cluster.nodes.len()).map(Party::Node)).collect();
    for a in &parties {
        let outside: Vec<Party> = random::outside(cluster).into_iter().map(Party::Address).collect();
        for (b, family) in parties.iter().chain(&outside).filter(|b| *b != a).flat_map(|b| Family::ALL.map(|f| (b, f)))
        {
            if matches!(b, Party::Address(ip) if Family::of(*ip) != family) {
                continue;
            }
            for (from, to) in [(*a, *b), (*b, *a)] {
                let mut changes = changes.iter().filter(|c| {
                    stands_for(cluster, &c.from, from)
                        && stands_for(cluster, &c.to, to)
                        && about(&c.families, family)
                        && related(cluster, c.relation, from, to)
                });
                add(&name(cluster, from), &name(cluster, to), family, &mut changes);
            }
        }
    }
    for (from, to, family, told) in pairs {
        match (said(before, &from, &to, port, family), said(after, &from, &to, port, family)) {
            (Some(old), Some(new)) => {
                prop_assert_eq!(told, delta(&old, &new), "{} → {} {:?} {}", from, to, family, port);
            }
            // Families are named where they differ only.
            (None, None) => {
                let outside = [&from, &to].iter().any(|t| t.parse::<IpAddr>().is_ok());
                prop_assert!(!outside || told == none(), "{} → {}: no flow, and {:?}", from, to, told);
            }
            (old, new) => prop_assert!(false, "{} → {}: {:?}, {:?}", from, to, old, new),
        }
    }
    Ok(())
}

#[test]
fn the_differences_are_those_of_check_in_every_family() {
    each(|cluster| {
        let mut fewer = cluster.clone();
        let half = fewer.policies.len().div_ceil(2);
        fewer.policies.truncate(half);
        let half = fewer.admin.len() / 2;
        fewer.admin.truncate(half);
        let before = analysis(cluster, "cluster.yaml", random::to_yaml(cluster));
        let after = analysis(&fewer, "cluster.yaml", random::to_yaml(&fewer));
        let diff = before.diff(&after).unwrap();
        differ_as_check(cluster, [&before, &after], &diff.changes.iter().collect::<Vec<_>>(), "any")
    });
}

#[test]
fn profiles_differ_as_check_does_under_each() {
    each(|cluster| {
        let prepare = |profile: Profile| {
            let mut cluster = cluster.clone();
            cluster.options = super::profiles::options_of(&profile);
            Ok(analysis(&cluster, "cluster.yaml", random::to_yaml(&cluster)))
        };
        // One plugin a cluster, so that all have their turn.
        let plugin = &Profile::PLUGINS[1 + (cluster.pods.len() * 7 + cluster.policies.len()) % 8];
        for port in ["any", "icmp", "80-443"] {
            let mut query = MatrixQuery::default();
            query.port = Some(port.to_owned());
            let compared = compare_matrix(prepare, &[Profile::GENERIC, plugin.clone()], &query).unwrap();
            let changes: Vec<&Change> = compared.profiles[0].changes.iter().map(|c| &c.change).collect();
            let [before, after] = [Profile::GENERIC, plugin.clone()].map(|profile| prepare(profile).unwrap());
            differ_as_check(cluster, [&before, &after], &changes, port)?;
            // Some of the rows and columns have the same differences.
            let names = (0..cluster.pods.len()).map(|i| name(cluster, Party::Pod(i)));
            let Some(first) = names.into_iter().find(|n| before.check(n, n, "any").is_ok()) else { continue };
            for part in [(Some(&first), None), (None, Some(&first))] {
                let mut query = query.clone();
                (query.from, query.to) = (part.0.cloned(), part.1.cloned());
                let some = compare_matrix(prepare, &[Profile::GENERIC, plugin.clone()], &query).unwrap();
                let mut told: Vec<_> = some.profiles[0].changes.iter().map(|c| traffic_of(&c.change)).collect();
                let pod = Party::Pod((0..cluster.pods.len()).find(|i| name(cluster, Party::Pod(*i)) == first).unwrap());
                let meant = |c: &&&Change| {
                    let (from, to) = (stands_for(cluster, &c.from, pod), stands_for(cluster, &c.to, pod));
                    if part.0.is_some() { from } else { to }
                };
                let mut expected: Vec<_> = changes.iter().filter(meant).map(|c| traffic_of(c)).collect();
                [&mut told, &mut expected].into_iter().for_each(|all| {
                    all.sort();
                    all.dedup();
                });
                prop_assert_eq!(told, expected, "{:?} {}", part, port);
            }
        }
        Ok(())
    });
}

fn traffic_of(change: &Change) -> [TrafficSet; 3] {
    [change.opened.clone(), change.closed.clone(), change.undecided.clone()]
}
