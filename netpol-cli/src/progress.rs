//! A line on the terminal while something takes long; nothing where nobody looks.

use netpol_core::lang::{Lang, Phrase};
use std::io::{IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// What takes no longer is not worth a word.
const PATIENCE: Duration = Duration::from_secs(1);

/// Does some work. If it takes over a second and standard error is a terminal, a line there says
/// what goes on, and is gone when the work is done.
pub(crate) fn during<T>(lang: Lang, what: Phrase, work: impl FnOnce() -> T) -> T {
    if !std::io::stderr().is_terminal() {
        return work();
    }
    let (done, waiting) = mpsc::channel::<()>();
    let text = lang.phrase(what);
    let line = std::thread::Builder::new().spawn(move || {
        if waiting.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            let mut err = std::io::stderr();
            // A terminal that has gone away is no reason to stop.
            let _ = write!(err, "{text}").and_then(|()| err.flush());
            let _ = waiting.recv();
            // A Chinese character is two columns wide.
            let blank = " ".repeat(text.chars().count() * 2);
            let _ = write!(err, "\r{blank}\r").and_then(|()| err.flush());
        }
    });
    let result = work();
    drop(done);
    if let Ok(line) = line {
        let _ = line.join();
    }
    result
}
