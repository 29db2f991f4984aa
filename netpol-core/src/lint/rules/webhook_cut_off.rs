//! Pods that the API server calls, and that policies do not let it reach.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
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
        finding: "{object} has the API server call {pods}, {denied?and their policies do not let it in}{unclear?and whether their policies let it in is not certain}",
        why: "The API server calls webhooks and the servers of APIServices from its own address. It is no pod, or one on its node's network, so that rules by labels do not admit it. While it cannot reach them, the objects that a webhook is about cannot be changed (with `failurePolicy: Fail`), and an APIService is down. Admit the addresses of the control plane with an `ipBlock` on the port that the pods listen on. Where it is not certain that it is kept out, this is a note",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "API server 需要调用却无法到达的 Pod",
        finding: "{object} 要求 API server 调用 {pods}，{denied?而其策略不放行}{unclear?而其策略是否放行并不确定}",
        why: "API server 从自己的地址调用 Webhook 和 APIService 的服务端。它不是 Pod，或使用节点网络，因此按标签的规则不会放行它。无法到达时，Webhook 所管的对象不能修改（`failurePolicy: Fail`），APIService 不可用。请用 `ipBlock` 在 Pod 监听的端口上放行控制平面的地址。如果不能确定它被拒绝，则只作提示",
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
        let (what, parts) = if denied.is_empty() { ("unclear", unclear) } else { ("denied", denied) };
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
        found.add(if what == "denied" { finding } else { finding.into_note() });
    }
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
