//! Threads that format batches of packets side by side, and their work in the order of the packets.
//!
//! Whichever worker is idle takes the oldest batch, and what is made of each is asked for in their order, so nothing has
//! to be sorted. Memory is bounded whatever is made of a packet: there are [`AHEAD`] batches for each worker at most, and
//! what is made of them is handed on in pieces, of which few are under way.

use crate::format::Format;
use crate::output::Output;
use crate::pipeline::{Reading, Seen};
use capture_file::{Packet, PacketBatch};
use mbuf_trace::{Certainty, Encoding, Fault, Trace};
use std::collections::VecDeque;
use std::io::{self, Write};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Scope};
use trace_filter::Scratch;

/// Batches for each worker: the one it works on, and the next.
const AHEAD: usize = 2;

/// Bytes of a piece, from which on it is handed on.
const PIECE: usize = 128 << 10;

/// Pieces of one batch that are under way.
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
    /// Nothing more can be made of it.
    Failed(io::Error),
}

/// A batch on its way to a worker, and what is made of it on its way back.
struct Job {
    batch: Batch,
    pieces: SyncSender<Piece>,
}

/// Threads, each with a copy of the same format.
pub(crate) struct Workers {
    jobs: Sender<Job>,
    /// What is made of the batches handed over, in their order.
    under_way: VecDeque<Receiver<Piece>>,
    /// How many batches may be under way.
    most: usize,
    spare: Arc<Spare>,
}

/// Memory of pieces that were written, for further ones.
#[derive(Default)]
struct Spare(Mutex<Vec<Vec<u8>>>);

impl Spare {
    fn take(&self) -> Vec<u8> {
        lock(&self.0).pop().unwrap_or_else(|| Vec::with_capacity(PIECE))
    }

    fn put(&self, memory: Vec<u8>) {
        lock(&self.0).push(memory);
    }
}

/// Nothing that is locked here can be left half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Workers {
    /// Starts them, with copies of `format`; none where there is but one processor, or no thread can be started.
    pub(crate) fn start<'scope, F: Format + 'scope>(
        scope: &'scope Scope<'scope, '_>,
        reading: &'scope Reading,
        format: &F,
    ) -> Option<Self> {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        if processors == 1 {
            return None;
        }
        let (jobs, work) = channel();
        let work = Arc::new(Mutex::new(work));
        let spare = Arc::new(Spare::default());
        let mut workers = 0_usize;
        for _ in 0..processors.min(MOST) {
            let (format, work, spare) = (format.clone(), Arc::clone(&work), Arc::clone(&spare));
            let run = move || worker(format, reading, &work, &spare);
            if thread::Builder::new().spawn_scoped(scope, run).is_err() {
                break;
            }
            workers = workers.saturating_add(1);
        }
        let most = workers.saturating_mul(AHEAD);
        (workers > 0).then(|| Self { jobs, under_way: VecDeque::with_capacity(most), most, spare })
    }

    /// Hands a batch over. Where as many are under way as may be, what is made of the oldest is written first. Gives an
    /// empty batch for that, and how many packets of the oldest were kept.
    pub(crate) fn hand_over(&mut self, batch: Batch, out: &mut Output) -> io::Result<(Batch, u64)> {
        let is_full = self.under_way.len() >= self.most;
        let done = if is_full { self.write_oldest(out)? } else { None };
        let (pieces, made) = sync_channel(PIECES);
        self.jobs.send(Job { batch, pieces }).map_err(|_| ended())?;
        self.under_way.push_back(made);
        Ok(done.unwrap_or_default())
    }

    /// Writes what is made of the oldest batch that is not written yet, and gives it back empty, with how many packets
    /// of it were kept; none where there is no such batch.
    pub(crate) fn write_oldest(&mut self, out: &mut Output) -> io::Result<Option<(Batch, u64)>> {
        let Some(made) = self.under_way.pop_front() else { return Ok(None) };
        loop {
            match made.recv().map_err(|_| ended())? {
                Piece::Part(bytes) => self.spare.put(out.write_vec(bytes)?),
                Piece::Last(bytes, batch, kept) => {
                    self.spare.put(out.write_vec(bytes)?);
                    return Ok(Some((batch, kept)));
                }
                Piece::Failed(error) => return Err(error),
            }
        }
    }
}

/// A worker panicked, and with it the program will.
fn ended() -> io::Error {
    io::Error::other("a thread ended before its work was done")
}

/// Ends when nobody has work for it.
fn worker(mut format: impl Format, reading: &Reading, work: &Mutex<Receiver<Job>>, spare: &Spare) {
    let mut scratch = Scratch::default();
    // Whoever waits for work has the lock; all others wait for that.
    let next = || lock(work).recv();
    while let Ok(Job { mut batch, pieces }) = next() {
        let mut out = Pieces { bytes: spare.take(), spare, to: &pieces };
        let made = match batch.format(&mut format, &mut out, reading, &mut scratch) {
            Ok(kept) => Piece::Last(out.bytes, batch, kept),
            Err(error) => Piece::Failed(error),
        };
        // Nobody may want it any more.
        let _ = pieces.send(made);
    }
}

/// Bytes on their way to the thread that writes.
struct Pieces<'a> {
    bytes: Vec<u8>,
    spare: &'a Spare,
    to: &'a SyncSender<Piece>,
}

impl Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.bytes.len().saturating_add(bytes.len()) > PIECE {
            let piece = std::mem::replace(&mut self.bytes, self.spare.take());
            self.to.send(Piece::Part(piece)).map_err(|_| io::ErrorKind::BrokenPipe)?;
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
