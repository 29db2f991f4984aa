//! How things are named in findings, and where these stand.

use super::context::Context;
use super::views::{PolicyView, RuleView};
use super::{Findings, LintFinding};
use crate::diagnostic::first_of;
use crate::ir::Origin;
use crate::model::{EndpointId, Service, WorkloadId};
use crate::query::{OriginRef, Peer};
use crate::selector::{Match, Requirement, SelectorId, label};
use crate::set::AddressSet;
use crate::sorted::{Arrange, SortedMap, SortedSet};
use crate::source::{FileId, Place, Span, line_column};
use crate::symbol::Symbol;

impl Context<'_> {
    /// Addresses as blocks, some of them where there are many.
    pub(super) fn block_text(&self, block: &AddressSet) -> String {
        super::rules::some_of(block.cidrs().iter().map(ToString::to_string))
    }

    /// `namespace/name`
    pub(super) fn service_name(&self, service: &Service) -> String {
        format!("{}/{}", self.cluster.namespace_name(service.namespace), service.name)
    }

    /// A finding about a policy of whatever kind, by its number.
    pub(super) fn at_policy(&self, found: &Findings, policy: u32, field: &str) -> LintFinding {
        let mut finding = found.new_finding();
        finding.policy = Some(self.engine.policy_ref(policy));
        finding.field = Some(field.to_owned());
        finding.place = self.engine.ir.policies[policy as usize].place.and_then(|(file, span)| self.place(file, span));
        finding
    }

    /// A finding about a place in a policy of administrators.
    pub(super) fn at_admin(&self, found: &Findings, policy: u32, field: &str, span: Span) -> LintFinding {
        let mut finding = self.at_policy(found, policy, field);
        finding.place = self.engine.ir.policies[policy as usize].place.and_then(|(file, _)| self.place(file, span));
        finding
    }

    /// A finding about what a rule of whatever kind of policy comes from.
    pub(super) fn at_origin(&self, found: &Findings, origin: &Origin) -> LintFinding {
        let mut finding = found.new_finding();
        let OriginRef { policy, field, place, .. } = self.engine.origin_ref(origin, None);
        finding.policy = Some(policy);
        finding.field = Some(field);
        finding.place = place;
        finding
    }

    /// A finding about a place in a policy.
    pub(super) fn at(&self, found: &Findings, policy: &PolicyView<'_>, field: &str, span: Span) -> LintFinding {
        let mut finding = found.new_finding();
        finding.policy = Some(self.engine.policy_ref(policy.id));
        finding.field = Some(field.to_owned());
        finding.place = self.place(policy.file, span);
        finding
    }

    /// A finding about the rule that a peer belongs to, or about the peer.
    pub(super) fn at_rule(&self, found: &Findings, allow: &RuleView<'_>) -> LintFinding {
        self.at_origin(found, &allow.of.origin)
    }

    /// Where a rule's peer stands, for what has to do with a finding.
    pub(super) fn origin(&self, allow: &RuleView<'_>) -> OriginRef {
        self.engine.origin_ref(&allow.of.origin, None)
    }

    /// A finding about workloads; it stands where the first of them does.
    pub(super) fn at_pods(&self, found: &Findings, pods: &[EndpointId]) -> LintFinding {
        let mut finding = found.new_finding();
        finding.peers = self.workloads(pods);
        let places = pods.iter().filter_map(|pod| self.cluster.endpoint(*pod).origin);
        finding.place = places.min().and_then(|(file, offset)| self.place_of(file, offset));
        finding
    }

    /// Pods as their workloads.
    pub(super) fn workloads(&self, pods: &[EndpointId]) -> Vec<Peer> {
        let mut of: SortedMap<WorkloadId, Vec<EndpointId>> = SortedMap::new();
        for pod in pods {
            of.entry(self.cluster.endpoint(*pod).workload).or_default().push(*pod);
        }
        let mut peers: Vec<Peer> = of.iter().map(|(id, pods)| self.engine.workload_peer(*id, pods)).collect();
        peers.arrange();
        peers
    }

    /// Names of workloads, some of them where there are many.
    pub(super) fn names(&self, pods: &[EndpointId]) -> String {
        const MOST: usize = 4;
        let mut names: SortedSet<String> = SortedSet::new();
        for pod in pods {
            let workload = self.cluster.workload(self.cluster.endpoint(*pod).workload);
            names.insert(format!("{}/{}", self.cluster.namespace_name(workload.namespace), workload.name));
        }
        first_of(&names.into_iter().collect::<Vec<_>>(), MOST)
    }

    pub(super) fn place(&self, file: FileId, span: Span) -> Option<Place> {
        let (_, name, _) = self.inputs.iter().find(|(id, ..)| *id == file)?;
        Some(Place { file: name.clone(), span })
    }

    /// Where an object begins.
    pub(super) fn place_of(&self, file: FileId, offset: u32) -> Option<Place> {
        let (_, name, text) = self.inputs.iter().find(|(id, ..)| *id == file)?;
        let (line, column) = line_column(text, offset as usize);
        Some(Place { file: name.clone(), span: Span { start: offset, end: offset, line, column } })
    }

    /// A selector as one would type it.
    pub(super) fn selector_text(&self, selector: SelectorId) -> String {
        use Requirement as R;
        let text = |symbol| self.cluster.symbols.text(symbol);
        let of = |requirement: &R| {
            let values: Vec<&str> = requirement.values().iter().map(|value| text(*value)).collect();
            let key = text(requirement.key());
            match requirement {
                R::In(..) if values.len() == 1 => format!("{key}={}", values[0]),
                R::In(..) => format!("{key} in ({})", values.join(", ")),
                R::NotIn(..) if values.len() == 1 => format!("{key}!={}", values[0]),
                R::NotIn(..) => format!("{key} notin ({})", values.join(", ")),
                R::Exists(_) => key.to_owned(),
                R::DoesNotExist(_) => format!("!{key}"),
            }
        };
        let all: Vec<String> = self.selectors().get(selector).requirements.iter().map(of).collect();
        all.join(",")
    }

    /// A policy as one would type it.
    pub(super) fn policy_text(&self, id: u32) -> String {
        let policy = self.engine.policy_ref(id);
        policy.namespace.map_or_else(|| policy.name.to_string(), |ns| format!("{ns}/{}", policy.name))
    }

    /// The label that is most like one that a selector asks for and nothing has, among labels of pods
    /// or namespaces that are at hand: `key=value`.
    pub(super) fn nearest_label(&self, selector: SelectorId, of: &[&[(Symbol, Symbol)]]) -> Option<String> {
        let text = |symbol| self.cluster.symbols.text(symbol);
        let wanted = self.selectors().get(selector);
        let mut known: SortedSet<String> = SortedSet::new();
        for labels in of {
            for (key, value) in labels.iter().filter(|(_, value)| !value.is_open()) {
                known.insert(format!("{}={}", text(*key), text(*value)));
            }
        }
        let asked = wanted.requirements.iter().filter(|r| matches!(r, Requirement::In(..)));
        let near = asked.flat_map(|r| {
            let key = text(r.key());
            r.values().iter().map(move |value| format!("{key}={}", text(*value)))
        });
        let missing = near.filter(|pair| !known.contains(pair));
        let mut found = missing.filter_map(|pair| {
            // The key as it is, with a value that is like it; else a key and value that are alike.
            let key = pair.split_once('=').map_or("", |(key, _)| key);
            let same_key = known.iter().filter(|k| k.split_once('=').is_some_and(|(k, _)| k == key));
            let same_key: Vec<&str> = same_key.map(String::as_str).collect();
            let near = crate::lang::nearest(&pair, same_key.iter().copied());
            near.or_else(|| crate::lang::nearest(&pair, known.iter().map(String::as_str))).map(str::to_owned)
        });
        found.next()
    }

    /// Where each thing that a selector asks for is there, but not together: of the labels that it is
    /// about, those of what has the most of it.
    pub(super) fn apart(&self, selector: SelectorId, of: &[&[(Symbol, Symbol)]]) -> Option<String> {
        let requirements = &self.selectors().get(selector).requirements;
        let holds = |r: &Requirement, labels: &[_]| r.holds(label(labels, r.key())) == Match::Yes;
        let is_there = |r: &Requirement| of.iter().any(|labels| holds(r, labels));
        if requirements.len() < 2 || !requirements.iter().all(is_there) {
            return None;
        }
        let how_much = |labels: &&&[_]| requirements.iter().filter(|r| holds(r, labels)).count();
        let most = of.iter().map(|labels| how_much(&labels)).max()?;
        let text = |symbol| self.cluster.symbols.text(symbol);
        let texts = of.iter().filter(|labels| how_much(labels) == most).map(|labels| {
            let asked =
                labels.iter().filter(|(key, value)| !value.is_open() && requirements.iter().any(|r| r.key() == *key));
            let mut pairs: Vec<String> = asked.map(|(key, value)| format!("{}={}", text(*key), text(*value))).collect();
            pairs.arrange();
            pairs.join(",")
        });
        texts.filter(|text| !text.is_empty()).min()
    }
}
