//! `netpol demo`: the two-rule egress puzzle, from an embedded copy of `examples/puzzle`.

use crate::args::Args;
use crate::commands::check::analyse;
use crate::exit::{Exit, Failure};
use crate::render::{stream, text};
use netpol_core::Inputs;
use netpol_core::lang::Phrase;
use std::fmt::Write;

const CLUSTER: &str = include_str!("../../../examples/puzzle/cluster.yaml");
const POLICY: &str = include_str!("../../../examples/puzzle/policy.yaml");

/// The questions that take the puzzle apart.
const QUESTIONS: [(&str, &str, &str); 2] = [("shop/web", "data/db", "any"), ("shop/web", "world", "any")];

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let mut inputs = Inputs::default();
    inputs.push("examples/puzzle/cluster.yaml", CLUSTER);
    inputs.push("examples/puzzle/policy.yaml", POLICY);
    let (analysis, inputs) = analyse(args, inputs)?;
    let lang = args.lang();
    let mut out = String::new();
    let mut say = |text: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(out, "{text}");
    };
    say(lang.phrase(Phrase::DemoIntro));
    say("");
    let rules = POLICY.find("  egress:").unwrap_or_default();
    say(POLICY[rules..].trim_end());
    for (from, to, port) in QUESTIONS {
        let answer = analysis.check(from, to, port).map_err(Failure::Query)?;
        say("");
        say(&format!("$ netpol check -f examples/puzzle {from} {to}"));
        say(text::check(&answer, lang, args.verbose, false, &inputs, None).trim_end());
    }
    say("");
    say(lang.phrase(Phrase::DemoOutro));
    stream::print(args.color, &out)?;
    Ok(Exit::Met)
}
