//! Changes that let something through: a port, a peer or a rule more in a policy that isolates, or a
//! policy more.

use super::edit::{Edit, Path, Step};
use super::plan::{Change, Need, Planner, What};
use super::policies::{PolicyText, numbers};
use super::selectors::{Members, ports};
use super::value::Value;
use crate::Direction;
use crate::explain::Code;
use crate::manifest::{Peer, Rule};
use crate::model::{EndpointId, NamespaceId};
use crate::set::{AddressSet, Protocol, TrafficSet};
use crate::sorted::{SortedMap, SortedSet};

/// What a change is, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Port,
    Peer,
    Rule,
    New,
}

/// More rules of a policy are not looked at.
const MOST_RULES: usize = 100;

impl Planner<'_> {
    /// Ways to let through what a direction denies, each a list of changes that belong together.
    pub(super) fn ways_to_allow(&self, need: &Need) -> Vec<Vec<Change>> {
        let members = need.peers.members(self.engine);
        let subjects = self.engine.by_namespace(&need.subjects);
        let mut per_namespace: Vec<SortedMap<Kind, Vec<Change>>> = Vec::new();
        for (namespace, pods) in subjects.iter() {
            let mut found = SortedMap::new();
            self.allow_in(need, (*namespace, pods), &members, &mut found);
            per_namespace.push(found);
        }
        match per_namespace.as_slice() {
            [only] => only.values().flatten().map(|change| vec![change.clone()]).collect(),
            many => {
                let way = |kinds: &[Kind]| {
                    let first = |of: &SortedMap<Kind, Vec<Change>>| {
                        kinds.iter().find_map(|kind| of.get(kind)?.first().cloned())
                    };
                    many.iter().map(first).collect::<Option<Vec<Change>>>()
                };
                let all = [way(&[Kind::Rule, Kind::New]), way(&[Kind::New])];
                all.into_iter().flatten().filter(|way| !way.is_empty()).collect()
            }
        }
    }

    fn allow_in(
        &self,
        need: &Need,
        (namespace, pods): (NamespaceId, &SortedSet<EndpointId>),
        members: &Members,
        found: &mut SortedMap<Kind, Vec<Change>>,
    ) {
        let traffic = with_dns(&need.traffic);
        let peers = match need.anybody {
            true => None,
            false => match self.engine.peers_for(namespace, members) {
                Some(peers) => Some(peers),
                None => return,
            },
        };
        let rule = rule(need.direction, peers, &traffic);
        for policy in self.isolating(need.direction, namespace, pods) {
            let list = [Step::Key("spec"), Step::Key(need.direction.name())];
            let rules = policy.rules(need.direction);
            for (at, of) in rules.iter().enumerate().take(MOST_RULES) {
                let path = |key: Option<&'static str>| -> Path {
                    list.iter().cloned().chain([Step::At(at)]).chain(key.map(Step::Key)).collect()
                };
                let field = format!("spec.{}[{at}]", need.direction.name());
                let missing = traffic.difference(&numbers(&of.ports));
                let (rest, others) =
                    (self.not_meant(namespace, of, members), !of.ports.is_empty() && !missing.is_empty());
                let meant = match need.anybody {
                    true => of.peers.is_empty(),
                    false => rest.pods.is_empty() && rest.addresses.is_empty(),
                };
                if meant && others {
                    let Some(entries) = ports(&missing) else { continue };
                    let edits = entries.into_iter().map(|port| Edit::Push(path(Some("ports")), port)).collect();
                    let change = policy.change(Code::FixAddPort, edits, (&field, of.span));
                    found.entry(Kind::Port).or_default().push(change.with("ports", &missing));
                } else if !of.peers.is_empty() && missing.is_empty() && !need.anybody {
                    let Some(more) = self.engine.peers_for(namespace, &rest) else { continue };
                    let text = self.named(&rest);
                    let key = peers_key(need.direction);
                    let edits = more.into_iter().map(|peer| Edit::Push(path(Some(key)), peer)).collect();
                    let change = policy.change(Code::FixAddPeer, edits, (&field, of.span));
                    found.entry(Kind::Peer).or_default().push(change.with("peer", text));
                }
            }
            let edit = match rules {
                [] => Edit::Set(vec![Step::Key("spec")], need.direction.name(), Value::List(vec![rule.clone()])),
                _ => Edit::Push(list.to_vec(), rule.clone()),
            };
            let field = format!("spec.{}", need.direction.name());
            let span = rules.last().map_or(policy.spec.pod_selector_span, |rule| rule.span);
            found.entry(Kind::Rule).or_default().push(policy.change(Code::FixAddRule, vec![edit], (&field, span)));
        }
        let (selector, _) = self.engine.selector_for(namespace, pods);
        let (own, other) = (self.title(pods, &Members::default()), self.title(&members.pods, members));
        let other = if need.anybody { "anybody".to_owned() } else { other };
        let name = match need.direction {
            Direction::Egress => format!("{own}-allow-egress-to-{other}"),
            Direction::Ingress => format!("{own}-allow-ingress-from-{other}"),
        };
        let new = self.new_policy(need.direction, namespace, &name, selector, vec![rule]);
        found.entry(Kind::New).or_default().push(new);
    }

    /// Those members that no peer of a rule means.
    fn not_meant(&self, own: NamespaceId, rule: &Rule, members: &Members) -> Members {
        if rule.peers.is_empty() {
            return Members::default();
        }
        let blocks = rule.peers.iter().filter_map(|peer| match &peer.value {
            Peer::Block { net, except } => {
                Some(AddressSet::net(*net).difference(&AddressSet::nets(except.iter().copied())))
            }
            Peer::Pods { .. } => None,
        });
        let blocks = blocks.fold(AddressSet::empty(), |all, one| all.union(&one));
        let means = |id: &EndpointId| rule.peers.iter().any(|peer| self.engine.peer_means(own, &peer.value, *id));
        Members {
            pods: members.pods.iter().copied().filter(|id| !means(id)).collect(),
            addresses: members.addresses.difference(&blocks),
            nameless: members.nameless,
        }
    }

    /// The policies with a text that isolate all of some pods of a namespace.
    pub(super) fn isolating(
        &self,
        direction: Direction,
        namespace: NamespaceId,
        pods: &SortedSet<EndpointId>,
    ) -> Vec<&PolicyText> {
        let mut common: Option<SortedSet<u32>> = None;
        for id in pods.iter() {
            let own = self.isolated_by(direction, *id);
            match &mut common {
                Some(common) => common.retain(|policy| own.contains(policy)),
                None => common = Some(own),
            }
        }
        let name = self.engine.cluster.namespace_name(namespace);
        let policies = common.into_iter().flatten().map(|policy| &self.engine.ir.policies[policy as usize].name);
        policies.filter_map(|policy| self.policies.get(name, policy)).collect()
    }
}

pub(super) const fn peers_key(direction: Direction) -> &'static str {
    match direction {
        Direction::Egress => "to",
        Direction::Ingress => "from",
    }
}

/// A rule; no peers: everybody.
pub(super) fn rule(direction: Direction, peers: Option<Vec<Value>>, traffic: &TrafficSet) -> Value {
    let mut rule = Value::empty();
    if let Some(peers) = peers {
        rule.set(peers_key(direction), Value::List(peers));
    }
    if !TrafficSet::all_ports().is_subset(traffic)
        && let Some(ports) = ports(traffic)
    {
        rule.set("ports", Value::List(ports));
    }
    rule
}

impl What {
    pub(super) fn edits(&self) -> &[Edit] {
        match self {
            Self::Edit(edits) => edits,
            Self::New(_) => &[],
        }
    }

    /// The blocks that it excepts.
    pub(super) fn exceptions(&self) -> Vec<ipnet::IpNet> {
        match self {
            Self::Edit(edits) => edits.iter().flat_map(Edit::exceptions).collect(),
            Self::New(value) => value.exceptions(),
        }
    }

    /// All that is written anew.
    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        let new = if let Self::New(value) = self { Some(value) } else { None };
        self.edits().iter().filter_map(Edit::value).chain(new)
    }
}

/// Name resolution needs both protocols.
fn with_dns(traffic: &TrafficSet) -> TrafficSet {
    let dns = TrafficSet::port(Protocol::Udp, 53).union(&TrafficSet::port(Protocol::Tcp, 53));
    if traffic.is_subset(&dns) { dns } else { traffic.clone() }
}
