//! What the machine takes for the least: the measures that times are held against.

use crate::measure::least;
use crate::support::slim::SlimList;
use crate::support::{Cluster, Profile};
use fixedbitset::FixedBitSet;
use std::fmt;
use std::hint::black_box;

/// Rates in bytes per second, each of one core, by the fastest of some runs: what else the machine
/// does meanwhile can only make them slower.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Calibration {
    /// Copying memory that no cache holds.
    pub(crate) copy: f64,
    /// Intersecting bit sets that the cache holds, by bytes of one of the two.
    pub(crate) and: f64,
    /// The least of each object, from JSON, by serde_json.
    pub(crate) slim: f64,
}

const RUNS: usize = 9;

impl Calibration {
    pub(crate) fn measure() -> Self {
        Self { copy: copy(), and: and(), slim: slim() }
    }

    /// Seconds to intersect two matrices of a bit for each pair of so many pods.
    pub(crate) fn intersecting(&self, pods: u64) -> f64 {
        (pods as f64).powi(2) / 8.0 / self.and
    }
}

impl fmt::Display for Calibration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { copy, and, slim } = self;
        let (copy, and, slim) = (copy / 1e9, and / 1e9, slim / 1e6);
        write!(f, "One core copies {copy:.1} GB/s, intersects bit sets at {and:.1} GB/s, ")?;
        write!(f, "and reads the least of each object by serde_json at {slim:.0} MB/s.")
    }
}

fn copy() -> f64 {
    const BYTES: usize = 128 << 20;
    let from = vec![1_u8; BYTES];
    let mut to = vec![0_u8; BYTES];
    BYTES as f64 / least(RUNS, || black_box(&mut to).copy_from_slice(black_box(&from)))
}

fn and() -> f64 {
    const BITS: usize = 1 << 17;
    const TIMES: usize = 10_000;
    let mut a = FixedBitSet::with_capacity(BITS);
    let mut b = FixedBitSet::with_capacity(BITS);
    a.insert_range(..);
    b.insert_range(..);
    let repeat = || {
        for _ in 0..TIMES {
            black_box(&mut a).intersect_with(black_box(&b));
        }
    };
    (BITS / 8 * TIMES) as f64 / least(RUNS, repeat)
}

fn slim() -> f64 {
    let text = Cluster::new(Profile::Plain).json();
    assert!(serde_json::from_str::<SlimList>(&text).is_ok(), "the slim types do not fit the input");
    text.len() as f64 / least(RUNS, || serde_json::from_str::<SlimList>(black_box(&text)))
}
