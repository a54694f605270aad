//! Going on between packets so small that a record seen a byte early or late covers many of them.

use super::build::*;
use capture_file::{Item, Reader};

/// Runs of records with seven bytes of garbage between them.
fn runs(
    order: capture_file::ByteOrder,
    magic: u32,
    segment: u32,
    runs: u32,
    data: &[u8],
    busy: bool,
) -> Vec<u8> {
    let mut file = Pcap::new(order, magic, 262_144, 147);
    for run in 0..runs {
        if run > 0 {
            file = Pcap(file.0.raw(&[0xff; 7]));
        }
        for number in run * segment..(run + 1) * segment {
            let fraction = if busy { number } else { 0 };
            let seconds = 1_700_000_000 + if busy { number / 10_000 } else { number };
            file = file.record(seconds, fraction, data.len() as u32, data);
        }
    }
    file.bytes()
}

/// How many tiny packets are read, and bytes skipped.
fn salvage(file: &[u8]) -> (usize, u64) {
    let mut reader = Reader::new(file).unwrap();
    reader.expect_damage();
    let (mut found, mut skipped) = (0, 0);
    loop {
        match reader.next_item() {
            Ok(Some(Item::Packet(packet))) => found += usize::from(packet.data.len() < 30),
            Ok(Some(_)) => {}
            Ok(None) => return (found, skipped),
            Err(error) => {
                reader.salvage();
                skipped += reader.offset() - error.offset;
            }
        }
    }
}

#[test]
fn all_of_many_tiny_packets_are_found() {
    let record = [0, 1, 0, 2, 0, 1, b'f', 0];
    for order in [Little, Big] {
        for magic in [MICRO, NANO] {
            for data in [[0; 4].as_slice(), &record, &[0, 1, 0, 0, 0, 1], &[], &[7]] {
                for (segment, count) in [(100, 3), (1000, 3), (8000, 6)] {
                    for busy in [false, true] {
                        let file = runs(order, magic, segment, count, data, busy);
                        let (found, skipped) = salvage(&file);
                        let sound = (segment * count) as usize;
                        let what = format!("{order:?} {magic:#x} {segment} {busy} of {}", data.len());
                        assert_eq!((found, skipped), (sound, 7 * u64::from(count - 1)), "{what}");
                    }
                }
            }
        }
    }
}

/// A length one too small: what follows is seen a byte early, where lengths seem to be 256 times what they are.
#[test]
fn a_tiny_length_gone_wrong_costs_no_others() {
    for change in [1, 2, 4, 7] {
        let mut file = runs(Little, MICRO, 2000, 1, &[0; 7], true);
        file[24 + 500 * 23 + 8] ^= change;
        let (found, skipped) = salvage(&file);
        assert!(found >= 1999 && skipped <= 23, "{change}: {found} found, {skipped} skipped");
    }
}
