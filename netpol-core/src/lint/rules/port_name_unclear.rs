//! A port name that opens nothing, or not what it seems.

use super::super::LintFinding;
use super::super::views::{AdminView, AllowView, port_field, rule_field};
#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::ir::{Action, Direction, PortMatch, Ports};
use crate::manifest::{Peer, PolicyPort, PortValue};
use crate::model::{EndpointId, NamedPort};
use crate::profile::{EgressPortNames, IngressPortNames, NamedPorts};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use crate::source::{Span, to_u32};
use crate::symbol::Symbol;

pub(super) const RULE: Rule = Rule {
    code: LintCode::PortNameUnclear,
    severity: Severity::Warning,
    cis: &[],
    sources: &[
        CONCEPTS,
        "https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/",
        "https://github.com/kubernetes/kubernetes/issues/125285",
    ],
    examples: include_str!("port_name_unclear.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "a port name that opens nothing, or not what it seems",
        finding: "`{name}`{protocol? (%)}{none?: no pod that the rule is about declares a port of this name, so this opens nothing}{undeclared?: no pod that the rule is about declares a port of this name}{deny?, so nothing is denied}{pass?, so nothing is passed on}{nearest?; did you mean `%`?}{outside?: with the profile % this opens nothing, for no selector names the pods on which the port would be looked up}{any?: with the profile % a port name opens every port of its protocol}{twice?: % declares it with several numbers, and which one counts is not specified}{sidecar?: only sidecars declare it (%), and not every plugin looks at these}{numbers?: its number is not the same everywhere (%)}",
        why: "A port name is looked up, with its protocol, on the destination: on the pod that the policy selects (ingress) or on the peer (egress). What does not declare the name under `ports` of a container is not opened, and an address outside never is. In a policy of administrators a Deny of such a name denies nothing. Correct the name, declare it on the pods, or write the number",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "不开放任何端口或含义不清的端口名",
        finding: "`{name}`{protocol?（%）}{undeclared?：规则涉及的 Pod 都没有声明此名称的端口}{deny?，因此不拒绝任何流量}{pass?，因此不放过任何流量}{none?：规则涉及的 Pod 都没有声明此名称的端口，因此它不开放任何端口}{nearest?；是否想写 `%`？}{outside?：按配置 %，它不开放任何端口，因为没有选择器指明在哪些 Pod 上查找该端口}{any?：按配置 %，端口名开放其协议的所有端口}{twice?：% 为它声明了多个端口号，以哪个为准，规范未定义}{sidecar?：只有 sidecar 容器声明了它（%），并非每个插件都查看它们}{numbers?：它的端口号各处不同（%）}",
        why: "端口名连同协议在目的端上查找：入站是策略选中的 Pod，出站是对端。容器 `ports` 中没有声明此名称的，不会被开放；集群外地址从不被开放。在管理员的策略中，对这样的名称的 Deny 不拒绝任何流量。请更正名称、在 Pod 上声明它，或直接写端口号",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    let profile = &context.engine.profile;
    let key = |of: &[AllowView<'_>]| (of[0].policy, of[0].direction, of[0].rule);
    let by_rule: SortedMap<_, &[AllowView<'_>]> = context.by_rule().map(|of| (key(of), of)).collect();
    for (policy, number) in context.policies.iter().zip(0..) {
        for direction in Direction::ALL.into_iter().filter(|direction| policy.isolates(*direction)) {
            for (written, rule) in policy.rules(direction).iter().zip(0..) {
                for (port, at) in written.ports.iter().zip(0..) {
                    let PortValue::Named(name) = &port.value.port else { continue };
                    let finding = context
                        .at(found, policy, &port_field(direction, rule, at), port.span)
                        .with("name", name)
                        .with("protocol", port.value.protocol);
                    let blocks = written.peers.iter().all(|peer| matches!(peer.value, Peer::Block { .. }));
                    let nowhere = direction == Direction::Egress
                        && blocks
                        && match profile.egress_port_names {
                            EgressPortNames::Everywhere => false,
                            EgressPortNames::OwnNamespace => !written.peers.is_empty(),
                            EgressPortNames::Nowhere => true,
                        };
                    let finding = if profile.named_ports == NamedPorts::AnyPort {
                        Some(finding.with("any", profile.name))
                    } else if nowhere {
                        Some(finding.with("outside", profile.name))
                    } else {
                        let allows = by_rule.get(&(number, direction, to_u32(rule)));
                        allows.and_then(|allows| concerned(context, allows)).and_then(|(pods, certain)| {
                            let finding = on_pods(context, &pods, name, &port.value, finding)?;
                            Some(if certain { finding } else { finding.into_note() })
                        })
                    };
                    finding.into_iter().for_each(|finding| found.add(finding));
                }
            }
        }
    }
    of_administrators(context, found);
}

/// Names in rules of administrators that no pod declares, whatever the protocol: these name none.
fn of_administrators(context: &Context<'_>, found: &mut Findings) {
    let symbols = &context.cluster.symbols;
    for rule in context.admin.chunk_by(|a, b| (a.direction, a.list, a.rule) == (b.direction, b.list, b.rule)) {
        let names: SortedMap<u32, (Symbol, Span)> = rule[0].of.traffic.iter().filter_map(named).collect();
        let Some(pods) = Some(rule).filter(|_| !names.is_empty()).and_then(|rule| concerned_of_admin(context, rule))
        else {
            continue;
        };
        let declared = pods.iter().flat_map(|pod| context.cluster.ports(context.endpoint(*pod).ports));
        let declared: SortedSet<&str> = declared.map(|port| symbols.text(port.name)).collect();
        for (index, (name, span)) in names.iter() {
            let name = symbols.text(*name);
            if declared.contains(name) {
                continue;
            }
            let field = match context.engine.policy_ref(rule[0].policy).kind {
                "ClusterNetworkPolicy" => "protocols",
                _ => "ports",
            };
            let field = format!("{}.{field}[{index}]", rule_field(rule[0].direction, rule[0].rule as usize));
            let finding = context.at_admin(found, rule[0].policy, &field, *span).with("name", name);
            let finding = match rule[0].of.action {
                Action::Deny | Action::Pass => finding.with("undeclared", "").with_action(&rule[0]),
                _ => finding.with("none", ""),
            };
            let nearest = crate::lang::nearest(name, declared.iter().copied());
            found.add(match nearest {
                Some(nearest) => finding.with("nearest", nearest),
                None if rule[0].of.action == Action::Deny => finding,
                // Pods that the input does not hold may have it.
                None => finding.into_note(),
            });
        }
    }
}

fn named(port: &PortMatch) -> Option<(u32, (Symbol, Span))> {
    let (index, span) = port.index?;
    match port.ports {
        Ports::Named(_, name) => Some((index, (name, span))),
        Ports::Set(_) => None,
    }
}

/// The pods on which the names of a rule of administrators are looked up; `None`: they are not known, there are
/// none, or something else is wrong with the rule.
fn concerned_of_admin(context: &Context<'_>, rule: &[AdminView<'_>]) -> Option<Vec<EndpointId>> {
    let is_policed = |pod: &EndpointId| !context.endpoint(*pod).host_network;
    let mut pods: Vec<EndpointId> = context.selected_by(rule[0].subject).into_iter().filter(is_policed).collect();
    if !pods.iter().any(|pod| context.is_about(rule[0].subject, *pod)) {
        return None;
    }
    if rule[0].direction == Direction::Egress {
        pods.clear();
        for peer in rule {
            let matched = context.matched(peer);
            if matched.open || context.by_labels(peer).is_none() {
                return None;
            }
            pods.extend(matched.pods.into_iter().chain(matched.maybe));
        }
    }
    // What pods that are assumed declare is not known.
    (!pods.is_empty() && pods.iter().all(|pod| context.is_real(*pod))).then_some(pods)
}

/// The pods on which the names of a rule are looked up, and whether there are no others; `None`: nothing
/// can be said of them, or something else is wrong with the rule.
fn concerned(context: &Context<'_>, allows: &[AllowView<'_>]) -> Option<(Vec<EndpointId>, bool)> {
    let policy = &context.policies[allows.first()?.policy];
    if allows[0].direction == Direction::Ingress {
        let pods: Vec<EndpointId> = context.policed(policy).collect();
        return (!pods.is_empty()).then_some((pods, true));
    }
    let own = context.engine.profile.egress_port_names == EgressPortNames::OwnNamespace;
    if own && matches!(allows[0].of.peer, crate::ir::Peer::Any) {
        let pods = context.pods_in(policy.namespace).iter().copied();
        return Some((pods.filter(|pod| !context.endpoint(*pod).host_network).collect(), true));
    }
    let (mut pods, mut certain) = (Vec::new(), true);
    for allow in allows {
        let matched = context.matched(allow);
        if matched.open || (context.by_labels(allow).is_some() && context.is_nobody(allow)) {
            return None;
        }
        certain &= !matches!(allow.of.peer, crate::ir::Peer::Any);
        pods.extend(matched.pods.into_iter().chain(matched.maybe));
    }
    pods.arrange();
    pods.dedup();
    Some((pods, certain))
}

fn on_pods(
    context: &Context<'_>,
    pods: &[EndpointId],
    name: &str,
    port: &PolicyPort,
    finding: LintFinding,
) -> Option<LintFinding> {
    let cluster = context.cluster;
    let ports_of = |pod: &EndpointId| cluster.ports(context.endpoint(*pod).ports).iter();
    let is_named = |p: &&NamedPort| cluster.symbols.text(p.name) == name;
    let is = |p: &&NamedPort| is_named(p) && p.protocol == port.protocol;
    let mut unseen: Vec<EndpointId> = Vec::new();
    let mut numbers: SortedMap<u16, Vec<EndpointId>> = SortedMap::new();
    let mut sidecars_alone = true;
    for pod in pods {
        let mut own: SortedSet<u16> = SortedSet::new();
        for declared in ports_of(pod).filter(is) {
            if !declared.of_rules {
                unseen.push(*pod);
                continue;
            }
            own.insert(declared.port);
            sidecars_alone &= declared.sidecar;
        }
        if own.len() > 1 {
            return Some(finding.with("twice", context.names(&[*pod])));
        }
        own.into_iter().for_each(|number| numbers.entry(number).or_default().push(*pod));
    }
    if numbers.is_empty() && !unseen.is_empty() {
        return Some(finding.with("sidecar", context.names(&unseen)));
    }
    if numbers.is_empty() {
        // Of another protocol than the one that was left out: another rule says so.
        if !port.protocol_given && pods.iter().flat_map(ports_of).any(|p| is_named(&p)) {
            return None;
        }
        let known: SortedSet<&str> = pods.iter().flat_map(ports_of).map(|p| cluster.symbols.text(p.name)).collect();
        let finding = finding.with("none", "");
        return Some(match crate::lang::nearest(name, known.into_iter().filter(|known| *known != name)) {
            Some(nearest) => finding.with("nearest", nearest),
            None => finding,
        });
    }
    let all: Vec<EndpointId> = numbers.values().flatten().copied().collect();
    if sidecars_alone {
        return Some(finding.with("sidecar", context.names(&all)).into_note());
    }
    if numbers.len() == 1 {
        return None;
    }
    let text = numbers.iter().map(|(number, pods)| format!("{number}: {}", context.names(pods)));
    let finding = finding.with("numbers", super::some_of(text));
    // What any of the selected pods calls so is open on all.
    let everywhere = context.engine.profile.ingress_port_names == IngressPortNames::Selected
        && finding.field.as_ref().is_some_and(|field| field.contains("ingress"));
    Some(if everywhere { finding } else { finding.into_note() })
}
