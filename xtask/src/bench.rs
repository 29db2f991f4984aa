//! `bench`: the benches of the workspace.

use crate::error::Error;
use crate::workspace::Workspace;

/// Runs them all.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Error> {
    workspace.cargo().line("bench").run()
}
