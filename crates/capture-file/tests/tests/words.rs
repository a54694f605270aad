//! What people read: names and messages, each word for word.

use super::build::*;
use capture_file::{Compression, Format, LinkType, OpenError, Part, Reader, Resolution};

#[test]
fn names() {
    for (name, expected) in [
        (Big.to_string(), "big-endian"),
        (Little.to_string(), "little-endian"),
        (Format::Pcap.to_string(), "pcap"),
        (Format::Pcapng.to_string(), "pcapng"),
        (Compression::Gzip.to_string(), "gzip"),
        (Compression::Zstd.to_string(), "zstd"),
        (Compression::Lz4.to_string(), "lz4"),
        (Part::RecordHeader.to_string(), "record header"),
        (Part::Packet.to_string(), "packet"),
        (Part::BlockHeader.to_string(), "block header"),
        (Part::Block.to_string(), "block"),
        (Part::FileHeader.to_string(), "file header"),
        (Resolution::from_code(0).to_string(), "1 s"),
        (Resolution::from_code(3).to_string(), "1 ms"),
        (Resolution::MICROS.to_string(), "1 µs"),
        (Resolution::NANOS.to_string(), "1 ns"),
        (Resolution::from_code(7).to_string(), "10^-7 s"),
        (Resolution::from_code(0x89).to_string(), "2^-9 s"),
    ] {
        assert_eq!(name, expected);
    }
}

#[test]
fn link_types() {
    let named: Vec<_> =
        (0..=u16::MAX).map(LinkType).filter_map(|link| Some((link.0, link.name()?))).collect();
    let expected = [
        (0, "BSD loopback"),
        (1, "Ethernet"),
        (101, "raw IP"),
        (105, "IEEE 802.11"),
        (108, "OpenBSD loopback"),
        (113, "Linux cooked"),
        (117, "pflog"),
        (127, "IEEE 802.11 radiotap"),
        (147, "USER0"),
        (148, "USER1"),
        (162, "USER15"),
        (228, "raw IPv4"),
        (229, "raw IPv6"),
        (276, "Linux cooked v2"),
    ];
    assert_eq!(named, expected);
}

#[test]
fn what_is_no_capture() {
    let too_long = |length| Bytes::new(Little).u32(0x0a0d_0d0a).u32(length).u32(0x1a2b_3c4d).raw(&[0; 20]);
    for (bytes, message) in [
        (&b""[..], "the file is empty"),
        (b"\x0a", "cut off in its first header: 24 bytes needed, 1 there"),
        (
            b"\xfd7zXZ\0\0\x04",
            "neither pcap nor pcapng: it begins with fd 37 7a 58 5a 00 00 04 (xz: run `xz -d` first)",
        ),
        (
            b"BZh91AY&SY",
            "neither pcap nor pcapng: it begins with 42 5a 68 39 31 41 59 26 (bzip2: run `bzip2 -d` first)",
        ),
        (b"PK\x03\x04", "neither pcap nor pcapng: it begins with 50 4b 03 04 (zip: run `unzip` first)"),
        (b"#!/bin/sh\n", "neither pcap nor pcapng: it begins with 23 21 2f 62 69 6e 2f 73"),
        (
            &too_long(30).bytes,
            "its first block is damaged: impossible block length of 30 bytes: not a multiple of four",
        ),
        (
            &too_long(24).bytes,
            "its first block is damaged: impossible block length of 24 bytes: it has to be 28 to 16777216",
        ),
        (
            &too_long(28).bytes,
            "its first block is damaged: the block's lengths differ: 28 before it, 0 after it",
        ),
        (&too_long(40).bytes, "cut off in its first header: 40 bytes needed, 32 there"),
    ] {
        let error = Reader::new(bytes).err().expect("no capture").to_string();
        assert_eq!(error, message);
    }
}

#[test]
fn a_compression_within_another_is_named() {
    let inner = super::compression::compress(&rich_pcapng(), Compression::Gzip);
    let twice = super::compression::compress(&inner, Compression::Zstd);
    let error = Reader::new(twice.as_slice()).err().unwrap();
    assert!(matches!(error, OpenError::Nested { .. }));
    assert_eq!(error.to_string(), "gzip inside zstd: decompress it once before");
}
