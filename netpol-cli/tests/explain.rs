//! `netpol explain`: that every sentence about a policy or a peer is so, in both languages.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

const PODS: &str = "\
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: other}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web, tier: front}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}},
 spec: {containers: [{name: db, ports: [{name: pg, containerPort: 5432}]}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: host, namespace: other, labels: {app: host}}, spec: {hostNetwork: true}}
";

/// A new folder with pods and a text.
fn folder(name: &str, pods: &str, text: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("pods.yaml"), pods).unwrap();
    std::fs::write(folder.join("policy.yaml"), text).unwrap();
    folder
}

fn explained(folder: &Path, words: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netpol"));
    command.args(["explain", "-f"]).arg(folder).args(words).env("LANG", "C");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn policy(spec: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: a, namespace: shop}}\nspec: {spec}\n"
    )
}

/// Holds both languages of `explain shop/np/a` against what they have to say, and what they must not.
fn says(name: &str, spec: &str, en: &[&str], zh: &[&str], never: &[&str]) {
    let folder = folder(name, PODS, &policy(spec));
    let english = explained(&folder, &["shop/np/a"]);
    let chinese = explained(&folder, &["shop/np/a", "--lang", "zh"]);
    for sentence in en {
        assert!(english.contains(sentence), "{sentence}\n{english}");
    }
    for sentence in zh {
        assert!(chinese.contains(sentence), "{sentence}\n{chinese}");
    }
    for sentence in never {
        assert!(!english.contains(sentence) && !chinese.contains(sentence), "{sentence}\n{english}{chinese}");
    }
}

#[test]
fn every_port_of_a_protocol_is_said_whatever_stands_beside_it() {
    says(
        "explain-ports",
        "{podSelector: {}, ingress: [
            {ports: [{port: http}, {}], from: [{podSelector: {}}]},
            {ports: [{port: 80}, {protocol: UDP}, {protocol: TCP}], from: [{podSelector: {}}]},
            {ports: [{port: 443}, {port: 80, endPort: 443}, {port: pg}, {protocol: SCTP}], from: [{podSelector: {}}]},
            {ports: [{port: 1, endPort: 65535}], from: [{podSelector: {}}]}]}",
        &[
            "lets in every port of TCP from all pods",
            "lets in every port of TCP, UDP from all pods",
            "lets in TCP 80–443, pg and every port of SCTP from all pods",
            "spec.ingress[0].ports[1]: an item without `port` means every port of TCP, and nothing of another protocol",
        ],
        &[
            "放行进入 TCP 的所有端口，来自",
            "放行进入 TCP, UDP 的所有端口，来自",
            "放行进入 TCP 80–443, pg，以及 SCTP 的所有端口，来自",
            "spec.ingress[0].ports[1]: 没有 `port` 的条目指 TCP 的所有端口",
        ],
        &["TCP http", "80,,", "spec.ingress[1].ports[1]: ", "spec.ingress[2].ports[3]: "],
    );
    let folder = folder("explain-ports-json", PODS, &policy("{podSelector: {}, ingress: [{ports: [{port: pg}, {}]}]}"));
    let json: Value = serde_json::from_str(&explained(&folder, &["shop/np/a", "-o", "json"])).unwrap();
    assert_eq!(json["directions"][0]["rules"][0]["rule"]["params"], serde_json::json!({"every": "TCP"}));
}

#[test]
fn an_empty_list_of_rules_without_its_type_denies_nothing() {
    let (en, zh) = ("an empty `egress` denies nothing", "空的 `egress` 不拒绝任何流量");
    says("explain-empty", "{podSelector: {}, ingress: [], egress: []}", &[en], &[zh], &["`ingress` denies"]);
    let closed = "{podSelector: {}, policyTypes: [Egress], ingress: [], egress: []}";
    says("explain-empty-in", closed, &["an empty `ingress` denies nothing"], &["空的 `ingress`"], &[en, zh]);
}

#[test]
fn what_looks_so_and_is_not_is_said() {
    says(
        "explain-mind",
        "{podSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [front]}]},
          ingress: [{ports: [{port: htp}], from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: host}}}]}],
          egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 53, protocol: UDP}]},
                   {to: [{podSelector: {}}], ports: [{port: pg}]}]}",
        &[
            "spec.podSelector: pods without the label tier are meant too: shop/db",
            "spec.ingress[0].ports[0]: no pod in the input that this is about declares a port htp of TCP",
            "spec.ingress[0].from[0]: a selector does not mean pods on their node's network, which have the node's address: other/host",
            "spec.egress[0].to[0]: 169.254.169.254, where clouds hand out credentials, lies in it",
            "spec.egress[0].ports[0]: port 53 is UDP only here",
        ],
        &[
            "没有标签 tier 的 Pod 也包括在内：shop/db",
            "没有声明名为 htp 的 TCP 端口",
            "选择器不指节点网络上的 Pod",
            "云平台在那里发放凭据",
            "这里的 53 端口只有 UDP",
        ],
        &["declares a port pg"],
    );
    says(
        "explain-mind-not",
        "{podSelector: {}, egress: [
            {to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.0.0/16, 100.64.0.0/10, 168.63.129.16/32]}}],
             ports: [{port: 53}, {port: 53, protocol: UDP}]}]}",
        &[],
        &[],
        &["169.254.169.254, where", "only here", "a selector does not mean", "no address of IPv6"],
    );
}

#[test]
fn a_block_of_one_family_leaves_the_other_out_where_pods_have_both() {
    let pods = PODS.replace(
        "labels: {app: web, tier: front}}",
        "labels: {app: web}}, status: {podIPs: [{ip: 10.0.0.5}, {ip: 'fd00::5'}]}",
    );
    let open = |text: &str| folder("explain-family", &pods, &policy(text));
    let one = "{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}";
    let said = "spec.egress[0].to[0]: no address of IPv6 is meant, though selected pods have one";
    assert!(explained(&open(one), &["shop/np/a"]).contains(said));
    let both = "{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}, {ipBlock: {cidr: '::/0'}}]}]}";
    assert!(!explained(&open(both), &["shop/np/a"]).contains("no address of IPv6"));
}

const DENY: &str = "\
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: outside}
spec:
  tier: Admin
  priority: 20
  subject: {namespaces: {}}
  egress:
RULES  - {action: Deny, to: [{networks: [0.0.0.0/0]}]}
";

#[test]
fn denied_networks_hold_pods_only_where_no_rule_before_lets_them_through() {
    let of = |name: &str, rules: &str| {
        let folder = folder(name, PODS, &DENY.replace("RULES", rules));
        (explained(&folder, &["cnp/outside"]), explained(&folder, &["cnp/outside", "--lang", "zh"]))
    };
    // All of the cluster is denied: names cannot be looked up.
    let (english, chinese) = of("explain-deny", "");
    let said = "spec.egress[0].to[0]: pods lie in it too, and this denies connections to them, such as";
    assert!(english.contains(said) && english.contains("it cannot look up names there"), "{english}");
    assert!(
        chinese.contains("Pod 也在其中，到它们的连接被拒绝") && chinese.contains("无法在那里解析域名"),
        "{chinese}"
    );
    // DNS is let through before, other pods are not.
    let dns = "  - {action: Accept, to: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: kube-dns}}}}]}\n";
    let (english, chinese) = of("explain-deny-dns", dns);
    let said =
        "spec.egress[1].to[0]: pods lie in it too, and this denies connections to them, such as shop/web → shop/db ";
    assert!(english.contains(said) || english.contains("such as shop/db → shop/web "), "{english}");
    assert!(!english.contains("look up names") && !chinese.contains("解析域名"), "{english}{chinese}");
    // Every pod is.
    let (english, chinese) = of("explain-deny-none", "  - {action: Pass, to: [{namespaces: {}}]}\n");
    assert!(!english.contains("pods lie in it") && !chinese.contains("Pod 也在其中"), "{english}{chinese}");

    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/admin-tiers");
    let english = explained(&example, &["cnp/egress-by-name"]);
    assert!(!english.contains("pods lie in it") && !english.contains("DNS among"), "{english}");
    assert!(english.contains("nodes lie in it too, and this denies connections to them, such as blue/web → worker-1"));
}

#[test]
fn one_is_no_plural_and_all_that_is_outside_is_everywhere() {
    let spec = "{podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress, Egress],
        ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}],
        egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}], ports: [{port: 443}]}]}";
    let folder = folder("explain-one", PODS, &policy(spec));
    let english = explained(&folder, &["shop/db"]);
    assert!(english.contains("  reached from shop/web\n"), "{english}");
    assert!(english.contains("reaches outside: everywhere (IPv4) except 169.254.169.254/32 TCP 443\n"), "{english}");
    let chinese = explained(&folder, &["shop/db", "--lang", "zh"]);
    assert!(chinese.contains("它能访问集群外：任何地址（IPv4），但 169.254.169.254/32 除外 TCP 443\n"), "{chinese}");
    let open = explained(&folder, &["shop/web"]);
    assert!(
        open.contains("reached from outside: everywhere\n") && open.contains("reaches outside: everywhere\n"),
        "{open}"
    );
    let english = explained(&folder, &["shop/np/a"]);
    assert!(english.contains("app=db: shop/db (1 pod)  "), "{english}");
}

/// What a text says of a peer, in English and in Chinese.
fn both(folder: &Path, words: &[&str]) -> (String, String) {
    (explained(folder, words), explained(folder, &[words, &["--lang", "zh"]].concat()))
}

#[test]
fn the_own_node_is_told_as_the_profile_treats_it() {
    let pods = "\
{apiVersion: v1, kind: Node, metadata: {name: n1}, status: {addresses: [{type: InternalIP, address: 192.0.2.1}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}},
 spec: {nodeName: n1, containers: [{name: web, livenessProbe: {httpGet: {port: 8080}}}]}, status: {podIP: 10.0.0.5}}
---
{apiVersion: v1, kind: Pod, metadata: {name: free, namespace: other, labels: {app: free}}}
";
    let open = folder("explain-own-node", pods, &policy("{podSelector: {}, policyTypes: [Ingress, Egress]}"));
    let holds = |profile: &str, en: &[&str], zh: &[&str], never: &[&str]| {
        let (english, chinese) = both(&open, &["shop/web", "--profile", profile]);
        for (sentence, text) in en.iter().map(|s| (s, &english)).chain(zh.iter().map(|s| (s, &chinese))) {
            assert!(text.contains(sentence), "{profile}: {sentence}\n{text}");
        }
        for sentence in never {
            assert!(!english.contains(sentence) && !chinese.contains(sentence), "{profile}: {sentence}\n{english}");
        }
    };
    holds(
        "generic",
        &[
            "from its own node, the kubelet among others: every port (no NetworkPolicy keeps it out)\n",
            "to its own node: undefined, TCP, UDP, SCTP (whether NetworkPolicies keep it from there is not settled)\n",
            "the kubelet of its own node asks it on TCP 8080 (livenessProbe)\n",
        ],
        &[
            "来自所在节点（包括 kubelet）：所有端口（没有 NetworkPolicy 能阻止）\n",
            "去往所在节点：未定义，TCP, UDP, SCTP（NetworkPolicy 是否阻止没有定论）\n",
        ],
        &["(profile", "its probes fail"],
    );
    holds(
        "kindnet",
        &[
            "shop/web  (profile kindnet)\n",
            "from its own node, the kubelet among others: undefined, TCP, UDP, SCTP",
            "to its own node: no port (policies apply as to anybody)\n",
        ],
        &["shop/web  (配置 kindnet)\n", "去往所在节点：不能访问任何端口（与其他去向一样适用策略）\n"],
        &["its probes fail"],
    );
    holds("aws-vpc-cni", &["to its own node: every port (no NetworkPolicy keeps it from there)\n"], &[], &[]);
    holds(
        "np-guard",
        &["from its own node, the kubelet among others: no port (policies apply", "its probes fail"],
        &["探测会失败"],
        &[],
    );
    holds(
        "flannel",
        &["  flannel enforces no policies: everything is allowed\n", "reached from other/free\n"],
        &["flannel 不执行任何策略"],
        &["own node", "isolated", "所在节点", "隔离"],
    );
    // Of a node of one family, the other is no matter.
    let dual = pods.replace("status: {podIP: 10.0.0.5}", "status: {podIPs: [{ip: 10.0.0.5}, {ip: 'fd00::5'}]}");
    let dual = folder(
        "explain-own-node-dual",
        &dual,
        &policy("{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 192.0.2.0/24}}]}]}"),
    );
    let said = explained(&dual, &["shop/web", "--profile", "calico"]);
    assert!(said.contains("to its own node: every port\n"), "{said}");
    // Where no policy applies, nothing keeps the node out.
    let free = explained(&open, &["other/free"]);
    assert!(!free.contains("own node") && free.contains("not isolated on the way in"), "{free}");
}

#[test]
fn what_is_undefined_for_a_peer_is_told_with_the_reason() {
    let spec = "{podSelector: {matchLabels: {app: db}},
        ingress: [{ports: [{port: 80}], from: [{namespaceSelector: {matchLabels: {team: a}}}]}]}";
    let pods = "\
{apiVersion: v1, kind: Pod, metadata: {name: x, namespace: away, labels: {app: x}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: z, namespace: away, labels: {app: z}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}}
";
    let open = folder("explain-undefined", pods, &policy(spec));
    let (english, chinese) = both(&open, &["shop/db"]);
    assert!(english.contains("  ? undefined whether it is reached from away/x, away/z  TCP 80\n"), "{english}");
    assert!(
        english.contains(
            "it depends on labels of the namespace away, which is not in the input\n      allowed by a rule: spec."
        ),
        "{english}"
    );
    assert!(english.contains("reached from no other workload, as far as that is decided\n"), "{english}");
    assert!(chinese.contains("  ? 能否访问它未定义：away/x, away/z  TCP 80\n"), "{chinese}");
    let from = explained(&open, &["away/x"]);
    assert!(from.contains("  ? undefined whether it reaches shop/db  TCP 80\n"), "{from}");
    let json: Value = serde_json::from_str(&explained(&open, &["shop/db", "-o", "json"])).unwrap();
    let undefined = &json["workloads"][0]["undefined"][0];
    assert_eq!(undefined["direction"], "ingress");
    assert_eq!(undefined["traffic"], serde_json::json!({"TCP": [[80, 80]]}));
    let codes: Vec<&str> =
        undefined["reasons"].as_array().unwrap().iter().filter_map(|reason| reason["code"].as_str()).collect();
    assert!(codes.contains(&"unknown-namespace-labels"), "{codes:?}");
}

#[test]
fn a_policy_that_may_apply_is_told_so() {
    let pods = "\
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop},
 spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}}}}
";
    let spec = "{podSelector: {matchLabels: {pod-template-hash: abc}}}";
    let open = folder("explain-maybe", pods, &policy(spec));
    let (english, chinese) = both(&open, &["shop/web"]);
    assert!(english.contains("perhaps isolated on the way in"), "{english}");
    assert!(english.contains("- shop/a (ingress; perhaps: that hangs on labels which are not known)"), "{english}");
    assert!(chinese.contains("进入方向可能被隔离") && chinese.contains("可能适用"), "{chinese}");
}

#[test]
fn what_is_said_of_a_policy_holds_under_the_profile() {
    let pods = "\
{apiVersion: v1, kind: Node, metadata: {name: n1}, status: {addresses: [{type: InternalIP, address: 10.1.0.1}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}},
 spec: {nodeName: n1, containers: [{name: db, ports: [{name: pg, containerPort: 5432}]}]}, status: {podIP: 10.0.0.5}}
---
{apiVersion: v1, kind: Pod, metadata: {name: host, namespace: shop, labels: {app: host}},
 spec: {nodeName: n1, hostNetwork: true}}
";
    let spec = "{podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress, Egress],
        ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}, {podSelector: {matchLabels: {app: host}}}]},
                  {from: [{ipBlock: {cidr: 203.0.113.0/24}}], ports: [{protocol: SCTP, port: 7}]}],
        egress: [{ports: [{port: pg}]}]}";
    let open = folder("explain-profiles", pods, &policy(spec));
    let of = |profile: &str| both(&open, &["shop/np/a", "--profile", profile]);
    let (english, chinese) = of("generic");
    assert!(!english.contains("profile generic,") && !english.contains("(profile"), "{english}");
    assert!(english.contains("but whom a rule of some policy lets in, and their own node\n"), "{english}");
    assert!(english.contains("; whether they reach their own node is undefined\n"), "{english}");
    assert!(chinese.contains("所在节点除外") && chinese.contains("能否访问所在节点则未定义"), "{chinese}");
    let holds = |profile: &str, en: &[&str], zh: &[&str]| {
        let (english, chinese) = of(profile);
        assert!(english.contains(&format!("NetworkPolicy shop/a  (profile {profile})")), "{english}");
        for (sentence, text) in en.iter().map(|s| (s, &english)).chain(zh.iter().map(|s| (s, &chinese))) {
            assert!(text.contains(sentence), "{profile}: {sentence}\n{text}");
        }
        // The block outside holds nobody inside.
        assert!(!english.contains("spec.ingress[1].from[0]: by the profile"), "{profile}: {english}");
    };
    holds(
        "cilium",
        &[
            "spec.ingress[0].from[0]: by the profile cilium, an ipBlock does not match pods",
            "spec.ingress[0].from[0]: by the profile cilium, an ipBlock does not match nodes",
            "spec.ingress[1].ports[0]: by the profile cilium, SCTP is off unless it is switched on",
        ],
        &["spec.ingress[0].from[0]: 按配置 cilium，"],
    );
    holds(
        "aws-vpc-cni",
        &[
            "spec.ingress[0].from[1]: by the profile aws-vpc-cni, a selector that matches a pod on its node's network admits",
            "spec.egress[0].ports[0]: by the profile aws-vpc-cni, a port name in an egress rule that selects no pods opens nothing",
            "lets them, and their own node\n",
        ],
        &[],
    );
    holds("ovn-kubernetes", &["by the profile ovn-kubernetes, a port name means every port of the protocol"], &[]);
    holds(
        "flannel",
        &["ingress: would isolate them, but flannel enforces no policies\n"],
        &["本来会隔离它们，但 flannel 不执行任何策略\n"],
    );
    holds("kindnet", &["lets in; whether their own node does is undefined\n", "lets them\n"], &[]);
}

#[test]
fn a_policy_of_one_direction_does_not_isolate_in_the_other_beside_a_baseline() {
    let baseline = "\
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: base}
spec: {tier: Baseline, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{namespaces: {}}]}]}
";
    let text = format!("{}---\n{baseline}", policy("{podSelector: {}, policyTypes: [Ingress]}"));
    let open = folder("explain-either", PODS, &text);
    let (english, chinese) = both(&open, &["shop/web", "--profile", "kindnet"]);
    assert!(english.contains("not isolated on the way out"), "{english}");
    assert!(english.contains("- shop/a (ingress)  "), "{english}");
    assert!(english.contains("by the profile kindnet, isolation in either direction keeps the Baseline tier away"));
    assert!(chinese.contains("按配置 kindnet，"), "{chinese}");
    let (english, chinese) = both(&open, &["cnp/base", "--profile", "kindnet"]);
    assert!(english.contains("where a NetworkPolicy isolates a pod in whichever direction"), "{english}");
    assert!(chinese.contains("在任一方向隔离了 Pod"), "{chinese}");
}

/// Holds both languages against sentences that have to be there, and against those that must not.
fn holds((english, chinese): &(String, String), en: &[&str], zh: &[&str], never: &[&str]) {
    for (sentence, text) in en.iter().map(|s| (s, english)).chain(zh.iter().map(|s| (s, chinese))) {
        assert!(text.contains(sentence), "{sentence}\n{text}");
    }
    for sentence in never {
        assert!(!english.contains(sentence) && !chinese.contains(sentence), "{sentence}\n{english}{chinese}");
    }
}

const NODES: &str = "\
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}},
 spec: {nodeName: n1}, status: {podIP: 10.0.0.5}}
---
{apiVersion: v1, kind: Node, metadata: {name: n1}, status: {addresses: [{type: InternalIP, address: 192.0.2.1}]}}
";
const SECOND: &str = "\
---
{apiVersion: v1, kind: Node, metadata: {name: n2}, status: {addresses: [{type: InternalIP, address: 192.0.2.2}]}}
";

#[test]
fn other_nodes_are_those_that_are_not_its_own() {
    let never = ["other nodes", "其他节点"];
    let one = folder("explain-one-node", NODES, &policy("{podSelector: {}}"));
    holds(&both(&one, &["shop/web"]), &["from its own node, the kubelet among others: every port"], &[], &never);
    let two = format!("{NODES}{SECOND}");
    let closed = folder("explain-two-nodes", &two, &policy("{podSelector: {}, policyTypes: [Ingress, Egress]}"));
    for profile in ["generic", "ovn-kubernetes", "aws-vpc-cni"] {
        holds(&both(&closed, &["shop/web", "--profile", profile]), &["from its own node"], &[], &never);
    }
    let spec = "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.0.2.2/32}}], ports: [{port: 80}]}]}";
    let open = folder("explain-other-node", &two, &policy(spec));
    for profile in ["generic", "aws-vpc-cni"] {
        let said = both(&open, &["shop/web", "--profile", profile]);
        holds(&said, &["  reached from other nodes TCP 80\n"], &["  其他节点能访问它 TCP 80\n"], &[]);
    }
}

#[test]
fn nothing_is_said_flatly_where_some_of_it_is_undefined() {
    let cilium = "\
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: c, namespace: shop}
spec: {endpointSelector: {matchLabels: {app: db}}, ingress: [{}]}
";
    let closed = policy("{podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress, Egress]}");
    let (pods, _) = PODS.rsplit_once("---").unwrap();
    let decided = folder("explain-flat", pods, &closed);
    let flat = [
        "  reached from no other workload\n",
        "  not reached from outside\n",
        "  reaches no other workload\n",
        "  does not reach outside\n",
    ];
    holds(&both(&decided, &["shop/db"]), &flat, &["  集群外不能访问它\n"], &["as far as", "就已确定的而言"]);
    let open = folder("explain-not-flat", pods, &format!("{closed}{cilium}"));
    holds(
        &both(&open, &["shop/db"]),
        &[
            "  reached from no other workload, as far as that is decided\n",
            "  not reached from outside, as far as that is decided\n",
            "  reaches no other workload, as far as that is decided\n",
            "  does not reach outside, as far as that is decided\n",
        ],
        &["  没有其他工作负载能访问它（就已确定的而言）\n", "  它不能访问集群外（就已确定的而言）\n"],
        &flat,
    );
}

#[test]
fn what_differs_between_families_is_told_with_the_family() {
    let pods = "\
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}},
 status: {podIPs: [{ip: 10.0.0.5}, {ip: 'fd00::5'}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}},
 status: {podIPs: [{ip: 10.0.0.6}, {ip: 'fd00::6'}]}}
";
    let spec = "{podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress, Egress],
        ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 80}]}],
        egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 80}]},
                 {to: [{ipBlock: {cidr: '::/0'}}], ports: [{port: 81}]}]}";
    let open = folder("explain-families", pods, &policy(spec));
    holds(
        &both(&open, &["shop/db"]),
        &[
            "  reached from shop/web IPv4 TCP 80\n",
            "  reaches shop/web IPv4 TCP 80; shop/web IPv6 TCP 81\n",
            "  to its own node (IPv4): TCP 80; undefined: ",
            "  to its own node (IPv6): TCP 81; undefined: ",
        ],
        &["  能访问它的工作负载：shop/web IPv4 TCP 80\n", "  去往所在节点（IPv6）：TCP 81；未定义："],
        &["(? ", "（? "],
    );
    let both_families = spec.replace("port: 81", "port: 80");
    let open = folder("explain-families-same", pods, &policy(&both_families));
    let said = explained(&open, &["shop/db"]);
    assert!(said.contains("  reaches shop/web TCP 80\n") && said.contains("  to its own node: TCP 80;"), "{said}");
}

/// A ClusterNetworkPolicy of a tier about all pods, with one egress rule.
fn cluster_policy(name: &str, (tier, priority): (&str, u16), rule: &str) -> String {
    format!(
        "---\napiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {{name: {name}}}\n\
         spec: {{tier: {tier}, priority: {priority}, subject: {{namespaces: {{}}}}, egress: [{rule}]}}\n"
    )
}

#[test]
fn who_denies_the_own_node_is_named() {
    let isolating = policy("{podSelector: {}, policyTypes: [Egress]}");
    let deny = cluster_policy("adm", ("Admin", 10), "{action: Deny, to: [{nodes: {}}]}");
    let open = folder("explain-own-node-denied", NODES, &format!("{isolating}{deny}"));
    holds(
        &both(&open, &["shop/web"]),
        &["  to its own node: no port (denied by ClusterNetworkPolicy adm)\n"],
        &["  去往所在节点：不能访问任何端口（被 ClusterNetworkPolicy adm 拒绝）\n"],
        &["is not settled", "没有定论"],
    );
    // Under a profile that exempts the own node from NetworkPolicies, the administrators' deny it all the same.
    let said = explained(&open, &["shop/web", "--profile-set", "own-node-egress=exempt"]);
    assert!(said.contains("  to its own node: no port (denied by ClusterNetworkPolicy adm)\n"), "{said}");
    let some = cluster_policy(
        "ssh",
        ("Admin", 10),
        "{action: Deny, to: [{nodes: {}}], protocols: [{tcp: {destinationPort: {number: 22}}}]}",
    );
    let open = folder("explain-own-node-ssh", NODES, &format!("{isolating}{some}"));
    let said = explained(&open, &["shop/web"]);
    let line = "to its own node: undefined, TCP 1-21,23-65535, UDP, SCTP (whether NetworkPolicies keep it from there is \
                not settled) (some ports are denied by ClusterNetworkPolicy ssh)\n";
    assert!(said.contains(line), "{said}");
}

#[test]
fn policies_without_an_order_are_told_so_and_each_is_listed_once() {
    let all = "networks: [0.0.0.0/0]";
    let accept = |name, at| cluster_policy(name, ("Admin", at), &format!("{{action: Accept, to: [{{{all}}}]}}"));
    let deny = |name, at| cluster_policy(name, ("Admin", at), &format!("{{action: Deny, to: [{{{all}}}]}}"));
    let of = |name: &str, policies: &[String]| {
        let open = folder(name, PODS, &policies.concat());
        both(&open, &["shop/web"])
    };
    let (en, zh) = ("with no order among them: ", "没有先后");
    let ordered = of("explain-ordered", &[deny("b", 5), accept("a", 6)]);
    holds(&ordered, &["policies, in this order; the first rule"], &[], &[en, zh, "have no order"]);
    let b = ordered.0.find("- ClusterNetworkPolicy b").unwrap();
    assert!(b < ordered.0.find("- ClusterNetworkPolicy a").unwrap(), "{}", ordered.0);
    holds(
        &of("explain-equal", &[deny("b", 5), accept("a", 5), deny("c", 6)]),
        &[
            "in this order (but of equal priority, so with no order among them: ClusterNetworkPolicy a, ClusterNetworkPolicy b); ",
        ],
        &["（但优先级相同的没有先后：ClusterNetworkPolicy a, ClusterNetworkPolicy b）"],
        &["have no order"],
    );
    // Ranks of the two directions are counted apart; the policy is one.
    let anp = "---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: anp}
spec:
  priority: 7
  subject: {namespaces: {}}
  ingress: [{action: Allow, from: [{namespaces: {}}]}]
  egress: [{action: Pass, to: [{namespaces: {}}]}]
---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: first}
spec: {priority: 3, subject: {namespaces: {}}, egress: [{action: Pass, to: [{namespaces: {}}]}]}
";
    let two = of("explain-apis", &[deny("b", 5), anp.to_owned()]);
    holds(
        &two,
        &[
            "in this order (AdminNetworkPolicies and ClusterNetworkPolicies have no order between them); ",
            "- AdminNetworkPolicy anp (egress, ingress)  ",
        ],
        &["（AdminNetworkPolicy 与 ClusterNetworkPolicy 之间没有先后）"],
        &[en],
    );
    assert_eq!(two.0.matches("- AdminNetworkPolicy anp").count(), 1, "{}", two.0);
}

#[test]
fn a_port_name_opens_something_outside_where_the_profile_makes_it_so() {
    let spec = "{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: pg}]}]}";
    let open = folder("explain-names-outside", PODS, &policy(spec));
    let (en, zh) = ("; but outside, a port name opens nothing", "；但在集群外，端口名不开放任何端口");
    for profile in ["generic", "calico", "aws-vpc-cni"] {
        holds(&both(&open, &["shop/np/a", "--profile", profile]), &[en], &[zh], &[]);
    }
    holds(
        &both(&open, &["shop/np/a", "--profile", "kube-router"]),
        &[
            "lets out TCP pg to anybody, inside and outside of the cluster  ",
            "what pods of the policy's own namespace call so",
        ],
        &[],
        &[en, zh],
    );
}

#[test]
fn whom_labels_that_are_not_in_the_input_mean_is_not_known() {
    let pods = "\
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: b}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: x, namespace: away, labels: {app: x}}}
";
    let team = "{matchLabels: {team: a}}";
    let from = |selector: &str| {
        policy(&format!("{{podSelector: {{}}, ingress: [{{from: [{{namespaceSelector: {selector}}}]}}]}}"))
    };
    let nobody = ["nobody in the input is meant", "输入中没有符合的"];
    let says = |name: &str, text: &str, policy: &str, en: &[&str], zh: &[&str], never: &[&str]| {
        holds(&both(&folder(name, pods, text), &[policy]), en, zh, never);
    };
    let open = "(not known of away/x: that hangs on labels of namespaces that are not in the input)";
    let open_zh = "（away/x 未知：取决于输入中没有的命名空间的标签）";
    says("explain-labels", &from(team), "shop/np/a", &[open], &[open_zh], &nobody);
    let not = "{matchExpressions: [{key: team, operator: NotIn, values: [a]}]}";
    says("explain-labels-not", &from(not), "shop/np/a", &[open, "(here: shop/web)"], &[open_zh], &["away/x, shop/web"]);
    // The name of a namespace is known.
    let named = "{matchLabels: {team: a, kubernetes.io/metadata.name: other}}";
    says("explain-labels-name", &from(named), "shop/np/a", &[nobody[0]], &[nobody[1]], &["not known of"]);
    let about = "\
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: c}
spec:
  tier: Admin
  priority: 1
  subject: {namespaces: {matchLabels: {team: a}}}
  ingress: [{action: Deny, from: [{namespaces: {matchLabels: {team: a}}}]}]
";
    says(
        "explain-labels-subject",
        about,
        "cnp/c",
        &["team=a: not known of away/x: that hangs on labels of namespaces that are not in the input", open],
        &["away/x 未知，取决于输入中没有的命名空间的标签", open_zh],
        &[nobody[0], nobody[1], "there is none in the input"],
    );
}

#[test]
fn where_nothing_is_enforced_the_answer_begins_with_that() {
    let text = format!(
        "{}{}",
        policy("{podSelector: {}, ingress: [{ports: [{port: 80}]}]}"),
        cluster_policy("c", ("Admin", 1), "{action: Deny, to: [{namespaces: {}}]}"),
    );
    let open = folder("explain-unenforced", PODS, &text);
    for name in ["shop/np/a", "cnp/c"] {
        let (english, chinese) = both(&open, &[name, "--profile", "flannel"]);
        for (text, first, what) in [
            (
                english,
                "flannel enforces no policies: everything is allowed",
                "if it were enforced, this is what it would do:",
            ),
            (chinese, "flannel 不执行任何策略：全部放行", "若被执行，它会做的是："),
        ] {
            let lines: Vec<&str> = text.lines().collect();
            assert!(lines[0] == first && lines[2].trim() == what, "{text}");
            assert_eq!(text.matches(first).count(), 1, "{text}");
        }
        assert!(!explained(&open, &[name]).contains("if it were enforced"));
    }
    assert!(!explained(&open, &["shop/web", "--profile", "flannel"]).contains("if it were enforced"));
}
