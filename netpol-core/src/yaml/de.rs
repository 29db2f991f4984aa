//! Reads a tree into a typed value: the same types that JSON is read into directly.

use super::node::{Entry, Node, Value};
use super::scalar::Scalar;
use crate::diagnostic::{Params, Problem};
use crate::source::Span;
use serde::de::{DeserializeSeed, Deserializer, Error, Expected, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use std::fmt;

/// What did not fit, where, and on which field path.
#[derive(Debug)]
pub(crate) struct NodeError {
    pub(crate) code: Problem,
    pub(crate) params: Params,
    pub(crate) span: Option<Span>,
    path: Vec<String>,
}

impl NodeError {
    fn new(code: Problem) -> Box<Self> {
        Box::new(Self { code, params: Params::new(), span: None, path: Vec::new() })
    }

    /// The field path, such as `spec.containers[0].ports`.
    pub(crate) fn field(&self) -> String {
        let mut out = String::new();
        for part in self.path.iter().rev() {
            if !part.starts_with('[') && !out.is_empty() {
                out.push('.');
            }
            out.push_str(part);
        }
        out
    }

    fn inside(mut self: Box<Self>, node: &Node, part: impl FnOnce() -> String) -> Box<Self> {
        if self.span.is_none() {
            self.span = Some(node.span);
            if self.code == Problem::WrongType {
                self.params.insert("found", node.describe());
            }
        }
        self.path.push(part());
        self
    }
}

/// The error as serde wants it: boxed, since it is large and rare.
#[derive(Debug)]
pub(crate) struct DeError(Box<NodeError>);

impl fmt::Display for DeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.0.code.code(), self.0.params)
    }
}

impl std::error::Error for DeError {}

impl Error for DeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        let mut e = NodeError::new(Problem::WrongType);
        e.params.insert("accepted", message.to_string());
        Self(e)
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let mut e = NodeError::new(Problem::WrongType);
        e.params.insert("accepted", in_words(&expected.to_string()));
        Self(e)
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn missing_field(field: &'static str) -> Self {
        let mut e = NodeError::new(Problem::MissingField);
        e.params.insert("missing", field.to_owned());
        Self(e)
    }
}

/// What serde expects, without the names of Rust types.
fn in_words(expected: &str) -> String {
    match expected {
        "i32" => "an integer from -2147483648 to 2147483647".to_owned(),
        "i64" => "an integer".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "a mapping".to_owned(),
        other if other.starts_with("struct ") => "a mapping".to_owned(),
        other => other.to_owned(),
    }
}

/// Reads `node` as a `T`.
pub(crate) fn from_node<'de, T: serde::Deserialize<'de>>(node: &'de Node) -> Result<T, Box<NodeError>> {
    T::deserialize(node).map_err(|DeError(mut e)| {
        if e.span.is_none() {
            e = e.inside(node, String::new);
            e.path.pop();
        }
        e
    })
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = DeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        match &self.value {
            Value::Scalar(Scalar::Null, _) => visitor.visit_unit(),
            Value::Scalar(Scalar::Bool(b), _) => visitor.visit_bool(*b),
            Value::Scalar(Scalar::Int(n), _) => visitor.visit_i64(*n),
            Value::Scalar(Scalar::Float(f), _) => visitor.visit_f64(*f),
            Value::Scalar(Scalar::String, text) => visitor.visit_borrowed_str(text),
            Value::Seq(items) => visitor.visit_seq(Items(items.iter().enumerate())),
            Value::Map(entries) => visitor.visit_map(Entries { rest: entries.iter(), current: None }),
        }
    }

    /// Never from a list: the derived code would take its items for the fields in their order.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeError> {
        match &self.value {
            Value::Map(entries) => visitor.visit_map(Entries { rest: entries.iter(), current: None }),
            _ => Err(unfit(&visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        if self.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, DeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        visitor.visit_unit()
    }

    // What asks for one of these takes nothing else: so the rest is not written out for each of them.

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        match &self.value {
            Value::Scalar(Scalar::Bool(b), _) => visitor.visit_bool(*b),
            _ => Err(unfit(&visitor)),
        }
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        match &self.value {
            Value::Scalar(Scalar::Int(n), _) => visitor.visit_i64(*n),
            _ => Err(unfit(&visitor)),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        match &self.value {
            Value::Scalar(Scalar::String, text) => visitor.visit_borrowed_str(text),
            _ => Err(unfit(&visitor)),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        self.deserialize_str(visitor)
    }

    forward_to_deserialize_any! {
        i8 i16 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf
        unit unit_struct seq tuple tuple_struct map enum identifier
    }
}

/// A node that is not what is expected.
fn unfit(expected: &dyn Expected) -> DeError {
    DeError::invalid_type(Unexpected::Unit, expected)
}

struct Items<'de>(std::iter::Enumerate<std::slice::Iter<'de, Node>>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = DeError;
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DeError> {
        let Some((index, node)) = self.0.next() else { return Ok(None) };
        seed.deserialize(node).map(Some).map_err(|DeError(e)| DeError(e.inside(node, || format!("[{index}]"))))
    }
}

struct Entries<'de> {
    rest: std::slice::Iter<'de, Entry>,
    current: Option<&'de Entry>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = DeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DeError> {
        self.current = self.rest.next();
        let Some(entry) = self.current else { return Ok(None) };
        seed.deserialize(serde::de::value::BorrowedStrDeserializer::new(&entry.key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DeError> {
        let Some(entry) = self.current else { return Err(DeError::custom("a key before its value")) };
        seed.deserialize(&entry.value).map_err(|DeError(e)| DeError(e.inside(&entry.value, || entry.key.to_string())))
    }
}
