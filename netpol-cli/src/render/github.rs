//! Annotations of GitHub Actions, and what came of connectivity tests as such.

use super::location;
use super::tests::{counts, full_name, plain, word};
use netpol_core::Inputs;
use netpol_core::assert::TestReport;
use netpol_core::lang::Lang;
use std::fmt::Write;

/// An annotation for each test that did not pass, and how many did.
pub(crate) fn report(report: &TestReport, lang: Lang, inputs: &[&Inputs]) -> String {
    let mut out = String::new();
    for suite in &report.suites {
        for test in suite.tests.iter().filter(|test| !test.outcome.is_good()) {
            let (first, rest) = plain(suite, test, lang, inputs);
            let title = format!("{}: {}", full_name(&suite.name, &test.name), lang.phrase(word(test.outcome)));
            let span = test.place.span;
            // Writing to a string does not fail.
            let _ = writeln!(
                out,
                "::error file={},line={},col={},title={}::{}",
                property(&location::path(&test.place.file)),
                span.line,
                span.column,
                property(&title),
                data(format!("{first}\n{rest}").trim_end())
            );
        }
    }
    let _ = writeln!(out, "{}", counts(report, lang));
    out
}

/// The message of a command.
pub(super) fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command.
pub(super) fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
