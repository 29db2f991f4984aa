//! A rule that policies of administrators leave nothing to decide.

#[cfg(feature = "sentences")]
use super::Words;
use super::super::views::{AdminView, rule_field};
use super::super::parts::Part;
use super::{Context, Findings, LintCode, Rule, Severity, some_of};
use crate::ir::{Action, Direction};
use crate::model::EndpointId;
use crate::sorted::SortedSet;

pub(super) const RULE: Rule = Rule {
    code: LintCode::ShadowedRule,
    severity: Severity::Warning,
    cis: &[],
    sources: &["https://network-policy-api.sigs.k8s.io/api-overview/"],
    examples: include_str!("shadowed_rule.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "a rule that policies of administrators decide before",
        finding: "nothing changes without this rule: all that it {policies?allows is denied or accepted before, by policies of administrators: %}{rules?is about is decided before, by rules of the same tier: %}",
        why: "Policies of the Admin tier are evaluated before NetworkPolicies, and what one of them denies or accepts is decided. A rule of a NetworkPolicy has a say only in what they leave open or pass on. Take the rule out, or have the administrators `Pass` what it is about. The same goes for a rule of administrators that comes after others of its tier, in the same policy or by priority, that decide or pass on all that it matches: the first rule that matches counts, so a narrow exception has to stand before the wide rule",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "已被管理员策略先行决定的规则",
        finding: "没有这条规则也不会有任何变化：{policies?它允许的一切都已先被管理员的策略拒绝或接受：%}{rules?它涉及的一切都已先由同一层级的规则决定：%}",
        why: "Admin 层的策略先于 NetworkPolicy 评估，其拒绝或接受的流量即已决定。NetworkPolicy 的规则只对它们未涉及或 `Pass` 的流量起作用。请删除该规则，或请管理员对相关流量使用 `Pass`。管理员的规则也是如此：如果同一层级中先于它的规则（同一策略中或按优先级）已决定或 `Pass` 了它匹配的一切，它就不起作用：第一条匹配的规则有效，因此窄的例外必须放在宽的规则之前",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    for part in context.redundant_of_admin().iter().filter(|part| !part.is_peer && part.decided_before) {
        let rule = &context.admin[part.at];
        let field = rule_field(rule.direction, rule.rule as usize);
        let finding = context.at_admin(found, rule.policy, &field, rule.span);
        let before = context.beside(part);
        let fields = before.iter().map(|origin| format!("{} {}", origin.policy.name, origin.field));
        found.add(finding.with("rules", some_of(fields)).with_related(before));
    }
    let is_admin = |policy: u32| context.is_admin(policy);
    if !(0..).zip(&context.engine.ir.policies).any(|(number, policy)| is_admin(number) && !policy.removed) {
        return;
    }
    let subjects = Direction::ALL.map(|direction| context.engine.side(direction).subjects_by_list());
    let (redundant, redundant_of_admin) = (context.redundant(), context.redundant_of_admin());
    for rule in context.by_rule() {
        let Some(first) = rule.first() else { continue };
        let (policy, direction) = (&context.policies[first.policy], first.direction);
        let Some(written) = policy.rules(direction).get(first.rule as usize) else { continue };
        let known = [Part::Policy(first.policy), Part::Rule(first.policy, direction, first.rule)];
        if known.iter().any(|part| redundant.contains(part)) {
            continue;
        }
        let decided = rule.iter().flat_map(|allow| {
            let subjects = subjects[direction as usize][allow.list as usize].iter();
            subjects.filter_map(|subject| context.engine.is_decided_before(direction, *subject, allow.list))
        });
        let decided: SortedSet<bool> = decided.collect();
        if decided.is_empty() || decided.contains(&false) {
            continue;
        }
        let pods: Vec<EndpointId> = context.policed(policy).collect();
        let decides = |(at, other): &(usize, &AdminView<'_>)| {
            matches!(other.of.action, Action::Allow | Action::Deny)
                && other.direction == direction
                // Lists are in the order of their tiers.
                && other.list < first.list
                && !redundant_of_admin.iter().any(|part| part.decided_before && part.at == *at)
                && pods.iter().any(|pod| context.is_about(other.subject, *pod))
                && rule.iter().any(|allow| context.meets(other, allow))
        };
        let by: SortedSet<u32> =
            context.admin.iter().enumerate().filter(decides).map(|(_, other)| other.policy).collect();
        if by.is_empty() {
            continue;
        }
        let finding = context.at(found, policy, &rule_field(direction, first.rule as usize), written.span);
        found.add(finding.with("policies", some_of(by.iter().map(|policy| context.policy_text(*policy)))));
    }
}
