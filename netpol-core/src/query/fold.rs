//! Folds the parties of a question into classes that nothing loaded can tell apart.

use super::resolve::Group;
use crate::engine::{Engine, Party, PeerId, SubjectId};
use crate::ir::Direction;
use crate::model::{EndpointId, NamespaceId, NodeId};
use crate::set::{AddressSet, Family};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use std::net::IpAddr;

/// Inclusive ranges of addresses.
type Ranges = Vec<(IpAddr, IpAddr)>;

/// Parties with one verdict towards every party of the other side, themselves aside.
#[derive(Clone, Debug)]
pub(crate) struct Class {
    pub(crate) members: Members,
    /// Decide for each and join; more than one only where it is not known which it is.
    pub(crate) representatives: Vec<Party>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Members {
    Endpoints(Vec<EndpointId>),
    Node(NodeId),
    Addresses(Ranges),
    /// The addresses that a domain name may have.
    Name(String),
}

/// What policies can tell of a pod, in both directions.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    kind: u8,
    subjects: [Option<SubjectId>; 2],
    peers: [[Option<PeerId>; 2]; 2],
    ports: u32,
    open_in: Option<NamespaceId>,
    host_network: bool,
    node: Option<Option<NodeId>>,
    families: Vec<Family>,
}

impl Engine {
    /// Folds one side. `blocks` are the address blocks of the other side's policies; `by_node`
    /// says whether the node of a pod can matter.
    pub(crate) fn fold(&self, group: &Group, blocks: &[&AddressSet], by_node: bool) -> Vec<Class> {
        let mut classes: SortedMap<Key, Vec<EndpointId>> = SortedMap::new();
        let membership = |ip: &IpAddr| blocks.iter().map(|b| b.contains(*ip)).collect::<Vec<bool>>();
        for id in &group.endpoints {
            let endpoint = self.cluster.endpoint(*id);
            let party = Party::Endpoint(*id);
            let key = Key {
                kind: endpoint.kind as u8,
                subjects: Direction::ALL.map(|d| self.side(d).subject(*id)),
                peers: Direction::ALL.map(|d| Family::ALL.map(|f| self.side(d).peer(party, f))),
                ports: endpoint.ports.0,
                open_in: self.open_in(*id),
                host_network: endpoint.host_network,
                node: (by_node || endpoint.host_network).then_some(endpoint.node),
                families: self.families(party),
            };
            classes.entry(key).or_default().push(*id);
        }
        let mut out: Vec<Class> = classes
            .into_values()
            .map(|members| Class {
                representatives: members.first().map(|id| Party::Endpoint(*id)).into_iter().collect(),
                members: Members::Endpoints(members),
            })
            .collect();
        out.extend(
            group.nodes.iter().map(|id| Class { members: Members::Node(*id), representatives: vec![Party::Node(*id)] }),
        );
        let mut atoms: SortedMap<(Family, Vec<bool>), Ranges> = SortedMap::new();
        for (low, high) in group.addresses.atoms(blocks) {
            atoms.entry((Family::of(low), membership(&low))).or_default().push((low, high));
        }
        if let Some(name) = &group.name {
            let representatives =
                atoms.values().filter_map(|r| r.first()).map(|(low, _)| Party::Address(*low)).collect();
            out.push(Class { members: Members::Name(name.clone()), representatives });
        } else {
            out.extend(atoms.into_values().map(|ranges| Class {
                representatives: ranges.first().map(|(low, _)| Party::Address(*low)).into_iter().collect(),
                members: Members::Addresses(ranges),
            }));
        }
        out.arrange_by(|a, b| a.members.cmp(&b.members));
        out
    }

    /// The address blocks named by the policies of a group, in one direction.
    pub(crate) fn blocks_of_group(&self, direction: Direction, group: &Group) -> Vec<&AddressSet> {
        let side = self.side(direction);
        let subjects: SortedSet<SubjectId> = group.endpoints.iter().filter_map(|id| side.subject(*id)).collect();
        let mut blocks: Vec<&AddressSet> = subjects.into_iter().flat_map(|s| side.blocks_of(s)).collect();
        blocks.arrange();
        blocks.dedup();
        blocks
    }
}
