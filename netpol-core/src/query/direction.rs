//! One direction of a part, with its reasons.

use super::answer::{DirectionAnswer, OriginRef, PolicyRef, PortRef, Reason, Verdict};
use crate::diagnostic::Params;
use crate::engine::{Engine, Party, Planes, RuleHit};
use crate::explain::Code;
use crate::ir::{self, Action, Direction, Origin, Ports};
use crate::model::EndpointId;
use crate::profile::{HostPeers, OwnNode, ProfileOption};
use crate::selector::{Label, Match, Requirement, SelectorId, label};
use crate::set::{Family, TrafficSet};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use crate::source::{Place, Span};
use crate::symbol::Symbol;
use std::sync::Arc;

/// A direction of a flow between two parties, in one family.
#[derive(Clone, Copy)]
pub(super) struct Flow {
    pub(super) source: Party,
    pub(super) destination: Party,
    pub(super) family: Family,
}

impl Flow {
    pub(super) fn ends(self, direction: Direction) -> (Party, Party) {
        match direction {
            Direction::Egress => (self.source, self.destination),
            Direction::Ingress => (self.destination, self.source),
        }
    }
}

/// What planes say of a piece of traffic.
pub(super) fn verdict_of(planes: &Planes, traffic: &TrafficSet) -> Verdict {
    if traffic.is_subset(&planes.must) {
        Verdict::Allow
    } else if traffic.intersection(&planes.may).is_empty() {
        Verdict::Deny
    } else if traffic.intersection(&planes.must).is_empty() && traffic.is_subset(&planes.may) {
        Verdict::Undefined
    } else {
        Verdict::Mixed
    }
}

/// A direction in which one reason says it all.
pub(super) fn plain(direction: Direction, verdict: Verdict, code: Code, traffic: &TrafficSet) -> DirectionAnswer {
    let reasons = vec![reason(code, traffic)];
    DirectionAnswer { direction, verdict, isolated_by: Vec::new(), reasons, near_misses: Vec::new() }
}

/// A reason that rests on no policy.
pub(super) fn reason(code: Code, traffic: &TrafficSet) -> Reason {
    Reason { code, params: Params::new(), origin: None, traffic: traffic.clone() }
}

impl Engine {
    pub(crate) fn policy_ref(&self, policy: u32) -> PolicyRef {
        let info = &self.ir.policies[policy as usize];
        PolicyRef {
            kind: info.kind,
            namespace: info.namespace.map(|ns| Arc::from(self.cluster.namespace_name(ns))),
            name: info.name.clone(),
        }
    }

    /// Where a policy stands.
    pub(crate) fn place_of_policy(&self, policy: u32) -> Option<Place> {
        let (_, span) = self.ir.policies[policy as usize].place?;
        self.place(policy, span)
    }

    fn place(&self, policy: u32, span: Span) -> Option<Place> {
        let (file, _) = self.ir.policies[policy as usize].place?;
        Some(Place { file: self.files.get(file.0 as usize)?.clone(), span })
    }

    /// Turns an origin into names, a field path and a place.
    pub(crate) fn origin_ref(&self, origin: &Origin, port: Option<(u32, Span)>) -> OriginRef {
        let policy = origin.policy();
        let (field, span) = match origin {
            Origin::Rule { direction, rule, peer, span, .. } => {
                let peers = if *direction == Direction::Egress { "to" } else { "from" };
                let rule = format!("spec.{}[{rule}]", direction.name());
                (peer.map_or_else(|| rule.clone(), |p| format!("{rule}.{peers}[{p}]")), Some(*span))
            }
            Origin::Isolation { span, .. } | Origin::IsolationOther { span, .. } => {
                ("spec.podSelector".to_owned(), Some(*span))
            }
            Origin::Profile { span, .. } => ("spec".to_owned(), Some(*span)),
            Origin::Unmodelled { .. } => ("spec".to_owned(), None),
        };
        let port = match (origin, port) {
            (Origin::Rule { direction, rule, .. }, Some((index, span))) => {
                let ports = match self.ir.policies[policy as usize].kind {
                    "ClusterNetworkPolicy" => "protocols",
                    _ => "ports",
                };
                let field = format!("spec.{}[{rule}].{ports}[{index}]", direction.name());
                self.place(policy, span).map(|place| PortRef { field, place })
            }
            _ => None,
        };
        OriginRef { policy: self.policy_ref(policy), field, place: span.and_then(|s| self.place(policy, s)), port }
    }

    /// The policies that isolate a party in a direction.
    fn isolated_by(&self, direction: Direction, subject: Party) -> Vec<PolicyRef> {
        let Some(pod) = self.pod(subject) else { return Vec::new() };
        let lists = self.lists_of(direction, pod).filter(|applied| applied.surely());
        let isolating = lists.flat_map(|applied| &applied.list.rules).filter_map(|rule| match rule.origin {
            Origin::Isolation { policy, .. } => Some(policy),
            _ => None,
        });
        let policies: SortedSet<u32> = isolating.collect();
        let mut refs: Vec<PolicyRef> = policies.into_iter().map(|p| self.policy_ref(p)).collect();
        refs.arrange();
        refs
    }

    /// Whether some policy isolates a party, or may.
    pub(super) fn may_isolate(&self, direction: Direction, subject: Party) -> bool {
        let tiers = &self.ir.chain(direction).tiers;
        self.pod(subject).is_some_and(|pod| self.lists_of(direction, pod).any(|a| !tiers[a.tier].judges_own_node))
    }

    /// The policies of the administrative tiers that have rules for a party, or may have them.
    pub(super) fn ruled_by(&self, direction: Direction, subject: Party) -> Vec<PolicyRef> {
        let Some(pod) = self.pod(subject) else { return Vec::new() };
        let tiers = &self.ir.chain(direction).tiers;
        let lists = self.lists_of(direction, pod).filter(|applied| tiers[applied.tier].judges_own_node);
        let policies: SortedSet<u32> = lists.filter_map(|applied| applied.list.policy()).collect();
        let mut refs: Vec<PolicyRef> = policies.into_iter().map(|p| self.policy_ref(p)).collect();
        refs.arrange();
        refs
    }

    /// Explains one direction of a part whose traffic has one verdict in that direction.
    pub(super) fn explain(
        &self,
        direction: Direction,
        flow: Flow,
        planes: &Planes,
        traffic: &TrafficSet,
    ) -> DirectionAnswer {
        let (subject, peer) = flow.ends(direction);
        let verdict = verdict_of(planes, traffic);
        let Some(pod) = self.pod(subject) else {
            let host = matches!(subject, Party::Endpoint(_));
            return plain(direction, Verdict::Allow, if host { Code::HostNetwork } else { Code::NotAPod }, traffic);
        };
        let isolated_by = self.isolated_by(direction, subject);
        let own_node = self.own_node(direction, subject, peer);
        let exempt = own_node == Match::Yes && self.own_node_of(direction) == OwnNode::Exempt;
        let exemption = match direction {
            Direction::Egress => Code::OwnNodeReached,
            Direction::Ingress => Code::OwnNode,
        };
        if exempt && !self.judges_own_node(direction, subject) {
            return DirectionAnswer { isolated_by, ..plain(direction, Verdict::Allow, exemption, traffic) };
        }
        // Cut where a rule of this pod begins or ends: within a piece, the reasons are the same.
        let destination = flow.destination;
        let cuts: Vec<TrafficSet> = self
            .rules_of(direction, pod)
            .flat_map(|rule| rule.traffic.iter().map(|p| self.traffic_of(&p.ports, destination)))
            .flat_map(|(must, may)| [must, may])
            .collect::<SortedSet<_>>()
            .into_iter()
            .collect();
        let mut hits: SortedMap<RuleHit, TrafficSet> = SortedMap::new();
        let mut reasons: Vec<Reason> = Vec::new();
        let mut by_code: SortedMap<Code, TrafficSet> = SortedMap::new();
        for piece in traffic.atoms(&cuts) {
            let Some((protocol, port)) = piece.first() else { continue };
            let evidence = self.evidence(flow.source, flow.destination, flow.family, protocol, port);
            let (trace, unknown_address) = match direction {
                Direction::Egress => (&evidence.egress, evidence.unknown_destination),
                Direction::Ingress => (&evidence.ingress, evidence.unknown_source),
            };
            let mut add = |code: Code| {
                let entry = by_code.entry(code).or_insert_with(TrafficSet::empty);
                *entry = entry.union(&piece);
            };
            if trace.not_isolated {
                add(Code::NotIsolated);
            }
            if exempt && verdict != Verdict::Deny {
                add(exemption);
            } else if trace.unmatched && verdict == Verdict::Allow {
                add(Code::NoRuleMatches);
            }
            for hit in &trace.hits {
                let entry = hits.entry(hit.clone()).or_insert_with(TrafficSet::empty);
                *entry = entry.union(&piece);
            }
            if verdict == Verdict::Undefined {
                if trace.tie {
                    add(Code::PriorityTie);
                }
                if trace.unordered {
                    add(Code::NoOrder);
                }
                if self.lists_of(direction, pod).any(|applied| applied.open) {
                    add(Code::UnknownOwnLabels);
                }
                if evidence.unknown_labels && !self.peer_namespace_known(peer) {
                    add(Code::UnknownLabels);
                }
                if unknown_address {
                    add(Code::UnknownAddress);
                }
                match (direction, evidence.from_own_node, evidence.to_own_node) {
                    (Direction::Ingress, Match::Yes, _) => add(Code::FromOwnNode),
                    (Direction::Ingress, Match::Maybe, _) => add(Code::MaybeOwnNode),
                    (Direction::Egress, _, Match::Maybe | Match::Yes) => add(Code::ToOwnNode),
                    _ => {}
                }
            }
        }
        for (hit, traffic) in hits {
            let code = match (&hit.origin, hit.action) {
                (Origin::Unmodelled { policy }, _) if self.ir.policies[*policy as usize].left_out => {
                    Code::PolicyLeftOut
                }
                (Origin::Unmodelled { .. }, _) => Code::Unmodelled,
                (Origin::IsolationOther { .. }, _) => Code::IsolationOther,
                (Origin::Profile { .. }, Action::Allow) => Code::AllowedByProfile,
                (Origin::Profile { .. }, _) => Code::OpenInProfile,
                (Origin::Rule { .. }, Action::Deny) => Code::DeniedByRule,
                (Origin::Rule { .. }, Action::Pass) => Code::PassedByRule,
                (_, Action::Deny) => Code::DeniedByIsolation,
                _ => Code::AllowedByRule,
            };
            // What lost against a sure match elsewhere is no reason.
            let bears = match verdict {
                Verdict::Allow => hit.action != Action::Deny,
                Verdict::Deny => hit.action != Action::Allow,
                _ => true,
            };
            if !bears {
                continue;
            }
            let origin = Some(self.origin_ref(&hit.origin, hit.port));
            if hit.ambiguous_name && verdict == Verdict::Undefined {
                let reason = Reason {
                    code: Code::AmbiguousPortName,
                    params: Params::new(),
                    origin: origin.clone(),
                    traffic: traffic.clone(),
                };
                reasons.push(reason);
            }
            if let Some(domain) = hit.domain.filter(|_| verdict == Verdict::Undefined) {
                let params = Params::from([("name", domain.to_string())]);
                reasons.push(Reason {
                    code: Code::DomainName,
                    params,
                    origin: origin.clone(),
                    traffic: traffic.clone(),
                });
            }
            let params = match &hit.origin {
                Origin::Profile { option, .. } => self.option_params(*option),
                _ => Params::new(),
            };
            reasons.push(Reason { code, params, origin, traffic });
        }
        reasons.extend(by_code.into_iter().map(|(code, traffic)| {
            let mut params = Params::new();
            let of = match code {
                Code::UnknownLabels => self.namespace_of_party(peer),
                Code::UnknownOwnLabels => Some(self.cluster.endpoint(pod).namespace),
                _ => None,
            };
            if let Some(ns) = of {
                params.insert("namespace", self.cluster.namespace_name(ns).to_owned());
            }
            Reason { code, params, origin: None, traffic }
        }));
        if verdict == Verdict::Undefined {
            let (keys, policies) = self.chosen_labels(direction, pod, peer);
            if !keys.is_empty() {
                let keys = keys.iter().map(|k| self.cluster.symbols.text(*k)).collect::<SortedSet<_>>();
                let keys = keys.into_iter().collect::<Vec<_>>().join(", ");
                let mut params = Params::from([("labels", keys)]);
                if !policies.is_empty() {
                    params.insert("policies", policies.into_iter().collect::<Vec<_>>().join(", "));
                }
                reasons.push(Reason { params, ..reason(Code::ControllerLabel, traffic) });
            }
        }
        reasons.arrange();
        reasons.dedup();
        DirectionAnswer { direction, verdict, isolated_by, reasons, near_misses: Vec::new() }
    }

    /// An option of the profile, with its value.
    pub(super) fn option_params(&self, option: ProfileOption) -> Params {
        let (name, value) = (option.code().to_owned(), self.profile.value(option).to_owned());
        Params::from([("profile", self.profile.name.to_owned()), ("option", name), ("value", value)])
    }

    /// The labels that leave open whether a policy selects `pod`, or a rule of it `peer`, because
    /// a controller chooses their values; and the policies of which it is open whether they select
    /// `pod`.
    fn chosen_labels(
        &self,
        direction: Direction,
        pod: EndpointId,
        peer: Party,
    ) -> (SortedSet<Symbol>, SortedSet<String>) {
        let mut keys = SortedSet::new();
        let mut policies = SortedSet::new();
        let mut open = |selector: SelectorId, id: EndpointId| {
            let labels = self.cluster.labels(self.cluster.endpoint(id).labels);
            let selector = self.selectors.get(selector);
            if selector.matches(|key| label(labels, key)) == Match::Maybe {
                let unvalued = selector.requirements.iter().filter(|r| label(labels, r.key()) == Label::Unvalued);
                keys.extend(unvalued.map(Requirement::key));
            }
        };
        for applied in self.lists_of(direction, pod) {
            let (list, certain) = (applied.list, applied.surely());
            open(list.subject.pods, pod);
            for rule in list.rules.iter().filter(|_| !certain) {
                if let Origin::Isolation { policy, .. } = rule.origin {
                    let PolicyRef { namespace, name, .. } = self.policy_ref(policy);
                    policies.insert(namespace.map_or_else(|| name.to_string(), |ns| format!("{ns}/{name}")));
                }
            }
            let Some(peer) = self.pod(peer) else { continue };
            for rule in &list.rules {
                if let ir::Peer::Pods { pods, .. } = &rule.peer {
                    open(*pods, peer);
                }
            }
        }
        (keys, policies)
    }

    fn namespace_of_party(&self, party: Party) -> Option<crate::model::NamespaceId> {
        match party {
            Party::Endpoint(id) => Some(self.cluster.endpoint(id).namespace),
            _ => None,
        }
    }

    /// Whether nothing about a peer's namespace is unknown, or no selector looks at it.
    fn peer_namespace_known(&self, party: Party) -> bool {
        let unseen = self.pod(party).is_none() && self.profile.host_peers == HostPeers::ByAddress;
        unseen || self.namespace_of_party(party).is_none_or(|ns| self.cluster.namespace(ns).labels_known)
    }

    /// Whether a rule that bears on the flow names a port that only a sidecar declares.
    pub(super) fn names_sidecar_port(&self, flow: Flow, traffic: &TrafficSet) -> Option<String> {
        let destination = self.pod(flow.destination)?;
        let declared = self.cluster.ports(self.cluster.endpoint(destination).ports);
        let sidecars = || declared.iter().filter(|p| p.sidecar && p.of_rules);
        for direction in Direction::ALL {
            let (subject, _) = flow.ends(direction);
            let Some(subject) = self.pod(subject) else { continue };
            for port in self.rules_of(direction, subject).flat_map(|r| r.traffic.iter()) {
                if let Ports::Named(protocol, name) = &port.ports
                    && sidecars()
                        .any(|p| p.name == *name && p.protocol == *protocol && traffic.contains(p.protocol, p.port))
                {
                    return Some(self.cluster.symbols.text(*name).to_owned());
                }
            }
        }
        None
    }
}
