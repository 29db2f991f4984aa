//! The answer of `summary`.

use super::command::command;
use super::table::Table;
use super::words::{MOST_NAMED, Words};
use super::{blocks, footer, style};
use crate::args::InputArgs;
use netpol_core::lang::{Lang, Phrase};
use netpol_core::query::{Counts, Finding, SummaryAnswer};
use netpol_core::set::AddressSet;
use std::fmt::Write;

/// So many namespaces are shown; the others are summed up.
const MOST_NAMESPACES: usize = 20;

/// So many findings are shown, unless more are asked for.
const MOST_FINDINGS: usize = 3;

/// For people, among them those who see netpol for the first time.
pub(crate) fn text(answer: &SummaryAnswer, lang: Lang, verbose: bool, input: &InputArgs) -> String {
    let mut out = footer::first(lang, &answer.basis);
    let mut say = |line: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(out, "{line}");
    };
    let counts = [
        (Phrase::Namespaces, answer.namespaces.len()),
        (Phrase::Workloads, answer.total.workloads),
        (Phrase::Policies, answer.policies),
    ];
    say(&counts.map(|(phrase, count)| format!("{}: {count}", lang.phrase(phrase))).join(", "));
    say("");
    say(table(answer, lang, MOST_NAMESPACES).text().trim_end());
    let legend = if answer.total.ruled > 0 { Phrase::RuledLegend } else { Phrase::SummaryLegend };
    say(&style::paint(style::dim(), lang.phrase(legend)));
    say("");
    if answer.findings.is_empty() && answer.basis.objects.is_empty() {
        say(lang.phrase(Phrase::NothingToLookAt));
    } else if answer.findings.is_empty() {
        say(lang.phrase(Phrase::NoFindings));
    } else {
        say(&style::paint(style::strong(), lang.phrase(Phrase::LookAt)));
    }
    let shown = if verbose { usize::MAX } else { MOST_FINDINGS };
    for (finding, number) in answer.findings.iter().take(shown).zip(1..) {
        say(&format!("  {number}. {}", self::finding(finding, lang)));
    }
    let more = answer.findings.len().saturating_sub(shown);
    if more > 0 {
        say(&format!("  + {more} {}", lang.phrase(Phrase::MoreFindings)));
    }
    say("");
    say(&style::paint(style::strong(), lang.phrase(Phrase::Next)));
    let commands: Vec<String> = answer.next.iter().map(|step| command(&step.command, input)).collect();
    let width = commands.iter().map(|c| c.chars().count()).max().unwrap_or_default();
    for (step, command) in answer.next.iter().zip(&commands) {
        let pad = " ".repeat(width - command.chars().count());
        let what = lang.code(step.code, &Default::default());
        say(&format!("  {command}{pad}  {}", style::paint(style::dim(), format!("# {what}"))));
    }
    say("");
    out.push_str(&footer::basis(lang, &answer.basis));
    out
}

/// A finding with the names of those it is about.
fn finding(finding: &Finding, lang: Lang) -> String {
    let words = Words { lang, asked: AddressSet::empty() };
    let mut names = words.peers(&finding.peers, "");
    if names.is_empty() {
        let policies = finding.policies.iter().take(MOST_NAMED).map(blocks::policy);
        names = policies.collect::<Vec<_>>().join(", ");
        if finding.policies.len() > MOST_NAMED {
            let _ = write!(names, ", … (+{})", finding.policies.len() - MOST_NAMED);
        }
    }
    format!("{}: {names}", lang.code(finding.code, &finding.params))
}

/// One row a namespace, those with the most open workloads where there are too many.
pub(crate) fn table(answer: &SummaryAnswer, lang: Lang, most: usize) -> Table {
    let header = [
        Phrase::Namespace,
        Phrase::Workloads,
        Phrase::EgressIsolated,
        Phrase::IngressIsolated,
        Phrase::ReachOutside,
        Phrase::ReachedFromOutside,
        Phrase::ResolveNames,
    ];
    let mut table = Table::new(header.map(|p| lang.phrase(p)));
    let mut rows: Vec<(String, Counts)> = answer
        .namespaces
        .iter()
        .map(|n| (n.namespace.name.as_deref().unwrap_or_default().to_owned(), n.counts))
        .collect();
    let open = |c: &Counts| 2 * c.workloads - c.egress_isolated - c.ingress_isolated;
    if rows.len() > most {
        rows.sort_by_key(|(_, counts)| std::cmp::Reverse(open(counts)));
        let others = rows.split_off(most);
        let count = [("count", others.len().to_string())].into();
        let sum = others.into_iter().map(|(_, c)| c).reduce(add).unwrap_or_default();
        rows.push((lang.filled(Phrase::OtherNamespaces, &count), sum));
    }
    if answer.namespaces.len() > 1 {
        rows.push((lang.phrase(Phrase::AllNamespaces).to_owned(), answer.total));
    }
    for (name, counts) in rows {
        let of = |part: usize| {
            let params = [("part", part.to_string()), ("whole", counts.workloads.to_string())].into();
            lang.filled(Phrase::Of, &params)
        };
        table.push([
            name,
            counts.workloads.to_string(),
            of(counts.egress_isolated),
            of(counts.ingress_isolated),
            counts.reach_outside.to_string(),
            counts.reached_from_outside.to_string(),
            counts.resolve_names.to_string(),
        ]);
    }
    table
}

fn add(a: Counts, b: Counts) -> Counts {
    Counts {
        workloads: a.workloads + b.workloads,
        egress_isolated: a.egress_isolated + b.egress_isolated,
        ingress_isolated: a.ingress_isolated + b.ingress_isolated,
        ruled: a.ruled + b.ruled,
        host_network: a.host_network + b.host_network,
        reach_outside: a.reach_outside + b.reach_outside,
        reach_internet: a.reach_internet + b.reach_internet,
        reached_from_outside: a.reached_from_outside + b.reached_from_outside,
        resolve_names: a.resolve_names + b.resolve_names,
    }
}
