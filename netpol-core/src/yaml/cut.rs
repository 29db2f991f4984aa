//! A long List in block style, cut into runs of its items before parsing.
//!
//! Every line that begins as deep as the first item does, with a dash and a space, begins an item:
//! all that an item holds stands deeper, but for the lines of a flow collection or a quoted text,
//! and a run that is cut inside of one of those does not parse (YAML 1.2.2, 6.1 and 8.2.1). So
//! where every run parses by itself, and what stands around them too, the cut was exact.

use std::ops::Range;

/// A List in parts.
pub(crate) struct ListText<'t> {
    /// What comes before the items, to the end of the line `items:`.
    pub(crate) before: &'t str,
    /// What comes before and after the items, without them.
    pub(crate) around: String,
    /// Runs of items. Each goes on to the dash of the next, over the white space before it.
    pub(crate) runs: Vec<Range<usize>>,
}

/// Cuts a document into about `count` runs of items. `None`: it is not certain to be a List in
/// block style with the items in its root.
pub(crate) fn cut_list(text: &str, count: usize) -> Option<ListText<'_>> {
    let bytes = text.as_bytes();
    let root = text.strip_prefix("---\n").unwrap_or(text);
    // A document may end and another begin without a separator.
    if !root.starts_with(|c: char| c.is_ascii_alphabetic()) || memchr::memmem::find(bytes, b"\n...").is_some() {
        return None;
    }
    let key = memchr::memmem::find(bytes, b"\nitems:")? + 1;
    let start = line_end(bytes, key);
    let first = Line::new(bytes, start)?;
    if !text.get(key..start)?.strip_prefix("items:")?.trim_end_matches([' ', '\r', '\n']).is_empty() || !first.is_item {
        return None;
    }
    let mut runs: Vec<Range<usize>> = Vec::new();
    let size = (text.len() - start) / count.max(1) + 1;
    let (mut at, mut from, mut next) = (start, start, start + size);
    let end = loop {
        let Some(line) = Line::new(bytes, at) else { break text.len() };
        if !line.is_blank && line.indent <= first.indent {
            if line.indent == first.indent && line.is_item {
                if at >= next {
                    runs.push(from..at + first.indent);
                    (from, next) = (at, next.max(at) + size);
                }
            } else if line.indent == 0 && bytes.get(at).is_some_and(u8::is_ascii_alphabetic) {
                break at;
            } else {
                return None;
            }
        }
        at = line_end(bytes, at);
    };
    runs.push(from..end);
    let before = text.get(..start)?;
    Some(ListText { before, around: [before, text.get(end..)?].concat(), runs })
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    memchr::memchr(b'\n', rest).map_or(bytes.len(), |newline| at + newline + 1)
}

/// How a line begins.
struct Line {
    indent: usize,
    /// Whether it begins with a dash and a space.
    is_item: bool,
    /// Whether it has nothing, or a comment.
    is_blank: bool,
}

impl Line {
    /// The line at an offset; none at the end.
    fn new(bytes: &[u8], at: usize) -> Option<Self> {
        let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
        let indent = rest.iter().take_while(|b| **b == b' ').count();
        let rest = rest.get(indent..).unwrap_or_default();
        let is_blank = matches!(rest.first(), None | Some(b'\n' | b'\r' | b'#'));
        Some(Self { indent, is_item: rest.starts_with(b"- "), is_blank })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(text: &str, count: usize) -> Option<Vec<&str>> {
        cut_list(text, count).map(|list| list.runs.iter().map(|run| &text[run.clone()]).collect())
    }

    #[test]
    fn lists_are_cut_before_an_item() {
        let list = "apiVersion: v1\nitems:\n- a: 1\n  b:\n  - c\n# d\n- e: |\n    - f\n\nkind: List\n";
        assert_eq!(runs(list, 1), Some(vec!["- a: 1\n  b:\n  - c\n# d\n- e: |\n    - f\n\n"]));
        assert_eq!(runs(list, 3), Some(vec!["- a: 1\n  b:\n  - c\n# d\n", "- e: |\n    - f\n\n"]));
        assert_eq!(cut_list(list, 2).map(|l| l.around), Some("apiVersion: v1\nitems:\nkind: List\n".to_owned()));
        let indented = "---\nkind: List\nitems:\n  - a: 1\n    b:\n    - c\n  - d: 2\n";
        assert_eq!(runs(indented, 9), Some(vec!["  - a: 1\n    b:\n    - c\n  ", "  - d: 2\n"]));
    }

    #[test]
    fn what_is_not_certain_is_not_cut() {
        for text in [
            "kind: List\nitems: []\n",
            "kind: List\nitems:\n-\n  a: 1\n",
            "kind: List\nitems:\n- a: 1\n...\n- b: 2\n",
            "kind: List\nitems:\n  - a: 1\n b: 2\n",
            "kind: List\nitems:\n- a: 1\n'kind': List\n",
            "kind: List\nitems:\n- a: 1\n%b\n",
            "kind: List\nitems:\n- a: 1\n\t- b: 1\n",
            "{kind: List,\nitems:\n- a: 1\n}\n",
            "# c\nkind: List\nitems:\n- a: 1\n",
        ] {
            assert_eq!(runs(text, 2), None, "{text}");
        }
    }
}
