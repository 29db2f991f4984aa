//! The API server by the address of its Service, which policies never see.

use super::super::context::AllowView;
#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::ir::{Direction, Peer};
use crate::model::{Backer, Service};
use crate::profile::ServiceEgress;
use crate::set::AddressSet;
use crate::sorted::SortedSet;

pub(super) const RULE: Rule = Rule {
    code: LintCode::ApiServerByService,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS, "https://github.com/cilium/cilium/issues/20550"],
    examples: include_str!("api_server_by_service.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "the API server by the address of its Service",
        finding: "{block} is the address of the Service default/kubernetes: policies see the API server behind it{server? (%)}, so this does not let anybody reach it",
        why: "A connection to `kubernetes.default.svc` is translated into one to the API server itself before policies look. It is no pod, or one on its node's network: labels do not match it. Name its own addresses with an `ipBlock`, and its own port, which is often 6443; `kubectl get endpointslices -n default` shows both",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "用 Service 地址表示 API server",
        finding: "{block} 是 Service default/kubernetes 的地址：策略看到的是其背后的 API server{server?（%）}，因此这条规则不能让任何 Pod 访问它",
        why: "在策略判定之前，到 `kubernetes.default.svc` 的连接已转换为到 API server 本身的连接。API server 不是 Pod，或使用节点网络：标签匹配不到它。请用 `ipBlock` 写明它自己的地址和端口（通常是 6443）；`kubectl get endpointslices -n default` 会显示两者",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    for allow in context.allows.iter().filter(|allow| is(context, allow)) {
        let (Peer::Addresses(block, ..), Some(service)) = (&allow.of.peer, api_server(context)) else { continue };
        let mut finding = context.at_rule(found, allow).with("block", context.block_text(block));
        let listed = service.listed.iter().flatten().flat_map(|port| {
            port.backers.iter().filter_map(|backer| match backer {
                Backer::Address(ip) => Some((*ip, port.port)),
                Backer::Node(node) => Some((*context.cluster.node(*node).addresses.first()?, port.port)),
                _ => None,
            })
        });
        let listed: SortedSet<_> = listed.collect();
        if !listed.is_empty() {
            let texts = listed.iter().map(|(ip, port)| std::net::SocketAddr::new(*ip, *port).to_string());
            finding = finding.with("server", super::some_of(texts));
        }
        found.add(finding);
    }
}

/// Whether a peer is the address of the API server's Service, where that is no way to name it.
pub(super) fn is(context: &Context<'_>, allow: &AllowView<'_>) -> bool {
    let before = context.engine.profile.service_egress == ServiceEgress::Untranslated;
    let (Peer::Addresses(block, ..), Direction::Egress, false) = (&allow.of.peer, allow.direction, before) else {
        return false;
    };
    let own = |service: &Service| AddressSet::addresses(&service.cluster_ips);
    !block.is_empty() && api_server(context).is_some_and(|service| block.is_subset(&own(service)))
}

fn api_server<'a>(context: &Context<'a>) -> Option<&'a Service> {
    let mut services = context.cluster.services.iter();
    services.find(|s| *s.name == *"kubernetes" && context.cluster.namespace_name(s.namespace) == "default")
}
