//! Reports in blocks: a block says something of one workload or, where the same is to be said, of
//! several together.

use super::style;
use super::words::{MOST_NAMED, Words};
use netpol_core::diagnostic::printable;
use netpol_core::lang::{Lang, Phrase};
use netpol_core::query::{Note, Peer, PolicyRef, Verdict};
use netpol_core::set::{AddressSet, TrafficSet};
use std::fmt::Write;

/// Labelled lines; the label stands before the first of its lines.
pub(crate) struct Body {
    lang: Lang,
    /// Lines with their label.
    lines: Vec<(Option<Phrase>, String)>,
}

impl Body {
    pub(crate) fn new(lang: Lang) -> Self {
        Self { lang, lines: Vec::new() }
    }

    /// A line without a label.
    pub(crate) fn say(&mut self, line: impl Into<String>) {
        self.lines.push((None, line.into()));
    }

    /// A line under a label.
    pub(crate) fn under(&mut self, label: Phrase, line: impl Into<String>) {
        self.lines.push((Some(label), line.into()));
    }

    /// The lines, their labels in a column.
    fn text(&self) -> String {
        let width = |text: &str| text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>();
        let label = |phrase: &Option<Phrase>| phrase.map_or("", |p| self.lang.phrase(p));
        let column = self.lines.iter().map(|(phrase, _)| width(label(phrase))).max().unwrap_or_default();
        let mut out = String::new();
        let mut last = None;
        for (phrase, line) in &self.lines {
            // Writing to a string does not fail.
            let _ = match phrase {
                None => writeln!(out, "  {line}"),
                Some(_) => {
                    let shown = if *phrase == last { "" } else { label(phrase) };
                    writeln!(out, "  {shown}{}  {line}", " ".repeat(column - width(shown)))
                }
            };
            last = *phrase;
        }
        out
    }
}

/// Blocks, those with the same body together.
pub(crate) fn print(blocks: Vec<(Peer, Body)>, lang: Lang) -> String {
    let mut groups: Vec<(Vec<Peer>, String)> = Vec::new();
    let mut at = std::collections::BTreeMap::new();
    for (peer, body) in blocks {
        let text = body.text();
        let next = groups.len();
        let place = *at.entry(text.clone()).or_insert(next);
        if place == next {
            groups.push((Vec::new(), text));
        }
        if let Some((peers, _)) = groups.get_mut(place) {
            peers.push(peer);
        }
    }
    let words = Words { lang, asked: AddressSet::empty() };
    let mut out = String::new();
    for (peers, text) in groups {
        // Writing to a string does not fail.
        let _ = write!(out, "{}\n{text}", style::paint(style::strong(), words.peers(&peers, "")));
    }
    out
}

/// Blocks of addresses; the first few of many.
pub(crate) fn cidrs(peer: &Peer) -> String {
    let mut named = peer.cidrs.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>();
    if peer.cidrs.len() > MOST_NAMED {
        named.push(format!("… (+{})", peer.cidrs.len() - MOST_NAMED));
    }
    named.join(", ")
}

/// What is allowed, and what is undefined.
pub(crate) fn traffic(lang: Lang, allow: &TrafficSet, undefined: &TrafficSet) -> String {
    let words = Words { lang, asked: AddressSet::empty() };
    let mut out = String::new();
    if !allow.is_empty() {
        out.push_str(&words.traffic(allow));
    }
    if !undefined.is_empty() {
        let word = style::paint(style::verdict(Verdict::Undefined), lang.phrase(Phrase::Undefined));
        let gap = if out.is_empty() { "" } else { "; " };
        let _ = write!(out, "{gap}{word} {}", words.traffic(undefined));
    }
    out
}

/// The sign of a verdict, in its colour.
pub(crate) fn sign(verdict: Verdict) -> String {
    let sign = match verdict {
        Verdict::Allow => "✓",
        Verdict::Deny => "✗",
        _ => "?",
    };
    style::paint(style::verdict(verdict), sign)
}

/// The policies that isolate and those of administrators, or the words for none.
pub(crate) fn isolation(
    lang: Lang,
    host_network: bool,
    isolated_by: &[PolicyRef],
    ruled_by: &[PolicyRef],
    open: Phrase,
) -> String {
    if host_network {
        return lang.phrase(Phrase::OnHostNetwork).to_owned();
    }
    let by = |phrase: Phrase, policies: &[PolicyRef], name: &dyn Fn(&PolicyRef) -> String| {
        let mut list = policies.iter().take(MOST_NAMED).map(name).collect::<Vec<_>>().join(", ");
        if policies.len() > MOST_NAMED {
            let _ = write!(list, ", … (+{})", policies.len() - MOST_NAMED);
        }
        format!("{} {list}", lang.phrase(phrase))
    };
    let isolated = match (isolated_by, ruled_by) {
        ([], []) => return lang.phrase(open).to_owned(),
        ([], _) => lang.phrase(Phrase::NotIsolated).to_owned(),
        _ => by(Phrase::IsolatedBy, isolated_by, &policy),
    };
    match ruled_by {
        [] => isolated,
        _ => format!("{isolated}; {}", by(Phrase::RuledBy, ruled_by, &|p| format!("{} {}", p.kind, p.name))),
    }
}

/// A policy by its name.
pub(crate) fn policy(policy: &PolicyRef) -> String {
    let name = policy.namespace.as_ref().map_or_else(|| policy.name.to_string(), |ns| format!("{ns}/{}", policy.name));
    // Of a kind that is not modelled, names are as they are.
    printable(&name)
}

/// A finding, as it stands in a block.
pub(crate) fn finding(text: &str) -> String {
    format!("{} {text}", style::paint(style::verdict(Verdict::Undefined), "!"))
}

/// What is to be known of an answer as a whole, a line each.
pub(crate) fn notes(lang: Lang, notes: &[Note]) -> String {
    notes.iter().map(|note| finding(&lang.code(note.code, &note.params)) + "\n").collect()
}
