//! What is said of a peer is what `check` says of its connections.

use super::matrix::stands_for;
use super::oracle::{Cluster, Party};
use super::{analysis, config, manifests, name, part_of_clusters, random};
use netpol_core::explain::{Code, ExplainedWorkload, OpenTo};
use netpol_core::query::{CheckAnswer, PeerKind, Relation, Verdict};
use netpol_core::set::TrafficSet;
use netpol_core::{Analysis, Direction, Profile};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;

/// What of every port has a verdict; nothing where there is no flow.
fn of_verdict(answer: &CheckAnswer, verdict: Verdict) -> TrafficSet {
    let is_flow = |codes: &[netpol_core::query::Reason]| codes.iter().all(|r| r.code != Code::NoCommonFamily);
    let parts =
        answer.parts.iter().filter(|part| part.relation != Some(Relation::Itself) && is_flow(&part.egress.reasons));
    let parts = parts.filter(|part| part.verdict == verdict);
    parts.fold(TrafficSet::empty(), |all, part| all.union(&part.traffic))
}

/// What is said to be undefined with somebody.
fn told(said: &ExplainedWorkload, direction: Direction, is: &dyn Fn(&netpol_core::query::Peer) -> bool) -> TrafficSet {
    let of = |open: &&OpenTo| open.direction == direction && open.peers.iter().any(is);
    said.undefined.iter().filter(of).fold(TrafficSet::empty(), |all, open| all.union(&open.traffic))
}

fn has(said: &ExplainedWorkload, code: Code) -> bool {
    said.reach.iter().any(|statement| statement.code == code)
}

/// The ports of a parameter such as ` TCP 80`; every port where there are none.
fn says_all(said: &ExplainedWorkload, code: Code) -> Option<bool> {
    let statement = said.own_node.iter().find(|statement| statement.code == code)?;
    Some(statement.params.contains_key("all"))
}

fn holds(
    cluster: &Cluster,
    analysis: &Analysis,
    seen: &mut BTreeMap<&'static str, usize>,
) -> Result<(), TestCaseError> {
    let pods: Vec<(Party, String)> =
        (0..cluster.pods.len()).map(|at| (Party::Pod(at), name(cluster, Party::Pod(at)))).collect();
    let mut count = |what| *seen.entry(what).or_default() += 1;
    for (pod, own) in &pods {
        let Ok(explained) = analysis.explain_peer(own) else { continue };
        prop_assert_eq!(explained.workloads.len(), 1);
        let said = &explained.workloads[0];
        for open in &said.undefined {
            prop_assert!(!open.reasons.is_empty() && !open.traffic.is_empty() && !open.peers.is_empty(), "{:?}", open);
        }
        for (direction, nobody) in
            [(Direction::Ingress, Code::ReachedByNobody), (Direction::Egress, Code::ReachesNobody)]
        {
            let mut somebody = false;
            for (other, peer) in pods.iter().filter(|(other, _)| other != pod) {
                let (from, to) = if direction == Direction::Egress { (own, peer) } else { (peer, own) };
                let Ok(answer) = analysis.check(from, to, "any") else { continue };
                let undefined = of_verdict(&answer, Verdict::Undefined);
                let listed = told(said, direction, &|listed| stands_for(cluster, listed, *other));
                prop_assert_eq!(&listed, &undefined, "{} → {}\n{:#?}\n{:#?}", from, to, said, answer);
                somebody |= !of_verdict(&answer, Verdict::Allow).is_empty();
                count(if undefined.is_empty() { "decided" } else { "undefined" });
            }
            prop_assert_eq!(has(said, nobody), !somebody, "{} {:?}\n{:#?}", own, direction, said);
            count(if somebody { "somebody" } else { "nobody" });
        }
        let outside = [
            ("world", own.as_str(), Direction::Ingress, Code::NotFromOutside),
            (own, "world", Direction::Egress, Code::NotToOutside),
        ];
        for (from, to, direction, nothing) in outside {
            let Ok(answer) = analysis.check(from, to, "any") else { continue };
            prop_assert_eq!(
                has(said, nothing),
                of_verdict(&answer, Verdict::Allow).is_empty(),
                "{} → {}\n{:#?}\n{:#?}",
                from,
                to,
                said,
                answer
            );
            let listed = told(said, direction, &|listed| listed.kind_of == PeerKind::Addresses);
            prop_assert_eq!(
                &listed,
                &of_verdict(&answer, Verdict::Undefined),
                "{} → {}\n{:#?}\n{:#?}",
                from,
                to,
                said,
                answer
            );
            count(if has(said, nothing) { "closed" } else { "open" });
        }
        // A node that is known is the one that is asked for; its ports lead nowhere here.
        let Party::Pod(at) = *pod else { continue };
        let node = cluster.pods[at].node.as_ref().and_then(|name| cluster.nodes.iter().find(|node| node.name == *name));
        let Some(node) = node.filter(|_| !cluster.pods[at].host_network) else { continue };
        let host = format!("node/{}", node.name);
        for (from, to, code) in [(&host, own, Code::ExplainOwnNodeIn), (own, &host, Code::ExplainOwnNodeOut)] {
            let Ok(answer) = analysis.check(from, to, "any") else { continue };
            if of_verdict(&answer, Verdict::Allow).is_empty()
                && of_verdict(&answer, Verdict::Deny).is_empty()
                && of_verdict(&answer, Verdict::Undefined).is_empty()
            {
                continue;
            }
            let all = TrafficSet::all_ports().is_subset(&of_verdict(&answer, Verdict::Allow))
                && of_verdict(&answer, Verdict::Deny).is_empty()
                && of_verdict(&answer, Verdict::Undefined).is_empty();
            // Where nothing is said of the node, no policy has a say.
            let said_all = says_all(said, code).unwrap_or(true);
            prop_assert_eq!(said_all, all, "{} → {}\n{:#?}\n{:#?}", from, to, said, answer);
            count(if all { "own node open" } else { "own node closed" });
        }
    }
    Ok(())
}

#[test]
fn what_is_said_of_a_peer_is_what_check_says() {
    let mut seen = BTreeMap::new();
    let tally = std::cell::RefCell::new(&mut seen);
    let mut runner = TestRunner::new(config(part_of_clusters(4)));
    let result = runner.run(&random::cluster(), |mut cluster| {
        let names: Vec<&str> = Profile::names().collect();
        let profile = Profile::by_name(names[(cluster.pods.len() + 3 * cluster.policies.len()) % names.len()]).unwrap();
        if profile.addresses_have_owners {
            cluster.options = super::profiles::options_of(&profile);
        }
        let analysis = analysis(&cluster, "cluster.yaml", manifests::to_yaml(&cluster));
        let result = holds(&cluster, &analysis, &mut tally.borrow_mut());
        result.map_err(|error| TestCaseError::fail(format!("{error}\n{}", manifests::to_yaml(&cluster))))
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    for what in ["decided", "undefined", "somebody", "nobody", "closed", "open", "own node open", "own node closed"] {
        assert!(seen.contains_key(what) || !super::are_many(), "never seen: {what} in {seen:?}");
    }
}
