//! Files as a forge knows them: by their path in the repository, which is where netpol runs.

use std::path::{Component, Path, PathBuf};

/// Where what came by standard input stands.
const STDIN: &str = "stdin";

/// A file's path from the working directory, without detours; one that is elsewhere by its full path.
pub(crate) fn path(file: &str) -> String {
    within(file, std::env::current_dir().ok().as_deref())
}

fn within(file: &str, here: Option<&Path>) -> String {
    if file == "<stdin>" {
        return STDIN.to_owned();
    }
    let given = Path::new(file);
    let direct = plain(given);
    let (Some(here), true) = (here, given.is_absolute() || direct.starts_with("..")) else { return text(&direct) };
    let full = plain(&here.join(&direct));
    let found = full.strip_prefix(here).map(Path::to_owned).ok().or_else(|| {
        // A folder may have two names.
        let real = full.canonicalize().ok()?;
        real.strip_prefix(here.canonicalize().ok()?).map(Path::to_owned).ok()
    });
    found.map_or_else(|| text(&full), |found| text(&found))
}

/// A path without `.`, and without `..` where a folder stands before it.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            // Above the root is the root.
            Component::ParentDir if out.has_root() => {}
            part => out.push(part),
        }
    }
    out
}

fn text(path: &Path) -> String {
    let text = path.display().to_string();
    if cfg!(windows) { text.replace('\\', "/") } else { text }
}

/// The same as the reference of a URI (RFC 3986); a file that is elsewhere has a URI of its own.
pub(crate) fn uri(file: &str) -> String {
    encoded(&path(file))
}

fn encoded(path: &str) -> String {
    let mut out = String::new();
    if path.starts_with('/') {
        out.push_str("file://");
    } else if Path::new(path).is_absolute() {
        out.push_str("file:///");
    }
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_references() {
        assert_eq!(uri("./a b/ü.yaml"), "a%20b/%C3%BC.yaml");
        assert_eq!(uri("<stdin>"), "stdin");
        assert_eq!(encoded("a:b"), "a%3Ab");
    }

    #[test]
    #[cfg(unix)]
    fn files_are_named_from_where_netpol_runs() {
        let here = Some(Path::new("/no/such/repository"));
        for (file, path) in [
            ("manifests/a.yaml", "manifests/a.yaml"),
            ("./tests/../manifests//a.yaml", "manifests/a.yaml"),
            ("/no/such/repository/manifests/a.yaml", "manifests/a.yaml"),
            ("/no/such/repository/x/../manifests/a.yaml", "manifests/a.yaml"),
            ("../repository/a.yaml", "a.yaml"),
            ("../other/a.yaml", "/no/such/other/a.yaml"),
            ("/etc/a.yaml", "/etc/a.yaml"),
        ] {
            assert_eq!(within(file, here), path);
        }
        assert_eq!(encoded("/etc/a.yaml"), "file:///etc/a.yaml");
        assert_eq!(within("../a.yaml", None), "../a.yaml");
    }
}
