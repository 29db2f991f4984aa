//! The bulk and the traced interpreter come to the same verdict, on random clusters.

use super::{End, Engine, Openings, Party};
use crate::ir::Direction;
use crate::model::EndpointId;
use crate::profile::Profile;
use crate::selector::Match;
use crate::set::{Family, Protocol, TrafficSet};
use crate::{Inputs, ReadOptions, read};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeSet;

#[path = "../../tests/oracle/cluster.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, reason = "shared with the tests against the oracle")]
mod cluster;
#[path = "../../tests/oracle/manifests.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, reason = "shared with the tests against the oracle")]
mod manifests;
#[path = "../../tests/oracle/options.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, reason = "the oracle is a program of its own")]
mod options;
#[path = "../../tests/oracle/random.rs"]
#[allow(dead_code, unused_imports, missing_docs, unreachable_pub, reason = "shared with the tests against the oracle")]
mod random;

/// Pods of a template, whose hash is not known, with policies that may be about them.
const TEMPLATE: &str = r#"
{apiVersion: v1, kind: Namespace, metadata: {name: made}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: made}, spec: {template: {metadata: {labels: {app: web}}}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: made, labels: {app: db}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: one, namespace: made}
spec:
  podSelector: {matchLabels: {pod-template-hash: a}}
  policyTypes: [Ingress, Egress]
  ingress: [{ports: [{port: 80}]}]
  egress: [{to: [{podSelector: {matchLabels: {app: db}}}]}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: two, namespace: made}
spec:
  podSelector: {}
  ingress: [{from: [{podSelector: {matchExpressions: [{key: pod-template-hash, operator: NotIn, values: [a]}]}}]}]
"#;

/// Ports at which some rule begins or ends.
fn ports(engine: &Engine) -> BTreeSet<(Protocol, u16)> {
    let all = TrafficSet::all();
    let mut cuts: Vec<TrafficSet> = Vec::new();
    for direction in Direction::ALL {
        for pod in engine.cluster.real_endpoints() {
            for rule in engine.rules_of(direction, pod) {
                for destination in engine.cluster.real_endpoints() {
                    let (must, may) = engine.rule_traffic(rule, Party::Endpoint(destination));
                    cuts.extend([must, may]);
                }
            }
        }
    }
    all.atoms(&cuts).iter().filter_map(TrafficSet::first).collect()
}

/// Compares the row of a subject with the join of the traces over all cases; the number of flows.
fn agree(
    engine: &Engine,
    direction: Direction,
    subject: Party,
    peer: Party,
    family: Family,
    ports: &BTreeSet<(Protocol, u16)>,
) -> Result<usize, TestCaseError> {
    let side = engine.side(direction);
    let Some(row) = engine.pod(subject).and_then(|pod| side.subject(pod)) else { return Ok(0) };
    let planes = match (peer, side.peer(peer, family)) {
        (Party::Address(address), _) if Family::of(address) == family => {
            side.outside(row, &engine.cluster, &engine.selectors).planes(address)
        }
        (_, Some(class)) => side.row(row, &engine.cluster, &engine.selectors).planes(class).clone(),
        _ => return Ok(0),
    };
    let same_namespace = |a, b| engine.cluster.endpoint(a).namespace == engine.cluster.endpoint(b).namespace;
    let shared = match (engine.pod(subject), engine.pod(peer)) {
        (Some(pod), Some(other)) => side.is_open(pod) && same_namespace(pod, other),
        _ => false,
    };
    let worlds = engine.worlds_for(&[(direction, subject, peer)]);
    let cases = engine.address_cases(direction, subject, peer, family);
    for (protocol, port) in ports {
        let (mut may_allow, mut may_deny) = (false, false);
        for world in &worlds {
            for address in &cases {
                let end = End { party: peer, address: *address };
                let own = End { party: subject, address: None };
                let trace = engine.trace(direction, own, end, world, *protocol, *port);
                prop_assert!(trace.may_allow || trace.may_deny);
                may_allow |= trace.may_allow;
                may_deny |= trace.may_deny;
            }
        }
        let (must, may) = (planes.must.contains(*protocol, *port), planes.may.contains(*protocol, *port));
        let (sure, possible) = (may_allow && !may_deny, may_allow);
        if shared {
            // A row looks at the subject's unknown labels and at the peer's each by itself; a pair then
            // looks again where that leaves something open.
            prop_assert!(must <= sure && may >= possible, "{direction:?} {protocol} {port}: not on the safe side");
            continue;
        }
        prop_assert_eq!((must, may), (sure, possible), "{:?} {} {}", direction, protocol, port);
    }
    Ok(ports.len())
}

#[test]
fn rows_and_traces_agree() {
    let cases = std::env::var("NETPOL_CLUSTERS").ok().and_then(|n| n.parse::<u32>().ok()).map_or(60, |n| n / 20);
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let compared = std::cell::Cell::new(0_usize);
    let result = runner.run(&random::cluster(), |cluster| {
        let mut inputs = Inputs::default();
        inputs.push("cluster.yaml", random::to_yaml(&cluster));
        inputs.push("template.yaml", TEMPLATE);
        let snapshot = read(&inputs, &ReadOptions::default());
        let engine = Engine::compile(&snapshot, Profile::GENERIC, &[], &[], [].into(), &[]);
        let ports = ports(&engine);
        let outside = engine.cluster.outside();
        let mut parties: Vec<Party> = engine.cluster.real_endpoints().map(Party::Endpoint).collect();
        parties.extend(outside.ranges().first().map(|(low, _)| Party::Address(*low)));
        parties.push(Party::SomeNode);
        for pod in engine.cluster.real_endpoints().collect::<Vec<EndpointId>>() {
            for peer in &parties {
                let subject = Party::Endpoint(pod);
                let own_node = *peer != Party::SomeNode
                    && Direction::ALL.iter().any(|d| engine.own_node(*d, subject, *peer) != Match::No);
                if *peer == subject || own_node {
                    continue;
                }
                for family in Family::ALL {
                    for direction in Direction::ALL {
                        compared.set(compared.get() + agree(&engine, direction, subject, *peer, family, &ports)?);
                    }
                }
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    assert!(compared.get() > 1000, "only {} flows were compared", compared.get());
}

/// The number of pairs that are allowed on a port is that of the pairs one by one, however the
/// factors are joined; and the digest does not depend on the order of the documents.
#[test]
fn all_pairs_are_the_pairs() {
    let mut runner = TestRunner::new(Config { cases: 300, failure_persistence: None, ..Config::default() });
    let counted = std::cell::Cell::new(0);
    let result = runner.run(&random::cluster(), |cluster| {
        let text = random::to_yaml(&cluster);
        let engine = compile(&text);
        let family = engine.cluster.space.families[0];
        let pods: Vec<EndpointId> = engine.cluster.real_endpoints().collect();
        for (protocol, port) in [(Protocol::Tcp, 80), (Protocol::Udp, 53)] {
            let asked = TrafficSet::port(protocol, port);
            let allows = |a: EndpointId, b: EndpointId| {
                let (a, b) = (Party::Endpoint(a), Party::Endpoint(b));
                let common = [a, b].iter().all(|p| engine.families(*p).contains(&family));
                common && !engine.pair(a, b, family, &asked).total.must.is_empty()
            };
            let pairs = pods.iter().flat_map(|a| pods.iter().map(move |b| (*a, *b))).filter(|(a, b)| a != b);
            let expected = pairs.filter(|(a, b)| allows(*a, *b)).count() as u64;
            prop_assert_eq!(engine.all_pairs_by(u64::MAX, protocol, port).allowed, expected);
            prop_assert_eq!(engine.all_pairs_by(0, protocol, port).allowed, expected);
            counted.set(counted.get() + expected);
        }
        let mut documents: Vec<&str> = text.split("\n---\n").collect();
        documents.reverse();
        let turned = compile(&documents.join("\n---\n"));
        prop_assert_eq!(turned.all_pairs(Protocol::Tcp, 80), engine.all_pairs(Protocol::Tcp, 80));
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    assert!(counted.get() > 1000, "only {} pairs were allowed", counted.get());
}

/// No pair is left out to which something may pass, and of pods on no node's network, between which
/// nothing unknown is shared, nothing else is named than what both factors let through.
#[test]
fn openings_leave_out_no_pair() {
    let mut runner = TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
    let left_out = std::cell::Cell::new(0);
    let result = runner.run(&random::cluster(), |cluster| {
        let engine = compile(&random::to_yaml(&cluster));
        let pods: Vec<EndpointId> = engine.cluster.real_endpoints().collect();
        for asked in [TrafficSet::all(), TrafficSet::port(Protocol::Tcp, 80)] {
            let passes = |a: EndpointId, b: EndpointId, family: Family| {
                let (a, b) = (Party::Endpoint(a), Party::Endpoint(b));
                let common = [a, b].iter().all(|p| engine.families(*p).contains(&family));
                common.then(|| engine.pair(a, b, family, &asked))
            };
            for direction in Direction::ALL {
                let partners = pods.iter().map(|id| Some(*id)).chain([None]);
                let mut openings = Openings::new(&engine, direction, partners, &asked);
                for subject in &pods {
                    let open = openings.of(*subject);
                    prop_assert!(!open.contains(pods.len()));
                    for (at, partner) in pods.iter().enumerate() {
                        let (a, b) = match direction {
                            Direction::Egress => (*subject, *partner),
                            Direction::Ingress => (*partner, *subject),
                        };
                        let hosts = [a, b].iter().any(|id| engine.cluster.endpoint(*id).host_network);
                        let shared = engine.share_unknown(Party::Endpoint(a), Party::Endpoint(b));
                        let (mut some, mut factors) = (false, false);
                        for planes in Family::ALL.into_iter().filter_map(|family| passes(a, b, family)) {
                            some |= !planes.total.may.is_empty();
                            factors |= !planes.egress.may.is_empty() && !planes.ingress.may.is_empty();
                        }
                        prop_assert!(open.contains(at) || !some);
                        prop_assert!(open.contains(at) == factors || hosts || shared);
                        left_out.set(left_out.get() + usize::from(!open.contains(at)));
                    }
                }
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    assert!(left_out.get() > 1000, "only {} pairs were left out", left_out.get());
}

fn compile(text: &str) -> Engine {
    let mut inputs = Inputs::default();
    inputs.push("cluster.yaml", text);
    let snapshot = read(&inputs, &ReadOptions::default());
    Engine::compile(&snapshot, Profile::GENERIC, &[], &[], [].into(), &[])
}
