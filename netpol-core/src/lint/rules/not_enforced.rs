//! Policies that nobody enforces: the network plugin has no engine for them.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::manifest::WorkloadKind;
use crate::model::EndpointId;
use crate::profile::Profile;
use crate::source::to_u32;

pub(super) const RULE: Rule = Rule {
    code: LintCode::NotEnforced,
    severity: Severity::Error,
    cis: &["5.3.1"],
    sources: &[CONCEPTS, "https://github.com/flannel-io/flannel/blob/master/Documentation/netpol.md"],
    examples: include_str!("not_enforced.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "policies that nobody enforces",
        finding: "{profile?the profile % enforces no policies}{plugin?% enforces no policies, and the input has nothing else that does}: what the policies of this input say has no effect ({count})",
        why: "The API server takes policies whatever the network plugin is; a plugin without an engine for them lets everything through. Every pod is as open as if there were no policy. Install an engine (for flannel its option `netpol.enabled`, or Calico's policy engine beside it), or say which plugin enforces them with `--profile`",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "没有组件执行的策略",
        finding: "{profile?配置 % 不执行任何策略}{plugin?% 不执行任何策略，输入中也没有其他组件执行}：此输入中的策略没有任何效果（{count} 个）",
        why: "无论使用哪种网络插件，API server 都接受策略；没有策略引擎的插件会放行一切。每个 Pod 都和没有策略时一样开放。请安装策略引擎（flannel 可用 `netpol.enabled` 选项，或并用 Calico 的策略引擎），或用 `--profile` 说明由哪个插件执行",
    },
    check,
};

const FLANNEL: [&str; 2] = ["kube-flannel", "kube-flannel-ds"];

/// Engines of policies that are no network plugin.
const ENGINES: [&str; 2] = ["kube-network-policies", "weave-npc"];

fn check(context: &Context<'_>, found: &mut Findings) {
    let policies = &context.engine.ir.policies;
    let is_there = |at: &usize| policies[*at].place.is_some() && !policies[*at].removed;
    let all: Vec<usize> = (0..policies.len()).filter(is_there).collect();
    let Some(first) = all.first() else { return };
    let profile = &context.engine.profile;
    let finding = if !profile.enforced {
        context.at_policy(found, to_u32(*first), "metadata.name").with("profile", profile.name)
    } else if let Some((object, pods)) = flannel_alone(context).filter(|_| profile.name == Profile::GENERIC.name) {
        context.at_pods(found, &pods).with("plugin", object)
    } else {
        return;
    };
    found.add(finding.with("count", all.len()));
}

/// The DaemonSet of flannel, where neither it nor anything else of the input has an engine of policies.
fn flannel_alone(context: &Context<'_>) -> Option<(String, Vec<EndpointId>)> {
    let (_, object) = context.cluster.plugin().filter(|(plugin, _)| *plugin == Profile::FLANNEL.name)?;
    let daemons = || context.cluster.workloads.iter().filter(|w| w.kind == WorkloadKind::DaemonSet);
    let pods: Vec<EndpointId> =
        daemons().filter(|w| FLANNEL.contains(&&*w.name)).flat_map(|w| w.endpoints.iter().copied()).collect();
    // Its option for policies puts a second container into the pod.
    let alone = |pod: &EndpointId| context.written(*pod).is_some_and(|(_, spec)| spec.containers.len() == 1);
    let alone = !pods.is_empty() && pods.iter().all(alone) && !daemons().any(|w| ENGINES.contains(&&*w.name));
    alone.then_some((object, pods))
}
