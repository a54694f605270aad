//! Every call of the output of every export fails, is short or is interrupted: an error, or the whole file.

use super::chrome::Chrome;
use super::csv::Csv;
use super::dot::Dot;
use super::flamegraph::Flamegraph;
use super::folded::Folded;
use super::graph::GraphPicture;
use super::packets::{Options, Packets};
use super::speedscope::Speedscope;
use super::tree::{Stacks, Tree, Weight};
use super::{Export, Remark};
use crate::ndjson;
use capture_file::{Reader, WriteError};
use mbuf_trace::Detector;
use std::cell::Cell;
use std::io::{self, Write};
use std::rc::Rc;
use trace_fields::SnapshotLink;

/// What befalls a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Error,
    Short,
    Interrupted,
}

/// An output into memory whose calls are counted from 0.
#[derive(Clone)]
struct Faulty {
    written: Vec<u8>,
    fault: Option<(Fault, usize)>,
    calls: Rc<Cell<usize>>,
}

impl Faulty {
    fn next(&self, wanted: usize) -> io::Result<usize> {
        let call = self.calls.replace(self.calls.get() + 1);
        match self.fault {
            Some((Fault::Error, at)) if call == at => Err(io::ErrorKind::StorageFull.into()),
            Some((Fault::Interrupted, at)) if call == at => Err(io::ErrorKind::Interrupted.into()),
            Some((Fault::Short, at)) if call == at => Ok(wanted.min(1)),
            _ => Ok(wanted),
        }
    }
}

impl Write for Faulty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let wanted = self.next(bytes.len())?;
        self.written.extend_from_slice(&bytes[..wanted]);
        Ok(wanted)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.next(0).map(drop)
    }
}

type Begin = fn(Faulty) -> Result<Box<dyn Export<Faulty>>, WriteError>;

const LINK: SnapshotLink = SnapshotLink::Auto;

/// Every export, by the name of what it writes.
const EXPORTS: &[(&str, Begin)] = &[
    ("chrome", |out| Ok(Box::new(Chrome::new(out, LINK)))),
    ("csv", |out| Ok(Box::new(Csv::new(out, LINK)))),
    ("dot", |out| Ok(Box::new(Dot::new(out)))),
    ("flamegraph", |out| Ok(Box::new(Flamegraph::new(out, tree(), "title".to_owned())))),
    ("folded", |out| Ok(Box::new(Folded::new(out, tree())))),
    ("graph", |out| Ok(Box::new(GraphPicture::new(out, 60)))),
    ("pcap", |out| Ok(Box::new(Packets::pcap(out, Options::default())?))),
    ("pcapng", |out| Ok(Box::new(Packets::pcapng(out, Options::default())?))),
    ("speedscope", |out| Ok(Box::new(Speedscope::new(out, LINK)))),
];

fn tree() -> Tree {
    Tree::new(Stacks::Calls, Weight::Count)
}

fn capture() -> Vec<u8> {
    std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/ping-rev4.pcapng")).unwrap()
}

/// Writes the capture by an export, flushing behind each packet as a live one is.
fn export(begin: Begin, out: Faulty) -> Result<(Faulty, Vec<Remark>), WriteError> {
    let bytes = capture();
    let mut reader = Reader::new(bytes.as_slice()).unwrap();
    let (mut detector, mut export) = (Detector::default(), begin(out)?);
    while let Some(item) = reader.next_item().unwrap() {
        let capture_file::Item::Packet(packet) = item else { continue };
        let trace = detector.read(packet.data, packet.data.len()).unwrap();
        export.packet(&(&packet).into(), Some(&trace))?;
        export.flush()?;
    }
    export.finish()
}

/// Writes it as NDJSON.
fn lines(out: Faulty) -> Result<Faulty, WriteError> {
    let bytes = capture();
    let mut reader = Reader::new(bytes.as_slice()).unwrap();
    let (mut detector, mut writer) = (Detector::default(), ndjson::Writer::new(out));
    while let Some(item) = reader.next_item().unwrap() {
        match &item {
            capture_file::Item::Packet(packet) => {
                let read = detector.read(packet.data, packet.data.len()).unwrap();
                writer.write(&item, Some(&read))?;
            }
            item => writer.write(item, None)?,
        }
    }
    Ok(writer.finish()?)
}

/// Every call but those that cost too much time to try: of very many, some.
fn everywhere(name: &str, write: impl Fn(Faulty) -> Result<Faulty, WriteError>) {
    let out = |fault| Faulty { written: Vec::new(), fault, calls: Rc::default() };
    let whole = write(out(None)).unwrap();
    let calls = whole.calls.get();
    for at in (0..calls).step_by(calls / 2000 + 1).chain([calls - 1]) {
        for fault in [Fault::Error, Fault::Short, Fault::Interrupted] {
            match (fault, write(out(Some((fault, at))))) {
                (Fault::Error, Err(WriteError::Io(error))) => {
                    assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{name}, call {at}");
                }
                (Fault::Short | Fault::Interrupted, Ok(out)) => {
                    assert!(out.written == whole.written, "{name}, call {at}: {fault:?} changes the file");
                }
                // A flush is told.
                (Fault::Interrupted, Err(WriteError::Io(error))) => {
                    assert_eq!(error.kind(), io::ErrorKind::Interrupted, "{name}, call {at}");
                }
                (_, Ok(_)) => panic!("{name}, call {at} of {calls}: {fault:?} is not noticed"),
                (_, Err(error)) => panic!("{name}, call {at} of {calls}: {fault:?}: {error}"),
            }
        }
    }
}

#[test]
fn every_call_of_every_export() {
    for (name, begin) in EXPORTS {
        everywhere(name, |out| export(*begin, out).map(|(out, _)| out));
    }
}

#[test]
fn every_call_of_ndjson() {
    everywhere("ndjson", lines);
}
