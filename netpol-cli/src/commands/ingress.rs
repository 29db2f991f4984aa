//! `netpol ingress [PEER]`

use crate::args::{Args, IngressArgs, ReportOutput};
use crate::commands::check::analyse;
use crate::exit::{Exit, Failure};
use crate::input;
use crate::render::{self, stream};
use netpol_core::query::IngressQuery;

pub(crate) fn run(args: &Args, ingress: &IngressArgs) -> Result<Exit, Failure> {
    let (analysis, _) = analyse(args, input::load(&args.input)?)?;
    let mut query = IngressQuery::default();
    query.to.clone_from(&ingress.peer);
    let answer = analysis.ingress(&query).map_err(Failure::Query)?;
    let lang = args.lang();
    let text = match ingress.output {
        ReportOutput::Text => render::ingress::text(&answer, lang),
        ReportOutput::Csv => render::ingress::table(&answer, lang).csv()?,
        ReportOutput::Markdown => render::ingress::table(&answer, lang).markdown(),
        ReportOutput::Json => render::json(&answer)?,
        ReportOutput::Yaml => render::yaml(&answer)?,
    };
    stream::print(args.color, &text)?;
    Ok(Exit::Met)
}
