//! What changed behind an address, shown by one packet to somebody who answers there.

use super::answering::Behind;
use super::fronts::{Clients, Front, Looking, Piece, Ports};
use super::{Comparing, Witness};
use crate::model::{NodeId, ServiceId};
use crate::path::Way;
use crate::query::fold::Members;
use crate::query::joint::Joint;
use crate::query::resolve::Group;
use crate::set::{AddressSet, TrafficSet};

impl Comparing<'_> {
    /// A packet that somebody sends there, and what becomes of it.
    pub(super) fn witness_at(
        &self,
        (clients, row): (&Clients<'_>, usize),
        front: &Front,
        piece: &Piece<'_>,
        looking: &Looking,
    ) -> Option<Witness> {
        let (protocol, port) = piece.delta.first()?;
        let groups = self.groups(clients, row, front);
        let (_, groups) =
            groups.into_iter().find(|(relation, _)| piece.relation.is_none() || *relation == piece.relation)?;
        let of = [0, 1].map(|at| self.families_at(at, groups[at].as_ref(), front));
        let one = |group: Group| {
            let endpoints = group.endpoints.into_iter().take(1).collect();
            let addresses = group.addresses.ranges().first().map(|(ip, _)| AddressSet::address(*ip));
            Group { endpoints, addresses: addresses.unwrap_or_default(), ..group }
        };
        let groups = groups.map(|group| group.map(one));
        let family = piece.families.first().copied().or_else(|| of.iter().flatten().min().copied())?;
        let asked = TrafficSet::port(protocol, port);
        let ports = Ports { at_nodes: asked.clone(), others: asked };
        let client = clients.joint(row);
        let ways = [0, 1].map(|at: usize| {
            let from = groups[at].as_ref().filter(|_| of[at].contains(&family))?;
            self.ways(at, front, from, family, &ports)
        });
        let all = piece.behind.is_none().then(|| all_behind(&ways, looking));
        let behind = piece.behind.or(all.as_ref()).filter(|behind| **behind != Behind::default());
        let found = [0, 1].map(|at: usize| {
            let (engine, ways) = (self.engines()[at], ways[at].as_ref()?);
            let wanted = behind.and_then(|behind| self.one_behind(at, behind, client, looking));
            let decided = wanted.and_then(|wanted| engine.decision_behind(ways, Some(&wanted)));
            let of_all = || engine.decision_behind(ways, None).filter(|_| piece.behind.is_none());
            decided.or_else(of_all)
        });
        let who = |at: usize| match found[at].as_ref()?.1.as_ref()? {
            Members::Endpoints(pods) => pods.first().map(|id| self.engines()[at].pod_name(*id)),
            Members::Node(id) => Some(format!("node/{}", self.engines()[at].cluster.node(*id).name)),
            Members::Addresses(ranges) => ranges.first().map(|(ip, _)| ip.to_string()),
            Members::Name(_) => None,
        };
        let behind = who(1).or_else(|| who(0));
        let name = |at: usize| {
            let (engine, group) = (self.engines()[at], groups[at].as_ref()?);
            let node = |id: &NodeId| format!("node/{}", engine.cluster.node(*id).name);
            let pod = group.endpoints.first().map(|id| engine.pod_name(*id));
            let address = || group.addresses.ranges().first().map(|(ip, _)| ip.to_string());
            pod.or_else(|| group.nodes.first().map(node)).or_else(address)
        };
        let node = |(at, id): (usize, NodeId)| format!("node/{}", self.engines()[at].cluster.node(id).name);
        let service = |(at, id): (usize, ServiceId)| {
            let cluster = &self.engines()[at].cluster;
            let service = cluster.service(id);
            format!("{}/svc/{}", cluster.namespace_name(service.namespace), service.name)
        };
        let to = match front {
            Front::Node(_) => node(front.node()?),
            Front::SomeNode => "nodes".to_owned(),
            Front::Service(_) => service(front.service()?),
            Front::Address(ip, _) => ip.to_string(),
        };
        let [before, after] = [0, 1].map(|at| found[at].as_ref().map(|(decision, _)| decision.clone()));
        Some(Witness { from: name(1).or_else(|| name(0))?, to, behind, protocol, port, before, after })
    }

    /// One of some who answer, in a state that has it; not who asks, if there is another.
    fn one_behind(&self, at: usize, behind: &Behind, client: Option<&Joint>, looking: &Looking) -> Option<Members> {
        let engine = self.engines()[at];
        let own = client.and_then(|client| client.unit(at)).map(|unit| &unit.members);
        let joints = behind.pods.iter().map(|number| &looking.backers[*number]);
        let is_own = |joint: &&Joint| joint.unit(at).is_some_and(|unit| own == Some(&unit.members));
        let other = joints.clone().find(|joint| !is_own(joint)).or_else(|| joints.clone().next());
        if let Some(joint) = other {
            return Some(Members::Endpoints(vec![*joint.unit(at)?.members.first()?]));
        }
        if let Some(name) = behind.nodes.first() {
            let is_it = |id: &NodeId| *engine.cluster.node(*id).name == **name;
            return Some(Members::Node(engine.all_nodes().into_iter().find(is_it)?));
        }
        Some(Members::Addresses(behind.addresses.ranges().into_iter().take(1).collect()))
    }
}

/// The pods that ways lead to.
fn all_behind(ways: &[Option<Vec<Way>>; 2], looking: &Looking) -> Behind {
    let mut behind = Behind::default();
    for (ways, numbers) in ways.iter().zip(&looking.numbers) {
        let pods = ways.iter().flatten().flat_map(|way| &way.to.endpoints);
        pods.filter_map(|id| numbers.get(id)).for_each(|of| behind.pods.extend(of.iter().copied()));
    }
    behind
}
