//! A policy that isolates pods and lets everything through, where nothing else isolates them.

use super::super::views::{PolicyView, rule_field};
#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::ir::Direction;
use crate::manifest::AdminTier;
use crate::model::EndpointId;

pub(super) const RULE: Rule = Rule {
    code: LintCode::AllowsEverything,
    severity: Severity::Note,
    cis: &[],
    sources: &[CONCEPTS],
    examples: include_str!("allows_everything.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "a policy that isolates, and lets everything through",
        finding: "it isolates {pods} in {direction} and lets everything through, from or to everybody and on every port; no other policy isolates them there, so nothing changes",
        why: "`ingress: [{}]` is one rule without peers and ports: it is about everybody and every port. An empty list, `[]`, is no rule at all and denies all. By itself the first limits nothing, and it opens again whatever other policies will deny these pods later. If a default deny was meant, write the empty list; if the pods are to stay open in spite of what is added later, all is well. Where a policy of the Baseline tier is about the same pods, this one keeps it from having a say, and is no finding",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "隔离 Pod 却放行一切的策略",
        finding: "它在 {direction} 方向隔离 {pods}，又放行任何人、任何端口的一切流量；没有其他策略在此方向隔离它们，因此什么也没有改变",
        why: "`ingress: [{}]` 是一条没有对端和端口的规则：它针对所有人和所有端口。空列表 `[]` 则没有任何规则，拒绝一切。前者单独存在时不限制任何流量，并且会再次放行其他策略以后对这些 Pod 的拒绝。如果本意是默认拒绝，请写空列表；如果希望这些 Pod 无论以后添加什么都保持开放，则没有问题。如果 Baseline 层级的策略针对相同的 Pod，此策略会使其不起作用，不算问题",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    for policy in &context.policies {
        // Its name tells more.
        if super::name_says_otherwise::contradiction(policy).is_some() {
            continue;
        }
        for direction in Direction::ALL.into_iter().filter(|direction| policy.isolates(*direction)) {
            let mut rules = policy.rules(direction).iter().zip(0..);
            let Some((rule, at)) = rules.find(|(rule, _)| rule.peers.is_empty() && rule.ports.is_empty()) else {
                continue;
            };
            let pods: Vec<EndpointId> = context.policed(policy).collect();
            if !pods.is_empty() && pods.iter().all(|pod| is_alone(context, policy, direction, *pod)) {
                let finding = context.at(found, policy, &rule_field(direction, at), rule.span);
                let finding = finding.with("pods", context.names(&pods)).with("direction", direction.name());
                found.add(finding.about(context.workloads(&pods)));
            }
        }
    }
}

/// Whether nothing else may apply to a pod in a direction but what comes before NetworkPolicies.
fn is_alone(context: &Context<'_>, policy: &PolicyView<'_>, direction: Direction, pod: EndpointId) -> bool {
    let mut lists = context.engine.lists_of(direction, pod);
    lists.all(|applied| {
        let of = applied.list.policy();
        let is_before =
            |id| context.admin_policies().any(|(known, _, spec)| known == id && spec.tier == AdminTier::Admin);
        of == Some(policy.id) || of.is_some_and(is_before)
    })
}
