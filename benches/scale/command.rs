//! The command, from its start to its exit, beside reading the same file.

use crate::measure::{middle, timed};
use crate::report::{grouped, mega, milliseconds};
use crate::support::{Cluster, Profile};
use netpol_core::{Inputs, ReadOptions, read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs, io, process};

const RUNS: usize = 9;

/// The lines of the table; none where the command was not built for it.
pub(crate) fn rows() -> io::Result<Vec<String>> {
    let Some(program) = program() else { return Ok(Vec::new()) };
    let cluster = Cluster::new(Profile::RhProd);
    let file = env::temp_dir().join(format!("netpol-bench-{}.json", process::id()));
    fs::write(&file, cluster.json())?;
    let row = row(&program, cluster.pods, &file);
    fs::remove_file(&file)?;
    Ok(vec![
        "| Command | Cluster | Pods | MB | Reading alone ms | Command ms | Command / reading |".to_owned(),
        "|---|---|--:|--:|--:|--:|--:|".to_owned(),
        row?,
    ])
}

/// `cargo xtask bench scale` builds it; it stands beside the folder of this program.
fn program() -> Option<PathBuf> {
    let here = env::current_exe().ok()?;
    let program = here.parent()?.parent()?.join(format!("netpol{}", env::consts::EXE_SUFFIX));
    program.is_file().then_some(program)
}

fn row(program: &Path, pods: usize, file: &Path) -> io::Result<String> {
    let mut times = [const { Vec::new() }; 2];
    let mut bytes = 0;
    for _ in 0..RUNS {
        let (reading, read) = timed(|| reading(file));
        bytes = read?;
        let (whole, status) = timed(|| {
            let mut command = Command::new(program);
            command.args(["matrix", "--groups", "-f"]).arg(file).stdout(Stdio::null()).stderr(Stdio::null()).status()
        });
        if !status?.success() {
            return Err(io::Error::other(format!("{} failed", program.display())));
        }
        times.iter_mut().zip([reading, whole]).for_each(|(times, t)| times.push(t));
    }
    let [reading, whole] = times.map(middle);
    let columns = [
        "`netpol matrix --groups`".to_owned(),
        Profile::RhProd.name().to_owned(),
        grouped(pods as u64),
        mega(bytes as f64),
        milliseconds(reading),
        milliseconds(whole),
        format!("{:.2}", whole / reading),
    ];
    Ok(format!("| {} |", columns.join(" | ")))
}

/// Reads the file and its objects, and says how many bytes there were.
fn reading(file: &Path) -> io::Result<usize> {
    let bytes = fs::read(file)?;
    let length = bytes.len();
    let mut inputs = Inputs::default();
    inputs.push_bytes("cluster.json", bytes).map_err(|_| io::Error::other("the cluster is no text"))?;
    let snapshot = read(&inputs, &ReadOptions::default());
    assert!(!snapshot.report().has_errors(), "the synthetic cluster has errors");
    Ok(length)
}
