//! Rules for a direction that `policyTypes` does not list.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::ir::Direction;

pub(super) const RULE: Rule = Rule {
    code: LintCode::RulesOfUnlistedType,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS],
    examples: include_str!("rules_of_unlisted_type.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "rules for a direction that `policyTypes` leaves out",
        finding: "`policyTypes` has no {type}: these rules do nothing, and {direction} stays open",
        why: "`policyTypes` says in which directions a policy isolates. Rules of a direction that it leaves out are ignored without a word. Add the type, or take the rules out",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "`policyTypes` 未列出的方向上的规则",
        finding: "`policyTypes` 中没有 {type}：这些规则不起作用，{direction} 方向仍然开放",
        why: "`policyTypes` 说明策略在哪些方向上隔离。未列出方向的规则会被默默忽略。请加上该类型，或删除这些规则",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    for policy in &context.policies {
        let spec = policy.spec;
        for (direction, span) in [(Direction::Egress, spec.egress_span), (Direction::Ingress, spec.ingress_span)] {
            let Some(span) = span.filter(|_| !policy.isolates(direction) && !policy.rules(direction).is_empty()) else {
                continue;
            };
            let field = format!("spec.{}", direction.name());
            let kind = if direction == Direction::Egress { "Egress" } else { "Ingress" };
            found.add(context.at(found, policy, &field, span).with("direction", direction.name()).with("type", kind));
        }
    }
}
