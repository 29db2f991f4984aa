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
    let terminal = std::io::stderr().is_terminal().then(std::io::stderr);
    watched(terminal, PATIENCE, lang.phrase(what), work)
}

/// The same, for a terminal that may not be there.
fn watched<T>(
    terminal: Option<impl Write + Send + 'static>,
    patience: Duration,
    text: &'static str,
    work: impl FnOnce() -> T,
) -> T {
    let Some(mut terminal) = terminal else { return work() };
    let (done, waiting) = mpsc::channel::<()>();
    let line = std::thread::Builder::new().spawn(move || {
        if waiting.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            // A terminal that has gone away is no reason to stop.
            let _ = write!(terminal, "{text}").and_then(|()| terminal.flush());
            let _ = waiting.recv();
            // A Chinese character is two columns wide.
            let blank = " ".repeat(text.chars().count() * 2);
            let _ = write!(terminal, "\r{blank}\r").and_then(|()| terminal.flush());
        }
    });
    let result = work();
    drop(done);
    if let Ok(line) = line {
        let _ = line.join();
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use std::sync::{Arc, Mutex};

    /// A terminal that remembers.
    #[derive(Clone, Default)]
    struct Screen(Arc<Mutex<String>>);

    impl Screen {
        fn text(&self) -> String {
            self.0.lock().unwrap().clone()
        }
    }

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().push_str(std::str::from_utf8(bytes).unwrap());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_takes_long_has_a_line_until_it_is_done() {
        let screen = Screen::default();
        let seen = || {
            // The line comes, however slow the machine is.
            while screen.text().is_empty() {
                std::thread::yield_now();
            }
            screen.text()
        };
        assert_eq!(watched(Some(screen.clone()), Duration::ZERO, "读取", seen), "读取");
        assert_eq!(screen.text(), "读取\r    \r");
    }

    #[test]
    fn what_is_quick_has_none_and_neither_has_what_nobody_watches() {
        let screen = Screen::default();
        assert_eq!(watched(Some(screen.clone()), Duration::from_secs(3600), "reading", || 7), 7);
        assert_eq!(screen.text(), "");
        assert_eq!(watched(None::<Screen>, Duration::ZERO, "reading", || 7), 7);
    }

    #[test]
    fn a_terminal_that_is_gone_does_not_stop_the_work() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }

            fn flush(&mut self) -> io::Result<()> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
        }
        assert_eq!(watched(Some(Gone), Duration::ZERO, "reading", || 7), 7);
    }
}
