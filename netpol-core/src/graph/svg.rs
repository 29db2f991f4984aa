//! The graph as SVG: self-contained, light and dark, laid out here.

use super::GraphAnswer;
use super::labels::{clip, full_name, xml};
use super::layout::{LINE, Layout, MARGIN, MOST_CHARACTERS, PADDING, Rect, text_width};
use super::picture::{End, Picture, spoken};
use super::route::Router;
use crate::diagnostic::Params;
use crate::explain::Code;
use crate::lang::{Lang, Phrase};
use crate::query::{Grain, PeerKind, QueryError};
use std::fmt::Write;

/// Without variables, which some programs that draw SVG do not know.
const STYLE: &str = "\
.np-page{fill:#fff}.np-frame{fill:#f6f8fa;stroke:#afb8c1}.np-outside{fill:#fff;stroke:#6e7781;stroke-dasharray:2 3}
.np-card{fill:#fff;stroke:#57606a}.np-node text,.np-head{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono','DejaVu Sans Mono',monospace;fill:#424a53}
.np-node .np-title{fill:#0b1016;font-weight:600}.np-head .np-title{font-weight:600;fill:#0b1016}
.np-allow,.np-undefined{fill:none;stroke:#0a5cbf;stroke-width:1.4;stroke-opacity:.8}.np-undefined{stroke:#9a4b00;stroke-dasharray:6 4}
.np-tip-allow,.np-dot-allow{fill:#0a5cbf}.np-tip-undefined,.np-dot-undefined{fill:#9a4b00}
.np-node .np-in,.np-head .np-in{fill:#0a4a99}.np-node .np-maybe,.np-head .np-maybe{fill:#8a4300}
.np-legend{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono','DejaVu Sans Mono',monospace;fill:#424a53}
@media (prefers-color-scheme:dark){.np-page{fill:#0d1117}.np-frame{fill:#151b23;stroke:#3d444d}.np-outside{fill:#0d1117;stroke:#9198a1}
.np-card{fill:#0d1117;stroke:#9198a1}.np-node text,.np-head,.np-legend{fill:#b7bdc8}.np-node .np-title,.np-head .np-title{fill:#f0f6fc}
.np-allow{stroke:#58a6ff}.np-undefined{stroke:#e3a04f}.np-tip-allow,.np-dot-allow{fill:#58a6ff}.np-tip-undefined,.np-dot-undefined{fill:#e3a04f}
.np-node .np-in,.np-head .np-in{fill:#79c0ff}.np-node .np-maybe,.np-head .np-maybe{fill:#f0b465}}
";

/// Draws a graph as one SVG file that needs nothing else.
///
/// ```
/// # use netpol_core::{Analysis, Inputs, Profile, ReadOptions, graph, lang::Lang, read};
/// # let mut inputs = Inputs::default();
/// # inputs.push("a.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: b}}");
/// # let analysis = Analysis::new(read(&inputs, &ReadOptions::default()), Profile::GENERIC);
/// let answer = analysis.graph(&graph::GraphQuery::default())?;
/// assert!(graph::svg(&answer, Lang::En)?.starts_with("<svg "));
/// # Ok::<(), netpol_core::query::QueryError>(())
/// ```
///
/// # Errors
/// More arrows than a picture can hold, after putting together what is alike.
pub fn svg(graph: &GraphAnswer, lang: Lang) -> Result<String, QueryError> {
    Ok(Drawing::new(graph, lang)?.draw("img", false))
}

/// A sentence that says what is in the picture.
pub(super) fn summary(graph: &GraphAnswer, lang: Lang) -> String {
    let inside =
        graph.nodes.iter().filter(|n| !matches!(n.peer.kind_of, PeerKind::Addresses | PeerKind::Nodes)).count();
    let of = match graph.by {
        Grain::Namespace => Phrase::Namespaces,
        _ => Phrase::Workloads,
    };
    let params = Params::from([
        ("nodes", inside.to_string()),
        ("of", lang.phrase(of).to_owned()),
        ("connections", graph.edges.len().to_string()),
        ("profile", graph.basis.profile.to_owned()),
    ]);
    lang.code(Code::GraphSummary, &params)
}

/// The lines of the legend: only what the picture needs.
pub(super) fn legend(picture: &Picture, graph: &GraphAnswer, lang: Lang) -> Vec<(Option<bool>, String)> {
    // First, that policies have no effect, where that is so.
    let unenforced = graph.basis.assumptions.iter().filter(|note| note.code == Code::NotEnforced);
    let mut lines: Vec<_> = unenforced.map(|note| (None, lang.code(note.code, &note.params))).collect();
    let mut line = |arrow, phrase| lines.push((arrow, lang.phrase(phrase).to_owned()));
    line(Some(false), Phrase::LegendAllowed);
    if picture.arrows.iter().any(|a| a.label.undefined) {
        line(Some(true), Phrase::LegendUndefined);
    }
    let is_frame = |end: &End| matches!(end, End::Frame(_));
    if picture.arrows.iter().any(|a| is_frame(&a.from) || is_frame(&a.to)) {
        line(None, Phrase::LegendFrame);
    }
    let hub = |b: &String| b.starts_with('◆');
    if picture.cards.iter().any(|c| c.badges.iter().any(hub)) {
        line(None, Phrase::LegendOpen);
    }
    let again = |b: &String| b.starts_with('↻');
    if !picture.among.is_empty() || picture.cards.iter().any(|c| c.badges.iter().any(again)) {
        line(None, Phrase::LegendAmong);
    }
    if !picture.named.is_empty() {
        line(None, Phrase::LegendNamed);
    }
    if graph.by == Grain::Namespace {
        line(None, Phrase::LegendNamespaces);
    }
    lines
}

/// A picture that is ready to be drawn.
pub(super) struct Drawing<'g> {
    graph: &'g GraphAnswer,
    pub(super) picture: Picture,
    layout: Layout,
    lang: Lang,
}

impl<'g> Drawing<'g> {
    pub(super) fn new(graph: &'g GraphAnswer, lang: Lang) -> Result<Self, QueryError> {
        let picture = Picture::new(graph, lang)?;
        let layout = Layout::new(&picture);
        Ok(Self { graph, picture, layout, lang })
    }

    /// The SVG; `role` is that of ARIA. `named`: with the arrows that names stand for, which the
    /// page shows when they are asked for.
    pub(super) fn draw(&self, role: &str, named: bool) -> String {
        let legend = legend(&self.picture, self.graph, self.lang);
        let wide = legend.iter().map(|(_, text)| text_width(text) + 44.0).fold(0.0, f64::max);
        let width = self.layout.width.max(wide + 2.0 * MARGIN).ceil();
        let height = (self.layout.height + (LINE + 2.0) * legend.len() as f64 + MARGIN / 2.0).ceil();
        let title = xml(self.lang.phrase(Phrase::GraphTitle));
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"np\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"{role}\" aria-labelledby=\"np-title np-desc\">\n\
             <title id=\"np-title\">{title}</title>\n<desc id=\"np-desc\">{}</desc>\n<style>\n{STYLE}</style>\n",
            xml(&summary(self.graph, self.lang))
        );
        out.push_str("<defs>");
        for kind in ["allow", "undefined"] {
            // Writing to a string does not fail.
            let _ = write!(
                out,
                "<marker id=\"np-tip-{kind}\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"np-tip-{kind}\" d=\"M0 0.8 10 5 0 9.2z\"/></marker>\
                 <marker id=\"np-dot-{kind}\" viewBox=\"0 0 6 6\" refX=\"3\" refY=\"3\" markerWidth=\"5\" markerHeight=\"5\" markerUnits=\"userSpaceOnUse\"><circle class=\"np-dot-{kind}\" cx=\"3\" cy=\"3\" r=\"3\"/></marker>"
            );
        }
        let _ = writeln!(out, "</defs>\n<rect class=\"np-page\" width=\"{width}\" height=\"{height}\"/>");
        (0..self.picture.frames.len()).for_each(|frame| self.frame(&mut out, frame));
        self.arrows(&mut out, named);
        (0..self.picture.cards.len()).for_each(|card| self.card(&mut out, card));
        let mut y = self.layout.height + 4.0;
        for (line, text) in legend {
            let x = MARGIN;
            if let Some(undefined) = line {
                let kind = kind(undefined);
                let _ =
                    writeln!(out, "<path class=\"np-{kind}\" marker-end=\"url(#np-tip-{kind})\" d=\"M{x} {y} h32\"/>");
            }
            let at = x + if line.is_some() { 40.0 } else { 0.0 };
            let _ = writeln!(out, "<text class=\"np-legend\" x=\"{at}\" y=\"{:.1}\">{}</text>", y + 4.0, xml(&text));
            y += LINE + 2.0;
        }
        out.push_str("</svg>\n");
        out
    }

    fn frame(&self, out: &mut String, at: usize) {
        let frame = &self.picture.frames[at];
        let Rect { x, y, width, height } = self.layout.frames[at];
        let class = if frame.outside { "np-outside" } else { "np-frame" };
        let _ = writeln!(
            out,
            "<g class=\"np-head\"><rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"8\"/>"
        );
        let mut line = y + 8.0 + LINE * 0.5 + 4.0;
        let room = ((width / super::layout::CHARACTER) as usize).saturating_sub(4);
        let mut text = |class: &str, text: &str, right: bool, out: &mut String| {
            let (x, anchor) = if right { (x + width - PADDING, " text-anchor=\"end\"") } else { (x + PADDING, "") };
            let _ = writeln!(
                out,
                "<text class=\"{class}\" x=\"{x:.1}\" y=\"{line:.1}\"{anchor}>{}</text>",
                xml(&clip(text, room))
            );
            line += LINE;
        };
        text("np-title", &frame.title, false, out);
        for label in self.picture.among.get(&at).into_iter().flatten() {
            text(lettering(label.undefined), &format!("↻ {}", spoken(label)), false, out);
        }
        for label in self.layout.arriving.get(&End::Frame(at)).into_iter().flatten() {
            // On the side where its arrows come in; those of the same columns turn on the right.
            let left = |end: End| {
                let last = self.picture.cards_of(end).into_iter().map(|c| self.layout.columns[c]).max();
                last < Some(self.layout.extents[at].0)
            };
            let mut arrows = self.picture.arrows.iter().filter(|a| a.to == End::Frame(at) && a.label == *label);
            let right = !arrows.any(|a| left(a.from));
            let (before, after) = if right { ("", " ←") } else { ("→ ", "") };
            text(lettering(label.undefined), &format!("{before}{}{after}", spoken(label)), right, out);
        }
        out.push_str("</g>\n");
    }

    fn arrows(&self, out: &mut String, named: bool) {
        let mut router = Router::new(&self.layout, &self.picture);
        let drawn = self.picture.arrows.iter().map(|a| (a, ""));
        let named = self.picture.named.iter().filter(|_| named).map(|a| (a, " np-named"));
        for (arrow, class) in drawn.chain(named) {
            let kind = kind(arrow.label.undefined);
            let numbers = |end| {
                let cards = self.picture.cards_of(end);
                cards.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
            };
            let name = |end| match end {
                End::Card(card) => self.picture.cards[card].full.clone(),
                End::Frame(frame) => format!("{}/*", self.picture.frames[frame].title),
            };
            let title = format!("{} → {}: {}", name(arrow.from), name(arrow.to), spoken(&arrow.label));
            let _ = writeln!(
                out,
                "<path class=\"np-edge np-{kind}{class}\" data-from=\"{}\" data-to=\"{}\" marker-start=\"url(#np-dot-{kind})\" marker-end=\"url(#np-tip-{kind})\" d=\"{}\"><title>{}</title></path>",
                numbers(arrow.from),
                numbers(arrow.to),
                router.path(arrow),
                xml(&title)
            );
        }
    }

    fn card(&self, out: &mut String, at: usize) {
        let card = &self.picture.cards[at];
        let Rect { x, y, width, height } = self.layout.cards[at];
        let arriving = self.layout.arriving.get(&End::Card(at)).map_or(&[][..], Vec::as_slice);
        let lines: Vec<String> = self.layout.lines(&self.picture, at).collect();
        let full = std::iter::once(card.full.clone()).chain(lines.iter().cloned()).collect::<Vec<_>>().join("; ");
        let _ = writeln!(
            out,
            "<g class=\"np-node\" data-card=\"{at}\"><title>{}</title><rect class=\"np-card\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"5\"/>",
            xml(&full)
        );
        let mut line = y + 6.0 + LINE * 0.5 + 4.0;
        let mut text = |class: &str, text: &str| {
            let _ = writeln!(
                out,
                "<text class=\"{class}\" x=\"{:.1}\" y=\"{line:.1}\">{}</text>",
                x + PADDING,
                xml(&clip(text, MOST_CHARACTERS))
            );
            line += LINE;
        };
        text("np-title", &card.title);
        let badges = card.badges.len();
        for (number, words) in lines.iter().enumerate() {
            let undefined = number.checked_sub(badges).and_then(|n| arriving.get(n)).map(|l| l.undefined);
            text(undefined.map_or("np-badge", lettering), words);
        }
        out.push_str("</g>\n");
    }

    /// The words of a table row: who, whom, and what is undefined or allowed.
    pub(super) fn rows(&self) -> Vec<[String; 4]> {
        let outside = self.graph.outside.as_ref().map(super::labels::addresses).unwrap_or_default();
        let rows = self.graph.edges.iter().map(|edge| {
            let connection = &edge.connection;
            let name = |peer: &crate::query::Peer| {
                let name = full_name(peer, &outside, self.lang);
                let pods = peer.pods.join(", ");
                if pods.is_empty() { name } else { format!("{name} ({} {pods})", self.lang.phrase(Phrase::Pods)) }
            };
            let mut to = name(&connection.to);
            let families = connection.families.iter().map(|f| f.name());
            let relation = connection.relation.map(|r| self.lang.phrase(Phrase::of_relation(r)));
            families.chain(relation).for_each(|more| to.push_str(&format!(", {more}")));
            let traffic = |set: &crate::set::TrafficSet| {
                if set.is_empty() { String::new() } else { super::labels::traffic(set, self.lang) }
            };
            [name(&connection.from), to, traffic(&connection.allow), traffic(&connection.undefined)]
        });
        rows.collect()
    }

    /// The cards of an edge's ends.
    pub(super) fn card_of(&self, node: usize) -> usize {
        self.picture.cards.iter().position(|c| c.nodes.contains(&node)).unwrap_or_default()
    }
}

const fn kind(undefined: bool) -> &'static str {
    if undefined { "undefined" } else { "allow" }
}

const fn lettering(undefined: bool) -> &'static str {
    if undefined { "np-maybe" } else { "np-in" }
}
