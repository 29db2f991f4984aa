//! A policy called *deny* that allows everything, or called *allow* that allows nothing.

use super::super::views::PolicyView;
#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::ir::Direction;

pub(super) const RULE: Rule = Rule {
    code: LintCode::NameSaysOtherwise,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS],
    examples: include_str!("name_says_otherwise.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "a policy whose name says the opposite of what it does",
        finding: "{deny?`%` lets everything through}{allow?`%` allows nothing}{deny? (a rule without peers and ports is about everybody and every port)}{allow? (an empty list of rules allows nothing)}; the direction is {direction}",
        why: "`ingress: [{}]` allows everything, `ingress: []` nothing: two characters apart. The name of this policy says the other one. Find out which is meant",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "名称与作用相反的策略",
        finding: "{deny?`%` 放行一切（没有对端和端口的规则针对所有人和所有端口）}{allow?`%` 不允许任何流量（空的规则列表什么也不允许）}；方向为 {direction}",
        why: "`ingress: [{}]` 允许一切，`ingress: []` 什么也不允许：只差两个字符。此策略的名称说的是另一种。请弄清本意",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    for policy in &context.policies {
        if let Some((code, direction)) = contradiction(policy) {
            let finding = context.at(found, policy, "metadata.name", policy.spec.span);
            found.add(finding.with(code, policy.name).with("direction", direction));
        }
    }
}

/// What the name of a policy says that it does not do, and in which direction.
pub(super) fn contradiction(policy: &PolicyView<'_>) -> Option<(&'static str, &'static str)> {
    let name = policy.name.to_ascii_lowercase();
    let words: Vec<&str> = name.split(['-', '.']).collect();
    let isolated: Vec<Direction> = Direction::ALL.into_iter().filter(|d| policy.isolates(*d)).collect();
    let opens = |d: &Direction| policy.rules(*d).iter().any(|rule| rule.peers.is_empty() && rule.ports.is_empty());
    // What a name says of one direction is about that one.
    let named = |d: &Direction| {
        let other = words.contains(&d.reversed().name()) && !words.contains(&d.name());
        !other
    };
    let denies = words.contains(&"deny") && !words.contains(&"allow");
    let negated = ["deny", "no", "none", "nothing", "not"].iter().any(|word| words.contains(word));
    let allows = words.contains(&"allow") && !negated;
    let about: Vec<Direction> = isolated.into_iter().filter(named).collect();
    let code = if denies && about.iter().any(opens) {
        "deny"
    } else if allows && !about.is_empty() && about.iter().all(|d| policy.rules(*d).is_empty()) {
        "allow"
    } else {
        return None;
    };
    let direction = about.iter().find(|d| code == "allow" || opens(d)).map_or("", |d| d.name());
    Some((code, direction))
}
