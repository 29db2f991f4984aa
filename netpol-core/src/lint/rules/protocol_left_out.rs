//! A port without a protocol is one of TCP, where another was meant.

use super::super::views::{AllowView, port_field};
#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::ir::Direction;
use crate::manifest::{PolicyPort, PortValue};
use crate::model::EndpointId;
use crate::set::{Protocol, TrafficSet};
use crate::sorted::Arrange;

pub(super) const RULE: Rule = Rule {
    code: LintCode::ProtocolLeftOut,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS, "https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/networking/v1/defaults.go"],
    examples: include_str!("protocol_left_out.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "a port without a protocol, where TCP is not what was meant",
        finding: "{port?without a protocol, % is a port of TCP, and the pods declare it for}{other? % only}{all?an entry without port and protocol opens every port of TCP, and none of UDP or SCTP}",
        why: "The default of `protocol` is TCP. Write the protocol; for every port of every protocol leave out `ports` altogether",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "未写协议的端口，而本意并非 TCP",
        finding: "{port?未写协议时 % 是 TCP 端口，}{other?而 Pod 只为 % 声明了它}{all?既无端口也无协议的条目开放 TCP 的所有端口，而不开放 UDP 和 SCTP}",
        why: "`protocol` 的默认值是 TCP。请写明协议；要开放所有协议的所有端口，请完全省略 `ports`",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    for allows in context.by_rule() {
        let (policy, direction) = (&context.policies[allows[0].policy], allows[0].direction);
        let Some(written) = allows[0].written(policy) else { continue };
        let mut pods = None;
        for (port, at) in written.ports.iter().zip(0..).filter(|(port, _)| !port.value.protocol_given) {
            let field = port_field(direction, allows[0].rule as usize, at);
            let finding = context.at(found, policy, &field, port.span);
            if port.value.port == PortValue::Any {
                // Beside an entry of another protocol, somebody thought of them.
                if written.ports.iter().all(|other| !other.value.protocol_given) {
                    found.add(finding.with("all", ""));
                }
                continue;
            }
            let pods = pods.get_or_insert_with(|| destinations(context, allows));
            if let Some((text, other)) = other_protocols(context, pods, &port.value)
                && !written.ports.iter().any(|p| p.value.protocol_given && p.value.port == port.value.port)
            {
                found.add(finding.with("port", text).with("other", other));
            }
        }
    }
}

/// The pods whose ports a rule names, as far as they are known.
fn destinations(context: &Context<'_>, allows: &[AllowView<'_>]) -> Vec<EndpointId> {
    if allows[0].direction == Direction::Ingress {
        return context.policed(&context.policies[allows[0].policy]).collect();
    }
    if allows.iter().any(|allow| context.by_labels(allow).is_none()) {
        return Vec::new();
    }
    let mut pods: Vec<EndpointId> = allows.iter().flat_map(|allow| context.matched(allow).pods).collect();
    pods.arrange();
    pods.dedup();
    pods
}

/// The port and the protocols for which pods declare it, where none has it for TCP and each declares
/// ports.
fn other_protocols(context: &Context<'_>, pods: &[EndpointId], port: &PolicyPort) -> Option<(String, String)> {
    let mut others: Vec<Protocol> = Vec::new();
    for pod in pods {
        let declared = context.declared(*pod);
        let has = |protocol: Protocol| match &port.port {
            PortValue::Range(low, high) => !declared.intersection(&TrafficSet::range(protocol, *low, *high)).is_empty(),
            PortValue::Named(name) => !context.engine.declared(*pod, name, Some(protocol)).is_empty(),
            PortValue::Any => false,
        };
        if declared.is_empty() || has(Protocol::Tcp) {
            return None;
        }
        others.extend([Protocol::Udp, Protocol::Sctp].into_iter().filter(|protocol| has(*protocol)));
    }
    others.arrange();
    others.dedup();
    let text = match &port.port {
        PortValue::Range(low, high) if low == high => low.to_string(),
        PortValue::Range(low, high) => format!("{low}-{high}"),
        PortValue::Named(name) => name.clone(),
        PortValue::Any => String::new(),
    };
    let names: Vec<&str> = others.iter().map(|protocol| protocol.name()).collect();
    (!names.is_empty()).then(|| (text, names.join(", ")))
}
