//! The slim types: read from JSON directly and from YAML through its tree, by one definition.
//!
//! A null reads as the field's zero value, as the API server's decoder has it.

use crate::sorted::Arrange;
use compact_str::CompactString;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use std::fmt;
use std::marker::PhantomData;

/// Reads null as the default.
fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(d: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(d)?.unwrap_or_default())
}

/// Reads a list without the two per-element allocations that `Vec<Option<T>>` would make.
fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Vec<T>, D::Error> {
    struct ListVisitor<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
        type Value = Vec<T>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }
        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut out = Vec::new();
            while let Some(item) = seq.next_element()? {
                out.push(item);
            }
            Ok(out)
        }
    }
    d.deserialize_any(ListVisitor(PhantomData))
}

/// String-valued mappings (labels, selectors), sorted by key.
pub(crate) type Labels = Vec<(CompactString, CompactString)>;

fn labels<'de, D: Deserializer<'de>>(d: D) -> Result<Labels, D::Error> {
    struct LabelsVisitor;
    impl<'de> Visitor<'de> for LabelsVisitor {
        type Value = Labels;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a mapping of strings")
        }
        fn visit_unit<E: de::Error>(self) -> Result<Labels, E> {
            Ok(Labels::new())
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Labels, A::Error> {
            let mut out = Labels::new();
            while let Some(key) = map.next_key::<CompactString>()? {
                out.push((key, map.next_value::<Option<CompactString>>()?.unwrap_or_default()));
            }
            // The API server, and so `kubectl`, writes them sorted.
            if out.is_sorted_by(|a, b| a.0 < b.0) {
                return Ok(out);
            }
            out.arrange();
            match out.windows(2).find(|w| w[0].0 == w[1].0) {
                Some(pair) => Err(de::Error::custom(format!("the key `{}` once", pair[0].0))),
                None => Ok(out),
            }
        }
    }
    d.deserialize_any(LabelsVisitor)
}

/// A number or a string: `targetPort`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IntOrString {
    Int(i64),
    String(CompactString),
}

impl<'de> Deserialize<'de> for IntOrString {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct IntOrStringVisitor;
        impl Visitor<'_> for IntOrStringVisitor {
            type Value = IntOrString;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer or a string")
            }
            fn visit_i64<E: de::Error>(self, n: i64) -> Result<IntOrString, E> {
                Ok(IntOrString::Int(n))
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<IntOrString, E> {
                Ok(IntOrString::Int(i64::try_from(n).unwrap_or(i64::MAX)))
            }
            fn visit_str<E: de::Error>(self, s: &str) -> Result<IntOrString, E> {
                Ok(IntOrString::String(s.into()))
            }
        }
        d.deserialize_any(IntOrStringVisitor)
    }
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(from = "MetaFields")]
pub(crate) struct ObjectMeta {
    pub(crate) name: CompactString,
    /// Only where there is no name.
    pub(crate) generate_name: CompactString,
    pub(crate) namespace: CompactString,
    /// Whether the object came from an API server, and so passed its validation.
    pub(crate) from_server: bool,
    /// Whether an annotation asks for network interfaces beside the first (Multus).
    #[cfg(feature = "authoring")]
    pub(crate) other_networks: bool,
    pub(crate) labels: Labels,
    /// The controller among the owners, else the first of them.
    pub(crate) owner: Option<OwnerReference>,
}

/// `metadata` as it is written; what is kept of it is [`ObjectMeta`].
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct MetaFields {
    #[serde(deserialize_with = "nullable")]
    name: CompactString,
    #[serde(deserialize_with = "nullable")]
    generate_name: CompactString,
    #[serde(deserialize_with = "nullable")]
    namespace: CompactString,
    #[serde(deserialize_with = "nullable")]
    uid: Given,
    #[serde(deserialize_with = "nullable")]
    resource_version: Given,
    #[cfg(feature = "authoring")]
    #[serde(deserialize_with = "nullable")]
    annotations: Annotations,
    #[serde(deserialize_with = "labels")]
    labels: Labels,
    #[serde(deserialize_with = "owner")]
    owner_references: Option<OwnerReference>,
}

impl From<MetaFields> for ObjectMeta {
    fn from(fields: MetaFields) -> Self {
        let generate_name = if fields.name.is_empty() { fields.generate_name } else { CompactString::default() };
        Self {
            name: fields.name,
            generate_name,
            namespace: fields.namespace,
            from_server: fields.uid.0 || fields.resource_version.0,
            #[cfg(feature = "authoring")]
            other_networks: fields.annotations.networks,
            labels: fields.labels,
            owner: fields.owner_references,
        }
    }
}

/// A string of which only counts whether it is empty.
#[derive(Clone, Copy, Default)]
struct Given(bool);

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct GivenVisitor;
        impl Visitor<'_> for GivenVisitor {
            type Value = Given;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Given, E> {
                Ok(Given(!text.is_empty()))
            }
        }
        d.deserialize_str(GivenVisitor)
    }
}

/// The key of an annotation.
#[cfg(feature = "authoring")]
enum AnnotationKey {
    /// That names more networks, of the Network Plumbing Working Group.
    Networks,
    Other,
}

#[cfg(feature = "authoring")]
impl<'de> Deserialize<'de> for AnnotationKey {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl Visitor<'_> for KeyVisitor {
            type Value = AnnotationKey;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<AnnotationKey, E> {
                Ok(match text {
                    "k8s.v1.cni.cncf.io/networks" => AnnotationKey::Networks,
                    _ => AnnotationKey::Other,
                })
            }
        }
        d.deserialize_str(KeyVisitor)
    }
}

/// What counts of the annotations; whatever else stands in their place is passed over.
#[cfg(feature = "authoring")]
#[derive(Default)]
struct Annotations {
    networks: bool,
}

#[cfg(feature = "authoring")]
impl<'de> Deserialize<'de> for Annotations {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct AnnotationsVisitor;
        impl<'de> Visitor<'de> for AnnotationsVisitor {
            type Value = Annotations;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping of strings")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Annotations, A::Error> {
                let mut found = Annotations::default();
                while let Some(key) = map.next_key()? {
                    map.next_value::<de::IgnoredAny>()?;
                    found.networks |= matches!(key, AnnotationKey::Networks);
                }
                Ok(found)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Annotations, A::Error> {
                while seq.next_element::<de::IgnoredAny>()?.is_some() {}
                Ok(Annotations::default())
            }
            fn visit_bool<E>(self, _: bool) -> Result<Annotations, E> {
                Ok(Annotations::default())
            }
            fn visit_i64<E>(self, _: i64) -> Result<Annotations, E> {
                Ok(Annotations::default())
            }
            fn visit_u64<E>(self, _: u64) -> Result<Annotations, E> {
                Ok(Annotations::default())
            }
            fn visit_f64<E>(self, _: f64) -> Result<Annotations, E> {
                Ok(Annotations::default())
            }
            fn visit_str<E>(self, _: &str) -> Result<Annotations, E> {
                Ok(Annotations::default())
            }
            fn visit_unit<E>(self) -> Result<Annotations, E> {
                Ok(Annotations::default())
            }
        }
        d.deserialize_any(AnnotationsVisitor)
    }
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub(crate) struct OwnerReference {
    #[serde(deserialize_with = "nullable")]
    pub(crate) kind: CompactString,
    #[serde(deserialize_with = "nullable")]
    pub(crate) name: CompactString,
    #[serde(deserialize_with = "nullable")]
    controller: bool,
}

/// Reads a list of owners, and keeps the one that counts.
fn owner<'de, D: Deserializer<'de>>(d: D) -> Result<Option<OwnerReference>, D::Error> {
    struct OwnerVisitor;
    impl<'de> Visitor<'de> for OwnerVisitor {
        type Value = Option<OwnerReference>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }
        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut kept: Option<OwnerReference> = None;
            while let Some(owner) = seq.next_element::<OwnerReference>()? {
                if kept.as_ref().is_none_or(|kept| owner.controller && !kept.controller) {
                    kept = Some(owner);
                }
            }
            Ok(kept)
        }
    }
    d.deserialize_any(OwnerVisitor)
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct NamespaceObject {
    #[serde(deserialize_with = "nullable")]
    pub(crate) metadata: ObjectMeta,
}

/// What counts of the `spec` of a CustomResourceDefinition.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DefinitionSpec {
    #[serde(deserialize_with = "nullable")]
    pub(super) conversion: Conversion,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Conversion {
    #[serde(deserialize_with = "nullable")]
    pub(super) strategy: CompactString,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PodObject {
    #[serde(deserialize_with = "nullable")]
    pub(crate) metadata: ObjectMeta,
    #[serde(deserialize_with = "nullable")]
    pub(crate) spec: PodSpec,
    #[serde(deserialize_with = "nullable")]
    pub(crate) status: PodStatus,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PodSpec {
    #[serde(deserialize_with = "nullable")]
    pub(crate) host_network: bool,
    #[serde(deserialize_with = "nullable")]
    pub(crate) node_name: CompactString,
    #[serde(deserialize_with = "list")]
    pub(crate) containers: Vec<Container>,
    #[serde(deserialize_with = "list")]
    pub(crate) init_containers: Vec<Container>,
    #[cfg(feature = "authoring")]
    #[serde(deserialize_with = "nullable")]
    pub(crate) dns_config: DnsConfig,
}

#[cfg(feature = "authoring")]
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub(crate) struct DnsConfig {
    #[serde(deserialize_with = "list")]
    pub(crate) nameservers: Vec<CompactString>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Container {
    #[serde(deserialize_with = "nullable")]
    pub(crate) restart_policy: CompactString,
    #[serde(deserialize_with = "list")]
    pub(crate) ports: Vec<ContainerPort>,
    pub(crate) liveness_probe: Option<Box<Probe>>,
    pub(crate) readiness_probe: Option<Box<Probe>>,
    pub(crate) startup_probe: Option<Box<Probe>>,
}

/// A probe, and what it asks, which have no field in common.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Probe {
    http_get: Option<Box<Probe>>,
    tcp_socket: Option<Box<Probe>>,
    grpc: Option<Box<Probe>>,
    /// Another place than the pod.
    #[serde(deserialize_with = "nullable")]
    host: CompactString,
    port: Option<IntOrString>,
}

impl Probe {
    /// The port of the pod that it asks; `None`: it runs a command, or asks elsewhere.
    pub(crate) fn port(&self) -> Option<&IntOrString> {
        let mut targets = [&self.http_get, &self.tcp_socket, &self.grpc].into_iter().flatten();
        targets.find(|target| target.host.is_empty())?.port.as_ref()
    }
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ContainerPort {
    #[serde(deserialize_with = "nullable")]
    pub(crate) name: CompactString,
    #[serde(deserialize_with = "nullable")]
    pub(crate) container_port: i32,
    #[serde(deserialize_with = "nullable")]
    pub(crate) protocol: CompactString,
    #[serde(deserialize_with = "nullable")]
    pub(crate) host_port: i32,
    #[serde(rename = "hostIP", deserialize_with = "nullable")]
    pub(crate) host_ip: CompactString,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PodStatus {
    #[serde(deserialize_with = "nullable")]
    pub(crate) phase: CompactString,
    #[serde(rename = "podIP", deserialize_with = "nullable")]
    pub(crate) pod_ip: CompactString,
    #[serde(rename = "podIPs", deserialize_with = "list")]
    pub(crate) pod_ips: Vec<StatusAddress>,
    #[serde(rename = "hostIP", deserialize_with = "nullable")]
    pub(crate) host_ip: CompactString,
    #[serde(rename = "hostIPs", deserialize_with = "list")]
    pub(crate) host_ips: Vec<StatusAddress>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct StatusAddress {
    #[serde(deserialize_with = "nullable")]
    pub(crate) ip: CompactString,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct WorkloadObject {
    #[serde(deserialize_with = "nullable")]
    pub(crate) metadata: ObjectMeta,
    #[serde(deserialize_with = "nullable")]
    pub(crate) spec: WorkloadSpec,
    #[serde(deserialize_with = "nullable")]
    pub(crate) status: WorkloadStatus,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct WorkloadSpec {
    pub(crate) replicas: Option<i32>,
    #[serde(deserialize_with = "nullable")]
    pub(crate) ordinals: Ordinals,
    #[serde(deserialize_with = "nullable")]
    pub(crate) template: PodTemplate,
    #[serde(deserialize_with = "nullable")]
    pub(crate) job_template: JobTemplate,
}

/// Where a StatefulSet begins to count.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Ordinals {
    #[serde(deserialize_with = "nullable")]
    pub(crate) start: i32,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct JobTemplate {
    #[serde(deserialize_with = "nullable")]
    pub(crate) spec: JobTemplateSpec,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct JobTemplateSpec {
    #[serde(deserialize_with = "nullable")]
    pub(crate) template: PodTemplate,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub(crate) struct PodTemplate {
    #[serde(deserialize_with = "nullable")]
    pub(crate) metadata: ObjectMeta,
    #[serde(deserialize_with = "nullable")]
    pub(crate) spec: PodSpec,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct WorkloadStatus {
    #[serde(deserialize_with = "list")]
    pub(crate) conditions: Vec<Condition>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Condition {
    #[serde(rename = "type", deserialize_with = "nullable")]
    pub(crate) kind: CompactString,
    #[serde(deserialize_with = "nullable")]
    pub(crate) status: CompactString,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ServiceObject {
    #[serde(deserialize_with = "nullable")]
    pub(crate) metadata: ObjectMeta,
    #[serde(deserialize_with = "nullable")]
    pub(crate) spec: ServiceSpec,
    #[serde(deserialize_with = "nullable")]
    pub(crate) status: ServiceStatus,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ServiceSpec {
    #[serde(rename = "type", deserialize_with = "nullable")]
    pub(crate) kind: CompactString,
    #[serde(deserialize_with = "labels")]
    pub(crate) selector: Labels,
    #[serde(deserialize_with = "list")]
    pub(crate) ports: Vec<ServicePort>,
    #[serde(rename = "clusterIP", deserialize_with = "nullable")]
    pub(crate) cluster_ip: CompactString,
    #[serde(rename = "clusterIPs", deserialize_with = "list")]
    pub(crate) cluster_ips: Vec<CompactString>,
    #[serde(rename = "externalIPs", deserialize_with = "list")]
    pub(crate) external_ips: Vec<CompactString>,
    #[serde(deserialize_with = "nullable")]
    pub(crate) external_name: CompactString,
    #[serde(deserialize_with = "nullable")]
    pub(crate) external_traffic_policy: CompactString,
    #[serde(deserialize_with = "nullable")]
    pub(crate) internal_traffic_policy: CompactString,
    #[serde(deserialize_with = "list")]
    pub(crate) load_balancer_source_ranges: Vec<CompactString>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ServicePort {
    #[serde(deserialize_with = "nullable")]
    pub(crate) name: CompactString,
    #[serde(deserialize_with = "nullable")]
    pub(crate) protocol: CompactString,
    #[serde(deserialize_with = "nullable")]
    pub(crate) port: i32,
    pub(crate) target_port: Option<IntOrString>,
    #[serde(deserialize_with = "nullable")]
    pub(crate) node_port: i32,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ServiceStatus {
    #[serde(deserialize_with = "nullable")]
    pub(crate) load_balancer: LoadBalancerStatus,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct LoadBalancerStatus {
    #[serde(deserialize_with = "list")]
    pub(crate) ingress: Vec<BalancerAddress>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct BalancerAddress {
    #[serde(deserialize_with = "nullable")]
    pub(crate) ip: CompactString,
    #[serde(deserialize_with = "nullable")]
    pub(crate) hostname: CompactString,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct NodeObject {
    #[serde(deserialize_with = "nullable")]
    pub(crate) metadata: ObjectMeta,
    #[serde(deserialize_with = "nullable")]
    pub(crate) spec: NodeSpec,
    #[serde(deserialize_with = "nullable")]
    pub(crate) status: NodeStatus,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct NodeSpec {
    #[serde(rename = "podCIDR", deserialize_with = "nullable")]
    pub(crate) pod_cidr: CompactString,
    #[serde(rename = "podCIDRs", deserialize_with = "list")]
    pub(crate) pod_cidrs: Vec<CompactString>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct NodeStatus {
    #[serde(deserialize_with = "list")]
    pub(crate) addresses: Vec<NodeAddress>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct NodeAddress {
    #[serde(rename = "type", deserialize_with = "nullable")]
    pub(crate) kind: CompactString,
    #[serde(deserialize_with = "nullable")]
    pub(crate) address: CompactString,
}
