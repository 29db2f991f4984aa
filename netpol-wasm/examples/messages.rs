//! Writes the sentences of each language for the package: `messages FOLDER` puts `messages.en.js`
//! and `messages.zh.js` there, and `advice.en.js` and `advice.zh.js` for the module of authors.

use netpol_core::lang::{Lang, LintRule, Templates};
use netpol_wasm::request_sentences;
use serde::Serialize;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::{env, error, fs};

#[derive(Serialize)]
struct Messages {
    #[serde(flatten)]
    templates: Templates,
    /// What can be wrong with a request.
    requests: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
struct Advice {
    schema: &'static str,
    /// The rules of the linter.
    rules: BTreeMap<&'static str, LintRule>,
    /// What fixes do.
    codes: BTreeMap<&'static str, &'static str>,
}

/// How codes begin that no answer of the first module has.
const OF_AUTHORS: [&str; 11] = [
    "explain-",
    "fix-",
    "not-from-outside",
    "not-to-outside",
    "peer-",
    "profile-says",
    "reached-",
    "reaches",
    "suspect",
    "though-",
    "tier-",
];
/// How phrases begin that only the command line says: of tests, lint, fixes, explanations, the drawn graph and
/// the demo.
const OF_COMMANDS: [&str; 42] = [
    "all-covered",
    "assumed-pods",
    "bad-example",
    "breaking-",
    "coverage",
    "decided-otherwise",
    "deciding",
    "demo-",
    "errors",
    "expect-",
    "expected-pairs",
    "explain-",
    "export-",
    "failed",
    "fix-",
    "good-example",
    "graph-hint",
    "if-enforced",
    "ignored-",
    "init-",
    "itself-left-out",
    "legend-",
    "lint-",
    "may-apply",
    "no-input",
    "no-tests",
    "not-among-reasons",
    "not-covered",
    "not-exported",
    "nothing-exported",
    "nothing-to-look-at",
    "observed-",
    "pairs-as-expected",
    "reached-undefined",
    "reaches-undefined",
    "regraded-because",
    "rule-column",
    "rules-",
    "severity-column",
    "test-",
    "unmatched",
    "where-column",
];

fn is_of(beginnings: &[&str], code: &str) -> bool {
    beginnings.iter().any(|beginning| code.starts_with(beginning))
}

fn main() -> Result<(), Box<dyn error::Error>> {
    let folder = env::args_os().nth(1).ok_or("usage: messages FOLDER")?;
    for lang in Lang::ALL {
        let mut templates = lang.templates();
        let mut codes = BTreeMap::new();
        templates.codes.retain(|code, template| {
            let kept = !is_of(&OF_AUTHORS, code);
            if !kept && code.starts_with("fix-") {
                codes.insert(*code, *template);
            }
            kept
        });
        templates.phrases.retain(|code, _| !is_of(&OF_COMMANDS, code));
        let messages = Messages { templates, requests: request_sentences(lang) };
        write(&folder, "messages", lang, &messages)?;
        let advice = Advice { schema: "netpol.advice/v1", rules: lang.lint_rules(), codes };
        write(&folder, "advice", lang, &advice)?;
    }
    Ok(())
}

fn write(folder: &OsStr, name: &str, lang: Lang, table: &impl Serialize) -> Result<(), Box<dyn error::Error>> {
    let text = format!("export default {};\n", serde_json::to_string_pretty(table)?);
    Ok(fs::write(Path::new(folder).join(format!("{name}.{}.js", lang.tag())), text)?)
}
