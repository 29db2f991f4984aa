//! What is not known of a peer, made definite: the cases that its verdict is joined over.
//!
//! What a row says of a peer depends on that peer's own namespace labels and address only, so each
//! goes through its own cases, and the rest of the row is not touched.

use super::lists::PeerKey;
use super::peers::AddressPart;
use super::side::Side;
use super::worlds::{World, assignments};
use crate::ir::NamespaceMatch;
use crate::model::Cluster;
use crate::profile::HostPeers;
use crate::selector::{Label, Match, SelectorId, Selectors, label};
use crate::set::AddressSet;
use crate::sorted::{Arrange, SortedMap, SortedSet};
use indexmap::IndexSet;
use std::borrow::Cow;

/// The cases of the peers of one row.
pub(super) struct Cases<'s> {
    side: &'s Side,
    selectors: &'s Selectors,
    cluster: &'s Cluster,
    /// For each namespace class with unknown labels that matter: its worlds.
    worlds: SortedMap<u32, Vec<World>>,
    /// Whether a rule names a block.
    by_address: bool,
}

impl<'s> Cases<'s> {
    /// The cases as far as rules with these peers can tell.
    pub(super) fn new(
        side: &'s Side,
        selectors: &'s Selectors,
        cluster: &'s Cluster,
        peers: impl Iterator<Item = u32>,
    ) -> Self {
        let mut by_address = false;
        let mut keys: SortedMap<u32, SortedMap<_, SortedSet<_>>> = SortedMap::new();
        for peer in peers {
            match side.lists.peer(peer) {
                PeerKey::Block(..) => by_address = true,
                PeerKey::Pods(NamespaceMatch::Selected(selector), ..) => {
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
        Self { side, selectors, cluster, worlds, by_address }
    }

    /// The classes that have cases, ascending.
    pub(super) fn classes(&self) -> Vec<u32> {
        let mut classes: Vec<u32> = Vec::new();
        if self.by_address {
            classes.extend(self.side.peers.floating.iter());
        }
        for namespace in self.worlds.keys() {
            classes.extend(&self.side.peers.by_namespace[*namespace as usize]);
        }
        classes.arrange_fast();
        classes.dedup();
        classes
    }

    /// The worlds of a class; none alone: nothing of its namespace matters that is not known.
    pub(super) fn worlds(&self, class: u32) -> Vec<Option<&World>> {
        let selectable = self.side.peers.classes[class as usize].selectable;
        match selectable.and_then(|(namespace, _)| self.worlds.get(&namespace)) {
            Some(worlds) => worlds.iter().map(Some).collect(),
            None => vec![None],
        }
    }

    /// Whether a rule's peer matches a class by the labels that a world gives its namespace.
    pub(super) fn matches(&self, world: Option<&World>, class: u32, peer: u32) -> Match {
        let PeerKey::Pods(NamespaceMatch::Selected(namespaces), pods, hosts) = self.side.lists.peer(peer) else {
            return Match::No;
        };
        let Some((namespace, labels)) = self.side.peers.classes[class as usize].selectable else { return Match::No };
        if self.side.peers.sets[peer as usize].open.binary_search(&namespace).is_err() {
            return Match::No;
        }
        let Some(matched) = self.side.peers.pods_matched(*pods) else { return Match::No };
        let seen = match hosts {
            _ if self.side.peers.is_pod(class) => Match::Yes,
            HostPeers::ByAddress => Match::No,
            HostPeers::Undefined => Match::Maybe,
            HostPeers::NodeAddress => Match::Yes,
        };
        match matched.of(labels).and(seen) {
            Match::No => Match::No,
            found => found.and(self.namespace_holds(world, namespace, *namespaces)),
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

    /// Of an address that is not one known address, which of some blocks hold it, case by case: the
    /// numbers that stand beside them, as far as they differ.
    pub(super) fn addresses(&self, class: u32, blocks: &[(Cow<'_, AddressSet>, u32)]) -> Vec<Vec<u32>> {
        let [pods, nodes] = &*self.side.peers.spaces;
        let space = match &self.side.peers.classes[class as usize].address {
            AddressPart::Known(_) => return vec![Vec::new()],
            AddressPart::Several(memberships) => {
                // One address of each membership: any of those that it was made from.
                let holding = |membership: &u32| {
                    let of = self.side.lists.blocks.of_membership(*membership);
                    let inside = |set: &AddressSet| of.iter().any(|b| self.side.lists.blocks.get(*b).is_subset(set));
                    blocks.iter().filter(|(set, _)| inside(set)).map(|(_, number)| *number).collect()
                };
                return memberships.iter().map(holding).collect();
            }
            AddressPart::UnknownPod(family) => &pods[*family as usize],
            AddressPart::UnknownNode(family) => &nodes[*family as usize],
        };
        let near = blocks.iter().map(|(set, number)| (&**set, *number)).filter(|(set, _)| set.meets(space));
        let near: Vec<(&AddressSet, u32)> = near.collect();
        match near.as_slice() {
            [] if !space.is_empty() => return vec![Vec::new()],
            [(set, number)] if space.is_subset(set) => return vec![vec![*number]],
            [(_, number)] => return vec![Vec::new(), vec![*number]],
            _ => {}
        }
        let sets: Vec<&AddressSet> = near.iter().map(|(set, _)| *set).collect();
        let atoms = space.atoms(&sets);
        let mut holding: Vec<Vec<u32>> = vec![Vec::new(); atoms.len()];
        for (set, number) in &near {
            for (low, high) in set.ranges() {
                let first = atoms.partition_point(|(from, _)| *from < low);
                let last = atoms.partition_point(|(from, _)| *from <= high);
                holding[first..last].iter_mut().for_each(|list| list.push(*number));
            }
        }
        let distinct: IndexSet<Vec<u32>, foldhash::fast::RandomState> = holding.into_iter().collect();
        distinct.into_iter().collect()
    }
}
