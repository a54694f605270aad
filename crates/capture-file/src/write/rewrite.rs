//! A packet's own record or block with other data in it.

use super::WriteError;
use crate::read::MAX_BLOCK;
use crate::read::item::RecordKind;
use crate::{ByteOrder, Packet};
use std::io::Write;

/// Longest fixed part before the data, of all records and blocks.
const MAX_HEAD: usize = 28;

/// Writes a packet's record or block with other data and another original length; type, byte order, timestamp,
/// options and whatever else it holds stay as they are. The same data gives the same bytes, padding included.
///
/// An `epb_hash` option is not computed anew.
///
/// # Errors
/// When the output fails, when the packet gets too long for its file, and when it stands in a simple packet block,
/// which cannot say that less than `original_len` (or the interface's snaplen) was captured.
pub fn write_packet_with(
    packet: &Packet<'_>,
    data: &[u8],
    original_len: u32,
    out: &mut impl Write,
) -> Result<(), WriteError> {
    let layout = packet.layout;
    let raw = packet.raw;
    let length = data.len() as u64;
    let too_long =
        |length, maximum: u32| WriteError::TooLong { packet: packet.number, length, maximum: maximum.into() };
    let captured = u32::try_from(length).ok().filter(|&captured| captured <= layout.limit);
    let captured = captured.ok_or_else(|| too_long(length, layout.limit))?;

    let mut head = Head::new(raw.get(..layout.data_at).unwrap_or_default(), layout.order);
    if let RecordKind::Pcap { swapped } = layout.kind {
        head.put(8, if swapped { original_len } else { captured });
        head.put(12, if swapped { captured } else { original_len });
        out.write_all(head.bytes())?;
        out.write_all(data)?;
        return Ok(());
    }

    let trailer_at = raw.len().saturating_sub(4);
    let padded_end = |len: usize| layout.data_at.saturating_add(len.next_multiple_of(4));
    let old_end = layout.data_at.saturating_add(packet.data.len());
    // Padding should be zero; where it is not, it stays as long as it fits.
    let kept_padding = raw.get(old_end..padded_end(packet.data.len())).unwrap_or_default();
    let needed_padding = data.len().next_multiple_of(4).saturating_sub(data.len());
    let padding = if kept_padding.len() == needed_padding {
        kept_padding
    } else {
        [0; 3].get(..needed_padding).unwrap_or_default()
    };
    let options = raw.get(padded_end(packet.data.len())..trailer_at).unwrap_or_default();
    let total = padded_end(data.len()).saturating_add(options.len()).saturating_add(4);
    let total = u32::try_from(total).ok().filter(|&total| total <= MAX_BLOCK);
    let total = total.ok_or_else(|| too_long(length, MAX_BLOCK))?;

    head.put(4, total);
    if layout.kind == RecordKind::Simple {
        let snaplen = packet.interface_info.snaplen;
        let expected = if snaplen == 0 { original_len } else { original_len.min(snaplen) };
        if captured != expected {
            return Err(WriteError::SimplePacketLength {
                packet: packet.number,
                length,
                expected: expected.into(),
            });
        }
        head.put(8, original_len);
    } else {
        head.put(20, captured);
        head.put(24, original_len);
    }
    for part in [head.bytes(), data, padding, options, &layout.order.u32_bytes(total)] {
        out.write_all(part)?;
    }
    Ok(())
}

/// The packet with other data and another original length, as a reader would give it out: written into `buffer` by
/// [`write_packet_with`], which is where it then lies.
///
/// # Errors
/// As [`write_packet_with`].
pub fn rewrite_packet<'b>(
    packet: &Packet<'b>,
    data: &[u8],
    original_len: u32,
    buffer: &'b mut Vec<u8>,
) -> Result<Packet<'b>, WriteError> {
    buffer.clear();
    write_packet_with(packet, data, original_len, buffer)?;
    let raw = buffer.as_slice();
    let start = packet.layout.data_at;
    let data = raw.get(start..start.saturating_add(data.len())).unwrap_or_default();
    // Its length was checked against the file's limit, which has 32 bits.
    let captured_len = u32::try_from(data.len()).unwrap_or(u32::MAX);
    Ok(Packet { raw, data, captured_len, original_len, in_buffer: None, ..packet.clone() })
}

/// The fixed part of a record or block, with some fields changed.
struct Head {
    bytes: [u8; MAX_HEAD],
    len: usize,
    order: ByteOrder,
}

impl Head {
    fn new(original: &[u8], order: ByteOrder) -> Self {
        let mut bytes = [0; MAX_HEAD];
        for (to, from) in bytes.iter_mut().zip(original) {
            *to = *from;
        }
        Self { bytes, len: original.len().min(MAX_HEAD), order }
    }

    fn put(&mut self, at: usize, value: u32) {
        if let Some(field) = self.bytes.get_mut(at..).and_then(|bytes| bytes.first_chunk_mut()) {
            *field = self.order.u32_bytes(value);
        }
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}
