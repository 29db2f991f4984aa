//! One direction, compiled: its lists, its subjects and its peers.

use super::class_set::ClassSet;
use super::lists::Lists;
use super::matching::Party;
use super::peers::{PeerId, Peers};
use super::row::{Cell, Cut, OutsideRow, Row};
use super::scenario::Unknown;
use super::subjects::{SubjectId, Subjects};
use crate::ir::{Direction, PolicyIr};
use crate::model::{Cluster, EndpointId};
use crate::profile::Profile;
use crate::selector::Selectors;
use crate::set::{AddressSet, Family, TrafficSet};
use indexmap::IndexMap;
use std::net::IpAddr;
use std::sync::Arc;

/// A factor of the verdict: for each subject and each peer, what its policies allow.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    pub(super) direction: Direction,
    pub(super) lists: Lists,
    pub(super) subjects: Subjects,
    pub(super) peers: Peers,
}

impl Side {
    pub(super) fn compile(
        cluster: &Cluster,
        selectors: &Selectors,
        ir: &PolicyIr,
        profile: &Profile,
        direction: Direction,
    ) -> Self {
        let mut lists = Lists::compile(ir.chain(direction));
        let subjects = Subjects::fold(cluster, selectors, &lists, direction);
        let peers = Peers::fold(cluster, profile, selectors, &mut lists, direction);
        Self { direction, lists, subjects, peers }
    }

    /// The subject that a pod is; none on the host's network, where no policy applies.
    pub(crate) fn subject(&self, endpoint: EndpointId) -> Option<SubjectId> {
        self.subjects.of(endpoint)
    }

    /// The class of a peer; none for an address outside, and where it has no such family.
    pub(crate) fn peer(&self, party: Party, family: Family) -> Option<PeerId> {
        self.peers.of(party, family)
    }

    /// Whether a policy applies to a subject at all.
    pub(crate) fn is_policed(&self, subject: SubjectId) -> bool {
        !self.subjects.all[subject.0 as usize].lists.is_empty()
    }

    /// The lists that apply to a subject, by their number in the chain, and whether each surely does.
    pub(crate) fn applied(&self, subject: SubjectId) -> impl Iterator<Item = (usize, bool)> + '_ {
        self.subjects.all[subject.0 as usize].lists.iter().map(|a| (a.list as usize, a.certain))
    }

    pub(crate) fn subject_count(&self) -> usize {
        self.subjects.all.len()
    }

    pub(crate) fn peer_count(&self) -> usize {
        self.peers.len()
    }

    /// What a subject's policies say of every class of peers. Computed when first asked for.
    pub(crate) fn row(&self, subject: SubjectId, cluster: &Cluster, selectors: &Selectors) -> &Arc<Row> {
        let subject = &self.subjects.all[subject.0 as usize];
        subject.row.get_or_init(|| {
            if subject.lists.is_empty() {
                return Arc::new(open(ClassSet::All));
            }
            Arc::new(Cut::new(self, subject).row(selectors, &Unknown { cluster }))
        })
    }

    /// What a subject's policies say of every class of peers, for some traffic; of the rest nothing
    /// is said that means anything. Cheaper than the row where little is asked about.
    pub(crate) fn row_within(
        &self,
        subject: SubjectId,
        asked: &TrafficSet,
        cluster: &Cluster,
        selectors: &Selectors,
    ) -> Arc<Row> {
        let subject = &self.subjects.all[subject.0 as usize];
        match subject.row.get() {
            Some(known) => known.clone(),
            None => Arc::new(Cut::within(self, subject, asked).row(selectors, &Unknown { cluster })),
        }
    }

    /// What a subject's policies say of every address outside.
    pub(crate) fn outside(&self, subject: SubjectId) -> &Arc<OutsideRow> {
        let subject = &self.subjects.all[subject.0 as usize];
        subject.outside.get_or_init(|| {
            if subject.lists.is_empty() {
                return Arc::new(open(AddressSet::all()));
            }
            Arc::new(Cut::new(self, subject).outside())
        })
    }
}

/// Everything is allowed.
fn open<P>(all: P) -> super::row::Cells<P> {
    let all = Arc::new(all);
    let traffic = TrafficSet::all();
    super::row::Cells { cells: [Cell { traffic, must: all.clone(), may: all }].into(), cost: 0 }
}

impl Row {
    /// What must be allowed and what may be, towards a class.
    pub(super) fn planes(&self, peer: PeerId) -> super::Planes {
        super::Planes::of_cells(&self.cells, |set| set.contains(peer.0))
    }
}

impl OutsideRow {
    /// Cuts a set of addresses into those that are alike; ascending by their first address.
    pub(crate) fn by_address(&self, space: &AddressSet) -> Vec<(super::Planes, AddressSet)> {
        let sets: Vec<&AddressSet> = self.cells.iter().flat_map(|c| [&*c.must, &*c.may]).collect();
        let mut found: IndexMap<Vec<bool>, Vec<(IpAddr, IpAddr)>> = IndexMap::new();
        for (low, high) in space.atoms(&sets) {
            found.entry(sets.iter().map(|s| s.contains(low)).collect()).or_default().push((low, high));
        }
        let alike = found.into_values().filter_map(|ranges| {
            let (low, _) = *ranges.first()?;
            Some((self.planes(low), AddressSet::from_ranges(&ranges)))
        });
        alike.collect()
    }

    /// What must be allowed and what may be, towards an address.
    pub(super) fn planes(&self, address: IpAddr) -> super::Planes {
        super::Planes::of_cells(&self.cells, |set| set.contains(address))
    }
}
