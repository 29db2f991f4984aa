//! Exit codes, and how a run that has no answer ends.

use crate::args::{Args, Command};
use crate::render::{diagnostics, stream};
use netpol_core::diagnostic::Diagnostic;
use netpol_core::lang::Phrase;
use netpol_core::query::{QueryError, Verdict};
use netpol_core::{Inputs, ReadReport};
use std::io::Write;

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Allowed, or as expected.
    Met = 0,
    /// A part is denied, or not as expected.
    NotMet = 1,
    /// Usage or input.
    Error = 2,
    /// A part is undefined, and none denied.
    Undefined = 3,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// The exit code for the verdicts of an answer's parts.
    pub(crate) fn of_parts(parts: impl Iterator<Item = Verdict> + Clone) -> Self {
        if parts.clone().any(|v| v == Verdict::Deny) {
            Self::NotMet
        } else if parts.clone().any(|v| v != Verdict::Allow) {
            Self::Undefined
        } else {
            Self::Met
        }
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nothing to read was named.
    NoInput,
    /// What was named could not be read.
    Unreadable(Box<Diagnostic>),
    /// What the input says about netpol itself cannot be understood.
    Diagnostics(Vec<Diagnostic>),
    /// The input has errors.
    Input(Box<(Inputs, ReadReport)>),
    /// Connectivity tests have errors.
    Tests(Box<(Inputs, ReadReport)>),
    /// The question cannot be answered.
    Query(QueryError),
    /// Anything else.
    Other(String),
}

/// Says on standard error why there is no answer.
pub(crate) fn report(args: &Args, failure: &Failure) -> Exit {
    let lang = args.lang();
    let mut err = stream::stderr(args.color);
    let label = lang.phrase(Phrase::Error);
    let written = match failure {
        Failure::NoInput => writeln!(err, "{label}: {}", lang.phrase(Phrase::NoInput)),
        Failure::Unreadable(diagnostic) => writeln!(err, "{}", diagnostics::line(lang, diagnostic)),
        Failure::Diagnostics(all) => all.iter().try_for_each(|d| writeln!(err, "{}", diagnostics::line(lang, d))),
        Failure::Query(error) => writeln!(err, "{label}: {}", lang.query_problem(error)),
        Failure::Other(text) => writeln!(err, "{label}: {text}"),
        Failure::Tests(tests) => {
            let (inputs, report) = &**tests;
            diagnostics::print(&mut err, args, inputs, report)
        }
        Failure::Input(input) => {
            let (inputs, report) = &**input;
            let phrase = match args.command {
                Some(Command::Lint(_)) => Phrase::LintInputErrors,
                _ => Phrase::InputErrors,
            };
            diagnostics::print(&mut err, args, inputs, report)
                .and_then(|()| writeln!(err, "{label}: {}", lang.phrase(phrase)))
        }
    };
    // Nobody is left to read it.
    drop(written);
    Exit::Error
}
