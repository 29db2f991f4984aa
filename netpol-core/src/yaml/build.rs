//! From the parser's events to trees, within budgets.

use super::node::{Entry, Keys, Node, Value};
use super::scalar::{Scalar, resolve_plain};
use crate::diagnostic::{Params, Problem};
use crate::sorted::SortedMap;
use crate::source::{Span, to_u32};
use compact_str::CompactString;
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};
use std::borrow::Cow;
use std::collections::HashSet;

/// Budgets: what no real manifest needs, and hostile input runs into at once.
pub(crate) mod limits {
    /// How deep mappings and lists may nest.
    pub(crate) const DEPTH: usize = 100;
    /// Nodes of one object (an item of a List counts by itself).
    pub(crate) const NODES: usize = 200_000;
    /// Nodes that aliases may add to one document.
    pub(crate) const ALIAS_NODES: usize = 50_000;
    /// Bytes of one scalar; etcd holds no object over 1.5 MiB.
    pub(crate) const SCALAR_BYTES: usize = 4 << 20;
}

/// What the parser says of a character that no text has.
const UNPRINTABLE: &str = "found unprintable character";

/// The byte that tells UTF-16 and UTF-32 without a mark.
pub(crate) const NUL: &str = "0x00";

/// What was wrong, before it has a file.
#[derive(Debug)]
pub(crate) struct SyntaxError {
    pub(crate) code: Problem,
    pub(crate) params: Params,
    pub(crate) span: Span,
}

/// A piece of a document, as it is completed.
pub(crate) enum Piece {
    /// An item of the top-level `items` of a List.
    Item(Node),
    /// The document itself, its streamed `items` left out.
    Root(Node),
}

/// Parses the documents of one chunk of a file and hands over each piece as it is complete.
/// `base` and `first_line` are where the chunk starts in its file; `stream_items` says whether the
/// document can be a List.
pub(crate) fn documents(
    text: &str,
    base: usize,
    first_line: usize,
    stream_items: bool,
    sink: &mut dyn FnMut(Piece),
) -> Result<(), Box<SyntaxError>> {
    let offsets = Offsets::new(text, base, first_line);
    let mut builder = Builder::new(&offsets, 0, stream_items);
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => {
                if let Some(piece) = builder.event(event, span.start, span.end)? {
                    sink(piece);
                }
            }
            Err(error) => {
                let at = offsets.span(error.marker(), error.marker());
                if error.info() == UNPRINTABLE && text.contains('\0') {
                    return Err(SyntaxError::new(Problem::InvalidUtf8, at).with("byte", NUL));
                }
                return Err(SyntaxError::new(Problem::YamlSyntax, at).with("detail", error.info()));
            }
        }
    }
    Ok(())
}

impl SyntaxError {
    pub(crate) fn new(code: Problem, span: Span) -> Box<Self> {
        Box::new(Self { code, params: Params::new(), span })
    }

    pub(crate) fn with(mut self: Box<Self>, name: &'static str, value: impl ToString) -> Box<Self> {
        self.params.insert(name, value.to_string());
        self
    }
}

/// What a scalar means; `tag` is its tag of the core schema.
pub(super) fn scalar_value(text: &str, style: ScalarStyle, tag: Option<&str>) -> Scalar {
    match (tag, style) {
        (Some("str"), _) => Scalar::String,
        (Some("int" | "float" | "bool" | "null"), _) | (_, ScalarStyle::Plain) => resolve_plain(text),
        _ => Scalar::String,
    }
}

/// A key as the text that the API machinery makes of it.
pub(super) fn key_text(scalar: Scalar, text: Cow<'_, str>) -> Cow<'_, str> {
    match scalar {
        Scalar::Bool(b) => Cow::Owned(b.to_string()),
        Scalar::Int(n) => Cow::Owned(n.to_string()),
        Scalar::Null => Cow::Borrowed("null"),
        Scalar::Float(_) | Scalar::String => text,
    }
}

/// Turns the parser's character indices into byte offsets of the file.
pub(super) struct Offsets<'t> {
    /// Byte offset of every 64th character; empty when the text is ASCII.
    checkpoints: Vec<u32>,
    text: &'t str,
    base: usize,
    first_line: usize,
}

impl<'t> Offsets<'t> {
    pub(super) fn new(text: &'t str, base: usize, first_line: usize) -> Self {
        let checkpoints = match text.is_ascii() {
            true => Vec::new(),
            false => text.char_indices().step_by(64).map(|(at, _)| to_u32(at)).collect(),
        };
        Self { checkpoints, text, base, first_line }
    }

    pub(super) fn byte(&self, index: usize) -> u32 {
        let local = if self.checkpoints.is_empty() {
            index
        } else {
            match self.checkpoints.get(index / 64) {
                Some(from) => {
                    let from = *from as usize;
                    self.text[from..].char_indices().nth(index % 64).map_or(self.text.len(), |(at, _)| from + at)
                }
                None => self.text.len(),
            }
        };
        to_u32(self.base + local)
    }

    pub(super) fn span(&self, start: &Marker, end: &Marker) -> Span {
        Span {
            start: self.byte(start.index()),
            end: self.byte(end.index().max(start.index())),
            line: to_u32(self.first_line + start.line() - 1),
            column: to_u32(start.col() + 1),
        }
    }
}

/// A mapping or list under construction.
struct Open {
    span: Span,
    anchor: usize,
    kind: OpenKind,
}

enum OpenKind {
    Seq(Vec<Node>),
    /// The key that waits for its value stands apart.
    Map(Vec<Entry>, Option<(CompactString, Span)>, Keys),
}

pub(super) struct Builder<'a> {
    offsets: &'a Offsets<'a>,
    /// How deep the tree's root stands.
    depth: usize,
    stack: Vec<Open>,
    anchors: SortedMap<usize, Node>,
    pub(super) nodes: usize,
    alias_nodes: usize,
    stream_items: bool,
}

/// What an event completed.
type Completed = Result<Option<Piece>, Box<SyntaxError>>;

impl<'a> Builder<'a> {
    pub(super) fn new(offsets: &'a Offsets<'a>, depth: usize, stream_items: bool) -> Self {
        Self { offsets, depth, stack: Vec::new(), anchors: SortedMap::new(), nodes: 0, alias_nodes: 0, stream_items }
    }

    pub(super) fn event(&mut self, event: Event<'_>, start: Marker, end: Marker) -> Completed {
        let span = self.offsets.span(&start, &end);
        match event {
            Event::DocumentStart(_) => {
                self.anchors = SortedMap::new();
                (self.nodes, self.alias_nodes) = (0, 0);
            }
            Event::Scalar(text, style, anchor, tag) => {
                let node = self.scalar(text, style, tag, span)?;
                return self.complete(node, anchor);
            }
            Event::SequenceStart(anchor, _) => self.open(span, anchor, OpenKind::Seq(Vec::new()))?,
            Event::MappingStart(anchor, _) => {
                self.open(span, anchor, OpenKind::Map(Vec::new(), None, Keys::default()))?
            }
            Event::SequenceEnd | Event::MappingEnd => return self.close(span),
            Event::Alias(id) => {
                let Some(target) = self.anchors.get(&id) else {
                    return Err(SyntaxError::new(Problem::YamlSyntax, span)
                        .with("detail", "an alias stands inside the node that it names"));
                };
                self.alias_nodes += target.size();
                if self.alias_nodes > limits::ALIAS_NODES {
                    return Err(SyntaxError::new(Problem::AliasBudget, span).with("limit", limits::ALIAS_NODES));
                }
                let node = target.clone();
                return self.complete(node, 0);
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(None)
    }

    fn scalar(
        &mut self,
        text: Cow<'_, str>,
        style: ScalarStyle,
        tag: Option<Cow<'_, Tag>>,
        span: Span,
    ) -> Result<Node, Box<SyntaxError>> {
        if text.len() > limits::SCALAR_BYTES {
            return Err(SyntaxError::new(Problem::ScalarTooLong, span)
                .with("bytes", text.len())
                .with("limit", limits::SCALAR_BYTES));
        }
        let tag = tag.as_deref().filter(|t| t.is_yaml_core_schema()).map(|t| t.suffix.as_str());
        let scalar = scalar_value(&text, style, tag);
        Ok(Node { span, value: Value::Scalar(scalar, text.into()) })
    }

    fn open(&mut self, span: Span, anchor: usize, kind: OpenKind) -> Result<(), Box<SyntaxError>> {
        if self.depth + self.stack.len() >= limits::DEPTH {
            return Err(SyntaxError::new(Problem::TooDeep, span).with("limit", limits::DEPTH));
        }
        if let OpenKind::Map(..) | OpenKind::Seq(_) = kind
            && let Some(Open { kind: OpenKind::Map(_, None, _), .. }) = self.stack.last()
        {
            return Err(SyntaxError::new(Problem::ComplexKey, span));
        }
        self.stack.push(Open { span, anchor, kind });
        Ok(())
    }

    fn close(&mut self, end: Span) -> Completed {
        let Some(open) = self.stack.pop() else { return Ok(None) };
        let mut span = open.span;
        let value = match open.kind {
            OpenKind::Seq(items) => {
                span.end = items.last().map_or(end.end, |n| n.span.end).max(span.end);
                Value::Seq(items)
            }
            OpenKind::Map(entries, ..) => {
                span.end = entries.last().map_or(end.end, |e| e.value.span.end.max(e.key_span.end)).max(span.end);
                Value::Map(merge(entries)?)
            }
        };
        self.complete(Node { span, value }, open.anchor)
    }

    /// Puts a finished node where it belongs.
    fn complete(&mut self, node: Node, anchor: usize) -> Completed {
        self.nodes += 1;
        if self.nodes + self.alias_nodes > limits::NODES {
            return Err(SyntaxError::new(Problem::ObjectTooLarge, node.span).with("limit", limits::NODES));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let streaming = self.stream_items && self.in_items();
        match self.stack.last_mut().map(|open| &mut open.kind) {
            None => return Ok(Some(Piece::Root(node))),
            Some(OpenKind::Seq(_)) if streaming => {
                (self.nodes, self.alias_nodes) = (0, self.alias_nodes);
                return Ok(Some(Piece::Item(node)));
            }
            Some(OpenKind::Seq(items)) => items.push(node),
            Some(OpenKind::Map(entries, pending, keys)) => match pending.take() {
                None => {
                    let span = node.span;
                    let Value::Scalar(scalar, text) = node.value else {
                        return Err(SyntaxError::new(Problem::ComplexKey, span));
                    };
                    let key: CompactString = key_text(scalar, text.as_str().into()).into();
                    if &*key != "<<"
                        && let Some(line) = keys.first_line(entries, &key)
                    {
                        return Err(SyntaxError::new(Problem::DuplicateKey, span).with("key", key).with("line", line));
                    }
                    *pending = Some((key, span));
                }
                // Large, and nothing is ever decided on it.
                Some((key, _)) if &*key == "managedFields" => {}
                Some((key, key_span)) => entries.push(Entry { key, key_span, value: node }),
            },
        }
        Ok(None)
    }

    /// Whether the list on top of the stack is the `items` of the document's root.
    fn in_items(&self) -> bool {
        matches!(
            self.stack.as_slice(),
            [Open { kind: OpenKind::Map(_, Some((key, _)), _), .. }, Open { kind: OpenKind::Seq(_), .. }] if &**key == "items"
        )
    }
}

/// Resolves the YAML 1.1 merge key `<<`: keys of the mapping itself win.
fn merge(entries: Vec<Entry>) -> Result<Vec<Entry>, Box<SyntaxError>> {
    if !entries.iter().any(|e| &*e.key == "<<") {
        return Ok(entries);
    }
    let (merges, mut own): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(|e| &*e.key == "<<");
    let mut seen: HashSet<CompactString, foldhash::fast::RandomState> = own.iter().map(|e| e.key.clone()).collect();
    for entry in merges {
        let nodes = match entry.value.value {
            Value::Seq(items) => items,
            value => vec![Node { span: entry.value.span, value }],
        };
        for node in nodes {
            let found = node.describe();
            let Value::Map(entries) = node.value else {
                return Err(SyntaxError::new(Problem::WrongType, node.span)
                    .with("found", found)
                    .with("accepted", "a mapping to merge"));
            };
            own.extend(entries.into_iter().filter(|e| seen.insert(e.key.clone())));
        }
    }
    Ok(own)
}
