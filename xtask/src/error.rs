//! Why a command could not be carried out.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// An error of a command; [`Error::Usage`] exits with 2, every other with 1.
#[derive(Debug)]
pub(crate) enum Error {
    /// The arguments make no command. `None`: there were none.
    Usage(Option<String>),
    /// A program could not be started.
    Start { program: String, source: io::Error },
    /// A program that has to be installed by hand is not there.
    Missing { program: &'static str, what: &'static str },
    /// A program ended with another code than 0.
    Failed { command: String, status: ExitStatus },
    /// A file or folder could not be read or written.
    File { path: PathBuf, source: io::Error },
    /// What was built is no module.
    Module { path: PathBuf, why: String },
    /// `Cargo.lock` names no such package.
    NotLocked { package: &'static str },
    /// Faults that no test noticed.
    Survivors { count: usize, of: usize },
    /// A fault of the table that no longer fits the source.
    Fault { description: &'static str, file: &'static str, found: usize },
    /// A test that has to pass before faults are put in does not.
    Unsound { command: String },
}

impl Error {
    /// An error about a file.
    pub(crate) fn file(path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::File { path: path.into(), source }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(Some(message)) => f.write_str(message),
            Self::Usage(None) => f.write_str("no command was given"),
            Self::Start { program, source } => write!(f, "`{program}` could not be started: {source}"),
            Self::Missing { program, what } => write!(f, "`{program}` was not found: install {what}"),
            Self::Failed { command, status } => write!(f, "`{command}` failed with {status}"),
            Self::File { path, source } => write!(f, "`{}`: {source}", path.display()),
            Self::Module { path, why } => write!(f, "`{}` cannot be read as a module: {why}", path.display()),
            Self::NotLocked { package } => write!(f, "`Cargo.lock` names no version of `{package}`"),
            Self::Survivors { count, of } => write!(f, "{count} of {of} faults were noticed by no test"),
            Self::Fault { description, file, found } => write!(
                f,
                "the fault `{description}` needs its text to stand once in `{file}`, but it stands there {found} times: \
                 bring `xtask/src/mutants.rs` up to date"
            ),
            Self::Unsound { command } => write!(f, "`{command}` fails without any fault: mend that first"),
        }
    }
}
