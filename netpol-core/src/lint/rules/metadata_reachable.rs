//! Isolated pods for which a rule opens the metadata service of a cloud.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::ir::{Direction, Peer};
use crate::model::EndpointId;
use crate::query::{METADATA, metadata_port};
use crate::set::Family;
use std::net::IpAddr;

pub(super) const RULE: Rule = Rule {
    code: LintCode::MetadataReachable,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS, "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html", "https://cloud.google.com/compute/docs/metadata/overview", "https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service"],
    examples: include_str!("metadata_reachable.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "pods reach the metadata service of a cloud",
        finding: "this rule opens {address}, the metadata service of {provider}: credentials of the node may be had there",
        why: "Clouds hand out settings and credentials of the machine, or of the pod, at link-local and other well-known addresses over HTTP. A block such as `0.0.0.0/0` has them in it. Leave them out with `except` (169.254.0.0/16; for IPv6 fd00:ec2::/32), or open only what is needed",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "Pod 可以访问云的元数据服务",
        finding: "此规则开放了 {address}，即 {provider} 的元数据服务：可能由此取得节点的凭据",
        why: "云平台在链路本地等众所周知的地址上通过 HTTP 提供机器或 Pod 的设置和凭据。`0.0.0.0/0` 这样的网段包含它们。请用 `except` 排除（169.254.0.0/16；IPv6 为 fd00:ec2::/32），或只开放需要的目标",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    let port = metadata_port();
    for allow in context.allows.iter().filter(|allow| allow.direction == Direction::Egress) {
        let open = |address: IpAddr| match &allow.of.peer {
            Peer::Any => true,
            Peer::Addresses(addresses, ..) => addresses.contains(address),
            _ => false,
        };
        let policy = &context.policies[allow.policy];
        let mut pods: Vec<EndpointId> = context.policed(policy).collect();
        if !port.is_subset(&allow.fixed_traffic()) || pods.is_empty() {
            continue;
        }
        let families = context.families(&pods);
        let mut addresses = METADATA.iter().filter(|m| open(m.address) && families.contains(&Family::of(m.address)));
        let Some(first) = addresses.next() else { continue };
        pods.retain(|pod| context.surely_sends(*pod, first.address, &port));
        if !pods.is_empty() {
            let finding = context.at_allow(found, allow).about(context.workloads(&pods));
            found.add(finding.with("address", first.address).with("provider", first.provider));
        }
    }
}
