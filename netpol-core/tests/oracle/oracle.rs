//! A naive oracle: one packet at a time, every possible world tried in turn.
//! Comments name the row of semantics.md that a line follows.

pub use super::cluster::*;
use super::worlds::*;
use super::{admin, network_policy};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// `names`: what each port name of the destination pod may stand for.
pub struct Packet<'a> {
    pub protocol: Protocol,
    pub port: u16,
    pub names: BTreeMap<&'a str, BTreeSet<u16>>,
}

impl Packet<'_> {
    /// Whether the name stands for the packet's port; None: that is not known.
    pub fn is_named(&self, name: &str) -> Option<bool> {
        match self.names.get(name) {
            Some(numbers) if numbers.contains(&self.port) => (numbers.len() == 1).then_some(true),
            _ => Some(false),
        }
    }
}

/// Whether any of them holds; None: that is not known.
pub fn any_of(found: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let found: Vec<Option<bool>> = found.into_iter().collect();
    if found.contains(&Some(true)) {
        return Some(true);
    }
    if found.contains(&None) { None } else { Some(false) }
}

/// What is not known, and a packet: the labels of the policed pod's namespace and of its peer's,
/// the peer's address, and whether it is the pod's own node.
pub struct World<'a> {
    pub own_labels: &'a Labels,
    pub peer_labels: &'a Labels,
    pub ip: IpAddr,
    pub own_node: bool,
    pub packet: &'a Packet<'a>,
}

/// Allow or Deny if all possible worlds agree, else Undefined. NoFlow: an end is no endpoint, or
/// has no address of that family.
pub fn decide(cluster: &Cluster, src: Party, dst: Party, family: Family, protocol: Protocol, port: u16) -> Answer {
    if !share(cluster, src, dst, family) {
        return Answer::NoFlow; // A1, A6 "Finished pods", "Dual stack"
    }
    if matches!(src, Party::Pod(_)) && src == dst {
        return Answer::Allow; // A6 "Pod→own pod IP"
    }
    let out = Side::of(cluster, src, Direction::Egress, dst, family);
    let into = Side::of(cluster, dst, Direction::Ingress, src, family);

    // Both directions look at the labels of both namespaces: these are the same ones, and if both
    // pods are in one namespace there is one set of them.
    let selectors = [out.namespace_selectors(), into.namespace_selectors()].concat();
    let namespace = |party| selectable(cluster, party).map(|pod| &pod.ns);
    let worlds = |party| match namespace(party) {
        Some(ns) => label_worlds(cluster, ns, &selectors),
        None => vec![Labels::new()],
    };
    let one = namespace(src).is_some() && namespace(src) == namespace(dst);

    let mut seen = BTreeSet::new();
    let packet = Packet { protocol, port, names: names(cluster, dst, protocol) };
    for src_labels in worlds(src) {
        for dst_labels in if one { vec![src_labels.clone()] } else { worlds(dst) } {
            let into = into.verdicts(&dst_labels, &src_labels, &packet);
            for o in out.verdicts(&src_labels, &dst_labels, &packet) {
                seen.extend(into.iter().map(|i| both(o, *i)));
            }
            if seen.len() > 1 {
                return Answer::Undefined;
            }
        }
    }
    if seen.len() == 1 { *seen.first().unwrap() } else { Answer::Undefined }
}

/// A1: `out && in`.
fn both(out: Answer, into: Answer) -> Answer {
    match (out, into) {
        (Answer::Deny, _) | (_, Answer::Deny) => Answer::Deny,
        (Answer::Allow, Answer::Allow) => Answer::Allow,
        _ => Answer::Undefined,
    }
}

/// One direction of the flow: the pod that is policed with the policies that may be about it, and
/// the other end.
pub struct Side<'a> {
    pub cluster: &'a Cluster,
    pub policed: Party,
    pub direction: Direction,
    pub policies: Vec<&'a Policy>,
    pub admin: Vec<&'a AdminPolicy>,
    pub peer: Party,
    addresses: BTreeSet<IpAddr>,
}

impl<'a> Side<'a> {
    fn of(cluster: &'a Cluster, policed: Party, direction: Direction, peer: Party, family: Family) -> Side<'a> {
        let policies = network_policy::selecting(cluster, policed, direction);
        let admin = admin::selecting(cluster, policed);
        let peers = network_policy::peers(&policies, direction);
        let blocks = peers.iter().filter_map(|p| p.ip_block.as_ref());
        let blocks = blocks.flat_map(|b| b.except.iter().chain([&b.cidr]).copied());
        let mentioned: Vec<Cidr> = blocks.chain(admin::networks(&admin, direction)).collect();
        let addresses = address_worlds(cluster, peer, family, &mentioned);
        Side { cluster, policed, direction, policies, admin, peer, addresses }
    }

    /// Whatever is asked of the labels of a namespace.
    fn namespace_selectors(&self) -> Vec<&'a Selector> {
        let peers = network_policy::peers(&self.policies, self.direction).into_iter();
        let ours = peers.filter_map(|p| p.ns_selector.as_ref());
        ours.chain(admin::namespace_selectors(&self.admin, self.direction)).collect()
    }

    /// All verdicts that this direction may have, over what else is not known of the peer.
    fn verdicts(&self, own_labels: &Labels, peer_labels: &Labels, packet: &Packet<'_>) -> BTreeSet<Answer> {
        let mut seen = BTreeSet::new();
        for own_node in self.own_node() {
            for ip in self.addresses.iter().copied() {
                if seen.contains(&Answer::Allow) && seen.contains(&Answer::Deny) {
                    return seen; // no other world can settle that
                }
                seen.extend(self.judge(&World { own_labels, peer_labels, ip, own_node, packet }));
            }
        }
        seen
    }

    /// B: the Admin tier, then NetworkPolicy, then the Baseline tier; what none decides is allowed.
    fn judge(&self, world: &World<'_>) -> BTreeSet<Answer> {
        if !self.cluster.options.usual("enforced") {
            return BTreeSet::from([Answer::Allow]);
        }
        let tiers: [&dyn Fn() -> BTreeSet<Option<Answer>>; 3] =
            [&|| admin::judge(self, Tier::Admin, world), &|| network_policy::judge(self, world), &|| {
                admin::judge(self, Tier::Baseline, world)
            }];
        let mut seen = BTreeSet::new();
        for tier in tiers {
            let said = tier();
            seen.extend(said.iter().flatten());
            if !said.contains(&None) {
                return seen;
            }
        }
        seen.insert(Answer::Allow);
        seen
    }

    /// May the peer be the policed pod's own node, or a hostNetwork pod there (F)?
    fn own_node(&self) -> Vec<bool> {
        let peer_node = match self.peer {
            Party::Node(i) => Some(&self.cluster.nodes[i].name),
            Party::Pod(i) if self.cluster.pods[i].host_network => self.cluster.pods[i].node.as_ref(),
            _ => return vec![false],
        };
        match (peer_node, selectable(self.cluster, self.policed).and_then(|p| p.node.as_ref())) {
            (Some(a), Some(b)) => vec![a == b],
            _ => vec![false, true], // not scheduled
        }
    }
}

/// A3: terms AND; `matchLabels` and In need the key, NotIn is true without it.
pub fn selector_matches(selector: &Selector, labels: &Labels) -> bool {
    selector.match_labels.iter().all(|(k, v)| labels.get(k) == Some(v))
        && selector.match_expressions.iter().all(|e| match (e.operator, labels.get(&e.key)) {
            (Operator::In, value) => value.is_some_and(|v| e.values.contains(v)),
            (Operator::NotIn, value) => value.is_none_or(|v| !e.values.contains(v)),
            (Operator::Exists, value) => value.is_some(),
            (Operator::DoesNotExist, value) => value.is_none(),
        })
}
