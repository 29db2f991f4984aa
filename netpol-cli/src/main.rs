//! `netpol`: what Kubernetes network policies allow, and why.

mod args;
mod commands;
mod config;
mod exit;
mod input;
#[cfg(feature = "playground")]
mod page;
mod progress;
mod render;

use args::{Args, Command, ReportOutput};
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = Args::read();
    let outcome = match &args.command {
        None => commands::summary::run(&args, ReportOutput::Text),
        Some(Command::Check(check)) => commands::check::run(&args, check),
        Some(Command::Matrix(matrix)) => commands::matrix::run(&args, matrix),
        Some(Command::Diff(diff)) => commands::diff::run(&args, diff),
        Some(Command::Explain(explain)) => commands::explain::run(&args, explain),
        Some(Command::Fix(fix)) => commands::fix::run(&args, fix),
        Some(Command::Graph(graph)) => commands::graph::run(&args, graph),
        Some(Command::Paths(paths)) => commands::paths::run(&args, paths),
        Some(Command::Egress(egress)) => commands::egress::run(&args, egress),
        Some(Command::Ingress(ingress)) => commands::ingress::run(&args, ingress),
        Some(Command::Summary(summary)) => commands::summary::run(&args, summary.output),
        Some(Command::Lint(lint)) => commands::lint::run(&args, lint),
        Some(Command::Test(test)) => commands::test::run(&args, test),
        Some(Command::Playground(playground)) => commands::playground::run(&args, playground),
        Some(Command::Demo) => commands::demo::run(&args),
        Some(Command::Profiles(profiles)) => commands::profiles::run(&args, profiles),
        Some(Command::Completions { shell }) => commands::completions::run(*shell),
        Some(Command::Man { command }) => commands::man::run(command.as_deref()),
    };
    outcome.unwrap_or_else(|failure| exit::report(&args, &failure)).into()
}
