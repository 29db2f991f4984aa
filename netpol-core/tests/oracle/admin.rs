//! The administrative tiers: ClusterNetworkPolicy, AdminNetworkPolicy and
//! BaselineAdminNetworkPolicy (semantics.md, B and F). Every order that policies may have is tried.

use super::oracle::*;
use std::collections::BTreeSet;

fn rules(policy: &AdminPolicy, direction: Direction) -> &[AdminRule] {
    if direction == Direction::Ingress { &policy.ingress } else { &policy.egress }
}

/// The policies that select the pod if its namespace has the right labels. B: no hostNetwork pods.
pub fn selecting(cluster: &Cluster, policed: Party) -> Vec<&AdminPolicy> {
    let pod = selectable(cluster, policed);
    let selects = |p: &&AdminPolicy| {
        let selector = p.subject.pods.as_ref();
        pod.is_some_and(|pod| selector.is_none_or(|s| selector_matches(s, &pod.labels)))
    };
    cluster.admin.iter().filter(selects).collect()
}

pub fn networks(policies: &[&AdminPolicy], direction: Direction) -> Vec<Cidr> {
    let peers = policies.iter().flat_map(|p| rules(p, direction)).flat_map(|r| &r.peers);
    let of = |peer: &AdminPeer| match peer {
        AdminPeer::Networks(cidrs) => cidrs.clone(),
        _ => vec![],
    };
    peers.flat_map(of).collect()
}

/// Whatever is asked of the labels of a namespace.
pub fn namespace_selectors<'a>(policies: &[&'a AdminPolicy], direction: Direction) -> Vec<&'a Selector> {
    let peers = policies.iter().flat_map(|p| rules(p, direction)).flat_map(|r| &r.peers);
    let of = |peer: &'a AdminPeer| match peer {
        AdminPeer::Pods(pods) => Some(&pods.namespaces),
        _ => None,
    };
    policies.iter().map(|p| &p.subject.namespaces).chain(peers.filter_map(of)).collect()
}

/// All that the tier may say; None leaves the packet to the next tier.
pub fn judge(side: &Side<'_>, tier: Tier, world: &World<'_>) -> BTreeSet<Option<Answer>> {
    let applies = |p: &&AdminPolicy| p.tier == tier && selector_matches(&p.subject.namespaces, world.own_labels);
    let policies: Vec<&AdminPolicy> = side.admin.iter().copied().filter(applies).collect();
    let orders = permutations(&policies).into_iter().filter(|order| is_possible(order));
    orders.flat_map(|order| first_match(side, &order, world)).collect()
}

fn permutations<'a>(policies: &[&'a AdminPolicy]) -> Vec<Vec<&'a AdminPolicy>> {
    if policies.is_empty() {
        return vec![vec![]];
    }
    let mut all = Vec::new();
    for i in 0..policies.len() {
        let mut rest = policies.to_vec();
        let first = rest.remove(i);
        all.extend(permutations(&rest).into_iter().map(|rest| [vec![first], rest].concat()));
    }
    all
}

/// B: the lower priority value first; a tie has no order. F: neither have the two APIs.
fn is_possible(order: &[&AdminPolicy]) -> bool {
    let pairs = order.iter().enumerate().flat_map(|(i, a)| order[i + 1..].iter().map(move |b| (a, b)));
    pairs.into_iter().all(|(a, b)| a.api != b.api || a.priority <= b.priority)
}

/// Rules in their order, the first that matches. One that may match is taken both ways, whatever
/// was taken for the others.
fn first_match(side: &Side<'_>, order: &[&AdminPolicy], world: &World<'_>) -> BTreeSet<Option<Answer>> {
    let mut seen = BTreeSet::new();
    for (policy, rule) in order.iter().flat_map(|p| rules(p, side.direction).iter().map(move |rule| (p, rule))) {
        // Whether a plugin enforces it may not be known.
        let enforced = match side.cluster.options.get("admin-tiers") {
            "enforced" => true,
            "v1alpha1" => policy.api == Api::V1Alpha1,
            _ => false,
        };
        let peer = any_of(rule.peers.iter().map(|p| peer_matches(side, p, world)));
        let port = match &rule.ports[..] {
            [] => Some(true),
            ports => any_of(ports.iter().map(|p| port_matches(p, world.packet))),
        };
        if peer == Some(false) || port == Some(false) {
            continue;
        }
        seen.insert(match rule.action {
            Action::Allow => Some(Answer::Allow),
            Action::Deny => Some(Answer::Deny),
            Action::Pass => None,
        });
        if enforced && peer == Some(true) && port == Some(true) {
            return seen;
        }
    }
    seen.insert(None);
    seen
}

/// None: that is not known.
fn peer_matches(side: &Side<'_>, peer: &AdminPeer, world: &World<'_>) -> Option<bool> {
    match peer {
        AdminPeer::Pods(pods) => Some(selectable(side.cluster, side.peer).is_some_and(|pod| {
            selector_matches(&pods.namespaces, world.peer_labels)
                && pods.pods.as_ref().is_none_or(|s| selector_matches(s, &pod.labels))
        })),
        AdminPeer::Networks(cidrs) => Some(cidrs.iter().any(|c| c.contains(world.ip))),
        AdminPeer::Nodes(selector) => node_matches(side, selector),
    }
}

/// A Node or who is on its network. The labels of a node that is not in the cluster are not known.
fn node_matches(side: &Side<'_>, selector: &Selector) -> Option<bool> {
    let cluster = side.cluster;
    let node = match side.peer {
        Party::Node(i) => Some(&cluster.nodes[i]),
        Party::Pod(i) if cluster.pods[i].host_network => {
            cluster.nodes.iter().find(|n| Some(&n.name) == cluster.pods[i].node.as_ref())
        }
        _ => return Some(false),
    };
    if selector.match_labels.is_empty() && selector.match_expressions.is_empty() {
        return Some(true);
    }
    node.map(|n| selector_matches(selector, &n.labels))
}

/// B: a name means every protocol.
fn port_matches(wanted: &AdminPort, packet: &Packet<'_>) -> Option<bool> {
    match wanted {
        AdminPort::Number(protocol, n) => Some(*protocol == packet.protocol && *n == packet.port),
        AdminPort::Range(protocol, low, high) => {
            Some(*protocol == packet.protocol && (*low..=*high).contains(&packet.port))
        }
        AdminPort::Name(name) => packet.is_named(name),
    }
}
