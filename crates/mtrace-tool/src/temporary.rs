//! The file that an output is until it is whole. The disk takes what is written while more is being made, so that at
//! the end there is little left to wait for.

use std::fs::File;
use std::io::{self, Write};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use tempfile::NamedTempFile;

/// Bytes after which the disk is told again. Each time costs the file system a few writes of its own.
const STEP: usize = 8 << 20;

pub(crate) struct Temporary {
    file: NamedTempFile,
    /// Bytes since the disk was told.
    untold: usize,
    syncing: Option<Syncing>,
}

/// A thread that waits for the disk.
struct Syncing {
    ask: SyncSender<()>,
    thread: JoinHandle<io::Result<()>>,
}

impl Temporary {
    pub(crate) const fn new(file: NamedTempFile) -> Self {
        Self { file, untold: 0, syncing: None }
    }

    /// Gives the file when everything is on the disk.
    pub(crate) fn finish(mut self) -> io::Result<NamedTempFile> {
        // The system tells of a failure once: whoever was waiting then knows of it.
        self.syncing.take().map_or(Ok(()), Syncing::end)?;
        self.file.as_file().sync_all()?;
        Ok(self.file)
    }

    fn tell(&mut self) -> io::Result<()> {
        self.untold = 0;
        if self.syncing.is_none() {
            // What cannot be done meanwhile is done at the end.
            self.syncing = self.file.as_file().try_clone().and_then(Syncing::start).ok();
        }
        let asked = self.syncing.as_ref().map_or(Ok(()), |syncing| syncing.ask.try_send(()));
        match asked {
            Ok(()) | Err(TrySendError::Full(())) => Ok(()),
            Err(TrySendError::Disconnected(())) => self.syncing.take().map_or(Ok(()), Syncing::end),
        }
    }
}

impl Syncing {
    fn start(file: File) -> io::Result<Self> {
        let (ask, asked) = sync_channel(1);
        let wait = move || asked.iter().try_for_each(|()| file.sync_data());
        Ok(Self { ask, thread: thread::Builder::new().spawn(wait)? })
    }

    fn end(self) -> io::Result<()> {
        drop(self.ask);
        self.thread
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("a thread ended before its work was done")))
    }
}

impl Write for Temporary {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Errors of the temporary file's own name it, which is no name that anybody knows.
        let written = self.file.as_file().write(bytes)?;
        self.untold = self.untold.saturating_add(written);
        if self.untold >= STEP {
            self.tell()?;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_file().flush()
    }
}
