//! One event, one line.

use super::{Counted, Options};
use crate::hex::Hex;
use mbuf_trace::{Event, Kind, Text};
use std::fmt::Write as _;
use std::io::{self, Write};
use trace_fields::summary;

/// Most characters of an event's words that a line shows.
const LONGEST: usize = 400;
/// Widest that the words' column gets before positions stop lining up.
const WIDEST: usize = 48;
/// Bytes of an unknown record that a line shows.
const UNKNOWN_BYTES: usize = 16;

/// How wide the columns of one packet are.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Columns {
    words: usize,
    ages: bool,
}

impl Columns {
    /// Makes room for an event.
    pub(super) fn fit(&mut self, words: &str, indent: usize, event: &Event<'_>) {
        if event.position.is_some() {
            let width = words.chars().count().saturating_add(indent.saturating_mul(2));
            self.words = self.words.max(width).min(WIDEST);
        }
        self.ages |= event.header.is_some_and(|header| header.age.is_some());
    }
}

/// A line in the making; the buffers are used again for each.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    text: Vec<u8>,
    words: String,
}

impl Line {
    /// What the event says, escaped, without its position; cut where it is very long.
    pub(super) fn words(&mut self, event: &Event<'_>, options: &Options) -> &str {
        self.words.clear();
        self.text.clear();
        // Writing to a String cannot fail.
        let _ = match (event.kind, event.snapshot) {
            (Kind::Data, Some(snapshot)) => {
                let what = summary(snapshot.bytes, options.snapshot_link.of(&snapshot));
                write!(self.words, "data, {}: {what}", Counted(snapshot.bytes.len(), "byte"))
            }
            (Kind::Unknown, _) => {
                let shown = event.payload.get(..UNKNOWN_BYTES);
                let more = if shown.is_some() && event.payload.len() > UNKNOWN_BYTES { "…" } else { "" };
                let bytes = Hex(shown.unwrap_or(event.payload));
                let count = Counted(event.payload.len(), "byte");
                let code = event.record_type.unwrap_or_default();
                match event.payload.is_empty() {
                    true => write!(self.words, "unknown type {code:#06x}, {count}"),
                    false => write!(self.words, "unknown type {code:#06x}, {count}: {bytes}{more}"),
                }
            }
            (Kind::Position, _) => Ok(()),
            (Kind::Start, _) => {
                event.write_text(&mut self.text);
                let origin = event.origin.unwrap_or(mbuf_trace::Origin::UNSPECIFIED);
                match origin.name() {
                    Some(name) if origin != mbuf_trace::Origin::UNSPECIFIED => {
                        write!(self.words, "start: {name} {}", Text(&self.text))
                    }
                    Some(_) if self.text.is_empty() => write!(self.words, "start"),
                    Some(_) => write!(self.words, "start: {}", Text(&self.text)),
                    None => write!(self.words, "start: origin {} {}", origin.0, Text(&self.text)),
                }
            }
            (Kind::Drop, _) => {
                event.write_text(&mut self.text);
                let _ = write!(self.words, "drop: {}", Text(&self.text));
                event.errno.map_or(Ok(()), |errno| write!(self.words, " (errno {errno})"))
            }
            _ => {
                event.write_text(&mut self.text);
                match self.text.is_empty() {
                    true => write!(self.words, "\"\""),
                    false => write!(self.words, "{}", Text(&self.text)),
                }
            }
        };
        if let Some((at, _)) = self.words.char_indices().nth(LONGEST) {
            self.words.truncate(at);
            let _ = write!(self.words, "… ({} in all)", Counted(event.payload.len(), "byte"));
        }
        &self.words
    }

    #[expect(clippy::too_many_arguments, reason = "one call, in the loop over a packet's events")]
    pub(super) fn write(
        &mut self,
        out: &mut impl Write,
        event: &Event<'_>,
        step: usize,
        indent: usize,
        columns: &Columns,
        earlier: Option<usize>,
        options: &Options,
    ) -> io::Result<()> {
        let colours = options.palette;
        let colour = match event.kind {
            Kind::Data => colours.snapshot,
            Kind::Enter => colours.enter,
            Kind::Leave => colours.leave,
            Kind::Function | Kind::Start => colours.function,
            Kind::Drop => colours.drop,
            Kind::Unknown => colours.note,
            _ => colours.reset,
        };
        write!(out, "{}{step:>6}{}  ", colours.dim, colours.reset)?;
        if columns.ages {
            match event.header.and_then(|header| header.age) {
                Some(age) => write!(out, "{}{:>13}{}  ", colours.time, Age(age), colours.reset)?,
                None => write!(out, "{:15}", "")?,
            }
        }
        write!(out, "{:1$}", "", indent.saturating_mul(2))?;
        let same = earlier.map(|step| format!("data, as in step {step}"));
        let words = match same.as_deref() {
            Some(same) => same,
            None => self.words(event, options),
        };
        write!(out, "{colour}{words}{}", colours.reset)?;
        if event.missing > 0 {
            write!(out, "{} … {} cut{}", colours.note, Counted(event.missing, "byte"), colours.reset)?;
        }
        if let Some(position) = event.position {
            let width = words.chars().count().saturating_add(indent.saturating_mul(2));
            let gap = if event.kind == Kind::Position {
                0
            } else {
                columns.words.saturating_sub(width).saturating_add(2)
            };
            write!(out, "{:gap$}{}", "", colours.dim)?;
            match &options.links {
                // A relative path points nowhere from here.
                Some(template) if position.file.as_bytes().starts_with(b"/") => {
                    write!(out, "{}", template.show(position))?;
                }
                _ => write!(out, "{position}")?,
            }
            write!(out, "{}", colours.reset)?;
        }
        let is_call = matches!(event.kind, Kind::Enter | Kind::Leave | Kind::Function);
        if let Some(function) = event.function.filter(|_| !is_call) {
            write!(out, "  {}in {function}{}", colours.dim, colours.reset)?;
        }
        if let Some(header) = event.header {
            write!(out, "{}", colours.dim)?;
            if header.vnet != 0 {
                write!(out, "  vnet {}", header.vnet)?;
            }
            if let Some(cpu) = header.cpu {
                write!(out, "  cpu {cpu}")?;
            }
            if let Some(thread) = header.thread {
                write!(out, "  thread {thread}")?;
            }
            write!(out, "{}", colours.reset)?;
        }
        writeln!(out)
    }
}

/// Nanoseconds before the capture time.
struct Age(u64);

impl std::fmt::Display for Age {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(nanos) = *self;
        let text = match nanos {
            0 => "0 ns".to_owned(),
            1..1_000 => format!("-{nanos} ns"),
            1_000..1_000_000 => format!("-{}.{:03} µs", nanos / 1_000, nanos % 1_000),
            1_000_000..1_000_000_000 => format!("-{}.{:03} ms", nanos / 1_000_000, nanos / 1_000 % 1_000),
            _ => format!("-{}.{:03} s", nanos / 1_000_000_000, nanos / 1_000_000 % 1_000),
        };
        f.pad(&text)
    }
}
