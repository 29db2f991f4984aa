//! What is asked, as JSON objects with the fields of the command line.

use netpol_core::graph::{GraphBy, GraphQuery};
use netpol_core::query::{EgressQuery, Grain, IngressQuery, MatrixQuery, PathsQuery};
use serde::{Deserialize, Deserializer, de};

/// *Can FROM reach TO on PORT?*
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Check {
    pub(crate) from: String,
    pub(crate) to: String,
    /// Empty: every port of TCP, UDP and SCTP.
    #[serde(default)]
    pub(crate) port: String,
}

/// All pairs.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Matrix {
    #[serde(deserialize_with = "grain")]
    by: Grain,
    from: Option<String>,
    to: Option<String>,
    port: Option<String>,
}

/// The outside.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Egress {
    from: Option<String>,
    to: Option<String>,
}

/// Who comes in.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Ingress {
    to: Option<String>,
}

/// The graph.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Graph {
    #[serde(deserialize_with = "graph_by")]
    by: GraphBy,
    from: Option<String>,
    to: Option<String>,
    port: Option<String>,
}

/// Chains of hops.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Paths {
    from: String,
    #[serde(default)]
    to: Option<String>,
    #[serde(default)]
    port: Option<String>,
    #[serde(default)]
    via_port: Option<String>,
    #[serde(default)]
    undefined: bool,
}

/// A question without conditions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

impl From<Matrix> for MatrixQuery {
    fn from(q: Matrix) -> Self {
        let mut query = Self::default();
        (query.by, query.from, query.to, query.port) = (q.by, q.from, q.to, q.port);
        query
    }
}

impl From<Egress> for EgressQuery {
    fn from(q: Egress) -> Self {
        let mut query = Self::default();
        (query.from, query.to) = (q.from, q.to);
        query
    }
}

impl From<Ingress> for IngressQuery {
    fn from(q: Ingress) -> Self {
        let mut query = Self::default();
        query.to = q.to;
        query
    }
}

impl From<Graph> for GraphQuery {
    fn from(q: Graph) -> Self {
        let mut query = Self::default();
        (query.by, query.from, query.to, query.port) = (q.by, q.from, q.to, q.port);
        query
    }
}

impl From<Paths> for PathsQuery {
    fn from(q: Paths) -> Self {
        let mut query = Self::default();
        (query.from, query.to, query.port) = (q.from, q.to, q.port);
        (query.via_port, query.undefined) = (q.via_port, q.undefined);
        query
    }
}

fn grain<'de, D: Deserializer<'de>>(d: D) -> Result<Grain, D::Error> {
    named(&String::deserialize(d)?, Grain::ALL, Grain::name)
}

fn graph_by<'de, D: Deserializer<'de>>(d: D) -> Result<GraphBy, D::Error> {
    named(&String::deserialize(d)?, GraphBy::ALL, GraphBy::name)
}

/// The one of that name.
fn named<T: Copy, E: de::Error, const N: usize>(found: &str, all: [T; N], name: fn(T) -> &'static str) -> Result<T, E> {
    all.into_iter().find(|one| name(*one) == found).ok_or_else(|| {
        let accepted = all.map(name).join(", ");
        E::custom(format!("unknown value `{found}`, accepted are {accepted}"))
    })
}
