//! Every call of an input or an output fails, is short, or is interrupted: an error, or what would have come without it.

use super::build::*;
use super::compression::{ALL, compress};
use capture_file::{
    Compressor, CopyWriter, OpenError, PcapResolution, PcapWriter, PcapngWriter, ReadErrorKind, Reader,
    WriteError,
};
use std::cell::Cell;
use std::io::{self, Read, Write};

/// What befalls a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// EIO, as of a disk that cannot read.
    Error,
    /// One byte, whatever is asked for.
    Short,
    /// EINTR, and the next call is as if nothing had been.
    Interrupted,
}

/// The input or output, whose calls are counted from 0.
struct Faulty<'c, T> {
    inner: T,
    fault: Option<(Fault, usize)>,
    /// Whether all later calls fare alike; every other one, where they are interrupted.
    and_later: bool,
    calls: &'c Cell<usize>,
}

/// The system's number of EIO.
const EIO: i32 = 5;

impl<T> Faulty<'_, T> {
    /// How many of `wanted` bytes this call may have.
    fn next(&self, wanted: usize) -> io::Result<usize> {
        let call = self.calls.replace(self.calls.get() + 1);
        let Some((fault, at)) = self.fault else { return Ok(wanted) };
        let is_met = if self.and_later { call >= at } else { call == at };
        match fault {
            Fault::Error if is_met => Err(io::Error::from_raw_os_error(EIO)),
            Fault::Short if is_met => Ok(wanted.min(1)),
            Fault::Interrupted if is_met && (call - at).is_multiple_of(2) => {
                Err(io::ErrorKind::Interrupted.into())
            }
            _ => Ok(wanted),
        }
    }
}

impl<T: Read> Read for Faulty<'_, T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Little at once, so that there are calls everywhere.
        let wanted = self.next(buffer.len().min(37))?;
        self.inner.read(&mut buffer[..wanted])
    }
}

impl<T: Write> Write for Faulty<'_, T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let wanted = self.next(bytes.len())?;
        self.inner.write(&bytes[..wanted])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.next(0).map(drop)
    }
}

/// Calls `check` with every fault at every call of a run that makes so many.
fn everywhere(calls: usize, mut check: impl FnMut(Fault, usize, bool)) {
    assert!(calls > 0);
    for at in 0..calls {
        for fault in [Fault::Error, Fault::Short, Fault::Interrupted] {
            check(fault, at, false);
            check(fault, at, true);
        }
    }
}

fn plain() -> [Vec<u8>; 2] {
    let pcap =
        Pcap::new(Big, NANO, 0, 147).record(1, 2, 3, b"abc").record(4, 5, 6, &[7; 500]).record(6, 7, 1, b"d");
    [pcap.bytes(), rich_pcapng()]
}

#[test]
fn every_call_of_an_input() {
    let compressed = plain().into_iter().flat_map(|file| ALL.map(|compression| compress(&file, compression)));
    for file in plain().into_iter().chain(compressed) {
        let calls = Cell::new(0);
        let whole = read_all(Faulty { inner: file.as_slice(), fault: None, and_later: false, calls: &calls });
        let whole = whole.unwrap().0;
        everywhere(calls.get(), |fault, at, and_later| {
            let calls = Cell::new(0);
            let input = Faulty { inner: file.as_slice(), fault: Some((fault, at)), and_later, calls: &calls };
            let what = format!("{fault:?} at {at}, and later: {and_later}, of {} bytes", file.len());
            match (fault, read_all(input)) {
                (Fault::Error, Err(OpenError::Io(error))) => {
                    assert_eq!(error.raw_os_error(), Some(EIO), "{what}");
                }
                (Fault::Error, Ok((items, Some(error)))) => {
                    assert!(whole.starts_with(&items), "{what}");
                    let ReadErrorKind::Io(error) = error.kind else { panic!("{what}: {error}") };
                    assert_eq!(error.raw_os_error(), Some(EIO), "{what}");
                }
                (Fault::Short | Fault::Interrupted, Ok((items, None))) => assert_eq!(items, whole, "{what}"),
                (_, other) => panic!("{what}: {other:?}"),
            }
        });
    }
}

/// Behind an error there is no end: a reader that failed does not say that the file was read to its end.
#[test]
fn a_failed_input_is_told_once_and_gives_no_more() {
    for file in plain() {
        let calls = Cell::new(0);
        let input = Faulty {
            inner: file.as_slice(),
            fault: Some((Fault::Error, 3)),
            and_later: false,
            calls: &calls,
        };
        let mut reader = Reader::new(input).unwrap();
        let mut errors = 0;
        for _ in 0..10 {
            match reader.next_item() {
                Ok(Some(_)) => assert_eq!(errors, 0),
                Ok(None) => assert_eq!(errors, 1),
                Err(_) => errors += 1,
            }
        }
        assert_eq!(errors, 1);
    }
}

type Written<'a> = Faulty<'a, Vec<u8>>;

/// The ways to write a file; each gives back what was written.
fn write(way: usize, file: &[u8], out: Written<'_>) -> Result<Vec<u8>, WriteError> {
    let mut reader = Reader::new(file).unwrap();
    match way {
        0 => {
            let mut writer = CopyWriter::new(out);
            while let Some(item) = reader.next_item().unwrap() {
                writer.write(&item)?;
            }
            Ok(writer.finish()?.inner)
        }
        1 => {
            let mut writer = PcapWriter::new(out, PcapResolution::Auto);
            while let Some(item) = reader.next_item().unwrap() {
                writer.write(&item)?;
            }
            Ok(writer.finish()?.0.inner)
        }
        2 => {
            let mut writer = PcapngWriter::new(out);
            while let Some(item) = reader.next_item().unwrap() {
                writer.write(&item)?;
            }
            Ok(writer.finish()?.0.inner)
        }
        _ => {
            let mut writer = Compressor::new(out, ALL.get(way - 3).copied())?;
            for piece in file.chunks(100) {
                writer.write_all(piece)?;
                writer.flush()?;
            }
            Ok(writer.finish()?.inner)
        }
    }
}

#[test]
fn every_call_of_an_output() {
    for file in plain() {
        for way in 0..3 + ALL.len() {
            let calls = Cell::new(0);
            let out = |fault, and_later| Faulty { inner: Vec::new(), fault, and_later, calls: &calls };
            // A pcap cannot hold what is in a rich pcapng.
            let Ok(whole) = write(way, &file, out(None, false)) else { continue };
            everywhere(calls.replace(0), |fault, at, and_later| {
                calls.set(0);
                let what = format!("{fault:?} at {at}, and later: {and_later}, way {way}");
                match (fault, write(way, &file, out(Some((fault, at)), and_later))) {
                    (Fault::Error, Err(WriteError::Io(error))) => {
                        assert_eq!(error.raw_os_error(), Some(EIO), "{what}");
                    }
                    (Fault::Short | Fault::Interrupted, Ok(written)) => assert!(written == whole, "{what}"),
                    // A flush that is interrupted may be told.
                    (Fault::Interrupted, Err(WriteError::Io(error))) => {
                        assert_eq!(error.kind(), io::ErrorKind::Interrupted, "{what}");
                    }
                    (_, other) => panic!("{what}: {other:?}"),
                }
            });
        }
    }
}

/// Whoever drops a buffer writes what is in it, though a write failed before.
#[test]
fn an_output_that_failed_takes_no_more() {
    // Neither all alike nor without any repetition, in more than a block of every compression.
    let bytes: Vec<u8> =
        (0..400_000_u32).flat_map(|number| (number / 3).wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    for compression in ALL.map(Some).into_iter().chain([None]) {
        for at in 0..6 {
            let calls = Cell::new(0);
            let out = Faulty {
                inner: Vec::new(),
                fault: Some((Fault::Error, at)),
                and_later: false,
                calls: &calls,
            };
            let Ok(mut out) = Compressor::new(out, compression) else { continue };
            let failed = bytes.chunks(100_000).filter(|piece| out.write_all(piece).is_err()).count();
            assert!(failed == 0 || out.flush().is_err(), "{compression:?} at {at}");
            assert!(out.finish().is_err() || calls.get() <= at, "{compression:?} at {at}");
        }
    }
}
