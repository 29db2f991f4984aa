//! The answer of `matrix --groups` as a table.

use super::footer;
use super::table::Table;
use super::words::{MOST_NAMED, Words};
use netpol_core::explain::Code;
use netpol_core::lang::{Lang, Phrase};
use netpol_core::query::{GroupException, GroupSet, MatrixGroups, Note, Peer, PeerKind};
use netpol_core::set::{AddressSet, TrafficSet};

/// Groups by name.
struct Names {
    words: Words,
    /// By number: the first member, and how many more there are.
    groups: Vec<String>,
    /// So many names of a list are shown.
    most: usize,
}

impl Names {
    fn new(answer: &MatrixGroups, lang: Lang, most: usize) -> Self {
        let asked = AddressSet::nets(answer.outside.iter().filter_map(|c| c.parse().ok()));
        let words = Words { lang, asked };
        let name = |members: &[Peer]| {
            let first = members.first().map(|m| words.peer(m, "")).unwrap_or_default();
            if members.len() > 1 { format!("{first} (+{})", members.len() - 1) } else { first }
        };
        let groups = answer.groups.iter().map(|g| name(&g.members)).collect();
        Self { words, groups, most }
    }

    fn list(&self, ids: &[u32]) -> String {
        let name = |id: &u32| self.groups.get(*id as usize).map_or("", String::as_str);
        let mut named: Vec<&str> = ids.iter().take(self.most).map(name).collect();
        let more = format!("… (+{})", ids.len().saturating_sub(self.most));
        if ids.len() > self.most {
            named.push(&more);
        }
        named.join(", ")
    }

    fn set(&self, set: &GroupSet) -> String {
        match set {
            GroupSet::All(_) => self.words.lang.phrase(Phrase::EveryGroup).to_owned(),
            GroupSet::Only(ids) => self.list(ids),
            GroupSet::Except { except } => {
                format!("{} {}", self.words.lang.phrase(Phrase::EveryGroupBut), self.list(except))
            }
        }
    }

    fn traffic(&self, set: &TrafficSet) -> String {
        if set.is_empty() { String::new() } else { self.words.traffic(set) }
    }

    fn outside(&self, cidrs: &[String]) -> String {
        let peer = Peer { cidrs: cidrs.to_vec(), ..Peer::new(PeerKind::Addresses) };
        self.words.peer(&peer, self.words.lang.phrase(Phrase::World))
    }
}

/// One row a rectangle; of a list of groups, so many are named.
pub(crate) fn table(answer: &MatrixGroups, lang: Lang, most: usize) -> Table {
    let names = Names::new(answer, lang, most);
    let header = [Phrase::Direction, Phrase::From, Phrase::To, Phrase::Allowed, Phrase::Undefined];
    let mut table = Table::new(header.map(|p| lang.phrase(p).to_lowercase()));
    for (direction, rectangles) in [(Phrase::Egress, &answer.egress), (Phrase::Ingress, &answer.ingress)] {
        for r in rectangles {
            let mut to = names.set(&r.to);
            for family in &r.families {
                to.push_str(&format!("  {}", family.name()));
            }
            let (allow, undefined) = (names.traffic(&r.allow), names.traffic(&r.undefined));
            table.push([lang.phrase(direction).to_owned(), names.set(&r.from), to, allow, undefined]);
        }
    }
    let (egress, ingress) = (lang.phrase(Phrase::Egress), lang.phrase(Phrase::Ingress));
    for r in &answer.outside_egress {
        let (allow, undefined) = (names.traffic(&r.allow), names.traffic(&r.undefined));
        table.push([egress.to_owned(), names.list(&r.from), names.outside(&r.cidrs), allow, undefined]);
    }
    for r in &answer.outside_ingress {
        let (allow, undefined) = (names.traffic(&r.allow), names.traffic(&r.undefined));
        table.push([ingress.to_owned(), names.outside(&r.cidrs), names.list(&r.to), allow, undefined]);
    }
    table
}

/// What the rows do not tell, as lines.
pub(crate) fn exceptions(answer: &MatrixGroups, lang: Lang) -> String {
    let names = Names::new(answer, lang, MOST_NAMED);
    let mut shared = 0_usize;
    let mut notes: Vec<Note> = Vec::new();
    for exception in &answer.exceptions {
        match exception {
            GroupException::OwnNode { groups, .. } => {
                let params = [("groups", names.list(groups))].into();
                notes.push(Note { code: Code::OwnNodeApart, params });
            }
            GroupException::NodePorts { groups, undefined } => {
                let params = [("groups", names.list(groups)), ("ports", names.traffic(undefined))].into();
                notes.push(Note { code: Code::NodePortsApart, params });
            }
            GroupException::SharedUnknown { .. } => shared += 1,
        }
    }
    if shared > 0 {
        notes.push(Note { code: Code::SharedUnknownApart, params: [("count", shared.to_string())].into() });
    }
    notes.iter().map(|n| format!("{}\n", footer::note(lang, Phrase::Note, n))).collect()
}
