//! The tables.

use crate::calibration::Calibration;
use crate::measure::Measured;
use netpol_core::DirectionCounters;
use std::fmt::Write as _;

/// What there is and what it took: first counts, which are the same on every machine, then times.
pub(crate) fn of(measured: &[Measured], calibration: &Calibration) -> String {
    let mut out = table(&COUNTS, measured.iter().map(counts));
    out.push('\n');
    out.push_str(&table(&TIMES, measured.iter().map(|m| times(m, calibration))));
    out
}

const COUNTS: [&str; 10] = [
    "Cluster",
    "Pods",
    "Policies",
    "Subjects e/i",
    "Peers e/i",
    "Blocks e/i",
    "Selector evaluations",
    "Words",
    "Allowed pairs",
    "Digest",
];

fn counts(measured: &Measured) -> Vec<String> {
    let Measured { cluster, counters, all_pairs, .. } = measured;
    let both = |of: fn(&DirectionCounters) -> u64| [of(&counters.egress), of(&counters.ingress)];
    let apart = |of| both(of).map(grouped).join(" / ");
    let sum = |of| grouped(both(of).iter().sum());
    vec![
        cluster.profile.name().to_owned(),
        grouped(counters.pods),
        grouped(counters.policies),
        apart(|d| d.subjects),
        apart(|d| d.peers),
        apart(|d| d.blocks),
        sum(|d| d.selector_evaluations),
        sum(|d| d.words),
        grouped(all_pairs.allowed),
        format!("{:016x}", all_pairs.digest),
    ]
}

const TIMES: [&str; 13] = [
    "Cluster",
    "Pods",
    "MB",
    "Read ms",
    "Prepare ms",
    "All pairs ms",
    "Again ms",
    "Peak MB",
    "Read / slim",
    "Prepare / copy",
    "All pairs / copy",
    "Again / copy",
    "All pairs / AND",
];

fn times(measured: &Measured, calibration: &Calibration) -> Vec<String> {
    let Measured { cluster, bytes, copy, slim, read, prepare, first, again, counters, .. } = measured;
    vec![
        cluster.profile.name().to_owned(),
        grouped(counters.pods),
        mega(*bytes as f64),
        milliseconds(*read),
        milliseconds(*prepare),
        milliseconds(*first),
        milliseconds(*again),
        measured.peak.map_or_else(|| "unknown".to_owned(), |p| mega(p as f64)),
        short(read / slim),
        short(prepare / copy),
        short(first / copy),
        short(again / copy),
        short(first / calibration.intersecting(counters.pods)),
    ]
}

fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut out = format!("| {} |\n|---|{}\n", head.join(" | "), "--:|".repeat(head.len() - 1));
    for row in rows {
        let _ = writeln!(out, "| {} |", row.join(" | "));
    }
    out
}

/// Millions, of bytes as a rule.
pub(crate) fn mega(number: f64) -> String {
    short(number / 1e6)
}

/// Of seconds.
pub(crate) fn milliseconds(seconds: f64) -> String {
    short(seconds * 1e3)
}

/// Three digits that count.
fn short(number: f64) -> String {
    match number {
        n if n < 1.0 => format!("{n:.2}"),
        n if n < 10.0 => format!("{n:.1}"),
        n => format!("{n:.0}"),
    }
}

/// With a comma between thousands.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
