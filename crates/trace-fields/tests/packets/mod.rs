//! Ethernet packets for comparisons with tshark, and what it takes to run it.

#![allow(dead_code, reason = "each test uses its part")]

mod more;
pub(crate) mod pcapng;
pub(crate) mod random;

use etherparse::{
    EtherType, IpFragOffset, IpNumber, Ipv4Header, Ipv6FlowLabel, Ipv6Header, PacketBuilder, VlanId,
};
use std::io::Write;
use std::path::Path;
use std::process::Command;

const SOURCE: [u8; 6] = [2, 0, 0, 0, 0, 1];
const TARGET: [u8; 6] = [2, 0, 0, 0, 0, 2];

fn ethernet(code: u16, payload: &[u8]) -> Vec<u8> {
    [&TARGET[..], &SOURCE, &code.to_be_bytes(), payload].concat()
}

fn ipv4(protocol: u8, from: [u8; 4], to: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap();
    let header = Ipv4Header::new(length, 64, IpNumber(protocol), from, to).unwrap();
    [&header.to_bytes()[..], payload].concat()
}

fn ipv4_fragment(offset: u16, more: bool, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap();
    let mut header = Ipv4Header::new(length, 64, IpNumber::UDP, [10, 0, 0, 1], [10, 0, 0, 2]).unwrap();
    header.fragment_offset = IpFragOffset::try_new(offset).unwrap();
    header.more_fragments = more;
    header.identification = 7 + offset;
    header.header_checksum = header.calc_header_checksum();
    [&header.to_bytes()[..], payload].concat()
}

fn ipv6(next: u8, payload: &[u8]) -> Vec<u8> {
    let header = Ipv6Header {
        traffic_class: 0,
        flow_label: Ipv6FlowLabel::ZERO,
        payload_length: u16::try_from(payload.len()).unwrap(),
        next_header: IpNumber(next),
        hop_limit: 64,
        source: [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        destination: [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2],
    };
    [&header.to_bytes()[..], payload].concat()
}

fn udp(source: u16, target: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 8).unwrap();
    [&source.to_be_bytes()[..], &target.to_be_bytes(), &length.to_be_bytes(), &[0, 0], payload].concat()
}

fn tcp(flags: u16, options: &[u8], payload: &[u8]) -> Vec<u8> {
    let words = u16::try_from(5 + options.len() / 4).unwrap();
    let flags = (words << 12 | flags).to_be_bytes();
    let ports = [0x12, 0x67, 0, 80, 0, 0, 0, 1, 0, 0, 0, 9];
    [&ports[..], &flags, &[4, 0, 0, 0, 0, 0], options, payload].concat()
}

fn arp(operation: u8, hardware: u8) -> Vec<u8> {
    let head = [0, hardware, 8, 0, 6, 4, 0, operation];
    [&head[..], &SOURCE, &[10, 0, 0, 1], &[0; 6], &[10, 0, 0, 2]].concat()
}

/// Packets of every kind that is decoded, each with a name.
pub(crate) fn packets() -> Vec<(&'static str, Vec<u8>)> {
    let from = [10, 0, 0, 1];
    let to = [10, 0, 0, 2];
    let built = |build: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        build(&mut out);
        out
    };
    let start = || PacketBuilder::ethernet2(SOURCE, TARGET);
    let quoted = ipv4(17, [192, 168, 0, 1], [192, 168, 0, 9], &udp(5, 6, b"inner"));
    let quoted6 = ipv6(17, &udp(33, 34, b"in six"));
    let quoted_fragment = ipv4_fragment(0, true, &udp(55, 56, b"quoted fragment "));
    let error = |kind: u8, packet: &[u8]| [&[kind, 1, 0, 0, 0, 0, 0, 0], packet].concat();
    let mut all = vec![
        (
            "echo request",
            built(&|out| {
                start().ipv4(from, to, 64).icmpv4_echo_request(1, 1).write(out, b"abcd").unwrap();
            }),
        ),
        (
            "syn",
            built(&|out| start().ipv4(from, to, 63).tcp(4711, 80, 1, 1024).syn().write(out, &[]).unwrap()),
        ),
        (
            "syn ack",
            built(&|out| {
                start()
                    .ipv4(to, from, 64)
                    .tcp(80, 4711, 1, 1024)
                    .syn()
                    .ack(2)
                    .write(out, b"hello World")
                    .unwrap();
            }),
        ),
        (
            "ack",
            built(&|out| start().ipv4(from, to, 64).tcp(4711, 80, 2, 9).ack(2).write(out, b"ack").unwrap()),
        ),
        ("fin", built(&|out| start().ipv4(from, to, 1).tcp(4711, 80, 2, 9).fin().write(out, &[]).unwrap())),
        ("reset", built(&|out| start().ipv4(from, to, 64).tcp(22, 80, 2, 9).rst().write(out, &[]).unwrap())),
        (
            "udp",
            built(&|out| start().ipv4(from, to, 64).udp(53_000, 9_999).write(out, b"GET /index").unwrap()),
        ),
        (
            "udp, two lines",
            built(&|out| start().ipv4(to, from, 64).udp(9_999, 53_000).write(out, b"a\nb\n").unwrap()),
        ),
        (
            "udp6",
            built(&|out| {
                let (from, to) = ([0xfe; 16], [0x20; 16]);
                start().ipv6(from, to, 64).udp(1, 2).write(out, b"xyz").unwrap();
            }),
        ),
        (
            "echo6",
            built(&|out| {
                let (from, to) = ([0xfe; 16], [0x20; 16]);
                start().ipv6(from, to, 255).icmpv6_echo_request(1, 2).write(out, b"xyz").unwrap();
            }),
        ),
        (
            "vlan",
            built(&|out| {
                let vlan = VlanId::try_new(100).unwrap();
                start().single_vlan(vlan).ipv4(from, to, 64).udp(1, 2).write(out, b"vlan").unwrap();
            }),
        ),
        (
            "two vlans",
            built(&|out| {
                let (outer, inner) = (VlanId::try_new(7).unwrap(), VlanId::try_new(8).unwrap());
                start().double_vlan(outer, inner).ipv4(from, to, 64).udp(1, 2).write(out, b"vlan").unwrap();
            }),
        ),
        (
            "old q in q",
            ethernet(0x9100, &[&[0, 9, 8, 0], &ipv4(17, from, to, &udp(3, 4, b"tagged"))[..]].concat()),
        ),
        ("arp request", ethernet(EtherType::ARP.0, &arp(1, 1))),
        ("arp reply", ethernet(EtherType::ARP.0, &arp(2, 1))),
        ("arp, other hardware", ethernet(EtherType::ARP.0, &arp(1, 15))),
        ("rarp", ethernet(0x8035, &arp(3, 1))),
        ("unreachable", ethernet(0x0800, &ipv4(1, [172, 16, 0, 1], from, &error(3, &quoted)))),
        ("redirect", ethernet(0x0800, &ipv4(1, [172, 16, 0, 1], from, &error(5, &quoted[..28])))),
        ("quoted fragment", ethernet(0x0800, &ipv4(1, [172, 16, 0, 1], from, &error(11, &quoted_fragment)))),
        ("unreachable6", ethernet(0x86dd, &ipv6(58, &error(1, &quoted6)))),
        ("first fragment", ethernet(0x0800, &ipv4_fragment(0, true, &udp(1_000, 2_000, &[b'f'; 16])))),
        ("later fragment", ethernet(0x0800, &ipv4_fragment(2, true, b"a later fragment"))),
        (
            "ip options",
            ethernet(0x0800, &{
                let mut header = Ipv4Header::new(12, 64, IpNumber::UDP, from, to).unwrap();
                header.options = [0x94, 4, 0, 0].into();
                header.header_checksum = header.calc_header_checksum();
                [&header.to_bytes()[..], &udp(11, 12, b"opts")].concat()
            }),
        ),
        ("tcp options", ethernet(0x0800, &ipv4(6, from, to, &tcp(0x1c2, &[2, 4, 5, 0xb4], b"")))),
        (
            "padding",
            ethernet(0x0800, &[ipv4(17, from, to, &udp(53_000, 9_999, b"pad")), vec![0; 15]].concat()),
        ),
        ("ip in ip", ethernet(0x0800, &ipv4(4, from, to, &quoted))),
        ("6 in 4", ethernet(0x0800, &ipv4(41, from, to, &quoted6))),
        ("gre", ethernet(0x0800, &ipv4(47, from, to, &[&[0, 0, 8, 0], &quoted[..]].concat()))),
        (
            "gre, key",
            ethernet(0x0800, &ipv4(47, from, to, &[&[0x20, 0, 8, 0, 0, 0, 0, 9], &quoted[..]].concat())),
        ),
        (
            "hop by hop",
            ethernet(0x86dd, &ipv6(0, &[&[17, 0, 1, 4, 0, 0, 0, 0], &udp(11, 12, b"hbh")[..]].concat())),
        ),
        (
            "fragment header",
            ethernet(0x86dd, &ipv6(44, &[&[17, 0, 0, 8, 0, 0, 0, 9], &b"not the first"[..]].concat())),
        ),
        (
            "fragment header, whole",
            ethernet(0x86dd, &ipv6(44, &[&[17, 0, 0, 0, 0, 0, 0, 9], &udp(13, 14, b"all")[..]].concat())),
        ),
        ("esp", ethernet(0x0800, &ipv4(50, from, to, &[0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]))),
        (
            "snap",
            ethernet(
                42,
                &[&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &ipv4(17, from, to, &udp(3, 4, b"snapped"))[..]].concat(),
            ),
        ),
        ("spanning tree", ethernet(20, &[&[0x42, 0x42, 3], &[0; 35][..]].concat())),
        ("experimental", ethernet(0x88b5, b"experimental")),
        ("runt", vec![1, 2, 3]),
    ];
    all.extend(more::packets());
    all
}

/// A packet as a capture holds it: bytes, and the length that it had on the wire.
pub(crate) type Captured = (Vec<u8>, usize);

/// A pcap file of Ethernet packets, one a second from 1,700,000,000.123456 on.
pub(crate) fn pcap(packets: &[Captured]) -> Vec<u8> {
    let mut out = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, 1] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    for (seconds, (bytes, length)) in (1_700_000_000_u32..).zip(packets) {
        for word in [seconds, 123_456, u32::try_from(bytes.len()).unwrap(), u32::try_from(*length).unwrap()] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        out.extend_from_slice(bytes);
    }
    out
}

/// Whether tshark is there. Says so loudly where it is not, and fails where it must be.
pub(crate) fn has_tshark(test: &str) -> bool {
    if Command::new("tshark").arg("--version").output().is_ok_and(|output| output.status.success()) {
        return true;
    }
    let required = std::env::var_os("MTRACE_TEST_REQUIRE_TSHARK").is_some_and(|value| value == "1");
    assert!(!required, "{test}: tshark is not installed, and MTRACE_TEST_REQUIRE_TSHARK=1 forbids that");
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: tshark is not installed");
    false
}

/// Runs tshark on a file with these arguments: its output, or what it complains about.
pub(crate) fn tshark(file: &Path, arguments: &[&str]) -> Result<String, String> {
    // What tshark says of each packet by itself: here, too, fragments are not put together.
    let alone = ["-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE", "-n", "-r"];
    let output = Command::new("tshark").args(alone).arg(file).args(arguments).output().unwrap();
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
