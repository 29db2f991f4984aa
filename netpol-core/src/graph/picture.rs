//! From a graph to what is drawn: frames, cards and arrows, put together where they are alike.

use super::labels::{addresses, full_name, traffic};
use super::{GraphAnswer, whole};
use crate::lang::{Lang, Phrase};
use crate::query::{Grain, PeerKind, QueryError, QueryProblem};
use crate::set::TrafficSet;
use crate::sorted::{Arrange, SortedMap, SortedSet};
use std::collections::BTreeMap;

/// More arrows than this are no picture.
pub(super) const MOST_ARROWS: usize = 5_000;

/// More sets of addresses than this are one card.
const MOST_OUTSIDE: usize = 12;

/// From so many other workloads on, what all of them may send is a label instead of arrows.
const MANY: usize = 8;

/// So many of them may be excepted, by name.
const MOST_EXCEPTIONS: usize = 2;

/// More arrows of one label at a card are named instead of drawn.
const WIDE_FAN: usize = 8;

/// A namespace, or the outside.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) title: String,
    pub(super) cards: Vec<usize>,
    pub(super) outside: bool,
}

/// A workload, a namespace where these are the nodes, or addresses.
#[derive(Debug)]
pub(super) struct Card {
    pub(super) title: String,
    /// With its namespace, for where it stands alone.
    pub(super) full: String,
    /// Lines below the title: what is said by a label instead of arrows.
    pub(super) badges: Vec<String>,
    pub(super) frame: usize,
    /// The nodes of the graph that it stands for.
    pub(super) nodes: Vec<usize>,
}

/// Where an arrow begins or ends: at one card, or at all cards of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum End {
    Frame(usize),
    Card(usize),
}

/// What an arrow says.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Label {
    pub(super) undefined: bool,
    pub(super) text: String,
}

#[derive(Debug)]
pub(super) struct Arrow {
    pub(super) from: End,
    pub(super) to: End,
    pub(super) label: Label,
}

/// All that is drawn.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) frames: Vec<Frame>,
    pub(super) cards: Vec<Card>,
    pub(super) arrows: Vec<Arrow>,
    /// Arrows of cards that too many go to, or come from: cards name the other end instead.
    pub(super) named: Vec<Arrow>,
    /// Frames whose cards all have the same to do with each other, with what it is.
    pub(super) among: SortedMap<usize, Vec<Label>>,
}

/// Pairs of cards with the same label.
type Pairs = SortedSet<(usize, usize)>;

impl Picture {
    pub(super) fn new(graph: &GraphAnswer, lang: Lang) -> Result<Self, QueryError> {
        let mut picture = Self {
            frames: Vec::new(),
            cards: Vec::new(),
            arrows: Vec::new(),
            named: Vec::new(),
            among: SortedMap::new(),
        };
        let cards = picture.place(graph, lang);
        let mut sums = sums(graph, &cards, lang);
        picture.hubs(graph, &mut sums, lang);
        let mut groups: SortedMap<Label, Pairs> = SortedMap::new();
        for ((from, to), sum) in sums {
            for label in sum.labels(lang) {
                if from == to {
                    // Among the pods of one workload, or of one namespace.
                    picture.cards[from].badges.push(format!("↻ {}", spoken(&label)));
                } else {
                    groups.entry(label).or_default().insert((from, to));
                }
            }
        }
        for (label, pairs) in groups {
            for (from, to) in picture.bundle(&pairs) {
                match (from, to) {
                    (End::Frame(a), End::Frame(b)) if a == b => {
                        picture.among.entry(a).or_default().push(label.clone());
                    }
                    _ => picture.arrows.push(Arrow { from, to, label: label.clone() }),
                }
            }
        }
        picture.name_fans();
        if picture.arrows.len() > MOST_ARROWS {
            return Err(QueryError::new(QueryProblem::TooManyArrows)
                .with("arrows", picture.arrows.len())
                .with("limit", MOST_ARROWS));
        }
        picture.arrows.arrange_by(|a, b| (a.from, a.to, &a.label).cmp(&(b.from, b.to, &b.label)));
        Ok(picture)
    }

    /// The cards that an end means.
    pub(super) fn cards_of(&self, end: End) -> Vec<usize> {
        match end {
            End::Frame(frame) => self.frames[frame].cards.clone(),
            End::Card(card) => vec![card],
        }
    }

    /// The ends of an arrow for languages in which a frame cannot have to do with its own cards.
    pub(super) fn apart(&self, arrow: &Arrow) -> Vec<(End, End)> {
        let frame = |end| matches!(end, End::Frame(_));
        let inside = |a: End, b: End| frame(a) && self.cards_of(b).iter().any(|c| self.cards_of(a).contains(c));
        let cards = |end: End, split: bool| match split {
            true => self.cards_of(end).into_iter().map(End::Card).collect(),
            false => vec![end],
        };
        let from = cards(arrow.from, inside(arrow.from, arrow.to));
        let to = cards(arrow.to, inside(arrow.to, arrow.from));
        let pairs = from.iter().flat_map(|a| to.iter().map(|b| (*a, *b)));
        pairs.filter(|(a, b)| a != b).collect()
    }

    /// Puts nodes on cards and cards into frames; the card of each node.
    fn place(&mut self, graph: &GraphAnswer, lang: Lang) -> Vec<usize> {
        let outside = graph.outside.as_ref().map(addresses).unwrap_or_default();
        let is_outside = |at: &usize| graph.nodes[*at].peer.kind_of == PeerKind::Addresses;
        let (out, inside): (Vec<usize>, Vec<usize>) = (0..graph.nodes.len()).partition(is_outside);
        let mut card_of = vec![0; graph.nodes.len()];
        if !out.is_empty() {
            self.frames.push(Frame {
                title: lang.phrase(Phrase::Outside).to_owned(),
                cards: Vec::new(),
                outside: true,
            });
        }
        if out.len() > MOST_OUTSIDE {
            let title = format!("{} (×{})", lang.phrase(Phrase::SomeAddresses), out.len());
            out.iter().for_each(|at| card_of[*at] = self.cards.len());
            self.push(Card { full: title.clone(), title, badges: Vec::new(), frame: 0, nodes: out });
        } else {
            for at in out {
                let full = full_name(&graph.nodes[at].peer, &outside, lang);
                card_of[at] = self.cards.len();
                self.push(Card { title: full.clone(), full, badges: Vec::new(), frame: 0, nodes: vec![at] });
            }
        }
        let mut frames: SortedMap<&str, usize> = SortedMap::new();
        let namesakes = namesakes(graph);
        for at in inside {
            let node = &graph.nodes[at];
            let title = match graph.by {
                _ if node.peer.kind_of == PeerKind::Nodes => lang.phrase(Phrase::Nodes),
                _ if node.peer.kind_of == PeerKind::IngressController => lang.phrase(Phrase::NotInInput),
                Grain::Namespace => lang.phrase(Phrase::Namespaces),
                _ => node.peer.namespace.as_deref().unwrap_or_default(),
            };
            let frame = *frames.entry(title).or_insert_with(|| {
                self.frames.push(Frame { title: title.to_owned(), cards: Vec::new(), outside: false });
                self.frames.len() - 1
            });
            let mut badges = Vec::new();
            if let Some(count) = node.workloads {
                badges.push(format!("{} {count}", lang.phrase(Phrase::Workloads)));
            }
            card_of[at] = self.cards.len();
            let name = match node.peer.kind_of {
                PeerKind::Nodes => lang.phrase(Phrase::Nodes),
                _ => node.peer.name.as_deref().unwrap_or_default(),
            };
            let title = match node
                .peer
                .kind
                .as_deref()
                .filter(|_| namesakes.get(&(node.peer.namespace.as_deref(), node.peer.name.as_deref())) > Some(&1))
            {
                Some(kind) => format!("{kind}/{name}"),
                None => name.to_owned(),
            };
            self.push(Card { title, full: full_name(&node.peer, &outside, lang), badges, frame, nodes: vec![at] });
        }
        card_of
    }

    fn push(&mut self, card: Card) {
        self.frames[card.frame].cards.push(self.cards.len());
        self.cards.push(card);
    }

    /// What all others may send to a card is said by a label instead of arrows; those that may send
    /// more keep their arrow.
    fn hubs(&mut self, graph: &GraphAnswer, sums: &mut BTreeMap<(usize, usize), Sum>, lang: Lang) {
        let inside: Vec<usize> = (0..self.cards.len()).filter(|c| !self.frames[self.cards[*c].frame].outside).collect();
        for to in 0..self.cards.len() {
            let others = || inside.iter().copied().filter(|from| *from != to);
            let count = others().count();
            let passing = |from: usize| sums.get(&(from, to)).map(|s| &s.whole).filter(|set| !set.is_empty());
            let missing: Vec<usize> = others().filter(|from| passing(*from).is_none()).collect();
            let allowed = if count >= MANY { MOST_EXCEPTIONS } else { 0 };
            if count == 0 || missing.len() > allowed {
                continue;
            }
            let common = others().filter_map(passing).cloned().reduce(|a, b| a.intersection(&b)).unwrap_or_default();
            // Of the outside it may be other addresses for each of them, so it is not open itself.
            let outside = self.frames[self.cards[to].frame].outside;
            let everything = common == graph.traffic && !outside;
            // Of few workloads, few arrows are clearer than a label.
            if common.is_empty() || (count < MANY && !everything) {
                continue;
            }
            let mut text = lang.phrase(if everything { Phrase::OpenToAll } else { Phrase::FromAll }).to_owned();
            if !missing.is_empty() {
                let names: Vec<&str> = missing.iter().map(|c| &*self.cards[*c].title).collect();
                text = format!("{text} {} {}", lang.phrase(Phrase::Except), names.join(", "));
            }
            if !everything {
                text = format!("{text}: {}", traffic(&common, lang));
            }
            self.cards[to].badges.push(format!("◆ {text}"));
            for from in inside.iter().filter(|from| **from != to || everything) {
                if let Some(sum) = sums.get_mut(&(*from, to)).filter(|s| s.allow == common) {
                    sum.allow = TrafficSet::empty();
                }
            }
        }
    }

    /// Where many arrows of one label meet at a card, their other ends name it instead, as circuit
    /// diagrams name a wire that goes everywhere.
    fn name_fans(&mut self) {
        for (at_head, sign, back) in [(true, '⇒', '⇐'), (false, '⇐', '⇒')] {
            let hub_of = |a: &Arrow| if at_head { a.to } else { a.from };
            let other_of = |a: &Arrow| if at_head { a.from } else { a.to };
            let is_card = |end| matches!(end, End::Card(_));
            let mut fans: SortedMap<(End, Label), usize> = SortedMap::new();
            for arrow in self.arrows.iter().filter(|a| is_card(a.from) && is_card(a.to)) {
                *fans.entry((hub_of(arrow), arrow.label.clone())).or_default() += 1;
            }
            fans.retain(|_, count| *count > WIDE_FAN);
            let (named, drawn): (Vec<Arrow>, Vec<Arrow>) = std::mem::take(&mut self.arrows)
                .into_iter()
                .partition(|a| is_card(other_of(a)) && fans.contains_key(&(hub_of(a), a.label.clone())));
            self.arrows = drawn;
            for arrow in &named {
                if let (End::Card(hub), End::Card(other)) = (hub_of(arrow), other_of(arrow)) {
                    let line = format!("{sign} {}: {}", self.cards[hub].full, spoken(&arrow.label));
                    self.cards[other].badges.push(line);
                }
            }
            for ((hub, label), count) in fans {
                if let End::Card(hub) = hub {
                    let line = format!("{back} ×{count}: {}", spoken(&label));
                    self.cards[hub].badges.push(line);
                }
            }
            self.named.extend(named);
        }
    }

    /// Ends instead of pairs of cards: the whole frame where all of its cards are meant.
    fn bundle(&self, pairs: &Pairs) -> Vec<(End, End)> {
        let flipped: Pairs = pairs.iter().map(|(a, b)| (*b, *a)).collect();
        let (by_target, by_source) = (self.bundled(pairs), self.bundled(&flipped));
        if by_source.len() < by_target.len() {
            return by_source.into_iter().map(|(a, b)| (b, a)).collect();
        }
        by_target
    }

    /// First the sources of each target, then the targets of what came of it.
    fn bundled(&self, pairs: &Pairs) -> Vec<(End, End)> {
        let mut sources: SortedMap<usize, SortedSet<usize>> = SortedMap::new();
        for (from, to) in pairs {
            sources.entry(*to).or_default().insert(*from);
        }
        let mut targets: SortedMap<End, SortedSet<usize>> = SortedMap::new();
        for (to, from) in sources {
            for end in self.ends(End::Card(to), &from) {
                targets.entry(end).or_default().insert(to);
            }
        }
        let ends = targets.iter().flat_map(|(from, to)| self.ends(*from, to).into_iter().map(|to| (*from, to)));
        ends.collect()
    }

    /// Some cards as ends, seen from `other`, which need not be among them.
    fn ends(&self, other: End, cards: &SortedSet<usize>) -> Vec<End> {
        let mut left = cards.clone();
        let frames: SortedSet<usize> = cards.iter().map(|c| self.cards[*c].frame).collect();
        let mut ends = Vec::new();
        for frame in frames.into_iter().filter(|f| !self.frames[*f].outside) {
            let members = self.frames[frame].cards.iter().filter(|c| other != End::Card(**c));
            if members.clone().count() >= 2 && members.clone().all(|c| cards.contains(c)) {
                left.retain(|c| self.cards[*c].frame != frame || other == End::Card(*c));
                ends.push(End::Frame(frame));
            }
        }
        ends.extend(left.into_iter().map(End::Card));
        ends
    }
}

/// How many workloads have the same namespace and name: where more than one, the kind has to be said.
fn namesakes(graph: &GraphAnswer) -> SortedMap<(Option<&str>, Option<&str>), usize> {
    let mut counts = SortedMap::new();
    for node in &graph.nodes {
        *counts.entry((node.peer.namespace.as_deref(), node.peer.name.as_deref())).or_default() += 1;
    }
    counts
}

/// A label with its sign, so that nothing rests on the way a line is drawn alone.
pub(super) fn spoken(label: &Label) -> String {
    if label.undefined { format!("? {}", label.text) } else { label.text.clone() }
}

/// What passes between two cards.
#[derive(Default)]
struct Sum {
    allow: TrafficSet,
    undefined: TrafficSet,
    /// What is allowed for all pods of both.
    whole: TrafficSet,
    /// What the rest is about.
    partial: SortedSet<String>,
}

impl Sum {
    fn labels(&self, lang: Lang) -> impl Iterator<Item = Label> {
        let label = |set: &TrafficSet, undefined: bool| {
            let mut text = traffic(set, lang);
            if !self.partial.is_empty() {
                text = format!("{text} ({})", self.partial.iter().map(String::as_str).collect::<Vec<_>>().join(", "));
            }
            (!set.is_empty()).then_some(Label { undefined, text })
        };
        [label(&self.allow, false), label(&self.undefined.difference(&self.allow), true)].into_iter().flatten()
    }
}

fn sums(graph: &GraphAnswer, cards: &[usize], lang: Lang) -> BTreeMap<(usize, usize), Sum> {
    let mut sums: BTreeMap<(usize, usize), Sum> = BTreeMap::new();
    for edge in &graph.edges {
        let connection = &edge.connection;
        let sum = sums.entry((cards[edge.source], cards[edge.target])).or_default();
        sum.allow = sum.allow.union(&connection.allow);
        sum.undefined = sum.undefined.union(&connection.undefined);
        if whole(connection) {
            sum.whole = sum.whole.union(&connection.allow);
        } else {
            let ends = [&connection.from, &connection.to];
            let of = |phrase| lang.phrase(phrase).to_owned();
            let mut partial = Vec::new();
            let nodes = ends.iter().any(|p| p.kind_of == PeerKind::Nodes);
            if ends.iter().any(|p| !p.pods.is_empty() || p.template) || (connection.relation.is_some() && !nodes) {
                partial.push(of(Phrase::SomePods));
            }
            match connection.relation {
                Some(relation) if nodes => partial.push(of(Phrase::of_relation(relation))),
                None if ends.iter().any(|p| !p.nodes.is_empty()) => partial.push(of(Phrase::SomeNodes)),
                _ => {}
            }
            if partial.is_empty() {
                partial.extend(connection.families.iter().map(|f| f.name().to_owned()));
            }
            sum.partial.extend(partial);
        }
    }
    sums
}
