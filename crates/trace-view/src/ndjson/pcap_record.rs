//! The 16 bytes before each packet of a pcap, where they follow from time and lengths.

use capture_file::{Resolution, Timestamp};

/// What a pcap's file header says of its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Records {
    little: bool,
    resolution: Resolution,
}

impl Records {
    /// From the 24 bytes of a file header; none for a header that is none, and for the modified variant,
    /// whose records are longer.
    pub(super) fn of_header(header: &[u8]) -> Option<Self> {
        let (little, resolution) = match header.get(..4)? {
            [0xd4, 0xc3, 0xb2, 0xa1] => (true, Resolution::MICROS),
            [0xa1, 0xb2, 0xc3, 0xd4] => (false, Resolution::MICROS),
            [0x4d, 0x3c, 0xb2, 0xa1] => (true, Resolution::NANOS),
            [0xa1, 0xb2, 0x3c, 0x4d] => (false, Resolution::NANOS),
            _ => return None,
        };
        Some(Self { little, resolution })
    }

    /// Little-endian records of this resolution.
    pub(super) const fn little(resolution: Resolution) -> Self {
        Self { little: true, resolution }
    }

    /// The file header of such records: version 2.4, no packet cut.
    pub(super) fn header(self, link_type: u16) -> Vec<u8> {
        const SNAPLEN: u32 = 262_144;
        let magic: u32 = if self.resolution == Resolution::NANOS { 0xa1b2_3c4d } else { 0xa1b2_c3d4 };
        let mut header = Vec::with_capacity(24);
        for word in [magic, 0x0004_0002, 0, 0, SNAPLEN, u32::from(link_type)] {
            header.extend_from_slice(&word.to_le_bytes());
        }
        header
    }

    /// The record header; none where the time does not fit into it.
    pub(super) fn record(self, time: Timestamp, captured: u32, original: u32) -> Option<[u8; 16]> {
        let (time, true) = time.to_resolution(self.resolution)? else {
            return None;
        };
        let seconds = u32::try_from(time.seconds()).ok()?;
        let fraction = u32::try_from(time.subsecond_ticks()).ok()?;
        let mut record = [0; 16];
        for (place, word) in record.chunks_exact_mut(4).zip([seconds, fraction, captured, original]) {
            place.copy_from_slice(&if self.little { word.to_le_bytes() } else { word.to_be_bytes() });
        }
        Some(record)
    }
}
