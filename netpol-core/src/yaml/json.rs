//! A JSON text as a tree with places: for policies, where every node is kept.

use super::build::{SyntaxError, limits};
use super::node::{Entry, Keys, Node, Value};
use super::scalar::{Scalar, float};
use crate::diagnostic::Problem;
use crate::source::{LineIndex, Span, to_u32};
use compact_str::CompactString;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Builds the tree of `raw`, a piece of `text` (which `lines` indexes).
pub(crate) fn from_json(raw: &RawValue, text: &str, lines: &mut LineIndex<'_>) -> Result<Node, Box<SyntaxError>> {
    let base = (raw.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    Tree { text: raw.get(), base, lines, at: 0, nodes: 0 }.node(0)
}

/// Walks over a text that is known to be JSON: only the contents of strings can still be wrong.
struct Tree<'t, 'l, 'a> {
    text: &'t str,
    /// Where the text begins in what `lines` indexes.
    base: usize,
    lines: &'l mut LineIndex<'a>,
    at: usize,
    nodes: usize,
}

impl<'t> Tree<'t, '_, '_> {
    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        self.at += rest.iter().take_while(|b| matches!(b, b' ' | b'\n' | b'\t' | b'\r')).count();
        self.text.as_bytes().get(self.at).copied()
    }

    /// Passes over a string or another scalar.
    fn scalar(&mut self) -> &'t str {
        let (start, bytes) = (self.at, self.text.as_bytes());
        let rest = bytes.get(start..).unwrap_or_default();
        if rest.first() == Some(&b'"') {
            self.at += 1;
            while let Some(found) = memchr::memchr2(b'"', b'\\', bytes.get(self.at..).unwrap_or_default()) {
                self.at += found + 1;
                if bytes.get(self.at - 1) == Some(&b'"') {
                    break;
                }
                self.at += 1;
            }
        } else {
            let ends = |b: &&u8| !matches!(b, b',' | b'}' | b']' | b' ' | b'\n' | b'\t' | b'\r');
            self.at += rest.iter().take_while(ends).count();
        }
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn span(&mut self, start: usize) -> Span {
        self.lines.span(self.base + start, self.base + self.at)
    }

    fn node(&mut self, depth: usize) -> Result<Node, Box<SyntaxError>> {
        let first = self.peek();
        let start = self.at;
        self.nodes += 1;
        if depth > limits::DEPTH {
            return Err(SyntaxError::new(Problem::TooDeep, self.span(start)).with("limit", limits::DEPTH));
        }
        if self.nodes > limits::NODES {
            return Err(SyntaxError::new(Problem::ObjectTooLarge, self.span(start)).with("limit", limits::NODES));
        }
        let mut span = self.span(start);
        let value = match first {
            Some(b'{') => Value::Map(self.map(span, depth)?),
            Some(b'[') => {
                let mut items = Vec::new();
                self.at += 1;
                while self.goes_on(b']') {
                    items.push(self.node(depth + 1)?);
                }
                Value::Seq(items)
            }
            Some(b'"') => Value::Scalar(Scalar::String, string(self.scalar(), span)?.into()),
            Some(b't') => Value::Scalar(Scalar::Bool(true), self.scalar().into()),
            Some(b'f') => Value::Scalar(Scalar::Bool(false), self.scalar().into()),
            Some(b'n') => Value::Scalar(Scalar::Null, self.scalar().into()),
            _ => {
                let raw = self.scalar();
                let scalar = raw.parse().map_or_else(|_| Scalar::Float(float(raw)), Scalar::Int);
                Value::Scalar(scalar, raw.into())
            }
        };
        span.end = to_u32(self.base + self.at);
        Ok(Node { span, value })
    }

    fn map(&mut self, span: Span, depth: usize) -> Result<Vec<Entry>, Box<SyntaxError>> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut keys = Keys::default();
        self.at += 1;
        while self.goes_on(b'}') {
            let start = self.at;
            let key: CompactString = string(self.scalar(), span)?.into();
            let key_span = self.span(start);
            if let Some(line) = keys.first_line(&entries, &key) {
                return Err(SyntaxError::new(Problem::DuplicateKey, key_span).with("key", key).with("line", line));
            }
            self.peek();
            self.at += 1;
            let value = self.node(depth + 1)?;
            entries.push(Entry { key, key_span, value });
        }
        Ok(entries)
    }

    /// Goes to the next entry; at the end, over it.
    fn goes_on(&mut self, end: u8) -> bool {
        if self.peek() == Some(b',') {
            self.at += 1;
        }
        let next = self.peek();
        if next == Some(end) {
            self.at += 1;
        }
        !(next.is_none() || next == Some(end))
    }
}

/// The text of a string with its quotes; `span` is where to report what is wrong with it.
fn string(raw: &str, span: Span) -> Result<Cow<'_, str>, Box<SyntaxError>> {
    match raw.get(1..raw.len().saturating_sub(1)) {
        Some(text) if !text.contains('\\') => Ok(Cow::Borrowed(text)),
        _ => match serde_json::from_str::<String>(raw) {
            Ok(text) => Ok(Cow::Owned(text)),
            Err(error) => Err(SyntaxError::new(Problem::JsonSyntax, span).with("detail", error)),
        },
    }
}

/// A string that borrows from the text where it can.
#[derive(Deserialize)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);
