//! Label sets, projected to the keys that some selector names: what selectors can tell apart.
//!
//! A selector is evaluated on whole columns: the sets that have a label are found by index, and a
//! requirement is a set of label sets. Only labels without a known value are looked at one by one.

use super::class_set::ClassSet;
use crate::selector::{Label, LabelPairs, Match, Requirement, Selector, SelectorId, Selectors, label};
use crate::symbol::Symbol;
use fixedbitset::FixedBitSet;
use indexmap::IndexSet;
use std::collections::HashMap;
use std::sync::Arc;

/// The projected label sets that a selector matches.
#[derive(Debug)]
pub(super) struct Matched {
    pub(super) yes: ClassSet,
    /// Those of which it is not known, ascending.
    pub(super) maybe: Vec<u32>,
}

impl Matched {
    pub(super) fn of(&self, set: u32) -> Match {
        if self.yes.contains(set) {
            Match::Yes
        } else if self.maybe.binary_search(&set).is_ok() {
            Match::Maybe
        } else {
            Match::No
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.yes.is_empty() && self.maybe.is_empty()
    }
}

#[derive(Debug, Default)]
pub(super) struct LabelFold {
    /// The keys that matter, by symbol.
    keys: FixedBitSet,
    sets: IndexSet<Box<LabelPairs>, foldhash::fast::RandomState>,
    by_label: HashMap<(Symbol, Symbol), Vec<u32>, foldhash::fast::RandomState>,
    by_key: HashMap<Symbol, Vec<u32>, foldhash::fast::RandomState>,
    /// Sets with a label whose value is not known.
    unvalued: Vec<u32>,
    matched: HashMap<SelectorId, Arc<Matched>, foldhash::fast::RandomState>,
    pub(super) evaluations: u64,
}

impl LabelFold {
    /// Notes that a selector looks at its keys. All are to be named before the first set is added.
    pub(super) fn names(&mut self, selector: &Selector) {
        for requirement in &selector.requirements {
            self.keys.grow_and_insert(requirement.key().index());
        }
    }

    /// Whether no selector names a key.
    pub(super) fn is_trivial(&self) -> bool {
        self.keys.is_clear()
    }

    /// The projection of a label set.
    pub(super) fn project(&mut self, labels: &LabelPairs) -> u32 {
        let kept: Box<LabelPairs> = labels.iter().copied().filter(|(k, _)| self.keys.contains(k.index())).collect();
        let (set, new) = self.sets.insert_full(kept);
        let set = crate::source::to_u32(set);
        if new {
            let labels = &self.sets[set as usize];
            for (key, value) in labels {
                if value.is_open() {
                    if self.unvalued.last() != Some(&set) {
                        self.unvalued.push(set);
                    }
                } else {
                    self.by_label.entry((*key, *value)).or_default().push(set);
                }
                self.by_key.entry(*key).or_default().push(set);
            }
        }
        set
    }

    pub(super) fn len(&self) -> usize {
        self.sets.len()
    }

    pub(super) fn labels(&self, set: u32) -> &LabelPairs {
        &self.sets[set as usize]
    }

    /// The sets that a selector matches. All sets have to be there.
    pub(super) fn matched(&mut self, id: SelectorId, selectors: &Selectors) -> Arc<Matched> {
        if let Some(found) = self.matched.get(&id) {
            return found.clone();
        }
        let matched = Arc::new(self.evaluate(selectors.get(id)));
        self.matched.insert(id, matched.clone());
        matched
    }

    fn evaluate(&mut self, selector: &Selector) -> Matched {
        let requirements = &selector.requirements;
        let mut yes = if requirements.is_empty() {
            let all = (0..crate::source::to_u32(self.len())).collect();
            ClassSet::from_sorted(all, self.len())
        } else {
            self.columns(requirements)
        };
        let mut maybe = Vec::new();
        if !requirements.is_empty() && !self.unvalued.is_empty() {
            self.evaluations += self.unvalued.len() as u64;
            let mut members: Vec<u32> =
                yes.iter(self.len()).filter(|s| self.unvalued.binary_search(s).is_err()).collect();
            for set in &self.unvalued {
                match selector.matches(|key| label(&self.sets[*set as usize], key)) {
                    Match::Yes => members.push(*set),
                    Match::Maybe => maybe.push(*set),
                    Match::No => {}
                }
            }
            members.sort_unstable();
            yes = ClassSet::from_sorted(members, self.len());
        }
        Matched { yes, maybe }
    }

    /// The sets on which all requirements hold, unknown values aside.
    fn columns(&mut self, requirements: &[Requirement]) -> ClassSet {
        let postings = |r: &Requirement| match r {
            Requirement::In(key, values) => {
                values.iter().map(|v| self.by_label.get(&(*key, *v)).map_or(0, Vec::len)).sum()
            }
            Requirement::Exists(key) => self.by_key.get(key).map_or(0, Vec::len),
            Requirement::NotIn(..) | Requirement::DoesNotExist(_) => usize::MAX,
        };
        // A requirement that few sets meet: the rest is looked at on those few.
        let narrowest = requirements.iter().map(postings).enumerate().min_by_key(|(_, n)| *n);
        if let Some((at, count)) = narrowest
            && count <= self.len() / 8 + 8
        {
            let mut found = self.having(&requirements[at]);
            self.evaluations += found.len() as u64;
            found.retain(|set| {
                let labels = &self.sets[*set as usize];
                requirements.iter().all(|r| r.holds(label(labels, r.key())) == Match::Yes)
            });
            return ClassSet::from_sorted(found, self.len());
        }
        let mut all = FixedBitSet::with_capacity(self.len());
        all.insert_range(..);
        for requirement in requirements {
            self.evaluations += 1;
            let mut column = FixedBitSet::with_capacity(self.len());
            column.extend(self.having(requirement).into_iter().map(|s| s as usize));
            match requirement {
                Requirement::In(..) | Requirement::Exists(_) => all.intersect_with(&column),
                Requirement::NotIn(..) | Requirement::DoesNotExist(_) => all.difference_with(&column),
            }
        }
        ClassSet::from_bits(&all)
    }

    /// The sets with one of the requirement's labels, or with its key; ascending.
    fn having(&self, requirement: &Requirement) -> Vec<u32> {
        match requirement {
            Requirement::In(key, values) | Requirement::NotIn(key, values) => {
                let mut found: Vec<u32> = Vec::new();
                for value in values {
                    found.extend(self.by_label.get(&(*key, *value)).into_iter().flatten());
                }
                // A set has one value for a key, so there are no repeats.
                found.sort_unstable();
                found
            }
            Requirement::Exists(key) | Requirement::DoesNotExist(key) => {
                self.by_key.get(key).cloned().unwrap_or_default()
            }
        }
    }

    /// The value of a key in a set, for one whose other labels are not known.
    pub(super) fn label(&self, set: u32, key: Symbol, others_known: bool) -> Label {
        match label(self.labels(set), key) {
            Label::Absent if !others_known => Label::Unknown,
            found => found,
        }
    }
}
