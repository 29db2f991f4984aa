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
        let part = part.trim();
        match one(part) {
            Ok(PortExpr::Set(set)) => all = all.union(&set),
            Ok(_) => return Err(QueryError::new(QueryProblem::PortList).with("found", text).with("part", part)),
            Err(_) if part.is_empty() => return Err(invalid(text)),
            Err(error) => return Err(error),
        }
    }
    Ok(PortExpr::Set(all))
}

fn one(text: &str) -> Result<PortExpr, QueryError> {
    if let Some(protocol) = protocol(text) {
        return Ok(PortExpr::Set(TrafficSet::protocol(protocol)));
    }
    let error = |code| QueryError::new(code).with("found", text);
    let (number, given) = match text.split_once('/') {
        Some((number, name)) if number.is_empty() || name.is_empty() => return Err(invalid(text)),
        Some((number, name)) => {
            let Some(protocol) = protocol(name).filter(|p| *p != Protocol::Icmp) else {
                let accepted = Protocol::WITH_PORTS.map(|p| p.name().to_ascii_lowercase()).join(", ");
                return Err(error(QueryProblem::UnknownProtocol).with("protocol", name).with("accepted", accepted));
            };
            (number, Some(protocol))
        }
        None => (text, None),
    };
    if let Some(protocol) = given.filter(|_| number.eq_ignore_ascii_case("any") || number == "*") {
        return Err(error(QueryProblem::PortAnyOf).with("protocol", protocol.name().to_ascii_lowercase()));
    }
    if number.starts_with(|c: char| c.is_ascii_digit()) && number.chars().all(|c| c.is_ascii_digit() || c == '-') {
        let (low, high) = number.split_once('-').unwrap_or((number, number));
        if high.is_empty() || high.contains('-') {
            return Err(invalid(text));
        }
        let read = |digits: &str| match digits.parse::<u16>() {
            Ok(port) if port > 0 => Ok(port),
            _ => Err(error(QueryProblem::PortOutOfRange).with("number", digits)),
        };
        let (low, high) = (read(low)?, read(high)?);
        if low > high {
            return Err(error(QueryProblem::PortRangeBackwards).with("low", high).with("high", low));
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

    #[test]
    fn what_is_wrong_with_a_port_is_said() {
        for (bad, code, parameter) in [
            ("any/tcp", QueryProblem::PortAnyOf, ("protocol", "tcp")),
            ("*/UDP", QueryProblem::PortAnyOf, ("protocol", "udp")),
            ("90-80", QueryProblem::PortRangeBackwards, ("low", "80")),
            ("90-80/udp", QueryProblem::PortRangeBackwards, ("high", "90")),
            ("0", QueryProblem::PortOutOfRange, ("number", "0")),
            ("80-65536", QueryProblem::PortOutOfRange, ("number", "65536")),
            ("99999999999", QueryProblem::PortOutOfRange, ("number", "99999999999")),
            ("80/foo", QueryProblem::UnknownProtocol, ("accepted", "tcp, udp, sctp")),
            ("80/icmp", QueryProblem::UnknownProtocol, ("protocol", "icmp")),
            ("443,90-80", QueryProblem::PortRangeBackwards, ("found", "90-80")),
            ("443,http", QueryProblem::PortList, ("part", "http")),
            ("80,,443", QueryProblem::InvalidPort, ("found", "80,,443")),
            ("1-2-3", QueryProblem::InvalidPort, ("found", "1-2-3")),
        ] {
            let error = parse_port(bad).unwrap_err();
            assert_eq!(error.code, code, "{bad}");
            assert_eq!(error.params.get(parameter.0).map(String::as_str), Some(parameter.1), "{bad}");
        }
    }
}
