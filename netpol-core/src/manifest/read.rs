//! From inputs to a [`Snapshot`]: every object that means something here, with where it stood.

use super::admin::AdminPolicy;
use super::file::read_file;
use super::found::{DIRECT, Found, Source};
use super::kinds::PolicyKind;
use super::kinds::{UnmodelledKind, WorkloadKind};
use super::parallel::{self, Pieces};
use super::policy::NetworkPolicy;
use super::routing::RoutingObject;
use super::take::Taking;
use super::types::{NamespaceObject, NodeObject, PodObject, ServiceObject, WorkloadObject};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{FileId, Inputs};
use compact_str::CompactString;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How to read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReadOptions {
    /// The namespace of namespaced objects that name none (`kubectl -n`).
    pub default_namespace: String,
    /// In a file with a malformed document, count only the documents before it.
    pub stop_file_at_malformed: bool,
    /// What the schema of a custom resource refuses although a client can decode it (a limit that is
    /// passed, a field that is left out) is an error; else a warning.
    pub schema_checks: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { default_namespace: "default".to_owned(), stop_file_at_malformed: false, schema_checks: true }
    }
}

/// An object with its file and byte offset.
#[derive(Clone, Debug)]
pub(crate) struct Located<T> {
    pub(crate) file: FileId,
    pub(crate) offset: u32,
    pub(crate) object: T,
}

#[derive(Clone, Debug)]
pub(crate) struct PolicyObject {
    pub(crate) namespace: CompactString,
    pub(crate) name: CompactString,
    pub(crate) spec: NetworkPolicy,
}

/// A policy of an administrative tier.
#[derive(Clone, Debug)]
pub(crate) struct AdminObject {
    pub(crate) kind: PolicyKind,
    pub(crate) name: CompactString,
    pub(crate) spec: AdminPolicy,
}

#[derive(Clone, Debug)]
pub(crate) struct UnmodelledObject {
    pub(crate) kind: &'static UnmodelledKind,
    pub(crate) namespace: CompactString,
    pub(crate) name: CompactString,
}

/// What was read, in numbers and findings.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ReadReport {
    /// Findings, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
    /// How many objects of each kind are used.
    pub kinds: BTreeMap<&'static str, usize>,
    /// How many objects of each kind have no meaning here (`apiVersion Kind`).
    pub other_kinds: BTreeMap<String, usize>,
    /// What was left out because of errors: an object by its name where it has one, with its place.
    pub left_out: Vec<String>,
}

impl ReadReport {
    /// Whether anything could not be used: then an answer would not rest on all of the input.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }
}

/// The objects of a cluster at one moment. Made by [`read`]; input of [`crate::Analysis`].
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    pub(crate) files: Vec<Arc<str>>,
    pub(crate) default_namespace: String,
    pub(crate) namespaces: Vec<Located<NamespaceObject>>,
    pub(crate) pods: Vec<Located<PodObject>>,
    pub(crate) workloads: Vec<Located<(WorkloadKind, WorkloadObject)>>,
    pub(crate) services: Vec<Located<ServiceObject>>,
    pub(crate) nodes: Vec<Located<NodeObject>>,
    pub(crate) routing: Vec<Located<RoutingObject>>,
    pub(crate) policies: Vec<Located<PolicyObject>>,
    pub(crate) admin: Vec<Located<AdminObject>>,
    pub(crate) unmodelled: Vec<UnmodelledObject>,
    pub(super) report: ReadReport,
}

impl Snapshot {
    /// What was read, and what was wrong with it.
    pub fn report(&self) -> &ReadReport {
        &self.report
    }
}

/// Reads all inputs. Errors do not stop the reading: they are in [`Snapshot::report`], each with
/// its place, and what they concern is left out.
///
/// ```
/// # use netpol_core::{Inputs, ReadOptions, read};
/// let mut inputs = Inputs::default();
/// inputs.push("a.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\nkind: [\n");
/// let snapshot = read(&inputs, &ReadOptions::default());
/// assert_eq!(snapshot.report().kinds["Namespace"], 1);
/// assert!(snapshot.report().has_errors());
/// ```
pub fn read(inputs: &Inputs, options: &ReadOptions) -> Snapshot {
    read_in_pieces(inputs, options, Pieces::default(), DIRECT)
}

pub(super) fn read_in_pieces(inputs: &Inputs, options: &ReadOptions, pieces: Pieces, direct: bool) -> Snapshot {
    let (default_namespace, schema_checks) = (options.default_namespace.as_str(), options.schema_checks);
    let sources: Vec<Source<'_>> = inputs
        .iter()
        .map(|(file, name, text)| Source { file, name, text, default_namespace, schema_checks, pieces, direct })
        .collect();
    let read = |source: &Source<'_>| read_file(source, options);
    let bytes = sources.iter().map(|source| source.text.len()).sum();
    let found: Vec<Vec<Found>> = match pieces.count(bytes) {
        1 => sources.iter().map(read).collect(),
        _ => parallel::each(sources.iter().collect(), read),
    };
    let mut taking = Taking::new(options);
    for (source, found) in sources.iter().zip(found) {
        taking.snapshot.files.push(source.name.clone());
        found.into_iter().for_each(|found| taking.take(source, found));
    }
    taking.finish()
}
