//! Each policy API lowered to the one representation: a file per API.

mod network_policy;
mod unmodelled;

use crate::ir::{Direction, PolicyIr, Rank, Tier};
use crate::manifest::Snapshot;
use crate::model::Cluster;
use crate::selector::Selectors;

/// Tiers, in order: policies that are not modelled and could come first, NetworkPolicy, and those
/// not modelled that only decide where no NetworkPolicy does.
const TIERS: usize = 3;
const BEFORE: usize = 0;
const NETWORK_POLICY: usize = 1;
const BASELINE: usize = 2;

/// Lowers every policy of a snapshot. `ignored` are kinds to act as if they were not loaded.
pub(crate) fn lower(
    snapshot: &Snapshot,
    cluster: &mut Cluster,
    selectors: &mut Selectors,
    ignored: &[String],
) -> PolicyIr {
    let mut ir = PolicyIr::default();
    for direction in Direction::ALL {
        ir.chain_mut(direction).tiers =
            (0..TIERS).map(|tier| Tier { pass_to: tier + 1, ranks: vec![Rank::default(), Rank::default()] }).collect();
    }
    network_policy::lower(snapshot, cluster, selectors, &mut ir);
    unmodelled::lower(snapshot, cluster, selectors, ignored, &mut ir);
    ir
}
