//! The answer of `paths` for people.

use super::footer;
use super::table::Table;
use super::words::{Words, addresses};
use netpol_core::diagnostic::Params;
use netpol_core::explain::Code;
use netpol_core::lang::{Lang, Phrase};
use netpol_core::query::{BlastRadius, Connection, PathAnswer, PathsAnswer};
use netpol_core::set::AddressSet;

pub(crate) fn text(answer: &PathsAnswer, lang: Lang) -> String {
    let mut out = footer::first(lang, &answer.basis);
    if let Some(path) = &answer.path {
        out.push_str(&chain(answer, path, lang));
    }
    if let Some(radius) = &answer.blast_radius {
        out.push_str(&blast_radius(answer, radius, lang));
    }
    for note in &answer.notes {
        out.push_str(&format!("{}\n", footer::note(lang, Phrase::Note, note)));
    }
    out.push_str(&footer::basis(lang, &answer.basis));
    out
}

/// The words of hops. What is outside has the name it was asked for by.
fn words<'h>(hops: impl Iterator<Item = &'h Connection>, lang: Lang) -> Words {
    let peers = hops.flat_map(|hop| [&hop.from, &hop.to]);
    Words { lang, asked: peers.fold(AddressSet::empty(), |all, peer| all.union(&addresses(peer))) }
}

/// The cells of a hop: from, to, what is allowed, what is undefined.
fn cells(hop: &Connection, words: &Words, world: &str) -> [String; 4] {
    let lang = words.lang;
    let mut to = words.peer(&hop.to, world);
    for family in &hop.families {
        to.push_str(&format!("  {}", family.name()));
    }
    if let Some(relation) = hop.relation {
        to.push_str(&format!("  ({})", lang.phrase(Phrase::of_relation(relation))));
    }
    let traffic = |set: &netpol_core::set::TrafficSet| if set.is_empty() { String::new() } else { words.traffic(set) };
    [words.peer(&hop.from, world), to, traffic(&hop.allow), traffic(&hop.undefined)]
}

fn chain(answer: &PathsAnswer, path: &PathAnswer, lang: Lang) -> String {
    let question = &answer.question;
    let to = question.to.clone().unwrap_or_default();
    let mut params = Params::from([("from", question.from.clone()), ("to", to)]);
    params.insert("hops", path.hops.len().to_string());
    let code = if path.found { Code::PathFound } else { Code::PathNone };
    let mut out = format!("{}\n", lang.code(code, &params));
    let words = words(path.hops.iter(), lang);
    for (number, hop) in (1..).zip(&path.hops) {
        let [from, to, allow, undefined] = cells(hop, &words, lang.phrase(Phrase::World));
        let undefined = match undefined.is_empty() {
            true => String::new(),
            false => format!("  {}: {undefined}", lang.phrase(Phrase::Undefined).to_lowercase()),
        };
        out.push_str(format!("{number}. {from} → {to}  {allow}{undefined}").trim_end());
        out.push('\n');
    }
    out
}

fn blast_radius(answer: &PathsAnswer, radius: &BlastRadius, lang: Lang) -> String {
    let from = answer.question.from.clone();
    let furthest = radius.reached.iter().map(|r| r.distance).max().unwrap_or_default();
    let params = Params::from([
        ("from", from.clone()),
        ("workloads", radius.workloads.to_string()),
        ("all", radius.of_workloads.to_string()),
        ("hops", furthest.to_string()),
    ]);
    let mut out = format!("{}\n", lang.code(Code::BlastRadius, &params));
    let words = words(radius.reached.iter().map(|r| &r.hop), lang);
    let columns = [Phrase::Distance, Phrase::To, Phrase::From, Phrase::Allowed, Phrase::Undefined];
    let mut table = Table::new(columns.map(|p| lang.phrase(p).to_lowercase()));
    for reached in &radius.reached {
        let [from, to, allow, undefined] = cells(&reached.hop, &words, lang.phrase(Phrase::World));
        table.push([reached.distance.to_string(), to, from, allow, undefined]);
    }
    if !table.is_empty() {
        out.push_str(&table.text());
    }
    for point in &radius.choke_points {
        let through = words.peer(point, lang.phrase(Phrase::World));
        let params = Params::from([("from", from.clone()), ("through", through)]);
        out.push_str(&format!("{}\n", lang.code(Code::ChokePoint, &params)));
    }
    out
}
