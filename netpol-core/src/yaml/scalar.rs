//! What a plain scalar means, as `kubectl` reads it.

/// The type of a scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    String,
}

/// Resolves a plain scalar by the rules of the Go YAML library that `kubectl` and the API
/// machinery use (YAML 1.1 with its booleans; a leading `0` is octal; `_` may group digits).
pub(crate) fn resolve_plain(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Scalar::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Scalar::Bool(false);
        }
        ".nan" | ".NaN" | ".NAN" => return Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        _ => {}
    }
    let first = text.as_bytes().first().copied().unwrap_or_default();
    if !(first.is_ascii_digit() || matches!(first, b'+' | b'-' | b'.')) {
        return Scalar::String;
    }
    let digits: String = text.chars().filter(|c| *c != '_').collect();
    if let Some(n) = integer(&digits) {
        return Scalar::Int(n);
    }
    if is_float(&digits) {
        return Scalar::Float(float(&digits));
    }
    Scalar::String
}

/// The value of a decimal number: exact up to 15 digits and 22 powers of ten, else close to it.
/// No field is read as one; the parser of the standard library would bring tables of 10 KB.
pub(super) fn float(text: &str) -> f64 {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = whole.bytes().chain(part.bytes()).filter(u8::is_ascii_digit);
    let value = digits.fold(0.0, |value: f64, digit| value * 10.0 + f64::from(digit - b'0'));
    let exponent = exponent.parse().unwrap_or(if exponent.starts_with('-') { i32::MIN } else { i32::MAX });
    let exponent = exponent.saturating_sub(i32::try_from(part.len()).unwrap_or(i32::MAX));
    let exponent = exponent.clamp(-9999, 9999);
    let value = if exponent < 0 { value / 10f64.powi(-exponent) } else { value * 10f64.powi(exponent) };
    if text.starts_with('-') { -value } else { value }
}

/// Go's `strconv.ParseInt(s, 0, 64)`: base by prefix.
fn integer(text: &str) -> Option<i64> {
    let (negative, body) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = body.to_ascii_lowercase();
    let (digits, base) = if let Some(hex) = lower.strip_prefix("0x") {
        (hex, 16)
    } else if let Some(binary) = lower.strip_prefix("0b") {
        (binary, 2)
    } else if let Some(octal) = lower.strip_prefix("0o") {
        (octal, 8)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (&lower[1..], 8)
    } else {
        (&*lower, 10)
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let n = i128::from_str_radix(digits, base).ok()?;
    i64::try_from(if negative { -n } else { n }).ok()
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match body.find(['e', 'E']) {
        Some(at) => (&body[..at], Some(&body[at + 1..])),
        None => (body, None),
    };
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let mantissa_ok = match mantissa.split_once('.') {
        Some((whole, part)) => digits(whole) && digits(part) && !(whole.is_empty() && part.is_empty()),
        None => !mantissa.is_empty() && digits(mantissa),
    };
    mantissa_ok
        && exponent.is_none_or(|e| {
            let e = e.strip_prefix(['-', '+']).unwrap_or(e);
            !e.is_empty() && digits(e)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_numbers_have_their_values() {
        for text in [
            "0",
            "1.10",
            "-1.5",
            "+2.",
            ".25",
            "1e3",
            "1.5E-7",
            "123456789012345",
            "9.99e22",
            "-0.001e+3",
            "1e-99999999999",
            "1e-2147483648",
        ] {
            assert_eq!(Ok(float(text)), text.parse(), "{text}");
        }
    }

    #[test]
    fn plain_scalars_mean_what_kubectl_reads() {
        for (text, meaning) in [
            ("80", Scalar::Int(80)),
            ("-1", Scalar::Int(-1)),
            ("010", Scalar::Int(8)),
            ("0o10", Scalar::Int(8)),
            ("0x1F", Scalar::Int(31)),
            ("1_000", Scalar::Int(1000)),
            ("1.10", Scalar::Float(1.1)),
            ("1e3", Scalar::Float(1000.0)),
            ("08", Scalar::Float(8.0)),
            ("yes", Scalar::Bool(true)),
            ("y", Scalar::Bool(true)),
            ("off", Scalar::Bool(false)),
            ("~", Scalar::Null),
            ("1.2.3", Scalar::String),
            ("10.0.0.0/8", Scalar::String),
            ("v1", Scalar::String),
            ("2001-01-01", Scalar::String),
            ("-", Scalar::String),
            (".", Scalar::String),
            ("0x", Scalar::String),
            ("8000-8100", Scalar::String),
        ] {
            assert_eq!(resolve_plain(text), meaning, "{text}");
        }
    }
}
