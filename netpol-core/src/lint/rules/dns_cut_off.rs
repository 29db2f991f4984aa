//! Isolated pods that may reach somebody, and cannot ask any DNS for the name.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use super::super::LintFinding;
use super::super::views::{AdminView, AllowView, PolicyView};
use crate::engine::Party;
use crate::ir::{Action, Direction, Origin, Peer};
use crate::model::EndpointId;
use crate::query::{Unit, Verdict};
use crate::set::{Protocol, TrafficSet};
use crate::sorted::{SortedMap, SortedSet};

pub(super) const RULE: Rule = Rule {
    code: LintCode::DnsCutOff,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS, "https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/"],
    examples: include_str!("dns_cut_off.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "isolated pods that cannot ask any DNS",
        finding: "{workloads?policies let % reach somebody, but no DNS server}{servers?policies let nobody ask %, the cluster's DNS}{clients?policies do not let % ask the cluster's DNS}: names will not resolve",
        why: "A pod that is isolated in egress resolves no name unless some policy opens port 53, over UDP and TCP, to the cluster's DNS. What it may reach, it then does not find by name. Allow both protocols to the pods of the DNS (`kubernetes.io/metadata.name: kube-system`, `k8s-app: kube-dns`). The pods of the DNS need it as well: what isolates them in ingress has to let everybody ask, and so has what administrators say of what they get. Where only addresses are allowed, or the DNS lets some ask, this is a note. A Deny of administrators for pods, before anything that accepts the DNS, does the same to pods that reach the outside (of one for networks, `deny-networks-with-pods` says it)",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "被隔离的 Pod 无法访问任何 DNS",
        finding: "{workloads?策略允许 % 访问某些目标，却不允许访问任何 DNS 服务器}{servers?策略不允许任何人访问集群 DNS %}{clients?策略不允许 % 访问集群 DNS}：名称无法解析",
        why: "出站被隔离的 Pod，只有当某条策略向集群 DNS 开放 53 端口（UDP 和 TCP）时才能解析名称；否则允许访问的目标也无法按名称找到。请对 DNS 的 Pod（`kubernetes.io/metadata.name: kube-system`、`k8s-app: kube-dns`）同时开放两种协议。DNS 的 Pod 同样需要放行：隔离其入站的策略必须允许所有人查询，管理员针对其入站的规则也一样。只允许地址，或 DNS 允许部分 Pod 查询时为提示。管理员针对 Pod 的 Deny，如果先于任何接受 DNS 的规则，对能访问集群外的 Pod 也有同样效果（针对 `networks` 的由 `deny-networks-with-pods` 提示）",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    let mut by_policies: SortedMap<SortedSet<u32>, Vec<EndpointId>> = SortedMap::new();
    for unit in &context.units {
        let cut_off = context.survey(|survey| {
            let isolating = survey.isolating(Direction::Egress, unit);
            if isolating.is_empty() {
                return None;
            }
            let outside = survey.outside(Direction::Egress, unit);
            (survey.dns(unit, &outside).any() == Verdict::Deny).then(|| (*isolating).clone())
        });
        // Where the DNS is what stands in the way, that is said once.
        let asks = |protocol| may_ask(context, Direction::Egress, unit, protocol) == Some(true);
        let cut_off = cut_off.filter(|_| !asks(Protocol::Udp) && !asks(Protocol::Tcp));
        if let Some(policies) = cut_off {
            by_policies.entry(policies).or_default().extend(&unit.members);
        }
    }
    for (policies, pods) in by_policies.iter() {
        let of = |policy: &&PolicyView<'_>| policies.contains(&policy.id);
        // Where nothing at all is allowed, no name is of use either.
        let meant = |allow: &&AllowView<'_>| {
            allow.direction == Direction::Egress && policies.contains(&context.policies[allow.policy].id)
        };
        let allows: Vec<&AllowView<'_>> = context.allows.iter().filter(meant).collect();
        let Some(policy) = context.policies.iter().find(of).filter(|_| !allows.is_empty()) else { continue };
        let mut finding = context
            .at(found, policy, "spec.podSelector", policy.spec.pod_selector_span)
            .about(context.workloads(pods))
            .with("workloads", context.names(pods));
        if allows.iter().all(|allow| matches!(allow.of.peer, Peer::Addresses(..))) {
            finding = finding.into_note();
        }
        found.add(finding);
    }
    by_administrators(context, found);
    let clients = context.units.iter().map(|unit| (unit, answers(context, unit)));
    let clients: Vec<(&Unit, [bool; 2])> = clients.filter_map(|(unit, answers)| Some((unit, answers?))).collect();
    let refused: Vec<&Unit> = clients.iter().filter(|(_, answers)| *answers == [false; 2]).map(|(unit, _)| *unit).collect();
    let all = refused.len() == clients.len();
    let by_servers = refused_by(context, &refused, Protocol::Udp);
    for (by, pods) in by_servers.iter() {
        let Some(finding) = at_the_servers(context, found, *by) else { continue };
        found.add(if all && by_servers.len() == 1 {
            finding.about(context.workloads(&context.cluster.dns)).with("servers", context.names(&context.cluster.dns))
        } else {
            let finding = finding.about(context.workloads(pods)).with("clients", context.names(pods));
            if all { finding } else { finding.into_note() }
        });
    }
}

/// Pods that no NetworkPolicy isolates, and that administrators let reach the outside and not the cluster's DNS.
fn by_administrators(context: &Context<'_>, found: &mut Findings) {
    if context.admin.is_empty() {
        return;
    }
    let mut by_rule: SortedMap<(usize, &'static str), Vec<EndpointId>> = SortedMap::new();
    for unit in &context.units {
        let is_shut = |protocol| may_ask(context, Direction::Egress, unit, protocol) == Some(false);
        let is_server = unit.members.iter().any(|pod| context.cluster.dns.contains(pod));
        let has_others = context.written(unit.members[0]).is_some_and(|(_, spec)| !spec.dns_config.nameservers.is_empty());
        let cut_off = !is_server && !has_others && is_shut(Protocol::Udp) && is_shut(Protocol::Tcp);
        let cut_off = cut_off
            && context.survey(|survey| {
                let reaches = survey.outside(Direction::Egress, unit).iter().any(|open| !open.allow.is_empty());
                reaches && survey.isolating(Direction::Egress, unit).is_empty()
            });
        if let Some(at) = Some(unit).filter(|_| cut_off).and_then(|unit| denying_dns(context, unit)) {
            by_rule.entry((at, "")).or_default().extend(&unit.members);
        }
    }
    for ((at, _), pods) in by_rule.iter() {
        let finding = context.at_rule(found, &context.admin[*at]).about(context.workloads(pods));
        found.add(finding.with("clients", context.names(pods)));
    }
}

/// The rule of administrators for pods by labels that surely keeps somebody from the cluster's DNS; of one
/// for networks another rule says so.
fn denying_dns(context: &Context<'_>, unit: &Unit) -> Option<usize> {
    let engine = context.engine;
    let hits = context.cluster.dns.iter().flat_map(|dns| {
        let server = Party::Endpoint(*dns);
        let flow = engine.dns_ports(*dns).intersection(&TrafficSet::protocol(Protocol::Udp)).first();
        let families = engine.common_families(unit.party, server);
        let of = |(protocol, port), family| engine.evidence(unit.party, server, family, protocol, port).egress.hits;
        flow.zip(families.first().copied()).map(|(flow, family)| of(flow, family)).into_iter().flatten()
    });
    let denies = hits.filter(|hit| hit.certain && hit.action == Action::Deny).map(|hit| hit.origin);
    let by_labels = |origin: Origin| {
        let is_it = |rule: &AdminView<'_>| rule.of.origin == origin && context.by_labels(rule).is_some();
        context.admin.iter().position(is_it)
    };
    denies.into_iter().find_map(by_labels)
}

/// Clients that the cluster's DNS surely does not let ask over a protocol, by the rule of administrators that
/// denies it; none: policies that isolate the DNS.
pub(super) fn refused_by(
    context: &Context<'_>,
    refused: &[&Unit],
    protocol: Protocol,
) -> SortedMap<Option<usize>, Vec<EndpointId>> {
    let mut found: SortedMap<Option<usize>, Vec<EndpointId>> = SortedMap::new();
    for unit in refused {
        let by = if context.admin.is_empty() { None } else { denying_client(context, unit, protocol) };
        found.entry(by).or_default().extend(&unit.members);
    }
    found
}

/// The rule of administrators, for what the pods of the cluster's DNS get, that surely denies it to somebody.
fn denying_client(context: &Context<'_>, unit: &Unit, protocol: Protocol) -> Option<usize> {
    let engine = context.engine;
    let hits = context.cluster.dns.iter().flat_map(|dns| {
        let server = Party::Endpoint(*dns);
        let flow = engine.dns_ports(*dns).intersection(&TrafficSet::protocol(protocol)).first();
        let families = engine.common_families(unit.party, server);
        let of = |(protocol, port), family| engine.evidence(unit.party, server, family, protocol, port).ingress.hits;
        flow.zip(families.first().copied()).map(|(flow, family)| of(flow, family)).into_iter().flatten()
    });
    let mut denies = hits.filter(|hit| hit.certain && hit.action == Action::Deny).map(|hit| hit.origin);
    denies.find_map(|origin| context.admin.iter().position(|rule| rule.of.origin == origin))
}

/// A finding at what keeps clients from the cluster's DNS: a rule of administrators, or else the first policy
/// that isolates pods of the DNS.
pub(super) fn at_the_servers(context: &Context<'_>, found: &Findings, by: Option<usize>) -> Option<LintFinding> {
    if let Some(at) = by {
        let finding = context.at_rule(found, &context.admin[at]);
        // What else there is about a DNS that the input does not hold is not known.
        let is_held = context.cluster.dns.iter().any(|pod| context.is_real(*pod));
        return Some(if is_held { finding } else { finding.into_note() });
    }
    let pods = || context.cluster.dns.iter();
    let lists = |pod: &EndpointId| context.engine.lists_of(Direction::Ingress, *pod);
    let policies: SortedSet<u32> = pods().flat_map(lists).filter_map(|applied| applied.list.policy()).collect();
    let policy = context.policies.iter().find(|policy| policies.contains(&policy.id))?;
    Some(context.at(found, policy, "spec.podSelector", policy.spec.pod_selector_span))
}

/// Whether the policies of the cluster's DNS may let a client ask, over UDP and over TCP; none: it is no
/// client, or not asked over one of them.
pub(super) fn answers(context: &Context<'_>, unit: &Unit) -> Option<[bool; 2]> {
    let pod = context.engine.pod(unit.party)?;
    if context.endpoint(pod).host_network || context.cluster.dns.contains(&pod) {
        return None;
    }
    let over = |protocol| may_ask(context, Direction::Ingress, unit, protocol);
    Some([over(Protocol::Udp)?, over(Protocol::Tcp)?])
}

/// Whether the policies of one direction may let a pod ask some pod of the cluster's DNS; none: it is not
/// asked over the protocol.
pub(super) fn may_ask(context: &Context<'_>, direction: Direction, unit: &Unit, protocol: Protocol) -> Option<bool> {
    let engine = context.engine;
    let side = engine.side(direction);
    let mut asked = false;
    for dns in context.cluster.dns.iter().copied() {
        let traffic = engine.dns_ports(dns).intersection(&TrafficSet::protocol(protocol));
        let server = Party::Endpoint(dns);
        let (own, peer) = if direction == Direction::Egress { (unit.party, server) } else { (server, unit.party) };
        for family in engine.common_families(unit.party, server).into_iter().filter(|_| !traffic.is_empty()) {
            asked = true;
            let subject = engine.pod(own).and_then(|pod| side.subject(pod));
            let passes = |subject| side.peer(peer, family).is_none_or(|p| engine.may_pass(direction, subject, p).meets(&traffic));
            if subject.is_none_or(passes) {
                return Some(true);
            }
        }
    }
    asked.then_some(false)
}
