//! What was wrong with the input, on standard error.

use super::{snippets, style};
use crate::args::Args;
use anstyle::AnsiColor;
use netpol_core::diagnostic::{Diagnostic, Problem, Severity, printable};
use netpol_core::lang::{Lang, Phrase};
use netpol_core::{Inputs, ReadReport};
use std::io::{IsTerminal, Write};

/// One diagnostic as a line: `file:line:column: error: object: field: sentence`.
pub(crate) fn line(lang: Lang, diagnostic: &Diagnostic) -> String {
    let (label, color) = match diagnostic.severity {
        Severity::Error => (lang.phrase(Phrase::Error), AnsiColor::Red),
        Severity::Warning => (lang.phrase(Phrase::Warning), AnsiColor::Yellow),
        Severity::Note => (lang.phrase(Phrase::Note), AnsiColor::Cyan),
    };
    let place = match (&diagnostic.place, &diagnostic.file) {
        (Some(p), _) => format!("{p}:{}: ", p.span.column),
        (None, Some(file)) => format!("{}: ", printable(file)),
        (None, None) => String::new(),
    };
    let object = diagnostic.object.as_ref().map(|o| format!("{o}: ")).unwrap_or_default();
    let label = style::paint(color.on_default().bold(), label);
    format!("{place}{label}: {object}{}", lang.problem(diagnostic))
}

/// Prints every finding of a report, with the lines themselves on a terminal or when asked for.
pub(crate) fn print(out: &mut impl Write, args: &Args, inputs: &Inputs, report: &ReadReport) -> std::io::Result<()> {
    let lang = args.lang();
    let with_lines = args.verbose || std::io::stderr().is_terminal();
    for diagnostic in &report.diagnostics {
        writeln!(out, "{}", line(lang, diagnostic))?;
        if with_lines
            && diagnostic.code != Problem::NotAnObject
            && let Some(place) = &diagnostic.place
            && let Some(text) = snippets::lines(inputs, place, "")
        {
            writeln!(out, "{text}")?;
        }
    }
    Ok(())
}

/// Says something about the answer on standard error.
pub(crate) fn say(args: &Args, text: &str) {
    let label = style::paint(AnsiColor::Yellow.on_default().bold(), args.lang().phrase(Phrase::Warning));
    // A closed standard error is no reason to keep the answer back.
    let _ = writeln!(super::stream::stderr(args.color), "{label}: {text}");
}
