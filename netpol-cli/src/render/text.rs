//! The answer for people: the verdict first, then why.

use super::{snippets, style};
use ipnet::IpNet;
use netpol_core::explain::Code;
use netpol_core::lang::{Lang, Phrase};
use netpol_core::query::{
    CheckAnswer, DirectionAnswer, Note, OriginRef, Part, Peer, PeerKind, Reason, Relation, Verdict,
};
use netpol_core::set::{AddressSet, Family, TrafficSet};
use netpol_core::{Direction, Inputs, Place};
use std::fmt::Write;

/// So many blocks or peers of a list are named; the rest is counted (`-o json` has them all).
const MOST_NAMED: usize = 6;

struct Text<'a> {
    lang: Lang,
    /// All addresses of the answer, for what is said as "all but".
    asked: AddressSet,
    /// Show the lines of YAML below each reason.
    lines: bool,
    inputs: &'a Inputs,
    out: String,
}

/// Renders the answer of `check`.
pub(crate) fn check(answer: &CheckAnswer, lang: Lang, verbose: bool, terminal: bool, inputs: &Inputs) -> String {
    let peers = answer.parts.iter().flat_map(|p| p.from.iter().chain(&p.to));
    let asked = peers.fold(AddressSet::empty(), |all, peer| all.union(&addresses(peer)));
    let mut text = Text { lang, asked, lines: verbose || terminal, inputs, out: String::new() };
    text.answer(answer);
    text.out
}

impl Text<'_> {
    fn line(&mut self, text: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.out, "{}", text.trim_end());
    }

    fn answer(&mut self, answer: &CheckAnswer) {
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
        for note in &answer.notes {
            self.note(Phrase::Note, note);
        }
        self.basis(answer);
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
            style::paint(style::strong(), self.peers(&part.from, from)),
            style::paint(style::strong(), self.peers(&part.to, to)),
        );
        let traffic = part.via.as_ref().map_or(&part.traffic, |via| &via.traffic);
        let _ = write!(head, "  {}", self.traffic(traffic));
        if let Some(via) = &part.via {
            let service = self.peers(std::slice::from_ref(&via.service), "");
            let _ = write!(head, "  ({} {service}: {})", self.lang.phrase(Phrase::Via), self.traffic(&part.traffic));
        }
        for family in &part.families {
            let _ = write!(head, "  {}", family.name());
        }
        match part.relation {
            Some(Relation::Itself) => _ = write!(head, "  ({})", self.lang.phrase(Phrase::Itself)),
            Some(Relation::Others) => _ = write!(head, "  ({})", self.lang.phrase(Phrase::Others)),
            None => {}
        }
        head
    }

    fn traffic(&self, traffic: &TrafficSet) -> String {
        if *traffic == TrafficSet::all_ports() {
            self.lang.phrase(Phrase::AnyPort).to_owned()
        } else {
            traffic.to_string()
        }
    }

    fn peers(&self, peers: &[Peer], asked: &str) -> String {
        let mut named: Vec<String> = Vec::new();
        for peer in peers.iter().take(MOST_NAMED) {
            named.push(self.peer(peer, asked));
        }
        if peers.len() > MOST_NAMED {
            named.push(format!("… (+{})", peers.len() - MOST_NAMED));
        }
        named.join(", ")
    }

    fn peer(&self, peer: &Peer, asked: &str) -> String {
        let name = peer.name.as_deref().unwrap_or_default();
        let full = peer.namespace.as_ref().map_or_else(|| name.to_owned(), |ns| format!("{ns}/{name}"));
        match peer.kind_of {
            PeerKind::Addresses => self.blocks(peer, asked),
            PeerKind::Node => format!("node/{name}"),
            PeerKind::Service => format!("svc {full}"),
            PeerKind::Name => format!("fqdn:{name}"),
            _ => match self.some_pods(peer) {
                Some(pods) => format!("{full} ({pods})"),
                None => full,
            },
        }
    }

    /// The pods that are meant of a workload, when these are not all.
    fn some_pods(&self, peer: &Peer) -> Option<String> {
        let mut said = Vec::new();
        if !peer.pods.is_empty() {
            said.push(format!("{} {}", self.lang.phrase(Phrase::Pods), peer.pods.join(", ")));
        }
        if peer.template {
            said.push(self.lang.phrase(Phrase::TemplatePods).to_owned());
        }
        (!said.is_empty()).then(|| said.join("; "))
    }

    /// Addresses: by the name that was asked for when they are all of it, as "all but" when that
    /// is shorter, else as blocks.
    fn blocks(&self, peer: &Peer, asked: &str) -> String {
        let list = |cidrs: &[String]| {
            let mut named = cidrs.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>();
            if cidrs.len() > MOST_NAMED {
                named.push(format!("… (+{})", cidrs.len() - MOST_NAMED));
            }
            named.join(", ")
        };
        if peer.cidrs.len() == 1 {
            return list(&peer.cidrs);
        }
        let set = addresses(peer);
        if set == self.asked {
            return self.whole(asked);
        }
        let texts = |set: &AddressSet| set.cidrs().iter().map(ToString::to_string).collect::<Vec<String>>();
        let mut said = Vec::new();
        for family in Family::ALL.into_iter().map(|f| (f, AddressSet::family(f))) {
            let (own, all) = (set.intersection(&family.1), self.asked.intersection(&family.1));
            let both = !all.is_empty() && all != self.asked;
            let (cidrs, rest) = (texts(&own), texts(&all.difference(&own)));
            let whole =
                || if both { format!("{} ({})", self.whole(asked), family.0.name()) } else { self.whole(asked) };
            if own.is_empty() {
                continue;
            }
            said.push(match rest.len() {
                0 => whole(),
                n if n < cidrs.len() => format!("{} {} {}", whole(), self.lang.phrase(Phrase::Except), list(&rest)),
                _ => list(&cidrs),
            });
        }
        said.join(", ")
    }

    /// What was asked for by address; "the rest of it" where part of it stands for pods or nodes.
    fn whole(&self, asked: &str) -> String {
        match asked.parse::<IpNet>() {
            Ok(net) if AddressSet::net(net) != self.asked => format!("{} {asked}", self.lang.phrase(Phrase::RestOf)),
            _ => asked.to_owned(),
        }
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
            let _ = write!(sentence, " [{}]", self.traffic(&reason.traffic));
        }
        if let Some(origin) = &reason.origin {
            let policy = &origin.policy;
            let name =
                policy.namespace.as_ref().map_or_else(|| policy.name.to_string(), |ns| format!("{ns}/{}", policy.name));
            let kind = if policy.kind == "NetworkPolicy" { String::new() } else { format!("{} ", policy.kind) };
            let field = if ports.is_empty() {
                origin.field.clone()
            } else {
                format!("{} + {}", origin.field, ports.join(", "))
            };
            let place = origin.place.as_ref().map(|p| format!("  {}:{}", p.file, p.span.line)).unwrap_or_default();
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
        let label = style::paint(style::strong(), self.lang.phrase(label));
        let text = self.lang.code(note.code, &note.params);
        self.line(&format!("{label}: {text}"));
    }

    fn basis(&mut self, answer: &CheckAnswer) {
        let basis = &answer.basis;
        for assumption in &basis.assumptions {
            self.note(Phrase::Assumed, assumption);
        }
        let counts = |map: Vec<(String, usize)>| {
            map.iter().map(|(kind, n)| format!("{n} {kind}")).collect::<Vec<_>>().join(", ")
        };
        let mut line = format!(
            "{}: {}; {} {}",
            self.lang.phrase(Phrase::Basis),
            counts(basis.objects.iter().map(|(k, n)| ((*k).to_owned(), *n)).collect()),
            self.lang.phrase(Phrase::Profile),
            basis.profile
        );
        if !basis.passed_over.is_empty() {
            let kinds = counts(basis.passed_over.iter().map(|(k, n)| (k.clone(), *n)).collect());
            let _ = write!(line, "; {}: {kinds}", self.lang.phrase(Phrase::PassedOver));
        }
        if !basis.ignored_kinds.is_empty() {
            let _ = write!(line, "; {}: {}", self.lang.phrase(Phrase::Ignored), basis.ignored_kinds.join(", "));
        }
        let line = style::paint(style::dim(), line);
        self.line(&line);
        if !basis.left_out.is_empty() {
            let label = self.lang.phrase(Phrase::Warning);
            let warning = format!("{label}: {}: {}", self.lang.phrase(Phrase::LeftOut), basis.left_out.join(", "));
            self.line(&style::paint(style::verdict(Verdict::Undefined), warning));
        }
    }
}

/// Reasons of one rule together, with the entries of its `ports`; those that cover the whole first.
fn merged(reasons: &[Reason], whole: &TrafficSet) -> Vec<(Reason, Vec<String>)> {
    let mut out: Vec<(Reason, Vec<String>)> = Vec::new();
    for reason in reasons {
        let key =
            |r: &Reason| (r.code, r.params.clone(), r.origin.as_ref().map(|o| (o.policy.clone(), o.field.clone())));
        let port = reason.origin.as_ref().and_then(|o| o.port.as_ref()).map(|p| last(&p.field).to_owned());
        match out.iter_mut().find(|(r, _)| key(r) == key(reason)) {
            Some((first, ports)) => {
                first.traffic = first.traffic.union(&reason.traffic);
                ports.extend(port.filter(|p| !ports.contains(p)));
            }
            None => out.push((reason.clone(), port.into_iter().collect())),
        }
    }
    out.sort_by_key(|(reason, _)| reason.traffic != *whole);
    out
}

fn addresses(peer: &Peer) -> AddressSet {
    AddressSet::nets(peer.cidrs.iter().filter_map(|c| c.parse().ok()))
}

/// The last part of a field path.
fn last(field: &str) -> &str {
    field.rsplit('.').next().unwrap_or(field)
}
