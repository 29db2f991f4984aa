//! `netpol fix` and `netpol explain`: what they print, write and refuse.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const SHOP: &str = "examples/three-tier-shop";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_netpol")).args(args).current_dir(root()).env("LANG", "C").output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A new folder of its own with files.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    for (file, text) in files {
        fs::write(folder.join(file), text).unwrap();
    }
    folder
}

const PODS: &str = "\
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: job, namespace: shop, labels: {app: job}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}}
";

/// Two policies with all that an edit has to leave alone.
const POLICIES: &str = "\
# The shop.\r
apiVersion: v1\r
kind: List\r
items:\r
  - apiVersion: networking.k8s.io/v1   # first\r
    kind: NetworkPolicy\r
    metadata:\r
        name:   \"db\"\r
        namespace: shop\r
    spec:\r
        podSelector: { matchLabels: { app: db } }\r
        ingress:\r
            - from:\r
                - podSelector: {matchLabels: {app: web}} # the shop itself\r
              ports:\r
                - port: 5432 # sql\r
                # - port: 1\r
  - {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: job, namespace: shop}, spec: {podSelector: {matchLabels: {app: job}}, policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: web}}}]}]}}\r
# end";

fn check(folder: &Path, from: &str, to: &str, port: &str) -> Option<i32> {
    run(&["check", "-f", folder.to_str().unwrap(), from, to, port]).status.code()
}

#[test]
fn what_is_written_is_the_edit_and_every_other_byte_stays() {
    let folder = folder("fix-write", &[("pods.yaml", PODS), ("policies.yaml", POLICIES)]);
    let path = folder.to_str().unwrap();
    let output = run(&["fix", "-f", path, "--allow", "shop/web", "shop/db", "9187", "--write"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let port = "                - port: 5432 # sql\r\n";
    let added = format!("{port}                - protocol: TCP\r\n                  port: 9187\r\n");
    let expected = POLICIES.replace(port, &added);
    assert_eq!(fs::read_to_string(folder.join("policies.yaml")).unwrap(), expected);
    assert_eq!(check(&folder, "shop/web", "shop/db", "9187"), Some(0));
    assert_eq!(check(&folder, "shop/job", "shop/db", "9187"), Some(1));
    // Both ends deny: the rule of the one and a peer of the other, in one file.
    let output = run(&["fix", "-f", path, "--allow", "shop/job", "shop/db", "5432", "-o", "json"]);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let both = answer["fixes"]
        .as_array()
        .unwrap()
        .iter()
        .position(|fix| fix["policies"].as_array().unwrap().iter().all(|policy| policy["new"] == false));
    let pick = (both.unwrap() + 1).to_string();
    let output = run(&["fix", "-f", path, "--allow", "shop/job", "shop/db", "5432", "--pick", &pick, "--write"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let now = fs::read_to_string(folder.join("policies.yaml")).unwrap();
    assert_eq!(check(&folder, "shop/job", "shop/db", "5432"), Some(0), "{now}");
    for line in expected.lines().filter(|line| !line.contains("name: job")) {
        assert!(now.lines().any(|other| other == line), "{line}\n{now}");
    }
    // Nothing is left beside the files.
    let mut files: Vec<String> =
        fs::read_dir(&folder).unwrap().map(|f| f.unwrap().file_name().to_string_lossy().into_owned()).collect();
    files.sort();
    assert_eq!(files, ["pods.yaml", "policies.yaml"]);
}

#[test]
fn what_decides_afterwards_is_where_it_stands_once_all_is_written() {
    let shut = "\
# Three of one file.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: job, namespace: shop}, spec: {podSelector: {matchLabels: {app: job}}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: db
  namespace: shop
spec:
  podSelector:
    matchLabels:
      app: db
  policyTypes: [Ingress, Egress]
  ingress:
  - from:
    - podSelector: {matchLabels: {app: job}}
    ports:
    - port: 22
";
    let mut seen = 0;
    for (name, policies, from) in [("fix-places", shut, "shop/web"), ("fix-places-list", POLICIES, "shop/job")] {
        let folder = folder(name, &[("pods.yaml", PODS), ("policies.yaml", policies)]);
        let path = folder.to_str().unwrap();
        let words = ["fix", "--allow", from, "shop/db", "5432", "-f", path, "-o", "json"];
        let answer: Value = serde_json::from_slice(&run(&words).stdout).unwrap();
        let fixes = answer["fixes"].as_array().unwrap();
        let edits = |fix: &Value| fix["policies"].as_array().unwrap().iter().filter(|p| p["new"] == false).count();
        let both = fixes.iter().position(|fix| edits(fix) == 2).unwrap();
        let written = run(&[&words[..], &["--pick", &(both + 1).to_string(), "--write"]].concat());
        assert_eq!(written.status.code(), Some(0), "{}", stderr(&written));
        for witness in fixes[both]["changes"].as_array().unwrap().iter().map(|change| &change["witness"]) {
            let text = |key: &str| witness[key].as_str().unwrap();
            let port = format!("{}/{}", witness["port"], text("protocol").to_lowercase());
            let check = run(&["check", text("from"), text("to"), &port, "-f", path, "-o", "json"]);
            let check: Value = serde_json::from_slice(&check.stdout).unwrap();
            for direction in ["egress", "ingress"] {
                let places = |direction: &Value| -> Vec<Value> {
                    direction["reasons"].as_array().unwrap().iter().map(|reason| reason["origin"].clone()).collect()
                };
                let expected = places(&check["parts"][0][direction]);
                assert_eq!(places(&witness["after"][direction]), expected, "{name}: {witness:#}");
                seen += expected.iter().filter(|origin| origin["place"]["file"].is_string()).count();
            }
        }
    }
    assert!(seen > 3, "{seen} places");
}

#[test]
fn a_new_policy_goes_into_a_new_file_and_never_over_one() {
    let closed = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: closed, namespace: shop}, spec: {podSelector: {}}}";
    let folder = folder("fix-new", &[("pods.yaml", PODS), ("closed.yaml", closed)]);
    let path = folder.to_str().unwrap();
    let asked = ["fix", "-f", path, "--allow", "shop/web", "shop/db", "5432"];
    let output = run(&[&asked[..], &["--write"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let file = folder.join("db-allow-ingress-from-web.yaml");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("  podSelector:\n    matchLabels:\n      app: db\n"), "{text}");
    assert_eq!(check(&folder, "shop/web", "shop/db", "5432"), Some(0));
    let again = run(&asked);
    assert_eq!((again.status.code(), stdout(&again).starts_with("as asked already")), (Some(0), true));
    // A file that is there is not written over.
    let there = run(&[
        "fix",
        "-f",
        path,
        "--allow",
        "shop/job",
        "shop/db",
        "5432",
        "--pick",
        "1",
        "--write",
        "--new-file",
        file.to_str().unwrap(),
    ]);
    if stdout(&run(&["fix", "-f", path, "--allow", "shop/job", "shop/db", "5432"])).contains("/dev/null") {
        assert_eq!(there.status.code(), Some(2), "{}", stdout(&there));
        assert!(stderr(&there).contains("is there already"), "{}", stderr(&there));
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }
}

#[test]
fn what_cannot_be_edited_is_left_alone_and_shown() {
    let anchored = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from: &who [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: 5432}]
  - from: *who
    ports: [{port: 5433}]
";
    let folder = folder("fix-anchor", &[("pods.yaml", PODS), ("db.yaml", anchored)]);
    let path = folder.to_str().unwrap();
    let output = run(&["fix", "-f", path, "--allow", "shop/job", "shop/db", "5432", "-o", "json"]);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let fixes = answer["fixes"].as_array().unwrap();
    let at = fixes.iter().position(|fix| fix["steps"][0]["code"] == "fix-add-peer").unwrap();
    assert!(fixes[at]["policies"][0].get("in_place").is_none());
    let pick = (at + 1).to_string();
    let output = run(&["fix", "-f", path, "--allow", "shop/job", "shop/db", "5432", "--pick", &pick, "--write"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("cannot be edited in place") && stderr(&output).contains("app: job"),
        "{}",
        stderr(&output)
    );
    assert_eq!(fs::read_to_string(folder.join("db.yaml")).unwrap(), anchored);
}

#[test]
fn of_standard_input_the_policy_is_printed() {
    let text = format!(
        "{PODS}---\n{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: db, namespace: shop, uid: x, resourceVersion: '1'}}, spec: {{podSelector: {{matchLabels: {{app: db}}}}, ingress: [{{from: [{{podSelector: {{matchLabels: {{app: web}}}}}}], ports: [{{port: 1}}]}}]}}}}\n"
    );
    let piped = |words: &[&str]| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_netpol"))
            .args(words)
            .env("LANG", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let output = piped(&["fix", "-f", "-", "--allow", "shop/web", "shop/db", "5432"]);
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output);
    assert!(text.contains("kubectl apply") && text.contains("port: 5432"), "{text}");
    assert!(!text.contains("resourceVersion") && !text.contains("@@"), "{text}");
    // What is said to be tried needs the same input again.
    let check = stdout(&piped(&["check", "-f", "-", "shop/web", "shop/db", "5432"]));
    assert!(check.contains("… | netpol fix -f - --allow shop/web shop/db 5432"), "{check}");
}

#[test]
fn behind_a_port_of_a_node_only_everybody_will_do() {
    let text = "\
{apiVersion: v1, kind: Node, metadata: {name: n1}, status: {addresses: [{type: InternalIP, address: 192.168.1.1}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop}, spec: {type: NodePort, selector: {app: db}, ports: [{port: 80, targetPort: 5432, nodePort: 30080}]}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress]
  ingress:
  - ports:
    - port: 22
";
    let folder = folder("fix-node-port", &[("pods.yaml", PODS), ("node.yaml", text)]);
    let words = ["fix", "-f", folder.to_str().unwrap(), "--allow", "shop/web", "node/n1", "30080"];
    let shown = stdout(&run(&words));
    assert!(shown.contains("port: 5432"), "{shown}");
    assert_ne!(check(&folder, "shop/web", "node/n1", "30080"), Some(0));
    assert_eq!(run(&[&words[..], &["--write"]].concat()).status.code(), Some(0));
    assert_eq!(check(&folder, "shop/web", "node/n1", "30080"), Some(0));
    let written = fs::read_to_string(folder.join("node.yaml")).unwrap();
    assert!(written.contains("    - port: 22\n    - protocol: TCP\n      port: 5432\n"), "{written}");
}

#[test]
fn where_there_is_no_fix_it_is_said_why() {
    let host = PODS.replace("labels: {app: job}}}", "labels: {app: job}}, spec: {hostNetwork: true}}");
    let folder = folder("fix-none", &[("pods.yaml", &host)]);
    let path = folder.to_str().unwrap();
    let output = run(&["fix", "-f", path, "--deny", "shop/web", "shop/job", "80", "--profile", "flannel"]);
    assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
    let output = run(&["fix", "-f", "examples/admin-tiers", "--allow", "nobody", "nothing"]);
    assert_eq!(output.status.code(), Some(2));
    let output = run(&["fix", "-f", SHOP, "retail/web"]);
    assert_eq!(output.status.code(), Some(2));
    let output = run(&["fix", "-f", SHOP, "--allow", "retail/reports", "retail/db", "--pick", "99"]);
    assert_eq!(output.status.code(), Some(2));
}

fn validator(name: &str) -> jsonschema::Validator {
    let schema = fs::read(root().join(format!("schemas/netpol.{name}.v1.schema.json"))).unwrap();
    jsonschema::validator_for(&serde_json::from_slice(&schema).unwrap()).unwrap()
}

fn holds(name: &str, words: &[&str]) {
    let json = run(&[words, &["-o", "json"]].concat());
    let value: Value =
        serde_json::from_slice(&json.stdout).unwrap_or_else(|e| panic!("{words:?}: {e} {}", stderr(&json)));
    let errors: Vec<String> =
        validator(name).iter_errors(&value).map(|e| format!("{e} at {}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{words:?}: {errors:?}");
    let yaml = run(&[words, &["-o", "yaml"]].concat());
    assert_eq!(serde_yaml::from_slice::<Value>(&yaml.stdout).unwrap(), value);
}

#[test]
fn the_json_holds_to_its_schemas_and_the_yaml_says_the_same() {
    holds("fix", &["fix", "-f", SHOP, "--allow", "retail/reports", "retail/db", "5432"]);
    holds("fix", &["fix", "-f", SHOP, "--allow", "retail/api", "retail/db", "5432"]);
    holds("fix", &["fix", "-f", SHOP, "--deny", "retail/frontend", "retail/svc/api", "80"]);
    holds("fix", &["fix", "-f", "examples/puzzle", "--deny", "shop/web", "world", "53/udp"]);
    holds("fix", &["fix", "-f", SHOP, "--deny", "retail/api", "retail/db", "--profile", "flannel"]);
    holds("explain-policy", &["explain", "-f", SHOP, "retail/np/api"]);
    holds("explain-policy", &["explain", "-f", "examples/admin-tiers", "cnp/platform"]);
    holds("explain-peer", &["explain", "-f", SHOP, "retail/*"]);
    holds("explain-peer", &["explain", "-f", "examples/admin-tiers", "*/*"]);
    for name in ["fix", "explain-policy", "explain-peer"] {
        let wrong = serde_json::json!({"schema": format!("netpol.{name}/v1")});
        assert!(!validator(name).is_valid(&wrong), "the schema refuses nothing");
    }
}

#[test]
fn a_policy_is_explained_in_both_languages() {
    let text = "\
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: other, labels: {app: web}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress]
  ingress:
  - from:
    - podSelector: {matchLabels: {app: web}}
    - ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}
    - ipBlock: {cidr: 10.1.2.0/24}
  - ports: [{port: 53}]
  egress: [{}]
";
    let folder = folder("explain", &[("pods.yaml", PODS), ("db.yaml", text)]);
    let path = folder.to_str().unwrap();
    let english = stdout(&run(&["explain", "-f", path, "-n", "shop", "np/db"]));
    for sentence in [
        "selects the pods of shop with app=db: shop/db (1 pod)",
        "- lets in every port and protocol from",
        "pods of its own namespace shop with app=web (here: shop/web)",
        "the addresses 10.0.0.0/8 except 10.1.0.0/16",
        "- lets in TCP 53 from anybody, inside and outside of the cluster",
        "spec.egress: its egress rules do nothing: `policyTypes` does not name Egress",
        "pods of other namespaces with such labels are not meant: other/web",
        "what it excepts is not denied: 10.1.2.0/24 is let through by spec.ingress[0].from[2]",
        "what it excepts is not denied: 10.1.0.0/16 is let through on TCP 53 by spec.ingress[1]",
        "spec.ingress[1].ports[0]: port 53 is TCP only here",
        "spec.ingress[0]: a rule without `ports` means every port of every protocol",
    ] {
        assert!(english.contains(sentence), "{sentence}\n{english}");
    }
    let chinese = stdout(&run(&["explain", "-f", path, "shop/np/db", "--lang", "zh"]));
    assert!(chinese.contains("选中 shop 中带有 app=db 的 Pod") && !chinese.contains("selects"), "{chinese}");
    let unknown = run(&["explain", "-f", path, "shop/np/bd"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(stderr(&unknown).contains("did you mean `shop/np/db`?"), "{}", stderr(&unknown));
}

#[test]
fn what_is_excepted_is_open_only_on_the_ports_of_both_rules() {
    let text = "\
apiVersion: v1
kind: Pod
metadata: {name: dns, namespace: shop, labels: {app: dns}}
status: {podIP: 10.1.0.5}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress:
  - to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}]
    ports: [{port: 443}, {port: metrics}, {port: 53, protocol: UDP}]
  - ports: [{port: 80}]
  - to: [{ipBlock: {cidr: 10.2.0.0/16}}]
    ports: [{port: 443}, {port: metrics}]
  - to: [{podSelector: {matchLabels: {app: dns}}}]
    ports: [{port: 53, protocol: UDP}]
";
    let folder = folder("explain-except", &[("web.yaml", text)]);
    let english = stdout(&run(&["explain", "-f", folder.to_str().unwrap(), "shop/np/web"]));
    let open: Vec<&str> = english.lines().filter(|line| line.contains("excepts")).map(str::trim).collect();
    let said = [
        "10.2.0.0/16 is let through on TCP 443, TCP metrics by spec.egress[2].to[0]",
        "10.1.0.5/32 is let through on UDP 53 by spec.egress[3].to[0]",
    ];
    assert_eq!(open.len(), said.len(), "{english}");
    assert!(open.iter().zip(said).all(|(line, said)| line.contains(said)), "{open:?}");
}

#[test]
fn a_port_name_opens_nothing_outside() {
    let text = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{ports: [{port: sql}]}]}
";
    let folder = folder("explain-name", &[("pods.yaml", PODS), ("web.yaml", text)]);
    let english = stdout(&run(&["explain", "-f", folder.to_str().unwrap(), "shop/np/web"]));
    assert!(english.contains("but outside, a port name opens nothing"), "{english}");
    assert!(!english.contains("addresses outside too"), "{english}");
    assert_eq!(check(&folder, "shop/web", "203.0.113.7", "5432"), Some(1));
}

#[test]
fn a_peer_is_explained_in_the_order_of_the_tiers() {
    let text = stdout(&run(&["explain", "-f", "examples/admin-tiers", "*/*"]));
    let admin = text.find("first the administrators' policies").unwrap();
    assert!(text[admin..].contains("ClusterNetworkPolicy"), "{text}");
    let shop = stdout(&run(&["explain", "-f", SHOP, "retail/api"]));
    assert!(shop.contains("reaches 2 workloads: kube-system/coredns TCP 53, UDP 53; retail/db TCP 5432"), "{shop}");
    assert!(shop.contains("netpol explain retail/np/"), "{shop}");
}

#[test]
fn check_tries_a_fix_that_works() {
    let text = stdout(&run(&["check", "-f", SHOP, "retail/reports", "retail/db", "5432"]));
    let hint = text.lines().find(|line| line.starts_with("try: ")).unwrap_or_else(|| panic!("{text}"));
    let command = hint.split(": netpol ").nth(1).unwrap();
    let words: Vec<&str> = command.split_whitespace().collect();
    assert_eq!(run(&words).status.code(), Some(0), "{hint}");
    // What is allowed, and what policies cannot allow, has no such line.
    let allowed = stdout(&run(&["check", "-f", SHOP, "retail/api", "retail/db", "5432"]));
    assert!(!allowed.contains("try: "), "{allowed}");
}

/// The line `try:` of a question, and the first line of the fix that its command shows.
fn tried(words: &[&str]) -> (String, String) {
    let text = stdout(&run(&[&["check"], words].concat()));
    let hint = text.lines().find(|line| line.starts_with("try: ")).unwrap_or_else(|| panic!("{text}")).to_owned();
    let command: Vec<&str> = hint.split(": netpol ").nth(1).unwrap().split_whitespace().collect();
    let fixed = stdout(&run(&command));
    (hint, fixed.lines().next().unwrap().strip_prefix("1. ").unwrap().to_owned())
}

#[test]
fn what_check_tries_is_the_first_of_the_fixes_and_its_command_is_complete() {
    // More rules than a few, of which only the last is the one to change.
    let rule = |port: usize| {
        format!("  - {{from: [{{podSelector: {{matchLabels: {{app: job}}}}}}], ports: [{{port: {port}}}]}}\n")
    };
    let rules: String = (1..9).map(rule).collect();
    let policy = format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: db, namespace: shop}}\nspec:\n  \
         podSelector: {{matchLabels: {{app: db}}}}\n  ingress:\n{rules}  - from: [{{podSelector: {{matchLabels: {{app: web}}}}}}]\n    \
         ports: [{{port: 5432}}]\n"
    );
    let folder = folder("fix-try", &[("pods.yaml", PODS), ("db.yaml", &policy)]);
    let path = folder.to_str().unwrap();
    let (hint, first) = tried(&["-f", path, "-n", "shop", "web", "db", "9187", "--profile", "calico"]);
    assert!(hint.starts_with(&format!("try: {first}")), "{hint}\n{first}");
    assert!(first.starts_with("add TCP 9187 to spec.ingress[8] of shop/db"), "{first}");
    assert!(hint.contains(" -n shop --profile calico --allow web db 9187"), "{hint}");
    // Of some ports that are denied among others that are not.
    let (hint, first) = tried(&["-f", path, "shop/web", "shop/db", "5432,9187"]);
    assert!(hint.starts_with(&format!("try: {first}")), "{hint}\n{first}");
    // Every port is not what most want: part of it is denied on purpose.
    let all = stdout(&run(&["check", "-f", path, "shop/web", "shop/db"]));
    assert!(!all.contains("try: "), "{all}");
}

#[test]
fn the_outside_is_let_in_and_reached_with_blocks() {
    let closed = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: closed, namespace: shop}, spec: {podSelector: {}, policyTypes: [Ingress, Egress]}}";
    let pods = |many: usize| -> String {
        let pod = |at: usize| {
            format!(
                "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: p{at}, namespace: shop, labels: {{app: p{at}}}}}, status: {{podIP: 10.9.{}.{}}}}}\n",
                at / 100,
                at % 100 * 2 + 1
            )
        };
        (0..many).map(pod).collect()
    };
    for (name, pods) in [("fix-world", PODS.to_owned()), ("fix-world-few", pods(3)), ("fix-world-many", pods(200))] {
        let folder = folder(name, &[("pods.yaml", &pods), ("closed.yaml", closed)]);
        let path = folder.to_str().unwrap();
        let pod = if name == "fix-world" { "shop/web" } else { "shop/p0" };
        for (from, to) in [(pod, "world"), ("world", pod)] {
            let text = stdout(&run(&["fix", "-f", path, "--allow", from, to, "443", "--write"]));
            assert!(text.starts_with("add the policy shop/"), "{name}: {text}");
            assert_eq!(check(&folder, from, to, "443"), Some(0), "{name}: {from} {to}");
            // Exceptions that are pods of today are said to be that.
            assert_eq!(text.contains("addresses that pods have today"), name == "fix-world-few", "{name}: {text}");
            // Of many, that they are let through as well.
            assert_eq!(text.contains("its blocks hold pods as well"), name == "fix-world-many", "{name}: {text}");
        }
        assert_eq!(check(&folder, pod, "world", "80"), Some(1));
    }
    // Where pods get their addresses is known: that is what is excepted, and nothing else changes.
    let folder = folder("fix-world-range", &[("pods.yaml", &pods(200)), ("closed.yaml", closed)]);
    let path = folder.to_str().unwrap();
    let range = ["--pod-cidr", "10.9.0.0/16"];
    let text = stdout(&run(&[&["fix", "-f", path, "--allow", "shop/p0", "world", "443"], &range[..]].concat()));
    assert!(text.contains("nothing else changes"), "{text}");
    assert!(text.contains("+        - 10.9.0.0/16"), "{text}");
    assert!(!text.contains("of today"), "{text}");
}

#[test]
fn a_block_without_the_outside_is_what_is_left_of_it() {
    let wide = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: wide, namespace: shop}, spec: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.244.0.0/16]}}]}]}}";
    let nodes = "{apiVersion: v1, kind: Node, metadata: {name: n1}, spec: {podCIDRs: [10.244.0.0/24]}, status: {addresses: [{type: InternalIP, address: 10.0.0.1}]}}";
    let folder = folder("fix-deny-world", &[("pods.yaml", PODS), ("wide.yaml", wide), ("node.yaml", nodes)]);
    let path = folder.to_str().unwrap();
    let text = stdout(&run(&["fix", "-f", path, "--deny", "shop/web", "world", "443"]));
    assert!(!text.contains("addresses that pods have today"), "{text}");
    assert!(text.lines().count() < 80, "{text}");
    assert!(text.contains("10.0.0.1/32"), "what is left is the node\n{text}");
    let output = run(&["fix", "-f", path, "--deny", "shop/web", "world", "443", "--write"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(check(&folder, "shop/web", "world", "443"), Some(1));
    assert_eq!(check(&folder, "shop/web", "10.0.0.1", "443"), Some(0));
}

#[test]
fn what_was_written_is_said_in_the_format_that_was_asked_for() {
    let closed = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: closed, namespace: shop}, spec: {podSelector: {}}}";
    // A file that happens to have the name of the new policy stays what it is.
    let taken = "# notes\n";
    let folder = folder(
        "fix-written",
        &[("pods.yaml", PODS), ("closed.yaml", closed), ("db-allow-ingress-from-web.yaml", taken)],
    );
    let path = folder.to_str().unwrap();
    let words = ["fix", "-f", path, "--allow", "shop/web", "shop/db", "5432", "--write", "-o", "json"];
    let output = run(&words);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let answer: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert!(validator("fix").is_valid(&answer), "{answer}");
    let written = folder.join("db-allow-ingress-from-web-2.yaml");
    assert_eq!(answer["written"], serde_json::json!([written.to_str().unwrap()]));
    assert!(written.is_file());
    assert_eq!(fs::read_to_string(folder.join("db-allow-ingress-from-web.yaml")).unwrap(), taken);
    // Nothing is to be done, so nothing is written.
    let again: Value = serde_json::from_str(&stdout(&run(&words))).unwrap();
    assert_eq!((again["done"].as_bool(), again.get("written")), (Some(true), None));
}

#[test]
fn ways_that_differ_have_names_that_differ() {
    let text = stdout(&run(&["fix", "-f", SHOP, "--deny", "retail/api", "retail/db", "5432", "-o", "json"]));
    let answer: Value = serde_json::from_str(&text).unwrap();
    let steps: Vec<String> = answer["fixes"].as_array().unwrap().iter().map(|fix| fix["steps"].to_string()).collect();
    let mut unique = steps.clone();
    unique.sort();
    unique.dedup();
    assert!(steps.len() > 2 && unique.len() == steps.len(), "{steps:#?}");
}

#[test]
fn a_new_rule_says_the_least_that_is_meant() {
    let closed = "\
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: closed, namespace: shop}, spec: {podSelector: {}, policyTypes: [Egress]}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: data, labels: {team: a}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db-0, namespace: data, labels: {app: db, tier: a, pod-template-hash: x1}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db-1, namespace: data, labels: {app: db, tier: b, pod-template-hash: x1}}}
";
    let folder = folder("fix-least", &[("pods.yaml", PODS), ("closed.yaml", closed)]);
    let path = folder.to_str().unwrap();
    let fixed = |to: &str, port: &str| stdout(&run(&["fix", "-f", path, "--allow", "shop/web", to, port]));
    // Both protocols of name resolution.
    let dns = fixed("kube-system/svc/kube-dns", "53/udp");
    let dns = if dns.is_empty() { fixed("203.0.113.7", "53/udp") } else { dns };
    assert!(dns.contains("protocol: UDP") && dns.contains("protocol: TCP"), "{dns}");
    // An address is one address, a namespace its name, and one label is enough; no controller's hash.
    assert!(fixed("203.0.113.7", "443").contains("cidr: 203.0.113.7/32"));
    let all = fixed("data/app=db", "5432");
    assert!(all.contains("kubernetes.io/metadata.name: data"), "{all}");
    assert!(!all.contains("pod-template-hash") && !all.contains("team: a"), "{all}");
    let one = fixed("data/db-0", "5432");
    assert!(one.contains("tier: a") && !one.contains("app: db\n") && one.contains("nothing else changes"), "{one}");
}

#[test]
fn an_administrators_deny_is_what_stands_against_it() {
    let admin = "\
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: no-jobs}
spec:
  tier: Admin
  priority: 1
  subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: shop}}}
  ingress:
  - action: Deny
    from: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: job}}}}]
";
    let folder = folder("fix-admin", &[("pods.yaml", PODS), ("admin.yaml", admin)]);
    let output = run(&["fix", "-f", folder.to_str().unwrap(), "--allow", "shop/job", "shop/db", "80"]);
    assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
    let text = stdout(&output);
    assert!(text.contains("what stands against it") && text.contains("ClusterNetworkPolicy no-jobs"), "{text}");
    let explained = stdout(&run(&["explain", "-f", folder.to_str().unwrap(), "cnp/no-jobs"]));
    assert!(explained.contains("of the administrators' tier, priority 1"), "{explained}");
    assert!(
        explained.contains("- denies everything from pods with app=job of all namespaces (here: shop/job)"),
        "{explained}"
    );
}

/// What isolates also decides ICMP, which nobody asked about: it is told, once for all with the same fate.
#[test]
fn what_becomes_of_icmp_is_among_what_else_changes() {
    let folder = folder("fix-icmp", &[("pods.yaml", PODS)]);
    let fix = |words: &[&str]| {
        let output =
            run(&[&["fix", "-f", folder.to_str().unwrap(), "--deny", "shop/web", "shop/db", "80"], words].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        stdout(&output)
    };
    let text = fix(&[]);
    assert!(text.contains("more changes than what was asked for"), "{text}");
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("ICMP")).collect();
    // Isolated is who sends or who gets it, whichever is shorter to say.
    let [line] = lines.as_slice() else { panic!("{text}") };
    assert!(line.ends_with("ICMP  (undefined now, was allowed)"), "{line}");
    assert!(line.starts_with("? shop/job, shop/web, world → shop/db "), "{line}");
    let answer: Value = serde_json::from_str(&fix(&["-o", "json"])).unwrap();
    let changes = answer["fixes"][0]["changes"].as_array().unwrap();
    assert!(
        changes.iter().any(|change| change["undefined_now"]["ICMP"] == serde_json::json!([[0, 65535]])),
        "{changes:?}"
    );

    // Where rules without ports decide it, everybody else is let through with it, and only that changes.
    let text = fix(&["--profile", "calico", "--pod-cidr", "10.244.0.0/16"]);
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("ICMP")).collect();
    let [line] = lines.as_slice() else { panic!("{text}") };
    assert!(line.starts_with("- shop/web → shop/db  ICMP  (closed)"), "{line}");
}

/// What nobody can change is named, also where it shows only after a change.
#[test]
fn the_own_node_and_a_plugin_without_policies_stand_against_it() {
    let on_node = "
{apiVersion: v1, kind: Node, metadata: {name: n1}, status: {addresses: [{type: InternalIP, address: 192.168.1.1}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: agent, namespace: shop}, spec: {hostNetwork: true, nodeName: n1}, status: {podIP: 192.168.1.1}}
---
{apiVersion: v1, kind: Pod, metadata: {name: app, namespace: shop, labels: {app: app}}, spec: {nodeName: n1}, status: {podIP: 10.244.1.5}}
---
";
    let folder = folder("fix-own-node", &[("pods.yaml", &format!("{on_node}{PODS}"))]);
    let why = |words: &[&str]| {
        let output =
            run(&[&["fix", "-f", folder.to_str().unwrap(), "-o", "json", "--deny", "shop/app"], words].concat());
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        let answer: Value = serde_json::from_str(&stdout(&output)).unwrap();
        let codes = answer["why"].as_array().unwrap().iter().map(|reason| reason["code"].as_str().unwrap().to_owned());
        codes.collect::<Vec<String>>()
    };
    assert_eq!(why(&["shop/agent", "80"]), ["to-own-node", "host-network"]);
    assert_eq!(why(&["shop/db", "80", "--profile", "flannel"]), ["not-enforced"]);
}

/// SCTP that a plugin leaves open keeps nobody from a fix of the rest, and is no tie of priorities.
#[test]
fn what_a_profile_leaves_open_of_sctp_is_said_and_the_rest_is_fixed() {
    let closed = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: db, namespace: shop}, spec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: job}}}]}]}}";
    let folder = folder("fix-sctp", &[("pods.yaml", PODS), ("db.yaml", closed)]);
    let of = |words: &[&str]| {
        stdout(&run(
            &[words, &["-f", folder.to_str().unwrap(), "--profile", "cilium", "--pod-cidr", "10.1.0.0/16"]].concat()
        ))
    };
    let text = of(&["fix", "--allow", "shop/web", "shop/db"]);
    assert!(text.contains("SCTP is not among it: the profile cilium leaves open"), "{text}");
    assert!(text.contains("+ shop/web → shop/db  TCP, UDP  (opened)"), "{text}");
    let text = of(&["check", "shop/job", "shop/db"]);
    assert!(text.contains("the profile cilium leaves it open (sctp: no)") && !text.contains("priority"), "{text}");
}

/// An exception more is put beside those that are there, which stay as they are written.
#[test]
fn exceptions_are_added_and_what_is_there_keeps_its_comments() {
    let block = "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from:
    - ipBlock:
        cidr: 10.0.0.0/8
        except:
        - 10.9.0.0/24   # guests, never
    - ipBlock: {cidr: 10.0.0.0/8, except: [10.8.0.0/24]}   # staff
";
    let pods = PODS.replace("labels: {app: web}}}", "labels: {app: web}}, status: {podIP: 10.244.1.5}}");
    let folder = folder("fix-except", &[("pods.yaml", &pods), ("db.yaml", block)]);
    let path = folder.to_str().unwrap();
    let text = stdout(&run(&["fix", "-f", path, "--pod-cidr", "10.244.0.0/16", "--deny", "shop/web", "shop/db"]));
    assert!(text.contains("\n         - 10.9.0.0/24   # guests, never\n-"), "{text}");
    assert!(
        text.contains("+    - ipBlock: {cidr: 10.0.0.0/8, except: [10.8.0.0/24, 10.244.1.5/32]}   # staff"),
        "{text}"
    );
    // Also where pods are known to get theirs from a range.
    assert!(text.contains("its exceptions are addresses that pods have today"), "{text}");
}

/// What no policy can stop is named, and the others are stopped.
#[test]
fn pods_on_their_nodes_network_are_named_and_the_others_are_stopped() {
    let host = PODS.replace("labels: {app: job}}}", "labels: {app: job}}, spec: {hostNetwork: true}}");
    let folder = folder("fix-hosts", &[("pods.yaml", &host)]);
    let path = folder.to_str().unwrap();
    let output = run(&["fix", "-f", path, "--deny", "*/*", "169.254.169.254", "80"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(
        text.contains("not stopped, for no NetworkPolicy applies to them") && text.contains("no pods): shop/job\n"),
        "{text}"
    );
    let written = run(&["fix", "-f", path, "--deny", "*/*", "169.254.169.254", "80", "--write"]);
    assert_eq!(written.status.code(), Some(0), "{}", stderr(&written));
    assert_eq!(check(&folder, "shop/web", "169.254.169.254", "80"), Some(1));
    // Nothing more can be done, and that is not called done.
    let again = run(&["fix", "-f", path, "--deny", "*/*", "169.254.169.254", "80"]);
    assert_eq!(again.status.code(), Some(1), "{}", stdout(&again));
}

/// Where egress is judged on the Service's own port, that is the port of the reasons and of the fix.
#[test]
fn egress_before_a_service_is_fixed_on_the_services_port() {
    let service = "{apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop}, spec: {clusterIP: 10.96.0.1, selector: {app: db}, ports: [{port: 80, targetPort: 8080}]}}\n---\n";
    let egress = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: web, namespace: shop}, spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 8080}]}]}}";
    let folder = folder("fix-aws", &[("pods.yaml", &format!("{service}{PODS}")), ("web.yaml", egress)]);
    let path = folder.to_str().unwrap();
    let words = ["-f", path, "--profile", "aws-vpc-cni"];
    let text = stdout(&run(&[&["check", "shop/web", "shop/svc/db", "80"], &words[..]].concat()));
    assert!(text.contains("nearest: allows this peer, but on TCP 8080 only"), "{text}");
    let fixed = stdout(&run(&[&["fix", "--allow", "shop/web", "shop/svc/db", "80", "--write"], &words[..]].concat()));
    assert!(fixed.contains("add TCP 80 to spec.egress[0] of shop/web"), "{fixed}");
    let text = stdout(&run(&[&["check", "shop/web", "shop/svc/db", "80"], &words[..]].concat()));
    assert!(text.contains("ALLOW") && text.contains("spec.egress[0].to[0] + ports[1]"), "{text}");
}

/// Where a plugin's blocks and selectors match nothing on a node's network, a rule for everybody does, and
/// whom else it lets in is told.
#[test]
fn what_nothing_but_everybody_means_is_let_in_so() {
    let cluster = "{apiVersion: v1, kind: Node, metadata: {name: n1}, status: {addresses: [{type: InternalIP, address: 192.168.1.1}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: agent, namespace: shop}, spec: {hostNetwork: true, nodeName: n1}, status: {podIP: 192.168.1.1}}
---
{apiVersion: v1, kind: Pod, metadata: {name: app, namespace: shop, labels: {app: app}}, spec: {nodeName: n2}, status: {podIP: 10.244.1.5}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: app, namespace: shop}, spec: {podSelector: {}}}
";
    let folder = folder("fix-cilium-host", &[("all.yaml", cluster)]);
    let fix = |words: &[&str]| {
        let output =
            run(&[&["fix", "-f", folder.to_str().unwrap(), "--allow", "shop/agent", "shop/app", "80"], words].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
        stdout(&output)
    };
    let text = fix(&["--profile", "cilium"]);
    assert!(text.contains("ingress: [{ports: [{protocol: TCP, port: 80}]}]"), "{text}");
    assert!(
        text.contains("more changes than what was asked for") && text.contains("+ world → shop/app  TCP 80"),
        "{text}"
    );
    assert!(fix(&[]).contains("ipBlock: {cidr: 192.168.1.1/32}"), "by default the node's address is enough");
}
