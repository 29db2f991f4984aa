//! What the examples of a rule do not show: its other findings, and what is none.

use super::*;
use crate::analysis::AnalysisOptions;
use crate::manifest::{ReadOptions, read};
use crate::profile::Profile;

/// What a rule has to say: how much each finding matters, and its sentence.
fn findings(rule: LintCode, profile: Profile, text: &str) -> Vec<(Severity, String)> {
    let mut inputs = Inputs::default();
    inputs.push("case.yaml", text);
    let snapshot = read(&inputs, &ReadOptions::default());
    assert_eq!(snapshot.report().diagnostics, [], "{text}");
    let service_cidrs = vec!["10.96.0.0/12".parse().unwrap()];
    let options = AnalysisOptions { profile, service_cidrs, ..AnalysisOptions::default() };
    let analysis = Analysis::new(&snapshot, options);
    let found = lint(&inputs, &snapshot, &analysis, &LintOptions::default()).unwrap();
    let of_rule = found.findings.into_iter().filter(|finding| finding.rule == rule);
    of_rule.map(|finding| (finding.severity, crate::lang::Lang::En.lint(&finding))).collect()
}

fn nothing(rule: LintCode, profile: Profile, text: &str) {
    assert_eq!(findings(rule, profile, text), [], "{text}");
}

/// The only finding.
fn one(rule: LintCode, profile: Profile, text: &str) -> (Severity, String) {
    let found = findings(rule, profile, text);
    assert_eq!(found.len(), 1, "{found:?} of {text}");
    found.into_iter().next().unwrap()
}

fn pod(name: &str, address: &str, spec: &str) -> String {
    format!(
        "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: shop, labels: {{app: {name}}}}}, \
         spec: {{{spec}}}, status: {{podIP: {address:?}}}}}\n"
    )
}

fn policy(pods: &str, spec: &str) -> String {
    format!(
        "---\n{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: p, namespace: shop}}, \
         spec: {{podSelector: {{{pods}}}, {spec}}}}}\n"
    )
}

fn containers(ports: &str) -> String {
    format!("containers: [{{name: a, image: a, ports: [{ports}]}}]")
}

const GENERIC: Profile = Profile::GENERIC;
const WEB: &str = "matchLabels: {app: web}";
const TO_WEB: &str = "policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: web}}}], ports: ";

#[test]
fn a_profile_that_enforces_nothing_is_an_error_once() {
    let deny = policy("", "policyTypes: [Ingress]");
    let text = pod("web", "10.244.0.5", "") + &deny + &deny.replace("name: p,", "name: q,");
    let (severity, sentence) = one(LintCode::NotEnforced, Profile::FLANNEL, &text);
    assert_eq!(severity, Severity::Error);
    assert!(sentence.contains("flannel") && sentence.contains("(2)"), "{sentence}");
    nothing(LintCode::NotEnforced, Profile::CALICO, &pod("web", "10.244.0.5", ""));
    nothing(LintCode::NotEnforced, Profile::FLANNEL, &pod("web", "10.244.0.5", ""));
    let with_engine = Profile::FLANNEL.with("netpol.enabled", "true").unwrap();
    nothing(LintCode::NotEnforced, with_engine, &policy("", "policyTypes: [Ingress]"));
}

#[test]
fn that_a_whole_namespace_has_hosts_in_it_is_a_note() {
    let pods = pod("web", "10.244.0.5", "") + &pod("agent", "192.168.1.1", "hostNetwork: true");
    let found = one(LintCode::HostNetworkSelected, GENERIC, &(pods.clone() + &policy("", "policyTypes: [Ingress]")));
    assert_eq!(found.0, Severity::Note);
    assert!(!found.1.contains("nobody else"), "{}", found.1);
    nothing(LintCode::HostNetworkSelected, GENERIC, &(pods + &policy(WEB, "policyTypes: [Ingress]")));
}

#[test]
fn hosts_beside_pods_are_no_peer_that_admits_nobody() {
    let pods = pod("web", "10.244.0.5", "") + &pod("agent", "192.168.1.1", "hostNetwork: true");
    let all = policy(WEB, "ingress: [{from: [{podSelector: {}}]}]");
    nothing(LintCode::HostNetworkPeer, GENERIC, &(pods.clone() + &all));
    let agent = policy(WEB, "ingress: [{from: [{podSelector: {matchLabels: {app: agent}}}]}]");
    assert_eq!(one(LintCode::HostNetworkPeer, GENERIC, &(pods.clone() + &agent)).0, Severity::Warning);
    nothing(LintCode::HostNetworkPeer, Profile::AWS_VPC_CNI, &(pods + &agent));
}

fn to_block(block: &str) -> String {
    policy(WEB, &format!("policyTypes: [Egress], egress: [{{to: [{{ipBlock: {{cidr: {block:?}}}}}]}}]"))
}

#[test]
fn blocks_of_services_are_known_by_their_range_and_only_where_policies_judge_after_translation() {
    let web = pod("web", "10.244.0.5", "");
    let (_, sentence) = one(LintCode::BlockOfServices, GENERIC, &(web.clone() + &to_block("10.96.0.0/16")));
    assert!(sentence.contains("10.96.0.0/16"), "{sentence}");
    nothing(LintCode::BlockOfServices, GENERIC, &(web.clone() + &to_block("10.0.0.0/8")));
    nothing(LintCode::BlockOfServices, Profile::AWS_VPC_CNI, &(web.clone() + &to_block("10.96.0.0/16")));
    // What a balancer has outside of the cluster is another matter.
    let balancer = "---\n{apiVersion: v1, kind: Service, metadata: {name: lb, namespace: shop}, spec: {type: \
        LoadBalancer, clusterIP: 10.96.0.9, ports: [{port: 80}]}, status: {loadBalancer: {ingress: [{ip: \
        203.0.113.9}]}}}\n";
    nothing(LintCode::BlockOfServices, GENERIC, &(web + balancer + &to_block("203.0.113.9/32")));
}

#[test]
fn the_service_of_the_api_server_is_said_once() {
    let service = "---\n{apiVersion: v1, kind: Service, metadata: {name: kubernetes, namespace: default}, spec: \
        {clusterIP: 10.96.0.1, ports: [{port: 443, targetPort: 6443}]}}\n";
    let text = pod("web", "10.244.0.5", "") + service + &to_block("10.96.0.1/32");
    one(LintCode::ApiServerByService, GENERIC, &text);
    nothing(LintCode::BlockOfServices, GENERIC, &text);
    nothing(LintCode::ApiServerByService, Profile::AWS_VPC_CNI, &text);
}

#[test]
fn blocks_match_pods_where_the_profile_says_so() {
    let pods = pod("web", "10.244.0.5", "") + &pod("db", "10.244.0.6", "");
    nothing(LintCode::BlockOfPods, GENERIC, &(pods.clone() + &to_block("10.244.0.6/32")));
    let (_, sentence) = one(LintCode::BlockOfPods, Profile::CILIUM, &(pods.clone() + &to_block("10.244.0.6/32")));
    assert!(sentence.contains("cilium"), "{sentence}");
    nothing(LintCode::BlockOfPods, Profile::CILIUM, &(pods.clone() + &to_block("10.0.0.0/8")));
    let matching = Profile::CILIUM.with("policy-cidr-match-mode", "pods").unwrap();
    nothing(LintCode::BlockOfPods, matching, &(pods + &to_block("10.244.0.6/32")));
}

#[test]
fn visitors_keep_their_address_or_everybody_is_let_in() {
    let rule = LintCode::BlockBehindSourceNat;
    let service = |spec: &str| {
        format!(
            "---\n{{apiVersion: v1, kind: Service, metadata: {{name: web, namespace: shop}}, spec: {{selector: {{app: \
             web}}, ports: [{{port: 80, targetPort: 8080}}], {spec}}}}}\n"
        )
    };
    let from = |block: &str, more: &str| {
        let of = format!("ingress: [{{from: [{{ipBlock: {{cidr: {block}}}}}{more}], ports: [{{port: 8080}}]}}]");
        pod("web", "10.244.0.5", "nodeName: worker") + &policy(WEB, &of)
    };
    let node = "---\n{apiVersion: v1, kind: Node, metadata: {name: worker}, status: {addresses: [{type: InternalIP, \
        address: 192.168.7.1}]}}\n";
    let open = from("203.0.113.0/24", "") + node + &service("type: NodePort");
    assert_eq!(one(rule, GENERIC, &open).0, Severity::Warning);
    let kept = Profile::GENERIC.with("visitor-source", "kept").unwrap();
    nothing(rule, kept, &open);
    nothing(rule, GENERIC, &(from("203.0.113.0/24", "") + &service("type: ClusterIP")));
    nothing(rule, GENERIC, &(from("0.0.0.0/0", "") + node + &service("type: NodePort")));
    // Addresses inside do not come that way.
    nothing(rule, GENERIC, &(from("10.244.0.5/32", "") + &service("type: NodePort")));
    // The rule is about another port.
    nothing(rule, GENERIC, &open.replace("ports: [{port: 8080}]", "ports: [{port: 9090}]"));
    let host_port = pod("web", "10.244.0.5", &containers("{containerPort: 8080, hostPort: 80}"))
        + &policy(WEB, "ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}], ports: [{port: 8080}]}]");
    let (_, sentence) = one(rule, GENERIC, &host_port);
    assert!(sentence.contains("hostPort 80"), "{sentence}");
}

#[test]
fn the_other_family_may_be_opened_elsewhere_and_pods_of_one_family_need_none() {
    let web = "---\n{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, status: \
        {podIPs: [{ip: 10.244.0.5}, {ip: \"fd00::5\"}]}}\n";
    let rule = LintCode::OneFamilyBlock;
    let found = one(rule, GENERIC, &(web.to_owned() + &to_block("::/0")));
    assert!(found.1.contains("those of IPv6 and none of IPv4"), "{}", found.1);
    one(rule, Profile::CILIUM, &(web.to_owned() + &to_block("0.0.0.0/0")));
    nothing(rule, GENERIC, &(web.to_owned() + &to_block("203.0.113.0/24")));
    nothing(rule, GENERIC, &(pod("web", "10.244.0.5", "") + &to_block("0.0.0.0/0")));
    let other = to_block("::/0").replace("name: p,", "name: q,");
    nothing(rule, GENERIC, &(web.to_owned() + &to_block("0.0.0.0/0") + &other));
}

#[test]
fn a_port_that_some_pod_may_listen_on_is_not_that_of_a_service() {
    let rule = LintCode::ServicePortInRule;
    let service = "---\n{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {selector: {app: \
        web}, ports: [{port: 80, targetPort: 8080}]}}\n";
    let of = |ports: &str| pod("web", "10.244.0.5", &containers(ports)) + service + &pod("api", "10.244.0.6", "");
    let egress = |peer: &str, ports: &str| {
        policy("matchLabels: {app: api}", &format!("policyTypes: [Egress], egress: [{{to: [{peer}], ports: {ports}}}]"))
    };
    let to_web = "{podSelector: {matchLabels: {app: web}}}";
    let (_, sentence) = one(rule, GENERIC, &(of("{containerPort: 8080}") + &egress(to_web, "[{port: 80}]")));
    assert!(
        sentence.contains("TCP 80") && sentence.contains("TCP 8080") && sentence.contains("shop/web"),
        "{sentence}"
    );
    // No port is declared, and the Service says what there is.
    one(rule, GENERIC, &(of("") + &egress(to_web, "[{port: 80}]")));
    nothing(rule, GENERIC, &(of("{containerPort: 80}") + &egress(to_web, "[{port: 80}]")));
    nothing(rule, GENERIC, &(of("{containerPort: 8080}") + &egress(to_web, "[{port: 80}, {port: 8080}]")));
    nothing(rule, GENERIC, &(of("{containerPort: 8080}") + &egress(to_web, "[{port: 80, protocol: UDP}]")));
    // The other pod may listen on it.
    nothing(rule, GENERIC, &(of("{containerPort: 8080}") + &egress("{podSelector: {}}", "[{port: 80}]")));
    nothing(
        rule,
        GENERIC,
        &(of("{containerPort: 8080}")
            + &egress("{podSelector: {matchLabels: {app: web}}}, {ipBlock: {cidr: 0.0.0.0/0}}", "[{port: 80}]")),
    );
    nothing(rule, Profile::AWS_VPC_CNI, &(of("{containerPort: 8080}") + &egress(to_web, "[{port: 80}]")));
}

#[test]
fn port_names_have_many_ways_to_be_unclear() {
    let rule = LintCode::PortNameUnclear;
    let web = |ports: &str| pod("web", "10.244.0.5", &containers(ports)) + &pod("api", "10.244.0.6", "");
    let to_web = |port: &str| policy("matchLabels: {app: api}", &format!("{TO_WEB}[{port}]}}]"));
    let http = web("{name: http, containerPort: 8080}");
    nothing(rule, GENERIC, &(http.clone() + &to_web("{port: http}")));
    let (severity, sentence) = one(rule, GENERIC, &(http.clone() + &to_web("{port: htp}")));
    assert_eq!(severity, Severity::Warning);
    assert!(sentence.contains("opens nothing; did you mean `http`?"), "{sentence}");
    let (_, sentence) = one(rule, GENERIC, &(http.clone() + &to_web("{port: http, protocol: UDP}")));
    assert!(sentence.ends_with("opens nothing"), "{sentence}");
    let (_, sentence) = one(rule, Profile::OVN_KUBERNETES, &(http.clone() + &to_web("{port: http}")));
    assert!(sentence.contains("opens every port of its protocol"), "{sentence}");
    let anywhere = policy("matchLabels: {app: api}", "policyTypes: [Egress], egress: [{ports: [{port: http}]}]");
    nothing(rule, GENERIC, &(http.clone() + &anywhere));
    let (_, sentence) = one(rule, Profile::AWS_VPC_CNI, &(http.clone() + &anywhere));
    assert!(sentence.contains("no selector names the pods"), "{sentence}");
    // On kube-router it is a matter of the own namespace.
    nothing(rule, Profile::KUBE_ROUTER, &(http.clone() + &anywhere));
    let (severity, sentence) = one(rule, Profile::KUBE_ROUTER, &(http.clone() + &anywhere.replace("http", "grpc")));
    assert!(severity == Severity::Warning && sentence.contains("opens nothing"), "{sentence}");
    // Somebody else who is not in the input may have it.
    assert_eq!(one(rule, GENERIC, &(http.clone() + &anywhere.replace("http", "grpc"))).0, Severity::Note);
    // A name is never that of a port outside.
    let outside = anywhere.replace("egress: [{", "egress: [{to: [{ipBlock: {cidr: 203.0.113.0/24}}], ");
    assert_eq!(one(rule, GENERIC, &(http + &outside)).0, Severity::Warning);
    let twice = web("{name: http, containerPort: 8080}, {name: http, containerPort: 8081}");
    let found = findings(rule, GENERIC, &(twice + &to_web("{port: http}")));
    assert!(found.iter().any(|(_, sentence)| sentence.contains("several numbers")), "{found:?}");
    let sidecar = pod(
        "web",
        "10.244.0.5",
        "initContainers: [{name: s, image: s, restartPolicy: Always, ports: [{name: http, containerPort: 8080}]}]",
    ) + &pod("api", "10.244.0.6", "");
    let (severity, sentence) = one(rule, GENERIC, &(sidecar.clone() + &to_web("{port: http}")));
    assert!(severity == Severity::Note && sentence.contains("only sidecars"), "{sentence}");
    let (severity, _) = one(rule, Profile::ANTREA, &(sidecar + &to_web("{port: http}")));
    assert_eq!(severity, Severity::Warning);
    let numbers = web("{name: http, containerPort: 8080}")
        + &pod("db", "10.244.0.7", &containers("{name: http, containerPort: 80}"))
        + &policy("", "ingress: [{ports: [{port: http}]}]");
    let (severity, sentence) = one(rule, GENERIC, &numbers);
    assert!(severity == Severity::Note && sentence.contains("80: shop/db, 8080: shop/web"), "{sentence}");
    assert_eq!(one(rule, Profile::AWS_VPC_CNI, &numbers).0, Severity::Warning);
}

#[test]
fn what_was_meant_for_another_protocol_is_known_by_what_pods_declare() {
    let rule = LintCode::ProtocolLeftOut;
    let web = |ports: &str| pod("web", "10.244.0.5", &containers(ports)) + &pod("api", "10.244.0.6", "");
    let to_web = |ports: &str| policy("matchLabels: {app: api}", &format!("{TO_WEB}{ports}}}]"));
    let udp = web("{name: syslog, containerPort: 514, protocol: UDP}");
    let (_, sentence) = one(rule, GENERIC, &(udp.clone() + &to_web("[{port: syslog}]")));
    assert!(sentence.contains("syslog is a port of TCP, and the pods declare it for UDP only"), "{sentence}");
    nothing(LintCode::PortNameUnclear, GENERIC, &(udp.clone() + &to_web("[{port: syslog}]")));
    nothing(rule, GENERIC, &(udp.clone() + &to_web("[{port: 514}, {port: 514, protocol: UDP}]")));
    nothing(rule, GENERIC, &(udp.clone() + &to_web("[{port: 514, protocol: TCP}]")));
    nothing(rule, GENERIC, &(web("") + &to_web("[{port: 514}]")));
    let (_, sentence) = one(rule, GENERIC, &(udp.clone() + &to_web("[{}]")));
    assert!(sentence.contains("every port of TCP"), "{sentence}");
    nothing(rule, GENERIC, &(udp + &to_web("[{}, {protocol: UDP}]")));
}

#[test]
fn the_cache_on_the_node_is_asked_where_there_is_one() {
    let rule = LintCode::ResolverCutOff;
    let cache = "---\n{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: node-local-dns, namespace: kube-system}, \
        spec: {selector: {matchLabels: {k8s-app: node-local-dns}}, template: {metadata: {labels: {k8s-app: \
        node-local-dns}}, spec: {hostNetwork: true, containers: [{name: c, image: c}]}}}}\n";
    let dns = "policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: \
        {kubernetes.io/metadata.name: kube-system}}}], ports: [{port: 53, protocol: UDP}]}";
    let closed = pod("web", "10.244.0.5", "") + cache + &policy(WEB, &format!("{dns}]"));
    assert_eq!(one(rule, GENERIC, &closed).0, Severity::Note);
    let (severity, sentence) = one(rule, Profile::CALICO, &closed);
    assert_eq!(severity, Severity::Warning);
    assert!(sentence.contains("169.254.20.10") && sentence.contains("kube-system/node-local-dns"), "{sentence}");
    nothing(rule, Profile::AWS_VPC_CNI, &closed);
    nothing(rule, Profile::CALICO, &closed.replace(cache, ""));
    let open =
        format!("{dns}, {{to: [{{ipBlock: {{cidr: 169.254.20.10/32}}}}], ports: [{{port: 53, protocol: UDP}}]}}]");
    nothing(rule, Profile::CALICO, &(pod("web", "10.244.0.5", "") + cache + &policy(WEB, &open)));
    // Who may ask no resolver at all is not meant to.
    nothing(rule, Profile::CALICO, &(pod("web", "10.244.0.5", "") + cache + &policy(WEB, "policyTypes: [Egress]")));
}

#[test]
fn a_resolver_may_be_a_pod_or_a_service() {
    let rule = LintCode::ResolverCutOff;
    let web = |resolver: &str| {
        pod("web", "10.244.0.5", &format!("dnsConfig: {{nameservers: [{resolver}]}}"))
            + &pod("dns", "10.244.0.9", "")
            + "---\n{apiVersion: v1, kind: Service, metadata: {name: dns, namespace: shop}, spec: {clusterIP: \
               10.96.0.53, selector: {app: dns}, ports: [{port: 53, targetPort: 5353, protocol: UDP}]}}\n"
    };
    let to_dns = policy(
        WEB,
        "policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: dns}}}], ports: [{port: 5353, \
         protocol: UDP}]}]",
    );
    nothing(rule, GENERIC, &(web("10.96.0.53") + &to_dns));
    one(rule, GENERIC, &(web("10.244.0.9") + &to_dns));
    one(rule, GENERIC, &(web("10.96.0.53") + &to_dns.replace("5353", "53")));
    nothing(rule, GENERIC, &(web("10.244.0.9") + &to_dns.replace("5353", "53")));
    nothing(rule, GENERIC, &web("203.0.113.53"));
}

#[test]
fn calls_of_the_api_server_are_an_error_only_where_they_are_surely_denied() {
    let rule = LintCode::WebhookCutOff;
    let text = |ingress: &str| {
        pod("hook", "10.244.0.5", "")
            + "---\n{apiVersion: v1, kind: Service, metadata: {name: hook, namespace: shop}, spec: {selector: {app: \
               hook}, ports: [{port: 443, targetPort: 8443}]}}\n---\n{apiVersion: \
               admissionregistration.k8s.io/v1, kind: MutatingWebhookConfiguration, metadata: {name: m}, webhooks: \
               [{name: m.example.com, clientConfig: {service: {name: hook, namespace: shop}}}]}\n"
            + &policy("", &format!("policyTypes: [Ingress], ingress: [{ingress}]"))
    };
    // Where the API server is nothing says: on the pod's own node it would get through.
    assert_eq!(one(rule, GENERIC, &text("")).0, Severity::Warning);
    nothing(rule, GENERIC, &text("{ports: [{port: 8443}]}"));
    nothing(rule, GENERIC, &text("{from: [{ipBlock: {cidr: 0.0.0.0/0}}, {ipBlock: {cidr: \"::/0\"}}]}"));
    nothing(rule, Profile::FLANNEL, &text(""));
}

#[test]
fn a_pod_may_be_out_of_the_mesh_of_its_namespace() {
    let rule = LintCode::AmbientMeshCutOff;
    let text = |mode: &str, ports: &str| {
        format!(
            "---\n{{apiVersion: v1, kind: Namespace, metadata: {{name: shop, labels: {{istio.io/dataplane-mode: \
             {mode}}}}}}}\n"
        ) + &pod("web", "10.244.0.5", "")
            + &pod("api", "10.244.0.6", "")
            + &policy(WEB, &format!("ingress: [{{from: [{{podSelector: {{}}}}]{ports}}}]"))
    };
    let closed = text("ambient", ", ports: [{port: 80}]");
    one(rule, GENERIC, &closed);
    nothing(rule, GENERIC, &text("ambient", ""));
    nothing(rule, GENERIC, &text("none", ", ports: [{port: 80}]"));
    nothing(rule, GENERIC, &text("ambient", ", ports: [{port: 53, protocol: UDP}]"));
    let out = closed.replace("{app: api}}", "{app: api, istio.io/dataplane-mode: none}}");
    nothing(rule, GENERIC, &out);
    let elsewhere = policy(WEB, "ingress: [{ports: [{port: 15008}]}]").replace("name: p,", "name: q,");
    nothing(rule, GENERIC, &(closed + &elsewhere));
}

#[test]
fn other_networks_are_read_from_templates_and_said_once_for_each_pod() {
    let template = "---\n{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop, annotations: \
        {a: b}}, spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}, annotations: \
        {z: \"1\", k8s.v1.cni.cncf.io/networks: '[{\"name\": \"storage\"}]'}}, spec: {containers: [{name: a, image: \
        a}]}}}}\n";
    let policies =
        policy(WEB, "policyTypes: [Ingress]") + &policy("", "policyTypes: [Egress]").replace("name: p,", "name: q,");
    let found = one(LintCode::SecondaryNetwork, GENERIC, &(template.to_owned() + &policies));
    assert!(found.0 == Severity::Note && found.1.contains("shop/web"), "{}", found.1);
    nothing(LintCode::SecondaryNetwork, GENERIC, template);
    let own = template.replace("annotations: {z: \"1\", k8s", "annotations: {z: \"1\", x8s");
    nothing(
        LintCode::SecondaryNetwork,
        GENERIC,
        &(own.replace("{a: b}", "{k8s.v1.cni.cncf.io/networks: b}") + &policies),
    );
}

#[test]
fn who_has_policies_for_other_networks_is_not_told_of_them() {
    let web =
        "---\n{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}, annotations: \
        {k8s.v1.cni.cncf.io/networks: storage}}}\n"
            .to_owned()
            + &policy(WEB, "policyTypes: [Ingress]");
    one(LintCode::SecondaryNetwork, GENERIC, &web);
    let multi = "---\n{apiVersion: k8s.cni.cncf.io/v1beta1, kind: MultiNetworkPolicy, metadata: {name: m, namespace: \
        shop}}\n";
    nothing(LintCode::SecondaryNetwork, GENERIC, &(web + multi));
}

#[test]
fn annotations_of_any_shape_are_passed_over() {
    for annotations in
        ["null", "[]", "[{k8s.v1.cni.cncf.io/networks: a}]", "a", "1", "1.5", "-1", "true", "{a: {b: [c]}}"]
    {
        let pod = format!(
            "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: web, namespace: shop, annotations: {annotations}, \
             labels: {{app: web}}}}}}\n"
        );
        one(
            LintCode::SelectsNothing,
            GENERIC,
            &(pod.clone() + &policy("matchLabels: {app: wep}", "policyTypes: [Ingress]")),
        );
        nothing(LintCode::SecondaryNetwork, GENERIC, &(pod + &policy(WEB, "policyTypes: [Ingress]")));
    }
}

fn admin(name: &str, tier: &str, priority: u32, rules: &str) -> String {
    format!(
        "---\n{{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {{name: {name}}}, \
         spec: {{tier: {tier}, priority: {priority}, subject: {{namespaces: {{}}}}, {rules}}}}}\n"
    )
}

#[test]
fn policies_of_one_priority_may_agree() {
    let rule = LintCode::PriorityTie;
    let pods = "---\n{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n".to_owned()
        + &pod("web", "10.244.0.5", "")
        + &pod("api", "10.244.0.6", "");
    let from = |action: &str, port: u16| {
        format!(
            "ingress: [{{action: {action}, from: [{{namespaces: {{}}}}], protocols: [{{tcp: {{destinationPort: \
             {{number: {port}}}}}}}]}}]"
        )
    };
    let two = |a: &str, b: &str| pods.clone() + &admin("a", "Admin", 5, a) + &admin("b", "Admin", 5, b);
    let found = one(rule, GENERIC, &two(&from("Accept", 80), &from("Deny", 80)));
    assert!(found.1.contains("ClusterNetworkPolicy a") && found.1.contains("TCP 80"), "{}", found.1);
    one(rule, GENERIC, &two(&from("Pass", 80), &from("Deny", 80)));
    nothing(rule, GENERIC, &two(&from("Deny", 80), &from("Deny", 80)));
    nothing(rule, GENERIC, &two(&from("Accept", 80), &from("Deny", 81)));
    // The tiers have an order, whatever the priorities are.
    let tiers =
        pods.clone() + &admin("a", "Admin", 5, &from("Accept", 80)) + &admin("b", "Baseline", 5, &from("Deny", 80));
    nothing(rule, GENERIC, &tiers);
    // A policy before both decides.
    nothing(rule, GENERIC, &(two(&from("Accept", 80), &from("Deny", 80)) + &admin("c", "Admin", 4, &from("Deny", 80))));
    let to = |action: &str, net: &str| format!("egress: [{{action: {action}, to: [{{networks: [{net}]}}]}}]");
    let found = one(rule, GENERIC, &two(&to("Accept", "203.0.113.0/24"), &to("Deny", "203.0.113.128/25")));
    assert!(found.1.contains("203.0.113.128"), "{}", found.1);
    nothing(rule, GENERIC, &two(&to("Accept", "203.0.113.0/25"), &to("Deny", "203.0.113.128/25")));
}

#[test]
fn networks_may_be_denied_that_no_pod_is_in_or_only_pods() {
    let rule = LintCode::DenyNetworksWithPods;
    let pods = "---\n{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n".to_owned()
        + &pod("web", "10.244.0.5", "")
        + &pod("api", "10.244.0.6", "");
    let deny = |net: &str| format!("egress: [{{action: Deny, to: [{{networks: [{net:?}]}}]}}]");
    let text = |net: &str| pods.clone() + &admin("a", "Admin", 5, &deny(net));
    one(rule, GENERIC, &text("10.0.0.0/8"));
    nothing(rule, GENERIC, &text("169.254.169.254/32"));
    nothing(rule, GENERIC, &text("10.244.0.6/32"));
    // Without other pods there is still the cluster's DNS, wherever its address is.
    let alone = "---\n{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n".to_owned()
        + &pod("web", "10.244.0.5", "")
        + &admin("a", "Baseline", 5, &deny("0.0.0.0/0"));
    let found = one(rule, GENERIC, &alone);
    assert!(found.1.contains("kube-system/(cluster DNS)"), "{}", found.1);
    let first = "egress: [{action: Accept, to: [{namespaces: {}}]}]";
    nothing(rule, GENERIC, &(text("0.0.0.0/0") + &admin("b", "Admin", 1, first)));
}

#[test]
fn a_baseline_is_reached_by_pods_that_one_direction_leaves_open() {
    let rule = LintCode::BaselineNotReached;
    let base = admin("a", "Baseline", 5, "egress: [{action: Deny, to: [{networks: [203.0.113.0/24]}]}]");
    let pods =
        "---\n{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n".to_owned() + &pod("web", "10.244.0.5", "");
    one(rule, GENERIC, &(pods.clone() + &base + &policy("", "policyTypes: [Egress]")));
    let ingress = pods.clone() + &base + &policy("", "policyTypes: [Ingress]");
    nothing(rule, GENERIC, &ingress);
    one(rule, Profile::KINDNET, &ingress);
    nothing(rule, GENERIC, &(pods + &base));
}

#[test]
fn probes_are_let_in_where_the_own_node_is_exempt() {
    let rule = LintCode::ProbeCutOff;
    let probe = "containers: [{name: a, image: a, livenessProbe: {tcpSocket: {port: 9000}}}]";
    let text = pod("web", "10.244.0.5", probe) + &policy(WEB, "policyTypes: [Ingress]");
    nothing(rule, GENERIC, &text);
    let policed = Profile::CILIUM.with("allow-localhost", "policy").unwrap();
    let (severity, sentence) = one(rule, policed.clone(), &text);
    assert_eq!(severity, Severity::Warning);
    assert!(sentence.contains("TCP 9000 (livenessProbe)") && sentence.contains("shop/web"), "{sentence}");
    nothing(rule, policed, &pod("web", "10.244.0.5", probe));
}

/// The names of the rules that have something to say, of an input that may have errors.
fn rules_found(text: &str) -> Vec<&'static str> {
    let mut inputs = Inputs::default();
    inputs.push("case.yaml", text);
    let snapshot = read(&inputs, &ReadOptions::default());
    let analysis = Analysis::new(&snapshot, GENERIC);
    let found = lint(&inputs, &snapshot, &analysis, &LintOptions::default()).unwrap();
    let rules = found.findings.iter().map(|finding| finding.rule.code());
    rules.filter(|rule| *rule != LintCode::NotIsolated.code()).collect()
}

#[test]
fn a_port_name_that_opens_nothing_is_one_finding() {
    let pods = pod("api", "10.244.0.5", &containers("{name: metrics, containerPort: 9090}"))
        + &pod("db", "10.244.0.7", &containers("{name: dns, containerPort: 53, protocol: UDP}"))
        + &pod("web", "10.244.0.6", "");
    let api = "matchLabels: {app: api}";
    let from_web =
        |port: &str| policy(api, &format!("ingress: [{{from: [{{podSelector: {{{WEB}}}}}], ports: [{port}]}}]"));
    let to_db = |port: &str| {
        let db = "{podSelector: {matchLabels: {app: db}}}";
        policy(
            api,
            &format!(
                "policyTypes: [Egress], egress: [{{to: [{db}], ports: [{port}]}}, {{ports: [{{port: 53}}, {{port: 53, protocol: UDP}}]}}]"
            ),
        )
    };
    let unclear = LintCode::PortNameUnclear.code();
    assert_eq!(rules_found(&(pods.clone() + &from_web("{port: metric}"))), [unclear]);
    assert_eq!(rules_found(&(pods.clone() + &from_web("{port: metrics, protocol: UDP}"))), [unclear]);
    let only = |text: String| {
        let found = rules_found(&text);
        found
            .into_iter()
            .filter(|rule| ["dns-to-anywhere", "metadata-reachable"].iter().all(|r| r != rule))
            .collect::<Vec<_>>()
    };
    assert_eq!(only(pods.clone() + &to_db("{port: postgres}")), [unclear]);
    assert_eq!(only(pods.clone() + &to_db("{port: dsn, protocol: UDP}")), [unclear]);
    // Beside one that means something, the rule is not in vain.
    assert_eq!(rules_found(&(pods.clone() + &from_web("{port: metric}, {port: 9090}"))), [unclear]);
    // What is defeated is said of those that would have had it.
    let deny = policy(WEB, "policyTypes: [Egress]").replace("name: p,", "name: q,");
    let (_, sentence) = one(LintCode::AllowDefeated, GENERIC, &(pods.clone() + &from_web("{port: metrics}") + &deny));
    assert!(sentence.contains("shop/web are isolated in egress by shop/q"), "{sentence}");
    nothing(LintCode::AllowDefeated, GENERIC, &(pods.clone() + &from_web("{port: metric}") + &deny));
    // By a port of a node, the policies of the other end may see a node in its place.
    let node_port = "---\napiVersion: v1\nkind: Service\nmetadata: {name: api, namespace: shop}\nspec: {type: NodePort, selector: {app: api}, ports: [{port: 80, nodePort: 30080}]}\n";
    nothing(LintCode::AllowDefeated, GENERIC, &(pods + &from_web("{port: metrics}") + &deny + node_port));
}

#[test]
fn what_depends_on_a_policy_that_was_left_out_is_not_redundant() {
    let pods = pod("api", "10.244.0.5", "") + &pod("db", "10.244.0.7", "") + &pod("web", "10.244.0.6", "");
    let api = "policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 5432}]}";
    let left_out =
        policy(WEB, "policyTypes: [Egress], egress: [{ports: [{port: \"80\"}]}]").replace("name: p,", "name: q,");
    let alone = policy("matchLabels: {app: api}", &format!("{api}]"));
    assert_eq!(rules_found(&(pods.clone() + &alone + &left_out)), ["rejected"]);
    // Another rule of the same policy allows it, whatever the one is that was left out.
    let twice = policy("matchLabels: {app: api}", &format!("{api}, {{to: [{{podSelector: {{}}}}]}}]"));
    assert_eq!(rules_found(&(pods + &twice + &left_out)), ["redundant-rule", "rejected"]);
}

/// A policy for the cluster's DNS, and somebody who asks it.
fn dns(ingress: &str) -> String {
    "---\n{apiVersion: v1, kind: Pod, metadata: {name: coredns, namespace: kube-system, labels: {k8s-app: kube-dns}}, \
     status: {podIP: 10.244.0.9}}\n"
        .to_owned()
        + &pod("web", "10.244.0.5", "")
        + &pod("api", "10.244.0.6", "")
        + &policy("matchLabels: {k8s-app: kube-dns}", ingress).replace("namespace: shop", "namespace: kube-system")
}

#[test]
fn a_dns_that_lets_nobody_ask_is_said_once_where_it_stands() {
    let rule = LintCode::DnsCutOff;
    let shut = "policyTypes: [Ingress]";
    let (severity, sentence) = one(rule, GENERIC, &dns(shut));
    assert_eq!(severity, Severity::Warning);
    assert!(sentence.contains("let nobody ask kube-system/coredns, the cluster's DNS"), "{sentence}");
    let from_own = "ingress: [{from: [{podSelector: {}}]}]";
    assert!(one(rule, GENERIC, &dns(from_own)).1.contains("let nobody ask"));
    nothing(rule, GENERIC, &dns("ingress: [{ports: [{port: 53}, {port: 53, protocol: UDP}]}]"));
    nothing(rule, GENERIC, &dns("policyTypes: [Egress]"));
    // Some may: the others may not be meant to.
    let from_some = "ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}]}]";
    let (severity, sentence) = one(rule, GENERIC, &dns(from_some));
    assert_eq!(severity, Severity::Note);
    assert!(sentence.contains("do not let shop/api ask the cluster's DNS"), "{sentence}");
    // Who may ask is not to blame for it, and who may not is.
    let egress =
        |more: &str| policy(WEB, &format!("policyTypes: [Egress], egress: [{{to: [{{podSelector: {{}}}}{more}]}}]"));
    one(rule, GENERIC, &(dns(shut) + &egress(", {namespaceSelector: {}}")));
    assert_eq!(findings(rule, GENERIC, &(dns(shut) + &egress(""))).len(), 2);
}

#[test]
fn a_dns_that_answers_over_one_protocol_is_said_once_where_it_stands() {
    let rule = LintCode::DnsOneProtocol;
    let from_all = |ports: &str| dns(&format!("ingress: [{{from: [{{namespaceSelector: {{}}}}], ports: [{ports}]}}]"));
    let (_, sentence) = one(rule, GENERIC, &from_all("{port: 53, protocol: TCP}"));
    assert!(sentence.contains("shop/api, shop/web") && sentence.contains("over TCP only; UDP"), "{sentence}");
    let (_, sentence) = one(rule, GENERIC, &from_all("{port: 53, protocol: UDP}"));
    assert!(sentence.contains("over UDP only; TCP"), "{sentence}");
    nothing(rule, GENERIC, &from_all("{port: 53, protocol: UDP}, {port: 53, protocol: TCP}"));
    nothing(LintCode::DnsCutOff, GENERIC, &from_all("{port: 53, protocol: UDP}"));
    // A client that may use both is not to blame.
    let both = policy(WEB, "policyTypes: [Egress], egress: [{ports: [{port: 53}, {port: 53, protocol: UDP}]}]");
    one(rule, GENERIC, &(from_all("{port: 53, protocol: TCP}") + &both));
}

#[test]
fn a_namespace_that_is_there_by_name_is_suggested_by_its_name() {
    let rule = LintCode::NoSuchNamespace;
    let namespaces = "---\n{apiVersion: v1, kind: Namespace, metadata: {name: mon, labels: {team: a}}}\n---\n{apiVersion: \
        v1, kind: Namespace, metadata: {name: shop, labels: {tier: front}}}\n";
    let text = |labels: &str| {
        let from = format!("ingress: [{{from: [{{namespaceSelector: {{matchLabels: {{{labels}}}}}}}]}}]");
        namespaces.to_owned() + &pod("web", "10.244.0.5", "") + &policy(WEB, &from)
    };
    let (severity, sentence) = one(rule, GENERIC, &text("name: mon"));
    assert_eq!(severity, Severity::Warning);
    assert!(sentence.contains("did you mean `kubernetes.io/metadata.name=mon`?"), "{sentence}");
    assert_eq!(one(rule, GENERIC, &text("name: elsewhere")).0, Severity::Note);
    let (severity, sentence) = one(rule, GENERIC, &text("team: a, tier: front"));
    assert_eq!(severity, Severity::Warning);
    assert!(sentence.contains("not on one namespace: the nearest has `team=a`"), "{sentence}");
}

#[test]
fn labels_that_are_there_but_not_together_are_said_with_the_nearest() {
    let front = pod("api", "10.244.0.5", "").replace("app: api", "app: api, tier: back");
    let pods = front + &pod("web", "10.244.0.6", "").replace("app: web", "app: web, tier: front");
    let apart = "{matchLabels: {app: api, tier: front}}";
    let from = policy("", &format!("ingress: [{{from: [{{podSelector: {apart}}}]}}]"));
    let (severity, sentence) = one(LintCode::NoSuchPods, GENERIC, &(pods.clone() + &from));
    assert_eq!(severity, Severity::Warning);
    let nearest = "each of these is there, but not on one pod: the nearest has `app=api,tier=back`";
    assert!(sentence.contains(nearest), "{sentence}");
    let selects = policy("matchLabels: {app: api, tier: front}", "policyTypes: [Ingress]");
    let (_, sentence) = one(LintCode::SelectsNothing, GENERIC, &(pods.clone() + &selects));
    assert!(sentence.contains(nearest), "{sentence}");
    let fits = policy("matchLabels: {app: api, tier: back}", "policyTypes: [Ingress]");
    nothing(LintCode::SelectsNothing, GENERIC, &(pods + &fits));
}

#[test]
fn the_widest_or_is_one_too() {
    let rule = LintCode::OrInsteadOfAnd;
    let pods = pod("api", "10.244.0.5", "") + &pod("web", "10.244.0.6", "");
    let namespace = |labels: &str| {
        format!("---\n{{apiVersion: v1, kind: Namespace, metadata: {{name: shop, labels: {{{labels}}}}}}}\n")
    };
    let from = |namespaces: &str| {
        let peers = format!("{{namespaceSelector: {{{namespaces}}}}}, {{podSelector: {{{WEB}}}}}");
        policy("matchLabels: {app: api}", &format!("ingress: [{{from: [{peers}]}}]"))
    };
    let (_, sentence) = one(rule, GENERIC, &(pods.clone() + &from("")));
    assert!(sentence.contains("every pod of every namespace, and pods of this namespace with app=web"), "{sentence}");
    let (_, sentence) = one(rule, GENERIC, &(pods.clone() + &namespace("team: a") + &from("matchLabels: {team: a}")));
    assert!(sentence.contains("every pod of namespaces with team=a, and"), "{sentence}");
    // The own namespace beside another one may be meant.
    let mon = namespace("team: b").replace("name: shop", "name: mon");
    nothing(rule, GENERIC, &(pods + &namespace("team: a") + &mon + &from("matchLabels: {team: b}")));
}

#[test]
fn a_webhook_that_lets_in_no_address_is_a_warning_whoever_calls() {
    let rule = LintCode::WebhookCutOff;
    let hook = "---\n{apiVersion: apps/v1, kind: Deployment, metadata: {name: hook, namespace: shop}, spec: {selector: \
        {matchLabels: {app: hook}}, template: {metadata: {labels: {app: hook}}, spec: {containers: [{name: a, image: \
        a}]}}}}\n---\n{apiVersion: v1, kind: Service, metadata: {name: hook, namespace: shop}, spec: {selector: {app: \
        hook}, ports: [{port: 443, targetPort: 8443}]}}\n---\n{apiVersion: admissionregistration.k8s.io/v1, kind: \
        MutatingWebhookConfiguration, metadata: {name: m}, webhooks: [{name: m.example.com, clientConfig: {service: \
        {name: hook, namespace: shop}}}]}\n";
    let nodes = "---\n{apiVersion: v1, kind: Node, metadata: {name: cp-1, labels: {node-role.kubernetes.io/control-plane: \
        ''}}, status: {addresses: [{type: InternalIP, address: 192.0.2.10}]}}\n";
    let text = |ingress: &str| hook.to_owned() + &policy("", &format!("policyTypes: [Ingress], ingress: [{ingress}]"));
    for (ingress, more) in
        [("", ""), ("", nodes), ("{from: [{podSelector: {}}]}", ""), ("{from: [{podSelector: {}}]}", nodes)]
    {
        let (severity, sentence) = one(rule, GENERIC, &(text(ingress) + more));
        assert_eq!(severity, Severity::Warning, "{ingress} {more}");
        assert!(sentence.contains("let it in from nowhere, unless it runs on the node of the pod"), "{sentence}");
    }
    // It depends on the address that it has.
    let block = "{from: [{ipBlock: {cidr: 192.0.2.0/24}}]}";
    assert_eq!(one(rule, GENERIC, &text(block)).0, Severity::Note);
    nothing(rule, GENERIC, &(text(block) + nodes));
    // Pods by labels may be meant with their nodes.
    assert_eq!(one(rule, Profile::OVN_KUBERNETES, &text("{from: [{podSelector: {}}]}")).0, Severity::Note);
}

#[test]
fn who_is_not_isolated_is_still_limited_by_the_other_end() {
    let text = pod("web", "10.244.0.5", "") + &pod("api", "10.244.0.6", "") + &policy(WEB, "policyTypes: [Ingress]");
    let (_, sentence) = one(LintCode::NotIsolated, GENERIC, &text);
    assert!(sentence.contains("limited only where the other end is isolated"), "{sentence}");
}

const SHOP: &str = "---\n{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: shop}}}\n---\n{apiVersion: \
    v1, kind: Namespace, metadata: {name: mon, labels: {team: ops}}}\n";

/// The same as `admin` of an older API, where an Accept is called Allow.
fn admin_v1alpha1(action: &str, peer: &str) -> String {
    let peers = format!("{{action: {action}, from: [{peer}]}}");
    format!(
        "---\n{{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {{name: old}}, spec: \
         {{priority: 3, subject: {{namespaces: {{}}}}, ingress: [{peers}]}}}}\n\
         ---\n{{apiVersion: policy.networking.k8s.io/v1alpha1, kind: BaselineAdminNetworkPolicy, metadata: {{name: \
         default}}, spec: {{subject: {{namespaces: {{}}}}, ingress: [{peers}]}}}}\n"
    )
}

#[test]
fn a_deny_of_administrators_that_means_nobody_protects_nothing() {
    let pods = SHOP.to_owned() + &pod("web", "10.244.0.5", "") + &pod("api", "10.244.0.6", "");
    let deny =
        |peer: &str| pods.clone() + &admin("a", "Admin", 5, &format!("ingress: [{{action: Deny, from: [{peer}]}}]"));
    let rule = LintCode::NoSuchNamespace;
    let (severity, sentence) = one(rule, GENERIC, &deny("{namespaces: {matchLabels: {team: opz}}}"));
    assert_eq!(severity, Severity::Warning);
    assert!(
        sentence.contains("did you mean `team=ops`?: the peer means nobody, and so nothing is denied"),
        "{sentence}"
    );
    assert_eq!(one(rule, GENERIC, &deny("{namespaces: {matchLabels: {dc: eu-west}}}")).0, Severity::Note);
    nothing(rule, GENERIC, &deny("{namespaces: {matchLabels: {team: ops}}}"));
    let old = |action: &str| pods.clone() + &admin_v1alpha1(action, "{namespaces: {matchLabels: {team: opz}}}");
    let found = findings(rule, GENERIC, &old("Deny"));
    assert!(found.len() == 2 && found.iter().all(|(_, s)| s.ends_with("nothing is denied")), "{found:?}");
    let found = findings(rule, GENERIC, &old("Allow"));
    assert!(found.len() == 2 && found.iter().all(|(_, s)| s.ends_with("the peer means nobody")), "{found:?}");

    let rule = LintCode::NoSuchPods;
    let labels = |labels: &str, namespaces: &str| {
        format!("{{pods: {{namespaceSelector: {{{namespaces}}}, podSelector: {{matchLabels: {{{labels}}}}}}}}}")
    };
    let own = "matchLabels: {team: shop}";
    let (_, sentence) = one(rule, GENERIC, &deny(&labels("app: wep", own)));
    assert!(
        sentence.contains("did you mean `app=web`?: the peer means nobody, and so nothing is denied"),
        "{sentence}"
    );
    nothing(rule, GENERIC, &deny(&labels("app: web", own)));
    // Of what was not read nothing is known.
    nothing(rule, GENERIC, &deny(&labels("app: wep", "")));

    let rule = LintCode::HostNetworkPeer;
    let agent = pod("agent", "192.168.1.1", "hostNetwork: true");
    for profile in [GENERIC, Profile::AWS_VPC_CNI] {
        let (_, sentence) = one(rule, profile.clone(), &(deny(&labels("app: agent", "")) + &agent));
        assert!(sentence.ends_with("matches nobody, so nothing is denied"), "{sentence}");
        nothing(rule, profile, &(deny("{namespaces: {}}") + &agent));
    }
}

#[test]
fn the_subject_of_an_administrative_policy_may_be_nobody() {
    let pods = SHOP.to_owned() + &pod("web", "10.244.0.5", "") + &pod("agent", "192.168.1.1", "hostNetwork: true");
    let about = |subject: &str| {
        let all = admin("a", "Admin", 5, "ingress: [{action: Deny, from: [{namespaces: {}}]}]");
        pods.clone() + &all.replace("subject: {namespaces: {}}", &format!("subject: {subject}"))
    };
    let of = |namespaces: &str, labels: &str| {
        format!("{{pods: {{namespaceSelector: {{{namespaces}}}, podSelector: {{matchLabels: {{{labels}}}}}}}}}")
    };
    let shop = "matchLabels: {team: shop}";
    let rule = LintCode::SelectsNothing;
    let (severity, sentence) = one(rule, GENERIC, &about("{namespaces: {matchLabels: {team: shopp}}}"));
    assert_eq!(severity, Severity::Warning);
    assert_eq!(sentence, "no namespace of this input has team=shopp; did you mean `team=shop`?");
    let (_, sentence) = one(rule, GENERIC, &about("{namespaces: {matchLabels: {name: shop}}}"));
    assert!(sentence.ends_with("did you mean `kubernetes.io/metadata.name=shop`?"), "{sentence}");
    assert_eq!(one(rule, GENERIC, &about("{namespaces: {matchLabels: {pci: strict}}}")).0, Severity::Note);
    let (severity, sentence) = one(rule, GENERIC, &about(&of(shop, "app: wep")));
    assert_eq!(severity, Severity::Warning);
    assert!(sentence.starts_with("no pod of the namespaces that this policy is about has app=wep; did"), "{sentence}");
    assert_eq!(one(rule, GENERIC, &about(&of(shop, "role: bastion"))).0, Severity::Note);
    nothing(rule, GENERIC, &about("{namespaces: {}}"));
    nothing(rule, GENERIC, &about(&of(shop, "app: web")));
    // No pods of that namespace were read.
    nothing(rule, GENERIC, &about(&of("matchLabels: {team: ops}", "app: wep")));
    nothing(rule, GENERIC, &about("{namespaces: {matchLabels: {team: ops}}}"));

    let rule = LintCode::HostNetworkSelected;
    nothing(rule, GENERIC, &about("{namespaces: {}}"));
    nothing(rule, GENERIC, &about(&of(shop, "app: web")));
    let (severity, sentence) = one(rule, GENERIC, &about(&of("", "app: agent")));
    assert_eq!(severity, Severity::Warning);
    assert!(sentence.contains("shop/agent; it selects nobody else"), "{sentence}");
}

#[test]
fn what_administrators_accept_or_pass_for_want_of_a_label_is_a_finding_and_what_they_deny_is_not() {
    let rule = LintCode::MatchesUnlabelled;
    let pods = SHOP.to_owned() + &pod("web", "10.244.0.5", "") + &pod("api", "10.244.0.6", "");
    let text = |action: &str| {
        let peer = "{pods: {namespaceSelector: {}, podSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [x]}]}}}";
        pods.clone() + &admin("a", "Admin", 5, &format!("ingress: [{{action: {action}, from: [{peer}]}}]"))
    };
    for action in ["Accept", "Pass"] {
        let (_, sentence) = one(rule, GENERIC, &text(action));
        assert!(sentence.contains("no label `tier` at all: shop/api, shop/web"), "{sentence}");
    }
    nothing(rule, GENERIC, &text("Deny"));
}

#[test]
fn administrators_trust_labels_too() {
    let rule = LintCode::TenantLabels;
    let text = |action: &str, key: &str| {
        let peer = format!("{{namespaces: {{matchLabels: {{{key}: ops}}}}}}");
        SHOP.to_owned()
            + &pod("web", "10.244.0.5", "")
            + &admin("a", "Admin", 5, &format!("ingress: [{{action: {action}, from: [{peer}]}}]"))
    };
    for (action, sentence) in [
        ("Accept", "whoever can set team=ops on a namespace of their own is let in"),
        ("Pass", "whoever can set team=ops on a namespace of their own is passed on"),
        ("Deny", "whoever can change team=ops on a namespace of their own gets around this Deny"),
    ] {
        assert_eq!(one(rule, GENERIC, &text(action, "team")), (Severity::Note, sentence.to_owned()));
        nothing(rule, GENERIC, &text(action, "kubernetes.io/metadata.name"));
    }
}

#[test]
fn administrators_may_open_dns_to_anywhere_or_over_one_protocol() {
    let rule = LintCode::DnsToAnywhere;
    let pods = SHOP.to_owned() + &pod("web", "10.244.0.5", "");
    let to = |action: &str, net: &str, ports: &str| {
        format!("egress: [{{action: {action}, to: [{{networks: [{net:?}]}}]{ports}}}]")
    };
    let udp = ", protocols: [{udp: {destinationPort: {number: 53}}}]";
    let text = |rules: &str| pods.clone() + &admin("a", "Admin", 5, rules);
    let (_, sentence) = one(rule, GENERIC, &text(&to("Accept", "0.0.0.0/0", udp)));
    assert!(sentence.starts_with("this rule opens UDP 53 to the whole internet"), "{sentence}");
    nothing(rule, GENERIC, &text(&to("Accept", "203.0.113.53/32", udp)));
    nothing(rule, GENERIC, &text(&to("Deny", "0.0.0.0/0", udp)));
    nothing(rule, GENERIC, &text(&to("Accept", "0.0.0.0/0", "")));
    // Another one comes first.
    let first = |action: &str| admin("b", "Admin", 1, &to(action, "0.0.0.0/0", udp));
    nothing(rule, GENERIC, &(text(&to("Accept", "0.0.0.0/0", udp)) + &first("Deny")));
    nothing(rule, GENERIC, &(text(&to("Accept", "0.0.0.0/0", udp)) + &first("Pass")));
    // A rule of a NetworkPolicy that administrators decide before.
    let open = policy(WEB, "policyTypes: [Egress], egress: [{ports: [{port: 53, protocol: UDP}]}]");
    one(rule, GENERIC, &(pods.clone() + &open));
    nothing(rule, GENERIC, &(pods + &open + &first("Deny")));

    let rule = LintCode::DnsOneProtocol;
    let to_dns = |protocols: &str| {
        let dns =
            "{action: Accept, to: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: kube-dns}}}}]";
        let rest = "{action: Deny, to: [{namespaces: {}}]}";
        dns_server()
            + SHOP
            + &pod("web", "10.244.0.5", "")
            + &admin("a", "Admin", 5, &format!("egress: [{dns}, protocols: [{protocols}]}}, {rest}]"))
    };
    let tcp = "{tcp: {destinationPort: {number: 53}}}";
    let (_, sentence) = one(rule, GENERIC, &to_dns("{udp: {destinationPort: {number: 53}}}"));
    assert!(sentence.contains("shop/web can ask the DNS over UDP only; TCP is needed as well"), "{sentence}");
    let (_, sentence) = one(rule, GENERIC, &to_dns(tcp));
    assert!(sentence.contains("over TCP only; UDP is needed"), "{sentence}");
    nothing(rule, GENERIC, &to_dns(&format!("{tcp}, {{udp: {{destinationPort: {{number: 53}}}}}}")));
}

fn dns_server() -> String {
    "---\n{apiVersion: v1, kind: Pod, metadata: {name: coredns, namespace: kube-system, labels: {k8s-app: kube-dns}}, \
     status: {podIP: 10.244.0.9}}\n"
        .to_owned()
}

#[test]
fn metadata_services_are_named_one_by_one_as_far_as_a_rule_opens_them() {
    let rule = LintCode::MetadataReachable;
    let web = pod("web", "10.244.0.5", "");
    let open = |block: &str| web.clone() + &to_block(block);
    let (severity, sentence) = one(rule, GENERIC, &open("0.0.0.0/0"));
    assert_eq!(severity, Severity::Warning);
    for address in [
        "169.254.169.254 (AWS, Azure, Google Cloud)",
        "169.254.170.2 (",
        "169.254.170.23 (",
        "100.100.100.200 (",
        "168.63.129.16 (",
    ] {
        assert!(sentence.contains(address), "{sentence}");
    }
    assert!(!sentence.contains("fd00:ec2::"), "{sentence}");
    let (severity, sentence) = one(rule, GENERIC, &open("168.63.129.0/24"));
    assert_eq!(severity, Severity::Warning);
    assert!(sentence.starts_with("this rule opens 168.63.129.16 (Azure WireServer): "), "{sentence}");
    // Whoever names it needs it.
    let (severity, sentence) = one(rule, GENERIC, &open("169.254.170.23/32"));
    assert_eq!(severity, Severity::Note);
    assert!(sentence.contains("names it by its address alone"), "{sentence}");
    nothing(rule, GENERIC, &open("169.254.20.10/32"));
    let but = |except: &str| {
        open("0.0.0.0/0").replace("cidr: \"0.0.0.0/0\"", &format!("cidr: 0.0.0.0/0, except: [{except}]"))
    };
    let (_, sentence) = one(rule, GENERIC, &but("169.254.0.0/16"));
    assert!(
        sentence.starts_with("this rule opens 100.100.100.200 (Alibaba Cloud), 168.63.129.16 (Azure"),
        "{sentence}"
    );
    nothing(rule, GENERIC, &but("169.254.0.0/16, 100.100.100.200/32, 168.63.129.16/32"));
    // Over IPv6 where the pods have it.
    nothing(rule, GENERIC, &open("fd00:ec2::/32"));
    let six = "---\n{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, status: {podIP: \
        \"fd00::5\"}}\n";
    let (_, sentence) = one(rule, GENERIC, &(six.to_owned() + &to_block("fd00:ec2::/32")));
    assert!(
        sentence.contains("fd00:ec2::23 (AWS EKS Pod Identity)") && sentence.contains("fd00:ec2::254 (AWS)"),
        "{sentence}"
    );

    // What administrators accept.
    let admins = |rules: &str| SHOP.to_owned() + &web + &admin("a", "Admin", 5, rules);
    let to = |action: &str, net: &str| format!("egress: [{{action: {action}, to: [{{networks: [{net:?}]}}]}}]");
    let (severity, sentence) = one(rule, GENERIC, &admins(&to("Accept", "0.0.0.0/0")));
    assert_eq!(severity, Severity::Warning);
    assert!(sentence.contains("169.254.169.254"), "{sentence}");
    nothing(rule, GENERIC, &admins(&to("Pass", "0.0.0.0/0")));
    nothing(rule, GENERIC, &admins(&to("Deny", "0.0.0.0/0")));
    let first = admin("b", "Admin", 1, &to("Deny", "169.254.0.0/16"));
    let (_, sentence) = one(rule, GENERIC, &(admins(&to("Accept", "0.0.0.0/0")) + &first));
    assert!(!sentence.contains("169.254.") && sentence.contains("100.100.100.200"), "{sentence}");
    // A baseline comes last: here NetworkPolicies have decided.
    let base = admin("a", "Baseline", 5, &to("Accept", "0.0.0.0/0"));
    one(rule, GENERIC, &(SHOP.to_owned() + &web + &base));
    nothing(rule, GENERIC, &(SHOP.to_owned() + &web + &base + &policy("", "policyTypes: [Egress]")));
}

/// What rules say of a ClusterNetworkPolicy with these ingress rules: the rule's code, the field, and the sentence.
fn of_ingress(rules: &[&str], more: &str) -> Vec<(&'static str, String, String)> {
    let mut inputs = Inputs::default();
    let pods = SHOP.to_owned() + &pod("web", "10.244.0.5", "") + &pod("api", "10.244.0.6", "");
    inputs.push("case.yaml", pods + &admin("a", "Admin", 5, &format!("ingress: [{}]", rules.join(", "))) + more);
    let snapshot = read(&inputs, &ReadOptions::default());
    let analysis = Analysis::new(&snapshot, GENERIC);
    let found = lint(&inputs, &snapshot, &analysis, &LintOptions::default()).unwrap();
    let wanted = [LintCode::RedundantRule, LintCode::RedundantPeer, LintCode::ShadowedRule];
    let of = found.findings.into_iter().filter(|finding| wanted.contains(&finding.rule));
    of.map(|f| (f.rule.code(), f.field.clone().unwrap(), crate::lang::Lang::En.lint(&f))).collect()
}

#[test]
fn rules_of_administrators_are_in_vain_where_their_tier_decides_as_before() {
    let all = "from: [{namespaces: {}}]";
    let web = "from: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}}]";
    let rule = |action: &str, from: &str| format!("{{action: {action}, {from}}}");
    let found = |rules: &[String]| of_ingress(&rules.iter().map(String::as_str).collect::<Vec<_>>(), "");
    let codes = |rules: &[String]| found(rules).into_iter().map(|(code, field, _)| (code, field)).collect::<Vec<_>>();
    let at = |code, field: &str| vec![(code, field.to_owned())];
    // An exception after the rule that it is one of.
    let late = found(&[rule("Deny", all), rule("Accept", web)]);
    assert_eq!(late.len(), 1, "{late:?}");
    assert_eq!((late[0].0, &*late[0].1), ("shadowed-rule", "spec.ingress[1]"));
    assert!(late[0].2.ends_with("is decided before, by rules of the same tier: a spec.ingress[0].from[0]"), "{late:?}");
    assert_eq!(codes(&[rule("Accept", web), rule("Deny", all)]), []);
    assert_eq!(codes(&[rule("Pass", all), rule("Deny", web)]), at("shadowed-rule", "spec.ingress[1]"));
    // Before one that decides the same.
    let early = found(&[rule("Deny", web), rule("Deny", all)]);
    assert_eq!((early[0].0, &*early[0].1), ("redundant-rule", "spec.ingress[0]"));
    assert!(early[0].2.ends_with("other rules of its tier decide the same of all that it is about"), "{early:?}");
    // With another one between them it is not.
    let port = |rule: String| rule.replace("}]}", "}], protocols: [{tcp: {destinationPort: {number: 80}}}]}");
    assert_eq!(codes(&[rule("Deny", web), port(rule("Accept", all)), rule("Deny", all)]), []);
    // Whatever NetworkPolicies say, a rule of administrators is there for the day when they say something else.
    let deny = policy("", "policyTypes: [Ingress]");
    assert_eq!(of_ingress(&[&rule("Deny", web)], &deny), []);
    assert_eq!(codes(&[rule("Accept", all)]), []);
    assert_eq!(codes(&[rule("Pass", all)]), []);
    // A peer of several.
    let both = "from: [{namespaces: {matchLabels: {team: shop}}}, {namespaces: {}}]";
    assert_eq!(codes(&[rule("Deny", both)]), at("redundant-peer", "spec.ingress[0].from[0]"));
    // By priority, and not in a tie or in another tier.
    let other = |tier: &str, priority: u32| {
        admin("b", tier, priority, &format!("ingress: [{}]", rule("Accept", web))).replace("name: p", "name: b")
    };
    let beside = |more: &str| of_ingress(&[&rule("Deny", all)], more).into_iter().map(|f| f.0).collect::<Vec<_>>();
    assert_eq!(beside(&other("Admin", 6)), ["shadowed-rule"]);
    assert_eq!(beside(&other("Admin", 4)), [""; 0]);
    assert_eq!(beside(&other("Admin", 5)), [""; 0]);
    assert_eq!(beside(&other("Baseline", 6)), [""; 0]);
    // Of one that is about nobody, or means nobody, that is said.
    let nobody =
        other("Admin", 6).replace("subject: {namespaces: {}}", "subject: {namespaces: {matchLabels: {team: shopp}}}");
    assert_eq!(beside(&nobody), [""; 0]);
    assert_eq!(beside(&other("Admin", 6).replace("{app: web}", "{app: wep}")), [""; 0]);
    // One that could not be read may stand between them.
    let unread = admin("c", "Admin", 5, "ingress: [{action: Let, from: [{namespaces: {}}]}]");
    assert_eq!(beside(&(other("Admin", 6) + &unread)), [""; 0]);
}

#[test]
fn what_only_a_block_makes_redundant_is_needed_where_blocks_match_no_pods() {
    let pods = pod("web", "10.244.0.5", "") + &pod("api", "10.244.0.6", "");
    let egress = |more: &str| {
        pods.clone()
            + &policy(
                WEB,
                &format!(
                    "policyTypes: [Egress], egress: [{{to: [{{podSelector: {{matchLabels: {{app: api}}}}}}]}}, {{to: [{more}]}}]"
                ),
            )
    };
    let rule = LintCode::RedundantRule;
    let caveat = "with Cilium, where blocks match no pods, it is needed";
    let all = "{ipBlock: {cidr: 0.0.0.0/0}}, {ipBlock: {cidr: \"::/0\"}}";
    let (severity, sentence) = one(rule, GENERIC, &egress(all));
    assert!(severity == Severity::Note && sentence.contains(caveat), "{severity:?} {sentence}");
    // Where it is known which plugin there is, it is so or it is not.
    let (severity, sentence) = one(rule, Profile::CALICO, &egress(all));
    assert!(severity == Severity::Warning && !sentence.contains("Cilium"), "{severity:?} {sentence}");
    nothing(rule, Profile::CILIUM, &egress(all));
    // Another selector does it too.
    let (_, sentence) = one(rule, GENERIC, &egress("{podSelector: {}}"));
    assert!(!sentence.contains("Cilium"), "{sentence}");
    let (_, sentence) = one(rule, GENERIC, &egress(&format!("{all}, {{podSelector: {{}}}}")));
    assert!(!sentence.contains("Cilium"), "{sentence}");
    // A block in a wider one matches no pods either way.
    let blocks = pods
        + &policy(
            WEB,
            "policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}, {ipBlock: {cidr: 0.0.0.0/0}}]}]",
        );
    let (_, sentence) = one(LintCode::RedundantPeer, GENERIC, &blocks);
    assert!(!sentence.contains("Cilium"), "{sentence}");
}

#[test]
fn the_api_server_is_no_pod_and_has_a_port_of_its_own() {
    let rule = LintCode::ApiServerByService;
    let service = "---\n{apiVersion: v1, kind: Service, metadata: {name: kubernetes, namespace: default}, spec: {clusterIP: \
        10.96.0.1, ports: [{name: https, port: 443, targetPort: 6443}]}}\n---\n{apiVersion: discovery.k8s.io/v1, kind: \
        EndpointSlice, metadata: {name: kubernetes, namespace: default, labels: {kubernetes.io/service-name: kubernetes}}, \
        addressType: IPv4, endpoints: [{addresses: [192.0.2.10]}], ports: [{name: https, port: 6443, protocol: TCP}]}\n";
    let text = |peer: &str, ports: &str| {
        let egress = format!("policyTypes: [Egress], egress: [{{to: [{peer}]{ports}}}]");
        pod("web", "10.244.0.5", "") + service + &policy(WEB, &egress)
    };
    let by_name = "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: default}}}";
    let (_, sentence) = one(rule, GENERIC, &text(by_name, ", ports: [{port: 443}]"));
    assert!(
        sentence.contains("the Service default/kubernetes there is no pod") && sentence.contains("192.0.2.10:6443"),
        "{sentence}"
    );
    one(rule, GENERIC, &text(by_name, ", ports: [{port: 443}, {port: 6443}]"));
    nothing(rule, GENERIC, &text(by_name, ", ports: [{port: 8080}]"));
    nothing(rule, GENERIC, &text(by_name, ""));
    nothing(rule, GENERIC, &text("{namespaceSelector: {}}", ", ports: [{port: 443}]"));
    // There are pods that it may be for.
    let there = pod("site", "10.244.0.9", "").replace("namespace: shop", "namespace: default");
    nothing(rule, GENERIC, &(text(by_name, ", ports: [{port: 443}]") + &there));
    let by_both = "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: default}}, podSelector: {matchLabels: {component: apiserver}}}";
    one(rule, GENERIC, &(text(by_both, ", ports: [{port: 443}]") + &there));
    nothing(LintCode::NoSuchPods, GENERIC, &(text(by_both, ", ports: [{port: 443}]") + &there));
    // Where nothing says that there is the Service.
    nothing(rule, GENERIC, &text(by_name, ", ports: [{port: 443}]").replace(service, ""));

    let own = "{ipBlock: {cidr: 192.0.2.10/32}}";
    let (_, sentence) = one(rule, GENERIC, &text(own, ", ports: [{port: 443}]"));
    assert!(sentence.starts_with("TCP 443 is the port of the Service default/kubernetes, and not"), "{sentence}");
    nothing(rule, GENERIC, &text(own, ", ports: [{port: 6443}]"));
    nothing(rule, GENERIC, &text(own, ", ports: [{port: 443}, {port: 6443}]"));
    nothing(rule, GENERIC, &text(own, ""));
    nothing(rule, GENERIC, &text("{ipBlock: {cidr: 192.0.2.0/24}}", ", ports: [{port: 443}]"));
}

#[test]
fn halves_are_a_whole_and_a_deny_of_one_family_leaves_the_other_open() {
    let rule = LintCode::OneFamilyBlock;
    let web = "---\n{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, status: \
        {podIPs: [{ip: 10.244.0.5}, {ip: \"fd00::5\"}]}}\n";
    let to =
        |blocks: &str| web.to_owned() + &policy(WEB, &format!("policyTypes: [Egress], egress: [{{to: [{blocks}]}}]"));
    let halves = "{ipBlock: {cidr: 0.0.0.0/1}}, {ipBlock: {cidr: 128.0.0.0/1}}";
    let (_, sentence) = one(rule, GENERIC, &to(halves));
    assert!(sentence.contains("policies allow those of IPv4 and none of IPv6 (egress)"), "{sentence}");
    nothing(rule, GENERIC, &to("{ipBlock: {cidr: 0.0.0.0/1}}"));
    nothing(rule, GENERIC, &to(&format!("{halves}, {{ipBlock: {{cidr: \"::/0\"}}}}")));

    let deny = |networks: &str, pods: &str| {
        SHOP.to_owned()
            + pods
            + &admin("a", "Admin", 5, &format!("egress: [{{action: Deny, to: [{{networks: [{networks}]}}]}}]"))
    };
    for networks in ["0.0.0.0/0", "0.0.0.0/1, 128.0.0.0/1"] {
        let (severity, sentence) = one(rule, GENERIC, &deny(networks, web));
        assert_eq!(severity, Severity::Warning);
        assert!(sentence.contains("policies deny those of IPv4 and leave open all of IPv6 (egress)"), "{sentence}");
    }
    nothing(rule, GENERIC, &deny("0.0.0.0/0, \"::/0\"", web));
    nothing(rule, GENERIC, &deny("0.0.0.0/1", web));
    nothing(rule, GENERIC, &deny("0.0.0.0/0", &pod("web", "10.244.0.5", "")));
    // NetworkPolicies deny the rest.
    nothing(rule, GENERIC, &(deny("0.0.0.0/0", web) + &policy(WEB, "policyTypes: [Egress]")));
}

#[test]
fn blocks_that_hold_pods_or_services_beside_other_addresses_are_notes() {
    let pods = pod("web", "10.244.0.5", "") + &pod("db", "10.244.0.6", "");
    let rule = LintCode::BlockOfPods;
    let (severity, sentence) = one(rule, Profile::CILIUM, &(pods.clone() + &to_block("10.244.0.0/24")));
    assert_eq!(severity, Severity::Note);
    assert!(sentence.contains("holds addresses of the cluster's own (shop/db, shop/web)"), "{sentence}");
    assert!(sentence.ends_with("of the cluster it matches nobody"), "{sentence}");
    nothing(rule, GENERIC, &(pods.clone() + &to_block("10.244.0.0/24")));
    nothing(rule, Profile::CILIUM, &(pods.clone() + &to_block("10.245.0.0/24")));
    nothing(rule, Profile::CILIUM, &(pods.clone() + &to_block("0.0.0.0/0")));
    let node = "---\n{apiVersion: v1, kind: Node, metadata: {name: cp-1}, status: {addresses: [{type: InternalIP, address: \
        192.168.7.1}]}}\n";
    let (severity, sentence) = one(rule, Profile::CILIUM, &(pods.clone() + node + &to_block("192.168.7.0/24")));
    assert_eq!(severity, Severity::Note);
    assert!(sentence.contains("(cp-1)"), "{sentence}");
    assert_eq!(one(rule, Profile::CILIUM, &(pods.clone() + node + &to_block("192.168.7.1/32"))).0, Severity::Warning);

    let rule = LintCode::BlockOfServices;
    let service = |ip: &str| {
        format!(
            "---\n{{apiVersion: v1, kind: Service, metadata: {{name: db, namespace: shop}}, spec: {{clusterIP: {ip}, selector: \
             {{app: db}}, ports: [{{port: 5432}}]}}}}\n"
        )
    };
    // Outside of the range that is given.
    let (severity, sentence) = one(rule, GENERIC, &(pods.clone() + &service("10.43.0.20") + &to_block("10.43.0.0/16")));
    assert_eq!(severity, Severity::Note);
    assert!(sentence.contains("holds addresses of Services, and of this input nobody else (shop/db)"), "{sentence}");
    assert_eq!(
        one(rule, GENERIC, &(pods.clone() + &service("10.43.0.20") + &to_block("10.43.0.20/32"))).0,
        Severity::Warning
    );
    nothing(rule, GENERIC, &(pods.clone() + &service("10.43.0.20") + &to_block("10.0.0.0/8")));
    nothing(rule, GENERIC, &(pods.clone() + &service("10.244.7.20") + &to_block("10.244.0.0/16")));
    nothing(rule, Profile::AWS_VPC_CNI, &(pods.clone() + &service("10.43.0.20") + &to_block("10.43.0.0/16")));
    let deny = admin("a", "Admin", 5, "egress: [{action: Deny, to: [{networks: [10.43.0.20/32]}]}]");
    let (_, sentence) = one(rule, GENERIC, &(SHOP.to_owned() + &pods + &service("10.43.0.20") + &deny));
    assert!(sentence.ends_with("so the block matches nothing, and so nothing of it is denied"), "{sentence}");
}

#[test]
fn to_allow_everything_alone_changes_nothing() {
    let rule = LintCode::AllowsEverything;
    let pods = pod("web", "10.244.0.5", "") + &pod("api", "10.244.0.6", "");
    let all = |pods: &str| policy(pods, "ingress: [{}]");
    let (severity, sentence) = one(rule, GENERIC, &(pods.clone() + &all("")));
    assert_eq!(severity, Severity::Note);
    assert!(
        sentence.starts_with("it isolates shop/api, shop/web in ingress and lets everything through"),
        "{sentence}"
    );
    one(rule, GENERIC, &(pods.clone() + &policy("", "policyTypes: [Egress], egress: [{ports: [{port: 1}]}, {}]")));
    nothing(rule, GENERIC, &(pods.clone() + &policy("", "ingress: [{from: [{podSelector: {}}]}]")));
    nothing(rule, GENERIC, &(pods.clone() + &policy("", "ingress: [], policyTypes: [Ingress]")));
    // Others isolate some of them: there it opens what they deny.
    let deny = policy(WEB, "policyTypes: [Ingress]").replace("name: p,", "name: q,");
    nothing(rule, GENERIC, &(pods.clone() + &all("") + &deny));
    one(rule, GENERIC, &(pods.clone() + &all("matchLabels: {app: api}") + &deny));
    one(rule, GENERIC, &(pods.clone() + &all("") + &deny.replace("[Ingress]", "[Egress]")));
    // Its name says it.
    nothing(rule, GENERIC, &(pods.clone() + &all("").replace("name: p,", "name: deny-all,")));
    // It keeps a baseline from having a say; what comes before it does not matter.
    let admins = |tier: &str| admin("a", tier, 5, "ingress: [{action: Deny, from: [{namespaces: {}}]}]");
    nothing(rule, GENERIC, &(SHOP.to_owned() + &pods + &all("") + &admins("Baseline")));
    one(rule, GENERIC, &(SHOP.to_owned() + &pods + &all("") + &admins("Admin")));
}

#[test]
fn administrators_may_cut_off_the_dns() {
    let rule = LintCode::DnsCutOff;
    let text = |rules: &str| {
        dns_server() + SHOP + &pod("web", "10.244.0.5", "") + &admin("a", "Admin", 5, &format!("egress: [{rules}]"))
    };
    let deny = "{action: Deny, to: [{namespaces: {}}]}";
    let accept = |action: &str| {
        format!(
            "{{action: {action}, to: [{{pods: {{namespaceSelector: {{}}, podSelector: {{matchLabels: {{k8s-app: kube-dns}}}}}}}}]}}"
        )
    };
    let (severity, sentence) = one(rule, GENERIC, &text(deny));
    assert_eq!(severity, Severity::Warning);
    assert!(sentence.starts_with("policies do not let shop/web ask the cluster's DNS: names will not"), "{sentence}");
    nothing(rule, GENERIC, &text(&format!("{}, {deny}", accept("Accept"))));
    nothing(rule, GENERIC, &text(&format!("{}, {deny}", accept("Pass"))));
    one(rule, GENERIC, &text(&format!("{deny}, {}", accept("Accept"))));
    // Who may reach nobody outside is not meant to, and of networks another rule says it.
    nothing(rule, GENERIC, &text(&format!("{deny}, {{action: Deny, to: [{{networks: [0.0.0.0/0, \"::/0\"]}}]}}")));
    nothing(rule, GENERIC, &text("{action: Deny, to: [{networks: [10.0.0.0/8]}]}"));
    one(LintCode::DenyNetworksWithPods, GENERIC, &text("{action: Deny, to: [{networks: [10.0.0.0/8]}]}"));
}

#[test]
fn administrators_mistake_ports_of_services_and_are_defeated_at_the_other_end() {
    let service = "---\n{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {selector: {app: \
        web}, ports: [{port: 80, targetPort: 8080}]}}\n";
    let pods = SHOP.to_owned()
        + &pod("web", "10.244.0.5", &containers("{containerPort: 8080}"))
        + &pod("api", "10.244.0.6", "");
    let to_web = |action: &str, port: u16| {
        let web = "{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}}";
        let ports = format!("protocols: [{{tcp: {{destinationPort: {{number: {port}}}}}}}]");
        pods.clone()
            + service
            + &admin("a", "Admin", 5, &format!("egress: [{{action: {action}, to: [{web}], {ports}}}]"))
    };
    let rule = LintCode::ServicePortInRule;
    let (_, sentence) = one(rule, GENERIC, &to_web("Deny", 80));
    assert!(
        sentence.contains("TCP 80 is the port of the Service shop/web") && sentence.ends_with("this does not deny it"),
        "{sentence}"
    );
    let (_, sentence) = one(rule, GENERIC, &to_web("Accept", 80));
    assert!(sentence.ends_with("and that is what policies see"), "{sentence}");
    nothing(rule, GENERIC, &to_web("Deny", 8080));
    nothing(rule, GENERIC, &to_web("Deny", 81));
    let mut inputs = Inputs::default();
    inputs.push("case.yaml", to_web("Deny", 80));
    let snapshot = read(&inputs, &ReadOptions::default());
    let analysis = Analysis::new(&snapshot, GENERIC);
    let found = lint(&inputs, &snapshot, &analysis, &LintOptions::default()).unwrap();
    let finding = found.findings.iter().find(|finding| finding.rule == rule).unwrap();
    assert_eq!(finding.field.as_deref(), Some("spec.egress[0].protocols[0]"));

    let rule = LintCode::AllowDefeated;
    let deny = policy(WEB, "policyTypes: [Ingress]");
    let (_, sentence) = one(rule, GENERIC, &(to_web("Accept", 8080) + &deny));
    assert!(sentence.contains("shop/web are isolated in ingress by shop/p"), "{sentence}");
    nothing(rule, GENERIC, &to_web("Accept", 8080));
    nothing(rule, GENERIC, &(to_web("Deny", 8080) + &deny));
    nothing(rule, GENERIC, &(to_web("Pass", 8080) + &deny));
}

#[test]
fn what_administrators_accept_or_pass_limits_nobody() {
    let rule = LintCode::NotIsolated;
    let text = |action: &str, direction: &str, peers: &str| {
        let rules = format!(
            "{direction}: [{{action: {action}, {peers}: [{{namespaces: {{}}}}], protocols: [{{tcp: {{destinationPort: \
             {{number: 9090}}}}}}]}}]"
        );
        SHOP.to_owned() + &pod("web", "10.244.0.5", "") + &admin("a", "Admin", 5, &rules)
    };
    one(rule, GENERIC, &text("Accept", "ingress", "from"));
    one(rule, GENERIC, &text("Pass", "ingress", "from"));
    one(rule, GENERIC, &text("Accept", "egress", "to"));
    nothing(rule, GENERIC, &text("Deny", "ingress", "from"));
    nothing(rule, GENERIC, &text("Deny", "egress", "to"));
    // A Deny that never has a say denies nothing.
    let first = admin("b", "Admin", 1, "ingress: [{action: Accept, from: [{namespaces: {}}]}]");
    one(rule, GENERIC, &(text("Deny", "ingress", "from") + &first));
    let outside = admin("a", "Admin", 5, "egress: [{action: Deny, to: [{networks: [203.0.113.0/24]}]}]");
    nothing(rule, GENERIC, &(SHOP.to_owned() + &pod("web", "10.244.0.5", "") + &outside));
    nothing(rule, GENERIC, &(text("Accept", "ingress", "from") + &policy(WEB, "policyTypes: [Egress]")));
}

#[test]
fn administrators_may_keep_clients_from_the_dns_where_it_stands() {
    let text = |tier: &str, rules: &str| {
        dns_server() + SHOP + &pod("web", "10.244.0.5", "") + &admin("a", tier, 5, &format!("ingress: [{rules}]"))
    };
    let rule = LintCode::DnsCutOff;
    let deny = "{action: Deny, from: [{namespaces: {}}]}";
    let accept = |protocol: &str| {
        format!(
            "{{action: Accept, from: [{{namespaces: {{}}}}], protocols: [{{{protocol}: {{destinationPort: {{number: \
             53}}}}}}]}}"
        )
    };
    for tier in ["Admin", "Baseline"] {
        let (severity, sentence) = one(rule, GENERIC, &text(tier, deny));
        assert_eq!(severity, Severity::Warning);
        assert!(sentence.starts_with("policies let nobody ask kube-system/coredns, the cluster's DNS"), "{sentence}");
    }
    let both = format!("{}, {}, {deny}", accept("udp"), accept("tcp"));
    nothing(rule, GENERIC, &text("Admin", &both));
    nothing(LintCode::DnsOneProtocol, GENERIC, &text("Admin", &both));
    let udp = text("Admin", &format!("{}, {deny}", accept("udp")));
    nothing(rule, GENERIC, &udp);
    let (_, sentence) = one(LintCode::DnsOneProtocol, GENERIC, &udp);
    assert!(sentence.starts_with("shop/web can ask the DNS over UDP only; TCP is needed"), "{sentence}");
    // Of a DNS that is assumed, not everything is known.
    assert_eq!(one(rule, GENERIC, &text("Admin", deny).replace(&dns_server(), "")).0, Severity::Note);
    // Some may not.
    let some = "{action: Deny, from: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: api}}}}]}";
    let (severity, sentence) = one(rule, GENERIC, &(text("Admin", some) + &pod("api", "10.244.0.6", "")));
    assert_eq!(severity, Severity::Note);
    assert!(sentence.starts_with("policies do not let shop/api ask"), "{sentence}");
    // A NetworkPolicy that lets everybody ask comes before a Baseline.
    let open = policy("matchLabels: {k8s-app: kube-dns}", "ingress: [{}]").replace("shop", "kube-system");
    nothing(rule, GENERIC, &(text("Baseline", deny) + &open));
    one(rule, GENERIC, &(text("Admin", deny) + &open));
}

#[test]
fn what_shadows_a_rule_is_what_decides_before_it() {
    let deny = |from: &str| format!("ingress: [{{action: Deny, from: [{from}]}}]");
    let all = deny("{namespaces: {}}");
    let text = SHOP.to_owned()
        + &pod("web", "10.244.0.5", "")
        + &pod("api", "10.244.0.6", "")
        + &admin("first", "Admin", 1, &all)
        + &admin("base", "Baseline", 1, &all)
        + &admin("late", "Admin", 9, &deny("{namespaces: {}}").replace("Deny", "Accept"))
        + &admin("none", "Admin", 2, &deny("{namespaces: {matchLabels: {team: nobody}}}"))
        + &policy(WEB, "ingress: [{from: [{podSelector: {matchLabels: {app: api}}}]}]");
    let found = findings(LintCode::ShadowedRule, GENERIC, &text);
    let of_policy = found.iter().filter(|(_, sentence)| sentence.contains("policies of administrators: "));
    let of_policy: Vec<_> = of_policy.collect();
    assert_eq!(of_policy.len(), 1, "{found:?}");
    assert!(of_policy[0].1.ends_with("by policies of administrators: first"), "{}", of_policy[0].1);
}

#[test]
fn visitors_come_in_where_every_node_is_let_in() {
    let rule = LintCode::BlockBehindSourceNat;
    let node = |name: &str, address: &str| {
        format!(
            "---\n{{apiVersion: v1, kind: Node, metadata: {{name: {name}}}, status: {{addresses: [{{type: InternalIP, \
             address: {address}}}]}}}}\n"
        )
    };
    let service = "---\n{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {type: LoadBalancer, \
        selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}}\n";
    let text = |more: &str, port: u16| {
        let ingress = format!(
            "ingress: [{{from: [{{ipBlock: {{cidr: 203.0.113.0/24}}}}], ports: [{{port: 8080}}]}}, {{from: [{more}], \
             ports: [{{port: {port}}}]}}]"
        );
        pod("web", "10.244.0.5", "")
            + &node("n1", "192.168.7.5")
            + &node("n2", "192.168.7.6")
            + service
            + &policy(WEB, &ingress)
    };
    let both = "{ipBlock: {cidr: 192.168.7.0/24}}";
    nothing(rule, GENERIC, &text(both, 8080));
    one(rule, GENERIC, &text(both, 9090));
    // One node is not enough, and its block is not for visitors.
    let (_, sentence) = one(rule, GENERIC, &text("{ipBlock: {cidr: 192.168.7.5/32}}", 8080));
    assert!(sentence.starts_with("visitors from 203.0.113.0/24"), "{sentence}");
    nothing(rule, GENERIC, &text("{ipBlock: {cidr: 192.168.7.5/32}}, {ipBlock: {cidr: 192.168.7.6/32}}", 8080));
}

#[test]
fn the_service_of_the_api_server_beside_the_server_itself_is_harmless() {
    let rule = LintCode::ApiServerByService;
    let service = "---\n{apiVersion: v1, kind: Service, metadata: {name: kubernetes, namespace: default}, spec: {clusterIP: \
        10.96.0.1, ports: [{name: https, port: 443, targetPort: 6443}]}}\n---\n{apiVersion: discovery.k8s.io/v1, kind: \
        EndpointSlice, metadata: {name: kubernetes, namespace: default, labels: {kubernetes.io/service-name: kubernetes}}, \
        addressType: IPv4, endpoints: [{addresses: [192.0.2.10]}, {addresses: [192.0.2.11]}], ports: [{name: https, port: \
        6443, protocol: TCP}]}\n";
    let text = |peers: &str, ports: &str| {
        let egress = format!("policyTypes: [Egress], egress: [{{to: [{peers}], ports: [{ports}]}}]");
        pod("web", "10.244.0.5", "") + service + &policy(WEB, &egress)
    };
    let (both, own) = ("{port: 443}, {port: 6443}", "{ipBlock: {cidr: 10.96.0.1/32}}");
    let beside = |block: &str| format!("{{ipBlock: {{cidr: {block}}}}}, {own}");
    nothing(rule, GENERIC, &text(&beside("192.0.2.0/24"), both));
    let (_, sentence) = one(rule, GENERIC, &text(own, both));
    assert!(sentence.ends_with("so this peer does not reach it"), "{sentence}");
    // One of two servers is not enough, and neither is another port.
    one(rule, GENERIC, &text(&beside("192.0.2.10/32"), both));
    one(rule, GENERIC, &text(&beside("192.0.2.0/24"), "{port: 443}"));
    let (_, sentence) = one(rule, GENERIC, &text("{ipBlock: {cidr: 192.0.2.10/32}}", "{port: 443}"));
    assert!(sentence.ends_with("so this port does not reach it"), "{sentence}");
    // Where another rule reaches it.
    let other = policy(WEB, "policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 192.0.2.0/24}}]}]");
    nothing(rule, GENERIC, &(text(own, both) + &other.replace("name: p,", "name: q,")));
}

#[test]
fn a_full_default_deny_is_written_without_a_warning() {
    let rule = LintCode::DenyNetworksWithPods;
    let dns = "{action: Accept, to: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: kube-dns}}}}], \
        protocols: [{udp: {destinationPort: {number: 53}}}, {tcp: {destinationPort: {number: 53}}}]}";
    let (pods, networks) = ("{namespaces: {}}", "{networks: [0.0.0.0/0, \"::/0\"]}");
    let deny = |peers: &str| format!("{{action: Deny, to: [{peers}]}}");
    let text = |rules: &[&str], more: &str| {
        let rules = format!("egress: [{dns}, {}]", rules.join(", "));
        dns_server() + SHOP + &pod("web", "10.244.0.5", "") + more + &admin("a", "Baseline", 5, &rules)
    };
    let (of_pods, of_networks) = (deny(pods), deny(networks));
    let together = deny(&format!("{pods}, {networks}"));
    let turned = deny(&format!("{networks}, {pods}"));
    let wanted = [
        rule,
        LintCode::RedundantRule,
        LintCode::RedundantPeer,
        LintCode::ShadowedRule,
        LintCode::DnsCutOff,
        LintCode::DnsOneProtocol,
    ];
    for rules in [&[&*of_pods, &*of_networks][..], &[&of_networks, &of_pods], &[&together], &[&turned]] {
        wanted.into_iter().for_each(|rule| nothing(rule, GENERIC, &text(rules, "")));
    }
    // What is denied is an example, and not what is accepted before.
    let (_, sentence) = one(rule, GENERIC, &text(&[&of_networks], ""));
    assert!(!sentence.contains("53") && sentence.contains(" on TCP "), "{sentence}");
    let db = pod("db", "10.244.0.7", &containers("{containerPort: 5432}"));
    let (_, sentence) = one(rule, GENERIC, &text(&[&of_networks], &db));
    assert!(sentence.ends_with("→ shop/db on TCP 5432"), "{sentence}");
    let (_, sentence) = one(rule, GENERIC, &text(&[&of_networks], &db).replace(&format!("{dns}, "), ""));
    assert!(sentence.ends_with("→ kube-system/coredns on TCP 53") || sentence.ends_with("on UDP 53"), "{sentence}");
    // Some pods are denied by name, others are not.
    let some = "{action: Deny, to: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: db}}}}]}";
    let (_, sentence) = one(rule, GENERIC, &text(&[&of_networks, some], &db));
    assert!(!sentence.contains("→ shop/db"), "{sentence}");
}

#[test]
fn two_apis_of_administrators_have_no_order() {
    let rule = LintCode::PriorityTie;
    let of_new = |action: &str, priority: u32| {
        admin("new", "Admin", priority, &format!("ingress: [{{action: {action}, from: [{{namespaces: {{}}}}]}}]"))
    };
    let text = |old: &str, new: &str| {
        let pods = SHOP.to_owned() + &pod("web", "10.244.0.5", "") + &pod("api", "10.244.0.6", "");
        let old = admin_v1alpha1(old, "{namespaces: {}}");
        let (old, _) = old.split_at(old.rfind("---").unwrap());
        pods + old + new
    };
    for priority in [3, 7] {
        let (_, sentence) = one(rule, GENERIC, &text("Allow", &of_new("Deny", priority)));
        assert!(
            sentence.contains("is of another API, with no order between the two, and decides differently"),
            "{sentence}"
        );
    }
    nothing(rule, GENERIC, &text("Deny", &of_new("Deny", 3)));
    nothing(rule, GENERIC, &text("Allow", &of_new("Deny", 3).replace("tier: Admin", "tier: Baseline")));
    // What its own API decides before has no say in it.
    nothing(rule, GENERIC, &(text("Allow", &of_new("Deny", 3)) + &of_new("Accept", 1).replace("new", "first")));
}

#[test]
fn administrators_name_ports_that_nobody_declares() {
    let rule = LintCode::PortNameUnclear;
    let pods = SHOP.to_owned()
        + &pod("web", "10.244.0.5", &containers("{name: http, containerPort: 8080}"))
        + &pod("dns", "10.244.0.6", &containers("{name: dns, containerPort: 53, protocol: UDP}"));
    let text = |action: &str, name: &str| {
        let rules = format!(
            "ingress: [{{action: {action}, from: [{{namespaces: {{}}}}], protocols: [{{tcp: {{destinationPort: {{number: \
             80}}}}}}, {{destinationNamedPort: {name}}}]}}]"
        );
        pods.clone() + &admin("a", "Admin", 5, &rules)
    };
    let (severity, sentence) = one(rule, GENERIC, &text("Deny", "htpt"));
    assert_eq!(severity, Severity::Warning);
    assert!(sentence.ends_with("of this name, so nothing is denied; did you mean `http`?"), "{sentence}");
    assert!(one(rule, GENERIC, &text("Accept", "htpt")).1.contains("so this opens nothing;"));
    assert_eq!(one(rule, GENERIC, &text("Pass", "metrics")).0, Severity::Note);
    // A name of these means its port whatever the protocol is.
    nothing(rule, GENERIC, &text("Deny", "http"));
    nothing(rule, GENERIC, &text("Deny", "dns"));
    // The name is looked up on the destination.
    let to = |peer: &str, name: &str| {
        let rules = format!("egress: [{{action: Deny, to: [{peer}], protocols: [{{destinationNamedPort: {name}}}]}}]");
        pods.clone() + &admin("a", "Admin", 5, &rules)
    };
    let web = "{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}}";
    one(rule, GENERIC, &to(web, "dns"));
    nothing(rule, GENERIC, &to(web, "http"));
    nothing(rule, GENERIC, &to("{namespaces: {}}", "dns-tcp"));
    // Each direction by itself.
    let ingress =
        "ingress: [{action: Deny, from: [{namespaces: {}}], protocols: [{destinationNamedPort: htpt}]}], egress";
    one(rule, GENERIC, &to(web, "http").replace("egress", ingress));
    // In the older API too; of pods that are not there, another rule says so.
    let old = admin_v1alpha1("Deny", "{namespaces: {}}")
        .replace("{namespaces: {}}]", "{namespaces: {}}], ports: [{namedPort: x}]");
    assert_eq!(findings(rule, GENERIC, &(pods.clone() + &old)).len(), 2);
    nothing(rule, GENERIC, &to(&web.replace("app: web", "app: wep"), "http"));
}
