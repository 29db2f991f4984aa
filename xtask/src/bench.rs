//! `bench`: the benches of the workspace.

use crate::error::Error;
use crate::workspace::Workspace;

/// Runs them all.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Error> {
    // What a large cluster holds is counted, and asserted.
    workspace.cargo().line("test --package netpol-core --test memory -- --ignored").run()?;
    workspace.cargo().line("bench --package netpol --bench check").run()?;
    scale(workspace, &[])
}

/// Prints how time and work grow, for these kinds of cluster, or for all of them.
pub(crate) fn scale(workspace: &Workspace, profiles: &[&str]) -> Result<(), Error> {
    // The bench times the command too, and finds it where it is built.
    workspace.cargo().line("build --release --package netpol-cli").run()?;
    workspace.cargo().line("bench --package netpol --bench scale --").args(profiles).run()
}
