//! Policies of the administrative tiers, of one priority or of two APIs, that decide differently on the same
//! connection.

#[cfg(feature = "sentences")]
use super::Words;
use super::{Context, Findings, LintCode, Rule, Severity};
use crate::engine::{Engine, PairPlanes, Party, SubjectId, Trace};
use crate::ir::{Direction, List, Origin, Peer, Rank, Rule as Lowered};
use crate::model::EndpointId;
use crate::set::{Protocol, TrafficSet};
use crate::sorted::SortedSet;
use std::net::IpAddr;

pub(super) const RULE: Rule = Rule {
    code: LintCode::PriorityTie,
    severity: Severity::Warning,
    cis: &[],
    sources: &[
        "https://network-policy-api.sigs.k8s.io/api-overview/",
        "https://network-policy-api.sigs.k8s.io/reference/spec/",
    ],
    examples: include_str!("priority_tie.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "policies without an order that decide differently",
        finding: "{other} {priority?has the same priority (%)}{apis?is of another API, with no order between the two,} and decides differently on connections such as {from} → {to} on {port}: which of the two counts is not specified",
        why: "Between policies of one tier the priority decides, and of two with the same priority it is not said which comes first: it may differ between plugins, and from one start to the next. Give them priorities of their own. Between an AdminNetworkPolicy and a ClusterNetworkPolicy of one tier no order is specified at all, whatever their priorities: write what belongs together in one of the two APIs",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "没有先后顺序而结论不同的策略",
        finding: "{other} {priority?的优先级相同（%）}{apis?属于另一个 API，两者之间没有先后顺序}，而对 {from} → {to}（{port}）这样的连接结论不同：以哪一个为准，规范未定义",
        why: "同一层级的策略由优先级决定先后，而优先级相同的两个策略谁先谁后没有规定：可能因插件而异，也可能每次启动都不同。请给它们各自的优先级。AdminNetworkPolicy 与同一层级的 ClusterNetworkPolicy 之间，无论优先级如何，都没有规定先后：请把相关的规则写在同一种 API 中",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    let mut said: SortedSet<(u32, u32)> = SortedSet::new();
    for direction in Direction::ALL {
        let mut number = 0;
        for tier in &context.engine.ir.chain(direction).tiers {
            let mut lists: Vec<(&Rank, Numbered<'_>)> = Vec::new();
            for rank in &tier.ranks {
                lists.extend(rank.lists.iter().zip(number..).map(|list| (rank, list)));
                number += rank.lists.len();
            }
            // NetworkPolicies have no priorities.
            if !tier.judges_own_node || lists.len() < 2 {
                continue;
            }
            let search = Search::new(context, direction);
            for (at, (rank_b, b)) in lists.iter().enumerate() {
                for (rank_a, a) in &lists[..at] {
                    let (Some(of_a), Some(of_b)) = (a.0.policy(), b.0.policy()) else { continue };
                    let by_api = rank_a.track != rank_b.track;
                    if (rank_a.order != rank_b.order && !by_api) || said.contains(&(of_a, of_b)) {
                        continue;
                    }
                    if let Some(tie) = search.tie(*a, *b, by_api) {
                        said.insert((of_a, of_b));
                        let other = context.engine.policy_ref(of_a);
                        let finding = context
                            .at_origin(found, tie.rule)
                            .with("other", format!("{} {}", other.kind, other.name))
                            .with("from", tie.ends[0].clone())
                            .with("to", tie.ends[1].clone())
                            .with("port", TrafficSet::port(tie.port.0, tie.port.1))
                            .with_related([context.engine.origin_ref(tie.other, None)]);
                        found.add(if by_api { finding.with("apis", "") } else { finding.with("priority", rank_b.order) });
                    }
                }
            }
        }
    }
}

/// A connection on which two lists decide differently.
struct Tie<'a> {
    other: &'a Origin,
    rule: &'a Origin,
    ends: [String; 2],
    port: (Protocol, u16),
}

struct Search<'c, 'a> {
    context: &'c Context<'a>,
    direction: Direction,
    subjects: Vec<Vec<SubjectId>>,
}

/// What one list is to the engine.
type Numbered<'l> = (&'l List, usize);

impl<'c, 'a> Search<'c, 'a> {
    fn new(context: &'c Context<'a>, direction: Direction) -> Self {
        let subjects = context.engine.side(direction).subjects_by_list();
        Self { context, direction, subjects }
    }

    /// A connection that both lists are about; the engine says of each whether it is one. `by_api`: the lists are
    /// of two APIs without an order between them.
    fn tie<'l>(&self, a: Numbered<'l>, b: Numbered<'l>, by_api: bool) -> Option<Tie<'l>> {
        let both =
            self.subjects[a.1].iter().copied().filter(|subject| self.subjects[b.1].binary_search(subject).is_ok());
        let pods = self.context.told_apart(self.direction, &both.collect::<Vec<SubjectId>>());
        let cuts: Vec<TrafficSet> = [a.0, b.0]
            .into_iter()
            .flat_map(|list| &list.rules)
            .flat_map(|rule| rule.traffic.iter())
            .filter_map(|port| match &port.ports {
                crate::ir::Ports::Set(set) => Some(set.clone()),
                crate::ir::Ports::Named(..) => None,
            })
            .collect();
        for (rule_a, at_a) in a.0.rules.iter().zip(0..) {
            for (rule_b, at_b) in b.0.rules.iter().zip(0..).filter(|(rule, _)| rule.action != rule_a.action) {
                let peers = self.peers((a.1, at_a, &rule_a.peer), (b.1, at_b, &rule_b.peer));
                for (pod, peer) in pods.iter().flat_map(|pod| peers.iter().map(move |class| (*pod, class))) {
                    let Some(peer) = peer.other_than(pod) else { continue };
                    let (from, to) = match self.direction {
                        Direction::Egress => (Party::Endpoint(pod), peer),
                        Direction::Ingress => (peer, Party::Endpoint(pod)),
                    };
                    let engine = self.context.engine;
                    let traffic = engine.rule_traffic(rule_a, to).0.intersection(&engine.rule_traffic(rule_b, to).0);
                    let is_tie = |trace: &Trace| {
                        let decides = |rule: &Lowered| trace.hits.iter().any(|hit| hit.certain && hit.origin == rule.origin);
                        if by_api { trace.unordered && decides(rule_a) && decides(rule_b) } else { trace.tie }
                    };
                    if let Some(port) = first_tie(engine, self.direction, (from, to), &traffic.atoms(&cuts), &is_tie) {
                        let ends = [from, to].map(|party| self.name(party));
                        return Some(Tie { other: &rule_a.origin, rule: &rule_b.origin, ends, port });
                    }
                }
            }
        }
        None
    }

    /// Those whom two rules are surely about: classes of pods, and an address outside.
    fn peers(&self, a: (usize, usize, &Peer), b: (usize, usize, &Peer)) -> Vec<Alike<'_>> {
        let side = self.context.engine.side(self.direction);
        let of = |(list, rule, _): (usize, usize, &Peer)| {
            side.classes_of(crate::source::to_u32(list), rule).0.iter(side.peer_count()).collect::<Vec<u32>>()
        };
        let classes = of(b);
        let both = of(a).into_iter().filter(|class| classes.contains(class));
        let mut peers: Vec<Alike<'_>> =
            both.map(|class| Alike::Pods(self.context.members(self.direction, class))).collect();
        if let (Peer::Addresses(a, ..), Peer::Addresses(b, ..)) = (a.2, b.2) {
            let outside = a.intersection(b).intersection(&self.context.engine.world());
            peers.extend(outside.ranges().first().map(|(low, _)| Alike::Address(*low)));
        }
        peers
    }

    fn name(&self, party: Party) -> String {
        match party {
            Party::Endpoint(pod) => self.context.names(&[pod]),
            Party::Address(address) => address.to_string(),
            Party::Node(_) | Party::SomeNode => String::new(),
        }
    }
}

/// Peers that rules cannot tell apart.
enum Alike<'c> {
    Pods(&'c [EndpointId]),
    Address(IpAddr),
}

impl Alike<'_> {
    /// One of them, but not a certain pod.
    fn other_than(&self, pod: EndpointId) -> Option<Party> {
        match self {
            Self::Pods(pods) => pods.iter().find(|other| **other != pod).map(|other| Party::Endpoint(*other)),
            Self::Address(address) => Some(Party::Address(*address)),
        }
    }
}

fn first_tie(
    engine: &Engine,
    direction: Direction,
    (from, to): (Party, Party),
    atoms: &[TrafficSet],
    is_tie: &dyn Fn(&Trace) -> bool,
) -> Option<(Protocol, u16)> {
    let families = engine.common_families(from, to);
    let side = |pair: PairPlanes| match direction {
        Direction::Egress => pair.egress,
        Direction::Ingress => pair.ingress,
    };
    let ties = |(protocol, port): (Protocol, u16)| {
        let asked = TrafficSet::port(protocol, port);
        // What is decided is no tie; of what is not, the reasons say whether it is one.
        let open = families.iter().filter(|family| {
            let planes = side(engine.pair(from, to, **family, &asked));
            planes.must != planes.may
        });
        open.into_iter().any(|family| {
            let evidence = engine.evidence(from, to, *family, protocol, port);
            match direction {
                Direction::Egress => is_tie(&evidence.egress),
                Direction::Ingress => is_tie(&evidence.ingress),
            }
        })
    };
    atoms.iter().filter_map(TrafficSet::first).find(|point| ties(*point))
}
