//! A generator of synthetic clusters: seeded, and streaming, so that a cluster of any size is
//! written object by object and never held.
//!
//! A [`Profile`] says what kind of cluster, [`Cluster`] adds the number of pods and the seed. It is
//! written as a List, as `kubectl get ns,pods,netpol -A -o json|yaml` prints it, or slimmer.

#![allow(dead_code, reason = "each program that includes this module uses some of it")]

pub(crate) mod list;
pub(crate) mod objects;
pub(crate) mod policy;
pub(crate) mod profiles;
pub(crate) mod random;
pub(crate) mod selector;
pub(crate) mod slim;
pub(crate) mod stats;
pub(crate) mod value;

#[allow(unused_imports, reason = "each program that includes this module uses some of it")]
pub(crate) use list::{Format, Style};
#[allow(unused_imports, reason = "each program that includes this module uses some of it")]
pub(crate) use profiles::{Profile, Size};

use list::ListWriter;
use objects::Object;
use random::Seeded;
use std::io::{self, Write};

/// The seed of the benches.
pub(crate) const SEED: u64 = 42;

/// A cluster: what it is generated from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cluster {
    /// What kind of cluster.
    pub(crate) profile: Profile,
    /// How many pods; all else follows.
    pub(crate) pods: usize,
    /// The same seed gives the same bytes.
    pub(crate) seed: u64,
}

impl Cluster {
    /// The profile's cluster in its own size, of the seed of the benches.
    pub(crate) fn new(profile: Profile) -> Self {
        Self { profile, pods: profile.pods(), seed: SEED }
    }

    /// With another number of pods.
    pub(crate) fn with_pods(self, pods: usize) -> Self {
        Self { pods, ..self }
    }

    /// With another seed.
    pub(crate) fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// How many objects of each kind there are.
    pub(crate) fn size(self) -> Size {
        self.profile.size(self.pods)
    }

    /// Hands out the objects one by one: namespaces, pods, policies. The first error ends it.
    pub(crate) fn each(self, mut emit: impl FnMut(Object) -> io::Result<()>) -> io::Result<()> {
        self.profile.each(self.size(), &mut Seeded::new(self.seed), &mut emit)
    }

    /// All objects at once.
    pub(crate) fn objects(self) -> Vec<Object> {
        let mut objects = Vec::new();
        // Collecting does not fail.
        let _ = self.each(|object| {
            objects.push(object);
            Ok(())
        });
        objects
    }

    /// Writes the cluster as a List. Every object takes many small writes, so `out` should be buffered.
    pub(crate) fn write(self, out: impl Write, style: Style) -> io::Result<()> {
        let mut list = ListWriter::new(out, style)?;
        self.each(|object| list.push(&object))?;
        list.finish()
    }

    /// The List as a text.
    pub(crate) fn text(self, style: Style) -> String {
        let mut out = Vec::new();
        // Writing into memory does not fail, and what is written is ASCII.
        let _ = self.write(&mut out, style);
        String::from_utf8(out).unwrap_or_default()
    }

    /// As `kubectl get -o json` prints it.
    pub(crate) fn json(self) -> String {
        self.text(Style { format: Format::Json, slim: false })
    }

    /// As `kubectl get -o yaml` prints it.
    pub(crate) fn yaml(self) -> String {
        self.text(Style { format: Format::Yaml, slim: false })
    }
}
