//! Reading: one set of objects in every dress that it comes in, places of what is wrong, and our
//! YAML against another library's.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "oracle/cluster.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, reason = "the oracle is a program of its own")]
mod cluster;
#[path = "oracle/manifests.rs"]
#[allow(missing_docs, unreachable_pub, reason = "the oracle is a program of its own")]
mod manifests;
#[path = "oracle/options.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, reason = "the oracle is a program of its own")]
mod options;
#[path = "oracle/random.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, reason = "the oracle is a program of its own")]
mod random;

use netpol_core::diagnostic::Severity;
use netpol_core::{Analysis, Inputs, Profile, ReadOptions, Snapshot, read};
use proptest::test_runner::{Config, TestRunner};
use serde::Deserialize as _;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn load_bytes(name: &str, bytes: &[u8]) -> Snapshot {
    let mut inputs = Inputs::default();
    inputs.push_bytes(name, bytes.to_vec()).unwrap();
    read(&inputs, &ReadOptions::default())
}

fn load(name: &str, text: &str) -> Snapshot {
    load_bytes(name, text.as_bytes())
}

/// `code line:column field` of every finding; warnings are marked.
fn findings(snapshot: &Snapshot) -> Vec<String> {
    let one = |d: &netpol_core::diagnostic::Diagnostic| {
        let mark = if d.severity == Severity::Error { "" } else { "warning " };
        let place = d.place.as_ref().map_or("-".to_owned(), |p| format!("{}:{}", p.span.line, p.span.column));
        format!("{mark}{} {place} {}", d.code.code(), d.field.as_deref().unwrap_or_default()).trim_end().to_owned()
    };
    snapshot.report().diagnostics.iter().map(one).collect()
}

fn found(name: &str, text: &str) -> Vec<String> {
    findings(&load(name, text))
}

/// Takes the places out, and the order that may rest on them.
fn bare(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|key, _| !["place", "offset", "left_out"].contains(&key.as_str()));
            fields.values_mut().for_each(bare);
        }
        Value::Array(items) => {
            items.iter_mut().for_each(bare);
            items.sort_by_key(ToString::to_string);
        }
        _ => {}
    }
}

/// Everything that two readings of the same objects must agree on.
fn whole(snapshot: Snapshot) -> Value {
    let report = snapshot.report();
    let mut problems: Vec<String> = report
        .diagnostics
        .iter()
        .map(|d| format!("{:?} {} {:?} {:?}", d.severity, d.code.code(), d.field, d.object))
        .collect();
    problems.sort();
    let read = json!({
        "kinds": report.kinds, "other": report.other_kinds, "number left out": report.left_out.len(), "problems": problems,
    });
    let analysis = Analysis::new(snapshot, Profile::GENERIC);
    let ask = |from: &str, to: &str| match analysis.check(from, to, "any") {
        Ok(answer) => {
            let mut answer = serde_json::to_value(&answer).unwrap();
            bare(&mut answer);
            answer
        }
        Err(error) => json!(error.code.code()),
    };
    json!({ "read": read, "pods": ask("*/*", "*/*"), "out": ask("*/*", "world"), "in": ask("world", "*/*") })
}

#[track_caller]
fn assert_same(what: &str, a: &Value, b: &Value) {
    if a != b {
        let (a, b) = (serde_json::to_string_pretty(a).unwrap(), serde_json::to_string_pretty(b).unwrap());
        let line = a.lines().zip(b.lines()).position(|(x, y)| x != y).unwrap_or_default();
        let around = |s: &str| s.lines().skip(line.saturating_sub(6)).take(12).collect::<Vec<_>>().join("\n");
        panic!("{what}: they differ at line {line}\n{}\n--- and ---\n{}", around(&a), around(&b));
    }
}

fn objects() -> Vec<Value> {
    vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "a"}},
            "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
            "spec": {"containers": [{"name": "main"}]}, "status": {"podIP": "10.244.0.1"}}),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "db", "namespace": "shop", "labels": {"app": "db"}},
            "spec": {"containers": [{"name": "main", "ports": [{"name": "pg", "containerPort": 5432}]}]},
            "status": {"podIP": "10.244.0.2"}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "db", "namespace": "shop"},
            "spec": {"clusterIP": "10.96.0.9", "selector": {"app": "db"}, "ports": [{"port": 1, "targetPort": "pg"}]}}),
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "db", "namespace": "shop"},
            "spec": {"podSelector": {"matchLabels": {"app": "db"}}, "policyTypes": ["Ingress", "Egress"],
                "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}], "ports": [{"port": "pg"}]}],
                "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}]}]}}),
    ]
}

fn yaml_stream(objects: &[Value]) -> String {
    objects.iter().map(|o| format!("---\n{}", serde_yaml::to_string(o).unwrap())).collect()
}

#[test]
fn the_same_objects_in_every_dress() {
    let objects = objects();
    let stream = yaml_stream(&objects);
    let expected = whole(load("a.yaml", &stream));
    assert_eq!(expected["read"]["problems"], json!([]));
    assert_eq!(expected["pods"]["verdict"], "mixed");
    let list = json!({"apiVersion": "v1", "kind": "List", "metadata": {}, "items": objects});
    let list_items_last = format!("items:\n{}kind: List\napiVersion: v1\n", serde_yaml::to_string(&objects).unwrap());
    let pretty: Vec<String> = objects.iter().map(|o| serde_json::to_string_pretty(o).unwrap()).collect();
    let compact: Vec<String> = objects.iter().map(ToString::to_string).collect();
    let texts: Vec<(&str, &str, String)> = vec![
        ("a YAML List", "a.yaml", serde_yaml::to_string(&list).unwrap()),
        ("a YAML List with its items first", "a.yaml", list_items_last),
        ("flow YAML after a separator", "a.yaml", format!("---\n{}", compact.join("\n---\n"))),
        ("a JSON List", "a.json", list.to_string()),
        ("a pretty JSON List", "a.json", serde_json::to_string_pretty(&list).unwrap()),
        ("JSON of no name", "stdin", list.to_string()),
        ("JSON, one after the other", "a.json", pretty.join("\n")),
        ("JSON lines", "a.json", compact.join("\n")),
        ("JSON with white space around", "a.json", format!("\n\n  {list}\n\n")),
        ("a byte order mark", "a.yaml", format!("\u{feff}{stream}")),
        ("a byte order mark before JSON", "a.json", format!("\u{feff}{list}")),
        ("CRLF", "a.yaml", stream.replace('\n', "\r\n")),
        (
            "comments",
            "a.yaml",
            stream.replace("---\n", "# before\n--- # at\n# after\n").replace("spec:\n", "spec: # here\n"),
        ),
        ("ends of documents", "a.yaml", stream.replace("---\n", "...\n---\n")),
        ("empty documents", "a.yaml", stream.replace("---\n", "---\n---\n# nothing\n---\n\n---\n")),
        ("a directive", "a.yaml", format!("%YAML 1.1\n{stream}")),
        ("no first separator", "a.yaml", stream.strip_prefix("---\n").unwrap().to_owned()),
        ("no last line break", "a.yaml", stream.trim_end().to_owned()),
        ("escaped JSON", "a.json", list.to_string().replace("shop", "\\u0073hop")),
    ];
    for (what, name, text) in texts {
        assert_same(what, &expected, &whole(load(name, &text)));
    }
    for (what, start, to) in [
        ("UTF-16, little end first", [0xff, 0xfe], u16::to_le_bytes as fn(u16) -> [u8; 2]),
        ("UTF-16, big end first", [0xfe, 0xff], u16::to_be_bytes),
    ] {
        let bytes: Vec<u8> = start.into_iter().chain(stream.encode_utf16().flat_map(to)).collect();
        assert_same(what, &expected, &whole(load_bytes("a.yaml", &bytes)));
    }
}

/// JSON is YAML: documents in it may be parted by `---`, and the first is not the whole file.
/// Conversions and the class of an Ingress are read from a few fields, on every way of reading.
#[test]
fn ways_in_are_read_in_every_dress() {
    let definition = |name: &str, strategy: &str| {
        json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": name},
            "spec": {"group": "example.com", "conversion": {"strategy": strategy,
                "webhook": {"clientConfig": {"service": {"namespace": "shop", "name": "db", "port": 1}}}},
                "versions": [{"name": "v1", "schema": {"openAPIV3Schema": {"type": "object"}}}]}})
    };
    let controller = |name: &str| {
        json!({"apiVersion": "v1", "kind": "Pod", "status": {"podIP": "10.244.0.9"},
            "metadata": {"name": name, "namespace": "edge", "labels": {"app.kubernetes.io/name": name}}})
    };
    let mut objects = objects();
    objects.extend([definition("asks.example.com", "Webhook"), definition("none.example.com", "None")]);
    objects.extend([controller("traefik"), controller("haproxy-ingress")]);
    objects.push(json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "db",
        "namespace": "shop", "annotations": {"a": "b", "kubernetes.io/ingress.class": "traefik", "c": "d"}},
        "spec": {"defaultBackend": {"service": {"name": "db", "port": {"number": 1}}}}}));
    let ways = |name: &str, text: &str| {
        let snapshot = load(name, text);
        assert_eq!(findings(&snapshot), Vec::<String>::new(), "{name}");
        assert_eq!(snapshot.report().kinds.get("CustomResourceDefinition"), Some(&2), "{name}");
        let answer =
            Analysis::new(snapshot, Profile::GENERIC).ingress(&netpol_core::query::IngressQuery::default()).unwrap();
        let mut value = json!([answer.entries, answer.calls]);
        bare(&mut value);
        value
    };
    let stream = yaml_stream(&objects);
    let expected = ways("a.yaml", &stream);
    let text = expected.to_string();
    assert!(text.contains("asks.example.com") && !text.contains("none.example.com"), "{text}");
    assert!(text.contains("traefik") && !text.contains("haproxy"), "{text}");
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    // An anchor makes a document unusual, and so is it read through its tree.
    let anchored = stream.replace("kind:", "kind: &k").replace("metadata:\n", "metadata: &m\n");
    let spec_first: String = stream
        .split("---\n")
        .filter(|d| !d.is_empty())
        .map(|document| {
            let object: Value = serde_yaml::from_str(document).unwrap();
            let spec = serde_yaml::to_string(&json!({"spec": object["spec"]})).unwrap();
            let mut rest = object.clone();
            rest.as_object_mut().unwrap().remove("spec");
            let spec = if object["spec"].is_null() { String::new() } else { spec };
            format!("---\n{spec}{}", serde_yaml::to_string(&rest).unwrap())
        })
        .collect();
    let dresses = [
        ("a.json", list.to_string()),
        ("a.yaml", serde_yaml::to_string(&list).unwrap()),
        ("a.yaml", anchored),
        ("a.yaml", spec_first),
    ];
    for (name, text) in dresses {
        assert_same(&text[..40], &expected, &ways(name, &text));
    }
}

#[test]
fn json_documents_in_a_yaml_stream() {
    let objects = objects();
    let expected = whole(load("a.yaml", &yaml_stream(&objects)));
    let compact: Vec<String> = objects.iter().map(ToString::to_string).collect();
    for name in ["a.yaml", "stdin"] {
        assert_same(name, &expected, &whole(load(name, &compact.join("\n---\n"))));
        let mixed = format!("{}\n{}", compact[0], yaml_stream(&objects[1..]));
        assert_same(name, &expected, &whole(load(name, &mixed)));
    }
}

/// Items of a typed List carry no kind of their own: its name says what they are.
fn typed_lists() -> Vec<(&'static str, Value)> {
    let mut all = objects();
    let workload = |kind: &str, api: &str| {
        json!({"apiVersion": api, "kind": kind, "metadata": {"name": "w", "namespace": "shop"},
            "spec": {"template": {"metadata": {"labels": {"app": "w"}}}}})
    };
    all.push(workload("Deployment", "apps/v1"));
    all.push(workload("Job", "batch/v1"));
    all.push(
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}, "spec": {"podCIDR": "10.244.0.0/24"}}),
    );
    all.into_iter()
        .map(|mut object| {
            let kind = object["kind"].as_str().unwrap().to_owned();
            let api = object["apiVersion"].clone();
            let fields = object.as_object_mut().unwrap();
            fields.retain(|key, _| key != "kind" && key != "apiVersion");
            let kind: &'static str = kind.leak();
            (kind, json!({"kind": format!("{kind}List"), "apiVersion": api, "metadata": {}, "items": [object]}))
        })
        .collect()
}

#[test]
fn typed_lists_in_json() {
    for (kind, list) in typed_lists() {
        // As the API server writes it: the kind comes before the items.
        let text = format!(
            r#"{{"kind": {}, "apiVersion": {}, "metadata": {{}}, "items": {}}}"#,
            list["kind"], list["apiVersion"], list["items"]
        );
        let snapshot = load("a.json", &text);
        assert_eq!(findings(&snapshot), [""; 0], "{kind}");
        assert_eq!(snapshot.report().kinds.get(kind), Some(&1), "{kind}");
    }
}

#[test]
fn typed_lists_in_yaml() {
    for (kind, list) in typed_lists().into_iter().filter(|(kind, _)| !["Deployment", "Job"].contains(kind)) {
        let text = serde_yaml::to_string(&list).unwrap();
        let snapshot = load("a.yaml", &text);
        assert_eq!(findings(&snapshot), [""; 0], "{kind}");
        assert_eq!(snapshot.report().kinds.get(kind), Some(&1), "{kind}");
    }
}

#[test]
fn typed_lists_of_workloads_in_yaml() {
    for (kind, list) in typed_lists().into_iter().filter(|(kind, _)| ["Deployment", "Job"].contains(kind)) {
        let text = serde_yaml::to_string(&list).unwrap();
        let snapshot = load("a.yaml", &text);
        assert_eq!(findings(&snapshot), [""; 0], "{kind}");
        assert_eq!(snapshot.report().kinds.get(kind), Some(&1), "{kind}");
    }
}

#[test]
fn one_bad_item_does_not_change_the_kind_of_the_others() {
    let text = r#"{"kind": "DeploymentList", "apiVersion": "apps/v1", "items": [
        {"metadata": {"name": "good"}, "spec": {"template": {}}},
        {"metadata": {"name": "Bad"}, "spec": {"template": {}}}]}"#;
    let snapshot = load("a.json", text);
    assert_eq!(findings(&snapshot), ["invalid-name 3:31 metadata.name"]);
    assert_eq!(snapshot.report().kinds.get("Deployment"), Some(&1));
}

#[test]
fn items_of_what_is_no_list() {
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}});
    let widget = json!({"apiVersion": "example.com/v1", "kind": "Widget", "items": [pod]});
    // The items of a List of a kind without a meaning have none either.
    let widgets = json!({"apiVersion": "example.com/v1", "kind": "WidgetList", "items": [{"spec": {}}]});
    for object in [widget, widgets] {
        let snapshot = load("a.json", &object.to_string());
        assert_eq!((findings(&snapshot).len(), snapshot.report().kinds.len()), (0, 0));
        assert_same("as YAML", &whole(snapshot), &whole(load("a.yaml", &format!("---\n{object}"))));
    }
}

#[test]
fn items_that_are_no_list() {
    let text = "apiVersion: v1\nkind: List\nitems: {apiVersion: v1, kind: Pod, metadata: {name: a}}\n";
    assert_eq!(found("a.yaml", text), ["wrong-type 3:8 items"]);
}

#[test]
fn anchors_and_merge_keys() {
    let plain = "
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web, tier: front}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: in, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web, tier: front}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: api, tier: front}}}]
    ports: [{port: 80}, {port: 443, protocol: UDP}]
";
    let merged = "
x: &unused {a: 1}
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {<<: {tier: front, app: other}, app: web}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: &meta {name: in, namespace: shop}
spec:
  podSelector: &selector {matchLabels: &labels {app: web, tier: front}}
  ingress:
  - from:
    - podSelector:
        matchLabels:
          app: api
          <<: [*labels, {tier: back, app: none}]
    ports:
    - &port {port: 80}
    - <<: *port
      port: 443
      protocol: UDP
";
    assert_same("merge keys", &whole(load("a.yaml", plain)), &whole(load("a.yaml", merged)));
    // An anchor ends with its document.
    let across = "a: &x 1\n---\nb: *x\n";
    assert!(found("a.yaml", across).iter().any(|f| f.starts_with("yaml-syntax 3:")), "{:?}", found("a.yaml", across));
}

#[test]
fn a_merge_key_needs_a_mapping() {
    // kubectl: map merge requires map or sequence of maps as the value.
    for value in ["x", "[x]", "[{a: b}, x]"] {
        let found =
            found("a.yaml", &format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a, labels: {{<<: {value}}}}}\n"));
        assert!(found.len() == 1 && found[0].contains(" 3:"), "{value}: {found:?}");
    }
}

/// What kubectl takes for a number, a boolean or nothing is no text; quoted, everything is.
#[test]
fn scalars_are_those_of_kubectl() {
    let pod = |value: &str| format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  labels:\n    v: {value}\n");
    let policy = |value: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: in}}\nspec:\n  podSelector:\n    matchLabels:\n      v: {value}\n"
        )
    };
    let other = [
        "1.10", "8", "-1", "+1", "010", "0x1F", "0o17", "0b11", "1_000", "1e3", ".5", "1.", "true", "True", "TRUE",
        "false", "yes", "Yes", "YES", "no", "on", "On", "off", "OFF", "y", "Y", "n", "N", ".inf", "-.Inf", ".nan",
    ];
    for value in other {
        assert_eq!(found("a.yaml", &pod(value)), ["wrong-type 6:8 metadata.labels.v"], "{value}");
        assert_eq!(found("a.yaml", &policy(value)), ["wrong-type 7:10 spec.podSelector.matchLabels.v"], "{value}");
        let text = value.replace('+', "");
        if text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.') && !text.starts_with('.') && !text.ends_with('.')
        {
            for quoted in
                [format!("\"{text}\""), format!("'{text}'"), format!("!!str {text}"), format!("|-\n          {text}")]
            {
                assert_eq!(found("a.yaml", &pod(&quoted)), [""; 0], "{quoted}");
                assert_eq!(found("a.yaml", &policy(&quoted)), [""; 0], "{quoted}");
            }
        }
    }
    // Nothing is an empty text, and these are texts as they are.
    for value in ["", "~", "null", "v1.10", "1.10.0", "yess", "tRue", "2024-01-01", "0x", "1-2", "1.2.3"] {
        assert_eq!(found("a.yaml", &pod(value)), [""; 0], "{value}");
        assert_eq!(found("a.yaml", &policy(value)), [""; 0], "{value}");
    }
}

#[test]
fn numbers_and_booleans_where_they_belong() {
    let closed = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: in}\nspec: {}\n---\n";
    let pod = |host: &str| {
        format!(
            "{closed}apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec: {{hostNetwork: {host}}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: c}}\n"
        )
    };
    for (value, verdict) in [("yes", "allow"), ("on", "allow"), ("True", "allow"), ("no", "deny"), ("null", "deny")] {
        let answer = Analysis::new(load("a.yaml", &pod(value)), Profile::GENERIC).check("c", "web", "80").unwrap();
        assert_eq!(answer.verdict.name(), verdict, "{value}");
    }
    for value in ["\"yes\"", "1", "tru"] {
        assert_eq!(found("a.yaml", &pod(value)), ["wrong-type 9:21 spec.hostNetwork"], "{value}");
    }
    let port = |value: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: in}}\nspec:\n  ingress:\n  - ports:\n    - port: {value}\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: c}}\n"
        )
    };
    for (value, number) in
        [("80", "80"), ("0x50", "80"), ("0120", "80"), ("0b1010000", "80"), ("8_0", "80"), ("+80", "80")]
    {
        let answer = Analysis::new(load("a.yaml", &port(value)), Profile::GENERIC).check("c", "web", number).unwrap();
        assert_eq!(answer.verdict.name(), "allow", "{value}");
    }
}

#[test]
fn a_key_that_stands_twice() {
    let yaml = "kind: Pod\napiVersion: v1\nmetadata:\n  name: a\n  labels: {app: x, b: c, app: z}\n";
    assert_eq!(found("a.yaml", yaml), ["duplicate-key 5:26"]);
    let yaml = "kind: Pod\napiVersion: v1\nmetadata: {name: a}\nspec: {}\n\nspec: {}\n";
    let snapshot = load("a.yaml", yaml);
    assert_eq!(findings(&snapshot), ["duplicate-key 6:1"]);
    assert_eq!(snapshot.report().diagnostics[0].params["line"], "4");
    let json = "{\"apiVersion\": \"v1\", \"kind\": \"Pod\",\n \"metadata\": {\"name\": \"a\", \"labels\": {\"app\": \"x\", \"app\": \"y\"}}}";
    assert_eq!(found("a.json", json), ["duplicate-key 2:51"]);
    let policy = "{\"apiVersion\": \"networking.k8s.io/v1\", \"kind\": \"NetworkPolicy\", \"metadata\": {\"name\": \"a\"},\n \"spec\": {\"podSelector\": {},\n  \"podSelector\": {}}}";
    assert_eq!(found("a.json", policy), ["duplicate-key 3:3"]);
    // Keys that are written differently and are the same.
    assert_eq!(found("a.yaml", "kind: Pod\n\"kind\": Pod\n"), ["duplicate-key 2:1"]);
    assert_eq!(found("a.json", "{\"kind\": \"Pod\",\n\"k\\u0069nd\": \"Pod\"}").len(), 1);
}

#[test]
fn an_unknown_field_with_the_nearest_name() {
    let rows = [
        ("podselector", Some("podSelector")),
        ("podSelectors", Some("podSelector")),
        ("policyType", Some("policyTypes")),
        ("egres", Some("egress")),
        ("Ingress", Some("ingress")),
        ("selector", None),
    ];
    for (field, nearest) in rows {
        let text = format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: in}}\nspec:\n  {field}: {{}}\n"
        );
        let snapshot = load("a.yaml", &text);
        assert_eq!(findings(&snapshot), [format!("unknown-field 5:3 spec.{field}")]);
        let params = &snapshot.report().diagnostics[0].params;
        assert_eq!(params.get("nearest").map(String::as_str), nearest, "{field}");
        assert_eq!(params["found"], field);
        assert_eq!(params["known"], "podSelector, policyTypes, ingress, egress");
    }
}

#[test]
fn a_malformed_document_does_not_hide_the_others() {
    let good = |name: &str| format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n");
    for bad in [
        "a: [1, 2\n",
        "a: {b: c\n",
        "\"open\n",
        "a: b: c\n",
        "- a\nb: c\n",
        "\ta: 1\n",
        "a: *none\n",
        "@x\n",
        "a: 'x\n",
    ] {
        let text = format!("{}---\n{bad}---\n{}---\n{bad}---\n{}", good("a"), good("b"), good("c"));
        let snapshot = load("a.yaml", &text);
        assert_eq!(snapshot.report().kinds.get("Namespace"), Some(&3), "{bad}");
        assert_eq!(snapshot.report().left_out.len(), 2, "{bad}");
        let lines: Vec<u32> =
            snapshot.report().diagnostics.iter().map(|d| d.place.as_ref().unwrap().span.line).collect();
        assert_eq!(lines.len(), 2, "{bad}: {:?}", findings(&snapshot));
        let height = bad.lines().count() as u32;
        // At the document, or at the separator that cuts it short.
        assert!((5..=5 + height).contains(&lines[0]), "{bad}: {:?}", findings(&snapshot));
        assert!((10 + height..=10 + 2 * height).contains(&lines[1]), "{bad}: {:?}", findings(&snapshot));
    }
    let mut options = ReadOptions::default();
    options.stop_file_at_malformed = true;
    let mut inputs = Inputs::default();
    inputs.push("a.yaml", format!("{}---\na: [\n---\n{}", good("a"), good("b")));
    inputs.push("b.yaml", good("c"));
    let snapshot = read(&inputs, &options);
    assert_eq!(snapshot.report().kinds.get("Namespace"), Some(&2));
}

#[test]
fn a_chart_that_was_not_rendered() {
    let rows = [
        ("apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}\n", "template 4:9"),
        ("apiVersion: v1\nkind: Pod\n{{- if .Values.x }}\nmetadata: {name: a}\n{{- end }}\n", "template 3:1"),
        (
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels:\n    {{- include \"l\" . | nindent 4 }}\n",
            "template 6:5",
        ),
        ("{{ if .Values.on }}\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\n{{ end }}\n", "template 1:1"),
        ("apiVersion: v1\nkind: Pod\nmetadata:\n  name: web-{{ .Release.Name }}-x: y\n", "template 4:13"),
    ];
    for (text, expected) in rows {
        let found = found("templates/a.yaml", text);
        assert!(found.len() == 1 && found[0].starts_with(expected), "{found:?}\n{text}");
    }
    // Braces in a text are not a template.
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {x: \"{{ y }}\"}}\n";
    assert_eq!(found("a.yaml", pod), [""; 0]);
}

#[test]
fn kinds_without_a_meaning_are_counted() {
    let text = "
{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: b}, data: {k: [not, checked]}}
---
{apiVersion: example.com/v1, kind: Thing}
---
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Secret, metadata: {name: a}}
- {apiVersion: v1, kind: Namespace, metadata: {name: b}}
";
    let snapshot = load("a.yaml", text);
    assert_eq!(findings(&snapshot), [""; 0]);
    let report = snapshot.report();
    let others: Vec<(&str, usize)> = report.other_kinds.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(others, [("example.com/v1 Thing", 1), ("v1 ConfigMap", 2), ("v1 Secret", 1)]);
    assert_eq!(report.kinds.iter().map(|(k, n)| (*k, *n)).collect::<Vec<_>>(), [("Namespace", 2)]);
    assert_eq!(report.left_out, [""; 0]);
}

#[test]
fn what_is_no_object() {
    assert_eq!(found("a.yaml", "- a\n- b\n"), ["not-an-object 1:1"]);
    assert_eq!(found("a.yaml", "\n\nhello\n"), ["not-an-object 3:1"]);
    assert_eq!(found("a.yaml", "name: x\n"), ["missing-kind 1:1"]);
    assert_eq!(found("a.yaml", "kind: Pod\nmetadata: {name: a}\n"), ["missing-api-version 1:1"]);
    assert_eq!(found("a.yaml", "? {a: b}\n: c\n"), ["complex-key 1:3"]);
    for nothing in ["", "\n\n", "# only a comment\n", "---\n", "---\n...\n", "~\n", "null\n", "{}\n", "\u{feff}"] {
        let snapshot = load("a.yaml", nothing);
        assert_eq!(findings(&snapshot), [""; 0], "{nothing:?}");
        assert_eq!(snapshot.report().kinds.len(), 0, "{nothing:?}");
    }
}

#[test]
fn places_count_lines_and_characters() {
    let policy = |prefix: &str, end: &str| {
        let lines = [
            "apiVersion: networking.k8s.io/v1",
            "kind: NetworkPolicy",
            "metadata: {name: in}",
            "spec:",
            "  policyTypes: [ Ingress, Nothing ]",
            "",
        ];
        format!("{prefix}{}", lines.join(end))
    };
    assert_eq!(found("a.yaml", &policy("", "\n")), ["invalid-policy-type 5:27 spec.policyTypes[1]"]);
    assert_eq!(found("a.yaml", &policy("", "\r\n")), ["invalid-policy-type 5:27 spec.policyTypes[1]"]);
    assert_eq!(found("a.yaml", &policy("\u{feff}", "\n")), ["invalid-policy-type 5:27 spec.policyTypes[1]"]);
    assert_eq!(found("a.yaml", &policy("# é 中 😀\n", "\n")), ["invalid-policy-type 6:27 spec.policyTypes[1]"]);
    assert_eq!(
        found("a.yaml", &policy("kind: x\n---\n# 中\n", "\n")[..]).last().unwrap(),
        "invalid-policy-type 8:27 spec.policyTypes[1]"
    );
    let same_line = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: in, annotations: {a: é中😀}}, spec: {policyTypes: [X]}}";
    let column = same_line.chars().position(|c| c == 'X').unwrap() + 1;
    assert_eq!(found("a.yaml", same_line), [format!("invalid-policy-type 1:{column} spec.policyTypes[0]")]);
    let json = "{\n  \"apiVersion\": \"networking.k8s.io/v1\", \"kind\": \"NetworkPolicy\",\n  \"metadata\": {\"name\": \"in\", \"annotations\": {\"é\": \"中\"}},\n  \"spec\": {\"é\": 1, \"policyTypes\": [\"X\"]}\n}\n";
    assert_eq!(found("a.json", json), ["unknown-field 4:12 spec.é", "invalid-policy-type 4:36 spec.policyTypes[0]"]);
    // The byte range of a place cuts out what is meant.
    let text = policy("# é 中 😀\n", "\n");
    let snapshot = load("a.yaml", &text);
    let span = snapshot.report().diagnostics[0].place.as_ref().unwrap().span;
    assert_eq!(&text[span.start as usize..span.end as usize], "Nothing");
}

#[test]
fn the_same_object_in_two_files() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n";
    let mut inputs = Inputs::default();
    inputs.push("a.yaml", pod);
    inputs.push("b.yaml", format!("# again\n{pod}"));
    let snapshot = read(&inputs, &ReadOptions::default());
    assert_eq!(findings(&snapshot), ["duplicate-object 2:1"]);
    let diagnostic = &snapshot.report().diagnostics[0];
    assert_eq!(diagnostic.file.as_deref(), Some("b.yaml"));
    assert_eq!(diagnostic.params["first"], "a.yaml");
    assert_eq!(snapshot.report().kinds["Pod"], 1);
}

/// The documents of a YAML text as another library reads them, as JSON, one after the other.
fn through_serde_yaml(text: &str) -> Result<String, serde_yaml::Error> {
    let mut out = String::new();
    for document in serde_yaml::Deserializer::from_str(text) {
        let mut value = serde_yaml::Value::deserialize(document)?;
        value.apply_merge()?;
        if !value.is_null() {
            out.push_str(&serde_json::to_string_pretty(&value).unwrap());
            out.push('\n');
        }
    }
    Ok(out)
}

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

#[test]
fn random_clusters_read_the_same_through_serde_yaml() {
    let mut runner = TestRunner::new(config(120));
    let result = runner.run(&random::cluster(), |cluster| {
        let yaml = random::to_yaml(&cluster);
        let ours = whole(load("a", &yaml));
        assert_same("serde_yaml", &ours, &whole(load("a", &through_serde_yaml(&yaml).unwrap())));
        assert_same("JSON", &ours, &whole(load("a", &random::to_json(&cluster))));
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn empty_kinds_and_versions() {
    let policy = |version: &str, kind: &str| {
        format!(
            "{{\"apiVersion\": \"{version}\", \"kind\": \"{kind}\", \"metadata\": {{\"name\": \"in\"}}, \"spec\": {{}}}}"
        )
    };
    for (version, kind, expected) in
        [("", "NetworkPolicy", "missing-api-version 1:1"), ("networking.k8s.io/v1", "", "missing-kind 1:1")]
    {
        let text = policy(version, kind);
        assert_eq!(found("a.yaml", &format!("---\n{text}")), [expected.replace("1:1", "2:1")]);
        assert_eq!(found("a.json", &text), [expected]);
    }
}

/// The number of nodes below a value, itself counted.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::Object(fields) => fields.values().map(size).sum(),
        Value::Array(items) => items.iter().map(size).sum(),
        _ => 0,
    }
}

/// Puts a new value in the place of the node of that number, in the order of the text.
fn replace(value: &mut Value, number: &mut usize, new: &Value) {
    if *number == 0 {
        value.clone_from(new);
    }
    *number = number.wrapping_sub(1);
    match value {
        _ if *number == usize::MAX => {}
        Value::Object(fields) => fields.values_mut().for_each(|v| {
            if *number != usize::MAX {
                replace(v, number, new)
            }
        }),
        Value::Array(items) => items.iter_mut().for_each(|v| {
            if *number != usize::MAX {
                replace(v, number, new)
            }
        }),
        _ => {}
    }
}

/// One of each kind that is read, with most of the fields.
fn more_objects() -> Vec<Value> {
    let mut objects = objects();
    objects.push(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"},
        "spec": {"podCIDRs": ["10.244.0.0/24"]}, "status": {"addresses": [{"type": "InternalIP", "address": "192.168.1.1"}]}}));
    objects.push(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api", "namespace": "shop",
        "ownerReferences": [{"kind": "Thing", "name": "x", "controller": true}]}, "spec": {"replicas": 2,
        "template": {"metadata": {"labels": {"app": "api"}}, "spec": {"hostNetwork": false, "initContainers": [
            {"name": "s", "restartPolicy": "Always", "ports": [{"containerPort": 80, "name": "web", "protocol": "UDP"}]}]}}}}));
    objects
}

/// Every mapping below an object, as the path to it in the two ways that it is written.
fn mappings(value: &Value, pointer: &str, field: &str, out: &mut Vec<(String, String)>) {
    let below: Vec<(String, String, &Value)> = match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| {
                let dot = if field.is_empty() { "" } else { "." };
                (key.clone(), format!("{field}{dot}{key}"), value)
            })
            .collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(i, item)| (i.to_string(), format!("{field}[{i}]"), item)).collect()
        }
        _ => return,
    };
    for (part, field, value) in below {
        let pointer = format!("{pointer}/{part}");
        if value.is_object() {
            out.push((pointer.clone(), field.clone()));
        }
        mappings(value, &pointer, &field, out);
    }
}

/// Derived readers take a list as the fields in their order: none may ever be offered one.
#[test]
fn a_list_in_the_place_of_a_mapping() {
    let mut seen = 0;
    for object in more_objects() {
        let mut places = Vec::new();
        mappings(&object, "", "", &mut places);
        // What is not read may be anything.
        places.retain(|(_, field)| !(object["kind"] == "Namespace" && ["spec", "status"].contains(&field.as_str())));
        for (pointer, field) in places {
            let mapping = object.pointer(&pointer).and_then(Value::as_object).unwrap();
            for list in [json!([]), json!(["x"]), mapping.values().cloned().collect::<Value>(), json!([mapping])] {
                let mut spoilt = object.clone();
                *spoilt.pointer_mut(&pointer).unwrap() = list;
                seen += 1;
                let alone = spoilt.to_string();
                let listed = json!({"apiVersion": "v1", "kind": "List", "items": [spoilt]}).to_string();
                let typed = json!({"kind": format!("{}List", spoilt["kind"].as_str().unwrap()),
                    "apiVersion": spoilt["apiVersion"], "items": [spoilt]});
                let yaml = serde_yaml::to_string(&spoilt).unwrap();
                let texts = [
                    ("a.json", alone.clone()),
                    ("a.json", listed.clone()),
                    ("a.json", typed.to_string()),
                    ("a.yaml", format!("---\n{alone}")),
                    ("a.yaml", format!("--- # no JSON\n{alone}")),
                    ("a.yaml", serde_yaml::to_string(&serde_json::from_str::<Value>(&listed).unwrap()).unwrap()),
                    ("a.yaml", yaml),
                ];
                for (name, text) in texts {
                    let snapshot = load(name, &text);
                    let wrong: Vec<_> =
                        snapshot.report().diagnostics.iter().filter(|d| d.code.code() == "wrong-type").collect();
                    assert_eq!(wrong.len(), 1, "{text}\n{:?}", findings(&snapshot));
                    assert_eq!(wrong[0].severity, Severity::Error);
                    assert_eq!(wrong[0].field.as_deref(), Some(field.as_str()), "{text}");
                    let at = wrong[0].place.as_ref().unwrap().span;
                    let (before, after) = text.split_at(at.start as usize);
                    assert!(after.starts_with('[') || before.ends_with("- "), "{text}\n{at:?}");
                    assert!(wrong[0].params.get("accepted").is_some_and(|a| a.contains("mapping")), "{:?}", wrong[0]);
                }
            }
        }
    }
    assert!(seen > 100, "only {seen} were tried");
}

#[test]
fn a_list_in_the_place_of_a_list_of_objects() {
    let namespace = r#"{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}"#;
    for text in [format!(r#"["v1", "List", [{namespace}]]"#), format!(r#"{namespace}["v1", "List", [{namespace}]]"#)] {
        let found = found("a.json", &text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("not-an-object 1:"), "{found:?}");
    }
}

/// The same text is JSON and flow YAML: the typed reader, the JSON trees and the YAML trees must
/// find the same in it, also where a value is wrong.
#[test]
fn spoilt_objects_read_the_same_as_json_and_as_yaml() {
    let objects = more_objects();
    let values = [
        json!(null),
        json!(80),
        json!(70000),
        json!(1.5),
        json!(true),
        json!("x"),
        json!(""),
        json!("10.0.0.0/8"),
        json!("Ingress"),
        json!([]),
        json!({}),
        json!([null]),
        json!({"x": null}),
        json!({"a": "b"}),
    ];
    let mut differ = Vec::new();
    for object in &objects {
        for number in 0..size(object) {
            for new in &values {
                let mut spoilt = object.clone();
                replace(&mut spoilt, &mut number.clone(), new);
                let others = objects.iter().filter(|o| *o != object);
                let all: Vec<&Value> = others.chain([&spoilt]).collect();
                let list = json!({"apiVersion": "v1", "kind": "List", "items": all}).to_string();
                let (fast, trees) = (whole(load("a", &list)), whole(load("a", &format!("---\n{list}"))));
                if fast != trees {
                    differ.push(format!("{spoilt}\n  as JSON {}\n  as YAML {}", fast["read"], trees["read"]));
                }
            }
        }
    }
    assert!(differ.is_empty(), "{} differ:\n{}", differ.len(), differ[..differ.len().min(12)].join("\n"));
}

fn yaml_files(path: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(path).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            yaml_files(&entry, out);
        } else if entry.extension().is_some_and(|e| e == "yaml") {
            out.push(entry);
        }
    }
}

#[test]
fn examples_and_cases_read_the_same_through_serde_yaml() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    yaml_files(&here.join("../examples"), &mut files);
    let examples = files.len();
    yaml_files(&here.join("tests/cases"), &mut files);
    assert!(examples >= 30, "only {examples} examples were found");
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        // Its `yes` is a boolean for kubectl, and a text for a library of YAML 1.2.
        if file.ends_with("rejected/label-value-not-a-string.yaml") {
            continue;
        }
        let json = through_serde_yaml(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        assert_same(&file.display().to_string(), &whole(load("a", &text)), &whole(load("a", &json)));
    }
    println!("{} files", files.len());
}
