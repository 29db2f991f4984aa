//! Known faults, each a plausible slip in the engine or in what feeds it. [`mutate`](crate::mutate)
//! puts them in one at a time. Who changes a line that is named here brings its text up to date.

/// A deliberate fault: a text of a source file and what to put in its place.
pub(crate) struct Fault {
    /// What is wrong with the engine that has it.
    pub(crate) description: &'static str,
    /// The file, from the root.
    pub(crate) file: &'static str,
    /// Stands exactly once in the file.
    pub(crate) old: &'static str,
    pub(crate) new: &'static str,
}

/// All of them, in the order of the specification's chapters.
pub(crate) const FAULTS: &[Fault] = &[
    Fault {
        description: "omitted policyTypes ignore egress rules",
        file: "netpol-core/src/manifest/policy.rs",
        old: "policy.isolates_egress = !policy.egress.is_empty();",
        new: "policy.isolates_egress = false;",
    },
    Fault {
        description: "a policy for ingress isolates egress too",
        file: "netpol-core/src/policy/network_policy.rs",
        old: "(Direction::Egress, spec.isolates_egress, &spec.egress)",
        new: "(Direction::Egress, spec.isolates_egress || spec.isolates_ingress, &spec.egress)",
    },
    Fault {
        description: "a peer with podSelector alone matches in any namespace",
        file: "netpol-core/src/policy/network_policy.rs",
        old: "None => NamespaceMatch::Own(namespace),",
        new: "None => NamespaceMatch::Selected(selectors.intern(&Selector::default(), &mut cluster.symbols)),",
    },
    Fault {
        description: "an ipBlock's except is ignored",
        file: "netpol-core/src/policy/network_policy.rs",
        old: ".difference(&holes)",
        new: ".union(&holes)",
    },
    Fault {
        description: "In matches an absent key",
        file: "netpol-core/src/selector/mod.rs",
        old: "(Self::In(..), None) => false,",
        new: "(Self::In(..), None) => true,",
    },
    Fault {
        description: "NotIn does not match an absent key",
        file: "netpol-core/src/selector/mod.rs",
        old: "(Self::NotIn(..), None) => true,",
        new: "(Self::NotIn(..), None) => false,",
    },
    Fault {
        description: "labels that nothing can have match what is not known",
        file: "netpol-core/src/selector/mod.rs",
        old: "Match::Maybe if !self.requirements.iter().all(may_hold) => Match::No,",
        new: "Match::Maybe if !self.requirements.iter().any(may_hold) => Match::No,",
    },
    Fault {
        description: "kubernetes.io/metadata.name is left as the manifest has it, or out",
        file: "netpol-core/src/model/build.rs",
        old: "for (k, v) in others.chain([own]) {",
        new: "for (k, v) in meta.labels.iter().map(|(k, v)| (k.as_str(), v.as_str())) {",
    },
    Fault {
        description: "`ports: [{}]` opens every protocol",
        file: "netpol-core/src/policy/network_policy.rs",
        old: "PortValue::Any => Ports::Set(TrafficSet::protocol(*protocol)),",
        new: "PortValue::Any => Ports::Set(TrafficSet::all_ports()),",
    },
    Fault {
        description: "endPort is ignored",
        file: "netpol-core/src/policy/network_policy.rs",
        old: "PortValue::Range(low, high) => Ports::Set(TrafficSet::range(*protocol, *low, *high)),",
        new: "PortValue::Range(low, _) => Ports::Set(TrafficSet::range(*protocol, *low, *low)),",
    },
    Fault {
        description: "a port name is looked up without its protocol",
        file: "netpol-core/src/engine/port_fold.rs",
        old: "ports.filter(|(p, n, _)| *p == protocol && *n == name)",
        new: "ports.filter(|(_, n, _)| *n == name)",
    },
    Fault {
        description: "init containers count for port names, sidecars do not",
        file: "netpol-core/src/model/build.rs",
        old: "lives: c.restart_policy == \"Always\"",
        new: "lives: c.restart_policy != \"Always\"",
    },
    Fault {
        description: "traffic from the own node is policed",
        file: "netpol-core/src/engine/matching.rs",
        old: "if self.own_node_of(direction) == OwnNode::Policed {",
        new: "if self.own_node_of(direction) != OwnNode::Policed {",
    },
    Fault {
        description: "pods on the host's network are policed and selected",
        file: "netpol-core/src/engine/matching.rs",
        old: "Party::Endpoint(id) if !self.cluster.endpoint(id).host_network => Some(id),",
        new: "Party::Endpoint(id) => Some(id),",
    },
    Fault {
        description: "finished pods are endpoints",
        file: "netpol-core/src/model/build.rs",
        old: "matches!(&*pod.status.phase, \"Succeeded\" | \"Failed\")",
        new: "matches!(&*pod.status.phase, \"Completed\")",
    },
    Fault {
        description: "one direction alone does not know that both ends are of one namespace",
        file: "netpol-core/src/engine/pair.rs",
        old: "            ingress.settle(&mut planes.ingress, &atom);\n",
        new: "",
    },
    Fault {
        description: "an unknown address is one address, not any that it may be",
        file: "netpol-core/src/engine/cases.rs",
        old: "distinct.into_iter().collect()",
        new: "distinct.into_iter().take(1).collect()",
    },
    Fault {
        description: "namespaces that a rule means by themselves are one class",
        file: "netpol-core/src/engine/peers.rs",
        old: "own: self.own[id.index()].then_some(id),",
        new: "own: None,",
    },
    Fault {
        description: "pods in other blocks of addresses are one class",
        file: "netpol-core/src/engine/peers.rs",
        old: "[one] => AddressPart::Known(located.membership(*one)),",
        new: "[_] => AddressPart::Known(super::blocks::Blocks::NONE),",
    },
    Fault {
        description: "ICMP to an isolated pod is denied, not undefined",
        file: "netpol-core/src/policy/network_policy.rs",
        old: "vec![deny, rule(Action::Either, &other,",
        new: "vec![deny, rule(Action::Deny, &other,",
    },
    Fault {
        description: "an administrator's policy is about all pods of the namespaces that it selects",
        file: "netpol-core/src/policy/admin.rs",
        old: "pods: selectors.intern(&spec.pods, &mut cluster.symbols),",
        new: "pods: selectors.intern(&Default::default(), &mut cluster.symbols),",
    },
    Fault {
        description: "what a NetworkPolicy admits goes on to the Baseline tier",
        file: "netpol-core/src/policy/network_policy.rs",
        old: "Rule { peer, traffic, action: Action::Allow, certain: true, origin };",
        new: "Rule { peer, traffic, action: Action::Pass, certain: true, origin };",
    },
    Fault {
        description: "the Baseline tier is not reached by a pod that is isolated in the other direction",
        file: "netpol-core/src/policy/network_policy.rs",
        old: "if either {",
        new: "if either || true {",
    },
    Fault {
        description: "a peer by nodes matches the pods on them",
        file: "netpol-core/src/engine/peers.rs",
        old: "cluster.ports(endpoint.ports))), None)",
        new: "cluster.ports(endpoint.ports))), self.node(endpoint.node))",
    },
    Fault {
        description: "between policies of one priority the first counts",
        file: "netpol-core/src/policy/admin.rs",
        old: ".rank(track, spec.priority);",
        new: ".rank(track, spec.priority * 60 + u16::try_from(policy % 60).unwrap_or_default());",
    },
    Fault {
        description: "AdminNetworkPolicy comes before ClusterNetworkPolicy",
        file: "netpol-core/src/policy/admin.rs",
        old: ".rank(track, spec.priority);",
        new: ".rank(0, spec.priority + 2000 * u16::from(track));",
    },
    Fault {
        description: "Pass goes on to the next priority, not to the next tier",
        file: "netpol-core/src/engine/interpret.rs",
        old: "                if let Some(arrival) = arrivals.get_mut(*pass_to) {
                    each(arrival, &passed, |arrival, passed| arrival | passed);
                }
                open = unmatched;
",
        new: "                _ = pass_to;
                each(&mut unmatched, &passed, |unmatched, passed| unmatched | passed);
                open = unmatched;
",
    },
    Fault {
        description: "a lower priority value is a lower precedence",
        file: "netpol-core/src/policy/admin.rs",
        old: ".rank(track, spec.priority);",
        new: ".rank(track, 1000 - spec.priority);",
    },
    Fault {
        description: "a port name of the administrators' APIs means TCP only",
        file: "netpol-core/src/policy/admin.rs",
        old: "out.extend(Protocol::WITH_PORTS.map(of));",
        new: "out.push(of(Protocol::Tcp));",
    },
    Fault {
        description: "pods that are not ready answer for a Service",
        file: "netpol-core/src/model/slices.rs",
        old: "slice.endpoints.iter().filter(|e| e.ready || e.leaving)",
        new: "slice.endpoints.iter()",
    },
    Fault {
        description: "internalTrafficPolicy: Local is ignored",
        file: "netpol-core/src/path/service.rs",
        old: "Face::Name | Face::Cluster if service.stays_on_node",
        new: "Face::Name | Face::Cluster if service.keeps_source && service.stays_on_node",
    },
    Fault {
        description: "loadBalancerSourceRanges let everybody in",
        file: "netpol-core/src/path/service.rs",
        old: "service.source_ranges.as_ref().filter(|_| face != Face::External)",
        new: "service.source_ranges.as_ref().filter(|_| face == Face::External)",
    },
    Fault {
        description: "every visitor keeps its address",
        file: "netpol-core/src/path/node.rs",
        old: "SourceAddress::Undefined => SeenSource::MaybeNode",
        new: "SourceAddress::Undefined => SeenSource::Kept",
    },
    Fault {
        description: "who answers no longer is not told of by diff",
        file: "netpol-core/src/query/diff/answering.rs",
        old: "([true, false], [_, true]) => return self.led_in_one(0),",
        new: "([true, false], [_, true]) => return Vec::new(),",
    },
    Fault {
        description: "a fix is not held against what was asked",
        file: "netpol-core/src/fix/plan.rs",
        old: "if !self.holds(&answer) {",
        new: "if changes.is_empty() && !self.holds(&answer) {",
    },
    Fault {
        description: "a fix passes over what becomes of ICMP",
        file: "netpol-core/src/analysis.rs",
        old: "let port = query::PortExpr::Set(TrafficSet::all());",
        new: "let port = query::PortExpr::Any;",
    },
    Fault {
        description: "what others allow outside only is called redundant",
        file: "netpol-core/src/engine/without.rs",
        old: "&& (by_address || row.covers(&alone, &traffic, classes))",
        new: "|| by_address || row.covers(&alone, &traffic, classes)",
    },
];

#[cfg(test)]
mod tests {
    use super::FAULTS;
    use std::path::Path;

    #[test]
    fn every_fault_has_its_place_in_the_source() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        assert!(FAULTS.len() >= 12);
        for fault in FAULTS {
            let text = std::fs::read_to_string(root.join(fault.file)).unwrap();
            assert_eq!(text.matches(fault.old).count(), 1, "{}: {}", fault.file, fault.description);
            assert_ne!(fault.old, fault.new, "{}", fault.description);
        }
    }
}
