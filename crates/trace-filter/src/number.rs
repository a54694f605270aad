//! Numbers as Wireshark reckons with them: 32 or 64 bits wide, unsigned until something negative comes out.

use std::cmp::Ordering;

/// A number: its bits, how wide it is, and whether it has a sign.
///
/// Fields give unsigned numbers, 64 bits wide only where the field is. What an operation gives is as wide as
/// its left side; the bits of the right side are taken as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number {
    bits: u64,
    wide: bool,
    signed: bool,
}

/// An operation on numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    And,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Number {
    /// An unsigned number.
    pub(crate) const fn unsigned(value: u64, wide: bool) -> Self {
        Self { bits: value, wide, signed: false }
    }

    /// The number, unless it is too large for its width.
    fn fit(value: i128, wide: bool, signed: bool) -> Option<Self> {
        let bits = match (wide, signed) {
            (false, false) => u64::from(u32::try_from(value).ok()?),
            (false, true) => u64::from(i32::try_from(value).ok()?.cast_unsigned()),
            (true, false) => u64::try_from(value).ok()?,
            (true, true) => i64::try_from(value).ok()?.cast_unsigned(),
        };
        Some(Self { bits, wide, signed })
    }

    /// What the bits mean for a number of this kind.
    fn read(self, wide: bool, signed: bool) -> i128 {
        // The lower half of the bits is what a narrow number is made of.
        #[allow(clippy::cast_possible_truncation, reason = "the lower half is meant")]
        let narrow = self.bits as u32;
        match (wide, signed) {
            (false, false) => i128::from(narrow),
            (false, true) => i128::from(narrow.cast_signed()),
            (true, false) => i128::from(self.bits),
            (true, true) => i128::from(self.bits.cast_signed()),
        }
    }

    /// The number.
    pub(crate) fn value(self) -> i128 {
        self.read(self.wide, self.signed)
    }

    pub(crate) fn is_signed(self) -> bool {
        self.signed
    }

    /// How this stands to the other; none where this cannot be compared with it: something unsigned with
    /// something negative, or the other way round with more than 63 bits.
    pub(crate) fn compare(self, other: Self) -> Option<Ordering> {
        let other = other.value();
        let comparable = if self.signed { other <= i128::from(i64::MAX) } else { other >= 0 };
        comparable.then(|| self.value().cmp(&other))
    }

    /// Its negative, which has a sign; none where that is too large.
    pub(crate) fn negative(self) -> Option<Self> {
        if self.signed {
            // The least number is its own negative.
            let value = self.value().checked_neg()?;
            return Self::fit(value, self.wide, true).or(Some(self));
        }
        Self::fit(self.value(), self.wide, true)?;
        Self::fit(self.value().checked_neg()?, self.wide, true)
    }

    /// The result; none where it is too large or divided by zero.
    pub(crate) fn reckon(self, operation: Operation, other: Self) -> Option<Self> {
        let Self { wide, signed, .. } = self;
        let (left, right) = (self.value(), other.read(wide, signed));
        let value = match operation {
            Operation::And => left & right,
            Operation::Add => left.checked_add(right)?,
            Operation::Subtract if !signed && right > left => {
                // Both sides and the difference have to fit with a sign.
                Self::fit(left, wide, true)?;
                Self::fit(right, wide, true)?;
                return Self::fit(left.checked_sub(right)?, wide, true);
            }
            Operation::Subtract => left.checked_sub(right)?,
            Operation::Multiply => left.checked_mul(right)?,
            Operation::Divide => left.checked_div(right)?,
            Operation::Remainder => {
                Self::fit(left.checked_div(right)?, wide, signed)?;
                left.checked_rem(right)?
            }
        };
        Self::fit(value, wide, signed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn narrow(value: u64) -> Number {
        Number::unsigned(value, false)
    }

    fn shown(number: Option<Number>) -> String {
        number.map_or("-".into(), |number| {
            format!("{}{}", number.value(), if number.is_signed() { "s" } else { "u" })
        })
    }

    #[test]
    fn reckoning() {
        let minus_one = narrow(1).negative().unwrap();
        let least = narrow(0).reckon(Operation::Subtract, narrow(0x7fff_ffff)).unwrap();
        let least = least.reckon(Operation::Subtract, narrow(1)).unwrap();
        let table = [
            (narrow(200), Operation::Add, narrow(100), "300u"),
            (narrow(0xffff_ffff), Operation::Add, narrow(1), "-"),
            (narrow(1), Operation::Subtract, narrow(4), "-3s"),
            (narrow(4), Operation::Subtract, narrow(1), "3u"),
            (narrow(1), Operation::Subtract, narrow(0x8000_0000), "-"),
            (narrow(7), Operation::Divide, narrow(2), "3u"),
            (narrow(7), Operation::Divide, narrow(0), "-"),
            (narrow(7), Operation::Remainder, narrow(0), "-"),
            (minus_one, Operation::Remainder, narrow(2), "-1s"),
            (minus_one, Operation::Add, narrow(3), "2s"),
            (minus_one, Operation::And, narrow(6), "6s"),
            // The bits of -1 are a large unsigned number.
            (narrow(3), Operation::Add, minus_one, "-"),
            (narrow(3), Operation::And, minus_one, "3u"),
            (least, Operation::Divide, minus_one, "-"),
            (least, Operation::Remainder, minus_one, "-"),
            (Number::unsigned(u64::MAX, true), Operation::And, narrow(0xff), "255u"),
            (narrow(0xff), Operation::And, Number::unsigned(u64::MAX, true), "255u"),
            (narrow(0x1_0000), Operation::Multiply, narrow(0x1_0000), "-"),
            (Number::unsigned(0x1_0000, true), Operation::Multiply, narrow(0x1_0000), "4294967296u"),
        ];
        for (left, operation, right, expected) in table {
            assert_eq!(shown(left.reckon(operation, right)), expected, "{left:?} {operation:?} {right:?}");
        }
        assert_eq!(shown(least.negative()), shown(Some(least)));
        assert_eq!(shown(narrow(0x8000_0000).negative()), "-");
    }

    #[test]
    fn comparing() {
        let minus = narrow(5).negative().unwrap();
        assert_eq!(narrow(5).compare(minus), None);
        assert_eq!(minus.compare(narrow(5)), Some(Ordering::Less));
        assert_eq!(minus.compare(Number::unsigned(u64::MAX, true)), None);
        assert_eq!(minus.compare(minus), Some(Ordering::Equal));
    }
}
