//! What the linter says to change nothing changes nothing.

use super::cluster::{AdminPolicy, Cluster, Policy, Rule};
use super::{analysis, config, manifests, part_of_clusters, profile, random};
use netpol_core::lint::{LintCode, LintFinding, LintOptions, lint};
use netpol_core::{Analysis, AnalysisOptions, Inputs, Profile, ReadOptions, read};
use proptest::test_runner::TestRunner;
use std::collections::{BTreeMap, BTreeSet};

fn findings(cluster: &Cluster) -> Vec<LintFinding> {
    findings_beside(cluster, "")
}

/// Those of a cluster with something more in it.
fn findings_beside(cluster: &Cluster, more: &str) -> Vec<LintFinding> {
    let mut inputs = Inputs::default();
    inputs.push("cluster.yaml", manifests::to_yaml(cluster) + more);
    let snapshot = read(&inputs, &ReadOptions::default());
    let mut options = AnalysisOptions::from(profile(cluster));
    options.pod_cidrs =
        cluster.pod_cidrs.iter().map(|c| format!("{}/{}", c.address, c.prefix).parse().unwrap()).collect();
    let analysis = Analysis::new(&snapshot, options);
    lint(&inputs, &snapshot, &analysis, &LintOptions::default()).unwrap().findings
}

/// A part of a policy, deepest last, so that what comes later in a list goes first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part {
    pub(super) egress: bool,
    pub(super) rule: usize,
    /// `to` or `from`, or `ports`, and which.
    pub(super) item: Option<(bool, usize)>,
}

/// Reads `spec.egress[0].to[1]`.
fn part(field: &str) -> Option<Part> {
    let field = field.strip_prefix("spec.")?;
    let index = |text: &str| -> Option<usize> { text.split_once('[')?.1.strip_suffix(']')?.parse().ok() };
    let (rule, item) = field.split_once('.').map_or((field, None), |(rule, item)| (rule, Some(item)));
    let item = match item {
        Some(item) => Some((item.starts_with("ports"), index(item)?)),
        None => None,
    };
    Some(Part { egress: rule.starts_with("egress"), rule: index(rule)?, item })
}

fn rules(policy: &mut Policy, egress: bool) -> &mut Vec<Rule> {
    if egress { policy.egress.as_mut().unwrap() } else { policy.ingress.as_mut().unwrap() }
}

/// The same of a policy of administrators, of whose rules only peers are taken out.
fn take_of_admin(policy: &mut AdminPolicy, part: &Part) {
    let rules = if part.egress { &mut policy.egress } else { &mut policy.ingress };
    let peers = part.item.map(|(ports, at)| {
        assert!(!ports);
        rules[part.rule].peers.remove(at);
        rules[part.rule].peers.len()
    });
    if peers.is_none_or(|left| left == 0) {
        rules.remove(part.rule);
    }
}

/// Takes a part out; where it is the last of a list, that would mean everybody, so the rule goes with it.
pub(super) fn take(policy: &mut Policy, part: &Part) {
    let rules = rules(policy, part.egress);
    let Some((ports, at)) = part.item else {
        rules.remove(part.rule);
        return;
    };
    let rule = &mut rules[part.rule];
    let left = if ports {
        let list = rule.ports.as_mut().unwrap();
        list.remove(at);
        list.len()
    } else {
        let list = rule.peers.as_mut().unwrap();
        list.remove(at);
        list.len()
    };
    if left == 0 {
        rules.remove(part.rule);
    }
}

fn without(cluster: &Cluster, found: &[&LintFinding]) -> Cluster {
    let mut cluster = cluster.clone();
    let mut by_policy: BTreeMap<(String, String), BTreeSet<Part>> = BTreeMap::new();
    let mut gone: BTreeSet<(String, String)> = BTreeSet::new();
    for finding in found {
        let policy = finding.policy.as_ref().unwrap();
        // Policies of administrators have names of their own, and no namespace.
        let key = (policy.namespace.as_ref().map(ToString::to_string).unwrap_or_default(), policy.name.to_string());
        match part(finding.field.as_ref().unwrap()) {
            Some(part) => _ = by_policy.entry(key).or_default().insert(part),
            None => _ = gone.insert(key),
        }
    }
    cluster.policies.retain(|policy| !gone.contains(&(policy.ns.clone(), policy.name.clone())));
    cluster.admin.retain(|policy| !gone.contains(&(String::new(), policy.name.clone())));
    for policy in &mut cluster.admin {
        let parts = by_policy.get(&(String::new(), policy.name.clone())).into_iter().flatten();
        parts.rev().for_each(|part| take_of_admin(policy, part));
    }
    for policy in &mut cluster.policies {
        let Some(parts) = by_policy.get(&(policy.ns.clone(), policy.name.clone())) else { continue };
        for part in parts.iter().rev() {
            take(policy, part);
        }
    }
    cluster
}

fn is_same(a: &Cluster, b: &Cluster) -> bool {
    is_same_beside(a, b, "")
}

fn is_same_beside(a: &Cluster, b: &Cluster, more: &str) -> bool {
    let [a, b] = [a, b].map(|cluster| analysis(cluster, "cluster.yaml", manifests::to_yaml(cluster) + more));
    a.diff(&b).unwrap().same && b.diff(&a).unwrap().same
}

/// Takes findings of some rules out of random clusters, all at once.
fn all_at_once(codes: &[LintCode]) {
    let seen = all_at_once_of(&|finding| codes.contains(&finding.rule), &|finding| finding.rule);
    for code in codes {
        assert!(seen.contains_key(code) || !super::are_many(), "{} was never found: {seen:?}", code.code());
    }
}

/// The same of the findings that are wanted; how many there were of each sort.
fn all_at_once_of<K: Ord + Copy>(
    wanted: &dyn Fn(&LintFinding) -> bool,
    sort: &dyn Fn(&LintFinding) -> K,
) -> BTreeMap<K, usize> {
    let mut seen: BTreeMap<K, usize> = BTreeMap::new();
    let tally = std::cell::RefCell::new(&mut seen);
    let mut runner = TestRunner::new(config(part_of_clusters(2)));
    let outcome = runner.run(&random::cluster(), |mut cluster| {
        // Under one profile or another.
        let names: Vec<&str> = Profile::names().collect();
        let name = names[(cluster.pods.len() + 3 * cluster.policies.len()) % names.len()];
        let profile = Profile::by_name(name).unwrap();
        if profile.enforced && profile.addresses_have_owners {
            cluster.options = super::profiles::options_of(&profile);
        }
        let all = findings(&cluster);
        let found: Vec<&LintFinding> = all.iter().filter(|f| wanted(f)).collect();
        for finding in &found {
            *tally.borrow_mut().entry(sort(finding)).or_default() += 1;
        }
        let text = format!("{found:#?}\n{}", manifests::to_yaml(&cluster));
        proptest::prop_assert!(found.is_empty() || is_same(&cluster, &without(&cluster, &found)), "{}", text);
        Ok(())
    });
    outcome.unwrap();
    seen
}

#[test]
fn what_is_redundant_can_be_taken_out_at_once() {
    use LintCode::{RedundantPeer, RedundantPolicy, RedundantPort, RedundantRule, ShadowedRule};
    let of_admin = |finding: &LintFinding| finding.policy.as_ref().unwrap().namespace.is_none();
    let wanted = |f: &LintFinding| match f.rule {
        RedundantPolicy | RedundantPort => true,
        RedundantRule | RedundantPeer | ShadowedRule => of_admin(f) || f.rule != ShadowedRule,
        _ => false,
    };
    // Of administrators there are few: each of the three has cases of its own.
    let seen = all_at_once_of(&wanted, &|finding| Some(finding.rule).filter(|_| !of_admin(finding)));
    for rule in [Some(RedundantPolicy), Some(RedundantRule), Some(RedundantPeer), Some(RedundantPort), None] {
        assert!(seen.contains_key(&rule) || !super::are_many(), "{rule:?} was never found: {seen:?}");
    }
}

#[test]
fn what_does_not_rest_on_blocks_can_be_taken_out_where_they_match_no_pods() {
    use LintCode::{RedundantPeer, RedundantPolicy, RedundantPort, RedundantRule};
    let blind = ["ip-block-matches-pods", "ip-block-matches-nodes"]
        .into_iter()
        .fold(Profile::GENERIC, |profile, option| profile.with(option, "no").unwrap());
    let (seen, resting) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let mut runner = TestRunner::new(config(part_of_clusters(2)));
    let outcome = runner.run(&random::cluster(), |mut cluster| {
        cluster.options = super::profiles::options_of(&Profile::GENERIC);
        let all = findings(&cluster);
        let is_redundant = |f: &&LintFinding| {
            [RedundantPolicy, RedundantRule, RedundantPeer, RedundantPort].contains(&f.rule)
                && f.policy.as_ref().is_some_and(|policy| policy.namespace.is_some())
        };
        let found = all.iter().filter(is_redundant);
        let (rest, found): (Vec<&LintFinding>, Vec<&LintFinding>) =
            found.partition(|f| f.params.iter().any(|(name, _)| *name == "blocks"));
        seen.set(seen.get() + found.len());
        resting.set(resting.get() + rest.len());
        cluster.options = super::profiles::options_of(&blind);
        let text = format!("{found:#?}\n{}", manifests::to_yaml(&cluster));
        proptest::prop_assert!(found.is_empty() || is_same(&cluster, &without(&cluster, &found)), "{}", text);
        Ok(())
    });
    outcome.unwrap();
    assert!(seen.get() > 0 && resting.get() > 0, "{seen:?} {resting:?}");
}

/// A policy that cannot be read, as NetworkPolicy of a namespace and of an administrator.
fn unreadable(namespace: &str) -> [String; 2] {
    [
        format!(
            "---\n{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: left-out, namespace: \
             {namespace}}}, spec: {{podSelector: {{}}, ingress: [{{ports: [{{port: \"80\"}}]}}]}}}}\n"
        ),
        "---\n{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: left-out}, \
         spec: {tier: Admin, priority: 0, subject: {namespaces: {}}, ingress: [{action: Let, from: [{namespaces: \
         {}}]}]}}\n"
            .to_owned(),
    ]
}

/// What it may be in truth: nothing, or one that isolates, opens or, of an administrator, passes everything.
fn readable(namespace: &str) -> [Vec<String>; 2] {
    let policy = |rules: &str| {
        format!(
            "---\n{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: left-out, namespace: \
             {namespace}}}, spec: {{podSelector: {{}}, policyTypes: [Ingress, Egress]{rules}}}}}\n"
        )
    };
    let admin = |action: &str| {
        format!(
            "---\n{{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {{name: \
             left-out}}, spec: {{tier: Admin, priority: 0, subject: {{namespaces: {{}}}}, ingress: [{{action: \
             {action}, from: [{{namespaces: {{}}}}]}}], egress: [{{action: {action}, to: [{{networks: [0.0.0.0/0, \
             \"::/0\"]}}]}}]}}}}\n"
        )
    };
    [
        vec![
            String::new(),
            policy(""),
            policy(", ingress: [{}], egress: [{}]"),
            policy(", egress: [{ports: [{port: 80}]}]"),
        ],
        vec![String::new(), admin("Accept"), admin("Deny"), admin("Pass")],
    ]
}

#[test]
fn what_is_redundant_is_so_whatever_a_policy_was_that_could_not_be_read() {
    use LintCode::{RedundantPeer, RedundantPolicy, RedundantPort, RedundantRule};
    let codes = [RedundantPolicy, RedundantRule, RedundantPeer, RedundantPort];
    let is_wanted = |f: &LintFinding| {
        let of_admin = f.policy.as_ref().is_some_and(|policy| policy.namespace.is_none());
        codes.contains(&f.rule) || of_admin && f.rule == LintCode::ShadowedRule
    };
    let seen = std::cell::RefCell::new([0; 2]);
    let mut runner = TestRunner::new(config(part_of_clusters(3)));
    let outcome = runner.run(&random::cluster(), |cluster| {
        let Some(namespace) = cluster.policies.first().map(|policy| policy.ns.clone()) else { return Ok(()) };
        for ((left_out, truths), kind) in unreadable(&namespace).iter().zip(readable(&namespace)).zip(0..) {
            let all = findings_beside(&cluster, left_out);
            let found: Vec<&LintFinding> = all.iter().filter(|f| is_wanted(f)).collect();
            proptest::prop_assert!(all.iter().any(|f| f.rule == LintCode::Rejected), "{left_out} was read");
            if found.is_empty() {
                continue;
            }
            seen.borrow_mut()[kind] += found.len();
            let changed = without(&cluster, &found);
            for truth in truths {
                let text = format!("{found:#?}\n{}{truth}", manifests::to_yaml(&cluster));
                proptest::prop_assert!(is_same_beside(&cluster, &changed, &truth), "{}", text);
            }
        }
        Ok(())
    });
    outcome.unwrap();
    assert!(seen.borrow().iter().all(|seen| *seen > 0), "{seen:?}");
}

#[test]
fn what_selects_nothing_does_nothing() {
    all_at_once(&[LintCode::SelectsNothing]);
}

#[test]
fn what_means_nobody_or_is_defeated_allows_nothing() {
    use LintCode::{AllowDefeated, HostNetworkPeer, NoSuchNamespace, NoSuchPods, PodSelectorElsewhere};
    each_alone(&[AllowDefeated, HostNetworkPeer, NoSuchNamespace, NoSuchPods, PodSelectorElsewhere], "");
}

/// Beside policies of administrators that decide much.
#[test]
fn what_administrators_decide_before_changes_nothing() {
    let more = "\n---\n
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: first}
spec:
  tier: Admin
  priority: 0
  subject: {namespaces: {matchExpressions: [{key: a, operator: DoesNotExist}]}}
  ingress:
  - {action: Accept, from: [{namespaces: {matchLabels: {b: x}}}]}
  - {action: Deny, from: [{namespaces: {}}]}
  egress:
  - {action: Deny, to: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {range: {start: 1, end: 1024}}}}]}
";
    each_alone(&[LintCode::ShadowedRule], more);
}

/// Takes each finding of some rules out by itself, where it is not what isolates.
fn each_alone(codes: &[LintCode], more: &str) {
    let mut seen: BTreeMap<LintCode, usize> = BTreeMap::new();
    let tally = std::cell::RefCell::new(&mut seen);
    let mut runner = TestRunner::new(config(part_of_clusters(2)));
    let outcome = runner.run(&random::cluster(), |cluster| {
        for finding in findings_beside(&cluster, more).iter().filter(|f| codes.contains(&f.rule)) {
            let changed = without(&cluster, &[finding]);
            let counts = |c: &Cluster| -> Vec<usize> {
                c.policies.iter().map(|p| p.egress.as_ref().map_or(0, |rules| usize::from(!rules.is_empty()))).collect()
            };
            let isolates_by_rules = cluster.policies.iter().any(|p| p.policy_types.as_ref().is_none_or(Vec::is_empty));
            if isolates_by_rules && counts(&cluster) != counts(&changed) {
                continue;
            }
            *tally.borrow_mut().entry(finding.rule).or_default() += 1;
            let same = is_same_beside(&cluster, &changed, more);
            proptest::prop_assert!(same, "{:#?}\n{}", finding, manifests::to_yaml(&cluster));
        }
        Ok(())
    });
    outcome.unwrap();
    for code in codes {
        assert!(seen.contains_key(code) || !super::are_many(), "{} was never found: {seen:?}", code.code());
    }
}
