//! An entry of the ports of a rule without which every verdict is the same.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use super::super::parts::{self, Part};
use super::super::views::port_field;

pub(super) const RULE: Rule = Rule {
    code: LintCode::RedundantPort,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS],
    examples: include_str!("redundant_port.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "a port without which nothing changes",
        finding: "without this port, every connection of this input is decided as before: others open all that it opens{blocks?; but an `ipBlock` is what allows it as well, and with Cilium, where blocks match no pods, it is needed}",
        why: "The ports of a rule are a union, and so are rules. A port that others open for the same peers is there in vain. Take it out. What is found holds for the profile at hand. Plugins differ in what blocks, port names and labels of pods on their node's network match: where no profile is given and the finding rests on a block that matches pods, it says so and is a note",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "去掉后没有任何变化的端口",
        finding: "没有这个端口，此输入中每个连接的判定都与之前相同：它开放的一切都已被其他端口开放{blocks?；但其中靠的是 `ipBlock`，而在 Cilium 下地址块不匹配 Pod，仍需要它}",
        why: "一条规则的端口取并集，规则之间也取并集。已对相同对端开放的端口不起作用，请删除。结论针对当前配置。各插件对地址块、端口名称以及使用节点网络的 Pod 的标签匹配不同：如果没有指定配置，而结论依赖于匹配 Pod 的地址块，会在其中说明，并只作为提示",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    let parts = context.redundant();
    for part in parts {
        let Part::Port(at, direction, rule, port) = part else { continue };
        let policy = &context.policies[*at];
        let written = policy.rules(*direction).get(*rule as usize);
        let Some(written) = written.and_then(|written| written.ports.get(*port as usize)) else { continue };
        let field = port_field(*direction, *rule as usize, *port as usize);
        let finding = context.at(found, policy, &field, written.span);
        let covering = parts::covering(context, part, parts);
        let finding = if context.rests_on_blocks(part) { finding.with("blocks", "").into_note() } else { finding };
        found.add(finding.with_related(covering.into_iter().map(|allow| context.origin(allow))));
    }
}
