//! When a cluster does something else than its YAML says: what explains it, likeliest first, each
//! with a command that confirms it.

mod open;

use crate::analysis::Analysis;
use crate::compare::{OneByOne, OptionValue, rules_apart, rules_of};
use crate::diagnostic::Params;
use crate::explain::Code;
use crate::profile::Profile;
use crate::query::{Basis, CheckAnswer, OriginRef, Part, Peer, PeerKind, QueryError, Question, Verdict};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use serde::Serialize;

/// Something that explains what was observed: a suspicion, or what leaves the verdict open.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Explanation {
    /// What it is. [`crate::lang`] has the words.
    pub code: Code,
    /// Values of the sentence.
    #[serde(skip_serializing_if = "Params::is_empty")]
    pub params: Params,
    /// Of a network plugin, the options that come to what was observed, each by itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<OptionValue>,
    /// The node of a policy that it rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<OriginRef>,
    /// Whether netpol comes to what was observed, if this is so.
    pub shown: bool,
    /// A command that confirms it, or rules it out.
    pub confirm: String,
}

/// What was expected, what was observed, and what explains the difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ObservedAnswer {
    /// `netpol.observed/v1`.
    pub schema: &'static str,
    /// What was asked, as typed.
    pub question: Question,
    /// What the input says.
    pub verdict: Verdict,
    /// What the cluster does: allow or deny.
    pub observed: Verdict,
    /// Likeliest first; none where the two agree.
    pub explanations: Vec<Explanation>,
    /// What the answer rests on.
    pub basis: Basis,
}

/// Explanations with how likely they are: the lowest number first.
type Found = Vec<(u8, Explanation)>;

/// Compares what was observed with what the input says. `prepare` makes the cluster ready under a
/// profile; `base` is the one that is taken to hold.
///
/// ```
/// use netpol_core::{Analysis, Inputs, Profile, ReadOptions, explain_observed, query::Verdict, read};
///
/// let mut inputs = Inputs::default();
/// inputs.push("pods.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: b}}");
/// inputs.push("deny.yaml", "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny}, spec: {podSelector: {}}}");
/// let snapshot = read(&inputs, &ReadOptions::default());
/// let prepare = |profile| Ok(Analysis::new(&snapshot, profile));
/// let answer = explain_observed(prepare, &Profile::GENERIC, ["a", "b", "80"], Verdict::Allow)?;
/// assert_eq!(answer.verdict, Verdict::Deny);
/// // A plugin that enforces nothing would explain it.
/// assert!(answer.explanations.iter().any(|e| e.shown && e.params["profiles"].contains("flannel")));
/// # Ok::<(), netpol_core::query::QueryError>(())
/// ```
///
/// # Errors
/// As for [`Analysis::check`].
pub fn explain_observed(
    prepare: impl Fn(Profile) -> Result<Analysis, QueryError>,
    base: &Profile,
    [from, to, port]: [&str; 3],
    observed: Verdict,
) -> Result<ObservedAnswer, QueryError> {
    let analysis = prepare(base.clone())?;
    let answer = analysis.check(from, to, port)?;
    let mut found = Found::new();
    if answer.verdict != observed {
        under_profiles(&prepare, base, [from, to, port], observed, &answer, &mut found)?;
        by_service(&analysis, [from, to, port], observed, &mut found);
        let seen = Seen { answer: &answer, observed };
        seen.look(&mut found);
        seen.look_at_open(&mut found);
    }
    found.arrange();
    let CheckAnswer { verdict, question, basis, .. } = answer;
    let explanations = found.into_iter().map(|(_, explanation)| explanation).collect();
    Ok(ObservedAnswer { schema: "netpol.observed/v1", question, verdict, observed, explanations, basis })
}

/// Network plugins under which the verdict is the one that was observed.
fn under_profiles(
    prepare: &impl Fn(Profile) -> Result<Analysis, QueryError>,
    base: &Profile,
    [from, to, port]: [&str; 3],
    observed: Verdict,
    answer: &CheckAnswer,
    found: &mut Found,
) -> Result<(), QueryError> {
    let ask = |profile: Profile| prepare(profile)?.check(from, to, port);
    let rules = rules_of(answer);
    let mut alone = OneByOne::new(base, |profile| {
        let answer = ask(profile)?;
        Ok((answer.verdict == observed).then(|| rules_apart(&rules, &answer)))
    });
    let mut by_options: SortedMap<Vec<OptionValue>, Vec<&'static str>> = SortedMap::new();
    for profile in Profile::PLUGINS.iter().filter(|profile| *profile != base) {
        if ask(profile.clone())?.verdict != observed {
            continue;
        }
        let mut options = Vec::new();
        for option in profile.differences(base) {
            if let Some(rules) = alone.of(option, profile)? {
                options.push(OptionValue { rules, ..OptionValue::new(option, profile.value(option)) });
            }
        }
        by_options.entry(options).or_default().push(profile.name);
    }
    let suggested = answer.basis.assumptions.iter().find(|note| note.code == Code::ProfileSuggested);
    let suggested = suggested.and_then(|note| note.params.get("profile")).map(String::as_str);
    for (because, profiles) in by_options {
        let named = suggested.is_some_and(|name| profiles.contains(&name));
        // What one reads otherwise explains more than that one does not enforce at all.
        let enforced = profiles.iter().any(|name| Profile::by_name(name).is_some_and(|p| p.enforced));
        let params = Params::from([("profiles", profiles.join(", "))]);
        let confirm = "kubectl get daemonsets -A".to_owned();
        found.push((
            match (named, enforced) {
                (true, _) => 0,
                (_, true) => 2,
                _ => 3,
            },
            Explanation { code: Code::SuspectProfile, params, because, origin: None, shown: true, confirm },
        ));
    }
    Ok(())
}

/// The port of a Service taken for that of its pods, or the other way round.
fn by_service(analysis: &Analysis, [from, to, port]: [&str; 3], observed: Verdict, found: &mut Found) {
    for (service, other) in analysis.services_before(to, port) {
        let asked = analysis.check(from, to, &other);
        if !asked.is_ok_and(|answer| answer.verdict == observed) {
            continue;
        }
        let (namespace, name) = service.split_once('/').unwrap_or(("default", &service));
        let confirm = format!("kubectl -n {namespace} get service {name} -o jsonpath='{{.spec.ports}}'");
        let params = Params::from([("service", service.clone()), ("port", port.to_owned()), ("other", other)]);
        found.push((
            1,
            Explanation {
                code: Code::SuspectServicePort,
                params,
                because: Vec::new(),
                origin: None,
                shown: true,
                confirm,
            },
        ));
    }
}

/// What the answer itself gives to suspect.
struct Seen<'a> {
    answer: &'a CheckAnswer,
    observed: Verdict,
}

impl Seen<'_> {
    fn look(&self, found: &mut Found) {
        let denied = self.observed == Verdict::Deny;
        let mut add = |rank, code, params: Params, confirm: String| {
            found.push((rank, Explanation { code, params, because: Vec::new(), origin: None, shown: false, confirm }));
        };
        let from = self.first(|part| &part.from);
        let to = self.first(|part| &part.to);
        let namespace = |peer: Option<&Peer>| peer.and_then(|peer| peer.namespace.as_deref()).map(str::to_owned);
        let codes: SortedSet<Code> = self.reasons().map(|(code, _)| code).collect();
        let policies: SortedSet<&str> = self.reasons().filter_map(|(_, policy)| policy).collect();
        if codes.contains(&Code::Unmodelled) || codes.contains(&Code::PolicyLeftOut) {
            let names = policies.iter().copied().collect::<Vec<_>>().join(", ");
            let confirm = "kubectl api-resources -o name | grep -i polic".to_owned();
            add(0, Code::SuspectUnmodelled, Params::from([("policies", names)]), confirm);
        }
        let notes = &self.answer.notes;
        for note in notes.iter().filter(|n| matches!(n.code, Code::HostNetworkSource | Code::HostNetworkDestination)) {
            let pod = note.params.get("pod").cloned().unwrap_or_default();
            let space = if note.code == Code::HostNetworkSource { namespace(from) } else { namespace(to) };
            let confirm = format!(
                "kubectl -n {} get pods -o custom-columns=NAME:.metadata.name,HOST:.spec.hostNetwork,NODE:.spec.nodeName",
                space.unwrap_or_else(|| "default".to_owned())
            );
            add(1, Code::SuspectHostNetwork, Params::from([("pod", pod)]), confirm);
        }
        let own_node = [Code::OwnNode, Code::MaybeOwnNode, Code::FromOwnNode, Code::ToOwnNode, Code::OwnNodeReached];
        if own_node.iter().any(|code| codes.contains(code)) {
            let pod = [to, from].into_iter().flatten().find(|peer| peer.namespace.is_some());
            let space = namespace(pod).unwrap_or_else(|| "default".to_owned());
            add(1, Code::SuspectOwnNode, Params::new(), format!("kubectl -n {space} get pods -o wide"));
        }
        if let Some(note) = self.answer.basis.assumptions.iter().find(|n| n.code == Code::NamespacesUnknown) {
            let names = note.params.get("namespaces").cloned().unwrap_or_default();
            let confirm = format!("kubectl get namespaces {} --show-labels", names.replace(", ", " "));
            let rank =
                if codes.contains(&Code::UnknownLabels) || codes.contains(&Code::UnknownOwnLabels) { 0 } else { 4 };
            add(rank, Code::SuspectUnknownLabels, Params::from([("namespaces", names)]), confirm);
        }
        if codes.contains(&Code::SourceNat) || codes.contains(&Code::EgressBeforeNat) {
            let services: SortedSet<String> = self.answer.parts.iter().filter_map(service_of).collect();
            let names = services.iter().cloned().collect::<Vec<_>>().join(", ");
            let (space, name) = names.split_once('/').unwrap_or(("default", "SERVICE"));
            let name = name.split(',').next().unwrap_or_default();
            let confirm =
                format!("kubectl -n {space} get service {name} -o jsonpath='{{.spec.externalTrafficPolicy}}'");
            add(1, Code::SuspectSourceNat, Params::from([("services", names.clone())]), confirm);
        }
        if notes.iter().any(|n| n.code == Code::AddressMayBePod) {
            let addresses = [from, to].into_iter().flatten().flat_map(|peer| peer.cidrs.first()).next();
            let address = addresses.map_or("", |cidr| cidr.split('/').next().unwrap_or_default());
            let confirm = format!("kubectl get pods,services,nodes -A -o wide | grep -F {address}");
            add(1, Code::SuspectAddressInside, Params::from([("address", address.to_owned())]), confirm);
        }
        if let Some(note) =
            notes.iter().find(|n| matches!(n.code, Code::DnsDenied | Code::DnsUndefined)).filter(|_| denied)
        {
            let source = note.params.get("from").cloned().unwrap_or_default();
            add(2, Code::SuspectDns, Params::from([("from", source)]), exec(from, "nslookup kubernetes.default"));
        }
        let spaces: SortedSet<String> = [namespace(from), namespace(to)].into_iter().flatten().collect();
        if !spaces.is_empty() {
            let names = spaces.iter().cloned().collect::<Vec<_>>().join(", ");
            let confirm = "kubectl get networkpolicies -A; kubectl api-resources -o name | grep -i polic".to_owned();
            add(2, Code::SuspectPolicyNotRead, Params::from([("namespaces", names)]), confirm);
        }
        let port = &self.answer.question.port;
        let number = port.split('/').next().unwrap_or_default();
        match (denied, self.answer.verdict) {
            (false, _) => {
                let confirm = exec(from, &format!("nc -zv -w 3 {} {number}", address_of(to)));
                add(2, Code::SuspectOldConnection, Params::new(), confirm);
            }
            (true, Verdict::Allow) if to.is_some_and(|peer| peer.namespace.is_some()) => {
                add(3, Code::SuspectNotListening, Params::from([("port", port.clone())]), exec(to, "ss -lntu"));
            }
            _ => {}
        }
    }

    /// The first of the peers of an end.
    fn first(&self, end: impl Fn(&Part) -> &Vec<Peer>) -> Option<&Peer> {
        self.answer.parts.iter().flat_map(end).next()
    }

    fn reasons(&self) -> impl Iterator<Item = (Code, Option<&str>)> {
        let parts = self.answer.parts.iter().flat_map(|part| [&part.egress, &part.ingress]);
        let reasons = parts.flat_map(|direction| &direction.reasons);
        reasons.map(|reason| (reason.code, reason.origin.as_ref().map(|origin| &*origin.policy.name)))
    }
}

fn service_of(part: &Part) -> Option<String> {
    let service = &part.via.as_ref()?.service;
    Some(format!("{}/{}", service.namespace.as_deref()?, service.name.as_deref()?))
}

/// A command in a pod of a peer.
fn exec(peer: Option<&Peer>, command: &str) -> String {
    let known = peer.filter(|peer| matches!(peer.kind_of, PeerKind::Workload | PeerKind::Pod));
    let Some((peer, name)) = known.and_then(|peer| Some((peer, peer.name.as_deref()?))) else {
        return command.to_owned();
    };
    let namespace = peer.namespace.as_deref().unwrap_or("default");
    let kind = peer.kind.as_deref().unwrap_or("Pod").to_ascii_lowercase();
    format!("kubectl -n {namespace} exec {kind}/{name} -- {command}")
}

/// An address of a peer, or what finds it, or what to put in its place.
fn address_of(peer: Option<&Peer>) -> String {
    if let Some(Peer { kind_of: PeerKind::Pod, namespace: Some(namespace), name: Some(name), .. }) = peer {
        return format!("$(kubectl -n {namespace} get pod {name} -o jsonpath='{{.status.podIP}}')");
    }
    let cidr = peer.and_then(|peer| peer.cidrs.first()).and_then(|cidr| cidr.split('/').next());
    cidr.map_or_else(|| "ADDRESS".to_owned(), str::to_owned)
}
