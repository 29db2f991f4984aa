//! Order in little code: sorting, and sets and maps that are sorted lists.
//!
//! The compiler writes the sorts and the trees of the standard library anew for every type, some
//! kilobytes each, and the module for the page has to be loaded. Here all that depends on the type
//! is comparing two elements and swapping them. For answers and names that is as good; where much
//! is sorted again and again, or a map grows at random places to many large entries, the standard
//! library's are.

use crate::source::to_u32;
use std::borrow::Borrow;
use std::cmp::Ordering;
use std::{mem, slice, vec};

/// Sorting of lists. Elements that compare equal keep their order.
pub(crate) trait Arrange<T> {
    /// Sorts by the elements' own order.
    fn arrange(&mut self)
    where
        T: Ord;

    /// Sorts by the elements' own order, fast: for what is sorted again and again, of elements of
    /// which equal ones are the same. The module for the page goes without that haste.
    fn arrange_fast(&mut self)
    where
        T: Ord;

    /// Sorts by this order.
    fn arrange_by(&mut self, compare: impl Fn(&T, &T) -> Ordering);

    /// Sorts by a key that is made once of each element.
    fn arrange_by_key<K: Ord>(&mut self, key: impl Fn(&T) -> K);
}

impl<T> Arrange<T> for [T] {
    fn arrange(&mut self)
    where
        T: Ord,
    {
        self.arrange_by(T::cmp);
    }

    fn arrange_fast(&mut self)
    where
        T: Ord,
    {
        #[cfg(target_family = "wasm")]
        self.arrange();
        #[cfg(not(target_family = "wasm"))]
        self.sort_unstable();
    }

    fn arrange_by(&mut self, compare: impl Fn(&T, &T) -> Ordering) {
        let order = order(self.len(), &|a, b| compare(&self[a], &self[b]));
        permute(order, &mut |a, b| self.swap(a, b));
    }

    fn arrange_by_key<K: Ord>(&mut self, key: impl Fn(&T) -> K) {
        let keys: Vec<K> = self.iter().map(key).collect();
        let order = order(keys.len(), &|a, b| keys[a].cmp(&keys[b]));
        permute(order, &mut |a, b| self.swap(a, b));
    }
}

/// Which element belongs at each place; empty if each is there already.
fn order(len: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<u32> {
    if (1..len).all(|at| compare(at - 1, at).is_le()) {
        return Vec::new();
    }
    let mut order: Vec<u32> = (0..to_u32(len)).collect();
    order.sort_unstable_by(|a, b| compare(*a as usize, *b as usize).then(a.cmp(b)));
    order
}

/// Brings each element to its place, along one cycle of the permutation after the other.
fn permute(mut order: Vec<u32>, swap: &mut dyn FnMut(usize, usize)) {
    for start in 0..order.len() {
        let mut at = start;
        loop {
            let from = mem::replace(&mut order[at], to_u32(at)) as usize;
            if from == start {
                break;
            }
            swap(at, from);
            at = from;
        }
    }
}

/// A set as an ascending list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SortedSet<T>(Vec<T>);

impl<T> SortedSet<T> {
    const FEW: usize = 8;

    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> slice::Iter<'_, T> {
        self.0.iter()
    }

    pub(crate) fn first(&self) -> Option<&T> {
        self.0.first()
    }

    #[cfg_attr(not(feature = "sentences"), allow(dead_code, reason = "for the drawn formats"))]
    pub(crate) fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        self.0.retain(keep);
    }
}

impl<T: Ord> SortedSet<T> {
    /// Whether it was not in there.
    pub(crate) fn insert(&mut self, element: T) -> bool {
        match place(self.0.len(), &|at| self.0[at].cmp(&element)) {
            Ok(_) => false,
            Err(at) => {
                self.0.insert(at, element);
                true
            }
        }
    }

    /// Whether it was in there.
    pub(crate) fn remove(&mut self, element: &T) -> bool {
        place(self.0.len(), &|at| self.0[at].cmp(element)).is_ok_and(|at| {
            self.0.remove(at);
            true
        })
    }

    /// What is not in the other set.
    pub(crate) fn difference(&self, other: &Self) -> impl Iterator<Item = &T> {
        self.iter().filter(|element| !other.contains(*element))
    }

    pub(crate) fn contains<Q: Ord + ?Sized>(&self, element: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        place(self.0.len(), &|at| self.0[at].borrow().cmp(element)).is_ok()
    }
}

/// A map as a list with ascending keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SortedMap<K, V>(Vec<(K, V)>);

impl<K, V> SortedMap<K, V> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> + ExactSizeIterator {
        self.0.iter().map(|(key, value)| (key, value))
    }

    #[cfg_attr(not(feature = "sentences"), allow(dead_code, reason = "for the drawn formats"))]
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        self.0.retain(|(key, value)| keep(key, value));
    }

    pub(crate) fn keys(&self) -> impl DoubleEndedIterator<Item = &K> + ExactSizeIterator {
        self.0.iter().map(|(key, _)| key)
    }

    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = &V> + ExactSizeIterator {
        self.0.iter().map(|(_, value)| value)
    }

    pub(crate) fn into_values(self) -> impl DoubleEndedIterator<Item = V> + ExactSizeIterator {
        self.0.into_iter().map(|(_, value)| value)
    }
}

impl<K: Ord, V> SortedMap<K, V> {
    /// The value that stood there before.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        match place(self.0.len(), &|at| self.0[at].0.cmp(&key)) {
            Ok(at) => Some(mem::replace(&mut self.0[at].1, value)),
            Err(at) => {
                self.0.insert(at, (key, value));
                None
            }
        }
    }

    pub(crate) const fn entry(&mut self, key: K) -> Entry<'_, K, V> {
        Entry { map: self, key }
    }

    pub(crate) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        place(self.0.len(), &|at| self.0[at].0.borrow().cmp(key)).ok().map(|at| &self.0[at].1)
    }

    pub(crate) fn contains_key(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        place(self.0.len(), &|at| self.0[at].0.cmp(key)).ok().map(|at| self.0.remove(at).1)
    }
}

/// The place of a key in a map.
pub(crate) struct Entry<'m, K, V> {
    map: &'m mut SortedMap<K, V>,
    key: K,
}

impl<'m, K: Ord, V> Entry<'m, K, V> {
    /// The value of the key, put there if there was none.
    pub(crate) fn or_insert_with(self, value: impl FnOnce() -> V) -> &'m mut V {
        let Self { map: SortedMap(entries), key } = self;
        let at = place(entries.len(), &|at| entries[at].0.cmp(&key)).unwrap_or_else(|at| {
            entries.insert(at, (key, value()));
            at
        });
        &mut entries[at].1
    }

    /// The value of the key, put there if there was none.
    pub(crate) fn or_insert(self, value: V) -> &'m mut V {
        self.or_insert_with(|| value)
    }

    /// The value of the key, put there if there was none.
    pub(crate) fn or_default(self) -> &'m mut V
    where
        V: Default,
    {
        self.or_insert_with(V::default)
    }
}

/// Where an element stands among so many, or where it has to be put.
fn place(len: usize, compare: &dyn Fn(usize) -> Ordering) -> Result<usize, usize> {
    // What comes in order goes to the end.
    if len == 0 || compare(len - 1).is_lt() {
        return Err(len);
    }
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low + (high - low) / 2;
        match compare(middle) {
            Ordering::Less => low = middle + 1,
            Ordering::Equal => return Ok(middle),
            Ordering::Greater => high = middle,
        }
    }
    Err(low)
}

impl<T> Default for SortedSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Ord> FromIterator<T> for SortedSet<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        let mut elements: Vec<T> = elements.into_iter().collect();
        elements.arrange();
        elements.dedup();
        Self(elements)
    }
}

impl<T> From<[T; 1]> for SortedSet<T> {
    fn from(element: [T; 1]) -> Self {
        Self(element.into())
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for SortedMap<K, V> {
    /// Of equal keys, the last counts.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut entries: Vec<(K, V)> = entries.into_iter().collect();
        entries.arrange_by(|a, b| a.0.cmp(&b.0));
        entries.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                mem::swap(later, kept);
            }
            same
        });
        Self(entries)
    }
}

impl<T: Ord> Extend<T> for SortedSet<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, elements: I) {
        let from = self.0.len();
        self.0.extend(elements);
        // Each of a few is put in its place; many are put in order together.
        match self.0.len() - from {
            0 => {}
            1..=Self::FEW => self.0.split_off(from).into_iter().for_each(|element| _ = self.insert(element)),
            _ => {
                self.0.arrange();
                self.0.dedup();
            }
        }
    }
}

impl<'e, T: Ord + Copy + 'e> Extend<&'e T> for SortedSet<T> {
    fn extend<I: IntoIterator<Item = &'e T>>(&mut self, elements: I) {
        self.extend(elements.into_iter().copied());
    }
}

impl<T> IntoIterator for SortedSet<T> {
    type Item = T;
    type IntoIter = vec::IntoIter<T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'s, T> IntoIterator for &'s SortedSet<T> {
    type Item = &'s T;
    type IntoIter = slice::Iter<'s, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<K, V> IntoIterator for SortedMap<K, V> {
    type Item = (K, V);
    type IntoIter = vec::IntoIter<(K, V)>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    proptest! {
        #[test]
        fn sorts_as_the_standard_library(mut list: Vec<(u8, u8)>) {
            let mut expected = list.clone();
            expected.sort_by_key(|(key, _)| *key);
            list.arrange_by(|a, b| a.0.cmp(&b.0));
            prop_assert_eq!(&list, &expected);
            expected.sort();
            list.arrange();
            prop_assert_eq!(list, expected);
        }

        #[test]
        fn sets_are_those_of_the_standard_library(first: Vec<u8>, then: Vec<u8>) {
            let mut expected: BTreeSet<u8> = first.iter().copied().collect();
            let mut set: SortedSet<u8> = first.into_iter().collect();
            for element in then {
                prop_assert_eq!(set.contains(&element), expected.contains(&element));
                prop_assert_eq!(set.insert(element), expected.insert(element));
            }
            prop_assert!(set.iter().eq(&expected));
        }

        #[test]
        fn sets_take_many(first: Vec<u8>, then: Vec<u8>) {
            let mut expected: BTreeSet<u8> = first.iter().copied().collect();
            let mut set: SortedSet<u8> = first.into_iter().collect();
            expected.extend(&then);
            set.extend(&then);
            prop_assert!(set.iter().eq(&expected));
        }

        #[test]
        fn maps_are_those_of_the_standard_library(first: Vec<(u8, u8)>, then: Vec<(u8, u8)>) {
            let mut expected: BTreeMap<u8, u8> = first.iter().copied().collect();
            let mut map: SortedMap<u8, u8> = first.into_iter().collect();
            for (key, value) in then {
                prop_assert_eq!(map.get(&key), expected.get(&key));
                if value % 2 == 0 {
                    prop_assert_eq!(map.insert(key, value), expected.insert(key, value));
                } else {
                    let (own, other) = (map.entry(key).or_default(), expected.entry(key).or_default());
                    prop_assert_eq!(&*own, &*other);
                    (*own, *other) = (value, value);
                }
            }
            prop_assert!(map.iter().eq(&expected));
        }
    }
}
