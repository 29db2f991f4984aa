//! How much there is, and how much work it was: numbers that depend on the input alone, not on the
//! machine or the number of threads.

use super::Engine;
use crate::ir::Direction;
use serde::Serialize;

/// The size of a cluster as the engine sees it, and the work that was done on it so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Counters {
    /// Pods and templates.
    pub pods: u64,
    /// Policies.
    pub policies: u64,
    /// The egress side.
    pub egress: DirectionCounters,
    /// The ingress side.
    pub ingress: DirectionCounters,
}

/// One direction of [`Counters`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DirectionCounters {
    /// Classes of pods to which the same policies apply.
    pub subjects: u64,
    /// Classes of pods and nodes that no rule can tell apart.
    pub peers: u64,
    /// Distinct address blocks.
    pub blocks: u64,
    /// Distinct peers that rules name.
    pub named_peers: u64,
    /// Label sets and columns of label sets that selectors were evaluated on.
    pub selector_evaluations: u64,
    /// Rows that were computed; after an edit, anew.
    pub rows: u64,
    /// Words of bit sets, and members of lists, that computing them read, and those over addresses
    /// outside.
    pub words: u64,
}

impl Engine {
    /// How many policies there are, those of kinds that are not modelled included.
    pub(crate) fn policies(&self) -> usize {
        self.ir.policies.iter().filter(|p| !p.removed).count()
    }

    /// How many NetworkPolicies there are.
    pub(crate) fn network_policies(&self) -> usize {
        // One that was left out because of errors has no place.
        let is = |p: &&crate::ir::PolicyInfo| !p.removed && p.kind == "NetworkPolicy" && p.place.is_some();
        self.ir.policies.iter().filter(is).count()
    }

    pub(crate) fn counters(&self) -> Counters {
        let [egress, ingress] = Direction::ALL.map(|direction| self.side(direction).counters());
        Counters {
            pods: self.cluster.real_endpoints().count() as u64,
            policies: self.policies() as u64,
            egress,
            ingress,
        }
    }
}

impl super::Side {
    fn counters(&self) -> DirectionCounters {
        let subjects = self.subjects.all.iter();
        let rows: Vec<_> = subjects.clone().filter(|s| !s.adopted[0]).filter_map(|s| s.row.get()).collect();
        let outside = subjects.filter(|s| !s.adopted[1]).filter_map(|s| s.outside.get());
        DirectionCounters {
            subjects: self.subject_count() as u64,
            peers: self.peer_count() as u64,
            blocks: self.lists.blocks.len() as u64,
            named_peers: self.lists.peers.len() as u64,
            selector_evaluations: self.subjects.evaluations + self.peers.evaluations,
            rows: rows.len() as u64,
            words: rows.iter().map(|row| row.cost as u64).chain(outside.map(|row| row.cost as u64)).sum(),
        }
    }
}
