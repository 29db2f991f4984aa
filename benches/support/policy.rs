//! A NetworkPolicy.

use super::selector::Selector;
use super::value::{Value, map};
use std::borrow::Cow;

/// One of a rule's `ports`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Port {
    /// A TCP port.
    Tcp(u16),
    /// A UDP port.
    Udp(u16),
    /// A TCP port by the name that containers give it.
    Named(&'static str),
    /// TCP ports, from the first to the last.
    Range(u16, u16),
}

impl Port {
    fn value(self) -> Value {
        match self {
            Self::Tcp(port) => map([("port", port.into()), ("protocol", "TCP".into())]),
            Self::Udp(port) => map([("port", port.into()), ("protocol", "UDP".into())]),
            Self::Named(name) => map([("port", name.into()), ("protocol", "TCP".into())]),
            Self::Range(first, last) => {
                map([("endPort", last.into()), ("port", first.into()), ("protocol", "TCP".into())])
            }
        }
    }
}

/// One of a rule's `from` or `to`.
#[derive(Clone, Debug)]
pub(crate) enum Peer {
    /// Pods of the policy's own namespace.
    Pods(Selector),
    /// Pods of the namespaces that the first selects; all of them, or those that the second selects.
    Namespaces(Selector, Option<Selector>),
    /// Addresses, and those left out of them.
    Block(String, Option<String>),
}

impl Peer {
    fn value(&self) -> Value {
        match self {
            Self::Pods(pods) => map([("podSelector", pods.value())]),
            Self::Namespaces(namespaces, None) => map([("namespaceSelector", namespaces.value())]),
            Self::Namespaces(namespaces, Some(pods)) => {
                map([("namespaceSelector", namespaces.value()), ("podSelector", pods.value())])
            }
            Self::Block(cidr, None) => map([("ipBlock", map([("cidr", cidr.clone().into())]))]),
            Self::Block(cidr, Some(except)) => {
                let except = Value::List(vec![except.clone().into()]);
                map([("ipBlock", map([("cidr", cidr.clone().into()), ("except", except)]))])
            }
        }
    }
}

/// A rule of one direction; no peers are all peers, and no ports all ports.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rule {
    /// `from` or `to`.
    pub(crate) peers: Vec<Peer>,
    /// `ports`.
    pub(crate) ports: Vec<Port>,
}

impl Rule {
    /// A rule of these peers and ports.
    pub(crate) fn new(peers: impl Into<Vec<Peer>>, ports: impl Into<Vec<Port>>) -> Self {
        Self { peers: peers.into(), ports: ports.into() }
    }

    fn value(&self, peers: &'static str) -> Value {
        let mut entries: Vec<(Cow<'static, str>, Value)> = Vec::new();
        if !self.peers.is_empty() {
            entries.push((peers.into(), self.peers.iter().map(Peer::value).collect()));
        }
        if !self.ports.is_empty() {
            entries.push(("ports".into(), self.ports.iter().map(|p| p.value()).collect()));
        }
        entries.into_iter().collect()
    }
}

/// A policy. A direction that is `None` is not among its `policyTypes`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy {
    /// Its name.
    pub(crate) name: String,
    /// Its namespace.
    pub(crate) namespace: String,
    /// The pods that it selects.
    pub(crate) subject: Selector,
    /// What may come in.
    pub(crate) ingress: Option<Vec<Rule>>,
    /// What may go out.
    pub(crate) egress: Option<Vec<Rule>>,
}

impl Policy {
    /// The rules of both directions.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.ingress.iter().chain(&self.egress).flatten()
    }

    /// As kubectl prints it, or as somebody would write it.
    pub(crate) fn value(&self, slim: bool) -> Value {
        let Self { name, namespace, .. } = self;
        let mut metadata: Vec<(Cow<'static, str>, Value)> = vec![
            ("name".into(), name.clone().into()),
            ("namespace".into(), namespace.clone().into()),
            ("uid".into(), format!("policy-{namespace}-{name}").into()),
        ];
        if !slim {
            metadata.push(("creationTimestamp".into(), super::objects::TIME.into()));
            metadata.push(("generation".into(), 1_usize.into()));
            metadata.push(("resourceVersion".into(), "4711".into()));
        }
        let mut spec: Vec<(Cow<'static, str>, Value)> = vec![("podSelector".into(), self.subject.value())];
        let mut types = Vec::new();
        let directions = [("Ingress", "ingress", "from", &self.ingress), ("Egress", "egress", "to", &self.egress)];
        for (name, field, peers, rules) in directions {
            let Some(rules) = rules else { continue };
            types.push(Value::from(name));
            if !rules.is_empty() {
                spec.push((field.into(), rules.iter().map(|r| r.value(peers)).collect()));
            }
        }
        spec.push(("policyTypes".into(), Value::List(types)));
        map([
            ("apiVersion", "networking.k8s.io/v1".into()),
            ("kind", "NetworkPolicy".into()),
            ("metadata", metadata.into_iter().collect()),
            ("spec", spec.into_iter().collect()),
        ])
    }
}
