//! `netpol summary`, and `netpol` without a command

use crate::args::{Args, ReportOutput};
use crate::commands::check::analyse;
use crate::exit::{Exit, Failure};
use crate::input;
use crate::render::{self, stream};

pub(crate) fn run(args: &Args, output: ReportOutput) -> Result<Exit, Failure> {
    let (analysis, _) = analyse(args, input::load(&args.input)?)?;
    let answer = analysis.summary();
    let lang = args.lang();
    let text = match output {
        ReportOutput::Text => render::summary::text(&answer, lang, args.verbose, &args.input),
        ReportOutput::Csv => render::summary::table(&answer, lang, usize::MAX).csv()?,
        ReportOutput::Markdown => render::summary::table(&answer, lang, usize::MAX).markdown(),
        ReportOutput::Json => render::json(&answer)?,
        ReportOutput::Yaml => render::yaml(&answer)?,
    };
    stream::print(args.color, &text)?;
    Ok(Exit::Met)
}
