//! The GitHub Action, step by step as a runner takes it, on a repository of its own; and the hooks of
//! pre-commit.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use serde_json::Value;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn yaml(file: &str) -> Value {
    serde_yaml::from_str(&std::fs::read_to_string(root().join(file)).unwrap()).unwrap()
}

/// A repository with a first commit, and what a runner has beside it.
struct Runner {
    repository: PathBuf,
    temp: PathBuf,
    base: String,
    outputs: BTreeMap<String, String>,
}

const POD: &str = "{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}}\n---\n\
    {apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}}\n";
const DENY: &str = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny, namespace: shop}, \
    spec: {podSelector: {}, policyTypes: [Ingress]}}\n";
/// Stands for GitHub's command line: it keeps what it is told, and knows one comment once it was made.
const GH: &str = "#!/usr/bin/env bash
set -eu
echo \"$*\" >> \"$RUNNER_TEMP/gh.log\"
for word in \"$@\"; do
  case $word in body=@*) cp \"${word#body=@}\" \"$RUNNER_TEMP/comment.md\" ;; esac
done
case $* in *--jq*) if [ -f \"$RUNNER_TEMP/comment.md\" ]; then echo 42; fi ;; esac
";

impl Runner {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        _ = std::fs::remove_dir_all(&folder);
        let (repository, temp) = (folder.join("repository"), folder.join("temp"));
        std::fs::create_dir_all(repository.join("manifests")).unwrap();
        std::fs::create_dir_all(temp.join("bin")).unwrap();
        std::fs::write(temp.join("bin/gh"), GH).unwrap();
        std::fs::set_permissions(temp.join("bin/gh"), std::fs::Permissions::from_mode(0o755)).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_netpol"), temp.join("bin/netpol")).unwrap();
        std::fs::write(repository.join("manifests/pods.yaml"), POD).unwrap();
        let mut runner = Self { repository, temp, base: String::new(), outputs: BTreeMap::new() };
        runner.git(&["init", "--quiet"]);
        runner.commit();
        runner.base = runner.git(&["rev-parse", "HEAD"]).trim().to_owned();
        runner
    }

    fn git(&self, args: &[&str]) -> String {
        let name = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        let output = Command::new("git").args(name).args(args).current_dir(&self.repository).output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "state"]);
    }

    /// The value of what stands between `${{` and `}}`, as far as the action uses it.
    fn expression(&self, text: &str, inputs: &BTreeMap<&str, &str>, defaults: &Value) -> String {
        if let Some(name) = text.strip_prefix("inputs.") {
            let default = || defaults[name]["default"].as_str().unwrap_or_else(|| panic!("no input {name}"));
            let value = inputs.get(name).copied().unwrap_or_else(default);
            return self.filled(value, inputs, defaults);
        }
        if let Some((step, output)) = text.strip_prefix("steps.").and_then(|rest| rest.split_once(".outputs.")) {
            assert_eq!(step, "report");
            return self.outputs.get(output).cloned().unwrap_or_default();
        }
        match text {
            "github.action_path" => root().display().to_string(),
            "github.event.pull_request.number" => "7".to_owned(),
            "github.event.pull_request.base.sha" => self.base.clone(),
            "github.token" => "token".to_owned(),
            other => panic!("an expression that is not known here: {other}"),
        }
    }

    fn filled(&self, text: &str, inputs: &BTreeMap<&str, &str>, defaults: &Value) -> String {
        let mut parts = text.split("${{");
        let mut out = parts.next().unwrap().to_owned();
        for part in parts {
            let (expression, rest) = part.split_once("}}").unwrap();
            out += &self.expression(expression.trim(), inputs, defaults);
            out += rest;
        }
        out
    }

    /// Takes every step that runs a script; the last of them is what the job comes to.
    fn run(&mut self, inputs: &[(&str, &str)]) -> Vec<(String, Output)> {
        let action = yaml("action.yml");
        let inputs: BTreeMap<&str, &str> = inputs.iter().copied().collect();
        self.outputs.clear();
        let mut done = Vec::new();
        for step in action["runs"]["steps"].as_array().unwrap() {
            let Some(script) = step["run"].as_str() else {
                assert_eq!(step["uses"], "github/codeql-action/upload-sarif@v3");
                let file = self.filled(step["with"]["sarif_file"].as_str().unwrap(), &inputs, &action["inputs"]);
                let sarif: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
                assert_eq!(sarif["version"], "2.1.0");
                continue;
            };
            let path = format!("{}:{}", self.temp.join("bin").display(), std::env::var("PATH").unwrap());
            let output_file = self.temp.join("output");
            std::fs::write(&output_file, "").unwrap();
            let mut command = Command::new("bash");
            command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]).current_dir(&self.repository);
            command.env("PATH", path).env("RUNNER_TEMP", &self.temp).env("GITHUB_OUTPUT", &output_file);
            command.env("GITHUB_PATH", self.temp.join("path")).env("GITHUB_REPOSITORY", "a/b");
            command.env("GITHUB_STEP_SUMMARY", self.temp.join("summary.md")).env("LC_ALL", "C.UTF-8");
            for (name, value) in step["env"].as_object().unwrap() {
                command.env(name, self.filled(value.as_str().unwrap(), &inputs, &action["inputs"]));
            }
            let output = command.output().unwrap();
            let name = step["name"].as_str().unwrap().to_owned();
            let failed = !output.status.success();
            for line in std::fs::read_to_string(&output_file).unwrap().lines() {
                let (name, value) = line.split_once('=').unwrap();
                self.outputs.insert(name.to_owned(), value.to_owned());
            }
            done.push((name, output));
            if failed {
                break;
            }
        }
        done
    }

    fn comment(&self) -> String {
        std::fs::read_to_string(self.temp.join("comment.md")).unwrap()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn a_pull_request_gets_one_comment_with_findings_and_the_difference() {
    let mut runner = Runner::new("action");
    std::fs::write(runner.repository.join("manifests/deny.yaml"), DENY).unwrap();
    runner.commit();
    let steps = runner.run(&[("path", "manifests"), ("fail-on-difference", "false")]);
    let (name, last) = steps.last().unwrap();
    assert_eq!((name.as_str(), last.status.code()), ("Judge", Some(0)), "{}", said(last));
    assert_eq!(runner.outputs["different"], "true");
    let comment = runner.comment();
    assert!(comment.starts_with("<!-- netpol -->\n**netpol lint**: "), "{comment}");
    assert!(comment.contains("**netpol diff**: "), "{comment}");
    assert!(comment.contains("deny spec.podSelector  head/manifests/deny.yaml:1"), "{comment}");
    let log = || std::fs::read_to_string(runner.temp.join("gh.log")).unwrap();
    assert!(log().contains("--method POST repos/a/b/issues/7/comments"), "{}", log());
    assert_eq!(std::fs::read_to_string(runner.temp.join("summary.md")).unwrap(), comment);

    // The same comment again, and a difference that fails.
    let steps = runner.run(&[("path", "manifests/"), ("fail-on-difference", "true")]);
    let (name, last) = steps.last().unwrap();
    assert_eq!((name.as_str(), last.status.code()), ("Judge", Some(1)), "{}", said(last));
    assert!(said(last).contains("connections differ"), "{}", said(last));
    let log = std::fs::read_to_string(runner.temp.join("gh.log")).unwrap();
    assert!(log.contains("--method PATCH repos/a/b/issues/comments/42"), "{log}");
}

#[test]
fn findings_fail_from_a_severity_on_and_bad_input_fails_at_once() {
    let mut runner = Runner::new("action-fails");
    let steps = runner.run(&[("path", "manifests"), ("fail-on", "warning")]);
    let (name, last) = steps.last().unwrap();
    assert_eq!((name.as_str(), last.status.code()), ("Judge", Some(1)), "{}", said(last));
    assert!(said(&steps[1].1).contains("::warning file=manifests/pods.yaml,line=1"), "{}", said(&steps[1].1));
    assert_eq!(runner.outputs["different"], "false");
    let steps = runner.run(&[("path", "manifests"), ("fail-on", "error")]);
    assert_eq!(steps.last().unwrap().1.status.code(), Some(0));

    std::fs::write(runner.repository.join("manifests/broken.yaml"), "kind: [\n").unwrap();
    let steps = runner.run(&[("path", "manifests")]);
    let (name, last) = steps.last().unwrap();
    assert_eq!((name.as_str(), last.status.code()), ("Lint, test and compare", Some(2)), "{}", said(last));
    assert!(said(last).contains("netpol lint has no answer"), "{}", said(last));
}

#[test]
fn a_path_that_the_base_does_not_have_is_new() {
    let mut runner = Runner::new("action-new");
    std::fs::create_dir(runner.repository.join("more")).unwrap();
    std::fs::write(runner.repository.join("more/a.yaml"), POD.replace("shop", "more")).unwrap();
    runner.commit();
    let steps = runner.run(&[("path", "more"), ("fail-on", "never")]);
    assert_eq!(steps.last().unwrap().1.status.code(), Some(0), "{}", said(&steps.last().unwrap().1));
    assert_eq!(runner.outputs["different"], "true");
}

#[test]
fn the_hooks_of_pre_commit_run() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    let runner = Runner::new("hooks");
    std::fs::write(runner.repository.join("manifests/deny.yaml"), DENY).unwrap();
    for hook in hooks.as_array().unwrap() {
        let entry: Vec<&str> = hook["entry"].as_str().unwrap().split(' ').collect();
        assert_eq!((entry[0], hook["language"].as_str().unwrap()), ("netpol", "system"));
        if hook["id"] == "netpol-lint" {
            let mut command = Command::new(env!("CARGO_BIN_EXE_netpol"));
            command.args(&entry[1..]).args(hook["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()));
            let output = command.current_dir(&runner.repository).output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        }
    }
}
