//! A policy that isolates and allows nothing, for pods that others open to everybody.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use super::super::views::AllowView;
use crate::engine::SubjectId;
use crate::ir::{Direction, Peer};
use crate::sorted::SortedSet;

pub(super) const RULE: Rule = Rule {
    code: LintCode::DenyWithoutEffect,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS],
    examples: include_str!("deny_without_effect.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "a policy that denies, and others allow all of it",
        finding: "it denies all {direction}, and {policies} allow it again for every pod that is selected here",
        why: "No NetworkPolicy denies: one isolates, and any rule of any other allows again. A default deny comes to nothing where another policy for the same pods allows everything. Narrow the policy that allows",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "拒绝一切的策略，却被其他策略全部允许",
        finding: "它拒绝所有 {direction}，但 {policies} 又对这里选中的每个 Pod 全部允许",
        why: "NetworkPolicy 不会拒绝：策略只是隔离，任何其他策略的规则都可以再允许。当作用于相同 Pod 的另一条策略允许一切时，默认拒绝就没有作用。请收窄那条允许的策略",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    for policy in &context.policies {
        for direction in Direction::ALL {
            if !policy.isolates(direction) || !policy.rules(direction).is_empty() {
                continue;
            }
            let subjects = context.subjects(policy, direction);
            let open = |subject: &SubjectId| context.engine.lets_all_through(direction, *subject);
            if subjects.is_empty() || !subjects.iter().all(open) {
                continue;
            }
            let opens = |allow: &&AllowView<'_>| {
                allow.direction == direction
                    && matches!(allow.of.peer, Peer::Any)
                    && context.share_pods(policy, &context.policies[allow.policy])
            };
            let by: Vec<&AllowView<'_>> = context.allows_in(policy.namespace).filter(opens).collect();
            // Several together may do it, or policies of administrators: none of them is to blame alone.
            if by.is_empty() {
                continue;
            }
            let names: SortedSet<&str> = by.iter().map(|allow| context.policies[allow.policy].name).collect();
            let span = policy.spec.pod_selector_span;
            let finding = context.at(found, policy, "spec.podSelector", span).with("direction", direction.name());
            let finding = finding.with("policies", names.into_iter().collect::<Vec<_>>().join(", "));
            found.add(finding.with_related(by.into_iter().map(|allow| context.origin(allow))));
        }
    }
}
