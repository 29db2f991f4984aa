//! `fuzz`: the engine against the oracle, on many random clusters.

use crate::error::Error;
use crate::process::Program;
use crate::workspace::Workspace;

/// How many clusters when none are asked for.
pub(crate) const CLUSTERS: u32 = 200_000;

/// Reads the N of `fuzz N`: 1 and up.
pub(crate) fn parse_count(text: &str) -> Result<u32, Error> {
    let count = text.parse().ok().filter(|n| *n > 0);
    count.ok_or_else(|| Error::Usage(Some(format!("`{text}` is not a number of clusters, 1 to {}", u32::MAX))))
}

/// Runs the comparison.
pub(crate) fn run(workspace: &Workspace, count: u32) -> Result<(), Error> {
    props(workspace, count).run()
}

/// The test that compares, on that many clusters.
pub(crate) fn props(workspace: &Workspace, count: u32) -> Program {
    let cargo = workspace.cargo().line("test --release -p netpol-core --test props -- --nocapture");
    cargo.shown_env("NETPOL_CLUSTERS", &count.to_string())
}
