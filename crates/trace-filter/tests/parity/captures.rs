//! The captures that are asked: every fixture, and thousands of varied packets, plain and in traces.

use super::Dice;
use etherparse::PacketBuilder;
use std::path::PathBuf;

/// The captures in `fixtures/`, malformed ones too.
pub(crate) fn fixtures() -> Vec<PathBuf> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures");
    let mut found = Vec::new();
    for folder in [root.to_owned(), format!("{root}/malformed")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "pcap" || ending == "pcapng") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn record(out: &mut Vec<u8>, number: usize, bytes: &[u8], length: usize) {
    let number = u32::try_from(number).unwrap();
    let (bytes_len, length) = (u32::try_from(bytes.len()).unwrap(), u32::try_from(length).unwrap());
    for word in [1_700_000_000 + number / 3, number * 1_001 % 1_000_000, bytes_len, length] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out.extend_from_slice(bytes);
}

fn capture(link_type: u32) -> Vec<u8> {
    let mut out = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, link_type] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out
}

/// An Ethernet packet. Few different values of everything, so that comparisons find something.
fn packet(dice: &mut Dice) -> Vec<u8> {
    let mac = |dice: &mut Dice| [2, 0, 0, 0, dice.pick(&[0, 1]), dice.pick(&[1, 2, 0xff])];
    let v4 = |dice: &mut Dice| [10, dice.pick(&[0, 1]), 0, dice.pick(&[1, 2, 3, 200])];
    let v6 = |dice: &mut Dice| {
        let mut address = [0; 16];
        address[..2].copy_from_slice(&dice.pick(&[[0xfe, 0x80], [0x20, 0x01]]));
        address[15] = dice.pick(&[1, 2, 0x80]);
        address
    };
    let port = |dice: &mut Dice| dice.pick(&[7, 80, 443, 1024, 4711, 40_000]);
    let payload = dice.pick(&[&b""[..], b"GET / HTTP/1.1\r\n", b"hello World", b"\0\x01\x02\xff", b"ABC"]);
    let (from, to) = (mac(dice), mac(dice));
    if dice.once_in(12) {
        let operation = dice.pick(&[1, 2]);
        let head = [0, 1, 8, 0, 6, 4, 0, operation];
        return [&to[..], &from, &[8, 6], &head, &from, &v4(dice), &[0; 6], &v4(dice)].concat();
    }
    let start = PacketBuilder::ethernet2(from, to);
    let ttl = dice.pick(&[1, 63, 64, 255]);
    let (six, four) = ((v6(dice), v6(dice)), (v4(dice), v4(dice)));
    let is_v6 = dice.once_in(4);
    let internet = match (dice.next(8), is_v6) {
        (0, false) => start
            .single_vlan(etherparse::VlanId::try_new(dice.pick(&[5, 100])).unwrap())
            .ipv4(four.0, four.1, ttl),
        (0, true) => {
            let (outer, inner) = (dice.pick(&[5, 100]), dice.pick(&[6, 100]));
            let vlan = |id| etherparse::VlanId::try_new(id).unwrap();
            start.double_vlan(vlan(outer), vlan(inner)).ipv6(six.0, six.1, ttl)
        }
        (_, false) => start.ipv4(four.0, four.1, ttl),
        (_, true) => start.ipv6(six.0, six.1, ttl),
    };
    let (source, target) = (port(dice), port(dice));
    let mut out = Vec::new();
    let written = match dice.next(5) {
        0 if is_v6 => internet.icmpv6_echo_request(7, 9).write(&mut out, payload),
        0 => internet.icmpv4_echo_request(7, 9).write(&mut out, payload),
        1 => internet.udp(source, target).write(&mut out, payload),
        2 => internet.tcp(source, target, 5, 1024).syn().write(&mut out, b""),
        3 => internet.tcp(source, target, 6, 512).psh().ack(6).write(&mut out, payload),
        _ => internet.tcp(source, target, 6, 0).rst().write(&mut out, b""),
    };
    written.unwrap();
    if !is_v6 && dice.once_in(9) {
        // A packet in the packet: layers of the same protocol.
        let inner = packet(&mut Dice(dice.0 | 1));
        if inner.get(12..14) == Some(&[8, 0]) {
            let mut tunnel = Vec::new();
            let start = PacketBuilder::ethernet2(from, to).ipv4(four.1, four.0, 64);
            start.write(&mut tunnel, etherparse::IpNumber::IPV4, &inner[14..]).unwrap();
            return tunnel;
        }
    }
    out
}

/// So many Ethernet packets, some of them cut by the capture.
pub(crate) fn ethernet(count: usize) -> Vec<u8> {
    let mut dice = Dice(0x6574_6865_0400_0001);
    let mut out = capture(1);
    for number in 0..count {
        let mut bytes = packet(&mut dice);
        let length = bytes.len();
        if dice.once_in(40) {
            bytes.truncate(dice.next(length));
        }
        record(&mut out, number, &bytes, length);
    }
    out
}

/// So many traces of revision 3, with events and the snapshots of packets that change.
pub(crate) fn traces(count: usize) -> Vec<u8> {
    let mut dice = Dice(0x7472_6163_0400_0001);
    let mut out = capture(147);
    for number in 0..count {
        let mut records: Vec<(u16, Vec<u8>)> = Vec::new();
        let mut snapshot = packet(&mut dice);
        for _ in 0..=dice.next(8) {
            if dice.once_in(3) {
                records.push((0, snapshot.clone()));
                if dice.once_in(2) {
                    snapshot = packet(&mut dice);
                }
                continue;
            }
            let file = dice.pick(&["/usr/src/sys/net/if.c", "ip_input.c", "/usr/src/sys/netpfil/pf/pf.c"]);
            let line = dice.pick(&[7, 90, 1234, 2000]);
            let sign = dice.pick(&["+", "-", ""]);
            let name = dice.pick(&["ip_input", "ip_forward", "pf_test", "ether_input", "Pf_Test"]);
            let arguments = dice.pick(&["", "(em0)", "(in, em1)", "(PF_PASS)"]);
            let text = match dice.next(6) {
                0 => "dropped, so to say".to_owned(),
                1 => format!("{file}:{line}"),
                _ => format!("{file}:{line}: {sign}{name}{arguments}"),
            };
            records.push((1, [text.as_bytes(), b"\0"].concat()));
        }
        let mut frame = u16::try_from(records.len()).unwrap().to_be_bytes().to_vec();
        for (kind, payload) in records.iter().rev() {
            frame.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
            frame.extend(kind.to_be_bytes());
            frame.extend(payload);
        }
        let length = frame.len();
        record(&mut out, number, &frame, length);
    }
    out
}
