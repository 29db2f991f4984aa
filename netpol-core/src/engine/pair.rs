//! A pair of parties: both directions, over all cases of what is not known.

use super::{End, Engine, Party, Planes, Trace};
use crate::ir::Direction;
use crate::selector::Match;
use crate::set::{Family, Protocol, TrafficSet};

/// The verdict of a pair in one family.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PairPlanes {
    pub(crate) egress: Planes,
    pub(crate) ingress: Planes,
    /// Both together. Not always the meet of the two: they may rest on the same unknown.
    pub(crate) total: Planes,
}

/// The reasons of a flow, by direction.
#[derive(Clone, Debug)]
pub(crate) struct Evidence {
    pub(crate) egress: Trace,
    pub(crate) ingress: Trace,
    /// Whether labels of a namespace that is not in the input were enumerated.
    pub(crate) unknown_labels: bool,
    /// Whether an address was not known and mattered, of the source and of the destination.
    pub(crate) unknown_source: bool,
    pub(crate) unknown_destination: bool,
    /// Whether the source is the destination's own node, and the other way round.
    pub(crate) from_own_node: Match,
    pub(crate) to_own_node: Match,
}

impl Engine {
    /// Decides a pair that is not one and the same pod.
    pub(crate) fn pair(&self, source: Party, destination: Party, family: Family, asked: &TrafficSet) -> PairPlanes {
        let to = self.address_cases(Direction::Egress, source, destination, family);
        let from = self.address_cases(Direction::Ingress, destination, source, family);
        let (subject, object) = (End { party: source, address: None }, End { party: destination, address: None });
        let mut result: Option<PairPlanes> = None;
        for world in &self.worlds(source, destination) {
            let egress = to.iter().map(|address| {
                self.bulk(Direction::Egress, subject, End { party: destination, address: *address }, world, asked)
            });
            let ingress = from.iter().map(|address| {
                self.bulk(Direction::Ingress, object, End { party: source, address: *address }, world, asked)
            });
            let egress = Planes::join(egress).unwrap_or_else(|| Planes::allow(asked));
            let ingress = Planes::join(ingress).unwrap_or_else(|| Planes::allow(asked));
            let total = egress.and(&ingress);
            result = Some(match result {
                None => PairPlanes { egress, ingress, total },
                Some(so_far) => PairPlanes {
                    egress: so_far.egress.or_else(&egress),
                    ingress: so_far.ingress.or_else(&ingress),
                    total: so_far.total.or_else(&total),
                },
            });
        }
        result.unwrap_or_else(|| {
            let all = Planes::allow(asked);
            PairPlanes { egress: all.clone(), ingress: all.clone(), total: all }
        })
    }

    /// The reasons of one flow of a pair.
    pub(crate) fn evidence(
        &self,
        source: Party,
        destination: Party,
        family: Family,
        protocol: Protocol,
        port: u16,
    ) -> Evidence {
        let to = self.address_cases(Direction::Egress, source, destination, family);
        let from = self.address_cases(Direction::Ingress, destination, source, family);
        let worlds = self.worlds(source, destination);
        let (mut egress, mut ingress): (Option<Trace>, Option<Trace>) = (None, None);
        let join = |all: &mut Option<Trace>, one: Trace| match all {
            Some(all) => all.join(one),
            None => *all = Some(one),
        };
        let (subject, object) = (End { party: source, address: None }, End { party: destination, address: None });
        for world in &worlds {
            for address in &to {
                let peer = End { party: destination, address: *address };
                join(&mut egress, self.trace(Direction::Egress, subject, peer, world, protocol, port));
            }
            for address in &from {
                let peer = End { party: source, address: *address };
                join(&mut ingress, self.trace(Direction::Ingress, object, peer, world, protocol, port));
            }
        }
        Evidence {
            egress: egress.unwrap_or_default(),
            ingress: ingress.unwrap_or_default(),
            unknown_labels: worlds.len() > 1,
            unknown_source: from.len() > 1 && self.addresses(source, family).is_empty(),
            unknown_destination: to.len() > 1 && self.addresses(destination, family).is_empty(),
            from_own_node: self.own_node(destination, source),
            to_own_node: self.own_node(source, destination),
        }
    }
}
