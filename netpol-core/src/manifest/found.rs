//! What the readers find in a text, before any of it is taken: each piece of a text is read by
//! itself, and only what is taken afterwards, in the order of the input, knows of the others.

use super::admin::AdminPolicy;
use super::issues::Issue;
use super::kinds::{PolicyKind, UnmodelledKind, WorkloadKind};
use super::parallel::Pieces;
use super::policy::NetworkPolicy;
use super::routing::{RoutingObject, is_cluster_wide};
use super::types::{NamespaceObject, NodeObject, ObjectMeta, PodObject, ServiceObject, WorkloadObject};
use crate::diagnostic::{Diagnostic, printable};
use crate::source::{FileId, Place, Span};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Whether the direct paths are there.
pub(super) const DIRECT: bool = cfg!(feature = "fast-read");

/// A text with what all of its readers have to know.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(super) file: FileId,
    pub(super) name: &'a Arc<str>,
    pub(crate) text: &'a str,
    pub(super) default_namespace: &'a str,
    pub(super) schema_checks: bool,
    pub(super) pieces: Pieces,
    /// Whether to try the direct paths before the trees.
    pub(super) direct: bool,
}

impl Source<'_> {
    pub(crate) fn place(&self, span: Span) -> Place {
        Place { file: self.name.clone(), span }
    }
}

/// What a reader found.
#[derive(Clone)]
pub(super) enum Found {
    Object(Parsed),
    /// Nothing that could be taken, and why.
    Rejected(Box<Diagnostic>),
    /// A policy that cannot be used, on its line: it may decide what it selects.
    LeftOut(PolicyKind, Box<ObjectMeta>, u32),
    /// Worth reporting, whatever becomes of the object.
    Finding(Box<Diagnostic>),
}

/// One object as the readers produce it.
#[derive(Clone)]
pub(super) struct Parsed {
    /// The bytes of its text.
    pub(super) range: Range<u32>,
    /// Where it stands, if more than that is known.
    pub(super) span: Option<Span>,
    pub(super) content: Content,
    /// What the API server would refuse about it.
    pub(super) issues: Vec<(Issue, Span)>,
}

#[derive(Clone)]
pub(super) enum Content {
    Namespace(Box<NamespaceObject>),
    Pod(Box<PodObject>),
    Workload(WorkloadKind, Box<WorkloadObject>),
    Service(Box<ServiceObject>),
    Node(Box<NodeObject>),
    Policy(Box<ReadPolicy>),
    Routing(Box<RoutingObject>),
    Unmodelled(&'static UnmodelledKind, Box<ObjectMeta>),
    Other(String),
}

/// A policy, or what is wrong with it.
#[derive(Clone)]
pub(super) struct ReadPolicy {
    pub(super) kind: PolicyKind,
    pub(super) metadata: ObjectMeta,
    pub(super) line: u32,
    /// Without it, anything among the findings is an error.
    pub(super) spec: Option<PolicySpec>,
    pub(super) findings: Vec<Diagnostic>,
}

#[derive(Clone)]
pub(super) enum PolicySpec {
    Network(NetworkPolicy),
    Admin(AdminPolicy),
}

impl Content {
    /// The kind and the metadata, for kinds that mean something here.
    pub(super) fn identity(&self) -> (&'static str, Option<&ObjectMeta>) {
        match self {
            Self::Namespace(o) => ("Namespace", Some(&o.metadata)),
            Self::Pod(o) => ("Pod", Some(&o.metadata)),
            Self::Workload(kind, o) => (kind.name(), Some(&o.metadata)),
            Self::Service(o) => ("Service", Some(&o.metadata)),
            Self::Node(o) => ("Node", Some(&o.metadata)),
            Self::Routing(o) => (o.kind.name(), Some(&o.metadata)),
            Self::Policy(o) => (o.kind.name(), Some(&o.metadata)),
            Self::Unmodelled(kind, metadata) => (kind.name, Some(metadata)),
            Self::Other(_) => ("", None),
        }
    }
}

/// Under what an object is kept and reported: the only place where a missing namespace or name
/// gets its default.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Named<'a> {
    pub(super) kind: &'a str,
    /// Empty for the kinds that have none.
    pub(super) namespace: &'a str,
    /// Of an object that only has a `generateName`, what all those made from it begin with.
    pub(super) name: &'a str,
}

impl<'a> Named<'a> {
    pub(super) fn of(kind: &'a str, meta: &'a ObjectMeta, default_namespace: &'a str) -> Self {
        let namespace = match kind {
            "Namespace" | "Node" => "",
            _ if is_cluster_wide(kind) || is_policy_of_the_cluster(kind) => "",
            _ if meta.namespace.is_empty() => default_namespace,
            _ => &meta.namespace,
        };
        let name = if meta.name.is_empty() { meta.generate_name.trim_end_matches('-') } else { &meta.name };
        Self { kind, namespace, name }
    }

    /// `Kind namespace/name`, fit to be printed.
    pub(super) fn text(&self) -> String {
        printable(&self.to_string())
    }
}

/// Whether it is a policy kind without a namespace.
fn is_policy_of_the_cluster(kind: &str) -> bool {
    let kind = kind.split('.').next().unwrap_or_default();
    matches!(
        kind,
        "AdminNetworkPolicy"
            | "BaselineAdminNetworkPolicy"
            | "ClusterNetworkPolicy"
            | "CiliumClusterwideNetworkPolicy"
            | "GlobalNetworkPolicy"
    )
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace {
            "" => write!(f, "{} {}", self.kind, self.name),
            namespace => write!(f, "{} {namespace}/{}", self.kind, self.name),
        }
    }
}
