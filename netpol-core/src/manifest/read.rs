//! From inputs to a [`Snapshot`]: every object that means something here, with where it stood.

use super::issues::{Issue, issues};
use super::json::{read_json, span_at};
use super::kinds::{KindClass, LEFT_OUT, UnmodelledKind, WorkloadKind, misspelt};
use super::policy::{NetworkPolicy, PolicyReader};
use super::shape::{ListKind, guess_kind, line_start, locate};
use super::types::{NamespaceObject, NodeObject, ObjectMeta, PodObject, ServiceObject, WorkloadObject};
use crate::diagnostic::{Diagnostic, Params, Problem, Severity, printable};
use crate::source::{FileId, Inputs, LineIndex, Place, Span, line_column, to_u32};
use crate::yaml::{self, Node, NodeError, Piece, SyntaxError, Value, from_json, from_node, split_documents};
use compact_str::CompactString;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// How to read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReadOptions {
    /// The namespace of namespaced objects that name none (`kubectl -n`).
    pub default_namespace: String,
    /// In a file with a malformed document, count only the documents before it.
    pub stop_file_at_malformed: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { default_namespace: "default".to_owned(), stop_file_at_malformed: false }
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
    pub(crate) policies: Vec<Located<PolicyObject>>,
    pub(crate) unmodelled: Vec<UnmodelledObject>,
    report: ReadReport,
}

impl Snapshot {
    /// What was read, and what was wrong with it.
    pub fn report(&self) -> &ReadReport {
        &self.report
    }
}

/// One object as the readers produce it.
pub(super) struct Parsed {
    pub(super) offset: u32,
    pub(super) content: Content,
}

pub(super) enum Content {
    Namespace(NamespaceObject),
    Pod(Box<PodObject>),
    Workload(WorkloadKind, Box<WorkloadObject>),
    Service(Box<ServiceObject>),
    Node(Box<NodeObject>),
    Policy { metadata: ObjectMeta, spec: Option<Node>, span: Span },
    Unmodelled(&'static UnmodelledKind, ObjectMeta),
    Other(String),
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
    let mut snapshot = Snapshot { default_namespace: options.default_namespace.clone(), ..Snapshot::default() };
    let mut seen = HashMap::default();
    for (file, name, text) in inputs.iter() {
        snapshot.files.push(name.clone());
        let mut sink = Sink {
            snapshot: &mut snapshot,
            seen: &mut seen,
            file,
            name,
            text,
            fast: false,
            failed: false,
            parsed: Vec::new(),
        };
        sink.file(options);
    }
    snapshot.report.diagnostics.sort_by(|a, b| (a.place.is_none(), a).cmp(&(b.place.is_none(), b)));
    snapshot.report.diagnostics.dedup();
    snapshot
}

/// (kind, namespace, name) → where it stood.
type Seen = HashMap<(&'static str, CompactString, CompactString), (FileId, u32), foldhash::fast::RandomState>;

/// Takes the objects of one file.
pub(super) struct Sink<'a> {
    snapshot: &'a mut Snapshot,
    seen: &'a mut Seen,
    file: FileId,
    name: &'a Arc<str>,
    text: &'a str,
    /// On the fast path, problems are not reported: the file is read again with places.
    fast: bool,
    /// Whether the current file had a malformed document.
    failed: bool,
    /// On the fast path: what is taken once the whole file was plain.
    parsed: Vec<Parsed>,
}

impl Sink<'_> {
    fn file(&mut self, options: &ReadOptions) {
        let bom = if self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let text = &self.text[bom..];
        let is_json = self.name.ends_with(".json");
        if is_json || text.trim_start().starts_with('{') {
            // Pointers of the JSON reader are relative to the text it is given.
            if bom == 0 {
                self.fast = true;
                let plain = read_json(text, self);
                self.fast = false;
                let parsed = std::mem::take(&mut self.parsed);
                if plain.is_ok() {
                    parsed.into_iter().for_each(|p| self.take(p, None, Vec::new()));
                    return;
                }
            }
            if self.json_trees(bom, is_json) {
                return;
            }
        }
        let mut lines = LineIndex::new(self.text);
        for chunk in split_documents(text) {
            if self.failed && options.stop_file_at_malformed {
                return;
            }
            let body = &text[chunk.start..chunk.end];
            // JSON among YAML documents is read as JSON: it may be large, and its trees are lean.
            if let Ok(raw) = serde_json::from_str::<&RawValue>(body.trim_start_matches("---"))
                && raw.get().starts_with('{')
            {
                self.json_object(raw, &mut lines);
                continue;
            }
            let list = ListKind::of(body);
            let mut pieces = Vec::new();
            let stream = list != ListKind::NoList;
            let result = yaml::documents(body, bom + chunk.start, chunk.line, stream, &mut |piece| {
                // Items of a List can be many: each is taken and dropped before the next.
                match piece {
                    Piece::Item(node) => self.object(&node, list),
                    Piece::Root(node) => pieces.push(node),
                }
            });
            match result {
                Ok(()) => pieces.iter().for_each(|node| self.object(node, ListKind::NoList)),
                Err(error) => self.syntax(*error, body, bom + chunk.start),
            }
        }
    }

    /// Reads a JSON text through trees. `false`: it is not JSON, and may be YAML.
    fn json_trees(&mut self, bom: usize, is_json: bool) -> bool {
        let text = &self.text[bom..];
        let mut lines = LineIndex::new(self.text);
        let mut stream = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
        let mut raws = Vec::new();
        for raw in stream.by_ref() {
            match raw {
                Ok(raw) => raws.push(raw),
                Err(error) if is_json => {
                    raws.iter().for_each(|raw| self.json_object(raw, &mut lines));
                    let start = line_start(text, error.line()) + error.column().saturating_sub(1);
                    let span = lines.span(bom + start, bom + start);
                    let detail = error.to_string();
                    let detail = detail.split(" at line ").next().unwrap_or_default().to_owned();
                    let mut params = Params::new();
                    params.insert("detail", detail);
                    self.syntax(SyntaxError { code: Problem::JsonSyntax, params, span }, text, bom);
                    return true;
                }
                Err(_) => return false,
            }
        }
        raws.iter().for_each(|raw| self.json_object(raw, &mut lines));
        true
    }

    fn json_object(&mut self, raw: &RawValue, lines: &mut LineIndex<'_>) {
        #[derive(serde::Deserialize)]
        struct Envelope<'a> {
            #[serde(borrow, rename = "apiVersion", default)]
            api_version: Cow<'a, str>,
            #[serde(borrow, default)]
            kind: Cow<'a, str>,
            #[serde(borrow)]
            items: Option<Vec<&'a RawValue>>,
        }
        let text = self.text;
        let envelope = serde_json::from_str::<Envelope<'_>>(raw.get()).ok();
        let list = envelope.as_ref().map_or(ListKind::NoList, |e| ListKind::named(&e.api_version, &e.kind));
        let parts = match envelope.as_ref().and_then(|e| e.items.as_ref()) {
            Some(items) if list != ListKind::NoList => items.iter().map(|i| (*i, list)).collect(),
            _ => vec![(raw, ListKind::NoList)],
        };
        for (part, list) in parts {
            match from_json(part, text, lines) {
                Ok(node) => self.object(&node, list),
                Err(error) => self.syntax(*error, "", 0),
            }
        }
    }

    fn syntax(&mut self, error: SyntaxError, body: &str, start: usize) {
        self.failed = true;
        let (code, span, params) = match body.find("{{") {
            Some(at) if error.code != Problem::TooDeep => {
                let (line, column) = line_column(self.text, start + at);
                let span = Span { start: to_u32(start + at), end: to_u32(start + at + 2), line, column };
                (Problem::Template, span, Params::new())
            }
            _ => (error.code, error.span, error.params),
        };
        let mut diagnostic = Diagnostic::error(code).at(Place { file: self.name.clone(), span });
        for (name, value) in params {
            diagnostic = diagnostic.with(name, value);
        }
        self.reject(diagnostic);
    }

    /// Takes an object from its tree; `list` is the List it is an item of.
    fn object(&mut self, node: &Node, list: ListKind<'_>) {
        let fail = |code, span| Diagnostic::error(code).at(Place { file: self.name.clone(), span });
        let Value::Map(entries) = &node.value else {
            if !node.is_null() {
                let diagnostic = fail(Problem::NotAnObject, node.span).with("found", node.describe());
                self.reject(diagnostic);
            }
            return;
        };
        let kind = node.get("kind").and_then(Node::as_str).unwrap_or_default();
        let api_version = node.get("apiVersion").and_then(Node::as_str).unwrap_or_default();
        let own = ListKind::named(api_version, kind);
        if own != ListKind::NoList
            && let Some(items) = entries.iter().find(|e| &*e.key == "items").map(|e| &e.value)
        {
            match &items.value {
                // Those that were streamed went by already.
                Value::Seq(items) => items.iter().for_each(|item| self.object(item, own)),
                _ if items.is_null() => {}
                _ => {
                    let diagnostic = fail(Problem::WrongType, items.span)
                        .with("found", items.describe())
                        .with("accepted", "a list")
                        .in_field("items");
                    self.reject(diagnostic);
                }
            }
            return;
        }
        match (kind.is_empty(), api_version.is_empty(), list) {
            (false, false, _) => self.typed(node, api_version, kind),
            (true, _, ListKind::Of(api_version, kind)) => self.typed(node, api_version, kind),
            (true, _, ListKind::Any) => match guess_kind(node) {
                Some((api_version, kind)) => self.typed(node, api_version, kind),
                None => self.reject(fail(Problem::MissingKind, node.span)),
            },
            (true, ..) if entries.is_empty() => {}
            (true, ..) => self.reject(fail(Problem::MissingKind, node.span)),
            (false, true, _) => self.reject(fail(Problem::MissingApiVersion, node.span).with("kind", kind)),
        }
    }

    fn typed(&mut self, node: &Node, api_version: &str, kind: &str) {
        let class = KindClass::of(api_version, kind);
        let content = match class {
            KindClass::Namespace => from_node(node).map(Content::Namespace),
            KindClass::Pod => from_node(node).map(|p| Content::Pod(Box::new(p))),
            KindClass::Workload(kind) => from_node(node).map(|w| Content::Workload(kind, Box::new(w))),
            KindClass::Service => from_node(node).map(|s| Content::Service(Box::new(s))),
            KindClass::Node => from_node(node).map(|n| Content::Node(Box::new(n))),
            KindClass::NetworkPolicy => {
                let meta = self.policy_meta(node);
                if let Ok(meta) = &meta
                    && self.unknown_at_the_top(node, meta)
                {
                    self.leave_out_policy(meta.clone(), node.span);
                    return;
                }
                meta.map(|metadata| Content::Policy { metadata, spec: node.get("spec").cloned(), span: node.span })
            }
            KindClass::Unmodelled(kind) => self.policy_meta(node).map(|meta| Content::Unmodelled(kind, meta)),
            KindClass::WrongVersion(accepted) => {
                let diagnostic = Diagnostic::error(Problem::ApiVersion)
                    .with("kind", kind)
                    .with("found", api_version)
                    .with("accepted", accepted)
                    .at(Place { file: self.name.clone(), span: node.get("apiVersion").map_or(node.span, |n| n.span) });
                self.reject(diagnostic);
                return;
            }
            KindClass::List => return,
            KindClass::Other => {
                if let Some(nearest) = misspelt(api_version, kind) {
                    let diagnostic = Diagnostic::error(Problem::UnknownKind)
                        .with("found", kind)
                        .with("version", api_version)
                        .with("nearest", nearest)
                        .at(Place { file: self.name.clone(), span: node.get("kind").map_or(node.span, |n| n.span) });
                    self.reject(diagnostic.in_field("kind"));
                    return;
                }
                Ok(Content::Other(format!("{api_version} {kind}")))
            }
        };
        match content {
            Ok(content) => {
                self.accept(Parsed { offset: node.span.start, content }, Some(node));
            }
            Err(error) => {
                let diagnostic = self.type_error(&error, node, kind);
                self.reject(diagnostic);
            }
        }
    }

    /// Reports fields beside `spec` that a policy does not have; `true` if that is an error.
    fn unknown_at_the_top(&mut self, node: &Node, meta: &ObjectMeta) -> bool {
        const KNOWN: [&str; 4] = ["apiVersion", "kind", "metadata", "spec"];
        let Value::Map(entries) = &node.value else { return false };
        let mut found = false;
        for entry in entries.iter().filter(|e| !KNOWN.contains(&&*e.key)) {
            // `status` was a field in 1.24 to 1.27, and generators still write it empty.
            let harmless = meta.is_from_server() || &*entry.key == "status";
            let severity = if harmless { Severity::Warning } else { Severity::Error };
            found |= severity == Severity::Error;
            let mut diagnostic = Diagnostic::new(severity, Problem::UnknownField)
                .with("found", &entry.key)
                .with("known", KNOWN.join(", "))
                .at(Place { file: self.name.clone(), span: entry.key_span })
                .in_field(&*entry.key);
            if let Some(nearest) = crate::lang::nearest(&entry.key, KNOWN.into_iter()) {
                diagnostic = diagnostic.with("nearest", nearest);
            }
            let namespace =
                if meta.namespace.is_empty() { &self.snapshot.default_namespace } else { meta.namespace.as_str() };
            diagnostic.object = Some(format!("NetworkPolicy {namespace}/{}", meta.name));
            self.snapshot.report.diagnostics.push(diagnostic);
        }
        found
    }

    fn policy_meta(&mut self, node: &Node) -> Result<ObjectMeta, Box<NodeError>> {
        let namespace: NamespaceObject = from_node(node)?;
        Ok(namespace.metadata)
    }

    fn type_error(&self, error: &NodeError, node: &Node, kind: &str) -> Diagnostic {
        let span = error.span.unwrap_or(node.span);
        let mut diagnostic =
            Diagnostic::error(error.code).at(Place { file: self.name.clone(), span }).in_field(error.field());
        for (name, value) in &error.params {
            diagnostic = diagnostic.with(name, value);
        }
        let name = node.get("metadata").and_then(|m| m.get("name")).and_then(Node::as_str).unwrap_or_default();
        diagnostic.object = Some(printable(format!("{kind} {name}").trim_end()));
        let text = self.text.get(span.start as usize..span.end as usize).unwrap_or_default();
        if text.starts_with('{') && text.contains("{{") {
            diagnostic.code = Problem::Template;
        }
        diagnostic
    }

    /// Notes a policy that could not be used: it may decide what it selects.
    fn leave_out_policy(&mut self, meta: ObjectMeta, span: Span) {
        let namespace =
            if meta.namespace.is_empty() { self.snapshot.default_namespace.as_str().into() } else { meta.namespace };
        self.leave_out(Some(format!("NetworkPolicy {namespace}/{}", meta.name)), span.line);
        self.snapshot.unmodelled.push(UnmodelledObject { kind: &LEFT_OUT, namespace, name: meta.name });
    }

    fn leave_out(&mut self, object: Option<String>, line: u32) {
        let place = format!("{}:{line}", self.name);
        let text = object.map_or_else(|| place.clone(), |object| format!("{object} ({place})"));
        self.snapshot.report.left_out.push(printable(&text));
    }

    fn reject(&mut self, diagnostic: Diagnostic) {
        let line = diagnostic.place.as_ref().map_or(1, |p| p.span.line);
        self.leave_out(diagnostic.object.clone(), line);
        self.snapshot.report.diagnostics.push(diagnostic);
    }

    /// Checks an object and takes it. `false`, on the fast path: it needs the slow one.
    pub(super) fn accept(&mut self, parsed: Parsed, node: Option<&Node>) -> bool {
        if self.fast {
            let plain = issues(&parsed.content).is_empty();
            self.parsed.push(parsed);
            return plain;
        }
        let issues = issues(&parsed.content);
        self.take(parsed, node, issues);
        true
    }

    /// Takes an object with what is wrong about it.
    fn take(&mut self, parsed: Parsed, node: Option<&Node>, issues: Vec<Issue>) {
        let (kind, Some(meta)) = parsed.content.identity() else {
            if let Content::Other(name) = parsed.content {
                *self.snapshot.report.other_kinds.entry(printable(&name)).or_default() += 1;
            }
            return;
        };
        let (offset, file) = (parsed.offset, self.file);
        let name = if meta.name.is_empty() { meta.generate_name.trim_end_matches('-') } else { &meta.name };
        let namespace = match kind {
            "Namespace" | "Node" => "",
            _ if meta.namespace.is_empty() => &self.snapshot.default_namespace,
            _ => &meta.namespace,
        };
        let object = || {
            printable(&if namespace.is_empty() {
                format!("{kind} {name}")
            } else {
                format!("{kind} {namespace}/{name}")
            })
        };
        if !issues.is_empty() {
            let object = object();
            for issue in issues {
                let span = node.map_or_else(|| span_at(self.text, offset), |n| locate(n, &issue.field));
                let mut diagnostic =
                    Diagnostic::error(issue.code).at(Place { file: self.name.clone(), span }).in_field(issue.field);
                for (name, value) in issue.params {
                    diagnostic = diagnostic.with(name, value);
                }
                diagnostic.object = Some(object.clone());
                self.snapshot.report.diagnostics.push(diagnostic.or_template());
            }
            let line = node.map_or_else(|| span_at(self.text, offset).line, |n| n.span.line);
            match parsed.content {
                Content::Policy { metadata, span, .. } => self.leave_out_policy(metadata, span),
                _ => self.leave_out(Some(object), line),
            }
            return;
        }
        // Objects that only have a `generateName` get a name of their own each.
        if !meta.name.is_empty() {
            let key = (kind, CompactString::from(namespace), meta.name.clone());
            if let Some((first_file, first_offset)) = self.seen.insert(key, (file, offset)) {
                let first_name = self.snapshot.files.get(first_file.0 as usize).cloned().unwrap_or_default();
                let first = if first_file == file {
                    format!("{first_name}:{}", line_column(self.text, first_offset as usize).0)
                } else {
                    first_name.to_string()
                };
                let span = node.map_or_else(|| span_at(self.text, offset), |n| n.span);
                let mut diagnostic = Diagnostic::error(Problem::DuplicateObject)
                    .with("object", object())
                    .with("first", first)
                    .at(Place { file: self.name.clone(), span });
                diagnostic.object = Some(object());
                self.reject(diagnostic);
                return;
            }
        }
        let object = if matches!(parsed.content, Content::Policy { .. }) { object() } else { String::new() };
        self.store(parsed, object);
    }

    fn store(&mut self, parsed: Parsed, object: String) {
        let (file, offset) = (self.file, parsed.offset);
        let snapshot = &mut *self.snapshot;
        let default = CompactString::from(snapshot.default_namespace.as_str());
        let fill = |meta: &mut ObjectMeta| {
            if meta.namespace.is_empty() {
                meta.namespace.clone_from(&default);
            }
            if meta.name.is_empty() {
                meta.name = meta.generate_name.trim_end_matches('-').into();
            }
        };
        let kind = match parsed.content {
            Content::Namespace(object) => {
                snapshot.namespaces.push(Located { file, offset, object });
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
            Content::Node(object) => {
                snapshot.nodes.push(Located { file, offset, object: *object });
                "Node"
            }
            Content::Policy { mut metadata, spec, span } => {
                fill(&mut metadata);
                let mut reader = PolicyReader {
                    file: self.name,
                    object,
                    from_server: metadata.is_from_server(),
                    diagnostics: &mut snapshot.report.diagnostics,
                };
                let Some(spec) = reader.read(&metadata, spec.as_ref(), span) else {
                    self.leave_out_policy(metadata, span);
                    return;
                };
                let object = PolicyObject { namespace: metadata.namespace, name: metadata.name, spec };
                snapshot.policies.push(Located { file, offset, object });
                "NetworkPolicy"
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
            Self::Policy { metadata, .. } => ("NetworkPolicy", Some(metadata)),
            Self::Unmodelled(kind, metadata) => (kind.kind, Some(metadata)),
            Self::Other(_) => ("", None),
        }
    }
}
