//! Edits and comparisons: a cluster that was edited is one that was built so, and two states are
//! the same exactly when every pair of them is.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "oracle/cluster.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, reason = "shared with the tests against the oracle")]
mod cluster;
#[path = "oracle/manifests.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, reason = "shared with the tests against the oracle")]
mod manifests;
#[path = "oracle/options.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, reason = "the oracle is a program of its own")]
mod options;
#[path = "oracle/random.rs"]
#[allow(dead_code, unused_imports, missing_docs, unreachable_pub, reason = "shared with the tests against the oracle")]
mod random;

use cluster::Cluster;
use netpol_core::query::{DiffAnswer, Grain, MatrixQuery};
use netpol_core::set::{Protocol, TrafficSet};
use netpol_core::{Analysis, Inputs, Profile, ReadOptions, Snapshot, read};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::cell::Cell;

fn config(cases: u32) -> Config {
    let factor = std::env::var("NETPOL_CLUSTERS").ok().and_then(|n| n.parse::<u32>().ok()).map_or(1, |n| n / 1000 + 1);
    Config { cases: cases * factor, failure_persistence: None, max_shrink_iters: 400, ..Config::default() }
}

fn snapshot(text: &str) -> Snapshot {
    let mut inputs = Inputs::default();
    inputs.push("cluster.yaml", text);
    let snapshot = read(&inputs, &ReadOptions::default());
    assert!(!snapshot.report().has_errors(), "{:?}", snapshot.report().diagnostics);
    snapshot
}

fn analysis(cluster: &Cluster) -> Analysis {
    analysis_of(cluster, &Profile::GENERIC)
}

fn analysis_of(cluster: &Cluster, profile: &Profile) -> Analysis {
    Analysis::new(snapshot(&random::to_yaml(cluster)), profile.clone())
}

/// The policies of a cluster alone.
fn policies_only(cluster: &Cluster) -> Snapshot {
    let mut only = cluster.clone();
    only.pods.clear();
    only.nodes.clear();
    only.namespaces.iter_mut().for_each(|namespace| namespace.declared = false);
    snapshot(&random::to_yaml(&only))
}

fn with_policies(cluster: &Cluster, keep: impl Fn(usize) -> bool) -> Cluster {
    let mut other = cluster.clone();
    let mut at = 0;
    other.policies.retain(|_| {
        at += 1;
        keep(at - 1)
    });
    other
}

/// Every connection, pod by pod.
fn connections(analysis: &Analysis) -> Vec<netpol_core::query::Connection> {
    let mut query = MatrixQuery::default();
    query.by = Grain::Pod;
    analysis.matrix(&query).unwrap().connections
}

fn verdicts(analysis: &Analysis) -> (u64, u64, Vec<netpol_core::query::Connection>) {
    let all = analysis.all_pairs(Protocol::Tcp, 80);
    (all.allowed, all.digest, connections(analysis))
}

/// Random edits, one after the other: each state is the one that is built from its manifests.
#[test]
fn an_edited_cluster_is_one_built_so() {
    let (edits, adopted) = (Cell::new(0), Cell::new(0_u64));
    let profiles = proptest::sample::select(&Profile::PLUGINS[..]);
    let states = (random::cluster(), proptest::collection::vec(any::<u16>(), 1..6), profiles);
    let result = TestRunner::new(config(60)).run(&states, |(whole, steps, profile)| {
        if whole.policies.is_empty() {
            return Ok(());
        }
        let mut present: Vec<bool> = vec![true; whole.policies.len()];
        // Those of administrators come after the others.
        let mut without_admin = whole.clone();
        without_admin.admin.clear();
        let mut admin_only = whole.clone();
        admin_only.policies.clear();
        let mut edited = analysis_of(&without_admin, &profile);
        let _ = verdicts(&edited);
        edited = edited.with_policies(&policies_only(&admin_only));
        prop_assert_eq!(verdicts(&edited), verdicts(&analysis_of(&whole, &profile)));
        // Rows that are there can be taken over.
        let _ = verdicts(&edited);
        for step in steps {
            let at = usize::from(step) % present.len();
            let policy = &whole.policies[at];
            let before = edited.counters();
            edited = if present[at] {
                edited.without_policy(&policy.ns, &policy.name).unwrap()
            } else {
                let mut only = with_policies(&whole, |i| i == at);
                only.admin.clear();
                edited.with_policies(&policies_only(&only))
            };
            present[at] = !present[at];
            let built = analysis_of(&with_policies(&whole, |i| present[i]), &profile);
            prop_assert_eq!(verdicts(&edited), verdicts(&built));
            let rows = |c: netpol_core::Counters| c.egress.rows + c.ingress.rows;
            adopted.set(adopted.get() + rows(built.counters()).saturating_sub(rows(edited.counters())));
            edits.set(edits.get() + 1);
            prop_assert_eq!(before.pods, edited.counters().pods);
        }
        prop_assert!(edited.without_policy("nowhere", "none").is_none());
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    assert!(edits.get() > 60, "only {} edits", edits.get());
    assert!(adopted.get() > 60, "only {} rows were taken over", adopted.get());
}

/// What is allowed and undefined after a diff, from what was before and the changes.
fn opened_and_closed(diff: &DiffAnswer) -> (TrafficSet, TrafficSet) {
    diff.changes.iter().fold((TrafficSet::empty(), TrafficSet::empty()), |(opened, closed), change| {
        (opened.union(&change.opened), closed.union(&change.closed))
    })
}

/// Two states have no difference exactly when every pair of pods, and the outside, has none.
#[test]
fn there_is_no_difference_exactly_when_the_tables_are_equal() {
    let (same, different) = (Cell::new(0), Cell::new(0));
    let states = (random::cluster(), any::<u16>());
    let result = TestRunner::new(config(150)).run(&states, |(whole, which)| {
        if whole.policies.is_empty() {
            return Ok(());
        }
        let out = usize::from(which) % whole.policies.len();
        let (a, b) = (analysis(&whole), analysis(&with_policies(&whole, |i| i != out)));
        let (forth, back) = (a.diff(&b).unwrap(), b.diff(&a).unwrap());
        let equal = connections(&a) == connections(&b);
        prop_assert_eq!(forth.same, equal, "{:?}", forth.changes);
        prop_assert_eq!(back.same, equal);
        // There and back, what opened closes.
        let ((opened, closed), (reopened, reclosed)) = (opened_and_closed(&forth), opened_and_closed(&back));
        prop_assert_eq!((opened, closed), (reclosed, reopened));
        for change in &forth.changes {
            let witness = change.witness.as_ref().unwrap();
            let (before, after) = (witness.before.as_ref().unwrap(), witness.after.as_ref().unwrap());
            prop_assert_ne!(before.verdict, after.verdict);
        }
        let seen = if equal { &same } else { &different };
        seen.set(seen.get() + 1);
        prop_assert!(a.diff(&a).unwrap().same);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    assert!(same.get() > 5 && different.get() > 20, "{} the same, {} different", same.get(), different.get());
}

#[test]
fn a_change_is_applied_as_kubectl_would() {
    let live = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, uid: d}
spec: {template: {metadata: {labels: {app: web}}}}
---
apiVersion: v1
kind: Pod
metadata:
  name: web-1-a
  namespace: shop
  labels: {app: web, pod-template-hash: '1'}
  ownerReferences: [{kind: ReplicaSet, name: web-1, controller: true}]
status: {podIP: 10.0.0.1, phase: Running}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}, status: {podIP: 10.0.0.2}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}
";
    let relabelled = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {metadata: {labels: {app: website}}}}
";
    let before = Analysis::new(snapshot(live), Profile::GENERIC);
    // The same template again: the living pods stay.
    let mut same = snapshot(live);
    same.apply(snapshot(
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {template: {metadata: {labels: {app: web}}}}}",
    ));
    assert!(before.diff(&Analysis::new(same, Profile::GENERIC)).unwrap().same);
    // Another one: they are replaced, and the new ones are let in no longer.
    let mut after = snapshot(live);
    after.apply(snapshot(relabelled));
    let diff = before.diff(&Analysis::new(after.clone(), Profile::GENERIC)).unwrap();
    assert!(diff.added.is_empty() && diff.removed.is_empty());
    let [change] = diff.changes.as_slice() else { panic!("{:?}", diff.changes) };
    assert_eq!((change.from.name.as_deref(), change.to.name.as_deref()), (Some("web"), Some("db")));
    assert_eq!(change.closed, TrafficSet::all_ports());
    // Without the policy, all is open again.
    assert!(after.delete("NetworkPolicy", "shop", "db") && !after.delete("NetworkPolicy", "shop", "db"));
    let diff = before.diff(&Analysis::new(after, Profile::GENERIC)).unwrap();
    assert!(diff.changes.iter().all(|c| c.closed.is_empty() && !c.opened.is_empty()), "{:?}", diff.changes);
    // A workload goes with its pods, a namespace with all that is in it.
    let mut gone = snapshot(live);
    assert!(gone.delete("Deployment", "shop", "web"));
    let diff = before.diff(&Analysis::new(gone.clone(), Profile::GENERIC)).unwrap();
    assert_eq!(diff.removed.len(), 1);
    assert!(gone.delete("Namespace", "", "shop"));
    assert!(gone.report().kinds.is_empty(), "{:?}", gone.report().kinds);
}
