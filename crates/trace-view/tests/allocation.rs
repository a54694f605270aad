//! Showing a packet allocates nothing, once the memory has grown to what the packets need.

use capture_file::{Format, Item, Reader};
use mbuf_trace::{Detector, Encoding, Trace};
use trace_synth::Recipe;
use trace_view::ndjson::Writer;
use trace_view::timeline::{Options, Timeline};

const PACKETS: u64 = 300;

/// Captures of all revisions.
fn captures() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    ["1", "2", "3", "4"].into_iter().map(|revision| {
        let encoding: Encoding = revision.parse().unwrap();
        (revision, Recipe { encoding, format: Format::Pcap, ..Recipe::default() }.capture(PACKETS))
    })
}

/// Calls `each` with every item of a capture and what it was read as.
fn each_item(capture: &[u8], mut each: impl FnMut(&Item<'_>, Option<&Trace<'_>>)) {
    let mut reader = Reader::new(capture).unwrap();
    let mut detector = Detector::default();
    while let Some(item) = reader.next_item().unwrap() {
        let read = match &item {
            Item::Packet(packet) => detector.read(packet.data, packet.data.len()).ok(),
            _ => None,
        };
        each(&item, read.as_ref());
    }
}

#[test]
fn a_timeline_allocates_nothing() {
    for (revision, capture) in captures() {
        for options in [
            Options::default(),
            Options { fold: true, hex: true, ..Options::default() },
            Options { wire_order: true, strip_prefix: "sys/".to_owned(), ..Options::default() },
        ] {
            let mut timeline = Timeline::new(options);
            let mut out = Vec::with_capacity(1 << 20);
            let mut allocations = 0;
            for round in 0..2 {
                each_item(&capture, |item, trace| {
                    let Item::Packet(packet) = item else { return };
                    out.clear();
                    let view = packet.into();
                    let measured =
                        allocation_counter::measure(|| timeline.write(&mut out, &view, trace).unwrap());
                    allocations += measured.count_total * round;
                });
            }
            assert_eq!(allocations, 0, "revision {revision}");
            assert!(out.ends_with(b"\n"));
        }
    }
}

#[test]
fn ndjson_allocates_nothing() {
    for (revision, capture) in captures() {
        let mut out = Vec::with_capacity(16 << 20);
        let mut writer = Writer::new(&mut out);
        let mut packets = 0;
        let mut allocations = 0;
        each_item(&capture, |item, trace| {
            packets += u64::from(matches!(item, Item::Packet(_)));
            let measured = allocation_counter::measure(|| writer.write(item, trace).unwrap());
            // The first packets find out how much memory the others take.
            allocations += if packets > PACKETS / 2 { measured.count_total } else { 0 };
        });
        assert_eq!(packets, PACKETS);
        // A longer packet than any before it may come late.
        assert!(allocations < 10, "revision {revision}: {allocations}");
    }
}
