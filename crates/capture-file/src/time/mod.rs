//! Points in time, exact at every resolution a capture can declare.
//!
//! pcap counts microseconds or nanoseconds; a pcapng interface may count in any 10⁻ⁿ or 2⁻ⁿ of a second with n up
//! to 127 and add an offset of whole seconds. Nothing here rounds unless the caller asks for another resolution.

mod civil;
mod fraction;
mod resolution;
mod text;

pub use resolution::Resolution;
pub use text::{Civil, Epoch, ParseTimestampError};

use fraction::Fraction;
use std::cmp::Ordering;
use std::time::SystemTime;

/// A point in time: whole seconds since 1970-01-01T00:00:00Z and ticks of a [`Resolution`] below one second.
///
/// Leap seconds do not count, as in POSIX. Two timestamps are equal when they name the same instant, whatever their
/// resolutions.
///
/// ```
/// use capture_file::{Resolution, Timestamp};
/// let half = Timestamp::new(1, 500_000, Resolution::MICROS);
/// assert_eq!(half, Timestamp::new(1, 1 << 62, Resolution::binary(63).unwrap()));
/// assert_eq!(half.to_string(), "1970-01-01T00:00:01.500000Z");
/// assert_eq!(half.epoch().to_string(), "1.500000");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Timestamp {
    seconds: i128,
    ticks: u64,
    resolution: Resolution,
}

/// In nanoseconds.
///
/// ```
/// use capture_file::Timestamp;
/// use std::time::{Duration, SystemTime};
///
/// let time = SystemTime::UNIX_EPOCH + Duration::new(1, 500);
/// assert_eq!(Timestamp::from(time).to_string(), "1970-01-01T00:00:01.000000500Z");
/// let before = SystemTime::UNIX_EPOCH - Duration::from_nanos(1);
/// assert_eq!(Timestamp::from(before).to_string(), "1969-12-31T23:59:59.999999999Z");
/// ```
impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => Self::new(after.as_secs().into(), after.subsec_nanos().into(), Resolution::NANOS),
            Err(error) => {
                let before = error.duration();
                // Rounded towards the past, so that what is left is not negative.
                let ticks = 1_000_000_000_u64.saturating_sub(before.subsec_nanos().into());
                let seconds = i128::from(before.as_secs()).saturating_add(1).saturating_neg();
                Self::new(seconds, ticks, Resolution::NANOS)
            }
        }
    }
}

impl Timestamp {
    /// The instant `ticks` of `resolution` after `seconds`. Ticks of a second and more carry over into the seconds,
    /// as in a pcap record whose microseconds field holds 1,000,000 or more.
    #[must_use]
    pub fn new(seconds: i128, ticks: u64, resolution: Resolution) -> Self {
        let (carry, ticks) = match resolution.ticks_per_second() {
            Some(units) if ticks >= units => {
                (ticks.checked_div(units).unwrap_or(0), ticks.checked_rem(units).unwrap_or(0))
            }
            // Less than a second, as ever when there are more units to a second than a u64 can count.
            _ => (0, ticks),
        };
        Self { seconds: seconds.saturating_add(i128::from(carry)), ticks, resolution }
    }

    /// The instant a pcapng block means: `ticks` since the epoch plus the interface's `if_tsoffset`.
    #[must_use]
    pub fn from_ticks(ticks: u64, resolution: Resolution, offset_seconds: i64) -> Self {
        Self::new(i128::from(offset_seconds), ticks, resolution)
    }

    /// Whole seconds since the epoch, rounded towards the past.
    #[must_use]
    pub fn seconds(&self) -> i128 {
        self.seconds
    }

    /// Ticks of [`resolution`](Self::resolution) since the last whole second.
    #[must_use]
    pub fn subsecond_ticks(&self) -> u64 {
        self.ticks
    }

    /// What a tick is.
    #[must_use]
    pub fn resolution(&self) -> Resolution {
        self.resolution
    }

    /// The same instant counted in another resolution, rounded towards the past, and whether nothing was lost.
    /// `None` when the ticks below a second do not fit 64 bits (a fraction at 10⁻²⁰ or 2⁻⁶⁵ and finer).
    #[must_use]
    pub fn to_resolution(&self, resolution: Resolution) -> Option<(Self, bool)> {
        if resolution == self.resolution {
            return Some((*self, true));
        }
        let (ticks, exact) = match (self.resolution.ticks_per_second(), resolution.ticks_per_second()) {
            (Some(from), Some(to)) => {
                let scaled = u128::from(self.ticks).checked_mul(u128::from(to))?;
                let from = u128::from(from);
                (u64::try_from(scaled.checked_div(from)?).ok()?, scaled.checked_rem(from)? == 0)
            }
            _ => self.fraction().to_ticks(resolution)?,
        };
        Some((Self { seconds: self.seconds, ticks, resolution }, exact))
    }

    /// All ticks of the timestamp's own resolution since the epoch; `None` when 127 bits do not hold them.
    #[must_use]
    pub fn ticks_since_epoch(&self) -> Option<i128> {
        let units = match self.resolution.ticks_per_second() {
            Some(units) => i128::from(units),
            None if self.seconds == 0 => 0,
            None => return None,
        };
        self.seconds.checked_mul(units)?.checked_add(i128::from(self.ticks))
    }

    /// The time from `earlier` to this instant, as the instant that is as long after the epoch; before the epoch where
    /// `earlier` is the later one. Exact for two decimal resolutions, or two binary ones, that 64 bits of ticks can
    /// tell apart; otherwise the difference of both in whole nanoseconds.
    ///
    /// ```
    /// use capture_file::{Resolution, Timestamp};
    /// let micros = Timestamp::new(7, 250_000, Resolution::MICROS);
    /// let nanos = Timestamp::new(6, 999_999_999, Resolution::NANOS);
    /// assert_eq!(micros.since(&nanos).epoch().to_string(), "0.250000001");
    /// assert_eq!(nanos.since(&micros).epoch().to_string(), "-0.250000001");
    /// ```
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let finer = match self.resolution.exponent() >= earlier.resolution.exponent() {
            true => self.resolution,
            false => earlier.resolution,
        };
        [finer, Resolution::NANOS]
            .into_iter()
            .find_map(|resolution| {
                let (end, end_exact) = self.to_resolution(resolution)?;
                let (start, start_exact) = earlier.to_resolution(resolution)?;
                let exact = end_exact && start_exact || resolution == Resolution::NANOS;
                end.ticks_after(&start).filter(|_| exact)
            })
            .unwrap_or(Self { seconds: self.seconds.saturating_sub(earlier.seconds), ..*self })
    }

    /// The difference of two timestamps of the same resolution.
    fn ticks_after(&self, earlier: &Self) -> Option<Self> {
        let seconds = self.seconds.saturating_sub(earlier.seconds);
        let (seconds, ticks) = match self.ticks.checked_sub(earlier.ticks) {
            Some(ticks) => (seconds, ticks),
            None => {
                let units = self.resolution.ticks_per_second()?;
                (seconds.saturating_sub(1), self.ticks.checked_add(units.checked_sub(earlier.ticks)?)?)
            }
        };
        Some(Self { seconds, ticks, resolution: self.resolution })
    }

    /// Whole nanoseconds since the epoch, rounded towards the past, and whether nothing was lost.
    #[must_use]
    pub fn nanoseconds(&self) -> (i128, bool) {
        let (nanos, exact) =
            self.to_resolution(Resolution::NANOS).map_or((0, false), |(time, exact)| (time.ticks, exact));
        (self.seconds.saturating_mul(1_000_000_000).saturating_add(i128::from(nanos)), exact)
    }

    fn fraction(&self) -> Fraction {
        Fraction::from_ticks(self.ticks, self.resolution)
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> Ordering {
        self.seconds.cmp(&other.seconds).then_with(|| {
            if self.resolution == other.resolution {
                return self.ticks.cmp(&other.ticks);
            }
            match (self.resolution.ticks_per_second(), other.resolution.ticks_per_second()) {
                (Some(a), Some(b)) => {
                    let left = u128::from(self.ticks).saturating_mul(u128::from(b));
                    left.cmp(&u128::from(other.ticks).saturating_mul(u128::from(a)))
                }
                _ => self.fraction().cmp(&other.fraction()),
            }
        })
    }
}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Timestamp {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Timestamp {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_timestamp() -> impl Strategy<Value = Timestamp> {
        (any::<i64>(), any::<u64>(), any::<u8>()).prop_map(|(offset, ticks, code)| {
            Timestamp::from_ticks(ticks, Resolution::from_code(code), offset)
        })
    }

    proptest! {
        #[test]
        fn text_round_trips(time in any_timestamp()) {
            let rfc: Timestamp = time.to_string().parse().unwrap();
            prop_assert_eq!(rfc, time);
            let epoch: Timestamp = time.epoch().to_string().parse().unwrap();
            prop_assert_eq!(epoch, time);
        }

        #[test]
        fn order_is_that_of_the_digits(a in any_timestamp(), b in any_timestamp()) {
            let same_second = Timestamp { seconds: a.seconds, ..b };
            prop_assert_eq!(a.cmp(&same_second), a.fraction().cmp(&same_second.fraction()));
            prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        }

        #[test]
        fn conversion_rounds_towards_the_past(time in any_timestamp(), code in any::<u8>()) {
            if let Some((converted, exact)) = time.to_resolution(Resolution::from_code(code)) {
                prop_assert!(converted <= time);
                prop_assert_eq!(converted == time, exact);
            }
        }
    }

    #[test]
    fn differences() {
        let table = [
            ("10.5", "10.25", "0.25"),
            ("10.25", "10.5", "-0.25"),
            ("0", "0", "0"),
            ("-1.5", "1.000001", "-2.500001"),
            ("3.000000001", "2", "1.000000001"),
            ("9.0000000000000000001", "8.9", "0.1000000000000000001"),
        ];
        for (end, start, expected) in table {
            let read = |text| Timestamp::parse_epoch(text).unwrap();
            let found = read(end).since(&read(start));
            assert_eq!(found, read(expected), "{end} - {start} is {}", found.epoch());
        }
        // A third of 2⁻⁶⁴ has no end in nanoseconds.
        let fine = Timestamp::new(5, 1, Resolution::from_code(0x80 | 64));
        assert_eq!(
            fine.since(&Timestamp::new(4, 0, Resolution::MICROS)),
            Timestamp::new(1, 1, fine.resolution)
        );
        assert_eq!(
            Timestamp::new(4, 1, Resolution::MICROS).since(&fine),
            Timestamp::new(-1, 1_000, Resolution::NANOS)
        );
    }

    proptest! {
        #[test]
        fn a_difference_turned_round(a in any_timestamp(), b in any_timestamp()) {
            let zero = Timestamp::new(0, 0, Resolution::NANOS);
            prop_assert_eq!(a.since(&a), zero);
            prop_assert_eq!(a.since(&zero), a);
            let there = a.since(&b).nanoseconds().0;
            prop_assert!((there + b.since(&a).nanoseconds().0).abs() <= 2);
        }
    }

    #[test]
    fn whole_seconds_carry_over() {
        let time = Timestamp::new(10, 3_000_001, Resolution::MICROS);
        assert_eq!((time.seconds(), time.subsecond_ticks()), (13, 1));
        let coarse = Timestamp::from_ticks(u64::MAX, Resolution::from_code(0), i64::MAX);
        assert_eq!(coarse.seconds(), i128::from(u64::MAX) + i128::from(i64::MAX));
        assert_eq!(coarse.ticks_since_epoch(), Some(coarse.seconds()));
    }

    #[test]
    fn fine_resolutions_never_reach_a_second() {
        for code in [20, 127, 0x80 | 64, 0x80 | 127] {
            let time = Timestamp::from_ticks(u64::MAX, Resolution::from_code(code), 5);
            assert_eq!((time.seconds(), time.subsecond_ticks()), (5, u64::MAX));
            assert!(time < Timestamp::new(6, 0, Resolution::MICROS));
            assert!(time > Timestamp::new(5, 0, Resolution::MICROS));
        }
        assert_eq!(Timestamp::new(-1, 999_999_999, Resolution::NANOS).nanoseconds(), (-1, true));
        let fine = Resolution::from_code(20);
        assert_eq!(Timestamp::new(0, u64::MAX, fine).ticks_since_epoch(), Some(i128::from(u64::MAX)));
        assert_eq!(Timestamp::new(1, 0, fine).ticks_since_epoch(), None);
    }
}
