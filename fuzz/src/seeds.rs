//! Inputs to begin with, made of the fixtures.

use crate::frames::ENCODINGS;
use crate::traces::BETWEEN;
use capture_file::{Item, Reader};
use std::path::Path;

/// Fixtures of these endings, up to a length that leaves room for many runs.
fn files(fixtures: &Path, ending: &str) -> Vec<Vec<u8>> {
    let mut paths = Vec::new();
    for folder in [fixtures.to_path_buf(), fixtures.join("malformed")] {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        paths.extend(entries.map(|entry| entry.path()));
    }
    paths.retain(|path| path.extension().is_some_and(|found| found == ending));
    paths.sort();
    let files = paths.iter().filter_map(|path| std::fs::read(path).ok());
    files.filter(|bytes| bytes.len() <= 1 << 16).collect()
}

pub(crate) fn pcaps(fixtures: &Path) -> Vec<Vec<u8>> {
    files(fixtures, "pcap")
}

pub(crate) fn pcapngs(fixtures: &Path) -> Vec<Vec<u8>> {
    files(fixtures, "pcapng")
}

pub(crate) fn captures(fixtures: &Path) -> Vec<Vec<u8>> {
    [pcaps(fixtures), pcapngs(fixtures)].concat()
}

/// All packets' data, with the revision to be found out, and as each.
pub(crate) fn frames(fixtures: &Path) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    for capture in captures(fixtures) {
        let Ok(mut reader) = Reader::new(capture.as_slice()) else { continue };
        while let Ok(Some(item)) = reader.next_item() {
            if let Item::Packet(packet) = item {
                let choice = frames.len() % (ENCODINGS.len() + 1);
                let choice = if choice == ENCODINGS.len() { 7 } else { u8::try_from(choice).unwrap_or(7) };
                frames.push([&[choice, 0], packet.data].concat());
            }
        }
    }
    frames
}

/// Frames of the same revision, some alone and some together, each with another choice.
pub(crate) fn traces(fixtures: &Path) -> Vec<Vec<u8>> {
    let frames = frames(fixtures);
    let alone = frames.iter().step_by(3).zip((0..=u8::MAX).cycle()).map(|(frame, choice)| {
        let mut seed = frame.clone();
        seed[1] = choice;
        seed
    });
    let together = frames.chunks(3).map(|frames| {
        let frames: Vec<&[u8]> = frames.iter().map(|frame| &frame[2..]).collect();
        [b"\x07\x01".as_slice(), &frames.join(BETWEEN)].concat()
    });
    alone.chain(together).collect()
}

pub(crate) fn filters(_: &Path) -> Vec<Vec<u8>> {
    let fields = trace_fields::Field::all().iter().map(|field| field.name.as_bytes().to_vec());
    let expressions = [
        "mbuf_trace.function == \"pf_test\" and ip.ttl < 64",
        "ip.src == 192.168.1.0/24 or ipv6.dst != 2001:db8::1",
        "tcp.port in {80, 443, 8000 .. 8080} && !(tcp.flags.syn == 1)",
        "mbuf_trace.path matches \"ip_input > .*pf_test\"",
        "eth.addr[0:3] == 00:0c:29 and frame.len - 14 >= 0x40",
        "any mbuf_trace.file contains \"pf.c\" and frame.time > \"2026-01-01 00:00:00\"",
        "len(mbuf_trace.text) > 5 and lower(mbuf_trace.function) == 'x'",
    ];
    fields.chain(expressions.map(|text| text.as_bytes().to_vec())).collect()
}

pub(crate) fn ndjson(fixtures: &Path) -> Vec<Vec<u8>> {
    captures(fixtures)
        .iter()
        .filter_map(|capture| crate::ndjson::lines(capture))
        .map(|(lines, _)| lines)
        .collect()
}
