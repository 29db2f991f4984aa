//! `lint` as people and programs use it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn run_in(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netpol"));
    for name in ["LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.args(args).current_dir(folder).output().unwrap()
}

fn run(args: &str) -> Output {
    run_in(&root(), &args.split_whitespace().collect::<Vec<_>>())
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json(args: &str) -> Value {
    serde_json::from_slice(&run(&format!("lint {args} -o json")).stdout).unwrap()
}

/// A folder of its own with files.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
    folder
}

const POD: &str = "{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}}\n---\n";

/// A policy that selects nothing, and isolates what is there with another.
fn idle(annotations: &str) -> String {
    format!(
        "{POD}apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: deny, namespace: shop}}
spec: {{podSelector: {{}}, policyTypes: [Ingress]}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: wbe
  namespace: shop
  annotations: {{{annotations}}}
spec: {{podSelector: {{matchLabels: {{app: wbe}}}}, policyTypes: [Ingress]}}
"
    )
}

#[test]
fn the_puzzle_is_told_by_its_lines() {
    let output = run("lint -f examples/puzzle");
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(
        text.contains("examples/puzzle/policy.yaml:20:11: warning[ports-undone]: this rule opens every port"),
        "{text}"
    );
    assert!(text.contains("examples/puzzle/policy.yaml:14:7: warning[dns-to-anywhere]"), "{text}");
    assert!(text.contains("20 |         - namespaceSelector: {}"), "{text}");
    assert!(text.contains("see also: shop/web-egress spec.egress[0]  examples/puzzle/policy.yaml:14"), "{text}");
}

#[test]
fn the_exit_code_follows_fail_on() {
    let notes = "lint -f examples/admin-tiers --rule not-isolated=off";
    for (args, code) in [
        ("lint -f examples/puzzle --fail-on error", 0),
        ("lint -f examples/puzzle --fail-on warning", 1),
        ("lint -f examples/puzzle --fail-on never", 0),
        (notes, 0),
        ("lint -f examples/admin-tiers --rule not-isolated=off --fail-on note", 1),
        ("lint -f examples/admin-tiers --rule not-isolated=off --rule tenant-labels=error", 1),
        ("lint -f examples/admin-tiers --fail-on note --rule tenant-labels=off --rule not-isolated=off", 0),
        ("lint -f examples/puzzle --rule tenant-label=off", 2),
        ("lint -f examples/puzzle --rule tenant-labels=some", 2),
        ("lint -f examples/puzzle --explain tenant-label", 2),
        ("lint -f no/such/file", 2),
    ] {
        assert_eq!(run(args).status.code(), Some(code), "{args}");
    }
}

#[test]
fn netpol_toml_sets_levels_and_its_errors_have_a_place() {
    let files = |toml: &'static str| [("a.yaml", idle("")), ("netpol.toml", toml.to_owned())];
    let lint = |toml: &'static str| {
        let files = files(toml);
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let folder = folder("lint-toml", &files);
        std::fs::create_dir_all(folder.join("below")).unwrap();
        run_in(&folder.join("below"), &["lint", "-f", "../a.yaml"])
    };
    assert_eq!(lint("").status.code(), Some(1));
    assert_eq!(lint("[lint.rules]\nselects-nothing = \"note\"\n").status.code(), Some(0));
    assert_eq!(lint("[lint]\nfail-on = \"error\"\n").status.code(), Some(0));
    let wrong = lint("[lint.rules]\nselects-nothin = \"off\"\n");
    assert_eq!(wrong.status.code(), Some(2));
    let text = stderr(&wrong);
    assert!(text.contains("netpol.toml:2:1: error: lint.rules: no rule is called `selects-nothin`"), "{text}");
    // What the command line says comes last.
    let folder =
        folder("lint-toml-last", &[("a.yaml", &idle("")), ("x.toml", "[lint.rules]\nselects-nothing = \"off\"\n")]);
    let args = ["lint", "-f", "a.yaml", "--config", "x.toml"];
    assert_eq!(run_in(&folder, &args).status.code(), Some(0));
    let args = [&args[..], &["--rule", "selects-nothing=error"]].concat();
    assert_eq!(run_in(&folder, &args).status.code(), Some(1));
}

#[test]
fn an_annotation_ignores_with_a_reason_and_until_a_day() {
    let lint = |annotations: &str| {
        let folder = folder("lint-ignore", &[("a.yaml", &idle(annotations))]);
        run_in(&folder, &["lint", "-f", "a.yaml", "-v"])
    };
    let known = lint("lint.netpol.dev/ignore-selects-nothing: the pods come later");
    assert_eq!(known.status.code(), Some(0), "{}", stdout(&known));
    assert!(stdout(&known).contains("ignored because: the pods come later"), "{}", stdout(&known));
    let later = lint("lint.netpol.dev/ignore-selects-nothing: 'until 9999-12-31: later'");
    assert_eq!(later.status.code(), Some(0), "{}", stdout(&later));
    let past = lint("lint.netpol.dev/ignore-selects-nothing: 'until 2020-02-29: later'");
    assert_eq!(past.status.code(), Some(1), "{}", stdout(&past));
    let past = lint("lint.netpol.dev/ignore-selects-nothing: 'Until 2020-02-29: later'");
    assert_eq!(past.status.code(), Some(1), "{}", stdout(&past));
    for (annotation, what) in [
        (
            "lint.netpol.dev/ignore-selects-nothin: x",
            "no rule is called `selects-nothin`; did you mean `selects-nothing`?",
        ),
        ("lint.netpol.dev/ignore-selects-nothing: ''", "` needs a reason"),
        ("lint.netpol.dev/ignore-selects-nothing: 'until 2026-02-30: x'", "`2026-02-30` is not a day"),
        ("lint.netpol.dev/ignore-selects-nothing: 'UNTIL soon: x'", "`soon` is not a day"),
        ("lint.netpol.dev/ignored: x", "is no annotation of netpol"),
    ] {
        let wrong = lint(annotation);
        assert_eq!(wrong.status.code(), Some(2), "{annotation}");
        assert!(stderr(&wrong).contains(what), "{annotation}: {}", stderr(&wrong));
        assert!(
            stderr(&wrong).contains("a.yaml:13:17: error: metadata.annotations."),
            "{annotation}: {}",
            stderr(&wrong)
        );
    }
    let harder = lint("lint.netpol.dev/error-selects-nothing: must not be");
    assert!(stdout(&harder).contains("error[selects-nothing]"), "{}", stdout(&harder));
    assert!(stdout(&harder).contains("of this severity because: must not be"), "{}", stdout(&harder));
    let softer = lint("lint.netpol.dev/note-selects-nothing: the pods come later");
    assert_eq!(softer.status.code(), Some(0), "{}", stdout(&softer));
    // On the namespace for what is about workloads.
    let open = format!(
        "{{apiVersion: v1, kind: Namespace, metadata: {{name: shop, annotations: {{lint.netpol.dev/ignore-not-isolated: x}}}}}}\n---\n{POD}"
    );
    let folder = folder("lint-ignore-namespace", &[("a.yaml", &open)]);
    assert_eq!(run_in(&folder, &["lint", "-f", "a.yaml"]).status.code(), Some(0));
}

#[test]
fn what_the_api_server_refuses_ends_the_run_or_is_a_finding() {
    let text = format!(
        "{POD}{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: a, namespace: shop}}, spec: {{podSelector: {{}}, ingress: [{{ports: [{{port: \"80\"}}]}}]}}}}\n"
    );
    let folder = folder("lint-rejected", &[("a.yaml", &text)]);
    let refused = run_in(&folder, &["lint", "-f", "a.yaml"]);
    assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0));
    assert!(
        stderr(&refused).contains("--keep-going lints the rest and reports what was rejected"),
        "{}",
        stderr(&refused)
    );
    let going = run_in(&folder, &["lint", "-f", "a.yaml", "--keep-going"]);
    assert_eq!(going.status.code(), Some(1));
    assert!(
        stdout(&going).contains("a.yaml:3:") && stdout(&going).contains("error[rejected]: `80` is not a port name"),
        "{}",
        stdout(&going)
    );
}

#[test]
fn the_json_holds_to_its_schema_and_the_yaml_says_the_same() {
    let schema: Value =
        serde_json::from_slice(&std::fs::read(root().join("schemas/netpol.lint.v1.schema.json")).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for folder in [
        "puzzle",
        "dual-stack",
        "admin-tiers",
        "vault-cert-manager",
        "entry-points",
        "recipes/06-allow-namespace-by-label",
    ] {
        let value = json(&format!("-f examples/{folder}"));
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|e| format!("{} at {}", e, e.instance_path())).collect();
        assert!(errors.is_empty(), "{folder}: {errors:#?}");
        let yaml: Value = serde_yaml::from_slice(&run(&format!("lint -f examples/{folder} -o yaml")).stdout).unwrap();
        assert_eq!(yaml, value, "{folder}");
    }
    assert!(!validator.is_valid(&serde_json::json!({"schema": "netpol.lint/v1"})));
}

#[test]
fn sarif_holds_to_the_schema_of_oasis() {
    let schema = include_str!("data/sarif-schema-2.1.0.json");
    let mut schema: Value = serde_json::from_str(schema).unwrap();
    // A bracket too many, which some regular expressions take for itself, and others for an error.
    for of in ["run", "toolComponent"] {
        schema["definitions"][of]["properties"]["language"]["pattern"] = "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$".into();
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    for args in ["-f examples/puzzle", "-f examples/dual-stack", "-f examples/admin-tiers --lang zh"] {
        let value: Value = serde_json::from_slice(&run(&format!("lint {args} -o sarif")).stdout).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|e| format!("{} at {}", e, e.instance_path())).collect();
        assert!(errors.is_empty(), "{args}: {errors:#?}");
        let results = value["runs"][0]["results"].as_array().unwrap();
        assert!(!results.is_empty(), "{args}");
        for result in results {
            let rule = &value["runs"][0]["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
            assert_eq!(rule["id"], result["ruleId"]);
            let place = &result["locations"][0]["physicalLocation"];
            assert!(root().join(place["artifactLocation"]["uri"].as_str().unwrap()).is_file(), "{place}");
        }
    }
    assert!(!validator.is_valid(&serde_json::json!({"version": "2.1.0"})));
}

#[test]
fn github_gets_a_command_a_finding_and_pull_requests_a_table() {
    let text = stdout(&run("lint -f examples/puzzle -o github"));
    let line = text.lines().find(|line| line.contains("ports-undone")).unwrap();
    let start = "::warning file=examples/puzzle/policy.yaml,line=20,col=11,title=netpol ports-undone::this rule opens";
    assert!(line.starts_with(start), "{line}");
    assert!(text.lines().all(|line| line.starts_with("::")), "{text}");
    let text = stdout(&run("lint -f examples/puzzle -o markdown"));
    assert!(text.starts_with("**netpol lint**: warnings: 3\n\n| severity | rule "), "{text}");
}

#[test]
fn the_page_about_the_rules_is_what_the_rules_say() {
    let page = stdout(&run("lint --rules"));
    let kept = std::fs::read_to_string(root().join("docs/lint.md")).unwrap();
    assert!(
        page == kept,
        "docs/lint.md is not what `netpol lint --rules` prints; run `netpol lint --rules > docs/lint.md`"
    );
    let one = stdout(&run("lint --explain dns-to-anywhere --lang zh"));
    assert!(one.starts_with("# dns-to-anywhere\n"), "{one}");
    assert!(one.contains("```yaml\napiVersion: v1\n"), "{one}");
}

#[test]
fn of_an_input_with_nothing_in_it_nothing_is_said_but_that() {
    let folder = folder(
        "lint-empty",
        &[("empty.yaml", ""), ("other.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n")],
    );
    for file in ["empty.yaml", "other.yaml"] {
        for command in ["lint", "summary"] {
            let output = run_in(&folder, &[command, "-f", file]);
            let text = stdout(&output);
            assert!(
                text.contains("there is nothing to look at") && !text.contains("stands out"),
                "{command} {file}: {text}"
            );
            assert_eq!(output.status.code(), Some(0), "{command} {file}");
        }
    }
}
