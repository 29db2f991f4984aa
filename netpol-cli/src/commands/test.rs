//! `netpol test [PATH…]`

use crate::args::{Args, ExportTo, TestArgs, TestOutput};
use crate::commands::check::{analyse, snapshot_for, under};
use crate::exit::{self, Exit, Failure};
use crate::render::{self, stream};
use crate::{input, progress};
use netpol_core::assert::{
    Coverage, CoverageReport, Resource, Suite, SuiteReport, Test, TestAnswer, TestReport, read_tests,
};
use netpol_core::diagnostic::{Diagnostic, Params, Problem, Severity};
use netpol_core::lang::Phrase;
use netpol_core::query::QueryError;
use netpol_core::{Analysis, Inputs, Profile, ReadOptions, ReadReport, read};
use std::path::{Path, PathBuf};

pub(crate) fn run(args: &Args, test: &TestArgs) -> Result<Exit, Failure> {
    if test.init {
        return init(args);
    }
    let (suites, files) = selected(args, test)?;
    if test.list {
        stream::print(args.color, &render::tests::list(&suites))?;
        return Ok(Exit::Met);
    }
    if test.export == Some(ExportTo::Netassert) {
        return export(args, &suites, &files);
    }
    let mut clusters = Clusters::new(args, &files);
    let mut reports = Vec::new();
    let wanted = test.coverage || test.coverage_min.is_some();
    for suite in &suites {
        let (name, place, profile) = (suite.name.clone(), suite.place.clone(), clusters.profile(suite).name);
        let at = match clusters.asked(suite)? {
            Ok(at) => at,
            Err(Unasked { diagnostics, problem }) => {
                let tests = suite.tests.iter().map(|test| TestAnswer::unasked(test, problem.clone())).collect();
                reports.push(SuiteReport { name, place, profile, tests, diagnostics });
                continue;
            }
        };
        let cluster = &mut clusters.known[at];
        let mut run = |test: &Test| match wanted {
            true => cluster.analysis.test_covering(test, &mut cluster.coverage),
            false => cluster.analysis.test(test),
        };
        let tests = suite.tests.iter();
        let tests = progress::during(args.lang(), Phrase::Deciding, || tests.map(&mut run).collect());
        reports.push(SuiteReport { name, place, profile, tests, diagnostics: Vec::new() });
    }
    let coverage = wanted.then(|| {
        let mut all = Coverage::default();
        for Cluster { analysis, coverage, .. } in &mut clusters.known {
            progress::during(args.lang(), Phrase::Deciding, || coverage.settle(analysis));
            all.merge(coverage);
        }
        let policies = clusters.known.iter().flat_map(|cluster| all.of(&cluster.analysis)).collect();
        CoverageReport::new(policies, &all)
    });
    let report = TestReport::new(reports, coverage);
    let inputs: Vec<&Inputs> = clusters.known.iter().map(|cluster| &cluster.inputs).collect();
    let text = match test.output {
        TestOutput::Text => render::tests::text(&report, args.lang(), args.verbose, stream::is_terminal(), &inputs),
        TestOutput::Json => render::json(&report)?,
        TestOutput::Yaml => render::yaml(&report)?,
        TestOutput::Junit => render::junit::report(&report, args.lang(), &inputs),
        TestOutput::Github => render::github::report(&report, args.lang(), &inputs),
    };
    stream::print(args.color, &text)?;
    exit(args, test, &report)
}

fn exit(args: &Args, test: &TestArgs, report: &TestReport) -> Result<Exit, Failure> {
    if report.counts.error > 0 {
        return Ok(Exit::Error);
    }
    let mut exit = if report.counts.passed == report.counts.all() { Exit::Met } else { Exit::NotMet };
    if let (Some(least), Some(coverage)) = (test.coverage_min, &report.coverage)
        && coverage.percent < usize::from(least)
    {
        let params = Params::from([("percent", coverage.percent.to_string()), ("least", least.to_string())]);
        render::diagnostics::say(args, &args.lang().filled(Phrase::CoverageBelow, &params));
        exit = Exit::NotMet;
    }
    Ok(exit)
}

/// The suites that are named, with the tests that are wanted of them.
fn selected(args: &Args, test: &TestArgs) -> Result<(Vec<Suite>, Inputs), Failure> {
    let here = [PathBuf::from(".")];
    let paths = if test.paths.is_empty() { &here[..] } else { &test.paths };
    let inputs = input::load_paths(paths, args.input.only_manifests)?;
    let found = read_tests(&inputs);
    if !found.diagnostics.is_empty() {
        let mut report = ReadReport::default();
        report.diagnostics = found.diagnostics;
        return Err(Failure::Tests(Box::new((inputs, report))));
    }
    let mut suites = found.suites;
    if let Some(wanted) = &test.run {
        for suite in &mut suites {
            let name = suite.name.clone();
            suite.tests.retain(|test| wanted.is_match(&format!("{name}/{}", test.name)));
        }
        suites.retain(|suite| !suite.tests.is_empty());
    }
    if suites.is_empty() {
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let mut found = names.join(", ");
        if let Some(wanted) = &test.run {
            found = format!("{found} (--run {})", wanted.as_str());
        }
        return Err(Failure::Other(args.lang().filled(Phrase::NoTests, &Params::from([("found", found)]))));
    }
    Ok((suites, inputs))
}

/// What a suite is about, and how.
#[derive(Clone, PartialEq)]
struct Key {
    paths: Vec<PathBuf>,
    namespace: String,
    profile: Profile,
}

/// A cluster that tests run on.
struct Cluster {
    key: Key,
    analysis: Analysis,
    inputs: Inputs,
    coverage: Coverage,
}

/// The clusters of all suites: those that are the same are read once.
struct Clusters<'a> {
    args: &'a Args,
    /// The files that the tests stand in.
    files: &'a Inputs,
    known: Vec<Cluster>,
    /// Errors that were said already.
    said: Vec<Vec<Diagnostic>>,
}

/// Why the tests of a suite could not be asked.
struct Unasked {
    /// Errors of its files.
    diagnostics: Vec<Diagnostic>,
    /// What else it is.
    problem: Option<QueryError>,
}

impl<'a> Clusters<'a> {
    fn new(args: &'a Args, files: &'a Inputs) -> Self {
        Self { args, files, known: Vec::new(), said: Vec::new() }
    }

    /// The profile of a suite.
    fn profile(&self, suite: &Suite) -> Profile {
        let given = &self.args.input;
        match &suite.profile {
            Some(profile) if !given.said.profile => profile.clone(),
            _ => given.profile.clone(),
        }
    }

    /// The number of the cluster of a suite, or what keeps it from being asked about, which is said once.
    ///
    /// # Errors
    /// What the command line names cannot be used, which no suite can do without.
    fn asked(&mut self, suite: &Suite) -> Result<Result<usize, Unasked>, Failure> {
        let failure = match self.of(suite) {
            Ok(at) => return Ok(Ok(at)),
            Err(failure) if is_replaced(self.args) => return Err(failure),
            Err(failure) => failure,
        };
        let (diagnostics, problem) = match &failure {
            Failure::Unreadable(diagnostic) => (vec![(**diagnostic).clone()], None),
            Failure::Input(input) => {
                let errors = input.1.diagnostics.iter().filter(|found| found.severity == Severity::Error);
                (errors.cloned().collect(), None)
            }
            Failure::Query(error) => (Vec::new(), Some(error.clone())),
            _ => return Err(failure),
        };
        if !self.said.contains(&diagnostics) {
            exit::report(self.args, &failure);
            self.said.push(diagnostics.clone());
        }
        Ok(Err(Unasked { diagnostics, problem }))
    }

    /// The number of the cluster of a suite.
    fn of(&mut self, suite: &Suite) -> Result<usize, Failure> {
        let given = &self.args.input;
        let paths = if is_replaced(self.args) { Vec::new() } else { self.resources(suite)? };
        let key = Key {
            paths: paths.iter().map(|path| path.canonicalize().unwrap_or_else(|_| path.clone())).collect(),
            namespace: match &suite.namespace {
                Some(namespace) if !given.said.namespace => namespace.clone(),
                _ => given.namespace.clone(),
            },
            profile: self.profile(suite),
        };
        if let Some(at) = self.known.iter().position(|cluster| cluster.key == key) {
            return Ok(at);
        }
        let inputs = if is_replaced(self.args) { input::load(given)? } else { self.read(&paths)? };
        let (snapshot, inputs) = snapshot_for(self.args, inputs, &key.namespace, &key.profile)?;
        let analysis = under(self.args, key.profile.clone(), &snapshot).map_err(Failure::Query)?;
        self.known.push(Cluster { key, analysis, inputs, coverage: Coverage::default() });
        Ok(self.known.len() - 1)
    }
}

impl Clusters<'_> {
    /// The files and folders that a suite is about: those that it names, and its own file if something
    /// stands there beside the tests.
    fn resources(&self, suite: &Suite) -> Result<Vec<PathBuf>, Failure> {
        let own = Path::new(&*suite.place.file);
        let folder = own.parent().unwrap_or(Path::new(""));
        let mut paths: Vec<PathBuf> = Vec::new();
        for (i, resource) in suite.resources.iter().enumerate() {
            // Of what came by standard input, the folder is the one that the run is in.
            let path = folder.join(&resource.path);
            // What is neither, such as a device or a pipe, may have no end.
            if !(path.is_file() || path.is_dir()) {
                return Err(Failure::Unreadable(Box::new(not_there(suite, i, resource))));
            }
            paths.push(path);
        }
        let mut alone = Inputs::default();
        alone.push(suite.place.file.clone(), self.files.text(&suite.place.file).unwrap_or_default());
        let beside = read(&alone, &ReadOptions::default());
        let report = beside.report();
        let nothing = report.kinds.is_empty() && report.other_kinds.is_empty() && report.diagnostics.is_empty();
        if !nothing {
            paths.push(own.to_owned());
        } else if paths.is_empty() {
            let problem = Diagnostic::error(Problem::NoResources).at(suite.place.clone());
            return Err(Failure::Unreadable(Box::new(problem.with("found", &suite.name))));
        }
        Ok(paths)
    }

    /// Reads the files and folders of a suite; standard input was read with its tests.
    fn read(&self, paths: &[PathBuf]) -> Result<Inputs, Failure> {
        let (read, files): (Vec<&PathBuf>, Vec<&PathBuf>) = paths.iter().partition(|path| is_stdin(path));
        let mut inputs =
            input::load_paths(&files.into_iter().cloned().collect::<Vec<_>>(), self.args.input.only_manifests)?;
        for name in read.iter().filter_map(|path| path.to_str()) {
            inputs.push(name, self.files.text(name).unwrap_or_default());
        }
        Ok(inputs)
    }
}

/// Whether it is what standard input is called.
fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "<stdin>"
}

/// Whether the command line names the cluster.
fn is_replaced(args: &Args) -> bool {
    !(args.input.files.is_empty() && args.input.kustomize.is_empty())
}

fn not_there(suite: &Suite, number: usize, resource: &Resource) -> Diagnostic {
    let problem = Diagnostic::error(Problem::ResourceMissing).at(resource.place.clone());
    let problem = problem.with("found", &resource.path);
    let object = Some(format!("ConnectivityTest {}", suite.name));
    Diagnostic { field: Some(format!("resources[{number}]")), object, ..problem }
}

/// Writes a test file of today's behaviour.
fn init(args: &Args) -> Result<Exit, Failure> {
    let (analysis, _) = analyse(args, input::load(&args.input)?)?;
    let proposal = progress::during(args.lang(), Phrase::Deciding, || analysis.propose_tests());
    let proposal = proposal.map_err(Failure::Query)?;
    if proposal.left_out > 0 {
        let params = Params::from([("count", proposal.left_out.to_string())]);
        render::diagnostics::say(args, &args.lang().filled(Phrase::InitLeftOut, &params));
    }
    stream::print(args.color, &render::tests::file(&proposal, args))?;
    Ok(Exit::Met)
}

/// Writes the tests for NetAssert.
fn export(args: &Args, suites: &[Suite], files: &Inputs) -> Result<Exit, Failure> {
    let (mut clusters, mut exported) = (Clusters::new(args, files), Vec::new());
    for suite in suites {
        let at = clusters.of(suite)?;
        for test in &suite.tests {
            let analysis = &clusters.known[at].analysis;
            let asked = || Ok((analysis.ends_of_test(test)?, analysis.ports_of_test(test)?));
            // What is about nobody, or cannot be asked here, is nothing to ask a cluster.
            let problem = analysis.test(test).problem;
            exported.push((suite, test, problem.map_or_else(asked, Err)));
        }
    }
    let (text, left_out) = render::netassert::file(&exported, args.lang());
    for line in left_out {
        render::diagnostics::say(args, &line);
    }
    if text.is_empty() {
        return Err(Failure::Other(args.lang().phrase(Phrase::NothingExported).to_owned()));
    }
    stream::print(args.color, &text)?;
    Ok(Exit::Met)
}
