//! NDJSON: any lines are read or refused, and what we write comes back as the capture that it was.

use capture_file::{Item, Reader};
use mbuf_trace::Detector;
use std::io::Read;
use trace_view::ndjson::{Capture, Writer};

/// Any lines.
pub(crate) fn read(data: &[u8]) {
    let mut capture = Vec::new();
    if Capture::new(data).read_to_end(&mut capture).is_err() {
        return;
    }
    // The bytes of blocks and packets are whatever the lines say, so they need not be sound, but are read in bounds.
    let Ok(mut reader) = Reader::new(capture.as_slice()) else { return };
    while let Ok(Some(_)) = reader.next_item() {}
}

/// The lines of any sound capture.
pub(crate) fn written(data: &[u8]) {
    let Some((lines, raw)) = lines(data) else { return };
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        crate::check::harmless(line);
    }
    let mut capture = Vec::new();
    if let Err(error) = Capture::new(lines.as_slice()).read_to_end(&mut capture) {
        panic!("what we wrote is refused: {error}\n{}", String::from_utf8_lossy(&lines));
    }
    assert_eq!(capture, raw, "{}", String::from_utf8_lossy(&lines));
}

/// NDJSON of a capture and the capture's bytes; none of what is damaged.
pub(crate) fn lines(data: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut reader = Reader::new(data).ok()?;
    let mut writer = Writer::new(Vec::new());
    let mut raw = Vec::new();
    let mut detector = Detector::default();
    while let Some(item) = reader.next_item().ok()? {
        raw.extend_from_slice(item.raw());
        let original_len = |length: u32| usize::try_from(length).unwrap_or(usize::MAX);
        let trace = match &item {
            Item::Packet(packet) => detector.read(packet.data, original_len(packet.original_len)).ok(),
            _ => None,
        };
        writer.write(&item, trace.as_ref()).ok()?;
    }
    Some((writer.finish().ok()?, raw))
}
