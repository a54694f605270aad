//! Commands that make bytes of each packet on its own: a [`Format`] says which, and here is the sink of all of them.
//!
//! Of a short input, or one that keeps us waiting, each packet is formatted and written as it comes. Once a file has
//! shown that it is long, its packets are filtered and formatted by [`Workers`], and written here in their order.

use crate::failure::{Failure, Status};
use crate::output::Output;
use crate::pipeline::{FileReport, Reading, Seen, Sink, Wants};
use crate::workers::{Batch, Workers};
use capture_file::{Container, Item, Packet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread::{self, Scope};
use trace_filter::Scratch;

/// Bytes of packets that are formatted as they come, before it is worth to do it otherwise.
const ALONE: usize = 256 << 10;

/// Bytes of a batch.
const BATCH: usize = 128 << 10;

/// Bytes of a packet of which so much can be made that not every thread should do so at once: some hundred bytes of each
/// record, which may be one of four bytes.
const LARGE: usize = 32 << 10;

/// What is made of each packet.
pub(crate) trait Format: Clone + Send {
    /// A new file begins.
    fn begin(&mut self, _out: &mut Output, _path: &Path, _container: &Container) -> io::Result<()> {
        Ok(())
    }

    /// Writes what it makes of a packet.
    fn packet(&mut self, out: &mut impl Write, packet: &Packet<'_>, seen: &Seen<'_>) -> io::Result<()>;

    /// Writes what it makes of anything else in the file.
    fn other(&mut self, _out: &mut Output, _item: &Item<'_>) -> io::Result<()> {
        Ok(())
    }

    /// The input may keep us waiting: what has been begun should be seen as a whole.
    fn pause(&mut self, _out: &mut Output) -> io::Result<()> {
        Ok(())
    }

    /// Writes what stands at the end.
    fn finish(&mut self, _out: &mut Output) -> io::Result<()> {
        Ok(())
    }

    /// Whether it is as it will be after any further packet: then copies of it can format side by side.
    fn is_steady(&self) -> bool {
        true
    }

    /// What it wants of the reading; it is given only packets that the filters keep.
    fn wants(&self) -> Wants {
        Wants::default()
    }
}

/// What was written, and is yet to be finished.
pub(crate) struct Formatted {
    pub(crate) status: Status,
    pub(crate) out: Output,
    /// How many packets were selected.
    pub(crate) packets: u64,
}

/// Reads the files and writes what the format makes of them.
pub(crate) fn run(
    reading: &Reading,
    files: &[PathBuf],
    out: Output,
    format: impl Format,
) -> Result<Formatted, Failure> {
    thread::scope(|scope| {
        let mut sink = FormatSink {
            scope,
            reading,
            out,
            format,
            scratch: Scratch::default(),
            alone: 0,
            workers: None,
            may_share: true,
            batch: Batch::default(),
            packets: 0,
        };
        let read = reading.run(files, &mut sink);
        let finished = match &read {
            Err(failure) if failure.is_about_output() => Ok(()),
            // What was read before an input failed is shown, too, and as a whole.
            _ => sink.finish(),
        };
        // Of two failures, that of the input came first.
        let status = read?;
        finished?;
        Ok(Formatted { status, out: sink.out, packets: sink.packets })
    })
}

struct FormatSink<'scope, 'env, F> {
    scope: &'scope Scope<'scope, 'env>,
    reading: &'scope Reading,
    out: Output,
    format: F,
    scratch: Scratch,
    /// Bytes of packets that were formatted as they came, since there was last something else than packets.
    alone: usize,
    workers: Option<Workers>,
    /// Whether there can be workers.
    may_share: bool,
    /// Packets for the next worker.
    batch: Batch,
    /// How many packets were selected.
    packets: u64,
}

impl<F: Format> FormatSink<'_, '_, F> {
    fn written<T>(&self, written: io::Result<T>) -> Result<T, Failure> {
        written.map_err(|error| Failure::output(self.out.path(), error))
    }

    /// Formats a packet here and now.
    fn alone(&mut self, packet: &Packet<'_>, seen: &Seen<'_>) -> Result<(), Failure> {
        self.alone = self.alone.saturating_add(packet.raw.len());
        if !self.reading.keeps(&mut self.scratch, packet, seen) {
            return Ok(());
        }
        self.packets = self.packets.saturating_add(1);
        let written = self.format.packet(&mut self.out, packet, seen);
        self.written(written)
    }

    /// Writes everything that came, and what stands at the end.
    fn finish(&mut self) -> Result<(), Failure> {
        self.catch_up()?;
        let finished = self.format.finish(&mut self.out);
        self.written(finished)
    }

    /// Hands the batch to a worker.
    fn hand_over(&mut self) -> Result<(), Failure> {
        let batch = std::mem::take(&mut self.batch);
        let Some(workers) = &mut self.workers else { return Ok(()) };
        let handed = workers.hand_over(batch, &mut self.out);
        let (batch, packets) = self.written(handed)?;
        self.batch = batch;
        self.packets = self.packets.saturating_add(packets);
        Ok(())
    }

    /// Writes everything that came so far.
    fn catch_up(&mut self) -> Result<(), Failure> {
        self.alone = 0;
        while let Some(workers) = &mut self.workers {
            let written = workers.write_oldest(&mut self.out);
            match self.written(written)? {
                Some((_, packets)) => self.packets = self.packets.saturating_add(packets),
                None => break,
            }
        }
        let Self { batch, format, out, reading, scratch, .. } = self;
        let written = batch.format(format, out, reading, scratch);
        self.packets = self.packets.saturating_add(self.written(written)?);
        Ok(())
    }
}

impl<'scope, F: Format + 'scope> Sink for FormatSink<'scope, '_, F> {
    fn begin(&mut self, path: &Path, container: &Container) -> Result<(), Failure> {
        // The copies that they have know of the file before.
        self.workers = None;
        let written = self.format.begin(&mut self.out, path, container);
        self.written(written)
    }

    fn packet(&mut self, packet: &Packet<'_>, seen: &Seen<'_>) -> Result<(), Failure> {
        if packet.raw.len() > LARGE {
            self.catch_up()?;
        }
        if self.alone < ALONE || !self.may_share || !self.format.is_steady() {
            return self.alone(packet, seen);
        }
        if self.workers.is_none() {
            self.workers = Workers::start(self.scope, self.reading, &self.format);
            self.may_share = self.workers.is_some();
        }
        if !self.may_share {
            return self.alone(packet, seen);
        }
        self.batch.push(packet, seen);
        if self.batch.size() < BATCH { Ok(()) } else { self.hand_over() }
    }

    fn other(&mut self, item: &Item<'_>) -> Result<(), Failure> {
        self.catch_up()?;
        let written = self.format.other(&mut self.out, item);
        self.written(written)
    }

    fn idle(&mut self) -> Result<(), Failure> {
        self.catch_up()?;
        let written = self.format.pause(&mut self.out).and_then(|()| self.out.flush());
        self.written(written)
    }

    fn end(&mut self, _path: &Path, _file: &FileReport, _container: &Container) -> Result<(), Failure> {
        self.catch_up()
    }

    fn wants(&self) -> Wants {
        Wants { unfiltered: true, ..self.format.wants() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Args, Command};
    use crate::output::{Content, Target};
    use clap::Parser;
    use trace_synth::Recipe;

    /// Fails at a packet that a worker gets.
    #[derive(Clone)]
    struct Failing;

    impl Format for Failing {
        fn packet(&mut self, out: &mut impl Write, packet: &Packet<'_>, _seen: &Seen<'_>) -> io::Result<()> {
            match packet.number {
                2000 => Err(io::Error::other("packet 2000 has no name")),
                _ => out.write_all(b"a packet\n"),
            }
        }
    }

    #[test]
    fn an_error_of_the_format_itself_is_told() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, Recipe::default().capture(3000)).unwrap();
        let Command::Print(args) = Args::parse_from(["mtrace-tool", "print", "FILE"]).command else {
            panic!()
        };
        let reading = Reading::new(&args.read.select, None, None).unwrap();
        let target = Target::check(Path::new("/dev/null"), false, Content::Text, &[]).unwrap();
        let files = [file.path().to_path_buf()];
        match run(&reading, &files, target.open(None).unwrap(), Failing) {
            Err(failure) => assert_eq!(failure.to_string(), "/dev/null: packet 2000 has no name"),
            Ok(_) => panic!("nothing failed"),
        }
    }
}
