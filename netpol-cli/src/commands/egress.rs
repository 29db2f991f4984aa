//! `netpol egress [PEER]`

use crate::args::{Args, EgressArgs, ReportOutput};
use crate::commands::check::analyse;
use crate::exit::{Exit, Failure};
use crate::input;
use crate::render::{self, stream};
use netpol_core::query::EgressQuery;

pub(crate) fn run(args: &Args, egress: &EgressArgs) -> Result<Exit, Failure> {
    let (analysis, _) = analyse(args, input::load(&args.input)?)?;
    let mut query = EgressQuery::default();
    query.from.clone_from(&egress.peer);
    query.to.clone_from(&egress.to);
    let answer = analysis.egress(&query).map_err(Failure::Query)?;
    let lang = args.lang();
    let text = match egress.output {
        ReportOutput::Text => render::egress::text(&answer, lang),
        ReportOutput::Csv => render::egress::table(&answer, lang).csv()?,
        ReportOutput::Markdown => render::egress::table(&answer, lang).markdown(),
        ReportOutput::Json => render::json(&answer)?,
        ReportOutput::Yaml => render::yaml(&answer)?,
    };
    stream::print(args.color, &text)?;
    Ok(Exit::Met)
}
