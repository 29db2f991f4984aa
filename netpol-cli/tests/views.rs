//! `egress`, `ingress` and `summary` on the examples of the repository.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn command(args: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netpol"));
    command.args(args.split_whitespace()).current_dir(root());
    for name in ["LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command
}

fn run(args: &str) -> Output {
    command(args).output().unwrap()
}

fn text(args: &str) -> String {
    let output = run(args);
    assert_eq!(output.status.code(), Some(0), "{args}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn piped(args: &str, input: &str) -> String {
    let mut child = command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{args}");
    String::from_utf8(output.stdout).unwrap()
}

fn json(args: &str) -> Value {
    serde_json::from_str(&text(&format!("{args} -o json"))).unwrap()
}

/// The lines of the block that starts with a name.
fn block(text: &str, name: &str) -> String {
    let lines = text.lines().skip_while(|line| *line != name);
    lines.take_while(|line| *line == name || line.starts_with("  ")).fold(String::new(), |all, line| all + line + "\n")
}

/// The workload of an answer with that name.
fn workload<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let mut all = answer["workloads"].as_array().unwrap().iter();
    all.find(|w| w["peer"]["name"] == name).unwrap_or_else(|| panic!("no {name} in {answer:#}"))
}

fn codes(findings: &Value) -> Vec<&str> {
    findings.as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect()
}

#[test]
fn the_puzzle_leaves_port_53_to_the_whole_internet() {
    let text = text("egress -f examples/puzzle shop/web");
    let expected = "\
shop/web
  isolated by shop/web-egress
  outside   world  TCP 53, UDP 53
  DNS       ✓ kube-system/(cluster DNS) (not in the input, assumed)  TCP 53, UDP 53
            ✓ 169.254.20.10  NodeLocal DNSCache, where there is one
            ✓ world  TCP 53, UDP 53
";
    assert!(text.starts_with(expected), "{text}");
    assert!(text.contains("  ! TCP 53, UDP 53 to the whole internet: a tunnel is possible\n"), "{text}");
    assert!(text.contains("it is not known where the API server is"), "{text}");
    let answer = json("egress -f examples/puzzle shop/web");
    let web = workload(&answer, "web");
    assert_eq!(web["dns"]["resolvers"][0]["to"]["type"], "hypothetical");
    assert_eq!(codes(&web["findings"]), ["tunnel-possible"]);
    assert!(web["metadata"].as_array().unwrap().iter().all(|m| m["verdict"] == "deny"), "{web:#}");
}

#[test]
fn what_is_the_clusters_own_is_shown_apart() {
    let args =
        "egress -f examples/puzzle shop/web --pod-cidr 10.0.0.0/8 --service-cidr 172.16.0.0/12 --pod-cidr fd00:1::/48";
    let answer = json(args);
    let ranges: Vec<&str> = answer["ranges"].as_array().unwrap().iter().map(|r| r["range"].as_str().unwrap()).collect();
    assert_eq!(ranges, ["pods", "services"]);
    let outside: Vec<&str> =
        answer["outside"]["cidrs"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
    assert!(!outside.iter().any(|c| c.starts_with("10.") || c.starts_with("172.16.")), "{outside:?}");
    assert!(outside.iter().any(|c| c.contains(':')), "both families: {outside:?}");
    let shown = block(&text(args), "shop/web");
    assert!(shown.contains("  pod range      10.0.0.0/8, fd00:1::/48  TCP 53, UDP 53\n"), "{shown}");
    assert!(shown.contains("  Service range  172.16.0.0/12  TCP 53, UDP 53\n"), "{shown}");
    // Without the options the Nodes say where pods are.
    let text = text("egress -f examples/dual-stack feeds/exporter");
    assert!(
        text.contains("  pod range   10.60.1.0/24, 10.60.2.0/24, fd00:60:1::/64, fd00:60:2::/64  any port\n"),
        "{text}"
    );
    assert!(text.contains("  outside     world (IPv4) except 169.254.169.254/32, world (IPv6)  any port\n"), "{text}");
}

#[test]
fn metadata_is_told_by_address_and_family() {
    let answer = json("egress -f examples/dual-stack");
    let open = |name: &str| -> Vec<String> {
        let all = workload(&answer, name)["metadata"].as_array().unwrap().iter();
        all.filter(|m| m["verdict"] == "allow").map(|m| m["address"].as_str().unwrap().to_owned()).collect()
    };
    // The exception was forgotten in the IPv6 block.
    assert!(!open("exporter").contains(&"169.254.169.254".to_owned()));
    assert!(open("exporter").contains(&"fd00:ec2::254".to_owned()));
    assert!(open("fetcher").contains(&"169.254.169.254".to_owned()));
    assert!(!open("fetcher").contains(&"fd00:ec2::254".to_owned()));
    assert!(codes(&workload(&answer, "exporter")["findings"]).contains(&"metadata-reachable"));
}

#[test]
fn dns_is_told_by_its_resolvers() {
    let shop = json("egress -f examples/three-tier-shop");
    for name in ["frontend", "api", "reports", "db"] {
        let dns = &workload(&shop, name)["dns"];
        assert_eq!((dns["verdict"].as_str(), dns["udp"].as_str()), (Some("allow"), Some("allow")), "{name}");
        assert_eq!(dns["resolvers"][0]["to"]["name"], "coredns", "{name}");
        assert_eq!(dns["resolvers"][0]["to"]["type"], "workload", "{name}");
        assert_eq!(dns["node_local"], "deny", "{name}");
    }
    let api = &workload(&shop, "api")["outside"][0];
    assert_eq!(api["to"]["cidrs"], serde_json::json!(["203.0.113.0/25"]));
    assert_eq!(api["allow"], serde_json::json!({"TCP": [[443, 443]]}));
    let sealed = text("egress -f examples/recipes/11-deny-egress lab/sealed");
    assert!(sealed.contains("✗ kube-system/coredns\n"), "{sealed}");
    assert!(sealed.contains("! no resolver can be asked on port 53: names will not resolve\n"), "{sealed}");
    let lookup = text("egress -f examples/recipes/11-deny-egress lab/lookup-only");
    assert!(lookup.contains("  outside   nothing\n") && !lookup.contains('!'), "{lookup}");
    let archive = json("egress -f examples/recipes/12-default-deny-egress");
    let sealed = archive["workloads"].as_array().unwrap().iter().filter(|w| w["peer"]["namespace"] == "archive");
    for workload in sealed {
        assert!(workload["outside"].as_array().unwrap().is_empty(), "{workload:#}");
        assert_eq!(codes(&workload["findings"]), ["names-will-not-resolve"]);
    }
    let robot = json("egress -f examples/recipes/14-deny-external-egress");
    let robot = workload(&robot, "robot");
    assert!(robot["outside"].as_array().unwrap().is_empty(), "{robot:#}");
    assert_eq!(robot["dns"]["verdict"], "allow");
    assert!(codes(&robot["findings"]).is_empty());
}

#[test]
fn another_resolver_and_one_protocol_are_said() {
    let cluster = |egress: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a, namespace: x}}\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p, namespace: x}}\nspec: {{podSelector: {{}}, policyTypes: [Egress], egress: [{egress}]}}\n"
        )
    };
    for (egress, expected) in [
        (
            "{to: [{ipBlock: {cidr: 8.8.8.8/32}}], ports: [{port: 53, protocol: UDP}]}",
            "names resolve only if the pods are set up to ask another resolver",
        ),
        (
            "{to: [{ipBlock: {cidr: 169.254.20.10/32}}], ports: [{port: 53, protocol: UDP}]}",
            "✓ 169.254.20.10  NodeLocal DNSCache",
        ),
        (
            "{to: [{namespaceSelector: {}}], ports: [{port: 53, protocol: UDP}]}",
            "the cluster's DNS can be asked over UDP only",
        ),
        (
            "{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [8.0.0.0/8]}}], ports: [{port: 443}]}",
            "TCP 443 to most of the internet: a tunnel is possible",
        ),
        ("{to: [{ipBlock: {cidr: 203.0.113.0/24}}], ports: [{port: 853}]}", "! no resolver can be asked on port 53"),
    ] {
        let text = piped("egress -f -", &cluster(egress));
        assert!(text.contains(expected), "{egress}: {text}");
    }
    // What a policy that is not modelled may change is undefined, and nothing is made of it.
    let text = piped(
        "egress -f -",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: x}\n---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p, namespace: x}\nspec: {}\n",
    );
    assert!(text.contains("UNDEFINED any port") && text.contains("whether names resolve is not decided"), "{text}");
}

#[test]
fn the_api_server_is_a_node_as_far_as_is_known() {
    let vault = json("egress -f examples/vault-cert-manager");
    let controller = &workload(&vault, "cert-manager")["api_server"];
    assert_eq!(controller[0]["to"]["cidrs"], serde_json::json!(["172.30.0.10/32"]));
    assert_eq!(controller[0]["allow"], serde_json::json!({"TCP": [[6443, 6443]]}));
    assert!(workload(&vault, "vault-0")["api_server"].as_array().unwrap().is_empty());
    let text = text("egress -f examples/vault-cert-manager vault/vault-0");
    assert!(text.contains("the API server is taken to answer on TCP 443,6443 of control-plane-1"), "{text}");
    // Of the own node nothing is decided in egress.
    assert!(text.contains("  nodes       172.30.0.21/32  UNDEFINED any port  (on the same node)\n"), "{text}");
    let unknown = self::text("egress -f examples/dual-stack");
    assert!(unknown.contains("not known which node the API server runs on"), "{unknown}");
}

#[test]
fn to_turns_the_view_round() {
    let text = text("egress -f examples/puzzle --to world");
    let expected = "\
from      to     allowed         undefined
data/db   world  any port
shop/web  world  TCP 53, UDP 53
";
    assert!(text.starts_with(expected), "{text}");
    let answer = json("egress -f examples/dual-stack --to 169.254.0.0/16");
    assert_eq!(answer["outside"]["cidrs"], serde_json::json!(["169.254.0.0/16"]));
    let rows = answer["reached_by"].as_array().unwrap();
    assert_eq!(rows.iter().map(|r| r["from"].as_array().unwrap().len()).sum::<usize>(), 5);
    assert!(answer["workloads"][0].get("dns").is_none());
    for (args, expected) in [
        ("egress -f examples/puzzle --to shop/web", "`shop/web` is not outside"),
        ("egress -f examples/dual-stack --to 10.60.1.10", "is not outside of the cluster"),
        ("egress -f examples/puzzle world", "`world` is no pod or workload"),
        ("ingress -f examples/puzzle 203.0.113.7", "is no pod or workload"),
        ("egress -f examples/puzzle shop/wbe", "did you mean `shop/web`"),
        ("egress -f examples/puzzle --to 10.0.0.0/33", "names nobody"),
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2), "{args}");
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(errors.contains(expected) && output.stdout.is_empty(), "{args}: {errors}");
    }
    let partly = self::text("egress -f examples/dual-stack --to 10.60.0.0/16");
    assert!(partly.contains("part of 10.60.0.0/16 belongs to pods, nodes or Services"), "{partly}");
}

#[test]
fn ingress_tells_pods_nodes_and_the_outside_apart() {
    let vault = text("ingress -f examples/vault-cert-manager");
    let expected = "\
vault/vault-0
  isolated by vault/default-deny, vault/vault-server
  pods     cert-manager/cert-manager  TCP 8200
  nodes    172.30.0.21/32  (on the same node)  any port
  outside  nothing
";
    assert_eq!(block(&vault, "vault/vault-0"), expected);
    assert!(block(&vault, "vault/vault-agent-injector").contains("nodes    172.30.0.10/32  TCP 8080\n"), "{vault}");
    assert!(vault.contains("from the pod's own node is never blocked"), "{vault}");
    let shop = text("ingress -f examples/three-tier-shop retail/frontend");
    assert!(shop.contains("  outside  world  TCP 8080\n"), "{shop}");
    let puzzle = text("ingress -f examples/puzzle");
    assert!(
        puzzle.starts_with(
            "data/db, shop/web\n  open: no policy isolates it in ingress\n  pods     every pod  any port\n"
        ),
        "{puzzle}"
    );
    let families = text("ingress -f examples/dual-stack feeds/cache");
    assert!(families.contains("  pods     every pod  IPv4  any port\n"), "{families}");
}

#[test]
fn host_network_and_shifted_sources_are_said() {
    let input = "\
apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: x, labels: {app: agent}}
spec: {hostNetwork: true, nodeName: n1}
status: {podIP: 192.168.0.1, hostIP: 192.168.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: x, labels: {app: web}}
spec: {nodeName: n1}
status: {podIP: 10.1.0.1, hostIP: 192.168.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: far, namespace: x, labels: {app: far}}
spec: {nodeName: n2}
status: {podIP: 10.1.0.2, hostIP: 192.168.0.2}
---
apiVersion: v1
kind: Service
metadata: {name: front, namespace: x}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed, namespace: x}
spec: {podSelector: {}, policyTypes: [Ingress]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: typo, namespace: x}
spec: {podSelector: {matchLabels: {app: wbe}}}
";
    let text = piped("ingress -f -", input);
    let web = block(&text, "x/web");
    assert!(web.contains("  pods     x/agent  any port\n"), "{text}");
    assert!(web.contains("  nodes    192.168.0.1/32  (on the same node)  any port\n"), "{text}");
    assert!(web.contains("visitors from outside come through front"), "{text}");
    assert!(block(&text, "x/far").contains("  pods     nothing\n"), "{text}");
    assert!(block(&text, "x/agent").contains("on its node's network: no policy applies\n"), "{text}");
    let summary: Value = serde_json::from_str(&piped("summary -f - -o json", input)).unwrap();
    let found = codes(&summary["findings"]);
    assert!(found.contains(&"host-network-selected") && found.contains(&"policy-selects-nothing"), "{found:?}");
    assert_eq!(summary["total"]["host_network"], 1);
    let typo = summary["findings"].as_array().unwrap().iter().find(|f| f["code"] == "policy-selects-nothing").unwrap();
    assert_eq!(typo["policies"].as_array().unwrap().len(), 1);
    assert_eq!(typo["policies"][0]["name"], "typo");
}

#[test]
fn the_summary_is_what_netpol_does_without_a_command() {
    let summary = text("summary -f examples/puzzle");
    assert_eq!(text("-f examples/puzzle"), summary);
    assert!(summary.lines().count() <= 40, "{summary}");
    let row = summary.lines().find(|l| l.starts_with("shop ")).unwrap();
    assert!(row.contains("1 of 1") && row.contains("0 of 1"), "{row}");
    assert!(summary.contains("3. 1 of 2 workloads: isolated in egress, yet with port 53"), "{summary}");
    assert!(summary.contains("netpol egress -f examples/puzzle shop/web "), "{summary}");
    // Each command that it names is one.
    for line in summary.lines().filter_map(|l| l.strip_prefix("  netpol ")) {
        assert_eq!(run(line.split('#').next().unwrap()).status.code(), Some(0), "{line}");
    }
    let vault = json("summary -f examples/vault-cert-manager");
    assert_eq!(codes(&vault["findings"])[..3], ["open-both-ways", "metadata-open", "calls-denied"]);
    assert_eq!(vault["total"]["egress_isolated"], 4);
    for args in ["", "--lang en", "summary", "egress"] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2), "{args}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{args}");
    }
}

#[test]
fn every_port_to_a_part_of_the_outside_is_not_open() {
    let input = "\
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: x}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: private, namespace: x}
spec:
  podSelector: {}
  policyTypes: [Egress, Ingress]
  egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}, {ipBlock: {cidr: 168.63.129.16/32}}]}]
  ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]
";
    let summary: Value = serde_json::from_str(&piped("summary -f - -o json", input)).unwrap();
    assert_eq!(codes(&summary["findings"]), ["metadata-open"]);
    assert_eq!(summary["findings"][0]["params"]["address"], "168.63.129.16");
    assert_eq!((&summary["total"]["reach_outside"], &summary["total"]["reach_internet"]), (&1.into(), &0.into()));
}

#[test]
fn many_namespaces_are_summed_up() {
    let input: String = (0..25)
        .map(|i| format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a, namespace: ns-{i:02}}}\n---\n"))
        .collect();
    let text = piped("-f -", &input);
    assert!(text.lines().count() <= 44, "{text}");
    assert!(text.contains("5 others   5 "), "{text}");
    assert!(text.contains("namespaces: 25, workloads: 25, policies: 0\n"), "{text}");
    assert!(text.contains("25 of 25 workloads: open to the whole internet in both directions"), "{text}");
    let all = piped("summary -f - -o csv", &input);
    assert_eq!(all.lines().count(), 27, "{all}");
}

#[test]
fn the_json_of_each_view_holds_to_its_schema_and_the_yaml_says_the_same() {
    let folders = [
        "examples/puzzle",
        "examples/dual-stack",
        "examples/three-tier-shop",
        "examples/vault-cert-manager",
        "examples/entry-points",
        "examples/admin-tiers",
        "examples/recipes/11-deny-egress",
    ];
    for (view, more) in [("egress", ""), ("egress", " --to world"), ("ingress", ""), ("summary", "")] {
        let schema = std::fs::read(root().join(format!("schemas/netpol.{view}.v1.schema.json"))).unwrap();
        let schema: Value = serde_json::from_slice(&schema).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        for folder in folders {
            let args = format!("{view} -f {folder}{more}");
            let value = json(&args);
            let errors: Vec<String> =
                validator.iter_errors(&value).map(|e| format!("{} at {}", e, e.instance_path())).collect();
            assert!(errors.is_empty(), "{args}: {errors:#?}");
            let yaml: Value = serde_yaml::from_str(&text(&format!("{args} -o yaml"))).unwrap();
            assert_eq!(yaml, value, "{args}");
            assert!(text(&format!("{args} -o csv")).lines().count() > 1, "{args}");
            assert!(text(&format!("{args} -o markdown")).starts_with("| "), "{args}");
            assert!(!text(&format!("{args} --lang zh")).contains("{"), "{args}");
        }
        assert!(!validator.is_valid(&serde_json::json!({"schema": format!("netpol.{view}/v1")})), "{view}");
    }
}
