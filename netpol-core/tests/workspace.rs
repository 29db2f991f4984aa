//! Files that change one at a time come to the same as files that are read at once.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use netpol_core::query::MatrixQuery;
use netpol_core::{Analysis, AnalysisOptions, Inputs, ReadOptions, Workspace, read};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const CLUSTER: &str = "
{apiVersion: v1, kind: Namespace, metadata: {name: x, labels: {team: red}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: z, labels: {team: blue}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x, labels: {app: a, tier: one}}, status: {podIP: 10.0.0.1}}
---
{apiVersion: v1, kind: Pod, metadata: {name: b, namespace: x, labels: {app: b}}, status: {podIP: 10.0.0.2}}
---
{apiVersion: v1, kind: Pod, metadata: {name: c, namespace: z, labels: {app: a}}, status: {podIP: 10.0.1.1}}
---
{apiVersion: v1, kind: Pod, metadata: {name: d, namespace: z, labels: {app: d, tier: one}}, status: {podIP: 10.0.1.2}}
";

/// The documents that a file may be made of: policies, sound and not, and other objects.
const DOCUMENTS: [&str; 13] = [
    "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: one, namespace: x}, spec: {podSelector: {}}}",
    "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: two, namespace: x}, spec: {podSelector: {matchLabels: {app: a}}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 80}]}]}}",
    "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: one, namespace: z}, spec: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.0/24}}]}]}}",
    "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: two, namespace: z}, spec: {podSelector: {matchExpressions: [{key: tier, operator: Exists}]}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: red}}, podSelector: {matchLabels: {app: b}}}]}]}}",
    "{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: one}, spec: {tier: Admin, priority: 1, subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {matchLabels: {team: red}}}]}]}}",
    // Under the name of the first: an error together with it.
    "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: one, namespace: x}, spec: {podSelector: {matchLabels: {app: b}}}}",
    // With a warning: a selector with a value that nothing has is fine, a doubled policy type is not.
    "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: odd, namespace: x}, spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{ipBlock: {cidr: 10.0.0.7/24}}]}]}, status: {}}",
    // In a namespace that nothing else is in.
    "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: far, namespace: elsewhere}, spec: {podSelector: {}}}",
    "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: bad, namespace: z}, spec: {podSelector: {}, ingress: [{ports: [{port: 99999}]}]}}",
    "{apiVersion: v1, kind: Pod, metadata: {name: e, namespace: z, labels: {app: b}}, status: {podIP: 10.0.1.3}}",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: e, namespace: z}}",
    "kind: [",
    "# nothing",
];

/// Kind, namespace and name of a policy.
type Name = (&'static str, &'static str, &'static str);

#[derive(Clone, Debug)]
enum Step {
    Put(usize, Vec<usize>),
    Remove(usize),
    Switch(Name, bool),
    KeepGoing(bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Most files are sound, as those of people who are not typing just now.
    let document = prop_oneof![12 => 0..5_usize, 1 => 5..DOCUMENTS.len()];
    let put = (0..3_usize, prop::collection::vec(document, 0..3)).prop_map(|(file, docs)| Step::Put(file, docs));
    let network = |ns, name| Just(("NetworkPolicy", ns, name));
    let cluster = Just(("ClusterNetworkPolicy", "", "one"));
    let policy =
        prop_oneof![network("x", "one"), network("x", "two"), network("z", "one"), network("z", "two"), cluster];
    let switch = (policy, any::<bool>()).prop_map(|(name, on)| Step::Switch(name, on));
    let step = prop_oneof![
        6 => put,
        1 => (0..3_usize).prop_map(Step::Remove),
        3 => switch,
        1 => any::<bool>().prop_map(Step::KeepGoing),
    ];
    prop::collection::vec(step, 1..12)
}

/// The text of a file; a comment as long stands for each policy that is off.
fn text(documents: &[usize], off: &BTreeSet<Name>) -> String {
    let is_off = |document: &str| {
        off.iter().any(|(kind, ns, name)| match *ns {
            "" => document.contains(&format!("kind: {kind}, metadata: {{name: {name}}}")),
            ns => document.contains(&format!("kind: {kind}, metadata: {{name: {name}, namespace: {ns}}}")),
        })
    };
    let texts = documents.iter().map(|d| DOCUMENTS[*d]).map(|text| match is_off(text) {
        true => format!("{:1$}", "#", text.len()),
        false => text.to_owned(),
    });
    texts.map(|text| format!("{text}\n---\n")).collect()
}

/// Everything that a state answers, as text.
fn answers(analysis: &Analysis) -> Vec<String> {
    let json = |value: Result<String, serde_json::Error>| value.unwrap();
    let mut out = vec![
        json(serde_json::to_string(&analysis.matrix(&MatrixQuery::default()).unwrap())),
        json(serde_json::to_string(&analysis.summary())),
        json(serde_json::to_string(&analysis.vocabulary())),
    ];
    for (from, to) in [("x/*", "z/*"), ("z/*", "x/*"), ("x/a", "world"), ("world", "z/d"), ("x/a", "x/b")] {
        out.push(json(serde_json::to_string(&analysis.check(from, to, "").unwrap())));
    }
    out.push(format!("{:?}", analysis.report().diagnostics));
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn a_workspace_answers_as_its_files_read_at_once(steps in steps()) {
        let mut workspace = Workspace::new(ReadOptions::default(), AnalysisOptions::default());
        workspace.put("cluster.yaml", CLUSTER).unwrap();
        let mut files: Vec<(String, Vec<usize>)> = Vec::new();
        let mut off: BTreeSet<Name> = BTreeSet::new();
        let mut keep_going = false;
        for step in steps {
            match step {
                Step::Put(file, documents) => {
                    let name = format!("{file}.yaml");
                    workspace.put(&name, text(&documents, &BTreeSet::new())).unwrap();
                    match files.iter_mut().find(|(n, _)| *n == name) {
                        Some((_, old)) => *old = documents,
                        None => files.push((name, documents)),
                    }
                }
                Step::Remove(file) => {
                    let name = format!("{file}.yaml");
                    prop_assert_eq!(workspace.remove(&name), files.iter().any(|(n, _)| *n == name));
                    files.retain(|(n, _)| *n != name);
                }
                Step::Switch(policy, on) => {
                    let (kind, ns, name) = policy;
                    workspace.switch(kind, ns, name, on);
                    if on { off.remove(&policy); } else { off.insert(policy); }
                }
                Step::KeepGoing(on) => {
                    workspace.set_keep_going(on);
                    keep_going = on;
                }
            }
            // What is wrong is reported of policies that are off as well.
            let all = at_once(&files, &BTreeSet::new());
            prop_assert_eq!(&workspace.report().diagnostics, &all.report().diagnostics);
            prop_assert_eq!(&workspace.report().left_out, &all.report().left_out);
            let usable = !all.report().has_errors() || keep_going;
            prop_assert_eq!(workspace.analysis().is_some(), usable);
            // With errors, the doubled name and the text that is off are no longer the same question.
            if usable && (off.is_empty() || !all.report().has_errors()) {
                let without = Analysis::new(at_once(&files, &off), AnalysisOptions::default());
                let mut expected = answers(&without);
                // Warnings of a policy that is off are still given.
                expected.pop();
                expected.push(format!("{:?}", all.report().diagnostics));
                for (found, expected) in answers(workspace.analysis().unwrap()).iter().zip(&expected) {
                    prop_assert!(found == expected, "{}", difference(found, expected));
                }
            }
            let names: BTreeMap<_, _> =
                workspace.policies().into_iter().map(|p| ((p.kind, p.namespace, p.name, p.file, p.line), p.on)).collect();
            for ((kind, ns, name, ..), on) in &names {
                prop_assert_eq!(*on, !off.iter().any(|off| *off == (kind.as_str(), ns.as_str(), name.as_str())));
            }
        }
    }
}

/// Where two texts part.
fn difference(found: &str, expected: &str) -> String {
    let at = found.bytes().zip(expected.bytes()).take_while(|(a, b)| a == b).count();
    let around = |text: &str| text.chars().skip(at.saturating_sub(120)).take(240).collect::<String>();
    format!("found …{}…\nexpected …{}…", around(found), around(expected))
}

fn at_once(files: &[(String, Vec<usize>)], off: &BTreeSet<Name>) -> netpol_core::Snapshot {
    let mut inputs = Inputs::default();
    inputs.push("cluster.yaml", CLUSTER);
    for (name, documents) in files {
        inputs.push(name.as_str(), text(documents, off));
    }
    read(&inputs, &ReadOptions::default())
}

/// An edit of one policy file leaves the rows of all others as they are.
#[test]
fn an_edit_costs_what_it_concerns() {
    let mut pods = String::from("{apiVersion: v1, kind: Namespace, metadata: {name: many}}\n");
    for i in 0..400 {
        pods.push_str(&format!(
            "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: p{i}, namespace: many, labels: {{app: a{}}}}}}}\n",
            i % 40
        ));
    }
    let policy = |i: usize, port: u16| {
        format!(
            "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: p{i}, namespace: many}}, spec: {{podSelector: {{matchLabels: {{app: a{i}}}}}, ingress: [{{from: [{{podSelector: {{matchLabels: {{app: a{}}}}}}}], ports: [{{port: {port}}}]}}]}}}}",
            (i + 1) % 40
        )
    };
    let mut workspace = Workspace::new(ReadOptions::default(), AnalysisOptions::default());
    workspace.put("pods.yaml", pods).unwrap();
    for i in 0..40 {
        workspace.put(&format!("p{i}.yaml"), policy(i, 80)).unwrap();
    }
    let all = workspace.analysis().unwrap();
    all.all_pairs(netpol_core::set::Protocol::Tcp, 80);
    let words = |counters: netpol_core::Counters| counters.egress.words + counters.ingress.words;
    let before = words(all.counters());
    workspace.put("p7.yaml", policy(7, 81)).unwrap();
    let edited = workspace.analysis().unwrap();
    edited.all_pairs(netpol_core::set::Protocol::Tcp, 80);
    let spent = words(edited.counters());
    assert!(before > 0 && spent * 10 <= before, "{spent} words after the edit, {before} anew");
    assert_eq!(edited.check("many/p8", "many/p7", "81").unwrap().verdict, netpol_core::query::Verdict::Allow);
}
