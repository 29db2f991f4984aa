//! Sets of IPv4 and IPv6 addresses.

use super::IntervalSet;
use ipnet::{IpNet, Ipv4Net, Ipv4Subnets, Ipv6Net, Ipv6Subnets};
use serde::Serialize;
use std::net::IpAddr;

/// An address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub enum Family {
    /// IPv4.
    #[serde(rename = "IPv4")]
    V4,
    /// IPv6.
    #[serde(rename = "IPv6")]
    V6,
}

impl Family {
    /// Both families, in the order of output.
    pub const ALL: [Self; 2] = [Self::V4, Self::V6];

    /// The family of an address.
    pub const fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }

    /// `IPv4` or `IPv6`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        }
    }
}

/// A set of addresses, each family apart: a block of one family never covers the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AddressSet {
    v4: IntervalSet<u32>,
    v6: IntervalSet<u128>,
}

impl AddressSet {
    /// No address.
    pub const fn empty() -> Self {
        Self { v4: IntervalSet::empty(), v6: IntervalSet::empty() }
    }

    /// Every address of one family.
    pub fn family(family: Family) -> Self {
        match family {
            Family::V4 => Self { v4: IntervalSet::full(), v6: IntervalSet::empty() },
            Family::V6 => Self { v4: IntervalSet::empty(), v6: IntervalSet::full() },
        }
    }

    /// One address.
    pub fn address(address: IpAddr) -> Self {
        Self::range(address, address)
    }

    /// The addresses of a CIDR block; host bits are masked.
    pub fn net(net: IpNet) -> Self {
        Self::range(net.network(), net.broadcast())
    }

    /// The union of blocks.
    pub fn nets(nets: impl IntoIterator<Item = IpNet>) -> Self {
        nets.into_iter().fold(Self::empty(), |all, net| all.union(&Self::net(net)))
    }

    /// These addresses.
    pub fn addresses(addresses: &[IpAddr]) -> Self {
        let v4 = addresses.iter().filter_map(|a| if let IpAddr::V4(a) = a { Some(u32::from(*a)) } else { None });
        let v6 = addresses.iter().filter_map(|a| if let IpAddr::V6(a) = a { Some(u128::from(*a)) } else { None });
        Self {
            v4: IntervalSet::from_intervals(v4.map(|a| (a, a))),
            v6: IntervalSet::from_intervals(v6.map(|a| (a, a))),
        }
    }

    /// The union of inclusive ranges; each within one family.
    pub fn from_ranges(ranges: &[(IpAddr, IpAddr)]) -> Self {
        let v4 =
            ranges.iter().filter_map(|r| if let (IpAddr::V4(a), IpAddr::V4(b)) = r { Some((*a, *b)) } else { None });
        let v6 =
            ranges.iter().filter_map(|r| if let (IpAddr::V6(a), IpAddr::V6(b)) = r { Some((*a, *b)) } else { None });
        Self {
            v4: IntervalSet::from_intervals(v4.map(|(a, b)| (u32::from(a), u32::from(b)))),
            v6: IntervalSet::from_intervals(v6.map(|(a, b)| (u128::from(a), u128::from(b)))),
        }
    }

    /// The addresses of each family.
    pub(crate) fn of(v4: IntervalSet<u32>, v6: IntervalSet<u128>) -> Self {
        Self { v4, v6 }
    }

    /// In any of the sets.
    pub(crate) fn union_of(sets: Vec<&Self>) -> Self {
        Self {
            v4: IntervalSet::from_intervals(sets.iter().flat_map(|s| s.v4.intervals().iter().copied())),
            v6: IntervalSet::from_intervals(sets.iter().flat_map(|s| s.v6.intervals().iter().copied())),
        }
    }

    /// The addresses from `low` to `high`, both included; empty when they differ in family.
    pub fn range(low: IpAddr, high: IpAddr) -> Self {
        match (low, high) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                Self { v4: IntervalSet::range(u32::from(a), u32::from(b)), v6: IntervalSet::empty() }
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => {
                Self { v4: IntervalSet::empty(), v6: IntervalSet::range(u128::from(a), u128::from(b)) }
            }
            _ => Self::empty(),
        }
    }

    /// The IPv4 part.
    pub(crate) fn v4(&self) -> &IntervalSet<u32> {
        &self.v4
    }

    /// The IPv6 part.
    pub(crate) fn v6(&self) -> &IntervalSet<u128> {
        &self.v6
    }

    /// Every address of both families.
    pub fn all() -> Self {
        Self { v4: IntervalSet::full(), v6: IntervalSet::full() }
    }

    /// Every address of these families.
    pub fn families(of: impl IntoIterator<Item = Family>) -> Self {
        of.into_iter().fold(Self::empty(), |all, family| all.union(&Self::family(family)))
    }

    /// Whether no address is in the set.
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// Whether the set holds an address of that family.
    pub fn has_family(&self, family: Family) -> bool {
        match family {
            Family::V4 => !self.v4.is_empty(),
            Family::V6 => !self.v6.is_empty(),
        }
    }

    /// Whether the address is in the set.
    pub fn contains(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(a) => self.v4.contains(u32::from(a)),
            IpAddr::V6(a) => self.v6.contains(u128::from(a)),
        }
    }

    /// In either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self { v4: self.v4.union(&other.v4), v6: self.v6.union(&other.v6) }
    }

    /// In both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self { v4: self.v4.intersection(&other.v4), v6: self.v6.intersection(&other.v6) }
    }

    /// In this set and not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self { v4: self.v4.difference(&other.v4), v6: self.v6.difference(&other.v6) }
    }

    /// Whether some address is in both sets.
    pub fn meets(&self, other: &Self) -> bool {
        self.v4.meets(&other.v4) || self.v6.meets(&other.v6)
    }

    /// Whether all of this set is in the other.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.v4.is_subset(&other.v4) && self.v6.is_subset(&other.v6)
    }

    /// Cuts this set at the borders of `others`: ranges that no one of them splits.
    pub fn atoms(&self, others: &[&Self]) -> Vec<(IpAddr, IpAddr)> {
        let v4 = self.v4.atoms(others.iter().map(|o| &o.v4)).into_iter();
        let v6 = self.v6.atoms(others.iter().map(|o| &o.v6)).into_iter();
        v4.map(|(a, b)| (IpAddr::V4(a.into()), IpAddr::V4(b.into())))
            .chain(v6.map(|(a, b)| (IpAddr::V6(a.into()), IpAddr::V6(b.into()))))
            .collect()
    }

    /// The inclusive ranges, IPv4 first, ascending.
    pub fn ranges(&self) -> Vec<(IpAddr, IpAddr)> {
        self.atoms(&[])
    }

    /// The shortest list of CIDR blocks that covers exactly this set, ascending, IPv4 first.
    pub fn cidrs(&self) -> Vec<IpNet> {
        self.ranges()
            .into_iter()
            .flat_map(|range| -> Vec<IpNet> {
                match range {
                    (IpAddr::V4(a), IpAddr::V4(b)) => Ipv4Subnets::new(a, b, 0).map(IpNet::from).collect(),
                    (IpAddr::V6(a), IpAddr::V6(b)) => Ipv6Subnets::new(a, b, 0).map(IpNet::from).collect(),
                    _ => Vec::new(),
                }
            })
            .collect()
    }
}

impl From<Ipv4Net> for AddressSet {
    fn from(net: Ipv4Net) -> Self {
        Self::net(net.into())
    }
}

impl From<Ipv6Net> for AddressSet {
    fn from(net: Ipv6Net) -> Self {
        Self::net(net.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(s: &str) -> AddressSet {
        AddressSet::net(s.parse().unwrap())
    }

    #[test]
    fn families_never_cover_each_other() {
        let v4 = net("0.0.0.0/0");
        assert!(!v4.contains("::ffff:10.0.0.1".parse().unwrap()));
        assert!(!v4.contains("fd00::1".parse().unwrap()));
        assert!(v4.union(&net("::/0")).contains("fd00::1".parse().unwrap()));
    }

    #[test]
    fn two_halves_are_the_whole() {
        assert_eq!(net("10.0.0.0/9").union(&net("10.128.0.0/9")), net("10.0.0.0/8"));
    }

    #[test]
    fn cidrs_are_the_shortest_exact_cover() {
        let holed = net("10.0.0.0/30").difference(&net("10.0.0.1/32"));
        let text: Vec<String> = holed.cidrs().iter().map(ToString::to_string).collect();
        assert_eq!(text, ["10.0.0.0/32", "10.0.0.2/31"]);
        assert_eq!(net("::/0").cidrs().len(), 1);
    }
}
