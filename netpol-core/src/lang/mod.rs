//! Codes as sentences: one table per language, and no other place with prose but the rules of the
//! linter, each of which has its own beside it.
//!
//! A template holds parameters in braces; `{found?…}` shows the text after the question mark only
//! when the parameter is there.
//!
//! The feature `sentences` holds them; without it there are the languages, and who shows an answer
//! has the sentences from elsewhere.

#[cfg(feature = "sentences")]
mod en;
#[cfg(feature = "sentences")]
mod sentences;
#[cfg(feature = "sentences")]
mod zh;

#[cfg(feature = "sentences")]
pub use sentences::{LintRule, Phrase, Templates};

/// A language of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Chinese, simplified.
    Zh,
}

impl Lang {
    /// Both.
    pub const ALL: [Self; 2] = [Self::En, Self::Zh];

    /// `en` or `zh`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
        }
    }

    /// The language of a code such as `en`, `zh`, or of a locale such as `zh_CN.UTF-8`.
    pub fn from_code(code: &str) -> Option<Self> {
        let language = code.split(['_', '-', '.', '@']).next().unwrap_or_default();
        match language.to_ascii_lowercase().as_str() {
            "en" => Some(Self::En),
            "zh" => Some(Self::Zh),
            _ => None,
        }
    }
}

/// The known name that is most like `found`, if one is like it at all.
pub(crate) fn nearest<'a>(found: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // Names are ASCII throughout; what else was written is another letter in either case.
    let found = found.to_ascii_lowercase();
    let limit = (found.chars().count() / 3).clamp(1, 3);
    known
        .map(|name| (strsim::osa_distance(&found, &name.to_ascii_lowercase()), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_near() {
        assert_eq!(nearest("egres", ["ingress", "egress"].into_iter()), Some("egress"));
        assert_eq!(nearest("podselector", ["podSelector"].into_iter()), Some("podSelector"));
        assert_eq!(nearest("foo", ["podSelector"].into_iter()), None);
    }
}
