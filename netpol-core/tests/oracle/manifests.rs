//! Clusters written as Kubernetes manifests.

use super::cluster::*;
use std::net::IpAddr;

/// One YAML document for each object; every string is quoted.
pub fn to_yaml(cluster: &Cluster) -> String {
    let mut out = String::new();
    for object in objects(cluster) {
        out.push_str("---\n");
        object.yaml(0, &mut out);
    }
    out
}

/// The same as a `v1` List.
pub fn to_json(cluster: &Cluster) -> String {
    let list = [("apiVersion", text("v1")), ("kind", text("List")), ("items", Value::List(objects(cluster)))];
    let mut out = String::new();
    map(list).json(&mut out);
    out.push('\n');
    out
}

enum Value {
    Text(String),
    Number(u16),
    True,
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
}

fn text(s: impl ToString) -> Value {
    Value::Text(s.to_string())
}
fn map<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Map(fields.into_iter().map(|(k, v)| (k.to_string(), v)).collect())
}
/// The fields that are there.
fn some_of<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    Value::Map(fields.into_iter().filter_map(|(k, v)| Some((k.to_string(), v?))).collect())
}
fn list<T>(items: &[T], of: impl Fn(&T) -> Value) -> Value {
    Value::List(items.iter().map(of).collect())
}
fn texts<T: ToString>(items: &[T]) -> Value {
    list(items, |i| text(i.to_string()))
}

impl Value {
    fn json(&self, out: &mut String) {
        match self {
            Value::Text(s) => *out += &format!("{s:?}"), // ASCII without quotes or backslashes
            Value::Number(n) => *out += &n.to_string(),
            Value::True => *out += "true",
            Value::List(items) => {
                for (i, item) in items.iter().enumerate() {
                    *out += if i == 0 { "[" } else { "," };
                    item.json(out);
                }
                *out += if items.is_empty() { "[]" } else { "]" };
            }
            Value::Map(fields) => {
                for (i, (key, value)) in fields.iter().enumerate() {
                    *out += if i == 0 { "{" } else { "," };
                    *out += &format!("{key:?}:");
                    value.json(out);
                }
                *out += if fields.is_empty() { "{}" } else { "}" };
            }
        }
    }

    /// In block style, each line indented; empty lists and maps and all scalars as in JSON.
    fn yaml(&self, indent: usize, out: &mut String) {
        let pad = "  ".repeat(indent);
        match self {
            Value::List(items) if !items.is_empty() => {
                for item in items {
                    *out += &format!("{pad}-");
                    item.yaml_after(indent, out);
                }
            }
            Value::Map(fields) if !fields.is_empty() => {
                for (key, value) in fields {
                    *out += &format!("{pad}{key}:");
                    value.yaml_after(indent, out);
                }
            }
            _ => {
                *out += &pad;
                self.json(out);
                out.push('\n');
            }
        }
    }

    /// After `key:` or `-`: a scalar on the same line, else a deeper block.
    fn yaml_after(&self, indent: usize, out: &mut String) {
        match self {
            Value::List(items) if !items.is_empty() => {
                out.push('\n');
                self.yaml(indent + 1, out);
            }
            Value::Map(fields) if !fields.is_empty() => {
                out.push('\n');
                self.yaml(indent + 1, out);
            }
            _ => {
                out.push(' ');
                self.yaml(0, out);
            }
        }
    }
}

fn objects(cluster: &Cluster) -> Vec<Value> {
    let declared = cluster.namespaces.iter().filter(|n| n.declared);
    let namespaces = declared.map(|n| {
        let metadata = map([("name", text(&n.name)), ("labels", labels_value(&n.labels))]);
        map([("apiVersion", text("v1")), ("kind", text("Namespace")), ("metadata", metadata)])
    });
    let nodes = cluster.nodes.iter().map(|n| {
        let address = |ip: &IpAddr| map([("type", text("InternalIP")), ("address", text(ip))]);
        map([
            ("apiVersion", text("v1")),
            ("kind", text("Node")),
            ("metadata", map([("name", text(&n.name)), ("labels", labels_value(&n.labels))])),
            ("status", map([("addresses", list(&n.addresses, address))])),
        ])
    });
    let policies = cluster.policies.iter().map(policy_value);
    let admin = cluster.admin.iter().map(admin_value);
    let pods = cluster.pods.iter().enumerate().map(|(i, p)| pod_value(cluster, i, p));
    namespaces.chain(nodes).chain(policies).chain(admin).chain(pods).collect()
}

fn labels_value(labels: &Labels) -> Value {
    Value::Map(labels.iter().map(|(k, v)| (k.clone(), text(v))).collect())
}

fn protocol_name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => "TCP",
        Protocol::Udp => "UDP",
        Protocol::Sctp => "SCTP",
        Protocol::Icmp => unreachable!("no port has it"),
    }
}

fn pod_value(cluster: &Cluster, index: usize, pod: &Pod) -> Value {
    let port = |p: &&ContainerPort| {
        // Half of the TCP ports leave the protocol to the default.
        let said = p.protocol != Protocol::Tcp || p.number.is_multiple_of(2);
        some_of([
            ("name", p.name.as_ref().map(text)),
            ("containerPort", Some(Value::Number(p.number))),
            ("protocol", said.then(|| text(protocol_name(p.protocol)))),
        ])
    };
    // A name can be used once in a container: each port goes to the first that does not have it.
    let containers = |name: &str, ports: &[ContainerPort], least: usize, restart: Option<&str>| {
        let mut containers: Vec<Vec<ContainerPort>> = vec![vec![]; least];
        for p in ports {
            let used = |c: &Vec<ContainerPort>| p.name.is_some() && c.iter().any(|o| o.name == p.name);
            match containers.iter_mut().find(|c| !used(c)) {
                Some(container) => container.push(p.clone()),
                None => containers.push(vec![p.clone()]),
            }
        }
        let container = |(i, ports): (usize, Vec<ContainerPort>)| {
            let ports: Vec<&ContainerPort> = ports.iter().collect();
            some_of([
                ("name", Some(text(format!("{name}-{i}")))),
                ("image", Some(text("example.com/image:1"))),
                ("restartPolicy", restart.map(text)),
                ("ports", (!ports.is_empty()).then(|| list(&ports, port))),
            ])
        };
        containers.into_iter().enumerate().map(container).collect::<Vec<_>>()
    };
    let mut init = containers("init", &pod.init, 0, None);
    init.extend(containers("sidecar", &pod.sidecars, 0, Some("Always")));
    let phase = match (pod.phase, index % 2) {
        (Phase::Running, _) => "Running",
        (Phase::Pending, _) => "Pending",
        (Phase::Finished, 0) => "Succeeded",
        (Phase::Finished, _) => "Failed",
    };
    let node = cluster.nodes.iter().find(|n| Some(&n.name) == pod.node.as_ref());
    let host = node.map(|n| n.addresses.as_slice());
    let host = host.or(pod.host_network.then_some(&pod.ips[..])).unwrap_or_default();
    let ip = |ip: &IpAddr| map([("ip", text(ip))]);
    map([
        ("apiVersion", text("v1")),
        ("kind", text("Pod")),
        (
            "metadata",
            map([("name", text(&pod.name)), ("namespace", text(&pod.ns)), ("labels", labels_value(&pod.labels))]),
        ),
        (
            "spec",
            some_of([
                ("nodeName", pod.node.as_ref().map(text)),
                ("hostNetwork", pod.host_network.then_some(Value::True)),
                ("initContainers", (!init.is_empty()).then_some(Value::List(init))),
                ("containers", Some(Value::List(containers("main", &pod.containers, 1, None)))),
            ]),
        ),
        (
            "status",
            some_of([
                ("phase", Some(text(phase))),
                ("hostIP", host.first().map(text)),
                ("podIP", pod.ips.first().map(text)),
                ("podIPs", (!pod.ips.is_empty()).then(|| list(&pod.ips, ip))),
            ]),
        ),
    ])
}

fn policy_value(policy: &Policy) -> Value {
    let direction = |d: &Direction| match d {
        Direction::Ingress => text("Ingress"),
        Direction::Egress => text("Egress"),
    };
    let rules = |rules: &Option<Vec<Rule>>, peers: &str| {
        rules.as_ref().map(|rules| list(rules, |rule| rule_value(rule, peers)))
    };
    let metadata = [("name", text(&policy.name)), ("namespace", text(&policy.ns))];
    map([
        ("apiVersion", text("networking.k8s.io/v1")),
        ("kind", text("NetworkPolicy")),
        ("metadata", map(metadata)),
        (
            "spec",
            some_of([
                ("podSelector", policy.pod_selector.as_ref().map(selector_value)),
                ("policyTypes", policy.policy_types.as_ref().map(|t| list(t, direction))),
                ("ingress", rules(&policy.ingress, "from")),
                ("egress", rules(&policy.egress, "to")),
            ]),
        ),
    ])
}

fn rule_value(rule: &Rule, peers: &str) -> Value {
    let block = |b: &IpBlock| {
        let cidr = |c: &Cidr| text(format!("{}/{}", c.address, c.prefix));
        let except = (!b.except.is_empty()).then(|| list(&b.except, cidr));
        some_of([("cidr", Some(cidr(&b.cidr))), ("except", except)])
    };
    let peer = |p: &Peer| {
        some_of([
            ("podSelector", p.pod_selector.as_ref().map(selector_value)),
            ("namespaceSelector", p.ns_selector.as_ref().map(selector_value)),
            ("ipBlock", p.ip_block.as_ref().map(block)),
        ])
    };
    let port = |p: &Port| {
        let number = p.port.as_ref().map(|p| match p {
            PortRef::Number(n) => Value::Number(*n),
            PortRef::Name(name) => text(name),
        });
        some_of([
            ("protocol", p.protocol.map(|p| text(protocol_name(p)))),
            ("port", number),
            ("endPort", p.end_port.map(Value::Number)),
        ])
    };
    some_of([
        (peers, rule.peers.as_ref().map(|peers| list(peers, peer))),
        ("ports", rule.ports.as_ref().map(|ports| list(ports, port))),
    ])
}

fn admin_value(policy: &AdminPolicy) -> Value {
    let cluster = policy.api == Api::V1Alpha2;
    let (version, kind) = match (policy.api, policy.tier) {
        (Api::V1Alpha2, _) => ("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy"),
        (Api::V1Alpha1, Tier::Admin) => ("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy"),
        (Api::V1Alpha1, Tier::Baseline) => ("policy.networking.k8s.io/v1alpha1", "BaselineAdminNetworkPolicy"),
    };
    let tier = if policy.tier == Tier::Admin { "Admin" } else { "Baseline" };
    let has_priority = cluster || policy.tier == Tier::Admin;
    let rules = |rules: &[AdminRule], peers: &str| {
        (!rules.is_empty()).then(|| list(rules, |rule| admin_rule_value(policy.api, rule, peers)))
    };
    map([
        ("apiVersion", text(version)),
        ("kind", text(kind)),
        ("metadata", map([("name", text(&policy.name))])),
        (
            "spec",
            some_of([
                ("tier", cluster.then(|| text(tier))),
                ("priority", has_priority.then_some(Value::Number(policy.priority))),
                ("subject", Some(pods_value(&policy.subject))),
                ("ingress", rules(&policy.ingress, "from")),
                ("egress", rules(&policy.egress, "to")),
            ]),
        ),
    ])
}

fn pods_value(pods: &Pods) -> Value {
    let namespaces = selector_value(&pods.namespaces);
    match &pods.pods {
        None => map([("namespaces", namespaces)]),
        Some(pods) => {
            let both = [("namespaceSelector", namespaces), ("podSelector", selector_value(pods))];
            map([("pods", map(both))])
        }
    }
}

fn admin_rule_value(api: Api, rule: &AdminRule, peers: &str) -> Value {
    let action = match (rule.action, api) {
        (Action::Allow, Api::V1Alpha1) => "Allow",
        (Action::Allow, Api::V1Alpha2) => "Accept",
        (Action::Deny, _) => "Deny",
        (Action::Pass, _) => "Pass",
    };
    let peer = |p: &AdminPeer| match p {
        AdminPeer::Pods(pods) => pods_value(pods),
        AdminPeer::Nodes(nodes) => map([("nodes", selector_value(nodes))]),
        AdminPeer::Networks(cidrs) => map([("networks", list(cidrs, |c| text(format!("{}/{}", c.address, c.prefix))))]),
    };
    let (ports, port): (_, fn(&AdminPort) -> Value) = match api {
        Api::V1Alpha1 => ("ports", port_of_v1alpha1),
        Api::V1Alpha2 => ("protocols", port_of_v1alpha2),
    };
    some_of([
        ("action", Some(text(action))),
        (peers, Some(list(&rule.peers, peer))),
        (ports, (!rule.ports.is_empty()).then(|| list(&rule.ports, port))),
    ])
}

fn port_of_v1alpha1(port: &AdminPort) -> Value {
    let protocol = |p: &Protocol| ("protocol", text(protocol_name(*p)));
    match port {
        AdminPort::Number(p, n) => map([("portNumber", map([protocol(p), ("port", Value::Number(*n))]))]),
        AdminPort::Range(p, low, high) => {
            let range = [protocol(p), ("start", Value::Number(*low)), ("end", Value::Number(*high))];
            map([("portRange", map(range))])
        }
        AdminPort::Name(name) => map([("namedPort", text(name))]),
    }
}

fn port_of_v1alpha2(port: &AdminPort) -> Value {
    let of = |protocol: &Protocol, destination: Value| {
        map([(&*protocol_name(*protocol).to_lowercase(), map([("destinationPort", destination)]))])
    };
    match port {
        AdminPort::Number(p, n) => of(p, map([("number", Value::Number(*n))])),
        AdminPort::Range(p, low, high) => {
            of(p, map([("range", map([("start", Value::Number(*low)), ("end", Value::Number(*high))]))]))
        }
        AdminPort::Name(name) => map([("destinationNamedPort", text(name))]),
    }
}

fn selector_value(selector: &Selector) -> Value {
    let operator = |o| match o {
        Operator::In => "In",
        Operator::NotIn => "NotIn",
        Operator::Exists => "Exists",
        Operator::DoesNotExist => "DoesNotExist",
    };
    let expression = |e: &Expression| {
        let values = (!e.values.is_empty()).then(|| texts(&e.values));
        some_of([("key", Some(text(&e.key))), ("operator", Some(text(operator(e.operator)))), ("values", values)])
    };
    let (labels, terms) = (&selector.match_labels, &selector.match_expressions);
    some_of([
        ("matchLabels", (!labels.is_empty()).then(|| labels_value(labels))),
        ("matchExpressions", (!terms.is_empty()).then(|| list(terms, expression))),
    ])
}
