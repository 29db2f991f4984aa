//! What is not known of a peer, made definite: the cases that its verdict is joined over.
//!
//! What a row says of a peer depends on that peer's own namespace labels and address only, so each
//! goes through its own cases, and the rest of the row is not touched.

use super::lists::PeerKey;
use super::peers::AddressPart;
use super::side::Side;
use super::worlds::{World, assignments};
use crate::ir::NamespaceMatch;
use crate::model::{AddressSpace, Cluster};
use crate::selector::{Label, Match, SelectorId, Selectors, label};
use crate::set::AddressSet;
use fixedbitset::FixedBitSet;
use indexmap::IndexSet;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The cases of the peers of one row.
pub(super) struct Cases<'s> {
    side: &'s Side,
    selectors: &'s Selectors,
    cluster: &'s Cluster,
    /// For each namespace class with unknown labels that matter: its worlds.
    worlds: BTreeMap<u32, Vec<World>>,
    /// For each kind of address that is not one known address, the blocks (by their place in
    /// `blocks`) that hold it, case by case.
    addresses: HashMap<&'s AddressPart, Vec<FixedBitSet>>,
    /// The blocks that the row's rules name.
    blocks: IndexSet<u32>,
}

/// One case of a class.
#[derive(Clone, Copy)]
pub(super) struct Case<'c> {
    world: Option<&'c World>,
    holding: Option<&'c FixedBitSet>,
}

impl<'s> Cases<'s> {
    /// The cases as far as rules with these peers can tell.
    pub(super) fn new(
        side: &'s Side,
        selectors: &'s Selectors,
        cluster: &'s Cluster,
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
                        let known = &cluster.namespace(id).labels;
                        for requirement in &selectors.get(*selector).requirements {
                            if label(known, requirement.key()) == Label::Absent {
                                let of_class = keys.entry(*class).or_default();
                                let values = of_class.entry((id, requirement.key())).or_default();
                                values.extend(requirement.values().iter().copied());
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        let worlds = keys.into_iter().map(|(class, keys)| (class, assignments(keys))).collect();
        let mut cases = Self { side, selectors, cluster, worlds, addresses: HashMap::new(), blocks };
        if !cases.blocks.is_empty() {
            for class in side.peers.floating.iter() {
                let part = &side.peers.classes[*class as usize].address;
                if !cases.addresses.contains_key(part) {
                    let of_part = cases.of_address(part);
                    cases.addresses.insert(part, of_part);
                }
            }
        }
        cases
    }

    /// The classes that have cases, ascending.
    pub(super) fn classes(&self) -> Vec<u32> {
        let mut classes: Vec<u32> = Vec::new();
        if !self.addresses.is_empty() {
            classes.extend(self.side.peers.floating.iter());
        }
        for namespace in self.worlds.keys() {
            classes.extend(&self.side.peers.by_namespace[*namespace as usize]);
        }
        classes.sort_unstable();
        classes.dedup();
        classes
    }

    /// All cases of a class.
    pub(super) fn of(&self, class: u32) -> Vec<Case<'_>> {
        let class = &self.side.peers.classes[class as usize];
        let worlds: Vec<Option<&World>> = match class.selectable.and_then(|(namespace, _)| self.worlds.get(&namespace))
        {
            Some(worlds) => worlds.iter().map(Some).collect(),
            None => vec![None],
        };
        let addresses: Vec<Option<&FixedBitSet>> = match self.addresses.get(&class.address) {
            Some(cases) if !cases.is_empty() => cases.iter().map(Some).collect(),
            _ => vec![None],
        };
        worlds
            .iter()
            .flat_map(|world| addresses.iter().map(|holding| Case { world: *world, holding: *holding }))
            .collect()
    }

    /// Whether a rule's peer matches a class by what the case gives it.
    pub(super) fn matches(&self, case: Case<'_>, class: u32, peer: u32) -> Match {
        match (self.side.lists.peer(peer), case.holding) {
            (PeerKey::Block(block), Some(holding)) => {
                Match::from(self.blocks.get_index_of(block).is_some_and(|at| holding.contains(at)))
            }
            (PeerKey::Pods(NamespaceMatch::Selected(namespaces), pods), _) => {
                let Some((namespace, labels)) = self.side.peers.classes[class as usize].selectable else {
                    return Match::No;
                };
                if self.side.peers.sets[peer as usize].open.binary_search(&namespace).is_err() {
                    return Match::No;
                }
                let Some(matched) = self.side.peers.pods_matched(*pods) else { return Match::No };
                match matched.of(labels) {
                    Match::No => Match::No,
                    found => found.and(self.namespace_holds(case.world, namespace, *namespaces)),
                }
            }
            _ => Match::No,
        }
    }

    fn namespace_holds(&self, world: Option<&World>, class: u32, selector: SelectorId) -> Match {
        let Some(id) = self.side.peers.namespaces[class as usize].unknown else { return Match::No };
        let known = &self.cluster.namespace(id).labels;
        self.selectors.get(selector).matches(|key| match label(known, key) {
            Label::Absent => world.map_or(Label::Unknown, |world| world.label(id, key)),
            found => found,
        })
    }

    /// The cases of an address that is not one known address, as far as the blocks tell them apart.
    fn of_address(&self, part: &AddressPart) -> Vec<FixedBitSet> {
        let space: &AddressSpace = &self.cluster.space;
        let (space, family) = match part {
            AddressPart::Known(_) => return Vec::new(),
            AddressPart::Several(memberships) => {
                let holding = |membership: &u32| {
                    let of = self.side.lists.blocks.of_membership(*membership);
                    bits(self.blocks.iter().map(|b| of.binary_search(b).is_ok()))
                };
                return memberships.iter().map(holding).collect();
            }
            AddressPart::UnknownPod(family) => (&space.pods, *family),
            AddressPart::UnknownNode(family) => (&space.nodes, *family),
        };
        let space = space.intersection(&AddressSet::family(family));
        let blocks: Vec<&AddressSet> = self.blocks.iter().map(|b| &**self.side.lists.blocks.get(*b)).collect();
        // Blocks outside of the space hold none of its addresses.
        let near: Vec<&AddressSet> = blocks.iter().copied().filter(|b| !b.intersection(&space).is_empty()).collect();
        let mut seen = IndexSet::new();
        for (low, _) in space.atoms(&near) {
            seen.insert(bits(blocks.iter().map(|b| b.contains(low))));
        }
        seen.into_iter().collect()
    }
}

fn bits(members: impl ExactSizeIterator<Item = bool>) -> FixedBitSet {
    let mut bits = FixedBitSet::with_capacity(members.len());
    members.enumerate().for_each(|(at, is)| bits.set(at, is));
    bits
}
