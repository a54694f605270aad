//! Makes pcaps and pcapngs of any kind, knowing where their lengths, types and times stand, and damages some of them.

use fastrand::Rng;

/// Bytes in one byte order, and where the numbers in them are.
#[derive(Default)]
struct Bytes {
    bytes: Vec<u8>,
    is_big: bool,
    /// Offsets of numbers of four bytes that readers go by.
    numbers: Vec<usize>,
}

impl Bytes {
    fn u16(&mut self, value: u16) {
        self.bytes.extend(if self.is_big { value.to_be_bytes() } else { value.to_le_bytes() });
    }

    fn u32(&mut self, value: u32) {
        self.numbers.push(self.bytes.len());
        self.bytes.extend(if self.is_big { value.to_be_bytes() } else { value.to_le_bytes() });
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    /// A block of a pcapng around what `body` writes.
    fn block(&mut self, block_type: u32, body: impl FnOnce(&mut Self)) {
        let begin = self.bytes.len();
        self.u32(block_type);
        self.u32(0);
        body(self);
        self.pad();
        let length = u32::try_from(self.bytes.len() - begin + 4).unwrap_or(u32::MAX);
        self.u32(length);
        let length = if self.is_big { length.to_be_bytes() } else { length.to_le_bytes() };
        self.bytes[begin + 4..begin + 8].copy_from_slice(&length);
    }

    fn option(&mut self, code: u16, value: &[u8]) {
        self.u16(code);
        self.u16(u16::try_from(value.len()).unwrap_or(u16::MAX));
        self.raw(value);
        self.pad();
    }
}

/// A pcap or a pcapng, whole or damaged.
pub(super) fn mutant(random: &mut Rng) -> Vec<u8> {
    let mut made = Bytes { is_big: random.bool(), ..Bytes::default() };
    if random.bool() {
        pcap(random, &mut made);
    } else {
        pcapng(random, &mut made);
    }
    if random.bool() {
        for _ in 0..random.usize(1..3) {
            damage(random, &mut made);
        }
    }
    made.bytes
}

/// One of the usual, rarely one of the others.
fn mostly<T: Copy>(random: &mut Rng, usual: &[T], others: &[T]) -> T {
    let choices = if random.u8(..16) == 0 { others } else { usual };
    choices[random.usize(..choices.len())]
}

fn link_type(random: &mut Rng) -> u32 {
    mostly(random, &[1, 101, 147], &[0, 113, 127, 195, 276, 0x0400_0001, 0x1000_0093])
}

fn data(random: &mut Rng) -> Vec<u8> {
    let length = mostly(random, &[0, 1, 2, 3, 4, 14, 60, 61], &[127, 128, 1000]);
    std::iter::repeat_with(|| random.u8(..)).take(length).collect()
}

/// The length on the wire: that of the data, more, or, which should not be, less.
fn original_len(random: &mut Rng, data: &[u8]) -> u32 {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    mostly(random, &[length, length, length + 100], &[0, length / 2, u32::MAX])
}

fn pcap(random: &mut Rng, out: &mut Bytes) {
    let is_nano = random.bool();
    let magic = if is_nano { 0xa1b2_3c4d } else { mostly(random, &[0xa1b2_c3d4], &[0xa1b2_cd34]) };
    out.u32(magic);
    let (major, minor) = mostly(random, &[(2, 4)], &[(2, 2), (2, 3), (2, 5), (1, 0), (3, 0), (543, 0)]);
    out.u16(major);
    out.u16(minor);
    out.u32(mostly(random, &[0], &[3600, 0u32.wrapping_sub(3600)]));
    out.u32(0);
    out.u32(mostly(random, &[65_535, 262_144], &[0, 60, 1 << 24, u32::MAX]));
    out.u32(link_type(random));
    for _ in 0..random.usize(..6) {
        out.u32(mostly(random, &[1_768_517_281, 1_768_517_282], &[0, 0x7fff_ffff, 0x8000_0000, u32::MAX]));
        let parts = if is_nano { 1_000_000_000 } else { 1_000_000 };
        let part = random.u32(..parts);
        out.u32(mostly(random, &[part, 0, parts - 1], &[parts, u32::MAX]));
        let data = data(random);
        out.u32(u32::try_from(data.len()).unwrap_or(u32::MAX));
        out.u32(original_len(random, &data));
        if magic == 0xa1b2_cd34 {
            // The modified kind says more of each packet: interface, protocol, kind of packet.
            out.raw(&[0; 8]);
        }
        out.raw(&data);
    }
}

fn pcapng(random: &mut Rng, out: &mut Bytes) {
    for _ in 0..mostly(random, &[1, 1, 2], &[3]) {
        out.is_big = random.bool();
        section(random, out);
    }
}

fn section(random: &mut Rng, out: &mut Bytes) {
    out.block(0x0a0d_0d0a, |out| {
        out.u32(0x1a2b_3c4d);
        let (major, minor) = mostly(random, &[(1, 0)], &[(1, 2), (1, 1), (2, 0)]);
        out.u16(major);
        out.u16(minor);
        let length = mostly(random, &[u32::MAX], &[0, 100]);
        out.u32(length);
        out.u32(length);
        options(random, out, &[(2, b"hardware"), (4, b"application")]);
    });
    let link = link_type(random);
    let mut interfaces = 0;
    for _ in 0..random.usize(..8) {
        match random.u8(..if interfaces == 0 { 3 } else { 12 }) {
            0 | 1 => {
                interfaces += 1;
                interface(random, out, link);
            }
            2 => other(random, out),
            kind => packet(random, out, kind, interfaces),
        }
    }
}

fn interface(random: &mut Rng, out: &mut Bytes, link: u32) {
    out.block(1, |out| {
        let link = if random.u8(..8) == 0 { link_type(random) } else { link };
        out.u16(u16::try_from(link & 0xffff).unwrap_or(0));
        out.u16(0);
        out.u32(mostly(random, &[262_144, 262_144, 0], &[60, u32::MAX]));
        let resolution = [mostly(random, &[6, 9, 3, 0], &[7, 12, 18, 20, 0x80, 0x8a, 0x94, 0xa0, 0xc0])];
        let offset = mostly(random, &[0_i64, 3600, -3600], &[1 << 33, i64::MAX, i64::MIN]);
        let offset = if out.is_big { offset.to_be_bytes() } else { offset.to_le_bytes() };
        options(random, out, &[(9, &resolution), (14, &offset), (2, b"em0"), (0x7f00, b"unknown")]);
    });
}

/// Some of the options, mostly with an end.
fn options(random: &mut Rng, out: &mut Bytes, known: &[(u16, &[u8])]) {
    let mut any = false;
    for (code, value) in known {
        if random.u8(..3) == 0 {
            any = true;
            out.option(*code, value);
        }
    }
    if any && random.u8(..8) > 0 {
        out.option(0, b"");
    }
}

fn packet(random: &mut Rng, out: &mut Bytes, kind: u8, interfaces: u32) {
    let data = data(random);
    let (length, original) = (u32::try_from(data.len()).unwrap_or(u32::MAX), original_len(random, &data));
    let interface = if random.u8(..40) == 0 { interfaces } else { random.u32(..interfaces) };
    // Near 2026 in microseconds, which is some time in every other resolution.
    let usual = (0x0006_4868, random.u32(..));
    let (high, low) = mostly(random, &[usual], &[(0, 0), (u32::MAX, u32::MAX)]);
    match kind {
        3 => out.block(3, |out| {
            out.u32(mostly(random, &[length], &[original, 0]));
            out.raw(&data);
        }),
        4 => out.block(2, |out| {
            out.u16(u16::try_from(interface).unwrap_or(0));
            out.u16(0);
            for number in [high, low, length, original] {
                out.u32(number);
            }
            out.raw(&data);
            out.pad();
            options(random, out, &[(2, &[0; 4]), (1, b"comment")]);
        }),
        _ => out.block(6, |out| {
            for number in [interface, high, low, length, original] {
                out.u32(number);
            }
            out.raw(&data);
            out.pad();
            options(random, out, &[(1, b"comment"), (2, &[0; 4]), (5, &[1; 8]), (0x7f00, b"unknown")]);
        }),
    }
}

/// Blocks that are no packets.
fn other(random: &mut Rng, out: &mut Bytes) {
    match random.u8(..5) {
        0 => out.block(4, |out| out.raw(&[0; 4])),
        1 => out.block(5, |out| {
            for number in [0, 0x0006_4868, 0] {
                out.u32(number);
            }
        }),
        2 => out.block(0x0bad, |out| {
            out.u32(0x0000_7ed9);
            out.raw(b"custom");
        }),
        3 => out.block(0x4000_0bad, |out| {
            out.u32(0x0000_7ed9);
            out.raw(b"custom");
        }),
        _ => out.block(0x7fff_fff1, |out| out.raw(b"unknown")),
    }
}

/// Numbers that readers stumble over, bytes that are not there, and bytes too many.
fn damage(random: &mut Rng, out: &mut Bytes) {
    let bytes = &mut out.bytes;
    let at = random.usize(..bytes.len());
    match random.u8(..8) {
        0 | 1 => bytes.truncate(at),
        2 => bytes[at] ^= 1 << random.u8(..8),
        3 => drop(bytes.drain(at..bytes.len().min(at + random.usize(1..9)))),
        4 => drop(bytes.splice(at..at, [0; 4])),
        _ => {
            let at = out.numbers[random.usize(..out.numbers.len())];
            let Some(number) = bytes.get_mut(at..at + 4) else { return };
            let is_big = out.is_big;
            let old = u32::from_le_bytes([number[0], number[1], number[2], number[3]]);
            let old = if is_big { old.swap_bytes() } else { old };
            let new = match random.u8(..6) {
                0 => old.wrapping_add(random.u32(1..9)),
                1 => old.wrapping_sub(random.u32(1..9)),
                2 => old.swap_bytes(),
                3 => old ^ 1 << random.u32(..32),
                4 => random.u32(..300),
                _ => random.u32(..),
            };
            number.copy_from_slice(&if is_big { new.to_be_bytes() } else { new.to_le_bytes() });
        }
    }
    if out.bytes.is_empty() {
        out.bytes.push(0);
    }
}
