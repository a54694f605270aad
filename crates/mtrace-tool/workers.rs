//! Threads that format batches of packets side by side, and their work in the order of the packets.
//!
//! Batches go to the workers in turn, and what was made of them is asked for in the same order, so nothing has to be
//! sorted. Memory is bounded whatever is made of a packet: a worker has [`AHEAD`] batches at most, and hands on what
//! it makes in pieces, of which few are under way.

use crate::format::Format;
use crate::pipeline::{Reading, Seen};
use capture_file::{Packet, PacketBatch};
use mbuf_trace::{Certainty, Encoding, Fault, Trace};
use std::io::{self, Write};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, Scope};
use trace_filter::Scratch;

/// Batches that a worker has: the one it works on, and the next.
const AHEAD: usize = 2;

/// Bytes of a piece, from which on it is handed on.
const PIECE: usize = 128 << 10;

/// Pieces of one worker that are under way.
const PIECES: usize = 2;

/// More workers than this would wait for the one thread that reads.
const MOST: usize = 8;

/// Packets, and what each turned out to be.
#[derive(Default)]
pub(crate) struct Batch {
    packets: PacketBatch,
    kinds: Vec<Kind>,
}

/// A [`Seen`] without what it borrows.
enum Kind {
    Trace(Encoding, Certainty),
    NoTrace(Fault),
    OtherLink,
}

impl Kind {
    fn of(seen: &Seen<'_>) -> Self {
        match seen {
            Seen::Trace(trace, certainty) => Self::Trace(trace.encoding(), *certainty),
            Seen::NoTrace(fault) => Self::NoTrace(*fault),
            Seen::OtherLink => Self::OtherLink,
        }
    }

    fn seen<'a>(&self, packet: &Packet<'a>) -> Seen<'a> {
        match self {
            Self::Trace(encoding, certainty) => {
                let original_len = usize::try_from(packet.original_len).unwrap_or(usize::MAX);
                Seen::Trace(Trace::parse(packet.data, original_len, *encoding), *certainty)
            }
            Self::NoTrace(fault) => Seen::NoTrace(*fault),
            Self::OtherLink => Seen::OtherLink,
        }
    }
}

impl Batch {
    /// Keeps a packet.
    pub(crate) fn push(&mut self, packet: &Packet<'_>, seen: &Seen<'_>) {
        self.packets.push(packet);
        self.kinds.push(Kind::of(seen));
    }

    /// Bytes of memory that it takes.
    pub(crate) fn size(&self) -> usize {
        self.packets.size()
    }

    /// Formats the packets that the filters keep, and forgets all; gives how many were kept.
    pub(crate) fn format(
        &mut self,
        format: &mut impl Format,
        out: &mut impl Write,
        reading: &Reading,
        scratch: &mut Scratch,
    ) -> io::Result<u64> {
        let mut kept = 0_u64;
        for (packet, kind) in self.packets.iter().zip(&self.kinds) {
            let seen = kind.seen(&packet);
            if reading.keeps(scratch, &packet, &seen) {
                kept = kept.saturating_add(1);
                format.packet(out, &packet, &seen)?;
            }
        }
        self.packets.clear();
        self.kinds.clear();
        Ok(kept)
    }
}

/// What a worker hands on.
enum Piece {
    /// A part of what was made of a batch.
    Part(Vec<u8>),
    /// The last one, with the empty batch, and how many packets of it were kept.
    Last(Vec<u8>, Batch, u64),
}

/// Threads, each with a copy of the same format.
pub(crate) struct Workers {
    lanes: Vec<Lane>,
    /// Batches handed over, ever.
    handed: usize,
    /// Batches of which everything has been written, ever.
    written: usize,
}

/// The two ways between us and a worker.
struct Lane {
    batches: SyncSender<Batch>,
    pieces: Receiver<Piece>,
}

impl Workers {
    /// As many as there are processors; none where there is but one, or no thread is to be had.
    pub(crate) fn start<'scope, F: Format + 'scope>(
        scope: &'scope Scope<'scope, '_>,
        reading: &'scope Reading,
        format: &F,
    ) -> Option<Self> {
        let count = thread::available_parallelism().map_or(1, NonZero::get).min(MOST);
        if count == 1 {
            return None;
        }
        let lanes = (0..count).map_while(|_| lane(scope, reading, format.clone()).ok()).collect::<Vec<_>>();
        (!lanes.is_empty()).then_some(Self { lanes, handed: 0, written: 0 })
    }

    /// Hands over a batch; before that, writes the oldest one if they are all at work. Gives an empty batch back if
    /// there is one, and how many packets were kept.
    pub(crate) fn hand_over(&mut self, batch: Batch, out: &mut impl Write) -> io::Result<(Batch, u64)> {
        let is_full = self.handed.wrapping_sub(self.written) >= self.lanes.len().saturating_mul(AHEAD);
        let done = if is_full { self.write_oldest(out)? } else { None };
        let lane = self.handed.checked_rem(self.lanes.len()).and_then(|at| self.lanes.get(at));
        // There is room for it, so this does not wait.
        lane.and_then(|lane| lane.batches.send(batch).ok()).ok_or_else(ended)?;
        self.handed = self.handed.wrapping_add(1);
        Ok(done.unwrap_or_default())
    }

    /// Writes what is made of the oldest batch that is not written yet, and gives it back empty, with how many packets
    /// of it were kept; none where there is no such batch.
    pub(crate) fn write_oldest(&mut self, out: &mut impl Write) -> io::Result<Option<(Batch, u64)>> {
        if self.handed == self.written {
            return Ok(None);
        }
        let lane = self.written.checked_rem(self.lanes.len()).and_then(|at| self.lanes.get(at));
        loop {
            match lane.and_then(|lane| lane.pieces.recv().ok()).ok_or_else(ended)? {
                Piece::Part(bytes) => out.write_all(&bytes)?,
                Piece::Last(bytes, batch, kept) => {
                    out.write_all(&bytes)?;
                    self.written = self.written.wrapping_add(1);
                    return Ok(Some((batch, kept)));
                }
            }
        }
    }
}

/// It panicked, and with it the program will.
fn ended() -> io::Error {
    io::Error::other("a thread ended before its work was done")
}

fn lane<'scope, F: Format + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    reading: &'scope Reading,
    format: F,
) -> io::Result<Lane> {
    let (batches, work) = sync_channel(AHEAD);
    let (done, pieces) = sync_channel(PIECES);
    thread::Builder::new().spawn_scoped(scope, move || worker(format, reading, &work, &done))?;
    Ok(Lane { batches, pieces })
}

/// Ends when nobody has work for it or wants any more of it.
fn worker(mut format: impl Format, reading: &Reading, work: &Receiver<Batch>, done: &SyncSender<Piece>) {
    let mut scratch = Scratch::default();
    for mut batch in work {
        let mut out = Pieces { bytes: Vec::new(), to: done };
        let Ok(kept) = batch.format(&mut format, &mut out, reading, &mut scratch) else { return };
        if done.send(Piece::Last(out.bytes, batch, kept)).is_err() {
            return;
        }
    }
}

/// Bytes on their way to the thread that writes.
struct Pieces<'a> {
    bytes: Vec<u8>,
    to: &'a SyncSender<Piece>,
}

impl Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() >= PIECE {
            let piece = std::mem::replace(&mut self.bytes, Vec::with_capacity(PIECE));
            self.to.send(Piece::Part(piece)).map_err(|_| io::ErrorKind::BrokenPipe)?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
