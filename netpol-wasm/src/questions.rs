//! What is asked, as JSON objects with the fields of the command line.
//!
//! The fields are read the same way whatever is asked, and each question takes its own of them; so
//! do the options.

use netpol_core::graph::{GraphBy, GraphQuery};
use netpol_core::query::{EgressQuery, Grain, IngressQuery, MatrixQuery, PathsQuery};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// What is made of its fields: a question, or the options.
pub(crate) trait Question: Sized {
    /// The names of its fields.
    const FIELDS: &'static [&'static str];

    /// Takes the fields; their names are known.
    fn of(fields: Fields) -> Result<Self, String>;
}

/// Reads a question, or the options.
pub(crate) fn read<Q: Question>(text: &str) -> Result<Q, String> {
    let fields: Fields = serde_json::from_str(text).map_err(|e| e.to_string())?;
    Q::of(fields.known(Q::FIELDS)?)
}

/// Fields with their values.
#[derive(Debug)]
pub(crate) struct Fields(Vec<(String, Value)>);

/// What a field can hold.
#[derive(Debug)]
enum Value {
    Null,
    Bool(bool),
    Text(String),
    Texts(Vec<String>),
}

impl Fields {
    /// The fields, if all of them are among these, each once.
    fn known(self, known: &[&str]) -> Result<Self, String> {
        for (at, (name, _)) in self.0.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                return Err(match known {
                    [] => format!("unknown field `{name}`, there are no fields"),
                    known => format!("unknown field `{name}`, expected one of `{}`", known.join("`, `")),
                });
            }
            if self.0.iter().take(at).any(|(other, _)| other == name) {
                return Err(format!("duplicate field `{name}`"));
            }
        }
        Ok(self)
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.0.iter().position(|(field, _)| field == name).map(|at| self.0.swap_remove(at).1)
    }

    /// The text of a field that may be missing, but not be null.
    pub(crate) fn given(&mut self, name: &str) -> Result<Option<String>, String> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(other) => Err(format!("the field `{name}` is {other}, expected a string")),
        }
    }

    /// The text of a field that may be missing or null.
    pub(crate) fn optional(&mut self, name: &str) -> Result<Option<String>, String> {
        self.0.retain(|(field, value)| field != name || !matches!(value, Value::Null));
        self.given(name)
    }

    /// A switch, off where it is missing.
    pub(crate) fn switch(&mut self, name: &str) -> Result<bool, String> {
        match self.take(name) {
            None => Ok(false),
            Some(Value::Bool(on)) => Ok(on),
            Some(other) => Err(format!("the field `{name}` is {other}, expected a boolean")),
        }
    }

    /// The texts of a list, none where it is missing.
    pub(crate) fn list(&mut self, name: &str) -> Result<Vec<String>, String> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Value::Texts(texts)) => Ok(texts),
            Some(other) => Err(format!("the field `{name}` is {other}, expected a list of strings")),
        }
    }

    pub(crate) fn required(&mut self, name: &str) -> Result<String, String> {
        self.given(name)?.ok_or_else(|| format!("missing field `{name}`"))
    }

    /// The one of that name, or the default.
    pub(crate) fn one_of<T: Copy + Default>(
        &mut self,
        name: &str,
        all: &[T],
        called: fn(T) -> &'static str,
    ) -> Result<T, String> {
        let Some(found) = self.given(name)? else { return Ok(T::default()) };
        all.iter().copied().find(|one| called(*one) == found).ok_or_else(|| {
            let accepted: Vec<&str> = all.iter().map(|one| called(*one)).collect();
            format!("unknown value `{found}`, accepted are {}", accepted.join(", "))
        })
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "`{value}`"),
            Self::Text(text) => write!(f, "`{text}`"),
            Self::Texts(_) => f.write_str("a list"),
        }
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;
        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        d.deserialize_map(FieldsVisitor)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct ValueVisitor;
        impl<'de> Visitor<'de> for ValueVisitor {
            type Value = Value;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, a boolean or a list of strings")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = seq.next_element()? {
                    texts.push(text);
                }
                Ok(Value::Texts(texts))
            }
            fn visit_unit<E: Error>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }
            fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
                Ok(Value::Bool(value))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
                Ok(Value::Text(text.to_owned()))
            }
        }
        d.deserialize_any(ValueVisitor)
    }
}

/// *Can FROM reach TO on PORT?*
#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) from: String,
    pub(crate) to: String,
    /// Empty: every port of TCP, UDP and SCTP.
    pub(crate) port: String,
}

impl Question for Check {
    const FIELDS: &'static [&'static str] = &["from", "to", "port"];
    fn of(mut fields: Fields) -> Result<Self, String> {
        let (from, to) = (fields.required("from")?, fields.required("to")?);
        Ok(Self { from, to, port: fields.given("port")?.unwrap_or_default() })
    }
}

impl Question for MatrixQuery {
    const FIELDS: &'static [&'static str] = &["by", "from", "to", "port"];
    fn of(mut fields: Fields) -> Result<Self, String> {
        let mut query = Self::default();
        query.by = fields.one_of("by", &Grain::ALL, Grain::name)?;
        (query.from, query.to) = (fields.optional("from")?, fields.optional("to")?);
        query.port = fields.optional("port")?;
        Ok(query)
    }
}

impl Question for EgressQuery {
    const FIELDS: &'static [&'static str] = &["from", "to"];
    fn of(mut fields: Fields) -> Result<Self, String> {
        let mut query = Self::default();
        (query.from, query.to) = (fields.optional("from")?, fields.optional("to")?);
        Ok(query)
    }
}

impl Question for IngressQuery {
    const FIELDS: &'static [&'static str] = &["to"];
    fn of(mut fields: Fields) -> Result<Self, String> {
        let mut query = Self::default();
        query.to = fields.optional("to")?;
        Ok(query)
    }
}

impl Question for GraphQuery {
    const FIELDS: &'static [&'static str] = &["by", "from", "to", "port"];
    fn of(mut fields: Fields) -> Result<Self, String> {
        let mut query = Self::default();
        query.by = fields.one_of("by", &GraphBy::ALL, GraphBy::name)?;
        (query.from, query.to) = (fields.optional("from")?, fields.optional("to")?);
        query.port = fields.optional("port")?;
        Ok(query)
    }
}

impl Question for PathsQuery {
    const FIELDS: &'static [&'static str] = &["from", "to", "port", "viaPort", "undefined"];
    fn of(mut fields: Fields) -> Result<Self, String> {
        let mut query = Self::default();
        query.undefined = fields.switch("undefined")?;
        (query.from, query.to) = (fields.required("from")?, fields.optional("to")?);
        (query.port, query.via_port) = (fields.optional("port")?, fields.optional("viaPort")?);
        Ok(query)
    }
}
