//! What rules look at: policies as they were written beside what the engine makes of them.

use super::parts::{self, AdminPart, Part, Redundant};
use super::views::{AdminView, AllowView, PolicyView, RuleView};
use crate::analysis::Analysis;
use crate::engine::{Engine, Party, SubjectId};
use crate::ir::{self, Direction, List, NamespaceMatch, Origin, Peer as IrPeer, Subject};
use crate::manifest::{AdminPolicy, ObjectMeta, PodSpec, Snapshot, WorkloadKind};
use crate::model::{Cluster, Endpoint, EndpointId, EndpointKind, NamespaceId, Service, ServiceKind, containers_of};
use crate::query::{OriginRef, Survey, Unit};
use crate::selector::{Label, Match, SelectorId, Selectors, label};
use crate::set::{AddressSet, Family, Protocol, TrafficSet};
use crate::sorted::{Arrange, SortedMap};
use crate::source::{FileId, Inputs};
use std::cell::{OnceCell, RefCell};
use std::net::IpAddr;
use std::rc::Rc;

/// Everything at hand.
pub(super) struct Context<'a> {
    pub(super) inputs: &'a Inputs,
    pub(super) snapshot: &'a Snapshot,
    pub(super) analysis: &'a Analysis,
    pub(super) engine: &'a Engine,
    pub(super) cluster: &'a Cluster,
    /// Every NetworkPolicy that is in force, in the order of the input.
    pub(super) policies: Vec<PolicyView<'a>>,
    /// What the rules of these policies are to the engine, a peer at a time.
    pub(super) allows: Vec<AllowView<'a>>,
    /// The rules of policies of administrators, a peer at a time, in the order of the lists.
    pub(super) admin: Vec<AdminView<'a>>,
    /// Policies of administrators as they were written, by their numbers.
    admin_policies: SortedMap<u32, &'a AdminPolicy>,
    /// The workloads, pods that are alike together.
    pub(super) units: Vec<Unit>,
    survey: RefCell<Survey<'a>>,
    /// By direction, the pods and templates of each class of peers.
    members: [OnceCell<Vec<Vec<EndpointId>>>; 2],
    by_namespace: Vec<Vec<EndpointId>>,
    policies_in: Vec<Vec<usize>>,
    /// Of each policy, which of the allows.
    allows_by_policy: Vec<Vec<usize>>,
    redundant: OnceCell<Redundant>,
    written: OnceCell<SortedMap<(FileId, u32), Written<'a>>>,
    /// By pod, the Services that it is behind.
    services: OnceCell<Vec<Vec<&'a Service>>>,
    /// The pods on their node's network.
    hosts: OnceCell<Vec<EndpointId>>,
    /// The pods of a namespace that labels of it select, as far as they were asked for.
    selected: RefCell<Selected>,
}

/// Pods by namespace and selector.
type Selected = SortedMap<(NamespaceId, SelectorId), Rc<Vec<EndpointId>>>;

/// What a pod is made from.
type Written<'a> = (&'a ObjectMeta, &'a PodSpec);

/// What the engine calls policies that are not of administrators.
const NETWORK_POLICY: &str = "NetworkPolicy";

impl<'a> Context<'a> {
    pub(super) fn new(inputs: &'a Inputs, snapshot: &'a Snapshot, analysis: &'a Analysis) -> Self {
        let engine = analysis.engine();
        let cluster: &Cluster = &engine.cluster;
        let mut numbers: SortedMap<(FileId, u32), u32> = SortedMap::new();
        for (info, number) in engine.ir.policies.iter().zip(0..) {
            if let (Some((file, span)), false) = (info.place, info.removed) {
                numbers.insert((file, span.start), number);
            }
        }
        let mut policies: Vec<PolicyView<'a>> = Vec::new();
        let mut known: SortedMap<u32, usize> = SortedMap::new();
        let subjects = subjects(engine);
        for located in &snapshot.policies {
            let (object, spec) = (&located.object, &located.object.spec);
            let Some(id) = numbers.get(&(located.file, spec.span.start)).copied() else { continue };
            let (Some(namespace), Some(pods)) = (cluster.find_namespace(&object.namespace), subjects.get(&id).copied())
            else {
                continue;
            };
            known.insert(id, policies.len());
            policies.push(PolicyView {
                id,
                file: located.file,
                namespace,
                name: &object.name,
                spec,
                pods,
                selected: OnceCell::new(),
            });
        }
        let admin_policies = snapshot.admin.iter().filter_map(|located| {
            let spec = &located.object.spec;
            Some((numbers.get(&(located.file, spec.span.start)).copied()?, spec))
        });
        let admin_policies: SortedMap<u32, &AdminPolicy> = admin_policies.collect();
        let (mut allows, mut admin) = (Vec::new(), Vec::new());
        for direction in Direction::ALL {
            for (list, number) in lists(engine, direction).zip(0..) {
                for (of, at) in list.rules.iter().zip(0..) {
                    let Origin::Rule { policy, rule, peer, .. } = of.origin else { continue };
                    let view = RuleView { list: number, subject: list.subject, direction, rule, peer, at, of };
                    if let Some(policy) = known.get(&policy).copied() {
                        allows.push(AllowView { policy, view });
                    } else {
                        let written = admin_policies.get(&policy).and_then(|policy| match direction {
                            Direction::Egress => policy.egress.get(rule as usize),
                            Direction::Ingress => policy.ingress.get(rule as usize),
                        });
                        admin.extend(written.map(|written| AdminView { policy, span: written.span, view }));
                    }
                }
            }
        }
        let units = engine.units(cluster.real_endpoints());
        let survey = RefCell::new(Survey::new(engine, engine.in_families_of(&units, &engine.world())));
        let mut by_namespace = vec![Vec::new(); cluster.namespaces.len()];
        for id in cluster.real_endpoints() {
            by_namespace[cluster.endpoint(id).namespace.index()].push(id);
        }
        let mut policies_in = vec![Vec::new(); cluster.namespaces.len()];
        for (policy, at) in policies.iter().zip(0..) {
            policies_in[policy.namespace.index()].push(at);
        }
        let mut allows_by_policy = vec![Vec::new(); policies.len()];
        for (allow, at) in allows.iter().zip(0..) {
            allows_by_policy[allow.policy].push(at);
        }
        let members = [OnceCell::new(), OnceCell::new()];
        Self {
            inputs,
            snapshot,
            analysis,
            engine,
            cluster,
            policies,
            allows,
            admin,
            admin_policies,
            units,
            survey,
            members,
            by_namespace,
            policies_in,
            allows_by_policy,
            redundant: OnceCell::new(),
            written: OnceCell::new(),
            services: OnceCell::new(),
            hosts: OnceCell::new(),
            selected: RefCell::default(),
        }
    }

    /// The policies of a namespace, by their places.
    pub(super) fn policies_of(&self, namespace: NamespaceId) -> &[usize] {
        &self.policies_in[namespace.index()]
    }

    /// What the rules of a policy allow.
    pub(super) fn allows_of(&self, policy: usize) -> impl Iterator<Item = &AllowView<'a>> {
        self.allows_by_policy[policy].iter().map(|at| &self.allows[*at])
    }

    /// The same of all policies of a namespace.
    pub(super) fn allows_in(&self, namespace: NamespaceId) -> impl Iterator<Item = &AllowView<'a>> {
        self.policies_of(namespace).iter().flat_map(|policy| self.allows_of(*policy))
    }

    /// The rules of every kind of policy, a peer at a time.
    pub(super) fn rules(&self) -> impl Iterator<Item = &RuleView<'a>> {
        self.allows.iter().map(|allow| &allow.view).chain(self.admin.iter().map(|rule| &rule.view))
    }

    /// The policies of administrators that have rules: their numbers, what they are about, and what was written.
    pub(super) fn admin_policies(&self) -> impl Iterator<Item = (u32, Subject, &'a AdminPolicy)> {
        let subjects: SortedMap<u32, Subject> = self.admin.iter().map(|rule| (rule.policy, rule.subject)).collect();
        let all = self.admin_policies.iter().map(|(number, spec)| (*number, *spec)).collect::<Vec<_>>();
        all.into_iter().filter_map(move |(number, spec)| Some((number, *subjects.get(&number)?, spec)))
    }

    /// The namespaces that a selector of theirs means or, of labels that are not known, may mean.
    pub(super) fn namespaces_meant(&self, namespaces: NamespaceMatch) -> Vec<NamespaceId> {
        let selector = match namespaces {
            NamespaceMatch::Own(own) => return vec![own],
            NamespaceMatch::Selected(selector) => selector,
        };
        let all = (0..self.cluster.namespaces.len()).map(NamespaceId::of);
        all.filter(|id| self.namespace_has(selector, *id) != Match::No).collect()
    }

    /// The pods and templates that policies with a subject select, or may where labels of namespaces are not
    /// known; those on their node's network included.
    pub(super) fn selected_by(&self, subject: Subject) -> Vec<EndpointId> {
        let namespaces = self.namespaces_meant(subject.namespaces);
        let pods = namespaces.iter().flat_map(|id| self.pods_in(*id).iter().copied());
        pods.filter(|pod| self.has_labels(subject.pods, *pod)).collect()
    }

    /// Whether labels say that what has a subject is about a pod.
    pub(super) fn is_about(&self, subject: Subject, pod: EndpointId) -> bool {
        let of_namespace = match subject.namespaces {
            NamespaceMatch::Own(own) => own == self.endpoint(pod).namespace,
            NamespaceMatch::Selected(selector) => {
                self.namespace_has(selector, self.endpoint(pod).namespace) == Match::Yes
            }
        };
        of_namespace && self.has_labels(subject.pods, pod)
    }

    /// The pods that a rule applies to, or may, by the number of their subject.
    pub(super) fn ruled(&self, rule: &RuleView<'_>) -> SortedMap<SubjectId, Vec<EndpointId>> {
        let side = self.engine.side(rule.direction);
        let mut of: SortedMap<SubjectId, Vec<EndpointId>> = SortedMap::new();
        for pod in self.selected_by(rule.subject) {
            if let Some(subject) = side.subject(pod) {
                of.entry(subject).or_default().push(pod);
            }
        }
        of
    }

    /// Whether a rule's peer matches nobody, whatever is not known.
    pub(super) fn is_nobody(&self, allow: &RuleView<'_>) -> bool {
        let (must, maybe, open) = self.engine.side(allow.direction).classes_of(allow.list, allow.at);
        must.is_empty() && maybe.is_empty() && !open
    }

    /// Whether a rule's peer surely matches nobody but pods that are assumed, and those in no way surely.
    pub(super) fn is_nobody_else(&self, rule: &RuleView<'_>) -> bool {
        let Matched { pods, maybe, .. } = self.matched(rule);
        pods.is_empty() && !maybe.iter().any(|pod| self.is_real(*pod))
    }

    /// What changes nothing.
    pub(super) fn redundant(&self) -> &[Part] {
        &self.found_redundant().parts
    }

    /// Of these, whether one is needed with a plugin whose blocks match no pods.
    pub(super) fn rests_on_blocks(&self, part: &Part) -> bool {
        self.found_redundant().by_blocks.contains(part)
    }

    /// The same of rules of administrators.
    pub(super) fn redundant_of_admin(&self) -> &[AdminPart] {
        &self.found_redundant().of_admin
    }

    fn found_redundant(&self) -> &Redundant {
        self.redundant.get_or_init(|| parts::redundant(self))
    }

    /// The rules of administrators of the same tier that have to do with one: for some of the same pods and
    /// peers, and some of the same traffic.
    pub(super) fn beside(&self, part: &AdminPart) -> Vec<OriginRef> {
        let rule = &self.admin[part.at];
        let side = self.engine.side(rule.direction);
        let own_pods = self.selected_by(rule.subject);
        let meets = |other: &&AdminView<'a>| {
            other.direction == rule.direction
                && side.share_tier(other.list, rule.list)
                && (other.list, other.at) != (rule.list, rule.at)
                && (part.is_peer || (other.list, other.rule) != (rule.list, rule.rule))
                && (!part.decided_before || side.comes_first((other.list, other.at), (rule.list, rule.at)))
                && own_pods.iter().any(|pod| self.is_about(other.subject, *pod))
                && self.meets(rule, other)
        };
        self.admin.iter().filter(meets).map(|other| self.origin(other)).collect()
    }

    /// Whether two rules have to do with some of the same peers, and some of the same traffic.
    pub(super) fn meets(&self, a: &RuleView<'_>, b: &RuleView<'_>) -> bool {
        let peers = |view: &RuleView<'_>| {
            let Matched { pods, maybe, .. } = self.matched(view);
            [pods, maybe].concat()
        };
        let is_named = |view: &RuleView<'_>| view.of.traffic.iter().any(|e| matches!(e.ports, ir::Ports::Named(..)));
        let blocks = |view: &RuleView<'_>| match &view.of.peer {
            IrPeer::Addresses(addresses, ..) => Some((**addresses).clone()),
            IrPeer::Any => Some(AddressSet::all()),
            _ => None,
        };
        let own = peers(a);
        (is_named(a) || is_named(b) || a.fixed_traffic().meets(&b.fixed_traffic()))
            && (peers(b).iter().any(|pod| own.contains(pod))
                || blocks(a).zip(blocks(b)).is_some_and(|(a, b)| a.meets(&b)))
    }

    /// Whether there was too much to look at all of it, if it was looked for.
    pub(super) fn is_cut_short(&self) -> bool {
        self.redundant.get().is_some_and(|redundant| !redundant.whole)
    }

    /// Asks the survey of every unit.
    pub(super) fn survey<T>(&self, ask: impl FnOnce(&mut Survey<'a>) -> T) -> T {
        ask(&mut self.survey.borrow_mut())
    }

    pub(super) fn selectors(&self) -> &'a Selectors {
        &self.engine.selectors
    }

    /// The pods and templates of a namespace.
    pub(super) fn pods_in(&self, namespace: NamespaceId) -> &[EndpointId] {
        &self.by_namespace[namespace.index()]
    }

    /// Whether labels of a pod surely match.
    pub(super) fn has_labels(&self, selector: SelectorId, pod: EndpointId) -> bool {
        let labels = self.cluster.labels(self.cluster.endpoint(pod).labels);
        self.selectors().get(selector).matches(|key| label(labels, key)) == Match::Yes
    }

    /// Whether labels of a pod match, or may.
    pub(super) fn may_have_labels(&self, selector: SelectorId, pod: EndpointId) -> bool {
        let labels = self.cluster.labels(self.cluster.endpoint(pod).labels);
        self.selectors().get(selector).matches(|key| label(labels, key)) != Match::No
    }

    /// Whether labels of a namespace match, as far as they are known.
    pub(super) fn namespace_has(&self, selector: SelectorId, namespace: NamespaceId) -> Match {
        let of = self.cluster.namespace(namespace);
        self.selectors().get(selector).matches(|key| match label(&of.labels, key) {
            Label::Absent if !of.labels_known => Label::Unknown,
            known => known,
        })
    }

    /// The pods and templates that a policy surely selects, those on their node's network included.
    pub(super) fn selected<'c>(&'c self, policy: &'c PolicyView<'a>) -> &'c [EndpointId] {
        policy.selected.get_or_init(|| {
            let select = || {
                let all = self.pods_in(policy.namespace).iter().copied();
                Rc::new(all.filter(|pod| self.has_labels(policy.pods, *pod)).collect())
            };
            let mut known = self.selected.borrow_mut();
            known.entry((policy.namespace, policy.pods)).or_insert_with(select).clone()
        })
    }

    /// The same without pods on their node's network.
    pub(super) fn policed<'c>(&'c self, policy: &'c PolicyView<'a>) -> impl Iterator<Item = EndpointId> + 'c {
        self.selected(policy).iter().copied().filter(|pod| !self.cluster.endpoint(*pod).host_network)
    }

    /// The subjects that the pods of a policy are in a direction; ascending.
    pub(super) fn subjects(&self, policy: &PolicyView<'a>, direction: Direction) -> Vec<SubjectId> {
        let side = self.engine.side(direction);
        let mut found: Vec<SubjectId> = self.policed(policy).filter_map(|pod| side.subject(pod)).collect();
        found.arrange();
        found.dedup();
        found
    }

    /// The pods, templates and assumed pods that a rule's peer matches, or may.
    pub(super) fn matched(&self, allow: &RuleView<'_>) -> Matched {
        let side = self.engine.side(allow.direction);
        let (must, maybe, open) = side.classes_of(allow.list, allow.at);
        let of = |classes: &mut dyn Iterator<Item = u32>| {
            let mut pods: Vec<EndpointId> =
                classes.flat_map(|class| self.members(allow.direction, class).iter().copied()).collect();
            pods.arrange();
            pods.dedup();
            pods
        };
        let all = side.peer_count();
        let mut maybe = maybe.iter(all).chain(side.maybe_in_block(allow.list, allow.at));
        Matched { pods: of(&mut must.iter(all)), maybe: of(&mut maybe), open }
    }

    /// The pods, templates and assumed pods of a class of peers.
    pub(super) fn members(&self, direction: Direction, class: u32) -> &[EndpointId] {
        let side = self.engine.side(direction);
        let members = self.members[direction as usize].get_or_init(|| {
            let mut members: Vec<Vec<EndpointId>> = vec![Vec::new(); side.peer_count()];
            for id in (0..self.cluster.endpoints.len()).map(EndpointId::of) {
                let mut classes: Vec<u32> = Family::ALL
                    .into_iter()
                    .filter_map(|family| side.peer(Party::Endpoint(id), family))
                    .map(crate::engine::PeerId::number)
                    .collect();
                classes.dedup();
                classes.into_iter().for_each(|class| members[class as usize].push(id));
            }
            members
        });
        &members[class as usize]
    }

    /// A pod of each subject of a direction that has one.
    pub(super) fn of_subjects(&self, direction: Direction) -> SortedMap<SubjectId, EndpointId> {
        let side = self.engine.side(direction);
        let pods = self.cluster.real_endpoints().filter_map(|pod| Some((side.subject(pod)?, pod)));
        let mut first = SortedMap::new();
        pods.for_each(|(subject, pod)| _ = first.entry(subject).or_insert(pod));
        first
    }

    /// Of some subjects, a pod of each that policies of the administrative tiers can tell apart: by which
    /// of them apply, and by whether something else does.
    pub(super) fn told_apart(&self, direction: Direction, subjects: &[SubjectId]) -> Vec<EndpointId> {
        let tiers = &self.engine.ir.chain(direction).tiers;
        let lists = tiers.iter().flat_map(|tier| tier.ranks.iter().map(move |rank| (tier, rank.lists.len())));
        let admin: Vec<bool> =
            lists.flat_map(|(tier, count)| std::iter::repeat_n(tier.judges_own_node, count)).collect();
        let pods = self.of_subjects(direction);
        let mut first: SortedMap<(Vec<(usize, bool)>, bool), EndpointId> = SortedMap::new();
        for subject in subjects {
            let Some(pod) = pods.get(subject).copied() else { continue };
            let (own, others): (Vec<_>, Vec<_>) =
                self.engine.side(direction).applied_to(*subject).partition(|(list, _)| admin[*list]);
            first.entry((own, !others.is_empty())).or_insert(pod);
        }
        first.values().copied().collect()
    }

    /// The pods on their node's network whose labels a peer by labels matches.
    pub(super) fn hosts_matched(&self, allow: &RuleView<'_>) -> Vec<EndpointId> {
        let Some((namespaces, pods)) = self.by_labels(allow) else { return Vec::new() };
        let in_namespace = |id| match namespaces {
            NamespaceMatch::Own(own) => own == id,
            NamespaceMatch::Selected(selector) => self.namespace_has(selector, id) == Match::Yes,
        };
        let is = |pod: &EndpointId| {
            let endpoint = self.endpoint(*pod);
            in_namespace(endpoint.namespace) && self.has_labels(pods, *pod)
        };
        let hosts = self
            .hosts
            .get_or_init(|| self.cluster.real_endpoints().filter(|pod| self.endpoint(*pod).host_network).collect());
        hosts.iter().copied().filter(is).collect()
    }

    /// What a pod was made from, as it was written.
    pub(super) fn written(&self, pod: EndpointId) -> Option<Written<'a>> {
        let written = self.written.get_or_init(|| {
            let pods = self.snapshot.pods.iter().map(|l| ((l.file, l.offset), (&l.object.metadata, &l.object.spec)));
            let templates = self.snapshot.workloads.iter().map(|l| {
                let (kind, object) = &l.object;
                let template = match kind {
                    WorkloadKind::CronJob => &object.spec.job_template.spec.template,
                    _ => &object.spec.template,
                };
                ((l.file, l.offset), (&template.metadata, &template.spec))
            });
            pods.chain(templates).collect()
        });
        written.get(&self.endpoint(pod).origin?).copied()
    }

    /// The ports that the containers of a pod declare, with a name or without.
    pub(super) fn declared(&self, pod: EndpointId) -> TrafficSet {
        let named = self.cluster.ports(self.endpoint(pod).ports).iter().map(|p| TrafficSet::port(p.protocol, p.port));
        let containers = self.written(pod).into_iter().flat_map(|(_, spec)| containers_of(spec));
        let ports = containers.filter(|(_, uses)| uses.lives).flat_map(|(container, _)| &container.ports);
        let written = ports.filter_map(|p| {
            let protocol = Protocol::from_name(&p.protocol).or(p.protocol.is_empty().then_some(Protocol::Tcp))?;
            Some(TrafficSet::port(protocol, u16::try_from(p.container_port).ok()?))
        });
        named.chain(written).fold(TrafficSet::empty(), |all, one| all.union(&one))
    }

    /// The Services with an address of their own that a pod is behind.
    pub(super) fn services_of(&self, pod: EndpointId) -> &[&'a Service] {
        let services = self.services.get_or_init(|| {
            let mut of = vec![Vec::new(); self.cluster.endpoints.len()];
            for service in &self.cluster.services {
                if !matches!(service.kind, ServiceKind::Headless | ServiceKind::ExternalName) {
                    service.backends.iter().flatten().for_each(|pod| of[pod.index()].push(service));
                }
            }
            of
        });
        &services[pod.index()]
    }

    /// The allow rules of the same policy and rule as one, a peer each, together.
    pub(super) fn by_rule(&self) -> impl Iterator<Item = &[AllowView<'a>]> {
        self.allows.chunk_by(|a, b| (a.policy, a.direction, a.rule) == (b.policy, b.direction, b.rule))
    }

    /// Whether a policy is one of administrators.
    pub(super) fn is_admin(&self, policy: u32) -> bool {
        self.engine.ir.policies[policy as usize].kind != NETWORK_POLICY
    }

    /// What a rule's ports come to at a pod, as far as they may.
    pub(super) fn traffic(&self, allow: &RuleView<'_>, destination: EndpointId) -> TrafficSet {
        self.engine.rule_traffic(allow.of, Party::Endpoint(destination)).1
    }

    /// Whether a pod is there as it is, not as a template.
    pub(super) fn endpoint(&self, pod: EndpointId) -> &'a Endpoint {
        self.cluster.endpoint(pod)
    }

    /// Whether the input holds pods of a namespace at all: of those that it does not, nothing is known.
    pub(super) fn is_read(&self, namespace: NamespaceId) -> bool {
        !self.pods_in(namespace).is_empty()
    }

    /// The selectors of a peer by labels.
    pub(super) fn by_labels(&self, allow: &RuleView<'_>) -> Option<(NamespaceMatch, SelectorId)> {
        match &allow.of.peer {
            IrPeer::Pods { namespaces, pods, .. } => Some((*namespaces, *pods)),
            _ => None,
        }
    }

    /// The families that some of these pods have.
    pub(super) fn families(&self, pods: &[EndpointId]) -> Vec<Family> {
        let has = |family: &Family| {
            pods.iter().any(|pod| self.engine.outside_families(Party::Endpoint(*pod)).contains(family))
        };
        Family::ALL.into_iter().filter(has).collect()
    }

    /// Whether some policy limits a pod: a NetworkPolicy isolates it, or may, or the administrators deny
    /// something to or from it. An Accept or a Pass of theirs limits nobody.
    pub(super) fn is_limited(&self, pod: EndpointId) -> bool {
        let is_of_network_policy =
            |applied: crate::engine::AppliedList<'_>| applied.list.policy().is_none_or(|policy| !self.is_admin(policy));
        Direction::ALL.into_iter().any(|direction| {
            let side = self.engine.side(direction);
            let Some(subject) = side.subject(pod) else { return false };
            if self.engine.lists_of(direction, pod).any(is_of_network_policy) {
                return true;
            }
            let all = TrafficSet::all_ports();
            let row = side.row(subject, self.cluster, self.selectors());
            let outside = side.outside(subject, self.cluster, self.selectors());
            let mut planes = row.planes.iter().chain(outside.cells.iter().map(|(planes, _)| planes));
            side.is_policed(subject) && planes.any(|planes| !all.is_subset(&planes.must))
        })
    }

    /// Whether a pod may surely send something to an address outside, as far as policies go.
    pub(super) fn surely_sends(&self, pod: EndpointId, address: IpAddr, traffic: &TrafficSet) -> bool {
        self.surely_passes(Direction::Egress, pod, address, traffic)
    }

    /// The same of either direction.
    pub(super) fn surely_passes(
        &self,
        direction: Direction,
        pod: EndpointId,
        address: IpAddr,
        traffic: &TrafficSet,
    ) -> bool {
        let side = self.engine.side(direction);
        let Some(subject) = side.subject(pod) else { return true };
        let row = side.outside(subject, &self.engine.cluster, &self.engine.selectors);
        let cell = row.cells.iter().find(|(_, addresses)| addresses.contains(address));
        cell.is_some_and(|(planes, _)| traffic.is_subset(&planes.must))
    }

    /// Whether a rule may be what decides that a pod sends something to an address outside.
    pub(super) fn may_decide(
        &self,
        rule: &RuleView<'_>,
        pod: EndpointId,
        address: IpAddr,
        (protocol, port): (Protocol, u16),
    ) -> bool {
        let parties = (Party::Endpoint(pod), Party::Address(address));
        let evidence = self.engine.evidence(parties.0, parties.1, Family::of(address), protocol, port);
        evidence.egress.hits.iter().any(|hit| hit.origin == rule.of.origin)
    }

    /// The rules that let pods send, of whatever kind of policy.
    pub(super) fn opening_egress(&self) -> impl Iterator<Item = &RuleView<'a>> {
        self.rules().filter(|rule| rule.direction == Direction::Egress && rule.of.action == ir::Action::Allow)
    }

    /// Whether some pod is selected by both policies.
    pub(super) fn share_pods(&self, a: &PolicyView<'a>, b: &PolicyView<'a>) -> bool {
        a.namespace == b.namespace && self.policed(a).any(|pod| self.selected(b).binary_search(&pod).is_ok())
    }

    /// Whether a namespace is there only for pods that are assumed.
    pub(super) fn is_assumed(&self, namespace: NamespaceId) -> bool {
        let assumed = self.cluster.dns.iter().chain(&self.cluster.assumed_controller);
        let mut assumed = assumed.filter(|id| !self.is_real(**id)).map(|id| self.cluster.endpoint(*id).namespace);
        !self.is_read(namespace) && !self.cluster.namespace(namespace).labels_known && assumed.any(|id| id == namespace)
    }

    /// Whether it is a pod that is really in the input.
    pub(super) fn is_real(&self, pod: EndpointId) -> bool {
        self.cluster.endpoint(pod).kind != EndpointKind::Hypothetical
    }
}

/// Whom a rule's peer matches.
pub(super) struct Matched {
    /// Surely; ascending, assumed pods included.
    pub(super) pods: Vec<EndpointId>,
    /// Perhaps.
    pub(super) maybe: Vec<EndpointId>,
    /// Whether it depends on labels of namespaces that are not known.
    pub(super) open: bool,
}

/// The lists of a direction, in the order of the engine's numbers.
pub(super) fn lists(engine: &Engine, direction: Direction) -> impl Iterator<Item = &List> {
    engine.ir.chain(direction).tiers.iter().flat_map(|tier| &tier.ranks).flat_map(|rank| &rank.lists)
}

/// What each policy selects.
fn subjects(engine: &Engine) -> SortedMap<u32, SelectorId> {
    let mut found = SortedMap::new();
    for list in Direction::ALL.into_iter().flat_map(|direction| lists(engine, direction)) {
        if let Some(policy) = list.policy() {
            found.insert(policy, list.subject.pods);
        }
    }
    found
}
