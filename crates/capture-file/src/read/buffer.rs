//! The one buffer between the input and the items.

use super::MAX_BLOCK;
use std::io::{self, Read};

/// Small for the fuzzer: its short inputs should make the buffer grow, too, and a large one costs more than they do.
const INITIAL: usize = if cfg!(fuzzing) { 64 } else { 256 * 1024 };

/// Room for the largest item and the header of a record before it.
const MAX_CAPACITY: usize = MAX_BLOCK as usize + INITIAL;

/// Bytes read and not yet given out. Grows only when it is full of bytes that arrived and the next item needs more.
pub(super) struct Buffer {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    /// Of `start` in the stream.
    position: u64,
}

impl Buffer {
    pub(super) fn new() -> Self {
        Self { bytes: vec![0; INITIAL], start: 0, end: 0, ended: false, position: 0 }
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
            let Some(room) = self.bytes.get_mut(self.end..).filter(|room| !room.is_empty()) else {
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
            self.bytes.copy_within(self.start..self.end, 0);
            self.start = 0;
            self.end = available;
        } else if self.end == self.bytes.len() {
            let grown = self.bytes.len().saturating_mul(2).min(MAX_CAPACITY);
            self.bytes.reserve_exact(grown.saturating_sub(self.bytes.len()));
            self.bytes.resize(grown, 0);
        }
    }

    /// The next `len` bytes, given out: they stay in place until the next call that reads.
    pub(super) fn take(&mut self, len: usize) -> &[u8] {
        let from = self.start;
        self.start = self.start.saturating_add(len).min(self.end);
        self.position = self.position.saturating_add(self.start.saturating_sub(from) as u64);
        self.bytes.get(from..self.start).unwrap_or_default()
    }

    /// Takes back what was given out from `position` in the stream on; only right when nothing was read since.
    pub(super) fn give_back_to(&mut self, position: u64) {
        let back = self.position.saturating_sub(position);
        self.start = self.start.saturating_sub(usize::try_from(back).unwrap_or(0));
        self.position = position;
    }
}
