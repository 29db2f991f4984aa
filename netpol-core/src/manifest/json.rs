//! JSON by a direct typed path: one pass, no tree, but for the `spec` of policies.
//!
//! The items of a List are read in several pieces at once. Where a piece begins is a guess: the
//! next place that looks like the beginning of the first item. The reader of the piece before
//! proves it by coming to that very place between two items; if it does not, the list is read in
//! one piece.

use super::fields::{Body, BodySeed, Fields, NotPlain, Status, StatusSeed, other, policy, valid};
use super::found::{Found, Source};
use super::kinds::KindClass;
use super::mappings::Mappings;
use super::parallel;
use super::shape::ListKind;
use super::tree::Trees;
use super::types::ObjectMeta;
use crate::source::{LineIndex, to_u32};
use crate::yaml::{Text, from_json};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// Reads every object of a JSON text (one after the other, as `kubectl` prints several) that
/// stands in a range of its source; `lines` knows its line. `None`: it is not JSON throughout.
pub(super) fn read_json<'t>(source: &Source<'t>, range: Range<usize>, mut lines: LineIndex<'t>) -> Option<Vec<Found>> {
    let reader = Reader { source: *source, text: source.text.get(..range.end)?, lines: lines.clone() };
    let mut trees = Trees::new(*source);
    let mut at = reader.skip_space(range.start);
    while at < range.end {
        if let Some(list) = reader.list(at) {
            let List { api_version, kind, items, end } = list;
            let in_list = ListKind::named(&api_version, &kind);
            for item in items {
                match item {
                    Item::Plain(found) => trees.found.push(found),
                    Item::Raw(raw) => trees.json_object(raw, in_list, &mut lines),
                }
            }
            at = end;
        } else {
            let (item, after) = reader.object(at, None, &mut lines)?;
            match item {
                Item::Plain(found) => trees.found.push(found),
                Item::Raw(raw) => trees.json(raw, &mut lines),
            }
            at = after;
        }
        at = reader.skip_space(at);
    }
    Some(trees.found)
}

/// An object of the text: read, or to be read through a tree.
enum Item<'t> {
    Plain(Found),
    Raw(&'t RawValue),
}

/// A List: its items, and where it ends.
struct List<'t> {
    /// Empty until it is read.
    api_version: Cow<'t, str>,
    kind: Cow<'t, str>,
    items: Vec<Item<'t>>,
    end: usize,
}

impl List<'_> {
    fn kind(&self) -> ListKind<'_> {
        ListKind::named(&self.api_version, &self.kind)
    }
}

/// A run of items.
struct Run<'t> {
    items: Vec<Item<'t>>,
    /// Where it ended: before the item that was to be the next run's first, or at the `]`.
    end: usize,
    closed: bool,
}

struct Reader<'t> {
    source: Source<'t>,
    text: &'t str,
    /// To begin each run with.
    lines: LineIndex<'t>,
}

impl<'t> Reader<'t> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn skip_space(&self, at: usize) -> usize {
        let rest = self.text.as_bytes().get(at..).unwrap_or_default();
        at + rest.iter().take_while(|b| matches!(b, b' ' | b'\n' | b'\t' | b'\r')).count()
    }

    /// The value that begins at an offset, and where it ends.
    fn value<T: serde::Deserialize<'t>>(&self, at: usize) -> Option<(T, usize)> {
        let mut values = serde_json::Deserializer::from_str(self.text.get(at..)?).into_iter();
        let value = values.next()?.ok()?;
        Some((value, at + values.byte_offset()))
    }

    /// Reads the List that begins at an offset. `None`: it is none, or not a usual one.
    fn list(&self, at: usize) -> Option<List<'t>> {
        let mut list = List { api_version: "".into(), kind: "".into(), items: Vec::new(), end: at };
        let mut has_items = false;
        let mut at = self.skip_space(at + 1);
        if self.byte(list.end) != Some(b'{') || self.byte(at) != Some(b'"') {
            return None;
        }
        loop {
            let (Text(key), after) = self.value(at)?;
            let colon = self.skip_space(after);
            let value = self.skip_space(colon + 1);
            if self.byte(colon) != Some(b':') {
                return None;
            }
            at = match (&*key, self.byte(value)?) {
                ("items", b'[') if !has_items => {
                    has_items = true;
                    let after;
                    (list.items, after) = self.items(value + 1, list.in_list())?;
                    after
                }
                ("apiVersion", _) if list.api_version.is_empty() => {
                    let (Text(text), after) = self.value(value)?;
                    list.api_version = text;
                    after
                }
                ("kind", _) if list.kind.is_empty() => {
                    let (Text(text), after) = self.value(value)?;
                    list.kind = text;
                    after
                }
                ("apiVersion" | "kind" | "items" | "spec" | "status", _) => return None,
                _ => self.value::<IgnoredAny>(value)?.1,
            };
            // Any other object is read in one go.
            let told = !list.kind.is_empty() && !list.api_version.is_empty();
            if told && list.kind() == ListKind::NoList {
                return None;
            }
            at = self.skip_space(at);
            match self.byte(at)? {
                b',' => at = self.skip_space(at + 1),
                b'}' if has_items && told => {
                    list.end = at + 1;
                    return Some(list);
                }
                _ => return None,
            }
        }
    }

    /// The items that begin after a `[`, and the offset after their `]`.
    fn items(&self, start: usize, in_list: Option<(&str, &str)>) -> Option<(Vec<Item<'t>>, usize)> {
        let first = self.skip_space(start);
        if self.byte(first) == Some(b']') {
            return Some((Vec::new(), first + 1));
        }
        let starts = self.cuts(start, first);
        if starts.len() > 1 {
            let ends = starts.iter().skip(1).copied().map(Some).chain([None]);
            let runs: Vec<(usize, Option<usize>)> = starts.iter().copied().zip(ends).collect();
            let proven = |(start, until)| self.run(start, until, in_list).filter(|run| run.closed == until.is_none());
            let runs: Option<Vec<Run<'_>>> = parallel::each(runs, proven).into_iter().collect();
            if let Some(runs) = runs {
                let end = runs.last().map_or(first, |run| run.end);
                let mut items = Vec::with_capacity(runs.iter().map(|run| run.items.len()).sum());
                runs.into_iter().for_each(|run| items.extend(run.items));
                return Some((items, end + 1));
            }
        }
        let run = self.run(first, None, in_list)?;
        Some((run.items, run.end + 1))
    }

    /// Where to begin a piece: at the first item, and at the next place after so many bytes that
    /// looks like it, from the comma before it to the end of its first key.
    fn cuts(&self, start: usize, first: usize) -> Vec<usize> {
        let mut starts = vec![first];
        let length = self.text.len() - first;
        let count = self.source.pieces.count(length);
        let key = self.value::<Text<'_>>(self.skip_space(first + 1));
        let (true, Some((_, after_key))) = (count > 1, key) else { return starts };
        let bytes = self.text.as_bytes();
        let looks = [b",", bytes.get(start..after_key).unwrap_or_default()].concat();
        let finder = memchr::memmem::Finder::new(&looks);
        let mut last = first;
        for i in 1..count {
            let from = last.max(first + length / count * i);
            let Some(at) = bytes.get(from..).and_then(|rest| finder.find(rest)) else { break };
            last = from + at + 1 + (first - start);
            starts.push(last);
        }
        starts
    }

    /// Reads items up to the one that begins at `until`, or to the end of the list.
    fn run(&self, start: usize, until: Option<usize>, in_list: Option<(&str, &str)>) -> Option<Run<'t>> {
        let mut run = Run { items: Vec::new(), end: start, closed: false };
        let mut lines = self.lines.clone();
        while until.is_none_or(|until| run.end < until) {
            let (item, after) = self.object(run.end, in_list, &mut lines)?;
            run.items.push(item);
            let after = self.skip_space(after);
            match self.byte(after)? {
                b',' => run.end = self.skip_space(after + 1),
                b']' => {
                    (run.end, run.closed) = (after, true);
                    return Some(run);
                }
                _ => return None,
            }
        }
        (until == Some(run.end)).then_some(run)
    }

    /// Reads the value at an offset as an object, and says where it ends.
    fn object(&self, at: usize, in_list: Option<(&str, &str)>, lines: &mut LineIndex<'t>) -> Option<(Item<'t>, usize)> {
        let mut de = serde_json::Deserializer::from_str(self.text.get(at..)?);
        if let Ok(object) = Mappings(ObjectSeed { in_list }).deserialize(&mut de) {
            let after = at + de.into_iter::<IgnoredAny>().byte_offset();
            if let Ok(found) = object.found(&self.source, at..after, lines) {
                return Some((Item::Plain(found), after));
            }
        }
        self.value(at).map(|(raw, after)| (Item::Raw(raw), after))
    }
}

impl List<'_> {
    /// What the List's own kind implies of its items, if it is known before them.
    fn in_list(&self) -> Option<(&str, &str)> {
        match self.kind() {
            ListKind::Of(api_version, kind) => Some((api_version, kind)),
            _ => None,
        }
    }
}

/// An object as it is written.
struct Object<'t> {
    api_version: Cow<'t, str>,
    kind: Cow<'t, str>,
    fields: Fields<&'t RawValue>,
}

impl Object<'_> {
    /// What it is; it stands in this range of its source.
    fn found(self, source: &Source<'_>, range: Range<usize>, lines: &mut LineIndex<'_>) -> Result<Found, NotPlain> {
        let Self { api_version, kind, fields } = self;
        let content = match fields {
            Fields { class: KindClass::Policy(kind), metadata, body, .. } => {
                let spec = match body {
                    Body::Unread(raw) => Some(from_json(raw, source.text, lines).map_err(|_| NotPlain)?),
                    _ => None,
                };
                policy(kind, source, metadata, spec.as_ref(), lines.span(range.start, range.end))
            }
            Fields { class: KindClass::Other, .. } => other(&api_version, &kind)?,
            fields => fields.content()?,
        };
        valid(to_u32(range.start)..to_u32(range.end), None, content).map(Found::Object)
    }
}

struct ObjectSeed<'s> {
    /// For an item of a List: the kind that the List's own name implies.
    in_list: Option<(&'s str, &'s str)>,
}

impl<'de: 's, 's> DeserializeSeed<'de> for ObjectSeed<'s> {
    type Value = Object<'s>;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Object<'s>, D::Error> {
        d.deserialize_map(self)
    }
}

impl<'de: 's, 's> Visitor<'de> for ObjectSeed<'s> {
    type Value = Object<'s>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Kubernetes object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'s>, A::Error> {
        let (mut api_version, mut kind): (Option<Cow<'_, str>>, Option<Cow<'_, str>>) = (None, None);
        if let Some((v, k)) = self.in_list {
            (api_version, kind) = (Some(v.into()), Some(k.into()));
        }
        let mut metadata: Option<ObjectMeta> = None;
        let (mut body, mut status): (Body<&RawValue>, Status) = (Body::None, Status::None);
        let mut class = None;
        while let Some(Text(key)) = map.next_key()? {
            if let (None, Some(v), Some(k)) = (class, &api_version, &kind) {
                class = Some(KindClass::of(v, k));
            }
            match (&*key, class) {
                ("apiVersion", _) => api_version = Some(own(map.next_value()?, self.in_list.map(|list| list.0))?),
                ("kind", _) => kind = Some(own(map.next_value()?, self.in_list.map(|list| list.1))?),
                ("metadata", _) if metadata.is_none() => {
                    metadata = Some(map.next_value::<Option<_>>()?.unwrap_or_default());
                }
                ("items", None | Some(KindClass::List)) => return Err(not_plain()),
                ("spec", None | Some(KindClass::Policy(_))) => body = Body::Unread(map.next_value()?),
                ("spec", Some(class)) => body = map.next_value_seed(BodySeed::of(class))?,
                // An unusual field, or fields in an unusual order.
                (_, None | Some(KindClass::Policy(_))) => return Err(not_plain()),
                ("status", Some(class)) => status = map.next_value_seed(StatusSeed(class))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let (Some(api_version), Some(kind)) = (api_version.filter(|v| !v.is_empty()), kind.filter(|k| !k.is_empty()))
        else {
            return Err(not_plain());
        };
        let class = class.unwrap_or_else(|| KindClass::of(&api_version, &kind));
        let metadata = metadata.unwrap_or_default();
        Ok(Object { fields: Fields { class, metadata, body, status }, api_version, kind })
    }
}

/// What an object says of itself is what its List says.
fn own<'de, E: Error>(Text(own): Text<'de>, listed: Option<&str>) -> Result<Cow<'de, str>, E> {
    if listed.is_none_or(|listed| listed == own) { Ok(own) } else { Err(not_plain()) }
}

fn not_plain<E: Error>() -> E {
    E::custom("not plain")
}
