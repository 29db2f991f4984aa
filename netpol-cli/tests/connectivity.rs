//! `netpol test` as its users meet it, and the tests of every example.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn netpol(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netpol"));
    command.args(args).current_dir(root()).env("LANG", "C");
    for name in ["LC_ALL", "LC_MESSAGES", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A folder of its own for a test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("netpol-test-{name}-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&path));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

const CLUSTER: &str = r#"
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {template: {metadata: {labels: {app: web}}}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}}
---
{apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop}, spec: {selector: {app: db}, ports: [{port: 5432}]}}
"#;

const POLICY: &str = r#"
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: 5432}]
"#;

const TESTS: &str = r#"apiVersion: netpol.dev/v1alpha1
kind: ConnectivityTest
metadata:
  name: shop
resources: [../cluster.yaml, ../policies]
tests:
- name: web reaches db
  from: shop/web
  to: shop/db
  ports: 5432
  expect: allow
- name: nothing <else> & "more"
  from: shop/web
  to: shop/db
  exceptPorts: 5432
  expect: deny
"#;

/// Cluster, policies and tests, each where people keep them.
fn shop(name: &str, tests: &str) -> Folder {
    let folder = Folder::new(name);
    folder.write("cluster.yaml", CLUSTER);
    folder.write("policies/db.yaml", POLICY);
    folder.write("tests/shop.yaml", tests);
    folder
}

/// The same with tests in the flow style.
fn shop_with(name: &str, tests: &str) -> Folder {
    let head = TESTS.split("tests:").next().unwrap();
    shop(name, &format!("{head}tests: [{tests}]\n"))
}

/// A test that fails, one about nobody, one that cannot be asked.
const BAD: &str = r#"
- name: anybody, with any labels
  from: {anyPodIn: shop}
  to: shop/db
  ports: 5432
  expect: deny
- name: gone
  from: shop/wbe
  to: shop/db
  expect: deny
"#;

#[test]
fn exit_codes() {
    let good = shop("exit-good", TESTS);
    let bad = shop("exit-bad", &format!("{TESTS}{}", BAD.trim_start()));
    let error = shop("exit-error", &format!("{TESTS}- {{name: e, from: world, to: 8.8.8.8, expect: deny}}\n"));
    let broken = shop("exit-broken", &TESTS.replace("from:", "form:"));
    let empty = Folder::new("exit-empty");
    empty.write("cluster.yaml", CLUSTER);
    for (args, code) in [
        (vec![good.path()], 0),
        (vec![good.path(), "--coverage"], 0),
        (vec![good.path(), "--coverage-min", "100"], 0),
        (vec![good.path(), "--run", "^shop/web"], 0),
        (vec![good.path(), "--list"], 0),
        (vec![good.path(), "--run", "nosuch"], 2),
        (vec![good.path(), "--run", "("], 2),
        (vec![good.path(), "--coverage-min", "101"], 2),
        (vec![good.path(), "-o", "junit"], 0),
        (vec![good.path(), "-o", "csv"], 2),
        (vec![good.path(), "--list", "-o", "json"], 2),
        (vec![good.path(), "--run", "else", "--coverage-min", "100"], 1),
        (vec![bad.path()], 1),
        (vec![bad.path(), "--run", "web reaches"], 0),
        (vec![bad.path(), "--run", "gone"], 1),
        (vec![error.path()], 2),
        (vec![broken.path()], 2),
        (vec![empty.path()], 2),
        (vec!["no/such/folder"], 2),
        (vec!["--init"], 2),
        (vec!["--init", "-f", good.path()], 0),
        (vec![good.path(), "--init"], 2),
        (vec![good.path(), "--export", "netassert"], 0),
    ] {
        let output = netpol(&[&["test"], &args[..]].concat());
        assert_eq!(output.status.code(), Some(code), "{args:?}\n{}{}", stdout(&output), stderr(&output));
    }
}

#[test]
fn a_failing_test_is_seen_as_failing() {
    let folder = shop("failing", &format!("{TESTS}{}", BAD.trim_start()));
    let output = netpol(&["test", folder.path()]);
    let text = stdout(&output);
    for line in [
        "✓ web reaches db",
        "✗ anybody, with any labels  failed",
        "a pod with these labels breaks it: app: web",
        "ALLOW  shop/{app: web} → shop/db  TCP 5432",
        "allowed by a rule: shop/db spec.ingress[0].from[0] + ports[0]",
        "! gone  unmatched",
        "did you mean `shop/web`?",
        "tests: 4; passed: 2; failed: 1; unmatched: 1",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    // With the policy gone, the test that it was for notices.
    std::fs::remove_file(folder.0.join("policies/db.yaml")).unwrap();
    folder.write("policies/none.yaml", "{apiVersion: v1, kind: Namespace, metadata: {name: other}}");
    let output = netpol(&["test", folder.path(), "--run", "else"]);
    assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
    assert!(stdout(&output).contains("expected deny, which 1 of 1 pairs are not"), "{}", stdout(&output));
    // Colours and languages.
    let output = netpol(&["test", folder.path(), "--lang", "zh", "--color", "always"]);
    assert!(stdout(&output).contains("\u{1b}[") && stdout(&output).contains("失败"), "{}", stdout(&output));
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_place() {
    let folder = shop("wrong", &TESTS.replace("expect: deny", "expect: denied").replace("../policies", "../polices"));
    let output = netpol(&["test", folder.path()]);
    let said = stderr(&output);
    assert!(said.contains("tests/shop.yaml:16:11: error: ConnectivityTest shop: tests[1].expect:"), "{said}");
    assert!(said.contains("accepted: allow, deny, undefined") && output.stdout.is_empty(), "{said}");
    let folder = shop("missing", &TESTS.replace("../policies", "../polices"));
    let said = stderr(&netpol(&["test", folder.path()]));
    assert!(said.contains("tests/shop.yaml:5:30: error: ConnectivityTest shop: resources[1]:"), "{said}");
    assert!(said.contains("`../polices`"), "{said}");
    // A mistake in a resource is one of the input.
    let folder = shop("input", TESTS);
    folder.write("policies/db.yaml", &POLICY.replace("5432", "543200"));
    let output = netpol(&["test", folder.path()]);
    assert!(output.status.code() == Some(2) && stderr(&output).contains("543200"), "{}", stderr(&output));
    // Tests that name nothing.
    let folder = Folder::new("nothing");
    let path = folder.write("t.yaml", &TESTS.replace("resources: [../cluster.yaml, ../policies]\n", ""));
    let said = stderr(&netpol(&["test", &path]));
    assert!(said.contains("t.yaml:1:1: error:") && said.contains("name no resources"), "{said}");
}

#[test]
fn a_document_with_a_bad_manifest_leaves_the_others_their_results() {
    let folder = shop("one-bad", TESTS);
    folder.write("bad.yaml", &POLICY.replace("5432", "543200"));
    let resources = |paths: &str, name: &str| {
        TESTS.replace("[../cluster.yaml, ../policies]", paths).replace("name: shop\n", &format!("name: {name}\n"))
    };
    folder.write("tests/bad.yaml", &resources("[../cluster.yaml, ../bad.yaml]", "broken"));
    folder.write("tests/gone.yaml", &resources("[../cluster.yaml, ../gone]", "gone"));
    let run = |form: &str| {
        let output = netpol(&["test", folder.path(), "-o", form]);
        assert_eq!(output.status.code(), Some(2), "{form}");
        let said = stderr(&output);
        assert!(said.contains("543200") && said.contains("`../gone`"), "{said}");
        stdout(&output)
    };
    let text = run("text");
    assert!(text.contains("✓ web reaches db") && text.contains("! web reaches db  error"), "{text}");
    assert!(text.contains("543200") && text.contains("tests: 6; passed: 2; with errors: 4"), "{text}");
    let junit = run("junit");
    let document = roxmltree::Document::parse(&junit).unwrap();
    check_junit(document.root_element());
    let errors: Vec<_> = document.descendants().filter(|node| node.has_tag_name("error")).collect();
    assert_eq!(errors.len(), 4, "{junit}");
    assert!(errors[0].attribute("message").unwrap().contains("543200"), "{junit}");
    let counts = ["tests", "failures", "errors"].map(|name| document.root_element().attribute(name).unwrap());
    assert_eq!(counts, ["6", "0", "4"]);
    let github = run("github");
    assert_eq!(github.lines().filter(|line| line.starts_with("::error ") && line.contains("543200")).count(), 2);
    let report: Value = serde_json::from_str(&run("json")).unwrap();
    assert_valid(&validator("netpol.test.v1"), &report, "a bad manifest");
    let rows: Vec<(&str, usize)> = report["suites"]
        .as_array()
        .unwrap()
        .iter()
        .map(|suite| (suite["name"].as_str().unwrap(), suite["diagnostics"].as_array().map_or(0, Vec::len)))
        .collect();
    assert_eq!(rows, [("broken", 1), ("gone", 1), ("shop", 0)]);
    assert_eq!(report["suites"][0]["diagnostics"][0]["code"], "invalid-port-number");
    // What the command line names is nobody's own: no document can be asked.
    let bad = folder.0.join("bad.yaml");
    let output = netpol(&["test", folder.path(), "-f", bad.to_str().unwrap()]);
    assert!(output.status.code() == Some(2) && output.stdout.is_empty(), "{}", stdout(&output));
}

#[test]
fn tests_beside_their_objects_and_on_another_cluster() {
    let folder = Folder::new("beside");
    let tests = TESTS.replace("resources: [../cluster.yaml, ../policies]\n", "");
    folder.write("all.yaml", &format!("{CLUSTER}---{POLICY}---\n{tests}"));
    let output = netpol(&["test", folder.path()]);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    // By standard input, the same.
    let mut child = Command::new(env!("CARGO_BIN_EXE_netpol"))
        .args(["test", "-"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let text = std::fs::read(folder.0.join("all.yaml")).unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), &text).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && stdout(&output).contains("passed: 2"), "{}", stdout(&output));
    // The same tests on a cluster without the policy.
    let live = folder.write("live/cluster.yaml", CLUSTER);
    let tests = folder.write("tests/t.yaml", &tests);
    let output = netpol(&["test", "-f", &live, &tests]);
    assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
    assert!(stdout(&output).contains("✗ nothing <else>"), "{}", stdout(&output));
}

#[test]
fn a_file_that_says_it_has_tests_is_never_passed_over() {
    let passing = "{name: a, from: shop/web, to: shop/db, ports: 80, expect: deny}";
    let folder = shop_with("passed-over", passing);
    let good = netpol(&["test", folder.path()]);
    assert_eq!(good.status.code(), Some(0), "{}", stderr(&good));
    let test = |first: &str| {
        let rest = "kind: ConnectivityTest\nmetadata: {name: b}\nresources: [cluster.yaml]\n";
        format!("{first}{rest}tests: [{passing}]\n")
    };
    let plain = test("apiVersion: netpol.dev/v1alpha1\n");
    let sixteen = |unit: fn(u16) -> [u8; 2]| plain.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
    let marked = [b"\xff\xfe", plain.as_bytes()].concat();
    for (bytes, said) in [
        (
            test("").into_bytes(),
            "b.yaml:1:1: error: ConnectivityTest has no `apiVersion`; accepted: netpol.dev/v1alpha1",
        ),
        (
            test("# ours\napiVersion: v1alpha1\n").into_bytes(),
            "b.yaml:2:13: error: apiVersion: there is no ConnectivityTest in `v1alpha1`",
        ),
        (
            test("apiVersion: netpol.de/v1alpha1\n").into_bytes(),
            "b.yaml:1:13: error: apiVersion: there is no ConnectivityTest in",
        ),
        (plain.replace("Test", "Tests").into_bytes(), "b.yaml:2:7: error: kind: there is no ConnectivityTests in"),
        (sixteen(u16::to_le_bytes), "b.yaml:1:2: error: byte 0x00 is no text in UTF-8; save the file as UTF-8"),
        (sixteen(u16::to_be_bytes), "b.yaml:1:1: error: byte 0x00 is no text in UTF-8"),
        (marked, "b.yaml:1:1: error: byte 0xff is no text in UTF-8"),
    ] {
        std::fs::write(folder.0.join("b.yaml"), &bytes).unwrap();
        let output = netpol(&["test", folder.path()]);
        assert_eq!(output.status.code(), Some(2), "{}", stdout(&output));
        assert!(stderr(&output).contains(said), "{said}\n{}", stderr(&output));
    }
    // UTF-16 with its mark is read, and a kind of that name of somebody else is theirs.
    let folder = shop_with("not-passed-over", passing);
    std::fs::write(folder.0.join("b.yaml"), [b"\xff\xfe".to_vec(), sixteen(u16::to_le_bytes)].concat()).unwrap();
    let output = netpol(&["test", folder.path(), "--list"]);
    assert!(stdout(&output).contains("b/a  "), "{}", stdout(&output));
    folder.write("b.yaml", &test("apiVersion: networkmanagement.example.com/v1\n"));
    assert_eq!(netpol(&["test", folder.path()]).status.code(), Some(0));
}

#[test]
fn manifests_in_another_encoding_are_an_error() {
    let folder = Folder::new("encoding");
    let sixteen: Vec<u8> = CLUSTER.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [sixteen, [b"\xff\xfe", CLUSTER.as_bytes()].concat()] {
        std::fs::write(folder.0.join("a.yaml"), &bytes).unwrap();
        let output = netpol(&["lint", "-f", folder.path()]);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("is no text in UTF-8; save the file as UTF-8"), "{}", stderr(&output));
    }
}

#[test]
fn of_a_file_that_is_no_manifest_nothing_is_shown() {
    let folder = Folder::new("secret");
    folder.write("passwd", "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1\n");
    let head = TESTS.split("resources:").next().unwrap();
    let test = "resources: [passwd]\ntests: [{name: a, from: a, to: b, expect: deny}]\n";
    let path = folder.write("t.yaml", &format!("{head}{test}"));
    for more in [&[][..], &["-v"], &["--lang", "zh"]] {
        let output = netpol(&[&["test", &path][..], more].concat());
        assert_eq!(output.status.code(), Some(2));
        let said = stdout(&output) + &stderr(&output);
        assert!(said.contains("passwd:1:1: ") && !said.contains("root") && !said.contains("daemon"), "{said}");
    }
}

#[test]
fn what_decides_otherwise_is_said_as_it_is() {
    let folder = shop_with(
        "decided",
        "{name: other, from: shop/web, to: shop/db, ports: 80, expect: deny, decidedBy: shop/open}, \
         {name: nobody, from: shop/db, to: world, expect: allow, decidedBy: db}, \
         {name: both, from: shop/web, to: shop/db, ports: 80, expect: allow, decidedBy: db}, \
         {name: no such, from: shop/db, to: shop/web, expect: allow, decidedBy: shop/dbs}, \
         {name: no field, from: shop/web, to: shop/db, expect: deny, decidedBy: {policy: shop/db, field: 'spec.ingress[7]'}}",
    );
    let open = "spec: {podSelector: {matchLabels: {app: web}}, ingress: [{}]}\n";
    let head = POLICY.replace("name: db", "name: open");
    folder.write("policies/open.yaml", &format!("{}{open}", head.split("spec:").next().unwrap()));
    let text = stdout(&netpol(&["test", folder.path()]));
    for sentence in [
        "80: deny as expected, but not decided by shop/open: decided by shop/db spec.podSelector (1 of 1 pairs fail)",
        "any: allow as expected, but not decided by db: no policy decides it (1 of 1 pairs fail)",
        "80: expected allow, decided by db, which 1 of 1 pairs are not, such as",
        "no policy `shop/dbs` in the input; did you mean `shop/db`?\n",
        "no field spec.ingress[7] of shop/db can decide; those that can: spec.ingress[0].from[0], spec.ingress[0].ports[0], spec.podSelector",
    ] {
        assert!(text.contains(sentence), "{sentence}\n{text}");
    }
    let junit = stdout(&netpol(&["test", folder.path(), "-o", "junit", "--lang", "zh"]));
    assert!(junit.contains("拒绝，符合预期，但不是由 shop/open 决定，而是由 shop/db spec.podSelector 决定"), "{junit}");
    assert!(!junit.contains("预期拒绝；1 对中有 1 对不符"), "{junit}");
}

#[test]
fn ports_that_are_all_left_out_are_an_error() {
    for ports in
        ["ports: 5432, exceptPorts: 5432", "ports: [80, 443], exceptPorts: 1-65535", "exceptPorts: [tcp, udp, sctp]"]
    {
        let folder = shop_with("no-ports", &format!("{{name: a, from: shop/web, to: shop/db, {ports}, expect: deny}}"));
        let output = netpol(&["test", folder.path()]);
        assert_eq!(output.status.code(), Some(2), "{}", stdout(&output));
        let said = stderr(&output);
        assert!(said.contains("tests[0].exceptPorts: `") && said.contains("leaves out every port of `"), "{said}");
    }
}

#[test]
fn the_profile_is_that_of_the_file_unless_the_command_line_says_another() {
    let tests = TESTS.replace("resources:", "profile: flannel\nprofileSettings: {enforced: yes}\nresources:");
    let folder = shop("profile", &tests);
    let profile = |args: &[&str]| {
        let output = netpol(&[&["test", folder.path(), "-o", "json"], args].concat());
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        (report["suites"][0]["profile"].as_str().unwrap().to_owned(), output.status.code())
    };
    assert_eq!(profile(&[]), ("flannel".to_owned(), Some(0)));
    // Flannel alone enforces nothing.
    assert_eq!(profile(&["--profile", "flannel"]), ("flannel".to_owned(), Some(1)));
    assert_eq!(profile(&["--profile", "calico"]), ("calico".to_owned(), Some(0)));
}

fn validator(name: &str) -> jsonschema::Validator {
    let schema = std::fs::read(root().join(format!("schemas/{name}.schema.json"))).unwrap();
    jsonschema::validator_for(&serde_json::from_slice(&schema).unwrap()).unwrap()
}

fn assert_valid(validator: &jsonschema::Validator, value: &Value, what: &str) {
    let errors: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{what}: {errors:#?}\n{value:#}");
}

#[test]
fn the_json_holds_to_its_schema_and_the_yaml_says_the_same() {
    let validator = validator("netpol.test.v1");
    let bad = "- {name: e, from: world, to: 8.8.8.8, expect: deny}\n- {name: d, from: shop/web, to: shop/db, ports: 5432, expect: {egress: allow}, decidedBy: {policy: netpol/shop/db, field: spec.podSelector}}\n";
    let folder = shop("schema", &format!("{TESTS}{}{bad}", BAD.trim_start()));
    for more in [&[][..], &["--coverage"], &["--run", "web"]] {
        let args = [&["test", folder.path(), "-o"][..], &["json"], more].concat();
        let value: Value = serde_json::from_slice(&netpol(&args).stdout).unwrap();
        assert_valid(&validator, &value, &format!("{args:?}"));
        let yaml = netpol(&[&["test", folder.path(), "-o", "yaml"][..], more].concat());
        assert_eq!(serde_yaml::from_slice::<Value>(&yaml.stdout).unwrap(), value, "{args:?}");
    }
    assert!(!validator.is_valid(&serde_json::json!({"schema": "netpol.test/v1"})));
    let output = netpol(&["test", folder.path(), "-o", "json"]);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let outcomes: Vec<&str> =
        value["suites"][0]["tests"].as_array().unwrap().iter().map(|t| t["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["passed", "passed", "failed", "unmatched", "error", "failed"]);
    assert_eq!(value["suites"][0]["tests"][2]["witness"]["labels"], serde_json::json!({"app": "web"}));
    assert_eq!(value["suites"][0]["tests"][5]["witness"]["missing"][0]["policy"], "db");
}

#[test]
fn the_schema_of_the_files_takes_what_is_read_and_nothing_else() {
    let validator = validator("netpol.dev.connectivitytest.v1alpha1");
    let mut files = Vec::new();
    example_tests(&root().join("examples"), &mut files);
    for file in &files {
        let value: Value = serde_yaml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        assert_valid(&validator, &value, &file.display().to_string());
    }
    let wide = "{name: a, from: [shop/web, {anyPodIn: shop}, {namespace: a, podSelector: {matchExpressions: [{key: k, operator: Exists}]}}, {namespaceSelector: {}}], to: {world: {except: [10.0.0.0/8]}}, ports: [80, 53/udp], exceptPorts: 80, expect: {egress: deny}, decidedBy: [db, {policy: shop/db, field: 'spec.ingress[0]'}]}";
    let document = |test: &str| {
        format!(
            "{{apiVersion: netpol.dev/v1alpha1, kind: ConnectivityTest, metadata: {{name: t}}, namespace: a, profile: cilium, profileSettings: {{policy-cidr-match-mode: pods}}, resources: [{CLUSTER_NAME}], tests: [{test}]}}"
        )
    };
    // What the reader takes, the schema takes; what one refuses, so does the other.
    let folder = Folder::new("file-schema");
    folder.write(CLUSTER_NAME, CLUSTER);
    let simple = |fields: &str| format!("{{name: a, from: shop/web, to: shop/db{fields}}}");
    for (test, good) in [
        (wide.to_owned(), true),
        (simple(", expect: deny"), true),
        (simple(", expect: no"), false),
        (simple(", expect: {}"), false),
        (simple(""), false),
        (simple(", expect: deny, port: 80"), false),
        (simple(", expect: deny, ports: {a: 1}"), false),
        (simple(", expect: deny, decidedBy: {field: spec}"), false),
        (simple(", expect: deny, decidedBy: {policy: a, field: ingress}"), false),
        (simple(", expect: deny, decidedBy: {policy: a, field: 'spec.ingress['}"), false),
        (simple(", expect: deny, decidedBy: {policy: a, field: 'spec.ingress[0].to[0]'}"), false),
        (simple(", expect: deny, decidedBy: {policy: a, field: 'spec.egress[0].protocols[1]'}"), true),
        (simple(", expect: deny, decidedBy: []"), false),
        (wide.replace("except: [10.0.0.0/8]", "within: []"), false),
        (simple(", expect: deny, ports: 0"), false),
        (simple(", expect: deny, ports: [80, 65536]"), false),
        (simple(", expect: deny, ports: '80,0/udp'"), false),
        (simple(", expect: deny, ports: 8000-70000/tcp"), false),
        (simple(", expect: deny, ports: 65535/udp"), true),
        (simple(", expect: deny, ports: ['1-65535', pg, any]"), false),
        (simple(", expect: deny, ports: ['1-65535', 30000]"), true),
        (simple(", expect: deny, ports: [pg]"), true),
        (simple(", expect: deny, ports: [80, udp, '90,91/udp']"), true),
        (simple(", expect: deny, ports: 1000-2000, exceptPorts: 0"), false),
        (simple(", expect: deny, exceptPorts: [pg]"), false),
        (simple(", expect: deny, exceptPorts: any"), false),
        (simple(", expect: deny, exceptPorts: [icmp, 80]"), true),
        (wide.replace("anyPodIn: shop", "anyPodIn: shop, namespace: a"), false),
        (wide.replace("{world: {except: [10.0.0.0/8]}}", "{anyPodIn: shop}"), false),
        (wide.replace("{namespaceSelector: {}}", "{namespaceSelector: {}, namespace: a}"), false),
        (wide.replace("{namespaceSelector: {}}", "{}"), false),
    ] {
        let text = document(&test);
        let value: Value = serde_yaml::from_str(&text).unwrap();
        assert_eq!(validator.is_valid(&value), good, "the schema: {test}");
        let path = folder.write("t.yaml", &text);
        let output = netpol(&["test", &path, "--list"]);
        assert_eq!(output.status.code() == Some(0), good, "the reader: {test}\n{}", stderr(&output));
    }
}

const CLUSTER_NAME: &str = "cluster.yaml";

/// An element of JUnit reports, as CI servers take it: what it may hold, which attributes it must have,
/// and which it may have.
struct Element {
    name: &'static str,
    children: &'static [&'static str],
    required: &'static [&'static str],
    optional: &'static [&'static str],
}

const JUNIT: [Element; 5] = [
    Element {
        name: "testsuites",
        children: &["testsuite"],
        required: &["name", "tests", "failures", "errors"],
        optional: &[],
    },
    Element {
        name: "testsuite",
        children: &["testcase"],
        required: &["name", "tests", "failures", "errors", "skipped"],
        optional: &["file"],
    },
    Element {
        name: "testcase",
        children: &["failure", "error"],
        required: &["name", "classname"],
        optional: &["file", "line"],
    },
    Element { name: "failure", children: &[], required: &["type", "message"], optional: &[] },
    Element { name: "error", children: &[], required: &["type", "message"], optional: &[] },
];

fn check_junit(node: roxmltree::Node<'_, '_>) {
    let name = node.tag_name().name();
    let known = JUNIT.iter().find(|element| element.name == name).unwrap_or_else(|| panic!("<{name}>"));
    let Element { children, required, optional, .. } = known;
    let attributes: Vec<&str> = node.attributes().map(|attribute| attribute.name()).collect();
    assert!(required.iter().all(|wanted| attributes.contains(wanted)), "<{name}> {attributes:?}");
    assert!(attributes.iter().all(|a| required.contains(a) || optional.contains(a)), "<{name}> {attributes:?}");
    for child in node.children().filter(roxmltree::Node::is_element) {
        assert!(children.contains(&child.tag_name().name()), "<{name}> holds <{}>", child.tag_name().name());
        check_junit(child);
    }
    if matches!(name, "testsuites" | "testsuite") {
        let cases = || node.descendants().filter(|node| node.has_tag_name("testcase"));
        let with = |tag: &str| cases().filter(|c| c.children().any(|n| n.has_tag_name(tag))).count().to_string();
        assert_eq!(node.attribute("tests"), Some(&*cases().count().to_string()));
        assert_eq!(node.attribute("failures"), Some(&*with("failure")));
        assert_eq!(node.attribute("errors"), Some(&*with("error")));
    }
}

#[test]
fn junit_is_what_ci_servers_read() {
    let folder =
        shop("junit", &format!("{TESTS}{}- {{name: e, from: world, to: 8.8.8.8, expect: deny}}\n", BAD.trim_start()));
    for lang in ["en", "zh"] {
        let text = stdout(&netpol(&["test", folder.path(), "-o", "junit", "--lang", lang, "--color", "always"]));
        assert!(!text.contains('\u{1b}'), "{text}");
        let document = roxmltree::Document::parse(&text).unwrap();
        let suites = document.root_element();
        assert!(suites.has_tag_name("testsuites"));
        check_junit(suites);
        let counts = ["tests", "failures", "errors"].map(|name| suites.attribute(name).unwrap());
        assert_eq!(counts, ["5", "2", "1"]);
        let named = |name: &str| suites.descendants().find(|node| node.attribute("name") == Some(name)).unwrap();
        assert_eq!(named("nothing <else> & \"more\"").attribute("classname"), Some("shop"));
        let failure = named("anybody, with any labels").first_element_child().unwrap();
        assert!(failure.text().unwrap().contains("spec.ingress[0].from[0]"), "{text}");
        assert_eq!(named("gone").first_element_child().unwrap().attribute("type"), Some("unmatched"));
    }
}

#[test]
fn annotations_of_github_name_file_and_line() {
    let folder = shop("github", &format!("{TESTS}{}", BAD.trim_start()));
    let text = stdout(&netpol(&["test", folder.path(), "-o", "github"]));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    let place = format!("::error file={}/tests/shop.yaml,line=17,col=3,title=", folder.path());
    assert!(lines[0].starts_with(&format!("{place}shop/anybody%2C with any labels%3A failed::")), "{text}");
    assert!(lines[0].contains("%0A") && lines[0].contains("spec.ingress[0].from[0]"), "{text}");
    assert!(lines[1].contains("title=shop/gone%3A unmatched::"), "{text}");
    assert_eq!(lines[2], "tests: 4; passed: 2; failed: 1; unmatched: 1");
}

#[test]
fn a_failure_names_the_part_of_the_outside_that_is_not_as_expected() {
    let office =
        "spec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}]}";
    let head = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: db, namespace: shop}\n";
    let row = |name: &str, policy: &str, expect: &str| {
        let test = format!("{{name: outside, from: world, to: shop/db, ports: 5432, expect: {expect}}}");
        let folder = shop_with(&format!("outside-{name}"), &test);
        folder.write("policies/db.yaml", &format!("{head}{policy}\n"));
        let found = ["text", "json", "junit", "github"]
            .map(|form| stdout(&netpol(&["test", folder.path(), "-o", form])).replace("&gt;", ">"));
        // The words are those of `check` for that part.
        let check = stdout(&netpol(&["check", "-f", folder.path(), "world", "shop/db", "5432"]));
        let mut heads = check.lines().map(|line| line.trim_start_matches("1. ").trim_start_matches("2. "));
        let other = if expect == "deny" { "ALLOW" } else { "DENY" };
        let head = heads.find(|line| line.starts_with(other)).unwrap();
        assert!(found[0].contains(head), "{head}\n{}", found[0]);
        found
    };
    let [text, json, junit, github] = row("office", office, "deny");
    for said in [&text, &junit, &github] {
        assert!(said.contains("ALLOW  203.0.113.0/24 → shop/db  TCP 5432"), "{said}");
        assert!(!said.contains("ALLOW  world"), "{said}");
    }
    let report: Value = serde_json::from_str(&json).unwrap();
    let parts = report["suites"][0]["tests"][0]["witness"]["answer"]["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 1, "{json}");
    assert_eq!(parts[0]["from"][0]["cidrs"], serde_json::json!(["203.0.113.0/24"]));
    // The other way round it is all but these.
    let [text, _, junit, github] = row("rest", office, "allow");
    for said in [&text, &junit, &github] {
        assert!(said.contains("DENY  world (IPv4) except 203.0.113.0/24, world (IPv6) →"), "{said}");
    }
    // One family of two.
    let family = office.replace("203.0.113.0/24", "0.0.0.0/0");
    let [text, _, junit, github] = row("family", &family, "deny");
    for said in [&text, &junit, &github] {
        assert!(said.contains("ALLOW  world (IPv4) →"), "{said}");
    }
    // All of it is all of it.
    let [text, ..] = row("all", "spec: {podSelector: {matchLabels: {app: db}}, ingress: [{}]}", "deny");
    assert!(text.contains("ALLOW  world →"), "{text}");
}

#[test]
fn tests_are_listed_and_selected() {
    let folder = shop("list", TESTS);
    let text = stdout(&netpol(&["test", folder.path(), "--list"]));
    assert!(text.starts_with("shop/web reaches db  ") && text.lines().count() == 2, "{text}");
    assert!(text.contains("tests/shop.yaml:7"), "{text}");
    let text = stdout(&netpol(&["test", folder.path(), "--list", "--run", "else"]));
    assert!(text.starts_with("shop/nothing <else>") && text.lines().count() == 1, "{text}");
    let text = stdout(&netpol(&["test", folder.path(), "-v"]));
    assert!(text.contains("shop/web → shop/db  5432: allow; pairs: 1"), "{text}");
}

#[test]
fn coverage_says_what_no_test_depends_on() {
    let folder = shop("coverage", TESTS);
    let output = netpol(&["test", folder.path(), "--run", "else", "--coverage", "--coverage-min", "60"]);
    let text = stdout(&output);
    assert!(
        text.contains("coverage  25%: policies 1/1 (100%), rules 0/1 (0%), peers 0/1 (0%), ports 0/1 (0%)"),
        "{text}"
    );
    assert!(text.contains("no test would miss shop/db spec.ingress[0]  "), "{text}");
    assert!(output.status.code() == Some(1) && stderr(&output).contains("25%"), "{}", stderr(&output));
    let text = stdout(&netpol(&["test", folder.path(), "--coverage"]));
    assert!(text.contains("coverage  100%") && text.contains("would be missed by some test"), "{text}");
    // The same files under another profile are the same policies.
    let other = TESTS.replace("name: shop\n", "name: other\n").replace("resources:", "profile: calico\nresources:");
    folder.write("tests/other.yaml", &other);
    let text = stdout(&netpol(&["test", folder.path(), "--run", "shop/nothing|other/web", "--coverage"]));
    assert!(text.contains("coverage  100%: policies 1/1 (100%)"), "{text}");
}

#[test]
fn what_init_writes_passes() {
    let mut folders = Vec::new();
    example_tests(&root().join("examples"), &mut folders);
    let folder = Folder::new("init");
    for example in folders.iter().map(|file| file.parent().unwrap()) {
        let output = netpol(&["test", "--init", "-f", example.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0), "{}: {}", example.display(), stderr(&output));
        let path = folder.write("today.yaml", &stdout(&output));
        let output = netpol(&["test", "-f", example.to_str().unwrap(), &path]);
        assert_eq!(output.status.code(), Some(0), "{}: {}", example.display(), stdout(&output));
    }
    // As it is written, with the paths as they were given.
    let shop = shop("init-shop", TESTS);
    let cluster = format!("{}/cluster.yaml", shop.path());
    let text = stdout(&netpol(&["test", "--init", "-f", &cluster, "-f", &format!("{}/policies", shop.path())]));
    assert!(text.contains("- name: shop/web may reach shop/db on 5432\n  from: shop/web\n  to: shop/db\n  ports: 5432\n  expect: allow\n"), "{text}");
    let path = shop.write("today.yaml", &text);
    let output = netpol(&["test", &path]);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
}

#[test]
fn netassert_gets_what_it_can_express() {
    let more = "- {name: any, from: {anyPodIn: shop}, to: shop/db, expect: deny}\n- {name: outside, from: shop/web, to: world, ports: 443, expect: allow}\n- {name: dns, from: shop/web, to: 203.0.113.9, ports: '443,53/udp', expect: allow}\n- {name: service, from: shop/web, to: shop/svc/db, ports: 5432, expect: allow}\n- {name: closed, from: shop/db, to: shop/web, ports: 80, expect: deny, decidedBy: shop/db}\n- {name: open, from: shop/db, to: shop/web, ports: 80, expect: undefined}\n- {name: named, from: shop/db, to: shop/api, ports: http, expect: allow}\n- {name: left, from: shop/db, to: shop/web, ports: '80,443', exceptPorts: 443, expect: allow}\n- {name: two, from: shop/db, to: [shop/api, shop/www], ports: http, expect: allow}\n- {name: service port, from: shop/web, to: shop/svc/api, ports: web, expect: allow}\n";
    let folder = shop("netassert", &format!("{TESTS}{more}"));
    let pod = |name: &str, port: u16| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: shop, labels: {{app: {name}}}}}, spec: {{containers: [{{name: a, ports: [{{name: http, containerPort: {port}}}]}}]}}}}\n---\n"
        )
    };
    let service = "{apiVersion: v1, kind: Service, metadata: {name: api, namespace: shop}, spec: {selector: {app: api}, ports: [{name: web, port: 80, targetPort: http}]}}\n";
    folder.write("policies/more.yaml", &format!("{}{}{service}", pod("api", 8080), pod("www", 80)));
    let output = netpol(&["test", folder.path(), "--export", "netassert"]);
    let said = stderr(&output);
    let entries: Vec<Value> = serde_yaml::from_slice(&output.stdout).unwrap();
    let rows: Vec<(String, u64, i64, String)> = entries
        .iter()
        .map(|entry| {
            assert_eq!(
                (&entry["type"], &entry["attempts"], &entry["timeoutSeconds"]),
                (&"k8s".into(), &3.into(), &15.into())
            );
            let end = |end: &Value| match end.get("host") {
                Some(host) => host["name"].as_str().unwrap().to_owned(),
                None => {
                    let of = |field: &str| end["k8sResource"][field].as_str().unwrap().to_owned();
                    format!("{}/{}/{}", of("namespace"), of("kind"), of("name"))
                }
            };
            let ends = format!("{} > {}", end(&entry["src"]), end(&entry["dst"]));
            let protocol = entry["protocol"].as_str().unwrap().to_owned();
            (ends, entry["targetPort"].as_u64().unwrap(), entry["exitCode"].as_i64().unwrap(), protocol)
        })
        .collect();
    let row = |ends: &str, port, exit| (ends.to_owned(), port, exit, "tcp".to_owned());
    assert_eq!(
        rows,
        [
            row("shop/deployment/web > shop/pod/db", 5432, 0),
            row("shop/deployment/web > 203.0.113.9", 443, 0),
            row("shop/deployment/web > db.shop.svc", 5432, 0),
            row("shop/pod/db > shop/deployment/web", 80, 1),
            row("shop/pod/db > shop/pod/api", 8080, 0),
            row("shop/pod/db > shop/deployment/web", 80, 0),
            row("shop/deployment/web > api.shop.svc", 80, 0),
        ]
    );
    let names: std::collections::BTreeSet<&str> = entries.iter().map(|e| e["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), entries.len());
    for (test, why) in [
        ("any", "pods that could exist"),
        ("outside", "no such end"),
        ("dns", "over UDP for pods only"),
        ("closed", "decidedBy"),
        ("open", "nothing else"),
        ("nothing <else> & \"more\"", "single ports"),
        ("two", "single ports"),
    ] {
        assert!(
            said.lines().any(|line| line.contains(&format!("shop/{test}: ")) && line.contains(why)),
            "{test}\n{said}"
        );
    }
    assert!(!said.contains("web reaches db"), "{said}");
}

#[test]
fn where_nothing_is_left_for_netassert_that_is_an_error_with_its_reasons() {
    let folder = shop_with(
        "netassert-nothing",
        "{name: outside, from: world, to: shop/db, ports: 5432, expect: deny}, \
         {name: misnamed, from: shop/web, to: shop/db, ports: postgres, expect: allow}, \
         {name: service, from: shop/web, to: shop/svc/db, ports: 80, expect: allow}, \
         {name: own, from: shop/deploy/web, to: shop/deploy/web, ports: 80, expect: allow}, \
         {name: itself, from: shop/db, to: shop/db, ports: 80, expect: allow}",
    );
    let output = netpol(&["test", folder.path(), "--export", "netassert"]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(output.stdout.is_empty(), "{}", stdout(&output));
    for (test, why) in [
        ("outside", "no such end"),
        ("misnamed", "postgres"),
        ("service", "shop/db"),
        ("own", "two of the same: shop/deployment/web"),
        ("itself", "no pair but pods with themselves"),
    ] {
        let line = said.lines().find(|line| line.contains(&format!("shop/{test}: ")));
        assert!(line.is_some_and(|line| line.contains(why) && !line.contains("single ports")), "{test}\n{said}");
    }
    assert!(said.lines().last().unwrap().contains("error: nothing is left to export"), "{said}");
}

/// Every test file of the examples.
fn example_tests(path: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            let tests = entry.join("tests.yaml");
            assert!(tests.exists() || !entry.join("cluster.yaml").exists(), "no tests in {}", entry.display());
            out.extend(tests.exists().then_some(tests));
            example_tests(&entry, out);
        }
    }
}

#[test]
fn every_example_has_tests_and_they_pass() {
    let output = netpol(&["test", "examples", "-o", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&netpol(&["test", "examples"])));
    let mut files = Vec::new();
    example_tests(&root().join("examples"), &mut files);
    let suites = report["suites"].as_array().unwrap();
    assert_eq!(suites.len(), files.len());
    assert!(suites.iter().all(|suite| suite["tests"].as_array().is_some_and(|tests| tests.len() > 1)));
    // Each depends on the policies of its example: without them, something fails.
    for file in &files {
        let folder = file.parent().unwrap();
        let cluster = folder.join("cluster.yaml");
        let output = netpol(&["test", "-f", cluster.to_str().unwrap(), file.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1), "{}", folder.display());
    }
}

#[test]
fn a_chinese_report_has_chinese_sentences() {
    let folder = shop_with(
        "chinese",
        "{name: any, from: {anyPodIn: shop}, to: shop/db, ports: 5432, expect: deny}, \
         {name: out, from: shop/web, to: shop/db, ports: 80, expect: {egress: deny, ingress: allow}}, \
         {name: open, from: shop/web, to: shop/db, ports: 80, expect: undefined}",
    );
    let text = stdout(&netpol(&["test", folder.path(), "--lang", "zh"]));
    for sentence in [
        "{anyPodIn: shop} → shop/db  5432: 预期拒绝；",
        "shop/web → shop/db  80: 预期出站拒绝, 入站允许；",
        "shop/web → shop/db  80: 预期未定义；",
    ] {
        assert!(text.contains(sentence), "{sentence}\n{text}");
    }
    for fragment in ["any pod", "expected", " allow", " deny", "egress  ", "ingress  ", "undefined"] {
        assert!(!text.contains(fragment), "{fragment}\n{text}");
    }
    // What is accepted in a test file is told in the language too.
    let wrong =
        shop_with("chinese-wrong", "{name: a, from: '', to: shop/db, expect: deny, ports: 0, decidedBy: a/b/c}");
    let said = stderr(&netpol(&["test", wrong.path(), "--lang", "zh"]));
    for sentence in ["可用：与 netpol check 相同的对端", "可用：80（TCP）、53/udp", "可用：NAME、NAMESPACE/NAME"]
    {
        assert!(said.contains(sentence), "{sentence}\n{said}");
    }
}

#[test]
#[cfg(unix)]
fn a_resource_that_is_neither_file_nor_folder_is_refused() {
    let folder = shop("device", &TESTS.replace("../policies", "/dev/zero"));
    let output = netpol(&["test", folder.path()]);
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(said.contains("resources[1]: there is no file or folder `/dev/zero`"), "{said}");
}

#[test]
fn where_there_is_no_namespace_none_is_listed() {
    let folder = Folder::new("no-namespace");
    let path = folder.write(
        "t.yaml",
        "apiVersion: netpol.dev/v1alpha1\nkind: ConnectivityTest\nmetadata: {name: t}\n\
         tests: [{name: a, from: shop/a, to: shop/b, expect: deny}]\n\
         ---\n{apiVersion: v1, kind: Node, metadata: {name: node-1}}\n",
    );
    let output = netpol(&["test", &path]);
    let text = stdout(&output);
    assert!(text.contains("there is no namespace `shop` in the input\n"), "{text}{}", stderr(&output));
}
