//! A policy without `podSelector`: it selects every pod of its namespace.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::model::EndpointId;

pub(super) const RULE: Rule = Rule {
    code: LintCode::NoPodSelector,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS],
    examples: include_str!("no_pod_selector.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "a policy without `podSelector`",
        finding: "without `podSelector` the policy selects, and isolates, every pod of the namespace {namespace}",
        why: "A missing or empty `podSelector` selects every pod of the namespace, and a policy without `policyTypes` isolates these in ingress. If that is meant, write `podSelector: {}`; else name the pods",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "没有 `podSelector` 的策略",
        finding: "没有 `podSelector` 时，策略会选择并隔离命名空间 {namespace} 中的每个 Pod",
        why: "缺少或为空的 `podSelector` 选择命名空间中的所有 Pod；没有 `policyTypes` 的策略会在入站方向隔离它们。如果确实如此，请写 `podSelector: {}`；否则请指明 Pod",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    for policy in &context.policies {
        if policy.spec.pod_selector_span == policy.spec.span {
            let finding = context.at(found, policy, "spec.podSelector", policy.spec.span);
            let pods: Vec<EndpointId> = context.policed(policy).collect();
            let namespace = context.cluster.namespace_name(policy.namespace);
            found.add(finding.about(context.workloads(&pods)).with("namespace", namespace));
        }
    }
}
