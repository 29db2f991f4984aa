//! Reading, and one question: beside the libraries' own typed reads of the same input.
//!
//! `cargo bench --bench check` prints times and rates; compare the rows of one run with each other.

#![allow(missing_docs, reason = "criterion's macros define undocumented items")]

mod support;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use k8s_openapi::List;
use k8s_openapi::api::core::v1::Pod;
use netpol_core::{Analysis, Inputs, Profile, ReadOptions, Snapshot, read};
use std::hint::black_box;
use support::Cluster;
use support::slim::SlimList;

fn inputs(name: &str, text: &str) -> Inputs {
    let mut inputs = Inputs::default();
    inputs.push(name, text);
    inputs
}

fn snapshot(name: &str, text: &str) -> Snapshot {
    read(&inputs(name, text), &ReadOptions::default())
}

fn reading(c: &mut Criterion) {
    let plain = Cluster::new(support::Profile::Plain);
    let (json, yaml) = (plain.with_pods(10_000).json(), plain.with_pods(1_000).yaml());
    let pods_only = {
        let mut value: serde_json::Value = serde_json::from_str(&json).unwrap_or_default();
        if let Some(items) = value["items"].as_array_mut() {
            items.retain(|i| i["kind"] == "Pod");
        }
        value["kind"] = "PodList".into();
        serde_json::to_string_pretty(&value).unwrap_or_default()
    };
    assert!(!snapshot("a.json", &json).report().has_errors());
    let mut group = c.benchmark_group("read");
    group.sample_size(10);
    group.throughput(Throughput::Bytes(json.len() as u64));
    group.bench_function("json/netpol", |b| {
        let inputs = inputs("a.json", &json);
        b.iter_with_large_drop(|| read(black_box(&inputs), &ReadOptions::default()));
    });
    group.bench_function("json/serde_json typed, slim", |b| {
        b.iter(|| serde_json::from_str::<SlimList>(black_box(&json)).is_ok());
    });
    group.throughput(Throughput::Bytes(pods_only.len() as u64));
    group.bench_function("json/serde_json typed, k8s-openapi Pod", |b| {
        b.iter(|| serde_json::from_str::<List<Pod>>(black_box(&pods_only)).is_ok());
    });
    group.throughput(Throughput::Bytes(yaml.len() as u64));
    group.bench_function("yaml/netpol", |b| {
        let inputs = inputs("a.yaml", &yaml);
        b.iter_with_large_drop(|| read(black_box(&inputs), &ReadOptions::default()));
    });
    group.bench_function("yaml/event stream of the parser alone", |b| {
        b.iter(|| saphyr_parser::Parser::new_from_str(black_box(&yaml)).filter(Result::is_ok).count());
    });
    group.bench_function("yaml/serde_yaml typed, slim", |b| {
        b.iter(|| serde_yaml::from_str::<SlimList>(black_box(&yaml)).is_ok());
    });
    group.finish();
}

fn asking(c: &mut Criterion) {
    let mut group = c.benchmark_group("check");
    group.sample_size(20);
    // What `check` says beside a deny: all fixes compared, then a few that are not.
    for pods in [200, 1_000] {
        let cluster = Cluster::new(support::Profile::Plain).with_pods(pods);
        let inputs = inputs("a.json", &cluster.json());
        let analysis = Analysis::new(read(&inputs, &ReadOptions::default()), Profile::GENERIC);
        let Ok(answer) = analysis.check("ns-0/app-0", "ns-2/app-2", "80") else { continue };
        assert!(analysis.quick_fix(&inputs, &answer).is_some(), "the bench asks for a deny that has a fix");
        let id = format!("{pods} pods x {} policies", cluster.size().policies);
        group.bench_function(BenchmarkId::new("the fix beside a deny", &id), |b| {
            b.iter(|| analysis.quick_fix(&inputs, &answer));
        });
    }
    for pods in [1_000, 10_000] {
        let cluster = Cluster::new(support::Profile::Plain).with_pods(pods);
        let snapshot = snapshot("a.json", &cluster.json());
        let id = format!("{pods} pods x {} policies", cluster.size().policies);
        group.bench_function(BenchmarkId::new("prepare and ask once", &id), |b| {
            b.iter_batched(
                || snapshot.clone(),
                |snapshot| {
                    let analysis = Analysis::new(snapshot, Profile::GENERIC);
                    let verdict = analysis.check("ns-1/app-1", "ns-2/app-2", "8080").map(|a| a.verdict);
                    (analysis, verdict)
                },
                criterion::BatchSize::LargeInput,
            );
        });
        let analysis = Analysis::new(snapshot.clone(), Profile::GENERIC);
        group.bench_function(BenchmarkId::new("ask", &id), |b| {
            b.iter(|| analysis.check("ns-1/app-1", "ns-2/app-2", "8080").map(|a| a.verdict));
        });
        group.bench_function(BenchmarkId::new("ask: one workload to every pod", &id), |b| {
            b.iter(|| analysis.check("ns-1/app-1", "*/*", "any").map(|a| a.verdict));
        });
    }
    group.finish();
}

criterion_group!(benches, reading, asking);
criterion_main!(benches);
