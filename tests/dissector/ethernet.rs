//! A TCP connection as an Ethernet capture, and as traces of the same packets.

use super::mutants::{header, header_of, record};
use std::path::Path;

/// Writes the traces, each with the packet before and after its TTL went down, and the packets as they were in
/// the end.
pub(super) fn write(traces: &Path, plain: &Path) {
    let (mut with, mut without) = (header(), header_of(1));
    for (number, (from_client, flags, sequence, acknowledgement, data)) in CONNECTION.iter().enumerate() {
        let packet = |ttl| tcp(*from_client, *flags, *sequence, *acknowledgement, data, ttl);
        let (before, after) = (packet(64), packet(63));
        let mut trace = vec![0, 3];
        for (kind, payload) in
            [(0_u16, after.as_slice()), (1, b"ip.c:9: +ip_forward\0"), (0, before.as_slice())]
        {
            trace.extend_from_slice(&u16::try_from(payload.len()).expect("short").to_be_bytes());
            trace.extend_from_slice(&kind.to_be_bytes());
            trace.extend_from_slice(payload);
        }
        record(&mut with, number, &trace, trace.len());
        record(&mut without, number, &after, after.len());
    }
    std::fs::write(traces, with).expect("a file");
    std::fs::write(plain, without).expect("a file");
}

const SYN: u8 = 2;
const ACK: u8 = 16;
const PUSH: u8 = 24;
const FIN: u8 = 17;

/// From the client or to it, flags, sequence, acknowledgement, data.
type Segment = (bool, u8, u32, u32, &'static [u8]);

const CONNECTION: [Segment; 9] = [
    (true, SYN, 100, 0, b""),
    (false, SYN | ACK, 500, 101, b""),
    (true, ACK, 101, 501, b""),
    (true, PUSH, 101, 501, b"how are you?\n"),
    (false, ACK, 501, 114, b""),
    (false, PUSH, 501, 114, b"fine\n"),
    (true, FIN, 114, 506, b""),
    (false, FIN, 506, 115, b""),
    (true, ACK, 115, 507, b""),
];

fn tcp(from_client: bool, flags: u8, sequence: u32, acknowledgement: u32, data: &[u8], ttl: u8) -> Vec<u8> {
    let (client, server) = ([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]);
    let (source, target) = if from_client { (client, server) } else { (server, client) };
    let port = |host: [u8; 6]| if host == client { 50_000_u16 } else { 7777 };
    let mut packet = [target, source].concat();
    packet.extend([0x08, 0x00]);
    let length = u16::try_from(40 + data.len()).expect("short");
    packet.extend([0x45, 0]);
    packet.extend(length.to_be_bytes());
    packet.extend([0, 1, 0x40, 0, ttl, 6, 0, 0]);
    packet.extend([192, 0, 2, source[5], 192, 0, 2, target[5]]);
    packet.extend(port(source).to_be_bytes());
    packet.extend(port(target).to_be_bytes());
    packet.extend(sequence.to_be_bytes());
    packet.extend(acknowledgement.to_be_bytes());
    packet.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    packet.extend(data);
    packet
}

/// A statistic of tshark without what counts bytes, as a trace is longer than its packet, and without the
/// layers below Ethernet that only traces have.
pub(super) fn without_bytes(text: &str) -> String {
    let is_number = |word: &&str| word.bytes().all(|byte| byte.is_ascii_digit());
    let mut out = String::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.first().is_some_and(|first| ["_ws.lua.fake", "mbuf_trace"].contains(first)) {
            continue;
        }
        // An endpoint ends in three pairs of packets and bytes; elsewhere the unit stands beside the bytes.
        let numbers = words.iter().rev().take(6).filter(|word| is_number(word)).count();
        let endpoint = numbers == 6 && !words.contains(&"<->");
        let kept = words.iter().enumerate().filter(|(place, word)| {
            let is_bytes = if endpoint {
                let from_end = words.len() - place;
                from_end <= 6 && from_end % 2 == 1
            } else {
                words.get(place + 1).is_some_and(|unit| ["bytes", "kB", "MB"].contains(unit))
            };
            !is_bytes && !word.starts_with("bytes:")
        });
        let kept: Vec<&str> = kept.map(|(_, word)| *word).collect();
        out += &kept.join(" ");
        out.push('\n');
    }
    out
}
