//! The ports of a rule, as a sentence names them.

use crate::diagnostic::Params;
use crate::manifest::{AdminPort, PolicyPort, PortValue, Spanned};
use crate::set::{Protocol, TrafficSet};
use crate::sorted::{Arrange, SortedMap};

/// The ports of a rule of a NetworkPolicy.
pub(super) fn of_rule(ports: &[Spanned<PolicyPort>]) -> Params {
    let mut said = Ports::default();
    for port in ports {
        let protocol = port.value.protocol;
        match &port.value.port {
            PortValue::Any => said.numbers(protocol, 1, u16::MAX),
            PortValue::Range(low, high) => said.numbers(protocol, *low, *high),
            PortValue::Named(name) => said.named.entry(protocol.name()).or_default().push(name.clone()),
        }
    }
    said.params()
}

/// The ports of a rule of an administrator's policy. A name there is one of any protocol.
pub(super) fn of_admin_rule(ports: &[Spanned<AdminPort>]) -> Params {
    let mut said = Ports::default();
    for port in ports {
        match &port.value {
            AdminPort::Range(protocol, low, high) => said.numbers(*protocol, *low, *high),
            AdminPort::Named(name) => said.named.entry("").or_default().push(name.clone()),
        }
    }
    said.params()
}

#[derive(Default)]
struct Ports {
    numbers: TrafficSet,
    /// Names by protocol; those of any protocol by the empty name.
    named: SortedMap<&'static str, Vec<String>>,
}

impl Ports {
    fn numbers(&mut self, protocol: Protocol, low: u16, high: u16) {
        self.numbers = self.numbers.union(&TrafficSet::range(protocol, low, high));
    }

    /// `ports` are those that are named one by one, `every` the protocols of which every port is meant;
    /// `and` is there if both are. `all` says that there are no ports to name.
    fn params(mut self) -> Params {
        let mut every: Vec<&'static str> = Vec::new();
        let mut listed: SortedMap<&'static str, Vec<String>> = SortedMap::new();
        for (protocol, low, high) in self.numbers.ranges() {
            let of = protocol.name();
            match (low, high) {
                (1, u16::MAX) => every.push(of),
                (low, high) if low == high => listed.entry(of).or_default().push(low.to_string()),
                (low, high) => listed.entry(of).or_default().push(format!("{low}–{high}")),
            }
        }
        // A name adds nothing to every port of its protocol.
        self.named.retain(|protocol, _| !every.contains(protocol));
        for (protocol, mut names) in self.named {
            names.arrange();
            names.dedup();
            listed.entry(protocol).or_default().append(&mut names);
        }
        let one = |(protocol, ports): (&&str, &Vec<String>)| {
            format!("{protocol} {}", ports.join(", ")).trim_start().to_owned()
        };
        let listed: Vec<String> = listed.iter().map(one).collect();
        let mut params = Params::new();
        match (listed.is_empty(), every.is_empty()) {
            (true, true) => _ = params.insert("all", String::new()),
            (false, false) => _ = params.insert("and", String::new()),
            _ => {}
        }
        if !listed.is_empty() {
            params.insert("ports", listed.join(", "));
        }
        if !every.is_empty() {
            params.insert("every", every.join(", "));
        }
        params
    }
}
