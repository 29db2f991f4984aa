//! Label selectors, interned, with one variant per operator (semantics A3).

use crate::manifest;
use crate::sorted::Arrange;
use crate::symbol::{Symbol, Symbols};
use indexmap::IndexSet;

/// Labels as sorted pairs.
pub(crate) type LabelPairs = [(Symbol, Symbol)];

/// Whether a selector matches, when some labels may be unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    No,
    Maybe,
    Yes,
}

impl Match {
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Maybe,
        }
    }
}

impl Match {
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::No, Self::No) => Self::No,
            _ => Self::Maybe,
        }
    }
}

impl From<bool> for Match {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// The value of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    Absent,
    Value(Symbol),
    /// Present, with a value that is not known.
    Unvalued,
    /// Not known whether it is present.
    Unknown,
}

/// Finds a key in sorted labels.
pub(crate) fn label(labels: &LabelPairs, key: Symbol) -> Label {
    match labels.binary_search_by_key(&key, |(k, _)| *k) {
        Ok(at) if labels[at].1 == Symbol::UNKNOWN => Label::Unvalued,
        Ok(at) if labels[at].1 == Symbol::OPEN => Label::Unknown,
        Ok(at) => Label::Value(labels[at].1),
        Err(_) => Label::Absent,
    }
}

/// One requirement on one key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Requirement {
    /// The key has one of these values. Sorted.
    In(Symbol, Box<[Symbol]>),
    /// The key is absent or has none of these values. Sorted.
    NotIn(Symbol, Box<[Symbol]>),
    Exists(Symbol),
    DoesNotExist(Symbol),
}

impl Requirement {
    pub(crate) fn key(&self) -> Symbol {
        match self {
            Self::In(k, _) | Self::NotIn(k, _) | Self::Exists(k) | Self::DoesNotExist(k) => *k,
        }
    }

    /// The values that the requirement names.
    pub(crate) fn values(&self) -> &[Symbol] {
        match self {
            Self::In(_, values) | Self::NotIn(_, values) => values,
            Self::Exists(_) | Self::DoesNotExist(_) => &[],
        }
    }

    pub(crate) fn holds(&self, label: Label) -> Match {
        let value = match label {
            Label::Unknown => return Match::Maybe,
            Label::Unvalued => {
                return match self {
                    Self::In(..) | Self::NotIn(..) => Match::Maybe,
                    Self::Exists(_) => Match::Yes,
                    Self::DoesNotExist(_) => Match::No,
                };
            }
            Label::Absent => None,
            Label::Value(v) => Some(v),
        };
        Match::from(match (self, value) {
            (Self::In(_, values), Some(v)) => values.binary_search(&v).is_ok(),
            (Self::In(..), None) => false,
            (Self::NotIn(_, values), Some(v)) => values.binary_search(&v).is_err(),
            (Self::NotIn(..), None) => true,
            (Self::Exists(_), v) => v.is_some(),
            (Self::DoesNotExist(_), v) => v.is_none(),
        })
    }
}

/// Requirements that must all hold; none: everything matches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Selector {
    pub(crate) requirements: Box<[Requirement]>,
}

impl Selector {
    /// Whether it matches the labels that `lookup` gives.
    pub(crate) fn matches(&self, lookup: impl Fn(Symbol) -> Label) -> Match {
        let mut all = Match::Yes;
        for requirement in &self.requirements {
            all = all.and(requirement.holds(lookup(requirement.key())));
            if all == Match::No {
                return Match::No;
            }
        }
        // Each requirement may hold by itself; that they may together is another matter.
        let may_hold = |requirement: &Requirement| self.may_hold(requirement.key(), lookup(requirement.key()));
        match all {
            Match::Maybe if !self.requirements.iter().all(may_hold) => Match::No,
            all => all,
        }
    }

    /// Whether something that a label may be meets all requirements on its key.
    fn may_hold(&self, key: Symbol, found: Label) -> bool {
        let on_key = || self.requirements.iter().filter(|r| r.key() == key);
        let holds = |label: Label| on_key().all(|r| r.holds(label) == Match::Yes);
        match found {
            Label::Absent | Label::Value(_) => holds(found),
            Label::Unvalued | Label::Unknown => {
                let absent = (found == Label::Unknown).then_some(Label::Absent);
                let named = on_key().flat_map(Requirement::values).map(|value| Label::Value(*value));
                absent.into_iter().chain([Label::Value(Symbol::FRESH)]).chain(named).any(holds)
            }
        }
    }
}

/// A selector of a [`Selectors`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SelectorId(u32);

/// All selectors, equal ones once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selectors(IndexSet<Selector, foldhash::fast::RandomState>);

impl Selectors {
    /// The keys that some selector names, sorted.
    pub(crate) fn keys(&self) -> Vec<Symbol> {
        let mut keys: Vec<Symbol> = self.0.iter().flat_map(|s| &s.requirements).map(Requirement::key).collect();
        keys.arrange();
        keys.dedup();
        keys
    }

    pub(crate) fn intern(&mut self, selector: &manifest::Selector, symbols: &mut Symbols) -> SelectorId {
        use manifest::RequirementOperator as Op;
        let set = |values: &[String], symbols: &mut Symbols| {
            let mut values: Vec<Symbol> = values.iter().map(|v| symbols.intern(v)).collect();
            values.arrange();
            values.dedup();
            values.into_boxed_slice()
        };
        let mut requirements: Vec<Requirement> = selector
            .requirements
            .iter()
            .map(|r| {
                let key = symbols.intern(&r.key);
                match &r.operator {
                    Op::In(values) => Requirement::In(key, set(values, symbols)),
                    Op::NotIn(values) => Requirement::NotIn(key, set(values, symbols)),
                    Op::Exists => Requirement::Exists(key),
                    Op::DoesNotExist => Requirement::DoesNotExist(key),
                }
            })
            .collect();
        requirements.arrange();
        requirements.dedup();
        let selector = Selector { requirements: requirements.into() };
        SelectorId(crate::source::to_u32(self.0.insert_full(selector).0))
    }

    pub(crate) fn get(&self, id: SelectorId) -> &Selector {
        &self.0[id.0 as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every operator on every state of its key (semantics A3).
    #[test]
    fn operators_on_absent_present_and_unknown_keys() {
        let mut symbols = Symbols::default();
        let (k, a, b) = (symbols.intern("k"), symbols.intern("a"), symbols.intern("b"));
        let rows = [
            (Requirement::In(k, [a].into()), [Match::No, Match::Yes, Match::No, Match::Maybe, Match::Maybe]),
            (Requirement::NotIn(k, [a].into()), [Match::Yes, Match::No, Match::Yes, Match::Maybe, Match::Maybe]),
            (Requirement::Exists(k), [Match::No, Match::Yes, Match::Yes, Match::Yes, Match::Maybe]),
            (Requirement::DoesNotExist(k), [Match::Yes, Match::No, Match::No, Match::No, Match::Maybe]),
        ];
        for (requirement, expected) in rows {
            let states = [Label::Absent, Label::Value(a), Label::Value(b), Label::Unvalued, Label::Unknown];
            assert_eq!(states.map(|s| requirement.holds(s)), expected, "{requirement:?}");
        }
    }

    /// Requirements that may each hold, and together never do, whatever the label is.
    #[test]
    fn what_nothing_can_be_is_not_matched_by_what_is_not_known() {
        let mut symbols = Symbols::default();
        let (k, l, a, b) = (symbols.intern("k"), symbols.intern("l"), symbols.intern("a"), symbols.intern("b"));
        let values = |values: &[Symbol]| -> Box<[Symbol]> { values.into() };
        let never = [
            vec![Requirement::In(k, values(&[a])), Requirement::NotIn(k, values(&[a]))],
            vec![Requirement::In(k, values(&[a])), Requirement::In(k, values(&[b]))],
            vec![Requirement::In(k, values(&[a])), Requirement::DoesNotExist(k)],
            vec![Requirement::Exists(l), Requirement::Exists(k), Requirement::DoesNotExist(k)],
        ];
        for requirements in never {
            let selector = Selector { requirements: requirements.into() };
            assert_eq!(selector.matches(|_| Label::Unknown), Match::No, "{selector:?}");
        }
        let sometimes = [
            vec![Requirement::In(k, values(&[a, b])), Requirement::NotIn(k, values(&[a]))],
            vec![Requirement::NotIn(k, values(&[a])), Requirement::NotIn(k, values(&[b]))],
            vec![Requirement::NotIn(k, values(&[a, b])), Requirement::Exists(k)],
        ];
        for requirements in sometimes {
            let selector = Selector { requirements: requirements.into() };
            assert_eq!(selector.matches(|_| Label::Unknown), Match::Maybe, "{selector:?}");
            assert_eq!(selector.matches(|_| Label::Unvalued), Match::Maybe, "{selector:?}");
        }
        // What needs the key to be absent cannot be where it is present.
        let none = [Requirement::NotIn(k, values(&[a])), Requirement::DoesNotExist(k)];
        let selector = Selector { requirements: none.into() };
        assert_eq!(selector.matches(|_| Label::Unknown), Match::Maybe);
        assert_eq!(selector.matches(|_| Label::Unvalued), Match::No);
    }

    #[test]
    fn a_label_without_a_known_value_is_found_as_such() {
        let mut symbols = Symbols::default();
        let (k, l, a) = (symbols.intern("k"), symbols.intern("l"), symbols.intern("a"));
        let labels = [(k, Symbol::UNKNOWN), (l, a)];
        assert_eq!(label(&labels, k), Label::Unvalued);
        assert_eq!(label(&labels, l), Label::Value(a));
        assert_eq!(label(&labels, a), Label::Absent);
    }

    #[test]
    fn an_empty_value_is_a_value() {
        let mut symbols = Symbols::default();
        let (k, empty) = (symbols.intern("k"), symbols.intern(""));
        let requirement = Requirement::In(k, [empty].into());
        assert_eq!(requirement.holds(Label::Absent), Match::No);
        assert_eq!(requirement.holds(Label::Value(empty)), Match::Yes);
    }
}
