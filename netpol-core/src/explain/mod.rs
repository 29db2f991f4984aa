//! The codes of reasons, notes and assumptions, and what policies do, in such codes. They carry no
//! prose: [`crate::lang`] has the words.

mod peer;
mod policy;
mod ports;
mod profile;
mod reach;
mod though;

pub use peer::{AppliedPolicy, AppliedTier, ExplainedWorkload, PeerExplanation};
pub use policy::{ExplainedDirection, ExplainedRule, PolicyExplanation, Statement, is_policy_name};
pub use reach::OpenTo;

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
        /// A rule of an administrator's policy denies it.
        DeniedByRule = "denied-by-rule",
        /// A rule of an administrator's policy leaves it to the policies that come after.
        PassedByRule = "passed-by-rule",
        /// Policies select the pod in this direction, and none of their rules matches.
        NoRuleMatches = "no-rule-matches",
        /// Policies of the same priority decide differently: which one counts is not specified.
        PriorityTie = "priority-tie",
        /// Policies of two APIs that have no order between them decide differently.
        NoOrder = "no-order",
        /// It depends on whether a domain name, which a rule is about, has the address.
        DomainName = "domain-name",
        /// The profile lets it pass.
        AllowedByProfile = "allowed-by-profile",
        /// The profile leaves it open what the policy does.
        OpenInProfile = "open-in-profile",
        /// The profile's network plugin enforces no policies.
        NotEnforced = "not-enforced",
        /// What egress policies see of a connection to a Service decides.
        ServiceUntranslated = "service-untranslated",
        /// As before, for a protocol without ports: what isolation does to it is not specified.
        IsolationOther = "isolation-other-protocol",
        /// A pod to itself over its own address: never blocked.
        Loopback = "loopback",
        /// A pod to itself through a Service: not specified.
        Hairpin = "service-hairpin",
        /// From the pod's own node: never blocked on the way in.
        OwnNode = "own-node",
        /// To the pod's own node: never blocked, by this profile.
        OwnNodeReached = "own-node-reached",
        /// From the pod's own node, which is policed for some of its processes only.
        FromOwnNode = "from-own-node",
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
        /// Whether policies apply depends on labels of the pod's own namespace, which is not in the
        /// input.
        UnknownOwnLabels = "unknown-own-labels",
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
        /// The EndpointSlices of the Service name nobody who answers.
        NobodyAnswers = "nobody-answers",
        /// There are too many ports of nodes and Services, and too many who may ask there.
        TooManyToCompare = "too-many-to-compare",
        /// Only pods on the node at hand answer, and none is there.
        NoLocalBackend = "no-local-backend",
        /// Only pods on the node at hand answer, and it is not known which these are.
        LocalUnknown = "local-backend-unknown",
        /// From pods to a node port of another node: whether only the pods there answer differs.
        LocalOrAll = "local-or-all-backends",
        /// Behind the Service stands a pod that is not in the input.
        BackendNotRead = "backend-not-read",
        /// The load balancer does not let this source in.
        SourceRange = "source-range",
        /// The load balancer may not let this source in.
        MaybeSourceRange = "maybe-source-range",
        /// An entry point or a webhook names a Service that is not in the input.
        NoSuchService = "no-such-service",
        /// An entry point or a webhook names a port that its Service does not have.
        NoSuchServicePort = "no-such-service-port",
        /// The namespace of a Service has no ReferenceGrant for the route.
        NotGranted = "not-granted",
        /// No listener of the route's Gateways takes it.
        NotAttached = "not-attached",
        /// Whether a Gateway takes the route is not known.
        MaybeNotAttached = "maybe-not-attached",
        /// It depends on who the ingress controller is.
        ControllerUnknown = "controller-unknown",
        /// It depends on where the API server is.
        CallerUnknown = "caller-unknown",
        /// Egress policies may see the node's address and port, or the pod behind them.
        EgressBeforeNat = "egress-before-nat",
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
        /// The rule's blocks hold the address, and by the profile do not mean who has it.
        NearBlock = "near-block",
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
        /// A kubelet asks pods of its node for a probe on that port.
        ProbePort = "probe-port",
        /// Connections that are already open may live on.
        OldConnections = "old-connections",
        /// A pod is open until its policies are in place.
        OpenAtStart = "open-at-start",
        /// What to suspect when a cluster lets through what is denied here.
        Suspects = "suspects",
        /// An address is unknown, and all that it may be has the same verdict.
        AddressUnknownSame = "address-unknown-same",
        /// The named port is declared by a sidecar; not every implementation counts it.
        SidecarPort = "sidecar-port",
        /// Some destinations do not declare the named port.
        PortNameMissing = "port-name-missing",
        /// An address that nothing in the input has, though it may be a pod's.
        AddressMayBePod = "address-may-be-pod",
        /// A rule is about another domain name, which may have the same address.
        NamesShareAddresses = "names-share-addresses",
        /// A domain name is that of a Service's load balancer.
        NameIsBalancer = "name-is-balancer",
        /// The load balancer's source ranges do not close the node ports.
        NodePortsUnranged = "node-ports-unranged",
        /// A domain name stands for every outside address.
        NameStandsForWorld = "name-stands-for-world",
        /// Part of what was asked about is not outside.
        PartlyInside = "partly-inside",
        /// What a Service's address stands for.
        ServiceAddresses = "service-addresses",
        /// The nodes that the API server runs on.
        ApiServerOnControlPlane = "api-server-on-control-plane",
        /// It is not known on which node the API server runs, or whether on one.
        ApiServerOnSomeNode = "api-server-on-some-node",
        /// It is not known where the API server is.
        ApiServerUnknown = "api-server-unknown",
        // --- assumptions ---
        /// Where pod addresses are taken from.
        PodCidrs = "pod-cidrs",
        /// No address in the input shows which families the pods have: both are judged outside, IPv4
        /// inside.
        FamilyNotShown = "family-not-shown",
        /// Namespaces that are mentioned but not in the input.
        NamespacesUnknown = "namespaces-unknown",
        /// The cluster's DNS is not in the input: the usual one is assumed.
        DnsAssumed = "dns-assumed",
        /// The ingress controller is not in the input: a pod somewhere is assumed.
        ControllerAssumed = "controller-assumed",
        /// What changes nothing was looked for in a part of the policies only.
        RedundancyCutShort = "redundancy-cut-short",
        /// The input shows which network plugin the cluster has.
        ProfileSuggested = "profile-suggested",
        /// Reasons are shown for one pair of each group.
        WitnessReasons = "witness-reasons",
        // --- graph and paths ---
        /// What is in a graph.
        GraphSummary = "graph-summary",
        /// There is a chain of hops.
        PathFound = "path-found",
        /// There is no chain of hops.
        PathNone = "path-none",
        /// There is a chain, if what is undefined is allowed.
        PathUndefined = "path-undefined",
        /// What can be reached from somewhere.
        BlastRadius = "blast-radius",
        /// Every path to the outside goes through one workload.
        ChokePoint = "choke-point",
        // --- findings about one workload, worst first ---
        /// A metadata service of a cloud can be reached.
        MetadataReachable = "metadata-reachable",
        /// A port that tunnels hide on is open to the internet.
        TunnelPossible = "tunnel-possible",
        /// No resolver can be asked.
        NamesWillNotResolve = "names-will-not-resolve",
        /// Whether a resolver can be asked is not decided.
        NamesMayNotResolve = "names-may-not-resolve",
        /// The cluster's DNS is denied; another resolver is not.
        OtherDnsOnly = "other-dns-only",
        /// The cluster's DNS can be asked over one protocol only.
        DnsOneProtocol = "dns-one-protocol",
        /// Policies deny what the kubelet of its node asks for.
        ProbeDenied = "probe-denied",
        /// On which ports the kubelet of its node asks for its probes.
        ProbesAsked = "probes-asked",
        /// Visitors from outside may arrive with a node's address.
        ShiftedSource = "shifted-source",
        /// The API server cannot call it.
        CallDenied = "call-denied",
        /// Whether the API server can call it is not decided.
        CallUndefined = "call-undefined",
        // --- findings about a cluster, worst first ---
        /// Policies of kinds that are not modelled: what they change is not known.
        UnmodelledPolicies = "unmodelled-policies",
        /// Workloads that everybody outside can reach, and that can reach everybody.
        OpenBothWays = "open-both-ways",
        /// Workloads that can reach a metadata service.
        MetadataOpen = "metadata-open",
        /// Workloads whose probes policies deny.
        ProbesDenied = "probes-denied",
        /// Workloads behind webhooks, APIServices and conversions that the API server cannot, or may not, call.
        CallsDenied = "calls-denied",
        /// Entry points that lead to no Service.
        EntryBroken = "entry-broken",
        /// Workloads behind entry points that policies close to these.
        EntryDenied = "entry-denied",
        /// Isolated workloads that can still tunnel to the internet.
        TunnelDespitePolicy = "tunnel-despite-policy",
        /// Workloads that can ask no resolver.
        NoNames = "no-names",
        /// Workloads on their node's network that policies select in vain.
        HostNetworkSelected = "host-network-selected",
        /// Policies that select no pod of the input.
        PolicySelectsNothing = "policy-selects-nothing",
        /// Namespaces in which no pod is isolated.
        NamespaceOpen = "namespace-open",
        /// Workloads that can reach everybody outside.
        OpenEgress = "open-egress",
        /// Workloads that everybody outside can reach.
        OpenIngress = "open-ingress",
        /// Workloads that can be entered from outside by an entry point.
        EnteredFromOutside = "entered-from-outside",
        // --- what explains that a cluster does something else ---
        /// A network plugin that fills corners in its own way.
        SuspectProfile = "suspect-profile",
        /// A pod on its node's network.
        SuspectHostNetwork = "suspect-host-network",
        /// Traffic with the pod's own node.
        SuspectOwnNode = "suspect-own-node",
        /// A connection that was open before the policy was there.
        SuspectOldConnection = "suspect-old-connection",
        /// The port of a Service, and that of its pods.
        SuspectServicePort = "suspect-service-port",
        /// A source that arrives with a node's address.
        SuspectSourceNat = "suspect-source-nat",
        /// An address that somebody inside may have.
        SuspectAddressInside = "suspect-address-inside",
        /// Labels of namespaces that are not in the input.
        SuspectUnknownLabels = "suspect-unknown-labels",
        /// A policy that was not read.
        SuspectPolicyNotRead = "suspect-policy-not-read",
        /// A policy that was read and is not modelled, or could not be used.
        SuspectUnmodelled = "suspect-unmodelled",
        /// Names that do not resolve.
        SuspectDns = "suspect-dns",
        /// Nobody who listens.
        SuspectNotListening = "suspect-not-listening",
        // --- what a command shows ---
        /// Who can reach a workload.
        StepIngress = "step-ingress",
        /// Who can reach an address.
        StepWhoReaches = "step-who-reaches",
        /// What a workload can reach.
        StepEgress = "step-egress",
        /// What every workload can reach outside.
        StepOutside = "step-outside",
        /// Who may talk to whom.
        StepMatrix = "step-matrix",
        /// Groups on their node's network: for their own node's pods the factors are not all.
        OwnNodeApart = "own-node-apart",
        /// What the lines of `matrix --groups` do not tell: of ports of nodes that lead to Services.
        NodePortsApart = "node-ports-apart",
        /// Pairs of groups whose two directions rest on the same unknown labels.
        SharedUnknownApart = "shared-unknown-apart",
        // --- what a fix does ---
        /// A rule gets another port.
        FixAddPort = "fix-add-port",
        /// A rule gets another peer.
        FixAddPeer = "fix-add-peer",
        /// A policy gets another rule.
        FixAddRule = "fix-add-rule",
        /// A policy more.
        FixNewPolicy = "fix-new-policy",
        /// A policy more, that lets nothing through.
        FixNewIsolation = "fix-new-isolation",
        /// A policy more, that lets all other ports through.
        FixNewOtherPorts = "fix-new-other-ports",
        /// A policy more, that lets everybody else through.
        FixNewOtherPeers = "fix-new-other-peers",
        /// A policy more, that lets everything else through.
        FixNewOthers = "fix-new-others",
        /// Blocks except addresses that pods have today.
        FixExceptsPods = "fix-excepts-pods",
        /// Blocks hold pods as well, too many to except.
        FixHoldsPods = "fix-holds-pods",
        /// SCTP stays as the profile leaves it.
        FixLeavesSctp = "fix-leaves-sctp",
        /// What no policy applies to stays as it is.
        FixLeavesUnpoliced = "fix-leaves-unpoliced",
        /// Rules, or peers of them, go.
        FixRemove = "fix-remove",
        /// Rules lose ports.
        FixNarrowPorts = "fix-narrow-ports",
        /// Rules mean fewer peers.
        FixNarrowPeer = "fix-narrow-peer",
        /// Rules lose ports, which rules for fewer peers keep.
        FixSplitRule = "fix-split-rule",
        // --- what a policy does, and what applies to somebody ---
        /// A policy selects every pod of its namespace.
        ExplainSelectsAll = "explain-selects-all",
        /// A policy selects some pods of its namespace.
        ExplainSelects = "explain-selects",
        /// A policy selects no pod of the input.
        ExplainSelectsNobody = "explain-selects-nobody",
        /// An administrator's policy is about some pods.
        ExplainRules = "explain-rules",
        /// An administrator's policy is about no pod of the input.
        ExplainRulesNobody = "explain-rules-nobody",
        /// A policy of the tier before NetworkPolicies.
        ExplainTierAdmin = "explain-tier-admin",
        /// A policy of the tier after NetworkPolicies.
        ExplainTierBaseline = "explain-tier-baseline",
        /// A policy isolates on the way in.
        ExplainIsolatesIngress = "explain-isolates-ingress",
        /// A policy isolates on the way out.
        ExplainIsolatesEgress = "explain-isolates-egress",
        /// A policy would isolate, and the profile enforces none.
        ExplainNotEnforced = "explain-not-enforced",
        /// A policy isolates and lets nothing in.
        ExplainNothingIn = "explain-nothing-in",
        /// A policy isolates and lets nothing out.
        ExplainNothingOut = "explain-nothing-out",
        /// A policy has nothing to do with what comes in.
        ExplainOpenIngress = "explain-open-ingress",
        /// A policy has nothing to do with what goes out.
        ExplainOpenEgress = "explain-open-egress",
        /// An administrator's policy has no rules for what comes in.
        ExplainNoRulesIn = "explain-no-rules-in",
        /// An administrator's policy has no rules for what goes out.
        ExplainNoRulesOut = "explain-no-rules-out",
        /// The first rule that matches decides what comes in.
        ExplainFirstIn = "explain-first-in",
        /// The first rule that matches decides what goes out.
        ExplainFirstOut = "explain-first-out",
        /// A rule lets in.
        ExplainLetsIn = "explain-lets-in",
        /// A rule lets out.
        ExplainLetsOut = "explain-lets-out",
        /// A rule denies what comes in.
        ExplainDeniesIn = "explain-denies-in",
        /// A rule denies what goes out.
        ExplainDeniesOut = "explain-denies-out",
        /// A rule leaves what comes in to the tiers that follow.
        ExplainPassesIn = "explain-passes-in",
        /// A rule leaves what goes out to the tiers that follow.
        ExplainPassesOut = "explain-passes-out",
        /// Everybody.
        PeerAnybody = "peer-anybody",
        /// All pods of the policy's own namespace.
        PeerOwnAll = "peer-own-all",
        /// Some pods of the policy's own namespace.
        PeerOwn = "peer-own",
        /// All pods.
        PeerEverywhereAll = "peer-everywhere-all",
        /// Some pods of all namespaces.
        PeerEverywhere = "peer-everywhere",
        /// All pods of some namespaces.
        PeerNamespacesAll = "peer-namespaces-all",
        /// Some pods of some namespaces.
        PeerNamespaces = "peer-namespaces",
        /// Addresses.
        PeerBlock = "peer-block",
        /// All nodes.
        PeerNodesAll = "peer-nodes-all",
        /// Some nodes.
        PeerNodes = "peer-nodes",
        /// Domain names.
        PeerDomains = "peer-domains",
        /// A peer of a form that is not known.
        PeerUnknown = "peer-unknown",
        /// Ingress rules without effect.
        ThoughInertIngress = "though-inert-ingress",
        /// Egress rules without effect.
        ThoughInertEgress = "though-inert-egress",
        /// An `ingress` without rules, and without effect.
        ThoughEmptyIngress = "though-empty-ingress",
        /// An `egress` without rules, and without effect.
        ThoughEmptyEgress = "though-empty-egress",
        /// A rule without `from`.
        ThoughFromAnybody = "though-from-anybody",
        /// A rule without `to`.
        ThoughToAnybody = "though-to-anybody",
        /// A rule without `ports`.
        ThoughEveryPort = "though-every-port",
        /// Port 53 without UDP.
        ThoughDnsTcp = "though-dns-tcp",
        /// Port 53 without TCP.
        ThoughDnsUdp = "though-dns-udp",
        /// Ports of one protocol alone, by an item that names no port.
        ThoughOneProtocol = "though-one-protocol",
        /// A port name that no destination declares.
        ThoughPortName = "though-port-name",
        /// Two items of a list, each with one selector.
        ThoughOr = "though-or",
        /// A pod selector that would fit pods of other namespaces.
        ThoughOwnNamespace = "though-own-namespace",
        /// A peer that means nobody.
        ThoughNobody = "though-nobody",
        /// Pods on their node's network that a selector does not mean.
        ThoughHostPeers = "though-host-peers",
        /// Pods without a label that a selector means.
        ThoughUnlabelled = "though-unlabelled",
        /// A metadata service of a cloud within a wide block.
        ThoughMetadata = "though-metadata",
        /// All addresses of one family.
        ThoughOneFamily = "though-one-family",
        /// Exceptions that another rule lets through.
        ThoughExceptOpen = "though-except-open",
        /// Selected pods on their node's network.
        ThoughHostNetwork = "though-host-network",
        /// Other policies isolate the same pods on the way in.
        ThoughOthersIn = "though-others-in",
        /// Other policies isolate the same pods on the way out.
        ThoughOthersOut = "though-others-out",
        /// Other policies limit who reaches the pods.
        ThoughClosedIn = "though-closed-in",
        /// Other policies limit whom the pods reach.
        ThoughClosedOut = "though-closed-out",
        /// Administrators' policies come first on the way in.
        ThoughAdminIn = "though-admin-in",
        /// Administrators' policies come first on the way out.
        ThoughAdminOut = "though-admin-out",
        /// What no rule of the admin tier matches.
        ThoughGoesOn = "though-goes-on",
        /// A baseline policy is the last to be asked.
        ThoughBaseline = "though-baseline",
        /// A baseline policy is not asked where a NetworkPolicy isolates in either direction.
        ThoughBaselineEither = "though-baseline-either",
        /// What an option of the profile comes to.
        ProfileSays = "profile-says",
        /// Ingress rules never mean nodes or outside.
        ThoughSourcesInside = "though-sources-inside",
        /// Denied networks hold pods too.
        ThoughNetworksPods = "though-networks-pods",
        /// Denied networks hold nodes too.
        ThoughNetworksNodes = "though-networks-nodes",
        /// Another policy has the same priority.
        ThoughSamePriority = "though-same-priority",
        /// Isolated on the way in.
        ExplainIsolatedIn = "explain-isolated-in",
        /// Isolated on the way out.
        ExplainIsolatedOut = "explain-isolated-out",
        /// Not isolated on the way in.
        ExplainUnisolatedIn = "explain-unisolated-in",
        /// Not isolated on the way out.
        ExplainUnisolatedOut = "explain-unisolated-out",
        /// What its own node may send it.
        ExplainOwnNodeIn = "explain-own-node-in",
        /// What it may send its own node.
        ExplainOwnNodeOut = "explain-own-node-out",
        /// The tier before NetworkPolicies.
        TierAdmin = "tier-admin",
        /// The tier of NetworkPolicies.
        TierNetworkPolicy = "tier-network-policy",
        /// The tier after NetworkPolicies.
        TierBaseline = "tier-baseline",
        /// Policies that are not modelled.
        TierUnmodelled = "tier-unmodelled",
        /// Who reaches it.
        ReachedBy = "reached-by",
        /// Nobody inside reaches it.
        ReachedByNobody = "reached-by-nobody",
        /// Nodes reach it.
        ReachedByNodes = "reached-by-nodes",
        /// The outside reaches it.
        ReachedFromOutside = "reached-from-outside",
        /// The outside does not reach it.
        NotFromOutside = "not-from-outside",
        /// Whom it reaches.
        Reaches = "reaches",
        /// It reaches nobody inside.
        ReachesNobody = "reaches-nobody",
        /// It reaches nodes.
        ReachesNodes = "reaches-nodes",
        /// It reaches the outside.
        ReachesOutside = "reaches-outside",
        /// It does not reach the outside.
        NotToOutside = "not-to-outside",
        /// What a policy does.
        StepExplain = "step-explain",
    }
}
