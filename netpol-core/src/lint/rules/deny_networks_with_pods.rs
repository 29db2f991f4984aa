//! A Deny of networks outside that denies pods too.

#[cfg(feature = "sentences")]
use super::Words;
use super::{Context, Findings, LintCode, Rule, Severity};
use crate::engine::{Party, SubjectId};
use crate::ir::{Action, Direction, Peer, Rule as Lowered};
use crate::model::EndpointId;
use crate::set::{Protocol, TrafficSet};

pub(super) const RULE: Rule = Rule {
    code: LintCode::DenyNetworksWithPods,
    severity: Severity::Warning,
    cis: &[],
    sources: &[
        "https://network-policy-api.sigs.k8s.io/reference/spec/",
        "https://github.com/kubernetes-sigs/network-policy-api/issues/185",
    ],
    examples: include_str!("deny_networks_with_pods.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "a Deny of networks that pods are in",
        finding: "pods are in these networks as well: this denies connections such as {from} → {to} on {port}",
        why: "The `networks` of an administrative policy match every destination by its address: pods, the cluster's DNS among them, and nodes too. To deny the outside only, let a rule before it pass or accept what stays in the cluster (`namespaces: {}`), or name the networks without those of pods. To deny pods as well, say so with a Deny of `namespaces: {}` beside it: then nothing is said here",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "拒绝的网络中有 Pod",
        finding: "这些网络中也有 Pod：此规则会拒绝 {from} → {to}（{port}）这样的连接",
        why: "管理策略的 `networks` 按地址匹配所有目的端：包括 Pod（集群 DNS 也在内）和节点。若只想拒绝集群外，请在它之前用一条规则 Pass 或 Accept 集群内的流量（`namespaces: {}`），或写明不含 Pod 网络的地址块。若也要拒绝 Pod，请在旁边用 `namespaces: {}` 明确写出 Deny，这里就不再提示",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    // Networks are peers of egress alone.
    let direction = Direction::Egress;
    let is_admin = |policy: u32| context.is_admin(policy);
    let outside = context.cluster.outside();
    let mut subjects: Option<Vec<Vec<SubjectId>>> = None;
    for (list, number) in super::super::context::lists(context.engine, direction).zip(0_u32..) {
        for (rule, at) in list.rules.iter().zip(0..) {
            let Peer::Addresses(networks, ..) = &rule.peer else { continue };
            // Networks of pods alone are meant so.
            if rule.action != Action::Deny || !is_admin(rule.origin.policy()) || !networks.meets(&outside) {
                continue;
            }
            let subjects = subjects.get_or_insert_with(|| context.engine.side(direction).subjects_by_list());
            if let Some((from, to, port)) = denied(context, &subjects[number as usize], number, (rule, at)) {
                let finding = context
                    .at_origin(found, &rule.origin)
                    .with("from", context.names(&[from]))
                    .with("to", context.names(&[to]))
                    .with("port", port);
                found.add(finding);
            }
        }
    }
}

/// Two pods and a port between which a rule surely denies what administrators do not deny pods by labels as well.
fn denied(
    context: &Context<'_>,
    subjects: &[SubjectId],
    list: u32,
    (rule, at): (&Lowered, usize),
) -> Option<(EndpointId, EndpointId, TrafficSet)> {
    let (engine, direction) = (context.engine, Direction::Egress);
    let side = engine.side(direction);
    let (must, maybe, _) = side.classes_of(list, at);
    let all = side.peer_count();
    let classes = must.iter(all).chain(maybe.iter(all)).chain(side.maybe_in_block(list, at)).collect::<Vec<u32>>();
    let mut sources = context.told_apart(direction, subjects);
    // Of pods that are alike, one that asks the DNS.
    for from in sources.iter_mut().filter(|from| context.cluster.dns.contains(*from)) {
        let lists = |pod: EndpointId| Some(side.applied_to(side.subject(pod)?).collect::<Vec<_>>());
        let of_dns = lists(*from);
        let is_alike = |pod: &EndpointId| !context.cluster.dns.contains(pod) && lists(*pod) == of_dns;
        *from = context.cluster.real_endpoints().find(is_alike).unwrap_or(*from);
    }
    // That the cluster's DNS is not reached tells the most; then what a pod listens on.
    for liking in [Liking::Dns, Liking::Declared, Liking::Any] {
        for (from, class) in sources.iter().flat_map(|from| classes.iter().map(move |class| (*from, *class))) {
            let is_other = |pod: &&EndpointId| {
                **pod != from
                    && !context.endpoint(**pod).host_network
                    && match liking {
                        Liking::Dns => context.cluster.dns.contains(*pod),
                        Liking::Declared => !context.declared(**pod).is_empty(),
                        Liking::Any => true,
                    }
            };
            let Some(to) = context.members(direction, class).iter().find(is_other).copied() else { continue };
            let (a, b) = (Party::Endpoint(from), Party::Endpoint(to));
            let of_rule = engine.rule_traffic(rule, b).0;
            let asked = match liking {
                Liking::Dns => of_rule.intersection(&engine.dns_ports(to)),
                Liking::Declared => of_rule.intersection(&context.declared(to)),
                Liking::Any => of_rule,
            };
            let asked = asked.difference(&denied_by_labels(context, from, to));
            for family in engine.common_families(a, b) {
                let shut = asked.difference(&engine.pair(a, b, family, &asked).egress.may);
                let usual = shut.intersection(&TrafficSet::port(Protocol::Tcp, 80)).first();
                let Some((protocol, port)) = usual.or_else(|| shut.first()) else { continue };
                let trace = engine.evidence(a, b, family, protocol, port).egress;
                if !trace.may_allow && trace.hits.iter().any(|hit| hit.origin == rule.origin && hit.certain) {
                    return Some((from, to, TrafficSet::port(protocol, port)));
                }
            }
        }
    }
    None
}

/// Which example is looked for.
#[derive(Clone, Copy)]
enum Liking {
    Dns,
    Declared,
    Any,
}

/// What administrators deny by labels between two pods: there, to deny pods is meant.
fn denied_by_labels(context: &Context<'_>, from: EndpointId, to: EndpointId) -> TrafficSet {
    let denies = context.admin.iter().filter(|other| {
        other.direction == Direction::Egress
            && other.of.action == Action::Deny
            && context.by_labels(other).is_some()
            && context.is_about(other.subject, from)
            && context.matched(other).pods.contains(&to)
    });
    denies.fold(TrafficSet::empty(), |all, other| {
        all.union(&context.engine.rule_traffic(other.of, Party::Endpoint(to)).0)
    })
}
