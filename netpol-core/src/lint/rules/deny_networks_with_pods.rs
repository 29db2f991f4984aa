//! A Deny of networks outside that denies pods too.

#[cfg(feature = "sentences")]
use super::Words;
use super::{Context, Findings, LintCode, Rule, Severity};
use crate::engine::{Party, SubjectId, Trace};
use crate::ir::{Action, Direction, Peer, Rule as Lowered};
use crate::model::EndpointId;
use crate::set::TrafficSet;
use crate::sorted::Arrange;

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
        finding: "pods are in these networks as well: this denies connections such as {from} → {to}",
        why: "The `networks` of an administrative policy match every destination by its address: pods, the cluster's DNS among them, and nodes too. To deny the outside only, let a rule before it pass or accept what stays in the cluster (`namespaces: {}`), or name the networks without those of pods",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "拒绝的网络中有 Pod",
        finding: "这些网络中也有 Pod：此规则会拒绝 {from} → {to} 这样的连接",
        why: "管理策略的 `networks` 按地址匹配所有目的端：包括 Pod（集群 DNS 也在内）和节点。若只想拒绝集群外，请在它之前用一条规则 Pass 或 Accept 集群内的流量（`namespaces: {}`），或写明不含 Pod 网络的地址块",
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
            if let Some((from, to)) = denied(context, &subjects[number as usize], number, (rule, at)) {
                let finding = context
                    .at_origin(found, &rule.origin)
                    .with("from", context.names(&[from]))
                    .with("to", context.names(&[to]));
                found.add(finding);
            }
        }
    }
}

/// Two pods between which a rule surely denies.
fn denied(
    context: &Context<'_>,
    subjects: &[SubjectId],
    list: u32,
    (rule, at): (&Lowered, usize),
) -> Option<(EndpointId, EndpointId)> {
    let (engine, direction) = (context.engine, Direction::Egress);
    let side = engine.side(direction);
    let (must, maybe, _) = side.classes_of(list, at);
    let all = side.peer_count();
    let mut classes: Vec<u32> = must.iter(all).chain(maybe.iter(all)).chain(side.maybe_in_block(list, at)).collect();
    // The cluster's DNS tells the most.
    classes.arrange_by_key(|class| {
        !context.members(direction, *class).iter().any(|pod| context.cluster.dns.contains(pod))
    });
    let is_denied = |trace: &Trace| {
        let by_rule = |hit: &crate::engine::RuleHit| hit.origin == rule.origin && hit.certain;
        !trace.may_allow && trace.hits.iter().any(by_rule)
    };
    let sources = context.told_apart(direction, subjects);
    for (from, class) in sources.into_iter().flat_map(|from| classes.iter().map(move |class| (from, *class))) {
        let is_other = |pod: &&EndpointId| **pod != from && !context.endpoint(**pod).host_network;
        let Some(to) = context.members(direction, class).iter().find(is_other).copied() else { continue };
        let (a, b) = (Party::Endpoint(from), Party::Endpoint(to));
        let Some((protocol, port)) = engine.rule_traffic(rule, b).0.first() else { continue };
        let mut families = engine.common_families(a, b).into_iter();
        let asked = TrafficSet::port(protocol, port);
        let shut = |family| engine.pair(a, b, family, &asked).egress.may.is_empty();
        if families.any(|family| shut(family) && is_denied(&engine.evidence(a, b, family, protocol, port).egress)) {
            return Some((from, to));
        }
    }
    None
}
