//! The answers of `explain`.

use super::words::{Words, addresses};
use super::{blocks, footer, snippets, style};
use netpol_core::explain::{Code, OpenTo, PeerExplanation, PolicyExplanation, Statement};
use netpol_core::lang::{Lang, Phrase};
use netpol_core::query::{Basis, Verdict};
use netpol_core::{Direction, Inputs, Place};
use std::fmt::Write;

fn word(lang: Lang, direction: Direction) -> &'static str {
    lang.phrase(match direction {
        Direction::Egress => Phrase::Egress,
        Direction::Ingress => Phrase::Ingress,
    })
}

fn place(place: Option<&Place>) -> String {
    place.map_or_else(String::new, |p| style::paint(style::dim(), format!("  {p}")))
}

/// A statement with the place that says so.
fn said(lang: Lang, statement: &Statement) -> String {
    let text = lang.code(statement.code, &statement.params);
    format!("{text}{}", place(statement.place.as_ref()))
}

/// The profile behind a title, where it is not the specification.
fn profile(lang: Lang, basis: &Basis) -> String {
    if basis.profile == "generic" && basis.profile_options.is_empty() {
        return String::new();
    }
    let mut text = format!("  ({} {}", lang.phrase(Phrase::Profile), basis.profile);
    for (option, value) in &basis.profile_options {
        // Writing to a string does not fail.
        let _ = write!(text, ", {option}={value}");
    }
    text + ")"
}

/// What a policy does; with `lines`, below each rule its lines of YAML.
pub(crate) fn policy(answer: &PolicyExplanation, lang: Lang, lines: bool, inputs: &Inputs) -> String {
    let mut out = footer::first(lang, &answer.basis);
    let name = format!("{} {}", answer.policy.kind, blocks::policy(&answer.policy));
    // Writing to a string does not fail.
    let profile = profile(lang, &answer.basis);
    let _ = writeln!(out, "{}{profile}{}", style::paint(style::strong(), name), place(answer.place.as_ref()));
    // That nothing is enforced stands above already.
    let (unenforced, mind): (Vec<_>, Vec<_>) = answer.though.iter().partition(|said| said.code == Code::NotEnforced);
    if !unenforced.is_empty() {
        let _ = writeln!(out, "  {}", lang.phrase(Phrase::IfEnforced));
    }
    if let Some(tier) = &answer.tier {
        let _ = writeln!(out, "  {}", lang.code(tier.code, &tier.params));
    }
    let _ = writeln!(out, "  {}", said(lang, &answer.selects));
    for direction in &answer.directions {
        let effect = lang.code(direction.effect.code, &direction.effect.params);
        let _ = writeln!(out, "{}: {effect}", style::paint(style::strong(), word(lang, direction.direction)));
        for rule in &direction.rules {
            let text = said(lang, &rule.rule);
            match rule.peers.as_slice() {
                [only] => {
                    let peer = lang.code(only.code, &only.params);
                    let text = lang.code(rule.rule.code, &rule.rule.params);
                    let text = lang.line(&format!("{text} {peer}"));
                    let _ = writeln!(out, "  - {text}{}", place(only.place.as_ref()));
                }
                peers => {
                    let _ = writeln!(out, "  - {text}");
                    for peer in peers {
                        let _ = writeln!(out, "      {}", said(lang, peer));
                    }
                }
            }
            let shown = rule.rule.place.as_ref().filter(|_| lines);
            for line in shown.and_then(|place| snippets::lines(inputs, place, "")).iter().flat_map(|text| text.lines())
            {
                let _ = writeln!(out, "        {line}");
            }
        }
    }
    if !mind.is_empty() {
        let _ = writeln!(out, "{}", style::paint(style::strong(), lang.phrase(Phrase::ExplainThough)));
        for statement in mind {
            let field = statement.field.as_ref().map(|field| format!("{field}: ")).unwrap_or_default();
            let _ = writeln!(out, "  - {field}{}", said(lang, statement));
        }
    }
    out.push_str(&footer::basis(lang, &answer.basis));
    out
}

/// What applies to somebody.
pub(crate) fn peer(answer: &PeerExplanation, lang: Lang) -> String {
    let mut out = footer::first(lang, &answer.basis);
    let words = Words { lang, asked: addresses(&answer.outside) };
    for workload in &answer.workloads {
        let name = words.peer(&workload.peer, "");
        let profile = profile(lang, &answer.basis);
        let _ = writeln!(out, "{}{profile}", style::paint(style::strong(), name));
        for statement in &workload.directions {
            let _ = writeln!(out, "  {}", said(lang, statement));
        }
        for tier in &workload.tiers {
            let _ = writeln!(out, "  {}", lang.code(tier.tier.code, &tier.tier.params));
            for applied in &tier.policies {
                let directions: Vec<&str> = applied.directions.iter().map(|d| word(lang, *d)).collect();
                let maybe = if applied.maybe { lang.phrase(Phrase::MayApply) } else { "" };
                let gap = if applied.maybe { "; " } else { "" };
                let at = place(applied.place.as_ref());
                let _ = writeln!(out, "    - {} ({}{gap}{maybe}){at}", applied.name(), directions.join(", "));
            }
        }
        for statement in workload.own_node.iter().chain(&workload.profile).chain(&workload.reach) {
            let _ = writeln!(out, "  {}", said(lang, statement));
        }
        workload.undefined.iter().for_each(|open| out.push_str(&undefined(&words, open)));
        let _ = writeln!(out, "  {}", lang.phrase(Phrase::Next));
        for step in &workload.next {
            let text = lang.code(step.code, &netpol_core::diagnostic::Params::new());
            let _ = writeln!(out, "    netpol {}  {}", step.command.join(" "), style::paint(style::dim(), text));
        }
    }
    out.push_str(&footer::basis(lang, &answer.basis));
    out
}

/// With whom it is undefined, and why.
fn undefined(words: &Words, open: &OpenTo) -> String {
    let lang = words.lang;
    let lead = lang.phrase(match open.direction {
        Direction::Ingress => Phrase::ReachedUndefined,
        Direction::Egress => Phrase::ReachesUndefined,
    });
    let mut line = format!("{} {lead} {}", blocks::sign(Verdict::Undefined), words.peers(&open.peers, "world"));
    let families: Vec<&str> = open.families.iter().map(|family| family.name()).collect();
    let relation = open.relation.map(|relation| lang.phrase(Phrase::of_relation(relation)));
    for part in relation.into_iter().chain((!families.is_empty()).then_some(&*families.join(", "))) {
        // Writing to a string does not fail.
        let _ = write!(line, " ({part})");
    }
    let mut out = format!("  {}  {}\n", lang.line(&line), words.traffic(&open.traffic));
    for reason in &open.reasons {
        let field = reason.field.as_ref().map(|field| format!(": {field}")).unwrap_or_default();
        let text = lang.code(reason.code, &reason.params);
        let _ = writeln!(out, "      {text}{field}{}", place(reason.place.as_ref()));
    }
    out
}
