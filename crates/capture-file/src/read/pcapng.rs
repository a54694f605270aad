//! The blocks of a pcapng: draft-ietf-opsawg-pcapng.

use super::MAX_BLOCK;
use super::item::{Earlier, Layout, Packet, RecordKind};
use super::options::{IF_DESCRIPTION, IF_FCSLEN, IF_NAME, IF_TSOFFSET, IF_TSRESOL, Options};
use crate::error::WarningKind;
use crate::{ByteOrder, Interface, LinkType, Part, ReadErrorKind, Resolution, Timestamp};

pub(crate) const SECTION_HEADER: u32 = 0x0a0d_0d0a;
pub(crate) const INTERFACE: u32 = 1;
pub(crate) const OBSOLETE_PACKET: u32 = 2;
pub(crate) const SIMPLE_PACKET: u32 = 3;
pub(crate) const ENHANCED_PACKET: u32 = 6;

/// Block types of the specification's registry that captures hold, custom blocks included.
pub(super) const REGISTERED: [u32; 11] = [
    INTERFACE,
    OBSOLETE_PACKET,
    SIMPLE_PACKET,
    4,
    5,
    ENHANCED_PACKET,
    9,
    10,
    0x0bad,
    0x4000_0bad,
    SECTION_HEADER,
];

/// Type, length and, in a section header, byte-order magic: what it takes to know how long a block is.
pub(super) const BLOCK_HEADER: usize = 12;
/// The length after a block.
const TRAILER: usize = 4;

/// Where the fields of the blocks are, from the beginning of the block.
pub(crate) mod field {
    pub(crate) const MAJOR: usize = 12;
    pub(crate) const MINOR: usize = 14;
    pub(crate) const LINK_TYPE: usize = 8;
    pub(crate) const RESERVED: usize = 10;
    pub(crate) const SNAPLEN: usize = 12;
    pub(crate) const INTERFACE: usize = 8;
    pub(crate) const TIME_HIGH: usize = 12;
    pub(crate) const TIME_LOW: usize = 16;
    pub(crate) const CAPTURED: usize = 20;
    pub(crate) const ORIGINAL: usize = 24;
    pub(crate) const DATA: usize = 28;
    pub(crate) const SIMPLE_ORIGINAL: usize = 8;
    pub(crate) const SIMPLE_DATA: usize = 12;
}

/// Where the options of a section header and of an interface description begin.
const SECTION_OPTIONS: usize = 24;
const INTERFACE_OPTIONS: usize = 16;

/// A block's type and total length, both plausible.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub(super) block_type: u32,
    pub(super) len: usize,
    /// Of the block, which in a section header is a new one.
    pub(super) order: ByteOrder,
}

/// Reads a block's first [`BLOCK_HEADER`] bytes.
pub(super) fn frame(bytes: &[u8], order: ByteOrder) -> Result<Frame, ReadErrorKind> {
    let block_type = order.u32_at(bytes, 0).unwrap_or_default();
    let order = if block_type == SECTION_HEADER { section_order(bytes)? } else { order };
    let length = order.u32_at(bytes, 4).unwrap_or_default();
    let minimum: u32 = match block_type {
        SECTION_HEADER => 28,
        INTERFACE => 20,
        OBSOLETE_PACKET | ENHANCED_PACKET => 32,
        SIMPLE_PACKET => 16,
        _ => 12,
    };
    if length < minimum || length > MAX_BLOCK {
        let (minimum, maximum) = (minimum.into(), MAX_BLOCK.into());
        return Err(ReadErrorKind::ImpossibleLength {
            what: "block length",
            length: length.into(),
            minimum,
            maximum,
        });
    }
    if length % 4 != 0 {
        return Err(ReadErrorKind::UnalignedLength { length: length.into() });
    }
    Ok(Frame { block_type, len: length as usize, order })
}

pub(super) fn section_order(bytes: &[u8]) -> Result<ByteOrder, ReadErrorKind> {
    let magic = ByteOrder::Big.u32_at(bytes, 8).unwrap_or_default();
    match magic {
        0x1a2b_3c4d => Ok(ByteOrder::Big),
        0x4d3c_2b1a => Ok(ByteOrder::Little),
        _ => Err(ReadErrorKind::ByteOrderMagic { magic }),
    }
}

impl Frame {
    pub(super) fn part(&self) -> Part {
        match self.block_type {
            ENHANCED_PACKET | SIMPLE_PACKET | OBSOLETE_PACKET => Part::Packet,
            _ => Part::Block,
        }
    }

    /// Whether the length after the block agrees with that before it.
    pub(super) fn check_trailer(&self, raw: &[u8]) -> Result<(), ReadErrorKind> {
        let first = self.order.u32_at(raw, 4).unwrap_or_default();
        let second = self.order.u32_at(raw, raw.len().saturating_sub(TRAILER)).unwrap_or_default();
        if first == second { Ok(()) } else { Err(ReadErrorKind::LengthsDiffer { first, second }) }
    }
}

fn options(raw: &[u8], at: usize) -> &[u8] {
    raw.get(at..raw.len().saturating_sub(TRAILER)).unwrap_or_default()
}

/// Version and options of a section header whose frame is right.
pub(super) fn parse_section(raw: &[u8], order: ByteOrder) -> ((u16, u16), &[u8]) {
    let u16_at = |at| order.u16_at(raw, at).unwrap_or_default();
    ((u16_at(field::MAJOR), u16_at(field::MINOR)), options(raw, SECTION_OPTIONS))
}

/// Versions whose sections we read: 1.2 is the same as 1.0, and some programs wrote it.
pub(super) fn supported((major, minor): (u16, u16)) -> bool {
    major == 1 && (minor == 0 || minor == 2)
}

/// An interface description whose frame is right, its options, and what was odd in them.
pub(super) fn parse_interface<'a>(
    raw: &'a [u8],
    order: ByteOrder,
    warn: &mut dyn FnMut(WarningKind),
) -> (Interface, &'a [u8]) {
    let u16_at = |at| order.u16_at(raw, at).unwrap_or_default();
    let reserved = u16_at(field::RESERVED);
    if reserved != 0 {
        warn(WarningKind::Reserved(reserved));
    }
    let mut interface = Interface {
        id: 0,
        section: 0,
        link_type: LinkType(u16_at(field::LINK_TYPE)),
        snaplen: order.u32_at(raw, field::SNAPLEN).unwrap_or_default(),
        resolution: Resolution::default(),
        offset_seconds: 0,
        fcs_bits: None,
        name: None,
        description: None,
    };
    let (mut resolution, mut seconds) = (None, None);
    let options = options(raw, INTERFACE_OPTIONS);
    for option in Options::new(order, options) {
        let option = match option {
            Ok(option) => option,
            Err(error) => {
                warn(WarningKind::Options(error));
                break;
            }
        };
        let length = option.value.len();
        match (option.code, option.value) {
            (IF_NAME, name) => interface.name = interface.name.or_else(|| Some(name.into())),
            (IF_DESCRIPTION, text) => {
                interface.description = interface.description.or_else(|| Some(text.into()));
            }
            (IF_TSRESOL, &[code]) => {
                first(&mut resolution, Resolution::from_code(code), "if_tsresol", warn);
            }
            (IF_TSRESOL, _) => warn(WarningKind::OptionLength { name: "if_tsresol", length, expected: 1 }),
            (IF_FCSLEN, &[bits]) => first(&mut interface.fcs_bits, bits, "if_fcslen", warn),
            (IF_FCSLEN, _) => warn(WarningKind::OptionLength { name: "if_fcslen", length, expected: 1 }),
            (IF_TSOFFSET, value) => match order.u64_at(value, 0) {
                Some(offset) if length == 8 => first(&mut seconds, offset.cast_signed(), "if_tsoffset", warn),
                _ => warn(WarningKind::OptionLength { name: "if_tsoffset", length, expected: 8 }),
            },
            _ => {}
        }
    }
    interface.resolution = resolution.unwrap_or_default();
    interface.offset_seconds = seconds.unwrap_or_default();
    (interface, options)
}

/// Takes the first value of an option that has but one.
fn first<T>(found: &mut Option<T>, value: T, name: &'static str, warn: &mut dyn FnMut(WarningKind)) {
    match found {
        Some(_) => warn(WarningKind::Repeated { name }),
        None => *found = Some(value),
    }
}

/// The packet of a block whose frame is right.
pub(super) fn parse_packet<'a>(
    raw: &'a [u8],
    frame: Frame,
    (number, offset): (u64, u64),
    interfaces: &'a [Interface],
) -> Result<Packet<'a>, ReadErrorKind> {
    let order = frame.order;
    let u32_at = |at| order.u32_at(raw, at).unwrap_or_default();
    let id = match frame.block_type {
        ENHANCED_PACKET => u32_at(field::INTERFACE),
        OBSOLETE_PACKET => order.u16_at(raw, field::INTERFACE).unwrap_or_default().into(),
        _ => 0,
    };
    let Some(interface) = interfaces.get(id as usize) else {
        let described = u32::try_from(interfaces.len()).unwrap_or(u32::MAX);
        return Err(ReadErrorKind::UnknownInterface { interface: id, described });
    };
    let room = |data_at: usize| raw.len().saturating_sub(data_at).saturating_sub(TRAILER);
    let (kind, time, captured_len, original_len, data_at) = if frame.block_type == SIMPLE_PACKET {
        let original = u32_at(field::SIMPLE_ORIGINAL);
        let captured = if interface.snaplen == 0 { original } else { original.min(interface.snaplen) };
        (RecordKind::Simple, None, captured, original, field::SIMPLE_DATA)
    } else {
        let ticks = u64::from(u32_at(field::TIME_HIGH)) << 32 | u64::from(u32_at(field::TIME_LOW));
        let time = Timestamp::from_ticks(ticks, interface.resolution, interface.offset_seconds);
        let kind =
            if frame.block_type == ENHANCED_PACKET { RecordKind::Enhanced } else { RecordKind::Obsolete };
        (kind, Some(time), u32_at(field::CAPTURED), u32_at(field::ORIGINAL), field::DATA)
    };
    let data = raw
        .get(data_at..data_at.saturating_add(captured_len as usize))
        .filter(|data| data.len() <= room(data_at))
        .ok_or(ReadErrorKind::ImpossibleLength {
            what: "captured length",
            length: captured_len.into(),
            minimum: 0,
            maximum: room(data_at) as u64,
        })?;

    Ok(Packet {
        number,
        offset,
        time,
        earlier: Earlier::default(),
        interface: id,
        interface_info: interface,
        interface_name: interface.name.as_deref(),
        link_type: interface.link_type,
        captured_len,
        original_len,
        data,
        raw,
        layout: Layout { kind, order, data_at, limit: MAX_BLOCK },
        in_buffer: None,
    })
}
