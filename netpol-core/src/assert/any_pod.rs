//! Pods that could exist in a namespace: one for each way in which selectors can take their labels.
//!
//! What policies can tell of a pod's labels is which of their selectors match. So it is enough to ask
//! about one pod for each combination of selectors that some labels satisfy; labels that no selector
//! names change nothing. The engine judges these pods like any other.

use crate::engine::Engine;
use crate::ir::{Direction, NamespaceMatch, Peer};
use crate::model::{EndpointId, NamespaceId};
use crate::query::{Group, QueryError, QueryProblem};
use crate::selector::{Label, Match, Requirement, SelectorId};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use crate::symbol::Symbol;

/// More kinds of pods than this are not looked at.
pub(super) const MOST_KINDS: usize = 4096;

/// Labels, by key.
pub(super) type Labels = Vec<(String, String)>;

/// Labels under way, by the selectors that they can still match.
type Kinds = SortedMap<Vec<bool>, Vec<(Symbol, Choice)>>;

/// The value of a label.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    Value(Symbol),
    /// One that no selector names.
    Other,
}

impl Engine {
    /// The labels of pods that could exist in a namespace, one for each kind that can be told apart by
    /// whoever may judge their connections to `to`: those with the fewest labels first.
    pub(super) fn kinds_of_pods(&self, namespace: NamespaceId, to: &[&Group]) -> Result<Vec<Labels>, QueryError> {
        let selectors: Vec<SelectorId> = self.selectors_in_play(namespace, to).into_iter().collect();
        let requirements = |key: Symbol| {
            let all = selectors.iter().enumerate();
            all.flat_map(move |(at, id)| self.selectors.get(*id).requirements.iter().map(move |r| (at, r)))
                .filter(move |(_, r)| r.key() == key)
        };
        let all = selectors.iter().flat_map(|id| &self.selectors.get(*id).requirements);
        let keys: SortedSet<Symbol> = all.map(Requirement::key).collect();
        let mut kinds: Kinds = SortedMap::from_iter([(vec![true; selectors.len()], Vec::new())]);
        for key in &keys {
            let of_key: Vec<(usize, &Requirement)> = requirements(*key).collect();
            let mut choices: Vec<Option<Choice>> = vec![None, Some(Choice::Other)];
            let values: SortedSet<Symbol> = of_key.iter().flat_map(|(_, r)| r.values().iter().copied()).collect();
            choices.extend(values.into_iter().map(|value| Some(Choice::Value(value))));
            let mut next: Kinds = SortedMap::new();
            for (alive, labels) in kinds {
                for choice in &choices {
                    let label = match choice {
                        None => Label::Absent,
                        Some(Choice::Value(value)) => Label::Value(*value),
                        Some(Choice::Other) => Label::Value(Symbol::FRESH),
                    };
                    let mut alive = alive.clone();
                    for (at, requirement) in &of_key {
                        alive[*at] &= requirement.holds(label) == Match::Yes;
                    }
                    let mut labels = labels.clone();
                    labels.extend(choice.map(|choice| (*key, choice)));
                    match next.get(&alive) {
                        Some(known) if known.len() <= labels.len() => {}
                        _ => _ = next.insert(alive, labels),
                    }
                }
                if next.len() > MOST_KINDS {
                    return Err(QueryError::new(QueryProblem::TooManyLabelSets)
                        .with("limit", MOST_KINDS)
                        .with("namespace", self.cluster.namespace_name(namespace)));
                }
            }
            kinds = next;
        }
        let mut found: Vec<Labels> = kinds.into_values().map(|labels| self.label_texts(&labels)).collect();
        found.arrange_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
        Ok(found)
    }

    fn label_texts(&self, labels: &[(Symbol, Choice)]) -> Labels {
        let text = |symbol| self.cluster.symbols.text(symbol).to_owned();
        let mut texts: Labels = labels
            .iter()
            .map(|(key, choice)| match choice {
                Choice::Value(value) => (text(*key), text(*value)),
                Choice::Other => (text(*key), self.unnamed_value()),
            })
            .collect();
        texts.arrange();
        texts
    }

    /// A label value that nothing in the input names.
    fn unnamed_value(&self) -> String {
        let mut value = "other".to_owned();
        let mut number = 1;
        while self.cluster.symbols.find(&value).is_some() {
            number += 1;
            value = format!("other-{number}");
        }
        value
    }

    /// The selectors by which policies can tell pods of a namespace apart: those of policies that may
    /// apply to them on the way out, and those of rules that let them in, or keep them out.
    fn selectors_in_play(&self, namespace: NamespaceId, to: &[&Group]) -> SortedSet<SelectorId> {
        let mut found = SortedSet::new();
        for rank in self.ir.chain(Direction::Egress).tiers.iter().flat_map(|tier| &tier.ranks) {
            for list in rank.lists.iter().filter(|list| self.may_mean(list.subject.namespaces, namespace)) {
                found.insert(list.subject.pods);
            }
        }
        let mut peers = |peer: &Peer| {
            if let Peer::Pods { namespaces, pods, .. } = peer
                && self.may_mean(*namespaces, namespace)
            {
                found.insert(*pods);
            }
        };
        // Services, and ports of nodes, lead on to pods that are not named.
        if to.iter().all(|group| group.services.is_empty() && group.nodes.is_empty()) {
            let side = self.side(Direction::Ingress);
            let mut seen = SortedSet::new();
            let pods = to.iter().flat_map(|group| &group.endpoints);
            let told_apart = pods.filter(|id| side.subject(**id).is_some_and(|subject| seen.insert(subject)));
            let told_apart: Vec<EndpointId> = told_apart.copied().collect();
            told_apart.iter().flat_map(|id| self.rules_of(Direction::Ingress, *id)).for_each(|rule| peers(&rule.peer));
        } else {
            let ranks = self.ir.chain(Direction::Ingress).tiers.iter().flat_map(|tier| &tier.ranks);
            let rules = ranks.flat_map(|rank| &rank.lists).flat_map(|list| &list.rules);
            rules.for_each(|rule| peers(&rule.peer));
        }
        found
    }

    /// Whether a namespace is meant, or may be.
    fn may_mean(&self, namespaces: NamespaceMatch, namespace: NamespaceId) -> bool {
        match namespaces {
            NamespaceMatch::Own(own) => own == namespace,
            NamespaceMatch::Selected(selector) => {
                let world = crate::engine::World::default();
                let selector = self.selectors.get(selector);
                selector.matches(|key| self.namespace_label(namespace, key, &world)) != Match::No
            }
        }
    }
}

/// Labels as a name of the pod that has them.
pub(super) fn name_of(labels: &Labels) -> String {
    let labels: Vec<String> = labels.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    format!("{{{}}}", labels.join(", "))
}
