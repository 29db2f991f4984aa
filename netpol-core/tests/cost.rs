//! What work costs, counted and not timed: it follows the classes and not the pods, it stays below
//! bounds, and neither the order of the input nor the number of threads changes it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../../benches/support/mod.rs"]
mod support;

use netpol_core::set::Protocol;
use netpol_core::{AllPairs, Analysis, Counters, Inputs, Profile, ReadOptions, read};
use support::objects::Object;
use support::random::Seeded;
use support::{Cluster, Profile as Kind, list};

/// Pods of the clusters here; more than there are nodes, so that every node has one.
const PODS: usize = 600;

fn decide<'o>(objects: impl IntoIterator<Item = &'o Object>) -> (Counters, AllPairs) {
    let mut inputs = Inputs::default();
    inputs.push("cluster.json", list::json_of(objects));
    let snapshot = read(&inputs, &ReadOptions::default());
    assert!(!snapshot.report().has_errors(), "{:?}", snapshot.report().diagnostics.first());
    let analysis = Analysis::new(snapshot, Profile::GENERIC);
    let all_pairs = analysis.all_pairs(Protocol::Tcp, 80);
    (analysis.counters(), all_pairs)
}

fn objects(kind: Kind) -> Vec<Object> {
    Cluster::new(kind).with_pods(PODS).objects()
}

#[test]
fn twice_the_pods_of_the_same_classes_are_no_more_work() {
    for kind in Kind::ALL {
        let once = objects(kind);
        let mut twice = once.clone();
        twice.extend(once.iter().filter_map(|object| match object {
            Object::Pod(pod) => {
                let mut twin = pod.clone();
                twin.number += PODS;
                Some(Object::Pod(twin))
            }
            _ => None,
        }));
        let ((few, _), (many, _)) = (decide(&once), decide(&twice));
        assert_eq!((few.pods * 2, few.policies), (many.pods, many.policies), "{kind:?}");
        for (few, mut many) in [(few.egress, many.egress), (few.ingress, many.ingress)] {
            if kind == Kind::RhProd {
                // Its blocks hold addresses of pods, so that a twin is another peer than its pod.
                (many.peers, many.words) = (few.peers, few.words);
            }
            assert_eq!(few, many, "{kind:?}");
        }
    }
}

/// Selector evaluations and words of both sides may exceed what they were found to be by a
/// twentieth: room for a change of detail, not for another way to grow. Whoever makes them fewer
/// writes the new numbers down.
#[test]
fn work_stays_below_its_bounds() {
    let found = Kind::ALL.map(|kind| {
        let (Counters { egress, ingress, .. }, _) = decide(&objects(kind));
        (kind.name(), egress.selector_evaluations + ingress.selector_evaluations, egress.words + ingress.words)
    });
    let bounds = [
        ("rh-prod", 362, 44_562),
        ("antrea-small", 7, 4_800),
        ("antrea-one-ns", 600, 37_240),
        ("antrea-cross", 36, 780),
        ("plain", 113, 652),
        ("burner", 8_257, 9_600),
        ("unique-labels", 1_107, 13_623),
    ];
    for ((kind, evaluations, words), (name, most_evaluations, most_words)) in found.into_iter().zip(bounds) {
        assert_eq!(kind, name);
        let within = |found: u64, bound: u64| found <= bound + bound / 20;
        assert!(
            within(evaluations, most_evaluations),
            "{kind}: {evaluations} evaluations of {most_evaluations}: {found:?}"
        );
        assert!(within(words, most_words), "{kind}: {words} words of {most_words}: {found:?}");
    }
}

#[test]
fn neither_order_nor_threads_change_verdicts_or_work() {
    for kind in Kind::ALL {
        let in_order = objects(kind);
        let reversed: Vec<_> = in_order.iter().rev().collect();
        let mut shuffled: Vec<_> = in_order.iter().collect();
        let mut seeded = Seeded::new(support::SEED);
        (1..shuffled.len()).rev().for_each(|at| shuffled.swap(at, seeded.below(at + 1)));
        let orders = [in_order.iter().collect(), reversed, shuffled];
        let expected = decide(&in_order);
        for threads in [1, 2] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            for (order, objects) in orders.iter().enumerate() {
                let found = pool.install(|| decide(objects.iter().copied()));
                assert_eq!(found, expected, "{kind:?}, order {order}, {threads} threads");
            }
        }
    }
}

/// One policy taken out and put back, in a large cluster: the rows of pods that it does not concern
/// are taken over, and the verdicts are those of the cluster built anew.
#[test]
fn an_edit_costs_what_it_concerns() {
    let whole = Cluster::new(Kind::Plain).with_pods(20_000).objects();
    let is_one = |object: &Object| matches!(object, Object::Policy(p) if p.name == "policy-7");
    let (one, rest): (Vec<Object>, Vec<Object>) = whole.iter().cloned().partition(is_one);
    assert_eq!(one.len(), 1);
    let snapshot = |objects: &[Object]| {
        let mut inputs = Inputs::default();
        inputs.push("cluster.json", list::json_of(objects));
        read(&inputs, &ReadOptions::default())
    };
    let before = Analysis::new(snapshot(&rest), Profile::GENERIC);
    before.all_pairs(Protocol::Tcp, 80);
    let edited = before.with_policies(&snapshot(&one));
    let anew = Analysis::new(snapshot(&whole), Profile::GENERIC);
    assert_eq!(edited.all_pairs(Protocol::Tcp, 80), anew.all_pairs(Protocol::Tcp, 80));
    let words = |analysis: &Analysis| analysis.counters().egress.words + analysis.counters().ingress.words;
    assert!(words(&edited) * 10 <= words(&anew), "{} of {}", words(&edited), words(&anew));
    // And out again.
    let Object::Policy(policy) = &one[0] else { panic!("{one:?}") };
    let back = edited.without_policy(&policy.namespace, &policy.name).unwrap();
    assert_eq!(back.all_pairs(Protocol::Tcp, 80), before.all_pairs(Protocol::Tcp, 80));
    assert!(words(&back) * 10 <= words(&anew), "{} of {}", words(&back), words(&anew));
}
