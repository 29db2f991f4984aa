//! One connection that a list of NetworkPolicy allows and no other one may: then nothing covers the list,
//! and no row has to be evaluated to know it.

use super::lists::{CompiledRule, PeerKey};
use super::subjects::SubjectId;
use super::without::{Allowed, Without};
use super::{Engine, Side};
use crate::ir::{Action, Direction};
use crate::policy::NETWORK_POLICY;
use crate::sorted::Arrange;
use std::net::IpAddr;

/// The lists of NetworkPolicy that apply to a subject, by what they may allow.
pub(crate) struct Witnesses {
    /// Those that allow one port, by the port.
    of_port: Vec<(u32, u32)>,
    /// Those that allow more, or what a name means.
    of_ports: Vec<u32>,
    /// Those that match few classes, by each of them.
    of_class: Vec<(u32, u32)>,
    /// Those that match more.
    of_classes: Vec<u32>,
}

/// So many classes are few.
const FEW: usize = 8;

/// With whom.
#[derive(Clone, Copy)]
enum Whom {
    Class(u32),
    Outside(IpAddr),
}

/// The lists of a key.
fn of(all: &[(u32, u32)], key: u32) -> &[(u32, u32)] {
    let from = all.partition_point(|(k, _)| *k < key);
    &all[from..from + all[from..].partition_point(|(k, _)| *k == key)]
}

impl Side {
    /// Whether a rule may match somebody.
    fn may_match(&self, rule: &CompiledRule, whom: Whom) -> bool {
        let (peer, sets) = (self.lists.peer(rule.peer), &self.peers.sets[rule.peer as usize]);
        match (peer, whom) {
            (PeerKey::Any, _) => true,
            (PeerKey::Block(block, _), Whom::Outside(address)) => self.lists.blocks.get(*block).contains(address),
            (_, Whom::Outside(_)) => false,
            (_, Whom::Class(class)) => {
                let floats = |block: &u32| self.peers.maybe_in(self.lists.blocks.get(*block)).any(|c| c == class);
                let in_block = matches!(peer, PeerKey::Block(block, _) if floats(block));
                in_block || !sets.open.is_empty() || sets.must.contains(class) || sets.maybe.contains(class)
            }
        }
    }

    /// The classes that a rule may match; none: many.
    fn few_classes(&self, rule: &CompiledRule) -> Option<Vec<u32>> {
        let (sets, all) = (&self.peers.sets[rule.peer as usize], self.peers.len());
        let floating = match self.lists.peer(rule.peer) {
            PeerKey::Any => return None,
            PeerKey::Block(block, _) => Some(self.peers.maybe_in(self.lists.blocks.get(*block))),
            _ => None,
        };
        let classes = sets.must.iter(all).chain(sets.maybe.iter(all)).chain(floating.into_iter().flatten());
        let classes: Vec<u32> = classes.take(FEW + 1).collect();
        (sets.open.is_empty() && classes.len() <= FEW).then_some(classes)
    }
}

impl Engine {
    /// Of a subject to which NetworkPolicies alone apply.
    pub(crate) fn witnesses(&self, direction: Direction, subject: SubjectId) -> Option<Witnesses> {
        let side = self.side(direction);
        let lists = &side.subjects.all[subject.0 as usize].lists;
        let mut found =
            Witnesses { of_port: Vec::new(), of_ports: Vec::new(), of_class: Vec::new(), of_classes: Vec::new() };
        for applied in lists {
            let list = &side.lists.all[applied.list as usize];
            if list.tier != NETWORK_POLICY {
                return None;
            }
            let Some(rule) = list.rules.first().filter(|rule| rule.action == Action::Allow) else { continue };
            match side.lists.fixed(rule.ports).map(|traffic| traffic.intervals()) {
                Some([(low, high)]) if low == high => found.of_port.push((*low, applied.list)),
                _ => found.of_ports.push(applied.list),
            }
            match side.few_classes(rule) {
                Some(classes) => found.of_class.extend(classes.into_iter().map(|class| (class, applied.list))),
                None => found.of_classes.push(applied.list),
            }
        }
        found.of_port.arrange_fast();
        found.of_class.arrange_fast();
        Some(found)
    }

    /// Whether a part surely allows a connection that no list may that is left, as far as one connection
    /// tells; and how many lists were looked at.
    pub(crate) fn stands_alone(
        &self,
        direction: Direction,
        witnesses: &Witnesses,
        part: Allowed,
        without: &Without,
    ) -> (bool, usize) {
        let side = self.side(direction);
        let Some(rule) = side.lists.all[part.list as usize].rules.first() else { return (false, 0) };
        let whom = match side.lists.peer(rule.peer) {
            PeerKey::Block(block, _) => {
                side.lists.blocks.get(*block).ranges().first().map(|(low, _)| Whom::Outside(*low))
            }
            PeerKey::Pods(..) => {
                side.peers.sets[rule.peer as usize].must.iter(side.peers.len()).next().map(Whom::Class)
            }
            _ => None,
        };
        let traffic = side.lists.fixed(rule.ports).filter(|_| part.entry.is_none());
        let Some((whom, (port, _))) = whom.zip(traffic.and_then(|traffic| traffic.intervals().first())) else {
            return (false, 0);
        };
        let by_port = (of(&witnesses.of_port, *port), &witnesses.of_ports);
        let (few, many) = match whom {
            Whom::Outside(_) => by_port,
            Whom::Class(class) => {
                let by_class = (of(&witnesses.of_class, class), &witnesses.of_classes);
                let size = |(few, many): &(&[_], &Vec<_>)| few.len() + many.len();
                if size(&by_class) < size(&by_port) { by_class } else { by_port }
            }
        };
        let allows = |list: u32| {
            let Some(rule) = side.lists.all[list as usize].rules.first() else { return false };
            let ports = side.lists.fixed(rule.ports);
            list != part.list
                && ports.is_none_or(|ports| ports.intervals().iter().any(|(low, high)| (low..=high).contains(&port)))
                && side.may_match(rule, whom)
                && !without.lists.contains(&list)
        };
        let mut others = few.iter().map(|(_, list)| *list).chain(many.iter().copied());
        (!others.any(allows), few.len() + many.len())
    }
}
