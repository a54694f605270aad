//! Pieces of text, appended to a string: what most lines are made of, without the machinery of formats.

use mbuf_trace::{Event, Kind, Position, Text};
use std::fmt::Write as _;

/// Appends a text from a capture as its `Display` shows it.
pub(crate) fn text(text: Text<'_>, out: &mut String) {
    let bytes = text.as_bytes();
    // Without a branch for each byte: nearly every text is plain.
    let is_plain = bytes.iter().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'[' | b']'..=b'~'));
    match std::str::from_utf8(bytes) {
        Ok(plain) if is_plain => out.push_str(plain),
        // Writing to a String cannot fail.
        _ => drop(write!(out, "{text}")),
    }
}

/// Appends a number in decimal digits.
pub(crate) fn number(number: impl itoa::Integer, out: &mut String) {
    out.push_str(itoa::Buffer::new().format(number));
}

/// Appends the last three decimal digits of a number.
pub(crate) fn three_digits(number: u64, out: &mut String) {
    for digit in [number / 100 % 10, number / 10 % 10, number % 10] {
        out.push(u32::try_from(digit).ok().and_then(|digit| char::from_digit(digit, 10)).unwrap_or_default());
    }
}

/// Appends a number with spaces before it that fill up the columns.
pub(crate) fn number_to_the_right(number: usize, columns: usize, out: &mut String) {
    let mut digits = itoa::Buffer::new();
    let digits = digits.format(number);
    spaces(columns.saturating_sub(digits.len()), out);
    out.push_str(digits);
}

/// Appends a number of things: `1 event`, `2 events`.
pub(crate) fn counted(count: usize, thing: &str, out: &mut String) {
    number(count, out);
    out.push(' ');
    out.push_str(thing);
    out.push_str(if count == 1 { "" } else { "s" });
}

/// Appends a position, `file:line`.
pub(crate) fn position(position: Position<'_>, out: &mut String) {
    text(position.file, out);
    out.push(':');
    number(position.line, out);
}

/// Appends so many spaces.
pub(crate) fn spaces(count: usize, out: &mut String) {
    const SPACES: &str = "                                                                ";
    match SPACES.get(..count) {
        Some(spaces) => out.push_str(spaces),
        None => out.extend(std::iter::repeat_n(' ', count)),
    }
}

/// The words of an event as [`Event::write_text`] gives them: its own where it has them, otherwise put together in the
/// scratch space. None where it has no words.
pub(crate) fn words<'a>(event: &Event<'a>, scratch: &'a mut Vec<u8>) -> Option<&'a [u8]> {
    match event.text {
        Some(text) if !matches!(event.kind, Kind::Data | Kind::Position | Kind::Unknown) => {
            Some(text.as_bytes())
        }
        _ => {
            scratch.clear();
            event.write_text(scratch).then_some(scratch)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_formats_show_them() {
        for bytes in
            [&b"plain [text]"[..], b"", b"back\\slash", b"\x1b[1m", b"a\xffb", "é\u{202e}".as_bytes()]
        {
            let mut out = String::new();
            text(Text(bytes), &mut out);
            assert_eq!(out, Text(bytes).to_string());
            out.clear();
            let place = Position { file: Text(bytes), line: 4_294_967_295 };
            position(place, &mut out);
            assert_eq!(out, place.to_string());
        }
        for count in [0, 1, 64, 65, 100] {
            let mut out = String::new();
            spaces(count, &mut out);
            assert_eq!(out, " ".repeat(count));
        }
        let mut out = String::new();
        counted(1, "byte", &mut out);
        counted(20, "event", &mut out);
        assert_eq!(out, "1 byte20 events");
    }
}
