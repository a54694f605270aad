//! Packets that are kept are those that the reader gave out.

use super::build::*;
use capture_file::{Item, PacketBatch, Reader};

#[test]
fn nothing_of_a_packet_is_lost() {
    let pcap = Pcap::new(Big, NANO, 2, 1).record(1, 2, 3, b"abcd").record(2, 1, 2, b"").bytes();
    let taking_turns = (0..6_u32).fold(
        Pcapng::default().section(Little).interface(1, 0, |options| options.option(2, b"em0")).interface(
            147,
            9,
            |o| o,
        ),
        |file, number| file.enhanced(number % 2, u64::from(number), b"abcd", |options| options),
    );
    let sections = [rich_pcapng(), taking_turns.bytes.clone()].concat();
    let mut batch = PacketBatch::default();
    for file in [pcap, rich_pcapng(), taking_turns.bytes, sections] {
        batch.clear();
        assert!(batch.is_empty());
        let mut reader = Reader::new(file.as_slice()).unwrap();
        let mut given = Vec::new();
        while let Some(item) = reader.next_item().unwrap() {
            if let Item::Packet(packet) = item {
                batch.push(&packet);
                // All of it, the parts that only this crate sees included.
                given.push(format!("{packet:?}"));
            }
        }
        let kept: Vec<String> = batch.iter().map(|packet| format!("{packet:?}")).collect();
        assert!(!given.is_empty() && !batch.is_empty() && batch.len() == given.len());
        assert_eq!(kept, given);
        assert!(batch.size() > batch.iter().map(|packet| packet.raw.len()).sum());
    }
}

/// The reader goes on in other memory while batches keep its full buffers, and comes back to them.
#[test]
fn what_is_kept_stays_while_the_reader_goes_on() {
    let data = |number: u32| number.to_le_bytes().repeat(25 + number as usize % 300);
    let file = (0..4000_u32).fold(Pcap::new(Little, MICRO, 2, 147), |file, number| {
        let data = data(number);
        file.record(number, 0, data.len().try_into().unwrap(), &data)
    });
    let file = file.bytes();
    assert!(file.len() > 2_000_000);
    let mut reader = Reader::new(file.as_slice()).unwrap();
    let mut batches = vec![PacketBatch::default(); 7];
    let (mut at, mut checked) = (0, 0);
    let mut check = |batch: &mut PacketBatch| {
        for packet in batch.iter() {
            let number = u32::try_from(packet.number - 1).unwrap();
            assert!(packet.data == data(number), "packet {}", packet.number);
            let start = usize::try_from(packet.offset).unwrap();
            assert!(packet.raw == &file[start..start + packet.raw.len()], "packet {}", packet.number);
            checked += 1;
        }
        batch.clear();
        assert_eq!((batch.len(), batch.size()), (0, 0));
    };
    while let Some(item) = reader.next_item().unwrap() {
        let Item::Packet(packet) = item else { continue };
        batches[at].push(&packet);
        let raw: usize = batches[at].iter().map(|packet| packet.raw.len()).sum();
        assert!(batches[at].size() > raw, "{} bytes for {raw}", batches[at].size());
        if batches[at].size() > 100_000 + at * 70_000 {
            at = (at + 1) % batches.len();
            check(&mut batches[at]);
        }
    }
    batches.iter_mut().for_each(&mut check);
    assert_eq!(checked, 4000);
}
