//! A bar on the terminal for work that takes more than a second.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fs::Metadata;
use std::io::{self, IsTerminal, Read};
use std::time::{Duration, Instant};

/// How long work may take before it is worth a bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// An input that shows how much of it has been read, if it is a file and standard error a terminal.
pub(crate) struct Progress<R> {
    input: R,
    read: u64,
    length: u64,
    begun: Instant,
    bar: Bar,
}

enum Bar {
    Never,
    NotYet,
    Shown(ProgressBar),
}

impl<R> Progress<R> {
    /// `wanted` tells that the output goes elsewhere: on one terminal, the bar would get between its lines.
    pub(crate) fn new(input: R, metadata: &Metadata, wanted: bool) -> Self {
        let wanted = wanted && metadata.is_file() && io::stderr().is_terminal();
        let bar = if wanted { Bar::NotYet } else { Bar::Never };
        Self { input, read: 0, length: metadata.len(), begun: Instant::now(), bar }
    }

    fn advance(&mut self, bytes: u64) {
        self.read = self.read.saturating_add(bytes);
        match &self.bar {
            Bar::Never => {}
            Bar::NotYet if self.begun.elapsed() < PATIENCE => {}
            Bar::NotYet => {
                let bar = ProgressBar::with_draw_target(Some(self.length), ProgressDrawTarget::stderr());
                let layout = "{bar:30} {bytes}/{total_bytes}  {binary_bytes_per_sec}  {eta} left";
                if let Ok(style) = ProgressStyle::with_template(layout) {
                    bar.set_style(style);
                }
                bar.set_position(self.read);
                self.bar = Bar::Shown(bar);
            }
            Bar::Shown(bar) => bar.set_position(self.read),
        }
    }
}

impl<R: Read> Read for Progress<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.advance(read as u64);
        Ok(read)
    }
}

impl<R> Drop for Progress<R> {
    fn drop(&mut self) {
        if let Bar::Shown(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
