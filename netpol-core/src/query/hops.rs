//! The cluster as hops: which unit can open a connection to which, for some traffic.

use super::port::PortExpr;
use super::resolve::{QueryError, QueryProblem};
use super::units::{Link, Outside, Unit};
use crate::engine::{Engine, MOST_PAIRS, Openings, Reach};
use crate::ir::Direction;
use crate::model::{EndpointId, NodeId};
use crate::set::{AddressSet, TrafficSet};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use fixedbitset::FixedBitSet;

/// More pairs of units between which something may pass are not looked at: some seconds' work.
const MAX_PAIRS: usize = 20_000_000;

/// How sure a hop is; the less, the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sure {
    Allowed,
    Undefined,
}

/// What a hop is about: its traffic, or a port name to look up at its end.
pub(super) struct Asked {
    pub(super) set: TrafficSet,
    name: Option<(String, Option<crate::set::Protocol>)>,
}

impl Asked {
    pub(super) fn new(port: &PortExpr) -> Self {
        match port {
            PortExpr::Set(set) => Self { set: set.clone(), name: None },
            PortExpr::Any => Self { set: TrafficSet::all_ports(), name: None },
            PortExpr::Named(name, protocol) => {
                Self { set: TrafficSet::all_ports(), name: Some((name.clone(), *protocol)) }
            }
        }
    }

    /// The traffic towards a pod.
    pub(super) fn at(&self, engine: &Engine, to: &Unit) -> TrafficSet {
        match (&self.name, to.members.first()) {
            (Some((name, protocol)), Some(id)) => engine.declared(*id, name, *protocol),
            _ => self.set.clone(),
        }
    }

    /// The traffic towards an address, which declares no port names.
    pub(super) fn outside(&self) -> TrafficSet {
        if self.name.is_some() { TrafficSet::empty() } else { self.set.clone() }
    }

    /// The port name, if it is one.
    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_ref().map(|(name, _)| &**name)
    }
}

/// The units of a cluster, and the hops between them.
pub(super) struct Hops<'e> {
    pub(super) engine: &'e Engine,
    reach: Reach<'e>,
    pub(super) units: Vec<Unit>,
    /// Which of them FROM means, and which TO.
    pub(super) sources: SortedSet<usize>,
    pub(super) targets: SortedSet<usize>,
    /// To whom something may pass from each unit, as far as it was asked for; none: there are too
    /// many units to hold that.
    openings: Option<(Openings<'e>, Vec<Option<FixedBitSet>>)>,
    /// How many pairs were looked at.
    looked: usize,
    /// Whether some hop exists only for pods of certain nodes, which these units do not tell apart.
    pub(super) by_node: bool,
}

impl<'e> Hops<'e> {
    /// `split`: pods of different nodes are different units.
    pub(super) fn new(
        engine: &'e Engine,
        from: &[EndpointId],
        to: &[EndpointId],
        traffic: &TrafficSet,
        split: bool,
    ) -> Self {
        let (from, to): (SortedSet<EndpointId>, SortedSet<EndpointId>) =
            (from.iter().copied().collect(), to.iter().copied().collect());
        let mut parts: SortedMap<(bool, bool, Option<NodeId>), Vec<EndpointId>> = SortedMap::new();
        for id in engine.cluster.real_endpoints() {
            let node = engine.cluster.endpoint(id).node.filter(|_| split);
            parts.entry((from.contains(&id), to.contains(&id), node)).or_default().push(id);
        }
        let mut units: Vec<(Unit, bool, bool)> = Vec::new();
        for ((is_source, is_target, _), endpoints) in parts {
            let part = engine.units(endpoints.into_iter()).into_iter();
            units.extend(part.map(|unit| (unit, is_source, is_target)));
        }
        // In the order of their names, whatever they are asked for: the first of several is taken.
        units.arrange_by_key(|(unit, ..)| {
            let workload = engine.cluster.workload(unit.workload);
            let name = engine.cluster.namespace_name(workload.namespace).to_owned();
            let first = unit.members.first().map(|id| engine.cluster.endpoint(*id).name.clone());
            (name, workload.kind_name.clone(), workload.name.clone(), first, unit.members.first().copied())
        });
        let which = |wanted: fn(&(Unit, bool, bool)) -> bool| -> SortedSet<usize> {
            units.iter().enumerate().filter(|(_, u)| wanted(u)).map(|(at, _)| at).collect()
        };
        let (sources, targets) = (which(|u| u.1), which(|u| u.2));
        let reach = Reach::new(engine, traffic);
        let units: Vec<Unit> = units.into_iter().map(|(unit, ..)| unit).collect();
        let openings = (units.len().saturating_mul(units.len()) <= MOST_PAIRS).then(|| {
            let who = units.iter().map(|unit| unit.members.first().copied());
            (Openings::new(engine, Direction::Egress, who, traffic), vec![None; units.len()])
        });
        Self { engine, reach, units, sources, targets, openings, looked: 0, by_node: false }
    }

    /// Whether anything may pass from one unit to another, as far as each direction by itself tells.
    fn may_pass(&mut self, from: usize, to: usize) -> bool {
        let Some((openings, known)) = &mut self.openings else { return true };
        let Some(first) = self.units[from].members.first() else { return false };
        known[from].get_or_insert_with(|| openings.of(*first)).contains(to)
    }

    /// What one unit may send another, by relation and family; nothing where nothing may pass.
    pub(super) fn between(
        &mut self,
        from: usize,
        to: usize,
        asked: &TrafficSet,
    ) -> Vec<(Link, TrafficSet, TrafficSet)> {
        let links = self.engine.links(&mut self.reach, &self.units[from], &self.units[to]);
        let mut found = Vec::new();
        for link in links {
            let planes = self.reach.get(link.planes).within(asked);
            self.by_node |= link.relation.is_some();
            if !planes.may.is_empty() {
                let undefined = planes.may.difference(&planes.must);
                found.push((link, planes.must, undefined));
            }
        }
        found
    }

    /// How sure a hop is, if there is one.
    pub(super) fn sure(&mut self, from: usize, to: usize, asked: &TrafficSet) -> Result<Option<Sure>, QueryError> {
        if !self.may_pass(from, to) {
            return Ok(None);
        }
        self.looked += 1;
        if self.looked > MAX_PAIRS {
            return Err(QueryError::new(QueryProblem::TooManyHops)
                .with("groups", self.units.len())
                .with("limit", MAX_PAIRS));
        }
        let between = self.between(from, to, asked);
        let sure = |(_, allow, _): &(_, TrafficSet, _)| if allow.is_empty() { Sure::Undefined } else { Sure::Allowed };
        Ok(between.iter().map(sure).min())
    }

    /// What a unit has to do with addresses outside.
    pub(super) fn outside(
        &self,
        direction: Direction,
        unit: usize,
        addresses: &AddressSet,
        asked: &TrafficSet,
    ) -> Vec<Outside> {
        self.engine.outside_of(direction, &self.units[unit], addresses, asked)
    }

    /// Whether a pod of the unit can reach another one of it by way of others.
    pub(super) fn is_several(&self, unit: usize) -> bool {
        let members = &self.units[unit].members;
        members.len() > 1 || members.iter().any(|id| self.engine.is_many(*id))
    }
}

/// How sure what reaches outside is.
pub(super) fn sure_outside(found: &[Outside]) -> Option<Sure> {
    found.iter().map(|o| if o.allow.is_empty() { Sure::Undefined } else { Sure::Allowed }).min()
}
