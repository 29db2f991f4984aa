//! What a flow carries: an IP protocol and a port (or an ICMP type and code).

use super::IntervalSet;
use crate::sorted::SortedMap;
use serde::Serialize;
use std::fmt;

/// An IP protocol that policies tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub enum Protocol {
    /// TCP, with destination ports 1–65535.
    #[serde(rename = "TCP")]
    Tcp,
    /// UDP, with destination ports 1–65535.
    #[serde(rename = "UDP")]
    Udp,
    /// SCTP, with destination ports 1–65535.
    #[serde(rename = "SCTP")]
    Sctp,
    /// ICMP of either family: the number is type × 256 + code.
    #[serde(rename = "ICMP")]
    Icmp = 4,
}

impl Protocol {
    /// All protocols, in the order of output.
    pub const ALL: [Self; 4] = [Self::Tcp, Self::Udp, Self::Sctp, Self::Icmp];
    /// The protocols that have ports.
    pub const WITH_PORTS: [Self; 3] = [Self::Tcp, Self::Udp, Self::Sctp];

    /// The name as Kubernetes writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
            Self::Icmp => "ICMP",
        }
    }

    /// The protocol of that exact name, as the Kubernetes API spells it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.name() == name)
    }

    /// The numbers this protocol has: ports 1–65535, ICMP 0–65535.
    const fn bounds(self) -> (u32, u32) {
        let base = (self as u32) << 16;
        match self {
            Self::Icmp => (base, base | 0xffff),
            _ => (base | 1, base | 0xffff),
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of (protocol, port) pairs.
///
/// One interval set over protocol × 2¹⁶ + port. Port 0 belongs to no set and ICMP keeps a distance,
/// so intervals of two protocols never touch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrafficSet(IntervalSet<u32>);

impl TrafficSet {
    /// Nothing.
    pub const fn empty() -> Self {
        Self(IntervalSet::empty())
    }

    /// Every number of every protocol, ICMP included.
    pub fn all() -> Self {
        Self::of_protocols(Protocol::ALL)
    }

    /// Every port of TCP, UDP and SCTP.
    pub fn all_ports() -> Self {
        Self::of_protocols(Protocol::WITH_PORTS)
    }

    /// Every number of one protocol.
    pub fn protocol(protocol: Protocol) -> Self {
        Self::of_protocols([protocol])
    }

    fn of_protocols(protocols: impl IntoIterator<Item = Protocol>) -> Self {
        Self(IntervalSet::from_intervals(protocols.into_iter().map(Protocol::bounds)))
    }

    /// One port. Port 0 gives the empty set.
    pub fn port(protocol: Protocol, port: u16) -> Self {
        Self::range(protocol, port, port)
    }

    /// The ports `low` to `high`, both included.
    pub fn range(protocol: Protocol, low: u16, high: u16) -> Self {
        let base = (protocol as u32) << 16;
        let (first, _) = protocol.bounds();
        Self(IntervalSet::range((base | u32::from(low)).max(first), base | u32::from(high)))
    }

    /// Whether nothing is in the set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the set holds this protocol and port.
    pub fn contains(&self, protocol: Protocol, port: u16) -> bool {
        self.0.contains((protocol as u32) << 16 | u32::from(port))
    }

    /// In either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0))
    }

    /// In both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0))
    }

    /// In this set and not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0))
    }

    /// Cuts this set into the coarsest pieces that no one of `others` splits, ascending. No piece
    /// spans two protocols.
    pub fn atoms(&self, others: &[Self]) -> Vec<Self> {
        self.cut(others).into_iter().map(|(low, high)| Self(IntervalSet::range(low, high))).collect()
    }

    /// The intervals themselves: protocol × 2¹⁶ + number.
    pub(crate) fn intervals(&self) -> &[(u32, u32)] {
        self.0.intervals()
    }

    /// The set of such intervals, in ascending order.
    pub(crate) fn from_ascending(intervals: &[(u32, u32)]) -> Self {
        Self(IntervalSet::from_ascending(intervals))
    }

    /// Cuts this set at the borders of `others`: intervals that no one of them splits, ascending.
    pub(crate) fn cut<'a>(&self, others: impl IntoIterator<Item = &'a Self>) -> Vec<(u32, u32)> {
        self.0.atoms(others.into_iter().map(|o| &o.0))
    }

    /// The first protocol and port.
    pub fn first(&self) -> Option<(Protocol, u16)> {
        self.ranges().next().map(|(protocol, low, _)| (protocol, low))
    }

    /// The protocols that the set has ports of, each with its inclusive ranges.
    pub fn by_protocol(&self) -> std::collections::BTreeMap<&'static str, Vec<(u16, u16)>> {
        self.named_ranges().into_iter().collect()
    }

    fn named_ranges(&self) -> SortedMap<&'static str, Vec<(u16, u16)>> {
        let mut out = SortedMap::<_, Vec<_>>::new();
        for (protocol, low, high) in self.ranges() {
            out.entry(protocol.name()).or_default().push((low, high));
        }
        out
    }

    /// Whether some of this set is in the other.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.0.meets(&other.0)
    }

    /// Whether all of this set is in the other.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// The inclusive ranges by protocol, ascending.
    pub fn ranges(&self) -> impl Iterator<Item = (Protocol, u16, u16)> + '_ {
        self.0.intervals().iter().filter_map(|(low, high)| {
            let protocol = Protocol::ALL.into_iter().find(|p| *p as u32 == low >> 16)?;
            Some((protocol, (low & 0xffff) as u16, (high & 0xffff) as u16))
        })
    }
}

/// As `{"TCP": [[80, 80]], "UDP": [[53, 53]]}`.
impl Serialize for TrafficSet {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.named_ranges())
    }
}

impl fmt::Display for TrafficSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<(Protocol, Vec<String>)> = Vec::new();
        for (protocol, low, high) in self.ranges() {
            let whole = TrafficSet::range(protocol, low, high) == TrafficSet::protocol(protocol);
            let text = match (whole, low == high) {
                (true, _) => String::new(),
                (_, true) => low.to_string(),
                _ => format!("{low}-{high}"),
            };
            match parts.last_mut() {
                Some((last, ranges)) if *last == protocol => ranges.push(text),
                _ => parts.push((protocol, vec![text])),
            }
        }
        for (i, (protocol, ranges)) in parts.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            match ranges.join(",").as_str() {
                "" => write!(f, "{comma}{protocol}")?,
                ports => write!(f, "{comma}{protocol} {ports}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_zero_is_in_no_set() {
        assert!(TrafficSet::port(Protocol::Tcp, 0).is_empty());
        assert!(!TrafficSet::all().contains(Protocol::Udp, 0));
        assert!(TrafficSet::all().contains(Protocol::Icmp, 0));
    }

    #[test]
    fn protocols_stay_apart() {
        let all = TrafficSet::all_ports();
        let ranges: Vec<_> = all.ranges().collect();
        assert_eq!(ranges, [(Protocol::Tcp, 1, 65535), (Protocol::Udp, 1, 65535), (Protocol::Sctp, 1, 65535)]);
        assert_eq!(all.to_string(), "TCP, UDP, SCTP");
        assert_eq!(TrafficSet::all().to_string(), "TCP, UDP, SCTP, ICMP");
    }

    #[test]
    fn it_prints_ports_by_protocol() {
        let s = TrafficSet::range(Protocol::Tcp, 8000, 8100)
            .union(&TrafficSet::port(Protocol::Tcp, 80))
            .union(&TrafficSet::port(Protocol::Udp, 53));
        assert_eq!(s.to_string(), "TCP 80,8000-8100, UDP 53");
    }
}
