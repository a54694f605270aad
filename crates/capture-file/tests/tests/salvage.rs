//! Going on behind damage.

use super::build::*;
use capture_file::{Item, Reader};
use proptest::prelude::*;

/// Numbers that packets carry in their data, and the bytes skipped, with salvage after every error.
fn salvage(file: &[u8]) -> (Vec<u32>, Vec<u64>) {
    let mut reader = Reader::new(file).unwrap();
    reader.expect_damage();
    let (mut packets, mut skips) = (Vec::new(), Vec::new());
    loop {
        match reader.next_item() {
            Ok(Some(Item::Packet(packet))) => {
                packets.push(packet.data.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes)));
            }
            Ok(Some(_)) => {}
            Ok(None) => return (packets, skips),
            Err(error) => {
                assert_eq!(error.offset, reader.offset());
                match reader.salvage() {
                    Some(skipped) => {
                        assert_eq!(reader.offset(), error.offset + skipped);
                        assert!(reader.offset() <= file.len() as u64);
                        skips.push(skipped);
                    }
                    None => assert!(reader.next_item().unwrap().is_none()),
                }
            }
        }
    }
}

fn data(number: u32) -> Vec<u8> {
    number.to_le_bytes().repeat(3 + number as usize % 20)
}

const START: u32 = 1_700_000_000;

/// A file of 50 packets and where each begins.
fn file(pcapng: bool) -> (Vec<u8>, Vec<usize>) {
    let mut starts = Vec::new();
    if pcapng {
        let mut file = Pcapng::default().section(Big).interface(1, 0, |o| o);
        for number in 0..50 {
            starts.push(file.bytes.len());
            file =
                file.enhanced(0, u64::from(START + number) * 1_000_000, &data(number), |o| o.option(1, b"c"));
        }
        (file.bytes, starts)
    } else {
        let mut file = Pcap::new(Little, MICRO, 0, 147);
        for number in 0..50 {
            starts.push(file.0.bytes.len());
            file = file.record(START + number, number, 5000, &data(number));
        }
        (file.bytes(), starts)
    }
}

#[test]
fn one_bad_length_costs_one_packet() {
    for pcapng in [false, true] {
        let (file, starts) = file(pcapng);
        for number in 0..50_usize {
            for byte in [0, 1, 2, 3] {
                let mut damaged = file.clone();
                damaged[starts[number] + if pcapng { 4 } else { 8 } + byte] ^= 0x41;
                let (packets, skips) = salvage(&damaged);
                let lost = 50 - packets.len();
                assert!(lost <= 1, "{pcapng} {number} {byte}: {lost} lost, {skips:?}");
            }
        }
    }
}

/// Whoever expects damage gets the same of a capture that has none: whatever its times are, and its lengths.
#[test]
fn a_sound_capture_stays_whole() {
    let day = 86_400;
    let steps: [&[u32]; 7] = [
        &[0, 0, 0, 0],
        &[1, 5 * day, 10 * day, 15 * day],
        &[START, START + 3 * day, START + 300 * day, START + 3000 * day],
        &[START + 3000 * day, START, START + 40 * day, START - day * 100],
        &[START, START, START, START - 2 * day],
        &[u32::MAX, START, u32::MAX, START],
        &[START, START + 1, 5, START + 2, START + 3, START + 4],
    ];
    for seconds in steps {
        for length in [0, 1, 16, 700] {
            let mut file = Pcap::new(Little, MICRO, 0, 147);
            for (number, seconds) in seconds.iter().enumerate() {
                let data = vec![number as u8; length];
                file = file.record(*seconds, number as u32 + 1, 5000, &data);
            }
            let (packets, skips) = salvage(&file.bytes());
            assert_eq!((packets.len(), skips.len()), (seconds.len(), 0), "{seconds:?}, {length} bytes");
        }
    }
    for file in super::salvage_measured::captures() {
        assert_eq!(salvage(&file.bytes).1, [0; 0], "{}", file.name);
    }
}

#[test]
fn rubbish_and_cuts_in_the_middle() {
    for pcapng in [false, true] {
        let (file, starts) = file(pcapng);
        let mut damaged = file[..starts[10] + 9].to_vec();
        damaged.extend([0xa5; 4003]);
        damaged.resize(damaged.len().next_multiple_of(4) + starts[20] % 4, 0xa5);
        damaged.extend(&file[starts[20]..]);
        let (packets, skips) = salvage(&damaged);
        assert_eq!(packets, (0..10).chain(20..50).collect::<Vec<_>>());
        assert_eq!(skips.len(), 1);
    }
}

#[test]
fn nothing_to_go_on_with() {
    let (file, starts) = file(true);
    let (packets, skips) = salvage(&file[..starts[49] + 20]);
    assert_eq!((packets.len(), skips.len()), (49, 0));
    let mut reader = Reader::new(file.as_slice()).unwrap();
    assert_eq!(reader.salvage(), None);
    assert!(reader.next_item().unwrap().is_some(), "salvage without an error changes nothing");
}

proptest! {
    #[test]
    fn any_damage_ends(
        pcapng in any::<bool>(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..30),
    ) {
        let (mut file, starts) = file(pcapng);
        let body = file.len() - starts[0];
        for (at, byte) in edits {
            file[starts[0] + at.index(body)] = byte;
        }
        let (packets, skips) = salvage(&file);
        prop_assert!(packets.len() + skips.len() <= 2 * body);
    }
}

/// Records of more than 1 MiB are neither found behind damage nor doubted before it.
#[test]
fn records_too_long_to_find_again() {
    for (length, found) in [((1 << 20) - 16, 5), ((1 << 20) - 15, 4)] {
        let mut file = Pcap::new(Little, MICRO, 2 << 20, 147).record(START, 0, 9, &[1; 9]);
        let damage = file.0.bytes.len();
        file = file.record(START, 1, 9, &[2; 9]).record(START + 1, 2, 2 << 20, &vec![3; length]);
        for number in 3..6 {
            file = file.record(START + number, number, 9, &[4; 9]);
        }
        let mut bytes = file.bytes();
        bytes[damage + 11] = 0xff;
        let (packets, skips) = salvage(&bytes);
        assert_eq!((packets.len(), skips.len()), (found, 1), "{length} bytes");
    }
    let mut file = Pcap::new(Little, MICRO, 2 << 20, 147);
    for number in 0..3 {
        file = file.record(START + number, 0, 2 << 20, &vec![0; 3 << 19]);
    }
    assert_eq!(salvage(&file.bytes()).0.len(), 3);
}

/// One place is looked at with no more than some MiB read ahead, which is enough to believe in what is there.
#[test]
fn long_records_are_believed_in_without_reading_all_of_them() {
    let mut file = Pcap::new(Little, MICRO, 1 << 20, 147).record(START, 0, 9, &[1; 9]);
    let damage = file.0.bytes.len();
    file = file.record(START, 1, 9, &[2; 9]);
    // So long after the others that eight have to follow one another.
    for number in 0..12 {
        file = file.record(START + 90 * 86_400 + number, 7, 2 << 20, &vec![7; (1 << 20) - 16]);
    }
    let mut bytes = file.bytes();
    bytes[damage + 11] = 0xff;
    let (packets, skips) = salvage(&bytes);
    assert_eq!((packets.len(), skips), (13, vec![25]));
}

/// Where damage is expected, a record is given out only with the header of the next one at hand.
#[test]
fn who_expects_damage_waits_for_the_next_header() {
    let first = Pcap::new(Little, MICRO, 0, 147).record(START, 0, 3, b"abc").bytes();
    let next = Pcap::new(Little, MICRO, 0, 147).record(START + 1, 0, 3, b"def").bytes();
    for damaged in [false, true] {
        for more in 0..=16 {
            let bytes = [&first[..], &next[24..24 + more]].concat();
            let mut reader = Reader::new(bytes.as_slice()).unwrap();
            if damaged {
                reader.expect_damage();
            }
            reader.next_item().unwrap().unwrap();
            assert_eq!(reader.needs_input(), damaged && more < 16, "{more} bytes of the next header");
            reader.next_item().unwrap().unwrap();
        }
    }
}

/// Gives these bytes, then fails for good.
struct Failing<'a>(&'a [u8]);

impl std::io::Read for Failing<'_> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        match std::io::Read::read(&mut self.0, buf)? {
            0 => Err(std::io::Error::other("the disk is gone")),
            count => Ok(count),
        }
    }
}

#[test]
fn nothing_is_looked_for_where_the_input_failed() {
    let pcap = Pcap::new(Little, MICRO, 65_535, 1).record(1, 0, 4, b"abcd").bytes();
    let mut gzip = super::compression::compress(&pcap, capture_file::Compression::Gzip);
    let trailer = gzip.len() - 8;
    gzip[trailer] ^= 1;
    let inputs: [Box<dyn std::io::Read>; 2] = [Box::new(Failing(&pcap)), Box::new(gzip.as_slice())];
    for input in inputs {
        let mut reader = Reader::new(input).unwrap();
        let error = loop {
            match reader.next_item() {
                Ok(item) => assert!(item.is_some()),
                Err(error) => break error,
            }
        };
        let at = reader.offset();
        assert_eq!((error.offset, at), (pcap.len() as u64, at));
        assert_eq!(reader.salvage(), None);
        assert!(reader.next_item().unwrap().is_none());
        assert_eq!(reader.offset(), at);
    }
}

#[test]
fn an_input_that_fails_while_something_is_looked_for_is_an_error() {
    // A record too long to be one, and no other behind it.
    let damaged =
        Pcap::new(Little, MICRO, 65_535, 1).0.u32(1).u32(0).u32(u32::MAX).u32(4).raw(&[0xaa; 5_000]).bytes;
    let mut reader = Reader::new(Failing(&damaged)).unwrap();
    assert!(matches!(reader.next_item(), Ok(Some(Item::Header(_)))));
    let error = reader.next_item().unwrap_err().to_string();
    assert!(error.starts_with("impossible captured length"), "{error}");
    assert_eq!(reader.salvage(), Some(5_016), "all that there is");
    let error = reader.next_item().unwrap_err();
    assert!(error.to_string().starts_with("cannot read: the disk is gone"), "{error}");
    assert_eq!(error.offset, 24 + 5_016);
    assert_eq!(reader.salvage(), None);
    assert!(reader.next_item().unwrap().is_none());
}
