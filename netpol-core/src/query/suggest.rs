//! What may have been meant by a name that nothing has.

use super::peer::NamespaceExpr;
use super::resolve::{QueryError, QueryProblem};
use crate::engine::Engine;
use crate::manifest::WorkloadKind;
use crate::model::{EndpointId, NamespaceId, Service, ServiceId};
use crate::sorted::SortedSet;

/// So many names of a list are said.
const MOST_NAMED: usize = 8;

impl Engine {
    /// A namespace that is not there; `wanted` is the name that was looked for in it.
    pub(crate) fn unknown_namespace(&self, found: &str, wanted: Option<&str>) -> QueryError {
        // One that is only there for the DNS or controller that is assumed is not in the input.
        let holds_pods: SortedSet<NamespaceId> =
            self.cluster.real_endpoints().map(|id| self.cluster.endpoint(id).namespace).collect();
        let assumed = self.cluster.dns.iter().chain(&self.cluster.assumed_controller);
        let assumed = assumed.map(|id| self.cluster.endpoint(*id).namespace);
        let assumed: SortedSet<NamespaceId> =
            assumed.filter(|ns| !self.cluster.namespace(*ns).labels_known && !holds_pods.contains(ns)).collect();
        let all = (0..self.cluster.namespaces.len()).map(NamespaceId::of).filter(|ns| !assumed.contains(ns));
        let known = all.map(|ns| self.cluster.namespace_name(ns));
        let error = QueryError::new(QueryProblem::UnknownNamespace).with("found", found);
        if let Some(nearest) = crate::lang::nearest(found, known.clone()) {
            return error.with("nearest", nearest);
        }
        let elsewhere: SortedSet<String> = match wanted {
            Some(name) => self.named(|n| n == name).collect(),
            None => SortedSet::new(),
        };
        if !elsewhere.is_empty() {
            return error.with("elsewhere", listed(elsewhere));
        }
        let known: SortedSet<String> = known.map(str::to_owned).collect();
        if known.is_empty() { error } else { error.with("known", listed(known)) }
    }

    /// `NS/NAME` of workloads and `NS/svc/NAME` of Services whose name is as wanted.
    fn named<'e>(&'e self, wanted: impl Fn(&str) -> bool + Copy + 'e) -> impl Iterator<Item = String> + 'e {
        let workloads = self.cluster.workloads.iter().filter(move |w| !w.hypothetical && wanted(&w.name));
        let services = self.cluster.services.iter().filter(move |s| wanted(&s.name));
        workloads
            .map(|w| format!("{}/{}", self.cluster.namespace_name(w.namespace), w.name))
            .chain(services.map(|s| format!("{}/svc/{}", self.cluster.namespace_name(s.namespace), s.name)))
    }

    pub(super) fn service_text(&self, id: ServiceId) -> String {
        let service = self.cluster.service(id);
        format!("{}/svc/{}", self.cluster.namespace_name(service.namespace), service.name)
    }

    pub(super) fn unknown_service(&self, namespace: &NamespaceExpr, name: &str, default: &str) -> QueryError {
        let ns = match namespace {
            NamespaceExpr::Name(ns) => ns,
            _ => default,
        };
        let wanted = format!("{ns}/svc/{name}");
        let all: Vec<String> = (0..self.cluster.services.len()).map(|i| self.service_text(ServiceId::of(i))).collect();
        // The right name in another namespace is the likeliest slip, then a Service that is spelt
        // alike, then pods without a Service.
        let elsewhere = all.iter().find(|s| s.ends_with(&format!("/svc/{name}"))).cloned();
        let near = || crate::lang::nearest(&wanted, all.iter().map(String::as_str)).map(str::to_owned);
        let workload = || {
            let mut named = self.cluster.workloads.iter().filter(|w| !w.hypothetical && *w.name == *name);
            let here = named.find(|w| self.cluster.namespace_name(w.namespace) == ns)?;
            Some(format!("{ns}/{}", here.name))
        };
        let error = QueryError::new(QueryProblem::UnknownService).with("found", &wanted);
        if let Some(nearest) = elsewhere.or_else(near).or_else(workload) {
            return error.with("nearest", nearest);
        }
        if all.is_empty() {
            return error;
        }
        let here: SortedSet<String> = all.iter().filter(|s| s.starts_with(&format!("{ns}/svc/"))).cloned().collect();
        error.with("known", listed(if here.is_empty() { all.into_iter().collect() } else { here }))
    }

    pub(super) fn unknown_workload(
        &self,
        namespace: &NamespaceExpr,
        kind: Option<WorkloadKind>,
        name: &str,
    ) -> QueryError {
        let top = self.cluster.workloads.iter().filter(|w| !w.hypothetical);
        let top = top.map(|w| (w.kind, w.namespace, &*w.name));
        let owned = self.cluster.owned.iter().map(|o| (o.kind, o.namespace, &*o.name));
        let names: Vec<(&str, &str)> = top
            .chain(owned.filter(|_| kind.is_some()))
            .filter(|(k, ..)| kind.is_none_or(|wanted| wanted == *k))
            .map(|(_, ns, name)| (self.cluster.namespace_name(ns), name))
            .collect();
        let service = |scope: Option<&str>| {
            let mut named = self.cluster.services.iter().filter(|s| *s.name == *name);
            let found = named
                .find(|s| kind.is_none() && scope.is_none_or(|ns| ns == self.cluster.namespace_name(s.namespace)))?;
            Some(format!("{}/svc/{name}", self.cluster.namespace_name(found.namespace)))
        };
        let (wanted, nearest) = match namespace {
            NamespaceExpr::Name(ns) => {
                let full: Vec<String> = names.iter().map(|(ns, n)| format!("{ns}/{n}")).collect();
                let wanted = format!("{ns}/{name}");
                // The right name in another namespace is the likeliest slip.
                let elsewhere = names.iter().position(|(_, n)| *n == name).map(|i| full[i].clone());
                let near = crate::lang::nearest(&wanted, full.iter().map(String::as_str)).map(str::to_owned);
                (wanted, service(Some(ns)).or(elsewhere).or(near))
            }
            _ => {
                let near = crate::lang::nearest(name, names.iter().map(|(_, n)| *n));
                let full =
                    near.and_then(|n| names.iter().find(|(_, name)| *name == n)).map(|(ns, n)| format!("{ns}/{n}"));
                (name.to_owned(), service(None).or(full))
            }
        };
        let error = QueryError::new(QueryProblem::UnknownName).with("found", wanted);
        if let Some(nearest) = nearest {
            return error.with("nearest", nearest);
        }
        let NamespaceExpr::Name(ns) = namespace else { return error };
        let here: SortedSet<String> = names.iter().filter(|(at, _)| at == ns).map(|(_, n)| (*n).to_owned()).collect();
        if here.is_empty() { error } else { error.with("known", listed(here)) }
    }

    /// A port that a Service does not have, with those that it has.
    pub(super) fn unknown_service_port(&self, found: &str, service: &Service) -> QueryError {
        let ports = service.ports.iter().map(|p| match &*p.name {
            "" => format!("{} {}", p.protocol, p.port),
            name => format!("{name} ({} {})", p.protocol, p.port),
        });
        let ports: SortedSet<String> = ports.collect();
        QueryError::new(QueryProblem::ServicePort)
            .with("found", found)
            .with("service", format!("{}/{}", self.cluster.namespace_name(service.namespace), service.name))
            .with("accepted", if ports.is_empty() { "—".to_owned() } else { listed(ports) })
    }

    /// A port name that none of the destinations declares, with those that they do.
    pub(crate) fn unknown_port_name(&self, found: &str, to: &str, destinations: &[EndpointId]) -> QueryError {
        let mut seen = SortedSet::new();
        let sets = destinations.iter().map(|id| self.cluster.endpoint(*id).ports).filter(|ports| seen.insert(*ports));
        let declared: SortedSet<(&str, String)> = sets
            .flat_map(|set| self.cluster.ports(set))
            .map(|p| (self.cluster.symbols.text(p.name), format!("{} {}", p.protocol, p.port)))
            .collect();
        let error = QueryError::new(QueryProblem::UnknownPortName).with("found", found).with("to", to);
        let name = found.split('/').next().unwrap_or_default();
        if let Some(nearest) = crate::lang::nearest(name, declared.iter().map(|(name, _)| *name)).filter(|n| *n != name)
        {
            return error.with("nearest", nearest);
        }
        if declared.is_empty() {
            return error;
        }
        error.with("declared", listed(declared.into_iter().map(|(name, port)| format!("{name} ({port})")).collect()))
    }
}

/// The first few of many names.
fn listed(names: SortedSet<String>) -> String {
    let more = names.len().saturating_sub(MOST_NAMED);
    let mut text = names.into_iter().take(MOST_NAMED).collect::<Vec<_>>().join(", ");
    if more > 0 {
        text.push_str(&format!(" (+{more})"));
    }
    text
}
