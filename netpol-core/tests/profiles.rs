//! For every option of a profile, and every value that it can have, an input on which it shows.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use netpol_core::query::{MatrixQuery, Verdict};
use netpol_core::{Analysis, Inputs, Profile, ProfileOption, ReadOptions, compare_check, compare_matrix, read};
use std::collections::BTreeSet;

/// Two namespaces, three pods with addresses, two nodes, a hostNetwork pod on each.
const CLUSTER: &str = r#"
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: shop}}
---
apiVersion: v1
kind: Namespace
metadata: {name: lab, labels: {team: lab}}
---
apiVersion: v1
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
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  nodeName: n1
  initContainers:
  - {name: proxy, restartPolicy: Always, ports: [{name: mesh, containerPort: 15001}]}
  - {name: setup, ports: [{name: setup, containerPort: 7000}]}
  containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]
status: {podIP: 10.244.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {nodeName: n1, containers: [{name: c, ports: [{name: http, containerPort: 9090}]}]}
status: {podIP: 10.244.0.2}
---
apiVersion: v1
kind: Pod
metadata: {name: far, namespace: shop, labels: {app: far}}
spec: {nodeName: n2, containers: [{name: c}]}
status: {podIP: 10.244.1.2}
---
apiVersion: v1
kind: Pod
metadata: {name: job, namespace: lab, labels: {app: job}}
spec: {nodeName: n2, containers: [{name: c, ports: [{name: http, containerPort: 8081}]}]}
status: {podIP: 10.244.1.1}
---
apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: lab, labels: {app: agent}}
spec: {nodeName: n1, hostNetwork: true, containers: [{name: c}]}
status: {podIP: 192.168.0.1, hostIP: 192.168.0.1}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIP: 10.96.0.1, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: open, namespace: shop}
spec: {type: NodePort, clusterIP: 10.96.0.2, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]}
---
"#;

/// NetworkPolicies of the namespace shop: name and spec.
fn policies(specs: &[&str]) -> String {
    let policy = |(at, spec): (usize, &&str)| {
        format!(
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p{at}, namespace: shop}}\nspec: {spec}\n"
        )
    };
    CLUSTER.to_owned() + &specs.iter().enumerate().map(policy).collect::<String>()
}

/// An option's value with an input, a question, and the verdict.
struct Case {
    option: ProfileOption,
    input: String,
    question: (&'static str, &'static str, &'static str),
    verdicts: &'static [(&'static str, Verdict)],
}

fn cases() -> Vec<Case> {
    use ProfileOption as O;
    use Verdict::{Allow, Deny, Undefined};
    let case = |option, specs: &[&str], question, verdicts| Case { option, input: policies(specs), question, verdicts };
    let mut cases = vec![
        case(O::Enforced, &["{podSelector: {}}"], ("lab/job", "shop/web", "80"), &[("yes", Deny), ("no", Allow)]),
        case(
            O::IpBlockMatchesPods,
            &["{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.244.0.0/16}}]}]}"],
            ("lab/job", "shop/web", "80"),
            &[("yes", Allow), ("no", Deny)],
        ),
        case(
            O::IpBlockMatchesNodes,
            &["{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.168.0.0/24}}]}]}"],
            ("node/n2", "shop/web", "80"),
            &[("yes", Allow), ("no", Deny)],
        ),
        case(
            O::HostPeers,
            &[
                "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {team: lab}}, podSelector: {matchLabels: {app: agent}}}]}]}",
            ],
            ("shop/far", "lab/agent", "80"),
            &[("by-address", Deny), ("undefined", Undefined), ("node-address", Allow)],
        ),
        case(
            O::OwnNodeIngress,
            &["{podSelector: {}}"],
            ("node/n1", "shop/web", "80"),
            &[("exempt", Allow), ("undefined", Undefined), ("policed", Deny)],
        ),
        case(
            O::OwnNodeEgress,
            &["{podSelector: {}, policyTypes: [Egress]}"],
            ("shop/web", "node/n1", "80"),
            &[("exempt", Allow), ("undefined", Undefined), ("policed", Deny)],
        ),
        case(
            O::Icmp,
            &["{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}"],
            ("lab/job", "shop/web", "icmp"),
            &[("undefined", Undefined), ("portless-rules", Allow), ("allowed", Allow)],
        ),
        case(
            O::Icmp,
            &["{podSelector: {}, ingress: [{ports: [{port: 80}]}]}"],
            ("lab/job", "shop/web", "icmp"),
            &[("undefined", Undefined), ("portless-rules", Deny), ("allowed", Allow)],
        ),
        case(
            O::Sctp,
            &["{podSelector: {}, ingress: [{ports: [{protocol: SCTP, port: 80}]}]}"],
            ("lab/job", "shop/web", "80/sctp"),
            &[("yes", Allow), ("no", Undefined)],
        ),
        case(
            O::NamedPorts,
            &["{podSelector: {}, ingress: [{ports: [{port: http}]}]}"],
            ("lab/job", "shop/web", "22"),
            &[("resolved", Deny), ("any-port-of-the-protocol", Allow)],
        ),
        case(
            O::EgressPortNames,
            &["{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]}"],
            ("shop/web", "lab/job", "8081"),
            &[("everywhere", Allow), ("own-namespace", Deny), ("nowhere", Deny)],
        ),
        case(
            O::EgressPortNames,
            &["{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]}"],
            ("shop/web", "shop/db", "9090"),
            &[("everywhere", Allow), ("own-namespace", Allow), ("nowhere", Deny)],
        ),
        // The number of a pod of the own namespace, at a destination elsewhere that has another.
        case(
            O::EgressPortNames,
            &["{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]}"],
            ("shop/web", "lab/job", "9090"),
            &[("everywhere", Deny), ("own-namespace", Allow), ("nowhere", Deny)],
        ),
        case(
            O::IngressPortNames,
            &["{podSelector: {}, ingress: [{ports: [{port: http}]}]}"],
            ("lab/job", "shop/web", "9090"),
            &[("destination", Deny), ("all-selected-pods", Allow)],
        ),
        case(
            O::PortNamesOf,
            &["{podSelector: {}, ingress: [{ports: [{port: mesh}]}]}"],
            ("lab/job", "shop/web", "15001"),
            &[("containers", Deny), ("containers-and-sidecars", Allow), ("all-containers", Allow)],
        ),
        case(
            O::PortNamesOf,
            &["{podSelector: {}, ingress: [{ports: [{port: setup}]}]}"],
            ("lab/job", "shop/web", "7000"),
            &[("containers", Deny), ("containers-and-sidecars", Deny), ("all-containers", Allow)],
        ),
        case(
            O::ToItselfByService,
            &["{podSelector: {}, policyTypes: [Ingress, Egress]}"],
            ("shop/web", "shop/svc/web", "80"),
            &[("undefined", Undefined), ("allowed", Allow)],
        ),
        case(
            O::ServiceEgress,
            &[
                "{podSelector: {matchLabels: {app: db}}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}], ports: [{port: 8080}]}]}",
            ],
            ("shop/db", "shop/svc/web", "80"),
            &[("translated", Allow), ("untranslated", Deny)],
        ),
        case(
            O::ServiceEgress,
            &[
                "{podSelector: {matchLabels: {app: db}}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.96.0.0/16}}]}]}",
            ],
            ("shop/db", "shop/svc/web", "80"),
            &[("translated", Deny), ("untranslated", Undefined)],
        ),
        case(
            O::VisitorSource,
            &["{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}]}"],
            ("203.0.113.9", "shop/svc/open", "80"),
            &[("undefined", Undefined), ("kept", Allow), ("node", Undefined)],
        ),
    ];
    let admin = |kind: &str, version: &str, spec: &str| {
        format!(
            "---\napiVersion: policy.networking.k8s.io/{version}\nkind: {kind}\nmetadata: {{name: default}}\nspec: {spec}\n"
        )
    };
    let deny = "subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]";
    let baseline = admin("BaselineAdminNetworkPolicy", "v1alpha1", &format!("{{{deny}}}"));
    cases.push(Case {
        option: O::BaselineAfter,
        input: policies(&["{podSelector: {}, policyTypes: [Egress], egress: [{}]}"]) + &baseline,
        question: ("lab/job", "shop/web", "80"),
        verdicts: &[("same-direction", Deny), ("either-direction", Allow)],
    });
    cases.push(Case {
        option: O::AdminTiers,
        input: policies(&[]) + &admin("AdminNetworkPolicy", "v1alpha1", &format!("{{priority: 1, {deny}}}")),
        question: ("lab/job", "shop/web", "80"),
        verdicts: &[("enforced", Deny), ("v1alpha1", Deny), ("undefined", Undefined)],
    });
    cases.push(Case {
        option: O::AdminTiers,
        input: policies(&[])
            + &admin("ClusterNetworkPolicy", "v1alpha2", &format!("{{tier: Admin, priority: 1, {deny}}}")),
        question: ("lab/job", "shop/web", "80"),
        verdicts: &[("enforced", Deny), ("v1alpha1", Undefined), ("undefined", Undefined)],
    });
    cases
}

fn analysis(input: &str, profile: Profile) -> Analysis {
    let mut inputs = Inputs::default();
    inputs.push("cluster.yaml", input);
    let snapshot = read(&inputs, &ReadOptions::default());
    assert!(!snapshot.report().has_errors(), "{:?}", snapshot.report().diagnostics);
    Analysis::new(snapshot, profile)
}

#[test]
fn every_value_of_every_option_shows_in_a_verdict() {
    let cases = cases();
    for Case { option, input, question: (from, to, port), verdicts } in &cases {
        for (value, expected) in *verdicts {
            let profile = Profile::GENERIC.with(option.code(), value).unwrap();
            let answer = analysis(input, profile).check(from, to, port).unwrap();
            assert_eq!(answer.verdict, *expected, "{} {value}: {from} → {to} {port}", option.code());
        }
    }
    // Those that a verdict cannot show are said in notes.
    let said = [ProfileOption::OpenConnections, ProfileOption::AtStart];
    for option in ProfileOption::ALL.iter().filter(|option| !said.contains(option)) {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut changes = BTreeSet::new();
        for case in cases.iter().filter(|case| case.option == *option) {
            seen.extend(case.verdicts.iter().map(|(value, _)| *value));
            changes.extend(case.verdicts.iter().map(|(_, verdict)| verdict.name()));
        }
        let values: BTreeSet<&str> = option.values().iter().copied().collect();
        assert_eq!(seen, values, "{}", option.code());
        assert!(changes.len() > 1, "{} changes nothing", option.code());
    }
}

#[test]
fn host_network_pods_as_peers() {
    let input = policies(&[
        "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: lab}}, podSelector: {matchLabels: {app: agent}}}]}]}",
    ]) + r"---
apiVersion: v1
kind: Pod
metadata: {name: far, namespace: lab, labels: {app: agent}}
spec: {nodeName: n2, hostNetwork: true, containers: [{name: c}]}
status: {podIP: 192.168.0.2, hostIP: 192.168.0.2}
---
apiVersion: v1
kind: Pod
metadata: {name: beside, namespace: lab, labels: {app: other}}
spec: {nodeName: n2, hostNetwork: true, containers: [{name: c}]}
status: {podIP: 192.168.0.2, hostIP: 192.168.0.2}
";
    let verdict = |value, from| {
        let profile = Profile::GENERIC.with("host-peers", value).unwrap();
        analysis(&input, profile).check(from, "shop/web", "80").unwrap().verdict
    };
    use Verdict::{Allow, Deny, Undefined};
    for (value, far, beside, node) in
        [("by-address", Deny, Deny, Deny), ("undefined", Undefined, Deny, Deny), ("node-address", Allow, Allow, Allow)]
    {
        let found = ["lab/far", "lab/beside", "node/n2"].map(|from| verdict(value, from));
        assert_eq!(found, [far, beside, node], "{value}");
    }
}

#[test]
fn a_block_that_holds_the_address_is_no_miss_of_the_address() {
    let input = policies(&["{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.244.0.0/16}}]}]}"]);
    let nearest = |profile: Profile, from| {
        let answer = analysis(&input, profile).check(from, "shop/web", "80").unwrap();
        answer.parts[0].ingress.near_misses.first().map(|miss| miss.code.code())
    };
    assert_eq!(nearest(Profile::CILIUM, "lab/job"), Some("near-block"));
    assert_eq!(nearest(Profile::CILIUM, "203.0.113.9"), Some("near-address"));
    assert_eq!(nearest(Profile::GENERIC, "203.0.113.9"), Some("near-address"));
}

#[test]
fn notes_follow_the_profile() {
    let input = policies(&["{podSelector: {}}"]);
    let notes = |profile: Profile| {
        let answer = analysis(&input, profile).check("lab/job", "shop/web", "80").unwrap();
        answer.notes.iter().map(|note| note.code.code()).collect::<BTreeSet<_>>()
    };
    let with = |option, value| notes(Profile::GENERIC.with(option, value).unwrap());
    assert!(notes(Profile::GENERIC).contains("old-connections"));
    assert!(with("open-connections", "kept").contains("old-connections"));
    assert!(!with("open-connections", "judged-anew").contains("old-connections"));
    assert!(!notes(Profile::GENERIC).contains("open-at-start"));
    assert!(with("at-start", "open").contains("open-at-start"));
    assert!(!with("at-start", "closed").contains("open-at-start"));
}

#[test]
fn settings_of_the_plugins_own() {
    let cilium = Profile::CILIUM.with("policy-cidr-match-mode", "nodes").unwrap();
    assert_eq!(cilium.value(ProfileOption::IpBlockMatchesNodes), "yes");
    assert_eq!(cilium.value(ProfileOption::IpBlockMatchesPods), "no");
    assert!(Profile::CALICO.with("policy-cidr-match-mode", "nodes").is_err());
    let error = Profile::CILIUM.with("policy-cidr-match-mode", "all").unwrap_err();
    assert_eq!(error.accepted, ["nodes", "pods"]);
    assert!(Profile::GENERIC.with("icmp", "maybe").unwrap_err().accepted.contains(&"portless-rules"));
    assert!(Profile::GENERIC.with("nonsense", "yes").unwrap_err().accepted.contains(&"icmp"));
    let flannel = Profile::FLANNEL.with("netpol.enabled", "true").unwrap();
    assert_eq!(flannel.value(ProfileOption::Enforced), "yes");
    for profile in Profile::PLUGINS {
        for (setting, value) in profile.settings() {
            assert!(profile.clone().with(setting, value).is_ok(), "{} {setting}={value}", profile.name);
        }
    }
}

#[test]
fn comparing_names_the_options_that_make_the_difference() {
    let input = policies(&["{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.244.0.0/16}}]}]}"]);
    let prepare = |profile| Ok(analysis(&input, profile));
    let compared = compare_check(prepare, &Profile::PLUGINS, "lab/job", "shop/web", "80").unwrap();
    for of in &compared.profiles {
        let because: Vec<&str> = of.because.iter().map(|of| of.option.code()).collect();
        match of.profile {
            "cilium" => assert_eq!((of.verdict, &*because), (Verdict::Deny, &["ip-block-matches-pods"][..])),
            _ => assert!(of.same && because.is_empty() && of.verdict == Verdict::Allow, "{}", of.profile),
        }
    }
    let compared =
        compare_matrix(prepare, &[Profile::GENERIC, Profile::CILIUM, Profile::FLANNEL], &MatrixQuery::default())
            .unwrap();
    let [cilium, flannel] = compared.profiles.as_slice() else { panic!("two profiles") };
    let options = |of: &netpol_core::ProfileChange| of.because.iter().map(|of| of.option.code()).collect::<Vec<_>>();
    for change in &cilium.changes {
        assert!(!options(change).is_empty(), "{:?}", change.change);
    }
    assert!(cilium.changes.iter().any(|change| options(change).contains(&"ip-block-matches-pods")));
    assert!(flannel.changes.iter().all(|change| options(change) == ["enforced"]));
    assert!(!cilium.same && !flannel.same);
    // What the comparison shows is what the two tables differ in.
    let table = |profile| {
        let mut rows = analysis(&input, profile).matrix(&MatrixQuery::default()).unwrap().connections;
        // That it is the own node is only said where it makes a difference.
        rows.iter_mut().for_each(|row| row.relation = None);
        rows
    };
    let compared = compare_matrix(prepare, &Profile::PLUGINS, &MatrixQuery::default()).unwrap();
    assert!(compared.profiles.iter().any(|of| of.same) && compared.profiles.iter().any(|of| !of.same));
    for of in &compared.profiles {
        let same = table(Profile::by_name(of.profile).unwrap()) == table(Profile::PLUGINS[0].clone());
        assert_eq!(of.same, same, "{}: {:?}", of.profile, of.changes.first());
    }
}
