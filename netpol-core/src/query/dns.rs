//! Which resolvers somebody can ask, and whether names will resolve at all.

use super::answer::{Note, Verdict};
use super::direction::verdict_of;
use super::egress::verdict_at;
use super::metadata::{NODE_LOCAL_DNS, dns_ports};
use super::survey::{Opening, Survey, on_ports};
use super::units::{Link, Outside, Unit};
use crate::diagnostic::Params;
use crate::engine::Planes;
use crate::explain::Code;
use crate::set::{Family, Protocol, TrafficSet};
use crate::sorted::Arrange;
use serde::Serialize;

/// Which resolvers can be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DnsReach {
    /// Whether the cluster's DNS answers: allow when one of its pods can be asked over UDP or TCP.
    pub verdict: Verdict,
    /// Over UDP, of its pods the best.
    pub udp: Verdict,
    /// Over TCP, likewise. Long answers need it.
    pub tcp: Verdict,
    /// The pods of the cluster's DNS, with the ports on which they can be asked. One that is not
    /// in the input is of the type `hypothetical`.
    pub resolvers: Vec<Opening>,
    /// NodeLocal DNSCache at its usual address, 169.254.20.10, over UDP or TCP; none for pods
    /// without IPv4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_local: Option<Verdict>,
    /// Addresses outside that can be asked on port 53.
    pub outside: Vec<Opening>,
}

/// The best of several verdicts on ways that serve equally.
pub(super) fn best(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    let all: Vec<Verdict> = verdicts.collect();
    match () {
        () if all.contains(&Verdict::Allow) => Verdict::Allow,
        () if all.iter().all(|v| *v == Verdict::Deny) => Verdict::Deny,
        () => Verdict::Undefined,
    }
}

impl Survey<'_> {
    /// Whether the cluster's DNS can be asked over UDP and TCP; `each` is told what every resolver
    /// comes to.
    pub(crate) fn ask_dns(&mut self, unit: &Unit, mut each: impl FnMut(&Unit, Link, Planes)) -> (Verdict, Verdict) {
        let engine = self.engine;
        let (mut udp, mut tcp) = (Vec::new(), Vec::new());
        for (resolver, asked) in self.resolvers.clone().iter() {
            let links = engine.links(&mut self.dns, unit, resolver);
            if links.is_empty() && unit.members == resolver.members {
                // A pod asks itself, and that is never blocked.
                udp.push(Verdict::Allow);
                tcp.push(Verdict::Allow);
                continue;
            }
            for link in links {
                let planes = self.dns.get(link.planes).within(asked);
                for (protocol, verdicts) in [(Protocol::Udp, &mut udp), (Protocol::Tcp, &mut tcp)] {
                    let asked = asked.intersection(&TrafficSet::protocol(protocol));
                    let cut = [planes.must.clone(), planes.may.clone()];
                    let atoms = asked.atoms(&cut);
                    if !atoms.is_empty() {
                        verdicts.push(best(atoms.iter().map(|a| verdict_of(&planes, a))));
                    }
                }
                each(resolver, link, planes);
            }
        }
        (best(udp.into_iter()), best(tcp.into_iter()))
    }

    /// What a unit's policies, and those of the resolvers, make of name resolution.
    pub(crate) fn dns(&mut self, unit: &Unit, outside: &[Outside]) -> DnsReach {
        let engine = self.engine;
        let mut found = Vec::new();
        let (udp, tcp) = self.ask_dns(unit, |resolver, link, planes| {
            found.push(Opening {
                to: engine.workload_peer(resolver.workload, &resolver.members),
                relation: link.relation,
                families: link.families,
                undefined: planes.may.difference(&planes.must),
                allow: planes.must,
            });
        });
        found.arrange();
        found.dedup();
        let local = engine.outside_families(unit.party).contains(&Family::V4) && self.space.contains(NODE_LOCAL_DNS);
        let local = local.then(|| {
            let at = |protocol| verdict_at(outside, NODE_LOCAL_DNS, &TrafficSet::port(protocol, 53));
            best([at(Protocol::Udp), at(Protocol::Tcp)].into_iter())
        });
        DnsReach {
            verdict: best([udp, tcp].into_iter()),
            udp,
            tcp,
            resolvers: found,
            node_local: local,
            outside: self.openings(&on_ports(outside, &dns_ports())),
        }
    }
}

impl DnsReach {
    /// Whether any name will resolve, by whichever resolver; NodeLocal DNSCache is one outside.
    pub(crate) fn any(&self) -> Verdict {
        let outside = self.outside.iter().map(|o| if o.allow.is_empty() { Verdict::Undefined } else { Verdict::Allow });
        best([self.verdict].into_iter().chain(outside))
    }

    /// What to look at.
    pub(super) fn findings(&self) -> Option<Note> {
        let note = |code| Some(Note { code, params: Params::new() });
        match (self.verdict, self.any()) {
            (_, Verdict::Deny) => note(Code::NamesWillNotResolve),
            (Verdict::Deny, Verdict::Allow) => note(Code::OtherDnsOnly),
            (Verdict::Allow, _) if self.udp != Verdict::Allow || self.tcp != Verdict::Allow => {
                let protocol = if self.udp == Verdict::Allow { Protocol::Udp } else { Protocol::Tcp };
                Some(Note { code: Code::DnsOneProtocol, params: Params::from([("protocol", protocol.to_string())]) })
            }
            (Verdict::Allow, _) => None,
            _ => note(Code::NamesMayNotResolve),
        }
    }
}
