//! What a payload looks like.

use crate::snapshot::looks_like_a_packet;

/// Whether a payload is text as the kernel writes it: UTF-8 without control characters, one NUL at its end.
pub(super) fn is_text(payload: &[u8]) -> bool {
    payload.strip_suffix(b"\0").is_some_and(|text| !text.is_empty() && is_printable(text))
}

/// UTF-8 without control characters but white space. The last character may be cut.
pub(super) fn is_printable(text: &[u8]) -> bool {
    // In pieces, so that a packet is told from a text by its first bytes, and without a branch for each byte.
    let (pieces, rest) = text.as_chunks::<16>();
    let plain = |piece: &[u8]| piece.iter().fold(true, |all, byte| all & matches!(byte, b' '..=b'~'));
    if plain(rest) && pieces.iter().all(|piece| plain(piece)) {
        return true;
    }
    if text.iter().any(|byte| is_harmful(*byte)) {
        return false;
    }
    let valid = match core::str::from_utf8(text) {
        Ok(valid) => valid,
        Err(error) if error.error_len().is_none() => text
            .get(..error.valid_up_to())
            .and_then(|valid| core::str::from_utf8(valid).ok())
            .unwrap_or_default(),
        Err(_) => return false,
    };
    !valid.chars().any(|letter| letter.is_control() && !letter.is_whitespace())
}

/// Whether a byte is a control character of ASCII, and no white space.
pub(super) const fn is_harmful(byte: u8) -> bool {
    (byte < b' ' && !matches!(byte, b'\t'..=b'\r')) || byte == 0x7f
}

/// Whether a payload can be a packet: long enough for a header, and not text.
pub(super) fn may_be_a_packet(payload: &[u8]) -> bool {
    !is_text(payload)
        && (looks_like_a_packet(payload, payload.len()) || payload.len() >= 14 && !is_mostly_text(payload))
}

/// Whether most bytes are printable, as in a text with an odd byte or two.
fn is_mostly_text(payload: &[u8]) -> bool {
    let printable = payload.iter().filter(|byte| byte.is_ascii_graphic() || **byte == b' ').count();
    printable.saturating_mul(4) >= payload.len().saturating_mul(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_told_by_their_bytes_as_by_their_letters() {
        let slow = |text: &str| !text.chars().any(|letter| letter.is_control() && !letter.is_whitespace());
        for letter in (0..0x3000).filter_map(char::from_u32) {
            let mut text = [b'x'; 80];
            letter.encode_utf8(&mut text[70..]);
            let text = core::str::from_utf8(&text).unwrap();
            assert_eq!(is_printable(text.as_bytes()), slow(text), "{letter:?}");
        }
    }
}
