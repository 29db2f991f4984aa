//! The graph as a Mermaid flowchart, for Markdown.

use super::GraphAnswer;
use super::picture::{End, Picture, spoken};
use super::svg::legend;
use crate::lang::Lang;
use crate::query::QueryError;
use std::fmt::Write;

/// A Mermaid flowchart. An edge from or to a subgraph stands for all of its workloads.
///
/// # Errors
/// As for [`svg`](super::svg).
pub fn mermaid(graph: &GraphAnswer, lang: Lang) -> Result<String, QueryError> {
    let picture = Picture::new(graph, lang)?;
    let mut out = String::from("flowchart LR\n");
    for (_, text) in legend(&picture, graph, lang) {
        // Writing to a string does not fail.
        let _ = writeln!(out, "  %% {text}");
    }
    for (at, frame) in picture.frames.iter().enumerate() {
        let mut title = escaped(&frame.title);
        for label in picture.among.get(&at).into_iter().flatten() {
            let _ = write!(title, "<br/>{}", escaped(&format!("↻ {}", spoken(label))));
        }
        let _ = writeln!(out, "  subgraph f{at}[\"{title}\"]");
        for card in &frame.cards {
            let lines = std::iter::once(&picture.cards[*card].title).chain(&picture.cards[*card].badges);
            let text = lines.map(|line| escaped(line)).collect::<Vec<_>>().join("<br/>");
            let _ = writeln!(out, "    n{card}[\"{text}\"]");
        }
        out.push_str("  end\n");
    }
    let arrows = picture.arrows.iter().flat_map(|a| picture.apart(a).into_iter().map(move |ends| (a, ends)));
    for (arrow, (from, to)) in arrows {
        let name = |end| match end {
            End::Frame(frame) => format!("f{frame}"),
            End::Card(card) => format!("n{card}"),
        };
        let line = if arrow.label.undefined { "-.->" } else { "-->" };
        let text = escaped(&spoken(&arrow.label));
        let _ = writeln!(out, "  {} {line}|\"{text}\"| {}", name(from), name(to));
    }
    Ok(out)
}

/// Text between quotes: what Mermaid, Markdown or HTML could take for their own, as numbered
/// entities, which Mermaid writes with a number sign.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '#' | '&' | '<' | '>' | ';' | '`' | '\\' | '*' | '_' | '~' | '[' | ']' | '{' | '}' | '|' | '%'
            | '$' => {
                let _ = write!(out, "#{};", u32::from(c));
            }
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_ends_a_text_but_its_end() {
        assert_eq!(escaped("a\"] --> b"), "a#34;#93; --#62; b");
        assert_eq!(escaped("<img src=x>\n#35;"), "#60;img src=x#62;\u{fffd}#35;35#59;");
    }
}
