//! A stream of YAML documents, cut apart before parsing.
//!
//! A line that begins with `---` and ends or goes on with white space ends a document whatever
//! stands before it, even inside a quoted scalar (YAML 1.2.2, 9.1.2). So the cut is exact, and a
//! malformed document cannot hide the ones after it.

/// One document of a stream: a byte range of the text and the line on which it starts (from 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) line: usize,
}

/// Cuts a stream into documents; parts with nothing but comments and blank lines are left out.
pub(crate) fn split_documents(text: &str) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut current = Chunk { start: 0, end: 0, line: 1 };
    let (mut has_content, mut offset, mut line) = (false, 0, 1);
    while offset < text.len() {
        // After the first content, only a separator can be of interest.
        if has_content {
            let rest = text.as_bytes().get(offset.saturating_sub(1)..).unwrap_or_default();
            let to = memchr::memmem::find(rest, b"\n---").map_or(text.len(), |at| offset.saturating_sub(1) + at + 1);
            line += memchr::memchr_iter(b'\n', text.as_bytes().get(offset..to).unwrap_or_default()).count();
            offset = to;
        }
        let Some(raw) = text.get(offset..).and_then(|rest| rest.split_inclusive('\n').next()) else { break };
        let bare = raw.trim_end_matches(['\n', '\r']);
        if is_separator(bare) && offset > current.start {
            current.end = offset;
            if has_content {
                chunks.push(current);
            }
            // Directives and comments before a separator belong to the document after it.
            if has_content || !text[current.start..offset].lines().any(|l| l.starts_with('%')) {
                current = Chunk { start: offset, end: offset, line };
            }
            has_content = false;
        }
        let body = if is_separator(bare) { bare[3..].trim() } else { bare.trim() };
        has_content |= !(body.is_empty() || body.starts_with('#') || bare.starts_with('%') || body == "...");
        offset += raw.len();
        line += 1;
    }
    current.end = offset;
    if has_content {
        chunks.push(current);
    }
    chunks
}

fn is_separator(line: &str) -> bool {
    line.strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<(&str, usize)> {
        split_documents(text).iter().map(|c| (&text[c.start..c.end], c.line)).collect()
    }

    #[test]
    fn documents_are_cut_at_their_separators() {
        assert_eq!(parts("a: 1\n---\nb: 2\n"), [("a: 1\n", 1), ("---\nb: 2\n", 2)]);
        assert_eq!(parts("---\n# nothing\n---\n\n---\nb: 2"), [("---\nb: 2", 5)]);
        assert_eq!(parts("--- {a: 1}\r\n--- # c\r\nb: 2\r\n").len(), 2);
        assert_eq!(parts("a: |\n  ---\n  x\n----\n").len(), 1);
        assert_eq!(parts("%YAML 1.1\n---\na: 1\n"), [("%YAML 1.1\n---\na: 1\n", 1)]);
        assert!(parts("# only a comment\n").is_empty());
    }
}
