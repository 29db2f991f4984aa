//! In which address families a connection is possible: one rule, for every question.
//!
//! A pod or node has the families of its addresses; without an address, those that the input shows
//! anywhere (semantics A6, "Dual stack": per family). Where the input shows no address at all,
//! nothing says which families there are. An address outside is then judged in its own family,
//! whichever that is, for what was not given is not guessed; among pods and nodes a connection is
//! judged in IPv4.

use super::{Engine, Party};
use crate::set::{AddressSet, Family};
use std::net::IpAddr;

impl Engine {
    /// Whether neither the input nor the profile says which families pods have.
    pub(crate) fn families_open(&self) -> bool {
        !self.cluster.space.families_known && !self.profile.ipv4_only
    }

    /// The families in which a party is reached by pods and nodes.
    pub(crate) fn families(&self, party: Party) -> Vec<Family> {
        let known: &[IpAddr] = match party {
            Party::Endpoint(id) => &self.cluster.endpoint(id).addresses,
            Party::Node(id) => &self.cluster.node(id).addresses,
            Party::SomeNode => &[],
            Party::Address(ip) => return vec![Family::of(ip)],
        };
        if known.is_empty() {
            return self.cluster.space.families.clone();
        }
        Family::ALL.into_iter().filter(|f| known.iter().any(|ip| Family::of(*ip) == *f)).collect()
    }

    /// The families in which a party may have to do with addresses outside.
    pub(crate) fn outside_families(&self, party: Party) -> Vec<Family> {
        if self.families_open() { Family::ALL.to_vec() } else { self.families(party) }
    }

    /// The families in which a connection between two parties is possible.
    pub(crate) fn common_families(&self, a: Party, b: Party) -> Vec<Family> {
        let outside = [a, b].iter().any(|p| matches!(p, Party::Address(_)));
        let of = |party| {
            if outside && !matches!(party, Party::Address(_)) {
                self.outside_families(party)
            } else {
                self.families(party)
            }
        };
        let others = of(b);
        of(a).into_iter().filter(|f| others.contains(f)).collect()
    }

    /// Every address outside, in the families that a pod or node may have.
    pub(crate) fn world(&self) -> AddressSet {
        let families = if self.families_open() { &Family::ALL[..] } else { &self.cluster.space.families };
        self.cluster.outside().intersection(&AddressSet::families(families.iter().copied()))
    }
}
