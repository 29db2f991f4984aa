//! What a policy does not do though it looks so, and what it does though it does not look so.

use super::Code;
use super::policy::{Explaining, Statement, listed, statement};
use super::ports::common;
use crate::diagnostic::Params;
use crate::engine::Party;
use crate::ir::{Direction, Origin, Ports};
use crate::manifest::{
    NetworkPolicy, Peer, PolicyPort, PortValue, Requirement, RequirementOperator, Rule, Selector, Spanned,
};
use crate::model::{EndpointId, NamespaceId, NodeId};
use crate::profile::{EgressPortNames, HostPeers, NamedPorts};
use crate::query::METADATA;
use crate::set::{AddressSet, Family, Protocol, TrafficSet};
use crate::sorted::{SortedMap, SortedSet};
use ipnet::IpNet;
use std::net::IpAddr;

/// A block with at most so many bits of prefix is one of places that nobody had in mind one by one.
const WIDE: u8 = 16;

impl Explaining<'_> {
    /// What rules do not do though they look so.
    pub(super) fn though_rules(
        &self,
        own: Option<NamespaceId>,
        direction: Direction,
        spec: &NetworkPolicy,
        selected: &[EndpointId],
        though: &mut Vec<Statement>,
    ) {
        let ingress = direction == Direction::Ingress;
        let (isolates, rules) = match direction {
            Direction::Ingress => (spec.isolates_ingress, &spec.ingress),
            Direction::Egress => (spec.isolates_egress, &spec.egress),
        };
        let list = format!("spec.{}", direction.name());
        if !isolates {
            let inert = if ingress { Code::ThoughInertIngress } else { Code::ThoughInertEgress };
            let empty = if ingress { Code::ThoughEmptyIngress } else { Code::ThoughEmptyEgress };
            let key = if ingress { spec.ingress_span } else { spec.egress_span };
            let code = if rules.is_empty() { empty } else { inert };
            if let Some(span) = rules.first().map(|first| first.span).or(key) {
                though.push(self.at(statement(code, Params::new()), &list, span));
            }
            return;
        }
        let cluster = &self.engine.cluster;
        for (at, rule) in rules.iter().enumerate() {
            let field = format!("{list}[{at}]");
            let key = if ingress { "from" } else { "to" };
            let mut say =
                |code, params, field: String, span| though.push(self.at(statement(code, params), field, span));
            if rule.peers.is_empty() && !(direction == Direction::Egress && self.only_names(rule)) {
                let code = if ingress { Code::ThoughFromAnybody } else { Code::ThoughToAnybody };
                say(code, Params::new(), field.clone(), rule.span);
            } else if !rule.peers.is_empty() && rule.ports.is_empty() {
                say(Code::ThoughEveryPort, Params::new(), field.clone(), rule.span);
            }
            self.though_ports(own, (direction, rule, &field), selected, though);
            let mut say =
                |code, params, field: String, span| though.push(self.at(statement(code, params), field, span));
            let single = |peer: &Spanned<Peer>, wanted: (bool, bool)| match &peer.value {
                Peer::Pods { pods, namespaces } => (pods.is_some(), namespaces.is_some()) == wanted,
                Peer::Block { .. } => false,
            };
            for (number, pair) in rule.peers.windows(2).enumerate() {
                let [a, b] = pair else { continue };
                if single(a, (false, true)) && single(b, (true, false))
                    || single(a, (true, false)) && single(b, (false, true))
                {
                    say(Code::ThoughOr, Params::new(), format!("{field}.{key}[{}]", number + 1), b.span);
                }
            }
            for (number, peer) in rule.peers.iter().enumerate() {
                let field = format!("{field}.{key}[{number}]");
                match &peer.value {
                    Peer::Pods { pods, namespaces } => {
                        let own_name = own.map_or("", |own| cluster.namespace_name(own)).to_owned();
                        let (meant, perhaps) = self.meant(own, &peer.value);
                        if namespaces.is_none() {
                            let anywhere = Peer::Pods { pods: pods.clone(), namespaces: Some(Selector::default()) };
                            let elsewhere = self.pods(|id| {
                                own.is_some_and(|own| {
                                    cluster.endpoint(id).namespace != own && self.engine.peer_means(own, &anywhere, id)
                                })
                            });
                            if !elsewhere.is_empty() {
                                let mut params = self.here(&elsewhere);
                                params.insert("namespace", own_name);
                                say(Code::ThoughOwnNamespace, params, field.clone(), peer.span);
                            }
                        }
                        if meant.is_empty() && perhaps.is_empty() {
                            say(Code::ThoughNobody, Params::new(), field.clone(), peer.span);
                        }
                        let hosts =
                            self.hosts(|id| own.is_some_and(|own| self.engine.peer_means(own, &peer.value, id)));
                        let by_address = self.engine.profile.host_peers == HostPeers::ByAddress;
                        if by_address
                            && !hosts.is_empty()
                            && (pods.as_ref().is_some_and(|of| !of.requirements.is_empty()) || meant.is_empty())
                        {
                            say(Code::ThoughHostPeers, self.here(&hosts), field.clone(), peer.span);
                        }
                        if let Some((key, here)) = pods.as_ref().and_then(|of| self.unlabelled(of, &meant)) {
                            let mut params = self.here(&here);
                            params.insert("key", key);
                            say(Code::ThoughUnlabelled, params, field, peer.span);
                        }
                    }
                    Peer::Block { net, except } => {
                        let holes = AddressSet::nets(except.iter().copied());
                        let whole = AddressSet::net(*net).difference(&holes);
                        let metadata = METADATA.iter().find(|known| whole.contains(known.address));
                        if let Some(known) = metadata.filter(|_| !ingress && net.prefix_len() <= WIDE) {
                            let params = Params::from([("address", known.address.to_string())]);
                            say(Code::ThoughMetadata, params, field.clone(), peer.span);
                        }
                        if let Some(family) = self.other_family(rules, *net, selected) {
                            let params = Params::from([("family", family.name().to_owned())]);
                            say(Code::ThoughOneFamily, params, field.clone(), peer.span);
                        }
                        self.except_open(own, (rules, at, number), &holes, (&list, key), &mut |params| {
                            say(Code::ThoughExceptOpen, params, field.clone(), peer.span);
                        });
                    }
                }
            }
        }
    }

    /// Whether an egress rule is about port names only, which open nothing outside of the cluster.
    pub(super) fn only_names(&self, rule: &Rule) -> bool {
        let is_name = |port: &Spanned<PolicyPort>| matches!(port.value.port, PortValue::Named(_));
        let profile = &self.engine.profile;
        // What pods of the own namespace call so may be open at every destination.
        let by_name =
            profile.named_ports != NamedPorts::AnyPort && profile.egress_port_names != EgressPortNames::OwnNamespace;
        by_name && !rule.ports.is_empty() && rule.ports.iter().all(is_name)
    }

    /// What a block of a rule excepts, and other rules or peers of the policy let through on the same ports.
    fn except_open(
        &self,
        own: Option<NamespaceId>,
        (rules, at, number): (&[Rule], usize, usize),
        holes: &AddressSet,
        (list, key): (&str, &str),
        say: &mut impl FnMut(Params),
    ) {
        let Some(rule) = rules.get(at).filter(|_| !holes.is_empty()) else { return };
        for (other, of) in rules.iter().enumerate() {
            let Some(on) = common(&rule.ports, &of.ports) else { continue };
            let mut open = |addresses: AddressSet, by: String| {
                let cidrs: Vec<String> = addresses.cidrs().iter().map(ToString::to_string).collect();
                let mut params = Params::from([("cidrs", listed(&cidrs)), ("by", by)]);
                if !on.is_empty() {
                    params.insert("on", on.clone());
                }
                if !addresses.is_empty() {
                    say(params);
                }
            };
            if of.peers.is_empty() {
                open(holes.clone(), format!("{list}[{other}]"));
            }
            for (at_peer, admitting) in of.peers.iter().enumerate().filter(|(peer, _)| (other, *peer) != (at, number)) {
                let admitted = match &admitting.value {
                    Peer::Block { net, except } => {
                        AddressSet::net(*net).difference(&AddressSet::nets(except.iter().copied()))
                    }
                    pods @ Peer::Pods { .. } => {
                        let meant = self.pods(|id| own.is_some_and(|own| self.engine.peer_means(own, pods, id)));
                        let pods = meant.iter().map(|id| self.engine.cluster.endpoint(*id));
                        let addresses = pods.flat_map(|pod| pod.addresses.iter().copied());
                        AddressSet::addresses(&addresses.collect::<Vec<IpAddr>>())
                    }
                };
                open(admitted.intersection(holes), format!("{list}[{other}].{key}[{at_peer}]"));
            }
        }
    }

    /// What the ports of a rule do not mean though it looks so.
    fn though_ports(
        &self,
        own: Option<NamespaceId>,
        (direction, rule, field): (Direction, &Rule, &str),
        selected: &[EndpointId],
        though: &mut Vec<Statement>,
    ) {
        let covers = |protocol: Protocol, low: u16, high: u16| {
            rule.ports.iter().any(|p| {
                p.value.protocol == protocol
                    && match &p.value.port {
                        PortValue::Any => true,
                        PortValue::Range(from, to) => *from <= low && high <= *to,
                        PortValue::Named(_) => false,
                    }
            })
        };
        for (number, port) in rule.ports.iter().enumerate() {
            let protocol = port.value.protocol;
            let said = match &port.value.port {
                PortValue::Range(53, 53) if protocol == Protocol::Tcp && !covers(Protocol::Udp, 53, 53) => {
                    Some(statement(Code::ThoughDnsTcp, Params::new()))
                }
                PortValue::Range(53, 53) if protocol == Protocol::Udp && !covers(Protocol::Tcp, 53, 53) => {
                    Some(statement(Code::ThoughDnsUdp, Params::new()))
                }
                PortValue::Any if rule.ports.iter().all(|p| p.value.protocol == protocol) => {
                    let params = Params::from([("protocol", protocol.name().to_owned())]);
                    Some(statement(Code::ThoughOneProtocol, params))
                }
                PortValue::Named(name) if !covers(protocol, 1, u16::MAX) => {
                    let params = Params::from([("name", name.clone()), ("protocol", protocol.name().to_owned())]);
                    let destinations = match direction {
                        Direction::Ingress => selected.to_vec(),
                        Direction::Egress => self.pods(|id| {
                            let is = |peer: &Spanned<Peer>| {
                                own.is_some_and(|own| self.engine.peer_means(own, &peer.value, id))
                            };
                            rule.peers.is_empty() || rule.peers.iter().any(is)
                        }),
                    };
                    let name = self.engine.cluster.symbols.find(name);
                    let declared = name.is_some_and(|name| {
                        let ports = Ports::Named(protocol, name);
                        let may = |id: &EndpointId| !self.engine.traffic_of(&ports, Party::Endpoint(*id)).1.is_empty();
                        destinations.iter().any(may)
                    });
                    (!declared && !destinations.is_empty()).then(|| statement(Code::ThoughPortName, params))
                }
                _ => None,
            };
            though.extend(said.map(|said| self.at(said, format!("{field}.ports[{number}]"), port.span)));
        }
    }

    /// Some pods, by number and by their workloads.
    fn here(&self, pods: &[EndpointId]) -> Params {
        Params::from([("count", pods.len().to_string()), ("here", listed(&self.workloads(pods)))])
    }

    /// Pods of the input on their node's network.
    pub(super) fn hosts(&self, is: impl Fn(EndpointId) -> bool) -> Vec<EndpointId> {
        let cluster = &self.engine.cluster;
        cluster.real_endpoints().filter(|id| cluster.endpoint(*id).host_network && is(*id)).collect()
    }

    /// The key of a selector that pods without such a label are meant by, and those of some pods.
    fn unlabelled(&self, selector: &Selector, pods: &[EndpointId]) -> Option<(String, Vec<EndpointId>)> {
        let all = selector.requirements.iter().filter(|r| matches!(r.operator, RequirementOperator::NotIn(_)));
        all.map(|r| {
            let absent = Requirement { key: r.key.clone(), operator: RequirementOperator::DoesNotExist };
            let absent = Selector { requirements: vec![absent] };
            let without = pods.iter().copied().filter(|id| self.engine.labels_mean(&absent, *id));
            (r.key.clone(), without.collect::<Vec<_>>())
        })
        .find(|(_, pods)| !pods.is_empty())
    }

    /// The family that a block of all addresses leaves out, though selected pods have it.
    fn other_family(&self, rules: &[Rule], net: IpNet, selected: &[EndpointId]) -> Option<Family> {
        let is_whole = |family: Family| {
            let of = |peer: &Spanned<Peer>| match &peer.value {
                Peer::Block { net, .. } => net.prefix_len() == 0 && Family::of(net.addr()) == family,
                Peer::Pods { .. } => false,
            };
            rules.iter().any(|rule| rule.peers.is_empty() || rule.peers.iter().any(of))
        };
        let other = Family::ALL.into_iter().find(|family| *family != Family::of(net.addr()))?;
        let engine = self.engine;
        let has = |id: &EndpointId| engine.families(Party::Endpoint(*id)).contains(&other);
        let known = !engine.families_open() && selected.iter().any(has);
        (net.prefix_len() == 0 && known && !is_whole(other)).then_some(other)
    }

    /// Whom inside of the cluster a Deny of networks surely denies: a pod, the cluster's DNS before
    /// others, and a node.
    pub(super) fn though_networks(
        &self,
        (kind, name): (&str, &str),
        (rule, peer): (usize, usize),
        selected: &[EndpointId],
    ) -> Vec<Statement> {
        let (engine, direction) = (self.engine, Direction::Egress);
        let cluster = &engine.cluster;
        let is_own = |origin: &Origin| {
            let Origin::Rule { policy, rule: number, peer: of, direction: to, .. } = origin else { return false };
            let info = &engine.ir.policies[*policy as usize];
            let is_peer = *to == direction && *number as usize == rule && of.is_none_or(|of| of as usize == peer);
            is_peer && info.kind == kind && *info.name == *name && !info.removed
        };
        // Of pods to which the same applies, one says what there is to say of all.
        let mut sources: SortedMap<Vec<(usize, bool)>, EndpointId> = SortedMap::new();
        let side = engine.side(direction);
        for id in selected {
            let Some(subject) = side.subject(*id) else { continue };
            sources.entry(side.applied_to(subject).collect()).or_insert(*id);
        }
        let is_denied = |from: EndpointId, to: Party, asked: Option<(Protocol, u16)>| {
            let from = Party::Endpoint(from);
            let lists = engine.lists_of(direction, engine.pod(from)?).flat_map(|applied| applied.list.rules.iter());
            let traffic = lists
                .filter(|rule| is_own(&rule.origin))
                .fold(TrafficSet::empty(), |all, rule| all.union(&engine.rule_traffic(rule, to).0));
            let traffic = match asked {
                Some((protocol, port)) => traffic.intersection(&TrafficSet::port(protocol, port)),
                None => traffic,
            };
            engine.common_families(from, to).into_iter().find_map(|family| {
                let shut = traffic.difference(&engine.pair(from, to, family, &traffic).egress.may);
                let (protocol, port) = shut.first()?;
                let trace = engine.evidence(from, to, family, protocol, port).egress;
                let is = !trace.may_allow && trace.hits.iter().any(|hit| hit.certain && is_own(&hit.origin));
                is.then_some(())
            })
        };
        let text = |id: EndpointId| self.workloads(&[id]).concat();
        let mut said = Vec::new();
        let dns = cluster.dns.iter().map(|id| (*id, Some((Protocol::Udp, 53))));
        // Of pods that no rule tells apart, two: one may be the source itself.
        let mut known: SortedMap<Vec<u32>, usize> = SortedMap::new();
        let others = self.pods(|_| true).into_iter().filter(|id| {
            let classes = Family::ALL.into_iter().filter_map(|family| side.peer(Party::Endpoint(*id), family));
            let count = known.entry(classes.map(crate::engine::PeerId::number).collect()).or_default();
            *count += 1;
            *count <= 2
        });
        let targets: Vec<_> = dns.chain(others.map(|id| (id, None))).collect();
        let pair = targets.into_iter().find_map(|(to, asked)| {
            let from = sources.values().copied().filter(|from| *from != to);
            from.into_iter()
                .find(|from| is_denied(*from, Party::Endpoint(to), asked).is_some())
                .map(|from| (from, to, asked))
        });
        if let Some((from, to, asked)) = pair {
            let mut params = Params::from([("from", text(from)), ("to", text(to))]);
            if asked.is_some() {
                params.insert("dns", String::new());
            }
            said.push(statement(Code::ThoughNetworksPods, params));
        }
        let nodes = (0..cluster.nodes.len()).map(NodeId::of);
        let pair = nodes.flat_map(|node| sources.values().map(move |from| (*from, node)));
        let mut pair = pair.filter(|(from, node)| is_denied(*from, Party::Node(*node), None).is_some());
        if let Some((from, node)) = pair.next() {
            let params = Params::from([("from", text(from)), ("to", cluster.node(node).name.to_string())]);
            said.push(statement(Code::ThoughNetworksNodes, params));
        }
        said
    }

    /// What stands beside a policy for those that it selects.
    pub(super) fn though_selected(
        &self,
        own: Option<NamespaceId>,
        selector: &Selector,
        selected: &[EndpointId],
        spec: &NetworkPolicy,
        (namespace, name): (&str, &str),
        though: &mut Vec<Statement>,
    ) {
        let cluster = &self.engine.cluster;
        let hosts =
            self.hosts(|id| Some(cluster.endpoint(id).namespace) == own && self.engine.labels_mean(selector, id));
        if !hosts.is_empty() {
            let said = statement(Code::ThoughHostNetwork, self.here(&hosts));
            though.push(self.at(said, "spec.podSelector", spec.pod_selector_span));
        }
        if let Some((key, here)) = self.unlabelled(selector, selected) {
            let mut params = self.here(&here);
            params.insert("key", key);
            let said = statement(Code::ThoughUnlabelled, params);
            though.push(self.at(said, "spec.podSelector", spec.pod_selector_span));
        }
        for (direction, isolates) in
            [(Direction::Ingress, spec.isolates_ingress), (Direction::Egress, spec.isolates_egress)]
        {
            let (mut others, mut before) = (SortedSet::new(), SortedSet::new());
            for id in selected {
                let tiers = &self.engine.ir.chain(direction).tiers;
                for applied in self.engine.lists_of(direction, *id) {
                    let Some(policy) = applied.list.policy() else { continue };
                    let info = &self.engine.ir.policies[policy as usize];
                    let is_own = info.kind == "NetworkPolicy" && *info.name == *name && info.namespace == own;
                    let isolation = applied.list.rules.iter().any(|r| matches!(r.origin, Origin::Isolation { .. }));
                    if info.kind == "NetworkPolicy" && isolation && !is_own {
                        others.insert(format!("{namespace}/{}", info.name));
                    } else if tiers[applied.tier].judges_own_node && applied.tier < 2 {
                        before.insert(format!("{} {}", info.kind, info.name));
                    }
                }
            }
            let ingress = direction == Direction::Ingress;
            let names = |set: SortedSet<String>| {
                let names: Vec<String> = set.into_iter().collect();
                Params::from([("policies", listed(&names)), ("count", names.len().to_string())])
            };
            if !others.is_empty() {
                let code = match (ingress, isolates) {
                    (true, true) => Code::ThoughOthersIn,
                    (false, true) => Code::ThoughOthersOut,
                    (true, false) => Code::ThoughClosedIn,
                    (false, false) => Code::ThoughClosedOut,
                };
                though.push(statement(code, names(others)));
            }
            if !before.is_empty() {
                let code = if ingress { Code::ThoughAdminIn } else { Code::ThoughAdminOut };
                though.push(statement(code, names(before)));
            }
        }
    }
}
