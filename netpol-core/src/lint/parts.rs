//! What changes nothing: policies, rules, peers and ports without which every verdict is the same.
//!
//! Parts are thought away one after the other, the last of the input first, and what is found to change
//! nothing stays away: so all that is found can be taken out at once. What decides is whether the engine
//! surely allows, to every subject that the part concerns, all that the part allows; what allows nothing
//! by itself is found by other rules.

use super::context::Context;
use super::views::{AdminView, AllowView, PolicyView};
use crate::engine::{Allowed, Cover, Ruled, SubjectId, Without, Witnesses};
use crate::ir::Direction;
use crate::set::TrafficSet;
use crate::sorted::{SortedMap, SortedSet};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Something without which nothing changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// A policy, by its place among the context's.
    Policy(usize),
    /// A rule of a policy.
    Rule(usize, Direction, u32),
    /// A peer of a rule.
    Peer(usize, Direction, u32, u32),
    /// An entry of a rule's ports.
    Port(usize, Direction, u32, u32),
}

/// By direction and subject; none where no connection is looked for.
type Looked = SortedMap<(Direction, SubjectId), Option<Rc<Witnesses>>>;

/// Looks for them.
struct Search<'c, 'a> {
    context: &'c Context<'a>,
    /// Of each direction, the subjects that a list applies to.
    subjects: [Vec<Vec<SubjectId>>; 2],
    /// The allow lists of a rule.
    of_rule: SortedMap<(usize, Direction, u32), Vec<usize>>,
    gone: RefCell<[Without; 2]>,
    /// Of subjects that were looked at.
    witnesses: RefCell<Looked>,
    /// How many lists were evaluated so far.
    cost: Cell<usize>,
    most: usize,
    found: SortedSet<Part>,
}

/// So many lists are evaluated at most: where very many policies select the same pods, each part is
/// weighed against all of them.
const MOST_LISTS: usize = 5_000_000;

/// A rule of administrators, or a peer of one, without which its tier decides as before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AdminPart {
    /// Which of the context's; of a rule, its first peer.
    pub(super) at: usize,
    /// Whether it is a peer of several.
    pub(super) is_peer: bool,
    /// Whether rules that come before decide all that it is about.
    pub(super) decided_before: bool,
}

/// What was found, and whether all parts were looked at.
pub(super) struct Redundant {
    pub(super) parts: Vec<Part>,
    /// Those of them that are not redundant with a plugin whose blocks match no pods.
    pub(super) by_blocks: Vec<Part>,
    /// In the order of lists and rules.
    pub(super) of_admin: Vec<AdminPart>,
    pub(super) whole: bool,
}

/// All of them, in the order of policies and fields.
pub(super) fn redundant(context: &Context<'_>) -> Redundant {
    within(context, MOST_LISTS)
}

/// The same, with at most so many lists evaluated.
pub(super) fn within(context: &Context<'_>, most: usize) -> Redundant {
    let mut search = Search { most, ..Search::new(context) };
    search.policies();
    search.rules();
    search.peers();
    search.ports();
    let of_admin = search.of_administrators();
    let whole = search.cost.get() <= most;
    let by_blocks = search.resting_on_blocks();
    Redundant { by_blocks, parts: search.found.into_iter().collect(), of_admin, whole }
}

impl<'c, 'a> Search<'c, 'a> {
    fn new(context: &'c Context<'a>) -> Self {
        let subjects = Direction::ALL.map(|direction| context.engine.side(direction).subjects_by_list());
        let mut of_rule: SortedMap<(usize, Direction, u32), Vec<usize>> = SortedMap::new();
        for (allow, at) in context.allows.iter().zip(0..) {
            of_rule.entry((allow.policy, allow.direction, allow.rule)).or_default().push(at);
        }
        Self {
            context,
            subjects,
            of_rule,
            gone: RefCell::default(),
            witnesses: RefCell::default(),
            cost: Cell::new(0),
            most: MOST_LISTS,
            found: SortedSet::new(),
        }
    }

    /// Whether all that these lists, or entries of the ports of lists, allow is allowed without them as
    /// well; then they are gone, if it is anything.
    fn try_without(&self, direction: Direction, parts: &[Allowed]) -> Cover {
        let mut after = self.gone.borrow()[direction as usize].clone();
        parts.iter().for_each(|part| think_away(&mut after, *part));
        let side = self.context.engine.side(direction);
        let mut all = Cover::Nothing;
        for part in parts {
            for subject in self.subjects[direction as usize][part.list as usize].iter().copied() {
                if self.stands_alone(direction, subject, *part, &after) {
                    return Cover::Part;
                }
                self.cost.set(self.cost.get() + side.applied_to(subject).count());
                if self.cost.get() > self.most {
                    return Cover::Part;
                }
                match self.context.engine.cover(direction, subject, *part, &after) {
                    Cover::Part => return Cover::Part,
                    Cover::Whole => all = Cover::Whole,
                    Cover::Nothing => {}
                }
            }
        }
        if all == Cover::Whole {
            self.gone.borrow_mut()[direction as usize] = after;
        }
        all
    }

    /// Whether a connection that a part allows is allowed by nothing else; not looked for among few lists,
    /// which are evaluated as fast.
    fn stands_alone(&self, direction: Direction, subject: SubjectId, part: Allowed, without: &Without) -> bool {
        const FEW: usize = 32;
        const AS_ONE: usize = 32;
        let engine = self.context.engine;
        let find = || {
            let many = engine.side(direction).applied_to(subject).count() > FEW;
            many.then(|| engine.witnesses(direction, subject).map(Rc::new)).flatten()
        };
        let witnesses = self.witnesses.borrow_mut().entry((direction, subject)).or_insert_with(find).clone();
        let Some(witnesses) = witnesses else { return false };
        let (alone, looked_at) = engine.stands_alone(direction, &witnesses, part, without);
        // To look at a list is a small part of evaluating it.
        self.cost.set(self.cost.get() + looked_at / AS_ONE);
        alone
    }

    /// Whole policies: those that isolate nobody whom another one of the namespace does not isolate,
    /// whatever pods there will be.
    fn policies(&mut self) {
        for at in (0..self.context.policies.len()).rev() {
            let policy = &self.context.policies[at];
            let stands_in = |other: usize| {
                other != at && !self.found.contains(&Part::Policy(other)) && self.isolates_as(other, policy)
            };
            let mut of_namespace = self.context.policies_of(policy.namespace).iter().copied();
            if self.context.policed(policy).next().is_none() || !of_namespace.any(stands_in) {
                continue;
            }
            let before = self.gone.borrow().clone();
            let of = |direction| {
                let allows = self.context.allows_of(at).filter(move |allow| allow.direction == direction);
                allows.map(|allow| Allowed { list: allow.list, entry: None }).collect::<Vec<_>>()
            };
            let covers = Direction::ALL.map(|direction| (of(direction), direction)).map(|(parts, direction)| {
                if parts.is_empty() { None } else { Some(self.try_without(direction, &parts)) }
            });
            let nothing = covers == [None; 2] || covers.contains(&Some(Cover::Whole));
            if nothing && !covers.contains(&Some(Cover::Part)) {
                self.found.insert(Part::Policy(at));
            } else {
                *self.gone.borrow_mut() = before;
            }
        }
    }

    /// Whether a policy isolates every pod that another one does, as far as labels say.
    fn isolates_as(&self, stays: usize, goes: &PolicyView<'_>) -> bool {
        let stays = &self.context.policies[stays];
        let requirements = |policy: &PolicyView<'_>| &self.context.selectors().get(policy.pods).requirements;
        // One that allows nothing is there for the day when the others are gone.
        let allows = |policy: &PolicyView<'_>| Direction::ALL.into_iter().any(|d| !policy.rules(d).is_empty());
        if allows(stays) && !allows(goes) {
            return false;
        }
        let wider = requirements(stays).iter().all(|r| requirements(goes).contains(r));
        wider && Direction::ALL.into_iter().all(|d| stays.isolates(d) || !goes.isolates(d))
    }

    /// What a part allows, in the engine's terms.
    fn allowed(&self, part: &Part) -> Vec<(Direction, Allowed)> {
        let whole = |allow: &AllowView<'_>| (allow.direction, Allowed { list: allow.list, entry: None });
        let of_rule = |key: (usize, Direction, u32)| {
            let all = self.of_rule.get(&key).into_iter().flatten();
            all.map(|at| &self.context.allows[*at])
        };
        match *part {
            Part::Policy(policy) => self.context.allows_of(policy).map(whole).collect(),
            Part::Rule(policy, direction, rule) => of_rule((policy, direction, rule)).map(whole).collect(),
            Part::Peer(policy, direction, rule, peer) => {
                of_rule((policy, direction, rule)).filter(|allow| allow.peer == Some(peer)).map(whole).collect()
            }
            Part::Port(policy, direction, rule, port) => {
                let entries = of_rule((policy, direction, rule)).flat_map(|allow| entries_of(allow, port));
                entries.map(|allowed| (direction, allowed)).collect()
            }
        }
    }

    /// Those that were found that allow pods what only blocks allow them otherwise, where it is not said which
    /// plugin there is: with some, blocks match no pods.
    fn resting_on_blocks(&self) -> Vec<Part> {
        let profile = &self.context.engine.profile;
        if !profile.ip_block_matches_pods || profile.name != crate::profile::Profile::GENERIC.name {
            return Vec::new();
        }
        // What rests on them stays, and may be what others need.
        let mut gone: [Without; 2] = Default::default();
        let rests = |part: &&Part| {
            let allowed = self.allowed(part);
            let mut after = gone.clone();
            allowed.iter().for_each(|(direction, part)| think_away(&mut after[*direction as usize], *part));
            let is_needed = |(direction, allowed): &(Direction, Allowed)| {
                let mut subjects = self.subjects[*direction as usize][allowed.list as usize].iter();
                let without = &after[*direction as usize];
                subjects.any(|subject| {
                    self.context.engine.cover_without_blocks(*direction, *subject, *allowed, without) == Cover::Part
                })
            };
            let rests = allowed.iter().any(is_needed);
            if !rests {
                gone = after;
            }
            rests
        };
        self.found.iter().filter(rests).cloned().collect()
    }

    /// Rules of administrators, and peers of them: those without which their tier accepts, denies and leaves
    /// open the same, whatever other tiers say.
    fn of_administrators(&self) -> Vec<AdminPart> {
        let policies = &self.context.engine.ir.policies;
        // One that was left out may stand between others.
        if policies.iter().any(|policy| policy.left_out && policy.kind != "NetworkPolicy") {
            return Vec::new();
        }
        let (mut found, mut out) = (Vec::new(), Vec::new());
        let numbered: Vec<(usize, &AdminView<'a>)> = self.context.admin.iter().enumerate().collect();
        let same_rule = |(_, a): &(usize, &AdminView<'_>), (_, b): &(usize, &AdminView<'_>)| {
            (a.direction, a.list, a.rule) == (b.direction, b.list, b.rule)
        };
        let rules: Vec<_> = numbered.chunk_by(same_rule).collect();
        let mut direction = None;
        for rule in rules.into_iter().rev() {
            // Each direction has lists of its own.
            if direction.replace(rule[0].1.direction) != Some(rule[0].1.direction) {
                out.clear();
            }
            if let Some(part) = self.try_without_of_admin(rule, false, &mut out) {
                found.push(part);
                continue;
            }
            let mut left = rule.len();
            for one in rule.chunks(1).rev() {
                if left <= 1 {
                    break;
                }
                if let Some(part) = self.try_without_of_admin(one, true, &mut out) {
                    found.push(part);
                    left -= 1;
                }
            }
        }
        found.reverse();
        found
    }

    fn try_without_of_admin(
        &self,
        views: &[(usize, &AdminView<'a>)],
        is_peer: bool,
        out: &mut Vec<(u32, usize)>,
    ) -> Option<AdminPart> {
        let (at, first) = views[0];
        // Of what is about nobody, or means nobody, other rules say so.
        let pods = || self.context.selected_by(first.subject).into_iter();
        let is_about = |pod| self.context.is_about(first.subject, pod);
        let means_nobody =
            |view: &AdminView<'_>| self.context.by_labels(view).is_some() && self.context.is_nobody_else(view);
        if !pods().any(is_about) || views.iter().all(|(_, view)| means_nobody(view)) {
            return None;
        }
        let (engine, direction) = (self.context.engine, first.direction);
        let places: Vec<usize> = views.iter().map(|(_, view)| view.at).collect();
        let part = Ruled { list: first.list, rules: &places };
        let subjects = engine.told_apart_in_tier(direction, first.list);
        let mut all = Cover::Nothing;
        let mut decided_before = true;
        // With some plugins networks match no pods: what says by labels what only networks say otherwise is needed.
        let by_labels = views.iter().any(|(_, view)| self.context.by_labels(view).is_some());
        let is_network = |view: &&AdminView<'_>| {
            view.direction == direction && matches!(view.of.peer, crate::ir::Peer::Addresses(..))
        };
        let networks = self.context.admin.iter().filter(is_network).map(|view| (view.list, view.at));
        let networks: Vec<(u32, usize)> = networks.filter(|_| by_labels).collect();
        let without_networks = [out.as_slice(), &networks].concat();
        for subject in subjects {
            // Four evaluations, and two to see why.
            self.cost.set(self.cost.get() + 6 * engine.side(direction).applied_to(subject).count());
            if self.cost.get() > self.most {
                return None;
            }
            match engine.cover_in_tier(direction, subject, part, out) {
                Cover::Part => return None,
                Cover::Whole => all = Cover::Whole,
                Cover::Nothing => continue,
            }
            if !networks.is_empty() && engine.cover_in_tier(direction, subject, part, &without_networks) == Cover::Part
            {
                return None;
            }
            decided_before &= engine.is_decided_in_tier(direction, subject, part);
        }
        // A Pass with nothing behind it keeps what comes later from having a say.
        let is_kept = first.of.action == crate::ir::Action::Pass && !decided_before;
        if all != Cover::Whole || is_kept {
            return None;
        }
        out.extend(places.iter().map(|place| (first.list, *place)));
        Some(AdminPart { at, is_peer, decided_before })
    }

    fn is_gone(&self, direction: Direction, list: u32) -> bool {
        self.gone.borrow()[direction as usize].lists.contains(&list)
    }

    fn rules(&mut self) {
        let rules: Vec<_> = self.of_rule.iter().rev().map(|(key, allows)| (*key, allows.clone())).collect();
        for ((policy, direction, rule), allows) in rules {
            if self.found.contains(&Part::Policy(policy)) || self.is_last_egress_rule(policy, direction) {
                continue;
            }
            let whole = |at: &usize| Allowed { list: self.context.allows[*at].list, entry: None };
            let lists: Vec<Allowed> = allows.iter().map(whole).collect();
            if self.try_without(direction, &lists) == Cover::Whole {
                self.found.insert(Part::Rule(policy, direction, rule));
            }
        }
    }

    /// Without `policyTypes`, the last egress rule is what isolates.
    fn is_last_egress_rule(&self, policy: usize, direction: Direction) -> bool {
        let view = &self.context.policies[policy];
        let gone = |part: &Part| matches!(part, Part::Rule(p, Direction::Egress, _) if *p == policy);
        direction == Direction::Egress
            && view.spec.types_span.is_none()
            && view.spec.egress.len() <= 1 + self.found.iter().filter(|part| gone(part)).count()
    }

    fn peers(&mut self) {
        let rules: Vec<_> = self.of_rule.iter().rev().map(|(key, allows)| (*key, allows.clone())).collect();
        for ((policy, direction, rule), allows) in rules {
            if allows.iter().any(|at| self.is_gone(direction, self.context.allows[*at].list)) {
                continue;
            }
            // Without any peer it would be about everybody.
            let written = self.context.policies[policy].rules(direction).get(rule as usize);
            let mut left = written.map_or(0, |rule| rule.peers.len());
            for at in allows.iter().rev() {
                let allow = &self.context.allows[*at];
                let Some(peer) = allow.peer.filter(|_| left > 1) else { continue };
                if self.try_without(direction, &[Allowed { list: allow.list, entry: None }]) == Cover::Whole {
                    self.found.insert(Part::Peer(policy, direction, rule, peer));
                    left -= 1;
                }
            }
        }
    }

    fn ports(&mut self) {
        let rules: Vec<_> = self.of_rule.iter().rev().map(|(key, allows)| (*key, allows.clone())).collect();
        for ((policy, direction, rule), allows) in rules {
            let allows: Vec<&AllowView<'a>> = allows.iter().map(|at| &self.context.allows[*at]).collect();
            let allows: Vec<_> = allows.into_iter().filter(|a| !self.is_gone(direction, a.list)).collect();
            let written = self.context.policies[policy].rules(direction).get(rule as usize);
            // Without any port it would be about every port.
            let mut left = written.map_or(0, |rule| rule.ports.len());
            let all = crate::source::to_u32(left);
            for port in (0..all).rev() {
                if left <= 1 {
                    break;
                }
                let entries: Vec<Allowed> = allows.iter().flat_map(|allow| entries_of(allow, port)).collect();
                if self.try_without(direction, &entries) == Cover::Whole {
                    self.found.insert(Part::Port(policy, direction, rule, port));
                    left -= 1;
                }
            }
        }
    }
}

fn think_away(after: &mut Without, Allowed { list, entry }: Allowed) {
    match entry {
        None => _ = after.lists.insert(list),
        Some(entry) => after.ports.entry(list).or_default().push(entry),
    }
}

/// What an entry of a rule's ports comes to, of a peer.
fn entries_of(allow: &AllowView<'_>, port: u32) -> Vec<Allowed> {
    let entries = allow.of.traffic.iter().zip(0..);
    let of_port = entries.filter(|(entry, _)| entry.index.is_some_and(|(index, _)| index == port));
    of_port.map(|(_, entry)| Allowed { list: allow.list, entry: Some(entry) }).collect()
}

/// The rules, of those that remain, that admit all of what a peer of a rule admits, by themselves.
pub(super) fn covering<'c, 'a>(context: &'c Context<'a>, part: &Part, gone: &[Part]) -> Vec<&'c AllowView<'a>> {
    let (policy, direction, rule, peer, port) = match part {
        Part::Policy(policy) => (*policy, None, None, None, None),
        Part::Rule(policy, direction, rule) => (*policy, Some(*direction), Some(*rule), None, None),
        Part::Peer(policy, direction, rule, peer) => (*policy, Some(*direction), Some(*rule), Some(*peer), None),
        Part::Port(policy, direction, rule, port) => (*policy, Some(*direction), Some(*rule), None, Some(*port)),
    };
    let is_part = |allow: &&AllowView<'_>| {
        allow.policy == policy
            && direction.is_none_or(|d| d == allow.direction)
            && rule.is_none_or(|r| r == allow.rule)
            && (peer.is_none() || peer == allow.peer)
    };
    let is_gone = |allow: &AllowView<'_>| {
        gone.iter().any(|part| match part {
            Part::Policy(policy) => *policy == allow.policy,
            Part::Rule(policy, direction, rule) => {
                (*policy, *direction, *rule) == (allow.policy, allow.direction, allow.rule)
            }
            Part::Peer(policy, direction, rule, peer) => {
                (*policy, *direction, *rule, Some(*peer)) == (allow.policy, allow.direction, allow.rule, allow.peer)
            }
            Part::Port(..) => false,
        })
    };
    let fixed = |allow: &AllowView<'_>, only: Option<u32>| {
        let entries = allow.of.traffic.iter().filter(|e| only.is_none() || e.index.map(|(index, _)| index) == only);
        entries.fold(TrafficSet::empty(), |all, entry| match &entry.ports {
            crate::ir::Ports::Set(set) => all.union(set),
            crate::ir::Ports::Named(..) => all,
        })
    };
    let of_namespace: Vec<&AllowView<'a>> = context.allows_in(context.policies[policy].namespace).collect();
    let mut found: Vec<&AllowView<'a>> = Vec::new();
    for allow in context.allows_of(policy).filter(is_part) {
        let needed = fixed(allow, port);
        let pods = context.matched(allow).pods;
        let subjects = context.selected(&context.policies[allow.policy]);
        let by_itself = of_namespace.iter().copied().find(|other| {
            other.direction == allow.direction
                && (other.list != allow.list)
                && !is_gone(other)
                && !(peer.is_none() && port.is_none() && is_part(other))
                && needed.is_subset(&fixed(other, None))
                && covers_peer(context, other, allow, &pods)
                && subjects.iter().all(|pod| context.selected(&context.policies[other.policy]).contains(pod))
        });
        found.extend(by_itself);
    }
    found.dedup_by_key(|allow| (allow.direction, allow.list));
    found
}

fn covers_peer(
    context: &Context<'_>,
    wide: &AllowView<'_>,
    narrow: &AllowView<'_>,
    pods: &[crate::model::EndpointId],
) -> bool {
    use crate::ir::Peer;
    match (&wide.of.peer, &narrow.of.peer) {
        (Peer::Any, _) => true,
        (Peer::Addresses(wide, ..), Peer::Addresses(narrow, ..)) => narrow.is_subset(wide),
        (Peer::Pods { .. }, Peer::Pods { .. }) => {
            let of_wide = context.matched(wide).pods;
            pods.iter().all(|pod| of_wide.binary_search(pod).is_ok())
        }
        _ => false,
    }
}
