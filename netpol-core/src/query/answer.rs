//! The answer of `check`, and the one Peer schema of all commands.

use super::basis::Basis;
use crate::diagnostic::Params;
use crate::explain::Code;
use crate::ir::Direction;
use crate::set::{Family, TrafficSet};
use crate::source::Place;
use serde::Serialize;
use std::sync::Arc;

/// What is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// A new connection passes.
    Allow,
    /// A new connection does not pass.
    Deny,
    /// The specification, or the input, leaves it open; the reasons say why.
    Undefined,
    /// Some of what was asked is decided otherwise than the rest.
    Mixed,
}

impl Verdict {
    /// All, in the order of output.
    pub const ALL: [Self; 4] = [Self::Allow, Self::Deny, Self::Undefined, Self::Mixed];

    /// `allow`, `deny`, `undefined` or `mixed`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Undefined => "undefined",
            Self::Mixed => "mixed",
        }
    }

    /// The verdict on several parts together.
    pub fn of_parts(parts: impl IntoIterator<Item = Self>) -> Self {
        parts.into_iter().reduce(|a, b| if a == b { a } else { Self::Mixed }).unwrap_or(Self::Undefined)
    }
}

/// What a [`Peer`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeerKind {
    /// All pods of a workload, or the ones that `pods` and `template` name.
    Workload,
    /// A pod that no workload owns.
    Pod,
    /// A namespace.
    Namespace,
    /// A node.
    Node,
    /// All nodes of the input, or the ones that `nodes` names.
    Nodes,
    /// A Service.
    Service,
    /// The addresses of `cidrs`.
    Addresses,
    /// A domain name.
    Name,
    /// Where the outside enters.
    IngressController,
    /// Not in the input, assumed to exist.
    Hypothetical,
}

/// An end of a connection, in every command's output.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Peer {
    /// What it is.
    #[serde(rename = "type")]
    pub kind_of: PeerKind,
    /// Its namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<Arc<str>>,
    /// Its Kubernetes kind, for workloads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Arc<str>>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Arc<str>>,
    /// The pods that are meant, when these are not all of the workload. Sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pods: Vec<Arc<str>>,
    /// Whether, beside `pods`, those are meant that the workload's template will make, when these
    /// are not all of the workload.
    #[serde(skip_serializing_if = "is_false")]
    pub template: bool,
    /// The nodes that are meant, when these are not all. Sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<Arc<str>>,
    /// The addresses, as CIDR blocks: the shortest exact list, IPv4 first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cidrs: Vec<String>,
}

impl Peer {
    /// A peer of a type, with nothing else said.
    pub fn new(kind_of: PeerKind) -> Self {
        Self {
            kind_of,
            namespace: None,
            kind: None,
            name: None,
            pods: Vec::new(),
            template: false,
            nodes: Vec::new(),
            cidrs: Vec::new(),
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

/// A policy that a reason refers to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct PolicyRef {
    /// `NetworkPolicy`, or a kind that is not modelled.
    pub kind: &'static str,
    /// Its namespace, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<Arc<str>>,
    /// Its name.
    pub name: Arc<str>,
}

/// The node of a policy that a reason rests on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct OriginRef {
    /// The policy.
    pub policy: PolicyRef,
    /// The field path, such as `spec.egress[1].to[0]`.
    pub field: String,
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The entry of the rule's `ports` that covers the port, if the rule lists ports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<PortRef>,
}

/// An entry of a rule's `ports`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct PortRef {
    /// The field path, such as `spec.egress[1].ports[0]`.
    pub field: String,
    /// Where it stands.
    pub place: Place,
}

/// Why a direction is decided as it is: a code with its parameters. [`crate::lang`] has the words.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Reason {
    /// What it is.
    pub code: Code,
    /// Values of the sentence.
    #[serde(skip_serializing_if = "Params::is_empty")]
    pub params: Params,
    /// The policy node it rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<OriginRef>,
    /// The ports of the part that this reason is about.
    pub traffic: TrafficSet,
}

/// One direction of a part.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct DirectionAnswer {
    /// Egress of the source or ingress of the destination.
    pub direction: Direction,
    /// What this direction alone comes to.
    pub verdict: Verdict,
    /// The policies that isolate the pod in this direction, sorted.
    pub isolated_by: Vec<PolicyRef>,
    /// Why, sorted.
    pub reasons: Vec<Reason>,
    /// For a deny: the rules that come nearest to allowing it, best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub near_misses: Vec<Reason>,
}

impl DirectionAnswer {
    /// Whether the two have no address family in common, so that there is no connection to decide.
    pub(crate) fn is_no_flow(&self) -> bool {
        self.reasons.iter().any(|reason| reason.code == Code::NoCommonFamily)
    }
}

/// How source and destination of a part relate, when that decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// Each pod to itself.
    Itself,
    /// Each pod to others of its kind.
    Others,
    /// Between a node, or a pod on its network, and the pods on that node.
    SameNode,
    /// Between a node, or a pod on its network, and the pods of other nodes.
    OtherNodes,
    /// As before, where it is not known which node is whose.
    UnknownNodes,
}

/// The Service through which a part goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Via {
    /// The Service.
    pub service: Peer,
    /// The ports of the Service that were asked for; the part's own `traffic` is what the pods see.
    pub traffic: TrafficSet,
}

/// A piece of the answer that is decided in one way and for one set of reasons.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Part {
    /// Allow, deny or undefined.
    pub verdict: Verdict,
    /// The sources.
    pub from: Vec<Peer>,
    /// The destinations.
    pub to: Vec<Peer>,
    /// How the two relate, when that matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relation: Option<Relation>,
    /// The address families this is about, when they differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub families: Vec<Family>,
    /// Protocols and ports at the destination.
    pub traffic: TrafficSet,
    /// The Service in between.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub via: Option<Via>,
    /// What the source's policies say.
    pub egress: DirectionAnswer,
    /// What the destination's policies say.
    pub ingress: DirectionAnswer,
}

/// Something that the verdict itself does not say.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Note {
    /// What it is.
    pub code: Code,
    /// Values of the sentence.
    #[serde(skip_serializing_if = "Params::is_empty")]
    pub params: Params,
}

/// What was asked, as typed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Question {
    /// FROM.
    pub from: String,
    /// TO.
    pub to: String,
    /// PORT; `any` when none was given.
    pub port: String,
}

/// The answer of `check`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckAnswer {
    /// `netpol.check/v1`.
    pub schema: &'static str,
    /// Allow, deny, undefined; mixed when the parts differ.
    pub verdict: Verdict,
    /// What was asked.
    pub question: Question,
    /// The parts; together they are exactly what was asked.
    pub parts: Vec<Part>,
    /// What the verdict does not say.
    pub notes: Vec<Note>,
    /// What the answer rests on.
    pub basis: Basis,
}
