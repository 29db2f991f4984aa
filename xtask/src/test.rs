//! `test`: every step that has to pass before a change is merged, in order; stops at the first that fails.

use crate::error::Error;
use crate::process::Program;
use crate::workspace::Workspace;
use crate::{fuzz, page, setup};
use std::time::Instant;

/// Random clusters of a run.
const CLUSTERS: u32 = 20_000;

/// Runs the steps, each under a heading and with its duration.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Error> {
    let started = Instant::now();
    step("set-up", || setup::run(workspace))?;
    steps(workspace).into_iter().try_for_each(step_of)?;
    page::test(workspace)?;
    println!("\nall steps passed in {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}

fn steps(workspace: &Workspace) -> Vec<Program> {
    let cargo = |line: &str| workspace.cargo().line(line);
    vec![
        cargo("fmt --all --check"),
        cargo("clippy --workspace --all-targets --all-features -- -D warnings"),
        fuzz::seeded(cargo("test --workspace"), fuzz::SEED),
        fuzz::props(workspace, CLUSTERS, fuzz::SEED),
        cargo("test --release -p netpol-core --test conformance -- --nocapture"),
        cargo("doc --workspace --no-deps").shown_env("RUSTDOCFLAGS", "-D warnings"),
        cargo("deny check bans licenses sources"),
    ]
}

/// A program as a step.
pub(crate) fn step_of(program: Program) -> Result<(), Error> {
    let name = program.shown().to_owned();
    step(&name, || program.run())
}

/// A part of the run, with its name and how it ended.
pub(crate) fn step(name: &str, run: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
    println!("\n== {name}");
    let started = Instant::now();
    let result = run();
    let outcome = if result.is_ok() { "passed" } else { "FAILED" };
    println!("== {outcome} in {:.1} s: {name}", started.elapsed().as_secs_f64());
    result
}
