//! `netpol graph`

use crate::args::{Args, GraphArgs, GraphOutput};
use crate::commands::check::analyse;
use crate::exit::{Exit, Failure};
use crate::input;
use crate::render::{self, stream};
use netpol_core::graph::{self, GraphQuery};

pub(crate) fn run(args: &Args, asked: &GraphArgs) -> Result<Exit, Failure> {
    let (analysis, _) = analyse(args, input::load(&args.input)?)?;
    let mut query = GraphQuery::default();
    query.by = asked.by;
    query.from.clone_from(&asked.only.from);
    query.to.clone_from(&asked.only.to);
    query.port.clone_from(&asked.only.port);
    let answer = analysis.graph(&query).map_err(Failure::Query)?;
    let lang = args.lang();
    let text = match asked.output {
        GraphOutput::Dot => graph::dot(&answer, lang).map_err(Failure::Query)?,
        GraphOutput::Mermaid => graph::mermaid(&answer, lang).map_err(Failure::Query)?,
        GraphOutput::Svg => graph::svg(&answer, lang).map_err(Failure::Query)?,
        GraphOutput::Html => graph::html(&answer, lang).map_err(Failure::Query)?,
        GraphOutput::Json => render::json(&answer)?,
        GraphOutput::Yaml => render::yaml(&answer)?,
    };
    stream::print(args.color, &text)?;
    Ok(Exit::Met)
}
