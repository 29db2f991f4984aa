//! How much of the internet is open, and on which ports.

use super::metadata::{internet, tunnel_ports};
use super::units::Outside;
use crate::set::{AddressSet, Family, TrafficSet};
use std::net::IpAddr;

/// How much of the internet something is open to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Share {
    /// More than half of the addresses of a family.
    Most,
    /// Every address of a family.
    Whole,
}

/// The internet, as far as it is asked about.
pub(crate) struct Internet {
    /// By family: the addresses, and how many they are.
    public: Vec<(AddressSet, u128)>,
}

impl Internet {
    pub(super) fn new(space: &AddressSet) -> Self {
        let public = Family::ALL.into_iter().map(|f| internet(f).intersection(space));
        let public = public.map(|set| (size(&set), set)).filter(|(size, _)| *size > 0);
        Self { public: public.map(|(size, set)| (set, size)).collect() }
    }

    /// The ports, of those asked for, that surely pass to the internet; the greater share first,
    /// each port once. The addresses of `outside` are disjoint.
    pub(crate) fn open_ports(&self, outside: &[Outside], asked: &TrafficSet) -> Vec<(Share, TrafficSet)> {
        // Sets that are disjoint are as large together as the sum of their sizes.
        let sizes = |o: &Outside| -> Vec<u128> {
            self.public.iter().map(|(public, _)| size(&public.intersection(&o.addresses))).collect()
        };
        let open: Vec<(&TrafficSet, Vec<u128>)> = outside.iter().map(|o| (&o.allow, sizes(o))).collect();
        let open: Vec<_> = open.into_iter().filter(|(_, sizes)| sizes.iter().any(|size| *size > 0)).collect();
        let sets: Vec<TrafficSet> = open.iter().map(|(allow, _)| (*allow).clone()).collect();
        let (mut whole, mut most) = (Vec::new(), Vec::new());
        for atom in asked.atoms(&sets) {
            let passing = || open.iter().filter(|(allow, _)| atom.is_subset(allow));
            let share = (0..self.public.len()).filter_map(|family| {
                let all = self.public.get(family)?.1;
                match passing().filter_map(|(_, sizes)| sizes.get(family)).sum::<u128>() {
                    sum if sum == all => Some(Share::Whole),
                    sum if sum > all / 2 => Some(Share::Most),
                    _ => None,
                }
            });
            match share.max() {
                Some(Share::Whole) => whole.push(atom),
                Some(Share::Most) => most.push(atom),
                None => {}
            }
        }
        let join = |atoms: Vec<TrafficSet>| atoms.iter().fold(TrafficSet::empty(), |all, atom| all.union(atom));
        let shares = [(Share::Whole, join(whole)), (Share::Most, join(most))];
        shares.into_iter().filter(|(_, ports)| !ports.is_empty()).collect()
    }

    /// The ports on which a tunnel to the internet can hide.
    pub(crate) fn tunnels(&self, outside: &[Outside]) -> Vec<(Share, TrafficSet)> {
        self.open_ports(outside, &tunnel_ports())
    }
}

/// Whether everything may pass to, or from, all of these addresses.
pub(super) fn is_open(outside: &[Outside], addresses: &AddressSet, all: &TrafficSet) -> bool {
    matches!(outside, [one] if one.allow == *all && one.addresses == *addresses)
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
        let internet = Internet::new(&crate::model::AddressSpace::routable());
        let of = |cidrs: &[&str]| {
            let found = internet.tunnels(&[outside(cidrs, &TrafficSet::port(crate::set::Protocol::Tcp, 443))]);
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
        let internet = Internet::new(&crate::model::AddressSpace::routable());
        let dns = TrafficSet::port(crate::set::Protocol::Udp, 53);
        let halves = [outside(&["0.0.0.0/1"], &dns), outside(&["128.0.0.0/1"], &TrafficSet::all_ports())];
        assert_eq!(internet.tunnels(&halves)[0], (Share::Whole, dns));
    }
}
