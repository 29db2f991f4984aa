//! Connectivity tests for NetAssert 2, which asks a live cluster.

use super::tests::scalar;
use netpol_core::assert::{Expect, Suite, Test};
use netpol_core::diagnostic::Params;
use netpol_core::lang::{Lang, Phrase};
use netpol_core::query::{Peer, PeerKind, QueryError, Verdict};
use netpol_core::set::{Protocol, TrafficSet};
use std::collections::BTreeSet;
use std::fmt::Write;

/// More ports than this in a test are not asked one by one.
const MOST_PORTS: usize = 16;

/// More pairs than this of a test are not written.
const MOST_PAIRS: usize = 256;

/// The two ends of a test, one by one, and its ports, if they are the same for all.
pub(crate) type Asked = Result<((Vec<Peer>, Vec<Peer>), Option<TrafficSet>), QueryError>;

/// The file, and what could not be said in it; without anything to say, the file is empty.
pub(crate) fn file(tests: &[(&Suite, &Test, Asked)], lang: Lang) -> (String, Vec<String>) {
    let mut writing = Writing { lang, out: String::new(), left_out: Vec::new(), names: BTreeSet::new() };
    for (suite, test, asked) in tests {
        writing.test(suite, test, asked);
    }
    (writing.out, writing.left_out)
}

struct Writing {
    lang: Lang,
    out: String,
    left_out: Vec<String>,
    /// Names are what NetAssert tells its tests by.
    names: BTreeSet<String>,
}

/// A source, or a destination in the cluster.
struct Resource {
    kind: &'static str,
    namespace: String,
    name: String,
}

enum Target {
    Resource(Resource),
    Host(String),
}

impl Target {
    fn text(&self) -> String {
        match self {
            Self::Resource(resource) => resource.text(),
            Self::Host(host) => host.clone(),
        }
    }
}

impl Resource {
    fn text(&self) -> String {
        format!("{}/{}/{}", self.namespace, self.kind, self.name)
    }

    fn yaml(&self, indent: &str) -> String {
        let Self { kind, namespace, name } = self;
        let (namespace, name) = (scalar(namespace), scalar(name));
        format!(
            "{indent}k8sResource:\n{indent}  kind: {kind}\n{indent}  name: {name}\n{indent}  namespace: {namespace}\n"
        )
    }
}

impl Writing {
    fn leave_out(&mut self, suite: &Suite, test: &Test, why: String) {
        let params = Params::from([("test", format!("{}/{}", suite.name, test.name)), ("why", why)]);
        let line = self.lang.filled(Phrase::NotExported, &params);
        if !self.left_out.contains(&line) {
            self.left_out.push(line);
        }
    }

    fn test(&mut self, suite: &Suite, test: &Test, asked: &Asked) {
        let lang = self.lang;
        let say = |phrase| lang.phrase(phrase).to_owned();
        let exit = match test.expect {
            Expect::Verdict(Verdict::Allow) => 0,
            Expect::Verdict(Verdict::Deny) => 1,
            _ => return self.leave_out(suite, test, say(Phrase::ExportExpect)),
        };
        if test.from.iter().any(|peer| peer.is_any_pod()) {
            return self.leave_out(suite, test, say(Phrase::ExportAnyPod));
        }
        let ((from, to), ports) = match asked {
            Ok(asked) => asked,
            Err(error) => return self.leave_out(suite, test, self.lang.query_problem(error)),
        };
        let Some(ports) = ports.as_ref().and_then(one_by_one) else {
            return self.leave_out(suite, test, say(Phrase::ExportPorts));
        };
        if !test.decided_by.is_empty() {
            self.leave_out(suite, test, say(Phrase::ExportDecidedBy));
        }
        let (mut sources, mut targets) = (Vec::new(), Vec::new());
        for peer in from {
            match resources(peer) {
                Some(found) => sources.extend(found),
                None => self.leave_out(suite, test, peer_text(lang, peer)),
            }
        }
        for peer in to {
            match targets_of(peer) {
                Some(found) => targets.extend(found),
                None => self.leave_out(suite, test, peer_text(lang, peer)),
            }
        }
        if sources.len() * targets.len() * ports.len() > MOST_PAIRS {
            return self.leave_out(suite, test, say(Phrase::ExportTooMany));
        }
        for source in &sources {
            for target in &targets {
                if target.text() == source.text() {
                    // A pod and itself is no pair of the test either.
                    if source.kind != "pod" {
                        let params = Params::from([("found", source.text())]);
                        self.leave_out(suite, test, lang.filled(Phrase::ExportItself, &params));
                    }
                    continue;
                }
                for (protocol, port) in &ports {
                    if *protocol == Protocol::Udp && matches!(target, Target::Host(_)) {
                        self.leave_out(suite, test, self.lang.phrase(Phrase::ExportUdpHost).to_owned());
                        continue;
                    }
                    self.entry((suite, test), source, target, (*protocol, *port), exit);
                }
            }
        }
    }

    fn entry(
        &mut self,
        (suite, test): (&Suite, &Test),
        source: &Resource,
        target: &Target,
        (protocol, port): (Protocol, u16),
        exit: u8,
    ) {
        let protocol = protocol.name().to_ascii_lowercase();
        let ends = format!("{} to {} {port}/{protocol}", source.text(), target.text());
        let mut name = format!("{}/{}: {ends}", suite.name, test.name);
        let mut number = 1;
        while !self.names.insert(name.clone()) {
            number += 1;
            name = format!("{}/{}: {ends} ({number})", suite.name, test.name);
        }
        // Writing to a string does not fail.
        let _ = write!(
            self.out,
            "- name: {}\n  type: k8s\n  protocol: {protocol}\n  targetPort: {port}\n  timeoutSeconds: 15\n  attempts: 3\n  exitCode: {exit}\n  src:\n{}  dst:\n{}",
            scalar(&name),
            source.yaml("    "),
            match target {
                Target::Resource(resource) => resource.yaml("    "),
                Target::Host(host) => format!("    host:\n      name: {}\n", scalar(host)),
            }
        );
    }
}

/// Why a peer cannot be an end.
fn peer_text(lang: Lang, peer: &Peer) -> String {
    let name = peer.name.as_deref().unwrap_or_default();
    let kind = peer.kind.as_deref().unwrap_or_default();
    let found = match peer.kind_of {
        PeerKind::Addresses => peer.cidrs.first().cloned().unwrap_or_default(),
        PeerKind::Node | PeerKind::Nodes => format!("node/{name}"),
        _ => format!("{kind} {}/{name}", peer.namespace.as_deref().unwrap_or_default()).trim().to_owned(),
    };
    lang.filled(Phrase::ExportPeer, &Params::from([("found", found)]))
}

/// The ports of a test one by one; none: they cannot be asked so.
fn one_by_one(set: &TrafficSet) -> Option<Vec<(Protocol, u16)>> {
    let mut ports = Vec::new();
    for (protocol, low, high) in set.ranges() {
        if !matches!(protocol, Protocol::Tcp | Protocol::Udp) || usize::from(high - low) >= MOST_PORTS {
            return None;
        }
        ports.extend((low..=high).map(|port| (protocol, port)));
    }
    (ports.len() <= MOST_PORTS).then_some(ports)
}

/// A peer as resources that NetAssert knows.
fn resources(peer: &Peer) -> Option<Vec<Resource>> {
    let namespace = peer.namespace.as_deref()?.to_owned();
    let of = |kind, name: &str| Resource { kind, namespace: namespace.clone(), name: name.to_owned() };
    match peer.kind_of {
        PeerKind::Pod => Some(vec![of("pod", peer.name.as_deref()?)]),
        // Some pods of a workload, one by one.
        PeerKind::Workload if !peer.pods.is_empty() && !peer.template => {
            Some(peer.pods.iter().map(|pod| of("pod", pod)).collect())
        }
        PeerKind::Workload => {
            let kind = match peer.kind.as_deref()? {
                "Deployment" => "deployment",
                "StatefulSet" => "statefulset",
                "DaemonSet" => "daemonset",
                _ => return None,
            };
            Some(vec![of(kind, peer.name.as_deref()?)])
        }
        _ => None,
    }
}

/// A peer as destinations that NetAssert knows.
fn targets_of(peer: &Peer) -> Option<Vec<Target>> {
    match peer.kind_of {
        PeerKind::Name => Some(vec![Target::Host(peer.name.as_deref()?.to_owned())]),
        PeerKind::Service => {
            let (namespace, name) = (peer.namespace.as_deref()?, peer.name.as_deref()?);
            Some(vec![Target::Host(format!("{name}.{namespace}.svc"))])
        }
        PeerKind::Addresses => match peer.cidrs.as_slice() {
            [only] => {
                let address = only.strip_suffix("/32").or_else(|| only.strip_suffix("/128"))?;
                Some(vec![Target::Host(address.to_owned())])
            }
            _ => None,
        },
        _ => Some(resources(peer)?.into_iter().map(Target::Resource).collect()),
    }
}
