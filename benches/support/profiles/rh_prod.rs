//! `rh-prod`: a production cluster of which the histograms are published, by
//! <https://github.com/npinaeva/k8s-netpol-scale/blob/main/yaml-analysis/README.md>.
//!
//! Sizes are dealt from those histograms; the namespaces and apps that have them are made up. Rules
//! that have pod selectors and rules that have blocks are different rules, as nearly all were there.

use super::{Emit, Size};
use crate::support::objects::{Namespace, Object, Pod};
use crate::support::policy::{Peer, Policy, Port, Rule};
use crate::support::random::{Deck, Seeded};
use crate::support::selector::Selector;
use std::collections::BTreeMap;
use std::io;

/// Pods of the cluster.
pub(super) const PODS: usize = 5_413;
const NAMESPACES: usize = 604;
const POLICIES: usize = 13_678;
/// Pods that the widest peers select: those of namespaces with a label in common.
const SHARED_PODS: usize = 3_578;
const TENANCY: (&str, &str) = ("tenancy", "shared");

/// 1 for policies that select nothing, 0 for the others.
const NOTHING: [(usize, usize); 2] = [(1, 3_559), (0, 10_119)];
/// Rules of a policy; the total is published, and how many have none.
const RULES: [(usize, usize); 6] = [(0, 495), (1, 5_300), (2, 3_200), (3, 800), (4, 250), (5, 74)];
/// 1 for rules of pod selectors, 0 for rules of blocks.
const SELECTS_PODS: [(usize, usize); 2] = [(1, 9_208), (0, 6_215)];
const BLOCKS: [(usize, usize); 9] = [(1, 5_521), (2, 72), (3, 346), (4, 7), (5, 1), (6, 263), (7, 2), (14, 2), (21, 1)];
const BLOCK_PORTS: [(usize, usize); 5] = [(0, 1_147), (1, 4_710), (2, 341), (4, 1), (5, 16)];
const POD_PORTS: [(usize, usize); 6] = [(0, 6_370), (1, 2_417), (2, 416), (3, 3), (4, 1), (5, 1)];
/// 1 for rules that have a port range.
const RANGES: [(usize, usize); 2] = [(1, 23), (0, 15_400)];

/// Pods that a policy selects, of those that select any, up to [`MOST`]; and the few beyond.
#[rustfmt::skip]
const SUBJECTS: [(usize, usize); 28] = [
    (1, 1_436), (2, 559), (3, 54), (4, 243), (5, 2_512), (6, 496), (7, 927), (8, 196), (9, 240), (10, 211),
    (11, 572), (12, 482), (13, 60), (14, 33), (15, 47), (16, 57), (17, 100), (18, 39), (19, 84), (20, 99),
    (21, 116), (22, 136), (23, 30), (24, 50), (25, 339), (26, 41), (27, 9), (28, 2),
];
#[rustfmt::skip]
const LARGE_SUBJECTS: [(usize, usize); 11] = [
    (33, 2), (34, 2), (36, 1), (38, 2), (53, 1), (58, 2), (80, 1), (81, 1), (87, 2), (127, 431), (154, 9),
];
/// Pods that the selectors of a rule select.
#[rustfmt::skip]
const PEERS: [(usize, usize); 37] = [
    (1, 590), (2, 4_621), (3, 393), (4, 649), (5, 868), (6, 433), (7, 384), (8, 62), (9, 63), (10, 75), (11, 18),
    (12, 75), (13, 346), (14, 10), (15, 10), (16, 12), (17, 22), (18, 10), (19, 20), (20, 25), (21, 27), (22, 33),
    (23, 10), (24, 15), (25, 12), (26, 10), (27, 3), (28, 1), (34, 1), (36, 1), (42, 6), (58, 1), (80, 40), (94, 1),
    (127, 288), (154, 3), (SHARED_PODS, 70),
];
/// Namespaces of more than 28 pods. All others have as many pods as policies select.
const LARGE_NAMESPACES: [usize; 13] = [154, 127, 94, 87, 81, 80, 58, 53, 42, 38, 36, 34, 33];
/// Pods of an app; made up.
const APPS: [(usize, usize); 7] = [(1, 30), (2, 30), (3, 15), (4, 10), (5, 10), (6, 3), (8, 2)];

pub(super) fn size(pods: usize) -> Size {
    Size { namespaces: (pods * NAMESPACES / PODS).max(1), pods, policies: pods * POLICIES / PODS }
}

/// What the policies can select, so that no object has to be held.
struct Plan {
    /// The pods of each app of each namespace.
    namespaces: Vec<Vec<usize>>,
    /// Namespaces, and apps of namespaces, by how many pods they have.
    groups: BTreeMap<usize, Vec<Group>>,
}

/// All pods of a namespace, or those of one of its apps.
#[derive(Clone, Copy)]
struct Group {
    namespace: usize,
    app: Option<usize>,
}

impl Group {
    fn selector(self) -> Selector {
        self.app.map_or_else(Selector::all, |app| Selector::label("app", app_name(self.namespace, app)))
    }
}

impl Plan {
    fn new(size: Size, seeded: &mut Seeded) -> Self {
        let mut counts = Vec::new();
        for large in LARGE_NAMESPACES {
            if counts.iter().sum::<usize>() + large <= size.pods / 4 && counts.len() < size.namespaces {
                counts.push(large);
            }
        }
        let large = counts.len();
        let mut deck = Deck::new(&SUBJECTS, seeded);
        counts.resize_with(size.namespaces, || deck.deal());
        let mut total: usize = counts.iter().sum();
        while total != size.pods {
            let place = large + seeded.below(size.namespaces - large);
            let Some(count) = counts.get_mut(place) else { break };
            match (total < size.pods, *count) {
                (true, _) => (*count, total) = (*count + 1, total + 1),
                (false, 0) => {}
                (false, _) => (*count, total) = (*count - 1, total - 1),
            }
        }
        let mut deck = Deck::new(&APPS, seeded);
        let namespaces: Vec<Vec<usize>> = counts.into_iter().map(|pods| divide(pods, &mut deck)).collect();
        let mut groups: BTreeMap<usize, Vec<Group>> = BTreeMap::new();
        for (namespace, apps) in namespaces.iter().enumerate().filter(|(_, apps)| !apps.is_empty()) {
            groups.entry(apps.iter().sum()).or_default().push(Group { namespace, app: None });
            for (app, pods) in apps.iter().enumerate() {
                groups.entry(*pods).or_default().push(Group { namespace, app: Some(app) });
            }
        }
        Self { namespaces, groups }
    }

    /// A group of so many pods, or of nearly so many.
    fn group(&self, pods: usize, seeded: &mut Seeded) -> Group {
        let below = self.groups.range(..=pods).next_back();
        let above = self.groups.range(pods..).next();
        let nearest = below.into_iter().chain(above).min_by_key(|(size, _)| size.abs_diff(pods));
        let group = nearest.and_then(|(_, groups)| seeded.one_of(groups));
        group.copied().unwrap_or(Group { namespace: 0, app: None })
    }

    /// A peer that selects so many pods, or nearly so many: of the policy's own namespace if it has such.
    fn peer(&self, pods: usize, namespace: usize, seeded: &mut Seeded) -> Peer {
        if pods == SHARED_PODS {
            return Peer::Namespaces(Selector::label(TENANCY.0, TENANCY.1), None);
        }
        let apps = self.namespaces.get(namespace).map_or(&[][..], Vec::as_slice);
        if apps.iter().sum::<usize>() == pods {
            return Peer::Pods(Selector::all());
        }
        let alike: Vec<usize> = apps.iter().enumerate().filter(|(_, n)| **n == pods).map(|(i, _)| i).collect();
        if let Some(&app) = seeded.one_of(&alike) {
            return Peer::Pods(Group { namespace, app: Some(app) }.selector());
        }
        let group = self.group(pods, seeded);
        Peer::Namespaces(Selector::namespace(name(group.namespace)), group.app.map(|_| group.selector()))
    }
}

/// The pods of a namespace as apps.
fn divide(mut pods: usize, deck: &mut Deck) -> Vec<usize> {
    let mut apps = Vec::new();
    while pods > 0 {
        let app = deck.deal().min(pods);
        apps.push(app);
        pods -= app;
    }
    apps
}

fn name(namespace: usize) -> String {
    format!("project-{namespace}")
}

fn app_name(namespace: usize, app: usize) -> String {
    let kind = ["api", "web", "worker", "store", "auth", "search", "mail", "batch"].get(namespace % 8);
    format!("{}-{app}", kind.copied().unwrap_or_default())
}

pub(super) fn each(size: Size, seeded: &mut Seeded, emit: &mut Emit<'_>) -> io::Result<()> {
    let plan = Plan::new(size, seeded);
    let mut shared = size.pods * SHARED_PODS / PODS;
    for (n, apps) in plan.namespaces.iter().enumerate() {
        let mut namespace = Namespace::new(name(n), n);
        if let Some(rest) = shared.checked_sub(apps.iter().sum()) {
            shared = rest;
            namespace = namespace.with(TENANCY.0, TENANCY.1);
        }
        emit(Object::Namespace(namespace))?;
    }
    let mut number = 0;
    for (n, apps) in plan.namespaces.iter().enumerate() {
        for (app, pods) in apps.iter().enumerate() {
            for _ in 0..*pods {
                emit(Object::Pod(Pod::new(number, name(n), app_name(n, app))))?;
                number += 1;
            }
        }
    }
    let mut dealer = Dealer::new(seeded);
    for i in 0..size.policies {
        emit(Object::Policy(dealer.policy(i, &plan, seeded)))?;
    }
    Ok(())
}

/// The decks that policies are dealt from.
struct Dealer {
    nothing: Deck,
    subjects: Deck,
    rules: Deck,
    selects_pods: Deck,
    peers: Deck,
    pod_ports: Deck,
    blocks: Deck,
    block_ports: Deck,
    ranges: Deck,
}

impl Dealer {
    fn new(seeded: &mut Seeded) -> Self {
        let subjects = [SUBJECTS.as_slice(), LARGE_SUBJECTS.as_slice()].concat();
        let mut deck = |histogram: &[(usize, usize)]| Deck::new(histogram, seeded);
        Self {
            nothing: deck(&NOTHING),
            subjects: deck(&subjects),
            rules: deck(&RULES),
            selects_pods: deck(&SELECTS_PODS),
            peers: deck(&PEERS),
            pod_ports: deck(&POD_PORTS),
            blocks: deck(&BLOCKS),
            block_ports: deck(&BLOCK_PORTS),
            ranges: deck(&RANGES),
        }
    }

    fn policy(&mut self, number: usize, plan: &Plan, seeded: &mut Seeded) -> Policy {
        let mut policy = Policy { name: format!("policy-{number}"), ..Policy::default() };
        if self.nothing.deal() == 1 {
            let namespace = seeded.below(plan.namespaces.len());
            policy.namespace = name(namespace);
            policy.subject = Selector::label("app", format!("retired-{number}"));
            policy.ingress = Some(vec![Rule::new([plan.peer(2, namespace, seeded)], [Port::Tcp(8080)])]);
            return policy;
        }
        let subject = plan.group(self.subjects.deal(), seeded);
        policy.namespace = name(subject.namespace);
        policy.subject = subject.selector();
        let (mut ingress, mut egress) = (Vec::new(), Vec::new());
        for _ in 0..self.rules.deal() {
            let pods = self.selects_pods.deal() == 1;
            let rule = if pods { self.pod_rule(subject.namespace, plan, seeded) } else { self.block_rule(seeded) };
            // Rules of blocks are mostly about what pods may reach. How it was there is not published.
            let outward = seeded.below(10) < if pods { 2 } else { 7 };
            if outward { egress.push(rule) } else { ingress.push(rule) }
        }
        policy.ingress = (!ingress.is_empty() || egress.is_empty()).then_some(ingress);
        policy.egress = (!egress.is_empty()).then_some(egress);
        policy
    }

    fn pod_rule(&mut self, namespace: usize, plan: &Plan, seeded: &mut Seeded) -> Rule {
        let peer = plan.peer(self.peers.deal(), namespace, seeded);
        let count = self.pod_ports.deal();
        Rule::new([peer], self.ports(count, seeded))
    }

    fn block_rule(&mut self, seeded: &mut Seeded) -> Rule {
        let blocks: Vec<Peer> = (0..self.blocks.deal()).map(|_| block(seeded)).collect();
        let count = self.block_ports.deal();
        Rule::new(blocks, self.ports(count, seeded))
    }

    fn ports(&mut self, count: usize, seeded: &mut Seeded) -> Vec<Port> {
        const NUMBERS: [u16; 10] = [8080, 443, 8443, 9090, 5432, 6379, 3306, 9092, 80, 5671];
        let first = seeded.below(NUMBERS.len());
        let mut ports: Vec<Port> =
            NUMBERS.iter().cycle().skip(first).take(count).map(|number| Port::Tcp(*number)).collect();
        if self.ranges.deal() == 1 {
            ports.push(Port::Range(30_000, 32_767));
        }
        ports
    }
}

/// Addresses outside of the cluster mostly; now and then some that pods have, or nearly all.
fn block(seeded: &mut Seeded) -> Peer {
    let (kind, a, b) = (seeded.below(16), seeded.below(256), seeded.below(256));
    match kind {
        0 => Peer::Block(format!("10.1.{}.0/24", a % 32), None),
        1 => Peer::Block("0.0.0.0/0".to_owned(), Some("169.254.169.254/32".to_owned())),
        2..8 => Peer::Block(format!("172.{}.{a}.0/24", 16 + b % 16), None),
        _ => Peer::Block(format!("198.18.{a}.{b}/32"), None),
    }
}
