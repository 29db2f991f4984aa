//! Workloads that no policy isolates in any direction, by namespace.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::model::EndpointId;
use crate::sorted::{Arrange, SortedMap};

pub(super) const RULE: Rule = Rule {
    code: LintCode::NotIsolated,
    severity: Severity::Warning,
    cis: &["5.3.2"],
    sources: &[CONCEPTS, "https://www.cisecurity.org/benchmark/kubernetes"],
    examples: include_str!("not_isolated.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "workloads that no policy isolates",
        finding: "no policy isolates {workloads} (namespace {namespace}): who reaches them and whom they reach is limited only where the other end is isolated",
        why: "A pod that no policy selects is open to every pod that may send to it, and may send to every address that lets it in. Start each namespace with a policy that selects every pod and allows nothing, and allow what is needed beside it. Policies of administrators isolate nobody: a pod counts as limited by one only if it denies something to or from the pod. A pod that is isolated in one direction alone is not listed here",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "没有任何策略隔离的工作负载",
        finding: "没有策略隔离 {workloads}（命名空间 {namespace}）：谁能访问它们、它们能访问谁，只在另一端被隔离时才受限制",
        why: "没有被任何策略选中的 Pod 对每个自身策略允许发送的 Pod 开放，并且可以向任何放行它的地址发送。请在每个命名空间先放一条选择所有 Pod 且不允许任何流量的策略，再另外允许需要的流量。管理员的策略不隔离任何 Pod：只有当它拒绝某些往返该 Pod 的流量时，该 Pod 才算受其限制。只在一个方向被隔离的 Pod 不在此列出",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    let mut open: SortedMap<&str, Vec<EndpointId>> = SortedMap::new();
    for unit in &context.units {
        let Some(pod) = context.engine.pod(unit.party) else { continue };
        if !context.is_limited(pod) {
            let namespace = context.cluster.namespace_name(context.endpoint(pod).namespace);
            open.entry(namespace).or_default().extend(&unit.members);
        }
    }
    for (namespace, pods) in open.iter() {
        let mut pods = pods.clone();
        pods.arrange();
        let finding = context.at_pods(found, &pods).with("workloads", context.names(&pods));
        found.add(finding.with("namespace", namespace));
    }
}
