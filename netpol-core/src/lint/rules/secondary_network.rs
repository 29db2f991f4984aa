//! Pods with networks beside the first, which policies do not see.

#[cfg(feature = "sentences")]
use super::Words;
use super::{Context, Findings, LintCode, Rule, Severity};
use crate::model::EndpointId;
use crate::sorted::SortedSet;

pub(super) const RULE: Rule = Rule {
    code: LintCode::SecondaryNetwork,
    severity: Severity::Note,
    cis: &[],
    sources: &[
        "https://github.com/k8snetworkplumbingwg/multi-networkpolicy",
        "https://github.com/k8snetworkplumbingwg/multus-cni",
    ],
    examples: include_str!("secondary_network.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "pods with networks that policies do not see",
        finding: "on the networks that an annotation adds to {pods}, no NetworkPolicy applies",
        why: "A NetworkPolicy is about the network that every pod is on. Interfaces that `k8s.v1.cni.cncf.io/networks` asks for stay open, whatever it says. Protect these networks by other means, such as MultiNetworkPolicy",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "使用策略看不到的网络的 Pod",
        finding: "注解为 {pods} 添加了其他网络，NetworkPolicy 对这些网络不起作用",
        why: "NetworkPolicy 只管每个 Pod 都有的那个网络。`k8s.v1.cni.cncf.io/networks` 所要求的接口始终开放，无论策略怎么写。请用其他手段保护这些网络，例如 MultiNetworkPolicy",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    // Who has policies for these networks knows of them.
    let others = &context.snapshot.report().other_kinds;
    if others.keys().any(|kind| kind.starts_with("k8s.cni.cncf.io/") && kind.ends_with(" MultiNetworkPolicy")) {
        return;
    }
    let mut said: SortedSet<EndpointId> = SortedSet::new();
    for policy in &context.policies {
        let has_others = |pod: &EndpointId| context.written(*pod).is_some_and(|(meta, _)| meta.other_networks);
        // Each pod once, with the first policy that selects it.
        let pods: Vec<EndpointId> =
            context.policed(policy).filter(has_others).filter(|pod| said.insert(*pod)).collect();
        if !pods.is_empty() {
            let finding = context
                .at(found, policy, "spec.podSelector", policy.spec.pod_selector_span)
                .with("pods", context.names(&pods));
            found.add(finding.about(context.workloads(&pods)));
        }
    }
}
