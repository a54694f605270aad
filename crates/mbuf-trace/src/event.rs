//! One event of a trace, the same for every revision, taken apart.

use crate::fault::Fault;
use crate::generated::{Kind, Origin};
use crate::position::Position;
use crate::snapshot::Snapshot;
use crate::text::{Parts, Text, take_apart};
use alloc::vec::Vec;

/// What revision 4 says of every event, and no earlier one does. Absent is what the writer did not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct EventHeader {
    /// Nanoseconds before the packet's capture time.
    pub age: Option<u64>,
    /// The thread.
    pub thread: Option<u32>,
    /// The virtual network stack; 0 is the default one, or unknown.
    pub vnet: u32,
    /// The CPU.
    pub cpu: Option<u16>,
    /// Flags; none are defined yet.
    pub flags: u16,
}

/// One event: what one call of `mtrace_*` recorded.
///
/// [`RecordedEvent::read`](crate::RecordedEvent::read) makes it of a record; a writer takes the same type, made with
/// [`Event::new`]. Everything borrows from the packet that was read, or from what the writer was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event<'a> {
    /// What the event says.
    pub kind: Kind,
    /// Place of the record in the frame, from 0, as it was captured. In revision 1 the snapshot behind the
    /// strings counts as the last record; in revision 4 the frame header is record 0.
    pub wire_index: u32,
    /// Where the record begins, in bytes from the start of the packet.
    pub offset: usize,
    /// Whether it was read from a record, of which `payload` then are the bytes.
    pub is_read: bool,
    /// The record's type; none in revision 1.
    pub record_type: Option<u16>,
    /// The payload's bytes, as many as there are.
    pub payload: &'a [u8],
    /// Bytes of the payload that the capture cut off.
    pub missing: usize,
    /// Where in the source it was recorded.
    pub position: Option<Position<'a>>,
    /// The function that recorded it.
    pub function: Option<Text<'a>>,
    /// The function's arguments, of [`Kind::Function`], [`Kind::Enter`] and [`Kind::Leave`].
    pub args: Option<Text<'a>>,
    /// Free text, the label of a start, the reason of a drop; in strings of revisions 1 to 3 everything
    /// behind the position. [`Event::write_text`] gives it for all kinds.
    pub text: Option<Text<'a>>,
    /// The packet's bytes, of [`Kind::Data`].
    pub snapshot: Option<Snapshot<'a>>,
    /// What switched tracing on, of [`Kind::Start`].
    pub origin: Option<Origin>,
    /// The error number of a [`Kind::Drop`]; none where it is 0.
    pub errno: Option<u16>,
    /// What only revision 4 tells.
    pub header: Option<EventHeader>,
    /// What is wrong with the record. Its payload is then all there is, and the kind is
    /// [`Kind::Unknown`].
    pub fault: Option<Fault>,
}

impl<'a> Event<'a> {
    /// An event that says nothing yet, for a writer to fill in.
    #[must_use]
    pub const fn new(kind: Kind) -> Self {
        Self {
            kind,
            wire_index: 0,
            offset: 0,
            is_read: false,
            record_type: None,
            payload: &[],
            missing: 0,
            position: None,
            function: None,
            args: None,
            text: None,
            snapshot: None,
            origin: None,
            errno: None,
            header: None,
            fault: None,
        }
    }

    /// A string as revisions 1 to 3 record it, taken apart by the grammar of [`crate::text`]. `kind` is
    /// what it is when it turns out to be free text.
    #[must_use]
    pub fn from_text(kind: Kind, text: Text<'a>) -> Self {
        Self::new(kind).with_text(text)
    }

    /// The same event with what a text says, if that is more than free text of its kind.
    #[inline]
    pub(crate) fn with_text(self, text: Text<'a>) -> Self {
        let Parts { kind, position, text, function, args } = take_apart(text);
        Self { kind: kind.unwrap_or(self.kind), position, function, args, text, ..self }
    }

    /// The function that the event is a step into or within, as `mbuf_trace.path` lists them.
    #[must_use]
    pub const fn on_path(&self) -> Option<Text<'a>> {
        match self.kind {
            Kind::Enter | Kind::Function => self.function,
            _ => None,
        }
    }

    /// Appends `mbuf_trace.text`: the event in words without its position, as revisions 1 to 3 write it.
    /// Appends nothing and gives false where the event has no words: a snapshot, a position, an unknown.
    pub fn write_text(&self, out: &mut Vec<u8>) -> bool {
        match (self.kind, self.text, self.function) {
            (Kind::Data | Kind::Position | Kind::Unknown, ..) => return false,
            (Kind::Function | Kind::Enter | Kind::Leave, None, Some(function)) => {
                out.extend_from_slice(match self.kind {
                    Kind::Enter => b"+",
                    Kind::Leave => b"-",
                    _ => b"",
                });
                out.extend_from_slice(function.0);
                if let Some(args) = self.args {
                    out.push(b'(');
                    out.extend_from_slice(args.0);
                    out.push(b')');
                }
            }
            (_, text, _) => out.extend_from_slice(text.unwrap_or_default().0),
        }
        true
    }

    /// Appends `mbuf_trace.data`: the whole text of the event, position first. Appends nothing and gives
    /// false for a snapshot and an unknown.
    pub fn write_data(&self, out: &mut Vec<u8>) -> bool {
        if matches!(self.kind, Kind::Data | Kind::Unknown) {
            return false;
        }
        if let Some(position) = self.position {
            out.extend_from_slice(position.file.0);
            out.push(b':');
            push_decimal(position.line, out);
            if self.kind != Kind::Position {
                out.extend_from_slice(b": ");
            }
        }
        self.write_text(out);
        true
    }
}

/// What separates the functions of a path.
const PATH_SEPARATOR: &[u8] = b" > ";

/// Appends `mbuf_trace.path`: the functions [on the path](Event::on_path) of a trace's events, joined by ` > `. Gives
/// false, and appends nothing, where there is none.
pub fn write_path<'a>(functions: impl Iterator<Item = Text<'a>>, out: &mut Vec<u8>) -> bool {
    let mut any = false;
    for function in functions {
        if any {
            out.extend_from_slice(PATH_SEPARATOR);
        }
        out.extend_from_slice(function.as_bytes());
        any = true;
    }
    any
}

/// Appends a number in decimal digits.
fn push_decimal(mut number: u32, out: &mut Vec<u8>) {
    let start = out.len();
    loop {
        // The remainder is below 10, so it fits.
        out.push(b'0'.wrapping_add(u8::try_from(number % 10).unwrap_or(0)));
        number /= 10;
        if number == 0 {
            break;
        }
    }
    if let Some(digits) = out.get_mut(start..) {
        digits.reverse();
    }
}
