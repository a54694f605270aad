//! Captures of any bytes: reading them, in any pieces, and on behind damage.

use capture_file::{Item, ReadError, Reader};
use std::io::Read;

/// The first block type of a pcapng.
pub(crate) const SECTION: &[u8] = b"\x0a\x0d\x0d\x0a";

/// Anything but a pcapng, compressed or not.
pub(crate) fn pcap(data: &[u8]) {
    if !data.starts_with(SECTION) {
        whole(data);
    }
}

/// A pcapng: the first block type need not be guessed.
pub(crate) fn pcapng(data: &[u8]) {
    if data.starts_with(SECTION) {
        whole(data);
    } else {
        whole(&[SECTION, data].concat());
    }
}

/// What every reading has to keep to: the raw bytes of the items are those of the input up to its end or an error, and
/// everything that an item promises can be asked for.
fn whole(data: &[u8]) {
    let Ok(reader) = Reader::new(data) else { return };
    let compressed = reader.container().compression.is_some();
    let mut read = 0_usize;
    let error = read_items(reader, |item| {
        if !compressed {
            assert!(data[read..].starts_with(item.raw()), "raw bytes are those of the input");
        }
        read += item.raw().len();
        match item {
            Item::Packet(packet) => {
                let _ = (packet.options().count(), packet.comments().count(), packet.packet_id());
            }
            Item::Interface(interface) => drop(interface.options().count()),
            Item::Header(_) | Item::Other(_) => {}
        }
    });
    assert!(compressed || error.is_some() || read == data.len(), "nothing is left out in silence");
}

/// Gives every item, and the error at the end.
pub(crate) fn read_items(
    mut reader: Reader<impl Read>,
    mut item_read: impl FnMut(&Item<'_>),
) -> Option<ReadError> {
    let mut offset = 0;
    loop {
        assert_eq!(reader.offset(), offset);
        match reader.next_item() {
            Ok(Some(item)) => {
                assert_eq!(item.offset(), offset);
                assert!(!item.raw().is_empty());
                offset += item.raw().len() as u64;
                if let Item::Packet(packet) = &item {
                    assert_eq!(packet.data.len(), packet.captured_len as usize);
                }
                item_read(&item);
            }
            Ok(None) => return None,
            Err(error) => {
                assert_eq!(error.offset, offset);
                assert!(matches!(reader.next_item(), Ok(None)), "an error is the last");
                return Some(error);
            }
        }
    }
}

/// All raw bytes that come out, the packets' data, and the error at the end.
pub(crate) fn read_all(reader: Reader<impl Read>) -> (Vec<u8>, Vec<Vec<u8>>, Option<ReadError>) {
    let (mut raw, mut packets) = (Vec::new(), Vec::new());
    let error = read_items(reader, |item| {
        raw.extend_from_slice(item.raw());
        if let Item::Packet(packet) = item {
            packets.push(packet.data.to_vec());
        }
    });
    (raw, packets, error)
}

/// Input in pieces of the lengths that its own bytes say, as a slow pipe would give it.
struct Pieces<'a>(&'a [u8], u8);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.1 = self.1.wrapping_mul(5).wrapping_add(self.0.first().copied().unwrap_or(1));
        let length = (usize::from(self.1 % 29) + 1).min(buffer.len());
        self.0.read(&mut buffer[..length])
    }
}

/// However the bytes arrive, the same items and the same error come out.
pub(crate) fn arrival(data: &[u8]) {
    let (at_once, in_pieces) = match (Reader::new(data), Reader::new(Pieces(data, 0))) {
        (Ok(at_once), Ok(in_pieces)) => (at_once, in_pieces),
        (Err(at_once), Err(in_pieces)) => {
            return assert_eq!(at_once.to_string(), in_pieces.to_string());
        }
        (at_once, _) => panic!("it opens only {}", if at_once.is_ok() { "at once" } else { "in pieces" }),
    };
    let (raw, packets, error) = read_all(at_once);
    let (raw_in_pieces, packets_in_pieces, error_in_pieces) = read_all(in_pieces);
    assert_eq!(raw, raw_in_pieces);
    assert_eq!(packets, packets_in_pieces);
    assert_eq!(error.map(|error| error.to_string()), error_in_pieces.map(|error| error.to_string()));
}

/// Reading on behind damage ends, accounts for every byte, and begins as plain reading does.
pub(crate) fn salvage(data: &[u8]) {
    let Ok(reader) = Reader::new(data) else { return };
    let compressed = reader.container().compression.is_some();
    let (_, plain, _) = read_all(reader);
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
                reader.salvage();
                accounted += reader.offset() - error.offset;
            }
        }
    }
    assert!(found >= plain.len());
    assert_eq!(accounted, reader.offset(), "every byte was read or skipped");
    with_doubts(data);
}

/// With doubts, other packets may come out, but it has to end.
fn with_doubts(data: &[u8]) {
    let Ok(mut reader) = Reader::new(data) else { return };
    reader.expect_damage();
    loop {
        let more = match reader.next_item() {
            Ok(item) => item.is_some(),
            Err(_) => {
                reader.salvage();
                true
            }
        };
        if !more {
            break;
        }
    }
}
