//! The engine for WebAssembly: a [`Workspace`] of files that are opened, edited and closed, and the
//! questions of the command line about them. Strings in, JSON out.
//!
//! It decides nothing itself. Each method answers with JSON text that has one of:
//!
//! - `answer`: what was asked, in the versioned form that the command line prints with `-o json`
//!   (`netpol.check/v1` and so on); `null` where there is nothing to say;
//! - `error`: `{code, params}`: the request or the question cannot be answered as it stands.
//!
//! Beside an `error` with the code `input-errors`, `diagnostics` holds what is wrong with the files:
//! each a [`Diagnostic`] with its place.
//!
//! The module has codes and no sentences. The class of the package, which programs use, adds the
//! `message` of each code in the [`language`](Workspace::language) of the options; the sentences
//! are files beside the module, which the example `messages` writes.
//!
//! With the feature `authoring` there are `lint`, `test` and `fix` beside the questions; this makes a
//! second module, so that the first stays small.
//!
//! Questions are JSON objects; a field of another name than those that are known is an error, since
//! a condition that is passed over could turn a verdict. The TypeScript declarations beside the
//! package say which fields there are, and what the answers hold.

#[cfg(feature = "authoring")]
mod authoring;
mod options;
mod questions;
mod requests;
mod response;

#[cfg(feature = "sentences")]
pub use requests::sentences as request_sentences;

use crate::options::Options;
use crate::questions::Question;
use crate::requests::RequestError;
use crate::response::Response;
use netpol_core::diagnostic::Diagnostic;
use netpol_core::graph::GraphQuery;
use netpol_core::lang::Lang;
use netpol_core::query::{EgressQuery, MatrixQuery, PathsQuery, QueryError};
use netpol_core::{Analysis, AnalysisOptions, ReadOptions};
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;

/// Files, and the state of the cluster that they describe.
#[wasm_bindgen]
pub struct Workspace {
    files: netpol_core::Workspace,
    lang: Lang,
    controllers: Vec<String>,
    /// What later states are compared with.
    #[cfg(feature = "authoring")]
    baseline: Option<Analysis>,
    /// Everything as it is now, once it was asked for.
    #[cfg(feature = "authoring")]
    together: Option<netpol_core::Together>,
}

#[wasm_bindgen]
impl Workspace {
    /// No files yet; English, and the profile `generic`.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default, reason = "a constructor for JavaScript")]
    pub fn new() -> Self {
        let files = netpol_core::Workspace::new(ReadOptions::default(), AnalysisOptions::default());
        Self {
            files,
            lang: Lang::default(),
            controllers: Vec::new(),
            #[cfg(feature = "authoring")]
            baseline: None,
            #[cfg(feature = "authoring")]
            together: None,
        }
    }

    /// Sets all options, those that are not named to their defaults. The baseline is given up.
    pub fn configure(&mut self, options: &str) -> String {
        let options = match read::<Options>(options).and_then(Options::checked) {
            Ok(options) => options,
            Err(error) => return self.refused(&error),
        };
        self.lang = options.lang;
        #[cfg(feature = "authoring")]
        (self.baseline = None);
        self.changed();
        self.controllers = options.controllers;
        self.files.set_options(options.reading, options.analysis);
        self.files.set_keep_going(options.keep_going);
        Response::answer(()).to_json()
    }

    /// Adds a file of a name that no open file has.
    pub fn open(&mut self, name: &str, text: String) -> String {
        if self.files.text(name).is_some() {
            return self.refused(&RequestError::AlreadyOpen(name.to_owned()));
        }
        self.put(name, text)
    }

    /// Gives an open file another text.
    pub fn edit(&mut self, name: &str, text: String) -> String {
        if self.files.text(name).is_none() {
            return self.refused(&RequestError::NotOpen(name.to_owned()));
        }
        self.put(name, text)
    }

    /// Takes an open file out.
    pub fn close(&mut self, name: &str) -> String {
        self.changed();
        if !self.files.remove(name) {
            return self.refused(&RequestError::NotOpen(name.to_owned()));
        }
        Response::answer(()).to_json()
    }

    /// Switches a policy off without taking it out of its file, or on again. Without a kind it is a
    /// NetworkPolicy; those of the administrative tiers have an empty namespace.
    #[wasm_bindgen(js_name = switchPolicy)]
    pub fn switch_policy(&mut self, namespace: &str, name: &str, on: bool, kind: Option<String>) -> String {
        let kind = kind.as_deref().unwrap_or("NetworkPolicy");
        if !self.files.policies().iter().any(|p| p.kind == kind && p.namespace == namespace && p.name == name) {
            return self.refused(&RequestError::NoPolicy([kind, namespace, name].join("/")));
        }
        self.changed();
        self.files.switch(kind, namespace, name, on);
        Response::answer(()).to_json()
    }

    /// What is open, what is wrong with it, and which policies there are.
    pub fn state(&mut self) -> String {
        let usable = self.files.analysis().is_some();
        let report = self.files.report().clone();
        let state = response::State {
            schema: "netpol.workspace/v1",
            usable,
            files: self.files.files().map(str::to_owned).collect(),
            objects: report.kinds,
            passed_over: report.other_kinds,
            policies: self.files.policies(),
            diagnostics: report.diagnostics,
        };
        Response::answer(state).to_json()
    }

    /// Can `from` reach `to` on `port`, and why?
    pub fn check(&mut self, question: &str) -> String {
        self.ask(question, |analysis, q: questions::Check| analysis.check(&q.from, &q.to, &q.port))
    }

    /// Every pair at once.
    pub fn matrix(&mut self, question: &str) -> String {
        self.ask(question, |analysis, q: MatrixQuery| analysis.matrix(&q))
    }

    /// What each workload can reach outside of the cluster, or who can reach that.
    pub fn egress(&mut self, question: &str) -> String {
        self.ask(question, |analysis, q: EgressQuery| analysis.egress(&q))
    }

    /// The connectivity graph.
    pub fn graph(&mut self, question: &str) -> String {
        self.ask(question, |analysis, q: GraphQuery| analysis.graph(&q))
    }

    /// Over which hops can one end get to another, and how far does it get?
    pub fn paths(&mut self, question: &str) -> String {
        self.ask(question, |analysis, q: PathsQuery| analysis.paths(&q))
    }

    /// The names that the cluster knows, for completion; those of the last state that could be used.
    pub fn vocabulary(&mut self) -> String {
        Response::answer(self.files.last_analysis().map(Analysis::vocabulary).unwrap_or_default()).to_json()
    }

    /// The language of the options, by its code: `en` or `zh`.
    pub fn language(&self) -> String {
        self.lang.tag().to_owned()
    }
}

impl Workspace {
    /// What was kept of how things were is given up.
    fn changed(&mut self) {
        #[cfg(feature = "authoring")]
        {
            self.together = None;
        }
    }

    fn put(&mut self, name: &str, text: String) -> String {
        self.changed();
        match self.files.put(name, text) {
            Ok(()) => Response::answer(()).to_json(),
            Err(problem) => input_errors(vec![*problem]),
        }
    }

    fn ask<Q: Question, A: Serialize>(
        &mut self,
        question: &str,
        answer: impl FnOnce(&Analysis, Q) -> Result<A, QueryError>,
    ) -> String {
        let question = match read(question) {
            Ok(question) => question,
            Err(error) => return self.refused(&error),
        };
        match self.files.analysis().map(|analysis| answer(analysis, question)) {
            Some(Ok(answer)) => Response::answer(answer).to_json(),
            Some(Err(error)) => Response::<()>::error((&error).into()).to_json(),
            None => self.unusable(),
        }
    }

    /// Asks where it counts who carries what enters by Ingresses and routes.
    #[cfg(feature = "authoring")]
    fn ask_with_controllers<Q: Question, A: Serialize>(
        &mut self,
        question: &str,
        answer: impl FnOnce(&Analysis, Q) -> Result<A, QueryError>,
    ) -> String {
        let controllers = std::mem::take(&mut self.controllers);
        let asked = self.ask(question, |analysis, q: Q| {
            let named = carried(analysis, &controllers)?;
            answer(named.as_ref().unwrap_or(analysis), q)
        });
        self.controllers = controllers;
        asked
    }

    fn refused(&self, error: &RequestError) -> String {
        Response::<()>::error(error.into()).to_json()
    }

    /// The files have errors.
    fn unusable(&mut self) -> String {
        input_errors(self.files.report().diagnostics.clone())
    }
}

/// The same with these controllers, if there are any.
#[cfg(feature = "authoring")]
fn carried(analysis: &Analysis, controllers: &[String]) -> Result<Option<Analysis>, QueryError> {
    match controllers {
        [] => Ok(None),
        named => analysis.clone().with_ingress_controllers(named).map(Some),
    }
}

fn input_errors(diagnostics: Vec<Diagnostic>) -> String {
    Response::<()>::error((&RequestError::InputErrors).into()).with(diagnostics).to_json()
}

fn read<Q: Question>(text: &str) -> Result<Q, RequestError> {
    questions::read(text).map_err(RequestError::Invalid)
}

#[cfg(test)]
mod tests;
