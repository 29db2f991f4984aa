//! The engine for WebAssembly: one function, JSON in and JSON out.
//!
//! It decides nothing itself and holds no state: each request brings its manifests. A request:
//!
//! ```json
//! {
//!   "files": [{ "name": "shop.yaml", "text": "apiVersion: v1\nkind: …" }],
//!   "from": "shop/web", "to": "shop/db", "port": "5432",
//!   "namespace": "default", "profile": "generic", "podCidrs": ["10.244.0.0/16"],
//!   "ignoreKinds": ["CiliumNetworkPolicy"], "keepGoing": false, "lang": "en"
//! }
//! ```
//!
//! Only `files`, `from` and `to` are required; a field of another name is an error, since an option
//! that is passed over could turn a verdict. `lang` (`en`, `zh`, or a locale) is the language of
//! messages. A response has one of:
//!
//! - `answer`: what was asked, as `netpol.check/v1`;
//! - `error`: `{code, message, params}`: the request or the question cannot be answered as it stands;
//! - `diagnostics` alone: errors in the manifests, and `keepGoing` is not set. Each is a
//!   [`Diagnostic`](netpol_core::diagnostic::Diagnostic) with its `message`.
//!
//! Beside `answer` or `error`, `diagnostics` holds the warnings, and with `keepGoing` the errors too.

mod request;
mod response;
mod words;

use crate::request::Request;
use crate::response::Response;
use netpol_core::lang::Lang;
use netpol_core::{Analysis, Inputs, ReadOptions, read};
use wasm_bindgen::prelude::wasm_bindgen;

/// Answers a request, both as JSON text in the form that the [crate] describes.
#[wasm_bindgen]
pub fn check(request: &str) -> String {
    match Request::parse(request) {
        Ok(request) => answer(&request),
        Err(error) => Response::from(error.spoken(Lang::default())),
    }
    .to_json()
}

fn answer(request: &Request) -> Response {
    let lang = match request.lang() {
        Ok(lang) => lang,
        Err(error) => return Response::from(error.spoken(Lang::default())),
    };
    let options = match request.options() {
        Ok(options) => options,
        Err(error) => return Response::from(error.spoken(lang)),
    };
    let mut diagnostics = Vec::new();
    let mut inputs = Inputs::default();
    for file in &request.files {
        // As bytes, for the limit on their number.
        if let Err(problem) = inputs.push_bytes(&*file.name, file.text.clone().into_bytes()) {
            diagnostics.push(*problem);
        }
    }
    let mut reading = ReadOptions::default();
    if let Some(namespace) = &request.namespace {
        reading.default_namespace.clone_from(namespace);
    }
    let snapshot = read(&inputs, &reading);
    let whole = diagnostics.is_empty() && !snapshot.report().has_errors();
    diagnostics.extend(snapshot.report().diagnostics.iter().cloned());
    let response = if whole || request.keep_going {
        let answer = Analysis::new(snapshot, options).check(&request.from, &request.to, &request.port);
        answer.map_or_else(|error| Response::from(response::Error::of_question(&error, lang)), Response::from)
    } else {
        Response::default()
    };
    response.with_diagnostics(diagnostics, lang)
}

#[cfg(test)]
mod tests;
