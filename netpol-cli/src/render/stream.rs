//! Standard output and error: colour where it is wanted, quiet where nobody reads.

use crate::args::ColorChoice;
use crate::exit::Failure;
use anstream::AutoStream;
use std::io::{ErrorKind, IsTerminal, Write};

fn choice(color: ColorChoice) -> anstream::ColorChoice {
    match color {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    }
}

/// Whether people look at standard output.
pub(crate) fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Standard error, in colour if that is wanted.
pub(crate) fn stderr(color: ColorChoice) -> AutoStream<std::io::Stderr> {
    let color = match color {
        ColorChoice::Auto => AutoStream::choice(&std::io::stderr()),
        other => choice(other),
    };
    AutoStream::new(std::io::stderr(), color)
}

/// Writes to standard output. A reader that has gone away is no error.
pub(crate) fn print(color: ColorChoice, text: &str) -> Result<(), Failure> {
    let color = match color {
        ColorChoice::Auto => AutoStream::choice(&std::io::stdout()),
        other => choice(other),
    };
    let mut out = AutoStream::new(std::io::stdout(), color);
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(Failure::Other(e.to_string())),
        _ => Ok(()),
    }
}
