//! A policy without which every verdict is the same, and which isolates nobody by itself.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use super::super::parts::{self, Part};

pub(super) const RULE: Rule = Rule {
    code: LintCode::RedundantPolicy,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS],
    examples: include_str!("redundant_policy.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "a policy without which nothing changes",
        finding: "without {policy}, every pod of this input is isolated as before and every connection is decided as before{blocks?; but an `ipBlock` is what allows it as well, and with Cilium, where blocks match no pods, it is needed}",
        why: "Policies are a union. One whose rules others allow as well, on pods that others isolate as well, is there in vain, and whoever reads it believes that it does something. Take it out, or find out what it was meant to do. All that is reported as changing nothing can be taken out at once. What is found holds for the profile at hand. Plugins differ in what blocks, port names and labels of pods on their node's network match: where no profile is given and the finding rests on a block that matches pods, it says so and is a note",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "去掉后没有任何变化的策略",
        finding: "没有 {policy}，此输入中每个 Pod 的隔离和每个连接的判定都与之前相同{blocks?；但其中靠的是 `ipBlock`，而在 Cilium 下地址块不匹配 Pod，仍需要它}",
        why: "策略取并集。如果一条策略的规则已被其他策略允许，它选择的 Pod 也已被其他策略隔离，那么它不起作用，却让读者以为它有用。请删除它，或弄清它的本意。所有报告为“没有变化”的部分可以一次全部删除。结论针对当前配置。各插件对地址块、端口名称以及使用节点网络的 Pod 的标签匹配不同：如果没有指定配置，而结论依赖于匹配 Pod 的地址块，会在其中说明，并只作为提示",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    let parts = context.redundant();
    for part in parts {
        let Part::Policy(at) = part else { continue };
        let policy = &context.policies[*at];
        let finding = context
            .at(found, policy, "metadata.name", policy.spec.span)
            .with("policy", policy.name);
        let covering = parts::covering(context, part, parts);
        let finding = if context.rests_on_blocks(part) { finding.with("blocks", "").into_note() } else { finding };
        found.add(finding.with_related(covering.into_iter().map(|allow| context.origin(allow))));
    }
}
