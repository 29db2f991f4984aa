//! An `ipBlock` of addresses of Services, which policies never see.

use super::super::views::RuleView;
#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::ir::{Direction, Peer};
use crate::model::Service;
use crate::profile::ServiceEgress;
use crate::set::AddressSet;

pub(super) const RULE: Rule = Rule {
    code: LintCode::BlockOfServices,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS, "https://kubernetes.io/docs/reference/networking/virtual-ips/"],
    examples: include_str!("block_of_services.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "an ipBlock of addresses of Services",
        finding: "the block {block} {known?lies within the addresses of Services}{likely?holds addresses of Services, and of this input nobody else}{services? (%)}: policies see the pods behind a Service and never its own address, so the block {known?matches nothing}{likely?does not match them}{deny?, and so nothing of it is denied}",
        why: "The address of a Service is translated into that of a pod behind it before policies look, with every plugin but those that judge before (the profile `aws-vpc-cni`). Name the pods behind the Service by their labels, and the ports that they listen on. Which addresses Services have is known from the input or by `--service-cidr`; a private block, no wider than /12 (IPv6: /48), that holds some of these and no pod and no node of the input is likely meant for them, and a note. `networks` of administrative policies are looked at in the same way",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "由 Service 地址构成的 ipBlock",
        finding: "地址块 {block} {known?全在 Service 地址之内}{likely?包含 Service 的地址，而不含此输入中的其他对象}{services?（%）}：策略看到的是 Service 背后的 Pod，从不是 Service 自己的地址，因此该块{known?匹配不到任何流量}{likely?匹配不到它们}{deny?，也就什么都没有拒绝}",
        why: "在策略判定之前，Service 的地址已转换为其背后某个 Pod 的地址；只有在转换前判定的插件（配置 `aws-vpc-cni`）例外。请用标签写明 Service 背后的 Pod，以及它们监听的端口。Service 的地址来自输入或 `--service-cidr`；私有且不宽于 /12（IPv6 为 /48）、包含其中一些地址而不含输入中任何 Pod 或节点的地址块，很可能指的是它们，只作提示。管理员策略的 `networks` 也同样检查",
    },
    check,
};

/// The addresses of pods and nodes, and those that pods get.
fn inside(context: &Context<'_>) -> AddressSet {
    let cluster = context.cluster;
    let pods = cluster.endpoints.iter().flat_map(|endpoint| endpoint.addresses.iter().copied());
    let nodes = cluster.nodes.iter().flat_map(|node| node.addresses.iter().copied());
    cluster.space.known_pods.union(&AddressSet::addresses(&pods.chain(nodes).collect::<Vec<_>>()))
}

fn check(context: &Context<'_>, found: &mut Findings) {
    let services = &context.cluster.services;
    let own = AddressSet::addresses(&services.iter().flat_map(|s| s.cluster_ips.iter().copied()).collect::<Vec<_>>());
    // Balancers and `externalIPs` have addresses that the outside may see.
    let all = AddressSet::addresses(&services.iter().flat_map(|s| s.addresses.iter().copied()).collect::<Vec<_>>());
    let range = context.cluster.space.services.difference(&all.difference(&own));
    let before = context.engine.profile.service_egress == ServiceEgress::Untranslated;
    let others = inside(context);
    // What judges before looks at NetworkPolicies.
    let is_judged = |rule: &&RuleView<'_>| !(before && rule.direction == Direction::Egress);
    for allow in context.rules().filter(is_judged) {
        let Peer::Addresses(block, ..) = &allow.of.peer else { continue };
        // Where the range is not known, a block that holds Services and nobody else is likely of it.
        let known = block.is_subset(&range);
        let likely = || block.meets(&own) && !block.meets(&others) && super::block_of_pods::is_of_a_cluster(block);
        if block.is_empty() || !(known || likely()) || super::api_server_by_service::is(context, allow) {
            continue;
        }
        let meant = |service: &&Service| service.cluster_ips.iter().any(|ip| block.contains(*ip));
        let names: Vec<String> = services.iter().filter(meant).map(|s| context.service_name(s)).collect();
        let finding = context.at_rule(found, allow).with("block", context.block_text(block)).with_action(allow);
        let mut finding = if known { finding.with("known", "") } else { finding.with("likely", "").into_note() };
        if !names.is_empty() {
            finding = finding.with("services", super::some_of(names));
        }
        found.add(finding);
    }
}
