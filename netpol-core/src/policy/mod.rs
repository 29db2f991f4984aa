//! Each policy API lowered to the one representation: a file per API.

mod admin;
mod network_policy;
mod unmodelled;

use crate::ir::{Direction, PolicyIr, Tier};
use crate::manifest::{PolicyKind, Snapshot, UnmodelledObject};
use crate::model::Cluster;
use crate::profile::Profile;
use crate::selector::Selectors;
use std::net::IpAddr;

pub(crate) use admin::covers;

/// Tiers, in order: policies that are not modelled and could come first, the administrators' own,
/// NetworkPolicy, those not modelled that only decide where no NetworkPolicy does, and the
/// administrators' baseline.
const TIERS: usize = 5;
const BEFORE: usize = 0;
pub(crate) const ADMIN: usize = 1;
pub(crate) const NETWORK_POLICY: usize = 2;
const UNISOLATED: usize = 3;
pub(crate) const BASELINE: usize = 4;

/// Addresses of domain names, as they were given.
pub(crate) type Names = [(String, IpAddr)];

/// What is lowered, and with the help of what.
struct Lowering<'a> {
    snapshot: &'a Snapshot,
    profile: &'a Profile,
    /// The number of the snapshot's first file.
    first_file: u32,
    cluster: &'a mut Cluster,
    selectors: &'a mut Selectors,
}

/// Lowers every policy of a snapshot. `ignored` are kinds to act as if they were not loaded.
pub(crate) fn lower(
    snapshot: &Snapshot,
    profile: &Profile,
    cluster: &mut Cluster,
    selectors: &mut Selectors,
    names: &Names,
    ignored: &[String],
) -> PolicyIr {
    let mut ir = PolicyIr::default();
    for direction in Direction::ALL {
        let tier = |at| Tier {
            pass_to: at + 1,
            // The specification exempts it from NetworkPolicy only (semantics A1, A6).
            judges_own_node: matches!(at, ADMIN | BASELINE),
            ranks: Vec::new(),
        };
        ir.chain_mut(direction).tiers = (0..TIERS).map(tier).collect();
    }
    let mut lowering = Lowering { snapshot, profile, first_file: 0, cluster, selectors };
    network_policy::lower(&mut lowering, &mut ir);
    admin::lower(&mut lowering, names, &mut ir);
    if !profile.enforced {
        return ir;
    }
    unmodelled::lower(snapshot, cluster, selectors, |object| !object.kind.is_named(ignored), &mut ir);
    ir
}

/// Adds the policies of a snapshot whose files are numbered from `first_file` on; policies of the
/// same kind and name are replaced.
pub(crate) fn add(
    snapshot: &Snapshot,
    first_file: u32,
    profile: &Profile,
    cluster: &mut Cluster,
    selectors: &mut Selectors,
    names: &Names,
    ir: &mut PolicyIr,
) {
    for located in &snapshot.policies {
        cluster.mention(&located.object.namespace, profile);
        let kind = PolicyKind::NetworkPolicy.name();
        ir.remove(kind, cluster.find_namespace(&located.object.namespace), &located.object.name);
    }
    for located in &snapshot.admin {
        ir.remove(located.object.kind.name(), None, &located.object.name);
    }
    let mut lowering = Lowering { snapshot, profile, first_file, cluster, selectors };
    network_policy::lower(&mut lowering, ir);
    admin::lower(&mut lowering, names, ir);
    if !profile.enforced {
        return;
    }
    // One that cannot be used may decide what it selects.
    let left_out = |object: &UnmodelledObject| object.kind.left_out;
    let namespaced = snapshot.unmodelled.iter().filter(|o| left_out(o) && o.kind.namespaced);
    namespaced.for_each(|o| _ = cluster.mention(&o.namespace, profile));
    unmodelled::lower(snapshot, cluster, selectors, left_out, ir);
}
