//! There and back, whenever the line is ended, and the bounds of what is read.

use super::{Capture, MAX_BYTES, MAX_LINE, Writer};
use capture_file::Reader;
use std::io::Read;

/// A block of a type that nobody knows, and a packet of one byte.
fn block(body: usize) -> Vec<u8> {
    let total = u32::try_from(12 + body).unwrap().to_le_bytes();
    [&[0x99, 0, 0, 0], &total[..], &vec![7; body], &total].concat()
}

fn packet() -> Vec<u8> {
    let words: [u32; 9] = [6, 36, 0, 0, 1, 1, 1, 0, 36];
    words.into_iter().flat_map(u32::to_le_bytes).collect()
}

fn pcapng(rest: &[Vec<u8>]) -> Vec<u8> {
    let section: [u32; 7] = [0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, u32::MAX, u32::MAX, 28];
    let interface: [u32; 5] = [1, 20, 147, 0, 20];
    let head = section.into_iter().chain(interface).flat_map(u32::to_le_bytes);
    head.chain(rest.concat()).collect()
}

/// The lines of a capture; flushed before the items whose bit is set.
fn lines(file: &[u8], flushed: u32) -> String {
    let mut reader = Reader::new(file).unwrap();
    let mut writer = Writer::new(Vec::new());
    let mut bits = flushed;
    while let Some(item) = reader.next_item().unwrap() {
        if bits & 1 == 1 {
            writer.flush().unwrap();
        }
        bits = bits.rotate_right(1);
        writer.write(&item, None).unwrap();
    }
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

fn read(lines: &[u8]) -> Result<Vec<u8>, String> {
    let mut file = Vec::new();
    Capture::new(lines).read_to_end(&mut file).map_err(|error| error.to_string())?;
    Ok(file)
}

#[test]
fn nothing_is_lost_wherever_a_line_is_ended() {
    let orders: [&[Vec<u8>]; 5] = [
        &[block(4), packet(), block(0), block(8), packet(), block(4)],
        &[packet(), packet(), block(0), block(8)],
        &[block(0), block(4)],
        &[packet(), pcapng(&[]), packet(), block(0)],
        &[],
    ];
    for rest in orders {
        let file = pcapng(rest);
        for flushed in 0..1 << (rest.len() + 4) {
            let lines = lines(&file, flushed);
            assert!(lines.ends_with("}\n"), "{lines}");
            assert!(
                lines.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()),
                "{lines}"
            );
            assert_eq!(read(lines.as_bytes()).unwrap(), file, "{flushed:b}: {lines}");
        }
    }
}

#[test]
fn a_line_is_a_packet_when_nothing_waits() {
    let lines = lines(&pcapng(&[packet(), block(0), packet(), block(4), block(8)]), 0);
    assert_eq!(lines.lines().count(), 2);
    assert!(
        lines.lines().all(|line| line.contains("\"packet\":") && line.contains("\"after\":[")),
        "{lines}"
    );
}

#[test]
fn a_flushed_packet_is_a_whole_line() {
    let file = pcapng(&[packet(), block(0), packet()]);
    let lines = lines(&file, !0);
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[1].contains("\"before\":[\"99"), "{}", lines[1]);
}

#[test]
fn many_blocks_are_several_lines_that_can_be_read() {
    let mut rest = vec![block(60_000); 200];
    rest.insert(70, packet());
    let file = pcapng(&rest);
    let lines = lines(&file, 0);
    assert!(lines.lines().all(|line| line.len() < 1_200_000));
    assert!(read(lines.as_bytes()).unwrap() == file);
}

#[test]
fn what_is_too_much_is_refused_with_the_limit() {
    let head = r#"{"schema":"mbuf_trace/1","packet":1,"time":"2026-01-01T00:00:00Z","revision":4,"#;
    let list = |one: &str, count: usize| vec![one; count].join(",");
    for (line, told) in [
        (format!("{head}\"bytes\":\"{}\"}}", "00".repeat(MAX_BYTES - 40)), None),
        (format!("{head}\"bytes\":\"{}\"}}", "00".repeat(MAX_BYTES)), Some("more than 2097152 bytes")),
        (format!("{head}\"bytes\":\"{}\"}}", "00".repeat(MAX_BYTES + 1)), Some("more than 2097152 bytes")),
        (format!("{head}\"bytes\":\"0g\"}}"), Some("hexadecimal digits in pairs")),
        (format!("{head}\"events\":[{}]}}", list(r#"{"kind":"string"}"#, 65_534)), None),
        (
            format!("{head}\"events\":[{}]}}", list(r#"{"kind":"string"}"#, 65_535)),
            Some("at most 65535 records"),
        ),
        (
            format!("{head}\"events\":[{}]}}", list(r#"{"kind":"string"}"#, 65_536)),
            Some("more than 65535 events"),
        ),
        (
            format!("{head}\"events\":[{{\"kind\":\"string\",\"text\":\"{}\"}}]}}", "x".repeat(65_536)),
            Some("65536 bytes"),
        ),
        (format!("{head}\"events\":[],\"events\":[]}}"), Some("duplicate field `events`")),
        (format!("{head}\"path\":\"{}\"}}", "x".repeat(MAX_LINE)), Some("longer than 8388608 bytes")),
        (format!("{head}\"before\":[\"00\"]}}"), Some("blocks of a pcapng")),
        (format!("\"{}\"", "x".repeat(100_000)), Some("a string in place of")),
        (format!("{head}\"flags\":\"{}\"}}", "x".repeat(100_000)), Some("a string in place of")),
        (format!("{head}\"block\":\"{}\"}}", "x".repeat(100_000)), Some("a string in place of")),
        (format!("{head}\"after\":\"{}\"}}", "x".repeat(100_000)), Some("a string in place of")),
        (format!("{head}\"events\":\"{}\"}}", "x".repeat(100_000)), Some("a string in place of")),
        (format!("{head}\"events\":[\"{}\"]}}", "x".repeat(100_000)), Some("a string in place of")),
    ] {
        let outcome = read(line.as_bytes());
        let start: String = line.chars().take(120).collect();
        match (told, outcome) {
            (None, Ok(_)) => {}
            (Some(told), Err(error)) => {
                assert!(
                    error.contains(told) && error.contains("line 1") && error.len() < 200,
                    "{start}: {error}"
                );
            }
            (told, outcome) => panic!("{start}: {told:?}, {:?}", outcome.map(|file| file.len())),
        }
    }
}

#[test]
fn members_may_come_in_any_order() {
    let line = r#"{"time":"2026-01-01T00:00:00Z","packet":1,"events":[{"text":"a","kind":"string"},{"kind":"string","text":"b"}],"order":"newest_first","revision":3,"schema":"mbuf_trace/1"}"#;
    assert!(read(line.as_bytes()).unwrap().ends_with(b"\0\x02\0\x02\0\x01b\0\0\x02\0\x01a\0"));
    let line = line.replace("newest_first", "oldest_first");
    assert!(read(line.as_bytes()).unwrap().ends_with(b"\0\x02\0\x02\0\x01a\0\0\x02\0\x01b\0"));
}

/// What is left out is counted whole, also of a line that is read in parts.
#[test]
fn behind_a_bad_line_the_next_is_read() {
    let file = pcapng(&[packet(), packet()]);
    let lines = lines(&file, 0);
    let (first, second) = lines.split_once('\n').unwrap();
    for bad in [1, 20, MAX_LINE, MAX_LINE + 1, 2 * MAX_LINE + 1, 2 * MAX_LINE + 2, 3 * MAX_LINE] {
        let text = [first, &"x".repeat(bad), second].join("\n");
        let mut reader = Reader::new(Capture::new(text.as_bytes())).unwrap();
        let (mut packets, mut end) = (0, first.len() as u64 + 1);
        loop {
            match reader.next_item() {
                Ok(Some(item)) => packets += usize::from(matches!(item, capture_file::Item::Packet(_))),
                Ok(None) => break,
                Err(error) => {
                    assert!(error.to_string().contains("line 2: "), "{error}");
                    assert_eq!(error.offset, end);
                    end += error.omitted();
                    assert_eq!(reader.salvage(), Some(0));
                }
            }
        }
        assert_eq!((packets, end), (2, (first.len() + 1 + bad + 1) as u64), "{bad}");
    }
}
