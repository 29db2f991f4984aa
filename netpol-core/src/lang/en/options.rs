//! What a profile does, by the value of each option.

use crate::profile::ProfileOption;

/// `rule` is where the one rule stands that this is about; `any` is there where there is not just one.
pub(in crate::lang) fn option(option: ProfileOption, value: &str) -> &'static str {
    use ProfileOption as O;
    match (option, value) {
        (O::Enforced, "yes") => "policies are enforced",
        (O::Enforced, "no") => "no policy is enforced",
        (O::IpBlockMatchesPods, "yes") => "{rule?this ipBlock, %,}{any?an ipBlock} matches pods",
        (O::IpBlockMatchesPods, "no") => "{rule?this ipBlock, %,}{any?an ipBlock} does not match pods",
        (O::IpBlockMatchesNodes, "yes") => "{rule?this ipBlock, %,}{any?an ipBlock} matches nodes",
        (O::IpBlockMatchesNodes, "no") => "{rule?this ipBlock, %,}{any?an ipBlock} does not match nodes",
        (O::HostPeers, "by-address") => {
            "{rule?this selector, %,}{any?a selector} does not match pods on their node's network"
        }
        (O::HostPeers, "undefined") => {
            "it is not settled whether {rule?this selector, %,}{any?a selector} matches pods on their node's network"
        }
        (O::HostPeers, "node-address") => {
            "{rule?this selector, %,}{any?a selector} that matches a pod on its node's network admits the node's address"
        }
        (O::OwnNodeIngress, "exempt") => "what comes from a pod's own node is never blocked",
        (O::OwnNodeIngress, "undefined") => "it is not settled whether what comes from a pod's own node is policed",
        (O::OwnNodeIngress, "policed") => "what comes from a pod's own node is policed",
        (O::OwnNodeEgress, "exempt") => "what goes to a pod's own node is never blocked",
        (O::OwnNodeEgress, "undefined") => "it is not settled whether what goes to a pod's own node is policed",
        (O::OwnNodeEgress, "policed") => "what goes to a pod's own node is policed",
        (O::Icmp, "undefined") => "it is not settled what isolation does to ICMP",
        (O::Icmp, "portless-rules") => {
            "{rule?this rule, %, allows ICMP, as it has no ports}{any?only rules without ports allow ICMP}"
        }
        (O::Icmp, "allowed") => "ICMP is never blocked",
        (O::Sctp, "yes") => "SCTP is supported",
        (O::Sctp, "no") => "SCTP is off unless it is switched on",
        (O::NamedPorts, "resolved") => {
            "{rule?the port name of this rule, %,}{any?a port name} means the number that the destination gives it"
        }
        (O::NamedPorts, "any-port-of-the-protocol") => {
            "{rule?the port name of this rule, %,}{any?a port name} means every port of the protocol"
        }
        (O::EgressPortNames, "everywhere") => {
            "{rule?the port name of this rule, %, which has no `to`,}{any?a port name in an egress rule without `to`} means what each destination calls so"
        }
        (O::EgressPortNames, "own-namespace") => {
            "{rule?the port name of this rule, %, which has no `to`,}{any?a port name in an egress rule without `to`} means, at every destination, what pods of the policy's own namespace call so"
        }
        (O::EgressPortNames, "nowhere") => {
            "{rule?the port name of this rule, %, which selects no pods,}{any?a port name in an egress rule that selects no pods} opens nothing"
        }
        (O::IngressPortNames, "destination") => {
            "{rule?the port name of this rule, %,}{any?a port name in an ingress rule} means the number that the destination gives it"
        }
        (O::IngressPortNames, "all-selected-pods") => {
            "{rule?the port name of this rule, %,}{any?a port name in an ingress rule} opens what any pod that the policy selects calls so"
        }
        (O::PortNamesOf, "containers") => "only `containers` give port names{rule? (%)}{any?}, sidecars do not",
        (O::PortNamesOf, "containers-and-sidecars") => "`containers` and sidecars give port names{rule? (%)}{any?}",
        (O::PortNamesOf, "all-containers") => {
            "every container gives port names{rule? (%)}{any?}, each init container too"
        }
        (O::BaselineAfter, "same-direction") => "only isolation in the same direction keeps the Baseline tier away",
        (O::BaselineAfter, "either-direction") => "isolation in either direction keeps the Baseline tier away",
        (O::AdminTiers, "enforced") => "the administrative tiers are enforced",
        (O::AdminTiers, "v1alpha1") => "it is not known whether ClusterNetworkPolicies are enforced",
        (O::AdminTiers, "undefined") => "it is not known whether the administrative tiers are enforced",
        (O::ToItselfByService, "undefined") => {
            "it is not settled whether policies stop a pod that reaches itself through a Service"
        }
        (O::ToItselfByService, "allowed") => "a pod always reaches itself through a Service",
        (O::ServiceEgress, "translated") => "egress policies see the pods behind a Service",
        (O::ServiceEgress, "untranslated") => "egress policies see the Service's own address and port",
        (O::VisitorSource, "undefined") => "it is not settled whose address a visitor has who comes by a node",
        (O::VisitorSource, "kept") => "a visitor who comes by a node keeps the own address",
        (O::VisitorSource, "node") => "a visitor who comes by a node has a node's address",
        (O::OpenConnections, "undefined") => "it is not settled what becomes of open connections when a policy changes",
        (O::OpenConnections, "kept") => "open connections live on when a policy changes",
        (O::OpenConnections, "judged-anew") => "open connections are judged anew when a policy changes",
        (O::AtStart, "undefined") => "it is not settled whether a pod is open until its policies are in place",
        (O::AtStart, "open") => "a pod is open until its policies are in place",
        (O::AtStart, "closed") => "a pod is closed until its policies are in place",
        _ => "",
    }
}
