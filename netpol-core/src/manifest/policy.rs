//! NetworkPolicy v1: every node with its place, every rule of the API's validation (semantics A5).

use super::reader::PolicyReader;
use super::validate;
use crate::diagnostic::Problem;
use crate::set::Protocol;
use crate::source::Span;
use crate::yaml::{Node, Scalar, Value};
use ipnet::IpNet;
use std::fmt;

/// A value with the place where it stood.
#[derive(Clone, Debug)]
pub(crate) struct Spanned<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) struct NetworkPolicy {
    pub(crate) span: Span,
    pub(crate) pod_selector: Selector,
    /// Where `podSelector` stands; the policy itself when it is missing.
    pub(crate) pod_selector_span: Span,
    /// Whether the policy isolates for ingress and egress, defaults applied.
    pub(crate) isolates_ingress: bool,
    pub(crate) isolates_egress: bool,
    /// Where `policyTypes` stands, if it has entries.
    pub(crate) types_span: Option<Span>,
    /// Where `ingress` and `egress` stand, if they do.
    pub(crate) ingress_span: Option<Span>,
    pub(crate) egress_span: Option<Span>,
    pub(crate) ingress: Vec<Rule>,
    pub(crate) egress: Vec<Rule>,
}

#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) span: Span,
    /// Empty: every peer.
    pub(crate) peers: Vec<Spanned<Peer>>,
    /// Empty: every port of every protocol.
    pub(crate) ports: Vec<Spanned<PolicyPort>>,
}

#[derive(Clone, Debug)]
pub(crate) enum Peer {
    /// At least one of the two is set.
    Pods {
        pods: Option<Selector>,
        namespaces: Option<Selector>,
    },
    Block {
        net: IpNet,
        except: Vec<IpNet>,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct PolicyPort {
    pub(crate) protocol: Protocol,
    /// Whether it stands there, and is not the default.
    pub(crate) protocol_given: bool,
    pub(crate) port: PortValue,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PortValue {
    Any,
    /// Both included.
    Range(u16, u16),
    Named(String),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selector {
    pub(crate) requirements: Vec<Requirement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Requirement {
    pub(crate) key: String,
    pub(crate) operator: RequirementOperator,
}

impl fmt::Display for Selector {
    /// On one line, as `kubectl -l` writes it; nothing, where it asks for nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use RequirementOperator as Op;
        for (Requirement { key, operator }, at) in self.requirements.iter().zip(0..) {
            f.write_str(if at > 0 { "," } else { "" })?;
            match operator {
                Op::In(values) if values.len() == 1 => write!(f, "{key}={}", values[0])?,
                Op::In(values) => write!(f, "{key} in ({})", values.join(", "))?,
                Op::NotIn(values) if values.len() == 1 => write!(f, "{key}!={}", values[0])?,
                Op::NotIn(values) => write!(f, "{key} notin ({})", values.join(", "))?,
                Op::Exists => f.write_str(key)?,
                Op::DoesNotExist => write!(f, "!{key}")?,
            }
        }
        Ok(())
    }
}

/// One variant per operator, so that an operator with the wrong values cannot be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RequirementOperator {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    DoesNotExist,
}

impl RequirementOperator {
    /// The operator of that name with these values, else what is wrong with the two.
    pub(super) fn of(name: &str, values: Vec<String>) -> Result<Self, Problem> {
        Ok(match (name, values.is_empty()) {
            ("In", false) => Self::In(values),
            ("NotIn", false) => Self::NotIn(values),
            ("Exists", true) => Self::Exists,
            ("DoesNotExist", true) => Self::DoesNotExist,
            ("In" | "NotIn", true) => return Err(Problem::OperatorNeedsValues),
            ("Exists" | "DoesNotExist", false) => return Err(Problem::OperatorTakesNoValues),
            _ => return Err(Problem::InvalidOperator),
        })
    }
}

impl PolicyReader<'_> {
    /// Reads `spec`; `None` when anything in it is an error.
    pub(super) fn network_policy(&mut self, spec: Option<&Node>, span: Span) -> Option<NetworkPolicy> {
        let before = self.errors();
        let mut policy = NetworkPolicy {
            span,
            pod_selector: Selector::default(),
            pod_selector_span: span,
            isolates_ingress: true,
            isolates_egress: false,
            types_span: None,
            ingress_span: None,
            egress_span: None,
            ingress: Vec::new(),
            egress: Vec::new(),
        };
        let mut types: Option<Vec<&Node>> = None;
        if let Some(spec) = spec {
            for entry in self.fields(spec, "spec", &["podSelector", "policyTypes", "ingress", "egress"]) {
                let field = format!("spec.{}", entry.key);
                match &*entry.key {
                    "podSelector" => {
                        policy.pod_selector_span = entry.key_span;
                        policy.pod_selector = self.selector(&entry.value, &field);
                    }
                    "policyTypes" => {
                        types = Some(self.list(&entry.value, &field)).filter(|types| !types.is_empty());
                        policy.types_span = types.is_some().then_some(entry.key_span);
                    }
                    "ingress" => {
                        policy.ingress_span = Some(entry.key_span);
                        policy.ingress = self.rules(&entry.value, &field, "from");
                    }
                    "egress" => {
                        policy.egress_span = Some(entry.key_span);
                        policy.egress = self.rules(&entry.value, &field, "to");
                    }
                    _ => {}
                }
            }
        }
        // No types at all: Ingress, and Egress when there are egress rules (semantics A2).
        policy.isolates_egress = !policy.egress.is_empty();
        if let Some(types) = types {
            (policy.isolates_ingress, policy.isolates_egress) = (false, false);
            if types.len() > 2 {
                self.error(Problem::TooManyPolicyTypes, types[2].span, "spec.policyTypes", |d| {
                    d.with("found", types.len())
                });
            }
            for (i, node) in types.iter().enumerate() {
                match node.as_str() {
                    Some("Ingress") => policy.isolates_ingress = true,
                    Some("Egress") => policy.isolates_egress = true,
                    _ => self.error(Problem::InvalidPolicyType, node.span, format!("spec.policyTypes[{i}]"), |d| {
                        d.with("found", node.describe())
                    }),
                }
            }
        }
        (self.errors() == before).then_some(policy)
    }

    fn rules(&mut self, node: &Node, field: &str, peers_field: &str) -> Vec<Rule> {
        let mut out = Vec::new();
        for (i, item) in self.list(node, field).into_iter().enumerate() {
            let field = format!("{field}[{i}]");
            let mut rule = Rule { span: item.span, peers: Vec::new(), ports: Vec::new() };
            for entry in self.fields(item, &field, &[peers_field, "ports"]) {
                let field = format!("{field}.{}", entry.key);
                for (i, item) in self.list(&entry.value, &field).into_iter().enumerate() {
                    let field = format!("{field}[{i}]");
                    if &*entry.key == "ports" {
                        rule.ports.extend(self.port(item, &field).map(|value| Spanned { value, span: item.span }));
                    } else if &*entry.key == peers_field {
                        rule.peers.extend(self.peer(item, &field).map(|value| Spanned { value, span: item.span }));
                    }
                }
            }
            out.push(rule);
        }
        out
    }

    fn peer(&mut self, node: &Node, field: &str) -> Option<Peer> {
        let (mut pods, mut namespaces, mut block) = (None, None, None);
        for entry in self.fields(node, field, &["podSelector", "namespaceSelector", "ipBlock"]) {
            let path = format!("{field}.{}", entry.key);
            match &*entry.key {
                "podSelector" => pods = Some(self.selector(&entry.value, &path)),
                "namespaceSelector" => namespaces = Some(self.selector(&entry.value, &path)),
                "ipBlock" => block = Some((entry.key_span, self.block(&entry.value, &path))),
                _ => {}
            }
        }
        match (pods, namespaces, block) {
            (None, None, None) => {
                self.error(Problem::EmptyPeer, node.span, field, |d| d);
                None
            }
            (None, None, Some((_, block))) => block,
            (_, _, Some((span, _))) => {
                self.error(Problem::IpBlockWithSelector, span, field, |d| d);
                None
            }
            (pods, namespaces, None) => Some(Peer::Pods { pods, namespaces }),
        }
    }

    fn block(&mut self, node: &Node, field: &str) -> Option<Peer> {
        let (mut net, mut except) = (None, Vec::new());
        let mut has_cidr = false;
        for entry in self.fields(node, field, &["cidr", "except"]) {
            let path = format!("{field}.{}", entry.key);
            if &*entry.key == "cidr" {
                has_cidr = true;
                net = self.cidr(&entry.value, &path);
            } else if &*entry.key == "except" {
                for (i, item) in self.list(&entry.value, &path).into_iter().enumerate() {
                    let path = format!("{path}[{i}]");
                    except.extend(self.cidr(item, &path).map(|net| (net, item, path)));
                }
            }
        }
        if !has_cidr {
            self.error(Problem::MissingField, node.span, field, |d| d.with("missing", "cidr"));
        }
        let net = net?;
        for (hole, item, path) in &except {
            let strict_part = match (&net, hole) {
                (IpNet::V4(a), IpNet::V4(b)) => a.contains(b) && a != b,
                (IpNet::V6(a), IpNet::V6(b)) => a.contains(b) && a != b,
                _ => false,
            };
            if !strict_part {
                self.error(Problem::ExceptOutsideCidr, item.span, path, |d| d.with("found", hole).with("cidr", net));
            }
        }
        Some(Peer::Block { net, except: except.into_iter().map(|e| e.0).collect() })
    }

    fn port(&mut self, node: &Node, field: &str) -> Option<PolicyPort> {
        let before = self.errors();
        let (mut protocol, mut port, mut end) = (Protocol::Tcp, PortValue::Any, None);
        let mut protocol_given = false;
        for entry in self.fields(node, field, &["protocol", "port", "endPort"]) {
            let path = format!("{field}.{}", entry.key);
            let value = &entry.value;
            match (&*entry.key, &value.value) {
                ("protocol", _) => {
                    protocol = self.protocol(value, &path)?;
                    protocol_given = !value.is_null();
                }
                ("port", Value::Scalar(Scalar::Int(n), _)) => match u16::try_from(*n) {
                    Ok(n) if n > 0 => port = PortValue::Range(n, n),
                    _ => self.error(Problem::InvalidPortNumber, value.span, path, |d| d.with("found", n)),
                },
                ("port", Value::Scalar(Scalar::String, name)) if validate::is_port_name(name) => {
                    port = PortValue::Named(name.to_string());
                }
                ("port", Value::Scalar(Scalar::String, name)) => {
                    self.error(Problem::InvalidPortName, value.span, path, |d| d.with("found", name));
                }
                ("port", _) => {
                    self.error(Problem::WrongType, value.span, path, |d| {
                        d.with("found", value.describe()).with("accepted", "a number 1 to 65535 or a port name")
                    });
                }
                ("endPort", Value::Scalar(Scalar::Int(n), _)) => end = Some((*n, value.span, path)),
                ("endPort", _) => self.error(Problem::WrongType, value.span, path, |d| {
                    d.with("found", value.describe()).with("accepted", "a number 1 to 65535")
                }),
                _ => {}
            }
        }
        // Beside a port that is an error itself, nothing can be said of its end.
        if let Some((n, span, path)) = end.filter(|_| self.errors() == before) {
            match (&port, u16::try_from(n)) {
                (PortValue::Range(low, _), Ok(high)) if high >= *low => port = PortValue::Range(*low, high),
                (PortValue::Range(low, _), Ok(high)) if high > 0 => {
                    self.error(Problem::EndPortBelowPort, span, path, |d| d.with("found", high).with("port", low));
                }
                (PortValue::Range(..), _) => self.error(Problem::InvalidPortNumber, span, path, |d| d.with("found", n)),
                _ => self.error(Problem::EndPortWithoutPort, span, path, |d| d.with("found", n)),
            }
        }
        Some(PolicyPort { protocol, protocol_given, port })
    }
}
