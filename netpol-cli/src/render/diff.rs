//! The answer of `diff`.

use super::table::Table;
use super::words::{Words, addresses};
use super::{blocks, footer, style};
use netpol_core::lang::{Lang, Phrase};
use netpol_core::query::{Change, Decision, DiffAnswer, Peer, Reason, Verdict};
use netpol_core::set::{AddressSet, TrafficSet};
use std::fmt::Write;

/// So many reasons of a change are named; the rest is counted.
const MOST_REASONS: usize = 3;

struct Diff<'a> {
    answer: &'a DiffAnswer,
    lang: Lang,
    words: Words,
}

impl<'a> Diff<'a> {
    fn new(answer: &'a DiffAnswer, lang: Lang) -> Self {
        let peers = answer.changes.iter().flat_map(|c| [&c.from, &c.to]);
        let asked = peers.fold(AddressSet::empty(), |all, peer| all.union(&addresses(peer)));
        Self { answer, lang, words: Words { lang, asked } }
    }

    fn peer(&self, peer: &Peer) -> String {
        self.words.peer(peer, self.lang.phrase(Phrase::World))
    }

    /// Who with whom, with what is special about it.
    fn ends(&self, change: &Change) -> (String, String) {
        let mut to = self.peer(&change.to);
        for family in &change.families {
            let _ = write!(to, "  {}", family.name());
        }
        if let Some(relation) = change.relation {
            let _ = write!(to, "  ({})", self.lang.phrase(Phrase::of_relation(relation)));
        }
        (self.peer(&change.from), to)
    }

    /// What changed, as sign, word and traffic.
    fn effects<'c>(&self, change: &'c Change) -> Vec<(&'static str, &'static str, &'c TrafficSet)> {
        [
            ("+", Phrase::Opened, &change.opened),
            ("-", Phrase::Closed, &change.closed),
            ("?", Phrase::Undecided, &change.undecided),
        ]
        .into_iter()
        .filter(|(_, _, traffic)| !traffic.is_empty())
        .map(|(sign, word, traffic)| (sign, self.lang.phrase(word), traffic))
        .collect()
    }

    /// The rules that make the difference: those that allow what was opened, now; those that deny
    /// what was closed, now, and those that allowed it before.
    fn because(&self, change: &Change) -> Vec<String> {
        let Some(witness) = &change.witness else { return Vec::new() };
        let verdict = |d: &Option<Decision>| d.as_ref().map(|d| d.verdict);
        let mut out = Vec::new();
        let before = witness.before.iter().map(|d| (Phrase::Before, d));
        let after = witness.after.iter().map(|d| (Phrase::Now, d));
        for (when, decision) in before.chain(after) {
            let other = if when == Phrase::Now { verdict(&witness.before) } else { verdict(&witness.after) };
            let directions = [&decision.egress, &decision.ingress].into_iter();
            // Of an allow, the directions that were not open before; of a deny, those that deny.
            let bearing = directions.filter(|d| match decision.verdict {
                Verdict::Allow => !d.isolated_by.is_empty(),
                _ => d.verdict != Verdict::Allow,
            });
            let reasons: Vec<&Reason> = bearing.flat_map(|d| &d.reasons).collect();
            let label = self.lang.phrase(when);
            if reasons.is_empty() && decision.verdict == Verdict::Allow && other.is_some() {
                out.push(format!("{label}: {}", self.lang.phrase(Phrase::NothingIsolates)));
            }
            out.extend(reasons.iter().take(MOST_REASONS).map(|r| format!("{label}: {}", self.reason(r))));
            if reasons.len() > MOST_REASONS {
                out.push(format!("{label}: … (+{})", reasons.len() - MOST_REASONS));
            }
        }
        out
    }

    fn reason(&self, reason: &Reason) -> String {
        let mut text = self.lang.code(reason.code, &reason.params);
        if let Some(origin) = &reason.origin {
            let policy = &origin.policy;
            let name = blocks::policy(policy);
            let _ = write!(text, ": {name} {}", origin.field);
            if let Some(place) = &origin.place {
                let _ = write!(text, "  {place}");
            }
        }
        text
    }

    /// What was opened and closed, each with a packet and the rules that decided.
    fn changes(&self) -> String {
        let mut out = String::new();
        for change in &self.answer.changes {
            let (from, to) = self.ends(change);
            for (sign, word, traffic) in self.effects(change) {
                let color = match sign {
                    "+" => style::verdict(Verdict::Allow),
                    "-" => style::verdict(Verdict::Deny),
                    _ => style::verdict(Verdict::Undefined),
                };
                let sign = style::paint(color, sign);
                let _ = writeln!(out, "{sign} {from} → {to}  {}  ({word})", self.words.traffic(traffic));
            }
            if let Some(witness) = &change.witness {
                let said = self.because(change);
                if !said.is_empty() {
                    let packet = format!("{} → {}  {} {}", witness.from, witness.to, witness.protocol, witness.port);
                    let _ = writeln!(out, "    {}", style::paint(style::dim(), packet));
                }
                said.iter().for_each(|line| _ = writeln!(out, "    {line}"));
            }
        }
        out
    }

    fn counts(&self) -> String {
        let count = |is: fn(&Change) -> bool| self.answer.changes.iter().filter(|c| is(c)).count();
        let counts = [
            (Phrase::Opened, count(|c| !c.opened.is_empty())),
            (Phrase::Closed, count(|c| !c.closed.is_empty())),
            (Phrase::Undecided, count(|c| !c.undecided.is_empty())),
            (Phrase::Added, self.answer.added.len()),
            (Phrase::Removed, self.answer.removed.len()),
        ];
        let said = counts.into_iter().filter(|(_, n)| *n > 0);
        said.map(|(word, n)| format!("{n} {}", self.lang.phrase(word))).collect::<Vec<_>>().join(", ")
    }

    fn workloads(&self) -> Vec<(&'static str, String)> {
        let list = |sign, peers: &'a [Peer]| peers.iter().map(move |p| (sign, self.peer(p)));
        list("+", &self.answer.added).chain(list("-", &self.answer.removed)).collect()
    }
}

/// For people: what was opened and closed, each with a packet and the rules that decided.
pub(crate) fn text(answer: &DiffAnswer, lang: Lang) -> String {
    let diff = Diff::new(answer, lang);
    let mut out = footer::first(lang, &answer.after);
    if answer.same {
        let _ = writeln!(out, "{}", style::paint(style::verdict(Verdict::Allow), lang.phrase(Phrase::NoDifference)));
    } else {
        let _ = writeln!(out, "{}", style::paint(style::strong(), diff.counts()));
    }
    for (sign, peer) in diff.workloads() {
        let word = if sign == "+" { Phrase::Added } else { Phrase::Removed };
        let _ = writeln!(out, "{sign} {peer}  ({})", lang.phrase(word));
    }
    out.push_str(&diff.changes());
    out.push_str(&footer::basis(lang, &answer.after));
    out
}

/// The lines of the changes alone.
pub(crate) fn changes(answer: &DiffAnswer, lang: Lang) -> String {
    Diff::new(answer, lang).changes()
}

/// One row a change.
pub(crate) fn table(answer: &DiffAnswer, lang: Lang) -> Table {
    let diff = Diff::new(answer, lang);
    let header = [Phrase::From, Phrase::To, Phrase::Opened, Phrase::Closed, Phrase::Undecided, Phrase::Because];
    let mut table = Table::new(header.map(|p| lang.phrase(p)));
    for change in &answer.changes {
        let (from, to) = diff.ends(change);
        let traffic = |set: &TrafficSet| if set.is_empty() { String::new() } else { diff.words.traffic(set) };
        let (opened, closed, undecided) =
            (traffic(&change.opened), traffic(&change.closed), traffic(&change.undecided));
        table.push([from, to, opened, closed, undecided, diff.because(change).join("; ")]);
    }
    table
}

/// For a pull request.
pub(crate) fn markdown(answer: &DiffAnswer, lang: Lang) -> String {
    let diff = Diff::new(answer, lang);
    let first = footer::first(lang, &answer.after);
    if answer.same {
        return format!("{first}**netpol diff**: {}\n", lang.phrase(Phrase::NoDifference));
    }
    let mut out = format!("{first}**netpol diff**: {}\n\n", diff.counts());
    let workloads = diff.workloads();
    for (sign, peer) in &workloads {
        let word = if *sign == "+" { Phrase::Added } else { Phrase::Removed };
        let _ = writeln!(out, "- {}: `{peer}`", lang.phrase(word));
    }
    if !workloads.is_empty() {
        out.push('\n');
    }
    if !answer.changes.is_empty() {
        out.push_str(&table(answer, lang).markdown());
    }
    out
}
