//! The value that embedders hold: built once, asked many times.

use crate::diagnostic::{Diagnostic, Params};
use crate::engine::{AllPairs, Counters, Engine};
use crate::explain::Code;
use crate::graph::{self, GraphAnswer, GraphQuery};
use crate::manifest::{ReadReport, Snapshot};
use crate::model::WorkloadId;
use crate::profile::Profile;
use crate::query::{
    self, Basis, CheckAnswer, DiffAnswer, EgressAnswer, EgressQuery, Group, IngressAnswer, IngressQuery, MatrixAnswer,
    MatrixGroups, MatrixQuery, Note, PathsAnswer, PathsQuery, PathsQuestion, PeerExpr, PortExpr, QueryError, Question,
    SummaryAnswer, Vocabulary,
};
use crate::set::{Protocol, TrafficSet};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use ipnet::IpNet;
use std::borrow::Borrow;
use std::net::IpAddr;

/// What to know beside the snapshot.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct AnalysisOptions {
    /// What is assumed where the specification leaves a choice.
    pub profile: Profile,
    /// Where pods get their addresses, when no Node says so.
    pub pod_cidrs: Vec<IpNet>,
    /// Where Services get theirs.
    pub service_cidrs: Vec<IpNet>,
    /// Policy kinds that are not modelled, to act as if they were not loaded.
    pub ignored_kinds: Vec<String>,
    /// Addresses of domain names, in lower case and without a dot at the end: one entry for each
    /// address. A name that is here has no other addresses.
    pub names: Vec<(String, IpAddr)>,
}

impl From<Profile> for AnalysisOptions {
    fn from(profile: Profile) -> Self {
        Self { profile, ..Self::default() }
    }
}

/// A cluster and its policies, ready for questions.
#[derive(Clone, Debug)]
pub struct Analysis {
    engine: Engine,
    default_namespace: String,
    report: ReadReport,
    ignored_kinds: Vec<String>,
    /// Who carries what enters, if that was said.
    carriers: Option<Group>,
}

impl Analysis {
    /// Prepares a snapshot, or one that is lent; a [`Profile`] alone serves as options.
    pub fn new(snapshot: impl Borrow<Snapshot>, options: impl Into<AnalysisOptions>) -> Self {
        Self::prepared(snapshot.borrow(), options.into())
    }

    fn prepared(snapshot: &Snapshot, options: AnalysisOptions) -> Self {
        let engine = Engine::compile(
            snapshot,
            options.profile,
            &options.pod_cidrs,
            &options.service_cidrs,
            options.names.into(),
            &options.ignored_kinds,
        );
        let loaded = |kind: &String| snapshot.unmodelled.iter().any(|o| o.kind.is_named(std::slice::from_ref(kind)));
        Self {
            engine,
            ignored_kinds: options.ignored_kinds.iter().filter(|k| loaded(k)).cloned().collect(),
            default_namespace: snapshot.default_namespace.clone(),
            report: snapshot.report().clone(),
            carriers: None,
        }
    }

    /// The same, with the pods that carry what enters by Ingresses and routes, in place of those that
    /// are told by their labels; none: these.
    ///
    /// ```
    /// # use netpol_core::{Analysis, Inputs, Profile, ReadOptions, read};
    /// # let mut inputs = Inputs::default();
    /// # inputs.push("a.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: proxy, namespace: edge}}");
    /// let analysis = Analysis::new(read(&inputs, &ReadOptions::default()), Profile::GENERIC);
    /// assert!(analysis.clone().with_ingress_controllers(&["edge/proxy"]).is_ok());
    /// assert!(analysis.with_ingress_controllers(&["edge/nobody"]).is_err());
    /// ```
    ///
    /// # Errors
    /// A peer of no form of the grammar, a name that nothing or more than one thing has, a Service.
    pub fn with_ingress_controllers(mut self, peers: &[impl AsRef<str>]) -> Result<Self, QueryError> {
        let mut all = Group::default();
        for peer in peers.iter().map(AsRef::as_ref) {
            let group = self.rows(Some(peer))?;
            all.endpoints.extend(group.endpoints);
            all.nodes.extend(group.nodes);
            all.addresses = all.addresses.union(&group.addresses);
        }
        all.endpoints.arrange();
        all.endpoints.dedup();
        all.nodes.arrange();
        all.nodes.dedup();
        self.carriers = (!all.is_empty()).then_some(all);
        Ok(self)
    }

    /// Adds the rows of the controller that carries what enters, where the profile has it in tables.
    fn with_controller(&self, matrix: &mut MatrixAnswer, query: &MatrixQuery, to: &Group) -> Result<(), QueryError> {
        let whole = query.from.is_none() && query.by == query::Grain::Workload;
        if !whole || !self.engine.profile.entries_to_declared_ports {
            return Ok(());
        }
        let rows = self.engine.controller_rows(to, &matrix.traffic)?;
        if let Some(first) = rows.first() {
            matrix.endpoints.push(first.from.clone());
            matrix.endpoints.arrange();
            matrix.connections.extend(rows);
            matrix.connections.arrange();
        }
        Ok(())
    }

    /// Answers *can `from` reach `to` on `port`?* with the grammar of the command line:
    /// [`parse_peer`](query::parse_peer) and [`parse_port`](query::parse_port). An empty port asks
    /// for every port of TCP, UDP and SCTP.
    ///
    /// # Errors
    /// A peer or port of no form of the grammar, a name that nothing or more than one thing has,
    /// a pod that has finished, a port that a Service or pod does not have.
    pub fn check(&self, from: &str, to: &str, port: &str) -> Result<CheckAnswer, QueryError> {
        let port = if port.is_empty() { "any" } else { port };
        let question = Question { from: from.to_owned(), to: to.to_owned(), port: port.to_owned() };
        self.check_expr(question, &query::parse_peer(from)?, &query::parse_peer(to)?, &query::parse_port(port)?)
    }

    /// The Services whose port, or target port, this is at those who are asked: each with the other of
    /// the two.
    pub(crate) fn services_before(&self, to: &str, port: &str) -> Vec<(String, String)> {
        let resolved = query::parse_peer(to).and_then(|to| self.engine.resolve(&to, &self.default_namespace));
        let Ok(group) = resolved else { return Vec::new() };
        let Ok(PortExpr::Set(asked)) = query::parse_port(port) else { return Vec::new() };
        let cluster = &self.engine.cluster;
        let mut found = SortedSet::new();
        for service in &cluster.services {
            let behind = || service.backends.iter().flatten().filter(|id| group.endpoints.contains(id));
            let name = format!("{}/{}", cluster.namespace_name(service.namespace), service.name);
            for of in &service.ports {
                let own = TrafficSet::port(of.protocol, of.port);
                for target in behind().map(|pod| cluster.target_of(of, *pod)).filter(|target| *target != own) {
                    let other = if asked == own { &target } else { &own };
                    if asked == own || asked == target {
                        let (protocol, number) = other.first().unwrap_or((of.protocol, of.port));
                        let text = format!("{number}/{}", protocol.name().to_ascii_lowercase());
                        found.insert((name.clone(), text));
                    }
                }
            }
        }
        found.into_iter().collect()
    }

    fn check_expr(
        &self,
        question: Question,
        from: &PeerExpr,
        to: &PeerExpr,
        port: &PortExpr,
    ) -> Result<CheckAnswer, QueryError> {
        let from = self.engine.resolve(from, &self.default_namespace)?;
        let to = self.engine.resolve(to, &self.default_namespace)?;
        // Rules about domain names tell of a name what they do not tell of an address.
        let of_name = to.name.as_deref().or_else(|| self.engine.external_name(&to));
        let of_name = of_name.and_then(|name| self.engine.for_name(name));
        let mut answer = query::check(of_name.as_ref().unwrap_or(&self.engine), question, &from, &to, port)?;
        self.complete(&mut answer.basis);
        Ok(answer)
    }

    /// Every pair at once: what each row may send to each column.
    ///
    /// ```
    /// # use netpol_core::{Analysis, Inputs, Profile, ReadOptions, query::MatrixQuery, read};
    /// # let mut inputs = Inputs::default();
    /// # inputs.push("a.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: b}}");
    /// # let analysis = Analysis::new(read(&inputs, &ReadOptions::default()), Profile::GENERIC);
    /// let mut query = MatrixQuery::default();
    /// query.from = Some("*/*".to_owned());
    /// query.to = Some("*/*".to_owned());
    /// let matrix = analysis.matrix(&query)?;
    /// assert_eq!(matrix.connections.len(), 2);
    /// # Ok::<(), netpol_core::query::QueryError>(())
    /// ```
    ///
    /// # Errors
    /// As for [`check`](Self::check); a Service as a row; more than
    /// [`MAX_CONNECTIONS`](query::MAX_CONNECTIONS) connections.
    pub fn matrix(&self, query: &MatrixQuery) -> Result<MatrixAnswer, QueryError> {
        let (from, to) = (self.rows(query.from.as_deref())?, self.rows(query.to.as_deref())?);
        let port = self.port_of(query, &to)?;
        let mut answer = query::matrix(&self.engine, &from, &to, &port, query.by, query::Most::OF_A_TABLE)?;
        self.with_controller(&mut answer, query, &to)?;
        self.complete(&mut answer.basis);
        Ok(answer)
    }

    /// The connectivity graph: the connections of [`matrix`](Self::matrix) as edges, between
    /// workloads or, when there are too many of these, between namespaces.
    ///
    /// ```
    /// # use netpol_core::{Analysis, Inputs, Profile, ReadOptions, graph::GraphQuery, read};
    /// # let mut inputs = Inputs::default();
    /// # inputs.push("a.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: b}}");
    /// # let analysis = Analysis::new(read(&inputs, &ReadOptions::default()), Profile::GENERIC);
    /// let graph = analysis.graph(&GraphQuery::default())?;
    /// // Two pods and the outside, each with the others; both pods are open to all.
    /// assert_eq!((graph.nodes.len(), graph.edges.len()), (3, 6));
    /// assert_eq!(graph.nodes.iter().filter(|n| n.open_to_all).count(), 2);
    /// # Ok::<(), netpol_core::query::QueryError>(())
    /// ```
    ///
    /// # Errors
    /// As for [`matrix`](Self::matrix); more than [`MOST_PAIRS`](graph::MOST_PAIRS) pairs of pods that
    /// policies can tell apart, and between which something may pass.
    pub fn graph(&self, query: &GraphQuery) -> Result<GraphAnswer, QueryError> {
        let (from, to) = (self.rows(query.from.as_deref())?, self.rows(query.to.as_deref())?);
        let port = query::parse_port(query.port.as_deref().unwrap_or("any"))?;
        let cluster = &self.engine.cluster;
        let endpoints = from.endpoints.iter().chain(&to.endpoints);
        let workloads: SortedSet<WorkloadId> = endpoints.map(|id| cluster.endpoint(*id).workload).collect();
        let mut counts: SortedMap<&str, usize> = SortedMap::new();
        for id in &workloads {
            *counts.entry(cluster.namespace_name(cluster.workload(*id).namespace)).or_default() += 1;
        }
        let most = query::Most { pairs: graph::MOST_PAIRS, error: QueryError::too_many_pairs };
        let grain = query.by.grain(workloads.len());
        let mut matrix = query::matrix(&self.engine, &from, &to, &port, grain, most)?;
        let rows = MatrixQuery { by: grain, from: query.from.clone(), ..MatrixQuery::default() };
        self.with_controller(&mut matrix, &rows, &to)?;
        self.complete(&mut matrix.basis);
        Ok(graph::build(matrix, query.from.is_none(), &counts))
    }

    /// Chains of hops, as somebody moves who has taken over a pod: the shortest from one place to
    /// another, or all that can be reached from one.
    ///
    /// ```
    /// # use netpol_core::{Analysis, Inputs, Profile, ReadOptions, query::PathsQuery, read};
    /// # let mut inputs = Inputs::default();
    /// # inputs.push("a.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: b}}");
    /// # let analysis = Analysis::new(read(&inputs, &ReadOptions::default()), Profile::GENERIC);
    /// let mut query = PathsQuery::default();
    /// query.from = "a".to_owned();
    /// let around = analysis.paths(&query)?.blast_radius.unwrap_or_else(|| unreachable!());
    /// assert_eq!(around.workloads, 1);
    /// query.to = Some("b".to_owned());
    /// query.port = Some("80".to_owned());
    /// assert!(analysis.paths(&query)?.found());
    /// # Ok::<(), netpol_core::query::QueryError>(())
    /// ```
    ///
    /// # Errors
    /// As for [`check`](Self::check); a Service or node as an end; two ends outside; a cluster of
    /// more groups that policies can tell apart than can be searched in some seconds.
    pub fn paths(&self, query: &PathsQuery) -> Result<PathsAnswer, QueryError> {
        // No chain leads through a node.
        let end = |text: &str| match self.rows(Some(text))? {
            group if group.endpoints.is_empty() && group.addresses.is_empty() => Err(QueryError::not_a_row(text)),
            group => Ok(group),
        };
        let (from, to) = (end(&query.from)?, query.to.as_deref().map(end).transpose()?);
        let (port, via) = (query.port.as_deref().unwrap_or("any"), query.via_port.as_deref().unwrap_or("any"));
        let question = PathsQuestion {
            from: query.from.clone(),
            to: query.to.clone(),
            port: port.to_owned(),
            via_port: via.to_owned(),
            undefined: query.undefined,
        };
        let (port, via) = (query::parse_port(port)?, query::parse_port(via)?);
        let mut answer = query::paths(&self.engine, question, &from, to.as_ref(), &port, &via)?;
        self.complete(&mut answer.basis);
        Ok(answer)
    }

    /// What each workload can reach outside of the cluster, name resolution, metadata services and
    /// the API server told apart; with `to`, who can reach that.
    ///
    /// ```
    /// # use netpol_core::{Analysis, Inputs, Profile, ReadOptions, query::EgressQuery, read};
    /// # let mut inputs = Inputs::default();
    /// # inputs.push("a.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x}}\n---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: dns, namespace: x}, spec: {podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 53, protocol: UDP}]}]}}");
    /// # let analysis = Analysis::new(read(&inputs, &ReadOptions::default()), Profile::GENERIC);
    /// let egress = analysis.egress(&EgressQuery::default())?;
    /// assert_eq!(egress.workloads[0].outside[0].allow.to_string(), "UDP 53");
    /// assert!(egress.workloads[0].findings.iter().any(|f| f.code.code() == "tunnel-possible"));
    /// # Ok::<(), netpol_core::query::QueryError>(())
    /// ```
    ///
    /// # Errors
    /// As for [`check`](Self::check); something else than pods to leave from, or than addresses
    /// outside to go to.
    pub fn egress(&self, query: &EgressQuery) -> Result<EgressAnswer, QueryError> {
        let from = self.pods(query.from.as_deref())?;
        let to = query.to.as_deref().map(|to| self.engine.resolve(&query::parse_peer(to)?, &self.default_namespace));
        let to = to.transpose()?;
        let of_name = to.as_ref().and_then(|to| to.name.as_deref()).and_then(|name| self.engine.for_name(name));
        let engine = of_name.as_ref().unwrap_or(&self.engine);
        let mut answer = query::egress(engine, query.clone(), &from, to.as_ref())?;
        self.complete(&mut answer.basis);
        Ok(answer)
    }

    /// Who can reach each workload: pods, nodes and addresses outside, each with its ports.
    ///
    /// ```
    /// # use netpol_core::{Analysis, Inputs, Profile, ReadOptions, query::IngressQuery, read};
    /// # let mut inputs = Inputs::default();
    /// # inputs.push("a.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: b, namespace: x}}");
    /// # let analysis = Analysis::new(read(&inputs, &ReadOptions::default()), Profile::GENERIC);
    /// let mut query = IngressQuery::default();
    /// query.to = Some("x/a".to_owned());
    /// let ingress = analysis.ingress(&query)?;
    /// assert!(ingress.workloads[0].inside[0].everybody);
    /// # Ok::<(), netpol_core::query::QueryError>(())
    /// ```
    ///
    /// # Errors
    /// As for [`check`](Self::check); something else than pods; more pairs than are looked at.
    pub fn ingress(&self, query: &IngressQuery) -> Result<IngressAnswer, QueryError> {
        let to = self.pods(query.to.as_deref())?;
        let mut answer = query::ingress(&self.engine, query.clone(), &to, self.carriers.as_ref())?;
        self.complete(&mut answer.basis);
        Ok(answer)
    }

    /// Who is isolated and who is open, what is worst, and what to ask next.
    ///
    /// ```
    /// # use netpol_core::{Analysis, Inputs, Profile, ReadOptions, read};
    /// # let mut inputs = Inputs::default();
    /// # inputs.push("a.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x}}");
    /// # let analysis = Analysis::new(read(&inputs, &ReadOptions::default()), Profile::GENERIC);
    /// let summary = analysis.summary();
    /// assert_eq!((summary.total.workloads, summary.total.egress_isolated), (1, 0));
    /// assert_eq!(summary.findings[0].code.code(), "open-both-ways");
    /// ```
    pub fn summary(&self) -> SummaryAnswer {
        let mut answer = query::summary(&self.engine, self.carriers.as_ref());
        self.complete(&mut answer.basis);
        answer
    }

    /// The names that the cluster knows, for completion.
    ///
    /// ```
    /// # use netpol_core::{Analysis, Inputs, Profile, ReadOptions, read};
    /// # let mut inputs = Inputs::default();
    /// # inputs.push("a.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x, labels: {app: a}}}");
    /// # let analysis = Analysis::new(read(&inputs, &ReadOptions::default()), Profile::GENERIC);
    /// let words = analysis.vocabulary();
    /// assert_eq!(words.workloads, ["x/a"]);
    /// assert_eq!(words.pod_labels, [("app".to_owned(), vec!["a".to_owned()])]);
    /// ```
    pub fn vocabulary(&self) -> Vocabulary {
        query::vocabulary(&self.engine)
    }

    /// The pods of one side; none named: all.
    fn pods(&self, text: Option<&str>) -> Result<Group, QueryError> {
        let Some(text) = text else { return Ok(self.engine.everybody()) };
        self.engine.resolve(&query::parse_peer(text)?, &self.default_namespace)
    }

    /// The same as two factors, egress and ingress, of groups of pods that are alike: what scales.
    /// What the query's rows are (`by`) has no meaning here.
    ///
    /// # Errors
    /// As for [`check`](Self::check); a Service as a row.
    pub fn matrix_groups(&self, query: &MatrixQuery) -> Result<MatrixGroups, QueryError> {
        let (from, to) = (self.rows(query.from.as_deref())?, self.rows(query.to.as_deref())?);
        let port = self.port_of(query, &to)?;
        let mut answer = query::matrix_groups(&self.engine, &from, &to, &port);
        self.complete(&mut answer.basis);
        Ok(answer)
    }

    /// The traffic of a table; a name that no destination declares is a mistake.
    fn port_of(&self, query: &MatrixQuery, to: &Group) -> Result<PortExpr, QueryError> {
        let text = query.port.as_deref().unwrap_or("any");
        let port = query::parse_port(text)?;
        if let PortExpr::Named(name, protocol) = &port
            && to.endpoints.iter().all(|id| self.engine.declared(*id, name, *protocol).is_empty())
        {
            return Err(self.engine.unknown_port_name(text, query.to.as_deref().unwrap_or("*/*"), &to.endpoints));
        }
        Ok(port)
    }

    /// The parties of one side of a table; none named: all pods, nodes and the outside.
    fn rows(&self, text: Option<&str>) -> Result<Group, QueryError> {
        let Some(text) = text else { return Ok(self.engine.everybody()) };
        let group = self.engine.resolve(&query::parse_peer(text)?, &self.default_namespace)?;
        let nobody = group.endpoints.is_empty() && group.nodes.is_empty() && group.addresses.is_empty();
        if nobody || group.name.is_some() {
            return Err(QueryError::not_a_row(text));
        }
        Ok(group)
    }

    /// What decides.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Who carries what enters, if that was said.
    pub(crate) fn carriers(&self) -> Option<&Group> {
        self.carriers.as_ref()
    }

    /// What answers about everything rest on.
    pub(crate) fn basis(&self) -> Basis {
        let mut basis = self.engine.basis_of_all();
        self.complete(&mut basis);
        basis
    }

    /// The namespace of peers that name none.
    pub(crate) fn default_namespace(&self) -> &str {
        &self.default_namespace
    }

    /// Adds to a basis what only the reading knows.
    pub(crate) fn complete(&self, basis: &mut Basis) {
        basis.objects.clone_from(&self.report.kinds);
        basis.passed_over.clone_from(&self.report.other_kinds);
        basis.left_out.clone_from(&self.report.left_out);
        basis.ignored_kinds.clone_from(&self.ignored_kinds);
        let profile = &self.engine.profile;
        if let Some(known) = Profile::by_name(profile.name) {
            let changed = profile.differences(&known).map(|option| (option.code(), profile.value(option)));
            basis.profile_options = changed.map(|(code, value)| (code, value.to_owned())).collect();
        }
        let about = |code, params: Params| Note { code, params };
        if !profile.enforced {
            let params = Params::from([("profile", profile.name.to_owned())]);
            basis.assumptions.insert(0, about(Code::NotEnforced, params));
        } else if profile.name == Profile::GENERIC.name
            && let Some((name, object)) = self.engine.cluster.plugin()
        {
            let params = Params::from([("profile", name.to_owned()), ("object", object)]);
            basis.assumptions.push(about(Code::ProfileSuggested, params));
            basis.assumptions.arrange();
        }
    }

    /// The same cluster with the NetworkPolicies of a snapshot put in; those of the same namespace
    /// and name are replaced. Only what they concern is decided anew. Other objects of the snapshot
    /// are left aside: a new pod needs a new [`Analysis`].
    ///
    /// ```
    /// # use netpol_core::{Analysis, Inputs, Profile, ReadOptions, query::Verdict, read};
    /// # let read = |text: &str| {
    /// #     let mut inputs = Inputs::default();
    /// #     inputs.push("a.yaml", text);
    /// #     read(&inputs, &ReadOptions::default())
    /// # };
    /// let pods = "{apiVersion: v1, kind: Pod, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: b}}";
    /// let deny = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny}, spec: {podSelector: {}}}";
    /// let open = Analysis::new(read(pods), Profile::GENERIC);
    /// let closed = open.with_policies(&read(deny));
    /// assert_eq!(closed.check("a", "b", "80")?.verdict, Verdict::Deny);
    /// let open = closed.without_policy("default", "deny").ok_or("no such policy")?;
    /// assert_eq!(open.check("a", "b", "80")?.verdict, Verdict::Allow);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_policies(&self, changes: &Snapshot) -> Self {
        let engine = self.engine.edited(&[], changes);
        let mut report = self.report.clone();
        report.diagnostics.extend(changes.report().diagnostics.iter().cloned());
        self.edited(engine, report)
    }

    /// The same cluster without a NetworkPolicy; none: there is none of that name.
    #[must_use]
    pub fn without_policy(&self, namespace: &str, name: &str) -> Option<Self> {
        let engine = self.engine.edited(&[(namespace, name)], &Snapshot::default());
        let fewer = engine.counters().policies < self.engine.counters().policies;
        fewer.then(|| self.edited(engine, self.report.clone()))
    }

    /// The same cluster with rules of a policy as `keep` leaves them.
    pub(crate) fn with_rules(&self, policy: u32, keep: impl FnMut(&mut crate::ir::Rule) -> bool) -> Self {
        self.edited(self.engine.with_rules(policy, keep), self.report.clone())
    }

    /// The same cluster with the policies of `removed` out and those of a snapshot in, in place of
    /// this one; what was found in the input is then `diagnostics`.
    pub(crate) fn into_edited(
        mut self,
        removed: &[(&str, &str)],
        added: &Snapshot,
        diagnostics: Vec<Diagnostic>,
    ) -> Self {
        self.engine = self.engine.into_edited(removed, added);
        self.report.diagnostics = diagnostics;
        self.count_policies();
        self
    }

    fn edited(&self, engine: Engine, report: ReadReport) -> Self {
        let (default_namespace, ignored_kinds) = (self.default_namespace.clone(), self.ignored_kinds.clone());
        let carriers = self.carriers.clone();
        let mut edited = Self { engine, default_namespace, report, ignored_kinds, carriers };
        edited.count_policies();
        edited
    }

    /// Brings the report's count of policies up to date.
    fn count_policies(&mut self) {
        match self.engine.network_policies() {
            0 => self.report.kinds.remove("NetworkPolicy"),
            count => self.report.kinds.insert("NetworkPolicy", count),
        };
    }

    /// What changed from this state of a cluster to another.
    ///
    /// ```
    /// # use netpol_core::{Analysis, Inputs, Profile, ReadOptions, read};
    /// # let read = |text: &str| {
    /// #     let mut inputs = Inputs::default();
    /// #     inputs.push("a.yaml", text);
    /// #     Analysis::new(read(&inputs, &ReadOptions::default()), Profile::GENERIC)
    /// # };
    /// let pods = "{apiVersion: v1, kind: Pod, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: b}}";
    /// let deny = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny}, spec: {podSelector: {}}}";
    /// let (open, closed) = (read(pods), read(&format!("{pods}\n---\n{deny}")));
    /// assert!(open.diff(&open)?.same);
    /// assert!(!open.diff(&closed)?.changes.is_empty());
    /// # Ok::<(), netpol_core::query::QueryError>(())
    /// ```
    ///
    /// # Errors
    /// Too many pairs that can be told apart to compare them.
    pub fn diff(&self, after: &Self) -> Result<DiffAnswer, QueryError> {
        self.diff_on(after, &query::PortExpr::Any)
    }

    /// What differs of everything that is sent, ICMP included.
    pub(crate) fn diff_of_all(&self, after: &Self) -> Result<DiffAnswer, QueryError> {
        let port = query::PortExpr::Set(TrafficSet::all());
        self.diff_on(after, &port)
    }

    fn diff_on(&self, after: &Self, port: &query::PortExpr) -> Result<DiffAnswer, QueryError> {
        self.diff_of(after, [self, after].map(|of| query::Asked::everything(&of.engine)), port)
    }

    /// What differs of the rows and columns that a table has.
    pub(crate) fn diff_within(&self, after: &Self, query: &MatrixQuery) -> Result<DiffAnswer, QueryError> {
        let rows =
            |of: &Self| Ok(query::Asked { from: of.rows(query.from.as_deref())?, to: of.rows(query.to.as_deref())? });
        let asked = [rows(self)?, rows(after)?];
        let port = self.port_of(query, &asked[0].to)?;
        self.diff_of(after, asked, &port)
    }

    fn diff_of(
        &self,
        after: &Self,
        asked: [query::Asked; 2],
        port: &query::PortExpr,
    ) -> Result<DiffAnswer, QueryError> {
        let mut answer = query::diff(&self.engine, &after.engine, asked, port)?;
        self.complete(&mut answer.before);
        after.complete(&mut answer.after);
        Ok(answer)
    }

    /// Decides every pair: how many are allowed on a port of a protocol, with a digest of all
    /// verdicts on all traffic.
    pub fn all_pairs(&self, protocol: Protocol, port: u16) -> AllPairs {
        self.engine.all_pairs(protocol, port)
    }

    /// How much there is to tell apart, and how much work was done so far. The numbers depend on
    /// the input and the questions alone.
    pub fn counters(&self) -> Counters {
        self.engine.counters()
    }

    /// Those that a peer means.
    pub(crate) fn group(&self, peer: &str) -> Result<Group, QueryError> {
        self.engine.resolve(&query::parse_peer(peer)?, &self.default_namespace)
    }

    /// What was read.
    pub fn report(&self) -> &ReadReport {
        &self.report
    }
}
