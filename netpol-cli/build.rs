//! With the feature `playground`: the files of the built page, as a table of names and bytes.

#![allow(clippy::unwrap_used, reason = "a build that cannot write its output has to stop")]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_PLAYGROUND").is_none() {
        return;
    }
    let dist = Path::new(&env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../netpol-wasm/web/dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    let mut files = Vec::new();
    walk(&dist, &mut files);
    files.sort();
    if files.is_empty() {
        println!("cargo::warning=the page is not built, so `netpol playground` will have none: cargo xtask playground");
    }
    let mut table = String::from("&[\n");
    for file in files {
        let name = file.strip_prefix(&dist).unwrap().to_string_lossy().replace('\\', "/");
        writeln!(table, "    ({name:?}, include_bytes!({:?})),", file.to_string_lossy()).unwrap();
    }
    table.push_str("]\n");
    fs::write(Path::new(&env::var_os("OUT_DIR").unwrap()).join("page.rs"), table).unwrap();
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, files) } else { files.push(path) }
    }
}
