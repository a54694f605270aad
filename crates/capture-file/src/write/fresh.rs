//! A pcapng of packets that no capture holds: made by a program out of something else.

use super::WriteError;
use crate::LinkType;
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption, InterfaceTsResolution,
};
use pcap_file::pcapng::blocks::opt_common::{CommonOption, UnknownOption};
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::{DataLink, Endianness};
use std::borrow::Cow;
use std::io::Write;
use std::time::Duration;

/// Longest text that an option holds, in bytes: its length has 16 bits.
const MAX_OPTION: usize = 0xffff;

/// Writes a little-endian pcapng whose interfaces count nanoseconds, one packet after another.
///
/// ```
/// use capture_file::{FreshPacket, FreshPcapng, LinkType};
/// let mut writer = FreshPcapng::new(Vec::new(), "an example", "made of nothing")?;
/// let em0 = writer.interface(LinkType::ETHERNET, "em0", "")?;
/// writer.packet(&FreshPacket { interface: em0, data: b"0123", ..FreshPacket::default() })?;
/// assert_eq!(writer.finish()?[..4], [0x0a, 0x0d, 0x0d, 0x0a]);
/// # Ok::<(), capture_file::WriteError>(())
/// ```
pub struct FreshPcapng<W: Write> {
    writer: PcapNgWriter<W>,
    interfaces: u32,
}

/// A packet for [`FreshPcapng`].
#[derive(Clone, Copy, Debug, Default)]
pub struct FreshPacket<'a> {
    /// What [`FreshPcapng::interface`] gave.
    pub interface: u32,
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub nanoseconds: u64,
    /// Bytes of the whole packet; never written as less than there are in `data`.
    pub original_len: u32,
    /// Its bytes.
    pub data: &'a [u8],
    /// Its comments. What exceeds the 65,535 bytes of an option is cut.
    pub comments: &'a [String],
    /// Its `epb_packetid`: packets with the same number are the same packet.
    pub packet_id: Option<u64>,
}

impl<W: Write> FreshPcapng<W> {
    /// Begins a file on `out`, which should be buffered. `application` made it, and `comment` says what it is.
    ///
    /// # Errors
    /// When the output fails.
    pub fn new(out: W, application: &str, comment: &str) -> Result<Self, WriteError> {
        let header = SectionHeaderBlock {
            endianness: Endianness::Little,
            options: vec![
                SectionHeaderOption::Common(CommonOption::Comment(fitting(comment))),
                SectionHeaderOption::UserApplication(fitting(application)),
            ],
            ..Default::default()
        };
        Ok(Self { writer: PcapNgWriter::with_section_header(out, header)?, interfaces: 0 })
    }

    /// Describes an interface, and gives its number. An empty text is left out.
    ///
    /// # Errors
    /// When the output fails.
    pub fn interface(
        &mut self,
        link_type: LinkType,
        name: &str,
        description: &str,
    ) -> Result<u32, WriteError> {
        let mut block = InterfaceDescriptionBlock::new(DataLink::from(u32::from(link_type.0)), 0);
        if !name.is_empty() {
            block.options.push(InterfaceDescriptionOption::IfName(fitting(name)));
        }
        if !description.is_empty() {
            block.options.push(InterfaceDescriptionOption::IfDescription(fitting(description)));
        }
        block.options.push(InterfaceDescriptionOption::IfTsResol(InterfaceTsResolution::NANO));
        self.writer.write_pcapng_block(block)?;
        let number = self.interfaces;
        self.interfaces = number.saturating_add(1);
        Ok(number)
    }

    /// Writes a packet.
    ///
    /// # Errors
    /// When the output fails, and on an interface that was not described.
    pub fn packet(&mut self, packet: &FreshPacket<'_>) -> Result<(), WriteError> {
        let comments = packet
            .comments
            .iter()
            .map(|comment| EnhancedPacketOption::Common(CommonOption::Comment(fitting(comment))));
        let id = packet.packet_id.map(u64::to_le_bytes);
        let id = id.as_ref().map(|id| {
            EnhancedPacketOption::Common(CommonOption::Unknown(UnknownOption::new(crate::EPB_PACKETID, id)))
        });
        self.writer.write_pcapng_block(EnhancedPacketBlock {
            interface_id: packet.interface,
            timestamp: Duration::from_nanos(packet.nanoseconds),
            original_len: packet.original_len.max(u32::try_from(packet.data.len()).unwrap_or(u32::MAX)),
            data: Cow::Borrowed(packet.data),
            options: comments.chain(id).collect(),
        })?;
        Ok(())
    }

    /// Flushes the output.
    ///
    /// # Errors
    /// When the output fails.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        Ok(self.writer.get_mut().flush()?)
    }

    /// Flushes and gives back the output.
    ///
    /// # Errors
    /// When the output fails.
    pub fn finish(mut self) -> Result<W, WriteError> {
        self.flush()?;
        Ok(self.writer.into_inner())
    }
}

/// As much of a text as an option holds.
fn fitting(text: &str) -> Cow<'_, str> {
    let end = text.floor_char_boundary(MAX_OPTION);
    Cow::Borrowed(text.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Item, Reader};

    #[test]
    fn a_reader_reads_what_is_made() {
        let mut writer = FreshPcapng::new(Vec::new(), "test", "a comment").unwrap();
        let raw = writer.interface(LinkType::RAW, "em0", "described").unwrap();
        let ethernet = writer.interface(LinkType::ETHERNET, "", "").unwrap();
        let comments = ["one".to_owned(), "é".repeat(40_000)];
        writer
            .packet(&FreshPacket {
                interface: raw,
                nanoseconds: 1_768_378_300_250_033_001,
                original_len: 9,
                data: b"abc",
                comments: &comments,
                packet_id: Some(7),
            })
            .unwrap();
        writer
            .packet(&FreshPacket { interface: ethernet, data: b"defgh", ..FreshPacket::default() })
            .unwrap();
        assert!(writer.packet(&FreshPacket { interface: 2, ..FreshPacket::default() }).is_err());
        let file = writer.finish().unwrap();

        let mut reader = Reader::new(file.as_slice()).unwrap();
        let mut packets = Vec::new();
        while let Some(item) = reader.next_item().unwrap() {
            if let Item::Packet(packet) = item {
                packets.push((
                    packet.interface_name.map(<[u8]>::to_vec),
                    packet.link_type,
                    packet.time.unwrap().to_string(),
                    (packet.captured_len, packet.original_len),
                    packet.packet_id(),
                    packet.comments().map(<[u8]>::len).collect::<Vec<_>>(),
                ));
            }
        }
        let name = Some(b"em0".to_vec());
        let (first, epoch) = ("2026-01-14T08:11:40.250033001Z", "1970-01-01T00:00:00.000000000Z");
        assert_eq!(
            packets,
            [
                (name, LinkType::RAW, first.to_owned(), (3, 9), Some(7), vec![3, 65_534]),
                (None, LinkType::ETHERNET, epoch.to_owned(), (5, 5), None, vec![]),
            ]
        );
    }
}
