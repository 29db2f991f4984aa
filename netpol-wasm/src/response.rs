//! What is answered.

use netpol_core::diagnostic::{Diagnostic, Params};
use netpol_core::lang::Lang;
use netpol_core::query::{CheckAnswer, QueryError};
use serde::Serialize;

/// A response, as the crate describes it.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Response {
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<CheckAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Error>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    diagnostics: Vec<Finding>,
}

/// A request or question that cannot be answered as it stands.
#[derive(Debug, Serialize)]
pub(crate) struct Error {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) params: Params,
}

impl Error {
    pub(crate) fn of_question(error: &QueryError, lang: Lang) -> Self {
        Self { code: error.code.code(), message: lang.query_problem(error), params: error.params.clone() }
    }
}

/// A diagnostic with its sentence.
#[derive(Debug, Serialize)]
struct Finding {
    #[serde(flatten)]
    diagnostic: Diagnostic,
    message: String,
}

impl From<CheckAnswer> for Response {
    fn from(answer: CheckAnswer) -> Self {
        Self { answer: Some(answer), ..Self::default() }
    }
}

impl From<Error> for Response {
    fn from(error: Error) -> Self {
        Self { error: Some(error), ..Self::default() }
    }
}

impl Response {
    pub(crate) fn with_diagnostics(mut self, diagnostics: Vec<Diagnostic>, lang: Lang) -> Self {
        let spoken = |diagnostic: Diagnostic| Finding { message: lang.problem(&diagnostic), diagnostic };
        self.diagnostics = diagnostics.into_iter().map(spoken).collect();
        self
    }

    /// The text. Every key is a string, so that writing it cannot fail; if it ever does, that is said.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|e| {
            let message = format!("the answer cannot be written: {e}");
            serde_json::json!({ "error": { "code": "internal", "message": message, "params": {} } }).to_string()
        })
    }
}
