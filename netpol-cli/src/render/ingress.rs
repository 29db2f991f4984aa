//! The answer of `ingress`.

use super::blocks::{self, Body};
use super::table::Table;
use super::words::{Words, addresses};
use super::{entries, footer};
use netpol_core::lang::{Lang, Phrase};
use netpol_core::query::{IngressAnswer, IngressOf, Source, Verdict};
use netpol_core::set::TrafficSet;
use std::fmt::Write;

/// For people.
pub(crate) fn text(answer: &IngressAnswer, lang: Lang) -> String {
    let words = Words { lang, asked: addresses(&answer.outside) };
    let blocks = answer.workloads.iter().map(|of| (of.peer.clone(), body(of, &words)));
    let mut out = footer::first(lang, &answer.basis) + &blocks::print(blocks.collect(), lang);
    out.push_str(&entries::text(Phrase::EntryPoints, &answer.entries, lang));
    out.push_str(&entries::text(Phrase::Calls, &answer.calls, lang));
    for note in &answer.notes {
        // Writing to a string does not fail.
        let _ = writeln!(out, "{}", footer::note(lang, Phrase::Note, note));
    }
    out.push_str(&footer::basis(lang, &answer.basis));
    out
}

fn body(of: &IngressOf, words: &Words) -> Body {
    let lang = words.lang;
    let mut body = Body::new(lang);
    body.say(blocks::isolation(lang, of.host_network, &of.isolated_by, &of.ruled_by, Phrase::OpenIn));
    for (label, sources) in sections(of) {
        if sources.is_empty() && label != Phrase::Nodes {
            body.under(label, lang.phrase(Phrase::Nothing));
        }
        for source in sources {
            body.under(label, format!("{}  {}", who(source, label, words), passes(source, lang)));
        }
    }
    for note in &of.findings {
        body.say(blocks::finding(&lang.code(note.code, &note.params)));
    }
    body
}

fn sections(of: &IngressOf) -> [(Phrase, &[Source]); 3] {
    [(Phrase::Inside, &of.inside), (Phrase::Nodes, &of.nodes), (Phrase::Outside, &of.outside)]
}

/// The sources, with what limits them.
fn who(source: &Source, label: Phrase, words: &Words) -> String {
    let lang = words.lang;
    let mut text = match (label, source.from.first()) {
        (Phrase::Nodes, Some(nodes)) => blocks::cidrs(nodes),
        _ if source.everybody => {
            let mut everybody = lang.phrase(Phrase::EveryPod).to_owned();
            if !source.from.is_empty() {
                let _ = write!(everybody, ", {}", words.peers(&source.from, ""));
            }
            everybody
        }
        _ => words.peers(&source.from, lang.phrase(Phrase::World)),
    };
    for family in &source.families {
        let _ = write!(text, "  {}", family.name());
    }
    if let Some(relation) = source.relation {
        let _ = write!(text, "  ({})", lang.phrase(Phrase::of_relation(relation)));
    }
    text
}

fn passes(source: &Source, lang: Lang) -> String {
    blocks::traffic(lang, &source.allow, &source.undefined)
}

/// One row a workload and source.
pub(crate) fn table(answer: &IngressAnswer, lang: Lang) -> Table {
    let words = Words { lang, asked: addresses(&answer.outside) };
    let header = [Phrase::To, Phrase::What, Phrase::From, Phrase::Allowed, Phrase::Undefined];
    let mut table = Table::new(header.map(|p| lang.phrase(p).to_lowercase()));
    for of in &answer.workloads {
        for (label, sources) in sections(of) {
            for source in sources {
                let everybody = source.everybody.then(Vec::new);
                for from in everybody.into_iter().chain(source.from.iter().map(|from| vec![from.clone()])) {
                    let one = Source { everybody: from.is_empty(), from, ..source.clone() };
                    let [allow, undefined] =
                        [&source.allow, &source.undefined].map(|t| blocks::traffic(lang, t, &Default::default()));
                    let name = lang.phrase(label).to_owned();
                    table.push([words.peer(&of.peer, ""), name, who(&one, label, &words), allow, undefined]);
                }
            }
        }
    }
    for (label, list) in [(Phrase::EntryPoints, &answer.entries), (Phrase::Calls, &answer.calls)] {
        for (entry, part) in list.iter().flat_map(|entry| entry.parts.iter().map(move |part| (entry, part))) {
            let empty = TrafficSet::empty();
            let (allow, undefined) = match part.verdict {
                Verdict::Allow => (&part.traffic, &empty),
                Verdict::Undefined | Verdict::Mixed => (&empty, &part.traffic),
                Verdict::Deny => continue,
            };
            let [allow, undefined] = [allow, undefined].map(|t| blocks::traffic(lang, t, &Default::default()));
            let from = format!("{} ({})", words.peers(&part.from, lang.phrase(Phrase::World)), entries::title(entry));
            let name = lang.phrase(label).to_owned();
            table.push([words.peers(&part.to, ""), name, from, allow, undefined]);
        }
    }
    table
}
