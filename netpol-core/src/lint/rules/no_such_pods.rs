//! A peer by labels that no pod of the namespaces that it means has.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::ir::NamespaceMatch;
use crate::model::NamespaceId;

pub(super) const RULE: Rule = Rule {
    code: LintCode::NoSuchPods,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS],
    examples: include_str!("no_such_pods.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "a peer whose labels no pod has",
        finding: "no pod there has {labels}{nearest?; did you mean `%`?}{apart?; each of these is there, but not on one pod: the nearest has `%`}: the peer means nobody{deny?, and so nothing is denied}{pass?, and so nothing is passed on}",
        why: "A peer that matches no pod allows nothing, and in a Deny of administrators denies nothing: what it was to stop goes through. Look for a slip in the label. Without a label that is like it, this is a note: the pods may come later",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "对端的标签没有任何 Pod 带有",
        finding: "那里没有带 {labels} 的 Pod{nearest?；是否想写 `%`？}{apart?；这些标签各自存在，但不在同一个 Pod 上：最接近的带有 `%`}：该对端不表示任何人{deny?，因此什么也不会拒绝}{pass?，因此什么也不会 Pass}",
        why: "不匹配任何 Pod 的对端不允许任何流量；在管理员的 Deny 中则什么也不拒绝，本应阻止的流量会通过。请检查标签是否写错。没有相近的标签时为提示：这些 Pod 可能以后才创建",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    for allow in context.rules() {
        let Some((namespaces, labels)) = context.by_labels(allow) else { continue };
        // Of the API server another rule says how it is named.
        if !context.is_nobody_else(allow) || super::api_server_by_service::is_by_labels(context, allow) {
            continue;
        }
        // Pods that are assumed may have any labels, in namespaces that nothing says anything of.
        let ids = context.namespaces_meant(namespaces).into_iter().filter(|id| !context.is_assumed(*id));
        let ids: Vec<NamespaceId> = ids.collect();
        let pods = || ids.iter().flat_map(|id| context.pods_in(*id).iter().copied());
        // Of pods on their node's network another rule says that they are no peers.
        if pods().any(|pod| context.may_have_labels(labels, pod)) {
            continue;
        }
        let somewhere = || context.cluster.real_endpoints().any(|pod| context.has_labels(labels, pod));
        // Of namespaces that were not read nothing is known; the right pods in another one are another rule.
        let elsewhere = matches!(namespaces, NamespaceMatch::Own(_)) && somewhere();
        if ids.is_empty() || elsewhere || !ids.iter().all(|id| context.is_read(*id)) {
            continue;
        }
        let all: Vec<_> = pods().map(|pod| context.cluster.labels(context.endpoint(pod).labels)).collect();
        let finding = context.at_rule(found, allow).with("labels", context.selector_text(labels)).with_action(allow);
        found.add(match (context.nearest_label(labels, &all), context.apart(labels, &all)) {
            (Some(nearest), _) => finding.with("nearest", nearest),
            (None, Some(apart)) => finding.with("apart", apart),
            (None, None) => finding.into_note(),
        });
    }
}
