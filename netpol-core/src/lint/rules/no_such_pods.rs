//! A peer by labels that no pod of the namespaces that it means has.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::ir::NamespaceMatch;
use crate::model::NamespaceId;
use crate::selector::Match;

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
        finding: "no pod there has {labels}{nearest?; did you mean `%`?}{apart?; each of these is there, but not on one pod: the nearest has `%`}: the peer means nobody",
        why: "A peer that matches no pod allows nothing. Look for a slip in the label. Without a label that is like it, this is a note: the pods may come later",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "对端的标签没有任何 Pod 带有",
        finding: "那里没有带 {labels} 的 Pod{nearest?；是否想写 `%`？}{apart?；这些标签各自存在，但不在同一个 Pod 上：最接近的带有 `%`}：该对端不表示任何人",
        why: "不匹配任何 Pod 的对端不允许任何流量。请检查标签是否写错。没有相近的标签时为提示：这些 Pod 可能以后才创建",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    for allow in &context.allows {
        let Some((namespaces, labels)) = context.by_labels(allow) else { continue };
        // Of pods on their node's network another rule says that they are no peers.
        if !context.is_nobody(allow) || !context.hosts_matched(allow).is_empty() {
            continue;
        }
        let meant = |id: &NamespaceId| match namespaces {
            NamespaceMatch::Own(own) => own == *id,
            NamespaceMatch::Selected(selector) => context.namespace_has(selector, *id) != Match::No,
        };
        let ids: Vec<NamespaceId> =
            (0..context.cluster.namespaces.len()).map(NamespaceId::of).filter(meant).collect();
        let somewhere = || context.cluster.real_endpoints().any(|pod| context.has_labels(labels, pod));
        // Of namespaces that were not read nothing is known; the right pods in another one are another rule.
        let elsewhere = matches!(namespaces, NamespaceMatch::Own(_)) && somewhere();
        if ids.is_empty() || elsewhere || !ids.iter().all(|id| context.is_read(*id)) {
            continue;
        }
        let pods = ids.iter().flat_map(|id| context.pods_in(*id));
        let all: Vec<_> = pods.map(|pod| context.cluster.labels(context.endpoint(*pod).labels)).collect();
        let finding = context.at_allow(found, allow).with("labels", context.selector_text(labels));
        found.add(match (context.nearest_label(labels, &all), context.apart(labels, &all)) {
            (Some(nearest), _) => finding.with("nearest", nearest),
            (None, Some(apart)) => finding.with("apart", apart),
            (None, None) => finding.into_note(),
        });
    }
}
