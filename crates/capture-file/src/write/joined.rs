//! Items of one file as they stand, where the file is one capture; where others are appended to it, in the form of the
//! first.

use super::{PcapngWriter, WriteError};
use crate::read::item::{Layout, RecordKind};
use crate::read::pcapng::ENHANCED_PACKET;
use crate::{Appended, Header, Item, LinkType, Packet, PcapHeader, PcapVariant, Resolution, Timestamp};
use std::io::{self, Write};

/// Writes the items of one reader as they stand. Of captures that were appended to the first with another header, the
/// packets are written in the form of the first, so that the output is one capture. Pass it every item that is to stay, in
/// file order, all headers among them. Copies that know the same headers write packets side by side.
#[derive(Clone, Debug, Default)]
pub struct Joined {
    target: Option<Target>,
}

#[derive(Clone, Copy, Debug)]
enum Target {
    Pcap(Records),
    Pcapng,
}

/// What the first header of a pcap says of its records.
#[derive(Clone, Copy, Debug)]
struct Records {
    header: PcapHeader,
    order: crate::ByteOrder,
    resolution: Resolution,
    link_type: LinkType,
}

/// How a packet got into the output of a [`Joined`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// All of it.
    Whole,
    /// Without what a pcap has no place for: digits of its time, options.
    Reduced,
    /// Not at all: it has another link type than the pcap, or a time that a pcap cannot say.
    None,
}

impl Joined {
    /// Writes anything but a packet.
    ///
    /// # Errors
    /// When the output fails.
    pub fn other(&mut self, out: &mut impl Write, item: &Item<'_>) -> Result<(), WriteError> {
        if let Item::Header(header) = item {
            return self.header(out, header);
        }
        match self.target {
            Some(Target::Pcap(_)) => Ok(()),
            Some(Target::Pcapng) | None => Ok(out.write_all(item.raw())?),
        }
    }

    fn header(&mut self, out: &mut impl Write, header: &Header<'_>) -> Result<(), WriteError> {
        match (self.target, header.appended) {
            (_, Some(Appended::Alike)) | (Some(Target::Pcap(_)), Some(Appended::Different)) => Ok(()),
            (Some(Target::Pcapng), Some(_)) if header.pcap.is_some() => {
                let mut writer = PcapngWriter::new(out);
                writer.write(&Item::Header(*header))?;
                writer.finish().map(|_| ())
            }
            _ => {
                self.target = Some(match (header.pcap, header.interface) {
                    (Some(pcap), Some(interface)) => Target::Pcap(Records {
                        header: pcap,
                        order: header.byte_order,
                        resolution: interface.resolution,
                        link_type: interface.link_type,
                    }),
                    _ => Target::Pcapng,
                });
                Ok(out.write_all(header.raw)?)
            }
        }
    }

    /// Writes a packet.
    ///
    /// # Errors
    /// When the output fails.
    pub fn packet(&self, out: &mut impl Write, packet: &Packet<'_>) -> io::Result<Fit> {
        match &self.target {
            Some(Target::Pcap(records)) if !records.are_of(packet) => records.write(out, packet),
            Some(Target::Pcapng) if !packet.is_block() => write_block(out, packet),
            _ => out.write_all(packet.raw).map(|()| Fit::Whole),
        }
    }
}

impl Records {
    /// Whether a packet's record is one of these.
    fn are_of(&self, packet: &Packet<'_>) -> bool {
        let Layout { kind, order, data_at, .. } = packet.layout;
        let is_record = match kind {
            // Version 2.3 has both.
            RecordKind::Pcap { swapped } => match self.header.version.1 {
                3 => true,
                minor => swapped == (minor < 3),
            },
            _ => false,
        };
        is_record
            && order == self.order
            && data_at == self.header_len()
            && packet.interface_info.resolution == self.resolution
            && packet.link_type == self.link_type
    }

    const fn header_len(&self) -> usize {
        if matches!(self.header.variant, PcapVariant::Modified) { 24 } else { 16 }
    }

    /// The packet as a record of these.
    fn write(&self, out: &mut impl Write, packet: &Packet<'_>) -> io::Result<Fit> {
        let fields = || {
            let time = packet.time.unwrap_or_else(|| Timestamp::new(0, 0, self.resolution));
            let (time, is_exact) = time.to_resolution(self.resolution)?;
            let seconds = u32::try_from(time.seconds()).ok()?;
            Some((seconds, u32::try_from(time.subsecond_ticks()).ok()?, is_exact))
        };
        let Some((seconds, fraction, is_exact)) = fields().filter(|_| packet.link_type == self.link_type)
        else {
            return Ok(Fit::None);
        };
        let (captured, original) = (packet.captured_len, packet.original_len);
        let (first, second) =
            if self.header.version.1 < 3 { (original, captured) } else { (captured, original) };
        let mut head = [0; 24];
        for (place, word) in head.chunks_exact_mut(4).zip([seconds, fraction, first, second]) {
            place.copy_from_slice(&self.order.u32_bytes(word));
        }
        out.write_all(head.get(..self.header_len()).unwrap_or_default())?;
        out.write_all(packet.data)?;
        let is_whole = is_exact && packet.time.is_some() && packet.options().next().is_none();
        Ok(if is_whole { Fit::Whole } else { Fit::Reduced })
    }
}

/// The record of a pcap as a block of the section that was begun for it.
fn write_block(out: &mut impl Write, packet: &Packet<'_>) -> io::Result<Fit> {
    let mut body = Vec::new();
    // The packet of a pcap is no longer than 16 MiB: only of the very longest there is no block.
    let Some(total) = super::pcapng::block_body(packet, &mut body) else { return Ok(Fit::None) };
    let [block_type, total] = [ENHANCED_PACKET, total].map(|word| packet.layout.order.u32_bytes(word));
    for part in [block_type.as_slice(), &total, body.as_slice(), &total] {
        out.write_all(part)?;
    }
    Ok(Fit::Whole)
}
