//! A policy whose `podSelector` matches no pod: a slip in a label, or the wrong namespace.

use super::super::LintFinding;
#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::ir::{NamespaceMatch, Subject};
use crate::model::NamespaceId;
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
        finding: "{namespace?no pod of the namespace %}{subject?no pod of the namespaces that this policy is about}{namespaces?no namespace of this input} has {selector}{nearest?; did you mean `%`?}{apart?; each of these is there, but not on one pod: the nearest has `%`}{elsewhere?; pods of %\
            \x20have it, and a policy selects those of its own namespace only}",
        why: "a policy acts on the pods of its own namespace that its `podSelector` matches. One that matches none isolates \
            nobody: the pods that it was meant for stay open. Look for a slip in a label, or a missing \
            `metadata.namespace`. The same goes for the `subject` of an administrative policy; such a one is there for \
            whom the future brings too, so without a label that is like it this is a note",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "策略没有选中任何 Pod",
        finding: "{namespace?命名空间 % 中没有带 }{subject?此策略针对的命名空间中没有带 }{namespaces?此输入中没有带 }{selector} 的{namespace? Pod}{subject? Pod}{namespaces?命名空间}{nearest?；是否想写 `%`？}{apart?；这些标签各自存在，但不在同一个 Pod 上：最接近的带有 `%`}{elsewhere?；% 中有这样的 Pod，但策略只能选择自己命名空间的 Pod}",
        why: "策略作用于自己命名空间中与 `podSelector` 匹配的 Pod。一个也不匹配的策略不隔离任何 Pod：本应受保护的 Pod 仍然开放。\
            请检查标签是否写错，或是否缺少 `metadata.namespace`。管理员策略的 `subject` 也是如此；这类策略也针对以后出现的对象，因此没有相近的标签时为提示",
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
    for (policy, subject, spec) in context.admin_policies() {
        let finding = || context.at_admin(found, policy, "spec.subject", spec.subject_span);
        if let Some(finding) = of_administrators(context, subject, finding) {
            found.add(finding);
        }
    }
}

/// What is to be said of a policy of administrators that is about nobody.
fn of_administrators(
    context: &Context<'_>,
    subject: Subject,
    finding: impl Fn() -> LintFinding,
) -> Option<LintFinding> {
    let NamespaceMatch::Selected(namespaces) = subject.namespaces else { return None };
    let ids = context.namespaces_meant(subject.namespaces);
    let meant: Vec<NamespaceId> = ids.into_iter().filter(|id| !context.is_assumed(*id)).collect();
    let (selector, labels, none): (_, Vec<&[_]>, _) = if meant.is_empty() {
        let all = context.cluster.namespaces.iter();
        (namespaces, all.map(|namespace| &*namespace.labels).collect(), "namespaces")
    } else {
        let pods = || meant.iter().flat_map(|id| context.pods_in(*id).iter().copied());
        let is_read = meant.iter().all(|id| context.is_read(*id));
        if !is_read || pods().any(|pod| context.has_labels(subject.pods, pod)) {
            return None;
        }
        let labels = pods().map(|pod| context.cluster.labels(context.endpoint(pod).labels));
        (subject.pods, labels.collect(), "subject")
    };
    let finding = finding().with("selector", context.selector_text(selector)).with(none, "");
    let named = Some(selector).filter(|_| meant.is_empty()).and_then(|s| super::no_such_namespace::named(context, s));
    Some(match (named.or_else(|| context.nearest_label(selector, &labels)), context.apart(selector, &labels)) {
        (Some(nearest), _) => finding.with("nearest", nearest),
        (None, Some(apart)) => finding.with("apart", apart),
        // It is there for those who come later as well.
        (None, None) => finding.into_note(),
    })
}
