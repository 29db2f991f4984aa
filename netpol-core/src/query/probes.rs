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
use crate::model::{EndpointId, Probe, Probes};
use crate::profile::OwnNode;
use crate::set::{Family, Protocol, TrafficSet};
use crate::sorted::Arrange;

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
        let found = self.probed(unit);
        let told = [(Code::ProbesAsked, all, true), (Code::ProbeDenied, true, false)];
        let told = told.into_iter().filter(|(_, wanted, _)| *wanted).filter_map(|(code, _, passing)| {
            let probes = text(found.iter().filter(|(_, passes)| passing || !passes).map(|(probe, _)| *probe));
            (!probes.is_empty()).then(|| Note { code, params: Params::from([("probes", probes)]) })
        });
        told.collect()
    }

    /// Whether some probe of a unit fails.
    pub(super) fn fails_probes(&self, unit: &Unit) -> bool {
        self.probed(unit).iter().any(|(_, passes)| !passes)
    }

    /// The probes of the pods of a unit, and of each whether it may pass.
    fn probed(&self, unit: &Unit) -> Vec<(Probe, bool)> {
        let exempt =
            self.profile.own_node_ingress == OwnNode::Exempt && !self.judges_own_node(Direction::Ingress, unit.party);
        let mut found: Vec<(Probe, bool)> = Vec::new();
        for pod in &unit.members {
            for probe in self.probes_of(*pod) {
                // To policies the pods of a unit are alike; those of one node have the same kubelet.
                let place = |id: EndpointId| {
                    let endpoint = self.cluster.endpoint(id);
                    (endpoint.node, endpoint.addresses.first().map(|ip| Family::of(*ip)))
                };
                let last =
                    found.last().filter(|(last, _)| last.port == probe.port && place(last.endpoint) == place(*pod));
                let passes =
                    exempt || last.map_or_else(|| self.may_probe(*pod, place(*pod).1, probe.port), |last| last.1);
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
fn text(probes: impl Iterator<Item = Probe>) -> String {
    let mut ports: Vec<(u16, Probes)> = Vec::new();
    for probe in probes {
        match ports.iter_mut().find(|(port, _)| *port == probe.port) {
            Some((_, by)) => by.add(probe.by),
            None => ports.push((probe.port, probe.by)),
        }
    }
    ports.arrange();
    ports.iter().map(|(port, by)| format!("TCP {port} ({})", by.names())).collect::<Vec<_>>().join(", ")
}
