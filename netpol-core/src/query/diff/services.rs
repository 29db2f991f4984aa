//! The Services of two states, side by side: which of them are looked at, and by which address; and what
//! enters by Ingresses and routes.

use super::fronts::Front;
use super::{Change, Comparing, Decision, Delta, Witness, name_of};
use crate::engine::{Engine, Planes};
use crate::model::{AddressOwner, EndpointId, Service, ServiceId, ServiceKind};
use crate::path::Face;
use crate::profile::ProfileOption;
use crate::query::answer::Peer;
use crate::query::entries::{Carried, EntryPoint};
use crate::query::resolve::QueryError;
use crate::set::{Family, Protocol, TrafficSet};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use std::net::IpAddr;

/// A Service by one of its addresses.
pub(super) type Faced = (ServiceId, Face);

/// What is looked at of Services.
#[derive(Default)]
pub(super) struct Services {
    /// From inside, those whose own ports lead elsewhere than they did.
    pub(super) by_name: Vec<Front>,
    /// The same, of those of which each pod gets to the pods on its own node.
    pub(super) by_name_on_node: Vec<Front>,
    /// From outside: what is open there by a balancer, by external addresses, or by ports of nodes of which
    /// none is known.
    pub(super) from_outside: Vec<Front>,
    /// From inside, external addresses and those of balancers.
    pub(super) by_address: Vec<Front>,
}

impl Services {
    pub(super) fn is_empty(&self) -> bool {
        [&self.by_name, &self.by_name_on_node, &self.from_outside, &self.by_address].iter().all(|of| of.is_empty())
    }
}

/// Of a pod, what it sees, and on which node.
type Seen = (String, TrafficSet, Option<String>);

/// Where the ports of a Service lead: compared only.
#[derive(PartialEq)]
struct Leads {
    kind: ServiceKind,
    stays_on_node: bool,
    families: Vec<Family>,
    /// Name, protocol, number, and what each pod behind sees of it.
    ports: Vec<(String, Protocol, u16, Vec<Seen>)>,
    listed: Vec<(String, Protocol, u16, Vec<String>)>,
}

impl Comparing<'_> {
    /// The Services that are looked at: those that lead to somebody who is asked about.
    pub(super) fn services(&self) -> Services {
        let mut services = Services::default();
        let no_nodes = self.engines().iter().all(|engine| engine.cluster.nodes.is_empty());
        if no_nodes && self.engines().iter().any(|engine| !engine.cluster.node_ports().is_empty()) {
            services.from_outside.push(Front::SomeNode);
        }
        let mut by_address: [SortedMap<IpAddr, [Vec<Faced>; 2]>; 2] = Default::default();
        for ids in self.service_pairs() {
            let of = |at: usize| ids[at].map(|id| self.engines()[at].cluster.service(id));
            let open = [0, 1].map(|at| {
                // A port of nodes that has no number yet is one of the Service, for want of a better.
                let open = |service: &Service| match service.kind {
                    ServiceKind::LoadBalancer => true,
                    ServiceKind::NodePort => no_nodes && service.ports.iter().any(|port| port.node_port.is_none()),
                    _ => false,
                };
                ids[at].filter(|_| of(at).is_some_and(open))
            });
            if open.iter().any(Option::is_some) {
                services.from_outside.push(Front::Service(open));
            }
            if self.leads_elsewhere(ids) {
                let on_node = [0, 1].iter().any(|at| of(*at).is_some_and(|service| service.stays_on_node));
                let by_name = if on_node { &mut services.by_name_on_node } else { &mut services.by_name };
                by_name.push(Front::Service(ids));
            }
            for at in [0, 1] {
                let (Some(id), Some(service)) = (ids[at], of(at)) else { continue };
                let others = service.addresses.iter().filter(|ip| !service.cluster_ips.contains(ip));
                // Of several with one address, it is this one's.
                let owner = |ip: &IpAddr| self.engines()[at].cluster.owners.get(ip);
                let is_its = |ip: &&IpAddr| matches!(owner(ip), Some(AddressOwner::Service(of)) if *of == id);
                for ip in others.filter(is_its).filter(|ip| !self.is_of_node(**ip)) {
                    let face = Face::of(service, *ip);
                    let by_face = &mut by_address[usize::from(face == Face::Balancer)];
                    by_face.entry(*ip).or_default()[at].push((id, face));
                }
            }
        }
        let fronts = |by: &SortedMap<IpAddr, [Vec<Faced>; 2]>, both: bool| -> Vec<Front> {
            let wanted = by.iter().filter(|(_, faced)| !both || faced.iter().all(|faced| !faced.is_empty()));
            wanted.map(|(ip, faced)| Front::Address(*ip, faced.clone())).collect()
        };
        let external = fronts(&by_address[0], false);
        services.from_outside.extend(external.iter().cloned());
        // What a state does not know of a balancer is not a change.
        services.by_address = [external, fronts(&by_address[1], true)].concat();
        services
    }

    fn is_of_node(&self, ip: IpAddr) -> bool {
        let owner = |engine: &Engine| matches!(engine.cluster.owners.get(&ip), Some(AddressOwner::Node(_)));
        self.engines().into_iter().any(owner)
    }

    /// The Services of both states, by name.
    fn service_pairs(&self) -> Vec<[Option<ServiceId>; 2]> {
        let mut pairs: SortedMap<(String, String), [Option<ServiceId>; 2]> = SortedMap::new();
        for (at, engine) in self.engines().into_iter().enumerate() {
            if engine.cluster.services.is_empty() {
                continue;
            }
            let asked: SortedSet<EndpointId> = self.asked[at].to.endpoints.iter().copied().collect();
            for (id, service) in (0..).map(ServiceId::of).zip(engine.cluster.services.iter()) {
                let mut pods = service.pods().peekable();
                let nobody = pods.peek().is_none() && self.asked[at].to.world;
                if nobody || pods.any(|pod| asked.contains(&pod)) {
                    let namespace = engine.cluster.namespace_name(service.namespace).to_owned();
                    pairs.entry((namespace, service.name.to_string())).or_default()[at] = Some(id);
                }
            }
        }
        pairs.into_values().collect()
    }

    /// Whether pods that ask for a Service by its name come elsewhere than before, or may be judged
    /// otherwise than those who ask the pods behind it.
    fn leads_elsewhere(&self, ids: [Option<ServiceId>; 2]) -> bool {
        let [Some(old), Some(new)] = ids else { return false };
        let (before, after) = (leads(self.old, old), leads(self.new, new));
        let is = |wanted| [before.kind, after.kind].map(|kind| kind == wanted);
        let options = [ProfileOption::ServiceEgress, ProfileOption::ToItselfByService];
        let profiles = self.engines().map(|engine| options.map(|option| engine.profile.value(option)));
        // What is a name for something else is asked for as that; of one that is a name for pods, they are.
        !is(ServiceKind::ExternalName).contains(&true)
            && is(ServiceKind::Headless) != [true; 2]
            && (before != after || profiles[0] != profiles[1] || self.untranslated())
    }
}

impl Comparing<'_> {
    /// What changed for the ingress controller that is assumed where none is in the input: it is no pod of
    /// the table, and no other line tells of it.
    pub(super) fn controller(&mut self) -> Result<(), QueryError> {
        if name_of(self.port).is_some() || !self.asked.iter().all(|asked| asked.from.world) {
            return Ok(());
        }
        let carried = |at: usize| {
            let (engine, to) = (self.engines()[at], &self.asked[at].to);
            match engine.cluster.assumed_controller {
                Some(_) => engine.carried(to, self.before.asked(), EntryPoint::is_assumed),
                None => Ok(SortedMap::new()),
            }
        };
        let [old, new] = [carried(0)?, carried(1)?];
        for to in old.keys().chain(new.keys().filter(|to| !old.contains_key(*to))) {
            let of = |rows: &SortedMap<Peer, Carried>| {
                rows.get(to).map_or_else(Planes::default, |row| Planes {
                    // On a port by two ways, one of them may be another's.
                    must: row.allow.difference(&row.undefined),
                    may: row.allow.union(&row.undefined),
                })
            };
            let Some(delta) = Delta::of(&of(&old), &of(&new)) else { continue };
            let parts = [&new, &old].into_iter().filter_map(|rows| rows.get(to)).flat_map(|row| &row.parts);
            let Some(from) = parts.flat_map(|part| &part.from).next() else { continue };
            let (from, to) = (from.clone(), to.clone());
            let witness = delta.first().map(|(protocol, port)| {
                let decision = |rows: &SortedMap<Peer, Carried>| {
                    let parts = &rows.get(&to)?.parts;
                    let part = parts.iter().find(|part| part.traffic.contains(protocol, port))?.clone();
                    Some(Decision { verdict: part.verdict, egress: part.egress, ingress: part.ingress })
                };
                let name = |peer: &Peer| {
                    let name = peer.name.as_deref().unwrap_or_default();
                    peer.namespace.as_deref().map_or_else(|| name.to_owned(), |of| format!("{of}/{name}"))
                };
                let (before, after) = (decision(&old), decision(&new));
                Witness { from: name(&from), to: name(&to), behind: None, protocol, port, before, after }
            });
            self.changes.push(Change { witness, ..Change::new(from, to, delta) });
        }
        Ok(())
    }
}

fn leads(engine: &Engine, id: ServiceId) -> Leads {
    let cluster = &engine.cluster;
    let service = cluster.service(id);
    // Which node it is only matters where pods are told apart by it.
    let node = |pod: EndpointId| {
        let node = cluster.endpoint(pod).node.filter(|_| service.stays_on_node)?;
        Some(cluster.node(node).name.to_string())
    };
    let ports = service.ports.iter().map(|port| {
        let seen = |pod: &EndpointId| (engine.pod_name(*pod), cluster.target_of(port, *pod), node(*pod));
        let mut seen: Vec<Seen> = service.backends.iter().flatten().map(seen).collect();
        seen.arrange();
        (port.name.to_string(), port.protocol, port.port, seen)
    });
    let listed = service.listed.iter().flatten().map(|port| {
        let backers = port.backers.iter().map(|backer| match backer {
            crate::model::Backer::Endpoint(pod) => {
                format!("{} {}", engine.pod_name(*pod), node(*pod).unwrap_or_default())
            }
            crate::model::Backer::Node(id) => cluster.node(*id).name.to_string(),
            crate::model::Backer::Address(ip) => ip.to_string(),
            crate::model::Backer::Missing => String::new(),
        });
        let mut backers: Vec<String> = backers.collect();
        backers.arrange();
        (port.name.to_string(), port.protocol, port.port, backers)
    });
    let family = |f: &Family| service.cluster_ips.iter().any(|ip| Family::of(*ip) == *f);
    Leads {
        kind: service.kind,
        stays_on_node: service.stays_on_node,
        families: Family::ALL.into_iter().filter(family).collect(),
        ports: ports.collect(),
        listed: listed.collect(),
    }
}
