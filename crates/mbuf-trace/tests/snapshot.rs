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

/// The packets, 60 bytes each: their names, and what they begin with from which number of bytes on.
fn packets() -> [(&'static str, Vec<u8>, Option<usize>); 6] {
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
    [
        ("IPv4 with a right checksum", padded(ipv4(46, 0xb6b4)), Some(20)),
        ("IPv4 without a checksum", padded(ipv4(60, 0)), Some(14)),
        ("IPv4 with a wrong checksum", padded(ipv4(46, 0xb6b5)), None),
        ("IPv6", padded(ipv6), Some(14)),
        ("IPv6 of another length", padded(other_length), None),
        ("Ethernet", padded(ethernet), None),
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
    for (name, packet, ip_from) in packets() {
        for revision in [Revision::One, Revision::Two, Revision::Three] {
            for kept in 1..=packet.len() {
                let is_ip = ip_from.is_some_and(|from| kept >= from);
                let expected = if is_ip { Link::Ip } else { Link::Ethernet };
                assert_eq!(link_of(revision, &packet, kept), Some(expected), "{name}, {revision:?}, {kept}");
            }
        }
    }
}

/// What the capture cut off could be what tells two snapshots apart.
#[test]
fn cut_snapshots_may_have_the_same_bytes() {
    let snapshot = |bytes: &'static [u8], missing| Snapshot { missing, ..Snapshot::ethernet(bytes) };
    for (one, other, same) in [
        (snapshot(b"abcd", 0), snapshot(b"abcd", 0), Some(true)),
        (snapshot(b"abcd", 0), snapshot(b"abce", 0), Some(false)),
        (snapshot(b"abcd", 0), snapshot(b"ab", 2), None),
        (snapshot(b"abcd", 2), snapshot(b"abcd", 2), None),
        (snapshot(b"abcd", 0), snapshot(b"ab", 3), Some(false)),
        (snapshot(b"abcd", 0), snapshot(b"ax", 2), Some(false)),
        (snapshot(b"abcd", 0), snapshot(b"", 4), None),
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
        ("the length of the packet, and a wrong checksum", ipv4(60, 0xb6b5), 60, false),
        ("the length of the packet, and no checksum yet", ipv4(60, 0), 60, true),
        ("a sum that is carried twice", carried_twice, 60, false),
    ] {
        packet.resize(kept, 0xab);
        let link = Snapshot::ethernet(&packet).link();
        assert_eq!(link, if is_ip { Link::Ip } else { Link::Ethernet }, "{name}");
    }
}
