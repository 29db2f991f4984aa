//! The connectivity graph: the matrix as nodes and edges, and pictures of it.
//!
//! The edges are the connections of [`matrix`](crate::Analysis::matrix), one for one; nothing is
//! decided here. The drawn formats ([`svg`], [`html`], [`dot`], [`mermaid`]) put together what is
//! alike, so that a picture of 50 workloads can be read:
//!
//! - a workload that every other one may reach on everything has a label instead of its arrows;
//! - an arrow from or to the frame of a namespace stands for all of its workloads.

mod dot;
mod html;
mod labels;
mod layers;
mod layout;
mod mermaid;
mod picture;
mod route;
mod svg;

pub use dot::dot;
pub use html::html;
pub use mermaid::mermaid;
pub use svg::svg;

use crate::query::{Basis, Connection, Grain, MatrixAnswer, Peer, PeerKind};
use crate::set::TrafficSet;
use crate::sorted::{Arrange, SortedMap, SortedSet};
use serde::Serialize;
use std::collections::BTreeMap;

/// So many workloads are drawn one by one when nothing else is asked for.
pub const MOST_WORKLOADS: usize = 50;

/// More pairs of pods that policies can tell apart, and between which something may pass, are not
/// looked at: some seconds' work.
pub const MOST_PAIRS: usize = 20_000_000;

/// What the nodes of a graph are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GraphBy {
    /// Workloads, or namespaces when there are more than [`MOST_WORKLOADS`].
    #[default]
    Auto,
    /// Workloads, however many.
    Workload,
    /// Namespaces: what any pod of one may send to any pod of the other.
    Namespace,
}

impl GraphBy {
    /// All, in the order of the command line.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Workload, Self::Namespace];

    /// `auto`, `workload` or `namespace`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Workload => "workload",
            Self::Namespace => "namespace",
        }
    }

    /// What it comes to for so many workloads.
    pub(crate) const fn grain(self, workloads: usize) -> Grain {
        match self {
            Self::Auto if workloads > MOST_WORKLOADS => Grain::Namespace,
            Self::Auto | Self::Workload => Grain::Workload,
            Self::Namespace => Grain::Namespace,
        }
    }
}

/// What is asked of a graph.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct GraphQuery {
    /// What the nodes are.
    pub by: GraphBy,
    /// Where edges begin, in the grammar of [`parse_peer`](crate::query::parse_peer); none: all pods
    /// and the outside.
    pub from: Option<String>,
    /// Where edges end, likewise.
    pub to: Option<String>,
    /// The traffic, in the grammar of [`parse_port`](crate::query::parse_port); none: every port of
    /// TCP, UDP and SCTP.
    pub port: Option<String>,
}

/// A node: a workload, a namespace, the nodes of the cluster, or addresses outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GraphNode {
    /// Who it is.
    #[serde(flatten)]
    pub peer: Peer,
    /// How many workloads a namespace has, of those asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workloads: Option<usize>,
    /// Whether every other node of the cluster may send it all of the traffic that was asked about.
    #[serde(skip_serializing_if = "is_false")]
    pub open_to_all: bool,
}

/// An edge: a connection of the matrix. Its ends name pods where only some of a workload are meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GraphEdge {
    /// The node where it begins: a position in `nodes`, from 0.
    pub source: usize,
    /// The node where it ends, likewise.
    pub target: usize,
    /// What passes.
    #[serde(flatten)]
    pub connection: Connection,
}

/// The answer of `graph`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GraphAnswer {
    /// `netpol.graph/v1`.
    pub schema: &'static str,
    /// What the nodes are.
    pub by: Grain,
    /// The traffic that was asked about.
    pub traffic: TrafficSet,
    /// All addresses outside that were asked about, if any were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outside: Option<Peer>,
    /// Sorted; addresses are a node for each set of them that has edges of its own.
    pub nodes: Vec<GraphNode>,
    /// Sorted.
    pub edges: Vec<GraphEdge>,
    /// What the answer rests on.
    pub basis: Basis,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// Turns a matrix into a graph. `everybody`: its rows are all pods of the input. `workloads`: how
/// many each namespace has.
pub(crate) fn build(matrix: MatrixAnswer, everybody: bool, workloads: &BTreeMap<&str, usize>) -> GraphAnswer {
    let MatrixAnswer { by, traffic, endpoints, connections, basis, .. } = matrix;
    let is_outside = |peer: &Peer| peer.kind_of == PeerKind::Addresses;
    let (outside, inside): (Vec<Peer>, Vec<Peer>) = endpoints.into_iter().partition(is_outside);
    let ends = connections.iter().flat_map(|c| [&c.from, &c.to]).filter(|p| is_outside(p)).cloned();
    let peers: SortedSet<Peer> = inside.into_iter().chain(ends).collect();
    let numbers: SortedMap<&Peer, usize> = peers.iter().zip(0..).collect();
    // Of a workload some pods may be meant, and of the nodes some; the node is the whole.
    let number = |peer: &Peer| match peer.pods.is_empty() && !peer.template && peer.nodes.is_empty() {
        true => numbers.get(peer).copied(),
        false => numbers.get(&Peer { pods: Vec::new(), template: false, nodes: Vec::new(), ..peer.clone() }).copied(),
    };
    let mut edges = Vec::with_capacity(connections.len());
    for connection in connections {
        if let (Some(source), Some(target)) = (number(&connection.from), number(&connection.to)) {
            edges.push(GraphEdge { source, target, connection });
        }
    }
    let mut nodes: Vec<GraphNode> = peers
        .into_iter()
        .map(|peer| {
            let count = peer.name.as_deref().and_then(|name| workloads.get(name)).copied();
            let workloads = count.filter(|_| peer.kind_of == PeerKind::Namespace);
            GraphNode { peer, workloads, open_to_all: false }
        })
        .collect();
    if everybody {
        open_to_all(&mut nodes, &edges, &traffic);
    }
    edges.arrange_by(|a, b| (a.source, a.target, &a.connection).cmp(&(b.source, b.target, &b.connection)));
    GraphAnswer { schema: "netpol.graph/v1", by, traffic, outside: outside.into_iter().next(), nodes, edges, basis }
}

/// Marks the nodes that every other one may reach on everything.
fn open_to_all(nodes: &mut [GraphNode], edges: &[GraphEdge], traffic: &TrafficSet) {
    let inside: Vec<bool> = nodes.iter().map(|n| n.peer.kind_of != PeerKind::Addresses).collect();
    let others = inside.iter().filter(|is| **is).count().saturating_sub(1);
    let mut reached_by = vec![0; nodes.len()];
    for edge in edges.iter().filter(|e| e.source != e.target && inside[e.source]) {
        if whole(&edge.connection) && edge.connection.allow == *traffic {
            reached_by[edge.target] += 1;
        }
    }
    for ((node, count), inside) in nodes.iter_mut().zip(reached_by).zip(inside) {
        node.open_to_all = inside && others > 0 && count == others;
    }
}

/// Whether a connection is about all pods of both ends, in every family.
pub(crate) fn whole(connection: &Connection) -> bool {
    let Connection { from, to, relation, families, .. } = connection;
    let some = |peer: &Peer| !peer.pods.is_empty() || peer.template || !peer.nodes.is_empty();
    !some(from) && !some(to) && relation.is_none() && families.is_empty()
}
