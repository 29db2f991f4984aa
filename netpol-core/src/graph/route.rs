//! How an arrow gets from one end to the other: curves between columns, and past the cards of the
//! columns in between through the room that they leave.

use super::layout::{GAP, Layout};
use super::picture::{Arrow, End, Picture};
use crate::sorted::Arrange;
use std::fmt::Write;

/// What stays free around a card.
const CLEARANCE: f64 = 5.0;
/// Between arrows that pass through the same room.
const LANE: f64 = 5.0;

/// Draws arrows, and keeps count of where they pass.
pub(super) struct Router<'l> {
    layout: &'l Layout,
    picture: &'l Picture,
    /// Per column: what cannot be crossed, ascending, and where arrows pass already.
    obstacles: Vec<Vec<(f64, f64)>>,
    lanes: Vec<Vec<f64>>,
}

impl<'l> Router<'l> {
    pub(super) fn new(layout: &'l Layout, picture: &'l Picture) -> Self {
        let count = layout.spans.len();
        let mut obstacles: Vec<Vec<(f64, f64)>> = vec![Vec::new(); count];
        for (card, column) in layout.columns.iter().enumerate() {
            let rect = layout.cards[card];
            obstacles[*column].push((rect.y - CLEARANCE, rect.bottom() + CLEARANCE));
        }
        // The words at the head of a frame stand over its first and its last column.
        for (frame, rect) in layout.frames.iter().enumerate().filter(|(f, _)| !picture.frames[*f].outside) {
            let top = picture.frames[frame].cards.iter().map(|c| layout.cards[*c].y).fold(f64::MAX, f64::min);
            let (first, last) = layout.extents[frame];
            for column in [first, last] {
                if let Some(list) = obstacles.get_mut(column).filter(|_| top < f64::MAX) {
                    list.push((rect.y, top));
                }
            }
        }
        for list in &mut obstacles {
            list.arrange_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        }
        Self { layout, picture, obstacles, lanes: vec![Vec::new(); count] }
    }

    /// The first and last column of an end.
    fn extent(&self, end: End) -> (usize, usize) {
        match end {
            End::Card(card) => (self.layout.columns[card], self.layout.columns[card]),
            End::Frame(frame) => self.layout.extents[frame],
        }
    }

    /// The path of an arrow, as the `d` of an SVG path.
    pub(super) fn path(&mut self, arrow: &Arrow) -> String {
        let (a, b) = (self.extent(arrow.from), self.extent(arrow.to));
        let rect = |end| match end {
            End::Card(card) => self.layout.cards[card],
            End::Frame(frame) => self.layout.frames[frame],
        };
        let (from, to) = (rect(arrow.from), rect(arrow.to));
        let departs = self.layout.departure(arrow.from);
        let arrives = self.layout.arrival(self.picture, arrow.to, &arrow.label);
        let mut d = String::new();
        // Writing to a string does not fail.
        if a.1 < b.0 {
            let _ = write!(d, "M{:.1} {departs:.1}", from.right());
            let between: Vec<usize> = (a.1 + 1..b.0).collect();
            let last = self.pass(&mut d, (from.right(), departs), &between, (to.x, arrives), true);
            curve(&mut d, last, (to.x, arrives));
        } else if b.1 < a.0 {
            let _ = write!(d, "M{:.1} {departs:.1}", from.x);
            let between: Vec<usize> = (b.1 + 1..a.0).rev().collect();
            let last = self.pass(&mut d, (from.x, departs), &between, (to.right(), arrives), false);
            curve(&mut d, last, (to.right(), arrives));
        } else {
            let _ = write!(d, "M{:.1} {departs:.1}", from.right());
            self.turn(&mut d, (from.right(), departs, a.1), (to.right(), arrives, b.1));
        }
        d
    }

    /// From the right side of one end to the right side of another that has columns in common with
    /// it. The one that is further left has columns to pass first or last.
    fn turn(&mut self, d: &mut String, from: (f64, f64, usize), to: (f64, f64, usize)) {
        let outer = from.2.max(to.2);
        let start = if from.2 < outer {
            let columns: Vec<usize> = (from.2 + 1..=outer).collect();
            self.pass(d, (from.0, from.1), &columns, (self.layout.spans[outer].1 + GAP / 2.0, to.1), true)
        } else {
            (from.0, from.1)
        };
        let columns: Vec<usize> = (to.2 + 1..=outer).rev().collect();
        let end = match columns.first() {
            Some(column) => (self.layout.spans[*column].1 + 8.0, self.free(*column, to.1)),
            None => (to.0, to.1),
        };
        let bend = start.0.max(end.0) + (18.0 + (start.1 - end.1).abs() * 0.08).min(GAP * 0.7);
        let _ = write!(d, " C{bend:.1} {:.1} {bend:.1} {:.1} {:.1} {:.1}", start.1, end.1, end.0, end.1);
        if let Some((column, rest)) = columns.split_first() {
            let left = self.layout.spans[*column].0 - 8.0;
            let _ = write!(d, " H{left:.1}");
            let last = self.pass(d, (left, end.1), rest, (to.0, to.1), false);
            curve(d, last, (to.0, to.1));
        }
    }

    /// Through the room that columns leave; where it comes out of the last one.
    fn pass(
        &mut self,
        d: &mut String,
        from: (f64, f64),
        columns: &[usize],
        to: (f64, f64),
        rightwards: bool,
    ) -> (f64, f64) {
        let mut last = from;
        for column in columns {
            let (left, right) = self.layout.spans[*column];
            let (enter, leave) = if rightwards { (left - 8.0, right + 8.0) } else { (right + 8.0, left - 8.0) };
            let share = if (to.0 - last.0).abs() < 1.0 { 0.5 } else { (enter - last.0) / (to.0 - last.0) };
            let y = self.free(*column, last.1 + (to.1 - last.1) * share.clamp(0.0, 1.0));
            curve(d, last, (enter, y));
            let _ = write!(d, " H{leave:.1}");
            last = (leave, y);
        }
        last
    }

    /// The height nearest to `wanted` at which a column can be crossed, beside those that pass there.
    fn free(&mut self, column: usize, wanted: f64) -> f64 {
        let Some(obstacles) = self.obstacles.get(column) else { return wanted };
        let mut rooms: Vec<(f64, f64)> = Vec::new();
        let mut top = 8.0;
        for (low, high) in obstacles {
            if *low > top {
                rooms.push((top, *low));
            }
            top = f64::max(top, *high);
        }
        rooms.push((top, f64::max(self.layout.height - 8.0, top + LANE)));
        let taken = &self.lanes[column];
        let mut best: Option<(f64, f64)> = None;
        for (low, high) in rooms {
            let nearest = wanted.clamp(low, high);
            for step in 0..8_i32 {
                for sign in [1.0, -1.0] {
                    let y = f64::from(step).mul_add(sign * LANE, nearest);
                    if y < low || y > high {
                        continue;
                    }
                    // To share a lane is worse than a detour, up to a point.
                    let shared = taken.iter().filter(|t| (**t - y).abs() < LANE - 0.5).count();
                    let cost = (y - wanted).abs() + 40.0 * shared as f64;
                    if best.is_none_or(|(least, _)| cost < least) {
                        best = Some((cost, y));
                    }
                }
            }
        }
        let y = best.map_or(wanted, |(_, y)| y);
        self.lanes[column].push(y);
        y
    }
}

/// A curve that leaves and arrives level.
fn curve(d: &mut String, from: (f64, f64), to: (f64, f64)) {
    let middle = f64::midpoint(from.0, to.0);
    let _ = write!(d, " C{middle:.1} {:.1} {middle:.1} {:.1} {:.1} {:.1}", from.1, to.1, to.0, to.1);
}
