//! A peer of a rule without which every verdict is the same.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use super::super::parts::{self, Part};
use super::super::views::peer_field;

pub(super) const RULE: Rule = Rule {
    code: LintCode::RedundantPeer,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS],
    examples: include_str!("redundant_peer.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "a peer without which nothing changes",
        finding: "without this peer, every connection of this input is decided as before: {rules?others admit all that it admits}{tier?other rules and peers of its tier decide the same of all that it is about}{blocks?; but an `ipBlock` is what allows it as well, and with Cilium, where blocks match no pods, it is needed}",
        why: "The peers of a rule are a union. One that others cover is there in vain. Take it out, or, if it was meant to restrict, the wider one. Peers of administrative rules are judged by their tier alone, whatever NetworkPolicies say. What is found holds for the profile at hand. Plugins differ in what blocks, port names and labels of pods on their node's network match: where no profile is given and the finding rests on a block that matches pods, it says so and is a note",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "去掉后没有任何变化的对端",
        finding: "没有这个对端，此输入中每个连接的判定都与之前相同：{rules?它允许的一切都已被其他对端允许}{tier?同一层级的其他规则和对端对它涉及的一切作出相同的决定}{blocks?；但其中靠的是 `ipBlock`，而在 Cilium 下地址块不匹配 Pod，仍需要它}",
        why: "一条规则的对端取并集。已被其他对端覆盖的对端不起作用。请删除它；如果本意是限制，则删除更宽的那个。管理员规则的对端只按其层级判断，与 NetworkPolicy 无关。结论针对当前配置。各插件对地址块、端口名称以及使用节点网络的 Pod 的标签匹配不同：如果没有指定配置，而结论依赖于匹配 Pod 的地址块，会在其中说明，并只作为提示",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    let parts = context.redundant();
    for part in parts {
        let Part::Peer(at, direction, rule, peer) = part else { continue };
        let policy = &context.policies[*at];
        let written = policy.rules(*direction).get(*rule as usize);
        let Some(written) = written.and_then(|written| written.peers.get(*peer as usize)) else { continue };
        let field = peer_field(*direction, *rule as usize, *peer as usize);
        let finding = context.at(found, policy, &field, written.span).with("rules", "");
        let covering = parts::covering(context, part, parts);
        let finding = if context.rests_on_blocks(part) { finding.with("blocks", "").into_note() } else { finding };
        found.add(finding.with_related(covering.into_iter().map(|allow| context.origin(allow))));
    }
    for part in context.redundant_of_admin().iter().filter(|part| part.is_peer) {
        let rule = &context.admin[part.at];
        let finding = context.at_rule(found, rule).with("tier", "");
        found.add(finding.with_related(context.beside(part)));
    }
}
