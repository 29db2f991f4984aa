//! The machine that measures, and how much memory was in use.

use std::fs;

/// Cores and load, as far as the system says.
pub(crate) fn description() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = std::env::var("RAYON_NUM_THREADS").map(|n| format!(", RAYON_NUM_THREADS={n}")).unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().filter(|l| !l.is_empty());
    let load = load.map(|l| format!(", load {l} at the start")).unwrap_or_default();
    format!("{cores} cores{threads}{load}. Machines differ: the ratios are what to compare.")
}

/// Forgets the peak so far. Linux only; elsewhere the peak is unknown or that of the whole run.
pub(crate) fn reset_peak() {
    // Not allowed everywhere; then the peak is that of the whole run.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The largest resident set since, in bytes.
pub(crate) fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}
