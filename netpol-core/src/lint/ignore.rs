//! Annotations that say a finding is known, or matters more or less than others of its rule:
//! `lint.netpol.dev/ignore-RULE: REASON`, or `until YYYY-MM-DD: REASON`, and `note-`, `warning-` and
//! `error-` in place of `ignore-`; on the policy or workload that it is about, or on its namespace.

use super::{LintCode, LintFinding, LintOptions, Remark};
use crate::diagnostic::{Diagnostic, Problem, Severity};
use crate::query::PeerKind;
use crate::sorted::{SortedMap, SortedSet};
use crate::source::{Inputs, Place};
use crate::yaml::{Node, Piece, Value, documents};
use serde::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

const PREFIX: &str = "lint.netpol.dev/";
/// What a finding is to be, by the beginning of the annotation's name.
const LEVELS: [(&str, Option<Severity>); 4] = [
    ("ignore-", None),
    ("note-", Some(Severity::Note)),
    ("warning-", Some(Severity::Warning)),
    ("error-", Some(Severity::Error)),
];

/// A day of the Gregorian calendar, written `YYYY-MM-DD`.
///
/// ```
/// use netpol_core::lint::Date;
/// assert!("2028-02-29".parse::<Date>().is_ok());
/// assert!("2027-02-29".parse::<Date>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date(jiff::civil::Date);

/// Not a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoDate;

impl fmt::Display for NoDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a day; accepted: YYYY-MM-DD")
    }
}

impl std::error::Error for NoDate {}

impl FromStr for Date {
    type Err = NoDate;

    fn from_str(text: &str) -> Result<Self, NoDate> {
        // What else the crate reads, such as a time behind it, is no day.
        let date = text.parse().map_err(|_| NoDate)?;
        if text.len() == 10 { Ok(Self(date)) } else { Err(NoDate) }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// No rule has this name.
pub(super) fn unknown_rule(name: &str) -> Diagnostic {
    let unknown = Diagnostic::error(Problem::UnknownRule).with("found", name);
    match crate::lang::nearest(name, LintCode::ALL.iter().map(|code| code.code())) {
        Some(nearest) => unknown.with("nearest", nearest),
        None => unknown,
    }
}

/// Whose annotation it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Owner {
    kind: String,
    namespace: String,
    name: String,
}

/// What an annotation says of a finding; no severity: to ignore it.
type Said = (Option<Severity>, Remark);

/// All annotations, by object and rule.
pub(super) struct Ignores {
    all: SortedMap<(Owner, LintCode), Said>,
    used: SortedSet<(Owner, LintCode)>,
}

/// Reads them; most files have none, and are not read again.
pub(super) fn read(inputs: &Inputs, default_namespace: &str) -> Result<Ignores, Vec<Diagnostic>> {
    let mut reading = Reading { default_namespace, found: SortedMap::new(), problems: Vec::new() };
    for (_, name, text) in inputs.iter() {
        if memchr::memmem::find(text.as_bytes(), PREFIX.as_bytes()).is_none() {
            continue;
        }
        for chunk in crate::yaml::split_documents(text) {
            // What cannot be read was said when it was read.
            let mut sink = |piece: Piece| match piece {
                Piece::Item(node) | Piece::Root(node) => reading.object(name, &node),
            };
            _ = documents(&text[chunk.start..chunk.end], chunk.start, chunk.line, true, &mut sink);
        }
    }
    match reading.problems.is_empty() {
        true => Ok(Ignores { all: reading.found, used: SortedSet::new() }),
        false => Err(reading.problems),
    }
}

struct Reading<'a> {
    default_namespace: &'a str,
    found: SortedMap<(Owner, LintCode), Said>,
    problems: Vec<Diagnostic>,
}

impl Reading<'_> {
    fn object(&mut self, file: &Arc<str>, node: &Node) {
        let Some(metadata) = node.get("metadata") else { return };
        let text = |node: Option<&Node>| node.and_then(Node::as_str).unwrap_or_default().to_owned();
        let mut owner = Owner {
            kind: text(node.get("kind")),
            namespace: text(metadata.get("namespace")),
            name: text(metadata.get("name")),
        };
        // Of kinds that have no namespace, findings name none.
        let cluster_wide = ["Namespace", "Node"].contains(&&*owner.kind)
            || owner.kind.ends_with("AdminNetworkPolicy")
            || owner.kind == "ClusterNetworkPolicy";
        if cluster_wide {
            owner.namespace.clear();
        } else if owner.namespace.is_empty() {
            owner.namespace = self.default_namespace.to_owned();
        }
        let Some(annotations) = metadata.get("annotations") else { return };
        let Value::Map(annotations) = &annotations.value else { return };
        for entry in annotations {
            let Some(name) = entry.key.strip_prefix(PREFIX) else { continue };
            let place = Place { file: file.clone(), span: entry.key_span };
            let mut problem = |code, found: &str, accepted: &str| {
                let problem = Diagnostic::error(code).with("found", found).with("accepted", accepted);
                self.problems.push(problem.at(place.clone()).in_field(format!("metadata.annotations.{}", entry.key)));
            };
            let known = LEVELS.iter().find_map(|(prefix, level)| Some((name.strip_prefix(prefix)?, *level)));
            let Some((rule, level)) = known else {
                let accepted = LEVELS.map(|(prefix, _)| format!("{PREFIX}{prefix}RULE"));
                problem(Problem::UnknownAnnotation, &entry.key, &accepted.join(", "));
                continue;
            };
            let Some(rule) = LintCode::from_code(rule) else {
                let unknown = unknown_rule(rule).at(place);
                self.problems.push(unknown.in_field(format!("metadata.annotations.{}", entry.key)));
                continue;
            };
            let value = entry.value.as_str().unwrap_or_default().trim();
            const UNTIL: &str = "until ";
            let until = value.get(..UNTIL.len()).filter(|word| word.eq_ignore_ascii_case(UNTIL));
            let (until, reason) = match until {
                Some(word) => {
                    let rest = &value[word.len()..];
                    let (day, reason) = rest.split_once(':').unwrap_or((rest, ""));
                    let Ok(day) = day.trim().parse::<Date>() else {
                        problem(Problem::InvalidDate, day.trim(), "until YYYY-MM-DD: REASON");
                        continue;
                    };
                    (Some(day), reason.trim())
                }
                None => (None, value),
            };
            if reason.is_empty() {
                problem(Problem::NoReason, &entry.key, "");
                continue;
            }
            let remark = Remark { reason: crate::diagnostic::printable(reason), until, place: place.clone() };
            self.found.insert((owner.clone(), rule), (level, remark));
        }
    }
}

impl Ignores {
    /// What somebody said of a finding, and until a day that has not passed.
    pub(super) fn of(&mut self, finding: &LintFinding, today: Option<&Date>) -> Option<Said> {
        if self.all.is_empty() {
            return None;
        }
        // Of one finding about several, all have to say something, and the most severe of it counts.
        let mut owners: Vec<Vec<Owner>> = Vec::new();
        match &finding.policy {
            Some(policy) => owners.push(vec![
                Owner::new(policy.kind, policy.namespace.as_deref(), Some(&policy.name)),
                Owner::new("Namespace", None, policy.namespace.as_deref()),
            ]),
            None => owners.extend(finding.peers.iter().map(|peer| match peer.kind_of {
                PeerKind::Namespace => vec![Owner::new("Namespace", None, peer.name.as_deref())],
                _ => {
                    let kind = peer.kind.as_deref().unwrap_or("Pod");
                    let own = Owner::new(kind, peer.namespace.as_deref(), peer.name.as_deref());
                    vec![own, Owner::new("Namespace", None, peer.namespace.as_deref())]
                }
            })),
        }
        let said = |any: &Vec<Owner>| any.iter().map(|o| (o.clone(), finding.rule)).find(|k| self.all.contains_key(k));
        let keys: Vec<(Owner, LintCode)> = owners.iter().map(said).collect::<Option<_>>()?;
        let found: Vec<Said> = keys.iter().filter_map(|key| self.all.get(key)).cloned().collect();
        self.used.extend(keys);
        let current = |(_, r): &Said| r.until.zip(today.copied()).is_none_or(|(until, today)| today <= until);
        let weight = |(level, _): &Said| level.map_or(u8::MAX, |level| level as u8);
        if found.iter().all(current) { found.into_iter().min_by_key(weight) } else { None }
    }

    /// Findings about annotations that had nothing to ignore, of rules that are on.
    pub(super) fn unused(&self, severity: Severity, options: &LintOptions) -> Vec<LintFinding> {
        let on = |rule: LintCode| options.level(rule, rule.severity()).is_some();
        let unused = self.all.iter().filter(|(key, _)| !self.used.contains(*key) && on(key.1));
        let finding = |((_, rule), (_, remark)): (&(Owner, LintCode), &Said)| {
            let mut finding = LintFinding::new(LintCode::UnusedIgnore, severity).with("rule", rule.code());
            finding.place = Some(remark.place.clone());
            finding
        };
        unused.map(finding).collect()
    }
}

impl Owner {
    fn new(kind: &str, namespace: Option<&str>, name: Option<&str>) -> Self {
        let text = |part: Option<&str>| part.unwrap_or_default().to_owned();
        Self { kind: kind.to_owned(), namespace: text(namespace), name: text(name) }
    }
}
