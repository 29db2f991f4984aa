//! The NetworkPolicies of an analysis, each with its text.

use super::edit::{Edit, apply_to_text, apply_to_tree, flow_end, parse};
use super::value::Value;
use crate::Direction;
use crate::engine::Engine;
use crate::manifest::{NetworkPolicy, PolicyPort, PortValue, ReadOptions, Rule, read};
use crate::set::TrafficSet;
use crate::source::{Inputs, Span, to_u32};
use std::ops::Range;
use std::sync::Arc;

/// A policy and where it stands.
#[derive(Clone, Debug)]
pub(super) struct PolicyText {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) file: Arc<str>,
    /// The line on which it begins.
    pub(super) line: u32,
    /// The column there, from 1.
    column: u32,
    /// The bytes of the file that it is read from: all that belongs to it, and perhaps comments behind.
    pub(super) range: Range<usize>,
    /// So many spaces stand before it on its line where it is in block style, in a List.
    indent: usize,
    text: String,
    pub(super) spec: NetworkPolicy,
}

/// The policies that have a text.
#[derive(Clone, Debug, Default)]
pub(super) struct Policies {
    all: Vec<PolicyText>,
}

impl Policies {
    /// Finds some policies, by namespace and name.
    pub(super) fn find(engine: &Engine, inputs: &Inputs, wanted: &[(String, String)]) -> Self {
        let cluster = &engine.cluster;
        let mut all = Vec::new();
        for info in engine.ir.policies.iter().filter(|info| !info.removed && info.kind == "NetworkPolicy") {
            let (Some(namespace), Some((file, span))) = (info.namespace, info.place) else { continue };
            let namespace = cluster.namespace_name(namespace);
            if !wanted.iter().any(|(ns, name)| ns == namespace && **name == *info.name) {
                continue;
            }
            let Some(file) = engine.files.get(file.0 as usize) else { continue };
            let Some(text) = inputs.text(file) else { continue };
            all.extend(PolicyText::read(namespace, &info.name, (file, text), (span.start as usize, span.line)));
        }
        Self { all }
    }

    pub(super) fn get(&self, namespace: &str, name: &str) -> Option<&PolicyText> {
        self.all.iter().find(|policy| policy.namespace == namespace && policy.name == name)
    }
}

impl PolicyText {
    /// Reads a policy from its place; none: its text is not to be had by itself.
    fn read(
        namespace: &str,
        name: &str,
        (file, whole): (&Arc<str>, &str),
        (start, line): (usize, u32),
    ) -> Option<Self> {
        let (end, indent) = match whole.as_bytes().get(start)? {
            b'{' => (flow_end(whole, start)?, 0),
            _ => block_end(whole, start)?,
        };
        let text = format!("{}{}", " ".repeat(indent), whole.get(start..end)?);
        let spec = spec(namespace, &text)?;
        let (namespace, name, file) = (namespace.to_owned(), name.to_owned(), file.clone());
        let before = whole.get(..start)?;
        let column = to_u32(before.get(before.rfind('\n').map_or(0, |at| at + 1)..)?.chars().count()) + 1;
        Some(Self { namespace, name, file, line, column, range: start..end, indent, text, spec })
    }

    /// Its object as it will be, without what only a server writes; none: an edit does not fit.
    pub(super) fn edited(&self, edits: &[Edit]) -> Option<Value> {
        let mut tree = Value::of(&parse(&self.text)?);
        apply_to_tree(&mut tree, edits)?;
        if let Value::Map(entries) = &mut tree {
            entries.retain(|(key, _)| key != "status");
        }
        if let Some(Value::Map(entries)) = tree.get_mut("metadata") {
            let of_server = ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink"];
            entries.retain(|(key, _)| !of_server.contains(&key.as_str()));
            if let Some(Value::Map(annotations)) = entries.iter_mut().find(|(k, _)| k == "annotations").map(|(_, v)| v)
            {
                annotations.retain(|(key, _)| key != "kubectl.kubernetes.io/last-applied-configuration");
            }
            entries.retain(|(key, value)| key != "annotations" || *value != Value::empty());
            if !entries.iter().any(|(key, _)| key == "namespace") {
                entries.push(("namespace".to_owned(), Value::text(&self.namespace)));
            }
        }
        Some(tree)
    }

    /// Its text as it will be in the place of `range`; none: it cannot be edited in place.
    pub(super) fn edited_text(&self, edits: &[Edit]) -> Option<String> {
        let edited = apply_to_text(&self.text, edits)?;
        Some(edited.get(self.indent..)?.to_owned())
    }

    /// Its text, with the spaces before it.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// A text that stands in the place of its own, as it is read by itself.
    pub(super) fn indented(&self, text: &str) -> String {
        format!("{}{text}", " ".repeat(self.indent))
    }

    /// A place in its text as a place in the file.
    pub(super) fn in_file(&self, span: Span) -> Span {
        let (indent, begin) = (to_u32(self.indent), to_u32(self.range.start));
        let at = |byte: u32| (byte + begin).saturating_sub(indent);
        let column = if span.line == 1 { (span.column + self.column).saturating_sub(indent + 1) } else { span.column };
        Span { start: at(span.start), end: at(span.end), line: span.line + self.line - 1, column }
    }

    pub(super) fn rules(&self, direction: Direction) -> &[Rule] {
        match direction {
            Direction::Egress => &self.spec.egress,
            Direction::Ingress => &self.spec.ingress,
        }
    }

    /// Whether `policyTypes` is written.
    pub(super) fn has_types(&self) -> bool {
        let root = parse(&self.text);
        root.as_ref().and_then(|root| root.get("spec")).and_then(|spec| spec.get("policyTypes")).is_some()
    }
}

/// What a policy's object says; none: it does not read by itself.
pub(super) fn spec(namespace: &str, text: &str) -> Option<NetworkPolicy> {
    let mut inputs = Inputs::default();
    inputs.push("policy.yaml", text);
    let options = ReadOptions { default_namespace: namespace.to_owned(), ..ReadOptions::default() };
    let mut snapshot = read(&inputs, &options);
    let only = snapshot.policies.pop()?;
    snapshot.policies.is_empty().then_some(only.object.spec)
}

/// The end of an object in block style that begins at an offset, and how far it is indented.
fn block_end(whole: &str, start: usize) -> Option<(usize, usize)> {
    let line_start = whole.get(..start)?.rfind('\n').map_or(0, |newline| newline + 1);
    let indent = start - line_start;
    let before = whole.get(line_start..start)?.trim_start_matches('\u{feff}');
    // In a List, a dash stands before it; a document may begin on the line of its marker.
    if !before.chars().all(|c| matches!(c, ' ' | '-')) || before.starts_with("---") {
        return None;
    }
    let indent = if before.is_empty() { 0 } else { indent };
    let mut at = start;
    for (number, line) in whole.get(start..)?.split_inclusive('\n').enumerate() {
        let body = line.trim_end();
        let own = body.len() - body.trim_start().len();
        let marker = indent == 0 && (body.starts_with("---") || body.starts_with("..."));
        let shallower = !body.trim_start().is_empty() && !body.trim_start().starts_with('#') && own < indent;
        if number > 0 && (marker || shallower) {
            break;
        }
        at += line.len();
    }
    Some((at, indent))
}

/// The traffic that entries of `ports` name by number; no entries: all.
pub(super) fn numbers(ports: &[crate::manifest::Spanned<PolicyPort>]) -> TrafficSet {
    if ports.is_empty() {
        return TrafficSet::all_ports();
    }
    ports.iter().fold(TrafficSet::empty(), |all, port| all.union(&number(&port.value)))
}

pub(super) fn number(port: &PolicyPort) -> TrafficSet {
    match port.port {
        PortValue::Any => TrafficSet::protocol(port.protocol),
        PortValue::Range(low, high) => TrafficSet::range(port.protocol, low, high),
        PortValue::Named(_) => TrafficSet::empty(),
    }
}
