//! What the benches of `benches/` work on: captures that are made up, always the same.
//!
//! `cargo bench -p trace-bench` runs them all, `cargo bench -p trace-bench --bench parse events` some of one.

use capture_file::{Format, Item, LinkType, Reader};
use mbuf_trace::{Detector, Encoding, Revision};
use std::ops::Range;
use trace_fields::Subject;
use trace_synth::Recipe;

/// Packets of each capture: a few megabytes, more than the caches next to a core hold.
const PACKETS: u64 = 5_000;

/// A capture of this revision.
#[must_use]
pub fn capture(revision: Revision, format: Format) -> Vec<u8> {
    Recipe { encoding: Encoding::new(revision), format, ..Recipe::default() }.capture(PACKETS)
}

/// Packets one behind the other, without the file around them.
#[derive(Debug)]
pub struct Packets {
    bytes: Vec<u8>,
    places: Vec<Range<usize>>,
}

impl Packets {
    /// The packets of this revision.
    #[must_use]
    pub fn of(revision: Revision) -> Self {
        let mut packets = Recipe { encoding: Encoding::new(revision), ..Recipe::default() }.packets();
        let (mut bytes, mut places) = (Vec::new(), Vec::new());
        for _ in 0..PACKETS {
            let start = bytes.len();
            bytes.extend_from_slice(packets.next_packet().0);
            places.push(start..bytes.len());
        }
        Self { bytes, places }
    }

    /// All of them at once.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// One after another.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.places.iter().filter_map(|place| self.bytes.get(place.clone()))
    }
}

/// Calls `ask` with every packet of a capture, as the tool does.
///
/// # Panics
/// Where the capture cannot be read; those of [`capture`] can.
pub fn each_subject(capture: &[u8], mut ask: impl FnMut(&Subject<'_>)) {
    let mut reader = Reader::new(capture).expect("a capture");
    let mut detector = Detector::default();
    while let Some(item) = reader.next_item().expect("a whole capture") {
        let Item::Packet(packet) = item else { continue };
        assert_eq!(packet.link_type, LinkType::USER0);
        let trace = detector.read(packet.data, packet.data.len()).expect("a trace");
        ask(&Subject::new(&packet).with_trace(&trace));
    }
}
