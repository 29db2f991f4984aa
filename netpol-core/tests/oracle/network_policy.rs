//! The tier of NetworkPolicy v1.

use super::oracle::*;
use super::worlds::{declared, label_worlds};
use std::collections::BTreeSet;

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

/// A1: the policies of its namespace that select the pod in that direction.
pub fn selecting(cluster: &Cluster, policed: Party, direction: Direction) -> Vec<&Policy> {
    let pod = selectable(cluster, policed);
    let selects = |p: &&Policy| {
        let selector = p.pod_selector.as_ref();
        pod.is_some_and(|pod| p.ns == pod.ns && selector.is_none_or(|s| selector_matches(s, &pod.labels)))
    };
    cluster.policies.iter().filter(|p| has_type(p, direction)).filter(selects).collect()
}

pub fn peers<'a>(policies: &[&'a Policy], direction: Direction) -> Vec<&'a Peer> {
    let rules = policies.iter().flat_map(|p| rules(p, direction));
    rules.flat_map(|r| r.peers.iter().flatten()).collect()
}

/// All that the tier may say. A1: whom no policy isolates is left to the next tier.
pub fn judge(side: &Side<'_>, world: &World<'_>) -> BTreeSet<Option<Answer>> {
    let options = &side.cluster.options;
    if side.policies.is_empty() {
        // B: some plugins end here if a policy selects the pod in the other direction alone.
        let other = [Direction::Ingress, Direction::Egress].map(|d| selecting(side.cluster, side.policed, d));
        let either = !options.usual("baseline-after") && other.iter().any(|policies| !policies.is_empty());
        return BTreeSet::from([either.then_some(Answer::Allow)]);
    }
    // A6 "Own node→pod"
    let own_node = match (world.own_node, side.direction) {
        (false, _) => "policed",
        (true, Direction::Ingress) => options.get("own-node-ingress"),
        (true, Direction::Egress) => options.get("own-node-egress"),
    };
    let otherwise = match own_node {
        "exempt" => return BTreeSet::from([Some(Answer::Allow)]),
        "undefined" => Answer::Undefined,
        _ => Answer::Deny,
    };
    // A6 "ICMP, ARP, other": rules without ports are asked like others, and no port is ICMP's.
    match (world.packet.protocol, options.get("icmp")) {
        (Protocol::Icmp, "undefined") => return BTreeSet::from([Some(Answer::Undefined)]),
        (Protocol::Icmp, "allowed") => return BTreeSet::from([Some(Answer::Allow)]),
        // What is off by default may be switched on.
        (Protocol::Sctp, _) if !options.usual("sctp") => return BTreeSet::from([Some(Answer::Undefined)]),
        _ => {}
    }
    match any_of(side.policies.iter().map(|p| admits(side, p, world))) {
        Some(true) => BTreeSet::from([Some(Answer::Allow)]),
        Some(false) => BTreeSet::from([Some(otherwise)]),
        None => BTreeSet::from([Some(Answer::Allow), Some(otherwise)]),
    }
}

/// A2: from × ports AND inside a rule; each empty is any.
fn admits(side: &Side<'_>, policy: &Policy, world: &World<'_>) -> Option<bool> {
    any_of(rules(policy, side.direction).iter().map(|rule| {
        let peers = rule.peers.as_deref().unwrap_or_default();
        if peers.is_empty() {
            return ports_match(side, policy, rule, None, world);
        }
        any_of(peers.iter().map(|peer| {
            let of = [peer_matches(side, policy, peer, world), ports_match(side, policy, rule, Some(peer), world)];
            match of {
                [Some(false), _] | [_, Some(false)] => Some(false),
                [Some(true), Some(true)] => Some(true),
                _ => None,
            }
        }))
    }))
}

fn ports_match(side: &Side<'_>, policy: &Policy, rule: &Rule, peer: Option<&Peer>, world: &World<'_>) -> Option<bool> {
    match rule.ports.as_deref().unwrap_or_default() {
        [] => Some(true),
        ports => any_of(ports.iter().map(|port| port_matches(side, policy, port, peer, world.packet))),
    }
}

fn peer_matches(side: &Side<'_>, policy: &Policy, peer: &Peer, world: &World<'_>) -> Option<bool> {
    if let Some(block) = &peer.ip_block {
        // A6 "ipBlock vs pod IP": pods and nodes match too, but on Cilium.
        let seen = match side.peer {
            Party::Address(_) => true,
            Party::Pod(i) if !side.cluster.pods[i].host_network => side.cluster.options.usual("ip-block-matches-pods"),
            _ => side.cluster.options.usual("ip-block-matches-nodes"),
        };
        let inside = block.cidr.contains(world.ip) && !block.except.iter().any(|e| e.contains(world.ip));
        return Some(seen && inside);
    }
    let selects = |pod: &Pod| peer.pod_selector.as_ref().is_none_or(|s| selector_matches(s, &pod.labels));
    if let Some(pod) = selectable(side.cluster, side.peer) {
        let here = pod.ns == policy.ns;
        return Some(
            selects(pod) && peer.ns_selector.as_ref().map_or(here, |s| selector_matches(s, world.peer_labels)),
        );
    }
    // A6 "hostNetwork as peer"
    let cluster = side.cluster;
    let on_host = |pod: &&Pod| pod.host_network && pod.phase != Phase::Finished;
    let selected = |pod: &Pod| match &peer.ns_selector {
        _ if !selects(pod) => Some(false),
        None => Some(pod.ns == policy.ns),
        Some(selector) => in_namespace(side, selector, &pod.ns, world),
    };
    let (own, node) = match side.peer {
        Party::Pod(i) => (Some(&cluster.pods[i]), cluster.pods[i].node.as_ref()),
        Party::Node(i) => (None, Some(&cluster.nodes[i].name)),
        Party::Address(_) => return Some(false),
    };
    match cluster.options.get("host-peers") {
        "by-address" => Some(false),
        "undefined" => match own.map_or(Some(false), selected) {
            Some(false) => Some(false),
            _ => None,
        },
        // Its address is admitted, and so is whoever else has it.
        _ => any_of(own.map(selected).into_iter().chain(cluster.pods.iter().filter(on_host).map(|other| {
            match (node, &other.node, selected(other)) {
                (_, _, Some(false)) => Some(false),
                (Some(a), Some(b), _) if a != b => Some(false),
                (Some(_), Some(_), found) => found,
                _ => None,
            }
        }))),
    }
}

/// Whether a selector means a namespace, of whose labels nothing may be known.
fn in_namespace(side: &Side<'_>, selector: &Selector, ns: &str, world: &World<'_>) -> Option<bool> {
    let known = [(side.policed, world.own_labels), (side.peer, world.peer_labels)];
    let known = known.into_iter().find(|(of, _)| selectable(side.cluster, *of).is_some_and(|pod| pod.ns == ns));
    if let Some((_, labels)) = known {
        return Some(selector_matches(selector, labels));
    }
    let worlds = label_worlds(side.cluster, ns, &[selector]);
    let seen: BTreeSet<bool> = worlds.iter().map(|labels| selector_matches(selector, labels)).collect();
    if seen.len() == 1 { seen.first().copied() } else { None }
}

/// A4: no protocol is TCP; a number, a range, or a name of the destination pod.
fn port_matches(
    side: &Side<'_>,
    policy: &Policy,
    wanted: &Port,
    peer: Option<&Peer>,
    packet: &Packet<'_>,
) -> Option<bool> {
    if wanted.protocol.unwrap_or(Protocol::Tcp) != packet.protocol {
        return Some(false);
    }
    let name = match &wanted.port {
        None => return Some(true),
        Some(PortRef::Number(n)) => return Some((*n..=wanted.end_port.unwrap_or(*n)).contains(&packet.port)),
        Some(PortRef::Name(name)) => name,
    };
    let options = &side.cluster.options;
    if !options.usual("named-ports") {
        return Some(true);
    }
    if side.direction == Direction::Ingress {
        return match options.get("ingress-port-names") {
            "destination" => packet.is_named(name),
            // On whichever pod that the policy selects.
            _ => Some(side.cluster.pods.iter().any(|pod| {
                let selected = policy.pod_selector.as_ref().is_none_or(|s| selector_matches(s, &pod.labels));
                selected && pod.ns == policy.ns && calls_so(side.cluster, pod, name, packet)
            })),
        };
    }
    // On whichever pod of the policy's own namespace, for every destination.
    let in_own_namespace = || {
        let pods = side.cluster.pods.iter();
        pods.filter(|pod| pod.ns == policy.ns && !pod.host_network).any(|pod| calls_so(side.cluster, pod, name, packet))
    };
    match (options.get("egress-port-names"), peer) {
        ("everywhere", _) => packet.is_named(name),
        (_, Some(peer)) if peer.ip_block.is_none() => packet.is_named(name),
        ("own-namespace", None) => Some(in_own_namespace()),
        _ => Some(false),
    }
}

/// Whether a pod that has not run to its end declares the packet's port by that name.
fn calls_so(cluster: &Cluster, pod: &Pod, name: &str, packet: &Packet<'_>) -> bool {
    let is = |p: &&ContainerPort| p.name.as_deref() == Some(name) && p.protocol == packet.protocol;
    pod.phase != Phase::Finished && declared(cluster, pod).into_iter().filter(is).any(|p| p.number == packet.port)
}
