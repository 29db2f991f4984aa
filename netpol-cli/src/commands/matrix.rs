//! `netpol matrix`

use crate::args::{Args, MatrixArgs, TableOutput};
use crate::commands::check::analyse;
use crate::exit::{Exit, Failure};
use crate::input;
use crate::render::{self, footer, stream};
use netpol_core::query::MatrixQuery;

pub(crate) fn run(args: &Args, matrix: &MatrixArgs) -> Result<Exit, Failure> {
    let (analysis, _) = analyse(args, input::load(&args.input)?)?;
    let mut query = MatrixQuery::default();
    query.by = matrix.by;
    query.from.clone_from(&matrix.from);
    query.to.clone_from(&matrix.to);
    query.port.clone_from(&matrix.port);
    let answer = analysis.matrix(&query).map_err(Failure::Query)?;
    let lang = args.lang();
    let text = match matrix.output {
        TableOutput::Table => {
            let table = render::matrix::table(&answer, lang).text();
            format!("{table}{}", footer::basis(lang, &answer.basis))
        }
        TableOutput::Markdown => render::matrix::table(&answer, lang).markdown(),
        TableOutput::Csv => render::matrix::table(&answer, lang).csv()?,
        TableOutput::Json => render::json(&answer)?,
        TableOutput::Yaml => render::yaml(&answer)?,
    };
    stream::print(args.color, &text)?;
    Ok(Exit::Met)
}
