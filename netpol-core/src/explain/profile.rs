//! What a profile makes of a policy that the specification does not.

use super::policy::{Explaining, Statement, profile_says};
use crate::ir::Direction;
use crate::manifest::{NetworkPolicy, Peer, PortValue, Rule};
use crate::model::NamespaceId;
use crate::profile::{AdminTiers, ProfileOption};
use crate::set::{AddressSet, Protocol};
use crate::source::Span;

impl Explaining<'_> {
    /// What the profile makes of a NetworkPolicy, where the specification says otherwise.
    pub(super) fn though_profile(&self, own: Option<NamespaceId>, spec: &NetworkPolicy, though: &mut Vec<Statement>) {
        if !self.engine.profile.enforced {
            return;
        }
        for (direction, isolates, rules) in [
            (Direction::Ingress, spec.isolates_ingress, &spec.ingress),
            (Direction::Egress, spec.isolates_egress, &spec.egress),
        ] {
            for (at, rule) in rules.iter().enumerate().filter(|_| isolates) {
                let field = format!("spec.{}[{at}]", direction.name());
                self.profile_of_ports((direction, rule, &field), though);
                let key = if direction == Direction::Ingress { "from" } else { "to" };
                for (number, peer) in rule.peers.iter().enumerate() {
                    for option in self.options_of_peer(own, &peer.value) {
                        though.extend(self.says_at(option, format!("{field}.{key}[{number}]"), peer.span));
                    }
                }
            }
        }
        if spec.isolates_egress {
            though.extend(profile_says(&self.engine.profile, ProfileOption::ServiceEgress));
        }
        though.extend(profile_says(&self.engine.profile, ProfileOption::Icmp));
    }

    /// What the profile makes of the administrators' kinds.
    pub(super) fn of_tiers(&self, kind: &str) -> Option<Statement> {
        let known = match self.engine.profile.admin_tiers {
            AdminTiers::Enforced => true,
            AdminTiers::V1Alpha1 => kind != "ClusterNetworkPolicy",
            AdminTiers::Undefined => false,
        };
        profile_says(&self.engine.profile, ProfileOption::AdminTiers).filter(|_| !known)
    }

    fn says_at(&self, option: ProfileOption, field: String, span: Span) -> Option<Statement> {
        profile_says(&self.engine.profile, option).map(|said| self.at(said, field, span))
    }

    /// The options that bear on a peer of this input.
    fn options_of_peer(&self, own: Option<NamespaceId>, peer: &Peer) -> Vec<ProfileOption> {
        let cluster = &self.engine.cluster;
        let mut options = Vec::new();
        match peer {
            Peer::Block { net, except } => {
                let block = AddressSet::net(*net).difference(&AddressSet::nets(except.iter().copied()));
                let unknown = &cluster.space.pods;
                let holds = |id: &crate::model::EndpointId| match &*cluster.endpoint(*id).addresses {
                    [] => unknown.meets(&block),
                    known => known.iter().any(|address| block.contains(*address)),
                };
                if !self.pods(|id| holds(&id)).is_empty() {
                    options.push(ProfileOption::IpBlockMatchesPods);
                }
                if cluster.nodes.iter().flat_map(|node| &node.addresses).any(|address| block.contains(*address)) {
                    options.push(ProfileOption::IpBlockMatchesNodes);
                }
            }
            pods @ Peer::Pods { .. } => {
                if !self.hosts(|id| own.is_some_and(|own| self.engine.peer_means(own, pods, id))).is_empty() {
                    options.push(ProfileOption::HostPeers);
                }
            }
        }
        options
    }

    fn profile_of_ports(&self, (direction, rule, field): (Direction, &Rule, &str), though: &mut Vec<Statement>) {
        let selects_pods = rule.peers.iter().any(|peer| matches!(peer.value, Peer::Pods { .. }));
        let mut said = Vec::new();
        for (number, port) in rule.ports.iter().enumerate() {
            let mut say = |option: ProfileOption| {
                if !said.contains(&option) {
                    though.extend(self.says_at(option, format!("{field}.ports[{number}]"), port.span));
                    said.push(option);
                }
            };
            if port.value.protocol == Protocol::Sctp {
                say(ProfileOption::Sctp);
            }
            if matches!(port.value.port, PortValue::Named(_)) {
                say(ProfileOption::NamedPorts);
                match direction {
                    Direction::Ingress => say(ProfileOption::IngressPortNames),
                    Direction::Egress if !selects_pods => say(ProfileOption::EgressPortNames),
                    Direction::Egress => {}
                }
            }
        }
    }
}
