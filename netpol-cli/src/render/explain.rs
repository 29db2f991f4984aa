//! The answers of `explain`.

use super::words::Words;
use super::{blocks, footer, snippets, style};
use netpol_core::explain::{PeerExplanation, PolicyExplanation, Statement};
use netpol_core::lang::{Lang, Phrase};
use netpol_core::set::AddressSet;
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

/// What a policy does; with `lines`, below each rule its lines of YAML.
pub(crate) fn policy(answer: &PolicyExplanation, lang: Lang, lines: bool, inputs: &Inputs) -> String {
    let mut out = footer::first(lang, &answer.basis);
    let name = format!("{} {}", answer.policy.kind, blocks::policy(&answer.policy));
    // Writing to a string does not fail.
    let _ = writeln!(out, "{}{}", style::paint(style::strong(), name), place(answer.place.as_ref()));
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
                    let _ = writeln!(out, "  - {text} {peer}{}", place(only.place.as_ref()));
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
    if !answer.though.is_empty() {
        let _ = writeln!(out, "{}", style::paint(style::strong(), lang.phrase(Phrase::ExplainThough)));
        for statement in &answer.though {
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
    let words = Words { lang, asked: AddressSet::empty() };
    for workload in &answer.workloads {
        let name = words.peer(&workload.peer, "");
        let _ = writeln!(out, "{}", style::paint(style::strong(), name));
        for statement in &workload.directions {
            let _ = writeln!(out, "  {}", said(lang, statement));
        }
        for tier in &workload.tiers {
            let _ = writeln!(out, "  {}", lang.code(tier.tier.code, &tier.tier.params));
            for applied in &tier.policies {
                let directions: Vec<&str> = applied.directions.iter().map(|d| word(lang, *d)).collect();
                let at = place(applied.place.as_ref());
                let _ = writeln!(out, "    - {} ({}){at}", applied.name(), directions.join(", "));
            }
        }
        for statement in &workload.reach {
            let _ = writeln!(out, "  {}", said(lang, statement));
        }
        let _ = writeln!(out, "  {}", lang.phrase(Phrase::Next));
        for step in &workload.next {
            let text = lang.code(step.code, &netpol_core::diagnostic::Params::new());
            let _ = writeln!(out, "    netpol {}  {}", step.command.join(" "), style::paint(style::dim(), text));
        }
    }
    out.push_str(&footer::basis(lang, &answer.basis));
    out
}
