//! The sentence of each code, and the fixed words beside them.

use super::{Lang, en, zh};
use crate::compare::OptionValue;
use crate::diagnostic::{Diagnostic, Params, Problem, Severity, printable};
use crate::explain::Code;
use crate::lint::{LintCode, LintFinding};
use crate::profile::ProfileOption;
use crate::query::{OriginRef, QueryError, QueryProblem, Relation};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

impl Lang {
    /// The sentence of a diagnostic, with its field, without its place.
    pub fn problem(self, diagnostic: &Diagnostic) -> String {
        let text = fill(self.problem_template(diagnostic.code), &self.with_values(&diagnostic.params));
        match diagnostic.field.as_deref().filter(|f| !f.is_empty()) {
            Some(field) => format!("{field}: {text}"),
            None => text,
        }
    }

    /// The sentence of a question that cannot be answered.
    pub fn query_problem(self, error: &QueryError) -> String {
        fill(self.query_template(error.code), &error.params)
    }

    /// The sentence of a reason, note or assumption.
    pub fn code(self, code: Code, params: &Params) -> String {
        let of_option = params.get("option").filter(|_| code == Code::ProfileSays);
        let option = of_option.and_then(|found| ProfileOption::ALL.iter().find(|option| option.code() == found));
        let mut params = self.with_directions(params);
        if let (Some(option), Some(value)) = (option, params.get("value")) {
            let says = fill(self.option_template(*option, value), &Params::from([("any", String::new())]));
            params.insert("says", says);
        }
        self.line(&fill(self.code_template(code), &params))
    }

    /// A direction is a word of the sentence, unless it is the name of a field.
    fn with_directions(self, params: &Params) -> Params {
        let mut params = params.clone();
        if let Some(direction) = params.get_mut("direction") {
            match direction.as_str() {
                "ingress" => self.phrase(Phrase::Ingress).clone_into(direction),
                "egress" => self.phrase(Phrase::Egress).clone_into(direction),
                _ => {}
            }
        }
        params
    }

    /// Parts of a sentence, put together with spaces, as the language writes them: Chinese has none between
    /// its own characters.
    pub fn line(self, text: &str) -> String {
        if self == Self::En {
            return text.to_owned();
        }
        let is_wide =
            |c: char| matches!(c, '\u{3000}'..='\u{303f}' | '\u{4e00}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}');
        let is_mark = |c: char| matches!(c, '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ffef}');
        let mut out = String::with_capacity(text.len());
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let before = out.chars().next_back();
            let after = chars.peek().copied();
            let between = |is: &dyn Fn(char) -> bool| [before, after].into_iter().all(|c| c.is_some_and(is));
            let beside_mark = before.is_some_and(is_mark) && after.is_some_and(|c| c != ' ');
            if c != ' ' || !(between(&is_wide) || beside_mark) {
                out.push(c);
            }
        }
        out
    }

    /// What a rule of the linter is about, in a few words.
    pub fn lint_title(self, rule: LintCode) -> &'static str {
        rule.words(self).title
    }

    /// The sentence of a finding.
    pub fn lint(self, finding: &LintFinding) -> String {
        // What reading found has a sentence of its own.
        match crate::lint::problem_of(finding) {
            Some(problem) => fill(self.problem_template(problem), &finding.params),
            None => self.line(&fill(finding.rule.words(self).finding, &self.with_directions(&finding.params))),
        }
    }

    /// Why a rule of the linter is one, and what to do about its findings.
    pub fn lint_why(self, rule: LintCode) -> &'static str {
        rule.words(self).why
    }

    /// What the value of an option comes to, as a clause. The rule that it is about, if there is one,
    /// is named by its place.
    ///
    /// ```
    /// use netpol_core::{OptionValue, ProfileOption, lang::Lang};
    ///
    /// let value = OptionValue::new(ProfileOption::IpBlockMatchesPods, "no");
    /// assert_eq!(Lang::En.option(&value), "an ipBlock does not match pods");
    /// ```
    pub fn option(self, value: &OptionValue) -> String {
        let names_ports = matches!(
            value.option,
            ProfileOption::NamedPorts
                | ProfileOption::EgressPortNames
                | ProfileOption::IngressPortNames
                | ProfileOption::PortNamesOf
        );
        let place = |rule: &OriginRef| {
            let port = rule.port.as_ref().map(|port| &port.place).filter(|_| names_ports);
            port.or(rule.place.as_ref()).map(|place| format!("{}:{}", place.file, place.span.line))
        };
        let places: BTreeSet<String> = value.rules.iter().filter_map(place).collect();
        let template = self.option_template(value.option, value.value);
        match places.iter().next().filter(|_| places.len() == 1) {
            Some(rule) => fill(template, &Params::from([("rule", rule.clone())])),
            None if places.is_empty() => fill(template, &Params::from([("any", String::new())])),
            None => {
                let places: Vec<String> = places.into_iter().collect();
                fill(template, &Params::from([("any", String::new())])) + &format!(" ({})", places.join(", "))
            }
        }
    }

    fn option_template(self, option: ProfileOption, value: &str) -> &'static str {
        match self {
            Self::En => en::option(option, value),
            Self::Zh => zh::option(option, value),
        }
    }

    /// What is wrong with an input is said with values that are words themselves.
    fn with_values(self, params: &Params) -> Params {
        let values = match self {
            Self::En => return params.clone(),
            Self::Zh => zh::VALUES,
        };
        let word = |text: &str| values.iter().find(|(word, _)| *word == text).map(|(_, other)| *other);
        let told = |text: &str| match text.split_once(" `") {
            Some((kind, rest)) => word(kind).map(|kind| format!("{kind} `{rest}")),
            None => word(text).map(str::to_owned),
        };
        params.iter().map(|(name, text)| (*name, told(text).unwrap_or_else(|| text.clone()))).collect()
    }

    fn problem_template(self, code: Problem) -> &'static str {
        match self {
            Self::En => en::problem(code),
            Self::Zh => zh::problem(code),
        }
    }

    fn query_template(self, code: QueryProblem) -> &'static str {
        match self {
            Self::En => en::query_problem(code),
            Self::Zh => zh::query_problem(code),
        }
    }

    fn code_template(self, code: Code) -> &'static str {
        match self {
            Self::En => en::code(code),
            Self::Zh => zh::code(code),
        }
    }

    /// All sentences of the language, to be filled elsewhere.
    pub fn templates(self) -> Templates {
        Templates {
            schema: "netpol.messages/v1",
            problems: table(&mut Problem::ALL.iter().map(|c| (c.code(), self.problem_template(*c)))),
            values: match self {
                Self::En => BTreeMap::new(),
                Self::Zh => table(&mut zh::VALUES.iter().copied()),
            },
            questions: table(&mut QueryProblem::ALL.iter().map(|c| (c.code(), self.query_template(*c)))),
            codes: table(&mut Code::ALL.iter().map(|c| (c.code(), self.code_template(*c)))),
            phrases: table(&mut Phrase::ALL.iter().map(|c| (c.code(), self.phrase(*c)))),
        }
    }

    /// The rules of the linter by their codes: their words, and what does not depend on the language.
    pub fn lint_rules(self) -> BTreeMap<&'static str, LintRule> {
        let rule = |code: LintCode| LintRule {
            severity: code.severity(),
            title: code.words(self).title,
            finding: code.words(self).finding,
            why: code.words(self).why,
            cis: code.cis(),
            sources: code.sources(),
            bad: code.bad_example(),
            good: code.good_example(),
            profile: code.example_profile(),
        };
        LintCode::ALL.iter().map(|code| (code.code(), rule(*code))).collect()
    }

    /// A phrase with values.
    pub fn filled(self, phrase: Phrase, params: &Params) -> String {
        fill(self.phrase(phrase), params)
    }

    /// A fixed phrase of the output.
    pub fn phrase(self, phrase: Phrase) -> &'static str {
        match self {
            Self::En => en::phrase(phrase),
            Self::Zh => zh::phrase(phrase),
        }
    }
}

/// The sentences of a language by their codes: templates with parameters in braces. `{name}` is
/// replaced by the parameter, and `{name?text}` by the text with `%` replaced, if the parameter is
/// there, else by nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Templates {
    /// `netpol.messages/v1`.
    pub schema: &'static str,
    /// What can be wrong with an input.
    pub problems: BTreeMap<&'static str, &'static str>,
    /// Values of these sentences that are words themselves, by what they are in English: a value as a whole,
    /// or its kind before the text that is quoted.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<&'static str, &'static str>,
    /// What can be wrong with a question.
    pub questions: BTreeMap<&'static str, &'static str>,
    /// Reasons, notes, assumptions and findings.
    pub codes: BTreeMap<&'static str, &'static str>,
    /// Fixed words.
    pub phrases: BTreeMap<&'static str, &'static str>,
}

/// A rule of the linter, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LintRule {
    /// How much its findings matter, unless they say otherwise.
    pub severity: Severity,
    /// What it is about, in a few words.
    pub title: &'static str,
    /// The template of a finding.
    pub finding: &'static str,
    /// Why it is a rule, and what to do.
    pub why: &'static str,
    /// Recommendations of the CIS Kubernetes Benchmark.
    pub cis: &'static [&'static str],
    /// Where what it says is written down.
    pub sources: &'static [&'static str],
    /// Manifests on which it has a finding.
    pub bad: &'static str,
    /// The same, mended.
    pub good: &'static str,
    /// The profile of the examples, if it matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<&'static str>,
}

fn table(entries: &mut dyn Iterator<Item = (&'static str, &'static str)>) -> BTreeMap<&'static str, &'static str> {
    let mut table = BTreeMap::new();
    entries.for_each(|(code, template)| _ = table.insert(code, template));
    table
}

impl Phrase {
    /// The words for how two ends relate.
    pub const fn of_relation(relation: Relation) -> Self {
        match relation {
            Relation::Itself => Self::Itself,
            Relation::Others => Self::Others,
            Relation::SameNode => Self::SameNode,
            Relation::OtherNodes => Self::OtherNodes,
            Relation::UnknownNodes => Self::UnknownNodes,
        }
    }
}

crate::diagnostic::codes! {
    /// Fixed words of the text output.
    Phrase {
        /// The word of a verdict.
        Allow = "allow",
        /// The word of a verdict.
        Deny = "deny",
        /// The word of a verdict.
        Undefined = "undefined",
        /// The word of a verdict.
        Mixed = "mixed",
        /// All ports.
        AnyPort = "any-port",
        /// The direction.
        Egress = "egress",
        /// The direction.
        Ingress = "ingress",
        /// Before the policies that isolate.
        IsolatedBy = "isolated-by",
        /// The cluster does what the input says.
        ObservedAgrees = "observed-agrees",
        /// The cluster does something else.
        ObservedDiffers = "observed-differs",
        /// What a profile does.
        OnProfile = "on-profile",
        /// No option makes the difference by itself.
        SeveralTogether = "several-together",
        /// What was decided.
        Decision = "decision",
        /// Before the policies of the administrative tiers.
        RuledBy = "ruled-by",
        /// No NetworkPolicy isolates it.
        NotIsolated = "not-isolated",
        /// Domain names.
        Names = "names",
        /// Before a near miss.
        Nearest = "nearest",
        /// Before what an answer rests on.
        Basis = "basis",
        /// Before a note.
        Note = "note",
        /// Before an assumption.
        Assumed = "assumed",
        /// Part of a workload's pods.
        Pods = "pods",
        /// What a template will make.
        TemplatePods = "template-pods",
        /// Each pod to itself.
        Itself = "itself",
        /// Each pod to others of its kind.
        Others = "others",
        /// Between a node and its own pods.
        SameNode = "same-node",
        /// Between a node and the pods of others.
        OtherNodes = "other-nodes",
        /// Between a node and pods of which it is not known where they are.
        UnknownNodes = "unknown-nodes",
        /// The Service in between.
        Via = "via",
        /// A port of a node in between.
        ViaNode = "via-node",
        /// Before where the outside enters.
        EntryPoints = "entry-points",
        /// Before what the API server calls.
        Calls = "calls",
        /// An error.
        Error = "error",
        /// A warning.
        Warning = "warning",
        /// The profile.
        Profile = "profile",
        /// Documents left out.
        LeftOut = "left-out",
        /// Kinds passed over.
        PassedOver = "passed-over",
        /// Kinds ignored on demand.
        Ignored = "ignored",
        /// No manifests were named.
        NoInput = "no-input",
        /// There are errors in the input.
        InputErrors = "input-errors",
        /// There are, and the linter looks at what is left.
        LintInputErrors = "lint-input-errors",
        /// Before the puzzle.
        DemoIntro = "demo-intro",
        /// After the puzzle.
        DemoOutro = "demo-outro",
        /// Allowed now, and not before.
        Opened = "opened",
        /// Allowed before, and not now.
        Closed = "closed",
        /// Undefined on one side of a change, and not allowed on the other.
        Undecided = "undecided",
        /// What opened, and was undefined.
        OpenedSurely = "opened-surely",
        /// Allowed before, and undefined now.
        NoLongerSure = "no-longer-sure",
        /// Denied before, and undefined now.
        PerhapsOpened = "perhaps-opened",
        /// Undefined before, and denied now.
        ClosedSurely = "closed-surely",
        /// Who answers behind an address that leads on.
        AnsweredBy = "answered-by",
        /// Workloads that are new.
        Added = "added",
        /// Workloads that are gone.
        Removed = "removed",
        /// A column: the rules that decided.
        Because = "because",
        /// Of the state before.
        Before = "before",
        /// Of the state after.
        Now = "now",
        /// No policy isolates either end.
        NothingIsolates = "nothing-isolates",
        /// Two states with the same connections.
        NoDifference = "no-difference",
        /// The same, where something was not compared.
        NoDifferenceFound = "no-difference-found",
        /// A column: who opens connections.
        From = "from",
        /// A column: whom they reach.
        To = "to",
        /// A column: what is allowed.
        Allowed = "allowed",
        /// Every address outside of the cluster.
        World = "world",
        /// All of something but.
        Except = "except",
        /// What is left of a range.
        RestOf = "rest-of",
        /// Parts of an answer.
        Parts = "parts",
        /// The title of a graph.
        GraphTitle = "graph-title",
        /// How to use the page of a graph.
        GraphHint = "graph-hint",
        /// The frame of what is not in the cluster.
        Outside = "outside",
        /// Many sets of addresses together.
        SomeAddresses = "some-addresses",
        /// Namespaces, as the nodes of a graph.
        Namespaces = "namespaces",
        /// Workloads, as the nodes of a graph.
        Workloads = "workloads",
        /// Every other workload may reach it on everything.
        OpenToAll = "open-to-all",
        /// Every other workload may reach it, on some ports.
        FromAll = "from-all",
        /// Not all pods of the two ends.
        SomePods = "some-pods",
        /// Of nodes, not all.
        SomeNodes = "some-nodes",
        /// Legend: a solid arrow.
        LegendAllowed = "legend-allowed",
        /// Legend: a dashed arrow.
        LegendUndefined = "legend-undefined",
        /// Legend: an arrow of a whole frame.
        LegendFrame = "legend-frame",
        /// Legend: the label *open to all*.
        LegendOpen = "legend-open",
        /// Legend: what is among the pods of one card, or the cards of one frame.
        LegendAmong = "legend-among",
        /// Legend: an end that is named instead of an arrow.
        LegendNamed = "legend-named",
        /// Legend: what an arrow between namespaces means.
        LegendNamespaces = "legend-namespaces",
        /// The table of all connections.
        Connections = "connections",
        /// A column: how many hops away.
        Distance = "distance",
        /// Before pods.
        Inside = "inside",
        /// Before addresses that pods get.
        PodRange = "pod-range",
        /// Before addresses that Services get.
        ServiceRange = "service-range",
        /// Before the addresses of nodes.
        Nodes = "nodes",
        /// Before resolvers.
        Resolvers = "resolvers",
        /// Before the metadata services of clouds.
        Metadata = "metadata",
        /// Before the API server.
        ApiServer = "api-server",
        /// What 169.254.20.10 is.
        NodeLocal = "node-local",
        /// Behind a peer that is not in the input.
        NotInInput = "not-in-input",
        /// No policy applies to pods on their node's network.
        OnHostNetwork = "on-host-network",
        /// No policy isolates in egress.
        OpenOut = "open-out",
        /// No policy isolates in ingress.
        OpenIn = "open-in",
        /// Nothing may pass.
        Nothing = "nothing",
        /// All pods.
        EveryPod = "every-pod",
        /// A column: what a row is about.
        What = "what",
        /// A column.
        Namespace = "namespace",
        /// A column: isolated in egress.
        EgressIsolated = "egress-isolated",
        /// A column: isolated in ingress.
        IngressIsolated = "ingress-isolated",
        /// A column: can reach addresses outside.
        ReachOutside = "reach-outside",
        /// A column: addresses outside may reach them.
        ReachedFromOutside = "reached-from-outside",
        /// A column: names resolve.
        ResolveNames = "resolve-names",
        /// A row: all namespaces.
        AllNamespaces = "all-namespaces",
        /// A row: namespaces that are not shown.
        OtherNamespaces = "other-namespaces",
        /// Some of a number.
        Of = "of",
        /// Behind a count.
        Policies = "policies",
        /// The same where policies of the administrative tiers are in the input.
        RuledLegend = "ruled-legend",
        /// What the columns mean.
        SummaryLegend = "summary-legend",
        /// Before what to look at.
        LookAt = "look-at",
        /// Nothing was found.
        NoFindings = "no-findings",
        /// The input has nothing that could be judged.
        NothingToLookAt = "nothing-to-look-at",
        /// Behind the number of findings that are not shown.
        MoreFindings = "more-findings",
        /// Before the commands to run next.
        Next = "next",
        /// A column: egress or ingress.
        Direction = "direction",
        /// Every group of pods.
        EveryGroup = "every-group",
        /// Every group of pods but some.
        EveryGroupBut = "every-group-but",
        /// A test of which every pair is as expected.
        Passed = "passed",
        /// A test of which some pair is not.
        Failed = "failed",
        /// A test that is about nobody.
        Unmatched = "unmatched",
        /// A test that cannot be asked.
        TestError = "test-error",
        /// A verdict that is expected: allow.
        ExpectAllow = "expect-allow",
        /// A verdict that is expected: deny.
        ExpectDeny = "expect-deny",
        /// A verdict that is expected: undefined.
        ExpectUndefined = "expect-undefined",
        /// What a test expects, and how many pairs are otherwise.
        ExpectedPairs = "expected-pairs",
        /// A pair with the verdict that is expected, by another policy.
        DecidedOtherwise = "decided-otherwise",
        /// How many pairs of a test are as expected.
        PairsAsExpected = "pairs-as-expected",
        /// Pods with themselves.
        ItselfLeftOut = "itself-left-out",
        /// A policy that should be among the reasons.
        NotAmongReasons = "not-among-reasons",
        /// Labels with which a pod breaks a test.
        BreakingLabels = "breaking-labels",
        /// Without any label, a pod breaks a test.
        BreakingWithoutLabels = "breaking-without-labels",
        /// How many kinds of pods that could exist were looked at.
        AssumedPods = "assumed-pods",
        /// The last line of tests.
        TestCounts = "test-counts",
        /// Nothing to run.
        NoTests = "no-tests",
        /// Before the coverage of tests.
        Coverage = "coverage",
        /// A column of the coverage.
        Rules = "rules",
        /// A column of the coverage.
        Peers = "peers",
        /// A column of the coverage.
        Ports = "ports",
        /// Before a policy on which no test depends.
        NotCovered = "not-covered",
        /// Every policy is covered with all its parts.
        AllCovered = "all-covered",
        /// Less is covered than was asked for.
        CoverageBelow = "coverage-below",
        /// A test that NetAssert cannot express.
        NotExported = "not-exported",
        /// Tests that do not count for the coverage.
        CoverageSkipped = "coverage-skipped",
        /// How many parts count by reasons alone.
        CoverageUnproven = "coverage-unproven",
        /// Of today's behaviour, some is not in the tests.
        InitLeftOut = "init-left-out",
        /// Why: it expects something else than allow or deny.
        ExportExpect = "export-expect",
        /// Why: it is about pods that are not there.
        ExportAnyPod = "export-any-pod",
        /// Why: its ports are not single ones of TCP and UDP.
        ExportPorts = "export-ports",
        /// What is lost: the policies that decide.
        ExportDecidedBy = "export-decided-by",
        /// Why: UDP to somebody outside.
        ExportUdpHost = "export-udp-host",
        /// Why: a peer of another kind.
        ExportPeer = "export-peer",
        /// Why: too many pairs.
        ExportTooMany = "export-too-many",
        /// Why: two pods of one workload.
        ExportItself = "export-itself",
        /// No test is exported at all.
        NothingExported = "nothing-exported",
        /// A connection is as wanted already.
        FixDone = "fix-done",
        /// No change of a NetworkPolicy does it.
        FixNone = "fix-none",
        /// Nothing changes beside what was asked.
        FixNothingElse = "fix-nothing-else",
        /// More changes than what was asked.
        FixMore = "fix-more",
        /// The policy selects other pods too.
        FixOthersToo = "fix-others-too",
        /// What else changes was not compared.
        FixNotCompared = "fix-not-compared",
        /// Before the other fixes.
        FixOthers = "fix-others",
        /// Before a policy that is to be applied.
        FixApply = "fix-apply",
        /// A policy that is not edited in place.
        FixNotInPlace = "fix-not-in-place",
        /// Before all connections that change.
        FixConnections = "fix-connections",
        /// Before a file that was written.
        FixWritten = "fix-written",
        /// Before what a policy does not do though it looks so.
        ExplainThough = "explain-though",
        /// Of whom it is undefined whether they reach it.
        ReachedUndefined = "reached-undefined",
        /// Of whom it is undefined whether it reaches them.
        ReachesUndefined = "reaches-undefined",
        /// Behind a policy that may apply.
        MayApply = "may-apply",
        /// Before a fix.
        Try = "try",
        /// What goes on: the input is read.
        Reading = "reading",
        /// What goes on: the question is decided.
        Deciding = "deciding",
        /// Behind or before a number of errors.
        Errors = "errors",
        /// Before a number of warnings.
        Warnings = "warnings",
        /// Before a number of notes.
        Notes = "notes",
        /// Before a number of findings that somebody said to ignore.
        IgnoredFindings = "ignored-findings",
        /// Before why a finding is ignored.
        IgnoredBecause = "ignored-because",
        /// Before why a finding has another severity than its rule.
        RegradedBecause = "regraded-because",
        /// Before another place that has to do with it.
        SeeAlso = "see-also",
        /// A column: how much it matters.
        SeverityColumn = "severity-column",
        /// A column: the rule of the linter.
        RuleColumn = "rule-column",
        /// A column: file and line.
        WhereColumn = "where-column",
        /// The title of the page about the linter's rules.
        RulesTitle = "rules-title",
        /// The first paragraph of it.
        RulesIntro = "rules-intro",
        /// Before a bad example.
        BadExample = "bad-example",
        /// Before a good example.
        GoodExample = "good-example",
    }
}

/// Fills a template.
fn fill(template: &str, params: &Params) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let Some(close) = rest[open..].find('}').map(|at| open + at) else { break };
        let inner = &rest[open + 1..close];
        match inner.split_once('?') {
            Some((name, text)) => {
                if let Some(value) = params.get(name) {
                    out.push_str(&text.replace('%', &printable(value)));
                }
            }
            None => out.push_str(&params.get(inner).map_or(String::new(), |value| printable(value))),
        }
        rest = &rest[close + 1..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::Words;

    /// The parameters that a template names.
    fn names(template: &str) -> BTreeSet<&str> {
        template
            .split('{')
            .skip(1)
            .filter_map(|part| part.split('}').next())
            .map(|inner| inner.split('?').next().unwrap_or_default())
            .collect()
    }

    #[test]
    fn both_tables_are_complete_and_use_the_same_parameters() {
        let mut rows: Vec<(&str, [&str; 2])> = Vec::new();
        rows.extend(Problem::ALL.iter().map(|c| (c.code(), Lang::ALL.map(|l| l.problem_template(*c)))));
        rows.extend(QueryProblem::ALL.iter().map(|c| (c.code(), Lang::ALL.map(|l| l.query_template(*c)))));
        rows.extend(Code::ALL.iter().map(|c| (c.code(), Lang::ALL.map(|l| l.code_template(*c)))));
        for of in [|w: &Words| w.title, |w: &Words| w.finding, |w: &Words| w.why] {
            rows.extend(LintCode::ALL.iter().map(|c| (c.code(), Lang::ALL.map(|l| of(c.words(l))))));
        }
        rows.extend(Phrase::ALL.iter().map(|c| (c.code(), Lang::ALL.map(|l| l.phrase(*c)))));
        let options = ProfileOption::ALL.iter().flat_map(|o| o.values().iter().map(|value| (*o, *value)));
        rows.extend(options.map(|(o, value)| (o.code(), Lang::ALL.map(|l| l.option_template(o, value)))));
        assert!(rows.len() > 100);
        for (code, [en, zh]) in rows {
            assert!(!en.is_empty() && !zh.is_empty(), "{code}: an empty sentence");
            assert_ne!(en, zh, "{code}: not translated");
            assert!(en.contains('\n') || !en.ends_with('.'), "{code}: a final period");
            assert!(!zh.is_ascii(), "{code}: no Chinese in it");
            assert_eq!(names(en), names(zh), "{code}: other parameters");
            assert_eq!(en.matches('{').count(), en.matches('}').count(), "{code}");
        }
    }

    #[test]
    fn every_value_of_every_option_has_a_clause_of_its_own() {
        for lang in Lang::ALL {
            let mut seen = BTreeSet::new();
            for option in ProfileOption::ALL {
                for value in option.values() {
                    let clause = lang.option(&OptionValue::new(*option, value));
                    assert!(!clause.contains(['{', '?', '%']), "{clause}");
                    assert!(seen.insert(clause), "{} {value}", option.code());
                }
            }
        }
    }

    #[test]
    fn templates_are_filled() {
        let params = Params::from([("a", "1".to_owned())]);
        assert_eq!(fill("x {a} y{a? (%)}{b? never %} z", &params), "x 1 y (1) z");
    }

    #[test]
    fn chinese_has_no_spaces_between_its_own_characters() {
        let said = Lang::Zh.line("放行进入 TCP 80，来自 本命名空间 shop 的 Pod： shop/web  a.yaml:1");
        assert_eq!(said, "放行进入 TCP 80，来自本命名空间 shop 的 Pod：shop/web  a.yaml:1");
        assert_eq!(Lang::En.line("lets in  TCP 80 from： a"), "lets in  TCP 80 from： a");
    }

    #[test]
    fn a_direction_is_said_in_the_language() {
        let params = Params::from([("policy", "shop/db".to_owned()), ("direction", "egress".to_owned())]);
        assert_eq!(Lang::Zh.code(Code::FixNewPolicy, &params), "新增策略 shop/db（出站）");
        assert_eq!(Lang::En.code(Code::FixNewPolicy, &params), "add the policy shop/db (egress)");
    }

    #[test]
    fn values_that_are_words_are_said_in_the_language() {
        let wrong = |accepted: &str, found: &str| {
            Diagnostic::error(Problem::WrongType).with("accepted", accepted).with("found", found)
        };
        let said = |lang: Lang, diagnostic| lang.problem(&diagnostic);
        assert_eq!(said(Lang::En, wrong("a string", "empty list")), "expected a string, found empty list");
        assert_eq!(said(Lang::Zh, wrong("a string", "empty list")), "应为 字符串，却是 空列表");
        assert_eq!(said(Lang::Zh, wrong("a list", "string `a list`")), "应为 列表，却是 字符串 `a list`");
        assert!(zh::VALUES.windows(2).all(|pair| pair[0].0 < pair[1].0), "sorted, none twice");
    }
}
