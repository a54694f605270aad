//! What snapshots of revisions 1 to 3 begin with, also where the capture cut them.

use mbuf_trace::{Encoding, Link, Revision, Snapshot, Trace};

/// An IPv4 header of 20 bytes with this total length, and its checksum.
fn ipv4(total: u16, checksum: u16) -> Vec<u8> {
    let mut header = vec![0x45, 0];
    header.extend(total.to_be_bytes());
    header.extend([0, 7, 0x40, 0, 64, 17]);
    header.extend(checksum.to_be_bytes());
    header.extend([192, 0, 2, 1, 192, 0, 2, 2]);
    header
}

/// An ARP packet for IPv4 over Ethernet, padded as Ethernet does.
fn arp() -> Vec<u8> {
    let mut packet = vec![0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 1, 2];
    packet.extend([10, 0, 1, 2, 0, 0, 0, 0, 0, 0, 10, 0, 1, 1]);
    packet.resize(46, 0);
    packet
}

/// The packets, 60 bytes each: their names, what they begin with, and from which number of bytes on that is known.
fn packets() -> Vec<(&'static str, Vec<u8>, Link, usize)> {
    let padded = |mut packet: Vec<u8>| {
        packet.resize(60, 0xab);
        packet
    };
    let mut ipv6 = vec![0x60, 0, 0, 0, 0, 20, 17, 64];
    ipv6.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    let mut other_length = ipv6.clone();
    other_length[5] = 21;
    // An Ethernet address can begin as an IPv6 header whose length is right.
    let mut ethernet = vec![0x60, 0, 0, 0, 0, 20, 2, 0, 0, 0, 0, 1, 0x08, 0x00];
    ethernet.extend(ipv4(46, 0xb6b4));
    let mut other_version = ipv4(36, 0);
    other_version[0] = 0x65;
    let with_type = |code: u16, rest: &[u8]| {
        [&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2][..], &code.to_be_bytes(), rest].concat()
    };
    vec![
        ("IPv4 with a right checksum", padded(ipv4(46, 0xb6b4)), Link::Ip, 20),
        ("IPv4 without a checksum", padded(ipv4(60, 0)), Link::Ip, 14),
        ("IPv4 with a wrong checksum", padded(ipv4(60, 0xb6b5)), Link::Ip, 14),
        ("IPv4 with a wrong checksum and another length", padded(ipv4(46, 0xb6b5)), Link::NoHeader, 0),
        ("IPv6", padded(ipv6), Link::Ip, 14),
        ("IPv6 of another length", padded(other_length), Link::NoHeader, 0),
        ("IPv4 with version 6", padded(other_version), Link::NoHeader, 0),
        ("Ethernet", padded(ethernet), Link::Ethernet, 14),
        ("LLDP", padded(with_type(0x88cc, &[])), Link::Ethernet, 14),
        ("QinQ", padded(with_type(0x9100, &[])), Link::Ethernet, 14),
        ("an unknown EtherType", padded(with_type(0x1234, &[])), Link::NoHeader, 0),
        ("IEEE 802.3 with SNAP", padded(with_type(46, &[0xaa, 0xaa, 3])), Link::Ethernet, 17),
        ("a spanning tree", padded(with_type(39, &[0x42, 0x42, 3])), Link::Ethernet, 17),
        ("IEEE 802.3 with an unknown LLC", padded(with_type(46, &[1, 2, 3])), Link::NoHeader, 0),
        ("ARP", padded(arp()), Link::Arp, 8),
        (
            "ARP of an unknown operation",
            padded([&[0, 1, 8, 0, 6, 4, 0, 10], &arp()[8..]].concat()),
            Link::NoHeader,
            0,
        ),
        ("ARP of another hardware", padded([&[0, 7], &arp()[2..]].concat()), Link::NoHeader, 0),
        ("text", padded(b"GET / HTTP/1.1\r\nHost: www.example.org\r\n".to_vec()), Link::NoHeader, 0),
        ("zeros", vec![0; 60], Link::NoHeader, 0),
    ]
}

/// A packet of one record, or in revision 1 of the bytes alone, of which the capture kept so much.
fn link_of(revision: Revision, packet: &[u8], kept: usize) -> Option<Link> {
    let mut frame = match revision {
        Revision::One => vec![0, 0],
        Revision::Two => vec![0, 1, 0, 60, 0, 1],
        Revision::Three | Revision::Four => vec![0, 1, 0, 60, 0, 0],
    };
    let original = frame.len() + packet.len();
    frame.extend_from_slice(&packet[..kept]);
    let trace = Trace::parse(&frame, original, Encoding::new(revision));
    let event = trace.events().next()?.read();
    let snapshot = event.snapshot.expect("a snapshot");
    assert_eq!((snapshot.bytes.len(), snapshot.missing), (kept, 60 - kept), "{revision:?}");
    assert_eq!(event.missing, snapshot.missing);
    Some(snapshot.link())
}

/// What the record says of its length counts, not what the capture kept of it.
#[test]
fn a_cut_snapshot_begins_with_what_it_began_with() {
    for (name, packet, link, from) in packets() {
        assert_eq!(packet.len(), 60, "{name}");
        for revision in [Revision::One, Revision::Two, Revision::Three] {
            for kept in 1..=packet.len() {
                // Of what was cut too short, nobody knows, and then there is no header that has an address.
                let expected = if kept >= from { link } else { Link::NoHeader };
                assert_eq!(link_of(revision, &packet, kept), Some(expected), "{name}, {revision:?}, {kept}");
            }
        }
    }
}

/// What the capture cut off could be what tells two snapshots apart.
#[test]
fn cut_snapshots_may_have_the_same_bytes() {
    let snapshot = |bytes: &'static [u8], missing| Snapshot { missing, ..Snapshot::ethernet(bytes) };
    let of =
        |bytes: &'static [u8], whole| Snapshot { packet_length: Some(whole), ..Snapshot::ethernet(bytes) };
    for (one, other, same) in [
        (snapshot(b"abcd", 0), snapshot(b"abcd", 0), Some(true)),
        (snapshot(b"abcd", 0), snapshot(b"abce", 0), Some(false)),
        (snapshot(b"abcd", 0), snapshot(b"ab", 2), None),
        (snapshot(b"abcd", 2), snapshot(b"abcd", 2), None),
        (snapshot(b"abcd", 0), snapshot(b"ab", 3), Some(false)),
        (snapshot(b"abcd", 0), snapshot(b"ax", 2), Some(false)),
        (snapshot(b"abcd", 0), snapshot(b"", 4), None),
        // Cut by the kernel, as revision 4 tells.
        (of(b"abcd", 4), of(b"abcd", 4), Some(true)),
        (of(b"abcd", 9), of(b"abcd", 9), None),
        (of(b"abcd", 9), of(b"ab", 9), None),
        (of(b"abcd", 9), of(b"abcdefghi", 9), None),
        (of(b"abcd", 9), of(b"ax", 9), Some(false)),
        (of(b"abcd", 9), of(b"abcd", 8), Some(false)),
        (of(b"abcd", 9), of(b"abcd", 4), Some(false)),
        // A length that is less than what is there is no length.
        (of(b"abcd", 2), of(b"abcd", 3), Some(true)),
        (of(b"abcd", 9), snapshot(b"abcd", 5), None),
        (of(b"abcd", 4), snapshot(b"abcd", 0), Some(true)),
    ] {
        assert_eq!(one.has_bytes_of(&other), same, "{one:?} {other:?}");
        assert_eq!(other.has_bytes_of(&one), same, "{other:?} {one:?}");
    }
}

/// A record can say more than the kernel kept; it cannot say less than is there.
#[test]
fn the_whole_length_is_what_is_told_or_there() {
    for (packet_length, missing, expected) in
        [(None, 0, 100), (None, 20, 120), (Some(1500), 0, 1500), (Some(10), 0, 100), (Some(110), 20, 120)]
    {
        let snapshot = Snapshot { packet_length, missing, ..Snapshot::ethernet(&[0; 100]) };
        assert_eq!(snapshot.whole_len(), expected, "{packet_length:?}, {missing} missing");
        assert_eq!(snapshot.is_cut(), expected > 100, "{packet_length:?}, {missing} missing");
    }
}

/// An IPv4 header is told by all that it says, each of which can be wrong by itself.
#[test]
fn what_an_ipv4_header_says_has_to_fit() {
    // Changes a field and mends the checksum, so that nothing else is wrong.
    let with = |at: usize, value: [u8; 2]| {
        let mut header = ipv4(46, 0);
        header[at..at + 2].copy_from_slice(&value);
        let words = usize::from(header[0] & 0x0f).min(5) * 4;
        let sum: u32 =
            header[..words].chunks(2).map(|word| u32::from(u16::from_be_bytes([word[0], word[1]]))).sum();
        let folded = (sum & 0xffff) + (sum >> 16);
        header[10..12].copy_from_slice(&(!u16::try_from(folded).unwrap()).to_be_bytes());
        header
    };
    // Its sum is carried twice; a sum that is carried once would be right.
    let carried_twice = [&ipv4(46, 0x3abd)[..12], &[0xff; 8]].concat();
    for (name, mut packet, kept, is_ip) in [
        ("nothing wrong", with(8, [64, 17]), 60, true),
        ("a header of 16 bytes", with(0, [0x44, 0]), 60, false),
        ("a header longer than the packet", with(0, [0x4f, 0]), 50, false),
        ("a total length below the header's", with(2, [0, 19]), 60, false),
        ("a total length of the header's", with(2, [0, 20]), 60, true),
        ("no total length yet", with(2, [0, 0]), 60, true),
        ("the length of the packet, and a wrong checksum", ipv4(60, 0xb6b5), 60, true),
        ("the length of a padded packet, and a wrong checksum", ipv4(40, 0xb6b5), 46, true),
        ("less than the length of the packet, and a wrong checksum", ipv4(40, 0xb6b5), 60, false),
        ("more than the length of the packet, and a wrong checksum", ipv4(61, 0xb6b5), 60, false),
        ("more than the length of a padded packet, and a wrong checksum", ipv4(47, 0xb6b5), 46, false),
        ("the length of the packet, and no checksum yet", ipv4(60, 0), 60, true),
        ("a sum that is carried twice", carried_twice, 60, false),
    ] {
        packet.resize(kept, 0xab);
        let link = Snapshot::ethernet(&packet).link();
        assert_eq!(link, if is_ip { Link::Ip } else { Link::NoHeader }, "{name}");
    }
}

/// The link type that revision 4 declares is believed, but no header is invented below 65535.
#[test]
fn revision_4_says_what_its_bytes_begin_with() {
    let packet = ipv4(46, 0xb6b4);
    let arp = arp();
    let other = [&[0, 1, 8, 0, 6, 4, 0, 0], &arp[8..]].concat();
    for (bytes, link_type, whole, expected) in [
        (&packet, 1, 1000, Link::Ethernet),
        (&arp, 1, 46, Link::Ethernet),
        (&packet, 101, 1000, Link::Ip),
        (&arp, 101, 46, Link::Ip),
        (&packet, 65535, 1000, Link::NoHeader),
        (&arp, 65535, 46, Link::Arp),
        (&arp, 65534, 46, Link::Other(65534)),
        (&other, 65535, 46, Link::NoHeader),
    ] {
        let snapshot = Snapshot { link_type, packet_length: Some(whole), bytes, missing: 0 };
        assert_eq!((snapshot.link(), snapshot.recognised_link_type()), (expected, link_type));
    }
    for kept in 0..=arp.len() {
        for (whole, missing) in [(28, 0), (46, 0), (0, 46 - kept), (27, 0)] {
            let snapshot =
                Snapshot { link_type: 65535, packet_length: Some(whole), bytes: &arp[..kept], missing };
            let is_arp = kept >= 8 && snapshot.whole_len() >= 28;
            assert_eq!(snapshot.link() == Link::Arp, is_arp, "{kept} of {whole}, {missing} missing");
        }
    }
}

#[test]
fn an_ipv4_header_with_version_6() {
    let table = [
        ("its checksum is right", 0x65, 0x96b4, true),
        ("its checksum would be right with version 4", 0x65, 0xb6b4, true),
        ("its checksum is wrong", 0x65, 0xb6b5, false),
        ("a header of 16 bytes", 0x64, 0x97b4, false),
        ("version 4", 0x45, 0xb6b4, false),
        ("version 5", 0x55, 0xa6b4, false),
    ];
    for (name, first, checksum, expected) in table {
        let mut header = ipv4(46, checksum);
        header[0] = first;
        assert_eq!(mbuf_trace::is_ipv4_of_version_6(&header), expected, "{name}");
        for kept in 0..header.len() {
            assert!(!mbuf_trace::is_ipv4_of_version_6(&header[..kept]), "{name}, {kept}");
        }
    }
}
