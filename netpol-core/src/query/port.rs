//! The grammar of PORT.

use super::resolve::{QueryError, QueryProblem};
use crate::set::{Protocol, TrafficSet};

/// What PORT asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortExpr {
    /// Every port of TCP, UDP and SCTP.
    Any,
    /// Numbers.
    Set(TrafficSet),
    /// A name, looked up on each destination; of one protocol if it is given.
    Named(String, Option<Protocol>),
}

/// Parses PORT: `80` (TCP), `53/udp`, `8000-8100/tcp`, `http` or `dns/udp` (a named port), `udp`
/// (every port of a protocol), `icmp`, `any`. Lists are joined by commas: `80,443,53/udp`.
///
/// ```
/// # use netpol_core::query::{PortExpr, parse_port};
/// let PortExpr::Set(ports) = parse_port("443,8000-8100/udp")? else { unreachable!() };
/// assert_eq!(ports.to_string(), "TCP 443, UDP 8000-8100");
/// # Ok::<(), netpol_core::query::QueryError>(())
/// ```
///
/// # Errors
/// A port number outside 1–65535, a range that runs backwards, an unknown protocol, or a text that
/// is neither a number nor a port name.
pub fn parse_port(text: &str) -> Result<PortExpr, QueryError> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("any") || text == "*" {
        return Ok(PortExpr::Any);
    }
    if !text.contains(',') {
        return one(text);
    }
    let mut all = TrafficSet::empty();
    for part in text.split(',') {
        match one(part.trim())? {
            PortExpr::Set(set) => all = all.union(&set),
            _ => return Err(invalid(text)),
        }
    }
    Ok(PortExpr::Set(all))
}

fn one(text: &str) -> Result<PortExpr, QueryError> {
    if let Some(protocol) = protocol(text) {
        return Ok(PortExpr::Set(TrafficSet::protocol(protocol)));
    }
    let (number, given) = match text.split_once('/') {
        Some((number, name)) => (number, Some(protocol(name).ok_or_else(|| invalid(text))?)),
        None => (text, None),
    };
    if given == Some(Protocol::Icmp) || number.is_empty() {
        return Err(invalid(text));
    }
    if number.starts_with(|c: char| c.is_ascii_digit()) && number.chars().all(|c| c.is_ascii_digit() || c == '-') {
        let (low, high) = number.split_once('-').unwrap_or((number, number));
        let (Ok(low), Ok(high)) = (low.parse::<u16>(), high.parse::<u16>()) else { return Err(invalid(text)) };
        if low == 0 || low > high {
            return Err(invalid(text));
        }
        return Ok(PortExpr::Set(TrafficSet::range(given.unwrap_or(Protocol::Tcp), low, high)));
    }
    if crate::manifest::is_port_name(number) {
        return Ok(PortExpr::Named(number.to_owned(), given));
    }
    Err(invalid(text))
}

fn protocol(text: &str) -> Option<Protocol> {
    Protocol::ALL.into_iter().find(|p| p.name().eq_ignore_ascii_case(text))
}

fn invalid(text: &str) -> QueryError {
    QueryError::new(QueryProblem::InvalidPort).with("found", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        let set = |text: &str| match parse_port(text).unwrap() {
            PortExpr::Set(set) => set.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(set("80"), "TCP 80");
        assert_eq!(set("53/udp"), "UDP 53");
        assert_eq!(set("8000-8100/TCP"), "TCP 8000-8100");
        assert_eq!(set("sctp"), "SCTP");
        assert_eq!(set("icmp"), "ICMP");
        assert_eq!(set("80, 443,53/udp"), "TCP 80,443, UDP 53");
        assert_eq!(parse_port("any").unwrap(), PortExpr::Any);
        assert_eq!(parse_port("http").unwrap(), PortExpr::Named("http".into(), None));
        assert_eq!(parse_port("dns/udp").unwrap(), PortExpr::Named("dns".into(), Some(Protocol::Udp)));
    }

    #[test]
    fn what_is_no_port_is_refused() {
        for bad in [
            "",
            "0",
            "65536",
            "90-80",
            "80/",
            "80/icmp",
            "80/foo",
            "-1",
            "80-",
            "1-2-3",
            "Http",
            "http,80",
            "80,",
            "9999999999",
        ] {
            assert!(parse_port(bad).is_err(), "{bad}");
        }
    }
}
