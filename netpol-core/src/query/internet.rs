//! How much of the internet is open, and on which ports.

use super::metadata::{internet, tunnel_ports};
use super::units::Outside;
use crate::set::{AddressSet, Family, TrafficSet};
use std::net::IpAddr;

/// How much of the internet something is open to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Share {
    /// More than half of the addresses of a family.
    Most,
    /// Every address of a family.
    Whole,
}

/// The ports, of those asked for, that surely pass to the internet; the greater share first, each
/// port once.
pub(super) fn open_ports(outside: &[Outside], space: &AddressSet, asked: &TrafficSet) -> Vec<(Share, TrafficSet)> {
    let sets: Vec<TrafficSet> = outside.iter().map(|o| o.allow.clone()).collect();
    let (mut whole, mut most) = (TrafficSet::empty(), TrafficSet::empty());
    for atom in asked.atoms(&sets) {
        let addresses = outside
            .iter()
            .filter(|o| atom.is_subset(&o.allow))
            .fold(AddressSet::empty(), |all, o| all.union(&o.addresses));
        match Family::ALL.into_iter().filter_map(|f| share(&addresses, space, f)).max() {
            Some(Share::Whole) => whole = whole.union(&atom),
            Some(Share::Most) => most = most.union(&atom),
            None => {}
        }
    }
    [(Share::Whole, whole), (Share::Most, most)].into_iter().filter(|(_, ports)| !ports.is_empty()).collect()
}

/// The ports on which a tunnel to the internet can hide.
pub(super) fn tunnels(outside: &[Outside], space: &AddressSet) -> Vec<(Share, TrafficSet)> {
    open_ports(outside, space, &tunnel_ports())
}

/// Whether everything may pass to, or from, all of these addresses.
pub(super) fn is_open(outside: &[Outside], addresses: &AddressSet, all: &TrafficSet) -> bool {
    matches!(outside, [one] if one.allow == *all && one.addresses == *addresses)
}

fn share(addresses: &AddressSet, space: &AddressSet, family: Family) -> Option<Share> {
    let public = internet(family).intersection(space);
    if public.is_empty() {
        return None;
    }
    let open = public.intersection(addresses);
    match () {
        () if open == public => Some(Share::Whole),
        () if size(&open) > size(&public) / 2 => Some(Share::Most),
        () => None,
    }
}

/// How many addresses a set has; it must not be all of IPv6.
fn size(set: &AddressSet) -> u128 {
    let number = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => u128::from(u32::from(ip)),
        IpAddr::V6(ip) => u128::from(ip),
    };
    set.ranges().into_iter().fold(0, |all: u128, (low, high)| all.saturating_add(number(high) - number(low) + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outside(cidrs: &[&str], ports: &TrafficSet) -> Outside {
        let addresses = AddressSet::nets(cidrs.iter().map(|c| c.parse().unwrap()));
        Outside { addresses, allow: ports.clone(), undefined: TrafficSet::empty() }
    }

    #[test]
    fn an_exception_leaves_most_and_private_ranges_do_not_count() {
        let space = crate::model::AddressSpace::routable();
        let of = |cidrs: &[&str]| {
            let found = tunnels(&[outside(cidrs, &TrafficSet::port(crate::set::Protocol::Tcp, 443))], &space);
            found.into_iter().map(|(share, ports)| (share, ports.to_string())).collect::<Vec<_>>()
        };
        let tcp = |share| vec![(share, "TCP 443".to_owned())];
        assert_eq!(of(&["0.0.0.0/0"]), tcp(Share::Whole));
        assert_eq!(of(&["::/0"]), tcp(Share::Whole));
        assert_eq!(of(&["0.0.0.0/1", "128.0.0.0/2"]), tcp(Share::Most));
        assert_eq!(of(&["10.0.0.0/8", "192.168.0.0/16"]), []);
        assert_eq!(of(&["8.8.8.8/32"]), []);
    }

    #[test]
    fn several_rules_together_are_the_whole() {
        let space = crate::model::AddressSpace::routable();
        let dns = TrafficSet::port(crate::set::Protocol::Udp, 53);
        let halves = [outside(&["0.0.0.0/1"], &dns), outside(&["128.0.0.0/1"], &TrafficSet::all_ports())];
        assert_eq!(tunnels(&halves, &space)[0], (Share::Whole, dns));
    }
}
