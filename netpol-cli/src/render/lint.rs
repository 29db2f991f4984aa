//! The answer of `lint`: for people, for GitHub and for pull requests.

use super::github::{data, property};
use super::table::Table;
use super::{blocks, footer, location, snippets, style};
use anstyle::AnsiColor;
use netpol_core::Inputs;
use netpol_core::diagnostic::{Severity, printable};
use netpol_core::lang::{Lang, Phrase};
use netpol_core::lint::{LintAnswer, LintFinding};
use netpol_core::query::OriginRef;
use std::fmt::Write;

fn severity(lang: Lang, severity: Severity) -> (&'static str, AnsiColor) {
    match severity {
        Severity::Error => (lang.phrase(Phrase::Error), AnsiColor::Red),
        Severity::Warning => (lang.phrase(Phrase::Warning), AnsiColor::Yellow),
        Severity::Note => (lang.phrase(Phrase::Note), AnsiColor::Cyan),
    }
}

/// The policy and field, as far as there are any.
fn subject(finding: &LintFinding) -> String {
    let mut parts: Vec<String> = finding.policy.iter().map(blocks::policy).collect();
    parts.extend(finding.field.clone());
    parts.join(" ")
}

fn origin(origin: &OriginRef) -> String {
    let place = origin.place.as_ref().map(|p| format!("  {p}")).unwrap_or_default();
    format!("{} {}{place}", blocks::policy(&origin.policy), origin.field)
}

/// How many there are of each severity.
fn counts(answer: &LintAnswer, lang: Lang) -> String {
    let counts = &answer.counts;
    let mut parts = vec![
        (Phrase::Errors, counts.error),
        (Phrase::Warnings, counts.warning),
        (Phrase::Notes, counts.note),
        (Phrase::IgnoredFindings, counts.ignored),
    ];
    parts.retain(|(_, count)| *count > 0);
    if parts.is_empty() && answer.basis.objects.is_empty() {
        return lang.phrase(Phrase::NothingToLookAt).to_owned();
    }
    if parts.is_empty() {
        return lang.phrase(Phrase::NoFindings).to_owned();
    }
    parts.iter().map(|(phrase, count)| format!("{}: {count}", lang.phrase(*phrase))).collect::<Vec<_>>().join(", ")
}

/// For people: each finding with its lines.
pub(crate) fn text(answer: &LintAnswer, inputs: &Inputs, lang: Lang, verbose: bool) -> String {
    let mut out = footer::first(lang, &answer.basis);
    for finding in &answer.findings {
        if finding.ignored.is_some() && !verbose {
            continue;
        }
        let (label, color) = severity(lang, finding.severity);
        let label = style::paint(color.on_default().bold(), format!("{label}[{}]", finding.rule.code()));
        let place = finding.place.as_ref();
        let place = place.map(|p| format!("{p}:{}: ", p.span.column)).unwrap_or_default();
        let _ = writeln!(out, "{place}{label}: {}", lang.lint(finding));
        let subject = subject(finding);
        if let Some(ignored) = &finding.ignored {
            let until = ignored.until.map(|day| format!(" ({day})")).unwrap_or_default();
            let _ = writeln!(out, "  {}: {}{until}", lang.phrase(Phrase::IgnoredBecause), printable(&ignored.reason));
            continue;
        }
        if !subject.is_empty() {
            let _ = writeln!(out, "  {}", style::paint(style::dim(), subject));
        }
        if let Some(lines) = finding.place.as_ref().and_then(|place| snippets::lines(inputs, place, "")) {
            let _ = writeln!(out, "{lines}");
        }
        if let Some(remark) = &finding.regraded {
            let _ = writeln!(out, "  {}: {}", lang.phrase(Phrase::RegradedBecause), printable(&remark.reason));
        }
        for related in &finding.related {
            let _ = writeln!(out, "  {}: {}", lang.phrase(Phrase::SeeAlso), origin(related));
        }
        if verbose {
            let _ = writeln!(out, "  {}", style::paint(style::dim(), lang.lint_why(finding.rule)));
        }
        out.push('\n');
    }
    let _ = writeln!(out, "{}", style::paint(style::strong(), counts(answer, lang)));
    out.push_str(&footer::basis(lang, &answer.basis));
    out
}

/// Commands that GitHub Actions reads from a log, one a finding.
pub(crate) fn github(answer: &LintAnswer, lang: Lang) -> String {
    let mut out = String::new();
    for finding in answer.findings.iter().filter(|f| f.ignored.is_none()) {
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let mut properties = vec![format!("title={}", property(&format!("netpol {}", finding.rule.code())))];
        if let Some(place) = &finding.place {
            properties.insert(0, format!("file={}", property(&location::path(&place.file))));
            properties.insert(1, format!("line={},col={}", place.span.line, place.span.column));
        }
        let _ = writeln!(out, "::{command} {}::{}", properties.join(","), data(&lang.lint(finding)));
    }
    out
}

/// For a pull request.
pub(crate) fn markdown(answer: &LintAnswer, lang: Lang) -> String {
    let mut out = format!("{}**netpol lint**: {}\n", footer::first(lang, &answer.basis), counts(answer, lang));
    let shown: Vec<&LintFinding> = answer.findings.iter().filter(|f| f.ignored.is_none()).collect();
    if shown.is_empty() {
        return out;
    }
    let header = [Phrase::SeverityColumn, Phrase::RuleColumn, Phrase::WhereColumn, Phrase::What];
    let mut table = Table::new(header.map(|p| lang.phrase(p)));
    for finding in shown {
        let place = finding.place.as_ref().map(|p| format!("{p}")).unwrap_or_default();
        let label = severity(lang, finding.severity).0.to_owned();
        table.push([label, finding.rule.code().to_owned(), place, lang.lint(finding)]);
    }
    out.push('\n');
    out.push_str(&table.markdown());
    out
}
