//! A rule that names the port of a Service, where the pods behind it listen on another.

use super::super::views::RuleView;
#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::ir::{Direction, Ports};
use crate::model::EndpointId;
use crate::profile::ServiceEgress;
use crate::set::{Protocol, TrafficSet};
use crate::sorted::{Arrange, SortedSet};

pub(super) const RULE: Rule = Rule {
    code: LintCode::ServicePortInRule,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS, "https://kubernetes.io/docs/concepts/services-networking/service/#defining-a-service"],
    examples: include_str!("service_port_in_rule.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "the port of a Service in place of the port of its pods",
        finding: "{port} is the port of the Service {service}; the pods behind it listen on {target}, and that is what policies see{deny?: this does not deny it}{pass?: this does not pass it on}",
        why: "A connection to a Service is translated before policies look: they see the pod and its own port (`targetPort`), not the port of the Service. Open the port that the pods listen on; in a Deny of administrators, deny that one",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "写了 Service 的端口，而不是其 Pod 的端口",
        finding: "{port} 是 Service {service} 的端口；其背后的 Pod 监听 {target}，策略看到的是后者{deny?：此规则不会拒绝它}{pass?：此规则不会 Pass 它}",
        why: "到 Service 的连接在策略判定之前已被转换：策略看到的是 Pod 及其自己的端口（`targetPort`），而不是 Service 的端口。请开放 Pod 监听的端口；在管理员的 Deny 中，请拒绝该端口",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    let before = context.engine.profile.service_egress == ServiceEgress::Untranslated;
    let of_services = context.cluster.services.iter().flat_map(|service| &service.ports);
    let of_services: SortedSet<(Protocol, u16)> = of_services.map(|port| (port.protocol, port.port)).collect();
    let rules: Vec<&RuleView<'_>> = context.rules().collect();
    let key = |rule: &RuleView<'_>| (rule.direction, rule.of.origin.policy(), rule.rule);
    for peers in rules.chunk_by(|a, b| key(a) == key(b)) {
        let rule = peers[0];
        if before && rule.direction == Direction::Egress {
            continue;
        }
        let ports = rule.of.traffic.iter().filter_map(|entry| match &entry.ports {
            Ports::Set(set) => {
                let (protocol, port) = set.first()?;
                (*set == TrafficSet::port(protocol, port)).then_some((entry.index?, protocol, port))
            }
            Ports::Named(..) => None,
        });
        let ports: Vec<_> = ports.filter(|(_, protocol, port)| of_services.contains(&(*protocol, *port))).collect();
        let destinations = if ports.is_empty() { Vec::new() } else { destinations(context, peers) };
        for (index, protocol, port) in ports {
            let Some((service, target)) = behind(context, rule, &destinations, protocol, port) else { continue };
            let mut finding = context
                .at_rule(found, rule)
                .with("port", TrafficSet::port(protocol, port))
                .with("service", service)
                .with("target", target)
                .with_action(rule);
            if let Some(port) = context.engine.origin_ref(&rule.of.origin, Some(index)).port {
                (finding.field, finding.place) = (Some(port.field), Some(port.place));
            }
            found.add(finding);
        }
    }
}

/// The pods whose ports a rule names; none where it is about others as well.
fn destinations(context: &Context<'_>, peers: &[&RuleView<'_>]) -> Vec<EndpointId> {
    if peers[0].direction == Direction::Ingress {
        return context.ruled(peers[0]).values().flatten().copied().collect();
    }
    let matched: Option<Vec<Vec<EndpointId>>> = peers
        .iter()
        .map(|allow| {
            let of = context.matched(allow);
            (context.by_labels(allow).is_some() && of.maybe.is_empty() && !of.open).then_some(of.pods)
        })
        .collect();
    let mut pods = matched.unwrap_or_default().concat();
    pods.arrange();
    pods.dedup();
    pods
}

/// The Service whose port it is and never that of a pod, with the port that the pods listen on.
fn behind(
    context: &Context<'_>,
    rule: &RuleView<'_>,
    pods: &[EndpointId],
    protocol: Protocol,
    port: u16,
) -> Option<(String, TrafficSet)> {
    let mut found: SortedSet<(String, TrafficSet)> = SortedSet::new();
    for pod in pods {
        let declared = context.declared(*pod);
        if declared.contains(protocol, port) {
            return None;
        }
        let mut known = !declared.is_empty();
        for service in context.services_of(*pod) {
            for of in &service.ports {
                let target = context.cluster.target_of(of, *pod);
                if target.contains(protocol, port) {
                    return None;
                }
                if (of.protocol, of.port) == (protocol, port) && !target.is_empty() {
                    known = true;
                    // Where the rule opens that one as well, nothing is missing.
                    if !target.is_subset(&context.traffic(rule, *pod)) {
                        found.insert((context.service_name(service), target));
                    }
                }
            }
        }
        if !known {
            return None;
        }
    }
    found.into_iter().next()
}
