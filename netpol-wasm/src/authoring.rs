//! The questions of authors: what is likely not meant, whether tests hold, and what to change.
//!
//! They are in a module of their own (feature `authoring`), which a page loads beside the first one
//! and gives the same files.

use crate::questions::{Fields, Question};
use crate::response::{Error, Response};
use crate::{RequestError, Workspace, input_errors, read};
use netpol_core::assert::{Resource, Suite, SuiteReport, TestReport, read_tests};
use netpol_core::diagnostic::{Diagnostic, Params, Problem};
use netpol_core::fix::{Fix, FixAnswer, FixQuery};
use netpol_core::lint::{self, IgnoreProblem, IgnoreProblemKind, LintOptions};
use netpol_core::{AnalysisOptions, Inputs, ReadOptions, ReadReport, Together};
use serde::Serialize;
use std::sync::Arc;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
impl Workspace {
    /// What is likely not meant.
    pub fn lint(&mut self, question: &str) -> String {
        self.advise(question, |_, together, asked: Linting| {
            let mut options = LintOptions::default();
            options.today = asked.today;
            let Together { inputs, snapshot, analysis, .. } = together;
            lint::lint(inputs, snapshot, analysis, &options).map_err(|problems| match problems.first() {
                Some(problem) => annotation(problem),
                None => (&RequestError::InputErrors).into(),
            })
        })
    }

    /// Runs the connectivity tests of the files that are open.
    pub fn test(&mut self) -> String {
        self.advise("{}", |files, together, _: crate::questions::Nothing| Ok(tested(files, together)))
    }

    /// What to change so that a connection is as it is wanted.
    pub fn fix(&mut self, question: &str) -> String {
        self.advise(question, |_, together, Fixing(query): Fixing| {
            let mut fix = together.analysis.fix(&together.inputs, &query).map_err(|error| Error::from(&error))?;
            fix.fixes.truncate(MOST_WAYS);
            let edits = fix.fixes.iter().map(|way| Edits::of(way, &together.inputs)).collect();
            Ok(Ways { fix, edits })
        })
    }
}

impl Workspace {
    fn advise<Q: Question, A: Serialize>(
        &mut self,
        question: &str,
        answer: impl FnOnce(&netpol_core::Workspace, &Together, Q) -> Result<A, Error>,
    ) -> String {
        let question = match read(question) {
            Ok(question) => question,
            Err(error) => return self.refused(&error),
        };
        let together = match self.together.take().map_or_else(|| self.files.together(), Ok) {
            Ok(together) => together,
            Err(report) => return input_errors(report.diagnostics),
        };
        let together = self.together.insert(together);
        match answer(&self.files, together, question) {
            Ok(answer) => Response::answer(answer).to_json(),
            Err(error) => Response::<()>::error(error).to_json(),
        }
    }
}

// --- lint ----------------------------------------------------------------------------------------

/// How to lint.
#[derive(Debug)]
struct Linting {
    /// The day, for annotations that end.
    today: Option<lint::Date>,
}

impl Question for Linting {
    const FIELDS: &'static [&'static str] = &["today"];
    fn of(mut fields: Fields) -> Result<Self, String> {
        let today = fields.optional("today")?;
        let day = |text: String| text.parse().map_err(|e: lint::NoDate| format!("the field `today` is `{text}`, {e}"));
        Ok(Self { today: today.map(day).transpose()? })
    }
}

/// An annotation that cannot be understood; the codes are those of [`sentences`].
fn annotation(problem: &IgnoreProblem) -> Error {
    let IgnoreProblem { place, kind, found, nearest } = problem;
    let code = match kind {
        IgnoreProblemKind::UnknownRule => "ignore-unknown-rule",
        IgnoreProblemKind::UnknownAnnotation => "ignore-unknown-annotation",
        IgnoreProblemKind::NoReason => "ignore-no-reason",
        IgnoreProblemKind::InvalidDate => "ignore-invalid-date",
    };
    let mut params = Params::from([
        ("found", found.clone()),
        ("file", place.file.to_string()),
        ("line", place.span.line.to_string()),
        ("column", place.span.column.to_string()),
    ]);
    params.extend(nearest.map(|nearest| ("nearest", nearest.to_owned())));
    Error { code, params }
}

// --- test ----------------------------------------------------------------------------------------

/// What came of the tests.
#[derive(Debug, Serialize)]
struct Tested {
    report: TestReport,
    /// What is wrong with the files of tests; suites that it concerns are not in the report.
    problems: Vec<Diagnostic>,
}

fn tested(files: &netpol_core::Workspace, together: &Together) -> Tested {
    let found = read_tests(&together.inputs);
    let mut problems = found.diagnostics;
    let mut reports = Vec::new();
    for suite in &found.suites {
        match run(files, together, suite) {
            Ok(report) => reports.push(report),
            Err(found) => problems.extend(found),
        }
    }
    Tested { report: TestReport::new(reports, None), problems }
}

fn run(files: &netpol_core::Workspace, all: &Together, suite: &Suite) -> Result<SuiteReport, Vec<Diagnostic>> {
    let resources = resources(files, suite)?;
    let (reading, options) = under(files, suite);
    let profile = options.profile.name;
    let whole = suite.profile.is_none() && suite.namespace.is_none();
    let part;
    let together = match whole && files.files().all(|name| is_named(&resources, name)) {
        true => all,
        false => {
            let mut some = files.part(|name| is_named(&resources, name));
            if !whole {
                some.set_options(reading, options);
            }
            part = some.together().map_err(|ReadReport { diagnostics, .. }| diagnostics)?;
            &part
        }
    };
    if suite.resources.is_empty() && together.snapshot.report().kinds.is_empty() {
        let problem = Diagnostic::error(Problem::NoResources).at(suite.place.clone());
        return Err(vec![problem.with("found", &suite.name)]);
    }
    let tests = suite.tests.iter().map(|test| together.analysis.test(test)).collect();
    Ok(SuiteReport { name: suite.name.clone(), place: suite.place.clone(), profile, tests })
}

/// The options of a suite: its own, and those of the page where it has none.
fn under(files: &netpol_core::Workspace, suite: &Suite) -> (ReadOptions, AnalysisOptions) {
    let (reading, options) = files.options();
    let (mut reading, mut options) = (reading.clone(), options.clone());
    if let Some(namespace) = &suite.namespace {
        reading.default_namespace.clone_from(namespace);
    }
    if let Some(profile) = &suite.profile {
        reading.schema_checks = profile.schema_checks;
        options.profile = profile.clone();
    }
    (reading, options)
}

/// The files and folders that a suite is about, among those that are open: those that it names, and
/// its own file.
fn resources(files: &netpol_core::Workspace, suite: &Suite) -> Result<Vec<String>, Vec<Diagnostic>> {
    let own = &*suite.place.file;
    let folder = own.rsplit_once('/').map_or("", |(folder, _)| folder);
    let path = |resource: &Resource| joined(folder, &resource.path);
    let mut missing = Vec::new();
    for (number, resource) in suite.resources.iter().enumerate() {
        let path = path(resource);
        if !files.files().any(|name| is_in(&path, name)) {
            let problem = Diagnostic::error(Problem::ResourceMissing).at(resource.place.clone());
            let mut problem = problem.with("found", &resource.path);
            problem.field = Some(format!("resources[{number}]"));
            problem.object = Some(format!("ConnectivityTest {}", suite.name));
            missing.push(problem);
        }
    }
    if !missing.is_empty() {
        return Err(missing);
    }
    Ok(suite.resources.iter().map(path).chain([own.to_owned()]).collect())
}

fn is_named(resources: &[String], name: &str) -> bool {
    resources.iter().any(|path| is_in(path, name))
}

/// Whether a file is at a path or below it.
fn is_in(path: &str, name: &str) -> bool {
    path.is_empty() || name.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A path from a folder on, without `.` and `..`.
fn joined(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

// --- fix -----------------------------------------------------------------------------------------

/// So many ways are answered with.
const MOST_WAYS: usize = 5;

/// A connection, and what it is to be.
#[derive(Debug)]
struct Fixing(FixQuery);

impl Question for Fixing {
    const FIELDS: &'static [&'static str] = &["from", "to", "port", "wanted"];
    fn of(mut fields: Fields) -> Result<Self, String> {
        let (from, to) = (fields.required("from")?, fields.required("to")?);
        let port = fields.given("port")?.unwrap_or_default();
        let wanted = fields.required("wanted")?;
        match wanted.as_str() {
            "allow" => Ok(Self(FixQuery::allow(&from, &to, &port))),
            "deny" => Ok(Self(FixQuery::deny(&from, &to, &port))),
            _ => Err(format!("unknown value `{wanted}`, accepted are allow, deny")),
        }
    }
}

/// Ways to make a connection as it is wanted.
#[derive(Debug, Serialize)]
struct Ways {
    fix: FixAnswer,
    /// For each of its fixes, in their order.
    edits: Vec<Edits>,
}

/// What a fix does to the files that are open.
#[derive(Debug, Serialize)]
struct Edits {
    /// The unified difference.
    patch: String,
    /// The files that change, with their new texts.
    files: Vec<(Arc<str>, String)>,
    /// A file that is new, and its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    new_file: Option<(String, String)>,
}

impl Edits {
    fn of(fix: &Fix, inputs: &Inputs) -> Self {
        let name = fix.new_file();
        Self {
            patch: fix.patch(inputs, name.as_deref().unwrap_or_default()),
            files: fix.files(inputs),
            new_file: name.map(|name| (name, fix.new_text())),
        }
    }
}

// --- sentences -----------------------------------------------------------------------------------

/// What can be wrong with annotations, as templates.
#[cfg(feature = "sentences")]
pub fn sentences(lang: netpol_core::lang::Lang) -> std::collections::BTreeMap<&'static str, String> {
    [
        (
            "ignore-unknown-rule",
            "no rule is called `{found}`{nearest?; did you mean `%`?}",
            "没有名为 `{found}` 的规则{nearest?；您是指 `%` 吗？}",
        ),
        (
            "ignore-unknown-annotation",
            "`{found}` is no annotation of netpol; accepted: `lint.netpol.dev/ignore-RULE`",
            "`{found}` 不是 netpol 的注解；可用的是 `lint.netpol.dev/ignore-RULE`",
        ),
        ("ignore-no-reason", "`{found}` needs a reason", "`{found}` 需要写明原因"),
        (
            "ignore-invalid-date",
            "`{found}` is not a day; accepted: `until YYYY-MM-DD: REASON`",
            "`{found}` 不是日期；可用的是 `until YYYY-MM-DD: 原因`",
        ),
    ]
    .into_iter()
    .map(|(code, en, zh)| {
        let sentence = if lang == netpol_core::lang::Lang::Zh { zh } else { en };
        (code, format!("{{file}}:{{line}}:{{column}}: {sentence}"))
    })
    .collect()
}
