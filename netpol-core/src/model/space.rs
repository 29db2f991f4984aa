//! Which addresses are the cluster's, and which are outside.

use crate::set::{AddressSet, Family};
use ipnet::IpNet;

/// What is known about addresses.
#[derive(Clone, Debug, Default)]
pub(crate) struct AddressSpace {
    /// Where a pod's address is when it is not known.
    pub(crate) pods: AddressSet,
    /// Whether `pods` was given (by option or by Nodes), and is not the private ranges by default.
    pub(crate) pods_known: bool,
    /// The families that pods have; IPv4 alone when the input shows none.
    pub(crate) families: Vec<Family>,
    /// Whether the input shows any address at all.
    pub(crate) families_known: bool,
    /// Where the address of a node is that is not in the input.
    pub(crate) nodes: AddressSet,
    /// Where pods are known to get theirs; empty when nothing says so.
    pub(crate) known_pods: AddressSet,
    /// The addresses of Services, and where they get theirs if that was given.
    pub(crate) services: AddressSet,
    /// Every address outside of the cluster.
    pub(crate) outside: AddressSet,
}

fn nets(cidrs: &[&str]) -> AddressSet {
    AddressSet::nets(cidrs.iter().filter_map(|c| c.parse::<IpNet>().ok()))
}

impl AddressSpace {
    /// The ranges that pods take theirs from when nothing is given: RFC 1918, RFC 6598 and unique
    /// local IPv6 (RFC 4193); never link-local, multicast or loopback.
    pub(crate) fn default_pods() -> AddressSet {
        nets(&["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"])
    }

    /// Addresses that a packet can be sent to on another machine: not "this network", loopback,
    /// multicast or reserved; of IPv6 not link-local either, which never leaves its link.
    pub(crate) fn routable() -> AddressSet {
        let none = ["0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3", "::/127", "ff00::/8", "fe80::/10", "::ffff:0:0/96"];
        AddressSet::family(Family::V4).union(&AddressSet::family(Family::V6)).difference(&nets(&none))
    }

    /// Where nodes may have their addresses: anything routable but link-local.
    pub(crate) fn default_nodes() -> AddressSet {
        Self::routable().difference(&nets(&["169.254.0.0/16"]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metadata_address_is_outside_and_never_a_pods() {
        let metadata = "169.254.169.254".parse().unwrap();
        assert!(AddressSpace::routable().contains(metadata));
        assert!(!AddressSpace::default_pods().contains(metadata));
        assert!(!AddressSpace::default_nodes().contains(metadata));
        for none in ["127.0.0.1", "224.0.0.1", "255.255.255.255", "::1", "ff02::1", "fe80::1"] {
            assert!(!AddressSpace::routable().contains(none.parse().unwrap()), "{none}");
        }
    }
}
