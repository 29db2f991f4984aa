//! Profiles and what they differ in, and what explains an observation, by the command.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn piped(args: &str, input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_netpol"))
        .args(args.split_whitespace())
        .current_dir(root())
        .env("LANG", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn run(args: &str) -> Output {
    piped(args, "")
}

fn text(args: &str) -> String {
    String::from_utf8(run(args).stdout).unwrap()
}

/// The answer in JSON, which its schema takes, and which is the same in YAML.
fn json(args: &str) -> Value {
    let value: Value = serde_json::from_slice(&run(&format!("{args} -o json")).stdout).unwrap();
    let name = value["schema"].as_str().unwrap().strip_suffix("/v1").unwrap();
    let schema = std::fs::read(root().join(format!("schemas/{name}.v1.schema.json"))).unwrap();
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&value).map(|e| format!("{} at {}", e, e.instance_path())).collect();
    assert!(errors.is_empty(), "{args}: {errors:#?}");
    assert!(!validator.is_valid(&serde_json::json!({"schema": value["schema"]})), "{name} refuses nothing");
    let yaml: Value = serde_yaml::from_str(&text(&format!("{args} -o yaml"))).unwrap();
    assert_eq!(yaml, value, "{args}");
    value
}

fn codes(answer: &Value) -> Vec<&str> {
    answer["explanations"].as_array().unwrap().iter().map(|e| e["code"].as_str().unwrap()).collect()
}

const CIDR_IN_CLUSTER: &str = "
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, status: {podIP: 10.0.0.1, phase: Running}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop}, status: {podIP: 10.0.0.2, phase: Running}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]
";

#[test]
fn a_question_under_every_profile_says_which_option_decides() {
    let output = piped("check -f - shop/web shop/db 5432 --compare-profiles", CIDR_IN_CLUSTER);
    let out = String::from_utf8(output.stdout).unwrap();
    let line =
        |profile: &str| out.lines().find(|l| l.starts_with(profile)).unwrap().split_whitespace().collect::<Vec<_>>();
    assert_eq!(line("calico"), ["calico", "allow", "TCP", "5432"], "{out}");
    let cilium = line("cilium").join(" ");
    // The rule is named by its line.
    assert_eq!(cilium, "cilium deny on cilium this ipBlock, stdin:14, does not match pods", "{out}");
    assert_eq!(output.status.code(), Some(1), "profiles differ");
    let output = piped("check -f - shop/web shop/db 5432 --compare-profiles=calico,antrea", CIDR_IN_CLUSTER);
    assert_eq!(output.status.code(), Some(0), "these do not");
    // What an installation sets is another profile.
    let set = "check -f - shop/web shop/db 5432 --profile cilium --profile-set policy-cidr-match-mode=pods";
    assert_eq!(piped(set, CIDR_IN_CLUSTER).status.code(), Some(0));
}

#[test]
fn a_comparison_of_tables_is_about_what_the_table_has() {
    let table = |args: &str| {
        let output = piped(&format!("matrix -f - --compare-profiles=calico,cilium {args}"), CIDR_IN_CLUSTER);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, all) = table("");
    assert_eq!(code, Some(1), "{all}");
    assert!(all.contains("on cilium an ipBlock does not match pods"), "{all}");
    assert!(!all.contains("calico"), "but for ICMP they agree: {all}");
    let (_, icmp) = table("--port icmp");
    assert!(icmp.contains("on calico only rules without ports allow ICMP"), "{icmp}");
    assert_eq!(table("--from shop/db").0, Some(0), "nothing that it sends differs");
    assert_eq!(table("--to shop/db").1, all, "all that differs goes there");
    let (code, error) = {
        let output = piped("matrix -f - --compare-profiles --from shop/nobody", CIDR_IN_CLUSTER);
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(code, Some(2), "{error}");
}

#[test]
fn comparisons_hold_to_their_schemas() {
    for folder in ["examples/puzzle", "examples/admin-tiers", "examples/dual-stack", "examples/entry-points"] {
        let matrix = json(&format!("matrix -f {folder} --compare-profiles"));
        let profiles = matrix["profiles"].as_array().unwrap();
        assert_eq!(profiles.len(), 8, "all plugins: {matrix}");
        let flannel = profiles.iter().find(|p| p["profile"] == "flannel").unwrap();
        assert_eq!(flannel["same"], false, "{folder}: it enforces nothing");
        assert!(text(&format!("matrix -f {folder} --compare-profiles -o csv")).lines().count() > 1);
        let zh = text(&format!("matrix -f {folder} --compare-profiles --lang zh"));
        assert!(!zh.contains('{'), "{zh}");
    }
    let check = json("check -f examples/puzzle shop/web 10.0.0.5 443 --compare-profiles");
    assert_eq!(check["profiles"][0]["profile"], "generic");
    assert_eq!(check["profiles"].as_array().unwrap().len(), 9);
}

#[test]
fn options_of_a_profile_are_part_of_what_an_answer_rests_on() {
    for view in [
        "check -f examples/puzzle shop/web world",
        "matrix -f examples/puzzle",
        "egress -f examples/puzzle",
        "ingress -f examples/puzzle",
        "summary -f examples/puzzle",
        "graph -f examples/puzzle",
        "matrix --groups -f examples/puzzle",
        "paths -f examples/puzzle shop/web data/db",
    ] {
        let value = json(&format!("{view} --profile cilium --profile-set enable-sctp=true"));
        assert_eq!(value["basis"]["profile"], "cilium", "{view}");
        assert_eq!(value["basis"]["profile_options"]["sctp"], "yes", "{view}: {}", value["basis"]);
    }
}

#[test]
fn what_is_not_a_profile_is_an_error_that_lists_those_there_are() {
    for (args, expected) in [
        ("check -f examples/puzzle shop/web world --profile weave", "kube-router"),
        ("check -f examples/puzzle shop/web world --profile-set sctp=maybe", "sctp"),
        ("check -f examples/puzzle shop/web world --profile-set nothing=yes", "nothing"),
        ("check -f examples/puzzle shop/web world --profile calico --profile-set enable-sctp=true", "enable-sctp"),
        ("check -f examples/puzzle shop/web world --compare-profiles=calico,weave", "weave"),
    ] {
        let output = run(args);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args}: {error}");
        assert!(error.contains(expected), "{args}: {error}");
        assert!(output.stdout.is_empty(), "{args}");
    }
}

#[test]
fn a_plugin_that_does_not_enforce_is_said_first() {
    for view in [
        "check -f examples/puzzle shop/web 10.0.0.5 443",
        "matrix -f examples/puzzle",
        "matrix --groups -f examples/puzzle",
        "egress -f examples/puzzle",
        "ingress -f examples/puzzle",
        "summary -f examples/puzzle",
        "paths -f examples/puzzle shop/web data/db",
        "diff -f examples/puzzle --delete netpol/shop/web-egress",
    ] {
        let out = text(&format!("{view} --profile flannel"));
        assert!(out.starts_with("flannel enforces no policies"), "{view}: {out}");
    }
    for form in ["dot", "mermaid", "svg", "html"] {
        let out = text(&format!("graph -f examples/puzzle --profile flannel -o {form}"));
        assert!(out.contains("flannel enforces no policies"), "{form}: {out}");
    }
}

#[test]
fn an_observation_against_the_input_is_explained_with_a_command_for_each() {
    let allow = json("check -f examples/puzzle shop/web 1.1.1.1 80 --observed allow");
    assert_eq!((allow["verdict"].as_str(), allow["observed"].as_str()), (Some("deny"), Some("allow")));
    assert_eq!(codes(&allow), ["suspect-old-connection", "suspect-policy-not-read", "suspect-profile"]);
    let flannel = &allow["explanations"][2];
    assert_eq!((flannel["shown"].as_bool(), flannel["params"]["profiles"].as_str()), (Some(true), Some("flannel")));
    for explanation in allow["explanations"].as_array().unwrap() {
        assert!(explanation["confirm"].as_str().unwrap().starts_with("kubectl "), "{explanation}");
    }
    let args = "check -f examples/puzzle shop/web 1.1.1.1 80 --observed";
    assert_eq!(run(&format!("{args} allow")).status.code(), Some(1), "they disagree");
    let agreed = run(&format!("{args} deny"));
    assert_eq!(agreed.status.code(), Some(0), "they agree");
    assert!(codes(&json(&format!("{args} deny"))).is_empty());
    // What a plugin reads otherwise explains more than what nothing points to.
    let cidr = piped("check -f - shop/web shop/db 5432 --observed deny -o json", CIDR_IN_CLUSTER);
    let cidr: Value = serde_json::from_slice(&cidr.stdout).unwrap();
    let because = &cidr["explanations"][0]["because"][0];
    assert_eq!((&because["option"], &because["value"]), (&"ip-block-matches-pods".into(), &"no".into()), "{cidr}");
    assert_eq!(because["rules"][0]["field"], "spec.egress[0].to[0]", "{cidr}");
    for (lang, expected) in [
        ("en", "the cluster's network plugin may be cilium, where this ipBlock, stdin:14, does not match pods"),
        ("zh", "集群的网络插件可能是 cilium：在那里，这个 ipBlock（stdin:14）不匹配 Pod"),
    ] {
        let args = format!("check -f - shop/web shop/db 5432 --observed deny --lang {lang}");
        let out = String::from_utf8(piped(&args, CIDR_IN_CLUSTER).stdout).unwrap();
        assert!(out.contains(expected), "{out}");
    }
    let open = run("check -f examples/admin-tiers blue/web 203.0.113.10 443 --observed deny");
    assert_eq!(open.status.code(), Some(3), "the input leaves it open");
    let deny = json("check -f examples/puzzle shop/web data/db 5432 --observed deny");
    assert!(!codes(&deny).is_empty(), "{deny}");
    assert!(codes(&deny).iter().all(|code| code.starts_with("suspect-")), "{deny}");
    for observed in ["allow", "deny"] {
        let zh = text(&format!("{args} {observed} --lang zh"));
        assert!(!zh.contains('{'), "{zh}");
    }
    let wrong = run(&format!("{args} maybe"));
    assert_eq!(wrong.status.code(), Some(2));
}
