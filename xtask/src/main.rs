//! Set-up, tests and benches of the workspace: `cargo xtask COMMAND`.

mod bench;
mod error;
mod fuzz;
mod mutants;
mod mutate;
mod order;
mod page;
mod process;
mod setup;
mod slim;
mod test;
mod workspace;

use crate::error::Error;
use crate::workspace::Workspace;
use std::process::ExitCode;

const HELP: &str = "\
Usage: cargo xtask COMMAND

  setup       install what the other commands need and is missing
  test        everything that has to pass before a change is merged
  fuzz [N [SEED]]
              compare the engine with the oracle on N random clusters (default 200000), new ones
              each time or those of a seed
  mutants [TEXT]
              put known faults into the engine, one at a time; the tests have to notice each (TEXT:
              those with it in their description)
  bench       run the benches: reading and questions, then the table of `bench scale`
  bench scale [PROFILE[:PODS]...]
              how time and work grow, for these kinds of synthetic cluster or for all
  bench page  how fast the playground answers, in a browser
  playground [--out DIR]
              build the playground and serve it on 127.0.0.1, or write it to a folder
  npm-pack    build the package for npm";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::Usage(message)) => {
            if let Some(message) = message {
                eprintln!("error: {message}\n");
            }
            eprintln!("{HELP}");
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<(), Error> {
    if let ["help" | "-h" | "--help"] = arguments {
        println!("{HELP}");
        return Ok(());
    }
    let workspace = Workspace::find()?;
    match arguments {
        [] => Err(Error::Usage(None)),
        ["setup"] => setup::run(&workspace),
        ["test"] => test::run(&workspace),
        ["fuzz"] => fuzz::run(&workspace, fuzz::CLUSTERS, None),
        ["fuzz", count] => fuzz::run(&workspace, fuzz::parse_count(count)?, None),
        ["fuzz", count, seed] => fuzz::run(&workspace, fuzz::parse_count(count)?, Some(fuzz::parse_seed(seed)?)),
        ["mutants"] => mutate::run(&workspace, ""),
        ["mutants", wanted] => mutate::run(&workspace, wanted),
        ["bench"] => bench::run(&workspace),
        ["bench", "page"] => page::bench(&workspace),
        ["playground"] => page::playground(&workspace, None),
        ["playground", "--out", out] => page::playground(&workspace, Some(out)),
        ["npm-pack"] => page::npm_pack(&workspace),
        ["bench", "scale", profiles @ ..] => bench::scale(&workspace, profiles),
        [command @ ("setup" | "test" | "fuzz" | "mutants" | "bench" | "playground" | "npm-pack"), ..] => {
            Err(Error::Usage(Some(format!("wrong arguments for `{command}`"))))
        }
        [command, ..] => Err(Error::Usage(Some(format!("unknown command `{command}`")))),
    }
}
