//! A packet's own record with other data.

use super::build::*;
use capture_file::{Item, Reader, WriteError, rewrite_packet, write_item, write_packet_with};
use proptest::prelude::*;

/// Copies a file, each packet with other data of some length.
fn rewrite(file: &[u8], mut change: impl FnMut(&[u8], u32) -> (Vec<u8>, u32)) -> Result<Vec<u8>, WriteError> {
    let mut reader = Reader::new(file).unwrap();
    let mut out = Vec::new();
    while let Some(item) = reader.next_item().unwrap() {
        match &item {
            Item::Packet(packet) => {
                let (data, original) = change(packet.data, packet.original_len);
                write_packet_with(packet, &data, original, &mut out)?;
            }
            item => write_item(item, &mut out)?,
        }
    }
    Ok(out)
}

fn files() -> Vec<Vec<u8>> {
    let swapped = Bytes::new(Big).u32(MICRO).u16(2).u16(1).u32(0).u32(0).u32(96).u32(1);
    let odd_padding = Pcapng::default().section(Little).interface(1, 3, |o| o);
    let odd_padding = odd_padding
        .block(6, |b| b.u32(0).u64(0).u32(2).u32(9).raw(b"ab\xff\xfe").u16(0).u16(0).raw(b"trailing"))
        .block(3, |b| b.u32(9).raw(b"abc\xee"));
    vec![
        rich_pcapng(),
        odd_padding.bytes,
        Pcap::new(Big, NANO, 2, 1).record(1, 2, 3, b"abcd").bytes(),
        Pcap::new(Little, MODIFIED, 2, 1).0.u32(1).u32(u32::MAX).u32(1).u32(5).raw(b"8 bytes!x").bytes,
        swapped.u32(1).u32(2).u32(9).u32(3).raw(b"abc").bytes,
    ]
}

#[test]
fn the_same_data_gives_the_same_bytes() {
    for file in files() {
        assert_eq!(rewrite(&file, |data, original| (data.to_vec(), original)).unwrap(), file);
    }
}

proptest! {
    #[test]
    fn other_data_leaves_everything_else(lengths in proptest::collection::vec(0..100_usize, 10)) {
        for file in files().into_iter().filter(|file| !file.starts_with(&[0x0a])) {
            let mut lengths = lengths.iter();
            let changed = rewrite(&file, |_, original| (vec![9; *lengths.next().unwrap()], original)).unwrap();
            let (before, after) = (items(&file), items(&changed));
            prop_assert_eq!(times(&before), times(&after));
        }
    }
}

#[test]
fn blocks_keep_options_and_get_new_lengths() {
    let file = Pcapng::default().section(Big).interface(1, 0, |o| o);
    let file =
        file.enhanced(0, 5, b"abcde", |o| o.option(1, b"hi").option(0, b"")).obsolete(0, 3, 6, b"old!").bytes;
    let expected = Pcapng::default().section(Big).interface(1, 0, |o| o);
    let expected = expected
        .block(6, |b| b.u32(0).u64(5).u32(2).u32(70).raw(b"xy\0\0").option(1, b"hi").option(0, b""))
        .block(2, |b| b.u16(0).u16(3).u64(6).u32(2).u32(70).raw(b"xy\0\0"))
        .bytes;
    assert_eq!(rewrite(&file, |_, _| (b"xy".to_vec(), 70)).unwrap(), expected);
}

#[test]
fn simple_packets_say_what_they_cannot() {
    let file = Pcapng::default().section(Little).interface(1, 4, |o| o).simple(3, b"abc").bytes;
    let expected = Pcapng::default().section(Little).interface(1, 4, |o| o).simple(70, b"xxxx").bytes;
    assert_eq!(rewrite(&file, |_, _| (b"xxxx".to_vec(), 70)).unwrap(), expected);
    let error = rewrite(&file, |_, _| (b"xx".to_vec(), 70)).unwrap_err().to_string();
    assert_eq!(
        error,
        "packet 1 stands in a simple packet block, which holds 4 bytes of a packet of that original length and not 2: its block type has no field for the captured length"
    );
}

#[test]
fn what_readers_would_refuse_is_not_written() {
    let pcap = Pcap::new(Little, MICRO, 0, 1).record(0, 1, 0, b"").bytes();
    let long = |length: usize| move |_: &[u8], original| (vec![0; length], original);
    assert!(rewrite(&pcap, long(262_144)).is_ok());
    let error = rewrite(&pcap, long(262_145)).unwrap_err().to_string();
    assert_eq!(
        error,
        "packet 1 would be 262145 bytes long, more than the 262144 that readers accept in this file"
    );
    let pcapng = Pcapng::default().section(Little).interface(1, 0, |o| o).enhanced(0, 0, b"", |o| o).bytes;
    let largest = (16 << 20) - 32;
    items(&rewrite(&pcapng, long(largest)).unwrap());
    assert!(matches!(rewrite(&pcapng, long(largest + 1)), Err(WriteError::TooLong { .. })));
}

#[test]
fn simple_packets_without_a_limit_are_whole() {
    let file = Pcapng::default().section(Big).interface(1, 0, |o| o).simple(3, b"abc").bytes;
    let expected = Pcapng::default().section(Big).interface(1, 0, |o| o).simple(5, b"xxxxx").bytes;
    assert_eq!(rewrite(&file, |_, _| (b"xxxxx".to_vec(), 5)).unwrap(), expected);
    assert!(rewrite(&file, |_, _| (b"xxxxx".to_vec(), 6)).is_err());
}

/// What is rewritten in memory is what a reader of the rewritten file would give out.
#[test]
fn rewritten_packets_are_as_they_would_be_read() {
    for file in files().into_iter().filter(|file| file.len() < 150) {
        let data = b"other data";
        let Ok(changed) = rewrite(&file, |_, _| (data.to_vec(), 10)) else { continue };
        let mut reader = Reader::new(file.as_slice()).unwrap();
        let mut expected = items(&changed).into_iter();
        let mut buffer = b"left over".to_vec();
        while let Some(item) = reader.next_item().unwrap() {
            let expected = expected.next().unwrap();
            if let Item::Packet(packet) = item {
                let packet = rewrite_packet(&packet, data, 10, &mut buffer).unwrap();
                assert_eq!((packet.captured_len, packet.original_len), (10, 10));
                assert_eq!(owned(&Item::Packet(packet)), expected);
            }
        }
        assert!(expected.next().is_none());
    }
}

#[test]
fn a_packet_knows_the_bytes_around_its_data() {
    for (file, blocks) in files().into_iter().zip([true, true, false, false, false]) {
        let mut reader = Reader::new(file.as_slice()).unwrap();
        while let Some(item) = reader.next_item().unwrap() {
            if let Item::Packet(packet) = item {
                let (before, after) = packet.around_data();
                assert_eq!([before, packet.data, after].concat(), packet.raw);
                assert!(matches!(before.len(), 12 | 16 | 24 | 28), "{}", before.len());
                assert_eq!((after.is_empty(), packet.is_block()), (!blocks, blocks));
            }
        }
    }
}
