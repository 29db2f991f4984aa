//! What a policy does, in statements: whom it isolates, what it lets in and out, and what it does not
//! do though it looks so.

use super::{Code, ports};
use crate::analysis::Analysis;
use crate::diagnostic::Params;
use crate::diagnostic::first_of;
use crate::engine::Engine;
use crate::ir::Direction;
use crate::manifest::{AdminAction, AdminPeer, AdminRule, AdminTier, NetworkPolicy, Peer, Rule, Selector, Snapshot};
use crate::model::{EndpointId, EndpointKind, NamespaceId};
use crate::profile::{BaselineAfter, OwnNode, Profile, ProfileOption};
use crate::query::{Basis, PolicyRef, QueryError, QueryProblem};
use crate::sorted::{Arrange, SortedSet};
use crate::source::{FileId, Place, Span};
use serde::Serialize;
use std::sync::Arc;

/// So many names of a list are said.
const MOST_NAMED: usize = 6;

/// How a policy is named.
const FORMS: &str = "NAMESPACE/np/NAME, anp/NAME, banp/NAME, cnp/NAME";

/// One thing that is so: a code with its parameters. [`crate::lang`] has the words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Statement {
    /// What it is.
    pub code: Code,
    /// Values of the sentence.
    #[serde(skip_serializing_if = "Params::is_empty")]
    pub params: Params,
    /// The field that says so, such as `spec.ingress[0]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Where that stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// A rule of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExplainedRule {
    /// What it does, and on which ports.
    pub rule: Statement,
    /// With whom; one statement for each peer.
    pub peers: Vec<Statement>,
}

/// One direction of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExplainedDirection {
    /// The direction.
    pub direction: Direction,
    /// What the policy means for it as a whole.
    pub effect: Statement,
    /// Its rules, in order.
    pub rules: Vec<ExplainedRule>,
}

/// The answer of `explain KIND/NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyExplanation {
    /// `netpol.explain-policy/v1`.
    pub schema: &'static str,
    /// The policy.
    pub policy: PolicyRef,
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Where its tier stands, for the administrators' kinds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<Statement>,
    /// Whom it selects.
    pub selects: Statement,
    /// Ingress, then egress.
    pub directions: Vec<ExplainedDirection>,
    /// What it does not do though it looks so.
    pub though: Vec<Statement>,
    /// What the answer rests on.
    pub basis: Basis,
}

impl Analysis {
    /// What a policy does: `np/NAME`, `NAMESPACE/np/NAME`, and `anp/NAME`, `banp/NAME`, `cnp/NAME` of the
    /// administrative tiers. `snapshot` is the one that this analysis was made of.
    ///
    /// ```
    /// # use netpol_core::{Analysis, Inputs, Profile, ReadOptions, lang::Lang, read};
    /// # let mut inputs = Inputs::default();
    /// # inputs.push("a.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {app: a}}}\n---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: a}, spec: {podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}}");
    /// let snapshot = read(&inputs, &ReadOptions::default());
    /// let analysis = Analysis::new(&snapshot, Profile::GENERIC);
    /// let said = analysis.explain_policy(&snapshot, "np/a")?;
    /// let peer = &said.directions[0].rules[0].peers[0];
    /// assert_eq!(Lang::En.code(peer.code, &peer.params), "all pods of its own namespace default (here: default/a)");
    /// # Ok::<(), netpol_core::query::QueryError>(())
    /// ```
    ///
    /// # Errors
    /// A name of no such form, or that no policy has.
    pub fn explain_policy(&self, snapshot: &Snapshot, name: &str) -> Result<PolicyExplanation, QueryError> {
        let unknown = || {
            let known = snapshot.policies.iter().map(|p| format!("{}/np/{}", p.object.namespace, p.object.name));
            let known = known
                .chain(snapshot.admin.iter().map(|p| format!("{}/{}", short(p.object.kind.name()), p.object.name)));
            let mut known: Vec<String> = known.collect();
            known.arrange();
            let error = QueryError::new(QueryProblem::UnknownPolicy).with("found", name).with("forms", FORMS);
            match crate::lang::nearest(name, known.iter().map(String::as_str)) {
                Some(nearest) => error.with("nearest", nearest),
                None if known.is_empty() => error,
                None => error.with("known", listed(&known)),
            }
        };
        let (namespace, kind, name) = policy_name(name).ok_or_else(unknown)?;
        let namespace = namespace.unwrap_or(self.default_namespace());
        if kind == "NetworkPolicy" {
            let mut all = snapshot.policies.iter();
            let found = all.find(|p| p.object.namespace == namespace && p.object.name == name).ok_or_else(unknown)?;
            let of = Explaining { analysis: self, engine: self.engine(), snapshot, file: found.file };
            return Ok(of.network_policy(&found.object.namespace, &found.object.name, &found.object.spec));
        }
        let mut all = snapshot.admin.iter();
        let found = all.find(|p| p.object.kind.name() == kind && p.object.name == name).ok_or_else(unknown)?;
        let of = Explaining { analysis: self, engine: self.engine(), snapshot, file: found.file };
        Ok(of.admin_policy(kind, &found.object.name, &found.object.spec))
    }
}

/// Whether a text names a policy: its namespace, its kind and its name.
pub(crate) fn policy_name(text: &str) -> Option<(Option<&str>, &'static str, &str)> {
    let parts: Vec<&str> = text.split('/').collect();
    let (namespace, kind, name) = match parts.as_slice() {
        [kind, name] => (None, *kind, *name),
        [namespace, kind, name] => (Some(*namespace), *kind, *name),
        _ => return None,
    };
    let kind = match kind.to_ascii_lowercase().as_str() {
        "np" | "netpol" | "networkpolicy" | "networkpolicies" => "NetworkPolicy",
        "anp" | "adminnetworkpolicy" | "adminnetworkpolicies" => "AdminNetworkPolicy",
        "banp" | "baselineadminnetworkpolicy" | "baselineadminnetworkpolicies" => "BaselineAdminNetworkPolicy",
        "cnp" | "clusternetworkpolicy" | "clusternetworkpolicies" => "ClusterNetworkPolicy",
        _ => return None,
    };
    (namespace.is_none() || kind == "NetworkPolicy").then_some((namespace, kind, name))
}

/// Whether a text has the form of a policy's name, such as `np/web` or `shop/np/web`.
pub fn is_policy_name(text: &str) -> bool {
    policy_name(text).is_some()
}

fn short(kind: &str) -> &'static str {
    match kind {
        "NetworkPolicy" => "np",
        "AdminNetworkPolicy" => "anp",
        "BaselineAdminNetworkPolicy" => "banp",
        _ => "cnp",
    }
}

pub(super) struct Explaining<'a> {
    analysis: &'a Analysis,
    pub(super) engine: &'a Engine,
    snapshot: &'a Snapshot,
    pub(super) file: FileId,
}

pub(super) fn statement(code: Code, params: Params) -> Statement {
    Statement { code, params, field: None, place: None }
}

/// What a profile says of an option, where that is not what the specification says.
pub(super) fn profile_says(profile: &Profile, option: ProfileOption) -> Option<Statement> {
    let value = profile.value(option);
    let params = Params::from([
        ("profile", profile.name.to_owned()),
        ("option", option.code().to_owned()),
        ("value", value.to_owned()),
    ]);
    (value != Profile::GENERIC.value(option)).then(|| statement(Code::ProfileSays, params))
}

impl Explaining<'_> {
    fn place(&self, span: Span) -> Option<Place> {
        self.snapshot.files.get(self.file.0 as usize).map(|file| Place { file: file.clone(), span })
    }

    pub(super) fn at(&self, mut statement: Statement, field: impl Into<String>, span: Span) -> Statement {
        statement.field = Some(field.into());
        statement.place = self.place(span);
        statement
    }

    /// Pods of the input that selectors mean; those on their node's network are none.
    pub(super) fn pods(&self, mut is: impl FnMut(EndpointId) -> bool) -> Vec<EndpointId> {
        self.engine
            .cluster
            .real_endpoints()
            .filter(|id| !self.engine.cluster.endpoint(*id).host_network && is(*id))
            .collect()
    }

    /// Pods that a peer surely means, and those of which that hangs on labels of namespaces that are not in
    /// the input.
    pub(super) fn meant(&self, own: Option<NamespaceId>, peer: &Peer) -> (Vec<EndpointId>, Vec<EndpointId>) {
        let means = |id| own.is_some_and(|own| self.engine.peer_means(own, peer, id));
        (self.pods(|id| means(id) && !self.hangs_on_labels(peer, id)), self.pods(|id| self.hangs_on_labels(peer, id)))
    }

    fn hangs_on_labels(&self, peer: &Peer, id: EndpointId) -> bool {
        let Peer::Pods { pods, namespaces: Some(selector) } = peer else { return false };
        let cluster = &self.engine.cluster;
        let namespace = cluster.namespace(cluster.endpoint(id).namespace);
        if namespace.labels_known {
            return false;
        }
        // What is known of its labels may tell already that it is not meant.
        let is_known = |key: &str| namespace.labels.iter().any(|(known, _)| cluster.symbols.text(*known) == key);
        let mut known = selector.clone();
        known.requirements.retain(|requirement| is_known(&requirement.key));
        let is_open = known.requirements.len() < selector.requirements.len();
        let peer = Peer::Pods { pods: pods.clone(), namespaces: Some(known) };
        is_open && self.engine.peer_means(NamespaceId::of(0), &peer, id)
    }

    /// The workloads of pods, by name.
    pub(super) fn workloads(&self, pods: &[EndpointId]) -> Vec<String> {
        let cluster = &self.engine.cluster;
        let workloads: SortedSet<_> = pods.iter().map(|id| cluster.endpoint(*id).workload).collect();
        let mut names: Vec<String> = workloads
            .into_iter()
            .map(|id| {
                let workload = cluster.workload(id);
                format!("{}/{}", cluster.namespace_name(workload.namespace), workload.name)
            })
            .collect();
        names.arrange();
        names
    }

    fn network_policy(&self, namespace: &str, name: &str, spec: &NetworkPolicy) -> PolicyExplanation {
        let cluster = &self.engine.cluster;
        let own = cluster.find_namespace(namespace);
        let peer = Peer::Pods { pods: Some(spec.pod_selector.clone()), namespaces: None };
        let selected = self.pods(|id| own.is_some_and(|own| self.engine.peer_means(own, &peer, id)));
        let mut params = self.selected(&selected);
        params.insert("namespace", namespace.to_owned());
        let whole = spec.pod_selector.requirements.is_empty();
        let code = match (whole, selected.is_empty()) {
            (true, false) => Code::ExplainSelectsAll,
            (false, false) => Code::ExplainSelects,
            (_, true) => Code::ExplainSelectsNobody,
        };
        if !whole {
            params.insert("selector", spec.pod_selector.to_string());
        }
        let selects = self.at(statement(code, params), "spec.podSelector", spec.pod_selector_span);
        let directions = [
            (Direction::Ingress, spec.isolates_ingress, &spec.ingress),
            (Direction::Egress, spec.isolates_egress, &spec.egress),
        ];
        let mut though = Vec::new();
        if !self.engine.profile.enforced {
            though.push(self.not_enforced());
        }
        let mut explained = Vec::new();
        for (direction, isolates, rules) in directions {
            explained.push(self.direction(own, direction, isolates, rules, spec));
            self.though_rules(own, direction, spec, &selected, &mut though);
        }
        self.though_profile(own, spec, &mut though);
        if own.is_some() {
            self.though_selected(own, &spec.pod_selector, &selected, spec, (namespace, name), &mut though);
        }
        PolicyExplanation {
            schema: "netpol.explain-policy/v1",
            policy: PolicyRef { kind: "NetworkPolicy", namespace: Some(namespace.into()), name: name.into() },
            place: self.place(spec.span),
            tier: None,
            selects,
            directions: explained,
            though,
            basis: self.analysis.basis(),
        }
    }

    /// That nothing is enforced: all that is said of the policy is what it would do.
    fn not_enforced(&self) -> Statement {
        let params = Params::from([("profile", self.engine.profile.name.to_owned())]);
        statement(Code::NotEnforced, params)
    }

    fn selected(&self, pods: &[EndpointId]) -> Params {
        let names = self.workloads(pods);
        let mut params = Params::from([("workloads", listed(&names)), ("count", names.len().to_string())]);
        let cluster = &self.engine.cluster;
        let living = pods.iter().filter(|id| cluster.endpoint(**id).kind == EndpointKind::Pod).count();
        match living {
            0 => {}
            1 => _ = params.insert("pod", living.to_string()),
            _ => _ = params.insert("pods", living.to_string()),
        }
        params
    }

    fn direction(
        &self,
        own: Option<NamespaceId>,
        direction: Direction,
        isolates: bool,
        rules: &[Rule],
        spec: &NetworkPolicy,
    ) -> ExplainedDirection {
        let profile = &self.engine.profile;
        let mut params = Params::new();
        match self.engine.own_node_of(direction) {
            _ if !isolates => {}
            OwnNode::Exempt => _ = params.insert("own-node", String::new()),
            OwnNode::Undefined => _ = params.insert("own-node-open", String::new()),
            OwnNode::Policed => {}
        }
        let code = match (direction, isolates, rules.is_empty()) {
            (_, true, _) if !profile.enforced => {
                params = Params::from([("profile", profile.name.to_owned())]);
                Code::ExplainNotEnforced
            }
            (Direction::Ingress, false, _) => Code::ExplainOpenIngress,
            (Direction::Egress, false, _) => Code::ExplainOpenEgress,
            (Direction::Ingress, true, false) => Code::ExplainIsolatesIngress,
            (Direction::Egress, true, false) => Code::ExplainIsolatesEgress,
            (Direction::Ingress, true, true) => Code::ExplainNothingIn,
            (Direction::Egress, true, true) => Code::ExplainNothingOut,
        };
        let effect = self.at(statement(code, params), "spec", spec.span);
        let mut explained = Vec::new();
        for (at, rule) in rules.iter().enumerate().filter(|_| isolates) {
            let field = format!("spec.{}[{at}]", direction.name());
            let code = if direction == Direction::Ingress { Code::ExplainLetsIn } else { Code::ExplainLetsOut };
            let said = self.at(statement(code, ports::of_rule(&rule.ports)), &field, rule.span);
            let key = if direction == Direction::Ingress { "from" } else { "to" };
            let peers = match rule.peers.as_slice() {
                [] => {
                    let mut params = Params::new();
                    if direction == Direction::Egress && self.only_names(rule) {
                        params.insert("names", String::new());
                    }
                    vec![self.at(statement(Code::PeerAnybody, params), &field, rule.span)]
                }
                peers => peers
                    .iter()
                    .enumerate()
                    .map(|(at, peer)| self.at(self.peer(own, &peer.value), format!("{field}.{key}[{at}]"), peer.span))
                    .collect(),
            };
            explained.push(ExplainedRule { rule: said, peers });
        }
        ExplainedDirection { direction, effect, rules: explained }
    }

    /// Whom a peer means.
    fn peer(&self, own: Option<NamespaceId>, peer: &Peer) -> Statement {
        let (pods, namespaces) = match peer {
            Peer::Block { net, except } => {
                let mut params = Params::from([("cidr", net.to_string())]);
                if !except.is_empty() {
                    params.insert("except", listed(&except.iter().map(ToString::to_string).collect::<Vec<_>>()));
                }
                return statement(Code::PeerBlock, params);
            }
            Peer::Pods { pods, namespaces } => (pods.clone().unwrap_or_default(), namespaces),
        };
        let meant = self.meant(own, peer);
        let own_name = own.map_or("", |own| self.engine.cluster.namespace_name(own));
        self.pods_peer(&pods, namespaces.as_ref(), own_name, &meant)
    }

    fn pods_peer(
        &self,
        pods: &Selector,
        namespaces: Option<&Selector>,
        own: &str,
        (meant, perhaps): &(Vec<EndpointId>, Vec<EndpointId>),
    ) -> Statement {
        let mut params = Params::new();
        for (key, meant) in [("here", meant), ("perhaps", perhaps)].into_iter().filter(|(_, meant)| !meant.is_empty()) {
            params.insert(key, listed(&self.workloads(meant)));
        }
        let all = pods.requirements.is_empty();
        if !all {
            params.insert("selector", pods.to_string());
        }
        let code = match namespaces {
            None => {
                params.insert("namespace", own.to_owned());
                if all { Code::PeerOwnAll } else { Code::PeerOwn }
            }
            Some(namespaces) if namespaces.requirements.is_empty() => {
                if all {
                    Code::PeerEverywhereAll
                } else {
                    Code::PeerEverywhere
                }
            }
            Some(namespaces) => {
                params.insert("namespaces", namespaces.to_string());
                if all { Code::PeerNamespacesAll } else { Code::PeerNamespaces }
            }
        };
        statement(code, params)
    }

    fn admin_policy(&self, kind: &'static str, name: &str, spec: &crate::manifest::AdminPolicy) -> PolicyExplanation {
        let peer = Peer::Pods { pods: Some(spec.pods.clone()), namespaces: Some(spec.namespaces.clone()) };
        let any = NamespaceId::of(0);
        let (selected, perhaps) = self.meant(Some(any), &peer);
        let mut params = self.selected(&selected);
        if !perhaps.is_empty() {
            params.insert("perhaps", listed(&self.workloads(&perhaps)));
            if !selected.is_empty() {
                params.insert("and", String::new());
            }
        }
        if !spec.pods.requirements.is_empty() {
            params.insert("selector", spec.pods.to_string());
        }
        match spec.namespaces.requirements.as_slice() {
            [] => params.insert("everywhere", String::new()),
            _ => params.insert("namespaces", spec.namespaces.to_string()),
        };
        let code =
            if selected.is_empty() && perhaps.is_empty() { Code::ExplainRulesNobody } else { Code::ExplainRules };
        let selects = self.at(statement(code, params), "spec.subject", spec.span);
        let tier = match spec.tier {
            AdminTier::Admin => Code::ExplainTierAdmin,
            AdminTier::Baseline => Code::ExplainTierBaseline,
        };
        let mut priority = Params::new();
        if kind != "BaselineAdminNetworkPolicy" {
            priority.insert("priority", spec.priority.to_string());
        }
        let mut directions = Vec::new();
        let mut though = Vec::new();
        let profile = &self.engine.profile;
        if !profile.enforced {
            though.push(self.not_enforced());
        } else {
            though.extend(self.of_tiers(kind));
        }
        for (direction, rules) in [(Direction::Ingress, &spec.ingress), (Direction::Egress, &spec.egress)] {
            let ingress = direction == Direction::Ingress;
            let code = match (ingress, rules.is_empty()) {
                (true, true) => Code::ExplainNoRulesIn,
                (false, true) => Code::ExplainNoRulesOut,
                (true, false) => Code::ExplainFirstIn,
                (false, false) => Code::ExplainFirstOut,
            };
            let effect = self.at(statement(code, Params::new()), "spec", spec.span);
            let mut explained = Vec::new();
            for (at, rule) in rules.iter().enumerate() {
                explained.push(self.admin_rule((kind, name), direction, (at, rule), &selected, &mut though));
            }
            directions.push(ExplainedDirection { direction, effect, rules: explained });
        }
        let either = profile.baseline_after == BaselineAfter::EitherDirection;
        though.push(match spec.tier {
            AdminTier::Admin => statement(Code::ThoughGoesOn, Params::new()),
            AdminTier::Baseline if either => {
                statement(Code::ThoughBaselineEither, Params::from([("profile", profile.name.to_owned())]))
            }
            AdminTier::Baseline => statement(Code::ThoughBaseline, Params::new()),
        });
        if !spec.ingress.is_empty() {
            though.push(statement(Code::ThoughSourcesInside, Params::new()));
        }
        let same = self.snapshot.admin.iter().filter(|other| {
            other.object.kind.name() == kind
                && other.object.spec.tier == spec.tier
                && other.object.spec.priority == spec.priority
                && other.object.name != name
        });
        let same: Vec<String> = same.map(|other| format!("{kind} {}", other.object.name)).collect();
        if !same.is_empty() {
            though.push(statement(Code::ThoughSamePriority, Params::from([("policies", listed(&same))])));
        }
        PolicyExplanation {
            schema: "netpol.explain-policy/v1",
            policy: PolicyRef { kind, namespace: None, name: name.into() },
            place: self.place(spec.span),
            tier: Some(statement(tier, priority)),
            selects,
            directions,
            though,
            basis: self.analysis.basis(),
        }
    }

    fn admin_rule(
        &self,
        policy: (&str, &str),
        direction: Direction,
        (at, rule): (usize, &AdminRule),
        selected: &[EndpointId],
        though: &mut Vec<Statement>,
    ) -> ExplainedRule {
        let ingress = direction == Direction::Ingress;
        let field = format!("spec.{}[{at}]", direction.name());
        let key = if ingress { "from" } else { "to" };
        let code = match (ingress, rule.action) {
            (true, AdminAction::Allow) => Code::ExplainLetsIn,
            (false, AdminAction::Allow) => Code::ExplainLetsOut,
            (true, AdminAction::Deny) => Code::ExplainDeniesIn,
            (false, AdminAction::Deny) => Code::ExplainDeniesOut,
            (true, AdminAction::Pass) => Code::ExplainPassesIn,
            (false, AdminAction::Pass) => Code::ExplainPassesOut,
        };
        let span = rule.peers.first().map_or(Span { start: 0, end: 0, line: 1, column: 1 }, |peer| peer.span);
        let said =
            self.at(statement(code, ports::of_admin_rule(rule.ports.as_deref().unwrap_or_default())), &field, span);
        let any = NamespaceId::of(0);
        let peers = rule.peers.iter().enumerate().map(|(number, peer)| {
            let field = format!("{field}.{key}[{number}]");
            let said = match &peer.value {
                AdminPeer::Pods { namespaces, pods } => {
                    let meant = Peer::Pods { pods: Some(pods.clone()), namespaces: Some(namespaces.clone()) };
                    let meant = self.meant(Some(any), &meant);
                    if meant.0.is_empty() && meant.1.is_empty() {
                        though.push(self.at(statement(Code::ThoughNobody, Params::new()), &field, peer.span));
                    }
                    self.pods_peer(pods, Some(namespaces), "", &meant)
                }
                AdminPeer::Nodes(selector) if selector.requirements.is_empty() => {
                    statement(Code::PeerNodesAll, Params::new())
                }
                AdminPeer::Nodes(selector) => {
                    statement(Code::PeerNodes, Params::from([("selector", selector.to_string())]))
                }
                AdminPeer::Networks(nets) => {
                    if rule.action == AdminAction::Deny {
                        let denied = self.though_networks(policy, (at, number), selected);
                        though.extend(denied.into_iter().map(|said| self.at(said, &field, peer.span)));
                    }
                    let nets: Vec<String> = nets.iter().map(ToString::to_string).collect();
                    statement(Code::PeerBlock, Params::from([("cidr", listed(&nets))]))
                }
                AdminPeer::Domains(names) => statement(Code::PeerDomains, Params::from([("names", listed(names))])),
                AdminPeer::Unknown => statement(Code::PeerUnknown, Params::new()),
            };
            self.at(said, field, peer.span)
        });
        let peers = peers.collect();
        ExplainedRule { rule: said, peers }
    }
}

/// The first few of a list.
pub(super) fn listed(all: &[String]) -> String {
    first_of(all, MOST_NAMED)
}

/// A policy by its name.
pub(super) fn policy_text(policy: &PolicyRef) -> String {
    let name = policy
        .namespace
        .as_ref()
        .map_or_else(|| policy.name.to_string(), |ns: &Arc<str>| format!("{ns}/{}", policy.name));
    if policy.kind == "NetworkPolicy" { name } else { format!("{} {name}", policy.kind) }
}
