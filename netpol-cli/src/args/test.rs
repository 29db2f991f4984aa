//! What `netpol test` takes.

use clap::{Args as ClapArgs, ValueEnum};
use regex_lite::Regex;
use std::path::PathBuf;

const TEST_HELP: &str = "\
A test file says which cluster and policies it is about, and what is expected of them:

  apiVersion: netpol.dev/v1alpha1
  kind: ConnectivityTest
  metadata:
    name: shop
  resources: [cluster.yaml, policies/]
  tests:
  - name: web reaches the database
    from: shop/web
    to: shop/db
    ports: 5432
    expect: allow
  - name: whatever runs in guests, it does not
    from: {anyPodIn: guests}
    to: shop/db
    expect: deny

FROM and TO are those of check (netpol check --help), label selectors, or lists; a test asks every
pair of them. docs/testing.md describes all fields. With -f or -k, the tests run on that input in
place of their resources: on a live cluster, say.

Exit status: 0 every test passed, 1 some did not, or --coverage-min is not reached, 2 usage, input,
or a test that cannot be asked.

Examples:
  netpol test
  netpol test tests/ --run 'database' -o junit > report.xml
  netpol test tests/ --coverage --coverage-min 80
  netpol test -f live.json tests/
  netpol test --init -f manifests/ > today.yaml
  netpol test tests/ --export netassert > netassert.yaml";

/// Tests.
#[derive(Debug, ClapArgs)]
#[command(after_help = TEST_HELP)]
pub(crate) struct TestArgs {
    /// Files, and folders with test files in them [default: the current folder]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,

    /// Only tests whose SUITE/TEST matches this regular expression
    #[arg(long, value_name = "REGEX", value_parser = parse_regex)]
    pub(crate) run: Option<Regex>,

    /// Name the tests, and run none
    #[arg(long, conflicts_with_all = ["coverage", "coverage_min", "init", "export"])]
    pub(crate) list: bool,

    /// Also say which policies, rules, peers and ports no test would miss: without it, all come out the same
    #[arg(long)]
    pub(crate) coverage: bool,

    /// The least coverage to exit with 0 for; implies --coverage
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) coverage_min: Option<u8>,

    /// Write a test file of what the input of -f allows and denies today, and run none
    #[arg(long, conflicts_with_all = ["paths", "run", "coverage", "coverage_min", "export"])]
    pub(crate) init: bool,

    /// Write the tests for a tool that asks a live cluster, and run none: netassert (version 2)
    #[arg(long, value_enum, value_name = "TOOL", conflicts_with_all = ["coverage", "coverage_min"])]
    pub(crate) export: Option<ExportTo>,

    /// How to print what came of the tests
    #[arg(short, long, value_enum, default_value_t = TestOutput::Text, value_name = "FORMAT", conflicts_with_all = ["list", "init", "export"])]
    pub(crate) output: TestOutput,
}

/// For which tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportTo {
    /// NetAssert, version 2
    Netassert,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestOutput {
    /// For people
    Text,
    /// netpol.test/v1
    Json,
    /// The same as YAML
    Yaml,
    /// For CI servers
    Junit,
    /// Annotations of GitHub Actions
    Github,
}

fn parse_regex(text: &str) -> Result<Regex, String> {
    Regex::new(text).map_err(|error| error.to_string())
}
