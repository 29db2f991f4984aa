//! Syntax that the API server checks: names, labels, ports, CIDR blocks (semantics A5).

use ipnet::IpNet;
use std::net::IpAddr;

/// Whether a text can name a namespace. RFC 1123 label: 1–63 of `[a-z0-9-]`, alphanumeric at both
/// ends.
pub fn is_dns_label(s: &str) -> bool {
    let b = s.as_bytes();
    let ok = |c: &u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    (1..=63).contains(&b.len())
        && b.iter().all(|c| ok(c) || *c == b'-')
        && b.first().is_some_and(ok)
        && b.last().is_some_and(ok)
}

/// RFC 1123 subdomain: labels joined by dots, at most 253 characters.
pub(crate) fn is_dns_subdomain(s: &str) -> bool {
    let b = s.as_bytes();
    let ok = |c: &u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    (1..=253).contains(&b.len())
        && s.split('.').all(|part| {
            let p = part.as_bytes();
            p.first().is_some_and(ok) && p.last().is_some_and(ok) && p.iter().all(|c| ok(c) || *c == b'-')
        })
}

/// IANA service name: at most 15 of `[a-z0-9-]`, a letter among them, no dash at an edge or twice.
pub(crate) fn is_port_name(s: &str) -> bool {
    let b = s.as_bytes();
    (1..=15).contains(&b.len())
        && b.iter().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == b'-')
        && b.iter().any(u8::is_ascii_lowercase)
        && !s.contains("--")
        && !s.starts_with('-')
        && !s.ends_with('-')
}

fn is_label_name(s: &str) -> bool {
    let b = s.as_bytes();
    (1..=63).contains(&b.len())
        && b.iter().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.'))
        && b.first().is_some_and(u8::is_ascii_alphanumeric)
        && b.last().is_some_and(u8::is_ascii_alphanumeric)
}

/// A label key: a name, or a DNS subdomain and a name around one slash.
pub(crate) fn is_label_key(s: &str) -> bool {
    match s.split_once('/') {
        Some((prefix, name)) => is_dns_subdomain(prefix) && is_label_name(name),
        None => is_label_name(s),
    }
}

/// A label value: empty, or shaped like a label name.
pub(crate) fn is_label_value(s: &str) -> bool {
    s.is_empty() || is_label_name(s)
}

/// A domain name as a policy takes it, perhaps with `*.` before it for every name below: in lower
/// case and without a dot at the end. Two labels at least, of letters, digits, `-` and `_`.
pub(crate) fn domain_name(text: &str) -> Option<String> {
    let name = text.strip_suffix('.').unwrap_or(text);
    let labels = name.strip_prefix("*.").unwrap_or(name);
    let alphanumeric = |c: Option<&u8>| c.is_some_and(u8::is_ascii_alphanumeric);
    let is_label = |label: &str| {
        let b = label.as_bytes();
        let inner = b.iter().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'));
        inner && alphanumeric(b.first()) && alphanumeric(b.last())
    };
    let valid = labels.contains('.') && labels.split('.').all(is_label);
    valid.then(|| name.to_ascii_lowercase())
}

/// A CIDR block as read, and whether the strict rules (KEP-4858) take it as it is written.
pub(crate) struct Cidr {
    pub(crate) net: IpNet,
    pub(crate) canonical: bool,
}

/// Reads a CIDR block as the API server's older parser does: IPv4 with leading zeros as decimal,
/// host bits masked.
pub(crate) fn cidr(text: &str) -> Option<Cidr> {
    let (address, length) = text.split_once('/')?;
    if length.is_empty() || length.len() > 3 || !length.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let prefix: u8 = length.parse().ok()?;
    let (address, mut canonical) = match address.parse::<IpAddr>() {
        Ok(address) => (address, true),
        Err(_) => (IpAddr::V4(without_leading_zeros(address)?.parse().ok()?), false),
    };
    canonical &= length == prefix.to_string();
    let net = IpNet::new(address, prefix).ok()?;
    canonical &= net.addr() == net.network();
    if let IpAddr::V6(v6) = address
        && let Some(v4) = v6.to_ipv4_mapped()
    {
        // The older parser turns a mapped block into the IPv4 block it stands for.
        let prefix = prefix.checked_sub(96)?;
        return Some(Cidr { net: IpNet::new(IpAddr::V4(v4), prefix).ok()?.trunc(), canonical: false });
    }
    Some(Cidr { net: net.trunc(), canonical })
}

fn without_leading_zeros(address: &str) -> Option<String> {
    let parts: Vec<&str> = address.split('.').collect();
    if parts.len() != 4 || parts.iter().any(|p| p.is_empty() || p.len() > 3 || !p.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    let numbers: Option<Vec<String>> = parts.iter().map(|p| p.parse::<u8>().ok().map(|n| n.to_string())).collect();
    Some(numbers?.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_names_follow_iana() {
        for good in ["http", "a", "serve-80-tcp", "80x", "abcdefghijklmno"] {
            assert!(is_port_name(good), "{good}");
        }
        for bad in ["", "80", "Http", "a--b", "-a", "a-", "abcdefghijklmnop", "a_b"] {
            assert!(!is_port_name(bad), "{bad}");
        }
    }

    #[test]
    fn label_keys_and_values() {
        for good in ["app", "app.kubernetes.io/name", "A_b.c-d", "kubernetes.io/metadata.name"] {
            assert!(is_label_key(good), "{good}");
        }
        for bad in ["", "a/b/c", "/a", "a/", "-a", "UPPER.io/a", &"x".repeat(64)] {
            assert!(!is_label_key(bad), "{bad}");
        }
        assert!(is_label_value("") && is_label_value("1.10") && !is_label_value("a b") && !is_label_value("-a"));
    }

    #[test]
    fn cidr_blocks_as_the_api_server_reads_them() {
        let read = |s: &str| cidr(s).map(|c| (c.net.to_string(), c.canonical));
        assert_eq!(read("10.0.0.0/8"), Some(("10.0.0.0/8".into(), true)));
        assert_eq!(read("192.168.1.5/24"), Some(("192.168.1.0/24".into(), false)));
        assert_eq!(read("010.0.0.0/8"), Some(("10.0.0.0/8".into(), false)));
        assert_eq!(read("::ffff:10.0.0.0/104"), Some(("10.0.0.0/8".into(), false)));
        assert_eq!(read("2001:db8::/32"), Some(("2001:db8::/32".into(), true)));
        for bad in [
            "10.0.0.0",
            "10.0.0.0/33",
            "10.0.0.0/",
            "10.0.0/8",
            "::/129",
            "10.0.0.0/+8",
            "a/8",
            "1.2.3.4/-1",
            "fe80::1%eth0/64",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
