//! Packets put together at random, whole and cut, sound and damaged: the same ones for the same seed.

use super::{Captured, ethernet};

/// Numbers at random (xorshift64*).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, end: u64) -> usize {
        usize::try_from(self.next() % end).unwrap()
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    fn byte(&mut self) -> u8 {
        self.next() as u8
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.byte()).collect()
    }

    fn some(&mut self, most: u64) -> Vec<u8> {
        let count = self.below(most + 1);
        self.bytes(count)
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64)]
    }
}

/// An Ethernet packet, and its length on the wire.
pub(crate) fn captured(random: &mut Random) -> Captured {
    let (code, payload) = link(random, 3);
    let mut bytes = ethernet(code, &payload);
    let header = random.bytes(12);
    bytes[..12].copy_from_slice(&header);
    // Locally administered, so that no manufacturer is known.
    bytes[0] |= 2;
    bytes[6] |= 2;
    if random.one_in(8) {
        let padding = random.below(20);
        bytes.extend(vec![0; padding]);
    }
    if random.one_in(4) {
        // Behind the addresses, where lengths and types stand.
        let at = 12 + random.below(bytes.len() as u64 - 12);
        bytes[at] ^= 1 << random.below(8);
    }
    let length = bytes.len();
    if random.one_in(4) {
        bytes.truncate(15 + random.below(length as u64 - 14));
    }
    (bytes, length)
}

/// What is in an Ethernet frame, with its EtherType.
fn link(random: &mut Random, depth: u8) -> (u16, Vec<u8>) {
    let tag = |random: &mut Random, (code, payload): (u16, Vec<u8>)| {
        [&random.bytes(2)[..], &code.to_be_bytes(), &payload].concat()
    };
    match random.below(if depth == 0 { 14 } else { 20 }) {
        0..8 => (0x0800, ipv4(random, depth)),
        8..13 => (0x86dd, ipv6(random, depth)),
        13 => (0x0806, arp(random)),
        14 => {
            let inner = link(random, depth - 1);
            (0x8100, tag(random, inner))
        }
        15 => {
            let inner = link(random, depth - 1);
            (0x88a8, tag(random, inner))
        }
        16 => {
            let inner = link(random, depth - 1);
            (0x9100, tag(random, inner))
        }
        17 => (0x8847, mpls(random, depth)),
        _ => {
            let (protocol, inner) = match random.below(2) {
                0 => (0x0021_u16, ipv4(random, depth - 1)),
                _ => (0x0057, ipv6(random, depth - 1)),
            };
            let length = u16::try_from(inner.len() + 2).unwrap().to_be_bytes();
            let head = [0x11, 0, random.byte(), random.byte(), length[0], length[1]];
            (0x8864, [&head[..], &protocol.to_be_bytes(), &inner].concat())
        }
    }
}

fn mpls(random: &mut Random, depth: u8) -> Vec<u8> {
    let mut out = Vec::new();
    for label in 0..random.below(3) {
        out.extend([1, label as u8, 0x30, random.byte()]);
    }
    out.extend([1, random.byte(), 0x31, random.byte()]);
    out.extend(if random.one_in(2) { ipv4(random, depth - 1) } else { ipv6(random, depth - 1) });
    out
}

fn arp(random: &mut Random) -> Vec<u8> {
    let (hardware, protocol) = if random.one_in(8) { (7, 3) } else { (6, 4) };
    let kind = random.pick(&[1, 1, 1, 6, 15]);
    let operation = random.pick(&[1, 1, 2, 3, 4, 9]);
    let mut out = vec![0, kind, 8, 0, hardware, protocol, 0, operation];
    let (sender, target) = (random.bytes(4), random.bytes(4));
    out.extend(random.bytes(usize::from(hardware)));
    out.extend(&sender[..usize::from(protocol)]);
    out.extend(if random.one_in(2) {
        vec![0; usize::from(hardware)]
    } else {
        random.bytes(usize::from(hardware))
    });
    out.extend(&if random.one_in(2) { sender } else { target }[..usize::from(protocol)]);
    out
}

fn ipv4(random: &mut Random, depth: u8) -> Vec<u8> {
    let (protocol, payload) = transport(random, depth, 4);
    let options = if random.one_in(8) { vec![1; 4 * random.below(4)] } else { Vec::new() };
    let header = 20 + options.len();
    let total = u16::try_from(header + payload.len()).unwrap().to_be_bytes();
    let fragment = match random.below(12) {
        0 => [0x20, 0],
        1 => [0, random.byte()],
        _ => [random.pick(&[0, 0x40, 0x40, 0x80]), 0],
    };
    let first = 0x40 | u8::try_from(header / 4).unwrap();
    let head =
        [first, random.byte(), total[0], total[1], random.byte(), random.byte(), fragment[0], fragment[1]];
    let tail = [random.byte(), protocol, random.byte(), random.byte()];
    [&head[..], &tail, &[10], &random.bytes(3), &[10], &random.bytes(3), &options, &payload].concat()
}

fn ipv6(random: &mut Random, depth: u8) -> Vec<u8> {
    let (mut protocol, mut payload) = transport(random, depth, 6);
    for _ in 0..random.below(3) {
        let kind = random.pick(&[0, 43, 44, 60]);
        let header = match kind {
            44 => {
                let more = random.pick(&[0, 0, 0, 1, 8]);
                [&[protocol, 0, 0, more][..], &random.bytes(4)].concat()
            }
            43 => [&[protocol, 2, 0, random.pick(&[0, 1]), 0, 0, 0, 0, 0xfe, 0x80][..], &random.bytes(14)]
                .concat(),
            _ => vec![protocol, 0, 1, 4, 0, 0, 0, 0],
        };
        payload = [header, payload].concat();
        protocol = kind;
    }
    let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [0x60 | random.byte() & 15, random.byte(), random.byte(), random.byte()];
    let tail = [length[0], length[1], protocol, random.byte(), 0xfe, 0x80];
    [&head[..], &tail, &random.bytes(14), &[0xfe, 0x80], &random.bytes(14), &payload].concat()
}

fn transport(random: &mut Random, depth: u8, version: u8) -> (u8, Vec<u8>) {
    match random.below(if depth == 0 { 15 } else { 21 }) {
        0..4 => (6, tcp(random)),
        4..7 => {
            let payload = random.some(24);
            (17, udp(random, 50_007, &payload))
        }
        7..10 if version == 4 => (1, icmp(random, depth)),
        7..10 => (58, icmpv6(random, depth)),
        10 => (132, sctp(random)),
        11 => (136, {
            let payload = random.some(8);
            udp(random, 50_007, &payload)
        }),
        12 => (50, random.bytes(16)),
        13 => (2, vec![0x16, 0, 0xfa, 0x04, 239, 1, 2, random.byte()]),
        14 => (59, random.some(8)),
        15 => (4, ipv4(random, depth - 1)),
        16 => (41, ipv6(random, depth - 1)),
        17 => (47, gre(random, depth - 1)),
        18 => {
            let (next, inner) = transport(random, depth - 1, version);
            (51, [&[next, 4, 0, 0][..], &random.bytes(20), &inner].concat())
        }
        19 => {
            let (code, payload) = link(random, depth - 1);
            let frame = ethernet(code, &payload);
            (17, udp(random, 4_789, &[&[8, 0, 0, 0, 0, 1, 2, 0], &frame[..]].concat()))
        }
        _ => {
            let (code, payload) = link(random, depth - 1);
            (97, [&[0x30, 0][..], &ethernet(code, &payload)].concat())
        }
    }
}

fn gre(random: &mut Random, depth: u8) -> Vec<u8> {
    let flags = random.pick(&[0_u16, 0, 0x8000, 0x2000, 0x1000, 0xb000, 0x3000]);
    let options = random.bytes(4 * usize::try_from((flags & 0xb000).count_ones()).unwrap());
    let (code, payload) = match random.below(3) {
        0 => (0x0800, ipv4(random, depth)),
        1 => (0x86dd, ipv6(random, depth)),
        _ => {
            let (code, payload) = link(random, depth);
            (0x6558, ethernet(code, &payload))
        }
    };
    [&flags.to_be_bytes()[..], &u16::to_be_bytes(code), &options, &payload].concat()
}

fn udp(random: &mut Random, port: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 8).unwrap();
    let source = 50_000 + (random.next() % 1_000) as u16;
    let checksum = random.bytes(2);
    [&source.to_be_bytes()[..], &port.to_be_bytes(), &length.to_be_bytes(), &checksum, payload].concat()
}

fn tcp(random: &mut Random) -> Vec<u8> {
    let mut options = Vec::new();
    for _ in 0..random.below(5) {
        match random.below(9) {
            0 => options.extend([2, 4, random.byte(), random.byte()]),
            1 => options.extend([3, 3, random.byte() & 15]),
            2 => options.extend([4, 2]),
            3 => options.extend([&[8, 10][..], &random.bytes(8)].concat()),
            4 => options.extend([&[5, 10][..], &random.bytes(8)].concat()),
            5 => options.extend([&[random.pick(&[2, 3, 4, 5, 8, 200]), random.byte() & 15][..]].concat()),
            _ => options.push(random.pick(&[1, 1, 0])),
        }
    }
    options.truncate(40);
    options.resize(options.len().next_multiple_of(4), 0);
    let words = u8::try_from(5 + options.len() / 4).unwrap();
    let ports = [0xc3, random.byte(), 0xc4, random.byte()];
    let numbers = random.bytes(8);
    let flags = [words << 4 | random.byte() & 15, random.byte()];
    let rest = random.bytes(6);
    [&ports[..], &numbers, &flags, &rest, &options, &random.some(20)].concat()
}

fn icmp(random: &mut Random, depth: u8) -> Vec<u8> {
    let kind = random.pick(&[0, 8, 8, 3, 3, 5, 11, 12, 4, 13, 17, 9, 42, 43, 99]);
    let code = random.below(6) as u8;
    let mut head = random.bytes(6);
    let quotes = matches!(kind, 3 | 4 | 5 | 11 | 12);
    if !random.one_in(4) {
        // The length of the quotation, which most leave 0.
        head[3] = 0;
    }
    let body = if quotes && depth > 0 { ipv4(random, depth - 1) } else { random.some(24) };
    [&[kind, code][..], &head, &body].concat()
}

fn icmpv6(random: &mut Random, depth: u8) -> Vec<u8> {
    let kind = random.pick(&[1, 2, 3, 4, 128, 129, 133, 134, 135, 136, 137, 130, 131]);
    let head = random.bytes(2);
    let body = match kind {
        1..=4 if depth > 0 => [random.bytes(4), ipv6(random, depth - 1)].concat(),
        133..=137 => {
            let fixed = match kind {
                133 => 4,
                134 => 12,
                137 => 36,
                _ => 20,
            };
            let mut body = random.bytes(fixed);
            for _ in 0..random.below(4) {
                let (kind, units) = random.pick(&[(1, 1), (2, 1), (5, 1), (3, 4), (1, 2)]);
                body.extend([kind, units]);
                body.extend(random.bytes(usize::from(units) * 8 - 2));
            }
            body
        }
        130 | 131 => random.bytes(20),
        _ => [random.bytes(4), random.some(8)].concat(),
    };
    [&[kind, random.below(4) as u8][..], &head, &body].concat()
}

fn sctp(random: &mut Random) -> Vec<u8> {
    let mut out = [&[0xc3, random.byte(), 0xc4, random.byte()][..], &random.bytes(8)].concat();
    for _ in 0..random.below(4) {
        // Those without a structure that Wireshark could find malformed.
        let kind = random.pick(&[8, 10, 10, 11, 14]);
        let value = if kind == 10 { random.some(9) } else { Vec::new() };
        let length = u16::try_from(value.len() + 4).unwrap().to_be_bytes();
        out.extend([kind, random.byte(), length[0], length[1]]);
        out.extend(&value);
        out.resize(out.len().next_multiple_of(4), 0);
    }
    out
}
