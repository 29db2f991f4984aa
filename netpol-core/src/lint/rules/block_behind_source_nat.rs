//! An `ipBlock` of visitors who come with another address: a node's.

use super::super::views::AllowView;
#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::ir::{Direction, Peer};
use crate::model::{EndpointId, HostPort, Service, ServiceId};
use crate::path::{self, SeenSource, Way};
use crate::profile::SourceAddress;
use crate::engine::Party;
use crate::query::{Group, Verdict, parts_of};
use crate::set::{AddressSet, Family, TrafficSet};
use crate::sorted::SortedSet;
use std::net::IpAddr;

pub(super) const RULE: Rule = Rule {
    code: LintCode::BlockBehindSourceNat,
    severity: Severity::Warning,
    cis: &[],
    sources: &["https://kubernetes.io/docs/tutorials/services/source-ip/", CONCEPTS],
    examples: include_str!("block_behind_source_nat.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "an ipBlock of visitors who may come with a node's address",
        finding: "visitors from {block} come to {pods} by {way}, which may put a node's address in place of theirs: the block does not reliably let them in",
        why: "What comes to a pod by a node port, a load balancer or an external address is passed on by a node, with `externalTrafficPolicy: Cluster` (the default) as a rule with the node's own address as its source. The block then matches nobody. Set `externalTrafficPolicy: Local`, limit who comes in at the balancer (`loadBalancerSourceRanges`), or admit the addresses of the nodes: where policies let in the address of every Node of the input, nothing is said here (a plugin may put yet another address in place, such as that of a tunnel, so `check` still calls it undefined)",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "来访者可能以节点地址到达的 ipBlock",
        finding: "来自 {block} 的来访者经由 {way} 到达 {pods}，途中其地址可能被换成节点地址：该块不能可靠地放行他们",
        why: "经由节点端口、负载均衡或外部地址到达 Pod 的流量由节点转发；在 `externalTrafficPolicy: Cluster`（默认）下，源地址通常变成节点自己的地址，该块就匹配不到任何人。请设置 `externalTrafficPolicy: Local`，在负载均衡上限制来源（`loadBalancerSourceRanges`），或放行节点地址：如果策略放行输入中每个 Node 的地址，这里不再提示（插件也可能换成别的地址，例如隧道地址，因此 `check` 仍判为未定义）",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    if context.engine.profile.visitor_source == SourceAddress::Kept {
        return;
    }
    let addresses: Vec<IpAddr> = context.cluster.nodes.iter().flat_map(|node| node.addresses.iter().copied()).collect();
    let nodes = AddressSet::addresses(&addresses);
    for allow in context.allows.iter().filter(|allow| allow.direction == Direction::Ingress) {
        let Peer::Addresses(block, ..) = &allow.of.peer else { continue };
        let visitors = block.intersection(&context.engine.world());
        // Addresses of nodes alone are not there for visitors.
        if visitors.is_empty() || block.is_subset(&nodes) {
            continue;
        }
        let from = Group { addresses: visitors, ..Group::default() };
        let policed: Vec<EndpointId> = context.policed(&context.policies[allow.policy]).collect();
        let (mut names, mut pods) = (SortedSet::new(), Vec::new());
        for (way, name) in ways_in(context, &from, &policed) {
            let mut found = in_doubt(context, allow, &way);
            found.retain(|pod| !admits_all(context, *pod, &addresses, &way.traffic));
            if !found.is_empty() {
                names.insert(name);
                pods.extend(found);
            }
        }
        if !pods.is_empty() {
            let finding = context
                .at_rule(found, allow)
                .with("block", context.block_text(block))
                .with("pods", context.names(&pods))
                .with("way", names.into_iter().collect::<Vec<_>>().join(", "));
            found.add(finding.about(context.workloads(&pods)));
        }
    }
}

/// The ways of visitors to some pods, each with the object that it goes by.
fn ways_in(context: &Context<'_>, from: &Group, pods: &[EndpointId]) -> Vec<(Way, String)> {
    let at = (context.cluster, &context.engine.profile);
    let mut found = Vec::new();
    let open = |service: &Service| service.is_open_outside() && !service.keeps_source;
    let names = pods.iter().flat_map(|pod| context.services_of(*pod)).filter(|service| open(service));
    let names: SortedSet<String> = names.map(|service| context.service_name(service)).collect();
    for (service, id) in context.cluster.services.iter().zip((0..).map(ServiceId)) {
        let name = if open(service) { context.service_name(service) } else { continue };
        if names.contains(&name) {
            let name = format!("Service {name}");
            found.extend(path::from_outside(at, id, from).into_iter().map(|way| (way, name.clone())));
        }
    }
    let is_of = |port: &&HostPort| pods.binary_search(&port.endpoint).is_ok();
    for port in context.cluster.host_ports.iter().filter(is_of) {
        let name = format!("hostPort {}", port.host);
        found.extend(path::to_host_port(at, port, from).map(|way| (way, name)));
    }
    for (way, _) in &mut found {
        way.to.endpoints.retain(|pod| pods.binary_search(pod).is_ok());
    }
    found.retain(|(way, _)| way.fate.is_none() && way.source != SeenSource::Kept);
    found
}

/// The pods of a way that a rule is about, where it does not surely let in what comes this way.
fn in_doubt(context: &Context<'_>, allow: &AllowView<'_>, way: &Way) -> Vec<EndpointId> {
    let mut way = way.clone();
    way.to.endpoints.retain(|pod| !context.traffic(allow, *pod).intersection(&way.traffic).is_empty());
    let shut = !way.to.endpoints.is_empty()
        && parts_of(context.engine, std::slice::from_ref(&way))
            .is_ok_and(|parts| parts.iter().any(|part| part.ingress.verdict != Verdict::Allow));
    if shut { way.to.endpoints } else { Vec::new() }
}

/// Whether a pod surely lets in every address of the known nodes, of the families that it has.
fn admits_all(context: &Context<'_>, pod: EndpointId, nodes: &[IpAddr], traffic: &TrafficSet) -> bool {
    let families = context.families(&[pod]);
    let mut of_pod = nodes.iter().filter(|address| families.contains(&Family::of(**address))).peekable();
    let admits = |address: &IpAddr| {
        let (from, to) = (Party::Address(*address), Party::Endpoint(pod));
        let planes = context.engine.pair(from, to, Family::of(*address), traffic).ingress;
        traffic.is_subset(&planes.must)
    };
    of_pod.peek().is_some() && of_pod.all(admits)
}
