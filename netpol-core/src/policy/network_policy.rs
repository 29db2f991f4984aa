//! networking.k8s.io/v1 NetworkPolicy (semantics A2).
//!
//! Rank 1 of its tier: every allow rule a list of its own, since rules are a union. Rank 2: for
//! each policy that isolates, a deny of TCP, UDP and SCTP whose origin is that policy; for other
//! protocols the specification leaves open what isolation does.

use super::NETWORK_POLICY;
use crate::ir::{
    Action, Direction, List, NamespaceMatch, Origin, Peer, PolicyInfo, PolicyIr, PortMatch, Ports, Rule, Subject,
};
use crate::manifest::{self, PolicyPort, PortValue, Selector, Snapshot, Spanned};
use crate::model::Cluster;
use crate::selector::Selectors;
use crate::set::{AddressSet, Protocol, TrafficSet};
use crate::source::{FileId, to_u32};
use std::sync::Arc;

/// `first_file` is the number of the snapshot's first file.
pub(super) fn lower(
    snapshot: &Snapshot,
    first_file: u32,
    cluster: &mut Cluster,
    selectors: &mut Selectors,
    ir: &mut PolicyIr,
) {
    let every_port: Arc<[PortMatch]> =
        Arc::new([PortMatch { ports: Ports::Set(TrafficSet::all_ports()), index: None }]);
    let other: Arc<[PortMatch]> =
        Arc::new([PortMatch { ports: Ports::Set(TrafficSet::protocol(Protocol::Icmp)), index: None }]);
    for located in &snapshot.policies {
        let (object, spec) = (&located.object, &located.object.spec);
        let Some(namespace) = cluster.find_namespace(&object.namespace) else { continue };
        let policy = to_u32(ir.policies.len());
        ir.policies.push(PolicyInfo {
            kind: "NetworkPolicy",
            namespace: Some(namespace),
            name: object.name.as_str().into(),
            place: Some((FileId(located.file.0 + first_file), spec.span)),
            removed: false,
            left_out: false,
        });
        let subject = Subject {
            namespaces: NamespaceMatch::Own(namespace),
            pods: selectors.intern(&spec.pod_selector, &mut cluster.symbols),
        };
        let directions = [
            (Direction::Egress, spec.isolates_egress, &spec.egress),
            (Direction::Ingress, spec.isolates_ingress, &spec.ingress),
        ];
        for (direction, isolates, rules) in directions {
            if !isolates {
                continue;
            }
            for (rule, index) in rules.iter().zip(0..) {
                let traffic = ports(rule, &every_port, cluster);
                let mut push = |peer: Peer, at: Option<u32>, span| {
                    let origin = Origin::Rule { policy, direction, rule: index, peer: at, span };
                    let rule = Rule { peer, traffic: traffic.clone(), action: Action::Allow, certain: true, origin };
                    ir.chain_mut(direction).tiers[NETWORK_POLICY]
                        .rank(0, 0)
                        .lists
                        .push(List { subject, rules: vec![rule] });
                };
                if rule.peers.is_empty() {
                    push(Peer::Any, None, rule.span);
                }
                for (Spanned { value, span }, at) in rule.peers.iter().zip(0..) {
                    let peer = match value {
                        manifest::Peer::Block { net, except } => {
                            let holes = AddressSet::nets(except.iter().copied());
                            Peer::Addresses(Arc::new(AddressSet::net(*net).difference(&holes)))
                        }
                        manifest::Peer::Pods { pods, namespaces } => Peer::Pods {
                            namespaces: match namespaces {
                                Some(s) => NamespaceMatch::Selected(selectors.intern(s, &mut cluster.symbols)),
                                None => NamespaceMatch::Own(namespace),
                            },
                            pods: selectors.intern(pods.as_ref().unwrap_or(&Selector::default()), &mut cluster.symbols),
                        },
                    };
                    push(peer, Some(at), *span);
                }
            }
            let span = spec.pod_selector_span;
            let deny = Rule {
                peer: Peer::Any,
                traffic: every_port.clone(),
                action: Action::Deny,
                certain: true,
                origin: Origin::Isolation { policy, span },
            };
            let origin = Origin::IsolationOther { policy, span };
            let either =
                Rule { peer: Peer::Any, traffic: other.clone(), action: Action::Either, certain: true, origin };
            let isolation = List { subject, rules: vec![deny, either] };
            ir.chain_mut(direction).tiers[NETWORK_POLICY].rank(0, 1).lists.push(isolation);
        }
    }
}

/// The ports of a rule; none listed: every port of every protocol.
fn ports(rule: &manifest::Rule, every_port: &Arc<[PortMatch]>, cluster: &mut Cluster) -> Arc<[PortMatch]> {
    if rule.ports.is_empty() {
        return every_port.clone();
    }
    let mut lower = |(at, port): (usize, &Spanned<PolicyPort>)| {
        let PolicyPort { protocol, port: value } = &port.value;
        let ports = match value {
            PortValue::Any => Ports::Set(TrafficSet::protocol(*protocol)),
            PortValue::Range(low, high) => Ports::Set(TrafficSet::range(*protocol, *low, *high)),
            PortValue::Named(name) => Ports::Named(*protocol, cluster.symbols.intern(name)),
        };
        PortMatch { ports, index: Some((to_u32(at), port.span)) }
    };
    rule.ports.iter().enumerate().map(&mut lower).collect()
}
