//! The tier of NetworkPolicy v1.

use super::oracle::*;
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
    if side.policies.is_empty() {
        return BTreeSet::from([None]);
    }
    let otherwise = match (world.own_node, side.direction) {
        (true, Direction::Ingress) => return BTreeSet::from([Some(Answer::Allow)]), // A6 "Own node→pod"
        (true, Direction::Egress) => Answer::Undefined,
        (false, _) => Answer::Deny,
    };
    if world.packet.protocol == Protocol::Icmp {
        return BTreeSet::from([Some(Answer::Undefined)]); // A6 "ICMP, ARP, other"
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
        let ports = rule.ports.as_deref().unwrap_or_default();
        match peers.is_empty() || peers.iter().any(|p| peer_matches(side, policy, p, world)) {
            true if ports.is_empty() => Some(true),
            true => any_of(ports.iter().map(|p| port_matches(p, world.packet))),
            false => Some(false),
        }
    }))
}

fn peer_matches(side: &Side<'_>, policy: &Policy, peer: &Peer, world: &World<'_>) -> bool {
    if let Some(block) = &peer.ip_block {
        // A6 "ipBlock vs pod IP": pods match too.
        return block.cidr.contains(world.ip) && !block.except.iter().any(|e| e.contains(world.ip));
    }
    selectable(side.cluster, side.peer).is_some_and(|pod| {
        let here = pod.ns == policy.ns;
        peer.pod_selector.as_ref().is_none_or(|s| selector_matches(s, &pod.labels))
            && peer.ns_selector.as_ref().map_or(here, |s| selector_matches(s, world.peer_labels))
    })
}

/// A4: no protocol is TCP; a number, a range, or a name of the destination pod.
fn port_matches(wanted: &Port, packet: &Packet<'_>) -> Option<bool> {
    if wanted.protocol.unwrap_or(Protocol::Tcp) != packet.protocol {
        return Some(false);
    }
    match &wanted.port {
        None => Some(true),
        Some(PortRef::Number(n)) => Some((*n..=wanted.end_port.unwrap_or(*n)).contains(&packet.port)),
        Some(PortRef::Name(name)) => packet.is_named(name),
    }
}
