//! The answer of `egress`.

use super::blocks::{self, Body};
use super::footer;
use super::table::Table;
use super::words::{Words, addresses};
use netpol_core::lang::{Lang, Phrase};
use netpol_core::query::{EgressAnswer, EgressOf, MetadataReach, Opening, Peer, PeerKind, Range, Verdict};
use netpol_core::set::{Protocol, TrafficSet};
use std::fmt::Write;

/// For people.
pub(crate) fn text(answer: &EgressAnswer, lang: Lang) -> String {
    let mut out = footer::first(lang, &answer.basis);
    if answer.question.to.is_some() {
        out.push_str(&reached_by(answer, lang));
    } else {
        let blocks = answer.workloads.iter().map(|of| (of.peer.clone(), body(answer, of, lang)));
        out.push_str(&blocks::print(blocks.collect(), lang));
    }
    for note in &answer.notes {
        // Writing to a string does not fail.
        let _ = writeln!(out, "{}", footer::note(lang, Phrase::Note, note));
    }
    out.push_str(&footer::basis(lang, &answer.basis));
    out
}

fn words(answer: &EgressAnswer, lang: Lang) -> (Words, &str) {
    let asked = addresses(&answer.outside);
    let name = answer.question.to.as_deref().filter(|to| *to != "world").unwrap_or(lang.phrase(Phrase::World));
    (Words { lang, asked }, name)
}

fn body(answer: &EgressAnswer, of: &EgressOf, lang: Lang) -> Body {
    let (words, world) = words(answer, lang);
    let mut body = Body::new(lang);
    body.say(blocks::isolation(lang, of.host_network, &of.isolated_by, &of.ruled_by, Phrase::OpenOut));
    let passes = |opening: &Opening| blocks::traffic(lang, &opening.allow, &opening.undefined);
    if of.outside.is_empty() {
        body.under(Phrase::Outside, lang.phrase(Phrase::Nothing));
    }
    for opening in &of.outside {
        body.under(Phrase::Outside, format!("{}  {}", words.peer(&opening.to, world), passes(opening)));
    }
    for name in &of.names {
        let passes = match name.allow.is_empty() && name.undefined.is_empty() {
            true => lang.phrase(Phrase::Nothing).to_owned(),
            false => blocks::traffic(lang, &name.allow, &name.undefined),
        };
        body.under(Phrase::Names, format!("{}  {passes}", name.name));
    }
    // Of one that nothing limits it has been said.
    let limited = !(of.isolated_by.is_empty() && of.ruled_by.is_empty());
    for range in of.cluster.iter().filter(|_| limited) {
        let opening = &range.opening;
        let mut line = format!("{}  {}", blocks::cidrs(&opening.to), passes(opening));
        push_relation(&mut line, opening, lang);
        body.under(label(range.range), line);
    }
    for opening in of.dns.iter().flat_map(|dns| &dns.resolvers) {
        let verdict = verdict(opening);
        let mut line = format!("{} {}", blocks::sign(verdict), resolver(&opening.to, &words, lang));
        if verdict != Verdict::Deny {
            let _ = write!(line, "  {}", passes(opening));
        }
        push_relation(&mut line, opening, lang);
        body.under(Phrase::Resolvers, line);
    }
    if let Some(local) = of.dns.as_ref().and_then(|dns| dns.node_local) {
        let line = format!("{} 169.254.20.10  {}", blocks::sign(local), lang.phrase(Phrase::NodeLocal));
        body.under(Phrase::Resolvers, line);
    }
    for opening in of.dns.iter().flat_map(|dns| &dns.outside) {
        let to = words.peer(&opening.to, world);
        body.under(Phrase::Resolvers, format!("{} {to}  {}", blocks::sign(verdict(opening)), passes(opening)));
    }
    for wanted in [Verdict::Allow, Verdict::Undefined, Verdict::Deny] {
        let found = of.metadata.iter().filter(|m| m.verdict == wanted);
        // Whose they are matters where they can be reached.
        let named = |m: &MetadataReach| match m.verdict {
            Verdict::Deny => m.address.to_string(),
            _ => format!("{} ({})", m.address, m.provider),
        };
        let found: Vec<String> = found.map(named).collect();
        if !found.is_empty() {
            body.under(Phrase::Metadata, format!("{} {}", blocks::sign(wanted), found.join(", ")));
        }
    }
    for opening in &of.api_server {
        let mut line =
            format!("{} {}  {}", blocks::sign(verdict(opening)), blocks::cidrs(&opening.to), passes(opening));
        push_relation(&mut line, opening, lang);
        body.under(Phrase::ApiServer, line);
    }
    if of.api_server.is_empty() && answer.notes.iter().any(|n| n.params.contains_key("ports")) {
        body.under(Phrase::ApiServer, blocks::sign(Verdict::Deny));
    }
    for note in &of.findings {
        body.say(blocks::finding(&lang.code(note.code, &note.params)));
    }
    body
}

fn verdict(opening: &Opening) -> Verdict {
    match (opening.allow.is_empty(), opening.undefined.is_empty()) {
        (false, _) => Verdict::Allow,
        (true, false) => Verdict::Undefined,
        (true, true) => Verdict::Deny,
    }
}

fn label(range: Range) -> Phrase {
    match range {
        Range::Pods => Phrase::PodRange,
        Range::Services => Phrase::ServiceRange,
        Range::Nodes => Phrase::Nodes,
    }
}

fn resolver(peer: &Peer, words: &Words, lang: Lang) -> String {
    let name = words.peer(peer, "");
    if peer.kind_of == PeerKind::Hypothetical {
        return format!("{name} ({})", lang.phrase(Phrase::NotInInput));
    }
    name
}

/// What an opening is limited to.
fn push_relation(line: &mut String, opening: &Opening, lang: Lang) {
    for family in &opening.families {
        let _ = write!(line, "  {}", family.name());
    }
    if let Some(relation) = opening.relation {
        let _ = write!(line, "  ({})", lang.phrase(Phrase::of_relation(relation)));
    }
}

/// Who can reach what was asked about.
fn reached_by(answer: &EgressAnswer, lang: Lang) -> String {
    let (words, world) = words(answer, lang);
    let header = [Phrase::From, Phrase::To, Phrase::Allowed, Phrase::Undefined].map(|p| lang.phrase(p).to_lowercase());
    let mut table = Table::new(header);
    for row in &answer.reached_by {
        let [allow, undefined] = [&row.allow, &row.undefined].map(|t| blocks::traffic(lang, t, &Default::default()));
        table.push([words.peers(&row.from, ""), words.peer(&row.to, world), allow, undefined]);
    }
    if table.is_empty() {
        return format!("{}: {}\n", lang.phrase(Phrase::From), lang.phrase(Phrase::Nothing));
    }
    table.text()
}

/// One row a workload and place.
pub(crate) fn table(answer: &EgressAnswer, lang: Lang) -> Table {
    let (words, world) = words(answer, lang);
    let header = [Phrase::From, Phrase::What, Phrase::To, Phrase::Allowed, Phrase::Undefined];
    let mut table = Table::new(header.map(|p| lang.phrase(p).to_lowercase()));
    for of in &answer.workloads {
        let from = words.peer(&of.peer, "");
        let mut push = |what: Phrase, to: String, opening: &Opening| {
            let [allow, undefined] =
                [&opening.allow, &opening.undefined].map(|t| blocks::traffic(lang, t, &Default::default()));
            let mut to = to;
            push_relation(&mut to, opening, lang);
            table.push([from.clone(), lang.phrase(what).to_owned(), to, allow, undefined]);
        };
        for opening in &of.outside {
            push(Phrase::Outside, words.peer(&opening.to, world), opening);
        }
        for range in &of.cluster {
            push(label(range.range), range.opening.to.cidrs.join(", "), &range.opening);
        }
        for opening in of.dns.iter().flat_map(|dns| &dns.resolvers) {
            push(Phrase::Resolvers, resolver(&opening.to, &words, lang), opening);
        }
        for metadata in of.metadata.iter().filter(|m| m.verdict != Verdict::Deny) {
            let port = TrafficSet::port(Protocol::Tcp, 80);
            let (allow, undefined) = match metadata.verdict {
                Verdict::Allow => (port, TrafficSet::empty()),
                _ => (TrafficSet::empty(), port),
            };
            let opening =
                Opening { to: Peer::new(PeerKind::Addresses), relation: None, families: Vec::new(), allow, undefined };
            push(Phrase::Metadata, format!("{} ({})", metadata.address, metadata.provider), &opening);
        }
        for opening in &of.api_server {
            push(Phrase::ApiServer, opening.to.cidrs.join(", "), opening);
        }
    }
    table
}
