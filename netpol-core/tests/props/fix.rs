//! Fixes on random clusters: afterwards the connection is as it was asked to be, and of all others
//! exactly those changed of which the fix says so.

use super::matrix::{about, holds, related, stands_for};
use super::oracle::{Cluster, Party, Protocol};
use super::{config, name, part_of_clusters, profile, protocol, random};
use netpol_core::fix::{Fix, FixAnswer, FixQuery};
use netpol_core::query::{Change, CheckAnswer, Peer, Verdict};
use netpol_core::set::{Family, TrafficSet};
use netpol_core::{Analysis, AnalysisOptions, Inputs, Profile, ReadOptions, explain::Code, read};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;

/// So many questions of a cluster are fixed, and so many of their fixes are looked at.
const MOST: usize = 4;

fn read_all(cluster: &Cluster, inputs: &Inputs) -> Result<Analysis, TestCaseError> {
    let snapshot = read(inputs, &ReadOptions::default());
    prop_assert!(!snapshot.report().has_errors(), "{:?}", snapshot.report().diagnostics);
    let mut options = AnalysisOptions::from(profile(cluster));
    options.pod_cidrs =
        cluster.pod_cidrs.iter().map(|c| format!("{}/{}", c.address, c.prefix).parse().unwrap()).collect();
    Ok(Analysis::new(snapshot, options))
}

/// Whether every part is as wanted but for a pod and itself, and ends without a family in common.
fn as_wanted(answer: &CheckAnswer, wanted: Verdict) -> bool {
    answer.parts.iter().all(|part| {
        let says = |code| [&part.egress, &part.ingress].iter().any(|d| d.reasons.iter().any(|r| r.code == code));
        part.verdict == wanted || says(Code::NoCommonFamily) || (wanted == Verdict::Deny && says(Code::Loopback))
    })
}

/// The manifests with a fix in them; none: a policy is not edited in place.
fn written(inputs: &Inputs, fix: &Fix) -> Option<Inputs> {
    if fix.policies.iter().any(|policy| !policy.is_new && policy.in_place.is_none()) {
        return None;
    }
    let changed: BTreeMap<String, String> =
        fix.files(inputs).into_iter().map(|(file, text)| (file.to_string(), text)).collect();
    let mut after = Inputs::default();
    for (name, text) in inputs.texts() {
        after.push(name, changed.get(name).map_or(text, String::as_str));
    }
    let new = fix.new_text();
    if !new.is_empty() {
        after.push("new.yaml", new);
    }
    Some(after)
}

fn stands(cluster: &Cluster, peer: &Peer, party: Party) -> bool {
    match party {
        Party::Address(address) => holds(&peer.cidrs, address),
        _ => stands_for(cluster, peer, party),
    }
}

/// What a fix says of one packet: opened, closed, undecided.
fn announced(
    cluster: &Cluster,
    changes: &[Change],
    ends: (Party, Party),
    family: Family,
    packet: &TrafficSet,
) -> [bool; 3] {
    let mut said = [false; 3];
    for change in changes {
        let of_pair = stands(cluster, &change.from, ends.0)
            && stands(cluster, &change.to, ends.1)
            && about(&change.families, family)
            && related(cluster, change.relation, ends.0, ends.1);
        if of_pair {
            for (said, traffic) in said.iter_mut().zip([&change.opened, &change.closed, &change.undecided]) {
                *said |= packet.is_subset(traffic);
            }
        }
    }
    said
}

/// The verdict on a packet in a family; none: there is no flow.
fn decided(answer: &CheckAnswer, family: Family, packet: &TrafficSet) -> Option<Verdict> {
    let part = answer.parts.iter().find(|p| about(&p.families, family) && packet.is_subset(&p.traffic))?;
    let says = |code| part.egress.reasons.iter().any(|reason| reason.code == code);
    (!says(Code::NoCommonFamily)).then_some(part.verdict)
}

fn changed(before: Verdict, after: Verdict) -> [bool; 3] {
    let open = [before == Verdict::Allow, after == Verdict::Allow];
    let undefined = [before == Verdict::Undefined, after == Verdict::Undefined];
    [!open[0] && open[1], open[0] && !open[1], !open[0] && !open[1] && undefined[0] != undefined[1]]
}

/// Every line of the text before is there afterwards, but for those that the fix takes out.
fn keeps_the_rest(old: &Inputs, new: &Inputs, fix: &Fix) -> Result<(), TestCaseError> {
    let patch = fix.patch(old, "new.yaml");
    let gone: usize = patch.lines().filter(|line| line.starts_with('-') && !line.starts_with("---")).count();
    for (name, text) in old.texts() {
        let mut left = BTreeMap::<&str, usize>::new();
        new.text(name).unwrap().lines().for_each(|line| *left.entry(line).or_default() += 1);
        let missing = text.lines().filter(|line| match left.get_mut(line) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        });
        prop_assert!(missing.count() <= gone, "{}\n{}", patch, new.text(name).unwrap());
    }
    Ok(())
}

#[test]
fn a_fix_does_what_it_says_and_nothing_else() {
    let tally = std::cell::RefCell::new(BTreeMap::<String, usize>::new());
    let count = |what: String| *tally.borrow_mut().entry(what).or_default() += 1;
    let mut runner = TestRunner::new(config(part_of_clusters(4)));
    let strategy = (random::cluster(), proptest::sample::select(&Profile::PLUGINS[..]));
    let result = runner.run(&strategy, |(mut cluster, plugin)| {
        if plugin.addresses_have_owners {
            cluster.options = super::profiles::options_of(&plugin);
        }
        let mut inputs = Inputs::default();
        match cluster.pods.len() % 3 {
            0 => inputs.push("cluster.json", random::to_json(&cluster)),
            // A comment on every line: none of it may get lost.
            1 => inputs.push("cluster.yaml", commented(&random::to_yaml(&cluster))),
            _ => inputs.push("cluster.yaml", random::to_yaml(&cluster)),
        }
        let analysis = read_all(&cluster, &inputs)?;
        let probes = random::probes(&cluster);
        for (src, dst, _, proto, port) in
            probes.iter().filter(|p| p.3 != Protocol::Icmp && p.0 != p.1).step_by(7).take(MOST)
        {
            let (from, to) = (name(&cluster, *src), name(&cluster, *dst));
            let text = format!("{port}/{}", protocol(*proto).name().to_ascii_lowercase());
            let Ok(before) = analysis.check(&from, &to, &text) else { continue };
            if let Some(fix) = analysis.quick_fix(&inputs, &before)
                && let Some(after) = written(&inputs, &fix)
            {
                count("quick".to_owned());
                let now = read_all(&cluster, &after)?.check(&from, &to, &text).unwrap();
                prop_assert!(as_wanted(&now, Verdict::Allow), "{}", fix.patch(&inputs, "new.yaml"));
            }
            let query = match before.verdict {
                Verdict::Allow => FixQuery::deny(&from, &to, &text),
                _ => FixQuery::allow(&from, &to, &text),
            };
            let answer: FixAnswer = analysis.fix(&inputs, &query).unwrap();
            let wanted = query.wanted;
            let outcome = match (answer.done, answer.fixes.len()) {
                (true, _) => "done",
                (false, 0) => {
                    prop_assert!(!answer.why.is_empty(), "no reason: {query:?}");
                    "none"
                }
                _ => "fixed",
            };
            count(format!("{} {outcome}", wanted.name()));
            answer.why.iter().for_each(|reason| count(format!("{} none: {}", wanted.name(), reason.code.code())));
            for fix in answer.fixes.iter().take(MOST) {
                fix.steps.iter().for_each(|step| count(step.code.code().to_owned()));
                let Some(after) = written(&inputs, fix) else {
                    count("not in place".to_owned());
                    if std::env::var_os("NETPOL_SHOW").is_some() {
                        println!("{:?}\n{:?}", fix.steps, fix.policies);
                    }
                    continue;
                };
                keeps_the_rest(&inputs, &after, fix)?;
                let fixed = read_all(&cluster, &after)?;
                let now = fixed.check(&from, &to, &text).unwrap();
                prop_assert!(as_wanted(&now, wanted), "{query:?}\n{}\n{:?}", fix.patch(&inputs, "new.yaml"), now.parts);
                let changes = &fix.diff.as_ref().unwrap().changes;
                let mut beside = false;
                for (a, b, family, proto, port) in &probes {
                    let asked = match proto {
                        Protocol::Icmp => "icmp".to_owned(),
                        _ => format!("{port}/{}", protocol(*proto).name()),
                    };
                    let ask = |of: &Analysis| of.check(&name(&cluster, *a), &name(&cluster, *b), &asked);
                    let (Ok(old), Ok(new)) = (ask(&analysis), ask(&fixed)) else { continue };
                    let family = if *family == super::Family::V4 { Family::V4 } else { Family::V6 };
                    let packet = TrafficSet::port(protocol(*proto), *port);
                    let (Some(old), Some(new)) = (decided(&old, family, &packet), decided(&new, family, &packet))
                    else {
                        continue;
                    };
                    let (real, said) = (changed(old, new), announced(&cluster, changes, (*a, *b), family, &packet));
                    prop_assert_eq!(
                        real,
                        said,
                        "{:?} → {:?} {:?} {}: {:?}, {:?}\n{}",
                        a,
                        b,
                        family,
                        port,
                        old,
                        new,
                        fix.patch(&inputs, "new.yaml")
                    );
                    if *proto == Protocol::Icmp && old != new {
                        count("icmp changes".to_owned());
                    }
                    let own = (name(&cluster, *a), name(&cluster, *b)) == (from.clone(), to.clone());
                    beside |= old != new && (!own || *proto == Protocol::Icmp);
                }
                if beside {
                    prop_assert!(fix.beside != Some(0), "{}", fix.patch(&inputs, "new.yaml"));
                }
                count(if fix.beside == Some(0) { "nothing else" } else { "more" }.to_owned());
            }
        }
        Ok(())
    });
    println!("{:#?}", tally.borrow());
    result.unwrap();
    let tally = tally.into_inner();
    let some = |what: &str| tally.get(what).copied().unwrap_or_default();
    let common = [
        "allow fixed",
        "deny fixed",
        "nothing else",
        "more",
        "icmp changes",
        "fix-add-rule",
        "fix-new-policy",
        "quick",
    ];
    for what in common {
        assert!(some(what) > 3, "{what}: {}", some(what));
    }
    // What is rarer is looked for among many.
    let rare = ["fix-add-port", "fix-add-peer", "fix-remove", "fix-narrow-ports", "fix-narrow-peer", "fix-split-rule"];
    for what in rare.into_iter().filter(|_| super::are_many()) {
        assert!(some(what) > 3, "{what}: {}", some(what));
    }
    assert!(some("not in place") * 20 < some("nothing else") + some("more"), "{tally:?}");
}

/// The manifests with a comment on every line.
fn commented(yaml: &str) -> String {
    yaml.lines()
        .enumerate()
        .map(|(at, line)| if line.is_empty() { "\n".to_owned() } else { format!("{line} # {at}\n") })
        .collect()
}
