//! What the API server would refuse about an object, other than the `spec` of a policy.

use super::found::Content;
use super::kinds::WorkloadKind;
use super::types::{ContainerPort, IntOrString, Labels, ObjectMeta, PodSpec};
use super::validate;
use crate::diagnostic::{Params, Problem};
use crate::set::Protocol;
use std::net::IpAddr;

/// Everything that is wrong with it; nothing, nearly always.
pub(super) fn issues(content: &Content) -> Vec<Issue> {
    let mut issues = Issues(Vec::new());
    let (kind, meta) = content.identity();
    if let Some(meta) = meta {
        issues.meta(kind, meta);
    }
    match content {
        Content::Pod(pod) => {
            issues.ports("spec", &pod.spec);
            for (field, ip) in [("status.podIP", &pod.status.pod_ip), ("status.hostIP", &pod.status.host_ip)] {
                issues.address(|| field.to_owned(), ip);
            }
            for (i, ip) in pod.status.pod_ips.iter().enumerate() {
                issues.address(|| format!("status.podIPs[{i}].ip"), &ip.ip);
            }
        }
        Content::Workload(kind, workload) => {
            let (template, path) = match kind {
                WorkloadKind::CronJob => (&workload.spec.job_template.spec.template, "spec.jobTemplate.spec.template"),
                _ => (&workload.spec.template, "spec.template"),
            };
            issues.labels(|| format!("{path}.metadata.labels"), &template.metadata.labels);
            issues.ports(&format!("{path}.spec"), &template.spec);
        }
        Content::Service(service) => {
            issues.labels(|| "spec.selector".to_owned(), &service.spec.selector);
            for (i, port) in service.spec.ports.iter().enumerate() {
                if !(1..=65535).contains(&port.port) {
                    issues.add(Problem::InvalidPortNumber, format!("spec.ports[{i}].port"), port.port.to_string());
                }
                issues.protocol(|| format!("spec.ports[{i}].protocol"), &port.protocol);
                // Defaulting comes before validation, and turns 0 and "" into the Service's port.
                let field = || format!("spec.ports[{i}].targetPort");
                match &port.target_port {
                    Some(IntOrString::Int(number)) if !(0..=65535).contains(number) => {
                        issues.add(Problem::InvalidPortNumber, field(), number);
                    }
                    Some(IntOrString::String(name)) if !name.is_empty() && !validate::is_port_name(name) => {
                        issues.add(Problem::InvalidPortName, field(), name);
                    }
                    _ => {}
                }
            }
            for (i, ip) in service.spec.cluster_ips.iter().enumerate().filter(|(_, ip)| *ip != "None") {
                issues.address(|| format!("spec.clusterIPs[{i}]"), ip);
            }
            if service.spec.cluster_ip != "None" {
                issues.address(|| "spec.clusterIP".to_owned(), &service.spec.cluster_ip);
            }
            for (i, ip) in service.spec.external_ips.iter().enumerate() {
                issues.address(|| format!("spec.externalIPs[{i}]"), ip);
            }
            for (i, cidr) in service.spec.load_balancer_source_ranges.iter().enumerate() {
                issues.cidr(|| format!("spec.loadBalancerSourceRanges[{i}]"), cidr.trim());
            }
            for (i, entry) in service.status.load_balancer.ingress.iter().enumerate() {
                issues.address(|| format!("status.loadBalancer.ingress[{i}].ip"), &entry.ip);
            }
            for (field, policy) in [
                ("spec.internalTrafficPolicy", &service.spec.internal_traffic_policy),
                ("spec.externalTrafficPolicy", &service.spec.external_traffic_policy),
            ] {
                if !matches!(&**policy, "" | "Cluster" | "Local") {
                    let accepted = ("accepted", "Cluster or Local".to_owned());
                    let params = Params::from([("found", format!("`{policy}`")), accepted]);
                    issues.0.push(Issue { code: Problem::WrongType, field: field.to_owned(), params });
                }
            }
        }
        Content::Node(node) => {
            for (i, cidr) in node.spec.pod_cidrs.iter().enumerate() {
                issues.cidr(|| format!("spec.podCIDRs[{i}]"), cidr);
            }
            issues.cidr(|| "spec.podCIDR".to_owned(), &node.spec.pod_cidr);
            for (i, address) in node.status.addresses.iter().enumerate() {
                if matches!(&*address.kind, "InternalIP" | "ExternalIP") {
                    issues.address(|| format!("status.addresses[{i}].address"), &address.address);
                }
            }
        }
        Content::Namespace(_)
        | Content::Routing(_)
        | Content::Policy { .. }
        | Content::Unmodelled(..)
        | Content::Other(_) => {}
    }
    issues.0
}

/// Something that the API server would refuse, by field path.
#[derive(Clone)]
pub(super) struct Issue {
    pub(super) code: Problem,
    pub(super) field: String,
    pub(super) params: Params,
}

struct Issues(Vec<Issue>);

impl Issues {
    fn add(&mut self, code: Problem, field: String, found: impl ToString) {
        self.0.push(Issue { code, field, params: Params::from([("found", found.to_string())]) });
    }

    fn meta(&mut self, kind: &str, meta: &ObjectMeta) {
        if meta.name.is_empty() {
            if meta.generate_name.is_empty() {
                let params = Params::from([("missing", "name".to_owned())]);
                self.0.push(Issue { code: Problem::MissingField, field: "metadata".to_owned(), params });
            }
        } else {
            let valid = match kind {
                "Namespace" => validate::is_dns_label(&meta.name),
                _ => validate::is_dns_subdomain(&meta.name),
            };
            if !valid {
                self.add(Problem::InvalidName, "metadata.name".to_owned(), &meta.name);
            }
        }
        if !meta.namespace.is_empty() && !validate::is_dns_label(&meta.namespace) {
            self.add(Problem::InvalidNamespace, "metadata.namespace".to_owned(), &meta.namespace);
        }
        self.labels(|| "metadata.labels".to_owned(), &meta.labels);
    }

    fn labels(&mut self, field: impl Fn() -> String, labels: &Labels) {
        for (key, value) in labels {
            if !validate::is_label_key(key) {
                self.add(Problem::InvalidLabelKey, format!("{}.{key}", field()), key);
            }
            if !validate::is_label_value(value) {
                self.add(Problem::InvalidLabelValue, format!("{}.{key}", field()), value);
            }
        }
    }

    fn ports(&mut self, field: &str, spec: &PodSpec) {
        for (list, containers) in [("containers", &spec.containers), ("initContainers", &spec.init_containers)] {
            for (c, container) in containers.iter().enumerate() {
                for (p, port) in container.ports.iter().enumerate() {
                    let ContainerPort { name, container_port, protocol, host_port, host_ip } = port;
                    let path = || format!("{field}.{list}[{c}].ports[{p}]");
                    if !(1..=65535).contains(container_port) {
                        self.add(Problem::InvalidPortNumber, format!("{}.containerPort", path()), container_port);
                    }
                    if !name.is_empty() && !validate::is_port_name(name) {
                        self.add(Problem::InvalidPortName, format!("{}.name", path()), name);
                    }
                    self.protocol(|| format!("{}.protocol", path()), protocol);
                    if !(0..=65535).contains(host_port) {
                        self.add(Problem::InvalidPortNumber, format!("{}.hostPort", path()), host_port);
                    }
                    self.address(|| format!("{}.hostIP", path()), host_ip);
                }
            }
        }
    }

    fn protocol(&mut self, field: impl Fn() -> String, protocol: &str) {
        let valid = protocol.is_empty() || Protocol::WITH_PORTS.iter().any(|p| p.name() == protocol);
        if !valid {
            self.add(Problem::InvalidProtocol, field(), protocol);
        }
    }

    fn address(&mut self, field: impl Fn() -> String, text: &str) {
        if !text.is_empty() && text.parse::<IpAddr>().is_err() {
            self.add(Problem::InvalidAddress, field(), text);
        }
    }

    fn cidr(&mut self, field: impl Fn() -> String, text: &str) {
        if !text.is_empty() && validate::cidr(text).is_none() {
            self.add(Problem::InvalidCidr, field(), text);
        }
    }
}
