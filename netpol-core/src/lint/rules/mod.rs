//! The rules, each in a file of its own beside its examples.

#[cfg(feature = "sentences")]
use super::Words;
use super::context::Context;
use super::{Findings, LintCode};
use crate::diagnostic::Severity;
use crate::diagnostic::first_of;

/// A rule.
pub(super) struct Rule {
    pub(super) code: LintCode,
    pub(super) severity: Severity,
    /// Recommendations of the CIS Kubernetes Benchmark.
    pub(super) cis: &'static [&'static str],
    /// Addresses of what it rests on.
    pub(super) sources: &'static [&'static str],
    /// Its examples: a bad one after the line `# bad`, a good one after the line `# good`.
    pub(super) examples: &'static str,
    /// The profile under which the examples are what they are.
    pub(super) profile: Option<&'static str>,
    #[cfg(feature = "sentences")]
    pub(super) en: Words,
    #[cfg(feature = "sentences")]
    pub(super) zh: Words,
    pub(super) check: fn(&Context<'_>, &mut Findings),
}

const GOOD: &str = "# good\n";

impl Rule {
    pub(super) fn bad(&self) -> &'static str {
        let bad = self.examples.split_once(GOOD).map_or(self.examples, |(bad, _)| bad);
        bad.strip_prefix("# bad\n").unwrap_or(bad)
    }

    pub(super) fn good(&self) -> &'static str {
        self.examples.split_once(GOOD).map_or("", |(_, good)| good)
    }
}

macro_rules! rules {
    ($($file:ident $variant:ident,)*) => {
        $(mod $file;)*

        /// Every rule, in the order of their codes.
        pub(super) const ALL: &[&Rule] = &[$(&$file::RULE),*];

        pub(super) const fn of(code: LintCode) -> &'static Rule {
            match code { $(LintCode::$variant => &$file::RULE,)* }
        }
    };
}

rules! {
    dns_cut_off DnsCutOff,
    dns_one_protocol DnsOneProtocol,
    dns_to_anywhere DnsToAnywhere,
    metadata_reachable MetadataReachable,
    except_reopened ExceptReopened,
    resolver_cut_off ResolverCutOff,
    block_of_services BlockOfServices,
    api_server_by_service ApiServerByService,
    block_of_pods BlockOfPods,
    block_behind_source_nat BlockBehindSourceNat,
    one_family_block OneFamilyBlock,
    ports_undone PortsUndone,
    or_instead_of_and OrInsteadOfAnd,
    pod_selector_elsewhere PodSelectorElsewhere,
    no_such_namespace NoSuchNamespace,
    no_such_pods NoSuchPods,
    tenant_labels TenantLabels,
    matches_unlabelled MatchesUnlabelled,
    host_network_peer HostNetworkPeer,
    allow_defeated AllowDefeated,
    service_port_in_rule ServicePortInRule,
    port_name_unclear PortNameUnclear,
    range_may_collapse RangeMayCollapse,
    protocol_left_out ProtocolLeftOut,
    selects_nothing SelectsNothing,
    host_network_selected HostNetworkSelected,
    no_pod_selector NoPodSelector,
    rules_of_unlisted_type RulesOfUnlistedType,
    egress_without_type EgressWithoutType,
    name_says_otherwise NameSaysOtherwise,
    allows_everything AllowsEverything,
    deny_without_effect DenyWithoutEffect,
    redundant_policy RedundantPolicy,
    redundant_rule RedundantRule,
    redundant_peer RedundantPeer,
    redundant_port RedundantPort,
    shadowed_rule ShadowedRule,
    not_isolated NotIsolated,
    webhook_cut_off WebhookCutOff,
    probe_cut_off ProbeCutOff,
    own_service OwnService,
    ambient_mesh_cut_off AmbientMeshCutOff,
    secondary_network SecondaryNetwork,
    priority_tie PriorityTie,
    deny_networks_with_pods DenyNetworksWithPods,
    baseline_not_reached BaselineNotReached,
    not_enforced NotEnforced,
    rejected Rejected,
    unused_ignore UnusedIgnore,
}

/// The concepts page of NetworkPolicy.
const CONCEPTS: &str = "https://kubernetes.io/docs/concepts/services-networking/network-policies/";

/// Some of these, where there are many.
pub(super) fn some_of(texts: impl IntoIterator<Item = String>) -> String {
    const MOST: usize = 3;
    let texts: Vec<String> = texts.into_iter().collect();
    first_of(&texts, MOST)
}
