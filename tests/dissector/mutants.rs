//! Damaged traces: packets of the fixtures with bytes changed, cut, inserted and repeated. The same ones at every
//! run.

use capture_file::{Item, Reader};
use std::path::Path;

/// How many: MTRACE_TEST_MUTANTS, or a few.
pub(super) fn count() -> usize {
    let asked = std::env::var("MTRACE_TEST_MUTANTS").ok();
    asked.map_or(3_000, |asked| asked.parse().expect("MTRACE_TEST_MUTANTS is a number"))
}

/// Xorshift: chance enough, and none at all.
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).expect("64 bits") % below.max(1)
    }
}

/// Writes a capture of mutants.
pub(super) fn write(file: &Path, count: usize) {
    let seeds = seeds();
    let mut dice = Dice(0x6d74_7263_0400_0001);
    let mut out = header();
    for number in 0..count {
        let mut packet = seeds[dice.next(seeds.len())].clone();
        for _ in 0..=dice.next(3) {
            mutate(&mut packet, &mut dice);
        }
        // One in eight was cut by the capture.
        let original = packet.len();
        if dice.next(8) == 0 {
            packet.truncate(dice.next(original + 1));
        }
        record(&mut out, number, &packet, original);
    }
    std::fs::write(file, out).expect("a file");
}

fn mutate(packet: &mut Vec<u8>, dice: &mut Dice) {
    // Changes near the start hit headers.
    let reach = if dice.next(2) == 0 { packet.len().min(16) } else { packet.len() };
    let at = dice.next(reach);
    match dice.next(6) {
        0 => {
            let value = u8::try_from(dice.next(256)).expect("a byte");
            packet.iter_mut().skip(at).take(1).for_each(|byte| *byte = value);
        }
        1 => packet.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << (at % 8)),
        2 => packet.truncate(at),
        3 => packet.insert(at, 0),
        4 => packet.extend_from_within(at..),
        _ => {
            let end = (at + dice.next(8)).min(packet.len());
            packet.drain(at..end);
        }
    }
}

/// Packets of our link type out of all fixtures, but the largest.
fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for name in crate::support::fixtures() {
        let bytes = crate::support::fixture_bytes(&name);
        let Ok(mut capture) = Reader::new(bytes.as_slice()) else { continue };
        while let Ok(Some(item)) = capture.next_item() {
            if let Item::Packet(packet) = item
                && packet.link_type == capture_file::LinkType::USER0
                && packet.data.len() < 4096
            {
                seeds.push(packet.data.to_vec());
            }
        }
    }
    assert!(seeds.len() > 100, "only {} seeds", seeds.len());
    seeds
}

/// The header of a capture of link type USER0.
pub(super) fn header() -> Vec<u8> {
    header_of(147)
}

/// The header of a little-endian pcap file with microseconds.
pub(super) fn header_of(link_type: u32) -> Vec<u8> {
    let mut out = Vec::new();
    for field in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 0x0004_0000, link_type] {
        out.extend_from_slice(&field.to_le_bytes());
    }
    out
}

/// Appends a packet, a millisecond after the one before.
pub(super) fn record(out: &mut Vec<u8>, number: usize, packet: &[u8], original: usize) {
    let number = u32::try_from(number).expect("few packets");
    let lengths = [packet.len(), original].map(|length| u32::try_from(length).expect("a short packet"));
    for field in [1_768_210_215 + number / 1000, number % 1000 * 1000, lengths[0], lengths[1]] {
        out.extend_from_slice(&field.to_le_bytes());
    }
    out.extend_from_slice(packet);
}
