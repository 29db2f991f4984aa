//! The tree.

use super::scalar::Scalar;
use crate::source::Span;
use compact_str::CompactString;
use std::collections::HashMap;

/// A node of a document.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) value: Value,
}

/// What a node holds.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Scalar(Scalar, CompactString),
    Seq(Vec<Node>),
    Map(Vec<Entry>),
}

/// One key of a mapping with its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: CompactString,
    pub(crate) key_span: Span,
    pub(crate) value: Node,
}

impl Node {
    /// The value of a key, if this is a mapping that has it and it is not null.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|e| &*e.key == key).map(|e| &e.value).filter(|n| !n.is_null()),
            _ => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(Scalar::Null, _))
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(Scalar::String, text) => Some(text),
            _ => None,
        }
    }

    /// What this is, for messages: ``number `1.10` ``, `a list`.
    pub(crate) fn describe(&self) -> String {
        match &self.value {
            Value::Scalar(Scalar::Null, _) => "null".to_owned(),
            Value::Scalar(Scalar::String, text) => format!("string `{text}`"),
            Value::Scalar(Scalar::Bool(_), text) => format!("boolean `{text}`"),
            Value::Scalar(Scalar::Int(_) | Scalar::Float(_), text) => format!("number `{text}`"),
            Value::Seq(items) if items.is_empty() => "empty list".to_owned(),
            Value::Seq(_) => "list".to_owned(),
            Value::Map(_) => "mapping".to_owned(),
        }
    }

    /// How many nodes this tree has.
    pub(crate) fn size(&self) -> usize {
        1 + match &self.value {
            Value::Scalar(..) => 0,
            Value::Seq(items) => items.iter().map(Node::size).sum(),
            Value::Map(entries) => entries.iter().map(|e| e.value.size()).sum(),
        }
    }
}

/// The keys of one mapping, to find the second of two equal ones: by looking through a few, by hash
/// among many.
#[derive(Debug, Default)]
pub(crate) struct Keys(HashMap<CompactString, u32, foldhash::fast::RandomState>);

impl Keys {
    /// So many are looked through.
    const FEW: usize = 24;

    /// The line of the key's first appearance among `entries`, if there was one. To be called for
    /// each key in turn, before it is added.
    pub(crate) fn first_line(&mut self, entries: &[Entry], key: &str) -> Option<u32> {
        if entries.len() < Self::FEW {
            return entries.iter().find(|e| e.key == key).map(|e| e.key_span.line);
        }
        let hashed = self.0.len();
        self.0.extend(entries.iter().skip(hashed).map(|e| (e.key.clone(), e.key_span.line)));
        self.0.get(key).copied()
    }
}
