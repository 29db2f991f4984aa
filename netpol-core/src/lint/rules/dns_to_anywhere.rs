//! A rule for port 53 that means the whole internet as well.

use super::super::views::RuleView;
#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::engine::SubjectId;
use crate::ir::{Direction, Peer};
use crate::model::EndpointId;
use crate::query::Outside;
use crate::set::{AddressSet, Protocol, TrafficSet};
use crate::sorted::Arrange;

pub(super) const RULE: Rule = Rule {
    code: LintCode::DnsToAnywhere,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS],
    examples: include_str!("dns_to_anywhere.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "port 53 is open to the internet",
        finding: "this rule opens {ports} to the whole internet: whoever holds a pod can carry data out over DNS",
        why: "A rule for port 53 without `to` is about everybody, inside and outside. A name server of one's own on the internet is all that a tunnel over DNS takes. Name whom to ask: the pods of the cluster's DNS, or the addresses of the resolvers that are used. An `Accept` of administrators for `networks` is looked at in the same way",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "53 端口对整个互联网开放",
        finding: "此规则向整个互联网开放 {ports}：控制了 Pod 的人可以通过 DNS 带出数据",
        why: "没有 `to` 的 53 端口规则针对集群内外所有人。DNS 隧道只需要互联网上一台自己的名称服务器。请指明解析器：集群 DNS 的 Pod，或实际使用的解析器地址。管理员对 `networks` 的 `Accept` 也同样检查",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    let both = TrafficSet::port(Protocol::Udp, 53).union(&TrafficSet::port(Protocol::Tcp, 53));
    for rule in context.opening_egress() {
        let ports = rule.fixed_traffic();
        let is_for_dns = rule.of.traffic.iter().any(|entry| entry.index.is_some());
        let allowed = ports.intersection(&both);
        if !is_for_dns || allowed.is_empty() {
            continue;
        }
        let addresses = match &rule.of.peer {
            Peer::Any => AddressSet::all(),
            Peer::Addresses(addresses, ..) => (**addresses).clone(),
            _ => continue,
        };
        let mut pods: Vec<EndpointId> = Vec::new();
        for (subject, members) in context.ruled(rule).iter() {
            if is_open(context, rule, (*subject, members[0]), &addresses, &allowed) {
                pods.extend(members);
            }
        }
        if !pods.is_empty() {
            pods.arrange();
            let finding = context.at_rule(found, rule).about(context.workloads(&pods));
            found.add(finding.with("ports", allowed));
        }
    }
}

/// Whether pods surely reach the internet by a rule.
fn is_open(
    context: &Context<'_>,
    rule: &RuleView<'_>,
    (subject, pod): (SubjectId, EndpointId),
    addresses: &AddressSet,
    allowed: &TrafficSet,
) -> bool {
    let engine = context.engine;
    let row = engine.side(Direction::Egress).outside(subject, &engine.cluster, &engine.selectors);
    let cells = row.cells.iter().map(|(planes, of)| Outside {
        addresses: addresses.intersection(of),
        allow: planes.must.intersection(allowed),
        undefined: TrafficSet::empty(),
    });
    let outside: Vec<Outside> = cells.filter(|o| !o.addresses.is_empty() && !o.allow.is_empty()).collect();
    // What an administrator decides before is no matter of a rule that comes after.
    let decides = |o: &Outside| {
        let address = o.addresses.ranges().first().map(|(low, _)| *low);
        address.zip(o.allow.first()).is_some_and(|(address, flow)| context.may_decide(rule, pod, address, flow))
    };
    context.survey(|survey| !survey.internet.tunnels(&outside).is_empty()) && outside.iter().any(decides)
}
