//! Files, folders, standard input and kustomizations as inputs of the core.

use crate::args::InputArgs;
use crate::exit::Failure;
use netpol_core::Inputs;
use netpol_core::diagnostic::{Diagnostic, Problem};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Reads everything that the arguments name.
pub(crate) fn load(args: &InputArgs) -> Result<Inputs, Failure> {
    if args.files.is_empty() && args.kustomize.is_empty() {
        return Err(Failure::NoInput);
    }
    let mut inputs = load_paths(&args.files, args.only_manifests)?;
    for folder in &args.kustomize {
        let bytes = kustomize(folder)?;
        inputs.push_bytes(format!("kustomize {}", folder.display()), bytes).map_err(Failure::Unreadable)?;
    }
    Ok(inputs)
}

/// Reads files, folders with their subfolders, and `-` for standard input; of folders, if that is wanted,
/// only what may be manifests.
pub(crate) fn load_paths(paths: &[PathBuf], only_manifests: bool) -> Result<Inputs, Failure> {
    let mut inputs = Inputs::default();
    let mut seen = BTreeSet::new();
    for path in paths {
        if path.as_os_str() == "-" {
            if seen.insert(path.clone()) {
                let mut bytes = Vec::new();
                std::io::stdin().lock().read_to_end(&mut bytes).map_err(|e| unreadable("<stdin>", &e))?;
                inputs.push_bytes("<stdin>", bytes).map_err(Failure::Unreadable)?;
            }
            continue;
        }
        let mut found = Vec::new();
        let passes_over = only_manifests && path.is_dir();
        if path.is_dir() {
            walk(path, only_manifests, &mut found)?;
            if found.is_empty() && !only_manifests {
                let name = path.display().to_string();
                let problem = Diagnostic::error(Problem::NoObjects).with("found", &name).in_file(name);
                return Err(Failure::Unreadable(Box::new(problem)));
            }
        } else {
            found.push(path.clone());
        }
        for file in found {
            // The same file by two names is read once.
            if seen.insert(file.canonicalize().unwrap_or_else(|_| file.clone())) {
                let name = file.display().to_string();
                let bytes = std::fs::read(&file).map_err(|e| unreadable(&name, &e))?;
                if passes_over && !may_be_manifest(&bytes) {
                    continue;
                }
                inputs.push_bytes(name, bytes).map_err(Failure::Unreadable)?;
            }
        }
    }
    Ok(inputs)
}

pub(crate) fn unreadable(name: &str, error: &std::io::Error) -> Failure {
    let problem = Diagnostic::error(Problem::Unreadable).with("detail", error).in_file(name);
    Failure::Unreadable(Box::new(problem))
}

/// The manifests of a folder and its subfolders, sorted. Hidden entries are passed over, as are
/// kustomizations (`-k` builds them) and links to folders, which could run in circles.
fn walk(folder: &Path, only_manifests: bool, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let name = folder.display().to_string();
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|e| unreadable(&name, &e))? {
        let entry = entry.map_err(|e| unreadable(&name, &e))?;
        entries.push((entry.path(), entry.file_type().map_err(|e| unreadable(&name, &e))?));
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    for (path, kind) in entries {
        let file_name = path.file_name().map(|n| n.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        if file_name.starts_with('.') {
            continue;
        }
        if kind.is_dir() {
            // A chart is no manifest, but what manifests are made from.
            if !(only_manifests && path.join("Chart.yaml").is_file()) {
                walk(&path, only_manifests, found)?;
            }
        } else if path.is_file()
            && matches!(file_name.rsplit('.').next(), Some("yaml" | "yml" | "json"))
            && !matches!(&*file_name, "kustomization.yaml" | "kustomization.yml")
        {
            found.push(path);
        }
    }
    Ok(())
}

/// Whether a file names what an object has: what names neither is a file of something else. What is in
/// another encoding shows nothing, and is left to whoever reads it.
fn may_be_manifest(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return true };
    let is_kind = |line: &str| line.trim_start_matches(['{', ' ', '\t', '"', '\'']).starts_with("kind");
    text.contains('\0') || text.contains("apiVersion") || text.lines().any(is_kind)
}

/// Runs the kustomize that is installed.
fn kustomize(folder: &Path) -> Result<Vec<u8>, Failure> {
    let name = folder.display().to_string();
    for (program, arguments) in [("kubectl", &["kustomize"][..]), ("kustomize", &["build"][..])] {
        let output = match Command::new(program).args(arguments).arg(folder).output() {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
            Err(e) => return Err(unreadable(&name, &e)),
            Ok(output) => output,
        };
        if output.status.success() {
            return Ok(output.stdout);
        }
        let detail = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        let command = format!("{program} {}", arguments.join(" "));
        let problem = Diagnostic::error(Problem::KustomizeFailed).with("command", command).with("detail", detail);
        return Err(Failure::Unreadable(Box::new(problem.in_file(name))));
    }
    Err(Failure::Unreadable(Box::new(Diagnostic::error(Problem::KustomizeMissing).in_file(name))))
}
