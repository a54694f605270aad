//! The library alone, against copying the same bytes: every event of a capture in memory, and what is less than that.

use super::Outcome;
use super::measure::{Sample, Samples};
use super::work::Limit;
use anyhow::{Context, Result, ensure};
use capture_file::{Item, Reader};
use mbuf_trace::{Detector, Encoding, Revision, Trace};
use std::fs::File;
use std::hint::black_box;
use std::ops::Range;
use std::path::Path;
use std::time::Instant;

/// What the names of these jobs begin with.
const PARSE: &str = "parse in memory";

/// As many bytes of packets as are measured: what fits into memory anywhere.
const ENOUGH: usize = 256 << 20;

/// What is asked of each packet's trace.
struct Job {
    name: &'static str,
    ask: fn(&Trace<'_>),
    limit: Limit,
}

const JOBS: [Job; 3] = [
    // Each event: where its record lies, what kind that is, its payload, its snapshot, and what is wrong with it. Texts
    // are found, and not taken apart.
    Job {
        name: "parse in memory, every event",
        ask: |trace| {
            for event in trace.events() {
                black_box(&event);
                black_box(event.snapshot());
                black_box(event.fault());
            }
        },
        limit: Limit::Times(4.0),
    },
    // And each text taken apart into position, function and arguments.
    Job {
        name: "parse in memory, every event and its text",
        ask: |trace| trace.events().for_each(|event| _ = black_box(&event.read())),
        limit: Limit::Any,
    },
    // Where each record lies and what its header says, in the order of the wire.
    Job {
        name: "parse in memory, every record",
        ask: |trace| trace.wire_records().for_each(|record| _ = black_box(&record)),
        limit: Limit::Any,
    },
];

/// Those of these jobs that are wanted.
pub(crate) fn compare(capture: &Path, runs: usize, wanted: impl Fn(&str) -> bool) -> Result<Vec<Outcome>> {
    if !JOBS.iter().any(|job| wanted(job.name)) && !wanted(PARSE) {
        return Ok(Vec::new());
    }
    let packets = Packets::read(capture)?;
    JOBS.iter().filter(|job| wanted(job.name)).map(|job| packets.compare(job, runs)).collect()
}

/// The packets of a capture one behind the other, and where each lies.
#[derive(Default)]
struct Packets {
    bytes: Vec<u8>,
    places: Vec<Range<usize>>,
}

impl Packets {
    fn read(capture: &Path) -> Result<Self> {
        let mut reader = Reader::new(File::open(capture)?)?;
        let mut packets = Self::default();
        let mut detector = Detector::default();
        while let Some(item) = reader.next_item()? {
            let Item::Packet(packet) = item else { continue };
            // Those that are whole traces of revision 3, as `parse` is asked to read them.
            let trace = detector.read(packet.data, packet.data.len());
            if trace.is_ok_and(|trace| trace.revision() == Revision::Three) {
                let start = packets.bytes.len();
                packets.bytes.extend_from_slice(packet.data);
                packets.places.push(start..packets.bytes.len());
            }
            if packets.bytes.len() > ENOUGH {
                break;
            }
        }
        Ok(packets)
    }

    fn parse(&self, job: &Job) -> Result<()> {
        for place in &self.places {
            let packet = self.bytes.get(place.clone()).context("a packet")?;
            (job.ask)(&Trace::parse(packet, packet.len(), Encoding::new(Revision::Three)));
        }
        Ok(())
    }

    /// Both sides read the same bytes in the same order. The copy is made in one piece, which is as fast as a copy can
    /// be, into memory that was touched before, so that no page has to be found for it while the clock runs.
    fn compare(&self, job: &Job, runs: usize) -> Result<Outcome> {
        let mut copy = self.bytes.clone();
        // The first pass is not measured, but for what it allocates: nothing.
        let allocated = allocation_counter::measure(|| self.parse(job).unwrap_or_default());
        ensure!(allocated.count_total == 0, "{} allocates: {allocated:?}", job.name);
        let (mut ours, mut theirs) = (Samples::default(), Samples::default());
        for _ in 0..runs {
            let start = Instant::now();
            self.parse(job)?;
            ours.add(Sample { time: start.elapsed(), peak: 0 });
            let start = Instant::now();
            copy.copy_from_slice(black_box(&self.bytes));
            black_box(&mut copy);
            theirs.add(Sample { time: start.elapsed(), peak: 0 });
        }
        Ok(Outcome {
            name: job.name,
            peer: "memcpy of the same bytes",
            ours,
            theirs: Some(theirs),
            limit: job.limit,
        })
    }
}
