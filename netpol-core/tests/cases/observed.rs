//! Of every question of the cases that is left open, `explain_observed` names every reason.

use super::{Case, Kind, files};
use netpol_core::explain::Code;
use netpol_core::explain_observed;
use netpol_core::query::Verdict;
use std::collections::{BTreeMap, BTreeSet};

/// What may leave a verdict of `check` open, with the code that names it in an explanation, where
/// that is another.
const OPEN: &[(Code, Option<Code>)] = &[
    (Code::PriorityTie, None),
    (Code::NoOrder, None),
    (Code::DomainName, None),
    (Code::OpenInProfile, None),
    (Code::ServiceUntranslated, None),
    (Code::IsolationOther, None),
    (Code::Hairpin, None),
    (Code::FromOwnNode, Some(Code::SuspectOwnNode)),
    (Code::MaybeOwnNode, Some(Code::SuspectOwnNode)),
    (Code::ToOwnNode, Some(Code::SuspectOwnNode)),
    (Code::Unmodelled, Some(Code::SuspectUnmodelled)),
    (Code::PolicyLeftOut, Some(Code::SuspectUnmodelled)),
    (Code::UnknownLabels, Some(Code::SuspectUnknownLabels)),
    (Code::UnknownOwnLabels, Some(Code::SuspectUnknownLabels)),
    (Code::UnknownAddress, None),
    (Code::ControllerLabel, None),
    (Code::AmbiguousPortName, None),
    (Code::NoCommonFamily, None),
    (Code::NoBackends, None),
    (Code::NoTargetPort, None),
    (Code::NotExposed, None),
    (Code::NodePort, None),
    (Code::LocalUnknown, None),
    (Code::LocalOrAll, None),
    (Code::BackendNotRead, None),
    (Code::MaybeSourceRange, None),
    (Code::EgressBeforeNat, Some(Code::SuspectSourceNat)),
    (Code::SourceNat, Some(Code::SuspectSourceNat)),
    (Code::UnresolvedName, None),
];

/// Reasons that stand beside those.
const SETTLED: &[Code] = &[
    Code::NotIsolated,
    Code::AllowedByRule,
    Code::DeniedByIsolation,
    Code::DeniedByRule,
    Code::PassedByRule,
    Code::NoRuleMatches,
    Code::AllowedByProfile,
];

/// More ports of nodes that lead on to pods than are looked at one by one.
fn many_ports() -> String {
    let mut text = "# check: a 192.168.0.0/24 30000-30200 => undefined\n".to_owned();
    text += "{apiVersion: v1, kind: Pod, metadata: {name: a}, status: {podIP: 10.0.0.1}}\n";
    for n in 1..30 {
        text += &format!(
            "---\n{{apiVersion: v1, kind: Node, metadata: {{name: n{n}}}, status: {{addresses: [{{type: InternalIP, address: 192.168.0.{n}}}]}}}}\n"
        );
    }
    let port = |n: u16| format!("{{name: p{n}, port: {}, nodePort: {}}}", 1000 + n, 30000 + n);
    let ports: Vec<String> = (0..200).map(port).collect();
    text + &format!(
        "---\n{{apiVersion: v1, kind: Service, metadata: {{name: s}}, spec: {{type: NodePort, ports: [{}]}}}}\n",
        ports.join(", ")
    )
}

#[test]
fn every_reason_of_an_open_verdict_is_named() {
    let mut seen: BTreeMap<Code, usize> = BTreeMap::new();
    let cases = files("data").into_iter().map(|f| (f.display().to_string(), std::fs::read_to_string(f).unwrap()));
    for (name, text) in cases.chain([("many ports of nodes".to_owned(), many_ports())]) {
        let Ok(case) = Case::parse(&text) else { continue };
        let snapshot = case.read(text);
        let prepare = |profile| Ok(case.analysis(&snapshot, profile));
        for ask in &case.asks {
            let Kind::Check { from, to, port, .. } = &ask.kind else { continue };
            let Ok(answer) = case.analysis(&snapshot, case.profile.clone()).check(from, to, port) else { continue };
            let open = answer.parts.iter().filter(|part| part.verdict == Verdict::Undefined);
            let directions = open.flat_map(|part| [&part.egress, &part.ingress]);
            let reasons = directions.filter(|d| d.verdict == Verdict::Undefined).flat_map(|d| &d.reasons);
            let codes: BTreeSet<Code> = reasons.map(|reason| reason.code).filter(|c| !SETTLED.contains(c)).collect();
            if codes.is_empty() {
                continue;
            }
            for observed in [Verdict::Allow, Verdict::Deny] {
                let told = explain_observed(prepare, &case.profile, [from, to, port], observed).unwrap();
                let told: BTreeSet<Code> = told.explanations.iter().map(|e| e.code).collect();
                for code in &codes {
                    let (_, other) = OPEN.iter().find(|(open, _)| open == code).unwrap_or_else(|| {
                        panic!("{name}: {} leaves {from} → {to} {port} open, and is not known to", code.code())
                    });
                    let wanted = other.unwrap_or(*code);
                    assert!(told.contains(&wanted), "{name}: {from} → {to} {port}: no {} in {told:?}", wanted.code());
                    *seen.entry(*code).or_default() += 1;
                }
            }
        }
    }
    let missing: Vec<&str> = OPEN.iter().filter(|(c, _)| !seen.contains_key(c)).map(|(c, _)| c.code()).collect();
    assert!(missing.is_empty(), "no case shows {missing:?}");
}
