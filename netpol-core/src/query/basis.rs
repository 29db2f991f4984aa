//! What an answer rests on.

use super::answer::Note;
use crate::diagnostic::Params;
use serde::Serialize;
use std::collections::BTreeMap;

/// What was read, the profile, and what was assumed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Basis {
    /// The profile's name.
    pub profile: &'static str,
    /// The options of the profile that were set to another value than it has by itself.
    #[serde(skip_serializing_if = "Params::is_empty")]
    pub profile_options: Params,
    /// How many objects of each kind were used.
    pub objects: BTreeMap<&'static str, usize>,
    /// How many objects of kinds without a meaning here were passed over (`apiVersion Kind`).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub passed_over: BTreeMap<String, usize>,
    /// What was left out because of errors (`--keep-going`), with its place.
    pub left_out: Vec<String>,
    /// Policy kinds that were loaded and are ignored (`--ignore-kind`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignored_kinds: Vec<String>,
    /// What was assumed because the input does not say it.
    pub assumptions: Vec<Note>,
}
