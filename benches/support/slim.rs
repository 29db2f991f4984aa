//! What a program that wants only this of an object would write by hand, to be read by serde.

use serde::Deserialize;
use std::collections::BTreeMap;

/// A List.
#[derive(Deserialize)]
pub(crate) struct SlimList {
    items: Vec<SlimItem>,
}

#[derive(Deserialize)]
struct SlimItem {
    kind: String,
    metadata: SlimMeta,
    #[serde(default)]
    status: SlimStatus,
}

#[derive(Deserialize)]
struct SlimMeta {
    name: String,
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SlimStatus {
    phase: String,
    #[serde(rename = "podIP")]
    pod_ip: String,
}
