//! Probes: what the kubelet of a pod's own node asks of it, and whether policies let it.
//!
//! The kubelet is no pod, and its connections come from the node. They are exempt where the profile
//! exempts the own node; where it does not, a policy can make a healthy pod fail its probes (semantics
//! D31).

use super::answer::{Note, Verdict};
use super::direction::verdict_of;
use super::units::Unit;
use crate::diagnostic::Params;
use crate::engine::{Engine, Party};
use crate::explain::Code;
use crate::ir::Direction;
use crate::model::{EndpointId, NodeId, Probe, Probes};
use crate::profile::OwnNode;
use crate::set::{Family, Protocol, TrafficSet};
use crate::sorted::SortedMap;

/// Ports with the probes that ask for them.
type Ports = SortedMap<u16, Probes>;

impl Engine {
    /// The ports on which the kubelet asks a pod, ascending.
    pub(super) fn probes_of(&self, pod: EndpointId) -> &[Probe] {
        let probes = &self.cluster.probes;
        let first = probes.partition_point(|probe| probe.endpoint < pod);
        let rest = probes.get(first..).unwrap_or_default();
        &rest[..rest.partition_point(|probe| probe.endpoint == pod)]
    }

    /// What is to be said of the probes of a unit: those that it has, if `all`; and those that fail.
    pub(crate) fn probe_findings(&self, unit: &Unit, all: bool) -> Vec<Note> {
        let (mut known, mut failing) = (Ports::new(), Ports::new());
        for (probe, passes) in self.probed(unit) {
            let add = |ports: &mut Ports| _ = ports.entry(probe.port).or_default().add(probe.by);
            add(&mut known);
            if !passes {
                add(&mut failing);
            }
        }
        let told = [(Code::ProbesAsked, known, all), (Code::ProbeDenied, failing, true)];
        let told = told.into_iter().filter(|(_, ports, wanted)| *wanted && !ports.is_empty());
        told.map(|(code, ports, _)| Note { code, params: Params::from([("probes", text(&ports))]) }).collect()
    }

    /// Whether some probe of a unit fails.
    pub(super) fn fails_probes(&self, unit: &Unit) -> bool {
        self.probed(unit).iter().any(|(_, passes)| !passes)
    }

    /// The probes of the pods of a unit, and of each whether it may pass.
    fn probed(&self, unit: &Unit) -> Vec<(Probe, bool)> {
        let exempt =
            self.profile.own_node_ingress == OwnNode::Exempt && !self.judges_own_node(Direction::Ingress, unit.party);
        // To policies the pods of a unit are alike.
        let mut seen: SortedMap<(Option<NodeId>, Option<Family>, u16), bool> = SortedMap::new();
        let mut found = Vec::new();
        for pod in &unit.members {
            for probe in self.probes_of(*pod) {
                let endpoint = self.cluster.endpoint(*pod);
                let family = endpoint.addresses.first().map(|ip| Family::of(*ip));
                let key = (endpoint.node, family, probe.port);
                let passes = exempt || *seen.entry(key).or_insert_with(|| self.may_probe(*pod, family, probe.port));
                found.push((*probe, passes));
            }
        }
        found
    }

    /// Whether the kubelet may get to a port: it uses the first of the pod's addresses.
    fn may_probe(&self, pod: EndpointId, family: Option<Family>, port: u16) -> bool {
        let party = Party::Endpoint(pod);
        let families = family.map_or_else(|| self.families(party), |family| vec![family]);
        let traffic = TrafficSet::port(Protocol::Tcp, port);
        families.is_empty()
            || families.into_iter().any(|family| {
                // Of a node without an address of the family, any may be its own.
                let node = self.cluster.endpoint(pod).node.map(Party::Node);
                let node = node.filter(|node| !self.addresses(*node, family).is_empty());
                let planes = self.pair(node.unwrap_or(Party::SomeNode), party, family, &traffic).ingress;
                verdict_of(&planes, &traffic) != Verdict::Deny
            })
    }
}

/// `TCP 8080 (livenessProbe, readinessProbe), TCP 9000 (startupProbe)`
fn text(ports: &Ports) -> String {
    let one = |(port, by): (&u16, &Probes)| format!("TCP {port} ({})", by.names());
    ports.iter().map(one).collect::<Vec<_>>().join(", ")
}
