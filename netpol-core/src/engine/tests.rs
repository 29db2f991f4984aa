//! The bulk and the traced interpreter come to the same verdict, on random clusters.

use super::{End, Engine, Party};
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

#[test]
fn bulk_and_trace_agree() {
    let cases = std::env::var("NETPOL_CLUSTERS").ok().and_then(|n| n.parse::<u32>().ok()).map_or(60, |n| n / 20);
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let compared = std::cell::Cell::new(0_usize);
    let result = runner.run(&random::cluster(), |cluster| {
        let mut inputs = Inputs::default();
        inputs.push("cluster.yaml", random::to_yaml(&cluster));
        inputs.push("template.yaml", TEMPLATE);
        let snapshot = read(&inputs, &ReadOptions::default());
        let engine = Engine::compile(&snapshot, Profile::GENERIC, &[], &[], &[]);
        let ports = ports(&engine);
        let outside = engine.cluster.outside();
        let mut parties: Vec<Party> = engine.cluster.real_endpoints().map(Party::Endpoint).collect();
        parties.extend(outside.ranges().first().map(|(low, _)| Party::Address(*low)));
        for pod in engine.cluster.real_endpoints().collect::<Vec<EndpointId>>() {
            for peer in &parties {
                let subject = Party::Endpoint(pod);
                if *peer == subject || engine.own_node(subject, *peer) != Match::No {
                    continue;
                }
                for direction in Direction::ALL {
                    for world in engine.worlds(subject, *peer).iter().take(4) {
                        for address in engine.address_cases(direction, subject, *peer, Family::V4).into_iter().take(4) {
                            let end = End { party: *peer, address };
                            let own = End { party: subject, address: None };
                            let planes = engine.bulk(direction, own, end, world, &TrafficSet::all());
                            for (protocol, port) in &ports {
                                let trace = engine.trace(direction, own, end, world, *protocol, *port);
                                let must = planes.must.contains(*protocol, *port);
                                let may = planes.may.contains(*protocol, *port);
                                prop_assert_eq!((must, may), (trace.may_allow && !trace.may_deny, trace.may_allow));
                                prop_assert!(trace.may_allow || trace.may_deny);
                                compared.set(compared.get() + 1);
                            }
                        }
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
