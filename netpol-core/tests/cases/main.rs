//! Cases as data: a file of manifests whose first comment lines ask the questions.
//!
//! ```text
//! # check: FROM TO PORT => verdict [because CODE[,CODE]] [note CODE[,CODE]] [parts N]
//! # query-error: FROM TO PORT => CODE
//! # entry: KIND NAME PART => verdict [because CODE[,CODE]] [parts N]
//! # options: pod-cidr=CIDR service-cidr=CIDR profile=NAME profile-set=OPTION=VALUE ignore-kind=KIND namespace=NAME resolve=NAME=ADDRESS
//! # error: CODE LINE:COLUMN [field]
//! # warning: CODE LINE:COLUMN [field]
//! ```
//!
//! `entry` is a way in of `ingress`: an entry point, or with `call` in its place what the API server
//! calls; PART is one of its hosts or paths, the name of a webhook, or `*`. `options` take
//! `controller=PEER` too.
//!
//! The codes after `because` are all among the reasons of one part; those after `note` are all
//! among the notes. Errors and warnings are listed exactly, with the line in the file. Any other
//! comment is for the reader. `data/TOPIC/CASE.yaml` must pass; `pending/TOPIC/CASE.yaml` states
//! what is right and is not so yet, and must move to `data/` with the change that makes it so.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod observed;

use netpol_core::diagnostic::{Diagnostic, Severity};
use netpol_core::query::{CheckAnswer, EntryPoint, IngressQuery};
use netpol_core::{Analysis, AnalysisOptions, Inputs, Profile, ReadOptions, Snapshot, read};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// One line of a case that asks something, with its number.
struct Ask {
    line: usize,
    kind: Kind,
}

enum Kind {
    Check { from: String, to: String, port: String, expected: Expected },
    QueryError { from: String, to: String, port: String, code: String },
    Entry { call: bool, kind: String, name: String, part: String, expected: Expected },
}

#[derive(Default)]
struct Expected {
    verdict: String,
    because: Vec<String>,
    notes: Vec<String>,
    parts: Option<usize>,
}

/// A finding, as the case writes it: severity, code, place, field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding(String);

struct Case {
    asks: Vec<Ask>,
    findings: Vec<Finding>,
    profile: Profile,
    pod_cidrs: Vec<String>,
    service_cidrs: Vec<String>,
    ignored_kinds: Vec<String>,
    names: Vec<(String, IpAddr)>,
    namespace: Option<String>,
    controllers: Vec<String>,
}

impl Case {
    fn parse(text: &str) -> Result<Self, String> {
        let mut case = Self {
            asks: Vec::new(),
            findings: Vec::new(),
            profile: Profile::GENERIC,
            pod_cidrs: Vec::new(),
            service_cidrs: Vec::new(),
            ignored_kinds: Vec::new(),
            names: Vec::new(),
            namespace: None,
            controllers: Vec::new(),
        };
        for (line, number) in text.lines().zip(1..) {
            let Some(comment) = line.strip_prefix('#') else { break };
            let Some((key, rest)) = comment.trim().split_once(": ") else { continue };
            let wrong = || format!("line {number}: not understood: {line}");
            match key {
                "check" => {
                    let (from, to, port, expected) = question(rest).ok_or_else(wrong)?;
                    let expected = expectation(expected).ok_or_else(wrong)?;
                    case.asks.push(Ask { line: number, kind: Kind::Check { from, to, port, expected } });
                }
                "entry" | "call" => {
                    let (kind, name, part, expected) = question(rest).ok_or_else(wrong)?;
                    let expected = expectation(expected).ok_or_else(wrong)?;
                    let kind = Kind::Entry { call: key == "call", kind, name, part, expected };
                    case.asks.push(Ask { line: number, kind });
                }
                "query-error" => {
                    let (from, to, port, code) = question(rest).ok_or_else(wrong)?;
                    let code = code.to_owned();
                    case.asks.push(Ask { line: number, kind: Kind::QueryError { from, to, port, code } });
                }
                "options" => {
                    for option in rest.split_whitespace() {
                        let (name, value) = option.split_once('=').ok_or_else(wrong)?;
                        match name {
                            "profile" => case.profile = Profile::by_name(value).ok_or_else(wrong)?,
                            "profile-set" => {
                                let (option, value) = value.split_once('=').ok_or_else(wrong)?;
                                case.profile = case.profile.with(option, value).map_err(|_| wrong())?;
                            }
                            "pod-cidr" => case.pod_cidrs.push(value.to_owned()),
                            "service-cidr" => case.service_cidrs.push(value.to_owned()),
                            "resolve" => {
                                let (name, address) = value.split_once('=').ok_or_else(wrong)?;
                                case.names.push((name.to_owned(), address.parse().map_err(|_| wrong())?));
                            }
                            "ignore-kind" => case.ignored_kinds.push(value.to_owned()),
                            "controller" => case.controllers.push(value.to_owned()),
                            "namespace" => case.namespace = Some(value.to_owned()),
                            _ => return Err(wrong()),
                        }
                    }
                }
                "error" | "warning" => {
                    let words: Vec<&str> = rest.split_whitespace().collect();
                    if !(2..=3).contains(&words.len()) {
                        return Err(wrong());
                    }
                    case.findings.push(Finding(format!("{key}: {}", words.join(" "))));
                }
                _ => {}
            }
        }
        if case.asks.is_empty() && case.findings.is_empty() {
            return Err("it asks nothing".to_owned());
        }
        case.findings.sort();
        Ok(case)
    }
}

impl Case {
    /// The text of the case, read with its options.
    fn read(&self, text: String) -> Snapshot {
        let mut inputs = Inputs::default();
        inputs.push("case.yaml", text);
        let mut options = ReadOptions::default();
        if let Some(namespace) = &self.namespace {
            options.default_namespace.clone_from(namespace);
        }
        read(&inputs, &options)
    }

    /// What was read, with the options of the case, under a profile.
    fn analysis(&self, snapshot: &Snapshot, profile: Profile) -> Analysis {
        let mut options = AnalysisOptions::from(profile);
        options.pod_cidrs = self.pod_cidrs.iter().map(|c| c.parse().unwrap()).collect();
        options.service_cidrs = self.service_cidrs.iter().map(|c| c.parse().unwrap()).collect();
        options.ignored_kinds.clone_from(&self.ignored_kinds);
        options.names.clone_from(&self.names);
        Analysis::new(snapshot, options).with_ingress_controllers(&self.controllers).unwrap()
    }
}

/// `FROM TO PORT => REST`
fn question(text: &str) -> Option<(String, String, String, &str)> {
    let (ends, rest) = text.split_once(" => ")?;
    match ends.split_whitespace().collect::<Vec<_>>().as_slice() {
        [from, to, port] => Some(((*from).to_owned(), (*to).to_owned(), (*port).to_owned(), rest.trim())),
        _ => None,
    }
}

/// `VERDICT [because CODES] [note CODES] [parts N]`
fn expectation(text: &str) -> Option<Expected> {
    let mut words = text.split_whitespace();
    let mut expected = Expected { verdict: words.next()?.to_owned(), ..Expected::default() };
    if !["allow", "deny", "undefined", "mixed"].contains(&&*expected.verdict) {
        return None;
    }
    while let Some(word) = words.next() {
        let value = words.next()?;
        let codes = || value.split(',').map(str::to_owned);
        match word {
            "because" => expected.because.extend(codes()),
            "note" => expected.notes.extend(codes()),
            "parts" => expected.parts = Some(value.parse().ok()?),
            _ => return None,
        }
    }
    Some(expected)
}

fn finding(diagnostic: &Diagnostic) -> Finding {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let place = diagnostic.place.as_ref().map_or("-".to_owned(), |p| format!("{}:{}", p.span.line, p.span.column));
    let field = diagnostic.field.as_deref().filter(|f| !f.is_empty()).map_or(String::new(), |f| format!(" {f}"));
    Finding(format!("{severity}: {} {place}{field}", diagnostic.code.code()))
}

/// What an answer fails of an expectation.
fn compare(answer: &CheckAnswer, expected: &Expected) -> Result<(), String> {
    let reasons: Vec<Vec<&str>> = answer
        .parts
        .iter()
        .map(|p| p.egress.reasons.iter().chain(&p.ingress.reasons).map(|r| r.code.code()).collect())
        .collect();
    let notes: Vec<&str> = answer.notes.iter().map(|n| n.code.code()).collect();
    let got = || {
        let parts: Vec<String> =
            answer.parts.iter().zip(&reasons).map(|(p, r)| format!("{}{r:?}", p.verdict.name())).collect();
        format!("got {}: parts {}, notes {notes:?}", answer.verdict.name(), parts.join(" "))
    };
    if answer.verdict.name() != expected.verdict {
        return Err(format!("expected {}, {}", expected.verdict, got()));
    }
    if !reasons.iter().any(|codes| expected.because.iter().all(|wanted| codes.contains(&&**wanted))) {
        return Err(format!("expected because {:?}, {}", expected.because, got()));
    }
    if let Some(missing) = expected.notes.iter().find(|n| !notes.contains(&&***n)) {
        return Err(format!("expected the note {missing}, {}", got()));
    }
    match expected.parts {
        Some(n) if n != answer.parts.len() => Err(format!("expected {n} parts, {}", got())),
        _ => Ok(()),
    }
}

/// What the entry of an object fails of an expectation.
fn entry(
    analysis: &Analysis,
    (call, kind, name, part): (bool, &str, &str, &str),
    expected: &Expected,
) -> Result<(), String> {
    let answer = analysis.ingress(&IngressQuery::default()).unwrap();
    let all = if call { &answer.calls } else { &answer.entries };
    let found: Vec<&EntryPoint> = all
        .iter()
        .filter(|e| {
            let object = &e.object;
            let named = object.namespace.as_ref().map_or(object.name.clone(), |ns| format!("{ns}/{}", object.name));
            let mut parts = e.hosts.iter().chain(&e.paths).chain(&object.webhook);
            object.kind == kind && named == name && (part == "*" || parts.any(|p| p == part))
        })
        .collect();
    let [found] = found.as_slice() else {
        return Err(format!("expected one entry {kind} {name} {part}, found {}", found.len()));
    };
    let mut reasons: Vec<Vec<&str>> = found
        .parts
        .iter()
        .map(|p| p.egress.reasons.iter().chain(&p.ingress.reasons).map(|r| r.code.code()).collect())
        .collect();
    reasons.extend(found.trouble.iter().map(|note| vec![note.code.code()]));
    let assumed: Vec<&str> = answer.basis.assumptions.iter().map(|n| n.code.code()).collect();
    let got = format!("got {}: {reasons:?}, assumed {assumed:?}", found.verdict.name());
    if found.verdict.name() != expected.verdict {
        return Err(format!("expected {}, {got}", expected.verdict));
    }
    if !reasons.iter().any(|codes| expected.because.iter().all(|wanted| codes.contains(&&**wanted))) {
        return Err(format!("expected because {:?}, {got}", expected.because));
    }
    if expected.notes.iter().any(|note| !assumed.contains(&&**note)) {
        return Err(format!("expected to be assumed {:?}, {got}", expected.notes));
    }
    match expected.parts {
        Some(n) if n != found.parts.len() => Err(format!("expected {n} parts, {got}")),
        _ => Ok(()),
    }
}

/// The lines of a case that are not so; how many questions it asks.
fn run(path: &Path) -> (Vec<String>, usize) {
    let root = path.ancestors().nth(2).unwrap_or(path);
    let name = path.strip_prefix(root).unwrap_or(path).display().to_string();
    let text = std::fs::read_to_string(path).unwrap();
    let case = match Case::parse(&text) {
        Ok(case) => case,
        Err(error) => return (vec![format!("{name}: {error}")], 0),
    };
    let snapshot = case.read(text);
    let mut failures = Vec::new();
    let mut found: Vec<Finding> = snapshot.report().diagnostics.iter().map(finding).collect();
    found.sort();
    for missing in case.findings.iter().filter(|f| !found.contains(f)) {
        failures.push(format!("{name}: not reported: {}", missing.0));
    }
    for extra in found.iter().filter(|f| !case.findings.contains(f)) {
        failures.push(format!("{name}: reported, not expected: {}", extra.0));
    }
    if failures.is_empty() && found != case.findings {
        failures.push(format!("{name}: reported more than once: {found:?}"));
    }
    let analysis = case.analysis(&snapshot, case.profile.clone());
    for ask in &case.asks {
        let result = match &ask.kind {
            Kind::Check { from, to, port, expected } => match analysis.check(from, to, port) {
                Ok(answer) => compare(&answer, expected),
                Err(error) => {
                    Err(format!("expected {}, got the error {}: {error}", expected.verdict, error.code.code()))
                }
            },
            Kind::Entry { call, kind, name, part, expected } => entry(&analysis, (*call, kind, name, part), expected),
            Kind::QueryError { from, to, port, code } => match analysis.check(from, to, port) {
                Err(error) if error.code.code() == code => Ok(()),
                Err(error) => Err(format!("expected the error {code}, got {}: {error}", error.code.code())),
                Ok(answer) => Err(format!("expected the error {code}, got {}", answer.verdict.name())),
            },
        };
        if let Err(error) = result {
            failures.push(format!("{name}:{}: {error}", ask.line));
        }
    }
    (failures, case.asks.len() + case.findings.len())
}

fn files(folder: &str) -> Vec<PathBuf> {
    fn walk(path: &Path, out: &mut Vec<PathBuf>) {
        let Ok(entries) = std::fs::read_dir(path) else { return };
        for entry in entries.map(|e| e.unwrap().path()) {
            if entry.is_dir() {
                walk(&entry, out);
            } else if entry.extension().is_some_and(|e| e == "yaml") {
                out.push(entry);
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(folder), &mut found);
    found.sort();
    found
}

#[test]
fn every_case_is_as_it_says() {
    let files = files("data");
    let results: Vec<_> = files.iter().map(|f| run(f)).collect();
    let asked: usize = results.iter().map(|(_, asked)| asked).sum();
    let failures: Vec<String> = results.into_iter().flat_map(|(failures, _)| failures).collect();
    println!("{} files, {asked} expectations, {} failures", files.len(), failures.len());
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    assert!(files.len() >= 80, "only {} files were found", files.len());
}

#[test]
fn pending_cases_still_fail() {
    for file in files("pending") {
        let (failures, _) = run(&file);
        println!("pending: {}", failures.join("\n         "));
        assert!(!failures.is_empty(), "{} passes now: move it to data/", file.display());
    }
}
