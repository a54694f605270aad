//! A file that grows: its end is waited at, until a signal comes or the file is another one.

use crate::live::{PATIENCE, WhileWaiting};
use crate::messages::{self, Name};
use crate::signals;
use std::fs::{File, Metadata};
use std::io::{self, Read, Seek};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A file whose end is not the end.
pub(crate) struct Follow {
    file: File,
    while_waiting: Option<WhileWaiting>,
    /// Its name; none for standard input, which nobody can replace.
    path: Option<PathBuf>,
    /// Bytes that were read, of a file that was read from its beginning.
    read: u64,
    /// Bytes that are still to be read, once a signal has come: those that were there then.
    left: Option<u64>,
    ended: bool,
}

impl Follow {
    pub(crate) fn new(file: File, path: &Path, while_waiting: Option<WhileWaiting>) -> Self {
        let path = (!crate::input::is_standard(path)).then(|| path.to_path_buf());
        signals::stop_at_first();
        Self { file, while_waiting, path, read: 0, left: None, ended: false }
    }

    /// What ends the waiting, if something does: then nothing more will come.
    fn reason(&self) -> io::Result<Option<&'static str>> {
        let same = |one: &Metadata, other: &Metadata| (one.dev(), one.ino()) == (other.dev(), other.ino());
        let open = self.file.metadata()?;
        // Standard input may have begun anywhere in its file.
        let Some(path) = &self.path else { return Ok(None) };
        if open.len() < self.read {
            return Ok(Some("was truncated"));
        }
        Ok(match std::fs::metadata(path) {
            Ok(named) if same(&open, &named) => None,
            Ok(_) => Some("was replaced"),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Some("was removed"),
            // Whatever keeps us from looking, the file is still open.
            Err(_) => None,
        })
    }
}

impl Follow {
    /// Bytes that are still to be read after a signal, however fast more is written.
    fn left(&mut self) -> io::Result<Option<u64>> {
        if self.left.is_none() && signals::has_stopped() {
            let length = self.file.metadata()?.len();
            self.left = Some(length.saturating_sub(self.file.stream_position()?));
        }
        Ok(self.left)
    }
}

impl Read for Follow {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ended || buffer.is_empty() {
            return Ok(0);
        }
        loop {
            // Asked before the read, so that what was written before the file was replaced is read.
            let reason = self.reason()?;
            let left = self.left()?.and_then(|left| usize::try_from(left).ok()).unwrap_or(usize::MAX);
            let room = buffer.len().min(left);
            let read = self.file.read(buffer.get_mut(..room).unwrap_or_default())?;
            if read > 0 {
                self.read = self.read.saturating_add(read as u64);
                self.left = self.left.map(|left| left.saturating_sub(read as u64));
                return Ok(read);
            }
            if let (Some(reason), Some(path)) = (reason, &self.path) {
                messages::warning(&format_args!("{} {reason}; no longer followed", Name(path)));
                self.ended = true;
                return Ok(0);
            }
            if signals::has_stopped() || !WhileWaiting::go_on(self.while_waiting.as_ref()) {
                self.ended = true;
                return Ok(0);
            }
            signals::wait(None, Some(PATIENCE));
        }
    }
}
