//! The List around the objects, written as they come.

use super::objects::Object;
use std::io::{self, Write};

/// How a cluster is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Style {
    /// The language.
    pub(crate) format: Format,
    /// Only what somebody would write, with uids and addresses; else all that `kubectl get` prints.
    pub(crate) slim: bool,
}

/// The language of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// As `kubectl get -o json` prints it.
    #[default]
    Json,
    /// As `kubectl get -o yaml` prints it.
    Yaml,
}

/// Writes objects one by one, between the head and the foot of a List.
#[derive(Debug)]
pub(crate) struct ListWriter<W> {
    out: W,
    style: Style,
    first: bool,
}

impl<W: Write> ListWriter<W> {
    /// Writes the head.
    pub(crate) fn new(mut out: W, style: Style) -> io::Result<Self> {
        out.write_all(match style.format {
            Format::Json => b"{\n    \"apiVersion\": \"v1\",\n    \"items\": [\n",
            Format::Yaml => b"apiVersion: v1\nitems:\n",
        })?;
        Ok(Self { out, style, first: true })
    }

    /// Writes an object.
    pub(crate) fn push(&mut self, object: &Object) -> io::Result<()> {
        let first = std::mem::replace(&mut self.first, false);
        let value = object.value(self.style.slim);
        match self.style.format {
            Format::Json => {
                self.out.write_all(if first { b"        " } else { b",\n        " })?;
                value.write_json(&mut self.out, 2)
            }
            Format::Yaml => {
                self.out.write_all(b"- ")?;
                value.write_yaml(&mut self.out, 1)
            }
        }
    }

    /// Writes the foot.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.out.write_all(match self.style.format {
            Format::Json => {
                b"\n    ],\n    \"kind\": \"List\",\n    \"metadata\": {\n        \"resourceVersion\": \"\"\n    }\n}\n"
            }
            Format::Yaml => b"kind: List\nmetadata:\n  resourceVersion: \"\"\n",
        })?;
        self.out.flush()
    }
}

/// A List of these objects, in this order, as `kubectl get -o json` prints it.
pub(crate) fn json_of<'o>(objects: impl IntoIterator<Item = &'o Object>) -> String {
    let mut out = Vec::new();
    // Writing into memory does not fail, and what is written is ASCII.
    let _ = ListWriter::new(&mut out, Style::default()).and_then(|mut list| {
        objects.into_iter().try_for_each(|object| list.push(object))?;
        list.finish()
    });
    String::from_utf8(out).unwrap_or_default()
}
