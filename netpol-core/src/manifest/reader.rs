//! What the readers of all policy kinds share: fields, lists, selectors, blocks, and findings with
//! their places.

use super::found::{Named, PolicySpec, ReadPolicy, Source};
use super::kinds::PolicyKind;
use super::policy::{Requirement, RequirementOperator, Selector};
use super::types::ObjectMeta;
use super::validate;
use crate::diagnostic::{Diagnostic, Problem, Severity, printable};
use crate::set::Protocol;
use crate::source::{Place, Span};
use crate::yaml::{Entry, Node, Scalar, Value};
use ipnet::IpNet;

/// Reads the `spec` of a policy; `span` is the object's.
pub(super) fn read_policy(
    kind: PolicyKind,
    source: &Source<'_>,
    metadata: ObjectMeta,
    spec: Option<&Node>,
    span: Span,
) -> ReadPolicy {
    let mut reader = PolicyReader::new(kind, source, &metadata);
    let spec = match kind {
        PolicyKind::NetworkPolicy => reader.network_policy(spec, span).map(PolicySpec::Network),
        _ => reader.admin_policy(kind, &metadata, spec, span).map(PolicySpec::Admin),
    };
    ReadPolicy { kind, spec, findings: reader.diagnostics, line: span.line, metadata }
}

/// Reports fields beside `spec` that a policy does not have; `false` if that is an error.
pub(super) fn beside_spec(
    kind: PolicyKind,
    source: &Source<'_>,
    metadata: &ObjectMeta,
    entries: &[Entry],
) -> (Vec<Diagnostic>, bool) {
    const KNOWN: [&str; 4] = ["apiVersion", "kind", "metadata", "spec"];
    let mut reader = PolicyReader::new(kind, source, metadata);
    for entry in entries {
        if &*entry.key == "status" && kind != PolicyKind::NetworkPolicy {
            continue;
        }
        // `status` of a NetworkPolicy was a field in 1.24 to 1.27, and generators still write it empty.
        reader.known(entry, &entry.key, &KNOWN, &*entry.key == "status");
    }
    let fits = reader.errors() == 0;
    (reader.diagnostics, fits)
}

/// Collects what is wrong with one policy.
pub(crate) struct PolicyReader<'a> {
    source: &'a Source<'a>,
    object: String,
    pub(super) from_server: bool,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> PolicyReader<'a> {
    fn new(kind: PolicyKind, source: &'a Source<'a>, metadata: &ObjectMeta) -> Self {
        let object = Named::of(kind.name(), metadata, source.default_namespace).text();
        Self { source, object, from_server: metadata.from_server, diagnostics: Vec::new() }
    }

    /// Of an object that is no policy, by its name in messages.
    pub(crate) fn of_object(source: &'a Source<'a>, object: &str) -> Self {
        Self { source, object: printable(object), from_server: false, diagnostics: Vec::new() }
    }

    /// Goes on under another name, once it is known.
    pub(crate) fn rename(&mut self, object: &str) {
        self.object = printable(object);
    }

    /// Where a span is.
    pub(crate) fn place(&self, span: Span) -> Place {
        self.source.place(span)
    }

    /// What was found.
    pub(crate) fn finish(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    pub(crate) fn cidr(&mut self, node: &Node, field: &str) -> Option<IpNet> {
        let text = self.string(node, field)?;
        let Some(cidr) = validate::cidr(text) else {
            self.error(Problem::InvalidCidr, node.span, field, |d| d.with("found", text));
            return None;
        };
        if !cidr.canonical {
            self.server_error(Problem::NonCanonicalCidr, node.span, field, |d| {
                d.with("found", text).with("nearest", cidr.net)
            });
        }
        Some(cidr.net)
    }

    pub(crate) fn selector(&mut self, node: &Node, field: &str) -> Selector {
        let mut requirements = Vec::new();
        for entry in self.fields(node, field, &["matchLabels", "matchExpressions"]) {
            let path = format!("{field}.{}", entry.key);
            if &*entry.key == "matchLabels" {
                for label in self.mapping(&entry.value, &path) {
                    let path = format!("{path}.{}", label.key);
                    self.label_key(&label.key, label.key_span, &path);
                    let value = if label.value.is_null() { Some("") } else { self.string(&label.value, &path) };
                    if let Some(value) = value {
                        self.label_value(value, label.value.span, &path);
                        let operator = RequirementOperator::In(vec![value.to_owned()]);
                        requirements.push(Requirement { key: label.key.to_string(), operator });
                    }
                }
            } else if &*entry.key == "matchExpressions" {
                for (i, item) in self.list(&entry.value, &path).into_iter().enumerate() {
                    requirements.extend(self.requirement(item, &format!("{path}[{i}]")));
                }
            }
        }
        Selector { requirements }
    }

    fn requirement(&mut self, node: &Node, field: &str) -> Option<Requirement> {
        let (mut key, mut operator, mut values) = (None, None, Vec::new());
        for entry in self.fields(node, field, &["key", "operator", "values"]) {
            let path = format!("{field}.{}", entry.key);
            match &*entry.key {
                "key" => {
                    let text = self.string(&entry.value, &path)?;
                    self.label_key(text, entry.value.span, &path);
                    key = Some(text.to_owned());
                }
                "operator" => operator = Some((self.string(&entry.value, &path)?, entry.value.span)),
                _ => {
                    for (i, item) in self.list(&entry.value, &path).into_iter().enumerate() {
                        let path = format!("{path}[{i}]");
                        if let Some(value) = self.string(item, &path) {
                            self.label_value(value, item.span, &path);
                            values.push(value.to_owned());
                        }
                    }
                }
            }
        }
        let mut missing = |name: &str| {
            self.error(Problem::MissingField, node.span, field, |d| d.with("missing", name));
        };
        let Some(key) = key else {
            missing("key");
            return None;
        };
        let Some((operator, span)) = operator else {
            missing("operator");
            return None;
        };
        match RequirementOperator::of(operator, values) {
            Ok(operator) => return Some(Requirement { key, operator }),
            Err(Problem::InvalidOperator) => {
                let field = format!("{field}.operator");
                self.error(Problem::InvalidOperator, span, field, |d| d.with("found", operator));
            }
            Err(code) => self.error(code, node.span, field, |d| d.with("operator", operator)),
        }
        None
    }

    /// The name of a protocol with ports.
    pub(super) fn protocol(&mut self, node: &Node, field: &str) -> Option<Protocol> {
        let name = self.string(node, field)?;
        let found = Protocol::WITH_PORTS.into_iter().find(|p| p.name() == name);
        if found.is_none() {
            self.error(Problem::InvalidProtocol, node.span, field, |d| d.with("found", node.describe()));
        }
        found
    }

    fn label_key(&mut self, key: &str, span: Span, field: &str) {
        if !validate::is_label_key(key) {
            self.error(Problem::InvalidLabelKey, span, field, |d| d.with("found", key));
        }
    }

    fn label_value(&mut self, value: &str, span: Span, field: &str) {
        if !validate::is_label_value(value) {
            self.error(Problem::InvalidLabelValue, span, field, |d| d.with("found", value));
        }
    }

    /// The entries of a mapping whose value is not null, after a look at their names.
    pub(crate) fn fields<'n>(&mut self, node: &'n Node, field: &str, known: &[&str]) -> Vec<&'n Entry> {
        let entries = self.mapping(node, field);
        for entry in &entries {
            self.known(entry, &format!("{field}.{}", entry.key), known, false);
        }
        entries.into_iter().filter(|e| !e.value.is_null()).collect()
    }

    /// Reports a field that is not among the known ones.
    pub(crate) fn known(&mut self, entry: &Entry, field: &str, known: &[&str], harmless: bool) {
        if known.contains(&&*entry.key) {
            return;
        }
        let severity = if harmless { Severity::Warning } else { self.server_severity() };
        self.push(severity, Problem::UnknownField, entry.key_span, field.to_owned(), |d| {
            let d = d.with("found", &entry.key).with("known", known.join(", "));
            match crate::lang::nearest(&entry.key, known.iter().copied()) {
                Some(nearest) => d.with("nearest", nearest),
                None => d,
            }
        });
    }

    pub(crate) fn mapping<'n>(&mut self, node: &'n Node, field: &str) -> Vec<&'n Entry> {
        match &node.value {
            Value::Map(entries) => entries.iter().collect(),
            Value::Scalar(Scalar::Null, _) => Vec::new(),
            _ => {
                self.wrong_type(node, field, "a mapping");
                Vec::new()
            }
        }
    }

    pub(crate) fn list<'n>(&mut self, node: &'n Node, field: &str) -> Vec<&'n Node> {
        match &node.value {
            Value::Seq(items) => items.iter().collect(),
            Value::Scalar(Scalar::Null, _) => Vec::new(),
            _ => {
                self.wrong_type(node, field, "a list");
                Vec::new()
            }
        }
    }

    pub(crate) fn string<'n>(&mut self, node: &'n Node, field: &str) -> Option<&'n str> {
        let text = node.as_str();
        if text.is_none() {
            self.wrong_type(node, field, "a string");
        }
        text
    }

    pub(crate) fn wrong_type(&mut self, node: &Node, field: &str, accepted: &str) {
        self.error(Problem::WrongType, node.span, field, |d| {
            d.with("found", node.describe()).with("accepted", accepted)
        });
    }

    pub(crate) fn errors(&self) -> usize {
        self.diagnostics.iter().filter(|d| d.severity == Severity::Error).count()
    }

    pub(crate) fn error(
        &mut self,
        code: Problem,
        span: Span,
        field: impl Into<String>,
        add: impl FnOnce(Diagnostic) -> Diagnostic,
    ) {
        self.push(Severity::Error, code, span, field.into(), add);
    }

    /// What only the schema of a custom resource refuses.
    pub(super) fn schema_error(
        &mut self,
        code: Problem,
        span: Span,
        field: impl Into<String>,
        add: impl FnOnce(Diagnostic) -> Diagnostic,
    ) {
        let severity = if self.source.schema_checks { Severity::Error } else { Severity::Warning };
        self.push(severity, code, span, field.into(), add);
    }

    pub(super) fn warning(
        &mut self,
        code: Problem,
        span: Span,
        field: impl Into<String>,
        add: impl FnOnce(Diagnostic) -> Diagnostic,
    ) {
        self.push(Severity::Warning, code, span, field.into(), add);
    }

    /// An error in a hand-written manifest; a warning when the API server has already taken it.
    fn server_severity(&self) -> Severity {
        if self.from_server { Severity::Warning } else { Severity::Error }
    }

    pub(super) fn server_error(
        &mut self,
        code: Problem,
        span: Span,
        field: impl Into<String>,
        add: impl FnOnce(Diagnostic) -> Diagnostic,
    ) {
        self.push(self.server_severity(), code, span, field.into(), add);
    }

    fn push(
        &mut self,
        severity: Severity,
        code: Problem,
        span: Span,
        field: String,
        add: impl FnOnce(Diagnostic) -> Diagnostic,
    ) {
        let diagnostic = Diagnostic::new(severity, code).at(self.source.place(span)).in_field(field);
        let mut diagnostic = add(diagnostic).or_template();
        diagnostic.object = Some(self.object.clone());
        self.diagnostics.push(diagnostic);
    }
}
