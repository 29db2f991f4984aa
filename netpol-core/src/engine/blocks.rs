//! Which of a direction's address blocks hold an address.

use crate::set::{AddressSet, IntervalSet, Point};
use crate::sorted::Arrange;
use indexmap::IndexSet;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

/// The distinct blocks of a direction, and for known addresses the lists of those that hold them.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocks {
    blocks: IndexSet<Arc<AddressSet>, foldhash::fast::RandomState>,
    /// Distinct lists of blocks, ascending; the first is the empty one.
    memberships: IndexSet<Box<[u32]>, foldhash::fast::RandomState>,
}

impl Blocks {
    pub(super) fn add(&mut self, block: &Arc<AddressSet>) -> u32 {
        crate::source::to_u32(self.blocks.insert_full(block.clone()).0)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.blocks.len()
    }

    pub(super) fn get(&self, block: u32) -> &Arc<AddressSet> {
        &self.blocks[block as usize]
    }

    /// The blocks of a membership, ascending.
    pub(super) fn of_membership(&self, membership: u32) -> &[u32] {
        &self.memberships[membership as usize]
    }

    /// The membership that no block gives.
    pub(super) const NONE: u32 = 0;

    /// Finds the memberships of addresses. Blocks are compared with the intervals that the
    /// addresses lie in, not with each address.
    pub(super) fn locate(&mut self, addresses: impl Iterator<Item = IpAddr>) -> Located {
        self.memberships.insert(Box::default());
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for address in addresses {
            match address {
                IpAddr::V4(a) => v4.push(u32::from(a)),
                IpAddr::V6(a) => v6.push(u128::from(a)),
            }
        }
        let blocks: Vec<&AddressSet> = self.blocks.iter().map(|b| &**b).collect();
        let v4 = Line::new(v4, blocks.iter().map(|b| b.v4()), &mut self.memberships);
        let v6 = Line::new(v6, blocks.iter().map(|b| b.v6()), &mut self.memberships);
        Located { v4, v6 }
    }
}

/// The memberships of the addresses that were asked about.
pub(super) struct Located {
    v4: Line<u32>,
    v6: Line<u128>,
}

impl Located {
    pub(super) fn membership(&self, address: IpAddr) -> u32 {
        match address {
            IpAddr::V4(a) => self.v4.membership(u32::from(a)),
            IpAddr::V6(a) => self.v6.membership(u128::from(a)),
        }
    }
}

struct Line<T> {
    /// Where some block begins, or the first point behind one; ascending.
    borders: Vec<T>,
    /// By the number of borders at or before a point: its membership.
    slots: HashMap<usize, u32, foldhash::fast::RandomState>,
}

impl<T: Point> Line<T> {
    fn new<'a>(
        points: Vec<T>,
        blocks: impl Iterator<Item = &'a IntervalSet<T>> + Clone,
        memberships: &mut IndexSet<Box<[u32]>, foldhash::fast::RandomState>,
    ) -> Self
    where
        T: 'a,
    {
        let mut borders: Vec<T> = Vec::new();
        for (low, high) in blocks.clone().flat_map(|b| b.intervals()) {
            borders.push(*low);
            borders.extend(high.next());
        }
        borders.arrange_fast();
        borders.dedup();
        let mut slots: Vec<usize> = points.into_iter().map(|p| borders.partition_point(|b| *b <= p)).collect();
        slots.arrange_fast();
        slots.dedup();
        let mut holding: Vec<Vec<u32>> = vec![Vec::new(); slots.len()];
        for (block, number) in blocks.zip(0..) {
            for (low, high) in block.intervals() {
                let first = borders.partition_point(|b| b <= low);
                let last = borders.partition_point(|b| b <= high);
                let from = slots.partition_point(|s| *s < first);
                let to = slots.partition_point(|s| *s <= last);
                holding[from..to].iter_mut().for_each(|list| list.push(number));
            }
        }
        let found = slots.into_iter().zip(holding);
        let slots = found.map(|(s, list)| (s, crate::source::to_u32(memberships.insert_full(list.into()).0))).collect();
        Self { borders, slots }
    }

    fn membership(&self, point: T) -> u32 {
        let slot = self.borders.partition_point(|b| *b <= point);
        self.slots.get(&slot).copied().unwrap_or(Blocks::NONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn block() -> impl Strategy<Value = AddressSet> {
        proptest::collection::vec((0_u32..64, 0_u32..64, any::<bool>()), 0..4).prop_map(|parts| {
            parts.into_iter().fold(AddressSet::empty(), |all, (a, b, v6)| {
                let (low, high) = (a.min(b), a.max(b));
                let ip = |n: u32| if v6 { IpAddr::V6(u128::from(n).into()) } else { IpAddr::V4(n.into()) };
                all.union(&AddressSet::range(ip(low), ip(high)))
            })
        })
    }

    proptest! {
        #[test]
        fn a_membership_is_the_blocks_that_hold_the_address(sets in proptest::collection::vec(block(), 0..6)) {
            let mut blocks = Blocks::default();
            let ids: Vec<u32> = sets.iter().map(|s| blocks.add(&Arc::new(s.clone()))).collect();
            let points: Vec<IpAddr> = (0..64_u32)
                .flat_map(|n| [IpAddr::V4(n.into()), IpAddr::V6(u128::from(n).into())])
                .collect();
            let located = blocks.locate(points.iter().copied());
            for point in points {
                let mut expected: Vec<u32> =
                    ids.iter().zip(&sets).filter(|(_, s)| s.contains(point)).map(|(id, _)| *id).collect();
                expected.sort_unstable();
                expected.dedup();
                prop_assert_eq!(blocks.of_membership(located.membership(point)), expected.as_slice());
            }
        }
    }
}
