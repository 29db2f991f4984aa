//! `egress: []` without `policyTypes` does not isolate in egress.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};


pub(super) const RULE: Rule = Rule {
    code: LintCode::EgressWithoutType,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS],
    examples: include_str!("egress_without_type.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "an empty list of egress rules without `policyTypes`",
        finding: "an empty `egress` does not isolate: without `policyTypes` the policy is about ingress alone",
        why: "Without `policyTypes`, a policy isolates in egress only if it has egress rules. To deny all egress, write `policyTypes: [Egress]`",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "空的出站规则列表而没有 `policyTypes`",
        finding: "空的 `egress` 不会隔离：没有 `policyTypes` 时，策略只针对入站",
        why: "没有 `policyTypes` 时，只有存在出站规则的策略才会隔离出站。要拒绝所有出站流量，请写 `policyTypes: [Egress]`",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    for policy in &context.policies {
        let spec = policy.spec;
        if let (Some(span), None, true) = (spec.egress_span, spec.types_span, spec.egress.is_empty()) {
            found.add(context.at(found, policy, "spec.egress", span));
        }
    }
}
