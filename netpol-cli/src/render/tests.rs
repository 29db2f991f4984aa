//! What came of connectivity tests, for people; and test files.

use super::{diagnostics, style, text};
use crate::args::Args;
use anstyle::{AnsiColor, Style};
use netpol_core::Inputs;
use netpol_core::assert::{
    CoverageReport, Covered, DecidedBy, Expect, Outcome, Pairs, Proposal, ProposedPeer, ProposedTest, Suite,
    SuiteReport, TestAnswer, TestReport,
};
use netpol_core::diagnostic::{Params, printable};
use netpol_core::lang::{Lang, Phrase};
use netpol_core::query::{Part, Verdict};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The tests by their names, with their places.
pub(crate) fn list(suites: &[Suite]) -> String {
    let mut out = String::new();
    for suite in suites {
        for test in &suite.tests {
            let place = format!("{}", test.place);
            // Writing to a string does not fail.
            let _ = writeln!(out, "{}  {}", full_name(&suite.name, &test.name), style::paint(style::dim(), place));
        }
    }
    out
}

/// A test by the names of its suite and its own, in one line.
pub(crate) fn full_name(suite: &str, test: &str) -> String {
    printable(&format!("{suite}/{test}"))
}

/// What is said of a test that did not pass, in plain text: the first line, and the rest.
pub(crate) fn plain(suite: &SuiteReport, answer: &TestAnswer, lang: Lang, inputs: &[&Inputs]) -> (String, String) {
    let said = match suite.diagnostics.is_empty() {
        true => details(answer, lang, false, false, inputs),
        false => errors(suite, lang),
    };
    let said = strip(&said);
    let (first, rest) = said.split_once('\n').unwrap_or((said.as_str(), ""));
    (first.to_owned(), rest.trim_end().to_owned())
}

/// What keeps the tests of a suite from being asked.
fn errors(suite: &SuiteReport, lang: Lang) -> String {
    suite.diagnostics.iter().map(|found| format!("{}\n", diagnostics::line(lang, found))).collect()
}

/// Text without colours.
fn strip(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

/// Everything that came of the tests.
pub(crate) fn text(report: &TestReport, lang: Lang, verbose: bool, terminal: bool, inputs: &[&Inputs]) -> String {
    let mut out = String::new();
    for suite in &report.suites {
        out.push_str(&suite_text(suite, lang, verbose, terminal, inputs));
    }
    let itself: usize = report.suites.iter().flat_map(|suite| &suite.tests).map(|test| test.pairs.itself).sum();
    if itself > 0 {
        let _ = writeln!(out, "{}", style::paint(style::dim(), left_out(lang, itself)));
    }
    if let Some(coverage) = &report.coverage {
        out.push_str(&coverage_text(coverage, lang));
    }
    let _ = writeln!(out, "{}", counts(report, lang));
    out
}

/// How many tests came to what, in one line.
pub(crate) fn counts(report: &TestReport, lang: Lang) -> String {
    let counts = report.counts;
    let mut params = Params::from([("all", counts.all().to_string()), ("passed", counts.passed.to_string())]);
    for (name, count) in [("failed", counts.failed), ("unmatched", counts.unmatched), ("error", counts.error)] {
        if count > 0 {
            params.insert(name, count.to_string());
        }
    }
    lang.filled(Phrase::TestCounts, &params)
}

fn suite_text(suite: &SuiteReport, lang: Lang, verbose: bool, terminal: bool, inputs: &[&Inputs]) -> String {
    let place = format!("{}", suite.place);
    let head = style::paint(style::strong(), printable(&suite.name));
    let mut out = format!("{head}  {}\n", style::paint(style::dim(), place));
    for line in errors(suite, lang).lines() {
        let _ = writeln!(out, "  {line}");
    }
    for test in &suite.tests {
        let (sign, color) = sign(test.outcome);
        let mut line = format!("  {} {}", style::paint(color, sign), printable(&test.name));
        if !test.outcome.is_good() {
            let word = style::paint(color, lang.phrase(word(test.outcome)));
            let place = format!("{}", test.place);
            let _ = write!(line, "  {word}  {}", style::paint(style::dim(), place));
        }
        let _ = writeln!(out, "{line}");
        let more = match test.outcome {
            Outcome::Passed if !verbose => continue,
            Outcome::Passed => passed(test, lang),
            // What is said of the suite holds of each.
            _ if !suite.diagnostics.is_empty() => continue,
            _ => details(test, lang, verbose, terminal, inputs),
        };
        for line in more.lines() {
            let _ = writeln!(out, "{}", format!("      {line}").trim_end());
        }
    }
    out
}

fn sign(outcome: Outcome) -> (&'static str, Style) {
    let (sign, color) = match outcome {
        Outcome::Passed => ("✓", AnsiColor::Green),
        Outcome::Failed => ("✗", AnsiColor::Red),
        _ => ("!", AnsiColor::Yellow),
    };
    (sign, color.on_default().bold())
}

/// The word for what came of a test.
pub(crate) fn word(outcome: Outcome) -> Phrase {
    match outcome {
        Outcome::Passed => Phrase::Passed,
        Outcome::Failed => Phrase::Failed,
        Outcome::Unmatched => Phrase::Unmatched,
        _ => Phrase::TestError,
    }
}

/// The question of a test in one line.
fn question(test: &TestAnswer) -> String {
    printable(&format!("{} → {}  {}", test.question.from, test.question.to, test.question.port))
}

fn passed(test: &TestAnswer, lang: Lang) -> String {
    let params = pairs(test.pairs, &expectation(test.expect, lang));
    let mut out = format!("{}: {}\n", question(test), lang.filled(Phrase::PairsAsExpected, &params));
    out.push_str(&assumed(test, lang));
    out
}

/// What is expected, in words.
fn expectation(expect: Expect, lang: Lang) -> String {
    let word = |verdict: Verdict| {
        lang.phrase(match verdict {
            Verdict::Allow => Phrase::ExpectAllow,
            Verdict::Deny => Phrase::ExpectDeny,
            _ => Phrase::ExpectUndefined,
        })
    };
    match expect {
        Expect::Verdict(verdict) => word(verdict).to_owned(),
        Expect::Directions { egress, ingress } => {
            let of = |direction, verdict: Option<Verdict>| {
                let direction = lang.phrase(direction);
                verdict.map(|verdict| lang.line(&format!("{direction} {}", word(verdict))))
            };
            let both = [of(Phrase::Egress, egress), of(Phrase::Ingress, ingress)];
            both.into_iter().flatten().collect::<Vec<_>>().join(", ")
        }
    }
}

fn pairs(pairs: Pairs, expected: &str) -> Params {
    Params::from([
        ("expected", expected.to_owned()),
        ("asked", pairs.asked.to_string()),
        ("failed", pairs.failed.to_string()),
    ])
}

fn assumed(test: &TestAnswer, lang: Lang) -> String {
    if test.pairs.assumed == 0 {
        return String::new();
    }
    let params = Params::from([("count", test.pairs.assumed.to_string())]);
    format!("{}\n", lang.filled(Phrase::AssumedPods, &params))
}

fn left_out(lang: Lang, count: usize) -> String {
    lang.filled(Phrase::ItselfLeftOut, &Params::from([("count", count.to_string())]))
}

/// Why a test did not pass.
fn details(test: &TestAnswer, lang: Lang, verbose: bool, terminal: bool, inputs: &[&Inputs]) -> String {
    if let Some(problem) = &test.problem {
        return format!("{}: {}\n", question(test), lang.query_problem(problem));
    }
    let (phrase, params) = expected(test, lang);
    let mut out = format!("{}: {}\n", question(test), lang.filled(phrase, &params));
    out.push_str(&assumed(test, lang));
    let Some(witness) = &test.witness else { return out };
    if let Some(labels) = &witness.labels {
        let list: Vec<String> = labels.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        let said = match list.is_empty() {
            true => lang.phrase(Phrase::BreakingWithoutLabels).to_owned(),
            false => lang.filled(Phrase::BreakingLabels, &Params::from([("labels", list.join(", "))])),
        };
        let _ = writeln!(out, "{said}");
    }
    for missing in witness.missing.iter().filter(|_| phrase == Phrase::ExpectedPairs) {
        let params = Params::from([("policy", missing.to_string())]);
        let _ = writeln!(out, "{}", lang.filled(Phrase::NotAmongReasons, &params));
    }
    // The file of the first reason says which cluster it is.
    let reasons = witness.answer.parts.iter().flat_map(|part| part.egress.reasons.iter().chain(&part.ingress.reasons));
    let file = reasons.filter_map(|reason| reason.origin.as_ref()?.place.as_ref()).map(|place| &place.file).next();
    let of_file = inputs.iter().find(|inputs| file.is_some_and(|file| inputs.text(file).is_some()));
    let none = Inputs::default();
    out.push_str(&text::witness(witness, lang, verbose, terminal, of_file.copied().unwrap_or(&none)));
    out
}

/// What was expected, and what is not so.
fn expected(test: &TestAnswer, lang: Lang) -> (Phrase, Params) {
    let mut params = pairs(test.pairs, &expectation(test.expect, lang));
    let list = |all: &[DecidedBy]| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if test.decided_by.is_empty() {
        return (Phrase::ExpectedPairs, params);
    }
    params.insert("policies", list(&test.decided_by));
    let Some(witness) = &test.witness else { return (Phrase::ExpectedPairs, params) };
    let is_met = |part: &Part| test.expect.is_met(part.verdict, part.egress.verdict, part.ingress.verdict);
    if !witness.answer.parts.iter().all(is_met) {
        return (Phrase::ExpectedPairs, params);
    }
    params.insert("policies", list(&witness.missing));
    let reasons = witness.answer.parts.iter().flat_map(|part| {
        let deciding = test.expect.deciding(part.verdict, &part.egress, &part.ingress);
        deciding.into_iter().flat_map(|answer| &answer.reasons)
    });
    let origins = reasons.filter_map(|reason| reason.origin.as_ref());
    let by: BTreeSet<String> =
        origins.map(|origin| format!("{} {}", super::blocks::policy(&origin.policy), origin.field)).collect();
    match by.is_empty() {
        true => params.insert("none", String::new()),
        false => params.insert("by", by.into_iter().collect::<Vec<_>>().join(", ")),
    };
    (Phrase::DecidedOtherwise, params)
}

fn coverage_text(coverage: &CoverageReport, lang: Lang) -> String {
    let of = |phrase, covered: Covered| {
        format!("{} {}/{} ({}%)", lang.phrase(phrase), covered.covered, covered.total, covered.percent())
    };
    let head = style::paint(style::strong(), lang.phrase(Phrase::Coverage));
    let mut out = format!(
        "{head}  {}%: {}, {}, {}, {}\n",
        coverage.percent,
        of(Phrase::Policies, coverage.policies),
        of(Phrase::Rules, coverage.rules),
        of(Phrase::Peers, coverage.peers),
        of(Phrase::Ports, coverage.ports),
    );
    let missing = coverage.by_policy.iter().filter(|policy| !policy.covered || !policy.uncovered.is_empty());
    let mut any = false;
    for policy in missing {
        any = true;
        let of = &policy.policy;
        let name = of.namespace.as_ref().map_or_else(|| of.name.to_string(), |ns| format!("{ns}/{}", of.name));
        let kind = if of.kind == "NetworkPolicy" { String::new() } else { format!("{} ", of.kind) };
        let mut line = |what: &str, place: &Option<netpol_core::Place>| {
            let place = place.as_ref().map(|p| format!("  {p}")).unwrap_or_default();
            let what = lang.line(&format!("{} {kind}{name}{what}", lang.phrase(Phrase::NotCovered)));
            let _ = writeln!(out, "  {what}{}", style::paint(style::dim(), place));
        };
        if !policy.covered {
            line("", &policy.place);
        }
        // Of a policy of which nothing is covered, that is enough.
        if policy.covered || [policy.rules, policy.peers, policy.ports].iter().any(|part| part.covered > 0) {
            policy.uncovered.iter().for_each(|part| line(&format!(" {}", part.field), &part.place));
        }
    }
    if !any {
        let _ = writeln!(out, "  {}", lang.phrase(Phrase::AllCovered));
    }
    if !coverage.skipped.is_empty() {
        let params = Params::from([("tests", coverage.skipped.join(", "))]);
        let _ = writeln!(out, "  {}", lang.filled(Phrase::CoverageSkipped, &params));
    }
    if coverage.unproven > 0 {
        let params = Params::from([("count", coverage.unproven.to_string())]);
        let _ = writeln!(out, "  {}", lang.filled(Phrase::CoverageUnproven, &params));
    }
    out
}

/// A test file of what is proposed.
pub(crate) fn file(proposal: &Proposal, args: &Args) -> String {
    let mut out = String::from("apiVersion: netpol.dev/v1alpha1\nkind: ConnectivityTest\nmetadata:\n  name: today\n");
    let paths: Vec<String> =
        args.input.files.iter().chain(&args.input.kustomize).map(|path| path.display().to_string()).collect();
    let readable: Vec<&String> = paths.iter().filter(|path| *path != "-").collect();
    if !readable.is_empty() && args.input.kustomize.is_empty() {
        let _ = writeln!(out, "# As given to --init: relative to the folder that this file is put into.");
        let _ = writeln!(out, "resources:");
        readable.iter().for_each(|path| _ = writeln!(out, "- {}", scalar(path)));
    } else {
        let _ = writeln!(out, "# Run it with -f or -k, or list files and folders in `resources`.");
    }
    if args.input.said.namespace {
        let _ = writeln!(out, "namespace: {}", scalar(&args.input.namespace));
    }
    if args.input.said.profile {
        let _ = writeln!(out, "profile: {}", scalar(args.input.profile.name));
        if !args.input.profile_set.is_empty() {
            let _ = writeln!(out, "profileSettings:");
            args.input.profile_set.iter().for_each(|(k, v)| _ = writeln!(out, "  {k}: {}", scalar(v)));
        }
    }
    let _ = writeln!(out, "tests:");
    let mut namespace = None;
    for test in &proposal.tests {
        if namespace != Some(&test.about) {
            namespace = Some(&test.about);
            let _ = writeln!(out, "# {}", test.about);
        }
        out.push_str(&one(test));
    }
    out
}

fn one(test: &ProposedTest) -> String {
    let world = |field: &str, blocks: &[String]| {
        let blocks: Vec<String> = blocks.iter().map(|block| scalar(block)).collect();
        format!("{{world: {{{field}: [{}]}}}}", blocks.join(", "))
    };
    let peer = |peer: &ProposedPeer| match peer {
        ProposedPeer::Named(text) => scalar(text),
        ProposedPeer::WorldExcept(blocks) => world("except", blocks),
        ProposedPeer::WorldWithin(blocks) => world("within", blocks),
    };
    let peers = |peers: &[ProposedPeer]| match peers {
        [only] => peer(only),
        several => format!("[{}]", several.iter().map(peer).collect::<Vec<_>>().join(", ")),
    };
    let mut out = format!("- name: {}\n", scalar(&test.name));
    let _ = writeln!(out, "  from: {}", peers(&test.from));
    let _ = writeln!(out, "  to: {}", peers(&test.to));
    if let Some(ports) = &test.ports {
        let _ = writeln!(out, "  ports: {}", scalar(ports));
    }
    if let Some(except) = &test.except_ports {
        let _ = writeln!(out, "  exceptPorts: {}", scalar(except));
    }
    let _ = writeln!(out, "  expect: {}", test.expect.name());
    out
}

/// A text as YAML: plain where nothing else could be meant, else quoted.
pub(crate) fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let is_plain = text.chars().all(|c| plain(c) || c == ' ')
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with(' ')
        && !words.contains(&&*text.to_ascii_lowercase());
    let is_number = text.parse::<u16>().is_ok_and(|number| number.to_string() == text);
    // A JSON string is a YAML one.
    if is_plain || is_number { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}
