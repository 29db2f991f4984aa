//! `test`: every step that has to pass before a change is merged, in order; stops at the first that fails.

use crate::error::Error;
use crate::process::Program;
use crate::workspace::Workspace;
use crate::{fuzz, setup};
use std::time::Instant;

/// Random clusters of a run.
const CLUSTERS: u32 = 20_000;

/// The target folder of the module that the smoke test loads.
const WASM_OUT: &str = "wasm-node";

/// Runs the steps, each under a heading and with its duration.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Error> {
    let started = Instant::now();
    step("set-up", || setup::run(workspace))?;
    for program in steps(workspace) {
        let name = program.shown().to_owned();
        step(&name, || program.run())?;
    }
    println!("\nall steps passed in {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// Names of functions are of no use to the page, and weigh something.
const BINDGEN: &str = "--target nodejs --remove-name-section --remove-producers-section --out-dir";

fn steps(workspace: &Workspace) -> Vec<Program> {
    let cargo = |line: &str| workspace.cargo().line(line);
    let wasm = workspace.target.join("wasm32-unknown-unknown/wasm/netpol_wasm.wasm");
    let out = workspace.target.join(WASM_OUT);
    vec![
        cargo("fmt --all --check"),
        cargo("clippy --workspace --all-targets --all-features -- -D warnings"),
        cargo("test --workspace"),
        fuzz::props(workspace, CLUSTERS),
        cargo("test --release -p netpol-core --test conformance -- --nocapture"),
        cargo("doc --workspace --no-deps").shown_env("RUSTDOCFLAGS", "-D warnings"),
        cargo("deny check bans licenses sources"),
        cargo("build --profile wasm -p netpol-wasm --target wasm32-unknown-unknown"),
        workspace.program("wasm-bindgen").line(BINDGEN).args([&out, &wasm]),
        workspace.program("node").line("netpol-wasm/tests/smoke.mjs").args([&out]),
    ]
}

fn step(name: &str, run: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
    println!("\n== {name}");
    let started = Instant::now();
    let result = run();
    let outcome = if result.is_ok() { "passed" } else { "FAILED" };
    println!("== {outcome} in {:.1} s: {name}", started.elapsed().as_secs_f64());
    result
}
