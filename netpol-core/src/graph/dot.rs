//! The graph in the language of Graphviz.

use super::GraphAnswer;
use super::picture::{End, Picture, spoken};
use super::svg::legend;
use crate::lang::{Lang, Phrase};
use crate::query::QueryError;
use std::fmt::Write;

/// A graph for Graphviz: `dot -Tpdf`. An edge from or to the border of a cluster stands for all of
/// its workloads.
///
/// # Errors
/// As for [`svg`](super::svg).
pub fn dot(graph: &GraphAnswer, lang: Lang) -> Result<String, QueryError> {
    let picture = Picture::new(graph, lang)?;
    let mut out = format!(
        "digraph netpol {{\n  label={};\n  labelloc=t;\n  rankdir=LR;\n  compound=true;\n  nodesep=0.4;\n  ranksep=0.8;\n  node [shape=box, style=rounded, fontname=\"monospace\", fontsize=11];\n  edge [fontname=\"monospace\", fontsize=9, arrowsize=0.7];\n",
        quoted(lang.phrase(Phrase::GraphTitle))
    );
    for (_, text) in legend(&picture, graph, lang) {
        // Writing to a string does not fail.
        let _ = writeln!(out, "  // {text}");
    }
    for (at, frame) in picture.frames.iter().enumerate() {
        let mut title = frame.title.clone();
        for label in picture.among.get(&at).into_iter().flatten() {
            let _ = write!(title, "\n↻ {}", spoken(label));
        }
        let style = if frame.outside { "dashed" } else { "rounded" };
        let _ = writeln!(out, "  subgraph cluster_{at} {{\n    label={};\n    style={style};", quoted(&title));
        for card in &frame.cards {
            let mut text = picture.cards[*card].title.clone();
            for badge in &picture.cards[*card].badges {
                let _ = write!(text, "\n{badge}");
            }
            let _ = writeln!(out, "    n{card} [label={}];", quoted(&text));
        }
        out.push_str("  }\n");
    }
    let arrows = picture.arrows.iter().flat_map(|a| picture.apart(a).into_iter().map(move |ends| (a, ends)));
    for (arrow, (from, to)) in arrows {
        let at = |end| picture.cards_of(end).first().copied().unwrap_or_default();
        let mut attributes = vec![format!("label={}", quoted(&spoken(&arrow.label)))];
        if let End::Frame(frame) = from {
            attributes.push(format!("ltail=cluster_{frame}"));
        }
        if let End::Frame(frame) = to {
            attributes.push(format!("lhead=cluster_{frame}"));
        }
        if arrow.label.undefined {
            attributes.push("style=dashed".to_owned());
        }
        let _ = writeln!(out, "  n{} -> n{} [{}];", at(from), at(to), attributes.join(", "));
    }
    out.push_str("}\n");
    Ok(out)
}

/// A string of DOT: quotes and backslashes escaped, so that `\N` is not the node's name; lines are
/// broken by `\n`.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            // Graphviz reads entities in labels.
            '&' => out.push_str("&amp;"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn nothing_ends_a_string_but_its_end() {
        assert_eq!(quoted("a\"]; b\\N\nc&lt;\u{0}"), "\"a\\\"]; b\\\\N\\nc&amp;lt;\u{fffd}\"");
    }
}
