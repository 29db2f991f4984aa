//! `plain`: workloads of 20 pods over 50 namespaces; policies that each admit one other workload on
//! two ports and DNS, every third with an address block.

use super::{Emit, Size};
use crate::support::objects::{Namespace, Object, Pod};
use crate::support::policy::{Peer, Policy, Port, Rule};
use crate::support::random::Seeded;
use crate::support::selector::Selector;
use std::io;

pub(super) const NAMESPACES: usize = 50;

/// Pods of a workload.
const REPLICAS: usize = 20;

pub(super) fn each(size: Size, seeded: &mut Seeded, emit: &mut Emit<'_>) -> io::Result<()> {
    for n in 0..size.namespaces {
        emit(Object::Namespace(Namespace::new(format!("ns-{n}"), n)))?;
    }
    for i in 0..size.pods {
        let workload = i / REPLICAS;
        let pod = Pod::new(i, format!("ns-{}", workload % NAMESPACES), format!("app-{workload}"));
        emit(Object::Pod(pod.with("tier", format!("tier-{}", workload % 3))))?;
    }
    let workloads = (size.pods / REPLICAS).max(1);
    for i in 0..size.policies {
        let (app, peer) = (seeded.below(workloads), seeded.below(workloads));
        let peer = Selector::label("app", format!("app-{peer}"));
        let team = Selector::label("team", format!("team-{}", i % 7));
        let mut egress = vec![
            Rule::new([], [Port::Udp(53)]),
            Rule::new([Peer::Namespaces(Selector::all(), Some(peer.clone()))], [Port::Tcp(8080)]),
        ];
        if i % 3 == 0 {
            let except = format!("203.0.113.{}/32", i % 256);
            egress.push(Rule::new([Peer::Block("203.0.113.0/24".to_owned(), Some(except))], []));
        }
        let ingress = Rule::new([Peer::Namespaces(team, Some(peer))], [Port::Named("http"), Port::Range(9000, 9100)]);
        emit(Object::Policy(Policy {
            name: format!("policy-{i}"),
            namespace: format!("ns-{}", app % NAMESPACES),
            subject: Selector::label("app", format!("app-{app}")),
            ingress: Some(vec![ingress]),
            egress: Some(egress),
        }))?;
    }
    Ok(())
}
