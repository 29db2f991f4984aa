//! What difference parts of policies make: the rows of a subject with them and without.

use super::cut::{Cut, PortsOut};
use super::lists::PeerKey;
use super::row::{OutsideRow, Row};
use super::subjects::{Applied, SubjectId};
use super::{Engine, Side};
use crate::ir::Direction;
use crate::set::TrafficSet;
use crate::sorted::SortedSet;

/// Parts of a direction's policies that are thought away.
#[derive(Clone, Debug, Default)]
pub(crate) struct Without {
    /// Lists, by their number in the chain.
    pub(crate) lists: SortedSet<u32>,
    /// Entries of the ports of lists.
    pub(crate) ports: PortsOut,
}

impl Side {
    /// For each list the subjects to which it applies, or may; ascending.
    pub(crate) fn subjects_by_list(&self) -> Vec<Vec<SubjectId>> {
        let mut found = vec![Vec::new(); self.lists.all.len()];
        for (subject, id) in self.subjects.all.iter().zip(0..) {
            for applied in &subject.lists {
                found[applied.list as usize].push(SubjectId(id));
            }
        }
        found
    }

    /// Whether nothing that is not known of labels or names enters into what the policies of a subject
    /// say: then equal rows are equal verdicts.
    fn is_plain(&self, lists: &[Applied]) -> bool {
        lists.iter().all(|applied| {
            let rules = self.lists.all[applied.list as usize].rules.iter();
            let plain = |peer: u32| {
                !matches!(self.lists.peer(peer), PeerKey::Domain(_)) && self.peers.sets[peer as usize].open.is_empty()
            };
            !applied.open && rules.into_iter().all(|rule| plain(rule.peer))
        })
    }
}

impl Engine {
    /// Whether every verdict about the pods of a subject, as far as a direction decides it, is the same
    /// without some parts; `None`: what is not known stands in the way of saying so.
    pub(crate) fn same_without(&self, direction: Direction, subject: SubjectId, without: &Without) -> Option<bool> {
        let side = self.side(direction);
        let of = &side.subjects.all[subject.0 as usize];
        if !side.is_plain(&of.lists) {
            return None;
        }
        let (cluster, selectors) = (&*self.cluster, &*self.selectors);
        let left = of.lists.iter().filter(|applied| !without.lists.contains(&applied.list));
        let left: Vec<Applied> = left.copied().collect();
        let (row, outside) = self.rows_over(side, &left, of.ports, false, &without.ports);
        let same = side.row(subject, cluster, selectors).is_same(&row, side.peers.len())
            && side.outside(subject, cluster, selectors).is_same(&outside);
        if !same || !side.judges_own_node(subject) {
            return Some(same);
        }
        let (row, _) = self.rows_over(side, &left, of.ports, true, &without.ports);
        Some(side.own_node_row(subject, cluster, selectors).is_same(&row, side.peers.len()))
    }

    /// Whether policies of a direction let every port through, with everybody.
    pub(crate) fn lets_all_through(&self, direction: Direction, subject: SubjectId) -> bool {
        let (side, all) = (self.side(direction), TrafficSet::all_ports());
        let row = side.row(subject, &self.cluster, &self.selectors);
        let outside = side.outside(subject, &self.cluster, &self.selectors);
        let mut planes = row.planes.iter().chain(outside.cells.iter().map(|(planes, _)| planes));
        planes.all(|planes| all.is_subset(&planes.must))
    }

    /// What the policies of a subject may let through with a class of peers.
    pub(crate) fn may_pass(&self, direction: Direction, subject: SubjectId, peer: super::PeerId) -> &TrafficSet {
        &self.side(direction).row(subject, &self.cluster, &self.selectors).planes(peer).may
    }

    fn rows_over(
        &self,
        side: &Side,
        lists: &[Applied],
        ports: u32,
        own_node: bool,
        out: &PortsOut,
    ) -> (Row, OutsideRow) {
        if lists.is_empty() {
            return (Row::open(), OutsideRow::open());
        }
        let cut = Cut::without(side, lists, ports, own_node, out);
        let outside = cut.outside();
        (cut.row(&self.selectors, &self.cluster, || &outside), outside)
    }
}

impl Row {
    /// Whether it says the same of every class.
    fn is_same(&self, other: &Self, classes: usize) -> bool {
        let same = |class| self.planes[self.number(class) as usize] == other.planes[other.number(class) as usize];
        if self.planes[0] == other.planes[0] {
            // Only exceptions can differ.
            return self.exceptions().chain(other.exceptions()).all(|(class, _)| same(class));
        }
        (0..crate::source::to_u32(classes)).all(same)
    }
}

impl OutsideRow {
    /// Whether it says the same of every address.
    fn is_same(&self, other: &Self) -> bool {
        let known =
            |(planes, addresses): &(super::Planes, _)| other.cells.iter().any(|(p, a)| p == planes && a == addresses);
        self.cells.len() == other.cells.len() && self.cells.iter().all(known)
    }
}
