//! `netpol diff`: two states, a change to one, its formats and exit codes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PUZZLE: &str = "examples/puzzle";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_netpol")).args(args).current_dir(root()).env("LANG", "C").output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A folder of its own with one file.
fn folder(name: &str, text: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("change.yaml"), text).unwrap();
    folder
}

#[test]
fn a_state_and_itself_have_no_difference() {
    let output = run(&["diff", PUZZLE, PUZZLE]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).starts_with("no difference"), "{}", stdout(&output));
    let markdown = run(&["diff", PUZZLE, PUZZLE, "-o", "markdown"]);
    assert_eq!(stdout(&markdown), "**netpol diff**: no difference: every connection is decided as before\n");
}

#[test]
fn what_a_change_would_do_is_said_with_its_lines() {
    let change = folder(
        "diff-apply",
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: web-egress, namespace: shop}\nspec:\n  podSelector: {matchLabels: {app: web}}\n  policyTypes: [Egress]\n",
    );
    let output = run(&["diff", "-f", PUZZLE, "--apply", change.to_str().unwrap(), "--lang", "en"]);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(text.contains("- shop/web → data/db  any port  (closed)"), "{text}");
    assert!(text.contains("- shop/web → world  TCP 53, UDP 53  (closed)"), "{text}");
    assert!(text.contains("before: allowed by a rule: shop/web-egress spec.egress[1].to[0]"), "{text}");
    assert!(text.contains("change.yaml:5"), "{text}");
    let chinese = run(&["diff", "-f", PUZZLE, "--apply", change.to_str().unwrap(), "--lang", "zh"]);
    assert!(stdout(&chinese).contains("新拒绝") && !stdout(&chinese).contains("closed"), "{}", stdout(&chinese));
}

#[test]
fn the_json_holds_to_its_schema_and_the_yaml_says_the_same() {
    let schema = std::fs::read(root().join("schemas/netpol.diff.v1.schema.json")).unwrap();
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let shop = "examples/three-tier-shop";
    let questions: [&[&str]; 4] = [
        &["diff", PUZZLE, shop],
        &["diff", shop, shop],
        &["diff", "-f", shop, "--delete", "netpol/retail/db", "--delete", "ns/kube-system"],
        &["diff", "-f", "examples/dual-stack", "--delete", "networkpolicies/feeds/api-from-readers"],
    ];
    let mut changes = 0;
    for words in questions {
        let json = run(&[words, &["-o", "json"]].concat());
        if json.status.code() == Some(2) {
            panic!("{words:?}: {}", String::from_utf8_lossy(&json.stderr));
        }
        let answer: Value = serde_json::from_slice(&json.stdout).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&answer).map(|e| format!("{e} at {}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{words:?}: {errors:?}");
        assert_eq!(answer["same"].as_bool().unwrap(), json.status.code() == Some(0));
        let yaml: Value = serde_yaml::from_slice(&run(&[words, &["-o", "yaml"]].concat()).stdout).unwrap();
        assert_eq!(yaml, answer);
        changes += answer["changes"].as_array().unwrap().len();
    }
    assert!(changes > 10, "only {changes} changes");
}

#[test]
fn every_change_is_a_row() {
    let words = ["diff", "-f", PUZZLE, "--delete", "netpol/shop/web-egress", "-o"];
    let csv = stdout(&run(&[&words[..], &["csv"]].concat()));
    assert!(csv.starts_with("from,to,opened,closed,undecided,because\nshop/web,world,"), "{csv}");
    let markdown = stdout(&run(&[&words[..], &["markdown"]].concat()));
    assert!(markdown.starts_with("**netpol diff**: 1 opened\n\n| from "), "{markdown}");
}

#[test]
fn what_cannot_be_compared_is_an_error() {
    let rows: [(&[&str], &str); 6] = [
        (&["diff"], "diff compares OLD with NEW"),
        (&["diff", PUZZLE], "<NEW>"),
        (&["diff", PUZZLE, "no-such-folder"], "no-such-folder"),
        (&["diff", "-f", PUZZLE, "--delete", "netpol/shop/none"], "there is no such NetworkPolicy"),
        (&["diff", "-f", PUZZLE, "--delete", "secret/x"], "unknown kind `secret`"),
        (&["diff", "-f", PUZZLE, "--delete", "web"], "use KIND/NAME"),
    ];
    for (words, expected) in rows {
        let output = run(words);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{words:?}: {error}");
        assert!(error.contains(expected) && output.stdout.is_empty(), "{words:?}: {error}");
    }
}
