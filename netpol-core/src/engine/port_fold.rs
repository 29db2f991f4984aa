//! Named ports, projected to the names that rules use.

use super::lists::Lists;
use crate::model::{NamedPort, PortSetId};
use crate::set::Protocol;
use crate::sorted::Arrange;
use crate::symbol::Symbol;
use indexmap::IndexSet;
use std::collections::HashSet;

/// Named ports, ascending.
type NumberedPorts = Box<[(Protocol, Symbol, u16)]>;

#[derive(Clone, Debug, Default)]
pub(super) struct PortFold {
    names: HashSet<(Protocol, Symbol), foldhash::fast::RandomState>,
    sets: IndexSet<NumberedPorts, foldhash::fast::RandomState>,
    /// By the cluster's port set.
    known: Vec<Option<u32>>,
}

impl PortFold {
    pub(super) fn new(lists: &Lists) -> Self {
        Self { names: lists.port_names().collect(), ..Self::default() }
    }

    /// The projection of a port set.
    pub(super) fn project(&mut self, id: PortSetId, ports: &[NamedPort]) -> u32 {
        if self.known.len() <= id.index() {
            self.known.resize(id.index() + 1, None);
        }
        if let Some(known) = self.known[id.index()] {
            return known;
        }
        let used = ports.iter().filter(|p| p.of_rules && self.names.contains(&(p.protocol, p.name)));
        let mut kept: Vec<(Protocol, Symbol, u16)> = used.map(|p| (p.protocol, p.name, p.port)).collect();
        kept.arrange_fast();
        kept.dedup();
        let set = crate::source::to_u32(self.sets.insert_full(kept.into()).0);
        self.known[id.index()] = Some(set);
        set
    }

    pub(super) fn len(&self) -> usize {
        self.sets.len()
    }

    /// The names of a projection with their numbers.
    pub(super) fn content(&self, set: u32) -> &[(Protocol, Symbol, u16)] {
        self.sets.get_index(set as usize).map_or(&[], |set| set)
    }

    /// The numbers that a name has, ascending.
    pub(super) fn numbers(&self, set: u32, protocol: Protocol, name: Symbol) -> Vec<u16> {
        let ports = self.sets[set as usize].iter();
        ports.filter(|(p, n, _)| *p == protocol && *n == name).map(|(.., number)| *number).collect()
    }
}
