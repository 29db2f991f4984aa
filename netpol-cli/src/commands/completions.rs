//! `netpol completions SHELL`

use crate::args::{Args, ColorChoice};
use crate::exit::{Exit, Failure};
use crate::render::stream;
use clap::CommandFactory;

pub(crate) fn run(shell: clap_complete::Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "netpol", &mut script);
    stream::print(ColorChoice::Never, &String::from_utf8_lossy(&script))?;
    Ok(Exit::Met)
}
