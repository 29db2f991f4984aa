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
        let egress = self.direction(Direction::Egress, source, destination, family).within(asked);
        let ingress = self.direction(Direction::Ingress, destination, source, family).within(asked);
        let mut total = egress.and(&ingress);
        if total.must != total.may && self.share_unknown(source, destination) {
            self.correlate(&mut total, source, destination, family);
        }
        PairPlanes { egress, ingress, total }
    }

    /// What one direction of a flow allows.
    fn direction(&self, direction: Direction, subject: Party, peer: Party, family: Family) -> Planes {
        let side = self.side(direction);
        let all = TrafficSet::all();
        let Some(row) = self.pod(subject).and_then(|pod| side.subject(pod)) else { return Planes::allow(&all) };
        let own_node = self.own_node(subject, peer);
        if direction == Direction::Ingress && own_node == Match::Yes {
            return Planes::allow(&all);
        }
        let mut planes = match (peer, side.peer(peer, family)) {
            (Party::Address(address), _) => side.outside(row).planes(address),
            (_, Some(class)) => side.row(row, &self.cluster, &self.selectors).planes(class).clone(),
            // No such family, so no flow.
            (_, None) => Planes::default(),
        };
        // Ingress from what may be the own node, and egress to what is or may be it: allowed by
        // some, policed by others (semantics A6).
        if own_node != Match::No {
            planes.may = all;
        }
        planes
    }

    /// Whether both directions may rest on the same unknown: the labels of one namespace.
    pub(super) fn share_unknown(&self, source: Party, destination: Party) -> bool {
        let (Some(source), Some(destination)) = (self.pod(source), self.pod(destination)) else { return false };
        let namespace = self.cluster.endpoint(source).namespace;
        namespace == self.cluster.endpoint(destination).namespace && !self.cluster.namespace(namespace).labels_known
    }

    /// Takes out of what may be allowed what is denied in one direction or the other whatever the
    /// shared unknown is. (What must be allowed needs no such look: it is allowed in every world.)
    fn correlate(&self, total: &mut Planes, source: Party, destination: Party, family: Family) {
        let open = total.may.difference(&total.must);
        let to = self.address_cases(Direction::Egress, source, destination, family);
        let from = self.address_cases(Direction::Ingress, destination, source, family);
        let (subject, object) = (End { party: source, address: None }, End { party: destination, address: None });
        let worlds = self.worlds(source, destination);
        for atom in open.atoms(&self.cuts(source, destination)) {
            let Some((protocol, port)) = atom.first() else { continue };
            let possible = worlds.iter().any(|world| {
                let allows = |direction, subject, party, address: &Option<_>| {
                    let peer = End { party, address: *address };
                    self.trace(direction, subject, peer, world, protocol, port).may_allow
                };
                to.iter().any(|address| allows(Direction::Egress, subject, destination, address))
                    && from.iter().any(|address| allows(Direction::Ingress, object, source, address))
            });
            if !possible {
                total.may = total.may.difference(&atom);
            }
        }
    }

    /// Where a rule of either end begins or ends, on the destination's ports.
    fn cuts(&self, source: Party, destination: Party) -> Vec<TrafficSet> {
        let ends = [(Direction::Egress, source), (Direction::Ingress, destination)];
        let rules = ends
            .into_iter()
            .filter_map(|(direction, party)| Some((direction, self.pod(party)?)))
            .flat_map(|(direction, pod)| self.rules_of(direction, pod));
        let cuts = rules.flat_map(|rule| rule.traffic.iter().map(|p| self.traffic_of(&p.ports, destination)));
        cuts.flat_map(|(must, may)| [must, may]).collect()
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
