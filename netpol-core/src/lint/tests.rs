//! Each rule on its examples, and what rules share.

use super::*;
use crate::analysis::AnalysisOptions;
use crate::manifest::{ReadOptions, read};
use crate::profile::Profile;

fn lint_text(text: &str, profile: Option<&str>) -> LintAnswer {
    let mut inputs = Inputs::default();
    inputs.push("example.yaml", text);
    let snapshot = read(&inputs, &ReadOptions::default());
    let profile = profile.map_or(Profile::GENERIC, |name| Profile::by_name(name).unwrap());
    let analysis = Analysis::new(&snapshot, AnalysisOptions::from(profile));
    lint(&inputs, &snapshot, &analysis, &LintOptions::default()).unwrap()
}

/// How often a rule has something to say.
fn count(text: &str, rule: LintCode) -> usize {
    let found = lint_text(text, rule.example_profile());
    found.findings.iter().filter(|finding| finding.rule == rule).count()
}

#[test]
fn each_rule_fires_on_its_bad_example_and_not_on_its_near_miss() {
    let mut wrong = Vec::new();
    for rule in LintCode::ALL {
        assert!(!rule.good_example().is_empty(), "{}: no good example", rule.code());
        let counts = [rule.bad_example(), rule.good_example()].map(|text| count(text, *rule));
        if counts[0] == 0 || counts[1] != 0 {
            wrong.push((rule.code(), counts));
        }
    }
    assert_eq!(wrong, [], "findings on the bad and on the good example");
}

#[test]
fn examples_are_read_without_errors() {
    for rule in LintCode::ALL.iter().filter(|rule| **rule != LintCode::Rejected) {
        for text in [rule.bad_example(), rule.good_example()] {
            let mut inputs = Inputs::default();
            inputs.push("example.yaml", text);
            let snapshot = read(&inputs, &ReadOptions::default());
            assert_eq!(snapshot.report().diagnostics, [], "{}", rule.code());
        }
    }
}

#[test]
fn every_finding_has_a_place_and_a_sentence() {
    for rule in LintCode::ALL {
        let found = lint_text(rule.bad_example(), rule.example_profile());
        for finding in found.findings {
            assert!(finding.place.is_some(), "{finding:?}");
            for lang in crate::lang::Lang::ALL {
                let text = lang.lint(&finding);
                assert!(!text.is_empty() && !text.contains(['{', '}']), "{text}");
            }
        }
    }
}

#[test]
fn codes_and_rules_are_in_one_order() {
    let of_rules: Vec<LintCode> = rules::ALL.iter().map(|rule| rule.code).collect();
    assert_eq!(of_rules, LintCode::ALL);
}

#[test]
fn what_is_not_looked_at_is_not_found_and_that_is_known() {
    let mut inputs = Inputs::default();
    inputs.push("example.yaml", LintCode::RedundantRule.bad_example());
    let snapshot = read(&inputs, &ReadOptions::default());
    let analysis = Analysis::new(&snapshot, Profile::GENERIC);
    let context = context::Context::new(&inputs, &snapshot, &analysis);
    let found = |most| {
        let redundant = parts::within(&context, most);
        (redundant.parts.len(), redundant.whole)
    };
    assert_eq!(found(0), (0, false));
    assert_eq!(found(1000), (1, true));
}

#[test]
fn among_many_policies_of_the_same_pods_one_connection_tells_that_a_part_stands_alone() {
    let mut text = String::new();
    for at in 0..100 {
        // The last one admits what the one before does as well.
        let (app, port) = (at.min(98), 8000 + at.min(98));
        text += &format!(
            "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: app-{at}, labels: {{app: app-{at}}}}}, status: {{podIP: 10.244.0.{at}}}}}\n\
             ---\n{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: p-{at}}}, spec: {{podSelector: {{}}, \
             ingress: [{{from: [{{podSelector: {{matchLabels: {{app: app-{app}}}}}}}, {{ipBlock: {{cidr: 172.16.{app}.0/24}}}}], \
             ports: [{{port: {port}}}]}}]}}}}\n"
        );
    }
    let mut inputs = Inputs::default();
    inputs.push("example.yaml", text);
    let snapshot = read(&inputs, &ReadOptions::default());
    let analysis = Analysis::new(&snapshot, Profile::GENERIC);
    let context = context::Context::new(&inputs, &snapshot, &analysis);
    // To evaluate the lists of each part would take a hundred times as many.
    let redundant = parts::within(&context, 2000);
    assert!(redundant.whole);
    assert_eq!(redundant.parts, [parts::Part::Policy(99)]);
}
