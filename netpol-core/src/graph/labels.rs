//! What stands in a picture: names, addresses and ports, short enough to be drawn.

use crate::lang::{Lang, Phrase};
use crate::query::{Peer, PeerKind};
use crate::set::{AddressSet, Family, TrafficSet};

/// So many blocks of addresses are named; the rest is counted.
const MOST_BLOCKS: usize = 2;

/// Ports, or the words for all of them.
pub(super) fn traffic(set: &TrafficSet, lang: Lang) -> String {
    if *set == TrafficSet::all_ports() { lang.phrase(Phrase::AnyPort).to_owned() } else { set.to_string() }
}

/// A peer with its namespace, or addresses in full.
pub(super) fn full_name(peer: &Peer, outside: &AddressSet, lang: Lang) -> String {
    let name = peer.name.as_deref().unwrap_or_default();
    match (&peer.namespace, peer.kind_of) {
        (_, PeerKind::Addresses) => blocks(peer, outside, lang),
        (_, PeerKind::Nodes) => lang.phrase(Phrase::Nodes).to_owned(),
        (Some(namespace), _) => format!("{namespace}/{name}"),
        (None, _) => name.to_owned(),
    }
}

pub(super) fn addresses(peer: &Peer) -> AddressSet {
    AddressSet::nets(peer.cidrs.iter().filter_map(|c| c.parse().ok()))
}

/// Addresses: the outside, the outside but for a few blocks, or a few blocks.
fn blocks(peer: &Peer, outside: &AddressSet, lang: Lang) -> String {
    let world = lang.phrase(Phrase::World);
    let set = addresses(peer);
    if set == *outside {
        return world.to_owned();
    }
    let list = |cidrs: &[String]| {
        let mut named = cidrs.iter().take(MOST_BLOCKS).cloned().collect::<Vec<_>>();
        if cidrs.len() > MOST_BLOCKS {
            named.push(format!("… (+{})", cidrs.len() - MOST_BLOCKS));
        }
        named.join(", ")
    };
    let texts = |set: &AddressSet| set.cidrs().iter().map(ToString::to_string).collect::<Vec<String>>();
    let mut said = Vec::new();
    for family in Family::ALL {
        let whole = AddressSet::family(family);
        let (own, all) = (set.intersection(&whole), outside.intersection(&whole));
        let (cidrs, rest) = (texts(&own), texts(&all.difference(&own)));
        if cidrs.is_empty() {
            continue;
        }
        said.push(match rest.len() {
            0 => format!("{world} ({})", family.name()),
            n if n < cidrs.len() => format!("{world} {} {}", lang.phrase(Phrase::Except), list(&rest)),
            _ => list(&cidrs),
        });
    }
    said.join(", ")
}

/// At most so many characters, the last one an ellipsis where some were cut.
pub(super) fn clip(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// For XML and HTML, in text and in attributes. What XML cannot hold at all becomes U+FFFD.
pub(super) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_holds_nothing_that_opens_a_tag() {
        assert_eq!(xml("<a b=\"c\" d='e'>&\u{1}\n"), "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;\u{fffd} ");
    }

    #[test]
    fn long_texts_are_clipped_by_characters() {
        assert_eq!(clip("abcdef", 6), "abcdef");
        assert_eq!(clip("ab中def", 4), "ab中…");
    }
}
