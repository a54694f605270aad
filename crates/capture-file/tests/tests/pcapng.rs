//! Reading pcapng: sections, interfaces, the three packet blocks, options, times.

use super::build::*;
use capture_file::{Container, Format, Item, LinkType, Reader, Resolution, WarningKind};

#[test]
fn one_of_everything_passes_byte_for_byte() {
    let bytes = rich_pcapng();
    let items = items(&bytes);
    assert_eq!(raw(&items), bytes);
    assert_eq!(
        times(&items),
        [
            Some("2023-11-14T22:13:20.123456789Z"),
            Some("1970-01-01T00:00:01.5000000000Z"),
            None,
            Some("1970-04-08T02:10:08.0000000000Z"),
            None,
            Some("1970-01-01T00:00:02.000001Z"),
        ]
    );
}

#[test]
fn interfaces_are_those_of_the_section() {
    let bytes = rich_pcapng();
    let mut reader = Reader::new(bytes.as_slice()).unwrap();
    let mut seen = Vec::new();
    while let Some(item) = reader.next_item().unwrap() {
        if let Item::Packet(packet) = item {
            let name = packet.interface_name.map(|name| String::from_utf8_lossy(name).into_owned());
            seen.push((packet.interface_info.section, packet.link_type, packet.data.len(), name));
        }
    }
    let vtnet0 = || Some("vtnet0".to_owned());
    assert_eq!(
        seen,
        [
            (0, LinkType::USER0, 5, vtnet0()),
            (0, LinkType::ETHERNET, 0, None),
            (0, LinkType::USER0, 6, vtnet0()),
            (0, LinkType::ETHERNET, 3, None),
            (1, LinkType::RAW, 5, Some(String::new())),
            (1, LinkType::RAW, 1, Some(String::new())),
        ]
    );
    let [interface] = reader.interfaces() else { panic!("one interface") };
    assert_eq!((interface.offset_seconds, interface.resolution), (-10, Resolution::MICROS));
    let expected = Container {
        format: Format::Pcapng,
        byte_order: Big,
        mixed_byte_orders: true,
        sections: 2,
        compression: None,
        pcap: None,
    };
    assert_eq!(*reader.container(), expected);
    assert!(reader.take_warnings().is_empty());
}

#[test]
fn options_of_packets() {
    let bytes = rich_pcapng();
    let mut reader = Reader::new(bytes.as_slice()).unwrap();
    let mut comments = Vec::new();
    let mut identifiers = Vec::new();
    while let Some(item) = reader.next_item().unwrap() {
        if let Item::Packet(packet) = item {
            comments.extend(packet.comments().map(<[u8]>::to_vec));
            identifiers.extend(packet.packet_id());
        }
    }
    assert_eq!(comments, [b"first".to_vec(), b"second".to_vec(), b"abc".to_vec()]);
    assert_eq!(identifiers, [77]);
}

#[test]
fn versions_one_zero_and_one_two() {
    for version in [(1, 0), (1, 2)] {
        let bytes = Pcapng::default().section_with(Little, version, |options| options).bytes;
        assert_eq!(items(&bytes).len(), 1);
    }
    for version in [(0, 1), (1, 1), (2, 0)] {
        let bytes = Pcapng::default().section_with(Big, version, |options| options).bytes;
        let message = read_all(bytes.as_slice()).unwrap_err().to_string();
        let (major, minor) = version;
        assert_eq!(message, format!("pcapng version {major}.{minor} is not supported; 1.0 (and 1.2) is"));
        let bytes = Pcapng::default().section(Big).section_with(Little, version, |options| options).bytes;
        let (items, error) = read_all(bytes.as_slice()).unwrap();
        assert_eq!(items.len(), 1);
        let error = error.unwrap().to_string();
        let kind = format!("a section of pcapng version {major}.{minor}; 1.0 and 1.2 are supported");
        assert_eq!(error, format!("{kind} (packet 1, byte offset 28)"));
    }
}

#[test]
fn bad_options_of_interfaces_are_warnings() {
    let file = Pcapng::default()
        .section(Little)
        .interface(1, 0, |options| {
            options.option(9, b"").option(14, &[1]).option(13, &[1, 2]).option(2, b"em0")
        })
        .interface(1, 0, |options| options.option(2, b"em1").u16(3).u16(500));
    let bytes = file.enhanced(1, 1_000_000, b"x", |options| options.u16(1).u16(9)).bytes;
    let mut reader = Reader::new(bytes.as_slice()).unwrap();
    while let Some(item) = reader.next_item().unwrap() {
        if let Item::Packet(packet) = item {
            assert_eq!(packet.interface_name, Some(b"em1".as_slice()));
            assert_eq!(packet.comments().count(), 0);
            assert!(packet.options().next().unwrap().is_err());
        }
    }
    let warnings: Vec<_> = reader.take_warnings().iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "option if_tsresol ignored: 0 bytes long instead of 1 (byte offset 28)",
            "option if_tsoffset ignored: 1 byte long instead of 8 (byte offset 28)",
            "option if_fcslen ignored: 2 bytes long instead of 1 (byte offset 28)",
            "options ignored from here on: option 3 at byte 8 of the options says 504 bytes, 4 there (byte offset 76)",
        ]
    );
}

/// As Wireshark takes them.
#[test]
fn of_a_repeated_option_the_first_counts() {
    let file = Pcapng::default().section(Little).interface(1, 0, |options| {
        let options = options.option(9, &[9]).option(14, &5_u64.to_le_bytes()).option(13, &[4]);
        options.option(9, &[6]).option(14, &7_u64.to_le_bytes()).option(13, &[0]).option(9, &[3])
    });
    // Of what is ignored, it is none.
    let bytes = file.interface(1, 0, |options| options.option(9, b"").option(9, &[9])).bytes;
    let mut reader = Reader::new(bytes.as_slice()).unwrap();
    while reader.next_item().unwrap().is_some() {}
    let [first, second] = reader.interfaces() else { panic!("two interfaces") };
    assert_eq!(
        (first.resolution.to_string().as_str(), first.offset_seconds, first.fcs_bits),
        ("1 ns", 5, Some(4))
    );
    assert_eq!(second.resolution.to_string(), "1 ns");
    let warnings: Vec<_> = reader.take_warnings().iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "option if_tsresol is repeated: the first one counts (byte offset 28)",
            "option if_tsoffset is repeated: the first one counts (byte offset 28)",
            "option if_fcslen is repeated: the first one counts (byte offset 28)",
            "option if_tsresol is repeated: the first one counts (byte offset 28)",
            "option if_tsresol ignored: 0 bytes long instead of 1 (byte offset 112)",
        ]
    );
}

/// Names that were left out are lost to a filter: the word about them is none of those that are only counted.
#[test]
fn what_is_left_out_is_told_however_many_warnings_there_are() {
    let name = vec![b'x'; 60_000];
    let mut file = Pcapng::default().section(Little);
    for _ in 0..20 {
        file = file.interface(1, 0, |options| {
            (0..100).fold(options.option(2, &name), |options, _| options.option(9, b""))
        });
    }
    let mut reader = Reader::new(file.bytes.as_slice()).unwrap();
    while reader.next_item().unwrap().is_some() {}
    let warnings = reader.take_warnings();
    assert_eq!(warnings.iter().filter(|warning| warning.kind.leaves_out()).count(), 1);
    assert_eq!(warnings.len(), 66);
}

#[test]
fn warnings_are_bounded() {
    let mut file = Pcapng::default().section(Little);
    for _ in 0..1000 {
        file = file.interface(1, 0, |options| options.option(9, b""));
    }
    let mut reader = Reader::new(file.bytes.as_slice()).unwrap();
    while reader.next_item().unwrap().is_some() {}
    let warnings = reader.take_warnings();
    assert_eq!(warnings.len(), 65);
    assert_eq!(warnings[64].kind, WarningKind::More(936));
}

#[test]
fn every_resolution_and_offset_is_exact() {
    for code in 0..=u8::MAX {
        for offset in [0_i64, -1, 1, i64::MIN, i64::MAX] {
            for order in [Little, Big] {
                let offset_bytes = if order == Big { offset.to_be_bytes() } else { offset.to_le_bytes() };
                let file = Pcapng::default().section(order);
                let file =
                    file.interface(1, 0, |options| options.option(9, &[code]).option(14, &offset_bytes));
                let bytes = file.enhanced(0, u64::MAX - 5, b"", |options| options).bytes;
                let mut reader = Reader::new(bytes.as_slice()).unwrap();
                reader.next_item().unwrap();
                reader.next_item().unwrap();
                let Ok(Some(Item::Packet(packet))) = reader.next_item() else { panic!("a packet") };
                let time = packet.time.unwrap();
                assert_eq!(time.resolution(), Resolution::from_code(code));
                let whole = Resolution::from_code(code)
                    .ticks_per_second()
                    .map_or((0, u64::MAX - 5), |units| ((u64::MAX - 5) / units, (u64::MAX - 5) % units));
                assert_eq!(time.seconds() - i128::from(offset), i128::from(whole.0));
                assert_eq!(time.subsecond_ticks(), whole.1);
            }
        }
    }
}
