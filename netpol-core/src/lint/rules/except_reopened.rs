//! What the `except` of a block leaves out, another rule for the same pods opens.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use super::super::views::AllowView;
use crate::ir::Peer;
use crate::manifest::{self, Spanned};
use crate::set::AddressSet;

pub(super) const RULE: Rule = Rule {
    code: LintCode::ExceptReopened,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS],
    examples: include_str!("except_reopened.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "an `except` that another rule opens again",
        finding: "what is left out here, {except}, is open all the same on {ports}: {by} of {policy} allows it",
        why: "`except` narrows its own block and denies nothing: rules are a union, and any other rule for the same pods may allow what it leaves out. Repeat the `except` there, or leave the wider rule out",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "`except` 排除的内容被另一条规则重新开放",
        finding: "此处排除的 {except} 仍在 {ports} 上开放：{policy} 的 {by} 允许它",
        why: "`except` 只缩小自己的网段，并不拒绝任何流量：规则取并集，作用于相同 Pod 的其他规则可以允许它排除的内容。请在那里也写上 `except`，或删除更宽的规则",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    for allow in &context.allows {
        let policy = &context.policies[allow.policy];
        let written = allow.written(policy).zip(allow.peer).and_then(|(rule, peer)| rule.peers.get(peer as usize));
        let Some(Spanned { value: manifest::Peer::Block { except, .. }, .. }) = written else { continue };
        if except.is_empty() {
            continue;
        }
        let holes = AddressSet::nets(except.iter().copied());
        let traffic = allow.fixed_traffic();
        let opens = |other: &&AllowView<'_>| {
            let addresses = match &other.of.peer {
                Peer::Any => true,
                Peer::Addresses(addresses, ..) => addresses.meets(&holes),
                _ => false,
            };
            other.direction == allow.direction
                && (other.policy, other.rule, other.peer) != (allow.policy, allow.rule, allow.peer)
                && addresses
                && !other.fixed_traffic().intersection(&traffic).is_empty()
                && context.share_pods(policy, &context.policies[other.policy])
        };
        let others: Vec<&AllowView<'_>> = context.allows_in(policy.namespace).filter(opens).collect();
        let Some(first) = others.first() else { continue };
        let again = match &first.of.peer {
            Peer::Addresses(addresses, ..) => addresses.intersection(&holes),
            _ => holes,
        };
        let ports = first.fixed_traffic().intersection(&traffic);
        let cidrs: Vec<String> = again.cidrs().iter().take(3).map(ToString::to_string).collect();
        let finding = context.at_rule(found, allow).with("except", cidrs.join(", ")).with("ports", ports);
        let finding = finding.with("by", context.origin(first).field);
        let finding = finding.with("policy", context.policies[first.policy].name);
        found.add(finding.with_related(others.into_iter().map(|other| context.origin(other))));
    }
}
