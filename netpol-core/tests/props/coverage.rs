//! What tests are said to miss is what they miss: each part of each policy is taken out of the manifests, and the
//! tests are run on what is left.

use super::cluster::{Cluster, Direction, Rule};
use super::lint::{Part, take};
use super::{analysis, config, manifests, part_of_clusters, random};
use netpol_core::Inputs;
use netpol_core::assert::{Coverage, Outcome, Suite, read_tests};
use netpol_core::query::Verdict;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;

/// Tests of what is so on a port between some pods.
fn suite(cluster: &Cluster) -> Option<Suite> {
    let today = analysis(cluster, "cluster.yaml", manifests::to_yaml(cluster));
    let names: Vec<String> = cluster.pods.iter().map(|pod| format!("{}/{}", pod.ns, pod.name)).collect();
    let mut tests = Vec::new();
    for (at, from) in names.iter().enumerate().take(4) {
        for (other, to) in names.iter().enumerate().take(4).filter(|(other, _)| *other != at) {
            let port = [80, 53, 5432][(at + other) % 3];
            let Ok(answer) = today.check(from, to, &port.to_string()) else { continue };
            if answer.verdict == Verdict::Mixed {
                continue;
            }
            let expect = answer.verdict.name();
            tests.push(serde_json::json!({"name": format!("{from} {to}"), "from": from, "to": to, "ports": port, "expect": expect}));
        }
    }
    let text = serde_json::json!({
        "apiVersion": "netpol.dev/v1alpha1", "kind": "ConnectivityTest", "metadata": {"name": "t"}, "tests": tests,
    });
    let mut inputs = Inputs::default();
    inputs.push("tests.json", text.to_string());
    let found = read_tests(&inputs);
    assert!(tests.is_empty() || found.diagnostics.is_empty(), "{:?}", found.diagnostics);
    (!tests.is_empty()).then(|| found.suites.into_iter().next()).flatten()
}

fn outcomes(cluster: &Cluster, suite: &Suite) -> Vec<Outcome> {
    let analysis = analysis(cluster, "cluster.yaml", manifests::to_yaml(cluster));
    suite.tests.iter().map(|test| analysis.test(test).outcome).collect()
}

/// The types that a policy has by default, as taking rules out would change them.
fn with_types(cluster: &Cluster) -> Cluster {
    let mut cluster = cluster.clone();
    for policy in &mut cluster.policies {
        if policy.policy_types.as_ref().is_none_or(Vec::is_empty) {
            let mut types = vec![Direction::Ingress];
            types.extend(policy.egress.iter().any(|rules| !rules.is_empty()).then_some(Direction::Egress));
            policy.policy_types = Some(types);
        }
    }
    cluster
}

/// Rules, peers and ports of a policy; of lists that are there.
fn parts(rules: &[Rule], egress: bool) -> Vec<(usize, Part)> {
    let mut found = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        found.push((0, Part { egress, rule: at, item: None }));
        let peers = rule.peers.as_ref().map_or(0, Vec::len);
        found.extend((0..peers).map(|peer| (1, Part { egress, rule: at, item: Some((false, peer)) })));
        let ports = rule.ports.as_ref().map_or(0, Vec::len);
        found.extend((0..ports).map(|port| (2, Part { egress, rule: at, item: Some((true, port)) })));
    }
    found
}

#[test]
fn what_is_covered_is_what_some_test_would_miss() {
    let mut seen = BTreeMap::<(usize, bool), usize>::new();
    let tally = std::cell::RefCell::new(&mut seen);
    let mut runner = TestRunner::new(config(part_of_clusters(6)));
    let outcome = runner.run(&random::cluster(), |cluster| {
        let cluster = with_types(&cluster);
        let Some(suite) = suite(&cluster) else { return Ok(()) };
        let today = analysis(&cluster, "cluster.yaml", manifests::to_yaml(&cluster));
        let mut coverage = Coverage::default();
        for test in &suite.tests {
            assert_eq!(today.test_covering(test, &mut coverage).outcome, Outcome::Passed);
        }
        coverage.settle(&today);
        let found = coverage.of(&today);
        let before = vec![Outcome::Passed; suite.tests.len()];
        for (number, policy) in cluster.policies.iter().enumerate() {
            let is_it = |of: &&netpol_core::assert::PolicyCoverage| {
                of.policy.kind == "NetworkPolicy"
                    && *of.policy.name == *policy.name
                    && of.policy.namespace.as_deref() == Some(&policy.ns)
            };
            let covered = found.iter().find(is_it).unwrap();
            let mut without = cluster.clone();
            without.policies.remove(number);
            let missed = outcomes(&without, &suite) != before;
            *tally.borrow_mut().entry((3, missed)).or_default() += 1;
            let text = || format!("{covered:#?}\n{suite:#?}\n{}", manifests::to_yaml(&cluster));
            proptest::prop_assert_eq!(covered.covered, missed, "{}", text());
            let mut counts = [0_usize; 3];
            for egress in [true, false] {
                let list = if egress { &policy.egress } else { &policy.ingress };
                for (which, part) in parts(list.as_deref().unwrap_or_default(), egress) {
                    let mut without = cluster.clone();
                    take(&mut without.policies[number], &part);
                    let missed = outcomes(&without, &suite) != before;
                    *tally.borrow_mut().entry((which, missed)).or_default() += 1;
                    counts[which] += usize::from(missed);
                    let direction = if egress { "egress" } else { "ingress" };
                    let field = match part.item {
                        None => format!("spec.{direction}[{}]", part.rule),
                        Some((true, at)) => format!("spec.{direction}[{}].ports[{at}]", part.rule),
                        Some((false, at)) => {
                            let key = if egress { "to" } else { "from" };
                            format!("spec.{direction}[{}].{key}[{at}]", part.rule)
                        }
                    };
                    let open = covered.uncovered.iter().any(|part| part.field == field);
                    proptest::prop_assert!(!(open && missed), "{}: {}", field, text());
                }
            }
            let told = [covered.rules, covered.peers, covered.ports].map(|of| of.covered);
            proptest::prop_assert_eq!(told, counts, "{}", text());
        }
        Ok(())
    });
    outcome.unwrap();
    for which in 0..4 {
        for missed in [true, false] {
            assert!(
                seen.contains_key(&(which, missed)) || !super::are_many(),
                "never seen: {which} {missed} in {seen:?}"
            );
        }
    }
}
