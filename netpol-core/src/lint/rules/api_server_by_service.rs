//! The API server by its Service: the address or port of it, which policies never see, or its namespace.

use super::super::views::RuleView;
#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::ir::{Direction, NamespaceMatch, Peer};
use crate::engine::Party;
use crate::model::{Backer, EndpointId, Service};
use crate::profile::ServiceEgress;
use crate::set::{AddressSet, Family, Protocol, TrafficSet};
use crate::sorted::SortedSet;
use std::net::IpAddr;

pub(super) const RULE: Rule = Rule {
    code: LintCode::ApiServerByService,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS, "https://github.com/cilium/cilium/issues/20550"],
    examples: include_str!("api_server_by_service.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "the API server by its Service",
        finding: "{block?% is the address of the Service default/kubernetes}{labels?no pod of the namespace default has these labels, and the Service default/kubernetes there is no pod}{port?% is the port of the Service default/kubernetes, and not that of the API server}: policies see the API server behind it{server? (%)}, so this {block?peer}{labels?peer}{port?port} does not reach it",
        why: "A connection to `kubernetes.default.svc` is translated into one to the API server itself before policies look. It is no pod, or one on its node's network: labels do not match it. Name its own addresses with an `ipBlock`, and its own port, which is often 6443; `kubectl get endpointslices -n default` shows both. A peer that selects the namespace `default`, where only the Service stands, or the port 443 of the Service beside the API server's own addresses, is the same slip. It is looked for where the input has the Service, which a live cluster always does; where other peers or rules surely let the pods reach the API server at all of its addresses, nothing is said",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "用 Service 表示 API server",
        finding: "{block?% 是 Service default/kubernetes 的地址}{labels?命名空间 default 中没有带这些标签的 Pod，而其中的 Service default/kubernetes 不是 Pod}{port?% 是 Service default/kubernetes 的端口，而不是 API server 的端口}：策略看到的是其背后的 API server{server?（%）}，因此这个{block?对端}{labels?对端}{port?端口}到不了它",
        why: "在策略判定之前，到 `kubernetes.default.svc` 的连接已转换为到 API server 本身的连接。API server 不是 Pod，或使用节点网络：标签匹配不到它。请用 `ipBlock` 写明它自己的地址和端口（通常是 6443）；`kubectl get endpointslices -n default` 会显示两者。只选择命名空间 `default`（那里只有这个 Service）的对端，或在 API server 自己的地址旁写 Service 的 443 端口，是同样的错误。只有输入中有该 Service 时才检查，实际集群中总是有的；如果其他对端或规则已确定让这些 Pod 到达 API server 的所有地址，则不提示",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    let Some(service) = api_server(context) else { return };
    let listed = service.listed.iter().flatten().flat_map(|port| {
        port.backers.iter().filter_map(|backer| match backer {
            Backer::Address(ip) => Some((*ip, port.port)),
            Backer::Node(node) => Some((*context.cluster.node(*node).addresses.first()?, port.port)),
            _ => None,
        })
    });
    let listed: SortedSet<(IpAddr, u16)> = listed.collect();
    for rule in context.rules() {
        let mut finding = match &rule.of.peer {
            Peer::Addresses(block, ..) if is(context, rule) => {
                context.at_rule(found, rule).with("block", context.block_text(block))
            }
            Peer::Addresses(block, ..) if has_port_of_service(service, &listed, rule, block) => {
                context.at_rule(found, rule).with("port", rule.fixed_traffic())
            }
            Peer::Pods { .. } if means_by_labels(context, rule) => context.at_rule(found, rule).with("labels", ""),
            _ => continue,
        };
        if is_reached(context, rule, &listed) {
            continue;
        }
        if !listed.is_empty() {
            let texts = listed.iter().map(|(ip, port)| std::net::SocketAddr::new(*ip, *port).to_string());
            finding = finding.with("server", super::some_of(texts));
        }
        found.add(finding);
    }
}

/// Whether all pods of a rule surely reach the API server, by whatever else there is.
fn is_reached(context: &Context<'_>, rule: &RuleView<'_>, listed: &SortedSet<(IpAddr, u16)>) -> bool {
    let reaches = |pod: EndpointId| {
        let families = context.families(&[pod]);
        let mut own = listed.iter().filter(|(ip, _)| families.contains(&Family::of(*ip))).peekable();
        let passes = |(ip, port): &(IpAddr, u16)| {
            let asked = TrafficSet::port(Protocol::Tcp, *port);
            let (from, to) = (Party::Endpoint(pod), Party::Address(*ip));
            asked.is_subset(&context.engine.pair(from, to, Family::of(*ip), &asked).egress.must)
        };
        own.peek().is_some() && own.all(passes)
    };
    let ruled = context.ruled(rule);
    let mut first = ruled.values().filter_map(|pods| pods.first().copied()).peekable();
    first.peek().is_some() && first.all(reaches)
}

/// Whether a rule is for addresses of the API server alone, and for the port of its Service in place of its own.
fn has_port_of_service(
    service: &Service,
    listed: &SortedSet<(IpAddr, u16)>,
    rule: &RuleView<'_>,
    block: &AddressSet,
) -> bool {
    let servers = AddressSet::addresses(&listed.iter().map(|(ip, _)| *ip).collect::<Vec<_>>());
    let traffic = rule.fixed_traffic();
    let opens = |port: u16| TrafficSet::port(Protocol::Tcp, port).is_subset(&traffic);
    rule.direction == Direction::Egress
        && !block.is_empty()
        && block.is_subset(&servers)
        && service.ports.iter().any(|port| opens(port.port))
        && !listed.iter().any(|(_, port)| opens(*port))
}

/// Whether a rule by labels means the namespace of the API server's Service alone, where no pod has the
/// labels, and is for the port of this Service or of the API server.
fn means_by_labels(context: &Context<'_>, rule: &RuleView<'_>) -> bool {
    let Some((NamespaceMatch::Selected(namespaces), pods)) = context.by_labels(rule) else { return false };
    let Some(home) = context.cluster.find_namespace("default") else { return false };
    let meant = context.namespaces_meant(NamespaceMatch::Selected(namespaces));
    let traffic = rule.fixed_traffic();
    let ports = [443, 6443].map(|port| TrafficSet::port(Protocol::Tcp, port));
    let of_server = ports.iter().fold(TrafficSet::empty(), |all, port| all.union(port));
    rule.direction == Direction::Egress
        && meant == [home]
        && !traffic.is_empty()
        && traffic.is_subset(&of_server)
        && !context.pods_in(home).iter().any(|pod| context.may_have_labels(pods, *pod))
}

/// Whether a peer is the address of the API server's Service, where that is no way to name it.
pub(super) fn is(context: &Context<'_>, allow: &RuleView<'_>) -> bool {
    let before = context.engine.profile.service_egress == ServiceEgress::Untranslated;
    let (Peer::Addresses(block, ..), Direction::Egress, false) = (&allow.of.peer, allow.direction, before) else {
        return false;
    };
    let own = |service: &Service| AddressSet::addresses(&service.cluster_ips);
    !block.is_empty() && api_server(context).is_some_and(|service| block.is_subset(&own(service)))
}

/// Whether a peer means the API server by labels that no pod has.
pub(super) fn is_by_labels(context: &Context<'_>, rule: &RuleView<'_>) -> bool {
    api_server(context).is_some() && means_by_labels(context, rule)
}

fn api_server<'a>(context: &Context<'a>) -> Option<&'a Service> {
    let home = context.cluster.find_namespace("default")?;
    context.cluster.services.iter().find(|s| s.namespace == home && *s.name == *"kubernetes")
}
