//! A buffer that a thread of its own writes, while what makes the bytes goes on.
//!
//! The thread begins when the buffer is full for the first time: a short output needs none. What it could not write is
//! told by the next call that has something for it.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

/// Bytes that are written at once.
const BUFFER: usize = 128 << 10;

/// Buffers that the thread may have: the one that it writes, and the next.
const AHEAD: usize = 2;

/// Dropped, it writes what it has and waits for that, but nobody learns whether it could.
pub(crate) struct WriteBehind<W: Write + Send + 'static> {
    buffer: Vec<u8>,
    to: To<W>,
    /// Whether there is to be no thread.
    stays: bool,
}

enum To<W> {
    Here(W),
    Thread(Writing<W>),
    /// It failed, which was told.
    Nowhere,
}

/// The thread.
struct Writing<W> {
    full: Sender<Full>,
    empty: Receiver<Vec<u8>>,
    /// How many buffers it has.
    has: usize,
    thread: JoinHandle<io::Result<W>>,
}

/// What is to be written.
struct Full {
    bytes: Vec<u8>,
    /// Whether it should be seen at once.
    flush: bool,
}

impl Full {
    /// Gives back the memory.
    fn write(self, to: &mut impl Write) -> io::Result<Vec<u8>> {
        let Self { mut bytes, flush } = self;
        to.write_all(&bytes)?;
        if flush {
            to.flush()?;
        }
        bytes.clear();
        Ok(bytes)
    }
}

impl<W: Write + Send + 'static> WriteBehind<W> {
    pub(crate) fn new(to: W) -> Self {
        Self { buffer: Vec::with_capacity(BUFFER), to: To::Here(to), stays: false }
    }

    /// Writes these bytes, and many of them without copying. From now on there is no thread for it: who calls this is one
    /// of several threads already, and has just made the bytes.
    pub(crate) fn write_here(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() < BUFFER / 2 && self.stays {
            return self.write_all(bytes);
        }
        self.stays = true;
        let mut to = self.end()?;
        to.write_all(bytes)?;
        self.to = To::Here(to);
        Ok(())
    }

    /// Writes everything, and gives back what it was written to.
    pub(crate) fn into_inner(mut self) -> io::Result<W> {
        self.end()
    }

    fn hand_over(&mut self, flush: bool) -> io::Result<()> {
        let full = Full { bytes: std::mem::take(&mut self.buffer), flush };
        self.buffer = self.write(full)?;
        Ok(())
    }

    fn write(&mut self, full: Full) -> io::Result<Vec<u8>> {
        if !full.flush {
            self.start();
        }
        match &mut self.to {
            // Bytes would be missing before whatever came later.
            To::Here(to) => full.write(to).inspect_err(|_| self.to = To::Nowhere),
            To::Thread(writing) => writing.hand_over(full).ok_or_else(|| self.failed()),
            To::Nowhere => Err(ended()),
        }
    }

    /// Waits until everything handed over is written.
    fn wait(&mut self) -> io::Result<()> {
        while let To::Thread(writing) = &mut self.to
            && writing.has > 0
        {
            match writing.take_back() {
                Some(empty) => self.buffer = empty,
                None => return Err(self.failed()),
            }
        }
        Ok(())
    }

    /// Why the thread has ended.
    fn failed(&mut self) -> io::Error {
        self.end().err().unwrap_or_else(ended)
    }

    /// Has a thread write from now on. Where there can be none, nothing changes.
    fn start(&mut self) {
        if self.stays || !matches!(self.to, To::Here(_)) {
            return;
        }
        // Given to it when it is there, so that it stays here when not.
        let (give, given) = channel();
        let (full, work) = channel::<Full>();
        let (done, empty) = channel();
        let write = move || {
            let mut to = given.recv().map_err(|_| ended())?;
            for full in work {
                // Nobody wants it back at the end.
                let _ = done.send(full.write(&mut to)?);
            }
            Ok(to)
        };
        let Ok(thread) = thread::Builder::new().spawn(write) else { return };
        let writing = To::Thread(Writing { full, empty, has: 0, thread });
        if let To::Here(to) = std::mem::replace(&mut self.to, writing) {
            let _ = give.send(to);
        }
    }

    fn end(&mut self) -> io::Result<W> {
        let rest = Full { bytes: std::mem::take(&mut self.buffer), flush: false };
        match std::mem::replace(&mut self.to, To::Nowhere) {
            To::Here(mut to) => rest.write(&mut to).map(|_| to),
            To::Thread(writing) => writing.end(rest),
            To::Nowhere => Err(ended()),
        }
    }
}

impl<W> Writing<W> {
    /// Gives memory for more; none where the thread has ended, because it failed.
    fn hand_over(&mut self, full: Full) -> Option<Vec<u8>> {
        self.full.send(full).ok()?;
        self.has = self.has.saturating_add(1);
        if self.has > AHEAD { self.take_back() } else { Some(Vec::with_capacity(BUFFER)) }
    }

    /// Waits until a buffer is written.
    fn take_back(&mut self) -> Option<Vec<u8>> {
        let empty = self.empty.recv().ok()?;
        self.has = self.has.saturating_sub(1);
        Some(empty)
    }

    fn end(self, rest: Full) -> io::Result<W> {
        // Where this fails, so did the thread, which tells why.
        let _ = self.full.send(rest);
        drop(self.full);
        self.thread.join().unwrap_or_else(|_| Err(ended()))
    }
}

impl<W: Write + Send + 'static> Write for WriteBehind<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    /// Most of what is written is a few bytes.
    #[inline]
    fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while let Some((now, later)) = bytes.split_at_checked(BUFFER.saturating_sub(self.buffer.len())) {
            self.buffer.extend_from_slice(now);
            self.hand_over(false)?;
            bytes = later;
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// What was written is there for others when this returns.
    fn flush(&mut self) -> io::Result<()> {
        self.hand_over(true)?;
        self.wait()
    }
}

impl<W: Write + Send + 'static> Drop for WriteBehind<W> {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

/// It panicked, and with it the program will; or it was asked for more after it had failed.
fn ended() -> io::Error {
    io::Error::other("the thread that writes has ended")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// Keeps what is written, until there is no more room.
    #[derive(Clone, Default)]
    struct Shared {
        bytes: Arc<Mutex<Vec<u8>>>,
        room: Option<usize>,
    }

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut all = self.bytes.lock().unwrap();
            if self.room.is_some_and(|room| all.len() + bytes.len() > room) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            all.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Lengths below, at and beyond those that are written at once.
    const LENGTHS: &[usize] = &[1, 0, BUFFER - 1, 1, 7, BUFFER, BUFFER / 2, 3 * BUFFER + 5, 9, BUFFER + 1];

    fn bytes(length: usize, seed: usize) -> Vec<u8> {
        (0..length).map(|at| u8::try_from((at * 31 + seed) % 251).unwrap()).collect()
    }

    #[test]
    fn bytes_arrive_in_their_order_however_they_are_written() {
        for how in 0..8 {
            let shared = Shared::default();
            let mut out = WriteBehind::new(shared.clone());
            let mut expected = Vec::new();
            for (index, length) in LENGTHS.iter().cycle().take(40).enumerate() {
                let bytes = bytes(*length, index);
                expected.extend_from_slice(&bytes);
                match (index + how) % 4 {
                    0 if index > 9 => out.write_here(&bytes).unwrap(),
                    _ => out.write_all(&bytes).unwrap(),
                }
                if how > 3 && index % how == 0 {
                    out.flush().unwrap();
                    assert!(*shared.bytes.lock().unwrap() == expected, "{how}: not flushed");
                }
            }
            match how % 2 {
                0 => drop(out.into_inner().unwrap()),
                _ => drop(out),
            }
            assert!(*shared.bytes.lock().unwrap() == expected, "{how}");
        }
    }

    #[test]
    fn a_write_that_fails_is_told_soon_and_at_the_end() {
        let full = |room| WriteBehind::new(Shared { room: Some(room), ..Shared::default() });
        let mut out = full(3 * BUFFER);
        let mut write = || out.write_all(&bytes(BUFFER, 0));
        let told = (0..3 + AHEAD + 2).find_map(|_| write().err());
        assert_eq!(told.unwrap().kind(), io::ErrorKind::StorageFull);
        assert!(write().is_err() && out.flush().is_err() && out.into_inner().is_err());

        let mut out = full(2 * BUFFER);
        out.write_here(&bytes(BUFFER, 0)).unwrap();
        out.write_all(&bytes(BUFFER, 0)).unwrap();
        assert_eq!(out.write_here(&bytes(BUFFER, 0)).unwrap_err().kind(), io::ErrorKind::StorageFull);

        for room in [0, BUFFER] {
            let mut out = full(room);
            out.write_all(&bytes(BUFFER + 1, 0)).ok();
            assert_eq!(out.flush().unwrap_err().kind(), io::ErrorKind::StorageFull);
            let mut out = full(room);
            out.write_all(&bytes(BUFFER + 1, 0)).ok();
            assert_eq!(out.into_inner().err().unwrap().kind(), io::ErrorKind::StorageFull);
        }
    }
}
