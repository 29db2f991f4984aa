//! `unique-labels`: the adversary of an engine that folds alike pods into one. Every pod has an `id`
//! of its own and shares its `shard` with one other at most; policies list, except and require them,
//! of their subjects and of their peers.

use super::{Emit, Size};
use crate::support::objects::{Namespace, Object, Pod};
use crate::support::policy::{Peer, Policy, Port, Rule};
use crate::support::random::Seeded;
use crate::support::selector::{Expression, Labels, Selector};
use std::collections::BTreeSet;
use std::io;

pub(super) const NAMESPACES: usize = 10;

/// Pods of a workload.
const REPLICAS: usize = 20;
/// Values of an expression.
const VALUES: usize = 6;

pub(super) fn each(size: Size, seeded: &mut Seeded, emit: &mut Emit<'_>) -> io::Result<()> {
    for n in 0..size.namespaces {
        emit(Object::Namespace(Namespace::new(format!("ns-{n}"), n)))?;
    }
    for i in 0..size.pods {
        let pod = Pod::new(i, format!("ns-{}", i % NAMESPACES), workload(i)).with("id", id(i));
        // Every seventh has none, so that requiring one says something.
        let pod = if i % 7 == 6 { pod } else { pod.with("shard", shard(i, size.pods)) };
        emit(Object::Pod(pod))?;
    }
    for i in 0..size.policies {
        let ns = i % NAMESPACES;
        let subject = selector(Some(ns), size.pods, seeded);
        let own = Peer::Pods(selector(Some(ns), size.pods, seeded));
        let others = Peer::Namespaces(Selector::all(), Some(selector(None, size.pods, seeded)));
        let of_team = Selector::label("team", format!("team-{}", i % 7));
        let team = Peer::Namespaces(of_team, Some(selector(None, size.pods, seeded)));
        emit(Object::Policy(Policy {
            name: format!("policy-{i}"),
            namespace: format!("ns-{ns}"),
            subject,
            ingress: Some(vec![Rule::new([own, others], [Port::Named("http")])]),
            egress: Some(vec![Rule::new([team], [Port::Tcp(8080), Port::Range(9000, 9100)])]),
        }))?;
    }
    Ok(())
}

/// Twenty pods of one namespace.
fn workload(pod: usize) -> String {
    format!("app-{}-{}", pod % NAMESPACES, pod / NAMESPACES / REPLICAS)
}

fn id(pod: usize) -> String {
    format!("pod-{pod}")
}

/// Two pods that are far from one another have the same.
fn shard(pod: usize, pods: usize) -> String {
    format!("shard-{}", pod % pods.div_ceil(2))
}

/// A selector of one of five kinds, with values of pods of the namespace, or of any.
fn selector(namespace: Option<usize>, pods: usize, seeded: &mut Seeded) -> Selector {
    let pods_drawn: Vec<usize> = match namespace {
        Some(ns) => {
            let drawn = seeded.several_below(VALUES, pods / NAMESPACES);
            drawn.into_iter().map(|i| i * NAMESPACES + ns).collect()
        }
        None => seeded.several_below(VALUES, pods),
    };
    let ids = || pods_drawn.iter().map(|p| id(*p)).collect::<Vec<_>>();
    let shards = || pods_drawn.iter().map(|p| shard(*p, pods)).collect::<BTreeSet<_>>().into_iter().collect();
    match seeded.below(5) {
        0 => Selector::expression(Expression::In("id", ids())),
        1 => Selector::expression(Expression::NotIn("id", ids())),
        2 => Selector::expression(Expression::In("shard", shards())),
        3 => Selector {
            labels: Labels::default(),
            expressions: vec![Expression::Exists("shard"), Expression::NotIn("shard", shards())],
        },
        _ => Selector::expression(Expression::Exists("shard")),
    }
}
