//! What leaves a verdict open, each with a command that settles it.

use super::{Explanation, Found, Seen, exec, service_of};
use crate::explain::Code;
use crate::query::{DirectionAnswer, Part, Peer, Reason, Verdict};
use crate::sorted::SortedSet;

/// Whether a reason stands beside an open verdict without leaving it open.
const fn is_settled(code: Code) -> bool {
    matches!(
        code,
        Code::NotIsolated
            | Code::AllowedByRule
            | Code::DeniedByIsolation
            | Code::DeniedByRule
            | Code::PassedByRule
            | Code::NoRuleMatches
            | Code::AllowedByProfile
            | Code::NotEnforced
            | Code::OwnNode
            | Code::OwnNodeReached
            | Code::HostNetwork
            | Code::NotAPod
            | Code::Loopback
            | Code::WitnessReasons
    )
}

/// Whether it is looked at elsewhere, with what else hints at the same.
const fn has_a_suspect(code: Code) -> bool {
    matches!(
        code,
        Code::Unmodelled
            | Code::PolicyLeftOut
            | Code::FromOwnNode
            | Code::MaybeOwnNode
            | Code::ToOwnNode
            | Code::UnknownLabels
            | Code::UnknownOwnLabels
            | Code::SourceNat
            | Code::EgressBeforeNat
    )
}

impl Seen<'_> {
    /// Every reason that leaves a part open.
    pub(super) fn look_at_open(&self, found: &mut Found) {
        let open = self.answer.parts.iter().filter(|part| part.verdict == Verdict::Undefined);
        let mut seen: SortedSet<Explanation> = SortedSet::new();
        for part in open {
            let directions = [&part.egress, &part.ingress].into_iter().filter(|d| d.verdict == Verdict::Undefined);
            for direction in directions {
                for reason in &direction.reasons {
                    if !is_settled(reason.code) && !has_a_suspect(reason.code) {
                        seen.insert(Explanation {
                            code: reason.code,
                            params: reason.params.clone(),
                            because: Vec::new(),
                            origin: reason.origin.clone(),
                            shown: false,
                            confirm: confirm(reason, direction, part),
                        });
                    }
                }
            }
        }
        found.extend(seen.into_iter().map(|explanation| (1, explanation)));
    }
}

/// What would settle a reason.
fn confirm(reason: &Reason, direction: &DirectionAnswer, part: &Part) -> String {
    let (from, to) = (part.from.first(), part.to.first());
    let pods = |peer: Option<&Peer>, what: &str| match peer.and_then(|peer| peer.namespace.as_deref()) {
        Some(namespace) => format!("kubectl -n {namespace} get pods {what}"),
        None => format!("kubectl get pods -A {what}"),
    };
    let service = |kind: &str, what: &str| {
        let service = part.via.is_some().then(|| service_of(part)).flatten();
        let of_itself = to.and_then(|peer| Some(format!("{}/{}", peer.namespace.as_deref()?, peer.name.as_deref()?)));
        match service.or(of_itself).as_deref().and_then(|full| full.split_once('/')) {
            Some((namespace, name)) if kind == "endpointslices" => {
                format!("kubectl -n {namespace} get endpointslices -l kubernetes.io/service-name={name} -o yaml")
            }
            Some((namespace, name)) => format!("kubectl -n {namespace} get service {name} {what}"),
            None => format!("kubectl get {kind} -A {what}"),
        }
    };
    let port = part.traffic.first().map_or(0, |(_, port)| port);
    match reason.code {
        Code::PriorityTie | Code::NoOrder => {
            let kinds = direction.reasons.iter().filter_map(|reason| reason.origin.as_ref());
            let kinds: SortedSet<String> = kinds.map(|origin| origin.policy.kind.to_ascii_lowercase()).collect();
            let kinds = kinds.into_iter().collect::<Vec<_>>().join(",");
            format!("kubectl get {kinds} -o custom-columns=NAME:.metadata.name,TIER:.spec.tier,PRIORITY:.spec.priority")
        }
        Code::DomainName => {
            let name = reason.params.get("name").map_or("NAME", String::as_str);
            exec(from, &format!("nslookup {}", name.trim_start_matches("*.")))
        }
        Code::UnresolvedName => {
            let name = to.or(from).and_then(|peer| peer.name.as_deref()).unwrap_or("NAME");
            exec(from, &format!("nslookup {name}"))
        }
        Code::OpenInProfile if reason.params.get("option").is_some_and(|option| option == "admin-tiers") => {
            "kubectl api-resources --api-group=policy.networking.k8s.io".to_owned()
        }
        Code::OpenInProfile => "kubectl -n kube-system get configmaps -o yaml".to_owned(),
        Code::IsolationOther => exec(from, &format!("ping -c 3 {}", super::address_of(to))),
        Code::UnknownAddress if direction.direction == crate::Direction::Ingress => pods(from, "-o wide"),
        Code::UnknownAddress => pods(to, "-o wide"),
        Code::ControllerLabel => pods(to.or(from), "--show-labels"),
        Code::AmbiguousPortName => pods(to, "-o jsonpath='{.items[*].spec.containers[*].ports}'"),
        Code::NoCommonFamily => pods(to.or(from), "-o custom-columns=NAME:.metadata.name,IPS:.status.podIPs[*].ip"),
        Code::NoBackends | Code::NoTargetPort | Code::BackendNotRead | Code::LocalUnknown | Code::LocalOrAll => {
            service("endpointslices", "-o yaml")
        }
        Code::NotExposed => service("services", "-o wide"),
        Code::MaybeSourceRange => service("services", "-o jsonpath='{.spec.loadBalancerSourceRanges}'"),
        Code::ServiceUntranslated => service("services", "-o jsonpath='{.spec.clusterIP} {.spec.ports}'"),
        Code::NodePort => "kubectl get services -A".to_owned(),
        // That it is tried out settles it.
        _ => exec(from, &format!("nc -zv -w 3 {} {port}", super::address_of(to))),
    }
}
