//! A naive oracle for Services: one client, one port, one family at a time; everybody who may answer is
//! looked at by itself. Comments name the row of semantics.md, or the sentence, that a line follows.

use super::admin;
use super::oracle::*;
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeSet;
use std::net::IpAddr;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    ClusterIp,
    Headless,
    NodePort,
    LoadBalancer,
}

#[derive(Clone, Debug)]
pub struct Service {
    pub ns: String,
    pub kind: Kind,
    pub selector: Option<Labels>,
    pub protocol: Protocol,
    pub port: u16,
    pub target: PortRef,
    pub inside_local: bool,
    pub outside_local: bool,
    pub ranges: Vec<Cidr>,
    pub slice: Option<Vec<Listed>>,
}

/// A pod of the cluster in an EndpointSlice, with the port that is listed for all.
#[derive(Clone, Debug)]
pub struct Listed {
    pub pod: usize,
    pub ready: bool,
    pub leaving: bool,
}

/// The port that slices list.
pub const LISTED: u16 = 8080;
pub const NODE_PORT: u16 = 30080;

/// What becomes of a connection: at each pod that may answer, or before any pod sees it.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    At(Vec<(usize, Answer)>),
    Ended(Answer),
}

pub fn service(cluster: &Cluster) -> impl Strategy<Value = Service> + use<> {
    let namespaces: Vec<String> = cluster.namespaces.iter().map(|n| n.name.clone()).collect();
    let labels: Vec<Option<Labels>> = cluster.pods.iter().map(|p| Some(p.labels.clone())).chain([None]).collect();
    let running: Vec<usize> = (0..cluster.pods.len())
        .filter(|i| !cluster.pods[*i].ips.is_empty() && cluster.pods[*i].phase != Phase::Finished)
        .collect();
    let listed = vec((any::<prop::sample::Index>(), prop::bool::weighted(0.7), any::<bool>()), 0..4);
    let kinds = select(vec![Kind::ClusterIp, Kind::Headless, Kind::NodePort, Kind::LoadBalancer]);
    let targets = select(vec![
        PortRef::Number(80),
        PortRef::Number(8080),
        PortRef::Name("http".to_owned()),
        PortRef::Name("dns".to_owned()),
    ]);
    let ranges =
        select(vec![vec![], vec![], vec![cidr("203.0.113.0/24")], vec![cidr("0.0.0.0/0"), cidr("2001:db8::/32")]]);
    let protocols = select(vec![Protocol::Tcp, Protocol::Tcp, Protocol::Udp]);
    let flags = (any::<bool>(), any::<bool>(), select(labels), weighted(0.5, listed));
    (select(namespaces), kinds, protocols, targets, ranges, flags).prop_map(
        move |(ns, kind, protocol, target, ranges, (inside_local, outside_local, selector, listed))| {
            let selector = selector.filter(|s| !s.is_empty());
            let slice = listed.map(|listed| {
                let of = |(i, ready, leaving): (prop::sample::Index, bool, bool)| {
                    (!running.is_empty()).then(|| Listed { pod: running[i.index(running.len())], ready, leaving })
                };
                let mut seen = BTreeSet::new();
                listed.into_iter().filter_map(of).filter(|l| seen.insert(l.pod)).collect()
            });
            Service { ns, kind, selector, protocol, port: 80, target, inside_local, outside_local, ranges, slice }
        },
    )
}

/// As manifests, named `probe`.
pub fn to_yaml(cluster: &Cluster, service: &Service) -> String {
    let quote = |text: &str| format!("{text:?}");
    let mut spec = Vec::new();
    match service.kind {
        Kind::ClusterIp => {}
        Kind::Headless => spec.push("clusterIP: None".to_owned()),
        Kind::NodePort => spec.push("type: NodePort".to_owned()),
        Kind::LoadBalancer => spec.push("type: LoadBalancer".to_owned()),
    }
    if let Some(selector) = &service.selector {
        let pairs: Vec<String> = selector.iter().map(|(k, v)| format!("{}: {}", quote(k), quote(v))).collect();
        spec.push(format!("selector: {{{}}}", pairs.join(", ")));
    }
    let policy = |local: bool| if local { "Local" } else { "Cluster" };
    spec.push(format!("internalTrafficPolicy: {}", policy(service.inside_local)));
    if matches!(service.kind, Kind::NodePort | Kind::LoadBalancer) {
        spec.push(format!("externalTrafficPolicy: {}", policy(service.outside_local)));
    }
    if service.kind == Kind::LoadBalancer && !service.ranges.is_empty() {
        let ranges: Vec<String> =
            service.ranges.iter().map(|c| quote(&format!("{}/{}", c.address, c.prefix))).collect();
        spec.push(format!("loadBalancerSourceRanges: [{}]", ranges.join(", ")));
    }
    let protocol = match service.protocol {
        Protocol::Tcp => "TCP",
        Protocol::Udp => "UDP",
        Protocol::Sctp => "SCTP",
        Protocol::Icmp => unreachable!("no Service has it"),
    };
    let target = match &service.target {
        PortRef::Number(n) => n.to_string(),
        PortRef::Name(name) => quote(name),
    };
    let node_port = if matches!(service.kind, Kind::NodePort | Kind::LoadBalancer) {
        format!(", nodePort: {NODE_PORT}")
    } else {
        String::new()
    };
    spec.push(format!("ports: [{{port: {}, protocol: {protocol}, targetPort: {target}{node_port}}}]", service.port));
    let mut out = format!(
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: probe, namespace: {}}}\nspec: {{{}}}\n",
        quote(&service.ns),
        spec.join(", ")
    );
    if let Some(slice) = &service.slice {
        let endpoint = |l: &Listed| {
            let pod = &cluster.pods[l.pod];
            format!(
                "{{addresses: [{}], conditions: {{ready: {}, serving: {}, terminating: {}}}, targetRef: {{kind: Pod, name: {}, namespace: {}}}}}",
                quote(&pod.ips[0].to_string()),
                l.ready,
                l.ready || l.leaving,
                l.leaving,
                quote(&pod.name),
                quote(&pod.ns)
            )
        };
        let endpoints: Vec<String> = slice.iter().map(endpoint).collect();
        out += &format!(
            "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{name: probe-1, namespace: {}, labels: {{kubernetes.io/service-name: probe}}}}\naddressType: IPv4\nendpoints: [{}]\nports: [{{port: {LISTED}, protocol: {protocol}}}]\n",
            quote(&service.ns),
            endpoints.join(", ")
        );
    }
    out
}

/// The pods that answer, each with the ports that it may see; none: nobody does, and why.
fn answering(cluster: &Cluster, service: &Service) -> Result<Vec<(usize, u16)>, Answer> {
    // A headless Service is only names: clients come on the port that they ask for.
    let seen = |port: u16| if service.kind == Kind::Headless { service.port } else { port };
    let selected = (0..cluster.pods.len()).filter(|i| {
        let pod = &cluster.pods[*i];
        let labels = service.selector.iter().flatten().all(|(k, v)| pod.labels.get(k) == Some(v));
        service.selector.is_some() && labels && pod.ns == service.ns && pod.phase != Phase::Finished
    });
    let target = |i: usize| match &service.target {
        PortRef::Number(n) => Some(*n),
        PortRef::Name(name) => {
            let pod = &cluster.pods[i];
            let ports = pod.containers.iter().chain(&pod.sidecars);
            let named = ports.filter(|p| p.name.as_ref() == Some(name) && p.protocol == service.protocol);
            named.map(|p| p.number).min()
        }
    };
    let headless = service.kind == Kind::Headless;
    let pods: Vec<usize> = selected.collect();
    let by_selector = |i: usize| target(i).or(headless.then_some(0)).map(|port| (i, seen(port)));
    let Some(slice) = &service.slice else {
        let found: Vec<(usize, u16)> = pods.iter().filter_map(|i| by_selector(*i)).collect();
        // Nobody is known, and the input may not be all.
        return if found.is_empty() { Err(Answer::Undefined) } else { Ok(found) };
    };
    let ready: Vec<&Listed> = slice.iter().filter(|l| l.ready).collect();
    let chosen = if ready.is_empty() { slice.iter().filter(|l| l.leaving).collect() } else { ready };
    let mut found: Vec<(usize, u16)> = chosen.into_iter().map(|l| (l.pod, seen(LISTED))).collect();
    // What has no address yet is in no slice yet.
    let later = pods.into_iter().filter(|i| cluster.pods[*i].ips.is_empty());
    found.extend(later.filter_map(by_selector));
    if found.is_empty() { Err(Answer::Deny) } else { Ok(found) }
}

fn isolated(cluster: &Cluster, pod: usize) -> bool {
    let pod = &cluster.pods[pod];
    let selects = |p: &&Policy| {
        p.ns == pod.ns && p.pod_selector.as_ref().is_none_or(|selector| selector_matches(selector, &pod.labels))
    };
    cluster.options.usual("enforced") && !pod.host_network && cluster.policies.iter().any(|p| selects(&p))
}

/// What becomes of a connection that comes back to the pod it is from (A6 "Pod→Service→self"): policies of
/// the administrative tiers may judge it, as one from its like or by a node's address.
fn to_itself(cluster: &Cluster, i: usize, sure: bool, family: Family, protocol: Protocol, port: u16) -> Answer {
    if !sure {
        return Answer::Undefined;
    }
    if !cluster.options.usual("to-itself-by-service") {
        // Some plugins let it pass, whatever the policies say.
        return if exists(cluster, Party::Pod(i), family) { Answer::Allow } else { Answer::NoFlow };
    }
    if isolated(cluster, i) {
        return Answer::Undefined;
    }
    let mut twins = cluster.clone();
    twins.pods.push(Pod { name: "twin".to_string(), ..cluster.pods[i].clone() });
    let judged = decide(&twins, Party::Pod(cluster.pods.len()), Party::Pod(i), family, protocol, port);
    if judged == Answer::NoFlow {
        return judged; // it has no address of the family
    }
    let shifted = from_some_node(cluster, i, family, protocol, port);
    if [judged, shifted] == [Answer::Allow; 2] { Answer::Allow } else { Answer::Undefined }
}

/// Where the address of a node may be: at every edge of a block, and beside them all.
fn node_addresses(cluster: &Cluster, family: Family) -> Vec<IpAddr> {
    let blocks = cluster.policies.iter().flat_map(|p| p.ingress.iter().flatten());
    let blocks = blocks.flat_map(|r| r.peers.iter().flatten()).filter_map(|p| p.ip_block.as_ref());
    let edges = blocks.flat_map(|b| b.except.iter().chain([&b.cidr])).flat_map(Cidr::boundary);
    let some = ["8.8.8.8", "172.16.9.9", "2001:db8:ffff::1", "fd99::1"].map(|ip| ip.parse::<IpAddr>().unwrap());
    let may_be =
        |ip: &IpAddr| number(*ip).0 == family && usable(*ip) && !cluster.pod_cidrs.iter().any(|c| c.contains(*ip));
    edges.chain(some).filter(may_be).collect()
}

/// What some node, not known which, may do: at the pod's own node all (A6 "Own node→pod"); else as
/// the rules have it for any address that a node may have.
fn from_some_node(cluster: &Cluster, pod: usize, family: Family, protocol: Protocol, port: u16) -> Answer {
    let seen: BTreeSet<Answer> = node_addresses(cluster, family)
        .into_iter()
        .map(|ip| seen_from(cluster, ip, pod, family, protocol, port))
        .collect();
    match seen.first() {
        Some(Answer::Allow) if seen.len() == 1 => Answer::Allow,
        // Where its own node has no privilege, it is a node like any other.
        Some(Answer::Deny) if seen.len() == 1 && cluster.options.get("own-node-ingress") == "policed" => Answer::Deny,
        _ => Answer::Undefined,
    }
}

/// What somebody with the address of a node may do, who is not the pod's own node. On some plugins
/// no block holds it, as blocks hold an address outside.
fn seen_from(cluster: &Cluster, ip: IpAddr, pod: usize, family: Family, protocol: Protocol, port: u16) -> Answer {
    if cluster.options.usual("ip-block-matches-nodes") {
        return decide(cluster, Party::Address(ip), Party::Pod(pod), family, protocol, port);
    }
    // Which address it has is then no matter: one of a family that the pod has.
    let (ip, family) = if shown(cluster).is_empty() { (IpAddr::from([8, 8, 8, 8]), Family::V4) } else { (ip, family) };
    let mut cluster = cluster.clone();
    cluster.nodes.push(Node { name: "elsewhere".to_string(), labels: Labels::new(), addresses: vec![ip] });
    let own = cluster.pods[pod].node.take();
    cluster.pods[pod].node = own.or(Some("its own".to_string()));
    let node = Party::Node(cluster.nodes.len() - 1);
    decide(&cluster, node, Party::Pod(pod), family, protocol, port)
}

/// What those who answer may see of a visitor (A6 "NodePort/LB source IP"): his own address, and
/// that of a node.
fn seen_sources(cluster: &Cluster) -> [bool; 2] {
    match cluster.options.get("visitor-source") {
        "kept" => [true, false],
        "node" => [false, true],
        _ => [true, true],
    }
}

/// One of several may be so; not sure: or it is somebody else who answers.
fn together(own: Answer, seen: [Option<Answer>; 2], sure: bool) -> Answer {
    let seen: BTreeSet<Answer> = seen.into_iter().flatten().collect();
    match (seen.len(), sure, seen.first()) {
        _ if own == Answer::NoFlow => own,
        (1, true, Some(only)) => *only,
        (1, false, Some(Answer::Deny)) => Answer::Deny,
        _ => Answer::Undefined,
    }
}

/// What comes of a client that asks for the Service by name; none: egress sees the Service itself.
pub fn seen_through(cluster: &Cluster, service: &Service, client: Party, family: Family) -> Option<Outcome> {
    let itself = !cluster.options.usual("service-egress") && service.kind != Kind::Headless;
    (!itself || !held_in_egress(cluster, client)).then(|| through(cluster, service, client, family))
}

/// What comes of a client that asks for the Service by name.
fn through(cluster: &Cluster, service: &Service, client: Party, family: Family) -> Outcome {
    let outside = matches!(client, Party::Address(_));
    let open = matches!(service.kind, Kind::NodePort | Kind::LoadBalancer);
    if let Party::Address(ip) = client {
        if !open {
            return Outcome::Ended(Answer::Undefined); // not exposed
        }
        let ranged = service.kind == Kind::LoadBalancer && !service.ranges.is_empty();
        if ranged && !service.ranges.iter().any(|range| range.contains(ip)) {
            return Outcome::Ended(Answer::Deny); // loadBalancerSourceRanges
        }
    }
    let mut pods = match answering(cluster, service) {
        Ok(pods) => pods,
        Err(answer) => return Outcome::Ended(answer),
    };
    let node_of = |party: Party| match party {
        Party::Pod(i) => cluster.pods[i].node.clone(),
        Party::Node(i) => Some(cluster.nodes[i].name.clone()),
        Party::Address(_) => None,
    };
    let near = service.inside_local && !outside && service.kind != Kind::Headless;
    let sure = |i: usize| !near || node_of(client).is_some_and(|n| node_of(Party::Pod(i)) == Some(n));
    if near {
        // Not those that are surely on another node.
        pods.retain(|(i, _)| match (node_of(client), node_of(Party::Pod(*i))) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        });
        if pods.is_empty() {
            return Outcome::Ended(Answer::Deny); // nobody there
        }
    }
    let answer = |i: usize, port: u16| {
        let own = decide(cluster, client, Party::Pod(i), family, service.protocol, port);
        if client == Party::Pod(i) && service.kind != Kind::Headless {
            return to_itself(cluster, i, sure(i), family, service.protocol, port);
        }
        let [kept, replaced] = if outside && !service.outside_local { seen_sources(cluster) } else { [true, false] };
        let node = || from_some_node(cluster, i, family, service.protocol, port);
        together(own, [kept.then_some(own), replaced.then(node)], sure(i))
    };
    Outcome::At(pods.into_iter().map(|(i, port)| (i, answer(i, port))).collect())
}

/// Whether some policy holds the pod in egress, or may.
fn held_in_egress(cluster: &Cluster, client: Party) -> bool {
    let Party::Pod(i) = client else { return false };
    let pod = &cluster.pods[i];
    let egress = |p: &Policy| match p.policy_types.as_deref().unwrap_or_default() {
        [] => p.egress.as_ref().is_some_and(|rules| !rules.is_empty()),
        given => given.contains(&Direction::Egress),
    };
    let selects =
        |p: &&Policy| p.ns == pod.ns && p.pod_selector.as_ref().is_none_or(|s| selector_matches(s, &pod.labels));
    let ruled = admin::selecting(cluster, client).iter().any(|p| !p.egress.is_empty());
    cluster.options.usual("enforced")
        && !pod.host_network
        && (ruled || cluster.policies.iter().filter(selects).any(egress))
}

/// Ingress with the address of the node that was visited, or one of its tunnels.
fn from_node(cluster: &Cluster, node: usize, pod: usize, family: Family, protocol: Protocol, port: u16) -> Answer {
    let elsewhere = cluster.pods[pod].node.as_ref().is_some_and(|own| *own != cluster.nodes[node].name);
    if !elsewhere {
        return from_some_node(cluster, pod, family, protocol, port);
    }
    // Not the own node: its address, or any other that a node may have.
    let seen: BTreeSet<Answer> = node_addresses(cluster, family)
        .into_iter()
        .map(|ip| seen_from(cluster, ip, pod, family, protocol, port))
        .chain([decide(cluster, Party::Node(node), Party::Pod(pod), family, protocol, port)])
        .collect();
    if seen.len() == 1 { seen.into_iter().next().unwrap() } else { Answer::Undefined }
}

/// What comes of a client that asks for the node port at a node; none: egress has a say, which is
/// judged at either of two places.
pub fn at_node(cluster: &Cluster, service: &Service, client: Party, node: usize, family: Family) -> Option<Outcome> {
    if held_in_egress(cluster, client) {
        return None;
    }
    let mut pods = match answering(cluster, service) {
        Ok(pods) => pods,
        Err(answer) => return Some(Outcome::Ended(answer)),
    };
    let outside = matches!(client, Party::Address(_));
    let name = &cluster.nodes[node].name;
    let here = |i: usize| cluster.pods[i].node.as_ref().map(|own| own == name);
    // Clients of this very node reach everybody; others differ, and visitors only reach those here.
    let own = matches!(client, Party::Pod(i) if here(i) == Some(true));
    let local = service.outside_local && !own;
    if local && outside {
        pods.retain(|(i, _)| here(*i) != Some(false));
        if pods.is_empty() {
            return Some(Outcome::Ended(Answer::Deny));
        }
    }
    let kept = service.outside_local && (outside || own);
    let answer = |i: usize, port: u16| {
        let sure = !local || here(i) == Some(true);
        let direct = decide(cluster, client, Party::Pod(i), family, service.protocol, port);
        if client == Party::Pod(i) {
            return to_itself(cluster, i, sure, family, service.protocol, port);
        }
        let [own, replaced] = if kept { [true, false] } else { seen_sources(cluster) };
        let node = || from_node(cluster, node, i, family, service.protocol, port);
        together(direct, [own.then_some(direct), replaced.then(node)], sure)
    };
    Some(Outcome::At(pods.into_iter().map(|(i, port)| (i, answer(i, port))).collect()))
}
