//! Writes a synthetic cluster to standard output.
//!
//! `cargo run --release --example generate -- rh-prod > cluster.json`

#[path = "../benches/support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::io::{self, BufWriter, ErrorKind, Write as _};
use std::process::ExitCode;
use support::stats::Statistics;
use support::{Cluster, Format, Profile, SEED, Style};

/// What was asked for.
struct Request {
    cluster: Cluster,
    style: Style,
    statistics: bool,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|a| a == "-h" || a == "--help") {
        // Whoever does not read the help to its end has read enough.
        let _ = io::stdout().write_all(help().as_bytes());
        return ExitCode::SUCCESS;
    }
    let request = match parse(&arguments) {
        Ok(request) => request,
        Err(message) => {
            eprintln!("error: {message}\n\n{}", help());
            return ExitCode::from(2);
        }
    };
    if request.statistics {
        eprint!("{}", Statistics::of(request.cluster));
    }
    match request.cluster.write(BufWriter::with_capacity(1 << 16, io::stdout().lock()), request.style) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: cannot write the cluster: {error}");
            ExitCode::from(2)
        }
    }
}

fn help() -> String {
    let mut out = format!(
        "\
Usage: generate PROFILE [OPTIONS]

Writes a synthetic cluster to standard output.

  --pods N        how many pods; the rest follows (default: see below)
  --seed S        the same seed gives the same bytes (default {SEED})
  --format FORMAT json or yaml, as `kubectl get -o` prints them (default json)
  --slim          only what somebody would write, with uids and addresses
  --stats         also count what the policies select, to standard error

Profiles
"
    );
    for profile in Profile::ALL {
        let size = Cluster::new(profile).size();
        let (name, description) = (profile.name(), profile.description());
        let _ = writeln!(out, "  {name:<15} {description}");
        let _ = writeln!(
            out,
            "  {:<15} {} namespaces, {} pods, {} policies",
            "", size.namespaces, size.pods, size.policies
        );
    }
    out
}

fn parse(arguments: &[String]) -> Result<Request, String> {
    let mut profile = None;
    let (mut pods, mut seed, mut style, mut statistics) = (None, SEED, Style::default(), false);
    let mut arguments = arguments.iter().map(String::as_str);
    while let Some(argument) = arguments.next() {
        // A value may stand behind an equals sign, or be the next argument.
        let (flag, mut inline) = match argument.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => (flag, Some(value)),
            _ => (argument, None),
        };
        let mut value = || inline.take().or_else(|| arguments.next()).ok_or_else(|| format!("`{flag}` needs a value"));
        match flag {
            "--pods" => pods = Some(pod_number(value()?)?),
            "--seed" => {
                let text = value()?;
                seed = text.parse().map_err(|_| format!("`{text}` is not a seed; expected a number from 0"))?;
            }
            "--format" => {
                style.format = match value()? {
                    "json" => Format::Json,
                    "yaml" => Format::Yaml,
                    other => return Err(format!("unknown format `{other}`; expected json or yaml")),
                };
            }
            "--slim" => style.slim = true,
            "--stats" => statistics = true,
            _ if flag.starts_with('-') => return Err(format!("unknown option `{argument}`")),
            name if profile.is_none() => {
                profile = Some(Profile::by_name(name).ok_or_else(|| format!("unknown profile `{name}`"))?);
            }
            _ => return Err(format!("one profile is enough: `{argument}`")),
        }
        if let Some(value) = inline {
            return Err(format!("`{flag}` takes no value: `{value}`"));
        }
    }
    let cluster = Cluster::new(profile.ok_or("a profile is needed")?).with_seed(seed);
    Ok(Request { cluster: cluster.with_pods(pods.unwrap_or(cluster.pods)), style, statistics })
}

/// Every pod has an address of its own in 10.1.0.0 to 10.255.255.255.
fn pod_number(text: &str) -> Result<usize, String> {
    const MOST: usize = 255 << 16;
    let number = text.parse().ok().filter(|n| (1..=MOST).contains(n));
    number.ok_or_else(|| format!("`{text}` is not a number of pods; expected 1 to {MOST}"))
}
