//! How often the allocator is asked, counted on one thread; a program of its own, with one test, for
//! whatever else runs would be counted too.
//!
//! Each piece of work is done for a cluster, and for the same cluster with a twin of every pod. The
//! twins make no new class, so what they add is what a pod costs as such; tables that grow by doubling
//! add a handful. One allocation more for each pod somewhere is [`MORE`] of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../../benches/support/mod.rs"]
mod support;

use netpol_core::set::Protocol;
use netpol_core::{Analysis, Inputs, Profile, ReadOptions, Snapshot, read};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;
use support::objects::Object;
use support::{Cluster, Profile as Kind, list};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Pods, and as many twins.
const MORE: usize = 2_000;

/// What tables that grow by doubling may add, and the lists of those that are alike.
const GROWTH: usize = MORE / 5;

/// What is counted; how often a pod may ask, and how often the whole was found to ask.
///
/// - Preparing keeps a pod's name and addresses, and looks at its labels, ports and addresses in each
///   direction: ten requests. Its classes are found in tables, without one of its own.
/// - All pairs are rows of classes: a pod asks for nothing, the first time or later.
/// - A question is about classes: what it takes does not grow with the cluster.
/// - An edit folds the pods again as peers, twice in each direction; their rows are taken over.
const WORK: [(&str, usize, usize); 6] = [
    ("prepare", 10, 35_650),
    ("all pairs", 0, 38_228),
    ("all pairs again", 0, 1_010),
    ("check", 0, 249),
    ("edit", 4, 19_670),
    ("all pairs after it", 0, 1_383),
];

/// How often the allocator is asked.
fn counted<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let asked = || {
        let stats = ALLOCATOR.stats();
        stats.allocations + stats.reallocations
    };
    let before = asked();
    let result = work();
    (result, asked() - before)
}

fn snapshot<'o>(objects: impl IntoIterator<Item = &'o Object>) -> Snapshot {
    let mut inputs = Inputs::default();
    inputs.push("cluster.json", list::json_of(objects));
    read(&inputs, &ReadOptions::default())
}

fn work(objects: &[Object]) -> [usize; 6] {
    let is_one = |object: &Object| matches!(object, Object::Policy(p) if p.name == "policy-7");
    let (one, rest): (Vec<Object>, Vec<Object>) = objects.iter().cloned().partition(is_one);
    assert_eq!(one.len(), 1);
    let (rest, one) = (snapshot(&rest), snapshot(&one));
    let pod = |object: &Object| match object {
        Object::Pod(p) => Some(format!("{}/{}", p.namespace, p.workload)),
        _ => None,
    };
    let (from, to) = (objects.iter().find_map(pod).unwrap(), objects.iter().rev().find_map(pod).unwrap());
    let (analysis, prepare) = counted(|| Analysis::new(rest, Profile::GENERIC));
    let (_, first) = counted(|| analysis.all_pairs(Protocol::Tcp, 80));
    let (_, again) = counted(|| analysis.all_pairs(Protocol::Tcp, 80));
    let (answer, check) = counted(|| analysis.check(&from, &to, "80"));
    answer.unwrap();
    let (edited, edit) = counted(|| analysis.with_policies(&one));
    let (_, after) = counted(|| edited.all_pairs(Protocol::Tcp, 80));
    [prepare, first, again, check, edit, after]
}

#[test]
fn a_pod_asks_the_allocator_seldom() {
    let once = Cluster::new(Kind::Plain).with_pods(MORE).objects();
    let mut twice = once.clone();
    twice.extend(once.iter().filter_map(|object| match object {
        Object::Pod(pod) => {
            let mut twin = pod.clone();
            twin.number += MORE;
            Some(Object::Pod(twin))
        }
        _ => None,
    }));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    // What is made once for the whole process is none of a cluster's.
    pool.install(|| work(&once));
    let (few, many) = pool.install(|| (work(&once), work(&twice)));
    assert_eq!(few, pool.install(|| work(&once)), "the same work, counted again");
    println!("{few:?} {many:?}");
    for (at, (name, of_a_pod, found)) in WORK.into_iter().enumerate() {
        let more = many[at].saturating_sub(few[at]);
        let bound = of_a_pod * MORE + GROWTH;
        assert!(more <= bound, "{name}: {MORE} pods more ask {more} times, and {bound} is the most");
        // Room for a change of detail, not for another way to grow.
        assert!(few[at] <= found + found / 4, "{name}: {} times, and {found} were found", few[at]);
    }
}
