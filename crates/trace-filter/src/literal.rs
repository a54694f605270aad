//! Literals as values of the type that the other side has.

use crate::ast::{Operand, OperandKind, Span};
use crate::compiled::Constant;
use crate::date;
use crate::error::{FilterError, FilterErrorKind};
use crate::number::Number;
use crate::suggest::{nearest, nearest_field};
use crate::types::Class;
use capture_file::{Resolution, Timestamp};
use std::net::{Ipv4Addr, Ipv6Addr};
use trace_fields::{Field, FieldType};

type Result<T> = std::result::Result<T, FilterError>;

/// What a literal has to be a value of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) class: Class,
    /// What it is compared with, as it is written.
    pub(crate) what: &'a str,
    /// The field whose names of values are known here.
    pub(crate) names: Option<&'static Field>,
    /// Whether a part of an address will do, as for `contains`.
    pub(crate) partial: bool,
}

fn wrong(span: Span, message: impl Into<String>) -> FilterError {
    FilterError::new(FilterErrorKind::Value, span, message)
}

/// The literal as a value of the type that is wanted.
pub(crate) fn constant(operand: &Operand, wanted: Wanted<'_>) -> Result<Constant> {
    let span = operand.span;
    match &operand.kind {
        OperandKind::Word(word) => from_word(word, span, wanted),
        OperandKind::Text(text) => from_text(text, span, wanted),
        OperandKind::Char(number) => from_char(*number, span, wanted),
        _ => Err(mismatch(span, "this", wanted)),
    }
}

fn mismatch(span: Span, found: &str, wanted: Wanted<'_>) -> FilterError {
    let message = format!("`{}` cannot be compared with {found}", wanted.what);
    FilterError::new(FilterErrorKind::Type, span, message).label(format!("{} expected", wanted.class.name()))
}

fn from_char(number: u32, span: Span, wanted: Wanted<'_>) -> Result<Constant> {
    let byte = || {
        let byte = u8::try_from(number).map_err(|_| wrong(span, "the character is more than one byte"))?;
        Ok(vec![byte])
    };
    match wanted.class {
        Class::Text => byte().map(Constant::Text),
        Class::Bytes => byte().map(Constant::Bytes),
        Class::Protocol => byte().map(Constant::Protocol),
        // Of any size, as in Wireshark.
        Class::Uint(_) => Ok(number_of(u64::from(number), wanted.class)),
        Class::Bool => Ok(truth(number != 0)),
        _ => Err(mismatch(span, "a character", wanted)),
    }
}

fn number_of(value: u64, class: Class) -> Constant {
    Constant::Number(Number::unsigned(value, class.is_wide()))
}

fn truth(value: bool) -> Constant {
    Constant::Number(Number::unsigned(u64::from(value), true))
}

fn from_text(text: &[u8], span: Span, wanted: Wanted<'_>) -> Result<Constant> {
    match wanted.class {
        Class::Text => Ok(Constant::Text(text.into())),
        Class::Bytes => Ok(Constant::Bytes(text.into())),
        Class::Protocol => Ok(Constant::Protocol(text.into())),
        Class::Date => a_date(&String::from_utf8_lossy(text), span),
        Class::Ether if wanted.partial => {
            Err(mismatch(span, "text", wanted).with_help("bytes are written `02:00`"))
        }
        Class::Uint(_) | Class::Bool => {
            let name = std::str::from_utf8(text).unwrap_or_default();
            named(name, wanted).ok_or_else(|| mismatch(span, "a string", wanted))
        }
        _ => Err(mismatch(span, "a string", wanted).with_help("leave the quotes away")),
    }
}

fn from_word(word: &str, span: Span, wanted: Wanted<'_>) -> Result<Constant> {
    match wanted.class {
        Class::Text => Ok(Constant::Text(word.into())),
        Class::Bytes => byte_string(word, span).map(Constant::Bytes),
        Class::Protocol => byte_string(word, span).map(Constant::Protocol),
        Class::Bool => match (word, integer(word)) {
            ("True" | "TRUE", _) => Ok(truth(true)),
            ("False" | "FALSE", _) => Ok(truth(false)),
            (_, Some(Ok(number))) => Ok(truth(number != 0)),
            _ => named(word, wanted)
                .ok_or_else(|| not_a(word, span, wanted).with_help("write 1 or 0, True or False")),
        },
        Class::Uint(max) => match (integer(word), named(word, wanted)) {
            (Some(Ok(number)), _) if number <= max => Ok(number_of(number, wanted.class)),
            (Some(Ok(_) | Err(Overflow)), _) => {
                let message = format!("{word} is too large for `{}`", wanted.what);
                Err(wrong(span, message).label(format!("{}: {max} at most", wanted.class.name())))
            }
            (None, Some(constant)) => Ok(constant),
            (None, None) => Err(no_number(word, span, wanted)),
        },
        Class::Ether => ether(word, span, wanted),
        Class::Ipv4 => ipv4(word, span, wanted),
        Class::Ipv6 => ipv6(word, span, wanted),
        Class::Duration => duration(word, span),
        Class::Date => a_date(word, span),
    }
}

fn not_a(word: &str, span: Span, wanted: Wanted<'_>) -> FilterError {
    let message = format!("`{word}` is no value of `{}`", wanted.what);
    let error = wrong(span, message).label(format!("{} expected", wanted.class.name()));
    match nearest_field(word) {
        Some(other) if word.contains('.') && !word.starts_with(|first: char| first.is_ascii_digit()) => {
            error.with_help(format!("did you mean the field `{other}`?"))
        }
        _ => error,
    }
}

fn no_number(word: &str, span: Span, wanted: Wanted<'_>) -> FilterError {
    let error = not_a(word, span, wanted);
    if word.starts_with(|first: char| first.is_ascii_digit()) {
        return error.with_help("numbers are 10, 0x0a, 012 (octal) and 0b1010");
    }
    let names: Vec<&str> = wanted.names.into_iter().flat_map(names_of).map(|(_, name)| name).collect();
    match nearest(word, &names) {
        Some(name) => error.with_help(format!("did you mean \"{name}\"?")),
        None if names.is_empty() => error.with_help("its values have no names; write the number"),
        None if names.len() > 20 => {
            error.with_help("write the number, or the name that Wireshark shows for it")
        }
        None => error.with_help(format!("its values are {}", names.join(", "))),
    }
}

/// The names that values of a field have, each with its value. Booleans without any are True and False.
fn names_of(field: &'static Field) -> impl Iterator<Item = (u64, &'static str)> {
    let truths = [(1, "True"), (0, "False")].into_iter();
    let is_plain = field.ty == FieldType::Boolean && field.names.is_empty();
    let known = field.names.iter().copied();
    known.chain(truths.filter(move |_| is_plain))
}

/// A value by its name, upper and lower case alike, as in Wireshark.
fn named(name: &str, wanted: Wanted<'_>) -> Option<Constant> {
    let field = wanted.names?;
    let (value, _) = names_of(field).find(|(_, known)| known.eq_ignore_ascii_case(name))?;
    Some(if wanted.class == Class::Bool { truth(value != 0) } else { number_of(value, wanted.class) })
}

/// A number that 64 bits do not hold.
#[derive(Debug, PartialEq)]
struct Overflow;

/// A number as C writes it, and binary ones; none where the word is no number.
fn integer(word: &str) -> Option<std::result::Result<u64, Overflow>> {
    let lower = word.to_ascii_lowercase();
    let (digits, radix) = if let Some(digits) = lower.strip_prefix("0x") {
        (digits, 16)
    } else if let Some(digits) = lower.strip_prefix("0b") {
        // Without digits it is 0, for Wireshark.
        (if digits.is_empty() { "0" } else { digits }, 2)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (lower.as_str(), 8)
    } else {
        (lower.as_str(), 10)
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    Some(u64::from_str_radix(digits, radix).map_err(|_| Overflow))
}

/// Hexadecimal digits in pairs, with a `:`, `-` or `.` or nothing between two of them; a digit may be alone
/// before a separator and at the end.
fn hex_bytes(word: &str) -> Option<Vec<u8>> {
    let mut rest = word;
    let mut bytes = Vec::with_capacity(word.len().div_ceil(2));
    while !rest.is_empty() {
        let count = rest.bytes().take(2).take_while(u8::is_ascii_hexdigit).count();
        let (digits, behind) = rest.split_at_checked(count)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = match behind.strip_prefix([':', '-', '.']) {
            Some(rest) => rest,
            None if count == 2 || behind.is_empty() => behind,
            None => return None,
        };
    }
    Some(bytes)
}

/// Bytes in any of Wireshark's spellings.
fn bytes(word: &str) -> Option<Vec<u8>> {
    let word = word.strip_prefix(':').unwrap_or(word);
    let lower = word.to_ascii_lowercase();
    if let (4, Some(byte)) = (word.len(), lower.strip_prefix("0x")) {
        return hex_bytes(byte);
    }
    if let (10, Some(digits)) = (word.len(), lower.strip_prefix("0b"))
        && let Ok(byte) = u8::from_str_radix(digits, 2)
    {
        return Some(vec![byte]);
    }
    hex_bytes(word)
}

fn byte_string(word: &str, span: Span) -> Result<Vec<u8>> {
    bytes(word).ok_or_else(|| {
        wrong(span, format!("`{word}` is no byte string"))
            .label("pairs of hexadecimal digits expected")
            .with_help(format!("bytes are written `08:00`, text is written \"{word}\""))
    })
}

fn ether(word: &str, span: Span, wanted: Wanted<'_>) -> Result<Constant> {
    let bytes = bytes(word).ok_or_else(|| {
        not_a(word, span, wanted).with_help("Ethernet addresses are written `02:00:00:00:00:01`")
    })?;
    match bytes.len() {
        6 => Ok(Constant::Bytes(bytes)),
        ..6 if wanted.partial => Ok(Constant::Bytes(bytes)),
        count => {
            let message =
                format!("`{word}` is no Ethernet address: it has {}", mbuf_trace::Counted(count, "byte"));
            let error = wrong(span, message).label("6 bytes expected");
            Err(if count > 6 {
                error
            } else {
                let help = format!("to look for some of its bytes, write `{} contains {word}`", wanted.what);
                error.with_help(help)
            })
        }
    }
}

/// Splits `address/24` and reads the prefix length, at most `bits`.
fn prefix(word: &str, span: Span, bits: u32) -> Result<(&str, u32)> {
    let Some((address, length)) = word.split_once('/') else {
        return Ok((word, bits));
    };
    let value = integer(length).and_then(|length| u32::try_from(length.ok()?).ok());
    match value {
        Some(length) if length <= bits => Ok((address, length)),
        _ => {
            let message = format!("a prefix length of {length} is too long");
            Err(wrong(span, message).label(format!("{bits} bits at most")))
        }
    }
}

fn no_address(word: &str, span: Span, wanted: Wanted<'_>) -> FilterError {
    let error = not_a(word, span, wanted);
    if word.starts_with(|first: char| first.is_ascii_alphabetic()) && !word.contains(':') {
        error.with_help("names of hosts are not looked up; write the address")
    } else {
        error
    }
}

fn ipv4(word: &str, span: Span, wanted: Wanted<'_>) -> Result<Constant> {
    let (address, length) = prefix(word, span, u32::BITS)?;
    let address: Ipv4Addr = address.parse().map_err(|_| no_address(word, span, wanted))?;
    let mask = u32::MAX.checked_shl(u32::BITS.saturating_sub(length)).unwrap_or(0);
    Ok(Constant::Ipv4 { net: address.to_bits() & mask, mask })
}

fn ipv6(word: &str, span: Span, wanted: Wanted<'_>) -> Result<Constant> {
    let (address, length) = prefix(word, span, u128::BITS)?;
    let address: Ipv6Addr = address.parse().map_err(|_| no_address(word, span, wanted))?;
    let mask = u128::MAX.checked_shl(u128::BITS.saturating_sub(length)).unwrap_or(0);
    Ok(Constant::Ipv6 { net: address.to_bits() & mask, mask })
}

fn a_date(text: &str, span: Span) -> Result<Constant> {
    date::read(text).map(Constant::Time).ok_or_else(|| {
        wrong(span, format!("`{}` is no date", text.escape_debug()))
            .label("date and time expected")
            .with_help("dates are written \"2023-11-14 22:13:25\" or \"Nov 14, 2023 22:13:25.5\"; without a zone in UTC")
    })
}

/// Seconds with up to nine digits behind the point. Wireshark ignores what stands behind those: `1.5s`.
fn duration(word: &str, span: Span) -> Result<Constant> {
    let (seconds, fraction) = word.split_once('.').unwrap_or((word, ""));
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    let fraction = fraction.get(..digits).unwrap_or_default().trim_end_matches('0');
    let no_time = || {
        wrong(span, format!("`{word}` is no time"))
            .label("seconds expected")
            .with_help("times are written `1700000000.5`")
    };
    let seconds = Some(seconds)
        .filter(|seconds| seconds.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|seconds| seconds.parse::<i64>().ok())
        .ok_or_else(no_time)?;
    if fraction.len() > 9 {
        return Err(wrong(span, format!("`{word}` is more exact than nanoseconds")));
    }
    let nanoseconds = format!("{fraction:0<9}").parse().map_err(|_| no_time())?;
    Ok(Constant::Time(Timestamp::new(i128::from(seconds), nanoseconds, Resolution::NANOS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_in_all_spellings() {
        let table: [(&str, Option<&[u8]>); 15] = [
            ("08:00", Some(&[8, 0])),
            ("08-00", Some(&[8, 0])),
            ("08.00", Some(&[8, 0])),
            ("0800", Some(&[8, 0])),
            ("080", Some(&[8, 0])),
            ("8", Some(&[8])),
            ("8:0:ff", Some(&[8, 0, 255])),
            ("0800:45", Some(&[8, 0, 0x45])),
            ("08-", Some(&[8])),
            (":0800", Some(&[8, 0])),
            ("0x1f", Some(&[0x1f])),
            ("0x1f2", None),
            ("0b10000001", Some(&[0x81])),
            ("0b20000001", Some(&[0x0b, 0x20, 0, 0, 1])),
            ("hello", None),
        ];
        for (text, expected) in table {
            assert_eq!(bytes(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn numbers_as_c_has_them() {
        let table = [
            ("10", Some(Ok(10))),
            ("0x1F", Some(Ok(31))),
            ("017", Some(Ok(15))),
            ("0b101", Some(Ok(5))),
            ("0b", Some(Ok(0))),
            ("0", Some(Ok(0))),
            ("08", None),
            ("0x", None),
            ("1-", None),
            ("1_0", None),
            ("18446744073709551615", Some(Ok(u64::MAX))),
            ("18446744073709551616", Some(Err(Overflow))),
        ];
        for (text, expected) in table {
            assert_eq!(integer(text), expected, "{text}");
        }
    }
}
