//! A block of everything in one address family, on pods that have both.

use super::super::context::{PolicyView, peer_field};
#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::engine::Party;
use crate::ir::Direction;
use crate::manifest::{Peer, Spanned};
use crate::model::EndpointId;
use crate::set::{AddressSet, Family, Protocol, TrafficSet};
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
        finding: "{pods} have addresses of both families; of addresses outside, policies allow those of {family} and none of {other} ({direction})",
        why: "A block holds addresses of one family: `0.0.0.0/0` says nothing of IPv6. What is allowed over IPv4 is then blocked over IPv6, and a name that resolves to both fails or waits, depending on the client. Add the block of the other family (`::/0`, with the exceptions that belong to it)",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "双栈 Pod 上只写了一个地址族的全部地址",
        finding: "{pods} 有两个地址族的地址；对集群外地址，策略放行 {family}，而 {other} 一个也不放行（{direction}）",
        why: "一个地址块只含一个地址族：`0.0.0.0/0` 与 IPv6 无关。于是 IPv4 可通的，IPv6 被阻止；同时解析到两者的名称会失败或等待，取决于客户端。请加上另一地址族的块（`::/0`，以及相应的例外）",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    for policy in &context.policies {
        for direction in Direction::ALL.into_iter().filter(|direction| policy.isolates(*direction)) {
            let blocks = || {
                let rules = policy.rules(direction).iter().zip(0..);
                rules.flat_map(|(rule, at)| rule.peers.iter().zip(0..).map(move |(peer, number)| (at, number, peer)))
            };
            let is_of = |family: Family| {
                blocks().any(|(.., peer)| block_of(peer).is_some_and(|net| Family::of(net.addr()) == family))
            };
            let whole = |(.., peer): &(usize, usize, &Spanned<Peer>)| {
                block_of(peer).filter(|net| net.prefix_len() == 0).map(|net| Family::of(net.addr()))
            };
            let Some((family, (rule, number, peer))) = blocks().find_map(|at| Some((whole(&at)?, at))) else {
                continue;
            };
            let other = if family == Family::V4 { Family::V6 } else { Family::V4 };
            if is_of(other) {
                continue;
            }
            let pods = without_family(context, policy, direction, other);
            if !pods.is_empty() {
                let finding = context
                    .at(found, policy, &peer_field(direction, rule, number), peer.span)
                    .with("pods", context.names(&pods))
                    .with("family", family.name())
                    .with("other", other.name())
                    .with("direction", direction.name());
                found.add(finding.about(context.workloads(&pods)));
            }
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
