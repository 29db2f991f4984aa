//! Connectivity tests: what is read of them, what comes of them, and on random clusters that they
//! notice every change.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "oracle/cluster.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, reason = "shared with the tests against the oracle")]
mod cluster;
#[path = "oracle/manifests.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, reason = "shared with the tests against the oracle")]
mod manifests;
#[path = "oracle/options.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, reason = "shared with the tests against the oracle")]
mod options;
#[path = "oracle/random.rs"]
#[allow(dead_code, unused_imports, missing_docs, unreachable_pub, reason = "shared with the tests against the oracle")]
mod random;

use cluster::{Cluster, Labels, Phase, Pod};
use netpol_core::assert::{
    Coverage, CoverageReport, Outcome, Proposal, ProposedPeer, TestAnswer, TestFiles, read_tests,
};
use netpol_core::query::Verdict;
use netpol_core::{Analysis, AnalysisOptions, Inputs, Profile, ReadOptions, read};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use std::cell::Cell;

fn config(cases: u32) -> Config {
    let factor = std::env::var("NETPOL_CLUSTERS").ok().and_then(|n| n.parse::<u32>().ok()).map_or(1, |n| n / 1000 + 1);
    Config { cases: cases * factor, failure_persistence: None, max_shrink_iters: 400, ..Config::default() }
}

fn of_text(text: &str, options: AnalysisOptions) -> Analysis {
    let mut inputs = Inputs::default();
    inputs.push("cluster.yaml", text);
    let snapshot = read(&inputs, &ReadOptions::default());
    assert!(!snapshot.report().has_errors(), "{:?}", snapshot.report().diagnostics);
    Analysis::new(snapshot, options)
}

fn analysis(cluster: &Cluster) -> Analysis {
    let mut options = AnalysisOptions::from(Profile::GENERIC);
    options.pod_cidrs =
        cluster.pod_cidrs.iter().map(|c| format!("{}/{}", c.address, c.prefix).parse().unwrap()).collect();
    of_text(&random::to_yaml(cluster), options)
}

/// The tests of a document in JSON.
fn tests(tests: &[Value]) -> TestFiles {
    let document = json!({
        "apiVersion": "netpol.dev/v1alpha1", "kind": "ConnectivityTest", "metadata": {"name": "t"}, "tests": tests,
    });
    let mut inputs = Inputs::default();
    inputs.push("tests.json", document.to_string());
    let found = read_tests(&inputs);
    assert!(found.diagnostics.is_empty(), "{:?}", found.diagnostics);
    found
}

fn run(analysis: &Analysis, tests: &TestFiles) -> Vec<TestAnswer> {
    tests.suites.iter().flat_map(|suite| &suite.tests).map(|test| analysis.test(test)).collect()
}

/// One test on a cluster.
fn one(analysis: &Analysis, mut test: Value) -> TestAnswer {
    test["name"] = json!("one");
    run(analysis, &tests(&[test])).remove(0)
}

/// What is proposed, as a document.
fn proposed(proposal: &Proposal) -> TestFiles {
    let peers = |peers: &[ProposedPeer]| -> Value {
        let peer = |peer: &ProposedPeer| match peer {
            ProposedPeer::Named(text) => json!(text),
            ProposedPeer::WorldExcept(blocks) => json!({"world": {"except": blocks}}),
            ProposedPeer::WorldWithin(blocks) => json!({"world": {"within": blocks}}),
        };
        peers.iter().map(peer).collect()
    };
    let test = |test: &netpol_core::assert::ProposedTest| {
        let mut value = json!({
            "name": test.name, "from": peers(&test.from), "to": peers(&test.to), "expect": test.expect.name(),
        });
        for (field, ports) in [("ports", &test.ports), ("exceptPorts", &test.except_ports)] {
            if let Some(ports) = ports {
                value[field] = json!(ports);
            }
        }
        value
    };
    tests(&proposal.tests.iter().map(test).collect::<Vec<_>>())
}

fn bad(answers: &[TestAnswer]) -> Vec<&TestAnswer> {
    answers.iter().filter(|answer| answer.outcome != Outcome::Passed).collect()
}

#[test]
fn what_is_proposed_passes() {
    TestRunner::new(config(200))
        .run(&random::cluster(), |cluster| {
            let analysis = analysis(&cluster);
            let proposal = analysis.propose_tests().unwrap();
            if !proposal.tests.is_empty() {
                let answers = run(&analysis, &proposed(&proposal));
                prop_assert!(bad(&answers).is_empty(), "{:#?}", bad(&answers)[0]);
            }
            Ok(())
        })
        .unwrap();
}

/// Pods and the outside, each connection with one verdict: what `propose_tests` covers wholly.
fn covered_wholly(mut cluster: Cluster) -> Cluster {
    cluster.nodes.clear();
    for pod in &mut cluster.pods {
        (pod.host_network, pod.node) = (false, None);
        // Of two families, connections may differ; of one, they cannot.
        pod.ips.retain(|ip| ip.is_ipv4());
    }
    cluster.pod_cidrs = vec![cluster::cidr("10.244.0.0/16")];
    cluster
}

#[test]
fn a_policy_that_is_removed_breaks_them_exactly_if_something_is_different() {
    let (same, different) = (Cell::new(0), Cell::new(0));
    TestRunner::new(config(200))
        .run(&(random::cluster(), any::<prop::sample::Index>()), |(cluster, removed)| {
            let cluster = covered_wholly(cluster);
            let before = analysis(&cluster);
            let proposal = before.propose_tests().unwrap();
            if cluster.policies.is_empty() || proposal.tests.is_empty() {
                return Ok(());
            }
            prop_assert_eq!(proposal.left_out, 0);
            let mut other = cluster.clone();
            other.policies.remove(removed.index(cluster.policies.len()));
            let after = analysis(&other);
            let diff = before.diff(&after).unwrap();
            let answers = run(&after, &proposed(&proposal));
            prop_assert_eq!(bad(&answers).is_empty(), diff.same, "{:#?} {:#?}", diff.changes, bad(&answers));
            let count = if diff.same { &same } else { &different };
            count.set(count.get() + 1);
            Ok(())
        })
        .unwrap();
    assert!(same.get() > 20 && different.get() > 20, "{} same, {} different", same.get(), different.get());
}

#[test]
fn pairs_are_counted_as_they_are_asked_one_by_one() {
    let failed = Cell::new(0);
    TestRunner::new(config(120))
        .run(&random::cluster(), |cluster| {
            let analysis = analysis(&cluster);
            let pods: Vec<String> = cluster
                .pods
                .iter()
                .filter(|pod| matches!(pod.phase, Phase::Running | Phase::Pending))
                .map(|pod| format!("{}/pod/{}", pod.ns, pod.name))
                .collect();
            let answer = one(&analysis, json!({"from": "*/*", "to": "*/*", "ports": "80", "expect": "allow"}));
            let (mut asked, mut otherwise) = (0, 0);
            for from in &pods {
                for to in pods.iter().filter(|to| *to != from) {
                    asked += 1;
                    otherwise += usize::from(analysis.check(from, to, "80").unwrap().verdict != Verdict::Allow);
                }
            }
            prop_assert_eq!((answer.pairs.asked, answer.pairs.failed), (asked, otherwise));
            let outcome = match (asked, otherwise) {
                (0, _) => Outcome::Unmatched,
                (_, 0) => Outcome::Passed,
                _ => Outcome::Failed,
            };
            prop_assert_eq!(answer.outcome, outcome, "{:?}", answer);
            failed.set(failed.get() + usize::from(outcome == Outcome::Failed));
            // The pair that is shown is one of those that fail.
            if let Some(witness) = answer.witness {
                let question = witness.answer.question;
                prop_assert_ne!(analysis.check(&question.from, &question.to, "80").unwrap().verdict, Verdict::Allow);
            }
            Ok(())
        })
        .unwrap();
    assert!(failed.get() > 10, "{}", failed.get());
}

#[test]
fn a_test_of_a_service_passes_exactly_where_check_allows_it_for_each_source() {
    let (passed, failed, own) = (Cell::new(0), Cell::new(0), Cell::new(0));
    TestRunner::new(config(60))
        .run(&random::cluster(), |cluster| {
            let namespace = &cluster.pods[0].ns;
            let service = format!(
                "---\n{{apiVersion: v1, kind: Service, metadata: {{name: some, namespace: {namespace}}}, spec: {{clusterIP: 10.96.7.7, selector: {{a: x}}, ports: [{{port: 80}}]}}}}\n"
            );
            let text = format!("{}\n{service}", random::to_yaml(&cluster));
            let analysis = of_text(&text, Profile::GENERIC.into());
            let to = format!("{namespace}/svc/some");
            let here = |pod: &&Pod| matches!(pod.phase, Phase::Running | Phase::Pending);
            // A test about nobody does not pass.
            let mut all = cluster.pods.iter().any(|pod| here(&pod));
            for pod in cluster.pods.iter().filter(here) {
                let from = format!("{}/pod/{}", pod.ns, pod.name);
                let answer = one(&analysis, json!({"from": from, "to": to, "ports": "80", "expect": "allow"}));
                let check = analysis.check(&from, &to, "80");
                let allowed = check.is_ok_and(|check| check.verdict == Verdict::Allow);
                prop_assert_eq!(answer.outcome == Outcome::Passed, allowed, "{} {:?}", from, answer);
                prop_assert_eq!(answer.pairs.itself, 0);
                all &= allowed;
                let backs = pod.ns == *namespace && pod.labels.iter().any(|(k, v)| (k.as_str(), v.as_str()) == ("a", "x"));
                own.set(own.get() + usize::from(backs && !allowed));
            }
            let answer = one(&analysis, json!({"from": "*/*", "to": to, "ports": "80", "expect": "allow"}));
            prop_assert_eq!(answer.outcome == Outcome::Passed, all, "{:?}", answer);
            let count = if all { &passed } else { &failed };
            count.set(count.get() + 1);
            Ok(())
        })
        .unwrap();
    assert!(passed.get() > 0 && failed.get() > 5 && own.get() > 5, "{passed:?} {failed:?} {own:?}");
}

/// Every way to label a pod, as far as random policies can tell.
fn every_label() -> Vec<Labels> {
    let values = [None, Some("x"), Some("y"), Some(""), Some("no-selector-names-this")];
    let mut all = Vec::new();
    for a in values {
        for b in values {
            let pairs = [("a", a), ("b", b)];
            all.push(pairs.into_iter().filter_map(|(k, v)| Some((k.to_string(), v?.to_string()))).collect());
        }
    }
    all
}

/// The cluster with one more pod, which has no address yet.
fn with_pod(cluster: &Cluster, ns: &str, labels: &Labels) -> Cluster {
    let mut cluster = cluster.clone();
    cluster.pods.push(Pod {
        ns: ns.to_owned(),
        name: "one-more".to_owned(),
        labels: labels.clone(),
        ips: Vec::new(),
        node: None,
        host_network: false,
        phase: Phase::Pending,
        containers: Vec::new(),
        sidecars: Vec::new(),
        init: Vec::new(),
    });
    cluster
}

#[test]
fn any_pod_stands_for_every_pod_that_could_be_added() {
    let (broken, held) = (Cell::new(0), Cell::new(0));
    TestRunner::new(config(60))
        .run(&(random::cluster(), any::<prop::sample::Index>(), any::<bool>()), |(cluster, at, deny)| {
            // What the pods that are there do is another matter.
            let target = cluster.pods[at.index(cluster.pods.len())].clone();
            let mut cluster = cluster;
            cluster.pods.retain(|pod| *pod == target);
            if !matches!(target.phase, Phase::Running | Phase::Pending) {
                return Ok(());
            }
            let ns = cluster.namespaces[at.index(cluster.namespaces.len())].name.clone();
            let to = format!("{}/pod/{}", target.ns, target.name);
            let expected = if deny { Verdict::Deny } else { Verdict::Allow };
            let base = analysis(&cluster);
            let question = json!({"from": {"anyPodIn": ns}, "to": to, "ports": "80", "expect": expected.name()});
            let answer = one(&base, question);
            if answer.outcome == Outcome::Unmatched {
                // A namespace of which nothing is left.
                return Ok(());
            }
            let verdict = |labels: &Labels| {
                let with = analysis(&with_pod(&cluster, &ns, labels));
                with.check(&format!("{ns}/pod/one-more"), &to, "80").unwrap().verdict
            };
            let breaking: Vec<Labels> =
                every_label().into_iter().filter(|labels| verdict(labels) != expected).collect();
            prop_assert_eq!(answer.outcome == Outcome::Passed, breaking.is_empty(), "{:?} {:#?}", breaking, answer);
            match answer.witness.and_then(|witness| witness.labels) {
                Some(labels) => {
                    let labels: Labels = labels.into_iter().collect();
                    prop_assert_ne!(verdict(&labels), expected, "{:?}", labels);
                    broken.set(broken.get() + 1);
                }
                None => {
                    prop_assert!(breaking.is_empty());
                    held.set(held.get() + 1);
                }
            }
            Ok(())
        })
        .unwrap();
    assert!(broken.get() > 5 && held.get() > 5, "{} broken, {} held", broken.get(), held.get());
}

const SHOP: &str = r#"
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: a}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: nightly, labels: {team: b}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}, spec: {containers: [{name: c, ports: [{name: sql, containerPort: 5432}]}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: job, namespace: nightly, labels: {app: web}}}
---
{apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop}, spec: {selector: {app: db}, ports: [{port: 80, targetPort: 5432}]}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from:
    - podSelector: {matchLabels: {app: web}}
    - ipBlock: {cidr: 203.0.113.0/24}
    ports: [{port: 5432}, {port: 5433}]
  - from: [{namespaceSelector: {matchLabels: {team: none}}}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: unused, namespace: nightly}
spec: {podSelector: {matchLabels: {app: nobody}}, policyTypes: [Egress]}
"#;

fn shop() -> Analysis {
    of_text(SHOP, Profile::GENERIC.into())
}

#[test]
fn each_outcome() {
    let shop = shop();
    let row = |test: Value| {
        let answer = one(&shop, test);
        (answer.outcome.code(), answer.pairs.asked, answer.pairs.failed, answer.pairs.itself)
    };
    let pods = |app: &str| json!({"namespace": "shop", "podSelector": {"matchLabels": {"app": app}}});
    for (test, expected) in [
        (json!({"from": "shop/web", "to": "shop/db", "ports": 5432, "expect": "allow"}), ("passed", 1, 0, 0)),
        (json!({"from": "shop/web", "to": "shop/db", "ports": "sql", "expect": "allow"}), ("passed", 1, 0, 0)),
        (json!({"from": "shop/web", "to": "shop/svc/db", "ports": 80, "expect": "allow"}), ("passed", 1, 0, 0)),
        (json!({"from": "shop/web", "to": "shop/db", "ports": [5432, 80], "expect": "allow"}), ("failed", 1, 1, 0)),
        (json!({"from": "shop/web", "to": "shop/db", "expect": "deny"}), ("failed", 1, 1, 0)),
        (
            json!({"from": "shop/web", "to": "shop/db", "exceptPorts": "5432-5433", "expect": "deny"}),
            ("passed", 1, 0, 0),
        ),
        (json!({"from": "shop/web", "to": "shop/db", "expect": "undefined"}), ("failed", 1, 1, 0)),
        (
            json!({"from": "nightly/job", "to": "shop/db", "expect": {"egress": "allow", "ingress": "deny"}}),
            ("passed", 1, 0, 0),
        ),
        (json!({"from": "nightly/job", "to": "shop/db", "expect": {"egress": "deny"}}), ("failed", 1, 1, 0)),
        (json!({"from": "*/*", "to": "shop/db", "ports": 5432, "expect": "allow"}), ("failed", 2, 1, 1)),
        (
            json!({"from": ["shop/web", "nightly/*"], "to": ["shop/db", "shop/web"], "ports": 5432, "expect": "allow"}),
            ("failed", 3, 1, 1),
        ),
        (json!({"from": pods("web"), "to": pods("db"), "ports": 5432, "expect": "allow"}), ("passed", 1, 0, 0)),
        (json!({"from": pods("nobody"), "to": pods("db"), "expect": "deny"}), ("unmatched", 0, 0, 0)),
        (
            json!({"from": {"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "Exists"}]}}, "to": "shop/db", "ports": 5432, "expect": "allow"}),
            ("failed", 2, 1, 1),
        ),
        (
            json!({"from": {"namespaceSelector": {"matchLabels": {"team": "b"}}}, "to": "shop/db", "expect": "deny"}),
            ("passed", 1, 0, 0),
        ),
        (json!({"from": "world", "to": "shop/db", "ports": 5432, "expect": "deny"}), ("failed", 1, 1, 0)),
        (
            json!({"from": {"world": {"except": ["203.0.113.0/24"]}}, "to": "shop/db", "ports": 5432, "expect": "deny"}),
            ("passed", 1, 0, 0),
        ),
        (
            json!({"from": {"world": {"within": ["203.0.113.0/24"], "except": ["203.0.113.7/32"]}}, "to": "shop/db", "ports": 5432, "expect": "allow"}),
            ("passed", 1, 0, 0),
        ),
        (
            json!({"from": {"world": {"within": ["203.0.112.0/23"]}}, "to": "shop/db", "ports": 5432, "expect": "allow"}),
            ("failed", 1, 1, 0),
        ),
        (json!({"from": "203.0.113.9", "to": "shop/db", "ports": 5432, "expect": "allow"}), ("passed", 1, 0, 0)),
        (json!({"from": "shop/web", "to": "shop/web", "expect": "allow"}), ("unmatched", 0, 0, 1)),
        (json!({"from": "shop/wbe", "to": "shop/db", "expect": "deny"}), ("unmatched", 0, 0, 0)),
        (json!({"from": "shop/web", "to": "shop/db", "ports": "nosuch", "expect": "deny"}), ("unmatched", 0, 0, 0)),
        (json!({"from": {"anyPodIn": "shpo"}, "to": "shop/db", "expect": "deny"}), ("unmatched", 0, 0, 0)),
        (json!({"from": "world", "to": "8.8.8.8", "expect": "allow"}), ("error", 0, 0, 0)),
        (json!({"from": "svc/db", "to": "shop/db", "expect": "allow"}), ("error", 0, 0, 0)),
        (
            json!({"from": "shop/web", "to": "shop/db", "ports": 5432, "expect": "allow", "decidedBy": "shop/db"}),
            ("passed", 1, 0, 0),
        ),
        (
            json!({"from": "shop/web", "to": "shop/db", "ports": 5432, "expect": "allow", "decidedBy": {"policy": "netpol/shop/db", "field": "spec.ingress[0].from[0]"}}),
            ("passed", 1, 0, 0),
        ),
        (
            json!({"from": "shop/web", "to": "shop/db", "ports": 5432, "expect": "allow", "decidedBy": {"policy": "db", "field": "spec.ingress[0].ports[0]"}}),
            ("passed", 1, 0, 0),
        ),
        (
            json!({"from": "shop/web", "to": "shop/db", "ports": 5432, "expect": "allow", "decidedBy": {"policy": "db", "field": "spec.ingress[1]"}}),
            ("failed", 1, 1, 0),
        ),
        (
            json!({"from": "shop/web", "to": "shop/db", "ports": 5432, "expect": "allow", "decidedBy": ["db", "nightly/db"]}),
            // There is no such policy.
            ("unmatched", 0, 0, 0),
        ),
        (json!({"from": "nightly/job", "to": "shop/db", "expect": "deny", "decidedBy": "db"}), ("passed", 1, 0, 0)),
    ] {
        assert_eq!(row(test.clone()), expected, "{test}");
    }
}

#[test]
fn a_failure_names_the_labels_that_break_it() {
    let answer = one(&shop(), json!({"from": {"anyPodIn": "shop"}, "to": "shop/db", "expect": "deny", "ports": 5432}));
    assert_eq!(answer.outcome, Outcome::Failed);
    let witness = answer.witness.unwrap();
    assert_eq!(witness.labels.unwrap().into_iter().collect::<Vec<_>>(), [("app".to_owned(), "web".to_owned())]);
    assert_eq!(witness.answer.question.from, "shop/{app: web}");
    // Elsewhere no label helps: the rule means pods of its own namespace.
    let answer = one(&shop(), json!({"from": {"anyPodIn": "nightly"}, "to": "shop/db", "expect": "deny"}));
    assert_eq!((answer.outcome, answer.pairs.assumed), (Outcome::Passed, 2), "{answer:?}");
}

#[test]
fn what_a_service_or_a_node_leads_to_tells_pods_apart_too() {
    let more = "---\n{apiVersion: v1, kind: Node, metadata: {name: worker}, status: {addresses: [{type: InternalIP, address: 192.0.2.1}]}}\n---\n{apiVersion: v1, kind: Service, metadata: {name: open, namespace: shop}, spec: {type: NodePort, selector: {app: db}, ports: [{port: 80, targetPort: 5432, nodePort: 30080}]}}\n";
    let shop = of_text(&format!("{SHOP}{more}"), Profile::GENERIC.into());
    let kinds = |to: &str, ports: u16| {
        let test = json!({"from": {"anyPodIn": "shop"}, "to": to, "ports": ports, "expect": "deny"});
        one(&shop, test).pairs.assumed
    };
    assert_eq!([kinds("shop/db", 5432), kinds("svc/open", 80), kinds("node/worker", 30080)], [2, 2, 2]);
    // To a pod that nothing isolates, all are one.
    assert_eq!(kinds("nightly/job", 80), 1);
}

#[test]
fn too_many_kinds_of_pods_are_neither_passed_nor_failed() {
    let mut text = SHOP.to_owned();
    for key in 0..13 {
        text += &format!(
            "---\n{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: p{key}, namespace: shop}}, spec: {{podSelector: {{matchLabels: {{k{key}: v}}}}, policyTypes: [Egress]}}}}\n"
        );
    }
    let answer = one(
        &of_text(&text, Profile::GENERIC.into()),
        json!({"from": {"anyPodIn": "shop"}, "to": "shop/db", "expect": "deny"}),
    );
    assert_eq!(answer.outcome, Outcome::Error);
    assert_eq!(answer.problem.unwrap().code.code(), "too-many-label-sets");
}

#[test]
fn coverage_is_what_decides() {
    let shop = shop();
    let mut coverage = Coverage::default();
    let files = tests(&[
        json!({"name": "a", "from": "shop/web", "to": "shop/db", "ports": 5432, "expect": "allow"}),
        json!({"name": "b", "from": "nightly/job", "to": "shop/db", "expect": "deny"}),
    ]);
    for test in &files.suites[0].tests {
        assert_eq!(shop.test_covering(test, &mut coverage).outcome, Outcome::Passed);
    }
    coverage.settle(&shop);
    let report = CoverageReport::new(coverage.of(&shop), &coverage);
    let rows = |covered: netpol_core::assert::Covered| (covered.covered, covered.total);
    assert_eq!(rows(report.policies), (1, 2));
    assert_eq!(rows(report.rules), (1, 2));
    assert_eq!(rows(report.peers), (1, 3));
    assert_eq!(rows(report.ports), (1, 2));
    assert_eq!(report.percent, 44);
    let db = report.by_policy.iter().find(|policy| &*policy.policy.name == "db").unwrap();
    let fields: Vec<&str> = db.uncovered.iter().map(|part| part.field.as_str()).collect();
    assert_eq!(fields, ["spec.ingress[0].from[1]", "spec.ingress[0].ports[1]", "spec.ingress[1]"]);
    let unused = report.by_policy.iter().find(|policy| &*policy.policy.name == "unused").unwrap();
    assert!(!unused.covered && unused.place.as_ref().is_some_and(|place| place.span.line == 26), "{unused:?}");
}

/// A pod that is reached through a Service and a port of its node, and another one that may ask it.
const HAIRPIN: &str = r#"
{apiVersion: v1, kind: Node, metadata: {name: n1}, status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}}
---
apiVersion: v1
kind: Pod
metadata: {name: s, namespace: a, labels: {app: s}}
spec: {nodeName: n1, containers: [{name: c}]}
status: {phase: Running, podIP: 10.244.0.6}
---
apiVersion: v1
kind: Pod
metadata: {name: w, namespace: a, labels: {app: w}}
spec: {nodeName: n1, containers: [{name: c}]}
status: {phase: Running, podIP: 10.244.0.7}
---
apiVersion: v1
kind: Service
metadata: {name: s, namespace: a}
spec: {type: NodePort, clusterIP: 10.96.0.1, selector: {app: s}, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]}
---
apiVersion: v1
kind: Service
metadata: {name: headless, namespace: a}
spec: {clusterIP: None, selector: {app: s}, ports: [{port: 8080}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: s, namespace: a}
spec: {podSelector: {matchLabels: {app: s}}, ingress: [{from: [{podSelector: {}}, {ipBlock: {cidr: 192.168.0.0/16}}]}]}
"#;

#[test]
fn a_pod_that_reaches_itself_through_a_service_is_a_pair_like_every_other() {
    let row = |profile: Profile, to: &str, ports: u16, expect: &str| {
        let analysis = of_text(HAIRPIN, profile.into());
        let answer = one(&analysis, json!({"from": "a/*", "to": to, "ports": ports, "expect": expect}));
        (answer.outcome.code(), answer.pairs.asked, answer.pairs.failed, answer.pairs.itself)
    };
    let generic = || Profile::GENERIC;
    assert_eq!(row(generic(), "a/svc/s", 80, "allow"), ("failed", 2, 1, 0));
    assert_eq!(row(generic(), "a/svc/s", 80, "undefined"), ("failed", 2, 1, 0));
    assert_eq!(row(generic(), "10.96.0.1", 80, "allow"), ("failed", 2, 1, 0));
    let by_node = row(generic(), "node/n1", 30080, "allow");
    assert_eq!((by_node.0, by_node.1, by_node.3), ("failed", 2, 0), "{by_node:?}");
    // A plugin may settle it.
    let cilium = Profile::PLUGINS.iter().find(|profile| profile.name == "cilium").unwrap().clone();
    assert_eq!(row(cilium, "a/svc/s", 80, "allow"), ("passed", 2, 0, 0));
    // By its own address a pod always reaches itself, whatever names that.
    for to in ["a/s", "a/svc/headless"] {
        assert_eq!(row(generic(), to, 8080, "allow"), ("passed", 1, 0, 1), "{to}");
        assert_eq!(row(generic(), to, 8080, "deny"), ("failed", 1, 1, 1), "{to}");
    }
    // What fails is shown, as `check` answers it.
    let analysis = of_text(HAIRPIN, Profile::GENERIC.into());
    let answer = one(&analysis, json!({"from": "a/*", "to": "a/svc/s", "ports": 80, "expect": "allow"}));
    let witness = answer.witness.unwrap();
    assert_eq!(witness.answer.question.from, "a/s");
    assert_eq!(witness.answer.verdict, Verdict::Undefined);
    let alone = one(&analysis, json!({"from": "a/s", "to": "a/svc/s", "ports": 80, "expect": "undefined"}));
    assert_eq!((alone.outcome.code(), alone.pairs.asked), ("passed", 1));
}

#[test]
fn of_pods_that_are_alike_each_has_its_own_pair_with_itself_through_a_service() {
    let pod = |name: &str| {
        format!("---\n{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: a, labels: {{app: s}}}}}}\n")
    };
    let text = format!(
        "{}{}{}---\n{{apiVersion: v1, kind: Service, metadata: {{name: s, namespace: a}}, spec: {{selector: {{app: s}}, ports: [{{port: 80}}]}}}}\n---\n{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: s, namespace: a}}, spec: {{podSelector: {{}}, ingress: [{{}}]}}}}\n",
        pod("a"),
        pod("b"),
        pod("c")
    );
    let analysis = of_text(&text, Profile::GENERIC.into());
    let answer = one(&analysis, json!({"from": "a/*", "to": "a/svc/s", "ports": 80, "expect": "allow"}));
    assert_eq!((answer.pairs.asked, answer.pairs.failed, answer.pairs.itself), (9, 3, 0));
    // Only what is not as expected is shown of the witness: the pod and itself.
    let parts = answer.witness.unwrap().answer.parts;
    assert!(parts.iter().all(|part| part.verdict == Verdict::Undefined), "{parts:?}");
    let direct = one(&analysis, json!({"from": "a/*", "to": "a/*", "ports": 80, "expect": "allow"}));
    assert_eq!((direct.outcome.code(), direct.pairs.asked, direct.pairs.itself), ("passed", 6, 3));
}

/// What is covered of the policies of a text by tests: the fields that are not, by policy, where `-` is the policy
/// itself.
fn not_covered(text: &str, wanted: &[Value]) -> Vec<(String, Vec<String>)> {
    let analysis = of_text(text, Profile::GENERIC.into());
    let mut coverage = Coverage::default();
    for test in &tests(wanted).suites[0].tests {
        analysis.test_covering(test, &mut coverage);
    }
    coverage.settle(&analysis);
    let all = coverage.of(&analysis).into_iter();
    let rows = all.map(|of| {
        let policy = (!of.covered).then(|| "-".to_owned());
        (of.policy.name.to_string(), policy.into_iter().chain(of.uncovered.into_iter().map(|p| p.field)).collect())
    });
    rows.collect()
}

#[test]
fn where_two_allow_the_same_no_test_would_miss_either() {
    let pods = "{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}}\n";
    let policy = |name: &str, spec: &str| {
        format!(
            "---\n{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: {name}, namespace: shop}}, spec: {spec}}}\n"
        )
    };
    let web = "{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 80}]}";
    let db = "podSelector: {matchLabels: {app: db}}";
    let allowed = || json!({"name": "a", "from": "shop/web", "to": "shop/db", "ports": 80, "expect": "allow"});
    let denied = || json!({"name": "d", "from": "shop/web", "to": "shop/db", "ports": 81, "expect": "deny"});
    let fields = |fields: &[&str]| fields.iter().map(|f| (*f).to_owned()).collect::<Vec<String>>();
    // Two rules of one policy.
    let twice = pods.to_owned() + &policy("a", &format!("{{{db}, ingress: [{web}, {web}]}}"));
    assert_eq!(
        not_covered(&twice, &[allowed(), denied()]),
        [("a".to_owned(), fields(&["spec.ingress[0]", "spec.ingress[1]"]))]
    );
    // What is allowed is so without the policy too; what is denied is not.
    let once = pods.to_owned() + &policy("a", &format!("{{{db}, ingress: [{web}]}}"));
    assert_eq!(not_covered(&once, &[allowed()]), [("a".to_owned(), fields(&["-"]))]);
    assert_eq!(not_covered(&once, &[denied()]), [("a".to_owned(), fields(&["spec.ingress[0]"]))]);
    // Two policies isolate, each is enough; but a test that names one misses that one.
    let both = once + &policy("b", &format!("{{{db}}}"));
    let rows = |tests: &[Value]| not_covered(&both, tests);
    assert_eq!(
        rows(&[denied()]),
        [("a".to_owned(), fields(&["-", "spec.ingress[0]"])), ("b".to_owned(), fields(&["-"]))]
    );
    let mut named = denied();
    named["decidedBy"] = json!("shop/b");
    assert_eq!(rows(&[named]), [("a".to_owned(), fields(&["-", "spec.ingress[0]"])), ("b".to_owned(), fields(&[]))]);
    // The other ports of a rule are its own matter.
    let ports =
        "{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 80}, {port: 443}, {port: 70, endPort: 90}]}";
    let ports = pods.to_owned() + &policy("a", &format!("{{{db}, ingress: [{ports}]}}"));
    let mut other = allowed();
    (other["name"], other["ports"]) = (json!("b"), json!(443));
    assert_eq!(
        not_covered(&ports, &[allowed(), other]),
        [("a".to_owned(), fields(&["-", "spec.ingress[0].ports[0]", "spec.ingress[0].ports[2]"]))]
    );
}

#[test]
fn a_rule_of_an_administrator_is_missed_by_what_it_denies_or_lets_through() {
    let text = "{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop}}
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: c}
spec:
  tier: Admin
  priority: 1
  subject: {namespaces: {}}
  ingress:
  - {action: Accept, from: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 80}}}]}
  - {action: Deny, from: [{namespaces: {}}]}
";
    let test = |name: &str, ports: u16, expect: &str| json!({"name": name, "from": "shop/web", "to": "shop/db", "ports": ports, "expect": expect});
    let rows = |tests: &[Value]| not_covered(text, tests).remove(0).1;
    assert_eq!(rows(&[test("a", 80, "allow")]), ["-", "spec.ingress[1]"]);
    assert_eq!(rows(&[test("d", 81, "deny")]), ["spec.ingress[0]"]);
    assert!(rows(&[test("a", 80, "allow"), test("d", 81, "deny")]).is_empty());
}

#[test]
fn a_field_that_cannot_decide_is_an_error_and_one_that_can_is_not() {
    let read = |field: &str| {
        let text = json!({"apiVersion": "netpol.dev/v1alpha1", "kind": "ConnectivityTest", "metadata": {"name": "t"}, "tests":
            [{"name": "a", "from": "x/a", "to": "x/b", "expect": "deny", "decidedBy": {"policy": "a", "field": field}}]});
        let mut inputs = Inputs::default();
        inputs.push("t.json", text.to_string());
        let found = read_tests(&inputs).diagnostics;
        found.iter().for_each(|d| {
            let accepted = d.params.get("accepted").is_some_and(|text| text.contains("spec.ingress[N]"));
            assert!(d.params.get("found").map(String::as_str) == Some(field) && accepted, "{d}");
        });
        found.is_empty()
    };
    for good in [
        "spec",
        "spec.podSelector",
        "spec.ingress",
        "spec.egress[0]",
        "spec.egress[10].to",
        "spec.ingress[0].from[3]",
        "spec.ingress[0].ports[12]",
        "spec.egress[1].protocols[0]",
    ] {
        assert!(read(good), "{good}");
    }
    for bad in [
        "",
        "spec.",
        "spec[0]",
        "spec.ingress[",
        "spec.ingress[]",
        "spec.ingress[01]",
        "spec.ingress[-1]",
        "spec.ingress[0",
        "spec.ingress0",
        "spec.ingress.from[0]",
        "spec.ingress[0].to[0]",
        "spec.egress[0].from",
        "spec.ingress[0].from[0].podSelector",
        "spec.ingress[0]from",
        "spec.Ingress[0]",
        "spec.ingress[0] ",
        "spec.subject",
        "metadata.name",
    ] {
        assert!(!read(bad), "{bad}");
    }
}

#[test]
fn where_nothing_of_the_outside_is_left_that_is_said() {
    // No packet goes to such addresses.
    let answer =
        one(&shop(), json!({"from": {"world": {"within": ["224.0.0.0/4"]}}, "to": "shop/db", "expect": "deny"}));
    assert_eq!(answer.outcome, Outcome::Unmatched, "{answer:?}");
    let problem = answer.problem.unwrap();
    assert_eq!(problem.code.code(), "nothing-outside");
    assert!(problem.to_string().contains("nothing of the outside is left of `world within 224.0.0.0/4`"), "{problem}");
}

/// What is wrong with each field, with its place.
#[test]
fn every_field_says_what_is_wrong_with_it_and_where() {
    let head = "apiVersion: netpol.dev/v1alpha1\nkind: ConnectivityTest\nmetadata: {name: t}\n";
    let test = "- {name: a, from: x/a, to: x/b, expect: deny}\n";
    let of_test = |fields: &str| format!("{head}tests:\n- name: a\n  from: x/a\n  to: x/b\n  expect: deny\n{fields}");
    for (text, code, line, column, field) in [
        (format!("{head}tests: [\n"), "yaml-syntax", 5, 1, ""),
        (format!("{}tests:\n{test}", head.replace("v1alpha1", "v1")), "not-a-test", 1, 13, "apiVersion"),
        (format!("{}tests:\n{test}", head.replace("kind: Conn", "kind: Kon")), "not-a-test", 2, 7, "kind"),
        (format!("{}tests:\n{test}", head.replace("{name: t}", "{}")), "missing-field", 3, 11, "metadata"),
        (format!("{}tests:\n{test}", head.replace("name: t", "name: T_")), "invalid-name", 3, 18, "metadata.name"),
        (head.to_owned(), "missing-field", 1, 1, ""),
        (format!("{head}tests: []\n"), "wrong-type", 4, 8, "tests"),
        (format!("{head}tests: {{}}\n"), "wrong-type", 4, 8, "tests"),
        (format!("{head}tests:\n- web\n"), "wrong-type", 5, 3, "tests[0]"),
        (format!("{head}test: []\ntests:\n{test}"), "unknown-field", 4, 1, "test"),
        (format!("{head}resources: [1]\ntests:\n{test}"), "wrong-type", 4, 13, "resources[0]"),
        (format!("{head}resources: ''\ntests:\n{test}"), "wrong-type", 4, 12, "resources"),
        (format!("{head}namespace: A b\ntests:\n{test}"), "invalid-namespace", 4, 12, "namespace"),
        (format!("{head}profile: celium\ntests:\n{test}"), "not-one-of", 4, 10, "profile"),
        (
            format!("{head}profileSettings: {{nosuch: 1}}\ntests:\n{test}"),
            "not-one-of",
            4,
            19,
            "profileSettings.nosuch",
        ),
        (
            format!("{head}profileSettings: {{enforced: maybe}}\ntests:\n{test}"),
            "not-one-of",
            4,
            29,
            "profileSettings.enforced",
        ),
        (format!("{head}tests:\n{test}{test}"), "duplicate-test", 6, 10, "tests[1].name"),
        (format!("{head}tests:\n- {{from: x/a, to: x/b, expect: deny}}\n"), "missing-field", 5, 3, "tests[0]"),
        (
            format!("{head}tests:\n- {{name: ' ', from: x/a, to: x/b, expect: deny}}\n"),
            "wrong-type",
            5,
            10,
            "tests[0].name",
        ),
        (of_test("  form: x\n"), "unknown-field", 9, 3, "tests[0].form"),
        (of_test("").replace("x/a", "a/b/c/d"), "not-a-peer", 6, 9, "tests[0].from"),
        (of_test("").replace("x/a", "[]"), "not-a-peer", 6, 9, "tests[0].from"),
        (of_test("").replace("x/a", "[x/a, [b]]"), "wrong-type", 6, 15, "tests[0].from[1]"),
        (of_test("").replace("x/a", "{}"), "peer-fields", 6, 9, "tests[0].from"),
        (of_test("").replace("x/a", "{anyPodIn: A}"), "invalid-namespace", 6, 20, "tests[0].from.anyPodIn"),
        (of_test("").replace("x/a", "{anyPodIn: a, namespace: b}"), "peer-fields", 6, 9, "tests[0].from"),
        (of_test("").replace("x/b", "{anyPodIn: a}"), "unknown-field", 7, 8, "tests[0].to.anyPodIn"),
        (of_test("").replace("x/b", "{namespace: a, namespaceSelector: {}}"), "peer-fields", 7, 7, "tests[0].to"),
        (
            of_test("").replace("x/b", "{podSelector: {matchLabels: {a: b c}}}"),
            "invalid-label-value",
            7,
            39,
            "tests[0].to.podSelector.matchLabels.a",
        ),
        (
            of_test("").replace("x/b", "{world: {except: [10.0.0.0/99]}}"),
            "invalid-cidr",
            7,
            25,
            "tests[0].to.world.except[0]",
        ),
        (of_test("  ports: 99999\n"), "not-ports", 9, 10, "tests[0].ports"),
        (of_test("  ports: [80, http]\n"), "not-ports", 9, 10, "tests[0].ports"),
        (of_test("  ports: []\n"), "not-ports", 9, 10, "tests[0].ports"),
        (of_test("  ports: {a: 1}\n"), "wrong-type", 9, 10, "tests[0].ports"),
        (of_test("  exceptPorts: http\n"), "not-ports", 9, 16, "tests[0].exceptPorts"),
        (of_test("  ports: http\n  exceptPorts: 80\n"), "not-ports", 10, 16, "tests[0].exceptPorts"),
        (of_test("").replace("deny", "denied"), "not-one-of", 8, 11, "tests[0].expect"),
        (of_test("").replace("deny", "{}"), "missing-field", 8, 11, "tests[0].expect"),
        (of_test("").replace("deny", "{egress: no}"), "wrong-type", 8, 20, "tests[0].expect.egress"),
        (of_test("").replace("deny", "{out: deny}"), "unknown-field", 8, 12, "tests[0].expect.out"),
        (of_test("  decidedBy: a/b/c/d\n"), "not-a-policy", 9, 14, "tests[0].decidedBy"),
        (of_test("  decidedBy: {field: spec}\n"), "missing-field", 9, 14, "tests[0].decidedBy"),
        (of_test("  decidedBy: {policy: a, field: ingress}\n"), "not-one-of", 9, 33, "tests[0].decidedBy.field"),
        (
            of_test("  decidedBy: {policy: a, field: 'spec.ingress['}\n"),
            "not-one-of",
            9,
            33,
            "tests[0].decidedBy.field",
        ),
        (of_test("  decidedBy: [a, {policy: a, field: spec.x}]\n"), "not-one-of", 9, 37, "tests[0].decidedBy[1].field"),
        (of_test("  decidedBy: []\n"), "wrong-type", 9, 14, "tests[0].decidedBy"),
        (of_test("  decidedBy: anp/shop/a\n"), "not-a-policy", 9, 14, "tests[0].decidedBy"),
        (of_test("  ports: 80\n  exceptPorts: 443\n"), "nothing-excepted", 10, 16, "tests[0].exceptPorts"),
        (of_test("  exceptPorts: icmp\n"), "nothing-excepted", 9, 16, "tests[0].exceptPorts"),
        (of_test("  exceptPorts: [tcp, udp, sctp]\n"), "no-port-left", 9, 16, "tests[0].exceptPorts"),
        (of_test("").replace("x/b", "{world: {within: []}}"), "wrong-type", 7, 24, "tests[0].to.world.within"),
        (
            of_test("").replace("x/b", "{world: {except: [0.0.0.0/0, '::/0']}}"),
            "no-address-left",
            7,
            15,
            "tests[0].to.world",
        ),
        (
            of_test("").replace("x/b", "{world: {within: [10.0.0.0/8], except: [0.0.0.0/1]}}"),
            "no-address-left",
            7,
            15,
            "tests[0].to.world",
        ),
        (
            format!("{}tests:\n{test}", head.replace("name: t", "name: t, namespace: x")),
            "unknown-field",
            3,
            21,
            "metadata.namespace",
        ),
    ] {
        let mut inputs = Inputs::default();
        inputs.push("t.yaml", text.as_str());
        let found = read_tests(&inputs).diagnostics;
        let first = found.first().unwrap_or_else(|| panic!("nothing is wrong with\n{text}"));
        let span = first.place.as_ref().unwrap().span;
        let found = (first.code.code(), span.line, span.column, first.field.as_deref().unwrap_or_default());
        assert_eq!(found, (code, line, column, field), "{text}\n{first}");
        assert!(!first.to_string().contains("{found}"), "{first}");
    }
}

#[test]
fn many_documents_and_other_kinds_in_one_file() {
    let mut inputs = Inputs::default();
    let suite = |name: &str| {
        format!(
            "---\napiVersion: netpol.dev/v1alpha1\nkind: ConnectivityTest\nmetadata: {{name: {name}}}\ntests:\n- {{name: a, from: shop/web, to: shop/db, ports: '5432', expect: allow}}\n"
        )
    };
    inputs.push("all.yaml", format!("{}---{SHOP}{}", suite("first"), suite("second")));
    let found = read_tests(&inputs);
    assert!(found.diagnostics.is_empty(), "{:?}", found.diagnostics);
    let names: Vec<(&str, u32)> = found.suites.iter().map(|s| (s.name.as_str(), s.place.span.line)).collect();
    assert_eq!(names, [("first", 2), ("second", 37)]);
    // To every other command, tests are no objects.
    let snapshot = read(&inputs, &ReadOptions::default());
    assert!(!snapshot.report().has_errors() && snapshot.report().other_kinds.is_empty(), "{:?}", snapshot.report());
}
