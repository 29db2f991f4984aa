//! Every pair of two ends, held against what is expected of it.
//!
//! The verdicts are those of [`check`](super::check): classes that nothing loaded can tell apart are
//! asked once, and pairs are counted through their members. A pod to its own address is left out; where it
//! comes back to itself through a Service or a port of a node, the pair counts.

use super::answer::{DirectionAnswer, Part, Question, Relation, Verdict};
use super::check::{Asking, ways};
use super::fold::{Class, Members};
use super::notes::Notes;
use super::port::PortExpr;
use super::resolve::{Group, QueryError, QueryProblem};
use crate::engine::Engine;
use crate::model::{EndpointId, EndpointKind, NodeId, ServiceId};
use crate::path::Way;
use crate::sorted::SortedMap;
use fixedbitset::FixedBitSet;
use indexmap::IndexSet;

/// More pairs of classes than this are not asked for their reasons in one test.
const MOST_TRACED: usize = 200_000;

/// More than this are not asked for their verdicts.
const MOST_PAIRS: usize = 4_000_000;

/// One end of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum PairEnd {
    Pod(EndpointId),
    Node(NodeId),
    /// The addresses, or the domain name, that were asked for.
    Outside,
    /// A Service that leads to nobody.
    Service(ServiceId),
}

/// What is asked of each pair.
pub(crate) struct Judging<'a> {
    pub(crate) question: &'a Question,
    pub(crate) port: &'a PortExpr,
    /// Whether reasons are looked at, and not only verdicts.
    pub(crate) trace: bool,
    /// Whether a connection, by its verdict and those of its directions, is as expected.
    pub(crate) is_met: &'a dyn Fn(Verdict, &DirectionAnswer, &DirectionAnswer) -> bool,
    /// Is told of every connection that is looked at, where reasons are.
    pub(crate) each: &'a mut dyn FnMut(Verdict, &DirectionAnswer, &DirectionAnswer),
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct JudgedPairs {
    /// Pairs that were looked at.
    pub(crate) pairs: usize,
    /// Pairs that are not as expected.
    pub(crate) failed: usize,
    /// Pods with their own addresses, left out.
    pub(crate) itself: usize,
    /// A pair that is not as expected, by its ends.
    pub(crate) witness: Option<(PairEnd, PairEnd)>,
}

/// The pairs of one class of sources on one way.
#[derive(Clone)]
struct Row {
    asked: FixedBitSet,
    failed: FixedBitSet,
    /// The same for a source that is the target itself, where it comes back on the way.
    own_asked: FixedBitSet,
    own_failed: FixedBitSet,
}

impl Row {
    fn new(width: usize) -> Self {
        let none = || FixedBitSet::with_capacity(width);
        Self { asked: none(), failed: none(), own_asked: none(), own_failed: none() }
    }

    /// Takes in another row of the same source.
    fn union_with(&mut self, other: &Self) {
        for (all, more) in [
            (&mut self.asked, &other.asked),
            (&mut self.failed, &other.failed),
            (&mut self.own_asked, &other.own_asked),
            (&mut self.own_failed, &other.own_failed),
        ] {
            all.grow(more.len());
            all.union_with(more);
        }
    }
}

/// Holds every pair against what is expected.
pub(crate) fn judge(
    engine: &Engine,
    from: &Group,
    to: &Group,
    judging: &mut Judging<'_>,
) -> Result<JudgedPairs, QueryError> {
    let question = judging.question;
    if !from.services.is_empty() && from.is_empty() {
        return Err(QueryError::new(QueryProblem::ServiceAsSource).with("found", &question.from));
    }
    if !is_inside(from) && !is_inside(to) {
        let found = format!("{} → {}", question.from, question.to);
        return Err(QueryError::new(QueryProblem::OutsideToOutside).with("found", found));
    }
    let ways = ways(engine, from, to, judging.port, question, &mut Notes::default())?;
    let mut table = Table::default();
    for way in &ways {
        table.way(engine, way, judging)?;
    }
    Ok(table.counted(engine))
}

fn is_inside(group: &Group) -> bool {
    !(group.endpoints.is_empty() && group.nodes.is_empty() && group.services.is_empty())
}

#[derive(Default)]
struct Table {
    sources: IndexSet<PairEnd>,
    targets: IndexSet<PairEnd>,
    rows: Vec<Row>,
    /// Of each source, its rows.
    rows_of: SortedMap<usize, Vec<usize>>,
}

impl Table {
    fn way(&mut self, engine: &Engine, way: &Way, judging: &mut Judging<'_>) -> Result<(), QueryError> {
        let asking = Asking { engine, from: &way.from, way };
        if let Some(part) = asking.early_end() {
            self.ended(engine, way, &part, judging);
            return Ok(());
        }
        let (sources, targets) = asking.classes();
        let cells = sources.len().saturating_mul(targets.len());
        let limit = if judging.trace { MOST_TRACED } else { MOST_PAIRS };
        if cells > limit {
            return Err(QueryError::too_many_pairs(cells, limit));
        }
        let columns: Vec<Vec<usize>> = targets.iter().map(|class| self.columns(class)).collect();
        let width = self.targets.len();
        for source in &sources {
            let mut row = Row::new(width);
            for (target, columns) in targets.iter().zip(&columns) {
                self.cell(&asking, (source, target), columns, &mut row, judging);
            }
            self.add_row(source, row);
        }
        Ok(())
    }

    /// The pairs of two classes.
    fn cell(
        &self,
        asking: &Asking<'_>,
        (source, target): (&Class, &Class),
        columns: &[usize],
        row: &mut Row,
        judging: &mut Judging<'_>,
    ) {
        let (itself, others) = asking.itself_and_others(source, target);
        let comes_back = comes_back(asking.way);
        if !others && !comes_back {
            // A pod and itself: the pair is known, and left out when pairs are counted.
            columns.iter().for_each(|at| row.asked.insert(*at));
            return;
        }
        let (mut asked, mut failed, mut own_failed) = (false, false, false);
        for (key, _) in asking.cell(source, target, judging.trace) {
            let own = itself && (!others || key.relation == Some(Relation::Itself));
            if own && !comes_back {
                continue;
            }
            let bad = !(judging.is_met)(key.verdict, &key.egress, &key.ingress);
            asked |= !own;
            failed |= !own && bad;
            own_failed |= own && bad;
            if judging.trace {
                (judging.each)(key.verdict, &key.egress, &key.ingress);
            }
        }
        for at in columns {
            // What another class of the same end has come to stays.
            row.asked.set(*at, asked || itself && comes_back || row.asked.contains(*at));
            row.failed.set(*at, failed || row.failed.contains(*at));
            row.own_asked.set(*at, itself && comes_back || row.own_asked.contains(*at));
            row.own_failed.set(*at, own_failed || row.own_failed.contains(*at));
        }
    }

    fn ended(&mut self, engine: &Engine, way: &Way, part: &Part, judging: &mut Judging<'_>) {
        let failed = !(judging.is_met)(part.verdict, &part.egress, &part.ingress);
        let mut columns: Vec<usize> = Vec::new();
        for class in engine.fold(&way.to, &[], false) {
            columns.extend(self.columns(&class));
        }
        columns.extend(way.to.services.iter().map(|id| self.targets.insert_full(PairEnd::Service(*id)).0));
        let mut row = Row::new(self.targets.len());
        for at in columns {
            row.asked.insert(at);
            row.failed.set(at, failed);
            row.own_asked.insert(at);
            row.own_failed.set(at, failed);
        }
        for class in engine.fold(&way.from, &[], false) {
            self.add_row(&class, row.clone());
        }
    }

    fn add_row(&mut self, source: &Class, row: Row) {
        let number = self.rows.len();
        self.rows.push(row);
        for end in ends(source) {
            let source = self.sources.insert_full(end).0;
            self.rows_of.entry(source).or_default().push(number);
        }
    }

    fn columns(&mut self, class: &Class) -> Vec<usize> {
        ends(class).into_iter().map(|end| self.targets.insert_full(end).0).collect()
    }

    /// Counts the pairs, sources with the same rows at once.
    fn counted(&self, engine: &Engine) -> JudgedPairs {
        let mut alike: SortedMap<&Vec<usize>, Vec<usize>> = SortedMap::new();
        for (source, rows) in self.rows_of.iter() {
            alike.entry(rows).or_default().push(*source);
        }
        let mut found = JudgedPairs::default();
        let mut first: Option<(bool, PairEnd, PairEnd)> = None;
        for (rows, sources) in alike {
            let mut row = Row::new(0);
            rows.iter().filter_map(|number| self.rows.get(*number)).for_each(|other| row.union_with(other));
            let (every, bad) = (row.asked.count_ones(..), row.failed.count_ones(..));
            for source in sources {
                let end = self.sources.get_index(source).copied();
                let own = end.filter(|end| matches!(end, PairEnd::Pod(_)));
                let own = own.and_then(|end| self.targets.get_index_of(&end)).filter(|at| row.asked.contains(*at));
                let among_bad = own.is_some_and(|at| row.failed.contains(at));
                // Of several pods that are one here, each has to do with the others too.
                let many = matches!(end, Some(PairEnd::Pod(id)) if engine.is_many(id));
                let own_bad = own.is_some_and(|at| row.own_failed.contains(at)) || many && among_bad;
                let left_out = !many && own.is_some_and(|at| !row.own_asked.contains(at));
                found.itself += usize::from(left_out);
                found.pairs += every - usize::from(left_out);
                found.failed += bad - usize::from(among_bad) + usize::from(own_bad);
                // Somebody who could exist says most; those with few labels come first.
                let assumed = matches!(end, Some(PairEnd::Pod(id)) if is_hypothetical(engine, id));
                let others = row.failed.ones().filter(|at| Some(*at) != own);
                let targets = others.chain(own.filter(|_| own_bad));
                let target = targets.filter_map(|at| self.targets.get_index(at)).min();
                if let (Some(source), Some(target)) = (end, target) {
                    let pair = (!assumed, source, *target);
                    first = Some(first.map_or(pair, |known| known.min(pair)));
                }
            }
        }
        found.witness = first.map(|(_, source, target)| (source, target));
        found
    }
}

fn is_hypothetical(engine: &Engine, id: EndpointId) -> bool {
    engine.cluster.endpoint(id).kind == EndpointKind::Hypothetical
}

/// Whether a pod can come back to itself on a way other than by its own address, on which it always reaches
/// itself.
fn comes_back(way: &Way) -> bool {
    way.translated || way.doubt.is_some()
}

/// The ends of a class.
fn ends(class: &Class) -> Vec<PairEnd> {
    match &class.members {
        Members::Endpoints(ids) => ids.iter().map(|id| PairEnd::Pod(*id)).collect(),
        Members::Node(id) => vec![PairEnd::Node(*id)],
        Members::Addresses(_) | Members::Name(_) => vec![PairEnd::Outside],
    }
}

/// One end alone, of the group that it is of.
pub(crate) fn alone(end: PairEnd, group: &Group) -> Group {
    let families = group.families.clone();
    match end {
        PairEnd::Pod(id) => Group { endpoints: vec![id], families, ..Group::default() },
        PairEnd::Node(id) => Group { nodes: vec![id], families, ..Group::default() },
        PairEnd::Outside => {
            let Group { addresses, name, world, .. } = group.clone();
            Group { addresses, name, world, families, ..Group::default() }
        }
        PairEnd::Service(_) => group.clone(),
    }
}
