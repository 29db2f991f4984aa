//! What was found becomes part of the snapshot, one object after the other.

use super::found::{Content, Found, Named, Parsed, PolicySpec, Source};
use super::kinds::PolicyKind;
use super::read::{AdminObject, Located, PolicyObject, ReadOptions, Snapshot, UnmodelledObject};
use super::types::ObjectMeta;
use crate::diagnostic::{Diagnostic, Problem, printable};
use crate::sorted::Arrange;
use crate::source::{FileId, Span, line_column};
use compact_str::CompactString;
use std::collections::HashMap;
use std::ops::Range;

/// Where the first of two objects of the same name stood.
type Seen = HashMap<(&'static str, CompactString, CompactString), (FileId, u32), foldhash::fast::RandomState>;

#[derive(Default)]
pub(super) struct Taking {
    pub(super) snapshot: Snapshot,
    seen: Seen,
}

impl Taking {
    /// Nothing taken yet.
    pub(super) fn new(options: &ReadOptions) -> Self {
        let mut taking = Self::default();
        taking.snapshot.default_namespace.clone_from(&options.default_namespace);
        taking
    }

    pub(super) fn take(&mut self, source: &Source<'_>, found: Found) {
        match found {
            Found::Object(parsed) => self.object(source, parsed),
            Found::Rejected(diagnostic) => self.reject(source, *diagnostic),
            Found::LeftOut(kind, meta, line) => self.leave_out_policy(source, kind, &meta, line),
            Found::Finding(diagnostic) => self.snapshot.report.diagnostics.push(*diagnostic),
        }
    }

    /// The snapshot, once everything was taken.
    pub(super) fn finish(self) -> Snapshot {
        let mut snapshot = self.snapshot;
        snapshot.report.diagnostics.arrange_by(|a, b| (a.place.is_none(), a).cmp(&(b.place.is_none(), b)));
        snapshot.report.diagnostics.dedup();
        snapshot
    }

    fn object(&mut self, source: &Source<'_>, mut parsed: Parsed) {
        let (kind, Some(meta)) = parsed.content.identity() else {
            // Tests are no objects of a cluster; they have a reader of their own.
            if let Content::Other(name) = parsed.content
                && !name.starts_with("netpol.dev/")
            {
                *self.snapshot.report.other_kinds.entry(printable(&name)).or_default() += 1;
            }
            return;
        };
        let named = Named::of(kind, meta, source.default_namespace);
        let span = || parsed.span.unwrap_or_else(|| span_at(source.text, &parsed.range));
        if !parsed.issues.is_empty() {
            let (object, line) = (named.text(), span().line);
            for (issue, span) in parsed.issues {
                let mut diagnostic = Diagnostic::error(issue.code).at(source.place(span)).in_field(issue.field);
                for (name, value) in issue.params {
                    diagnostic = diagnostic.with(name, value);
                }
                diagnostic.object = Some(object.clone());
                self.snapshot.report.diagnostics.push(diagnostic.or_template());
            }
            match parsed.content {
                Content::Policy(policy) => self.leave_out_policy(source, policy.kind, &policy.metadata, policy.line),
                _ => self.leave_out(source, Some(object), line),
            }
            return;
        }
        // Objects that only have a `generateName` get a name of their own each.
        if !meta.name.is_empty() {
            let key = (kind, CompactString::from(named.namespace), meta.name.clone());
            if let Some((file, offset)) = self.seen.insert(key, (source.file, parsed.range.start)) {
                let mut first = self.snapshot.files.get(file.0 as usize).map(ToString::to_string).unwrap_or_default();
                if file == source.file {
                    first = format!("{first}:{}", line_column(source.text, offset as usize).0);
                }
                let mut diagnostic =
                    Diagnostic::error(Problem::DuplicateObject).with("first", first).at(source.place(span()));
                diagnostic.object = Some(named.text());
                self.reject(source, diagnostic);
                return;
            }
        }
        if let Content::Policy(policy) = &mut parsed.content {
            self.snapshot.report.diagnostics.append(&mut policy.findings);
            if policy.spec.is_none() {
                self.leave_out_policy(source, policy.kind, &policy.metadata, policy.line);
                return;
            }
        }
        self.store(source, parsed);
    }

    fn store(&mut self, source: &Source<'_>, parsed: Parsed) {
        let (file, offset) = (source.file, parsed.range.start);
        let snapshot = &mut self.snapshot;
        let fill = |meta: &mut ObjectMeta| {
            if meta.namespace.is_empty() {
                meta.namespace = source.default_namespace.into();
            }
            if meta.name.is_empty() {
                meta.name = meta.generate_name.trim_end_matches('-').into();
            }
        };
        let kind = match parsed.content {
            Content::Namespace(object) => {
                snapshot.namespaces.push(Located { file, offset, object: *object });
                "Namespace"
            }
            Content::Pod(mut object) => {
                fill(&mut object.metadata);
                snapshot.pods.push(Located { file, offset, object: *object });
                "Pod"
            }
            Content::Workload(kind, mut object) => {
                fill(&mut object.metadata);
                snapshot.workloads.push(Located { file, offset, object: (kind, *object) });
                kind.name()
            }
            Content::Service(mut object) => {
                fill(&mut object.metadata);
                snapshot.services.push(Located { file, offset, object: *object });
                "Service"
            }
            Content::Routing(mut object) => {
                let kind = object.kind;
                fill(&mut object.metadata);
                if !kind.namespaced() {
                    object.metadata.namespace = CompactString::default();
                }
                snapshot.routing.push(Located { file, offset, object: *object });
                kind.name()
            }
            Content::Node(object) => {
                snapshot.nodes.push(Located { file, offset, object: *object });
                "Node"
            }
            Content::Policy(mut policy) => {
                let Some(spec) = policy.spec.take() else { return };
                fill(&mut policy.metadata);
                let ObjectMeta { namespace, name, .. } = policy.metadata;
                let kind = policy.kind;
                match spec {
                    PolicySpec::Network(spec) => {
                        snapshot.policies.push(Located {
                            file,
                            offset,
                            object: PolicyObject { namespace, name, spec },
                        });
                    }
                    PolicySpec::Admin(spec) => {
                        snapshot.admin.push(Located { file, offset, object: AdminObject { kind, name, spec } });
                    }
                }
                kind.name()
            }
            Content::Unmodelled(kind, mut metadata) => {
                fill(&mut metadata);
                let namespace = if kind.namespaced { metadata.namespace } else { CompactString::default() };
                snapshot.unmodelled.push(UnmodelledObject { kind, namespace, name: metadata.name });
                kind.name
            }
            Content::Other(_) => return,
        };
        *snapshot.report.kinds.entry(kind).or_default() += 1;
    }

    /// Notes a policy that could not be used: it may decide what it selects.
    fn leave_out_policy(&mut self, source: &Source<'_>, kind: PolicyKind, meta: &ObjectMeta, line: u32) {
        let named = Named::of(kind.name(), meta, source.default_namespace);
        self.leave_out(source, Some(named.to_string()), line);
        let (namespace, name) = (named.namespace.into(), named.name.into());
        self.snapshot.unmodelled.push(UnmodelledObject { kind: kind.left_out(), namespace, name });
    }

    fn leave_out(&mut self, source: &Source<'_>, object: Option<String>, line: u32) {
        let place = format!("{}:{line}", source.name);
        let text = object.map_or_else(|| place.clone(), |object| format!("{object} ({place})"));
        self.snapshot.report.left_out.push(printable(&text));
    }

    fn reject(&mut self, source: &Source<'_>, diagnostic: Diagnostic) {
        let line = diagnostic.place.as_ref().map_or(1, |p| p.span.line);
        self.leave_out(source, diagnostic.object.clone(), line);
        self.snapshot.report.diagnostics.push(diagnostic);
    }
}

/// The place of an object of which only the bytes are known.
fn span_at(text: &str, range: &Range<u32>) -> Span {
    let (line, column) = line_column(text, range.start as usize);
    Span { start: range.start, end: range.end, line, column }
}
