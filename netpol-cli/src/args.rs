//! The command line. Help texts are English; messages follow `--lang`.

mod input;
mod test;

pub(crate) use input::{InputArgs, Said};
pub(crate) use test::{ExportTo, TestArgs, TestOutput};

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args as ClapArgs, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use netpol_core::Profile;
use netpol_core::diagnostic::Severity;
use netpol_core::graph::GraphBy;
use netpol_core::lang::Lang;
use netpol_core::lint::LintCode;
use netpol_core::query::{Grain, Verdict};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  netpol check -f manifests/ shop/web shop/db 5432
      Can the workload web reach db on TCP 5432, and why?
  netpol check -f cluster.json shop/web world 53/udp
      Is DNS open to the whole internet?
  kubectl get ns,no,po,svc,netpol,deploy,rs,sts,ds,job,cj -A -o json | netpol check -f - web db
      The same for a live cluster, on every port.
  netpol -f manifests/
      Who is isolated, who is open, and what is worst.
  netpol demo
      The two-rule egress puzzle, explained.";

/// Says what Kubernetes network policies really do: can A reach B on port P, and why, down to the
/// line of YAML that decided.
#[derive(Debug, Parser)]
#[command(name = "netpol", version, about, after_help = EXAMPLES, max_term_width = 100)]
#[command(arg_required_else_help = true)]
pub(crate) struct Args {
    /// None: the same as `summary`.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) input: InputArgs,

    /// Language of messages: en or zh [default: from the locale]
    #[arg(long, global = true, value_name = "LANG", value_parser = parse_lang)]
    pub(crate) lang: Option<Lang>,

    /// When to use colour; NO_COLOR is respected
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN")]
    pub(crate) color: ColorChoice,

    /// Show the lines of YAML that decided
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Can FROM reach TO on PORT, and why?
    Check(CheckArgs),
    /// Every pair at once: who may send what to whom
    Matrix(MatrixArgs),
    /// What changed between two states, or would change: connections opened and closed
    Diff(DiffArgs),
    /// What a policy does, or everything that applies to a peer, in sentences
    Explain(ExplainArgs),
    /// Changes of policies that let something through, or stop it: verified, with all else they change
    Fix(FixArgs),
    /// The connectivity graph as DOT, Mermaid, SVG, HTML, JSON or YAML
    Graph(GraphArgs),
    /// Over which hops can FROM get to TO, and how far does it get?
    Paths(PathsArgs),
    /// What each workload can reach outside of the cluster; with --to, who can reach that
    Egress(EgressArgs),
    /// Who can reach each workload, from inside and outside
    Ingress(IngressArgs),
    /// Who is isolated and who is open, and what is worst; what netpol does without a command
    Summary(SummaryArgs),
    /// What is likely not meant: rules that look at what policies do
    Lint(LintArgs),
    /// Runs connectivity tests: files that say what is allowed and what is not
    Test(TestArgs),
    /// The page for policy authors, served to this machine alone
    Playground(PlaygroundArgs),
    /// The two-rule egress puzzle, and what netpol says about it
    Demo,
    /// What network plugins do where the specification leaves a choice
    Profiles(ProfilesArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff), of a command if one is named
    Man {
        /// A command, such as check
        command: Option<String>,
    },
}

const CHECK_HELP: &str = "\
FROM and TO:
  NAME                    a workload or bare pod: in -n, or the only one of that name
  NS/NAME                 in that namespace
  KIND/NAME, NS/KIND/NAME deploy/web, shop/sts/db …; a pod of a workload: shop/pod/web-0
  [NS/]label=value[,…]    all pods that match (also !=); */label=value in every namespace
  NS/*, ns/NS, */*        all pods of a namespace; of all
  10.0.0.5, 10.0.0.0/8    addresses, IPv4 or IPv6; known ones stand for who has them
  svc/NAME, NS/svc/NAME   a Service: its ports, mapped to the pods behind it (TO only)
  node/NAME               a node's addresses
  world                   every address outside of the cluster
  fqdn:NAME               whatever addresses the name may have
PORT:
  80 (TCP)  53/udp  8000-8100/tcp  http (a named port)  udp  icmp  any  80,443,53/udp
  Nothing: every port of TCP, UDP and SCTP.

Exit status: 2 usage or input; else 1 if any part is denied, else 3 if any is undefined, else 0.
With --expect: 0 if the verdict is the expected one, 1 if not. With --observed: 0 if the cluster does
what the input says, 1 if not, 3 if the input leaves it open. With --compare-profiles: 0 if all agree,
1 if not.

Examples:
  netpol check -f shop.yaml web db 5432
  netpol check -f live.json 'shop/app=web' '*/app=db' 5432 -o json
  netpol check -f policies/ shop/web world --expect deny";

/// A question.
#[derive(Debug, ClapArgs)]
#[command(after_help = CHECK_HELP)]
pub(crate) struct CheckArgs {
    /// Who opens the connection
    pub(crate) from: String,
    /// Whom it is to reach
    pub(crate) to: String,
    /// The destination port; for a Service, the Service's
    #[arg(default_value = "any", hide_default_value = true)]
    pub(crate) port: String,

    /// How to print the answer
    #[arg(short, long, value_enum, default_value_t = Output::Text, value_name = "FORMAT")]
    pub(crate) output: Output,

    /// The verdict to exit with 0 for; any other exits with 1
    #[arg(long, value_name = "VERDICT", value_parser = parse_verdict)]
    pub(crate) expect: Option<Verdict>,

    /// What the cluster does, allow or deny: if it is something else than the input says, show what
    /// explains it, likeliest first, each with a command that confirms it
    #[arg(long, value_name = "VERDICT", value_parser = parse_observed, conflicts_with = "expect")]
    pub(crate) observed: Option<Verdict>,

    /// Ask under every profile, or under these, and show where they differ and why
    #[arg(
        long,
        value_name = "PROFILE,…",
        value_delimiter = ',',
        num_args = 0..,
        require_equals = true,
        conflicts_with_all = ["profile", "profile_set", "expect", "observed"],
        value_parser = parse_profile,
    )]
    pub(crate) compare_profiles: Option<Vec<Profile>>,
}

/// Which connections of all.
#[derive(Debug, ClapArgs)]
pub(crate) struct Only {
    /// Only connections from here [default: all pods, the nodes and the outside]
    #[arg(long, value_name = "PEER")]
    pub(crate) from: Option<String>,

    /// Only connections to here [default: all pods, the nodes and the outside]
    #[arg(long, value_name = "PEER")]
    pub(crate) to: Option<String>,

    /// Only this traffic [default: every port of TCP, UDP and SCTP]
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<String>,
}

const MATRIX_HELP: &str = "\
FROM, TO and PORT are those of check (netpol check --help); Services have no row. The nodes of the
input have one together, by pod one each. Pairs of which nothing is allowed or undefined are left
out, and so is a pod to itself, which is always allowed. By namespace: what any pod of one may send
to any pod of the other.

--compare-profiles compares what the table has, workload by workload: all of it, or what --from, --to
and --port leave. ICMP is compared with --port icmp, and a Service by check.

--groups puts pods that no policy tells apart together, and shows what each direction allows by
itself: a connection passes where a line of egress and a line of ingress both allow it. Its size
follows the policies, not the pairs, so it is the form for large clusters.

Examples:
  netpol matrix -f manifests/
  netpol matrix -f live.json --by namespace --port 443
  netpol matrix -f live.json --from 'shop/*' --to world -o csv
  netpol matrix -f live.json --groups -o json";

/// All pairs.
#[derive(Debug, ClapArgs)]
#[command(after_help = MATRIX_HELP)]
pub(crate) struct MatrixArgs {
    /// What the rows and columns are: workload, pod or namespace
    #[arg(long, value_name = "WHAT", default_value = "workload", value_parser = parse_grain)]
    pub(crate) by: Grain,

    /// Groups of pods that are alike, and each direction by itself: for large clusters
    #[arg(long, conflicts_with = "by")]
    pub(crate) groups: bool,

    /// Which connections differ under every other profile, or under these, and why
    #[arg(
        long,
        value_name = "PROFILE,…",
        value_delimiter = ',',
        num_args = 0..,
        require_equals = true,
        conflicts_with_all = ["profile", "profile_set", "by", "groups"],
        value_parser = parse_profile,
    )]
    pub(crate) compare_profiles: Option<Vec<Profile>>,

    #[command(flatten)]
    pub(crate) only: Only,

    /// How to print the answer
    #[arg(short, long, value_enum, default_value_t = TableOutput::Table, value_name = "FORMAT")]
    pub(crate) output: TableOutput,
}

const GRAPH_HELP: &str = "\
The edges are the connections of matrix. FROM, TO and PORT are those of check (netpol check --help).
Drawn (dot, mermaid, svg, html), what is alike is put together: a workload that every other one may
reach has a label instead of arrows, and an arrow at the border of a namespace means all of its
workloads. SVG and HTML need nothing else, no Graphviz and no network.

Examples:
  netpol graph -f manifests/ -o svg > graph.svg
  netpol graph -f manifests/ --port 5432 -o mermaid
  netpol graph -f live.json --by namespace -o html > graph.html
  netpol graph -f manifests/ | dot -Tpdf > graph.pdf";

/// The graph.
#[derive(Debug, ClapArgs)]
#[command(after_help = GRAPH_HELP)]
pub(crate) struct GraphArgs {
    /// What the nodes are: workload, namespace, or auto (namespaces beyond 50 workloads)
    #[arg(long, value_name = "WHAT", default_value = "auto", value_parser = parse_graph_by)]
    pub(crate) by: GraphBy,

    #[command(flatten)]
    pub(crate) only: Only,

    /// How to print the graph
    #[arg(short, long, value_enum, default_value_t = GraphOutput::Dot, value_name = "FORMAT")]
    pub(crate) output: GraphOutput,
}

const PATHS_HELP: &str = "\
FROM, TO and PORT are those of check (netpol check --help), without Services and nodes. TO may be
world; no chain leads through the outside. PORT is that of the last hop; the hops before it may use
every port of TCP, UDP and SCTP, or those of --via-port.

Exit status: 0 there is a path (with --blast-radius: something can be reached), 1 there is none,
2 usage or input.

Examples:
  netpol paths -f manifests/ world shop/db 5432
  netpol paths -f manifests/ shop/web world 443 --via-port 1-1023
  netpol paths -f live.json --blast-radius shop/web";

/// Chains of hops.
#[derive(Debug, ClapArgs)]
#[command(after_help = PATHS_HELP)]
pub(crate) struct PathsArgs {
    /// Where the chain begins
    #[arg(required_unless_present = "blast_radius")]
    pub(crate) from: Option<String>,
    /// Where it ends
    #[arg(required_unless_present = "blast_radius")]
    pub(crate) to: Option<String>,
    /// The destination port of the last hop
    pub(crate) port: Option<String>,

    /// All that can be reached from here, by distance
    #[arg(long, value_name = "FROM", conflicts_with_all = ["from", "to", "port"])]
    pub(crate) blast_radius: Option<String>,

    /// Only this traffic on the hops before the last, or on all of --blast-radius
    #[arg(long, value_name = "PORT")]
    pub(crate) via_port: Option<String>,

    /// Also over traffic that is undefined
    #[arg(long)]
    pub(crate) undefined: bool,

    /// How to print the answer
    #[arg(short, long, value_enum, default_value_t = PathsOutput::Text, value_name = "FORMAT")]
    pub(crate) output: PathsOutput,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PathsOutput {
    /// For people
    Text,
    /// netpol.paths/v1
    Json,
    /// The same as YAML
    Yaml,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphOutput {
    /// For Graphviz
    Dot,
    /// For Markdown
    Mermaid,
    /// netpol.graph/v1
    Json,
    /// The same as YAML
    Yaml,
    /// A picture that needs nothing else
    Svg,
    /// The picture with a table, as a page that needs nothing else
    Html,
}

const DIFF_HELP: &str = "\
Two states: netpol diff OLD NEW, each a file, a folder, or - for standard input.
A change to one: -f the cluster as it is, with --apply and --delete. Pods of a workload whose
template changes are taken as replaced: what counts is the cluster after the rollout.

Exit status: 0 no difference, 1 a difference, 2 usage or input.

Examples:
  netpol diff main/ branch/
  netpol diff -f live.json --apply changes/ -o markdown
  netpol diff -f live.json --delete netpol/shop/default-deny";

/// Two states to compare.
#[derive(Debug, ClapArgs)]
#[command(after_help = DIFF_HELP)]
pub(crate) struct DiffArgs {
    /// The state before: a file, a folder, or -
    #[arg(requires = "new")]
    pub(crate) old: Option<PathBuf>,
    /// The state after
    pub(crate) new: Option<PathBuf>,

    /// Manifests to apply to what -f names; repeatable
    #[arg(long, value_name = "FILE|DIR|-", conflicts_with = "old")]
    pub(crate) apply: Vec<PathBuf>,

    /// An object to delete from what -f names: KIND/NAME or KIND/NAMESPACE/NAME; repeatable
    #[arg(long, value_name = "OBJECT", conflicts_with = "old")]
    pub(crate) delete: Vec<String>,

    /// How to print the answer
    #[arg(short, long, value_enum, default_value_t = ReportOutput::Text, value_name = "FORMAT")]
    pub(crate) output: ReportOutput,
}

const EXPLAIN_HELP: &str = "\
A policy: np/NAME (in -n), NAMESPACE/np/NAME, or anp/NAME, banp/NAME, cnp/NAME of the administrators'
kinds: whom it isolates, what it lets in and out, and what it does not do though it looks so.
A peer, as of check (netpol check --help): everything that applies to its pods, in order, whom they may
reach and who may reach them. -v shows the lines of YAML.

Exit status: 0 answered, 2 usage or input.

Examples:
  netpol explain -f manifests/ shop/np/web
  netpol explain -f manifests/ -n shop np/default-deny --lang zh
  netpol explain -f live.json shop/web";

/// What to explain.
#[derive(Debug, ClapArgs)]
#[command(after_help = EXPLAIN_HELP)]
pub(crate) struct ExplainArgs {
    /// A policy, such as shop/np/web, or a peer, such as shop/web
    #[arg(value_name = "POLICY|PEER")]
    pub(crate) what: String,

    /// How to print the answer
    #[arg(short, long, value_enum, default_value_t = Output::Text, value_name = "FORMAT")]
    pub(crate) output: Output,
}

const FIX_HELP: &str = "\
FROM, TO and PORT are those of check (netpol check --help). Every fix that is shown was verified: with
it, the connection is as asked for every pair that FROM and TO mean. First comes the one beside which
the fewest other connections open or close, and all of these are shown. Only NetworkPolicies are
changed; where these cannot do it, what stands against it is said.

--write edits the files of -f in place: all other bytes stay as they are, comments included, and either
all files are written or none. A new policy goes into a file of its own, beside what was read.

Exit status: 0 a fix is shown or written, or nothing is to be done; 1 there is none; 2 usage or input.

Examples:
  netpol fix -f manifests/ --allow shop/web shop/db 5432
  netpol fix -f manifests/ --deny '*/*' 169.254.169.254 80
  netpol fix -f manifests/ --allow web db 5432 --pick 2 --write
  kubectl get ns,no,po,svc,netpol,deploy,rs,sts,ds,job,cj -A -o json | netpol fix -f - --allow web db";

/// A connection and what it is to be.
#[derive(Debug, ClapArgs)]
#[command(after_help = FIX_HELP)]
pub(crate) struct FixArgs {
    /// Let FROM reach TO on PORT; without PORT, on every one
    #[arg(
        long,
        num_args = 2..=3,
        value_names = ["FROM", "TO", "PORT"],
        required_unless_present = "deny",
        conflicts_with = "deny"
    )]
    pub(crate) allow: Option<Vec<String>>,

    /// Keep FROM from reaching TO on PORT; without PORT, on any
    #[arg(long, num_args = 2..=3, value_names = ["FROM", "TO", "PORT"])]
    pub(crate) deny: Option<Vec<String>>,

    /// Which of the fixes to show in full, or to write: 1 is the best
    #[arg(long, value_name = "N", default_value_t = 1, hide_default_value = true)]
    pub(crate) pick: usize,

    /// Write the fix into the files
    #[arg(long)]
    pub(crate) write: bool,

    /// Where a new policy is written [default: a file of its name, beside the others]
    #[arg(long, value_name = "FILE")]
    pub(crate) new_file: Option<PathBuf>,

    /// How to print the answer
    #[arg(short, long, value_enum, default_value_t = Output::Text, value_name = "FORMAT")]
    pub(crate) output: Output,
}

const EGRESS_HELP: &str = "\
PEER is that of check (netpol check --help). The cluster's own addresses are shown apart: --pod-cidr
and --service-cidr say which they are, where the input does not. Workloads of which the same is to
be said are shown together; json, yaml, csv and markdown have them one by one.

Exit status: 0 answered, 2 usage or input.

Examples:
  netpol egress -f manifests/ shop/web
  netpol egress -f live.json --to world
  netpol egress -f live.json --to 169.254.169.254";

/// The outside.
#[derive(Debug, ClapArgs)]
#[command(after_help = EGRESS_HELP)]
pub(crate) struct EgressArgs {
    /// Whose egress [default: every workload's]
    pub(crate) peer: Option<String>,

    /// Who can reach that, and on which ports? An address, a CIDR block, or world
    #[arg(long, value_name = "CIDR|world")]
    pub(crate) to: Option<String>,

    /// How to print the answer
    #[arg(short, long, value_enum, default_value_t = ReportOutput::Text, value_name = "FORMAT")]
    pub(crate) output: ReportOutput,
}

const INGRESS_HELP: &str = "\
PEER is that of check (netpol check --help). A pod to itself is left out: it always may.

Exit status: 0 answered, 2 usage or input.

Examples:
  netpol ingress -f manifests/ shop/db
  netpol ingress -f live.json -o csv";

/// Who comes in.
#[derive(Debug, ClapArgs)]
#[command(after_help = INGRESS_HELP)]
pub(crate) struct IngressArgs {
    /// Whose ingress [default: every workload's]
    pub(crate) peer: Option<String>,

    /// How to print the answer
    #[arg(short, long, value_enum, default_value_t = ReportOutput::Text, value_name = "FORMAT")]
    pub(crate) output: ReportOutput,
}

const SUMMARY_HELP: &str = "\
Exit status: 0 answered, 2 usage or input.

Examples:
  netpol -f manifests/
  netpol summary -f live.json -o markdown";

/// The whole at a glance.
#[derive(Debug, ClapArgs)]
#[command(after_help = SUMMARY_HELP)]
pub(crate) struct SummaryArgs {
    /// How to print the answer
    #[arg(short, long, value_enum, default_value_t = ReportOutput::Text, value_name = "FORMAT")]
    pub(crate) output: ReportOutput,
}

const LINT_HELP: &str = "\
Findings look at what policies do in the cluster that is read, so read pods and namespaces with them.
netpol.toml, in this folder or above it in the same repository, sets levels of rules:

  [lint]
  fail-on = \"error\"
  [lint.rules]
  tenant-labels = \"off\"        # or note, warning, error

An annotation on a policy, a workload or a Namespace says that a finding is known, and why, until a
day or for good:

  lint.netpol.dev/ignore-metadata-reachable: \"until 2027-03-31: moves to IRSA\"

What the API server would refuse is an error of the input. With --keep-going, the rest is linted and
what was refused is among the findings (rule `rejected`).

Exit status: 0 nothing at or above --fail-on, 1 something, 2 usage or input.

Examples:
  netpol lint -f manifests/
  netpol lint -f manifests/ --keep-going
  netpol lint -f manifests/ -o sarif > netpol.sarif
  netpol lint -f live.json --fail-on error --rule not-isolated=note
  netpol lint --explain dns-to-anywhere";

/// What is likely not meant.
#[derive(Debug, ClapArgs)]
#[command(after_help = LINT_HELP)]
pub(crate) struct LintArgs {
    /// Exit with 1 from this severity on: error, warning, note or never [default: warning]
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<FailOn>,

    /// A rule at another level: off, note, warning or error; repeatable
    #[arg(long, value_name = "RULE=LEVEL", value_parser = parse_rule_level)]
    pub(crate) rule: Vec<(LintCode, Option<Severity>)>,

    /// The settings [default: netpol.toml here or above, within the repository]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Say what a rule is about, with a bad and a good example
    #[arg(long, value_name = "RULE", value_parser = parse_rule)]
    pub(crate) explain: Option<LintCode>,

    /// Say it of every rule, as Markdown
    #[arg(long, conflicts_with = "explain")]
    pub(crate) rules: bool,

    /// How to print the findings
    #[arg(short, long, value_enum, default_value_t = LintOutput::Text, value_name = "FORMAT")]
    pub(crate) output: LintOutput,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    Error,
    Warning,
    Note,
    Never,
}

impl FailOn {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::from_str(name, false).ok()
    }

    /// What a finding must reach; `None`: nothing does.
    pub(crate) const fn severity(self) -> Option<Severity> {
        match self {
            Self::Error => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Note => Some(Severity::Note),
            Self::Never => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LintOutput {
    /// For people, with the lines
    Text,
    /// netpol.lint/v1
    Json,
    /// The same as YAML
    Yaml,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// For pull requests
    Markdown,
}

fn parse_rule(text: &str) -> Result<LintCode, String> {
    LintCode::named(text).map_err(|problem| {
        let known: Vec<&str> = LintCode::ALL.iter().map(|rule| rule.code()).collect();
        format!("{}; accepted: {}", Lang::En.problem(&problem), known.join(", "))
    })
}

fn parse_rule_level(text: &str) -> Result<(LintCode, Option<Severity>), String> {
    let (rule, level) = text.split_once('=').ok_or_else(|| "accepted: RULE=LEVEL".to_owned())?;
    let known = crate::config::level(level);
    Ok((parse_rule(rule)?, known.ok_or_else(|| format!("accepted: {}", crate::config::LEVELS))?))
}

const PLAYGROUND_HELP: &str = "\
Prints the address of the page, and serves it until it is interrupted. The page edits copies: no file
is written. It answers this machine alone (127.0.0.1), and asks no other.

Examples:
  netpol playground
  netpol playground -f manifests/";

/// The page.
#[derive(Debug, ClapArgs)]
#[command(after_help = PLAYGROUND_HELP)]
pub(crate) struct PlaygroundArgs {
    /// The port to listen on [default: one that is free]
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    pub(crate) port: u16,
}

const PROFILES_HELP: &str = "\
A profile is what one network plugin does where the specification of NetworkPolicy leaves a choice.
`undefined` means that the plugin's own sources do not say it either; docs/profiles.md has the source
of each value. --profile NAME takes one for any command, --profile-set OPTION=VALUE changes it, and
check and matrix show with --compare-profiles where plugins differ.

Examples:
  netpol profiles
  netpol profiles cilium
  netpol check -f manifests/ web db 5432 --profile cilium --profile-set policy-cidr-match-mode=pods
  netpol check -f manifests/ web 10.0.0.5 443 --compare-profiles";

/// The profiles.
#[derive(Debug, ClapArgs)]
#[command(after_help = PROFILES_HELP)]
pub(crate) struct ProfilesArgs {
    /// Only this one, with its settings
    #[arg(value_parser = parse_profile, value_name = "PROFILE")]
    pub(crate) only: Option<Profile>,

    /// How to print the answer
    #[arg(short, long, value_enum, default_value_t = TableOutput::Table, value_name = "FORMAT")]
    pub(crate) output: TableOutput,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportOutput {
    /// For people
    Text,
    /// For programs
    Json,
    /// The same as YAML
    Yaml,
    /// For spreadsheets
    Csv,
    /// For pull requests
    Markdown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableOutput {
    /// For people
    Table,
    /// For programs
    Json,
    /// The same as YAML
    Yaml,
    /// For spreadsheets
    Csv,
    /// For pull requests
    Markdown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people
    Text,
    /// The schema of the command, such as netpol.check/v1
    Json,
    /// The same as YAML
    Yaml,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    Auto,
    Always,
    Never,
}

impl Args {
    /// Reads the command line; an error says so and ends the run.
    pub(crate) fn read() -> Self {
        let matches = Self::command().get_matches();
        if let Err(error) = refuse_what_is_unread(&matches) {
            error.exit();
        }
        let mut args = Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        let said = |id| matches.value_source(id) == Some(ValueSource::CommandLine);
        args.input.said = Said { namespace: said("namespace"), profile: said("profile") || said("profile_set") };
        for (option, value) in &args.input.profile_set {
            match args.input.profile.clone().with(option, value) {
                Ok(changed) => args.input.profile = changed,
                Err(error) => {
                    let message = format!("--profile-set {option}={value}: {error}");
                    Self::command().error(ErrorKind::InvalidValue, message).exit();
                }
            }
        }
        args
    }

    /// The language asked for, else the locale's, else English.
    pub(crate) fn lang(&self) -> Lang {
        let locale = || {
            ["LC_ALL", "LC_MESSAGES", "LANG"]
                .iter()
                .filter_map(|name| std::env::var(name).ok())
                .find(|value| !value.is_empty())
                .and_then(|value| Lang::from_code(&value))
        };
        self.lang.or_else(locale).unwrap_or_default()
    }
}

/// The options of the input hold for every command, so that they may stand in any place. One that a
/// command would pass over is refused.
fn refuse_what_is_unread(matches: &ArgMatches) -> Result<(), clap::Error> {
    const UNREAD: [(&str, &str); 7] = [
        ("files", "--filename"),
        ("kustomize", "--kustomize"),
        ("namespace", "--namespace"),
        ("only_manifests", "--only-manifests"),
        ("keep_going", "--keep-going"),
        ("ignore_kind", "--ignore-kind"),
        ("ingress_controller", "--ingress-controller"),
    ];
    const UNASSUMED: [(&str, &str); 5] = [
        ("profile", "--profile"),
        ("profile_set", "--profile-set"),
        ("pod_cidr", "--pod-cidr"),
        ("service_cidr", "--service-cidr"),
        ("resolve", "--resolve"),
    ];
    let (command, options) = match matches.subcommand_name() {
        // The puzzle is of its own input, with the assumptions that are asked for.
        Some(name @ "demo") => (name, UNREAD.to_vec()),
        Some(name @ ("completions" | "man" | "profiles")) => (name, [&UNREAD[..], &UNASSUMED].concat()),
        _ => return Ok(()),
    };
    match options.iter().find(|(id, _)| matches.value_source(id) == Some(ValueSource::CommandLine)) {
        Some((_, option)) => {
            let message = format!("`netpol {command}` reads no input, so {option} cannot be used with it");
            Err(Args::command().error(ErrorKind::ArgumentConflict, message))
        }
        None => Ok(()),
    }
}

fn parse_lang(text: &str) -> Result<Lang, String> {
    Lang::from_code(text).ok_or_else(|| "accepted: en, zh".to_owned())
}

fn parse_profile(text: &str) -> Result<Profile, String> {
    Profile::by_name(text).ok_or_else(|| {
        let names: Vec<&str> = Profile::names().collect();
        format!("accepted: {}", names.join(", "))
    })
}

fn parse_grain(text: &str) -> Result<Grain, String> {
    Grain::ALL.into_iter().find(|g| g.name() == text).ok_or_else(|| "accepted: workload, pod, namespace".to_owned())
}

fn parse_graph_by(text: &str) -> Result<GraphBy, String> {
    GraphBy::ALL.into_iter().find(|g| g.name() == text).ok_or_else(|| "accepted: auto, workload, namespace".to_owned())
}

fn parse_observed(text: &str) -> Result<Verdict, String> {
    let found = [Verdict::Allow, Verdict::Deny].into_iter().find(|v| v.name() == text);
    found.ok_or_else(|| "accepted: allow, deny".to_owned())
}

fn parse_verdict(text: &str) -> Result<Verdict, String> {
    Verdict::ALL
        .into_iter()
        .find(|v| v.name() == text)
        .ok_or_else(|| "accepted: allow, deny, undefined, mixed".to_owned())
}
