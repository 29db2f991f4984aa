//! The answer of `matrix` as a table.

use super::table::Table;
use super::words::{Words, addresses};
use netpol_core::lang::{Lang, Phrase};
use netpol_core::query::{Connection, MatrixAnswer};
use netpol_core::set::{AddressSet, TrafficSet};

/// One row a connection.
pub(crate) fn table(answer: &MatrixAnswer, lang: Lang) -> Table {
    let asked = answer.endpoints.iter().fold(AddressSet::empty(), |all, peer| all.union(&addresses(peer)));
    let words = Words { lang, asked };
    let header = [Phrase::From, Phrase::To, Phrase::Allowed, Phrase::Undefined].map(|p| lang.phrase(p).to_lowercase());
    let mut table = Table::new(header);
    let world = lang.phrase(Phrase::World);
    for connection in &answer.connections {
        let Connection { from, to, allow, undefined, .. } = connection;
        let traffic = |set: &TrafficSet| if set.is_empty() { String::new() } else { words.traffic(set) };
        let mut target = words.peer(to, world);
        for family in &connection.families {
            target.push_str(&format!("  {}", family.name()));
        }
        if let Some(relation) = connection.relation {
            target.push_str(&format!("  ({})", lang.phrase(Phrase::of_relation(relation))));
        }
        table.push([words.peer(from, world), target, traffic(allow), traffic(undefined)]);
    }
    table
}
