//! JSON whose strings do no harm on a terminal.
//!
//! JSON itself makes a program escape only the C0 controls. Here, DEL, C1 controls and whatever else
//! [`is_unsafe`](mbuf_trace::text::is_unsafe) names are escaped too, so that a file can be looked at with
//! `cat`. The strings are the same to any program that reads them.
//!
//! Many programs, jq 1.6 and JavaScript among them, read numbers as doubles, which hold no more than 53 bits. An integer
//! beyond that is written as a string of its digits, so that it stays what it is.

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;
use std::io::{self, Write};

/// Writes strings as the module says; everything else on one line without spaces.
#[derive(Debug, Clone, Copy, Default)]
pub struct Harmless;

/// The largest integer that every program reads as what it is: 2^53.
pub const MAX_NUMBER: u64 = 1 << 53;

/// Whether so many digits, a sign before them or not, are of an integer beyond [`MAX_NUMBER`].
pub(crate) fn is_large(digits: &str) -> bool {
    const MAX: &str = "9007199254740992";
    let digits = digits.strip_prefix('-').unwrap_or(digits);
    digits.len() > MAX.len() || digits.len() == MAX.len() && digits > MAX
}

/// Writes an integer, as a string where it is large.
fn integer<W: ?Sized + Write>(out: &mut W, value: impl itoa::Integer) -> io::Result<()> {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(value);
    if is_large(digits) { write!(out, "\"{digits}\"") } else { out.write_all(digits.as_bytes()) }
}

impl Formatter for Harmless {
    fn write_u64<W: ?Sized + Write>(&mut self, out: &mut W, value: u64) -> io::Result<()> {
        integer(out, value)
    }

    fn write_i64<W: ?Sized + Write>(&mut self, out: &mut W, value: i64) -> io::Result<()> {
        integer(out, value)
    }

    fn write_u128<W: ?Sized + Write>(&mut self, out: &mut W, value: u128) -> io::Result<()> {
        integer(out, value)
    }

    fn write_i128<W: ?Sized + Write>(&mut self, out: &mut W, value: i128) -> io::Result<()> {
        integer(out, value)
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        // Without a branch for each byte: nearly every fragment is plain.
        if fragment.bytes().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~')) {
            return out.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((at, letter)) =
            rest.char_indices().find(|(_, letter)| mbuf_trace::text::is_unsafe(*letter))
        {
            let (clean, tail) = rest.split_at_checked(at).unwrap_or_default();
            out.write_all(clean.as_bytes())?;
            let mut units = [0; 2];
            for unit in letter.encode_utf16(&mut units) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = tail.get(letter.len_utf8()..).unwrap_or_default();
        }
        out.write_all(rest.as_bytes())
    }
}

/// Writes a value as one line of JSON, without the line's end.
///
/// # Errors
///
/// When the output fails.
pub fn write<W: Write>(out: &mut W, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(out, Harmless)).map_err(io::Error::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_that_no_double_holds_are_strings() {
        let table: [(i128, &str); 8] = [
            (0, "0"),
            (-1, "-1"),
            (1 << 53, "9007199254740992"),
            ((1 << 53) + 1, "\"9007199254740993\""),
            (-(1 << 53), "-9007199254740992"),
            (-(1 << 53) - 1, "\"-9007199254740993\""),
            (u64::MAX.into(), "\"18446744073709551615\""),
            (i128::MIN, "\"-170141183460469231731687303715884105728\""),
        ];
        for (number, expected) in table {
            let mut out = Vec::new();
            write(&mut out, &number).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected);
            if let Ok(number) = u64::try_from(number) {
                let mut out = Vec::new();
                write(&mut out, &number).unwrap();
                let mut members = Vec::new();
                crate::members::Members::new(&mut members).number("n", number);
                assert_eq!(String::from_utf8(out).unwrap(), expected);
                assert_eq!(String::from_utf8(members).unwrap(), format!("\"n\":{expected}"));
            }
        }
    }

    #[test]
    fn escapes_what_a_terminal_would_obey() {
        let hostile = "a\x1b[31m\u{9b}1m\x7f\u{202e}é\u{1f600}\"\\\n";
        let mut out = Vec::new();
        write(&mut out, &hostile).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "\"a\\u001b[31m\\u009b1m\\u007f\\u202eé\u{1f600}\\\"\\\\\\n\"");
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), hostile);
    }
}
