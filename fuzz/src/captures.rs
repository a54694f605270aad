//! Captures of any bytes: reading, reading on behind damage, writing, and other readers of the same files.

use capture_file::{Item, PcapResolution, PcapWriter, PcapngWriter, ReadError, Reader, WriteError};
use std::io::Read;

/// Input in pieces of the lengths that its own bytes say, as a slow pipe would give it.
struct Pieces<'a>(&'a [u8], u8);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.1 = self.1.wrapping_mul(5).wrapping_add(self.0.first().copied().unwrap_or(1));
        let length = (usize::from(self.1 % 29) + 1).min(buffer.len());
        self.0.read(&mut buffer[..length])
    }
}

/// All raw bytes that come out, the packets' data, and the error at the end.
fn read_all(mut reader: Reader<impl Read>) -> (Vec<u8>, Vec<Vec<u8>>, Option<ReadError>) {
    let (mut raw, mut packets) = (Vec::new(), Vec::new());
    loop {
        assert_eq!(reader.offset(), raw.len() as u64);
        match reader.next_item() {
            Ok(Some(item)) => {
                assert_eq!(item.offset(), raw.len() as u64);
                assert!(!item.raw().is_empty());
                raw.extend_from_slice(item.raw());
                if let Item::Packet(packet) = &item {
                    assert_eq!(packet.data.len(), packet.captured_len as usize);
                    let _ = (packet.options().count(), packet.comments().count(), packet.packet_id());
                    let _ = packet.time.map(|time| time.to_string());
                    packets.push(packet.data.to_vec());
                }
            }
            Ok(None) => return (raw, packets, None),
            Err(error) => {
                assert_eq!(error.offset, raw.len() as u64);
                assert!(matches!(reader.next_item(), Ok(None)), "an error is the last");
                return (raw, packets, Some(error));
            }
        }
    }
}

/// What every reading has to keep to.
fn capture(data: &[u8]) {
    let Ok(reader) = Reader::new(data) else {
        assert!(Reader::new(Pieces(data, 0)).is_err(), "it opens in pieces only");
        return;
    };
    let compressed = reader.container().compression.is_some();
    let (raw, packets, error) = read_all(reader);
    if !compressed {
        assert_eq!(raw, data[..raw.len()], "raw bytes are those of the input");
        assert!(error.is_some() || raw.len() == data.len());
    }
    let Ok(in_pieces) = Reader::new(Pieces(data, 0)) else { panic!("it does not open in pieces") };
    let (raw_in_pieces, _, error_in_pieces) = read_all(in_pieces);
    assert_eq!(raw, raw_in_pieces);
    assert_eq!(error.map(|error| error.to_string()), error_in_pieces.map(|error| error.to_string()));
    salvage(data, &packets, compressed);
}

/// Reading on behind damage ends, accounts for every byte, and begins as plain reading does.
fn salvage(data: &[u8], plain: &[Vec<u8>], compressed: bool) {
    let Ok(mut reader) = Reader::new(data) else { return };
    let (mut accounted, mut found, mut errors) = (0, 0, 0_usize);
    loop {
        match reader.next_item() {
            Ok(Some(item)) => {
                accounted += item.raw().len() as u64;
                if let Item::Packet(packet) = item {
                    assert!(errors > 0 || plain.get(found).is_some_and(|data| data == packet.data));
                    found += 1;
                }
            }
            Ok(None) => break,
            Err(error) => {
                errors += 1;
                assert!(errors <= data.len() || compressed);
                if reader.salvage().is_err() {
                    return;
                }
                accounted += reader.offset() - error.offset;
            }
        }
    }
    assert!(found >= plain.len());
    assert_eq!(accounted, reader.offset(), "every byte was read or skipped");
    // With doubts, other packets may come out, but it has to end.
    let Ok(mut reader) = Reader::new(data) else { return };
    reader.expect_damage();
    loop {
        let more = match reader.next_item() {
            Ok(item) => item.is_some(),
            Err(_) => reader.salvage().is_ok(),
        };
        if !more {
            break;
        }
    }
}

/// Anything but a pcapng, compressed or not.
pub(crate) fn pcap(data: &[u8]) {
    if !data.starts_with(b"\x0a\x0d\x0d\x0a") {
        capture(data);
    }
}

/// A pcapng: the first block type need not be guessed.
pub(crate) fn pcapng(data: &[u8]) {
    if data.starts_with(b"\x0a\x0d\x0d\x0a") {
        capture(data);
    } else {
        capture(&[b"\x0a\x0d\x0d\x0a", data].concat());
    }
}

/// What we write of any capture reads back: the same packets in the same order.
pub(crate) fn writers(data: &[u8]) {
    let mut pcap = PcapWriter::new(Vec::new(), PcapResolution::Auto);
    let mut pcapng = PcapngWriter::new(Vec::new());
    let (mut fits_pcap, mut fits_pcapng) = (true, true);
    let Ok(mut reader) = Reader::new(data) else { return };
    let mut packets = Vec::new();
    while let Ok(Some(item)) = reader.next_item() {
        if let Item::Packet(packet) = &item {
            packets.push((packet.time, packet.data.to_vec()));
        }
        fits_pcap = fits_pcap && accepted(pcap.write(&item));
        fits_pcapng = fits_pcapng && accepted(pcapng.write(&item));
    }
    let written = [
        fits_pcap.then(|| pcap.finish().map(|(bytes, _)| bytes)),
        fits_pcapng.then(|| pcapng.finish().map(|(bytes, _)| bytes)),
    ];
    for (bytes, keeps_times) in written.into_iter().zip([false, true]) {
        let Some(Ok(bytes)) = bytes else { continue };
        let mut reader = match Reader::new(bytes.as_slice()) {
            Ok(reader) => reader,
            // Of nothing, nothing is written.
            Err(_) if packets.is_empty() => continue,
            Err(error) => panic!("what we wrote does not open: {error}"),
        };
        let mut expected = packets.iter();
        while let Some(item) = reader.next_item().expect("what we wrote is sound") {
            let Item::Packet(packet) = item else { continue };
            let (time, data) = expected.next().expect("no packet is made up");
            assert_eq!(packet.data, data);
            assert!(
                !keeps_times || time.is_none() || packet.time == *time,
                "{time:?} became {:?}",
                packet.time
            );
        }
        assert!(expected.next().is_none(), "a packet is lost");
    }
}

fn accepted(written: Result<(), WriteError>) -> bool {
    match written {
        Ok(()) => true,
        Err(WriteError::Io(error)) => panic!("memory does not fail: {error}"),
        Err(_) => false,
    }
}

/// Packets that pcap-parser and pcap-file read of a little- or big-endian pcap or a pcapng are ours, as far as both go.
pub(crate) fn peers(data: &[u8]) {
    let Ok(reader) = Reader::new(data) else { return };
    // Both know only the plain kinds of version 2.4.
    let odd = reader.container().compression.is_some()
        || reader.container().pcap.is_some_and(|header| {
            header.variant == capture_file::PcapVariant::Modified || header.version != (2, 4)
        });
    if odd {
        return;
    }
    let is_pcap = reader.container().pcap.is_some();
    let (_, packets, _) = read_all(reader);
    if is_pcap {
        let parsed = by_pcap_parser(data);
        assert!(parsed.iter().zip(&packets).all(|(theirs, ours)| theirs == ours), "pcap-parser differs");
        let parsed = by_pcap_file(data);
        assert!(parsed.iter().zip(&packets).all(|(theirs, ours)| theirs == ours), "pcap-file differs");
    }
}

fn by_pcap_parser(data: &[u8]) -> Vec<&[u8]> {
    let Ok((mut rest, header)) = pcap_parser::parse_pcap_header(data) else { return Vec::new() };
    let mut packets = Vec::new();
    loop {
        let parsed = if header.is_bigendian() {
            pcap_parser::parse_pcap_frame_be(rest)
        } else {
            pcap_parser::parse_pcap_frame(rest)
        };
        let Ok((after, packet)) = parsed else { return packets };
        packets.push(packet.data);
        rest = after;
    }
}

fn by_pcap_file(data: &[u8]) -> Vec<Vec<u8>> {
    let Ok((mut rest, parser)) = pcap_file::pcap::PcapParser::new(data) else { return Vec::new() };
    let mut packets = Vec::new();
    while let Ok((after, packet)) = parser.next_raw_packet(rest) {
        packets.push(packet.data.to_vec());
        rest = after;
    }
    packets
}
