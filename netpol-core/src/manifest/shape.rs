//! The shape of documents: Lists and their items, and where a field path leads.

use super::kinds::KindClass;
use crate::source::Span;
use crate::yaml::{Node, Value};

/// The place of a field path, as deep as the tree goes.
pub(super) fn locate(node: &Node, field: &str) -> Span {
    let mut at = node;
    let mut rest = field;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let Some((index, tail)) = inner.split_once(']') else { break };
            let (Value::Seq(items), Ok(index)) = (&at.value, index.parse::<usize>()) else { break };
            let Some(item) = items.get(index) else { break };
            (at, rest) = (item, tail.strip_prefix('.').unwrap_or(tail));
            continue;
        }
        // Label keys hold dots themselves: the longest key that fits is the one meant.
        let Value::Map(entries) = &at.value else { break };
        let fits =
            |key: &str| rest.strip_prefix(key).is_some_and(|tail| tail.is_empty() || tail.starts_with(['.', '[']));
        let Some(entry) = entries.iter().filter(|e| fits(&e.key)).max_by_key(|e| e.key.len()) else { break };
        rest = &rest[entry.key.len()..];
        rest = rest.strip_prefix('.').unwrap_or(rest);
        at = &entry.value;
    }
    at.span
}

/// Items of a typed List (`PodList`) lack a kind; their shape gives it away.
pub(super) fn guess_kind(node: &Node) -> Option<(&'static str, &'static str)> {
    let spec = node.get("spec");
    let has = |field: &str| spec.is_some_and(|s| s.get(field).is_some());
    if has("containers") {
        Some(("v1", "Pod"))
    } else if has("podSelector") || has("policyTypes") {
        Some(("networking.k8s.io/v1", "NetworkPolicy"))
    } else if has("clusterIP") || has("clusterIPs") {
        Some(("v1", "Service"))
    } else if has("podCIDR") || node.get("status").is_some_and(|s| s.get("nodeInfo").is_some()) {
        Some(("v1", "Node"))
    } else if has("finalizers") || node.get("status").and_then(|s| s.get("phase")).is_some() {
        Some(("v1", "Namespace"))
    } else {
        None
    }
}

/// Whether a document is a List, and of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListKind<'a> {
    NoList,
    /// Of items that name their kind, or are to be known by their shape.
    Any,
    /// Of items of this API version and kind, which may leave both out.
    Of(&'a str, &'a str),
}

impl<'a> ListKind<'a> {
    /// By the document's own kind. Without one, `items` are taken for those of a List.
    pub(super) fn named(api_version: &'a str, kind: &'a str) -> Self {
        match (KindClass::of(api_version, kind), kind.strip_suffix("List")) {
            _ if kind.is_empty() => Self::Any,
            (KindClass::List, Some("")) => Self::Any,
            (KindClass::List, Some(item)) => Self::Of(api_version, item),
            _ => Self::NoList,
        }
    }

    /// By the lines `apiVersion:` and `kind:` of a document in block style, which may come after
    /// its items. A document in flow style is told by its tree.
    pub(super) fn of(document: &'a str) -> Self {
        if document.trim_start_matches("---").trim_start().starts_with('{') {
            return Self::NoList;
        }
        let field = |line: &str| {
            let after = match document.strip_prefix(&line[1..]) {
                Some(after) => after,
                None => &document[memchr::memmem::find(document.as_bytes(), line.as_bytes())? + line.len()..],
            };
            let value = after.lines().next().unwrap_or_default();
            let value = value.split(" #").next().unwrap_or_default();
            Some(value.trim().trim_matches(['"', '\'']))
        };
        Self::named(field("\napiVersion:").unwrap_or_default(), field("\nkind:").unwrap_or_default())
    }
}

/// Byte offset of the start of a line, counted from 1.
pub(super) fn line_start(text: &str, line: usize) -> usize {
    if line <= 1 {
        return 0;
    }
    text.bytes().enumerate().filter(|(_, b)| *b == b'\n').nth(line - 2).map_or(text.len(), |(at, _)| at + 1)
}
