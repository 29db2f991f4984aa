//! Input that is broken, or made to do harm: a clear error with its place, soon, and never a panic.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "oracle/cluster.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, reason = "the oracle is a program of its own")]
mod cluster;
#[path = "oracle/manifests.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, reason = "the oracle is a program of its own")]
mod manifests;
#[path = "oracle/options.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, reason = "the oracle is a program of its own")]
mod options;
#[path = "oracle/random.rs"]
#[allow(dead_code, unused_imports, missing_docs, unreachable_pub, reason = "the oracle is a program of its own")]
mod random;

use netpol_core::query::IngressQuery;
use netpol_core::{Analysis, Inputs, Profile, ReadOptions, read};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

/// Generous: a debug build on a busy machine reads all of these in a fraction.
const WATCHDOG: Duration = Duration::from_secs(10);

/// Runs it in a thread of its own. What is made to nest deep must not need a deep stack either:
/// the thread has the size that Rust gives to threads.
fn soon<T: Send + 'static>(what: &str, run: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(move || sender.send(run())).unwrap();
    match receiver.recv_timeout(WATCHDOG) {
        Ok(result) => {
            thread.join().unwrap().unwrap();
            result
        }
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("{what}: not done after {WATCHDOG:?}"),
        Err(mpsc::RecvTimeoutError::Disconnected) => panic!("{what}: it panicked"),
    }
}

/// `code line:column` of every finding, in order; also asks a question of what was read.
fn read_all(name: &str, bytes: Vec<u8>) -> Vec<String> {
    let mut inputs = Inputs::default();
    if let Err(diagnostic) = inputs.push_bytes(name, bytes) {
        return vec![describe(&diagnostic)];
    }
    let snapshot = read(&inputs, &ReadOptions::default());
    let report = snapshot.report().clone();
    for diagnostic in &report.diagnostics {
        assert!(!diagnostic.to_string().is_empty());
        assert!(diagnostic.to_string().len() < 2000, "a message of {} bytes", diagnostic.to_string().len());
    }
    let analysis = Analysis::new(snapshot, Profile::GENERIC);
    let _ = analysis.check("*/*", "*/*", "any");
    let _ = analysis.check("world", "*/*", "80");
    report.diagnostics.iter().map(describe).collect()
}

fn describe(diagnostic: &netpol_core::diagnostic::Diagnostic) -> String {
    let place = diagnostic.place.as_ref().map_or("-".to_owned(), |p| format!("{}:{}", p.span.line, p.span.column));
    format!("{} {place}", diagnostic.code.code())
}

/// What comes of a text, as YAML unless the name says JSON.
fn outcome(name: &'static str, text: impl Into<Vec<u8>>) -> Vec<String> {
    let bytes = text.into();
    let what = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
    soon(&what, move || read_all(name, bytes))
}

const NOTHING: [&str; 0] = [];

fn yaml(text: impl Into<Vec<u8>>) -> Vec<String> {
    outcome("a.yaml", text)
}

fn json(text: impl Into<Vec<u8>>) -> Vec<String> {
    outcome("a.json", text)
}

#[test]
fn alias_bombs() {
    let mut laughs = String::from(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: lol}\na: &a [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n",
    );
    for (key, before) in ('b'..='z').zip('a'..) {
        let nine = vec![format!("*{before}"); 9].join(",");
        laughs.push_str(&format!("{key}: &{key} [{nine}]\n"));
    }
    let found = yaml(laughs.clone());
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("alias-budget ") || found[0].starts_with("object-too-large "), "{found:?}");
    // The documents after it are read.
    let found = yaml(format!("{laughs}---\napiVersion: v1\nkind: Pod\nmetadata: {{name: Bad}}\n"));
    assert_eq!(found.len(), 2, "{found:?}");
    // One wide anchor that many aliases repeat.
    let wide = format!("a: &a [{}]\nb: [{}]\n", "x,".repeat(1000), "*a,".repeat(1000));
    assert!(yaml(wide)[0].starts_with("alias-budget 2:"));
    // In mappings, and through merge keys.
    let mut merges = String::from("a0: &a0 {k: v}\n");
    for i in 1..60 {
        merges.push_str(&format!("a{i}: &a{i} {{<<: [*a{0}, *a{0}], k{i}: v, x: *a{0}}}\n", i - 1));
    }
    let found = yaml(merges);
    assert!(found[0].starts_with("alias-budget ") || found[0].starts_with("missing-kind "), "{found:?}");
    // Items of a List count each for itself, but what aliases add counts for all.
    let list = format!(
        "kind: List\nx: &x [{}]\nitems:\n{}",
        "1,".repeat(2000),
        "- {kind: A, apiVersion: v1, y: *x}\n".repeat(2000)
    );
    assert!(yaml(list)[0].starts_with("alias-budget "));
}

#[test]
fn deeply_nested_aliases() {
    let mut chain = String::from("a0: &a0 x\n");
    for i in 1..2000 {
        chain.push_str(&format!("a{i}: &a{i} [*a{}]\n", i - 1));
    }
    let found = yaml(chain);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        ["too-deep ", "alias-budget ", "object-too-large "].iter().any(|code| found[0].starts_with(code)),
        "{found:?}"
    );
}

#[test]
fn aliases_that_lead_nowhere() {
    assert_eq!(yaml("kind: *nobody\n"), ["yaml-syntax 1:7"]);
    assert!(yaml("a: &a [*a]\n")[0].starts_with("yaml-syntax 1:"));
    assert!(yaml("a: &a {b: *a}\n")[0].starts_with("yaml-syntax 1:"));
    assert!(yaml("*a : b\n")[0].starts_with("yaml-syntax 1:"));
    assert!(yaml("a: & x\n")[0].starts_with("yaml-syntax 1:"));
    assert!(yaml("a: *\n")[0].starts_with("yaml-syntax 1:"));
}

#[test]
fn nesting_of_ten_thousand() {
    let depth = 10_000;
    let flow = format!("a: {}{}", "[".repeat(depth), "]".repeat(depth));
    let maps = format!("a: {}{}", "{a: ".repeat(depth), "}".repeat(depth));
    let dashes = format!("{}x\n", "- ".repeat(depth));
    let block: String = (0..2_000).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
    let open = "[".repeat(depth);
    let questions = "? ".repeat(depth);
    for (what, text) in
        [("flow", flow), ("maps", maps), ("dashes", dashes), ("block", block), ("open", open), ("?", questions)]
    {
        let found = yaml(text);
        assert_eq!(found.len(), 1, "{what}: {found:?}");
        let expected = ["too-deep ", "yaml-syntax ", "complex-key "];
        assert!(expected.iter().any(|code| found[0].starts_with(code)), "{what}: {found:?}");
    }
    // Of what is barely too deep, our own limit speaks, and not the parser's.
    assert_eq!(yaml(format!("a: {}{}", "[".repeat(150), "]".repeat(150))), ["too-deep 1:103"]);
    let head = "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"a\"}, \"spec\": ";
    let policy = "{\"apiVersion\": \"networking.k8s.io/v1\", \"kind\": \"NetworkPolicy\", \"metadata\": {\"name\": \"a\"}, \"spec\": ";
    for text in [
        "[".repeat(depth) + &"]".repeat(depth),
        "{\"a\":".repeat(depth) + "1" + &"}".repeat(depth),
        "[".repeat(depth),
        format!("{head}{}{}}}", "[".repeat(depth), "]".repeat(depth)),
        format!("{policy}{}1{}}}", "{\"podSelector\":".repeat(depth), "}".repeat(depth)),
    ] {
        let found = json(text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(["too-deep ", "json-syntax "].iter().any(|code| found[0].starts_with(code)), "{found:?}");
    }
}

#[test]
fn bytes_that_are_no_text() {
    assert_eq!(yaml(b"kind: Pod\nname: \xff\n".to_vec()), ["invalid-utf8 2:7"]);
    assert_eq!(yaml(b"# \xc3\xa9\xc3\n".to_vec()), ["invalid-utf8 1:4"]);
    assert_eq!(yaml(b"a: \xed\xa0\x80\n".to_vec()), ["invalid-utf8 1:4"]);
    // Too long a form of a slash.
    assert_eq!(yaml(b"\xc0\xaf".to_vec()), ["invalid-utf8 1:1"]);
    // A lone surrogate in UTF-16.
    assert_eq!(yaml(b"\xff\xfea\0:\0 \0\x00\xd8\n\0".to_vec()).len(), 1);
    assert!(yaml(b"\xff\xfea\0:\0 \0\x00\xd8\n\0".to_vec())[0].starts_with("invalid-utf8 1:"));
    // An odd number of bytes.
    let _ = yaml(b"\xfe\xff\0a\0:\0 \0b\0".to_vec());
    let _ = yaml(b"\xfe\xff".to_vec());
    let _ = yaml(b"\xff".to_vec());
}

#[test]
fn nul_and_other_controls() {
    for text in [
        "a: \0\n",
        "\0",
        "kind: Pod\n\0\n",
        "a: \"\u{1}\"\n",
        "a: \u{7f}\n",
        "\u{feff}\u{feff}a: b\n",
        "a: \u{85}b\n",
        "a\u{2028}: b\n",
    ] {
        let found = yaml(text);
        assert!(!found.is_empty(), "{text:?}");
        assert!(found.iter().all(|f| !f.ends_with(" -")), "{text:?}: {found:?}");
    }
    assert!(json("{\"kind\": \"\0\"}")[0].starts_with("json-syntax 1:"));
}

#[test]
fn tabs() {
    assert!(yaml("metadata:\n\tname: a\n")[0].starts_with("yaml-syntax 2:"), "{:?}", yaml("metadata:\n\tname: a\n"));
    assert_eq!(yaml("apiVersion: v1\nkind: \tPod\t# x\nmetadata: {name: \ta}\t\n"), NOTHING);
}

#[test]
fn a_tab_right_after_a_colon_is_refused_at_its_place() {
    // YAML 1.2.2, 6.2 takes a tab there; the parser wants a space, and says where.
    assert_eq!(yaml("apiVersion: v1\nkind:\tPod\nmetadata: {name: a}\n"), ["yaml-syntax 2:7"]);
}

#[test]
fn json_that_is_not() {
    for text in [
        "{\"a\": \"\\ud800\"}",
        "{\"kind\": \"Pod\", \"apiVersion\": \"v1\", \"metadata\": {\"name\": \"\\udc00\\ud800\"}}",
        "{\"a\": 1,}",
        "{'a': 1}",
        "{\"a\": 01}",
        "{\"a\": NaN}",
        "{\"a\" 1}",
        "{\"a\": \"x\ny\"}",
        "{\"a\": \"\\x\"}",
        "{",
        "{\"a\"",
        "{\"a\":",
        "[",
        "nul",
        "\"",
        "{} x",
        "// a comment\n{}",
    ] {
        let found = json(text);
        assert!(!found.is_empty(), "{text}");
        assert!(found[0].starts_with("json-syntax 1:") || found[0].starts_with("json-syntax 2:"), "{text}: {found:?}");
    }
}

#[test]
fn huge_numbers() {
    let policy = |port: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: in}}\nspec:\n  ingress:\n  - ports:\n    - port: {port}\n"
        )
    };
    let digits = "9".repeat(100_000);
    for port in [
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775809",
        "1e400",
        "0xffffffffffffffffffff",
        "80.0000000000000000001",
        &*digits,
    ] {
        let found = yaml(policy(port));
        assert_eq!(found.len(), 1, "{port}: {found:?}");
        assert!(found[0].ends_with(" 7:13"), "{found:?}");
    }
    let json_policy = |port: &str| {
        format!(
            "{{\"apiVersion\": \"networking.k8s.io/v1\", \"kind\": \"NetworkPolicy\", \"metadata\": {{\"name\": \"in\"}},\n\"spec\": {{\"ingress\": [{{\"ports\": [{{\"port\":\n{port}}}]}}]}}}}"
        )
    };
    for port in ["9223372036854775808", "-1", "80.5", "1e2", &*digits] {
        let found = json(json_policy(port));
        assert_eq!(found.len(), 1, "{port}: {found:?}");
        assert!(found[0].ends_with(" 3:1"), "{}: {found:?}", &port[..port.len().min(20)]);
    }
    let pod = |port: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n  - ports:\n    - containerPort: {port}\n"
        )
    };
    for port in ["9223372036854775807", "99999999999999999999", "1e9", &*digits] {
        let found = yaml(pod(port));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].ends_with(" 7:22"), "{found:?}");
    }
}

#[test]
fn scalars_past_the_limit() {
    let long = "x".repeat(5 << 20);
    let found = yaml(format!("apiVersion: v1\nkind: ConfigMap\ndata: {long}\n"));
    assert_eq!(found, ["scalar-too-long 3:7"]);
    assert_eq!(yaml(format!("a: 1\nb: \"{long}\"\n")), ["scalar-too-long 2:4"]);
    assert_eq!(yaml(format!("a: 1\n{long}: b\n")).len(), 1);
    let folded: String = "  some words\n".repeat(400_000);
    assert_eq!(yaml(format!("a: 1\nb: >\n{folded}")), ["scalar-too-long 3:3"]);
    // As a name in a message it is cut short.
    let found = yaml(format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {}}}\n", "x".repeat(1 << 20)));
    assert_eq!(found, ["invalid-name 3:18"]);
    let found =
        json(format!("{{\"apiVersion\": \"v1\", \"kind\": \"Namespace\", \"metadata\": {{\"name\": \"{long}\"}}}}"));
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn objects_past_the_limit() {
    let wide = "  - 1\n".repeat(300_000);
    assert!(yaml(format!("apiVersion: v1\nkind: ConfigMap\ndata:\n{wide}"))[0].starts_with("object-too-large "));
    let flow = "1,".repeat(300_000);
    assert!(yaml(format!("apiVersion: v1\nkind: ConfigMap\ndata: [{flow}]\n"))[0].starts_with("object-too-large 3:"));
    let rules = "{},\n".repeat(300_000);
    let policy = format!(
        "{{\"apiVersion\": \"networking.k8s.io/v1\", \"kind\": \"NetworkPolicy\", \"metadata\": {{\"name\": \"in\"}},\n\"spec\": {{\"ingress\": [{}{{}}]}}}}",
        rules
    );
    let found = json(policy);
    assert!(found.len() == 1 && found[0].starts_with("object-too-large "), "{found:?}");
    // A List may hold more than one object may.
    let items = "- {apiVersion: v1, kind: ConfigMap, a: [1, 2, 3, 4, 5]}\n".repeat(30_000);
    assert_eq!(yaml(format!("apiVersion: v1\nkind: List\nitems:\n{items}")), NOTHING);
}

#[test]
fn a_mapping_of_a_hundred_thousand_keys() {
    let keys: String = (0..90_000).map(|i| format!("  k{i}: v\n")).collect();
    let text = format!("apiVersion: v1\nkind: ConfigMap\ndata:\n{keys}");
    assert_eq!(yaml(text.clone()), NOTHING);
    assert_eq!(yaml(format!("{text}  k7: again\n")), ["duplicate-key 90004:3"]);
    let keys: Vec<String> = (0..100_000).map(|i| format!("\"k{i}\": \"v\"")).collect();
    let text = format!(
        "{{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {{\"name\": \"a\", \"labels\": {{\n{},\n\"k7\": \"x\"}}}}}}",
        keys.join(",\n")
    );
    assert_eq!(json(text), ["duplicate-key 100002:1"]);
    let same = "a: 1\n".repeat(100_000);
    assert_eq!(yaml(same), ["duplicate-key 2:1"]);
}

#[test]
fn a_megabyte_of_separators() {
    assert_eq!(yaml("---\n".repeat(1 << 18)), NOTHING);
    assert_eq!(yaml("--- ".repeat(1 << 18)).len(), 1);
    assert_eq!(yaml("-".repeat(1 << 20)).len(), 1);
    assert_eq!(yaml("...\n".repeat(1 << 18)), NOTHING);
    assert_eq!(yaml("%YAML 1.1\n---\n".repeat(1 << 16)), NOTHING);
    assert_eq!(yaml("# \n".repeat(1 << 18)), NOTHING);
    assert_eq!(yaml("\n".repeat(1 << 20)), NOTHING);
}

#[test]
fn a_hundred_thousand_documents() {
    assert_eq!(yaml("---\n{}\n".repeat(100_000)), NOTHING);
    assert_eq!(yaml("---\n# empty\n".repeat(100_000)), NOTHING);
    assert_eq!(yaml("---\n~\n".repeat(100_000)), NOTHING);
    assert_eq!(json("{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\"}\n".repeat(10_000)), NOTHING);
    // Each of them wrong: each is said.
    assert_eq!(yaml("---\na: [\n".repeat(20_000)).len(), 20_000);
    assert_eq!(yaml("---\nkind: Pod\n".repeat(20_000)).len(), 20_000);
}

#[test]
fn braces_of_templates() {
    for text in ["{{", "{{ }}", "a: {{", "{{{{{{{{", "a: {{ x }}\n{{ y }}\n", "a: '{{ x'\n b: {{\n"] {
        let found = yaml(text);
        assert!(!found.is_empty(), "{text}");
        assert!(
            found.iter().all(|f| f.starts_with("template 1:") || f.starts_with("template 2:")),
            "{text}: {found:?}"
        );
    }
    assert_eq!(yaml("{{".repeat(1 << 18)).len(), 1);
}

#[test]
fn a_hundred_thousand_json_documents() {
    assert_eq!(json("{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\"}\n".repeat(100_000)), NOTHING);
}

/// `kubectl get -o json | jq -c .` is one line, however long.
#[test]
fn json_on_one_line() {
    let policy = |i: usize| {
        serde_json::json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": format!("p{i}")},
            "spec": {"podSelector": {"matchLabels": {"app": "db"}}, "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}], "ports": [{"port": 5432}]}]}})
    };
    let list =
        serde_json::json!({"apiVersion": "v1", "kind": "List", "items": (0..3000).map(policy).collect::<Vec<_>>()});
    assert_eq!(json(list.to_string()), NOTHING);
}

#[test]
fn a_policy_past_the_limit_on_one_line() {
    let policy = format!(
        "{{\"apiVersion\": \"networking.k8s.io/v1\", \"kind\": \"NetworkPolicy\", \"metadata\": {{\"name\": \"in\"}},\n\"spec\": {{\"ingress\": [{}{{}}]}}}}",
        "{},".repeat(300_000)
    );
    assert!(json(policy)[0].starts_with("object-too-large 2:"));
}

const SAMPLE: &str = "\
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: \"a\", é: 'b'}} # a comment
---
apiVersion: v1
kind: List
items:
- &pod
  apiVersion: v1
  kind: Pod
  metadata:
    name: web
    labels: &labels {app: web}
  spec:
    containers:
    - name: main
      args: [\"--x\", |-
    ports: [{name: http, containerPort: 80}]
";

const POLICIES: &str = "\
%YAML 1.1
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: \"we\\u0062\", ver: '1.10'}}
spec:
  containers:
  - name: main
    command: [sh, -c, \"echo \\\"hi\\\"\"]
    ports: [{name: http, containerPort: 80}]
status: {podIP: 10.244.0.1}
---
# 中文 comment
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: in
  namespace: shop
  annotations:
    about: |
      some text
      --- not a separator
    folded: >-
      more

      text
spec:
  podSelector: &web {matchLabels: {app: web}}
  policyTypes: [Ingress, Egress]
  ingress:
  - from:
    - podSelector: *web
    - namespaceSelector:
        matchExpressions:
        - {key: team, operator: NotIn, values: [a, 'b']}
    ports:
    - {port: 8000, endPort: 8100}
    - port: http
  egress:
  - to:
    - ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8, \"169.254.169.254/32\"]}
...
---
{\"apiVersion\": \"v1\", \"kind\": \"Service\", \"metadata\": {\"name\": \"web\", \"namespace\": \"shop\"},
 \"spec\": {\"clusterIP\": \"10.96.0.1\", \"selector\": {\"app\": \"web\"}, \"ports\": [{\"port\": 80, \"targetPort\": \"http\"}]}}
";

#[test]
fn files_cut_short_at_every_byte() {
    let list: String = {
        let documents: Vec<serde_json::Value> = ["v1 Pod", "v1 Service", "networking.k8s.io/v1 NetworkPolicy", "apps/v1 Deployment"]
            .iter()
            .map(|kind| {
                let (api, kind) = kind.split_once(' ').unwrap();
                serde_json::json!({"apiVersion": api, "kind": kind, "metadata": {"name": "é\n\"a", "labels": {"a": "b"}},
                    "spec": {"podSelector": {"matchLabels": {"a": "😀"}}, "ports": [{"port": 80}], "hostNetwork": true}})
            })
            .collect();
        serde_json::json!({"apiVersion": "v1", "kind": "List", "items": documents}).to_string()
    };
    for (name, text) in
        [("a.yaml", SAMPLE.to_owned()), ("a.yaml", POLICIES.to_owned()), ("a.json", list.clone()), ("stdin", list)]
    {
        soon(name, move || {
            for end in 0..=text.len() {
                read_all(name, text.as_bytes()[..end].to_vec());
            }
        });
    }
    assert_eq!(yaml(POLICIES), NOTHING);
}

#[test]
fn files_that_begin_at_every_byte() {
    for text in [SAMPLE, POLICIES] {
        soon("a tail", move || {
            for start in 0..text.len() {
                read_all("a.yaml", text.as_bytes()[start..].to_vec());
            }
        });
    }
}

#[test]
fn questions_of_any_text() {
    let mut inputs = Inputs::default();
    inputs.push("a.yaml", POLICIES);
    let analysis = Analysis::new(read(&inputs, &ReadOptions::default()), Profile::GENERIC);
    let mut runner = TestRunner::new(config(3000));
    let piece = prop_oneof![
        Just("shop".to_owned()),
        Just("/".to_owned()),
        Just("*".to_owned()),
        Just("svc".to_owned()),
        Just("web".to_owned()),
        Just("=".to_owned()),
        Just("!=".to_owned()),
        Just(",".to_owned()),
        Just("10.0.0.0".to_owned()),
        Just("/8".to_owned()),
        Just("::".to_owned()),
        Just("world".to_owned()),
        Just("fqdn:".to_owned()),
        Just("80".to_owned()),
        Just("-".to_owned()),
        Just("udp".to_owned()),
        any::<String>(),
        "[a-z0-9./:*-]{0,6}",
    ];
    let text = proptest::collection::vec(piece, 0..5).prop_map(|p| p.concat());
    let result = runner.run(&(text.clone(), text.clone(), text), |(from, to, port)| {
        let _ = analysis.check(&from, &to, &port);
        let _ = analysis.check("shop/web", &to, &port);
        let _ = analysis.check(&from, "shop/svc/web", "80");
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

#[test]
fn random_bytes_never_panic() {
    let mut runner = TestRunner::new(config(3000));
    let name = prop_oneof![Just("a.yaml"), Just("a.json"), Just("stdin")];
    let bytes = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        any::<String>().prop_map(String::into_bytes),
        // Of the characters that mean something.
        "[-?:,\\[\\]{}#&*!|>'\"%@` \na-c0-1~.\\\\\t<=]{0,80}".prop_map(String::into_bytes),
        "[\\[\\]{}:,\"\\\\u0aebtrfnls \n.+-]{0,60}".prop_map(String::into_bytes),
    ];
    let result = runner.run(&(name, bytes), |(name, bytes)| {
        read_all(name, bytes);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// A change to a text: at a place, so many bytes go, and these come.
type Edit = (usize, usize, Vec<u8>);

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let piece = prop_oneof![
        3 => any::<u8>().prop_map(|b| vec![b]),
        1 => Just(Vec::new()),
        4 => proptest::sample::select(&[
            "\n", "  ", "---\n", ": ", "- ", "[", "]", "{", "}", "&a ", "*a", "!!str ", "<<: ", "|\n", ">", "\"", "'", "#", "\t",
            "null", "~", "-1", "99999999999", "1e9", "true", "\u{feff}", "é", "\\", "\0", "{{", "? ", "%", "...\n", "0x", "''", "10.0.0.0/8", "::/0",
        ][..]).prop_map(|s| s.as_bytes().to_vec()),
    ];
    proptest::collection::vec((any::<proptest::sample::Index>(), 0usize..6, piece), 1..6)
        .prop_map(|edits| edits.into_iter().map(|(at, gone, new)| (at.index(1 << 20), gone, new)).collect())
}

fn apply(text: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut bytes = text.to_vec();
    for (at, gone, new) in edits {
        let at = at % (bytes.len() + 1);
        let end = (at + gone).min(bytes.len());
        bytes.splice(at..end, new.iter().copied());
    }
    bytes
}

#[test]
fn mutated_manifests_never_panic() {
    let mut texts: Vec<String> = vec![SAMPLE.to_owned(), POLICIES.to_owned()];
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/data");
    for topic in ["ports", "services", "rejected", "workloads"] {
        let mut files: Vec<_> = std::fs::read_dir(cases.join(topic)).unwrap().map(|e| e.unwrap().path()).collect();
        files.sort();
        texts.extend(files.iter().map(|f| std::fs::read_to_string(f).unwrap()));
    }
    let mut runner = TestRunner::new(config(3000));
    let result = runner.run(&(proptest::sample::select(texts), edits()), |(text, edits)| {
        read_all("a.yaml", apply(text.as_bytes(), &edits));
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let mut runner = TestRunner::new(config(500));
    let result = runner.run(&(random::cluster(), edits()), |(cluster, edits)| {
        read_all("a.json", apply(random::to_json(&cluster).as_bytes(), &edits));
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn control_characters_of_a_manifest_never_reach_the_terminal() {
    let esc = "\\x1b[2J";
    let text = format!(
        "apiVersion: v1\nkind: \"Wid{esc}get\"\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: \"a{esc}\"}}\n---\n\
         apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: a}}\nspec: {{\"x{esc}\": 1}}\n"
    );
    let mut inputs = Inputs::default();
    inputs.push("a.yaml", text);
    let snapshot = read(&inputs, &ReadOptions::default());
    let report = snapshot.report();
    assert!(report.diagnostics.len() >= 2, "{:?}", report.diagnostics);
    for diagnostic in &report.diagnostics {
        let shown = format!("{diagnostic} {:?}", diagnostic.object.as_deref().map(str::len));
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
        assert!(!diagnostic.object.as_deref().unwrap_or_default().contains('\u{1b}'));
    }
    assert!(
        report.other_kinds.keys().all(|k| !k.contains('\u{1b}') && k.contains("\\u{1b}")),
        "{:?}",
        report.other_kinds
    );
}

/// All but one who may reach everybody, each by name, would fill the memory: it is refused. Where
/// all may, that is said and nobody is named.
#[test]
fn more_peers_than_can_be_named_are_refused() {
    let pod = |i: usize| format!("{{apiVersion: v1, kind: Pod, metadata: {{name: p{i}, labels: {{number: n{i}}}}}}}");
    let pods: Vec<String> = (0..2_010).map(pod).collect();
    let silent = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: silent}\n\
        spec: {podSelector: {matchLabels: {number: n7}}, policyTypes: [Egress]}";
    let analysis = |policy: &str| {
        let mut inputs = Inputs::default();
        inputs.push("pods.yaml", pods.join("\n---\n"));
        inputs.push("policy.yaml", policy);
        Analysis::new(read(&inputs, &ReadOptions::default()), Profile::GENERIC)
    };
    let error = analysis(silent).ingress(&IngressQuery::default()).unwrap_err();
    assert_eq!(error.code.code(), "too-many-sources");
    let mut one = IngressQuery::default();
    one.to = Some("p8".to_owned());
    let found = analysis(silent).ingress(&one).unwrap();
    assert_eq!((found.workloads[0].inside[0].everybody, found.workloads[0].inside[0].from.len()), (false, 2_008));
    let all = analysis("").ingress(&IngressQuery::default()).unwrap();
    assert_eq!(all.workloads.len(), 2_010);
    for of in &all.workloads {
        let [source] = of.inside.as_slice() else { panic!("{:?}", of.inside) };
        assert!(source.everybody && source.from.is_empty(), "{source:?}");
    }
}
