//! A policy that selects pods on their node's network, to which no policy applies.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::model::EndpointId;

pub(super) const RULE: Rule = Rule {
    code: LintCode::HostNetworkSelected,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS],
    examples: include_str!("host_network_selected.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "a policy that selects pods on their node's network",
        finding: "on their node's network, so this policy does nothing for them: {pods}{alone?; it selects nobody else}",
        why: "What policies do to a pod with `hostNetwork: true` is not specified, and no network plugin that is modelled here applies them: its traffic is that of its node. Such pods stay open whatever the policy says. Take them off the node's network, or protect the node (a host firewall, or host policies of the plugin). Where a policy selects its whole namespace, this is a note. The subject of an administrative policy never has such pods in it; where it is about whole namespaces with other pods too, nothing is said of them",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "选中了使用节点网络的 Pod 的策略",
        finding: "以下工作负载使用节点网络，此策略对它们不起作用：{pods}{alone?；它没有选中其他 Pod}",
        why: "策略对 `hostNetwork: true` 的 Pod 有何作用，规范没有定义；这里建模的网络插件都不对其执行策略：它的流量就是节点的流量。无论策略怎么写，这样的 Pod 都是开放的。请不要让它们使用节点网络，或保护节点（主机防火墙，或插件的主机策略）。如果策略选中整个命名空间，则只作提示。管理员策略的 subject 从不包括这样的 Pod；如果它针对的是还有其他 Pod 的整个命名空间，则不作提示",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    for policy in &context.policies {
        let selected = context.selected(policy);
        let hosts: Vec<EndpointId> =
            selected.iter().copied().filter(|pod| context.endpoint(*pod).host_network).collect();
        if hosts.is_empty() {
            continue;
        }
        let mut finding = context
            .at(found, policy, "spec.podSelector", policy.spec.pod_selector_span)
            .with("pods", context.names(&hosts))
            .about(context.workloads(&hosts));
        if hosts.len() == selected.len() {
            finding = finding.with("alone", "");
        } else if context.selectors().get(policy.pods).requirements.is_empty() {
            finding = finding.into_note();
        }
        found.add(finding);
    }
    for (policy, subject, spec) in context.admin_policies() {
        let selected = context.selected_by(subject);
        let hosts: Vec<EndpointId> =
            selected.iter().copied().filter(|pod| context.endpoint(*pod).host_network).collect();
        let alone = hosts.len() == selected.len();
        // Whole namespaces have some in them.
        if hosts.is_empty() || !alone && context.selectors().get(subject.pods).requirements.is_empty() {
            continue;
        }
        let finding = context.at_admin(found, policy, "spec.subject", spec.subject_span);
        let finding = finding.with("pods", context.names(&hosts)).about(context.workloads(&hosts));
        found.add(if alone { finding.with("alone", "") } else { finding });
    }
}
