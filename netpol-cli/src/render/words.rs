//! Peers, addresses and traffic in words.

use ipnet::IpNet;
use netpol_core::diagnostic::printable;
use netpol_core::lang::{Lang, Phrase};
use netpol_core::query::{Peer, PeerKind};
use netpol_core::set::{AddressSet, Family, TrafficSet};

/// So many blocks or peers of a list are named; the rest is counted (`-o json` has them all).
pub(crate) const MOST_NAMED: usize = 6;

/// The words of one answer.
pub(crate) struct Words {
    pub(crate) lang: Lang,
    /// All addresses of the answer, for what is said as "all but".
    pub(crate) asked: AddressSet,
}

impl Words {
    /// Ports, or the words for all of them.
    pub(crate) fn traffic(&self, traffic: &TrafficSet) -> String {
        if *traffic == TrafficSet::all_ports() {
            self.lang.phrase(Phrase::AnyPort).to_owned()
        } else {
            traffic.to_string()
        }
    }

    /// A list; `asked` is the name under which its addresses were asked for.
    pub(crate) fn peers(&self, peers: &[Peer], asked: &str) -> String {
        first_of(peers, |peer| self.peer(peer, asked))
    }

    /// One peer.
    pub(crate) fn peer(&self, peer: &Peer, asked: &str) -> String {
        let name = peer.name.as_deref().unwrap_or_default();
        let name = &*printable(name);
        let full = peer.namespace.as_ref().map_or_else(|| name.to_owned(), |ns| format!("{ns}/{name}"));
        match peer.kind_of {
            PeerKind::Addresses => self.blocks(peer, asked),
            PeerKind::Node => format!("node/{name}"),
            PeerKind::Nodes if peer.nodes.is_empty() => self.lang.phrase(Phrase::Nodes).to_owned(),
            PeerKind::Nodes => {
                let named = first_of(&peer.nodes, ToString::to_string);
                format!("{} ({named})", self.lang.phrase(Phrase::Nodes))
            }
            PeerKind::Service => format!("svc {full}"),
            PeerKind::Name => format!("fqdn:{name}"),
            _ => match self.some_pods(peer) {
                Some(pods) => format!("{full} ({pods})"),
                None => full,
            },
        }
    }

    /// The pods that are meant of a workload, when these are not all.
    fn some_pods(&self, peer: &Peer) -> Option<String> {
        let mut said = Vec::new();
        if !peer.pods.is_empty() {
            said.push(format!("{} {}", self.lang.phrase(Phrase::Pods), peer.pods.join(", ")));
        }
        if peer.template {
            said.push(self.lang.phrase(Phrase::TemplatePods).to_owned());
        }
        (!said.is_empty()).then(|| said.join("; "))
    }

    /// Addresses: by the name that was asked for when they are all of it, as "all but" when that
    /// is shorter, else as blocks.
    fn blocks(&self, peer: &Peer, asked: &str) -> String {
        let list = |cidrs: &[String]| first_of(cidrs, String::clone);
        if peer.cidrs.len() == 1 {
            return list(&peer.cidrs);
        }
        let set = addresses(peer);
        if set == self.asked {
            return self.whole(asked);
        }
        let texts = |set: &AddressSet| set.cidrs().iter().map(ToString::to_string).collect::<Vec<String>>();
        let mut said = Vec::new();
        for family in Family::ALL.into_iter().map(|f| (f, AddressSet::family(f))) {
            let (own, all) = (set.intersection(&family.1), self.asked.intersection(&family.1));
            let both = !all.is_empty() && all != self.asked;
            let (cidrs, rest) = (texts(&own), texts(&all.difference(&own)));
            let whole =
                || if both { format!("{} ({})", self.whole(asked), family.0.name()) } else { self.whole(asked) };
            if own.is_empty() {
                continue;
            }
            said.push(match rest.len() {
                0 => whole(),
                n if n < cidrs.len() => format!("{} {} {}", whole(), self.lang.phrase(Phrase::Except), list(&rest)),
                _ => list(&cidrs),
            });
        }
        said.join(", ")
    }

    /// What was asked for by address; "the rest of it" where part of it stands for pods or nodes.
    fn whole(&self, asked: &str) -> String {
        match asked.parse::<IpNet>() {
            Ok(net) if AddressSet::net(net) != self.asked => format!("{} {asked}", self.lang.phrase(Phrase::RestOf)),
            _ => asked.to_owned(),
        }
    }
}

/// The first of a list by their names, and how many more there are.
pub(crate) fn first_of<T>(all: &[T], name: impl Fn(&T) -> String) -> String {
    let mut named: Vec<String> = all.iter().take(MOST_NAMED).map(name).collect();
    if all.len() > MOST_NAMED {
        named.push(format!("… (+{})", all.len() - MOST_NAMED));
    }
    named.join(", ")
}

/// The addresses of a peer.
pub(crate) fn addresses(peer: &Peer) -> AddressSet {
    AddressSet::nets(peer.cidrs.iter().filter_map(|c| c.parse().ok()))
}
