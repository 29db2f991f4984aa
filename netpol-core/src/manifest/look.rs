//! Reads trees of which only a few fields count, and says what is wrong with these and where.

use super::issues::Issue;
use super::policy::{Requirement, RequirementOperator, Selector};
use super::validate;
use crate::diagnostic::{Params, Problem};
use crate::set::Protocol;
use crate::source::Span;
use crate::yaml::{Entry, Node, Scalar, Value};
use std::net::IpAddr;

/// Collects what is wrong.
#[derive(Default)]
pub(super) struct Look {
    issues: Vec<(Problem, Span, Params)>,
}

impl Look {
    /// What was found wrong, each with its field in the tree that was read.
    pub(super) fn finish(self, root: &Node) -> Vec<(Issue, Span)> {
        let issues = self.issues.into_iter();
        let issue = |code, span: Span, params| Issue { code, field: field_of(root, span).unwrap_or_default(), params };
        issues.map(|(code, span, params)| (issue(code, span, params), span)).collect()
    }

    fn add(&mut self, code: Problem, node: &Node, params: Params) {
        self.issues.push((code, node.span, params));
    }

    fn wrong(&mut self, node: &Node, accepted: &'static str) {
        let params = Params::from([("found", node.describe()), ("accepted", accepted.to_owned())]);
        self.add(Problem::WrongType, node, params);
    }

    pub(super) fn missing(&mut self, node: &Node, field: &str) {
        self.add(Problem::MissingField, node, Params::from([("missing", field.to_owned())]));
    }

    /// A mapping.
    pub(super) fn map<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n Node> {
        let found = node.get(key)?;
        if let Value::Map(_) = found.value {
            return Some(found);
        }
        self.wrong(found, "a mapping");
        None
    }

    /// The mappings of a list.
    pub(super) fn items<'n>(&mut self, node: &'n Node, key: &str) -> Vec<&'n Node> {
        let mut found = self.list(node, key);
        found.retain(|item| {
            let map = matches!(item.value, Value::Map(_));
            if !map {
                self.wrong(item, "a mapping");
            }
            map
        });
        found
    }

    fn list<'n>(&mut self, node: &'n Node, key: &str) -> Vec<&'n Node> {
        match node.get(key) {
            Some(Node { value: Value::Seq(items), .. }) => items.iter().collect(),
            Some(other) => {
                self.wrong(other, "a list");
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    /// The texts of a list.
    pub(super) fn texts<'n>(&mut self, node: &'n Node, key: &str) -> Vec<&'n str> {
        let items = self.list(node, key);
        items.into_iter().filter_map(|item| self.string(item)).collect()
    }

    fn string<'n>(&mut self, node: &'n Node) -> Option<&'n str> {
        let text = node.as_str();
        if text.is_none() {
            self.wrong(node, "a string");
        }
        text
    }

    /// A text; empty where there is none.
    pub(super) fn text<'n>(&mut self, node: &'n Node, key: &str) -> &'n str {
        node.get(key).and_then(|found| self.string(found)).unwrap_or_default()
    }

    /// A label selector; `None` where there is none.
    pub(super) fn selector(&mut self, node: &Node, key: &str) -> Option<Selector> {
        let selector = self.map(node, key)?;
        let mut requirements = Vec::new();
        let labels = self.map(selector, "matchLabels");
        if let Some(Node { value: Value::Map(entries), .. }) = labels {
            for Entry { key, value: node, .. } in entries {
                let value = if node.is_null() { Some("") } else { self.string(node) };
                self.label(node, key, value.as_slice());
                let operator = RequirementOperator::In(value.into_iter().map(str::to_owned).collect());
                requirements.push(Requirement { key: key.to_string(), operator });
            }
        }
        for item in self.items(selector, "matchExpressions") {
            let (key, operator) = (self.text(item, "key"), self.text(item, "operator"));
            let values = self.texts(item, "values");
            for required in ["key", "operator"] {
                if item.get(required).is_none() {
                    self.missing(item, required);
                    return None;
                }
            }
            self.label(item, key, &values);
            match RequirementOperator::of(operator, values.into_iter().map(str::to_owned).collect()) {
                Ok(operator) => requirements.push(Requirement { key: key.to_owned(), operator }),
                Err(code) => {
                    let name = if code == Problem::InvalidOperator { "found" } else { "operator" };
                    self.add(code, item, Params::from([(name, operator.to_owned())]));
                }
            }
        }
        Some(Selector { requirements })
    }

    /// Looks at the key and the values of a label.
    fn label(&mut self, node: &Node, key: &str, values: &[&str]) {
        if !validate::is_label_key(key) {
            self.add(Problem::InvalidLabelKey, node, Params::from([("found", key.to_owned())]));
        }
        for value in values.iter().filter(|value| !validate::is_label_value(value)) {
            self.add(Problem::InvalidLabelValue, node, Params::from([("found", (*value).to_owned())]));
        }
    }

    pub(super) fn flag(&mut self, node: &Node, key: &str) -> Option<bool> {
        let found = node.get(key)?;
        if let Value::Scalar(Scalar::Bool(flag), _) = found.value {
            return Some(flag);
        }
        self.wrong(found, "a boolean");
        None
    }

    fn integer(&mut self, node: &Node) -> Option<i64> {
        if let Value::Scalar(Scalar::Int(_), text) = &node.value
            && let Ok(number) = text.parse()
        {
            return Some(number);
        }
        self.wrong(node, "an integer");
        None
    }

    pub(super) fn number(&mut self, node: &Node, key: &str) -> Option<i64> {
        let found = node.get(key)?;
        self.integer(found)
    }

    /// A port number.
    pub(super) fn port(&mut self, node: &Node, key: &str) -> Option<u16> {
        let found = node.get(key)?;
        let number = self.integer(found)?;
        match u16::try_from(number) {
            Ok(port) if port > 0 => Some(port),
            _ => {
                self.add(Problem::InvalidPortNumber, found, Params::from([("found", number.to_string())]));
                None
            }
        }
    }

    /// A protocol; TCP where there is none.
    pub(super) fn protocol(&mut self, node: &Node, key: &str) -> Protocol {
        let text = self.text(node, key);
        let found = Protocol::WITH_PORTS.into_iter().find(|p| p.name() == text);
        if let (None, false, Some(node)) = (found, text.is_empty(), node.get(key)) {
            self.add(Problem::InvalidProtocol, node, Params::from([("found", text.to_owned())]));
        }
        found.unwrap_or(Protocol::Tcp)
    }

    /// The addresses of a list.
    pub(super) fn addresses(&mut self, node: &Node, key: &str) -> Vec<IpAddr> {
        self.list(node, key).into_iter().filter_map(|item| self.address_of(item)).collect()
    }

    /// An address.
    pub(super) fn address(&mut self, node: &Node, key: &str) -> Option<IpAddr> {
        let found = node.get(key)?;
        self.address_of(found)
    }

    fn address_of(&mut self, node: &Node) -> Option<IpAddr> {
        let text = self.string(node)?;
        let address = text.parse().ok();
        if address.is_none() {
            self.add(Problem::InvalidAddress, node, Params::from([("found", text.to_owned())]));
        }
        address
    }

    /// The name of a Service; it is required.
    pub(super) fn service<'n>(&mut self, node: &'n Node, key: &str) -> &'n str {
        let name = self.text(node, key);
        match node.get(key) {
            Some(found) if found.as_str().is_some() && !validate::is_dns_subdomain(name) => {
                self.add(Problem::InvalidName, found, Params::from([("found", name.to_owned())]));
            }
            Some(_) => {}
            None => self.missing(node, key),
        }
        name
    }

    /// A namespace; empty where there is none.
    pub(super) fn namespace<'n>(&mut self, node: &'n Node, key: &str) -> &'n str {
        let name = self.text(node, key);
        if let Some(found) = node.get(key).filter(|_| !name.is_empty() && !validate::is_dns_label(name)) {
            self.add(Problem::InvalidNamespace, found, Params::from([("found", name.to_owned())]));
        }
        name
    }
}

/// The path of fields that leads to the node of a place.
fn field_of(node: &Node, span: Span) -> Option<String> {
    if (node.span.start, node.span.end) == (span.start, span.end) {
        return Some(String::new());
    }
    let inside = |n: &Node| n.span.start <= span.start && span.end <= n.span.end;
    match &node.value {
        Value::Scalar(..) => None,
        Value::Seq(items) => {
            let (at, item) = items.iter().enumerate().find(|(_, item)| inside(item))?;
            Some(format!("[{at}]{}", after(&field_of(item, span)?)))
        }
        Value::Map(entries) => {
            let entry = entries.iter().find(|e| inside(&e.value))?;
            Some(format!("{}{}", entry.key, after(&field_of(&entry.value, span)?)))
        }
    }
}

/// What follows a step of a path.
fn after(rest: &str) -> String {
    if rest.is_empty() || rest.starts_with('[') { rest.to_owned() } else { format!(".{rest}") }
}
