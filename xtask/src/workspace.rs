//! Where the workspace and its build output are, and what `Cargo.lock` says.

use crate::error::Error;
use crate::process::Program;
use std::fs;
use std::path::{Path, PathBuf};

/// The repository that this program was built from.
pub(crate) struct Workspace {
    /// Its root folder.
    pub(crate) root: PathBuf,
    /// Where cargo builds: `CARGO_TARGET_DIR`, else `target`.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Finds the root (the folder above this package) and the target folder.
    pub(crate) fn find() -> Result<Self, Error> {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = package.parent().unwrap_or(package).to_owned();
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(given) => std::path::absolute(&given).map_err(|e| Error::file(given, e))?,
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    /// `cargo`, run in the root, building into the target folder.
    ///
    /// What would make the next build faster is not kept unless `CARGO_INCREMENTAL` asks for it: a command of these
    /// builds each crate once, and of a whole test run that would take more room than all the rest.
    pub(crate) fn cargo(&self) -> Program {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let cargo = Program::new(&cargo).shown_as("cargo").within(&self.root).env("CARGO_TARGET_DIR", &self.target);
        if std::env::var_os("CARGO_INCREMENTAL").is_some() { cargo } else { cargo.env("CARGO_INCREMENTAL", "0") }
    }

    /// Another program, run in the root.
    pub(crate) fn program(&self, name: &str) -> Program {
        Program::new(name).within(&self.root)
    }

    /// The browser for tests.
    pub(crate) fn chromium(&self) -> String {
        std::env::var("NETPOL_CHROMIUM").unwrap_or_else(|_| "chromium".to_owned())
    }

    /// The version of a package that `Cargo.lock` holds.
    pub(crate) fn locked_version(&self, package: &'static str) -> Result<String, Error> {
        let path = self.root.join("Cargo.lock");
        let text = fs::read_to_string(&path).map_err(|e| Error::file(path, e))?;
        locked_version(&text, package).ok_or(Error::NotLocked { package })
    }
}

/// The `version` line that follows the package's `name` line.
fn locked_version(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    let version = lines.nth(1)?.strip_prefix("version = \"")?;
    Some(version.strip_suffix('"')?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_the_lock_file() {
        let lock =
            "[[package]]\nname = \"a-b\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"a\"\nversion = \"2.1.0\"\n";
        assert_eq!(locked_version(lock, "a").as_deref(), Some("2.1.0"));
        assert_eq!(locked_version(lock, "a-b").as_deref(), Some("1.0.0"));
        assert_eq!(locked_version(lock, "b"), None);
    }
}
