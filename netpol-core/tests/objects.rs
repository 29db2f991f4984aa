//! Objects of the `k8s-openapi` types are read like their manifests.

#![cfg(feature = "k8s-openapi")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Namespace, Node, Pod, Service};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use netpol_core::query::Verdict;
use netpol_core::{Analysis, Inputs, Profile, ReadOptions, read};
use serde_json::json;

fn object<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> T {
    serde_json::from_value(value).unwrap()
}

#[test]
fn every_kind_that_matters_is_taken() {
    let mut inputs = Inputs::default();
    inputs.push_object(&object::<Namespace>(json!({"metadata": {"name": "shop"}}))).unwrap();
    let node =
        json!({"metadata": {"name": "n1"}, "status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.1"}]}});
    inputs.push_object(&object::<Node>(node)).unwrap();
    let pod = json!({
        "metadata": {"name": "db-0", "namespace": "shop", "labels": {"app": "db"}, "uid": "u1"},
        "spec": {"nodeName": "n1", "containers": [{"name": "c", "ports": [{"name": "pg", "containerPort": 5432}]}]},
        "status": {"phase": "Running", "podIP": "10.0.0.5", "podIPs": [{"ip": "10.0.0.5"}]},
    });
    inputs.push_object(&object::<Pod>(pod)).unwrap();
    let deployment = json!({
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c"}]}},
        },
    });
    inputs.push_object(&object::<Deployment>(deployment)).unwrap();
    let service = json!({
        "metadata": {"name": "db", "namespace": "shop"},
        "spec": {"selector": {"app": "db"}, "clusterIP": "10.96.0.5", "ports": [{"port": 1, "targetPort": "pg"}]},
    });
    inputs.push_object(&object::<Service>(service)).unwrap();
    let policy = json!({
        "metadata": {"name": "db", "namespace": "shop"},
        "spec": {
            "podSelector": {"matchLabels": {"app": "db"}},
            "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}], "ports": [{"port": "pg"}]}],
        },
    });
    inputs.push_object(&object::<NetworkPolicy>(policy)).unwrap();

    let snapshot = read(&inputs, &ReadOptions::default());
    assert_eq!(snapshot.report().diagnostics, []);
    assert_eq!(snapshot.report().kinds.values().sum::<usize>(), 6);
    let analysis = Analysis::new(snapshot, Profile::GENERIC);
    let verdict = |from: &str, to: &str, port: &str| analysis.check(from, to, port).unwrap().verdict;
    assert_eq!(verdict("shop/web", "shop/pod/db-0", "5432"), Verdict::Allow);
    assert_eq!(verdict("shop/web", "shop/svc/db", "1"), Verdict::Allow);
    assert_eq!(verdict("shop/web", "10.96.0.5", "1"), Verdict::Allow);
    assert_eq!(verdict("shop/web", "shop/pod/db-0", "22"), Verdict::Deny);
    assert_eq!(verdict("node/n1", "shop/pod/db-0", "22"), Verdict::Allow);

    // A reason has its place in the object's JSON form.
    let answer = analysis.check("shop/web", "shop/pod/db-0", "5432").unwrap();
    let place = answer.parts[0].ingress.reasons[0].origin.as_ref().unwrap().place.as_ref().unwrap();
    assert_eq!(&*place.file, "NetworkPolicy shop/db");
    let text = inputs.text(&place.file).unwrap();
    assert!(text[place.span.start as usize..place.span.end as usize].contains("podSelector"));
}
