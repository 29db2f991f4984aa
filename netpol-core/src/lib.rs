//! Decides what Kubernetes network policies allow before a packet is sent, and says why.
//!
//! The question is always *can A reach B on port P?* Inputs are `(name, text)` pairs of manifests;
//! the answer is a [`Verdict`](query::Verdict) with its parts, the reasons of each down to the line
//! of YAML, and what it rests on. The crate does no I/O and reads no clock or environment.
//!
//! ```
//! use netpol_core::{Analysis, Inputs, Profile, ReadOptions, query::Verdict, read};
//!
//! let mut inputs = Inputs::default();
//! inputs.push("shop.yaml", r#"
//! {apiVersion: v1, kind: Namespace, metadata: {name: shop}}
//! ---
//! {apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}}
//! ---
//! {apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}}
//! ---
//! apiVersion: networking.k8s.io/v1
//! kind: NetworkPolicy
//! metadata: {name: db, namespace: shop}
//! spec:
//!   podSelector: {matchLabels: {app: db}}
//!   ingress:
//!   - from: [{podSelector: {matchLabels: {app: web}}}]
//!     ports: [{port: 5432}]
//! "#);
//! let snapshot = read(&inputs, &ReadOptions::default());
//! assert!(!snapshot.report().has_errors());
//! let analysis = Analysis::new(snapshot, Profile::GENERIC);
//! assert_eq!(analysis.check("shop/web", "shop/db", "5432")?.verdict, Verdict::Allow);
//! assert_eq!(analysis.check("shop/web", "shop/db", "22")?.verdict, Verdict::Deny);
//! # Ok::<(), netpol_core::query::QueryError>(())
//! ```
//!
//! The semantics are those of the NetworkPolicy API
//! (<https://kubernetes.io/docs/concepts/services-networking/network-policies/>); where it leaves
//! a choice to implementations, the [`Profile`] says what is assumed, and by default the verdict is
//! *undefined*, with the reason.

#![deny(clippy::print_stdout, clippy::print_stderr)]
#![cfg_attr(not(feature = "authoring"), allow(dead_code, unused_imports, reason = "of use to authors alone"))]

mod analysis;
mod compare;
mod engine;
mod ir;
mod manifest;
mod model;
mod observe;
mod path;
mod policy;
mod profile;
mod selector;
mod sorted;
mod source;
mod symbol;
mod workspace;
mod yaml;

pub mod assert;
pub mod diagnostic;
pub mod explain;
pub mod fix;
pub mod graph;
pub mod lang;
#[cfg(feature = "authoring")]
pub mod lint;
pub mod query;
pub mod set;

pub use analysis::{Analysis, AnalysisOptions};
pub use compare::{
    CheckComparison, MatrixComparison, OptionValue, ProfileChange, ProfileChanges, ProfileVerdict, compare_check,
    compare_matrix,
};
pub use engine::{AllPairs, Counters, DirectionCounters};
pub use ir::Direction;
pub use manifest::{
    ReadOptions, ReadReport, Snapshot, WorkloadKind, is_dns_label, object_kind, read, unmodelled_kinds,
};
pub use observe::{Explanation, ObservedAnswer, explain_observed};
pub use profile::{
    AdminTiers, AtStart, BaselineAfter, EgressPortNames, Hairpin, HostNetwork, HostPeers, Icmp, IngressPortNames,
    MissingNamespace, NamedPorts, OpenConnections, OwnNode, PortNamesOf, Profile, ProfileOption, ServiceEgress,
    SourceAddress, UnknownSetting, WorkloadIdentity,
};
pub use source::{FileId, Inputs, MAX_FILE_BYTES, Place, Span};
pub use workspace::{PolicySwitch, Together, Workspace};
