//! One question under several profiles: where network plugins differ, and by which of their options.

use crate::analysis::Analysis;
use crate::explain::Code;
use crate::profile::{Profile, ProfileOption};
use crate::query::{
    Basis, Change, CheckAnswer, MatrixQuery, Note, OriginRef, Peer, PeerKind, QueryError, Question, Relation, Verdict,
};
use crate::set::{Family, TrafficSet};
use crate::sorted::{Arrange, SortedMap, SortedSet};
use serde::Serialize;

/// An option of a profile that makes a difference. [`crate::lang`] has a clause for each value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct OptionValue {
    /// Which.
    pub option: ProfileOption,
    /// Its value.
    pub value: &'static str,
    /// The rules that bear on the answer with this value and not without it, or the other way round;
    /// of single questions only. Sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<OriginRef>,
}

impl OptionValue {
    /// A value, of which no rule is known.
    pub const fn new(option: ProfileOption, value: &'static str) -> Self {
        Self { option, value, rules: Vec::new() }
    }
}

/// What a question comes to under one profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProfileVerdict {
    /// The profile.
    pub profile: &'static str,
    /// The verdict.
    pub verdict: Verdict,
    /// What is allowed, of some of those who were asked about.
    pub allow: TrafficSet,
    /// What is left open, of some of them.
    #[serde(skip_serializing_if = "TrafficSet::is_empty")]
    pub undefined: TrafficSet,
    /// Whether it is the same as under the first profile, connection by connection.
    pub same: bool,
    /// The options that make the difference, each by itself; none: only several together do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<OptionValue>,
}

/// A question under several profiles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckComparison {
    /// `netpol.compare-check/v1`.
    pub schema: &'static str,
    /// What was asked, as typed.
    pub question: Question,
    /// The first is the one that the others are compared with.
    pub profiles: Vec<ProfileVerdict>,
    /// What the answer rests on, under the first profile.
    pub basis: Basis,
}

/// A connection that differs between profiles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProfileChange {
    /// What is opened, closed or left open in comparison with the first profile.
    #[serde(flatten)]
    pub change: Change,
    /// The options that change this connection, each by itself; none: only several together do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<OptionValue>,
}

/// How one profile differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProfileChanges {
    /// The profile.
    pub profile: &'static str,
    /// Whether nothing differs.
    pub same: bool,
    /// The connections that differ, sorted.
    pub changes: Vec<ProfileChange>,
}

/// All connections under several profiles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MatrixComparison {
    /// `netpol.compare-matrix/v1`.
    pub schema: &'static str,
    /// The profile that the others are compared with.
    pub base: &'static str,
    /// The addresses outside that were compared.
    pub outside: Peer,
    /// The others.
    pub profiles: Vec<ProfileChanges>,
    /// What was not compared, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// What the answer rests on, under the base.
    pub basis: Basis,
}

/// What single options of other profiles come to when a base takes them over, each value tried once.
pub(crate) struct OneByOne<'a, T, F> {
    base: &'a Profile,
    find: F,
    known: SortedMap<(ProfileOption, &'static str), T>,
}

impl<'a, T: Clone, F: Fn(Profile) -> Result<T, QueryError>> OneByOne<'a, T, F> {
    pub(crate) fn new(base: &'a Profile, find: F) -> Self {
        Self { base, find, known: SortedMap::new() }
    }

    /// What comes of the base with the option as the profile has it.
    pub(crate) fn of(&mut self, option: ProfileOption, profile: &Profile) -> Result<T, QueryError> {
        let value = (option, profile.value(option));
        if let Some(found) = self.known.get(&value) {
            return Ok(found.clone());
        }
        let found = (self.find)(self.base.with_option_of(option, profile))?;
        self.known.insert(value, found.clone());
        Ok(found)
    }
}

/// The rules that bear on an answer.
pub(crate) fn rules_of(answer: &CheckAnswer) -> SortedSet<OriginRef> {
    let directions = answer.parts.iter().flat_map(|part| [&part.egress, &part.ingress]);
    let by_rule = |code| matches!(code, Code::AllowedByRule | Code::DeniedByRule | Code::PassedByRule);
    let reasons = directions.flat_map(|direction| &direction.reasons).filter(|reason| by_rule(reason.code));
    reasons.filter_map(|reason| reason.origin.clone()).collect()
}

/// The rules that bear on one of two answers only.
pub(crate) fn rules_apart(one: &SortedSet<OriginRef>, answer: &CheckAnswer) -> Vec<OriginRef> {
    let other = rules_of(answer);
    let apart = one.iter().filter(|rule| !other.contains(rule)).chain(other.iter().filter(|rule| !one.contains(rule)));
    let mut apart: Vec<OriginRef> = apart.cloned().collect();
    apart.arrange();
    apart
}

/// What connections come to, reasons aside.
type Connections = SortedMap<(Peer, Peer, Option<Relation>, Option<Family>, Verdict), TrafficSet>;

/// Who of a connection is with whom.
type Ends = (Peer, Peer, Option<Relation>);

fn connections(answer: &CheckAnswer) -> Connections {
    let mut found = Connections::new();
    for part in &answer.parts {
        let traffic = part.via.as_ref().map_or(&part.traffic, |via| &via.traffic);
        let families: Vec<Option<Family>> = match part.families.as_slice() {
            [] => vec![None],
            some => some.iter().copied().map(Some).collect(),
        };
        for (from, to) in part.from.iter().flat_map(|from| part.to.iter().map(move |to| (from, to))) {
            for family in &families {
                let key = (from.clone(), to.clone(), part.relation, *family, part.verdict);
                let entry = found.entry(key).or_default();
                *entry = entry.union(traffic);
            }
        }
    }
    found
}

fn traffic_of(answer: &CheckAnswer, verdict: Verdict) -> TrafficSet {
    let parts = answer.parts.iter().filter(|part| part.verdict == verdict);
    let traffic = parts.map(|part| part.via.as_ref().map_or(&part.traffic, |via| &via.traffic));
    traffic.fold(TrafficSet::empty(), |all, one| all.union(one))
}

/// Answers a question under several profiles; the first is the one that the others are compared with.
/// `prepare` makes the cluster ready under a profile.
///
/// ```
/// use netpol_core::{Analysis, Inputs, Profile, ReadOptions, compare_check, lang::Lang, query::Verdict, read};
///
/// let mut inputs = Inputs::default();
/// inputs.push("pods.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: b}}");
/// inputs.push("deny.yaml", "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny}, spec: {podSelector: {}}}");
/// let snapshot = read(&inputs, &ReadOptions::default());
/// let prepare = |profile| Ok(Analysis::new(&snapshot, profile));
/// let compared = compare_check(prepare, &[Profile::GENERIC, Profile::FLANNEL], "a", "b", "80")?;
/// assert_eq!(compared.profiles[0].verdict, Verdict::Deny);
/// assert_eq!(compared.profiles[1].verdict, Verdict::Allow);
/// assert_eq!(compared.profiles[1].because[0].option.code(), "enforced");
/// // As a sentence: no policy is enforced.
/// println!("{}", Lang::En.option(&compared.profiles[1].because[0]));
/// # Ok::<(), netpol_core::query::QueryError>(())
/// ```
///
/// # Errors
/// As for [`Analysis::check`].
pub fn compare_check(
    prepare: impl Fn(Profile) -> Result<Analysis, QueryError>,
    profiles: &[Profile],
    from: &str,
    to: &str,
    port: &str,
) -> Result<CheckComparison, QueryError> {
    let ask = |profile: Profile| prepare(profile)?.check(from, to, port);
    let base = profiles.first().cloned().unwrap_or_default();
    let first = ask(base.clone())?;
    let known = connections(&first);
    let row = |profile: &Profile, answer: &CheckAnswer, same, because| {
        let [allow, undefined] = [Verdict::Allow, Verdict::Undefined].map(|verdict| traffic_of(answer, verdict));
        ProfileVerdict { profile: profile.name, verdict: answer.verdict, allow, undefined, same, because }
    };
    let mut found = vec![row(&base, &first, true, Vec::new())];
    let rules = rules_of(&first);
    let mut alone = OneByOne::new(&base, |profile| {
        let answer = ask(profile)?;
        Ok((connections(&answer) != known).then(|| rules_apart(&rules, &answer)))
    });
    for profile in profiles.iter().skip(1) {
        let answer = ask(profile.clone())?;
        let same = connections(&answer) == known;
        let mut because = Vec::new();
        for option in profile.differences(&base).filter(|_| !same) {
            if let Some(rules) = alone.of(option, profile)? {
                because.push(OptionValue { rules, ..OptionValue::new(option, profile.value(option)) });
            }
        }
        found.push(row(profile, &answer, same, because));
    }
    let CheckAnswer { question, basis, .. } = first;
    Ok(CheckComparison { schema: "netpol.compare-check/v1", question, profiles: found, basis })
}

/// Compares the connections of a table under several profiles with those under the first, as
/// [`Analysis::diff`] compares two states: workload by workload, whatever the query has for `by`.
/// Like [`Analysis::matrix`] it asks about every port of TCP, UDP and SCTP unless the query has a
/// port (`icmp` is one). Services are compared where the profiles make something else of them.
///
/// # Errors
/// As for [`Analysis::matrix`] and [`Analysis::diff`].
pub fn compare_matrix(
    prepare: impl Fn(Profile) -> Result<Analysis, QueryError>,
    profiles: &[Profile],
    query: &MatrixQuery,
) -> Result<MatrixComparison, QueryError> {
    let base = profiles.first().cloned().unwrap_or_default();
    let before = prepare(base.clone())?;
    let (mut found, mut notes) = (Vec::new(), SortedSet::new());
    let mut outside = Peer::new(PeerKind::Addresses);
    let mut alone = OneByOne::new(&base, |profile| {
        let diff = before.diff_within(&prepare(profile)?, query)?;
        Ok(diff.changes.iter().map(key).collect::<SortedSet<Ends>>())
    });
    for profile in profiles.iter().skip(1) {
        let diff = before.diff_within(&prepare(profile.clone())?, query)?;
        let mut by_option: Vec<(ProfileOption, SortedSet<Ends>)> = Vec::new();
        for option in profile.differences(&base).filter(|_| !diff.same) {
            by_option.push((option, alone.of(option, profile)?));
        }
        outside = diff.outside;
        notes.extend(diff.notes);
        let changes = diff.changes.into_iter().map(|change| {
            let this = key(&change);
            let options = by_option.iter().filter(|(_, changed)| changed.contains(&this));
            let because = options.map(|(option, _)| OptionValue::new(*option, profile.value(*option)));
            ProfileChange { because: because.collect(), change }
        });
        found.push(ProfileChanges { profile: profile.name, same: diff.same, changes: changes.collect() });
    }
    Ok(MatrixComparison {
        schema: "netpol.compare-matrix/v1",
        base: base.name,
        outside,
        profiles: found,
        notes: notes.into_iter().collect(),
        basis: before.basis(),
    })
}

fn key(change: &Change) -> Ends {
    (change.from.clone(), change.to.clone(), change.relation)
}
