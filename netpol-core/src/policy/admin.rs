//! The administrative tiers (semantics B): AdminNetworkPolicy, BaselineAdminNetworkPolicy and
//! ClusterNetworkPolicy.
//!
//! A rank for each priority, a list for each policy and direction: inside a policy the first rule
//! that matches counts, and between policies of one priority there is no order. The two APIs have no
//! order between them either, so each has a track of its own. What plugins make of an `ipBlock`, or of
//! pods on their node's network, is about NetworkPolicy: here `networks` match pods and nodes, and
//! selectors no hostNetwork pods.

use super::{ADMIN, BASELINE, Lowering, Names};
use crate::ir::{
    Action, Direction, Inside, List, NamespaceMatch, Origin, Peer, PolicyInfo, PolicyIr, PortMatch, Ports, Rule,
    Subject,
};
use crate::manifest::{AdminAction, AdminPeer, AdminPort, AdminRule, AdminTier, PolicyKind, Spanned};
use crate::model::Cluster;
use crate::profile::{AdminTiers, HostPeers};
use crate::selector::Selectors;
use crate::set::{AddressSet, Protocol, TrafficSet};
use crate::source::{FileId, to_u32};
use std::net::IpAddr;
use std::sync::Arc;

pub(super) fn lower(lowering: &mut Lowering<'_>, names: &Names, ir: &mut PolicyIr) {
    let Lowering { snapshot, profile, first_file, cluster, selectors } = lowering;
    if snapshot.admin.is_empty() {
        return;
    }
    let everything: Arc<[PortMatch]> = Arc::new([PortMatch { ports: Ports::Set(TrafficSet::all()), index: None }]);
    for located in &snapshot.admin {
        let (object, spec) = (&located.object, &located.object.spec);
        let policy = to_u32(ir.policies.len());
        ir.policies.push(PolicyInfo {
            kind: object.kind.name(),
            namespace: None,
            name: object.name.as_str().into(),
            place: Some((FileId(located.file.0 + *first_file), spec.span)),
            removed: false,
            left_out: false,
        });
        let subject = Subject {
            namespaces: NamespaceMatch::Selected(selectors.intern(&spec.namespaces, &mut cluster.symbols)),
            pods: selectors.intern(&spec.pods, &mut cluster.symbols),
        };
        let tier = match spec.tier {
            AdminTier::Admin => ADMIN,
            AdminTier::Baseline => BASELINE,
        };
        let of_cluster = matches!(object.kind, PolicyKind::ClusterNetworkPolicy { .. });
        let track = u8::from(of_cluster);
        let certain = match profile.admin_tiers {
            AdminTiers::Enforced => true,
            AdminTiers::V1Alpha1 => !of_cluster,
            AdminTiers::Undefined => false,
        };
        for (direction, rules) in [(Direction::Egress, &spec.egress), (Direction::Ingress, &spec.ingress)] {
            let mut lowered = Lowered { cluster, selectors, names, everything: &everything, rules: Vec::new() };
            for (rule, index) in rules.iter().zip(0..) {
                lowered.rule(rule, |peer, span| Origin::Rule { policy, direction, rule: index, peer, span });
            }
            let mut rules = lowered.rules;
            rules.iter_mut().for_each(|rule| rule.certain &= certain);
            if !rules.is_empty() && profile.enforced {
                let rank = ir.chain_mut(direction).tiers[tier].rank(track, spec.priority);
                rank.lists.push(List { subject, rules });
            }
        }
    }
}

/// The rules of one policy and direction.
struct Lowered<'a> {
    cluster: &'a mut Cluster,
    selectors: &'a mut Selectors,
    names: &'a Names,
    everything: &'a Arc<[PortMatch]>,
    rules: Vec<Rule>,
}

impl Lowered<'_> {
    fn rule(&mut self, rule: &AdminRule, origin: impl Fn(Option<u32>, crate::source::Span) -> Origin) {
        let action = match rule.action {
            AdminAction::Allow => Action::Allow,
            AdminAction::Deny => Action::Deny,
            AdminAction::Pass => Action::Pass,
        };
        let unknown = rule.peers.iter().zip(0..).find(|(peer, _)| matches!(peer.value, AdminPeer::Unknown));
        if let Some((peer, at)) = unknown {
            // Fails closed: an Accept matches nothing, anything else denies all.
            if action != Action::Allow {
                let (traffic, origin) = (self.everything.clone(), origin(Some(at), peer.span));
                self.rules.push(Rule { peer: Peer::Any, traffic, action: Action::Deny, certain: true, origin });
            }
            return;
        }
        let traffic = self.ports(rule.ports.as_deref());
        // What an empty list of ports means is not said.
        let certain = rule.ports.as_ref().is_none_or(|ports| !ports.is_empty());
        for (Spanned { value, span }, at) in rule.peers.iter().zip(0..) {
            let origin = origin(Some(at), *span);
            let mut push = |peer: Peer, certain: bool| {
                self.rules.push(Rule { peer, traffic: traffic.clone(), action, certain, origin: origin.clone() });
            };
            match value {
                AdminPeer::Pods { namespaces, pods } => {
                    let namespaces = self.selectors.intern(namespaces, &mut self.cluster.symbols);
                    let pods = self.selectors.intern(pods, &mut self.cluster.symbols);
                    let namespaces = NamespaceMatch::Selected(namespaces);
                    push(Peer::Pods { namespaces, pods, hosts: HostPeers::ByAddress }, certain);
                }
                AdminPeer::Nodes(nodes) => {
                    push(Peer::Nodes(self.selectors.intern(nodes, &mut self.cluster.symbols)), certain);
                }
                AdminPeer::Networks(nets) => {
                    let nets = Arc::new(AddressSet::nets(nets.iter().copied()));
                    push(Peer::Addresses(nets, Inside::ALL), certain);
                }
                AdminPeer::Domains(domains) => {
                    // Names are for rules that allow; of others it is not said what they do.
                    let certain = certain && action == Action::Allow;
                    let names = self.names;
                    let of =
                        |domain: &String| names.iter().filter(|(name, _)| covers(domain, name)).collect::<Vec<_>>();
                    let known: Vec<IpAddr> = domains.iter().flat_map(of).map(|(_, address)| *address).collect();
                    if !known.is_empty() {
                        let known = Arc::new(AddressSet::addresses(&known));
                        push(Peer::Addresses(known, Inside::ALL), certain);
                    }
                    // Of a name whose addresses were given, there are no others.
                    let open = domains.iter().filter(|domain| domain.starts_with("*.") || of(domain).is_empty());
                    open.for_each(|domain| push(Peer::Domain(domain.as_str().into()), certain));
                }
                AdminPeer::Unknown => {}
            }
        }
    }

    /// The ports of a rule; none: all traffic, ICMP included.
    fn ports(&mut self, ports: Option<&[Spanned<AdminPort>]>) -> Arc<[PortMatch]> {
        let Some(ports) = ports.filter(|ports| !ports.is_empty()) else { return self.everything.clone() };
        let mut out = Vec::with_capacity(ports.len());
        for (port, at) in ports.iter().zip(0..) {
            let index = Some((at, port.span));
            match &port.value {
                AdminPort::Range(protocol, low, high) => {
                    out.push(PortMatch { ports: Ports::Set(TrafficSet::range(*protocol, *low, *high)), index });
                }
                AdminPort::Named(name) => {
                    let name = self.cluster.symbols.intern(name);
                    let of = |protocol| PortMatch { ports: Ports::Named(protocol, name), index };
                    out.extend(Protocol::WITH_PORTS.map(of));
                }
            }
        }
        out.into()
    }
}

/// Whether a name of a policy means a domain name, both in lower case: itself, or with `*.` before
/// it all that have at least one label more.
pub(crate) fn covers(pattern: &str, name: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(below) => name.len() > below.len() && name.ends_with(below),
        None => pattern == name,
    }
}
