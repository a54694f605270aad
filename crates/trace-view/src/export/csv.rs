//! A row an event, as RFC 4180 has it, for spreadsheets.
//!
//! Numbers stand as in NDJSON; what is not known is an empty cell. Words that a spreadsheet would take for a formula
//! (they begin with `=`, `+`, `-`, `@`, a tab or a carriage return) get a `'` in front.

use super::{Export, Remark};
use crate::push;
use capture_file::WriteError;
use mbuf_trace::{Calls, Event, Fate, FrameHeader, RecordedEvent, Text, Trace};
use std::fmt::Write as _;
use std::io::{self, Write};
use trace_fields::{PacketView, SnapshotLink, summary};

/// The columns, in order.
pub const COLUMNS: [&str; 29] = [
    "packet",
    "time",
    "interface",
    "revision",
    "packet_id",
    "parent_id",
    "step",
    "depth",
    "kind",
    "function",
    "args",
    "text",
    "file",
    "line",
    "age",
    "thread",
    "vnet",
    "cpu",
    "origin",
    "errno",
    "record_type",
    "wire_index",
    "link_type",
    "length",
    "packet_length",
    "summary",
    "fate",
    "lost",
    "incomplete",
];

/// Writes the rows of packet after packet.
pub struct Csv<W: Write> {
    writer: ::csv::Writer<W>,
    snapshot_link: SnapshotLink,
    begun: bool,
    row: Row,
}

impl<W: Write> Csv<W> {
    /// Rows onto `out`.
    pub fn new(out: W, snapshot_link: SnapshotLink) -> Self {
        // The quoting and line ends of RFC 4180.
        let writer = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(out);
        Self { writer, snapshot_link, begun: false, row: Row::default() }
    }

    fn header(&mut self) -> io::Result<()> {
        if !std::mem::replace(&mut self.begun, true) {
            self.writer.write_record(COLUMNS).map_err(failed)?;
        }
        Ok(())
    }

    fn event(&mut self, place: &Place<'_>, event: &Event<'_>, step: usize, depth: usize) -> io::Result<()> {
        let row = &mut self.row;
        row.clear();
        row.number(Some(place.packet.number));
        row.plain(&place.time);
        row.words(place.packet.interface_name);
        row.plain(&place.encoding);
        row.number(place.ids.0);
        row.number(place.ids.1);
        row.number(Some(step.saturating_add(1) as u64));
        row.number(Some(depth as u64));
        row.plain(event.kind.name());
        row.words(event.function.map(Text::as_bytes));
        row.words(event.args.map(Text::as_bytes));
        let mut scratch = std::mem::take(&mut row.scratch);
        row.words(push::words(event, &mut scratch));
        row.scratch = scratch;
        row.words(event.position.map(|position| position.file.as_bytes()));
        row.number(event.position.map(|position| u64::from(position.line)));
        let header = event.header;
        row.number(header.and_then(|header| header.age));
        row.number(header.and_then(|header| header.thread).map(u64::from));
        row.number(header.map(|header| u64::from(header.vnet)));
        row.number(header.and_then(|header| header.cpu).map(u64::from));
        row.number(event.origin.map(|origin| u64::from(origin.0)));
        row.number(event.errno.map(u64::from));
        row.number(event.record_type.map(u64::from));
        row.number(Some(u64::from(event.wire_index)));
        let link = event.snapshot.map(|snapshot| (snapshot, self.snapshot_link.of(&snapshot)));
        row.number(link.map(|(_, link)| u64::from(link.link_type())));
        row.number(event.snapshot.map(|snapshot| snapshot.bytes.len() as u64));
        row.number(event.snapshot.and_then(|snapshot| snapshot.packet_length).map(u64::from));
        row.shown(
            link.map(|(snapshot, link)| summary(snapshot.bytes, link).of_length(snapshot.whole_len()))
                .as_ref(),
        );
        row.plain(place.fate.name());
        row.number(place.lost.map(u64::from));
        row.plain(if place.is_incomplete { "true" } else { "" });
        self.writer.write_record(row.cells()).map_err(failed)
    }
}

/// What stands about every event of a trace, in words where it takes long to say.
struct Place<'p> {
    packet: &'p PacketView<'p>,
    time: String,
    encoding: String,
    fate: Fate,
    lost: Option<u32>,
    is_incomplete: bool,
    /// Its id and its parent's, where they are known.
    ids: (Option<u64>, Option<u64>),
}

impl<W: Write> Export<W> for Csv<W> {
    fn trace(&mut self, packet: &PacketView<'_>, trace: &Trace<'_>) -> Result<(), WriteError> {
        self.header()?;
        let time = packet.time.map(|time| time.to_string()).unwrap_or_default();
        let known = |id: fn(FrameHeader) -> u64| trace.frame_header().map(id).filter(|id| *id != 0);
        let ids = (known(|header| header.packet_id), known(|header| header.parent_id));
        let place = Place {
            packet,
            time,
            encoding: trace.encoding().to_string(),
            fate: trace.end().fate,
            lost: trace.frame_header().map(|header| header.lost),
            ids,
            is_incomplete: trace.is_incomplete(),
        };
        let mut calls = Calls::new(trace.ends());
        for (step, event) in trace.events().map(RecordedEvent::read).enumerate() {
            let depth = calls.take(&event).depth;
            self.event(&place, &event, step, depth)?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), WriteError> {
        Ok(self.writer.flush()?)
    }

    fn finish(mut self: Box<Self>) -> Result<(W, Vec<Remark>), WriteError> {
        self.header()?;
        let out = self.writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
        Ok((out, Vec::new()))
    }
}

/// The error of the output itself, whose kind tells a closed pipe from a full disk.
fn failed(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// What a file begins with so that Excel, which takes it for its old code page otherwise, reads it as UTF-8.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Whether a spreadsheet would take the words for a formula.
#[must_use]
pub fn is_formula(words: &[u8]) -> bool {
    matches!(words.first(), Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r'))
}

/// The cells of a row, one behind the other.
#[derive(Debug, Default)]
struct Row {
    text: String,
    ends: Vec<usize>,
    scratch: Vec<u8>,
}

impl Row {
    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    fn number(&mut self, number: Option<u64>) {
        if let Some(number) = number {
            push::number(number, &mut self.text);
        }
        self.ends.push(self.text.len());
    }

    /// What is made here and cannot be a formula.
    fn plain(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    /// The same of what this shows.
    fn shown(&mut self, value: Option<&impl std::fmt::Display>) {
        if let Some(value) = value {
            let _ = write!(self.text, "{value}");
        }
        self.ends.push(self.text.len());
    }

    /// Words out of the capture, escaped, and no formula.
    fn words(&mut self, words: Option<&[u8]>) {
        let words = words.unwrap_or_default();
        if is_formula(words) {
            self.text.push('\'');
        }
        push::text(Text(words), &mut self.text);
        self.ends.push(self.text.len());
    }

    fn cells(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| self.text.get(start..*end).unwrap_or_default())
    }
}
