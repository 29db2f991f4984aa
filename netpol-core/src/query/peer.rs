//! The grammar of FROM and TO.

use super::resolve::{QueryError, QueryProblem};
use crate::engine::lower_name;
use crate::manifest::{WorkloadKind, is_dns_label, is_dns_subdomain, is_label_key, is_label_value};
use crate::set::AddressSet;
use ipnet::IpNet;
use std::net::IpAddr;

/// In which namespace to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamespaceExpr {
    /// None was named: the one of `-n`, or for a plain name the only one that has it.
    Default,
    /// That one.
    Name(String),
    /// Every one.
    All,
}

/// One term of a label selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabelTerm {
    /// `key=value`
    Equals(String, String),
    /// `key!=value`; also pods without the key.
    NotEquals(String, String),
}

/// Who is meant by FROM or TO.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerExpr {
    /// A workload or pod, by name.
    Workload {
        /// Where.
        namespace: NamespaceExpr,
        /// Of which kind, if it was said.
        kind: Option<WorkloadKind>,
        /// Its name.
        name: String,
    },
    /// Pods by labels; no term: all pods.
    Pods {
        /// Where.
        namespace: NamespaceExpr,
        /// Terms that must all hold.
        terms: Vec<LabelTerm>,
    },
    /// An address or CIDR block.
    Addresses(AddressSet),
    /// A Service.
    Service {
        /// Where.
        namespace: NamespaceExpr,
        /// Its name.
        name: String,
    },
    /// A node.
    Node(String),
    /// Every address outside of the cluster.
    World,
    /// A domain name.
    Name(String),
}

/// What a kind in a peer names.
enum Kind {
    Workload(WorkloadKind),
    Service,
    Node,
    Namespace,
}

/// kubectl's names, plurals and short names.
fn kind(text: &str) -> Option<Kind> {
    use WorkloadKind as W;
    Some(match text.to_ascii_lowercase().as_str() {
        "po" | "pod" | "pods" => Kind::Workload(W::Pod),
        "deploy" | "deployment" | "deployments" | "deployment.apps" | "deployments.apps" => {
            Kind::Workload(W::Deployment)
        }
        "rs" | "replicaset" | "replicasets" | "replicaset.apps" => Kind::Workload(W::ReplicaSet),
        "sts" | "statefulset" | "statefulsets" | "statefulset.apps" => Kind::Workload(W::StatefulSet),
        "ds" | "daemonset" | "daemonsets" | "daemonset.apps" => Kind::Workload(W::DaemonSet),
        "job" | "jobs" | "job.batch" => Kind::Workload(W::Job),
        "cj" | "cronjob" | "cronjobs" | "cronjob.batch" => Kind::Workload(W::CronJob),
        "rc" | "replicationcontroller" | "replicationcontrollers" => Kind::Workload(W::ReplicationController),
        "svc" | "service" | "services" => Kind::Service,
        "no" | "node" | "nodes" => Kind::Node,
        "ns" | "namespace" | "namespaces" => Kind::Namespace,
        _ => return None,
    })
}

/// Parses FROM or TO.
///
/// ```
/// # use netpol_core::query::{PeerExpr, parse_peer};
/// assert_eq!(parse_peer("world")?, PeerExpr::World);
/// assert!(matches!(parse_peer("shop/deploy/web")?, PeerExpr::Workload { .. }));
/// assert!(parse_peer("a/b/c/d").is_err());
/// # Ok::<(), netpol_core::query::QueryError>(())
/// ```
///
/// # Errors
/// A text of no form of the grammar.
pub fn parse_peer(text: &str) -> Result<PeerExpr, QueryError> {
    let text = text.trim();
    let invalid = || QueryError::new(QueryProblem::InvalidPeer).with("found", text);
    if text.eq_ignore_ascii_case("world") {
        return Ok(PeerExpr::World);
    }
    if let Some(name) = text.strip_prefix("fqdn:") {
        let name = lower_name(name);
        return if is_dns_subdomain(&name) { Ok(PeerExpr::Name(name)) } else { Err(invalid()) };
    }
    if let Ok(address) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Ok(PeerExpr::Addresses(AddressSet::address(address)));
    }
    if let Ok(net) = text.parse::<IpNet>() {
        return Ok(PeerExpr::Addresses(AddressSet::net(net)));
    }
    if text.contains('=') {
        return selector(text).ok_or_else(invalid);
    }
    let namespace = |part: &str| match part {
        "*" => Some(NamespaceExpr::All),
        name if is_dns_label(name) => Some(NamespaceExpr::Name(name.to_owned())),
        _ => None,
    };
    let parts: Vec<&str> = text.split('/').collect();
    let expr = match parts.as_slice() {
        [name] => named(NamespaceExpr::Default, None, name),
        [first, name] => match kind(first) {
            Some(found) => named(NamespaceExpr::Default, Some(found), name),
            None => namespace(first).and_then(|ns| named(ns, None, name)),
        },
        [ns, middle, name] => match (namespace(ns), kind(middle)) {
            (Some(ns), Some(found)) => named(ns, Some(found), name),
            _ => None,
        },
        _ => None,
    };
    expr.ok_or_else(invalid)
}

fn named(namespace: NamespaceExpr, kind: Option<Kind>, name: &str) -> Option<PeerExpr> {
    match kind {
        Some(Kind::Namespace) if namespace == NamespaceExpr::Default && is_dns_label(name) => {
            return Some(PeerExpr::Pods { namespace: NamespaceExpr::Name(name.to_owned()), terms: Vec::new() });
        }
        Some(Kind::Node) if namespace == NamespaceExpr::Default && is_dns_subdomain(name) => {
            return Some(PeerExpr::Node(name.to_owned()));
        }
        Some(Kind::Namespace | Kind::Node) => return None,
        None if name == "*" && namespace != NamespaceExpr::Default => {
            return Some(PeerExpr::Pods { namespace, terms: Vec::new() });
        }
        _ if !is_dns_subdomain(name) => return None,
        _ => {}
    }
    let name = name.to_owned();
    Some(match kind {
        Some(Kind::Service) => PeerExpr::Service { namespace, name },
        Some(Kind::Workload(kind)) => PeerExpr::Workload { namespace, kind: Some(kind), name },
        _ => PeerExpr::Workload { namespace, kind: None, name },
    })
}

/// `[NS/]key=value[,key!=value…]`. A namespace has no dot, so `app.kubernetes.io/name=web` is a
/// label key with its prefix.
fn selector(text: &str) -> Option<PeerExpr> {
    let first_term = text.split(['=', '!']).next().unwrap_or_default();
    let (namespace, rest) = match first_term.split_once('/') {
        Some(("*", _)) => (NamespaceExpr::All, &text[2..]),
        Some((ns, _)) if is_dns_label(ns) => (NamespaceExpr::Name(ns.to_owned()), &text[ns.len() + 1..]),
        _ => (NamespaceExpr::Default, text),
    };
    let mut terms = Vec::new();
    for term in rest.split(',') {
        let (key, value) = term.split_once('=')?;
        let value = value.strip_prefix('=').unwrap_or(value).to_owned();
        let (key, negative) = match key.strip_suffix('!') {
            Some(key) => (key, true),
            None => (key, false),
        };
        if !is_label_key(key) || !is_label_value(&value) {
            return None;
        }
        let key = key.to_owned();
        terms.push(if negative { LabelTerm::NotEquals(key, value) } else { LabelTerm::Equals(key, value) });
    }
    Some(PeerExpr::Pods { namespace, terms })
}

/// Reads `NAME=ADDRESS`, or `NAME=ADDRESS,ADDRESS`: the addresses that a domain name has, as
/// [`AnalysisOptions::names`](crate::AnalysisOptions::names) takes them. None: it is not of that form.
///
/// ```
/// let names = netpol_core::query::parse_resolution("API.example.com=203.0.113.9,2001:db8::9");
/// assert_eq!(names.map(|names| names.len()), Some(2));
/// assert_eq!(netpol_core::query::parse_resolution("api.example.com"), None);
/// ```
pub fn parse_resolution(text: &str) -> Option<Vec<(String, IpAddr)>> {
    let (name, addresses) = text.split_once('=')?;
    let name = lower_name(name);
    if !is_dns_subdomain(&name) {
        return None;
    }
    addresses.split(',').map(|address| Some((name.clone(), address.parse().ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workload(ns: NamespaceExpr, kind: Option<WorkloadKind>, name: &str) -> PeerExpr {
        PeerExpr::Workload { namespace: ns, kind, name: name.to_owned() }
    }

    #[test]
    fn every_form_of_the_table_is_read() {
        let shop = || NamespaceExpr::Name("shop".into());
        let rows = [
            ("web", workload(NamespaceExpr::Default, None, "web")),
            ("shop/web", workload(shop(), None, "web")),
            ("deploy/web", workload(NamespaceExpr::Default, Some(WorkloadKind::Deployment), "web")),
            ("shop/sts/db", workload(shop(), Some(WorkloadKind::StatefulSet), "db")),
            ("*/web", workload(NamespaceExpr::All, None, "web")),
            ("shop/*", PeerExpr::Pods { namespace: shop(), terms: vec![] }),
            ("ns/shop", PeerExpr::Pods { namespace: shop(), terms: vec![] }),
            ("*/*", PeerExpr::Pods { namespace: NamespaceExpr::All, terms: vec![] }),
            ("svc/api", PeerExpr::Service { namespace: NamespaceExpr::Default, name: "api".into() }),
            ("shop/svc/api", PeerExpr::Service { namespace: shop(), name: "api".into() }),
            ("node/n1", PeerExpr::Node("n1".into())),
            ("World", PeerExpr::World),
            ("fqdn:API.example.com.", PeerExpr::Name("api.example.com".into())),
            (
                "shop/app=web,tier!=db",
                PeerExpr::Pods {
                    namespace: shop(),
                    terms: vec![
                        LabelTerm::Equals("app".into(), "web".into()),
                        LabelTerm::NotEquals("tier".into(), "db".into()),
                    ],
                },
            ),
            (
                "app.kubernetes.io/name=web",
                PeerExpr::Pods {
                    namespace: NamespaceExpr::Default,
                    terms: vec![LabelTerm::Equals("app.kubernetes.io/name".into(), "web".into())],
                },
            ),
            (
                "*/app.kubernetes.io/name==web",
                PeerExpr::Pods {
                    namespace: NamespaceExpr::All,
                    terms: vec![LabelTerm::Equals("app.kubernetes.io/name".into(), "web".into())],
                },
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(parse_peer(text).unwrap(), expected, "{text}");
        }
        for (text, contains) in
            [("10.1.2.3", "10.1.2.3"), ("10.0.0.0/8", "10.255.255.255"), ("2001:db8::/32", "2001:db8::1")]
        {
            let PeerExpr::Addresses(set) = parse_peer(text).unwrap() else { panic!("{text}") };
            assert!(set.contains(contains.parse().unwrap()));
        }
    }

    #[test]
    fn what_is_no_peer_is_refused() {
        for bad in [
            "",
            "/",
            "a//b",
            "a/b/c/d",
            "Web",
            "shop/Web",
            "shop/nokind/web",
            "fqdn:",
            "fqdn:a b",
            "*",
            "app=a b",
            "=x",
            "10.0.0.0/33",
            "shop/node/x",
        ] {
            assert!(parse_peer(bad).is_err(), "{bad}");
        }
    }
}
