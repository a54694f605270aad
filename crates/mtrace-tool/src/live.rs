//! An input that goes on for as long as somebody writes: a pipe, a socket, a device. A signal is its end.

use crate::signals;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long after the signal more is waited for. Ctrl-C reaches every process of a pipeline, and the one that captures
/// writes what it still has before it ends.
const GRACE: Duration = Duration::from_millis(300);

/// Bytes that are read after that time if they are there already: what a pipe can hold.
const LEFT: usize = 1 << 20;

/// How often somebody is told that the input keeps us waiting.
pub(crate) const PATIENCE: Duration = Duration::from_millis(200);

/// What is called again and again while an input keeps us waiting; false ends the input.
#[derive(Clone)]
pub(crate) struct WhileWaiting(pub(crate) Arc<dyn Fn() -> bool + Send + Sync>);

impl fmt::Debug for WhileWaiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WhileWaiting")
    }
}

impl WhileWaiting {
    /// Whether the input is to be waited for.
    pub(crate) fn go_on(this: Option<&Self>) -> bool {
        this.is_none_or(|Self(call)| call())
    }
}

/// Reads until the input ends or a signal ends it.
pub(crate) struct Live {
    file: File,
    while_waiting: Option<WhileWaiting>,
    /// When to stop waiting, once the signal has come.
    until: Option<Instant>,
    /// Bytes that may be read after that.
    left: usize,
    ended: bool,
}

impl Live {
    pub(crate) fn new(file: File, while_waiting: Option<WhileWaiting>) -> Self {
        signals::stop_at_first();
        Self { file, while_waiting, until: None, left: LEFT, ended: false }
    }

    /// Waits until there is something to read; false where the signal has ended the input, or who is told of the waiting.
    fn wait(&mut self) -> bool {
        let patience = self.while_waiting.is_some().then_some(PATIENCE);
        while !signals::has_stopped() {
            if signals::wait(Some(self.file.as_fd()), patience) {
                return true;
            }
            if !WhileWaiting::go_on(self.while_waiting.as_ref()) {
                return false;
            }
        }
        let until = *self.until.get_or_insert_with(|| Instant::now() + GRACE);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if signals::wait(Some(self.file.as_fd()), Some(left)) {
                return !left.is_zero() || self.left > 0;
            }
            if left.is_zero() {
                return false;
            }
        }
    }

    fn is_late(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until)
    }
}

impl Read for Live {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while !self.ended && self.wait() {
            let length = if self.is_late() { self.left.min(buffer.len()) } else { buffer.len() };
            match self.file.read(buffer.get_mut(..length).unwrap_or_default()) {
                // Another process was quicker: descriptors that do not block are shared.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(read) => {
                    if self.is_late() {
                        self.left = self.left.saturating_sub(read);
                    }
                    self.ended = read == 0;
                    return Ok(read);
                }
                Err(error) => return Err(error),
            }
        }
        self.ended = true;
        Ok(0)
    }
}
