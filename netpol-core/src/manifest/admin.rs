//! The administrative tiers: ClusterNetworkPolicy (v1alpha2, v1beta1), and AdminNetworkPolicy and
//! BaselineAdminNetworkPolicy (v1alpha1), with every rule of their validation (semantics B).
//!
//! The three differ in what things are called, and in limits; what is read of them is the same.

use super::kinds::PolicyKind;
use super::policy::{Selector, Spanned};
use super::reader::PolicyReader;
use super::types::ObjectMeta;
use super::validate;
use crate::diagnostic::Problem;
use crate::set::Protocol;
use crate::source::Span;
use crate::yaml::{Entry, Node, Scalar, Value};
use ipnet::IpNet;

/// Before or after the NetworkPolicies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum AdminTier {
    Admin,
    Baseline,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum AdminAction {
    /// `Accept` of a ClusterNetworkPolicy.
    Allow,
    Deny,
    Pass,
}

#[derive(Clone, Debug)]
pub(crate) struct AdminPolicy {
    pub(crate) span: Span,
    pub(crate) tier: AdminTier,
    /// Lower ones first.
    pub(crate) priority: u16,
    /// Where `subject` stands.
    pub(crate) subject_span: Span,
    /// The pods that it is about: both must match.
    pub(crate) namespaces: Selector,
    pub(crate) pods: Selector,
    pub(crate) ingress: Vec<AdminRule>,
    pub(crate) egress: Vec<AdminRule>,
}

#[derive(Clone, Debug)]
pub(crate) struct AdminRule {
    pub(crate) span: Span,
    pub(crate) action: AdminAction,
    /// At least one.
    pub(crate) peers: Vec<Spanned<AdminPeer>>,
    /// None: all traffic. An empty list is there in `v1alpha1` alone, which does not say what it
    /// means.
    pub(crate) ports: Option<Vec<Spanned<AdminPort>>>,
}

#[derive(Clone, Debug)]
pub(crate) enum AdminPeer {
    Pods {
        namespaces: Selector,
        pods: Selector,
    },
    Nodes(Selector),
    Networks(Vec<IpNet>),
    /// Lower case, without a dot at the end; `*.` before a name means every name below it.
    Domains(Vec<String>),
    /// A field that this version does not know, in an object that an API server took.
    Unknown,
}

#[derive(Clone, Debug)]
pub(crate) enum AdminPort {
    /// Both included.
    Range(Protocol, u16, u16),
    /// Whatever protocol the port of that name has.
    Named(String),
}

/// How a kind calls things, and how many of them it takes.
struct Api {
    kind: PolicyKind,
    ports: &'static str,
    /// Rules of a direction, peers and ports of a rule.
    items: usize,
}

/// Blocks and names of one peer, in all three kinds.
const MOST_NETWORKS: usize = 25;
const MOST_NAME: usize = 100;
const MOST_PRIORITY: i64 = 1000;

impl Api {
    fn of(kind: PolicyKind) -> Self {
        match kind {
            PolicyKind::ClusterNetworkPolicy { .. } => Self { kind, ports: "protocols", items: 25 },
            _ => Self { kind, ports: "ports", items: 100 },
        }
    }

    fn is_cluster(&self) -> bool {
        matches!(self.kind, PolicyKind::ClusterNetworkPolicy { .. })
    }
}

impl PolicyReader<'_> {
    /// Reads `spec`; `None` when anything in it is an error.
    pub(super) fn admin_policy(
        &mut self,
        kind: PolicyKind,
        metadata: &ObjectMeta,
        spec: Option<&Node>,
        span: Span,
    ) -> Option<AdminPolicy> {
        let api = Api::of(kind);
        let before = self.errors();
        let Some(spec) = spec else {
            self.missing(span, "", "spec");
            return None;
        };
        let baseline = kind == PolicyKind::BaselineAdminNetworkPolicy;
        if baseline && !metadata.name.is_empty() && metadata.name != "default" {
            self.schema_error(Problem::NotTheDefault, span, "metadata.name", |d| d.with("found", &metadata.name));
        }
        let tier = if baseline { AdminTier::Baseline } else { AdminTier::Admin };
        let mut policy = AdminPolicy {
            span,
            tier,
            priority: 0,
            subject_span: span,
            namespaces: Selector::default(),
            pods: Selector::default(),
            ingress: Vec::new(),
            egress: Vec::new(),
        };
        let known: &[&str] = match kind {
            PolicyKind::ClusterNetworkPolicy { .. } => &["tier", "priority", "subject", "ingress", "egress"],
            PolicyKind::BaselineAdminNetworkPolicy => &["subject", "ingress", "egress"],
            _ => &["priority", "subject", "ingress", "egress"],
        };
        let entries = self.fields(spec, "spec", known);
        for entry in &entries {
            let field = format!("spec.{}", entry.key);
            match &*entry.key {
                "tier" => policy.tier = self.tier(&entry.value, &field).unwrap_or(AdminTier::Admin),
                "priority" => policy.priority = self.whole(&entry.value, &field, 0, MOST_PRIORITY).unwrap_or_default(),
                "subject" => {
                    policy.subject_span = entry.key_span;
                    if let Some((namespaces, pods)) = self.subject(&entry.value, &field) {
                        (policy.namespaces, policy.pods) = (namespaces, pods);
                    }
                }
                "ingress" => policy.ingress = self.admin_rules(&api, &entry.value, &field, "from"),
                "egress" => policy.egress = self.admin_rules(&api, &entry.value, &field, "to"),
                _ => {}
            }
        }
        let required = known.iter().filter(|name| !matches!(**name, "ingress" | "egress"));
        for name in required.filter(|name| !entries.iter().any(|e| &*e.key == **name)) {
            self.missing(spec.span, "spec", name);
        }
        (self.errors() == before).then_some(policy)
    }

    fn missing(&mut self, span: Span, field: &str, name: &str) {
        self.error(Problem::MissingField, span, field, |d| d.with("missing", name));
    }

    fn tier(&mut self, node: &Node, field: &str) -> Option<AdminTier> {
        match self.string(node, field)? {
            "Admin" => Some(AdminTier::Admin),
            "Baseline" => Some(AdminTier::Baseline),
            found => {
                self.not_one_of(node, field, found, "Admin, Baseline");
                None
            }
        }
    }

    fn not_one_of(&mut self, node: &Node, field: &str, found: &str, accepted: &str) {
        self.error(Problem::NotOneOf, node.span, field, |d| d.with("found", found).with("accepted", accepted));
    }

    /// A whole number within limits, both included.
    fn whole(&mut self, node: &Node, field: &str, low: i64, high: i64) -> Option<u16> {
        let Value::Scalar(Scalar::Int(n), _) = &node.value else {
            self.wrong_type(node, field, "a whole number");
            return None;
        };
        let found = u16::try_from(*n).ok().filter(|_| (low..=high).contains(n));
        if found.is_none() {
            self.error(Problem::OutOfRange, node.span, field, |d| {
                d.with("found", n).with("low", low).with("high", high)
            });
        }
        found
    }

    /// A list of at most so many items.
    fn few<'n>(&mut self, node: &'n Node, field: &str, most: usize) -> Vec<&'n Node> {
        let items = self.list(node, field);
        if let Some(first_too_many) = items.get(most) {
            self.schema_error(Problem::TooManyItems, first_too_many.span, field, |d| {
                d.with("found", items.len()).with("limit", most)
            });
        }
        items
    }

    /// The one field that has to be set, of those that are known.
    fn only<'n>(&mut self, node: &'n Node, field: &str, known: &[&str]) -> Option<&'n Entry> {
        let before = self.errors();
        let entries = self.fields(node, field, known);
        let fit: Vec<&Entry> = entries.into_iter().filter(|e| known.contains(&&*e.key)).collect();
        if self.errors() > before {
            return None;
        }
        if let [only] = fit.as_slice() {
            return Some(only);
        }
        let found: Vec<&str> = fit.iter().map(|e| &*e.key).collect();
        let found = if fit.is_empty() { "none".to_owned() } else { found.join(", ") };
        self.error(Problem::ExactlyOneField, node.span, field, |d| {
            d.with("found", found).with("known", known.join(", "))
        });
        None
    }

    fn subject(&mut self, node: &Node, field: &str) -> Option<(Selector, Selector)> {
        let entry = self.only(node, field, &["namespaces", "pods"])?;
        Some(self.pods_peer(entry, field))
    }

    /// `namespaces`, or `pods` with both selectors.
    fn pods_peer(&mut self, entry: &Entry, field: &str) -> (Selector, Selector) {
        let field = format!("{field}.{}", entry.key);
        if &*entry.key == "namespaces" {
            return (self.selector(&entry.value, &field), Selector::default());
        }
        let (mut namespaces, mut pods) = (Selector::default(), None);
        for entry in self.fields(&entry.value, &field, &["namespaceSelector", "podSelector"]) {
            let path = format!("{field}.{}", entry.key);
            match &*entry.key {
                "namespaceSelector" => namespaces = self.selector(&entry.value, &path),
                "podSelector" => pods = Some(self.selector(&entry.value, &path)),
                _ => {}
            }
        }
        if pods.is_none() {
            self.schema_error(Problem::MissingField, entry.value.span, field, |d| d.with("missing", "podSelector"));
        }
        (namespaces, pods.unwrap_or_default())
    }

    fn admin_rules(&mut self, api: &Api, node: &Node, field: &str, peers: &str) -> Vec<AdminRule> {
        let items = self.few(node, field, api.items);
        let rules = items.into_iter().zip(0_usize..);
        rules.filter_map(|(item, i)| self.admin_rule(api, item, &format!("{field}[{i}]"), peers)).collect()
    }

    fn admin_rule(&mut self, api: &Api, node: &Node, field: &str, peers_field: &str) -> Option<AdminRule> {
        let before = self.errors();
        let (mut action, mut peers, mut ports) = (None, None, None);
        for entry in self.fields(node, field, &["name", "action", peers_field, api.ports]) {
            let path = format!("{field}.{}", entry.key);
            let value = &entry.value;
            match &*entry.key {
                "name" => {
                    let length = self.string(value, &path).map_or(0, |name| name.chars().count());
                    if length > MOST_NAME {
                        self.schema_error(Problem::TooLong, value.span, path, |d| {
                            d.with("found", length).with("limit", MOST_NAME)
                        });
                    }
                }
                "action" => action = Some(self.action(api, value, &path)),
                key if key == peers_field => peers = Some(self.few(value, &path, api.items)),
                key if key == api.ports => ports = Some((value.span, self.few(value, &path, api.items))),
                _ => {}
            }
        }
        if action.is_none() {
            self.missing(node.span, field, "action");
        }
        let action = action.flatten();
        let egress = peers_field == "to";
        let items = peers.unwrap_or_default();
        if items.is_empty() {
            self.missing(node.span, field, peers_field);
        }
        let mut found = Vec::new();
        for (item, i) in items.into_iter().zip(0_usize..) {
            let path = format!("{field}.{peers_field}[{i}]");
            found.extend(
                self.admin_peer(api, item, &path, action, egress).map(|value| Spanned { value, span: item.span }),
            );
        }
        let ports = ports.map(|(span, items)| {
            if items.is_empty() && api.is_cluster() {
                self.error(Problem::EmptyList, span, format!("{field}.{}", api.ports), |d| d);
            }
            let mut found = Vec::new();
            for (item, i) in items.into_iter().zip(0_usize..) {
                let path = format!("{field}.{}[{i}]", api.ports);
                found.extend(self.admin_port(api, item, &path).map(|value| Spanned { value, span: item.span }));
            }
            found
        });
        // A name is looked up on pods, and these peers are none.
        let no_pods = |peer: &Spanned<AdminPeer>| {
            matches!(peer.value, AdminPeer::Networks(_) | AdminPeer::Nodes(_) | AdminPeer::Domains(_))
        };
        let named = |port: &&Spanned<AdminPort>| matches!(port.value, AdminPort::Named(_));
        if let Some(port) = ports.iter().flatten().find(named).filter(|_| found.iter().any(no_pods)) {
            let path = format!("{field}.{}", api.ports);
            self.schema_error(Problem::NamedPortWithoutPods, port.span, path, |d| d);
        }
        action.filter(|_| self.errors() == before).map(|action| AdminRule {
            span: node.span,
            action,
            peers: found,
            ports,
        })
    }

    fn action(&mut self, api: &Api, node: &Node, field: &str) -> Option<AdminAction> {
        let name = self.string(node, field)?;
        let (allow, accepted) = match api.kind {
            PolicyKind::ClusterNetworkPolicy { .. } => ("Accept", "Accept, Deny, Pass"),
            PolicyKind::BaselineAdminNetworkPolicy => ("Allow", "Allow, Deny"),
            _ => ("Allow", "Allow, Deny, Pass"),
        };
        match name {
            _ if name == allow => Some(AdminAction::Allow),
            "Deny" => Some(AdminAction::Deny),
            "Pass" if accepted.ends_with("Pass") => Some(AdminAction::Pass),
            _ => {
                self.not_one_of(node, field, name, accepted);
                None
            }
        }
    }

    fn admin_peer(
        &mut self,
        api: &Api,
        node: &Node,
        field: &str,
        action: Option<AdminAction>,
        egress: bool,
    ) -> Option<AdminPeer> {
        let known: &[&str] = match (egress, api.kind) {
            (false, _) => &["namespaces", "pods"],
            (true, PolicyKind::BaselineAdminNetworkPolicy) => &["namespaces", "pods", "nodes", "networks"],
            (true, _) => &["namespaces", "pods", "nodes", "networks", "domainNames"],
        };
        // What a newer version of the API calls it was not kept, or is not known here.
        if self.from_server && !known.iter().any(|name| node.get(name).is_some_and(|value| !value.is_null())) {
            self.fields(node, field, known);
            return Some(AdminPeer::Unknown);
        }
        let entry = self.only(node, field, known)?;
        let path = format!("{field}.{}", entry.key);
        Some(match &*entry.key {
            "namespaces" | "pods" => {
                let (namespaces, pods) = self.pods_peer(entry, field);
                AdminPeer::Pods { namespaces, pods }
            }
            "nodes" => AdminPeer::Nodes(self.selector(&entry.value, &path)),
            "networks" => {
                AdminPeer::Networks(self.each(&entry.value, &path, |this, item, path| this.network(api, item, path)))
            }
            _ => {
                if action.is_some_and(|action| action != AdminAction::Allow) && !api.is_cluster() {
                    self.schema_error(Problem::NamesOnlyAllow, entry.key_span, &path, |d| d);
                }
                AdminPeer::Domains(self.each(&entry.value, &path, Self::domain))
            }
        })
    }

    /// The items of a list that has at least one, and at most so many as a peer may have.
    fn each<T>(&mut self, node: &Node, field: &str, read: impl Fn(&mut Self, &Node, &str) -> Option<T>) -> Vec<T> {
        let items = self.few(node, field, MOST_NETWORKS);
        if items.is_empty() {
            self.error(Problem::EmptyList, node.span, field, |d| d);
        }
        let items = items.into_iter().zip(0_usize..);
        items.filter_map(|(item, i)| read(self, item, &format!("{field}[{i}]"))).collect()
    }

    /// A block. Only `v1beta1` refuses host bits.
    fn network(&mut self, api: &Api, node: &Node, field: &str) -> Option<IpNet> {
        let strict = matches!(api.kind, PolicyKind::ClusterNetworkPolicy { strict: true });
        let text = self.string(node, field)?;
        let Some(cidr) = validate::cidr(text).filter(|_| text.len() <= 43) else {
            self.error(Problem::InvalidCidr, node.span, field, |d| d.with("found", text));
            return None;
        };
        if !cidr.canonical {
            let masked = |d: crate::diagnostic::Diagnostic| d.with("found", text).with("nearest", cidr.net);
            match strict {
                true => self.server_error(Problem::NonCanonicalCidr, node.span, field, masked),
                false => self.warning(Problem::NonCanonicalCidr, node.span, field, masked),
            }
        }
        Some(cidr.net)
    }

    fn domain(&mut self, node: &Node, field: &str) -> Option<String> {
        let text = self.string(node, field)?;
        let name = validate::domain_name(text);
        if name.is_none() {
            self.error(Problem::InvalidDomainName, node.span, field, |d| d.with("found", text));
        }
        name
    }

    fn admin_port(&mut self, api: &Api, node: &Node, field: &str) -> Option<AdminPort> {
        let known: &[&str] = match api.is_cluster() {
            true => &["tcp", "udp", "sctp", "destinationNamedPort"],
            false => &["portNumber", "portRange", "namedPort"],
        };
        let entry = self.only(node, field, known)?;
        let path = format!("{field}.{}", entry.key);
        match &*entry.key {
            "destinationNamedPort" | "namedPort" => {
                let name = self.string(&entry.value, &path)?;
                if !validate::is_port_name(name) {
                    self.error(Problem::InvalidPortName, entry.value.span, path, |d| d.with("found", name));
                    return None;
                }
                Some(AdminPort::Named(name.to_owned()))
            }
            "portNumber" => self.number_of(&entry.value, &path),
            "portRange" => self.range_of(&entry.value, &path, None),
            name => {
                let protocol = Protocol::WITH_PORTS.into_iter().find(|p| p.name().eq_ignore_ascii_case(name))?;
                self.destination_port(&entry.value, &path, protocol)
            }
        }
    }

    /// `tcp`, `udp` or `sctp` of a ClusterNetworkPolicy.
    fn destination_port(&mut self, node: &Node, field: &str, protocol: Protocol) -> Option<AdminPort> {
        let entry = self.only(node, field, &["destinationPort"])?;
        let path = format!("{field}.destinationPort");
        let entry = self.only(&entry.value, &path, &["number", "range"])?;
        let path = format!("{path}.{}", entry.key);
        match &*entry.key {
            "number" => {
                let number = self.whole(&entry.value, &path, 1, 65535)?;
                Some(AdminPort::Range(protocol, number, number))
            }
            _ => self.range_of(&entry.value, &path, Some(protocol)),
        }
    }

    /// `portNumber`: a protocol, TCP by default, and a port.
    fn number_of(&mut self, node: &Node, field: &str) -> Option<AdminPort> {
        let (mut protocol, mut port) = (Some(Protocol::Tcp), None);
        for entry in self.fields(node, field, &["protocol", "port"]) {
            let path = format!("{field}.{}", entry.key);
            match &*entry.key {
                "protocol" => protocol = self.protocol(&entry.value, &path),
                "port" => port = Some(self.whole(&entry.value, &path, 1, 65535)),
                _ => {}
            }
        }
        if port.is_none() {
            self.missing(node.span, field, "port");
        }
        let port = port??;
        Some(AdminPort::Range(protocol?, port, port))
    }

    /// `start` and `end`, and in `v1alpha1` the protocol, TCP by default.
    fn range_of(&mut self, node: &Node, field: &str, protocol: Option<Protocol>) -> Option<AdminPort> {
        let known: &[&str] = if protocol.is_some() { &["start", "end"] } else { &["protocol", "start", "end"] };
        let mut protocol = Some(protocol.unwrap_or(Protocol::Tcp));
        let (mut start, mut end) = (None, None);
        for entry in self.fields(node, field, known) {
            let path = format!("{field}.{}", entry.key);
            match &*entry.key {
                "protocol" => protocol = self.protocol(&entry.value, &path),
                "start" => start = Some(self.whole(&entry.value, &path, 1, 65535)),
                "end" => end = Some(self.whole(&entry.value, &path, 1, 65535)),
                _ => {}
            }
        }
        for (name, found) in [("start", start.is_some()), ("end", end.is_some())] {
            if !found {
                self.missing(node.span, field, name);
            }
        }
        let (start, end) = (start??, end??);
        if start >= end {
            self.error(Problem::EndNotAboveStart, node.span, field, |d| d.with("start", start).with("end", end));
            return None;
        }
        Some(AdminPort::Range(protocol?, start, end))
    }
}
