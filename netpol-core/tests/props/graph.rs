//! The graph is the matrix, and paths exist where a naive search over single answers finds them.

use super::*;
use netpol_core::graph::{self, GraphBy, GraphQuery};
use netpol_core::lang::Lang;
use netpol_core::query::{Grain, MatrixQuery, PathsQuery, Peer, PeerKind};
use netpol_core::set::{Family, TrafficSet};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

#[test]
fn the_edges_of_the_graph_are_the_connections_of_the_matrix() {
    let mut runner = TestRunner::new(config(part_of_clusters(3)));
    let result = runner.run(&random::cluster(), |cluster| {
        let analysis = analysis(&cluster, "cluster.yaml", random::to_yaml(&cluster));
        for (by, grain) in [(GraphBy::Workload, Grain::Workload), (GraphBy::Namespace, Grain::Namespace)] {
            let mut query = GraphQuery::default();
            query.by = by;
            let mut table = MatrixQuery::default();
            table.by = grain;
            let (graph, matrix) = (analysis.graph(&query).unwrap(), analysis.matrix(&table).unwrap());
            let mut edges: Vec<_> = graph.edges.iter().map(|e| e.connection.clone()).collect();
            edges.sort();
            prop_assert_eq!(&edges, &matrix.connections);
            for edge in &graph.edges {
                for (node, end) in [(edge.source, &edge.connection.from), (edge.target, &edge.connection.to)] {
                    let mut end = end.clone();
                    end.pods.clear();
                    end.nodes.clear();
                    prop_assert_eq!(&graph.nodes[node].peer, &end);
                }
            }
            for lang in Lang::ALL {
                let svg = graph::svg(&graph, lang).unwrap();
                prop_assert!(roxmltree::Document::parse(&svg).is_ok(), "{}", svg);
                prop_assert!(graph::html(&graph, lang).unwrap().contains(&graph::svg(&graph, lang).unwrap()[..60]));
                prop_assert!(graph::dot(&graph, lang).is_ok() && graph::mermaid(&graph, lang).is_ok());
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn namespaces_may_what_any_of_their_workloads_may() {
    type Passing = BTreeMap<(String, String, Vec<Family>), (TrafficSet, TrafficSet)>;
    let seen = Cell::new(0);
    let mut runner = TestRunner::new(config(part_of_clusters(2)));
    let result = runner.run(&random::cluster(), |cluster| {
        let analysis = analysis(&cluster, "cluster.yaml", random::to_yaml(&cluster));
        for port in [None, Some("80".to_owned())] {
            let passing = |by: Grain| -> Passing {
                let mut table = MatrixQuery::default();
                (table.by, table.port) = (by, port.clone());
                let mut all = Passing::new();
                for c in analysis.matrix(&table).unwrap().connections {
                    let name = |peer: &Peer| match peer.kind_of {
                        PeerKind::Namespace => peer.name.as_deref().map(str::to_owned),
                        PeerKind::Nodes | PeerKind::Addresses => None,
                        _ => peer.namespace.as_deref().map(str::to_owned),
                    };
                    let (Some(from), Some(to)) = (name(&c.from), name(&c.to)) else { continue };
                    let entry = all.entry((from, to, c.families)).or_default();
                    *entry = (entry.0.union(&c.allow), entry.1.union(&c.undefined));
                }
                all.values_mut().for_each(|(allow, undefined)| *undefined = undefined.difference(allow));
                all
            };
            let workloads = passing(Grain::Workload);
            prop_assert_eq!(&passing(Grain::Namespace), &workloads);
            seen.set(seen.get() + workloads.len());
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    assert!(seen.get() > 100, "only {} pairs of namespaces", seen.get());
}

/// Whether a new connection of the kind that is looked for may be opened.
fn passes(analysis: &Analysis, from: &str, to: &str, port: &str, undefined: bool) -> bool {
    let Ok(answer) = analysis.check(from, to, port) else { return false };
    let is_flow = !no_flow(&answer);
    let passes = |v| v == Verdict::Allow || undefined && v == Verdict::Undefined;
    is_flow && answer.parts.iter().any(|p| passes(p.verdict) && !p.traffic.is_empty() && !without_flow(p))
}

/// A part of a family that only one of the ends has.
fn without_flow(part: &netpol_core::query::Part) -> bool {
    part.egress.reasons.iter().any(|r| r.code == Code::NoCommonFamily)
}

#[test]
fn a_path_is_found_exactly_where_a_naive_search_finds_one() {
    let mut runner = TestRunner::new(config(part_of_clusters(5)));
    let tally = std::cell::RefCell::new([0_usize; 3]);
    let result = runner.run(&random::cluster(), |cluster| {
        let analysis = analysis(&cluster, "cluster.yaml", random::to_yaml(&cluster));
        let names: Vec<String> = (0..cluster.pods.len()).map(|i| name(&cluster, Party::Pod(i))).collect();
        let living: Vec<&String> = names.iter().filter(|n| analysis.check(n, "*/*", "any").is_ok()).collect();
        for (port, undefined) in [("any", false), ("80", true)] {
            let hops = |last: &str| -> Vec<Vec<bool>> {
                let to =
                    |a: &String| living.iter().map(|b| a != *b && passes(&analysis, a, b, last, undefined)).collect();
                living.iter().map(|a| to(a)).collect()
            };
            let (via, end) = (hops("any"), hops(port));
            let outside: Vec<bool> = living.iter().map(|a| passes(&analysis, a, "world", port, undefined)).collect();
            for (start, from) in living.iter().enumerate() {
                // How far every pod is, over any traffic.
                let mut distance = vec![None; living.len()];
                distance[start] = Some(0);
                let mut queue = VecDeque::from([start]);
                while let Some(at) = queue.pop_front() {
                    for next in 0..living.len() {
                        if via[at][next] && distance[next].is_none() {
                            distance[next] = distance[at].map(|d: usize| d + 1);
                            queue.push_back(next);
                        }
                    }
                }
                let nearest = |reaches: &dyn Fn(usize) -> bool| {
                    (0..living.len()).filter(|x| reaches(*x)).filter_map(|x| distance[x]).min().map(|d| d + 1)
                };
                let mut ends: Vec<(String, Option<usize>)> = vec![("world".to_owned(), nearest(&|x| outside[x]))];
                for (target, to) in living.iter().enumerate().filter(|(t, _)| *t != start) {
                    ends.push(((*to).clone(), nearest(&|x| end[x][target])));
                }
                for (to, expected) in ends {
                    let mut query = PathsQuery::default();
                    query.from.clone_from(from);
                    (query.to, query.port, query.undefined) = (Some(to.clone()), Some(port.to_owned()), undefined);
                    let path = match analysis.paths(&query) {
                        Ok(answer) => answer.path.unwrap(),
                        Err(error) => return Err(TestCaseError::fail(format!("{from} → {to}: {error}"))),
                    };
                    let length = path.found.then_some(path.hops.len());
                    prop_assert_eq!(length, expected, "{} → {} {}\n{}", from, to, port, random::to_yaml(&cluster));
                    tally.borrow_mut()[length.unwrap_or_default().min(2)] += 1;
                }
                // Without an end: the same distances, for everybody.
                if port == "any" {
                    let mut query = PathsQuery::default();
                    query.from.clone_from(from);
                    query.undefined = undefined;
                    let answer = analysis.paths(&query).unwrap().blast_radius.unwrap();
                    let reached: BTreeSet<(String, usize)> = answer
                        .reached
                        .iter()
                        .filter_map(|r| {
                            let (namespace, name) = (r.hop.to.namespace.as_ref()?, r.hop.to.name.as_ref()?);
                            Some((format!("{namespace}/pod/{name}"), r.distance))
                        })
                        .collect();
                    let expected: BTreeSet<(String, usize)> = (0..living.len())
                        .filter(|at| *at != start)
                        .filter_map(|at| Some((living[at].clone(), distance[at]?)))
                        .collect();
                    prop_assert_eq!(reached, expected, "from {}\n{}", from, random::to_yaml(&cluster));
                }
            }
        }
        Ok(())
    });
    println!("none, one hop, more: {:?}", tally.borrow());
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn the_pods_that_a_template_will_make_have_their_edges() {
    // A rollout that has not begun: the living pod is denied, those of the new template are not.
    let text = r#"
{apiVersion: apps/v1, kind: Deployment, metadata: {name: db, namespace: shop}, spec: {template: {metadata: {labels: {app: new}}}}}
---
{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: db-1, namespace: shop, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: db, controller: true}]}, spec: {template: {metadata: {labels: {app: old}}}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db-1-x, namespace: shop, labels: {app: old}, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: db-1, controller: true}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: shut, namespace: shop}, spec: {podSelector: {matchLabels: {app: old}}}}
"#;
    let mut inputs = Inputs::default();
    inputs.push("a.yaml", text);
    let snapshot = read(&inputs, &ReadOptions::default());
    assert!(!snapshot.report().has_errors(), "{:?}", snapshot.report().diagnostics);
    let analysis = Analysis::new(snapshot, Profile::GENERIC);
    let (graph, matrix) =
        (analysis.graph(&GraphQuery::default()).unwrap(), analysis.matrix(&MatrixQuery::default()).unwrap());
    assert!(matrix.connections.iter().any(|c| c.to.template), "{:#?}", matrix.connections);
    assert_eq!(graph.edges.len(), matrix.connections.len());
}
