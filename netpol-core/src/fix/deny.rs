//! Changes that stop something: rules narrowed so that they do not admit it, and where nothing
//! isolates, a policy that lets everything else through.

use super::allow::{peers_key, rule};
use super::edit::{Edit, Path, Step};
use super::plan::{Change, Need, Planner};
use super::policies::{PolicyText, number};
use super::selectors::{Members, block, block_without, ports, requirement};
use super::value::Value;
use crate::Direction;
use crate::explain::Code;
use crate::manifest::{Peer, PolicyPort, PortValue, RequirementOperator, Selector, Spanned};
use crate::model::{EndpointId, METADATA_NAME, NamespaceId};
use crate::query::Reason;
use crate::set::{AddressSet, TrafficSet};
use crate::sorted::{SortedMap, SortedSet};
use ipnet::IpNet;

/// How a rule is narrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// The peer goes, or the rule.
    Remove,
    /// The ports go.
    Ports,
    /// The peer means everybody but those who were asked about.
    Peer,
    /// The ports go; a second rule keeps them for everybody else.
    Both,
}

/// The rules of policies that admit something, each with the peers that do.
pub(super) type Admitting = SortedMap<(String, String), SortedMap<usize, SortedSet<usize>>>;

/// The rules that reasons rest on; none: something else than a rule of a NetworkPolicy admits it.
pub(super) fn admitting<'r>(direction: Direction, reasons: impl Iterator<Item = &'r Reason>) -> Option<Admitting> {
    let mut found = Admitting::new();
    for reason in reasons {
        match reason.code {
            Code::NotIsolated | Code::NoRuleMatches | Code::PassedByRule => {}
            Code::AllowedByRule => {
                let origin = reason.origin.as_ref().filter(|origin| origin.policy.kind == "NetworkPolicy")?;
                let policy = (origin.policy.namespace.as_deref()?.to_owned(), origin.policy.name.to_string());
                let rest = origin.field.strip_prefix("spec.")?.strip_prefix(direction.name())?;
                let mut numbers = rest.split(['[', ']']).filter_map(|part| part.parse::<usize>().ok());
                let peers = found.entry(policy).or_default().entry(numbers.next()?).or_default();
                peers.extend(numbers.next());
            }
            _ => return None,
        }
    }
    Some(found)
}

impl Planner<'_> {
    /// Ways to stop something in a direction.
    pub(super) fn ways_to_deny(&self, need: &Need, admitting: &Admitting) -> Vec<Vec<Change>> {
        let members = need.peers.members(self.engine);
        let open = |id: &EndpointId| self.isolated_by(need.direction, *id).is_empty();
        let unisolated: SortedSet<EndpointId> = need.subjects.iter().copied().filter(open).collect();
        let cuts = [Cut::Both, Cut::Peer, Cut::Ports, Cut::Remove];
        let way = |cut| {
            let mut changes = Vec::new();
            for (namespace, pods) in self.engine.by_namespace(&unisolated).iter() {
                changes.push(self.isolate(need, (*namespace, pods), &members, cut)?);
            }
            for ((namespace, name), rules) in admitting.iter() {
                let policy = self.policies.get(namespace, name)?;
                changes.push(self.narrow(need, policy, rules, &members, cut)?);
            }
            (!changes.is_empty()).then_some(changes)
        };
        cuts.into_iter().filter_map(way).collect()
    }

    /// A policy that isolates and lets everything else through; nothing else, if the cut is a removal.
    fn isolate(
        &self,
        need: &Need,
        (namespace, pods): (NamespaceId, &SortedSet<EndpointId>),
        members: &Members,
        cut: Cut,
    ) -> Option<Change> {
        let others = TrafficSet::all_ports().difference(&need.traffic);
        let everybody = || (!members.nameless).then(|| self.engine.everybody_but(namespace, members)).flatten();
        let rules = match cut {
            Cut::Remove => Vec::new(),
            Cut::Ports if others.is_empty() => return None,
            Cut::Ports => vec![rule(need.direction, None, &others)],
            Cut::Peer => vec![rule(need.direction, Some(everybody()?), &TrafficSet::all_ports())],
            Cut::Both if others.is_empty() => return None,
            // Everybody else on every port: what has none, ICMP, then passes where a plugin lets such rules
            // decide it.
            Cut::Both => {
                let all = TrafficSet::all_ports();
                vec![rule(need.direction, None, &others), rule(need.direction, Some(everybody()?), &all)]
            }
        };
        let (selector, _) = self.engine.selector_for(namespace, pods);
        let (own, other) = (self.title(pods, &Members::default()), self.title(&members.pods, members));
        let name = match need.direction {
            Direction::Egress => format!("{own}-deny-egress-to-{other}"),
            Direction::Ingress => format!("{own}-deny-ingress-from-{other}"),
        };
        let mut change = self.new_policy(need.direction, namespace, &name, selector, rules);
        change.step.code = match cut {
            Cut::Remove => Code::FixNewIsolation,
            Cut::Ports => Code::FixNewOtherPorts,
            Cut::Peer => Code::FixNewOtherPeers,
            Cut::Both => Code::FixNewOthers,
        };
        Some(change)
    }

    fn narrow(
        &self,
        need: &Need,
        policy: &PolicyText,
        rules: &SortedMap<usize, SortedSet<usize>>,
        members: &Members,
        cut: Cut,
    ) -> Option<Change> {
        let direction = need.direction;
        let own = self.engine.cluster.find_namespace(&policy.namespace)?;
        let all = policy.rules(direction);
        let list: Path = vec![Step::Key("spec"), Step::Key(direction.name())];
        let at = |index: usize| -> Path { list.iter().cloned().chain([Step::At(index)]).collect() };
        let (mut edits, mut pushed, mut removed) = (Vec::new(), Vec::new(), 0);
        for (index, peers) in rules.iter().rev() {
            let of = all.get(*index)?;
            let own_path = at(*index);
            let inner = |key: &'static str, item: usize| -> Path {
                own_path.iter().cloned().chain([Step::Key(key), Step::At(item)]).collect()
            };
            let rest = remaining(&of.ports, &need.traffic, &|port| self.declared(need, port))?;
            let narrowed = || self.narrowed(own, &of.peers, peers, members);
            let key = peers_key(direction);
            match cut {
                Cut::Remove if !of.peers.is_empty() && peers.len() < of.peers.len() => {
                    let mut peers: Vec<usize> = peers.iter().copied().collect();
                    peers.reverse();
                    edits.extend(peers.into_iter().map(|peer| Edit::Remove(inner(key, peer))));
                }
                Cut::Remove => {
                    edits.push(Edit::Remove(own_path));
                    removed += 1;
                }
                Cut::Ports | Cut::Both => {
                    if let Cut::Both = cut {
                        let same: Vec<Value> =
                            of.ports.iter().filter_map(|port| shared(&port.value, &need.traffic)).flatten().collect();
                        let peers = narrowed()?;
                        if !peers.is_empty() {
                            let mut second = Value::map([(key, Value::List(peers))]);
                            if !of.ports.is_empty() {
                                second.set("ports", Value::List(same));
                            }
                            pushed.push(second);
                        }
                    }
                    if rest.iter().all(|entry| entry.as_ref().is_some_and(Vec::is_empty)) {
                        // Nothing is left of it: with a second rule, that is the same as a narrower peer.
                        if let Cut::Both = cut {
                            return None;
                        }
                        edits.push(Edit::Remove(own_path));
                        removed += 1;
                    } else if of.ports.is_empty() {
                        let left: Vec<Value> = rest.into_iter().flatten().flatten().collect();
                        edits.push(Edit::Set(own_path, "ports", Value::List(left)));
                    } else {
                        for (entry, left) in rest.into_iter().enumerate().rev() {
                            match left {
                                None => {}
                                Some(left) => match left.split_first() {
                                    None => edits.push(Edit::Remove(inner("ports", entry))),
                                    Some((first, more)) => {
                                        edits.push(Edit::Replace(inner("ports", entry), first.clone()));
                                        let path: Path = own_path.iter().cloned().chain([Step::Key("ports")]).collect();
                                        edits.extend(more.iter().map(|port| Edit::Push(path.clone(), port.clone())));
                                    }
                                },
                            }
                        }
                    }
                }
                Cut::Peer if of.peers.is_empty() => {
                    edits.push(Edit::Set(own_path, key, Value::List(narrowed()?)));
                }
                Cut::Peer => {
                    let left: Vec<(usize, Vec<Value>)> = peers
                        .iter()
                        .map(|peer| Some((*peer, self.narrow_peer(own, &of.peers.get(*peer)?.value, members)?)))
                        .collect::<Option<_>>()?;
                    if left.len() == of.peers.len() && left.iter().all(|(_, left)| left.is_empty()) {
                        edits.push(Edit::Remove(own_path));
                        removed += 1;
                        continue;
                    }
                    for (peer, left) in left.into_iter().rev() {
                        match left.split_first() {
                            None => edits.push(Edit::Remove(inner(key, peer))),
                            Some((first, more)) => {
                                let old = of.peers.get(peer).map(|peer| &peer.value);
                                let excepted = old.and_then(|old| more_exceptions(old, &inner(key, peer), first));
                                let replaced = || vec![Edit::Replace(inner(key, peer), first.clone())];
                                edits.extend(excepted.unwrap_or_else(replaced));
                                let path: Path = own_path.iter().cloned().chain([Step::Key(key)]).collect();
                                edits.extend(more.iter().map(|peer| Edit::Push(path.clone(), peer.clone())));
                            }
                        }
                    }
                }
            }
        }
        edits.extend(pushed.into_iter().map(|rule| Edit::Push(list.clone(), rule)));
        if removed == all.len() && direction == Direction::Egress && !policy.has_types() {
            // Without a rule, and without being said, it would no longer isolate.
            let types = Value::List(vec![Value::text("Ingress"), Value::text("Egress")]);
            edits.push(Edit::Set(vec![Step::Key("spec")], "policyTypes", types));
        }
        let code = match cut {
            Cut::Remove => Code::FixRemove,
            Cut::Ports => Code::FixNarrowPorts,
            Cut::Peer => Code::FixNarrowPeer,
            Cut::Both => Code::FixSplitRule,
        };
        let fields: Vec<String> = rules.keys().map(|at| format!("spec.{}[{at}]", direction.name())).collect();
        let span = rules.keys().next().and_then(|at| all.get(*at))?.span;
        Some(policy.change(code, edits, (&fields.join(", "), span)))
    }

    /// What a port name of a rule means, at those who are reached.
    fn declared(&self, need: &Need, port: &PolicyPort) -> TrafficSet {
        let PortValue::Named(name) = &port.port else { return TrafficSet::empty() };
        let reached = match need.direction {
            Direction::Egress => &need.peers.endpoints,
            Direction::Ingress => &need.subjects,
        };
        let numbers = reached.iter().map(|id| self.engine.declared(*id, name, Some(port.protocol)));
        numbers.fold(TrafficSet::empty(), |all, one| all.union(&one))
    }

    /// The peers that those of a rule become which mean somebody who was asked about; the others of the
    /// rule are left out.
    fn narrowed(
        &self,
        own: NamespaceId,
        peers: &[Spanned<Peer>],
        meant: &SortedSet<usize>,
        members: &Members,
    ) -> Option<Vec<Value>> {
        if peers.is_empty() {
            return self.engine.everybody_but(own, members);
        }
        let mut out = Vec::new();
        for (at, peer) in peers.iter().enumerate() {
            match meant.contains(&at) {
                true => out.extend(self.narrow_peer(own, &peer.value, members)?),
                false => out.push(written(&peer.value)),
            }
        }
        Some(out)
    }

    /// What a peer becomes without some members.
    fn narrow_peer(&self, own: NamespaceId, peer: &Peer, members: &Members) -> Option<Vec<Value>> {
        match peer {
            Peer::Block { net, except } => {
                let mut without = members.addresses.clone();
                for id in members.pods.iter() {
                    let known = &self.engine.cluster.endpoint(*id).addresses;
                    if known.is_empty() {
                        return None;
                    }
                    without = without.union(&AddressSet::addresses(known));
                }
                let holes =
                    AddressSet::nets(except.iter().copied()).union(&without.intersection(&AddressSet::net(*net)));
                Some(block_without(*net, &holes))
            }
            Peer::Pods { pods, namespaces } => {
                let mut out = Vec::new();
                let by_namespace = self.engine.by_namespace(&members.pods);
                let mut named = Vec::new();
                for (namespace, all) in by_namespace.iter() {
                    let here: SortedSet<EndpointId> =
                        all.iter().copied().filter(|id| self.engine.peer_means(own, peer, *id)).collect();
                    if here.is_empty() {
                        continue;
                    }
                    let (key, values) = self.engine.all_but(*namespace, &here)?;
                    let values: Vec<&str> = values.iter().map(String::as_str).collect();
                    let name = self.engine.cluster.namespace_name(*namespace).to_owned();
                    if let Some(selector) = without(pods.as_ref(), &key, &values) {
                        out.push(match namespaces {
                            None => Value::map([("podSelector", selector)]),
                            Some(_) => {
                                let by_name = Value::map([(METADATA_NAME, Value::text(&name))]);
                                let namespaces = Value::map([("matchLabels", by_name)]);
                                Value::map([("namespaceSelector", namespaces), ("podSelector", selector)])
                            }
                        });
                    }
                    named.push(name);
                }
                if let Some(selector) = namespaces
                    && !self.means_only(selector, &named)
                {
                    let mut others = selector_value(selector);
                    let names: Vec<&str> = named.iter().map(String::as_str).collect();
                    add_requirement(&mut others, requirement(METADATA_NAME, "NotIn", &names));
                    let mut peer = Value::map([("namespaceSelector", others)]);
                    if let Some(pods) = pods {
                        peer.set("podSelector", selector_value(pods));
                    }
                    out.push(peer);
                }
                Some(out)
            }
        }
    }

    /// Whether a selector of namespaces asks for one of these names.
    fn means_only(&self, selector: &Selector, names: &[String]) -> bool {
        selector.requirements.iter().any(|requirement| {
            requirement.key == METADATA_NAME
                && matches!(&requirement.operator, RequirementOperator::In(values)
                    if values.iter().all(|value| names.contains(value)))
        })
    }
}

/// The edits by which a block comes to have more exceptions, where it is the same but for these: what is
/// there stays as it is written.
fn more_exceptions(old: &Peer, path: &Path, new: &Value) -> Option<Vec<Edit>> {
    let Peer::Block { net, except } = old else { return None };
    let wanted = new.exceptions();
    if *new != block(*net, &wanted) || wanted.is_empty() || !except.iter().all(|one| wanted.contains(one)) {
        return None;
    }
    let inside: Path = path.iter().cloned().chain([Step::Key("ipBlock")]).collect();
    let text = |net: &IpNet| Value::text(net.to_string());
    if except.is_empty() {
        return Some(vec![Edit::Set(inside, "except", Value::List(wanted.iter().map(text).collect()))]);
    }
    let list: Path = inside.into_iter().chain([Step::Key("except")]).collect();
    let fresh = wanted.iter().filter(|one| !except.contains(one));
    Some(fresh.map(|one| Edit::Push(list.clone(), text(one))).collect())
}

/// What is left of each entry of `ports` without some traffic: none where it stays as it is. Without
/// entries, one that stands for all.
#[allow(clippy::type_complexity, reason = "an entry, what is left of it")]
fn remaining(
    entries: &[Spanned<PolicyPort>],
    without: &TrafficSet,
    declared: &dyn Fn(&PolicyPort) -> TrafficSet,
) -> Option<Vec<Option<Vec<Value>>>> {
    if entries.is_empty() {
        return Some(vec![Some(ports(&TrafficSet::all_ports().difference(without))?)]);
    }
    let left = |entry: &Spanned<PolicyPort>| {
        if let PortValue::Named(_) = entry.value.port {
            // A name is not cut: it goes, or it stays.
            return (!declared(&entry.value).intersection(without).is_empty()).then(Vec::new);
        }
        let own = number(&entry.value);
        if own.intersection(without).is_empty() { None } else { ports(&own.difference(without)) }
    };
    Some(entries.iter().map(left).collect())
}

/// What an entry of `ports` has in common with some traffic, as it would be written.
fn shared(port: &PolicyPort, with: &TrafficSet) -> Option<Vec<Value>> {
    match &port.port {
        PortValue::Named(name) => {
            Some(vec![Value::map([("protocol", Value::text(port.protocol.name())), ("port", Value::text(name))])])
        }
        _ => ports(&number(port).intersection(with)),
    }
}

/// A selector that in addition does not mean some values of a key; none: then it means nothing.
fn without(selector: Option<&Selector>, key: &str, values: &[&str]) -> Option<Value> {
    let mut selector = selector.cloned().unwrap_or_default();
    let mut listed = false;
    for requirement in selector.requirements.iter_mut().filter(|requirement| requirement.key == key) {
        if let RequirementOperator::In(wanted) = &mut requirement.operator {
            wanted.retain(|value| !values.contains(&value.as_str()));
            if wanted.is_empty() {
                return None;
            }
            listed = true;
        }
    }
    let mut written = selector_value(&selector);
    if !listed {
        add_requirement(&mut written, requirement(key, "NotIn", values));
    }
    Some(written)
}

/// A selector as it is written.
fn selector_value(selector: &Selector) -> Value {
    use RequirementOperator as Op;
    let mut value = Value::empty();
    let mut labels: Vec<(String, Value)> = Vec::new();
    let mut others = Vec::new();
    for r in &selector.requirements {
        match &r.operator {
            Op::In(values) if values.len() == 1 && labels.iter().all(|(key, _)| *key != r.key) => {
                labels.extend(values.first().map(|only| (r.key.clone(), Value::text(only))));
            }
            _ => others.push(r),
        }
    }
    if !labels.is_empty() {
        value.set("matchLabels", Value::Map(labels));
    }
    for r in others {
        let (operator, values) = match &r.operator {
            Op::In(values) => ("In", values.as_slice()),
            Op::NotIn(values) => ("NotIn", values.as_slice()),
            Op::Exists => ("Exists", &[][..]),
            Op::DoesNotExist => ("DoesNotExist", &[][..]),
        };
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let mut written = requirement(&r.key, operator, &values);
        if let (Value::Map(entries), true) = (&mut written, values.is_empty()) {
            entries.retain(|(key, _)| key != "values");
        }
        add_requirement(&mut value, written);
    }
    value
}

fn add_requirement(selector: &mut Value, requirement: Value) {
    match selector.get_mut("matchExpressions") {
        Some(Value::List(all)) => all.push(requirement),
        _ => selector.set("matchExpressions", Value::List(vec![requirement])),
    }
}

fn written(peer: &Peer) -> Value {
    match peer {
        Peer::Block { net, except } => block(*net, except),
        Peer::Pods { pods, namespaces } => {
            let mut value = Value::empty();
            if let Some(namespaces) = namespaces {
                value.set("namespaceSelector", selector_value(namespaces));
            }
            if let Some(pods) = pods {
                value.set("podSelector", selector_value(pods));
            }
            value
        }
    }
}
