//! The least that means some pods or addresses, as it is written in a policy.

use super::value::Value;
use crate::engine::Engine;
use crate::manifest::{self, RequirementOperator};
use crate::model::{AddressSpace, EndpointId, METADATA_NAME, NamespaceId, WorkloadId};
use crate::set::{AddressSet, Family, Protocol, TrafficSet};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use crate::symbol::Symbol;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Keys that say what a workload is, best first.
const BEST: [&str; 8] = [
    "app.kubernetes.io/name",
    "app",
    "k8s-app",
    "name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/component",
    "component",
    "role",
];

/// Keys whose values a controller chooses, and chooses anew.
const OF_CONTROLLERS: [&str; 7] = [
    "pod-template-hash",
    "controller-revision-hash",
    "pod-template-generation",
    "controller-uid",
    "batch.kubernetes.io/controller-uid",
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/job-completion-index",
];

/// Key of the one pod of a StatefulSet.
const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";

/// More blocks than this are not written one by one.
const MOST_BLOCKS: usize = 24;

/// One end of what is asked, taken apart.
#[derive(Clone, Debug, Default)]
pub(super) struct Members {
    /// Pods that policies apply to and that selectors find.
    pub(super) pods: SortedSet<EndpointId>,
    /// Everybody else, by address.
    pub(super) addresses: AddressSet,
    /// Whether somebody else has an address that is not known.
    pub(super) nameless: bool,
}

type Pair = (Symbol, Symbol);

impl Engine {
    /// Pods that a selector of a namespace could find.
    fn selectable(&self, namespace: NamespaceId) -> SortedSet<EndpointId> {
        let all = (0..self.cluster.endpoints.len()).map(EndpointId::of);
        all.filter(|id| {
            let endpoint = self.cluster.endpoint(*id);
            endpoint.namespace == namespace && !endpoint.host_network
        })
        .collect()
    }

    /// The pods of a namespace that a selector means.
    pub(super) fn selected(&self, namespace: NamespaceId, selector: &manifest::Selector) -> SortedSet<EndpointId> {
        let peer = manifest::Peer::Pods { pods: Some(selector.clone()), namespaces: None };
        self.selectable(namespace).into_iter().filter(|id| self.peer_means(namespace, &peer, *id)).collect()
    }

    fn pairs(&self, id: EndpointId) -> &[Pair] {
        self.cluster.labels(self.cluster.endpoint(id).labels)
    }

    /// Labels that all of some pods have, best first.
    fn common(&self, pods: &SortedSet<EndpointId>) -> Vec<Pair> {
        let Some(first) = pods.first() else { return Vec::new() };
        let text = |symbol: Symbol| self.cluster.symbols.text(symbol);
        let known = |pair: &&Pair| pair.1 != Symbol::UNKNOWN && pair.1 != Symbol::OPEN;
        let own =
            |pair: &&Pair| !OF_CONTROLLERS.contains(&text(pair.0)) && (pods.len() == 1 || text(pair.0) != POD_NAME);
        let mut common: Vec<Pair> = self.pairs(*first).iter().filter(known).filter(own).copied().collect();
        common.retain(|pair| pods.iter().all(|id| self.pairs(*id).contains(pair)));
        let rank = |pair: &Pair| {
            let key = text(pair.0);
            (key == POD_NAME, BEST.iter().position(|best| *best == key).unwrap_or(BEST.len()), key.to_owned())
        };
        common.arrange_by(|a, b| rank(a).cmp(&rank(b)));
        common
    }

    fn having(&self, among: &SortedSet<EndpointId>, pairs: &[Pair]) -> SortedSet<EndpointId> {
        among.iter().copied().filter(|id| pairs.iter().all(|pair| self.pairs(*id).contains(pair))).collect()
    }

    fn labels_value(&self, pairs: &[Pair]) -> Value {
        let text = |symbol: Symbol| self.cluster.symbols.text(symbol);
        let mut pairs: Vec<(&str, &str)> = pairs.iter().map(|(key, value)| (text(*key), text(*value))).collect();
        pairs.arrange();
        let labels = pairs.into_iter().map(|(key, value)| (key.to_owned(), Value::text(value))).collect();
        Value::map([("matchLabels", Value::Map(labels))])
    }

    /// The least selector that means exactly these pods of a namespace; else one that means them and
    /// others, and then `false`.
    pub(super) fn selector_for(&self, namespace: NamespaceId, pods: &SortedSet<EndpointId>) -> (Value, bool) {
        let all = self.selectable(namespace);
        let workloads: SortedSet<WorkloadId> = pods.iter().map(|id| self.cluster.endpoint(*id).workload).collect();
        if *pods == all && workloads.len() > 1 {
            return (Value::empty(), true);
        }
        let common = self.common(pods);
        for pair in &common {
            if self.having(&all, &[*pair]) == *pods {
                return (self.labels_value(&[*pair]), true);
            }
        }
        for (at, one) in common.iter().enumerate() {
            for other in common.iter().skip(at + 1) {
                if self.having(&all, &[*one, *other]) == *pods {
                    return (self.labels_value(&[*one, *other]), true);
                }
            }
        }
        if let Some(some) = self.one_of(&all, pods) {
            return (some, true);
        }
        if common.is_empty() {
            return (Value::empty(), *pods == all);
        }
        let exact = self.having(&all, &common) == *pods;
        (self.labels_value(&common), exact)
    }

    /// A selector of one key with several values.
    fn one_of(&self, all: &SortedSet<EndpointId>, pods: &SortedSet<EndpointId>) -> Option<Value> {
        let text = |symbol: Symbol| self.cluster.symbols.text(symbol);
        let first = pods.first()?;
        let rank = |key: &&str| (BEST.iter().position(|best| best == key).unwrap_or(BEST.len()), (*key).to_owned());
        let mut keys: Vec<&str> = self.pairs(*first).iter().map(|(key, _)| text(*key)).collect();
        keys.retain(|key| !OF_CONTROLLERS.contains(key));
        keys.arrange_by(|a, b| rank(a).cmp(&rank(b)));
        keys.into_iter().find_map(|key| {
            let value = |id: &EndpointId| self.pairs(*id).iter().find(|(k, _)| text(*k) == key).map(|(_, v)| *v);
            let values: Option<SortedSet<Symbol>> =
                pods.iter().map(value).collect::<Option<Vec<_>>>().map(|v| v.into_iter().collect());
            let values = values?;
            let open = values.contains(&Symbol::UNKNOWN) || values.contains(&Symbol::OPEN);
            let found: SortedSet<EndpointId> =
                all.iter().copied().filter(|id| value(id).is_some_and(|v| values.contains(&v))).collect();
            if open || values.len() < 2 || found != *pods {
                return None;
            }
            let mut values: Vec<&str> = values.iter().map(|v| text(*v)).collect();
            values.arrange();
            Some(expression(key, "In", &values))
        })
    }

    /// A requirement that these pods of a namespace do not meet and, as far as it can be said by one
    /// label, all others do.
    pub(super) fn all_but(
        &self,
        namespace: NamespaceId,
        pods: &SortedSet<EndpointId>,
    ) -> Option<(String, Vec<String>)> {
        let all = self.selectable(namespace);
        let text = |symbol: Symbol| self.cluster.symbols.text(symbol).to_owned();
        let common = self.common(pods);
        let best = common.iter().find(|pair| self.having(&all, &[**pair]) == *pods).or_else(|| common.first());
        if let Some((key, value)) = best {
            return Some((text(*key), vec![text(*value)]));
        }
        let workloads = self.by_workload(pods);
        let mut key = None;
        let mut values = SortedSet::new();
        for pods in workloads.values() {
            let common = self.common(pods);
            let pair = common.iter().find(|pair| key.is_none_or(|key| key == pair.0))?;
            key = Some(pair.0);
            values.insert(text(pair.1));
        }
        Some((text(key?), values.into_iter().collect()))
    }

    pub(super) fn by_workload(&self, pods: &SortedSet<EndpointId>) -> SortedMap<WorkloadId, SortedSet<EndpointId>> {
        let mut found: SortedMap<WorkloadId, SortedSet<EndpointId>> = SortedMap::new();
        for id in pods.iter() {
            found.entry(self.cluster.endpoint(*id).workload).or_default().insert(*id);
        }
        found
    }

    pub(super) fn by_namespace(&self, pods: &SortedSet<EndpointId>) -> SortedMap<NamespaceId, SortedSet<EndpointId>> {
        let mut found: SortedMap<NamespaceId, SortedSet<EndpointId>> = SortedMap::new();
        for id in pods.iter() {
            found.entry(self.cluster.endpoint(*id).namespace).or_default().insert(*id);
        }
        found
    }

    /// Peers that mean some members, as a policy of a namespace writes them; none: it takes too many,
    /// or there is no way to write them.
    pub(super) fn peers_for(&self, own: NamespaceId, members: &Members) -> Option<Vec<Value>> {
        let mut peers = Vec::new();
        if members.nameless {
            return None;
        }
        let by_namespace = self.by_namespace(&members.pods);
        let real = (0..self.cluster.namespaces.len()).map(NamespaceId::of);
        let everybody: SortedSet<NamespaceId> =
            real.filter(|ns| self.selectable(*ns).iter().any(|id| self.cluster.real_endpoints_hold(*id))).collect();
        let whole = |(ns, pods): (&NamespaceId, &SortedSet<EndpointId>)| self.selectable(*ns) == *pods;
        let all_there = everybody.len() > 1 && everybody.iter().all(|ns| by_namespace.contains_key(ns));
        if all_there && by_namespace.iter().all(whole) {
            peers.push(Value::map([("namespaceSelector", Value::empty())]));
        } else {
            for (namespace, pods) in by_namespace.iter() {
                let mut push = |selector: Value| {
                    peers.push(if *namespace == own {
                        Value::map([("podSelector", selector)])
                    } else {
                        let name = self.namespace_selector(*namespace);
                        match selector == Value::empty() {
                            true => Value::map([("namespaceSelector", name)]),
                            false => Value::map([("namespaceSelector", name), ("podSelector", selector)]),
                        }
                    });
                };
                let (selector, exact) = self.selector_for(*namespace, pods);
                if exact {
                    push(selector);
                    continue;
                }
                for pods in self.by_workload(pods).values() {
                    push(self.selector_for(*namespace, pods).0);
                }
            }
        }
        peers.dedup();
        peers.extend(blocks(&members.addresses)?);
        (peers.len() <= 100).then_some(peers)
    }

    fn namespace_selector(&self, namespace: NamespaceId) -> Value {
        let name = Value::text(self.cluster.namespace_name(namespace));
        Value::map([("matchLabels", Value::map([(METADATA_NAME, name)]))])
    }

    /// Peers that mean everybody but some members; none: there is no way to write them.
    pub(super) fn everybody_but(&self, own: NamespaceId, members: &Members) -> Option<Vec<Value>> {
        let mut peers = Vec::new();
        let by_namespace = self.by_namespace(&members.pods);
        for (namespace, pods) in by_namespace.iter() {
            if self.selectable(*namespace) == *pods {
                continue;
            }
            let (key, values) = self.all_but(*namespace, pods)?;
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            let others = expression(&key, "NotIn", &values);
            peers.push(if *namespace == own {
                Value::map([("podSelector", others)])
            } else {
                Value::map([("namespaceSelector", self.namespace_selector(*namespace)), ("podSelector", others)])
            });
        }
        let names: Vec<&str> = by_namespace.keys().map(|ns| self.cluster.namespace_name(*ns)).collect();
        peers.push(Value::map([(
            "namespaceSelector",
            if names.is_empty() { Value::empty() } else { expression(METADATA_NAME, "NotIn", &names) },
        )]));
        let mut without = members.addresses.clone();
        for id in members.pods.iter() {
            let known = &self.cluster.endpoint(*id).addresses;
            without = without.union(&match known.len() {
                0 => self.cluster.space.pods.clone(),
                _ => AddressSet::addresses(known),
            });
        }
        for family in Family::ALL {
            let space = &self.cluster.space;
            if space.families_known && !space.families.contains(&family) && !members.addresses.has_family(family) {
                continue;
            }
            peers.extend(hull_without(family, &without));
        }
        Some(peers)
    }
}

impl crate::model::Cluster {
    fn real_endpoints_hold(&self, id: EndpointId) -> bool {
        self.endpoint(id).kind != crate::model::EndpointKind::Hypothetical
    }
}

/// A selector of one expression.
pub(super) fn expression(key: &str, operator: &str, values: &[&str]) -> Value {
    Value::map([("matchExpressions", Value::List(vec![requirement(key, operator, values)]))])
}

pub(super) fn requirement(key: &str, operator: &str, values: &[&str]) -> Value {
    let values = Value::List(values.iter().map(|value| Value::text(*value)).collect());
    Value::map([("key", Value::text(key)), ("operator", Value::text(operator)), ("values", values)])
}

/// `ipBlock`s that mean these addresses: exactly, as far as packets can have such addresses at all, or
/// where that would be many the least block with exceptions. Where that would be too many as well, the
/// small exceptions are left out, so that the block means more.
pub(super) fn blocks(addresses: &AddressSet) -> Option<Vec<Value>> {
    let mut out = Vec::new();
    for family in Family::ALL {
        let own = addresses.intersection(&AddressSet::family(family));
        let cidrs = own.cidrs();
        if cidrs.is_empty() {
            continue;
        }
        if cidrs.len() <= 4 {
            out.extend(cidrs.into_iter().map(|net| block(net, &[])));
            continue;
        }
        let ranges = own.ranges();
        let (Some((low, _)), Some((_, high))) = (ranges.first(), ranges.last()) else { continue };
        let hull = hull(*low, *high)?;
        let mut except = AddressSet::net(hull).intersection(&AddressSpace::routable()).difference(&own).cidrs();
        if except.len() > MOST_BLOCKS && cidrs.len() <= MOST_BLOCKS {
            out.extend(cidrs.into_iter().map(|net| block(net, &[])));
            continue;
        }
        if except.len() > MOST_BLOCKS {
            except.retain(|net| net.prefix_len() <= if hull.addr().is_ipv4() { 24 } else { 64 });
            except.arrange_by(|a, b| a.prefix_len().cmp(&b.prefix_len()).then_with(|| a.cmp(b)));
            except.truncate(MOST_BLOCKS);
            except.arrange();
        }
        out.push(block(hull, &except));
    }
    Some(out)
}

fn hull(low: IpAddr, high: IpAddr) -> Option<IpNet> {
    let bits = if low.is_ipv4() { 32 } else { 128 };
    (0..=bits)
        .rev()
        .filter_map(|prefix| IpNet::new(low, prefix).ok())
        .find(|net| net.contains(&high))
        .map(|net| net.trunc())
}

/// Every address of a family but some.
fn hull_without(family: Family, without: &AddressSet) -> Vec<Value> {
    let all = match family {
        Family::V4 => IpNet::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0),
        Family::V6 => IpNet::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0),
    };
    let except = without.intersection(&AddressSet::family(family));
    all.map(|all| block_without(all, &except)).unwrap_or_default()
}

/// A block with exceptions; where what is left of it is shorter to write, as far as packets can have such
/// addresses, that.
pub(super) fn block_without(net: IpNet, without: &AddressSet) -> Vec<Value> {
    let except = without.cidrs();
    if except.contains(&net) {
        return Vec::new();
    }
    let left = AddressSet::net(net).intersection(&AddressSpace::routable()).difference(without).cidrs();
    match left.len() < except.len() {
        true => left.into_iter().map(|net| block(net, &[])).collect(),
        false => vec![block(net, &except)],
    }
}

pub(super) fn block(net: IpNet, except: &[IpNet]) -> Value {
    let mut inner = Value::map([("cidr", Value::text(net.to_string()))]);
    if !except.is_empty() {
        inner.set("except", Value::List(except.iter().map(|net| Value::text(net.to_string())).collect()));
    }
    Value::map([("ipBlock", inner)])
}

/// Entries of `ports` for some traffic; none: what has no ports is in it.
pub(super) fn ports(traffic: &TrafficSet) -> Option<Vec<Value>> {
    let mut out = Vec::new();
    for (protocol, low, high) in traffic.ranges() {
        let name = ("protocol", Value::text(protocol.name()));
        out.push(match (low, high) {
            _ if protocol == Protocol::Icmp => return None,
            (1, u16::MAX) => Value::map([name]),
            _ if low == high => Value::map([name, ("port", Value::number(low))]),
            _ => Value::map([name, ("port", Value::number(low)), ("endPort", Value::number(high))]),
        });
    }
    Some(out)
}

/// Whether a selector means a pod.
pub(super) fn means(selector: &manifest::Selector, labels: impl Fn(&str) -> Option<String>) -> bool {
    selector.requirements.iter().all(|requirement| {
        let value = labels(&requirement.key);
        match &requirement.operator {
            RequirementOperator::In(values) => value.is_some_and(|v| values.contains(&v)),
            RequirementOperator::NotIn(values) => value.is_none_or(|v| !values.contains(&v)),
            RequirementOperator::Exists => value.is_some(),
            RequirementOperator::DoesNotExist => value.is_none(),
        }
    })
}

impl Engine {
    /// Whether a selector means a pod by its labels.
    pub(crate) fn labels_mean(&self, selector: &manifest::Selector, id: EndpointId) -> bool {
        means(selector, |key| {
            let pair = self.pairs(id).iter().find(|(k, _)| self.cluster.symbols.text(*k) == key);
            pair.map(|(_, value)| self.cluster.symbols.text(*value).to_owned())
        })
    }

    /// Whether a peer of a policy in a namespace means a pod.
    pub(crate) fn peer_means(&self, own: NamespaceId, peer: &manifest::Peer, id: EndpointId) -> bool {
        let endpoint = self.cluster.endpoint(id);
        let find = |pairs: &[Pair], key: &str| {
            let pair = pairs.iter().find(|(k, _)| self.cluster.symbols.text(*k) == key);
            pair.map(|(_, value)| self.cluster.symbols.text(*value).to_owned())
        };
        match peer {
            manifest::Peer::Block { net, except } => {
                let holes = AddressSet::nets(except.iter().copied());
                let set = AddressSet::net(*net).difference(&holes);
                !endpoint.addresses.is_empty() && endpoint.addresses.iter().all(|address| set.contains(*address))
            }
            manifest::Peer::Pods { pods, namespaces } => {
                let in_namespace = match namespaces {
                    None => endpoint.namespace == own,
                    Some(selector) => {
                        let labels = &self.cluster.namespace(endpoint.namespace).labels;
                        means(selector, |key| find(labels, key))
                    }
                };
                let own_pairs = self.pairs(id);
                in_namespace && pods.as_ref().is_none_or(|selector| means(selector, |key| find(own_pairs, key)))
            }
        }
    }
}
