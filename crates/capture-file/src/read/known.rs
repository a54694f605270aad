//! What has been read of a capture so far, apart from the bytes: items get their meaning from it, and add to it.

use super::clock::Clock;
use super::interfaces::Interfaces;
use super::item::{Appended, Block, Earlier, Header, InterfaceBlock, Item};
use super::pcap::{self, Records};
use super::pcapng::{self, Frame};
use crate::container::PcapHeader;
use crate::error::{Differences, Warning, WarningKind};
use crate::{ByteOrder, Container, Interface, Part, ReadErrorKind};

/// Warnings kept until they are taken; of the rest only the number.
const MAX_WARNINGS: usize = 64;

pub(super) struct Known {
    pub(super) container: Container,
    pub(super) interfaces: Interfaces,
    pub(super) warnings: Warnings,
    /// Packets given out.
    pub(super) packets: u64,
    /// Their times.
    earlier: Earlier,
    /// Of a pcap's records.
    pub(super) clock: Clock,
    /// Captures that were appended, without those that a warning told of.
    pub(super) more_appended: u64,
    /// Whether a warning told of one that is like the one before it, and of one that is not.
    told: (bool, bool),
}

impl Known {
    pub(super) fn new(container: Container) -> Self {
        Self {
            container,
            interfaces: Interfaces::default(),
            warnings: Warnings::default(),
            packets: 0,
            earlier: Earlier::default(),
            clock: Clock::default(),
            more_appended: 0,
            told: (false, false),
        }
    }

    /// The file header of a pcap.
    pub(super) fn file_header<'a>(&'a mut self, raw: &'a [u8]) -> Item<'a> {
        self.container.sections = 1;
        Item::Header(Header {
            offset: 0,
            raw,
            byte_order: self.container.byte_order,
            appended: None,
            pcap: self.container.pcap,
            interface: self.interfaces.last(),
            options: &[],
        })
    }

    /// The file header of a pcap after a capture, whose records are laid out as `before` says where that is a pcap, too.
    pub(super) fn appended<'a>(
        &'a mut self,
        raw: &'a [u8],
        offset: u64,
        before: Option<Records>,
        (header, records, order): (PcapHeader, Records, ByteOrder),
    ) -> (Item<'a>, Records) {
        let interface = pcap::interface(&header, &records);
        let known = self.interfaces.known().first();
        let differences = before.zip(known).map_or(Differences::of_format(), |(before, known)| Differences {
            link_type: (known.link_type, known.fcs_bits) != (interface.link_type, interface.fcs_bits),
            ..before.differences(&records)
        });
        // Its packets are not of the time of those before it.
        self.clock = Clock::default();
        self.tell_appended(differences, offset);
        let (appended, joined) = match before {
            Some(before) if !differences.any() => (Appended::Alike, before.join(records)),
            _ => {
                self.container.mixed_byte_orders |= self.container.byte_order != order;
                self.container.byte_order = order;
                self.container.pcap = Some(header);
                let section = self.container.sections;
                self.container.sections = section.saturating_add(1);
                self.interfaces.clear();
                self.interfaces.push(Interface { section, ..interface }, &mut |_| {});
                (Appended::Different, records)
            }
        };
        let header = Header {
            offset,
            raw,
            byte_order: order,
            appended: Some(appended),
            pcap: Some(header),
            interface: self.interfaces.last(),
            options: &[],
        };
        (Item::Header(header), joined)
    }

    /// The section header of a pcapng after a pcap.
    pub(super) fn appended_section<'a>(
        &'a mut self,
        raw: &'a [u8],
        frame: Frame,
        offset: u64,
    ) -> Result<Item<'a>, ReadErrorKind> {
        frame.check_trailer(raw)?;
        self.tell_appended(Differences::of_format(), offset);
        match self.section(raw, frame, offset)? {
            Item::Header(header) => {
                Ok(Item::Header(Header { appended: Some(Appended::Different), ..header }))
            }
            item => Ok(item),
        }
    }

    /// Warns of an appended capture, or counts it.
    fn tell_appended(&mut self, differences: Differences, offset: u64) {
        let (alike, different) = &mut self.told;
        let (told, kind) = match differences.any() {
            true => (different, WarningKind::OtherCapture(differences)),
            false => (alike, WarningKind::AppendedCapture),
        };
        match std::mem::replace(told, true) {
            false => self.warnings.push(offset, kind),
            true => self.more_appended = self.more_appended.saturating_add(1),
        }
    }

    /// A whole record of a pcap.
    pub(super) fn record<'a>(
        &'a mut self,
        raw: &'a [u8],
        records: Records,
        offset: u64,
    ) -> Result<Item<'a>, ReadErrorKind> {
        let number = self.packets.saturating_add(1);
        let interface = self.interfaces.known().first();
        let packet = interface.and_then(|interface| records.packet(raw, number, offset, interface));
        let mut packet = packet.ok_or_else(|| missing(Part::Packet, raw))?;
        packet.earlier = self.earlier;
        self.earlier.add(packet.time);
        self.packets = number;
        self.clock.note(records.seconds(raw).unwrap_or_default());
        Ok(Item::Packet(packet))
    }

    /// A whole block of a pcapng.
    pub(super) fn block<'a>(
        &'a mut self,
        raw: &'a [u8],
        frame: Frame,
        offset: u64,
    ) -> Result<Item<'a>, ReadErrorKind> {
        frame.check_trailer(raw)?;
        match frame.block_type {
            pcapng::SECTION_HEADER => self.section(raw, frame, offset),
            pcapng::INTERFACE => self.interface(raw, frame, offset),
            pcapng::ENHANCED_PACKET | pcapng::SIMPLE_PACKET | pcapng::OBSOLETE_PACKET => {
                let number = self.packets.saturating_add(1);
                let mut packet = pcapng::parse_packet(raw, frame, (number, offset), self.interfaces.known())?;
                packet.earlier = self.earlier;
                self.earlier.add(packet.time);
                self.packets = number;
                Ok(Item::Packet(packet))
            }
            block_type => Ok(Item::Other(Block { offset, raw, block_type, byte_order: frame.order })),
        }
    }

    fn section<'a>(
        &'a mut self,
        raw: &'a [u8],
        frame: Frame,
        offset: u64,
    ) -> Result<Item<'a>, ReadErrorKind> {
        // Before the version: a salvage behind it has to forget the section before, too.
        self.container.mixed_byte_orders |= self.container.byte_order != frame.order;
        self.container.byte_order = frame.order;
        self.container.sections = self.container.sections.saturating_add(1);
        self.interfaces.clear();
        let (version, options) = pcapng::parse_section(raw, frame.order);
        if !pcapng::supported(version) {
            let (major, minor) = version;
            return Err(ReadErrorKind::UnsupportedVersion { major, minor });
        }
        let header = Header {
            offset,
            raw,
            byte_order: frame.order,
            appended: None,
            pcap: None,
            interface: None,
            options,
        };
        if let Some(Err(error)) = header.options().find(Result::is_err) {
            self.warnings.push(offset, WarningKind::Options(error));
        }
        Ok(Item::Header(header))
    }

    fn interface<'a>(
        &'a mut self,
        raw: &'a [u8],
        frame: Frame,
        offset: u64,
    ) -> Result<Item<'a>, ReadErrorKind> {
        let warnings = &mut self.warnings;
        let mut warn = |kind| warnings.push(offset, kind);
        let (interface, options) = pcapng::parse_interface(raw, frame.order, &mut warn);
        let section = self.container.sections.saturating_sub(1);
        self.interfaces.push(Interface { section, ..interface }, &mut warn);
        let info = self.interfaces.last().ok_or_else(|| missing(Part::Block, raw))?;
        Ok(Item::Interface(InterfaceBlock { offset, raw, info, order: frame.order, options }))
    }
}

/// Framing sees to it that an item's bytes are all there; were they not, this would say so.
fn missing(part: Part, raw: &[u8]) -> ReadErrorKind {
    let available = raw.len() as u64;
    ReadErrorKind::CutOff { part, needed: available.saturating_add(1), available }
}

/// Warnings that nobody has taken yet, bounded in number.
#[derive(Default)]
pub(super) struct Warnings {
    kept: Vec<Warning>,
    more: u64,
}

impl Warnings {
    fn push(&mut self, offset: u64, kind: WarningKind) {
        // What is left out must not be one of those that are only counted.
        let is_new_loss = kind.leaves_out() && !self.kept.iter().any(|warning| warning.kind == kind);
        if self.kept.len() < MAX_WARNINGS || is_new_loss {
            self.kept.push(Warning { kind, offset });
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    /// Those kept and, at `offset`, how many more there were.
    pub(super) fn take(&mut self, offset: u64) -> Vec<Warning> {
        let Self { mut kept, more } = std::mem::take(self);
        if more > 0 {
            kept.push(Warning { kind: WarningKind::More(more), offset });
        }
        kept
    }
}
