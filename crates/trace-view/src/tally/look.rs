//! How reports look: numbers with their nouns, shares, paths over several lines.

use super::{Count, Moment};
use crate::timeline::Palette;
use crate::timeline::fit::{cut, width};
use mbuf_trace::Text;
use std::fmt::{self, Display, Write as _};
use std::io::{self, Write};

/// Lines that one path takes where it has to fit a width; what is left is only counted.
const MOST_LINES: usize = 8;
/// Between words.
const ARROW: &str = " -> ";
/// Columns for what stands behind the last word: `  #12345`.
const END: usize = 8;
/// Narrower than this is no terminal to fit anything into.
const NARROWEST: usize = 40;

/// How a report is shown.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// Columns to fit lines into; without, every path is one line.
    pub width: Option<usize>,
    /// Colours, or none.
    pub palette: Palette,
    /// What is left out where file names of source positions begin with it: `/usr/src/`.
    pub strip_prefix: String,
    /// The names of the files that were read, as they are shown.
    pub files: Vec<String>,
}

impl Look {
    /// A source file without the prefix.
    pub(crate) fn short<'a>(&self, file: Text<'a>) -> Text<'a> {
        Text(file.as_bytes().strip_prefix(self.strip_prefix.as_bytes()).unwrap_or(file.as_bytes()))
    }

    /// Columns that are left behind so many, where lines have to fit.
    pub(crate) fn room(&self, indent: usize) -> Option<usize> {
        self.width.map(|width| width.max(NARROWEST).saturating_sub(indent))
    }

    /// A line, dimmed, that says which packets were counted: `packets 3 to 17, 2026-…Z, +1.5 s`.
    pub(crate) fn when(&self, out: &mut impl Write, indent: usize, count: &Count) -> io::Result<()> {
        let colours = &self.palette;
        write!(out, "{:indent$}{}", "", colours.dim)?;
        let (first, last) = (&count.first, &count.last);
        if count.packets <= 1 || first == last {
            write!(out, "packet {}", self.number(first))?;
        } else if first.file == last.file {
            write!(out, "packets {} to {}", first.packet, self.number(last))?;
        } else {
            write!(out, "packets {} to {}", self.number(first), self.number(last))?;
        }
        if let Some(time) = first.time {
            write!(out, ", {time}")?;
            if let Some(later) = last.time.filter(|later| *later != time) {
                let between = later.nanoseconds().0.saturating_sub(time.nanoseconds().0);
                write!(out, ", {}", Between(between))?;
            }
        }
        writeln!(out, "{}", colours.reset)
    }

    /// A packet's number, with its file where there are several.
    fn number(&self, at: &Moment) -> String {
        match self.files.get(at.file).filter(|_| self.files.len() > 1) {
            Some(file) => format!("{} of {file}", at.packet),
            None => at.packet.to_string(),
        }
    }

    /// Words joined by ` -> `, over several lines where they have to fit: the first begins at the column where
    /// the output stands, the others at `indent`. Ends the line.
    pub(crate) fn chain(
        &self,
        out: &mut impl Write,
        indent: usize,
        words: impl Iterator<Item = impl Display>,
        end: &str,
    ) -> io::Result<()> {
        let all = self.room(0).unwrap_or(usize::MAX);
        let indent = if self.width.is_some() { indent.min(all / 2) } else { indent };
        let longest = self.room(indent.saturating_add(ARROW.len()).saturating_add(END));
        let mut column = indent;
        let mut lines = 1_usize;
        let mut words = Folded::new(words);
        let mut first = true;
        let mut text = String::new();
        while let Some((word, times)) = words.next() {
            text.clear();
            // Writing to a String cannot fail.
            let _ = match times {
                1 => write!(text, "{word}"),
                _ => write!(text, "{word} ×{times}"),
            };
            let text = cut(&text, longest);
            let length = width(&text);
            let arrow = if first { "" } else { ARROW };
            if !first && column.saturating_add(length).saturating_add(arrow.len()) > all {
                lines = lines.saturating_add(1);
                if lines > MOST_LINES {
                    let left = words.count_left(times);
                    write!(out, " -> … {left} more")?;
                    break;
                }
                write!(out, "\n{:indent$}-> {text}", "")?;
                column = indent.saturating_add(length).saturating_add(3);
            } else {
                write!(out, "{arrow}{text}")?;
                column = column.saturating_add(length).saturating_add(arrow.len());
            }
            first = false;
        }
        writeln!(out, "{end}")
    }
}

/// Equal words that follow one another as one with a count.
struct Folded<I: Iterator> {
    words: I,
    next: Option<String>,
}

impl<I: Iterator<Item: Display>> Folded<I> {
    fn new(mut words: I) -> Self {
        let next = words.next().map(|word| word.to_string());
        Self { words, next }
    }

    fn next(&mut self) -> Option<(String, usize)> {
        let word = self.next.take()?;
        let mut times = 1_usize;
        for other in self.words.by_ref() {
            let other = other.to_string();
            if other != word {
                self.next = Some(other);
                break;
            }
            times = times.saturating_add(1);
        }
        Some((word, times))
    }

    /// How many words there are after all, with these that were given and not shown.
    fn count_left(&mut self, given: usize) -> usize {
        given.saturating_add(usize::from(self.next.is_some())).saturating_add(self.words.by_ref().count())
    }
}

/// A part of a whole: ` 42.9%`, always six columns wide, and never 0 or 100 where it is not.
pub(crate) struct Percent(pub(crate) u64, pub(crate) u64);

impl Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(part, whole) = *self;
        let thousandths = u128::from(part)
            .saturating_mul(2000)
            .saturating_add(u128::from(whole))
            .checked_div(u128::from(whole).saturating_mul(2));
        match thousandths {
            None => f.pad("    -%"),
            Some(0) if part > 0 => f.pad(" <0.1%"),
            Some(1000..) if part < whole => f.pad(">99.9%"),
            Some(share) => write!(f, "{:>3}.{}%", share / 10, share % 10),
        }
    }
}

/// Nanoseconds between two packets: `+1.581831525 s`.
struct Between(i128);

impl Display for Between {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SECOND: u128 = 1_000_000_000;
        let sign = if self.0 < 0 { '-' } else { '+' };
        let nanos = self.0.unsigned_abs();
        let fraction = format!("{:09}", nanos % SECOND);
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{sign}{} s", nanos / SECOND),
            digits => write!(f, "{sign}{}.{digits} s", nanos / SECOND),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares() {
        for (part, whole, shown) in [
            (0, 10, "  0.0%"),
            (1, 10, " 10.0%"),
            (10, 10, "100.0%"),
            (1, 100_000, " <0.1%"),
            (99_999, 100_000, ">99.9%"),
            (2, 3, " 66.7%"),
            (u64::MAX, u64::MAX, "100.0%"),
            (0, 0, "    -%"),
        ] {
            assert_eq!(Percent(part, whole).to_string(), shown, "{part} of {whole}");
        }
    }

    #[test]
    fn times_between() {
        for (nanos, shown) in [
            (1_581_831_525, "+1.581831525 s"),
            (1_500_000_000, "+1.5 s"),
            (0, "+0 s"),
            (-1, "-0.000000001 s"),
            (3_000_000_000, "+3 s"),
        ] {
            assert_eq!(Between(nanos).to_string(), shown);
        }
    }

    #[test]
    fn chains_fold_and_fit() {
        let shown = |width, words: &[&str]| {
            let look = Look { width, ..Look::default() };
            let mut out = Vec::new();
            look.chain(&mut out, 4, words.iter(), "").unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(shown(None, &["a", "b", "b", "b", "a"]), "a -> b ×3 -> a\n");
        let long = ["ether_input", "ether_demux", "ip_input", "tcp_input"];
        assert_eq!(shown(Some(40), &long), "ether_input -> ether_demux\n    -> ip_input -> tcp_input\n");
        let words: Vec<String> = (0..100).map(|n| format!("function_of_some_length_{n:03}")).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let shown = shown(Some(50), &words);
        assert_eq!(shown.lines().count(), MOST_LINES);
        assert!(shown.ends_with("007 -> … 92 more\n"), "{shown}");
    }
}
