//! Inputs as `(name, text)` pairs, and places in them.
//!
//! The core opens no file: whoever embeds it brings the text. Lines and columns count from 1,
//! columns in characters; byte ranges count from 0 and exclude their end.

use crate::diagnostic::{Diagnostic, Problem, printable};
use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// The largest file that is read: 2 GiB − 1, so that offsets fit in 32 bits with room.
pub const MAX_FILE_BYTES: usize = (1 << 31) - 1;

/// An input, by its index in [`Inputs`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub(crate) u32);

/// A byte range of one input, with the line and column of its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Line of the first byte, from 1.
    pub line: u32,
    /// Column of the first byte in characters, from 1.
    pub column: u32,
}

/// A place in an input, by name: what a person is shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// Name of the input, as given to [`Inputs::push`].
    pub file: Arc<str>,
    /// Where in it.
    #[serde(flatten)]
    pub span: Span,
}

impl fmt::Display for Place {
    /// `file:line`, in one line whatever the name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", printable(&self.file), self.span.line)
    }
}

#[derive(Debug)]
struct Input {
    name: Arc<str>,
    text: String,
}

/// The texts to read, in the order in which they were given.
///
/// ```
/// let mut inputs = netpol_core::Inputs::default();
/// inputs.push("pods.yaml", "kind: Pod\n");
/// assert_eq!(inputs.len(), 1);
/// ```
#[derive(Debug, Default)]
pub struct Inputs {
    files: Vec<Input>,
}

impl Inputs {
    /// Adds a text. The name is used in places and diagnostics; it need not be a path.
    pub fn push(&mut self, name: impl Into<Arc<str>>, text: impl Into<String>) {
        self.files.push(Input { name: name.into(), text: text.into() });
    }

    /// Adds bytes: UTF-8, with or without a byte order mark, or UTF-16 with one (as PowerShell's
    /// `>` writes it).
    ///
    /// # Errors
    /// Text in another encoding, with the place of the first byte that does not fit, and files
    /// over [`MAX_FILE_BYTES`]. The input is then not added.
    pub fn push_bytes(&mut self, name: impl Into<Arc<str>>, bytes: Vec<u8>) -> Result<(), Box<Diagnostic>> {
        let name = name.into();
        if bytes.len() > MAX_FILE_BYTES {
            let problem =
                Diagnostic::error(Problem::FileTooLarge).with("bytes", bytes.len()).with("limit", MAX_FILE_BYTES);
            return Err(Box::new(problem.in_file(name)));
        }
        let text = match bytes.get(..2) {
            Some([0xff, 0xfe]) => decode_utf16(&bytes[2..], u16::from_le_bytes).ok_or((bytes, 0)),
            Some([0xfe, 0xff]) => decode_utf16(&bytes[2..], u16::from_be_bytes).ok_or((bytes, 0)),
            _ => String::from_utf8(bytes).map_err(|e| {
                let valid = e.utf8_error().valid_up_to();
                (e.into_bytes(), valid)
            }),
        };
        match text {
            Ok(text) => self.push(name, text),
            Err((bytes, valid)) => {
                let before = &bytes[..valid];
                let line_start = before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
                let column = String::from_utf8_lossy(&before[line_start..]).chars().count() + 1;
                let line = before.iter().filter(|b| **b == b'\n').count() + 1;
                let byte = bytes.get(valid).copied().unwrap_or_default();
                let span =
                    Span { start: to_u32(valid), end: to_u32(valid + 1), line: to_u32(line), column: to_u32(column) };
                let problem = Diagnostic::error(Problem::InvalidUtf8).with("byte", format!("0x{byte:02x}"));
                return Err(Box::new(problem.at(Place { file: name, span })));
            }
        }
        Ok(())
    }

    /// Adds one object of the `k8s-openapi` types, or anything else that serializes as a
    /// Kubernetes object with `apiVersion` and `kind`. Places then refer to its JSON form.
    ///
    /// # Errors
    /// The value does not serialize to JSON.
    #[cfg(feature = "k8s-openapi")]
    pub fn push_object<T>(&mut self, object: &T) -> Result<(), serde_json::Error>
    where
        T: k8s_openapi::Metadata<Ty = k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta> + Serialize,
    {
        let meta = object.metadata();
        let name = meta.name.as_deref().unwrap_or_default();
        let name = match &meta.namespace {
            Some(ns) => format!("{} {ns}/{name}", T::KIND),
            None => format!("{} {name}", T::KIND),
        };
        self.push(name, serde_json::to_string_pretty(object)?);
        Ok(())
    }

    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Names and texts, in the order in which they were given.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|file| (&*file.name, file.text.as_str()))
    }

    /// The text of the input of that name (the first, if several have it), byte order mark included.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.files.iter().find(|f| &*f.name == name).map(|f| f.text.as_str())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (FileId, &Arc<str>, &str)> {
        self.files.iter().zip(0..).map(|(f, i)| (FileId(i), &f.name, f.text.as_str()))
    }
}

/// Joins pairs of bytes. No YAML or JSON is without ASCII: that is another encoding behind the mark.
fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let text: String = char::decode_utf16(units).collect::<Result<_, _>>().ok()?;
    let is_text = text.is_empty() || text.contains(|c: char| c.is_ascii());
    (is_text && bytes.len().is_multiple_of(2)).then_some(text)
}

/// Line and column (in characters) of a byte offset; the offset is moved back to a character.
pub(crate) fn line_column(text: &str, offset: usize) -> (u32, u32) {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = memchr::memchr_iter(b'\n', before.as_bytes()).count() + 1;
    (to_u32(line), to_u32(before[line_start..].chars().count() + 1))
}

/// Offsets fit: files are bounded by [`MAX_FILE_BYTES`].
pub(crate) fn to_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Finds lines and columns of offsets that mostly ascend, without reading the text anew each time.
#[derive(Clone)]
pub(crate) struct LineIndex<'a> {
    text: &'a str,
    /// Places that were found before, ascending.
    known: Vec<Known>,
    /// The place that was found last.
    last: Known,
}

#[derive(Clone, Copy)]
struct Known {
    offset: usize,
    line: usize,
    column: usize,
}

impl<'a> LineIndex<'a> {
    /// A place this far behind the last known one is kept.
    const STRIDE: usize = 256;

    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, known: Vec::new(), last: Known { offset: 0, line: 1, column: 1 } }
    }

    /// Knows already that `line` begins at `offset`.
    pub(crate) fn starting(text: &'a str, offset: usize, line: usize) -> Self {
        let mut index = Self::new(text);
        index.last = Known { offset, line, column: 1 };
        index.known.push(index.last);
        index
    }

    /// The span of a byte range.
    pub(crate) fn span(&mut self, start: usize, end: usize) -> Span {
        let mut start = start.min(self.text.len());
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        let Known { offset, mut line, mut column } = if self.last.offset <= start {
            self.last
        } else {
            let at = self.known.partition_point(|known| known.offset <= start);
            let before = at.checked_sub(1).and_then(|at| self.known.get(at));
            before.copied().unwrap_or(Known { offset: 0, line: 1, column: 1 })
        };
        let between = &self.text[offset..start];
        match memchr::memrchr(b'\n', between.as_bytes()) {
            Some(newline) => {
                line += memchr::memchr_iter(b'\n', between.as_bytes()).count();
                column = between[newline + 1..].chars().count() + 1;
            }
            None => column += between.chars().count(),
        }
        self.last = Known { offset: start, line, column };
        if self.known.last().is_none_or(|known| start > known.offset + Self::STRIDE) {
            self.known.push(self.last);
        }
        Span { start: to_u32(start), end: to_u32(end.max(start)), line: to_u32(line), column: to_u32(column) }
    }
}
