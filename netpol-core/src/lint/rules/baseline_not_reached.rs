//! A Baseline policy whose pods are all isolated by NetworkPolicies, so that it decides nothing.

#[cfg(feature = "sentences")]
use super::Words;
use super::{Context, Findings, LintCode, Rule, Severity};
use crate::engine::SubjectId;
use crate::ir::Direction;
use crate::policy::BASELINE;
use crate::profile::BaselineAfter;
use crate::query::Unit;
use crate::sorted::SortedSet;

pub(super) const RULE: Rule = Rule {
    code: LintCode::BaselineNotReached,
    severity: Severity::Note,
    cis: &[],
    sources: &["https://network-policy-api.sigs.k8s.io/api-overview/"],
    examples: include_str!("baseline_not_reached.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "a Baseline policy that no connection comes to",
        finding: "NetworkPolicies isolate every pod that this policy is about in {direction}, so its {direction} rules decide nothing",
        why: "The Baseline tier comes after the NetworkPolicies, and for a pod that one isolates in a direction it is not reached: what the NetworkPolicies do not allow is denied, whatever the baseline accepts. It is of use for pods that come later without a NetworkPolicy. What must hold in any case belongs into the Admin tier",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "没有连接会到达的 Baseline 策略",
        finding: "NetworkPolicy 已在 {direction} 方向隔离了此策略涉及的所有 Pod，因此它的 {direction} 规则不决定任何流量",
        why: "Baseline 层级在 NetworkPolicy 之后；对于在某方向被隔离的 Pod，不会到达该层级：NetworkPolicy 不允许的就被拒绝，无论 Baseline 接受什么。它对以后没有 NetworkPolicy 的 Pod 有用。必须始终成立的规则应放在 Admin 层级",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    let engine = context.engine;
    let either = engine.profile.baseline_after == BaselineAfter::EitherDirection;
    for direction in Direction::ALL {
        let tiers = &engine.ir.chain(direction).tiers;
        let before: usize = tiers[..BASELINE].iter().flat_map(|tier| &tier.ranks).map(|rank| rank.lists.len()).sum();
        let lists: Vec<_> = tiers[BASELINE].ranks.iter().flat_map(|rank| &rank.lists).collect();
        if lists.is_empty() {
            continue;
        }
        let side = engine.side(direction);
        let subjects = side.subjects_by_list();
        let by =
            |direction: Direction, unit: &Unit| context.survey(|survey| !survey.isolating(direction, unit).is_empty());
        let is_isolated = |unit: &&Unit| by(direction, unit) || (either && by(direction.reversed(), unit));
        let subject = |unit: &Unit| side.subject(unit.members[0]);
        let (isolated, open): (Vec<&Unit>, Vec<&Unit>) = context.units.iter().partition(is_isolated);
        let isolated: SortedSet<SubjectId> = isolated.into_iter().filter_map(subject).collect();
        let open: SortedSet<SubjectId> = open.into_iter().filter_map(subject).collect();
        for (list, at) in lists.into_iter().zip(before..) {
            let of = &subjects[at];
            let reached = of.iter().any(|subject| open.contains(subject));
            if let Some(policy) = list.policy().filter(|_| !reached && of.iter().any(|s| isolated.contains(s))) {
                let field = format!("spec.{}", direction.name());
                found.add(context.at_policy(found, policy, &field).with("direction", direction.name()));
            }
        }
    }
}
