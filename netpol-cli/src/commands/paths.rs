//! `netpol paths FROM TO [PORT]`, `netpol paths --blast-radius FROM`

use crate::args::{Args, PathsArgs, PathsOutput};
use crate::commands::check::analyse;
use crate::exit::{Exit, Failure};
use crate::input;
use crate::render::{self, stream};
use netpol_core::query::PathsQuery;

pub(crate) fn run(args: &Args, asked: &PathsArgs) -> Result<Exit, Failure> {
    let (analysis, _) = analyse(args, input::load(&args.input)?)?;
    let mut query = PathsQuery::default();
    query.from = asked.blast_radius.clone().or_else(|| asked.from.clone()).unwrap_or_default();
    query.to.clone_from(&asked.to);
    query.port.clone_from(&asked.port);
    query.via_port.clone_from(&asked.via_port);
    query.undefined = asked.undefined;
    let answer = analysis.paths(&query).map_err(Failure::Query)?;
    let text = match asked.output {
        PathsOutput::Text => render::paths::text(&answer, args.lang()),
        PathsOutput::Json => render::json(&answer)?,
        PathsOutput::Yaml => render::yaml(&answer)?,
    };
    stream::print(args.color, &text)?;
    Ok(if answer.found() { Exit::Met } else { Exit::NotMet })
}
