//! `burner`: the network policy workload of kube-burner, with five of everything. Every other policy
//! is one of ingress, and of egress.

use super::{Emit, Size};
use crate::support::objects::{Namespace, Object, Pod};
use crate::support::policy::{Peer, Policy, Port, Rule};
use crate::support::random::Seeded;
use crate::support::selector::{Expression, Selector};
use std::io;

/// Pods of a namespace.
pub(super) const PODS: usize = 10;
/// Policies of a namespace.
pub(super) const POLICIES: usize = 20;
/// Ports, port ranges, namespaces, pods and blocks of a policy.
const EACH: usize = 5;

fn namespace(number: usize) -> String {
    format!("network-policy-perf-{number}")
}

fn numbered(numbers: &[usize]) -> Selector {
    Selector::expression(Expression::In("num", numbers.iter().map(usize::to_string).collect()))
}

pub(super) fn each(size: Size, seeded: &mut Seeded, emit: &mut Emit<'_>) -> io::Result<()> {
    for n in 0..size.namespaces {
        emit(Object::Namespace(Namespace::new(namespace(n), n)))?;
    }
    for i in 0..size.pods {
        let own = i % PODS;
        emit(Object::Pod(Pod::new(i, namespace(i / PODS), format!("pod-{own}")).with("num", own.to_string())))?;
    }
    let single = (1..=EACH).map(|i| 1000 + i).map(number).map(Port::Tcp);
    let ranges = (0..EACH).map(|i| Port::Range(number(5000 + 10 * i), number(5005 + 10 * i)));
    let ports: Vec<Port> = single.chain(ranges).collect();
    for i in 0..size.policies {
        let names = seeded.several_below(EACH, size.namespaces).into_iter().map(namespace).collect();
        let namespaces = Selector::expression(Expression::In(crate::support::objects::NAMESPACE_NAME, names));
        let pods = numbered(&seeded.several_below(EACH, PODS));
        let blocks: Vec<Peer> = (0..EACH).map(|k| block(i % POLICIES * EACH + k)).collect();
        let rules = vec![
            Rule::new([Peer::Namespaces(namespaces, Some(pods))], ports.clone()),
            Rule::new(blocks, ports.clone()),
        ];
        let all: Vec<usize> = (0..PODS).collect();
        let (kind, ingress, egress) =
            if i % 2 == 0 { ("ingress", Some(rules), None) } else { ("egress", None, Some(rules)) };
        emit(Object::Policy(Policy {
            name: format!("{kind}-{}", i % POLICIES / 2),
            namespace: namespace(i / POLICIES),
            subject: numbered(&all),
            ingress,
            egress,
        }))?;
    }
    Ok(())
}

fn number(port: usize) -> u16 {
    u16::try_from(port).unwrap_or_default()
}

fn block(number: usize) -> Peer {
    Peer::Block(format!("172.16.{number}.0/24"), None)
}
