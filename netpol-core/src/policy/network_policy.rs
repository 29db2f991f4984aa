//! networking.k8s.io/v1 NetworkPolicy (semantics A2).
//!
//! Rank 0 of its tier: every allow rule a list of its own, since rules are a union. Rank 1: for
//! each policy that isolates, a deny of TCP, UDP and SCTP whose origin is that policy; for other
//! protocols the specification leaves open what isolation does, and the profile may say it.

use super::{Lowering, NETWORK_POLICY};
use crate::ir::{
    Action, Direction, Inside, List, NamespaceMatch, Origin, Peer, PolicyInfo, PolicyIr, PortMatch, Ports, Rule,
    Subject,
};
use crate::manifest::{self, PolicyPort, PortValue, Selector, Spanned};
use crate::model::NamespaceId;
use crate::profile::{BaselineAfter, EgressPortNames, Icmp, IngressPortNames, NamedPorts, Profile, ProfileOption};
use crate::selector::{Match, SelectorId, label};
use crate::set::{AddressSet, Protocol, TrafficSet};
use crate::source::{FileId, Span, to_u32};
use crate::symbol::Symbol;
use std::sync::Arc;

pub(super) fn lower(lowering: &mut Lowering<'_>, ir: &mut PolicyIr) {
    let icmp = lowering.profile.icmp;
    // With ICMP, where that goes the way of rules without ports.
    let every = if icmp == Icmp::PortlessRules { TrafficSet::all() } else { TrafficSet::all_ports() };
    let everything: Arc<[PortMatch]> = Arc::new([PortMatch { ports: Ports::Set(every), index: None }]);
    let of = |protocol| -> Arc<[PortMatch]> {
        Arc::new([PortMatch { ports: Ports::Set(TrafficSet::protocol(protocol)), index: None }])
    };
    let (other, sctp) = (of(Protocol::Icmp), of(Protocol::Sctp));
    // Where there is no baseline, these lists are left out (`Chain::is_mute`): one may come later.
    let either = lowering.profile.baseline_after == BaselineAfter::EitherDirection;
    for located in &lowering.snapshot.policies {
        let (object, spec) = (&located.object, &located.object.spec);
        let Some(namespace) = lowering.cluster.find_namespace(&object.namespace) else { continue };
        let policy = to_u32(ir.policies.len());
        ir.policies.push(PolicyInfo {
            kind: "NetworkPolicy",
            namespace: Some(namespace),
            name: object.name.as_str().into(),
            place: Some((FileId(located.file.0 + lowering.first_file), spec.span)),
            removed: false,
            left_out: false,
        });
        if !lowering.profile.enforced {
            continue;
        }
        let pods = lowering.selectors.intern(&spec.pod_selector, &mut lowering.cluster.symbols);
        let subject = Subject { namespaces: NamespaceMatch::Own(namespace), pods };
        let directions = [
            (Direction::Egress, spec.isolates_egress, &spec.egress),
            (Direction::Ingress, spec.isolates_ingress, &spec.ingress),
        ];
        let span = spec.pod_selector_span;
        let rule = |action, traffic: &Arc<[PortMatch]>, origin| Rule {
            peer: Peer::Any,
            traffic: traffic.clone(),
            action,
            certain: true,
            origin,
        };
        let of_profile = |option| Origin::Profile { policy, option, span };
        for (direction, isolates, rules) in directions {
            let tier = &mut ir.chain_mut(direction).tiers[NETWORK_POLICY];
            if !isolates {
                if either {
                    let all: Arc<[PortMatch]> =
                        Arc::new([PortMatch { ports: Ports::Set(TrafficSet::all()), index: None }]);
                    let rules = vec![rule(Action::Allow, &all, of_profile(ProfileOption::BaselineAfter))];
                    tier.rank(0, 2).lists.push(List { subject, rules });
                }
                continue;
            }
            for (rule, index) in rules.iter().zip(0..) {
                let mut push = |peer: Peer, at: Option<u32>, span, traffic: &Arc<[PortMatch]>| {
                    if traffic.is_empty() {
                        return;
                    }
                    let origin = Origin::Rule { policy, direction, rule: index, peer: at, span };
                    let traffic = traffic.clone();
                    let rule = Rule { peer, traffic, action: Action::Allow, certain: true, origin };
                    tier.rank(0, 0).lists.push(List { subject, rules: vec![rule] });
                };
                let PortsOf { selected, anybody, of_blocks } = lowering.ports(rule, direction, &everything, subject);
                if rule.peers.is_empty() {
                    push(Peer::Any, None, rule.span, &anybody);
                }
                for (Spanned { value, span }, at) in rule.peers.iter().zip(0..) {
                    let traffic = if matches!(value, manifest::Peer::Block { .. }) { &of_blocks } else { &selected };
                    let peer = lowering.peer(value, namespace);
                    push(peer, Some(at), *span, traffic);
                }
            }
            let deny = rule(Action::Deny, &everything, Origin::Isolation { policy, span });
            let isolation = match icmp {
                Icmp::PortlessRules => vec![deny],
                Icmp::Undefined => {
                    vec![deny, rule(Action::Either, &other, Origin::IsolationOther { policy, span })]
                }
                Icmp::Allowed => vec![deny, rule(Action::Allow, &other, of_profile(ProfileOption::Icmp))],
            };
            tier.rank(0, 1).lists.push(List { subject, rules: isolation });
            if !lowering.profile.sctp {
                let rules = vec![rule(Action::Either, &sctp, of_profile(ProfileOption::Sctp))];
                tier.rank(0, 0).lists.push(List { subject, rules });
            }
        }
    }
}

/// The ports of a rule, by the peers for which they are; empty: none.
struct PortsOf {
    /// For peers by selectors.
    selected: Arc<[PortMatch]>,
    /// For anybody, where the rule names no peers.
    anybody: Arc<[PortMatch]>,
    /// For address blocks.
    of_blocks: Arc<[PortMatch]>,
}

impl Lowering<'_> {
    fn peer(&mut self, peer: &manifest::Peer, namespace: NamespaceId) -> Peer {
        match peer {
            manifest::Peer::Block { net, except } => {
                let holes = AddressSet::nets(except.iter().copied());
                let Profile { ip_block_matches_pods: pods, ip_block_matches_nodes: nodes, .. } = *self.profile;
                Peer::Addresses(Arc::new(AddressSet::net(*net).difference(&holes)), Inside { pods, nodes })
            }
            manifest::Peer::Pods { pods, namespaces } => Peer::Pods {
                namespaces: match namespaces {
                    Some(s) => NamespaceMatch::Selected(self.selectors.intern(s, &mut self.cluster.symbols)),
                    None => NamespaceMatch::Own(namespace),
                },
                pods: self.selectors.intern(pods.as_ref().unwrap_or(&Selector::default()), &mut self.cluster.symbols),
                hosts: self.profile.host_peers,
            },
        }
    }

    /// The ports of a rule; none listed: every port of every protocol.
    fn ports(
        &mut self,
        rule: &manifest::Rule,
        direction: Direction,
        everything: &Arc<[PortMatch]>,
        subject: Subject,
    ) -> PortsOf {
        let same =
            |ports: Arc<[PortMatch]>| PortsOf { selected: ports.clone(), anybody: ports.clone(), of_blocks: ports };
        if rule.ports.is_empty() {
            return same(everything.clone());
        }
        let found = rule.ports.iter().zip(0..);
        let ports: Arc<[PortMatch]> =
            found.map(|(port, at)| self.port(&port.value, Some((at, port.span)), direction, subject)).collect();
        let is_name = |port: &PortMatch| matches!(port.ports, Ports::Named(..));
        let names = self.profile.egress_port_names;
        if direction == Direction::Ingress || names == EgressPortNames::Everywhere || !ports.iter().any(is_name) {
            return same(ports);
        }
        let numbers: Arc<[PortMatch]> = ports.iter().filter(|port| !is_name(port)).cloned().collect();
        let anybody = match names {
            EgressPortNames::OwnNamespace => {
                let own = ports.iter().map(|port| match port.ports {
                    Ports::Named(protocol, name) => {
                        let numbers = self.declared_by(subject.namespaces, None, protocol, name);
                        PortMatch { ports: Ports::Set(numbers), index: port.index }
                    }
                    Ports::Set(_) => port.clone(),
                });
                own.collect()
            }
            _ => numbers.clone(),
        };
        PortsOf { selected: ports, anybody, of_blocks: numbers }
    }

    fn port(
        &mut self,
        port: &PolicyPort,
        index: Option<(u32, Span)>,
        direction: Direction,
        subject: Subject,
    ) -> PortMatch {
        let PolicyPort { protocol, port, .. } = port;
        let ports = match port {
            PortValue::Any => Ports::Set(TrafficSet::protocol(*protocol)),
            PortValue::Range(low, high) => Ports::Set(TrafficSet::range(*protocol, *low, *high)),
            PortValue::Named(_) if self.profile.named_ports == NamedPorts::AnyPort => {
                Ports::Set(TrafficSet::protocol(*protocol))
            }
            PortValue::Named(name) => {
                let name = self.cluster.symbols.intern(name);
                match (direction, self.profile.ingress_port_names) {
                    (Direction::Ingress, IngressPortNames::Selected) => {
                        Ports::Set(self.declared_by(subject.namespaces, Some(subject.pods), *protocol, name))
                    }
                    _ => Ports::Named(*protocol, name),
                }
            }
        };
        PortMatch { ports, index }
    }

    /// What any pod of a policy's namespace calls so: of those that it selects, or of all that have
    /// an address of their own.
    fn declared_by(
        &self,
        namespaces: NamespaceMatch,
        pods: Option<SelectorId>,
        protocol: Protocol,
        name: Symbol,
    ) -> TrafficSet {
        let NamespaceMatch::Own(namespace) = namespaces else { return TrafficSet::empty() };
        let selected = self.cluster.real_endpoints().filter(|id| {
            let endpoint = self.cluster.endpoint(*id);
            let labels = self.cluster.labels(endpoint.labels);
            let meant = match pods {
                Some(pods) => self.selectors.get(pods).matches(|key| label(labels, key)) != Match::No,
                None => !endpoint.host_network,
            };
            endpoint.namespace == namespace && meant
        });
        let numbers = selected.flat_map(|id| self.cluster.named_ports(id, name, protocol));
        numbers.fold(TrafficSet::empty(), |all, number| all.union(&TrafficSet::port(protocol, number)))
    }
}
