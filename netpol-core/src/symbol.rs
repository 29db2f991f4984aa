//! Strings by number: names, label keys and label values are compared as integers.

use indexmap::IndexSet;

/// A string of a [`Symbols`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Symbol(u32);

#[derive(Clone, Debug, Default)]
pub(crate) struct Symbols(IndexSet<Box<str>, foldhash::fast::RandomState>);

impl Symbols {
    pub(crate) fn intern(&mut self, text: &str) -> Symbol {
        if let Some(found) = self.find(text) {
            return found;
        }
        Symbol(crate::source::to_u32(self.0.insert_full(text.into()).0))
    }

    pub(crate) fn find(&self, text: &str) -> Option<Symbol> {
        self.0.get_index_of(text).map(|i| Symbol(crate::source::to_u32(i)))
    }

    pub(crate) fn text(&self, symbol: Symbol) -> &str {
        self.0.get_index(symbol.0 as usize).map_or("", |s| s)
    }
}

impl Symbol {
    /// A string that equals no interned one.
    pub(crate) const FRESH: Self = Self(u32::MAX);

    /// A value that is there and not known: of a label that a controller sets on the pods it makes.
    pub(crate) const UNKNOWN: Self = Self(u32::MAX - 1);

    /// A label of which it is not known whether it is there: of a pod that is not in the input.
    pub(crate) const OPEN: Self = Self(u32::MAX - 2);

    /// Whether it stands for a value that is not known.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::UNKNOWN | Self::OPEN)
    }

    /// The number; of interned strings small and without gaps.
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}
