//! Pods of an ambient mesh that let others of the mesh in, but not on the mesh's own port.

#[cfg(feature = "sentences")]
use super::Words;
use super::{Context, Findings, LintCode, Rule, Severity};
use crate::engine::{Party, SubjectId};
use crate::ir::Direction;
use crate::model::EndpointId;
use crate::set::{Family, Protocol, TrafficSet};
use crate::sorted::SortedMap;
use crate::symbol::Symbol;

pub(super) const RULE: Rule = Rule {
    code: LintCode::AmbientMeshCutOff,
    severity: Severity::Warning,
    cis: &[],
    sources: &[
        "https://istio.io/latest/docs/ambient/usage/networkpolicy/",
        "https://istio.io/latest/docs/ambient/architecture/data-plane/",
    ],
    examples: include_str!("ambient_mesh_cut_off.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "pods of an ambient mesh that do not admit the mesh's own port",
        finding: "in the ambient mesh, connections from {from} come to {pods} on TCP 15008, which this rule does not open for them, nor does another",
        why: "Between two pods of an ambient mesh the mesh carries every connection in its own (HBONE), from the one pod to TCP 15008 of the other, and policies see only that port: what they open besides is never asked. Open TCP 15008 to the same peers; which of them may use which port is then up to the mesh's own policies. Probes of the kubelet come from 169.254.7.127 in such a mesh",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "未放行网格自身端口的 ambient 网格 Pod",
        finding: "在 ambient 网格中，来自 {from} 的连接到达 {pods} 的 TCP 15008，而此规则和其他规则都没有为它们开放该端口",
        why: "在 ambient 网格的两个 Pod 之间，所有连接都由网格自己的连接（HBONE）承载：从一个 Pod 到另一个 Pod 的 TCP 15008。策略只看到这个端口，开放的其他端口不会被用到。请向相同的对端开放 TCP 15008；谁能使用哪个端口，由网格自己的策略决定。在这样的网格中，kubelet 的探针来自 169.254.7.127",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    let symbols = &context.cluster.symbols;
    let (Some(key), Some(ambient)) = (symbols.find("istio.io/dataplane-mode"), symbols.find("ambient")) else {
        return;
    };
    let mesh = Mesh { context, key, ambient };
    let carried = TrafficSet::port(Protocol::Tcp, 15008);
    for allow in context.allows.iter().filter(|allow| allow.direction == Direction::Ingress) {
        let policed = context.policed(&context.policies[allow.policy]).filter(|pod| mesh.has(*pod));
        let open = |pod: &EndpointId| {
            !context.traffic(allow, *pod).intersection(&TrafficSet::protocol(Protocol::Tcp)).is_empty()
        };
        let pods: Vec<EndpointId> = policed.filter(open).collect();
        if pods.is_empty() {
            continue;
        }
        let side = context.engine.side(Direction::Ingress);
        let classes = side.classes_of(allow.list, allow.at).0;
        let shut = |from: EndpointId, to: EndpointId| {
            let (a, b) = (Party::Endpoint(from), Party::Endpoint(to));
            let families = context.engine.common_families(a, b);
            let into = |family: Family| context.engine.pair(a, b, family, &carried).ingress;
            families.first().is_some_and(|family| into(*family).may.is_empty())
        };
        let (mut from, mut to): (Vec<EndpointId>, Vec<EndpointId>) = (Vec::new(), Vec::new());
        let mut by_subject: SortedMap<Option<SubjectId>, Vec<EndpointId>> = SortedMap::new();
        for pod in pods {
            by_subject.entry(side.subject(pod)).or_default().push(pod);
        }
        for pods in by_subject.values() {
            let peers = classes.iter(side.peer_count()).filter_map(|class| {
                let members = context.members(Direction::Ingress, class).iter().copied();
                members.into_iter().find(|peer| *peer != pods[0] && mesh.has(*peer))
            });
            let kept_out: Vec<EndpointId> = peers.filter(|peer| shut(*peer, pods[0])).collect();
            if !kept_out.is_empty() {
                from.extend(kept_out);
                to.extend(pods);
            }
        }
        if !to.is_empty() {
            let finding = context.at_rule(found, allow).with("pods", context.names(&to));
            found.add(finding.with("from", context.names(&from)).about(context.workloads(&to)));
        }
    }
}

struct Mesh<'c, 'a> {
    context: &'c Context<'a>,
    key: Symbol,
    ambient: Symbol,
}

impl Mesh<'_, '_> {
    /// Whether a pod is in the mesh: by its own label, else by that of its namespace.
    fn has(&self, pod: EndpointId) -> bool {
        let endpoint = self.context.endpoint(pod);
        let cluster = self.context.cluster;
        let value = |labels: &[(Symbol, Symbol)]| labels.iter().find(|(key, _)| *key == self.key).map(|(_, v)| *v);
        let of_namespace = || value(&cluster.namespace(endpoint.namespace).labels);
        !endpoint.host_network && value(cluster.labels(endpoint.labels)).or_else(of_namespace) == Some(self.ambient)
    }
}
