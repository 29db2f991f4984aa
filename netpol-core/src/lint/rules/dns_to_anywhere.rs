//! A rule for port 53 that means the whole internet as well.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::ir::{Direction, Peer};
use crate::model::EndpointId;
use crate::query::Outside;
use crate::set::{AddressSet, Protocol, TrafficSet};

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
        why: "A rule for port 53 without `to` is about everybody, inside and outside. A name server of one's own on the internet is all that a tunnel over DNS takes. Name whom to ask: the pods of the cluster's DNS, or the addresses of the resolvers that are used",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "53 端口对整个互联网开放",
        finding: "此规则向整个互联网开放 {ports}：控制了 Pod 的人可以通过 DNS 带出数据",
        why: "没有 `to` 的 53 端口规则针对集群内外所有人。DNS 隧道只需要互联网上一台自己的名称服务器。请指明解析器：集群 DNS 的 Pod，或实际使用的解析器地址",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    let both = TrafficSet::port(Protocol::Udp, 53).union(&TrafficSet::port(Protocol::Tcp, 53));
    for allow in context.allows.iter().filter(|allow| allow.direction == Direction::Egress) {
        let policy = &context.policies[allow.policy];
        let ports = allow.fixed_traffic();
        let is_for_dns = allow.written(policy).is_some_and(|rule| !rule.ports.is_empty());
        let allowed = ports.intersection(&both);
        if !is_for_dns || allowed.is_empty() {
            continue;
        }
        let addresses = match &allow.of.peer {
            Peer::Any => AddressSet::all(),
            Peer::Addresses(addresses, ..) => (**addresses).clone(),
            _ => continue,
        };
        let open = context.survey(|survey| {
            let outside = [Outside { addresses, allow: allowed.clone(), undefined: TrafficSet::empty() }];
            !survey.internet.tunnels(&outside).is_empty()
        });
        if open {
            let pods: Vec<EndpointId> = context.policed(policy).collect();
            let finding = context.at_allow(found, allow).about(context.workloads(&pods));
            found.add(finding.with("ports", allowed));
        }
    }
}
