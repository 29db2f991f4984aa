//! The command line as its users meet it: exit codes, streams, formats, languages.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netpol"));
    command.args(args).current_dir(root());
    for name in ["LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command
}

fn run(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

fn with_input(args: &[&str], input: &[u8]) -> Output {
    let mut child = command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that refuses its arguments reads nothing.
    drop(child.stdin.take().unwrap().write_all(input));
    child.wait_with_output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

const PUZZLE: &str = "examples/puzzle";

#[test]
fn exit_codes_follow_the_parts() {
    for (args, code) in [
        (&["check", "-f", PUZZLE, "shop/web", "data/db", "5432"][..], 0),
        (&["check", "-f", PUZZLE, "shop/web", "world", "443"], 1),
        (&["check", "-f", PUZZLE, "shop/web", "world"], 1),
        (&["check", "-f", PUZZLE, "shop/web", "world", "443", "--expect", "deny"], 0),
        (&["check", "-f", PUZZLE, "shop/web", "world", "443", "--expect", "allow"], 1),
        (&["check", "-f", PUZZLE, "shop/web", "world", "--expect", "mixed"], 0),
        (&["check", "-f", PUZZLE, "shop/web", "world", "icmp"], 3),
        (&["check", "-f", PUZZLE, "shop/web", "world", "icmp", "--expect", "undefined"], 0),
        (&["check", "-f", PUZZLE, "shop/wbe", "world"], 2),
        (&["check", "-f", PUZZLE, "shop/web", "world", "http", "--expect", "maybe"], 2),
        (&["check", "-f", "no/such/folder", "a", "b"], 2),
        (&["check", "shop/web", "world"], 2),
        (&["check", "-f", PUZZLE, "shop/web"], 2),
        (&["check", "-f", PUZZLE, "shop/web", "data/db", "--ignore-kind", "CiliumNetworkPolicy"], 0),
        (&["check", "-f", PUZZLE, "shop/web", "data/db", "--ignore-kind", "CiliumNP"], 2),
        (&["check", "-f", PUZZLE, "-n", "shop", "web", "data/db", "5432"], 0),
        (&["check", "-f", PUZZLE, "-n", "Shop", "web", "data/db", "5432"], 2),
        (&["check", "-f", PUZZLE, "-n", "", "web", "data/db", "5432"], 2),
        (&["demo", "-f", PUZZLE], 2),
        (&["-k", PUZZLE, "demo"], 2),
        (&["demo", "--profile", "generic"], 0),
        (&["completions", "bash", "-n", "shop"], 2),
        (&["man", "--pod-cidr", "10.0.0.0/8"], 2),
        (&["nonsense"], 2),
        (&[], 2),
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(code), "{args:?}\n{}{}", stdout(&output), stderr(&output));
        assert_eq!(code == 2, output.stdout.is_empty(), "{args:?}: an error leaves standard output empty");
    }
}

#[test]
fn what_is_wrong_with_a_question_is_said_with_what_would_be_right() {
    for (args, expected) in [
        (["shop/wbe", "world", "80"], "did you mean `shop/web`"),
        (["data/web", "world", "80"], "did you mean `shop/web`"),
        (["shpo/web", "world", "80"], "no namespace `shpo`"),
        (["shop/web", "data/svc/bd", "80"], "did you mean `data/svc/db`"),
        (["shop/web", "data/svc/db", "81"], "it has: postgres (TCP 5432)"),
        (["shop/elsewhere", "world", "80"], "there are: web"),
        (["shop/web", "data/db", "postgrse"], "did you mean `postgres`"),
        (["shop/web", "data/db", "http"], "declared there: postgres (TCP 5432)"),
        (["nope/web", "world", "80"], "of that name there is: shop/web"),
        (["nope/nobody", "world", "80"], "there are: data, shop\n"),
        (["shop/web", "data/svc/elsewhere", "80"], "there are: data/svc/db"),
        (["shop/web", "shop/svc/db", "80"], "did you mean `data/svc/db`"),
        (["shop/web", "shop/svc/web", "80"], "did you mean `shop/web`"),
        (["shop/web", "world", "0"], "numbers 1 to 65535"),
        (["shop/web", "world", "any/tcp"], "is just `tcp`"),
        (["shop/web", "world", "90-80"], "runs backwards; write 80-90"),
        (["shop/web", "world", "80/foo"], "accepted: tcp, udp, sctp"),
        (["shop/web", "data/db", "http"], "declares a port named `http`"),
        (["a/b/c/d", "world", "80"], "NS/KIND/NAME"),
        (["world", "10.0.0.0/8", "80"], "neither end"),
        (["data/svc/db", "shop/web", "80"], "opens no connections"),
        (["shop/app=none", "world", "80"], "no pod matches"),
    ] {
        let output = run(&["check", "-f", PUZZLE, args[0], args[1], args[2]]);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(stderr(&output).contains(expected), "{args:?}: {}", stderr(&output));
    }
}

#[test]
fn options_that_would_be_passed_over_are_refused() {
    let output = run(&["demo", "-f", PUZZLE]);
    assert!(stderr(&output).contains("`netpol demo` reads no input, so --filename cannot"), "{}", stderr(&output));
    let output = run(&["check", "-f", PUZZLE, "-n", "a.b", "web", "data/db"]);
    assert!(
        stderr(&output).contains("'a.b'") && stderr(&output).contains("accepted: lowercase"),
        "{}",
        stderr(&output)
    );
}

/// Old pods, and those of a template that is rolled out, are told apart.
#[test]
fn pods_that_a_template_will_make_are_said_in_each_language() {
    let text = "
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {template: {metadata: {labels: {release: b}}}}}
---
apiVersion: v1
kind: Pod
metadata:
  name: web-1
  namespace: shop
  labels: {release: a}
  ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, controller: true}]
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: all, namespace: shop}
spec: {podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {release: b}}}]}]}
";
    let ask = |more: &[&str]| {
        let output = with_input(&[&["check", "-f", "-", "shop/web", "shop/db", "80"], more].concat(), text.as_bytes());
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        stdout(&output)
    };
    let english = ask(&[]);
    assert!(english.contains("ALLOW  shop/web (the pods that its template will make) → shop/db"), "{english}");
    assert!(english.contains("DENY  shop/web (pods web-1) → shop/db"), "{english}");
    assert!(ask(&["--lang", "zh"]).contains("shop/web (其模板将要创建的 Pod)"));
    let answer: Value = serde_json::from_str(&ask(&["-o", "json"])).unwrap();
    let schema = std::fs::read(root().join("schemas/netpol.check.v1.schema.json")).unwrap();
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    assert!(jsonschema::is_valid(&schema, &answer));
    let from: Vec<&Value> = answer["parts"].as_array().unwrap().iter().map(|p| &p["from"][0]).collect();
    assert!(from.iter().any(|p| p["template"] == true && p.get("pods").is_none()), "{from:?}");
    assert!(from.iter().any(|p| p.get("template").is_none() && p["pods"] == serde_json::json!(["web-1"])), "{from:?}");
}

#[test]
fn near_misses_of_ranges_and_of_addresses_not_known_yet() {
    let text = "
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: 5432}]
  - from: [{ipBlock: {cidr: 10.0.0.0/8}}]
    ports: [{port: 9000}]
";
    let ask = |port: &str| {
        let args = ["check", "-f", "-", "--pod-cidr", "10.244.0.0/16", "shop/web", "shop/db", port];
        stdout(&with_input(&args, text.as_bytes()))
    };
    // A piece of the range would be allowed by the first rule; and the pod is in the block for sure.
    let range = ask("5000-6000");
    assert!(range.contains("had app=web (it has ∅) [TCP 5432]"), "{range}");
    assert!(range.contains("allows this peer, but on TCP 9000 only"), "{range}");
    assert!(ask("9000").contains("ALLOW"));
}

#[test]
fn the_json_holds_to_its_schema_and_the_yaml_says_the_same() {
    let schema = std::fs::read(root().join("schemas/netpol.check.v1.schema.json")).unwrap();
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let questions: &[(&str, &str, &str, &str)] = &[
        (PUZZLE, "shop/web", "data/db", "any"),
        (PUZZLE, "shop/web", "world", "any"),
        (PUZZLE, "shop/*", "*/*", "icmp"),
        (PUZZLE, "shop/web", "fqdn:example.com", "443"),
        (PUZZLE, "shop/web", "data/svc/db", "5432"),
        ("examples/dual-stack", "feeds/reader", "feeds/cache", "6379"),
        ("examples/dual-stack", "*/*", "world", "any"),
        ("examples/vault-cert-manager", "node/control-plane-1", "*/*", "any"),
        ("examples/recipes/01-deny-all-to-app", "*/*", "*/*", "any"),
    ];
    for (folder, from, to, port) in questions {
        let json = run(&["check", "-f", folder, from, to, port, "-o", "json"]);
        let value: Value = serde_json::from_slice(&json.stdout).unwrap_or_else(|_| panic!("{}", stderr(&json)));
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|e| format!("{} at {}", e, e.instance_path())).collect();
        assert!(errors.is_empty(), "{folder} {from} {to}: {errors:#?}");
        let yaml = run(&["check", "-f", folder, from, to, port, "-o", "yaml"]);
        assert_eq!(serde_yaml::from_slice::<Value>(&yaml.stdout).unwrap(), value);
    }
    let wrong = serde_json::json!({"schema": "netpol.check/v1", "verdict": "maybe"});
    assert!(!validator.is_valid(&wrong), "the schema refuses nothing");
}

#[test]
fn the_json_of_a_matrix_holds_to_its_schema_and_the_yaml_says_the_same() {
    let validator = |name: &str| {
        let schema = std::fs::read(root().join(format!("schemas/netpol.{name}.v1.schema.json"))).unwrap();
        jsonschema::validator_for(&serde_json::from_slice(&schema).unwrap()).unwrap()
    };
    let (matrix, groups) = (validator("matrix"), validator("matrix-groups"));
    let hosts = "examples/vault-cert-manager";
    let questions: &[&[&str]] = &[
        &["-f", PUZZLE],
        &["-f", PUZZLE, "--port", "icmp"],
        &["-f", PUZZLE, "--port", "postgres"],
        &["-f", "examples/dual-stack"],
        &["-f", "examples/dual-stack", "--from", "feeds/*", "--to", "world"],
        &["-f", hosts, "--from", "world"],
        &["-f", "examples/three-tier-shop"],
        &["-f", "examples/recipes/01-deny-all-to-app"],
    ];
    let forms: [(&[&str], _); 4] =
        [(&[], &matrix), (&["--by", "pod"], &matrix), (&["--by", "namespace"], &matrix), (&["--groups"], &groups)];
    for question in questions {
        for (form, validator) in forms {
            let ask = |output| run(&[&["matrix", "-o", output], *question, form].concat());
            let json = ask("json");
            let value: Value = serde_json::from_slice(&json.stdout).unwrap_or_else(|_| panic!("{}", stderr(&json)));
            let errors: Vec<String> =
                validator.iter_errors(&value).map(|e| format!("{} at {}", e, e.instance_path())).collect();
            assert!(errors.is_empty(), "{question:?} {form:?}: {errors:#?}");
            assert_eq!(serde_yaml::from_slice::<Value>(&ask("yaml").stdout).unwrap(), value);
        }
    }
    // A pod on its node's network, and labels that are not known.
    let text = "
{apiVersion: v1, kind: Pod, metadata: {name: agent, namespace: shop}, spec: {hostNetwork: true, nodeName: n1}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}, spec: {nodeName: n1}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop}, spec: {nodeName: n2}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: all, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
  ingress: [{from: [{namespaceSelector: {matchLabels: {team: a}}}]}]
  egress: [{to: [{namespaceSelector: {matchExpressions: [{key: team, operator: DoesNotExist}]}}]}]
";
    let output = with_input(&["matrix", "-f", "-", "--groups", "-o", "json"], text.as_bytes());
    let value: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)));
    assert!(groups.is_valid(&value), "{value:#}");
    let codes: Vec<&Value> = value["exceptions"].as_array().unwrap().iter().map(|e| &e["code"]).collect();
    assert_eq!(codes, ["own-node", "shared-unknown"], "{value:#}");
    let shared = &value["exceptions"][1];
    assert!(shared["allow"] == serde_json::json!({}) && shared.get("undefined").is_none(), "{shared:#}");
    let check = with_input(&["check", "-f", "-", "shop/web", "shop/db"], text.as_bytes());
    assert!(stdout(&check).starts_with("DENY"), "{}", stdout(&check));
    assert!(stdout(&with_input(&["matrix", "-f", "-", "--groups"], text.as_bytes())).contains("between shop/agent"));
    for validator in [&matrix, &groups] {
        assert!(!validator.is_valid(&serde_json::json!({"schema": "netpol.matrix/v1"})), "the schema refuses nothing");
    }
}

#[test]
fn a_matrix_in_every_form() {
    let ask = |more: &[&str]| {
        let output = run(&[&["matrix", "-f", PUZZLE], more].concat());
        assert_eq!(output.status.code(), Some(0), "{more:?}: {}", stderr(&output));
        stdout(&output)
    };
    let table = ask(&[]);
    assert!(table.starts_with("from      to        allowed         undefined\n"), "{table}");
    assert!(table.contains("shop/web  world     TCP 53, UDP 53\n") && table.contains("based on: "), "{table}");
    assert!(ask(&["-o", "csv"]).contains("\nshop/web,world,\"TCP 53, UDP 53\",\n"));
    assert!(ask(&["-o", "markdown"]).contains("| shop/web | world    | TCP 53, UDP 53 |"));
    assert!(ask(&["--port", "postgres"]).contains("shop/web  data/db  TCP 5432"));
    assert!(ask(&["--by", "namespace"]).contains("shop   world  TCP 53, UDP 53"));
    assert!(ask(&["--from", "shop/web", "--to", "data/*", "--lang", "zh"]).contains("任意端口"));
    let groups = ask(&["--groups"]);
    assert!(groups.contains("egress     data/db, shop/web  all                any port\n"), "{groups}");
    assert!(ask(&["--groups", "-o", "csv"]).contains("\negress,shop/web,world,\"TCP 53, UDP 53\",\n"));
    assert!(ask(&["--groups", "-o", "markdown"]).starts_with("| direction |"));
    let filtered = ask(&["--groups", "--from", "shop/web", "--to", "data/db", "--port", "5432", "-o", "csv"]);
    assert_eq!(
        filtered,
        "direction,from,to,allowed,undefined\negress,shop/web,all,TCP 5432,\ningress,all,data/db,TCP 5432,\n"
    );
}

#[test]
fn what_a_matrix_cannot_be_asked() {
    for (args, expected) in [
        (&["--by", "cluster"][..], "accepted: workload, pod, namespace"),
        (&["--by", "pod", "--groups"], "cannot be used with '--groups'"),
        (&["--from", "svc/x"], "no Service `default/svc/x` in the input; there are: data/svc/db"),
        (&["--from", "data/svc/db"], "`data/svc/db` names no pods and no addresses outside"),
        (&["--to", "fqdn:example.com"], "`fqdn:example.com` names no pods"),
        (&["--port", "postgrse"], "did you mean `postgres`"),
        (&["--groups", "--port", "postgrse"], "did you mean `postgres`"),
        (&["--port", "0"], "numbers 1 to 65535"),
        (&["--from", "shop/wbe"], "did you mean `shop/web`"),
        (&["-o", "text"], "possible values: table, json, yaml, csv, markdown"),
    ] {
        let output = run(&[&["matrix", "-f", PUZZLE], args].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}\n{}", stdout(&output));
        assert!(output.stdout.is_empty() && stderr(&output).contains(expected), "{args:?}: {}", stderr(&output));
    }
    // Ten thousand pods and more: their pairs are refused before they are gone through.
    let pods = (0..10_001).map(|n| format!("{{apiVersion: v1, kind: Pod, metadata: {{name: p{n}}}}}\n---\n"));
    let text: String = pods.collect();
    let output = with_input(&["matrix", "-f", "-", "--by", "pod"], text.as_bytes());
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("more than 100000000 pairs") && stderr(&output).contains("--groups"));
    let output = with_input(&["matrix", "-f", "-", "--groups"], text.as_bytes());
    assert!(stdout(&output).contains("default/p0 (+10000)"), "{}", stdout(&output));
}

#[test]
fn a_malformed_document_stops_the_run_unless_told_otherwise() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\nkind: [\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: b, labels: {v: 1.10}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: c}\n";
    let output = with_input(&["check", "-f", "-", "a", "c", "80"], text.as_bytes());
    assert_eq!(output.status.code(), Some(2));
    let errors = stderr(&output);
    assert!(errors.contains("<stdin>:6:1: error: not valid YAML"), "{errors}");
    assert!(
        errors.contains("<stdin>:9:33: error: Pod b: metadata.labels.v: expected a string, found number `1.10`"),
        "{errors}"
    );
    assert!(output.stdout.is_empty());
    let output = with_input(&["check", "-f", "-", "a", "c", "80", "--keep-going"], text.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(
        stdout(&output).contains("left out because of errors: <stdin>:6, Pod b (<stdin>:9)"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn a_template_gets_the_advice_to_render_it() {
    let output = with_input(&["check", "-f", "-", "a", "b"], b"kind: Pod\nmetadata:\n  name: {{ .Values.name }}\n");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("helm template"), "{}", stderr(&output));
}

#[test]
fn both_languages_and_the_locale() {
    let zh = stdout(&run(&["check", "-f", PUZZLE, "shop/web", "world", "443", "--lang", "zh"]));
    assert!(zh.contains("拒绝") && zh.contains("出站"), "{zh}");
    let by_locale =
        command(&["check", "-f", PUZZLE, "shop/web", "world", "443"]).env("LANG", "zh_CN.UTF-8").output().unwrap();
    assert_eq!(stdout(&by_locale), zh);
    let overruled = command(&["check", "-f", PUZZLE, "shop/web", "world", "443"])
        .env("LANG", "zh_CN.UTF-8")
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    assert!(stdout(&overruled).contains("DENY"));
    assert_eq!(run(&["check", "--lang", "fr", "a", "b"]).status.code(), Some(2));
}

#[test]
fn colour_only_where_it_is_wanted() {
    let plain = stdout(&run(&["check", "-f", PUZZLE, "shop/web", "data/db"]));
    assert!(!plain.contains('\u{1b}'));
    let colour = run(&["check", "-f", PUZZLE, "shop/web", "data/db", "--color", "always"]);
    assert!(stdout(&colour).contains('\u{1b}'));
    let forced = command(&["check", "-f", PUZZLE, "shop/web", "data/db"])
        .env("CLICOLOR_FORCE", "1")
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    assert!(!stdout(&forced).contains('\u{1b}'), "NO_COLOR wins");
}

#[test]
fn a_policy_that_may_select_the_pods_of_a_template_is_named() {
    let case = "netpol-core/tests/cases/data/controller-labels/hash-of-a-deployment.yaml";
    let selected = stdout(&run(&["check", "-f", case, "shop/by-value", "shop/web", "80"]));
    assert!(selected.contains("pod-template-hash") && selected.contains("with some values shop/old-web selects them"));
    let peer = stdout(&run(&["check", "-f", case, "shop/web", "shop/by-value", "80"]));
    assert!(peer.contains("pod-template-hash") && !peer.contains("selects them"), "{peer}");
}

#[test]
fn verbose_shows_the_deciding_line() {
    let text = stdout(&run(&["check", "-f", PUZZLE, "shop/web", "data/db", "22", "-v"]));
    assert!(text.contains("- namespaceSelector: {}") && text.contains("^^^^"), "{text}");
    assert!(text.contains("examples/puzzle/policy.yaml:20"), "{text}");
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let mut child = command(&["completions", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(stderr(&output), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn completions_and_manual_name_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(stdout(&run(&["completions", shell])).contains("check"), "{shell}");
    }
    let page = stdout(&run(&["man"]));
    assert!(page.contains(".TH netpol") && page.contains("completions"));
    assert!(stdout(&run(&["man", "check"])).contains("world"));
    assert_eq!(run(&["man", "nonsense"]).status.code(), Some(2));
    for args in [&["--help"][..], &["check", "--help"]] {
        let help = stdout(&run(args));
        assert!(help.contains("Examples:"), "{help}");
    }
}

/// With the page in it, the tests of the page look at it.
#[cfg(not(feature = "playground"))]
#[test]
fn a_build_without_the_page_says_how_to_get_it() {
    let output = run(&["playground", "-f", PUZZLE]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("`cargo xtask playground`"), "{}", stderr(&output));
    assert_eq!(stdout(&output), "");
}

#[test]
fn kustomize_is_run_or_asked_for() {
    let folder = std::env::temp_dir().join(format!("netpol-kustomize-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let empty = command(&["check", "-k", PUZZLE, "shop/web", "data/db"]).env("PATH", &folder).output().unwrap();
    assert_eq!(empty.status.code(), Some(2));
    assert!(stderr(&empty).contains("neither is installed"), "{}", stderr(&empty));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let fake = folder.join("kustomize");
        let script = "#!/bin/sh\n[ \"$1\" = build ] && /bin/cat \"$2\"/cluster.yaml && echo --- && /bin/cat \"$2\"/policy.yaml\n";
        std::fs::write(&fake, script).unwrap();
        std::fs::set_permissions(&fake, std::fs::Permissions::from_mode(0o755)).unwrap();
        let built = command(&["check", "-k", PUZZLE, "shop/web", "data/db"]).env("PATH", &folder).output().unwrap();
        assert_eq!(built.status.code(), Some(0), "{}", stderr(&built));
        std::fs::write(&fake, "#!/bin/sh\necho broken >&2; exit 1\n").unwrap();
        let failed = command(&["check", "-k", PUZZLE, "a", "b"]).env("PATH", &folder).output().unwrap();
        assert_eq!(failed.status.code(), Some(2));
        assert!(stderr(&failed).contains("`kustomize build` failed: broken"), "{}", stderr(&failed));
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_same_file_twice_is_read_once() {
    let output = run(&["check", "-f", PUZZLE, "-f", "examples/puzzle/cluster.yaml", "shop/web", "data/db"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let mut shown = 0;
    for block in readme.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        let (first, expected) = block.split_once('\n').unwrap();
        let words: Vec<&str> =
            first.strip_prefix("$ netpol ").unwrap().split_whitespace().map(|w| w.trim_matches('\'')).collect();
        assert_eq!(stdout(&run(&words)), expected, "{first}");
        shown += 1;
    }
    assert!(shown >= 2, "the README shows nothing");
}

#[test]
fn of_a_folder_only_manifests_are_read_if_that_is_wanted() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("only-manifests");
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(folder.join("chart")).unwrap();
    let write = |file: &str, text: &str| std::fs::write(folder.join(file), text).unwrap();
    write("a.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: a}}\n");
    write("compose.yaml", "services: {}\n");
    write("chart/Chart.yaml", "{apiVersion: v2, name: a}\n");
    write("chart/b.yaml", "kind: {{ .Values.kind }}\n");
    let path = folder.to_str().unwrap();
    assert_eq!(run(&["matrix", "-f", path]).status.code(), Some(2));
    let output = run(&["matrix", "-f", path, "--only-manifests"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    // What is named is read, whatever it is; and what says one half of what an object has is no other file.
    for file in ["compose.yaml", "chart"] {
        let named = folder.join(file);
        assert_eq!(
            run(&["matrix", "--only-manifests", "-f", named.to_str().unwrap()]).status.code(),
            Some(2),
            "{file}"
        );
    }
    for half in ["kind: Pod\n", "apiVersion: v1\n", "\"kind\": Pod\n"] {
        write("half.yaml", half);
        assert_eq!(run(&["matrix", "-f", path, "--only-manifests"]).status.code(), Some(2), "{half}");
    }
}
