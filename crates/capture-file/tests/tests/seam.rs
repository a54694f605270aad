//! Captures one after another in one file, and zeros where a packet should begin.

use super::build::*;
use capture_file::{ByteOrder, Compression, Item, Reader};

/// A pcap with a packet of each of these seconds.
fn pcap(order: ByteOrder, magic: u32, network: u32, seconds: &[u32]) -> Vec<u8> {
    let empty = Pcap::new(order, magic, 262_144, network);
    // Records of the modified variant have eight more bytes in their headers.
    let more: &[u8] = if magic == MODIFIED { &[0; 8] } else { &[] };
    let record =
        |pcap: Pcap, second: &u32| Pcap(pcap.0.u32(*second).u32(7).u32(3).u32(3).raw(more).raw(b"abc"));
    seconds.iter().fold(empty, record).bytes()
}

fn pcapng(order: ByteOrder, link_type: u16, seconds: &[u32]) -> Vec<u8> {
    let begun = Pcapng::default().section(order).interface(link_type, 0, |options| options);
    let packet = |pcapng: Pcapng, second: &u32| {
        pcapng.enhanced(0, u64::from(*second) * 1_000_000 + 7, b"abc", |options| options)
    };
    seconds.iter().fold(begun, packet).bytes
}

/// Times, link types and warnings of a file, and what ended it.
fn read(file: &[u8]) -> (Vec<i128>, Vec<u16>, Vec<String>, Option<String>) {
    let mut reader = Reader::new(file).unwrap();
    let (mut seconds, mut links, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    let end = loop {
        match reader.next_item() {
            Ok(Some(Item::Packet(packet))) => {
                assert_eq!(packet.data, b"abc");
                seconds.push(packet.time.unwrap().seconds());
                links.push(packet.link_type.0);
            }
            Ok(Some(_)) => {}
            Ok(None) => break None,
            Err(error) => break Some(error.to_string()),
        }
        warnings.extend(reader.take_warnings().iter().map(ToString::to_string));
    };
    (seconds, links, warnings, end)
}

const LATE: u32 = 1_768_210_215;

#[test]
fn a_capture_that_goes_on_as_the_one_before_it_is_read() {
    for order in [Little, Big] {
        for magic in [MICRO, NANO, MODIFIED] {
            let first = pcap(order, magic, 147, &[LATE, LATE + 1]);
            let file = [&first[..], &pcap(order, magic, 147, &[LATE - 9, 5])].concat();
            let (seconds, links, warnings, end) = read(&file);
            let expected = [LATE, LATE + 1, LATE - 9, 5].map(i128::from);
            assert_eq!((&seconds[..], end), (&expected[..], None), "{order} {magic:#x}");
            assert_eq!(links, [147; 4]);
            let at = first.len();
            assert_eq!(
                warnings,
                [format!(
                    "another capture begins here, as `cat` appends one, and is read as well (byte offset {at})"
                )]
            );
            assert_eq!(raw(&items(&file)), file);
        }
    }
}

#[test]
fn a_capture_that_differs_is_read_by_its_own_header() {
    let first = || pcap(Little, MICRO, 147, &[LATE]);
    let table = [
        (pcap(Big, MICRO, 147, &[9, 10]), 147, "byte order"),
        (pcap(Little, NANO, 147, &[9, 10]), 147, "resolution of times"),
        (pcap(Little, MICRO, 1, &[9, 10]), 1, "link type"),
        (pcap(Big, NANO, 1, &[9, 10]), 1, "byte order and another resolution of times and another link type"),
        (pcap(Little, MODIFIED, 147, &[9, 10]), 147, "layout of records"),
        (pcapng(Little, 147, &[9, 10]), 147, "format"),
        (pcapng(Big, 1, &[9, 10]), 1, "format"),
    ];
    for (second, link, what) in table {
        for (first, second, links) in
            [(first(), second.clone(), [147, link, link]), (second, first(), [link, link, 147])]
        {
            let file = [&first[..], &second].concat();
            let (seconds, found, warnings, end) = read(&file);
            let mut sorted = seconds.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [9, 10, LATE.into()], "{what}: {seconds:?} {end:?}");
            assert_eq!((&found[..], end), (&links[..], None), "{what}");
            let at = first.len();
            let expected = format!(
                "another capture begins here, as `cat` appends one, with another {what}: it is read as its own \
                 header says; `mergecap -a` joins captures into one that all programs read (byte offset {at})"
            );
            assert_eq!(warnings, [expected]);
            assert_eq!(raw(&items(&file)), file);
        }
    }
}

#[test]
fn a_section_of_a_pcapng_is_no_other_capture() {
    let file = [pcapng(Little, 147, &[1]), pcapng(Big, 1, &[2])].concat();
    assert_eq!(read(&file), (vec![1, 2], vec![147, 1], vec![], None));
}

#[test]
fn many_captures_make_two_warnings() {
    let (like, other) = (pcap(Little, MICRO, 147, &[]), pcap(Little, MICRO, 1, &[]));
    let file = [like.repeat(1000), other.repeat(1000), like].concat();
    assert_eq!(read(&file).2.len(), 2);
    let mut reader = Reader::new(&file[..]).unwrap();
    while reader.next_item().unwrap().is_some() {}
    assert_eq!(reader.more_appended(), 2000 - 2);
}

#[test]
fn every_cut_of_an_appended_header_is_a_cut() {
    let first = pcap(Little, MICRO, 147, &[LATE]);
    for second in [pcap(Little, MICRO, 147, &[]), pcap(Big, NANO, 1, &[]), pcapng(Little, 147, &[])] {
        for length in 4..second.len() {
            let (seconds, _, warnings, end) = read(&[&first[..], &second[..length]].concat());
            let end = end.unwrap_or_default();
            // A pcapng is whole after its section header.
            if second.starts_with(&[0x0a]) && length >= 28 {
                assert_eq!(warnings.len(), 1, "{length}: {end}");
            } else {
                assert_eq!(seconds, [i128::from(LATE)], "{length}: {end}");
                assert!(end.starts_with("cut off in the middle of a"), "{length}: {end}");
                assert!(end.ends_with("(packet 2, byte offset 43)"), "{length}: {end}");
            }
        }
    }
}

#[test]
fn compressed_members_are_one_stream() {
    let (first, second) = (pcap(Little, MICRO, 147, &[1]), pcap(Little, MICRO, 147, &[2]));
    for compression in [Compression::Gzip, Compression::Zstd, Compression::Lz4] {
        let compress = |bytes: &[u8]| super::compression::compress(bytes, compression);
        let (seconds, _, warnings, end) = read(&[compress(&first), compress(&second)].concat());
        assert_eq!((&seconds[..], warnings.len(), end), (&[1, 2][..], 1, None), "{compression}");
    }
}

#[test]
fn a_record_that_looks_like_a_header_stays_one() {
    // The time is a magic number, the fraction version 2.4: what follows tells.
    let file = |order: ByteOrder, magic: u32, data: &[u8], original: u32| {
        let version = if order == Big { 0x0002_0004 } else { 0x0004_0002 };
        let begun = Pcap::new(order, MICRO, 262_144, 147).record(LATE, 7, 3, b"abc");
        let odd = begun.record(magic, version, original, data);
        odd.record(magic, 0, 3, b"abc").record(LATE, 3, 3, b"abc").bytes()
    };
    let snaplen = &262_144_u32.to_le_bytes()[..];
    let like = [snaplen, &147_u32.to_le_bytes(), &[9; 32]].concat();
    for order in [Little, Big] {
        for magic in [MICRO, NANO, MODIFIED] {
            for (data, original) in [(&b""[..], 0), (b"", 9), (b"abc", 3), (&like[..20], 20), (&like, 40)] {
                let file = file(order, magic, data, original);
                let mut reader = Reader::new(&file[..]).unwrap();
                let mut found = Vec::new();
                while let Some(item) = reader.next_item().unwrap() {
                    if let Item::Packet(packet) = item {
                        found.push(packet.data.len());
                    }
                }
                assert_eq!(found, [3, data.len(), 3, 3], "{order} {magic:#x} {data:?}");
                assert_eq!(reader.take_warnings(), []);
            }
        }
    }
}

#[test]
fn a_capture_of_a_variant_that_is_not_read_is_named() {
    for (order, magic) in [(Little, 0xa1b2_34cd), (Big, 0xa1e2_cb12), (Little, 0x1c00_01ac)] {
        let file = [pcap(Little, MICRO, 147, &[LATE]), pcap(order, magic, 1, &[LATE])].concat();
        let (seconds, _, _, end) = read(&file);
        assert_eq!(seconds, [i128::from(LATE)]);
        let expected = format!(
            "another capture begins here, a variant of pcap that is not read: its magic number is {magic:#010x}; \
             `mergecap -a` may join the two (packet 2, byte offset 43)"
        );
        assert_eq!(end, Some(expected));
    }
}

#[test]
fn zeros_up_to_the_end_are_no_packets() {
    let files = [
        pcap(Little, MICRO, 147, &[LATE]),
        pcap(Big, MICRO, 147, &[LATE]),
        pcap(Little, MODIFIED, 147, &[LATE]),
        pcapng(Little, 147, &[LATE]),
        pcapng(Big, 147, &[LATE]),
    ];
    for file in files {
        for length in [4, 7, 8, 15, 16, 17, 31, 32, 40, 4096, 300_001] {
            let at = file.len();
            let (seconds, _, _, end) = read(&[&file[..], &vec![0; length]].concat());
            assert_eq!(seconds, [i128::from(LATE)], "{length}");
            assert_eq!(
                end.unwrap(),
                format!(
                    "{length} zeros, up to the end of the file, where a packet should begin: never written, as \
                     after a loss of power (packet 2, byte offset {at})"
                )
            );
        }
    }
}

#[test]
fn a_packet_of_no_bytes_at_the_beginning_of_1970_stays_one() {
    for order in [Little, Big] {
        let file = pcap(order, MICRO, 147, &[LATE]);
        let rest = &pcap(order, MICRO, 147, &[LATE + 1])[24..];
        let file = [&file, &[0; 16][..], rest].concat();
        for salvage in [false, true] {
            let mut reader = Reader::new(&file[..]).unwrap();
            if salvage {
                reader.expect_damage();
            }
            let mut lengths = Vec::new();
            while let Some(item) = reader.next_item().unwrap() {
                lengths.push(item.raw().len());
            }
            assert_eq!(lengths, [24, 19, 16, 19]);
        }
    }
}

#[test]
fn zeros_in_the_middle_are_passed_by_a_salvage() {
    for order in [Little, Big] {
        let seconds = [LATE + 1, LATE + 2, LATE + 3, LATE + 4];
        let table = [
            (pcap(order, MICRO, 147, &[LATE]), pcap(order, MICRO, 147, &seconds)[24..].to_vec()),
            (pcapng(order, 147, &[LATE]), pcapng(order, 147, &seconds)[48..].to_vec()),
        ];
        for (file, rest) in table {
            for length in [32, 48, 4096, 4099, 262_144, 1_000_000] {
                let whole = [&file[..], &vec![0; length], &rest].concat();
                let mut reader = Reader::new(&whole[..]).unwrap();
                reader.expect_damage();
                let (mut found, mut gaps) = (Vec::new(), Vec::new());
                loop {
                    match reader.next_item() {
                        Ok(Some(Item::Packet(packet))) => found.push(packet.time.unwrap().seconds()),
                        Ok(Some(_)) => {}
                        Ok(None) => break,
                        Err(error) => {
                            assert!(error.leaves_more());
                            gaps.push((error.to_string(), reader.salvage()));
                        }
                    }
                }
                let (at, skipped) = (file.len(), length as u64);
                assert_eq!(found.len(), 5, "{order} {length} {gaps:?}");
                let [(message, Some(gap))] = &gaps[..] else { panic!("{gaps:?}") };
                assert_eq!(*gap, skipped, "{message}");
                assert!(message.contains(" zeros where a packet should begin (packet 2"), "{message}");
                assert!(message.ends_with(&format!("byte offset {at})")), "{message}");
            }
        }
    }
}
