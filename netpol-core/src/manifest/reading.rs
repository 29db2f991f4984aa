//! One text read by itself, kept so that the texts beside it can change without its being read
//! again.

use super::file::read_file;
use super::found::{Content, DIRECT, Found, Named, Source};
use super::kinds::PolicyKind;
use super::parallel::Pieces;
use super::read::{ReadOptions, Snapshot};
use super::take::Taking;
use crate::sorted::SortedSet;
use crate::source::{FileId, Inputs, to_u32};
use compact_str::CompactString;
use std::sync::Arc;

/// Kind, namespace and name of a policy; those of the administrative tiers have no namespace.
pub(crate) type PolicyName = (CompactString, CompactString, CompactString);

/// A policy of a text, with the line on which it begins.
#[derive(Clone, Debug)]
pub(crate) struct PolicyLine {
    pub(crate) name: PolicyName,
    pub(crate) line: u32,
}

/// What stands in one text.
pub(crate) struct Reading {
    inputs: Inputs,
    found: Vec<Found>,
    policies: Vec<PolicyLine>,
    only_policies: bool,
}

impl Reading {
    /// Reads the one text of `inputs`.
    pub(crate) fn of(inputs: Inputs, options: &ReadOptions) -> Self {
        let sources = inputs.iter().map(|(file, name, text)| source(file, name, text, options));
        let found: Vec<Found> = sources.flat_map(|source| read_file(&source, options)).collect();
        let mut policies = Vec::new();
        let mut only_policies = true;
        for found in &found {
            match found {
                Found::Object(parsed) => match &parsed.content {
                    Content::Policy(policy) if parsed.issues.is_empty() && policy.spec.is_some() => {
                        let named = Named::of(policy.kind.name(), &policy.metadata, &options.default_namespace);
                        // Of those that only have a `generateName`, each is one of its own.
                        only_policies &= policy.kind == PolicyKind::NetworkPolicy && !policy.metadata.name.is_empty();
                        let name = (named.kind.into(), named.namespace.into(), named.name.into());
                        policies.push(PolicyLine { name, line: policy.line });
                    }
                    _ => only_policies = false,
                },
                Found::Finding(_) => {}
                Found::Rejected(_) | Found::LeftOut(..) => only_policies = false,
            }
        }
        Self { inputs, found, policies, only_policies }
    }

    /// The policies that can be used, in the order of the text.
    pub(crate) fn policies(&self) -> &[PolicyLine] {
        &self.policies
    }

    /// Whether nothing but NetworkPolicies stands in it, and nothing is wrong with them.
    pub(crate) fn only_policies(&self) -> bool {
        self.only_policies
    }

    /// The text.
    pub(crate) fn text(&self) -> &str {
        self.inputs.iter().next().map_or("", |(.., text)| text)
    }

    /// What stands in all of these texts together, without the policies of `off`: the same as if
    /// they were read at once.
    pub(crate) fn together<'r>(
        readings: impl Iterator<Item = &'r Self>,
        off: &SortedSet<PolicyName>,
        options: &ReadOptions,
    ) -> Snapshot {
        let mut taking = Taking::new(options);
        for (reading, number) in readings.zip(0..) {
            reading.taken(&mut taking, number, options, |_| true);
        }
        let mut snapshot = taking.finish();
        snapshot.retain_policies(|name| !off.contains(name));
        snapshot
    }

    /// Its NetworkPolicies alone, those that are `wanted`.
    pub(crate) fn policies_where(&self, options: &ReadOptions, wanted: impl Fn(&PolicyName) -> bool) -> Snapshot {
        let mut taking = Taking::new(options);
        self.taken(&mut taking, 0, options, |found| match found {
            Found::Object(parsed) => {
                matches!(&parsed.content, Content::Policy(policy) if policy.kind == PolicyKind::NetworkPolicy)
            }
            _ => true,
        });
        let mut snapshot = taking.finish();
        snapshot.retain_policies(wanted);
        snapshot
    }

    fn taken(&self, taking: &mut Taking, number: usize, options: &ReadOptions, wanted: impl Fn(&Found) -> bool) {
        let file = FileId(to_u32(number));
        for (_, name, text) in self.inputs.iter() {
            taking.snapshot.files.push(name.clone());
            let source = source(file, name, text, options);
            self.found.iter().filter(|found| wanted(found)).for_each(|found| taking.take(&source, found.clone()));
        }
    }
}

/// A text as readers take it.
pub(crate) fn source<'a>(file: FileId, name: &'a Arc<str>, text: &'a str, options: &'a ReadOptions) -> Source<'a> {
    Source {
        file,
        name,
        text,
        default_namespace: &options.default_namespace,
        schema_checks: options.schema_checks,
        pieces: Pieces::default(),
        direct: DIRECT,
    }
}
