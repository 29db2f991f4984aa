//! Labels and selectors: how they are written, and what they select.

use super::value::{Value, map};
use std::borrow::Cow;

/// Labels of an object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Labels(pub(crate) Vec<(&'static str, String)>);

impl Labels {
    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| *k == key).map(|(_, value)| value.as_str())
    }

    /// As a mapping.
    pub(crate) fn value(&self) -> Value {
        self.0.iter().map(|(key, value)| (Cow::Borrowed(*key), Value::from(value.clone()))).collect()
    }
}

/// One of `matchExpressions`.
#[derive(Clone, Debug)]
pub(crate) enum Expression {
    /// The label has one of the values.
    In(&'static str, Vec<String>),
    /// The label is absent or has another value.
    NotIn(&'static str, Vec<String>),
    /// The label is there.
    Exists(&'static str),
}

impl Expression {
    fn matches(&self, labels: &Labels) -> bool {
        let among = |key: &str, values: &[String]| labels.get(key).is_some_and(|v| values.iter().any(|w| w == v));
        match self {
            Self::In(key, values) => among(key, values),
            Self::NotIn(key, values) => !among(key, values),
            Self::Exists(key) => labels.get(key).is_some(),
        }
    }

    fn value(&self) -> Value {
        let texts = |values: &[String]| values.iter().map(|v| Value::from(v.clone())).collect::<Value>();
        match self {
            Self::In(key, values) => {
                map([("key", (*key).into()), ("operator", "In".into()), ("values", texts(values))])
            }
            Self::NotIn(key, values) => {
                map([("key", (*key).into()), ("operator", "NotIn".into()), ("values", texts(values))])
            }
            Self::Exists(key) => map([("key", (*key).into()), ("operator", "Exists".into())]),
        }
    }
}

/// A label selector; without anything in it, it selects everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selector {
    /// `matchLabels`.
    pub(crate) labels: Labels,
    /// `matchExpressions`.
    pub(crate) expressions: Vec<Expression>,
}

impl Selector {
    /// Selects everything.
    pub(crate) fn all() -> Self {
        Self::default()
    }

    /// Selects by one label.
    pub(crate) fn label(key: &'static str, value: impl Into<String>) -> Self {
        Self { labels: Labels(vec![(key, value.into())]), expressions: Vec::new() }
    }

    /// Selects by one expression.
    pub(crate) fn expression(expression: Expression) -> Self {
        Self { labels: Labels::default(), expressions: vec![expression] }
    }

    /// The namespace of that name.
    pub(crate) fn namespace(name: impl Into<String>) -> Self {
        Self::label(super::objects::NAMESPACE_NAME, name)
    }

    /// Whether it selects what has these labels.
    pub(crate) fn matches(&self, labels: &Labels) -> bool {
        self.labels.0.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.expressions.iter().all(|e| e.matches(labels))
    }

    /// As kubectl prints it.
    pub(crate) fn value(&self) -> Value {
        let mut entries: Vec<(Cow<'static, str>, Value)> = Vec::new();
        if !self.labels.0.is_empty() {
            entries.push(("matchLabels".into(), self.labels.value()));
        }
        if !self.expressions.is_empty() {
            let expressions = self.expressions.iter().map(Expression::value).collect();
            entries.push(("matchExpressions".into(), expressions));
        }
        entries.into_iter().collect()
    }
}
