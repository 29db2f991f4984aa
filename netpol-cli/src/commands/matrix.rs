//! `netpol matrix`

use crate::args::{Args, MatrixArgs, TableOutput};
use crate::commands::check::{analyse, compared, snapshot, under};
use crate::exit::{Exit, Failure};
use crate::render::table::Table;
use crate::render::words::MOST_NAMED;
use crate::render::{self, footer, stream};
use crate::{input, progress};
use netpol_core::lang::{Lang, Phrase};
use netpol_core::query::{Basis, MatrixQuery};
use netpol_core::{Profile, compare_matrix};
use serde::Serialize;

pub(crate) fn run(args: &Args, matrix: &MatrixArgs) -> Result<Exit, Failure> {
    if let Some(wanted) = &matrix.compare_profiles {
        return compare(args, matrix, wanted);
    }
    let (analysis, _) = analyse(args, input::load(&args.input)?)?;
    let query = query(matrix);
    let lang = args.lang();
    let text = if matrix.groups {
        let answer = progress::during(lang, Phrase::Deciding, || analysis.matrix_groups(&query));
        let answer = answer.map_err(Failure::Query)?;
        print(
            lang,
            matrix.output,
            &answer,
            &answer.basis,
            |most| render::groups::table(&answer, lang, most),
            || render::groups::exceptions(&answer, lang),
        )?
    } else {
        let answer = progress::during(lang, Phrase::Deciding, || analysis.matrix(&query)).map_err(Failure::Query)?;
        print(lang, matrix.output, &answer, &answer.basis, |_| render::matrix::table(&answer, lang), String::new)?
    };
    stream::print(args.color, &text)?;
    Ok(Exit::Met)
}

fn query(matrix: &MatrixArgs) -> MatrixQuery {
    let mut query = MatrixQuery::default();
    query.by = matrix.by;
    query.from.clone_from(&matrix.only.from);
    query.to.clone_from(&matrix.only.to);
    query.port.clone_from(&matrix.only.port);
    query
}

/// What differs under other profiles.
fn compare(args: &Args, matrix: &MatrixArgs, wanted: &[Profile]) -> Result<Exit, Failure> {
    let (snapshot, _) = snapshot(args, input::load(&args.input)?)?;
    let lang = args.lang();
    let prepare = |profile| under(args, profile, &snapshot);
    let ask = || compare_matrix(prepare, &compared(wanted), &query(matrix));
    let answer = progress::during(lang, Phrase::Deciding, ask).map_err(Failure::Query)?;
    let table = |_| render::compare::matrix(&answer, lang);
    let notes = || render::blocks::notes(lang, &answer.notes);
    let text = print(lang, matrix.output, &answer, &answer.basis, table, notes)?;
    stream::print(args.color, &text)?;
    Ok(if answer.profiles.iter().all(|profile| profile.same) { Exit::Met } else { Exit::NotMet })
}

/// An answer in the form that is wanted; `table` is told how many names of a list are shown.
fn print(
    lang: Lang,
    output: TableOutput,
    answer: &impl Serialize,
    basis: &Basis,
    table: impl Fn(usize) -> Table,
    notes: impl Fn() -> String,
) -> Result<String, Failure> {
    Ok(match output {
        TableOutput::Table => format!(
            "{}{}{}{}",
            footer::first(lang, basis),
            table(MOST_NAMED).text(),
            notes(),
            footer::basis(lang, basis)
        ),
        TableOutput::Markdown => footer::first(lang, basis) + &table(MOST_NAMED).markdown(),
        TableOutput::Csv => table(usize::MAX).csv()?,
        TableOutput::Json => render::json(answer)?,
        TableOutput::Yaml => render::yaml(answer)?,
    })
}
