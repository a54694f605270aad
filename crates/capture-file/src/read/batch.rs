//! Packets that are kept while the reader goes on.

use super::buffer::InBuffer;
use super::item::{Earlier, Layout, Packet};
use crate::{Interface, LinkType, Timestamp};
use std::sync::Arc;

/// Packets that are kept, for example to hand them to another thread. Where a reader's buffer is full, they stay where
/// they are, and the reader goes on in another one; otherwise they are copied. Memory is used again.
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
    /// Records and blocks that were copied, one behind the other.
    bytes: Vec<u8>,
    /// Buffers of the reader that the others are in.
    buffers: Vec<Arc<Vec<u8>>>,
    /// Bytes of them: those kept in the last one, and all of the others.
    shared: usize,
    packets: Vec<Kept>,
    /// Those that the packets are of; one again where they take turns. Names are shared, so this is cheap.
    interfaces: Vec<Interface>,
}

/// All of a packet but its bytes and its interface.
#[derive(Clone, Debug)]
struct Kept {
    /// The place of the buffer that it is in; none where it was copied.
    buffer: Option<usize>,
    /// Where its bytes begin.
    start: usize,
    raw_len: usize,
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
        self.keep(packet, packet.in_buffer);
    }

    /// Keeps a copy of a packet wherever it is. A reader's buffer, which is much larger, is kept for as long as a packet
    /// that stays in it.
    pub fn push_copy(&mut self, packet: &Packet<'_>) {
        self.keep(packet, None);
    }

    fn keep(&mut self, packet: &Packet<'_>, in_buffer: Option<InBuffer<'_>>) {
        let (buffer, start) = match in_buffer {
            Some(in_buffer) => (Some(self.share(in_buffer.bytes, packet.raw.len())), in_buffer.start),
            None => (None, self.bytes.len()),
        };
        if buffer.is_none() {
            self.bytes.extend_from_slice(packet.raw);
        }
        if self.interfaces.last() != Some(packet.interface_info) {
            self.interfaces.push(packet.interface_info.clone());
        }
        self.packets.push(Kept {
            buffer,
            start,
            raw_len: packet.raw.len(),
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

    /// Keeps so many bytes where they are; gives the place of their buffer among those of the batch.
    fn share(&mut self, buffer: &Arc<Vec<u8>>, len: usize) -> usize {
        if !self.buffers.last().is_some_and(|last| Arc::ptr_eq(last, buffer)) {
            self.shared = self.buffers.iter().map(|left| left.len()).sum();
            self.buffers.push(Arc::clone(buffer));
        }
        self.shared = self.shared.saturating_add(len);
        self.buffers.len().saturating_sub(1)
    }

    /// The packets, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = Packet<'_>> {
        self.packets.iter().filter_map(|kept| self.packet(kept))
    }

    /// The packet that came after so many others.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<Packet<'_>> {
        self.packet(self.packets.get(place)?)
    }

    /// Never none: what was kept is there.
    fn packet(&self, kept: &Kept) -> Option<Packet<'_>> {
        let in_buffer = match kept.buffer {
            Some(at) => Some(InBuffer { bytes: self.buffers.get(at)?, start: kept.start }),
            None => None,
        };
        let bytes = in_buffer.map_or(&self.bytes, |in_buffer| in_buffer.bytes);
        let raw = bytes.get(kept.start..)?.get(..kept.raw_len)?;
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
            in_buffer,
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

    /// Bytes of memory that the packets take: those of their records and blocks, and what is kept with each. Of a
    /// reader's buffers that packets stayed in, all but the last one count whole.
    #[must_use]
    pub fn size(&self) -> usize {
        let kept = self.packets.len().saturating_mul(size_of::<Kept>());
        let interfaces = self.interfaces.len().saturating_mul(size_of::<Interface>());
        self.bytes.len().saturating_add(self.shared).saturating_add(kept).saturating_add(interfaces)
    }

    /// Forgets the packets, and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.buffers.clear();
        self.shared = 0;
        self.packets.clear();
        self.interfaces.clear();
    }
}
