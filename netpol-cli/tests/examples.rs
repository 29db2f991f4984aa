//! The examples: every question has the verdict that its file says, and the READMEs say the same.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

fn folders(path: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(path).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for entry in entries.into_iter().filter(|p| p.is_dir()) {
        if entry.join("cluster.yaml").exists() {
            out.push(entry.clone());
        }
        folders(&entry, out);
    }
}

fn netpol(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_netpol")).args(args).env("LANG", "C").output().unwrap()
}

/// The verdict of a question, after a look at its exit code.
fn verdict(folder: &Path, from: &str, to: &str, port: &str) -> String {
    let output = netpol(&["check", "-f", folder.to_str().unwrap(), from, to, port, "-o", "json"]);
    let answer: Value = match serde_json::from_slice(&output.stdout) {
        Ok(answer) => answer,
        Err(_) => return String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    let verdicts: Vec<&str> =
        answer["parts"].as_array().unwrap().iter().map(|p| p["verdict"].as_str().unwrap()).collect();
    let expected = match () {
        () if verdicts.contains(&"deny") => 1,
        () if verdicts.contains(&"undefined") => 3,
        () => 0,
    };
    assert_eq!(output.status.code(), Some(expected), "{}: {from} {to} {port}", folder.display());
    answer["verdict"].as_str().unwrap().to_owned()
}

#[test]
fn every_question_has_its_verdict() {
    let (mut all, mut failures, mut questions) = (Vec::new(), Vec::new(), 0);
    folders(&examples(), &mut all);
    assert!(all.len() >= 20, "{all:?}");
    for folder in &all {
        let text = std::fs::read_to_string(folder.join("questions.txt")).unwrap();
        for line in text.lines().filter(|l| !l.trim().is_empty() && !l.starts_with('#')) {
            questions += 1;
            let (question, expected) = line.split_once("=>").unwrap();
            let words: Vec<&str> = question.split_whitespace().collect();
            let actual = verdict(folder, words[0], words[1], words[2]);
            if actual != expected.trim() {
                failures.push(format!("{}: {line}: got {actual}", folder.display()));
            }
        }
    }
    assert!(questions > 80, "only {questions} questions");
    assert!(failures.is_empty(), "{} of {questions}:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn the_commands_of_the_readmes_have_the_verdict_beside_them() {
    let (mut all, mut failures, mut commands) = (vec![examples()], Vec::new(), 0);
    folders(&examples(), &mut all);
    for folder in &all {
        let text = std::fs::read_to_string(folder.join("README.md")).unwrap();
        for line in text.lines().map(str::trim).filter(|l| l.starts_with("netpol check ")) {
            let Some((command, expected)) = line.split_once('#') else { continue };
            let expected = expected.split_whitespace().next().unwrap().trim_end_matches([',', ';', ':']);
            let words: Vec<&str> = command.split_whitespace().map(|w| w.trim_matches('\'')).collect();
            let at = words.iter().position(|w| *w == "-f").unwrap();
            let folder = examples().join("..").join(words[at + 1]);
            let rest: Vec<&str> = words[2..at].iter().chain(&words[at + 2..]).copied().collect();
            commands += 1;
            let actual = verdict(&folder, rest[0], rest[1], rest.get(2).copied().unwrap_or("any"));
            if actual != expected {
                failures.push(format!("{line}: got {actual}"));
            }
        }
    }
    assert!(commands > 80, "only {commands} commands");
    assert!(failures.is_empty(), "{} of {commands}:\n{}", failures.len(), failures.join("\n"));
}
