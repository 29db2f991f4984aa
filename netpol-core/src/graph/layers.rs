//! In which column a card stands: after those that open connections to it.

use super::picture::{Arrow, End, Picture};
use crate::sorted::SortedSet;
use petgraph::algo::{greedy_feedback_arc_set, has_path_connecting, toposort};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

/// More columns than this are too wide for a page.
const MOST_COLUMNS: usize = 4;

/// A layer of fewer cards than this is one column.
const LEAST_TO_SPLIT: usize = 9;

/// A frame whose columns have more cards than this gets more columns.
const GOOD_HEIGHT: usize = 4;

/// The column of each card, from 0; the outside has none of its own.
pub(super) fn columns(picture: &Picture) -> Vec<usize> {
    let is_inside = |card: &usize| !picture.frames[picture.cards[*card].frame].outside;
    let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(picture.cards.len(), picture.arrows.len());
    for _ in &picture.cards {
        graph.add_node(());
    }
    let single = |end| matches!(end, End::Card(_));
    let (own, shared): (Vec<&Arrow>, Vec<&Arrow>) = picture.arrows.iter().partition(|a| single(a.from) && single(a.to));
    let pairs = |arrow: &Arrow| -> Vec<(usize, usize)> {
        let inside = |end| picture.cards_of(end).into_iter().filter(is_inside).collect::<Vec<usize>>();
        let to = inside(arrow.to);
        inside(arrow.from).into_iter().flat_map(|a| to.iter().map(move |b| (a, *b))).filter(|(a, b)| a != b).collect()
    };
    for (from, to) in own.into_iter().flat_map(pairs) {
        graph.update_edge(NodeIndex::new(from), NodeIndex::new(to), ());
    }
    // Without the few edges that close circles, the rest has an order.
    let back: SortedSet<_> = greedy_feedback_arc_set(&graph).map(|e| e.id()).collect();
    let mut forward = graph.filter_map(|_, ()| Some(()), |id, ()| (!back.contains(&id)).then_some(()));
    // What holds for a whole frame says less about the order of its cards, and comes second.
    for arrow in shared {
        let pairs = pairs(arrow);
        let closes = |(from, to): &(usize, usize)| {
            has_path_connecting(&forward, NodeIndex::new(*to), NodeIndex::new(*from), None)
        };
        if !pairs.iter().any(closes) {
            for (from, to) in pairs {
                forward.update_edge(NodeIndex::new(from), NodeIndex::new(to), ());
            }
        }
    }
    let mut columns = vec![0; picture.cards.len()];
    for node in toposort(&forward, None).unwrap_or_default() {
        for edge in forward.edges(node) {
            let next = (columns[node.index()] + 1).min(MOST_COLUMNS - 1);
            let column = &mut columns[edge.target().index()];
            *column = next.max(*column);
        }
    }
    spread(picture, &mut columns, &|card| {
        let node = NodeIndex::new(card);
        graph.neighbors_undirected(node).chain(forward.neighbors_undirected(node)).next().is_some()
    });
    split(picture, &mut columns);
    columns
}

/// A layer of very many cards stands in several columns, namespaces kept together.
fn split(picture: &Picture, columns: &mut [usize]) {
    let inside = picture.frames.iter().filter(|f| !f.outside);
    let in_order: Vec<usize> = inside.flat_map(|f| f.cards.iter().copied()).collect();
    let height = ((in_order.len() as f64).sqrt() * 1.8).ceil() as usize;
    let height = height.max(LEAST_TO_SPLIT);
    let mut first = 0;
    let layers = columns.iter().max().map_or(0, |max| max + 1);
    let layer_of: Vec<usize> = columns.to_vec();
    for layer in 0..layers {
        let cards: Vec<usize> = in_order.iter().copied().filter(|c| layer_of[*c] == layer).collect();
        let count = cards.len().div_ceil(height).max(1);
        let each = cards.len().div_ceil(count).max(1);
        for (at, card) in cards.into_iter().enumerate() {
            columns[card] = first + at / each;
        }
        first += count;
    }
}

/// Cards without any arrow of their own stand where there is room.
fn spread(picture: &Picture, columns: &mut [usize], has_arrow: &dyn Fn(usize) -> bool) {
    let inside = || picture.frames.iter().filter(|f| !f.outside);
    let used = columns.iter().max().map_or(1, |max| max + 1);
    let most = inside().map(|f| f.cards.len()).max().unwrap_or_default();
    let count = used.max(most.div_ceil(GOOD_HEIGHT).min(MOST_COLUMNS));
    for frame in inside() {
        let (bound, free): (Vec<usize>, Vec<usize>) = frame.cards.iter().partition(|c| has_arrow(**c));
        let mut heights = vec![0; count];
        bound.iter().for_each(|c| heights[columns[*c]] += 1);
        for card in free {
            let lowest = (0..count).min_by_key(|c| heights[*c]).unwrap_or_default();
            columns[card] = lowest;
            heights[lowest] += 1;
        }
    }
}
