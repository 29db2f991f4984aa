//! Pods that a rule lets reach each other, behind a Service that may lead a pod to itself.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::model::EndpointId;
use crate::profile::Hairpin;
use crate::sorted::{SortedMap, SortedSet};

pub(super) const RULE: Rule = Rule {
    code: LintCode::OwnService,
    severity: Severity::Note,
    cis: &[],
    sources: &[CONCEPTS, "https://github.com/kubernetes/kubernetes/issues/125611"],
    examples: include_str!("own_service.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "pods that may reach themselves through their own Service",
        finding: "{pods} may reach each other by this rule, and the Service {service} may lead a pod to itself: whether policies then apply, and with which address, is not specified",
        why: "A pod that asks its own Service may be sent to itself. On that way its address may be replaced by one of the node, and the rule that lets the pods reach each other then does not match; some plugins never block it. Do not rely on it: let the pods find each other by a headless Service, or try it with your plugin",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "可能经由自己的 Service 访问自己的 Pod",
        finding: "此规则允许 {pods} 互相访问，而 Service {service} 可能把 Pod 引向它自己：此时策略是否适用、以哪个地址判定，规范未定义",
        why: "Pod 访问自己的 Service 时，可能被引向它自己。途中其地址可能被换成节点的地址，于是允许 Pod 互相访问的规则匹配不到；有些插件从不阻止这种流量。请不要依赖它：让 Pod 通过 headless Service 互相发现，或在您的插件上试验",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    if context.engine.profile.to_itself_by_service != Hairpin::Undefined {
        return;
    }
    let mut said: SortedSet<(usize, String)> = SortedSet::new();
    for allow in &context.allows {
        // A rule about a whole namespace says nothing of who asks whom.
        let names_pods = |selector| !context.selectors().get(selector).requirements.is_empty();
        if !context.by_labels(allow).is_some_and(|(_, pods)| names_pods(pods)) {
            continue;
        }
        let matched = context.matched(allow).pods;
        let mut services: SortedMap<String, Vec<EndpointId>> = SortedMap::new();
        for pod in context.policed(&context.policies[allow.policy]).filter(|pod| matched.binary_search(pod).is_ok()) {
            let opened = context.traffic(allow, pod);
            for service in context.services_of(pod) {
                let mut targets = service.ports.iter().map(|port| context.cluster.target_of(port, pod));
                if targets.any(|target| !target.intersection(&opened).is_empty()) {
                    services.entry(context.service_name(service)).or_default().push(pod);
                }
            }
        }
        for (service, pods) in services.iter() {
            if said.insert((allow.policy, service.clone())) {
                let finding = context.at_rule(found, allow).with("pods", context.names(pods)).with("service", service);
                found.add(finding.about(context.workloads(pods)));
            }
        }
    }
}
