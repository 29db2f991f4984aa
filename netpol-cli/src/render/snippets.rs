//! The lines of YAML themselves.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use netpol_core::diagnostic::printable;
use netpol_core::{Inputs, Place};

/// A long node is shown by its first lines.
const MOST_LINES: usize = 6;

/// The lines of a place, marked; nothing if the text is not at hand.
pub(crate) fn lines(inputs: &Inputs, place: &Place, label: &str) -> Option<String> {
    let text = inputs.text(&place.file)?;
    let (start, mut end) = (place.span.start as usize, (place.span.end as usize).min(text.len()));
    // Only the neighbourhood is handed over: a file may be large.
    let from = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let shown = text.get(start..)?.match_indices('\n').nth(MOST_LINES - 1).map_or(text.len(), |(at, _)| start + at);
    end = end.min(shown);
    let body = text.get(start..end)?.trim_end();
    end = start + body.len().max(1).min(text.len().saturating_sub(start));
    let to = text.get(end..)?.find('\n').map_or(text.len(), |at| end + at);
    let snippet = Snippet::source(text.get(from..to)?)
        .path(printable(&place.file))
        .line_start(place.span.line as usize)
        .annotation(AnnotationKind::Primary.span(start - from..end - from).label(label));
    let group = Group::with_level(Level::NOTE).element(snippet);
    Some(Renderer::styled().render(&[group]).to_string())
}
