//! The bytes of every output depend neither on the order of the documents, nor on how they are spread
//! over files, nor on the number of threads.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../../benches/support/mod.rs"]
mod support;

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::objects::Object;
use support::random::Seeded;
use support::{Cluster, Profile, SEED, list};

const PODS: usize = 300;

/// `{}` is the folder of the cluster, `{old}` the one of the state before.
const COMMANDS: [&str; 25] = [
    "check -f {} FIRST world",
    "check -f {} FIRST */* -o json",
    "check -f {} */* FIRST -o json",
    "matrix -f {}",
    "matrix -f {} -o json",
    "matrix -f {} -o csv",
    "matrix -f {} --by namespace -o yaml",
    "matrix -f {} --groups",
    "matrix -f {} --groups -o json",
    "egress -f {}",
    "egress -f {} -o json",
    "egress -f {} --to world -o csv",
    "ingress -f {}",
    "ingress -f {} -o json",
    "summary -f {} -v",
    "summary -f {} -o json",
    "graph -f {} -o dot",
    "graph -f {} -o mermaid",
    "graph -f {} -o svg",
    "graph -f {} -o html",
    "graph -f {} -o json",
    "diff {old} {}",
    "diff {old} {} -o json",
    "paths -f {} --blast-radius FIRST",
    "paths -f {} --blast-radius FIRST -o json",
];

/// A folder with the objects in their order, spread over so many files.
fn written(folder: &Path, name: &str, objects: &[&Object], files: usize) -> PathBuf {
    let folder = folder.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    for (number, part) in objects.chunks(objects.len().div_ceil(files)).enumerate() {
        // The first is read last.
        let path = folder.join(format!("{}.json", files - number));
        std::fs::write(path, list::json_of(part.iter().copied())).unwrap();
    }
    folder
}

fn shuffled<'o>(objects: &[&'o Object], seed: u64) -> Vec<&'o Object> {
    let mut objects = objects.to_vec();
    let mut seeded = Seeded::new(seed);
    (1..objects.len()).rev().for_each(|at| objects.swap(at, seeded.below(at + 1)));
    objects
}

fn output(command: &str, folder: &Path, old: &Path, first: &str, threads: &str) -> String {
    let words = command.split_whitespace().map(|word| match word {
        "{}" => folder.to_str().unwrap().to_owned(),
        "{old}" => old.to_str().unwrap().to_owned(),
        "FIRST" => first.to_owned(),
        word => word.to_owned(),
    });
    let mut run = Command::new(env!("CARGO_BIN_EXE_netpol"));
    run.args(words).env("RAYON_NUM_THREADS", threads).env("LC_ALL", "C");
    let output = run.output().unwrap();
    // A diff has found one, and some of what is asked may be denied or undefined.
    assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.len() > 100, "{command}: {text}");
    match command.split(' ').next() {
        Some("check" | "diff") => without_places(command, &text),
        // The next commands name the input.
        Some("summary") => text.replace(folder.to_str().unwrap(), "FOLDER"),
        _ => text,
    }
}

/// Reasons name the lines of their rules, which are others in other files.
fn without_places(command: &str, text: &str) -> String {
    fn forget(value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.retain(|key, _| !matches!(key.as_str(), "place" | "file" | "offset"));
                map.values_mut().for_each(forget);
            }
            Value::Array(all) => all.iter_mut().for_each(forget),
            _ => {}
        }
    }
    if command.ends_with("json") {
        let mut value: Value = serde_json::from_str(text).unwrap();
        forget(&mut value);
        return serde_json::to_string_pretty(&value).unwrap();
    }
    let word = |word: &str| if word.contains(".json:") { "PLACE" } else { word }.to_owned();
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn holds(kind: Profile) {
    let objects = Cluster::new(kind).with_pods(PODS).objects();
    let all: Vec<&Object> = objects.iter().collect();
    // Before, every fifth policy was not there.
    let mut policies = 0;
    let is_there = |object: &&Object| {
        policies += usize::from(matches!(object, Object::Policy(_)));
        !matches!(object, Object::Policy(_)) || policies % 5 != 0
    };
    let old: Vec<&Object> = objects.iter().filter(is_there).collect();
    let first = objects
        .iter()
        .find_map(|o| if let Object::Pod(p) = o { Some(format!("{}/{}", p.namespace, p.workload)) } else { None });
    let first = first.unwrap();
    let folder = std::env::temp_dir().join(format!("netpol-bytes-{}-{}", kind.name(), std::process::id()));
    let state = |name: &str, all: &[&Object], files| written(&folder, name, all, files);
    let backward: Vec<&Object> = all.iter().rev().copied().collect();
    // One file in order on one thread, and then otherwise.
    let base = (state("a", &all, 1), state("a-old", &old, 1));
    let others = [
        (base.0.clone(), base.1.clone(), "2"),
        (state("b", &backward, 1), state("b-old", &shuffled(&old, SEED), 2), "2"),
        (state("c", &shuffled(&all, SEED), 3), state("c-old", &old, 1), "1"),
        (state("d", &shuffled(&all, SEED + 1), 7), state("d-old", &shuffled(&old, SEED + 2), 5), "2"),
    ];
    let mut failures = Vec::new();
    for command in COMMANDS {
        let expected = output(command, &base.0, &base.1, &first, "1");
        for (new, old, threads) in &others {
            let found = output(command, new, old, &first, threads);
            if found != expected {
                let lines = expected.lines().zip(found.lines()).find(|(a, b)| a != b);
                failures.push(format!("{command} ({}, {threads} threads): {lines:?}", new.display()));
            }
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn of_a_cluster_with_blocks_and_exceptions() {
    holds(Profile::RhProd);
}

#[test]
fn of_a_cluster_of_deployments() {
    holds(Profile::Plain);
}
