//! A rule for every pod without ports, beside one that holds everybody to some ports.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use super::super::views::AllowView;
use crate::ir::{NamespaceMatch, Peer};

pub(super) const RULE: Rule = Rule {
    code: LintCode::PortsUndone,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS],
    examples: include_str!("ports_undone.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "a rule without ports beside one that means to hold everybody to some",
        finding: "this rule opens every port of every pod in the cluster; {rule} holds them to {ports} only where no other rule allows more",
        why: "Rules are a union: each stands by itself, and a rule without `ports` is about all ports. `namespaceSelector: {}` means every pod of every namespace. So the ports of the other rule hold for the outside alone. Put `to` and `ports` into one rule",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "没有端口的规则使另一条规则的端口限制失效",
        finding: "此规则开放了集群中每个 Pod 的所有端口；{rule} 对 {ports} 的限制只在没有其他规则允许更多时才有效",
        why: "规则取并集：每条规则独立生效，没有 `ports` 的规则针对所有端口。`namespaceSelector: {}` 表示所有命名空间的所有 Pod。因此另一条规则的端口只对集群外部有意义。请把 `to` 和 `ports` 写在同一条规则里",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    for wide in &context.allows {
        let policy = &context.policies[wide.policy];
        let every_pod = match &wide.of.peer {
            Peer::Pods { namespaces: NamespaceMatch::Selected(namespaces), pods, .. } => {
                let all = |selector| context.selectors().get(selector).requirements.is_empty();
                all(*namespaces) && all(*pods)
            }
            _ => false,
        };
        let without_ports = wide.written(policy).is_some_and(|rule| rule.ports.is_empty());
        if !every_pod || !without_ports {
            continue;
        }
        let holds = |other: &&AllowView<'_>| {
            other.policy == wide.policy
                && other.direction == wide.direction
                && matches!(other.of.peer, Peer::Any)
                && other.written(policy).is_some_and(|rule| !rule.ports.is_empty())
        };
        let held: Vec<&AllowView<'_>> = context.allows_of(wide.policy).filter(holds).collect();
        let Some(first) = held.first() else { continue };
        let finding = context.at_rule(found, wide).with("ports", first.fixed_traffic());
        let finding = finding.with("rule", context.origin(first).field);
        found.add(finding.with_related(held.into_iter().map(|other| context.origin(other))));
    }
}
