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
    let packet = |(bytes, link)| Packet::whole(bytes, link);
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
    assert_eq!(untagged, ["vlan tag 20 popped"]);
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
    let found = compare(Packet::whole(&old, Link::Ip), Packet::whole(&new, Link::Ethernet));
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
            let (one, two) = (Packet::whole(&whole, link), Packet::whole(other, link));
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

/// What a card or a bridge does to tags: that, and no bytes that moved.
#[test]
fn vlan_tags_are_pushed_and_popped() {
    let packet = query(64, HERE, 5000, b"question");
    // Tags with the EtherType that announces each, the innermost last.
    let frame = |tags: &[(u16, u16)], carries: u16, payload: &[u8]| {
        let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
        for (tpid, tci) in tags {
            frame.extend(tpid.to_be_bytes());
            frame.extend(tci.to_be_bytes());
        }
        frame.extend(carries.to_be_bytes());
        frame.extend(payload);
        frame
    };
    let (c, s, old_s) = (0x8100, 0x88a8, 0x9100);
    type Tags<'a> = &'a [(u16, u16)];
    let table: [(Tags<'_>, Tags<'_>, &[&str]); 24] = [
        (&[(c, 55)], &[], &["vlan tag 55 popped"]),
        (&[], &[(c, 55)], &["vlan tag 55 pushed"]),
        (&[], &[(c, 0x6037)], &["vlan tag 55 pushed, priority 3"]),
        (&[], &[(c, 0x1037)], &["vlan tag 55 pushed, drop eligible"]),
        (&[], &[(s, 100)], &["vlan tag 100 pushed"]),
        (&[(old_s, 100)], &[], &["vlan tag 100 popped"]),
        (&[(c, 55)], &[(s, 100), (c, 55)], &["outer vlan tag 100 pushed"]),
        (&[(c, 55)], &[(old_s, 100), (c, 55)], &["outer vlan tag 100 pushed"]),
        (&[(c, 55)], &[(c, 100), (c, 55)], &["outer vlan tag 100 pushed"]),
        (&[(s, 55)], &[(s, 100), (s, 55)], &["outer vlan tag 100 pushed"]),
        (&[(s, 100), (c, 55)], &[(c, 55)], &["outer vlan tag 100 popped"]),
        (&[(s, 100), (s, 55)], &[(s, 55)], &["outer vlan tag 100 popped"]),
        (&[(s, 100), (s, 55)], &[(s, 100)], &["inner vlan tag 55 popped"]),
        (&[(old_s, 100), (c, 55)], &[(old_s, 100)], &["inner vlan tag 55 popped"]),
        (&[(s, 100)], &[(s, 100), (c, 55)], &["inner vlan tag 55 pushed"]),
        (&[(s, 100), (c, 55)], &[], &["outer vlan tag 100 popped", "inner vlan tag 55 popped"]),
        (&[], &[(c, 55), (c, 55)], &["outer vlan tag 55 pushed", "inner vlan tag 55 pushed"]),
        (&[(c, 55)], &[(c, 55), (c, 55)], &["outer vlan tag 55 pushed"]),
        (&[(c, 1), (c, 2), (c, 3)], &[(c, 2)], &["outer vlan tag 1 popped", "inner vlan tag 3 popped"]),
        // A tag that stays has fields that differ.
        (&[(c, 55)], &[(c, 0x6037)], &["vlan.priority 0 → 3"]),
        (&[(c, 55)], &[(c, 0x1038)], &["vlan.dei 0 → 1", "vlan.id 55 → 56"]),
        (&[(c, 55)], &[(c, 100), (c, 0x2037)], &["vlan.priority#2 0 → 1", "outer vlan tag 100 pushed"]),
        (&[(c, 55)], &[(s, 55)], &["eth.type 0x8100 → 0x88a8"]),
        (&[(c, 55)], &[(s, 56)], &["eth.type 0x8100 → 0x88a8", "vlan tag 55 popped", "vlan tag 56 pushed"]),
    ];
    for (old, new, expected) in table {
        // Payload that is known, one that is not, and none.
        for (carries, payload) in [(0x0800, &packet[..]), (0x88cc, &packet[..]), (0x88cc, &[])] {
            let (before, now) = (frame(old, carries, payload), frame(new, carries, payload));
            let of = |old: &[u8], new: &[u8]| shown((old, Link::Ethernet), (new, Link::Ethernet));
            assert_eq!(of(&before, &now), expected, "{old:x?} to {new:x?}, {carries:x}");
            let marked = compare(Packet::whole(&before, Link::Ethernet), Packet::whole(&now, Link::Ethernet));
            assert!(!marked.changed_bytes.iter().skip(now.len() - payload.len()).any(|changed| *changed));
            // A change of what is behind them is told as well.
            if let Some(last) = before.clone().last_mut().filter(|_| !payload.is_empty()) {
                let mut other = now.clone();
                *other.last_mut().unwrap() = !*last;
                let found = of(&before, &other);
                let others: Vec<_> = found.iter().filter(|line| !expected.contains(&line.as_str())).collect();
                assert_eq!(found.len() - others.len(), expected.len(), "{found:?}");
                assert!(
                    others.iter().any(|line| line.contains(&format!("at {}: ", now.len() - 1))),
                    "{found:?}"
                );
            }
        }
    }
    // With the Ethernet header, in JSON, and where the EtherType behind changes, too.
    let tagged = frame(&[(s, 100), (c, 0x6037)], 0x0800, &packet);
    let found = shown((&tagged, Link::Ethernet), (&packet, Link::Ip));
    let popped = ["eth removed", "outer vlan tag 100 popped", "inner vlan tag 55 popped, priority 3"];
    assert_eq!(found, popped);
    let pushed = shown((&packet, Link::Ip), (&tagged, Link::Ethernet));
    assert_eq!(pushed[1..], ["outer vlan tag 100 pushed", "inner vlan tag 55 pushed, priority 3"]);
    let found = compare(Packet::whole(&tagged, Link::Ethernet), Packet::whole(&packet, Link::Ip));
    let json = serde_json::to_string(&found.changes[1..]).unwrap();
    assert_eq!(
        json,
        r#"[{"kind":"vlan_popped","id":100,"priority":0,"dei":false,"tpid":34984,"place":"outer"},{"kind":"vlan_popped","id":55,"priority":3,"dei":false,"tpid":33024,"place":"inner"}]"#
    );
    let (before, now) = (frame(&[(c, 55)], 0x88cc, &packet), frame(&[], 0x88b5, &packet));
    let found = shown((&before, Link::Ethernet), (&now, Link::Ethernet));
    assert_eq!(found, ["eth.type 0x8100 → 0x88b5", "vlan tag 55 popped"]);
}

/// A packet of which the kernel kept the first bytes.
fn kept(bytes: &[u8], link: Link, kept: usize) -> Packet<'_> {
    Packet { bytes: &bytes[..kept.min(bytes.len())], link, length: bytes.len(), is_length_known: true }
}

fn lines(found: &Differences<'_>) -> Vec<String> {
    let follows = |change: &&Change<'_>| !matches!(change, Change::Field(field) if field.follows);
    found.changes.iter().filter(follows).map(ToString::to_string).collect()
}

/// The changes of whole packets that do not lie in what was cut, and no others: at every length.
#[test]
fn cut_packets_are_compared_as_far_as_both_reach() {
    let packet = query(64, HERE, 5000, &[7; 300]);
    let arp = [&[0, 1, 8, 0, 6, 4, 0, 1][..], &[9; 38]].concat();
    let arp_frame = [&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 6][..], &arp].concat();
    let (eth, ip) = (Link::Ethernet, Link::Ip);
    let plain = ethernet(&[], &packet);
    let tagged = ethernet(&[0x81, 0, 0, 20], &packet);
    let options = {
        let mut longer = ip4_with_options(&packet);
        longer.extend(&packet[20..]);
        longer
    };
    let payload = &packet[28..];
    for (name, (old, old_link), (new, new_link), allowed) in [
        ("nothing", (&plain[..], eth), (&plain[..], eth), &[][..]),
        ("a header less", (&plain[..], eth), (&packet[..], ip), &["eth removed"][..]),
        ("a header more", (&packet[..], ip), (&plain[..], eth), &["+eth header"][..]),
        ("a tag less", (&tagged[..], eth), (&plain[..], eth), &["vlan tag 20 popped"][..]),
        ("a tag more", (&plain[..], eth), (&tagged[..], eth), &["vlan tag 20 pushed"][..]),
        ("ARP without its header", (&arp_frame[..], eth), (&arp[..], Link::Arp), &["eth removed"][..]),
        (
            "payload of Ethernet",
            (&plain[..], eth),
            (payload, Link::NoHeader),
            &["42 bytes removed at 0: 020000000001020000000002080045"][..],
        ),
        ("payload of IP", (payload, Link::NoHeader), (&packet[..], ip), &["+28 bytes at 0: 4500"][..]),
        (
            "options",
            (&packet[..], ip),
            (&options[..], ip),
            &["ip.hdr_len 20 → 24", "ip.len 328 → 332", "ip.checksum", "+4 bytes at 20: 01010101"][..],
        ),
    ] {
        for of_old in 40..=old.len() {
            for of_new in [of_old, of_old + 14, old.len()] {
                let (before, now) = (kept(old, old_link, of_old), kept(new, new_link, of_new));
                let found = compare(before, now);
                for line in lines(&found) {
                    let is_allowed = allowed.iter().any(|start| line.starts_with(start));
                    // Too little is left to tell where the payload begins.
                    let is_length = before.bytes.len() < 60 && line.starts_with("packet length");
                    let is_far =
                        before.bytes.len() < 60 && old_link != new_link && !allowed[0].contains("eth");
                    assert!(is_allowed || is_length || is_far, "{name}, {of_old} and {of_new}: {line}");
                }
                assert_eq!(found.changed_bytes.len(), if before == now { 0 } else { now.bytes.len() });
            }
        }
    }
}

fn ip4_with_options(packet: &[u8]) -> Vec<u8> {
    let mut header = [&packet[..20], &[1; 4]].concat();
    header[0] = 0x46;
    header[2..4].copy_from_slice(&u16::try_from(packet.len() + 4).unwrap().to_be_bytes());
    header[10..12].fill(0);
    let checksum = sum(&[&header]);
    header[10..12].copy_from_slice(&checksum.to_be_bytes());
    header
}

/// What `packet_length` proves is told, and what both reach.
#[test]
fn a_length_that_is_known_is_told() {
    let old = query(64, HERE, 5000, &[7; 300]);
    let shorter = &old[..300];
    let found = compare(kept(&old, Link::Ip, 128), kept(shorter, Link::Ip, 128));
    assert_eq!(lines(&found), ["packet length 328 → 300"]);
    assert_eq!(serde_json::to_string(&found.changes).unwrap(), r#"[{"kind":"length","old":328,"new":300}]"#);
    // Padding that was cut off is no payload, but it is length.
    let framed = ethernet(&[], &old);
    let found = compare(kept(&framed, Link::Ethernet, 128), kept(shorter, Link::Ip, 128));
    assert_eq!(lines(&found), ["eth removed", "packet length 342 → 300"]);
    // One is whole and ends before the other was cut.
    let found = compare(kept(&old, Link::Ip, 128), kept(&old[..100], Link::Ip, 128));
    assert_eq!(lines(&found), ["packet length 328 → 100"]);
    // A byte that both have.
    let mut new = old.clone();
    new[60] = 8;
    let found = compare(kept(&old, Link::Ip, 128), kept(&new, Link::Ip, 70));
    assert_eq!(lines(&found), ["1 byte at 60: 07 → 08"]);
    assert!(compare(kept(&old, Link::Ip, 128), kept(&new, Link::Ip, 60)).is_empty());
    // A checksum over what is not there is not judged.
    assert!(!lines(&found).iter().any(|line| line.contains("wrong")));
    new[8] = 63;
    let found = compare(kept(&old, Link::Ip, 19), kept(&new, Link::Ip, 19));
    assert_eq!(lines(&found), ["ip.ttl 64 → 63"]);
    let found = compare(kept(&old, Link::Ip, 20), kept(&new, Link::Ip, 20));
    assert!(
        lines(&found).iter().any(|line| line.ends_with("wrong now")),
        "all of its header is there: {found:?}"
    );
}

/// Revisions 1 to 3 tell no length, but as many bytes in both are a cut where IP tells of more.
#[test]
fn a_cut_that_is_not_told() {
    let whole = query(64, HERE, 5000, &[7; 300]);
    let framed = ethernet(&[], &whole);
    let of = |bytes, link| Packet { is_length_known: false, ..Packet::whole(bytes, link) };
    let found = compare(of(&framed[..128], Link::Ethernet), of(&whole[..128], Link::Ip));
    assert_eq!(lines(&found), ["eth removed"]);
    // The later one is shorter than what was kept of the earlier one: it was trimmed.
    let found = compare(of(&whole, Link::Ip), of(&whole[..300], Link::Ip));
    assert_eq!(lines(&found), ["28 bytes removed at 300: 07070707070707070707070707070707…"]);
    // The capture cut it.
    let cut = Packet { length: 328, ..of(&whole[..50], Link::Ip) };
    assert!(compare(of(&whole, Link::Ip), cut).is_empty());
}
