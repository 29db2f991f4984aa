//! Embeds the engine: loads manifests from strings, and from `k8s-openapi` objects, and asks.
//!
//! `cargo run --example embed`

use k8s_openapi::api::core::v1::{Namespace, Pod};
use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicySpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use netpol_core::lang::Lang;
use netpol_core::query::{CheckAnswer, Verdict};
use netpol_core::{Analysis, Inputs, Profile, ReadOptions, read};
use std::collections::BTreeMap;
use std::error::Error;

const MANIFESTS: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: 5432}]
";

fn main() -> Result<(), Box<dyn Error>> {
    let from_text = analyse(inputs_from_strings())?;
    show(&from_text.check("shop/web", "shop/db", "5432")?);
    show(&from_text.check("shop/web", "shop/db", "22")?);

    let from_objects = analyse(inputs_from_objects()?)?;
    let answer = from_objects.check("shop/web", "world", "443")?;
    show(&answer);
    assert_eq!(answer.verdict, Verdict::Deny);
    Ok(())
}

fn inputs_from_strings() -> Inputs {
    let mut inputs = Inputs::default();
    inputs.push("shop.yaml", MANIFESTS);
    inputs
}

/// What a controller holds: objects of the Kubernetes API, of the version that this program chose.
fn inputs_from_objects() -> Result<Inputs, Box<dyn Error>> {
    let meta = |name: &str, namespace: Option<&str>, labels: &[(&str, &str)]| ObjectMeta {
        name: Some(name.to_owned()),
        namespace: namespace.map(str::to_owned),
        labels: Some(labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<BTreeMap<_, _>>()),
        ..ObjectMeta::default()
    };
    let mut inputs = Inputs::default();
    inputs.push_object(&Namespace { metadata: meta("shop", None, &[]), ..Namespace::default() })?;
    inputs.push_object(&Pod { metadata: meta("web", Some("shop"), &[("app", "web")]), ..Pod::default() })?;
    inputs.push_object(&NetworkPolicy {
        metadata: meta("no-egress", Some("shop"), &[]),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(LabelSelector::default()),
            policy_types: Some(vec!["Egress".to_owned()]),
            ..NetworkPolicySpec::default()
        }),
    })?;
    Ok(inputs)
}

fn analyse(inputs: Inputs) -> Result<Analysis, Box<dyn Error>> {
    let snapshot = read(&inputs, &ReadOptions::default());
    // Every finding has its place; here the first error is enough to stop.
    if let Some(error) = snapshot.report().diagnostics.first() {
        return Err(error.to_string().into());
    }
    Ok(Analysis::new(snapshot, Profile::GENERIC))
}

fn show(answer: &CheckAnswer) {
    println!("{} → {} {}: {}", answer.question.from, answer.question.to, answer.question.port, answer.verdict.name());
    for part in &answer.parts {
        for direction in [&part.egress, &part.ingress] {
            for reason in &direction.reasons {
                println!("  {}: {}", direction.direction.name(), Lang::En.code(reason.code, &reason.params));
            }
        }
    }
}
