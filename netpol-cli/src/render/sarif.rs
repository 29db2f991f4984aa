//! Findings as SARIF 2.1.0, the form that code scanning reads.

use super::location;
use netpol_core::Place;
use netpol_core::diagnostic::Severity;
use netpol_core::lang::Lang;
use netpol_core::lint::{LintAnswer, LintCode, LintFinding};
use netpol_core::query::OriginRef;
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<Finding>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<Descriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    short_description: Message,
    full_description: Message,
    help: Message,
    default_configuration: Configuration,
    properties: Properties,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Properties {
    tags: Vec<String>,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression>,
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    justification: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Physical,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<Logical>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    byte_offset: u32,
    byte_length: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logical {
    fully_qualified_name: String,
}

/// The findings, those that are ignored as suppressed.
pub(crate) fn log(answer: &LintAnswer, lang: Lang) -> Log {
    let driver = Driver {
        name: "netpol",
        version: env!("CARGO_PKG_VERSION"),
        rules: LintCode::ALL.iter().map(|rule| descriptor(*rule, lang)).collect(),
    };
    let results = answer.findings.iter().map(|finding| self::finding(finding, lang)).collect();
    Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", results }],
    }
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn descriptor(rule: LintCode, lang: Lang) -> Descriptor {
    let message = |text: &str| Message { text: text.to_owned() };
    let cis = rule.cis().iter().map(|number| format!("CIS-5.3/{number}"));
    Descriptor {
        id: rule.code(),
        short_description: message(lang.lint_title(rule)),
        full_description: message(lang.lint_why(rule)),
        help: message(lang.lint_why(rule)),
        default_configuration: Configuration { level: level(rule.severity()) },
        properties: Properties { tags: ["kubernetes", "security"].map(str::to_owned).into_iter().chain(cis).collect() },
    }
}

fn finding(finding: &LintFinding, lang: Lang) -> Finding {
    let name = finding.policy.as_ref().map(|policy| {
        let field = finding.field.iter().map(|field| format!(" {field}"));
        super::blocks::policy(policy) + &field.collect::<String>()
    });
    let logical = name.into_iter().map(|fully_qualified_name| Logical { fully_qualified_name }).collect();
    let location = finding.place.as_ref().map(|place| Location {
        physical_location: physical(place),
        logical_locations: logical,
        message: None,
    });
    let related = |origin: &OriginRef| {
        let text = format!("{} {}", super::blocks::policy(&origin.policy), origin.field);
        let place = origin.place.as_ref()?;
        Some(Location {
            physical_location: physical(place),
            logical_locations: Vec::new(),
            message: Some(Message { text }),
        })
    };
    let suppression =
        |ignored: &netpol_core::lint::Remark| Suppression { kind: "inSource", justification: ignored.reason.clone() };
    Finding {
        rule_id: finding.rule.code(),
        rule_index: LintCode::ALL.iter().position(|rule| *rule == finding.rule).unwrap_or_default(),
        level: level(finding.severity),
        message: Message { text: lang.lint(finding) },
        locations: location.into_iter().collect(),
        related_locations: finding.related.iter().filter_map(related).collect(),
        suppressions: finding.ignored.iter().map(suppression).collect(),
    }
}

fn physical(place: &Place) -> Physical {
    let span = &place.span;
    Physical {
        artifact_location: Artifact { uri: location::uri(&place.file) },
        region: Region {
            start_line: span.line,
            start_column: span.column,
            byte_offset: span.start,
            byte_length: span.end - span.start,
        },
    }
}
