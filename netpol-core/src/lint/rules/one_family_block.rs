//! A block of everything in one address family, on pods that have both.

use super::super::views::{AdminView, PolicyView, peer_field};
#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::engine::Party;
use crate::ir::{Action, Direction, Peer as Addressed};
use crate::manifest::{Peer, Spanned};
use crate::model::EndpointId;
use crate::set::{AddressSet, Family, Protocol, TrafficSet};
use crate::sorted::Arrange;
use ipnet::IpNet;

pub(super) const RULE: Rule = Rule {
    code: LintCode::OneFamilyBlock,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS, "https://kubernetes.io/docs/concepts/services-networking/dual-stack/"],
    examples: include_str!("one_family_block.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "everything of one address family, on pods that have both",
        finding: "{pods} have addresses of both families; of addresses outside, policies {allowed?allow those of}{denied?deny those of} {family} and {allowed?none of}{denied?leave open all of} {other} ({direction})",
        why: "A block holds addresses of one family: `0.0.0.0/0` says nothing of IPv6. What is allowed over IPv4 is then blocked over IPv6, and a name that resolves to both fails or waits, depending on the client. Add the block of the other family (`::/0`, with the exceptions that belong to it). Blocks that are everything together, such as `0.0.0.0/1` and `128.0.0.0/1`, are read as one. A Deny of administrators of one family alone leaves the other one open: there it is the worse slip",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "双栈 Pod 上只写了一个地址族的全部地址",
        finding: "{pods} 有两个地址族的地址；对集群外地址，策略{allowed?放行}{denied?拒绝} {family}，而 {other} {allowed?一个也不放行}{denied?全部开放}（{direction}）",
        why: "一个地址块只含一个地址族：`0.0.0.0/0` 与 IPv6 无关。于是 IPv4 可通的，IPv6 被阻止；同时解析到两者的名称会失败或等待，取决于客户端。请加上另一地址族的块（`::/0`，以及相应的例外）。合起来等于全部的地址块，例如 `0.0.0.0/1` 和 `128.0.0.0/1`，视为一个。管理员只拒绝一个地址族时，另一个仍然开放：这种疏漏更严重",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    denied_by_administrators(context, found);
    for policy in &context.policies {
        for direction in Direction::ALL.into_iter().filter(|direction| policy.isolates(*direction)) {
            let blocks = || {
                let rules = policy.rules(direction).iter().zip(0..);
                rules.flat_map(|(rule, at)| rule.peers.iter().zip(0..).map(move |(peer, number)| (at, number, peer)))
            };
            let all = AddressSet::nets(blocks().filter_map(|(.., peer)| block_of(peer)));
            // Several together may be everything, such as two halves.
            let Some((family, other)) = only_family(&all) else { continue };
            let Some((rule, number, peer)) = blocks().find(|(.., peer)| block_of(peer).is_some()) else { continue };
            let pods = without_family(context, policy, direction, other);
            if !pods.is_empty() {
                let finding = context
                    .at(found, policy, &peer_field(direction, rule, number), peer.span)
                    .with("pods", context.names(&pods))
                    .with("family", family.name())
                    .with("other", other.name())
                    .with("direction", direction.name())
                    .with("allowed", "");
                found.add(finding.about(context.workloads(&pods)));
            }
        }
    }
}

/// The family that a set of addresses has all of, and the other one where it has none of that.
fn only_family(set: &AddressSet) -> Option<(Family, Family)> {
    let both = [(Family::V4, Family::V6), (Family::V6, Family::V4)];
    both.into_iter().find(|(family, other)| !set.has_family(*other) && AddressSet::family(*family).is_subset(set))
}

/// A Deny of administrators of everything in one family, for pods to which all of the other one is open.
fn denied_by_administrators(context: &Context<'_>, found: &mut Findings) {
    let engine = context.engine;
    let side = engine.side(Direction::Egress);
    let networks = |rule: &AdminView<'_>| match &rule.of.peer {
        Addressed::Addresses(networks, ..) if rule.of.action == Action::Deny => Some(networks.clone()),
        _ => None,
    };
    let denies = |rule: &&AdminView<'_>| rule.direction == Direction::Egress && networks(rule).is_some();
    let denies: Vec<&AdminView<'_>> = context.admin.iter().filter(denies).collect();
    for of_policy in denies.chunk_by(|a, b| a.list == b.list) {
        let sets: Vec<_> = of_policy.iter().filter_map(|rule| networks(rule)).collect();
        let all = AddressSet::union_of(sets.iter().map(|set| &**set).collect());
        let Some((family, other)) = only_family(&all) else { continue };
        let outside = |family| context.cluster.outside().intersection(&AddressSet::family(family));
        let mut pods: Vec<EndpointId> = Vec::new();
        for (subject, members) in context.ruled(of_policy[0]).iter() {
            let row = side.outside(*subject, &engine.cluster, &engine.selectors);
            let carried = TrafficSet::protocol(Protocol::Tcp);
            let is_shut = row.by_address(&outside(family)).all(|(planes, _)| planes.within(&carried).may.is_empty());
            let is_open = row.by_address(&outside(other)).all(|(planes, _)| carried.is_subset(&planes.must));
            let has_both = |pod: &EndpointId| engine.families(Party::Endpoint(*pod)).len() == 2;
            if is_shut && is_open {
                pods.extend(members.iter().copied().filter(has_both));
            }
        }
        if !pods.is_empty() {
            pods.arrange();
            let finding = context.at_rule(found, of_policy[0]).about(context.workloads(&pods)).with("denied", "");
            let finding = finding.with("pods", context.names(&pods)).with("direction", Direction::Egress.name());
            found.add(finding.with("family", family.name()).with("other", other.name()));
        }
    }
}

fn block_of(peer: &Spanned<Peer>) -> Option<IpNet> {
    match &peer.value {
        Peer::Block { net, .. } => Some(*net),
        Peer::Pods { .. } => None,
    }
}

/// The pods of a policy that have both families, and to which nothing outside of one is open.
fn without_family<'a>(
    context: &Context<'a>,
    policy: &PolicyView<'a>,
    direction: Direction,
    family: Family,
) -> Vec<EndpointId> {
    let engine = context.engine;
    let outside = context.cluster.outside().intersection(&AddressSet::family(family));
    let carried = TrafficSet::protocol(Protocol::Tcp).union(&TrafficSet::protocol(Protocol::Udp));
    let is_shut = |pod: &EndpointId| {
        let Some(subject) = engine.side(direction).subject(*pod) else { return false };
        let row = engine.side(direction).outside(subject, &engine.cluster, &engine.selectors);
        engine.families(Party::Endpoint(*pod)).len() == 2
            && row.by_address(&outside).all(|(planes, _)| planes.within(&carried).may.is_empty())
    };
    context.policed(policy).filter(is_shut).collect()
}
