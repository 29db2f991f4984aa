//! What is written into manifests: a tree, as block YAML, as flow YAML and as JSON.

use crate::set::AddressSet;
use crate::yaml::{Node, Scalar, Value as NodeValue, resolve_plain};
use ipnet::IpNet;

/// A value of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    /// A number, a boolean or null, as it is written.
    Plain(String),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

impl Value {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn number(number: u16) -> Self {
        Self::Plain(number.to_string())
    }

    pub(super) fn map<const N: usize>(entries: [(&str, Self); N]) -> Self {
        Self::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    pub(super) fn empty() -> Self {
        Self::Map(Vec::new())
    }

    /// The tree that was read.
    pub(super) fn of(node: &Node) -> Self {
        match &node.value {
            NodeValue::Scalar(Scalar::String, text) => Self::Text(text.to_string()),
            NodeValue::Scalar(Scalar::Null, _) => Self::Plain("null".to_owned()),
            NodeValue::Scalar(_, text) => Self::Plain(text.to_string()),
            NodeValue::Seq(items) => Self::List(items.iter().map(Self::of).collect()),
            NodeValue::Map(entries) => {
                Self::Map(entries.iter().map(|e| (e.key.to_string(), Self::of(&e.value))).collect())
            }
        }
    }

    /// The blocks that `except` names, anywhere in it.
    pub(super) fn exceptions(&self) -> Vec<IpNet> {
        match self {
            Self::List(items) => items.iter().flat_map(Self::exceptions).collect(),
            Self::Map(entries) => entries
                .iter()
                .flat_map(|(key, value)| match value {
                    Self::List(items) if key == "except" => {
                        let nets =
                            items.iter().map(|item| if let Self::Text(text) = item { text.parse().ok() } else { None });
                        nets.flatten().collect()
                    }
                    other => other.exceptions(),
                })
                .collect(),
            Self::Text(_) | Self::Plain(_) => Vec::new(),
        }
    }

    /// The addresses that blocks hold, anywhere in it.
    pub(super) fn held(&self) -> AddressSet {
        let all = |values: &mut dyn Iterator<Item = &Self>| {
            values.fold(AddressSet::empty(), |all, value| all.union(&value.held()))
        };
        match self {
            Self::List(items) => all(&mut items.iter()),
            Self::Map(entries) => {
                let of = |key| entries.iter().find(|(k, _)| k == key).map(|(_, value)| value);
                let Some(Self::Text(cidr)) = of("cidr") else {
                    return all(&mut entries.iter().map(|(_, value)| value));
                };
                AddressSet::nets(cidr.parse().ok()).difference(&AddressSet::nets(self.exceptions()))
            }
            Self::Text(_) | Self::Plain(_) => AddressSet::empty(),
        }
    }

    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match self {
            Self::Map(entries) => entries.iter_mut().find(|(k, _)| k == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Puts a value in, at the end if the key is new.
    pub(super) fn set(&mut self, key: &str, value: Self) {
        if let Self::Plain(_) = self {
            *self = Self::empty();
        }
        match self.get_mut(key) {
            Some(place) => *place = value,
            None => {
                if let Self::Map(entries) = self {
                    entries.push((key.to_owned(), value));
                }
            }
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::List(items) => items.is_empty(),
            Self::Map(entries) => entries.is_empty(),
            _ => false,
        }
    }

    /// As lines of block YAML at an indentation; lists stand `nest` deeper than their key.
    pub(super) fn block(&self, indent: usize, nest: usize) -> Vec<String> {
        let pad = " ".repeat(indent);
        let mut lines = Vec::new();
        match self {
            Self::List(items) if !items.is_empty() => {
                for item in items {
                    let mut inner = item.block(indent + 2, nest).into_iter();
                    lines.push(format!("{pad}- {}", inner.next().unwrap_or_default().trim_start()));
                    lines.extend(inner);
                }
            }
            Self::Map(entries) if !entries.is_empty() => {
                for (key, value) in entries {
                    let key = scalar(key);
                    match value {
                        Self::Map(inner) if !inner.is_empty() => {
                            lines.push(format!("{pad}{key}:"));
                            lines.extend(value.block(indent + 2, nest));
                        }
                        Self::List(inner) if !inner.is_empty() => {
                            lines.push(format!("{pad}{key}:"));
                            lines.extend(value.block(indent + nest, nest));
                        }
                        _ => lines.push(format!("{pad}{key}: {}", value.flow(false))),
                    }
                }
            }
            _ => lines.push(format!("{pad}{}", self.flow(false))),
        }
        lines
    }

    /// On one line: as JSON, or as YAML with no more quotes than it needs.
    pub(super) fn flow(&self, json: bool) -> String {
        let text = |text: &str| if json { quoted(text) } else { scalar(text) };
        match self {
            Self::Text(value) => text(value),
            Self::Plain(value) => value.clone(),
            Self::List(items) => {
                format!("[{}]", items.iter().map(|item| item.flow(json)).collect::<Vec<_>>().join(", "))
            }
            Self::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| format!("{}: {}", text(key), value.flow(json)));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// As JSON on several lines; all but the first begin with `indent`.
    pub(super) fn pretty(&self, indent: usize, step: usize) -> String {
        let (pad, inner) = (" ".repeat(indent), " ".repeat(indent + step));
        let join = |parts: Vec<String>| parts.join(&format!(",\n{inner}"));
        match self {
            _ if self.is_empty() => self.flow(true),
            Self::List(items) => {
                let parts = items.iter().map(|item| item.pretty(indent + step, step)).collect();
                format!("[\n{inner}{}\n{pad}]", join(parts))
            }
            Self::Map(entries) => {
                let part =
                    |(key, value): &(String, Self)| format!("{}: {}", quoted(key), value.pretty(indent + step, step));
                format!("{{\n{inner}{}\n{pad}}}", join(entries.iter().map(part).collect()))
            }
            _ => self.flow(true),
        }
    }

    /// As a document of YAML.
    pub(super) fn document(&self) -> String {
        let mut text = self.block(0, 0).join("\n");
        text.push('\n');
        text
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A text as a scalar of YAML that every reader takes for that text.
fn scalar(text: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | '-');
    let plain = text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(safe)
        && resolve_plain(text) == Scalar::String
        // Numbers of YAML 1.2, and dates, which other readers know.
        && !text.starts_with(|c: char| c.is_ascii_digit() && !text.contains('/'));
    if plain { text.to_owned() } else { quoted(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_they_are_read() {
        let peer = Value::map([(
            "podSelector",
            Value::map([("matchLabels", Value::map([("app", Value::text("web")), ("yes", Value::text("1.10"))]))]),
        )]);
        let rule = Value::map([
            ("from", Value::List(vec![peer])),
            ("ports", Value::List(vec![Value::map([("port", Value::number(80))])])),
            ("none", Value::List(Vec::new())),
        ]);
        assert_eq!(
            Value::List(vec![rule.clone()]).block(2, 0).join("\n"),
            "  - from:\n    - podSelector:\n        matchLabels:\n          app: web\n          \"yes\": \"1.10\"\n    ports:\n    - port: 80\n    none: []"
        );
        assert_eq!(
            rule.flow(false),
            "{from: [{podSelector: {matchLabels: {app: web, \"yes\": \"1.10\"}}}], ports: [{port: 80}], none: []}"
        );
        assert_eq!(
            Value::map([("a", Value::List(vec![Value::number(1)]))]).pretty(2, 2),
            "{\n    \"a\": [\n      1\n    ]\n  }"
        );
    }
}
