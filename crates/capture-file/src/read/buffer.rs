//! The one buffer between the input and the items.
//!
//! A batch may keep packets where they are in it. Then the reading goes on in other memory, and comes back to this when
//! the batch is done with it.

use super::MAX_BLOCK;
use super::salvage::work;
use std::io::{self, Read};
use std::sync::Arc;

/// Small for the fuzzer: its short inputs should make the buffer grow, too, and a large one costs more than they do.
const INITIAL: usize = if cfg!(fuzzing) { 64 } else { 256 * 1024 };

/// Room for the largest item and the header of a record before it.
const MAX_CAPACITY: usize = MAX_BLOCK as usize + INITIAL;

/// Buffers that are used again, when batches are done with them: two for each of several threads.
const SPARE: usize = 16;

/// Bytes read and not yet given out. Grows only when it is full of bytes that arrived and the next item needs more.
pub(super) struct Buffer {
    bytes: Arc<Vec<u8>>,
    /// Full ones that batches kept packets in, a few.
    kept: Vec<Arc<Vec<u8>>>,
    start: usize,
    end: usize,
    ended: bool,
    /// Of `start` in the stream.
    position: u64,
}

impl Buffer {
    pub(super) fn new() -> Self {
        Self { bytes: new(), kept: Vec::new(), start: 0, end: 0, ended: false, position: 0 }
    }

    /// What is there, from the next item on.
    pub(super) fn available(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// Whether the input has said that there is no more.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Reads until `needed` bytes are there; `false` when the input ends before, or there is no room for so many. Asks
    /// for no more once they are.
    pub(super) fn fill(&mut self, input: &mut impl Read, needed: usize) -> io::Result<bool> {
        while self.available().len() < needed {
            if self.ended {
                return Ok(false);
            }
            self.make_room();
            let bytes = Arc::make_mut(&mut self.bytes);
            let Some(room) = bytes.get_mut(self.end..).filter(|room| !room.is_empty()) else {
                return Ok(false);
            };
            let room_len = room.len();
            match input.read(room) {
                Ok(0) => self.ended = true,
                // A reader that claims more than it was given room for is broken; do not follow it past the end.
                Ok(count) => self.end = self.end.saturating_add(count.min(room_len)),
                // Interruptions are not among them: `Input` has retried those.
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    fn make_room(&mut self) {
        let available = self.available().len();
        // Moving no more than was given out since the last move keeps the work linear; at full size there is no
        // other way, and it happens once an item.
        if self.start > 0 && (available <= self.start || self.bytes.len() >= MAX_CAPACITY) {
            work::count(available);
            match Arc::get_mut(&mut self.bytes) {
                Some(bytes) => bytes.copy_within(self.start..self.end, 0),
                None => self.leave(),
            }
            self.start = 0;
            self.end = available;
        } else if self.end == self.bytes.len() {
            let bytes = Arc::make_mut(&mut self.bytes);
            let grown = bytes.len().saturating_mul(2).min(MAX_CAPACITY);
            bytes.reserve_exact(grown.saturating_sub(bytes.len()));
            bytes.resize(grown, 0);
        }
    }

    /// Leaves the memory to the batches that keep it, and goes on at the beginning of other.
    fn leave(&mut self) {
        let free = self.kept.iter_mut().position(|kept| Arc::get_mut(kept).is_some());
        let mut other = free.map_or_else(new, |free| self.kept.swap_remove(free));
        let available = self.available();
        if let Some(to) = Arc::get_mut(&mut other).and_then(|other| other.get_mut(..available.len())) {
            to.copy_from_slice(available);
        }
        let left = std::mem::replace(&mut self.bytes, other);
        if self.kept.len() < SPARE {
            self.kept.push(left);
        }
    }

    /// The next `len` bytes, given out: they stay in place until the next call that reads.
    pub(super) fn take(&mut self, len: usize) -> &[u8] {
        let from = self.start;
        self.start = self.start.saturating_add(len).min(self.end);
        self.position = self.position.saturating_add(self.start.saturating_sub(from) as u64);
        self.bytes.get(from..self.start).unwrap_or_default()
    }

    /// The `len` bytes that were given out last.
    pub(super) fn taken(&self, len: usize) -> &[u8] {
        self.bytes.get(self.start.saturating_sub(len)..self.start).unwrap_or_default()
    }

    /// The same for a batch to keep: where the memory is full, so that nothing more is read into it, and was not made
    /// larger by an odd item.
    pub(super) fn keepable(&self, len: usize) -> Option<InBuffer<'_>> {
        let is_full = self.end == self.bytes.len() && self.end == INITIAL;
        is_full.then(|| InBuffer { bytes: &self.bytes, start: self.start.saturating_sub(len) })
    }

    /// Takes back what was given out from `position` in the stream on; only right when nothing was read since.
    pub(super) fn give_back_to(&mut self, position: u64) {
        let back = self.position.saturating_sub(position);
        self.start = self.start.saturating_sub(usize::try_from(back).unwrap_or(0));
        self.position = position;
    }
}

fn new() -> Arc<Vec<u8>> {
    Arc::new(vec![0; INITIAL])
}

/// Where an item is in memory that can be kept.
#[derive(Clone, Copy)]
pub(crate) struct InBuffer<'a> {
    pub(super) bytes: &'a Arc<Vec<u8>>,
    pub(super) start: usize,
}

/// Without the bytes, which are many.
impl std::fmt::Debug for InBuffer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InBuffer").field("start", &self.start).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without end; each byte tells its place.
    struct Counting(u64);

    impl Read for Counting {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            for byte in &mut *room {
                *byte = self.0.to_le_bytes()[0];
                self.0 += 1;
            }
            Ok(room.len())
        }
    }

    fn check(buffer: &Buffer, needed: usize) {
        let first = buffer.position;
        let expected = (first..).map(|place| place.to_le_bytes()[0]).take(needed);
        assert!(buffer.available().iter().take(needed).copied().eq(expected));
    }

    #[test]
    fn reads_are_large() {
        let mut buffer = Buffer::new();
        assert!(buffer.fill(&mut Counting(0), 1).unwrap());
        assert_eq!(buffer.available().len(), 256 * 1024);
    }

    #[test]
    fn bytes_are_moved_only_where_at_least_as_many_were_given_out() {
        let (mut input, mut buffer) = (Counting(0), Buffer::new());
        assert!(buffer.fill(&mut input, INITIAL).unwrap());
        buffer.take(INITIAL / 2 - 1);
        assert!(buffer.fill(&mut input, INITIAL).unwrap());
        assert_eq!((buffer.start, buffer.bytes.len()), (INITIAL / 2 - 1, 2 * INITIAL), "grown");
        check(&buffer, INITIAL);
        buffer.take(buffer.available().len() / 2 + 1);
        let left = buffer.available().len();
        assert!(buffer.fill(&mut input, left + 1).unwrap());
        assert_eq!((buffer.start, buffer.bytes.len()), (0, 2 * INITIAL), "moved");
        check(&buffer, left + 1);
    }

    #[test]
    fn at_full_size_it_moves_and_grows_no_more() {
        let (mut input, mut buffer) = (Counting(0), Buffer::new());
        assert!(buffer.fill(&mut input, MAX_CAPACITY).unwrap());
        assert!(!buffer.fill(&mut input, MAX_CAPACITY + 1).unwrap());
        buffer.take(1);
        assert!(buffer.fill(&mut input, MAX_CAPACITY).unwrap());
        assert_eq!((buffer.start, buffer.bytes.len(), buffer.ended()), (0, MAX_CAPACITY, false));
        check(&buffer, MAX_CAPACITY);
    }

    #[test]
    fn bytes_can_be_given_back() {
        let mut buffer = Buffer::new();
        assert!(buffer.fill(&mut &b"abcdef"[..], 6).unwrap());
        assert_eq!(buffer.take(2), b"ab");
        assert_eq!(buffer.take(9), b"cdef");
        buffer.give_back_to(3);
        assert_eq!((buffer.available(), buffer.position), (&b"def"[..], 3));
        assert!(!buffer.fill(&mut io::empty(), 4).unwrap());
        assert!(buffer.ended());
    }
}
