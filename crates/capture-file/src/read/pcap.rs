//! The header and the records of a pcap: pcap-savefile(5).

use super::item::{Earlier, Layout, Packet, RecordKind};
use super::{MAX_BLOCK, MAX_RECORD};
use crate::container::{PcapHeader, PcapVariant};
use crate::error::Differences;
use crate::{ByteOrder, Format, Interface, OpenError, ReadErrorKind, Resolution, Timestamp};

/// Bytes of the file header.
pub(crate) const FILE_HEADER: usize = 24;

/// Where the fields of a record header are; the lengths change places in the oldest files.
pub(crate) mod field {
    pub(crate) const SECONDS: usize = 0;
    pub(crate) const FRACTION: usize = 4;
    pub(crate) const CAPTURED: usize = 8;
    pub(crate) const ORIGINAL: usize = 12;
}

/// Recognises a pcap by its magic number.
pub(crate) fn recognise(first: &[u8]) -> Option<(PcapVariant, ByteOrder)> {
    let variant = |magic| match magic {
        0xa1b2_c3d4 => Some(PcapVariant::Micro),
        0xa1b2_3c4d => Some(PcapVariant::Nano),
        0xa1b2_cd34 => Some(PcapVariant::Modified),
        _ => None,
    };
    [ByteOrder::Little, ByteOrder::Big]
        .into_iter()
        .find_map(|order| Some((variant(order.u32_at(first, 0)?)?, order)))
}

/// The magic number of a variant that other programs write and this crate does not read: Alexey Kuznetzov's second
/// one, Navtel's, and two of IXIA's.
pub(super) fn unread_variant(first: &[u8]) -> Option<u32> {
    const UNREAD: [u32; 4] = [0xa1b2_34cd, 0xa1e2_cb12, 0x1c00_01ac, 0x1c00_01ab];
    [ByteOrder::Little, ByteOrder::Big].into_iter().find_map(|order| {
        let magic = order.u32_at(first, 0).filter(|magic| UNREAD.contains(magic))?;
        // Of a whole header, the version agrees.
        let major = order.u16_at(first, 4);
        major.is_none_or(|major| major == 2).then_some(magic)
    })
}

/// Whether a file header says, as far as it is there, a version that is read.
pub(super) fn is_known_version(header: &[u8]) -> bool {
    recognise(header).is_some_and(|(_, order)| order.u16_at(header, 4).is_none_or(|major| major == 2))
}

/// How the records of one file are laid out.
#[derive(Clone, Copy)]
pub(super) struct Records {
    order: ByteOrder,
    resolution: Resolution,
    header_len: usize,
    minor: u16,
    limit: u32,
}

pub(super) fn parse_header(
    bytes: &[u8],
    variant: PcapVariant,
    order: ByteOrder,
) -> Result<(PcapHeader, Records), OpenError> {
    let short = || OpenError::TooShort { needed: FILE_HEADER as u64, available: bytes.len() as u64 };
    let mut standard = *bytes.first_chunk::<FILE_HEADER>().ok_or_else(short)?;
    // pcap-parser does not know the modified magic in big-endian; all else in the header is the same.
    let magic = standard.first_chunk_mut().ok_or_else(short)?;
    *magic = order.u32_bytes(0xa1b2_c3d4);
    let (_, header) = pcap_parser::parse_pcap_header(&standard).map_err(|_| short())?;
    let network = order.u32_at(bytes, 20).ok_or_else(short)?;
    let (major, minor) = (header.version_major, header.version_minor);
    if major != 2 {
        return Err(OpenError::UnsupportedVersion { format: Format::Pcap, major, minor, known: "2.x" });
    }
    if network & PcapHeader::RESERVED != 0 {
        return Err(OpenError::ReservedLinkTypeBits { network });
    }
    let facts = PcapHeader {
        variant,
        version: (major, minor),
        thiszone: header.thiszone,
        sigfigs: header.sigfigs,
        snaplen: header.snaplen,
        network,
    };
    let records = Records {
        order,
        resolution: match variant {
            PcapVariant::Nano => Resolution::NANOS,
            PcapVariant::Micro | PcapVariant::Modified => Resolution::MICROS,
        },
        header_len: if variant == PcapVariant::Modified { 24 } else { 16 },
        minor,
        limit: header.snaplen.clamp(MAX_RECORD, MAX_BLOCK),
    };
    Ok((facts, records))
}

/// The one interface that a pcap has.
pub(super) fn interface(header: &PcapHeader, records: &Records) -> Interface {
    Interface {
        id: 0,
        section: 0,
        link_type: header.link_type(),
        snaplen: header.snaplen,
        resolution: records.resolution,
        offset_seconds: 0,
        fcs_bits: header.fcs_bits(),
        name: None,
        description: None,
    }
}

impl Records {
    /// Goes on with the records of an appended capture, which may be larger.
    pub(super) fn join(self, other: Self) -> Self {
        Self { limit: self.limit.max(other.limit), ..self }
    }

    /// In what the records of another capture are to be read otherwise.
    pub(super) fn differences(&self, other: &Self) -> Differences {
        Differences {
            format: false,
            byte_order: self.order != other.order,
            resolution: self.resolution != other.resolution,
            layout: self.header_len != other.header_len || self.minor.min(4) != other.minor.min(4),
            link_type: false,
        }
    }

    pub(super) fn header_len(&self) -> usize {
        self.header_len
    }

    /// Captured length, original length, and whether the file has them in the other order: versions before 2.3 do,
    /// and 2.3 does when that makes more sense, as in libpcap's `sf-pcap.c`.
    fn lengths(&self, header: &[u8]) -> Option<(u32, u32, bool)> {
        let captured = self.order.u32_at(header, field::CAPTURED)?;
        let original = self.order.u32_at(header, field::ORIGINAL)?;
        let swapped = self.minor < 3 || (self.minor == 3 && captured > original);
        Some(if swapped { (original, captured, true) } else { (captured, original, false) })
    }

    /// Bytes of the record that begins with `header`.
    pub(super) fn record_len(&self, header: &[u8]) -> Result<usize, ReadErrorKind> {
        let (captured, ..) = self.lengths(header).unwrap_or_default();
        if captured > self.limit {
            return Err(ReadErrorKind::ImpossibleLength {
                what: "captured length",
                length: captured.into(),
                minimum: 0,
                maximum: self.limit.into(),
            });
        }
        Ok(self.header_len.saturating_add(captured as usize))
    }

    pub(super) fn seconds(&self, header: &[u8]) -> Option<u32> {
        self.order.u32_at(header, field::SECONDS)
    }

    /// Length and seconds of the record that `header` seems to begin, when it looks like one. A hole in a file is
    /// zeros, and no record.
    pub(super) fn plausible(&self, header: &[u8]) -> Option<(usize, u32)> {
        if header.get(..self.header_len)?.iter().all(|byte| *byte == 0) {
            return None;
        }
        let (captured, original, _) = self.lengths(header)?;
        let fraction = self.order.u32_at(header, field::FRACTION)?;
        let below_second =
            self.resolution.ticks_per_second().is_some_and(|ticks| u64::from(fraction) < ticks);
        if !below_second || captured > original {
            return None;
        }
        Some((self.record_len(header).ok()?, self.seconds(header)?))
    }

    /// The packet of a whole record.
    pub(super) fn packet<'a>(
        &self,
        raw: &'a [u8],
        number: u64,
        offset: u64,
        interface: &'a Interface,
    ) -> Option<Packet<'a>> {
        let (captured_len, original_len, swapped) = self.lengths(raw)?;
        let seconds = self.seconds(raw)?;
        let fraction = self.order.u32_at(raw, field::FRACTION)?;
        Some(Packet {
            number,
            offset,
            time: Some(Timestamp::new(seconds.into(), fraction.into(), self.resolution)),
            earlier: Earlier::default(),
            interface: 0,
            interface_info: interface,
            interface_name: None,
            link_type: interface.link_type,
            captured_len,
            original_len,
            data: raw.get(self.header_len..)?,
            raw,
            layout: Layout {
                kind: RecordKind::Pcap { swapped },
                order: self.order,
                data_at: self.header_len,
                limit: self.limit,
            },
            in_buffer: None,
        })
    }
}
