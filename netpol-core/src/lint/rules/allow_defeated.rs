//! A rule for pods whose own policies, at the other end, let nothing of it through.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use super::super::views::RuleView;
use crate::engine::{Party, PeerId, SubjectId};
use crate::ir::{Action, Direction, Ports};
use crate::model::EndpointId;
use crate::set::Family;
use crate::sorted::SortedSet;

pub(super) const RULE: Rule = Rule {
    code: LintCode::AllowDefeated,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS],
    examples: include_str!("allow_defeated.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "a rule that the policies of the other end leave without effect",
        finding: "nothing of this comes through: {pods} are isolated in {direction} by {policies}, and nothing there allows it",
        why: "A connection needs the egress of its source and the ingress of its destination. A rule at one end cannot open what the other end denies. Allow it at the other end as well, or take the rule out. An `Accept` of administrators is final for its own end alone, so it is no different",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "被另一端的策略抵消的规则",
        finding: "此规则不会放行任何流量：{pods} 在 {direction} 方向被 {policies} 隔离，且那里没有规则允许",
        why: "一个连接同时需要源端的出站许可和目的端的入站许可。一端的规则不能打开另一端拒绝的流量。请在另一端也允许它，或删除此规则。管理员的 `Accept` 只对自己这一端是最终的，因此也一样",
    },
    check,
};

/// So many of those who are stopped are asked by whom.
const MOST_ASKED: usize = 16;

/// The policies of a peer that deny what a rule of a pod is for.
fn denying(context: &Context<'_>, allow: &RuleView<'_>, selected: EndpointId, peer: EndpointId) -> Vec<u32> {
    let (from, to) = if allow.direction == Direction::Egress { (selected, peer) } else { (peer, selected) };
    let Some((protocol, port)) = context.traffic(allow, to).first() else { return Vec::new() };
    let (from, to) = (Party::Endpoint(from), Party::Endpoint(to));
    let Some(family) = context.engine.common_families(from, to).first().copied() else { return Vec::new() };
    let evidence = context.engine.evidence(from, to, family, protocol, port);
    let trace = if allow.direction == Direction::Egress { evidence.ingress } else { evidence.egress };
    let denies = trace.hits.into_iter().filter(|hit| hit.certain && hit.action == Action::Deny);
    denies.map(|hit| hit.origin.policy()).collect()
}

fn check(context: &Context<'_>, found: &mut Findings) {
    let by_nodes = context.engine.behind_nodes();
    for allow in context.rules().filter(|rule| rule.of.action == Action::Allow) {
        if context.by_labels(allow).is_none() {
            continue;
        }
        let matched = context.matched(allow);
        let real = matched.pods.iter().all(|pod| context.is_real(*pod));
        if matched.pods.is_empty() || !matched.maybe.is_empty() || matched.open || !real {
            continue;
        }
        let other = allow.direction.reversed();
        let side = context.engine.side(other);
        let mut seen: SortedSet<(SubjectId, PeerId)> = SortedSet::new();
        let mut stopped: SortedSet<EndpointId> = SortedSet::new();
        let passes = |(selected, peer): (EndpointId, EndpointId)| {
            if selected == peer {
                return false;
            }
            let destination = if allow.direction == Direction::Egress { peer } else { selected };
            // By a port of a node, each end may see a node in the place of the other.
            if by_nodes.contains(&destination) {
                return true;
            }
            let traffic = context.traffic(allow, destination);
            // A port name may mean nothing there: that is no matter of the other end.
            if traffic.is_empty() {
                return false;
            }
            stopped.insert(peer);
            let Some(subject) = side.subject(peer) else { return true };
            Family::ALL.into_iter().any(|family| {
                let Some(class) = side.peer(Party::Endpoint(selected), family) else { return false };
                if !seen.insert((subject, class)) && allow.of.traffic.iter().all(|p| matches!(p.ports, Ports::Set(_))) {
                    return false;
                }
                let may = context.engine.may_pass(other, subject, class);
                may.meets(&traffic)
            })
        };
        let pods: Vec<EndpointId> = context.ruled(allow).values().flatten().copied().collect();
        let all = pods.iter().flat_map(|selected| matched.pods.iter().map(move |peer| (*selected, *peer)));
        if all.into_iter().any(passes) {
            continue;
        }
        let stopped: Vec<EndpointId> = stopped.into_iter().collect();
        let one_selected = |peer: &EndpointId| pods.iter().copied().find(|selected| selected != peer);
        let pairs = stopped.iter().filter_map(|peer| Some((one_selected(peer)?, *peer))).take(MOST_ASKED);
        let by: SortedSet<u32> = pairs.flat_map(|(selected, peer)| denying(context, allow, selected, peer)).collect();
        if by.is_empty() {
            continue;
        }
        let by: Vec<String> = by.iter().take(3).map(|id| context.policy_text(*id)).collect();
        let finding = context.at_rule(found, allow).about(context.workloads(&stopped));
        let finding = finding.with("pods", context.names(&stopped)).with("direction", other.name());
        found.add(finding.with("policies", by.join(", ")));
    }
}
