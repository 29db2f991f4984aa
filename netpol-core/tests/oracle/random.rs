//! Random clusters of objects that the API server would accept, and the probes that are worth
//! asking of them.

use super::cluster::*;
pub use super::manifests::{to_json, to_yaml};
use proptest::collection::vec;
use proptest::option::{of, weighted};
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeSet;
use std::net::IpAddr;

pub type Probe = (Party, Party, Family, Protocol, u16);

const NUMBERS: [u16; 9] = [1, 53, 79, 80, 81, 443, 8080, 8081, 65535];
const NAMES: [&str; 3] = ["http", "dns", "web-2"];
const BLOCKS: [&str; 31] = [
    "0.0.0.0/0",
    "0.0.0.0/1",
    "128.0.0.0/1",
    "8.0.0.0/6",
    "10.0.0.0/8",
    "10.0.0.0/9",
    "10.128.0.0/9",
    "10.244.0.0/16",
    "10.244.0.0/17",
    "10.244.128.0/17",
    "10.244.1.11/32",
    "10.244.0.0/28",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "192.168.1.0/24",
    "192.168.1.10/32",
    "100.64.0.0/10",
    "203.0.112.0/23",
    "203.0.113.0/24",
    "203.0.113.7/32",
    "255.255.255.255/32",
    "::/0",
    "2000::/3",
    "2001:db8::/32",
    "fc00::/7",
    "fd00::/8",
    "fd00:10:244::/56",
    "fd00:10:244::/57",
    "fd00:10:244:80::/57",
    "fd00:10:244::a/128",
    "fd00:192:168::a/128",
];

/// Clusters of 1–3 namespaces, 0–2 nodes, 1–6 pods and 0–5 policies; a third of them with 1–4
/// policies of the administrative tiers beside fewer others.
pub fn cluster() -> impl Strategy<Value = Cluster> {
    let families = prop_oneof![
        3 => Just(vec![Family::V4]),
        1 => Just(vec![Family::V6]),
        2 => Just(vec![Family::V4, Family::V6]),
        // Manifests alone: no address anywhere, unless pod CIDRs are given.
        1 => Just(vec![]),
    ];
    let namespaces = vec((labels(), weighted(0.1, Just(())), prop::bool::weighted(0.6)), 1..=3);
    let nodes = vec((0u8..10, labels()), 0..=2);
    let pods = vec(raw_pod(), 1..=6);
    let policy = || (0usize..3, policy());
    let alone = prop_oneof![1 => vec(policy(), 0..=5), 3 => vec(policy(), 3..=5)];
    let policies = prop_oneof![
        2 => (alone, Just(vec![])),
        1 => (vec(policy(), 0..=3), vec(admin_policy(), 1..=4)),
    ];
    (families, pod_cidrs(), namespaces, nodes, pods, policies).prop_map(assemble)
}

fn pod_cidrs() -> impl Strategy<Value = Vec<Cidr>> {
    let of = |list: &[&str]| list.iter().map(|c| cidr(c)).collect::<Vec<_>>();
    prop_oneof![
        4 => Just(of(&[])),
        2 => Just(of(&["10.244.0.0/16"])),
        1 => Just(of(&["10.244.128.0/17", "10.244.0.0/17"])),
        1 => Just(of(&["fd00:10:244::/56"])),
        2 => Just(of(&["10.244.0.0/16", "fd00:10:244::/56"])),
    ]
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Running,
    /// Its manifest does not say where it runs.
    RunningSomewhere,
    PendingUnscheduled,
    PendingScheduled,
    /// Init containers still run, the address is known.
    PendingWithAddress,
    Finished,
    Host,
    HostPending,
    HostUnscheduled,
    HostFinished,
}

#[derive(Clone, Debug)]
struct RawPod {
    ns: usize,
    labels: Labels,
    kind: Kind,
    node: usize,
    /// Below 8: an address of each family of the cluster; else of one.
    families: usize,
    containers: Vec<ContainerPort>,
    sidecars: Vec<ContainerPort>,
    init: Vec<ContainerPort>,
}

fn raw_pod() -> impl Strategy<Value = RawPod> {
    let kind = prop_oneof![
        16 => Just(Kind::Running),
        2 => Just(Kind::RunningSomewhere),
        4 => Just(Kind::PendingUnscheduled),
        4 => Just(Kind::PendingScheduled),
        1 => Just(Kind::PendingWithAddress),
        2 => Just(Kind::Finished),
        3 => Just(Kind::Host),
        1 => Just(Kind::HostPending),
        2 => Just(Kind::HostUnscheduled),
        1 => Just(Kind::HostFinished),
    ];
    let ports = |most| vec(container_port(), 0..=most);
    let place = (0usize..3, kind, 0usize..2, 0usize..10);
    (place, labels(), ports(3), ports(1), ports(1)).prop_map(
        |((ns, kind, node, families), labels, containers, sidecars, init)| RawPod {
            ns,
            labels,
            kind,
            node,
            families,
            containers,
            sidecars,
            init,
        },
    )
}

fn container_port() -> impl Strategy<Value = ContainerPort> {
    (of(port_name()), select(&NUMBERS[1..8]), protocol()).prop_map(|(name, number, protocol)| ContainerPort {
        name,
        number,
        protocol,
    })
}

fn port_name() -> impl Strategy<Value = String> {
    select(&NAMES[..]).prop_map(str::to_string)
}

fn protocol() -> impl Strategy<Value = Protocol> {
    prop_oneof![
        4 => Just(Protocol::Tcp),
        2 => Just(Protocol::Udp),
        1 => Just(Protocol::Sctp),
    ]
}

fn value() -> impl Strategy<Value = String> {
    select(&["x", "y", ""][..]).prop_map(str::to_string)
}

fn labels() -> impl Strategy<Value = Labels> {
    (weighted(0.7, value()), weighted(0.4, value())).prop_map(|(a, b)| {
        let pairs = [("a", a), ("b", b)];
        pairs.into_iter().filter_map(|(k, v)| Some((k.to_string(), v?))).collect()
    })
}

/// Terms on the keys a and b, and on the namespace's name where that makes sense.
fn selector(of_namespaces: bool) -> BoxedStrategy<Selector> {
    let values = |v: BoxedStrategy<String>| vec(v, 1..=2);
    let expression = |key: BoxedStrategy<String>, value: BoxedStrategy<String>| {
        let in_or_not = select(&[Operator::In, Operator::NotIn][..]);
        let exists_or_not = select(&[Operator::Exists, Operator::DoesNotExist][..]);
        prop_oneof![
            3 => (key.clone(), in_or_not, values(value)).prop_map(|(key, operator, values)| Expression { key, operator, values }),
            1 => (key, exists_or_not).prop_map(|(key, operator)| Expression { key, operator, values: vec![] }),
        ]
        .boxed()
    };
    let key = select(&["a", "b"][..]).prop_map(str::to_string).boxed();
    let ordinary = expression(key.clone(), value().boxed());
    let one = |e: BoxedStrategy<Expression>| {
        e.prop_map(|e| Selector { match_labels: Labels::new(), match_expressions: vec![e] })
    };
    let one_label =
        (key, value()).prop_map(|(k, v)| Selector { match_labels: Labels::from([(k, v)]), match_expressions: vec![] });
    let many = (labels(), vec(ordinary.clone(), 0..=2))
        .prop_map(|(match_labels, match_expressions)| Selector { match_labels, match_expressions });
    let empty = Just(Selector { match_labels: Labels::new(), match_expressions: vec![] });
    if !of_namespaces {
        return prop_oneof![3 => empty, 3 => one_label, 3 => one(ordinary), 1 => many].boxed();
    }
    let name = select(&["n0", "n1", "n2", "other"][..]).prop_map(str::to_string).boxed();
    let by_name = one(expression(Just(NAME_LABEL.to_string()).boxed(), name.clone()));
    let of_name = name.prop_map(|n| Selector {
        match_labels: Labels::from([(NAME_LABEL.to_string(), n)]),
        match_expressions: vec![],
    });
    prop_oneof![2 => empty, 3 => one_label, 3 => one(ordinary), 1 => many, 1 => by_name, 1 => of_name].boxed()
}

fn policy() -> impl Strategy<Value = Policy> {
    use Direction::{Egress, Ingress};
    let types = prop_oneof![
        6 => Just(None),
        1 => Just(Some(vec![])),
        3 => Just(Some(vec![Ingress])),
        3 => Just(Some(vec![Egress])),
        3 => Just(Some(vec![Ingress, Egress])),
        1 => Just(Some(vec![Egress, Ingress])),
        1 => Just(Some(vec![Egress, Egress])),
    ];
    let rules = || weighted(0.8, vec(rule(), 0..=2));
    let everywhere = Selector { match_labels: Labels::new(), match_expressions: vec![] };
    let subjects = prop_oneof![2 => Just(everywhere), 3 => selector(false)];
    (weighted(0.9, subjects), types, rules(), rules()).prop_map(|(pod_selector, policy_types, ingress, egress)| {
        Policy { ns: String::new(), name: String::new(), pod_selector, policy_types, ingress, egress }
    })
}

fn rule() -> impl Strategy<Value = Rule> {
    let peers = weighted(0.92, prop_oneof![1 => vec(peer(), 0..=0), 14 => vec(peer(), 1..=3)]);
    let ports = weighted(0.6, prop_oneof![1 => vec(port(), 0..=0), 5 => vec(port(), 1..=3)]);
    (peers, ports).prop_map(|(peers, ports)| Rule { peers, ports })
}

fn peer() -> impl Strategy<Value = Peer> {
    let selectors = |pod_selector, ns_selector| Peer { pod_selector, ns_selector, ip_block: None };
    prop_oneof![
        2 => selector(false).prop_map(move |p| selectors(Some(p), None)),
        2 => selector(true).prop_map(move |n| selectors(None, Some(n))),
        2 => (selector(false), selector(true)).prop_map(move |(p, n)| selectors(Some(p), Some(n))),
        3 => ip_block().prop_map(|b| Peer { pod_selector: None, ns_selector: None, ip_block: Some(b) }),
    ]
}

/// The excepts are strict subsets of the block: from the list, or a part of it.
fn ip_block() -> impl Strategy<Value = IpBlock> {
    let except = prop_oneof![select(&BLOCKS[..]).prop_map(|b| Err(cidr(b))), (1u8..=9, any::<u128>()).prop_map(Ok),];
    (select(&BLOCKS[..]), vec(except, 0..=3)).prop_map(|(block, excepts)| {
        let cidr = cidr(block);
        let except = excepts.into_iter().filter_map(|except| match except {
            Err(listed) => (listed.prefix > cidr.prefix && cidr.contains(listed.address)).then_some(listed),
            Ok((deeper, bits)) => part(cidr, deeper, bits),
        });
        IpBlock { cidr, except: except.collect() }
    })
}

/// A part of the block, `deeper` bits longer; `bits` say which.
fn part(block: Cidr, deeper: u8, bits: u128) -> Option<Cidr> {
    let width = if block.family() == Family::V4 { 32 } else { 128 };
    let prefix = block.prefix + deeper;
    if prefix > width {
        return None;
    }
    let index = bits & ((1 << deeper) - 1);
    let first = block.ends().0 | (index << (width - prefix));
    Some(Cidr { address: address(block.family(), first)?, prefix })
}

fn port() -> impl Strategy<Value = Port> {
    let number = select(&NUMBERS[..]);
    let target = prop_oneof![
        1 => Just((None, None)),
        4 => number.clone().prop_map(|n| (Some(PortRef::Number(n)), None)),
        2 => (number, select(&[0, 1, 7, 400, 65535][..])).prop_map(|(n, more)| {
            (Some(PortRef::Number(n)), Some(n.saturating_add(more)))
        }),
        4 => port_name().prop_map(|n| (Some(PortRef::Name(n)), None)),
    ];
    (of(protocol()), target).prop_map(|(protocol, (port, end_port))| Port { protocol, port, end_port })
}

/// Few priorities, so that some are the same. Names are given later.
fn admin_policy() -> impl Strategy<Value = AdminPolicy> {
    let api = prop_oneof![1 => Just(Api::V1Alpha1), 2 => Just(Api::V1Alpha2)];
    let tier = prop_oneof![3 => Just(Tier::Admin), 2 => Just(Tier::Baseline)];
    let priority = select(&[5, 5, 5, 6, 1000][..]);
    (api, tier, priority, pods_of()).prop_flat_map(|(api, tier, priority, subject)| {
        let pass = api == Api::V1Alpha2 || tier == Tier::Admin;
        let rules = |peer: fn() -> BoxedStrategy<AdminPeer>| vec(admin_rule(pass, peer()), 0..=2);
        (rules(ingress_peer), rules(egress_peer)).prop_map(move |(ingress, egress)| AdminPolicy {
            api,
            tier,
            name: String::new(),
            priority,
            subject: subject.clone(),
            ingress,
            egress,
        })
    })
}

fn admin_rule(pass: bool, peer: BoxedStrategy<AdminPeer>) -> impl Strategy<Value = AdminRule> {
    let action = prop_oneof![3 => Just(Action::Allow), 4 => Just(Action::Deny), 3 => Just(Action::Pass)];
    let ports = prop_oneof![2 => vec(admin_port(), 0..=0), 3 => vec(admin_port(), 1..=2)];
    (action, vec(peer, 1..=2), ports).prop_map(move |(action, peers, mut ports)| {
        // A name is of a pod: not beside other peers.
        if peers.iter().any(|p| !matches!(p, AdminPeer::Pods(_))) {
            ports.retain(|p| !matches!(p, AdminPort::Name(_)));
        }
        AdminRule { action: if action == Action::Pass && !pass { Action::Deny } else { action }, peers, ports }
    })
}

fn pods_of() -> impl Strategy<Value = Pods> {
    let everywhere = Just(Selector { match_labels: Labels::new(), match_expressions: vec![] });
    let namespaces = prop_oneof![1 => everywhere, 1 => selector(true)];
    (namespaces, weighted(0.4, selector(false))).prop_map(|(namespaces, pods)| Pods { namespaces, pods })
}

fn ingress_peer() -> BoxedStrategy<AdminPeer> {
    pods_of().prop_map(AdminPeer::Pods).boxed()
}

fn egress_peer() -> BoxedStrategy<AdminPeer> {
    let networks = prop::collection::btree_set(select(&BLOCKS[..]), 1..=3);
    prop_oneof![
        4 => ingress_peer(),
        2 => networks.prop_map(|all| AdminPeer::Networks(all.into_iter().map(cidr).collect())),
        1 => selector(false).prop_map(AdminPeer::Nodes),
    ]
    .boxed()
}

fn admin_port() -> impl Strategy<Value = AdminPort> {
    let number = select(&NUMBERS[..]);
    let range = (protocol(), number.clone(), select(&[1, 7, 400, 65535][..]));
    prop_oneof![
        3 => (protocol(), number).prop_map(|(p, n)| AdminPort::Number(p, n)),
        2 => range.prop_map(|(p, low, more)| match low.saturating_add(more) {
            high if low < high => AdminPort::Range(p, low, high),
            _ => AdminPort::Number(p, low),
        }),
        2 => port_name().prop_map(AdminPort::Name),
    ]
}

type Policies = (Vec<(usize, Policy)>, Vec<AdminPolicy>);
type Raw = (Vec<Family>, Vec<Cidr>, Vec<(Labels, Option<()>, bool)>, Vec<(u8, Labels)>, Vec<RawPod>, Policies);

fn assemble((families, pod_cidrs, namespaces, nodes, pods, (policies, admin)): Raw) -> Cluster {
    let ip = |text: String| text.parse::<IpAddr>().expect("an address");
    let namespaces: Vec<Ns> = namespaces
        .into_iter()
        .enumerate()
        .map(|(i, (mut labels, wrong_name, declared))| {
            if wrong_name.is_some() {
                labels.insert(NAME_LABEL.to_string(), "other".to_string());
            }
            Ns { name: format!("n{i}"), labels, declared }
        })
        .collect();
    let node_addresses = |i: usize, one: bool| {
        let of_family = |family: &Family| match family {
            Family::V4 if i == 1 => ip("203.0.113.7".to_string()),
            Family::V4 => ip(format!("192.168.1.{}", 10 + i)),
            Family::V6 => ip(format!("fd00:192:168::{:x}", 10 + i)),
        };
        families.iter().take(if one { 1 } else { 2 }).map(of_family).collect::<Vec<_>>()
    };
    let nodes: Vec<Node> = nodes
        .into_iter()
        .enumerate()
        // A node has some address.
        .filter(|_| !families.is_empty())
        .map(|(i, (die, labels))| Node { name: format!("node-{i}"), labels, addresses: node_addresses(i, die == 9) })
        .collect();
    // Pods may run on a node whose object was not given.
    let ghost = Node { name: "node-7".to_string(), labels: Labels::new(), addresses: node_addresses(7, false) };
    let mut cluster = Cluster {
        pod_cidrs,
        namespaces,
        nodes,
        pods: vec![],
        policies: vec![],
        admin: vec![],
        options: Options::default(),
    };
    for (i, raw) in pods.into_iter().enumerate() {
        let node = match cluster.nodes.len() {
            0 => &ghost,
            n => &cluster.nodes[raw.node % n],
        };
        let of_family = |family: &Family| match family {
            Family::V4 => ip(format!("10.244.{}.{}", [0, 1, 128, 200][i % 4], 10 + i)),
            Family::V6 => ip(format!("fd00:10:244:{}::{:x}", ["0", "81"][i % 2], 10 + i)),
        };
        let wanted = match raw.families {
            8 => &families[..families.len().min(1)],
            9 => &families[families.len().saturating_sub(1)..],
            _ => &families[..],
        };
        let own: Vec<IpAddr> = wanted.iter().map(of_family).collect();
        let on = || Some(node.name.clone());
        let (phase, node, host_network, ips) = match raw.kind {
            Kind::Running => (Phase::Running, on(), false, own),
            Kind::RunningSomewhere => (Phase::Running, None, false, own),
            Kind::PendingUnscheduled => (Phase::Pending, None, false, vec![]),
            Kind::PendingScheduled => (Phase::Pending, on(), false, vec![]),
            Kind::PendingWithAddress => (Phase::Pending, on(), false, own),
            Kind::Finished => (Phase::Finished, on(), false, own),
            Kind::Host => (Phase::Running, on(), true, node.addresses.clone()),
            Kind::HostPending => (Phase::Pending, on(), true, node.addresses.clone()),
            Kind::HostUnscheduled => (Phase::Pending, None, true, vec![]),
            Kind::HostFinished => (Phase::Finished, on(), true, node.addresses.clone()),
        };
        // On the host network each (number, protocol) can be had once.
        let mut taken = BTreeSet::new();
        let mut free = |ports: Vec<ContainerPort>| -> Vec<ContainerPort> {
            let keep = |p: &ContainerPort| !host_network || taken.insert((p.number, p.protocol));
            ports.into_iter().filter(keep).collect()
        };
        let ns = cluster.namespaces[raw.ns % cluster.namespaces.len()].name.clone();
        let count = cluster.pods.iter().filter(|p| p.ns == ns).count();
        cluster.pods.push(Pod {
            name: format!("pod-{count}"),
            ns,
            labels: raw.labels,
            ips,
            node,
            host_network,
            phase,
            containers: free(raw.containers),
            sidecars: free(raw.sidecars),
            init: free(raw.init),
        });
    }
    for (ns, policy) in policies {
        let ns = cluster.namespaces[ns % cluster.namespaces.len()].name.clone();
        let count = cluster.policies.iter().filter(|p| p.ns == ns).count();
        cluster.policies.push(Policy { name: format!("policy-{count}"), ns, ..policy });
    }
    for (i, policy) in admin.into_iter().enumerate() {
        // There is one BaselineAdminNetworkPolicy, and its name is `default`.
        let single = |p: &AdminPolicy| (p.api, p.tier) == (Api::V1Alpha1, Tier::Baseline);
        if !single(&policy) {
            cluster.admin.push(AdminPolicy { name: format!("admin-{i}"), ..policy });
        } else if !cluster.admin.iter().any(single) {
            cluster.admin.push(AdminPolicy { name: "default".to_string(), ..policy });
        }
    }
    cluster
}

const MOST_PROBES: usize = 300;

/// A fixed stream of numbers, so that a cluster always has the same probes.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// Pods, nodes and addresses at the edges of every ipBlock, with the ports at the edges of every
/// number in use: at most 300, chosen by a fixed stream.
pub fn probes(cluster: &Cluster) -> Vec<Probe> {
    let finished = |i: &usize| cluster.pods[*i].phase == Phase::Finished;
    let (finished, pods): (Vec<_>, Vec<_>) = (0..cluster.pods.len()).partition(finished);
    let pods: Vec<Party> = pods.into_iter().map(Party::Pod).collect();
    let nodes: Vec<Party> = (0..cluster.nodes.len()).map(Party::Node).collect();
    let outside: Vec<Party> = outside(cluster).into_iter().map(Party::Address).collect();
    let (edges, exact) = ports(cluster);
    let shown: Vec<Family> = match shown(cluster) {
        none if none.is_empty() => vec![Family::V4, Family::V6],
        shown => shown.into_iter().collect(),
    };
    let any_pod = pods.first().copied().unwrap_or(Party::Pod(0));

    let mut dice = Dice(0);
    let mut found = BTreeSet::new();
    for family in shown.iter().copied() {
        for i in finished.iter().take(1).map(|i| Party::Pod(*i)) {
            found.insert((i, any_pod, family, Protocol::Tcp, 80));
            found.insert((any_pod, i, family, Protocol::Tcp, 80));
        }
    }
    for _ in 0..MOST_PROBES * 3 {
        if found.len() >= MOST_PROBES || pods.is_empty() {
            break;
        }
        let pod = dice.pick(&pods);
        let other = match dice.below(20) {
            0..=2 if !nodes.is_empty() => dice.pick(&nodes),
            3..=7 => dice.pick(&outside),
            _ => dice.pick(&pods),
        };
        // Of a family that both ends have, but for a few.
        let has = |f: &Family| share(cluster, pod, other, *f);
        let shared: Vec<Family> = shown.iter().copied().filter(has).collect();
        let family = match (shared.is_empty(), dice.below(32)) {
            (false, 1..) => dice.pick(&shared),
            (true, 4..) => continue,
            _ => dice.pick(&[Family::V4, Family::V6]),
        };
        let port = if dice.below(2) == 0 { dice.pick(&edges) } else { dice.pick(&exact) };
        use Protocol::{Icmp, Sctp, Tcp, Udp};
        let protocol = dice.pick(&[Tcp, Tcp, Tcp, Tcp, Tcp, Tcp, Udp, Udp, Udp, Sctp, Sctp, Icmp]);
        let port = if protocol == Icmp { 0 } else { port };
        let (src, dst) = if dice.below(2) == 0 { (pod, other) } else { (other, pod) };
        found.insert((src, dst, family, protocol, port));
    }
    found.into_iter().collect()
}

/// Addresses that are certainly nobody's in the cluster, at most a dozen of each family.
pub fn outside(cluster: &Cluster) -> Vec<IpAddr> {
    let rules = cluster.policies.iter().flat_map(|p| p.ingress.iter().chain(&p.egress).flatten());
    let blocks = rules.flat_map(|r| r.peers.iter().flatten()).filter_map(|p| p.ip_block.as_ref());
    let blocks = blocks.flat_map(|b| b.except.iter().chain([&b.cidr]));
    let networks = cluster.admin.iter().flat_map(|p| &p.egress).flat_map(|r| &r.peers).flat_map(|p| match p {
        AdminPeer::Networks(cidrs) => &cidrs[..],
        _ => &[],
    });
    let edges = blocks.chain(networks).flat_map(|c| c.boundary());
    let owned: BTreeSet<IpAddr> = (cluster.pods.iter().flat_map(|p| &p.ips))
        .chain(cluster.nodes.iter().flat_map(|n| &n.addresses))
        .copied()
        .collect();
    let mut dice = Dice(1);
    let mut all = Vec::new();
    for (family, some) in [(Family::V4, "8.8.8.8"), (Family::V6, "2001:4860:4860::8888")] {
        let space = pod_space(cluster, family);
        let mut edges: Vec<IpAddr> = (edges.clone())
            .filter(|ip| number(*ip).0 == family && usable(*ip) && !owned.contains(ip))
            .filter(|ip| !space.iter().any(|c| c.contains(*ip)))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        while edges.len() > 11 {
            edges.swap_remove(dice.below(edges.len()));
        }
        all.extend(edges);
        all.push(some.parse().expect("an address"));
    }
    all
}

/// Every number in use with its neighbours, 1 and 65535; and the numbers alone.
fn ports(cluster: &Cluster) -> (Vec<u16>, Vec<u16>) {
    let mut exact = BTreeSet::new();
    let rules = cluster.policies.iter().flat_map(|p| p.ingress.iter().chain(&p.egress).flatten());
    for port in rules.flat_map(|r| r.ports.iter().flatten()) {
        if let Some(PortRef::Number(n)) = port.port {
            exact.extend([n, port.end_port.unwrap_or(n)]);
        }
    }
    for port in cluster.admin.iter().flat_map(|p| p.ingress.iter().chain(&p.egress)).flat_map(|r| &r.ports) {
        match port {
            AdminPort::Number(_, n) => exact.extend([*n]),
            AdminPort::Range(_, low, high) => exact.extend([*low, *high]),
            AdminPort::Name(_) => {}
        }
    }
    for pod in &cluster.pods {
        let all = pod.containers.iter().chain(&pod.sidecars).chain(&pod.init);
        exact.extend(all.map(|p| p.number));
    }
    if exact.is_empty() {
        exact.insert(80);
    }
    let around = |n: &u16| [n.saturating_sub(1).max(1), *n, n.saturating_add(1)];
    let edges: BTreeSet<u16> = exact.iter().flat_map(around).chain([1, 65535]).collect();
    (edges.into_iter().collect(), exact.into_iter().collect())
}
