//! Packets before and after, and what is said of them.

use super::*;

fn sum(parts: &[&[u8]]) -> u16 {
    let words = parts.iter().flat_map(|part| part.chunks(2));
    let total: u32 = words.map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0))).sum();
    let folded = (total & 0xffff) + (total >> 16);
    !u16::try_from((folded & 0xffff) + (folded >> 16)).unwrap()
}

/// An IPv4 packet with its checksum.
fn ip(ttl: u8, protocol: u8, addresses: [[u8; 4]; 2], payload: &[u8]) -> Vec<u8> {
    let total = u16::try_from(20 + payload.len()).unwrap().to_be_bytes();
    let mut header = vec![0x45, 0, total[0], total[1], 0x12, 0x34, 0, 0, ttl, protocol, 0, 0];
    header.extend(addresses.concat());
    let checksum = sum(&[&header]);
    header[10..12].copy_from_slice(&checksum.to_be_bytes());
    [&header, payload].concat()
}

/// A UDP datagram with its checksum.
fn udp(ports: [u16; 2], addresses: [[u8; 4]; 2], payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + payload.len()).unwrap();
    let mut datagram: Vec<u8> =
        [ports[0], ports[1], length, 0].into_iter().flat_map(u16::to_be_bytes).collect();
    datagram.extend(payload);
    let checksum = sum(&[&addresses.concat(), &[0, 17], &length.to_be_bytes(), &datagram]);
    datagram[6..8].copy_from_slice(&checksum.to_be_bytes());
    datagram
}

const HERE: [u8; 4] = [192, 168, 1, 10];
const NAT: [u8; 4] = [203, 0, 113, 1];
const THERE: [u8; 4] = [198, 51, 100, 53];

fn query(ttl: u8, source: [u8; 4], port: u16, payload: &[u8]) -> Vec<u8> {
    ip(ttl, 17, [source, THERE], &udp([port, 53], [source, THERE], payload))
}

fn ethernet(tags: &[u8], packet: &[u8]) -> Vec<u8> {
    [&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2][..], tags, &[8, 0], packet].concat()
}

fn shown(old: (&[u8], Link), new: (&[u8], Link)) -> Vec<String> {
    let packet = |(bytes, link)| Packet { bytes, link };
    compare(packet(old), packet(new))
        .changes
        .iter()
        .map(|change| {
            let mark = match change {
                Change::Field(field) if field.follows => " (follows)",
                Change::Field(field) if field.in_parts => " (in parts)",
                _ => "",
            };
            format!("{change}{mark}")
        })
        .collect()
}

fn of_ip(old: &[u8], new: &[u8]) -> Vec<String> {
    shown((old, Link::Ip), (new, Link::Ip))
}

/// Without the checksum and the length of UDP.
fn known(mut shown: Vec<String>) -> Vec<String> {
    let is_checksum =
        |line: &str| ["udp.", "1 byte at 27", "2 bytes at 26"].iter().any(|start| line.starts_with(start));
    shown.retain(|line| line.starts_with("udp.srcport") || !is_checksum(line));
    shown
}

#[test]
fn the_same_is_no_difference() {
    let packet = query(64, HERE, 5000, b"question");
    assert!(of_ip(&packet, &packet).is_empty());
}

#[test]
fn a_router_and_a_translator() {
    let old = query(64, HERE, 5000, b"question");
    let new = query(63, NAT, 6000, b"question");
    let mut found = known(of_ip(&old, &new));
    found.sort();
    assert!(found[0].starts_with("ip.checksum 0x") && found[0].ends_with(" (follows)"), "{found:?}");
    assert_eq!(
        found[1..],
        ["ip.src 192.168.1.10 → 203.0.113.1", "ip.ttl 64 → 63", "udp.srcport 5000 → 6000"]
    );
}

#[test]
fn a_checksum_that_does_not_follow() {
    let old = query(64, HERE, 5000, b"question");
    let mut new = old.clone();
    new[10] ^= 0x55;
    let found = of_ip(&old, &new);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("ip.checksum") && !found[0].contains("follows"), "{found:?}");
}

/// What a check of the checksums makes of a change.
#[test]
fn a_checksum_that_becomes_wrong() {
    let old = query(64, HERE, 5000, b"question");
    let wrong = |change: &dyn Fn(&mut Vec<u8>)| -> Vec<String> {
        let mut new = old.clone();
        change(&mut new);
        of_ip(&old, &new).into_iter().filter(|line| line.ends_with(", wrong now")).collect()
    };
    let sum_of_header = old[10..12].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let sum_of_datagram = old[26..28].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    // A router that forgot it, a translator that forgot both, bytes that somebody spoilt.
    assert_eq!(wrong(&|new| new[8] = 63), [format!("ip.checksum 0x{sum_of_header}, wrong now")]);
    assert_eq!(
        wrong(&|new| new[12..16].copy_from_slice(&NAT)),
        [
            format!("ip.checksum 0x{sum_of_header}, wrong now"),
            format!("udp.checksum 0x{sum_of_datagram}, wrong now"),
        ]
    );
    assert_eq!(wrong(&|new| new[30] ^= 1), [format!("udp.checksum 0x{sum_of_datagram}, wrong now")]);
    assert_eq!(wrong(&|new| new[10..12].fill(0x55)).len(), 1);
    // Left to a card: nothing, or the sum of the pseudo header.
    assert_eq!(wrong(&|new| new[26..28].fill(0)).len(), 0);
    let length = u16::try_from(old.len() - 20).unwrap().to_be_bytes();
    let pseudo = !sum(&[&old[12..20], &[0, 17], &length]);
    assert_eq!(wrong(&|new| new[26..28].copy_from_slice(&pseudo.to_be_bytes())).len(), 0);
    // A snapshot that was cut says nothing of the sum over what is missing.
    assert_eq!(wrong(&|new| new.truncate(old.len() - 2)).len(), 0);
    // It was wrong before.
    let mut spoilt = old.clone();
    spoilt[8] = 1;
    assert!(of_ip(&spoilt, &query(2, HERE, 5000, b"question")).iter().all(|line| !line.contains("wrong")));
}

#[test]
fn an_address_is_not_told_by_its_bits() {
    let old = ethernet(&[], &query(64, HERE, 5000, b"question"));
    let mut new = old.clone();
    new[..6].fill(0xff);
    let found = shown((&old, Link::Ethernet), (&new, Link::Ethernet));
    assert_eq!(found, ["eth.dst 02:00:00:00:00:01 → ff:ff:ff:ff:ff:ff"]);
}

#[test]
fn headers_come_and_go() {
    let packet = query(64, HERE, 5000, b"question");
    let plain = ethernet(&[], &packet);
    let tagged = ethernet(&[0x81, 0, 0, 20], &packet);
    let ip6 = [&[0x60, 0, 0, 0, 0, packet.len() as u8, 4, 64][..], &[0xfe; 32], &packet].concat();
    let stripped = shown((&plain, Link::Ethernet), (&packet, Link::Ip));
    assert_eq!(stripped, ["eth removed"]);
    let put_on = shown((&packet, Link::Ip), (&plain, Link::Ethernet));
    let header = "+eth header, 14 bytes, eth.dst 02:00:00:00:00:01, eth.src 02:00:00:00:00:02";
    assert_eq!(put_on, [header]);
    let untagged = shown((&tagged, Link::Ethernet), (&plain, Link::Ethernet));
    assert_eq!(untagged, ["eth.type 0x8100 → 0x0800", "vlan removed"]);
    let tunnelled = of_ip(&packet, &ip6);
    assert!(tunnelled[0].starts_with("+ipv6 header, 40 bytes, ipv6.src fefe:"), "{tunnelled:?}");
    assert_eq!(tunnelled.len(), 1);
    // The inner of two headers of one kind is the one that was there before.
    let outer = ip(64, 4, [NAT, THERE], &packet);
    assert_eq!(of_ip(&packet, &outer), ["+ip header, 20 bytes, ip.src 203.0.113.1, ip.dst 198.51.100.53"]);
    assert_eq!(of_ip(&outer, &packet), ["ip removed"]);
}

#[test]
fn which_of_two_headers() {
    let tunnel = |ttl| ip(64, 4, [NAT, THERE], &query(ttl, HERE, 5000, b"question"));
    let found = of_ip(&tunnel(64), &tunnel(63));
    assert_eq!(found[0], "ip.ttl#2 64 → 63");
    assert!(found[1].starts_with("ip.checksum#2 ") && found[1].ends_with("(follows)"), "{found:?}");
    assert_eq!(found.len(), 2);
}

#[test]
fn bytes_that_no_field_explains() {
    let old = query(64, HERE, 5000, b"what is the address of a.example?");
    let new = query(64, HERE, 5000, b"what is the address of b.example?");
    assert_eq!(known(of_ip(&old, &new)), ["1 byte at 51: 61 → 62"]);
    let longer = query(64, HERE, 5000, b"what is the address of longer.example?");
    let found = known(of_ip(&old, &longer));
    assert_eq!(found[0], "ip.len 61 → 66");
    assert!(found.contains(&"1 → 6 bytes at 51: 61 → 6c6f6e676572".to_owned()), "{found:?}");
    let cut = known(of_ip(&old, &query(64, HERE, 5000, b"what is")));
    assert_eq!(cut.last().unwrap(), "26 bytes removed at 35: 207468652061646472657373206f6620…");
    // Many places, of which the first are listed.
    let odd: Vec<u8> = (0..100).map(|place| if place % 10 == 5 { 1 } else { 0 }).collect();
    let found = known(of_ip(&query(64, HERE, 5000, &[0; 100]), &query(64, HERE, 5000, &odd)));
    assert_eq!(found[0], "1 byte at 33: 00 → 01");
    assert!(found.last().unwrap().ends_with("bytes more differ"), "{found:?}");
}

/// What a fragment carries is not looked into; it did not go away.
#[test]
fn a_fragment_keeps_its_payload() {
    let old = query(64, HERE, 5000, &[7; 100]);
    let mut new = old[..60].to_vec();
    new[2..4].copy_from_slice(&60_u16.to_be_bytes());
    new[6] = 0x20;
    new[10..12].fill(0);
    let checksum = sum(&[&new[..20]]);
    new[10..12].copy_from_slice(&checksum.to_be_bytes());
    let found = of_ip(&old, &new);
    assert!(found.iter().any(|line| line == "ip.len 128 → 60"), "{found:?}");
    assert!(found.iter().any(|line| line.starts_with("68 bytes removed at 60")), "{found:?}");
    assert!(!found.iter().any(|line| line.contains("udp")), "{found:?}");
}

#[test]
fn what_nobody_can_read_is_compared_as_bytes() {
    let other = Link::Other(9);
    assert_eq!(shown((b"abcdef", other), (b"abXdef", other)), ["1 byte at 2: 63 → 58"]);
    assert_eq!(shown((b"", other), (b"ab", other)), ["+2 bytes at 0: 6162"]);
    assert!(shown((b"", Link::Ethernet), (b"", Link::Ip)).is_empty());
}

#[test]
fn changed_bytes_are_marked() {
    let old = query(64, HERE, 5000, b"question");
    let new = ethernet(&[], &query(63, HERE, 5000, b"quastion"));
    let found = compare(Packet { bytes: &old, link: Link::Ip }, Packet { bytes: &new, link: Link::Ethernet });
    let marked: Vec<usize> =
        found.changed_bytes.iter().enumerate().filter(|(_, changed)| **changed).map(|(at, _)| at).collect();
    // The header, the hop count, its checksum, the checksum of UDP and the letter.
    let expected: Vec<usize> = (0..14).chain([22, 24]).chain([40]).chain([44]).collect();
    assert_eq!(marked, expected);
}

/// Every cut and every flipped bit of one packet against the whole, both ways.
#[test]
fn nothing_panics_and_nothing_goes_unsaid() {
    let whole = ethernet(&[0x81, 0, 0, 20], &ip(9, 4, [NAT, THERE], &query(64, HERE, 5000, b"question")));
    let mut others: Vec<Vec<u8>> = (0..whole.len()).map(|length| whole[..length].to_vec()).collect();
    for bit in 0..whole.len() * 8 {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        others.push(flipped);
    }
    for other in &others {
        for link in [Link::Ethernet, Link::Ip, Link::Other(1)] {
            let (one, two) = (Packet { bytes: &whole, link }, Packet { bytes: other, link });
            for found in [compare(one, two), compare(two, one)] {
                assert!(!found.is_empty(), "{other:02x?}");
                assert!(!found.changes.iter().any(|change| change.to_string().contains('\n')));
            }
            let marked = compare(one, two).changed_bytes;
            assert_eq!(marked.len(), other.len());
        }
    }
}

/// The bytes are the same, but by the length that IP gives they are not all the header's any more.
#[test]
fn a_checksum_that_is_cut_off_is_told() {
    let message = [&[5, 1, 0x0f, 0x79][..], &THERE, &query(64, HERE, 4000, b"")].concat();
    let old = ip(64, 1, [HERE, THERE], &message);
    let mut new = old.clone();
    new[3] = 22;
    let shown = shown((&old, Link::Ip), (&new, Link::Ip));
    assert!(shown.iter().any(|line| line.starts_with("icmp.checksum 0x0f79")), "{shown:?}");
}
