//! A naive oracle for NetworkPolicy v1: one packet at a time, every possible world tried in turn.
//! Comments name the row of semantics.md that a line follows.

pub use super::cluster::*;
use super::worlds::*;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// `names`: what each port name of the destination pod stands for, in this world.
struct Packet<'a> {
    protocol: Protocol,
    port: u16,
    names: Vec<(&'a str, u16)>,
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

    // Egress looks at the labels of dst's namespace, ingress at those of src's: independent, unless
    // both are in one namespace, which has one set of labels in each world.
    let all: Vec<&Policy> = out.policies.iter().chain(&into.policies).copied().collect();
    let namespace = |party| selectable(cluster, party).map(|pod| &pod.ns);
    let worlds = |party| match namespace(party) {
        Some(ns) => label_worlds(cluster, ns, &all),
        None => vec![Labels::new()],
    };
    let label_cases: Vec<(Vec<Labels>, Vec<Labels>)> = if namespace(src).is_some() && namespace(src) == namespace(dst) {
        worlds(src).into_iter().map(|w| (vec![w.clone()], vec![w])).collect()
    } else {
        vec![(worlds(src), worlds(dst))]
    };

    let mut seen = BTreeSet::new();
    for names in name_worlds(cluster, dst, protocol) {
        let packet = Packet { protocol, port, names };
        for (src_labels, dst_labels) in &label_cases {
            let into = into.verdicts(src_labels, &packet);
            for o in out.verdicts(dst_labels, &packet) {
                seen.extend(into.iter().map(|i| both(o, *i)));
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

/// A2: no policyTypes (or []): Ingress, and Egress if there is any egress rule.
fn has_type(policy: &Policy, direction: Direction) -> bool {
    match policy.policy_types.as_deref().unwrap_or_default() {
        [] => direction == Direction::Ingress || !rules(policy, Direction::Egress).is_empty(),
        given => given.contains(&direction),
    }
}

/// A2: missing and [] are the same.
fn rules(policy: &Policy, direction: Direction) -> &[Rule] {
    let rules = if direction == Direction::Ingress { &policy.ingress } else { &policy.egress };
    rules.as_deref().unwrap_or_default()
}

/// One direction of the flow: the pod that is policed, and the other end.
struct Side<'a> {
    cluster: &'a Cluster,
    policed: Party,
    direction: Direction,
    policies: Vec<&'a Policy>,
    peer: Party,
    addresses: BTreeSet<IpAddr>,
}

impl<'a> Side<'a> {
    /// A1: the policies of its namespace that select the pod in that direction.
    fn of(cluster: &'a Cluster, policed: Party, direction: Direction, peer: Party, family: Family) -> Side<'a> {
        let pod = selectable(cluster, policed);
        let selects = |p: &&Policy| {
            let selector = p.pod_selector.as_ref();
            pod.is_some_and(|pod| p.ns == pod.ns && selector.is_none_or(|s| selector_matches(s, &pod.labels)))
        };
        let typed = cluster.policies.iter().filter(|p| has_type(p, direction));
        let policies: Vec<&Policy> = typed.filter(selects).collect();
        let rules = policies.iter().flat_map(|p| rules(p, direction));
        let peers: Vec<&Peer> = rules.flat_map(|r| r.peers.iter().flatten()).collect();
        let addresses = address_worlds(cluster, peer, family, &peers);
        Side { cluster, policed, direction, policies, peer, addresses }
    }

    /// All verdicts that this direction may have, over what is not known of the peer.
    fn verdicts(&self, peer_labels: &[Labels], packet: &Packet) -> BTreeSet<Answer> {
        if self.policies.is_empty() {
            return BTreeSet::from([Answer::Allow]); // A1: not isolated
        }
        let mut seen = BTreeSet::new();
        for own_node in self.own_node() {
            for ip in self.addresses.iter().copied() {
                for labels in peer_labels {
                    if seen.contains(&Answer::Allow) && seen.contains(&Answer::Deny) {
                        return seen; // no other world can settle that
                    }
                    let admits = |p: &&Policy| self.admits(p, ip, labels, packet);
                    seen.insert(match (own_node, self.direction) {
                        (true, Direction::Ingress) => Answer::Allow, // A6 "Own node→pod"
                        _ if self.policies.iter().any(admits) => Answer::Allow,
                        (true, Direction::Egress) => Answer::Undefined, // A6 "Own node→pod"
                        _ => Answer::Deny,
                    });
                }
            }
        }
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

    /// A2: from × ports AND inside a rule; each empty is any.
    fn admits(&self, policy: &Policy, ip: IpAddr, labels: &Labels, packet: &Packet) -> bool {
        rules(policy, self.direction).iter().any(|rule| {
            let peers = rule.peers.as_deref().unwrap_or_default();
            let ports = rule.ports.as_deref().unwrap_or_default();
            (peers.is_empty() || peers.iter().any(|p| self.peer_matches(policy, p, ip, labels)))
                && (ports.is_empty() || ports.iter().any(|p| port_matches(p, packet)))
        })
    }

    fn peer_matches(&self, policy: &Policy, peer: &Peer, ip: IpAddr, labels: &Labels) -> bool {
        if let Some(block) = &peer.ip_block {
            // A6 "ipBlock vs pod IP": pods match too.
            return block.cidr.contains(ip) && !block.except.iter().any(|e| e.contains(ip));
        }
        selectable(self.cluster, self.peer).is_some_and(|pod| {
            let here = pod.ns == policy.ns;
            peer.pod_selector.as_ref().is_none_or(|s| selector_matches(s, &pod.labels))
                && peer.ns_selector.as_ref().map_or(here, |s| selector_matches(s, labels))
        })
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

/// A4: no protocol is TCP; a number, a range, or a name of the destination pod.
fn port_matches(wanted: &Port, packet: &Packet) -> bool {
    wanted.protocol.unwrap_or(Protocol::Tcp) == packet.protocol
        && match &wanted.port {
            None => true,
            Some(PortRef::Number(n)) => (*n..=wanted.end_port.unwrap_or(*n)).contains(&packet.port),
            Some(PortRef::Name(name)) => packet.names.contains(&(name.as_str(), packet.port)),
        }
}
