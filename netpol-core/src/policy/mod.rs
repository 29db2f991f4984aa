//! Each policy API lowered to the one representation: a file per API.

mod network_policy;
mod unmodelled;

use crate::ir::{Direction, PolicyIr, Rank, Tier};
use crate::manifest::{LEFT_OUT, Snapshot, UnmodelledObject};
use crate::model::Cluster;
use crate::profile::Profile;
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
    network_policy::lower(snapshot, 0, cluster, selectors, &mut ir);
    unmodelled::lower(snapshot, cluster, selectors, |object| !object.kind.is_named(ignored), &mut ir);
    ir
}

/// Adds the NetworkPolicies of a snapshot whose files are numbered from `first_file` on; policies of
/// the same name are replaced.
pub(crate) fn add(
    snapshot: &Snapshot,
    first_file: u32,
    profile: &Profile,
    cluster: &mut Cluster,
    selectors: &mut Selectors,
    ir: &mut PolicyIr,
) {
    for located in &snapshot.policies {
        cluster.mention(&located.object.namespace, profile);
        ir.remove(cluster.find_namespace(&located.object.namespace), &located.object.name);
    }
    network_policy::lower(snapshot, first_file, cluster, selectors, ir);
    // One that cannot be used may decide what it selects.
    let left_out = |object: &UnmodelledObject| object.kind.group == LEFT_OUT.group;
    snapshot.unmodelled.iter().filter(|o| left_out(o)).for_each(|o| _ = cluster.mention(&o.namespace, profile));
    unmodelled::lower(snapshot, cluster, selectors, left_out, ir);
}
