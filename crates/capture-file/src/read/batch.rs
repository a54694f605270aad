//! Packets that are kept while the reader goes on.

use super::item::{Earlier, Layout, Packet};
use crate::{Interface, LinkType, Timestamp};

/// Packets in a buffer of their own, for example to hand them to another thread. Its memory is used again.
///
/// ```
/// use capture_file::{Item, PacketBatch, Reader};
/// # let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0];
/// # file.extend([0, 0, 4, 0, 147, 0, 0, 0]);
/// # file.extend([0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 7, 8]);
/// let mut batch = PacketBatch::default();
/// let mut reader = Reader::new(file.as_slice())?;
/// while let Some(item) = reader.next_item()? {
///     if let Item::Packet(packet) = item {
///         batch.push(&packet);
///     }
/// }
/// assert_eq!(batch.iter().map(|packet| packet.data).collect::<Vec<_>>(), [[7, 8]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct PacketBatch {
    /// Their records and blocks, one behind the other.
    bytes: Vec<u8>,
    packets: Vec<Kept>,
    /// Those that the packets are of; one again where they take turns. Names are shared, so this is cheap.
    interfaces: Vec<Interface>,
}

/// All of a packet but its bytes and its interface.
#[derive(Clone, Debug)]
struct Kept {
    /// Where its bytes end; they begin where those of the packet before it do.
    end: usize,
    /// The place of its interface among those of the batch.
    at_interface: usize,
    data_len: usize,
    number: u64,
    offset: u64,
    time: Option<Timestamp>,
    earlier: Earlier,
    interface: u32,
    link_type: LinkType,
    captured_len: u32,
    original_len: u32,
    layout: Layout,
}

impl PacketBatch {
    /// Keeps a packet, all of it.
    pub fn push(&mut self, packet: &Packet<'_>) {
        self.bytes.extend_from_slice(packet.raw);
        if self.interfaces.last() != Some(packet.interface_info) {
            self.interfaces.push(packet.interface_info.clone());
        }
        self.packets.push(Kept {
            end: self.bytes.len(),
            at_interface: self.interfaces.len().saturating_sub(1),
            data_len: packet.data.len(),
            number: packet.number,
            offset: packet.offset,
            time: packet.time,
            earlier: packet.earlier,
            interface: packet.interface,
            link_type: packet.link_type,
            captured_len: packet.captured_len,
            original_len: packet.original_len,
            layout: packet.layout,
        });
    }

    /// The packets, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = Packet<'_>> {
        let starts = std::iter::once(0).chain(self.packets.iter().map(|kept| kept.end));
        starts.zip(&self.packets).filter_map(|(start, kept)| self.packet(start, kept))
    }

    /// Never none: what was kept is there.
    fn packet(&self, start: usize, kept: &Kept) -> Option<Packet<'_>> {
        let raw = self.bytes.get(start..kept.end)?;
        let interface_info = self.interfaces.get(kept.at_interface)?;
        Some(Packet {
            number: kept.number,
            offset: kept.offset,
            time: kept.time,
            earlier: kept.earlier,
            interface: kept.interface,
            interface_info,
            interface_name: interface_info.name.as_deref(),
            link_type: kept.link_type,
            captured_len: kept.captured_len,
            original_len: kept.original_len,
            data: raw.get(kept.layout.data_at..)?.get(..kept.data_len)?,
            raw,
            layout: kept.layout,
        })
    }

    /// How many packets there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.packets.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// Bytes of memory that the packets take: those of their records and blocks, and what is kept with each.
    #[must_use]
    pub fn size(&self) -> usize {
        let kept = self.packets.len().saturating_mul(size_of::<Kept>());
        let interfaces = self.interfaces.len().saturating_mul(size_of::<Interface>());
        self.bytes.len().saturating_add(kept).saturating_add(interfaces)
    }

    /// Forgets the packets, and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.packets.clear();
        self.interfaces.clear();
    }
}
