//! Of many pairs, those that may come to anything: the others need no look.
//!
//! As with all pairs, the two factors are read by themselves: a subject's row says which classes it
//! is open to, and the rows of its partners, turned round, say who is open to its own class.

use super::rectangles::Role;
use super::{Engine, SubjectId};
use crate::ir::Direction;
use crate::model::EndpointId;
use crate::set::{Family, TrafficSet};
use fixedbitset::FixedBitSet;
use std::collections::HashMap;

type Hasher = foldhash::fast::RandomState;

/// More pairs are not held, as one bit each: 400 MB.
pub(crate) const MOST_PAIRS: usize = 3_200_000_000;

/// Partners of one subject after the other, in one direction: targets of sources (egress), or
/// sources of targets (ingress).
pub(crate) struct Openings<'e> {
    engine: &'e Engine,
    direction: Direction,
    asked: TrafficSet,
    /// The partners that there are.
    all: FixedBitSet,
    /// Of whom the factors alone do not decide: who is on a node's network.
    hosts: FixedBitSet,
    by_family: [ByFamily; 2],
    /// The partners that are open, as subjects, to every class that is no exception.
    usual: FixedBitSet,
    /// By class of the one who asks: the partners of whom that class is an exception.
    exceptions: Vec<Vec<u32>>,
}

/// Partners as peers, in one family.
struct ByFamily {
    all: FixedBitSet,
    at_class: Vec<Vec<u32>>,
    /// By subject of the one who asks: the partners that it is open to.
    known: HashMap<Option<SubjectId>, FixedBitSet, Hasher>,
}

impl<'e> Openings<'e> {
    /// `partners`: one pod of each; none: nobody. `direction` is that of those who will ask.
    pub(crate) fn new(
        engine: &'e Engine,
        direction: Direction,
        partners: impl Iterator<Item = Option<EndpointId>>,
        asked: &TrafficSet,
    ) -> Self {
        let partners: Vec<Option<Role>> = partners.map(|id| id.map(|id| engine.role(id))).collect();
        let other = direction.reversed();
        let none = FixedBitSet::with_capacity(partners.len());
        let by_family = Family::ALL.map(|family| {
            let at_class = vec![Vec::new(); engine.side(direction).peer_count()];
            let mut found = ByFamily { all: none.clone(), at_class, known: HashMap::default() };
            for (at, role) in partners.iter().enumerate() {
                let Some(role) = role else { continue };
                if let Some(class) = role.peer(direction, family) {
                    found.all.insert(at);
                    found.at_class[class.0 as usize].push(crate::source::to_u32(at));
                }
            }
            found
        });
        let (mut everybody, mut hosts, mut usual) = (none.clone(), none.clone(), none);
        let mut exceptions = vec![Vec::new(); engine.side(other).peer_count()];
        let mut of_subject: Vec<Vec<u32>> = vec![Vec::new(); engine.side(other).subject_count()];
        for (at, role) in partners.iter().enumerate() {
            let Some(role) = role else { continue };
            everybody.insert(at);
            hosts.set(at, role.host_network);
            match engine.policed(other, role) {
                None => usual.insert(at),
                Some(subject) => of_subject[subject.0 as usize].push(crate::source::to_u32(at)),
            }
        }
        for (of, subject) in of_subject.iter().zip(0..).filter(|(of, _)| !of.is_empty()) {
            let row = engine.side(other).row(SubjectId(subject), &engine.cluster, &engine.selectors);
            let open: Vec<bool> = row.planes.iter().map(|p| !p.may.intersection(asked).is_empty()).collect();
            if open[0] {
                of.iter().for_each(|at| usual.insert(*at as usize));
            }
            for (class, _) in row.exceptions().filter(|(_, number)| open[*number as usize] != open[0]) {
                exceptions[class as usize].extend(of);
            }
        }
        Self { engine, direction, asked: asked.clone(), all: everybody, hosts, by_family, usual, exceptions }
    }

    /// The partners to whom something may pass, and those of whom the factors alone do not tell.
    pub(crate) fn of(&mut self, subject: EndpointId) -> FixedBitSet {
        let role = self.engine.role(subject);
        if role.host_network {
            return self.all.clone();
        }
        let mut open = self.hosts.clone();
        let subject = self.engine.policed(self.direction, &role);
        for family in Family::ALL {
            let Some(class) = role.peer(self.direction.reversed(), family) else { continue };
            let mut both = self.usual.clone();
            self.exceptions[class.0 as usize].iter().for_each(|at| both.toggle(*at as usize));
            both.intersect_with(self.open_to(subject, family));
            open.union_with(&both);
        }
        open
    }

    /// The partners, of a family, that a subject (none: not policed) is open to.
    fn open_to(&mut self, subject: Option<SubjectId>, family: Family) -> &FixedBitSet {
        let (engine, asked, direction) = (self.engine, &self.asked, self.direction);
        let ByFamily { all, at_class, known } = &mut self.by_family[family as usize];
        known.entry(subject).or_insert_with(|| {
            let Some(subject) = subject else { return all.clone() };
            let row = engine.side(direction).row(subject, &engine.cluster, &engine.selectors);
            let open: Vec<bool> = row.planes.iter().map(|p| !p.may.intersection(asked).is_empty()).collect();
            let mut partners = if open[0] { all.clone() } else { FixedBitSet::with_capacity(all.len()) };
            for (class, _) in row.exceptions().filter(|(_, number)| open[*number as usize] != open[0]) {
                at_class[class as usize].iter().for_each(|at| partners.toggle(*at as usize));
            }
            partners
        })
    }
}
