//! The ports of a rule, as a sentence names them.

use crate::diagnostic::Params;
use crate::manifest::{AdminPort, PolicyPort, PortValue, Spanned};
use crate::set::{Protocol, TrafficSet};
use crate::sorted::{Arrange, SortedMap};

/// The ports of a rule of a NetworkPolicy.
pub(super) fn of_rule(ports: &[Spanned<PolicyPort>]) -> Params {
    let mut said = Ports::default();
    ports.iter().for_each(|port| said.add(&port.value));
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

/// The ports that two rules surely have in common, as the first has them: no text if that is all of the first's,
/// none if there are no such ports. What a port name means hangs on the pod.
pub(super) fn common(one: &[Spanned<PolicyPort>], other: &[Spanned<PolicyPort>]) -> Option<String> {
    let (mut one, other) = (Ports::of(one), Ports::of(other));
    let all = one.clone();
    one.numbers = one.numbers.intersection(&other.numbers);
    let named = std::mem::take(&mut one.named).into_iter().map(|(protocol, mut names)| {
        let is_it = |of: &Protocol| of.name() == protocol;
        let whole = Protocol::ALL.into_iter().find(is_it).map(|of| TrafficSet::range(of, 1, u16::MAX));
        if !whole.is_some_and(|whole| whole.is_subset(&other.numbers)) {
            let others = other.named.get(protocol);
            names.retain(|name| others.is_some_and(|names| names.contains(name)));
        }
        (protocol, names)
    });
    one.named = named.collect();
    one.named.retain(|_, names| !names.is_empty());
    if one.numbers.is_empty() && one.named.is_empty() {
        return None;
    }
    let named =
        one.named.iter().flat_map(|(protocol, names)| names.iter().map(move |name| format!("{protocol} {name}")));
    let numbers = (!one.numbers.is_empty()).then(|| one.numbers.to_string());
    let said: Vec<String> = numbers.into_iter().chain(named).collect();
    Some(if one == all { String::new() } else { said.join(", ") })
}

#[derive(Clone, Default, PartialEq)]
struct Ports {
    numbers: TrafficSet,
    /// Names by protocol; those of any protocol by the empty name.
    named: SortedMap<&'static str, Vec<String>>,
}

impl Ports {
    /// Of a rule, every port if it lists none.
    fn of(ports: &[Spanned<PolicyPort>]) -> Self {
        let mut said = Self::default();
        for port in ports {
            said.add(&port.value);
        }
        if ports.is_empty() {
            said.numbers = TrafficSet::all_ports();
        }
        said
    }

    fn add(&mut self, port: &PolicyPort) {
        let protocol = port.protocol;
        match &port.port {
            PortValue::Any => self.numbers(protocol, 1, u16::MAX),
            PortValue::Range(low, high) => self.numbers(protocol, *low, *high),
            PortValue::Named(name) => self.named.entry(protocol.name()).or_default().push(name.clone()),
        }
    }

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
