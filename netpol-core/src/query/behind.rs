//! Who answers behind an address that leads on, and what each of them comes to.

use super::answer::{Relation, Verdict};
use super::check::{Asking, PartKey, address_set};
use super::diff::Decision;
use super::fold::{Class, Members};
use super::resolve::Group;
use crate::engine::{Engine, Planes};
use crate::explain::Code;
use crate::model::{EndpointId, NodeId};
use crate::path::{self, Fate, Way};
use crate::set::{AddressSet, Family, TrafficSet};
use crate::sorted::{SortedMap, SortedSet};

/// What was said of those who answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    open: TrafficSet,
    shut: TrafficSet,
    may: TrafficSet,
    /// What is asked, what they see of it, and why it is not certain that they do.
    pub(super) leads: SortedSet<(TrafficSet, TrafficSet, Option<Code>)>,
}

impl Told {
    fn add(&mut self, verdict: Verdict, asked: &TrafficSet) {
        let told = if verdict == Verdict::Allow { &mut self.open } else { &mut self.shut };
        *told = told.union(asked);
        if verdict != Verdict::Deny {
            self.may = self.may.union(asked);
        }
    }

    /// What something was said of.
    pub(super) fn asked(&self) -> TrafficSet {
        self.open.union(&self.shut)
    }

    /// Allowed where everybody is reached, and denied where nobody is.
    pub(super) fn planes(&self) -> Planes {
        Planes { must: self.open.difference(&self.shut), may: self.may.clone() }
    }
}

/// What becomes of connections to an address, by who answers.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers {
    pub(super) pods: SortedMap<EndpointId, Told>,
    pub(super) nodes: SortedMap<NodeId, Told>,
    pub(super) addresses: Vec<(AddressSet, Told)>,
    /// Of all together, and of what nobody gets to see.
    pub(super) all: Told,
}

impl Answers {
    fn add(&mut self, members: &Members, verdict: Verdict, way: &Way, asked: &TrafficSet) {
        let add = |told: &mut Told| {
            told.add(verdict, asked);
            told.leads.insert((way.asked.clone(), way.traffic.clone(), way.doubt));
        };
        match members {
            Members::Endpoints(pods) => pods.iter().for_each(|pod| add(self.pods.entry(*pod).or_default())),
            Members::Node(node) => add(self.nodes.entry(*node).or_default()),
            Members::Addresses(ranges) => {
                let set = address_set(ranges);
                let known = self.addresses.iter().position(|(known, _)| *known == set);
                let at = known.unwrap_or_else(|| {
                    self.addresses.push((set, Told::default()));
                    self.addresses.len() - 1
                });
                add(&mut self.addresses[at].1);
            }
            Members::Name(_) => {}
        }
    }
}

impl Engine {
    /// What becomes of connections to ports of a node that lead on: they are allowed where everybody
    /// who may answer is reached by all of these clients, and denied where nobody is by any.
    pub(super) fn through_node(&self, from: &Group, node: NodeId, family: Family, asked: &TrafficSet) -> Planes {
        let mut ways = Vec::new();
        path::through_nodes((&self.cluster, &self.profile), &[node], &[family], from, asked, &mut ways);
        let mut all = Told::default();
        for way in &ways {
            Asking { engine: self, from: &way.from, way }.tell(|_, verdict, asked| all.add(verdict, asked));
        }
        all.planes()
    }

    /// The same of any ways, told of each who answers.
    pub(super) fn answers(&self, ways: &[Way]) -> Answers {
        let mut answers = Answers::default();
        for way in ways {
            Asking { engine: self, from: &way.from, way }.tell(|members, verdict, asked| {
                answers.all.add(verdict, asked);
                members.into_iter().for_each(|members| answers.add(members, verdict, way, asked));
            });
        }
        answers
    }

    /// The verdict on somebody who answers, with its reasons, and who that is; if nobody gets to see it, why.
    /// `wanted`: it is one of these; else anybody but who asks.
    pub(super) fn decision_behind(
        &self,
        ways: &[Way],
        wanted: Option<&Members>,
    ) -> Option<(Decision, Option<Members>)> {
        let mut ended = None;
        for way in ways {
            let mut way = way.clone();
            if let Some(wanted) = wanted.filter(|_| way.fate.is_none()) {
                narrow(&mut way.to, wanted);
                if way.to.is_empty() {
                    continue;
                }
            }
            let asking = Asking { engine: self, from: &way.from, way: &way };
            if let Some(part) = asking.early_end() {
                ended = ended.or(Some(Decision { verdict: part.verdict, egress: part.egress, ingress: part.ingress }));
                continue;
            }
            let (sources, targets) = asking.classes();
            let mut cells = targets.iter().flat_map(|target| sources.iter().map(move |source| (source, target)));
            let found = cells.find_map(|(source, target)| {
                let fits = |key: &PartKey| {
                    !key.egress.is_no_flow() && (wanted.is_some() || key.relation != Some(Relation::Itself))
                };
                let (mut key, flow) = asking.cell(source, target, true).into_iter().find(|(key, _)| fits(key))?;
                for answer in [&mut key.egress, &mut key.ingress] {
                    if answer.verdict == Verdict::Deny {
                        let judged = asking.judged(answer.direction, &flow, &way.traffic);
                        answer.near_misses = self.near_misses(answer.direction, &[flow], judged);
                    }
                }
                let decision = Decision { verdict: key.verdict, egress: key.egress, ingress: key.ingress };
                Some((decision, Some(target.members.clone())))
            });
            if found.is_some() {
                return found;
            }
        }
        ended.map(|decision| (decision, None))
    }
}

/// Leaves of a group only those who are wanted.
fn narrow(group: &mut Group, wanted: &Members) {
    let (mut endpoints, mut nodes, mut addresses) = Default::default();
    match wanted {
        Members::Endpoints(wanted) => {
            endpoints = std::mem::take(&mut group.endpoints);
            endpoints.retain(|id| wanted.contains(id));
        }
        Members::Node(id) => {
            nodes = std::mem::take(&mut group.nodes);
            nodes.retain(|node| node == id);
        }
        Members::Addresses(ranges) => addresses = group.addresses.intersection(&address_set(ranges)),
        Members::Name(_) => {}
    }
    (group.endpoints, group.nodes, group.addresses) = (endpoints, nodes, addresses);
}

impl Asking<'_> {
    /// The verdicts on the way, without their reasons, and on whom; nothing where there is no flow.
    fn tell(&self, mut told: impl FnMut(Option<&Members>, Verdict, &TrafficSet)) {
        let way = self.way;
        match way.fate {
            Some((_, Code::NoCommonFamily)) => return,
            Some((Fate::Dropped, _)) => return told(None, Verdict::Deny, &way.asked),
            Some((Fate::Open, _)) => return told(None, Verdict::Undefined, &way.asked),
            None => {}
        }
        let (sources, targets) = self.classes();
        for source in &sources {
            for target in &targets {
                for (key, _) in self.cell(source, target, false).into_iter().filter(|(key, _)| !key.egress.is_no_flow())
                {
                    // What is not translated is seen as it is asked.
                    let asked = if way.translated { &way.asked } else { &key.traffic };
                    match self.related(source, target, key.relation) {
                        Some(members) => told(Some(&members), key.verdict, asked),
                        None => told(Some(&target.members), key.verdict, asked),
                    }
                }
            }
        }
    }

    /// Those of a class of targets that relate so to some source; none: all.
    fn related(&self, source: &Class, target: &Class, relation: Option<Relation>) -> Option<Members> {
        let (Members::Endpoints(from), Members::Endpoints(to)) = (&source.members, &target.members) else {
            return None;
        };
        let one = from.len() == 1 && !self.engine.is_many(from[0]);
        let keep = |id: &EndpointId| match relation {
            Some(Relation::Itself) => from.contains(id),
            Some(Relation::Others) => !(one && from.contains(id)),
            _ => true,
        };
        let kept: Vec<EndpointId> = to.iter().copied().filter(keep).collect();
        (kept.len() < to.len()).then_some(Members::Endpoints(kept))
    }
}
