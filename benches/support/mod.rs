//! A generator of synthetic clusters: seeded, streaming, as `kubectl get -o json|yaml` prints them.
//!
//! The profile here is `plain`: N pods in N/20 workloads over 50 namespaces, N/10 policies, each
//! admitting one other workload on two ports and DNS, every third with an address block.

use std::fmt::Write;

/// A small generator of numbers (splitmix64): the same seed gives the same cluster.
#[derive(Clone, Debug)]
pub(crate) struct Seeded(u64);

impl Seeded {
    /// Starts from a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n.max(1) as u64).unwrap_or_default()
    }
}

/// The cluster's size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plain {
    /// How many pods; a tenth as many policies.
    pub(crate) pods: usize,
}

const NAMESPACES: usize = 50;

impl Plain {
    fn workloads(self) -> usize {
        (self.pods / 20).max(1)
    }

    /// How many policies there are.
    pub(crate) fn policies(self) -> usize {
        self.pods / 10
    }

    /// The objects as JSON texts, one after the other.
    fn objects(self) -> impl Iterator<Item = String> {
        let mut random = Seeded::new(42);
        let namespaces = (0..NAMESPACES).map(|n| {
            format!(r#"{{"apiVersion":"v1","kind":"Namespace","metadata":{{"labels":{{"team":"team-{}"}},"name":"ns-{n}","uid":"n-{n}"}}}}"#, n % 7)
        });
        let pods = (0..self.pods).map(move |i| {
            let workload = i / 20;
            let ns = workload % NAMESPACES;
            let (a, b, c) = (i >> 16, (i >> 8) & 255, i & 255);
            let node = i % 100;
            format!(
                r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"annotations":{{"kubernetes.io/config.source":"api","example.com/checksum":"{i:064x}"}},"creationTimestamp":"2026-01-01T00:00:00Z","generateName":"app-{workload}-7d4b9c6f5-","labels":{{"app":"app-{workload}","pod-template-hash":"7d4b9c6f5","tier":"tier-{}"}},"name":"app-{workload}-7d4b9c6f5-{i:05}","namespace":"ns-{ns}","ownerReferences":[{{"apiVersion":"apps/v1","blockOwnerDeletion":true,"controller":true,"kind":"ReplicaSet","name":"app-{workload}-7d4b9c6f5","uid":"rs-{workload}"}}],"resourceVersion":"{i}","uid":"p-{i:032}"}},"spec":{{"containers":[{{"env":[{{"name":"MODE","value":"production"}},{{"name":"POD_IP","valueFrom":{{"fieldRef":{{"apiVersion":"v1","fieldPath":"status.podIP"}}}}}}],"image":"registry.example.com/app-{workload}:1.2.3","imagePullPolicy":"IfNotPresent","name":"main","ports":[{{"containerPort":8080,"name":"http","protocol":"TCP"}}],"resources":{{"limits":{{"cpu":"500m","memory":"256Mi"}},"requests":{{"cpu":"100m","memory":"128Mi"}}}},"terminationMessagePath":"/dev/termination-log","volumeMounts":[{{"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount","name":"kube-api-access","readOnly":true}}]}}],"dnsPolicy":"ClusterFirst","nodeName":"node-{node}","restartPolicy":"Always","serviceAccountName":"default","tolerations":[{{"effect":"NoExecute","key":"node.kubernetes.io/not-ready","operator":"Exists","tolerationSeconds":300}}]}},"status":{{"conditions":[{{"lastTransitionTime":"2026-01-01T00:00:00Z","status":"True","type":"Ready"}},{{"lastTransitionTime":"2026-01-01T00:00:00Z","status":"True","type":"PodScheduled"}}],"hostIP":"192.168.0.{node}","phase":"Running","podIP":"10.{a}.{b}.{c}","podIPs":[{{"ip":"10.{a}.{b}.{c}"}}],"qosClass":"Burstable","startTime":"2026-01-01T00:00:00Z"}}}}"#,
                workload % 3
            )
        });
        let workloads = self.workloads();
        let policies = (0..self.policies()).map(move |i| {
            let app = random.below(workloads);
            let (peer, ns) = (random.below(workloads), app % NAMESPACES);
            let block = match i % 3 {
                0 => format!(r#",{{"to":[{{"ipBlock":{{"cidr":"203.0.113.0/24","except":["203.0.113.{}/32"]}}}}]}}"#, i % 256),
                _ => String::new(),
            };
            format!(
                r#"{{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{{"name":"policy-{i}","namespace":"ns-{ns}","uid":"np-{i}"}},"spec":{{"egress":[{{"ports":[{{"port":53,"protocol":"UDP"}}]}},{{"ports":[{{"port":8080,"protocol":"TCP"}}],"to":[{{"namespaceSelector":{{}},"podSelector":{{"matchLabels":{{"app":"app-{peer}"}}}}}}]}}{block}],"ingress":[{{"from":[{{"namespaceSelector":{{"matchLabels":{{"team":"team-{}"}}}},"podSelector":{{"matchLabels":{{"app":"app-{peer}"}}}}}}],"ports":[{{"port":"http","protocol":"TCP"}},{{"endPort":9100,"port":9000,"protocol":"TCP"}}]}}],"podSelector":{{"matchLabels":{{"app":"app-{app}"}}}},"policyTypes":["Ingress","Egress"]}}}}"#,
                i % 7
            )
        });
        namespaces.chain(pods).chain(policies)
    }

    /// As `kubectl get … -o json` prints it: a List, indented by four.
    pub(crate) fn json(self) -> String {
        let mut out = String::from("{\n    \"apiVersion\": \"v1\",\n    \"items\": [\n");
        for (i, object) in self.objects().enumerate() {
            let value: serde_json::Value = serde_json::from_str(&object).unwrap_or_default();
            let mut text = Vec::new();
            let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
            let mut serializer = serde_json::Serializer::with_formatter(&mut text, formatter);
            if serde::Serialize::serialize(&value, &mut serializer).is_ok() {
                let text = String::from_utf8_lossy(&text).replace('\n', "\n        ");
                let _ = write!(out, "{}        {text}", if i == 0 { "" } else { ",\n" });
            }
        }
        out.push_str(
            "\n    ],\n    \"kind\": \"List\",\n    \"metadata\": {\n        \"resourceVersion\": \"\"\n    }\n}\n",
        );
        out
    }

    /// As `kubectl get … -o yaml` prints it: a List.
    pub(crate) fn yaml(self) -> String {
        let mut out = String::from("apiVersion: v1\nitems:\n");
        for object in self.objects() {
            let value: serde_json::Value = serde_json::from_str(&object).unwrap_or_default();
            let text = serde_yaml::to_string(&value).unwrap_or_default();
            for (i, line) in text.lines().enumerate() {
                let _ = writeln!(out, "{}{line}", if i == 0 { "- " } else { "  " });
            }
        }
        out.push_str("kind: List\nmetadata:\n  resourceVersion: \"\"\n");
        out
    }
}
