//! A rule without which every verdict is the same.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use super::super::parts::{self, Part};
use super::super::views::rule_field;

pub(super) const RULE: Rule = Rule {
    code: LintCode::RedundantRule,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS],
    examples: include_str!("redundant_rule.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "a rule without which nothing changes",
        finding: "without this rule, every connection of this input is decided as before: {rules?other rules allow all that it allows}{tier?other rules of its tier decide the same of all that it is about}{blocks?; but an `ipBlock` is what allows it as well, and with Cilium, where blocks match no pods, it is needed}",
        why: "Rules are a union: a narrow rule beside a wider one restricts nothing. Take the narrow one out, or, if it was meant to restrict, the wide one. Of administrative policies this is a rule without which its tier accepts, denies and leaves open the same connections; what NetworkPolicies do has no part in it, for such a rule is there whatever they say. What is found holds for the profile at hand. Plugins differ in what blocks, port names and labels of pods on their node's network match: where no profile is given and the finding rests on a block that matches pods, it says so and is a note",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "去掉后没有任何变化的规则",
        finding: "没有这条规则，此输入中每个连接的判定都与之前相同：{rules?它允许的一切都已被其他规则允许}{tier?同一层级的其他规则对它涉及的一切作出相同的决定}{blocks?；但其中靠的是 `ipBlock`，而在 Cilium 下地址块不匹配 Pod，仍需要它}",
        why: "规则取并集：宽规则旁边的窄规则不起任何限制作用。请删除窄规则；如果本意是限制，则删除宽规则。对管理员的策略，指的是去掉后其层级接受、拒绝和放过的连接都不变的规则；与 NetworkPolicy 如何无关，因为无论它们怎么写，这样的规则都有效。结论针对当前配置。各插件对地址块、端口名称以及使用节点网络的 Pod 的标签匹配不同：如果没有指定配置，而结论依赖于匹配 Pod 的地址块，会在其中说明，并只作为提示",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    let parts = context.redundant();
    for part in parts {
        let Part::Rule(at, direction, rule) = part else { continue };
        let policy = &context.policies[*at];
        let Some(written) = policy.rules(*direction).get(*rule as usize) else { continue };
        let field = rule_field(*direction, *rule as usize);
        let finding = context.at(found, policy, &field, written.span).with("rules", "");
        let covering = parts::covering(context, part, parts);
        let finding = if context.rests_on_blocks(part) { finding.with("blocks", "").into_note() } else { finding };
        found.add(finding.with_related(covering.into_iter().map(|allow| context.origin(allow))));
    }
    for part in context.redundant_of_admin().iter().filter(|part| !part.is_peer && !part.decided_before) {
        let rule = &context.admin[part.at];
        let field = rule_field(rule.direction, rule.rule as usize);
        let finding = context.at_admin(found, rule.policy, &field, rule.span).with("tier", "");
        found.add(finding.with_related(context.beside(part)));
    }
}
