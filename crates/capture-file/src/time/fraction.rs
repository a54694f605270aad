//! The part of a second as decimal digits: every 10⁻ⁿ and every 2⁻ⁿ has at most n of them, so digits are exact where
//! fractions of two resolutions have no common denominator below 2⁴⁰⁰.

use super::Resolution;

/// Most digits after the point: n of a [`Resolution`].
pub(super) const MAX_DIGITS: usize = 127;

/// Digits after the decimal point, most significant first; those beyond a resolution's own are zero, so that the
/// derived order is that of the values.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fraction([u8; MAX_DIGITS]);

impl Fraction {
    /// `ticks` has to be below one second, which [`super::Timestamp`] sees to.
    pub(super) fn from_ticks(ticks: u64, resolution: Resolution) -> Self {
        let mut digits = [0; MAX_DIGITS];
        let count = usize::from(resolution.exponent());
        if resolution.is_binary() {
            // rest / 2^bits times ten is rest * 5 / 2^(bits - 1). The rest stays below 2^64 * 5^i and below
            // 2^(bits - i) after i digits, hence below 2^109.
            let mut rest = u128::from(ticks);
            let mut bits = u32::from(resolution.exponent());
            for digit in digits.iter_mut().take(count) {
                bits = bits.saturating_sub(1);
                rest = rest.wrapping_mul(5);
                let whole = rest.checked_shr(bits).unwrap_or(0);
                *digit = u8::try_from(whole).unwrap_or(0);
                rest = rest.wrapping_sub(whole.checked_shl(bits).unwrap_or(0));
            }
        } else {
            let mut rest = ticks;
            for digit in digits.iter_mut().take(count).rev() {
                *digit = u8::try_from(rest % 10).unwrap_or(0);
                rest /= 10;
            }
        }
        Self(digits)
    }

    /// From digits in a text; `None` beyond [`MAX_DIGITS`] unless the surplus is zeros.
    pub(super) fn from_digits(text: &[u8]) -> Option<Self> {
        let mut digits = [0; MAX_DIGITS];
        for (digit, character) in digits.iter_mut().zip(text) {
            *digit = character.checked_sub(b'0').filter(|digit| *digit < 10)?;
        }
        text.iter().skip(MAX_DIGITS).all(|&character| character == b'0').then_some(Self(digits))
    }

    pub(super) fn digits(&self) -> impl Iterator<Item = u8> {
        self.0.into_iter()
    }

    pub(super) fn is_zero(&self) -> bool {
        self.0.iter().all(|&digit| digit == 0)
    }

    /// One minus the fraction; zero stays zero.
    pub(super) fn complement(mut self) -> Self {
        let Some(last) = self.0.iter().rposition(|&digit| digit != 0) else {
            return self;
        };
        for (index, digit) in self.0.iter_mut().enumerate().take(last.saturating_add(1)) {
            let top = if index == last { 10_u8 } else { 9 };
            *digit = top.saturating_sub(*digit);
        }
        self
    }

    /// Ticks of `resolution`, rounded down, and whether nothing was lost; `None` when 64 bits do not hold them.
    pub(super) fn to_ticks(mut self, resolution: Resolution) -> Option<(u64, bool)> {
        let count = usize::from(resolution.exponent());
        let mut ticks = 0_u64;
        if resolution.is_binary() {
            for _ in 0..count {
                let mut carry = 0_u8;
                for digit in self.0.iter_mut().rev() {
                    let doubled = digit.wrapping_mul(2).wrapping_add(carry);
                    carry = u8::from(doubled >= 10);
                    *digit = doubled % 10;
                }
                ticks = ticks.checked_mul(2)?.checked_add(u64::from(carry))?;
            }
            return Some((ticks, self.is_zero()));
        }
        for &digit in self.0.iter().take(count) {
            ticks = ticks.checked_mul(10)?.checked_add(u64::from(digit))?;
        }
        Some((ticks, self.0.iter().skip(count).all(|&digit| digit == 0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(fraction: Fraction, digits: usize) -> String {
        fraction.digits().take(digits).map(|digit| char::from(b'0' + digit)).collect()
    }

    #[test]
    fn binary_digits_are_exact() {
        let cases: [(u64, u8, &str); 4] = [
            (1, 1, "5"),
            (1, 4, "0625"),
            (1023, 10, "9990234375"),
            (u64::MAX, 64, "9999999999999999999457898913757247782996273599565029144287109375"),
        ];
        for (ticks, bits, digits) in cases {
            let resolution = Resolution::binary(bits).unwrap();
            let fraction = Fraction::from_ticks(ticks, resolution);
            assert_eq!(text(fraction, usize::from(bits)), digits);
            assert_eq!(fraction.to_ticks(resolution), Some((ticks, true)));
        }
    }

    #[test]
    fn every_resolution_keeps_its_largest_and_smallest_tick() {
        for code in 0..=u8::MAX {
            let resolution = Resolution::from_code(code);
            let largest = resolution.ticks_per_second().map_or(u64::MAX, |units| units - 1);
            for ticks in [0, 1.min(largest), largest] {
                let fraction = Fraction::from_ticks(ticks, resolution);
                assert_eq!(fraction.to_ticks(resolution), Some((ticks, true)), "{code:#x}");
                assert!(fraction.complement().complement() == fraction, "{code:#x}");
            }
        }
    }
}
