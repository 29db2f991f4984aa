//! `netpol.toml`: what a repository says about its linter.

use crate::args::FailOn;
use crate::exit::Failure;
use crate::input;
use netpol_core::diagnostic::{Diagnostic, Problem, Severity, printable};
use netpol_core::lint::LintCode;
use netpol_core::{Place, Span};
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

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

/// Reads the file that is named, else the one of this folder or the next above it within the same
/// repository; none: nothing is said.
pub(crate) fn load(named: Option<&Path>) -> Result<Config, Failure> {
    let path = match named {
        Some(path) => Some(path.to_owned()),
        None => nearest(),
    };
    let Some(path) = path else { return Ok(Config::default()) };
    let name = path.display().to_string();
    let text = std::fs::read_to_string(&path).map_err(|e| input::unreadable(&name, &e))?;
    read(&text).map_err(|wrong| {
        let Wrong { at, problem } = *wrong;
        let before = text.get(..at.start).unwrap_or(&text);
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let span = Span { start: number(at.start), end: number(at.end), line: number(line), column: number(column) };
        Failure::Unreadable(Box::new(problem.at(Place { file: name.into(), span })))
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

/// Where something is wrong, as bytes of the text, and what.
#[derive(Debug)]
struct Wrong {
    at: Range<usize>,
    problem: Diagnostic,
}

fn wrong(at: Range<usize>, problem: Diagnostic) -> Box<Wrong> {
    Box::new(Wrong { at, problem })
}

fn unknown(key: &Spanned<DeString<'_>>, field: &str, known: &[&str]) -> Box<Wrong> {
    let found = key.get_ref();
    let problem = Diagnostic::error(Problem::UnknownField).with("found", found).with("known", known.join(", "));
    in_field(field, key.span(), problem)
}

fn not_a(field: &str, accepted: &str, value: &Spanned<DeValue<'_>>) -> Box<Wrong> {
    let found = value.get_ref().type_str();
    in_field(field, value.span(), Diagnostic::error(Problem::WrongType).with("accepted", accepted).with("found", found))
}

fn not_one_of(field: &str, found: &str, accepted: &str, value: &Spanned<DeValue<'_>>) -> Box<Wrong> {
    let problem = Diagnostic::error(Problem::NotOneOf).with("found", found).with("accepted", accepted);
    in_field(field, value.span(), problem)
}

/// A field by its path, such as `lint.rules.not-isolated`; of the file as a whole, none.
fn in_field(field: &str, at: Range<usize>, mut problem: Diagnostic) -> Box<Wrong> {
    problem.field = (!field.is_empty()).then(|| printable(field));
    wrong(at, problem)
}

fn read(text: &str) -> Result<Config, Box<Wrong>> {
    let syntax = |e: toml::de::Error| {
        wrong(e.span().unwrap_or_default(), Diagnostic::error(Problem::TomlSyntax).with("detail", e.message()))
    };
    let all = DeTable::parse(text).map_err(syntax)?;
    let mut config = Config::default();
    for (key, value) in all.get_ref() {
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("lint", DeValue::Table(lint)) => read_lint(lint, &mut config)?,
            ("lint", _) => return Err(not_a("lint", "a table", value)),
            _ => return Err(unknown(key, "", &["lint"])),
        }
    }
    Ok(config)
}

fn read_lint(lint: &DeTable<'_>, config: &mut Config) -> Result<(), Box<Wrong>> {
    for (key, value) in lint {
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("fail-on", DeValue::String(text)) => {
                let known = FailOn::from_name(text);
                config.fail_on =
                    Some(known.ok_or_else(|| not_one_of("lint.fail-on", text, "error, warning, note, never", value))?);
            }
            ("fail-on", _) => return Err(not_a("lint.fail-on", "a string", value)),
            ("rules", DeValue::Table(rules)) => {
                for (name, value) in rules {
                    let rule = LintCode::named(name.get_ref())
                        .map_err(|problem| in_field("lint.rules", name.span(), *problem))?;
                    let field = format!("lint.rules.{}", rule.code());
                    let DeValue::String(text) = value.get_ref() else {
                        return Err(not_a(&field, &format!("one of {LEVELS}"), value));
                    };
                    config.levels.push((rule, level(text).ok_or_else(|| not_one_of(&field, text, LEVELS, value))?));
                }
            }
            ("rules", _) => return Err(not_a("lint.rules", "a table", value)),
            _ => return Err(unknown(key, "lint", &["fail-on", "rules"])),
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
            ("[lint]\nfail-in = \"error\"\n", 7, "lint", "unknown field `fail-in` (known here: fail-on, rules)"),
            ("[lint]\nfail-on = \"some\"\n", 17, "lint.fail-on", "accepted: error, warning, note, never"),
            ("[lint]\nfail-on = 1\n", 17, "lint.fail-on", "expected a string, found integer"),
            ("[lint]\nrules = []\n", 15, "lint.rules", "expected a table, found array"),
            (
                "[lint.rules]\ntenant-label = \"off\"\n",
                13,
                "lint.rules",
                "no rule is called `tenant-label`; did you mean `tenant-labels`? (`netpol lint --rules` lists them all)",
            ),
            ("[lint.rules]\nxyz = \"off\"\n", 13, "lint.rules", "(`netpol lint --rules` lists them all)"),
            (
                "[lint.rules]\ntenant-labels = \"none\"\n",
                29,
                "lint.rules.tenant-labels",
                "accepted: off, note, warning, error",
            ),
            (
                "[lint.rules]\ntenant-labels = 1\n",
                29,
                "lint.rules.tenant-labels",
                "expected one of off, note, warning, error",
            ),
            ("[lintt]\n", 1, "", "unknown field `lintt` (known here: lint)"),
            ("lint = 3\n", 7, "lint", "expected a table, found integer"),
            ("[lint\n", 5, "", "not valid TOML"),
        ];
        for (text, at, field, what) in wrong {
            let found = read(text).expect_err(text);
            let sentence = found.problem.to_string();
            assert!(sentence.contains(what), "{text}: {sentence}");
            assert_eq!(found.at.start, at, "{text}: {sentence}");
            assert_eq!(found.problem.field.as_deref().unwrap_or_default(), field, "{text}: {sentence}");
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
