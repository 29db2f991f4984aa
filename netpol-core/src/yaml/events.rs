//! Typed values straight from the parser's events: no tree, and nothing kept of what is not read.
//!
//! Whatever is unusual ends it with [`Unusual`]: then the text is read through its tree, which can
//! say what and where. What is passed over is held to the same rules as the tree is.

use super::build::{Builder, Offsets, Piece, key_text, limits, scalar_value};
use super::node::Node;
use super::scalar::Scalar;
use crate::source::Span;
use foldhash::fast::FixedState;
use saphyr_parser::{Event, Marker, Parser, StrInput};
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::hash::BuildHasher;

/// The text holds something that the tree has to tell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unusual;

impl fmt::Display for Unusual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unusual")
    }
}

impl std::error::Error for Unusual {}

impl Error for Unusual {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
    fn invalid_type(_: serde::de::Unexpected<'_>, _: &dyn serde::de::Expected) -> Self {
        Self
    }
}

/// The events of one text.
pub(crate) struct Events<'t> {
    parser: Parser<'t, StrInput<'t>>,
    offsets: Offsets<'t>,
    next: Option<(Event<'t>, saphyr_parser::Span)>,
    /// How deep the reader is, counting from the root of the file's document.
    depth: usize,
    nodes: usize,
    /// Where the last node ended, in bytes of the file.
    end: u32,
    /// Hashes of the keys of the open mappings, the innermost last. That two are equal does not
    /// say that the keys are, but it is enough to ask the tree.
    keys: Vec<u64>,
}

/// A mapping that was entered.
pub(crate) struct Entered {
    at: Marker,
    /// Where its keys begin.
    keys: usize,
    /// Its keys once they are many.
    many: Option<HashSet<u64>>,
}

impl Entered {
    /// So many keys are looked through.
    const FEW: usize = 24;
}

impl<'t> Events<'t> {
    /// Begins to read a text that stands in its file at `base`, on `line`, and `depth` deep.
    pub(crate) fn new(text: &'t str, base: usize, line: usize, depth: usize) -> Self {
        Self {
            parser: Parser::new_from_str(text),
            offsets: Offsets::new(text, base, line),
            next: None,
            depth,
            nodes: 0,
            end: 0,
            keys: Vec::new(),
        }
    }

    fn peek(&mut self) -> Result<&Event<'t>, Unusual> {
        if self.next.is_none() {
            self.next = Some(self.parser.next().ok_or(Unusual)?.map_err(|_| Unusual)?);
        }
        self.next.as_ref().map(|(event, _)| event).ok_or(Unusual)
    }

    fn take(&mut self) -> Result<(Event<'t>, saphyr_parser::Span), Unusual> {
        match self.next.take() {
            Some(next) => Ok(next),
            None => self.parser.next().ok_or(Unusual)?.map_err(|_| Unusual),
        }
    }

    /// Goes to the next document; `false`: there is none.
    pub(crate) fn document(&mut self) -> Result<bool, Unusual> {
        loop {
            match self.take()?.0 {
                Event::DocumentStart(_) => return Ok(true),
                Event::StreamEnd => return Ok(false),
                Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
                _ => return Err(Unusual),
            }
        }
    }

    /// Enters the mapping that has to come next.
    pub(crate) fn mapping(&mut self) -> Result<Entered, Unusual> {
        match self.take()? {
            (Event::MappingStart(_, None), span) => self.enter(span.start),
            _ => Err(Unusual),
        }
    }

    /// Enters the list that has to come next; `false`: there is null instead of it.
    pub(crate) fn list(&mut self) -> Result<bool, Unusual> {
        match self.take()? {
            (Event::SequenceStart(_, None), span) => self.enter(span.start).map(|_| true),
            (Event::Scalar(text, style, _, None), _) if scalar_value(&text, style, None) == Scalar::Null => Ok(false),
            _ => Err(Unusual),
        }
    }

    /// Whether another item comes; else the list is left.
    pub(crate) fn item(&mut self, any: bool) -> Result<bool, Unusual> {
        if !matches!(self.peek()?, Event::SequenceEnd) {
            return Ok(true);
        }
        let (_, span) = self.take()?;
        self.leave(any, span);
        Ok(false)
    }

    /// The next key of the mapping that was entered; without one, the mapping is left.
    pub(crate) fn key(&mut self, mapping: &mut Entered) -> Result<Option<Cow<'t, str>>, Unusual> {
        match self.take()? {
            (Event::MappingEnd, span) => {
                self.leave(self.keys.len() > mapping.keys, span);
                self.keys.truncate(mapping.keys);
                Ok(None)
            }
            (Event::Scalar(text, style, _, None), span) => {
                self.scalar(&text, span)?;
                let key = key_text(scalar_value(&text, style, None), text);
                let hash = FixedState::default().hash_one(&*key);
                // What a merge brings is for the tree to say.
                if &*key == "<<" || self.has(mapping, hash) {
                    return Err(Unusual);
                }
                self.keys.push(hash);
                Ok(Some(key))
            }
            _ => Err(Unusual),
        }
    }

    /// Whether the mapping may have had the key of this hash.
    fn has(&self, mapping: &mut Entered, key: u64) -> bool {
        let others = self.keys.get(mapping.keys..).unwrap_or_default();
        if others.len() < Entered::FEW {
            return others.contains(&key);
        }
        let many = mapping.many.get_or_insert_with(|| others.iter().copied().collect());
        !many.insert(key)
    }

    /// The tree of the next node.
    pub(crate) fn tree(&mut self) -> Result<Node, Unusual> {
        let mut builder = Builder::new(&self.offsets, self.depth, false);
        loop {
            let (event, span) = match self.next.take() {
                Some(next) => next,
                None => self.parser.next().ok_or(Unusual)?.map_err(|_| Unusual)?,
            };
            if matches!(event, Event::Alias(_)) {
                return Err(Unusual);
            }
            if let Some(Piece::Root(node)) = builder.event(event, span.start, span.end).map_err(|_| Unusual)? {
                self.end = node.span.end;
                self.nodes += builder.nodes;
                return Ok(node);
            }
        }
    }

    /// The place of the object that was entered and has just been left.
    pub(crate) fn span(&mut self, object: &Entered) -> Span {
        self.nodes = 0;
        let span = self.offsets.span(&object.at, &object.at);
        Span { end: self.end.max(span.start), ..span }
    }

    /// Passes over the next node.
    fn skip(&mut self) -> Result<(), Unusual> {
        match self.take()? {
            (Event::Scalar(text, ..), span) => self.scalar(&text, span)?,
            (Event::SequenceStart(..), span) => {
                self.enter(span.start)?;
                let mut any = false;
                while self.item(any)? {
                    any = true;
                    self.skip()?;
                }
            }
            (Event::MappingStart(..), span) => {
                let mut mapping = self.enter(span.start)?;
                while self.key(&mut mapping)?.is_some() {
                    self.skip()?;
                }
            }
            _ => return Err(Unusual),
        }
        Ok(())
    }

    fn scalar(&mut self, text: &str, span: saphyr_parser::Span) -> Result<(), Unusual> {
        self.end = self.offsets.byte(span.end.index());
        self.count(text.len())
    }

    /// The budgets of the tree, with a margin, so that the tree has the last word.
    fn count(&mut self, bytes: usize) -> Result<(), Unusual> {
        self.nodes += 1;
        let fits = self.nodes < limits::NODES / 2 && bytes <= limits::SCALAR_BYTES;
        if fits { Ok(()) } else { Err(Unusual) }
    }

    fn enter(&mut self, at: Marker) -> Result<Entered, Unusual> {
        self.count(0)?;
        self.depth += 1;
        let entered = Entered { at, keys: self.keys.len(), many: None };
        if self.depth > limits::DEPTH { Err(Unusual) } else { Ok(entered) }
    }

    /// A mapping or list ends where the last node in it does.
    fn leave(&mut self, any: bool, span: saphyr_parser::Span) {
        self.depth = self.depth.saturating_sub(1);
        if !any {
            self.end = self.offsets.byte(span.end.index());
        }
    }
}

impl<'de> Deserializer<'de> for &mut Events<'de> {
    type Error = Unusual;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unusual> {
        match self.take()? {
            (Event::Scalar(text, style, _, None), span) => {
                self.scalar(&text, span)?;
                match (scalar_value(&text, style, None), text) {
                    (Scalar::Null, _) => visitor.visit_unit(),
                    (Scalar::Bool(b), _) => visitor.visit_bool(b),
                    (Scalar::Int(n), _) => visitor.visit_i64(n),
                    (Scalar::Float(f), _) => visitor.visit_f64(f),
                    (Scalar::String, Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
                    (Scalar::String, Cow::Owned(text)) => visitor.visit_string(text),
                }
            }
            (Event::SequenceStart(_, None), span) => {
                self.enter(span.start)?;
                visitor.visit_seq(Items { events: self, any: false })
            }
            (Event::MappingStart(_, None), span) => {
                let mapping = self.enter(span.start)?;
                visitor.visit_map(Entries { events: self, mapping })
            }
            _ => Err(Unusual),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unusual> {
        let null = match self.peek()? {
            Event::Scalar(text, style, _, None) => scalar_value(text, *style, None) == Scalar::Null,
            _ => false,
        };
        if null {
            self.skip()?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    /// Never from a list: the derived code would take its items for the fields in their order.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unusual> {
        match self.peek()? {
            Event::MappingStart(..) => self.deserialize_any(visitor),
            _ => Err(Unusual),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Unusual> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unusual> {
        self.skip()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map enum identifier
    }
}

struct Items<'e, 't> {
    events: &'e mut Events<'t>,
    any: bool,
}

impl<'t> SeqAccess<'t> for Items<'_, 't> {
    type Error = Unusual;
    fn next_element_seed<T: DeserializeSeed<'t>>(&mut self, seed: T) -> Result<Option<T::Value>, Unusual> {
        if !self.events.item(self.any)? {
            return Ok(None);
        }
        self.any = true;
        seed.deserialize(&mut *self.events).map(Some)
    }
}

struct Entries<'e, 't> {
    events: &'e mut Events<'t>,
    mapping: Entered,
}

impl<'t> MapAccess<'t> for Entries<'_, 't> {
    type Error = Unusual;

    fn next_key_seed<K: DeserializeSeed<'t>>(&mut self, seed: K) -> Result<Option<K::Value>, Unusual> {
        loop {
            match self.events.key(&mut self.mapping)? {
                None => return Ok(None),
                // The tree leaves it out, wherever it stands.
                Some(key) if key == "managedFields" => {
                    let end = self.events.end;
                    self.events.skip()?;
                    self.events.end = end;
                }
                Some(key) => return seed.deserialize(StrDeserializer::new(&key)).map(Some),
            }
        }
    }

    fn next_value_seed<V: DeserializeSeed<'t>>(&mut self, seed: V) -> Result<V::Value, Unusual> {
        seed.deserialize(&mut *self.events)
    }
}
