//! `netpol man [COMMAND]`

use crate::args::{Args, ColorChoice};
use crate::exit::{Exit, Failure};
use crate::render::stream;
use clap::CommandFactory;

pub(crate) fn run(name: Option<&str>) -> Result<Exit, Failure> {
    let mut command = Args::command();
    command.build();
    if let Some(name) = name {
        command = match command.find_subcommand(name) {
            Some(found) => found.clone(),
            None => {
                let known: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
                return Err(Failure::Other(format!("`{name}` is not a command; accepted: {}", known.join(", "))));
            }
        };
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).map_err(|e| Failure::Other(e.to_string()))?;
    stream::print(ColorChoice::Never, &String::from_utf8_lossy(&page))?;
    Ok(Exit::Met)
}
