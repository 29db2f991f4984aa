//! Pods that the API server calls, and that policies do not let it reach.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::explain::Code;
use crate::ir::Direction;
use crate::model::EndpointId;
use crate::profile::HostPeers;
use crate::query::{DirectionAnswer, EntryPoint, Part, Peer, Verdict};
use crate::sorted::{Arrange, SortedSet};

pub(super) const RULE: Rule = Rule {
    code: LintCode::WebhookCutOff,
    severity: Severity::Error,
    cis: &[],
    sources: &[
        CONCEPTS,
        "https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/",
        "https://github.com/elastic/cloud-on-k8s/issues/1634",
    ],
    examples: include_str!("webhook_cut_off.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "pods that the API server calls and cannot reach",
        finding: "{object} has the API server call {pods}, {denied?and their policies do not let it in}{elsewhere?and their policies let it in from nowhere, unless it runs on the node of the pod that it calls}{unclear?and whether their policies let it in is not certain}",
        why: "The API server calls webhooks and the servers of APIServices from its own address. It is no pod, or one on its node's network, so that rules by labels do not admit it. While it cannot reach them, the objects that a webhook is about cannot be changed (with `failurePolicy: Fail`), and an APIService is down. Admit the addresses of the control plane with an `ipBlock` on the port that the pods listen on. Where it is kept out from everywhere but the own node of the pod, which always gets through, this is a warning; where it depends on the address that it has, a note",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "API server 需要调用却无法到达的 Pod",
        finding: "{object} 要求 API server 调用 {pods}，{denied?而其策略不放行}{elsewhere?而其策略不从任何地方放行，除非它运行在被调用 Pod 所在的节点上}{unclear?而其策略是否放行并不确定}",
        why: "API server 从自己的地址调用 Webhook 和 APIService 的服务端。它不是 Pod，或使用节点网络，因此按标签的规则不会放行它。无法到达时，Webhook 所管的对象不能修改（`failurePolicy: Fail`），APIService 不可用。请用 `ipBlock` 在 Pod 监听的端口上放行控制平面的地址。除 Pod 所在节点（始终放行）之外处处被拒绝时为警告；取决于其地址时为提示",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    if context.cluster.calls.is_empty() {
        return;
    }
    let Ok((entries, _)) = context.engine.entries(None, context.analysis.carriers()) else { return };
    for call in entries.calls.iter().filter(|call| call.trouble.is_none()) {
        let of = |verdict| call.parts.iter().filter(move |part| is(&part.ingress, verdict)).collect::<Vec<&Part>>();
        let (denied, unclear) = (of(Verdict::Deny), of(Verdict::Undefined));
        let kept_out = || call.parts.iter().all(|part| is_kept_out(context, part));
        let (what, parts) = match denied.is_empty() {
            true if kept_out() => ("elsewhere", unclear),
            true => ("unclear", unclear),
            false => ("denied", denied),
        };
        if parts.is_empty() {
            continue;
        }
        let mut peers: Vec<Peer> = parts.iter().flat_map(|part| part.to.iter().cloned()).collect();
        peers.arrange();
        peers.dedup();
        let names = peers.iter().map(|peer| {
            format!("{}/{}", peer.namespace.as_deref().unwrap_or_default(), peer.name.as_deref().unwrap_or_default())
        });
        let names: SortedSet<String> = names.collect();
        let mut finding = found
            .new_finding()
            .with("object", title(call))
            .with("pods", super::some_of(names))
            .with(what, "")
            .about(peers)
            .with_related(parts.iter().flat_map(|part| &part.ingress.reasons).filter_map(|r| r.origin.clone()));
        finding.place = call.object.place.clone();
        match what {
            "denied" => {}
            "elsewhere" => finding.severity = Severity::Warning,
            _ => finding.severity = Severity::Note,
        }
        found.add(finding);
    }
}

/// Whether policies deny it wherever the API server may be, but for the node of the pod.
fn is_kept_out(context: &Context<'_>, part: &Part) -> bool {
    let engine = context.engine;
    let codes = || part.ingress.reasons.iter().map(|reason| reason.code);
    let denies = |code| matches!(code, Code::DeniedByIsolation | Code::DeniedByRule);
    if !codes().any(denies) || !codes().all(|c| denies(c) || matches!(c, Code::MaybeOwnNode | Code::CallerUnknown)) {
        return false;
    }
    if !codes().any(|code| code == Code::CallerUnknown) {
        return true;
    }
    // Nobody knows its address, nor whether it is a pod on its node's network.
    let anywhere = engine.world().union(&context.cluster.space.nodes);
    let side = engine.side(Direction::Ingress);
    let nowhere = |pod: EndpointId| {
        let row = side.subject(pod).map(|subject| side.outside(subject, &engine.cluster, &engine.selectors));
        row.is_some_and(|row| row.by_address(&anywhere).all(|(planes, _)| !planes.may.meets(&part.traffic)))
    };
    let is_called = |pod: &EndpointId| {
        let workload = context.cluster.workload(context.endpoint(*pod).workload);
        let namespace = context.cluster.namespace_name(workload.namespace);
        let is = |peer: &Peer| {
            (peer.namespace.as_deref(), peer.name.as_deref()) == (Some(namespace), Some(&*workload.name))
        };
        part.to.iter().any(is)
    };
    let by_address = matches!(engine.profile.host_peers, HostPeers::ByAddress);
    by_address && context.cluster.real_endpoints().filter(is_called).all(nowhere)
}

/// Whether it is policies that decide so.
fn is(direction: &DirectionAnswer, verdict: Verdict) -> bool {
    direction.verdict == verdict && direction.reasons.iter().any(|reason| reason.origin.is_some())
}

fn title(call: &EntryPoint) -> String {
    let object = &call.object;
    let hook = object.webhook.as_ref().map(|hook| format!(" ({hook})")).unwrap_or_default();
    format!("{} {}{hook}", object.kind, object.name)
}
