//! JSON by a direct typed path: one pass, no tree, but for the `spec` of policies.
//!
//! It gives up at the first thing that is not plain; the caller then reads the file again through
//! trees, which can say where and what.

use super::kinds::{KindClass, misspelt};
use super::read::{Content, Parsed, Sink};
use super::types::{
    NamespaceObject, NodeObject, NodeSpec, NodeStatus, ObjectMeta, PodObject, PodSpec, PodStatus, ServiceObject,
    ServiceSpec, ServiceStatus, WorkloadObject, WorkloadSpec, WorkloadStatus,
};
use crate::source::{LineIndex, Span, to_u32};
use crate::yaml::{Node, Text, from_json};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Reads every object of a JSON text (one after the other, as `kubectl` prints several).
pub(super) fn read_json(text: &str, sink: &mut Sink<'_>) -> Result<(), serde_json::Error> {
    let mut lines = LineIndex::new(text);
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let mut de = serde_json::Deserializer::from_str(rest);
        ObjectSeed { text, lines: &mut lines, sink, in_list: None }.deserialize(&mut de)?;
        let read = de.into_iter::<IgnoredAny>().byte_offset();
        rest = rest[read..].trim_start();
    }
    Ok(())
}

struct ObjectSeed<'s, 't, 'k> {
    text: &'t str,
    lines: &'s mut LineIndex<'t>,
    sink: &'s mut Sink<'k>,
    /// For an item of a List: the kind that the List's own name implies.
    in_list: Option<(&'s str, &'s str)>,
}

/// `spec` and `status` in the type that the kind gives them.
enum Body<'a> {
    None,
    Raw(&'a RawValue),
    Pod(Box<PodSpec>),
    Workload(Box<WorkloadSpec>),
    Service(Box<ServiceSpec>),
    Node(NodeSpec),
}

enum Status {
    None,
    Pod(PodStatus),
    Workload(WorkloadStatus),
    Service(ServiceStatus),
    Node(NodeStatus),
}

impl<'de> DeserializeSeed<'de> for ObjectSeed<'_, 'de, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ObjectSeed<'_, 'de, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Kubernetes object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let base = self.text.as_ptr() as usize;
        let mut offset = None;
        let (mut api_version, mut kind): (Option<Cow<'_, str>>, Option<Cow<'_, str>>) = (None, None);
        if let Some((v, k)) = self.in_list {
            (api_version, kind) = (Some(v.into()), Some(k.into()));
        }
        let mut meta: Option<ObjectMeta> = None;
        let (mut body, mut status) = (Body::None, Status::None);
        let mut class = None;
        let mut has_items = false;
        while let Some(Text(key)) = map.next_key()? {
            if offset.is_none()
                && let Cow::Borrowed(k) = &key
            {
                offset = Some((k.as_ptr() as usize - base).saturating_sub(1));
            }
            if let (None, Some(v), Some(k)) = (class, &api_version, &kind) {
                class = Some(KindClass::of(v, k));
            }
            match &*key {
                "apiVersion" => api_version = Some(map.next_value::<Text<'de>>()?.0),
                "kind" => kind = Some(map.next_value::<Text<'de>>()?.0),
                "metadata" if meta.is_none() => meta = Some(map.next_value::<Option<_>>()?.unwrap_or_default()),
                "items" if matches!(class, None | Some(KindClass::List)) => {
                    has_items = true;
                    let item =
                        class.and(kind.as_deref()).and_then(|k| k.strip_suffix("List")).filter(|k| !k.is_empty());
                    let in_list = api_version.as_deref().zip(item);
                    map.next_value_seed(ItemsSeed { text: self.text, lines: self.lines, sink: self.sink, in_list })?;
                }
                "spec" => {
                    body = match class {
                        Some(KindClass::Pod) => Body::Pod(map.next_value::<Option<_>>()?.unwrap_or_default()),
                        Some(KindClass::Workload(_)) => {
                            Body::Workload(map.next_value::<Option<_>>()?.unwrap_or_default())
                        }
                        Some(KindClass::Service) => Body::Service(map.next_value::<Option<_>>()?.unwrap_or_default()),
                        Some(KindClass::Node) => Body::Node(map.next_value::<Option<_>>()?.unwrap_or_default()),
                        Some(KindClass::NetworkPolicy) | None => Body::Raw(map.next_value()?),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            Body::None
                        }
                    }
                }
                "status" if !matches!(class, Some(KindClass::NetworkPolicy)) => {
                    status = match class {
                        Some(KindClass::Pod) => Status::Pod(map.next_value::<Option<_>>()?.unwrap_or_default()),
                        Some(KindClass::Workload(_)) => {
                            Status::Workload(map.next_value::<Option<_>>()?.unwrap_or_default())
                        }
                        Some(KindClass::Service) => Status::Service(map.next_value::<Option<_>>()?.unwrap_or_default()),
                        Some(KindClass::Node) => Status::Node(map.next_value::<Option<_>>()?.unwrap_or_default()),
                        None => return Err(A::Error::custom("the kind must come before the status")),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            Status::None
                        }
                    }
                }
                _ if matches!(class, Some(KindClass::NetworkPolicy) | None) => {
                    return Err(A::Error::custom("an unusual field, or fields in an unusual order"));
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let (Some(api_version), Some(kind)) = (api_version.filter(|v| !v.is_empty()), kind.filter(|k| !k.is_empty()))
        else {
            return Err(A::Error::custom("no kind"));
        };
        let class = class.unwrap_or_else(|| KindClass::of(&api_version, &kind));
        if has_items && !matches!(class, KindClass::List) {
            return Err(A::Error::custom("items of what is no List"));
        }
        let metadata = meta.unwrap_or_default();
        let offset = offset.unwrap_or_default();
        let content = match (class, body, status) {
            (KindClass::List, ..) => return Ok(()),
            (KindClass::Namespace, ..) => Content::Namespace(NamespaceObject { metadata }),
            (KindClass::Pod, body, status) => Content::Pod(Box::new(PodObject {
                metadata,
                spec: match body {
                    Body::Pod(spec) => *spec,
                    Body::Raw(raw) => serde_json::from_str(raw.get()).map_err(A::Error::custom)?,
                    _ => PodSpec::default(),
                },
                status: if let Status::Pod(s) = status { s } else { PodStatus::default() },
            })),
            (KindClass::Workload(kind), body, status) => Content::Workload(
                kind,
                Box::new(WorkloadObject {
                    metadata,
                    spec: match body {
                        Body::Workload(spec) => *spec,
                        Body::Raw(raw) => serde_json::from_str(raw.get()).map_err(A::Error::custom)?,
                        _ => WorkloadSpec::default(),
                    },
                    status: if let Status::Workload(s) = status { s } else { WorkloadStatus::default() },
                }),
            ),
            (KindClass::Service, body, status) => Content::Service(Box::new(ServiceObject {
                metadata,
                spec: match body {
                    Body::Service(spec) => *spec,
                    Body::Raw(raw) => serde_json::from_str(raw.get()).map_err(A::Error::custom)?,
                    _ => ServiceSpec::default(),
                },
                status: if let Status::Service(s) = status { s } else { ServiceStatus::default() },
            })),
            (KindClass::Node, body, status) => Content::Node(Box::new(NodeObject {
                metadata,
                spec: match body {
                    Body::Node(spec) => spec,
                    Body::Raw(raw) => serde_json::from_str(raw.get()).map_err(A::Error::custom)?,
                    _ => NodeSpec::default(),
                },
                status: if let Status::Node(s) = status { s } else { NodeStatus::default() },
            })),
            (KindClass::NetworkPolicy, body, _) => {
                let spec: Option<Node> = match body {
                    Body::Raw(raw) if raw.get() != "null" => {
                        Some(from_json(raw, self.text, self.lines).map_err(|e| A::Error::custom(e.code.code()))?)
                    }
                    _ => None,
                };
                let span = self.lines.span(offset, offset);
                Content::Policy { metadata, spec, span }
            }
            (KindClass::Unmodelled(kind), ..) => Content::Unmodelled(kind, metadata),
            (KindClass::WrongVersion(_), ..) => return Err(A::Error::custom("api version")),
            (KindClass::Other, ..) if misspelt(&api_version, &kind).is_some() => {
                return Err(A::Error::custom("a misspelt kind"));
            }
            (KindClass::Other, ..) => Content::Other(format!("{api_version} {kind}")),
        };
        if self.sink.accept(Parsed { offset: to_u32(offset), content }, None) {
            Ok(())
        } else {
            Err(A::Error::custom("an object with problems"))
        }
    }
}

struct ItemsSeed<'s, 't, 'k> {
    text: &'t str,
    lines: &'s mut LineIndex<'t>,
    sink: &'s mut Sink<'k>,
    in_list: Option<(&'s str, &'s str)>,
}

impl<'de> DeserializeSeed<'de> for ItemsSeed<'_, 'de, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ItemsSeed<'_, 'de, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq
            .next_element_seed(ObjectSeed {
                text: self.text,
                lines: self.lines,
                sink: self.sink,
                in_list: self.in_list,
            })?
            .is_some()
        {}
        Ok(())
    }
}

/// The place of an object of which only the first byte is known.
pub(super) fn span_at(text: &str, offset: u32) -> Span {
    let (line, column) = crate::source::line_column(text, offset as usize);
    Span { start: offset, end: offset, line, column }
}
