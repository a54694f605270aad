//! Members of a JSON object, appended one by one: what is written of every event of a capture. The bytes are those that
//! serde would write by [`Harmless`](crate::json::Harmless), without its way over every letter of every key.

use crate::hex;
use serde::{Serialize, Serializer};
use std::fmt::{self, Write as _};

/// The members of an object. Its braces are the caller's.
pub(crate) struct Members<'o> {
    out: &'o mut Vec<u8>,
    begun: bool,
}

impl<'o> Members<'o> {
    /// The first members of an object.
    pub(crate) const fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, begun: false }
    }

    /// Appends a key; its value has to follow. It is printable ASCII without quotes and backslashes.
    pub(crate) fn key(&mut self, key: &'static str) -> &mut Vec<u8> {
        if std::mem::replace(&mut self.begun, true) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    pub(crate) fn number(&mut self, key: &'static str, number: impl itoa::Integer) {
        let mut buffer = itoa::Buffer::new();
        let digits = buffer.format(number);
        let out = self.key(key);
        if crate::json::is_large(digits) {
            hardly_ever(digits, out);
        } else {
            out.extend_from_slice(digits.as_bytes());
        }
    }

    pub(crate) fn null(&mut self, key: &'static str) {
        self.key(key).extend_from_slice(b"null");
    }

    /// Text from a capture. Bytes that are not UTF-8 become the replacement character.
    pub(crate) fn text(&mut self, key: &'static str, text: &[u8]) {
        string(text, self.key(key));
    }

    /// Bytes in hexadecimal.
    pub(crate) fn hex(&mut self, key: &'static str, bytes: &[u8]) {
        hex_string(bytes, self.key(key));
    }

    /// What this shows, which is printable ASCII without quotes and backslashes.
    pub(crate) fn shown(&mut self, key: &'static str, value: impl fmt::Display) {
        use std::io::Write as _;
        // Writing to a vector cannot fail.
        let _ = write!(self.key(key), "\"{value}\"");
    }

    /// Anything else.
    pub(crate) fn value(&mut self, key: &'static str, value: &impl Serialize) {
        let _ = crate::json::write(self.key(key), value);
    }
}

/// An integer that many programs would round, as a string.
#[cold]
fn hardly_ever(digits: &str, out: &mut Vec<u8>) {
    string(digits.as_bytes(), out);
}

/// Appends a string.
fn string(text: &[u8], out: &mut Vec<u8>) {
    // Without a branch for each byte: nearly every text is plain.
    let plain = |byte: u8| matches!(byte, b' ' | b'!' | b'#'..=b'[' | b']'..=b'~');
    if text.iter().fold(true, |all, byte| all & plain(*byte)) {
        out.push(b'"');
        out.extend_from_slice(text);
        out.push(b'"');
    } else {
        let _ = crate::json::write(out, &Lossy(text));
    }
}

/// Appends a string of hexadecimal digits.
pub(crate) fn hex_string(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    hex::push(bytes, out);
    out.push(b'"');
}

/// A string in which bytes that are not UTF-8 become the replacement character, without a copy of it.
struct Lossy<'a>(&'a [u8]);

impl fmt::Display for Lossy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            f.write_str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                f.write_char(char::REPLACEMENT_CHARACTER)?;
            }
        }
        Ok(())
    }
}

impl Serialize for Lossy<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    #[test]
    fn strings_as_serde_writes_them() {
        let all: Vec<u8> = (0..=u8::MAX).collect();
        let texts =
            all.iter().map(std::slice::from_ref).chain([&all[..], "é\u{202e}\u{1f600}\"".as_bytes(), b""]);
        for text in texts {
            let (mut ours, mut serdes) = (Vec::new(), Vec::new());
            string(text, &mut ours);
            let lossy: Cow<'_, str> = String::from_utf8_lossy(text);
            crate::json::write(&mut serdes, &lossy).unwrap();
            assert_eq!(ours, serdes, "{text:02x?}");
        }
    }

    #[test]
    fn members() {
        let mut out = vec![b'{'];
        let mut members = Members::new(&mut out);
        members.number("one", 1_u64);
        members.null("two");
        members.hex("three", &[0, 0xff]);
        members.shown("four", 4);
        members.value("five", &[5]);
        out.push(b'}');
        assert_eq!(out, br#"{"one":1,"two":null,"three":"00ff","four":"4","five":[5]}"#);
    }
}
