//! A peer by labels of namespaces that no namespace of the input has.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::ir::NamespaceMatch;
use crate::model::{METADATA_NAME, NamespaceId};
use crate::selector::{Match, Requirement, SelectorId};

pub(super) const RULE: Rule = Rule {
    code: LintCode::NoSuchNamespace,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS, "https://kubernetes.io/docs/concepts/services-networking/network-policies/#targeting-a-namespace-by-its-name"],
    examples: include_str!("no_such_namespace.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "a peer whose labels no namespace has",
        finding: "no namespace of this input has {labels}{nearest?; did you mean `%`?}{apart?; each of these is there, but not on one namespace: the nearest has `%`}: the peer means nobody{deny?, and so nothing is denied}{pass?, and so nothing is passed on}",
        why: "A `namespaceSelector` matches labels of Namespace objects, not names. Every namespace has the label `kubernetes.io/metadata.name` with its name; others have to be set. In a Deny of administrators such a peer denies nothing: what it was to stop goes through. Without a label that is like it, this is a note: the namespace may not have been read",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "对端的标签没有任何命名空间带有",
        finding: "此输入中没有带 {labels} 的命名空间{nearest?；是否想写 `%`？}{apart?；这些标签各自存在，但不在同一个命名空间上：最接近的带有 `%`}：该对端不表示任何人{deny?，因此什么也不会拒绝}{pass?，因此什么也不会 Pass}",
        why: "`namespaceSelector` 匹配 Namespace 对象的标签，而不是名称。每个命名空间都有标签 `kubernetes.io/metadata.name`，值为其名称；其他标签需要自行设置。在管理员的 Deny 中，这样的对端什么也不拒绝，本应阻止的流量会通过。没有相近的标签时为提示：该命名空间可能没有被读入",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    let all: Vec<_> = context.cluster.namespaces.iter().map(|namespace| &*namespace.labels).collect();
    for allow in context.rules() {
        let Some((NamespaceMatch::Selected(namespaces), _)) = context.by_labels(allow) else { continue };
        let ids = (0..context.cluster.namespaces.len()).map(NamespaceId::of).filter(|id| !context.is_assumed(*id));
        if ids.into_iter().any(|id| context.namespace_has(namespaces, id) != Match::No) {
            continue;
        }
        let finding = context.at_rule(found, allow).with("labels", context.selector_text(namespaces)).with_action(allow);
        let nearest = named(context, namespaces).or_else(|| context.nearest_label(namespaces, &all));
        found.add(match (nearest, context.apart(namespaces, &all)) {
            (Some(nearest), _) => finding.with("nearest", nearest),
            (None, Some(apart)) => finding.with("apart", apart),
            // It may be one that was not read.
            (None, None) => finding.into_note(),
        });
    }
}

/// The label for the name of a namespace of the input, where a selector asks for the name under another key.
pub(super) fn named(context: &Context<'_>, namespaces: SelectorId) -> Option<String> {
    let text = |symbol| context.cluster.symbols.text(symbol);
    let requirements = context.selectors().get(namespaces).requirements.iter();
    let asked = requirements.filter(|r| matches!(r, Requirement::In(..)) && text(r.key()) != METADATA_NAME);
    let mut names = asked.flat_map(Requirement::values).map(|value| text(*value));
    let is_there = |name: &&str| context.cluster.find_namespace(name).is_some_and(|id| !context.is_assumed(id));
    names.find(is_there).map(|name| format!("{METADATA_NAME}={name}"))
}
