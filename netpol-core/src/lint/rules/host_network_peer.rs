//! A peer by labels that only pods on their node's network match: their traffic is their node's.

use super::super::views::RuleView;
#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::ir::Peer;
use crate::profile::HostPeers;

pub(super) const RULE: Rule = Rule {
    code: LintCode::HostNetworkPeer,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS],
    examples: include_str!("host_network_peer.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "a peer by labels that matches only pods on their node's network",
        finding: "only pods on their node's network have these labels ({pods}): to others their address is the node's, and this peer matches nobody{deny?, so nothing is denied}{pass?, so nothing is passed on}",
        why: "Selectors see pods by the addresses that are theirs alone. A pod with `hostNetwork: true` has the address of its node, and most plugins treat it as that: labels do not match it. Name the nodes' addresses with an `ipBlock`, or take the pod off the node's network. Peers of administrative policies never match such pods, with any plugin; there, `networks` and `nodes` can name the nodes in egress, and nothing can in ingress",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "只匹配使用节点网络的 Pod 的对端",
        finding: "只有使用节点网络的 Pod 带有这些标签（{pods}）：别人看到的是节点地址，此对端匹配不到任何人{deny?，因此什么也不会拒绝}{pass?，因此什么也不会 Pass}",
        why: "选择器按 Pod 独有的地址识别 Pod。`hostNetwork: true` 的 Pod 使用节点地址，大多数插件也如此看待它：标签匹配不到它。请用 `ipBlock` 写明节点地址，或不要让该 Pod 使用节点网络。管理员策略的对端在任何插件下都不匹配这样的 Pod；在那里，出站可用 `networks` 和 `nodes` 指明节点，入站则无法指明",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    // Elsewhere they are admitted, or may be.
    let by_address = |rule: &&RuleView<'_>| matches!(rule.of.peer, Peer::Pods { hosts: HostPeers::ByAddress, .. });
    for allow in context.rules().filter(by_address) {
        let hosts = context.hosts_matched(allow);
        if !hosts.is_empty() && context.is_nobody(allow) {
            let finding = context.at_rule(found, allow).with("pods", context.names(&hosts)).with_action(allow);
            found.add(finding.about(context.workloads(&hosts)));
        }
    }
}
