//! What is asked of every unit in turn, with what subjects have in common computed once.

use super::answer::{Note, Peer, PolicyRef, Relation};
use super::basis::Basis;
use super::internet::Internet;
use super::units::{Outside, Unit};
use crate::diagnostic::Params;
use crate::engine::{Engine, Party, Planes, Reach, SubjectId};
use crate::explain::Code;
use crate::ir::{Direction, List, Origin};
use crate::model::{EndpointKind, NodeId};
use crate::set::{AddressSet, Family, TrafficSet};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use serde::Serialize;
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;

/// What may pass to somebody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Opening {
    /// Whom it reaches.
    pub to: Peer,
    /// Of the pods and nodes, which pairs, when it is not all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relation: Option<Relation>,
    /// The address families this is about, when they differ; of addresses their own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub families: Vec<Family>,
    /// What is allowed.
    pub allow: TrafficSet,
    /// What the specification, or the input, leaves open.
    #[serde(skip_serializing_if = "TrafficSet::is_empty")]
    pub undefined: TrafficSet,
}

/// Nodes by their addresses, as one end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NodeLink {
    pub(super) relation: Option<Relation>,
    pub(super) addresses: AddressSet,
    pub(super) allow: TrafficSet,
    pub(super) undefined: TrafficSet,
}

/// What decides about addresses: which they are, the subject, and the families of a unit.
type OutsideKey = (Space, Direction, Option<SubjectId>, Vec<Family>);

/// Addresses that every unit is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Space {
    Outside,
    Pods,
    Services,
}

/// Asks the engine, and remembers.
pub(crate) struct Survey<'e> {
    pub(crate) engine: &'e Engine,
    pub(super) reach: Reach<'e>,
    /// On the ports of resolvers only.
    pub(super) dns: Reach<'e>,
    /// The pods of the cluster's DNS, with the ports on which they are asked.
    pub(super) resolvers: Rc<Vec<(Unit, TrafficSet)>>,
    /// The addresses that are outside, as far as they are asked about.
    pub(crate) space: AddressSet,
    pub(crate) internet: Internet,
    pub(super) all: TrafficSet,
    outside: HashMap<OutsideKey, Rc<Vec<Outside>>, foldhash::fast::RandomState>,
    isolating: HashMap<(Direction, SubjectId), Rc<SortedSet<u32>>, foldhash::fast::RandomState>,
    lists: [Vec<&'e List>; 2],
    /// Nodes that a direction's policies cannot tell apart.
    nodes: [Vec<Vec<NodeId>>; 2],
    /// Whether the ports of nodes that lead on are followed.
    pub(super) through: bool,
}

impl<'e> Survey<'e> {
    pub(crate) fn new(engine: &'e Engine, space: AddressSet) -> Self {
        let all = TrafficSet::all_ports();
        let lists = Direction::ALL.map(|direction| {
            let tiers = engine.ir.chain(direction).tiers.iter();
            // The order of the compiled lists.
            tiers.flat_map(|t| &t.ranks).flat_map(|r| &r.lists).collect()
        });
        // Of a node without an address nothing can be said by address.
        let mut known = engine.all_nodes();
        known.retain(|id| !engine.cluster.node(*id).addresses.is_empty());
        let through = engine.looks_through(engine.cluster.endpoints.len(), known.len());
        let nodes = Direction::ALL.map(|direction| engine.node_classes(direction, &known, through));
        let reach = Reach::new(engine, &all);
        let resolvers: Vec<(Unit, TrafficSet)> = engine
            .units(engine.cluster.dns.iter().copied())
            .into_iter()
            .filter_map(|unit| Some((engine.dns_ports(*unit.members.first()?), unit)))
            .map(|(ports, unit)| (unit, ports))
            .collect();
        let ports = resolvers.iter().fold(TrafficSet::empty(), |all, (_, ports)| all.union(ports));
        let dns = Reach::new(engine, &ports);
        let internet = Internet::new(&space);
        Self {
            engine,
            reach,
            dns,
            resolvers: Rc::new(resolvers),
            space,
            internet,
            all,
            outside: HashMap::default(),
            isolating: HashMap::default(),
            lists,
            nodes,
            through,
        }
    }

    /// What a unit may have to do with the outside.
    pub(crate) fn outside(&mut self, direction: Direction, unit: &Unit) -> Rc<Vec<Outside>> {
        self.addresses(Space::Outside, direction, unit)
    }

    /// What a unit may have to do with addresses: of the cluster's own, with those that nothing in
    /// the input has.
    pub(crate) fn addresses(&mut self, space: Space, direction: Direction, unit: &Unit) -> Rc<Vec<Outside>> {
        let key = (space, direction, self.subject(direction, unit), self.engine.outside_families(unit.party));
        let engine = self.engine;
        let addresses = match space {
            Space::Outside => &self.space,
            Space::Pods => &engine.cluster.space.known_pods,
            Space::Services => &engine.cluster.space.services,
        };
        let all = &self.all;
        let found = self.outside.entry(key);
        found.or_insert_with(|| Rc::new(engine.outside_of(direction, unit, addresses, all))).clone()
    }

    /// The subject that a unit is; none on the host's network.
    pub(crate) fn subject(&self, direction: Direction, unit: &Unit) -> Option<SubjectId> {
        self.engine.pod(unit.party).and_then(|pod| self.engine.side(direction).subject(pod))
    }

    /// The policies that isolate a unit, by number, ascending.
    pub(crate) fn isolating(&mut self, direction: Direction, unit: &Unit) -> Rc<SortedSet<u32>> {
        let Some(subject) = self.subject(direction, unit) else { return Rc::default() };
        if let Some(known) = self.isolating.get(&(direction, subject)) {
            return known.clone();
        }
        let applied = self.engine.side(direction).applied_to(subject).filter(|(_, certain)| *certain);
        let found: Rc<SortedSet<u32>> =
            Rc::new(applied.flat_map(|(list, _)| self.isolation(direction, list)).collect());
        self.isolating.insert((direction, subject), found.clone());
        found
    }

    /// The policies whose isolation a list is.
    fn isolation(&self, direction: Direction, list: usize) -> impl Iterator<Item = u32> + '_ {
        self.lists[direction as usize][list].rules.iter().filter_map(|rule| match rule.origin {
            Origin::Isolation { policy, .. } => Some(policy),
            _ => None,
        })
    }

    /// The same as the output names them; sorted.
    pub(crate) fn isolated_by(&mut self, direction: Direction, unit: &Unit) -> Vec<PolicyRef> {
        let policies = self.isolating(direction, unit);
        let mut refs: Vec<PolicyRef> = policies.iter().map(|p| self.engine.policy_ref(*p)).collect();
        refs.arrange();
        refs
    }

    /// The policies of which a list is: those that isolate by it, and those of an administrative tier.
    fn policies_of(&self, direction: Direction, list: usize) -> impl Iterator<Item = u32> + '_ {
        self.lists[direction as usize][list].rules.iter().filter_map(|rule| match rule.origin {
            Origin::Isolation { policy, .. } => Some(policy),
            Origin::Rule { policy, .. } if self.engine.ir.policies[policy as usize].kind != "NetworkPolicy" => {
                Some(policy)
            }
            _ => None,
        })
    }

    /// The policies that select none of these units.
    pub(crate) fn idle_policies(&self, units: &[Unit]) -> SortedSet<u32> {
        let (mut idle, mut busy) = (SortedSet::new(), SortedSet::new());
        for direction in Direction::ALL {
            let subjects: SortedSet<SubjectId> = units.iter().filter_map(|u| self.subject(direction, u)).collect();
            let lists: SortedSet<usize> =
                subjects.into_iter().flat_map(|s| self.engine.side(direction).applied_to(s)).map(|(l, _)| l).collect();
            for list in 0..self.lists[direction as usize].len() {
                let of_list = self.policies_of(direction, list);
                if lists.contains(&list) { busy.extend(of_list) } else { idle.extend(of_list) }
            }
        }
        idle.difference(&busy).copied().collect()
    }

    /// The traffic between a unit and nodes: of a unit's pods, what is allowed on their own node
    /// may differ from what is on others.
    pub(crate) fn nodes(&mut self, direction: Direction, unit: &Unit, asked: Option<&[NodeId]>) -> Vec<NodeLink> {
        let engine = self.engine;
        let families = engine.families(unit.party);
        let mut found: SortedMap<(Option<Relation>, TrafficSet, TrafficSet), Vec<IpAddr>> = SortedMap::new();
        for group in &self.nodes[direction as usize] {
            let group: Vec<NodeId> =
                group.iter().copied().filter(|n| asked.is_none_or(|nodes| nodes.contains(n))).collect();
            let cases = engine.node_cases(unit, &group);
            for family in families.iter().copied() {
                let mut planes: Vec<(Relation, Planes, Vec<IpAddr>)> = Vec::new();
                for case in &cases {
                    let addresses = case.nodes.iter().flat_map(|n| engine.addresses(Party::Node(*n), family));
                    let found = engine.with_node(&mut self.reach, direction, (unit, case), family, self.through);
                    planes.push((case.relation, found, addresses.collect()));
                }
                let alike = planes.iter().all(|(_, p, _)| *p == planes[0].1);
                for (relation, Planes { must, may }, addresses) in planes {
                    if !may.is_empty() && !addresses.is_empty() {
                        let undefined = may.difference(&must);
                        found.entry(((!alike).then_some(relation), must, undefined)).or_default().extend(addresses);
                    }
                }
            }
        }
        let links = found.into_iter().map(|((relation, allow, undefined), addresses)| NodeLink {
            relation,
            addresses: AddressSet::addresses(&addresses),
            allow,
            undefined,
        });
        links.collect()
    }

    /// Does something for each unit, and puts those of a workload together where it comes to the
    /// same.
    pub(crate) fn rows<T: PartialEq>(
        &mut self,
        units: &[Unit],
        mut of: impl FnMut(&mut Self, &Unit) -> T,
    ) -> Vec<(Peer, T)> {
        let mut rows = Vec::new();
        for group in units.chunk_by(|a, b| a.workload == b.workload) {
            let mut alike: Vec<(T, Unit)> = Vec::new();
            for unit in group {
                let found = of(self, unit);
                match alike.iter_mut().find(|(other, _)| *other == found) {
                    Some((_, so_far)) => so_far.members.extend(&unit.members),
                    None => alike.push((found, unit.clone())),
                }
            }
            rows.extend(alike.into_iter().map(|(t, u)| (self.engine.workload_peer(u.workload, &u.members), t)));
        }
        rows
    }

    /// Addresses outside as openings, ascending.
    pub(crate) fn openings(&self, outside: &[Outside]) -> Vec<Opening> {
        let opening = |o: &Outside| Opening {
            to: self.engine.address_peer(&o.addresses),
            relation: None,
            families: Vec::new(),
            allow: o.allow.clone(),
            undefined: o.undefined.clone(),
        };
        outside.iter().map(opening).collect()
    }
}

impl Engine {
    /// Of these addresses, those of the families that some unit has.
    pub(crate) fn in_families_of(&self, units: &[Unit], addresses: &AddressSet) -> AddressSet {
        let families: SortedSet<Family> = units.iter().flat_map(|u| self.outside_families(u.party)).collect();
        addresses.intersection(&AddressSet::families(families))
    }

    /// What an answer about the outside rests on, and on whether the cluster's DNS is known.
    pub(crate) fn basis_of_outside(&self, dns: bool) -> Basis {
        let mut basis = self.basis_of_all();
        let assumed = self.cluster.dns.iter().any(|id| self.cluster.endpoint(*id).kind == EndpointKind::Hypothetical);
        if dns && assumed {
            basis.assumptions.push(Note { code: Code::DnsAssumed, params: Params::new() });
        }
        basis.assumptions.arrange();
        basis
    }
}

/// Of a list of openings to the outside, what is left on some ports.
pub(crate) fn on_ports(outside: &[Outside], ports: &TrafficSet) -> Vec<Outside> {
    let mut found: SortedMap<(TrafficSet, TrafficSet), AddressSet> = SortedMap::new();
    for one in outside {
        let key = (one.allow.intersection(ports), one.undefined.intersection(ports));
        if !(key.0.is_empty() && key.1.is_empty()) {
            let entry = found.entry(key).or_default();
            *entry = entry.union(&one.addresses);
        }
    }
    found.into_iter().map(|((allow, undefined), addresses)| Outside { addresses, allow, undefined }).collect()
}
