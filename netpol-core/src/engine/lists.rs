//! A direction's lists, compiled: peers, ports and blocks by number, equal ones once.

use super::blocks::Blocks;
use crate::ir::{Action, Chain, Inside, NamespaceMatch, Peer, PortMatch, Ports, Rule, Subject};
use crate::profile::HostPeers;
use crate::selector::SelectorId;
use crate::set::{Protocol, TrafficSet};
use crate::symbol::Symbol;
use indexmap::IndexSet;
use std::sync::Arc;

/// Who a rule is about, without its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum PeerKey {
    Any,
    Outside,
    Pods(NamespaceMatch, SelectorId, HostPeers),
    Block(u32, Inside),
    Nodes(SelectorId),
    /// A domain name: by its number among those of the lists.
    Domain(u32),
}

/// One entry of a rule's ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum PortKey {
    Set(u32),
    Named(Protocol, Symbol),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct CompiledRule {
    pub(super) peer: u32,
    pub(super) ports: u32,
    pub(super) action: Action,
    pub(super) certain: bool,
}

#[derive(Clone, Debug)]
pub(super) struct CompiledList {
    pub(super) tier: usize,
    pub(super) track: u8,
    pub(super) rank: usize,
    /// Its place in the rank.
    pub(super) index: usize,
    /// Its policy, and which of the policy's lists it is: the same as long as the policy lives.
    pub(super) identity: (u32, u32),
    pub(super) subject: Subject,
    pub(super) rules: Arc<[CompiledRule]>,
    /// The same number for equal rules.
    pub(super) content: u32,
}

/// What is said of a tier as a whole (see [`crate::ir::Tier`]).
#[derive(Clone, Copy, Debug)]
pub(super) struct TierOf {
    pub(super) pass_to: usize,
    pub(super) judges_own_node: bool,
}

/// All lists of a direction, in the order of tiers and ranks.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists {
    pub(super) all: Vec<CompiledList>,
    pub(super) tiers: Vec<TierOf>,
    pub(super) peers: IndexSet<PeerKey, foldhash::fast::RandomState>,
    pub(super) blocks: Blocks,
    domains: IndexSet<Arc<str>, foldhash::fast::RandomState>,
    traffic: IndexSet<TrafficSet, foldhash::fast::RandomState>,
    ports: IndexSet<Box<[PortKey]>, foldhash::fast::RandomState>,
    /// By number of the ports: what they come to, unless there is a name among them.
    fixed: Vec<Option<TrafficSet>>,
}

impl Lists {
    pub(super) fn compile(chain: &Chain) -> Self {
        let mut lists = Self::default();
        let mut contents = IndexSet::<Arc<[CompiledRule]>, foldhash::fast::RandomState>::default();
        let mut of_policy = std::collections::HashMap::<u32, u32, foldhash::fast::RandomState>::default();
        for (tier, of_tier) in chain.tiers.iter().enumerate() {
            let crate::ir::Tier { pass_to, judges_own_node, .. } = *of_tier;
            lists.tiers.push(TierOf { pass_to, judges_own_node });
            for (rank, of_rank) in of_tier.ranks.iter().enumerate() {
                for (index, list) in of_rank.lists.iter().enumerate() {
                    let policy = list.policy().unwrap_or(u32::MAX);
                    let count = of_policy.entry(policy).or_default();
                    let identity = (policy, *count);
                    *count += 1;
                    if chain.is_mute(list) {
                        continue;
                    }
                    let rules: Vec<CompiledRule> = list.rules.iter().map(|rule| lists.rule(rule)).collect();
                    let content = match contents.get_index_of(rules.as_slice()) {
                        Some(known) => known,
                        None => contents.insert_full(rules.into()).0,
                    };
                    let (rules, content) = (contents[content].clone(), crate::source::to_u32(content));
                    let (track, subject) = (of_rank.track, list.subject);
                    lists.all.push(CompiledList { tier, track, rank, index, identity, subject, rules, content });
                }
            }
        }
        lists
    }

    fn rule(&mut self, rule: &Rule) -> CompiledRule {
        let peer = match &rule.peer {
            Peer::Any => PeerKey::Any,
            Peer::Outside => PeerKey::Outside,
            Peer::Pods { namespaces, pods, hosts } => PeerKey::Pods(*namespaces, *pods, *hosts),
            Peer::Addresses(block, inside) => PeerKey::Block(self.blocks.add(block), *inside),
            Peer::Nodes(nodes) => PeerKey::Nodes(*nodes),
            Peer::Domain(domain) => PeerKey::Domain(crate::source::to_u32(self.domains.insert_full(domain.clone()).0)),
        };
        let ports = rule.traffic.iter().map(|PortMatch { ports, .. }| match ports {
            Ports::Set(set) => PortKey::Set(match self.traffic.get_index_of(set) {
                Some(known) => crate::source::to_u32(known),
                None => crate::source::to_u32(self.traffic.insert_full(set.clone()).0),
            }),
            Ports::Named(protocol, name) => PortKey::Named(*protocol, *name),
        });
        let ports: Box<[PortKey]> = ports.collect();
        let ports = match self.ports.get_index_of(&ports) {
            Some(known) => known,
            None => {
                let mut fixed = Some(TrafficSet::empty());
                for port in &ports {
                    fixed = match port {
                        PortKey::Set(set) => fixed.map(|so_far| so_far.union(&self.traffic[*set as usize])),
                        PortKey::Named(..) => None,
                    };
                }
                self.fixed.push(fixed);
                self.ports.insert_full(ports).0
            }
        };
        CompiledRule {
            peer: crate::source::to_u32(self.peers.insert_full(peer).0),
            ports: crate::source::to_u32(ports),
            action: rule.action,
            certain: rule.certain,
        }
    }

    pub(super) fn peer(&self, id: u32) -> &PeerKey {
        &self.peers[id as usize]
    }

    pub(super) fn ports(&self, id: u32) -> &[PortKey] {
        &self.ports[id as usize]
    }

    /// Whether some block matches addresses of pods, or of what is on a node's network.
    pub(super) fn blocks_hold(&self, pod: bool) -> bool {
        self.peers.iter().any(|peer| matches!(peer, PeerKey::Block(_, inside) if inside.holds(pod)))
    }

    /// What ports come to, the same at every destination; none where there is a name among them.
    pub(super) fn fixed(&self, ports: u32) -> Option<&TrafficSet> {
        self.fixed[ports as usize].as_ref()
    }

    pub(super) fn traffic(&self, id: u32) -> &TrafficSet {
        &self.traffic[id as usize]
    }

    /// Every port name that a rule uses.
    pub(super) fn port_names(&self) -> impl Iterator<Item = (Protocol, Symbol)> + '_ {
        self.ports.iter().flatten().filter_map(|port| match port {
            PortKey::Named(protocol, name) => Some((*protocol, *name)),
            PortKey::Set(_) => None,
        })
    }
}
