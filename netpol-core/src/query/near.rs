//! The nearest misses of a deny: rules that would allow it but for one thing.

use super::answer::Reason;
use super::direction::Flow;
use crate::diagnostic::Params;
use crate::engine::{AppliedList, End, Engine, Party, World};
use crate::explain::Code;
use crate::ir::{Action, Direction, NamespaceMatch, Origin, Peer, Ports, Rule};
use crate::selector::{Label, Match, Requirement, Selector, label};
use crate::set::{AddressSet, TrafficSet};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use crate::symbol::Symbol;
use ipnet::IpNet;
use std::cmp::Reverse;

/// How many are worth showing.
const MOST: usize = 3;

/// A rule that would allow a flow but for one thing: how near it is, what is amiss, and the traffic
/// that it would let through.
type Miss = (u8, Code, Params, TrafficSet);

impl Engine {
    /// The nearest misses of some flows that share their reasons: best first, and before that those
    /// that hold for more of the flows.
    pub(super) fn near_misses(&self, direction: Direction, flows: &[Flow], traffic: &TrafficSet) -> Vec<Reason> {
        let mut found: SortedMap<(u8, Reason), usize> = SortedMap::new();
        for flow in flows {
            let (subject, _) = flow.ends(direction);
            let Some(pod) = self.pod(subject) else { continue };
            let lists: Vec<AppliedList<'_>> = self.lists_of(direction, pod).collect();
            let denied = self.denied_in(direction, *flow, traffic, &lists);
            // What comes after the rule that denies would not be asked.
            let before = lists
                .iter()
                .filter(|a| denied.is_none_or(|(tier, rank)| a.tier < tier || (a.tier == tier && a.rank < rank)));
            for rule in before.flat_map(|applied| &applied.list.rules) {
                if rule.action != Action::Allow || !matches!(rule.origin, Origin::Rule { .. }) {
                    continue;
                }
                if let Some((rank, code, params, traffic)) = self.miss(rule, direction, *flow, traffic) {
                    let origin = Some(self.origin_ref(&rule.origin, None));
                    *found.entry((rank, Reason { code, params, origin, traffic })).or_default() += 1;
                }
            }
        }
        let mut found: Vec<_> = found.into_iter().collect();
        let key =
            |((rank, reason), times): &((u8, Reason), usize)| (Reverse(*times), reason.traffic != *traffic, *rank);
        found.arrange_by(|a, b| key(a).cmp(&key(b)));
        found.truncate(MOST);
        found.into_iter().map(|((_, reason), _)| reason).collect()
    }

    /// The first rank, by tier, of which a rule denies a flow.
    fn denied_in(
        &self,
        direction: Direction,
        flow: Flow,
        traffic: &TrafficSet,
        lists: &[AppliedList<'_>],
    ) -> Option<(usize, usize)> {
        let (protocol, port) = traffic.first()?;
        let evidence = self.evidence(flow.source, flow.destination, flow.family, protocol, port);
        let trace = match direction {
            Direction::Egress => evidence.egress,
            Direction::Ingress => evidence.ingress,
        };
        let denies = trace.hits.iter().filter(|hit| hit.action == Action::Deny).map(|hit| hit.origin.policy());
        let of_policy = |policy: u32| {
            let isolating = |a: &&AppliedList<'_>| {
                a.list.policy() == Some(policy) && a.list.rules.iter().any(|rule| rule.action == Action::Deny)
            };
            lists.iter().filter(isolating).map(|a| (a.tier, a.rank)).min()
        };
        denies.filter_map(of_policy).min()
    }

    /// Whether a rule matches a peer: maybe, if it depends on which address it has.
    fn matches_all(&self, rule: &Rule, direction: Direction, flow: Flow) -> Match {
        let (subject, peer) = flow.ends(direction);
        let cases = self.address_cases(direction, subject, peer, flow.family);
        let matches = cases
            .into_iter()
            .map(|address| self.peer_matches(&rule.peer, &End { party: peer, address }, &World::default()));
        matches.reduce(|a, b| if a == b { a } else { Match::Maybe }).unwrap_or(Match::Maybe)
    }

    fn miss(&self, rule: &Rule, direction: Direction, flow: Flow, traffic: &TrafficSet) -> Option<Miss> {
        let (must, may) = self.rule_traffic(rule, flow.destination);
        if self.matches_all(rule, direction, flow) == Match::Yes {
            if !traffic.intersection(&may).is_empty() {
                return None;
            }
            let all = traffic.clone();
            if may.is_empty() {
                let named = rule.traffic.iter().filter_map(|p| match &p.ports {
                    Ports::Named(_, name) => Some(self.cluster.symbols.text(*name)),
                    Ports::Set(_) => None,
                });
                let names = named.collect::<SortedSet<_>>().into_iter().collect::<Vec<_>>().join(", ");
                return Some((1, Code::NearPortName, Params::from([("names", names)]), all));
            }
            let names = rule.traffic.iter().map(|p| match &p.ports {
                Ports::Set(set) => set.to_string(),
                Ports::Named(protocol, name) => format!("{protocol} {}", self.cluster.symbols.text(*name)),
            });
            let ports: Vec<String> = names.collect();
            return Some((0, Code::NearPort, Params::from([("ports", ports.join(", "))]), all));
        }
        // Of a range, the rule may fit a piece.
        let covered = traffic.intersection(&must);
        if covered.is_empty() {
            return None;
        }
        let (_, peer) = flow.ends(direction);
        let (rank, code, params) = self.peer_miss(rule, peer, flow)?;
        Some((rank, code, params, covered))
    }

    /// What is amiss with a peer that a rule does not match.
    fn peer_miss(&self, rule: &Rule, peer: Party, flow: Flow) -> Option<(u8, Code, Params)> {
        match &rule.peer {
            Peer::Any | Peer::Outside | Peer::Nodes(_) | Peer::Domain(_) => None,
            Peer::Addresses(set, _) if !set.has_family(flow.family) => {
                Some((4, Code::NearFamily, Params::from([("family", flow.family.name().to_owned())])))
            }
            Peer::Addresses(set, inside) => {
                let holds = self.addresses(peer, flow.family).iter().any(|ip| set.contains(*ip));
                let unseen = holds && !self.in_blocks(*inside, peer);
                let code = if unseen { Code::NearBlock } else { Code::NearAddress };
                let set = set.intersection(&AddressSet::family(flow.family));
                Some((4, code, Params::from([("cidrs", block_text(&set))])))
            }
            Peer::Pods { namespaces, pods, .. } => {
                let Some(id) = self.pod(peer) else { return Some((5, Code::NearNotSelectable, Params::new())) };
                let endpoint = self.cluster.endpoint(id);
                let labels = self.cluster.labels(endpoint.labels);
                let pod_fails = failing(self.selectors.get(*pods), |key| label(labels, key));
                match namespaces {
                    NamespaceMatch::Own(own) => {
                        if *own != endpoint.namespace {
                            if !pod_fails.is_empty() {
                                return None;
                            }
                            let own = self.cluster.namespace_name(*own).to_owned();
                            let other = self.cluster.namespace_name(endpoint.namespace).to_owned();
                            let params = Params::from([("namespace", own), ("found", other)]);
                            return Some((1, Code::NearNamespace, params));
                        }
                        self.label_miss(&pod_fails, |key| label(labels, key), Code::NearPodLabel, 2)
                    }
                    NamespaceMatch::Selected(selector) => {
                        let world = World::default();
                        let lookup = |key| self.namespace_label(endpoint.namespace, key, &world);
                        let namespace_fails = failing(self.selectors.get(*selector), lookup);
                        match (namespace_fails.is_empty(), pod_fails.is_empty()) {
                            (true, false) => {
                                self.label_miss(&pod_fails, |key| label(labels, key), Code::NearPodLabel, 2)
                            }
                            (false, true) if self.names_namespace(&namespace_fails) => {
                                let wanted = namespace_fails.iter().flat_map(|r| r.values());
                                let wanted =
                                    wanted.map(|v| self.cluster.symbols.text(*v)).collect::<Vec<_>>().join(", ");
                                Some((3, Code::NearNamespaceName, Params::from([("wanted", wanted)])))
                            }
                            (false, true) => {
                                let mut miss =
                                    self.label_miss(&namespace_fails, lookup, Code::NearNamespaceLabel, 3)?;
                                miss.2.insert("namespace", self.cluster.namespace_name(endpoint.namespace).to_owned());
                                Some(miss)
                            }
                            _ => None,
                        }
                    }
                }
            }
        }
    }

    /// Whether a namespace is wanted by its name, a label that nobody can set.
    fn names_namespace(&self, fails: &[&Requirement]) -> bool {
        let by_name = |r: &&Requirement| {
            matches!(r, Requirement::In(..)) && self.cluster.symbols.text(r.key()) == "kubernetes.io/metadata.name"
        };
        fails.iter().all(by_name)
    }

    fn label_miss(
        &self,
        fails: &[&Requirement],
        lookup: impl Fn(Symbol) -> Label,
        code: Code,
        rank: u8,
    ) -> Option<(u8, Code, Params)> {
        let [only] = fails else { return None };
        let text = |s: &Symbol| self.cluster.symbols.text(*s).to_owned();
        let key = text(&only.key());
        let values = only.values().iter().map(text).collect::<Vec<_>>().join(", ");
        let wanted = match only {
            Requirement::In(_, v) if v.len() == 1 => format!("{key}={values}"),
            Requirement::In(..) => format!("{key} In [{values}]"),
            Requirement::NotIn(..) => format!("{key} NotIn [{values}]"),
            Requirement::Exists(_) => format!("{key} Exists"),
            Requirement::DoesNotExist(_) => format!("{key} DoesNotExist"),
        };
        let found = match lookup(only.key()) {
            Label::Value(v) => format!("{key}={}", self.cluster.symbols.text(v)),
            Label::Unvalued => format!("{key}=…"),
            Label::Absent | Label::Unknown => "∅".to_owned(),
        };
        Some((rank, code, Params::from([("wanted", wanted), ("found", found), ("key", key)])))
    }
}

/// A set as blocks, or as a block with its exceptions where that is shorter.
fn block_text(set: &AddressSet) -> String {
    let list = |set: &AddressSet| {
        let cidrs = set.cidrs();
        let mut text = cidrs.iter().take(MOST).map(ToString::to_string).collect::<Vec<_>>().join(", ");
        if cidrs.len() > MOST {
            text.push_str(", …");
        }
        text
    };
    let ranges = set.ranges();
    let (Some((low, _)), Some((_, high))) = (ranges.first(), ranges.last()) else { return String::new() };
    let hull = (0..=128).rev().filter_map(|n| IpNet::new(*low, n).ok()).find(|net| net.contains(high));
    match hull.map(|net| (net, AddressSet::net(net).difference(set))) {
        Some((net, except)) if !except.is_empty() && except.cidrs().len() < set.cidrs().len() => {
            format!("{} \\ {}", net.trunc(), list(&except))
        }
        _ => list(set),
    }
}

fn failing(selector: &Selector, lookup: impl Fn(Symbol) -> Label) -> Vec<&Requirement> {
    selector.requirements.iter().filter(|r| r.holds(lookup(r.key())) == Match::No).collect()
}
