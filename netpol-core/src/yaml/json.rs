//! A JSON text as a tree with places: for policies, where every node is kept.

use super::build::{SyntaxError, limits};
use super::node::{Entry, Keys, Node, Value};
use super::scalar::Scalar;
use crate::diagnostic::Problem;
use crate::source::LineIndex;
use compact_str::CompactString;
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Builds the tree of `raw`, a piece of `text` (which `lines` indexes).
pub(crate) fn from_json(raw: &RawValue, text: &str, lines: &mut LineIndex<'_>) -> Result<Node, Box<SyntaxError>> {
    Tree { base: text.as_ptr() as usize, lines, nodes: 0 }.node(raw.get(), 0)
}

struct Tree<'l, 'a> {
    base: usize,
    lines: &'l mut LineIndex<'a>,
    nodes: usize,
}

impl Tree<'_, '_> {
    fn node(&mut self, raw: &str, depth: usize) -> Result<Node, Box<SyntaxError>> {
        let start = (raw.as_ptr() as usize).saturating_sub(self.base);
        let span = self.lines.span(start, start + raw.len());
        self.nodes += 1;
        if depth > limits::DEPTH {
            return Err(SyntaxError::new(Problem::TooDeep, span).with("limit", limits::DEPTH));
        }
        if self.nodes > limits::NODES {
            return Err(SyntaxError::new(Problem::ObjectTooLarge, span).with("limit", limits::NODES));
        }
        let syntax = |e: serde_json::Error| SyntaxError::new(Problem::JsonSyntax, span).with("detail", e);
        let value = match raw.as_bytes().first() {
            Some(b'{') => {
                let Fields(fields) = serde_json::from_str(raw).map_err(syntax)?;
                let mut entries: Vec<Entry> = Vec::with_capacity(fields.len());
                let mut keys = Keys::default();
                for (key, value) in fields {
                    let value_at = value.get().as_ptr() as usize;
                    let key_at = match &key {
                        Cow::Borrowed(k) => (k.as_ptr() as usize).saturating_sub(1),
                        Cow::Owned(_) => value_at,
                    }
                    .saturating_sub(self.base);
                    let key_span = self.lines.span(key_at, key_at + key.len() + 2);
                    if let Some(line) = keys.first_line(&entries, &key) {
                        return Err(SyntaxError::new(Problem::DuplicateKey, key_span)
                            .with("key", key)
                            .with("line", line));
                    }
                    let value = self.node(value.get(), depth + 1)?;
                    entries.push(Entry { key: key.into(), key_span, value });
                }
                Value::Map(entries)
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(raw).map_err(syntax)?;
                Value::Seq(items.iter().map(|i| self.node(i.get(), depth + 1)).collect::<Result<_, _>>()?)
            }
            Some(b'"') => Value::Scalar(Scalar::String, serde_json::from_str::<CompactString>(raw).map_err(syntax)?),
            Some(b't') => Value::Scalar(Scalar::Bool(true), raw.into()),
            Some(b'f') => Value::Scalar(Scalar::Bool(false), raw.into()),
            Some(b'n') => Value::Scalar(Scalar::Null, raw.into()),
            _ => match raw.parse::<i64>() {
                Ok(n) => Value::Scalar(Scalar::Int(n), raw.into()),
                Err(_) => Value::Scalar(Scalar::Float(raw.parse().unwrap_or(f64::NAN)), raw.into()),
            },
        };
        Ok(Node { span, value })
    }
}

/// The fields of an object in their order, duplicates kept.
struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;
        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(Text(key)) = map.next_key()? {
                    fields.push((key, map.next_value()?));
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(FieldsVisitor)
    }
}

/// A string that borrows from the text where it can.
#[derive(Deserialize)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);
