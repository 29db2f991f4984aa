//! Seeded numbers, and values dealt in published shares.

/// A small generator of numbers (splitmix64): the same seed gives the same cluster.
#[derive(Clone, Debug)]
pub(crate) struct Seeded(u64);

impl Seeded {
    /// Starts from a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `n`; 0 if `n` is 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n.max(1) as u64).unwrap_or_default()
    }

    /// One of the items, if there are any.
    pub(crate) fn one_of<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }

    /// `count` different numbers below `n`, ascending; all of them if `n` is not more than that.
    pub(crate) fn several_below(&mut self, count: usize, n: usize) -> Vec<usize> {
        let mut out = std::collections::BTreeSet::new();
        while out.len() < count.min(n) {
            out.insert(self.below(n));
        }
        out.into_iter().collect()
    }
}

/// Deals the values of a histogram, `(value, how often)`, so that every stretch of what it deals
/// holds them in these shares: a rare value comes as often as it should, not as chance has it.
#[derive(Clone, Debug)]
pub(crate) struct Deck {
    histogram: Vec<(usize, usize)>,
    total: usize,
    stride: usize,
    next: usize,
}

impl Deck {
    /// A deck that begins somewhere that the seed decides.
    pub(crate) fn new(histogram: &[(usize, usize)], seeded: &mut Seeded) -> Self {
        let total = histogram.iter().map(|(_, often)| often).sum::<usize>().max(1);
        // Steps of the golden section visit the whole evenly; coprime to it, they visit every place once.
        let mut stride = (total * 618 / 1000).max(1);
        while greatest_common_divisor(stride, total) != 1 {
            stride += 1;
        }
        Self { histogram: histogram.to_vec(), total, stride, next: seeded.below(total) }
    }

    /// The next value.
    pub(crate) fn deal(&mut self) -> usize {
        self.next = (self.next + self.stride) % self.total;
        let mut left = self.next;
        for &(value, often) in &self.histogram {
            match left.checked_sub(often) {
                Some(rest) => left = rest,
                None => return value,
            }
        }
        0
    }
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
