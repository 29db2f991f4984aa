//! The plain data that the oracle judges and that the random clusters are made of.
//! Rows named in comments are those of semantics.md.

pub use super::options::Options;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

pub type Labels = BTreeMap<String, String>;
pub const NAME_LABEL: &str = "kubernetes.io/metadata.name";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    V4,
    V6,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    Tcp,
    Udp,
    Sctp,
    /// Of packets alone, and their port is 0.
    Icmp,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    Ingress,
    Egress,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    Running,
    Pending,
    Finished,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    Pod(usize),
    Node(usize),
    Address(IpAddr),
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    pub address: IpAddr,
    pub prefix: u8,
}
/// NoFlow: an end is no endpoint, or has no address of that family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    Allow,
    Deny,
    Undefined,
    NoFlow,
}
/// `pod_cidrs` are those of the command line; there may be none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cluster {
    pub pod_cidrs: Vec<Cidr>,
    pub namespaces: Vec<Ns>,
    pub nodes: Vec<Node>,
    pub pods: Vec<Pod>,
    pub policies: Vec<Policy>,
    pub admin: Vec<AdminPolicy>,
    /// What the network plugin does.
    pub options: Options,
}
/// `declared: false`: only mentioned, so its labels are unknown (those given here are ignored).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ns {
    pub name: String,
    pub labels: Labels,
    pub declared: bool,
}
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    pub name: String,
    pub labels: Labels,
    pub addresses: Vec<IpAddr>,
}
/// No `ips`: the address is unknown. `init` are the ports of plain init containers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pod {
    pub ns: String,
    pub name: String,
    pub labels: Labels,
    pub ips: Vec<IpAddr>,
    pub node: Option<String>,
    pub host_network: bool,
    pub phase: Phase,
    pub containers: Vec<ContainerPort>,
    pub sidecars: Vec<ContainerPort>,
    pub init: Vec<ContainerPort>,
}
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContainerPort {
    pub name: Option<String>,
    pub number: u16,
    pub protocol: Protocol,
}
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Policy {
    pub ns: String,
    pub name: String,
    pub pod_selector: Option<Selector>,
    pub policy_types: Option<Vec<Direction>>,
    pub ingress: Option<Vec<Rule>>,
    pub egress: Option<Vec<Rule>>,
}
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rule {
    pub peers: Option<Vec<Peer>>,
    pub ports: Option<Vec<Port>>,
}
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer {
    pub pod_selector: Option<Selector>,
    pub ns_selector: Option<Selector>,
    pub ip_block: Option<IpBlock>,
}
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IpBlock {
    pub cidr: Cidr,
    pub except: Vec<Cidr>,
}
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port {
    pub protocol: Option<Protocol>,
    pub port: Option<PortRef>,
    pub end_port: Option<u16>,
}
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PortRef {
    Number(u16),
    Name(String),
}
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector {
    pub match_labels: Labels,
    pub match_expressions: Vec<Expression>,
}
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Expression {
    pub key: String,
    pub operator: Operator,
    pub values: Vec<String>,
}
/// `V1Alpha1`: AdminNetworkPolicy, and in the Baseline tier the one BaselineAdminNetworkPolicy.
/// `V1Alpha2`: ClusterNetworkPolicy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Api {
    V1Alpha1,
    V1Alpha2,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    Admin,
    Baseline,
}
/// Allow is written Accept in `V1Alpha2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    Allow,
    Deny,
    Pass,
}
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AdminPolicy {
    pub api: Api,
    pub tier: Tier,
    pub name: String,
    pub priority: u16,
    pub subject: Pods,
    pub ingress: Vec<AdminRule>,
    pub egress: Vec<AdminRule>,
}
/// No `pods`: all of these namespaces.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pods {
    pub namespaces: Selector,
    pub pods: Option<Selector>,
}
/// No `ports`: all traffic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AdminRule {
    pub action: Action,
    pub peers: Vec<AdminPeer>,
    pub ports: Vec<AdminPort>,
}
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AdminPeer {
    Pods(Pods),
    Nodes(Selector),
    Networks(Vec<Cidr>),
}
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AdminPort {
    Number(Protocol, u16),
    Range(Protocol, u16, u16),
    Name(String),
}
/// "10.0.0.0/8" as a CIDR; panics on anything else.
pub fn cidr(text: &str) -> Cidr {
    let (address, prefix) = text.split_once('/').expect("a slash");
    Cidr { address: address.parse().expect("an address"), prefix: prefix.parse().expect("a prefix") }
}
pub fn number(ip: IpAddr) -> (Family, u128) {
    match ip {
        IpAddr::V4(ip) => (Family::V4, u32::from(ip).into()),
        IpAddr::V6(ip) => (Family::V6, ip.into()),
    }
}
pub fn address(family: Family, number: u128) -> Option<IpAddr> {
    match family {
        Family::V4 => Some(Ipv4Addr::from(u32::try_from(number).ok()?).into()),
        Family::V6 => Some(Ipv6Addr::from(number).into()),
    }
}
impl Cidr {
    pub fn family(&self) -> Family {
        number(self.address).0
    }
    /// The first and the last address.
    pub fn ends(&self) -> (u128, u128) {
        let (family, first) = number(self.address);
        let host_bits = if family == Family::V4 { 32 } else { 128 } - u32::from(self.prefix);
        (first, first | (1u128.checked_shl(host_bits).unwrap_or(0).wrapping_sub(1)))
    }
    pub fn contains(&self, ip: IpAddr) -> bool {
        let ((family, n), (first, last)) = (number(ip), self.ends());
        family == self.family() && first <= n && n <= last // A2: never across families
    }
    /// Both ends and one beyond each.
    pub fn boundary(&self) -> Vec<IpAddr> {
        let (first, last) = self.ends();
        let all = [first.checked_sub(1), Some(first), Some(last), last.checked_add(1)];
        all.into_iter().flatten().filter_map(|n| address(self.family(), n)).collect()
    }
}

/// Where an address that is not known may be ("What was not given is not guessed").
static POD_SPACE: LazyLock<Vec<Cidr>> = LazyLock::new(|| {
    let v4 = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"];
    v4.into_iter().chain(["fc00::/7"]).map(cidr).collect()
});
/// No pod, node or outside party has one of these.
pub static NEVER: LazyLock<Vec<Cidr>> = LazyLock::new(|| {
    let v4 = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"];
    v4.into_iter().chain(["::/8", "fe80::/10", "ff00::/8"]).map(cidr).collect()
});

/// Given pod CIDRs of that family, else the private ranges.
pub fn pod_space(cluster: &Cluster, family: Family) -> Vec<Cidr> {
    let of_family = |all: &[Cidr]| -> Vec<Cidr> { all.iter().copied().filter(|c| c.family() == family).collect() };
    let given = of_family(&cluster.pod_cidrs);
    if given.is_empty() { of_family(&POD_SPACE) } else { given }
}
pub fn usable(ip: IpAddr) -> bool {
    !NEVER.iter().any(|never| never.contains(ip))
}
/// The families that the cluster shows.
pub fn shown(cluster: &Cluster) -> BTreeSet<Family> {
    let pods = cluster.pods.iter().flat_map(|p| &p.ips);
    let nodes = cluster.nodes.iter().flat_map(|n| &n.addresses);
    let given = cluster.pod_cidrs.iter().map(|c| &c.address);
    pods.chain(nodes).chain(given).map(|ip| number(*ip).0).collect()
}
/// The same; IPv4 if it shows none.
pub fn families(cluster: &Cluster) -> BTreeSet<Family> {
    let seen = shown(cluster);
    if seen.is_empty() { BTreeSet::from([Family::V4]) } else { seen }
}
/// Can the two have to do with each other in that family? Where no address is shown, an address
/// outside is asked about in its own.
pub fn share(cluster: &Cluster, a: Party, b: Party, family: Family) -> bool {
    let has = |party, other| {
        let any = shown(cluster).is_empty() && matches!(other, Party::Address(_));
        exists(cluster, party, if any && !matches!(party, Party::Address(_)) { Family::V4 } else { family })
    };
    has(a, b) && has(b, a)
}
/// Is it an endpoint of that family?
pub fn exists(cluster: &Cluster, party: Party, family: Family) -> bool {
    match known_addresses(cluster, party) {
        _ if matches!(party, Party::Pod(i) if cluster.pods[i].phase == Phase::Finished) => false,
        Some(known) => known.iter().any(|ip| number(*ip).0 == family),
        None => families(cluster).contains(&family),
    }
}

/// None: not known. A hostNetwork pod has its node's addresses.
pub fn known_addresses(cluster: &Cluster, party: Party) -> Option<Vec<IpAddr>> {
    let node = |name: &String| cluster.nodes.iter().find(|n| n.name == *name);
    match party {
        Party::Address(ip) => Some(vec![ip]),
        Party::Node(i) => Some(cluster.nodes[i].addresses.clone()),
        Party::Pod(i) => match &cluster.pods[i] {
            pod if !pod.ips.is_empty() => Some(pod.ips.clone()),
            pod if !pod.host_network => None,
            pod => pod.node.as_ref().and_then(node).map(|n| n.addresses.clone()),
        },
    }
}

/// The pod, if it is policed and selectors see it: not with hostNetwork (A6).
pub fn selectable(cluster: &Cluster, party: Party) -> Option<&Pod> {
    match party {
        Party::Pod(i) => Some(&cluster.pods[i]).filter(|pod| !pod.host_network),
        _ => None,
    }
}
