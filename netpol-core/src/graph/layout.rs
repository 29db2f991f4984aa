//! Where everything stands: frames as bands one below the other, cards in columns, the outside at
//! the left. Lengths are in the SVG's user units.

use super::labels::clip;
use super::layers;
use super::picture::{End, Label, Picture, spoken};
use crate::sorted::{Arrange, SortedMap, SortedSet};

/// The width of a character: fonts of one width have 0.6 em, and a CJK character takes two.
pub(super) const CHARACTER: f64 = 7.3;
/// The distance of lines of text.
pub(super) const LINE: f64 = 17.0;
/// The longest text of a card.
pub(super) const MOST_CHARACTERS: usize = 38;
/// Between columns: room for arrows.
pub(super) const GAP: f64 = 96.0;
/// Around everything.
pub(super) const MARGIN: f64 = 24.0;
/// From the border of a card or frame to its text.
pub(super) const PADDING: f64 = 10.0;
/// Between cards of a column: room for arrows that pass.
const SPACING: f64 = 22.0;
const FRAME_PADDING: f64 = 20.0;
const FRAME_SPACING: f64 = 28.0;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Rect {
    pub(super) fn right(&self) -> f64 {
        self.x + self.width
    }

    pub(super) fn bottom(&self) -> f64 {
        self.y + self.height
    }
}

/// Everything in its place.
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) frames: Vec<Rect>,
    pub(super) cards: Vec<Rect>,
    /// The column of each card; 0 is the outside.
    pub(super) columns: Vec<usize>,
    /// First and last column of each frame.
    pub(super) extents: Vec<(usize, usize)>,
    /// Left and right border of each column.
    pub(super) spans: Vec<(f64, f64)>,
    /// What arrives at an end, each label once, in the order of the lines.
    pub(super) arriving: SortedMap<End, Vec<Label>>,
}

/// How wide a text is drawn.
pub(super) fn text_width(text: &str) -> f64 {
    let wide = |c: char| matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}');
    text.chars().map(|c| if wide(c) { 2.0 } else { 1.0 }).sum::<f64>() * CHARACTER
}

impl Layout {
    pub(super) fn new(picture: &Picture) -> Self {
        let mut columns: Vec<usize> = layers::columns(picture).into_iter().map(|c| c + 1).collect();
        for card in picture.frames.iter().filter(|f| f.outside).flat_map(|f| &f.cards) {
            columns[*card] = 0;
        }
        let extent = |cards: &Vec<usize>| {
            let columns = || cards.iter().map(|c| columns[*c]);
            (columns().min().unwrap_or_default(), columns().max().unwrap_or_default())
        };
        let extents: Vec<(usize, usize)> = picture.frames.iter().map(|f| extent(&f.cards)).collect();
        let mut arriving: SortedMap<End, SortedSet<Label>> = SortedMap::new();
        for arrow in &picture.arrows {
            arriving.entry(arrow.to).or_default().insert(arrow.label.clone());
        }
        let arriving = arriving.into_iter().map(|(end, labels)| (end, labels.into_iter().collect())).collect();
        let mut layout = Self {
            width: 0.0,
            height: 0.0,
            frames: vec![Rect::default(); picture.frames.len()],
            cards: vec![Rect::default(); picture.cards.len()],
            columns,
            extents,
            spans: Vec::new(),
            arriving,
        };
        layout.widths(picture);
        layout.heights(picture);
        layout
    }

    /// How many labels arrive at an end.
    fn arrivals(&self, end: End) -> &[Label] {
        self.arriving.get(&end).map_or(&[], Vec::as_slice)
    }

    /// The lines of a card below its title.
    pub(super) fn lines<'p>(&'p self, picture: &'p Picture, card: usize) -> impl Iterator<Item = String> + 'p {
        let badges = picture.cards[card].badges.iter().cloned();
        badges.chain(self.arrivals(End::Card(card)).iter().map(|l| format!("→ {}", spoken(l))))
    }

    fn widths(&mut self, picture: &Picture) {
        let count = self.columns.iter().max().map_or(1, |max| max + 1);
        let mut widths = vec![0.0_f64; count];
        for (card, column) in self.columns.iter().enumerate() {
            let title = std::iter::once(picture.cards[card].title.clone());
            for text in title.chain(self.lines(picture, card)) {
                let width = text_width(&clip(&text, MOST_CHARACTERS)) + 2.0 * PADDING;
                widths[*column] = widths[*column].max(width).max(96.0);
            }
        }
        // The heads of frames need room too: the title, and what arrives.
        for (at, frame) in picture.frames.iter().enumerate() {
            let (first, last) = self.extents[at];
            let arrivals = self.arrivals(End::Frame(at)).iter().chain(picture.among.get(&at).into_iter().flatten());
            let texts = std::iter::once(frame.title.clone()).chain(arrivals.map(|l| format!("→ {}", spoken(l))));
            let wanted = texts.map(|t| text_width(&clip(&t, MOST_CHARACTERS))).fold(0.0, f64::max) - FRAME_PADDING;
            let has = widths[first..=last].iter().sum::<f64>() + GAP * (last - first) as f64;
            widths[last] += (wanted - has).max(0.0);
        }
        let mut x = MARGIN + FRAME_PADDING;
        for (column, width) in widths.into_iter().enumerate() {
            // Without an outside the first column is nothing.
            if column == 0 && width == 0.0 {
                self.spans.push((MARGIN, MARGIN));
                continue;
            }
            self.spans.push((x, x + width));
            x += width + GAP + if column == 0 { FRAME_PADDING } else { 0.0 };
        }
    }

    fn heights(&mut self, picture: &Picture) {
        let mut rows: SortedMap<usize, f64> = SortedMap::new();
        // How far down each column is taken. A frame takes the columns of its cards, and what lies
        // between; frames of other columns can stand beside it.
        let mut depths = vec![MARGIN; self.spans.len()];
        for frame in self.in_order(picture) {
            let (first, last) = self.extents[frame];
            let y = depths[first..=last].iter().copied().fold(MARGIN, f64::max);
            let top = y + self.header(picture, frame);
            let mut bottom = top;
            for column in first..=last {
                let mut cards: Vec<usize> =
                    picture.frames[frame].cards.iter().copied().filter(|c| self.columns[*c] == column).collect();
                self.sort(picture, &mut cards, &rows);
                let mut at = top;
                for card in cards {
                    self.cards[card] = self.card(picture, card, at);
                    rows.insert(card, at + self.cards[card].height / 2.0);
                    bottom = f64::max(bottom, self.cards[card].bottom());
                    at = self.cards[card].bottom() + SPACING;
                }
            }
            let (x, right) = (self.spans[first].0 - FRAME_PADDING, self.spans[last].1 + FRAME_PADDING);
            let height = bottom - y + FRAME_PADDING;
            self.frames[frame] = Rect { x, y, width: right - x, height };
            depths[first..=last].fill(y + height + FRAME_SPACING);
            self.width = self.width.max(right + MARGIN + GAP * 0.6);
        }
        let deepest = depths.iter().copied().fold(MARGIN, f64::max);
        self.height = (deepest - FRAME_SPACING).max(MARGIN) + MARGIN;
        self.outside(picture);
    }

    /// The frame of the outside, at the middle of the left side.
    fn outside(&mut self, picture: &Picture) {
        let Some(frame) = picture.frames.iter().position(|f| f.outside) else { return };
        let cards = &picture.frames[frame].cards;
        let heights: f64 = cards.iter().map(|c| self.card(picture, *c, 0.0).height + SPACING).sum();
        let height = 2.0 * LINE + 8.0 + heights - SPACING + FRAME_PADDING;
        let y = ((self.height - height) / 2.0).max(MARGIN);
        let (left, right) = self.spans[0];
        self.frames[frame] = Rect { x: left - FRAME_PADDING, y, width: right - left + 2.0 * FRAME_PADDING, height };
        let mut at = y + 2.0 * LINE + 8.0;
        for card in cards {
            self.cards[*card] = self.card(picture, *card, at);
            at = self.cards[*card].bottom() + SPACING;
        }
        self.height = self.height.max(y + height + MARGIN);
        self.width = self.width.max(right + FRAME_PADDING + MARGIN);
    }

    /// Frames from those that open connections to those that are reached.
    fn in_order(&self, picture: &Picture) -> Vec<usize> {
        let inside = picture.frames.iter().enumerate().filter(|(_, f)| !f.outside);
        let mut order: Vec<(usize, usize)> = inside
            .map(|(at, f)| {
                let sum: usize = f.cards.iter().map(|c| self.columns[*c]).sum();
                (sum * 100 / f.cards.len().max(1), at)
            })
            .collect();
        order.sort_unstable();
        order.into_iter().map(|(_, at)| at).collect()
    }

    /// Cards of a column, near those on their left that they have to do with.
    fn sort(&self, picture: &Picture, cards: &mut [usize], rows: &SortedMap<usize, f64>) {
        let middle = |card: usize| {
            let mut heights = Vec::new();
            for arrow in &picture.arrows {
                let other = match (arrow.from, arrow.to) {
                    (End::Card(a), End::Card(b)) if a == card => b,
                    (End::Card(a), End::Card(b)) if b == card => a,
                    _ => continue,
                };
                heights.extend(rows.get(&other).copied());
            }
            if heights.is_empty() { f64::MAX } else { heights.iter().sum::<f64>() / heights.len() as f64 }
        };
        let mut keyed: Vec<(f64, usize)> = cards.iter().map(|c| (middle(*c), *c)).collect();
        keyed.arrange_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        for (card, (_, sorted)) in cards.iter_mut().zip(keyed) {
            *card = sorted;
        }
    }

    fn card(&self, picture: &Picture, card: usize, y: f64) -> Rect {
        let (x, right) = self.spans[self.columns[card]];
        let lines = 1 + self.lines(picture, card).count();
        Rect { x, y, width: right - x, height: 12.0 + LINE * lines as f64 }
    }

    /// The height of a frame's head: its title, what is among its cards, and what arrives at it.
    fn header(&self, picture: &Picture, frame: usize) -> f64 {
        let among = picture.among.get(&frame).map_or(0, Vec::len);
        let lines = 1 + among + self.arrivals(End::Frame(frame)).len();
        16.0 + LINE * lines as f64
    }

    /// The height of the middle of a line: 0 is the title.
    fn line(&self, end: End, line: usize) -> f64 {
        let top = match end {
            End::Card(card) => self.cards[card].y + 6.0,
            End::Frame(frame) => self.frames[frame].y + 8.0,
        };
        top + LINE * (line as f64 + 0.5)
    }

    /// Where arrows leave.
    pub(super) fn departure(&self, end: End) -> f64 {
        self.line(end, 0)
    }

    /// Where arrows with this label arrive.
    pub(super) fn arrival(&self, picture: &Picture, end: End, label: &Label) -> f64 {
        let before = match end {
            End::Card(card) => picture.cards[card].badges.len(),
            End::Frame(frame) => picture.among.get(&frame).map_or(0, Vec::len),
        };
        // An arrow that is named instead of drawn has no line of its own.
        let at = self.arrivals(end).iter().position(|l| l == label);
        at.map_or_else(|| self.departure(end), |at| self.line(end, 1 + before + at))
    }
}
