//! English.

mod options;

pub(super) use options::option;

use super::Phrase;
use crate::diagnostic::Problem;
use crate::explain::Code;
use crate::query::QueryProblem;

pub(super) fn problem(code: Problem) -> &'static str {
    match code {
        Problem::InvalidUtf8 => "byte {byte} is no text in UTF-8; save the file as UTF-8",
        Problem::FileTooLarge => "the file has {bytes} bytes; at most {limit} are read",
        Problem::YamlSyntax => "not valid YAML: {detail}",
        Problem::JsonSyntax => "not valid JSON: {detail}",
        Problem::Template => {
            "two opening braces look like a template that was not rendered; render it first, for example with `helm template`"
        }
        Problem::TooDeep => "nested deeper than {limit} levels",
        Problem::AliasBudget => "aliases expand to more than {limit} nodes",
        Problem::ObjectTooLarge => "the object has more than {limit} nodes",
        Problem::ScalarTooLong => "a scalar of {bytes} bytes; at most {limit} are read",
        Problem::DuplicateKey => "the key `{key}` stands here a second time; the first is on line {line}",
        Problem::ComplexKey => "a mapping key must be a scalar, found a list or a mapping",
        Problem::NotAnObject => "a document must be a mapping with `apiVersion` and `kind`, found {found}",
        Problem::MissingKind => "the object has no `kind`",
        Problem::MissingApiVersion => "{kind} has no `apiVersion`{accepted?; accepted: %}",
        Problem::UnknownKind => "`{version}` has no kind `{found}`; did you mean `{nearest}`?",
        Problem::ApiVersion => "the API server has no {kind} in `{found}`; use `{accepted}`",
        Problem::WrongType => "expected {accepted}{found?, found %}{quote?; quote it if text is meant}",
        Problem::MissingField => "`{missing}` is required",
        Problem::UnknownField => "unknown field `{found}`{nearest?, did you mean `%`?} (known here: {known})",
        Problem::InvalidName => {
            "`{found}` is not a valid name: lowercase letters, digits, `-` and `.`, at most 253 characters"
        }
        Problem::InvalidNamespace => {
            "`{found}` is not a valid namespace: lowercase letters, digits and `-`, at most 63 characters"
        }
        Problem::DuplicateObject => "already read from {first}; which of the two counts is not known",
        Problem::InvalidProtocol => "unsupported protocol {found}; accepted: TCP, UDP, SCTP",
        Problem::InvalidPortNumber => "port {found} is out of range; accepted: 1 to 65535",
        Problem::InvalidPortName => {
            "`{found}` is not a port name: at most 15 of a-z, 0-9 and `-`, with a letter (a number must not be quoted)"
        }
        Problem::EndPortWithoutPort => "`endPort` {found} needs a numeric `port` beside it",
        Problem::EndPortBelowPort => "`endPort` {found} is below `port` {port}",
        Problem::EmptyPeer => {
            "a peer needs `podSelector`, `namespaceSelector` or `ipBlock`; to mean everybody, leave the list out"
        }
        Problem::IpBlockWithSelector => {
            "`ipBlock` cannot stand beside a selector in one peer; make it a peer of its own"
        }
        Problem::InvalidCidr => "`{found}` is not a CIDR block such as 10.0.0.0/8 or 2001:db8::/32",
        Problem::NonCanonicalCidr => {
            "`{found}` has host bits, leading zeros or an IPv4-mapped address; write `{nearest}`"
        }
        Problem::ExceptOutsideCidr => "`{found}` must be a strict part of the block's `cidr` {cidr}",
        Problem::TooManyPolicyTypes => "{found} policy types; at most two, Ingress and Egress",
        Problem::InvalidPolicyType => "unsupported policy type {found}; accepted: Ingress, Egress",
        Problem::InvalidOperator => "unknown operator `{found}`; accepted: In, NotIn, Exists, DoesNotExist",
        Problem::OperatorNeedsValues => "the operator {operator} needs `values`",
        Problem::OperatorTakesNoValues => "the operator {operator} takes no `values`",
        Problem::InvalidLabelKey => "`{found}` is not a valid label key",
        Problem::InvalidLabelValue => {
            "`{found}` is not a valid label value: at most 63 letters, digits, `-`, `_` and `.`"
        }
        Problem::NotOneOf => "unsupported value `{found}`; accepted: {accepted}",
        Problem::OutOfRange => "{found} is out of range; accepted: {low} to {high}",
        Problem::TooManyItems => "{found} entries; at most {limit} are accepted",
        Problem::EmptyList => "needs at least one entry; to mean everything, leave the list out",
        Problem::TooLong => "{found} characters; at most {limit} are accepted",
        Problem::ExactlyOneField => "exactly one of these fields has to be set: {known}; found: {found}",
        Problem::EndNotAboveStart => "the end of the range ({end}) has to be above its start ({start})",
        Problem::NamedPortWithoutPods => {
            "a port name is looked up on pods, so it cannot stand in a rule with `networks`, `nodes` or `domainNames`"
        }
        Problem::NamesOnlyAllow => "`domainNames` are accepted in rules with the action Allow only",
        Problem::InvalidDomainName => {
            "`{found}` is not a domain name such as example.com, or *.example.com for all names below it"
        }
        Problem::NotTheDefault => "`{found}`: there is one BaselineAdminNetworkPolicy, and its name is `default`",
        Problem::InvalidAddress => "`{found}` is not an IP address",
        Problem::UnknownRule => {
            "no rule is called `{found}`{nearest?; did you mean `%`?} (`netpol lint --rules` lists them all)"
        }
        Problem::UnknownAnnotation => "`{found}` is no annotation of netpol; accepted: {accepted}",
        Problem::NoReason => "`{found}` needs a reason",
        Problem::InvalidDate => "`{found}` is not a day; accepted: {accepted}",
        Problem::TomlSyntax => "not valid TOML: {detail}",
        Problem::NotAPeer => "`{found}` is not a peer; accepted: {accepted}",
        Problem::PeerFields => {
            "a peer is `anyPodIn`, or `world`, or pods by `namespace` or `namespaceSelector` and `podSelector`; found: {found}"
        }
        Problem::NotPorts => "`{found}` is not a list of ports; accepted: {accepted}",
        Problem::NotAPolicy => "`{found}` does not name a policy; accepted: {accepted}",
        Problem::DuplicateTest => {
            "a test named `{found}` stands on line {line} already; names are what reports tell tests by"
        }
        Problem::NoPortLeft => "`{found}` leaves out every port of `{ports}`: the test would be about none",
        Problem::NothingExcepted => "`{found}` leaves out none of `{ports}`: the test is not about these ports",
        Problem::NoAddressLeft => "nothing of the outside is left: `except` leaves out every address",
        Problem::NotATest => "there is no {kind} in `{found}`; accepted: {accepted}",
        Problem::ResourceMissing => {
            "there is no file or folder `{found}`; paths are relative to the file that they stand in"
        }
        Problem::NoResources => {
            "the tests of `{found}` name no resources; list files or folders in `resources`, or give the input with -f"
        }
        Problem::NoObjects => "there is nothing to read in {found}",
        Problem::KustomizeMissing => {
            "-k needs `kubectl` or `kustomize`, and neither is installed; build it elsewhere and read the result with -f"
        }
        Problem::KustomizeFailed => "`{command}` failed: {detail}",
        Problem::Unreadable => "cannot be read: {detail}",
    }
}

pub(super) fn query_problem(code: QueryProblem) -> &'static str {
    match code {
        QueryProblem::InvalidPeer => {
            "`{found}` names nobody: use NAME, NS/NAME, KIND/NAME, NS/KIND/NAME, [NS/]label=value, NS/*, an address or CIDR, svc/NAME, node/NAME, world or fqdn:NAME"
        }
        QueryProblem::InvalidPort => {
            "`{found}` is not a port: use 80 (TCP), 53/udp, 8000-8100/tcp, a port name such as http, udp, icmp or any; numbers 1 to 65535"
        }
        QueryProblem::PortList => {
            "a list of ports holds numbers and protocols, and `{part}` in `{found}` is neither; ask about it alone"
        }
        QueryProblem::PortAnyOf => "`{found}` is not a port; every port of a protocol is just `{protocol}`",
        QueryProblem::PortRangeBackwards => "the range `{found}` runs backwards; write {low}-{high}",
        QueryProblem::PortOutOfRange => "port {number} in `{found}` is out of range; numbers 1 to 65535 are accepted",
        QueryProblem::UnknownProtocol => {
            "`{protocol}` in `{found}` is not a protocol with ports; accepted: {accepted} (`icmp` stands alone)"
        }
        QueryProblem::UnknownName => "nothing is named `{found}`{nearest?; did you mean `%`?}{known?; there are: %}",
        QueryProblem::UnknownNamespace => {
            "there is no namespace `{found}` in the input{nearest?; did you mean `%`?}{elsewhere?; of that name there is: %}{known?; there are: %}"
        }
        QueryProblem::UnknownService => {
            "there is no Service `{found}` in the input{nearest?; did you mean `%`?}{known?; there are: %}"
        }
        QueryProblem::UnknownField => {
            "no field {found} of {policy} can decide{nearest?; did you mean `%`?}{known?; those that can: %}"
        }
        QueryProblem::UnknownPolicy => {
            "no policy `{found}` in the input{nearest?; did you mean `%`?}{known?; there are: %}{forms? (%)}"
        }
        QueryProblem::UnknownNode => "there is no node `{found}` in the input{nearest?; did you mean `%`?}",
        QueryProblem::Ambiguous => "`{found}` can mean any of: {candidates}",
        QueryProblem::Finished => "{found} has finished ({phase}), so it is no endpoint of any connection",
        QueryProblem::NoPods => "no pod of {found} is in the input, so it is no endpoint of any connection",
        QueryProblem::NoMatch => {
            "no pod matches `{found}` in namespace {namespace}; with `*/` in front all namespaces are searched"
        }
        QueryProblem::UnknownPortName => {
            "no pod of `{to}` declares a port named `{found}`{nearest?; did you mean `%`?}{declared?; declared there: %}"
        }
        QueryProblem::ServicePort => "the Service {service} has no port {found}; it has: {accepted}",
        QueryProblem::ServiceAsSource => {
            "`{found}` is a Service, and a Service opens no connections; name the pods behind it"
        }
        QueryProblem::TooManyPairs => {
            "the question compares {pairs} pairs of pods that policies can tell apart, and at most {limit} are compared; ask about fewer, such as one namespace"
        }
        QueryProblem::TooManyRows => {
            "there are more than {limit} pairs to list; ask for their groups (--groups), or for fewer (--from, --to, --port)"
        }
        QueryProblem::TooManySources => {
            "there are more than {limit} peers to name; ask about fewer workloads, or for groups (netpol matrix --groups)"
        }
        QueryProblem::NotARow => {
            "`{found}` names no pods and no addresses outside; a Service stands for the pods behind it, and no path leads through a node"
        }
        QueryProblem::NoFlow => {
            "nothing of `{found}` has an address family in common with the other end, so there is no connection to decide on"
        }
        QueryProblem::Loopback => "`{found}` is a loopback address, which never leaves the pod: no policy has a say",
        QueryProblem::OpenSelector => {
            "it is not known whether `{found}` means the pod {pod}: it depends on labels that are not in the input"
        }
        QueryProblem::TooManyLabelSets => {
            "the selectors of policies tell more than {limit} kinds of pods apart that could exist in namespace {namespace}, and so many are not looked at: this is neither passed nor failed"
        }
        QueryProblem::NoSelected => "no pod matches `{found}`",
        QueryProblem::NothingOutside => "nothing of the outside is left of `{found}`",
        QueryProblem::NoPairs => "`{found}` has no pair but pods with themselves, which always reach themselves",
        QueryProblem::OutsideToOutside => "neither end of `{found}` is in the cluster, so no policy has a say",
        QueryProblem::TooManyArrows => {
            "the picture would have {arrows} arrows, and at most {limit} are drawn; use --by namespace, ask about less (--from, --to, --port), or take -o json"
        }
        QueryProblem::TooManyHops => {
            "there are {groups} groups of pods that policies can tell apart, and paths would need more than {limit} pairs of them; ask about a part of the cluster"
        }
        QueryProblem::NotPods => "`{found}` is no pod or workload, and only these have egress and ingress",
        QueryProblem::NotOutside => {
            "`{found}` is not outside of the cluster: name addresses there, or `world` (netpol check and netpol matrix ask about the inside)"
        }
    }
}

pub(super) fn code(code: Code) -> &'static str {
    match code {
        Code::NotIsolated => "no policy selects it in this direction, so everything is allowed",
        Code::AllowedByRule => "allowed by a rule",
        Code::DeniedByIsolation => "isolated, and no rule of any policy allows it",
        Code::DeniedByRule => "denied by a rule",
        Code::PassedByRule => "a rule passes it on to the policies of the next tier",
        Code::NoRuleMatches => "no rule of the policies that select it matches, so it is allowed",
        Code::PriorityTie => {
            "policies of the same priority decide differently, and which of them counts is not specified"
        }
        Code::NoOrder => {
            "AdminNetworkPolicies and ClusterNetworkPolicies decide differently, and which of them come first is not specified"
        }
        Code::DomainName => {
            "it depends on whether the address is one of {name} (ask about fqdn:NAME, or say --resolve NAME=ADDRESS)"
        }
        Code::AllowedByProfile => "let pass by the profile {profile} ({option}: {value})",
        Code::OpenInProfile => "the profile {profile} leaves it open ({option}: {value})",
        Code::NotEnforced => "{profile} enforces no policies: everything is allowed",
        Code::ServiceUntranslated => {
            "egress is judged before the Service's address and port are translated to those of who answers"
        }
        Code::IsolationOther => "isolated, and what that means for a protocol without ports is not specified",
        Code::Loopback => "a pod always reaches itself at its own address",
        Code::Hairpin => {
            "a pod that reaches itself through a Service or a node's port: whether policies apply is not specified"
        }
        Code::OwnNodeReached => "traffic to the pod's own node is never blocked, by the profile",
        Code::FromOwnNode => {
            "from the pod's own node: some of its processes, such as the kubelet, are never blocked, others are policed"
        }
        Code::OwnNode => "traffic from the pod's own node is never blocked",
        Code::MaybeOwnNode => "it may come from the pod's own node, whose traffic is never blocked",
        Code::ToOwnNode => "it goes to what is or may be the pod's own node, which some network plugins exempt",
        Code::HostNetwork => "the pod uses its node's network, so policies do not apply to it",
        Code::NotAPod => "not a pod, so no policy applies on this side",
        Code::Unmodelled => {
            "a policy of a kind that is not modelled may decide otherwise (--ignore-kind leaves it out)"
        }
        Code::PolicyLeftOut => "a policy that was left out because of errors may decide otherwise",
        Code::UnknownLabels => "it depends on labels of the namespace {namespace}, which is not in the input",
        Code::UnknownOwnLabels => {
            "whether policies apply depends on labels of the pod's namespace {namespace}, which is not in the input"
        }
        Code::UnknownAddress => "it depends on an address that is not known yet",
        Code::ControllerLabel => {
            "it depends on the value of {labels}, which a controller chooses when it makes the pods{policies?: with some values % selects them, with others not}"
        }
        Code::AmbiguousPortName => {
            "the port name has several numbers on the destination, and which one counts is not specified"
        }
        Code::NoCommonFamily => "the two have no address family in common, so there is no connection to decide on",
        Code::NoBackends => "the pods behind the Service are not in the input",
        Code::NoTargetPort => "no pod behind the Service declares its target port, so nothing answers there",
        Code::NotExposed => {
            "the Service is not reachable from outside of the cluster (neither NodePort nor LoadBalancer, no externalIPs)"
        }
        Code::NodePort => {
            "some of these ports lead on to pods, and there are too many nodes and ports to look at each; ask about one node, or about svc/NAME"
        }
        Code::NobodyAnswers => "the EndpointSlices of the Service name nobody who is ready, so nothing answers",
        Code::TooManyToCompare => {
            "there are too many ports of nodes and Services here, and too many who may ask there: what changed behind them was not compared"
        }
        Code::NoLocalBackend => {
            "only pods on the node at hand answer for the Service, and none of its pods is there (internalTrafficPolicy or externalTrafficPolicy: Local)"
        }
        Code::LocalUnknown => "only pods on the node at hand answer, and it is not known which pods are on it",
        Code::LocalOrAll => {
            "whether a pod that is not on the node visited answers visitors from inside is not specified (externalTrafficPolicy: Local)"
        }
        Code::BackendNotRead => "behind the Service stands a pod that is not in the input, or a name",
        Code::SourceRange => {
            "the load balancer lets in loadBalancerSourceRanges only, and the source is outside of them"
        }
        Code::MaybeSourceRange => {
            "the load balancer may refuse the source, which is not known to be within its loadBalancerSourceRanges"
        }
        Code::EgressBeforeNat => {
            "egress policies may see the node's address and port, or the pod behind them: which is not specified"
        }
        Code::NameIsBalancer => {
            "{name} is the load balancer of {service}; what comes back by it is judged by asking about svc/NAME"
        }
        Code::NodePortsUnranged => {
            "loadBalancerSourceRanges do not close the node ports of {service}; ask about node/NAME and that port"
        }
        Code::NoSuchService => "it names the Service {service}, which is not in the input, so nothing is behind it",
        Code::NoSuchServicePort => "it names the port {port} of the Service {service}, which has no such port",
        Code::NotGranted => {
            "the namespace of the Service {service} has no ReferenceGrant that lets this route refer to it"
        }
        Code::NotAttached => "no listener of its Gateway takes this route, so nobody comes in by it",
        Code::MaybeNotAttached => {
            "whether its Gateway takes this route is not known: the Gateway is not in the input, or chooses by labels"
        }
        Code::ControllerUnknown => {
            "it depends on who the ingress controller is, which is not in the input (--ingress-controller names one)"
        }
        Code::CallerUnknown => "it depends on where the API server is, which is not in the input",
        Code::RedundancyCutShort => {
            "what changes nothing was looked for in a part of the policies only, for too many of them select the same pods"
        }
        Code::ControllerAssumed => {
            "the ingress controller is not in the input: some pod is assumed, of which nothing is known (--ingress-controller names one)"
        }
        Code::SourceNat => {
            "the source may be replaced by a node's address on the way (externalTrafficPolicy: Cluster, hostPort), which the rules may treat otherwise"
        }
        Code::UnresolvedName => "the addresses of the name are not known",
        Code::NearPort => "allows this peer, but on {ports} only",
        Code::NearPodLabel => "would allow it if the pod had {wanted} (it has {found})",
        Code::NearNamespaceLabel => {
            "would allow it if the namespace {namespace} had the label {wanted} (it has {found})"
        }
        Code::NearNamespace => {
            "its podSelector fits, but without a namespaceSelector it means pods of {namespace} only, and this pod is in {found}"
        }
        Code::NearAddress => "allows {cidrs}, and the address is outside of it",
        Code::NearBlock => {
            "allows {cidrs}, and by this profile an ipBlock does not match the pod or node that has the address"
        }
        Code::NearPortName => {
            "names the port {names}, which the destination does not declare; addresses outside of the cluster never match a port name"
        }
        Code::NearFamily => "its blocks hold no {family} address; each family needs a block of its own",
        Code::NearNamespaceName => "allows such pods of the namespace {wanted} only",
        Code::NearNotSelectable => "selects pods, and this is no pod; only an ipBlock can allow it",
        Code::DnsDenied => "{from} cannot reach the cluster's DNS (53/udp and 53/tcp), so names will not resolve",
        Code::DnsUndefined => "whether {from} can reach the cluster's DNS (53/udp, 53/tcp) is not decided by the input",
        Code::HostNetworkSource => {
            "{pod}{file? (in %)} uses its node's network: policies that select it have no effect, and others see the node's address"
        }
        Code::HostNetworkDestination => {
            "{pod}{file? (in %)} uses its node's network: no selector of a policy matches it, only an ipBlock of its node's address"
        }
        Code::ProbePort => {
            "the kubelet of that node asks {pod} on {port} ({probes}): where this connection is denied, the probe fails"
        }
        Code::OldConnections => "this is about new connections; one that was open before a policy changed may live on",
        Code::OpenAtStart => "a pod that has just started is open until its policies are in place",
        Code::Suspects => {
            "if a cluster lets through what is denied here, this YAML does not explain it: suspect a CNI that does not enforce policies, a hostNetwork pod, another policy that was not read, or an old connection"
        }
        Code::AddressUnknownSame => "an address is not known yet; the verdict is the same for all that it can be",
        Code::SidecarPort => {
            "the port name `{port}` is declared by a sidecar container, which not every network plugin counts"
        }
        Code::PortNameMissing => "some destinations declare no port of that name and were left out",
        Code::AddressMayBePod => {
            "nothing in the input has this address, so it is taken as outside of the cluster; selectors would match it if a pod had it"
        }
        Code::NamesShareAddresses => {
            "rules about domain names judge a name by what it is called; where an implementation looks at addresses, a name that shares its address with an allowed one passes (--resolve NAME=ADDRESS shows it)"
        }
        Code::NameStandsForWorld => {
            "the addresses of {name} are not known: the verdict holds for every address outside of the cluster, or is undefined"
        }
        Code::ProfileSuggested => {
            "nothing of a network plugin; {object} is in the input, and --profile {profile} says what that one does where the specification leaves a choice"
        }
        Code::PodCidrs => "pods without an address have one of {cidrs} (--pod-cidr says otherwise)",
        Code::FamilyNotShown => {
            "the input shows no address: connections with the outside are judged in IPv4 and IPv6, those among pods in IPv4 (--pod-cidr says otherwise)"
        }
        Code::NamespacesUnknown => "of the namespaces {namespaces}, which are not in the input, only the name is known",
        Code::DnsAssumed => {
            "the cluster's DNS is not in the input; pods with k8s-app=kube-dns in kube-system, on port 53, are assumed"
        }
        Code::WitnessReasons => "there are many pairs: the reasons shown are those of one pair of each group",
        Code::GraphSummary => "{of}: {nodes}; connections: {connections}; profile {profile}",
        Code::PathFound => "{from} reaches {to}; hops: {hops}",
        Code::PathNone => "there is no path from {from} to {to}",
        Code::PathUndefined => "there is a path if what is undefined is allowed; hops: {hops} (--undefined shows it)",
        Code::BlastRadius => "{from} can reach {workloads} of {all} other workloads; hops, at most: {hops}",
        Code::ChokePoint => "every path from {from} to the outside goes through {through}",
        Code::PartlyInside => {
            "part of {found} belongs to pods, nodes or Services of the cluster and is left out here (netpol check asks about it)"
        }
        Code::ServiceAddresses => {
            "most network plugins judge a Service by the pods behind it, not by its address: `netpol check FROM svc/NAME` asks about these"
        }
        Code::ApiServerOnControlPlane => "the API server is taken to answer on {ports} of {nodes}",
        Code::ApiServerOnSomeNode => {
            "it is not known which node the API server runs on, or whether on one: {ports} of every node are asked about"
        }
        Code::ApiServerUnknown => {
            "it is not known where the API server is (no Node has an address here); a rule for it needs an ipBlock of its address"
        }
        Code::MetadataReachable => "the metadata and credential services of clouds can be reached",
        Code::TunnelPossible => "{ports} to {whole?the whole}{most?most of the} internet: a tunnel is possible",
        Code::NamesWillNotResolve => "no resolver can be asked on port 53: names will not resolve",
        Code::NamesMayNotResolve => "whether names resolve is not decided by the input",
        Code::OtherDnsOnly => {
            "the cluster's DNS is denied: names resolve only if the pods are set up to ask another resolver"
        }
        Code::DnsOneProtocol => "the cluster's DNS can be asked over {protocol} only",
        Code::ProbeDenied => "its probes fail: policies deny the kubelet of its own node {probes}",
        Code::ProbesAsked => "the kubelet of its own node asks it on {probes}",
        Code::ShiftedSource => {
            "visitors from outside come through {services} and may have a node's address, which the policies may treat otherwise"
        }
        Code::CallDenied => "the API server cannot call it: {calls}",
        Code::CallUndefined => "whether the API server can call it is not decided: {calls}",
        Code::ProbesDenied => {
            "{count} of {total} workloads: their probes fail, since policies deny the kubelet of their own node"
        }
        Code::CallsDenied => {
            "{count} of {total} workloads: the API server has to call them (webhooks, APIServices, conversions), and it cannot, or it is not decided"
        }
        Code::EntryBroken => {
            "{count} of {total} Services that entry points name: not in the input, without that port, or not for this route"
        }
        Code::EntryDenied => {
            "{count} of {total} workloads: an entry point leads to them, and policies do not let its controller in"
        }
        Code::EnteredFromOutside => {
            "{count} of {total} workloads: can be entered from outside by an Ingress, a route, a load balancer or a port of a node"
        }
        Code::UnmodelledPolicies => {
            "{count} of {total} policies: of a kind that is not modelled, so only what they cannot change is counted here (--ignore-kind leaves them out of account)"
        }
        Code::OpenBothWays => {
            "{count} of {total} workloads: open to the whole internet in both directions, as nothing limits them"
        }
        Code::MetadataOpen => {
            "{count} of {total} workloads: can reach a metadata or credential service of clouds{address? (%)}"
        }
        Code::TunnelDespitePolicy => {
            "{count} of {total} workloads: isolated in egress, yet with port 53, 853 or 443 open to the internet: a tunnel is possible"
        }
        Code::NoNames => "{count} of {total} workloads: no resolver can be asked on port 53, so names will not resolve",
        Code::HostNetworkSelected => {
            "{count} of {total} workloads: on the network of their node, where policies select them without effect"
        }
        Code::PolicySelectsNothing => "{count} of {total} policies: no pod here is selected",
        Code::NamespaceOpen => "{count} of {total} namespaces: no policy isolates anybody",
        Code::OpenEgress => "{count} of {total} workloads: can reach the whole internet on every port",
        Code::OpenIngress => "{count} of {total} workloads: let in the whole internet on every port",
        Code::SuspectProfile => "the cluster's network plugin may be {profiles}{options?, where %}",
        Code::SuspectHostNetwork => {
            "{pod} is on its node's network, where policies do not apply; as a peer it is the node's address"
        }
        Code::SuspectOwnNode => {
            "traffic between a pod and its own node is exempt in some plugins and policed in others"
        }
        Code::SuspectOldConnection => {
            "the connection was open before the policy was there, and lives on; a new one would tell"
        }
        Code::SuspectServicePort => {
            "the Service {service} translates the port: policies see that of the pods, and {other} in place of {port} comes to what was observed"
        }
        Code::SuspectSourceNat => "what comes through {services} may arrive with a node's address in place of its own",
        Code::SuspectAddressInside => {
            "{address} lies where the cluster's own addresses are: it may be that of a pod, a node or a Service that was not read"
        }
        Code::SuspectUnknownLabels => {
            "the labels of {namespaces} in the cluster: these namespaces are not in the input"
        }
        Code::SuspectPolicyNotRead => {
            "a policy that was not read: another NetworkPolicy of {namespaces}, or one of another kind"
        }
        Code::SuspectUnmodelled => "policies that are read and not modelled, or that could not be used: {policies}",
        Code::SuspectDns => "{from} may not be able to resolve names, so that nothing is tried at all",
        Code::SuspectNotListening => "nobody listens on {port}, or it is something else than a policy that refuses",
        Code::StepIngress => "who can reach it",
        Code::StepWhoReaches => "who can reach that address",
        Code::StepEgress => "what it can reach outside, and whether names resolve",
        Code::StepOutside => "what each workload can reach outside of the cluster",
        Code::StepMatrix => "which namespaces may talk to which",
        Code::OwnNodeApart => {
            "between {groups}, which are nodes or on their node's network, and pods of the same node, ingress is never denied, and what egress denies is undefined; where the node of one is not known, what is denied is undefined"
        }
        Code::NodePortsApart => {
            "to {groups}, {ports} is undefined: such a connection goes on to the pods of a Service (netpol check asks about these)"
        }
        Code::ExplainSelectsAll => {
            "selects all pods of the namespace {namespace}: {workloads}{pod? (% pod)}{pods? (% pods)}"
        }
        Code::ExplainSelects => {
            "selects the pods of {namespace} with {selector}: {workloads}{pod? (% pod)}{pods? (% pods)}"
        }
        Code::ExplainSelectsNobody => "selects the pods of {namespace}{selector? with %}: there is none in the input",
        Code::ExplainRules => {
            "is about pods{selector? with %} of {namespaces?the namespaces with %}{everywhere?all namespaces}: {workloads}{pod? (% pod)}{pods? (% pods)}"
        }
        Code::ExplainRulesNobody => {
            "is about pods{selector? with %} of {namespaces?the namespaces with %}{everywhere?all namespaces}: there is none in the input"
        }
        Code::ExplainTierAdmin => {
            "of the administrators' tier{priority?, priority %}: it is asked before every NetworkPolicy"
        }
        Code::ExplainTierBaseline => {
            "of the baseline tier{priority?, priority %}: it is asked only where no NetworkPolicy isolates"
        }
        Code::ExplainIsolatesIngress => {
            "isolates them: nobody reaches them but whom a rule of some policy lets in{own-node?, and their own node}{own-node-open?; whether their own node does is undefined}"
        }
        Code::ExplainIsolatesEgress => {
            "isolates them: they reach nobody but whom a rule of some policy lets them{own-node?, and their own node}{own-node-open?; whether they reach their own node is undefined}"
        }
        Code::ExplainNotEnforced => "would isolate them, but {profile} enforces no policies",
        Code::ExplainNothingIn => "isolates them and lets nothing in by itself",
        Code::ExplainNothingOut => "isolates them and lets nothing out by itself",
        Code::ExplainOpenIngress => "does not limit who reaches them",
        Code::ExplainOpenEgress => "does not limit whom they reach",
        Code::ExplainNoRulesIn => "has no rule for what comes in",
        Code::ExplainNoRulesOut => "has no rule for what goes out",
        Code::ExplainFirstIn => "of what comes in, the first rule that matches decides:",
        Code::ExplainFirstOut => "of what goes out, the first rule that matches decides:",
        Code::ExplainLetsIn => "lets in {ports}{and? and }{every?every port of %}{all?every port and protocol} from",
        Code::ExplainLetsOut => "lets out {ports}{and? and }{every?every port of %}{all?every port and protocol} to",
        Code::ExplainDeniesIn => "denies {ports}{and? and }{every?every port of %}{all?everything} from",
        Code::ExplainDeniesOut => "denies {ports}{and? and }{every?every port of %}{all?everything} to",
        Code::ExplainPassesIn => {
            "leaves to the NetworkPolicies {ports}{and? and }{every?every port of %}{all?everything} from"
        }
        Code::ExplainPassesOut => {
            "leaves to the NetworkPolicies {ports}{and? and }{every?every port of %}{all?everything} to"
        }
        Code::PeerAnybody => {
            "anybody, inside and outside of the cluster{names?; but outside, a port name opens nothing}"
        }
        Code::PeerOwnAll => "all pods of its own namespace {namespace}{here? (here: %)}",
        Code::PeerOwn => "pods of its own namespace {namespace} with {selector}{here? (here: %)}",
        Code::PeerEverywhereAll => "all pods of all namespaces{here? (here: %)}",
        Code::PeerEverywhere => "pods with {selector} of all namespaces{here? (here: %)}",
        Code::PeerNamespacesAll => "all pods of the namespaces with {namespaces}{here? (here: %)}",
        Code::PeerNamespaces => "pods with {selector} of the namespaces with {namespaces}{here? (here: %)}",
        Code::PeerBlock => "the addresses {cidr}{except? except %}",
        Code::PeerNodesAll => "all nodes",
        Code::PeerNodes => "the nodes with {selector}",
        Code::PeerDomains => "the domain names {names}",
        Code::PeerUnknown => {
            "a peer of a form that is not known here: a rule that allows then matches nobody, any other denies all"
        }
        Code::ThoughInertIngress => "its ingress rules do nothing: `policyTypes` does not name Ingress",
        Code::ThoughInertEgress => "its egress rules do nothing: `policyTypes` does not name Egress",
        Code::ThoughEmptyIngress => {
            "an empty `ingress` denies nothing here: it limits who comes in only where `policyTypes` names Ingress"
        }
        Code::ThoughEmptyEgress => {
            "an empty `egress` denies nothing: it limits what goes out only where `policyTypes` names Egress"
        }
        Code::ThoughFromAnybody => {
            "a rule without `from` means everybody, not nobody: other namespaces and addresses outside too"
        }
        Code::ThoughToAnybody => {
            "a rule without `to` means everybody, not nobody: other namespaces and addresses outside too"
        }
        Code::ThoughEveryPort => "a rule without `ports` means every port of every protocol",
        Code::ThoughDnsTcp => "port 53 is TCP only here; names are mostly looked up over UDP",
        Code::ThoughDnsUdp => "port 53 is UDP only here; long answers come over TCP",
        Code::ThoughOneProtocol => {
            "an item without `port` means every port of {protocol}, and nothing of another protocol"
        }
        Code::ThoughPortName => {
            "no pod in the input that this is about declares a port {name} of {protocol}: it lets nothing through"
        }
        Code::ThoughOr => {
            "this is a peer of its own: whoever either of the two means is let through, not only who both mean"
        }
        Code::ThoughOwnNamespace => {
            "`podSelector` alone means pods of {namespace} only; pods of other namespaces with such labels are not meant: {here}"
        }
        Code::ThoughNobody => "nobody in the input is meant",
        Code::ThoughHostPeers => {
            "a selector does not mean pods on their node's network, which have the node's address: {here}"
        }
        Code::ThoughUnlabelled => "pods without the label {key} are meant too: {here}",
        Code::ThoughMetadata => "{address}, where clouds hand out credentials, lies in it",
        Code::ThoughOneFamily => "no address of {family} is meant, though selected pods have one",
        Code::ThoughExceptOpen => "what it excepts is not denied: {cidrs} is let through{on? on %} by {by}",
        Code::ThoughHostNetwork => "no policy applies to pods on their node's network, though it selects them: {here}",
        Code::ThoughOthersIn => "other policies select pods of these too, and what they let in adds up: {policies}",
        Code::ThoughOthersOut => "other policies select pods of these too, and what they let out adds up: {policies}",
        Code::ThoughClosedIn => "who reaches them is limited by other policies: {policies}",
        Code::ThoughClosedOut => "whom they reach is limited by other policies: {policies}",
        Code::ThoughAdminIn => "policies of administrators decide first on what comes in: {policies}",
        Code::ThoughAdminOut => "policies of administrators decide first on what goes out: {policies}",
        Code::ThoughGoesOn => {
            "it isolates nobody: what no rule matches goes on to the policies after it; what a rule lets through needs the other end's consent still"
        }
        Code::ThoughBaseline => "where a NetworkPolicy isolates a pod in a direction, this policy is not asked there",
        Code::ThoughBaselineEither => {
            "where a NetworkPolicy isolates a pod in whichever direction, this policy is not asked at all (profile {profile})"
        }
        Code::ProfileSays => "by the profile {profile}, {says}",
        Code::ThoughSourcesInside => {
            "its ingress rules mean pods only: nodes, pods on their node's network and addresses outside are never matched"
        }
        Code::ThoughNetworksPods => {
            "pods lie in it too, and this denies connections to them, such as {from} → {to}{dns?: it cannot look up names there}"
        }
        Code::ThoughNetworksNodes => "nodes lie in it too, and this denies connections to them, such as {from} → {to}",
        Code::ThoughSamePriority => {
            "of the same priority, so it is not specified which counts where they differ: {policies}"
        }
        Code::ExplainIsolatedIn => {
            "{maybe?perhaps }isolated on the way in: only what some policy lets in reaches it{maybe?, if one applies}"
        }
        Code::ExplainIsolatedOut => {
            "{maybe?perhaps }isolated on the way out: it reaches only what some policy lets it{maybe?, if one applies}"
        }
        Code::ExplainUnisolatedIn => "not isolated on the way in: no NetworkPolicy limits who reaches it",
        Code::ExplainUnisolatedOut => "not isolated on the way out: no NetworkPolicy limits whom it reaches",
        Code::ExplainOwnNodeIn => {
            "from its own node{nodes? (%)}, the kubelet among others: {all?every port}{ports?%}{none?no port}{some?undefined, %}{undefined?; undefined: %}{exempt? (no NetworkPolicy keeps it out)}{unsettled? (NetworkPolicies apply to some of its processes, not to the kubelet)}{policed? (policies apply to it as to anybody)}"
        }
        Code::ExplainOwnNodeOut => {
            "to its own node{nodes? (%)}: {all?every port}{ports?%}{none?no port}{some?undefined, %}{undefined?; undefined: %}{exempt? (no NetworkPolicy keeps it from there)}{unsettled? (whether NetworkPolicies keep it from there is not settled)}{policed? (policies apply as to anybody)}"
        }
        Code::TierAdmin => {
            "first the administrators' policies, in this order; the first rule that matches decides, or leaves it to the next:"
        }
        Code::TierNetworkPolicy => "then the NetworkPolicies, without an order: what they let through adds up:",
        Code::TierBaseline => "last, where no NetworkPolicy isolates, the baseline:",
        Code::TierUnmodelled => "policies of kinds that are not modelled may change all of this:",
        Code::ReachedBy => "reached from {many?% workloads: }{workloads}",
        Code::ReachedByNobody => "reached from no other workload",
        Code::ReachedByNodes => "reached from other nodes{ports}",
        Code::ReachedFromOutside => {
            "reached from outside: {everywhere?everywhere}{family? (%)}{except? except %}{everywhere?%}{and?; }{addresses}"
        }
        Code::NotFromOutside => "not reached from outside",
        Code::Reaches => "reaches {many?% workloads: }{workloads}",
        Code::ReachesNobody => "reaches no other workload",
        Code::ReachesNodes => "reaches other nodes{ports}",
        Code::ReachesOutside => {
            "reaches outside: {everywhere?everywhere}{family? (%)}{except? except %}{everywhere?%}{and?; }{addresses}"
        }
        Code::NotToOutside => "does not reach outside",
        Code::StepExplain => "what that policy does, in sentences",
        Code::FixAddPort => "add {ports} to {field} of {policy}",
        Code::FixAddPeer => "add the peer {peer} to {field} of {policy}",
        Code::FixAddRule => "add a rule to {field} of {policy}",
        Code::FixNewPolicy => "add the policy {policy} ({direction})",
        Code::FixNewIsolation => "add the policy {policy} ({direction}), without rules: it lets nothing through",
        Code::FixNewOtherPorts => "add the policy {policy} ({direction}), for all other ports",
        Code::FixNewOtherPeers => "add the policy {policy} ({direction}), for everybody else",
        Code::FixNewOthers => {
            "add the policy {policy} ({direction}), for all other ports, and on these for everybody else"
        }
        Code::FixExceptsPods => {
            "its exceptions are addresses that pods have today; a pod that is made anew has another one"
        }
        Code::FixHoldsPods => {
            "its blocks hold pods as well: where pods get their addresses is not known (--pod-cidr says it, and it is excepted)"
        }
        Code::FixLeavesUnpoliced => {
            "not stopped, for no NetworkPolicy applies to them (they use their node's network, or are no pods): {peers}"
        }
        Code::FixLeavesSctp => "SCTP is not among it: the profile {profile} leaves open what becomes of it",
        Code::FixRemove => "take what admits it out of {field} of {policy}",
        Code::FixNarrowPorts => "take the ports out of {field} of {policy}",
        Code::FixNarrowPeer => "let {field} of {policy} mean the other peers only",
        Code::FixSplitRule => "split {field} of {policy}: on these ports for the other peers only",
        Code::SharedUnknownApart => {
            "for {count} pairs of groups, both directions rest on the same unknown labels; what they come to is among the exceptions of -o json"
        }
    }
}

pub(super) fn phrase(phrase: Phrase) -> &'static str {
    match phrase {
        Phrase::Allow => "ALLOW",
        Phrase::Deny => "DENY",
        Phrase::Undefined => "UNDEFINED",
        Phrase::Mixed => "MIXED",
        Phrase::AnyPort => "any port",
        Phrase::Egress => "egress",
        Phrase::Ingress => "ingress",
        Phrase::IsolatedBy => "isolated by",
        Phrase::ObservedAgrees => "observed: {observed}; the input says {verdict} as well",
        Phrase::ObservedDiffers => {
            "observed: {observed}; the input says {verdict}. What would explain it, likeliest first, with a command that tells:"
        }
        Phrase::OnProfile => "on {profile} {clauses}",
        Phrase::SeveralTogether => "several of its options together",
        Phrase::Decision => "verdict",
        Phrase::RuledBy => "ruled by",
        Phrase::NotIsolated => "not isolated",
        Phrase::Names => "names",
        Phrase::Nearest => "nearest",
        Phrase::Basis => "based on",
        Phrase::Note => "note",
        Phrase::Assumed => "assumed",
        Phrase::Pods => "pods",
        Phrase::TemplatePods => "the pods that its template will make",
        Phrase::Itself => "a pod to itself",
        Phrase::Others => "a pod to the others",
        Phrase::SameNode => "on the same node",
        Phrase::OtherNodes => "on other nodes",
        Phrase::UnknownNodes => "on nodes that are not known",
        Phrase::Via => "through the Service",
        Phrase::ViaNode => "through a port of",
        Phrase::EntryPoints => "Entry points",
        Phrase::Calls => "Called by the API server",
        Phrase::Error => "error",
        Phrase::Warning => "warning",
        Phrase::Profile => "profile",
        Phrase::LeftOut => "left out because of errors",
        Phrase::PassedOver => "passed over",
        Phrase::Ignored => "ignored",
        Phrase::NoInput => "no manifests to read: name them with -f FILE, -f DIR, -f - (standard input) or -k DIR",
        Phrase::InputErrors => {
            "the input has errors, so no answer would rest on all of it; --keep-going answers from the rest"
        }
        Phrase::LintInputErrors => {
            "the input has errors, so no finding would rest on all of it; --keep-going lints the rest and reports what was rejected as findings"
        }
        Phrase::DemoIntro => {
            "The web pods of a shop may only use DNS, or so it was meant. These are their egress rules:"
        }
        Phrase::DemoOutro => {
            "\
What the two rules open together, for rules are a union:
  1. Every pod of every namespace, on every port (but for pods on their node's network). The second
     rule has no ports, and the empty namespaceSelector means all namespaces, its own included.
  2. Port 53, UDP and TCP, to the whole internet. The first rule has no `to`, so DNS is not limited
     to the cluster's resolver, and a tunnel over port 53 is possible.
  3. Nothing else outside of the cluster.
If a cluster lets through more than that, this YAML does not explain it. Suspect, in this order:
  - a CNI that does not enforce network policies,
  - a pod with hostNetwork: true, to which no policy applies,
  - another policy that selects the same pods and was not read,
  - a connection that was open before the policy came."
        }
        Phrase::Opened => "opened",
        Phrase::Closed => "closed",
        Phrase::Undecided => "undecided",
        Phrase::OpenedSurely => "opened, was undefined",
        Phrase::NoLongerSure => "undefined now, was allowed",
        Phrase::PerhapsOpened => "undefined now, was denied",
        Phrase::ClosedSurely => "denied now, was undefined",
        Phrase::AnsweredBy => "answered by",
        Phrase::Added => "added",
        Phrase::Removed => "removed",
        Phrase::Because => "because",
        Phrase::Before => "before",
        Phrase::Now => "now",
        Phrase::NothingIsolates => "no policy isolates either end",
        Phrase::NoDifferenceFound => "no difference in what was compared",
        Phrase::NoDifference => "no difference: every connection is decided as before",
        Phrase::From => "from",
        Phrase::To => "to",
        Phrase::Allowed => "allowed",
        Phrase::World => "world",
        Phrase::Except => "except",
        Phrase::RestOf => "the rest of",
        Phrase::Parts => "parts",
        Phrase::GraphTitle => "Who may reach whom",
        Phrase::GraphHint => {
            "Point at a workload, or move to it with the Tab key, to see its connections only; a click or Enter keeps them, Escape lets go"
        }
        Phrase::Outside => "outside",
        Phrase::SomeAddresses => "some addresses",
        Phrase::Namespaces => "namespaces",
        Phrase::Workloads => "workloads",
        Phrase::OpenToAll => "open to all",
        Phrase::FromAll => "from all",
        Phrase::SomePods => "some pods",
        Phrase::SomeNodes => "some nodes",
        Phrase::LegendAllowed => "allowed, on the ports at the arrow's head",
        Phrase::LegendUndefined => "dashed, with ?: neither allowed nor denied by the specification or the input",
        Phrase::LegendFrame => "an arrow from or to the border of a frame: all that is in it",
        Phrase::LegendOpen => {
            "◆ all others may reach it, on the ports named there or on all that were asked about; no arrows say it again"
        }
        Phrase::LegendAmong => "↻ among the pods of one workload, or the workloads of one namespace",
        Phrase::LegendNamed => "⇒ to and ⇐ from whom, on which ports: named where many arrows would meet; ×: how many",
        Phrase::LegendNamespaces => "an arrow between namespaces: some pod of one may reach some pod of the other",
        Phrase::Connections => "All connections",
        Phrase::Distance => "hops",
        Phrase::Inside => "pods",
        Phrase::PodRange => "pod range",
        Phrase::ServiceRange => "Service range",
        Phrase::Nodes => "nodes",
        Phrase::Resolvers => "DNS",
        Phrase::Metadata => "metadata",
        Phrase::ApiServer => "API server",
        Phrase::NodeLocal => "NodeLocal DNSCache, where there is one",
        Phrase::NotInInput => "not in the input, assumed",
        Phrase::OnHostNetwork => "on its node's network: no policy applies",
        Phrase::OpenOut => "open: no policy isolates it in egress",
        Phrase::OpenIn => "open: no policy isolates it in ingress",
        Phrase::Nothing => "nothing",
        Phrase::EveryPod => "every pod",
        Phrase::What => "what",
        Phrase::Namespace => "namespace",
        Phrase::EgressIsolated => "egress isolated",
        Phrase::IngressIsolated => "ingress isolated",
        Phrase::ReachOutside => "reach outside",
        Phrase::ReachedFromOutside => "reached from outside",
        Phrase::ResolveNames => "resolve names",
        Phrase::AllNamespaces => "all",
        Phrase::OtherNamespaces => "{count} others",
        Phrase::Of => "{part} of {whole}",
        Phrase::Policies => "policies",
        Phrase::LookAt => "To look at, worst first:",
        Phrase::NoFindings => "nothing stands out",
        Phrase::NothingToLookAt => {
            "there is nothing to look at: no pod, policy or other object of the input counts here"
        }
        Phrase::MoreFindings => "more; -v shows them all",
        Phrase::Next => "Next:",
        Phrase::RuledLegend => {
            "Isolated: a NetworkPolicy selects the pods in that direction, so only what policies allow passes.\nOf all others the rules of the administrative tiers hold; what none of these matches passes."
        }
        Phrase::SummaryLegend => {
            "Isolated: a policy selects the pods in that direction, so only what policies allow passes.\nAll others are open: no policy limits them in that direction."
        }
        Phrase::Direction => "direction",
        Phrase::EveryGroup => "all",
        Phrase::EveryGroupBut => "all but",
        Phrase::Passed => "passed",
        Phrase::Failed => "failed",
        Phrase::Unmatched => "unmatched",
        Phrase::TestError => "error",
        Phrase::ExpectAllow => "allow",
        Phrase::ExpectDeny => "deny",
        Phrase::ExpectUndefined => "undefined",
        Phrase::ExpectedPairs => {
            "expected {expected}{policies?, decided by %}, which {failed} of {asked} pairs are not, such as"
        }
        Phrase::DecidedOtherwise => {
            "{expected} as expected, but not decided by {policies}{by?: decided by %}{none?: no policy decides it} ({failed} of {asked} pairs fail)"
        }
        Phrase::PairsAsExpected => "{expected}; pairs: {asked}",
        Phrase::ItselfLeftOut => "left out: pods with themselves, which they always reach ({count})",
        Phrase::NotAmongReasons => "not among the reasons that decide: {policy}",
        Phrase::BreakingLabels => "a pod with these labels breaks it: {labels}",
        Phrase::BreakingWithoutLabels => "a pod without any label that policies look at breaks it",
        Phrase::AssumedPods => "kinds of pods that could exist, as far as selectors tell them apart: {count}",
        Phrase::TestCounts => {
            "tests: {all}; passed: {passed}{failed?; failed: %}{unmatched?; unmatched: %}{error?; with errors: %}"
        }
        Phrase::NoTests => "there is no ConnectivityTest to run in: {found}",
        Phrase::Coverage => "coverage",
        Phrase::Rules => "rules",
        Phrase::Peers => "peers",
        Phrase::Ports => "ports",
        Phrase::NotCovered => "no test would miss",
        Phrase::AllCovered => "every policy, rule, peer and port would be missed by some test",
        Phrase::CoverageBelow => "{percent}% are covered, and at least {least}% were asked for",
        Phrase::NotExported => "not exported: {test}: {why}",
        Phrase::CoverageUnproven => {
            "{count} parts count because they decide a test, though it was not tried whether it misses them: there are too many"
        }
        Phrase::CoverageSkipped => "not counted, as they have too many pairs for their reasons to be asked: {tests}",
        Phrase::InitLeftOut => {
            "of some pods or addresses nothing is tested, for they cannot be written as peers in few words ({count})"
        }
        Phrase::ExportExpect => "NetAssert can expect that a connection is made or not, and nothing else",
        Phrase::ExportAnyPod => "NetAssert asks pods that are there, and this is about pods that could exist",
        Phrase::ExportPorts => "NetAssert asks for single ports of TCP and UDP, by number, and this has others or many",
        Phrase::ExportDecidedBy => "decidedBy, for NetAssert sees no policies; the rest of the test is exported",
        Phrase::ExportUdpHost => "NetAssert asks over UDP for pods only",
        Phrase::ExportPeer => "NetAssert has no such end: {found}",
        Phrase::ExportTooMany => "it has more pairs than can be asked one by one",
        Phrase::ExportItself => "NetAssert asks one pod of a workload, not two of the same: {found}",
        Phrase::NothingExported => "nothing is left to export: none of the tests can be asked by NetAssert",
        Phrase::FixDone => "as asked already: {verdict}; nothing is to be done",
        Phrase::FixNone => "no change of NetworkPolicies was found that does it; what stands against it:",
        Phrase::FixNothingElse => "nothing else changes",
        Phrase::FixMore => "more changes than what was asked for",
        Phrase::FixOthersToo => "what is changed holds for {count} other pods too",
        Phrase::FixNotCompared => "what else changes was not compared: there is too much of it",
        Phrase::FixOthers => "Other ways, with more beside it or more to read (--pick shows one in full):",
        Phrase::FixApply => "apply this (kubectl apply -f -):",
        Phrase::FixNotInPlace => {
            "{policy} cannot be edited in place (anchors, or a layout that is not understood): apply this instead"
        }
        Phrase::FixConnections => "connections that change:",
        Phrase::FixWritten => "written",
        Phrase::ExplainThough => "Mind:",
        Phrase::ReachedUndefined => "undefined whether it is reached from",
        Phrase::ReachesUndefined => "undefined whether it reaches",
        Phrase::MayApply => "perhaps: that hangs on labels which are not known",
        Phrase::Try => "try",
        Phrase::Reading => "reading …",
        Phrase::Deciding => "deciding …",
        Phrase::Errors => "errors",
        Phrase::Warnings => "warnings",
        Phrase::Notes => "notes",
        Phrase::IgnoredFindings => "ignored",
        Phrase::IgnoredBecause => "ignored because",
        Phrase::RegradedBecause => "of this severity because",
        Phrase::SeeAlso => "see also",
        Phrase::SeverityColumn => "severity",
        Phrase::RuleColumn => "rule",
        Phrase::WhereColumn => "where",
        Phrase::RulesTitle => "Rules of the linter",
        Phrase::RulesIntro => {
            "This page is made by `netpol lint --rules`, of what each rule says itself; `netpol lint --explain RULE` prints one. A finding is about the cluster that was read: pods and namespaces belong to the input. `netpol.toml` sets levels, and an annotation `lint.netpol.dev/ignore-RULE` with a reason, which may begin with `until YYYY-MM-DD:`, says that a finding is known; `note-`, `warning-` or `error-` in place of `ignore-` give it that severity. An object that the API server would refuse ends the run with exit status 2; with `--keep-going` the rest is linted, and what was refused is a finding of the rule `rejected`"
        }
        Phrase::BadExample => "It fires on",
        Phrase::GoodExample => "It does not on",
    }
}
