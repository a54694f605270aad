//! Commands that make bytes of each packet on its own: a [`Format`] says which, and here is the sink of all of them.
//!
//! Of a short input, or one that keeps us waiting, each packet is formatted and written as it comes. Once a file has
//! shown that it is long, threads take turns with it, in a [`relay`].

use crate::failure::{Failure, Status};
use crate::output::Output;
use crate::pipeline::{FileReader, Reading, Seen, Sink, Wants};
use crate::relay;
use capture_file::{Container, Item, Packet};
use std::io::{self, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread;
use trace_filter::Scratch;

/// Bytes of packets that are formatted as they come, before it is worth to do it otherwise.
const ALONE: usize = 256 << 10;

/// More processors than this would wait for the one that reads.
const MOST: usize = 8;

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
    let scratch = Scratch::default();
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MOST);
    let mut sink = FormatSink { reading, out, format, scratch, alone: 0, packets: 0, threads };
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
}

struct FormatSink<'a, F> {
    reading: &'a Reading,
    out: Output,
    format: F,
    scratch: Scratch,
    /// Bytes of packets since there was last something else.
    alone: usize,
    /// How many packets were selected.
    packets: u64,
    threads: usize,
}

impl<F: Format> FormatSink<'_, F> {
    fn written<T>(&self, written: io::Result<T>) -> Result<T, Failure> {
        written.map_err(|error| Failure::output(self.out.path(), error))
    }

    /// Whether threads should take turns with the rest.
    fn is_long(&self) -> bool {
        self.alone >= ALONE && self.threads > 1 && self.format.is_steady()
    }

    /// Writes what stands at the end.
    fn finish(&mut self) -> Result<(), Failure> {
        let finished = self.format.finish(&mut self.out);
        self.written(finished)
    }
}

impl<F: Format> Sink for FormatSink<'_, F> {
    fn begin(&mut self, path: &Path, container: &Container) -> Result<(), Failure> {
        self.alone = 0;
        let written = self.format.begin(&mut self.out, path, container);
        self.written(written)
    }

    fn packet(&mut self, packet: &Packet<'_>, seen: &Seen<'_>) -> Result<(), Failure> {
        self.alone = self.alone.saturating_add(packet.raw.len());
        if !self.reading.keeps(&mut self.scratch, packet, seen) {
            return Ok(());
        }
        self.packets = self.packets.saturating_add(1);
        let written = self.format.packet(&mut self.out, packet, seen);
        self.written(written)
    }

    fn other(&mut self, item: &Item<'_>) -> Result<(), Failure> {
        self.alone = 0;
        let written = self.format.other(&mut self.out, item);
        self.written(written)
    }

    fn idle(&mut self) -> Result<(), Failure> {
        self.alone = 0;
        let written = self.format.pause(&mut self.out).and_then(|()| self.out.flush());
        self.written(written)
    }

    fn breaks(&self, _needs_input: bool) -> bool {
        self.is_long()
    }

    fn share(&mut self, file: &mut FileReader<'_>) -> Result<(), Failure> {
        if self.is_long() {
            self.alone = 0;
            let Self { threads, reading, out, format, .. } = self;
            let packets = relay::run(*threads, reading, file, out, format)?;
            self.packets = self.packets.saturating_add(packets);
        }
        Ok(())
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

    /// Fails at a packet of a relay.
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
