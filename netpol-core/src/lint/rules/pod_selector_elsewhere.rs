//! A peer by pod labels alone, which only pods of other namespaces have.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::ir::NamespaceMatch;
use crate::model::EndpointId;

pub(super) const RULE: Rule = Rule {
    code: LintCode::PodSelectorElsewhere,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS],
    examples: include_str!("pod_selector_elsewhere.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "a peer by pod labels that only pods of other namespaces have",
        finding: "no pod of the namespace {namespace} has {labels}, and a `podSelector` alone means that namespace; {pods} would need a `namespaceSelector` beside it",
        why: "A peer with `podSelector` alone means pods of the policy's own namespace. For pods of another one, put a `namespaceSelector` into the same peer, for example by `kubernetes.io/metadata.name`. Peers of administrative policies always say which namespaces they mean, so this is about NetworkPolicy alone",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "仅按 Pod 标签的对端，只有其他命名空间的 Pod 带有这些标签",
        finding: "命名空间 {namespace} 中没有带 {labels} 的 Pod，而单独的 `podSelector` 只表示该命名空间；要匹配 {pods}，需要在同一项中加上 `namespaceSelector`",
        why: "只有 `podSelector` 的对端表示策略自己命名空间中的 Pod。要表示其他命名空间的 Pod，请在同一对端中加上 `namespaceSelector`，例如按 `kubernetes.io/metadata.name`。管理员策略的对端总是写明命名空间，因此这只涉及 NetworkPolicy",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    for allow in &context.allows {
        let Some((NamespaceMatch::Own(own), labels)) = context.by_labels(allow) else { continue };
        let none = context.is_nobody(allow) && context.hosts_matched(allow).is_empty();
        if !context.is_read(own) || !none {
            continue;
        }
        let pods = context.cluster.real_endpoints().filter(|pod| context.has_labels(labels, *pod));
        let pods: Vec<EndpointId> = pods.filter(|pod| context.endpoint(*pod).namespace != own).collect();
        if !pods.is_empty() {
            let finding = context.at_rule(found, allow).about(context.workloads(&pods));
            let finding = finding.with("labels", context.selector_text(labels));
            let finding = finding.with("namespace", context.cluster.namespace_name(own));
            found.add(finding.with("pods", context.names(&pods)));
        }
    }
}
