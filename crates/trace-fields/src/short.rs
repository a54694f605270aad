//! Short texts that are put together first and written in one piece: addresses and hexadecimal numbers, of which most
//! lines about packets are made.

use std::net::Ipv4Addr;

/// Bytes of the longest: a number of 64 bits with `0x`, an Ethernet address and an IPv4 address are shorter.
const LONGEST: usize = 18;

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
        let mut text = Self::EMPTY;
        for (place, byte) in address.into_iter().enumerate() {
            if place > 0 {
                text.push(b':');
            }
            text.push(digit(byte >> 4));
            text.push(digit(byte & 0x0f));
        }
        text
    }

    /// `192.0.2.1`.
    pub(crate) fn ipv4(address: Ipv4Addr) -> Self {
        let mut text = Self::EMPTY;
        for (place, byte) in address.octets().into_iter().enumerate() {
            if place > 0 {
                text.push(b'.');
            }
            if byte >= 100 {
                text.push(digit(byte / 100));
            }
            if byte >= 10 {
                text.push(digit(byte / 10 % 10));
            }
            text.push(digit(byte % 10));
        }
        text
    }

    /// `0x0800`, with at least so many digits.
    pub(crate) fn hex(number: u64, digits: u32) -> Self {
        let mut text = Self::EMPTY;
        text.push(b'0');
        text.push(b'x');
        let needed = u64::BITS.saturating_sub(number.leading_zeros()).div_ceil(4);
        for place in (0..digits.max(needed)).rev() {
            let bits = number.checked_shr(place.saturating_mul(4)).unwrap_or_default() & 0x0f;
            text.push(digit(u8::try_from(bits).unwrap_or_default()));
        }
        text
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
        for number in (0..64).map(|bit| 1_u64 << bit).chain([0, 0xabc, u64::MAX]) {
            for (digits, width) in [(2_u32, 4), (4, 6), (6, 8), (8, 10), (16, 18)] {
                assert_eq!(Short::hex(number, digits).as_str(), format!("{number:#0width$x}"));
            }
        }
    }
}
