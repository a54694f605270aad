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
