//! The codes of reasons, notes and assumptions. They carry no prose: [`crate::lang`] has the words.

use crate::diagnostic::codes;

codes! {
    /// A reason, a note or an assumption.
    Code {
        // --- reasons ---
        /// No policy selects the pod in this direction.
        NotIsolated = "not-isolated",
        /// A rule of a policy allows it.
        AllowedByRule = "allowed-by-rule",
        /// A policy isolates the pod, and no rule of any policy allows it.
        DeniedByIsolation = "denied-by-isolation",
        /// As before, for a protocol without ports: what isolation does to it is not specified.
        IsolationOther = "isolation-other-protocol",
        /// A pod to itself over its own address: never blocked.
        Loopback = "loopback",
        /// A pod to itself through a Service: not specified.
        Hairpin = "service-hairpin",
        /// From the pod's own node: never blocked on the way in.
        OwnNode = "own-node",
        /// From what may be the pod's own node.
        MaybeOwnNode = "maybe-own-node",
        /// To the pod's own node, or what may be it: exempt in some implementations.
        ToOwnNode = "to-own-node",
        /// The pod is on its node's network, so policies do not apply to it.
        HostNetwork = "host-network",
        /// Not a pod, so no policy applies to it on this side.
        NotAPod = "not-a-pod",
        /// A policy of a kind that is not modelled may change it.
        Unmodelled = "unmodelled-policy",
        /// A policy that was left out because of errors may change it.
        PolicyLeftOut = "policy-left-out",
        /// It depends on labels of a namespace that is not in the input.
        UnknownLabels = "unknown-namespace-labels",
        /// It depends on an address that is not known yet.
        UnknownAddress = "unknown-address",
        /// It depends on a label whose value a controller chooses when it makes the pods.
        ControllerLabel = "controller-label",
        /// It depends on which of several numbers a port name means.
        AmbiguousPortName = "ambiguous-port-name",
        /// The two have no address family in common: there is no flow to decide on.
        NoCommonFamily = "no-common-family",
        /// A Service whose pods are not known: it has no selector, or nothing matches it.
        NoBackends = "no-backends",
        /// A Service whose target port has a name that no pod behind it declares.
        NoTargetPort = "no-target-port",
        /// A Service that is not reachable from outside of the cluster.
        NotExposed = "not-exposed",
        /// A node port: the connection goes on to pods behind a Service.
        NodePort = "node-port",
        /// The source may arrive with a node's address.
        SourceNat = "source-nat",
        /// An ExternalName Service or a domain name: its addresses are not known.
        UnresolvedName = "unresolved-name",
        // --- near misses ---
        /// The rule allows the peer, but other ports.
        NearPort = "near-port",
        /// The rule's pod selector fails on one label.
        NearPodLabel = "near-pod-label",
        /// The rule's namespace selector fails on one label.
        NearNamespaceLabel = "near-namespace-label",
        /// The rule's pod selector fits, but means pods of the policy's own namespace only.
        NearNamespace = "near-own-namespace",
        /// The rule's blocks do not hold the address.
        NearAddress = "near-address",
        /// The rule names a port that the destination does not declare.
        NearPortName = "near-port-name",
        /// The rule's blocks are of the other family.
        NearFamily = "near-family",
        /// The rule means pods of another namespace, by its name.
        NearNamespaceName = "near-namespace-name",
        /// An address can only be meant by `ipBlock`, and the rule selects pods.
        NearNotSelectable = "near-not-selectable",
        // --- notes ---
        /// Names cannot be resolved: DNS is denied.
        DnsDenied = "dns-denied",
        /// Whether names can be resolved is not decided.
        DnsUndefined = "dns-undefined",
        /// The source is a hostNetwork pod.
        HostNetworkSource = "host-network-source",
        /// The destination is a hostNetwork pod.
        HostNetworkDestination = "host-network-destination",
        /// Connections that are already open may live on.
        OldConnections = "old-connections",
        /// What to suspect when a cluster lets through what is denied here.
        Suspects = "suspects",
        /// An address is unknown, and all that it may be has the same verdict.
        AddressUnknownSame = "address-unknown-same",
        /// Nothing says that the pods have an IPv6 address.
        FamilyNotShown = "family-not-shown",
        /// The named port is declared by a sidecar; not every implementation counts it.
        SidecarPort = "sidecar-port",
        /// Some destinations do not declare the named port.
        PortNameMissing = "port-name-missing",
        /// An address that nothing in the input has, though it may be a pod's.
        AddressMayBePod = "address-may-be-pod",
        /// A domain name stands for every outside address.
        NameStandsForWorld = "name-stands-for-world",
        // --- assumptions ---
        /// Where pod addresses are taken from.
        PodCidrs = "pod-cidrs",
        /// Only IPv4, because the input shows no other family.
        Ipv4Assumed = "ipv4-assumed",
        /// Namespaces that are mentioned but not in the input.
        NamespacesUnknown = "namespaces-unknown",
        /// The cluster's DNS is not in the input: the usual one is assumed.
        DnsAssumed = "dns-assumed",
        /// Reasons are shown for one pair of each group.
        WitnessReasons = "witness-reasons",
        /// Groups on their node's network: for their own node's pods the factors are not all.
        OwnNodeApart = "own-node-apart",
        /// Pairs of groups whose two directions rest on the same unknown labels.
        SharedUnknownApart = "shared-unknown-apart",
    }
}
