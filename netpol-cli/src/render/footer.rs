//! What stands below an answer: notes, assumptions, and what it rests on.

use super::style;
use netpol_core::explain::Code;
use netpol_core::lang::{Lang, Phrase};
use netpol_core::query::{Basis, Note, Verdict};
use std::fmt::Write;

/// A note as a line.
pub(crate) fn note(lang: Lang, label: Phrase, note: &Note) -> String {
    let label = style::paint(style::strong(), lang.phrase(label));
    format!("{label}: {}", lang.code(note.code, &note.params))
}

/// What has to be said before everything else, as a line: that nothing is enforced.
pub(crate) fn first(lang: Lang, basis: &Basis) -> String {
    let first = basis.assumptions.iter().find(|note| note.code == Code::NotEnforced);
    first.map_or_else(String::new, |note| {
        let text = lang.code(note.code, &note.params);
        format!("{}\n", style::paint(style::strong(), text))
    })
}

/// What an answer rests on, as lines.
pub(crate) fn basis(lang: Lang, basis: &Basis) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    for assumption in basis.assumptions.iter().filter(|note| note.code != Code::NotEnforced) {
        let _ = writeln!(out, "{}", note(lang, Phrase::Assumed, assumption));
    }
    let counts =
        |map: Vec<(String, usize)>| map.iter().map(|(kind, n)| format!("{n} {kind}")).collect::<Vec<_>>().join(", ");
    let mut line = format!(
        "{}: {}; {} {}",
        lang.phrase(Phrase::Basis),
        counts(basis.objects.iter().map(|(k, n)| ((*k).to_owned(), *n)).collect()),
        lang.phrase(Phrase::Profile),
        basis.profile
    );
    for (option, value) in &basis.profile_options {
        let _ = write!(line, ", {option}={value}");
    }
    if !basis.passed_over.is_empty() {
        let kinds = counts(basis.passed_over.iter().map(|(k, n)| (k.clone(), *n)).collect());
        let _ = write!(line, "; {}: {kinds}", lang.phrase(Phrase::PassedOver));
    }
    if !basis.ignored_kinds.is_empty() {
        let _ = write!(line, "; {}: {}", lang.phrase(Phrase::Ignored), basis.ignored_kinds.join(", "));
    }
    let _ = writeln!(out, "{}", style::paint(style::dim(), line).trim_end());
    if !basis.left_out.is_empty() {
        let label = lang.phrase(Phrase::Warning);
        let warning = format!("{label}: {}: {}", lang.phrase(Phrase::LeftOut), basis.left_out.join(", "));
        let _ = writeln!(out, "{}", style::paint(style::verdict(Verdict::Undefined), warning));
    }
    out
}
