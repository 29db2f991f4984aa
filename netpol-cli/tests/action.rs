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
/// Stands for GitHub's command line: it keeps what it is told, and knows one comment once it was made. With
/// a file `read-only` it refuses to write.
const GH: &str = "#!/usr/bin/env bash
set -eu
echo \"$*\" >> \"$RUNNER_TEMP/gh.log\"
case $* in *POST*|*mutation*)
  if [ -f \"$RUNNER_TEMP/read-only\" ]; then echo 'HTTP 403: Resource not accessible' >&2; exit 1; fi ;;
esac
for word in \"$@\"; do
  case $word in body=@*) cp \"${word#body=@}\" \"$RUNNER_TEMP/comment.md\" ;; esac
done
case $* in *--jq*) if [ -f \"$RUNNER_TEMP/comment.md\" ]; then echo IC_42; fi ;; esac
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
    assert!(log.contains("id=IC_42") && log.contains("updateIssueComment"), "{log}");
    // Of the comments, only those that the token wrote itself.
    assert!(log.contains("select(.viewerDidAuthor and (.body | startswith(\"<!-- netpol -->\")))"), "{log}");
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

/// What a runner takes for commands: it passes over what stands between a `stop-commands` and its token.
fn commands(log: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut stopped: Option<&str> = None;
    for line in log.lines().map(str::trim_start) {
        match stopped {
            Some(token) if line.strip_prefix("::").and_then(|rest| rest.strip_suffix("::")) == Some(token) => {
                stopped = None;
            }
            Some(_) => {}
            None => match line.strip_prefix("::stop-commands::") {
                Some(token) => stopped = Some(token),
                None if line.starts_with("::") => found.push(line),
                None => {}
            },
        }
    }
    assert_eq!(stopped, None, "{log}");
    found
}

const TESTS: &str = "apiVersion: netpol.dev/v1alpha1\nkind: ConnectivityTest\nmetadata: {name: t}\n\
    resources: [../manifests]\ntests:\n";

#[test]
fn what_a_pull_request_calls_things_is_text_in_the_log_and_in_the_comment() {
    let mut runner = Runner::new("action-names");
    std::fs::create_dir(runner.repository.join("tests")).unwrap();
    let name = r#""a\n`````\n::error::pwned\n::stop-commands::x""#;
    let test = format!("{TESTS}- {{name: {name}, from: shop/web, to: shop/db, expect: allow}}\n");
    std::fs::write(runner.repository.join("tests/t.yaml"), test).unwrap();
    std::fs::write(runner.repository.join("manifests/[x](y) <b> @all.yaml"), DENY).unwrap();
    runner.commit();
    let steps = runner.run(&[("path", " manifests "), ("tests", "\n  tests \n"), ("fail-on", "never")]);
    let (name, last) = steps.last().unwrap();
    assert_eq!((name.as_str(), last.status.code()), ("Judge", Some(1)), "{}", said(last));
    let log = String::from_utf8(steps[1].1.stdout.clone()).unwrap();
    assert!(!commands(&log).iter().any(|line| line.contains("pwned")), "{log}");
    assert!(log.contains("pwned"), "{log}");
    let comment = runner.comment();
    let shown = r"a\n`````\n::error::pwned\n::stop-commands::x";
    assert!(comment.contains("\n``````text\n") && comment.contains(shown), "{comment}");
    // Below, it is in a table.
    let diff = comment.split_once("**netpol diff**").unwrap().1;
    assert!(diff.contains(r"manifests/[x]\(y) &lt;b>"), "{diff}");
    assert!(!diff.contains("[x](y)") && !diff.contains("<b>") && !diff.contains("@all"), "{diff}");
}

#[test]
fn what_the_job_makes_is_linted_and_compared_with_nothing() {
    let mut runner = Runner::new("action-made");
    std::fs::create_dir(runner.repository.join("made")).unwrap();
    std::fs::write(runner.repository.join("made/a.yaml"), POD).unwrap();
    let steps = runner.run(&[("path", "made"), ("fail-on", "never")]);
    let (name, last) = steps.last().unwrap();
    assert_eq!((name.as_str(), last.status.code()), ("Lint, test and compare", Some(2)), "{}", said(last));
    let log = String::from_utf8(last.stdout.clone()).unwrap();
    assert!(commands(&log).last().unwrap().starts_with("::error title=netpol::git does not track made"), "{log}");
    let steps = runner.run(&[("path", "made"), ("fail-on", "never"), ("base", "")]);
    assert_eq!(steps.last().unwrap().1.status.code(), Some(0), "{}", said(&steps.last().unwrap().1));
}

#[test]
fn a_base_that_is_not_there_is_said() {
    let mut runner = Runner::new("action-base");
    let steps = runner.run(&[("path", "manifests"), ("fail-on", "never"), ("base", "origin/gone")]);
    let (name, last) = steps.last().unwrap();
    assert_eq!((name.as_str(), last.status.code()), ("Lint, test and compare", Some(2)), "{}", said(last));
    let log = String::from_utf8(last.stdout.clone()).unwrap();
    assert!(commands(&log).last().unwrap().contains("::the base origin/gone cannot be fetched"), "{log}");
    // With a remote that has it, a branch is fetched by its name.
    let other = Runner::new("action-base-remote");
    other.git(&["branch", "-f", "release"]);
    runner.git(&["remote", "add", "origin", other.repository.to_str().unwrap()]);
    let steps = runner.run(&[("path", "manifests"), ("fail-on", "never"), ("base", "origin/release")]);
    assert_eq!(steps.last().unwrap().1.status.code(), Some(0), "{}", said(&steps.last().unwrap().1));
    assert_eq!(runner.outputs["different"], "false");
}

#[test]
fn a_token_that_may_only_read_hides_no_judgement() {
    let mut runner = Runner::new("action-fork");
    std::fs::write(runner.temp.join("read-only"), "").unwrap();
    let steps = runner.run(&[("path", "manifests"), ("fail-on", "warning")]);
    let (name, last) = steps.last().unwrap();
    assert_eq!((name.as_str(), last.status.code()), ("Judge", Some(1)), "{}", said(last));
    let (name, comment) = &steps[steps.len() - 2];
    assert_eq!((name.as_str(), comment.status.code()), ("Comment", Some(0)), "{}", said(comment));
    assert!(said(comment).contains("::warning title=netpol::the comment cannot be written"), "{}", said(comment));
    // Nor does code scanning, or what else may go wrong with reporting.
    let action = yaml("action.yml");
    for step in action["runs"]["steps"].as_array().unwrap() {
        let reports = ["Hand the findings to code scanning", "Comment"].contains(&step["name"].as_str().unwrap());
        assert_eq!(step["continue-on-error"].as_bool().unwrap_or_default(), reports, "{}", step["name"]);
    }
}

#[test]
fn a_long_report_is_cut_at_a_line() {
    let mut runner = Runner::new("action-long");
    std::fs::create_dir(runner.repository.join("tests")).unwrap();
    let tests: String = (0..400)
        .map(|n| format!("- {{name: 名称名称名称名称 {n}, from: shop/web, to: shop/db, expect: deny}}\n"))
        .collect();
    std::fs::write(runner.repository.join("tests/t.yaml"), format!("{TESTS}{tests}")).unwrap();
    runner.run(&[("path", "./manifests"), ("tests", "tests"), ("fail-on", "never")]);
    // It is UTF-8: this reads it as such.
    let comment = runner.comment();
    let (shown, rest) = comment.rsplit_once("\n… the report is longer").unwrap();
    assert!(comment.len() > 50_000 && comment.len() < 62_000, "{}", comment.len());
    assert!(shown.ends_with("\n```\n") && rest.contains("the summary of the job has the rest"), "{rest}");
    let summary = std::fs::read_to_string(runner.temp.join("summary.md")).unwrap();
    assert!(summary.len() > comment.len() && summary.contains("名称 399"), "{}", summary.len());
}

#[test]
fn findings_are_where_the_repository_has_them() {
    let mut runner = Runner::new("action-sarif");
    let whole = runner.repository.join("manifests");
    for path in [whole.to_str().unwrap(), "./other/../manifests"] {
        std::fs::create_dir_all(runner.repository.join("other")).unwrap();
        let steps = runner.run(&[("path", path), ("fail-on", "never"), ("base", "")]);
        assert_eq!(steps.last().unwrap().1.status.code(), Some(0), "{}", said(&steps.last().unwrap().1));
        let sarif: Value = serde_json::from_slice(&std::fs::read(&runner.outputs["sarif"]).unwrap()).unwrap();
        let results = sarif["runs"][0]["results"].as_array().unwrap();
        assert!(!results.is_empty());
        for result in results {
            let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
            assert_eq!(uri, "manifests/pods.yaml");
        }
        let log = String::from_utf8(steps[1].1.stdout.clone()).unwrap();
        assert!(commands(&log)[0].starts_with("::warning file=manifests/pods.yaml,"), "{log}");
    }
}

#[test]
fn the_hooks_of_pre_commit_run() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    let runner = Runner::new("hooks");
    // What else a repository has.
    std::fs::create_dir_all(runner.repository.join("chart/templates")).unwrap();
    for (file, text) in [
        ("docker-compose.yaml", "services:\n  web: {image: web}\n"),
        ("chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 1.0.0\n"),
        ("chart/templates/pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Values.name }}\n"),
    ] {
        std::fs::write(runner.repository.join(file), text).unwrap();
    }
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
