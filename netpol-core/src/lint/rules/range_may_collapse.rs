//! A range of ports, of which a plugin that does not know `endPort` opens the first only.

#[cfg(feature = "sentences")]
use super::Words;
use super::super::views::port_field;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::ir::Direction;
use crate::manifest::PortValue;
use crate::profile::Profile;

pub(super) const RULE: Rule = Rule {
    code: LintCode::RangeMayCollapse,
    severity: Severity::Note,
    cis: &[],
    sources: &[CONCEPTS],
    examples: include_str!("range_may_collapse.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "a range of ports on a plugin that is not known",
        finding: "a network plugin without `endPort` opens port {port} only, and not the ports up to {end}; which plugin it is, is not known here",
        why: "`endPort` is for plugins that support it: on another one the rule holds for the single `port`, and the API server takes the policy all the same. Say which plugin it is with `--profile`, or, where it does not know ranges, list the ports",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "端口范围，而网络插件未知",
        finding: "不支持 `endPort` 的网络插件只开放端口 {port}，不开放直到 {end} 的端口；此处不知道使用哪个插件",
        why: "`endPort` 只对支持它的插件有效：在其他插件上，规则只对单个 `port` 生效，而 API server 照样接受该策略。请用 `--profile` 说明使用哪个插件；如果它不支持范围，请逐个列出端口",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    // Of the plugins that have a profile none is known to be without ranges.
    if context.engine.profile.name != Profile::GENERIC.name || context.cluster.plugin().is_some() {
        return;
    }
    for policy in &context.policies {
        for direction in Direction::ALL.into_iter().filter(|direction| policy.isolates(*direction)) {
            for (rule, at_rule) in policy.rules(direction).iter().zip(0..) {
                for (port, at) in rule.ports.iter().zip(0..) {
                    let PortValue::Range(low, high) = &port.value.port else { continue };
                    if low < high {
                        let field = port_field(direction, at_rule, at);
                        let finding = context.at(found, policy, &field, port.span);
                        found.add(finding.with("port", low).with("end", high));
                    }
                }
            }
        }
    }
}
