//! A cluster measured: read, prepared, and decided for all pairs.

use crate::machine;
use crate::support::Cluster;
use crate::support::slim::SlimList;
use netpol_core::set::Protocol;
use netpol_core::{AllPairs, Analysis, Counters, Inputs, Profile, ReadOptions, read};
use std::hint::black_box;
use std::time::Instant;

/// Times in seconds; counts that are the same in every run.
pub(crate) struct Measured {
    pub(crate) cluster: Cluster,
    /// Of the input.
    pub(crate) bytes: usize,
    /// Copying the input once, on one core.
    pub(crate) copy: f64,
    /// Reading the least of each object by serde_json, on one core.
    pub(crate) slim: f64,
    pub(crate) read: f64,
    pub(crate) prepare: f64,
    /// Every row of both sides, the count and the digest.
    pub(crate) first: f64,
    /// The count and the digest, of rows that are there.
    pub(crate) again: f64,
    pub(crate) counters: Counters,
    pub(crate) all_pairs: AllPairs,
    /// Bytes of the process, its input and a copy of the snapshot included.
    pub(crate) peak: Option<u64>,
}

impl Measured {
    /// Measures from JSON, as `kubectl get -o json` prints it.
    pub(crate) fn of(cluster: Cluster) -> Self {
        let runs = if cluster.pods > 20_000 { 3 } else { 5 };
        machine::reset_peak();
        let text = cluster.json();
        let bytes = text.len();
        // What is held against each other is taken in turns: a machine that is busy meanwhile is
        // busy for all of it.
        let mut copied = vec![0_u8; bytes];
        let mut inputs = Inputs::default();
        inputs.push("cluster.json", text.clone());
        let reading = || read(black_box(&inputs), &ReadOptions::default());
        let mut times = [const { Vec::new() }; 6];
        for _ in 0..runs {
            let copy = timed(|| black_box(&mut copied).copy_from_slice(black_box(text.as_bytes()))).0;
            let slim = timed(|| serde_json::from_str::<SlimList>(black_box(&text))).0;
            let read = timed(reading).0;
            times.iter_mut().zip([copy, slim, read]).for_each(|(times, t)| times.push(t));
        }
        let snapshot = reading();
        assert!(!snapshot.report().has_errors(), "the synthetic cluster has errors");
        drop((inputs, text, copied));
        let mut found = None;
        for _ in 0..runs {
            let snapshot = snapshot.clone();
            let (prepare, analysis) = timed(|| Analysis::new(snapshot, Profile::GENERIC));
            let (first, all_pairs) = timed(|| analysis.all_pairs(Protocol::Tcp, 80));
            let (again, repeated) = timed(|| analysis.all_pairs(Protocol::Tcp, 80));
            times[3..].iter_mut().zip([prepare, first, again]).for_each(|(times, t)| times.push(t));
            let this = (analysis.counters(), all_pairs);
            assert!(all_pairs == repeated && found.is_none_or(|f| f == this), "{cluster:?}: runs differ");
            found = Some(this);
        }
        let [copy, slim, read, prepare, first, again] = times.map(middle);
        let Some((counters, all_pairs)) = found else { unreachable!("there is a run") };
        Self { cluster, bytes, copy, slim, read, prepare, first, again, counters, all_pairs, peak: machine::peak() }
    }
}

/// How long it took, in seconds, and what came of it.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let started = Instant::now();
    let out = black_box(work());
    (started.elapsed().as_secs_f64(), out)
}

/// The median time of so many runs; dropping the result does not count.
pub(crate) fn median<T>(runs: usize, mut work: impl FnMut() -> T) -> f64 {
    middle((0..runs).map(|_| timed(&mut work).0).collect())
}

/// The shortest time of so many runs; dropping the result does not count.
pub(crate) fn least<T>(runs: usize, mut work: impl FnMut() -> T) -> f64 {
    (0..runs).map(|_| timed(&mut work).0).fold(f64::INFINITY, f64::min)
}

pub(crate) fn middle(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
