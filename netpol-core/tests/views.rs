//! Tables and differences: the family of an address that was asked about, nodes and families that
//! only one of two states has, and how much is looked at.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use netpol_core::explain::Code;
use netpol_core::query::{Change, GroupSet, MatrixQuery, PeerKind, Verdict};
use netpol_core::set::Family;
use netpol_core::{Analysis, Inputs, Profile, ReadOptions, read};

fn analysis(text: &str) -> Analysis {
    under(Profile::GENERIC, text)
}

fn under(profile: Profile, text: &str) -> Analysis {
    let mut inputs = Inputs::default();
    inputs.push("a.yaml", text);
    let snapshot = read(&inputs, &ReadOptions::default());
    assert!(!snapshot.report().has_errors(), "{:?}", snapshot.report().diagnostics);
    Analysis::new(snapshot, profile)
}

fn pod(name: &str, addresses: &[&str]) -> String {
    let ips: Vec<String> = addresses.iter().map(|ip| format!("{{ip: '{ip}'}}")).collect();
    format!(
        "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, labels: {{app: {name}}}}}, status: {{podIPs: [{}]}}}}\n",
        ips.join(", ")
    )
}

fn node(name: &str, address: &str) -> String {
    format!(
        "---\n{{apiVersion: v1, kind: Node, metadata: {{name: {name}}}, status: {{addresses: [{{type: InternalIP, address: '{address}'}}]}}}}\n"
    )
}

/// Only IPv6 may come in to `b`.
const ONLY_V6: &str = "---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: v6}
spec:
  podSelector: {matchLabels: {app: b}}
  policyTypes: [Ingress]
  ingress: [{from: [{ipBlock: {cidr: '::/0'}}]}]
";

/// A pod on `n1` with probes of every kind, and some that are none of the kubelet's business here.
const PROBED: &str = "---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  nodeName: n1
  initContainers:
    - {name: first, livenessProbe: {tcpSocket: {port: 1}}}
    - {name: side, restartPolicy: Always, ports: [{name: http, containerPort: 15021}], startupProbe: {httpGet: {port: http}}}
  containers:
    - name: main
      ports: [{name: http, containerPort: 8080}]
      livenessProbe: {httpGet: {port: http}}
      readinessProbe: {tcpSocket: {port: 8080}}
    - {name: elsewhere, livenessProbe: {httpGet: {host: example.com, port: 2}}}
    - {name: command, livenessProbe: {exec: {command: [true]}}}
    - {name: unnamed, livenessProbe: {httpGet: {port: none}}, readinessProbe: {grpc: {port: 9090}}}
status: {podIP: 10.244.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: host, labels: {app: web}}
spec: {nodeName: n1, hostNetwork: true, containers: [{name: c, livenessProbe: {tcpSocket: {port: 3}}}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress: [{from: [{ipBlock: {cidr: 192.168.1.1/32}}], ports: [{port: 9090}]}]
";

#[test]
fn probes_are_told_and_fail_where_the_own_node_is_policed() {
    let text = node("n1", "192.168.1.1") + &node("n2", "192.168.1.2") + PROBED;
    let open = analysis(&text);
    let own_node = |value: &str| under(Profile::GENERIC.with("own-node-ingress", value).unwrap(), &text);
    let (policed, undefined) = (own_node("policed"), own_node("undefined"));
    let all = "TCP 8080 (livenessProbe, readinessProbe), TCP 9090 (readinessProbe), TCP 15021 (startupProbe)";
    let denied = "TCP 8080 (livenessProbe, readinessProbe), TCP 15021 (startupProbe)";
    let findings = |analysis: &Analysis, to: Option<&str>| {
        let mut query = netpol_core::query::IngressQuery::default();
        query.to = to.map(str::to_owned);
        let workloads = analysis.ingress(&query).unwrap().workloads;
        let found = workloads
            .iter()
            .flat_map(|of| &of.findings)
            .filter_map(|note| Some(format!("{} {}", note.code.code(), note.params.get("probes")?)));
        found.collect::<Vec<String>>()
    };
    let (asked, fails) = (format!("probes-asked {all}"), format!("probe-denied {denied}"));
    assert_eq!(findings(&open, Some("web")), [&*asked]);
    assert_eq!(findings(&open, None), [""; 0]);
    assert_eq!(findings(&undefined, Some("web")), [&*asked]);
    assert_eq!(findings(&policed, Some("web")), [&*asked, &fails]);
    assert_eq!(findings(&policed, None), [&*fails]);
    assert_eq!(findings(&policed, Some("host")), [""; 0]);
    let failing = |analysis: &Analysis| {
        let findings = analysis.summary().findings;
        findings.iter().filter(|f| f.code == Code::ProbesDenied).map(|f| f.peers.len()).collect::<Vec<usize>>()
    };
    assert_eq!((failing(&open), failing(&policed)), (vec![], vec![1]));
    let notes = |from: &str, port: &str| {
        let notes = open.check(from, "web", port).unwrap().notes;
        let probes = notes.iter().filter(|n| n.code == Code::ProbePort);
        probes.map(|n| format!("{} {} {}", n.params["pod"], n.params["port"], n.params["probes"])).collect::<Vec<_>>()
    };
    assert_eq!(notes("node/n1", "8080"), ["default/web TCP 8080 livenessProbe, readinessProbe"]);
    assert_eq!(notes("node/n1", "any").len(), 3);
    assert_eq!(notes("node/n1", "8080/udp"), [""; 0]);
    assert_eq!(notes("node/n2", "8080"), [""; 0]);
    assert_eq!(notes("192.168.1.1", "8080").len(), 1);
}

fn table(from: Option<&str>, to: Option<&str>) -> MatrixQuery {
    let mut query = MatrixQuery::default();
    (query.from, query.to) = (from.map(str::to_owned), to.map(str::to_owned));
    query
}

#[test]
fn a_table_respects_the_family_of_an_address() {
    let dual = pod("a", &["10.0.0.1", "fd00::1"]) + &pod("b", &["10.0.0.2", "fd00::2"]) + ONLY_V6;
    let analysis = analysis(&dual);
    for (from, to, verdict) in
        [("10.0.0.1", "b", Verdict::Deny), ("fd00::1", "b", Verdict::Allow), ("a", "fd00::2", Verdict::Allow)]
    {
        assert_eq!(analysis.check(from, to, "80").unwrap().verdict, verdict, "{from} {to}");
        let connections = analysis.matrix(&table(Some(from), Some(to))).unwrap().connections;
        assert_eq!(connections.len(), usize::from(verdict == Verdict::Allow), "{from} {to}: {connections:?}");
        assert!(connections.iter().all(|c| c.families.is_empty()), "{connections:?}");
        let groups = analysis.matrix_groups(&table(Some(from), Some(to))).unwrap();
        let asked = if from.contains(':') || to.contains(':') { Family::V6 } else { Family::V4 };
        assert!(groups.groups.iter().all(|g| g.families == [asked]), "{:?}", groups.groups);
        let to_b = groups.groups.iter().find(|g| g.members[0].name.as_deref() == Some("b")).unwrap().id;
        let holds = |set: &GroupSet| set.contains(to_b);
        assert_eq!(groups.ingress.iter().any(|r| holds(&r.to)), verdict == Verdict::Allow, "{:?}", groups.ingress);
    }
    // Without an address, both families are asked about.
    let both = analysis.matrix(&table(Some("a"), Some("b"))).unwrap().connections;
    assert_eq!((both.len(), &*both[0].families), (1, [Family::V6].as_slice()));
    // The outside of a pod by its IPv4 address is that of IPv4.
    let outside = analysis.matrix(&table(Some("10.0.0.1"), Some("world"))).unwrap().connections;
    let cidrs: Vec<&String> = outside.iter().flat_map(|c| &c.to.cidrs).collect();
    assert!(!cidrs.is_empty() && cidrs.iter().all(|c| !c.contains(':')), "{cidrs:?}");
}

/// The changes with nodes or addresses, without the witnesses.
fn said(changes: &[Change], kind: PeerKind) -> Vec<String> {
    let named = |change: &Change| {
        let name = |peer: &netpol_core::query::Peer| match peer.kind_of {
            PeerKind::Nodes => format!("nodes {:?}", peer.nodes),
            PeerKind::Addresses if peer.cidrs.iter().all(|c| c.contains(':')) => "IPv6".to_owned(),
            PeerKind::Addresses if peer.cidrs.iter().all(|c| !c.contains(':')) => "IPv4".to_owned(),
            PeerKind::Addresses => "both".to_owned(),
            _ => peer.name.clone().unwrap_or_default().to_string(),
        };
        let opened = if change.opened.is_empty() { "closed" } else { "opened" };
        format!("{} → {} {opened}", name(&change.from), name(&change.to))
    };
    changes.iter().filter(|c| [&c.from, &c.to].iter().any(|p| p.kind_of == kind)).map(named).collect()
}

#[test]
fn nodes_that_come_and_go() {
    let one = pod("a", &["10.0.0.1"]) + &node("n1", "192.168.0.1");
    let two = format!("{one}{}", node("n2", "192.168.0.2"));
    let (one, two) = (analysis(&one), analysis(&two));
    assert!(one.diff(&one).unwrap().same && two.diff(&two).unwrap().same);
    let more = one.diff(&two).unwrap();
    assert_eq!(
        said(&more.changes, PeerKind::Nodes),
        ["a → nodes [\"n2\"] opened", "nodes [\"n2\"] → a opened"],
        "{:?}",
        more.changes
    );
    let fewer = two.diff(&one).unwrap();
    assert_eq!(said(&fewer.changes, PeerKind::Nodes), ["a → nodes [\"n2\"] closed", "nodes [\"n2\"] → a closed"]);
    for (change, is_more) in more.changes.iter().map(|c| (c, true)).chain(fewer.changes.iter().map(|c| (c, false))) {
        if [&change.from, &change.to].iter().any(|p| p.kind_of == PeerKind::Nodes) {
            let witness = change.witness.as_ref().unwrap();
            assert!(witness.from == "node/n2" || witness.to == "node/n2", "{witness:?}");
            assert_eq!((witness.before.is_none(), witness.after.is_none()), (is_more, !is_more), "{witness:?}");
        }
    }
}

#[test]
fn a_family_that_comes_and_goes() {
    let (v4, dual) = (analysis(&pod("a", &["10.0.0.1"])), analysis(&pod("a", &["10.0.0.1", "fd00::1"])));
    let more = v4.diff(&dual).unwrap();
    assert_eq!(said(&more.changes, PeerKind::Addresses), ["a → IPv6 opened", "IPv6 → a opened"]);
    let fewer = dual.diff(&v4).unwrap();
    assert_eq!(said(&fewer.changes, PeerKind::Addresses), ["a → IPv6 closed", "IPv6 → a closed"]);
    assert!(v4.diff(&v4).unwrap().same && dual.diff(&dual).unwrap().same);
}

/// 6,000 pods that policies tell apart are 36 million pairs, of which next to nothing may pass.
#[test]
fn what_nothing_passes_between_does_not_count() {
    let mut text: String = (0..6_000)
        .map(|i| format!("---\n{{apiVersion: v1, kind: Pod, metadata: {{name: p{i}, labels: {{n: n{i}}}}}}}\n"))
        .collect();
    let rules: Vec<String> = (0..6_000)
        .map(|i| format!("{{from: [{{podSelector: {{matchLabels: {{n: n{i}}}}}}}], ports: [{{port: {}}}]}}", i + 1))
        .collect();
    text.push_str(&format!(
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: one}}\nspec: {{podSelector: {{matchLabels: {{n: n7}}}}, ingress: [{}]}}\n",
        rules.join(", ")
    ));
    text.push_str("---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: none}, spec: {podSelector: {}}}\n");
    let analysis = analysis(&text);
    assert!(analysis.diff(&analysis).unwrap().same);
    let graph = analysis.graph(&netpol_core::graph::GraphQuery::default()).unwrap();
    assert!(!graph.edges.is_empty());
}

#[test]
fn labels_that_subject_and_peer_share_are_the_same_in_every_view() {
    // The namespace is not in the input: whichever labels it has, both ends have them.
    let text = "
{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: ghost}, status: {podIP: 10.244.9.9}}
---
{apiVersion: v1, kind: Pod, metadata: {name: b, namespace: ghost}, status: {podIP: 10.244.9.8}}
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: never}
spec:
  tier: Admin
  priority: 5
  subject: {namespaces: {matchLabels: {env: prod}}}
  ingress: [{action: Accept, from: [{namespaces: {matchLabels: {env: test}}}]}]
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: closed}
spec:
  tier: Admin
  priority: 6
  subject: {namespaces: {}}
  ingress: [{action: Deny, from: [{namespaces: {}}]}]
";
    let open = analysis(text);
    assert_eq!(open.check("ghost/a", "ghost/b", "80").unwrap().verdict, Verdict::Deny);
    let connections = open.matrix(&table(Some("ghost/a"), Some("ghost/b"))).unwrap().connections;
    assert!(connections.is_empty(), "{connections:?}");
    // Without the first policy it is closed as well.
    let alone = analysis(&text.replace("env: prod", "kubernetes.io/metadata.name: nobody"));
    let diff = open.diff(&alone).unwrap();
    assert!(diff.same, "{:?}", diff.changes);
}
