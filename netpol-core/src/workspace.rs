//! Files that change one at a time, and what they come to together: for editors and services that
//! follow a cluster.

use crate::analysis::{Analysis, AnalysisOptions};
use crate::diagnostic::Diagnostic;
use crate::manifest::{PolicyKind, PolicyName, ReadOptions, ReadReport, Reading, Snapshot};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use crate::source::Inputs;
use compact_str::CompactString;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// Files by name, with the state of the cluster that they describe.
///
/// A file is read once for each of its texts, and a change of nothing but NetworkPolicies decides
/// anew only what they concern; the answers are those of reading everything at once. Policies, of the
/// administrative tiers too, can be switched off without leaving their file.
///
/// ```
/// use netpol_core::{AnalysisOptions, ReadOptions, Workspace, query::Verdict};
///
/// let mut workspace = Workspace::new(ReadOptions::default(), AnalysisOptions::default());
/// workspace.put("pods.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: b}}")?;
/// workspace.put("deny.yaml", "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny}, spec: {podSelector: {}}}")?;
/// assert_eq!(workspace.analysis().ok_or("errors")?.check("a", "b", "80")?.verdict, Verdict::Deny);
///
/// workspace.switch("NetworkPolicy", "default", "deny", false);
/// assert_eq!(workspace.analysis().ok_or("errors")?.check("a", "b", "80")?.verdict, Verdict::Allow);
///
/// workspace.put("deny.yaml", "{kind: NetworkPolicy")?;
/// assert!(workspace.analysis().is_none());
/// assert!(workspace.report().has_errors());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Workspace {
    reading: ReadOptions,
    options: AnalysisOptions,
    keep_going: bool,
    files: Vec<File>,
    off: SortedSet<PolicyName>,
    /// What was read; none: something has changed since.
    report: Option<ReadReport>,
    state: Option<State>,
}

#[derive(Clone)]
struct File {
    name: String,
    reading: Arc<Reading>,
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("File").field(&self.name).finish()
    }
}

/// The last state of the files that could be used.
#[derive(Debug)]
struct State {
    analysis: Analysis,
    files: Vec<File>,
    off: SortedSet<PolicyName>,
    /// The namespaces that stand in the files for another reason than a policy.
    namespaces: SortedSet<CompactString>,
    /// Whether the files are still as they were.
    current: bool,
    /// How often it was changed, and not made anew.
    changes: usize,
}

/// A policy that can be switched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct PolicySwitch {
    /// Its namespace; empty for policies of the administrative tiers.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// NetworkPolicy, or a kind of the administrative tiers.
    pub kind: String,
    /// The file in which it stands.
    pub file: String,
    /// The line on which it begins, from 1.
    pub line: u32,
    /// Whether it is in force.
    pub on: bool,
}

/// The files of a workspace at one moment, and what they come to.
#[derive(Debug)]
#[non_exhaustive]
pub struct Together {
    /// The texts, those of policies that are switched off among them.
    pub inputs: Inputs,
    /// The objects in them, without the policies that are switched off.
    pub snapshot: Snapshot,
    /// The cluster that these describe.
    pub analysis: Analysis,
}

/// After so many changes a state is made anew, so that what they left behind is given up.
const MOST_CHANGES: usize = 1000;

impl Workspace {
    /// No files yet.
    pub fn new(reading: ReadOptions, options: AnalysisOptions) -> Self {
        Self {
            reading,
            options,
            keep_going: false,
            files: Vec::new(),
            off: SortedSet::new(),
            report: None,
            state: None,
        }
    }

    /// The same files under other options.
    pub fn set_options(&mut self, reading: ReadOptions, options: AnalysisOptions) {
        let key = |r: &ReadOptions| (r.default_namespace.clone(), r.stop_file_at_malformed, r.schema_checks);
        let reread = key(&reading) != key(&self.reading);
        self.reading = reading;
        self.options = options;
        if reread {
            for file in &mut self.files {
                let mut inputs = Inputs::default();
                inputs.push(&*file.name, file.reading.text());
                file.reading = Arc::new(Reading::of(inputs, &self.reading));
            }
        }
        self.state = None;
        self.report = None;
    }

    /// Whether to answer even where part of the files has errors; the answers then say what was left
    /// out.
    pub fn set_keep_going(&mut self, keep_going: bool) {
        self.keep_going = keep_going;
        self.state = None;
        self.report = None;
    }

    /// Adds a file, or gives it another text.
    ///
    /// # Errors
    /// A text over [`MAX_FILE_BYTES`](crate::MAX_FILE_BYTES); the file is then as before.
    pub fn put(&mut self, name: &str, text: impl Into<String>) -> Result<(), Box<Diagnostic>> {
        let mut inputs = Inputs::default();
        // As bytes, for the limit on their number.
        inputs.push_bytes(name, text.into().into_bytes())?;
        let reading = Arc::new(Reading::of(inputs, &self.reading));
        match self.files.iter_mut().find(|file| file.name == name) {
            Some(file) => file.reading = reading,
            None => self.files.push(File { name: name.to_owned(), reading }),
        }
        self.report = None;
        Ok(())
    }

    /// Takes a file out; `false`: there is none of that name.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.files.len();
        self.files.retain(|file| file.name != name);
        self.report = None;
        self.files.len() < before
    }

    /// The names of the files, in the order in which they came.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.name.as_str())
    }

    /// The text of a file.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.files.iter().find(|file| file.name == name).map(|file| file.reading.text())
    }

    /// The policies, sorted: those of the administrative tiers first.
    pub fn policies(&self) -> Vec<PolicySwitch> {
        let all = self.files.iter().flat_map(|file| file.reading.policies().iter().map(move |policy| (file, policy)));
        let mut policies: Vec<PolicySwitch> = all
            .map(|(file, policy)| PolicySwitch {
                namespace: policy.name.1.to_string(),
                name: policy.name.2.to_string(),
                kind: policy.name.0.to_string(),
                file: file.name.clone(),
                line: policy.line,
                on: !self.off.contains(&policy.name),
            })
            .collect();
        policies.arrange();
        policies
    }

    /// Switches a policy off, or on again: a NetworkPolicy, or with an empty namespace one of the
    /// administrative tiers. One that is not there (any more) is off as soon as it is.
    pub fn switch(&mut self, kind: &str, namespace: &str, name: &str, on: bool) {
        let policy = (CompactString::from(kind), CompactString::from(namespace), CompactString::from(name));
        let changed = if on { self.off.remove(&policy) } else { self.off.insert(policy) };
        if changed {
            self.report = None;
        }
    }

    /// What was read, and what is wrong with it.
    pub fn report(&mut self) -> &ReadReport {
        let report = match self.report.take() {
            Some(report) => report,
            None => self.refresh(),
        };
        self.report.insert(report)
    }

    /// The cluster that the files describe, ready for questions; none: they have errors, and it was
    /// not said to keep going.
    pub fn analysis(&mut self) -> Option<&Analysis> {
        self.report();
        self.state.as_ref().filter(|state| state.current).map(|state| &state.analysis)
    }

    /// Everything at once, for what looks at texts and objects and not only at their meaning, such as
    /// [`lint`](crate::lint::lint) and [`fix`](Analysis::fix).
    ///
    /// # Errors
    /// The files have errors, and it was not said to keep going: what is wrong with them.
    pub fn together(&self) -> Result<Together, ReadReport> {
        let snapshot = Reading::together(self.files.iter().map(|file| &*file.reading), &self.off, &self.reading);
        if snapshot.report().has_errors() && !self.keep_going {
            return Err(snapshot.report().clone());
        }
        let mut inputs = Inputs::default();
        for file in &self.files {
            inputs.push(&*file.name, file.reading.text());
        }
        let analysis = Analysis::new(&snapshot, self.options.clone());
        Ok(Together { inputs, snapshot, analysis })
    }

    /// Some of the files, with the same options and switches.
    ///
    /// ```
    /// # use netpol_core::{AnalysisOptions, ReadOptions, Workspace};
    /// let mut workspace = Workspace::new(ReadOptions::default(), AnalysisOptions::default());
    /// workspace.put("a.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: a}}")?;
    /// workspace.put("b.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: b}}")?;
    /// assert_eq!(workspace.part(|name| name == "b.yaml").report().kinds["Pod"], 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn part(&self, wanted: impl Fn(&str) -> bool) -> Self {
        Self {
            reading: self.reading.clone(),
            options: self.options.clone(),
            keep_going: self.keep_going,
            files: self.files.iter().filter(|file| wanted(&file.name)).cloned().collect(),
            off: self.off.clone(),
            report: None,
            state: None,
        }
    }

    /// The options of reading and analysis.
    pub fn options(&self) -> (&ReadOptions, &AnalysisOptions) {
        (&self.reading, &self.options)
    }

    /// The last state that could be used: of now, or of before the errors came in.
    pub fn last_analysis(&mut self) -> Option<&Analysis> {
        self.report();
        self.state.as_ref().map(|state| &state.analysis)
    }

    /// Brings the state up to date, if the files can be used.
    fn refresh(&mut self) -> ReadReport {
        if let Some(mut state) = self.state.take() {
            if let Some(change) = change(&state, &self.files, &self.off, &self.reading) {
                let removed: Vec<(&str, &str)> = change.removed.iter().map(|(_, ns, name)| (&**ns, &**name)).collect();
                state.analysis = state.analysis.into_edited(&removed, &change.added, change.diagnostics);
                state.files.clone_from(&self.files);
                state.off.clone_from(&self.off);
                state.current = true;
                state.changes += 1;
                return self.state.insert(state).analysis.report().clone();
            }
            self.state = Some(state);
        }
        let readings = self.files.iter().map(|file| &*file.reading);
        let snapshot = Reading::together(readings, &self.off, &self.reading);
        let report = snapshot.report().clone();
        if report.has_errors() && !self.keep_going {
            if let Some(state) = self.state.as_mut() {
                state.current = false;
            }
            return report;
        }
        self.state = Some(State {
            namespaces: snapshot.namespaces_in_use(),
            analysis: Analysis::new(snapshot, self.options.clone()),
            files: self.files.clone(),
            off: self.off.clone(),
            current: true,
            changes: 0,
        });
        report
    }
}

/// A change of nothing but policies.
struct Change {
    removed: SortedSet<PolicyName>,
    added: Snapshot,
    diagnostics: Vec<Diagnostic>,
}

/// How the files differ from a state, if only by policies of namespaces that are there without them.
fn change(state: &State, files: &[File], off: &SortedSet<PolicyName>, options: &ReadOptions) -> Option<Change> {
    if state.changes >= MOST_CHANGES || state.analysis.report().has_errors() {
        return None;
    }
    let mut removed = SortedSet::new();
    let mut added = Snapshot::default();
    let mut changed: SortedSet<&str> = SortedSet::new();
    let mut diagnostics = Vec::new();
    // The files are nearly always the same ones, in the same order.
    let same = state.files.len() == files.len() && state.files.iter().zip(files).all(|(old, new)| old.name == new.name);
    let by_name: SortedMap<&str, &File> = match same {
        true => SortedMap::new(),
        false => state.files.iter().map(|file| (file.name.as_str(), file)).collect(),
    };
    let switched = state.off != *off;
    for (at, file) in files.iter().enumerate() {
        let before = if same { state.files.get(at) } else { by_name.get(file.name.as_str()).copied() };
        match before {
            Some(old) if Arc::ptr_eq(&old.reading, &file.reading) => {
                if !switched {
                    continue;
                }
                let was_on = |name: &PolicyName| !state.off.contains(name);
                let is_on = |name: &PolicyName| !off.contains(name);
                let names = || file.reading.policies().iter().map(|policy| &policy.name);
                // The administrative tiers are decided anew as a whole.
                if names().any(|name| was_on(name) != is_on(name) && name.0 != PolicyKind::NetworkPolicy.name()) {
                    return None;
                }
                removed.extend(names().filter(|name| was_on(name) && !is_on(name)).cloned());
                if names().any(|name| is_on(name) && !was_on(name)) {
                    let on = file.reading.policies_where(options, |name| is_on(name) && !was_on(name));
                    added.append(on);
                }
            }
            _ => {
                if !file.reading.only_policies() || before.is_some_and(|old| !old.reading.only_policies()) {
                    return None;
                }
                changed.insert(&file.name);
                removed.extend(before.into_iter().flat_map(|old| old.reading.policies()).map(|p| p.name.clone()));
                let mut new = file.reading.policies_where(options, |_| true);
                if new.report().has_errors() {
                    return None;
                }
                diagnostics.extend(new.report().diagnostics.iter().cloned());
                new.retain_policies(|name| !off.contains(name));
                added.append(new);
            }
        }
    }
    if !same {
        let now: SortedSet<&str> = files.iter().map(|file| file.name.as_str()).collect();
        for old in state.files.iter().filter(|old| !now.contains(old.name.as_str())) {
            if !old.reading.only_policies() {
                return None;
            }
            changed.insert(&old.name);
            removed.extend(old.reading.policies().iter().map(|policy| policy.name.clone()));
        }
    }
    // Two of one name are an error that only a whole reading reports. Within a file that is known.
    let mut names: SortedSet<&PolicyName> = SortedSet::new();
    for file in files.iter().filter(|file| changed.contains(file.name.as_str())) {
        if !file.reading.policies().iter().all(|policy| names.insert(&policy.name)) {
            return None;
        }
    }
    let taken = |file: &File| file.reading.policies().iter().any(|policy| names.contains(&policy.name));
    if !names.is_empty() && files.iter().any(|file| !changed.contains(file.name.as_str()) && taken(file)) {
        return None;
    }
    let touched = removed.iter().map(|(_, namespace, _)| namespace);
    let mut touched = touched.chain(added.policies.iter().map(|l| &l.object.namespace));
    if !touched.all(|namespace| state.namespaces.contains(namespace)) {
        return None;
    }
    let kept = state.analysis.report().diagnostics.iter();
    let kept = kept.filter(|d| d.file.as_deref().is_none_or(|file| !changed.contains(file)));
    diagnostics.extend(kept.cloned());
    diagnostics.arrange_by(|a, b| (a.place.is_none(), a).cmp(&(b.place.is_none(), b)));
    Some(Change { removed, added, diagnostics })
}
