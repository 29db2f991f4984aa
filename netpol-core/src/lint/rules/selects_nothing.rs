//! A policy whose `podSelector` matches no pod: a slip in a label, or the wrong namespace.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::sorted::SortedSet;

pub(super) const RULE: Rule = Rule {
    code: LintCode::SelectsNothing,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS],
    examples: include_str!("selects_nothing.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "a policy that selects no pod",
        finding: "no pod of the namespace {namespace} has {selector}{nearest?; did you mean `%`?}{apart?; each of these is there, but not on one pod: the nearest has `%`}{elsewhere?; pods of %\
            \x20have it, and a policy selects those of its own namespace only}",
        why: "a policy acts on the pods of its own namespace that its `podSelector` matches. One that matches none isolates \
            nobody: the pods that it was meant for stay open. Look for a slip in a label, or a missing \
            `metadata.namespace`",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "策略没有选中任何 Pod",
        finding: "命名空间 {namespace} 中没有带 {selector} 的 Pod{nearest?；是否想写 `%`？}{apart?；这些标签各自存在，但不在同一个 Pod 上：最接近的带有 `%`}{elsewhere?；% 中有这样的 Pod，但策略只能选择自己命名空间的 Pod}",
        why: "策略作用于自己命名空间中与 `podSelector` 匹配的 Pod。一个也不匹配的策略不隔离任何 Pod：本应受保护的 Pod 仍然开放。\
            请检查标签是否写错，或是否缺少 `metadata.namespace`",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    for policy in &context.policies {
        if !context.selected(policy).is_empty() {
            continue;
        }
        let elsewhere: SortedSet<&str> = context
            .cluster
            .real_endpoints()
            .filter(|pod| context.has_labels(policy.pods, *pod))
            .map(|pod| context.cluster.namespace_name(context.endpoint(pod).namespace))
            .collect();
        let selects_all = context.selectors().get(policy.pods).requirements.is_empty();
        // Of a namespace without pods in the input nothing is known, unless the pods are in another one.
        if !context.is_read(policy.namespace) && (selects_all || elsewhere.is_empty()) {
            continue;
        }
        let labels: Vec<_> = context
            .pods_in(policy.namespace)
            .iter()
            .map(|pod| context.cluster.labels(context.endpoint(*pod).labels))
            .collect();
        let mut finding = context
            .at(found, policy, "spec.podSelector", policy.spec.pod_selector_span)
            .with("selector", context.selector_text(policy.pods))
            .with("namespace", context.cluster.namespace_name(policy.namespace));
        if let Some(nearest) = context.nearest_label(policy.pods, &labels) {
            finding = finding.with("nearest", nearest);
        } else if !elsewhere.is_empty() {
            finding = finding.with("elsewhere", elsewhere.into_iter().collect::<Vec<_>>().join(", "));
        } else if let Some(apart) = context.apart(policy.pods, &labels) {
            finding = finding.with("apart", apart);
        }
        found.add(finding);
    }
}
