//! No bytes whatever make the reader panic, hang, or err twice; and damage says what and where it is.

use super::build::*;
use capture_file::{MAX_BLOCK, ReadErrorKind};
use proptest::prelude::*;

fn small_files() -> Vec<Vec<u8>> {
    let modified =
        Pcap::new(Big, MODIFIED, 96, 1).0.u32(1).u32(2).u32(3).u32(4).raw(&[0; 8]).raw(b"xyz").bytes;
    vec![
        Pcap::new(Little, MICRO, 65_535, 147).record(1, 2, 3, b"abc").record(4, 5, 6, b"defg").bytes(),
        Pcap::new(Big, NANO, 0, 1).record(1, 2, 3, b"").bytes(),
        modified,
        rich_pcapng(),
    ]
}

/// Reads without caring for the outcome; `read_all` holds the invariants.
fn survives(bytes: &[u8]) {
    if let Ok((items, _)) = read_all(bytes) {
        assert!(bytes.starts_with(&raw(&items)));
    }
}

#[test]
fn every_prefix_gives_all_whole_items_and_says_where_it_ends() {
    for file in small_files() {
        let whole = items(&file);
        let ends: Vec<usize> = (0..=whole.len()).map(|count| raw(&whole[..count]).len()).collect();
        for cut in 0..=file.len() {
            let Ok((items, error)) = read_all(&file[..cut]) else {
                assert!(cut < ends[1], "opens once the first header is there");
                continue;
            };
            let count = ends.iter().rposition(|&end| end <= cut).unwrap();
            assert_eq!(items, whole[..count]);
            assert_eq!(error.is_none(), ends[count] == cut, "cut at {cut}");
            if let Some(error) = error {
                let ReadErrorKind::CutOff { needed, available, .. } = error.kind else { panic!("{error}") };
                assert_eq!(available, (cut - ends[count]) as u64);
                assert!(needed > available);
                assert_eq!(error.offset, ends[count] as u64);
            }
        }
    }
}

#[test]
fn every_bit_flip_is_survived() {
    for file in small_files() {
        for at in 0..file.len() {
            for bit in 0..8 {
                let mut damaged = file.clone();
                damaged[at] ^= 1 << bit;
                survives(&damaged);
            }
        }
    }
}

#[test]
fn every_block_type_of_every_length() {
    let types = (0..=0x0d).chain([0x0a0d_0d0a, 0x0bad, 0x4000_0bad, 0x8000_0001, 0x8000_0000, u32::MAX]);
    for block_type in types {
        for order in [Little, Big] {
            for length in 0..=64_u32 {
                for filler in [0, 1, 0x1a, 0xff] {
                    let mut file = Pcapng::default().section(order).interface(1, 0, |options| options).bytes;
                    let body = usize::try_from(length).unwrap().saturating_sub(12);
                    let block =
                        Bytes::new(order).u32(block_type).u32(length).raw(&vec![filler; body]).u32(length);
                    file.extend(block.bytes);
                    survives(&file);
                    // And the same block with nothing before it.
                    survives(&file[48..]);
                }
            }
        }
    }
}

/// The fixed fields of each type of block have to be there, and more than 16 MiB are not believed.
#[test]
fn a_block_is_as_long_as_its_fields() {
    for (block_type, minimum) in
        [(0x0a0d_0d0a, 28), (1, 20), (2, 32), (3, 16), (4, 12), (6, 32), (0x4000_0bad, 12)]
    {
        for length in [0, 4, 8, minimum - 4, minimum - 1, 16 * 1024 * 1024 + 4, u32::MAX] {
            let section = Pcapng::default().section(Little).interface(1, 0, |options| options).bytes;
            let block = Bytes::new(Little).u32(block_type).u32(length).u32(0x1a2b_3c4d).raw(&[0; 40]);
            let (items, error) = read_all([section, block.bytes].concat().as_slice()).unwrap();
            let told = error.unwrap().to_string();
            let expected = format!(
                "impossible block length of {length} bytes: it has to be {minimum} to 16777216 (packet 1, byte offset 48)"
            );
            assert_eq!((items.len(), told.as_str()), (2, expected.as_str()), "{block_type:x}");
        }
    }
}

#[test]
fn damage_says_what_and_where() {
    let section = || Pcapng::default().section(Little);
    let with_packet = || section().interface(1, 0, |o| o).enhanced(0, 0, b"abcd", |o| o);
    let append = |mut file: Pcapng, bytes: Bytes| {
        file.bytes.extend(bytes.bytes);
        file.bytes
    };
    let little = || Bytes::new(Little);
    let record = |captured: u32| {
        let file = Pcap::new(Little, MICRO, 65_535, 1).record(0, 0, 1, b"x").0;
        file.u32(0).u32(0).u32(captured).u32(captured).raw(&[0; 40]).bytes
    };
    for (file, message) in [
        (
            record(41),
            "cut off in the middle of a packet: 57 bytes needed, 56 there (packet 2, byte offset 41)",
        ),
        (
            record(262_145),
            "impossible captured length of 262145 bytes: it has to be at most 262144 (packet 2, byte offset 41)",
        ),
        (
            append(with_packet(), little().u32(6).u32(28)),
            "cut off in the middle of a block header: 12 bytes needed, 8 there (packet 2, byte offset 84)",
        ),
        (
            append(with_packet(), little().u32(6).u32(28).u32(0)),
            "impossible block length of 28 bytes: it has to be 32 to 16777216 (packet 2, byte offset 84)",
        ),
        (
            append(with_packet(), little().u32(5).u32(MAX_BLOCK + 4).u32(0)),
            "impossible block length of 16777220 bytes: it has to be 12 to 16777216 (packet 2, byte offset 84)",
        ),
        (
            append(with_packet(), little().u32(5).u32(13).u32(0)),
            "impossible block length of 13 bytes: not a multiple of four (packet 2, byte offset 84)",
        ),
        (
            append(with_packet(), little().u32(5).u32(16).u32(0).u32(20)),
            "the block's lengths differ: 16 before it, 20 after it (packet 2, byte offset 84)",
        ),
        (
            append(with_packet(), little().u32(5).u32(16).u32(0)),
            "cut off in the middle of a block: 16 bytes needed, 12 there (packet 2, byte offset 84)",
        ),
        (
            append(with_packet(), little().u32(0x0a0d_0d0a).u32(28).u32(7)),
            "a section header whose byte-order magic is 0x07000000 (packet 2, byte offset 84)",
        ),
        (
            with_packet().enhanced(1, 0, b"", |o| o).bytes,
            "a packet of interface 1, but the section has described 1 so far (packet 2, byte offset 84)",
        ),
        (
            section().simple(0, b"").bytes,
            "a packet of interface 0, but the section has described 0 so far (packet 1, byte offset 28)",
        ),
        (
            with_packet().simple(9, b"12345678").bytes,
            "impossible captured length of 9 bytes: it has to be at most 8 (packet 2, byte offset 84)",
        ),
        (
            with_packet().block(6, |b| b.u32(0).u64(0).u32(5).u32(5).u32(0)).bytes,
            "impossible captured length of 5 bytes: it has to be at most 4 (packet 2, byte offset 84)",
        ),
    ] {
        let (_, error) = read_all(file.as_slice()).unwrap();
        assert_eq!(error.unwrap().to_string(), message);
    }
}

proptest! {
    #[test]
    fn any_bytes_after_a_good_beginning(tail in proptest::collection::vec(any::<u8>(), 0..200), which in 0..4_usize) {
        let mut file = small_files().swap_remove(which);
        file.extend(tail);
        survives(&file);
    }

    #[test]
    fn any_bytes_in_the_middle(
        which in 0..4_usize,
        at in any::<prop::sample::Index>(),
        bytes in proptest::collection::vec(any::<u8>(), 1..12),
    ) {
        let mut file = small_files().swap_remove(which);
        let at = at.index(file.len());
        for (to, from) in file[at..].iter_mut().zip(bytes) {
            *to = from;
        }
        survives(&file);
    }

    #[test]
    fn any_bytes_at_all(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        survives(&bytes);
    }
}
