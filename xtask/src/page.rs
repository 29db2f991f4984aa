//! `npm-pack` and `playground`: the module as a package for npm, and the page that uses it.

use crate::error::Error;
use crate::process::Program;
use crate::test::step_of;
use crate::workspace::Workspace;
use crate::{setup, slim};
use std::fs;
use std::path::{Path, PathBuf};

/// The names of functions stay until the module is made smaller.
const BINDGEN: &str = "--target web --no-typescript --out-dir";

/// The module of authors.
const AUTHORING: &str = "build --profile authoring -p netpol-wasm --features authoring --target wasm32-unknown-unknown";

/// The modules, each made by wasm-bindgen under this name.
const MODULES: [&str; 2] = ["netpol_wasm", "netpol_authoring"];

/// What is in the package as it is written.
const WRITTEN: [&str; 8] =
    ["package.json", "README.md", "authoring.d.ts", "authoring.js", "netpol.d.ts", "node.js", "web.js", "workspace.js"];

/// Where the package is put together, below the target folder.
const PACKAGE: &str = "npm/netpol";

/// Where the page is, below the root.
pub(crate) const WEB: &str = "netpol-wasm/web";

/// What has to be done for the modules and their sentences to be in the package's folder.
fn build_module(workspace: &Workspace) -> Vec<Program> {
    let folder = package_folder(workspace);
    let built = |profile: &str| workspace.target.join(format!("wasm32-unknown-unknown/{profile}/netpol_wasm.wasm"));
    let bindgen = || workspace.program("wasm-bindgen").line(BINDGEN);
    vec![
        workspace.cargo().line("build --profile wasm -p netpol-wasm --target wasm32-unknown-unknown"),
        bindgen().args([&folder, &built("wasm")]),
        workspace.cargo().line(AUTHORING),
        bindgen().args([&folder, &built("authoring")]).line("--out-name netpol_authoring"),
        workspace.cargo().line("run --quiet -p netpol-wasm --features sentences --example messages --").args([&folder]),
    ]
}

/// The folder of the package.
pub(crate) fn package_folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join(PACKAGE)
}

/// Builds the modules and puts the package together.
pub(crate) fn package(workspace: &Workspace) -> Result<(), Error> {
    build_module(workspace).into_iter().try_for_each(Program::run)?;
    complete_package(workspace)
}

/// Makes the modules smaller, and puts what is written by hand beside it.
fn complete_package(workspace: &Workspace) -> Result<(), Error> {
    for name in MODULES {
        slim::module(&package_folder(workspace).join(format!("{name}_bg.wasm")))?;
    }
    let (from, to) = (workspace.root.join("netpol-wasm/npm"), package_folder(workspace));
    for name in WRITTEN {
        copy(&from.join(name), &to.join(name))?;
    }
    copy(&workspace.root.join("LICENSE"), &to.join("LICENSE"))
}

/// `npm-pack`: the package as a file that npm installs.
pub(crate) fn npm_pack(workspace: &Workspace) -> Result<(), Error> {
    package(workspace)?;
    pack(workspace).run()?;
    println!("\nthe package is in {}", workspace.target.join("npm").display());
    Ok(())
}

/// Packs the folder of the package.
pub(crate) fn pack(workspace: &Workspace) -> Program {
    let to = workspace.target.join("npm");
    workspace
        .program("npm")
        .line("pack --silent")
        .args([&package_folder(workspace)])
        .line("--pack-destination")
        .args([&to])
}

/// npm in the folder of the page.
pub(crate) fn npm(workspace: &Workspace, line: &str) -> Program {
    let program = workspace.program("npm").env("NETPOL_PACKAGE", package_folder(workspace));
    program.args(["--prefix", WEB]).line(line)
}

/// Installs the packages that the lock file names, if they are not there as it names them.
pub(crate) fn install(workspace: &Workspace) -> Result<(), Error> {
    let web = workspace.root.join(WEB);
    let lock = web.join("package-lock.json");
    let stamp = web.join("node_modules/.netpol-lock");
    let wanted = fs::read(&lock).map_err(|e| Error::file(&lock, e))?;
    if fs::read(&stamp).is_ok_and(|found| found == wanted) {
        println!("present     the packages of {WEB}");
        return Ok(());
    }
    println!("installing  the packages of {WEB}, as its lock file names them");
    npm(workspace, "ci --no-audit --no-fund --loglevel=error").run()?;
    fs::write(&stamp, wanted).map_err(|e| Error::file(stamp, e))
}

/// `playground`: builds the page and serves it; with a folder, writes it there.
pub(crate) fn playground(workspace: &Workspace, out: Option<&str>) -> Result<(), Error> {
    setup::for_page(workspace)?;
    package(workspace)?;
    npm(workspace, "run build").run()?;
    match out {
        Some(out) => {
            let to = std::path::absolute(out).map_err(|e| Error::file(out, e))?;
            copy_folder(&workspace.root.join(WEB).join("dist"), &to)?;
            println!("\nthe page is in {out}; any web server can serve it, under any path");
            Ok(())
        }
        None => workspace.cargo().line("run --release -p netpol-cli --features playground -- playground").run(),
    }
}

/// `bench page`: how fast the page answers, in a browser.
pub(crate) fn bench(workspace: &Workspace) -> Result<(), Error> {
    setup::run(workspace)?;
    package(workspace)?;
    npm(workspace, "run build").run()?;
    npm(workspace, "run bench").env("NETPOL_CHROMIUM", workspace.chromium()).run()
}

/// The steps that test the module, the package and the page.
pub(crate) fn test(workspace: &Workspace) -> Result<(), Error> {
    build_module(workspace).into_iter().try_for_each(step_of)?;
    complete_package(workspace)?;
    step_of(workspace.cargo().line("test -p netpol-wasm --features authoring --lib"))?;
    step_of(pack(workspace))?;
    step_of(workspace.program("node").line("netpol-wasm/tests/package.mjs").args([workspace.target.join("npm")]))?;
    for script in ["check", "build", "budget"] {
        step_of(npm(workspace, &format!("run {script}")))?;
    }
    step_of(workspace.cargo().line("test -p netpol-cli --features playground page::"))?;
    step_of(workspace.cargo().line("build -p netpol-cli --features playground"))?;
    let browser = npm(workspace, "run test:browser").env("NETPOL_CHROMIUM", workspace.chromium());
    step_of(browser.env("NETPOL_BINARY", workspace.target.join("debug/netpol")))
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    fs::copy(from, to).map(drop).map_err(|e| Error::file(from, e))
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), Error> {
    fs::create_dir_all(to).map_err(|e| Error::file(to, e))?;
    for entry in fs::read_dir(from).map_err(|e| Error::file(from, e))? {
        let entry = entry.map_err(|e| Error::file(from, e))?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() { copy_folder(&path, &target)? } else { copy(&path, &target)? }
    }
    Ok(())
}
