//! What a reader gives out: views of its buffer, good until its next call.

use super::buffer::InBuffer;
use super::options::{
    EPB_DROPCOUNT, EPB_PACKETID, ISB_FILTERACCEPT, ISB_IFDROP, ISB_IFRECV, ISB_OSDROP, ISB_USRDELIV,
    OPT_COMMENT, Options,
};
use crate::{ByteOrder, Interface, LinkType, PcapHeader, Timestamp};

/// The next piece of a capture. The raw bytes of all items one after the other are the (decompressed) file.
#[derive(Clone, Debug)]
pub enum Item<'a> {
    /// A pcap's file header, or the header of a pcapng section.
    Header(Header<'a>),
    /// A pcapng interface description.
    Interface(InterfaceBlock<'a>),
    /// A packet.
    Packet(Packet<'a>),
    /// Any other pcapng block.
    Other(Block<'a>),
}

impl<'a> Item<'a> {
    /// Its bytes in the file, lengths and padding included.
    #[must_use]
    pub fn raw(&self) -> &'a [u8] {
        match self {
            Self::Header(header) => header.raw,
            Self::Interface(interface) => interface.raw,
            Self::Packet(packet) => packet.raw,
            Self::Other(block) => block.raw,
        }
    }

    /// Where it begins in the decompressed stream.
    #[must_use]
    pub fn offset(&self) -> u64 {
        match self {
            Self::Header(header) => header.offset,
            Self::Interface(interface) => interface.offset,
            Self::Packet(packet) => packet.offset,
            Self::Other(block) => block.offset,
        }
    }
}

/// How a capture goes on that was appended to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// As the one before it: a pcap of the same byte order, resolution and link type.
    Alike,
    /// Otherwise: what follows is read by this header.
    Different,
}

/// A pcap's file header or a section header block.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Header<'a> {
    /// Where it begins in the decompressed stream.
    pub offset: u64,
    /// Its bytes.
    pub raw: &'a [u8],
    /// Byte order of what follows, up to the next header.
    pub byte_order: ByteOrder,
    /// How it goes on with the capture before it, where it begins one that was appended to another: a pcap after
    /// something else, or a pcapng after a pcap. A further section of a pcapng is nothing of the kind.
    pub appended: Option<Appended>,
    /// What a pcap's header says; none in a section header.
    pub pcap: Option<PcapHeader>,
    /// The one interface of a pcap; none in a section header.
    pub interface: Option<&'a Interface>,
    pub(crate) options: &'a [u8],
}

impl<'a> Header<'a> {
    /// Whether its packets are of the interface that those before it were: nothing begins with it.
    #[must_use]
    pub fn is_continuation(&self) -> bool {
        self.appended == Some(Appended::Alike)
    }

    /// Options of a section header; none in a pcap.
    #[must_use]
    pub fn options(&self) -> Options<'a> {
        Options::new(self.byte_order, self.options)
    }
}

/// An interface description block.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct InterfaceBlock<'a> {
    /// Where it begins in the decompressed stream.
    pub offset: u64,
    /// Its bytes.
    pub raw: &'a [u8],
    /// What it says.
    pub info: &'a Interface,
    pub(crate) order: ByteOrder,
    pub(crate) options: &'a [u8],
}

impl<'a> InterfaceBlock<'a> {
    /// Its options.
    #[must_use]
    pub fn options(&self) -> Options<'a> {
        Options::new(self.order, self.options)
    }
}

/// A pcapng block that holds no packet and no interface: statistics, names, secrets, custom and unknown ones.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// Where it begins in the decompressed stream.
    pub offset: u64,
    /// Its bytes.
    pub raw: &'a [u8],
    /// Its type, as in section 11.1 of the specification.
    pub block_type: u32,
    /// Byte order of its section.
    pub byte_order: ByteOrder,
}

/// What an interface statistics block says: counts since the beginning of the capture, of which a program may know none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InterfaceStatistics {
    /// Position of the interface in the section, from 0.
    pub interface: u32,
    /// Packets that the interface received.
    pub received: Option<u64>,
    /// Those that it dropped for lack of resources.
    pub dropped_by_interface: Option<u64>,
    /// Those that the filter accepted.
    pub accepted_by_filter: Option<u64>,
    /// Those that the operating system dropped.
    pub dropped_by_os: Option<u64>,
    /// Those that were delivered to the program.
    pub delivered: Option<u64>,
}

impl Block<'_> {
    /// The statistics of an interface, in a block that holds them.
    #[must_use]
    pub fn interface_statistics(&self) -> Option<InterfaceStatistics> {
        /// Type of the block, and where its options begin, after its interface and time.
        const STATISTICS: u32 = 5;
        const OPTIONS: usize = 20;
        let order = self.byte_order;
        let (interface, options) = match self.block_type {
            STATISTICS => {
                (order.u32_at(self.raw, 8)?, self.raw.get(OPTIONS..self.raw.len().checked_sub(4)?)?)
            }
            _ => return None,
        };
        let mut statistics = InterfaceStatistics { interface, ..InterfaceStatistics::default() };
        for option in
            Options::new(order, options).map_while(Result::ok).filter(|option| option.value.len() == 8)
        {
            let count = match option.code {
                ISB_IFRECV => &mut statistics.received,
                ISB_IFDROP => &mut statistics.dropped_by_interface,
                ISB_FILTERACCEPT => &mut statistics.accepted_by_filter,
                ISB_OSDROP => &mut statistics.dropped_by_os,
                ISB_USRDELIV => &mut statistics.delivered,
                _ => continue,
            };
            *count = count.or_else(|| order.u64_at(option.value, 0));
        }
        Some(statistics)
    }
}

/// A packet, from a pcap record or any of the three packet blocks of pcapng.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Packet<'a> {
    /// Its number in the file, from 1.
    pub number: u64,
    /// Where its record or block begins in the decompressed stream.
    pub offset: u64,
    /// When it was captured; a simple packet block does not say.
    pub time: Option<Timestamp>,
    /// Times of the packets before it in the file.
    pub earlier: Earlier,
    /// Position of its interface in the section, from 0.
    pub interface: u32,
    /// All that is known of its interface.
    pub interface_info: &'a Interface,
    /// Name of its interface, as it stands in the file.
    pub interface_name: Option<&'a [u8]>,
    /// What `data` begins with.
    pub link_type: LinkType,
    /// Bytes captured: the length of `data`.
    pub captured_len: u32,
    /// Bytes on the wire, as the file says: not always more than were captured.
    pub original_len: u32,
    /// Its bytes.
    pub data: &'a [u8],
    /// The whole record or block.
    pub raw: &'a [u8],
    pub(crate) layout: Layout,
    /// Where `raw` is, if it can be kept there.
    pub(crate) in_buffer: Option<InBuffer<'a>>,
}

/// Times of packets that a reader has already given out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Earlier {
    /// The first that has a time; none before the second packet.
    pub first: Option<Timestamp>,
    /// The one just before, if it has a time.
    pub previous: Option<Timestamp>,
}

impl Earlier {
    /// Takes note of the packet that is given out now.
    pub(crate) fn add(&mut self, time: Option<Timestamp>) {
        self.previous = time;
        self.first = self.first.or(time);
    }
}

/// What it takes to write a packet again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) kind: RecordKind,
    pub(crate) order: ByteOrder,
    /// Where `data` begins in `raw`.
    pub(crate) data_at: usize,
    /// Most bytes that a reader of this file accepts in a packet.
    pub(crate) limit: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordKind {
    /// A pcap record; the oldest files have its two lengths swapped.
    Pcap {
        swapped: bool,
    },
    Enhanced,
    Simple,
    /// The packet block that the enhanced one replaced.
    Obsolete,
}

impl<'a> Packet<'a> {
    /// Options of its block; none in a pcap and in simple packet blocks.
    #[must_use]
    pub fn options(&self) -> Options<'a> {
        let options = match self.layout.kind {
            RecordKind::Pcap { .. } | RecordKind::Simple => None,
            RecordKind::Enhanced | RecordKind::Obsolete => {
                let end = self.layout.data_at.saturating_add(self.data.len().next_multiple_of(4));
                self.raw.get(end..self.raw.len().saturating_sub(4))
            }
        };
        Options::new(self.layout.order, options.unwrap_or_default())
    }

    fn values(&self, code: u16) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.options()
            .map_while(Result::ok)
            .filter(move |option| option.code == code)
            .map(|option| option.value)
    }

    /// Its comments, as they stand in the file: UTF-8 by the specification, anything in practice.
    pub fn comments(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.values(OPT_COMMENT)
    }

    /// What `epb_packetid` says: packets with the same number are the same packet on several interfaces.
    #[must_use]
    pub fn packet_id(&self) -> Option<u64> {
        if self.layout.kind != RecordKind::Enhanced {
            return None;
        }
        let value = self.values(EPB_PACKETID).find(|value| value.len() == 8)?;
        self.layout.order.u64_at(value, 0)
    }

    /// Packets of its interface that were lost between the one before it and this one, where its block says.
    #[must_use]
    pub fn drop_count(&self) -> Option<u64> {
        match self.layout.kind {
            RecordKind::Enhanced => {
                let value = self.values(EPB_DROPCOUNT).find(|value| value.len() == 8)?;
                self.layout.order.u64_at(value, 0)
            }
            // All bits mean that it is not known.
            RecordKind::Obsolete => {
                self.layout.order.u16_at(self.raw, 10).filter(|drops| *drops != u16::MAX).map(u64::from)
            }
            RecordKind::Pcap { .. } | RecordKind::Simple => None,
        }
    }

    /// Whether it comes from a block of a pcapng, which knows of its interface, rather than from a pcap.
    #[must_use]
    pub fn is_block(&self) -> bool {
        !matches!(self.layout.kind, RecordKind::Pcap { .. })
    }

    /// Byte order of its record or block.
    #[must_use]
    pub fn byte_order(&self) -> ByteOrder {
        self.layout.order
    }

    /// The bytes of `raw` before and after `data`.
    #[must_use]
    pub fn around_data(&self) -> (&'a [u8], &'a [u8]) {
        let (before, rest) = self.raw.split_at_checked(self.layout.data_at).unwrap_or((self.raw, &[]));
        (before, rest.get(self.data.len()..).unwrap_or_default())
    }
}
