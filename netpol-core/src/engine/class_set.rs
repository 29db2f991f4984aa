//! Sets of classes, in the smaller of two forms.

use fixedbitset::FixedBitSet;

/// A set of the classes of one partition. There is one representation for each set, so `Eq` and
/// `Hash` are set equality among sets of the same partition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ClassSet {
    /// Every class.
    All,
    /// At most one in [`ClassSet::SPARSE`], ascending.
    Sparse(Box<[u32]>),
    Dense(FixedBitSet),
}

impl ClassSet {
    /// A list takes 32 bits for each member, a bit set one for each class.
    const SPARSE: usize = 32;

    pub(crate) fn empty() -> Self {
        Self::Sparse(Box::default())
    }

    /// The members of a bit set; its length is the number of classes.
    pub(crate) fn from_bits(bits: &FixedBitSet) -> Self {
        let count = bits.count_ones(..);
        if count == bits.len() && count > 0 {
            Self::All
        } else if count * Self::SPARSE <= bits.len() {
            Self::Sparse(bits.ones().map(crate::source::to_u32).collect())
        } else {
            Self::Dense(bits.clone())
        }
    }

    /// Members in ascending order without repeats, out of `classes`.
    pub(crate) fn from_sorted(members: Vec<u32>, classes: usize) -> Self {
        if members.len() == classes && classes > 0 {
            Self::All
        } else if members.len() * Self::SPARSE <= classes {
            Self::Sparse(members.into())
        } else {
            let mut bits = FixedBitSet::with_capacity(classes);
            bits.extend(members.into_iter().map(|m| m as usize));
            Self::Dense(bits)
        }
    }

    pub(crate) fn contains(&self, class: u32) -> bool {
        match self {
            Self::All => true,
            Self::Sparse(members) => members.binary_search(&class).is_ok(),
            Self::Dense(bits) => bits.contains(class as usize),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::All => false,
            Self::Sparse(members) => members.is_empty(),
            Self::Dense(bits) => bits.is_clear(),
        }
    }

    pub(crate) fn len(&self, classes: usize) -> usize {
        match self {
            Self::All => classes,
            Self::Sparse(members) => members.len(),
            Self::Dense(bits) => bits.count_ones(..),
        }
    }

    /// The members, ascending.
    pub(crate) fn iter(&self, classes: usize) -> Box<dyn Iterator<Item = u32> + '_> {
        match self {
            Self::All => Box::new(0..crate::source::to_u32(classes)),
            Self::Sparse(members) => Box::new(members.iter().copied()),
            Self::Dense(bits) => Box::new(bits.ones().map(crate::source::to_u32)),
        }
    }

    /// In both sets.
    pub(crate) fn intersection(&self, other: &Self, classes: usize) -> Self {
        match (self, other) {
            (Self::All, set) | (set, Self::All) => set.clone(),
            (Self::Dense(a), Self::Dense(b)) => {
                let mut bits = a.clone();
                bits.intersect_with(b);
                Self::from_bits(&bits)
            }
            (Self::Sparse(members), set) | (set, Self::Sparse(members)) => {
                Self::from_sorted(members.iter().copied().filter(|m| set.contains(*m)).collect(), classes)
            }
        }
    }

    /// Names each class in which the set differs from all classes or from none, whichever is less
    /// to name; `true`: from all.
    pub(crate) fn each_difference(&self, classes: usize, mut name: impl FnMut(u32)) -> bool {
        match self {
            Self::All => true,
            Self::Sparse(members) => {
                members.iter().for_each(|m| name(*m));
                false
            }
            Self::Dense(bits) if bits.count_ones(..) * 2 > classes => {
                bits.zeroes().for_each(|m| name(crate::source::to_u32(m)));
                true
            }
            Self::Dense(bits) => {
                bits.ones().for_each(|m| name(crate::source::to_u32(m)));
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_forms_are_one_set(members in proptest::collection::btree_set(0_u32..200, 0..200), pad in 0_usize..7000) {
            let classes = 200 + pad;
            let mut bits = FixedBitSet::with_capacity(classes);
            bits.extend(members.iter().map(|m| *m as usize));
            let a = ClassSet::from_bits(&bits);
            let b = ClassSet::from_sorted(members.iter().copied().collect(), classes);
            prop_assert_eq!(&a, &b);
            prop_assert_eq!(a.iter(classes).collect::<Vec<_>>(), members.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(a.len(classes), members.len());
            prop_assert_eq!(a.is_empty(), members.is_empty());
            for m in 0..200 { prop_assert_eq!(a.contains(m), members.contains(&m)); }
        }

        #[test]
        fn intersection_is_and(
            a in proptest::collection::btree_set(0_u32..100, 0..100),
            b in proptest::collection::btree_set(0_u32..100, 0..100),
            classes in prop_oneof![Just(100_usize), Just(5000)],
        ) {
            let set = |s: &std::collections::BTreeSet<u32>| ClassSet::from_sorted(s.iter().copied().collect(), classes);
            let both = a.intersection(&b).copied().collect();
            prop_assert_eq!(set(&a).intersection(&set(&b), classes), ClassSet::from_sorted(both, classes));
        }
    }

    #[test]
    fn of_no_classes_every_set_is_the_empty_one() {
        assert_eq!(ClassSet::from_bits(&FixedBitSet::new()), ClassSet::empty());
        assert_eq!(ClassSet::from_sorted(Vec::new(), 0), ClassSet::empty());
    }
}
