//! What is answered.

use netpol_core::PolicySwitch;
use netpol_core::diagnostic::{Diagnostic, Params};
use netpol_core::query::QueryError;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use std::collections::BTreeMap;

/// A response, as the crate describes it.
#[derive(Debug)]
pub(crate) struct Response<A> {
    outcome: Outcome<A>,
    /// Left out where there are none.
    diagnostics: Vec<Diagnostic>,
}

#[derive(Debug)]
enum Outcome<A> {
    Answer(A),
    Error(Error),
}

/// A request or question that cannot be answered as it stands.
#[derive(Debug, Serialize)]
pub(crate) struct Error {
    pub(crate) code: &'static str,
    pub(crate) params: Params,
}

impl From<&QueryError> for Error {
    fn from(error: &QueryError) -> Self {
        Self { code: error.code.code(), params: error.params.clone() }
    }
}

/// What is open.
#[derive(Debug, Serialize)]
pub(crate) struct State {
    pub(crate) schema: &'static str,
    /// Whether questions can be answered.
    pub(crate) usable: bool,
    pub(crate) files: Vec<String>,
    /// How many objects of each kind are used.
    pub(crate) objects: BTreeMap<&'static str, usize>,
    /// How many objects have no meaning here (`apiVersion Kind`).
    pub(crate) passed_over: BTreeMap<String, usize>,
    pub(crate) policies: Vec<PolicySwitch>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl<A: Serialize> Serialize for Response<A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match &self.outcome {
            Outcome::Answer(answer) => map.serialize_entry("answer", answer)?,
            Outcome::Error(error) => map.serialize_entry("error", error)?,
        }
        if !self.diagnostics.is_empty() {
            map.serialize_entry("diagnostics", &self.diagnostics)?;
        }
        map.end()
    }
}

impl<A: Serialize> Response<A> {
    pub(crate) fn answer(answer: A) -> Self {
        Self { outcome: Outcome::Answer(answer), diagnostics: Vec::new() }
    }

    pub(crate) fn error(error: Error) -> Self {
        Self { outcome: Outcome::Error(error), diagnostics: Vec::new() }
    }

    pub(crate) fn with(mut self, diagnostics: Vec<Diagnostic>) -> Self {
        self.diagnostics = diagnostics;
        self
    }

    /// The text. Every key is a string, so that writing it cannot fail; if it ever does, that is said.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|e| {
            let message = format!("the answer cannot be written: {e}");
            let message = serde_json::to_string(&message).unwrap_or_default();
            format!(r#"{{"error":{{"code":"internal","message":{message},"params":{{}}}}}}"#)
        })
    }
}
