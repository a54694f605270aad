//! The library alone: every event of a capture in memory, against copying the same bytes.

use super::Outcome;
use super::measure::{Sample, Samples};
use super::work::Limit;
use anyhow::{Context, Result};
use capture_file::{Item, Reader};
use mbuf_trace::{Detector, Encoding, Revision, Trace};
use std::fs::File;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

pub(crate) const NAME: &str = "parse in memory";

/// As many bytes of packets as are measured: what fits into memory anywhere.
const ENOUGH: usize = 256 << 20;

pub(crate) fn compare(capture: &Path, runs: usize) -> Result<Outcome> {
    let (bytes, packets) = packets(capture)?;
    let mut copy = vec![0; bytes.len()];
    let (mut ours, mut theirs) = (Samples::default(), Samples::default());
    for _ in 0..runs {
        let start = Instant::now();
        let mut events = 0_usize;
        for range in &packets {
            let packet = bytes.get(range.clone()).context("a packet")?;
            let trace = Trace::parse(packet, packet.len(), Encoding::new(Revision::Three));
            for event in trace.events() {
                events = events.wrapping_add(black_box(event).payload.len());
            }
        }
        black_box(events);
        ours.add(Sample { time: start.elapsed(), peak: 0 });
        let start = Instant::now();
        copy.copy_from_slice(black_box(&bytes));
        black_box(&mut copy);
        theirs.add(Sample { time: start.elapsed(), peak: 0 });
    }
    Ok(Outcome {
        name: NAME,
        peer: "memcpy of the same bytes",
        ours,
        theirs: Some(theirs),
        limit: Limit::Times(4.0),
    })
}

/// The packets of a capture one behind the other, and where each lies.
fn packets(capture: &Path) -> Result<(Vec<u8>, Vec<std::ops::Range<usize>>)> {
    let mut reader = Reader::new(File::open(capture)?)?;
    let (mut bytes, mut places) = (Vec::new(), Vec::new());
    let mut detector = Detector::new(None);
    while let Some(item) = reader.next_item()? {
        let Item::Packet(packet) = item else { continue };
        // Those that are whole traces of revision 3, as `parse` is asked to read them.
        let trace = detector.read(packet.data, packet.data.len());
        if trace.is_ok_and(|(trace, _)| trace.revision() == Revision::Three) {
            let start = bytes.len();
            bytes.extend_from_slice(packet.data);
            places.push(start..bytes.len());
        }
        if bytes.len() > ENOUGH {
            break;
        }
    }
    Ok((bytes, places))
}
