//! `netpol`: what Kubernetes network policies allow, and why.

mod args;
mod commands;
mod exit;
mod input;
mod progress;
mod render;

use args::{Args, Command};
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = Args::read();
    let outcome = match &args.command {
        Command::Check(check) => commands::check::run(&args, check),
        Command::Matrix(matrix) => commands::matrix::run(&args, matrix),
        Command::Demo => commands::demo::run(&args),
        Command::Completions { shell } => commands::completions::run(*shell),
        Command::Man { command } => commands::man::run(command.as_deref()),
    };
    outcome.unwrap_or_else(|failure| exit::report(&args, &failure)).into()
}
