//! Which packets a command looks at: by number, by time, by filter.

use capture_file::{Packet, Resolution, Timestamp};
use std::str::FromStr;
use trace_filter::read_date;

/// A number as large as this is more likely seconds since 1970 than a packet's: a day of 1973.
const OLDEST_SECONDS: u64 = 100_000_000;

/// `A..B`: packets by number or by time, both ends included; `A` is the packet of this number alone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Range {
    from: Option<Bound>,
    to: Option<Bound>,
    /// As it was asked for; empty where it was not.
    text: String,
}

#[derive(Debug, Clone, PartialEq)]
enum Bound {
    Number(u64),
    Time(Timestamp),
}

impl Range {
    /// The packets of these numbers.
    pub(crate) fn of_numbers(from: u64, to: Option<u64>) -> Self {
        Self { from: Some(Bound::Number(from)), to: to.map(Bound::Number), text: String::new() }
    }

    /// Whether the packet is in the range. One without a time is in no range of times.
    pub(crate) fn contains(&self, packet: &Packet<'_>) -> bool {
        let after = match &self.from {
            None => true,
            Some(Bound::Number(number)) => packet.number >= *number,
            Some(Bound::Time(time)) => packet.time.is_some_and(|at| at >= *time),
        };
        let before = match &self.to {
            None => true,
            Some(Bound::Number(number)) => packet.number <= *number,
            Some(Bound::Time(time)) => packet.time.is_some_and(|at| at <= *time),
        };
        after && before
    }

    /// What to say where no packet was in it, of `packets` that were captured from and to these times; none where it was
    /// not asked for.
    pub(crate) fn why_empty(&self, packets: u64, times: Option<(Timestamp, Timestamp)>) -> Option<String> {
        if self.text.is_empty() {
            return None;
        }
        let mut why = format!("no packet is in the range {}: there are packets 1 to {packets}", self.text);
        if let Some((first, last)) = times {
            why += &format!(", captured from {first} to {last}");
        }
        let as_time = |bound: &Option<Bound>| match bound {
            Some(Bound::Number(number)) if *number >= OLDEST_SECONDS && *number > packets => {
                Some(Timestamp::new((*number).into(), 0, Resolution::from_code(0)).to_string())
            }
            _ => None,
        };
        if let Some(time) = as_time(&self.from).or_else(|| as_time(&self.to)) {
            why += &format!("; a number is a packet's number: those seconds since 1970 are `{time}`");
        }
        Some(why)
    }

    /// Whether no packet of this number or a later one can be in the range.
    pub(crate) fn is_over(&self, number: u64) -> bool {
        matches!(self.to, Some(Bound::Number(last)) if number > last)
    }
}

impl FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let (from, to) = match text.split_once("..") {
            Some(ends) => ends,
            None if is_number(text) => (text, text),
            None => return Err("a range is A..B, A.. or ..B, or the number of one packet".to_owned()),
        };
        let bound = |text: &str| -> Result<Option<Bound>, String> {
            if text.is_empty() {
                return Ok(None);
            }
            if is_number(text) {
                return text
                    .parse()
                    .map(|number| Some(Bound::Number(number)))
                    .map_err(|_| format!("no packet has so large a number as {text}"));
            }
            let time = Timestamp::parse_rfc3339(text).ok();
            if let Some(time) = time.or_else(|| read_date(text)) {
                return Ok(Some(Bound::Time(time)));
            }
            let like = match Timestamp::parse_epoch(text) {
                Ok(time) => format!("seconds since 1970 are written as {time}"),
                Err(_) => {
                    "times are written as 2026-01-12T09:30:16Z, or without `Z`, which is UTC, too".to_owned()
                }
            };
            Err(format!("`{text}` is neither a packet's number nor a time: {like}"))
        };
        let (from, to) = (bound(from)?, bound(to)?);
        match (&from, &to) {
            (Some(Bound::Number(0)), _) | (_, Some(Bound::Number(0))) => {
                Err("packets are numbered from 1".to_owned())
            }
            (Some(Bound::Time(from)), Some(Bound::Time(to))) if from > to => {
                Err("the range ends before it begins".to_owned())
            }
            (Some(Bound::Number(from)), Some(Bound::Number(to))) if from > to => {
                Err("the range ends before it begins".to_owned())
            }
            _ => Ok(Self { from, to, text: text.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (text, same) in [
            ("2026-01-12 09:30:16..", "2026-01-12T09:30:16Z.."),
            ("2026-01-12T09:30..2026-01-12T09:30:16", "2026-01-12T09:30:00Z..2026-01-12T09:30:16Z"),
            ("..2016-12-31T23:59:60Z", "..2017-01-01T00:00:00Z"),
            ("..2026-01-12T10:30:16.5+01:00", "..2026-01-12T09:30:16.5Z"),
        ] {
            let ends = |text: &str| text.parse::<Range>().map(|range| (range.from, range.to));
            assert!(ends(text).is_ok(), "{text}");
            assert_eq!(ends(text), ends(same), "{text}");
        }
        for good in ["1..2", "3..", "..4", "..", "2026-01-01T00:00:00Z..", "1..2026-01-01T00:00:00Z", "5"] {
            assert!(good.parse::<Range>().is_ok(), "{good}");
        }
        for bad in ["..0", "2026-01-02T00:00:00Z..2026-01-01T00:00:00Z", "2026-01-12T09:30:61Z..", "1.5.."] {
            assert!(bad.parse::<Range>().is_err(), "{bad}");
        }
        for bad in ["", "0", "0..", "2026-01-01T00:00:00Z", "3..2", "x..", "1-2", "99999999999999999999.."] {
            assert!(bad.parse::<Range>().is_err(), "{bad}");
        }
    }
}
