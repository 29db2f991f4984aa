//! `lint`: what is likely not meant, found by what policies mean and not by how they look.
//!
//! A rule is a file in `rules/` beside its examples, a bad one on which it has a finding and a good
//! one on which it has none; both are its tests and its documentation. What a rule finds it says with
//! a code and values; [`crate::lang`] has the words.

mod context;
mod ignore;
mod parts;
mod rules;
mod told;
mod views;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod tests;

use crate::analysis::Analysis;
#[cfg(feature = "sentences")]
use crate::diagnostic::Problem;
use crate::diagnostic::{Diagnostic, Params, Severity, codes};
use crate::explain::Code;
use crate::manifest::Snapshot;
use crate::query::{Basis, Note, OriginRef, Peer, PolicyRef};
use crate::sorted::{Arrange, SortedMap};
use crate::source::{Inputs, Place};
use serde::Serialize;

pub use ignore::{Date, NoDate};

codes! {
    /// A rule of the linter.
    LintCode {
        // --- names and addresses outside ---
        /// Isolated pods that cannot ask any DNS.
        DnsCutOff = "dns-cut-off",
        /// DNS over one of UDP and TCP alone.
        DnsOneProtocol = "dns-one-protocol",
        /// Port 53 is open to the outside.
        DnsToAnywhere = "dns-to-anywhere",
        /// Pods reach the metadata service of a cloud.
        MetadataReachable = "metadata-reachable",
        /// An `except` that another rule opens again.
        ExceptReopened = "except-reopened",
        /// A resolver that pods are to ask and cannot.
        ResolverCutOff = "resolver-cut-off",
        /// An `ipBlock` of addresses of Services.
        BlockOfServices = "block-of-services",
        /// The API server by the address of its Service.
        ApiServerByService = "api-server-by-service",
        /// An `ipBlock` of pods or nodes that does not match them.
        BlockOfPods = "block-of-pods",
        /// An `ipBlock` of visitors who may come with a node's address.
        BlockBehindSourceNat = "block-behind-source-nat",
        /// Everything of one address family, on pods that have both.
        OneFamilyBlock = "one-family-block",
        // --- rules and their peers ---
        /// A rule without ports beside one that means to hold the same pods to some.
        PortsUndone = "ports-undone",
        /// Two peers where one with both selectors was likely meant.
        OrInsteadOfAnd = "or-instead-of-and",
        /// A peer by pod labels that only pods of other namespaces have.
        PodSelectorElsewhere = "pod-selector-elsewhere",
        /// A peer whose labels no namespace has.
        NoSuchNamespace = "no-such-namespace",
        /// A peer whose labels no pod has.
        NoSuchPods = "no-such-pods",
        /// A peer by labels that tenants can give themselves.
        TenantLabels = "tenant-labels",
        /// A peer that matches pods for want of a label.
        MatchesUnlabelled = "matches-unlabelled",
        /// A peer by labels that matches only pods on their node's network.
        HostNetworkPeer = "host-network-peer",
        /// A rule that the policies of the other end leave without effect.
        AllowDefeated = "allow-defeated",
        // --- ports ---
        /// The port of a Service in place of the port of its pods.
        ServicePortInRule = "service-port-in-rule",
        /// A port name that opens nothing, or not what it seems.
        PortNameUnclear = "port-name-unclear",
        /// A range of ports, and a plugin that is not known to have ranges.
        RangeMayCollapse = "range-may-collapse",
        /// A port without protocol that is meant for another one than TCP.
        ProtocolLeftOut = "protocol-left-out",
        // --- whole policies ---
        /// A policy that selects no pod.
        SelectsNothing = "selects-nothing",
        /// A policy that selects pods on their node's network.
        HostNetworkSelected = "host-network-selected",
        /// A policy without `podSelector`.
        NoPodSelector = "no-pod-selector",
        /// Rules for a direction that `policyTypes` leaves out.
        RulesOfUnlistedType = "rules-of-unlisted-type",
        /// An empty list of egress rules without `policyTypes`.
        EgressWithoutType = "egress-without-type",
        /// A policy whose name says the opposite of what it does.
        NameSaysOtherwise = "name-says-otherwise",
        /// A policy that isolates, lets everything through, and is alone.
        AllowsEverything = "allows-everything",
        /// A policy that denies, and others allow all of it.
        DenyWithoutEffect = "deny-without-effect",
        // --- what changes nothing ---
        /// A policy without which nothing changes.
        RedundantPolicy = "redundant-policy",
        /// A rule without which nothing changes.
        RedundantRule = "redundant-rule",
        /// A peer without which nothing changes.
        RedundantPeer = "redundant-peer",
        /// A port without which nothing changes.
        RedundantPort = "redundant-port",
        /// A rule that policies of administrators decide before.
        ShadowedRule = "shadowed-rule",
        // --- workloads ---
        /// Workloads that no policy isolates.
        NotIsolated = "not-isolated",
        /// Pods that the API server calls and cannot reach.
        WebhookCutOff = "webhook-cut-off",
        /// Pods whose probes policies deny.
        ProbeCutOff = "probe-cut-off",
        /// Pods that may reach themselves through their own Service.
        OwnService = "own-service",
        /// Pods of an ambient mesh that the mesh cannot reach.
        AmbientMeshCutOff = "ambient-mesh-cut-off",
        /// Pods with networks that policies do not see.
        SecondaryNetwork = "secondary-network",
        // --- administrative tiers ---
        /// Policies of one priority that decide differently.
        PriorityTie = "priority-tie",
        /// A Deny of networks that pods are in.
        DenyNetworksWithPods = "deny-networks-with-pods",
        /// A Baseline policy that no connection comes to.
        BaselineNotReached = "baseline-not-reached",
        // --- the network plugin ---
        /// Policies that nobody enforces.
        NotEnforced = "not-enforced",
        // --- the input ---
        /// An object that the API server would refuse.
        Rejected = "rejected",
        /// A comment that switches off what is not found.
        UnusedIgnore = "unused-ignore",
    }
}

impl LintCode {
    /// The rule of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.code() == code)
    }

    /// The same.
    ///
    /// # Errors
    /// No rule has this name; said with the one that is most like it.
    pub fn named(code: &str) -> Result<Self, Box<Diagnostic>> {
        Self::from_code(code).ok_or_else(|| Box::new(ignore::unknown_rule(code)))
    }

    /// Its words.
    #[cfg(feature = "sentences")]
    pub(crate) fn words(self, lang: crate::lang::Lang) -> &'static Words {
        match lang {
            crate::lang::Lang::En => &rules::of(self).en,
            crate::lang::Lang::Zh => &rules::of(self).zh,
        }
    }

    /// How much its findings matter, unless they say otherwise.
    pub fn severity(self) -> Severity {
        rules::of(self).severity
    }

    /// The recommendations of the CIS Kubernetes Benchmark that it is about.
    pub fn cis(self) -> &'static [&'static str] {
        rules::of(self).cis
    }

    /// Where what it says is written down.
    pub fn sources(self) -> &'static [&'static str] {
        rules::of(self).sources
    }

    /// Manifests on which it has a finding.
    pub fn bad_example(self) -> &'static str {
        rules::of(self).bad()
    }

    /// The same, mended.
    pub fn good_example(self) -> &'static str {
        rules::of(self).good()
    }

    /// The name of the profile that the examples are read under, if it matters.
    pub fn example_profile(self) -> Option<&'static str> {
        rules::of(self).profile
    }
}

/// The words of a rule in a language; its finding is a template (see [`crate::lang`]).
#[cfg(feature = "sentences")]
pub(crate) struct Words {
    /// What it is about, in a few words.
    pub(crate) title: &'static str,
    /// The sentence of a finding.
    pub(crate) finding: &'static str,
    /// Why it is a rule, and what to do.
    pub(crate) why: &'static str,
}

/// What a rule found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LintFinding {
    /// The rule.
    pub rule: LintCode,
    /// How much it matters.
    pub severity: Severity,
    /// Values of the sentence. [`crate::lang`] has the words.
    #[serde(skip_serializing_if = "Params::is_empty")]
    pub params: Params,
    /// The policy that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyRef>,
    /// The field of it, such as `spec.egress[0].to[1]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Where; none where the input does not say where an object stood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Whom it is about, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub peers: Vec<Peer>,
    /// What else has to do with it, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<OriginRef>,
    /// Why it does not count, where somebody said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignored: Option<Remark>,
    /// Why it has another severity, where somebody said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regraded: Option<Remark>,
}

/// Somebody's word about a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// Why.
    pub reason: String,
    /// Until when, that day included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// Where that is written.
    pub place: Place,
}

/// How many findings there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LintCounts {
    /// Of severity error.
    pub error: usize,
    /// Of severity warning.
    pub warning: usize,
    /// Of severity note.
    pub note: usize,
    /// That somebody said to ignore; counted here alone.
    pub ignored: usize,
}

/// The answer of `lint`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LintAnswer {
    /// `netpol.lint/v1`.
    pub schema: &'static str,
    /// By file, place and rule.
    pub findings: Vec<LintFinding>,
    /// How many there are.
    pub counts: LintCounts,
    /// What they rest on.
    pub basis: Basis,
}

/// What the rules come to.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct LintOptions {
    /// Rules with another severity than their own; `None`: off.
    pub levels: Vec<(LintCode, Option<Severity>)>,
    /// The day on which it is decided whether what is ignored until a day still is; without one, it is.
    pub today: Option<Date>,
}

impl LintOptions {
    fn level(&self, code: LintCode, own: Severity) -> Option<Severity> {
        let set = self.levels.iter().rev().find(|(of, _)| *of == code);
        set.map_or(Some(own), |(_, level)| *level)
    }
}

/// Finds what is likely not meant. `analysis` is that of the snapshot, and the snapshot that of the
/// inputs.
///
/// ```
/// use netpol_core::lint::{LintCode, LintOptions, lint};
/// use netpol_core::{Analysis, Inputs, Profile, ReadOptions, read};
///
/// let mut inputs = Inputs::default();
/// inputs.push("a.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {app: web}}}\n---\n\
///     {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny}, spec: {podSelector: {matchLabels: {app: wep}}}}");
/// let snapshot = read(&inputs, &ReadOptions::default());
/// let analysis = Analysis::new(&snapshot, Profile::GENERIC);
/// let answer = lint(&inputs, &snapshot, &analysis, &LintOptions::default())?;
/// let found: Vec<LintCode> = answer.findings.iter().map(|finding| finding.rule).collect();
/// assert!(found.contains(&LintCode::SelectsNothing));
/// # Ok::<(), Vec<netpol_core::diagnostic::Diagnostic>>(())
/// ```
///
/// # Errors
/// Annotations that switch rules off in a way that cannot be understood.
pub fn lint(
    inputs: &Inputs,
    snapshot: &Snapshot,
    analysis: &Analysis,
    options: &LintOptions,
) -> Result<LintAnswer, Vec<Diagnostic>> {
    let mut ignores = ignore::read(inputs, &snapshot.default_namespace)?;
    let context = context::Context::new(inputs, snapshot, analysis);
    let mut findings = Vec::new();
    for rule in rules::ALL {
        if options.level(rule.code, rule.severity).is_none() {
            continue;
        }
        let mut found = Findings { code: rule.code, severity: rule.severity, all: Vec::new() };
        (rule.check)(&context, &mut found);
        findings.extend(found.all.into_iter().filter_map(|mut finding| {
            // A finding that matters less than its rule stays below what the rule is set to.
            let less = finding.severity > rule.severity;
            let level = options.level(rule.code, rule.severity)?;
            finding.severity = if less { level.max(finding.severity) } else { level };
            Some(finding)
        }));
    }
    for finding in &mut findings {
        match ignores.of(finding, options.today.as_ref()) {
            None => {}
            Some((None, remark)) => finding.ignored = Some(remark),
            Some((Some(severity), remark)) => {
                finding.severity = severity;
                finding.regraded = Some(remark);
            }
        }
    }
    if let Some(level) = options.level(LintCode::UnusedIgnore, LintCode::UnusedIgnore.severity()) {
        findings.extend(ignores.unused(level, options));
    }
    findings.arrange_by_key(|f| {
        let place = f.place.as_ref().map(|p| (p.file.clone(), p.span.start));
        (place, f.rule, f.field.clone(), f.peers.clone())
    });
    let mut counts = LintCounts::default();
    for finding in &findings {
        *match (&finding.ignored, finding.severity) {
            (Some(_), _) => &mut counts.ignored,
            (None, Severity::Error) => &mut counts.error,
            (None, Severity::Warning) => &mut counts.warning,
            (None, Severity::Note) => &mut counts.note,
        } += 1;
    }
    let mut basis = analysis.basis();
    if context.is_cut_short() {
        basis.assumptions.push(Note { code: Code::RedundancyCutShort, params: Params::new() });
        basis.assumptions.arrange();
    }
    Ok(LintAnswer { schema: "netpol.lint/v1", findings, counts, basis })
}

impl LintAnswer {
    /// Whether some finding that counts matters at least as much.
    pub fn reaches(&self, severity: Severity) -> bool {
        self.findings.iter().any(|f| f.ignored.is_none() && f.severity <= severity)
    }

    /// How many findings each rule has, those that are ignored left out.
    pub fn by_rule(&self) -> Vec<(LintCode, usize)> {
        let mut counts: SortedMap<LintCode, usize> = SortedMap::new();
        for finding in self.findings.iter().filter(|f| f.ignored.is_none()) {
            *counts.entry(finding.rule).or_default() += 1;
        }
        counts.into_iter().collect()
    }
}

/// The findings of a rule, as they are found.
struct Findings {
    code: LintCode,
    severity: Severity,
    all: Vec<LintFinding>,
}

impl Findings {
    /// A finding of this rule, without anything yet.
    fn new_finding(&self) -> LintFinding {
        LintFinding::new(self.code, self.severity)
    }

    fn add(&mut self, mut finding: LintFinding) {
        finding.peers.arrange();
        finding.peers.dedup();
        finding.related.arrange_by(|a, b| (&a.policy, &a.field).cmp(&(&b.policy, &b.field)));
        finding.related.dedup();
        self.all.push(finding);
    }
}

impl LintFinding {
    fn new(rule: LintCode, severity: Severity) -> Self {
        Self {
            rule,
            severity,
            params: Params::new(),
            policy: None,
            field: None,
            place: None,
            peers: Vec::new(),
            related: Vec::new(),
            ignored: None,
            regraded: None,
        }
    }

    fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.params.insert(name, crate::diagnostic::printable(&value.to_string()));
        self
    }

    /// Says of a rule of administrators that it denies, or passes on.
    fn with_action(self, rule: &views::RuleView<'_>) -> Self {
        match rule.action_word() {
            Some(word) => self.with(word, ""),
            None => self,
        }
    }

    fn about(mut self, peers: impl IntoIterator<Item = Peer>) -> Self {
        self.peers.extend(peers);
        self
    }

    fn with_related(mut self, related: impl IntoIterator<Item = OriginRef>) -> Self {
        self.related.extend(related);
        self
    }

    /// Matters as little as a note.
    fn into_note(mut self) -> Self {
        self.severity = Severity::Note;
        self
    }
}

/// The diagnostics of reading that a rule turns into findings carry their own sentence.
#[cfg(feature = "sentences")]
pub(crate) fn problem_of(finding: &LintFinding) -> Option<Problem> {
    let code = finding.params.get("problem")?;
    Problem::ALL.iter().copied().find(|problem| problem.code() == code)
}
