//! What difference parts of policies make: what they allow a subject, and what is allowed without them.

use super::cut::{Change, Cut, PortsOut};
use super::lists::{PeerKey, PortKey};
use super::row::{OutsideRow, Row};
use super::subjects::{Applied, SubjectId};
use super::{Engine, Planes, Side};
use crate::ir::{Action, Direction};
use crate::policy::NETWORK_POLICY;
use crate::set::TrafficSet;
use crate::sorted::SortedSet;
use indexmap::IndexMap;

/// Parts of a direction's policies that are thought away.
#[derive(Clone, Debug, Default)]
pub(crate) struct Without {
    /// Lists, by their number in the chain.
    pub(crate) lists: SortedSet<u32>,
    /// Entries of the ports of lists.
    pub(crate) ports: PortsOut,
}

impl Side {
    /// Whether two lists are of one tier.
    pub(crate) fn share_tier(&self, a: u32, b: u32) -> bool {
        self.lists.all[a as usize].tier == self.lists.all[b as usize].tier
    }

    /// Whether a rule, by its list and place, surely comes before another one of the same tier.
    pub(crate) fn comes_first(&self, (list, at): (u32, usize), (of, before): (u32, usize)) -> bool {
        let [first, other] = [list, of].map(|list| &self.lists.all[list as usize]);
        first.track == other.track && first.rank < other.rank || list == of && at < before
    }

    /// For each list the subjects to which it applies, or may; ascending.
    pub(crate) fn subjects_by_list(&self) -> Vec<Vec<SubjectId>> {
        let mut found = vec![Vec::new(); self.lists.all.len()];
        for (subject, id) in self.subjects.all.iter().zip(0..) {
            for applied in &subject.lists {
                found[applied.list as usize].push(SubjectId(id));
            }
        }
        found
    }
}

/// What a list of NetworkPolicy allows a subject, or some entry of its ports.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowed {
    /// The list, by its number in the chain.
    pub(crate) list: u32,
    /// The entry of its ports; none: all of them.
    pub(crate) entry: Option<u32>,
}

/// Whether what something allows is allowed without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cover {
    /// It allows nothing in the first place.
    Nothing,
    /// All of it surely is.
    Whole,
    /// Some of it is not, or it is not known.
    Part,
}

/// Whether blocks of NetworkPolicies match pods and nodes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Blocks {
    /// As the profile says.
    Match,
    /// None of them, and nothing is asked of addresses outside.
    MatchNoPods,
}

impl Engine {
    /// Whether all that a part of a NetworkPolicy allows a subject is surely allowed without some parts.
    /// Whatever is not known of labels, addresses or policies that are not modelled, nothing changes then
    /// without it: rules of NetworkPolicy are a union.
    pub(crate) fn cover(&self, direction: Direction, subject: SubjectId, part: Allowed, without: &Without) -> Cover {
        self.cover_where(direction, subject, part, without, Blocks::Match)
    }

    /// The same, of pods and nodes alone, where the blocks of NetworkPolicies match none of them.
    pub(crate) fn cover_without_blocks(
        &self,
        direction: Direction,
        subject: SubjectId,
        part: Allowed,
        without: &Without,
    ) -> Cover {
        let side = self.side(direction);
        let rules = &side.lists.all[part.list as usize].rules;
        if rules.iter().any(|rule| matches!(side.lists.peer(rule.peer), PeerKey::Block(..))) {
            return Cover::Nothing;
        }
        self.cover_where(direction, subject, part, without, Blocks::MatchNoPods)
    }

    fn cover_where(
        &self,
        direction: Direction,
        subject: SubjectId,
        part: Allowed,
        without: &Without,
        blocks: Blocks,
    ) -> Cover {
        let side = self.side(direction);
        let of = &side.subjects.all[subject.0 as usize];
        let list = &side.lists.all[part.list as usize];
        let Some(rule) = list.rules.first() else { return Cover::Nothing };
        let traffic = traffic_of_part(side, part);
        let of_list = |applied: &Applied| &side.lists.all[applied.list as usize];
        let action = |applied: &Applied| of_list(applied).rules.first().map(|rule| rule.action);
        let is_policy = |applied: &Applied| of_list(applied).tier == NETWORK_POLICY;
        // Where the part does not apply, it changes nothing: so it does, and whatever has its subject.
        let applying = |applied: &Applied| Applied {
            certain: applied.certain || of_list(applied).subject == list.subject,
            ..*applied
        };
        let (alone, alone_outside) = self.rows_of_part(side, subject, part);
        let classes = side.peers.len();
        if alone.allows_none(&traffic, classes) && alone_outside.allows_none(&traffic) {
            return Cover::Nothing;
        }
        let is_block = |a: &Applied| {
            let mut rules = of_list(a).rules.iter();
            rules.any(|rule| matches!(side.lists.peer(rule.peer), PeerKey::Block(..)))
        };
        let is_left = |a: &&Applied| {
            !without.lists.contains(&a.list)
                && (a.list != part.list || part.entry.is_some())
                && (blocks == Blocks::Match || !is_policy(a) || !is_block(a))
        };
        let left = || of.lists.iter().filter(is_left);
        // Blocks match inside whom they match by their addresses: all of NetworkPolicy do.
        let by_address =
            matches!(side.lists.peer(rule.peer), PeerKey::Block(..)) && side.lists.fixed(rule.ports).is_some();
        // Rules about other ports have nothing to do with it; what isolates, whatever it allows beside, has.
        let meets = |applied: &&Applied| {
            let mut rules = of_list(applied).rules.iter();
            rules.any(|rule| {
                rule.action != Action::Allow || side.lists.fixed(rule.ports).is_none_or(|ports| ports.meets(&traffic))
            })
        };
        let policies = left().filter(|a| is_policy(a) && action(a) != Some(Action::Either));
        let policies = policies.filter(meets).map(applying).collect();
        let covers = |left: Vec<Applied>, by_address: bool| {
            let (row, outside) = self.rows_over(side, &left, of.ports, &without.ports);
            (blocks == Blocks::MatchNoPods || outside.covers(&alone_outside, &traffic))
                && (by_address || row.covers(&alone, &traffic, classes))
        };
        if covers(policies, by_address) {
            return Cover::Whole;
        }
        // Administrators may have allowed it before.
        let known = of.lists.iter().all(|applied| !applied.open && action(applied).is_some());
        match known && !of.lists.iter().all(is_policy) && covers(left().copied().collect(), false) {
            true => Cover::Whole,
            false => Cover::Part,
        }
    }

    /// What a part allows a subject by itself.
    fn rows_of_part(&self, side: &Side, subject: SubjectId, part: Allowed) -> (Row, OutsideRow) {
        let of = &side.subjects.all[subject.0 as usize];
        let list = &side.lists.all[part.list as usize];
        let of_list = |applied: &Applied| &side.lists.all[applied.list as usize];
        let isolates = |applied: &Applied| {
            let action = of_list(applied).rules.first().map(|rule| rule.action);
            of_list(applied).tier == NETWORK_POLICY && action == Some(Action::Deny)
        };
        let alone = of.lists.iter().filter(|a| isolates(a) || a.list == part.list).map(|applied| Applied {
            certain: applied.certain || of_list(applied).subject == list.subject,
            ..*applied
        });
        let alone: Vec<Applied> = alone.collect();
        let entries = list.rules.first().map_or(0, |rule| side.lists.ports(rule.ports).len());
        let is_other = |entry: &u32| part.entry.is_some_and(|of_part| of_part != *entry);
        let others: Vec<u32> = (0..crate::source::to_u32(entries)).filter(is_other).collect();
        let out: PortsOut = [(part.list, others)].into_iter().filter(|(_, others)| !others.is_empty()).collect();
        self.rows_over(side, &alone, of.ports, &out)
    }

    /// Whether the policies of administrators that come first surely decide all that a list of NetworkPolicy
    /// allows a subject; none: it allows nothing.
    pub(crate) fn is_decided_before(&self, direction: Direction, subject: SubjectId, list: u32) -> Option<bool> {
        let side = self.side(direction);
        let of = &side.subjects.all[subject.0 as usize];
        let of_list = |applied: &Applied| &side.lists.all[applied.list as usize];
        let action = |applied: &Applied| of_list(applied).rules.first().map(|rule| rule.action);
        let isolates = |a: &Applied| of_list(a).tier == NETWORK_POLICY && action(a) == Some(Action::Deny);
        let comes_first = |a: &Applied| of_list(a).tier < NETWORK_POLICY && a.certain && !a.open;
        let rows = |kept: &dyn Fn(&Applied) -> bool| {
            let lists = of.lists.iter().filter(|a| kept(a));
            // What is not known of the part itself makes no difference.
            let lists: Vec<Applied> = lists.map(|a| Applied { certain: true, ..*a }).collect();
            self.rows_over(side, &lists, of.ports, &PortsOut::default())
        };
        let (traffic, classes) = (TrafficSet::all_ports(), side.peers.len());
        let (alone, alone_outside) = rows(&|a| isolates(a) || a.list == list);
        if alone.allows_none(&traffic, classes) && alone_outside.allows_none(&traffic) {
            return None;
        }
        let (before, outside_before) = rows(&|a| comes_first(a) || isolates(a));
        let (with, outside_with) = rows(&|a| comes_first(a) || isolates(a) || a.list == list);
        let same = outside_before.covers(&outside_with, &traffic) && before.covers(&with, &traffic, classes);
        Some(same)
    }

    /// Of the subjects to which a list of administrators applies, or may, one of each that the policies of
    /// its tier tell apart.
    pub(crate) fn told_apart_in_tier(&self, direction: Direction, list: u32) -> Vec<SubjectId> {
        let side = self.side(direction);
        let tier = side.lists.all[list as usize].tier;
        let mut seen: IndexMap<(Box<[Applied]>, u32), (), foldhash::fast::RandomState> = IndexMap::default();
        let mut found = Vec::new();
        for (subject, id) in side.subjects.all.iter().zip(0..) {
            let of_tier = subject.lists.iter().filter(|a| side.lists.all[a.list as usize].tier == tier);
            let of_tier: Vec<Applied> = of_tier.copied().collect();
            let applies = of_tier.iter().any(|a| a.list == list);
            if applies && seen.insert_full((of_tier.into(), subject.ports), ()).1.is_none() {
                found.push(SubjectId(id));
            }
        }
        found
    }

    /// Whether a tier of administrators surely decides all connections of a subject as before without some
    /// rules of a list, where others are out already: what it accepts, denies and leaves to what comes after.
    pub(crate) fn cover_in_tier(
        &self,
        direction: Direction,
        subject: SubjectId,
        part: Ruled<'_>,
        out: &[(u32, usize)],
    ) -> Cover {
        let tier = self.in_tier(direction, subject, part);
        let nothing = tier.rows(&|list, at, _| part.has(list, at).then_some(Action::Deny));
        if tier.lets_through(&nothing) {
            return Cover::Nothing;
        }
        // What is denied is told from the rest by one, what is accepted by the other.
        let kept = |action| Some(action);
        let turned = |action| match action {
            Action::Allow => Some(Action::Deny),
            Action::Deny => Some(Action::Allow),
            other => Some(other),
        };
        let readings: [&dyn Fn(Action) -> Option<Action>; 2] = [&kept, &turned];
        let same = readings.into_iter().all(|read| {
            let is_out = |list, at| out.contains(&(list, at));
            let with = tier.rows(&|list, at, action| if is_out(list, at) { None } else { read(action) });
            let without = tier.rows(&|list, at, action| {
                if is_out(list, at) || part.has(list, at) { None } else { read(action) }
            });
            tier.is_same(&with, &without)
        });
        if same { Cover::Whole } else { Cover::Part }
    }

    /// Whether rules that come before surely decide all that some rules of a list of administrators are about.
    pub(crate) fn is_decided_in_tier(&self, direction: Direction, subject: SubjectId, part: Ruled<'_>) -> bool {
        let tier = self.in_tier(direction, subject, part);
        let first = part.rules.iter().copied().min().unwrap_or_default();
        let comes_first = |list, at| self.side(direction).comes_first((list, at), (part.list, first));
        let [accepted, denied] = [Action::Allow, Action::Deny].map(|forced| {
            tier.rows(&|list, at, action| match part.has(list, at) {
                true => Some(forced),
                false => comes_first(list, at).then_some(action),
            })
        });
        tier.is_same(&accepted, &denied)
    }

    fn in_tier<'e>(&'e self, direction: Direction, subject: SubjectId, part: Ruled<'_>) -> InTier<'e> {
        let side = self.side(direction);
        let of = &side.subjects.all[subject.0 as usize];
        let own = &side.lists.all[part.list as usize];
        let of_list = |applied: &Applied| &side.lists.all[applied.list as usize];
        // Where the part does not apply, it changes nothing: so it does, and whatever has its subject.
        let lists = of.lists.iter().filter(|a| of_list(a).tier == own.tier).map(|applied| Applied {
            certain: applied.surely() || of_list(applied).subject == own.subject,
            open: false,
            ..*applied
        });
        let traffic = may_be(side, part.rules.iter().flat_map(|at| side.lists.ports(own.rules[*at].ports)));
        InTier { engine: self, side, lists: lists.collect(), ports: of.ports, traffic }
    }

    /// Whether policies of a direction let every port through, with everybody.
    pub(crate) fn lets_all_through(&self, direction: Direction, subject: SubjectId) -> bool {
        let (side, all) = (self.side(direction), TrafficSet::all_ports());
        let row = side.row(subject, &self.cluster, &self.selectors);
        let outside = side.outside(subject, &self.cluster, &self.selectors);
        let mut planes = row.planes.iter().chain(outside.cells.iter().map(|(planes, _)| planes));
        planes.all(|planes| all.is_subset(&planes.must))
    }

    /// What the policies of a subject may let through with a class of peers.
    pub(crate) fn may_pass(&self, direction: Direction, subject: SubjectId, peer: super::PeerId) -> &TrafficSet {
        &self.side(direction).row(subject, &self.cluster, &self.selectors).planes(peer).may
    }

    fn rows_over(&self, side: &Side, lists: &[Applied], ports: u32, out: &PortsOut) -> (Row, OutsideRow) {
        if lists.is_empty() {
            return (Row::open(), OutsideRow::open());
        }
        self.rows_of(Cut::without(side, lists, ports, false, out, None))
    }

    fn rows_of(&self, cut: Cut<'_>) -> (Row, OutsideRow) {
        let outside = cut.outside();
        (cut.row(&self.selectors, &self.cluster, || &outside), outside)
    }
}

/// What a part's ports come to, names as all that they may be.
fn traffic_of_part(side: &Side, part: Allowed) -> TrafficSet {
    let Some(rule) = side.lists.all[part.list as usize].rules.first() else { return TrafficSet::empty() };
    let entries = side.lists.ports(rule.ports).iter().zip(0..);
    let of_part = entries.filter(|(_, at)| part.entry.is_none_or(|of_part| of_part == *at));
    may_be(side, of_part.map(|(port, _)| port))
}

/// All that ports may be: a name may have any number of its protocol.
fn may_be<'p>(side: &Side, ports: impl Iterator<Item = &'p PortKey>) -> TrafficSet {
    ports.fold(TrafficSet::empty(), |all, port| match port {
        PortKey::Set(set) => all.union(side.lists.traffic(*set)),
        PortKey::Named(protocol, _) => all.union(&TrafficSet::protocol(*protocol)),
    })
}

/// Some rules of a list of administrators, by their places there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ruled<'p> {
    pub(crate) list: u32,
    pub(crate) rules: &'p [usize],
}

impl Ruled<'_> {
    fn has(&self, list: u32, at: usize) -> bool {
        list == self.list && self.rules.contains(&at)
    }
}

/// What a tier of administrators says to a subject, of the traffic that some rules are about.
struct InTier<'e> {
    engine: &'e Engine,
    side: &'e Side,
    lists: Vec<Applied>,
    ports: u32,
    traffic: TrafficSet,
}

impl InTier<'_> {
    fn rows(&self, change: &Change<'_>) -> (Row, OutsideRow) {
        let cut = Cut::without(self.side, &self.lists, self.ports, false, &PortsOut::default(), Some(change));
        self.engine.rows_of(cut)
    }

    fn covers(&self, (row, outside): &(Row, OutsideRow), (other, other_outside): &(Row, OutsideRow)) -> bool {
        outside.covers(other_outside, &self.traffic) && row.covers(other, &self.traffic, self.side.peers.len())
    }

    fn lets_through(&self, rows: &(Row, OutsideRow)) -> bool {
        self.covers(rows, &(Row::open(), OutsideRow::open()))
    }

    /// Whether both surely say the same.
    fn is_same(&self, a: &(Row, OutsideRow), b: &(Row, OutsideRow)) -> bool {
        self.covers(a, b) && self.covers(b, a)
    }
}

impl Planes {
    /// Whether these surely let through what others may, of some traffic.
    fn covers(&self, other: &Self, traffic: &TrafficSet) -> bool {
        other.may.intersection(traffic).is_subset(&self.must)
    }
}

impl Row {
    fn of(&self, class: u32) -> &Planes {
        &self.planes[self.number(class) as usize]
    }

    /// Whether it lets nothing of some traffic through, with any class.
    fn allows_none(&self, traffic: &TrafficSet, classes: usize) -> bool {
        let none = |planes: &Planes| !planes.may.meets(traffic);
        let count = self.exceptions().count();
        (count == classes || none(&self.planes[0])) && self.exceptions().all(|(class, _)| none(self.of(class)))
    }

    /// Whether it surely lets through what another one may, of some traffic and with every class.
    fn covers(&self, other: &Self, traffic: &TrafficSet, classes: usize) -> bool {
        let covers = |class| self.of(class).covers(other.of(class), traffic);
        if self.planes[0].covers(&other.planes[0], traffic) {
            // Only exceptions can differ.
            return self.exceptions().chain(other.exceptions()).all(|(class, _)| covers(class));
        }
        (0..crate::source::to_u32(classes)).all(covers)
    }
}

impl OutsideRow {
    fn allows_none(&self, traffic: &TrafficSet) -> bool {
        self.cells.iter().all(|(planes, _)| !planes.may.meets(traffic))
    }

    fn covers(&self, other: &Self, traffic: &TrafficSet) -> bool {
        let mut pairs = self.cells.iter().flat_map(|own| other.cells.iter().map(move |other| (own, other)));
        pairs.all(|((own, here), (other, there))| own.covers(other, traffic) || !here.meets(there))
    }
}
