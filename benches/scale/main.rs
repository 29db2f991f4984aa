//! How time and work grow: every kind of synthetic cluster, read, prepared, and decided for all
//! pairs, beside what the same machine takes to copy the input.
//!
//! `cargo bench --bench scale` measures all of them, which takes a minute or two and 2.5 GB;
//! `cargo bench --bench scale -- plain:1000 burner` those that are named. Machines differ: compare ratios, not milliseconds.

mod calibration;
mod command;
mod machine;
mod measure;
mod reading;
mod report;
#[path = "../support/mod.rs"]
mod support;

use calibration::Calibration;
use measure::Measured;
use std::process::ExitCode;
use support::{Cluster, Profile};

/// Sizes of `plain`, where size alone differs.
const PLAIN: [usize; 3] = [1_000, 10_000, 100_000];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --all-targets` starts benches too, without optimization.
    if !arguments.iter().any(|a| a == "--bench") {
        println!("nothing to test; `cargo bench --bench scale` measures");
        return ExitCode::SUCCESS;
    }
    let clusters = match selected(arguments.iter().map(String::as_str).filter(|a| *a != "--bench")) {
        Ok(clusters) => clusters,
        Err(message) => {
            eprintln!("error: {message}");
            return ExitCode::from(2);
        }
    };
    let everything = arguments.len() == 1;
    println!("{}\n", machine::description());
    let calibration = Calibration::measure();
    println!("{calibration}\n");
    let measured: Vec<Measured> = clusters
        .into_iter()
        .map(|cluster| {
            eprintln!("{} of {} pods", cluster.profile.name(), cluster.pods);
            Measured::of(cluster)
        })
        .collect();
    print!("{}", report::of(&measured, &calibration));
    if everything {
        println!();
        for row in reading::rows() {
            println!("{row}");
        }
    }
    if measured.iter().any(|m| m.cluster.profile == Profile::RhProd) {
        match command::rows() {
            Ok(rows) if rows.is_empty() => {
                println!("\nThe command is not built: `cargo xtask bench scale` times it too.")
            }
            Ok(rows) => println!("\n{}", rows.join("\n")),
            Err(error) => {
                eprintln!("error: the command could not be timed: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

/// The clusters of these names, `PROFILE` or `PROFILE:PODS`; of none, all of them.
fn selected<'a>(names: impl Iterator<Item = &'a str>) -> Result<Vec<Cluster>, String> {
    let mut clusters = Vec::new();
    for name in names {
        let (name, pods) = name.split_once(':').map_or((name, None), |(name, pods)| (name, Some(pods)));
        let known = || Profile::ALL.map(Profile::name).join(", ");
        let profile =
            Profile::by_name(name).ok_or_else(|| format!("unknown profile `{name}`; expected {}", known()))?;
        match pods {
            Some(text) => {
                let pods = text.parse().ok().filter(|n| *n > 0);
                let pods = pods.ok_or_else(|| format!("`{text}` is not a number of pods; expected 1 or more"))?;
                clusters.push(Cluster::new(profile).with_pods(pods));
            }
            None => clusters.extend(sizes(profile)),
        }
    }
    if clusters.is_empty() {
        clusters = Profile::ALL.into_iter().flat_map(sizes).collect();
        // The allocator keeps some of what it had: small ones first, for their peaks to be their own.
        clusters.sort_by_key(|cluster| cluster.pods);
    }
    Ok(clusters)
}

fn sizes(profile: Profile) -> Vec<Cluster> {
    let cluster = Cluster::new(profile);
    match profile {
        Profile::Plain => PLAIN.map(|pods| cluster.with_pods(pods)).into(),
        _ => vec![cluster],
    }
}
