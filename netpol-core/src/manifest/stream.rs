//! YAML by a direct typed path: one pass over the parser's events, no tree, but for the `spec` of
//! policies. What is not plain is read again through trees.

use super::fields::{Body, BodySeed, Fields, NotPlain, Status, StatusSeed, other, policy, valid};
use super::found::{Content, Found, Source};
use super::kinds::KindClass;
use super::parallel;
use super::routing::RoutingKind::CustomResourceDefinition;
use super::routing::{self, RoutingKind, routing};
use super::shape::ListKind;
use super::types::ObjectMeta;
use crate::yaml::{Entered, Entry, Events, ListText, Node, Unusual, Value, cut_list, from_node};
use compact_str::CompactString;
use serde::de::{Deserialize, DeserializeSeed, IgnoredAny};

impl From<Unusual> for NotPlain {
    fn from(_: Unusual) -> Self {
        Self
    }
}

/// Reads a chunk of a YAML stream, in pieces if it is a long List.
pub(super) fn read_yaml(source: &Source<'_>, body: &str, base: usize, line: usize) -> Result<Vec<Found>, NotPlain> {
    let list = ListKind::of(body);
    let reader = Reader { source, list };
    let count = if list == ListKind::NoList { 1 } else { source.pieces.count(body.len()) };
    if count > 1
        && let Some(text) = cut_list(body, count)
        && let Ok(found) = reader.pieces(&text, body, base, line)
    {
        return Ok(found);
    }
    let mut events = Events::new(body, base, line, 0);
    let mut found = Vec::new();
    while events.document()? {
        reader.document(&mut events, &mut found)?;
    }
    Ok(found)
}

#[derive(Clone, Copy)]
struct Reader<'s> {
    source: &'s Source<'s>,
    /// The List that the document is.
    list: ListKind<'s>,
}

impl Reader<'_> {
    fn pieces(&self, text: &ListText, body: &str, base: usize, line: usize) -> Result<Vec<Found>, NotPlain> {
        // What stands around the items has to be a List by itself, as has what comes before them.
        let mut events = Events::new(text.before, base, line, 0);
        events.document()?;
        let mut mapping = events.mapping()?;
        let mut open = false;
        while let Some(key) = events.key(&mut mapping)? {
            open = key == "items" && !events.list()?;
            if key != "items" {
                IgnoredAny::deserialize(&mut events)?;
            }
        }
        let mut events = Events::new(&text.around, base, line, 0);
        let mut around = Vec::new();
        while events.document()? {
            self.document(&mut events, &mut around)?;
        }
        if !open || !around.is_empty() {
            return Err(NotPlain);
        }
        let runs = parallel::each(text.runs.clone(), |piece| {
            let line =
                line + memchr::memchr_iter(b'\n', body.get(..piece.start).unwrap_or_default().as_bytes()).count();
            let mut events = Events::new(body.get(piece.clone()).ok_or(NotPlain)?, base + piece.start, line, 1);
            let mut found = Vec::new();
            if !events.document()? {
                return Err(NotPlain);
            }
            self.items(&mut events, &mut found)?;
            if events.document()? { Err(NotPlain) } else { Ok(found) }
        });
        let runs: Vec<Vec<Found>> = runs.into_iter().collect::<Result<_, NotPlain>>()?;
        Ok(runs.into_iter().flatten().collect())
    }

    /// Reads a document: an object, or a List of them.
    fn document(&self, events: &mut Events<'_>, found: &mut Vec<Found>) -> Result<(), NotPlain> {
        if self.list == ListKind::NoList {
            let parsed = self.object(events)?;
            found.push(parsed);
            return Ok(());
        }
        let mut mapping = events.mapping()?;
        let (mut api_version, mut kind) = (CompactString::default(), CompactString::default());
        let mut has_items = false;
        while let Some(key) = events.key(&mut mapping)? {
            match &*key {
                "apiVersion" => api_version = CompactString::deserialize(&mut *events)?,
                "kind" => kind = CompactString::deserialize(&mut *events)?,
                "items" => {
                    has_items = true;
                    self.items(events, found)?;
                }
                _ => {
                    IgnoredAny::deserialize(&mut *events)?;
                }
            }
        }
        // The lines that told what the List is may have stood in something else.
        let told = !kind.is_empty() && ListKind::named(&api_version, &kind) == self.list;
        if has_items && told { Ok(()) } else { Err(NotPlain) }
    }

    fn items(&self, events: &mut Events<'_>, found: &mut Vec<Found>) -> Result<(), NotPlain> {
        if events.list()? {
            let mut any = false;
            while events.item(any)? {
                any = true;
                found.push(self.object(events)?);
            }
        }
        Ok(())
    }

    fn object(&self, events: &mut Events<'_>) -> Result<Found, NotPlain> {
        let mut object: Entered = events.mapping()?;
        let (mut api_version, mut kind): (Option<CompactString>, Option<CompactString>) = (None, None);
        let mut metadata: Option<ObjectMeta> = None;
        let (mut body, mut status): (Body<Node>, Status) = (Body::None, Status::None);
        // The fields of objects that are read from trees; some stand before the kind.
        let mut kept: Vec<Entry> = Vec::new();
        let mut class = None;
        while let Some(key) = events.key(&mut object)? {
            if let (None, Some(v), Some(k)) = (class, &api_version, &kind) {
                class = Some(KindClass::of(v, k));
            }
            match (&*key, class) {
                ("apiVersion", _) => api_version = Some(CompactString::deserialize(&mut *events)?),
                ("kind", _) => kind = Some(CompactString::deserialize(&mut *events)?),
                ("metadata", Some(KindClass::Routing(RoutingKind::Ingress))) => {
                    let value = events.tree()?;
                    metadata = Some(if value.is_null() {
                        ObjectMeta::default()
                    } else {
                        from_node(&value).map_err(|_| NotPlain)?
                    });
                    kept.push(Entry { key: "metadata".into(), key_span: value.span, value });
                }
                ("metadata", _) => metadata = Some(Option::deserialize(&mut *events)?.unwrap_or_default()),
                ("items", None | Some(KindClass::List)) => return Err(NotPlain),
                ("spec", Some(class @ KindClass::Routing(CustomResourceDefinition))) => {
                    body = BodySeed::of(class).deserialize(&mut *events)?;
                }
                ("spec", None | Some(KindClass::Policy(_) | KindClass::Routing(_))) => {
                    body = Body::Unread(events.tree()?)
                }
                ("spec", Some(class)) => body = BodySeed::of(class).deserialize(&mut *events)?,
                (field, None | Some(KindClass::Routing(_))) if routing::FIELDS.contains(&field) => {
                    let value = events.tree()?;
                    kept.push(Entry { key: field.into(), key_span: value.span, value });
                }
                // An unusual field, or fields in an unusual order.
                (_, None | Some(KindClass::Policy(_))) => return Err(NotPlain),
                ("status", Some(class)) => status = StatusSeed(class).deserialize(&mut *events)?,
                _ => {
                    IgnoredAny::deserialize(&mut *events)?;
                }
            }
        }
        let span = events.span(&object);
        let (api_version, kind) = (api_version.unwrap_or_default(), kind.unwrap_or_default());
        if api_version.is_empty() || kind.is_empty() {
            return Err(NotPlain);
        }
        let class = class.unwrap_or_else(|| KindClass::of(&api_version, &kind));
        let metadata = metadata.unwrap_or_default();
        let content = match (class, body) {
            (KindClass::Policy(kind), Body::Unread(spec)) => policy(kind, self.source, metadata, Some(&spec), span),
            (KindClass::Policy(kind), _) => policy(kind, self.source, metadata, None, span),
            (KindClass::Routing(CustomResourceDefinition), body) => {
                Fields { class, metadata, body, status }.content()?
            }
            // Its annotations went by before its kind was known.
            (KindClass::Routing(RoutingKind::Ingress), _) if kept.iter().all(|entry| entry.key != "metadata") => {
                return Err(NotPlain);
            }
            (KindClass::Routing(kind), body) => {
                if let Body::Unread(value) = body {
                    kept.push(Entry { key: "spec".into(), key_span: value.span, value });
                }
                let root = Node { span, value: Value::Map(std::mem::take(&mut kept)) };
                let (object, issues) = routing(kind, metadata, &root);
                if !issues.is_empty() {
                    return Err(NotPlain);
                }
                Content::Routing(Box::new(object))
            }
            (KindClass::Other, _) => other(&api_version, &kind)?,
            (class, body) => Fields { class, metadata, body, status }.content()?,
        };
        if !kept.is_empty() {
            return Err(NotPlain);
        }
        Ok(Found::Object(valid(span.start..span.end, Some(span), content)?))
    }
}
