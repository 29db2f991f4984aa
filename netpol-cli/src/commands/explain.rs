//! `netpol explain POLICY|PEER`

use crate::args::{Args, ExplainArgs, Output};
use crate::commands::check::{prepare, snapshot};
use crate::exit::{Exit, Failure};
use crate::render::{self, stream};
use crate::{input, progress};
use netpol_core::explain::is_policy_name;
use netpol_core::lang::Phrase;

pub(crate) fn run(args: &Args, explain: &ExplainArgs) -> Result<Exit, Failure> {
    let (snapshot, inputs) = snapshot(args, input::load(&args.input)?)?;
    let analysis = prepare(args, snapshot.clone())?;
    let lines = args.verbose || stream::is_terminal();
    let text = if is_policy_name(&explain.what) {
        let answer = analysis.explain_policy(&snapshot, &explain.what).map_err(Failure::Query)?;
        match explain.output {
            Output::Text => render::explain::policy(&answer, args.lang(), lines, &inputs),
            Output::Json => render::json(&answer)?,
            Output::Yaml => render::yaml(&answer)?,
        }
    } else {
        let ask = || analysis.explain_peer(&explain.what);
        let answer = progress::during(args.lang(), Phrase::Deciding, ask).map_err(Failure::Query)?;
        match explain.output {
            Output::Text => render::explain::peer(&answer, args.lang()),
            Output::Json => render::json(&answer)?,
            Output::Yaml => render::yaml(&answer)?,
        }
    };
    stream::print(args.color, &text)?;
    Ok(Exit::Met)
}
