//! Namespaces and pods.

use super::policy::Policy;
use super::selector::Labels;
use super::value::{Value, map};
use std::borrow::Cow;

/// The label that every namespace has from the API server.
pub(crate) const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// When everything was made.
pub(super) const TIME: &str = "2026-01-01T00:00:00Z";

/// The hash of every ReplicaSet; each has another owner.
const HASH: &str = "7d4b9c6f5";

const NODES: usize = 120;

/// An object of a cluster.
#[derive(Clone, Debug)]
pub(crate) enum Object {
    /// A namespace.
    Namespace(Namespace),
    /// A pod.
    Pod(Pod),
    /// A policy.
    Policy(Policy),
}

impl Object {
    /// As kubectl prints it, or, if `slim`, as somebody would write it, with its uid and addresses.
    pub(crate) fn value(&self, slim: bool) -> Value {
        match self {
            Self::Namespace(namespace) => namespace.value(slim),
            Self::Pod(pod) => pod.value(slim),
            Self::Policy(policy) => policy.value(slim),
        }
    }
}

/// A namespace.
#[derive(Clone, Debug)]
pub(crate) struct Namespace {
    /// Its name.
    pub(crate) name: String,
    /// All its labels.
    pub(crate) labels: Labels,
}

impl Namespace {
    /// The namespace of that number: of one of seven teams, in one of three environments.
    pub(crate) fn new(name: impl Into<String>, number: usize) -> Self {
        let name = name.into();
        let env = ["dev", "staging", "prod"].get(number % 3).copied().unwrap_or_default();
        let labels =
            vec![("env", env.to_owned()), (NAMESPACE_NAME, name.clone()), ("team", format!("team-{}", number % 7))];
        Self { name, labels: Labels(labels) }
    }

    /// With one more label.
    pub(crate) fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.labels.0.push((key, value.into()));
        self
    }

    fn value(&self, slim: bool) -> Value {
        let name = &self.name;
        let mut metadata: Vec<(Cow<'static, str>, Value)> = vec![
            ("labels".into(), self.labels.value()),
            ("name".into(), name.clone().into()),
            ("uid".into(), format!("namespace-{name}").into()),
        ];
        let mut entries: Vec<(Cow<'static, str>, Value)> =
            vec![("apiVersion".into(), "v1".into()), ("kind".into(), "Namespace".into())];
        if !slim {
            metadata.push(("creationTimestamp".into(), TIME.into()));
            metadata.push(("resourceVersion".into(), "42".into()));
            entries.push(("spec".into(), map([("finalizers", Value::List(vec!["kubernetes".into()]))])));
            entries.push(("status".into(), map([("phase", "Active".into())])));
        }
        entries.push(("metadata".into(), metadata.into_iter().collect()));
        entries.into_iter().collect()
    }
}

/// A running pod of a Deployment; it listens on 8080 (`http`) and 9090 (`metrics`).
#[derive(Clone, Debug)]
pub(crate) struct Pod {
    /// Its number in the cluster, below 2²⁴ - 2¹⁶: that decides its address, its node and the end of its name.
    pub(crate) number: usize,
    /// Its namespace.
    pub(crate) namespace: String,
    /// The Deployment.
    pub(crate) workload: String,
    /// All its labels.
    pub(crate) labels: Labels,
}

impl Pod {
    /// A pod with the label `app`, which names its workload.
    pub(crate) fn new(number: usize, namespace: impl Into<String>, workload: impl Into<String>) -> Self {
        let workload = workload.into();
        let labels = vec![("app", workload.clone()), ("pod-template-hash", HASH.to_owned())];
        Self { number, namespace: namespace.into(), workload, labels: Labels(labels) }
    }

    /// With one more label.
    pub(crate) fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.labels.0.push((key, value.into()));
        self
    }

    fn value(&self, slim: bool) -> Value {
        let Self { number, namespace, workload, labels } = self;
        let address = format!("10.{}.{}.{}", (number >> 16) + 1, (number >> 8) & 255, number & 255);
        let (node, host) = (format!("node-{}", number % NODES), format!("192.168.0.{}", number % NODES + 1));
        let owner = [
            ("apiVersion", "apps/v1".into()),
            ("blockOwnerDeletion", true.into()),
            ("controller", true.into()),
            ("kind", "ReplicaSet".into()),
            ("name", format!("{workload}-{HASH}").into()),
            ("uid", format!("replicaset-{namespace}-{workload}").into()),
        ];
        let mut metadata: Vec<(Cow<'static, str>, Value)> = vec![
            ("labels".into(), labels.value()),
            ("name".into(), format!("{workload}-{HASH}-{number:05}").into()),
            ("namespace".into(), namespace.clone().into()),
            ("ownerReferences".into(), Value::List(vec![map(owner)])),
            ("uid".into(), format!("pod-{number:032}").into()),
        ];
        let ports = Value::List(vec![port("http", 8080), port("metrics", 9090)]);
        let mut container: Vec<(Cow<'static, str>, Value)> = vec![
            ("image".into(), format!("registry.example.com/{workload}:1.2.3").into()),
            ("name".into(), "main".into()),
            ("ports".into(), ports),
        ];
        let mut spec: Vec<(Cow<'static, str>, Value)> = vec![("nodeName".into(), node.into())];
        let mut status: Vec<(Cow<'static, str>, Value)> = vec![
            ("hostIP".into(), host.into()),
            ("phase".into(), "Running".into()),
            ("podIP".into(), address.clone().into()),
        ];
        if !slim {
            metadata.extend(metadata_noise(*number, workload));
            container.extend(container_noise());
            spec.extend(spec_noise());
            status.extend(status_noise(address));
        }
        spec.push(("containers".into(), Value::List(vec![container.into_iter().collect()])));
        map([
            ("apiVersion", "v1".into()),
            ("kind", "Pod".into()),
            ("metadata", metadata.into_iter().collect()),
            ("spec", spec.into_iter().collect()),
            ("status", status.into_iter().collect()),
        ])
    }
}

fn port(name: &'static str, number: u16) -> Value {
    map([("containerPort", number.into()), ("name", name.into()), ("protocol", "TCP".into())])
}

fn metadata_noise(number: usize, workload: &str) -> [(Cow<'static, str>, Value); 4] {
    let annotations =
        map([("example.com/checksum", format!("{number:064x}").into()), ("kubernetes.io/config.source", "api".into())]);
    [
        ("annotations".into(), annotations),
        ("creationTimestamp".into(), TIME.into()),
        ("generateName".into(), format!("{workload}-{HASH}-").into()),
        ("resourceVersion".into(), number.to_string().into()),
    ]
}

fn container_noise() -> [(Cow<'static, str>, Value); 5] {
    let field = map([("apiVersion", "v1".into()), ("fieldPath", "status.podIP".into())]);
    let env = Value::List(vec![
        map([("name", "MODE".into()), ("value", "production".into())]),
        map([("name", "POD_IP".into()), ("valueFrom", map([("fieldRef", field)]))]),
    ]);
    let amount = |cpu: &'static str, memory: &'static str| map([("cpu", cpu.into()), ("memory", memory.into())]);
    let mount = map([
        ("mountPath", "/var/run/secrets/kubernetes.io/serviceaccount".into()),
        ("name", "kube-api-access".into()),
        ("readOnly", true.into()),
    ]);
    [
        ("env".into(), env),
        ("imagePullPolicy".into(), "IfNotPresent".into()),
        ("resources".into(), map([("limits", amount("500m", "256Mi")), ("requests", amount("100m", "128Mi"))])),
        ("terminationMessagePath".into(), "/dev/termination-log".into()),
        ("volumeMounts".into(), Value::List(vec![mount])),
    ]
}

fn spec_noise() -> [(Cow<'static, str>, Value); 4] {
    let toleration = map([
        ("effect", "NoExecute".into()),
        ("key", "node.kubernetes.io/not-ready".into()),
        ("operator", "Exists".into()),
        ("tolerationSeconds", 300_usize.into()),
    ]);
    [
        ("dnsPolicy".into(), "ClusterFirst".into()),
        ("restartPolicy".into(), "Always".into()),
        ("serviceAccountName".into(), "default".into()),
        ("tolerations".into(), Value::List(vec![toleration])),
    ]
}

fn status_noise(address: String) -> [(Cow<'static, str>, Value); 4] {
    let condition = |name: &'static str| {
        map([("lastTransitionTime", TIME.into()), ("status", "True".into()), ("type", name.into())])
    };
    [
        ("conditions".into(), Value::List(vec![condition("Ready"), condition("PodScheduled")])),
        ("podIPs".into(), Value::List(vec![map([("ip", address.into())])])),
        ("qosClass".into(), "Burstable".into()),
        ("startTime".into(), TIME.into()),
    ]
}
