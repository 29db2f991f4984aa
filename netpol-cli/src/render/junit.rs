//! What came of connectivity tests as JUnit XML, for CI servers.

use super::tests::{plain, word};
use netpol_core::Inputs;
use netpol_core::assert::{Outcome, SuiteReport, TestAnswer, TestReport};
use netpol_core::lang::Lang;
use std::fmt::Write;

/// The report: a suite for each document, a case for each test.
pub(crate) fn report(report: &TestReport, lang: Lang, inputs: &[&Inputs]) -> String {
    let counts = report.counts;
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string does not fail.
    let _ = writeln!(
        out,
        "<testsuites name=\"netpol\" tests=\"{}\" failures=\"{}\" errors=\"{}\">",
        counts.all(),
        counts.failed + counts.unmatched,
        counts.error
    );
    for suite in &report.suites {
        let count = |bad: fn(Outcome) -> bool| suite.tests.iter().filter(|test| bad(test.outcome)).count();
        let _ = writeln!(
            out,
            "  <testsuite name={} tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\" file={}>",
            attribute(&suite.name),
            suite.tests.len(),
            count(is_failure),
            count(|outcome| outcome == Outcome::Error),
            attribute(&suite.place.file)
        );
        for test in &suite.tests {
            out.push_str(&case(suite, test, lang, inputs));
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn is_failure(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Failed | Outcome::Unmatched)
}

fn case(suite: &SuiteReport, test: &TestAnswer, lang: Lang, inputs: &[&Inputs]) -> String {
    let head = format!(
        "    <testcase name={} classname={} file={} line=\"{}\"",
        attribute(&test.name),
        attribute(&suite.name),
        attribute(&test.place.file),
        test.place.span.line
    );
    if test.outcome.is_good() {
        return format!("{head}/>\n");
    }
    let (message, rest) = plain(suite, test, lang, inputs);
    let element = if is_failure(test.outcome) { "failure" } else { "error" };
    let message = format!("{}: {message}", lang.phrase(word(test.outcome)));
    format!(
        "{head}>\n      <{element} type={} message={}>{}</{element}>\n    </testcase>\n",
        attribute(test.outcome.code()),
        attribute(&message),
        escaped(&rest)
    )
}

/// An attribute's value with its quotes.
fn attribute(text: &str) -> String {
    // A parser takes white space of other kinds for a space, unless it is written as a reference.
    let text = escaped(text).replace('"', "&quot;").replace('\n', "&#10;").replace('\t', "&#9;").replace('\r', "&#13;");
    format!("\"{text}\"")
}

/// Text of an element; characters that XML 1.0 cannot hold are replaced.
fn escaped(text: &str) -> String {
    let holds = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    let text: String = text.chars().map(|c| if holds(c) { c } else { '\u{fffd}' }).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
