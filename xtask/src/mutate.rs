//! `mutants`: puts each fault of the table into a copy of the repository and runs the tests there.
//!
//! A fault that no test notices is a test that is missing.

use crate::error::Error;
use crate::mutants::{FAULTS, Fault};
use crate::process::Program;
use crate::workspace::Workspace;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Random clusters for each fault.
const CLUSTERS: &str = "2000";

/// Runs the tests without a fault, then with each whose description has `wanted` in it; fails when one
/// goes unnoticed.
pub(crate) fn run(workspace: &Workspace, wanted: &str) -> Result<(), Error> {
    let faults: Vec<&Fault> = FAULTS.iter().filter(|fault| fault.description.contains(wanted)).collect();
    if faults.is_empty() {
        return Err(Error::Usage(Some(format!("no fault has `{wanted}` in its description (xtask/src/mutants.rs)"))));
    }
    let copy = Copy::make(workspace)?;
    println!("tests: {}", copy.tests.join(", "));
    let started = Instant::now();
    copy.build()?;
    for test in &copy.tests {
        if !copy.passes(test)? {
            return Err(Error::Unsound { command: copy.test(test).shown().to_owned() });
        }
    }
    println!("no fault: all pass ({:.0} s)\n", started.elapsed().as_secs_f64());

    let mut survivors = 0;
    for (fault, number) in faults.iter().zip(1..) {
        let started = Instant::now();
        let noticed = copy.with_fault(fault)?;
        let by = if noticed.is_empty() { "NO TEST".to_owned() } else { noticed.join(", ") };
        println!("{number:>2}. {}: noticed by {by} ({:.0} s)", fault.description, started.elapsed().as_secs_f64());
        survivors += usize::from(noticed.is_empty());
    }
    if survivors > 0 {
        return Err(Error::Survivors { count: survivors, of: faults.len() });
    }
    println!("\nfaults that were noticed: {} of {}", faults.len(), faults.len());
    Ok(())
}

/// A copy of the repository, with a target folder of its own.
struct Copy<'a> {
    workspace: &'a Workspace,
    root: PathBuf,
    target: PathBuf,
    tests: Vec<&'static str>,
}

impl<'a> Copy<'a> {
    /// Copies every file that git knows or would add, and drops what an earlier copy left.
    fn make(workspace: &'a Workspace) -> Result<Self, Error> {
        let folder = workspace.target.join("mutants");
        let (root, target) = (folder.join("tree"), folder.join("build"));
        match fs::remove_dir_all(&root) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(Error::file(root, e)),
            _ => {}
        }
        let git = workspace.program("git").line("ls-files -z --cached --others --exclude-standard");
        let command = git.shown().to_owned();
        let output = git.output()?;
        if !output.status.success() {
            return Err(Error::Failed { command, status: output.status });
        }
        for name in String::from_utf8_lossy(&output.stdout).split('\0').filter(|name| !name.is_empty()) {
            let (from, to) = (workspace.root.join(name), root.join(name));
            // A file that was deleted and not committed so.
            if from.is_file() {
                copy_file(&from, &to)?;
            }
        }
        let tests = root.join("netpol-core/tests");
        let there =
            |test: &&str| tests.join(format!("{test}.rs")).is_file() || tests.join(test).join("main.rs").is_file();
        let tests = ["props", "conformance", "cases"].into_iter().filter(there).collect();
        Ok(Self { workspace, root, target, tests })
    }

    fn cargo(&self) -> Program {
        let cargo = self.workspace.cargo().within(&self.root).env("CARGO_TARGET_DIR", &self.target);
        // Only the engine changes from one fault to the next.
        cargo.env("CARGO_INCREMENTAL", "1").env("CARGO_PROFILE_RELEASE_LTO", "off")
    }

    /// Builds the tests: a fault that does not compile would be noticed by nobody's merit.
    fn build(&self) -> Result<(), Error> {
        let tests = self.tests.iter().flat_map(|test| ["--test", test]);
        let build = self.cargo().line("test --release -p netpol-core --no-run").args(tests);
        let command = build.shown().to_owned();
        let output = build.output()?;
        if output.status.success() {
            return Ok(());
        }
        eprintln!("{}", String::from_utf8_lossy(&output.stderr));
        Err(Error::Failed { command, status: output.status })
    }

    fn test(&self, test: &str) -> Program {
        let mut cargo = self.cargo().line("test --quiet --release -p netpol-core --test").args([test]);
        // The suites lie beside the repository, not beside its copy.
        let suites = self.workspace.root.join("../shared/conformance");
        if std::env::var_os("NETPOL_CONFORMANCE").is_none() && suites.is_dir() {
            cargo = cargo.env("NETPOL_CONFORMANCE", suites);
        }
        crate::fuzz::seeded(cargo, crate::fuzz::SEED).shown_env("NETPOL_CLUSTERS", CLUSTERS)
    }

    fn passes(&self, test: &str) -> Result<bool, Error> {
        Ok(self.test(test).output()?.status.success())
    }

    /// The tests that fail when the fault is there.
    fn with_fault(&self, fault: &Fault) -> Result<Vec<&'static str>, Error> {
        let path = self.root.join(fault.file);
        let sound = fs::read_to_string(&path).map_err(|e| Error::file(&path, e))?;
        let found = sound.matches(fault.old).count();
        if found != 1 {
            return Err(Error::Fault { description: fault.description, file: fault.file, found });
        }
        write(&path, &sound.replacen(fault.old, fault.new, 1))?;
        self.build()?;
        let mut noticed = Vec::new();
        for test in &self.tests {
            if !self.passes(test)? {
                noticed.push(*test);
            }
        }
        write(&path, &sound)?;
        Ok(noticed)
    }
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(|e| Error::file(path, e))
}

fn copy_file(from: &Path, to: &Path) -> Result<(), Error> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(|e| Error::file(folder, e))?;
    }
    fs::copy(from, to).map_err(|e| Error::file(from, e))?;
    Ok(())
}
