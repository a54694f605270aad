//! Packets in tunnels and below tags, with options, extension headers and chunks.

use super::{SOURCE, TARGET, arp, ethernet, ipv4, ipv6, tcp, udp};

const FROM: [u8; 4] = [10, 0, 0, 1];
const TO: [u8; 4] = [10, 0, 0, 2];
/// The address fe80::9.
const ADDRESS: [u8; 16] = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];

fn in_ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    ethernet(0x0800, &ipv4(protocol, FROM, TO, payload))
}

fn in_ipv6(next: u8, payload: &[u8]) -> Vec<u8> {
    ethernet(0x86dd, &ipv6(next, payload))
}

/// A neighbor discovery message: type, what stands before the options, options.
fn discovery(kind: u8, head: &[u8], options: &[u8]) -> Vec<u8> {
    in_ipv6(58, &[&[kind, 0, 0x12, 0x34], head, options].concat())
}

fn label(label: u32, bottom: bool) -> [u8; 4] {
    (label << 12 | 3 << 9 | u32::from(bottom) << 8 | 64).to_be_bytes()
}

fn gre(flags: u16, code: u16, options: &[u8], payload: &[u8]) -> Vec<u8> {
    [&flags.to_be_bytes()[..], &code.to_be_bytes(), options, payload].concat()
}

/// Packets, each with a name.
pub(super) fn packets() -> Vec<(&'static str, Vec<u8>)> {
    let inner4 = ipv4(17, [192, 168, 0, 1], [192, 168, 0, 9], &udp(5, 6, b"inner"));
    let inner6 = ipv6(17, &udp(33, 34, b"in six"));
    let frame = ethernet(0x0800, &inner4);
    let source_link = [&[1, 1][..], &SOURCE].concat();
    let target_link = [&[2, 1][..], &TARGET].concat();
    let mtu = [5, 1, 0, 0, 0, 0, 5, 0xdc];
    let prefix = [&[3, 4, 64, 0xc0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0], &ADDRESS[..]].concat();
    let options = [
        &[2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 7, 0, 0, 0, 8, 1, 3, 3, 7][..],
        &[5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0],
    ]
    .concat();
    let chunks = [
        &[0x12, 0x67, 0, 80, 0, 0, 0, 1, 0, 0, 0, 9][..],
        &[1, 0, 0, 20, 0, 0, 0, 5, 0, 1, 0, 0, 0, 3, 0, 3, 0, 0, 0, 9],
        &[11, 0, 0, 4],
    ]
    .concat();
    let gratuitous = {
        let mut request = arp(1, 1);
        request[24..28].copy_from_slice(&FROM);
        request
    };
    let probe = {
        let mut request = arp(1, 1);
        request[14..18].fill(0);
        request
    };
    let short_arp = [0, 7, 8, 5, 1, 2, 0, 1, 9, 1, 2, 8, 3, 4];
    vec![
        ("mpls", ethernet(0x8847, &[&label(17, true)[..], &inner4].concat())),
        ("mpls stack", ethernet(0x8848, &[&label(17, false)[..], &label(2, true), &inner6].concat())),
        ("mpls in ip", in_ipv4(137, &[&label(99, true)[..], &inner4].concat())),
        ("pppoe", ethernet(0x8864, &[&[0x11, 0, 0, 1, 0, 35, 0, 0x21], &inner4[..]].concat())),
        ("pppoe six", ethernet(0x8864, &[&[0x11, 0, 0, 1, 0, 56, 0, 0x57], &inner6[..]].concat())),
        ("pppoe link control", ethernet(0x8864, &[0x11, 0, 0, 1, 0, 6, 0xc0, 0x21, 9, 1, 0, 4])),
        ("provider vlan", ethernet(0x88a8, &[&[0xa0, 5, 0x08, 0], &inner4[..]].concat())),
        (
            "two provider vlans",
            ethernet(0x88a8, &[&[0xa0, 5, 0x88, 0xa8, 0x30, 6, 0x08, 0], &inner4[..]].concat()),
        ),
        ("vlan of 802.3", ethernet(0x8100, &[&[0x30, 5, 0, 3], &[0x42, 0x42, 3][..]].concat())),
        ("arp gratuitous", ethernet(0x0806, &gratuitous)),
        ("arp probe", ethernet(0x0806, &probe)),
        ("arp of short addresses", ethernet(0x0806, &short_arp)),
        ("gre checksum", in_ipv4(47, &gre(0x8000, 0x0800, &[1, 2, 0, 0], &inner4))),
        ("gre all", in_ipv4(47, &gre(0xb000, 0x86dd, &[1, 2, 0, 0, 0, 0, 0, 7, 0, 0, 0, 8], &inner6))),
        ("gre ethernet", in_ipv4(47, &gre(0, 0x6558, &[], &frame))),
        ("etherip", in_ipv4(97, &[&[0x30, 0], &frame[..]].concat())),
        ("ip in ip, number 94", in_ipv4(94, &inner4)),
        ("4 in 6", in_ipv6(4, &inner4)),
        ("6 in 6", in_ipv6(41, &inner6)),
        ("vxlan", in_ipv4(17, &udp(50_000, 4789, &[&[8, 0, 0, 0, 0, 1, 2, 0], &frame[..]].concat()))),
        (
            "geneve",
            in_ipv4(
                17,
                &udp(50_000, 6081, &[&[1, 0, 0x65, 0x58, 0, 1, 2, 0, 1, 2, 3, 0], &frame[..]].concat()),
            ),
        ),
        ("gre in udp", in_ipv4(17, &udp(50_000, 4754, &gre(0, 0x0800, &[], &inner4)))),
        ("mpls in udp", in_ipv4(17, &udp(50_000, 6635, &[&label(99, true)[..], &inner4].concat()))),
        (
            "ah",
            in_ipv4(51, &[&[17, 4, 0, 0, 0, 0, 1, 1, 0, 0, 0, 9], &[7; 12][..], &udp(7, 8, b"")].concat()),
        ),
        ("esp of IPv6", in_ipv6(50, &[0, 0, 0, 1, 0, 0, 0, 2, 5, 6, 7, 8])),
        ("udp lite", in_ipv4(136, &udp(7, 8, b"lite"))),
        (
            "unreachable with extensions",
            in_ipv4(1, &[&[3, 1, 0, 0, 0, 2, 0, 0], &inner4[..], &[0x20, 0, 0, 0, 0, 4, 1, 1]].concat()),
        ),
        ("igmp", in_ipv4(2, &[0x16, 0, 0xfa, 0x04, 239, 1, 2, 3])),
        ("sctp", in_ipv4(132, &chunks)),
        ("tcp, all options", in_ipv4(6, &tcp(0x018, &options, b"payload"))),
        ("tcp of IPv6", in_ipv6(6, &tcp(0x012, &options[..20], b""))),
        ("echo reply", in_ipv4(1, &[0, 0, 0xff, 0xf7, 0, 3, 0, 4])),
        ("fragmentation needed", in_ipv4(1, &[&[3, 4, 0, 0, 0, 0, 5, 0xdc], &inner4[..]].concat())),
        ("parameter problem", in_ipv4(1, &[&[12, 0, 0, 0, 20, 0, 0, 0], &inner4[..]].concat())),
        ("timestamp request", in_ipv4(1, &[&[13, 0, 0, 0, 0, 3, 0, 4], &[1; 12][..]].concat())),
        ("too big", in_ipv6(58, &[&[2, 0, 0, 0, 0, 0, 5, 0xdc], &inner6[..]].concat())),
        ("parameter problem6", in_ipv6(58, &[&[4, 1, 0, 0, 0, 0, 0, 6], &inner6[..]].concat())),
        ("router solicitation", discovery(133, &[0; 4], &source_link)),
        (
            "router advertisement",
            discovery(
                134,
                &[64, 0xc0, 7, 8, 0, 0, 0, 5, 0, 0, 0, 6],
                &[&source_link[..], &mtu, &prefix].concat(),
            ),
        ),
        ("neighbor solicitation", discovery(135, &[&[0; 4], &ADDRESS[..]].concat(), &source_link)),
        ("neighbor advertisement", discovery(136, &[&[0x60, 0, 0, 0], &ADDRESS[..]].concat(), &target_link)),
        (
            "redirect6",
            discovery(
                137,
                &[&[0; 4], &ADDRESS[..], &ADDRESS].concat(),
                &[&target_link[..], &[4, 8, 0, 0, 0, 0, 0, 0], &inner6, &[0, 0]].concat(),
            ),
        ),
        (
            "routing header",
            in_ipv6(43, &[&[17, 2, 0, 1, 0, 0, 0, 0], &ADDRESS[..], &udp(7, 8, b"routed")].concat()),
        ),
        (
            "segment routing header",
            in_ipv6(43, &[&[17, 2, 4, 0, 0, 0, 0, 0], &ADDRESS[..], &udp(7, 8, b"routed")].concat()),
        ),
        (
            "destination options",
            in_ipv6(
                60,
                &[&[6, 1, 1, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], &tcp(2, &[], b"")[..]].concat(),
            ),
        ),
        (
            "router alert",
            in_ipv6(0, &[&[58, 0, 5, 2, 0, 0, 1, 0], &[131, 0, 0, 0, 0, 0, 0, 0][..], &ADDRESS].concat()),
        ),
    ]
}
