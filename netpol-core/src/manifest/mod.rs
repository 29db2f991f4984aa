//! Kubernetes objects as typed values: only the fields that are reasoned on.

mod admin;
mod apply;
mod fields;
mod file;
mod found;
mod issues;
mod json;
mod kinds;
mod look;
mod mappings;
mod parallel;
mod policy;
mod read;
mod reader;
mod reading;
mod routing;
mod shape;
mod stream;
mod take;
#[cfg(test)]
mod tests;
mod tree;
mod types;
mod validate;

pub(crate) use admin::{AdminAction, AdminPeer, AdminPolicy, AdminPort, AdminRule, AdminTier};
pub use apply::object_kind;
pub(crate) use found::Source;
pub(crate) use kinds::{PolicyKind, UnmodelledEffect};
pub use kinds::{WorkloadKind, unmodelled_kinds};
pub(crate) use policy::{
    NetworkPolicy, Peer, PolicyPort, PortValue, Requirement, RequirementOperator, Rule, Selector, Spanned,
};
pub(crate) use read::{Located, UnmodelledObject};
pub use read::{ReadOptions, ReadReport, Snapshot, read};
pub(crate) use reader::PolicyReader;
pub(crate) use reading::{PolicyName, Reading, source};
pub(crate) use routing::{
    Admits, Call, Detail, EntryBackend, EntryObject, EntryPort, GatewayObject, GrantObject, RoutingKind, RoutingObject,
    Slice, SliceEndpoint,
};
pub(crate) use types::{Container, IntOrString, ObjectMeta, PodObject, PodSpec, ServiceObject, WorkloadObject};

/// Reads a CIDR block as the API server does; host bits are masked.
pub(crate) fn parse_cidr(text: &str) -> Option<ipnet::IpNet> {
    validate::cidr(text).map(|c| c.net)
}

pub use validate::is_dns_label;
pub(crate) use validate::{is_dns_subdomain, is_label_key, is_label_value, is_port_name};
