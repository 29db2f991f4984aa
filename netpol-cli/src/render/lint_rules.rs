//! The rules of the linter as a page: made of what the rules say themselves.

use netpol_core::lang::{Lang, Phrase};
use netpol_core::lint::LintCode;
use std::fmt::Write;

/// All of them, as Markdown.
pub(crate) fn page(lang: Lang) -> String {
    let stop = if lang == Lang::Zh { "。" } else { "." };
    let (title, intro) = (lang.phrase(Phrase::RulesTitle), lang.phrase(Phrase::RulesIntro));
    let mut out = format!("# {title}\n\n{intro}{stop}\n\n");
    let head = [Phrase::RuleColumn, Phrase::SeverityColumn, Phrase::What].map(|p| lang.phrase(p));
    let _ = writeln!(out, "| {} | {} | {} |\n|---|---|---|", head[0], head[1], head[2]);
    for rule in LintCode::ALL {
        let code = rule.code();
        let severity = severity(*rule, lang);
        let _ = writeln!(out, "| [{code}](#{code}) | {severity} | {} |", lang.lint_title(*rule));
    }
    for rule in LintCode::ALL {
        let _ = write!(out, "\n## {}\n\n{}", rule.code(), body(*rule, lang));
    }
    out
}

/// One of them.
pub(crate) fn rule(rule: LintCode, lang: Lang) -> String {
    format!("# {}\n\n{}", rule.code(), body(rule, lang))
}

fn severity(rule: LintCode, lang: Lang) -> &'static str {
    use netpol_core::diagnostic::Severity;
    lang.phrase(match rule.severity() {
        Severity::Error => Phrase::Error,
        Severity::Warning => Phrase::Warning,
        Severity::Note => Phrase::Note,
    })
}

fn body(rule: LintCode, lang: Lang) -> String {
    let mut out = String::new();
    let stop = if lang == Lang::Zh { "。" } else { "." };
    let (title, why) = (sentence(lang.lint_title(rule)), sentence(lang.lint_why(rule)));
    let _ = writeln!(out, "**{title}** ({})\n\n{why}{stop}\n", severity(rule, lang));
    for recommendation in rule.cis() {
        let _ = writeln!(out, "CIS Kubernetes Benchmark {recommendation}{stop}\n");
    }
    let under = rule.example_profile().map(|name| format!(" (`--profile {name}`)")).unwrap_or_default();
    for (phrase, example) in [(Phrase::BadExample, rule.bad_example()), (Phrase::GoodExample, rule.good_example())] {
        let _ = writeln!(out, "{}{under}:\n\n```yaml\n{}\n```\n", lang.phrase(phrase), example.trim_end());
    }
    for source in rule.sources() {
        let _ = writeln!(out, "- <{source}>");
    }
    out
}

/// With a capital letter at its start.
fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}
