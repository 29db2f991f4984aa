//! One question under several profiles.

use super::table::Table;
use super::words::{Words, addresses};
use super::{blocks, diff, footer, style};
use netpol_core::lang::{Lang, Phrase};
use netpol_core::query::Change;
use netpol_core::{CheckComparison, MatrixComparison, ObservedAnswer, OptionValue};
use std::fmt::Write;

/// For people: a line a profile.
pub(crate) fn check(answer: &CheckComparison, lang: Lang) -> String {
    let header = [Phrase::Profile, Phrase::Decision, Phrase::Allowed, Phrase::Undefined, Phrase::Because];
    let mut table = Table::new(header.map(|p| lang.phrase(p).to_lowercase()));
    for of in &answer.profiles {
        let traffic = |set| blocks::traffic(lang, set, &Default::default());
        table.push([
            of.profile.to_owned(),
            of.verdict.name().to_owned(),
            traffic(&of.allow),
            traffic(&of.undefined),
            because(lang, of.profile, &of.because, of.same),
        ]);
    }
    let question = &answer.question;
    let mut out = String::new();
    // Writing to a string does not fail.
    let head = format!("{} → {}  {}", question.from, question.to, question.port);
    let _ = writeln!(out, "{}", style::paint(style::strong(), head));
    out.push_str(&table.text());
    out.push_str(&footer::basis(lang, &answer.basis));
    out
}

/// What explains an observation, likeliest first.
pub(crate) fn observed(answer: &ObservedAnswer, lang: Lang) -> String {
    let question = &answer.question;
    let params = [("observed", answer.observed.name().to_owned()), ("verdict", answer.verdict.name().to_owned())];
    let phrase = match answer.explanations.is_empty() {
        true => Phrase::ObservedAgrees,
        false => Phrase::ObservedDiffers,
    };
    let mut out = footer::first(lang, &answer.basis);
    // Writing to a string does not fail.
    let head = format!("{} → {}  {}", question.from, question.to, question.port);
    let _ = writeln!(out, "{}", style::paint(style::strong(), head));
    let _ = writeln!(out, "{}", lang.filled(phrase, &params.into()));
    for (explanation, number) in answer.explanations.iter().zip(1..) {
        let mut params = explanation.params.clone();
        if !explanation.because.is_empty() {
            params.insert("options", clauses(lang, &explanation.because));
        }
        let place = explanation.origin.as_ref().and_then(|origin| origin.place.as_ref());
        let place = place.map(|place| format!("  {place}")).unwrap_or_default();
        let sentence = lang.code(explanation.code, &params);
        let _ = writeln!(out, "  {number}. {sentence}{}", style::paint(style::dim(), place));
        let _ = writeln!(out, "     $ {}", explanation.confirm);
    }
    out.push_str(&footer::basis(lang, &answer.basis));
    out
}

/// One row a connection that differs.
pub(crate) fn matrix(answer: &MatrixComparison, lang: Lang) -> Table {
    let words = Words { lang, asked: addresses(&answer.outside) };
    let world = lang.phrase(Phrase::World);
    let header =
        [Phrase::Profile, Phrase::From, Phrase::To, Phrase::Opened, Phrase::Closed, Phrase::Undecided, Phrase::Because];
    let mut table = Table::new(header.map(|p| lang.phrase(p).to_lowercase()));
    for of in &answer.profiles {
        for one in &of.changes {
            let Change { from, to, relation, .. } = &one.change;
            let traffic = |set| blocks::traffic(lang, set, &Default::default());
            let [opened, closed, undecided] = &diff::columns(&one.change);
            let mut target = words.peer(to, world);
            if let Some(relation) = relation {
                let _ = write!(target, "  ({})", lang.phrase(Phrase::of_relation(*relation)));
            }
            target.push_str(&diff::behind(lang, &words, &one.change));
            table.push([
                of.profile.to_owned(),
                words.peer(from, world),
                target,
                traffic(opened),
                traffic(closed),
                traffic(undecided),
                because(lang, of.profile, &one.because, false),
            ]);
        }
    }
    table
}

/// What the profile does that makes the difference.
fn because(lang: Lang, profile: &str, options: &[OptionValue], same: bool) -> String {
    let clauses = match options {
        [] if same => return String::new(),
        [] => return lang.phrase(Phrase::SeveralTogether).to_owned(),
        some => clauses(lang, some),
    };
    lang.filled(Phrase::OnProfile, &[("profile", profile.to_owned()), ("clauses", clauses)].into())
}

fn clauses(lang: Lang, options: &[OptionValue]) -> String {
    let clauses: Vec<String> = options.iter().map(|of| lang.option(of)).collect();
    clauses.join(if lang == Lang::Zh { "；" } else { "; " })
}
