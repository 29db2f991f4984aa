//! One file per output format.

pub(crate) mod blocks;
pub(crate) mod command;
pub(crate) mod compare;
pub(crate) mod diagnostics;
pub(crate) mod diff;
pub(crate) mod egress;
pub(crate) mod entries;
pub(crate) mod explain;
pub(crate) mod fix;
pub(crate) mod footer;
pub(crate) mod github;
pub(crate) mod groups;
pub(crate) mod ingress;
pub(crate) mod junit;
pub(crate) mod lint;
pub(crate) mod lint_rules;
pub(crate) mod location;
pub(crate) mod matrix;
pub(crate) mod netassert;
pub(crate) mod paths;
pub(crate) mod sarif;
pub(crate) mod snippets;
pub(crate) mod stream;
pub(crate) mod style;
pub(crate) mod summary;
pub(crate) mod table;
pub(crate) mod tests;
pub(crate) mod text;
pub(crate) mod words;

use crate::exit::Failure;
use serde::Serialize;

/// Pretty JSON, with a final line break.
pub(crate) fn json(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(value).map(|text| text + "\n").map_err(|e| Failure::Other(e.to_string()))
}

/// YAML.
pub(crate) fn yaml(value: &impl Serialize) -> Result<String, Failure> {
    serde_yaml::to_string(value).map_err(|e| Failure::Other(e.to_string()))
}
