//! `setup`: finds out what is missing, says what it installs, and installs it.

use crate::error::Error;
use crate::page;
use crate::workspace::Workspace;

const WASM: &str = "wasm32-unknown-unknown";

/// Installs what is missing; prints a line for each tool.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Error> {
    components(workspace)?;
    cargo_deny(workspace)?;
    for_page(workspace)?;
    chromium(workspace)
}

/// What building the page needs.
pub(crate) fn for_page(workspace: &Workspace) -> Result<(), Error> {
    wasm_target(workspace)?;
    wasm_bindgen(workspace)?;
    node(workspace)?;
    page::install(workspace)
}

/// The target that the page is built for. Without rustup, the toolchain has to bring it.
fn wasm_target(workspace: &Workspace) -> Result<(), Error> {
    let Some(installed) = workspace.program("rustup").line("target list --installed").probe() else {
        present(&format!("no rustup here; the toolchain is taken to have the target {WASM}"));
        return Ok(());
    };
    if installed.lines().any(|target| target == WASM) {
        present(&format!("target {WASM}"));
        return Ok(());
    }
    installing(&format!("target {WASM}"));
    workspace.program("rustup").args(["target", "add", WASM]).run()
}

/// rustfmt and clippy.
fn components(workspace: &Workspace) -> Result<(), Error> {
    for (component, version) in [("rustfmt", "fmt --version"), ("clippy", "clippy --version")] {
        if let Some(version) = workspace.cargo().line(version).probe() {
            present(&version);
        } else {
            installing(&format!("component {component}"));
            workspace.program("rustup").args(["component", "add", component]).run()?;
        }
    }
    Ok(())
}

/// The check of licenses and sources. Any version will do.
fn cargo_deny(workspace: &Workspace) -> Result<(), Error> {
    if let Some(version) = workspace.cargo().line("deny --version").probe() {
        present(&version);
        return Ok(());
    }
    installing("cargo-deny");
    workspace.cargo().line("install cargo-deny").run()
}

/// The generator of the JavaScript around the WebAssembly module. It has to be of the very version
/// of the library.
fn wasm_bindgen(workspace: &Workspace) -> Result<(), Error> {
    let wanted = workspace.locked_version("wasm-bindgen")?;
    let found = workspace.program("wasm-bindgen").line("--version").probe();
    if found.as_deref() == Some(&format!("wasm-bindgen {wanted}")) {
        present(&format!("wasm-bindgen {wanted}"));
        return Ok(());
    }
    let found = found.map_or_else(String::new, |found| format!(" (found: {found})"));
    installing(&format!("wasm-bindgen-cli {wanted}{found}"));
    workspace.cargo().args(["install", "wasm-bindgen-cli", &format!("--version=={wanted}")]).run()
}

/// What runs the WebAssembly module. It comes with no Rust tool, so it is only looked for.
fn node(workspace: &Workspace) -> Result<(), Error> {
    let version = workspace.program("node").line("--version").probe();
    let version = version.ok_or(Error::Missing { program: "node", what: "Node.js 20 or later" })?;
    present(&format!("node {version}"));
    Ok(())
}

/// The browser that the page is tested in: that of `NETPOL_CHROMIUM`, or one that is installed.
fn chromium(workspace: &Workspace) -> Result<(), Error> {
    if let Some(version) = workspace.program(&workspace.chromium()).line("--version").probe() {
        present(&version);
        return Ok(());
    }
    installing("chromium, by apt-get");
    workspace.program("apt-get").line("update --quiet").run()?;
    workspace.program("apt-get").line("install --quiet --yes --no-install-recommends chromium").run()
}

fn present(what: &str) {
    println!("present     {what}");
}

fn installing(what: &str) {
    println!("installing  {what}");
}
