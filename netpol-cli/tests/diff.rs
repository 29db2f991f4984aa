//! `netpol diff`: two states, a change to one, its formats and exit codes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PUZZLE: &str = "examples/puzzle";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_netpol")).args(args).current_dir(root()).env("LANG", "C").output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A folder of its own with one file.
fn folder(name: &str, text: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("change.yaml"), text).unwrap();
    folder
}

#[test]
fn a_state_and_itself_have_no_difference() {
    let output = run(&["diff", PUZZLE, PUZZLE]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).starts_with("no difference"), "{}", stdout(&output));
    let markdown = run(&["diff", PUZZLE, PUZZLE, "-o", "markdown"]);
    assert_eq!(stdout(&markdown), "**netpol diff**: no difference: every connection is decided as before\n");
}

#[test]
fn what_a_change_would_do_is_said_with_its_lines() {
    let change = folder(
        "diff-apply",
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: web-egress, namespace: shop}\nspec:\n  podSelector: {matchLabels: {app: web}}\n  policyTypes: [Egress]\n",
    );
    let output = run(&["diff", "-f", PUZZLE, "--apply", change.to_str().unwrap(), "--lang", "en"]);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(text.contains("- shop/web → data/db  any port  (closed)"), "{text}");
    assert!(text.contains("- shop/web → world  TCP 53, UDP 53  (closed)"), "{text}");
    assert!(text.contains("before: allowed by a rule: shop/web-egress spec.egress[1].to[0]"), "{text}");
    assert!(text.contains("change.yaml:5"), "{text}");
    let chinese = run(&["diff", "-f", PUZZLE, "--apply", change.to_str().unwrap(), "--lang", "zh"]);
    assert!(stdout(&chinese).contains("新拒绝") && !stdout(&chinese).contains("closed"), "{}", stdout(&chinese));
}

#[test]
fn the_json_holds_to_its_schema_and_the_yaml_says_the_same() {
    let schema = std::fs::read(root().join("schemas/netpol.diff.v1.schema.json")).unwrap();
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let shop = "examples/three-tier-shop";
    let questions: [&[&str]; 4] = [
        &["diff", PUZZLE, shop],
        &["diff", shop, shop],
        &["diff", "-f", shop, "--delete", "netpol/retail/db", "--delete", "ns/kube-system"],
        &["diff", "-f", "examples/dual-stack", "--delete", "networkpolicies/feeds/api-from-readers"],
    ];
    let mut changes = 0;
    for words in questions {
        let json = run(&[words, &["-o", "json"]].concat());
        if json.status.code() == Some(2) {
            panic!("{words:?}: {}", String::from_utf8_lossy(&json.stderr));
        }
        let answer: Value = serde_json::from_slice(&json.stdout).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&answer).map(|e| format!("{e} at {}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{words:?}: {errors:?}");
        assert_eq!(answer["same"].as_bool().unwrap(), json.status.code() == Some(0));
        let yaml: Value = serde_yaml::from_slice(&run(&[words, &["-o", "yaml"]].concat()).stdout).unwrap();
        assert_eq!(yaml, answer);
        changes += answer["changes"].as_array().unwrap().len();
    }
    assert!(changes > 10, "only {changes} changes");
}

#[test]
fn every_change_is_a_row() {
    let words = ["diff", "-f", PUZZLE, "--delete", "netpol/shop/web-egress", "-o"];
    let csv = stdout(&run(&[&words[..], &["csv"]].concat()));
    assert!(csv.starts_with("from,to,opened,closed,undecided,because\nshop/web,world,"), "{csv}");
    let markdown = stdout(&run(&[&words[..], &["markdown"]].concat()));
    assert!(markdown.starts_with("**netpol diff**: 1 opened\n\n| from "), "{markdown}");
}

#[test]
fn what_cannot_be_compared_is_an_error() {
    let rows: [(&[&str], &str); 6] = [
        (&["diff"], "diff compares OLD with NEW"),
        (&["diff", PUZZLE], "<NEW>"),
        (&["diff", PUZZLE, "no-such-folder"], "no-such-folder"),
        (&["diff", "-f", PUZZLE, "--delete", "netpol/shop/none"], "there is no such NetworkPolicy"),
        (&["diff", "-f", PUZZLE, "--delete", "secret/x"], "unknown kind `secret`"),
        (&["diff", "-f", PUZZLE, "--delete", "web"], "use KIND/NAME"),
    ];
    for (words, expected) in rows {
        let output = run(words);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{words:?}: {error}");
        assert!(error.contains(expected) && output.stdout.is_empty(), "{words:?}: {error}");
    }
}

/// A Deployment of pods `app: NAME` in `shop` that listens on 8080.
fn workload(name: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}, tier: front}}}}
    spec: {{containers: [{{name: main, image: example.com/image:1, ports: [{{containerPort: 8080}}]}}]}}
---
"
    )
}

fn service(spec: &str) -> String {
    format!("apiVersion: v1\nkind: Service\nmetadata: {{name: front, namespace: shop}}\nspec: {{{spec}}}\n---\n")
}

/// Lets in port 8080 of pods `app: NAME` from these peers.
fn policy(name: &str, from: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: {name}, namespace: shop}}
spec: {{podSelector: {{matchLabels: {{app: {name}}}}}, ingress: [{{ports: [{{port: 8080}}]{from}}}]}}
---
"
    )
}

/// What `diff` says of two states: its exit code and the lines of changes, without their packets.
fn changes(name: &str, old: &str, new: &str) -> (Option<i32>, Vec<String>) {
    let [old, new] = [("old", old), ("new", new)].map(|(state, text)| folder(&format!("diff-{name}-{state}"), text));
    let words = ["diff", old.to_str().unwrap(), new.to_str().unwrap(), "--lang", "en"];
    let output = run(&words);
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let schema = std::fs::read(root().join("schemas/netpol.diff.v1.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_slice(&schema).unwrap()).unwrap();
    let json = serde_json::from_slice(&run(&[&words[..], &["-o", "json"]].concat()).stdout).unwrap();
    assert!(validator.is_valid(&json), "{name}: {:?}", validator.iter_errors(&json).map(|e| e.to_string()).next());
    let lines = stdout(&output);
    let lines = lines.lines().filter(|line| ["+ ", "- ", "? ", "! "].iter().any(|sign| line.starts_with(sign)));
    (output.status.code(), lines.map(str::to_owned).collect())
}

const BALANCER: &str = "type: LoadBalancer, externalTrafficPolicy: Local, selector: {app: web}";
const PORT: &str = "ports: [{port: 80, targetPort: 8080}]";

#[test]
fn whom_a_load_balancer_lets_in_is_compared() {
    let web = workload("web");
    let open = web.clone() + &service(&format!("{BALANCER}, {PORT}"));
    let ranged = web + &service(&format!("{BALANCER}, {PORT}, loadBalancerSourceRanges: [203.0.113.0/24]"));
    let world = "world (IPv4) except 203.0.113.0/24, world (IPv6)";
    let (code, lines) = changes("ranges", &open, &ranged);
    assert_eq!(lines, [format!("- {world} → svc shop/front  TCP 80  (closed)")]);
    assert_eq!(code, Some(1));
    let (_, lines) = changes("ranges-back", &ranged, &open);
    assert_eq!(lines, [format!("+ {world} → svc shop/front  TCP 80  (opened)")]);
    assert_eq!(changes("ranges-same", &ranged, &ranged), (Some(0), Vec::new()));
}

#[test]
fn an_external_address_is_a_way_in() {
    let web = workload("web");
    let inside = web.clone() + &service(&format!("selector: {{app: web}}, {PORT}"));
    let external = web
        + &service(&format!(
            "selector: {{app: web}}, externalTrafficPolicy: Local, externalIPs: [198.51.100.7], {PORT}"
        ));
    let (_, lines) = changes("external", &inside, &external);
    let expected = [
        "+ shop/web → 198.51.100.7/32  TCP 80  (opened)",
        "+ world (IPv4) except 198.51.100.7/32 → 198.51.100.7/32  TCP 80  (opened)",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_service_that_leads_elsewhere_is_another_for_those_who_ask_for_it() {
    let pods = workload("web") + &workload("client") + &policy("web", "");
    let of = |port: u16| {
        pods.clone() + &service(&format!("selector: {{app: web}}, ports: [{{port: 80, targetPort: {port}}}]"))
    };
    let (_, lines) = changes("target", &of(8080), &of(9090));
    // Its own way back is of no use any more, or so it seems: that differs between plugins.
    assert_eq!(lines, ["- shop/client → svc shop/front  TCP 80  (closed)"]);
    // What a line of the pods tells is not told again.
    let open = workload("web") + &workload("client") + &service(&format!("selector: {{app: web}}, {PORT}"));
    let (_, lines) = changes("target-told", &open, &(open.clone() + &policy("web", ", from: [{podSelector: {}}]")));
    assert!(lines.iter().all(|line| !line.contains("svc")), "{lines:?}");
}

/// Two pods behind a port of a node.
fn behind_a_node(policies: &str) -> String {
    let node = "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {addresses: [{type: InternalIP, address: 192.168.1.1}]}\n---\n";
    let service =
        service("type: NodePort, selector: {tier: front}, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]");
    node.to_owned() + &workload("one") + &workload("two") + &service + policies
}

#[test]
fn those_who_answer_behind_a_port_of_a_node_are_told_apart() {
    // One of the two is closed already: that the other is, is a change all the same.
    let closed = "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: NAME, namespace: shop}
spec: {podSelector: {matchLabels: {app: NAME}}, policyTypes: [Ingress]}
---
";
    let [one, two] = ["one", "two"].map(|name| closed.replace("NAME", name));
    let (old, new) = (behind_a_node(&two), behind_a_node(&(two.clone() + &one)));
    let (code, lines) = changes("behind", &old, &new);
    assert_eq!(code, Some(1));
    let of_node: Vec<&String> = lines.iter().filter(|line| line.contains("30080")).collect();
    assert!(!of_node.is_empty(), "{lines:?}");
    // For each who asks, `two` itself among them: of `one`, and of nobody else.
    assert!(of_node.iter().all(|line| line.contains("(answered by shop/one)")), "{of_node:?}");
    for client in ["shop/two", "world"] {
        assert!(of_node.iter().any(|line| line.contains(&format!("{client} → nodes"))), "{client}: {of_node:?}");
    }
}

#[test]
fn the_controller_that_is_assumed_is_compared_too() {
    let ingress = "apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: front, namespace: shop}
spec: {defaultBackend: {service: {name: front, port: {number: 80}}}}
---
";
    let pods = workload("web") + &service(&format!("selector: {{app: web}}, {PORT}"));
    let open = pods.clone() + ingress;
    let controller = "ingress-controller (not in the input, assumed) → shop/web  TCP 8080";
    assert_eq!(changes("ingress", &pods, &open).1, [format!("+ {controller}  (opened)")]);
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n";
    let of = |policy: &str| open.clone() + namespace + policy;
    let namespaced = policy("web", ", from: [{namespaceSelector: {matchLabels: {edge: 'yes'}}}]");
    let nobody = policy("web", ", from: [{podSelector: {matchLabels: {app: none}}}]");
    // Nobody of the input is in such a namespace.
    let (code, lines) = changes("ingress-policy", &of(&namespaced), &of(&nobody));
    assert_eq!(lines, [format!("? {controller}  (denied now, was undefined)")]);
    assert_eq!(code, Some(1));
}

#[test]
fn what_is_too_much_to_compare_is_said_and_is_not_the_same() {
    let exposed = |name: &str, selector: &str, port: usize| {
        let of = format!("type: NodePort, selector: {{{selector}}}, ports: [{{port: 80, nodePort: {port}}}]");
        service(&of).replace("name: front,", &format!("name: {name},"))
    };
    let mut text = String::new();
    for number in 0..60 {
        text += &format!(
            "apiVersion: v1\nkind: Node\nmetadata: {{name: n{number}}}\nstatus: {{addresses: [{{type: InternalIP, address: 192.168.1.{number}}}]}}\n---\n"
        );
        text += &exposed(&format!("front-{number}"), "tier: front", 30000 + number);
    }
    for number in 0..30 {
        text += &workload(&format!("web-{number}"));
    }
    text += &workload("job").replace("tier: front", "tier: back");
    text += &exposed("job", "app: job", 31000);
    let (code, lines) = changes("too-much", &text, &(text.clone() + &workload("web-30")));
    assert_eq!(code, Some(1));
    assert!(lines.iter().any(|line| line.contains("too many ports of nodes and Services")), "{lines:?}");
    // Where the cluster is the same, only what meets other rules is looked at.
    let (code, lines) = changes("much-and-same", &text, &text);
    assert_eq!((code, lines), (Some(0), Vec::new()));
    let closed = "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed, namespace: shop}
spec: {podSelector: {matchLabels: {app: job}}}
";
    let (code, lines) = changes("much-and-one-policy", &text, &(text.clone() + closed));
    assert_eq!(code, Some(1));
    assert!(lines.iter().all(|line| line.contains("→ shop/job") || line.contains("TCP 31000")), "{lines:?}");
    let at_nodes = "? world → nodes  TCP 31000  (undefined now, was allowed)";
    assert!(lines.contains(&at_nodes.to_owned()), "{lines:?}");
}

/// Living pods `NAME-NUMBER` with `app: APP`, on these nodes.
fn pods(app: &str, name: &str, nodes: &[&str]) -> Vec<String> {
    let pod = |(number, node): (usize, &&str)| {
        let of = name.bytes().map(usize::from).sum::<usize>() % 200;
        format!(
            "apiVersion: v1
kind: Pod
metadata: {{name: {name}-{number}, namespace: shop, labels: {{app: {app}}}, ownerReferences: [{{apiVersion: apps/v1, kind: ReplicaSet, name: {app}, controller: true}}]}}
spec: {{nodeName: {node}, containers: [{{name: main, image: example.com/image:1}}]}}
status: {{phase: Running, podIP: 10.244.{of}.{number}}}
---
"
        )
    };
    nodes.iter().enumerate().map(pod).collect()
}

fn nodes() -> Vec<String> {
    let node = |number: usize| {
        format!(
            "apiVersion: v1\nkind: Node\nmetadata: {{name: n{number}}}\nstatus: {{addresses: [{{type: InternalIP, address: 192.168.1.{number}}}]}}\n---\n"
        )
    };
    (1..3).map(node).collect()
}

#[test]
fn a_rollout_alone_is_no_difference() {
    let of = |name: &str, policies: [&str; 2]| {
        let [inside, outside] = policies;
        let spec = format!(
            "type: NodePort, internalTrafficPolicy: {inside}, externalTrafficPolicy: {outside}, selector: {{app: web}}, ports: [{{port: 80, targetPort: 8080, nodePort: 30080}}]"
        );
        let clients = pods("client", "client", &["n1", "n2"]);
        let parts = [nodes(), pods("web", name, &["n1", "n2"]), clients, vec![service(&spec)]];
        parts.concat().concat() + &policy("web", ", from: [{podSelector: {matchLabels: {app: client}}}]")
    };
    for policies in [["Cluster", "Cluster"], ["Local", "Cluster"], ["Cluster", "Local"]] {
        let name = format!("rollout-{}", policies.concat());
        assert_eq!(changes(&name, &of("old", policies), &of("new", policies)), (Some(0), Vec::new()), "{policies:?}");
    }
}

#[test]
fn who_answers_on_the_own_node_is_told_of_each_pod() {
    let of = |node: &str| {
        let spec = "internalTrafficPolicy: Local, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]";
        let clients = pods("client", "client", &["n1", "n2"]);
        [nodes(), pods("web", "web", &[node]), clients, vec![service(spec)]].concat().concat()
    };
    let (_, lines) = changes("own-node", &of("n1"), &of("n2"));
    let expected = [
        "- shop/client (pods client-0) → svc shop/front  TCP 80  (closed)",
        "+ shop/client (pods client-1) → svc shop/front  TCP 80  (opened)",
        "- nodes (n1) → svc shop/front  TCP 80  (closed)",
        "+ nodes (n2) → svc shop/front  TCP 80  (opened)",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn the_order_of_the_input_is_of_no_matter() {
    let spec = "type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]";
    let of = |last: &str, turned: bool| {
        let services = vec![service(spec), service(&spec.replace("30080", "30090")).replace("front", "other")];
        let mut parts = [nodes(), pods("web", "web", &["n1", "n2"]), pods("client", "c", &["n2"]), services].concat();
        parts.push(last.to_owned());
        if turned {
            parts.reverse();
        }
        parts.concat()
    };
    let said = |turned: bool| {
        let [old, new] = [String::new(), policy("web", ", from: [{podSelector: {}}]")].map(|last| of(&last, turned));
        let [old, new] =
            [("old", old), ("new", new)].map(|(state, text)| folder(&format!("diff-order-{state}"), &text));
        let text = stdout(&run(&["diff", old.to_str().unwrap(), new.to_str().unwrap(), "--lang", "en"]));
        let line =
            |line: &str| line.split("  ").filter(|part| !part.contains("change.yaml:")).collect::<Vec<_>>().join("  ");
        text.lines().map(line).collect::<Vec<_>>().join("\n")
    };
    let (one, other) = (said(false), said(true));
    assert!(one.contains("(answered by"), "{one}");
    assert_eq!(one, other);
}
