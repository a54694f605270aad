//! A pcap made of the items of any capture.

use super::{BUFFER, Loss, Losses, WriteError, failed, note_header};
use crate::read::item::RecordKind;
use crate::read::options::{IF_DESCRIPTION, IF_FCSLEN, IF_NAME, IF_TSOFFSET, IF_TSRESOL};
use crate::read::{MAX_BLOCK, MAX_RECORD, OPT_COMMENT};
use crate::{ByteOrder, Interface, Item, LinkType, Packet, PcapHeader, Resolution, Timestamp};
use pcap_file::pcap::{PcapTsResolution, RawPcapPacket};
use pcap_file::{DataLink, Endianness};
use std::borrow::Cow;
use std::io::{BufWriter, Write};

/// Which of the two resolutions a pcap gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PcapResolution {
    /// Nanoseconds when an interface described before the first packet counts finer than microseconds, else
    /// microseconds.
    #[default]
    Auto,
    /// Microseconds.
    Micro,
    /// Nanoseconds.
    Nano,
}

/// Writes a pcap from the items of a reader, of either format. Pass it every item, in file order.
///
/// The header is written before the first packet, when the interfaces are known. Byte order, resolution, snaplen,
/// link type and the length of frame check sequences are kept: a pcap of version 2.4 that was converted to pcapng
/// comes back as the same bytes. What a pcap has no place for is counted in [`Losses`].
///
/// ```
/// use capture_file::{PcapResolution, PcapWriter, Reader};
/// # let mut file = vec![0xa1, 0xb2, 0x3c, 0x4d, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 1];
/// # file.extend([0, 0, 0, 1, 0, 0, 3, 233, 0, 0, 0, 1, 0, 0, 0, 1, 7]);
/// let mut reader = Reader::new(file.as_slice())?;
/// let mut writer = PcapWriter::new(Vec::new(), PcapResolution::Micro);
/// while let Some(item) = reader.next_item()? {
///     writer.write(&item)?;
/// }
/// let (pcap, losses) = writer.finish()?;
/// assert_eq!(pcap[..4], [0xa1, 0xb2, 0xc3, 0xd4]);
/// assert_eq!(losses.to_string(), "not kept: 1 time finer than the output's resolution (rounded down)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PcapWriter<W: Write> {
    output: Output<W>,
    resolution: PcapResolution,
    facts: Facts,
    limit: u32,
    losses: Losses,
}

enum Output<W: Write> {
    Pending(BufWriter<W>),
    Records(pcap_file::pcap::PcapWriter<BufWriter<W>>, LinkType, Resolution),
    /// Where an error left no writer behind.
    Failed,
}

/// What is known before the first packet.
#[derive(Default)]
struct Facts {
    order: Option<ByteOrder>,
    sections: u64,
    interfaces: u64,
    first: Option<(LinkType, Option<u8>)>,
    /// Largest snaplen, 0 (no limit) being larger than all.
    snaplen: Option<u32>,
    finest: u8,
    thiszone: i32,
    sigfigs: u32,
}

impl Facts {
    fn add(&mut self, interface: &Interface) {
        self.interfaces = self.interfaces.saturating_add(1);
        self.first.get_or_insert((interface.link_type, interface.fcs_bits));
        self.snaplen = Some(match (self.snaplen, interface.snaplen) {
            (None, snaplen) => snaplen,
            (Some(0), _) | (_, 0) => 0,
            (Some(known), snaplen) => known.max(snaplen),
        });
        self.finest = self.finest.max(interface.resolution.exponent());
    }
}

impl<W: Write> PcapWriter<W> {
    /// Begins a pcap on `out`, which needs no buffer of its own.
    pub fn new(out: W, resolution: PcapResolution) -> Self {
        Self {
            output: Output::Pending(BufWriter::with_capacity(BUFFER, out)),
            resolution,
            facts: Facts::default(),
            limit: MAX_RECORD,
            losses: Losses::default(),
        }
    }

    /// Takes the next item of a capture.
    ///
    /// # Errors
    /// When the output fails, and on a packet of another link type than those before it, of a time before 1970 or
    /// after 2106, or too long.
    pub fn write(&mut self, item: &Item<'_>) -> Result<(), WriteError> {
        match item {
            Item::Header(header) if header.is_continuation() => Ok(()),
            Item::Header(header) => {
                self.facts.order.get_or_insert(header.byte_order);
                self.facts.sections = self.facts.sections.saturating_add(1);
                if self.facts.sections > 1 {
                    self.losses.add(Loss::Sections, 1);
                }
                if let (Some(pcap), Some(interface)) = (&header.pcap, header.interface) {
                    note_header(&mut self.losses, pcap);
                    (self.facts.thiszone, self.facts.sigfigs) = (pcap.thiszone, pcap.sigfigs);
                    self.interface(interface);
                }
                let options = header.options().map_while(Result::ok).count();
                self.losses.add(Loss::SectionOptions, options as u64);
                Ok(())
            }
            Item::Interface(block) => {
                let info = block.info;
                let names =
                    u64::from(info.name.is_some()).saturating_add(u64::from(info.description.is_some()));
                self.losses.add(Loss::InterfaceNames, names);
                const KEPT: [u16; 5] = [IF_NAME, IF_DESCRIPTION, IF_TSRESOL, IF_TSOFFSET, IF_FCSLEN];
                let others =
                    block.options().map_while(Result::ok).filter(|option| !KEPT.contains(&option.code));
                self.losses.add(Loss::InterfaceOptions, others.count() as u64);
                self.interface(info);
                Ok(())
            }
            Item::Packet(packet) => self.packet(packet),
            Item::Other(_) => {
                self.losses.add(Loss::OtherBlocks, 1);
                Ok(())
            }
        }
    }

    fn interface(&mut self, interface: &Interface) {
        self.facts.add(interface);
        if self.facts.interfaces > 1 {
            self.losses.add(Loss::Interfaces, 1);
        }
        let first_fcs = self.facts.first.and_then(|(_, fcs)| fcs);
        let lost = interface.fcs_bits != first_fcs || fcs_field(interface.fcs_bits).is_none();
        self.losses.add(Loss::FcsLengths, u64::from(lost));
    }

    fn packet(&mut self, packet: &Packet<'_>) -> Result<(), WriteError> {
        self.begin(Some((packet.link_type, packet.interface_info.fcs_bits)))?;
        let Output::Records(writer, link_type, resolution) = &mut self.output else {
            return Err(failed());
        };
        if packet.link_type != *link_type {
            let (first, second) = (*link_type, packet.link_type);
            return Err(WriteError::LinkTypes { packet: packet.number, first, second });
        }
        if packet.captured_len > self.limit {
            let (length, maximum) = (packet.captured_len.into(), self.limit.into());
            return Err(WriteError::TooLong { packet: packet.number, length, maximum });
        }
        let time = packet.time.unwrap_or_else(|| Timestamp::new(0, 0, *resolution));
        let out_of_range =
            || WriteError::TimeOutOfRange { packet: packet.number, time: time.epoch().to_string() };
        let (written, exact) = time.to_resolution(*resolution).ok_or_else(out_of_range)?;
        let record = RawPcapPacket {
            ts_sec: u32::try_from(written.seconds()).map_err(|_| out_of_range())?,
            ts_frac: u32::try_from(written.subsecond_ticks()).map_err(|_| out_of_range())?,
            incl_len: packet.captured_len,
            orig_len: packet.original_len,
            data: Cow::Borrowed(packet.data),
        };
        self.losses.add(Loss::FinerTimes, u64::from(!exact));
        self.losses.add(Loss::MissingTimes, u64::from(packet.time.is_none()));
        note_options(&mut self.losses, packet);
        writer.write_raw_packet(&record)?;
        Ok(())
    }

    /// Writes the header, unless that is done; `known` is the link type and FCS length of a packet.
    fn begin(&mut self, known: Option<(LinkType, Option<u8>)>) -> Result<(), WriteError> {
        let out = match std::mem::replace(&mut self.output, Output::Failed) {
            Output::Pending(out) => out,
            begun => {
                self.output = begun;
                return Ok(());
            }
        };
        let Some((link_type, fcs)) = known.or(self.facts.first) else {
            self.output = Output::Pending(out);
            return Err(WriteError::NoInterface);
        };
        let nano = match self.resolution {
            PcapResolution::Auto => self.facts.finest > Resolution::MICROS.exponent(),
            PcapResolution::Micro => false,
            PcapResolution::Nano => true,
        };
        let snaplen = self.facts.snaplen.unwrap_or(0);
        self.limit = snaplen.clamp(MAX_RECORD, MAX_BLOCK);
        let network = u32::from(link_type.0) | fcs_field(fcs).unwrap_or(0);
        let header = pcap_file::pcap::PcapHeader {
            version_major: 2,
            version_minor: 4,
            ts_correction: self.facts.thiszone,
            ts_accuracy: self.facts.sigfigs,
            snaplen,
            datalink: DataLink::from(network),
            ts_resolution: if nano { PcapTsResolution::NanoSecond } else { PcapTsResolution::MicroSecond },
            endianness: match self.facts.order {
                Some(ByteOrder::Big) => Endianness::Big,
                Some(ByteOrder::Little) | None => Endianness::Little,
            },
        };
        let writer = pcap_file::pcap::PcapWriter::with_header(out, header)?;
        let resolution = if nano { Resolution::NANOS } else { Resolution::MICROS };
        self.output = Output::Records(writer, link_type, resolution);
        Ok(())
    }

    /// Hands everything written so far to the output, and flushes that.
    ///
    /// # Errors
    /// When the output fails.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        match &mut self.output {
            Output::Pending(_) => Ok(()),
            Output::Failed => Err(failed()),
            Output::Records(writer, ..) => Ok(writer.flush()?),
        }
    }

    /// What could not be kept so far.
    pub fn losses(&self) -> &Losses {
        &self.losses
    }

    /// Writes the rest, the header at least, flushes, and gives back the output and what could not be kept.
    ///
    /// # Errors
    /// When the output fails, and when the capture had no interface to take a link type from.
    pub fn finish(mut self) -> Result<(W, Losses), WriteError> {
        self.begin(None)?;
        self.flush()?;
        match self.output {
            Output::Records(writer, ..) => {
                let out = writer.into_inner().into_inner().map_err(std::io::IntoInnerError::into_error)?;
                Ok((out, self.losses))
            }
            Output::Pending(_) | Output::Failed => Err(failed()),
        }
    }
}

/// The bits of a pcap's network field that say how long frame check sequences are: units of 16 bits.
fn fcs_field(bits: Option<u8>) -> Option<u32> {
    match bits {
        None => Some(0),
        Some(bits) if bits % 16 == 0 => Some(PcapHeader::FCS_GIVEN | u32::from(bits / 16) << 28),
        Some(_) => None,
    }
}

fn note_options(losses: &mut Losses, packet: &Packet<'_>) {
    let (mut comments, mut others) = (0_u64, 0_u64);
    for option in packet.options().map_while(Result::ok) {
        let count = if option.code == OPT_COMMENT { &mut comments } else { &mut others };
        *count = count.saturating_add(1);
    }
    losses.add(Loss::Comments, comments);
    losses.add(Loss::PacketOptions, others);
    if packet.layout.kind == RecordKind::Obsolete {
        // 0xffff means that the count is not known.
        let known = packet.layout.order.u16_at(packet.raw, 10).is_some_and(|drops| drops != u16::MAX);
        losses.add(Loss::DropCounts, u64::from(known));
    }
}
