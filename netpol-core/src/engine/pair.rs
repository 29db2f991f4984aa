//! A pair of parties: both directions, over all cases of what is not known.

use super::{End, Engine, Party, Planes, Trace};
use crate::ir::Direction;
use crate::model::EndpointId;
use crate::profile::OwnNode;
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

impl PairPlanes {
    /// What is left open of either direction or of both together.
    fn open(&self) -> TrafficSet {
        let open = |planes: &Planes| planes.may.difference(&planes.must);
        open(&self.egress).union(&open(&self.ingress)).union(&open(&self.total))
    }
}

/// What a packet may come to over some cases of what is not known.
#[derive(Clone, Copy)]
struct Cases {
    allow: bool,
    deny: bool,
}

impl Cases {
    const NONE: Self = Self { allow: false, deny: false };

    fn or(self, other: Self) -> Self {
        Self { allow: self.allow | other.allow, deny: self.deny | other.deny }
    }

    /// Decides an atom of traffic whose packets all come to this.
    fn settle(self, planes: &mut Planes, atom: &TrafficSet) {
        if !self.allow {
            planes.may = planes.may.difference(atom);
        } else if !self.deny {
            planes.must = planes.must.union(atom);
        }
    }
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
        let mut planes = PairPlanes { total: egress.and(&ingress), egress, ingress };
        if !planes.open().is_empty() && self.share_unknown(source, destination) {
            self.correlate(&mut planes, source, destination, family);
        }
        planes
    }

    /// What one direction of a flow allows.
    fn direction(&self, direction: Direction, subject: Party, peer: Party, family: Family) -> Planes {
        let side = self.side(direction);
        let Some(row) = self.pod(subject).and_then(|pod| side.subject(pod)) else {
            return Planes::allow(&TrafficSet::all());
        };
        let (cluster, selectors) = (&self.cluster, &self.selectors);
        match (peer, side.peer(peer, family)) {
            (Party::Address(address), _) => side.outside(row, cluster, selectors).planes(address),
            (_, Some(class)) => {
                let own_node = self.own_node(direction, subject, peer);
                if own_node == Match::No {
                    return side.row(row, cluster, selectors).planes(class).clone();
                }
                // Ingress from what may be the own node, and egress to what is or may be it: allowed
                // by some, policed by others (semantics A6).
                let exempt = side.own_node_row(row, cluster, selectors).planes(class).clone();
                if own_node == Match::Yes && self.own_node_of(direction) == OwnNode::Exempt {
                    return exempt;
                }
                exempt.or_else(side.row(row, cluster, selectors).planes(class))
            }
            // No such family, so no flow.
            (_, None) => Planes::default(),
        }
    }

    /// What one direction of a flow between a pod and its own node allows; `node` is that node, or any if it
    /// is not known which.
    pub(crate) fn with_own_node(&self, direction: Direction, pod: EndpointId, node: Party, family: Family) -> Planes {
        let side = self.side(direction);
        let (Some(row), Some(class)) = (side.subject(pod), side.peer(node, family)) else { return Planes::default() };
        let policed = || side.row(row, &self.cluster, &self.selectors).planes(class);
        let exempt = || side.own_node_row(row, &self.cluster, &self.selectors).planes(class);
        match self.own_node_of(direction) {
            OwnNode::Exempt => exempt().clone(),
            OwnNode::Undefined => exempt().clone().or_else(policed()),
            OwnNode::Policed => policed().clone(),
        }
    }

    /// Whether what is not known of a namespace may be looked at more than once: by both directions,
    /// or by one as the subject's and the peer's.
    pub(super) fn share_unknown(&self, source: Party, destination: Party) -> bool {
        let (Some(source), Some(destination)) = (self.pod(source), self.pod(destination)) else {
            // Of a host that selectors see, every rule looks; what comes of the own node is looked at elsewhere.
            let (pod, host, direction) = match self.pod(source) {
                Some(_) => (source, destination, Direction::Egress),
                None => (destination, source, Direction::Ingress),
            };
            return self.host_seen(host).is_some_and(|id| {
                let namespace = self.cluster.endpoint(id).namespace;
                let stranger = self.own_node(direction, pod, host) == Match::No;
                stranger && self.pod(pod).is_some() && !self.cluster.namespace(namespace).labels_known
            });
        };
        let namespace = self.cluster.endpoint(source).namespace;
        let same = namespace == self.cluster.endpoint(destination).namespace;
        (same && !self.cluster.namespace(namespace).labels_known)
            || self.side(Direction::Egress).is_open(source)
            || self.side(Direction::Ingress).is_open(destination)
    }

    /// Decides what was left open case by case of the shared unknown: each direction by itself, and
    /// both together.
    fn correlate(&self, planes: &mut PairPlanes, source: Party, destination: Party, family: Family) {
        let to = self.address_cases(Direction::Egress, source, destination, family);
        let from = self.address_cases(Direction::Ingress, destination, source, family);
        let (subject, object) = (End { party: source, address: None }, End { party: destination, address: None });
        let worlds = self.worlds(source, destination);
        for atom in planes.open().atoms(&self.cuts(source, destination)) {
            let Some((protocol, port)) = atom.first() else { continue };
            let (mut egress, mut ingress, mut total) = (Cases::NONE, Cases::NONE, Cases::NONE);
            for world in &worlds {
                let joined = |direction, subject, party, addresses: &[Option<_>]| {
                    let traces = addresses.iter().map(|address| {
                        let peer = End { party, address: *address };
                        let trace = self.trace(direction, subject, peer, world, protocol, port);
                        Cases { allow: trace.may_allow, deny: trace.may_deny }
                    });
                    traces.fold(Cases::NONE, Cases::or)
                };
                let out = joined(Direction::Egress, subject, destination, &to);
                let into = joined(Direction::Ingress, object, source, &from);
                egress = egress.or(out);
                ingress = ingress.or(into);
                total = total.or(Cases { allow: out.allow && into.allow, deny: out.deny || into.deny });
            }
            egress.settle(&mut planes.egress, &atom);
            ingress.settle(&mut planes.ingress, &atom);
            total.settle(&mut planes.total, &atom);
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
        let from_own_node = self.own_node(Direction::Ingress, destination, source);
        let to_own_node = self.own_node(Direction::Egress, source, destination);
        let exempt = |direction, own_node| own_node == Match::Yes && self.own_node_of(direction) == OwnNode::Exempt;
        for world in &worlds {
            for address in &to {
                let peer = End { party: destination, address: *address };
                if !exempt(Direction::Egress, to_own_node) {
                    join(&mut egress, self.trace(Direction::Egress, subject, peer, world, protocol, port));
                }
                if to_own_node != Match::No && self.judges_own_node(Direction::Egress, source) {
                    let flow = (protocol, port);
                    join(&mut egress, self.trace_own_node(Direction::Egress, subject, peer, world, flow));
                }
            }
            for address in &from {
                let peer = End { party: source, address: *address };
                if !exempt(Direction::Ingress, from_own_node) {
                    join(&mut ingress, self.trace(Direction::Ingress, object, peer, world, protocol, port));
                }
                if from_own_node != Match::No && self.judges_own_node(Direction::Ingress, destination) {
                    let flow = (protocol, port);
                    join(&mut ingress, self.trace_own_node(Direction::Ingress, object, peer, world, flow));
                }
            }
        }
        Evidence {
            egress: egress.unwrap_or_default(),
            ingress: ingress.unwrap_or_default(),
            unknown_labels: worlds.len() > 1,
            unknown_source: from.len() > 1 && self.addresses(source, family).is_empty(),
            unknown_destination: to.len() > 1 && self.addresses(destination, family).is_empty(),
            from_own_node,
            to_own_node,
        }
    }

    /// Whether a policy applies to a pod that judges what its own node sends and gets.
    pub(crate) fn judges_own_node(&self, direction: Direction, pod: Party) -> bool {
        let tiers = &self.ir.chain(direction).tiers;
        self.pod(pod).is_some_and(|pod| self.lists_of(direction, pod).any(|a| tiers[a.tier].judges_own_node))
    }
}
