//! The engine: evaluates the intermediate representation, and nothing else decides.
//!
//! A direction is a [`Side`]: endpoints folded into subjects (by the lists that apply to them) and
//! into peers (by what rules can tell of them). Egress and ingress are kept apart; each is a factor
//! of the verdict, and their product is never built.
//!
//! Two interpreters of the same rules: in bulk, a [`row`] says what one subject's policies allow to
//! every peer at once; [`trace`](Engine::trace) asks for one flow and returns every reason.

mod all_pairs;
mod blocks;
mod cases;
mod class_set;
mod counters;
mod cut;
mod families;
mod interpret;
mod label_fold;
mod lists;
mod matching;
mod openings;
mod pair;
mod peers;
mod port_fold;
mod reach;
mod rectangles;
mod row;
mod side;
mod subjects;
mod trace;
mod without;
mod witness;
mod worlds;

#[cfg(test)]
mod tests;

pub use all_pairs::AllPairs;
pub use counters::{Counters, DirectionCounters};
pub(crate) use matching::{AppliedList, End, Party};
pub(crate) use openings::{MOST_PAIRS, Openings};
pub(crate) use pair::PairPlanes;
pub(crate) use peers::PeerId;
pub(crate) use reach::{PlanesId, Reach};
pub(crate) use rectangles::{Actor, Actors, Role};
pub(crate) use side::Side;
pub(crate) use subjects::SubjectId;
pub(crate) use trace::{RuleHit, Trace};
pub(crate) use without::{Allowed, Cover, Ruled, Without};
pub(crate) use witness::Witnesses;
pub(crate) use worlds::World;

use crate::ir::{Direction, Peer, PolicyIr, Rule};
use crate::manifest::Snapshot;
use crate::model::{self, Cluster, EndpointId, NamespaceId};
use crate::policy::{self, Names};
use crate::profile::Profile;
use crate::selector::Selectors;
use crate::set::TrafficSet;
use crate::sorted::SortedSet;
use ipnet::IpNet;
use std::net::IpAddr;
use std::sync::Arc;

/// Everything that decisions rest on.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    pub(crate) cluster: Arc<Cluster>,
    pub(crate) selectors: Arc<Selectors>,
    pub(crate) ir: Arc<PolicyIr>,
    pub(crate) profile: Profile,
    /// Names of the inputs, by file number.
    pub(crate) files: Vec<Arc<str>>,
    /// Addresses of domain names, as far as they were given.
    pub(crate) names: Arc<Names>,
    /// Whether it is the cluster as it is to one domain name, where rules are about such names.
    pub(crate) of_name: bool,
    sides: [Side; 2],
}

impl Engine {
    pub(crate) fn compile(
        snapshot: &Snapshot,
        profile: Profile,
        pod_cidrs: &[IpNet],
        service_cidrs: &[IpNet],
        names: Arc<Names>,
        ignored: &[String],
    ) -> Self {
        let mut cluster = model::build(snapshot, &profile, pod_cidrs, service_cidrs);
        let mut selectors = Selectors::default();
        let ir = policy::lower(snapshot, &profile, &mut cluster, &mut selectors, &names, ignored);
        cluster.open_labels(&selectors);
        let (cluster, selectors, ir) = (Arc::new(cluster), Arc::new(selectors), Arc::new(ir));
        Parts { cluster, selectors, ir, profile, files: snapshot.files.clone(), names }.compile()
    }

    /// The same cluster under other policies: those of `removed` taken out, those of `added` put
    /// in. What is known of pods to which the same policies apply as before is kept.
    pub(crate) fn edited(&self, removed: &[(&str, &str)], added: &Snapshot) -> Self {
        self.parts().edited(&self.sides, removed, added)
    }

    fn parts(&self) -> Parts {
        Parts {
            cluster: self.cluster.clone(),
            selectors: self.selectors.clone(),
            ir: self.ir.clone(),
            profile: self.profile.clone(),
            files: self.files.clone(),
            names: self.names.clone(),
        }
    }

    /// The same cluster where every address outside is one of a domain name, for questions about
    /// that name; none: no rule names domains, so nothing is different.
    pub(crate) fn for_name(&self, name: &str) -> Option<Self> {
        let of_name = |rule: &Rule| matches!(rule.peer, Peer::Domain(_));
        let mut lists = self.ir.egress.tiers.iter().flat_map(|t| &t.ranks).flat_map(|r| &r.lists);
        if !lists.any(|list| list.rules.iter().any(of_name)) {
            return None;
        }
        let name = lower_name(name);
        let mut parts = self.parts();
        let chain = &mut Arc::make_mut(&mut parts.ir).egress;
        let lists = chain.tiers.iter_mut().flat_map(|t| &mut t.ranks).flat_map(|r| &mut r.lists);
        for list in lists {
            list.rules.retain_mut(|rule| match &rule.peer {
                Peer::Domain(domain) if policy::covers(domain, &name) => {
                    rule.peer = Peer::Outside;
                    true
                }
                Peer::Domain(_) => false,
                _ => true,
            });
        }
        Some(Self { of_name: true, ..parts.compile() })
    }

    /// The same cluster with rules of a policy as `keep` leaves them, and without those that it refuses;
    /// without the policy itself if it refuses all.
    pub(crate) fn with_rules(&self, policy: u32, mut keep: impl FnMut(&mut Rule) -> bool) -> Self {
        let mut parts = self.parts();
        let ir = Arc::make_mut(&mut parts.ir);
        let mut kept = false;
        for direction in Direction::ALL {
            for rank in ir.chain_mut(direction).tiers.iter_mut().flat_map(|tier| &mut tier.ranks) {
                rank.lists.retain_mut(|list| {
                    if list.policy() == Some(policy) {
                        list.rules.retain_mut(&mut keep);
                        kept |= !list.rules.is_empty();
                    }
                    !list.rules.is_empty()
                });
            }
        }
        ir.policies[policy as usize].removed = !kept;
        // Lists are known by their number in the policy, so no row is taken over.
        Self { of_name: self.of_name, ..parts.compile() }
    }

    /// The domain names that rules of a pod are about, as they write them; sorted.
    pub(crate) fn domains_of(&self, pod: EndpointId) -> SortedSet<Arc<str>> {
        let domain = |rule: &Rule| match &rule.peer {
            Peer::Domain(domain) => Some(domain.clone()),
            _ => None,
        };
        self.rules_of(Direction::Egress, pod).filter_map(domain).collect()
    }

    /// The addresses of a domain name, as far as they were given.
    pub(crate) fn addresses_of_name(&self, name: &str) -> Vec<IpAddr> {
        let name = lower_name(name);
        self.names.iter().filter(|(known, _)| *known == name).map(|(_, address)| *address).collect()
    }

    /// The same cluster with pods in a namespace that are not in the input: each by a name for answers
    /// and its labels.
    pub(crate) fn with_pods(
        &self,
        namespace: NamespaceId,
        pods: &[(String, Vec<(String, String)>)],
    ) -> (Self, Vec<EndpointId>) {
        let mut parts = self.parts();
        let cluster = Arc::make_mut(&mut parts.cluster);
        let ids = pods.iter().map(|(name, labels)| cluster.assume(namespace, name, labels)).collect();
        (Self { of_name: self.of_name, ..parts.compile() }, ids)
    }

    /// The same, in place of this one: what nobody else holds is changed and not copied.
    pub(crate) fn into_edited(self, removed: &[(&str, &str)], added: &Snapshot) -> Self {
        let Self { cluster, selectors, ir, profile, files, names, sides, .. } = self;
        Parts { cluster, selectors, ir, profile, files, names }.edited(&sides, removed, added)
    }

    /// The compiled form of a direction.
    pub(crate) fn side(&self, direction: Direction) -> &Side {
        &self.sides[direction as usize]
    }
}

/// What an engine is compiled from.
struct Parts {
    cluster: Arc<Cluster>,
    selectors: Arc<Selectors>,
    ir: Arc<PolicyIr>,
    profile: Profile,
    files: Vec<Arc<str>>,
    names: Arc<Names>,
}

impl Parts {
    fn compile(self) -> Engine {
        let Self { cluster, selectors, ir, profile, files, names } = self;
        let side = |direction| Side::compile(&cluster, &selectors, &ir, &profile, direction);
        let [egress, ingress] = Direction::ALL;
        let sides: [Side; 2] = join(|| side(egress), || side(ingress)).into();
        Engine { cluster, selectors, ir, profile, files, names, of_name: false, sides }
    }

    fn edited(mut self, old: &[Side; 2], removed: &[(&str, &str)], added: &Snapshot) -> Engine {
        let policies = Arc::make_mut(&mut self.ir);
        for (namespace, name) in removed {
            policies.remove("NetworkPolicy", self.cluster.find_namespace(namespace), name);
        }
        if !(added.policies.is_empty() && added.admin.is_empty() && added.unmodelled.is_empty()) {
            let cluster = Arc::make_mut(&mut self.cluster);
            let first_file = crate::source::to_u32(self.files.len());
            self.files.extend(added.files.iter().cloned());
            let selectors = Arc::make_mut(&mut self.selectors);
            policy::add(added, first_file, &self.profile, cluster, selectors, &self.names, policies);
            cluster.open_labels(&self.selectors);
        }
        let mut engine = self.compile();
        for (new, old) in engine.sides.iter_mut().zip(old) {
            new.adopt(old);
        }
        engine
    }
}

/// A domain name as it is compared.
pub(crate) fn lower_name(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// Does both; at once, if it may.
#[cfg(feature = "parallel")]
pub(crate) fn join<A: Send, B: Send>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    rayon::join(a, b)
}

/// Does both; at once, if it may.
#[cfg(not(feature = "parallel"))]
pub(crate) fn join<A, B>(a: impl FnOnce() -> A, b: impl FnOnce() -> B) -> (A, B) {
    (a(), b())
}

/// A verdict on a set of traffic, as two planes: what must be allowed and what may be.
/// What may and need not is Undefined; what may not is Deny.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Planes {
    pub(crate) must: TrafficSet,
    pub(crate) may: TrafficSet,
}

impl Planes {
    pub(crate) fn allow(asked: &TrafficSet) -> Self {
        Self { must: asked.clone(), may: asked.clone() }
    }

    /// Both must let it through.
    pub(crate) fn and(&self, other: &Self) -> Self {
        Self { must: self.must.intersection(&other.must), may: self.may.intersection(&other.may) }
    }

    /// One of the two holds, and it is not known which.
    pub(crate) fn or_else(&self, other: &Self) -> Self {
        Self { must: self.must.intersection(&other.must), may: self.may.union(&other.may) }
    }

    /// Only this traffic.
    pub(crate) fn within(&self, asked: &TrafficSet) -> Self {
        Self { must: self.must.intersection(asked), may: self.may.intersection(asked) }
    }
}
