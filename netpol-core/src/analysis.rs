//! The value that embedders hold: built once, asked many times.

use crate::engine::Engine;
use crate::manifest::{ReadReport, Snapshot};
use crate::profile::Profile;
use crate::query::{
    self, Basis, CheckAnswer, EgressAnswer, EgressQuery, Group, IngressAnswer, IngressQuery, MatrixAnswer, MatrixQuery,
    PeerExpr, PortExpr, QueryError, Question, SummaryAnswer,
};
use ipnet::IpNet;

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
}

impl Analysis {
    /// Prepares a snapshot; a [`Profile`] alone serves as options.
    pub fn new(snapshot: Snapshot, options: impl Into<AnalysisOptions>) -> Self {
        let options = options.into();
        let engine = Engine::compile(
            &snapshot,
            options.profile,
            &options.pod_cidrs,
            &options.service_cidrs,
            &options.ignored_kinds,
        );
        let loaded = |kind: &String| snapshot.unmodelled.iter().any(|o| o.kind.is_named(std::slice::from_ref(kind)));
        Self {
            engine,
            ignored_kinds: options.ignored_kinds.iter().filter(|k| loaded(k)).cloned().collect(),
            default_namespace: snapshot.default_namespace.clone(),
            report: snapshot.report().clone(),
        }
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

    fn check_expr(
        &self,
        question: Question,
        from: &PeerExpr,
        to: &PeerExpr,
        port: &PortExpr,
    ) -> Result<CheckAnswer, QueryError> {
        let from = self.engine.resolve(from, &self.default_namespace)?;
        let to = self.engine.resolve(to, &self.default_namespace)?;
        let mut answer = query::check(&self.engine, question, &from, &to, port)?;
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
    /// As for [`check`](Self::check); a Service or node as a row; more than
    /// [`MAX_CONNECTIONS`](query::MAX_CONNECTIONS) connections.
    pub fn matrix(&self, query: &MatrixQuery) -> Result<MatrixAnswer, QueryError> {
        let (from, to) = (self.rows(query.from.as_deref())?, self.rows(query.to.as_deref())?);
        let port = query::parse_port(query.port.as_deref().unwrap_or("any"))?;
        let mut answer = query::matrix(&self.engine, &from, &to, &port, query.by)?;
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
        let mut answer = query::egress(&self.engine, query.clone(), &from, to.transpose()?.as_ref())?;
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
        let mut answer = query::ingress(&self.engine, query.clone(), &to)?;
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
        let mut answer = query::summary(&self.engine);
        self.complete(&mut answer.basis);
        answer
    }

    /// The pods of one side; none named: all.
    fn pods(&self, text: Option<&str>) -> Result<Group, QueryError> {
        let Some(text) = text else { return Ok(self.engine.everybody()) };
        self.engine.resolve(&query::parse_peer(text)?, &self.default_namespace)
    }

    /// The parties of one side of a table; none named: all pods and the outside.
    fn rows(&self, text: Option<&str>) -> Result<Group, QueryError> {
        let Some(text) = text else { return Ok(self.engine.everybody()) };
        let group = self.engine.resolve(&query::parse_peer(text)?, &self.default_namespace)?;
        if group.endpoints.is_empty() && group.addresses.is_empty() || group.name.is_some() {
            return Err(QueryError::not_a_row(text));
        }
        Ok(group)
    }

    /// Adds to a basis what only the reading knows.
    fn complete(&self, basis: &mut Basis) {
        basis.objects.clone_from(&self.report.kinds);
        basis.passed_over.clone_from(&self.report.other_kinds);
        basis.left_out.clone_from(&self.report.left_out);
        basis.ignored_kinds.clone_from(&self.ignored_kinds);
    }

    /// What was read.
    pub fn report(&self) -> &ReadReport {
        &self.report
    }
}
