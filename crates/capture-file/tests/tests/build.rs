//! Builds small captures field by field, and flattens what a reader gives out into something to compare.

use capture_file::{ByteOrder, Item, OpenError, ReadError, Reader};
use std::io::Read;

pub(crate) use ByteOrder::{Big, Little};

/// Bytes in one byte order.
#[derive(Clone)]
pub(crate) struct Bytes {
    order: ByteOrder,
    pub(crate) bytes: Vec<u8>,
}

impl Bytes {
    pub(crate) fn new(order: ByteOrder) -> Self {
        Self { order, bytes: Vec::new() }
    }

    pub(crate) fn u16(mut self, value: u16) -> Self {
        let bytes = if self.order == Big { value.to_be_bytes() } else { value.to_le_bytes() };
        self.bytes.extend(bytes);
        self
    }

    pub(crate) fn u32(mut self, value: u32) -> Self {
        let bytes = if self.order == Big { value.to_be_bytes() } else { value.to_le_bytes() };
        self.bytes.extend(bytes);
        self
    }

    pub(crate) fn u64(mut self, value: u64) -> Self {
        let bytes = if self.order == Big { value.to_be_bytes() } else { value.to_le_bytes() };
        self.bytes.extend(bytes);
        self
    }

    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend(bytes);
        self
    }

    pub(crate) fn padded(mut self, bytes: &[u8], pad: u8) -> Self {
        self.bytes.extend(bytes);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), pad);
        self
    }

    pub(crate) fn option(self, code: u16, value: &[u8]) -> Self {
        let length = u16::try_from(value.len()).unwrap();
        self.u16(code).u16(length).padded(value, 0)
    }
}

pub(crate) const MICRO: u32 = 0xa1b2_c3d4;
pub(crate) const NANO: u32 = 0xa1b2_3c4d;
pub(crate) const MODIFIED: u32 = 0xa1b2_cd34;

/// A pcap of version 2.4.
pub(crate) struct Pcap(pub(crate) Bytes);

impl Pcap {
    pub(crate) fn new(order: ByteOrder, magic: u32, snaplen: u32, network: u32) -> Self {
        Self(Bytes::new(order).u32(magic).u16(2).u16(4).u32(0).u32(0).u32(snaplen).u32(network))
    }

    pub(crate) fn record(self, seconds: u32, fraction: u32, original: u32, data: &[u8]) -> Self {
        let captured = u32::try_from(data.len()).unwrap();
        Self(self.0.u32(seconds).u32(fraction).u32(captured).u32(original).raw(data))
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        self.0.bytes
    }
}

/// A pcapng; each section in an order of its own.
#[derive(Default)]
pub(crate) struct Pcapng {
    pub(crate) bytes: Vec<u8>,
    pub(crate) order: Option<ByteOrder>,
}

impl Pcapng {
    pub(crate) fn block(mut self, block_type: u32, body: impl FnOnce(Bytes) -> Bytes) -> Self {
        let order = self.order.unwrap();
        let body = body(Bytes::new(order)).bytes;
        let total = u32::try_from(body.len() + 12).unwrap();
        self.bytes.extend(Bytes::new(order).u32(block_type).u32(total).raw(&body).u32(total).bytes);
        self
    }

    pub(crate) fn section(self, order: ByteOrder) -> Self {
        self.section_with(order, (1, 0), |options| options)
    }

    pub(crate) fn section_with(
        mut self,
        order: ByteOrder,
        version: (u16, u16),
        options: impl FnOnce(Bytes) -> Bytes,
    ) -> Self {
        self.order = Some(order);
        self.block(0x0a0d_0d0a, |body| {
            options(body.u32(0x1a2b_3c4d).u16(version.0).u16(version.1).u64(u64::MAX))
        })
    }

    pub(crate) fn interface(
        self,
        link_type: u16,
        snaplen: u32,
        options: impl FnOnce(Bytes) -> Bytes,
    ) -> Self {
        self.block(1, |body| options(body.u16(link_type).u16(0).u32(snaplen)))
    }

    pub(crate) fn enhanced(
        self,
        interface: u32,
        ticks: u64,
        data: &[u8],
        options: impl FnOnce(Bytes) -> Bytes,
    ) -> Self {
        let captured = u32::try_from(data.len()).unwrap();
        self.block(6, |body| {
            let body =
                body.u32(interface).u32((ticks >> 32) as u32).u32(ticks as u32).u32(captured).u32(captured);
            options(body.padded(data, 0))
        })
    }

    pub(crate) fn simple(self, original: u32, captured: &[u8]) -> Self {
        self.block(3, |body| body.u32(original).padded(captured, 0))
    }

    pub(crate) fn obsolete(self, interface: u16, drops: u16, ticks: u64, data: &[u8]) -> Self {
        let captured = u32::try_from(data.len()).unwrap();
        self.block(2, |body| {
            let body = body.u16(interface).u16(drops).u32((ticks >> 32) as u32).u32(ticks as u32);
            body.u32(captured).u32(captured).padded(data, 0)
        })
    }
}

/// A pcapng with one of everything, in two sections of both byte orders.
pub(crate) fn rich_pcapng() -> Vec<u8> {
    Pcapng::default()
        .section_with(Little, (1, 0), |options| options.option(4, b"build.rs").option(0, b""))
        .interface(147, 262_144, |options| options.option(2, b"vtnet0").option(9, &[9]).option(0, b""))
        .interface(1, 0, |options| options.option(9, &[0x80 | 10]).option(3, "größe".as_bytes()))
        .enhanced(0, 1_700_000_000_123_456_789, b"abcde", |options| {
            options.option(1, b"first").option(5, &77_u64.to_le_bytes()).option(1, b"second").option(0, b"")
        })
        .enhanced(1, 3 << 9, b"", |options| options)
        .simple(6, b"simple")
        .block(5, |body| body.u32(0).u64(0))
        .obsolete(1, 7, 1 << 33, b"old")
        .block(0x8000_0001, |body| body.raw(b"private!"))
        .section(Big)
        .block(4, |body| body.u16(0).u16(0))
        .interface(101, 5, |options| options.option(14, &(-10_i64).to_be_bytes()).option(2, b""))
        .simple(9, b"12345")
        .enhanced(0, 12_000_001, b"\x45", |options| options.u16(1).u16(3).raw(b"abc\xff"))
        .bytes
}

/// One item, owned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Owned {
    Header(Vec<u8>),
    Interface(Vec<u8>, Option<Vec<u8>>),
    Packet { number: u64, interface: u32, time: Option<String>, data: Vec<u8>, raw: Vec<u8> },
    Other(Vec<u8>),
}

pub(crate) fn owned(item: &Item<'_>) -> Owned {
    match item {
        Item::Header(header) => Owned::Header(header.raw.to_vec()),
        Item::Interface(block) => {
            Owned::Interface(block.raw.to_vec(), block.info.name.as_ref().map(|name| name.to_vec()))
        }
        Item::Packet(packet) => Owned::Packet {
            number: packet.number,
            interface: packet.interface,
            time: packet.time.map(|time| time.to_string()),
            data: packet.data.to_vec(),
            raw: packet.raw.to_vec(),
        },
        Item::Other(block) => Owned::Other(block.raw.to_vec()),
    }
}

/// All that a reader gives out, and the error that ended it. Checks what has to hold for any input: offsets follow
/// on each other, numbers count up, an error comes once and is the last, raw bytes are those of the input.
pub(crate) fn read_all(input: impl Read) -> Result<(Vec<Owned>, Option<ReadError>), OpenError> {
    let mut reader = Reader::new(input)?;
    let mut items = Vec::new();
    let (mut offset, mut packets) = (0, 0);
    let error = loop {
        assert_eq!(reader.offset(), offset);
        match reader.next_item() {
            Ok(Some(item)) => {
                assert_eq!(item.offset(), offset);
                assert!(!item.raw().is_empty());
                offset += item.raw().len() as u64;
                if let Item::Packet(packet) = &item {
                    packets += 1;
                    assert_eq!(packet.number, packets);
                    assert_eq!(packet.data.len(), packet.captured_len as usize);
                    assert!(packet.options().count() <= packet.raw.len());
                    assert!(packet.comments().count() <= packet.raw.len());
                    let _ = (packet.packet_id(), packet.time.map(|time| time.to_string()));
                }
                items.push(owned(&item));
            }
            Ok(None) => break None,
            Err(error) => {
                assert_eq!(error.offset, offset);
                assert_eq!(error.packet, packets + 1);
                break Some(error);
            }
        }
    };
    for _ in 0..3 {
        assert!(matches!(reader.next_item(), Ok(None)));
        assert!(!reader.needs_input());
    }
    let _ = reader.take_warnings();
    assert!(reader.take_warnings().is_empty());
    Ok((items, error))
}

/// All items of a file without damage.
pub(crate) fn items(input: &[u8]) -> Vec<Owned> {
    let (items, error) = read_all(input).unwrap();
    assert!(error.is_none(), "{}", error.unwrap());
    items
}

/// The raw bytes of items.
pub(crate) fn raw(items: &[Owned]) -> Vec<u8> {
    items
        .iter()
        .flat_map(|item| match item {
            Owned::Header(raw) | Owned::Interface(raw, _) | Owned::Packet { raw, .. } | Owned::Other(raw) => {
                raw
            }
        })
        .copied()
        .collect()
}

/// Times of packets.
pub(crate) fn times(items: &[Owned]) -> Vec<Option<&str>> {
    items
        .iter()
        .filter_map(|item| match item {
            Owned::Packet { time, .. } => Some(time.as_deref()),
            _ => None,
        })
        .collect()
}
