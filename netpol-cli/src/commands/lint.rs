//! `netpol lint`

use crate::args::{Args, FailOn, LintArgs, LintOutput};
use crate::commands::check;
use crate::config;
use crate::exit::{Exit, Failure};
use crate::input;
use crate::progress;
use crate::render::{self, stream};
use netpol_core::lang::Phrase;
use netpol_core::lint::{self, LintOptions};
use netpol_core::read;

pub(crate) fn run(args: &Args, given: &LintArgs) -> Result<Exit, Failure> {
    let lang = args.lang();
    if given.rules {
        stream::print(args.color, &render::lint_rules::page(lang))?;
        return Ok(Exit::Met);
    }
    if let Some(rule) = given.explain {
        stream::print(args.color, &render::lint_rules::rule(rule, lang))?;
        return Ok(Exit::Met);
    }
    let config = config::load(given.config.as_deref())?;
    let inputs = input::load(&args.input)?;
    let reading = check::reading(&args.input.profile, &args.input.namespace);
    let snapshot = progress::during(lang, Phrase::Reading, || read(&inputs, &reading));
    // With --keep-going they are findings.
    if snapshot.report().has_errors() && !args.input.keep_going {
        let report = snapshot.report().clone();
        return Err(Failure::Input(Box::new((inputs, report))));
    }
    let mut options = LintOptions::default();
    options.levels = config.levels;
    options.levels.extend(given.rule.iter().copied());
    options.today = Some(today()?);
    let profile = args.input.profile.clone();
    let answer = progress::during(lang, Phrase::Deciding, || {
        let analysis = check::under(args, profile, &snapshot).map_err(Failure::Query)?;
        lint::lint(&inputs, &snapshot, &analysis, &options).map_err(Failure::Diagnostics)
    })?;
    let text = match given.output {
        LintOutput::Text => render::lint::text(&answer, &inputs, lang, args.verbose),
        LintOutput::Json => render::json(&answer)?,
        LintOutput::Yaml => render::yaml(&answer)?,
        LintOutput::Sarif => render::json(&render::sarif::log(&answer, lang))?,
        LintOutput::Github => render::lint::github(&answer, lang),
        LintOutput::Markdown => render::lint::markdown(&answer, lang),
    };
    stream::print(args.color, &text)?;
    let fail_on = given.fail_on.or(config.fail_on).unwrap_or(FailOn::Warning);
    let fails = fail_on.severity().is_some_and(|severity| answer.reaches(severity));
    Ok(if fails { Exit::NotMet } else { Exit::Met })
}

/// The day, in the time zone of the machine.
fn today() -> Result<lint::Date, Failure> {
    let today = jiff::Zoned::now().date().to_string();
    today.parse().map_err(|e: lint::NoDate| Failure::Other(format!("{today}: {e}")))
}
