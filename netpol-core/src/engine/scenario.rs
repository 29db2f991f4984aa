//! What is not known, made definite: the scenarios that a row is joined over.
//!
//! What a row says of a peer depends on that peer's own namespace labels and address only. So one
//! scenario gives every peer one of its cases at once; over all scenarios every peer goes through
//! all of its own, and the join of the rows is exact.

use super::class_set::ClassSet;
use super::lists::PeerKey;
use super::peers::AddressPart;
use super::side::Side;
use super::worlds::{World, assignments};
use crate::ir::NamespaceMatch;
use crate::model::{AddressSpace, Cluster};
use crate::selector::{Label, Match, Selectors, label};
use crate::set::AddressSet;
use fixedbitset::FixedBitSet;
use indexmap::IndexSet;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What the cases of unknown peers are drawn from.
pub(super) struct Unknown<'a> {
    pub(super) cluster: &'a Cluster,
}

/// The cases of one row.
pub(super) struct Scenarios<'s> {
    side: &'s Side,
    selectors: &'s Selectors,
    unknown: &'s Unknown<'s>,
    /// For each namespace class with unknown labels that matter: its worlds.
    worlds: BTreeMap<u32, Vec<World>>,
    /// For each kind of unknown address, the blocks (by number in `blocks`) that hold it, case by
    /// case.
    cases: HashMap<&'s AddressPart, Vec<FixedBitSet>>,
    blocks: IndexSet<u32>,
    most_worlds: usize,
    most_cases: usize,
}

impl<'s> Scenarios<'s> {
    /// The scenarios for rules with these peers.
    pub(super) fn new(
        side: &'s Side,
        selectors: &'s Selectors,
        unknown: &'s Unknown<'s>,
        peers: impl Iterator<Item = u32>,
    ) -> Self {
        let mut blocks = IndexSet::new();
        let mut keys: BTreeMap<u32, BTreeMap<_, BTreeSet<_>>> = BTreeMap::new();
        for peer in peers {
            match side.lists.peer(peer) {
                PeerKey::Block(block) => {
                    blocks.insert(*block);
                }
                PeerKey::Pods(NamespaceMatch::Selected(selector), _) => {
                    for class in &side.peers.sets[peer as usize].open {
                        let Some(id) = side.peers.namespaces[*class as usize].unknown else { continue };
                        let known = &unknown.cluster.namespace(id).labels;
                        for requirement in &selectors.get(*selector).requirements {
                            if label(known, requirement.key()) == Label::Absent {
                                let values =
                                    keys.entry(*class).or_default().entry((id, requirement.key())).or_default();
                                values.extend(requirement.values().iter().copied());
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        let worlds: BTreeMap<u32, Vec<World>> =
            keys.into_iter().map(|(class, keys)| (class, assignments(keys))).collect();
        let mut scenarios = Self {
            side,
            selectors,
            unknown,
            most_worlds: worlds.values().map(Vec::len).max().unwrap_or(1),
            worlds,
            cases: HashMap::new(),
            blocks,
            most_cases: 1,
        };
        if !scenarios.blocks.is_empty() {
            for class in side.peers.floating.iter() {
                let part = &side.peers.classes[*class as usize].address;
                if !scenarios.cases.contains_key(part) {
                    let cases = scenarios.cases_of(part);
                    scenarios.most_cases = scenarios.most_cases.max(cases.len());
                    scenarios.cases.insert(part, cases);
                }
            }
        }
        scenarios
    }

    pub(super) fn len(&self) -> usize {
        self.most_worlds.saturating_mul(self.most_cases)
    }

    /// The cases of an address that is not one known address, as far as the blocks tell them apart.
    fn cases_of(&self, part: &AddressPart) -> Vec<FixedBitSet> {
        let space: &AddressSpace = &self.unknown.cluster.space;
        let (space, family) = match part {
            AddressPart::Known(_) => return Vec::new(),
            AddressPart::Several(memberships) => {
                let holding = |membership: &u32| {
                    let of = self.side.lists.blocks.of_membership(*membership);
                    self.blocks.iter().map(|b| of.binary_search(b).is_ok()).collect::<Vec<bool>>()
                };
                return memberships.iter().map(|m| bits(&holding(m))).collect();
            }
            AddressPart::UnknownPod(family) => (&space.pods, *family),
            AddressPart::UnknownNode(family) => (&space.nodes, *family),
        };
        let space = space.intersection(&AddressSet::family(family));
        let blocks: Vec<&AddressSet> = self.blocks.iter().map(|b| &**self.side.lists.blocks.get(*b)).collect();
        let mut seen = IndexSet::new();
        for (low, _) in space.atoms(&blocks) {
            seen.insert(bits(&blocks.iter().map(|b| b.contains(low)).collect::<Vec<bool>>()));
        }
        seen.into_iter().collect()
    }

    /// What a rule's peer surely and possibly matches in a scenario, where that depends on it.
    pub(super) fn sets(&self, scenario: usize, peer: u32) -> (Option<ClassSet>, Option<ClassSet>) {
        let known = &self.side.peers.sets[peer as usize];
        let total = self.side.peers.len();
        match self.side.lists.peer(peer) {
            PeerKey::Block(block) if !self.cases.is_empty() => {
                let Some(at) = self.blocks.get_index_of(block) else { return (None, None) };
                let mut members: Vec<u32> = known.must.iter(total).collect();
                for class in self.side.peers.floating.iter() {
                    let Some(cases) = self.cases.get(&self.side.peers.classes[*class as usize].address) else {
                        continue;
                    };
                    let case = scenario % self.most_cases;
                    if cases.get(case % cases.len().max(1)).is_some_and(|holding| holding.contains(at)) {
                        members.push(*class);
                    }
                }
                members.sort_unstable();
                let set = ClassSet::from_sorted(members, total);
                (Some(set.clone()), Some(set))
            }
            PeerKey::Pods(NamespaceMatch::Selected(selector), pods) if !known.open.is_empty() => {
                let (mut must, mut may): (Vec<u32>, Vec<u32>) = (known.must.iter(total).collect(), Vec::new());
                may.extend(known.may.iter(total));
                let Some(matched) = self.side.peers.pods_matched(*pods) else { return (None, None) };
                for namespace in &known.open {
                    let holds = self.namespace_holds(scenario, *namespace, *selector);
                    for class in &self.side.peers.by_namespace[*namespace as usize] {
                        let Some((_, labels)) = self.side.peers.classes[*class as usize].selectable else { continue };
                        match holds.and(matched.of(labels)) {
                            Match::Yes => {
                                must.push(*class);
                                may.push(*class);
                            }
                            Match::Maybe => may.push(*class),
                            Match::No => {}
                        }
                    }
                }
                let set = |mut members: Vec<u32>| {
                    members.sort_unstable();
                    Some(ClassSet::from_sorted(members, total))
                };
                (set(must), set(may))
            }
            _ => (None, None),
        }
    }

    fn namespace_holds(&self, scenario: usize, class: u32, selector: crate::selector::SelectorId) -> Match {
        let Some(id) = self.side.peers.namespaces[class as usize].unknown else { return Match::No };
        let fallback = [World::default()];
        let worlds = self.worlds.get(&class).map_or(&fallback[..], Vec::as_slice);
        let world = &worlds[(scenario / self.most_cases) % worlds.len()];
        let known = &self.unknown.cluster.namespace(id).labels;
        self.selectors.get(selector).matches(|key| match label(known, key) {
            Label::Absent => world.label(id, key),
            found => found,
        })
    }
}

fn bits(members: &[bool]) -> FixedBitSet {
    let mut bits = FixedBitSet::with_capacity(members.len());
    members.iter().enumerate().for_each(|(at, is)| bits.set(at, *is));
    bits
}
