//! Other readers of the same files: packets that pcap-parser and pcap-file read of a pcap or a pcapng are ours, as far
//! as both go.

use crate::captures::{SECTION, read_items};
use capture_file::{Item, PcapVariant, Reader, Timestamp};
use pcap_file::pcapng::Block as PcapFileBlock;
use pcap_parser::Block as PcapParserBlock;
use std::collections::BTreeMap;
use std::time::Duration;

/// Bytes of a block with nothing in it: its type, and its length twice.
const SHORTEST: u32 = 12;

/// Packets by where their records or blocks begin, and where the reading ended.
struct Found<T> {
    packets: BTreeMap<usize, (Vec<u8>, T)>,
    end: usize,
}

impl<T> Found<T> {
    fn new() -> Self {
        Self { packets: BTreeMap::new(), end: 0 }
    }
}

pub(crate) fn peers(data: &[u8]) {
    let Ok(reader) = Reader::new(data) else { return };
    let container = reader.container();
    let is_plain = |header: &capture_file::PcapHeader| {
        header.variant != PcapVariant::Modified && header.version == (2, 4)
    };
    // Both know only the plain kinds of version 2.4.
    if container.compression.is_some() || container.pcap.as_ref().is_some_and(|header| !is_plain(header)) {
        return;
    }
    let is_pcap = container.pcap.is_some();
    let ours = by_us(reader);
    if is_pcap {
        hold_against("pcap-parser", &ours, &pcap_by_pcap_parser(data));
        hold_against("pcap-file", &ours, &pcap_by_pcap_file(data));
    } else {
        hold_against("pcap-parser", &ours, &pcapng_by_pcap_parser(data));
        let theirs = pcapng_by_pcap_file(data);
        hold_against("pcap-file", &ours, &theirs);
        for (offset, (_, theirs)) in theirs.packets.range(..ours.end) {
            same_time(*offset, ours.packets[offset].1, *theirs);
        }
        let both = theirs.end.min(ours.end);
        let count = theirs.packets.range(..both).count();
        assert_eq!(ours.packets.range(..both).count(), count, "pcap-file read fewer packets");
    }
}

/// Whatever they read before we stopped is what we read at the same place.
fn hold_against<T>(who: &str, ours: &Found<Option<Timestamp>>, theirs: &Found<T>) {
    for (offset, (data, _)) in theirs.packets.range(..ours.end) {
        assert_eq!(ours.packets.get(offset).map(|(data, _)| data), Some(data), "{who} at {offset}");
    }
}

/// The same time to the nanosecond, where there is one.
fn same_time(offset: usize, ours: Option<Timestamp>, theirs: Option<Duration>) {
    if let (Some(ours), Some(theirs)) = (ours, theirs) {
        let theirs = i128::try_from(theirs.as_nanos()).expect("a duration of 64-bit seconds");
        assert_eq!(ours.nanoseconds().0, theirs, "time at {offset}");
    }
}

fn by_us(reader: Reader<&[u8]>) -> Found<Option<Timestamp>> {
    let mut found = Found::new();
    let mut is_over = false;
    let _ = read_items(reader, |item| {
        // They know nothing of captures that are appended to another.
        is_over |= matches!(item, Item::Header(header) if header.appended.is_some());
        if is_over {
            return;
        }
        if let Item::Packet(packet) = item {
            found.packets.insert(found.end, (packet.data.to_vec(), packet.time));
        }
        found.end += item.raw().len();
    });
    found
}

fn pcap_by_pcap_parser(data: &[u8]) -> Found<()> {
    let mut found = Found::new();
    let Ok((mut rest, header)) = pcap_parser::parse_pcap_header(data) else { return found };
    loop {
        let parsed = if header.is_bigendian() {
            pcap_parser::parse_pcap_frame_be(rest)
        } else {
            pcap_parser::parse_pcap_frame(rest)
        };
        let Ok((after, packet)) = parsed else { return found };
        found.packets.insert(data.len() - rest.len(), (packet.data.to_vec(), ()));
        rest = after;
    }
}

fn pcap_by_pcap_file(data: &[u8]) -> Found<()> {
    let mut found = Found::new();
    let Ok((mut rest, parser)) = pcap_file::pcap::PcapParser::new(data) else { return found };
    while let Ok((after, packet)) = parser.next_raw_packet(rest) {
        found.packets.insert(data.len() - rest.len(), (packet.data.to_vec(), ()));
        rest = after;
    }
    found
}

/// Only its enhanced packet blocks: it does not heed the snap length of simple ones, and knows no obsolete ones. Of a
/// block that says that it is shorter than what every block has, it subtracts more than there is.
fn pcapng_by_pcap_parser(data: &[u8]) -> Found<()> {
    let mut found = Found::new();
    let mut rest = data;
    let mut is_big = false;
    loop {
        if rest.starts_with(SECTION) {
            is_big = rest.get(8..12) == Some(&[0x1a, 0x2b, 0x3c, 0x4d]);
        }
        let Some(&length) = rest.get(4..).and_then(<[u8]>::first_chunk) else { return found };
        let length = if is_big { u32::from_be_bytes(length) } else { u32::from_le_bytes(length) };
        if length < SHORTEST {
            return found;
        }
        let parsed =
            if is_big { pcap_parser::parse_block_be(rest) } else { pcap_parser::parse_block_le(rest) };
        let Ok((after, block)) = parsed else { return found };
        if let PcapParserBlock::EnhancedPacket(packet) = block {
            // What it gives are the bytes with their padding.
            let bytes = packet.data.get(..packet.caplen as usize).unwrap_or(packet.data);
            found.packets.insert(data.len() - rest.len(), (bytes.to_vec(), ()));
        }
        rest = after;
    }
}

fn pcapng_by_pcap_file(data: &[u8]) -> Found<Option<Duration>> {
    let mut found = Found::new();
    let Ok((mut rest, mut parser)) = pcap_file::pcapng::PcapNgParser::new(data) else { return found };
    found.end = data.len() - rest.len();
    while let Ok((after, block)) = parser.next_block(rest) {
        let packet = match block {
            PcapFileBlock::EnhancedPacket(packet) => Some((packet.data.to_vec(), Some(packet.timestamp))),
            PcapFileBlock::Packet(packet) => Some((packet.data.to_vec(), Some(packet.timestamp))),
            PcapFileBlock::SimplePacket(packet) => Some((packet.data.to_vec(), None)),
            _ => None,
        };
        if let Some(packet) = packet {
            found.packets.insert(found.end, packet);
        }
        rest = after;
        found.end = data.len() - rest.len();
    }
    found
}
