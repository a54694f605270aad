//! What is kept of the values of one function for one key.

use super::distribution::{Distribution, Linear};

/// The running result of a function.
#[derive(Debug, Clone)]
pub(super) enum Accumulator {
    Count(u64),
    Sum(Sum),
    Average(Sum),
    Min(Option<i128>),
    Max(Option<i128>),
    Distribution(Distribution),
}

/// A sum and of how many values it is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sum {
    pub(super) sum: i128,
    pub(super) count: u64,
}

/// Why a value was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotTaken {
    /// The sum would not fit into 128 bits.
    Overflow,
    /// Its bucket would need more memory than there is.
    NoRoom,
}

impl Accumulator {
    /// Takes a value, and of `room` the bytes that it needs beyond the accumulator itself.
    pub(super) fn add(
        &mut self,
        value: i128,
        linear: Option<&Linear>,
        room: &mut usize,
    ) -> Result<(), NotTaken> {
        match self {
            Self::Count(count) => *count = count.saturating_add(1),
            Self::Sum(sum) | Self::Average(sum) => {
                sum.sum = sum.sum.checked_add(value).ok_or(NotTaken::Overflow)?;
                sum.count = sum.count.saturating_add(1);
            }
            Self::Min(min) => *min = Some(min.map_or(value, |min| min.min(value))),
            Self::Max(max) => *max = Some(max.map_or(value, |max| max.max(value))),
            Self::Distribution(distribution) => {
                let bucket = linear.map_or_else(|| Distribution::power_of_two(value), |of| of.bucket(value));
                if !distribution.add(bucket, room) {
                    return Err(NotTaken::NoRoom);
                }
            }
        }
        Ok(())
    }

    /// Whether it has taken no value yet.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Count(count) => *count == 0,
            Self::Sum(sum) | Self::Average(sum) => sum.count == 0,
            Self::Min(value) | Self::Max(value) => value.is_none(),
            Self::Distribution(distribution) => distribution.total() == 0,
        }
    }

    /// What rows are sorted by, as a fraction: of a distribution, how many values there are.
    fn rank(&self) -> (i128, u64) {
        match self {
            Self::Count(count) => (i128::from(*count), 1),
            Self::Sum(sum) => (sum.sum, 1),
            Self::Average(sum) => (sum.sum, sum.count.max(1)),
            Self::Min(value) | Self::Max(value) => (value.unwrap_or_default(), 1),
            Self::Distribution(distribution) => (i128::from(distribution.total()), 1),
        }
    }

    /// How two results of one function stand to each other.
    pub(super) fn compare(&self, other: &Self) -> std::cmp::Ordering {
        let ((left, by), (right, other_by)) = (self.rank(), other.rank());
        if by == other_by {
            return left.cmp(&right);
        }
        // a/b and c/d by their whole parts, then by what is left: (a mod b)·d and (c mod d)·b fit.
        let (by, other_by) = (i128::from(by), i128::from(other_by));
        left.div_euclid(by).cmp(&right.div_euclid(other_by)).then_with(|| {
            let rest = |of: i128, by: i128, times: i128| of.rem_euclid(by).saturating_mul(times);
            rest(left, by, other_by).cmp(&rest(right, other_by, by))
        })
    }
}

impl Sum {
    /// The average, as near as 64 bits of floating point come.
    #[expect(clippy::cast_precision_loss, reason = "an average has to be rounded")]
    pub(super) fn average(&self) -> f64 {
        self.sum as f64 / self.count.max(1) as f64
    }

    /// The average in thousandths, rounded to the nearest, halves away from zero.
    pub(super) fn average_in_thousandths(&self) -> i128 {
        let count = i128::from(self.count.max(1));
        let whole = self.sum.checked_div(count).unwrap_or_default();
        let rest = self.sum.checked_rem(count).unwrap_or_default();
        // The rest is below 2⁶⁴ in size, so this fits.
        let doubled = rest.saturating_mul(2000).saturating_add(count.saturating_mul(rest.signum()));
        let thousandths = doubled.checked_div(count.saturating_mul(2)).unwrap_or_default();
        whole.saturating_mul(1000).saturating_add(thousandths)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cmp::Ordering;

    #[test]
    fn averages() {
        let table = [
            (10, 4, 2500),
            (10, 3, 3333),
            (20, 3, 6667),
            (-20, 3, -6667),
            (-10, 4, -2500),
            (1, 2000, 1),
            (-1, 2000, -1),
            (0, 5, 0),
            (i128::from(u64::MAX), 1, i128::from(u64::MAX) * 1000),
        ];
        for (sum, count, expected) in table {
            assert_eq!(Sum { sum, count }.average_in_thousandths(), expected, "{sum} / {count}");
        }
    }

    #[test]
    fn averages_compare_as_fractions() {
        let average = |sum, count| Accumulator::Average(Sum { sum, count });
        let table = [
            ((1, 3), (1, 2), Ordering::Less),
            ((-1, 3), (-1, 2), Ordering::Greater),
            ((2, 4), (1, 2), Ordering::Equal),
            ((i128::MAX, u64::MAX), (i128::MAX, u64::MAX - 1), Ordering::Less),
            ((i128::MIN, 1), (i128::MAX, u64::MAX), Ordering::Less),
        ];
        for ((sum, count), (other, others), expected) in table {
            assert_eq!(average(sum, count).compare(&average(other, others)), expected, "{sum}/{count}");
        }
    }

    #[test]
    fn a_sum_that_overflows_stays_what_it_was() {
        let mut sum = Accumulator::Sum(Sum { sum: i128::MAX - 1, count: 7 });
        let mut room = 0;
        assert_eq!(sum.add(1, None, &mut room), Ok(()));
        assert_eq!(sum.add(1, None, &mut room), Err(NotTaken::Overflow));
        assert!(matches!(sum, Accumulator::Sum(Sum { sum: i128::MAX, count: 8 })));
    }
}
