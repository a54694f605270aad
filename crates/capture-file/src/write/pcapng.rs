//! A pcapng made of the items of any capture.

use super::{BUFFER, Loss, Losses, WriteError, failed, note_header};
use crate::read::MAX_BLOCK;
use crate::read::item::RecordKind;
use crate::{ByteOrder, Header, Interface, Item, Packet, PcapHeader, Resolution};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption, InterfaceTsResolution,
};
use pcap_file::pcapng::blocks::section_header::SectionHeaderBlock;
use pcap_file::pcapng::{PcapNgWriter, RawBlock};
use pcap_file::{DataLink, Endianness};
use std::borrow::Cow;
use std::io::{BufWriter, Write};

/// Writes a pcapng from the items of a reader, of either format. Pass it every item, in file order.
///
/// A pcap becomes one section in its byte order, with one interface and enhanced packet blocks; another pcap begins
/// another section. The items of a pcapng are written as they stand. What a pcapng has no place for is counted in
/// [`Losses`].
///
/// ```
/// use capture_file::{PcapngWriter, Reader};
/// # let mut file = vec![0xa1, 0xb2, 0x3c, 0x4d, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 1];
/// # file.extend([0, 0, 0, 1, 0, 0, 3, 233, 0, 0, 0, 1, 0, 0, 0, 1, 7]);
/// let mut reader = Reader::new(file.as_slice())?;
/// let mut writer = PcapngWriter::new(Vec::new());
/// while let Some(item) = reader.next_item()? {
///     writer.write(&item)?;
/// }
/// let (pcapng, losses) = writer.finish()?;
/// assert_eq!(pcapng[..4], [0x0a, 0x0d, 0x0d, 0x0a]);
/// assert!(losses.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PcapngWriter<W: Write> {
    output: Output<W>,
    losses: Losses,
    body: Vec<u8>,
}

enum Output<W: Write> {
    Verbatim(BufWriter<W>),
    Section(PcapNgWriter<BufWriter<W>>),
    /// Where an error left no writer behind.
    Failed,
}

impl<W: Write> Output<W> {
    fn inner(&mut self) -> Option<&mut BufWriter<W>> {
        match self {
            Self::Verbatim(out) => Some(out),
            Self::Section(writer) => Some(writer.get_mut()),
            Self::Failed => None,
        }
    }

    fn into_inner(self) -> Option<BufWriter<W>> {
        match self {
            Self::Verbatim(out) => Some(out),
            Self::Section(writer) => Some(writer.into_inner()),
            Self::Failed => None,
        }
    }
}

impl<W: Write> PcapngWriter<W> {
    /// Begins a pcapng on `out`, which needs no buffer of its own.
    pub fn new(out: W) -> Self {
        let out = BufWriter::with_capacity(BUFFER, out);
        Self { output: Output::Verbatim(out), losses: Losses::default(), body: Vec::new() }
    }

    /// Takes the next item of a capture.
    ///
    /// # Errors
    /// When the output fails, and on a packet too long for a block.
    pub fn write(&mut self, item: &Item<'_>) -> Result<(), WriteError> {
        match item {
            Item::Header(header) if header.is_continuation() => Ok(()),
            Item::Header(Header { pcap: Some(pcap), interface: Some(interface), byte_order, .. }) => {
                self.section(pcap, interface, *byte_order)
            }
            Item::Packet(packet) if matches!(packet.layout.kind, RecordKind::Pcap { .. }) => {
                self.packet(packet)
            }
            item => Ok(self.output.inner().ok_or_else(failed)?.write_all(item.raw())?),
        }
    }

    fn section(
        &mut self,
        pcap: &PcapHeader,
        interface: &Interface,
        order: ByteOrder,
    ) -> Result<(), WriteError> {
        note_header(&mut self.losses, pcap);
        self.losses.add(Loss::Timezone, u64::from(pcap.thiszone != 0));
        self.losses.add(Loss::Accuracy, u64::from(pcap.sigfigs != 0));
        let out = std::mem::replace(&mut self.output, Output::Failed).into_inner().ok_or_else(failed)?;
        let endianness = match order {
            ByteOrder::Big => Endianness::Big,
            ByteOrder::Little => Endianness::Little,
        };
        let header = SectionHeaderBlock { endianness, ..Default::default() };
        let mut writer = PcapNgWriter::with_section_header(out, header)?;
        let mut block = InterfaceDescriptionBlock::new(
            DataLink::from(u32::from(interface.link_type.0)),
            interface.snaplen,
        );
        if interface.resolution == Resolution::NANOS {
            block.options.push(InterfaceDescriptionOption::IfTsResol(InterfaceTsResolution::NANO));
        }
        if let Some(bits) = interface.fcs_bits {
            block.options.push(InterfaceDescriptionOption::IfFcsLen(bits));
        }
        writer.write_pcapng_block(block)?;
        self.output = Output::Section(writer);
        Ok(())
    }

    /// pcap-file's own enhanced packet block refuses packets longer than their original length, and builds each
    /// block twice; its raw block writes what it is given.
    fn packet(&mut self, packet: &Packet<'_>) -> Result<(), WriteError> {
        let Output::Section(writer) = &mut self.output else {
            return Err(failed());
        };
        let total = block_body(packet, &mut self.body).ok_or_else(|| WriteError::TooLong {
            packet: packet.number,
            length: self.body.len().saturating_add(12) as u64,
            maximum: MAX_BLOCK.into(),
        })?;
        let block = RawBlock {
            type_: crate::read::pcapng::ENHANCED_PACKET,
            initial_len: total,
            body: Cow::Borrowed(&self.body),
            trailer_len: total,
        };
        writer.write_raw_block(&block)?;
        Ok(())
    }

    /// Hands everything written so far to the output, and flushes that.
    ///
    /// # Errors
    /// When the output fails.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        Ok(self.output.inner().ok_or_else(failed)?.flush()?)
    }

    /// What could not be kept so far.
    pub fn losses(&self) -> &Losses {
        &self.losses
    }

    /// Writes the rest, flushes, and gives back the output and what could not be kept.
    ///
    /// # Errors
    /// When the output fails.
    pub fn finish(mut self) -> Result<(W, Losses), WriteError> {
        self.flush()?;
        let out = self.output.into_inner().ok_or_else(failed)?;
        let out = out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        Ok((out, self.losses))
    }
}

/// Puts the record of a pcap into `body` as an enhanced packet block, without its type and lengths; gives the length, if a
/// block can be so long.
pub(super) fn block_body(packet: &Packet<'_>, body: &mut Vec<u8>) -> Option<u32> {
    let ticks = packet.time.and_then(|time| time.ticks_since_epoch()).unwrap_or(0);
    let ticks = u64::try_from(ticks).unwrap_or(0);
    let order = packet.layout.order;
    body.clear();
    let (high, low) = ((ticks >> 32) as u32, (ticks & 0xffff_ffff) as u32);
    for field in [0, high, low, packet.captured_len, packet.original_len] {
        body.extend_from_slice(&order.u32_bytes(field));
    }
    body.extend_from_slice(packet.data);
    body.resize(body.len().next_multiple_of(4), 0);
    u32::try_from(body.len().saturating_add(12)).ok().filter(|&total| total <= MAX_BLOCK)
}
