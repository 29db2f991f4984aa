//! Colours. They only repeat what words and signs say.

use anstyle::{AnsiColor, Style};
use netpol_core::query::Verdict;

/// The colour of a verdict.
pub(crate) fn verdict(verdict: Verdict) -> Style {
    let color = match verdict {
        Verdict::Allow => AnsiColor::Green,
        Verdict::Deny => AnsiColor::Red,
        Verdict::Undefined | Verdict::Mixed => AnsiColor::Yellow,
    };
    color.on_default().bold()
}

/// Less important than the rest.
pub(crate) fn dim() -> Style {
    Style::new().dimmed()
}

/// Names worth finding again.
pub(crate) fn strong() -> Style {
    Style::new().bold()
}

/// Text in a style.
pub(crate) fn paint(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}
