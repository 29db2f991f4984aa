//! `antrea-small`, `antrea-one-ns`, `antrea-cross`: the clusters of the scale tests of Antrea's
//! policy controller.

use super::{Emit, Size};
use crate::support::objects::{Namespace, Object, Pod};
use crate::support::policy::{Peer, Policy, Port, Rule};
use crate::support::random::Seeded;
use crate::support::selector::Selector;
use std::io;

/// Pods of a namespace of `antrea-small`, each an app.
pub(super) const SMALL_PODS: usize = 4;
/// Policies of a namespace of `antrea-small`.
pub(super) const SMALL_POLICIES: usize = 3;
/// Pods of a namespace of `antrea-cross`.
pub(super) const CROSS_PODS: usize = 100;
/// Policies of a namespace of `antrea-cross`.
pub(super) const CROSS_POLICIES: usize = 10;
/// Apps of a namespace of `antrea-cross`.
const CROSS_APPS: usize = 20;

fn app(number: usize) -> Selector {
    Selector::label("app", format!("app-{number}"))
}

fn namespaces(count: usize, emit: &mut Emit<'_>) -> io::Result<()> {
    (0..count).try_for_each(|n| emit(Object::Namespace(Namespace::new(format!("ns-{n}"), n))))
}

/// A block of 256 addresses, another for each number below 65,536; none that pods have.
fn block(number: usize) -> Peer {
    Peer::Block(format!("172.{}.{}.0/24", (number >> 8) & 255, number & 255), None)
}

/// Every namespace: app-0 is open to app-1, app-1 to app-2 and reaches app-0, app-2 to a block.
pub(super) fn small(size: Size, emit: &mut Emit<'_>) -> io::Result<()> {
    namespaces(size.namespaces, emit)?;
    for i in 0..size.pods {
        let (ns, own) = (i / SMALL_PODS, i % SMALL_PODS);
        emit(Object::Pod(Pod::new(i, format!("ns-{ns}"), format!("app-{own}"))))?;
    }
    for i in 0..size.policies {
        let (ns, own) = (i / SMALL_POLICIES, i % SMALL_POLICIES);
        let peer = if own == 2 { block(ns) } else { Peer::Pods(app(own + 1)) };
        let egress = vec![Rule::new([Peer::Pods(app(0))], [Port::Tcp(8080)])];
        emit(Object::Policy(Policy {
            name: format!("policy-{own}"),
            namespace: format!("ns-{ns}"),
            subject: app(own),
            ingress: Some(vec![Rule::new([peer], [Port::Tcp(8080)])]),
            egress: (own == 1).then_some(egress),
        }))?;
    }
    Ok(())
}

/// Every policy admits an app, a block and a port that no other one does.
pub(super) fn one_namespace(size: Size, emit: &mut Emit<'_>) -> io::Result<()> {
    namespaces(size.namespaces, emit)?;
    for i in 0..size.pods {
        emit(Object::Pod(Pod::new(i, "ns-0", format!("app-{i}"))))?;
    }
    for i in 0..size.policies {
        let port = u16::try_from(1024 + i % 60_000).unwrap_or_default();
        emit(Object::Policy(Policy {
            name: format!("policy-{i}"),
            namespace: "ns-0".to_owned(),
            subject: Selector::all(),
            ingress: Some(vec![Rule::new([Peer::Pods(app(i)), block(i)], [Port::Tcp(port)])]),
            egress: None,
        }))?;
    }
    Ok(())
}

/// Every policy admits one app of each of two other namespaces, and a block, on two ports.
pub(super) fn cross(size: Size, seeded: &mut Seeded, emit: &mut Emit<'_>) -> io::Result<()> {
    namespaces(size.namespaces, emit)?;
    for i in 0..size.pods {
        let own = i % CROSS_PODS % CROSS_APPS;
        emit(Object::Pod(Pod::new(i, format!("ns-{}", i / CROSS_PODS), format!("app-{own}"))))?;
    }
    for i in 0..size.policies {
        let (ns, own) = (i / CROSS_POLICIES, i % CROSS_POLICIES);
        let mut others = seeded.several_below(2, size.namespaces - 1);
        // Numbers of the others: those from the policy's own namespace on are one more.
        others.iter_mut().filter(|other| **other >= ns).for_each(|other| *other += 1);
        let mut peers: Vec<Peer> = others
            .into_iter()
            .map(|other| {
                let namespace = Selector::namespace(format!("ns-{other}"));
                Peer::Namespaces(namespace, Some(app(seeded.below(CROSS_APPS))))
            })
            .collect();
        peers.push(block(i));
        emit(Object::Policy(Policy {
            name: format!("policy-{own}"),
            namespace: format!("ns-{ns}"),
            subject: app(2 * own),
            ingress: Some(vec![Rule::new(peers, [Port::Tcp(8080), Port::Named("metrics")])]),
            egress: None,
        }))?;
    }
    Ok(())
}
