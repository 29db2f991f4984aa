//! The fields of an object on the direct paths: each in the type that the object's kind gives it,
//! from whatever format.

use super::found::{Content, Parsed, ReadPolicy, Source};
use super::issues::issues;
use super::kinds::{KindClass, PolicyKind, misspelt};
use super::mappings::Mappings;
use super::reader::read_policy;
use super::routing::RoutingKind::CustomResourceDefinition;
use super::routing::{CONVERTED, Detail, RoutingObject};
use super::types::{
    DefinitionSpec, NamespaceObject, NodeObject, NodeSpec, NodeStatus, ObjectMeta, PodObject, PodSpec, PodStatus,
    ServiceObject, ServiceSpec, ServiceStatus, WorkloadObject, WorkloadSpec, WorkloadStatus,
};
use crate::source::Span;
use crate::yaml::{Node, from_node};
use serde::de::{Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, IgnoredAny};
use serde_json::value::RawValue;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

/// What is not plain is read through a tree, which can say what it is and where.
#[derive(Clone, Copy, Debug)]
pub(super) struct NotPlain;

/// A `spec` that came before its type was known.
pub(super) trait Unread {
    fn read<T: DeserializeOwned>(&self) -> Option<T>;
}

impl Unread for &RawValue {
    fn read<T: DeserializeOwned>(&self) -> Option<T> {
        T::deserialize(Mappings(&mut serde_json::Deserializer::from_str(self.get()))).ok()
    }
}

impl Unread for Node {
    fn read<T: DeserializeOwned>(&self) -> Option<T> {
        from_node(self).ok()
    }
}

pub(super) enum Body<R> {
    None,
    Unread(R),
    Pod(PodSpec),
    Workload(Box<WorkloadSpec>),
    Service(ServiceSpec),
    Node(NodeSpec),
    Definition(DefinitionSpec),
}

pub(super) enum Status {
    None,
    Pod(PodStatus),
    Workload(WorkloadStatus),
    Service(ServiceStatus),
    Node(NodeStatus),
}

/// Reads null as nothing that was said.
fn value<'de, T: Deserialize<'de> + Default, D: Deserializer<'de>>(d: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(d)?.unwrap_or_default())
}

/// Reads a `spec` as the one of this kind.
pub(super) struct BodySeed<R>(KindClass, PhantomData<R>);

impl<R> BodySeed<R> {
    pub(super) fn of(class: KindClass) -> Self {
        Self(class, PhantomData)
    }
}

impl<'de, R> DeserializeSeed<'de> for BodySeed<R> {
    type Value = Body<R>;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Body<R>, D::Error> {
        Ok(match self.0 {
            KindClass::Pod => Body::Pod(value(d)?),
            KindClass::Workload(_) => Body::Workload(Box::new(value(d)?)),
            KindClass::Service => Body::Service(value(d)?),
            KindClass::Node => Body::Node(value(d)?),
            // They are large, and hardly anything of them counts.
            KindClass::Routing(CustomResourceDefinition) => Body::Definition(value(d)?),
            _ => {
                IgnoredAny::deserialize(d)?;
                Body::None
            }
        })
    }
}

/// Reads a `status` as the one of this kind.
pub(super) struct StatusSeed(pub(super) KindClass);

impl<'de> DeserializeSeed<'de> for StatusSeed {
    type Value = Status;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Status, D::Error> {
        Ok(match self.0 {
            KindClass::Pod => Status::Pod(value(d)?),
            KindClass::Workload(_) => Status::Workload(value(d)?),
            KindClass::Service => Status::Service(value(d)?),
            KindClass::Node => Status::Node(value(d)?),
            _ => {
                IgnoredAny::deserialize(d)?;
                Status::None
            }
        })
    }
}

/// An object's fields, as far as they were read.
pub(super) struct Fields<R> {
    pub(super) class: KindClass,
    pub(super) metadata: ObjectMeta,
    pub(super) body: Body<R>,
    pub(super) status: Status,
}

impl<R: Unread> Fields<R> {
    /// The content, for every kind but policies and those that say what they are.
    pub(super) fn content(self) -> Result<Content, NotPlain> {
        let Self { metadata, body, status, .. } = self;
        Ok(match self.class {
            KindClass::Namespace => Content::Namespace(Box::new(NamespaceObject { metadata })),
            KindClass::Pod => {
                let spec = match body {
                    Body::Pod(spec) => spec,
                    Body::Unread(raw) => raw.read().ok_or(NotPlain)?,
                    _ => PodSpec::default(),
                };
                let status = if let Status::Pod(status) = status { status } else { PodStatus::default() };
                Content::Pod(Box::new(PodObject { metadata, spec, status }))
            }
            KindClass::Workload(kind) => {
                let spec = match body {
                    Body::Workload(spec) => *spec,
                    Body::Unread(raw) => raw.read().ok_or(NotPlain)?,
                    _ => WorkloadSpec::default(),
                };
                let status = if let Status::Workload(status) = status { status } else { WorkloadStatus::default() };
                Content::Workload(kind, Box::new(WorkloadObject { metadata, spec, status }))
            }
            KindClass::Service => {
                let spec = match body {
                    Body::Service(spec) => spec,
                    Body::Unread(raw) => raw.read().ok_or(NotPlain)?,
                    _ => ServiceSpec::default(),
                };
                let status = if let Status::Service(status) = status { status } else { ServiceStatus::default() };
                Content::Service(Box::new(ServiceObject { metadata, spec, status }))
            }
            KindClass::Node => {
                let spec = match body {
                    Body::Node(spec) => spec,
                    Body::Unread(raw) => raw.read().ok_or(NotPlain)?,
                    _ => NodeSpec::default(),
                };
                let status = if let Status::Node(status) = status { status } else { NodeStatus::default() };
                Content::Node(Box::new(NodeObject { metadata, spec, status }))
            }
            KindClass::Routing(CustomResourceDefinition) => {
                let spec = match body {
                    Body::Definition(spec) => spec,
                    Body::Unread(raw) => raw.read().ok_or(NotPlain)?,
                    _ => DefinitionSpec::default(),
                };
                // What is called, and where it stands, is for the tree to say.
                if spec.conversion.strategy == CONVERTED {
                    return Err(NotPlain);
                }
                let detail = Arc::new(Detail::Calls(Vec::new()));
                let kind = CustomResourceDefinition;
                Content::Routing(Box::new(RoutingObject { kind, metadata, detail }))
            }
            KindClass::Unmodelled(kind) => Content::Unmodelled(kind, Box::new(metadata)),
            KindClass::Policy(_)
            | KindClass::Routing(_)
            | KindClass::List
            | KindClass::WrongVersion(_)
            | KindClass::Other => {
                return Err(NotPlain);
            }
        })
    }
}

/// A policy as content.
pub(super) fn policy(
    kind: PolicyKind,
    source: &Source<'_>,
    metadata: ObjectMeta,
    spec: Option<&Node>,
    span: Span,
) -> Content {
    let policy: ReadPolicy = read_policy(kind, source, metadata, spec.filter(|s| !s.is_null()), span);
    Content::Policy(Box::new(policy))
}

/// An object of a kind without a meaning here; one that is likely misspelt is not plain.
pub(super) fn other(api_version: &str, kind: &str) -> Result<Content, NotPlain> {
    match misspelt(api_version, kind) {
        Some(_) => Err(NotPlain),
        None => Ok(Content::Other(format!("{api_version} {kind}"))),
    }
}

/// The object, if the API server would take it.
pub(super) fn valid(range: Range<u32>, span: Option<Span>, content: Content) -> Result<Parsed, NotPlain> {
    match issues(&content).is_empty() {
        true => Ok(Parsed { range, span, content, issues: Vec::new() }),
        false => Err(NotPlain),
    }
}
