//! Reading pcap: every variant, and what its fields mean.

use super::build::*;
use capture_file::{Item, LinkType, OpenError, PcapVariant, Reader, Resolution};

#[test]
fn every_magic_in_both_byte_orders() {
    for order in [Little, Big] {
        for (magic, variant, time) in [
            (MICRO, PcapVariant::Micro, "1970-01-01T00:00:01.000002Z"),
            (NANO, PcapVariant::Nano, "1970-01-01T00:00:01.000000002Z"),
            (MODIFIED, PcapVariant::Modified, "1970-01-01T00:00:01.000002Z"),
        ] {
            let mut pcap = Pcap::new(order, magic, 65_535, 147).0.u32(1).u32(2).u32(3).u32(9);
            if variant == PcapVariant::Modified {
                pcap = pcap.raw(&[1; 8]);
            }
            let bytes = pcap.raw(b"abc").bytes;
            let mut reader = Reader::new(bytes.as_slice()).unwrap();
            let header = reader.container().pcap.unwrap();
            assert_eq!((header.variant, header.version, header.snaplen), (variant, (2, 4), 65_535));
            assert_eq!(reader.container().byte_order, order);
            assert_eq!(reader.interfaces().len(), 1);
            assert!(matches!(reader.next_item(), Ok(Some(Item::Header(_)))));
            let Ok(Some(Item::Packet(packet))) = reader.next_item() else { panic!("a packet") };
            assert_eq!((packet.data, packet.original_len), (b"abc".as_slice(), 9));
            assert_eq!(packet.link_type, LinkType::USER0);
            assert_eq!(packet.time.unwrap().to_string(), time);
            assert_eq!(raw(&items(&bytes)), bytes);
        }
    }
}

#[test]
fn a_fraction_of_a_second_and_more_carries_over() {
    let bytes = Pcap::new(Little, MICRO, 0, 1).record(1, 3_000_001, 0, b"").bytes();
    assert_eq!(times(&items(&bytes)), [Some("1970-01-01T00:00:04.000001Z")]);
    let bytes = Pcap::new(Big, NANO, 0, 1).record(u32::MAX, u32::MAX, 0, b"").bytes();
    assert_eq!(times(&items(&bytes)), [Some("2106-02-07T06:28:19.294967295Z")]);
}

#[test]
fn more_captured_than_the_snaplen_or_the_wire_had() {
    let bytes = Pcap::new(Little, MICRO, 2, 1).record(0, 0, 1, b"abcdef").bytes();
    assert_eq!(raw(&items(&bytes)), bytes);
}

#[test]
fn fcs_bits_are_not_part_of_the_link_type() {
    let bytes = Pcap::new(Big, NANO, 0, 0x2400_0001).bytes();
    let reader = Reader::new(bytes.as_slice()).unwrap();
    let interface = &reader.interfaces()[0];
    assert_eq!((interface.link_type, interface.fcs_bits), (LinkType::ETHERNET, Some(32)));
    assert_eq!(interface.resolution, Resolution::NANOS);
}

#[test]
fn the_oldest_versions_have_their_lengths_swapped() {
    for (minor, first, second, captured) in [(2, 9, 3, 3), (3, 9, 3, 3), (3, 3, 9, 3), (4, 3, 9, 3)] {
        let bytes = Bytes::new(Little).u32(MICRO).u16(2).u16(minor).u32(0).u32(0).u32(96).u32(1);
        let bytes = bytes.u32(0).u32(0).u32(first).u32(second).raw(b"abc").bytes;
        let mut reader = Reader::new(bytes.as_slice()).unwrap();
        reader.next_item().unwrap();
        let Ok(Some(Item::Packet(packet))) = reader.next_item() else { panic!("a packet") };
        assert_eq!((packet.captured_len, packet.original_len), (captured, 9), "2.{minor}");
    }
}

#[test]
fn what_is_no_pcap_says_why() {
    let header = Pcap::new(Little, MICRO, 0, 1).bytes();
    let mut version = header.clone();
    version[4] = 1;
    let reserved = Pcap::new(Little, MICRO, 0, 0x0010_0001).bytes();
    for (bytes, message) in [
        (&b""[..], "the file is empty"),
        (b"a", "cut off in its first header: 24 bytes needed, 1 there"),
        (b"hello, world", "neither pcap nor pcapng: it begins with 68 65 6c 6c 6f 2c 20 77"),
        (
            b"BZh91AY&SY",
            "neither pcap nor pcapng: it begins with 42 5a 68 39 31 41 59 26 (bzip2: run `bzip2 -d` first)",
        ),
        (&header[..10], "cut off in its first header: 24 bytes needed, 10 there"),
        (&version, "pcap version 1.4 is not supported; 2.x is"),
        (
            &reserved,
            "reserved bits are set in the link type field 0x00100001 of the pcap header: damaged, or not a capture",
        ),
    ] {
        let error: OpenError = read_all(bytes).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}
