//! An object as a tree, and its two ways to be written: what `kubectl get -o json` and `-o yaml` print.

use std::borrow::Cow;
use std::io::{self, Write};

/// A node of an object. Mappings are sorted by key, as kubectl prints them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// A string.
    Text(Cow<'static, str>),
    /// An integer.
    Number(usize),
    /// A truth value.
    Flag(bool),
    /// A sequence.
    List(Vec<Value>),
    /// A mapping, sorted by key; made by [`map`].
    Map(Vec<(Cow<'static, str>, Value)>),
}

/// A mapping of these entries.
pub(crate) fn map<const N: usize>(entries: [(&'static str, Value); N]) -> Value {
    entries.into_iter().map(|(key, value)| (Cow::Borrowed(key), value)).collect()
}

impl FromIterator<(Cow<'static, str>, Value)> for Value {
    fn from_iter<I: IntoIterator<Item = (Cow<'static, str>, Value)>>(entries: I) -> Self {
        let mut entries: Vec<_> = entries.into_iter().collect();
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        Self::Map(entries)
    }
}

impl FromIterator<Value> for Value {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        Self::List(items.into_iter().collect())
    }
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Number(number)
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl Value {
    /// Writes JSON whose lines after the first are indented by `depth` times four.
    pub(crate) fn write_json(&self, out: &mut impl Write, depth: usize) -> io::Result<()> {
        match self {
            Self::Text(text) => write_quoted(out, text),
            Self::Number(number) => write!(out, "{number}"),
            Self::Flag(flag) => write!(out, "{flag}"),
            Self::List(items) if items.is_empty() => out.write_all(b"[]"),
            Self::Map(entries) if entries.is_empty() => out.write_all(b"{}"),
            Self::List(items) => {
                for (i, item) in items.iter().enumerate() {
                    out.write_all(if i == 0 { b"[\n" } else { b",\n" })?;
                    indent(out, 4 * (depth + 1))?;
                    item.write_json(out, depth + 1)?;
                }
                out.write_all(b"\n")?;
                indent(out, 4 * depth)?;
                out.write_all(b"]")
            }
            Self::Map(entries) => {
                for (i, (key, value)) in entries.iter().enumerate() {
                    out.write_all(if i == 0 { b"{\n" } else { b",\n" })?;
                    indent(out, 4 * (depth + 1))?;
                    write_quoted(out, key)?;
                    out.write_all(b": ")?;
                    value.write_json(out, depth + 1)?;
                }
                out.write_all(b"\n")?;
                indent(out, 4 * depth)?;
                out.write_all(b"}")
            }
        }
    }

    /// Writes block YAML whose lines after the first are indented by `depth` times two, and ends the last line.
    pub(crate) fn write_yaml(&self, out: &mut impl Write, depth: usize) -> io::Result<()> {
        match self {
            Self::List(items) if !items.is_empty() => {
                for (i, item) in items.iter().enumerate() {
                    indent(out, if i == 0 { 0 } else { 2 * depth })?;
                    out.write_all(b"- ")?;
                    item.write_yaml(out, depth + 1)?;
                }
                Ok(())
            }
            Self::Map(entries) if !entries.is_empty() => {
                for (i, (key, value)) in entries.iter().enumerate() {
                    indent(out, if i == 0 { 0 } else { 2 * depth })?;
                    write_scalar(out, key)?;
                    out.write_all(b":")?;
                    match value {
                        // kubectl does not indent the sequence under its key.
                        Self::List(items) if !items.is_empty() => {
                            out.write_all(b"\n")?;
                            indent(out, 2 * depth)?;
                            value.write_yaml(out, depth)?;
                        }
                        Self::Map(entries) if !entries.is_empty() => {
                            out.write_all(b"\n")?;
                            indent(out, 2 * (depth + 1))?;
                            value.write_yaml(out, depth + 1)?;
                        }
                        _ => {
                            out.write_all(b" ")?;
                            value.write_yaml(out, depth + 1)?;
                        }
                    }
                }
                Ok(())
            }
            Self::Text(text) => {
                write_scalar(out, text)?;
                out.write_all(b"\n")
            }
            Self::Number(number) => writeln!(out, "{number}"),
            Self::Flag(flag) => writeln!(out, "{flag}"),
            Self::List(_) => out.write_all(b"[]\n"),
            Self::Map(_) => out.write_all(b"{}\n"),
        }
    }
}

fn indent(out: &mut impl Write, spaces: usize) -> io::Result<()> {
    const BLANKS: &[u8] = &[b' '; 64];
    out.write_all(BLANKS.get(..spaces).unwrap_or(BLANKS))
}

/// The generator writes no control characters and nothing beyond ASCII.
fn write_quoted(out: &mut impl Write, text: &str) -> io::Result<()> {
    out.write_all(b"\"")?;
    if text.contains(['"', '\\']) {
        out.write_all(text.replace('\\', "\\\\").replace('"', "\\\"").as_bytes())?;
    } else {
        out.write_all(text.as_bytes())?;
    }
    out.write_all(b"\"")
}

fn write_scalar(out: &mut impl Write, text: &str) -> io::Result<()> {
    if is_plain(text) { out.write_all(text.as_bytes()) } else { write_quoted(out, text) }
}

/// Whether YAML reads the text as this very string when it is not quoted.
fn is_plain(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ':' | '@');
    let first = text.chars().next();
    let number = first.is_some_and(|c| c.is_ascii_digit())
        && (text.parse::<f64>().is_ok() || text.starts_with("0x") || text.starts_with("0o") || text.contains(':'));
    let named = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", ".inf", ".nan"];
    first.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.'))
        && text.chars().all(word)
        && !text.ends_with(':')
        && !number
        && !named.iter().any(|name| text.eq_ignore_ascii_case(name))
}
