//! Isolated pods that may reach somebody, and cannot ask any DNS for the name.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use super::super::context::{AllowView, PolicyView};
use crate::ir::{Direction, Peer};
use crate::model::EndpointId;
use crate::query::Verdict;
use crate::sorted::{SortedMap, SortedSet};

pub(super) const RULE: Rule = Rule {
    code: LintCode::DnsCutOff,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS, "https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/"],
    examples: include_str!("dns_cut_off.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "isolated pods that cannot ask any DNS",
        finding: "policies let {workloads} reach somebody, but no DNS server: names will not resolve",
        why: "A pod that is isolated in egress resolves no name unless some policy opens port 53, over UDP and TCP, to the cluster's DNS. What it may reach, it then does not find by name. Allow both protocols to the pods of the DNS (`kubernetes.io/metadata.name: kube-system`, `k8s-app: kube-dns`). Where only addresses are allowed, this is a note",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "被隔离的 Pod 无法访问任何 DNS",
        finding: "策略允许 {workloads} 访问某些目标，却不允许访问任何 DNS 服务器：名称无法解析",
        why: "出站被隔离的 Pod，只有当某条策略向集群 DNS 开放 53 端口（UDP 和 TCP）时才能解析名称；否则允许访问的目标也无法按名称找到。请对 DNS 的 Pod（`kubernetes.io/metadata.name: kube-system`、`k8s-app: kube-dns`）同时开放两种协议。只允许地址时为提示",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    let mut by_policies: SortedMap<SortedSet<u32>, Vec<EndpointId>> = SortedMap::new();
    for unit in &context.units {
        let cut_off = context.survey(|survey| {
            let isolating = survey.isolating(Direction::Egress, unit);
            if isolating.is_empty() {
                return None;
            }
            let outside = survey.outside(Direction::Egress, unit);
            (survey.dns(unit, &outside).any() == Verdict::Deny).then(|| (*isolating).clone())
        });
        if let Some(policies) = cut_off {
            by_policies.entry(policies).or_default().extend(&unit.members);
        }
    }
    for (policies, pods) in by_policies.iter() {
        let of = |policy: &&PolicyView<'_>| policies.contains(&policy.id);
        // Where nothing at all is allowed, no name is of use either.
        let meant = |allow: &&AllowView<'_>| {
            allow.direction == Direction::Egress && policies.contains(&context.policies[allow.policy].id)
        };
        let allows: Vec<&AllowView<'_>> = context.allows.iter().filter(meant).collect();
        let Some(policy) = context.policies.iter().find(of).filter(|_| !allows.is_empty()) else { continue };
        let mut finding = context
            .at(found, policy, "spec.podSelector", policy.spec.pod_selector_span)
            .about(context.workloads(pods))
            .with("workloads", context.names(pods));
        if allows.iter().all(|allow| matches!(allow.of.peer, Peer::Addresses(..))) {
            finding = finding.into_note();
        }
        found.add(finding);
    }
}
