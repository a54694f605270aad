//! Stretches of time of equal length, from the first packet on.

use std::fmt;
use std::str::FromStr;

/// How long a stretch of time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// Nanoseconds, above 0.
    nanoseconds: i64,
}

/// Units, the longest first, in nanoseconds.
const UNITS: [(&str, i64); 7] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

impl Interval {
    /// The number of the interval that is so many nanoseconds behind the start; the first one is 0.
    pub(super) fn number(self, nanoseconds: i128) -> i128 {
        nanoseconds.div_euclid(i128::from(self.nanoseconds))
    }

    /// Where the interval of this number begins, in nanoseconds behind the start.
    pub(super) fn begin(self, number: i128) -> i128 {
        number.saturating_mul(i128::from(self.nanoseconds))
    }

    /// How wide intervals are when they are shown, up to a thousand seconds: the width of those to come is not known.
    pub(super) fn width(self) -> usize {
        self.shown(self.number(999_000_000_000)).len()
    }

    /// The interval of this number, in seconds behind the start, with the digits that it needs.
    pub(super) fn shown(self, number: i128) -> String {
        let mut digits = 9_usize;
        let mut rest = self.nanoseconds;
        while digits > 0 && rest % 10 == 0 {
            rest /= 10;
            digits = digits.saturating_sub(1);
        }
        let seconds = |nanoseconds: i128| {
            let sign = if nanoseconds < 0 { "-" } else { "" };
            let size = nanoseconds.unsigned_abs();
            let (whole, part) = (size / 1_000_000_000, size % 1_000_000_000);
            let part = format!("{part:09}");
            match part.get(..digits).filter(|part| !part.is_empty()) {
                Some(part) => format!("{sign}{whole}.{part}"),
                None => format!("{sign}{whole}"),
            }
        };
        let end = self.begin(number.saturating_add(1));
        format!("{} <> {}", seconds(self.begin(number)), seconds(end))
    }
}

/// A number, which may have a decimal point, and a unit: d, h, m, s, ms, us or ns; without one, seconds.
impl FromStr for Interval {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{}` is no length of time like 1s, 0.5s or 100ms", text.escape_debug());
        let digits = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
        let (number, unit) = text.split_at_checked(digits.unwrap_or(text.len())).ok_or_else(wrong)?;
        let unit = if unit.is_empty() { "s" } else { unit };
        let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() || part.len() > 9 {
            return Err(wrong());
        }
        let mut nanoseconds: i64 = whole.parse().map_err(|_| wrong())?;
        nanoseconds = nanoseconds.checked_mul(*factor).ok_or_else(wrong)?;
        let mut place = *factor;
        for digit in part.bytes() {
            // Of a nanosecond there are no tenths.
            if digit == b'.' || place % 10 != 0 {
                return Err(wrong());
            }
            place /= 10;
            let more = place.checked_mul(i64::from(digit.saturating_sub(b'0'))).ok_or_else(wrong)?;
            nanoseconds = nanoseconds.checked_add(more).ok_or_else(wrong)?;
        }
        if nanoseconds == 0 {
            return Err("an interval has to be longer than 0".into());
        }
        Ok(Self { nanoseconds })
    }
}

/// In the longest unit that needs no decimal point: `100ms`.
impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS.iter().find(|(_, factor)| self.nanoseconds.checked_rem(*factor) == Some(0));
        let (unit, factor) = whole.unwrap_or(&("ns", 1));
        write!(f, "{}{unit}", self.nanoseconds.checked_div(*factor).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let table = [
            ("1s", "1s", "0 <> 1"),
            ("1", "1s", "0 <> 1"),
            ("100ms", "100ms", "0.0 <> 0.1"),
            ("0.25", "250ms", "0.00 <> 0.25"),
            ("1.5s", "1500ms", "0.0 <> 1.5"),
            ("10us", "10us", "0.00000 <> 0.00001"),
            ("1.5us", "1500ns", "0.0000000 <> 0.0000015"),
            ("90s", "90s", "0 <> 90"),
            ("120s", "2m", "0 <> 120"),
            ("36h", "36h", "0 <> 129600"),
            ("2d", "2d", "0 <> 172800"),
        ];
        for (text, shown, first) in table {
            let interval: Interval = text.parse().unwrap();
            assert_eq!((interval.to_string().as_str(), interval.shown(0).as_str()), (shown, first));
            assert_eq!(interval.to_string().parse(), Ok(interval));
        }
        assert_eq!("100ms".parse::<Interval>().unwrap().shown(-15), "-1.5 <> -1.4");
        for bad in [
            "",
            "s",
            "0",
            "0s",
            "-1s",
            "1.s.",
            "1..5",
            ".5",
            "1x",
            "1 s",
            "1.5ns",
            "99999999999d",
            "１s",
            "1e3",
        ] {
            assert!(bad.parse::<Interval>().is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers() {
        let interval: Interval = "1s".parse().unwrap();
        let table =
            [(0, 0), (999_999_999, 0), (1_000_000_000, 1), (-1, -1), (i128::MAX, i128::MAX / 1_000_000_000)];
        for (nanoseconds, number) in table {
            assert_eq!(interval.number(nanoseconds), number);
        }
    }
}
