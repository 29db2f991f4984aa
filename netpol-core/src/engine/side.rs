//! One direction, compiled: its lists, its subjects and its peers.

use super::class_set::ClassSet;
use super::cut::Cut;
use super::lists::{CompiledList, Lists, PeerKey};
use super::matching::Party;
use super::peers::{PeerId, Peers};
use super::row::{OutsideRow, Row};
use super::subjects::{Applied, Subject, SubjectId, Subjects};
use super::worlds::{World, assignments};
use crate::ir::{Direction, NamespaceMatch, PolicyIr};
use crate::model::{Cluster, EndpointId};
use crate::profile::Profile;
use crate::selector::{Match, SelectorId, Selectors};
use crate::set::{AddressSet, Family};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use crate::symbol::Symbol;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

/// A factor of the verdict: for each subject and each peer, what its policies allow.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    pub(super) direction: Direction,
    pub(super) lists: Lists,
    pub(super) subjects: Subjects,
    pub(super) peers: Peers,
}

impl Side {
    pub(super) fn compile(
        cluster: &Cluster,
        selectors: &Selectors,
        ir: &PolicyIr,
        profile: &Profile,
        direction: Direction,
    ) -> Self {
        let mut lists = Lists::compile(ir.chain(direction));
        let subjects = Subjects::fold(cluster, selectors, &lists, direction);
        let peers = Peers::fold(cluster, profile, selectors, &mut lists, direction);
        Self { direction, lists, subjects, peers }
    }

    /// The subject that a pod is; none on the host's network, where no policy applies.
    pub(crate) fn subject(&self, endpoint: EndpointId) -> Option<SubjectId> {
        self.subjects.of(endpoint)
    }

    /// The class of a peer; none for an address outside, and where it has no such family.
    pub(crate) fn peer(&self, party: Party, family: Family) -> Option<PeerId> {
        self.peers.of(party, family)
    }

    /// Whether a policy applies to a subject at all.
    pub(crate) fn is_policed(&self, subject: SubjectId) -> bool {
        !self.subjects.all[subject.0 as usize].lists.is_empty()
    }

    /// The lists that apply to a pod, or may.
    pub(super) fn applied(&self, pod: EndpointId) -> impl Iterator<Item = (&CompiledList, Applied)> {
        let subject = self.subjects.of(pod).map(|s| &self.subjects.all[s.0 as usize]);
        let applied = subject.into_iter().flat_map(|s| s.lists.iter());
        applied.map(|applied| (&self.lists.all[applied.list as usize], *applied))
    }

    /// The lists that apply to a subject, by their number in the chain, and whether each surely does.
    pub(crate) fn applied_to(&self, subject: SubjectId) -> impl Iterator<Item = (usize, bool)> + '_ {
        self.subjects.all[subject.0 as usize].lists.iter().map(|a| (a.list as usize, a.surely()))
    }

    /// Whether labels of its namespace that are not known tell which policies apply to a pod.
    pub(super) fn is_open(&self, pod: EndpointId) -> bool {
        self.subjects.of(pod).is_some_and(|subject| self.subjects.all[subject.0 as usize].is_open())
    }

    /// The lists that apply to a subject in each of the cases of what is not known of its namespace.
    fn alternatives(&self, subject: &Subject, cluster: &Cluster, selectors: &Selectors) -> Vec<Vec<Applied>> {
        // A namespace that is not in the input is known by its name alone, and that fits.
        let name = cluster.symbols.find(crate::model::METADATA_NAME);
        let requirements =
            |selector: SelectorId| selectors.get(selector).requirements.iter().filter(move |r| Some(r.key()) != name);
        let selector = |applied: &Applied| match self.lists.all[applied.list as usize].subject.namespaces {
            NamespaceMatch::Selected(selector) if applied.open => Some(selector),
            _ => None,
        };
        let any = crate::model::NamespaceId::of(0);
        let mut unknown: SortedMap<(_, Symbol), SortedSet<Symbol>> = SortedMap::new();
        for requirement in subject.lists.iter().filter_map(selector).flat_map(requirements) {
            unknown.entry((any, requirement.key())).or_default().extend(requirement.values().iter().copied());
        }
        let in_world = |world: &World| {
            let applied = subject.lists.iter().filter_map(|applied| {
                let Some(selector) = selector(applied) else { return Some(*applied) };
                let holds = requirements(selector).map(|r| r.holds(world.label(any, r.key())));
                let certain = match holds.fold(Match::Yes, Match::and) {
                    Match::No => return None,
                    found => applied.certain && found == Match::Yes,
                };
                Some(Applied { list: applied.list, certain, open: false })
            });
            applied.collect::<Vec<Applied>>()
        };
        let mut cases: Vec<Vec<Applied>> = assignments(unknown).iter().map(in_world).collect();
        cases.arrange_fast();
        cases.dedup();
        cases
    }

    /// The address blocks that the rules of a subject name.
    pub(crate) fn blocks_of(&self, subject: SubjectId) -> impl Iterator<Item = &AddressSet> {
        let lists = self.subjects.all[subject.0 as usize].lists.iter();
        let rules = lists.flat_map(|applied| self.lists.all[applied.list as usize].rules.iter());
        rules.filter_map(|rule| match self.lists.peer(rule.peer) {
            PeerKey::Block(block, _) => Some(&**self.lists.blocks.get(*block)),
            _ => None,
        })
    }

    /// The classes that a rule of a list surely matches, those that it may, and whether more depends on
    /// labels of namespaces that are not known.
    pub(crate) fn classes_of(&self, list: u32, rule: usize) -> (&ClassSet, &ClassSet, bool) {
        let sets = &self.peers.sets[self.lists.all[list as usize].rules[rule].peer as usize];
        (&sets.must, &sets.maybe, !sets.open.is_empty())
    }

    /// Beside these, the classes whose address is not one known address, and may be in the block that a
    /// rule of a list means.
    pub(crate) fn maybe_in_block(&self, list: u32, rule: usize) -> Vec<u32> {
        match self.lists.peer(self.lists.all[list as usize].rules[rule].peer) {
            PeerKey::Block(block, inside) => {
                let classes = self.peers.maybe_in(self.lists.blocks.get(*block));
                classes.filter(|class| inside.holds(self.peers.is_pod(*class))).collect()
            }
            _ => Vec::new(),
        }
    }

    pub(crate) fn subject_count(&self) -> usize {
        self.subjects.all.len()
    }

    pub(crate) fn peer_count(&self) -> usize {
        self.peers.len()
    }

    /// What a subject's policies say of every class of peers. Computed when first asked for.
    pub(crate) fn row(&self, subject: SubjectId, cluster: &Cluster, selectors: &Selectors) -> &Arc<Row> {
        let subject = &self.subjects.all[subject.0 as usize];
        subject.row.get_or_init(|| {
            if subject.lists.is_empty() {
                return Arc::new(Row::open());
            }
            if subject.is_open() {
                let cases = self.alternatives(subject, cluster, selectors);
                let rows: Vec<Row> =
                    cases.iter().map(|lists| self.row_over(lists, subject.ports, false, cluster, selectors)).collect();
                return Arc::new(Row::join(&rows, self.peers.len()));
            }
            let cut = Cut::new(self, &subject.lists, subject.ports, false);
            // What only an address tells from the outside is read off the row over addresses.
            Arc::new(cut.row(selectors, cluster, || &**subject.outside.get_or_init(|| Arc::new(cut.outside()))))
        })
    }

    /// The row of a subject with these lists.
    fn row_over(&self, lists: &[Applied], ports: u32, own_node: bool, cluster: &Cluster, selectors: &Selectors) -> Row {
        if lists.is_empty() {
            return Row::open();
        }
        let cut = Cut::new(self, lists, ports, own_node);
        let outside = std::cell::OnceCell::new();
        cut.row(selectors, cluster, || outside.get_or_init(|| cut.outside()))
    }

    /// Whether a policy that may apply to a subject judges what its own node sends and gets.
    pub(super) fn judges_own_node(&self, subject: SubjectId) -> bool {
        let mut lists = self.subjects.all[subject.0 as usize].lists.iter();
        lists.any(|applied| self.lists.tiers[self.lists.all[applied.list as usize].tier].judges_own_node)
    }

    /// What is said of the traffic of a pod with its own node, where no tier that does not judge it
    /// denies it.
    pub(super) fn own_node_row(&self, subject: SubjectId, cluster: &Cluster, selectors: &Selectors) -> &Arc<Row> {
        let subject = &self.subjects.all[subject.0 as usize];
        subject.own_node.get_or_init(|| {
            let judges =
                |applied: &Applied| self.lists.tiers[self.lists.all[applied.list as usize].tier].judges_own_node;
            if !subject.lists.iter().any(judges) {
                return Arc::new(Row::open());
            }
            let cases = match subject.is_open() {
                true => self.alternatives(subject, cluster, selectors),
                false => vec![subject.lists.to_vec()],
            };
            let rows = cases.iter().map(|lists| self.row_over(lists, subject.ports, true, cluster, selectors));
            Arc::new(Row::join(&rows.collect::<Vec<Row>>(), self.peers.len()))
        })
    }

    /// Takes over the rows of subjects to which the same lists apply as before an edit. A row over
    /// classes is good as long as the classes have the same members.
    pub(super) fn adopt(&mut self, old: &Self) {
        let same_peers = self.peers.is_same_partition(&old.peers);
        type Key<'s> = (Vec<(u32, u32, bool, bool)>, &'s [(crate::set::Protocol, crate::symbol::Symbol, u16)]);
        fn key<'s>(side: &'s Side, subject: &Subject) -> Key<'s> {
            let lists = subject.lists.iter().map(|applied| {
                let (policy, number) = side.lists.all[applied.list as usize].identity;
                (policy, number, applied.certain, applied.open)
            });
            let by_name = matches!(side.direction, Direction::Ingress);
            (lists.collect(), if by_name { side.subjects.ports.content(subject.ports) } else { &[] })
        }
        let known: HashMap<Key<'_>, &Subject, foldhash::fast::RandomState> =
            old.subjects.all.iter().map(|subject| (key(old, subject), subject)).collect();
        let found: Vec<Option<&Subject>> =
            self.subjects.all.iter().map(|subject| known.get(&key(self, subject)).copied()).collect();
        for (subject, old) in self.subjects.all.iter_mut().zip(found) {
            let Some(old) = old.filter(|old| !old.lists.is_empty()) else { continue };
            subject.outside = old.outside.clone();
            subject.adopted[1] = old.outside.get().is_some();
            if same_peers {
                subject.row = old.row.clone();
                subject.adopted[0] = old.row.get().is_some();
            }
        }
    }

    /// Computes every row that was not asked for yet.
    pub(super) fn compile_rows(&self, cluster: &Cluster, selectors: &Selectors) {
        let compute = |subject: usize| {
            let subject = SubjectId(crate::source::to_u32(subject));
            let of = &self.subjects.all[subject.0 as usize];
            if !of.lists.is_empty() && !of.is_open() && of.row.get().is_none() {
                // Both rows are read off the same pieces.
                let cut = Cut::new(self, &of.lists, of.ports, false);
                let outside = || &**of.outside.get_or_init(|| Arc::new(cut.outside()));
                outside();
                of.row.get_or_init(|| Arc::new(cut.row(selectors, cluster, outside)));
            }
            self.row(subject, cluster, selectors);
            self.outside(subject, cluster, selectors);
        };
        #[cfg(feature = "parallel")]
        {
            use rayon::prelude::*;
            (0..self.subject_count()).into_par_iter().with_min_len(16).for_each(compute);
        }
        #[cfg(not(feature = "parallel"))]
        (0..self.subject_count()).for_each(compute);
    }

    /// What a subject's policies say of every address outside.
    pub(crate) fn outside(&self, subject: SubjectId, cluster: &Cluster, selectors: &Selectors) -> &Arc<OutsideRow> {
        let subject = &self.subjects.all[subject.0 as usize];
        subject.outside.get_or_init(|| {
            let over = |lists: &[Applied]| match lists.is_empty() {
                true => OutsideRow::open(),
                false => Cut::new(self, lists, subject.ports, false).outside(),
            };
            if subject.is_open() {
                let cases = self.alternatives(subject, cluster, selectors);
                return Arc::new(OutsideRow::join(&cases.iter().map(|lists| over(lists)).collect::<Vec<_>>()));
            }
            Arc::new(over(&subject.lists))
        })
    }
}

impl Row {
    /// What must be allowed and what may be, towards a class.
    pub(super) fn planes(&self, peer: PeerId) -> &super::Planes {
        &self.planes[self.number(peer.0) as usize]
    }
}

impl OutsideRow {
    /// What must be allowed and what may be, towards an address.
    pub(super) fn planes(&self, address: IpAddr) -> super::Planes {
        let cell = self.cells.iter().find(|(_, addresses)| addresses.contains(address));
        cell.map_or_else(super::Planes::default, |(planes, _)| planes.clone())
    }

    /// The addresses of a set, by their planes.
    pub(crate) fn by_address(&self, space: &AddressSet) -> impl Iterator<Item = (&super::Planes, AddressSet)> {
        let cut = self.cells.iter().map(|(planes, addresses)| (planes, addresses.intersection(space)));
        cut.filter(|(_, addresses)| !addresses.is_empty())
    }
}
