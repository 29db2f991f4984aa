//! The Services of two states, side by side: which of them are looked at, and by which address; and what
//! enters by Ingresses and routes.

use super::fronts::Front;
use super::{Change, Comparing, Decision, Delta, Witness, name_of};
use crate::engine::{Engine, Planes};
use crate::model::{AddressOwner, EndpointId, ServiceId, ServiceKind};
use crate::path::Face;
use crate::profile::ProfileOption;
use crate::query::answer::Peer;
use crate::query::entries::{Carried, EntryPoint};
use crate::query::resolve::QueryError;
use crate::set::{Family, Protocol, TrafficSet};
use crate::sorted::{SortedMap, SortedSet};
use std::net::IpAddr;

/// A Service by one of its addresses.
pub(super) type Faced = (ServiceId, Face);

/// What is looked at of Services.
#[derive(Default)]
pub(super) struct Services {
    /// From inside, those whose own ports lead elsewhere than they did.
    pub(super) by_name: Vec<Front>,
    /// From outside, those that are open there: by a balancer, or by ports of nodes of which none is known.
    pub(super) from_outside: Vec<Front>,
    /// From everywhere, their external addresses.
    pub(super) by_address: Vec<Front>,
    /// From inside, the addresses of their balancers.
    pub(super) inside_by_address: Vec<Front>,
}

/// Of a pod, what it sees.
type Seen = (String, TrafficSet);

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
        if no_nodes && self.engines().iter().any(|engine| !engine.cluster.host_ports.is_empty()) {
            services.from_outside.push(Front::SomeNode);
        }
        let mut by_address: [SortedMap<IpAddr, [Vec<Faced>; 2]>; 2] = Default::default();
        for ids in self.service_pairs() {
            let of = |at: usize| ids[at].map(|id| self.engines()[at].cluster.service(id));
            let open = [0, 1].map(|at| {
                let open = |kind| kind == ServiceKind::LoadBalancer || (kind == ServiceKind::NodePort && no_nodes);
                ids[at].filter(|_| of(at).is_some_and(|service| open(service.kind)))
            });
            if open.iter().any(Option::is_some) {
                services.from_outside.push(Front::Service(open));
            }
            if self.leads_elsewhere(ids) {
                services.by_name.push(Front::Service(ids));
            }
            for at in [0, 1] {
                let (Some(id), Some(service)) = (ids[at], of(at)) else { continue };
                let others = service.addresses.iter().filter(|ip| !service.cluster_ips.contains(ip));
                for ip in others.filter(|ip| !self.is_of_node(**ip)) {
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
        services.by_address = fronts(&by_address[0], false);
        // What a state does not know of a balancer is not a change.
        services.inside_by_address = fronts(&by_address[1], true);
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
        let translated = |kind| !matches!(kind, ServiceKind::Headless | ServiceKind::ExternalName);
        let options = [ProfileOption::ServiceEgress, ProfileOption::ToItselfByService];
        let profiles = self.engines().map(|engine| options.map(|option| engine.profile.value(option)));
        translated(before.kind)
            && translated(after.kind)
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
    let ports = service.ports.iter().map(|port| {
        let seen = |pod: &EndpointId| (engine.pod_name(*pod), cluster.target_of(port, *pod));
        let seen = service.backends.iter().flatten().map(seen).collect();
        (port.name.to_string(), port.protocol, port.port, seen)
    });
    let listed = service.listed.iter().flatten().map(|port| {
        let backers = port.backers.iter().map(|backer| match backer {
            crate::model::Backer::Endpoint(pod) => engine.pod_name(*pod),
            crate::model::Backer::Node(id) => cluster.node(*id).name.to_string(),
            crate::model::Backer::Address(ip) => ip.to_string(),
            crate::model::Backer::Missing => String::new(),
        });
        (port.name.to_string(), port.protocol, port.port, backers.collect())
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
