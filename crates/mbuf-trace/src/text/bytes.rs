//! Bytes of a text, eight at once: every text of a capture passes here.

/// Where the first byte is that `marks` marks with its highest bit: in a word whose lowest byte is the first. What it
/// marks above that byte is not looked at. Every text of a capture passes here, so it takes eight bytes at once.
#[inline]
pub(super) fn first_marked(text: &[u8], marks: impl Fn(u64) -> u64) -> Option<usize> {
    let place = |found: u64| usize::try_from(found.trailing_zeros() / 8).unwrap_or_default();
    let (words, _) = text.as_chunks::<8>();
    for (word, start) in words.iter().zip((0_usize..).step_by(8)) {
        let found = marks(u64::from_le_bytes(*word));
        if found != 0 {
            return start.checked_add(place(found));
        }
    }
    // What is left is looked at with what is before it, so that it fills a word.
    let (last, start) = match text.last_chunk() {
        Some(last) => (u64::from_le_bytes(*last), text.len().saturating_sub(8)),
        None => (short_word(text), 0),
    };
    start.checked_add(place(marks(last))).filter(|at| *at < text.len())
}

/// The word that begins with these fewer than eight bytes and goes on with zeros.
#[inline]
pub(super) fn short_word(bytes: &[u8]) -> u64 {
    let half = |bytes: &[u8; 4]| u64::from(u32::from_le_bytes(*bytes));
    match (bytes.first_chunk(), bytes.last_chunk()) {
        // Where the halves overlap, both have the same bytes.
        (Some(first), Some(last)) => {
            half(first) | half(last) << (bytes.len().saturating_sub(4) & 3).saturating_mul(8)
        }
        _ => bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

/// The highest bit of each byte of a word.
pub(super) const HIGHEST: u64 = all(0x80);

/// A word of this byte.
pub(super) const fn all(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Takes as much off each byte. The first of those below 128 that are less has its highest bit set then, and none
/// before it has.
pub(super) const fn less(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(all(limit))
}

/// A line number and what follows it: decimal, at least 1, without leading zeros, so that writing it gives the same
/// digits.
#[inline]
pub(super) fn decimal(text: &[u8]) -> Option<(u32, &[u8])> {
    if !matches!(text.first(), Some(b'1'..=b'9')) {
        return None;
    }
    let word = text.first_chunk().map_or_else(|| short_word(text), |first| u64::from_le_bytes(*first));
    // What a digit stands for; other bytes give 10 or more.
    let digits = word ^ all(b'0');
    let others = (digits.wrapping_add(all(0x80 - 10)) | digits) & HIGHEST;
    if others == 0 {
        return long_decimal(text);
    }
    let bits = others.trailing_zeros() & !7;
    let behind = text.get(usize::try_from(bits / 8).ok()?..)?;
    Some((eight_digits(digits.checked_shl(64_u32.wrapping_sub(bits))?), behind))
}

/// The number that eight digits stand for, of which the first is the lowest byte: neighbours are put together, ones to
/// tens, then hundreds, then ten thousands.
pub(super) const fn eight_digits(digits: u64) -> u32 {
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    let [a, b, c, d, ..] = fours.wrapping_mul(10_000).wrapping_add(fours >> 32).to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// The same for any number of digits, one after another.
#[cold]
pub(super) fn long_decimal(text: &[u8]) -> Option<(u32, &[u8])> {
    let (mut value, mut rest) = (0_u32, text);
    while let Some((digit @ b'0'..=b'9', behind)) = rest.split_first() {
        value = value.checked_mul(10)?.checked_add(u32::from(digit.wrapping_sub(b'0')))?;
        rest = behind;
    }
    Some((value, rest))
}
