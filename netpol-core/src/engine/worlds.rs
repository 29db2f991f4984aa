//! What is not known, made definite one case at a time.
//!
//! Labels of a namespace that is not in the input, and addresses that nobody has yet, are
//! enumerated as far as rules can tell them apart; a verdict is the join over all cases. Deciding
//! rule by rule with three values would be too weak: `team: a` and `team NotIn a` together cover
//! every namespace.

use super::{Engine, Party};
use crate::ir::{Direction, Inside, NamespaceMatch, Peer, Rule};
use crate::model::{EndpointId, NamespaceId};
use crate::selector::{Label, SelectorId, label};
use crate::set::{AddressSet, Family};
use crate::sorted::{SortedMap, SortedSet};
use crate::symbol::Symbol;
use std::net::IpAddr;
use std::sync::Arc;

/// More cases than this are not enumerated; labels then stay unknown, which is sound.
const MAX_WORLDS: usize = 1024;

/// One assignment of labels to namespaces whose labels are not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct World {
    labels: SortedMap<(NamespaceId, Symbol), Assumed>,
}

/// The value that a world gives to a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Assumed {
    Absent,
    Value(Symbol),
    /// A value that no selector names.
    Fresh,
}

impl World {
    pub(crate) fn label(&self, namespace: NamespaceId, key: Symbol) -> Label {
        match self.labels.get(&(namespace, key)) {
            None => Label::Unknown,
            Some(Assumed::Absent) => Label::Absent,
            Some(Assumed::Value(v)) => Label::Value(*v),
            // No interned string has this number, so it equals none that a selector names.
            Some(Assumed::Fresh) => Label::Value(Symbol::FRESH),
        }
    }
}

/// Every way to give values to labels that are not known, as far as the values named tell them
/// apart. More than [`MAX_WORLDS`]: one world that knows nothing.
pub(super) fn assignments(unknown: SortedMap<(NamespaceId, Symbol), SortedSet<Symbol>>) -> Vec<World> {
    let mut worlds = vec![World::default()];
    let cases: usize = unknown.values().map(|v| v.len() + 2).fold(1, usize::saturating_mul);
    if cases > MAX_WORLDS {
        return worlds;
    }
    for (key, values) in unknown {
        let choices = [Assumed::Absent, Assumed::Fresh].into_iter().chain(values.into_iter().map(Assumed::Value));
        let choices: Vec<Assumed> = choices.collect();
        worlds = worlds
            .into_iter()
            .flat_map(|world| {
                choices.iter().map(move |choice| {
                    let mut world = world.clone();
                    world.labels.insert(key, *choice);
                    world
                })
            })
            .collect();
    }
    worlds
}

impl Engine {
    /// Every rule of a direction that applies to a pod, or may.
    pub(crate) fn rules_of(&self, direction: Direction, pod: EndpointId) -> impl Iterator<Item = &Rule> {
        self.lists_of(direction, pod).flat_map(|applied| &applied.list.rules)
    }

    /// The cases of unknown namespace labels that the policies of a flow can tell apart.
    pub(crate) fn worlds(&self, source: Party, destination: Party) -> Vec<World> {
        self.worlds_for(&[(Direction::Egress, source, destination), (Direction::Ingress, destination, source)])
    }

    /// The same, as far as some directions of flows look at them: each with its subject and peer.
    pub(super) fn worlds_for(&self, looks: &[(Direction, Party, Party)]) -> Vec<World> {
        let mut unknown: SortedMap<(NamespaceId, Symbol), SortedSet<Symbol>> = SortedMap::new();
        let mut names = |namespace: NamespaceId, selector: SelectorId| {
            for requirement in &self.selectors.get(selector).requirements {
                if label(&self.cluster.namespace(namespace).labels, requirement.key()) == Label::Absent {
                    unknown.entry((namespace, requirement.key())).or_default().extend(requirement.values());
                }
            }
        };
        for (direction, subject, peer) in looks.iter().copied() {
            let Some(subject) = self.pod(subject) else { continue };
            let own = self.cluster.endpoint(subject).namespace;
            for applied in self.lists_of(direction, subject).filter(|applied| applied.open) {
                if let NamespaceMatch::Selected(selector) = applied.list.subject.namespaces {
                    names(own, selector);
                }
            }
            let Some(peer) = self.pod(peer).or_else(|| self.host_seen(peer)) else { continue };
            let namespace = self.cluster.endpoint(peer).namespace;
            if self.cluster.namespace(namespace).labels_known {
                continue;
            }
            for rule in self.rules_of(direction, subject) {
                if let Peer::Pods { namespaces: NamespaceMatch::Selected(selector), .. } = &rule.peer {
                    names(namespace, *selector);
                }
            }
        }
        assignments(unknown)
    }

    /// The address blocks of a pod's rules that match whom is asked about.
    fn blocks_with(
        &self,
        direction: Direction,
        pod: EndpointId,
        wanted: impl Fn(Inside) -> bool,
    ) -> Vec<&Arc<AddressSet>> {
        let mut blocks: Vec<&Arc<AddressSet>> = Vec::new();
        for rule in self.rules_of(direction, pod) {
            match &rule.peer {
                Peer::Addresses(set, inside) if wanted(*inside) => blocks.push(set),
                _ => {}
            }
        }
        blocks
    }

    /// The addresses that `peer` may have in a family, as far as the rules of `subject` can tell
    /// them apart: a representative each. `None` alone: no rule depends on the address.
    pub(crate) fn address_cases(
        &self,
        direction: Direction,
        subject: Party,
        peer: Party,
        family: Family,
    ) -> Vec<Option<IpAddr>> {
        let known = self.addresses(peer, family);
        if !known.is_empty() {
            return known.into_iter().map(Some).collect();
        }
        let Some(subject) = self.pod(subject) else { return vec![None] };
        let blocks = self.blocks_with(direction, subject, |inside| self.in_blocks(inside, peer));
        let is_pod = self.pod(peer).is_some();
        if blocks.is_empty() {
            return vec![None];
        }
        let space = if is_pod { &self.cluster.space.pods } else { &self.cluster.space.nodes };
        let space = space.intersection(&AddressSet::family(family));
        let blocks: Vec<&AddressSet> = blocks.into_iter().map(|b| &**b).collect();
        let mut seen = SortedSet::new();
        let cases = space.atoms(&blocks).into_iter().filter_map(|(low, _)| {
            // Atoms of equal membership are one case.
            let membership: Vec<bool> = blocks.iter().map(|b| b.contains(low)).collect();
            seen.insert(membership).then_some(Some(low))
        });
        cases.collect()
    }
}
