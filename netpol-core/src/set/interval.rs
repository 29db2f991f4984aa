//! Sets of points of a finite line, as sorted, disjoint, maximal intervals.

use std::fmt::Debug;

/// A point of a finite, totally ordered line: a port, an IPv4 or an IPv6 address as a number.
pub trait Point: Copy + Ord + Debug {
    /// The first point.
    const MIN: Self;
    /// The last point.
    const MAX: Self;
    /// The next point; `None` after the last.
    fn next(self) -> Option<Self>;
    /// The point before; `None` before the first.
    fn prev(self) -> Option<Self>;
}

macro_rules! unsigned_point {
    ($($t:ty),*) => {$(
        impl Point for $t {
            const MIN: Self = <$t>::MIN;
            const MAX: Self = <$t>::MAX;
            fn next(self) -> Option<Self> { self.checked_add(1) }
            fn prev(self) -> Option<Self> { self.checked_sub(1) }
        }
    )*};
}
unsigned_point!(u8, u16, u32, u128);

/// A set of points, held as inclusive intervals that are sorted, disjoint and maximal (two
/// neighbours always leave a gap). There is one representation for each set, so `Eq` and `Hash`
/// are set equality.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IntervalSet<T> {
    intervals: Vec<(T, T)>,
}

impl<T: Point> Debug for IntervalSet<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.intervals.iter().map(|(a, b)| *a..=*b)).finish()
    }
}

impl<T: Point> Default for IntervalSet<T> {
    fn default() -> Self {
        Self::empty()
    }
}

impl<T: Point> IntervalSet<T> {
    /// The set without a point.
    pub const fn empty() -> Self {
        Self { intervals: Vec::new() }
    }

    /// The whole line.
    pub fn full() -> Self {
        Self::range(T::MIN, T::MAX)
    }

    /// The points from `low` to `high`, both included; empty when `low > high`.
    pub fn range(low: T, high: T) -> Self {
        if low > high {
            return Self::empty();
        }
        Self { intervals: vec![(low, high)] }
    }

    /// The set of one point.
    pub fn point(p: T) -> Self {
        Self::range(p, p)
    }

    /// The union of inclusive intervals in any order; pairs with `low > high` count as empty.
    pub fn from_intervals(intervals: impl IntoIterator<Item = (T, T)>) -> Self {
        let mut raw: Vec<(T, T)> = intervals.into_iter().filter(|(a, b)| a <= b).collect();
        raw.sort_unstable();
        Self::coalesce(raw)
    }

    /// Merges sorted intervals that touch or overlap.
    fn coalesce(raw: Vec<(T, T)>) -> Self {
        let room = Vec::with_capacity(raw.len());
        Self::ascending(room, raw)
    }

    /// The union of inclusive intervals that are in ascending order, with room for no more than it needs.
    pub fn from_ascending(raw: &[(T, T)]) -> Self {
        let mut count = 0;
        let mut end: Option<T> = None;
        for (low, high) in raw {
            match end {
                Some(last) if last.next().is_none_or(|after| *low <= after) => end = Some(last.max(*high)),
                _ => {
                    count += 1;
                    end = Some(*high);
                }
            }
        }
        Self::ascending(Vec::with_capacity(count), raw.iter().copied())
    }

    fn ascending(mut intervals: Vec<(T, T)>, raw: impl IntoIterator<Item = (T, T)>) -> Self {
        for (low, high) in raw {
            match intervals.last_mut() {
                Some(last) if last.1.next().is_none_or(|after| low <= after) => {
                    last.1 = last.1.max(high);
                }
                _ => intervals.push((low, high)),
            }
        }
        Self { intervals }.checked()
    }

    /// Asserts, in debug builds, that the representation is the canonical one.
    fn checked(self) -> Self {
        debug_assert!(self.intervals.iter().all(|(a, b)| a <= b), "an interval is reversed");
        debug_assert!(
            self.intervals.windows(2).all(|w| w[0].1.next().is_some_and(|after| after < w[1].0)),
            "neighbours overlap or touch"
        );
        self
    }

    /// Whether no point is in the set.
    pub fn is_empty(&self) -> bool {
        self.intervals.is_empty()
    }

    /// The inclusive intervals, ascending.
    pub fn intervals(&self) -> &[(T, T)] {
        &self.intervals
    }

    /// The smallest point.
    pub fn first(&self) -> Option<T> {
        self.intervals.first().map(|i| i.0)
    }

    /// Whether `p` is in the set.
    pub fn contains(&self, p: T) -> bool {
        let after = self.intervals.partition_point(|(low, _)| *low <= p);
        after > 0 && self.intervals[after - 1].1 >= p
    }

    /// Points in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        if self.is_empty() {
            return other.clone();
        }
        if other.is_empty() {
            return self.clone();
        }
        let mut raw = Vec::with_capacity(self.intervals.len() + other.intervals.len());
        let (mut a, mut b) = (self.intervals.iter().peekable(), other.intervals.iter().peekable());
        while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
            let first = if x <= y { a.next() } else { b.next() };
            raw.extend(first);
        }
        raw.extend(a);
        raw.extend(b);
        Self::coalesce(raw)
    }

    /// Points in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut intervals = Vec::new();
        let (mut i, mut j) = (0, 0);
        while let (Some(a), Some(b)) = (self.intervals.get(i), other.intervals.get(j)) {
            let (low, high) = (a.0.max(b.0), a.1.min(b.1));
            if low <= high {
                intervals.push((low, high));
            }
            if a.1 < b.1 { i += 1 } else { j += 1 }
        }
        Self { intervals }.checked()
    }

    /// Points of the line that are not in the set.
    #[must_use]
    pub fn complement(&self) -> Self {
        let mut intervals = Vec::with_capacity(self.intervals.len() + 1);
        let mut from = Some(T::MIN);
        for (low, high) in &self.intervals {
            if let (Some(start), Some(end)) = (from, low.prev())
                && start <= end
            {
                intervals.push((start, end));
            }
            from = high.next();
        }
        if let Some(start) = from {
            intervals.push((start, T::MAX));
        }
        Self { intervals }.checked()
    }

    /// Points in this set that are not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        if self.is_empty() || other.is_empty() {
            return self.clone();
        }
        self.intersection(&other.complement())
    }

    /// Whether some point is in both sets.
    pub fn meets(&self, other: &Self) -> bool {
        let (mut i, mut j) = (0, 0);
        while let (Some(a), Some(b)) = (self.intervals.get(i), other.intervals.get(j)) {
            if a.0.max(b.0) <= a.1.min(b.1) {
                return true;
            }
            if a.1 < b.1 { i += 1 } else { j += 1 }
        }
        false
    }

    /// Whether every point of this set is in the other.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.intervals.iter().all(|(low, high)| {
            let after = other.intervals.partition_point(|(l, _)| l <= low);
            after > 0 && other.intervals[after - 1].1 >= *high
        })
    }

    /// Cuts this set into the coarsest pieces that lie wholly inside or wholly outside of each of
    /// `others`: the atoms. Pieces are intervals, ascending; their union is this set.
    pub fn atoms<'a>(&self, others: impl IntoIterator<Item = &'a Self>) -> Vec<(T, T)>
    where
        T: 'a,
    {
        let mut starts: Vec<T> = Vec::new();
        for set in others {
            for (low, high) in &set.intervals {
                starts.push(*low);
                starts.extend(high.next());
            }
        }
        starts.sort_unstable();
        starts.dedup();
        let mut out = Vec::new();
        for (low, high) in &self.intervals {
            let mut from = *low;
            let first = starts.partition_point(|s| s <= low);
            for start in starts[first..].iter().take_while(|s| *s <= high) {
                if let Some(end) = start.prev() {
                    out.push((from, end));
                }
                from = *start;
            }
            out.push((from, *high));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Set = IntervalSet<u8>;

    fn set() -> impl Strategy<Value = Set> {
        proptest::collection::vec((any::<u8>(), any::<u8>()), 0..6).prop_map(Set::from_intervals)
    }

    fn members(s: &Set) -> Vec<bool> {
        (0..=u8::MAX).map(|p| s.contains(p)).collect()
    }

    #[test]
    fn the_ends_of_the_line_are_points_like_others() {
        assert_eq!(Set::full().complement(), Set::empty());
        assert_eq!(Set::empty().complement(), Set::full());
        assert_eq!(Set::point(255).complement(), Set::range(0, 254));
        assert_eq!(Set::from_intervals([(0, 3), (4, 9)]), Set::range(0, 9));
        assert_eq!(Set::range(9, 3), Set::empty());
        assert_eq!(IntervalSet::<u128>::point(u128::MAX).complement().complement(), IntervalSet::point(u128::MAX));
    }

    proptest! {
        #[test]
        fn equal_members_are_equal_values(a in set(), b in set()) {
            prop_assert_eq!(members(&a) == members(&b), a == b);
        }
        #[test]
        fn built_from_its_members_it_is_itself(a in set()) {
            prop_assert_eq!(Set::from_intervals((0..=u8::MAX).filter(|p| a.contains(*p)).map(|p| (p, p))), a);
        }
        #[test]
        fn in_order_they_need_no_sorting(a in set(), b in set()) {
            let mut raw: Vec<(u8, u8)> = a.intervals().iter().chain(b.intervals()).copied().collect();
            raw.sort_unstable();
            prop_assert_eq!(Set::from_ascending(&raw), a.union(&b));
        }
        #[test]
        fn union_is_or(a in set(), b in set()) {
            let u = a.union(&b);
            for p in 0..=u8::MAX { prop_assert_eq!(u.contains(p), a.contains(p) || b.contains(p)); }
        }
        #[test]
        fn intersection_is_and(a in set(), b in set()) {
            let u = a.intersection(&b);
            for p in 0..=u8::MAX { prop_assert_eq!(u.contains(p), a.contains(p) && b.contains(p)); }
        }
        #[test]
        fn sets_meet_in_what_they_share(a in set(), b in set()) {
            prop_assert_eq!(a.meets(&b), !a.intersection(&b).is_empty());
        }
        #[test]
        fn difference_is_and_not(a in set(), b in set()) {
            let u = a.difference(&b);
            for p in 0..=u8::MAX { prop_assert_eq!(u.contains(p), a.contains(p) && !b.contains(p)); }
        }
        #[test]
        fn complement_is_not(a in set()) {
            let c = a.complement();
            for p in 0..=u8::MAX { prop_assert_eq!(c.contains(p), !a.contains(p)); }
        }
        #[test]
        fn complement_twice_is_the_same(a in set()) { prop_assert_eq!(a.complement().complement(), a); }
        #[test]
        fn union_commutes(a in set(), b in set()) { prop_assert_eq!(a.union(&b), b.union(&a)); }
        #[test]
        fn intersection_commutes(a in set(), b in set()) { prop_assert_eq!(a.intersection(&b), b.intersection(&a)); }
        #[test]
        fn union_associates(a in set(), b in set(), c in set()) { prop_assert_eq!(a.union(&b).union(&c), a.union(&b.union(&c))); }
        #[test]
        fn intersection_associates(a in set(), b in set(), c in set()) { prop_assert_eq!(a.intersection(&b).intersection(&c), a.intersection(&b.intersection(&c))); }
        #[test]
        fn intersection_distributes(a in set(), b in set(), c in set()) { prop_assert_eq!(a.intersection(&b.union(&c)), a.intersection(&b).union(&a.intersection(&c))); }
        #[test]
        fn de_morgan(a in set(), b in set()) { prop_assert_eq!(a.union(&b).complement(), a.complement().intersection(&b.complement())); }
        #[test]
        fn union_with_self_is_self(a in set()) { prop_assert_eq!(a.union(&a), a); }
        #[test]
        fn empty_is_neutral_for_union(a in set()) { prop_assert_eq!(a.union(&Set::empty()), a); }
        #[test]
        fn full_is_neutral_for_intersection(a in set()) { prop_assert_eq!(a.intersection(&Set::full()), a); }
        #[test]
        fn a_set_and_its_complement_share_nothing(a in set()) { prop_assert!(a.intersection(&a.complement()).is_empty()); }
        #[test]
        fn a_set_and_its_complement_are_all(a in set()) { prop_assert_eq!(a.union(&a.complement()), Set::full()); }
        #[test]
        fn subset_is_empty_difference(a in set(), b in set()) { prop_assert_eq!(a.is_subset(&b), a.difference(&b).is_empty()); }
        #[test]
        fn subset_is_union_absorbed(a in set(), b in set()) { prop_assert_eq!(a.is_subset(&b), a.union(&b) == b); }
        #[test]
        fn absorption(a in set(), b in set()) { prop_assert_eq!(a.union(&a.intersection(&b)), a); }
        #[test]
        fn difference_then_union_restores(a in set(), b in set()) { prop_assert_eq!(a.difference(&b).union(&a.intersection(&b)), a); }
        #[test]
        fn first_is_the_smallest_member(a in set()) { prop_assert_eq!(a.first(), (0..=u8::MAX).find(|p| a.contains(*p))); }
        #[test]
        fn atoms_cover_the_set_and_never_straddle(a in set(), b in set(), c in set()) {
            let atoms = a.atoms([&b, &c]);
            prop_assert!(atoms.windows(2).all(|w| w[0].1 < w[1].0));
            for (low, high) in &atoms {
                for other in [&b, &c] {
                    prop_assert!((*low..=*high).all(|p| other.contains(p) == other.contains(*low)));
                }
            }
            prop_assert_eq!(Set::from_intervals(atoms), a);
        }
    }
}
