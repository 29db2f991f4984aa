//! An annotation that has nothing to ignore; the linter itself finds these.

#[cfg(feature = "sentences")]
use super::Words;
use super::{Context, Findings, LintCode, Rule, Severity};


pub(super) const RULE: Rule = Rule {
    code: LintCode::UnusedIgnore,
    severity: Severity::Note,
    cis: &[],
    sources: &[],
    examples: include_str!("unused_ignore.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "an annotation that has nothing to ignore",
        finding: "there is no finding of {rule} here to ignore",
        why: "What once was a finding is none any more, or the annotation stands on the wrong object. It would hide the next finding of the rule. Take it out",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "没有可忽略内容的注解",
        finding: "这里没有 {rule} 的发现可以忽略",
        why: "以前的发现已不存在，或注解写在了错误的对象上。它会掩盖该规则的下一个发现，请删除",
    },
    check,
};

fn check(_: &Context<'_>, _: &mut Findings) {}
