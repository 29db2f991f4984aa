//! `graph` and `paths` as their users meet them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use roxmltree::{Document, Node};
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn run_with(args: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netpol"));
    command.args(args).current_dir(root()).env("LC_ALL", "C");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    child.wait_with_output().unwrap()
}

fn run(args: &[&str]) -> Output {
    run_with(args, "")
}

fn text(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

const SHOP: &str = "examples/three-tier-shop";

fn holds_to(schema: &str, answer: &str) {
    let schema = std::fs::read(root().join("schemas").join(schema)).unwrap();
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let answer: Value = serde_json::from_str(answer).unwrap();
    let errors: Vec<String> = validator.iter_errors(&answer).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// Pods `pod-0` … in namespaces of three, each open to all.
fn pods(count: usize) -> String {
    let pod = |i: usize| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: pod-{i}, namespace: ns-{}, labels: {{n: a{i}}}}}\n",
            i / 3
        )
    };
    (0..count).map(pod).collect()
}

fn isolated(namespace: &str, name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {spec}\n"
    )
}

#[test]
fn dot_is_what_is_printed_and_draws_what_the_matrix_says() {
    let dot = text(&run(&["graph", "-f", SHOP]));
    assert!(dot.starts_with("digraph "), "{dot}");
    assert!(dot.contains("label=\"retail\"") && dot.contains("label=\"frontend\""), "{dot}");
    assert!(dot.contains("label=\"TCP 9000\""), "{dot}");
    assert_eq!(dot, text(&run(&["graph", "-f", SHOP, "-o", "dot"])));
    let mermaid = text(&run(&["graph", "-f", SHOP, "-o", "mermaid"]));
    assert!(mermaid.starts_with("flowchart LR\n") && mermaid.contains("-->|\"TCP 9000\"|"), "{mermaid}");
}

#[test]
fn the_json_of_both_commands_holds_to_its_schema() {
    for folder in ["examples/puzzle", SHOP, "examples/vault-cert-manager", "examples/dual-stack"] {
        for by in ["workload", "namespace", "auto"] {
            let json = text(&run(&["graph", "-f", folder, "-o", "json", "--by", by]));
            holds_to("netpol.graph.v1.schema.json", &json);
            assert_eq!(json, text(&run(&["graph", "-f", folder, "-o", "json", "--by", by])));
        }
        let json = run(&["paths", "-f", folder, "--blast-radius", "world", "-o", "json", "--undefined"]);
        holds_to("netpol.paths.v1.schema.json", &String::from_utf8(json.stdout).unwrap());
    }
    let json = text(&run(&["paths", "-f", SHOP, "world", "retail/db", "5432", "-o", "json"]));
    holds_to("netpol.paths.v1.schema.json", &json);
    let yaml = text(&run(&["paths", "-f", SHOP, "world", "retail/db", "5432", "-o", "yaml"]));
    assert_eq!(serde_yaml::from_str::<Value>(&yaml).unwrap(), serde_json::from_str::<Value>(&json).unwrap());
    let graph = text(&run(&["graph", "-f", SHOP, "-o", "json"]));
    let yaml = text(&run(&["graph", "-f", SHOP, "-o", "yaml"]));
    assert_eq!(serde_yaml::from_str::<Value>(&yaml).unwrap(), serde_json::from_str::<Value>(&graph).unwrap());
}

#[test]
fn edges_can_be_asked_for() {
    let edges = |args: &[&str]| {
        let all = [&["graph", "-f", SHOP, "-o", "json"], args].concat();
        let json: Value = serde_json::from_str(&text(&run(&all))).unwrap();
        json["edges"].as_array().unwrap().len()
    };
    assert_eq!(edges(&[]), 12);
    assert_eq!(edges(&["--from", "retail/api"]), 3);
    assert_eq!(edges(&["--to", "retail/db", "--port", "5432"]), 1);
    assert_eq!(edges(&["--to", "retail/db", "--port", "22"]), 0);
    for wrong in [&["--by", "pod"][..], &["--from", "retail/svc/api"], &["--to", "nobody"], &["-o", "png"]] {
        let output = run(&[&["graph", "-f", SHOP], wrong].concat());
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn namespaces_stand_for_more_than_fifty_workloads() {
    for (count, by) in [(50, "workload"), (51, "namespace")] {
        let json = text(&run_with(&["graph", "-f", "-", "-o", "json"], &pods(count)));
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["by"], by);
    }
    let args = ["graph", "-f", "-", "-o", "json", "--by", "workload"];
    let json: Value = serde_json::from_str(&text(&run_with(&args, &pods(60)))).unwrap();
    assert_eq!(json["by"], "workload");
}

#[test]
fn open_to_all_is_a_label_and_no_arrows() {
    let dot = text(&run_with(&["graph", "-f", "-", "--from", "*/*", "--to", "*/*"], &pods(12)));
    assert_eq!(dot.matches("open to all").count(), 12, "{dot}");
    assert!(!dot.contains(" -> "), "{dot}");
    // One is isolated: it keeps its arrows, and has no such label.
    let rules = "{podSelector: {matchLabels: {n: a1}}, ingress: [{from: [{podSelector: {matchLabels: {n: a0}}}], ports: [{port: 80}]}]}";
    let input = pods(12) + &isolated("ns-0", "one", rules);
    let json: Value = serde_json::from_str(&text(&run_with(&["graph", "-f", "-", "-o", "json"], &input))).unwrap();
    let open = json["nodes"].as_array().unwrap().iter().filter(|n| n["open_to_all"] == true).count();
    assert_eq!(open, 11);
    let svg = text(&run_with(&["graph", "-f", "-", "-o", "svg", "--from", "*/*", "--to", "*/*"], &input));
    assert_eq!(svg.matches("<path class=\"np-edge").count(), 1, "{svg}");
    assert!(svg.contains("ns-0/pod-0 → ns-0/pod-1: TCP 80"), "{svg}");
}

#[test]
fn what_is_undefined_is_dashed_and_has_a_sign() {
    let args = ["graph", "-f", "examples/puzzle", "--port", "icmp", "-o"];
    let of = |format| text(&run(&[&args[..], &[format]].concat()));
    assert!(of("dot").contains("label=\"? ICMP\"") && of("dot").contains("style=dashed"), "{}", of("dot"));
    assert!(of("mermaid").contains("-.->|\"? ICMP\"|"), "{}", of("mermaid"));
    assert!(of("svg").contains("np-edge np-undefined") && of("svg").contains("→ ? ICMP"), "{}", of("svg"));
}

fn number(node: &Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).unwrap().parse().unwrap()
}

/// Left, top, right, bottom of every element of a class.
fn boxes(svg: &Document<'_>, class: &str) -> Vec<[f64; 4]> {
    let found = svg.descendants().filter(|n| n.attribute("class") == Some(class));
    let corners = |n: Node<'_, '_>| {
        let (x, y) = (number(&n, "x"), number(&n, "y"));
        [x, y, x + number(&n, "width"), y + number(&n, "height")]
    };
    found.map(corners).collect()
}

fn overlap(a: &[f64; 4], b: &[f64; 4]) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

fn look_at(svg: &str) {
    let svg = Document::parse(svg).unwrap();
    let page = svg.root_element();
    let (width, height) = (number(&page, "width"), number(&page, "height"));
    let cards = boxes(&svg, "np-card");
    assert!(!cards.is_empty());
    for (at, a) in cards.iter().enumerate() {
        assert!(a[0] >= 0.0 && a[1] >= 0.0 && a[2] <= width && a[3] <= height, "{a:?} is outside of the page");
        assert!(cards[at + 1..].iter().all(|b| !overlap(a, b)), "{a:?} overlaps");
    }
    let frames = [boxes(&svg, "np-frame"), boxes(&svg, "np-outside")].concat();
    for (at, a) in frames.iter().enumerate() {
        assert!(frames[at + 1..].iter().all(|b| !overlap(a, b)), "{a:?} overlaps");
    }
    for child in ["title", "desc"] {
        let found = page.children().find(|n| n.has_tag_name(("http://www.w3.org/2000/svg", child)));
        assert!(!found.unwrap().text().unwrap().is_empty());
    }
    // Text stays within its card: characters of 0.6 em at 12 px.
    for node in svg.descendants().filter(|n| n.attribute("class") == Some("np-node")) {
        let card = node.children().find(|n| n.attribute("class") == Some("np-card")).unwrap();
        let right = number(&card, "x") + number(&card, "width");
        for text in node.children().filter(|n| n.tag_name().name() == "text") {
            let end = number(&text, "x") + 7.3 * text.text().unwrap_or_default().chars().count() as f64;
            assert!(end <= right + 0.1, "{:?} sticks out", text.text());
        }
    }
}

#[test]
fn pictures_are_well_formed_and_nothing_overlaps() {
    for folder in ["examples/puzzle", SHOP, "examples/vault-cert-manager", "examples/dual-stack", "examples/recipes"] {
        for by in ["workload", "namespace"] {
            let svg = text(&run(&["graph", "-f", folder, "-o", "svg", "--by", by, "--keep-going"]));
            look_at(&svg);
            assert!(svg.contains("prefers-color-scheme:dark"));
        }
    }
    look_at(&text(&run_with(&["graph", "-f", "-", "-o", "svg"], &pods(50))));
}

#[test]
fn the_page_asks_nothing_of_the_network_and_holds_every_connection() {
    let html = text(&run(&["graph", "-f", SHOP, "-o", "html"]));
    assert!(html.starts_with("<!DOCTYPE html>") && html.contains("default-src 'none'"), "{html}");
    let without = html.replace("http://www.w3.org/2000/svg", "");
    assert!(
        !without.contains("http:")
            && !without.contains("https:")
            && !without.contains("src=")
            && !without.contains("@import")
    );
    assert_eq!(html.matches("<tr data-from=").count(), 12);
    let (begin, end) = (html.find("<svg ").unwrap(), html.find("</svg>").unwrap() + 6);
    look_at(&html[begin..end]);
    let zh = text(&run(&["graph", "-f", SHOP, "-o", "html", "--lang", "zh"]));
    assert!(zh.contains("<html lang=\"zh-Hans\">") && zh.contains("谁能访问谁"), "{zh}");
}

#[test]
fn paths_exist_or_not_and_the_exit_code_says_so() {
    for (args, code) in [
        (&["world", "retail/db", "5432"][..], 0),
        (&["world", "retail/db", "22"], 1),
        (&["retail/reports", "retail/db", "5432", "--via-port", "53"], 1),
        (&["retail/frontend", "world", "443"], 0),
        (&["--blast-radius", "retail/frontend"], 0),
        (&["--blast-radius", "retail/db", "--via-port", "9999"], 1),
        (&["world", "world"], 2),
        (&["retail/frontend"], 2),
        (&["--blast-radius", "retail/db", "retail/api"], 2),
        (&["retail/svc/api", "retail/db"], 2),
        (&["world", "retail/db", "nonsense"], 2),
        (&["world", "retail/db", "0"], 2),
    ] {
        let output = run(&[&["paths", "-f", SHOP], args].concat());
        assert_eq!(output.status.code(), Some(code), "{args:?} {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(code == 2, output.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn hops_over_undefined_traffic_are_taken_only_when_asked_for() {
    let args = ["paths", "-f", "examples/puzzle", "shop/web", "world", "icmp"];
    let output = run(&args);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    // Over the database, which nothing isolates.
    assert!(said.contains("2. data/db → world  ICMP"), "{said}");
    let input = pods(2) + &isolated("ns-0", "all", "{podSelector: {}, policyTypes: [Ingress, Egress]}");
    let question = ["paths", "-f", "-", "ns-0/pod-0", "ns-0/pod-1", "icmp"];
    let output = run_with(&question, &input);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("--undefined"), "{said}");
    let said = text(&run_with(&[&question[..], &["--undefined"]].concat(), &input));
    assert!(said.contains("1. ns-0/pod-0 → ns-0/pod-1    undefined: ICMP"), "{said}");
}

#[test]
fn every_path_to_the_outside_may_go_through_one() {
    let said = text(&run(&["paths", "-f", SHOP, "--blast-radius", "retail/frontend", "--via-port", "443,5432,9000"]));
    assert!(said.contains("every path from retail/frontend to the outside goes through retail/api"), "{said}");
    let said = text(&run(&["paths", "-f", SHOP, "--blast-radius", "retail/frontend"]));
    assert!(!said.contains("every path"), "the DNS pods are another way out: {said}");
    let zh = text(&run(&["paths", "-f", SHOP, "world", "retail/db", "--lang", "zh"]));
    assert!(zh.contains("跳数：3"), "{zh}");
}

/// A pod on the network of node n1, and a workload with a pod on n1 and one on n2, closed to all.
const HOST: &str = r#"apiVersion: v1
kind: Node
metadata: {name: n1}
status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}
---
apiVersion: v1
kind: Node
metadata: {name: n2}
status: {addresses: [{type: InternalIP, address: 192.168.0.2}]}
---
apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: shop, labels: {app: agent}}
spec: {hostNetwork: true, nodeName: n1}
status: {podIP: 192.168.0.1, phase: Running}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web, namespace: shop}
spec: {replicas: 2, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}}}
---
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}, ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: web, uid: a, controller: true}]}
spec: {nodeName: n1}
status: {podIP: 10.244.0.5, phase: Running}
---
apiVersion: v1
kind: Pod
metadata: {name: web-1, namespace: shop, labels: {app: web}, ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: web, uid: a, controller: true}]}
spec: {nodeName: n2}
status: {podIP: 10.244.1.5, phase: Running}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed, namespace: shop}
spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress, Egress]}
"#;

#[test]
fn pods_of_different_nodes_are_told_apart_where_that_matters() {
    let to = |to: &str| run_with(&["paths", "-f", "-", "shop/agent", to], HOST);
    assert!(text(&to("shop/web")).contains("1. shop/agent → shop/web (pods web-0)  any port"));
    assert_eq!(to("shop/pod/web-0").status.code(), Some(0));
    assert_eq!(to("shop/pod/web-1").status.code(), Some(1));
    let reached = text(&run_with(&["paths", "-f", "-", "--blast-radius", "shop/agent"], HOST));
    assert!(reached.contains("shop/web (pods web-0)") && !reached.contains("web-1"), "{reached}");
    let svg = text(&run_with(&["graph", "-f", "-", "-o", "svg"], HOST));
    assert!(svg.contains("any port (some pods)"), "{svg}");
}
