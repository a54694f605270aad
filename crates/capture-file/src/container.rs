//! Facts about a capture as a whole and about the interfaces in it.

use crate::{ByteOrder, LinkType, Resolution};
use std::fmt;
use std::sync::Arc;

/// Which of the two capture formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// One header, then records: pcap-savefile(5).
    Pcap,
    /// Blocks in sections: draft-ietf-opsawg-pcapng.
    Pcapng,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pcap => "pcap",
            Self::Pcapng => "pcapng",
        })
    }
}

/// The compression around a capture, recognised by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compression {
    /// RFC 1952, of one or more members.
    Gzip,
    /// RFC 8878, of one or more frames, with windows up to 32 MiB; skippable ones are passed over.
    Zstd,
    /// The LZ4 frame format, of one or more frames; skippable ones are passed over.
    Lz4,
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
        })
    }
}

/// Which magic number a pcap begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PcapVariant {
    /// `a1b2c3d4`: microseconds.
    Micro,
    /// `a1b23c4d`: nanoseconds.
    Nano,
    /// `a1b2cd34`: microseconds, and record headers of 24 bytes with an interface index, a protocol and a packet
    /// type (Alexey Kuznetzov's patched libpcap).
    Modified,
}

/// The header of a pcap file, as it stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PcapHeader {
    /// Magic number.
    pub variant: PcapVariant,
    /// Major and minor version; 2.4 since 1998.
    pub version: (u16, u16),
    /// Seconds to add to local time to get UTC; nobody sets or heeds it, nor do we.
    pub thiszone: i32,
    /// Accuracy of timestamps; nobody sets it.
    pub sigfigs: u32,
    /// Most bytes captured of a packet; 0 means no limit.
    pub snaplen: u32,
    /// Link type in the lower 16 bits, then 10 reserved ones, then "FCS length is given" (bit 26), an unassigned
    /// bit, and the FCS length in units of 16 bits (bits 28 to 31).
    pub network: u32,
}

impl PcapHeader {
    /// The link type.
    #[must_use]
    pub fn link_type(&self) -> LinkType {
        LinkType((self.network & 0xffff) as u16)
    }

    /// Bits of frame check sequence at the end of each packet, when the header says.
    #[must_use]
    pub fn fcs_bits(&self) -> Option<u8> {
        let units = u8::try_from(self.network >> 28).unwrap_or(0);
        (self.network & Self::FCS_GIVEN != 0).then(|| units.saturating_mul(16))
    }

    pub(crate) const FCS_GIVEN: u32 = 0x0400_0000;
    pub(crate) const RESERVED: u32 = 0x03ff_0000;
    pub(crate) const UNASSIGNED: u32 = 0x0800_0000;
}

/// What the file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// pcap or pcapng.
    pub format: Format,
    /// Byte order of the pcap, or of the section last read.
    pub byte_order: ByteOrder,
    /// Whether sections of both byte orders have been met.
    pub mixed_byte_orders: bool,
    /// Sections begun so far; at most 1 in a pcap.
    pub sections: u64,
    /// The compression around it.
    pub compression: Option<Compression>,
    /// The header of a pcap.
    pub pcap: Option<PcapHeader>,
}

/// Where packets were captured: what an interface description block says, or what a pcap's header does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Interface {
    /// Position in its section, from 0.
    pub id: u32,
    /// Section it belongs to, from 0.
    pub section: u64,
    /// What its packets begin with.
    pub link_type: LinkType,
    /// Most bytes captured of a packet; 0 means no limit.
    pub snaplen: u32,
    /// Tick of its timestamps (`if_tsresol`).
    pub resolution: Resolution,
    /// Seconds to add to its timestamps (`if_tsoffset`).
    pub offset_seconds: i64,
    /// Bits of frame check sequence at the end of each packet (`if_fcslen`, or a pcap's network field).
    pub fcs_bits: Option<u8>,
    /// `if_name` as it stands in the file: UTF-8 by the specification, anything in practice.
    pub name: Option<Arc<[u8]>>,
    /// `if_description`, likewise.
    pub description: Option<Arc<[u8]>>,
}
