//! An `ipBlock` of addresses of pods or nodes, under a plugin whose blocks do not match these.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::ir::Peer;
use crate::set::AddressSet;
use std::net::IpAddr;

pub(super) const RULE: Rule = Rule {
    code: LintCode::BlockOfPods,
    severity: Severity::Warning,
    cis: &[],
    sources: &[
        CONCEPTS,
        "https://docs.cilium.io/en/latest/security/policy/layer3/",
        "https://github.com/cilium/cilium/issues/9209",
    ],
    examples: include_str!("block_of_pods.yaml"),
    profile: Some("cilium"),
    #[cfg(feature = "sentences")]
    en: Words {
        title: "an ipBlock of pods or nodes where blocks do not match them",
        finding: "the block {block} lies within the addresses of the cluster's own pods or nodes, and with the profile {profile} an ipBlock does not match these: this one matches nothing",
        why: "Cilium knows pods and nodes by identities and applies an `ipBlock` to addresses outside of the cluster only, unless its setting `policy-cidr-match-mode` says otherwise. Name pods by their labels; for nodes and the API server use that setting or a policy of Cilium's own",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "地址块不匹配 Pod 或节点时，仍用 ipBlock 表示它们",
        finding: "地址块 {block} 全在集群自己的 Pod 或节点地址之内，而按配置 {profile}，ipBlock 不匹配它们：此地址块匹配不到任何流量",
        why: "Cilium 按身份识别 Pod 和节点，`ipBlock` 只用于集群外的地址，除非其设置 `policy-cidr-match-mode` 另有规定。请用标签表示 Pod；对于节点和 API server，请使用该设置或 Cilium 自己的策略",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    let (cluster, profile) = (context.cluster, &context.engine.profile);
    let mut unseen = AddressSet::empty();
    if !profile.ip_block_matches_pods {
        let pods = cluster.endpoints.iter().filter(|e| !e.host_network).flat_map(|e| e.addresses.iter().copied());
        unseen = cluster.space.known_pods.union(&AddressSet::addresses(&pods.collect::<Vec<IpAddr>>()));
    }
    if !profile.ip_block_matches_nodes {
        let nodes = cluster.nodes.iter().flat_map(|node| node.addresses.iter().copied());
        unseen = unseen.union(&AddressSet::addresses(&nodes.collect::<Vec<IpAddr>>()));
    }
    for allow in &context.allows {
        let Peer::Addresses(block, ..) = &allow.of.peer else { continue };
        if !block.is_empty() && block.is_subset(&unseen) {
            let finding = context.at_rule(found, allow).with("block", context.block_text(block));
            found.add(finding.with("profile", profile.name));
        }
    }
}
