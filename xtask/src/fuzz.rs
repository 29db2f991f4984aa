//! `fuzz`: the engine against the oracle, on many random clusters.

use crate::error::Error;
use crate::process::Program;
use crate::workspace::Workspace;
use std::hash::{BuildHasher, RandomState};

/// How many clusters when none are asked for.
pub(crate) const CLUSTERS: u32 = 200_000;

/// The seed of the clusters that `test` looks at: of one commit, a run says the same as the last.
pub(crate) const SEED: u64 = 1;

/// Reads the N of `fuzz N`: 1 and up.
pub(crate) fn parse_count(text: &str) -> Result<u32, Error> {
    let count = text.parse().ok().filter(|n| *n > 0);
    count.ok_or_else(|| Error::Usage(Some(format!("`{text}` is not a number of clusters, 1 to {}", u32::MAX))))
}

/// Reads the SEED of `fuzz N SEED`.
pub(crate) fn parse_seed(text: &str) -> Result<u64, Error> {
    text.parse().map_err(|_| Error::Usage(Some(format!("`{text}` is not a seed, 0 to {}", u64::MAX))))
}

/// Runs the comparison, on clusters that nobody has looked at where no seed is given.
pub(crate) fn run(workspace: &Workspace, count: u32, seed: Option<u64>) -> Result<(), Error> {
    let program = props(workspace, count, seed.unwrap_or_else(|| RandomState::new().hash_one(count)));
    println!("== {}", program.shown());
    program.run()
}

/// The test that compares, on that many clusters.
pub(crate) fn props(workspace: &Workspace, count: u32, seed: u64) -> Program {
    let cargo = workspace.cargo().line("test --release -p netpol-core --test props -- --nocapture");
    seeded(cargo, seed).shown_env("NETPOL_CLUSTERS", &count.to_string())
}

/// Tests whose random input comes of a seed.
pub(crate) fn seeded(cargo: Program, seed: u64) -> Program {
    cargo.shown_env("PROPTEST_RNG_SEED", &seed.to_string())
}
