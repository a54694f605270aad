//! Distributions: how many values fell into which bucket, and DTrace's picture of it.

use std::collections::BTreeMap;
use std::fmt;

/// Widest bar.
const BAR: u64 = 40;

/// Values by bucket. What a bucket's number means, the function says: the size of a power of two, or the
/// place in a [`Linear`] scale.
#[derive(Debug, Clone, Default)]
pub(super) struct Distribution {
    /// Buckets that have values, with how many.
    buckets: BTreeMap<i32, u64>,
}

impl Distribution {
    /// What one more bucket costs: the tree's nodes are at least half full.
    const BUCKET_BYTES: usize = 2 * size_of::<(i32, u64)>();
    /// What the first costs: a node with room for eleven.
    const FIRST_BUCKET_BYTES: usize = 11 * (size_of::<i32>() + size_of::<u64>()) + 32;

    /// The bucket of a value on DTrace's scale … −4, −2, −1, 0, 1, 2, 4 …: 0 for 0, n + 1 from 2ⁿ on, and
    /// −n − 1 from −2ⁿ downwards.
    pub(super) fn power_of_two(value: i128) -> i32 {
        let size = value.unsigned_abs().checked_ilog2().map_or(0, |log| log.saturating_add(1));
        let size = i32::try_from(size).unwrap_or(i32::MAX);
        if value < 0 { size.saturating_neg() } else { size }
    }

    /// The value that such a bucket begins with, which is the one nearest to zero.
    pub(super) fn power_of_two_label(bucket: i32) -> i128 {
        let Some(log) = bucket.unsigned_abs().checked_sub(1) else { return 0 };
        let size = 2_i128.checked_pow(log).unwrap_or(i128::MAX);
        if bucket < 0 { size.saturating_neg() } else { size }
    }

    /// The first and the last value of such a bucket, in rising order.
    pub(super) fn power_of_two_bounds(bucket: i32) -> (Option<i128>, Option<i128>) {
        let near = Self::power_of_two_label(bucket);
        // Up to one before twice as far from zero.
        let far = near.saturating_mul(2).saturating_sub(near.signum());
        (Some(near.min(far)), Some(near.max(far)))
    }

    /// Counts one value; false where a new bucket would need more than `room`.
    pub(super) fn add(&mut self, bucket: i32, room: &mut usize) -> bool {
        if let Some(count) = self.buckets.get_mut(&bucket) {
            *count = count.saturating_add(1);
            return true;
        }
        let needed = if self.buckets.is_empty() { Self::FIRST_BUCKET_BYTES } else { Self::BUCKET_BYTES };
        let Some(left) = room.checked_sub(needed) else { return false };
        *room = left;
        self.buckets.insert(bucket, 1);
        true
    }

    /// How many values there are.
    pub(super) fn total(&self) -> u64 {
        self.buckets.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Buckets that have values, in order, with how many.
    pub(super) fn buckets(&self) -> impl DoubleEndedIterator<Item = (i32, u64)> {
        self.buckets.iter().map(|(bucket, count)| (*bucket, *count))
    }
}

/// Equal buckets from `low` on, and one at each end for what is outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Linear {
    pub(super) low: i128,
    pub(super) step: i128,
    /// How many buckets of that width.
    pub(super) levels: i32,
}

impl Linear {
    /// Most buckets, as in DTrace.
    const MOST: i128 = 65_535;

    /// From `low` to `high` in steps.
    pub(super) fn new(low: i128, high: i128, step: i128) -> Result<Self, String> {
        if low >= high {
            return Err(format!("the upper bound, {high}, is not above the lower one, {low}"));
        }
        if step <= 0 {
            return Err(format!("the step, {step}, is not above 0"));
        }
        let levels = high.checked_sub(low).and_then(|range| range.checked_div(step)).unwrap_or_default();
        match i32::try_from(levels) {
            Ok(1..) if levels <= Self::MOST => {
                Ok(Self { low, step, levels: i32::try_from(levels).unwrap_or(i32::MAX) })
            }
            Ok(0) => Err(format!("the step, {step}, is wider than the range from {low} to {high}")),
            _ => Err(format!("{levels} buckets are more than {}", Self::MOST)),
        }
    }

    /// 0 for what is below, 1 for the first bucket.
    pub(super) fn bucket(&self, value: i128) -> i32 {
        let above = self.levels.saturating_add(1);
        match value.checked_sub(self.low) {
            Some(over) if over >= 0 => {
                let level = over.checked_div(self.step).unwrap_or_default();
                i32::try_from(level).map_or(above, |level| level.saturating_add(1).min(above))
            }
            None if value > 0 => above,
            _ => 0,
        }
    }

    /// The value that a bucket begins with.
    pub(super) fn begin(&self, bucket: i32) -> i128 {
        self.low.saturating_add(i128::from(bucket.saturating_sub(1)).saturating_mul(self.step))
    }

    /// The first and the last value of a bucket.
    pub(super) fn bounds(&self, bucket: i32) -> (Option<i128>, Option<i128>) {
        let begin = (bucket > 0).then(|| self.begin(bucket));
        let end = (bucket <= self.levels).then(|| self.begin(bucket.saturating_add(1)).saturating_sub(1));
        (begin, end)
    }

    fn label(&self, bucket: i32) -> String {
        if bucket == 0 {
            format!("< {}", self.low)
        } else if bucket > self.levels {
            format!(">= {}", self.begin(bucket))
        } else {
            self.begin(bucket).to_string()
        }
    }
}

/// A distribution as DTrace prints it: from one empty bucket before the first value to one after the last,
/// each with a bar for its share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Picture<'a> {
    pub(super) distribution: &'a Distribution,
    pub(super) linear: Option<&'a Linear>,
}

impl fmt::Display for Picture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = "------------- Distribution -------------";
        writeln!(f, "\n{:>16} {title:>41} {:<9}", "value", "count")?;
        let mut counted = self.distribution.buckets().peekable();
        let first = counted.peek().map(|(first, _)| *first);
        let (Some(first), Some((last, _))) = (first, self.distribution.buckets().next_back()) else {
            return Ok(());
        };
        let (lowest, highest) = match self.linear {
            Some(linear) => (0, linear.levels.saturating_add(1)),
            None => (i32::MIN, i32::MAX),
        };
        let (first, last) = (first.saturating_sub(1).max(lowest), last.saturating_add(1).min(highest));
        let total = u128::from(self.distribution.total()).max(1);
        for bucket in first..=last {
            let count = counted.next_if(|(at, _)| *at == bucket).map_or(0, |(_, count)| count);
            // count·40/total to the nearest, without a fraction.
            let share =
                u128::from(count).saturating_mul(u128::from(BAR).saturating_mul(2)).saturating_add(total);
            let bar = share.checked_div(total.saturating_mul(2)).and_then(|bar| usize::try_from(bar).ok());
            let bar = "@".repeat(bar.unwrap_or_default());
            let label = match self.linear {
                Some(linear) => linear.label(bucket),
                None => Distribution::power_of_two_label(bucket).to_string(),
            };
            writeln!(f, "{label:>16} |{bar:<40} {count:<9}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[i128], linear: Option<&Linear>) -> Distribution {
        let mut distribution = Distribution::default();
        for value in values {
            let bucket = linear.map_or_else(|| Distribution::power_of_two(*value), |of| of.bucket(*value));
            assert!(distribution.add(bucket, &mut 1_000_000));
        }
        distribution
    }

    #[test]
    fn powers_of_two() {
        // Value, and the label of its row as dtrace_aggregate_quantize() in FreeBSD's dtrace.c puts it.
        let table = [
            (0, 0),
            (1, 1),
            (2, 2),
            (3, 2),
            (4, 4),
            (1023, 512),
            (1024, 1024),
            (-1, -1),
            (-2, -2),
            (-3, -2),
            (-4, -4),
            (i128::from(u64::MAX), 1 << 63),
            (i128::from(i64::MIN), -(1 << 63)),
            (i128::from(i64::MIN) + 1, -(1 << 62)),
            (i128::MAX, 1 << 126),
            (i128::MIN, i128::MIN + 1),
        ];
        for (value, label) in table {
            assert_eq!(Distribution::power_of_two_label(Distribution::power_of_two(value)), label, "{value}");
        }
    }

    #[test]
    fn pictures() {
        let values = [0, 1, 1, 2, 3, 100, -1, -5, i128::from(u64::MAX)];
        let sizes = of(&values, None);
        let linear = Linear::new(0, 4, 2).unwrap();
        let levels = of(&values, Some(&linear));
        insta::assert_snapshot!(format!(
            "{}{}",
            Picture { distribution: &sizes, linear: None },
            Picture { distribution: &levels, linear: Some(&linear) }
        ));
    }

    #[test]
    fn linear_scales() {
        let scale = Linear::new(-10, 10, 5).unwrap();
        let labels: Vec<String> = (0..=5).map(|bucket| scale.label(bucket)).collect();
        assert_eq!(labels, ["< -10", "-10", "-5", "0", "5", ">= 10"]);
        let table =
            [(i128::MIN, 0), (-11, 0), (-10, 1), (-1, 2), (0, 3), (9, 4), (10, 5), (11, 5), (i128::MAX, 5)];
        for (value, bucket) in table {
            assert_eq!(scale.bucket(value), bucket, "{value}");
        }
        let huge = Linear::new(i128::from(i64::MIN), 0, 1 << 50).unwrap();
        assert_eq!(huge.bucket(i128::MAX), huge.levels + 1);
        for (low, high, step) in [(1, 1, 1), (2, 1, 1), (0, 10, 0), (0, 10, -1), (0, 10, 11), (0, 65_536, 1)]
        {
            assert!(Linear::new(low, high, step).is_err(), "{low} {high} {step}");
        }
        assert!(Linear::new(0, 65_535, 1).is_ok());
    }

    #[test]
    fn without_room_no_bucket_is_made() {
        let mut distribution = Distribution::default();
        let mut room = Distribution::FIRST_BUCKET_BYTES;
        assert!(distribution.add(1, &mut room));
        assert!(!distribution.add(2, &mut room));
        assert!(distribution.add(1, &mut room));
        assert_eq!(distribution.buckets().collect::<Vec<_>>(), [(1, 2)]);
    }
}
