//! The value that embedders hold: built once, asked many times.

use crate::engine::{AllPairs, Counters, Engine};
use crate::manifest::{ReadReport, Snapshot};
use crate::profile::Profile;
use crate::query::{
    self, Basis, CheckAnswer, Group, MatrixAnswer, MatrixGroups, MatrixQuery, PeerExpr, PortExpr, QueryError, Question,
};
use crate::set::Protocol;
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
        let port = self.port_of(query, &to)?;
        let mut answer = query::matrix(&self.engine, &from, &to, &port, query.by)?;
        self.complete(&mut answer.basis);
        Ok(answer)
    }

    /// The same as two factors, egress and ingress, of groups of pods that are alike: what scales.
    /// What the query's rows are (`by`) has no meaning here.
    ///
    /// # Errors
    /// As for [`check`](Self::check); a Service or node as a row.
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

    /// What was read.
    pub fn report(&self) -> &ReadReport {
        &self.report
    }
}
