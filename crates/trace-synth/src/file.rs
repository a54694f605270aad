//! Packets into a capture file, as they are made.

use crate::Recipe;
use capture_file::{Format, LinkType, PlainRecords, Resolution, Timestamp};
use mbuf_trace::Revision;
use pcap_file::DataLink;
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketBlock;
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption, InterfaceTsResolution,
};
use std::borrow::Cow;
use std::io::{self, BufWriter, Write};
use std::time::Duration;

/// What tcpdump writes where nobody asks for less.
const SNAPLEN: u32 = 262_144;

/// How long a capture is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// So many packets.
    Packets(u64),
    /// As many packets as it takes for so many bytes of file.
    Bytes(u64),
}

/// Nanoseconds since 1970 as a time.
pub(crate) fn timestamp(nanoseconds: u64) -> Timestamp {
    Timestamp::from_ticks(nanoseconds, Resolution::NANOS, 0)
}

impl Recipe {
    /// A capture of so many packets, in memory.
    #[must_use]
    pub fn capture(&self, packets: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        let written = self.write(Amount::Packets(packets), &mut bytes);
        assert!(written.is_ok(), "writing to memory does not fail: {written:?}");
        bytes
    }

    /// Writes a capture, and tells how many packets it has.
    ///
    /// # Errors
    /// When the output fails.
    pub fn write(&self, amount: Amount, out: impl Write) -> io::Result<u64> {
        let mut out = Counted { out: BufWriter::with_capacity(1 << 17, out), bytes: 0 };
        let packets = match self.format {
            Format::Pcap => self.write_pcap(amount, &mut out)?,
            Format::Pcapng => self.write_pcapng(amount, &mut out)?,
        };
        out.flush()?;
        Ok(packets)
    }

    fn write_pcap<W: Write>(&self, amount: Amount, out: &mut Counted<W>) -> io::Result<u64> {
        let nanoseconds = self.encoding.revision == Revision::Four;
        let records = if nanoseconds { PlainRecords::NANOS } else { PlainRecords::MICROS };
        out.write_all(&records.file_header(LinkType::USER0))?;
        let (mut packets, mut number) = (self.packets(), 0);
        while amount.wants_more(number, out.bytes) {
            let (data, facts) = packets.next_packet();
            let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
            let header = records.record_header(facts.time, length, length);
            out.write_all(&header.ok_or_else(|| io::Error::other("a time that a pcap cannot hold"))?)?;
            out.write_all(data)?;
            number = facts.number;
        }
        Ok(number)
    }

    fn write_pcapng<W: Write>(&self, amount: Amount, out: &mut Counted<W>) -> io::Result<u64> {
        let mut writer = PcapNgWriter::new(out).map_err(io::Error::other)?;
        let mut interface = InterfaceDescriptionBlock::new(DataLink::USER0, SNAPLEN);
        interface.options.push(InterfaceDescriptionOption::IfName(Cow::Borrowed("mbuf_trace")));
        interface.options.push(InterfaceDescriptionOption::IfTsResol(InterfaceTsResolution::NANO));
        writer.write_pcapng_block(interface).map_err(io::Error::other)?;
        let (mut packets, mut number) = (self.packets(), 0);
        while amount.wants_more(number, writer.get_ref().bytes) {
            let (data, facts) = packets.next_packet();
            let (nanoseconds, _) = facts.time.nanoseconds();
            let block = EnhancedPacketBlock {
                interface_id: 0,
                timestamp: Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or_default()),
                original_len: u32::try_from(data.len()).unwrap_or(u32::MAX),
                data: Cow::Borrowed(data),
                options: Vec::new(),
            };
            writer.write_pcapng_block(block).map_err(io::Error::other)?;
            number = facts.number;
        }
        Ok(number)
    }
}

impl Amount {
    fn wants_more(self, packets: u64, bytes: u64) -> bool {
        match self {
            Self::Packets(wanted) => packets < wanted,
            Self::Bytes(wanted) => bytes < wanted,
        }
    }
}

/// Counts what is written through it.
struct Counted<W: Write> {
    out: BufWriter<W>,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
