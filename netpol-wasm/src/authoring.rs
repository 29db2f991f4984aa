//! The questions of authors: who comes in, what is worst, what changed, what is likely not meant, whether tests
//! hold, and what to change.
//!
//! They are in a module of their own (feature `authoring`), which a page loads beside the first one
//! and gives the same files.

use crate::questions::{Fields, Question};
use crate::requests::RequestError;
use crate::response::Response;
use crate::{Workspace, input_errors, read};
use netpol_core::assert::{Resource, Suite, SuiteReport, TestReport, read_tests};
use netpol_core::diagnostic::{Diagnostic, Problem};
use netpol_core::fix::{Fix, FixAnswer, FixQuery};
use netpol_core::lint::{self, LintOptions};
use netpol_core::query::{IngressQuery, QueryError};
use netpol_core::{AnalysisOptions, Inputs, ReadOptions, ReadReport, Together};
use serde::Serialize;
use std::sync::Arc;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
impl Workspace {
    /// Who can reach each workload.
    pub fn ingress(&mut self, question: &str) -> String {
        self.ask_with_controllers(question, |analysis, q: IngressQuery| analysis.ingress(&q))
    }

    /// Who is isolated and who is open, and what is worst.
    pub fn summary(&mut self) -> String {
        self.ask_with_controllers("{}", |analysis, _: Nothing| Ok(analysis.summary()))
    }

    /// Keeps the present state, to compare later ones with.
    #[wasm_bindgen(js_name = setBaseline)]
    pub fn set_baseline(&mut self) -> String {
        match self.files.analysis().cloned() {
            Some(analysis) => {
                self.baseline = Some(analysis);
                Response::answer(()).to_json()
            }
            None => self.unusable(),
        }
    }

    /// What changed since the baseline.
    pub fn diff(&mut self) -> String {
        let Some(baseline) = self.baseline.clone() else { return self.refused(&RequestError::NoBaseline) };
        self.ask("{}", |analysis, _: Nothing| baseline.diff(analysis))
    }

    /// What is likely not meant.
    pub fn lint(&mut self, question: &str) -> String {
        self.advise(question, |_, together, asked: Linting| {
            let mut options = LintOptions::default();
            options.today = asked.today;
            let Together { inputs, snapshot, analysis, .. } = together;
            lint::lint(inputs, snapshot, analysis, &options).map_err(Failed::Input)
        })
    }

    /// Runs the connectivity tests of the files that are open.
    pub fn test(&mut self) -> String {
        self.advise("{}", |files, together, _: Nothing| Ok(tested(files, together)))
    }

    /// What to change so that a connection is as it is wanted.
    pub fn fix(&mut self, question: &str) -> String {
        self.advise(question, |_, together, Fixing(query): Fixing| {
            let mut fix = together.analysis.fix(&together.inputs, &query).map_err(Failed::Question)?;
            fix.fixes.truncate(MOST_WAYS);
            let edits = fix.fixes.iter().map(|way| Edits::of(way, &together.inputs)).collect();
            Ok(Ways { fix, edits })
        })
    }
}

/// A question without conditions.
#[derive(Debug)]
struct Nothing {}

impl Question for Nothing {
    const FIELDS: &'static [&'static str] = &[];
    fn of(_: Fields) -> Result<Self, String> {
        Ok(Self {})
    }
}

impl Workspace {
    fn advise<Q: Question, A: Serialize>(
        &mut self,
        question: &str,
        answer: impl FnOnce(&netpol_core::Workspace, &Together, Q) -> Result<A, Failed>,
    ) -> String {
        let question = match read(question) {
            Ok(question) => question,
            Err(error) => return self.refused(&error),
        };
        let together = match self.together.take().map_or_else(|| self.read_together(), Ok) {
            Ok(together) => together,
            Err(failed) => return failed.into_json(),
        };
        let together = self.together.insert(together);
        match answer(&self.files, together, question) {
            Ok(answer) => Response::answer(answer).to_json(),
            Err(failed) => failed.into_json(),
        }
    }

    fn read_together(&self) -> Result<Together, Failed> {
        let mut together = self.files.together().map_err(|report| Failed::Input(report.diagnostics))?;
        if !self.controllers.is_empty() {
            let analysis = together.analysis.with_ingress_controllers(&self.controllers);
            together.analysis = analysis.map_err(Failed::Question)?;
        }
        Ok(together)
    }
}

/// Why there is no answer.
enum Failed {
    /// What is wrong with the files, or with annotations in them.
    Input(Vec<Diagnostic>),
    Question(QueryError),
}

impl Failed {
    fn into_json(self) -> String {
        match self {
            Self::Input(diagnostics) => input_errors(diagnostics),
            Self::Question(error) => Response::<()>::error((&error).into()).to_json(),
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
    Ok(SuiteReport { name: suite.name.clone(), place: suite.place.clone(), profile, tests, diagnostics: Vec::new() })
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const SHOP: &str = "
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}}
";
    const POLICY: &str = "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: wep}}}]
    ports: [{port: 5432}]
";
    const TESTS: &str = "apiVersion: netpol.dev/v1alpha1
kind: ConnectivityTest
metadata: {name: shop}
resources: [./shop.yaml, ../policies]
tests:
- {name: web reaches the database, from: shop/web, to: shop/db, ports: 5432, expect: allow}
- {name: and nothing else there, from: shop/web, to: shop/db, ports: 22, expect: deny}
";

    fn value(json: String) -> Value {
        serde_json::from_str(&json).unwrap()
    }

    fn shop() -> Workspace {
        let mut workspace = Workspace::new();
        workspace.open("shop/shop.yaml", SHOP.to_owned());
        workspace.open("policies/db.yaml", POLICY.to_owned());
        workspace
    }

    fn rules(workspace: &mut Workspace) -> Vec<String> {
        let answer = value(workspace.lint("{}"));
        let findings = answer["answer"]["findings"].as_array().unwrap();
        findings.iter().map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn findings_follow_the_files_and_the_switches() {
        let mut workspace = shop();
        let rule = "no-such-pods".to_owned();
        assert!(rules(&mut workspace).contains(&rule));
        workspace.switch_policy("shop", "db", false, None);
        assert!(!rules(&mut workspace).contains(&rule));
        workspace.switch_policy("shop", "db", true, None);
        assert!(rules(&mut workspace).contains(&rule));
        workspace.edit("policies/db.yaml", POLICY.replace("wep", "web"));
        assert!(!rules(&mut workspace).contains(&rule));
    }

    #[test]
    fn an_annotation_that_is_not_understood_is_an_error_with_its_place() {
        let mut workspace = shop();
        let annotated = "{name: db, namespace: shop, annotations: {lint.netpol.dev/ignore-no-such-pod: known}}";
        workspace.edit("policies/db.yaml", POLICY.replace("{name: db, namespace: shop}", annotated));
        let response = value(workspace.lint("{}"));
        assert_eq!(response["error"]["code"], "input-errors");
        let problem = &response["diagnostics"][0];
        assert_eq!(problem["params"]["found"], "no-such-pod");
        assert_eq!((&problem["place"]["file"], &problem["place"]["line"]), (&json!("policies/db.yaml"), &json!(3)));
        let until = "until 2026-01-31: known";
        let annotated =
            format!("{{name: db, namespace: shop, annotations: {{lint.netpol.dev/ignore-no-such-pods: '{until}'}}}}");
        workspace.edit("policies/db.yaml", POLICY.replace("{name: db, namespace: shop}", &annotated));
        let ignored = |response: String| value(response)["answer"]["counts"]["ignored"].clone();
        assert_eq!(ignored(workspace.lint(r#"{"today": "2026-01-31"}"#)), 1);
        assert_eq!(ignored(workspace.lint(r#"{"today": "2026-02-01"}"#)), 0);
        assert_eq!(value(workspace.lint(r#"{"today": "now"}"#))["error"]["code"], "invalid-request");
    }

    #[test]
    fn tests_run_on_the_open_files_that_they_name() {
        let mut workspace = shop();
        workspace.open("shop/tests.yaml", TESTS.to_owned());
        let answer = value(workspace.test())["answer"].clone();
        assert_eq!(answer["problems"], json!([]));
        assert_eq!(answer["report"]["counts"], json!({ "passed": 1, "failed": 1, "unmatched": 0, "error": 0 }));
        let failed = &answer["report"]["suites"][0]["tests"][0];
        assert_eq!(failed["witness"]["answer"]["verdict"], "deny");
        workspace.edit("policies/db.yaml", POLICY.replace("wep", "web"));
        assert_eq!(value(workspace.test())["answer"]["report"]["counts"]["passed"], 2);
        // What no suite names is no part of it.
        workspace.open("policies-of-others/deny.yaml", POLICY.replace("name: db,", "name: deny,").replace("5432", "1"));
        assert_eq!(value(workspace.test())["answer"]["report"]["counts"]["passed"], 2);
        workspace.close("policies/db.yaml");
        let answer = value(workspace.test())["answer"].clone();
        assert_eq!(answer["problems"][0]["params"]["found"], "../policies");
        assert_eq!(answer["report"]["suites"], json!([]));
    }

    #[test]
    fn a_suite_of_a_profile_runs_under_it() {
        let mut workspace = shop();
        let profile = "resources: [shop.yaml, ../policies]\nprofile: calico";
        workspace.open("shop/tests.yaml", TESTS.replace("resources: [./shop.yaml, ../policies]", profile));
        let answer = value(workspace.test());
        assert_eq!(answer["answer"]["report"]["suites"][0]["profile"], "calico", "{answer}");
    }

    #[test]
    fn a_fix_gives_the_texts_that_make_it_so() {
        let mut workspace = shop();
        let asked = json!({ "from": "shop/web", "to": "shop/db", "port": "5432", "wanted": "allow" }).to_string();
        let answer = value(workspace.fix(&asked))["answer"].clone();
        assert_eq!(answer["fix"]["verdict"], "deny");
        let edits = answer["edits"].as_array().unwrap();
        assert_eq!(edits.len(), answer["fix"]["fixes"].as_array().unwrap().len());
        assert!(!edits.is_empty());
        for edit in edits {
            let mut fixed = shop();
            for file in edit["files"].as_array().unwrap() {
                fixed.edit(file[0].as_str().unwrap(), file[1].as_str().unwrap().to_owned());
            }
            if let Some(new) = edit["new_file"].as_array() {
                fixed.open(new[0].as_str().unwrap(), new[1].as_str().unwrap().to_owned());
            }
            let question = json!({ "from": "shop/web", "to": "shop/db", "port": "5432" }).to_string();
            assert_eq!(value(fixed.check(&question))["answer"]["verdict"], "allow", "{edit}");
            assert!(edit["patch"].as_str().unwrap().contains("\n+"));
        }
        assert_eq!(
            value(workspace.fix(r#"{"from": "a", "to": "b", "wanted": "maybe"}"#))["error"]["code"],
            "invalid-request"
        );
    }

    #[test]
    fn files_with_errors_are_said_and_not_advised_about() {
        let mut workspace = shop();
        workspace.open("broken.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: Not A Name}}".to_owned());
        let response = value(workspace.lint("{}"));
        assert_eq!(response["error"]["code"], "input-errors");
        assert_eq!(response["diagnostics"][0]["file"], "broken.yaml");
        workspace.close("broken.yaml");
        assert!(value(workspace.lint("{}"))["answer"].is_object());
    }

    #[test]
    fn paths_are_joined_as_a_shell_would() {
        for (folder, path, whole) in [
            ("", "a.yaml", "a.yaml"),
            ("tests", "../policies/", "policies"),
            ("a/b", "./c", "a/b/c"),
            ("a", "..", ""),
            ("", "../x", "../x"),
        ] {
            assert_eq!(joined(folder, path), whole, "{folder} {path}");
        }
        assert!(is_in("policies", "policies/a.yaml") && is_in("a.yaml", "a.yaml") && is_in("", "a.yaml"));
        assert!(!is_in("policies", "policies2/a.yaml"));
    }
}
