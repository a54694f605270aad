//! Reading allocates nothing: not finding the revision, not the frame, not its events, in whatever order, nor what is
//! wrong with them.

use capture_file::{Item, Reader};
use mbuf_trace::{Detector, Link, Trace};
use std::path::{Path, PathBuf};

/// Everything that can be asked of a trace without giving it a place to write to.
fn read_all(trace: &Trace<'_>) -> usize {
    let faults = trace.faults().filter(|fault| fault.kind.is_malformed()).count();
    let orders = [trace.events(), trace.events_newest_first(), trace.events_in_wire_order()];
    let texts = orders.into_iter().flatten().filter(|event| event.read().function.is_some()).count();
    let snapshots = trace.snapshots().filter(|snapshot| snapshot.link() == Link::Ip).count();
    faults + texts + snapshots + trace.wire_records().count() + trace.unread().len()
}

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let inside = |folder: &Path| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = inside(&folder).chain(inside(&folder.join("malformed")));
    files.filter(|path| path.extension().is_some_and(|end| end == "pcap" || end == "pcapng")).collect()
}

#[test]
fn reading_allocates_nothing() {
    let mut events = 0;
    for path in fixtures() {
        let mut reader = Reader::new(std::fs::File::open(&path).unwrap()).unwrap();
        let mut detector = Detector::default();
        // Damaged files end early; their packets before that are read.
        while let Ok(Some(item)) = reader.next_item() {
            let Item::Packet(packet) = item else { continue };
            let measured = allocation_counter::measure(|| {
                if let Ok(trace) = detector.read(packet.data, packet.data.len()) {
                    std::hint::black_box(read_all(&trace));
                    events += trace.event_count();
                }
            });
            assert_eq!(measured.count_total, 0, "{}", path.display());
        }
    }
    assert!(events > 1_000, "{events}");
}

#[test]
fn reading_the_longest_frame_allocates_nothing() {
    let mut frame = vec![0xff, 0xff];
    (0..65_535).for_each(|_| frame.extend_from_slice(&[0, 0, 0, 1]));
    let measured = allocation_counter::measure(|| {
        let trace = Detector::default().read(&frame, frame.len()).unwrap();
        assert!(read_all(&trace) >= 65_535);
    });
    assert_eq!(measured.count_total, 0);
}
