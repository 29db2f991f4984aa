//! An ingress peer of other namespaces, told by labels that whoever owns these can set.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::ir::{Direction, NamespaceMatch};
use crate::model::METADATA_NAME;

pub(super) const RULE: Rule = Rule {
    code: LintCode::TenantLabels,
    severity: Severity::Note,
    cis: &[],
    sources: &[CONCEPTS, "https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/2161-apiserver-default-labels"],
    examples: include_str!("tenant_labels.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "a peer by labels that tenants can give themselves",
        finding: "whoever can {allow?set}{pass?set}{deny?change} {labels} on a {pods?pod}{namespaces?namespace} of their own {allow?is let in}{pass?is passed on}{deny?gets around this Deny}",
        why: "Labels of pods are set by whoever makes the pods, and labels of namespaces often by who owns them. Only `kubernetes.io/metadata.name` is set by the API server and cannot be chosen. Where tenants are not trusted, name namespaces by it, or see to it by admission that the label is not set by others. A Deny of administrators by such labels holds for those alone who keep them",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "按租户可以自行设置的标签匹配的对端",
        finding: "任何能在自己的 {pods?Pod}{namespaces?命名空间}上{allow?设置}{pass?设置}{deny?更改} {labels} 的人都{allow?会被放行}{pass?会被 Pass}{deny?可以绕过这条 Deny}",
        why: "Pod 的标签由创建者设置，命名空间的标签往往由其所有者设置。只有 `kubernetes.io/metadata.name` 由 API 服务器设置且不能自选。在不信任租户的环境中，请按它指定命名空间，或通过准入控制确保他人不能设置该标签。管理员按这类标签写的 Deny 只对保留标签的人有效",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    for allow in context.rules().filter(|rule| rule.direction == Direction::Ingress) {
        let Some((NamespaceMatch::Selected(namespaces), pods)) = context.by_labels(allow) else { continue };
        let keys = |selector| {
            let requirements = context.selectors().get(selector).requirements.iter();
            requirements.map(|requirement| context.cluster.symbols.text(requirement.key())).collect::<Vec<_>>()
        };
        let (of_namespace, of_pod) = (keys(namespaces), keys(pods));
        // Its name is the one label that nobody but the API server sets.
        let reserved = of_namespace.contains(&METADATA_NAME);
        let (labels, of) = match (of_namespace.is_empty(), of_pod.is_empty()) {
            _ if reserved => continue,
            (true, true) => continue,
            (false, _) => (context.selector_text(namespaces), "namespaces"),
            (true, false) => (context.selector_text(pods), "pods"),
        };
        let finding = context.at_rule(found, allow).with("labels", labels).with(of, "");
        found.add(finding.with(allow.action_word().unwrap_or("allow"), ""));
    }
}
