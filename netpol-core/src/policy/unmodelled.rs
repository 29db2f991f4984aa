//! Policy kinds that are loaded but not modelled: what they could change is not known.

use super::{BEFORE, UNISOLATED};
use crate::ir::{
    Action, Direction, List, NamespaceMatch, Origin, Peer, PolicyInfo, PolicyIr, PortMatch, Ports, Rule, Subject,
};
use crate::manifest::{Selector, Snapshot, UnmodelledEffect, UnmodelledObject};
use crate::model::Cluster;
use crate::selector::Selectors;
use crate::set::TrafficSet;
use crate::source::to_u32;
use std::sync::Arc;

pub(super) fn lower(
    snapshot: &Snapshot,
    cluster: &mut Cluster,
    selectors: &mut Selectors,
    wanted: impl Fn(&UnmodelledObject) -> bool,
    ir: &mut PolicyIr,
) {
    let everything: Arc<[PortMatch]> = Arc::new([PortMatch { ports: Ports::Set(TrafficSet::all()), index: None }]);
    let pods = selectors.intern(&Selector::default(), &mut cluster.symbols);
    for object in &snapshot.unmodelled {
        if !wanted(object) {
            continue;
        }
        let namespace = if object.kind.namespaced { cluster.find_namespace(&object.namespace) } else { None };
        let policy = to_u32(ir.policies.len());
        ir.policies.push(PolicyInfo {
            kind: object.kind.name,
            namespace,
            name: object.name.as_str().into(),
            place: None,
            removed: false,
            left_out: object.kind.left_out,
        });
        let subject =
            Subject { namespaces: namespace.map_or(NamespaceMatch::Selected(pods), NamespaceMatch::Own), pods };
        let (tier, directions, actions, peer): (_, &[Direction], &[Action], _) = match object.kind.effect {
            UnmodelledEffect::Any => (BEFORE, &Direction::ALL, &[Action::Allow, Action::Deny], Peer::Any),
            UnmodelledEffect::DenyIngress => (BEFORE, &[Direction::Ingress], &[Action::Deny], Peer::Any),
            UnmodelledEffect::Unisolated => (UNISOLATED, &Direction::ALL, &[Action::Allow, Action::Deny], Peer::Any),
            UnmodelledEffect::DenyExternalEgress => (BEFORE, &[Direction::Egress], &[Action::Deny], Peer::Outside),
        };
        for direction in directions {
            let rules = actions
                .iter()
                .map(|action| Rule {
                    peer: peer.clone(),
                    traffic: everything.clone(),
                    action: *action,
                    certain: false,
                    origin: Origin::Unmodelled { policy },
                })
                .collect();
            ir.chain_mut(*direction).tiers[tier].rank(0, 0).lists.push(List { subject, rules });
        }
    }
}
