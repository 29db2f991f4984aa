//! Objects from trees, which can say of everything where it stood. What is plain comes by the
//! direct paths instead ([`super::json`], [`super::stream`]).

use super::found::{Content, Found, Parsed, ReadPolicy, Source};
use super::issues::issues;
use super::kinds::{KindClass, PolicyKind, misspelt};
use super::reader::{beside_spec, read_policy};
use super::routing::routing;
use super::shape::{ListKind, guess_kind, locate};
use super::types::{NamespaceObject, ObjectMeta};
use crate::diagnostic::{Diagnostic, Params, Problem, printable};
use crate::source::{LineIndex, Span, line_column, to_u32};
use crate::yaml::{self, Node, NodeError, Piece, SyntaxError, Value, from_json, from_node};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Collects what the trees of one document hold.
pub(super) struct Trees<'a> {
    pub(super) source: Source<'a>,
    pub(super) found: Vec<Found>,
    /// Whether the document was malformed.
    pub(super) failed: bool,
}

impl<'a> Trees<'a> {
    pub(super) fn new(source: Source<'a>) -> Self {
        Self { source, found: Vec::new(), failed: false }
    }

    /// Reads a chunk of a YAML stream; `base` and `line` are where it starts in its file.
    pub(super) fn yaml(&mut self, body: &str, base: usize, line: usize) {
        let list = ListKind::of(body);
        let mut pieces = Vec::new();
        let result = yaml::documents(body, base, line, list != ListKind::NoList, &mut |piece| {
            // Items of a List can be many: each is taken and dropped before the next.
            match piece {
                Piece::Item(node) => self.object(&node, list),
                Piece::Root(node) => pieces.push(node),
            }
        });
        match result {
            Ok(()) => pieces.iter().for_each(|node| self.object(node, ListKind::NoList)),
            Err(error) => self.syntax(*error, body, base),
        }
    }

    pub(super) fn json(&mut self, raw: &RawValue, lines: &mut LineIndex<'_>) {
        #[derive(serde::Deserialize)]
        struct Envelope<'a> {
            #[serde(borrow, rename = "apiVersion", default)]
            api_version: Cow<'a, str>,
            #[serde(borrow, default)]
            kind: Cow<'a, str>,
            #[serde(borrow)]
            items: Option<Vec<&'a RawValue>>,
        }
        // From an array, the derived code would take its items for the fields in their order.
        let object = raw.get().starts_with('{').then_some(raw.get());
        let envelope = object.and_then(|text| serde_json::from_str::<Envelope<'_>>(text).ok());
        let list = envelope.as_ref().map_or(ListKind::NoList, |e| ListKind::named(&e.api_version, &e.kind));
        match envelope.as_ref().and_then(|e| e.items.as_ref()) {
            Some(items) if list != ListKind::NoList => {
                items.iter().for_each(|item| self.json_object(item, list, lines));
            }
            _ => self.json_object(raw, ListKind::NoList, lines),
        }
    }

    pub(super) fn json_object(&mut self, raw: &RawValue, list: ListKind<'_>, lines: &mut LineIndex<'_>) {
        match from_json(raw, self.source.text, lines) {
            Ok(node) => self.object(&node, list),
            Err(error) => self.syntax(*error, "", 0),
        }
    }

    pub(super) fn syntax(&mut self, error: SyntaxError, body: &str, start: usize) {
        self.failed = true;
        let (code, span, params) = match body.find("{{") {
            Some(at) if error.code != Problem::TooDeep => {
                let (line, column) = line_column(self.source.text, start + at);
                let span = Span { start: to_u32(start + at), end: to_u32(start + at + 2), line, column };
                (Problem::Template, span, Params::new())
            }
            _ => (error.code, error.span, error.params),
        };
        let mut diagnostic = self.error(code, span);
        for (name, value) in params {
            diagnostic = diagnostic.with(name, value);
        }
        self.reject(diagnostic);
    }

    fn error(&self, code: Problem, span: Span) -> Diagnostic {
        Diagnostic::error(code).at(self.source.place(span))
    }

    fn reject(&mut self, diagnostic: Diagnostic) {
        self.found.push(Found::Rejected(Box::new(diagnostic)));
    }

    /// Takes an object from its tree; `list` is the List it is an item of.
    pub(super) fn object(&mut self, node: &Node, list: ListKind<'_>) {
        let Value::Map(entries) = &node.value else {
            if !node.is_null() {
                // What a file of something else says is nobody's business.
                let found = node.describe();
                let kind = found.split(' ').next().unwrap_or_default();
                self.reject(self.error(Problem::NotAnObject, node.span).with("found", kind));
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
                    let diagnostic = self
                        .error(Problem::WrongType, items.span)
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
                None => self.reject(self.error(Problem::MissingKind, node.span)),
            },
            (true, ..) if entries.is_empty() => {}
            (true, ..) => self.reject(self.error(Problem::MissingKind, node.span)),
            (false, true, _) => self.reject(self.error(Problem::MissingApiVersion, node.span).with("kind", kind)),
        }
    }

    fn typed(&mut self, node: &Node, api_version: &str, kind: &str) {
        let class = KindClass::of(api_version, kind);
        let mut wrong = Vec::new();
        let content = match class {
            KindClass::Namespace => from_node(node).map(|n| Content::Namespace(Box::new(n))),
            KindClass::Pod => from_node(node).map(|p| Content::Pod(Box::new(p))),
            KindClass::Workload(kind) => from_node(node).map(|w| Content::Workload(kind, Box::new(w))),
            KindClass::Service => from_node(node).map(|s| Content::Service(Box::new(s))),
            KindClass::Node => from_node(node).map(|n| Content::Node(Box::new(n))),
            KindClass::Policy(kind) => match metadata(node) {
                Ok(meta) => match self.policy(kind, node, meta) {
                    Some(policy) => Ok(Content::Policy(policy)),
                    None => return,
                },
                Err(error) => Err(error),
            },
            KindClass::Routing(kind) => match metadata(node) {
                Ok(meta) => {
                    let (object, found) = routing(kind, meta, node);
                    wrong = found;
                    Ok(Content::Routing(Box::new(object)))
                }
                Err(error) => Err(error),
            },
            KindClass::Unmodelled(kind) => metadata(node).map(|meta| Content::Unmodelled(kind, Box::new(meta))),
            KindClass::WrongVersion(accepted) => {
                let span = node.get("apiVersion").map_or(node.span, |n| n.span);
                let diagnostic = self.error(Problem::ApiVersion, span);
                self.reject(diagnostic.with("kind", kind).with("found", api_version).with("accepted", accepted));
                return;
            }
            KindClass::List => return,
            KindClass::Other => {
                if let Some(nearest) = misspelt(api_version, kind) {
                    let diagnostic = self
                        .error(Problem::UnknownKind, node.get("kind").map_or(node.span, |n| n.span))
                        .with("found", kind)
                        .with("version", api_version)
                        .with("nearest", nearest);
                    self.reject(diagnostic.in_field("kind"));
                    return;
                }
                Ok(Content::Other(format!("{api_version} {kind}")))
            }
        };
        match content {
            Ok(content) => {
                let issues = issues(&content).into_iter().map(|issue| {
                    let span = locate(node, &issue.field);
                    (issue, span)
                });
                let (range, issues) = (node.span.start..node.span.end, issues.chain(wrong).collect());
                self.found.push(Found::Object(Parsed { range, span: Some(node.span), content, issues }));
            }
            Err(error) => self.reject(self.type_error(&error, node, kind)),
        }
    }

    /// Reads a policy; `None` when one look at its fields is enough to leave it out.
    fn policy(&mut self, kind: PolicyKind, node: &Node, metadata: ObjectMeta) -> Option<Box<ReadPolicy>> {
        let Value::Map(entries) = &node.value else { return None };
        let (beside, fits) = beside_spec(kind, &self.source, &metadata, entries);
        self.found.extend(beside.into_iter().map(|d| Found::Finding(Box::new(d))));
        if !fits {
            self.found.push(Found::LeftOut(kind, Box::new(metadata), node.span.line));
            return None;
        }
        Some(Box::new(read_policy(kind, &self.source, metadata, node.get("spec"), node.span)))
    }

    fn type_error(&self, error: &NodeError, node: &Node, kind: &str) -> Diagnostic {
        let span = error.span.unwrap_or(node.span);
        let mut diagnostic = self.error(error.code, span).in_field(error.field());
        for (name, value) in &error.params {
            diagnostic = diagnostic.with(name, value);
        }
        let name = node.get("metadata").and_then(|m| m.get("name")).and_then(Node::as_str).unwrap_or_default();
        diagnostic.object = Some(printable(format!("{kind} {name}").trim_end()));
        let text = self.source.text.get(span.start as usize..span.end as usize).unwrap_or_default();
        if text.starts_with('{') && text.contains("{{") {
            diagnostic.code = Problem::Template;
        }
        diagnostic
    }
}

fn metadata(node: &Node) -> Result<ObjectMeta, Box<NodeError>> {
    from_node::<NamespaceObject>(node).map(|object| object.metadata)
}
