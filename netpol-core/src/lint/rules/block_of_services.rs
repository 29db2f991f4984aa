//! An `ipBlock` of addresses of Services, which policies never see.

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
        finding: "the block {block} lies within the addresses of Services{services? (%)}: policies see the pods behind a Service and never its own address, so the block matches nothing",
        why: "The address of a Service is translated into that of a pod behind it before policies look, with every plugin but those that judge before (the profile `aws-vpc-cni`). Name the pods behind the Service by their labels, and the ports that they listen on",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "由 Service 地址构成的 ipBlock",
        finding: "地址块 {block} 全在 Service 地址之内{services?（%）}：策略看到的是 Service 背后的 Pod，从不是 Service 自己的地址，因此该块匹配不到任何流量",
        why: "在策略判定之前，Service 的地址已转换为其背后某个 Pod 的地址；只有在转换前判定的插件（配置 `aws-vpc-cni`）例外。请用标签写明 Service 背后的 Pod，以及它们监听的端口",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    let services = &context.cluster.services;
    let own = AddressSet::addresses(&services.iter().flat_map(|s| s.cluster_ips.iter().copied()).collect::<Vec<_>>());
    // Balancers and `externalIPs` have addresses that the outside may see.
    let all = AddressSet::addresses(&services.iter().flat_map(|s| s.addresses.iter().copied()).collect::<Vec<_>>());
    let range = context.cluster.space.services.difference(&all.difference(&own));
    let before = context.engine.profile.service_egress == ServiceEgress::Untranslated;
    for allow in context.allows.iter().filter(|allow| !(before && allow.direction == Direction::Egress)) {
        let Peer::Addresses(block, ..) = &allow.of.peer else { continue };
        if block.is_empty() || !block.is_subset(&range) || super::api_server_by_service::is(context, allow) {
            continue;
        }
        let meant = |service: &&Service| service.cluster_ips.iter().any(|ip| block.contains(*ip));
        let names: Vec<String> = services.iter().filter(meant).map(|s| context.service_name(s)).collect();
        let mut finding = context.at_rule(found, allow).with("block", context.block_text(block));
        if !names.is_empty() {
            finding = finding.with("services", super::some_of(names));
        }
        found.add(finding);
    }
}
