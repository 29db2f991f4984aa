//! The answer for people: the verdict first, then why.

use super::words::{MOST_NAMED, Words, addresses};
use super::{blocks, footer, snippets, style};
use netpol_core::assert::Witness;
use netpol_core::explain::Code;
use netpol_core::lang::{Lang, Phrase};
use netpol_core::query::{CheckAnswer, DirectionAnswer, Note, OriginRef, Part, PeerKind, Reason, Verdict};
use netpol_core::set::{AddressSet, TrafficSet};
use netpol_core::{Direction, Inputs, Place};
use std::collections::BTreeMap;
use std::fmt::Write;

struct Text<'a> {
    lang: Lang,
    words: Words,
    /// Show the lines of YAML below each reason.
    lines: bool,
    inputs: &'a Inputs,
    out: String,
}

/// Renders the answer of `check`; `hint` is what would make it another.
pub(crate) fn check(
    answer: &CheckAnswer,
    lang: Lang,
    verbose: bool,
    terminal: bool,
    inputs: &Inputs,
    hint: Option<String>,
) -> String {
    let peers = answer.parts.iter().flat_map(|p| p.from.iter().chain(&p.to));
    let asked = peers.fold(AddressSet::empty(), |all, peer| all.union(&addresses(peer)));
    let mut text = Text { lang, words: Words { lang, asked }, lines: verbose || terminal, inputs, out: String::new() };
    text.out = footer::first(lang, &answer.basis);
    text.answer(answer, hint);
    text.out
}

/// Renders what `check` says of a pair that is not as a test expects: its parts and notes, without
/// what the answer rests on.
pub(crate) fn witness(witness: &Witness, lang: Lang, verbose: bool, terminal: bool, inputs: &Inputs) -> String {
    // What is as expected is not among the parts, but was asked about.
    let (answer, asked) = (&witness.answer, witness.asked.clone());
    let mut text = Text { lang, words: Words { lang, asked }, lines: verbose || terminal, inputs, out: String::new() };
    text.out = footer::first(lang, &answer.basis);
    text.parts(answer);
    // What holds of every answer is not said again for each test.
    for note in answer.notes.iter().filter(|_| verbose) {
        text.note(Phrase::Note, note);
    }
    text.out
}

impl Text<'_> {
    fn line(&mut self, text: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.out, "{}", text.trim_end());
    }

    fn answer(&mut self, answer: &CheckAnswer, hint: Option<String>) {
        self.parts(answer);
        if let Some(hint) = hint {
            let label = style::paint(style::strong(), self.lang.phrase(Phrase::Try));
            self.line(&format!("{label}: {hint}"));
        }
        for note in &answer.notes {
            self.note(Phrase::Note, note);
        }
        self.out.push_str(&footer::basis(self.lang, &answer.basis));
    }

    fn parts(&mut self, answer: &CheckAnswer) {
        if let [part] = answer.parts.as_slice() {
            let headline = self.headline(part, &answer.question.from, &answer.question.to);
            self.line(&headline);
            self.part(part, "  ");
        } else {
            let question = &answer.question;
            let port = if question.port == "any" { self.lang.phrase(Phrase::AnyPort) } else { &question.port };
            let head = format!(
                "{}  {} → {}  {port}  ({} {})",
                self.verdict(answer.verdict),
                style::paint(style::strong(), &question.from),
                style::paint(style::strong(), &question.to),
                answer.parts.len(),
                self.lang.phrase(Phrase::Parts),
            );
            self.line(&head);
            for (i, part) in answer.parts.iter().enumerate() {
                let headline = self.headline(part, &question.from, &question.to);
                self.line(&format!("{}. {headline}", i + 1));
                self.part(part, "   ");
            }
        }
    }

    fn verdict(&self, verdict: Verdict) -> String {
        let word = match verdict {
            Verdict::Allow => Phrase::Allow,
            Verdict::Deny => Phrase::Deny,
            Verdict::Undefined => Phrase::Undefined,
            Verdict::Mixed => Phrase::Mixed,
        };
        style::paint(style::verdict(verdict), self.lang.phrase(word))
    }

    fn headline(&self, part: &Part, from: &str, to: &str) -> String {
        let mut head = format!(
            "{}  {} → {}",
            self.verdict(part.verdict),
            style::paint(style::strong(), self.words.peers(&part.from, from)),
            style::paint(style::strong(), self.words.peers(&part.to, to)),
        );
        let traffic = part.via.as_ref().map_or(&part.traffic, |via| &via.traffic);
        let _ = write!(head, "  {}", self.words.traffic(traffic));
        if let Some(via) = &part.via {
            let service = self.words.peers(std::slice::from_ref(&via.service), "");
            let label = if via.service.kind_of == PeerKind::Service { Phrase::Via } else { Phrase::ViaNode };
            let _ = write!(head, "  ({} {service}: {})", self.lang.phrase(label), self.words.traffic(&part.traffic));
        }
        for family in &part.families {
            let _ = write!(head, "  {}", family.name());
        }
        if let Some(relation) = part.relation {
            let _ = write!(head, "  ({})", self.lang.phrase(Phrase::of_relation(relation)));
        }
        head
    }

    fn part(&mut self, part: &Part, indent: &str) {
        for direction in [&part.egress, &part.ingress] {
            self.direction(direction, part, indent);
        }
    }

    fn direction(&mut self, answer: &DirectionAnswer, part: &Part, indent: &str) {
        let sign = match answer.verdict {
            Verdict::Allow => "✓",
            Verdict::Deny => "✗",
            _ => "?",
        };
        let sign = style::paint(style::verdict(answer.verdict), sign);
        let word = self.lang.phrase(match answer.direction {
            Direction::Egress => Phrase::Egress,
            Direction::Ingress => Phrase::Ingress,
        });
        let pad = " ".repeat(8usize.saturating_sub(word.chars().count()));
        let lead = format!("{indent}{sign} {word}{pad} ");
        let hang = " ".repeat(indent.len() + 2 + 8 + 1);
        let mut said = Vec::new();
        // A deny names each policy with its line; twice is once too often.
        let named_below = answer.reasons.iter().any(|r| r.code == Code::DeniedByIsolation);
        if !answer.isolated_by.is_empty() && !named_below {
            let names: Vec<String> = answer
                .isolated_by
                .iter()
                .map(|p| p.namespace.as_ref().map_or_else(|| p.name.to_string(), |ns| format!("{ns}/{}", p.name)))
                .collect();
            let more = names.len().saturating_sub(MOST_NAMED);
            let mut list = names.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join(", ");
            if more > 0 {
                let _ = write!(list, ", … (+{more})");
            }
            said.push((format!("{} {list}", self.lang.phrase(Phrase::IsolatedBy)), None));
        }
        for (reason, ports) in merged(&answer.reasons, &part.traffic) {
            said.push((self.reason(&reason, &ports, &part.traffic), reason.origin));
        }
        for miss in &answer.near_misses {
            let sentence = self.reason(miss, &[], &part.traffic);
            said.push((format!("{}: {sentence}", self.lang.phrase(Phrase::Nearest)), miss.origin.clone()));
        }
        for (i, (sentence, origin)) in said.into_iter().enumerate() {
            self.line(&format!("{}{sentence}", if i == 0 { &lead } else { &hang }));
            if let Some(origin) = origin.filter(|_| self.lines) {
                self.origin_lines(&origin);
            }
        }
    }

    /// A reason as a sentence, with the field and line it rests on.
    fn reason(&self, reason: &Reason, ports: &[String], whole: &TrafficSet) -> String {
        let mut sentence = self.lang.code(reason.code, &reason.params);
        if reason.traffic != *whole {
            let _ = write!(sentence, " [{}]", self.words.traffic(&reason.traffic));
        }
        if let Some(origin) = &reason.origin {
            let policy = &origin.policy;
            let name = blocks::policy(policy);
            let kind = if policy.kind == "NetworkPolicy" { String::new() } else { format!("{} ", policy.kind) };
            let field = if ports.is_empty() {
                origin.field.clone()
            } else {
                format!("{} + {}", origin.field, ports.join(", "))
            };
            let place = origin.place.as_ref().map(|p| format!("  {p}")).unwrap_or_default();
            let _ = write!(sentence, ": {kind}{name} {field}{}", style::paint(style::dim(), place));
        }
        sentence
    }

    fn origin_lines(&mut self, origin: &OriginRef) {
        let mut places: Vec<&Place> = origin.place.iter().collect();
        // The port's line is inside the rule; it is shown when the peer's lines do not hold it.
        if let (Some(place), Some(port)) = (&origin.place, &origin.port)
            && !(place.span.start <= port.place.span.start && port.place.span.end <= place.span.end)
        {
            places.push(&port.place);
        }
        for place in places {
            for line in snippets::lines(self.inputs, place, "").iter().flat_map(|text| text.lines()) {
                self.line(&format!("      {line}"));
            }
        }
    }

    fn note(&mut self, label: Phrase, note: &Note) {
        let line = footer::note(self.lang, label, note);
        self.line(&line);
    }
}

/// Reasons of one rule together, with the entries of its `ports`; those that cover the whole first.
fn merged(reasons: &[Reason], whole: &TrafficSet) -> Vec<(Reason, Vec<String>)> {
    let mut out: Vec<(Reason, Vec<String>)> = Vec::new();
    let mut known = BTreeMap::new();
    for reason in reasons {
        let key = (reason.code, &reason.params, reason.origin.as_ref().map(|o| (&o.policy, &o.field)));
        let port = reason.origin.as_ref().and_then(|o| o.port.as_ref()).map(|p| last(&p.field).to_owned());
        match known.get(&key).and_then(|at: &usize| out.get_mut(*at)) {
            Some((first, ports)) => {
                first.traffic = first.traffic.union(&reason.traffic);
                ports.extend(port.filter(|p| !ports.contains(p)));
            }
            None => {
                known.insert(key, out.len());
                out.push((reason.clone(), port.into_iter().collect()));
            }
        }
    }
    out.sort_by_key(|(reason, _)| reason.traffic != *whole);
    out
}

/// The last part of a field path.
fn last(field: &str) -> &str {
    field.rsplit('.').next().unwrap_or(field)
}
