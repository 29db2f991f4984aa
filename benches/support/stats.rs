//! What a cluster's policies select, counted: to be held against what a profile promises.

use super::Cluster;
use super::objects::{Namespace, Object, Pod};
use super::policy::{Peer, Policy, Port, Rule};
use super::selector::{Labels, Selector};
use std::collections::BTreeMap;
use std::fmt;
use std::io;

/// Counts over the policies of a cluster. Rules are those of policies that select something.
#[derive(Clone, Debug, Default)]
pub(crate) struct Statistics {
    /// Namespaces.
    pub(crate) namespaces: usize,
    /// Pods.
    pub(crate) pods: usize,
    /// Policies.
    pub(crate) policies: usize,
    /// Policies that select nothing.
    pub(crate) nothing: usize,
    /// Pods that a policy selects, for each that selects something.
    pub(crate) subjects: Numbers,
    /// Pods that the selectors of a rule select together, for each rule that has selectors.
    pub(crate) peers: Numbers,
    /// Address blocks of a policy.
    pub(crate) blocks: Numbers,
    /// Single ports of a rule.
    pub(crate) ports: Numbers,
    /// Port ranges of a rule.
    pub(crate) ranges: Numbers,
}

/// Numbers, ascending.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers(Vec<usize>);

impl Numbers {
    /// The upper one of the two in the middle; 0 if there are none.
    pub(crate) fn median(&self) -> usize {
        self.0.get(self.0.len() / 2).copied().unwrap_or_default()
    }

    /// The mean; 0 if there are none.
    #[allow(clippy::cast_precision_loss, reason = "counts are small")]
    pub(crate) fn mean(&self) -> f64 {
        self.0.iter().sum::<usize>() as f64 / self.0.len().max(1) as f64
    }

    /// The largest; 0 if there are none.
    pub(crate) fn max(&self) -> usize {
        self.0.last().copied().unwrap_or_default()
    }

    /// How many are this one.
    pub(crate) fn count(&self, number: usize) -> usize {
        self.0.iter().filter(|n| **n == number).count()
    }
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, median, max) = (self.0.len(), self.median(), self.max());
        write!(f, "median {median}, mean {:.2}, max {max} ({} times), of {count}", self.mean(), self.count(max))
    }
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} namespaces, {} pods, {} policies", self.namespaces, self.pods, self.policies)?;
        writeln!(f, "policies that select nothing: {} ({:.1} %)", self.nothing, 100.0 * self.share_of_nothing())?;
        writeln!(f, "pods that a policy selects: {}", self.subjects)?;
        writeln!(f, "pods that a rule's selectors select: {}", self.peers)?;
        writeln!(f, "address blocks of a policy: {}", self.blocks)?;
        writeln!(f, "ports of a rule: {}", self.ports)?;
        writeln!(f, "port ranges of a rule: {}", self.ranges)
    }
}

impl Statistics {
    /// Counts; holds the labels of all pods.
    pub(crate) fn of(cluster: Cluster) -> Self {
        let (mut statistics, mut labels) = (Self::default(), Known::default());
        // Counting cannot fail.
        let _ = cluster.each(|object| {
            match object {
                Object::Namespace(namespace) => labels.add_namespace(namespace),
                Object::Pod(pod) => labels.add_pod(pod),
                Object::Policy(policy) => statistics.add(&policy, &labels),
            }
            io::Result::Ok(())
        });
        statistics.namespaces = labels.namespaces.len();
        statistics.pods = labels.pods.iter().map(Vec::len).sum();
        let Self { subjects, peers, blocks, ports, ranges, .. } = &mut statistics;
        [subjects, peers, blocks, ports, ranges].into_iter().for_each(|numbers| numbers.0.sort_unstable());
        statistics
    }

    /// The share of policies that select nothing, up to 1.
    #[allow(clippy::cast_precision_loss, reason = "counts are small")]
    pub(crate) fn share_of_nothing(&self) -> f64 {
        self.nothing as f64 / self.policies.max(1) as f64
    }

    fn add(&mut self, policy: &Policy, labels: &Known) {
        self.policies += 1;
        let own = labels.numbers.get(&policy.namespace).copied();
        let selected = labels.pods_of(own).filter(|pod| policy.subject.matches(pod)).count();
        if selected == 0 {
            self.nothing += 1;
            return;
        }
        self.subjects.0.push(selected);
        let is_block = |peer: &&Peer| matches!(peer, Peer::Block(..));
        self.blocks.0.push(policy.rules().flat_map(|rule| &rule.peers).filter(is_block).count());
        for rule in policy.rules() {
            let ranges = rule.ports.iter().filter(|port| matches!(port, Port::Range(..))).count();
            self.ranges.0.push(ranges);
            self.ports.0.push(rule.ports.len() - ranges);
            if !rule.peers.iter().all(|peer| is_block(&peer)) {
                self.peers.0.push(labels.selected_by(rule, own));
            }
        }
    }
}

/// The labels of namespaces, and of the pods of each.
#[derive(Default)]
struct Known {
    numbers: BTreeMap<String, usize>,
    namespaces: Vec<Labels>,
    pods: Vec<Vec<Labels>>,
}

impl Known {
    fn add_namespace(&mut self, namespace: Namespace) {
        self.numbers.insert(namespace.name, self.namespaces.len());
        self.namespaces.push(namespace.labels);
        self.pods.push(Vec::new());
    }

    fn add_pod(&mut self, pod: Pod) {
        let number = self.numbers.get(&pod.namespace);
        if let Some(pods) = number.and_then(|n| self.pods.get_mut(*n)) {
            pods.push(pod.labels);
        }
    }

    fn pods_of(&self, namespace: Option<usize>) -> impl Iterator<Item = &Labels> {
        namespace.and_then(|n| self.pods.get(n)).into_iter().flatten()
    }

    /// How many pods some selector of the rule selects.
    fn selected_by(&self, rule: &Rule, own: Option<usize>) -> usize {
        let everything = Selector::all();
        let mut count = 0;
        for (n, labels) in self.namespaces.iter().enumerate() {
            let here = rule.peers.iter().filter_map(|peer| match peer {
                Peer::Pods(pods) if own == Some(n) => Some(pods),
                Peer::Namespaces(namespaces, pods) if namespaces.matches(labels) => {
                    Some(pods.as_ref().unwrap_or(&everything))
                }
                _ => None,
            });
            let here: Vec<&Selector> = here.collect();
            if !here.is_empty() {
                count += self.pods_of(Some(n)).filter(|pod| here.iter().any(|s| s.matches(pod))).count();
            }
        }
        count
    }
}
