//! Pictures of graphs whose names would like to be something else. The reader refuses such names; the
//! pictures do not rely on it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use netpol_core::graph::{self, GraphAnswer, GraphQuery};
use netpol_core::lang::Lang;
use netpol_core::query::Peer;
use netpol_core::{Analysis, Inputs, Profile, ReadOptions, read};

const NAMES: [&str; 8] = [
    "\"]; evil [label=\"x",
    "</text><script>evil(1)</script>",
    "end\n  evil --> n0",
    "\\N\\",
    "`#quot;`&amp;",
    "a|b\"|c evil",
    "]]>\u{1}\u{fffe}",
    "<!-- <i> & '",
];

/// Eight pods in a namespace; one of them is isolated, so that there are arrows, labels and names.
fn hostile() -> GraphAnswer {
    let pod = |i: usize| {
        format!("{{apiVersion: v1, kind: Pod, metadata: {{name: p{i}, namespace: ns, labels: {{n: a{i}}}}}}}\n---\n")
    };
    let policy = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: x, namespace: ns}, spec: {podSelector: {matchLabels: {n: a1}}, ingress: [{from: [{podSelector: {matchLabels: {n: a0}}}], ports: [{port: 80}]}]}}";
    let mut inputs = Inputs::default();
    inputs.push("a.yaml", (0..NAMES.len()).map(pod).collect::<String>() + policy);
    let analysis = Analysis::new(read(&inputs, &ReadOptions::default()), Profile::GENERIC);
    let mut graph = analysis.graph(&GraphQuery::default()).unwrap();
    let rename = |peer: &mut Peer| {
        if let Some(number) = peer.name.as_deref().and_then(|n| n.strip_prefix('p')) {
            peer.name = Some(NAMES[number.parse::<usize>().unwrap()].into());
            peer.namespace = Some("<b>\"evil\" ns".into());
        }
    };
    graph.nodes.iter_mut().for_each(|n| rename(&mut n.peer));
    for edge in &mut graph.edges {
        rename(&mut edge.connection.from);
        rename(&mut edge.connection.to);
    }
    graph
}

#[test]
fn svg_and_html_hold_no_element_that_a_name_made() {
    let graph = hostile();
    let svg = graph::svg(&graph, Lang::En).unwrap();
    let parsed = roxmltree::Document::parse(&svg).unwrap();
    let made = ["script", "i", "b"];
    assert!(parsed.descendants().all(|n| !made.contains(&n.tag_name().name())));
    let cards = parsed.descendants().filter(|n| n.attribute("class") == Some("np-node"));
    assert_eq!(cards.count(), NAMES.len() + 1);
    assert!(svg.contains("&lt;/text&gt;&lt;script&gt;evil(1)&lt;/script&gt;"));
    let html = graph::html(&graph, Lang::En).unwrap();
    assert_eq!(html.matches("<script>").count(), 1);
    assert!(!html.contains("<i>") && !html.contains("<b>") && !html.contains("<!-- "), "{html}");
}

#[test]
fn dot_and_mermaid_hold_no_statement_that_a_name_made() {
    let graph = hostile();
    let dot = graph::dot(&graph, Lang::En).unwrap();
    assert!(dot.contains("evil"));
    for line in dot.lines() {
        let bare = line.replace("\\\\", "").replace("\\\"", "");
        assert_eq!(bare.matches('"').count() % 2, 0, "{line}");
        let outside: String = bare.split('"').step_by(2).collect();
        assert!(!outside.contains("evil"), "{line}");
    }
    let mermaid = graph::mermaid(&graph, Lang::En).unwrap();
    assert!(mermaid.contains("evil"));
    for line in mermaid.lines() {
        assert_eq!(line.matches('"').count() % 2, 0, "{line}");
        let outside: String = line.split('"').step_by(2).collect();
        assert!(!outside.contains("evil") && !outside.contains('<'), "{line}");
    }
}
