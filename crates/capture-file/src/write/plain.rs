//! Headers of a pcap's file and records, where they follow from time and lengths.

use crate::read::pcap::{self, FILE_HEADER, field};
use crate::{ByteOrder, LinkType, PcapVariant, Resolution, Timestamp};

/// Bytes of the header that this makes before each record.
const RECORD_HEADER: usize = 16;

/// How the records of a pcap are laid out, for a caller who has packets but no [`Packet`](crate::Packet)s of a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlainRecords {
    order: ByteOrder,
    resolution: Resolution,
    /// Versions before 2.3 have the lengths in the other order.
    swapped: bool,
}

impl PlainRecords {
    /// Little-endian records in microseconds.
    pub const MICROS: Self =
        Self { order: ByteOrder::Little, resolution: Resolution::MICROS, swapped: false };
    /// Little-endian records in nanoseconds.
    pub const NANOS: Self = Self { order: ByteOrder::Little, resolution: Resolution::NANOS, swapped: false };

    /// From the 24 bytes of a file header; `None` where it is none, and for [`PcapVariant::Modified`], whose records
    /// say more than time and lengths.
    #[must_use]
    pub fn of_header(header: &[u8]) -> Option<Self> {
        let (variant, order) = pcap::recognise(header)?;
        let resolution = match variant {
            PcapVariant::Micro => Resolution::MICROS,
            PcapVariant::Nano => Resolution::NANOS,
            PcapVariant::Modified => return None,
        };
        let minor = order.u16_at(header.get(..FILE_HEADER)?, 6)?;
        Some(Self { order, resolution, swapped: minor < 3 })
    }

    /// A file header of version 2.4 for such records, which says that no packet was cut.
    #[must_use]
    pub fn file_header(self, link_type: LinkType) -> [u8; FILE_HEADER] {
        let magic = if self.resolution == Resolution::NANOS { 0xa1b2_3c4d } else { 0xa1b2_c3d4 };
        // Two integers of 16 bits.
        let version = match self.order {
            ByteOrder::Little => 0x0004_0002,
            ByteOrder::Big => 0x0002_0004,
        };
        self.words([magic, version, 0, 0, crate::MAX_RECORD, u32::from(link_type.0)])
    }

    /// The header of a record; `None` where the time does not fit into it exactly.
    #[must_use]
    pub fn record_header(
        self,
        time: Timestamp,
        captured_len: u32,
        original_len: u32,
    ) -> Option<[u8; RECORD_HEADER]> {
        let (time, true) = time.to_resolution(self.resolution)? else {
            return None;
        };
        let seconds = u32::try_from(time.seconds()).ok()?;
        let fraction = u32::try_from(time.subsecond_ticks()).ok()?;
        let (first, second) =
            if self.swapped { (original_len, captured_len) } else { (captured_len, original_len) };
        let mut header = [0; RECORD_HEADER];
        for (at, word) in [
            (field::SECONDS, seconds),
            (field::FRACTION, fraction),
            (field::CAPTURED, first),
            (field::ORIGINAL, second),
        ] {
            *header.get_mut(at..)?.first_chunk_mut()? = self.order.u32_bytes(word);
        }
        Some(header)
    }

    fn words<const N: usize>(self, words: impl IntoIterator<Item = u32>) -> [u8; N] {
        let mut bytes = [0; N];
        for (place, word) in bytes.chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&self.order.u32_bytes(word));
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Item, Reader};

    /// What a reader makes of a file of one record.
    fn read(file: &[u8]) -> (String, u32, u32) {
        let mut reader = Reader::new(file).unwrap();
        reader.next_item().unwrap();
        match reader.next_item().unwrap() {
            Some(Item::Packet(packet)) => {
                (packet.time.unwrap().to_string(), packet.captured_len, packet.original_len)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_reader_reads_what_is_made() {
        let time = Timestamp::parse_rfc3339("2026-01-11T12:00:00.000001Z").unwrap();
        for records in [
            PlainRecords::MICROS,
            PlainRecords::NANOS,
            PlainRecords { order: ByteOrder::Big, ..PlainRecords::NANOS },
        ] {
            let header = records.file_header(LinkType::USER0);
            assert_eq!(PlainRecords::of_header(&header), Some(records));
            let record = records.record_header(time, 3, 9).unwrap();
            let (shown, captured, original) = read(&[&header[..], &record, &[1, 2, 3]].concat());
            assert_eq!(Timestamp::parse_rfc3339(&shown).unwrap(), time);
            assert_eq!((captured, original), (3, 9));
        }
    }

    #[test]
    fn old_versions_have_their_lengths_swapped() {
        let mut header = PlainRecords::MICROS.file_header(LinkType::USER0);
        header[6] = 2;
        let records = PlainRecords::of_header(&header).unwrap();
        let record = records.record_header(Timestamp::new(1, 0, Resolution::MICROS), 3, 9).unwrap();
        let (_, captured, original) = read(&[&header[..], &record, &[1, 2, 3]].concat());
        assert_eq!((captured, original), (3, 9));
    }

    #[test]
    fn what_does_not_follow_is_not_made() {
        let fine = Timestamp::new(1, 1, Resolution::NANOS);
        assert_eq!(PlainRecords::MICROS.record_header(fine, 0, 0), None);
        let early = Timestamp::new(-1, 0, Resolution::MICROS);
        assert_eq!(PlainRecords::MICROS.record_header(early, 0, 0), None);
        let header = PlainRecords::MICROS.file_header(LinkType::USER0);
        for length in 0..header.len() {
            assert_eq!(PlainRecords::of_header(&header[..length]), None);
        }
        let mut modified = header;
        modified[..4].copy_from_slice(&[0x34, 0xcd, 0xb2, 0xa1]);
        assert_eq!(PlainRecords::of_header(&modified), None);
    }
}
