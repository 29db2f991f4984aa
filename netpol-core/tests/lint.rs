//! How many findings each rule has on the examples and on the field's own suites: the list is kept in
//! `lint-findings.txt`, so that a change of them is seen in review.
//!
//! `NETPOL_WRITE=1 cargo test -p netpol-core --test lint` writes the list anew.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use netpol_core::lint::{LintCode, LintOptions, lint};
use netpol_core::{Analysis, AnalysisOptions, Inputs, Profile, ReadOptions, read};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    found.sort();
    found
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in sorted(folder) {
        if entry.is_dir() {
            files(&entry, out);
        } else if entry.extension().is_some_and(|e| ["yaml", "yml", "json"].iter().any(|x| e == *x)) {
            out.push(entry);
        }
    }
}

/// What a folder comes to, by rule; of a broken document, what the rest comes to.
fn findings(folder: &Path, profile: Profile) -> BTreeMap<LintCode, usize> {
    let mut paths = Vec::new();
    files(folder, &mut paths);
    let mut inputs = Inputs::default();
    for path in paths.iter().filter(|path| !path.ends_with("expected.json")) {
        inputs.push_bytes(path.to_string_lossy().into_owned(), std::fs::read(path).unwrap()).unwrap();
    }
    let mut options = ReadOptions::default();
    options.schema_checks = profile.schema_checks;
    let snapshot = read(&inputs, &options);
    let analysis = Analysis::new(&snapshot, AnalysisOptions::from(profile));
    let answer = lint(&inputs, &snapshot, &analysis, &LintOptions::default()).unwrap();
    answer.by_rule().into_iter().collect()
}

fn row(name: &str, found: &BTreeMap<LintCode, usize>) -> String {
    let counts: Vec<String> = found.iter().map(|(rule, count)| format!("{} {count}", rule.code())).collect();
    let counts = if counts.is_empty() { "nothing".to_owned() } else { counts.join(", ") };
    format!("{name}: {counts}\n")
}

/// The folders of `examples/` that are read as one.
fn examples() -> Vec<PathBuf> {
    let all = sorted(&root().join("examples")).into_iter().filter(|path| path.is_dir());
    all.flat_map(|path| if path.ends_with("recipes") { sorted(&path) } else { vec![path] })
        .filter(|path| path.is_dir())
        .collect()
}

fn of_examples() -> String {
    let name = |path: &Path| path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
    examples().iter().map(|path| row(&name(path), &findings(path, Profile::GENERIC))).collect()
}

fn of_suites() -> Option<String> {
    let suites = std::env::var_os("NETPOL_CONFORMANCE").map_or(root().join("../shared/conformance"), PathBuf::from);
    if !suites.is_dir() {
        eprintln!("SKIPPED: the conformance suites are not at {} (set NETPOL_CONFORMANCE)", suites.display());
        return None;
    }
    let mut out = String::new();
    for suite in sorted(&suites).into_iter().filter(|path| path.is_dir()) {
        let name = suite.file_name().unwrap().to_string_lossy().into_owned();
        let profile = if name == "np-guard" { Profile::NP_GUARD } else { Profile::GENERIC };
        let mut all: BTreeMap<LintCode, usize> = BTreeMap::new();
        for case in sorted(&suite).into_iter().filter(|path| path.is_dir()) {
            for (rule, count) in findings(&case, profile.clone()) {
                *all.entry(rule).or_default() += count;
            }
        }
        out.push_str(&row(&format!("conformance/{name}"), &all));
    }
    Some(out)
}

#[test]
fn the_findings_are_those_of_the_list() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint-findings.txt");
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let suites: String = match of_suites() {
        Some(found) => found,
        None => kept.split_inclusive('\n').filter(|line| line.starts_with("conformance/")).collect(),
    };
    let found = of_examples() + &suites;
    if std::env::var_os("NETPOL_WRITE").is_some() {
        std::fs::write(&path, &found).unwrap();
        return;
    }
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines(&found), lines(&kept), "write the list anew with NETPOL_WRITE=1, and see what changed");
}
