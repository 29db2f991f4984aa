//! A `NotIn` that matches pods or namespaces because they do not have the label at all.

#[cfg(feature = "sentences")]
use super::Words;
use super::{Context, Findings, LintCode, Rule, Severity};
use crate::ir::{Action, NamespaceMatch};
use crate::model::EndpointId;
use crate::selector::{Label, LabelPairs, Requirement, label};
use crate::symbol::Symbol;

pub(super) const RULE: Rule = Rule {
    code: LintCode::MatchesUnlabelled,
    severity: Severity::Warning,
    cis: &[],
    sources: &["https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#set-based-requirement"],
    examples: include_str!("matches_unlabelled.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "a peer that matches for want of a label",
        finding: "`NotIn` matches what has no label `{key}` at all: {pods}",
        why: "`NotIn` is true where the label is absent, and so it lets in everything that nobody has labelled. Add `Exists` for the same key where only labelled ones are meant. Of administrative policies this is about `Accept` and `Pass`: a Deny of what has no label errs on the safe side",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "因缺少标签而匹配的对端",
        finding: "`NotIn` 也会匹配根本没有标签 `{key}` 的对象：{pods}",
        why: "标签不存在时 `NotIn` 也成立，因此所有未打标签的对象都会被放行。如果只想匹配带有该标签的对象，请对同一个键再加上 `Exists`。管理员的策略只看 `Accept` 和 `Pass`：拒绝没有标签的对象偏于安全",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    // A Deny of what is not known to be good is on the safe side.
    for allow in context.rules().filter(|rule| rule.of.action != Action::Deny) {
        let Some((namespaces, pods)) = context.by_labels(allow) else { continue };
        let matched = context.matched(allow).pods;
        let matched: Vec<EndpointId> = matched.into_iter().filter(|pod| context.is_real(*pod)).collect();
        let not_in = |selector| {
            let requirements = context.selectors().get(selector).requirements.iter();
            requirements.filter(|requirement| matches!(requirement, Requirement::NotIn(..))).map(Requirement::key)
        };
        let lacks = |labels: &LabelPairs, key| matches!(label(labels, key), Label::Absent);
        let mut without: Vec<(Symbol, Vec<EndpointId>)> = Vec::new();
        for key in not_in(pods) {
            let of = |pod: &EndpointId| lacks(context.cluster.labels(context.endpoint(*pod).labels), key);
            without.push((key, matched.iter().copied().filter(of).collect()));
        }
        if let NamespaceMatch::Selected(namespaces) = namespaces {
            for key in not_in(namespaces) {
                let of = |pod: &EndpointId| {
                    let namespace = context.cluster.namespace(context.endpoint(*pod).namespace);
                    namespace.labels_known && lacks(&namespace.labels, key)
                };
                without.push((key, matched.iter().copied().filter(of).collect()));
            }
        }
        let Some((key, pods)) = without.into_iter().find(|(_, pods)| !pods.is_empty()) else { continue };
        let finding = context.at_rule(found, allow).about(context.workloads(&pods));
        let finding = finding.with("key", context.cluster.symbols.text(key));
        found.add(finding.with("pods", context.names(&pods)));
    }
}
