//! An `ipBlock` of addresses of pods or nodes, under a plugin whose blocks do not match these.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::ir::Peer;
use crate::model::EndpointId;
use crate::set::AddressSet;
use ipnet::IpNet;
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
        finding: "the block {block} {whole?lies within the addresses of the cluster's own pods or nodes}{some?holds addresses of the cluster's own (%)}, and with the profile {profile} an ipBlock does not match these{whole?: this one matches nothing}{some?: of the cluster it matches nobody}",
        why: "Cilium knows pods and nodes by identities and applies an `ipBlock` to addresses outside of the cluster only, unless its setting `policy-cidr-match-mode` says otherwise. Name pods by their labels; for nodes and the API server use that setting or a policy of Cilium's own. A private block no wider than a cluster's pods take (/12, for IPv6 /48) that has some of them in it, and other addresses, is a note. `networks` of administrative policies match pods and nodes, so this is about NetworkPolicy alone",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "地址块不匹配 Pod 或节点时，仍用 ipBlock 表示它们",
        finding: "地址块 {block} {whole?全在集群自己的 Pod 或节点地址之内}{some?包含集群自己的地址（%）}，而按配置 {profile}，ipBlock 不匹配它们{whole?：此地址块匹配不到任何流量}{some?：它在集群内匹配不到任何人}",
        why: "Cilium 按身份识别 Pod 和节点，`ipBlock` 只用于集群外的地址，除非其设置 `policy-cidr-match-mode` 另有规定。请用标签表示 Pod；对于节点和 API server，请使用该设置或 Cilium 自己的策略。私有且不宽于集群 Pod 网段（/12，IPv6 为 /48）的地址块，若同时包含这些地址和其他地址，则只作提示。管理员策略的 `networks` 匹配 Pod 和节点，因此这只涉及 NetworkPolicy",
    },
    check,
};

/// Whether a block is private and no wider than what a cluster has for its pods: a wider one is meant for
/// more than these.
pub(super) fn is_of_a_cluster(block: &AddressSet) -> bool {
    let private = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];
    let private = AddressSet::nets(private.iter().filter_map(|net| net.parse().ok()));
    let is_narrow = |net: IpNet| net.prefix_len() >= if net.addr().is_ipv4() { 12 } else { 48 };
    block.is_subset(&private) && block.cidrs().into_iter().all(is_narrow)
}

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
        if block.is_empty() || !block.meets(&unseen) {
            continue;
        }
        let finding = context.at_rule(found, allow).with("block", context.block_text(block));
        let finding = finding.with("profile", profile.name);
        if block.is_subset(&unseen) {
            found.add(finding.with("whole", ""));
        } else if is_of_a_cluster(block) {
            // Others that it holds may be outside.
            let has = |pod: &EndpointId| context.endpoint(*pod).addresses.iter().any(|ip| block.contains(*ip));
            let pods: Vec<EndpointId> = context.cluster.real_endpoints().filter(has).collect();
            let nodes = cluster.nodes.iter().filter(|node| node.addresses.iter().any(|ip| block.contains(*ip)));
            let nodes: Vec<String> = nodes.map(|node| node.name.to_string()).collect();
            let named = if pods.is_empty() { super::some_of(nodes) } else { context.names(&pods) };
            if !named.is_empty() {
                found.add(finding.with("some", named).about(context.workloads(&pods)).into_note());
            }
        }
    }
}
