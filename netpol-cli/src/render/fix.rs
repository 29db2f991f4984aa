//! The answer of `fix`.

use super::command::command;
use super::{blocks, diff, footer, style};
use crate::args::InputArgs;
use netpol_core::Inputs;
use netpol_core::diagnostic::Params;
use netpol_core::fix::{Fix, FixAnswer, FixStep, PolicyEdit};
use netpol_core::lang::{Lang, Phrase};
use netpol_core::query::{Question, Reason, Verdict};
use std::fmt::Write;

/// So many of the other ways are named.
const MOST_OTHERS: usize = 9;

/// For people: one way in full, and the others by name. `new_file` is where a new policy would go;
/// none: what was read is no file that could be edited.
pub(crate) fn text(answer: &FixAnswer, pick: usize, lang: Lang, inputs: &Inputs, new_file: Option<&str>) -> String {
    let mut out = footer::first(lang, &answer.basis);
    if answer.done {
        let params = Params::from([("verdict", verdict(lang, answer.wanted).to_owned())]);
        let _ = writeln!(out, "{}", lang.filled(Phrase::FixDone, &params));
    } else if answer.fixes.is_empty() {
        let _ = writeln!(out, "{}", style::paint(style::strong(), lang.phrase(Phrase::FixNone)));
        for reason in &answer.why {
            let _ = writeln!(out, "  {}", why(reason, lang));
        }
    }
    if let Some(fix) = answer.fixes.get(pick - 1) {
        out.push_str(&head(fix, pick, lang));
        let _ = writeln!(out, "   {}", beside(fix, lang));
        for mind in &fix.mind {
            let _ = writeln!(out, "   {}", step(mind, lang));
        }
        out.push_str(&manifests(fix, lang, inputs, new_file));
        if let Some(diff) = &fix.diff {
            let _ = writeln!(out, "{}", style::paint(style::strong(), lang.phrase(Phrase::FixConnections)));
            out.push_str(&diff::changes(diff, lang));
        }
    }
    let others = || answer.fixes.iter().enumerate().filter(|(at, _)| *at != pick - 1);
    if others().next().is_some() {
        let _ = writeln!(out, "{}", style::paint(style::strong(), lang.phrase(Phrase::FixOthers)));
        for (at, fix) in others().take(MOST_OTHERS) {
            out.push_str(&head(fix, at + 1, lang));
        }
        let more = others().count().saturating_sub(MOST_OTHERS);
        if more > 0 {
            let _ = writeln!(out, "… (+{more})");
        }
    }
    out.push_str(&footer::basis(lang, &answer.basis));
    out
}

/// What was written, for people.
pub(crate) fn written(fix: &Fix, files: &[String], lang: Lang) -> String {
    let mut out = String::new();
    let steps = fix.steps.iter().map(|step| self::step(step, lang));
    let mind = fix.mind.iter().map(|step| self::step(step, lang));
    for line in steps.chain([beside(fix, lang)]).chain(mind) {
        let _ = writeln!(out, "{line}");
    }
    for file in files {
        let _ = writeln!(out, "{}: {file}", style::paint(style::strong(), lang.phrase(Phrase::FixWritten)));
    }
    out
}

fn verdict(lang: Lang, verdict: Verdict) -> &'static str {
    lang.phrase(match verdict {
        Verdict::Allow => Phrase::Allow,
        Verdict::Deny => Phrase::Deny,
        Verdict::Undefined => Phrase::Undefined,
        Verdict::Mixed => Phrase::Mixed,
    })
}

/// What a fix does, one line a step.
fn head(fix: &Fix, number: usize, lang: Lang) -> String {
    let mut out = String::new();
    for (at, step) in fix.steps.iter().enumerate() {
        let lead = if at == 0 { format!("{number}. ") } else { "   ".to_owned() };
        // Writing to a string does not fail.
        let _ = writeln!(out, "{lead}{}", self::step(step, lang));
    }
    out
}

/// A step as a sentence with its place.
pub(crate) fn step(step: &FixStep, lang: Lang) -> String {
    let mut text = lang.code(step.code, &step.params);
    if let Some(place) = &step.place {
        let place = format!("  {place}");
        let _ = write!(text, "{}", style::paint(style::dim(), place));
    }
    text
}

/// A fix beside an answer: what it does, and the command that shows it.
pub(crate) fn hint(fix: &Fix, question: &Question, input: &InputArgs, lang: Lang) -> String {
    let steps: Vec<String> = fix.steps.iter().map(|step| self::step(step, lang)).collect();
    let port = Some(&question.port).filter(|port| *port != "any");
    let words = ["fix", "--allow", &question.from, &question.to].map(str::to_owned);
    let words: Vec<String> = words.into_iter().chain(port.cloned()).collect();
    let beside = if fix.beside.is_some() { format!(" ({})", beside(fix, lang)) } else { String::new() };
    format!("{}{beside}: {}", steps.join("; "), command(&words, input))
}

/// What changes beside what was asked for.
pub(crate) fn beside(fix: &Fix, lang: Lang) -> String {
    let said = lang.phrase(match fix.beside {
        Some(0) => Phrase::FixNothingElse,
        Some(_) => Phrase::FixMore,
        None => Phrase::FixNotCompared,
    });
    if fix.others == 0 {
        return said.to_owned();
    }
    let params = Params::from([("count", fix.others.to_string())]);
    format!("{said}; {}", lang.filled(Phrase::FixOthersToo, &params))
}

/// The difference of the manifests, or the policies to apply.
fn manifests(fix: &Fix, lang: Lang, inputs: &Inputs, new_file: Option<&str>) -> String {
    let mut out = String::new();
    let Some(new_file) = new_file else {
        let _ = writeln!(out, "{}", lang.phrase(Phrase::FixApply));
        out.push_str(&fix.policies.iter().map(|policy| policy.yaml.as_str()).collect::<Vec<_>>().join("---\n"));
        return out;
    };
    for line in fix.patch(inputs, new_file).lines() {
        let verdict = match line.chars().next() {
            Some('+') => Some(Verdict::Allow),
            Some('-') => Some(Verdict::Deny),
            _ => None,
        };
        let _ = match verdict {
            Some(verdict) => writeln!(out, "{}", style::paint(style::verdict(verdict), line)),
            None => writeln!(out, "{line}"),
        };
    }
    for policy in fix.policies.iter().filter(|policy| not_in_place(policy)) {
        let params = Params::from([("policy", format!("{}/{}", policy.namespace, policy.name))]);
        let _ = writeln!(out, "{}", lang.filled(Phrase::FixNotInPlace, &params));
        out.push_str(&policy.yaml);
    }
    out
}

/// Whether a policy that is there can only be replaced as a whole.
pub(crate) fn not_in_place(policy: &PolicyEdit) -> bool {
    !policy.is_new && policy.in_place.is_none()
}

fn why(reason: &Reason, lang: Lang) -> String {
    let mut text = lang.code(reason.code, &reason.params);
    if let Some(origin) = &reason.origin {
        let kind = if origin.policy.kind == "NetworkPolicy" { "" } else { origin.policy.kind };
        let gap = if kind.is_empty() { "" } else { " " };
        let _ = write!(text, ": {kind}{gap}{} {}", blocks::policy(&origin.policy), origin.field);
        if let Some(place) = &origin.place {
            let _ = write!(text, "{}", style::paint(style::dim(), format!("  {place}")));
        }
    }
    text
}
