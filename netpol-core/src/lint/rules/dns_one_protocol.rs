//! Pods that can ask the cluster DNS over one of UDP and TCP alone.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use super::dns_cut_off::{answers, at_the_servers, may_ask, refused_by};
use super::super::views::RuleView;
use crate::ir::Direction;
use crate::model::EndpointId;
use crate::query::{Unit, Verdict};
use crate::set::{Protocol, TrafficSet};
use crate::sorted::SortedMap;

pub(super) const RULE: Rule = Rule {
    code: LintCode::DnsOneProtocol,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS, "https://www.rfc-editor.org/rfc/rfc7766"],
    examples: include_str!("dns_one_protocol.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "DNS over one of UDP and TCP alone",
        finding: "{workloads} can ask the DNS over {allowed} only; {missing} is needed as well",
        why: "A port without `protocol` means TCP. DNS is asked over UDP first, and over TCP where an answer is large. With one of the two alone, some names resolve and others do not, or none. List port 53 twice, for UDP and for TCP",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "DNS 只开放了 UDP 和 TCP 之一",
        finding: "{workloads} 只能通过 {allowed} 访问 DNS；还需要 {missing}",
        why: "没有 `protocol` 的端口表示 TCP。DNS 先用 UDP 查询，应答较大时改用 TCP。只开放其中之一时，部分或全部名称无法解析。请把 53 端口写两次，UDP 和 TCP 各一次",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    let mut by_rule: SortedMap<(usize, &'static str), Vec<EndpointId>> = SortedMap::new();
    let opening: Vec<&RuleView<'_>> = context.opening_egress().collect();
    let of_admin = |unit: &Unit| context.admin.iter().any(|rule| context.is_about(rule.subject, unit.members[0]));
    for unit in &context.units {
        let verdicts = context.survey(|survey| {
            let isolated = !survey.isolating(Direction::Egress, unit).is_empty();
            (isolated || of_admin(unit)).then(|| survey.ask_dns(unit, |_, _, _| {}))
        });
        let (allowed, missing) = match verdicts {
            Some((Verdict::Allow, Verdict::Deny)) => (Protocol::Udp, "TCP"),
            Some((Verdict::Deny, Verdict::Allow)) => (Protocol::Tcp, "UDP"),
            _ => continue,
        };
        // Where the DNS is what stands in the way, that is said once.
        let other = if allowed == Protocol::Udp { Protocol::Tcp } else { Protocol::Udp };
        if may_ask(context, Direction::Egress, unit, other) == Some(true) {
            continue;
        }
        let asked = TrafficSet::port(allowed, 53);
        let opens = |rule: &&RuleView<'_>| {
            unit.members.iter().all(|pod| context.is_about(rule.subject, *pod))
                && context.cluster.dns.iter().any(|dns| {
                    asked.is_subset(&context.traffic(rule, *dns)) && context.matched(rule).pods.contains(dns)
                })
        };
        // Where the other end is what stands in the way, no rule here is to blame.
        if let Some(at) = opening.iter().position(opens) {
            by_rule.entry((at, missing)).or_default().extend(&unit.members);
        }
    }
    for ((at, missing), pods) in by_rule.iter() {
        let finding = context.at_rule(found, opening[*at]).about(context.workloads(pods));
        let allowed = if *missing == "TCP" { "UDP" } else { "TCP" };
        let finding = finding.with("workloads", context.names(pods)).with("allowed", allowed);
        found.add(finding.with("missing", missing));
    }
    // By which of the two the DNS answers.
    for (answered, allowed, missing) in [([true, false], "UDP", "TCP"), ([false, true], "TCP", "UDP")] {
        let units: Vec<&Unit> = context.units.iter().filter(|unit| answers(context, unit) == Some(answered)).collect();
        let refused = if missing == "TCP" { Protocol::Tcp } else { Protocol::Udp };
        for (by, pods) in refused_by(context, &units, refused).iter() {
            let Some(finding) = at_the_servers(context, found, *by) else { continue };
            let finding = finding.about(context.workloads(pods)).with("workloads", context.names(pods));
            found.add(finding.with("allowed", allowed).with("missing", missing));
        }
    }
}
