//! Probes that policies deny, with plugins that do not exempt the kubelet of the pod's own node.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::explain::Code;
use crate::ir::Direction;

pub(super) const RULE: Rule = Rule {
    code: LintCode::ProbeCutOff,
    severity: Severity::Warning,
    cis: &[],
    sources: &[
        CONCEPTS,
        "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/",
    ],
    examples: include_str!("probe_cut_off.yaml"),
    profile: Some("np-guard"),
    #[cfg(feature = "sentences")]
    en: Words {
        title: "probes that policies deny",
        finding: "policies deny the kubelet of its own node {probes} of {pods}: these probes fail",
        why: "The kubelet asks pods for their probes from the address of their node. What is specified lets it in whatever policies say, but not every plugin does so: with one that judges it like anybody (Cilium with `allow-localhost=policy`, say), a healthy pod is restarted or gets no traffic. Admit the addresses of the nodes with an `ipBlock` on the ports of the probes",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "被策略拒绝的探针",
        finding: "策略拒绝所在节点的 kubelet 访问 {pods} 的 {probes}：这些探针会失败",
        why: "kubelet 从节点地址访问 Pod 的探针。按规范，无论策略怎么写它都会被放行，但并非每个插件都如此：如果插件像对待其他来源一样判定它（例如 Cilium 的 `allow-localhost=policy`），健康的 Pod 会被重启或收不到流量。请用 `ipBlock` 在探针的端口上放行节点地址",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    for unit in &context.units {
        let denied = context.engine.probe_findings(unit, false).into_iter().find(|note| note.code == Code::ProbeDenied);
        let Some(probes) = denied.and_then(|note| note.params.get("probes").cloned()) else { continue };
        let isolating = context.survey(|survey| survey.isolating(Direction::Ingress, unit).first().copied());
        let finding = match isolating {
            Some(policy) => {
                context.at_policy(found, policy, "spec.podSelector").about(context.workloads(&unit.members))
            }
            None => context.at_pods(found, &unit.members),
        };
        found.add(finding.with("pods", context.names(&unit.members)).with("probes", probes));
    }
}
