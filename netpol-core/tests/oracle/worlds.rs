//! What is not known of a cluster: each function lists every possibility, one world each.

use super::cluster::*;
use super::oracle::selector_matches;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// The party's addresses of that family. If they are not known: both ends of all that the peers
/// mention and one beyond, within the space where the address must be.
pub fn address_worlds(cluster: &Cluster, party: Party, family: Family, mentioned: &[Cidr]) -> BTreeSet<IpAddr> {
    if let Some(known) = known_addresses(cluster, party) {
        return known.into_iter().filter(|ip| number(*ip).0 == family).collect();
    }
    let pods = pod_space(cluster, family);
    let in_any = |space: &[Cidr], ip| space.iter().any(|c| c.contains(ip));
    let may_be = |ip: &IpAddr| match selectable(cluster, party) {
        Some(_) => in_any(&pods, *ip),
        // An unscheduled hostNetwork pod: on any node, also one that was not given.
        None => usable(*ip) && !in_any(&cluster.pod_cidrs, *ip),
    };
    let edges = mentioned.iter().copied().chain(pods.iter().copied()).chain(NEVER.iter().copied());
    let edges = edges.filter(|c| c.family() == family);
    edges.flat_map(|c| c.boundary()).filter(may_be).collect()
}

/// A4: containers and sidecars, by (name, protocol); plugins differ in which count. F: of several numbers any may be meant, by each
/// rule for itself. No names but those of a pod that has its own address.
pub fn names(cluster: &Cluster, dst: Party, protocol: Protocol) -> BTreeMap<&str, BTreeSet<u16>> {
    let mut numbers: BTreeMap<&str, BTreeSet<u16>> = BTreeMap::new();
    let pods = selectable(cluster, dst).into_iter();
    for port in pods.flat_map(|pod| declared(cluster, pod)) {
        if let Some(name) = port.name.as_ref().filter(|_| port.protocol == protocol) {
            numbers.entry(name).or_default().insert(port.number);
        }
    }
    numbers
}

/// The ports whose names count for rules.
pub fn declared<'a>(cluster: &Cluster, pod: &'a Pod) -> Vec<&'a ContainerPort> {
    let (sidecars, init) = match cluster.options.get("port-names-of") {
        "containers" => (false, false),
        "containers-and-sidecars" => (true, false),
        _ => (true, true),
    };
    let sidecars = pod.sidecars.iter().filter(|_| sidecars);
    pod.containers.iter().chain(sidecars).chain(pod.init.iter().filter(|_| init)).collect()
}

/// Possible sets of labels of the namespace, of those that all these selectors judge alike one:
/// unknown labels may be absent, have any value that is mentioned, or another.
pub fn label_worlds(cluster: &Cluster, ns: &str, selectors: &[&Selector]) -> Vec<Labels> {
    let name = (NAME_LABEL.to_string(), ns.to_string()); // A3: synthesised, overrides
    if let Some(declared) = cluster.namespaces.iter().find(|n| n.declared && n.name == ns) {
        return vec![declared.labels.clone().into_iter().chain([name]).collect()];
    }
    let mut mentioned: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for selector in selectors {
        for (key, value) in &selector.match_labels {
            mentioned.entry(key).or_default().insert(value);
        }
        for e in &selector.match_expressions {
            mentioned.entry(&e.key).or_default().extend(e.values.iter().map(String::as_str));
        }
    }
    let mut worlds = vec![Labels::from([name])];
    for (key, values) in mentioned.into_iter().filter(|(key, _)| *key != NAME_LABEL) {
        for world in worlds.clone() {
            for value in values.iter().chain(&["another value"]) {
                let label = (key.to_string(), value.to_string());
                worlds.push(world.clone().into_iter().chain([label]).collect());
            }
        }
    }
    let judged = |world: &Labels| -> Vec<bool> { selectors.iter().map(|s| selector_matches(s, world)).collect() };
    let different: BTreeMap<Vec<bool>, Labels> = worlds.into_iter().map(|w| (judged(&w), w)).collect();
    different.into_values().collect()
}
