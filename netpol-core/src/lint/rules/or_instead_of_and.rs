//! Two peers in a row, one by namespace and one by pod, where pods fit both.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use super::super::views::AllowView;
use crate::ir::NamespaceMatch;
use crate::manifest;
use crate::model::EndpointId;
use crate::selector::Match;

pub(super) const RULE: Rule = Rule {
    code: LintCode::OrInsteadOfAnd,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS],
    examples: include_str!("or_instead_of_and.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "two peers where one with both selectors was likely meant",
        finding: "two peers, so either is enough: {every?every pod of every namespace}{namespaces?every pod of namespaces with %}, and pods of this namespace with {labels}; for {pods} alone, write one peer with both selectors",
        why: "The items of `from` and `to` are a union; the selectors of one item must both match. A dash before the second selector turns *and* into *or*, and lets in every pod of the namespaces. Take the dash away. If both peers are meant, put them into two rules",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "两个对端，可能本想写成一个同时带两个选择器的对端",
        finding: "这是两个对端，满足任意一个即可：{every?所有命名空间中的所有 Pod}{namespaces?带 % 的命名空间中的所有 Pod}，以及本命名空间中带 {labels} 的 Pod；若只想允许 {pods}，请写成一个带两个选择器的对端",
        why: "`from` 和 `to` 的各项取并集；同一项中的选择器必须同时匹配。第二个选择器前的短横线把“与”变成“或”，放行了这些命名空间中的所有 Pod。请去掉短横线；如果确实需要两个对端，请写成两条规则",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    for pair in context.allows.windows(2) {
        let [first, second] = pair else { continue };
        let one_rule = (first.policy, first.direction, first.rule) == (second.policy, second.direction, second.rule);
        if !one_rule || second.peer != first.peer.map(|peer| peer + 1) {
            continue;
        }
        let policy = &context.policies[first.policy];
        let written = |allow: &AllowView<'_>| {
            let peer = allow.written(policy)?.peers.get(allow.peer? as usize)?;
            match &peer.value {
                manifest::Peer::Pods { pods, namespaces } => Some((pods.is_some(), namespaces.is_some())),
                manifest::Peer::Block { .. } => None,
            }
        };
        let (namespaces, pods) = match (written(first), written(second)) {
            (Some((false, true)), Some((true, false))) => (first, second),
            (Some((true, false)), Some((false, true))) => (second, first),
            _ => continue,
        };
        let (Some((NamespaceMatch::Selected(namespaces), _)), Some((_, labels))) =
            (context.by_labels(namespaces), context.by_labels(pods))
        else {
            continue;
        };
        // A single peer with both selectors would have meant these. Beside a selector that the own namespace
        // fits as well, the other peer is in vain; else its pods may be meant beside the namespaces.
        let own = context.namespace_has(namespaces, policy.namespace) == Match::Yes;
        let both: Vec<EndpointId> = context
            .cluster
            .real_endpoints()
            .filter(|pod| {
                let of = context.endpoint(*pod).namespace;
                (own || of != policy.namespace)
                    && context.namespace_has(namespaces, of) == Match::Yes
                    && context.has_labels(labels, *pod)
            })
            .collect();
        let restricts = !context.selectors().get(labels).requirements.is_empty();
        if restricts && !both.is_empty() {
            let finding = context.at_rule(found, second).with("pods", context.names(&both));
            let namespaces = context.selector_text(namespaces);
            let finding = match namespaces.is_empty() {
                true => finding.with("every", ""),
                false => finding.with("namespaces", namespaces),
            };
            let finding = finding.with("labels", context.selector_text(labels));
            found.add(finding.with_related([context.origin(first)]));
        }
    }
}
