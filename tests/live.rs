//! Pipes: packets are shown as they come, memory stays small, a reader that goes away is no error.

use crate::support::{fixture_bytes, tool};
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

/// Peak memory of a process in KiB, as Linux tells it.
#[cfg(target_os = "linux")]
fn peak_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
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
        let mut child = tool().args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let drain = std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()).unwrap());
        stdin.write_all(&pieces[0]).unwrap();
        for _ in 0..rounds {
            stdin.write_all(&packets).unwrap();
        }
        let peak = peak_memory(child.id());
        drop(stdin);
        assert!(child.wait().unwrap().success());
        drain.join().unwrap();
        assert!(peak < BOUND, "{arguments:?}: {peak} KiB");
    }
}
