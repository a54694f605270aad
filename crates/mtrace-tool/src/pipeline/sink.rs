//! What a command is to the reading: a sink for what comes through.

use super::file::FileReader;
use super::report::FileReport;
use crate::failure::Failure;
use crate::messages::{self, Name};
use capture_file::{Container, Item, Packet, ReadError};
use mbuf_trace::{Fault, Trace};
use std::path::Path;
use trace_fields::{SnapshotLink, Subject};
use trace_view::Counted;

/// What a packet turned out to be.
#[expect(clippy::large_enum_variant, reason = "one at a time, on the stack; a box would be one a packet")]
pub(crate) enum Seen<'a> {
    /// A trace, however damaged.
    Trace(Trace<'a>),
    /// On the trace's link type, but nothing that could be one.
    NoTrace(Fault),
    /// On another link type.
    OtherLink,
}

impl<'a> Seen<'a> {
    /// The trace, if it is one.
    pub(crate) fn trace(&self) -> Option<&Trace<'a>> {
        match self {
            Self::Trace(trace) => Some(trace),
            Self::NoTrace(_) | Self::OtherLink => None,
        }
    }

    /// Its id and its parent's, 0 where they are not known.
    pub(crate) fn ids(&self) -> (u64, u64) {
        let header = self.trace().and_then(Trace::frame_header);
        header.map_or((0, 0), |header| (header.packet_id, header.parent_id))
    }

    /// The packet with its trace, to ask for fields.
    pub(crate) fn subject<'s>(&'s self, packet: &'s Packet<'s>, link: SnapshotLink) -> Subject<'s>
    where
        'a: 's,
    {
        let subject = Subject::new(packet).with_snapshot_link(link);
        match self.trace() {
            Some(trace) => subject.with_trace(trace),
            None => subject,
        }
    }
}

/// What a command does with what comes through.
pub(crate) trait Sink {
    /// A new file begins.
    fn begin(&mut self, _path: &Path, _container: &Container) -> Result<(), Failure> {
        Ok(())
    }

    /// A selected packet.
    fn packet(&mut self, packet: &Packet<'_>, seen: &Seen<'_>) -> Result<(), Failure>;

    /// Anything else in the file.
    fn other(&mut self, _item: &Item<'_>) -> Result<(), Failure> {
        Ok(())
    }

    /// A warning of the reader: odd, but no packet is lost.
    fn warning(&mut self, path: &Path, warning: &capture_file::Warning) -> Result<(), Failure> {
        messages::warning(&format_args!("{}: {warning}", Name(path)));
        Ok(())
    }

    /// Damage behind which the reading goes on; `--salvage` asks for it.
    fn gap(&mut self, _gap: &Gap) -> Result<(), Failure> {
        Ok(())
    }

    /// The input may keep us waiting: whatever is written so far should be seen.
    fn idle(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    /// The input may keep us waiting, and has given nothing of the next packet: who writes it writes whole packets.
    fn waits(&mut self) {}

    /// The file ended, well or not.
    fn end(&mut self, _path: &Path, _file: &FileReport, _container: &Container) -> Result<(), Failure> {
        Ok(())
    }

    /// Whether the reading should stop for now, and [`Sink::share`] go on with it. That the next item is yet to be read
    /// from the input makes it a good moment.
    fn breaks(&self, _needs_input: bool) -> bool {
        false
    }

    /// Reads on in its own way, as far as it likes.
    fn share(&mut self, _file: &mut FileReader<'_>) -> Result<(), Failure> {
        Ok(())
    }

    /// What it wants of the reading; the same all along.
    fn wants(&self) -> Wants {
        Wants::default()
    }
}

/// What a sink wants of the reading.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wants {
    /// How malformed packets are told.
    pub(crate) faults: FaultMessages,
    /// What follows the last selected packet, too.
    pub(crate) rest: bool,
    /// Captures that carry no trace, too: the command has something to say of them.
    pub(crate) other_links: bool,
    /// Packets that the filters do not keep, too: the sink asks [`Reading::keeps`](super::Reading::keeps) itself.
    pub(crate) unfiltered: bool,
}

/// Damage behind which the reading goes on.
#[derive(Debug)]
pub(crate) struct Gap {
    /// What is damaged, and where.
    pub(crate) damage: ReadError,
    /// Bytes from there to the next item.
    pub(crate) skipped: u64,
}

impl std::fmt::Display for Gap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { damage, skipped } = self;
        let next = damage.offset.saturating_add(*skipped);
        write!(f, "{damage}; {} skipped, going on at byte offset {next}", Counted(*skipped, "byte"))
    }
}

/// How malformed packets are told on standard error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum FaultMessages {
    /// The first few one by one, then how many more.
    #[default]
    Each,
    /// How many: the command shows them itself.
    Count,
    /// Not at all: the command says it all itself.
    None,
}
