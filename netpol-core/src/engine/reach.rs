//! Many pairs: planes by number, so that each distinct one is computed once.

use super::{Engine, Party, Planes};
use crate::ir::Direction;
use crate::set::{Family, TrafficSet};
use indexmap::IndexSet;
use std::collections::HashMap;

/// Planes of a [`Reach`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PlanesId(u32);

/// A table of what pairs come to, filled as pairs are asked for.
pub(crate) struct Reach<'e> {
    engine: &'e Engine,
    asked: TrafficSet,
    families: Vec<Family>,
    planes: IndexSet<Planes, foldhash::fast::RandomState>,
    /// Per direction: (subject, number of planes in its row) → planes.
    factors: [HashMap<(u32, u32), PlanesId, foldhash::fast::RandomState>; 2],
    meets: HashMap<(PlanesId, PlanesId), PlanesId, foldhash::fast::RandomState>,
    all: PlanesId,
}

impl<'e> Reach<'e> {
    pub(crate) fn new(engine: &'e Engine, asked: &TrafficSet) -> Self {
        let mut planes = IndexSet::default();
        let all = PlanesId(crate::source::to_u32(planes.insert_full(Planes::allow(asked)).0));
        let (asked, families) = (asked.clone(), Family::ALL.to_vec());
        Self { engine, asked, families, planes, factors: Default::default(), meets: HashMap::default(), all }
    }

    /// The same, of these families only.
    pub(crate) fn within(self, families: &[Family]) -> Self {
        Self { families: families.to_vec(), ..self }
    }

    /// The families in which two parties have anything to do with each other, as far as is asked.
    pub(crate) fn common_families(&self, a: Party, b: Party) -> Vec<Family> {
        let common = self.engine.common_families(a, b).into_iter();
        common.filter(|family| self.families.contains(family)).collect()
    }

    /// The families that are asked about.
    pub(crate) fn families(&self) -> &[Family] {
        &self.families
    }

    /// The traffic that the planes are about.
    pub(crate) fn asked(&self) -> &TrafficSet {
        &self.asked
    }

    pub(crate) fn get(&self, id: PlanesId) -> &Planes {
        &self.planes[id.0 as usize]
    }

    fn intern(&mut self, planes: Planes) -> PlanesId {
        PlanesId(crate::source::to_u32(self.planes.insert_full(planes).0))
    }

    /// What one direction allows; none where nothing but the pair itself tells (see [`Engine::pair`]).
    fn factor(&mut self, direction: Direction, subject: Party, peer: Party, family: Family) -> Option<PlanesId> {
        let engine = self.engine;
        let side = engine.side(direction);
        let Some(subject) = engine.pod(subject).and_then(|pod| side.subject(pod)) else { return Some(self.all) };
        if !side.is_policed(subject) {
            return Some(self.all);
        }
        let peer = side.peer(peer, family)?;
        let row = side.row(subject, &engine.cluster, &engine.selectors);
        let number = row.number(peer.0);
        if let Some(known) = self.factors[direction as usize].get(&(subject.0, number)) {
            return Some(*known);
        }
        let id = self.intern(row.planes[number as usize].within(&self.asked));
        self.factors[direction as usize].insert((subject.0, number), id);
        Some(id)
    }

    /// What both directions allow, each by itself; none where nothing but the pair itself tells.
    pub(crate) fn factors(&mut self, source: Party, destination: Party, family: Family) -> Option<Planes> {
        let egress = self.factor(Direction::Egress, source, destination, family)?;
        let ingress = self.factor(Direction::Ingress, destination, source, family)?;
        Some(self.get(egress).and(self.get(ingress)))
    }

    /// What a pair comes to, both directions together: [`Engine::pair`] by way of the table.
    pub(crate) fn pair(&mut self, source: Party, destination: Party, family: Family) -> PlanesId {
        let engine = self.engine;
        let hosts = engine.node_of_host(source).is_some() || engine.node_of_host(destination).is_some();
        if !hosts
            && let Some(egress) = self.factor(Direction::Egress, source, destination, family)
            && let Some(ingress) = self.factor(Direction::Ingress, destination, source, family)
        {
            let meet = match self.meets.get(&(egress, ingress)) {
                _ if egress == self.all => ingress,
                _ if ingress == self.all => egress,
                Some(known) => *known,
                None => {
                    let meet = self.get(egress).and(self.get(ingress));
                    let meet = self.intern(meet);
                    self.meets.insert((egress, ingress), meet);
                    meet
                }
            };
            // One direction alone may look twice at what is not known.
            let planes = self.get(meet);
            if planes.must == planes.may || !engine.share_unknown(source, destination) {
                return meet;
            }
        }
        let planes = engine.pair(source, destination, family, &self.asked).total;
        self.intern(planes)
    }
}
