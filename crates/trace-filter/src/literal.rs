//! Literals as values of the type that a field wants.

use crate::ast::{Operand, OperandKind, Span};
use crate::compiled::Constant;
use crate::error::{FilterError, FilterErrorKind};
use crate::resolve::nearest_field;
use crate::source::Class;
use capture_file::Timestamp;
use std::net::{Ipv4Addr, Ipv6Addr};
use trace_fields::Field;

type Result<T> = std::result::Result<T, FilterError>;

fn wrong(span: Span, message: impl Into<String>) -> FilterError {
    FilterError::new(FilterErrorKind::Value, span, message)
}

/// The literal as a value of `class`, which `field` has. Names of values are looked up for the field.
pub(crate) fn constant(operand: &Operand, class: Class, field: &'static Field) -> Result<Constant> {
    let span = operand.span;
    match &operand.kind {
        OperandKind::Word(word) => from_word(word, span, class, field),
        OperandKind::Text(text) => from_text(text, span, class, field),
        OperandKind::Char(byte) => match class {
            Class::Text | Class::Bytes | Class::Protocol => Ok(Constant::Bytes(vec![*byte])),
            Class::Uint(_) => Ok(Constant::Uint(u64::from(*byte))),
            _ => Err(mismatch(span, "a character", class, field)),
        },
        OperandKind::Negate(inner) => negative(inner, span, class, field),
        _ => Err(FilterError::new(
            FilterErrorKind::Unsupported,
            span,
            "Wireshark's arithmetic on constants is not supported yet",
        )),
    }
}

fn negative(inner: &Operand, span: Span, class: Class, field: &'static Field) -> Result<Constant> {
    match (&inner.kind, class) {
        (OperandKind::Word(word), Class::Time) => time(&format!("-{word}"), span),
        (OperandKind::Word(_), Class::Uint(_)) => {
            let message = format!("`{}` is never negative", field.name);
            Err(wrong(span, message).label("an unsigned number is needed"))
        }
        _ => Err(mismatch(span, "a negative value", class, field)),
    }
}

fn mismatch(span: Span, found: &str, class: Class, field: &Field) -> FilterError {
    FilterError::new(FilterErrorKind::Type, span, format!("`{}` cannot be compared with {found}", field.name))
        .label(format!("{} expected", class.name()))
}

fn from_text(text: &[u8], span: Span, class: Class, field: &'static Field) -> Result<Constant> {
    match class {
        Class::Text | Class::Bytes | Class::Protocol => Ok(Constant::Bytes(text.into())),
        // Of booleans, Wireshark takes the names without quotes alone.
        Class::Uint(_) => {
            let name = std::str::from_utf8(text).unwrap_or_default();
            named(name, class, field).ok_or_else(|| mismatch(span, "a string", class, field))
        }
        _ => Err(mismatch(span, "a string", class, field).with_help("leave the quotes away")),
    }
}

fn from_word(word: &str, span: Span, class: Class, field: &'static Field) -> Result<Constant> {
    match class {
        Class::Text => Ok(Constant::Bytes(word.into())),
        Class::Bytes | Class::Protocol => byte_string(word, span),
        Class::Bool => match named(word, class, field) {
            Some(constant) => Ok(constant),
            None => match integer(word) {
                Some(Ok(number)) => Ok(Constant::Bool(number != 0)),
                _ => Err(not_a(word, span, class, field).with_help("write 1 or 0, True or False")),
            },
        },
        Class::Uint(max) => match (integer(word), named(word, class, field)) {
            (Some(Ok(number)), _) if number <= max => Ok(Constant::Uint(number)),
            (Some(Ok(_) | Err(Overflow)), _) => {
                let message = format!("{word} is too large for `{}`", field.name);
                Err(wrong(span, message).label(format!("{}: {max} at most", class.name())))
            }
            (None, Some(constant)) => Ok(constant),
            (None, None) => Err(no_number(word, span, class, field)),
        },
        Class::Ether => ether(word, span, class, field),
        Class::Ipv4 => ipv4(word, span, class, field),
        Class::Ipv6 => ipv6(word, span, class, field),
        Class::Time => time(word, span),
    }
}

fn not_a(word: &str, span: Span, class: Class, field: &Field) -> FilterError {
    let message = format!("`{word}` is no value of `{}`", field.name);
    let error = wrong(span, message).label(format!("{} expected", class.name()));
    match nearest_field(word) {
        Some(other) if word.contains('.') && !word.starts_with(|first: char| first.is_ascii_digit()) => {
            error.with_help(format!("did you mean the field `{other}`?"))
        }
        _ => error,
    }
}

fn no_number(word: &str, span: Span, class: Class, field: &'static Field) -> FilterError {
    let error = not_a(word, span, class, field);
    if word.starts_with(|first: char| first.is_ascii_digit()) {
        return error.with_help("numbers are 10, 0x0a, 012 (octal) and 0b1010");
    }
    if field.codes.is_some() {
        let names: Vec<&str> = (0..=u16::MAX).map_while(|code| code_name(field, code)).collect();
        return error.with_help(format!("its values are {}", names.join(", ")));
    }
    error.with_help("Wireshark's names of values are not supported; write the number")
}

/// The name of a value, for the fields of the trace that have names.
fn code_name(field: &Field, code: u16) -> Option<&'static str> {
    match field.codes {
        Some("origin") => mbuf_trace::Origin(code).name(),
        _ => None,
    }
}

/// A value by its name, upper and lower case alike, as in Wireshark.
fn named(name: &str, class: Class, field: &Field) -> Option<Constant> {
    match class {
        // Wireshark knows these spellings and no others.
        Class::Bool => match name {
            "True" | "TRUE" => Some(Constant::Bool(true)),
            "False" | "FALSE" => Some(Constant::Bool(false)),
            _ => None,
        },
        Class::Uint(_) => (0..=u16::MAX)
            .map_while(|code| Some((code, code_name(field, code)?)))
            .find(|(_, known)| known.eq_ignore_ascii_case(name))
            .map(|(code, _)| Constant::Uint(u64::from(code))),
        _ => None,
    }
}

/// A number that 64 bits do not hold.
struct Overflow;

/// A number as C writes it, and binary ones; none where the word is no number.
fn integer(word: &str) -> Option<std::result::Result<u64, Overflow>> {
    let lower = word.to_ascii_lowercase();
    let (digits, radix) = if let Some(digits) = lower.strip_prefix("0x") {
        (digits, 16)
    } else if let Some(digits) = lower.strip_prefix("0b") {
        (digits, 2)
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

/// Hexadecimal digits in pairs: one after the other, or with `:`, `-` or `.` between all of them, or in
/// fours with `.`; none where the word is something else.
fn hex_pairs(word: &str) -> Option<Vec<u8>> {
    let separator = word.chars().find(|letter| matches!(letter, ':' | '-' | '.'));
    let digits = match separator {
        None => word.to_owned(),
        Some(separator) => {
            let same = |length| word.split(separator).all(|group| group.len() == length);
            if !(same(2) || separator == '.' && same(4)) {
                return None;
            }
            word.replace(separator, "")
        }
    };
    let pairs = digits.as_bytes().chunks(2).map(|pair| {
        let text = std::str::from_utf8(pair).ok()?;
        let whole = pair.len() == 2 && pair.iter().all(u8::is_ascii_hexdigit);
        u8::from_str_radix(text, 16).ok().filter(|_| whole)
    });
    pairs.collect::<Option<Vec<u8>>>().filter(|bytes| !bytes.is_empty())
}

fn byte_string(word: &str, span: Span) -> Result<Constant> {
    if let Some(bytes) = hex_pairs(word) {
        return Ok(Constant::Bytes(bytes));
    }
    // One byte may be written as a number; a single digit is hexadecimal too.
    let lower = word.to_ascii_lowercase();
    let digits = lower.strip_prefix("0x").unwrap_or(&lower);
    if (1..=2).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        let byte = u8::from_str_radix(digits, 16).map_err(|_| wrong(span, "no byte"))?;
        return Ok(Constant::Bytes(vec![byte]));
    }
    let message = format!("`{word}` is no byte string");
    Err(wrong(span, message)
        .label("pairs of hexadecimal digits expected")
        .with_help(format!("bytes are written `08:00`, text is written \"{word}\"")))
}

fn ether(word: &str, span: Span, class: Class, field: &Field) -> Result<Constant> {
    let bytes = hex_pairs(word).ok_or_else(|| {
        not_a(word, span, class, field).with_help("Ethernet addresses are written `02:00:00:00:00:01`")
    })?;
    let count = bytes.len();
    match <[u8; 6]>::try_from(bytes) {
        Ok(address) => Ok(Constant::Ether(address)),
        Err(_) => {
            let message = format!("`{word}` is no Ethernet address: it has {count} bytes");
            Err(wrong(span, message)
                .label("6 bytes expected")
                .with_help(format!("to look for some of its bytes, write `{} contains {word}`", field.name)))
        }
    }
}

/// Splits `address/24` and reads the prefix length, at most `bits`.
fn prefix(word: &str, span: Span, bits: u32) -> Result<(&str, u32)> {
    let Some((address, length)) = word.split_once('/') else {
        return Ok((word, bits));
    };
    match length.parse() {
        Ok(length) if length <= bits => Ok((address, length)),
        _ => {
            let message = format!("a prefix length of {length} is too long");
            Err(wrong(span, message).label(format!("{bits} bits at most")))
        }
    }
}

fn no_address(word: &str, span: Span, class: Class, field: &Field) -> FilterError {
    let error = not_a(word, span, class, field);
    if word.starts_with(|first: char| first.is_ascii_alphabetic()) && !word.contains(':') {
        error.with_help("names of hosts are not looked up; write the address")
    } else {
        error
    }
}

fn ipv4(word: &str, span: Span, class: Class, field: &Field) -> Result<Constant> {
    let (address, length) = prefix(word, span, u32::BITS)?;
    let address: Ipv4Addr = address.parse().map_err(|_| no_address(word, span, class, field))?;
    let mask = u32::MAX.checked_shl(u32::BITS.saturating_sub(length)).unwrap_or(0);
    Ok(Constant::Ipv4 { net: address.to_bits() & mask, mask })
}

fn ipv6(word: &str, span: Span, class: Class, field: &Field) -> Result<Constant> {
    let (address, length) = prefix(word, span, u128::BITS)?;
    let address: Ipv6Addr = address.parse().map_err(|_| no_address(word, span, class, field))?;
    let mask = u128::MAX.checked_shl(u128::BITS.saturating_sub(length)).unwrap_or(0);
    Ok(Constant::Ipv6 { net: address.to_bits() & mask, mask })
}

/// Seconds since 1970, with up to nine digits behind the point, as Wireshark reads them.
fn time(word: &str, span: Span) -> Result<Constant> {
    let seconds = word.strip_suffix('s').unwrap_or(word);
    let digits = seconds.split_once('.').map_or(0, |(_, digits)| digits.len());
    match Timestamp::parse_epoch(seconds) {
        Ok(time) if digits <= 9 => Ok(Constant::Time(time)),
        Ok(_) => Err(wrong(span, format!("`{word}` is more exact than nanoseconds"))),
        Err(_) => Err(wrong(span, format!("`{word}` is no time"))
            .label("seconds since 1970 expected")
            .with_help("times are written `1700000000.5`")),
    }
}
