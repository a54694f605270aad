//! Threads that take turns. Each reads some packets and lets the next one read, makes of its packets what is to be
//! written, and writes that when it is its turn. So the bytes of a packet stay with one processor on their way from file
//! to file, and what is read and written is the same, in the same order, as if there were one thread.
//!
//! Memory is bounded whatever is made of a packet: who has made a certain amount waits for its turn with it.

use crate::failure::Failure;
use crate::format::Format;
use crate::output::Output;
use crate::pipeline::{FileReader, Reading, Seen, Sink, Wants};
use capture_file::{Item, Packet, PacketBatch};
use mbuf_trace::{Certainty, Encoding, Ends, Fault, Trace};
use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use trace_filter::Scratch;

/// Bytes of packets with which a thread goes no further than the reader's buffer: the next one reads into its own.
const ENOUGH: usize = 64 << 10;

/// Bytes of packets with which it goes no further in any case.
const BATCH: usize = 512 << 10;

/// Bytes made of them with which a thread does not wait any longer.
const MADE: usize = 512 << 10;

/// Bytes of a packet of which so much can be made that not every thread should do so at once: some hundred bytes of each
/// record, which may be one of four bytes.
const LARGE: usize = 32 << 10;

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
            Seen::Trace(trace) => Self::Trace(trace.encoding(), trace.certainty()),
            Seen::NoTrace(fault) => Self::NoTrace(*fault),
            Seen::OtherLink => Self::OtherLink,
        }
    }

    fn seen<'a>(&self, packet: &Packet<'a>, ends: &'a Ends) -> Seen<'a> {
        match self {
            Self::Trace(encoding, certainty) => {
                let original_len = usize::try_from(packet.original_len).unwrap_or(usize::MAX);
                Seen::Trace(Trace::parse_with(packet.data, original_len, *encoding, *certainty, ends))
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

    /// Keeps a copy of a packet, for longer than a buffer should be kept for its sake.
    pub(crate) fn push_copy(&mut self, packet: &Packet<'_>, seen: &Seen<'_>) {
        self.packets.push_copy(packet);
        self.kinds.push(Kind::of(seen));
    }

    /// The packet that came after so many others, and what it turned out to be.
    pub(crate) fn get<'a>(&'a self, place: usize, ends: &'a Ends) -> Option<(Packet<'a>, Seen<'a>)> {
        let packet = self.packets.get(place)?;
        let seen = self.kinds.get(place)?.seen(&packet, ends);
        Some((packet, seen))
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
            let seen = kind.seen(&packet, &reading.ends);
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

/// What the threads share.
struct Relay<'a, 'f, F> {
    reading: &'a Reading,
    baton: Mutex<Baton<'a, 'f>>,
    line: Mutex<Line<'a, F>>,
    /// Another one is first in the line, or something failed.
    moved: Condvar,
}

/// Who has it, reads.
struct Baton<'a, 'f> {
    file: &'a mut FileReader<'f>,
    /// The place in the line of who takes it next.
    place: u64,
    /// Whether there is no more to be read, or not by several.
    is_over: bool,
}

/// Who is first, writes.
struct Line<'a, F> {
    first: u64,
    out: &'a mut Output,
    format: &'a mut F,
    /// Packets that the filters kept.
    packets: u64,
    failure: Option<Failure>,
}

/// Reads the file with so many threads, until it is over, or until there is something else than packets to be written,
/// of which copies of the format know nothing. Gives how many packets were kept.
pub(crate) fn run<F: Format>(
    threads: usize,
    reading: &Reading,
    file: &mut FileReader<'_>,
    out: &mut Output,
    format: &mut F,
) -> Result<u64, Failure> {
    let copies = vec![format.clone(); threads.saturating_sub(1)];
    let own = format.clone();
    let relay = Relay {
        reading,
        baton: Mutex::new(Baton { file, place: 0, is_over: false }),
        line: Mutex::new(Line { first: 0, out, format, packets: 0, failure: None }),
        moved: Condvar::new(),
    };
    thread::scope(|scope| {
        for copy in copies {
            // With fewer it takes longer.
            let _ = thread::Builder::new().spawn_scoped(scope, || Runner::new(&relay, copy).run());
        }
        Runner::new(&relay, own).run();
    });
    let line = relay.line.into_inner().unwrap_or_else(PoisonError::into_inner);
    line.failure.map_or(Ok(line.packets), Err)
}

/// Who panics, fails the relay.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<F: Format> Relay<'_, '_, F> {
    /// Waits until this place is the first one; then writes.
    fn write(&self, place: u64, write: impl FnOnce(&mut Line<'_, F>) -> io::Result<()>) -> io::Result<()> {
        let waits = |line: &mut Line<'_, F>| line.first != place && line.failure.is_none();
        let line = self.moved.wait_while(lock(&self.line), waits);
        let mut line = line.unwrap_or_else(PoisonError::into_inner);
        match line.failure {
            // Told by whom it befell.
            Some(_) => Err(io::ErrorKind::BrokenPipe.into()),
            None => write(&mut line),
        }
    }

    fn step_aside(&self) {
        let mut line = lock(&self.line);
        line.first = line.first.saturating_add(1);
        self.moved.notify_all();
    }

    /// Ends it for all.
    fn fail(&self, failure: Failure) {
        lock(&self.line).failure.get_or_insert(failure);
        self.moved.notify_all();
    }

    fn failure(&self, error: io::Error) -> Failure {
        Failure::output(lock(&self.line).out.path(), error)
    }
}

/// One of the threads.
struct Runner<'r, 'a, 'f, F: Format> {
    relay: &'r Relay<'a, 'f, F>,
    format: F,
    scratch: Scratch,
    batch: Batch,
    made: Vec<u8>,
    /// In the line.
    place: u64,
    /// Whether there was something else than packets.
    was_other: bool,
}

impl<'r, 'a, 'f, F: Format> Runner<'r, 'a, 'f, F> {
    fn new(relay: &'r Relay<'a, 'f, F>, format: F) -> Self {
        let (scratch, batch, made) = (Scratch::default(), Batch::default(), Vec::new());
        Self { relay, format, scratch, batch, made, place: 0, was_other: false }
    }

    fn run(mut self) {
        while let Some(read) = self.read() {
            // What was read before something failed is written all the same.
            let done = self.deliver();
            if let Err(failure) = read.and(done) {
                return self.relay.fail(failure);
            }
            self.relay.step_aside();
        }
    }

    /// Reads as much as fits into the batch; none where there is nothing to read any more.
    fn read(&mut self) -> Option<Result<(), Failure>> {
        let mut baton = lock(&self.relay.baton);
        if baton.is_over {
            return None;
        }
        self.place = baton.place;
        baton.place = baton.place.saturating_add(1);
        let read = baton.file.read(self);
        baton.is_over = read.is_err() || baton.file.is_over || self.was_other;
        Some(read)
    }

    /// Writes what is made of the packets that were read.
    fn deliver(&mut self) -> Result<(), Failure> {
        let Self { relay, format, scratch, batch, made, place, .. } = self;
        let mut out = Made { relay, place: *place, bytes: made };
        let kept = batch.format(format, &mut out, relay.reading, scratch);
        kept.and_then(|kept| out.hand_in(kept)).map_err(|error| {
            // Nothing comes behind what is missing.
            *batch = Batch::default();
            made.clear();
            relay.failure(error)
        })
    }

    /// Writes something else behind the packets.
    fn other(&mut self, write: impl FnOnce(&mut Line<'_, F>) -> io::Result<()>) -> Result<(), Failure> {
        self.was_other = true;
        self.deliver()?;
        self.relay.write(self.place, write).map_err(|error| self.relay.failure(error))
    }
}

impl<F: Format> Sink for Runner<'_, '_, '_, F> {
    fn packet(&mut self, packet: &Packet<'_>, seen: &Seen<'_>) -> Result<(), Failure> {
        if packet.raw.len() <= LARGE {
            self.batch.push(packet, seen);
            return Ok(());
        }
        self.deliver()?;
        if !self.relay.reading.keeps(&mut self.scratch, packet, seen) {
            return Ok(());
        }
        let written = self.relay.write(self.place, |line| {
            line.packets = line.packets.saturating_add(1);
            line.format.packet(line.out, packet, seen)
        });
        written.map_err(|error| self.relay.failure(error))
    }

    fn other(&mut self, item: &Item<'_>) -> Result<(), Failure> {
        self.other(|line| line.format.other(line.out, item))
    }

    fn idle(&mut self) -> Result<(), Failure> {
        self.other(|line| line.format.pause(line.out).and_then(|()| line.out.flush()))
    }

    fn breaks(&self, needs_input: bool) -> bool {
        self.was_other || self.batch.size() >= if needs_input { ENOUGH } else { BATCH }
    }

    fn wants(&self) -> Wants {
        Wants { unfiltered: true, ..self.format.wants() }
    }
}

/// A panic of one is the end for all, who would wait for it.
impl<F: Format> Drop for Runner<'_, '_, '_, F> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.relay.fail(Failure::BrokenPipe);
        }
    }
}

/// Bytes that wait for their turn to be written.
struct Made<'m, 'a, 'f, F> {
    relay: &'m Relay<'a, 'f, F>,
    place: u64,
    bytes: &'m mut Vec<u8>,
}

impl<F: Format> Made<'_, '_, '_, F> {
    /// Writes them; so many packets are whole with them.
    fn hand_in(&mut self, packets: u64) -> io::Result<()> {
        let written = self.relay.write(self.place, |line| {
            line.out.write_here(self.bytes)?;
            line.packets = line.packets.saturating_add(packets);
            Ok(())
        });
        self.bytes.clear();
        self.bytes.shrink_to(MADE);
        written
    }
}

impl<F: Format> Write for Made<'_, '_, '_, F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.bytes.len().saturating_add(bytes.len()) > MADE {
            self.hand_in(0)?;
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
