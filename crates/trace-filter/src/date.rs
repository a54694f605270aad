//! Dates in Wireshark's spellings: those of ISO 8601, and `Nov 14, 2023 22:13:25.5 UTC`. Without a zone, Wireshark
//! means local time; here it is UTC, as all output of the tool.

use capture_file::{Resolution, Timestamp};

/// Reads a date in any of the spellings that a filter knows, in UTC where it names no zone; none where the text is
/// something else, or there is no such day.
#[must_use]
pub fn read(text: &str) -> Option<Timestamp> {
    iso(text).or_else(|| legacy(text))
}

/// What is being read, from the front.
struct Reader<'a>(&'a str);

impl Reader<'_> {
    /// A number of one digit to `most`.
    fn number(&mut self, most: usize) -> Option<u32> {
        let count = self.0.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.0.split_at_checked(count)?;
        let number = digits.parse().ok()?;
        self.0 = rest;
        Some(number)
    }

    fn eat(&mut self, signs: &[char]) -> Option<char> {
        let sign = self.0.chars().next().filter(|sign| signs.contains(sign))?;
        self.0 = self.0.get(sign.len_utf8()..)?;
        Some(sign)
    }

    fn year(&mut self) -> Option<u32> {
        let before = self.0.len();
        self.number(4).filter(|_| before.checked_sub(self.0.len()) == Some(4))
    }

    /// Up to nine digits of a second, in nanoseconds.
    fn fraction(&mut self) -> Option<u64> {
        let count = self.0.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.0.split_at_checked(count)?;
        let significant = digits.trim_end_matches('0');
        if digits.is_empty() || significant.len() > 9 {
            return None;
        }
        self.0 = rest;
        format!("{significant:0<9}").parse().ok()
    }

    /// `22:13:25`, the later parts of which may be missing; how many there are.
    fn clock(&mut self) -> Option<([u32; 3], usize)> {
        let mut parts = [0; 3];
        let mut count = 0_usize;
        for part in &mut parts {
            if count > 0 && self.eat(&[':']).is_none() {
                break;
            }
            *part = self.number(2)?;
            count = count.saturating_add(1);
        }
        Some((parts, count))
    }
}

/// The instant, if there is such a day and time.
fn instant(date: [u32; 3], clock: [u32; 3], nanoseconds: u64, east: i128) -> Option<Timestamp> {
    let ([year, month, day], [hour, minute, second]) = (date, clock);
    let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
    let time = Timestamp::parse_rfc3339(&text).ok()?;
    Some(Timestamp::new(time.seconds().checked_sub(east)?, nanoseconds, Resolution::NANOS))
}

fn iso(text: &str) -> Option<Timestamp> {
    let mut reader = Reader(text);
    let year = reader.year()?;
    reader.eat(&['-'])?;
    let month = reader.number(2)?;
    reader.eat(&['-'])?;
    let day = reader.number(2)?;
    reader.eat(&['T', ' '])?;
    let (clock, count) = reader.clock().filter(|(_, count)| *count >= 2)?;
    let mut nanoseconds = 0;
    if count == 3 && reader.eat(&['.', ',']).is_some() {
        nanoseconds = reader.fraction().unwrap_or(0);
    }
    let mut east = 0;
    if let Some(sign) = reader.eat(&['Z', '+', '-'])
        && sign != 'Z'
    {
        let hours = i128::from(reader.number(2)?);
        reader.eat(&[':']);
        let minutes = i128::from(reader.number(2).unwrap_or(0));
        east = hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?;
        if sign == '-' {
            east = east.checked_neg()?;
        }
    }
    reader.0.is_empty().then(|| instant([year, month, day], clock, nanoseconds, east)).flatten()
}

fn legacy(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = |name: &str| MONTHS.iter().position(|month| month.eq_ignore_ascii_case(name));
    let named =
        text.split_at_checked(3).and_then(|(name, rest)| Some((month(name)?, rest.strip_prefix(' ')?)));
    let mut reader = Reader(text);
    let (date, clock, count);
    if let Some((month, rest)) = named {
        reader.0 = rest.trim_start_matches(' ');
        let day = reader.number(2)?;
        reader.eat(&[','])?;
        reader.0 = reader.0.trim_start_matches(' ');
        let year = reader.number(4)?;
        reader.0 = reader.0.trim_start_matches(' ');
        date = [year, u32::try_from(month).ok()?.checked_add(1)?, day];
        (clock, count) = reader.clock().filter(|(_, count)| *count == 3)?;
    } else {
        let year = reader.number(4)?;
        reader.eat(&['-'])?;
        let month = reader.number(2)?;
        reader.eat(&['-'])?;
        date = [year, month, reader.number(2)?];
        reader.0 = reader.0.trim_start_matches(' ');
        let has_clock = reader.0.starts_with(|first: char| first.is_ascii_digit());
        (clock, count) = if has_clock { reader.clock()? } else { ([0; 3], 0) };
    }
    let mut nanoseconds = 0;
    if count == 3 && reader.eat(&['.']).is_some() {
        nanoseconds = reader.fraction()?;
    }
    let rest = reader.0.trim_start_matches(' ');
    matches!(rest, "" | "UTC").then(|| instant(date, clock, nanoseconds, 0)).flatten()
}

#[cfg(test)]
mod tests {
    #[test]
    fn spellings() {
        let table = [
            ("2023-11-14 22:13:25", Some("1700000005.000000000")),
            ("2023-11-14T22:13:25Z", Some("1700000005.000000000")),
            ("2023-11-14T22:13:25.5Z", Some("1700000005.500000000")),
            ("2023-11-14T23:13:25+01:00", Some("1700000005.000000000")),
            ("2023-11-14T20:13:25-0200", Some("1700000005.000000000")),
            ("2023-11-14 22:13", Some("1699999980.000000000")),
            ("2023-11-14 22:13:25.123456789 UTC", Some("1700000005.123456789")),
            ("2023-11-14 22", Some("1699999200.000000000")),
            ("2023-11-14", Some("1699920000.000000000")),
            ("Nov 14, 2023 22:13:25.5", Some("1700000005.500000000")),
            ("nov 14, 2023 22:13:25 UTC", Some("1700000005.000000000")),
            ("Nov 14, 2023 22:13", None),
            ("2023-11-14 22.5", None),
            ("2023-13-14", None),
            ("2023-02-30 00:00:00", None),
            ("2023-11-14 22:13:25 CET", None),
            ("2023-11-14 22:13:25.1234567891", None),
            ("1700000005", None),
            ("", None),
        ];
        for (text, expected) in table {
            let found = super::read(text).map(|time| time.epoch().to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
