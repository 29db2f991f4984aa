//! `netpol check FROM TO [PORT]`

use crate::args::{Args, CheckArgs, Output};
use crate::exit::{Exit, Failure};
use crate::render::{self, diagnostics, stream};
use crate::{input, progress};
use netpol_core::lang::Phrase;
use netpol_core::query::{QueryError, Verdict};
use netpol_core::{
    Analysis, AnalysisOptions, Inputs, Profile, ReadOptions, Snapshot, compare_check, explain_observed, read,
};
use std::mem::ManuallyDrop;

pub(crate) fn run(args: &Args, check: &CheckArgs) -> Result<Exit, Failure> {
    if let Some(wanted) = &check.compare_profiles {
        return compare(args, check, wanted);
    }
    if let Some(observed) = check.observed {
        return explain(args, check, observed);
    }
    let (analysis, inputs) = analyse(args, input::load(&args.input)?)?;
    let ask = || analysis.check(&check.from, &check.to, &check.port);
    let answer = progress::during(args.lang(), Phrase::Deciding, ask).map_err(Failure::Query)?;
    let text = match check.output {
        Output::Text => {
            let fix = analysis.quick_fix(&inputs, &answer);
            let hint = fix.map(|fix| render::fix::hint(&fix, &answer.question, &args.input, args.lang()));
            render::text::check(&answer, args.lang(), args.verbose, stream::is_terminal(), &inputs, hint)
        }
        Output::Json => render::json(&answer)?,
        Output::Yaml => render::yaml(&answer)?,
    };
    stream::print(args.color, &text)?;
    Ok(match check.expect {
        Some(expected) if answer.verdict == expected => Exit::Met,
        Some(_) => Exit::NotMet,
        None => Exit::of_parts(answer.parts.iter().map(|p| p.verdict)),
    })
}

/// What explains that a cluster does something else.
fn explain(args: &Args, check: &CheckArgs, observed: Verdict) -> Result<Exit, Failure> {
    let (snapshot, _) = snapshot(args, input::load(&args.input)?)?;
    let prepare = |profile| under(args, profile, &snapshot);
    let question = [check.from.as_str(), &check.to, &check.port];
    let ask = || explain_observed(prepare, &args.input.profile, question, observed);
    let answer = progress::during(args.lang(), Phrase::Deciding, ask).map_err(Failure::Query)?;
    let text = match check.output {
        Output::Text => render::compare::observed(&answer, args.lang()),
        Output::Json => render::json(&answer)?,
        Output::Yaml => render::yaml(&answer)?,
    };
    stream::print(args.color, &text)?;
    Ok(match answer.verdict {
        verdict if verdict == answer.observed => Exit::Met,
        Verdict::Undefined => Exit::Undefined,
        _ => Exit::NotMet,
    })
}

/// The same question under several profiles.
fn compare(args: &Args, check: &CheckArgs, wanted: &[Profile]) -> Result<Exit, Failure> {
    let (snapshot, _) = snapshot(args, input::load(&args.input)?)?;
    let prepare = |profile| under(args, profile, &snapshot);
    let ask = || compare_check(prepare, &compared(wanted), &check.from, &check.to, &check.port);
    let answer = progress::during(args.lang(), Phrase::Deciding, ask).map_err(Failure::Query)?;
    let text = match check.output {
        Output::Text => render::compare::check(&answer, args.lang()),
        Output::Json => render::json(&answer)?,
        Output::Yaml => render::yaml(&answer)?,
    };
    stream::print(args.color, &text)?;
    Ok(if answer.profiles.iter().all(|profile| profile.same) { Exit::Met } else { Exit::NotMet })
}

/// The profiles to compare: generic, and those that are named; all, if none is.
pub(crate) fn compared(wanted: &[Profile]) -> Vec<Profile> {
    let others = if wanted.is_empty() { &Profile::PLUGINS[..] } else { wanted };
    let others = others.iter().filter(|profile| **profile != Profile::GENERIC);
    std::iter::once(Profile::GENERIC).chain(others.cloned()).collect()
}

/// Reads inputs and prepares them, or says what keeps them from being used.
pub(crate) fn analyse(args: &Args, inputs: Inputs) -> Result<(ManuallyDrop<Analysis>, Inputs), Failure> {
    let (snapshot, inputs) = snapshot(args, inputs)?;
    Ok((prepare(args, snapshot)?, inputs))
}

/// Reads inputs, or says what keeps them from being used.
pub(crate) fn snapshot(args: &Args, inputs: Inputs) -> Result<(Snapshot, Inputs), Failure> {
    snapshot_for(args, inputs, &args.input.namespace, &args.input.profile)
}

/// How to read for a profile, and for objects that name no namespace.
pub(crate) fn reading(profile: &Profile, namespace: &str) -> ReadOptions {
    let mut options = ReadOptions::default();
    options.default_namespace = namespace.to_owned();
    options.schema_checks = profile.schema_checks;
    options
}

/// The same for another default namespace and profile.
pub(crate) fn snapshot_for(
    args: &Args,
    inputs: Inputs,
    namespace: &str,
    profile: &Profile,
) -> Result<(Snapshot, Inputs), Failure> {
    let options = reading(profile, namespace);
    let snapshot = progress::during(args.lang(), Phrase::Reading, || read(&inputs, &options));
    let report = snapshot.report();
    if report.has_errors() && !args.input.keep_going {
        let report = report.clone();
        return Err(Failure::Input(Box::new((inputs, report))));
    }
    // A closed standard error is no reason to keep the answer back.
    let _ = diagnostics::print(&mut stream::stderr(args.color), args, &inputs, report);
    Ok((snapshot, inputs))
}

/// Prepares what was read.
///
/// The program ends when it has answered: what it held is the system's to take back at once, and
/// not given up piece by piece.
pub(crate) fn prepare(args: &Args, snapshot: Snapshot) -> Result<ManuallyDrop<Analysis>, Failure> {
    let profile = args.input.profile.clone();
    let analysis = progress::during(args.lang(), Phrase::Deciding, || under(args, profile, &snapshot));
    analysis.map(ManuallyDrop::new).map_err(Failure::Query)
}

/// The same under a profile.
pub(crate) fn under(args: &Args, profile: Profile, snapshot: &Snapshot) -> Result<Analysis, QueryError> {
    let mut options = AnalysisOptions::from(profile);
    options.pod_cidrs.clone_from(&args.input.pod_cidr);
    options.service_cidrs.clone_from(&args.input.service_cidr);
    options.ignored_kinds.clone_from(&args.input.ignore_kind);
    options.names = args.input.resolve.iter().flat_map(|resolved| resolved.0.clone()).collect();
    Analysis::new(snapshot, options).with_ingress_controllers(&args.input.ingress_controller)
}
