//! Addresses with a meaning of their own: what the clouds hand settings and credentials out from.

use crate::set::{AddressSet, Family, Protocol, TrafficSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address that a cloud gives a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WellKnown {
    pub(crate) address: IpAddr,
    /// Whose it is, in its own name.
    pub(crate) provider: &'static str,
}

/// The metadata and credential services that answer on TCP 80.
///
/// Sources: the instance metadata pages of AWS, Azure, Google Cloud and Alibaba Cloud; "What is IP
/// address 168.63.129.16" (Azure); "Task IAM role" (ECS); "EKS Pod Identity Agent" (EKS).
pub(crate) const METADATA: [WellKnown; 7] = [
    v4([169, 254, 169, 254], "AWS, Azure, Google Cloud"),
    v4([169, 254, 170, 2], "AWS ECS"),
    v4([169, 254, 170, 23], "AWS EKS Pod Identity"),
    v4([100, 100, 100, 200], "Alibaba Cloud"),
    v4([168, 63, 129, 16], "Azure WireServer"),
    v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], "AWS"),
    v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23], "AWS EKS Pod Identity"),
];

/// Where NodeLocal DNSCache listens on every node, unless it is set up otherwise.
pub(crate) const NODE_LOCAL_DNS: IpAddr = IpAddr::V4(Ipv4Addr::new(169, 254, 20, 10));

const fn v4(o: [u8; 4], provider: &'static str) -> WellKnown {
    WellKnown { address: IpAddr::V4(Ipv4Addr::new(o[0], o[1], o[2], o[3])), provider }
}

const fn v6(s: [u16; 8], provider: &'static str) -> WellKnown {
    WellKnown { address: IpAddr::V6(Ipv6Addr::new(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7])), provider }
}

/// The port that the metadata services answer on.
pub(crate) fn metadata_port() -> TrafficSet {
    TrafficSet::port(Protocol::Tcp, 80)
}

/// The ports that resolvers answer on.
pub(crate) fn dns_ports() -> TrafficSet {
    TrafficSet::port(Protocol::Udp, 53).union(&TrafficSet::port(Protocol::Tcp, 53))
}

/// The ports over which a tunnel is easily hidden: DNS, DNS over TLS and QUIC, HTTPS and HTTP/3.
pub(super) fn tunnel_ports() -> TrafficSet {
    let both = |port| TrafficSet::port(Protocol::Tcp, port).union(&TrafficSet::port(Protocol::Udp, port));
    dns_ports().union(&both(853)).union(&both(443))
}

/// Addresses of the internet: routable, and neither private, shared, unique local nor link-local
/// (RFC 1918, 6598, 4193, 3927). Of IPv6 what is given out so far, 2000::/3.
pub(crate) fn internet(family: Family) -> AddressSet {
    match family {
        Family::V4 => {
            let link_local = AddressSet::range([169, 254, 0, 0].into(), [169, 254, 255, 255].into());
            let own = crate::model::AddressSpace::default_pods().union(&link_local);
            crate::model::AddressSpace::routable().intersection(&AddressSet::family(family)).difference(&own)
        }
        Family::V6 => {
            let last = Ipv6Addr::new(0x3fff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff);
            AddressSet::range(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0).into(), last.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_are_those_of_the_clouds() {
        let texts: Vec<String> = METADATA.iter().map(|m| m.address.to_string()).collect();
        let expected = [
            "169.254.169.254",
            "169.254.170.2",
            "169.254.170.23",
            "100.100.100.200",
            "168.63.129.16",
            "fd00:ec2::254",
            "fd00:ec2::23",
        ];
        assert_eq!(texts, expected);
        assert_eq!(NODE_LOCAL_DNS.to_string(), "169.254.20.10");
    }

    #[test]
    fn the_internet_is_neither_private_nor_link_local() {
        for own in ["10.1.2.3", "169.254.169.254", "100.100.100.200", "192.168.0.1", "fd00:ec2::254", "fe80::1"] {
            let own: IpAddr = own.parse().unwrap();
            assert!(!internet(Family::of(own)).contains(own), "{own}");
        }
        for public in ["8.8.8.8", "168.63.129.16", "2001:4860:4860::8888"] {
            let public: IpAddr = public.parse().unwrap();
            assert!(internet(Family::of(public)).contains(public), "{public}");
        }
    }
}
