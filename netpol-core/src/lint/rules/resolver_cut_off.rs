//! A resolver that pods are to ask, and that their policies do not let them reach.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::engine::Party;
use crate::ir::Direction;
use crate::manifest::WorkloadKind;
use crate::model::EndpointId;
use crate::profile::OwnNode;
use crate::query::{NODE_LOCAL_DNS, Unit, Verdict, dns_ports};
use crate::set::Family;
use crate::sorted::SortedMap;
use std::net::IpAddr;

pub(super) const RULE: Rule = Rule {
    code: LintCode::ResolverCutOff,
    severity: Severity::Warning,
    cis: &[],
    sources: &[
        CONCEPTS,
        "https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/",
        "https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-dns-config",
        "https://github.com/projectcalico/calico/issues/3795",
    ],
    examples: include_str!("resolver_cut_off.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "a resolver that pods are to ask and cannot reach",
        finding: "policies do not let {pods} reach port 53 of {resolver}{set?, which their `dnsConfig` tells them to ask}{local?, where NodeLocal DNSCache of this input (%) usually answers on each node}",
        why: "The pods of the cluster's DNS are not all that is asked. NodeLocal DNSCache answers on the node itself, at 169.254.20.10 unless it is set up otherwise: labels of DNS pods do not match it. A resolver that `dnsConfig` names is asked as well, or alone with `dnsPolicy: None`. Allow UDP and TCP 53 to an `ipBlock` of the resolver. That NodeLocal DNSCache is cut off is a note where it is not known whether the plugin exempts the pod's own node",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "Pod 应询问却无法到达的解析器",
        finding: "策略不允许 {pods} 到达 {resolver} 的 53 端口{set?，而其 `dnsConfig` 要求询问它}{local?；输入中的 NodeLocal DNSCache（%）通常在每个节点的该地址应答}",
        why: "被询问的不只是集群 DNS 的 Pod。NodeLocal DNSCache 在节点上应答，地址通常是 169.254.20.10：DNS Pod 的标签匹配不到它。`dnsConfig` 写明的解析器也会被询问；若 `dnsPolicy: None`，则只询问它。请允许到该解析器 `ipBlock` 的 UDP 和 TCP 53。若不知道插件是否豁免 Pod 所在节点，NodeLocal DNSCache 被阻断只作提示",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    let isolated = |unit: &&Unit| context.survey(|survey| !survey.isolating(Direction::Egress, unit).is_empty());
    let units: Vec<&Unit> = context.units.iter().filter(isolated).collect();
    for unit in &units {
        let named = context.written(unit.members[0]).map(|(_, spec)| &spec.dns_config.nameservers);
        for resolver in named.into_iter().flatten().filter_map(|text| text.parse::<IpAddr>().ok()) {
            if is_cut_off(context, unit.members[0], resolver) {
                let finding = context.at_pods(found, &unit.members).with("set", "");
                found.add(finding.with("pods", context.names(&unit.members)).with("resolver", resolver));
            }
        }
    }
    let own_node = context.engine.profile.own_node_egress;
    let is_cache = |w: &&crate::model::Workload| w.kind == WorkloadKind::DaemonSet && *w.name == *"node-local-dns";
    let Some(cache) = context.cluster.workloads.iter().find(is_cache).filter(|_| own_node != OwnNode::Exempt) else {
        return;
    };
    // Those that may ask the cluster's DNS, by the first of the policies that isolate them.
    let mut by_policy: SortedMap<u32, Vec<EndpointId>> = SortedMap::new();
    for unit in units {
        let asked = context.survey(|survey| survey.ask_dns(unit, |_, _, _| ()));
        let can_ask = asked.0 == Verdict::Allow || asked.1 == Verdict::Allow;
        let first = context.survey(|survey| survey.isolating(Direction::Egress, unit).first().copied());
        if let Some(first) = first.filter(|_| can_ask && shut(context, unit.members[0], NODE_LOCAL_DNS)) {
            by_policy.entry(first).or_default().extend(&unit.members);
        }
    }
    for (policy, pods) in by_policy.iter() {
        let name = format!("{}/{}", context.cluster.namespace_name(cache.namespace), cache.name);
        let finding = context
            .at_policy(found, *policy, "spec")
            .with("pods", context.names(pods))
            .with("resolver", NODE_LOCAL_DNS)
            .with("local", name)
            .about(context.workloads(pods));
        found.add(if own_node == OwnNode::Policed { finding } else { finding.into_note() });
    }
}

/// Whether an address that is nobody's in the cluster is surely out of a pod's reach on port 53.
fn shut(context: &Context<'_>, pod: EndpointId, resolver: IpAddr) -> bool {
    let (engine, family) = (context.engine, Family::of(resolver));
    engine.outside_families(Party::Endpoint(pod)).contains(&family)
        && engine.pair(Party::Endpoint(pod), Party::Address(resolver), family, &dns_ports()).egress.may.is_empty()
}

/// Whether a resolver is surely out of reach, whoever has its address.
fn is_cut_off(context: &Context<'_>, pod: EndpointId, resolver: IpAddr) -> bool {
    if resolver == NODE_LOCAL_DNS {
        return context.engine.profile.own_node_egress == OwnNode::Policed && shut(context, pod, resolver);
    }
    if !context.cluster.owners.contains_key(&resolver) {
        return !resolver.is_loopback() && shut(context, pod, resolver);
    }
    let ask = |port| context.analysis.check(&context.engine.pod_name(pod), &resolver.to_string(), port);
    // A Service may have the port of one protocol alone.
    let answers: Vec<Verdict> =
        ["53/udp", "53/tcp"].into_iter().filter_map(|port| Some(ask(port).ok()?.verdict)).collect();
    !answers.is_empty() && answers.iter().all(|verdict| *verdict == Verdict::Deny)
}
