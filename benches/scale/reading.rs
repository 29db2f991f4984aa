//! Reading alone, beside the libraries' own typed reads of the same text.

use crate::measure::median;
use crate::report::{grouped, mega};
use crate::support::slim::SlimList;
use crate::support::{Cluster, Profile};
use netpol_core::{Inputs, ReadOptions, read};
use std::hint::black_box;

const RUNS: usize = 3;

/// The lines of the table.
pub(crate) fn rows() -> Vec<String> {
    let plain = Cluster::new(Profile::Plain);
    let json = plain.with_pods(100_000).json();
    let slim = median(RUNS, || serde_json::from_str::<SlimList>(black_box(&json)));
    let mut rows = vec![
        "| Read | Pods | MB | netpol MB/s | typed, slim MB/s | netpol / slim, time |".to_owned(),
        "|---|--:|--:|--:|--:|--:|".to_owned(),
        row("JSON, beside serde_json", 100_000, json, slim),
    ];
    let yaml = plain.with_pods(10_000).yaml();
    let slim = median(RUNS, || serde_yaml::from_str::<SlimList>(black_box(&yaml)));
    rows.push(row("YAML, beside serde_yaml", 10_000, yaml, slim));
    rows
}

fn row(name: &str, pods: u64, text: String, slim: f64) -> String {
    let bytes = text.len();
    let mut inputs = Inputs::default();
    inputs.push("cluster", text);
    let netpol = median(RUNS, || read(black_box(&inputs), &ReadOptions::default()));
    let rate = |seconds: f64| mega(bytes as f64 / seconds);
    let (ours, theirs) = (rate(netpol), rate(slim));
    format!("| {name} | {} | {} | {ours} | {theirs} | {:.2} |", grouped(pods), mega(bytes as f64), netpol / slim)
}
