//! Which packets a command looks at: by number, by time, by filter.

use capture_file::{Packet, Timestamp};
use std::str::FromStr;

/// `A..B`: packets by number or by time, both ends included; `A` is the packet of this number alone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Range {
    from: Option<Bound>,
    to: Option<Bound>,
}

#[derive(Debug, Clone, PartialEq)]
enum Bound {
    Number(u64),
    Time(Timestamp),
}

impl Range {
    /// The packets of these numbers.
    pub(crate) fn of_numbers(from: u64, to: Option<u64>) -> Self {
        Self { from: Some(Bound::Number(from)), to: to.map(Bound::Number) }
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
                    .map_err(|error| error.to_string());
            }
            let time = Timestamp::parse_rfc3339(text);
            time.map(|time| Some(Bound::Time(time)))
                .map_err(|_| format!("`{text}` is neither a packet's number nor an RFC 3339 time"))
        };
        let (from, to) = (bound(from)?, bound(to)?);
        match (&from, &to) {
            (Some(Bound::Number(0)), _) => Err("packets are numbered from 1".to_owned()),
            (Some(Bound::Number(from)), Some(Bound::Number(to))) if from > to => {
                Err("the range ends before it begins".to_owned())
            }
            _ => Ok(Self { from, to }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for good in ["1..2", "3..", "..4", "..", "2026-01-01T00:00:00Z..", "1..2026-01-01T00:00:00Z", "5"] {
            assert!(good.parse::<Range>().is_ok(), "{good}");
        }
        for bad in ["", "0", "0..", "2026-01-01T00:00:00Z", "3..2", "x..", "1-2", "99999999999999999999.."] {
            assert!(bad.parse::<Range>().is_err(), "{bad}");
        }
    }
}
