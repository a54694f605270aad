//! Pieces of text, appended to a string: what most lines are made of, without the machinery of formats.

use mbuf_trace::{Event, Kind, Position, Snapshot, Text};
use std::fmt;

/// What text is appended to.
pub(crate) trait Page: fmt::Write {
    /// All that is there.
    fn as_bytes(&self) -> &[u8];
    /// Leaves out what is behind so many bytes.
    fn truncate(&mut self, length: usize);
    /// Appends a text.
    fn push_str(&mut self, text: &str);
    /// Appends printable ASCII.
    fn push_plain(&mut self, text: &[u8]);
}

impl Page for String {
    fn as_bytes(&self) -> &[u8] {
        self.as_bytes()
    }

    fn truncate(&mut self, length: usize) {
        self.truncate(length);
    }

    fn push_str(&mut self, text: &str) {
        self.push_str(text);
    }

    fn push_plain(&mut self, text: &[u8]) {
        self.push_str(std::str::from_utf8(text).unwrap_or_default());
    }
}

/// A string in the making. That it is one is found out at the end, once for all that was appended.
#[derive(Debug)]
pub(crate) struct Draft(Vec<u8>);

impl From<String> for Draft {
    fn from(text: String) -> Self {
        Self(text.into_bytes())
    }
}

impl Draft {
    /// The string.
    pub(crate) fn finish(self) -> String {
        // Nothing else can be appended.
        String::from_utf8(self.0).unwrap_or_default()
    }
}

impl fmt::Write for Draft {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_str(text);
        Ok(())
    }
}

impl Page for Draft {
    fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }

    fn push_str(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    fn push_plain(&mut self, text: &[u8]) {
        self.0.extend_from_slice(text);
    }
}

/// Appends a text from a capture as its `Display` shows it.
pub(crate) fn text(text: Text<'_>, out: &mut impl Page) {
    let bytes = text.as_bytes();
    match is_plain(bytes) {
        true => out.push_plain(bytes),
        // Writing to a page cannot fail.
        false => drop(write!(out, "{text}")),
    }
}

/// Whether all of it is printable ASCII that needs no escape.
fn is_plain(bytes: &[u8]) -> bool {
    /// Bytes that are looked at together, without a branch for each: nearly every text is plain.
    const WORD: usize = 8;
    let plain = |plain: bool, byte: &u8| plain & matches!(byte, b' '..=b'[' | b']'..=b'~');
    match bytes.last_chunk::<WORD>() {
        // The last word may have bytes that the words before it have.
        Some(last) => {
            let (words, _) = bytes.as_chunks::<WORD>();
            words.iter().chain([last]).all(|word| word.iter().fold(true, plain))
        }
        None => bytes.iter().fold(true, plain),
    }
}

/// Appends a number in decimal digits.
pub(crate) fn number(number: impl itoa::Integer, out: &mut impl Page) {
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
pub(crate) fn counted(count: usize, thing: &str, out: &mut impl Page) {
    number(count, out);
    out.push_str(" ");
    out.push_str(thing);
    out.push_str(if count == 1 { "" } else { "s" });
}

/// Appends that it is a snapshot, and how long: `data, 98 bytes`, `data, 128 of 1242 bytes` where the kernel cut it.
pub(crate) fn data(snapshot: &Snapshot<'_>, out: &mut impl Page) {
    out.push_str("data, ");
    let whole = snapshot.whole_len();
    if whole > snapshot.recorded_len() {
        number(snapshot.bytes.len(), out);
        out.push_str(" of ");
        return counted(whole, "byte", out);
    }
    counted(snapshot.bytes.len(), "byte", out);
}

/// Appends a position, `file:line`.
pub(crate) fn position(position: Position<'_>, out: &mut impl Page) {
    text(position.file, out);
    out.push_str(":");
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

/// An error number by its name in FreeBSD, or as `errno 1000` where it has none.
pub(crate) struct ErrorName(pub(crate) u16);

impl fmt::Display for ErrorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match mbuf_trace::Errno(self.0).name() {
            Some(name) => f.write_str(name),
            None => write!(f, "errno {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_formats_show_them() {
        let hostile = [&b"back\\slash"[..], b"back\\", b"\x1b[1m", b"a\xffb", "é\u{202e}".as_bytes()];
        for bytes in
            hostile.into_iter().chain([&b"plain [text]"[..], b"plain", b"", b"a text of some length: \x7f"])
        {
            let mut out = String::new();
            text(Text(bytes), &mut out);
            assert_eq!(out, Text(bytes).to_string());
            out.clear();
            let place = Position { file: Text(bytes), line: 4_294_967_295 };
            position(place, &mut out);
            assert_eq!(out, place.to_string());
            let mut draft = Draft::from(String::from("é"));
            text(Text(bytes), &mut draft);
            assert_eq!(draft.finish(), format!("é{}", Text(bytes)));
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
