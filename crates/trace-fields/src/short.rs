//! Short texts that are put together first and written in one piece: addresses and hexadecimal numbers, of which most
//! lines about packets are made.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

/// Bytes of the longest: an IPv6 address.
const LONGEST: usize = 39;

/// A text of ASCII.
#[derive(Clone, Copy)]
pub(crate) struct Short {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Short {
    const EMPTY: Self = Self { bytes: [0; LONGEST], length: 0 };

    /// `02:00:00:00:00:ff`.
    pub(crate) fn ether(address: [u8; 6]) -> Self {
        let mut text = Self { length: 17, ..Self::EMPTY };
        for (place, byte) in text.bytes.chunks_mut(3).zip(address) {
            place.copy_from_slice(&[digit(byte >> 4), digit(byte & 0x0f), b':']);
        }
        text
    }

    /// `192.0.2.1`.
    pub(crate) fn ipv4(address: Ipv4Addr) -> Self {
        let mut text = Self::EMPTY;
        text.push_ipv4(address);
        text
    }

    /// `2001:db8::1`, as RFC 5952 recommends.
    pub(crate) fn ipv6(address: Ipv6Addr) -> Self {
        let mut text = Self::EMPTY;
        if let Some(address) = address.to_ipv4_mapped() {
            b"::ffff:".iter().for_each(|byte| text.push(*byte));
            text.push_ipv4(address);
            return text;
        }
        let groups = address.segments();
        let zeros = left_out(groups);
        for (place, group) in groups.into_iter().enumerate() {
            if zeros.contains(&place) {
                if place == zeros.start {
                    text.push(b':');
                    text.push(b':');
                }
                continue;
            }
            if place > 0 && place != zeros.end {
                text.push(b':');
            }
            text.push_hex(u64::from(group), 1);
        }
        text
    }

    fn push_ipv4(&mut self, address: Ipv4Addr) {
        for (place, byte) in address.octets().into_iter().enumerate() {
            if place > 0 {
                self.push(b'.');
            }
            if byte >= 100 {
                self.push(digit(byte / 100));
            }
            if byte >= 10 {
                self.push(digit(byte / 10 % 10));
            }
            self.push(digit(byte % 10));
        }
    }

    /// `0x0800`, with at least so many digits.
    pub(crate) fn hex(number: u64, digits: u32) -> Self {
        let mut text = Self::EMPTY;
        text.push(b'0');
        text.push(b'x');
        text.push_hex(number, digits);
        text
    }

    fn push_hex(&mut self, number: u64, digits: u32) {
        let needed = u64::BITS.saturating_sub(number.leading_zeros()).div_ceil(4);
        for place in (0..digits.max(needed)).rev() {
            let bits = number.checked_shr(place.saturating_mul(4)).unwrap_or_default() & 0x0f;
            self.push(digit(u8::try_from(bits).unwrap_or_default()));
        }
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
            self.length = self.length.saturating_add(1);
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..self.length).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

/// The groups that are left out: the most zeros in a row, the first of several such rows, of two at least.
fn left_out(groups: [u16; 8]) -> Range<usize> {
    let mut longest = 8..8;
    let mut row = 0..0;
    for (place, group) in groups.into_iter().enumerate() {
        let next = place.saturating_add(1);
        row = if group == 0 { row.start..next } else { next..next };
        if row.len() > longest.len().max(1) {
            longest = row.clone();
        }
    }
    longest
}

/// The digit of a number below 16.
const fn digit(value: u8) -> u8 {
    match value {
        0..=9 => b'0'.wrapping_add(value),
        _ => b'a'.wrapping_sub(10).wrapping_add(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_formats_show_them() {
        for byte in 0..=u8::MAX {
            let other = byte.wrapping_mul(7);
            let address = Ipv4Addr::new(byte, other, 0, 255);
            assert_eq!(Short::ipv4(address).as_str(), address.to_string());
            let shown = format!("{byte:02x}:{other:02x}:00:ff:0a:{byte:02x}");
            assert_eq!(Short::ether([byte, other, 0, 0xff, 0x0a, byte]).as_str(), shown);
        }
        // Every pattern of groups that are zero.
        for zeros in 0..=u8::MAX {
            let group = |place: u16| if zeros >> place & 1 == 1 { 0 } else { 0x0fff >> (place % 3 * 4) };
            let address = Ipv6Addr::from(std::array::from_fn::<_, 8, _>(|place| group(place as u16)));
            assert_eq!(Short::ipv6(address).as_str(), address.to_string());
        }
        for text in ["::ffff:192.0.2.255", "::192.0.2.1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"] {
            let address: Ipv6Addr = text.parse().unwrap();
            assert_eq!(Short::ipv6(address).as_str(), address.to_string());
        }
        for number in (0..64).map(|bit| 1_u64 << bit).chain([0, 0xabc, u64::MAX]) {
            for (digits, width) in [(2_u32, 4), (4, 6), (6, 8), (8, 10), (16, 18)] {
                assert_eq!(Short::hex(number, digits).as_str(), format!("{number:#0width$x}"));
            }
        }
    }
}
