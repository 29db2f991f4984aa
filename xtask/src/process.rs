//! Programs that the commands run.

use crate::error::Error;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A program with its arguments, printed as a person would type it.
pub(crate) struct Program {
    command: Command,
    shown: String,
}

impl Program {
    /// The program of that name, or at that path.
    pub(crate) fn new(name: &str) -> Self {
        Self { command: Command::new(name), shown: name.to_owned() }
    }

    /// The name to print instead of the path.
    pub(crate) fn shown_as(mut self, name: &str) -> Self {
        name.clone_into(&mut self.shown);
        self
    }

    /// The folder to run in.
    pub(crate) fn within(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Adds arguments.
    pub(crate) fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        for argument in arguments {
            self.shown.push(' ');
            self.shown.push_str(&argument.as_ref().to_string_lossy());
            self.command.arg(argument);
        }
        self
    }

    /// Adds the arguments of a line, split at spaces.
    pub(crate) fn line(self, arguments: &str) -> Self {
        self.args(arguments.split_whitespace())
    }

    /// Sets an environment variable, without printing it.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Sets an environment variable that a person would have to type.
    pub(crate) fn shown_env(mut self, name: &str, value: &str) -> Self {
        self.shown = format!("{name}={value} {}", self.shown);
        self.env(name, value)
    }

    /// How a person would type it.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// Runs it with the terminal as its own; fails when it does.
    pub(crate) fn run(mut self) -> Result<(), Error> {
        let status = self.command.status().map_err(|source| self.not_started(source))?;
        if status.success() { Ok(()) } else { Err(Error::Failed { command: self.shown, status }) }
    }

    /// Runs it and keeps what it prints, whether it fails or not.
    pub(crate) fn output(mut self) -> Result<Output, Error> {
        self.command.stdin(Stdio::null()).output().map_err(|source| self.not_started(source))
    }

    /// The standard output of a program that is there and succeeds.
    pub(crate) fn probe(self) -> Option<String> {
        let output = self.output().ok().filter(|o| o.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    fn not_started(&self, source: std::io::Error) -> Error {
        Error::Start { program: self.shown.clone(), source }
    }
}
