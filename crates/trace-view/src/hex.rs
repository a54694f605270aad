//! Bytes as hexadecimal digits, both ways, without a buffer in between.

use serde::{Serialize, Serializer};
use std::convert::Infallible;
use std::fmt;

/// Shows bytes as lower-case digits, two each, and serialises as such a string.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

/// Bytes whose digits are made in one go.
const AT_ONCE: usize = 64;

/// Calls `write` with the digits, some at a time.
fn digits_of<E>(bytes: &[u8], mut write: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
    let mut digits = [0; 2 * AT_ONCE];
    bytes.chunks(AT_ONCE).try_for_each(|chunk| {
        for (pair, byte) in digits.chunks_exact_mut(2).zip(chunk) {
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 0x0f)]);
        }
        write(digits.get(..chunk.len().saturating_mul(2)).unwrap_or_default())
    })
}

/// Appends the digits of these bytes.
pub(crate) fn push(bytes: &[u8], out: &mut Vec<u8>) {
    let Ok(()) = digits_of(bytes, |digits| {
        out.extend_from_slice(digits);
        Ok::<_, Infallible>(())
    });
}

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        digits_of(self.0, |digits| f.write_str(std::str::from_utf8(digits).unwrap_or_default()))
    }
}

impl Serialize for Hex<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The digit of a number below 16.
const fn digit(value: u8) -> u8 {
    match value {
        0..=9 => b'0'.wrapping_add(value),
        _ => b'a'.wrapping_sub(10).wrapping_add(value),
    }
}

/// Appends what the digits say; none where they are not digits in pairs.
pub(crate) fn decode(digits: &str, out: &mut Vec<u8>) -> Option<()> {
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let pairs = digits.as_bytes().chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    for pair in pairs {
        let [high, low] = *pair else { return None };
        out.push((value(high)? << 4) | value(low)?);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let bytes: Vec<u8> = (0..=255).chain(0..77).collect();
        let digits = Hex(&bytes).to_string();
        assert!(digits.starts_with("000102030405060708090a0b0c0d0e0f10"));
        let mut back = Vec::new();
        assert_eq!(decode(&digits, &mut back), Some(()));
        assert_eq!(back, bytes);
        for bad in ["0", "0g", "é", "+1"] {
            assert_eq!(decode(bad, &mut Vec::new()), None, "{bad}");
        }
    }
}
