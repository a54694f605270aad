//! Pipes: packets are shown as they come, memory stays small, a reader that goes away is no error.

use crate::support::{Cost, fixture_bytes, measured, tool};
use capture_file::{Item, Reader};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

/// The pieces of a capture: header, then one packet each.
fn pieces(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut reader = Reader::new(bytes).unwrap();
    let mut pieces = Vec::new();
    while let Some(item) = reader.next_item().unwrap() {
        match item {
            Item::Packet(packet) => pieces.push(packet.raw.to_vec()),
            other => match pieces.last_mut() {
                Some(last) => last.extend_from_slice(other.raw()),
                None => pieces.push(other.raw().to_vec()),
            },
        }
    }
    pieces
}

#[test]
fn each_packet_is_shown_before_the_next_one_comes() {
    for (name, arguments) in [
        ("ping-rev3.pcap", &["print", "-e", "frame.number"][..]),
        ("ping-rev3.pcap", &["convert", "--to", "ndjson"]),
        ("ping-rev4.pcapng", &["print", "-e", "frame.number"]),
        ("ping-rev4.pcapng", &["convert", "--to", "ndjson"]),
    ] {
        let pieces = pieces(&fixture_bytes(name));
        let mut child = tool().args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        stdin.write_all(&pieces[0]).unwrap();
        for piece in &pieces[1..] {
            stdin.write_all(piece).unwrap();
            // This waits for ever where a packet waits for the next one.
            assert!(!lines.next().unwrap().unwrap().is_empty());
        }
        drop(stdin);
        assert!(lines.next().is_none());
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn a_filter_on_a_pipe_passes_packets_on_at_once() {
    let pieces = pieces(&fixture_bytes("ping-rev3.pcap"));
    let mut child =
        tool().args(["filter", "frame"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    for piece in &pieces {
        stdin.write_all(piece).unwrap();
        let mut passed = vec![0; piece.len()];
        stdout.read_exact(&mut passed).unwrap();
        assert_eq!(passed, *piece);
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let bytes = fixture_bytes("ping-rev3.pcap");
    let mut pieces = pieces(&bytes);
    let packets: Vec<u8> = pieces.split_off(1).concat();
    for arguments in [&["print"][..], &["convert", "--to", "ndjson"], &["filter", "frame"]] {
        let mut child = tool();
        child.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = child.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        drop(child.stdout.take());
        // It ends at its first failing write, and then this one fails.
        let mut written = stdin.write_all(&pieces[0]);
        while written.is_ok() {
            written = stdin.write_all(&packets);
        }
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{arguments:?}");
    }
}

/// 200 MB here; the bound is the same for any length, since nothing is kept of a packet.
#[cfg(target_os = "linux")]
#[test]
fn memory_is_one_buffer() {
    const BOUND: u64 = 32 << 10;
    for (name, arguments) in [
        ("ping-rev3.pcap", &["filter", "icmp and mbuf_trace.function == \"if_dequeue\""][..]),
        ("ping-rev4.pcapng", &["convert", "--revision", "3"]),
        ("ping-rev3.pcap", &["convert", "--to", "ndjson"]),
        ("ping-rev3.pcap", &["info"]),
    ] {
        let mut pieces = pieces(&fixture_bytes(name));
        let packets = pieces.split_off(1).concat().repeat(100);
        let rounds = if cfg!(debug_assertions) { 20_000_000 } else { 200_000_000 } / packets.len();
        let (mut command, report) = measured(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let drain = std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()).unwrap());
        stdin.write_all(&pieces[0]).unwrap();
        for _ in 0..rounds {
            stdin.write_all(&packets).unwrap();
        }
        drop(stdin);
        assert!(child.wait().unwrap().success());
        drain.join().unwrap();
        let peak = Cost::of(&report).memory;
        assert!(peak < BOUND, "{arguments:?}: {peak} KiB");
    }
}

/// Lines that say little in many bytes, and would say much in memory.
#[cfg(target_os = "linux")]
#[test]
fn memory_is_bounded_whatever_a_line_says() {
    const BOUND: u64 = 64 << 10;
    let many = |head: &str, one: &str, tail: &str, bytes: usize| {
        let list = vec![one; bytes / (one.len() + 1)].join(",");
        format!("{head}{list}{tail}\n")
    };
    let head = r#"{"schema":"mbuf_trace/1","time":"2026-01-01T00:00:00Z","packet":1,"revision":4,"#;
    let container = r#"{"schema":"mbuf_trace/1","container":{"format":"pcapng","blocks":["#;
    let text = format!(r#"{{"kind":"string","text":"{}"}}"#, "a".repeat(60_000));
    let lines = [
        many(&format!("{head}\"events\":["), r#"{"kind":""}"#, "]}", 8_000_000),
        many(&format!("{head}\"events\":["), r#"{"kind":"start"}"#, "]}", 1_100_000),
        many(&format!("{head}\"events\":["), r#"{"kind":"start"}"#, "]}", 8_000_000),
        many(&format!("{head}\"events\":["), &text, "]}", 2_000_000),
        many(&format!("{head}\"events\":["), &text, "]}", 8_000_000),
        many(&format!("{head}\"after\":["), "\"\"", "]}", 8_000_000),
        many(container, "\"\"", "]}}", 8_000_000),
        many(container, "\"00\"", "]}}", 8_000_000),
        format!("{head}\"bytes\":\"{}\"}}\n", "00".repeat(1 << 20)),
        format!("{head}\"bytes\":\"{}\"}}\n", "00".repeat(4_000_000)),
        format!("{head}\"bytes\":\"{}\"}}\n", "00".repeat(40_000_000)),
        // Neither may it be repeated in a message.
        format!("{{\"packet\":\"{}\"}}\n", "\u{7f}".repeat(8_000_000)),
        format!("{{\"container\":\"{}\"}}\n", "\u{7f}".repeat(8_000_000)),
        format!("{{\"schema\":\"{}\\n\"}}\n", "a".repeat(8_000_000)),
        many(&format!("{head}\"events\":["), &format!("\"{}\"", "\u{7f}".repeat(7_000_000)), "]}", 8_000_000),
    ];
    for (index, line) in lines.iter().enumerate() {
        for arguments in [&["info"][..], &["convert", "--to", "ndjson"]] {
            let (mut command, report) = measured(arguments);
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = command.spawn().unwrap();
            let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
            let mut stderr = child.stderr.take().unwrap();
            let drains = [
                std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()).unwrap()),
                std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()).unwrap()),
            ];
            let line = line.clone();
            // It ends at a line that it cannot read.
            let feeder = std::thread::spawn(move || drop(stdin.write_all(line.as_bytes())));
            let code = child.wait().unwrap().code();
            feeder.join().unwrap();
            let peak = Cost::of(&report).memory;
            assert!(matches!(code, Some(0..=3)), "line {index}, {arguments:?}: {code:?}");
            let [_, told] = drains.map(|drain| drain.join().unwrap());
            assert!(peak < BOUND, "line {index}, {arguments:?}: {peak} KiB");
            assert!(told < 4096, "line {index}, {arguments:?}: {told} bytes of messages");
        }
    }
}
