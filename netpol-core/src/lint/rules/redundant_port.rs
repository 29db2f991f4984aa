//! An entry of the ports of a rule without which every verdict is the same.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use super::super::parts::{self, Part};
use super::super::context::port_field;

pub(super) const RULE: Rule = Rule {
    code: LintCode::RedundantPort,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS],
    examples: include_str!("redundant_port.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "a port without which nothing changes",
        finding: "without this port, every connection of this input is decided as before: others open all that it opens",
        why: "The ports of a rule are a union, and so are rules. A port that others open for the same peers is there in vain. Take it out",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "去掉后没有任何变化的端口",
        finding: "没有这个端口，此输入中每个连接的判定都与之前相同：它开放的一切都已被其他端口开放",
        why: "一条规则的端口取并集，规则之间也取并集。已对相同对端开放的端口不起作用，请删除",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    let parts = context.redundant();
    for part in parts {
        let Part::Port(at, direction, rule, port) = part else { continue };
        let policy = &context.policies[*at];
        let written = policy.rules(*direction).get(*rule as usize);
        let Some(written) = written.and_then(|written| written.ports.get(*port as usize)) else { continue };
        let field = port_field(*direction, *rule as usize, *port as usize);
        let finding = context.at(found, policy, &field, written.span);
        let covering = parts::covering(context, part, parts);
        found.add(finding.with_related(covering.into_iter().map(|allow| context.origin(allow))));
    }
}
