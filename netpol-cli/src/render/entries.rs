//! Where the outside enters, and what the API server calls.

use super::words::{Words, addresses};
use super::{blocks, style};
use netpol_core::lang::{Lang, Phrase};
use netpol_core::query::{EntryPoint, Part, PeerKind, Reason, Verdict};
use netpol_core::set::AddressSet;
use std::fmt::Write;

/// Blocks of lines, one an entry; nothing where there are none.
pub(crate) fn text(label: Phrase, entries: &[EntryPoint], lang: Lang) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    for (at, entry) in entries.iter().enumerate() {
        if at == 0 {
            let _ = writeln!(out, "{}", style::paint(style::strong(), lang.phrase(label)));
        }
        let place = entry.object.place.as_ref().map(|p| format!("  {p}")).unwrap_or_default();
        let head = format!("{} {}", sign(entry.verdict), title(entry));
        let _ = writeln!(out, "  {head}{}", style::paint(style::dim(), place));
        if let Some(trouble) = &entry.trouble {
            let _ = writeln!(out, "      {}", lang.code(trouble.code, &trouble.params));
        }
        let peers = entry.parts.iter().flat_map(|part| &part.from);
        let words = Words { lang, asked: peers.fold(AddressSet::empty(), |all, peer| all.union(&addresses(peer))) };
        for part in &entry.parts {
            let _ = writeln!(out, "    {} {}", sign(part.verdict), way(part, &words));
            for reason in why(part) {
                let _ = writeln!(out, "        {}", sentence(reason, lang));
            }
        }
    }
    out
}

fn sign(verdict: Verdict) -> String {
    let sign = match verdict {
        Verdict::Allow => "✓",
        Verdict::Deny => "✗",
        Verdict::Undefined | Verdict::Mixed => "?",
    };
    style::paint(style::verdict(verdict), sign)
}

/// The object, with its hosts and paths.
pub(crate) fn title(entry: &EntryPoint) -> String {
    let object = &entry.object;
    let mut text = object.kind.clone();
    let name = object.namespace.as_ref().map_or_else(|| object.name.clone(), |ns| format!("{ns}/{}", object.name));
    let _ = write!(text, " {name}");
    for extra in object.webhook.iter().chain([&entry.hosts.join(", "), &entry.paths.join(", ")]) {
        if !extra.is_empty() {
            let _ = write!(text, "  {extra}");
        }
    }
    text
}

/// Who comes in by whom, and to what.
fn way(part: &Part, words: &Words) -> String {
    let lang = words.lang;
    let from = words.peers(&part.from, lang.phrase(Phrase::World));
    let assumed = part.from.iter().any(|peer| peer.kind_of == PeerKind::Hypothetical);
    let note = if assumed { format!(" ({})", lang.phrase(Phrase::NotInInput)) } else { String::new() };
    let mut text = format!("{from}{note} → {}  {}", words.peers(&part.to, ""), words.traffic(&part.traffic));
    if let Some(via) = &part.via {
        let service = words.peers(std::slice::from_ref(&via.service), "");
        let label = if via.service.kind_of == PeerKind::Service { Phrase::Via } else { Phrase::ViaNode };
        let _ = write!(text, "  ({} {service}: {})", lang.phrase(label), words.traffic(&via.traffic));
    }
    for family in &part.families {
        let _ = write!(text, "  {}", family.name());
    }
    text
}

/// What decides a part that does not pass: the reasons of the directions that keep it.
fn why(part: &Part) -> Vec<&Reason> {
    let directions = [&part.egress, &part.ingress].into_iter().filter(|d| d.verdict != Verdict::Allow);
    let mut reasons: Vec<&Reason> = directions.flat_map(|d| &d.reasons).collect();
    // What ended before any policy says the same in both directions.
    reasons.dedup();
    if part.verdict == Verdict::Allow { Vec::new() } else { reasons }
}

fn sentence(reason: &Reason, lang: Lang) -> String {
    let mut text = lang.code(reason.code, &reason.params);
    if let Some(origin) = &reason.origin {
        let place = origin.place.as_ref().map(|p| format!("  {p}")).unwrap_or_default();
        let _ =
            write!(text, ": {} {}{}", blocks::policy(&origin.policy), origin.field, style::paint(style::dim(), place));
    }
    text
}
