//! The answer of `diff`.

use super::table::Table;
use super::words::{Words, addresses, first_of};
use super::{blocks, footer, style};
use netpol_core::lang::{Lang, Phrase};
use netpol_core::query::{Change, Decision, DiffAnswer, Peer, PeerKind, Reason, Verdict};
use netpol_core::set::{AddressSet, Protocol, TrafficSet};
use std::fmt::Write;

/// So many reasons of a change are named; the rest is counted.
const MOST_REASONS: usize = 3;

struct Diff<'a> {
    answer: &'a DiffAnswer,
    lang: Lang,
    words: Words,
}

/// Those of whom the same is so.
struct Fate<'a> {
    sign: &'static str,
    word: Phrase,
    said: String,
    from: Vec<&'a Peer>,
    to: Vec<&'a Peer>,
}

impl<'a> Diff<'a> {
    fn new(answer: &'a DiffAnswer, lang: Lang) -> Self {
        Self { answer, lang, words: Words { lang, asked: addresses(&answer.outside) } }
    }

    fn peer(&self, peer: &Peer) -> String {
        let name = self.words.peer(peer, self.lang.phrase(Phrase::World));
        match peer.kind_of {
            PeerKind::Hypothetical => format!("{name} ({})", self.lang.phrase(Phrase::NotInInput)),
            _ => name,
        }
    }

    /// Who with whom, with what is special about it.
    fn ends(&self, change: &Change) -> (String, String) {
        (self.peer(&change.from), self.peer(&change.to) + &self.special(change))
    }

    /// What is special about a change: of which families it is, of which pods, and who answers.
    fn special(&self, change: &Change) -> String {
        let mut said = String::new();
        for family in &change.families {
            let _ = write!(said, "  {}", family.name());
        }
        if let Some(relation) = change.relation {
            let _ = write!(said, "  ({})", self.lang.phrase(Phrase::of_relation(relation)));
        }
        said + &behind(self.lang, &self.words, change)
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
                Verdict::Allow => !d.isolated_by.is_empty() || d.reasons.iter().any(|reason| reason.origin.is_some()),
                _ => d.verdict != Verdict::Allow,
            });
            let reasons: Vec<&Reason> = bearing.flat_map(|d| &d.reasons).collect();
            let label = self.lang.phrase(when);
            if reasons.is_empty() && decision.verdict == Verdict::Allow && other.is_some() {
                out.push(format!("{label}: {}", self.lang.phrase(Phrase::NothingIsolates)));
            }
            for reason in reasons.iter().take(MOST_REASONS) {
                let line = format!("{label}: {}", self.reason(reason));
                // What holds for both directions is said once.
                if !out.contains(&line) {
                    out.push(line);
                }
            }
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

    /// What was opened and closed of some traffic, each with a packet and the rules that decided.
    fn changes(&self, of: &TrafficSet) -> String {
        let mut out = String::new();
        for change in &self.answer.changes {
            let (from, to) = self.ends(change);
            for (sign, word, traffic) in effects(change, of) {
                out.push_str(&self.line(sign, word, (&from, &to), &self.words.traffic(&traffic)));
            }
            if change.witness.as_ref().is_some_and(|witness| of.contains(witness.protocol, witness.port)) {
                out.push_str(&self.shown(change));
            }
        }
        out
    }

    /// One effect of a change.
    fn line(&self, sign: &str, word: Phrase, (from, to): (&str, &str), traffic: &str) -> String {
        let color = match sign {
            "+" => style::verdict(Verdict::Allow),
            "-" => style::verdict(Verdict::Deny),
            _ => style::verdict(Verdict::Undefined),
        };
        format!("{} {from} → {to}  {traffic}  ({})\n", style::paint(color, sign), self.lang.phrase(word))
    }

    /// The packet that shows a change, and the rules that decide it.
    fn shown(&self, change: &Change) -> String {
        let (Some(witness), said) = (&change.witness, self.because(change)) else { return String::new() };
        if said.is_empty() {
            return String::new();
        }
        let mut packet = format!("{} → {}  {} {}", witness.from, witness.to, witness.protocol, witness.port);
        if let Some(behind) = &witness.behind {
            let _ = write!(packet, "  ({} {behind})", self.lang.phrase(Phrase::AnsweredBy));
        }
        let mut out = format!("    {}\n", style::paint(style::dim(), packet));
        said.iter().for_each(|line| _ = writeln!(out, "    {line}"));
        out
    }

    /// What changed of ICMP, which nobody asks for port by port: a line for all with the same fate.
    fn icmp(&self) -> String {
        let icmp = TrafficSet::protocol(Protocol::Icmp);
        // Those who send, and what they reach with what is special about it.
        let mut lists: Vec<Fate<'_>> = Vec::new();
        for change in &self.answer.changes {
            for (sign, word, _) in effects(change, &icmp) {
                let said = self.special(change);
                let same =
                    |of: &&mut Fate<'_>| (of.word, &of.said, of.from.as_slice()) == (word, &said, &[&change.from]);
                match lists.iter_mut().find(same) {
                    Some(of) => of.to.push(&change.to),
                    None => lists.push(Fate { sign, word, said, from: vec![&change.from], to: vec![&change.to] }),
                }
            }
        }
        // Those who reach the same.
        let mut fates: Vec<Fate<'_>> = Vec::new();
        for mut list in lists {
            match fates.iter_mut().find(|of| (of.word, &of.said, &of.to) == (list.word, &list.said, &list.to)) {
                Some(of) => of.from.append(&mut list.from),
                None => fates.push(list),
            }
        }
        let line = |Fate { sign, word, said, from, to }: Fate<'_>| {
            let (from, to) = (self.list(&from), format!("{}{said}", self.list(&to)));
            self.line(sign, word, (&from, &to), Protocol::Icmp.name())
        };
        fates.into_iter().map(line).collect()
    }

    /// Peers by name, the addresses among them as one; the first of many, and how many more there are.
    fn list(&self, peers: &[&Peer]) -> String {
        let mut all: Vec<Peer> = Vec::new();
        let mut blocks = AddressSet::empty();
        for peer in peers {
            match peer.kind_of {
                PeerKind::Addresses => blocks = blocks.union(&addresses(peer)),
                _ => all.push((*peer).clone()),
            }
        }
        let one = peers.iter().find(|peer| peer.kind_of == PeerKind::Addresses);
        let cidrs = || blocks.cidrs().iter().map(ToString::to_string).collect();
        all.extend(one.map(|peer| Peer { cidrs: cidrs(), ..(*peer).clone() }));
        first_of(&all, |peer| self.peer(peer))
    }

    fn counts(&self) -> String {
        let columns: Vec<[TrafficSet; 3]> = self.answer.changes.iter().map(columns).collect();
        let count = |at: usize| columns.iter().filter(|of| !of[at].is_empty()).count();
        let counts = [
            (Phrase::Opened, count(0)),
            (Phrase::Closed, count(1)),
            (Phrase::Undecided, count(2)),
            (Phrase::Added, self.answer.added.len()),
            (Phrase::Removed, self.answer.removed.len()),
        ];
        let said = counts.into_iter().filter(|(_, n)| *n > 0);
        let said: Vec<String> = said.map(|(word, n)| format!("{n} {}", self.lang.phrase(word))).collect();
        match said.is_empty() {
            true => self.lang.phrase(Phrase::NoDifferenceFound).to_owned(),
            false => said.join(", "),
        }
    }

    fn workloads(&self) -> Vec<(&'static str, String)> {
        let list = |sign, peers: &'a [Peer]| peers.iter().map(move |p| (sign, self.peer(p)));
        list("+", &self.answer.added).chain(list("-", &self.answer.removed)).collect()
    }
}

/// What changed of some traffic, as sign, word and traffic.
fn effects(change: &Change, of: &TrafficSet) -> Vec<(&'static str, Phrase, TrafficSet)> {
    let Change { opened, closed, undecided, undefined_before: before, undefined_now: now, .. } = change;
    let effects = [
        ("+", Phrase::Opened, opened.difference(before)),
        ("+", Phrase::OpenedSurely, opened.intersection(before)),
        ("-", Phrase::Closed, closed.difference(now)),
        ("?", Phrase::NoLongerSure, closed.intersection(now)),
        ("?", Phrase::PerhapsOpened, undecided.intersection(now)),
        ("?", Phrase::ClosedSurely, undecided.intersection(before)),
    ];
    let within = effects.into_iter().map(|(sign, word, traffic)| (sign, word, traffic.intersection(of)));
    within.filter(|(_, _, traffic)| !traffic.is_empty()).collect()
}

/// What is allowed now, what is denied now that was allowed, and what was or is undefined beside.
pub(super) fn columns(change: &Change) -> [TrafficSet; 3] {
    let Change { opened, closed, undecided, undefined_now, .. } = change;
    let unsure = undecided.union(&closed.intersection(undefined_now));
    [opened.clone(), closed.difference(undefined_now), unsure]
}

/// Of whom a change is told, where others answer at the destination and it is not told of all.
pub(super) fn behind(lang: Lang, words: &Words, change: &Change) -> String {
    match change.behind.as_slice() {
        [] => String::new(),
        some => format!("  ({} {})", lang.phrase(Phrase::AnsweredBy), words.peers(some, lang.phrase(Phrase::World))),
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
    out.push_str(&diff.changes(&TrafficSet::all()));
    out.push_str(&blocks::notes(lang, &answer.notes));
    out.push_str(&footer::basis(lang, &answer.after));
    out
}

/// The lines of the changes alone, ports first.
pub(crate) fn changes(answer: &DiffAnswer, lang: Lang) -> String {
    let diff = Diff::new(answer, lang);
    diff.changes(&TrafficSet::all_ports()) + &diff.icmp()
}

/// One row a change.
pub(crate) fn table(answer: &DiffAnswer, lang: Lang) -> Table {
    let diff = Diff::new(answer, lang);
    let header = [Phrase::From, Phrase::To, Phrase::Opened, Phrase::Closed, Phrase::Undecided, Phrase::Because];
    let mut table = Table::new(header.map(|p| lang.phrase(p)));
    for change in &answer.changes {
        let (from, to) = diff.ends(change);
        let traffic = |set: &TrafficSet| if set.is_empty() { String::new() } else { diff.words.traffic(set) };
        let [opened, closed, undecided] = columns(change).map(|of| traffic(&of));
        table.push([from, to, opened, closed, undecided, diff.because(change).join("; ")]);
    }
    table
}

/// For a pull request.
pub(crate) fn markdown(answer: &DiffAnswer, lang: Lang) -> String {
    let diff = Diff::new(answer, lang);
    let first = footer::first(lang, &answer.after);
    if answer.same {
        return format!(
            "{first}**netpol diff**: {}\n{}",
            lang.phrase(Phrase::NoDifference),
            blocks::notes(lang, &answer.notes)
        );
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
    out.push_str(&blocks::notes(lang, &answer.notes));
    out
}
