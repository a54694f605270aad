//! What one tick of a timestamp is.

use std::fmt;

/// The length of one tick: 10⁻ⁿ or 2⁻ⁿ of a second, n from 0 to 127.
///
/// Held as the byte of pcapng's `if_tsresol` option (draft-ietf-opsawg-pcapng, section 4.2): the top bit chooses
/// powers of two, the other seven are n.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Resolution(u8);

const BINARY: u8 = 0x80;

/// All that 64 bits hold. A table, because every packet's time needs one.
const POWERS_OF_TEN: [u64; 20] = {
    let mut powers = [1; 20];
    let mut rest: &mut [u64] = &mut powers;
    let mut power = 1_u64;
    while let [first, others @ ..] = rest {
        *first = power;
        power = power.wrapping_mul(10);
        rest = others;
    }
    powers
};

impl Resolution {
    /// 10⁻⁶ s: a pcap of the usual magic, and a pcapng interface that says nothing.
    pub const MICROS: Self = Self(6);
    /// 10⁻⁹ s.
    pub const NANOS: Self = Self(9);

    /// 10⁻ⁿ s; `None` for n above 127.
    #[must_use]
    pub fn decimal(exponent: u8) -> Option<Self> {
        (exponent < BINARY).then_some(Self(exponent))
    }

    /// 2⁻ⁿ s; `None` for n above 127.
    #[must_use]
    pub fn binary(exponent: u8) -> Option<Self> {
        (exponent < BINARY).then_some(Self(exponent | BINARY))
    }

    /// From the byte of an `if_tsresol` option; every value is a resolution.
    #[must_use]
    pub fn from_code(code: u8) -> Self {
        Self(code)
    }

    /// The byte of an `if_tsresol` option.
    #[must_use]
    pub fn code(self) -> u8 {
        self.0
    }

    /// The n of 10⁻ⁿ or 2⁻ⁿ; also the digits after the point that hold every tick exactly.
    #[must_use]
    pub fn exponent(self) -> u8 {
        self.0 & !BINARY
    }

    /// Whether a tick is a power of two.
    #[must_use]
    pub fn is_binary(self) -> bool {
        self.0 & BINARY != 0
    }

    /// Ticks in a second, when 64 bits hold them: up to 10⁻¹⁹ and 2⁻⁶³.
    #[must_use]
    pub fn ticks_per_second(self) -> Option<u64> {
        let exponent = self.exponent();
        if self.is_binary() {
            1_u64.checked_shl(exponent.into())
        } else {
            POWERS_OF_TEN.get(usize::from(exponent)).copied()
        }
    }
}

impl Default for Resolution {
    fn default() -> Self {
        Self::MICROS
    }
}

impl fmt::Display for Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.is_binary(), self.exponent()) {
            (false, 0) => f.write_str("1 s"),
            (false, 3) => f.write_str("1 ms"),
            (false, 6) => f.write_str("1 µs"),
            (false, 9) => f.write_str("1 ns"),
            (false, n) => write!(f, "10^-{n} s"),
            (true, n) => write!(f, "2^-{n} s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_per_second_at_the_edges() {
        for (code, ticks) in [
            (0, Some(1)),
            (6, Some(1_000_000)),
            (19, Some(10_000_000_000_000_000_000)),
            (20, None),
            (0x80, Some(1)),
            (0x80 | 63, Some(1 << 63)),
            (0x80 | 64, None),
            (0xff, None),
        ] {
            assert_eq!(Resolution::from_code(code).ticks_per_second(), ticks, "{code:#x}");
        }
    }

    #[test]
    fn constructors_stay_in_range() {
        assert_eq!(Resolution::decimal(128), None);
        assert_eq!(Resolution::binary(128), None);
        assert_eq!(Resolution::binary(127).map(Resolution::code), Some(0xff));
        assert_eq!(Resolution::from_code(0x8a).to_string(), "2^-10 s");
    }
}
