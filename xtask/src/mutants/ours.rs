//! What we read of a file, and what is odd about it.

use super::peers::Found;
use capture_file::{ByteOrder, Item, Packet, PcapVariant, Reader};
use std::collections::BTreeSet;

/// What is in a file, and the oddities that other readers treat otherwise.
#[derive(Debug, Default)]
pub(super) struct Ours {
    pub(super) found: Found,
    /// The earliest and the latest time in nanoseconds, where every packet has one.
    pub(super) times: Option<(i128, i128)>,
    /// The file could not be opened.
    pub(super) refused: bool,
    /// A pcapng, as its first block type says.
    pub(super) is_pcapng: bool,
    /// Types of blocks that hold neither packets nor interfaces.
    pub(super) other_blocks: BTreeSet<u32>,
    /// An interface counts so finely that nanoseconds times its ticks per second are more than 64 bits.
    pub(super) fine_resolution: bool,
    /// A simple packet block is longer or shorter than the snap length makes its packet.
    pub(super) simple_of_other_length: bool,
    /// The block that we could not read is a simple packet block.
    pub(super) stopped_at_simple: bool,
    /// A pcap's fraction of a second is a second or more.
    pub(super) beyond_second: bool,
    /// Another capture was appended.
    pub(super) has_appended: bool,
}

pub(super) fn read(file: &[u8]) -> Ours {
    let mut ours = Ours { is_pcapng: file.starts_with(b"\x0a\x0d\x0d\x0a"), ..Ours::default() };
    let mut reader = match Reader::new(file) {
        Ok(reader) => reader,
        Err(error) => {
            ours.refused = true;
            ours.found.end = Some(error.to_string());
            return ours;
        }
    };
    let pcap = reader.container().pcap;
    let mut times = Vec::new();
    loop {
        match reader.next_item() {
            Ok(Some(Item::Packet(packet))) => {
                ours.found.packets += 1;
                times.push(packet.time.map(|time| time.nanoseconds().0));
                ours.simple_of_other_length |= is_simple_of_other_length(&packet);
                let ticks = packet.interface_info.resolution.ticks_per_second();
                ours.fine_resolution |= ticks.is_none_or(|ticks| ticks > u64::MAX / 1_000_000_000);
                let parts = match pcap.map(|header| header.variant) {
                    Some(PcapVariant::Nano) => 1_000_000_000,
                    Some(_) => 1_000_000,
                    None => u32::MAX,
                };
                ours.beyond_second |= number(&packet, 4).is_some_and(|part| part >= parts);
            }
            Ok(Some(Item::Other(block))) => drop(ours.other_blocks.insert(block.block_type)),
            Ok(Some(Item::Header(header))) => ours.has_appended |= header.appended.is_some(),
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(error) => {
                let stopped_at = usize::try_from(error.offset).ok().and_then(|offset| file.get(offset..));
                let is_simple =
                    |rest: &[u8]| rest.starts_with(&[3, 0, 0, 0]) || rest.starts_with(&[0, 0, 0, 3]);
                ours.stopped_at_simple = ours.is_pcapng && stopped_at.is_some_and(is_simple);
                ours.found.end = Some(error.to_string());
                break;
            }
        }
    }
    let times: Vec<i128> = times.into_iter().collect::<Option<_>>().unwrap_or_default();
    ours.times = times.iter().min().copied().zip(times.iter().max().copied());
    ours
}

/// The number of four bytes at this place of its record or block.
fn number(packet: &Packet<'_>, at: usize) -> Option<u32> {
    let bytes = packet.raw.get(at..)?.first_chunk()?;
    Some(match packet.byte_order() {
        ByteOrder::Big => u32::from_be_bytes(*bytes),
        ByteOrder::Little => u32::from_le_bytes(*bytes),
    })
}

fn is_simple_of_other_length(packet: &Packet<'_>) -> bool {
    if !packet.is_block() || number(packet, 0) != Some(3) {
        return false;
    }
    let snaplen = Some(packet.interface_info.snaplen).filter(|snaplen| *snaplen > 0).unwrap_or(u32::MAX);
    let length = u64::from(packet.original_len.min(snaplen)).next_multiple_of(4);
    packet.raw.len() as u64 != length + 16
}
