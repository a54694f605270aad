//! Timestamps as text: RFC 3339 in UTC, and seconds since the epoch.

use super::civil::{Date, date_of, days_of};
use super::fraction::{Fraction, MAX_DIGITS};
use super::{Resolution, Timestamp};
use std::fmt;
use std::str::FromStr;

const SECONDS_PER_DAY: i128 = 86_400;

/// A date of the Gregorian calendar and a time of day, both in UTC. Made by [`Timestamp::civil`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// The year; 0 is 1 BC.
    pub year: i128,
    /// From 1.
    pub month: u8,
    /// From 1.
    pub day: u8,
    /// Up to 23.
    pub hour: u8,
    /// Up to 59.
    pub minute: u8,
    /// Up to 59: leap seconds do not count.
    pub second: u8,
}

impl Timestamp {
    /// Its date and time of day in UTC.
    #[must_use]
    pub fn civil(&self) -> Civil {
        let Date { year, month, day } = date_of(self.seconds.div_euclid(SECONDS_PER_DAY));
        let second = u32::try_from(self.seconds.rem_euclid(SECONDS_PER_DAY)).unwrap_or_default();
        let small = |number: u32| u8::try_from(number).unwrap_or(u8::MAX);
        Civil {
            year,
            month: small(month),
            day: small(day),
            hour: small(second / 3600),
            minute: small(second / 60 % 60),
            second: small(second % 60),
        }
    }
}

/// RFC 3339 in UTC with every digit of the resolution: six for microseconds, nine for nanoseconds, n for 10⁻ⁿ and
/// 2⁻ⁿ, no point for whole seconds. A year outside 0000–9999 has a sign, as in ISO 8601's expanded form.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Civil { year, month, day, hour, minute, second } = self.civil();
        match u8::try_from(year.div_euclid(100)) {
            // In one piece: every packet that is shown has a time.
            Ok(century @ ..100) => {
                let year = u8::try_from(year.rem_euclid(100)).unwrap_or_default();
                let [[a, b], [c, d]] = [digits_of(century), digits_of(year)];
                f.write_str(std::str::from_utf8(&[a, b, c, d]).unwrap_or_default())?;
            }
            _ => write!(f, "{year:+05}")?,
        }
        let mut rest = *b"-00-00T00:00:00";
        let places = rest.chunks_exact_mut(3);
        for (place, number) in places.zip([month, day, hour, minute, second]) {
            if let [_, digits @ ..] = place {
                digits.copy_from_slice(&digits_of(number));
            }
        }
        f.write_str(std::str::from_utf8(&rest).unwrap_or_default())?;
        write_fraction(f, &self.fraction(), self.resolution)?;
        f.write_str("Z")
    }
}

/// Shows a timestamp as `seconds.fraction` since the epoch, with every digit of its resolution. Made by
/// [`Timestamp::epoch`].
#[derive(Clone, Copy, Debug)]
pub struct Epoch(Timestamp);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fraction = self.0.fraction();
        let mut seconds = self.0.seconds;
        if seconds < 0 {
            f.write_str("-")?;
            // Minus two seconds and a quarter later is -1.75.
            if !fraction.is_zero() {
                fraction = fraction.complement();
                seconds = seconds.saturating_add(1);
            }
        }
        write!(f, "{}", seconds.unsigned_abs())?;
        write_fraction(f, &fraction, self.0.resolution)
    }
}

fn write_fraction(f: &mut fmt::Formatter<'_>, fraction: &Fraction, resolution: Resolution) -> fmt::Result {
    let count = usize::from(resolution.exponent());
    if count == 0 {
        return Ok(());
    }
    let mut text = [b'.'; 1 + MAX_DIGITS];
    for (character, digit) in text.iter_mut().skip(1).zip(fraction.digits().take(count)) {
        *character = b'0'.saturating_add(digit);
    }
    let digits = text.get(..count.saturating_add(1)).and_then(|digits| std::str::from_utf8(digits).ok());
    f.write_str(digits.unwrap_or_default())
}

/// The digits of a number below 100.
const fn digits_of(number: u8) -> [u8; 2] {
    [b'0'.saturating_add(number / 10 % 10), b'0'.saturating_add(number % 10)]
}

/// A text is not a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseTimestampError {
    /// Neither `2024-01-31T12:00:00.5Z` nor `1706702400.5`.
    #[error(
        "not a time: give 2024-01-31T12:00:00.5Z, an offset as +02:00 in place of Z, or seconds since 1970 as 1706702400.5"
    )]
    Syntax,
    /// A 30th of February, a 25th hour.
    #[error("no such date or time of day")]
    Range,
    /// More digits after the point than a resolution can hold.
    #[error("too many digits after the point: 64 bits of ticks do not hold them")]
    Precision,
}

impl Timestamp {
    /// Shows the timestamp as seconds since the epoch, `-0.250000` a quarter of a second before it.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        Epoch(*self)
    }

    /// Reads RFC 3339 text: `T` or a space between date and time, `Z` or an offset at the end, any number of digits
    /// after the second, a sign before years of more than four digits. A leap second is the same as the first second of
    /// the next day.
    ///
    /// # Errors
    /// On any other text, dates that do not exist, and fractions that need more than 64 bits.
    pub fn parse_rfc3339(text: &str) -> Result<Self, ParseTimestampError> {
        use ParseTimestampError::{Range, Syntax};
        let (signed, unsigned) = match text.strip_prefix(['+', '-']) {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (year, rest) = unsigned.split_once('-').ok_or(Syntax)?;
        if year.len() < 4 || (!signed && year.len() != 4) {
            return Err(Syntax);
        }
        let year: i128 = number(year)?;
        let year = if text.starts_with('-') { year.saturating_neg() } else { year };
        let (date, clock) = rest.split_once(['T', 't', ' ']).ok_or(Syntax)?;
        let (month, day) = date.split_once('-').ok_or(Syntax)?;
        let (clock, zone) = match clock.strip_suffix(['Z', 'z']) {
            Some(clock) => (clock, 0),
            None => {
                let at = clock.rfind(['+', '-']).ok_or(Syntax)?;
                let (clock, zone) = clock.split_at_checked(at).ok_or(Syntax)?;
                (clock, zone_seconds(zone)?)
            }
        };
        let (clock, fraction) = match clock.split_once('.') {
            Some((_, "")) => return Err(Syntax),
            Some((clock, fraction)) => (clock, fraction),
            None => (clock, ""),
        };
        let mut parts = clock.split(':');
        let mut part = || two_digits(parts.next().ok_or(Syntax)?);
        let (hour, minute, second) = (part()?, part()?, part()?);
        if parts.next().is_some() {
            return Err(Syntax);
        }
        if hour > 23 || minute > 59 || second > 60 {
            return Err(Range);
        }
        let days = days_of(&Date { year, month: two_digits(month)?, day: two_digits(day)? }).ok_or(Range)?;
        let of_day =
            [(hour, 3600_i128), (minute, 60), (second, 1)].iter().fold(0_i128, |sum, &(value, weight)| {
                sum.saturating_add(weight.saturating_mul(i128::from(value)))
            });
        let seconds = days.saturating_mul(SECONDS_PER_DAY).saturating_add(of_day).saturating_sub(zone);
        let time = from_parts(seconds, fraction, false)?;
        // A leap second ends a month of UTC, and is the first of the next in a clock that has none.
        let ends_a_month = || seconds.rem_euclid(SECONDS_PER_DAY) == 0 && time.civil().day == 1;
        if second == 60 && !ends_a_month() {
            return Err(Range);
        }
        Ok(time)
    }

    /// Reads seconds since the epoch: an optional sign, digits, and digits after a point.
    ///
    /// # Errors
    /// On any other text and on fractions that need more than 64 bits.
    pub fn parse_epoch(text: &str) -> Result<Self, ParseTimestampError> {
        use ParseTimestampError::Syntax;
        let negative = text.starts_with('-');
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((_, "")) => return Err(Syntax),
            Some(parts) => parts,
            None => (unsigned, ""),
        };
        from_parts(number(whole)?, fraction, negative)
    }
}

/// Reads either form; see [`Timestamp::parse_rfc3339`] and [`Timestamp::parse_epoch`].
impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains(':') { Self::parse_rfc3339(text) } else { Self::parse_epoch(text) }
    }
}

fn number(text: &str) -> Result<i128, ParseTimestampError> {
    if text.is_empty() || !text.bytes().all(|character| character.is_ascii_digit()) {
        return Err(ParseTimestampError::Syntax);
    }
    // 30 digits: beyond what a capture can hold, and far from the ends of i128 in all sums above.
    if text.len() > 30 {
        return Err(ParseTimestampError::Range);
    }
    text.parse().map_err(|_| ParseTimestampError::Syntax)
}

fn two_digits(text: &str) -> Result<u32, ParseTimestampError> {
    let value = number(text)?;
    if text.len() != 2 {
        return Err(ParseTimestampError::Syntax);
    }
    u32::try_from(value).map_err(|_| ParseTimestampError::Syntax)
}

fn zone_seconds(text: &str) -> Result<i128, ParseTimestampError> {
    let negative = text.starts_with('-');
    let (hours, minutes) =
        text.get(1..).and_then(|text| text.split_once(':')).ok_or(ParseTimestampError::Syntax)?;
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    if hours > 23 || minutes > 59 {
        return Err(ParseTimestampError::Range);
    }
    let seconds =
        i128::from(hours).saturating_mul(3600).saturating_add(i128::from(minutes).saturating_mul(60));
    Ok(if negative { seconds.saturating_neg() } else { seconds })
}

/// `negative` turns the sign of the whole, fraction included.
fn from_parts(seconds: i128, digits: &str, negative: bool) -> Result<Timestamp, ParseTimestampError> {
    if !digits.bytes().all(|character| character.is_ascii_digit()) {
        return Err(ParseTimestampError::Syntax);
    }
    let mut fraction = Fraction::from_digits(digits.as_bytes()).ok_or(ParseTimestampError::Precision)?;
    let mut seconds = seconds;
    if negative {
        seconds = seconds.saturating_neg();
        if !fraction.is_zero() {
            fraction = fraction.complement();
            seconds = seconds.saturating_sub(1);
        }
    }
    let exponent = u8::try_from(digits.len().min(MAX_DIGITS)).unwrap_or(u8::MAX);
    // A text of more digits than 64 bits hold can still be an exact power of two: those print n digits for 2⁻ⁿ.
    let (ticks, resolution) = [Resolution::decimal(exponent), Resolution::binary(exponent)]
        .into_iter()
        .flatten()
        .find_map(|resolution| match fraction.to_ticks(resolution) {
            Some((ticks, true)) => Some((ticks, resolution)),
            _ => None,
        })
        .ok_or(ParseTimestampError::Precision)?;
    Ok(Timestamp { seconds, ticks, resolution })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_every_digit() {
        let nanos = Resolution::NANOS;
        for (seconds, ticks, resolution, rfc, epoch) in [
            (0, 0, Resolution::from_code(0), "1970-01-01T00:00:00Z", "0"),
            (1_700_000_000, 5, Resolution::MICROS, "2023-11-14T22:13:20.000005Z", "1700000000.000005"),
            (-1, 999_999_999, nanos, "1969-12-31T23:59:59.999999999Z", "-0.000000001"),
            (-2, 250_000_000, nanos, "1969-12-31T23:59:58.250000000Z", "-1.750000000"),
            (-3, 0, nanos, "1969-12-31T23:59:57.000000000Z", "-3.000000000"),
            (0, 1, Resolution::from_code(0x84), "1970-01-01T00:00:00.0625Z", "0.0625"),
            (253_402_300_800, 0, Resolution::from_code(1), "+10000-01-01T00:00:00.0Z", "253402300800.0"),
            (-62_167_219_201, 0, Resolution::from_code(0), "-0001-12-31T23:59:59Z", "-62167219201"),
        ] {
            let time = Timestamp::new(seconds, ticks, resolution);
            assert_eq!(time.to_string(), rfc);
            assert_eq!(time.epoch().to_string(), epoch);
            assert_eq!(rfc.parse(), Ok(time));
            assert_eq!(epoch.parse(), Ok(time));
        }
    }

    #[test]
    fn reads_offsets_and_spaces() {
        let time = Timestamp::new(1_700_000_000, 5, Resolution::from_code(1));
        for text in
            ["2023-11-15T00:13:20.5+02:00", "2023-11-14 20:43:20.50-01:30", "1700000000.5", "+1700000000.500"]
        {
            assert_eq!(text.parse(), Ok(time), "{text}");
        }
    }

    #[test]
    fn reads_leap_seconds() {
        for (text, same) in [
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
            ("2016-12-31T23:59:60.25Z", "2017-01-01T00:00:00.25Z"),
            ("1990-12-31T15:59:60-08:00", "1991-01-01T00:00:00Z"),
            ("2015-07-01T01:59:60+02:00", "2015-07-01T00:00:00Z"),
        ] {
            assert_eq!(Timestamp::parse_rfc3339(text), Timestamp::parse_rfc3339(same), "{text}");
        }
        for text in ["2016-12-31T23:59:61Z", "2016-12-31T22:59:60Z", "2016-12-30T23:59:60Z"] {
            assert_eq!(Timestamp::parse_rfc3339(text), Err(ParseTimestampError::Range), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_time() {
        use ParseTimestampError::{Precision, Range, Syntax};
        for (text, error) in [
            ("", Syntax),
            ("-", Syntax),
            ("1.", Syntax),
            (".5", Syntax),
            ("1e9", Syntax),
            ("2023-11-14T22:13:20", Syntax),
            ("2023-11-14T22:13:20.Z", Syntax),
            ("223-11-14T22:13:20Z", Syntax),
            ("12023-11-14T22:13:20Z", Syntax),
            ("2023-1-14T22:13:20Z", Syntax),
            ("2023-11-14T22:13:20:00Z", Syntax),
            ("2023-11-14T22:13:20+2:00", Syntax),
            ("2023-02-30T22:13:20Z", Range),
            ("2023-02-03T24:00:00Z", Range),
            ("2023-02-03T23:60:00Z", Range),
            ("2023-02-03T23:59:60Z", Range),
            ("2023-02-03T23:59:59+24:00", Range),
            ("2023-02-03T23:59:59-00:60", Range),
            ("1.123456789012345678901", Precision),
            ("1234567890123456789012345678901", Range),
        ] {
            assert_eq!(Timestamp::from_str(text), Err(error), "{text}");
        }
    }
}
