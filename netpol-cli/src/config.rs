//! `netpol.toml`: what a repository says about its linter.

use crate::args::FailOn;
use crate::exit::Failure;
use netpol_core::diagnostic::Severity;
use netpol_core::lint::LintCode;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// The name of the file.
pub(crate) const NAME: &str = "netpol.toml";

/// What it says.
#[derive(Debug, Default)]
pub(crate) struct Config {
    pub(crate) fail_on: Option<FailOn>,
    /// Rules with another severity than their own; `None`: off.
    pub(crate) levels: Vec<(LintCode, Option<Severity>)>,
}

/// A severity of a rule, or none.
pub(crate) fn level(text: &str) -> Option<Option<Severity>> {
    match text {
        "off" => Some(None),
        "note" => Some(Some(Severity::Note)),
        "warning" => Some(Some(Severity::Warning)),
        "error" => Some(Some(Severity::Error)),
        _ => None,
    }
}

/// What is accepted as one.
pub(crate) const LEVELS: &str = "off, note, warning, error";

/// The rule of a name.
pub(crate) fn rule(name: &str) -> Result<LintCode, String> {
    LintCode::from_code(name).ok_or_else(|| {
        let known: Vec<&str> = LintCode::ALL.iter().map(|rule| rule.code()).collect();
        format!("no rule is called `{name}`; accepted: {}", known.join(", "))
    })
}

/// Reads the file that is named, else the one of this folder or the next above it within the same
/// repository; none: nothing is said.
pub(crate) fn load(named: Option<&Path>) -> Result<Config, Failure> {
    let path = match named {
        Some(path) => Some(path.to_owned()),
        None => nearest(),
    };
    let Some(path) = path else { return Ok(Config::default()) };
    let text = std::fs::read_to_string(&path).map_err(|e| Failure::Other(format!("{}: {e}", path.display())))?;
    read(&text).map_err(|(at, what)| {
        let before = text.get(..at).unwrap_or(&text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Failure::Other(format!("{}:{line}:{column}: {what}", path.display()))
    })
}

fn nearest() -> Option<PathBuf> {
    let start = std::env::current_dir().ok()?;
    for folder in start.ancestors() {
        let file = folder.join(NAME);
        if file.is_file() {
            // As it is named from here, if it is here.
            return Some(if folder == start { PathBuf::from(NAME) } else { file });
        }
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}

/// Where something is wrong, as a byte of the text, and what.
type Wrong = (usize, String);

fn read(text: &str) -> Result<Config, Wrong> {
    let syntax = |e: toml::de::Error| (e.span().map_or(0, |span| span.start), e.message().to_owned());
    let all = DeTable::parse(text).map_err(syntax)?;
    let mut config = Config::default();
    for (key, value) in all.get_ref() {
        let at = key.span().start;
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("lint", DeValue::Table(lint)) => read_lint(lint, &mut config)?,
            ("lint", _) => return Err((value.span().start, "`lint` is a table".to_owned())),
            (other, _) => return Err((at, format!("unknown key `{other}`; accepted: lint"))),
        }
    }
    Ok(config)
}

fn read_lint(lint: &DeTable<'_>, config: &mut Config) -> Result<(), Wrong> {
    for (key, value) in lint {
        let value_at = value.span().start;
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("fail-on", DeValue::String(text)) => {
                let known = FailOn::from_name(text);
                config.fail_on = Some(known.ok_or_else(|| {
                    (value_at, format!("`fail-on` is `{text}`; accepted: error, warning, note, never"))
                })?);
            }
            ("fail-on", _) => return Err((value_at, "`fail-on` is a string".to_owned())),
            ("rules", DeValue::Table(rules)) => {
                for (name, value) in rules {
                    let rule = rule(name.get_ref()).map_err(|what| (name.span().start, what))?;
                    let at = value.span().start;
                    let DeValue::String(text) = value.get_ref() else {
                        return Err((at, format!("the level of `{}` is a string: {LEVELS}", rule.code())));
                    };
                    let level = level(text);
                    let wrong = || (at, format!("the level of `{}` is `{text}`; accepted: {LEVELS}", rule.code()));
                    config.levels.push((rule, level.ok_or_else(wrong)?));
                }
            }
            ("rules", _) => return Err((value_at, "`rules` is a table".to_owned())),
            (other, _) => {
                return Err((key.span().start, format!("unknown key `{other}`; accepted: fail-on, rules")));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_an_error_with_its_place() {
        let wrong = [
            ("[lint]\nfail-in = \"error\"\n", 7, "unknown key `fail-in`"),
            ("[lint]\nfail-on = \"some\"\n", 17, "accepted: error, warning, note, never"),
            ("[lint.rules]\ntenant-label = \"off\"\n", 13, "no rule is called `tenant-label`"),
            ("[lint.rules]\ntenant-labels = \"none\"\n", 29, "accepted: off, note, warning, error"),
            ("[lint.rules]\ntenant-labels = 1\n", 29, "is a string"),
            ("[lintt]\n", 1, "unknown key `lintt`"),
            ("lint = 3\n", 7, "is a table"),
            ("[lint\n", 5, ""),
        ];
        for (text, at, what) in wrong {
            let found = read(text).expect_err(text);
            assert!(found.1.contains(what), "{text}: {found:?}");
            assert_eq!(found.0, at, "{text}: {found:?}");
        }
    }

    #[test]
    fn levels_and_what_fails_are_read() {
        let config =
            read("[lint]\nfail-on = \"never\"\n[lint.rules]\ntenant-labels = \"off\"\nnot-isolated = \"error\"\n");
        let config = config.unwrap();
        assert_eq!(config.fail_on, Some(FailOn::Never));
        let levels = [(LintCode::NotIsolated, Some(Severity::Error)), (LintCode::TenantLabels, None)];
        assert!(levels.iter().all(|level| config.levels.contains(level)), "{:?}", config.levels);
    }
}
